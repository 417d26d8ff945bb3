"""
How often one address may try, counted in this process without the database.

A bucket holds a minute's worth of attempts and fills again evenly. The table is bounded: when it is full the buckets
that have filled up again go first, and a bucket that is not there is a full one, so forgetting never locks anybody out.
Programs on this very machine are not counted: whoever runs there needs no guessing.
"""

import math
import threading
from time import monotonic

from django.http import HttpRequest

from huajie.apps.jurisdiction.operations import is_loopback

_MOST = 20_000


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


class Buckets:
    """One kind of attempt, by address."""

    def __init__(self, a_minute: int) -> None:
        self.a_minute = a_minute
        #: address -> (attempts left, when that was counted)
        self._left: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def take(self, address: str, *, now: float | None = None) -> int:
        """Count one attempt; returns 0 when it may go on, else the seconds to wait."""
        return self._count(address, 1.0, now)

    def look(self, address: str, *, now: float | None = None) -> int:
        """Return 0 when another attempt may be made, else the seconds to wait; counts nothing."""
        return self._count(address, 0.0, now)

    def _count(self, address: str, cost: float, now: float | None) -> int:
        if self.a_minute == 0 or is_loopback(address):
            return 0
        now = monotonic() if now is None else now
        with self._lock:
            left, at = self._left.get(address, (float(self.a_minute), now))
            left = min(float(self.a_minute), left + (now - at) * self.a_minute / 60)
            if left < 1:
                return math.ceil((1 - left) * 60 / self.a_minute)
            if cost:
                if len(self._left) >= _MOST:
                    self._forget(now)
                self._left[address] = (left - cost, now)
        return 0

    def _forget(self, now: float) -> None:
        full = [
            address
            for address, (left, at) in self._left.items()
            if left + (now - at) * self.a_minute / 60 >= self.a_minute
        ]
        for address in full or list(self._left)[: _MOST // 2]:
            del self._left[address]
