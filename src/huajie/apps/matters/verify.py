"""
Check the promises on a live database, as far as entries can show them.

Everything is computed again: bytes, hashes, marks and chains of every entry; every decision, against the pack, the
calendar and the jurisdiction that the entry names; the fold of every matter, compared with every row that lists and
clocks are read from. What entries can't show is
said, not passed over.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import groupby
from typing import Any, Self
from uuid import UUID

from django.conf import settings
from django.db import connections

from huajie.apps.accounts import operations as accounts
from huajie.apps.attachments.errors import Missing
from huajie.apps.attachments.queries import Kept, kept_between
from huajie.apps.attachments.uploads import address_of, listed
from huajie.apps.jurisdiction import queries as jurisdiction_queries
from huajie.apps.ledger import queries as ledger_queries
from huajie.apps.ledger import triggers
from huajie.apps.matters.loading import aware, facts_in
from huajie.apps.matters.numbers import number_of
from huajie.apps.matters.operations import opening_relations
from huajie.apps.matters.projection import STATE_COLUMNS, project, view_of
from huajie.apps.procedure import force, registry
from huajie.apps.vault import operations as vault
from huajie.core.access import (
    IMPORT,
    SYSTEM,
    Actor,
    NotSeated,
    actor_for,
    allowed,
    before_the_roles,
    relations,
    resident_of,
)
from huajie.core.clocks import Calendar
from huajie.core.jurisdiction import Jurisdiction, check_effects
from huajie.core.ledger import (
    Record,
    canonical,
    check_chain,
    commitment,
    head_mac,
    moment,
    opening,
    parse_leaf,
)
from huajie.core.procedure import (
    FACTS,
    Pack,
    Refused,
    State,
    command_of,
    decide,
    fold,
    marks_in,
    open_body,
    open_state,
    resolve,
    seal_facts,
)
from huajie.core.procedure.common import GAP_WORKDAYS

#: findings kept for each promise; the count goes on
_KEPT = 20


@dataclass(slots=True, frozen=True)
class Difference:
    """One thing that is not as entries say it must be."""

    #: which promise of the design it touches, 1 to 10
    promise: int
    #: number of the matter, or name of the stream or table
    where: str
    #: number of the entry; None for a row
    n: int | None
    #: short name of the check
    check: str
    message: str


@dataclass(slots=True)
class Report:
    entries: int = 0
    matters: int = 0
    imported: int = 0
    imported_entries: int = 0
    acts: int = 0
    rows: int = 0
    texts: int = 0
    #: matters written down more than one working day after they came in, each with the reason that its entry commits to
    entered_late: int = 0
    #: boxes of the vault opened
    secrets: int = 0
    #: acts that can't be decided again because an act erased the facts that they had before them
    not_decided: int = 0
    #: files read whole and compared
    files: int = 0
    #: fields of files that an act erased: nothing of them is expected on the disk
    files_erased: int = 0
    differences: list[Difference] = field(default_factory=list)
    count: int = 0
    checked: dict[int, int] = field(default_factory=lambda: dict.fromkeys(range(1, 11), 0))

    @property
    def clean(self) -> bool:
        return self.count == 0

    def add(self, promise: int, where: str, n: int | None, check: str, message: str) -> None:
        self.count += 1
        if len(self.differences) < _KEPT * 5:
            self.differences.append(Difference(promise, where, n, check, message))

    def merge(self, other: "Report") -> None:
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.differences.extend(other.differences)
        for promise, number in other.checked.items():
            self.checked[promise] += number


#: what is added up when reports are
_COUNTS = tuple(
    "entries matters imported imported_entries acts rows texts secrets not_decided entered_late files files_erased"
    " count".split()
)
#: what entries can't show, by promise, in the reader's two languages
NOT_SHOWN: dict[int, dict[str, str]] = {
    1: {
        "en": "That nobody was turned away before a number was given, and that a disk keeps what it confirmed.",
        "zh": "无法证明：有人在取得编号之前被拒之门外；磁盘确认写入后确实保存。",
    },
    2: {
        "en": "That the person on the answerable seat really works on it.",
        "zh": "无法证明：责任岗位上的人确实在办理。",
    },
    3: {
        "en": "That the newest entries of a matter were not cut off together with a saved copy of its older row,"
        " by somebody who had kept that row: the public log shows it once entries are sealed there.",
        "zh": "无法证明：有人预先留存旧行，再把事项最后几条记录连同该行一起换回。公开日志封存之后即可发现。",
    },
    4: {
        "en": "That a thing happened when the entry says so; only when it was recorded is marked.",
        "zh": "无法证明：事情确实发生在所记的时刻；有印记的是记录的时刻。",
    },
    5: {
        "en": "That two accounts are two people.",
        "zh": "无法证明：两个账号确是两个人。",
    },
    6: {
        "en": "That an outcome is true, or that evidence shows what it claims.",
        "zh": "无法证明：结果属实，或者证据确实说明所称的事实。",
    },
    7: {
        "en": "A conflict of interest that nobody named.",
        "zh": "无法发现：没有人指出的利害关系。",
    },
    8: {
        "en": "That nobody keeps a list of people elsewhere.",
        "zh": "无法发现：有人在系统之外另存人员名单。",
    },
    9: {
        "en": "Figures published outside this system.",
        "zh": "无法核对：在本系统之外公布的数字。",
    },
    10: {
        "en": "Whether strangers were shown the same log: witnesses show that, once the public log runs.",
        "zh": "无法证明：外人看到的是同一份日志；公开日志启用后由见证方证明。",
    },
}


class _World:
    """Packs, calendars and jurisdictions by the names that entries give them, each read once."""

    def __init__(self, using: str, report: Report) -> None:
        self.using = using
        self.report = report
        self.packs: dict[str, Pack | None] = {}
        self.calendars: dict[str, Calendar | None] = {}
        self._versions = jurisdiction_queries.versions(using=using)
        self._documents: dict[str, bytes] = {}
        for name, _kind, content in ledger_queries.documents(using=using):
            if sha256(content).hexdigest() != name:
                report.add(
                    3, f"document {name[:12]}", None, "document", "the kept pack or calendar is not what its hash names"
                )
            self._documents[name] = content

    def pack(self, name: str) -> Pack | None:
        if name not in self.packs:
            content = self._documents.get(name)
            found = resolve(json.loads(content)) if content is not None else None
            self.packs[name] = found if found is not None and found.hash == name else None
        return self.packs[name]

    def calendar(self, name: str) -> Calendar | None:
        if name not in self.calendars:
            content = self._documents.get(name)
            found = Calendar.from_document(json.loads(content)) if content is not None else None
            self.calendars[name] = found if found is not None and found.hash == name else None
        return self.calendars[name]

    def jurisdiction(self, version: int) -> Jurisdiction | None:
        return self._versions(version)


@dataclass(slots=True)
class _Rows:
    """What the tables hold of one matter."""

    number: str = ""
    case_ref: str = ""
    head: bytes = b""
    head_mac: bytes = b""
    state: str = ""
    columns: dict[str, Any] = field(default_factory=dict)
    found: bool = False
    party: dict[tuple[str, str], tuple[Any, ...]] = field(default_factory=dict)
    clock: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    timer: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    opening: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    leads: int = 0
    texts: dict[tuple[int, str], str] = field(default_factory=dict)
    #: what the vault holds, by entry and name
    sealed: dict[tuple[int, str], bytes] = field(default_factory=dict)
    wrapped: bytes | None = None
    #: by id
    files: dict[str, Kept] = field(default_factory=dict)


#: stream of a later app -> its name in findings, and what compares its rows: gives (number of the entry, what is wrong)
_streams: dict[UUID, tuple[str, Callable[[str], Iterator[tuple[int | None, str]]]]] = {}


def register_stream(stream: UUID, name: str, look: Callable[[str], Iterator[tuple[int | None, str]]]) -> None:
    """
    Have `verify` check a stream that holds no matter, and then what follows from it.

    Args:
        look: takes the database, yields what differs between rows and entries.
    """
    _streams[stream] = (name, look)


def verify(*, using: str = "default", progress: Callable[[int], None] | None = None) -> Report:
    """
    Compute everything again and compare.

    A matter that changes while we look is read a second time, so that a busy desk raises no false alarm.

    Args:
        using: the database.
        progress: called with the number of entries done, now and then.
    Returns:
        What was checked and what differs; `clean` says whether anything does.
    """
    report = Report()
    world = _World(using, report)
    _check_triggers(report, using)
    _check_packs_on_disk(report, world)
    done = 0
    after = UUID(int=0)
    for chunk in _chunks(using, 400):
        last = chunk[-1][0]
        bundle = _bundle(using, after, last)
        openings = ledger_queries.openings_between(after, last, using=using)
        for stream, records in chunk:
            rows = bundle.pop(stream, None) or _Rows()
            if stream == jurisdiction_queries.STREAM:
                _check_jurisdiction(report, world, records, openings.get(stream, {}))
            elif stream == force.STREAM:
                _check_calendars(report, world, records, openings.get(stream, {}))
            elif stream == accounts.STREAM:
                _check_accounts(report, world, records, openings.get(stream, {}))
            elif stream in _streams:
                _check_stream(report, _streams[stream][0], records, openings.get(stream, {}))
            else:
                mine = Report()
                _check_matter(mine, world, stream, records, openings.get(stream, {}), rows)
                if mine.count:
                    mine = _again(world, stream, using) or mine
                report.merge(mine)
            done += len(records)
        for rows in bundle.values():
            report.add(3, rows.number or "?", None, "row", "rows stand for a matter that has no entry at all")
        after = last
        if progress is not None:
            progress(done)
    for rows in _bundle(using, after, UUID(int=2**128 - 1)).values():
        report.add(3, rows.number or "?", None, "row", "rows stand for a matter that has no entry at all")
    for name, look in _streams.values():
        for n, message in look(using):
            report.add(9, name, n, "row", message)
    return report


def _again(world: _World, stream: UUID, using: str) -> Report | None:
    """Read one matter once more, in one go; None when it has moved on so far that only a new run can say."""
    records = ledger_queries.entries_of(stream, using=using)
    before = UUID(int=stream.int - 1)
    bundle = _bundle(using, before, stream)
    openings = ledger_queries.openings_between(before, stream, using=using)
    if len(ledger_queries.entries_of(stream, using=using)) != len(records):
        return None
    found = Report()
    _check_matter(found, world, stream, records, openings.get(stream, {}), bundle.get(stream) or _Rows())
    return found


def _chunks(using: str, size: int) -> Iterator[list[tuple[UUID, list[Record]]]]:
    chunk: list[tuple[UUID, list[Record]]] = []
    for stream, records in groupby(ledger_queries.iterate_entries(using=using), key=lambda record: record.stream):
        chunk.append((stream, list(records)))
        if len(chunk) >= size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _uuid(value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)


_MOMENTS = frozenset({"received_at", "recorded_at", "due_at"})


def _bundle(using: str, after: UUID, last: UUID) -> dict[UUID, _Rows]:
    """Return every projection row of the streams in (after, last]."""
    connection = connections[using]
    bounds = [after, last] if connection.features.has_native_uuid_field else [after.hex, last.hex]
    out: dict[UUID, _Rows] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, number, case_ref, head, head_mac, state, {', '.join(STATE_COLUMNS)} FROM matters_matter"
            " WHERE id > %s AND id <= %s",
            bounds,
        )
        for row in cursor.fetchall():
            rows = out.setdefault(_uuid(row[0]), _Rows())
            rows.found = True
            rows.number, rows.case_ref, rows.head, rows.head_mac, rows.state = (
                row[1],
                row[2],
                bytes(row[3]),
                bytes(row[4]),
                row[5],
            )
            rows.columns = dict(zip(STATE_COLUMNS, row[6:], strict=True))
        cursor.execute(
            "SELECT matter, unit, relation, seat, sensitivity, open, due_at FROM matters_party"
            " WHERE matter > %s AND matter <= %s",
            bounds,
        )
        for matter, unit, relation, seat, sensitivity, is_open, due_at in cursor.fetchall():
            rows = out.setdefault(_uuid(matter), _Rows())
            rows.party[unit, relation] = (seat, sensitivity, bool(is_open), aware(due_at))
            rows.leads += relation == "lead"
        cursor.execute(
            "SELECT matter, key, name, k, started_at, due_at, status, provisional, ended_at, unit FROM matters_clock"
            " WHERE matter > %s AND matter <= %s",
            bounds,
        )
        for matter, name, *values in cursor.fetchall():
            clock = out.setdefault(_uuid(matter), _Rows()).clock
            clock[name] = (
                values[0],
                values[1],
                aware(values[2]),
                aware(values[3]),
                values[4],
                bool(values[5]),
                aware(values[6]) if values[6] is not None else None,
                values[7],
            )
        cursor.execute("SELECT matter, timer, act, at FROM matters_timer WHERE matter > %s AND matter <= %s", bounds)
        for matter, timer, act, at in cursor.fetchall():
            out.setdefault(_uuid(matter), _Rows()).timer[timer] = (act, aware(at))
        cursor.execute(
            "SELECT matter, n, at, what, purpose, unit, seat FROM matters_opening WHERE matter > %s AND matter <= %s",
            bounds,
        )
        for matter, n, at, *values in cursor.fetchall():
            out.setdefault(_uuid(matter), _Rows()).opening[n] = (aware(at), *values)
        cursor.execute("SELECT matter, n, name, body FROM matters_text WHERE matter > %s AND matter <= %s", bounds)
        for matter, n, name, body in cursor.fetchall():
            out.setdefault(_uuid(matter), _Rows()).texts[n, name] = body
        cursor.execute("SELECT matter, n, name, box FROM vault_secret WHERE matter > %s AND matter <= %s", bounds)
        for matter, n, name, box in cursor.fetchall():
            out.setdefault(_uuid(matter), _Rows()).sealed[n, name] = bytes(box)
        cursor.execute("SELECT matter, wrapped FROM vault_key WHERE matter > %s AND matter <= %s", bounds)
        for matter, wrapped in cursor.fetchall():
            out.setdefault(_uuid(matter), _Rows()).wrapped = bytes(wrapped)
        for kept in kept_between(*bounds, using=using):
            out.setdefault(kept.matter, _Rows()).files[kept.id.hex] = kept
    return out


def _check_triggers(report: Report, using: str) -> None:
    for problem in triggers.trigger_report(using):
        report.add(3, "ledger", None, "trigger", str(problem))


def _check_packs_on_disk(report: Report, world: _World) -> None:
    """A pack file that was changed without a new version is a swapped procedure."""
    for name, version, hash_on_disk, hash_in_force in registry.shipped_against_kept(using=world.using):
        if hash_on_disk != hash_in_force:
            report.add(
                4,
                f"pack {name} {version}",
                None,
                "pack file",
                "the file differs from what was in force under the same version",
            )


def _check_stream(report: Report, name: str, records: list[Record], openings: dict[int, Any]) -> None:
    for finding in check_chain(
        records,
        key=settings.HUAJIE_KEYS["record"],
        seed_of=lambda n: openings[n].seed if n in openings else None,
    ):
        report.add(3, name, finding.n, finding.check, finding.message)
    report.entries += len(records)


def _check_calendars(report: Report, world: _World, records: list[Record], openings: dict[int, Any]) -> None:
    """The calendar in force is the one that the newest entry about it published."""
    _check_stream(report, "calendars", records, openings)
    published: dict[str, str] = {}
    for record in records:
        for effect in json.loads(record.body)["effects"]:
            published[effect["calendar"]] = effect["hash"]
    if force.published(using=world.using) != published:
        report.add(4, "calendars", None, "row", "the calendars in force are not those that the entries published")


def _check_accounts(report: Report, world: _World, records: list[Record], openings: dict[int, Any]) -> None:
    """Whatever was done to an account was done by its owner, by an administrator's seat, or on the server itself."""
    _check_stream(report, "accounts", records, openings)
    for record in records:
        body = json.loads(record.body)
        who = body["actor"]
        if who["kind"] != "seat" or all(effect["person"] == who["person"] for effect in body["effects"]):
            continue
        jurisdiction = world.jurisdiction(body["jurisdiction"])
        try:
            if jurisdiction is None:
                raise NotSeated(who["seat"] or "")
            actor = actor_for(jurisdiction, who["person"], who["seat"], record.at)
        except NotSeated:
            report.add(2, "accounts", record.n, "decision", "nobody sat on the seat that changed an account")
            continue
        if not allowed(actor, None, "manage_accounts"):
            report.add(2, "accounts", record.n, "decision", "a seat that may not do so changed an account")


