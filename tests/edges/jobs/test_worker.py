"""What is due is done in batches by whoever holds the lease, and a failing round is tried again."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

import pytest
from django.db import OperationalError

from huajie.edges.jobs import leases, worker
from huajie.edges.jobs.worker import BATCH, Work, Worker, run_round, tick_now

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


class Due:
    """So many things that are due."""

    def __init__(self, count: int) -> None:
        self.left = count
        self.asked: list[tuple[datetime, int]] = []

    def step(self, now: datetime, limit: int) -> int:
        self.asked.append((now, limit))
        done = min(self.left, limit)
        self.left -= done
        return done


@pytest.mark.django_db
@pytest.mark.parametrize(("count", "batches"), [(0, 1), (7, 1), (BATCH, 2), (2 * BATCH + 1, 3)])
def test_a_round_does_all_that_is_due_in_batches(count: int, batches: int) -> None:
    due = Due(count)
    assert run_round(Work("planted", due.step), holder="a", now=lambda: NOON) == count
    assert due.asked == [(NOON, BATCH)] * batches


@pytest.mark.django_db
def test_a_round_ends_after_its_time_and_leaves_the_rest() -> None:
    due = Due(10 * BATCH)
    assert run_round(Work("planted", due.step), holder="a", now=lambda: NOON, seconds=0) == BATCH
    assert due.left == 9 * BATCH


@pytest.mark.django_db
def test_while_another_holds_the_lease_nothing_is_done() -> None:
    assert leases.take("planted", holder="b", now=NOON, seconds=90)
    due = Due(5)
    assert run_round(Work("planted", due.step), holder="a", now=lambda: NOON) is None
    assert due.asked == []


@pytest.mark.django_db
def test_tick_does_everything_whoever_holds_the_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = Due(BATCH + 3), Due(0)
    monkeypatch.setattr(worker, "WORKS", (Work("one", first.step), Work("two", second.step)))
    assert leases.take("one", holder="b", now=NOON, seconds=90)
    assert tick_now(now=lambda: NOON) == {"one": BATCH + 3, "two": 0}


@pytest.mark.django_db(transaction=True)
def test_a_worker_outlives_a_failing_round_and_stops_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[float] = []

    def step(now: datetime, limit: int) -> int:
        calls.append(time.monotonic())
        if len(calls) == 1:
            raise OperationalError("away")
        made.stop()
        return 0

    monkeypatch.setattr(worker, "WORKS", (Work("planted", step),))
    monkeypatch.setattr(worker.signal, "signal", lambda *given: None)
    made = Worker(every_seconds=1)
    threading.Timer(30, made.stop).start()
    assert made.run() == 0
    assert len(calls) == 2
    assert calls[1] - calls[0] >= 1.9, "after a failure the pause doubles"
    assert leases.take("planted", holder="next", now=datetime.now(UTC), seconds=5), "the lease is given back"
