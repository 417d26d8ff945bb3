"""
A folder that is whole or not there, and the few things that back-ups and exports write alike.

A back-up is written under a hidden name, its manifest last; then the folder gets its name by one rename. Whatever kills
us before that leaves only the hidden folder, which nothing reads and the next run removes.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import hmac
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

#: Bytes read at once.
CHUNK = 1 << 20
PARTIAL = ".partial-"
#: What a back-up is called, and what makes it whole.
PREFIX = "backup-"
MANIFEST = "manifest.json"

Tell = Callable[[str], None]


class KeepingError(Exception):
    """It can't be done; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a back-up or export."""

    name: str
    size: int
    sha256: str

    def document(self) -> dict[str, Any]:
        """Return it as it stands in a manifest."""
        return {"name": self.name, "size": self.size, "sha256": self.sha256}


class Hashing:
    """A file being written, whose bytes are counted and hashed on their way."""

    def __init__(self, out: BinaryIO) -> None:
        self.out = out
        self.size = 0
        self._hash = hashlib.sha256()

    def write(self, data: bytes | memoryview) -> int:
        """Write bytes."""
        self._hash.update(data)
        self.size += len(data)
        return self.out.write(data)

    def flush(self) -> None:
        """Hand on what is buffered."""
        self.out.flush()

    def part(self, name: str) -> Part:
        """Return what was written."""
        return Part(name, self.size, self._hash.hexdigest())


def create(path: Path) -> BinaryIO:
    """Open a new file that only its owner reads; the folders above are made."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


@contextlib.contextmanager
def writing(folder: Path, name: str, parts: list[Part]) -> Iterator[Hashing]:
    """Write one part, on disk when the block ends."""
    with create(folder / name) as out:
        hashing = Hashing(out)
        yield hashing
        out.flush()
        os.fsync(out.fileno())
    parts.append(hashing.part(name))


def digest(path: Path) -> tuple[int, str]:
    """Return size and SHA-256 of a file."""
    found = hashlib.sha256()
    size = 0
    with path.open("rb") as file:
        while block := file.read(CHUNK):
            found.update(block)
            size += len(block)
    return size, found.hexdigest()


def sync_folder(folder: Path) -> None:
    """Have a folder's names on disk."""
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def sync_tree(folder: Path) -> None:
    """Have the names of every folder below on disk."""
    for path, _, _ in os.walk(folder):
        sync_folder(Path(path))


@contextlib.contextmanager
def whole_folder(target: Path, name: str) -> Iterator[Path]:
    """
    Give a folder to fill; it stands under `name` in `target` once the block ends well, else it is gone.

    Raises:
        KeepingError: another run writes there now, or the name is taken.
    """
    try:
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(target / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise KeepingError(f"{target}: can't write there ({error.strerror})") from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise KeepingError(f"{target}: another back-up or export is being written there; wait for it") from None
        for left in target.glob(f"{PARTIAL}*"):
            shutil.rmtree(left)
        if (target / name).exists():
            raise KeepingError(f"{target / name} is there already")
        folder = target / f"{PARTIAL}{name}"
        folder.mkdir(mode=0o700)
        try:
            yield folder
            sync_tree(folder)
            folder.rename(target / name)
            sync_folder(target)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    finally:
        os.close(lock)


def newest(target: Path) -> Path | None:
    """Return the newest whole back-up in a folder, or None."""
    found = sorted(path.parent for path in target.glob(f"{PREFIX}*/{MANIFEST}"))
    return found[-1] if found else None


def write_json(folder: Path, name: str, document: Any) -> None:
    """Write a document that people may read, on disk when this returns."""
    with create(folder / name) as out:
        out.write((json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode())
        out.flush()
        os.fsync(out.fileno())


def fingerprint(key: bytes) -> str:
    """Return the name by which a key is known where it may not lie: enough to compare, nothing to begin from."""
    return hmac.new(key, b"huajie/key-fingerprint/v1", hashlib.sha256).hexdigest()[:32]


def fingerprints(folder: Path) -> dict[str, str]:
    """Return the fingerprint of every key file in a folder by its name."""
    return {path.name: fingerprint(path.read_bytes()) for path in sorted(folder.glob("*.key"))}
