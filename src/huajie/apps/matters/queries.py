"""
What people read: lists, the desk, search, one matter. Each answers in a fixed number of statements however many rows
there are.

A list is one scan of the lens that core/access gives; nothing here decides who may see what, and nothing finds
matters by a person.
"""

import json
import math
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

from django.db import connections

from huajie.apps.attachments.queries import Kept, files_of
from huajie.apps.attachments.uploads import listed
from huajie.apps.jurisdiction.queries import snapshot
from huajie.apps.ledger import queries as ledger_queries
from huajie.apps.ledger.reading import among, steady
from huajie.apps.matters import figures, loading, places
from huajie.apps.matters.errors import UnknownMatter
from huajie.apps.matters.loading import as_uuid, aware, db_uuid
from huajie.apps.matters.numbers import BadNumber, parse_number
from huajie.apps.matters.operations import Tip
from huajie.apps.matters.projection import FAR, as_moment, view_of
from huajie.apps.matters.search import query_grams, runs
from huajie.apps.procedure import force
from huajie.apps.procedure.registry import packs
from huajie.apps.vault import operations as vault
from huajie.core.access import EVERY_UNIT, Actor, Arm, LensQuery, allowed, lens, prepared_lens, relations, signing_lens
from huajie.core.clocks import Calendar, Explanation, Extension, Span, explain
from huajie.core.procedure import (
    OWN_TEXTS,
    ActStanding,
    DossierStanding,
    State,
    dossiers,
    open_body,
    open_state,
    standing,
)

#: rows of a page when nobody asks for fewer
PAGE = 50
#: seconds for which a snapshot is shown without a look; whoever acts on it has its version checked
_SNAPSHOT_AGE = 1.0
#: a reader of so few matters is served by looking through them, a reader of more by the index of pairs
_SMALL_LENS = {"sqlite": 2000, "postgresql": 300}


class BadCursor(ValueError):
    """The page key is not one that we gave out: start from the first page."""


@dataclass(slots=True, frozen=True)
class Row:
    """One line of a list: no text but the title, and that only of ordinary matters; no identity, no home."""

    stream: UUID
    number: str
    pack: str
    stage: str
    open: bool
    unit: str
    seat: str
    topic: str
    region: str
    received_at: datetime
    changed_at: datetime
    #: None: no clock runs
    due_at: datetime | None
    handoffs: int
    outcome: str | None
    imported: bool
    title: str
    n: int
    channel: str


@dataclass(slots=True, frozen=True)
class Page:
    rows: tuple[Row, ...]
    #: opaque key of the next page, None at the end
    next: str | None
    #: opaque key of the page before, None at the beginning
    previous: str | None = None


#: What a list may be put in order by; with a `-` before it, the other way round.
SORTS = {"due": "due_at", "received": "received_at", "last": "changed_at", "number": "number"}
#: For whom a matter waits: for the reader, for a unit that the reader's unit has asked, for the resident.
WAITS = ("us", "unit", "resident")


@dataclass(slots=True, frozen=True)
class Filters:
    """What narrows a list; every field is about the problem, none about a person."""

    open: bool | None = True
    pack: str | None = None
    stage: str | None = None
    #: several: any of them
    topic: str | tuple[str, ...] | None = None
    region: str | tuple[str, ...] | None = None
    unit: str | tuple[str, ...] | None = None
    seat: str | None = None
    channel: str | None = None
    outcome: str | None = None
    #: received at or after the first and before the second
    received_from: datetime | None = None
    received_before: datetime | None = None
    #: due before this moment, whoever must keep it
    due_before: datetime | None = None
    #: the date that the reader must keep, as a line shows it: after the first (None: whenever), not after the second
    own_due: tuple[datetime | None, datetime] | None = None
    #: one of WAITS
    waits: str | None = None
    #: only what is in the figures
    counted: bool = False
    #: first ended from one moment to before another
    ended: tuple[datetime | None, datetime | None] | None = None
    #: one of its dates fell due in a span of time: what became of it, the clocks, and the span
    dates: tuple[str, tuple[tuple[str, str], ...], datetime, datetime] | None = None
    #: its place is public and lies in this square of the map; with the topics whose places are public
    square: tuple[places.Square, tuple[str, ...]] | None = None

    @property
    def narrows(self) -> bool:
        """Return whether anything but open and closed is asked for."""
        return self != Filters(open=self.open)

    def condition(self, actor: Actor) -> tuple[str, list[Any]]:
        """Return a condition on `matters_matter m` and its parameters; empty when nothing narrows."""
        parts: list[str] = []
        values: list[Any] = []
        for column in ("pack", "stage", "topic", "region", "unit", "seat", "channel", "outcome"):
            value = getattr(self, column)
            if isinstance(value, tuple):
                parts.append(f"m.{column} IN ({', '.join(['%s'] * len(value))})" if value else "1 = 0")
                values += value
            elif value is not None:
                parts.append(f"m.{column} = %s")
                values.append(value)
        for sign, column, moment in (
            (">=", "received_at", self.received_from),
            ("<", "received_at", self.received_before),
            ("<", "due_at", self.due_before),
        ):
            if moment is not None:
                parts.append(f"m.{column} {sign} %s")
                values.append(moment)
        if self.own_due is not None or self.waits is not None:
            own, own_values = _own_date(actor)
            if self.own_due is not None:
                low, high = self.own_due
                # no date that the reader must keep is sooner than the soonest of the matter
                parts += ["m.due_at <= %s", f"{own} <= %s"]
                values += [high, *own_values, high]
                if low is not None:
                    parts.append(f"{own} > %s")
                    values += [*own_values, low]
            if self.waits == "us":
                parts += ["m.due_at < %s", f"{own} < %s"]
                values += [FAR, *own_values, FAR]
            elif self.waits == "unit":
                ours, our_values = _among("m.unit", _ours(actor))
                parts += ["m.due_at < %s", ours, f"{own} IS NULL"]
                values += [FAR, *our_values, *own_values]
            elif self.waits == "resident":
                theirs, their_values = _of_residents()
                parts += ["m.due_at = %s", f"EXISTS ({_RUNS} AND {theirs})"]
                values += [FAR, *their_values]
        if self.counted:
            parts.append(figures.COUNTED)
        if self.ended is not None:
            condition, more = figures.condition_of_ended(*self.ended)
            parts.append(condition)
            values += more
        if self.dates is not None:
            condition, more = figures.condition_of_dates(*self.dates)
            parts.append(condition)
            values += more
        if self.square is not None:
            condition, more = places.condition_of_square(*self.square)
            parts.append(condition)
            values += more
        return " AND ".join(parts), values


_RUNS = "SELECT 1 FROM matters_clock c WHERE c.matter = m.id AND c.status = 'running'"


def _ours(actor: Actor) -> tuple[str, ...]:
    """Return the units whose dates the reader must keep, or prepares for whoever must."""
    return tuple(sorted(actor.answers | actor.prepares))


def _among(column: str, codes: Sequence[str]) -> tuple[str, list[Any]]:
    return (f"{column} IN ({', '.join(['%s'] * len(codes))})", list(codes)) if codes else ("1 = 0", [])


def _of_residents() -> tuple[str, list[Any]]:
    """Return a condition on `matters_clock c`, of a matter m: it is the resident's own time, by the packs in force."""
    parts: list[str] = []
    values: list[Any] = []
    for pack in packs().values():
        names = [name for name, spec in pack.clocks.items() if spec.holder == "resident"]
        if names:
            among, _ = _among("c.name", names)
            parts.append(f"(m.pack = %s AND {among})")
            values += [pack.name, *names]
    return (f"({' OR '.join(parts)})", values) if parts else ("1 = 0", [])