def _check_jurisdiction(report: Report, world: _World, records: list[Record], openings: dict[int, Any]) -> None:
    name = "jurisdiction"
    _check_stream(report, name, records, openings)
    if jurisdiction_queries.read_rows(using=world.using) != world.jurisdiction(len(records)):
        report.add(
            2, name, None, "row", "the rows of units, seats, postings, topics or remits are not what the entries give"
        )
    for record in records:
        body = json.loads(record.body)
        before = world.jurisdiction(record.n - 1)
        if before is None:
            report.add(2, name, record.n, "fold", "can't be folded")
            continue
        for fault in check_effects(before, body["effects"], now=record.at):
            report.add(2, name, record.n, "decision", f"this change would be refused: {fault.code} {fault.path}")


def _check_matter(
    report: Report, world: _World, stream: UUID, records: list[Record], openings: dict[int, Any], rows: _Rows
) -> None:
    number = rows.number or number_of(settings.HUAJIE_KEYS["number"], stream)
    bodies: list[dict[str, Any]] = []
    for finding in check_chain(
        records,
        key=settings.HUAJIE_KEYS["record"],
        seed_of=lambda n: openings[n].seed if n in openings else None,
        openings_of=lambda n: openings[n].openings if n in openings else None,
        bodies=bodies,
    ):
        report.add(3, number, finding.n, finding.check, finding.message)
    report.entries += len(records)
    report.matters += 1
    if len(bodies) != len(records):
        return
    state: State | None = None
    facts = _Facts.of(report, number, stream, bodies, rows)
    at = 0
    while at < len(bodies):
        end = at + 1
        while end < len(bodies) and bodies[end]["clock"] is not None:
            end += 1
        group = bodies[at:end]
        try:
            _redecide(report, world, number, stream, state, group, records[at:end], facts)
            for body in group:
                state = fold(state, body)
        except (KeyError, TypeError, ValueError) as error:
            report.add(3, number, group[0]["n"], "fold", f"can't be folded: {type(error).__name__} {error}")
            return
        _count_act(report, world, group, state)
        at = end
    assert state is not None
    if state.imported:
        report.imported += 1
        report.imported_entries += len(records)
    report.entered_late += open_state(state, facts.known).facts.get("gap_workdays", 0) > GAP_WORKDAYS
    _compare_rows(report, number, stream, state, records[-1], rows)
    _check_texts(report, number, state, bodies, openings, rows)
    _check_vault(report, world, number, stream, bodies, openings, rows)
    _check_files(report, world, number, stream, bodies, rows)


