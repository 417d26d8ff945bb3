"""The kill rounds of `make test`, two hundred on each database: `python -m scripts.soak [ROUNDS]`."""

from __future__ import annotations

import os
import sys

from scripts.test import OUT, Steps, tests


def main(arguments: list[str]) -> int:
    """Run every test that shows K5 with HUAJIE_TEST_KILL_ROUNDS set, on both databases."""
    rounds = arguments[0] if arguments else os.environ.get("HUAJIE_TEST_KILL_ROUNDS", "200")
    os.environ["HUAJIE_TEST_KILL_ROUNDS"] = rounds
    OUT.mkdir(parents=True, exist_ok=True)
    steps = Steps()
    for database in ("sqlite", "postgres"):
        tests(steps, database, "--accept", "K5", "-s")
    return steps.summary()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
