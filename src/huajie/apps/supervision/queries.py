"""
What the board shows: how many matters hurt in which way, and which they are.

A figure and its list are one condition, so that a number and the matters behind it can't differ. What an actor sees is
what core/access lets them list, and nothing more: the whole county for a supervisor, their own matters for a unit.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, Final
from uuid import UUID

from django.db import connections

from huajie.apps.ledger.reading import steady
from huajie.apps.matters import loading
from huajie.apps.matters.figures import AGES
from huajie.apps.matters.queries import BadCursor, Row, rows_of
from huajie.apps.supervision.cases import SLIPS
from huajie.core.access import Actor, lens

#: Seconds for which a board is shown again as it was counted.
AGE: Final = 30.0
#: Hand-offs from which a matter counts as bounced.
BOUNCED: Final = 2
#: Lines of a list.
PAGE: Final = 50

#: figure -> condition on `c`; `now` stands for the moment. Every one of them is about open matters.
FIGURES: Final[Mapping[str, str]] = {
    "open": "1 = 1",
    "late": "c.due_at <= {now}",
    "soon": "c.soon_at <= {now} AND c.due_at > {now}",
    "stuck": "c.stuck_at <= {now}",
    "bounced": f"c.handoffs >= {BOUNCED}",
    "contested": "c.contested = {yes}",
    "reopened": "c.reopenings > 0",
    "slipping": "c.plan_at <= {now}",
    "sponsored": "c.sponsored = {yes}",
    "unowned": "c.unmatched = {yes}",
    "provisional": "c.provisional = {yes}",
}
#: For whom an open matter may wait.
WAITS: Final = ("lead", "asked", "superior", "verifier", "resident", "other")


@dataclass(frozen=True, slots=True)
class Scope:
    """What narrows the board; nothing of it is about a person."""

    #: codes; a region stands for itself and everything within
    regions: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    pack: str = ""

    def condition(self) -> tuple[str, list[Any]]:
        """Return a condition on `c` that begins with AND, and its values."""
        parts, values = "", []
        for column, codes in (("region", self.regions), ("unit", self.units), ("topic", self.topics)):
            if codes:
                parts += f" AND c.{column} IN ({', '.join(['%s'] * len(codes))})"
                values += codes
        if self.pack:
            parts += " AND c.pack = %s"
            values.append(self.pack)
        return parts, values


@dataclass(frozen=True, slots=True)
class Slips:
    """Slips of one level that are under way."""

    #: proposed and waiting for a supervisor
    proposed: int = 0
    #: with the unit
    out: int = 0
    answered: int = 0
    contested: int = 0


@dataclass(frozen=True, slots=True)
class Board:
    """Every figure, as of one moment."""

    at: datetime
    #: name of FIGURES -> how many
    figures: Mapping[str, int]
    #: one of WAITS -> how many
    waits: Mapping[str, int]
    #: of each of AGES
    ages: tuple[int, ...]
    #: level 1 to 3 -> slips
    slips: Mapping[int, Slips] = field(default_factory=dict)
    #: matters that moved since their row was counted; the worker brings them up to date
    behind: int = 0


_boards: dict[tuple[Any, ...], Board] = {}
_MOST = 256


def board(actor: Actor, scope: Scope = Scope(), *, now: datetime, using: str = "default", age: float = AGE) -> Board:
    """
    Return the board that an actor may see, at most `age` seconds old, in three statements.

    Args:
        now: aware; what is late is compared with it.
    """
    query = lens(actor)
    key = (using, query.arms, query.denied, query.persons, query.past, scope)
    known = _boards.get(key)
    if known is not None and 0 <= (now - known.at).total_seconds() < age:
        return known
    reach, reach_values = query.counted("ordinary", "c.matter")
    narrow, narrow_values = scope.condition()
    adapt = connections[using].ops.adapt_datetimefield_value
    spans = ["c.recorded_at <= %s AND c.recorded_at > %s" for _ in AGES]
    columns = [f"COALESCE(SUM(CASE WHEN {_put(condition)} THEN 1 ELSE 0 END), 0)" for condition in FIGURES.values()]
    columns += [f"COALESCE(SUM(CASE WHEN c.waits = '{name}' THEN 1 ELSE 0 END), 0)" for name in WAITS]
    columns += [f"COALESCE(SUM(CASE WHEN {span} THEN 1 ELSE 0 END), 0)" for span in spans]
    values: list[Any] = []
    for condition in FIGURES.values():
        values += _values(condition, now, adapt)
    for first, last in AGES:
        values += [adapt(_days_before(now, first)), adapt(_days_before(now, last + 1) if last is not None else _PAST)]
    sql = (
        f"SELECT {', '.join(columns)} FROM supervision_case c"
        f" WHERE c.open = %s AND c.sensitivity = 'ordinary' AND c.pack <> %s AND {reach}{narrow}"
    )
    (counted,) = fetch(using, sql, [*values, True, SLIPS, *reach_values, *narrow_values])
    numbers = [int(number) for number in counted]
    found = Board(
        now.astimezone(UTC),
        dict(zip(FIGURES, numbers, strict=False)),
        dict(zip(WAITS, numbers[len(FIGURES) :], strict=False)),
        tuple(numbers[len(FIGURES) + len(WAITS) :]),
        _slips(reach, reach_values, scope, using),
        _behind(using),
    )
    if len(_boards) >= _MOST:
        _boards.clear()
    _boards[key] = found
    return found


def forget() -> None:
    """Count anew the next time."""
    _boards.clear()
    _weeks.clear()


_PAST = datetime(1900, 1, 1, tzinfo=UTC)


def _days_before(now: datetime, days: int) -> datetime:
    return now - timedelta(days=days)


def _put(condition: str) -> str:
    return condition.format(now="%s", yes="%s")


def _values(condition: str, now: datetime, adapt: Any) -> list[Any]:
    return [adapt(now)] * condition.count("{now}") + [True] * condition.count("{yes}")


def fetch(using: str, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return the rows of a statement; ids among the values are given the form that this database's columns have."""
    with connections[using].cursor() as cursor:
        cursor.execute(sql, _ready(using, values))
        return cursor.fetchall()


