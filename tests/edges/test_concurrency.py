"""Many at once: nobody hears of a locked database, of a hundred simultaneous acts one wins, one key is one matter."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from tests.support.instance import Instance, fresh_database
from tests.support.servers import ROOT, Answer, Client, fresh_key, served_county, submission, verify

pytestmark = [pytest.mark.accept("K8"), pytest.mark.slow]

SEAT = "s.water.head"
SECONDS = 6.0

#: A process of its own that writes like the demo and the imports: many entries in each transaction.
LOADER = """
import sys, time
import django
django.setup()
from datetime import UTC, datetime
from huajie.apps.matters.operations import Batch, Submission
from huajie.core.access import ANONYMOUS
until = time.monotonic() + float(sys.argv[1])
with Batch(flush_entries=400) as batch:
    while time.monotonic() < until:
        texts = {"title": "井盖破损", "text": "成批送来的一件。"}
        batch.submit(Submission("en.complaint", "t.water", "r.qingshi", texts), actor=ANONYMOUS, now=datetime.now(UTC))
print(batch.entries)
"""


@pytest.fixture(scope="module")
def county(database: str) -> Iterator[tuple[Instance, str]]:
    with fresh_database(database) as url, served_county(url, SEAT) as (served, tokens):
        served.start()
        yield served, tokens[SEAT]


def together(count: int, port: int, send) -> list[Answer]:
    """Let `count` connections send at the same moment; return what each was told."""
    answers: list[Answer | None] = [None] * count
    barrier = threading.Barrier(count)

    def one(place: int) -> None:
        client = Client(port)
        client.send("GET", "/healthz")  # the connection is open before the moment comes
        barrier.wait(60)
        answers[place] = send(client, place)
        client.close()

    threads = [threading.Thread(target=one, args=(place,)) for place in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert all(answer is not None for answer in answers)
    return [answer for answer in answers if answer is not None]


def test_several_processes_write_at_once_and_nobody_is_told_of_a_lock(county: tuple[Instance, str]) -> None:
    served, token = county
    until = time.monotonic() + SECONDS
    told: Counter[tuple[str, int]] = Counter()
    odd: list[str] = []
    lock = threading.Lock()

    def busy() -> bool:
        # A slow machine takes longer until enough has been done at once to mean something.
        now = time.monotonic()
        enough = told["submit", 201] > 20 and told["act", 200] > 20 and told["sign in", 302] > 2
        return not odd and (now < until or (not enough and now < until + 60))

    def note(what: str, answer: Answer, wanted: int) -> None:
        with lock:
            told[what, answer.status] += 1
            if answer.status != wanted:
                odd.append(f"{what}: {answer.status} {answer.body}")

    def residents(client: Client) -> None:
        while busy():
            made = client.submit(fresh_key())
            note("submit", made, 201)
            if made.status != 201:
                break
            for n in range(2, 5):
                body = {"seen": n, "texts": {"note_text": "查看。"}}
                note("act", client.act(made.body["number"], "add_note", token, body), 200)

    def clerks(client: Client) -> None:
        while busy():
            note("sign in", client.sign_in(), 302)

    clients = [Client(served.port) for _ in range(8)]
    threads = [
        threading.Thread(target=clerks if place == 0 else residents, args=(client,))
        for place, client in enumerate(clients)
    ]
    environment = {**served.environment, "DJANGO_SETTINGS_MODULE": "huajie.config.settings"}
    environment["PYTHONPATH"] = str(ROOT / "src")
    with subprocess.Popen(
        [sys.executable, "-c", LOADER, str(SECONDS)],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as loader:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        out, err = loader.communicate(timeout=60)
    for client in clients:
        client.close()
    assert loader.returncode == 0, err
    assert int(out) > 400
    assert odd == []
    assert {what for what, _ in told} == {"submit", "act", "sign in"}
    assert told["submit", 201] > 20 and told["sign in", 302] > 2, told
    assert "locked" not in served.log.lower() + err.lower()
    # the server's two processes and its worker are there, and none of them died on the way
    assert sum("granian" in command for command in served.members().values()) >= 2
    assert verify(served)["matters"] >= told["submit", 201]


def test_of_a_hundred_simultaneous_acts_one_wins_and_the_others_are_told_what_changed(
    county: tuple[Instance, str],
) -> None:
    served, token = county
    client = Client(served.port)
    made = client.submit(fresh_key()).body

    def act(own: Client, place: int) -> Answer:
        body = {"seen": 2, "texts": {"note_text": f"第{place}人的记录"}}
        return own.act(made["number"], "add_note", token, body)

    answers = together(100, served.port, act)
    assert Counter(answer.status for answer in answers) == {200: 1, 409: 99}
    for answer in answers:
        if answer.status == 409:
            assert answer.headers["content-type"].startswith("application/problem+json")
            assert answer.body["type"].endswith("changed")
            assert (answer.body["seen"], answer.body["n"]) == (2, 3)
            assert [(entry["n"], entry["kind"]) for entry in answer.body["since"]] == [(3, "matter.noted")]
    seen = client.own(made["number"], made["secret"])
    client.close()
    assert seen.body["n"] == 3
    verify(served)


def test_fifty_retries_of_one_submission_are_one_matter(county: tuple[Instance, str]) -> None:
    served, _ = county
    before = verify(served)["matters"]
    key = fresh_key()
    answers = together(50, served.port, lambda client, place: client.submit(key))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body["number"] for answer in answers}) == 1
    assert all(answer.body == answers[0].body for answer in answers)
    client = Client(served.port)
    other = client.send("POST", "/api/v1/public/matters", submission("另一件事，同一个键。"), Idempotency_Key=key)
    client.close()
    assert other.status == 409
    assert verify(served)["matters"] == before + 1