def _own_date(actor: Actor) -> tuple[str, list[Any]]:
    """
    Return an expression for the date that a reader must keep, as a line of a list shows it, and its values.

    For whoever leads: the soonest clock that is neither the resident's nor that of a unit they asked, else null. For
    others: that of their own unit, else the soonest of the matter.
    """
    codes = _ours(actor)
    if not codes:
        return "m.due_at", []
    theirs, their_values = _of_residents()
    mine, mine_values = _among("c.unit", codes)
    leads, lead_values = _among("m.unit", codes)
    soonest = (
        f"SELECT min(c.due_at) FROM matters_clock c WHERE c.matter = m.id AND c.status = 'running' AND NOT {theirs}"
    )
    sql = (
        f"(CASE WHEN {leads} THEN ({soonest} AND (c.unit IS NULL OR {mine}))"
        f" ELSE COALESCE(({soonest} AND {mine}), m.due_at) END)"
    )
    return sql, [*lead_values, *their_values, *mine_values, *their_values, *mine_values]


_ROW = (
    "m.id, m.number, m.pack, m.stage, m.open, m.unit, m.seat, m.topic, m.region, m.received_at, m.changed_at, m.due_at,"
    " m.handoffs, m.outcome, m.imported, t.body, m.n, m.channel"
)
# Titles of ordinary matters only: those of a sealed one are in the vault, those about a minor behind an approval.
_ROW_FROM = (
    "JOIN matters_matter m ON m.id = x.matter"
    " LEFT JOIN matters_text t ON t.matter = m.id AND t.n = 1 AND t.name = 'title' AND m.sensitivity = 'ordinary'"
)


def _row(values: Sequence[Any]) -> Row:
    due_at = aware(values[11])
    return Row(
        stream=as_uuid(values[0]),
        number=values[1],
        pack=values[2],
        stage=values[3],
        open=bool(values[4]),
        unit=values[5],
        seat=values[6],
        topic=values[7],
        region=values[8],
        received_at=aware(values[9]),
        changed_at=aware(values[10]),
        due_at=due_at if due_at < FAR else None,
        handoffs=values[12],
        outcome=values[13],
        imported=bool(values[14]),
        title=values[15] or "",
        n=values[16],
        channel=values[17],
    )


def _cursor_text(*parts: Any) -> str:
    return urlsafe_b64encode(json.dumps(parts, default=str).encode()).decode().rstrip("=")


def _cursor_parts(text: str, count: int) -> list[Any]:
    try:
        parts = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError as error:
        raise BadCursor(text) from error
    if not isinstance(parts, list) or len(parts) != count:
        raise BadCursor(text)
    return parts


def _db_moment(using: str, at: datetime) -> Any:
    return connections[using].ops.adapt_datetimefield_value(at)


def _fetch(using: str, sql: str, values: Iterable[Any]) -> list[tuple[Any, ...]]:
    with connections[using].cursor() as cursor:
        cursor.execute(sql, list(values))
        return cursor.fetchall()


def _prepared(values: Iterable[Any], using: str) -> list[Any]:
    """Give moments and ids the form that this database's columns have."""
    return [
        _db_moment(using, value)
        if isinstance(value, datetime)
        else db_uuid(using, value)
        if isinstance(value, UUID)
        else value
        for value in values
    ]


def matters_list(
    actor: Actor,
    filters: Filters = Filters(),
    *,
    action: str | tuple[str, ...] = "list",
    through: Collection[str] | None = None,
    sort: str = "due",
    after: str | None = None,
    before: str | None = None,
    limit: int = PAGE,
    using: str = "default",
) -> Page:
    """
    Return one page of what the actor may see, soonest due first, in one statement.

    Args:
        action: what the actor may do to each; several where one relation must give them all.
        through: only what the actor sees by these relations (`asked`), of those that the lens scans.
        sort: one of SORTS, with a `-` before it the other way round; another order than by date may ask once more how
            much the actor reaches.
        after: key of the page that this one follows.
        before: key of the page that this one comes before.
    Raises:
        BadCursor: `after` or `before` was not given out by us, or for another order.
    """
    query = lens(actor, *_actions(action))
    if through is not None:
        query = replace(query, arms=tuple(arm for arm in query.arms if arm.relation in through))
    key, back = (before, True) if before is not None else (after, False)
    down, column = sort.startswith("-"), SORTS[sort.removeprefix("-")]
    falling = down != back
    if column != "due_at":
        found = _in_order(query, filters, actor, column, falling, _key_of(key, sort, using), limit, using)
    else:
        further: tuple[str, list[Any]] = ("", [])
        if filters.seat is not None and all(arm.relation == "lead" for arm in query.arms):
            # the lead row names the seat itself, and an index begins with it: a seat with little to do in a unit with
            # much is found at once
            further, filters = ("p.seat = %s", [filters.seat]), replace(filters, seat=None)
        found = _by_date(query, filters, actor, further, falling, _key_of(key, sort, using), limit, using)
    return _page(found, sort, key is not None, back, limit)


def _key_of(text: str | None, sort: str, using: str) -> tuple[Any, Any] | None:
    """Read the key of a page, for the order that it was given out for."""
    if text is None:
        return None
    # the oldest order has the shortest keys, so that those given out before there were others still fit
    given = _cursor_parts(text, 2 if sort == "due" else 3)
    try:
        if sort != "due" and given.pop(0) != sort:
            raise BadCursor(text)
        value = given[0] if sort.endswith("number") else _db_moment(using, datetime.fromisoformat(given[0]))
        return value, db_uuid(using, UUID(given[1]))
    except (AttributeError, TypeError, ValueError) as error:
        raise BadCursor(text) from error


#: where in a row of the statement stands what the list is ordered by
_AT = {"due": 11, "received": 9, "last": 10, "number": 1}


def _page(found: list[tuple[Any, ...]], sort: str, keyed: bool, back: bool, limit: int) -> Page:
    """Return a page of what was found in its order, at most one row more than the page has."""
    more, kept = len(found) > limit, found[:limit]
    if back:
        kept.reverse()

    def key(values: tuple[Any, ...]) -> str:
        at = values[_AT[sort.removeprefix("-")]]
        value = at if sort.endswith("number") else aware(at).isoformat()
        stream = as_uuid(values[0])
        return _cursor_text(value, str(stream)) if sort == "due" else _cursor_text(sort, value, str(stream))

    return Page(
        tuple(_row(values) for values in kept),
        key(kept[-1]) if kept and (back or more) else None,
        key(kept[0]) if kept and (more if back else keyed) else None,
    )


def _by_date(
    query: LensQuery,
    filters: Filters,
    actor: Actor,
    further: tuple[str, list[Any]],
    falling: bool,
    key: tuple[Any, Any] | None,
    limit: int,
    using: str,
) -> list[tuple[Any, ...]]:
    """Return rows in the order of the lens itself, by the matters' next dates."""
    extra, values = _extra(filters, actor, further)
    sql, sql_values = query.page(
        open=filters.open, limit=limit + 1, after=key, falling=falling, extra=extra, extra_values=values
    )
    way = " DESC" if falling else ""
    sql = f"SELECT {_ROW} FROM ({sql}) x {_ROW_FROM} ORDER BY x.due_at{way}, x.matter{way}"
    ready = _prepared(sql_values, using)
    # where nothing narrows, the index of the lens gives the rows in their order whatever the values are
    return steady(sql, ready, using=using) if extra == further[0] else _fetch(using, sql, ready)


