"""
The erasure record: what was erased, kept apart from the database, so that a back-up can't bring it back.

One line of JSON an erasure (docs/formats/erasures.md): stream, number of the entry that erased, names of the texts, the
moment, and a mark under the record key, so that nobody can have things erased by adding a line. No content, and nobody.

Lines are only ever added. Each erasure is followed by a line in HUAJIE_BACKUPS, tried again until it is written; each
back-up and `huajie erasures export` bring a folder's record up to what the entries say.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from huajie.apps.ledger import queries as ledger_queries
from huajie.core.ledger import canonical
from huajie.edges.keeping.folders import KeepingError, sync_folder

NAME = "erasures.jsonl"
_CONTEXT = b"huajie/erasure/v1\x00"


@dataclass(frozen=True, slots=True, order=True)
class Erasure:
    """One erasure, as the record keeps it."""

    stream: UUID
    #: number of the entry that erased
    n: int
    #: names of the texts, sorted
    names: tuple[str, ...]
    #: stamp of when it was recorded
    at: str

    def document(self) -> dict[str, Any]:
        """Return what the mark covers."""
        return {"v": 1, "stream": self.stream.hex, "n": self.n, "names": list(self.names), "at": self.at}

    def line(self, key: bytes) -> bytes:
        """Return its line, marked under the record key."""
        return canonical({**self.document(), "mark": _mark(key, self.document())}) + b"\n"


def _mark(key: bytes, document: dict[str, Any]) -> str:
    return hmac.new(key, _CONTEXT + canonical(document), hashlib.sha256).hexdigest()


def erasures_in(stream: UUID, n: int, body: bytes) -> list[Erasure]:
    """Return what one entry erased."""
    parsed = json.loads(body)
    names = {name for effect in parsed["effects"] if effect["e"] == "erased" for name in effect["texts"]}
    return [Erasure(stream, n, tuple(sorted(names)), parsed["at"])] if names else []


def follow(stream: UUID, n: int) -> None:
    """Write down the erasure of one entry where back-ups lie; without HUAJIE_BACKUPS there is no such place."""
    folder = settings.HUAJIE_BACKUPS
    if folder is None:
        return
    for record in ledger_queries.entries_since(stream, n - 1):
        if record.n == n:
            # a line that is there already does no harm, and looking for it would read the whole record
            add(folder, erasures_in(stream, n, record.body), look=False)


def read(path: Path, *, key: bytes) -> Iterator[Erasure]:
    """
    Yield the erasures of a record.

    A last line without its end is one that a power cut caught; its follower writes it again.

    Raises:
        KeepingError: a line is not ours.
    """
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                return
            try:
                found = json.loads(line)
                mark = found.pop("mark")
                erasure = Erasure(UUID(found["stream"]), int(found["n"]), tuple(found["names"]), found["at"])
                ours = found == erasure.document() and hmac.compare_digest(mark, _mark(key, found))
            except (ValueError, KeyError, TypeError, AttributeError):
                ours = False
            if not ours:
                raise KeepingError(
                    f"{path} line {number}: not written by this instance, or changed since; "
                    "take the record that lies on another copy"
                )
            yield erasure


def add(folder: Path, erasures: Iterable[Erasure], *, look: bool = True) -> int:
    """
    Add to the record in a folder what it does not hold yet; on disk when this returns.

    Args:
        look: False adds without looking whether a line is there.
    Returns:
        How many lines were added.
    """
    key = settings.HUAJIE_KEYS["record"]
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / NAME
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        _end_broken_line(file)
        known = set(read(path, key=key)) if look else set()
        new = [erasure for erasure in erasures if erasure not in known]
        if new:
            os.write(file, b"".join(erasure.line(key) for erasure in new))
            os.fsync(file)
            sync_folder(folder)
        return len(new)
    finally:
        os.close(file)


def _end_broken_line(file: int) -> None:
    """Take away what a power cut left of a line; under the lock."""
    size = os.fstat(file).st_size
    at = size
    while at > 0:
        start = max(0, at - 4096)
        block = os.pread(file, at - start, start)
        end = block.rfind(b"\n")
        if end >= 0:
            at = start + end + 1
            break
        at = start
    if at != size:
        os.ftruncate(file, at)


def everything(*, using: str = "default") -> Iterator[Erasure]:
    """Yield every erasure that the entries tell of."""
    for stream, n, body in ledger_queries.erasing_entries(using=using):
        yield from erasures_in(stream, n, body)
