"""
Everything that must hold, in one command: `python -m scripts.test [--quick | --lint]`.

1. style, formatting, strict types in core, the order of the rings;
2. every test on SQLite and, beside it, 3. the same on a PostgreSQL started for it and removed afterwards: each of the
   two keeps one core busy, so together they take little longer than the longer one; what PostgreSQL's printed follows;
4. that the same tests passed on both, and that each line of docs/acceptance.md is shown by tests that passed.

Every step runs even when an earlier one failed, so that one run tells everything; the end says which failed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

from scripts import postgres

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "var" / "test"

LINT = (
    ("style", ["ruff", "check", "."]),
    ("format", ["ruff", "format", "--check", "."]),
    ("types", ["mypy"]),
    ("rings", ["lint-imports", "--no-cache"]),
)

#: What `--quick` leaves out besides the tests marked slow.
QUICK = ["-m", "not slow", "--ignore=tests/journeys"]


class Steps:
    """Runs commands one after the other and remembers how each ended."""

    def __init__(self) -> None:
        self.ended: list[tuple[str, bool, float]] = []

    def run(self, name: str, command: list[str], output: IO[str] | None = None, **environment: str) -> None:
        """Run one; its output goes straight through, or to `output`."""
        print(f"\n=== {name}: {' '.join(command)}", file=output, flush=True)
        started = time.monotonic()
        done = subprocess.run(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            env={**os.environ, **environment},
        )
        self.ended.append((name, done.returncode == 0, time.monotonic() - started))

    def summary(self) -> int:
        """Print how each ended, after what failed in it; return the exit code."""
        for name, good, _ in self.ended:
            for test, said in () if good else failures(OUT / f"{name}.xml"):
                print(f"\n{name}: {test}\n{said}")
        print("\n=== summary")
        for name, good, seconds in self.ended:
            print(f"{'passed' if good else 'FAILED':7} {name:10} {seconds:6.0f} s")
        bad = [name for name, good, _ in self.ended if not good]
        print(
            f"{len(bad)} of {len(self.ended)} steps failed: {', '.join(bad)}"
            if bad
            else f"all {len(self.ended)} steps passed"
        )
        return 1 if bad else 0


def failures(path: Path, most: int = 25, letters: int = 600) -> Iterator[tuple[str, str]]:
    """
    Yield name and last words of the tests that failed.

    Whoever sees only the end of a long output sees why.
    """
    if not path.exists():
        return
    # pytest wrote it a moment ago
    found = [case for case in ElementTree.parse(path).iter("testcase") if len(case)]  # noqa: S314
    failed = [(case, fault) for case in found for kind in ("failure", "error") for fault in case.findall(kind)]
    for case, fault in failed[:most]:
        yield f"{case.get('classname')}::{case.get('name')}", (fault.text or "").strip()[-letters:]


def tool(name: str) -> str:
    """Return the path of a program of our own environment."""
    return str(Path(sys.executable).parent / name)


def lint(steps: Steps) -> None:
    """Run the four that read the source only."""
    for name, (program, *rest) in LINT:
        steps.run(name, [tool(program), *rest])


def tests(steps: Steps, database: str, output: IO[str] | None, *more: str) -> Path:
    """Run the tests on one database; return the report's path. What they print goes to `output`, if one is given."""
    report = OUT / f"{database}.json"
    results = report.with_suffix(".xml")
    for old in (report, results):
        old.unlink(missing_ok=True)
    pytest = [sys.executable, "-m", "pytest", "--db", database, "--report", str(report), "--durations=15", *more]
    pytest += [f"--junitxml={results}"]
    if database == "postgres" and not os.environ.get("HUAJIE_TEST_DATABASE_URL"):
        try:
            with postgres.temporary() as server:
                steps.run(database, pytest, output, HUAJIE_TEST_DATABASE_URL=server.url())
        except postgres.NoPostgres as error:
            print(error, file=sys.stderr)
            steps.ended.append((database, False, 0.0))
    else:
        steps.run(database, pytest, output)
    return report


def both(steps: Steps) -> list[Path]:
    """Run the tests on both databases at once; return the reports' paths."""
    with (OUT / "postgres.txt").open("w+", encoding="utf-8") as output, ThreadPoolExecutor(1) as beside:
        other = beside.submit(tests, steps, "postgres", output)
        reports = [tests(steps, "sqlite", None), other.result()]
        output.seek(0)
        shutil.copyfileobj(output, sys.stdout)
    return reports


def main(argv: list[str] | None = None) -> int:
    """Run what the options ask for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="lint and the fast tests on SQLite")
    parser.add_argument("--lint", action="store_true", help="lint only")
    args = parser.parse_args(argv)
    steps = Steps()
    lint(steps)
    if args.lint:
        return steps.summary()
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    if args.quick:
        tests(steps, "sqlite", None, *QUICK)
        return steps.summary()
    reports = both(steps)
    missing = [path.name for path in reports if not path.exists()]
    if missing:
        print(f"accept: no report {', '.join(missing)}", file=sys.stderr)
        steps.ended.append(("accept", False, 0.0))
    else:
        steps.run("accept", [sys.executable, "-m", "scripts.accept", *map(str, reports)])
    return steps.summary()


if __name__ == "__main__":
    sys.exit(main())
