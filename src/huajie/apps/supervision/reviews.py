"""
Reviews on known days: a cadence in phases, what was seen at each review, what was decided there.

A cadence is an entry; its occurrences follow from it and the calendar. When one begins, the tick freezes the board as
it stands into an entry: an immutable snapshot that anybody counts again from the entries before it. Whoever holds the
review takes the chair. A decision is an act on a matter at once, by whoever decides and by what their seat may do
there: a slip, a request to a unit, or an act that settles it; its entry names the entry that it led to, so that the
next review hears what became of it. A review whose day passed without anybody holding it is shown as missed, and stays
so.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import connections, transaction

from huajie.apps.jurisdiction import queries as jurisdiction_queries
from huajie.apps.ledger import queries as ledger_queries
from huajie.apps.ledger.operations import Changes, Conflict, TableSpec, commit_changes, register_table
from huajie.apps.matters import loading
from huajie.apps.matters.operations import Order, Randomness, Written, act
from huajie.apps.matters.queries import see
from huajie.apps.procedure import force
from huajie.apps.supervision import queries
from huajie.apps.supervision.cases import refresh
from huajie.apps.supervision.stream import STREAM, Declined, append, who
from huajie.core.access import SYSTEM, Actor
from huajie.core.jurisdiction import Jurisdiction
from huajie.core.ledger import canonical, stamp
from huajie.core.procedure import Act, State
from huajie.core.supervision import Cadence, Occurrence, Phase

CADENCE = register_table(TableSpec("supervision_cadence", {"id": "int", "document": "text", "n": "int"}, key=("id",)))
REVIEW = register_table(
    TableSpec(
        "supervision_review",
        {
            "day": "date",
            "due_at": "moment",
            "frozen_at": "moment",
            "snapshot": "text",
            "held_at": "moment",
            "chair_unit": "text",
            "chair_seat": "text",
        },
        key=("day",),
    )
)
DECISION = register_table(
    TableSpec(
        "supervision_decision",
        {
            "entry": "int",
            "day": "date",
            "matter": "uuid",
            "n": "int",
            "kind": "text",
            "act": "text",
            "target": "text",
            "slip": "uuid",
            "owner": "text",
            "due_date": "date",
            "unit": "text",
            "seat": "text",
        },
        key=("entry",),
    )
)

#: The act that proposes a slip, in every pack that is supervised.
PROPOSE_SLIP: Final = "propose_slip"
#: What a decision does: it says who handles a matter, by when, who answers for it, how it goes on, or asks somebody.
_DECIDES: Final = frozenset({"owner", "extend", "request", "stage", "sponsor"})
#: Acts that follow what a resident wants, or that are about their secret: nothing that a review decides.
_OF_RESIDENTS: Final = frozenset({"withdrawn", "key", "opening"})
#: Times that a decision is tried while others write into the stream of supervision.
_TRIES: Final = 4
_LEADERS: Final = frozenset({"head", "deputy"})


class ReviewRefused(Declined):
    """What was asked of reviews can't be; each function names its words."""


def _supervisor(actor: Actor) -> dict[str, Any]:
    if "supervisor" not in actor.roles:
        raise ReviewRefused("role")
    return who(actor)


def chairs(actor: Actor, jurisdiction: Jurisdiction) -> bool:
    """
    Return whether a seat may hold a review: a supervisor's, or one that leads the whole or the unit that supervises.

    Its snapshot is of the whole county, so nobody else leads there; a secretary never does.
    """
    if "supervisor" in actor.roles:
        return True
    if actor.unit is None or not actor.roles & _LEADERS:
        return False
    return jurisdiction.superior(actor.unit) is None or any(
        "supervisor" in seat.roles for seat in jurisdiction.seats_of_unit(actor.unit)
    )


def chair_of(actor: Actor, *, using: str = "default") -> dict[str, Any]:
    """
    Return how whoever may hold reviews stands in an entry.

    Raises:
        ReviewRefused: `role`.
    """
    if not chairs(actor, jurisdiction_queries.snapshot(using=using)):
        raise ReviewRefused("role")
    return who(actor)


def set_cadence(
    phases: Sequence[Phase], *, actor: Actor, now: datetime, random: Randomness = os.urandom, using: str = "default"
) -> Cadence:
    """
    Set the days of reviews from now on; what was held or missed before stays.

    Raises:
        ReviewRefused: `role`.
        BadCadence: the phases overlap or can't be counted.
    """
    named = _supervisor(actor)
    found = Cadence(tuple(phases))
    changes = Changes()
    effect = {"e": "cadence.set", "cadence": found.to_document()}
    (n,) = append(changes, "supervision.cadence-set", [[effect]], now=now, using=using, actor=named, random=random)
    changes.upsert(CADENCE, [(1, canonical(found.to_document()).decode(), n)])
    commit_changes(changes, using=using)
    return found


