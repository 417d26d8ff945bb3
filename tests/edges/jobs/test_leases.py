"""A lease has one holder at a time, ends by itself, and can be given back."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from huajie.edges.jobs import leases

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@pytest.mark.django_db
def test_one_has_it_until_it_ends() -> None:
    assert leases.take("tick", holder="a", now=NOON, seconds=90)
    assert not leases.take("tick", holder="b", now=NOON + timedelta(seconds=89), seconds=90)
    assert leases.take("tick", holder="b", now=NOON + timedelta(seconds=90), seconds=90)
    assert not leases.take("tick", holder="a", now=NOON + timedelta(seconds=91), seconds=90)


@pytest.mark.django_db
def test_the_holder_prolongs_it_and_gives_it_back() -> None:
    assert leases.take("tick", holder="a", now=NOON, seconds=90)
    assert leases.take("tick", holder="a", now=NOON + timedelta(seconds=60), seconds=90)
    assert not leases.take("tick", holder="b", now=NOON + timedelta(seconds=120), seconds=90)
    leases.give_back("tick", holder="b", now=NOON + timedelta(seconds=120))
    assert not leases.take("tick", holder="b", now=NOON + timedelta(seconds=120), seconds=90)
    leases.give_back("tick", holder="a", now=NOON + timedelta(seconds=120))
    assert leases.take("tick", holder="b", now=NOON + timedelta(seconds=120), seconds=90)


@pytest.mark.django_db
def test_two_works_have_two_leases() -> None:
    assert leases.take("tick", holder="a", now=NOON, seconds=90)
    assert leases.take("followups", holder="b", now=NOON, seconds=90)


def test_no_two_workers_have_one_name() -> None:
    assert len({leases.holder_name() for _ in range(100)}) == 100


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("state", ["never held", "run out"])
def test_of_many_that_ask_at_once_one_gets_it(state: str) -> None:
    if state == "run out":
        assert leases.take("tick", holder="old", now=NOON - timedelta(hours=1), seconds=90)
    barrier = threading.Barrier(8)
    got: list[str] = []

    def ask(name: str) -> None:
        barrier.wait()
        try:
            if leases.take("tick", holder=name, now=NOON, seconds=90):
                got.append(name)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=(f"w{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1
