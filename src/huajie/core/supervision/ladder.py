"""
The ladder: which rung a running clock has reached, and when.

Reminders come at shares of the clock and the chaser when it is due, by themselves. The graver rungs come some working
days after that: they are proposed, and a person issues them. What was reached follows from the clock, the calendar and
the parameters of the pack `cn.supervision`, so a week without anybody looking is caught up with exactly.

Three meanings of colour, never mixed: how a clock stands, how great a risk is, how grave a slip is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final, Self

from huajie.core.clocks import Calendar, local_date, share_at, shift

#: The mildest first. The first three go by themselves; from the slip upwards a person issues.
RUNGS: Final = ("first-reminder", "last-reminder", "chaser", "slip", "talk", "listed")
#: Those that go by themselves, with a receipt and a short answer of the unit.
REMINDERS: Final = RUNGS[:3]
#: Those that are proposed to a supervisor, named as the levels of a slip.
PROPOSED: Final = ("slip", "talk", "listed")

_TICK: Final = timedelta(microseconds=1)


class ClockColour(Enum):
    """How a clock stands; compared with the moment, never stored."""

    RUNNING = "running"
    SOON = "soon"
    LATE = "late"


class RiskColour(Enum):
    """How great a risk is, in the four national colours."""

    MAJOR = "red"
    LARGER = "orange"
    GENERAL = "yellow"
    LOW = "blue"


class SlipColour(Enum):
    """How grave a slip is, by its level."""

    SLIP = "blue"
    TALK = "yellow"
    LISTED = "red"


#: Level of a slip -> its place from 1, which its mark on a page has too.
GRAVITY: Final[Mapping[str, int]] = {name: place for place, name in enumerate(PROPOSED, 1)}


class BadLadder(ValueError):
    """The rungs are not in order; the message says which."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """When each rung is reached. Source: the parameters of the pack, each with its own."""

    #: percent of the clock, 0 where there is no such reminder
    first_reminder_percent: int
    last_reminder_percent: int
    #: working days after the clock is due, 0 where there is no such rung
    slip_workdays: int
    talk_workdays: int
    listed_workdays: int
    #: working days without an act of an office after which a matter counts as stuck
    stuck_workdays: int
    #: working days that the unit has to answer a reminder or chaser, from when it was told
    reply_workdays: int

    def __post_init__(self) -> None:
        if not 0 <= self.first_reminder_percent < 100 or not 0 <= self.last_reminder_percent < 100:
            raise BadLadder("a reminder comes at 1 to 99 percent of the clock, or at 0 never")
        if 0 < self.last_reminder_percent <= self.first_reminder_percent:
            raise BadLadder("the last reminder comes after the first")
        days = [days for _, days in self.graver]
        if min(days, default=1) < 1 or any(later <= before for before, later in pairwise(days)):
            raise BadLadder(
                "slip, talk and listing follow one another, each at least a working day after the one before"
            )
        if self.stuck_workdays < 1 or self.reply_workdays < 1:
            raise BadLadder("a length is at least one working day")

    @property
    def graver(self) -> tuple[tuple[str, int], ...]:
        """Return the rungs that a person issues, of those that this ladder has, with their working days after due."""
        days = (self.slip_workdays, self.talk_workdays, self.listed_workdays)
        return tuple((name, many) for name, many in zip(PROPOSED, days, strict=True) if many)

    @property
    def reminders(self) -> tuple[tuple[str, int], ...]:
        """Return the reminders that this ladder has, each with its percent of the clock."""
        percents = (self.first_reminder_percent, self.last_reminder_percent)
        return tuple((name, percent) for name, percent in zip(RUNGS, percents, strict=False) if percent)

    @classmethod
    def of(cls, parameters: Mapping[str, Mapping[str, Any]]) -> Self:
        """Return the ladder that the resolved parameters of a pack say."""
        return cls(**{name: parameters[name]["value"] for name in cls.__slots__})

    def to_document(self) -> dict[str, int]:
        """Return its values by name."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_document(cls, document: Mapping[str, int]) -> Self:
        """Return the ladder of these values, which `to_document` gave."""
        return cls(**document)