@dataclass(slots=True)
class _Facts:
    """The facts of a sealed matter, as far as the vault still holds them."""

    known: dict[int, dict[str, Any]]
    #: the first entry that keeps its facts in the vault; None: none does
    first: int | None
    #: the newest entry that erased them; None: none did
    erased: int | None

    @classmethod
    def of(cls, report: Report, number: str, stream: UUID, bodies: list[dict[str, Any]], rows: _Rows) -> Self:
        brought = [body["n"] for body in bodies if FACTS in dict(body["texts"])]
        erased = [
            body["n"]
            for body in bodies
            for effect in body["effects"]
            if effect["e"] == "erased" and FACTS in effect["texts"]
        ]
        boxes = {n: box for (n, name), box in rows.sealed.items() if name == FACTS}
        known: dict[int, dict[str, Any]] = {}
        if boxes and rows.wrapped is not None:
            try:
                known = facts_in(vault.unwrap(stream, rows.wrapped), stream, boxes)
            except (vault.Unreadable, ValueError, KeyError):
                # said of the box itself, where every box of the matter is opened
                pass
        return cls(known, brought[0] if brought else None, erased[-1] if erased else None)

    def erased_after(self, n: int, state: State | None, body: dict[str, Any]) -> bool:
        """Return whether an act lets nobody decide entry `n` again: it erased facts that the decision had before it."""
        return self.erased is not None and n <= self.erased and not marks_in(state, [body]) <= self.known.keys()


