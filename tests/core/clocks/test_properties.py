"""What holds for every clock (domain notes 10.2), on calendars that hypothesis makes up."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huajie.core.clocks import Calendar, Extension, Rule, Span, due, local_date, share_at, shift, working_days_between
from huajie.core.clocks.calendar import canonical_json

pytestmark = pytest.mark.accept("K2")

DAYS = st.dates(date(2025, 1, 1), date(2026, 12, 31))
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2026, 9, 30)).map(lambda m: m.replace(tzinfo=UTC))  # noqa: DTZ001
AMOUNTS = st.integers(1, 90)
DAY_UNITS = st.sampled_from(["day", "workday", "week", "month"])
ZONES = ["Asia/Shanghai", "Europe/London", "America/St_Johns", "Africa/Cairo", "Pacific/Auckland"]


@st.composite
def documents(draw: Any) -> dict[str, Any]:
    off = draw(st.sets(DAYS, max_size=40))
    worked = draw(st.sets(DAYS, max_size=20)) - off
    return {
        "id": "made-up",
        "zone": draw(st.sampled_from(ZONES)),
        "weekend": sorted(draw(st.sampled_from([{5, 6}, {4, 5}, {6}, set()]))),
        "published": [2025, 2026],
        "off": sorted(day.isoformat() for day in off),
        "worked": sorted(day.isoformat() for day in worked),
        "office_hours": [["09:00", "12:00"], ["14:00", "18:00"]],
    }


CALENDARS = documents().map(Calendar.from_document)


@st.composite
def rules(draw: Any, last_days: tuple[str, ...] = ("forward", "back", "none")) -> Rule:
    return Rule(
        draw(AMOUNTS),
        draw(DAY_UNITS),
        first_day=draw(st.sampled_from(["exclude", "include"])),
        last_day=draw(st.sampled_from(last_days)),
        least_workdays=draw(st.sampled_from([0, 0, 2])),
    )


@st.composite
def spans(draw: Any) -> list[Span]:
    return [
        Span(from_at, from_at + timedelta(minutes=draw(st.integers(0, 20_000))), "hearing")
        for from_at in draw(st.lists(MOMENTS, max_size=3))
    ]


@given(rules(), MOMENTS, CALENDARS, spans())
def test_due_is_never_before_the_start(
    rule: Rule, started_at: datetime, calendar: Calendar, left_out: list[Span]
) -> None:
    assert due(rule, started_at=started_at, calendar=calendar, excluded=left_out).due_at >= started_at


@given(rules(), MOMENTS, CALENDARS, spans(), st.integers(1, 30))
def test_longer_is_never_earlier(
    rule: Rule, started_at: datetime, calendar: Calendar, left_out: list[Span], more: int
) -> None:
    clock = {"started_at": started_at, "calendar": calendar, "excluded": left_out}
    short = due(rule, **clock)
    longer = Rule(rule.amount + more, rule.unit, rule.first_day, rule.last_day, least_workdays=rule.least_workdays)
    assert due(longer, **clock).due_at >= short.due_at
    assert due(rule, **clock, extensions=[Extension(more, rule.unit)]) == due(longer, **clock)
    for unit in ("day", "workday", "month"):
        assert due(rule, **clock, extensions=[Extension(more, unit)]).due_at >= short.due_at


@given(rules(("forward", "back")), MOMENTS, CALENDARS)
def test_due_is_a_working_day_unless_the_rule_does_not_roll(
    rule: Rule, started_at: datetime, calendar: Calendar
) -> None:
    answer = due(rule, started_at=started_at, calendar=calendar)
    assert answer.last_date is not None
    assert calendar.is_working_day(answer.last_date)


@given(rules(("forward", "none")), MOMENTS, documents(), DAYS, spans())
def test_a_holiday_more_never_makes_it_earlier(
    rule: Rule, started_at: datetime, document: dict[str, Any], holiday: date, left_out: list[Span]
) -> None:
    """Rolling back is the exception that it is made for."""
    before = Calendar.from_document(document)
    day = holiday.isoformat()
    after = Calendar.from_document(
        {
            **document,
            "off": sorted({*document["off"], day}),
            "worked": [worked for worked in document["worked"] if worked != day],
        }
    )
    clock = {"started_at": started_at, "excluded": left_out}
    assert due(rule, **clock, calendar=after).due_at >= due(rule, **clock, calendar=before).due_at


@given(rules(), MOMENTS, CALENDARS, spans(), st.integers(0, 3))
def test_order_of_spans_and_extensions_does_not_matter(
    rule: Rule, started_at: datetime, calendar: Calendar, left_out: list[Span], turn: int
) -> None:
    more = [Extension(3, "day"), Extension(2, "workday"), Extension(1, "month")]
    turned = more[turn:] + more[:turn]
    one = due(rule, started_at=started_at, calendar=calendar, extensions=more, excluded=left_out)
    other = due(rule, started_at=started_at, calendar=calendar, extensions=turned, excluded=left_out[::-1])
    assert one == other


@given(rules(("forward", "back")), st.datetimes(datetime(2026, 12, 31), datetime(2040, 1, 1)), CALENDARS)  # noqa: DTZ001
def test_an_unknown_year_is_provisional(rule: Rule, started_at: datetime, calendar: Calendar) -> None:
    answer = due(rule, started_at=started_at.replace(hour=12, tzinfo=UTC), calendar=calendar)
    assert answer.last_date is not None
    assert answer.provisional is (answer.last_date.year > 2026)


@given(DAYS, AMOUNTS, CALENDARS)
def test_working_days_between_undoes_a_working_day_clock(day: date, amount: int, calendar: Calendar) -> None:
    started_at = datetime(day.year, day.month, day.day, 12, tzinfo=calendar.zone)
    answer = due(Rule(amount, "workday"), started_at=started_at, calendar=calendar)
    assert answer.last_date is not None
    assert working_days_between(day, answer.last_date, calendar) == amount
    assert working_days_between(answer.last_date, day, calendar) == -amount


@given(DAYS.filter(lambda day: day.year == 2026), st.integers(1, 30), CALENDARS)
def test_a_reminder_before_due_leaves_exactly_that_many_working_days(
    day: date, amount: int, calendar: Calendar
) -> None:
    started_at = datetime(day.year, day.month, day.day, 12, tzinfo=calendar.zone)
    answer = due(Rule(amount, "workday"), started_at=started_at, calendar=calendar)
    reminder_at = shift(answer.due_at, -amount, "workday", calendar)
    assert answer.last_date is not None
    reminder_date = local_date(reminder_at, calendar)
    assert working_days_between(reminder_date - timedelta(days=1), answer.last_date, calendar) == amount


@given(MOMENTS, st.integers(0, 10**9), st.fractions(0, 1), st.fractions(0, 1))
def test_shares_keep_their_order_inside_the_clock(started_at: datetime, seconds: int, one: Any, two: Any) -> None:
    due_at = started_at + timedelta(seconds=seconds % 10**8)
    low, high = sorted([one, two])
    assert started_at <= share_at(started_at, due_at, low) <= share_at(started_at, due_at, high) <= due_at


@given(documents())
def test_a_calendar_survives_its_document_with_its_hash(document: dict[str, Any]) -> None:
    calendar = Calendar.from_document(document)
    again = Calendar.from_document(calendar.to_document())
    shuffled = Calendar.from_document({**dict(reversed(document.items())), "off": document["off"][::-1] * 2})
    assert calendar == again == shuffled
    assert calendar.hash == again.hash == shuffled.hash
    assert canonical_json(again.document) == canonical_json(calendar.document)
