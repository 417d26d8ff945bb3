"""
On which days reviews are held: "every 5 days until 20 September, then daily until 7 October".

A cadence is one phase after another. A phase counts its days from its own first one, so that months never drift (31
January, 28 February, 31 March), and moves each to a working day where it falls on a day of rest. A move never leaves
the phase; two reviews that meet on one day are one; a phase without a single working day has none.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any, Final, Literal, get_args

from huajie.core.clocks import Calendar, corresponding_day, local_date

Every = Literal["day", "workday", "week", "month", "quarter", "year"]
Rest = Literal["forward", "back", "none"]
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
#: days that one unit has at least
_LEAST: Final = {"day": 1, "workday": 1, "week": 7, "month": 28, "quarter": 84, "year": 365}
#: longest distance in any unit
MOST: Final = 366


class BadCadence(ValueError):
    """The phases can't be counted; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of days with one distance between reviews."""

    #: 1 to 366 of `unit` from one review to the next
    every: int
    unit: Every
    #: day of its first review (before it is moved): a Monday for every Monday, the 5th for every 5th
    first_date: date
    #: last day on which a review may lie; None for no end
    until_date: date | None = None
    #: a review on a day of rest goes to the next working day, to the one before, or stays
    rest: Rest = "forward"

    def __post_init__(self) -> None:
        if type(self.every) is not int or not 1 <= self.every <= MOST:
            raise BadCadence(f"every {self.every!r} must be a whole number from 1 to {MOST}")
        for name, allowed in (("unit", Every), ("rest", Rest)):
            if getattr(self, name) not in get_args(allowed):
                raise BadCadence(
                    f"{name} {getattr(self, name)!r} is unknown; use one of {', '.join(get_args(allowed))}"
                )
        if self.until_date is not None and self.until_date < self.first_date:
            raise BadCadence(f"the phase from {self.first_date} ends on {self.until_date}, before its first review")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One day on which a review is held."""

    #: what it is called by: there is one a day at most
    date: date
    #: aware, UTC: when it begins
    at: datetime
    #: aware, UTC, exclusive: when its day is over; a review at this very moment is late
    due_at: datetime
    #: a notice that is not published yet may still move it
    provisional: bool


@dataclass(frozen=True, slots=True)
class Cadence:
    """The calendar of reviews of one region, unit, topic or campaign."""

    #: in order, none overlapping; only the last may have no end
    phases: tuple[Phase, ...]
    #: when a review begins, by the clock on the wall
    time: time = time(9)

    def __post_init__(self) -> None:
        if not self.phases:
            raise BadCadence("a cadence has at least one phase")
        if self.time.tzinfo is not None:
            raise BadCadence("the time of a review is local; leave the zone to the calendar")
        for before, after in zip(self.phases, self.phases[1:], strict=False):
            if before.until_date is None or after.first_date <= before.until_date:
                raise BadCadence(f"the phase from {after.first_date} begins before the one ahead of it has ended")

    def to_document(self) -> dict[str, Any]:
        """Return the cadence as JSON values, every field written out."""
        return {
            "time": self.time.isoformat("minutes"),
            "phases": [
                {
                    "every": phase.every,
                    "unit": phase.unit,
                    "first_date": phase.first_date.isoformat(),
                    "until_date": phase.until_date.isoformat() if phase.until_date else None,
                    "rest": phase.rest,
                }
                for phase in self.phases
            ],
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Cadence:
        """
        Return the cadence of a JSON object; `time`, `rest`, `until_date` and later first days may be missing.

        A phase without a first day begins on the day after the one ahead of it.
        Raises:
            BadCadence: naming what is wrong.
        """
        phases: list[Phase] = []
        try:
            for part in document["phases"]:
                until = part.get("until_date")
                first = part.get("first_date")
                if first is None and phases and phases[-1].until_date:
                    first_date = phases[-1].until_date + timedelta(days=1)
                else:
                    first_date = date.fromisoformat(first)
                until_date = None if until is None else date.fromisoformat(until)
                phases.append(Phase(part["every"], part["unit"], first_date, until_date, part.get("rest", "forward")))
            return cls(tuple(phases), time.fromisoformat(document.get("time", "09:00")))
        except BadCadence:
            raise
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadCadence(f"phase {len(phases) + 1} of the cadence can't be read: {error}") from error

    def occurrences(
        self, *, calendar: Calendar, after: datetime, until: datetime | None = None
    ) -> Iterator[Occurrence]:
        """
        Give the reviews that begin after a moment, up to and at another, in order.

        Args:
            calendar: the region's working days and zone.
            after: aware.
            until: aware; None for all there are, which may have no end.
        Raises:
            CalendarGap: working days of a year before the calendar's first published one are asked for.
        """
        # The local day of `after` may still have its review ahead.
        begin = local_date(after, calendar)
        for phase in self.phases:
            for day, provisional in _days(phase, begin, calendar):
                at = datetime.combine(day, self.time, tzinfo=calendar.zone).astimezone(UTC)
                if until is not None and at > until:
                    return
                if at > after:
                    yield Occurrence(day, at, calendar.day_start(day.toordinal() + 1), provisional)

    def next(self, *, calendar: Calendar, after: datetime, count: int = 1) -> tuple[Occurrence, ...]:
        """Return the first reviews that begin after a moment; fewer where the cadence ends."""
        return tuple(islice(self.occurrences(calendar=calendar, after=after), count))

    def missed(
        self, *, calendar: Calendar, held: Collection[date], after: datetime, now: datetime
    ) -> tuple[Occurrence, ...]:
        """
        Return the reviews that began after a moment, whose day is over now, and that nobody held.

        Args:
            held: dates of the occurrences for which a review was held, whenever that was.
        """
        past = self.occurrences(calendar=calendar, after=after, until=now)
        return tuple(one for one in past if one.due_at <= now and one.date not in held)


def _days(phase: Phase, begin: date, calendar: Calendar) -> Iterator[tuple[date, bool]]:
    """Give the days of a phase from `begin` on, each once, and whether a notice may still move it."""
    first, start = phase.first_date.toordinal(), begin.toordinal()
    last = phase.until_date.toordinal() if phase.until_date else None
    if last is not None and last < start:
        return
    if phase.rest != "none" or phase.unit == "workday":
        calendar.require_reach(first)
        if last is not None and not calendar.count_working(first, last):
            return
    # Moving keeps the order of the days, so the first one that is not before `begin` is found by halving.
    enough = max(0, start - first) // (phase.every * _LEAST[phase.unit]) + 1
    k = bisect_left(range(enough), start, key=lambda k: _moved(_raw(phase, k, calendar), first, last, phase, calendar))
    given = 0
    while True:
        raw = _raw(phase, k, calendar)
        if last is not None and raw > last:
            return
        day = _moved(raw, first, last, phase, calendar)
        if day > given:
            given = day
            yield date.fromordinal(day), not _is_settled(raw, day, phase, calendar)
        k += 1


def _raw(phase: Phase, k: int, calendar: Calendar) -> int:
    """Return the ordinal of the phase's k-th review from 0, before it is moved."""
    first = phase.first_date.toordinal()
    if phase.unit == "workday":
        return calendar.nth_working(first, k * phase.every + 1)
    if phase.unit in _MONTHS:
        return corresponding_day(phase.first_date, k * phase.every * _MONTHS[phase.unit]).toordinal()
    return first + k * phase.every * (7 if phase.unit == "week" else 1)


def _moved(raw: int, first: int, last: int | None, phase: Phase, calendar: Calendar) -> int:
    """Return the ordinal of the day on which the review is held: a working day of the phase, unless it stays."""
    if phase.rest == "none":
        return raw
    ahead, behind = calendar.nth_working(raw, 1), calendar.nth_working_back(raw, 1)
    # The phase has a working day (`_days` saw to it), so what leaves it at one end stays inside at the other.
    if phase.rest == "forward":
        return ahead if last is None or ahead <= last else behind
    return behind if behind >= first else ahead


def _is_settled(raw: int, day: int, phase: Phase, calendar: Calendar) -> bool:
    if phase.unit == "workday":
        return calendar.all_settled(phase.first_date.toordinal(), day)
    return phase.rest == "none" or calendar.all_settled(min(raw, day), max(raw, day))
