"""
Why a clock is due when it is: every day of it, counted or not, with the reason.

The walk below takes one day at a time and asks the calendar about each; it shares no arithmetic with `due`, and the
tests hold the two against each other. It gives codes and values, never sentences: the edges word and translate them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from .calendar import Calendar, local_date
from .counting import Length, corresponding_day, due, excluded_moments, length_of, open_pieces
from .rules import HOURLY, Due, Extension, Rule, Span

#: Every code a line may carry, with what it says.
CODES: Final = {
    "start": "the day (or moment) of the event, not counted",
    "corresponding": "months and years end on this day; `number` is how many days that makes",
    "counted": "counted as day `number`",
    "weekend": "not counted: weekend",
    "holiday": "not counted: holiday `name`",
    "excluded": "not counted: left out for `name`, by `source`",
    "rolled": "the period can't end here (`kind` says why), so it goes on",
    "least": "working day `number` of those that the period must hold",
    "open": "office open: `minutes` counted",
    "unpublished": "nobody has published this year's working days yet",
    "due": "the last day (or moment)",
}
_DAY: Final = timedelta(days=1)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Line:
    """One day, or one stretch of hours, of a clock."""

    #: key of `CODES`
    code: str
    #: local day
    date: date
    #: UTC, for stretches of hours and for the due moment
    from_at: datetime | None = None
    to_at: datetime | None = None
    #: what has been counted so far, this day included; for `unpublished` the year
    number: int | None = None
    #: whole minutes counted in a stretch of hours
    minutes: int | None = None
    #: what the calendar says of the day: workday, make_up, weekend or holiday
    kind: str = ""
    #: holiday name as the calendar spells it, or the reason of a span
    name: str = ""
    #: article of a span
    source: str = ""

    def to_document(self) -> dict[str, Any]:
        """Return the line as JSON values, empty fields left out."""
        values = {
            "code": self.code,
            "date": self.date.isoformat(),
            "from_at": self.from_at and self.from_at.isoformat(),
            "to_at": self.to_at and self.to_at.isoformat(),
            "number": self.number,
            "minutes": self.minutes,
            "kind": self.kind,
            "name": self.name,
            "source": self.source,
        }
        return {key: value for key, value in values.items() if value not in (None, "")}


@dataclass(frozen=True, slots=True)
class Explanation:
    """A clock's whole count."""

    rule: Rule
    extensions: tuple[Extension, ...]
    #: aware, UTC
    started_at: datetime
    #: id and hash of the calendar
    calendar: str
    calendar_hash: str
    lines: tuple[Line, ...]
    due: Due

    def to_document(self) -> dict[str, Any]:
        """Return the explanation as JSON values."""
        return {
            "rule": self.rule.to_document(),
            "extensions": [[extension.amount, extension.unit] for extension in self.extensions],
            "started_at": self.started_at.isoformat(),
            "calendar": self.calendar,
            "calendar_hash": self.calendar_hash,
            "lines": [line.to_document() for line in self.lines],
            "due_at": self.due.due_at.isoformat(),
            "last_date": self.due.last_date.isoformat() if self.due.last_date else None,
            "raw_date": self.due.raw_date.isoformat() if self.due.raw_date else None,
            "provisional": self.due.provisional,
        }


def explain(
    rule: Rule,
    *,
    started_at: datetime,
    calendar: Calendar,
    extensions: Sequence[Extension] = (),
    excluded: Sequence[Span] = (),
) -> Explanation:
    """
    Return the clock counted day by day; arguments and errors as for `due`, slower by a few hundred times.

    Returns:
        Lines in the order of counting; the last has code `due` and the moment that `due` returns.
    """
    answer = due(rule, started_at=started_at, calendar=calendar, extensions=extensions, excluded=excluded)
    walk = _walk_hours if rule.unit in HOURLY else _walk_days
    lines = walk(rule, started_at, calendar, extensions, excluded)
    return Explanation(
        rule=rule,
        extensions=tuple(extensions),
        started_at=started_at.astimezone(UTC),
        calendar=calendar.id,
        calendar_hash=calendar.hash,
        lines=tuple(_with_unpublished(lines, answer, calendar)),
        due=answer,
    )


