"""`huajie keys export` and `huajie keys import`: the keys on a way of their own, never with a back-up."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from huajie.edges.cli import main
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


def status(words: Sequence[str]) -> int:
    """Say which vault key is in force, what is under which, and whether others can read the files."""
    argparse.ArgumentParser(prog="huajie keys status", description=status.__doc__).parse_args(words)
    main.set_up("database")
    from django.conf import settings

    from huajie.apps.vault import operations as vault
    from huajie.apps.vault import rotation
    from huajie.config.rotation import OLD, loose_keys

    folder = settings.HUAJIE_DATA / "keys"
    in_force = vault.under(vault.master())
    print(f"vault key in force: {in_force}")
    for name, number in rotation.counts().items():
        print(f"  {number} matters under {name}{'' if name == in_force else ': run huajie keys rotate'}")
    if (folder / OLD).exists():
        print(f"  {OLD} is kept: a rotation is under way, huajie keys rotate goes on with it")
    loose = loose_keys(folder)
    for problem in loose:
        print(f"WRONG {problem}")
    return 1 if loose else 0


def rotate(words: Sequence[str]) -> int:
    """Put a new vault key in force and wrap every matter's key anew, while everybody works; goes on after a kill."""
    parser = argparse.ArgumentParser(prog="huajie keys rotate", description=rotate.__doc__)
    parser.add_argument(
        "--settle", type=float, default=30.0, metavar="SECONDS", help="wait so long for writes begun under the old key"
    )
    args = parser.parse_args(words)
    main.set_up("database")
    from django.conf import settings

    from huajie.apps.vault import operations as vault
    from huajie.apps.vault import rotation
    from huajie.config.rotation import OLD, begin, end

    folder = settings.HUAJIE_DATA / "keys"
    print("a new vault key is in force" if begin(folder) else "going on with the rotation that was begun")
    done = rotation.rewrap()
    time.sleep(args.settle)
    done += rotation.rewrap()
    rest = {name: number for name, number in rotation.counts().items() if name != vault.under(vault.master())}
    if rest:
        print(f"huajie: still under another key: {rest}; run huajie keys rotate again", file=sys.stderr)
        return 1
    if (folder / OLD).exists():
        end(folder)
    print(f"{done} keys wrapped anew; the old vault key is gone. Now: huajie keys export, for the new one.")
    print("Back-ups made before need the old key: keep its export as long as them.")
    return 0


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
