"""The audit finds what it must: a known fault, a package nobody could answer about, an excuse that excuses nothing."""

from datetime import date
from typing import Any

from scripts.audit import judge

TODAY = date(2026, 11, 25)
CLEAN: dict[str, Any] = {"name": "django", "version": "5.2.19", "vulns": []}
FAULTY: dict[str, Any] = {
    "name": "pillow",
    "version": "1.0",
    "vulns": [{"id": "GHSA-1", "aliases": ["CVE-2026-1"], "fix_versions": ["1.1"], "description": "x"}],
}
EXCUSE: dict[str, Any] = {
    "package": "pillow",
    "id": "CVE-2026-1",
    "reason": "we never open files of that kind",
    "until": date(2026, 12, 31),
}


def test_nothing_found_is_clean() -> None:
    assert judge([CLEAN], [], today=TODAY) == []


def test_a_known_fault_is_named_once_with_its_cure() -> None:
    assert judge([CLEAN, FAULTY, FAULTY], [], today=TODAY) == ["pillow 1.0: GHSA-1, mended in 1.1"]


def test_a_package_that_nobody_could_answer_about_is_not_clean() -> None:
    (fault,) = judge([CLEAN, {"name": "odd", "skip_reason": "not found on PyPI"}], [], today=TODAY)
    assert fault == "not audited: 1 packages the service knew nothing about: odd"


def test_an_excuse_by_any_name_of_the_fault_holds_until_its_day() -> None:
    assert judge([FAULTY], [EXCUSE], today=TODAY) == []
    assert judge([FAULTY], [EXCUSE], today=date(2027, 1, 1)) == [
        "pillow CVE-2026-1: excused until 2026-12-31; look again"
    ]


def test_an_excuse_needs_a_reason_and_a_fault() -> None:
    assert judge([CLEAN], [EXCUSE], today=TODAY) == ["pillow CVE-2026-1: excused, but there is no such fault"]
    assert judge([FAULTY], [{**EXCUSE, "reason": "later"}], today=TODAY) == [
        "pillow CVE-2026-1: the excuse gives no reason"
    ]