def _extra(filters: Filters, actor: Actor, further: tuple[str, list[Any]] = ("", [])) -> tuple[str, list[Any]]:
    """Return what narrows the rows of the lens itself."""
    narrow, narrow_values = filters.condition(actor)
    # the same bound as in `narrow`, where the index of the lens begins with it
    until = filters.due_before or (filters.own_due[1] if filters.own_due is not None else None)
    parts = [
        "p.due_at <= %s" if until is not None else "",
        further[0],
        narrow and f"EXISTS (SELECT 1 FROM matters_matter m WHERE m.id = p.matter AND {narrow})",
    ]
    return " AND ".join(part for part in parts if part), [
        *([until] if until is not None else []),
        *further[1],
        *narrow_values,
    ]


#: from so many matters on an order is followed by its index, each matter asked for; of fewer all are put in order
_GATHERED = 2000


def _in_order(
    query: LensQuery,
    filters: Filters,
    actor: Actor,
    column: str,
    falling: bool,
    key: tuple[Any, Any] | None,
    limit: int,
    using: str,
) -> list[tuple[Any, ...]]:
    """
    Return rows in another order than that of the lens.

    By the last act there is no index: each act would have to move its matter in it. What a reader reaches is put in
    order instead, found by the indexes of the lens; `sort_within` says for whom that is too much.
    """
    narrow, values = filters.condition(actor)
    parts = [narrow] if narrow else []
    beyond, way = ("<", " DESC") if falling else (">", "")
    if key is not None:
        parts.append(f"(m.{column}, m.id) {beyond} (%s, %s)")
        values += key
    if column == "changed_at" or _lens_size(query, using) <= _GATHERED:
        reached, reached_values = query.matters(open=filters.open)
        source = f"({reached}) l JOIN matters_matter m ON m.id = l.matter"
        values = [*reached_values, *values]
    else:
        source = "matters_matter m"
        within, within_values = query.predicate("m.id")
        if filters.open is not None:
            parts.insert(0, "m.open = %s")
            values.insert(0, filters.open)
        parts.append(within)
        values += within_values
    where = f" WHERE {' AND '.join(parts)}" if parts else ""
    order = f"ORDER BY m.{column}{way}, m.id{way}"
    sql = f"SELECT m.id AS matter FROM {source}{where} {order} LIMIT {int(limit) + 1}"
    return _fetch(using, f"SELECT {_ROW} FROM ({sql}) x {_ROW_FROM} {order}", _prepared(values, using))


def sort_within(actor: Actor, sort: str, *, action: str | tuple[str, ...] = "list", using: str = "default") -> str:
    """
    Return the order that a list of this actor can have: by the last act only where they reach few enough matters that
    all of them can be put in order, otherwise by date. Asks how many at most once a minute.

    Args:
        sort: one of SORTS, with a `-` before it the other way round.
    """
    if SORTS[sort.removeprefix("-")] != "changed_at":
        return sort
    return sort if _lens_size(lens(actor, *_actions(action)), using) <= _GATHERED else "due"


#: a list is counted so far and no further
COUNTED = 1000


def count_of(
    actor: Actor,
    filters: Filters = Filters(),
    *,
    action: str | tuple[str, ...] = "list",
    most: int = COUNTED,
    using: str = "default",
) -> int:
    """Return how many matters a list has, at most one more than `most`, in one statement."""
    extra, extra_values = _extra(filters, actor)
    sql, values = lens(actor, *_actions(action)).page(
        open=filters.open, limit=most + 1, extra=extra, extra_values=extra_values
    )
    return int(_fetch(using, f"SELECT count(*) FROM ({sql}) x", _prepared(values, using))[0][0])


def _actions(action: str | tuple[str, ...]) -> tuple[str, ...]:
    return (action,) if isinstance(action, str) else action


#: What somebody may act on and may see in a list: the data-protection officer may act on what no list shows them.
WORK = ("act", "list")


def may_act(actor: Actor) -> bool:
    """Return whether there could be a matter in the actor's list on which they may act; without a statement."""
    return bool(lens(actor, *WORK).arms)


def count(
    actor: Actor, *, open: bool | None = True, action: str | tuple[str, ...] = "list", using: str = "default"
) -> int:
    """Return how many matters the whole list has."""
    sql, values = lens(actor, *_actions(action)).count(open=open)
    return int(_fetch(using, sql, _prepared(values, using))[0][0])


@dataclass(slots=True, frozen=True)
class Desk:
    """The first look of the day: what hurts first."""

    late: tuple[Row, ...]
    soon: tuple[Row, ...]
    later: tuple[Row, ...]
    open_count: int
    next: str | None


def desk(actor: Actor, *, now: datetime, soon_until: datetime, limit: int = PAGE, using: str = "default") -> Desk:
    """
    Return what the actor answers for or is asked, soonest due first, in two statements.

    Args:
        now: aware; before it is late.
        soon_until: aware; the end of "this week".
    """
    page = matters_list(actor, limit=limit, action=WORK, using=using)
    late = tuple(row for row in page.rows if row.due_at is not None and row.due_at <= now)
    soon = tuple(row for row in page.rows if row.due_at is not None and now < row.due_at <= soon_until)
    later = tuple(row for row in page.rows if row.due_at is None or row.due_at > soon_until)
    return Desk(late, soon, later, count(actor, action=WORK, using=using), page.next)


def rows_of(streams: Collection[UUID], *, using: str = "default") -> dict[UUID, Row]:
    """Return list lines by stream id; the caller has asked core/access already."""
    if not streams:
        return {}
    these, values = among("id", [db_uuid(using, stream) for stream in streams], using=using)
    sql = f"SELECT {_ROW} FROM (SELECT id AS matter FROM matters_matter WHERE {these}) x {_ROW_FROM}"
    rows = [_row(row) for row in steady(sql, values, using=using)]
    return {row.stream: row for row in rows}


def rows_by_number(numbers: Sequence[str], *, using: str = "default") -> list[Row]:
    """Return list lines by number, in the order of the numbers; the caller asks core/access of each."""
    if not numbers:
        return []
    marks = ", ".join(["%s"] * len(numbers))
    sql = f"SELECT {_ROW} FROM (SELECT id AS matter FROM matters_matter WHERE number IN ({marks})) x {_ROW_FROM}"
    found = {row.number: row for row in map(_row, _fetch(using, sql, numbers))}
    return [found[number] for number in numbers if number in found]


@dataclass(slots=True, frozen=True)
class Prepared:
    """An act that a secretary prepared and the leader has not done yet."""

    row: Row
    act: str
    #: key of the request that it is about, or None
    target: str | None
    #: uuid hex of the secretary
    person: str


def prepared_for(actor: Actor, *, limit: int = PAGE, using: str = "default") -> tuple[Prepared, ...]:
    """
    Return what waits, prepared, for the seat that the actor acts from, soonest due first, in one statement.

    Only of matters that the actor may act on and see in lists; the caller asks it only of a seat that had a secretary.
    """
    query = prepared_lens(actor)
    may, values = lens(actor, *WORK).predicate("p.matter")
    sql, found_values = query.page(open=True, limit=limit, extra=may, extra_values=values)
    found = _fetch(
        using,
        f"SELECT {_ROW}, m.state FROM ({sql}) x {_ROW_FROM} ORDER BY x.due_at, x.matter",
        _prepared(found_values, using),
    )
    return tuple(
        Prepared(_row(line), kept["act"], kept["target"], kept["person"])
        for line in found
        for kept in json.loads(line[-1])["prepared"].values()
        if kept["state"] == "open" and kept["seat"] == actor.seat
    )


