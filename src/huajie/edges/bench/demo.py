"""How fast the demo county loads, by the command itself into an empty SQLite database."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from typing import Any

from huajie.edges.bench.wrk import BenchFailed

MATTERS = 20_000
#: Its last day; a fixed one, so that every run loads the same.
UNTIL = "2026-11-23"


def load(matters: int = MATTERS) -> dict[str, Any]:
    """
    Load it once.

    Returns:
        matters, entries, seconds, entries_a_second.
    Raises:
        BenchFailed: the command failed, or an act of the demo was refused.
    """
    command = [sys.executable, "-m", "huajie.edges.cli.main"]
    with tempfile.TemporaryDirectory(prefix="huajie-bench-") as folder:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HUAJIE_")}
        environment["HUAJIE_DATA"] = folder
        # What counts is how fast matters load, not how fast the tables of an empty folder are made.
        subprocess.run([*command, "migrate"], env=environment, capture_output=True, check=True)
        started = time.monotonic()
        done = subprocess.run(
            [*command, "demo", "load", "--until", UNTIL, "--matters", str(matters)],
            env=environment,
            capture_output=True,
            text=True,
        )
        seconds = time.monotonic() - started
    found = re.search(rf"{matters} matters, (\d+) entries", done.stdout)
    if done.returncode or found is None or "acts were refused" in done.stderr:
        raise BenchFailed(f"huajie demo load ended with {done.returncode}: {done.stderr[-300:]}")
    entries = int(found[1])
    return {
        "matters": matters,
        "entries": entries,
        "seconds": round(seconds, 1),
        "entries_a_second": round(entries / seconds),
    }
