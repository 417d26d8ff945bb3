"""
Figures for everybody, counted from rows that `huajie verify` compares with the entries: which dates were kept, and how
many matters are open. Sealed and minors' matters are in no figure, nor is what another system brought in.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connections

from huajie.apps.matters.loading import db_uuid
from huajie.core.access import Actor, lens
from huajie.core.figures import SMALL
from huajie.core.procedure import RETENTION, Pack, measured_clocks

#: Seconds for which a figure is shown without counting again: counting reads every clock.
AGE: Final = 3600.0


#: What is counted of `matters_matter m`: what people and offices brought in here. Sealed and minors' matters are in no
#: figure, nor what another system brought, nor the reviews, slips and requests that a matter itself gives rise to: that
#: somebody asks for one changes no figure.
COUNTED: Final = "m.sensitivity = 'ordinary' AND m.parent IS NULL AND NOT m.imported"
#: The first time that a clock `c` runs, and no clock of a request: a reopening starts it again under another key, and
#: the first keeps its date and how it ended.
_FIRST: Final = "c.key = c.name"
#: When a matter first ended: its keeping time runs from then. One that is opened again has ended all the same.
_ENDED: Final = f"c.name = '{RETENTION}' AND {_FIRST}"
#: What became of a date that fell due, by the name that a list's filter gives it.
OUTCOMES: Final = {
    "due": "NOT (c.status = 'stopped' AND c.ended_at < c.due_at)",
    "kept": "c.status = 'met' AND c.ended_at < c.due_at",
    "missed": "NOT (c.status IN ('met', 'stopped') AND c.ended_at < c.due_at)",
    "away": "c.status = 'stopped' AND c.ended_at < c.due_at",
}
#: How many dates fell due, were kept, and fell away.
_BECAME: Final = ", ".join(f"sum(CASE WHEN {OUTCOMES[name]} THEN 1 ELSE 0 END)" for name in ("due", "kept", "away"))


@dataclass(slots=True, frozen=True)
class Kept:
    """Dates of offices that fell due in a span of time, and what became of them."""

    #: dates that fell due, without those that fell away
    due: int
    #: done before the date was over
    kept: int
    #: ended before their date without being done: withdrawn, merged, decided another way
    fell_away: int
    #: when it was counted, UTC
    at: datetime

    @property
    def missed(self) -> int:
        """Return those that were done late, or not at all until now."""
        return self.due - self.kept

    @property
    def small(self) -> bool:
        """Return whether there are too few to say anything about."""
        return self.due < SMALL


@dataclass(slots=True, frozen=True)
class Open:
    """Matters that are not at their end."""

    open: int
    #: of those: one of its dates has passed
    late: int
    #: when it was counted, UTC
    at: datetime


_dates: dict[tuple[str, datetime, datetime, frozenset[tuple[str, str]]], tuple[datetime, dict[str, "Dates"]]] = {}
#: Answers that are remembered: a month for everybody, one for the board.
_MOST: Final = 4
_open: dict[str, Open] = {}


def dates_by_unit(
    since: datetime,
    until: datetime,
    clocks: Iterable[tuple[str, str]],
    *,
    now: datetime,
    age: float = AGE,
    using: str = "default",
) -> tuple[datetime, dict[str, "Dates"]]:
    """
    Return when it was counted, and the dates of each unit that fell due in a span of time, by its code.

    Args:
        since, until: aware; a date counts whose due moment lies after the first and not after the second, since a due
            moment is the first at which a step is late.
        clocks: pack and name of the clocks that count.
        age: seconds for which it is shown without counting again.
    """
    wanted = frozenset(clocks)
    place = (using, since, until, wanted)
    known = _dates.get(place)
    if known is not None and 0 <= (now - known[0]).total_seconds() < age:
        return known
    found: dict[str, Dates] = {}
    if wanted:
        adapt = connections[using].ops.adapt_datetimefield_value
        names = sorted(f"{pack} {name}" for pack, name in wanted)
        sql = (
            f"SELECT m.unit, {_BECAME} FROM matters_clock c JOIN matters_matter m ON m.id = c.matter"  # noqa: S608
            f" WHERE c.due_at > %s AND c.due_at <= %s AND {_FIRST} AND {COUNTED}"
            f" AND m.pack || ' ' || c.name IN ({', '.join(['%s'] * len(names))}) GROUP BY m.unit ORDER BY m.unit"
        )
        with connections[using].cursor() as cursor:
            cursor.execute(sql, [adapt(since), adapt(until), *names])
            found = {unit: Dates(int(due), int(kept), int(away)) for unit, due, kept, away in cursor.fetchall()}
    if len(_dates) >= _MOST:
        _dates.clear()
    _dates[place] = now.astimezone(UTC), found
    return _dates[place]


def kept_dates(
    since: datetime, until: datetime, clocks: Iterable[tuple[str, str]], *, now: datetime, using: str = "default"
) -> Kept:
    """Return which dates of all units were kept, at most AGE seconds old; arguments as those of `dates_by_unit`."""
    at, units = dates_by_unit(since, until, clocks, now=now, using=using)
    whole = sum(units.values(), Dates(0, 0))
    return Kept(whole.due, whole.kept, whole.away, at)


def open_matters(*, now: datetime, using: str = "default") -> Open:
    """Return how many matters are open and how many of them are past one of their dates, at most AGE seconds old."""
    known = _open.get(using)
    if known is not None and 0 <= (now - known.at).total_seconds() < AGE:
        return known
    adapt = connections[using].ops.adapt_datetimefield_value
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT count(*), sum(CASE WHEN due_at <= %s THEN 1 ELSE 0 END) FROM matters_party"
            " WHERE relation = 'lead' AND open = %s AND sensitivity = 'ordinary'",
            [adapt(now), True],
        )
        whole, late = cursor.fetchone()
    found = Open(int(whole), int(late or 0), now.astimezone(UTC))
    _open[using] = found
    return found


def forget_figures() -> None:
    """Count anew the next time."""
    _dates.clear()
    _open.clear()
    _public.clear()


# Tables ---------------------------------------------------------------------------------------------------------------

#: whole weeks that figures look back
WEEKS: Final = 12
#: days since it came in, both included; the last has no end
AGES: Final = ((0, 7), (8, 15), (16, 30), (31, 60), (61, 90), (91, None))


@dataclass(slots=True, frozen=True)
class Week:
    """Matters that came in and matters that ended, from one local midnight to before another."""

    since: datetime
    until: datetime
    came: int
    ended: int


@dataclass(slots=True, frozen=True)
class Age:
    """Open matters by the days since they came in."""

    low: int
    high: int | None
    #: local midnights between which they came in; None: however long ago
    since: datetime | None
    until: datetime
    open: int


@dataclass(slots=True, frozen=True)
class Dates:
    """Dates that fell due, without those that fell away, and how many were kept."""

    due: int
    kept: int
    away: int = 0

    def __add__(self, other: "Dates") -> "Dates":
        return Dates(self.due + other.due, self.kept + other.kept, self.away + other.away)


@dataclass(slots=True, frozen=True)
class Tables:
    """Everything that a page of figures shows, counted at one moment."""

    at: datetime
    #: oldest first
    weeks: tuple[Week, ...]
    ages: tuple[Age, ...]
    #: code -> (open, ended) and code -> open; an empty code where it is not known
    regions: dict[str, tuple[int, int]]
    topics: dict[str, int]
    #: (pack, clock, unit) -> dates of the weeks
    dates: dict[tuple[str, str, str], Dates]

    @property
    def since(self) -> datetime:
        """Return where the weeks begin."""
        return self.weeks[0].since

    @property
    def until(self) -> datetime:
        """Return where the weeks end."""
        return self.weeks[-1].until

    @property
    def open(self) -> int:
        """Return how many are open."""
        return sum(age.open for age in self.ages)


def clocks_of(packs: Iterable[Pack]) -> list[tuple[str, str]]:
    """
    Return pack and name of the clocks by which an office is measured.

    None of a procedure that only another matter opens: COUNTED holds none of its matters.
    """
    return [
        (pack.name, name)
        for pack in packs
        if any(act.creates and act.by != {"system"} for act in pack.acts.values())
        for name in measured_clocks(pack)
    ]


def midnight(on: date, zone: ZoneInfo) -> datetime:
    """Return the moment at which a local day begins, UTC."""
    return datetime.combine(on, time.min, tzinfo=zone).astimezone(UTC)


_public: dict[str, tuple[date, Tables]] = {}


def public_tables(
    clocks: Iterable[tuple[str, str]], *, now: datetime, zone: ZoneInfo, using: str = "default"
) -> Tables:
    """Return the figures of the whole instance, at most AGE seconds old and of the same local day."""
    known = _public.get(using)
    today = now.astimezone(zone).date()
    if known is not None and known[0] == today and 0 <= (now - known[1].at).total_seconds() < AGE:
        return known[1]
    found = _count("", [], clocks, now, zone, using)
    _public[using] = (today, found)
    return found


def tables_for(
    actor: Actor,
    units: Sequence[str] | None,
    clocks: Iterable[tuple[str, str]],
    *,
    now: datetime,
    zone: ZoneInfo,
    using: str = "default",
) -> Tables:
    """
    Return the figures of the matters that an actor may see in a list.

    Args:
        units: only those of which one of these units leads; None: all.
    """
    sql, values = lens(actor, "list").matters(open=None)
    scope = f" AND m.id IN ({sql})"
    if units is not None:
        scope += f" AND m.unit IN ({', '.join(['%s'] * len(units))})" if units else " AND 1 = 0"
        values = [*values, *units]
    prepared = [db_uuid(using, one) if isinstance(one, UUID) else one for one in values]
    return _count(scope, prepared, clocks, now, zone, using)


def _count(
    scope: str, values: Sequence[Any], clocks: Iterable[tuple[str, str]], now: datetime, zone: ZoneInfo, using: str
) -> Tables:
    """Return the tables, in six statements whatever there is to count."""
    adapt = connections[using].ops.adapt_datetimefield_value
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    mondays = [midnight(monday - timedelta(weeks=n), zone) for n in range(WEEKS, -1, -1)]
    counted = f"{COUNTED}{scope}"

    def fetch(sql: str, more: Iterable[Any]) -> list[tuple[Any, ...]]:
        with connections[using].cursor() as cursor:
            cursor.execute(sql, [*more, *values])
            return cursor.fetchall()

    def spans(column: str, edges: Sequence[tuple[datetime | None, datetime]]) -> tuple[str, list[Any]]:
        """Return a sum for each span of time, and the values of its marks."""
        sums, marks = [], []
        for since, until in edges:
            floor = f"{column} >= %s AND " if since is not None else ""
            sums.append(f"sum(CASE WHEN {floor}{column} < %s THEN 1 ELSE 0 END)")
            marks += [adapt(one) for one in (since, until) if one is not None]
        return ", ".join(sums), marks

    weeks = list(pairwise(mondays))
    sums, marks = spans("m.received_at", weeks)
    came = fetch(
        f"SELECT {sums} FROM matters_matter m WHERE m.received_at >= %s AND m.received_at < %s AND {counted}",  # noqa: S608
        [*marks, adapt(mondays[0]), adapt(mondays[-1])],
    )[0]
    sums, marks = spans("c.started_at", weeks)
    ended = fetch(
        f"SELECT {sums} FROM matters_clock c JOIN matters_matter m ON m.id = c.matter"  # noqa: S608
        f" WHERE c.started_at >= %s AND c.started_at < %s AND {_ENDED} AND {counted}",
        [*marks, adapt(mondays[0]), adapt(mondays[-1])],
    )[0]
    edges = [
        (
            midnight(today - timedelta(days=high), zone) if high is not None else None,
            # what came in later today, by a clock that goes ahead of ours, is young as well
            midnight(today - timedelta(days=low - 1), zone) if low else now + timedelta(days=1),
        )
        for low, high in AGES
    ]
    sums, marks = spans("m.received_at", edges)
    ages = fetch(f"SELECT {sums} FROM matters_matter m WHERE m.open AND {counted}", marks)[0]  # noqa: S608
    regions = fetch(
        "SELECT m.region, sum(CASE WHEN m.open THEN 1 ELSE 0 END), sum(CASE WHEN m.open THEN 0 ELSE 1 END)"  # noqa: S608
        f" FROM matters_matter m WHERE {counted} GROUP BY m.region",
        [],
    )
    topics = fetch(
        f"SELECT m.topic, count(*) FROM matters_matter m WHERE m.open AND {counted} GROUP BY m.topic",  # noqa: S608
        [],
    )
    names = set(clocks)
    dates = fetch(
        f"SELECT m.pack, c.name, m.unit, {_BECAME}"  # noqa: S608
        " FROM matters_clock c JOIN matters_matter m ON m.id = c.matter"
        f" WHERE c.due_at > %s AND c.due_at <= %s AND {_FIRST} AND {counted} GROUP BY m.pack, c.name, m.unit",
        [adapt(mondays[0]), adapt(mondays[-1])],
    )
    return Tables(
        at=now.astimezone(UTC),
        weeks=tuple(
            Week(since, until, int(came[n] or 0), int(ended[n] or 0)) for n, (since, until) in enumerate(weeks)
        ),
        ages=tuple(
            Age(low, high, since, until, int(ages[n] or 0))
            for n, ((low, high), (since, until)) in enumerate(zip(AGES, edges, strict=True))
        ),
        regions={region: (int(still), int(over)) for region, still, over in regions},
        topics={topic: int(count) for topic, count in topics},
        dates={
            (pack, name, unit): Dates(int(due), int(kept), int(away))
            for pack, name, unit, due, kept, away in dates
            if (pack, name) in names
        },
    )


def condition_of_ended(since: datetime | None, until: datetime | None) -> tuple[str, list[Any]]:
    """Return a condition on `m` and its values: it first ended from one moment to before another."""
    parts: list[str] = []
    values: list[Any] = []
    if since is not None:
        parts.append("c.started_at >= %s")
        values.append(since)
    if until is not None:
        parts.append("c.started_at < %s")
        values.append(until)
    more = "".join(f" AND {part}" for part in parts)
    return f"EXISTS (SELECT 1 FROM matters_clock c WHERE c.matter = m.id AND {_ENDED}{more})", values  # noqa: S608


def condition_of_dates(
    outcome: str, names: Iterable[tuple[str, str]], since: datetime, until: datetime
) -> tuple[str, list[Any]]:
    """
    Return a condition on `m` and its values: one of these dates of it fell due in a span of time, and became this.

    Args:
        outcome: of OUTCOMES.
        names: pack and name of the clocks.
    """
    wanted = sorted({f"{pack} {name}" for pack, name in names})
    if not wanted:
        return "1 = 0", []
    sql = (
        "EXISTS (SELECT 1 FROM matters_clock c WHERE c.matter = m.id AND c.due_at > %s AND c.due_at <= %s"  # noqa: S608
        f" AND {_FIRST} AND {OUTCOMES[outcome]} AND m.pack || ' ' || c.name IN ({', '.join(['%s'] * len(wanted))}))"
    )
    return sql, [since, until, *wanted]


@dataclass(slots=True, frozen=True)
class RegionCount:
    """What a reader may see in a list of one region."""

    #: all of them
    count: int
    #: those whose seat is the reader's own
    mine: int


def by_region(
    actor: Actor, condition: str, values: Sequence[Any], *, open: bool | None, using: str = "default"
) -> dict[str, RegionCount]:
    """
    Return how many matters an actor may see in a list, by region, in one statement.

    Args:
        condition: on `m`, as `Filters.condition` gives it with its values; empty when nothing narrows.
    """
    adapt = connections[using].ops.adapt_datetimefield_value
    sql, lens_values = lens(actor, "list").matters(open=open)
    narrow = f" AND {condition}" if condition else ""
    given = [
        db_uuid(using, one) if isinstance(one, UUID) else adapt(one) if isinstance(one, datetime) else one
        for one in (actor.seat or "", *lens_values, *values)
    ]
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT m.region, count(*), sum(CASE WHEN m.seat = %s THEN 1 ELSE 0 END) FROM matters_matter m"  # noqa: S608
            f" WHERE m.id IN ({sql}){narrow} GROUP BY m.region",
            given,
        )
        return {region: RegionCount(int(count), int(mine)) for region, count, mine in cursor.fetchall()}