def _count_act(report: Report, world: _World, group: list[dict[str, Any]], state: State | None) -> None:
    """Count what this act let us check, promise by promise."""
    report.acts += 1
    checked = report.checked
    checked[3] += len(group)
    checked[4] += sum(body["clock"] is not None for body in group)
    checked[7] += group[0]["actor"]["kind"] == "seat"
    checked[10] += len(group)
    pack = world.pack(group[0]["pack"])
    act = pack.acts.get(group[0]["act"] or "") if pack is not None else None
    checked[5] += act is not None and act.independent
    kinds = {effect["e"] for effect in group[0]["effects"]}
    checked[6] += bool(kinds & {"outcome", "fulfilment", "verdict", "ended", "reopened"})


def _redecide(
    report: Report,
    world: _World,
    number: str,
    stream: UUID,
    state: State | None,
    group: list[dict[str, Any]],
    records: list[Record],
    facts: "_Facts",
) -> None:
    """Decide the act again with the pack, calendar and jurisdiction that the entry names, and compare what follows."""
    body = group[0]
    n = body["n"]
    if facts.erased_after(n, state, body):
        report.not_decided += 1
        return
    pack, calendar = world.pack(body["pack"]), world.calendar(body["calendar"])
    jurisdiction = world.jurisdiction(body["jurisdiction"])
    if pack is None or calendar is None or jurisdiction is None:
        missing = [
            name
            for name, found in (("pack", pack), ("calendar", calendar), ("jurisdiction", jurisdiction))
            if found is None
        ]
        report.add(
            4,
            number,
            n,
            "names",
            f"the {', '.join(missing)} that the entry names is not kept, or not what its hash says",
        )
        return
    now = moment(body["at"])
    try:
        actor = _actor(body["actor"], jurisdiction, now, stream)
    except NotSeated:
        report.add(2, number, n, "actor", "the person did not sit on that seat at that moment")
        return
    if body["actor"].get("for") != actor.on_behalf:
        report.add(2, number, n, "actor", "the person acted from that seat for somebody else than the entry says")
        return
    if not any({"area_worker", "lead_reviewer"} & act.by for act in pack.acts.values()):
        actor = before_the_roles(actor, jurisdiction)
    parent = next((effect["parent"] for effect in body["effects"] if effect["e"] == "opened"), None)
    standing = opening_relations(actor, parent) if state is None else relations(actor, view_of(state, stream.hex))
    command = command_of(open_body(body, facts.known), actor=actor, relations=standing)
    if state is not None and facts.first is not None:
        state = open_state(state, facts.known)
    try:
        decision = decide(pack, state, command, jurisdiction=jurisdiction, calendar=calendar, now=now)
    except Refused as refusal:
        report.add(
            4, number, n, "decision", "this act would be refused: " + ", ".join(unmet.code for unmet in refusal.unmet)
        )
        return
    if len(decision.entries) != len(group):
        report.add(4, number, n, "decision", f"the act leads to {len(decision.entries)} entries, {len(group)} stand")
        return
    drafts = list(decision.entries)
    if FACTS in dict(body["texts"]):
        drafts[0], values = seal_facts(pack, drafts[0], n)
        if values != facts.known.get(n):
            report.add(
                3, number, n, "facts", "the facts in the vault are not those that the act has when decided again"
            )
    elif facts.first is not None and facts.first < n and seal_facts(pack, drafts[0], n)[1]:
        report.add(8, number, n, "facts", "facts stand in the clear in an entry of a sealed matter")
    for draft, stands, record in zip(drafts, group, records, strict=True):
        for name, expected, found in (
            ("effects", list(draft.effects), stands["effects"]),
            ("kind", draft.kind, stands["kind"]),
            ("input", dict(draft.input), stands["input"]),
            ("clock", draft.clock, stands["clock"]),
        ):
            if expected != found:
                promise = 4 if name in ("clock", "effects") else 3
                report.add(
                    promise,
                    number,
                    stands["n"],
                    "decision",
                    f"{name}: decided again {expected!r}, stands {found!r}"[:600],
                )
        if not stands.get("sealed") and parse_leaf(record.leaf).kind != draft.public_kind:
            report.add(10, number, stands["n"], "leaf", f"the public leaf does not say {draft.public_kind}")


