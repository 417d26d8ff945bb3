"""
The four published exports in full, each into an empty instance: `HUAJIE_SHARED=FOLDER python -m scripts.imports`.

HUAJIE_SHARED names the folder that holds data/nyc311 and the others; without it ../shared is taken, if there. Every
row must come out taken or refused, as many as an independent count finds, and `huajie verify` must be clean. Reports go
to var/imports, the numbers with their times into docs/imports.md.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "var" / "imports"
PAGE = ROOT / "docs" / "imports.md"
#: The numbers stand between these lines of the page.
BEGIN, END = "<!-- numbers: make imports -->", "<!-- end of numbers -->"

#: mapping -> the folder below HUAJIE_SHARED/data that holds its files
SETS = {"nyc311": "nyc311", "sf311": "sf311", "vancouver311": "vancouver311", "boston311": "boston311-2014"}


def shared_folder() -> Path | None:
    """Return the folder that holds data/nyc311 and the others, None when there is none."""
    named = os.environ.get("HUAJIE_SHARED")
    folder = Path(named) if named else ROOT.parent / "shared"
    return folder if (folder / "data").is_dir() else None


def main() -> int:
    """Import each set, check that every row read was taken or refused, write the numbers down."""
    shared = shared_folder()
    if shared is None:
        print("HUAJIE_SHARED: the folder that holds data/nyc311 and the others", file=sys.stderr)
        return 2
    OUT.mkdir(parents=True, exist_ok=True)
    lines: list[str] = []
    bad = 0
    for mapping, folder in SETS.items():
        files = sorted((shared / "data" / folder).rglob("*.csv*"))
        if not files:
            print(f"{mapping}: no CSV file in {folder}", file=sys.stderr)
            bad += 1
        for path in files:
            line = one(mapping, path)
            bad += line is None
            lines.append(line or f"| {mapping} | `{path.name}` | failed | | | | | |")
    if not bad:
        write_numbers(lines)
    return 1 if bad else 0


def one(mapping: str, path: Path) -> str | None:
    """Import one file into an empty instance, verify it, return its line for the page; None when something is wrong."""
    report = OUT / f"{mapping}-{path.name.partition('.')[0]}.json"
    with tempfile.TemporaryDirectory(prefix="huajie-import-") as data:
        environment = {**os.environ, "HUAJIE_DATA": data}
        environment.pop("HUAJIE_DATABASE_URL", None)
        huajie = [sys.executable, "-m", "huajie.edges.cli.main"]
        command = [*huajie, "import", "311", str(path), "--mapping", mapping, "--report", str(report)]
        started = time.monotonic()
        done = subprocess.run(command, env=environment)
        seconds = time.monotonic() - started
        if done.returncode or not report.exists():
            print(f"{mapping} {path.name}: failed with code {done.returncode}", file=sys.stderr)
            return None
        verified = subprocess.run([*huajie, "verify", "--json"], env=environment, stdout=subprocess.PIPE, check=False)
    result: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    refused, rows = len(result["refused"]), count_rows(path)
    found = json.loads(verified.stdout)
    faults = [
        f"read {result['read']} of {rows} rows" if result["read"] != rows else "",
        f"{result['read']} read, {result['taken']} taken, {refused} refused"
        if rows != result["taken"] + refused
        else "",
        "verify is not clean" if not found["clean"] else "",
        f"{found['imported']['matters']} imported matters" if found["imported"]["matters"] != result["taken"] else "",
    ]
    for fault in filter(None, faults):
        print(f"{mapping} {path.name}: {fault}", file=sys.stderr)
    print(f"{mapping} {path.name}: {result['read']} read, {result['taken']} taken, {refused} refused, {seconds:.0f} s")
    if any(faults):
        return None
    rate = result["read"] / result["seconds"]
    return (
        f"| {mapping} | `{path.name}` | {rows:,} | {result['taken']:,} ({result['open']:,} open) | {refused} | "
        f"{found['imported']['entries']:,} | {result['seconds']:.1f} s | {rate:,.0f} rows/s |"
    )


def count_rows(path: Path) -> int:
    """Count the rows below the header by another way than the import's."""
    opened = gzip.open(path, "rt", encoding="utf-8", newline="") if path.suffix == ".gz" else path.open(newline="")
    with opened as file:
        return sum(1 for _ in csv.DictReader(file))


def write_numbers(lines: list[str]) -> None:
    """Put the numbers between their marks in docs/imports.md."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    cores = os.cpu_count()
    table = [
        f"Measured {datetime.now(UTC).date()} on {cores} cores, {platform.python_implementation()} "
        f"{platform.python_version()}, SQLite, each file into an empty instance; every instance verified clean.",
        "",
        "| mapping | file | read | taken | refused | entries | time | rate |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        *lines,
    ]
    scratch = PAGE.with_suffix(".tmp")
    scratch.write_text(before + "\n".join([BEGIN, *table, END]) + after, encoding="utf-8")
    scratch.replace(PAGE)


if __name__ == "__main__":
    sys.exit(main())
