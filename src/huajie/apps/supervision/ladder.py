"""
The ladder climbs: what was reached is recorded with its true date, a digest a unit, and what is grave is proposed.

One digest a unit and working day, in the morning. However long nobody looked, the next run records every rung that was
reached meanwhile, in one digest for each unit, and proposes no more than the gravest slip of each clock.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any, Final
from uuid import UUID

from django.db import connections

from huajie.apps.jurisdiction import queries as jurisdiction_queries
from huajie.apps.ledger.operations import Changes, Conflict, TableSpec, commit_changes, register_table
from huajie.apps.matters import loading
from huajie.apps.matters.errors import Changed, Denied, UnknownMatter
from huajie.apps.matters.operations import Order, Randomness, act
from huajie.apps.matters.projection import FAR
from huajie.apps.procedure import force
from huajie.apps.supervision import choices
from huajie.apps.supervision.stream import append
from huajie.core.access import SYSTEM
from huajie.core.clocks import Calendar, shift
from huajie.core.ledger import stamp
from huajie.core.procedure import Refused
from huajie.core.supervision import PROPOSED, RUNGS, rungs

RUNG = register_table(
    TableSpec(
        "supervision_rung",
        {
            "matter": "uuid",
            "clock": "text",
            "due_at": "moment",
            "rung": "text",
            "reached_at": "moment",
            "unit": "text",
            "n": "int",
            "told_at": "moment",
            "reply_due_at": "moment",
            "received_at": "moment",
            "received_by": "text",
            "received_seat": "text",
            "answered_at": "moment",
            "answered_by": "text",
            "answered_seat": "text",
            "cause": "text",
            "words": "text",
            "by_date": "date",
            "withdrawn_at": "moment",
            "withdrawn_by": "text",
            "withdrawn_seat": "text",
            "reason": "text",
        },
        key=("matter", "clock", "due_at", "rung"),
    )
)

#: What a digest says of a rung; the others come with receipt, answer and withdrawal.
_TOLD: Final = ("matter", "clock", "due_at", "rung", "reached_at", "unit", "n", "told_at", "reply_due_at")
#: Local time from which a working day's digests go out.
MORNING: Final = time(8, 0)


@dataclass(frozen=True, slots=True)
class Reached:
    """One rung of one clock."""

    matter: UUID
    clock: str
    due_at: datetime
    rung: str
    reached_at: datetime
    unit: str
    #: working days after due at which the ladder has this rung; 0 for reminders and chasers
    workdays: int


def cutoff(now: datetime, calendar: Calendar) -> datetime:
    """Return the newest morning of a working day that is not after `now`: what was reached by then is told."""
    zone = calendar.zone
    local = now.astimezone(zone)
    day = local.date() if local.time() >= MORNING else local.date() - timedelta(days=1)
    while not calendar.is_working_day(day):
        day -= timedelta(days=1)
    return datetime.combine(day, MORNING, tzinfo=zone).astimezone(UTC)


def climb(now: datetime, *, limit: int = 500, random: Randomness = os.urandom, using: str = "default") -> int:
    """
    Record every rung that was reached by this morning and is not in the record, and propose what is grave.

    Args:
        random: for a history that is the same each time it is made.
    Returns:
        How many clocks it is done with until their next rung.
    """
    ladders = choices.ladders(using=using)
    _, calendars = force.calendars(using=using)
    jurisdiction = jurisdiction_queries.snapshot(using=using)
    until = cutoff(now, calendars[force.DEFAULT])
    due = _due(until, limit, using)
    if not due:
        return 0
    known = _recorded({matter for matter, *_ in due}, using)
    reached: list[Reached] = []
    moved: list[tuple[UUID, str, datetime]] = []
    for matter, clock, unit, region, started_at, due_at in due:
        calendar = force.calendar_for("region", region, jurisdiction, calendars)
        ladder = ladders.at(started_at)
        every = rungs(ladder, started_at=started_at, due_at=due_at, calendar=calendar)
        left = [(rung, at) for rung, at in every if (matter, clock, due_at, rung) not in known]
        late = dict(ladder.graver)
        reached += [
            Reached(matter, clock, due_at, rung, at, unit, late.get(rung, 0)) for rung, at in left if at <= until
        ]
        moved.append((matter, clock, min((at for _, at in left if at > until), default=FAR)))
    # Proposed first: a run that is killed in between proposes again, which is a repeat, and then records. Where
    # somebody acts on the matter at this very moment, it stays as it is and the next run comes back to it.
    zone = calendars[force.DEFAULT].zone
    grave = _gravest(reached)
    later = {one.matter for one in grave if not _propose(one, zone=zone, now=now, random=random, using=using)}
    moved = [one for one in moved if one[0] not in later]
    told = [one for one in reached if one.matter not in later]
    reply_due_at = shift(now, ladders.at(now).reply_workdays, "workday", calendars[force.DEFAULT])
    _record(told, moved, reply_due_at=reply_due_at, now=now, random=random, using=using)
    return len(moved)


def _due(until: datetime, limit: int, using: str) -> list[tuple[UUID, str, str, str, datetime, datetime]]:
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT matter, clock, unit, region, started_at, due_at FROM supervision_watch WHERE next_at <= %s"
            f" ORDER BY next_at, matter LIMIT {int(limit)}",
            [connections[using].ops.adapt_datetimefield_value(until)],
        )
        return [
            (
                loading.as_uuid(row[0]),
                *row[1:4],
                loading.aware(row[4]),
                loading.aware(row[5]),
            )
            for row in cursor.fetchall()
        ]


def _recorded(streams: set[UUID], using: str) -> set[tuple[UUID, str, datetime, str]]:
    marks = ", ".join(["%s"] * len(streams))
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"SELECT matter, clock, due_at, rung FROM supervision_rung WHERE matter IN ({marks})",
            [loading.db_uuid(using, stream) for stream in streams],
        )
        return {
            (loading.as_uuid(matter), clock, loading.aware(due_at), rung)
            for matter, clock, due_at, rung in cursor.fetchall()
        }


def _record(
    reached: Sequence[Reached],
    moved: Sequence[tuple[UUID, str, datetime]],
    *,
    reply_due_at: datetime,
    now: datetime,
    random: Randomness,
    using: str,
) -> None:
    """Append one digest a unit, and write the rows that follow from them."""
    by_unit: dict[str, list[Reached]] = {}
    for one in sorted(reached, key=lambda one: (one.unit, one.reached_at, one.matter, one.clock, one.rung)):
        by_unit.setdefault(one.unit, []).append(one)
    effects = [
        [
            {
                "e": "rungs.reached",
                "unit": unit,
                "reply_due": stamp(reply_due_at),
                "rungs": [
                    [one.matter.hex, one.clock, stamp(one.due_at), one.rung, stamp(one.reached_at)] for one in many
                ],
            }
        ]
        for unit, many in by_unit.items()
    ]
    rows: list[tuple[Any, ...]] = []

    def follow(n: int, number: int) -> None:
        many = list(by_unit.values())[number]
        rows.extend(
            (one.matter, one.clock, one.due_at, one.rung, one.reached_at, one.unit, n, now, reply_due_at)
            for one in many
        )

    changes = Changes()
    numbers = append(changes, "supervision.digest", effects, now=now, random=random, using=using)
    for number, n in enumerate(numbers):
        follow(n, number)
    changes.insert(RUNG, rows, _TOLD)
    for matter, clock, at in moved:
        changes.update("supervision_watch", {"matter": matter, "clock": clock}, {"next_at": at})
    commit_changes(changes, using=using)


def _gravest(reached: Sequence[Reached]) -> list[Reached]:
    """Return for each matter the gravest rung that a person issues: one proposal, however long nobody looked."""
    found: dict[UUID, Reached] = {}
    for one in reached:
        if one.rung in PROPOSED:
            other = found.get(one.matter)
            if other is None or RUNGS.index(one.rung) > RUNGS.index(other.rung):
                found[one.matter] = one
    return list(found.values())


def _propose(one: Reached, *, zone: tzinfo, now: datetime, random: Randomness, using: str) -> bool:
    """Propose a slip, once; return False where somebody else was quicker and it has to be tried again."""
    tip = loading.load(one.matter, using=using)
    spec = tip.pack.clocks.get(one.clock.partition("#")[0]) if tip is not None and tip.state is not None else None
    if tip is None or spec is None:
        return True
    since = one.reached_at.astimezone(zone).date().isoformat()
    words = f"“{spec.title['zh']}”超期已满{one.workdays}个工作日，按督办阶梯拟发。"
    order = Order(
        act="propose_slip",
        inputs={"slip_level": one.rung, "slip_since": since},
        texts={"slip_reason": words},
        idempotency=("ladder", f"{one.matter.hex}.{one.clock}.{stamp(one.due_at)}.{one.rung}", one.rung),
    )
    try:
        act(one.matter, order, actor=SYSTEM, now=now, random=random, using=using)
    except (Changed, Conflict):
        return False
    except (Refused, Denied, UnknownMatter):
        # a pack from before knows no slips, or nobody may supervise it: what was reached stays in the record
        return True
    return True
