"""`huajie outbox`: what of the messages to residents waits or failed, send it again, or try a way."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime

from huajie.apps.outbox.operations import STUCK, send_again, send_sample
from huajie.apps.outbox.queries import heaps
from huajie.apps.outbox.sending import NotSent
from huajie.core.access import SYSTEM


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("--again", action="store_true", help="try anew whatever waits for a person")
    parser.add_argument("--try", dest="to", metavar="ADDRESS", help="send a sample there: a mail address or a phone")


def run(args: argparse.Namespace) -> int:
    """Print so many messages of each way, state and fault; 1 where some wait for a person or the sample failed."""
    now = datetime.now(UTC)
    if args.to is not None:
        try:
            print(f"sent: {send_sample(args.to, now)}")
        except NotSent as error:
            print(f"huajie: not sent: {error.fault}", file=sys.stderr)
            return 1
        return 0
    if args.again:
        print(f"tried anew: {send_again(SYSTEM, now)}")
    found = heaps(SYSTEM)
    for heap in found:
        print(f"{heap.way} {heap.state}{f' ({heap.fault})' if heap.fault else ''}: {heap.count}")
    return int(any(heap.state in STUCK for heap in found))
