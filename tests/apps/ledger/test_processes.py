"""Several processes write at once: each one waits its turn, nobody is told that the database is locked."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from django.db import connection
from tests.support.databases import child_environment

from huajie.apps.ledger import queries
from huajie.config.sqlite.base import WriteQueue

#: Writes entries as quickly as it can, and in between touches another table the way Django itself does.
WRITER = """
import json, os, sys, time
import django
django.setup()
from datetime import UTC, datetime
from django.contrib.sessions.models import Session
from django.db import transaction
from huajie.apps.ledger import operations as ledger
from huajie.core.ledger import Draft, seal_entries, uuid7

count, size = int(sys.argv[1]), int(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
waits, errors = [], []
for number in range(count):
    at = datetime.now(UTC)
    stream = uuid7(at, os.urandom(10))
    drafts = [Draft(kind="matter.noted", public_kind="noted")] * size
    seeds = [os.urandom(32) for _ in range(size)]
    entries = seal_entries(drafts, stream=stream, case_ref=stream.bytes, n=1, prev=None, at=at, seeds=seeds)
    changes = ledger.Changes()
    ledger.add_entries(changes, entries, random=os.urandom)
    started = time.monotonic()
    try:
        ledger.commit_changes(changes)
        mine = str(os.getpid())
        Session.objects.update_or_create(session_key=mine, defaults={"session_data": "x", "expire_date": at})
        with transaction.atomic():
            Session.objects.filter(session_key=mine).update(session_data=str(number))
    except Exception as error:
        errors.append(repr(error))
    waits.append(time.monotonic() - started)
print(json.dumps({"errors": errors, "longest": max(waits)}), flush=True)
"""


@pytest.fixture
def start():
    """Start a writer; whatever is still running when the test ends is killed."""
    children = []

    def begin(*arguments):
        command = [sys.executable, "-c", WRITER, *map(str, arguments)]
        child = subprocess.Popen(
            command, env=child_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        children.append(child)
        return child

    yield begin
    for child in children:
        with child:
            child.kill()


def go(children):
    for child in children:
        assert child.stdout.readline() == "ready\n"
    for child in children:
        child.stdin.write("go\n")
        child.stdin.flush()


def finish(child):
    out, _ = child.communicate(timeout=120)
    assert child.returncode == 0
    return json.loads(out)


@pytest.mark.accept("K8")
@pytest.mark.django_db(transaction=True)
def test_nobody_is_told_that_the_database_is_locked(start):
    # One writes large batches without a pause, as an import does; two do single acts beside it.
    children = [start(12, 1500), start(60, 1), start(60, 1)]
    go(children)
    results = [finish(child) for child in children]
    assert [result["errors"] for result in results] == [[], [], []]
    assert queries.count_entries() == 12 * 1500 + 2 * 60
    # A single act waits for the batch before it and for its neighbour, never for many batches.
    assert max(result["longest"] for result in results[1:]) < 5


@pytest.mark.django_db(transaction=True)
def test_a_writer_that_is_killed_keeps_nobody_waiting(start):
    child = start(100_000, 200)
    go([child])
    deadline = time.monotonic() + 60
    while queries.count_entries() == 0:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait(timeout=30)
    other = start(1, 1)
    go([other])
    result = finish(other)
    assert result["errors"] == []
    # Whole batches only: what the killed one had begun is not there.
    assert queries.count_entries() % 200 == 1


def test_whoever_wrote_last_stands_behind_the_one_who_waits(tmp_path):
    hold = 0.02
    stop = threading.Event()
    turns = [0]

    def greedy():
        queue = WriteQueue(str(tmp_path / "database"))
        while not stop.is_set():
            queue.enter()
            turns[0] += 1
            time.sleep(hold)
            queue.leave()
        queue.close()

    thread = threading.Thread(target=greedy)
    thread.start()
    try:
        queue = WriteQueue(str(tmp_path / "database"))
        passed = []
        for _ in range(10):
            time.sleep(hold / 2)
            before = turns[0]
            queue.enter()
            passed.append(turns[0] - before)
            queue.leave()
        queue.close()
    finally:
        stop.set()
        thread.join()
    # The greedy one finishes the turn it is in and may have been waiting for one more.
    assert max(passed) <= 2


def test_a_forked_child_does_not_share_its_parents_place(tmp_path):
    queue = WriteQueue(str(tmp_path / "database"))
    queue.enter()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        mine = WriteQueue(str(tmp_path / "database"))
        mine._files, mine._process = queue._files, queue._process
        mine.enter()
        os.write(writer, b"entered")
        os._exit(0)
    os.close(writer)
    try:
        os.set_blocking(reader, False)
        time.sleep(0.2)
        with pytest.raises(BlockingIOError):
            os.read(reader, 10)
        queue.leave()
        os.set_blocking(reader, True)
        assert os.read(reader, 10) == b"entered"
    finally:
        os.waitpid(child, 0)
        os.close(reader)
        queue.close()


@pytest.mark.django_db(transaction=True)
def test_this_run_really_uses_the_database_it_was_told_to(database):
    assert connection.vendor == {"sqlite": "sqlite", "postgres": "postgresql"}[database]
    with connection.cursor() as cursor:
        if database == "sqlite":
            cursor.execute("PRAGMA journal_mode")
            assert cursor.fetchone() == ("wal",)
        else:
            cursor.execute("SHOW server_version_num")
            assert int(cursor.fetchone()[0]) >= 150000
