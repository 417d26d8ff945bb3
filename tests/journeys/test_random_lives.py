"""
Random lives on the real database: many matters, many people, one writer, and tables that are asked by hand.

A seeded walk brings in matters of every shipped pack, does whatever random people may do, tries what they may not, lets
timers fall due, changes the jurisdiction under it all and publishes a calendar. What must hold is read straight from
the tables by SQL written here; nothing of it asks `project()`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from tests.support.small_county import person, posting, remit, seat, topic, unit

from huajie.apps.jurisdiction import operations as jurisdiction
from huajie.apps.jurisdiction.queries import snapshot
from huajie.apps.ledger import queries as ledger_queries
from huajie.apps.matters import loading, queries
from huajie.apps.matters.errors import Changed, Denied, UnknownMatter
from huajie.apps.matters.operations import Batch, Order, Submission, act, reset_provisional, submit, tick
from huajie.apps.matters.projection import view_of
from huajie.apps.matters.verify import verify
from huajie.apps.offices.queries import open_of_seats
from huajie.apps.procedure import force
from huajie.apps.procedure.registry import current
from huajie.core.access import ANONYMOUS, IMPORT, NEVER, SYSTEM, Actor, actor_for, allowed, may, relations, resident_of
from huajie.core.ledger import moment, stamp
from huajie.core.procedure import Refused, form_fields

pytestmark = pytest.mark.django_db(transaction=True)

START = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
#: stands in contacts and nowhere else
CANARIES = ("欧阳听雨", "19955501234", "tingyu@example.org")
#: stands in texts: two words that a reader may look for
PLANTED = ("翠湖栈桥", "broken-handrail")
PACKS = ("en.complaint", "open311", "cn.petition.request", "cn.petition.request")
TOPICS = ("t.housing.rent", "t.wages", "t.water", "t.noise", "t.conduct", "t.children", "t.orchard", "")
REGIONS = ("r.qingshi", "r.qingshi.east", "r.liutan", "r.yunxi", "")
NO_OUTCOME_YET = frozenset({"open", "contested"})
#: how often an act is chosen where it is possible; others 1 where they move something, else little
WEIGHTS = {
    **dict.fromkeys(("withdraw", "record_withdrawal", "recuse", "opened_in_error"), 0.01),
    "name_concerned": 0.2,
}
WEIGHTS |= dict.fromkeys(("confirm_merge", "propose_merge", "raise_to_superior", "reopen", "archive"), 0.03)
WEIGHTS |= dict.fromkeys(("refer_out", "not_accept", "propose_ending", "offer_transfer", "settle"), 0.15)
WEIGHTS |= {"erase": 0.002}
# what any matter can take at any time would be most of what happens
WEIGHTS |= dict.fromkeys(("reissue_secret", "call_out", "propose_part", "ask_mediator", "ask_rights"), 0.04)
WEIGHTS |= dict.fromkeys(("record_sharing", "tell_incident"), 0.02)
#: the steps of the long roads: opinion, service, review, re-review
OFTEN = (
    "triage",
    "keep_here",
    "accept",
    "draft_opinion",
    "opinion",
    "serve",
    "ask_review",
    "take",
    "draft_result",
    "decide",
    "ask_re_review",
    "escalate",
)
WEIGHTS |= dict.fromkeys(OFTEN, 6.0) | {"triage": 1.5, "hear_resident": 0.5}

EXTRA: list[dict[str, Any]] = [
    unit("u.city", None, "government"),
    unit("u.gov", "u.city", "government"),
    unit("u.lone", "u.gov"),
    seat("s.city.head", "u.city", "head", "handler"),
    seat("s.city.one", "u.city", "handler"),
    seat("s.lone", "u.lone", "handler", "head", "verifier"),
    seat("s.gov.auditor", "u.gov", "auditor"),
    seat("s.gov.dpo", "u.gov", "dpo"),
    seat("s.gov.archive", "u.gov", "archivist"),
    posting("s.city.head", 70),
    posting("s.city.one", 71),
    posting("s.lone", 4),
    posting("s.gov.auditor", 13),
    posting("s.gov.dpo", 14),
    posting("s.gov.archive", 32),
    {**topic("t.conduct"), "sensitivity": "sealed"},
    {**topic("t.children"), "sensitivity": "minor"},
    remit("m.conduct", "u.housing", ["t.conduct", "t.children"], ["*"]),
    remit("m.lone", "u.lone", ["t.noise"], ["r.qingshi"]),
]
#: what happens to the county meanwhile, one after another
TURNS: tuple[list[dict[str, Any]], ...] = (
    # the holder of the wages desk leaves; her head covers it
    [
        posting("s.labour.one", 31, kind="cover"),
        {"do": "end_posting", "seat": "s.labour.one", "person": person(30)},
    ],
    [topic("t.orchard"), remit("m.orchard", "u.water", ["t.orchard"], ["*"])],
    [{"do": "end_remit", "id": "m.water"}, remit("m.water.new", "u.liutan", ["t.water"], ["*"])],
    # one township takes over the other
    [{"do": "close_unit", "id": "u.qingshi", "successor": "u.liutan"}],
    [
        {"do": "end_posting", "seat": "s.housing.one", "person": person(20)},
        posting("s.housing.one", 51),
    ],
    [{"do": "close_unit", "id": "u.lone", "successor": "u.housing"}],
    [remit("m.noise", "u.centre", ["t.noise"], ["*"])],
)


def rows(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def as_uuid(value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)


def as_time(value: Any) -> datetime:
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def tables() -> list[str]:
    return [one for one in connection.introspection.table_names() if not one.startswith(("django_", "auth_"))]


def sizes() -> dict[str, Any]:
    """How much stands in every table, and the newest entry of each matter: what a refusal must leave as it is."""
    counts = [f"SELECT '{one}', count(*) FROM \"{one}\"" for one in tables() if not one.startswith("matters_search")]
    found: dict[str, Any] = dict(rows(" UNION ALL ".join(counts)))
    found["heads"] = sorted((str(one), n) for one, n in rows("SELECT id, n FROM matters_matter"))
    return found


class County:
    """The walk: who there is, what they do, and how much was written."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.now = START
        self.streams: list[UUID] = []
        #: entries that the walk was told of, by matter
        self.told: dict[UUID, int] = {}
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.turns = list(TURNS)
        self.planted: dict[UUID, str] = {}
        self.published = False
        #: pack whose matters alone go on; empty: all of them
        self.road = ""

    # who

    def people(self) -> list[Actor]:
        """Everybody who sits anywhere now, once for each of their seats."""
        known = snapshot()
        found = []
        for row in sorted(known.seats, key=lambda seat: seat.id):
            found += [actor_for(known, one, row.id, self.now) for one in known.persons_of(row.id, self.now)]
        return found

    def actors_for(self, stream: UUID) -> list[Actor]:
        found = [*self.people(), resident_of(stream.hex)]
        self.random.shuffle(found)
        return found

    # filling in forms

    def fill(self, pack: Any, act_name: str, audience: str | None) -> tuple[dict[str, Any], dict[str, str], Any]:
        inputs: dict[str, Any] = {}
        texts: dict[str, str] = {}
        contact = None
        for field in form_fields(pack, act_name, audience):
            if not field.required and self.random.random() < 0.5:
                continue
            if field.type == "contact":
                contact = {"name": CANARIES[0], "phone": CANARIES[1], "email": CANARIES[2]}
            elif field.type == "point":
                continue
            elif field.is_text:
                texts[field.name] = f"{field.name}：第{self.random.randint(1, 99)}号路口的情况。"
            else:
                inputs[field.name] = self.value(field)
        return inputs, texts, contact

    def value(self, field: Any) -> Any:
        pick = self.random.choice
        if field.type == "choice":
            # most petitions have no other legal route: the long road
            wanted = field.name == "route" and self.random.random() < 0.7
            return "petition" if wanted else pick(sorted(field.choices))
        if field.type == "choices":
            return [pick(sorted(field.choices))]
        if field.type == "boolean":
            return pick([True, False])
        if field.type == "integer":
            low = field.min or 0
            return self.random.randint(low, min(field.max or low + 15, low + 15))
        if field.type == "date":
            return (self.now - timedelta(days=self.random.randint(0, 3))).date().isoformat()
        if field.type == "moment":
            return stamp(self.now)
        known = snapshot()
        if field.type == "unit":
            return pick(sorted(one.id for one in known.units))
        if field.type == "seat":
            return pick(sorted(one.id for one in known.seats))
        if field.type == "matter":
            return pick(self.streams).hex
        return pick(sorted(one.id for one in (known.topics if field.type == "topic" else known.regions)))

    # doing

    def submission(self) -> tuple[Submission, Actor]:
        pack = current(self.random.choice(PACKS))
        kind = self.random.choice(["resident", "resident", "intake", "import"])
        actor = {"resident": ANONYMOUS, "import": IMPORT}.get(kind) or next(
            one for one in self.people() if "intake" in one.roles
        )
        opening = "imported" if kind == "import" else "submit"
        inputs, texts, contact = self.fill(pack, opening, {"resident": "resident", "intake": "staff"}.get(kind))
        mode = self.random.choice(pack.modes)
        if kind == "import":
            inputs["source"] = "old-system"
        topics = [one for one in TOPICS if not one or one in snapshot().topics]
        if "text" in texts and self.random.random() < 0.6:
            texts["text"] = f"在{PLANTED[0]}旁边，{PLANTED[1]} 已经很久。{self.random.randint(1, 9)}"
        received = self.now - timedelta(days=self.random.choice([0, 0, 0, 2, 9]))
        return (
            Submission(
                pack=pack.name,
                topic=self.random.choice(topics),
                region=self.random.choice(REGIONS),
                texts=texts,
                mode=mode,
                channel="import" if kind == "import" else self.random.choice(pack.channels),
                contact=contact if mode != "anonymous" else None,
                point=(112.9, 28.2) if self.random.random() < 0.4 else None,
                received_at=received if kind != "resident" else None,
                inputs=inputs,
                act=opening,
            ),
            actor,
        )

    def bring_in(self) -> None:
        wanted, actor = self.submission()
        before = sizes()
        try:
            written = submit(wanted, actor=actor, now=self.now)
        except Refused as refusal:
            self.refused.update(one.code for one in refusal.unmet)
            assert sizes() == before
            return
        self.keep(written.stream, written.n, wanted)

    def keep(self, stream: UUID, n: int, wanted: Submission | None = None) -> None:
        self.told[stream] = n
        if stream not in self.streams:
            self.streams.append(stream)
        if wanted is not None:
            self.done[f"{wanted.pack}:{wanted.act}:{wanted.mode}"] += 1
            if PLANTED[0] in wanted.texts.get("text", ""):
                self.planted[stream] = wanted.texts["text"]

    def matter(self) -> UUID:
        """One that goes on, most of the time; of the one pack whose road is followed on purpose, where one is."""
        if self.road:
            on_it = rows("SELECT id FROM matters_matter WHERE open AND pack = %s ORDER BY id", self.road)
            return as_uuid(self.random.choice(on_it)[0])
        going = {as_uuid(one) for (one,) in rows("SELECT id FROM matters_matter WHERE open")}
        chosen = [one for one in self.streams if one in going or self.random.random() < 0.1]
        return self.random.choice(chosen or self.streams)

    def order(self, tip: Any, standing: Any, actor: Actor) -> Order:
        audience = "resident" if actor.kind == "resident" else "staff"
        inputs, texts, contact = self.fill(tip.pack, standing.act, audience)
        return Order(act=standing.act, inputs=inputs, texts=texts, contact=contact, target=standing.target, seen=tip.n)

    def choose(self, tip: Any) -> tuple[Actor, Any] | None:
        """Somebody, and an act that is possible for them now."""
        found: list[tuple[Actor, Any]] = []
        for actor in self.actors_for(tip.stream):
            if not allowed(actor, view_of(tip.state, tip.stream.hex), "see"):
                continue
            opened = queries.see(actor, tip.stream, tip=tip)
            found += [(actor, one) for one in queries.acts_of(opened, actor, now=self.now) if one.possible]
        weights = [self.weight(tip.pack, one.act) for _, one in found]
        if sum(weights) < self.random.random():
            return None
        return self.random.choices(found, weights)[0]

    def weight(self, pack: Any, act_name: str) -> float:
        effects = json.dumps(pack.acts[act_name].raw["effects"])
        return WEIGHTS.get(act_name, 1.0 if '"stage"' in effects else 0.2 if '"request"' in effects else 0.05)

    def possible_act(self) -> None:
        tip = loading.load(self.matter(), using="default")
        assert tip is not None
        chosen = self.choose(tip)
        if chosen is None:
            return
        actor, standing = chosen
        order = self.order(tip, standing, actor)
        before = sizes()
        try:
            written = act(tip.stream, order, actor=actor, now=self.now)
        except Refused as refusal:
            # what the form says is not what `standing` looks at: a unit that can't decide, a date too early
            self.refused.update(one.code for one in refusal.unmet)
            assert sizes() == before
            return
        except Denied:
            # read, but not act: an auditor
            assert not allowed(actor, view_of(tip.state, tip.stream.hex), "act")
            assert sizes() == before
            return
        self.done[standing.act] += 1
        self.keep(tip.stream, written.n)
        with pytest.raises((Changed, UnknownMatter, Denied)):
            act(tip.stream, order, actor=actor, now=self.now)

    def impossible_act(self) -> None:
        tip = loading.load(self.matter(), using="default")
        assert tip is not None and tip.state is not None
        actor = self.random.choice([*self.people(), resident_of(tip.stream.hex), resident_of(self.matter().hex)])
        view = view_of(tip.state, tip.stream.hex)
        names = sorted(one for one, spec in tip.pack.acts.items() if not spec.creates)
        before = sizes()
        if not allowed(actor, view, "see"):
            with pytest.raises(UnknownMatter):
                queries.see(actor, tip.stream)
            if not allowed(actor, view, "act"):
                with pytest.raises(UnknownMatter):
                    act(tip.stream, Order(act=self.random.choice(names)), actor=actor, now=self.now)
                self.refused["unknown"] += 1
        else:
            opened = queries.see(actor, tip.stream, tip=tip)
            standings = queries.acts_of(opened, actor, now=self.now)
            barred = [one for one in standings if not one.possible]
            foreign = sorted(set(names) - {one.act for one in standings})
            if barred and self.random.random() < 0.6:
                wanted = self.random.choice(barred)
                order = self.order(tip, wanted, actor)
            else:
                order = Order(act=self.random.choice(foreign), seen=tip.n)
            with pytest.raises((Refused, Denied)) as said:
                act(tip.stream, order, actor=actor, now=self.now)
            if isinstance(said.value, Refused):
                self.refused.update(one.code for one in said.value.unmet)
        assert sizes() == before

    def many_at_once(self) -> None:
        """A batch: some come in, some are acted on, a refusal among them leaves only itself undone."""
        with Batch() as batch:
            handles = []
            for _ in range(2):
                wanted, actor = self.submission()
                try:
                    handles.append((batch.submit(wanted, actor=actor, now=self.now), wanted))
                except Refused as refusal:
                    self.refused.update(one.code for one in refusal.unmet)
            touched = set()
            for _ in range(5):
                tip = batch.handle(self.matter())
                chosen = self.choose(tip) if tip.stream not in touched and tip.base == tip.n else None
                if chosen is None:
                    continue
                actor, standing = chosen
                n = tip.n
                try:
                    batch.act(tip.stream, self.order(tip, standing, actor), actor=actor, now=self.now)
                    touched.add(tip.stream)
                    self.done[f"batch {standing.act}"] += 1
                except (Refused, Denied):
                    assert batch.handle(tip.stream).n == n
        for handle, wanted in handles:
            self.keep(handle.stream, handle.n, wanted)

    def turn(self) -> None:
        if self.turns:
            changes = self.turns.pop(0)
            jurisdiction.change(
                changes,
                actor=SYSTEM,
                now=self.now,
                open_matters_by_seat=open_of_seats([row.id for row in snapshot().seats]),
            )
            self.done["turn"] += 1

    def publish(self) -> None:
        """The arrangement of the next year comes out, with days off that nobody counted with."""
        for _ in range(6):
            self.bring_in()
        waiting = rows("SELECT count(*) FROM matters_clock WHERE provisional AND status = 'running'")[0][0]
        off = [date(2027, 1, day) for day in range(1, 9)]
        force.publish("cn", 2027, off=off, worked=[], source="an invented notice", actor=SYSTEM, now=self.now)
        assert reset_provisional(self.now) > 0 and waiting > 0
        known = rows(
            "SELECT count(*) FROM matters_clock WHERE provisional AND status = 'running' AND due_at < %s", _2028()
        )
        assert known == [(0,)]
        self.published = True

    def step(self, number: int, steps: int) -> None:
        dice = self.random.random()
        if len(self.streams) < 6 or dice < 0.03:
            self.bring_in()
        elif dice < 0.72:
            self.possible_act()
        elif dice < 0.86:
            self.impossible_act()
        elif dice < 0.89:
            self.many_at_once()
        else:
            self.now += timedelta(hours=self.random.choice([1, 4, 20, 50, 130]))
            while tick(self.now):
                self.done["tick"] += 1
        if number and number % (steps // (len(TURNS) + 1)) == 0:
            self.turn()
        if not self.published and self.now >= datetime(2026, 12, 20, tzinfo=UTC):
            self.publish()
        self.look()

    def go_on_to(self, pack: str, road: str, most: int = 2000) -> None:
        """Go on with matters of one pack until one of another came of it: no dice promise the longest road."""
        self.road = road
        for number in range(most):
            if rows("SELECT count(*) FROM matters_matter WHERE pack = %s", pack)[0][0]:
                break
            self.possible_act()
            if number % 10 == 9:
                self.now += timedelta(hours=20)
                while tick(self.now):
                    self.done["tick"] += 1
            self.look()
        self.road = ""

    def look(self) -> None:
        """Children that came by themselves are matters like all others."""
        for found, n in rows("SELECT id, n FROM matters_matter"):
            self.keep(as_uuid(found), max(n, self.told.get(as_uuid(found), 0)))


def _2028() -> Any:
    return connection.ops.adapt_datetimefield_value(datetime(2028, 1, 1, tzinfo=UTC))


# What must hold, asked of the tables


def check_tables(county: County) -> None:
    county.done["queued"] += rows("SELECT count(*) FROM matters_party WHERE relation = 'queue'")[0][0]
    county.done.update(kind for (kind,) in rows("SELECT sensitivity FROM matters_matter"))
    check_owners()
    check_entries(county)


def check_owners() -> None:
    one_lead = "SELECT count(*) FROM matters_party p WHERE p.matter = m.id AND p.relation = 'lead'"
    same = f"{one_lead} AND p.unit = m.unit AND p.seat = m.seat"
    assert rows(f"SELECT m.number FROM matters_matter m WHERE ({one_lead}) <> 1 OR ({same}) <> 1") == []
    assert rows("SELECT number FROM matters_matter WHERE unit IS NULL OR unit = '' OR seat IS NULL OR seat = ''") == []
    strangers = (
        "SELECT m.number FROM matters_matter m LEFT JOIN jurisdiction_unit u ON u.id = m.unit"
        " LEFT JOIN jurisdiction_seat s ON s.id = m.seat AND s.unit = m.unit WHERE u.id IS NULL OR s.id IS NULL"
    )
    assert rows(strangers) == []
    assert (
        rows("SELECT number FROM matters_matter m JOIN jurisdiction_unit u ON u.id = m.unit WHERE NOT u.can_decide")
        == []
    )
    orphans = "SELECT count(*) FROM {0} x LEFT JOIN matters_matter m ON m.id = x.matter WHERE m.id IS NULL"
    for table in ("matters_party", "matters_clock", "matters_timer", "matters_text", "vault_secret", "vault_key"):
        assert rows(orphans.format(table)) == [(0,)], table


def check_entries(county: County) -> None:
    """Every entry is there, and clocks, timers and counts are what the entries say, read one by one."""
    bodies: dict[UUID, list[dict[str, Any]]] = {}
    for stream, body in rows("SELECT stream, body FROM ledger_entry ORDER BY stream, n"):
        bodies.setdefault(as_uuid(stream), []).append(json.loads(bytes(body)))
    due: dict[tuple[UUID, str], tuple[str, datetime]] = {}
    holders: dict[tuple[UUID, str], str] = {}
    matters = rows("SELECT id, n, pack, stage, open, handoffs, due_at, outcome FROM matters_matter")
    assert {as_uuid(row[0]) for row in matters} == set(county.told)
    for row in matters:
        stream, n, pack_name, stage, is_open, handoffs, next_due, outcome = as_uuid(row[0]), *row[1:]
        mine = bodies[stream]
        assert [body["n"] for body in mine] == list(range(1, n + 1))
        assert n == county.told[stream]
        counted: Counter[str] = Counter()
        units: list[str] = []
        for body in mine:
            for effect in body["effects"]:
                what, key = effect["e"], effect.get("key")
                if what == "clock.started":
                    assert (stream, key) not in due, "the first instance of a clock was overwritten"
                    due[stream, key] = ("running", moment(effect["due"]))
                    holders[stream, key] = effect["holder"]
                elif what in ("clock.extended", "clock.excluded", "clock.reset"):
                    assert due[stream, key][0] == "running"
                    due[stream, key] = ("running", moment(effect["due"]))
                elif what == "clock.stopped":
                    due[stream, key] = ("met" if effect["how"] == "met" else "stopped", due[stream, key][1])
                elif what == "counted":
                    counted[effect["name"]] += 1
                elif what == "owner" and (not units or units[-1] != effect["unit"]):
                    units.append(effect["unit"])
        assert handoffs == counted["handoffs"] == len(units) - 1
        spec = current(pack_name).stages[stage]
        running = {key: at for (one, key), (status, at) in due.items() if one == stream and status == "running"}
        assert bool(is_open) is not spec.ending
        assert bool(is_open) or outcome
        if is_open:
            # somebody is waited for, and a date says until when; under review it is the review's date
            above = rows("SELECT count(*) FROM matters_matter WHERE parent = %s AND open", _id(stream))[0][0]
            assert spec.waits_for and (running or above), (pack_name, stage)
            # the resident's own time to ask makes no office late
            theirs = [at for key, at in running.items() if holders[stream, key] != "resident"]
            assert as_time(next_due) == min(theirs, default=NEVER)
        state = json.loads(rows("SELECT state FROM matters_matter WHERE id = %s", _id(stream))[0][0])
        if not is_open:
            # A secret is lost and asked for anew after the ending, too.
            waiting = [key for key, one in state["requests"].items() if one["state"] in NO_OUTCOME_YET]
            assert all(key.startswith("reissue#") for key in waiting), waiting
    clocks = rows("SELECT matter, key, status, due_at FROM matters_clock")
    assert {(as_uuid(one), key): (status, as_time(at)) for one, key, status, at in clocks} == due
    timers = rows("SELECT matter, timer FROM matters_timer")
    assert [one for one in timers if due[as_uuid(one[0]), one[1].rpartition("|")[0]][0] != "running"] == []
    idle = "SELECT count(*) FROM matters_timer WHERE at <= %s"
    assert not county.done["tick"] or rows(idle, connection.ops.adapt_datetimefield_value(START)) == [(0,)]


def _id(stream: UUID) -> Any:
    return stream if connection.features.has_native_uuid_field else stream.hex


def check_canaries() -> None:
    for table in tables():
        if connection.vendor == "sqlite" and table.startswith("matters_search_"):
            continue
        for row in rows(f'SELECT * FROM "{table}"'):
            for value in row:
                raw = bytes(value) if isinstance(value, (bytes, memoryview)) else str(value).encode()
                assert not any(canary.encode() in raw for canary in CANARIES), table


def paged(actor: Actor, action: str) -> list[UUID]:
    found: list[UUID] = []
    for is_open in (True, False):
        after = None
        while True:
            page = queries.matters_list(actor, queries.Filters(open=is_open), action=action, limit=7, after=after)
            found += [row.stream for row in page.rows]
            after = page.next
            if after is None:
                break
    return found


def check_readers(county: County) -> None:
    """A list holds what may be opened and listed, and nothing else; a word is found where it may be looked for."""
    tips = loading.load_many(county.streams, using="default")
    texts: dict[UUID, list[str]] = {}
    for matter, body in rows(
        "SELECT matter, body FROM matters_text WHERE name NOT IN ('point', 'evidence_file', 'papers')"
    ):
        texts.setdefault(as_uuid(matter), []).append(body)
    readers = [*county.people(), SYSTEM, resident_of(county.streams[0].hex), ANONYMOUS]
    assert len(readers) > 20
    shown = 0
    for actor in readers:
        listed = paged(actor, "list")
        assert len(listed) == len(set(listed))
        opened = set()
        for stream, tip in tips.items():
            assert tip.state is not None
            held = relations(actor, view_of(tip.state, stream.hex))
            try:
                queries.see(actor, stream, tip=tip)
            except UnknownMatter:
                assert not may("list", tip.state.sensitivity, held)
                continue
            if may("list", tip.state.sensitivity, held):
                opened.add(stream)
        assert set(listed) == opened, actor
        assert queries.count(actor, open=None) == len(opened)
        shown += len(opened)
        desk = queries.desk(actor, now=county.now, soon_until=county.now + timedelta(days=7), limit=1000)
        at_work = {row.stream for part in (desk.late, desk.soon, desk.later) for row in part}
        # what they may act on by a relation that shows it in lists too
        may_act = {
            stream
            for stream, tip in tips.items()
            if tip.state is not None
            and tip.state.open
            and any(
                may("act", tip.state.sensitivity, frozenset({held}))
                and may("list", tip.state.sensitivity, frozenset({held}))
                for held in relations(actor, view_of(tip.state, stream.hex))
            )
        }
        assert at_work == may_act and desk.open_count == len(may_act)
        for word in PLANTED:
            found = {hit.row.stream for hit in queries.search(actor, word, limit=1000).hits}
            expected = {
                stream
                for stream, bodies in texts.items()
                if any(word in body for body in bodies)
                and (tip := tips[stream]).state is not None
                and may("search", tip.state.sensitivity, relations(actor, view_of(tip.state, stream.hex)))
            }
            assert found == expected, (actor, word)
    assert shown > 100


def check_planted(county: County) -> Iterable[UUID]:
    """The planted words stand where they were put, unless the vault has them or they were erased."""
    found = {as_uuid(one) for (one,) in rows("SELECT matter FROM matters_text WHERE body LIKE %s", f"%{PLANTED[0]}%")}
    sealed = {as_uuid(one) for (one,) in rows("SELECT id FROM matters_matter WHERE sensitivity <> 'ordinary'")}
    # an erasure may take no more than who somebody was
    erased = {
        stream
        for stream in county.planted
        if any(
            effect["e"] == "erased" and "text" in effect["texts"]
            for body in ledger_queries.bodies_since(stream, 0)
            for effect in body["effects"]
        )
    }
    assert found == set(county.planted) - sealed - erased
    return found


@pytest.mark.parametrize("seed", [20261126])
def test_random_lives_keep_every_promise(transactional_db: None, seed: int) -> None:
    from tests.support.standing_county import found

    found(*EXTRA)
    county = County(seed)
    steps = 1100
    try:
        for number in range(steps):
            county.step(number, steps)
            if number % 100 == 99:
                check_tables(county)
        county.go_on_to("cn.petition.review", "cn.petition.request")
        while not county.published:
            county.now += timedelta(days=9)
            while tick(county.now):
                county.done["tick"] += 1
            county.look()
            if county.now >= datetime(2026, 12, 20, tzinfo=UTC):
                county.publish()
        county.look()
        check_tables(county)
        check_canaries()
        assert len(list(check_planted(county))) > 5
        check_readers(county)
        report = verify()
        assert report.clean, report.differences
        assert report.matters == len(county.streams)
        assert_lived(county)
    finally:
        force.forget()


def assert_lived(county: County) -> None:
    """The walk came far: or nothing above was tested."""
    packs = {pack for (pack,) in rows("SELECT DISTINCT pack FROM matters_matter")}
    assert packs >= {*PACKS, "cn.petition.review"}, packs
    for column in ("topic", "region"):
        assert rows(f"SELECT count(*) FROM matters_matter WHERE {column} = ''")[0][0] > 3
    modes = {mode for (mode,) in rows("SELECT DISTINCT mode FROM matters_matter")}
    assert modes == {"open", "confidential", "anonymous"}
    assert rows("SELECT count(*) FROM matters_matter WHERE NOT open")[0][0] > 5
    assert rows("SELECT count(*) FROM matters_matter WHERE handoffs > 0")[0][0] > 5
    assert rows("SELECT count(*) FROM matters_party WHERE relation = 'concerned'")[0][0] > 0
    assert county.done["queued"] and county.done["sealed"] and county.done["minor"]
    assert not county.turns and county.done["tick"] > 5
    assert {"relation", "stage", "field-missing", "unknown"} <= set(county.refused), county.refused
    assert len([one for one in county.done if one in current("en.complaint").acts]) > 25, county.done
