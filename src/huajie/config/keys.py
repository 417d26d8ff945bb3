"""
The server's secret keys: files of 32 random bytes beside the database, never in it.

record  marks entries, so that whoever can only write the database can't make one that fits
number  makes the numbers and secrets given to residents
secret  Django's own signatures (sessions, forms)
vault   wraps the key of each matter's identities

They are made together when the folder does not exist, at the very first start. A folder with a key missing is a loss,
not a first start: making a new key would turn every old mark invalid and every identity unreadable, so we stop.
"""

import os
import secrets
import shutil
import stat
from pathlib import Path

from huajie.config.errors import SettingError

NAMES = ("record", "number", "secret", "vault")
SIZE = 32


def load_keys(folder: Path) -> dict[str, bytes]:
    """
    Read the keys, making all of them if `folder` does not exist.

    Args:
        folder: `keys` in HUAJIE_DATA.
    Returns:
        Name to 32 bytes.
    Raises:
        SettingError: a key is missing, has another size, or can be read by others than its owner.
    """
    if not folder.exists():
        _make(folder)
    return {name: _read(folder / f"{name}.key") for name in NAMES}


def _make(folder: Path) -> None:
    # All or nothing, and only one of two processes that start together: the rename is the moment.
    draft = folder.with_name(f"{folder.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        draft.mkdir(mode=0o700, parents=True)
        for name in NAMES:
            file = os.open(draft / f"{name}.key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(file, "wb") as out:
                out.write(secrets.token_bytes(SIZE))
                out.flush()
                os.fsync(out.fileno())
        _sync(draft)
        draft.rename(folder)
        _sync(folder.parent)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        if not folder.exists():
            raise SettingError(
                f"HUAJIE_DATA: can't make the keys in {folder} ({error.strerror}); let the server write there"
            ) from error


def _sync(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            key = file.read(SIZE + 1)
    except FileNotFoundError:
        raise SettingError(f"{path}: the key is missing; put it back from the backup of HUAJIE_DATA/keys") from None
    except OSError as error:
        raise SettingError(f"{path}: can't be read ({error.strerror})") from error
    if mode & 0o077:
        raise SettingError(f"{path}: others can read it (mode {mode:04o}); run chmod 600 on it")
    if len(key) != SIZE:
        raise SettingError(f"{path}: a key has {SIZE} bytes, this one another size; put it back from the backup")
    return key