def unsigned_for(actor: Actor, *, limit: int = PAGE, using: str = "default") -> tuple[Row, ...]:
    """
    Return the open matters in which a document of the actor's units, or of units right below, is not given out yet.

    Soonest due first, in one statement, and only of matters that the actor may act on and see in lists. Whose turn it
    is follows from the pack.
    """
    may, values = lens(actor, *WORK).predicate("p.matter")
    query = signing_lens(actor)
    if not query.arms:
        return ()
    sql, found_values = query.page(open=True, limit=limit, extra=may, extra_values=values)
    statement = f"SELECT {_ROW} FROM ({sql}) x {_ROW_FROM} ORDER BY x.due_at, x.matter"
    return tuple(_row(line) for line in _fetch(using, statement, _prepared(found_values, using)))


def words_at(wanted: Collection[tuple[UUID, int, str]], *, using: str = "default") -> dict[tuple[UUID, int, str], str]:
    """
    Return texts by matter, entry and name, in one statement; the caller has asked core/access already.

    What is sealed is not among them: it lies in the vault, and is opened matter by matter.
    """
    if not wanted:
        return {}
    marks = ", ".join(["(%s, %s, %s)"] * len(wanted))
    sql = f"SELECT matter, n, name, body FROM matters_text WHERE (matter, n, name) IN (VALUES {marks})"
    values = [value for stream, n, name in wanted for value in (db_uuid(using, stream), n, name)]
    return {(as_uuid(matter), n, name): body for matter, n, name, body in _fetch(using, sql, values)}


@dataclass(slots=True, frozen=True)
class Question:
    """An open request: to approve, to decide, to take."""

    row: Row
    #: `extension#1`
    key: str
    #: name of the request in the pack
    kind: str
    #: the seat that it is put to, None where it is put to a unit
    seat: str | None
    #: its typed values; texts are not among them
    data: Mapping[str, Any]
    asked_at: datetime
    by_unit: str | None


def questions_to(actor: Actor, *, limit: int = PAGE, using: str = "default") -> tuple[Question, ...]:
    """
    Return the open requests that are put to the very seat of the actor, or to their unit by others, in one statement.

    Soonest due first, and only of matters that the actor may act on and see in lists. What a unit asks of another of
    its own seats is not among them.
    """
    if not actor.answer_seats:
        return ()
    query = lens(actor, *WORK)
    query = replace(query, arms=tuple(arm for arm in query.arms if arm.relation == "asked"))
    seats, units = sorted(actor.answer_seats), sorted(actor.answers)
    # the seat stands in the state of few of them; which request it belongs to is read below
    held = " OR ".join([f"m.unit NOT IN ({', '.join(['%s'] * len(units))})", *["m.state LIKE %s"] * len(seats)])
    sql, values = query.page(
        open=True,
        limit=limit,
        extra=f"EXISTS (SELECT 1 FROM matters_matter m WHERE m.id = p.matter AND ({held}))",
        extra_values=[*units, *(f'%"seat":"{seat}"%' for seat in seats)],
    )
    found = _fetch(
        using,
        f"SELECT {_ROW}, m.state FROM ({sql}) x {_ROW_FROM} ORDER BY x.due_at, x.matter",
        _prepared(values, using),
    )
    return tuple(
        Question(
            row,
            key,
            asked["kind"],
            asked["seat"],
            {name: value for name, value in asked["data"].items() if not isinstance(value, dict)},
            as_moment(asked["opened_at"]),
            asked["opened_by_unit"],
        )
        for line in found
        for row in (_row(line),)
        for key, asked in json.loads(line[-1])["requests"].items()
        if asked["state"] in ("open", "contested")
        and asked["unit"] in actor.answers
        and (asked["seat"] in actor.answer_seats or row.unit not in actor.answers)
    )


@dataclass(slots=True, frozen=True)
class Running:
    """One clock that runs."""

    name: str
    started_at: datetime
    due_at: datetime
    #: whose time it is where it is that of a request; None: the lead unit's, or whose the pack says
    unit: str | None = None
    #: `reply`, and `reply#2` where it was started again
    key: str = ""


def running_clocks(streams: Collection[UUID], *, using: str = "default") -> dict[UUID, list[Running]]:
    """Return the clocks that run, soonest first, in one statement; the caller has asked core/access already."""
    if not streams:
        return {}
    these, values = among("matter", [db_uuid(using, stream) for stream in streams], using=using)
    sql = (
        "SELECT matter, name, started_at, due_at, unit, key FROM matters_clock"
        f" WHERE status = 'running' AND {these} ORDER BY due_at, k"
    )
    found: dict[UUID, list[Running]] = {}
    for matter, name, started_at, due_at, unit, key in steady(sql, values, using=using):
        stream = as_uuid(matter)
        found.setdefault(stream, []).append(Running(name, aware(started_at), aware(due_at), unit, key))
    return found


def unsigned(streams: Collection[UUID], *, using: str = "default") -> frozenset[UUID]:
    """Return those in which a document waits for a signature, in one statement; the caller has asked core/access."""
    if not streams:
        return frozenset()
    these, values = among("matter", [db_uuid(using, stream) for stream in streams], using=using)
    sql = f"SELECT matter FROM matters_party WHERE {these} AND relation = 'to_sign'"
    return frozenset(as_uuid(row[0]) for row in steady(sql, values, using=using))


# search


@dataclass(slots=True, frozen=True)
class Hit:
    row: Row
    #: the part of the text around the first match, and where in it the match stands
    excerpt: str
    at: int
    length: int
    #: whether the text goes on before and behind it
    cut: tuple[bool, bool] = (False, False)


@dataclass(slots=True, frozen=True)
class Found:
    hits: tuple[Hit, ...]
    next: str | None
    #: the one matter whose number, here or elsewhere, is the query itself
    exact: Row | None = None


def search(
    actor: Actor,
    query: str,
    filters: Filters = Filters(open=None),
    *,
    after: str | None = None,
    limit: int = PAGE,
    using: str = "default",
) -> Found:
    """
    Return the matters whose number is the query, or whose texts hold every word of it, newest matter first.

    Words are looked for as they stand in the text; two Chinese characters are enough. A number is found whatever the
    filters say. At most five statements.

    Raises:
        BadCursor: `after` was not given out by us.
    """
    words = runs(query)
    if not words:
        return Found((), None)
    exact = _exact(actor, query, using) if after is None else None
    reach = lens(actor, "search")
    texts: Texts
    vendor = connections[using].vendor
    small = _lens_size(reach, using) <= _SMALL_LENS[vendor]
    within = _within(reach, filters, actor)
    if vendor == "postgresql":
        texts, following = _texts_on_postgres(reach, within, query, small, after, limit, using)
    else:
        texts, following = _texts_on_sqlite(reach, within, query, small, after, limit, using)
    rows = rows_of([stream for stream, _ in texts], using=using)
    hits = [_hit(rows[stream], body, words) for stream, body in texts if stream in rows]
    only = exact
    if after is None and exact is None and any(sign.isdigit() for sign in query):
        # the number that the same problem has elsewhere is found whole, before what only holds its parts
        known = elsewhere(actor, query, using=using)
        only = known[0] if len(known) == 1 else None
        same = {row.stream for row in known}
        hits = [*(Hit(row, query.strip(), 0, 0) for row in known), *(hit for hit in hits if hit.row.stream not in same)]
    if exact is not None:
        hits = [Hit(exact, exact.title, 0, 0), *(hit for hit in hits if hit.row.stream != exact.stream)]
    return Found(tuple(hits), following, only)