def _actor(document: dict[str, Any], jurisdiction: Jurisdiction, at: datetime, stream: UUID) -> Actor:
    kind = document["kind"]
    if kind == "seat":
        return actor_for(jurisdiction, document["person"], document["seat"], at)
    if kind == "resident":
        return resident_of(stream.hex, document.get("participant", 1))
    if kind == "import":
        return IMPORT
    return SYSTEM if kind == "system" else Actor(kind)


def _compare_rows(report: Report, number: str, stream: UUID, state: State, last: Record, rows: _Rows) -> None:
    if not rows.found:
        report.add(1, number, None, "row", "the matter has entries and no row")
        return
    expected = project(state)
    report.checked[1] += 1
    report.checked[2] += 1
    report.rows += 1 + len(expected.party) + len(expected.clock) + len(expected.timer) + len(expected.opening)
    report.checked[8] += len(expected.opening)
    for name, value in zip(STATE_COLUMNS, expected.matter, strict=True):
        stands = rows.columns[name]
        if name in _MOMENTS:
            stands = aware(stands)
        elif name in ("open", "imported"):
            stands = bool(stands)
        elif name == "parent" and stands is not None:
            stands = _uuid(stands)
        if stands != value:
            promise = 2 if name in ("unit", "seat") else 4 if name == "due_at" else 3
            report.add(promise, number, None, f"row {name}", f"stands {stands!s}, entries give {value!s}")
    if rows.number != number_of(settings.HUAJIE_KEYS["number"], stream):
        report.add(3, number, None, "row number", "not the number that belongs to this matter")
    if rows.state != canonical(state.to_document()).decode():
        report.add(3, number, None, "row state", "the kept state is not the fold of the entries")
    if rows.head != last.leaf_hash:
        report.add(3, number, None, "row head", "does not name the last entry: entries were cut off or added")
    elif rows.head_mac != head_mac(settings.HUAJIE_KEYS["record"], stream, last.n, last.leaf_hash):
        report.add(3, number, None, "row head", "was not written by this server")
    if rows.leads != 1:
        report.add(2, number, None, "owner", f"{rows.leads} lead units instead of exactly one")
    for promise, table, stands_rows, expected_rows in (
        (2, "party", rows.party, expected.party),
        (4, "clock", rows.clock, expected.clock),
        (4, "timer", rows.timer, expected.timer),
        (8, "opening", rows.opening, expected.opening),
    ):
        if stands_rows == expected_rows:
            continue
        for place in {**stands_rows, **expected_rows}:
            if stands_rows.get(place) != expected_rows.get(place):
                report.add(
                    promise,
                    number,
                    None,
                    f"{table} {place}",
                    f"stands {_plain(stands_rows.get(place))}, entries give {_plain(expected_rows.get(place))}",
                )
    if state.open and not state.unit:
        report.add(2, number, None, "owner", "an open matter without an owner")


