"""`huajie backup TARGET`: a consistent copy while everybody goes on working."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from huajie.config.errors import SettingError


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "target", type=Path, nargs="?", help="folder for back-ups, best on another disk (default: HUAJIE_BACKUPS)"
    )
    parser.add_argument("--quiet", action="store_true", help="no lines about progress")


def run(args: argparse.Namespace) -> int:
    """Make one back-up and say where it lies."""
    from django.conf import settings

    from huajie.edges.cli.keys import told
    from huajie.edges.cli.main import version
    from huajie.edges.keeping.backup import backup

    target = args.target or settings.HUAJIE_BACKUPS
    if target is None:
        raise SettingError("HUAJIE_BACKUPS: name a folder for back-ups here, or give one to the command")

    def make() -> None:
        made = backup(target.absolute(), now=datetime.now(UTC), version=version(), tell=teller("backup", args.quiet))
        print(f"Backed up to {made}. The keys are not in it: huajie keys export.")

    return told(make)


def teller(name: str, quiet: bool):  # type: ignore[no-untyped-def]
    """Return a function that prints a line about progress on standard error."""

    def tell(line: str) -> None:
        if not quiet:
            print(f"huajie {name}: {line}", file=sys.stderr, flush=True)

    return tell