def cadence(*, using: str = "default") -> Cadence | None:
    """Return the cadence in force, or None."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT document FROM supervision_cadence WHERE id = 1")
        row = cursor.fetchone()
    return Cadence.from_document(json.loads(row[0])) if row is not None else None


def coming(now: datetime, *, count: int = 12, using: str = "default") -> tuple[Occurrence, ...]:
    """Return the next reviews."""
    known = cadence(using=using)
    if known is None:
        return ()
    _, calendars = force.calendars(using=using)
    return known.next(calendar=calendars[force.DEFAULT], after=now, count=count)


def freeze_due(now: datetime, *, random: Randomness = os.urandom, using: str = "default") -> int:
    """
    Freeze a snapshot for each review that has begun and has none; return how many.

    After a time without ticks each review is there with its own day; the snapshot itself says when it was taken.
    """
    known = cadence(using=using)
    if known is None:
        return 0
    _, calendars = force.calendars(using=using)
    have = {one.day for one in reviews(limit=10_000, using=using)}
    begun = known.occurrences(calendar=calendars[force.DEFAULT], after=_set_at(using), until=now)
    due = [one for one in begun if one.date not in have]
    if not due:
        return 0
    while refresh(using=using):
        pass
    snapshot = snapshot_of(queries.board(SYSTEM, now=now, using=using, age=-1), now)
    changes = Changes()
    effects = [[{"e": "review.frozen", "day": one.date.isoformat(), "snapshot": snapshot}] for one in due]
    append(changes, "supervision.review-frozen", effects, now=now, using=using, random=random)
    written = canonical(snapshot).decode()
    changes.insert(REVIEW, [(one.date, one.due_at, now, written, None, "", "") for one in due])
    commit_changes(changes, using=using)
    return len(due)


def snapshot_of(board: queries.Board, now: datetime) -> dict[str, Any]:
    """Return the board as it goes into the record."""
    return {
        "at": stamp(now),
        "figures": dict(board.figures),
        "waits": dict(board.waits),
        "slips": [
            [level, one.proposed, one.out, one.answered, one.contested] for level, one in sorted(board.slips.items())
        ],
    }


def _set_at(using: str) -> datetime:
    """Return when the cadence in force was set: no review before it can have been missed."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT e.at FROM supervision_cadence c JOIN ledger_entry e ON e.n = c.n AND e.stream = %s WHERE c.id = 1",
            [loading.db_uuid(using, STREAM)],
        )
        return loading.aware(cursor.fetchone()[0])


@dataclass(frozen=True, slots=True)
class Review:
    """One review, as it stands."""

    day: date
    due_at: datetime
    frozen_at: datetime
    snapshot: dict[str, Any]
    held_at: datetime | None
    #: unit and seat that held it; empty while nobody did
    chair: tuple[str, str] = ("", "")

    def missed(self, now: datetime) -> bool:
        """Return whether its day is over and nobody held it on it."""
        return now >= self.due_at and (self.held_at is None or self.held_at >= self.due_at)


_REVIEW: Final = "SELECT day, due_at, frozen_at, snapshot, held_at, chair_unit, chair_seat FROM supervision_review"


def reviews(*, limit: int = 50, using: str = "default") -> tuple[Review, ...]:
    """Return the newest reviews that have begun, newest first."""
    with connections[using].cursor() as cursor:
        cursor.execute(f"{_REVIEW} ORDER BY day DESC LIMIT {int(limit)}")
        return tuple(_review(row) for row in cursor.fetchall())


def _review(row: tuple[Any, ...]) -> Review:
    return Review(
        day_of(row[0]),
        loading.aware(row[1]),
        loading.aware(row[2]),
        json.loads(row[3]),
        loading.aware(row[4]) if row[4] is not None else None,
        (row[5], row[6]),
    )


def day_of(value: date | str) -> date:
    """Return a day as either database gives it."""
    return value if isinstance(value, date) else date.fromisoformat(value)


def review(day: date, *, using: str = "default") -> Review:
    """
    Return one review.

    Raises:
        ReviewRefused: `none`.
    """
    with connections[using].cursor() as cursor:
        cursor.execute(f"{_REVIEW} WHERE day = %s", [day])
        row = cursor.fetchone()
    if row is None:
        raise ReviewRefused("none")
    return _review(row)


