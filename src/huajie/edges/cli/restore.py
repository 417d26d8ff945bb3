"""`huajie restore SOURCE`: an empty machine becomes what it was."""

from __future__ import annotations

import argparse
import os
from datetime import UTC, datetime
from pathlib import Path

from huajie.edges.cli.backup import teller
from huajie.edges.cli.keys import told


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("source", type=Path, help="a back-up, or a folder of back-ups, whose newest is taken")
    parser.add_argument(
        "--erasures",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="an erasure record to apply again, besides the one beside the back-up; may be given more than once",
    )
    parser.add_argument("--check", action="store_true", help="only see whether the back-up is whole and the keys fit")
    parser.add_argument("--quiet", action="store_true", help="no lines about progress")


def run(args: argparse.Namespace) -> int:
    """Check the back-up, then put it in place."""
    from huajie.edges.keeping import restore

    tell = teller("restore", args.quiet)
    data = Path(os.environ.get("HUAJIE_DATA", "").strip() or "var").absolute()

    def put_back() -> None:
        folder = restore.find(args.source.absolute())
        source = restore.check(folder, tell)
        restore.check_keys(source, data / "keys")
        if args.check:
            ledger = source.manifest["ledger"]
            print(f"{folder} is whole: {ledger['entries']} entries up to {ledger['newest']}; the keys here fit.")
            return
        restore.check_empty(data)
        from huajie.edges.cli.main import set_up

        # only now: the settings read the keys, and would make new ones where there are none
        set_up("settings")
        done = restore.restore(source, data, args.erasures, now=datetime.now(UTC), tell=tell)
        print(
            f"Restored {folder}: {done.entries} entries, {done.files} files; {done.erased_again} erasures done again "
            f"from {len(done.records)} records. Now run: huajie verify"
        )
        if not done.records:
            print(
                "No erasure record was found: whatever was erased after this back-up is back. "
                "Bring the record (docs/operations.md) and run: huajie erasures apply FILE"
            )

    return told(put_back)
