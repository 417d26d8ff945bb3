"""Ten thousand clocks, drawn at random and counted twice: by the product and by the slow walk of `slow_clock`."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.support.slow_clock import Gap, slow_due

from huajie.apps.procedure.calendars import load_calendars
from huajie.core.clocks import Calendar, CalendarGap, Extension, Rule, Span, due, explain

CLOCKS = 10_000


def odd_calendar(identity: str, zone: str, weekend: list[int], seed: int, **more: Any) -> Calendar:
    """A calendar with many scattered days off and make-up days, and a year that nobody published."""
    chance = random.Random(seed)
    first = datetime(2015, 1, 1, tzinfo=UTC).date()
    off, worked = set(), set()
    for number in range(365 * 8):
        day = (first + timedelta(days=number)).isoformat()
        draw = chance.random()
        if draw < 0.12:
            off.add(day)
        elif draw < 0.2:
            worked.add(day)
    return Calendar.from_document(
        {
            "id": identity,
            "zone": zone,
            "weekend": weekend,
            "published": [2015, 2016, 2018, 2019, 2020],
            "off": sorted(off),
            "worked": sorted(worked),
            "office_hours": [["08:30", "12:00"], ["13:15", "17:00"]],
            **more,
        }
    )


SHIPPED = load_calendars()
CALENDARS = [
    SHIPPED["cn"],
    SHIPPED["cn"],
    SHIPPED["cn.xizang"],
    SHIPPED["england"],
    SHIPPED["in"],
    SHIPPED["us.new_york"],
    odd_calendar("odd.midnight-gap", "America/Sao_Paulo", [5, 6], 1),
    odd_calendar("odd.friday", "Asia/Beirut", [4, 5], 2, year_end_days=5),
    odd_calendar("odd.one-day", "Australia/Lord_Howe", [6], 3, office_hours=[["07:00", "11:00"], ["20:00", "24:00"]]),
    odd_calendar("odd.no-weekend", "Asia/Kathmandu", [], 4),
]
DAY_UNITS = ("day", "workday", "week", "month", "year")
LONGEST = {"day": 100, "workday": 45, "week": 14, "month": 9, "year": 2, "hour": 150, "office_hour": 40}


def draw_clock(chance: random.Random) -> tuple[Rule, dict[str, Any]]:
    """A rule of any unit with extensions and spans, in a calendar, starting on a quarter of an hour."""
    calendar = chance.choice(CALENDARS)
    unit = chance.choices(list(LONGEST), weights=[6, 6, 2, 3, 1, 2, 2])[0]
    hourly = unit not in DAY_UNITS
    rule = Rule(
        chance.randint(1, LONGEST[unit]),
        unit,
        first_day=chance.choice(("exclude", "include")),
        last_day=chance.choice(("forward", "forward", "back", "none")),
        cutoff=chance.choice(("midnight", "midnight", "midnight", "office_close")),
        least_workdays=0 if hourly else chance.choice((0, 0, 0, 2, 5)),
    )
    first, last = (2006, 2029) if calendar.id[:3] != "odd" else (2014, 2023)
    begin = datetime(first, 10, 1, tzinfo=UTC)
    quarters = (datetime(last, 1, 1, tzinfo=UTC) - begin) // timedelta(minutes=15)
    started_at = begin + timedelta(minutes=15) * chance.randrange(quarters)
    if chance.random() < 0.3:
        # towards the year's end, where notices end
        started_at = started_at.replace(month=12, day=chance.randint(1, 31))
    extensions = []
    for _ in range(chance.choice((0, 0, 1, 1, 2))):
        more = unit if hourly else chance.choice(DAY_UNITS[:4])
        extensions.append(Extension(chance.randint(1, max(1, LONGEST[more] // 3)), more))
    excluded = []
    for _ in range(chance.choice((0, 0, 1, 2, 3))):
        from_at = started_at + timedelta(minutes=15) * chance.randint(-500, 6_000 if not hourly else 500)
        to_at = from_at + timedelta(minutes=15) * chance.choice((0, 1, 40, 96, chance.randint(1, 1500)))
        excluded.append(Span(from_at, to_at, "hearing", "36"))
    return rule, {"started_at": started_at, "calendar": calendar, "extensions": extensions, "excluded": excluded}


@pytest.mark.accept("K2")
def test_ten_thousand_random_clocks_agree_with_the_slow_walk() -> None:
    """Moment, last date, raw date and the provisional mark are the same, or both refuse."""
    chance = random.Random(20_260_105)
    documents = {calendar.id: calendar.to_document() for calendar in CALENDARS}
    refused = provisional = 0
    for number in range(CLOCKS):
        rule, clock = draw_clock(chance)
        slow_clock = {**clock, "document": documents[clock["calendar"].id]}
        del slow_clock["calendar"]
        try:
            expected = slow_due(rule, **slow_clock)
        except Gap:
            with pytest.raises(CalendarGap):
                due(rule, **clock)
            refused += 1
            continue
        answer = due(rule, **clock)
        told = (answer.due_at, answer.last_date, answer.raw_date, answer.provisional)
        assert told == (expected.due_at, expected.last_date, expected.raw_date, expected.provisional), (
            f"clock {number}: {rule} {clock}"
        )
        assert due(rule, **clock) == answer, "the second answer comes from memory and is the same"
        provisional += answer.provisional
        if number % 5 == 0:
            explanation = explain(rule, **clock)
            last = explanation.lines[-1]
            assert (last.code, last.to_at) == ("due", answer.due_at), f"clock {number}: {rule} {clock}"
            if answer.last_date is not None:
                assert last.date == answer.last_date
    # The draw must have reached the corners, or agreement would mean little.
    assert refused > 50
    assert provisional > 500
