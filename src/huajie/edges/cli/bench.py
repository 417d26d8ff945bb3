"""
`huajie bench`: measure the budgets of docs/benchmarks.md and say which are kept.

Each database and size is measured in a process of its own, so that none inherits what another has warmed up.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from huajie.edges.bench import cache, demo, report
from huajie.edges.bench.measure import Order
from huajie.edges.bench.wrk import BenchFailed, present

SIZES = (10_000, 200_000)
QUICK_SIZES = (2_000, 10_000)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("--database", choices=("sqlite", "postgres"), action="append", help="only this one")
    parser.add_argument(
        "--postgres",
        metavar="URL",
        default=os.environ.get("HUAJIE_TEST_DATABASE_URL", ""),
        help="a PostgreSQL server on which databases named huajie_bench_* may be made and dropped",
    )
    parser.add_argument("--size", type=int, action="append", metavar="N", help="matters, instead of 10,000 and 200,000")
    parser.add_argument(
        "--quick", action="store_true", help="small sizes, short runs: is everything measurable at all?"
    )
    parser.add_argument("--seconds", type=float, default=4.0, help="length of each run of wrk")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each call, of which the median counts")
    parser.add_argument("--remake", action="store_true", help="make the data anew even where it is kept")
    parser.add_argument("--out", metavar="FILE", help="page to write the results to (default docs/benchmarks.md)")
    parser.add_argument("--folder", metavar="DIR", default="var/bench", help="where data and logs are kept")


def run(args: argparse.Namespace) -> int:
    """Measure; exit 1 where a budget is missed or the machine was too busy to tell, 2 where something is missing."""
    databases = args.database or ["sqlite", "postgres"]
    if not present():
        return _missing("wrk is missing: sudo apt-get install wrk")
    if "postgres" in databases and not args.postgres:
        return _missing(
            "--postgres: give the address of a PostgreSQL server, or --database sqlite; make bench starts one"
        )
    sizes = sorted(args.size or (QUICK_SIZES if args.quick else SIZES))
    root = Path.cwd()
    folder = (root / args.folder).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    results = []
    for database in databases:
        for size in sizes:
            print(f"{database}, {size:,} matters", flush=True)
            order = Order(
                database=database,
                size=size,
                folder=str(cache.folder_of(folder, database, size)),
                seconds=1.0 if args.quick else args.seconds,
                repeats=args.repeats,
                server=args.postgres or None,
                remake=args.remake,
            )
            result = _measure(order)
            if result is None:
                return 1
            results.append(result)
    found = report.lines(results)
    if not (args.quick or args.size or args.database):
        print(f"the demo county, {demo.MATTERS:,} matters", flush=True)
        try:
            found.append(report.demo_line(demo.load()))
        except BenchFailed as error:
            print(f"huajie bench: {error}", file=sys.stderr)
            return 1
    void = report.slow_floors(results)
    text = report.table(results, found, void, root)
    print(f"\n{text}\n")
    page = Path(args.out) if args.out else root / "docs" / "benchmarks.md"
    if (args.out or not (args.quick or args.size or args.database)) and page.exists():
        report.write(page, text)
        print(f"written to {page}")
    for line in void:
        print(f"void: {line}; a floor under {report.FLOOR_RATE:.0f} tells nothing: run it again on a quiet machine")
    missed = [line for line in found if not line.kept]
    for line in missed:
        print(f"missed: {line.database}: {line.what}: {line.measured}, budget {line.budget}")
    return 1 if void or missed else 0


def _missing(line: str) -> int:
    print(f"huajie bench: {line}", file=sys.stderr)
    return 2


def _measure(order: Order) -> dict[str, Any] | None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HUAJIE_", "PORT"))}
    with tempfile.TemporaryDirectory(prefix="huajie-bench-") as place:
        path = Path(place) / "order.json"
        path.write_text(json.dumps(asdict(order)))
        done = subprocess.run([sys.executable, "-m", "huajie.edges.bench.measure", str(path)], env=environment)
        if done.returncode:
            print(f"huajie bench: measuring ended with {done.returncode}", file=sys.stderr)
            return None
        result: dict[str, Any] = json.loads(path.with_suffix(".result.json").read_text())
        return result
