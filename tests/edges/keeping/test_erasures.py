"""What was erased is written down apart, without content, and can be erased again and nothing else."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from tests.support.standing_county import day

from huajie.apps.jurisdiction import operations as jurisdiction
from huajie.apps.ledger.operations import work_followups
from huajie.apps.matters.operations import Order, Written, act
from huajie.apps.matters.verify import verify
from huajie.core.access import SYSTEM, Actor
from huajie.edges.keeping import erasures
from huajie.edges.keeping.erasures import NAME, Erasure
from huajie.edges.keeping.folders import KeepingError
from huajie.edges.keeping.restore import erase_again

pytestmark = pytest.mark.accept("P8")

CANARY = "路口井盖破了三个月"


def tell(line: str) -> None:
    """Nobody listens."""


def erase(complaint: Written, actor: Actor) -> Written:
    texts = {"legal_basis_text": "个人信息保护法第四十七条，目的已实现。"}
    return act(complaint.number, Order(act="erase", texts=texts, seen=complaint.n), actor=actor, now=day(5))


@pytest.fixture
def backups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "HUAJIE_BACKUPS", tmp_path)
    return tmp_path


@pytest.fixture
def officer(county: Callable[..., Actor]) -> Actor:
    jurisdiction.change(
        [
            {
                "do": "set_seat",
                "id": "s.gov.dpo",
                "unit": "u.gov",
                "title": {"zh": "个人信息保护负责人", "en": "Data-protection officer"},
                "roles": ["dpo"],
            },
            {"do": "start_posting", "seat": "s.gov.dpo", "person": f"{14:032x}"},
        ],
        actor=SYSTEM,
        now=day(0, 3),
    )
    return county(14, day(1))


def test_each_erasure_is_written_where_backups_lie(complaint: Written, officer: Actor, backups: Path) -> None:
    written = erase(complaint, officer)
    assert not (backups / NAME).exists(), "it waits for a worker, as everything that follows an entry"
    assert work_followups(day(6))[1] == 0
    (line,) = (backups / NAME).read_bytes().splitlines()
    said = json.loads(line)
    assert set(said) == {"v", "stream", "n", "names", "at", "mark"}
    assert UUID(said["stream"]) == complaint.stream
    assert said["n"] == written.first
    assert {"text", "title", "contact"} <= set(said["names"])
    assert CANARY not in line.decode()
    assert (backups / NAME).stat().st_mode & 0o077 == 0
    # the entries tell the same, once
    assert list(erasures.everything()) == list(erasures.read(backups / NAME, key=settings.HUAJIE_KEYS["record"]))
    assert erasures.add(backups, erasures.everything()) == 0


def test_a_disk_that_is_away_is_tried_again(complaint: Written, officer: Actor, backups: Path) -> None:
    (backups / NAME).mkdir()
    erase(complaint, officer)
    assert work_followups(day(6))[1] == 1
    (backups / NAME).rmdir()
    assert work_followups(day(7))[1] == 0
    assert len((backups / NAME).read_bytes().splitlines()) == 1


def test_what_came_back_is_erased_again_and_verifies(complaint: Written, officer: Actor, database: str) -> None:
    record = [Erasure(complaint.stream, complaint.n + 1, ("note_text", "text", "title"), "2026-03-07T01:00:00.000000Z")]
    assert erase_again(record, now=day(8), tell=tell) == 1
    report = verify()
    assert report.clean, report.differences
    assert erase_again(record, now=day(9), tell=tell) == 0, "twice is once"
    assert _texts(complaint).isdisjoint({"text", "title"})


def test_what_the_database_knows_is_not_erased_again(complaint: Written, officer: Actor) -> None:
    written = erase(complaint, officer)
    record = list(erasures.everything())
    assert erase_again(record, now=day(8), tell=tell) == 0
    # a matter that came after the back-up is not there, and nothing is made up for it
    unknown = Erasure(UUID(int=7), 3, ("text",), record[0].at)
    assert erase_again([unknown], now=day(8), tell=tell) == 0
    assert written.n == record[0].n


def test_only_the_system_erases_again(complaint: Written, county: Callable[..., Actor], officer: Actor) -> None:
    from huajie.core.procedure import Refused

    order = Order(act="erased-again", inputs={"names": ["text"], "erased_at": None})
    for actor in (county(60), officer):
        with pytest.raises(Refused):
            act(complaint.number, order, actor=actor, now=day(5))


def _texts(complaint: Written) -> set[str]:
    from huajie.apps.matters import loading

    tip = loading.load(complaint.stream, using="default")
    assert tip is not None and tip.state is not None
    return set(tip.state.texts)


# The file itself ------------------------------------------------------------------------------------------------------

ONE = Erasure(UUID(int=1), 4, ("text",), "2026-03-07T01:00:00.000000Z")
TWO = Erasure(UUID(int=2), 9, ("contact", "text"), "2026-03-08T01:00:00.000000Z")


def test_lines_are_only_added(tmp_path: Path) -> None:
    assert erasures.add(tmp_path, [ONE]) == 1
    first = (tmp_path / NAME).read_bytes()
    assert erasures.add(tmp_path, [ONE, TWO]) == 1
    assert (tmp_path / NAME).read_bytes().startswith(first)
    assert list(erasures.read(tmp_path / NAME, key=settings.HUAJIE_KEYS["record"])) == [ONE, TWO]


def test_a_line_that_a_power_cut_broke_is_written_again(tmp_path: Path) -> None:
    erasures.add(tmp_path, [ONE, TWO])
    path = tmp_path / NAME
    path.write_bytes(path.read_bytes()[:-20])
    assert list(erasures.read(path, key=settings.HUAJIE_KEYS["record"])) == [ONE]
    assert erasures.add(tmp_path, [ONE, TWO]) == 1
    assert list(erasures.read(path, key=settings.HUAJIE_KEYS["record"])) == [ONE, TWO]


@pytest.mark.parametrize("change", [{"names": ["text", "title"]}, {"n": 1}, {"stream": UUID(int=9).hex}, {"more": 1}])
def test_nobody_has_things_erased_by_a_line_of_their_own(tmp_path: Path, change: dict[str, Any]) -> None:
    erasures.add(tmp_path, [ONE])
    said = json.loads((tmp_path / NAME).read_bytes()) | change
    (tmp_path / NAME).write_text(json.dumps(said) + "\n")
    with pytest.raises(KeepingError, match="line 1: not written by this instance"):
        list(erasures.read(tmp_path / NAME, key=settings.HUAJIE_KEYS["record"]))
    with pytest.raises(KeepingError):
        list(erasures.read(tmp_path / NAME, key=os.urandom(32)))
