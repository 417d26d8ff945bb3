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
from datetime import UTC, datetime
from enum import Enum
from fractions import Fraction
from typing import Any, Final, Self

from huajie.core.clocks import Calendar, local_date, share_at, shift

#: The mildest first. The first three go by themselves; from the slip upwards a person issues.
RUNGS: Final = ("first-reminder", "last-reminder", "chaser", "slip", "talk", "listed")
#: Those that are proposed to a supervisor, named as the levels of a slip.
PROPOSED: Final = ("slip", "talk", "listed")


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
    #: working days after the clock is due
    slip_workdays: int
    talk_workdays: int
    listed_workdays: int
    #: working days without an act of an office after which a matter counts as stuck
    stuck_workdays: int

    def __post_init__(self) -> None:
        if not 0 <= self.first_reminder_percent < 100 or not 0 <= self.last_reminder_percent < 100:
            raise BadLadder("a reminder comes at 1 to 99 percent of the clock, or at 0 never")
        if 0 < self.last_reminder_percent <= self.first_reminder_percent:
            raise BadLadder("the last reminder comes after the first")
        if not 0 < self.slip_workdays < self.talk_workdays < self.listed_workdays:
            raise BadLadder(
                "slip, talk and listing follow one another, each at least a working day after the one before"
            )

    @classmethod
    def of(cls, parameters: Mapping[str, Mapping[str, Any]]) -> Self:
        """Return the ladder that the resolved parameters of a pack say."""
        return cls(**{name: parameters[name]["value"] for name in cls.__slots__})


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
    found = [
        (name, share_at(started_at, due_at, Fraction(percent, 100)))
        for name, percent in (
            ("first-reminder", ladder.first_reminder_percent),
            ("last-reminder", ladder.last_reminder_percent),
        )
        if percent
    ]
    found.append(("chaser", due_at.astimezone(UTC)))
    late_from = _first_working(due_at, calendar)
    found += [
        (name, shift(late_from, days, "workday", calendar))
        for name, days in zip(
            PROPOSED, (ladder.slip_workdays, ladder.talk_workdays, ladder.listed_workdays), strict=True
        )
    ]
    return tuple(found)


def _first_working(due_at: datetime, calendar: Calendar) -> datetime:
    """Return when a late clock begins to be late in working days: due on a Saturday, its first is the Monday."""
    day = local_date(due_at, calendar)
    if calendar.is_working_day(day):
        return due_at
    return calendar.day_start(calendar.nth_working(day.toordinal(), 1))


def soon_at(ladder: Ladder, *, started_at: datetime, due_at: datetime) -> datetime:
    """Return the moment from which a clock is due soon: that of its last reminder, or two thirds of it."""
    percent = ladder.last_reminder_percent
    return share_at(started_at, due_at, Fraction(percent, 100) if percent else Fraction(2, 3))


def colour(*, soon: datetime, due_at: datetime, now: datetime) -> ClockColour:
    """Return how a clock stands now."""
    if now >= due_at:
        return ClockColour.LATE
    return ClockColour.SOON if now >= soon else ClockColour.RUNNING