@dataclass(frozen=True, slots=True)
class Ladders:
    """Which ladder is in force for a clock: that of the moment at which it started, whatever was chosen later."""

    #: before anything was chosen
    first: Ladder
    #: from when on each is in force, in the order in which they were chosen
    chosen: tuple[tuple[datetime, Ladder], ...] = ()

    def at(self, moment: datetime) -> Ladder:
        """Return the ladder for what starts at an aware moment; of several from the same moment the last chosen."""
        found, since = self.first, None
        for from_at, ladder in self.chosen:
            if from_at <= moment and (since is None or from_at >= since):
                found, since = ladder, from_at
        return found


def rungs(
    ladder: Ladder, *, started_at: datetime, due_at: datetime, calendar: Calendar
) -> tuple[tuple[str, datetime], ...]:
    """
    Return every rung of one clock with the moment at which it is reached, in order.

    Args:
        started_at, due_at: aware; the clock's start, and the first moment at which it is late.
        calendar: covers the time until the last rung.
    Returns:
        Name and moment, aware, UTC, never earlier than the one before.
    """
    found = [(name, share_at(started_at, due_at, Fraction(percent, 100))) for name, percent in ladder.reminders]
    found.append(("chaser", due_at.astimezone(UTC)))
    found += [(name, _late_since(due_at, days, calendar)) for name, days in ladder.graver]
    return tuple(found)


def _late_since(due_at: datetime, workdays: int, calendar: Calendar) -> datetime:
    """Return when a clock has been late for so many whole working days."""
    return shift(_first_working(due_at, calendar), workdays, "workday", calendar)


def _first_working(due_at: datetime, calendar: Calendar) -> datetime:
    """Return when a late clock begins to be late in working days: due on a Saturday, its first is the Monday."""
    day = local_date(due_at, calendar)
    if calendar.is_working_day(day):
        return due_at
    return calendar.day_start(calendar.nth_working(day.toordinal(), 1))


def first_at(ladder: Ladder, *, started_at: datetime, due_at: datetime) -> datetime:
    """Return a moment before which a clock has reached no rung: its first reminder, or when it is due."""
    percents = [percent for _, percent in ladder.reminders]
    return share_at(started_at, due_at, Fraction(percents[0], 100)) if percents else due_at


#: More working days late than any ladder asks about.
_FAR_LATE: Final = 250


def used(started_at: datetime, due_at: datetime, now: datetime) -> int:
    """Return the greatest whole percent of a clock whose moment is not after `now`, at most 100; below 0 never."""
    span = (due_at - started_at) // _TICK
    gone = (now - started_at) // _TICK
    if gone < 0:
        return 0
    return min(100, ((gone + 1) * 100 - 1) // span) if span > 0 else 100


def workdays_late(due_at: datetime, calendar: Calendar, now: datetime) -> int:
    """Return how many working days a clock is late, 0 before the first is over; -1 where it is not late."""
    if due_at > now:
        return -1
    low, high = 0, min(_FAR_LATE, (now - due_at).days + 1)
    while low < high:
        middle = (low + high + 1) // 2
        if _late_since(due_at, middle, calendar) <= now:
            low = middle
        else:
            high = middle - 1
    return low


def reached(ladder: Ladder, *, percent: int, late: int) -> tuple[str, ...]:
    """
    Return the rungs that a clock has reached, without counting a single date.

    Args:
        percent: as `used` gives it.
        late: as `workdays_late` gives it.
    """
    found = [name for name, share in ladder.reminders if share <= percent]
    if late >= 0:
        found.append("chaser")
    return tuple(found + [name for name, days in ladder.graver if 0 <= days <= late])


def soon_at(ladder: Ladder, *, started_at: datetime, due_at: datetime) -> datetime:
    """Return the moment from which a clock is due soon: that of its last reminder, or two thirds of it."""
    percent = ladder.last_reminder_percent
    return share_at(started_at, due_at, Fraction(percent, 100) if percent else Fraction(2, 3))


def colour(*, soon: datetime, due_at: datetime, now: datetime) -> ClockColour:
    """Return how a clock stands now."""
    if now >= due_at:
        return ClockColour.LATE
    return ClockColour.SOON if now >= soon else ClockColour.RUNNING
