"""
What runs by itself: timers that fell due, and what follows writes.

Deadlines are columns, not jobs: the tick reads what is due now from an indexed table, so a worker that was away for a
week, or died in the middle, misses nothing (docs/decisions/001-jobs.md). Any number of workers may run.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from django.db import Error as DatabaseError
from django.db import close_old_connections

from huajie.apps.accounts.operations import erase_drafts
from huajie.apps.attachments import operations as attachments
from huajie.apps.ledger.operations import work_followups
from huajie.apps.matters import operations as matters
from huajie.apps.outbox.operations import send_due
from huajie.apps.supervision import cases, ladder, reviews
from huajie.edges.jobs import leases

log = structlog.get_logger("huajie.jobs")

#: Timers or follow-ups in one transaction: small enough that nobody who writes at the same time waits long.
BATCH = 200

#: At most this long in one round of one kind of work, so that the other gets its turn.
ROUND_SECONDS = 20.0

#: A worker that says nothing for this long has lost its lease.
LEASE_SECONDS = 90


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of periodic work."""

    #: Name of its lease.
    name: str
    #: Takes the moment and how many at most; returns how many it did.
    step: Callable[[datetime, int], int]
    #: How long a worker waits at least before it does this kind again.
    every_seconds: float = 0.0


def _tick(now: datetime, limit: int) -> int:
    return matters.tick(now, limit=limit)


def _followups(now: datetime, limit: int) -> int:
    return sum(work_followups(now, limit=limit))


def _drafts(now: datetime, limit: int) -> int:
    return erase_drafts(now, limit=limit)


def _files(now: datetime, limit: int) -> int:
    attachments.sweep(now)
    # it does everything at once
    return 0


def _outbox(now: datetime, limit: int) -> int:
    # what other machines are slow with waits for the next round, so that timers never wait long
    return min(send_due(now, limit=limit), limit - 1)


def _board(now: datetime, limit: int) -> int:
    return cases.refresh(limit=limit)


def _ladder(now: datetime, limit: int) -> int:
    return ladder.climb(now, limit=limit)


def _reviews(now: datetime, limit: int) -> int:
    # it does everything at once
    return min(reviews.freeze_due(now), limit - 1)


WORKS = (
    *(Work("tick", _tick), Work("followups", _followups), Work("outbox", _outbox), Work("drafts", _drafts)),
    # what the ladder climbs by is what the board's rows say; looking which are behind reads every matter's number once
    *(Work("board", _board, every_seconds=15.0), Work("ladder", _ladder, every_seconds=60.0)),
    Work("reviews", _reviews, every_seconds=60.0),
    Work("files", _files, every_seconds=300.0),
)


def clock() -> datetime:
    """Return the moment: the edge of the jobs reads the clock, nobody further in does."""
    return datetime.now(UTC)


def run_round(
    work: Work, *, holder: str, now: Callable[[], datetime] = clock, seconds: float = ROUND_SECONDS
) -> int | None:
    """
    Do what is due of one kind of work, if no other worker holds it.

    Returns:
        How many were done, or None where another worker holds the lease.
    """
    done = 0
    until = time.monotonic() + seconds
    while True:
        if not leases.take(work.name, holder=holder, now=now(), seconds=LEASE_SECONDS):
            return None if done == 0 else done
        step = work.step(now(), BATCH)
        done += step
        if step < BATCH or time.monotonic() >= until:
            return done


def tick_now(*, now: Callable[[], datetime] = clock) -> dict[str, int]:
    """Do everything that is due, whoever holds the leases; return name of the work -> how many."""
    done = {}
    for work in WORKS:
        count = 0
        while step := work.step(now(), BATCH):
            count += step
            if step < BATCH:
                break
        done[work.name] = count
    return done


class Worker:
    """Does what falls due every few seconds until told to stop, and finishes the batch in its hands first."""

    def __init__(self, *, every_seconds: int) -> None:
        self.every_seconds = every_seconds
        self.holder = leases.holder_name()
        self._stop = threading.Event()
        self._next: dict[str, float] = {}

    def stop(self, number: int = 0, frame: object = None) -> None:
        """End after the batch in hand."""
        self._stop.set()

    def run(self) -> int:
        """Run until SIGTERM or SIGINT; return the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        log.info("worker started", worker=self.holder, seconds=self.every_seconds)
        pause = float(self.every_seconds)
        while not self._stop.is_set():
            failed = False
            for work in WORKS:
                if self._stop.is_set():
                    break
                failed |= not self._once(work)
            # A database that is away or full is asked again, ever more rarely, up to once a minute.
            pause = min(pause * 2, 60.0) if failed else float(self.every_seconds)
            self._stop.wait(pause)
        for work in WORKS:
            try:
                leases.give_back(work.name, holder=self.holder, now=clock())
            except DatabaseError as error:
                log.warning("lease not given back", kind=work.name, exc_info=error)
        log.info("worker stopped", worker=self.holder)
        return 0

    def _once(self, work: Work) -> bool:
        if time.monotonic() < self._next.get(work.name, 0.0):
            return True
        close_old_connections()
        started = time.perf_counter()
        try:
            count = run_round(work, holder=self.holder)
        except Exception as error:
            # Whatever it was, the next round begins from what the database says.
            log.error("round failed", kind=work.name, exc_info=error)
            close_old_connections()
            return False
        self._next[work.name] = time.monotonic() + work.every_seconds
        if count:
            log.info("round done", kind=work.name, count=count, ms=round((time.perf_counter() - started) * 1000, 1))
        return True
