"""
A second opinion on due dates: slow, literal, and sharing nothing with `huajie.core.clocks` but the words.

It reads the calendar's document, not the calendar, walks one day (or one quarter of an hour) at a time, and keeps every
day whose status it had to ask for. Moments must lie on quarters of an hour.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
QUARTER = timedelta(minutes=15)


class Gap(Exception):
    """The calendar says nothing about a day that was asked for."""


@dataclass(frozen=True)
class SlowDue:
    due_at: datetime
    last_date: date | None
    raw_date: date | None
    provisional: bool


class SlowCalendar:
    """A calendar document, read literally."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.zone = ZoneInfo(document["zone"])
        self.off = set(document["off"])
        self.worked = set(document["worked"])
        self.asked: list[date] = []

    def works(self, day: date) -> bool:
        self.asked.append(day)
        text = day.isoformat()
        if text in self.worked:
            return True
        if text in self.off:
            return False
        return day.weekday() not in self.document["weekend"]

    def local(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def end_of(self, day: date) -> datetime:
        """The moment after the last quarter of an hour that the wall calendar dates `day` or earlier."""
        moment = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=2)
        while self.local(moment) > day:
            moment -= QUARTER
        return moment + QUARTER

    def closing(self, day: date) -> datetime:
        hour, minute = (int(part) for part in self.document["office_hours"][-1][1].split(":"))
        if hour == 24:
            return self.end_of(day)
        return datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone).astimezone(UTC)

    def is_open(self, moment: datetime) -> bool:
        local = moment.astimezone(self.zone)
        clock = f"{local.hour:02}:{local.minute:02}"
        return any(opens <= clock < closes for opens, closes in self.document["office_hours"])

    def verdict(self) -> bool:
        """Whether any day asked for may still be moved by a notice; Gap when one lies before all notices."""
        published = self.document["published"]
        for day in self.asked:
            if day.year < min(published):
                raise Gap(day)
        for day in self.asked:
            if day.year not in published:
                return True
            carried = day.month == 12 and day.day > 31 - self.document["year_end_days"]
            if carried and day.year + 1 not in published:
                return True
        return False


def months_later(day: date, months: int) -> tuple[date, bool]:
    """The corresponding day, or the last one that exists before it; and whether it was the corresponding one."""
    year, month = day.year, day.month
    for _ in range(months):
        month += 1
        if month == 13:
            year, month = year + 1, 1
    number = day.day
    while True:
        try:
            return date(year, month, number), number == day.day
        except ValueError:
            number -= 1


def slow_due(
    rule: Any, *, started_at: datetime, document: dict[str, Any], extensions: Any = (), excluded: Any = ()
) -> SlowDue:
    calendar = SlowCalendar(document)
    amounts: dict[str, int] = {}
    for part in (rule, *extensions):
        amounts[part.unit] = amounts.get(part.unit, 0) + part.amount
    if rule.unit in ("hour", "office_hour"):
        return _slow_hours(rule.unit, amounts[rule.unit], started_at, calendar, excluded)

    start = calendar.local(started_at)
    day_one = start if rule.first_day == "include" else start + DAY

    def is_left_out(day: date) -> bool:
        return any(
            span.from_at < span.to_at
            and calendar.local(span.from_at) <= day <= calendar.local(span.to_at - timedelta(microseconds=1))
            for span in excluded
        )

    natural = amounts.get("day", 0) + 7 * amounts.get("week", 0)
    months = amounts.get("month", 0) + 12 * amounts.get("year", 0)
    if months:
        end, corresponds = months_later(start, months)
        if rule.first_day == "include" and corresponds:
            end -= DAY
        natural += (end - day_one).days + 1

    today = day_one - DAY
    while natural:
        today += DAY
        if not is_left_out(today):
            natural -= 1
    to_work = amounts.get("workday", 0)
    while to_work:
        today += DAY
        if calendar.works(today) and not is_left_out(today):
            to_work -= 1
    raw = today

    if rule.least_workdays:
        seen, day = 0, day_one - DAY
        while seen < rule.least_workdays or day < today:
            day += DAY
            if calendar.works(day) and not is_left_out(day):
                seen += 1
        today = day

    last = today
    if rule.last_day == "back":
        while last >= day_one and not calendar.works(last):
            last -= DAY
        if last < day_one:
            last = today
    if rule.last_day != "none":
        while not calendar.works(last) or (last != today and rule.last_day == "forward" and is_left_out(last)):
            last += DAY
        if rule.last_day == "back" and last > today:
            last = today
            while not calendar.works(last) or is_left_out(last):
                last += DAY
    provisional = calendar.verdict()
    due_at = calendar.end_of(last) if rule.cutoff == "midnight" else calendar.closing(last)
    return SlowDue(due_at, last, raw, provisional)


def _slow_hours(unit: str, hours: int, started_at: datetime, calendar: SlowCalendar, excluded: Any) -> SlowDue:
    quarters, moment = hours * 4, started_at.astimezone(UTC)
    working: dict[date, bool] = {}
    while quarters:
        left_out = any(span.from_at <= moment < span.to_at for span in excluded)
        counts = not left_out
        if unit == "office_hour":
            day = calendar.local(moment)
            if day not in working:
                working[day] = calendar.works(day)
            counts = counts and working[day] and calendar.is_open(moment)
        moment += QUARTER
        quarters -= counts
    return SlowDue(moment, None, None, calendar.verdict() if unit == "office_hour" else False)