def _walk_days(
    rule: Rule, started_at: datetime, calendar: Calendar, extensions: Sequence[Extension], excluded: Sequence[Span]
) -> list[Line]:
    start = local_date(started_at, calendar)
    includes = rule.first_day == "include"
    left_out: dict[date, Span] = {}
    for span in excluded:
        day = local_date(span.from_at, calendar)
        while span.from_at < span.to_at and day <= local_date(span.to_at - _MICROSECOND, calendar):
            left_out.setdefault(day, span)
            day += _DAY

    lines: list[Line] = []
    length: Length = length_of(rule, extensions)
    if not includes:
        lines.append(_line("start", start, calendar))
    first = start if includes else start + _DAY
    natural = length.days
    if length.months:
        end = corresponding_day(start, length.months, first_day_counts=includes)
        held = (end - first).days + 1
        lines.append(_line("corresponding", end, calendar, number=held))
        natural += held

    day, last, counted = first, first - _DAY, 0

    def left_out_line(on: date) -> Line:
        span = left_out[on]
        return Line("excluded", on, kind=calendar.kind_of(on), name=span.reason, source=span.source)

    while counted < natural:
        if day in left_out:
            lines.append(left_out_line(day))
        else:
            counted, last = counted + 1, day
            lines.append(_line("counted", day, calendar, number=counted))
        day += _DAY
    while counted < natural + length.workdays:
        if day in left_out:
            lines.append(left_out_line(day))
        elif calendar.is_working_day(day):
            counted, last = counted + 1, day
            lines.append(_line("counted", day, calendar, number=counted))
        else:
            lines.append(_line(calendar.kind_of(day), day, calendar))
        day += _DAY

    held_workdays, day = 0, first
    while held_workdays < rule.least_workdays:
        if day in left_out:
            if day > last:
                lines.append(left_out_line(day))
        elif calendar.is_working_day(day):
            held_workdays += 1
            if day > last:
                lines.append(_line("least", day, calendar, number=held_workdays))
        elif day > last:
            lines.append(_line(calendar.kind_of(day), day, calendar))
        day += _DAY
    last = max(last, day - _DAY) if rule.least_workdays else last

    if rule.last_day == "back":
        passed, earlier = [], last
        while not calendar.is_working_day(earlier):
            passed.append(_line("rolled", earlier, calendar))
            earlier -= _DAY
        if earlier >= first:
            lines += passed
            last = earlier
    if rule.last_day == "forward" or (rule.last_day == "back" and earlier < first):
        while last in left_out or not calendar.is_working_day(last):
            # The raw last day is never left out, so a left-out day here lies on the way of the roll.
            lines.append(left_out_line(last) if last in left_out else _line("rolled", last, calendar))
            last += _DAY
    moment = calendar.day_start(last.toordinal() + 1)
    if rule.cutoff == "office_close":
        moment = calendar.windows(last.toordinal())[-1][1]
    return [*lines, Line("due", last, to_at=moment, kind=calendar.kind_of(last))]


def _walk_hours(
    rule: Rule, started_at: datetime, calendar: Calendar, extensions: Sequence[Extension], excluded: Sequence[Span]
) -> list[Line]:
    start = started_at.astimezone(UTC)
    wanted = timedelta(hours=rule.amount + sum(extension.amount for extension in extensions))
    left_out = excluded_moments(excluded, start)
    lines = [Line("start", local_date(start, calendar), from_at=start)]
    by_start = {max(span.from_at.astimezone(UTC), start): span for span in reversed(excluded)}

    def left_out_lines(until: datetime) -> list[Line]:
        return [
            Line(
                "excluded",
                local_date(low, calendar),
                from_at=low,
                to_at=high,
                name=by_start[low].reason,
                source=by_start[low].source,
            )
            for low, high in left_out
            if low < until
        ]

    if rule.unit == "hour":
        at = start
        for low, high in left_out:
            if low - at >= wanted:
                break
            wanted -= low - at
            at = high
        moment = at + wanted
        lines += left_out_lines(moment)
        return [*lines, Line("due", local_date(moment, calendar), to_at=moment)]

    counted, day = timedelta(0), local_date(start, calendar)
    moment = start
    while counted < wanted:
        if not calendar.is_working_day(day):
            lines.append(_line(calendar.kind_of(day), day, calendar))
        else:
            for opens_at, closes_at in open_pieces(day.toordinal(), calendar, left_out):
                from_at = max(opens_at, start)
                to_at = min(closes_at, from_at + wanted - counted)
                if from_at < to_at:
                    counted, moment = counted + (to_at - from_at), to_at
                    minutes = (to_at - from_at) // timedelta(minutes=1)
                    lines.append(Line("open", day, from_at=from_at, to_at=to_at, minutes=minutes))
        day += _DAY
    lines += left_out_lines(moment)
    lines.sort(key=lambda line: (line.date, line.from_at or start))
    return [*lines, Line("due", local_date(moment, calendar), to_at=moment)]


def _line(code: str, day: date, calendar: Calendar, number: int | None = None) -> Line:
    return Line(code, day, number=number, kind=calendar.kind_of(day), name=calendar.name_of(day))


def _with_unpublished(lines: Sequence[Line], answer: Due, calendar: Calendar) -> list[Line]:
    # one line a year whose notice is missing, before the first day that it may change
    if not answer.provisional:
        return list(lines)
    result: list[Line] = []
    told: set[int] = set()
    for line in lines:
        # Natural days count whatever a notice says; only days whose status matters are worth the remark.
        if not calendar.is_settled(line.date) and line.code != "start":
            year = line.date.year + 1 if calendar.is_published(line.date.year) else line.date.year
            if year not in told:
                told.add(year)
                result.append(Line("unpublished", line.date, number=year))
        result.append(line)
    return result
