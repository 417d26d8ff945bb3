"""Days of reviews: tables by hand on the calendar of 2026, and what holds on calendars that hypothesis makes up."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.china_2026 import CHINA_2026

from huajie.core.clocks import Calendar, CalendarGap
from huajie.core.supervision import BadCadence, Cadence, Occurrence, Phase

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def cadence(*phases: dict[str, Any], **more: Any) -> Cadence:
    return Cadence.from_document({"phases": list(phases), **more})


def days(given: Cadence, first: str = "2026-01-01", last: str = "2026-12-31") -> list[str]:
    """The days from first to last, month and day."""
    zone = CHINA_2026.zone
    after = datetime.combine(date.fromisoformat(first), time(0), tzinfo=zone)
    until = datetime.combine(date.fromisoformat(last), time(23, 59), tzinfo=zone)
    return [f"{one.date:%m-%d}" for one in given.occurrences(calendar=CHINA_2026, after=after, until=until)]


CAMPAIGN = (
    {"every": 5, "unit": "day", "first_date": "2026-09-01", "until_date": "2026-09-20"},
    {"every": 1, "unit": "day", "until_date": "2026-10-07"},
)


def test_every_5_days_until_20_september_then_daily_until_7_october() -> None:
    """6 September is a Sunday; the moon festival rests from the 25th to the 27th, the nation from 1 to 7 October."""
    assert days(cadence(*CAMPAIGN)) == [
        *("09-01", "09-07", "09-11", "09-16"),
        *("09-21", "09-22", "09-23", "09-24", "09-28", "09-29", "09-30"),
    ]


def test_a_campaign_that_knows_no_rest_is_reviewed_in_the_holidays_too() -> None:
    awake = [{**phase, "rest": "none"} for phase in CAMPAIGN]
    assert days(cadence(*awake)) == [
        *("09-01", "09-06", "09-11", "09-16"),
        *(f"09-{day}" for day in range(21, 31)),
        *(f"10-0{day}" for day in range(1, 8)),
    ]


@pytest.mark.parametrize(
    ("phase", "expected"),
    [
        # Mondays; 5 October lies in the holidays and moves to Thursday the 8th.
        (
            {"every": 1, "unit": "week", "first_date": "2026-09-21", "until_date": "2026-10-19"},
            ["09-21", "09-28", "10-08", "10-12", "10-19"],
        ),
        # Back: the last working day before the holidays is 30 September.
        (
            {"every": 1, "unit": "week", "first_date": "2026-09-21", "until_date": "2026-10-19", "rest": "back"},
            ["09-21", "09-28", "09-30", "10-12", "10-19"],
        ),
        # Make-up Saturday 10 October is worked.
        (
            {"every": 1, "unit": "day", "first_date": "2026-10-08", "until_date": "2026-10-12"},
            ["10-08", "10-09", "10-10", "10-12"],
        ),
        # The 31st, counted from January each time: 28 February is a make-up Saturday, 31 May a Sunday.
        (
            {"every": 1, "unit": "month", "first_date": "2026-01-31", "until_date": "2026-06-30"},
            ["02-02", "02-28", "03-31", "04-30", "06-01", "06-30"],
        ),
        # Quarterly on the 5th: 5 April and 5 July are days of rest, 5 October too.
        (
            {"every": 1, "unit": "quarter", "first_date": "2026-01-05", "until_date": "2026-12-31"},
            ["01-05", "04-07", "07-06", "10-08"],
        ),
        # Every 10 working days; Sunday 20 September and Saturday 10 October are worked.
        (
            {"every": 10, "unit": "workday", "first_date": "2026-09-14", "until_date": "2026-10-31"},
            ["09-14", "09-28", "10-16", "10-30"],
        ),
        ({"every": 2, "unit": "year", "first_date": "2026-03-02"}, ["03-02"]),
        # Nothing but holidays: no review, and no error.
        ({"every": 1, "unit": "day", "first_date": "2026-10-01", "until_date": "2026-10-07"}, []),
        # The first one rests and nothing lies before it in the phase.
        (
            {"every": 1, "unit": "week", "first_date": "2026-10-04", "until_date": "2026-10-14", "rest": "back"},
            ["10-08", "10-10"],
        ),
    ],
)
def test_days_by_hand(phase: dict[str, Any], expected: list[str]) -> None:
    assert days(cadence(phase)) == expected


def test_weekly_monthly_quarterly_yearly_in_one_day_each() -> None:
    """A county holds a review each week, month, quarter and year; each has a cadence of its own."""
    week, month, quarter, year = (
        cadence({"every": 1, "unit": unit, "first_date": "2026-03-02"}) for unit in ("week", "month", "quarter", "year")
    )
    after = datetime(2026, 3, 2, 1, tzinfo=UTC)
    nexts = [one.next(calendar=CHINA_2026, after=after)[0] for one in (week, month, quarter, year)]
    assert [f"{one.date}" for one in nexts] == ["2026-03-09", "2026-04-02", "2026-06-02", "2027-03-02"]
    # 2027 has no notice yet.
    assert [one.provisional for one in nexts] == [False, False, False, True]


def test_working_days_are_provisional_once_one_of_them_is() -> None:
    """Counted from 30 December 2026, day by day: 2027 has no notice yet, however the day itself looks."""
    given = cadence({"every": 1, "unit": "workday", "first_date": "2026-12-30"})
    found = given.next(calendar=CHINA_2026, after=LONG_AGO, count=3)
    assert [(f"{one.date:%m-%d}", one.provisional) for one in found] == [
        ("12-30", False),
        ("12-31", False),
        ("01-01", True),
    ]


def test_a_review_begins_by_the_clock_on_the_wall_and_its_day_ends_at_midnight() -> None:
    only = cadence({"every": 1, "unit": "week", "first_date": "2026-03-02"}, time="14:30")
    assert only.next(calendar=CHINA_2026, after=LONG_AGO) == (
        Occurrence(
            date(2026, 3, 2),
            at=datetime(2026, 3, 2, 6, 30, tzinfo=UTC),
            due_at=datetime(2026, 3, 2, 16, tzinfo=UTC),
            provisional=False,
        ),
    )


def test_next_comes_after_the_moment_not_at_it() -> None:
    given = cadence(*CAMPAIGN)
    at = datetime(2026, 9, 7, 1, tzinfo=UTC)
    before, same = (given.next(calendar=CHINA_2026, after=at - timedelta(microseconds=less)) for less in (1, 0))
    assert [one[0].date.day for one in (before, same)] == [7, 11]
    two = given.next(calendar=CHINA_2026, after=datetime(2026, 9, 28, 1, tzinfo=UTC), count=9)
    assert [one.date.day for one in two] == [29, 30]
    assert given.next(calendar=CHINA_2026, after=datetime(2026, 9, 30, 1, tzinfo=UTC)) == ()


def test_a_review_is_missed_when_its_day_is_over_and_stays_visible() -> None:
    given = cadence(*CAMPAIGN)
    held = [date(2026, 9, 1), date(2026, 9, 11)]
    over = datetime(2026, 9, 16, 16, tzinfo=UTC)

    def missed(now: datetime, after: datetime = LONG_AGO) -> list[int]:
        return [one.date.day for one in given.missed(calendar=CHINA_2026, held=held, after=after, now=now)]

    assert missed(over - timedelta(microseconds=1)) == [7]
    assert missed(over) == [7, 16]
    assert missed(datetime(2027, 1, 1, tzinfo=UTC)) == [7, 16, 21, 22, 23, 24, 28, 29, 30]
    assert missed(over, after=datetime(2026, 9, 7, 1, tzinfo=UTC)) == [16]
    assert missed(LONG_AGO) == []


def test_the_end_of_the_last_day_is_not_the_start_of_a_review() -> None:
    """A review at half to midnight is not late at its beginning."""
    late = cadence({"every": 1, "unit": "day", "first_date": "2026-03-02"}, time="23:30")
    at = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
    assert late.missed(calendar=CHINA_2026, held=(), after=LONG_AGO, now=at) == ()
    assert len(late.missed(calendar=CHINA_2026, held=(), after=LONG_AGO, now=at + timedelta(minutes=30))) == 1


def test_days_before_the_calendar_are_not_guessed() -> None:
    with pytest.raises(CalendarGap):
        cadence({"every": 1, "unit": "week", "first_date": "2025-12-01"}).next(calendar=CHINA_2026, after=LONG_AGO)


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({}, "phase 1"),
        ({"phases": []}, "at least one"),
        ({"phases": [{"every": 1, "unit": "day"}]}, "phase 1"),
        ({"phases": [{"every": 0, "unit": "day", "first_date": "2026-09-01"}]}, "whole number"),
        ({"phases": [{"every": True, "unit": "day", "first_date": "2026-09-01"}]}, "whole number"),
        ({"phases": [{"every": 1, "unit": "hour", "first_date": "2026-09-01"}]}, "'hour' is unknown"),
        ({"phases": [{"every": 1, "unit": "day", "first_date": "2026-09-01", "rest": "skip"}]}, "'skip' is unknown"),
        ({"phases": [{"every": 1, "unit": "day", "first_date": "1 September"}]}, "phase 1"),
        (
            {"phases": [{"every": 1, "unit": "day", "first_date": "2026-09-02", "until_date": "2026-09-01"}]},
            "before its",
        ),
        ({"phases": [*CAMPAIGN, {"every": 1, "unit": "day", "first_date": "2026-10-07"}]}, "ahead of it has ended"),
        ({"phases": [{"every": 1, "unit": "day", "first_date": "2026-09-01"}, CAMPAIGN[0]]}, "ahead of it has ended"),
        ({"phases": [*CAMPAIGN], "time": "9"}, "read|hour"),
        ({"phases": [*CAMPAIGN], "time": "09:00+08:00"}, "leave the zone"),
    ],
)
def test_phases_that_cant_be_counted_are_refused(document: dict[str, Any], says: str) -> None:
    with pytest.raises(BadCadence, match=says):
        Cadence.from_document(document)


DAYS = st.dates(date(2025, 1, 1), date(2026, 12, 31))
UNITS = st.sampled_from(["day", "workday", "week", "month", "quarter", "year"])


@st.composite
def calendars(draw: Any) -> Calendar:
    off = draw(st.sets(DAYS, max_size=60))
    return Calendar.from_document(
        {
            "id": "made-up",
            "zone": draw(st.sampled_from(["Asia/Shanghai", "America/St_Johns", "Africa/Cairo", "Pacific/Auckland"])),
            "weekend": sorted(draw(st.sampled_from([{5, 6}, {4, 5}, {6}, set()]))),
            "published": [2025, 2026],
            "off": sorted(day.isoformat() for day in off),
            "worked": sorted(day.isoformat() for day in draw(st.sets(DAYS, max_size=20)) - off),
        }
    )


@st.composite
def cadences(draw: Any) -> Cadence:
    phases: list[Phase] = []
    first = draw(st.dates(date(2025, 1, 2), date(2025, 6, 30)))
    for _ in range(draw(st.integers(1, 3))):
        until = first + timedelta(days=draw(st.integers(0, 120)))
        rest = draw(st.sampled_from(["forward", "back", "none"]))
        phases.append(Phase(draw(st.integers(1, 20)), draw(UNITS), first, until, rest))
        first = until + timedelta(days=draw(st.integers(1, 30)))
    return Cadence(tuple(phases), draw(st.times().map(lambda at: at.replace(second=0, microsecond=0))))


MOMENTS = st.integers(0, 400 * 24 * 60).map(
    lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def slowly(given: Cadence, calendar: Calendar) -> list[date]:
    """Every day of the cadence, walked day by day with nothing but `is_working_day`."""
    found: list[date] = []
    for phase in given.phases:
        assert phase.until_date is not None
        whole = [phase.first_date + timedelta(days=n) for n in range((phase.until_date - phase.first_date).days + 1)]
        worked = [day for day in whole if calendar.is_working_day(day)]
        if phase.unit == "workday":
            found += worked[:: phase.every]
            continue
        raw, k = [], 0
        months = {"month": 1, "quarter": 3, "year": 12}.get(phase.unit)
        while True:
            if months is None:
                day = phase.first_date + timedelta(days=k * phase.every * (7 if phase.unit == "week" else 1))
            else:
                year, month = divmod(phase.first_date.month - 1 + k * phase.every * months, 12)
                year, month, number = phase.first_date.year + year, month + 1, phase.first_date.day
                while True:
                    try:
                        day = date(year, month, number)
                        break
                    except ValueError:
                        number -= 1
            if day > phase.until_date:
                break
            raw.append(day)
            k += 1
        if phase.rest == "none":
            found += raw
            continue
        moved = set()
        for day in raw:
            ahead = [one for one in worked if one >= day][:1]
            behind = [one for one in worked if one <= day][-1:]
            choice = (ahead or behind) if phase.rest == "forward" else (behind or ahead)
            moved.update(choice)
        found += sorted(moved)
    return found


@given(cadences(), calendars())
def test_the_days_are_those_of_a_slow_walk(given: Cadence, calendar: Calendar) -> None:
    start = datetime(2024, 12, 31, tzinfo=UTC)
    assert [one.date for one in given.occurrences(calendar=calendar, after=start)] == slowly(given, calendar)


@given(cadences(), calendars(), MOMENTS, MOMENTS)
def test_an_interval_is_a_piece_of_the_whole(
    given: Cadence, calendar: Calendar, one: datetime, other: datetime
) -> None:
    after, until = sorted((one, other))
    whole = list(given.occurrences(calendar=calendar, after=datetime(2024, 12, 30, tzinfo=UTC)))
    piece = list(given.occurrences(calendar=calendar, after=after, until=until))
    assert piece == [each for each in whole if after < each.at <= until]
    assert list(given.next(calendar=calendar, after=after, count=3)) == [each for each in whole if each.at > after][:3]
    held = {each.date for each in whole[::2]}
    assert given.missed(calendar=calendar, held=held, after=after, now=until) == tuple(
        each for each in piece if each.due_at <= until and each.date not in held
    )


@given(cadences(), calendars())
def test_one_a_day_in_order_on_a_working_day_within_its_phase(given: Cadence, calendar: Calendar) -> None:
    found = list(given.occurrences(calendar=calendar, after=datetime(2024, 12, 31, tzinfo=UTC)))
    for one, later in pairwise(found):
        assert one.date < later.date
        assert one.at < later.at
    for one in found:
        phase = next(each for each in given.phases if each.first_date <= one.date <= (each.until_date or date.max))
        assert calendar.is_working_day(one.date) or (phase.rest == "none" and phase.unit != "workday")
        assert one.at < one.due_at


@given(cadences())
def test_what_is_written_out_is_read_back(given: Cadence) -> None:
    assert Cadence.from_document(given.to_document()) == given


def test_far_ahead_is_found_by_halving_not_by_walking(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    walk = Calendar.nth_working
    monkeypatch.setattr(Calendar, "nth_working", lambda *given: asked.append(given) or walk(*given))
    daily = cadence({"every": 1, "unit": "day", "first_date": "2026-01-05"})
    assert daily.next(calendar=CHINA_2026, after=datetime(2035, 6, 1, 2, tzinfo=UTC))[0].date == date(2035, 6, 4)
    assert len(asked) < 25
