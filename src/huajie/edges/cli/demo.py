"""`huajie demo load`: make the invented county."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("what", choices=["load"], help="make offices, people and what eighteen months brought")
    parser.add_argument("--matters", type=_count, default=500, metavar="N", help="how many matters (default: 500)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="the same seed gives the same county")
    parser.add_argument(
        "--until", type=date.fromisoformat, metavar="DATE", help="the day on which history ends (default: today)"
    )
    parser.add_argument("--anyway", action="store_true", help="also where there are matters or offices already")


def _count(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 1_000_000:
        raise argparse.ArgumentTypeError("1 to 1000000")
    return value


def run(args: argparse.Namespace) -> int:
    """Load it; 2 when the database holds something else."""
    from huajie.edges.demo.county import PASSWORD, SIGN_INS
    from huajie.edges.demo.load import NotEmpty, load

    now = datetime.now(UTC)
    today = now.astimezone(ZoneInfo("Asia/Shanghai")).date()
    until = args.until or today
    if until > today:
        print(f"huajie demo: --until {until} has not come yet; leave it out or name an earlier day", file=sys.stderr)
        return 2
    started = time.perf_counter()

    def tell(line: str) -> None:
        print(f"huajie demo: {line}", file=sys.stderr, flush=True)

    try:
        loaded = load(matters=args.matters, seed=args.seed, until=until, now=now, anyway=args.anyway, tell=tell)
    except NotEmpty as error:
        print(f"huajie demo: {error}", file=sys.stderr)
        return 2
    seconds = time.perf_counter() - started
    print(
        f"云岫县 / Yunxiu County: {loaded.matters} matters, {loaded.entries} entries, {loaded.begins} to {loaded.until}"
        f" in {seconds:.1f} s ({loaded.entries / seconds:.0f} entries a second)."
    )
    if loaded.refused:
        print(f"huajie demo: {len(loaded.refused)} acts were refused, the first: {loaded.refused[0]}", file=sys.stderr)
    print(f"Sign-ins, from this machine only; password {PASSWORD}:")
    for username, zh, en in SIGN_INS:
        print(f"  {username:<24} {zh} / {en}")
    return 0
