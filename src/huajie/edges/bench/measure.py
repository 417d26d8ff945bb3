"""
Measure one database at one size: `python -m huajie.edges.bench.measure ORDER.json`, started by `huajie bench`.

The process makes or opens the data, starts a server, lets wrk send requests, and writes what it found beside the order.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from huajie.edges.bench import cache
from huajie.edges.bench.serving import Served, served
from huajie.edges.bench.wrk import BenchFailed, Request, Sample, run

#: Everybody in the county of the measurements signs in with this.
PASSWORD = "bench-only-1"  # noqa: S105
#: Words that many texts hold, that few hold, that none holds; two to four characters, Chinese and English.
SEARCHES = ("井盖", "下水道", "没有答复", "电梯", "鳜鱼塘", "鳜鱼", "长颈鹿", "light", "zeppelin", "wheelchair")
#: At once: writes wait for the disk and share its flushes, reads queue for two cores.
WRITE_CONNECTIONS = 16
READ_CONNECTIONS = 4
#: Rows of a page of a list, and of the timeline of a matter that was answered.
ROWS, ENTRIES = 50, 9
#: Matters with which acts are measured; each gets one act in each round.
MATTERS = 4000


@dataclass(slots=True)
class Order:
    """What to measure."""

    database: str
    size: int
    folder: str
    #: Seconds of each run of wrk.
    seconds: float
    repeats: int
    #: PostgreSQL server, for a database of our own on it.
    server: str | None = None
    remake: bool = False


def say(line: str) -> None:
    """Print a line of progress."""
    sys.stdout.write(f"  {line}\n")
    sys.stdout.flush()


def medians(pairs: list[tuple[Sample, Sample]]) -> dict[str, Any]:
    """Return the medians of one call and its floor, and of their ratios, each taken within one repeat."""

    def middle(of: Callable[[Sample, Sample], float]) -> float:
        return statistics.median(of(call, floor) for call, floor in pairs)

    return {
        "rate": middle(lambda call, floor: call.rate),
        "p50": middle(lambda call, floor: call.p50),
        "p95": middle(lambda call, floor: call.p95),
        "requests": min(call.requests for call, _ in pairs),
        "floor_rate": middle(lambda call, floor: floor.rate),
        "floor_p50": middle(lambda call, floor: floor.p50),
        "rate_ratio": middle(lambda call, floor: call.rate / floor.rate),
        "p50_ratio": middle(lambda call, floor: call.p50 / floor.p50),
    }


class Bench:
    """The measurements of one database at one size."""

    def __init__(self, order: Order, server: Served) -> None:
        from huajie.apps.jurisdiction import operations as jurisdiction
        from huajie.apps.jurisdiction.models import Account
        from huajie.edges.bench import county

        self.order = order
        self.server = server
        self.now = datetime.now(UTC)
        self.heads: dict[str, dict[str, str]] = {}
        for seat in county.SEATS:
            if seat.endswith(".one") or seat == "s.gov.supervisor":
                account = Account.objects.get(username=county.username(seat))
                token, _ = jurisdiction.issue_token(account, seat, now=self.now, days=2)
                self.heads[account.username] = {"Authorization": f"Bearer {token}"}
        self.officers = {f"u.{name.partition('-')[0]}": head for name, head in self.heads.items() if "one" in name}
        self.pages = {name: {"Cookie": self.signed_in(name)} for name in ("b01-one", "gov-supervisor")}

    def signed_in(self, name: str) -> str:
        """Return the cookies of somebody who has signed in on the sign-in page."""
        path = "/desk/sign-in/"
        status, text, headers = self.server.exchange("GET", path)
        if status != 200:
            raise BenchFailed(f"sign-in page {path}: {status}")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', text)
        cookies = _cookies(headers)
        if token is None:
            raise BenchFailed(f"sign-in page {path}: no form")
        form = f"csrfmiddlewaretoken={token[1]}&username={name}&password={PASSWORD}"
        status, text, headers = self.server.exchange(
            "POST",
            path,
            form,
            {
                "Content-Type": "application/x-www-form-urlencoded",
                "Cookie": "; ".join(f"{key}={value}" for key, value in cookies.items()),
                "Referer": self.server.address + path,
            },
        )
        cookies |= _cookies(headers)
        if status not in (302, 303) or "sessionid" not in cookies:
            raise BenchFailed(f"sign-in of {name}: {status}")
        # as a browser sends them with every request
        return "; ".join(f"{key}={value}" for key, value in cookies.items())

    # requests

    def intake(self) -> list[Request]:
        """Return what residents send."""
        import random

        from huajie.edges.bench import data

        dice = random.Random(self.now.isoformat())
        found = []
        for _ in range(500):
            brought, _ = data.submission(dice, self.now)
            body: dict[str, Any] = {
                "pack": brought.pack, "topic": brought.topic, "region": brought.region, "mode": "open", **brought.texts,
                "contact": brought.contact or {"phone": "13900000000"},
            }  # fmt: skip
            found.append(Request("POST", "/api/v1/public/matters", json.dumps(body, ensure_ascii=False)))
        return found

    def inserts(self) -> list[Request]:
        """Return the same bodies for the floor."""
        return [Request("POST", "/bench/insert", one.body) for one in self.intake()]

    def acts(self) -> list[Request]:
        """Return one note on each open matter as it stands, by the officer who answers for it."""
        from django.db import connection

        # The last requests of the run before were on their way when it ended, and are still being done.
        time.sleep(1)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT m.number, m.n, m.unit FROM matters_matter m WHERE m.open ORDER BY m.id DESC LIMIT %s", [MATTERS]
            )
            found = cursor.fetchall()
        body = '{"seen": SEEN, "texts": {"note_text": "已现场查看，明天安排维修。"}}'
        return [
            Request("POST", f"/api/v1/matters/{number}/acts/add_note", body, self.officers[unit], seen=n)
            for number, n, unit in found
            if unit in self.officers
        ]

    def open_matters(self, unit: str, limit: int) -> list[tuple[str, int]]:
        """Return number and entries of open matters of one unit, the newest first."""
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT m.number, m.n FROM matters_party p JOIN matters_matter m ON m.id = p.matter"
                " WHERE p.unit = %s AND p.relation = 'lead' AND p.open ORDER BY p.matter DESC LIMIT %s",
                [unit, limit],
            )
            return [(row[0], row[1]) for row in cursor.fetchall()]

    def rows(self, count: int) -> list[Request]:
        """Return the reading floor with so many rows."""
        found = [Request("GET", f"/bench/rows?unit=u.b{k}&n={count}") for k in range(12)]
        for one in found:
            _, text = self.server.get(one.path)
            if text.count("<tr>") != count:
                raise BenchFailed(f"{one.path}: the floor shows {text.count('<tr>')} rows")
        return found

    # measuring

    def pair(
        self,
        name: str,
        call: Callable[[], list[Request]],
        floor: list[Request],
        *,
        connections: int,
        keys: bool = False,
    ) -> dict[str, Any]:
        """Measure a call and its floor in turns; the first, short run of each is thrown away."""
        found = []
        for repeat in range(self.order.repeats + 1):
            seconds = self.order.seconds if repeat else 1.0
            low = run(self.server.address, lambda: floor, connections=connections, seconds=seconds)
            high = run(self.server.address, call, connections=connections, seconds=seconds, keys=keys)
            if repeat:
                found.append((high, low))
        result = medians(found)
        say(
            f"{name}: {result['rate']:.0f}/s, p50 {result['p50']:.2f} ms, p95 {result['p95']:.2f} ms; floor"
            f" {result['floor_rate']:.0f}/s, p50 {result['floor_p50']:.2f} ms; rate × {result['rate_ratio']:.2f},"
            f" p50 × {result['p50_ratio']:.2f}"
        )
        return result

    def check(self, request: Request, *, numbers: int = 0, status: int = 200) -> int:
        """See that a call gives what is measured: the status, and so many matters; return how many it shows."""
        got, text = self.server.send(request.method, request.path, request.body, request.headers)
        if got != status:
            raise BenchFailed(f"{request.method} {request.path}: {got} {text[:300]}")
        shown = set(re.findall(r"\b[0-9A-Z]{10}\b", text.replace("-", "")))
        if len(shown) < numbers:
            raise BenchFailed(f"{request.path}: shows {len(shown)} matters, not {numbers}")
        return len(shown)

    def reads(self) -> dict[str, Any]:
        """Measure pages and lists of the API."""
        found = {}
        officer, supervisor = self.pages["b01-one"], self.pages["gov-supervisor"]
        mine = [number for number, _ in self.open_matters("u.b01", 40)]
        desk = [Request("GET", "/desk/", headers=officer)]
        listed = [Request("GET", "/desk/matters/", headers=one) for one in (officer, supervisor)]
        from urllib.parse import quote

        searched = [
            Request("GET", f"/desk/search/?q={quote(word)}", headers=one)
            for word in SEARCHES
            for one in (officer, supervisor)
        ]
        matter = [Request("GET", f"/desk/matters/{number}/", headers=officer) for number in mine]
        board = Request("GET", "/desk/board/", headers=supervisor)
        _, shown = self.server.send(board.method, board.path, headers=board.headers)
        # Every line of every table of the board, the heads among them, and the tiles: as many the floor renders.
        lines = len(re.findall(r"<tr[ >]|<a class=\"tile", shown))
        self.check(board, numbers=1)
        found["board"] = self.pair("board", lambda: [board], self.rows(lines), connections=READ_CONNECTIONS)
        # Too few matters fill no page: then the floor shows as few.
        full = ROWS if self.order.size >= 10_000 else 1
        for name, requests in (("desk", desk), ("list", listed), ("search", searched), ("matter page", matter)):
            if requests is matter:
                self.check(requests[0], numbers=1)
                rows = ENTRIES
            else:
                rows = min(self.check(requests[0], numbers=full), ROWS)
            found[name] = self.pair(name, lambda sent=requests: sent, self.rows(rows), connections=READ_CONNECTIONS)
        tokens = self.heads["b01-one"]
        api = (
            ("API list", [Request("GET", "/api/v1/matters", headers=tokens)], ROWS),
            ("API matter", [Request("GET", f"/api/v1/matters/{number}", headers=tokens) for number in mine], ENTRIES),
        )
        for name, requests, rows in api:
            self.check(requests[0], numbers=1)
            found[name] = self.pair(name, lambda sent=requests: sent, self.rows(rows), connections=READ_CONNECTIONS)
        return found

    def writes(self) -> dict[str, Any]:
        """Measure intake and act."""
        intake = self.intake()
        first = Request("POST", intake[0].path, intake[0].body, {"Idempotency-Key": f"bench-{self.now.isoformat()}"})
        self.check(first, status=201)
        floor = self.inserts()
        found = {"intake": self.pair("intake", lambda: intake, floor, connections=WRITE_CONNECTIONS, keys=True)}
        found["act"] = self.pair("act", self.acts, floor, connections=WRITE_CONNECTIONS)
        return found

    def durable(self) -> dict[str, str]:
        """Read the options of durability through a served request."""
        status, text = self.server.get("/bench/durability")
        found = json.loads(text)
        if status != 200 or found["problems"]:
            raise BenchFailed(f"not durable: {text}")
        options: dict[str, str] = found["options"]
        return options


def _cookies(headers: list[tuple[str, str]]) -> dict[str, str]:
    lines = [value.partition(";")[0] for name, value in headers if name.lower() == "set-cookie"]
    return {line.strip().partition("=")[0]: line.partition("=")[2] for line in lines}


def statements() -> dict[str, int]:
    """
    Count the statements of one act through its whole view, sign-in included, and of the writer alone.

    On SQLite the write is one transaction with one `executemany` a table; there its tables are counted as one.
    """
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from huajie.apps.jurisdiction.queries import snapshot
    from huajie.apps.matters.operations import Order as ActOrder
    from huajie.apps.matters.operations import act
    from huajie.edges.bench import county

    now = datetime.now(UTC)
    seat = county.actors(snapshot(), now)["s.b01.one"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m.number FROM matters_party p JOIN matters_matter m ON m.id = p.matter"
            " WHERE p.unit = 'u.b01' AND p.relation = 'lead' AND p.open ORDER BY p.due_at DESC LIMIT 3"
        )
        numbers = [row[0] for row in cursor.fetchall()]

    def note(number: str, key: str | None) -> None:
        tip_key = None if key is None else ("act.bench", f"{key}-{now.isoformat()}", "0" * 64)
        act(number, ActOrder("add_note", texts={"note_text": "已查看。"}, idempotency=tip_key), actor=seat, now=now)

    note(numbers[0], None)
    counts = {}
    for name, number, key in (("act", numbers[1], None), ("act with an idempotency key", numbers[2], "k")):
        with CaptureQueriesContext(connection) as captured:
            note(number, key)
        sqls = [query["sql"] for query in captured.captured_queries]
        if connection.vendor == "sqlite":
            writes = [sql for sql in sqls if not sql.lstrip().upper().startswith("SELECT") or "_head" in sql]
            counts[name] = len(sqls) - len(writes) + 1
        else:
            counts[name] = len(sqls)
    return counts


def board_times(repeats: int) -> float:
    """
    Time one count of all that the board of a supervisor shows, in milliseconds: nothing of it kept from before.

    A web process counts at most once in thirty seconds and shows what it has until then.
    """
    from huajie.apps.jurisdiction.queries import snapshot
    from huajie.apps.matters import figures
    from huajie.apps.procedure.registry import packs
    from huajie.apps.supervision import queries
    from huajie.edges.bench import county

    now = datetime.now(UTC)
    seat = county.actors(snapshot(), now)["s.gov.supervisor"]
    firsts = [now - timedelta(weeks=12 - at) for at in range(12)]
    found = []
    for repeat in range(repeats + 1):
        queries.forget()
        started = time.perf_counter()
        queries.board(seat, now=now)
        queries.weeks(seat, queries.Scope(), firsts, now)
        span = now - timedelta(days=30 + repeat), now - timedelta(days=repeat)
        figures.dates_by_unit(*span, figures.clocks_of(packs().values()), now=now)
        if repeat:
            found.append((time.perf_counter() - started) * 1000)
    return statistics.median(found)


def tick_times(repeats: int) -> dict[str, float]:
    """
    Time the tick: nothing due, and two hundred due, in milliseconds.

    What falls due is decided by the moment given, not by the clock of the machine.
    """
    from django.db import connection

    from huajie.apps.matters import loading
    from huajie.apps.matters.operations import tick

    with connection.cursor() as cursor:
        cursor.execute("SELECT min(at) FROM matters_timer")
        first = loading.aware(cursor.fetchone()[0])
    none, many = [], []
    tick(first - timedelta(seconds=1))
    for _ in range(repeats * 5):
        started = time.perf_counter()
        assert tick(first - timedelta(seconds=1)) == 0
        none.append((time.perf_counter() - started) * 1000)
    for _ in range(repeats):
        with connection.cursor() as cursor:
            cursor.execute("SELECT at FROM matters_timer ORDER BY at, matter LIMIT 1 OFFSET 200")
            due = loading.aware(cursor.fetchone()[0])
        started = time.perf_counter()
        done = tick(max(due, datetime.now(UTC)), limit=200)
        many.append((time.perf_counter() - started) * 1000 / max(done, 1) * 200)
    return {"nothing due": statistics.median(none), "200 due": statistics.median(many)}


def main(path: str) -> int:
    """Measure what the order says; write the result beside it."""
    order = Order(**json.loads(Path(path).read_text()))
    folder = Path(order.folder)
    made = not order.remake and cache.is_made(folder)
    if not made:
        cache.clear(folder, order.database, order.size, order.server)
    os.environ["HUAJIE_DATA"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "huajie.config.settings"
    if order.database == "postgres":
        assert order.server is not None
        os.environ["HUAJIE_DATABASE_URL"] = f"{order.server.rpartition('/')[0]}/{cache.database_name(order.size)}"
    else:
        os.environ.pop("HUAJIE_DATABASE_URL", None)
    import django

    django.setup()
    if not made:
        cache.make(order.size, folder, password=PASSWORD, say=say)
    else:
        say("data from the cache")
    from django.core.management import call_command

    from huajie.edges.bench import floors

    floors.make_tables(order.size)
    cache.warm(say)
    call_command("collectstatic", interactive=False, verbosity=0)
    result: dict[str, Any] = {"order": asdict(order), "made": json.loads((folder / "made.json").read_text())}
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    with served(environment, folder / "server.log") as server:
        bench = Bench(order, server)
        result["durability"] = bench.durable()
        result["calls"] = bench.reads() | bench.writes()
        result["memory"] = server.memory()
        result["workers"] = len(server.workers())
    result["statements"] = statements()
    result["tick"] = tick_times(order.repeats)
    result["board"] = board_times(order.repeats)
    say(f"statements {result['statements']}, tick {result['tick']}, memory {result['memory']}")
    say(f"board counted in {result['board']:.0f} ms")
    Path(path).with_suffix(".result.json").write_text(json.dumps(result))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1]))
    except BenchFailed as error:
        sys.stderr.write(f"huajie bench: {error}\n")
        sys.exit(3)
