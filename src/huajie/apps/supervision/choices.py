"""
Which ladder is in force: the supervision office chooses one of the parameter sets of the pack, with a reason.

A choice is an entry of the stream of supervision and holds the values as they were then. It is in force for what starts
from the next midnight on; what started before goes on by the ladder of its own start. So no row that was counted before
changes, whoever counts it again, and a process that learns of a choice a moment late has counted nothing wrong.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from time import monotonic
from typing import Any, Final

from django.db import connections

from huajie.apps.jurisdiction import queries as jurisdiction_queries
from huajie.apps.ledger.operations import Changes, TableSpec, commit_changes, register_table
from huajie.apps.matters import loading
from huajie.apps.procedure import force
from huajie.apps.procedure.registry import packs_folder, read_pack
from huajie.apps.supervision.stream import Declined, append, who
from huajie.core.access import Actor, issues_reminders
from huajie.core.clocks import CalendarGap
from huajie.core.ledger import canonical, stamp
from huajie.core.procedure import resolve
from huajie.core.supervision import RUNGS, Ladder, Ladders, reached, used, workdays_late

CHOICE = register_table(
    TableSpec(
        "supervision_ladder",
        {
            "n": "int",
            "name": "text",
            "from_at": "moment",
            "document": "text",
            "reason": "text",
            "made_at": "moment",
            "person": "text",
            "seat": "text",
        },
        key=("n",),
    )
)

#: The pack whose parameters say when each rung is reached.
PACK: Final = "cn.supervision"
#: The pack's own values.
DEFAULT: Final = "default"
#: Longest reason.
MOST_WORDS: Final = 500
#: Seconds for which pages take choices and a simulation as they were looked at.
AGE: Final = 30.0
SIMULATED_AGE: Final = 600.0


@dataclass(frozen=True, slots=True)
class Known:
    """A ladder that can be chosen."""

    name: str
    title: Mapping[str, str]
    #: what of it is the source's and what is our reading; empty for the default
    note: Mapping[str, str]
    #: as the pack has it: title, article, tag (how sure), verified, date
    source: Mapping[str, Any]
    ladder: Ladder


def known() -> tuple[Known, ...]:
    """
    Return the pack's own ladder and every parameter set.

    Raises:
        PackMissing, BadPack, BadLadder: as they say.
    """
    return _known(str(packs_folder()))


@cache
def _known(folder: str) -> tuple[Known, ...]:
    source = read_pack(packs_folder() / PACK / "pack.yaml")
    sets: dict[str, Any] = dict(source.document.get("parameter_sets") or {})
    found = []
    for name in (DEFAULT, *sets):
        pack = resolve(source, None if name == DEFAULT else name)
        said = sets.get(name, {"title": {"zh": "默认阶梯", "en": "The default ladder"}, "source": "ladder"})
        ladder = Ladder.of(pack.document["parameters"])
        found.append(Known(name, said["title"], said.get("note", {}), pack.document["sources"][said["source"]], ladder))
    return tuple(found)


_kept: dict[str, tuple[float, Ladders]] = {}
_counted: dict[str, tuple[float, datetime, int, dict[str, dict[str, int]]]] = {}


def forget() -> None:
    """Look anew the next time."""
    _kept.clear()
    _counted.clear()


def ladders(*, using: str = "default", age: float = 0.0) -> Ladders:
    """
    Return which ladder is in force for what started when.

    Args:
        age: seconds for which an earlier look is good enough, for pages; a choice begins at a midnight ahead.
    """
    looked = _kept.get(using)
    if looked is not None and age > 0 and monotonic() - looked[0] < age:
        return looked[1]
    chosen = tuple((one.from_at, one.ladder) for one in made(using=using))
    found = Ladders(known()[0].ladder, chosen)
    _kept[using] = (monotonic(), found)
    return found


@dataclass(frozen=True, slots=True)
class Made:
    """A choice that was made."""

    n: int
    name: str
    from_at: datetime
    ladder: Ladder
    reason: str
    made_at: datetime
    person: str
    seat: str


def made(*, using: str = "default") -> tuple[Made, ...]:
    """Return every choice in the order in which they were made; there are few."""
    with connections[using].cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(CHOICE.columns)} FROM supervision_ladder ORDER BY n")
        return tuple(
            Made(
                n,
                name,
                loading.aware(from_at),
                Ladder.from_document(json.loads(document)),
                reason,
                loading.aware(made_at),
                person,
                seat,
            )
            for n, name, from_at, document, reason, made_at, person, seat in cursor.fetchall()
        )


def begins(now: datetime, *, using: str = "default") -> datetime:
    """Return from when on a choice made now is in force: the next midnight of the government's calendar."""
    _, calendars = force.calendars(using=using)
    zone = calendars[force.DEFAULT].zone
    return datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(0), tzinfo=zone)


