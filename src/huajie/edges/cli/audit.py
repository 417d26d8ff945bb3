"""`huajie audit`: who was let into minors' files in a year, by whom, for how long, and how often they looked."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("year", type=int, help="calendar year of the county's time zone")
    parser.add_argument("--json", action="store_true", help="the same as JSON")


def run(args: argparse.Namespace) -> int:
    """Count from the entries and print a line a seat; nothing in it tells of a child or a resident."""
    from huajie.apps.jurisdiction.queries import snapshot
    from huajie.apps.matters.audit import audit_minors

    jurisdiction = snapshot()
    zone = ZoneInfo(next((region.zone for region in jurisdiction.regions if region.parent is None), "UTC"))
    since = datetime(args.year, 1, 1, tzinfo=zone).astimezone(UTC)
    until = datetime(args.year + 1, 1, 1, tzinfo=zone).astimezone(UTC)
    found = audit_minors(since, until)
    if args.json:
        lines = [
            {
                "unit": one.unit,
                "seat": one.seat,
                "asked": one.asked,
                "approved": one.approved,
                "refused": one.refused,
                "revoked": one.revoked,
                "days": round(one.days, 2),
                "looks": dict(sorted(one.looks.items())),
                "let_in": one.let_in,
                "shared": one.shared,
                "decided": one.decided,
            }
            for one in found.seats
        ]
        print(json.dumps({"year": args.year, "files": found.files, "looked_into": found.looked_into, "seats": lines}))
        return 0
    print(f"{args.year}: {found.files} minors' files, {found.looked_into} of them looked into")
    for one in found.seats:
        purposes = ", ".join(f"{purpose} {count}" for purpose, count in sorted(one.looks.items()))
        print(
            f"{one.unit} {one.seat}: asked {one.asked}, let in {one.approved} ({one.days:.1f} days),"
            f" refused {one.refused}, taken back {one.revoked};"
            f" looks {one.looks_in_all} ({one.let_in} as let in){': ' if purposes else ''}{purposes};"
            f" handed out {one.shared}; decided {one.decided}"
        )
    return 0
