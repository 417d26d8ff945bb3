"""
The kill rounds of `make test`, two hundred on each database: `python -m scripts.soak [ROUNDS]`.

What came of it is added to docs/soak.md.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime

from scripts.test import OUT, ROOT, Steps, tests

PAGE = ROOT / "docs" / "soak.md"


def main(arguments: list[str]) -> int:
    """Run every test that shows K5 with HUAJIE_TEST_KILL_ROUNDS set, on both databases."""
    rounds = arguments[0] if arguments else os.environ.get("HUAJIE_TEST_KILL_ROUNDS", "200")
    os.environ["HUAJIE_TEST_KILL_ROUNDS"] = rounds
    OUT.mkdir(parents=True, exist_ok=True)
    steps = Steps()
    for database in ("sqlite", "postgres"):
        tests(steps, database, "--accept", "K5", "-s")
        write_down(database, passed=steps.ended[-1][1])
    return steps.summary()


def write_down(database: str, *, passed: bool) -> None:
    """Add a row of the page: what the test counted, or that it failed."""
    counted = OUT / f"kill-rounds-{database}.json"
    found = json.loads(counted.read_text()) if passed and counted.exists() else {}
    counted.unlink(missing_ok=True)
    words = ("git", "rev-parse", "--short=10", "HEAD")
    commit = subprocess.run(words, cwd=ROOT, capture_output=True, text=True).stdout.strip()
    killed = found.get("killed", {})
    counts = ("acknowledged", "retried", "entries", "slowest_start_seconds", "seconds")
    cells = [f"{datetime.now(UTC):%Y-%m-%d}", commit, database, "clean" if passed else "**FAILED**"]
    cells += [found.get("rounds", ""), killed.get("server", ""), killed.get("database", "")]
    cells += [found.get(name, "") for name in counts]
    with PAGE.open("a", encoding="utf-8") as page:
        page.write("| " + " | ".join(map(str, cells)) + " |\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