def choose(name: str, *, reason: str, actor: Actor, now: datetime, using: str = "default") -> datetime:
    """
    Put a ladder in force for every clock that starts from the next midnight on; return that moment.

    Args:
        name: of `known()`.
        reason: why, in words that stand on the page; neither empty nor longer than MOST_WORDS.
    Raises:
        Declined: `role`, `unknown`, `reason`, `same` (it is the one in force then already).
        Conflict: somebody else wrote at this moment; try again.
    """
    if not issues_reminders(actor):
        raise Declined("role")
    wanted = next((one for one in known() if one.name == name), None)
    if wanted is None:
        raise Declined("unknown")
    reason = reason.strip()
    if not reason or len(reason) > MOST_WORDS:
        raise Declined("reason")
    from_at = begins(now, using=using)
    changes = Changes()
    effect = {"e": "ladder.chosen", "ladder": name, "from": stamp(from_at), "values": wanted.ladder.to_document()}
    (n,) = append(
        changes,
        "supervision.ladder-chosen",
        [[effect]],
        now=now,
        using=using,
        actor=who(actor),
        texts=[("reason", reason.encode())],
    )
    before = made(using=using)
    if (before[-1].name if before else DEFAULT) == name:
        raise Declined("same")
    document = canonical(wanted.ladder.to_document()).decode()
    changes.insert(CHOICE, [(n, name, from_at, document, reason, now, actor.person or "", actor.seat or "")])
    commit_changes(changes, using=using)
    forget()
    return from_at


@dataclass(frozen=True, slots=True)
class Simulated:
    """What every ladder would come to for the clocks that run now."""

    at: datetime
    #: clocks counted
    clocks: int
    #: name of a ladder -> rung -> how many clocks would have reached it; a rung that it does not have is left out
    rungs: Mapping[str, Mapping[str, int]]


def simulate(now: datetime, *, using: str = "default") -> Simulated:
    """Count, in one statement and at most every ten minutes, which rung today's clocks would have reached."""
    looked = _counted.get(using)
    if looked is None or monotonic() - looked[0] >= SIMULATED_AGE or not looked[1] <= now:
        stands = _stands(now, using)
        found = {}
        for one in known():
            has = {"chaser", *dict(one.ladder.reminders), *dict(one.ladder.graver)}
            counted = {rung: 0 for rung in RUNGS if rung in has}
            for (percent, late), many in stands.items():
                for rung in reached(one.ladder, percent=percent, late=late):
                    counted[rung] += many
            found[one.name] = counted
        looked = _counted[using] = (monotonic(), now, sum(stands.values()), found)
    return Simulated(looked[1], looked[2], looked[3])


def _stands(now: datetime, using: str) -> Counter[tuple[int, int]]:
    """Return how many clocks stand how: percent used and working days late."""
    jurisdiction = jurisdiction_queries.snapshot(using=using)
    _, calendars = force.calendars(using=using)
    late_of: dict[tuple[str, datetime], int | None] = {}
    stands: Counter[tuple[int, int]] = Counter()
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT region, started_at, due_at FROM supervision_watch")
        while many := cursor.fetchmany(5000):
            for region, started, due in many:
                started_at, due_at = loading.aware(started), loading.aware(due)
                key = (region, due_at)
                if key not in late_of:
                    try:
                        calendar = force.calendar_for("region", region, jurisdiction, calendars)
                        late_of[key] = workdays_late(due_at, calendar, now)
                    except CalendarGap:
                        late_of[key] = None
                late = late_of[key]
                if late is not None:
                    stands[(used(started_at, due_at, now), late)] += 1
    return stands
