"""`huajie erasures export` and `huajie erasures apply`: what was erased, kept apart, and erased again."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from huajie.edges.cli.keys import told


def export(words: Sequence[str]) -> int:
    """Write every erasure that the entries tell of into TARGET/erasures.jsonl; what is there already stays."""
    parser = argparse.ArgumentParser(prog="huajie erasures export", description=export.__doc__)
    parser.add_argument("target", type=Path, help="folder; the record is added to if it is there")
    args = parser.parse_args(words)
    _set_up()
    from huajie.edges.keeping import erasures

    def write() -> None:
        added = erasures.add(args.target.absolute(), erasures.everything())
        print(f"{added} erasures added to {args.target / erasures.NAME}.")

    return told(write)


def apply(words: Sequence[str]) -> int:
    """Erase again what a record tells of and this database still has."""
    parser = argparse.ArgumentParser(prog="huajie erasures apply", description=apply.__doc__)
    parser.add_argument("record", type=Path, nargs="+", help="erasures.jsonl of this instance")
    args = parser.parse_args(words)
    _set_up()
    from django.conf import settings

    from huajie.edges.cli.backup import teller
    from huajie.edges.keeping import erasures
    from huajie.edges.keeping.restore import erase_again

    def again() -> None:
        key = settings.HUAJIE_KEYS["record"]
        record = sorted({one for path in args.record for one in erasures.read(path, key=key)})
        done = erase_again(record, now=datetime.now(UTC), tell=teller("erasures", False))
        print(f"{len(record)} erasures read, {done} done again.")

    return told(again)


def _set_up() -> None:
    from huajie.edges.cli.main import set_up

    set_up("database")
