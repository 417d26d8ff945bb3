"""
Where the bytes lie: HUAJIE_DATA/files.

    waiting/<address>         sent, and named by no entry yet
    kept/<aa>/<address>       named by an entry; aa are the first two characters of the address
    .../<address>.small       a small picture beside it

An upload is on the disk, with its folder, before the entry that names it is committed; afterwards it is moved. If we
stop between the two, it is found where it waits, and the sweep moves it: the row in the database decides, never the
folder. What waits longer than its time and has no row is removed.
"""

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, BinaryIO

from django.conf import settings

SMALL = ".small"


def root() -> Path:
    """Return the folder of all files."""
    return Path(settings.HUAJIE_DATA) / "files"


def _folder(*parts: str) -> Path:
    path = root().joinpath(*parts)
    if not path.is_dir():
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        for one in (path, *path.parents):
            sync(one)
            if one == root().parent:
                break
    return path


def sync(folder: Path) -> None:
    """Put the names in a folder on the disk."""
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def scratch() -> IO[bytes]:
    """Return a file without a name for what is being sent: when the process ends, however, nothing of it is left."""
    return tempfile.TemporaryFile(dir=_folder("waiting"))


def create(address: str, *, small: bool = False) -> BinaryIO:
    """Return a new file that waits; `finish` puts it on the disk."""
    path = _folder("waiting") / (address + SMALL * small)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def finish(file: BinaryIO) -> None:
    """Put a file's bytes on the disk and close it."""
    file.flush()
    os.fsync(file.fileno())
    file.close()


def sync_waiting() -> None:
    """Put the names of what waits on the disk."""
    sync(_folder("waiting"))


def places(address: str, *, small: bool = False) -> tuple[Path, Path]:
    """Return where a file is kept and where it waits."""
    name = address + SMALL * small
    return root() / "kept" / address[:2] / name, root() / "waiting" / name


def find(address: str, *, small: bool = False) -> Path:
    """Return where a file lies now; where it is kept if it lies nowhere."""
    kept, waiting = places(address, small=small)
    # it may be moved just between the two looks, so the first is looked at again
    return next((path for path in (kept, waiting) if path.exists()), kept)


def settle(addresses: Iterable[str]) -> None:
    """Move what an entry names now to where it is kept. Failing changes nothing: the sweep tries again."""
    for address in addresses:
        with suppress(OSError):
            folder = _folder("kept", address[:2])
            for small in (True, False):
                kept, waiting = places(address, small=small)
                with suppress(FileNotFoundError):
                    waiting.rename(kept)
            sync(folder)


def remove(address: str) -> None:
    """
    Take a file off the disk, wherever it lies.

    Raises:
        OSError: it is still there.
    """
    for small in (True, False):
        for path in places(address, small=small):
            with suppress(FileNotFoundError):
                path.unlink()
                sync(path.parent)


def waiting_since(moment: float) -> Iterator[str]:
    """Yield the addresses of what has waited since before `moment` (seconds of the file system's clock)."""
    seen = set()
    for entry in os.scandir(_folder("waiting")):
        with suppress(FileNotFoundError):
            address = entry.name.removesuffix(SMALL)
            if address not in seen and entry.stat().st_mtime < moment:
                seen.add(address)
                yield address
