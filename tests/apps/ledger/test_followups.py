"""What follows an entry: written with it, worked off later, tried again."""

import os
from datetime import timedelta

import pytest

from huajie.apps.ledger import operations as ledger
from huajie.apps.ledger.models import Followup

pytestmark = pytest.mark.django_db

calls = []
trouble = []


def _run(stream, n):
    if trouble:
        raise RuntimeError(trouble[0])
    calls.append((stream, n))


ledger.register_follower("ledgertest.followed", "ledgertest", _run, delay=timedelta(minutes=1))


@pytest.fixture(autouse=True)
def _fresh():
    calls.clear()
    trouble.clear()


@pytest.fixture
def followed(sealed):
    """One entry that something follows, after one that nothing does."""
    entries = sealed(1) + sealed(1, kind="ledgertest.followed")
    changes = ledger.Changes()
    ledger.add_entries(changes, entries, random=os.urandom)
    ledger.commit_changes(changes)
    return entries[1]


def test_it_runs_once_and_not_before_its_time(followed):
    assert Followup.objects.count() == 1
    assert ledger.work_followups(followed.at + timedelta(seconds=59)) == (0, 0)
    assert calls == []
    assert ledger.work_followups(followed.at + timedelta(seconds=60)) == (1, 0)
    assert calls == [(followed.stream, 1)]
    assert ledger.work_followups(followed.at + timedelta(days=1)) == (0, 0)
    assert Followup.objects.count() == 0


def test_one_that_fails_is_tried_again_later_and_later_until_a_person_must_look(followed):
    trouble.append("the printer is on fire")
    now = followed.at + timedelta(minutes=1)
    pauses = []
    for attempt in range(1, ledger.MAX_ATTEMPTS + 1):
        assert ledger.work_followups(now) == (0, 1)
        row = Followup.objects.get()
        assert row.attempts == attempt
        assert row.last_error == "RuntimeError: the printer is on fire"
        pauses.append(row.run_after - now)
        now = row.run_after
        assert ledger.work_followups(now - timedelta(seconds=1)) == (0, 0)
    assert pauses == sorted(pauses)
    assert pauses[:3] == [timedelta(seconds=15), timedelta(seconds=30), timedelta(seconds=60)]
    assert Followup.objects.get().state == "failed"
    trouble.clear()
    assert ledger.work_followups(now + timedelta(days=9)) == (0, 0)


def test_one_that_failed_once_is_done_the_next_time(followed):
    trouble.append("x")
    ledger.work_followups(followed.at + timedelta(minutes=1))
    trouble.clear()
    assert ledger.work_followups(followed.at + timedelta(minutes=2)) == (1, 0)
    assert calls == [(followed.stream, 1)]


def test_one_that_fails_does_not_keep_others_waiting(followed, sealed):
    Followup.objects.create(
        id=followed.stream,
        kind="x",
        stream=followed.stream,
        n=1,
        follower="nobody",
        run_after=followed.at,
        state="waiting",
    )
    assert ledger.work_followups(followed.at + timedelta(hours=1)) == (1, 1)
    assert Followup.objects.get().last_error == "LookupError: no follower is named 'nobody'"


def test_a_refused_write_leaves_nothing_to_follow(followed):
    changes = ledger.Changes()
    ledger.add_entries(changes, [followed], random=os.urandom)
    with pytest.raises(ledger.Conflict):
        ledger.commit_changes(changes)
    assert Followup.objects.count() == 1


def test_two_functions_can_not_have_one_name():
    with pytest.raises(ValueError, match="two followers"):
        ledger.register_follower("ledgertest.followed", "ledgertest", print)