def before(day: date, *, using: str = "default") -> date | None:
    """Return the day of the review before one, or None."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT max(day) FROM supervision_review WHERE day < %s", [day])
        (found,) = cursor.fetchone()
    return day_of(found) if found is not None else None


def hold(day: date, *, actor: Actor, now: datetime, random: Randomness = os.urandom, using: str = "default") -> None:
    """
    Record that the review of a day is held; whoever does it has the chair.

    Raises:
        ReviewRefused: `role`, `none`, `known`.
    """
    named = chair_of(actor, using=using)
    if review(day, using=using).held_at is not None:
        raise ReviewRefused("known")
    changes = Changes()
    effect = {"e": "review.held", "day": day.isoformat()}
    append(changes, "supervision.review-held", [[effect]], now=now, using=using, actor=named, random=random)
    chair = {"chair_unit": actor.unit or "", "chair_seat": actor.seat or ""}
    changes.update(REVIEW, {"day": day}, {"held_at": now, **chair})
    commit_changes(changes, using=using)


def effects_of(spec: Act) -> list[dict[str, Any]]:
    """Return the effects of an act as its pack writes them, those that come only in some cases too."""

    def flat(effects: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for effect in effects or ():
            inner = flat(effect.get("then")) + flat(effect.get("else"))
            found += inner if "then" in effect or "else" in effect else [effect]
        return found

    return flat(spec.raw.get("effects"))


def decides(spec: Act) -> bool:
    """Return whether an act is one that a review may decide: no note, no checking, nothing that is a resident's."""
    if spec.name == PROPOSE_SLIP:
        return True
    if spec.creates or spec.public_kind in _OF_RESIDENTS:
        return False
    return any(_DECIDES & effect.keys() for effect in effects_of(spec))


def asks_an_office(spec: Act) -> bool:
    """Return whether an act puts a question to an office."""
    return any("request" in one and one.get("open") and one.get("to") != "resident" for one in effects_of(spec))


def open_to(day: date, actor: Actor, *, using: str = "default") -> dict[str, Any]:
    """
    Return how a seat that may decide in the review of a day stands in an entry.

    Raises:
        ReviewRefused: `role`, `none`, `early` (it is not held yet), `settled` (its minutes are confirmed).
    """
    named = chair_of(actor, using=using)
    if review(day, using=using).held_at is None:
        raise ReviewRefused("early")
    if settled(day, using=using):
        raise ReviewRefused("settled")
    return named


def decide(
    day: date,
    matter: UUID,
    *,
    level: str,
    words: str,
    due: date | None = None,
    actor: Actor,
    now: datetime,
    random: Randomness | None = None,
    using: str = "default",
) -> UUID:
    """
    Record what a review decided about a matter: at once a slip to its lead unit, of which the next review hears.

    Args:
        due: by when the unit is to have done it; None: by the slip's own clock alone.
    Returns:
        The stream of the slip, which the supervisor issues.
    Raises:
        ReviewRefused: `role`, `none`, `early` (the review is not held yet), `settled` (its minutes are confirmed).
        Refused, UnknownMatter: as the writer says.
    """
    order = Order(
        act=PROPOSE_SLIP,
        inputs={"slip_level": level, "slip_since": day.isoformat()},
        texts={"slip_reason": words} if words else {},
    )
    done = decide_by(day, matter, order, due=due, actor=actor, now=now, random=random, using=using)
    return UUID(done.state.children[_caused(done, actor, now, using).target].stream)


def decide_by(
    day: date,
    matter: UUID,
    order: Order,
    *,
    due: date | None = None,
    actor: Actor,
    now: datetime,
    random: Randomness | None = None,
    using: str = "default",
) -> Written:
    """
    Do an act on a matter as a decision of a review: the act and that the review decided it are one commit.

    The engine says whether the seat may do the act. What it led to (a slip, a request to a unit, or nothing that is
    still owed) says who owes it and by when; `due` says it where no clock does.

    Raises:
        ReviewRefused: `role`, `none`, `early`, `settled`, `closed` (sealed, or about a minor: no review decides that),
            `unfit` (the act decides nothing).
        Refused, Changed, KeyReused, UnknownMatter: as the writer says.
        Conflict: others wrote at the same moment, again and again.
    """
    named = open_to(day, actor, using=using)
    opened = see(actor, matter, using=using).tip
    spec = opened.pack.acts.get(order.act)
    if opened.state is None or opened.state.sensitivity != "ordinary":
        raise ReviewRefused("closed")
    if spec is None or not decides(spec):
        raise ReviewRefused("unfit")
    for left in reversed(range(_TRIES)):
        try:
            with transaction.atomic(using=using):
                done = act(matter, order, actor=actor, now=now, random=random, using=using)
                if not done.replayed:
                    _note(day, done, order.act, due, actor, named, now=now, random=random or os.urandom, using=using)
                return done
        except Conflict:
            if not left:
                raise
    raise AssertionError("unreachable")