def _within(reach: LensQuery, filters: Filters, actor: Actor) -> tuple[str, list[Any]]:
    """Return a condition on a text's matter: in reach, and let through by the filters."""
    within, values = reach.predicate("t.matter")
    if filters == Filters(open=None):
        return within, values
    narrow, narrow_values = filters.condition(actor)
    if filters.open is not None:
        narrow = f"m.open = %s AND {narrow}" if narrow else "m.open = %s"
        narrow_values.insert(0, filters.open)
    # bounded like the probe of the lens, and for the same reason
    sql = f"EXISTS (SELECT 1 FROM matters_matter m WHERE m.id = t.matter AND {narrow} LIMIT 1 OFFSET 0)"
    return f"{within} AND {sql}", [*values, *narrow_values]


#: matters with the text of each in which the words were found
Texts = list[tuple[UUID, str]]
#: texts looked through, the newest first, for a word that many hold, before the index of pairs is asked after all
_NEWEST = 60_000
#: matters looked through for a unit that leads many of them, the newest first, before the same; first these where
#: every tenth text holds the word
_LED = 20_000
_FEW_LED = 2000
#: texts that hold a word, by what the database knows of it, from which the newest ones are looked through first
_COMMON = 4000
_VERY_COMMON = 80_000
#: what no number of texts reaches: a bound inside a statement keeps PostgreSQL on the order that is written there
_ALL = 9_000_000_000


