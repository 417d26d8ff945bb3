"""`huajie keys export` and `huajie keys import`: the keys on a way of their own, never with a back-up."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from huajie.edges.keeping import keyfiles
from huajie.edges.keeping.folders import KeepingError


def _folder() -> Path:
    # without the settings: they would make new keys where there are none
    return Path(os.environ.get("HUAJIE_DATA", "").strip() or "var").absolute() / "keys"


def _passphrase(args: argparse.Namespace, *, twice: bool) -> str:
    if args.passphrase_file:
        text: str = args.passphrase_file.read_text(encoding="utf-8")
        return text.rstrip("\n")
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("Passphrase for the keys: ")
    if twice and getpass.getpass("The same again: ") != first:
        raise KeepingError("passphrase: the two are not the same")
    return first


def export(words: Sequence[str]) -> int:
    """Write the keys to one sealed file, or plain into a folder."""
    parser = argparse.ArgumentParser(prog="huajie keys export", description=export.__doc__)
    parser.add_argument("target", type=Path, help="new file; with --plain a new folder")
    parser.add_argument("--passphrase-file", type=Path, metavar="FILE", help="read it there instead of asking")
    parser.add_argument("--plain", action="store_true", help="unsealed files, for a medium that is locked away")
    args = parser.parse_args(words)

    def write() -> None:
        keys = keyfiles.read_folder(_folder())
        if args.plain:
            if not keyfiles.put(keys, args.target.absolute()):
                raise KeepingError(f"{args.target}: they are there already")
            print(
                f"WARNING: {args.target} holds the keys as they are. Who has it and a back-up reads every identity. "
                "Lock it away, apart from the back-ups.",
                file=sys.stderr,
            )
        else:
            keyfiles.write_file(args.target, keyfiles.seal(keys, _passphrase(args, twice=True)))
        print(f"{len(keys)} keys written to {args.target}. Keep it apart from the back-ups.")

    return told(write)


def import_(words: Sequence[str]) -> int:
    """Put exported keys into HUAJIE_DATA/keys, where there are none."""
    parser = argparse.ArgumentParser(prog="huajie keys import", description=import_.__doc__)
    parser.add_argument("source", type=Path, help="a file that keys export wrote, or a folder of plain ones")
    parser.add_argument("--passphrase-file", type=Path, metavar="FILE", help="read it there instead of asking")
    args = parser.parse_args(words)

    def read() -> None:
        if args.source.is_dir():
            keys = keyfiles.read_folder(args.source)
        else:
            keys = keyfiles.unseal(args.source.read_bytes(), _passphrase(args, twice=False))
        made = keyfiles.put(keys, _folder())
        print(f"{len(keys)} keys {'put into' if made else 'were already in'} {_folder()}.")

    return told(read)


def told(work: object) -> int:
    """Run something of `keeping`; what it refuses becomes one line and exit code 2."""
    try:
        work()  # type: ignore[operator]
    except KeepingError as error:
        print(f"huajie: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"huajie: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    return 0
