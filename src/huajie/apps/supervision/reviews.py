"""
Reviews on known days: a cadence in phases, what was seen at each review, what was decided there.

A cadence is an entry; its occurrences follow from it and the calendar. When one begins, the tick freezes the board as
it stands into an entry: an immutable snapshot that anybody counts again from the entries before it. Whoever holds the
review decides: each decision is an act on a matter at once, a slip with its own clock, so that the next review hears
what became of it. A review whose day passed without anybody holding it is shown as missed, and stays so.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connections

from huajie.apps.ledger.operations import Changes, TableSpec, commit_changes, register_table
from huajie.apps.matters import loading
from huajie.apps.matters.operations import Order, Randomness, act
from huajie.apps.procedure import force
from huajie.apps.supervision import queries
from huajie.apps.supervision.cases import refresh
from huajie.apps.supervision.ladder import STREAM, append
from huajie.core.access import SYSTEM, Actor
from huajie.core.ledger import canonical, stamp
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
        },
        key=("day",),
    )
)
DECISION = register_table(
    TableSpec("supervision_decision", {"slip": "uuid", "day": "date", "matter": "uuid", "unit": "text"}, key=("slip",))
)


class ReviewRefused(Exception):
    """What was asked can't be; the word says why: role, none, early, known."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


def _supervisor(actor: Actor) -> dict[str, Any]:
    if "supervisor" not in actor.roles:
        raise ReviewRefused("role")
    return {"kind": "seat", "person": actor.person, "seat": actor.seat, "unit": actor.unit}


def set_cadence(
    phases: Sequence[Phase], *, actor: Actor, now: datetime, random: Randomness = os.urandom, using: str = "default"
) -> Cadence:
    """
    Set the days of reviews from now on; what was held or missed before stays.

    Raises:
        ReviewRefused: `role`.
        BadCadence: the phases overlap or can't be counted.
    """
    who = _supervisor(actor)
    found = Cadence(tuple(phases))
    changes = Changes()
    effect = {"e": "cadence.set", "cadence": found.to_document()}
    (n,) = append(changes, "supervision.cadence-set", [[effect]], now=now, using=using, actor=who, random=random)
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
    changes.insert(REVIEW, [(one.date, one.due_at, now, written, None) for one in due])
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

    def missed(self, now: datetime) -> bool:
        """Return whether its day is over and nobody held it on it."""
        return now >= self.due_at and (self.held_at is None or self.held_at >= self.due_at)


def reviews(*, limit: int = 50, using: str = "default") -> tuple[Review, ...]:
    """Return the newest reviews that have begun, newest first."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT day, due_at, frozen_at, snapshot, held_at FROM supervision_review"
            f" ORDER BY day DESC LIMIT {int(limit)}"
        )
        return tuple(
            Review(
                row[0] if isinstance(row[0], date) else date.fromisoformat(row[0]),
                loading.aware(row[1]),
                loading.aware(row[2]),
                json.loads(row[3]),
                loading.aware(row[4]) if row[4] is not None else None,
            )
            for row in cursor.fetchall()
        )


def review(day: date, *, using: str = "default") -> Review:
    """
    Return one review.

    Raises:
        ReviewRefused: `none`.
    """
    found = next((one for one in reviews(limit=10_000, using=using) if one.day == day), None)
    if found is None:
        raise ReviewRefused("none")
    return found


def hold(day: date, *, actor: Actor, now: datetime, random: Randomness = os.urandom, using: str = "default") -> None:
    """
    Record that the review of a day is held.

    Raises:
        ReviewRefused: `role`, `none`, `known`.
    """
    who = _supervisor(actor)
    if review(day, using=using).held_at is not None:
        raise ReviewRefused("known")
    changes = Changes()
    effect = {"e": "review.held", "day": day.isoformat()}
    append(changes, "supervision.review-held", [[effect]], now=now, using=using, actor=who, random=random)
    changes.update(REVIEW, {"day": day}, {"held_at": now})
    commit_changes(changes, using=using)


def decide(
    day: date,
    matter: UUID,
    *,
    level: str,
    words: str,
    actor: Actor,
    now: datetime,
    random: Randomness | None = None,
    using: str = "default",
) -> UUID:
    """
    Record what a review decided about a matter: at once a slip to its lead unit, of which the next review hears.

    Returns:
        The stream of the slip, which the supervisor issues.
    Raises:
        ReviewRefused: `role`, `none`, `early` (the review is not held yet).
        Refused, UnknownMatter: as the writer says.
    """
    who = _supervisor(actor)
    if review(day, using=using).held_at is None:
        raise ReviewRefused("early")
    order = Order(
        act="propose_slip",
        inputs={"slip_level": level, "slip_since": day.isoformat()},
        texts={"slip_reason": words} if words else {},
    )
    done = act(matter, order, actor=actor, now=now, random=random, using=using)
    newest = max(
        (key for key, child in done.state.children.items() if child.kind == "slip"),
        key=lambda key: int(key.rpartition("#")[2]),
    )
    slip = UUID(done.state.children[newest].stream)
    changes = Changes()
    effect = {"e": "review.decided", "day": day.isoformat(), "matter": matter.hex, "slip": slip.hex}
    kind = "supervision.review-decided"
    append(changes, kind, [[effect]], now=now, using=using, actor=who, random=random or os.urandom)
    changes.insert(DECISION, [(slip, day, matter, done.state.unit)])
    commit_changes(changes, using=using)
    return slip


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision of a review, and how its slip stands now."""

    day: date
    matter: UUID
    slip: UUID
    unit: str
    #: stage of the slip; empty where its row is not counted yet
    stage: str
    done: bool


def decisions(days: Sequence[date], *, using: str = "default") -> tuple[Decided, ...]:
    """Return what was decided on these days, in the order of days."""
    if not days:
        return ()
    marks = ", ".join(["%s"] * len(days))
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT d.day, d.matter, d.slip, d.unit, m.stage, m.open FROM supervision_decision d"
            f" JOIN matters_matter m ON m.id = d.slip WHERE d.day IN ({marks}) ORDER BY d.day, d.slip",
            list(days),
        )
        return tuple(
            Decided(
                row[0] if isinstance(row[0], date) else date.fromisoformat(row[0]),
                row[1] if isinstance(row[1], UUID) else UUID(row[1]),
                row[2] if isinstance(row[2], UUID) else UUID(row[2]),
                row[3],
                row[4],
                not row[5],
            )
            for row in cursor.fetchall()
        )
