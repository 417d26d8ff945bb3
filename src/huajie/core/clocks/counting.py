"""
Counting a clock, by day ordinals and two look-ups; `explain` walks the same road day by day.

A period in days is counted in one order whatever is mixed in it: months and years to the corresponding day
(Civil Code 202), then natural days and weeks, then working days. Days left out are stepped over on the way. The end
is rolled once, at the end.
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Final

from .calendar import Calendar
from .errors import BadMoment, BadRule
from .rules import HOURLY, UNITS, Due, Extension, Rule, Span

_ZERO: Final = timedelta(0)
_MICROSECOND: Final = timedelta(microseconds=1)
_MEMO_SIZE: Final = 20_000


@dataclass(frozen=True, slots=True)
class Length:
    """A clock's whole length, extensions in it, by the order in which it is counted."""

    months: int
    days: int
    workdays: int


def due(
    rule: Rule,
    *,
    started_at: datetime,
    calendar: Calendar,
    extensions: Sequence[Extension] = (),
    excluded: Sequence[Span] = (),
) -> Due:
    """
    Return when the clock is missed.

    Args:
        rule: length and manner of counting, from a pack.
        started_at: aware; its local day is day 0, or day 1 where the rule includes the first day.
        calendar: the region's working days and zone.
        extensions: in any order; they are counted from the start together with the rule, and rolled once.
        excluded: in any order, overlapping or not; each day or moment is left out once.
    Returns:
        `due_at` aware, UTC, exclusive; never before `started_at` when the cut-off is midnight.
    Raises:
        CalendarGap: a day before the calendar's first published year has to be known to be worked or not.
        BadRule: hours mixed with days, or office hours without any in the calendar.
        BadMoment: `started_at` has no zone.
    Source: the article named in `rule.source`; by default Civil Code 201 to 203.
    """
    if rule.unit in HOURLY:
        return _due_in_hours(rule, started_at, calendar, extensions, excluded)
    start = calendar.local_ordinal(started_at)
    if extensions or excluded:
        return _due_in_days(rule, start, calendar, extensions, excluded)
    memo = calendar.due_memo
    key = (rule, start)
    known: Due | None = memo.get(key)
    if known is None:
        known = _due_in_days(rule, start, calendar, (), ())
        if len(memo) >= _MEMO_SIZE:
            memo.clear()
        memo[key] = known
    return known


def is_late(due_at: datetime, now: datetime) -> bool:
    """Say whether a step now is late; at `due_at` itself it is."""
    return now >= due_at


