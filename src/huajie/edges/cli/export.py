"""`huajie export TARGET`: everything as JSONL and files, with its dictionary."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from huajie.edges.cli.backup import teller
from huajie.edges.cli.keys import told


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    from huajie.edges.keeping.export import PURPOSES

    parser.add_argument("target", type=Path, help="folder; the export gets a folder of its own in it")
    parser.add_argument(
        "--with-identities", action="store_true", help="with what the vault holds; every matter gets an entry of it"
    )
    parser.add_argument(
        "--with-files", action="store_true", help="with the attachments in clear; every matter gets an entry of it"
    )
    parser.add_argument(
        "--purpose",
        choices=list(PURPOSES),
        help="what for: " + ", ".join(f"{code} ({words['en']})" for code, words in PURPOSES.items()),
    )
    parser.add_argument("--quiet", action="store_true", help="no lines about progress")


def run(args: argparse.Namespace) -> int:
    """Write the export and say where it lies."""
    from huajie.edges.cli.main import version
    from huajie.edges.keeping.export import export
    from huajie.edges.keeping.folders import KeepingError

    def write() -> None:
        wanted = {"identities": args.with_identities, "attachments": args.with_files}
        if any(wanted.values()) != (args.purpose is not None):
            raise KeepingError(
                "--purpose belongs to --with-identities and --with-files: such things leave only for a purpose"
            )
        made = export(
            args.target.absolute(),
            now=datetime.now(UTC),
            version=version(),
            purpose=args.purpose,
            identities=args.with_identities,
            files=args.with_files,
            tell=teller("export", args.quiet),
        )
        kind = ", ".join(f"{'with' if there else 'without'} {what}" for what, there in wanted.items())
        print(f"Exported {kind} to {made}; dictionary.json says what each field means.")

    return told(write)