def _plain(values: tuple[Any, ...] | None) -> str:
    return "nothing" if values is None else ", ".join(str(value) for value in values)


def _check_texts(
    report: Report, number: str, state: State, bodies: list[dict[str, Any]], openings: dict[int, Any], rows: _Rows
) -> None:
    """
    A text that is there must be the one that its entry commits to; one that is not must have been erased by an act.
    """
    erased = {
        name for body in bodies for effect in body["effects"] if effect["e"] == "erased" for name in effect["texts"]
    }
    replaced = _replaced(bodies)
    for body in bodies:
        n = body["n"]
        for name, committed in body["texts"]:
            report.texts += 1
            text = rows.texts.get((n, name))
            if (n, name) in replaced and (text is not None or (n, name) in rows.sealed):
                report.add(3, number, n, f"text {name}", "is still there though an act put another in its place")
            if text is None:
                if (n, name) not in rows.sealed and name not in erased and (n, name) not in replaced:
                    report.add(3, number, n, f"text {name}", "is gone without an act that erased it")
                continue
            kept = openings.get(n)
            if kept is None or kept.seed is None:
                continue
            if b64encode(commitment(opening(kept.seed, name), name, text.encode())).decode() != committed:
                report.add(3, number, n, f"text {name}", "is not the text that the entry commits to")


