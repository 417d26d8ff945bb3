"""The four published exports in full: `HUAJIE_SHARED=FOLDER python -m scripts.imports`; reports go to var/imports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "var" / "imports"

#: mapping -> the folder below HUAJIE_SHARED/data that holds its files
SETS = {"nyc311": "nyc311", "sf311": "sf311", "vancouver311": "vancouver311", "boston311": "boston311-2014"}


def main() -> int:
    """Import each set into an empty instance, and check that every row read was taken or refused."""
    shared = os.environ.get("HUAJIE_SHARED")
    if not shared or not (Path(shared) / "data").is_dir():
        print("HUAJIE_SHARED: the folder that holds data/nyc311 and the others", file=sys.stderr)
        return 2
    OUT.mkdir(parents=True, exist_ok=True)
    bad = 0
    for mapping, folder in SETS.items():
        files = sorted((Path(shared) / "data" / folder).rglob("*.csv*"))
        if not files:
            print(f"{mapping}: no CSV file in {folder}", file=sys.stderr)
            bad += 1
        for path in files:
            bad += not one(mapping, path)
    return 1 if bad else 0


def one(mapping: str, path: Path) -> bool:
    """Import one file into an empty instance; print what came of it; return whether the count adds up."""
    report = OUT / f"{mapping}-{path.name.partition('.')[0]}.json"
    with tempfile.TemporaryDirectory(prefix="huajie-import-") as data:
        started = time.monotonic()
        command = [sys.executable, "-m", "huajie.edges.cli.main", "import", "311", str(path), "--mapping", mapping]
        done = subprocess.run([*command, "--report", str(report)], env={**os.environ, "HUAJIE_DATA": data})
        seconds = time.monotonic() - started
    if done.returncode or not report.exists():
        print(f"{mapping} {path.name}: failed with code {done.returncode}", file=sys.stderr)
        return False
    result = json.loads(report.read_text(encoding="utf-8"))
    refused = len(result["refused"])
    whole = result["read"] == result["taken"] + refused
    print(f"{mapping} {path.name}: {result['read']} read, {result['taken']} taken, {refused} refused, {seconds:.0f} s")
    return whole


if __name__ == "__main__":
    sys.exit(main())