def fetch_steadily(using: str, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return the rows of a statement that an index serves whatever its values are, as `ledger.reading.steady`."""
    return steady(sql, _ready(using, values), using=using)


def _ready(using: str, values: Sequence[Any]) -> list[Any]:
    return [loading.db_uuid(using, value) if isinstance(value, UUID) else value for value in values]


def _slips(reach: str, reach_values: list[Any], scope: Scope, using: str) -> dict[int, Slips]:
    """Count the slips under way by level; of a unit those that are addressed to it."""
    narrow, values = "", []
    for column, codes in (("region", scope.regions), ("addressee", scope.units), ("topic", scope.topics)):
        if codes:
            narrow += f" AND c.{column} IN ({', '.join(['%s'] * len(codes))})"
            values += codes
    sql = (
        "SELECT c.gravity, c.stage, count(*) FROM supervision_case c"
        # told so that the few slips are found by their own index, and not among all that is open
        f" WHERE c.about IS NOT NULL AND NOT c.open = %s AND c.sensitivity = 'ordinary' AND {reach}{narrow}"
        " GROUP BY c.gravity, c.stage"
    )
    counted: dict[int, dict[str, int]] = {}
    for gravity, stage, many in fetch(using, sql, [False, *reach_values, *values]):
        counted.setdefault(gravity, {})[stage] = int(many)
    return {
        gravity: Slips(
            stages.get("proposed", 0), stages.get("issued", 0), stages.get("answered", 0), stages.get("contested", 0)
        )
        for gravity, stages in counted.items()
    }


def _behind(using: str) -> int:
    sql = (
        "SELECT count(*) FROM (SELECT m.id FROM matters_matter m LEFT JOIN supervision_case c ON c.matter = m.id"
        " WHERE c.n IS NULL OR c.n <> m.n LIMIT 1000) x"
    )
    return int(fetch(using, sql, [])[0][0])


@dataclass(frozen=True, slots=True)
class Line:
    """One matter of a list of the board."""

    row: Row
    waits: str
    acted_at: datetime
    #: gravest slip under way about it and its stage and number; 0 and empty where there is none
    gravity: int = 0
    slip_stage: str = ""
    slip_number: str = ""
    #: unit that a slip is addressed to; empty for any other matter
    addressee: str = ""


@dataclass(frozen=True, slots=True)
class Lines:
    """One page of them."""

    lines: tuple[Line, ...]
    #: key of the next page, None at the end
    next: str | None


def lines(
    actor: Actor,
    figure: str,
    scope: Scope = Scope(),
    *,
    now: datetime,
    waits: str = "",
    age: int | None = None,
    slips: bool = False,
    gravity: int = 0,
    after: str | None = None,
    limit: int = PAGE,
    using: str = "default",
) -> Lines:
    """
    Return one page of the matters behind a figure, soonest due first, by key.

    Args:
        figure: of FIGURES.
        waits: of WAITS, where only those that wait for one are meant.
        age: place in AGES, likewise.
        slips: the slips themselves instead of the matters, of one level where `gravity` says so.
    Raises:
        KeyError: no such figure.
        BadCursor: `after` was not given out by us.
    """
    adapt = connections[using].ops.adapt_datetimefield_value
    condition = FIGURES[figure]
    reach, reach_values = lens(actor).predicate("c.matter")
    narrow, narrow_values = scope.condition()
    which = "c.about IS NOT NULL AND NOT c.open = %s" if slips else "c.open = %s"
    where = (
        f"{which} AND c.sensitivity = 'ordinary' AND c.pack {'=' if slips else '<>'} %s"
        f" AND {_put(condition)} AND {reach}{narrow}"
    )
    values = [not slips, SLIPS, *_values(condition, now, adapt), *reach_values, *narrow_values]
    if waits:
        where += " AND c.waits = %s"
        values.append(waits)
    if age is not None:
        first, last = AGES[age]
        where += " AND c.recorded_at <= %s AND c.recorded_at > %s"
        values += [
            adapt(_days_before(now, first)),
            adapt(_days_before(now, last + 1) if last is not None else _PAST),
        ]
    if gravity:
        where += " AND c.gravity = %s"
        values.append(gravity)
    if after is not None:
        due_text, _, stream_text = after.partition("|")
        try:
            where += " AND (c.due_at, c.matter) > (%s, %s)"
            values += [adapt(datetime.fromisoformat(due_text)), loading.db_uuid(using, UUID(stream_text))]
        except (TypeError, ValueError) as error:
            raise BadCursor(after) from error
    found = fetch(
        using,
        "SELECT c.matter, c.waits, c.acted_at, c.due_at, c.addressee FROM supervision_case c"
        f" WHERE {where} ORDER BY c.due_at, c.matter LIMIT {int(limit) + 1}",
        values,
    )
    page = [
        (loading.as_uuid(matter), waiting, loading.aware(acted), loading.aware(due), to)
        for matter, waiting, acted, due, to in found[:limit]
    ]
    rows = rows_of([matter for matter, *_ in page], using=using)
    about = _slips_about([matter for matter, *_ in page], using)
    shown = tuple(
        Line(rows[matter], waiting, acted, *about.get(matter, (0, "", "")), addressee=to)
        for matter, waiting, acted, _, to in page
        if matter in rows
    )
    last = page[-1] if len(found) > limit and page else None
    return Lines(shown, f"{last[3].isoformat()}|{last[0]}" if last is not None else None)


def _slips_about(streams: Collection[UUID], using: str) -> dict[UUID, tuple[int, str, str]]:
    """Return the gravest open slip about each matter: level, stage, number."""
    if not streams:
        return {}
    marks = ", ".join(["%s"] * len(streams))
    found: dict[UUID, tuple[int, str, str]] = {}
    for about, gravity, stage, number in fetch(
        using,
        "SELECT c.about, c.gravity, c.stage, m.number FROM supervision_case c JOIN matters_matter m ON m.id = c.matter"
        f" WHERE c.about IN ({marks}) AND NOT c.open = %s ORDER BY c.gravity, c.matter",
        [*streams, False],
    ):
        found[loading.as_uuid(about)] = (gravity, stage, number)
    return found


@dataclass(frozen=True, slots=True)
class Week:
    """What came in and what ended in seven days."""

    first: datetime
    registered: int
    ended: int


_weeks: dict[tuple[Any, ...], tuple[float, tuple[Week, ...]]] = {}


def weeks(
    actor: Actor, scope: Scope, firsts: Sequence[datetime], until: datetime, *, using: str = "default"
) -> tuple[Week, ...]:
    """
    Return how many matters were registered and how many ended for the first time, week by week, in one statement.

    Args:
        firsts: aware; where each week begins, in order.
        until: aware; where the last one ends.
    """
    adapt = connections[using].ops.adapt_datetimefield_value
    query = lens(actor)
    key = (using, query.arms, query.denied, query.persons, query.past, scope, tuple(firsts), until)
    known = _weeks.get(key)
    if known is not None and monotonic() - known[0] < AGE:
        return known[1]
    reach, reach_values = query.counted("ordinary", "c.matter")
    narrow, narrow_values = scope.condition()
    columns, values = [], []
    ends = [*firsts[1:], until]
    for column in ("recorded_at", "ended_at"):
        for first, end in zip(firsts, ends, strict=True):
            columns.append(f"COALESCE(SUM(CASE WHEN c.{column} >= %s AND c.{column} < %s THEN 1 ELSE 0 END), 0)")
            values += [adapt(first), adapt(end)]
    sql = (
        f"SELECT {', '.join(columns)} FROM supervision_case c"
        f" WHERE (c.recorded_at >= %s OR c.ended_at >= %s) AND c.sensitivity = 'ordinary'"
        f" AND c.pack <> %s AND {reach}{narrow}"
    )
    since = adapt(firsts[0])
    (row,) = fetch(using, sql, [*values, since, since, SLIPS, *reach_values, *narrow_values])
    many = len(firsts)
    found = tuple(Week(first, int(row[at]), int(row[many + at])) for at, first in enumerate(firsts))
    if len(_weeks) >= _MOST:
        _weeks.clear()
    _weeks[key] = (monotonic(), found)
    return found


def listed(actor: Actor, streams: Collection[UUID], *, using: str = "default") -> dict[UUID, Row]:
    """Return those of these matters that an actor may list, in two statements."""
    if not streams:
        return {}
    reach, reach_values = lens(actor).predicate("m.id")
    marks = ", ".join(["%s"] * len(streams))
    found = fetch(
        using,
        f"SELECT m.id FROM matters_matter m WHERE m.id IN ({marks}) AND {reach}",
        [*streams, *reach_values],
    )
    return rows_of([loading.as_uuid(one) for (one,) in found], using=using)


@dataclass(frozen=True, slots=True)
class SlipTo:
    """A slip that is under way and addressed to a unit."""

    slip: UUID
    about: UUID
    gravity: int
    stage: str


def slips_to(actor: Actor, *, limit: int = PAGE, using: str = "default") -> tuple[SlipTo, ...]:
    """Return the slips under way that are addressed to the actor's own unit, the gravest first; no proposed ones."""
    units = sorted(actor.answers)
    if not units:
        return ()
    reach, values = lens(actor).predicate("c.matter")
    marks = ", ".join(["%s"] * len(units))
    rows = fetch(
        using,
        "SELECT c.matter, c.about, c.gravity, c.stage FROM supervision_case c"
        " WHERE c.about IS NOT NULL AND NOT c.open = %s AND c.sensitivity = 'ordinary' AND c.stage <> 'proposed'"
        f" AND c.addressee IN ({marks}) AND {reach} ORDER BY c.gravity DESC, c.due_at, c.matter LIMIT {int(limit)}",
        [False, *units, *values],
    )
    return tuple(
        SlipTo(
            loading.as_uuid(slip),
            loading.as_uuid(about),
            gravity,
            stage,
        )
        for slip, about, gravity, stage in rows
    )
