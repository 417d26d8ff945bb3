"""
Whoever was given a number has a matter, whatever dies right after.

Residents and officers send requests to a real server; in the middle of them everything is killed at once: the server's
whole group of processes, on PostgreSQL in turns with every process of the database. Then all of it starts again, and
whatever was acknowledged must be there, whatever was not may be sent again under its key.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from scripts.postgres import Server
from tests.support.instance import Instance
from tests.support.servers import ROOT, Answer, Client, fresh_key, own_postgres, rounds_wanted, served_county, verify

from huajie.edges.bench.serving import served as served_with_floors

pytestmark = [pytest.mark.accept("K5"), pytest.mark.slow]

#: Acknowledgements since the last kill, at least.
BETWEEN_KILLS = 20
CLIENTS = 6
#: The seat that answers for the matters sent here.
SEAT = "s.water.head"


@dataclass(slots=True)
class Sent:
    """One request that may be sent again as it is."""

    key: str
    #: None: a submission; otherwise the number of the matter acted on.
    number: str | None
    #: The act's body; for a submission its text.
    body: Any
    answer: Any = None
    acknowledged: bool = False


@dataclass(slots=True)
class Matter:
    number: str
    secret: str
    #: Entries that somebody was told of.
    n: int = 0


@dataclass
class Crowd:
    """People at work, each on matters of their own."""

    port: int
    token: str
    matters: dict[str, Matter] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    acknowledged: int = 0
    #: answers that were neither done nor "come again": each is a fault
    wrong: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def work(self, seed: int) -> None:
        """Send requests one after the other until told to stop or nobody answers any more."""
        dice = random.Random(seed)
        client = Client(self.port, timeout=30)
        mine: list[Matter] = []
        while not self._stop.is_set():
            if mine and dice.random() < 0.4:
                matter = dice.choice(mine)
                one = Sent(
                    fresh_key(), matter.number, {"seen": matter.n, "texts": {"note_text": f"第{matter.n}次查看"}}
                )
            else:
                one = Sent(fresh_key(), None, f"路口井盖破损，编号{dice.random()}。")
            with self._lock:
                self.sent.append(one)
            if not self.deliver(client, one):
                break
            if one.number is None:
                mine.append(self.matters[one.answer["number"]])
        client.close()

    def deliver(self, client: Client, one: Sent) -> bool:
        """Send one request; return whether it was acknowledged."""
        try:
            if one.number is None:
                answer = client.submit(one.key, text=one.body)
            else:
                answer = client.act(one.number, "add_note", self.token, one.body, key=one.key)
        except (OSError, http.client.HTTPException):
            return False
        with self._lock:
            if answer.status != (201 if one.number is None else 200):
                # A server that loses its database may say "come again later", and nothing else.
                if answer.status != 503:
                    self.wrong.append(f"{answer.status} {answer.body}")
                return False
            one.acknowledged, one.answer = True, answer.body
            self.acknowledged += 1
            if one.number is None:
                self.matters[answer.body["number"]] = Matter(answer.body["number"], answer.body["secret"], 2)
            else:
                self.matters[one.number].n = max(self.matters[one.number].n, answer.body["n"])
        return True

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Let everybody work; at the end wait until all have stopped."""
        self._stop.clear()
        self.acknowledged = 0
        threads = [
            threading.Thread(target=self.work, args=(random.getrandbits(32),), name=f"client {k}")
            for k in range(CLIENTS)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join(60)
        assert not any(thread.is_alive() for thread in threads)


def stored(served: Instance, url: str | None) -> tuple[dict[str, tuple[str, int]], dict[str, int], dict[str, str]]:
    """
    Read the database directly.

    Returns:
        Idempotency key -> (stream, n); stream -> entries without a gap from 1; number -> stream.
    """
    keys_sql = "SELECT key, stream, n FROM ledger_idempotency"
    entries_sql = "SELECT stream, count(*), min(n), max(n) FROM ledger_entry GROUP BY stream"
    matters_sql = "SELECT number, id FROM matters_matter"
    found: list[list[Any]] = []
    if url is None:
        path = f"file:{served.environment['HUAJIE_DATA']}/huajie.sqlite3?mode=ro"
        with closing(sqlite3.connect(path, uri=True)) as connection:
            found = [connection.execute(sql).fetchall() for sql in (keys_sql, entries_sql, matters_sql)]
    else:
        with psycopg.connect(url) as connection:
            found = [connection.execute(sql).fetchall() for sql in (keys_sql, entries_sql, matters_sql)]
    keys, entries, matters = found
    assert all(first == 1 and last == count for _, count, first, last in entries), "a stream has a gap"
    return (
        {key: (str(stream), n) for key, stream, n in keys},
        {str(stream): count for stream, count, _, _ in entries},
        {number: str(stream) for number, stream in matters},
    )


def check_round(crowd: Crowd, served: Instance, url: str | None, since: int) -> int:
    """Check everything of one round, retry what was not acknowledged; return how many were retried."""
    assert crowd.wrong == []
    keys, entries, numbers = stored(served, url)
    for one in crowd.sent:
        if one.acknowledged:
            assert one.key in keys, f"acknowledged and lost: {one}"
            stream, n = keys[one.key]
            assert entries.get(stream, 0) >= n
            number = one.answer["number"] if one.number is None else one.number
            assert numbers[number] == stream
            if one.number is not None:
                assert n == one.answer["n"]
    # As those see it who were given the number: all of this round, in turns over several connections.
    fresh = [one.answer["number"] for one in crowd.sent[since:] if one.acknowledged and one.number is None]

    def look(number: str) -> tuple[str, int, Any]:
        client = Client(crowd.port)
        answer = patiently(lambda: client.own(number, crowd.matters[number].secret))
        client.close()
        return number, answer.status, answer.body

    with ThreadPoolExecutor(4) as pool:
        for number, status, body in pool.map(look, fresh):
            assert status == 200, (number, body)
            assert body["n"] >= crowd.matters[number].n
    again = [one for one in crowd.sent[since:] if not one.acknowledged]
    client = Client(crowd.port)
    for one in again:
        before = keys.get(one.key)
        assert eventually(lambda sent=one: crowd.deliver(client, sent)), (one, crowd.wrong)
        if one.number is None:
            # Twice under one key is once: the same answer, and one matter.
            same = patiently(lambda sent=one: client.submit(sent.key, text=sent.body))
            assert (same.status, same.body) == (201, one.answer)
            if before is not None:
                assert numbers[one.answer["number"]] == before[0]
    client.close()
    if again:
        keys, _, numbers = stored(served, url)
    submissions = {one.key for one in crowd.sent if one.number is None}
    assert submissions <= set(keys)
    streams = [keys[key][0] for key in submissions]
    assert len(set(streams)) == len(streams) == len(numbers), "a submission made two matters, or none"
    return len(again)


def patiently(send: Callable[[], Answer]) -> Answer:
    """Send again while the server says 503: connections that the database's death has broken are found one by one."""
    for _ in range(50):
        answer = send()
        if answer.status != 503:
            break
        assert int(answer.headers["retry-after"]) >= 1
        time.sleep(0.05)
    return answer


def eventually(done: Callable[[], bool]) -> bool:
    """Try again for a moment."""
    for _ in range(50):
        if done():
            return True
        time.sleep(0.05)
    return False


def wait_until_served(crowd: Crowd, seconds: float = 60.0) -> float:
    """Wait until a matter can be taken in again; return how long it took."""
    started = time.monotonic()
    client = Client(crowd.port, timeout=20)
    while True:
        one = Sent(fresh_key(), None, "重新开始之后的第一件。")
        crowd.sent.append(one)
        if crowd.deliver(client, one):
            client.close()
            return time.monotonic() - started
        assert time.monotonic() - started < seconds, crowd.wrong
        time.sleep(0.05)


def test_nothing_acknowledged_is_lost_whatever_is_killed(database: str) -> None:
    rounds = rounds_wanted()
    if database == "sqlite":
        run_rounds(rounds, None, None)
    else:
        with own_postgres() as server:
            with psycopg.connect(server.url(), autocommit=True) as connection:
                connection.execute("CREATE DATABASE huajie_kill")
            run_rounds(rounds, server.url("huajie_kill"), server)


def run_rounds(rounds: int, url: str | None, postgres: Server | None) -> None:
    started = time.monotonic()
    retried = 0
    slowest = 0.0
    killed = {"server": 0, "database": 0}
    entries = 0
    with served_county(url, SEAT) as (served, tokens):
        served.start()
        crowd = Crowd(served.port, tokens[SEAT])
        for number in range(1, rounds + 1):
            since = len(crowd.sent)
            what = "database" if postgres is not None and number % 2 == 0 else "server"
            with crowd.at_work():
                deadline = time.monotonic() + 60
                while crowd.acknowledged < BETWEEN_KILLS:
                    assert time.monotonic() < deadline, (crowd.wrong, served.log[-3000:])
                    time.sleep(0.005)
                # Somewhere within the requests that are on their way now.
                time.sleep(random.random() * 0.1)
                if what == "server":
                    served.kill()
                else:
                    assert postgres is not None
                    postgres.kill()
            assert crowd.acknowledged >= BETWEEN_KILLS
            killed[what] += 1
            if what == "server":
                served.start()
            else:
                assert postgres is not None
                postgres.start()
            slowest = max(slowest, wait_until_served(crowd))
            retried += check_round(crowd, served, url, since)
            if number % 5 == 0 or number == rounds:
                report = verify(served)
                assert report["matters"] == sum(one.number is None for one in crowd.sent)
                entries = report["entries"]
        status, body = served.get("/readyz")
        assert (status, json.loads(body)["checks"]["durability"]) == (200, {"ok": True, "problems": []})
        acknowledged = sum(one.acknowledged for one in crowd.sent)
    # `make soak` writes these down.
    out = ROOT / "var" / "test" / f"kill-rounds-{'sqlite' if url is None else 'postgres'}.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    result = {
        "rounds": rounds,
        "killed": killed,
        "acknowledged": acknowledged,
        "retried": retried,
        "entries": entries,
        "slowest_start_seconds": round(slowest, 2),
        "seconds": round(time.monotonic() - started),
    }
    out.write_text(json.dumps(result))
    print(result)


def test_a_served_request_reads_full_durability(database: str, tmp_path: Any) -> None:
    """The same server, pool and settings; the floors of the bench have a view that reads the connection's options."""
    from tests.support.instance import instance

    with instance(database) as made:
        assert made.command("init").returncode == 0
        with served_with_floors({**os.environ, **made.environment}, tmp_path / "log") as server:
            status, text = server.get("/bench/durability")
        assert status == 200
        found = json.loads(text)
        wanted = (
            {"synchronous": "2", "journal_mode": "wal"}
            if database == "sqlite"
            else {"synchronous_commit": "on", "fsync": "on"}
        )
        assert found == {"options": wanted, "problems": []}
