"""
Dates and lengths of time as people say them, in Chinese and English.

A list shows a hundred of them, so they are made by plain functions that remember their answers, not by template
filters.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_WEEKDAYS_ZH = "一二三四五六日"
_WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MICROSECOND = timedelta(microseconds=1)


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    """Return the zone of an IANA name."""
    return ZoneInfo(name)


@lru_cache(maxsize=8192)
def day(on: date, language: str, year: int, *, weekday: bool = True) -> str:
    """
    Return a date: `12月15日（周二）`, `Tue 15 Dec`.

    Args:
        language: `zh` or `en`.
        year: of the page; another one is written out.
    """
    if language == "zh":
        text = f"{on.month}月{on.day}日"
        if on.year != year:
            text = f"{on.year}年{text}"
        return f"{text}（周{_WEEKDAYS_ZH[on.weekday()]}）" if weekday else text
    text = f"{on.day} {_MONTHS_EN[on.month - 1]}"
    if on.year != year:
        text = f"{text} {on.year}"
    return f"{_WEEKDAYS_EN[on.weekday()]} {text}" if weekday else text


@lru_cache(maxsize=8192)
def row_day(on: date, language: str, year: int) -> str:
    """Return a date as a row shows it: `12月15日 周二`, `Tue 15 Dec`; another year takes the weekday's place."""
    if language == "zh" and on.year == year:
        return f"{on.month}月{on.day}日 周{_WEEKDAYS_ZH[on.weekday()]}"
    return day(on, language, year, weekday=on.year == year)


@lru_cache(maxsize=1024)
def full_day(on: date, language: str) -> str:
    """Return a date with its year: `2026年11月23日 周一`, `Mon 23 Nov 2026`."""
    if language == "zh":
        return f"{on.year}年{on.month}月{on.day}日 周{_WEEKDAYS_ZH[on.weekday()]}"
    return f"{_WEEKDAYS_EN[on.weekday()]} {on.day} {_MONTHS_EN[on.month - 1]} {on.year}"


@lru_cache(maxsize=512)
def month(on: date, language: str, year: int) -> str:
    """Return a month: `10月`, `Oct`, with its year where it is not the page's."""
    if language == "zh":
        return f"{on.month}月" if on.year == year else f"{on.year}年{on.month}月"
    name = _MONTHS_EN[on.month - 1]
    return name if on.year == year else f"{name} {on.year}"


def clock_time(at: datetime, zone: ZoneInfo) -> str:
    """Return the local time of a moment: `08:05`."""
    local = at.astimezone(zone)
    return f"{local.hour:02}:{local.minute:02}"


def day_and_time(at: datetime, zone: ZoneInfo, language: str, year: int) -> str:
    """Return a moment: `11月23日 08:05`, `23 Nov 08:05`."""
    local = at.astimezone(zone)
    return f"{day(local.date(), language, year, weekday=False)} {local.hour:02}:{local.minute:02}"


def iso_minute(at: datetime, zone: ZoneInfo) -> str:
    """Return what the `datetime` attribute of a `time` element takes."""
    return at.astimezone(zone).isoformat("T", "minutes")


def last_day(due_at: datetime, zone: ZoneInfo) -> date:
    """Return the last local day on which a step is in time: the due moment itself is late already."""
    return (due_at - _MICROSECOND).astimezone(zone).date()


def end_of_day(on: date, zone: ZoneInfo) -> datetime:
    """Return the moment at which a local day is over, UTC."""
    return datetime.combine(on + timedelta(days=1), datetime.min.time(), tzinfo=zone).astimezone(UTC)