def _replaced(bodies: list[dict[str, Any]]) -> set[tuple[int, str]]:
    """Return entry and name of each version of a text that an act put another in the place of."""
    return {
        (n, name)
        for body in bodies
        for effect in body["effects"]
        if effect["e"] == "replaced"
        for name, n in effect["texts"].items()
    }


def _check_vault(
    report: Report,
    world: _World,
    number: str,
    stream: UUID,
    bodies: list[dict[str, Any]],
    openings: dict[int, Any],
    rows: _Rows,
) -> None:
    """
    What was taken out of a text must lie in the vault as its entry commits to it, unless an act erased it.

    Boxes that nobody can open are as good as gone: every one of the matter is opened here.
    """
    expected = {(body["n"], name): said for body in bodies for name, said in body["input"].get("@masked", {}).items()}
    erased = {
        name for body in bodies for effect in body["effects"] if effect["e"] == "erased" for name in effect["texts"]
    }
    pack = world.pack(bodies[-1]["pack"]) if bodies else None
    replaced = _replaced(bodies)
    identity_gone = pack is not None and not pack.contact_fields.isdisjoint(erased)
    for n, name in expected:
        gone = name in erased or (n, name) in replaced or identity_gone
        if (n, name + vault.MASKED) not in rows.sealed and not gone:
            report.add(3, number, n, f"masked {name}", "what was taken out is gone without an act that erased it")
    if not rows.sealed:
        return
    try:
        key = vault.unwrap(stream, rows.wrapped) if rows.wrapped is not None else None
    except vault.Unreadable as error:
        report.add(3, number, None, "vault", str(error))
        return
    if key is None:
        report.add(3, number, None, "vault", "holds boxes of this matter and not the key to them")
        return
    committed = {(body["n"], name): said for body in bodies for name, said in body["texts"]}
    for (n, name), box in rows.sealed.items():
        report.secrets += 1
        try:
            value = vault.unseal_whole(key, stream, n, name, box)
            kept = openings.get(n)
            if (n, name) in committed and kept is not None and kept.seed is not None:
                made = commitment(opening(kept.seed, name), name, value)
                if b64encode(made).decode() != committed[n, name]:
                    report.add(3, number, n, f"vault {name}", "is not what the entry commits to")
            if name.endswith(vault.MASKED):
                text = name.removesuffix(vault.MASKED)
                vault.spans_of(text, value, expected.get((n, text), ""))
        except (vault.Unreadable, ValueError, KeyError) as error:
            report.add(3, number, n, f"vault {name}", str(error))


