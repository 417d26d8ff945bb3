"""
A file at rest: AES-256-GCM in chunks, so that it is written and read as a stream and any part can be read alone.

    "HJF1" | prefix(7) | chunk, chunk, ...          each chunk: at most 65,536 bytes, and a tag of 16
    nonce of chunk i = prefix | i as 4 bytes | 1 for the last chunk, else 0

Every file has a key of its own; the associated data is the file's address, so that bytes can't be put in another
file's place, chunks can't change order, and a file that was cut short does not open.
"""

import os
from collections.abc import Generator
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from huajie.apps.attachments.errors import Missing

MAGIC = b"HJF1"
CHUNK = 65_536
_TAG = 16
_HEAD = len(MAGIC) + 7


def write(out: BinaryIO, source: BinaryIO, *, key: bytes, bound: bytes) -> int:
    """
    Write what `source` holds, encrypted.

    Args:
        key: 32 bytes, used for this file only.
        bound: what the bytes are bound to.
    Returns:
        How many bytes there were before.
    """
    prefix = os.urandom(7)
    cipher = AESGCM(key)
    out.write(MAGIC + prefix)
    size = at = 0
    block = source.read(CHUNK)
    while True:
        following = source.read(CHUNK) if len(block) == CHUNK else b""
        last = not following
        out.write(cipher.encrypt(_nonce(prefix, at, last), block, bound))
        size += len(block)
        if last:
            return size
        block, at = following, at + 1


def _nonce(prefix: bytes, at: int, last: bool) -> bytes:
    return prefix + at.to_bytes(4, "big") + (b"\1" if last else b"\0")


def read(
    path: Path, *, key: bytes, bound: bytes, size: int, start: int = 0, stop: int | None = None
) -> Generator[bytes, None, None]:
    """
    Yield the bytes from `start` up to `stop` (all where left out), at most a chunk at a time.

    Args:
        size: how many bytes there were before, as the file's row says.
    Raises:
        Missing: the file is not there, was cut short or changed.
        ValueError: start and stop are not within the file.
    """
    stop = size if stop is None else stop
    if not 0 <= start <= stop <= size:
        raise ValueError("not a part of the file")
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
            chunks = max(1, -(-size // CHUNK))
            if head[: len(MAGIC)] != MAGIC or len(head) != _HEAD:
                raise Missing("not a kept file")
            if os.fstat(file.fileno()).st_size != _HEAD + size + chunks * _TAG:
                raise Missing("not as long as it was")
            cipher, prefix = AESGCM(key), head[len(MAGIC) :]
            first = start // CHUNK
            file.seek(_HEAD + first * (CHUNK + _TAG))
            after = max(first + 1, -(-stop // CHUNK))
            for at in range(first, after):
                box = file.read(CHUNK + _TAG)
                if at == after - 1:
                    # whoever stops reading here leaves nothing open
                    file.close()
                block = cipher.decrypt(_nonce(prefix, at, at == chunks - 1), box, bound)
                yield block[max(0, start - at * CHUNK) : stop - at * CHUNK]
    except FileNotFoundError:
        raise Missing("not there") from None
    except InvalidTag:
        raise Missing("not what was kept") from None


def size_of(path: Path) -> int:
    """
    Return how many bytes an encrypted file holds.

    Raises:
        Missing: it is not there.
    """
    try:
        box = path.stat().st_size - _HEAD
    except FileNotFoundError:
        raise Missing("not there") from None
    chunks = max(1, -(-box // (CHUNK + _TAG)))
    return max(0, box - chunks * _TAG)