def _texts_on_postgres(
    reach: LensQuery,
    readable: tuple[str, list[Any]],
    query: str,
    small: bool,
    after: str | None,
    limit: int,
    using: str,
) -> tuple[Texts, str | None]:
    """Return a page of matters and the key of the next, newest matter first whichever way it is found."""
    phrases = query_grams(query)
    holds, needles = " AND ".join(["position(%s in t.grams) > 0"] * len(phrases)), [" ".join(run) for run in phrases]
    key, key_values = "", []
    if after is not None:
        key, key_values = " AND t.matter < %s", [_matter_of(after)]
    within, within_values = readable
    pairs = [pair for run in phrases if not _single(run) for pair in run]

    def page(source: str, values: Sequence[Any], *, first: str = "", condition: str = "") -> list[tuple[Any, ...]]:
        sql = (
            f"{first}SELECT DISTINCT ON (t.matter) t.matter, t.body FROM ({source}) t"
            f" WHERE {condition}{within} ORDER BY t.matter DESC, t.n DESC LIMIT {int(limit) + 1}"
        )
        # its order is written into the statement, and none of its numbers is a value: one plan fits all words
        return steady(sql, _prepared([*values, *needles, *within_values], using), using=using)

    def gathered(source: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        # Gathered before anything is put in order: the planner, who hears that a page is wanted, would rather go
        # through all texts in the order of the page.
        in_order = f"SELECT * FROM h ORDER BY matter DESC, n DESC LIMIT {_ALL}"
        return page(in_order, values, first=f"WITH h AS MATERIALIZED ({source} AND {holds}) ")

    def read(bound: int) -> list[tuple[Any, ...]]:
        newest = f"{columns} matters_text t WHERE t.grams <> ''{key} ORDER BY t.matter DESC, t.n DESC LIMIT {bound}"
        return page(newest, key_values, condition=f"{holds} AND ")

    def led(bound: int) -> list[tuple[Any, ...]] | None:
        scans = _led_first(reach, bound, key, key_values, using)
        if scans is None:
            return None
        text = (
            f"SELECT t.body FROM matters_text t WHERE t.matter = l.matter AND t.grams <> '' AND {holds}"
            " ORDER BY t.n DESC LIMIT 1"
        )
        # The bound that changes nothing: who may read it is asked of the few that hold the words.
        sql = (
            "SELECT DISTINCT ON (t.matter) t.matter, t.body FROM (SELECT l.matter, x.body FROM"
            f" (SELECT matter FROM ({scans[0]}) u ORDER BY matter DESC LIMIT {_ALL}) l CROSS JOIN LATERAL ({text}) x"
            f" LIMIT {_ALL}) t WHERE {within} ORDER BY t.matter DESC LIMIT {int(limit) + 1}"
        )
        return _fetch(using, sql, _prepared([*scans[1], *needles, *within_values], using))

    def soon() -> list[tuple[Any, ...]]:
        # A common word is soon found among the newest texts, where reading all that hold it would take long. Of a unit
        # that leads one matter in a dozen, the matters are gone through, and not the texts of all the others.
        known = _texts_with(pairs, using)
        if known <= _COMMON:
            return []
        found = led(_FEW_LED) if known > _VERY_COMMON else []
        if found is not None and len(found) <= limit:
            found = led(_LED)
        return found if found is not None else read(_NEWEST)

    columns = "SELECT t.matter, t.n, t.body, t.grams FROM"
    if small:
        scans, scan_values = _reached(reach)
        if not scans:
            return [], None
        held = f"{columns} ({scans}) l JOIN matters_text t ON t.matter = l.matter WHERE t.grams <> ''{key}"
        found = gathered(held, [*scan_values, *key_values])
    elif not pairs:
        found = read(_ALL)
    else:
        found = soon()
        if len(found) <= limit:
            held = f"{columns} matters_text t WHERE t.grams <> '' AND {_PAIRS}{key}"
            found = gathered(held, [pairs, *key_values])
    texts = [(row[0], row[1]) for row in found[:limit]]
    return texts, _cursor_text("m", str(texts[-1][0])) if len(found) > limit else None


def _led_first(
    reach: LensQuery, bound: int, key: str, key_values: list[Any], using: str
) -> tuple[str, list[Any]] | None:
    """
    Return a statement giving the matters in reach among the newest of all, so many, and its values; some twice.

    Each matter has one lead, so the leads stand for the matters. Nothing older is given, in whatever way the reader
    stands to it: a page would go past leads that were not looked at. None where the reader stands to many matters in
    another way than by leading them: those would all be gathered.
    """
    leads = [arm for arm in reach.arms if arm.relation == "lead"]
    others = replace(reach, arms=tuple(arm for arm in reach.arms if arm.relation != "lead"))
    if not leads or _lens_size(others, using) > _GATHERED:
        return None
    only = key.replace("t.matter", "p.matter")
    conditions = [arm.where("p") for arm in leads]
    where = " OR ".join(f"({condition})" for condition, _ in conditions)
    # told by name and not as a value, so that the index of the leads alone gives the order
    newest = f"FROM matters_party p WHERE p.relation = 'lead'{only} ORDER BY p.matter DESC"
    scans = [f"(SELECT p.matter FROM (SELECT * {newest} LIMIT {int(bound)}) p WHERE {where})"]
    values = [*key_values, *(value for _, arm_values in conditions for value in arm_values)]
    if others.arms:
        conditions = [arm.where("p") for arm in others.arms]
        where = " OR ".join(f"({condition})" for condition, _ in conditions)
        oldest = f"coalesce((SELECT p.matter {newest} LIMIT 1 OFFSET {int(bound) - 1}), '{UUID(int=0)}')"
        # mostly there are none: behind a bound, how far back to go is asked when there is a first one
        others_sql = f"SELECT p.matter FROM matters_party p WHERE ({where}){only} LIMIT {_ALL}"
        scans.append(f"(SELECT o.matter FROM ({others_sql}) o WHERE o.matter >= {oldest})")
        values += [*(value for _, arm_values in conditions for value in arm_values), *key_values, *key_values]
    return " UNION ALL ".join(scans), values


def _texts_on_sqlite(
    reach: LensQuery,
    readable: tuple[str, list[Any]],
    query: str,
    small: bool,
    after: str | None,
    limit: int,
    using: str,
) -> tuple[Texts, str | None]:
    """Return a page of matters and the key of the next; a page goes on the way the one before began."""
    phrases = query_grams(query)
    holds, needles = " AND ".join(["instr(t.grams, %s) > 0"] * len(phrases)), [" ".join(run) for run in phrases]
    within, within_values = readable
    match = " AND ".join(_phrase(run) for run in phrases)
    by_index = _cursor_kind(after) == "r" if after is not None else not small or _is_rare(match, using)
    key, key_values = "", []
    if by_index:
        if after is not None:
            key, key_values = " AND s.rowid < %s", [_row_of(after)]
        sql = (
            "SELECT t.matter, t.body, t.id FROM matters_search s JOIN matters_text t ON t.id = s.rowid"
            f" WHERE matters_search MATCH %s AND {holds} AND {within}{key} ORDER BY s.rowid DESC"
        )
        values = [match, *needles, *within_values, *key_values]
    else:
        if after is not None:
            key, key_values = " AND t.matter < %s", [_matter_of(after)]
        scans, scan_values = _reached(reach)
        if not scans:
            return [], None
        sql = (
            f"SELECT t.matter, t.body, t.id FROM ({scans}) l JOIN matters_text t ON t.matter = l.matter"
            f" WHERE t.grams <> '' AND {holds} AND {within}{key} ORDER BY t.matter DESC, t.n DESC"
        )
        values = [*scan_values, *needles, *within_values, *key_values]
    # Rows come one by one as they are found: a page is full long before a common word is through.
    first: dict[str, str] = {}
    last = 0
    with connections[using].cursor() as cursor:
        cursor.execute(sql, _prepared(values, using))
        for matter, body, text_id in cursor:
            if matter not in first and len(first) == limit:
                following = _cursor_text("r", last) if by_index else _cursor_text("m", str(UUID(next(reversed(first)))))
                return [(UUID(stream), text) for stream, text in first.items()], following
            first.setdefault(matter, body)
            last = text_id
    return [(UUID(stream), text) for stream, text in first.items()], None


def _reached(reach: LensQuery) -> tuple[str, list[Any]]:
    """Return a statement giving every matter in reach, without a look at denials, and its values; empty for nobody."""
    arms = [arm.where("p") for arm in reach.arms]
    scans = " UNION ".join(f"SELECT p.matter FROM matters_party p WHERE {where}" for where, _ in arms)
    return scans, [value for _, values in arms for value in values]


def _cursor_kind(after: str) -> str:
    return str(_cursor_parts(after, 2)[0])


def _matter_of(after: str) -> UUID:
    kind, matter = _cursor_parts(after, 2)
    try:
        if kind == "m":
            return UUID(matter)
    except (AttributeError, TypeError, ValueError) as error:
        raise BadCursor(after) from error
    raise BadCursor(after)


def _row_of(after: str) -> int:
    row = _cursor_parts(after, 2)[1]
    if not isinstance(row, int) or not 0 <= row < 1 << 63:
        raise BadCursor(after)
    return row


def _exact(actor: Actor, query: str, using: str) -> Row | None:
    try:
        number = parse_number(query)
    except BadNumber:
        return None
    tip = loading.load(number, using=using)
    if tip is None or tip.state is None or not allowed(actor, view_of(tip.state, tip.stream.hex), "see"):
        return None
    return rows_of([tip.stream], using=using).get(tip.stream)


#: seconds for which the size of a reader's reach is taken as it was; (database, unit and relation) -> (size, read at)
_REACH_AGE = 60.0
_reaches: dict[tuple[str, tuple[str, str]], tuple[int, float]] = {}


def elsewhere(actor: Actor, number: str, *, using: str = "default") -> list[Row]:
    """
    Return the matters that have this very number in another system, of those that the actor may search; newest first.

    It is the number of a problem there. One statement by its index, and one for the rows; at most twenty.
    """
    typed = number.strip()
    if not typed:
        return []
    condition, values = lens(actor, "search").predicate("t.matter")
    sql = (
        "SELECT DISTINCT t.matter FROM matters_text t WHERE t.name = 'external_number' AND t.body = %s"
        f" AND {condition} ORDER BY t.matter DESC LIMIT 20"
    )
    found = _fetch(using, sql, _prepared([typed, *values], using))
    streams = [as_uuid(row[0]) for row in found]
    rows = rows_of(streams, using=using)
    return [rows[stream] for stream in streams if stream in rows]


def _lens_size(query: LensQuery, using: str) -> int:
    """Count the rows in reach, but stop soon after the limit that matters here; by the key alone, so never too few."""
    now = monotonic()
    sizes: dict[tuple[str, str], int] = {}
    for pair in query.pairs:
        known = _reaches.get((using, pair))
        if known is not None and now - known[1] < _REACH_AGE:
            sizes[pair] = known[0]
    stale = [pair for pair in query.pairs if pair not in sizes]
    if stale:
        rows = "SELECT 1 FROM matters_party WHERE unit = %s AND relation = %s"
        count = f"(SELECT count(*) FROM ({rows} LIMIT {max(_SMALL_LENS.values()) + 1}) c)"
        found = _fetch(using, "SELECT " + ", ".join([count] * len(stale)), [value for pair in stale for value in pair])
        sizes |= {pair: int(size) for pair, size in zip(stale, found[0], strict=True)}
        if len(_reaches) > 10_000:
            _reaches.clear()
        _reaches.update({(using, pair): (sizes[pair], now) for pair in stale})
    return sum(sizes.values())


#: texts holding a word that are looked through one by one rather than through all texts of a small reader
_RARE_TEXTS = 300


def _is_rare(match: str, using: str) -> bool:
    """Return whether the index of pairs (SQLite) proposes few texts."""
    sql = f"SELECT count(*) FROM (SELECT 1 FROM matters_search WHERE matters_search MATCH %s LIMIT {_RARE_TEXTS + 1}) c"
    return int(_fetch(using, sql, [match])[0][0]) <= _RARE_TEXTS


_PAIRS = "string_to_array(t.grams, ' ') @> %s::text[]"
#: seconds for which what PostgreSQL knows of its texts is taken as it was; database -> (pair -> texts, read at)
_KNOWN_AGE = 600.0
_known: dict[str, tuple[dict[str, float], float]] = {}


def _texts_with(pairs: Sequence[str], using: str) -> float:
    """Return how many texts hold the rarest of these pairs, by PostgreSQL's statistics; 0 where few do."""
    now = monotonic()
    known = _known.get(using)
    if known is None or now - known[1] > _KNOWN_AGE:
        rows = _fetch(
            using,
            "SELECT s.most_common_elems::text::text[], s.most_common_elem_freqs, c.reltuples FROM pg_stats s"
            " JOIN pg_class c ON c.oid = 'matters_search'::regclass"
            " WHERE s.schemaname = current_schema() AND s.tablename = 'matters_search'",
            [],
        )
        held: dict[str, float] = {}
        for elements, shares, texts in rows:
            held.update((element, share * texts) for element, share in zip(elements or (), shares or (), strict=False))
        known = _known[using] = held, now
    return min(known[0].get(pair, 0.0) for pair in pairs)


def _single(run: list[str]) -> bool:
    return len(run[0]) == 1 and not run[0].isascii()


def _phrase(run: list[str]) -> str:
    if len(run) == 1 and _single(run):
        return f'"{run[0]}"*'
    return '"' + " ".join(run) + '"'


def _hit(row: Row, body: str, words: Sequence[str]) -> Hit:
    folded = body.lower()
    at = folded.find(words[0])
    start = max(0, at - 20)
    cut = (start > 0, len(body) > start + 120)
    return Hit(row, body[start : start + 120], at - start, len(words[0]), cut)


# one matter


@dataclass(slots=True)
class Opened:
    """A matter in front of somebody who may see it."""

    tip: Tip
    relations: frozenset[str]
    #: parsed bodies of its entries, oldest first
    entries: tuple[dict[str, Any], ...]
    #: (entry number, name) -> text; empty when the reader may not read texts
    texts: dict[tuple[int, str], str]
    #: parent, children and linked matters that the reader may see: stream -> line
    linked: dict[UUID, Row]
    #: the state as this reader may know it: facts of a sealed matter are for whoever reads its texts
    shown: State


def see(actor: Actor, which: UUID | str, *, using: str = "default", tip: Tip | None = None) -> Opened:
    """
    Return one matter with everything that its page shows, in at most four statements.

    Raises:
        UnknownMatter: no such matter, or none for this reader.
    """
    tip = tip or loading.load(which, using=using)
    if tip is None or tip.state is None:
        raise UnknownMatter(str(which))
    view = view_of(tip.state, tip.stream.hex)
    if not allowed(actor, view, "see"):
        raise UnknownMatter(str(which))
    texts: dict[tuple[int, str], str] = {}
    reads = allowed(actor, view, "read_text")
    if reads:
        texts = texts_of(tip, using=using)
        if tip.state.sensitivity == "minor" and actor.kind != "resident":
            # Whoever may look into a minor's file opens it, by an act that says why; a page shows only why others did.
            texts = {place: text for place, text in texts.items() if place[1] in OWN_TEXTS}
    kin = [UUID(child.stream) for child in tip.state.children.values()]
    if tip.state.parent:
        kin.append(UUID(tip.state.parent["stream"]))
    kin += [UUID(link) for link in tip.state.links]
    linked: dict[UUID, Row] = {}
    if kin:
        for stream, other in loading.load_many(kin, using=using).items():
            if other.state is not None and allowed(actor, view_of(other.state, stream.hex), "see"):
                linked[stream] = row_of(other)
    entries: Iterable[dict[str, Any]] = ledger_queries.bodies_since(tip.stream, 0, using=using)
    shown = tip.state
    if tip.folded is not None:
        known = tip.known if reads else {}
        entries, shown = (open_body(body, known) for body in entries), open_state(tip.folded, known)
    return Opened(
        tip=tip,
        relations=relations(actor, view),
        entries=tuple(entries),
        texts=texts,
        linked=linked,
        shown=shown,
    )


def row_of(tip: Tip) -> Row:
    """Return the line of a matter that is loaded already; without its title."""
    state = tip.state
    assert state is not None and tip.before is not None
    columns = tip.before.matter
    due_at = columns[14]
    return Row(
        stream=tip.stream,
        number=tip.number,
        pack=state.pack_name,
        stage=state.stage,
        open=state.open,
        unit=state.unit,
        seat=state.seat,
        topic=state.topic,
        region=state.region,
        received_at=columns[12],
        changed_at=tip.changed_at,
        due_at=due_at if due_at < FAR else None,
        handoffs=columns[15],
        outcome=columns[16],
        imported=state.imported,
        title="",
        n=tip.n,
        channel=state.channel,
    )


def texts_of(tip: Tip, *, using: str = "default") -> dict[tuple[int, str], str]:
    """Return the texts of a matter by entry and name, sealed ones opened; the caller has asked core/access already."""
    own = [db_uuid(using, tip.stream)]
    rows = steady("SELECT n, name, body FROM matters_text WHERE matter = %s", own, using=using)
    found = {(n, name): body for n, name, body in rows}
    if tip.state is None or tip.state.sensitivity == "ordinary":
        return found
    key = loading.data_key(tip)
    if key is None:
        return found
    boxes = steady("SELECT n, name, box FROM vault_secret WHERE matter = %s AND name <> 'contact'", own, using=using)
    return found | {
        (n, name): vault.unseal(key, tip.stream, n, name, bytes(box)).decode()
        for n, name, box in boxes
        if "@" not in name
    }


@dataclass(slots=True, frozen=True)
class OpenedFile:
    """A file in front of somebody who may read it."""

    kept: Kept
    #: what the entry says of it: id, name, sha256, size, type
    item: Mapping[str, Any]
    data_key: bytes


def file_of(
    actor: Actor, opened: Opened, file_id: str, texts: Mapping[tuple[int, str], str], *, using: str = "default"
) -> OpenedFile:
    """
    Return one file of a matter that is open already, in one statement.

    Args:
        file_id: 32 hex characters.
        texts: those of the matter that this reader is shown; a file is read by whoever is shown the text that names it.
    Raises:
        UnknownMatter: no such file, or none for this reader.
    """
    tip = opened.tip
    assert tip.state is not None
    view = view_of(tip.state, tip.stream.hex)
    if not (allowed(actor, view, "read_text") and allowed(actor, view, "see_documents")):
        raise UnknownMatter(file_id)
    named = {
        item["id"]: (n, name, item)
        for (n, name), text in texts.items()
        if tip.pack.texts.get(name) == "file"
        for item in listed(text)
    }
    key = loading.data_key(tip)
    kept = files_of(tip.stream, using=using).get(file_id)
    if file_id not in named or kept is None or key is None:
        raise UnknownMatter(file_id)
    n, name, item = named[file_id]
    if (kept.n, kept.name) != (n, name):
        raise UnknownMatter(file_id)
    return OpenedFile(kept, item, key)


def queue(
    actor: Actor,
    *,
    after: str | None = None,
    before: str | None = None,
    limit: int = PAGE,
    using: str = "default",
) -> Page:
    """Return the matters that no rule matched, for those who place them, in one statement."""
    readable = lens(actor, "read_queue")
    # The few that wait are scanned and each is asked for, not the other way round: a supervisor may read everything.
    waiting = replace(readable, arms=(Arm(EVERY_UNIT, "queue"),) if readable.arms else ())
    condition, values = readable.predicate("r.id")
    # the lens calls its own scan `p` too, so it is asked about a matter of another name
    further = f"EXISTS (SELECT 1 FROM matters_matter r WHERE r.id = p.matter AND {condition})"
    back = before is not None
    key = _key_of(before if back else after, "due", using)
    found = _by_date(waiting, Filters(), actor, (further, values), back, key, limit, using)
    return _page(found, "due", key is not None, back, limit)


# what may be done, and why a date is what it is


def acts_of(opened: Opened, actor: Actor, *, now: datetime, using: str = "default") -> tuple[ActStanding, ...]:
    """Return every act that is for this reader: possible now, or with everything that is missing."""
    tip = opened.tip
    assert tip.state is not None
    jurisdiction = snapshot(using=using, max_age=_SNAPSHOT_AGE)
    _, calendars = force.calendars(using=using, max_age=_SNAPSHOT_AGE)
    calendar = force.calendar_for(tip.pack.calendar, tip.state.region, jurisdiction, calendars)
    return standing(tip.pack, tip.state, actor, opened.relations, jurisdiction=jurisdiction, calendar=calendar, now=now)


# many reports, one problem


#: below this many reports nothing published says how many there are
FEW_REPORTS = 5
#: days apart that two reports of one problem may be received
SAME_TIME = timedelta(days=90)
#: reports of one topic and region that are compared, the newest first
_COMPARED = 60
#: metres within which two places may be one
_NEAR_METRES = 500.0
#: share of pairs of characters in common from which words alone make two reports alike
_ALIKE = 0.12


@dataclass(slots=True, frozen=True)
class Problem:
    """How a matter hangs together with others about one problem."""

    #: number of the matter that leads, where the reader may see it and it is not this one
    leader: Row | None
    #: this one leads: its open parts that the reader may see, at most a page of them
    parts: tuple[Row, ...]
    #: open matters about it in all, the leader among them; 1 where it stands alone
    reports: int
    #: this one hangs on another
    is_part: bool

    @property
    def published(self) -> int | None:
        """Return how many reports there are, where that may be said to everybody."""
        return self.reports if self.reports >= FEW_REPORTS else None


def problem_of(tip: Tip, actor: Actor, *, using: str = "default") -> Problem:
    """Return what hangs together with a matter, in at most three statements; the caller has asked core/access."""
    assert tip.state is not None
    leads = tip.state.part_of
    stream = UUID(leads) if leads is not None else tip.stream
    where = "FROM matters_party WHERE unit = %s AND relation = 'part' AND open"
    (count,) = steady(f"SELECT count(*) {where}", [stream.hex], using=using)[0]
    wanted = [stream] if leads is not None else loading.parts_of(stream, limit=PAGE, using=using) if count else []
    found = loading.load_many(wanted, using=using)
    visible = [
        row_of(found[one])
        for one in wanted
        if one in found and found[one].state is not None and allowed(actor, view_of(found[one].state, one.hex), "see")  # type: ignore[arg-type]
    ]
    leader = found.get(stream)
    leader_open = leads is None or (leader is not None and leader.state is not None and leader.state.open)
    reports = int(count) + (1 if leader_open else 0)
    if leads is not None:
        return Problem(visible[0] if visible else None, (), reports, True)
    return Problem(None, tuple(visible), reports, False)


@dataclass(slots=True, frozen=True)
class Alike:
    """A matter that may be about the same problem, by problem, place and time alone."""

    row: Row
    #: metres between the two places, None where one is not known
    metres: int | None
    #: share of the pairs of characters that their words have in common, in percent
    words: int
    #: days between the two being received
    days: int


def alike(tip: Tip, actor: Actor, *, limit: int = 5, using: str = "default") -> tuple[Alike, ...]:
    """
    Return open matters that may be about the same problem, the likeliest first, in at most two statements.

    Compared are topic, region, time of receipt, distance and the words of the (masked) problem; never anything about
    a person. Only ordinary matters whose texts the actor may read; none for a matter without topic or region.
    """
    state = tip.state
    assert state is not None
    if not (state.topic and state.region and state.open and state.sensitivity == "ordinary") or state.part_of:
        return ()
    condition, values = lens(actor, "read_text").predicate("m.id")
    received = as_moment(state.received_at)
    sql = (
        "SELECT m.id FROM matters_matter m WHERE m.topic = %s AND m.region = %s AND m.received_at BETWEEN %s AND %s"
        " AND m.open = %s AND m.sensitivity = 'ordinary' AND m.parent IS NULL AND m.id <> %s"
        " AND NOT EXISTS (SELECT 1 FROM matters_party o WHERE o.matter = m.id AND o.relation = 'part')"
        f" AND {condition} ORDER BY m.received_at DESC LIMIT {_COMPARED}"
    )
    given: list[Any] = [state.topic, state.region, received - SAME_TIME, received + SAME_TIME, True, tip.stream]
    found = [row[0] for row in _fetch(using, sql, _prepared([*given, *values], using))]
    if not found:
        return ()
    streams = [as_uuid(one) for one in found]
    marks = ", ".join(["%s"] * (len(streams) + 1))
    said: dict[UUID, set[str]] = {}
    places: dict[UUID, tuple[float, float]] = {}
    for matter, name, body, pairs in _fetch(
        using,
        f"SELECT matter, name, body, grams FROM matters_text WHERE n = 1 AND matter IN ({marks})",
        [db_uuid(using, one) for one in (tip.stream, *streams)],
    ):
        stream = as_uuid(matter)
        if name in ("title", "text"):
            said.setdefault(stream, set()).update(pair for pair in pairs.split() if len(pair) > 1)
        elif name == "point":
            places[stream] = _place(body)
    rows = rows_of(streams, using=using)
    ranked = []
    for stream in streams:
        row = rows.get(stream)
        if row is None:
            continue
        metres = _metres(places.get(tip.stream), places.get(stream))
        words = _common(said.get(tip.stream, set()), said.get(stream, set()))
        near = metres is not None and metres <= _NEAR_METRES
        if not near and words < _ALIKE:
            continue
        closeness = 1.0 - min(metres, _NEAR_METRES) / _NEAR_METRES if metres is not None else 0.0
        days = abs((row.received_at - received).days)
        one = Alike(row, round(metres) if metres is not None else None, round(words * 100), days)
        ranked.append((-(words + closeness), days, stream, one))
    return tuple(one for _, _, _, one in sorted(ranked, key=lambda each: each[:3])[:limit])


def _place(body: str) -> tuple[float, float]:
    longitude, latitude = json.loads(body)
    return float(longitude), float(latitude)


def _metres(one: tuple[float, float] | None, other: tuple[float, float] | None) -> float | None:
    """Return the distance on a sphere; good to half a percent, and these are a few streets."""
    if one is None or other is None:
        return None
    east = math.radians(other[0] - one[0]) * math.cos(math.radians((one[1] + other[1]) / 2))
    north = math.radians(other[1] - one[1])
    return math.hypot(east, north) * 6_371_000


def _common(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other) if one and other else 0.0


def dossiers_of(tip: Tip, *, now: datetime, using: str = "default") -> tuple[DossierStanding, ...]:
    """Return the files that a matter must hold, item by item; the caller has asked core/access already."""
    assert tip.state is not None
    jurisdiction = snapshot(using=using, max_age=_SNAPSHOT_AGE)
    _, calendars = force.calendars(using=using, max_age=_SNAPSHOT_AGE)
    calendar = force.calendar_for(tip.pack.calendar, tip.state.region, jurisdiction, calendars)
    return dossiers(tip.pack, tip.state, jurisdiction=jurisdiction, calendar=calendar, now=now)


def explanation_of(tip: Tip, key: str, *, using: str = "default") -> Explanation:
    """
    Return one clock counted day by day, by the calendar under which the matter was last decided.

    Raises:
        KeyError: the matter has no such clock.
    """
    state = tip.state
    assert state is not None
    clock = state.clocks[key]
    spec = tip.pack.clocks[clock.name]
    jurisdiction = snapshot(using=using, max_age=_SNAPSHOT_AGE)
    _, calendars = force.calendars(using=using, max_age=_SNAPSHOT_AGE)
    calendar = force.calendar_for(tip.pack.calendar, state.region, jurisdiction, calendars)
    if calendar.hash != state.calendar:
        content = ledger_queries.document(state.calendar, using=using)
        calendar = Calendar.from_document(json.loads(content)) if content is not None else calendar
    return explain(
        spec.rule(clock.length),
        started_at=as_moment(clock.started_at),
        calendar=calendar,
        extensions=[Extension(amount, unit) for amount, unit in clock.extensions],
        excluded=[
            Span(as_moment(low), as_moment(high), reason, spec.exclusions.get(reason, ""))
            for low, high, reason in clock.excluded
        ],
    )