def share_at(started_at: datetime, due_at: datetime, share: Fraction) -> datetime:
    """Return the moment at which this share of the time from start to due has passed, rounded down to a microsecond."""
    if not 0 <= share <= 1:
        raise BadRule(f"a share of a clock lies from 0 to 1, not {share}")
    whole = (due_at - started_at) // _MICROSECOND
    return (started_at + timedelta(microseconds=whole * share.numerator // share.denominator)).astimezone(UTC)


def working_days_between(first: date, last: date, calendar: Calendar) -> int:
    """
    Return how many working days lie after `first` up to and including `last`; negative when `last` is earlier.

    This is the number that a clock in working days, its first day not counted, has reached on `last`.
    """
    if last < first:
        return -working_days_between(last, first, calendar)
    calendar.require_reach(first.toordinal() + 1)
    return calendar.count_working(first.toordinal() + 1, last.toordinal())


def shift(moment: datetime, amount: int, unit: str, calendar: Calendar) -> datetime:
    """
    Return the moment moved by a signed amount, for timers ("3 working days before due").

    Args:
        moment: aware.
        amount: negative for earlier, 0 for the moment itself.
        unit: hours are exact; office hours run while offices are open; all others keep the wall-clock time and move
            the local date: working days to the n-th one after or before it, months to the corresponding day.
    Returns:
        Aware, UTC. From a `due_at` at midnight, -3 workdays leaves exactly three whole working days.
    """
    if unit not in UNITS:
        raise BadRule(f"unit {unit!r} is unknown; use one of {', '.join(UNITS)}")
    if moment.tzinfo is None:
        raise BadMoment(f"{moment.isoformat()} has no zone; moments are aware, in UTC")
    moment = moment.astimezone(UTC)
    if amount == 0:
        return moment
    if unit == "hour":
        return moment + timedelta(hours=amount)
    if unit == "office_hour":
        if amount > 0:
            return _office_end(moment, timedelta(hours=amount), calendar, [])
        return _office_start(moment, timedelta(hours=-amount), calendar)
    local = moment.astimezone(calendar.zone)
    today = local.toordinal()
    if unit == "workday":
        target = (
            calendar.nth_working(today + 1, amount) if amount > 0 else calendar.nth_working_back(today - 1, -amount)
        )
        calendar.require_reach(min(today, target))
    elif unit in ("day", "week"):
        target = today + amount * (7 if unit == "week" else 1)
    else:
        target = corresponding_day(local.date(), amount * (12 if unit == "year" else 1)).toordinal()
    if moment == calendar.day_start(today):
        # The edge of a day goes to the edge of a day, also where clocks skip midnight.
        return calendar.day_start(target)
    wall = local.time().replace(fold=0)
    return datetime.combine(date.fromordinal(target), wall, tzinfo=calendar.zone).astimezone(UTC)


def corresponding_day(day: date, months: int, *, first_day_counts: bool = False) -> date:
    """
    Return the day on which a period of months ends.

    Args:
        day: local day of the event.
        months: whole months, negative for earlier.
        first_day_counts: the period starts on `day` itself, so it ends on the eve of the corresponding day.
    Returns:
        The same day of the month reached, or the month's last day where it has no such day (Civil Code 202).
    """
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    if not 1 <= year <= 9998:
        raise BadRule(f"{months} months from {day.isoformat()} leave the calendar; check the clock's length")
    last = monthrange(year, month)[1]
    if day.day > last:
        return date(year, month, last)
    end = date(year, month, day.day)
    return end - timedelta(days=1) if first_day_counts else end


def length_of(rule: Rule, extensions: Sequence[Extension]) -> Length:
    """Return rule and extensions of a clock in days as one length."""
    months = days = workdays = 0
    parts: list[Rule | Extension] = [rule, *extensions]
    for part in parts:
        match part.unit:
            case "workday":
                workdays += part.amount
            case "day":
                days += part.amount
            case "week":
                days += 7 * part.amount
            case "month":
                months += part.amount
            case "year":
                months += 12 * part.amount
            case _:
                raise BadRule(f"a clock in {rule.unit}s can't be extended by {part.unit}s; use days")
    return Length(months, days, workdays)


def excluded_days(excluded: Sequence[Span], first: int, calendar: Calendar) -> list[tuple[int, int]]:
    """Return the local days that the spans touch, from ordinal `first` on, as ordered, disjoint, closed intervals."""
    touched = sorted(
        (calendar.local_ordinal(span.from_at), calendar.local_ordinal(span.to_at - _MICROSECOND))
        for span in excluded
        if span.from_at < span.to_at
    )
    merged: list[tuple[int, int]] = []
    for low, high in touched:
        low = max(low, first)
        if high < low:
            continue
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged


def _due_in_days(
    rule: Rule, start: int, calendar: Calendar, extensions: Sequence[Extension], excluded: Sequence[Span]
) -> Due:
    includes = rule.first_day == "include"
    first = start if includes else start + 1
    left_out = excluded_days(excluded, first, calendar) if excluded else []
    length = length_of(rule, extensions)

    # Natural part: months turn into the number of days that they hold.
    end = start if not includes else start - 1
    if length.months:
        end = corresponding_day(date.fromordinal(start), length.months, first_day_counts=includes).toordinal()
    end += length.days
    for low, high in left_out:
        if low > end:
            break
        end += high - low + 1

    # Days whose status is asked for; whatever the arithmetic never looks at can't make the answer provisional.
    asked_from, asked_to = end + 1, end
    if length.workdays:
        asked_from = end + 1
        end = _nth_counted(end + 1, length.workdays, left_out, calendar)
        asked_to = end
    raw = end

    if rule.least_workdays:
        asked_from = first
        end = max(end, _nth_counted(first, rule.least_workdays, left_out, calendar))
        asked_to = max(asked_to, end)

    if rule.last_day != "none":
        asked_from = min(asked_from, end)
        unrolled = end
        if rule.last_day == "back":
            end = calendar.nth_working_back(unrolled, 1)
            asked_from = min(asked_from, end)
        if rule.last_day == "forward" or end < first:
            # Rolling back never leaves the period: with no working day in it, it ends on the next one.
            end = _nth_counted(unrolled, 1, left_out, calendar)
        asked_to = max(asked_to, end, unrolled)

    provisional = False
    if asked_from <= asked_to:
        calendar.require_reach(max(asked_from, first))
        provisional = not calendar.all_settled(max(asked_from, first), asked_to)
    return Due(
        due_at=_end_of(end, rule, calendar),
        last_date=date.fromordinal(end),
        provisional=provisional,
        raw_date=date.fromordinal(raw),
    )


def _nth_counted(first: int, n: int, left_out: Sequence[tuple[int, int]], calendar: Calendar) -> int:
    # n-th working day on or after `first` that is not left out
    target = calendar.nth_working(first, n)
    for low, high in left_out:
        if low > target:
            break
        n += calendar.count_working(max(low, first), high)
        target = calendar.nth_working(first, n)
    return target


def _end_of(ordinal: int, rule: Rule, calendar: Calendar) -> datetime:
    if rule.cutoff == "midnight":
        return calendar.day_start(ordinal + 1)
    windows = calendar.windows(ordinal)
    if not windows:
        raise BadRule(f"calendar {calendar.id} has no office hours; give it some, or let the clock end at midnight")
    return windows[-1][1]


def _due_in_hours(
    rule: Rule, started_at: datetime, calendar: Calendar, extensions: Sequence[Extension], excluded: Sequence[Span]
) -> Due:
    if started_at.tzinfo is None:
        raise BadMoment(f"{started_at.isoformat()} has no zone; moments are aware, in UTC")
    hours = rule.amount
    for extension in extensions:
        if extension.unit != rule.unit:
            raise BadRule(f"a clock in {rule.unit}s can only be extended by {rule.unit}s, not by {extension.unit}s")
        hours += extension.amount
    started_at = started_at.astimezone(UTC)
    left_out = excluded_moments(excluded, started_at)
    if rule.unit == "hour":
        due_at = started_at + timedelta(hours=hours)
        for low, high in left_out:
            if low >= due_at:
                break
            due_at += high - low
        return Due(due_at=due_at, last_date=None, provisional=False, raw_date=None)
    due_at = _office_end(started_at, timedelta(hours=hours), calendar, left_out)
    # A window that ends at 24:00 still belongs to the day before.
    asked = calendar.local_ordinal(started_at), calendar.local_ordinal(due_at - _MICROSECOND)
    calendar.require_reach(asked[0])
    return Due(due_at=due_at, last_date=None, provisional=not calendar.all_settled(*asked), raw_date=None)


def excluded_moments(excluded: Sequence[Span], started_at: datetime) -> list[tuple[datetime, datetime]]:
    """Return the spans from `started_at` on as ordered, disjoint, half-open intervals in UTC."""
    merged: list[tuple[datetime, datetime]] = []
    for from_at, to_at in sorted((span.from_at, span.to_at) for span in excluded):
        low, high = max(from_at.astimezone(UTC), started_at), to_at.astimezone(UTC)
        if high <= low:
            continue
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged


def open_pieces(
    ordinal: int, calendar: Calendar, left_out: Sequence[tuple[datetime, datetime]]
) -> list[tuple[datetime, datetime]]:
    """Return the parts of one working day's opening windows that are not left out, in order."""
    pieces = []
    for opens_at, closes_at in calendar.windows(ordinal):
        at = opens_at
        for low, high in left_out:
            if high <= at or low >= closes_at:
                continue
            if low > at:
                pieces.append((at, low))
            at = high
        if at < closes_at:
            pieces.append((at, closes_at))
    return pieces


def _require_office_hours(calendar: Calendar) -> None:
    if not calendar.office_hours:
        raise BadRule(f"calendar {calendar.id} has no office hours; give it some, or count in hours or days")


def _office_end(
    started_at: datetime, wanted: timedelta, calendar: Calendar, left_out: Sequence[tuple[datetime, datetime]]
) -> datetime:
    _require_office_hours(calendar)
    day = calendar.local_ordinal(started_at)
    while True:
        day = calendar.nth_working(day, 1)
        for opens_at, closes_at in open_pieces(day, calendar, left_out):
            opens_at = max(opens_at, started_at)
            if opens_at >= closes_at:
                continue
            if wanted <= closes_at - opens_at:
                return opens_at + wanted
            wanted -= closes_at - opens_at
        day += 1


def _office_start(ended_at: datetime, wanted: timedelta, calendar: Calendar) -> datetime:
    # the latest moment from which `wanted` of open time is left until `ended_at`
    _require_office_hours(calendar)
    day = calendar.local_ordinal(ended_at)
    while True:
        day = calendar.nth_working_back(day, 1)
        calendar.require_reach(day)
        for opens_at, closes_at in reversed(calendar.windows(day)):
            closes_at = min(closes_at, ended_at)
            if opens_at >= closes_at:
                continue
            if wanted <= closes_at - opens_at:
                return closes_at - wanted
            wanted -= closes_at - opens_at
        day -= 1
