"""
Changing the vault key: a new file beside the old one, every wrapped key under the new, then the old one away.

    vault.key        the key that wraps what is new
    vault.next.key   made, not in force yet: a rotation was cut off at its very start
    vault.old.key    wrapped what has not been wrapped anew yet

Each step leaves a folder that reads everything, so a rotation that was killed goes on where it stopped.
"""

import os
import secrets
from pathlib import Path

from huajie.config.errors import SettingError
from huajie.config.keys import SIZE, _read, _sync

CURRENT, NEXT, OLD = "vault.key", "vault.next.key", "vault.old.key"


def vault_keys(folder: Path) -> list[bytes]:
    """Return the vault keys of a folder: the one in force first, then the one that is being replaced, if any."""
    found = [_read(folder / CURRENT)]
    if (folder / OLD).exists():
        found.append(_read(folder / OLD))
    return found


def marks(folder: Path) -> tuple[int, ...]:
    """Return what changes when a vault key file is put in place; one look at the folder each."""
    try:
        found = os.stat(folder / CURRENT)
    except OSError:
        return ()
    return (found.st_ino, found.st_mtime_ns)


def begin(folder: Path) -> bool:
    """
    Put a new vault key in force and keep the old one beside it; goes on with what an earlier call began.

    Returns:
        False when a rotation was under way already: its old key is still needed.
    """
    if (folder / OLD).exists() and not (folder / NEXT).exists():
        return False
    if not (folder / NEXT).exists():
        _write(folder / NEXT, secrets.token_bytes(SIZE))
    if not (folder / OLD).exists():
        _write(folder / OLD, _read(folder / CURRENT))
    # the moment: before it everything is under the old key, after it what is new is under the new one
    os.replace(folder / NEXT, folder / CURRENT)
    _sync(folder)
    return True


def end(folder: Path) -> None:
    """Take the old key away: nothing is under it any more."""
    path = folder / OLD
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.write(secrets.token_bytes(size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
    _sync(folder)


def loose_keys(folder: Path) -> list[str]:
    """Return what is wrong with who may read the key files, for doctor and readyz."""
    return [
        f"keys/{path.name}: others can read it; run chmod 600 on it"
        for path in sorted(folder.glob("*.key"))
        if path.stat().st_mode & 0o077
    ]


def _write(path: Path, key: bytes) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    try:
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "wb") as out:
            out.write(key)
            out.flush()
            os.fsync(out.fileno())
        draft.rename(path)
        _sync(path.parent)
    except OSError as error:
        raise SettingError(f"{path}: can't be written ({error.strerror})") from error
