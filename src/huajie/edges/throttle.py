"""
How often one address may try, counted once for all web processes of a server, without the database.

A bucket holds a minute's worth of attempts and fills again evenly; what is kept is the moment at which it will be full
again, so one number says everything. The table has a fixed size and each look touches eight places of it, however many
addresses there are. When the eight are taken, whoever would be full first gives way, so forgetting never locks anybody
out. Addresses are never kept: only their keyed hash, under a key that dies with the server, in memory that no back-up
and no log sees; a place whose bucket is full again says nothing and is wiped by whoever passes by.

Programs on this very machine are not counted: whoever runs there needs no guessing. Behind a proxy on this machine the
address is the one that the proxy names.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import ipaddress
import math
import mmap
import os
import secrets
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

from django.http import HttpRequest

from huajie.apps.jurisdiction.operations import is_loopback
from huajie.config import shared

#: One place: eight bytes of the hash, and when its bucket is full again (seconds of this machine's steady clock).
_PLACE = struct.Struct("<8sd")
_WAYS = 8
#: Rows of eight places: 65,536 addresses being counted at once, in one megabyte.
_ROWS = 8192
_KEY = 32


def client_address(request: HttpRequest) -> str:
    """
    Return the address that a request comes from.

    A proxy on this machine names its client last in X-Forwarded-For; from anywhere else the header counts for nothing,
    since whoever sends it could write what they like.
    """
    peer = str(request.META.get("REMOTE_ADDR") or "")
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR")
    if forwarded and (not peer or is_loopback(peer)):
        return str(forwarded).rpartition(",")[2].strip()
    return peer


def counted_as(address: str) -> str:
    """Return what an address is counted as: of IPv6 the network, since each household has millions of addresses."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


class Table:
    """The places, in a file that several processes map, or in this process alone."""

    def __init__(self, path: Path | None, *, rows: int = _ROWS) -> None:
        self.rows = rows
        size = _KEY + rows * _WAYS * _PLACE.size
        self._lock = threading.Lock()
        self._file: int | None = None
        self._sweep = 0
        if path is None:
            self._bytes: mmap.mmap = mmap.mmap(-1, size)
            self._bytes[:_KEY] = secrets.token_bytes(_KEY)
        else:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                if os.fstat(self._file).st_size != size:
                    os.ftruncate(self._file, size)
                    os.pwrite(self._file, secrets.token_bytes(_KEY), 0)
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)
            self._bytes = mmap.mmap(self._file, size)
        self.key = bytes(self._bytes[:_KEY])

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        # the lock of the file keeps processes apart, the other one threads of this process
        with self._lock:
            if self._file is not None:
                fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                if self._file is not None:
                    fcntl.flock(self._file, fcntl.LOCK_UN)

    def count(self, what: str, *, now: float, step: float, most: float, cost: bool) -> float:
        """
        Count one attempt.

        Args:
            what: kind and address; only its keyed hash is kept.
            step: seconds in which one attempt comes back.
            most: seconds in which all come back.
            cost: False only looks.
        Returns:
            0, or the seconds to wait.
        """
        found = hashlib.blake2b(what.encode("utf-8", "surrogatepass"), key=self.key, digest_size=16).digest()
        row, tag = int.from_bytes(found[8:], "little") % self.rows, found[:8]
        start = _KEY + row * _WAYS * _PLACE.size
        with self._alone():
            self._wipe(now)
            places = [_PLACE.unpack_from(self._bytes, start + k * _PLACE.size) for k in range(_WAYS)]
            mine = next((k for k, (one, full) in enumerate(places) if one == tag and full > now), None)
            full = places[mine][1] if mine is not None else now
            # after this attempt it would be full at `full + step`; more than `most` ahead is more than it holds
            wait = full + step - (now + most)
            if wait > 1e-9:
                return wait
            if cost:
                k = mine if mine is not None else min(range(_WAYS), key=lambda k: max(places[k][1], now))
                _PLACE.pack_into(self._bytes, start + k * _PLACE.size, tag, full + step)
        return 0.0

    def _wipe(self, now: float) -> None:
        """Wipe what is full again in the next row, so that even hashes do not stay."""
        self._sweep = (self._sweep + 1) % self.rows
        start = _KEY + self._sweep * _WAYS * _PLACE.size
        for k in range(_WAYS):
            tag, full = _PLACE.unpack_from(self._bytes, start + k * _PLACE.size)
            if full <= now and (full or tag != bytes(8)):
                _PLACE.pack_into(self._bytes, start + k * _PLACE.size, bytes(8), 0.0)

    def clear(self) -> None:
        """Forget everybody; for tests."""
        with self._alone():
            self._bytes[_KEY:] = bytes(len(self._bytes) - _KEY)


_tables: dict[Path | None, Table] = {}
_making = threading.Lock()


def table() -> Table:
    """Return the table of this server."""
    folder = shared.folder()
    path = folder / "attempts" if folder is not None else None
    with _making:
        if path not in _tables:
            _tables[path] = Table(path)
        return _tables[path]


class Buckets:
    """One kind of attempt, by address; pages and API count the same kind together."""

    def __init__(self, kind: str, a_minute: int, *, within: Table | None = None) -> None:
        self.kind = kind
        self.a_minute = a_minute
        self._within = within

    def take(self, address: str, *, now: float | None = None) -> int:
        """Count one attempt; returns 0 when it may go on, else the seconds to wait."""
        return self._count(address, now, cost=True)

    def look(self, address: str, *, now: float | None = None) -> int:
        """Return 0 when another attempt may be made, else the seconds to wait; counts nothing."""
        return self._count(address, now, cost=False)

    def _count(self, address: str, now: float | None, *, cost: bool) -> int:
        if self.a_minute == 0 or is_loopback(address):
            return 0
        wait = (self._within or table()).count(
            f"{self.kind} {counted_as(address)}",
            now=monotonic() if now is None else now,
            step=60 / self.a_minute,
            most=60.0,
            cost=cost,
        )
        return math.ceil(wait - 1e-9) if wait > 0 else 0
