"""
The ladder climbs: what was reached is recorded with its true date, a digest a unit, and what is grave is proposed.

One digest a unit and working day, in the morning. However long nobody looked, the next run records every rung that was
reached meanwhile, in one digest for each unit, and proposes no more than the gravest slip of each clock.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cache
from hashlib import sha256
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connections

from huajie.apps.jurisdiction import queries as jurisdiction_queries
from huajie.apps.ledger import queries as ledger_queries
from huajie.apps.ledger.operations import Changes, Conflict, TableSpec, add_entries, commit_changes, register_table
from huajie.apps.matters import loading
from huajie.apps.matters.errors import Changed, Denied, UnknownMatter
from huajie.apps.matters.operations import Order, Randomness, act
from huajie.apps.matters.projection import FAR
from huajie.apps.procedure import force
from huajie.apps.procedure.registry import packs_folder, read_pack
from huajie.core.access import SYSTEM
from huajie.core.clocks import Calendar
from huajie.core.ledger import Draft, seal_entries, stamp
from huajie.core.procedure import Refused, resolve
from huajie.core.supervision import PROPOSED, RUNGS, Ladder, rungs

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
        },
        key=("matter", "clock", "due_at", "rung"),
    )
)

#: The stream of supervision: digests, seeds, frames.
STREAM: Final = UUID("00000000-0000-7000-8000-737570657200")
#: Local time from which a working day's digests go out.
MORNING: Final = time(8, 0)
#: The pack whose parameters say when each rung is reached.
PACK: Final = "cn.supervision"


def in_force() -> Ladder:
    """
    Return the ladder that this government climbs: the pack's own, or the parameter set that a setting names.

    Raises:
        PackMissing, BadPack, BadLadder: as they say.
    """
    return _ladder(str(packs_folder()), settings.HUAJIE_LADDER)


@cache
def _ladder(folder: str, chosen: str) -> Ladder:
    pack = resolve(read_pack(packs_folder() / PACK / "pack.yaml"), chosen or None)
    return Ladder.of(pack.document["parameters"])


@dataclass(frozen=True, slots=True)
class Reached:
    """One rung of one clock."""

    matter: UUID
    clock: str
    due_at: datetime
    rung: str
    reached_at: datetime
    unit: str


def cutoff(now: datetime, calendar: Calendar) -> datetime:
    """Return the newest morning of a working day that is not after `now`: what was reached by then is told."""
    zone = calendar.zone if isinstance(calendar.zone, ZoneInfo) else ZoneInfo("Asia/Shanghai")
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
    ladder = in_force()
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
        every = rungs(ladder, started_at=started_at, due_at=due_at, calendar=calendar)
        left = [(rung, at) for rung, at in every if (matter, clock, due_at, rung) not in known]
        reached += [Reached(matter, clock, due_at, rung, at, unit) for rung, at in left if at <= until]
        moved.append((matter, clock, min((at for _, at in left if at > until), default=FAR)))
    # Proposed first: a run that is killed in between proposes again, which is a repeat, and then records. Where
    # somebody acts on the matter at this very moment, it stays as it is and the next run comes back to it.
    later = {one.matter for one in _gravest(reached) if not _propose(one, ladder, now=now, random=random, using=using)}
    moved = [one for one in moved if one[0] not in later]
    _record([one for one in reached if one.matter not in later], moved, now=now, random=random, using=using)
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
                row[0] if isinstance(row[0], UUID) else UUID(row[0]),
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
            (matter if isinstance(matter, UUID) else UUID(matter), clock, loading.aware(due_at), rung)
            for matter, clock, due_at, rung in cursor.fetchall()
        }


def _record(
    reached: Sequence[Reached],
    moved: Sequence[tuple[UUID, str, datetime]],
    *,
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
        rows.extend((one.matter, one.clock, one.due_at, one.rung, one.reached_at, one.unit, n) for one in many)

    changes = Changes()
    numbers = append(changes, "supervision.digest", effects, now=now, random=random, using=using)
    for number, n in enumerate(numbers):
        follow(n, number)
    changes.insert(RUNG, rows)
    for matter, clock, at in moved:
        changes.update("supervision_watch", {"matter": matter, "clock": clock}, {"next_at": at})
    commit_changes(changes, using=using)


def append(
    changes: Changes,
    kind: str,
    effects: Sequence[Sequence[Mapping[str, Any]]],
    *,
    now: datetime,
    using: str,
    actor: Mapping[str, Any] | None = None,
    random: Randomness = os.urandom,
) -> list[int]:
    """
    Add entries to the stream of supervision, one for each list of effects; return their numbers.

    Two who append at the same moment: the second gets `Conflict` at commit and goes again.
    """
    if not effects:
        return []
    n, prev = ledger_queries.tip_of(STREAM, using=using)
    drafts = [
        Draft(
            kind=kind,
            public_kind="note",
            act=kind.partition(".")[2],
            actor=dict(actor or {"kind": "system"}),
            effects=[dict(effect) for effect in many],
        )
        for many in effects
    ]
    sealed = seal_entries(
        drafts,
        stream=STREAM,
        case_ref=sha256(b"supervision" + settings.HUAJIE_KEYS["number"]).digest()[:16],
        n=n + 1,
        prev=prev,
        at=now,
        seeds=[random(32) for _ in drafts],
    )
    add_entries(changes, sealed, random=random)
    return [n + 1 + number for number in range(len(drafts))]


def _gravest(reached: Sequence[Reached]) -> list[Reached]:
    """Return for each matter the gravest rung that a person issues: one proposal, however long nobody looked."""
    found: dict[UUID, Reached] = {}
    for one in reached:
        if one.rung in PROPOSED:
            other = found.get(one.matter)
            if other is None or RUNGS.index(one.rung) > RUNGS.index(other.rung):
                found[one.matter] = one
    return list(found.values())


def _propose(one: Reached, ladder: Ladder, *, now: datetime, random: Randomness, using: str) -> bool:
    """Propose a slip, once; return False where somebody else was quicker and it has to be tried again."""
    days = {"slip": ladder.slip_workdays, "talk": ladder.talk_workdays, "listed": ladder.listed_workdays}[one.rung]
    tip = loading.load(one.matter, using=using)
    spec = tip.pack.clocks.get(one.clock.partition("#")[0]) if tip is not None and tip.state is not None else None
    if tip is None or spec is None:
        return True
    since = one.reached_at.astimezone(ZoneInfo("Asia/Shanghai")).date().isoformat()
    words = f"“{spec.title['zh']}”超期已满{days}个工作日，按督办阶梯拟发。"
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
