"""
Compare what ran with what was promised: the same tests on both databases, for each acceptance line the tests it names.

    python -m scripts.accept var/test/sqlite.json var/test/postgres.json

docs/acceptance.md holds one table `| id | shown by | result |`. "Shown by" names tests in backticks, as a pattern over
test ids (`tests/core/clocks/*`, `tests/x/test_y.py::test_z*`), and commands (`make soak`). A line fails
when it is missing, names nothing, names a test that did not run or did not pass, leaves out a test that is marked
`@pytest.mark.accept` with its id, names a command that does not exist, or gives no result.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "acceptance.md"
EXCEPTIONS = ROOT / "tests" / "databases.toml"
KERNEL = tuple(f"K{number}" for number in range(1, 14))
#: People and offices: a line comes with the work that it promises, and all ten are there when that is done.
OFFICES = tuple(f"P{number}" for number in range(1, 11))
#: Supervision that works.
SUPERVISION = tuple(f"S{number}" for number in range(1, 8))
PAGES = tuple(f"G{number}" for number in range(1, 9))
IDS = KERNEL + OFFICES + PAGES + SUPERVISION

Run = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table."""

    id: str
    patterns: tuple[str, ...]
    commands: tuple[str, ...]
    result: str


def lines(text: str) -> list[Line]:
    """Read the table of docs/acceptance.md."""
    found = []
    for row in re.findall(r"^\|\s*([A-Z]+\d+)\s*\|(.*)\|\s*$", text, re.MULTILINE):
        cells = [cell.strip() for cell in row[1].split("|")]
        named = re.findall(r"`([^`]+)`", cells[0])
        found.append(
            Line(
                row[0],
                tuple(name for name in named if name.startswith("tests/")),
                tuple(name for name in named if name.startswith(("make ", "huajie "))),
                cells[1] if len(cells) > 1 else "",
            )
        )
    return found


def matches(nodeid: str, pattern: str) -> bool:
    """Whether a pattern means a test id: a file or folder means every test in it, a test all its parameters."""
    inside = (f"{pattern}::", f"{pattern}[", f"{pattern.rstrip('/')}/")
    return nodeid == pattern or nodeid.startswith(inside) or fnmatchcase(nodeid, pattern)


def compare_databases(runs: Mapping[str, Run], exceptions: Sequence[Mapping[str, str]]) -> list[str]:
    """
    Return what differs between the databases.

    Args:
        runs: database -> test id -> {"outcome", "accept", "seconds"}.
        exceptions: rows of tests/databases.toml: tests (pattern), on (database), reason.
    """
    every = sorted(set().union(*runs.values()))
    unused = [row["tests"] for row in exceptions if not any(fnmatchcase(nodeid, row["tests"]) for nodeid in every)]
    faults = [f"tests/databases.toml: {pattern!r} matches no test" for pattern in unused]
    for nodeid in every:
        only = {row["on"] for row in exceptions if fnmatchcase(nodeid, row["tests"])}
        for database, run in runs.items():
            outcome = run.get(nodeid, {}).get("outcome")
            if only and database not in only:
                if outcome is not None:
                    faults.append(f"{nodeid}: ran on {database} although tests/databases.toml says {only} only")
            elif outcome is None:
                faults.append(f"{nodeid}: did not run on {database}")
            elif outcome != "passed":
                faults.append(f"{nodeid}: {outcome} on {database}")
    return faults


def compare_promises(
    table: Sequence[Line],
    runs: Mapping[str, Run],
    *,
    make_targets: set[str],
    commands: set[str],
    ids: Sequence[str] = IDS,
) -> list[str]:
    """
    Return which acceptance lines are not shown, and why.

    Args:
        table: from `lines`.
        runs: database -> test id -> {"outcome", "accept", "seconds"}.
        make_targets: names of Makefile targets.
        commands: names of `huajie` commands.
        ids: the lines that must be there.
    """
    faults = []
    by_id = {line.id: line for line in table}
    if len(by_id) != len(table):
        faults.append("docs/acceptance.md: an id stands twice")
    merged: dict[str, set[str]] = {}
    marks: dict[str, set[str]] = {}
    for run in runs.values():
        for nodeid, row in run.items():
            merged.setdefault(nodeid, set()).add(row["outcome"])
            marks.setdefault(nodeid, set()).update(row["accept"])
    for name in ids:
        line = by_id.get(name)
        if line is None:
            faults.append(f"{name}: not in docs/acceptance.md")
            continue
        if not line.patterns:
            faults.append(f"{name}: names no test")
        if not line.result:
            faults.append(f"{name}: gives no result")
        for pattern in line.patterns:
            hit = [nodeid for nodeid in merged if matches(nodeid, pattern)]
            if not hit:
                faults.append(f"{name}: no test ran that matches `{pattern}`")
            faults.extend(
                f"{name}: {nodeid} {sorted(merged[nodeid])}" for nodeid in hit if merged[nodeid] != {"passed"}
            )
        for nodeid, carried in sorted(marks.items()):
            if name in carried and not any(matches(nodeid, pattern) for pattern in line.patterns):
                faults.append(f"{name}: {nodeid} is marked for it, but not named")
        for command in line.commands:
            program, word = command.split()[:2]
            known = make_targets if program == "make" else commands
            if word not in known:
                faults.append(f"{name}: there is no `{command}`")
    unknown = {mark for carried in marks.values() for mark in carried} - set(ids)
    faults.extend(f"a test is marked for {name}, which is no acceptance line" for name in sorted(unknown))
    return faults


def make_targets(text: str) -> set[str]:
    """Return the names of the targets of a Makefile that carry a `##` line."""
    return set(re.findall(r"^([a-z][a-z-]*):.*##", text, re.MULTILINE))


def main(arguments: list[str]) -> int:
    """Compare the reports named and print every fault."""
    import tomllib

    from huajie.edges.cli.main import COMMANDS

    runs: dict[str, Run] = {}
    for name in arguments:
        report = json.loads(Path(name).read_text(encoding="utf-8"))
        runs[report["database"]] = report["tests"]
    exceptions = tomllib.loads(EXCEPTIONS.read_text(encoding="utf-8")).get("exception", [])
    faults = compare_databases(runs, exceptions) if len(runs) > 1 else ["two reports are needed: one a database"]
    faults += compare_promises(
        lines(PAGE.read_text(encoding="utf-8")),
        runs,
        make_targets=make_targets((ROOT / "Makefile").read_text(encoding="utf-8")),
        commands=set(COMMANDS),
    )
    for fault in faults:
        print(f"accept: {fault}", file=sys.stderr)
    total = {database: len(run) for database, run in runs.items()}
    print(f"accept: {total}, {len(exceptions)} exceptions with a reason, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