def _check_files(
    report: Report, world: _World, number: str, stream: UUID, bodies: list[dict[str, Any]], rows: _Rows
) -> None:
    """Every file that an entry commits to lies on the disk as it was kept, unless an act erased it."""
    erased = {
        name for body in bodies for effect in body["effects"] if effect["e"] == "erased" for name in effect["texts"]
    }
    key: bytes | None = None
    if rows.wrapped is not None and rows.files:
        try:
            key = vault.unwrap(stream, rows.wrapped)
        except vault.Unreadable as error:
            report.add(3, number, None, "files", str(error))
            return
    left = dict(rows.files)
    for body in bodies:
        n = body["n"]
        pack = world.pack(body["pack"])
        for name, _committed in body["texts"]:
            if pack is None or pack.texts.get(name) != "file":
                continue
            text = rows.texts.get((n, name))
            if text is None and (n, name) in rows.sealed and key is not None:
                text = vault.unseal(key, stream, n, name, rows.sealed[n, name]).decode()
            if text is None:
                report.files_erased += name in erased
                continue
            for item in listed(text):
                report.files += 1
                kept = left.pop(item["id"], None)
                found = "is named by no row, so that nobody can read it" if kept is None or key is None else ""
                if kept is not None and key is not None:
                    found = _wrong_with(kept, item, key, n, name)
                if found:
                    report.add(3, number, n, f"file in {name}", found)
    for kept in left.values():
        report.add(3, number, kept.n, f"file in {kept.name}", "is named by no entry")


def _wrong_with(kept: Kept, item: dict[str, Any], key: bytes, n: int, name: str) -> str:
    """Return what is wrong with a kept file, empty where it is what the entry commits to."""
    if (kept.n, kept.name, kept.size) != (n, name, item["size"]):
        return "its row is not as the entry says"
    if kept.address != address_of(kept.id.hex, item["sha256"]):
        return "lies where another content belongs"
    try:
        digest = sha256()
        for part in kept.read(key):
            digest.update(part)
    except Missing as error:
        return f"is {error}"
    except vault.Unreadable as error:
        return str(error)
    return "" if digest.hexdigest() == item["sha256"] else "is not the file that the entry commits to"
