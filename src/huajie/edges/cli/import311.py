"""`huajie import 311 FILE --mapping NAME`: take in matters from a city's published file."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    from huajie.edges.intake.mapping import mapping_names

    parser.add_argument("what", choices=["311"], help="service requests as cities publish them")
    parser.add_argument("file", type=Path, metavar="FILE", help="CSV in UTF-8, possibly compressed (.csv.gz)")
    parser.add_argument("--mapping", required=True, choices=mapping_names(), help="whose export it is")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write what was taken and refused as JSON")


def run(args: argparse.Namespace) -> int:
    """Take in one file; 0: every row was taken or refused; 1: run it again; 2: the mapping can't read the file."""
    from huajie.apps.ledger.operations import Conflict
    from huajie.edges.intake.import311 import import_file, to_stderr, write_report
    from huajie.edges.intake.mapping import BadFile, load_mapping

    try:
        report = import_file(args.file, load_mapping(args.mapping), clock=lambda: datetime.now(UTC), tell=to_stderr)
    except (BadFile, FileNotFoundError, IsADirectoryError, PermissionError) as error:
        print(f"huajie import: {error}", file=sys.stderr)
        return 2
    except Conflict:
        # What was committed stays; the rest waits for a jurisdiction that holds still.
        print("huajie import: the offices changed meanwhile; run the same command again to go on", file=sys.stderr)
        return 1
    if args.report:
        write_report(report, args.report)
    print(
        f"{report.read} read, {report.taken} taken ({report.taken_before} of them by an earlier run), "
        f"{len(report.refused)} refused, {report.seconds:.1f} s"
    )
    for refusal in report.refused[:10]:
        print(f"  row {refusal['row']}: {refusal['reason']}")
    if len(report.refused) > 10:
        print(f"  and {len(report.refused) - 10} more" + (f" in {args.report}" if args.report else "; see --report"))
    return 0