def _note(
    day: date,
    done: Written,
    act_name: str,
    due: date | None,
    actor: Actor,
    named: dict[str, Any],
    *,
    now: datetime,
    random: Randomness,
    using: str,
) -> None:
    """Record that a review decided what was just done."""
    caused = _caused(done, actor, now, using)
    until = caused.due_date or due
    changes = Changes()
    effect = {
        "e": "review.decided",
        "day": day.isoformat(),
        "matter": done.stream.hex,
        "n": done.first,
        "kind": caused.kind,
        "act": act_name,
        "target": caused.target,
        "owner": caused.owner,
        "due": until.isoformat() if until is not None else None,
    }
    kind = "supervision.review-decided"
    (n,) = append(changes, kind, [[effect]], now=now, using=using, actor=named, random=random)
    slip = UUID(done.state.children[caused.target].stream) if caused.kind == "slip" else None
    row = (n, day, done.stream, done.first, caused.kind, act_name, caused.target, slip, caused.owner, until)
    changes.insert(DECISION, [(*row, actor.unit or "", actor.seat or "")])
    commit_changes(changes, using=using)


@dataclass(frozen=True, slots=True)
class _Caused:
    """What an act led to in its matter."""

    #: slip, request or act
    kind: str
    #: key of the slip or the request there
    target: str
    owner: str
    #: of a request's clock, or the day of an act
    due_date: date | None


def _caused(done: Written, actor: Actor, now: datetime, using: str) -> _Caused:
    state = done.state
    bodies = ledger_queries.bodies_since(done.stream, done.first - 1, using=using)
    effects = [effect for body in bodies[: done.n - done.first + 1] for effect in body["effects"]]
    slip = _newest(one["key"] for one in effects if one["e"] == "child.opened" and one["kind"] == "slip")
    if slip is not None:
        return _Caused("slip", slip, state.unit, None)
    asked = _newest(one["key"] for one in effects if one["e"] == "request.opened" and state.requests[one["key"]].unit)
    if asked is None:
        _, calendars = force.calendars(using=using)
        return _Caused("act", "", actor.unit or "", now.astimezone(calendars[force.DEFAULT].zone).date())
    request = state.requests[asked]
    clock = state.clocks.get(request.clock or "")
    last = date.fromisoformat(clock.last_date) if clock is not None and clock.last_date is not None else None
    return _Caused("request", asked, request.unit or "", last)


def _newest(keys: Iterator[str]) -> str | None:
    return max(keys, key=lambda key: int(key.rpartition("#")[2]), default=None)


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision of a review, and how what it led to stands now."""

    #: number of its entry in the stream of supervision
    entry: int
    day: date
    matter: UUID
    #: number of the matter's entry that it led to
    n: int
    #: slip, request or act
    kind: str
    act: str
    #: key of the slip or the request in the matter
    target: str
    slip: UUID | None
    owner: str
    due_date: date | None
    #: who decided
    unit: str
    seat: str
    #: stage of the slip or state of the request; empty for an act
    stage: str
    done: bool


_DECISION: Final = (
    "d.entry, d.day, d.matter, d.n, d.kind, d.act, d.target, d.slip, d.owner, d.due_date, d.unit, d.seat,"
    " s.stage, s.open FROM supervision_decision d LEFT JOIN matters_matter s ON s.id = d.slip"
)


def decisions(days: Sequence[date], *, using: str = "default") -> tuple[Decided, ...]:
    """Return what was decided on these days and how it stands, in the order of deciding, in two statements."""
    if not days:
        return ()
    marks = ", ".join(["%s"] * len(days))
    with connections[using].cursor() as cursor:
        cursor.execute(f"SELECT {_DECISION} WHERE d.day IN ({marks}) ORDER BY d.entry", list(days))
        rows = cursor.fetchall()
    asked = {loading.as_uuid(row[2]) for row in rows if row[4] == "request"}
    states = {
        stream: tip.state for stream, tip in loading.load_many(asked, using=using, lenient=True).items() if tip.state
    }
    return tuple(_decided(row, states) for row in rows)


def _decided(row: tuple[Any, ...], states: Mapping[UUID, State]) -> Decided:
    matter, kind, target = loading.as_uuid(row[2]), row[4], row[6]
    stage, done = row[12] or "", not row[13]
    if kind == "request":
        request = states[matter].requests[target] if matter in states else None
        stage = request.state if request is not None else ""
        done = request is not None and request.state not in ("open", "contested")
    return Decided(
        row[0],
        day_of(row[1]),
        matter,
        row[3],
        kind,
        row[5],
        target,
        loading.as_uuid(row[7]) if row[7] is not None else None,
        row[8],
        day_of(row[9]) if row[9] is not None else None,
        row[10],
        row[11],
        stage,
        done,
    )


def settled(day: date, *, using: str = "default") -> bool:
    """Return whether the minutes of a review are confirmed: nothing is decided there any more."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT 1 FROM supervision_minutes WHERE day = %s AND confirmed_at IS NOT NULL", [day])
        return cursor.fetchone() is not None
