"""
What every run of the tests keeps, refuses and leaves behind.

- A skipped test and an expected failure fail the run: a test that did not run shows nothing.
- `tests/databases.toml` alone says which tests run on one database only, each with its reason.
- `--report FILE` writes what ran and how it ended, for `scripts/accept.py` to compare.
- `--accept K5` runs the tests that show that line of docs/acceptance.md.
"""

from __future__ import annotations

import json
import os
import tomllib
import traceback
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent
EXCEPTIONS = ROOT / "tests" / "databases.toml"


class Record:
    """What happened in one run: test id -> outcome, the acceptance lines it shows and the seconds it took."""

    def __init__(self, database: str) -> None:
        self.database = database
        self.tests: dict[str, dict[str, Any]] = {}
        self.refused: list[str] = []
        self.uncollected: list[str] = []

    def note(self, report: pytest.TestReport) -> None:
        row = self.tests.setdefault(report.nodeid, {"outcome": "passed", "accept": [], "seconds": 0.0})
        row["seconds"] = round(row["seconds"] + report.duration, 3)
        if report.when == "setup":
            row["accept"] = sorted(value for name, value in report.user_properties if name == "accept")
        if hasattr(report, "wasxfail"):
            row["outcome"] = "xfail"
        elif report.skipped:
            row["outcome"] = "skipped"
        elif report.failed:
            row["outcome"] = "failed" if report.when == "call" else "error"
        if row["outcome"] in ("xfail", "skipped") and report.nodeid not in self.refused:
            self.refused.append(report.nodeid)


_RECORD = pytest.StashKey[Record]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("huajie")
    group.addoption("--report", metavar="FILE", help="write what ran and how it ended as JSON")
    group.addoption(
        "--accept", metavar="ID", action="append", default=[], help="only tests that show this acceptance line"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_RECORD] = Record(config.getoption("--db", default="sqlite") or "sqlite")


#: Why Django could not be set up; told at the end of the run, beside the modules that could then not be imported.
_broken: list[str] = []


def pytest_collectstart(collector: pytest.Collector) -> None:
    # tests/conftest.py has pointed the settings at this run's database by now. Modules are imported with Django up, but
    # for those of core, which must do without.
    if not isinstance(collector, pytest.Module) or not os.environ.get("DJANGO_SETTINGS_MODULE") or _broken:
        return
    if not collector.path.is_relative_to(ROOT / "tests" / "core"):
        import django

        try:
            django.setup()
        except Exception:
            _broken.append(traceback.format_exc())


def exceptions() -> list[dict[str, str]]:
    """
    Return the rows of tests/databases.toml.

    Raises:
        pytest.UsageError: a row without pattern, database or reason.
    """
    rows = tomllib.loads(EXCEPTIONS.read_text(encoding="utf-8")).get("exception", [])
    for row in rows:
        if set(row) != {"tests", "on", "reason"} or row["on"] not in ("sqlite", "postgres") or len(row["reason"]) < 12:
            raise pytest.UsageError(
                f"{EXCEPTIONS.name}: a row needs tests, on (sqlite or postgres) and a reason: {row}"
            )
    return rows


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    database = config.stash[_RECORD].database
    elsewhere = [row["tests"] for row in exceptions() if row["on"] != database]
    wanted = set(config.getoption("--accept"))
    kept, left = [], []
    for item in items:
        ids = [name for mark in item.iter_markers("accept") for name in mark.args]
        item.user_properties.extend(("accept", name) for name in ids)
        out = any(fnmatchcase(item.nodeid, pattern) for pattern in elsewhere) or (
            wanted and not wanted.intersection(ids)
        )
        (left if out else kept).append(item)
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = kept


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if _current is not None:
        _current.note(report)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    # A module that skips itself (importorskip, skip at module level) would otherwise vanish without a trace.
    if _current is not None and report.skipped:
        _current.refused.append(report.nodeid)


#: The run that is under way: report hooks are not handed the config.
_current: Record | None = None


def pytest_sessionstart(session: pytest.Session) -> None:
    global _current
    _current = session.config.stash[_RECORD]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    record = session.config.stash[_RECORD]
    if record.refused and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    target = session.config.getoption("--report")
    if target:
        path = Path(target)
        path.parent.mkdir(parents=True, exist_ok=True)
        document = {"database": record.database, "exit": int(session.exitstatus), "tests": record.tests}
        path.write_text(json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    for text in _broken:
        terminalreporter.section("Django could not be set up", sep="=", red=True)
        terminalreporter.line(text)
    refused = config.stash[_RECORD].refused
    if refused:
        terminalreporter.section("skipped tests fail the run", sep="=", red=True)
        for nodeid in refused:
            terminalreporter.line(f"did not run: {nodeid}")
