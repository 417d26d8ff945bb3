"""A clock told day by day: every day once, in order, with why it does or doesn't count; the same end as `due`."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from tests.core.clocks.test_properties import CALENDARS, MOMENTS, rules, spans
from tests.support.china_2026 import CHINA_2026

from huajie.core.clocks import CODES, Calendar, Explanation, Extension, Rule, Span, explain

pytestmark = pytest.mark.accept("K2")


def told(explanation: Explanation) -> list[str]:
    """Lines in short: date, code, number, name."""
    return [
        " ".join(
            str(part)
            for part in (line.date.isoformat()[5:], line.code, line.number, line.name or None)
            if part is not None
        )
        for line in explanation.lines
    ]


def test_five_working_days_over_spring_festival() -> None:
    """Vector 8, as a clerk would count it on the fingers."""
    explanation = explain(Rule(5, "workday"), started_at=datetime(2026, 2, 12, 2, tzinfo=UTC), calendar=CHINA_2026)
    assert told(explanation) == [
        "02-12 start",
        "02-13 counted 1",
        "02-14 counted 2",
        *[f"02-{day} holiday 春节" for day in range(15, 24)],
        "02-24 counted 3",
        "02-25 counted 4",
        "02-26 counted 5",
        "02-26 due",
    ]
    assert [line.kind for line in explanation.lines[:3]] == ["workday", "workday", "make_up"]
    assert explanation.lines[-1].to_at == explanation.due.due_at
    assert explanation.calendar_hash == CHINA_2026.hash


def test_natural_days_roll_over_the_holiday_and_say_so() -> None:
    """Vector 2."""
    explanation = explain(Rule(15, "day"), started_at=datetime(2026, 2, 1, 2, tzinfo=UTC), calendar=CHINA_2026)
    assert told(explanation)[14:] == [
        "02-15 counted 14 春节",
        "02-16 counted 15 春节",
        *[f"02-{day} rolled 春节" for day in range(16, 24)],
        "02-24 due",
    ]


def test_a_hearing_is_told_with_its_reason_and_article() -> None:
    hearing = Span(datetime(2026, 3, 4, 1, tzinfo=UTC), datetime(2026, 3, 5, 4, tzinfo=UTC), "hearing", "36")
    explanation = explain(
        Rule(2, "workday"),
        started_at=datetime(2026, 3, 2, 2, tzinfo=UTC),
        calendar=CHINA_2026,
        extensions=[Extension(1, "workday")],
        excluded=[hearing],
    )
    assert told(explanation) == [
        "03-02 start",
        "03-03 counted 1",
        "03-04 excluded hearing",
        "03-05 excluded hearing",
        "03-06 counted 2",
        "03-07 weekend",
        "03-08 weekend",
        "03-09 counted 3",
        "03-09 due",
    ]
    assert {line.source for line in explanation.lines if line.code == "excluded"} == {"36"}


def test_months_tell_the_corresponding_day_and_an_unpublished_year_is_named_once() -> None:
    """Vector 14."""
    explanation = explain(Rule(2, "month"), started_at=datetime(2026, 12, 31, 2, tzinfo=UTC), calendar=CHINA_2026)
    lines = told(explanation)
    assert lines[:3] == ["12-31 start", "02-28 unpublished 2027", "02-28 corresponding 59"]
    assert lines[-3:] == ["02-28 counted 59", "02-28 rolled", "03-01 due"]
    assert sum("unpublished" in line for line in lines) == 1
    assert explanation.due.provisional


def test_office_hours_are_told_window_by_window() -> None:
    started_at = datetime(2026, 3, 6, 9, tzinfo=UTC)  # Friday 17:00 in Beijing
    explanation = explain(Rule(5, "office_hour"), started_at=started_at, calendar=CHINA_2026)
    assert [(line.code, line.date.day, line.minutes) for line in explanation.lines] == [
        ("start", 6, None),
        ("open", 6, 60),
        ("weekend", 7, None),
        ("weekend", 8, None),
        ("open", 9, 180),
        ("open", 9, 60),
        ("due", 9, None),
    ]


def test_hours_tell_what_is_left_out() -> None:
    started_at = datetime(2026, 3, 6, 9, tzinfo=UTC)
    span = Span(started_at - timedelta(hours=1), started_at + timedelta(hours=2), "hearing", "36")
    explanation = explain(Rule(4, "hour"), started_at=started_at, calendar=CHINA_2026, excluded=[span])
    start, left_out, end = explanation.lines
    assert (start.code, left_out.code, end.code) == ("start", "excluded", "due")
    assert (left_out.from_at, left_out.to_at, left_out.name) == (started_at, started_at + timedelta(hours=2), "hearing")
    assert end.to_at == explanation.due.due_at == started_at + timedelta(hours=6)


def test_the_document_is_plain_json_without_empty_fields() -> None:
    explanation = explain(Rule(1, "day"), started_at=datetime(2026, 3, 2, 2, tzinfo=UTC), calendar=CHINA_2026)
    document = json.loads(json.dumps(explanation.to_document()))
    assert document["lines"] == [
        {"code": "start", "date": "2026-03-02", "kind": "workday"},
        {"code": "counted", "date": "2026-03-03", "number": 1, "kind": "workday"},
        {"code": "due", "date": "2026-03-03", "to_at": "2026-03-03T16:00:00+00:00", "kind": "workday"},
    ]
    assert (document["last_date"], document["raw_date"], document["provisional"]) == ("2026-03-03", "2026-03-03", False)


@given(rules(), MOMENTS, CALENDARS, spans())
def test_explain_ends_where_due_ends_and_misses_no_day(
    rule: Rule, started_at: datetime, calendar: Calendar, left_out: list[Span]
) -> None:
    explanation = explain(rule, started_at=started_at, calendar=calendar, excluded=left_out)
    last = explanation.lines[-1]
    assert (last.code, last.date, last.to_at) == ("due", explanation.due.last_date, explanation.due.due_at)
    assert all(line.code in CODES for line in explanation.lines)
    walked = [line for line in explanation.lines if line.code in ("counted", "weekend", "holiday", "excluded", "least")]
    days = sorted({line.date for line in walked})
    assert days == [days[0] + timedelta(days=n) for n in range(len(days))], "no day is missing"
    counted = [line.number for line in explanation.lines if line.code == "counted"]
    assert counted == list(range(1, len(counted) + 1)), "every counted day has the next number"
    # The raw end is the last counted day: two roads, one answer.
    assert [line.date for line in explanation.lines if line.code == "counted"][-1] == explanation.due.raw_date
    for line in explanation.lines:
        if line.code in ("weekend", "holiday", "rolled"):
            assert not calendar.is_working_day(line.date)


def test_a_first_day_that_counts_has_no_start_line() -> None:
    explanation = explain(
        Rule(1, "day", first_day="include"), started_at=datetime(2026, 3, 2, 2, tzinfo=UTC), calendar=CHINA_2026
    )
    assert told(explanation) == ["03-02 counted 1", "03-02 due"]
    assert explanation.due.last_date == date(2026, 3, 2)
