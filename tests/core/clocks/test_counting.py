"""Hand-computed due dates: months, hours, zones, places, extensions, spans, and what is refused."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from time import perf_counter
from typing import Any

import pytest
from tests.support.china_2026 import CHINA_2026, DOCUMENT

from huajie.apps.procedure.calendars import load_calendars
from huajie.core.clocks import (
    BadMoment,
    BadRule,
    Calendar,
    CalendarGap,
    ClockError,
    Extension,
    Rule,
    Span,
    corresponding_day,
    due,
    is_late,
    local_date,
    share_at,
    shift,
    working_days_between,
)

SHIPPED = load_calendars()


def plain(zone: str, **more: Any) -> Calendar:
    """Monday to Friday in a zone, every year published."""
    document = {"id": f"plain.{zone}", "zone": zone, "published": list(range(1990, 2041)), **more}
    return Calendar.from_document(document)


def at(zone_calendar: Calendar, text: str) -> datetime:
    """A local wall-clock time, as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=zone_calendar.zone).astimezone(UTC)


def last(rule: Rule, calendar: Calendar, event: str, **more: Any) -> str:
    """The last local day of a clock that starts on a local day or time."""
    text = event if "T" in event else f"{event}T10:00"
    answer = due(rule, started_at=at(calendar, text), calendar=calendar, **more)
    assert answer.last_date is not None
    return answer.last_date.isoformat()


class TestMonths:
    """Civil Code 202: the corresponding day, else the month's last."""

    @pytest.mark.parametrize(
        ("event", "months", "end"),
        [
            ("2026-01-31", 1, "2026-02-28"),
            ("2024-01-31", 1, "2024-02-29"),
            ("2026-02-28", 1, "2026-03-28"),
            ("2026-08-31", 1, "2026-09-30"),
            ("2026-12-31", 2, "2027-02-28"),
            ("2024-02-29", 12, "2025-02-28"),
            ("2024-02-29", 48, "2028-02-29"),
            ("2026-03-31", -1, "2026-02-28"),
            ("2026-01-15", -1, "2025-12-15"),
        ],
    )
    def test_corresponding_day(self, event: str, months: int, end: str) -> None:
        assert corresponding_day(date.fromisoformat(event), months).isoformat() == end

    @pytest.mark.parametrize(
        ("event", "months", "end"),
        [
            ("2026-01-01", 1, "2026-01-31"),
            ("2026-03-15", 2, "2026-05-14"),
            # no 31 February: the month's last day, not its eve (Korean Civil Code 160(3))
            ("2026-01-31", 1, "2026-02-28"),
        ],
    )
    def test_with_the_first_day_counted_it_ends_on_the_eve(self, event: str, months: int, end: str) -> None:
        day = corresponding_day(date.fromisoformat(event), months, first_day_counts=True)
        assert day.isoformat() == end

    def test_a_year_is_twelve_months(self) -> None:
        calendar = plain("UTC")
        assert last(Rule(1, "year", last_day="none"), calendar, "2024-02-29") == "2025-02-28"
        assert last(Rule(1, "year"), calendar, "2024-02-29") == last(Rule(12, "month"), calendar, "2024-02-29")

    def test_months_and_extension_are_rolled_once(self) -> None:
        # 15 Jan + 3 months = 15 Apr; one month more from the start = 15 May, a Friday
        assert last(Rule(3, "month"), CHINA_2026, "2026-01-15") == "2026-04-15"
        assert last(Rule(3, "month"), CHINA_2026, "2026-01-15", extensions=[Extension(1, "month")]) == "2026-05-15"
        # 25 Apr + 1 month = 25 May; from 3 Apr one month gives 3 May (holiday, rolled to the 6th), two give 3 June
        assert last(Rule(1, "month"), CHINA_2026, "2026-04-03") == "2026-05-06"
        assert last(Rule(1, "month"), CHINA_2026, "2026-04-03", extensions=[Extension(1, "month")]) == "2026-06-03"


class TestFirstAndLastDay:
    def test_weeks_end_on_the_same_weekday(self) -> None:
        assert last(Rule(2, "week"), CHINA_2026, "2026-03-04") == "2026-03-18"

    def test_last_day_left_where_it_falls_needs_no_calendar(self) -> None:
        assert last(Rule(15, "day", last_day="none"), CHINA_2026, "2026-02-01") == "2026-02-16"
        far = due(Rule(15, "day", last_day="none"), started_at=datetime(1999, 1, 1, tzinfo=UTC), calendar=CHINA_2026)
        assert (far.last_date, far.provisional) == (date(1999, 1, 16), False)

    def test_wages_are_paid_before_the_holiday(self) -> None:
        """Roll-back: regulation on migrant workers' wages, 14. 18 Feb 2026 is Spring Festival; 14 Feb is worked."""
        assert last(Rule(15, "day", last_day="back"), CHINA_2026, "2026-02-03") == "2026-02-14"

    def test_rolling_back_never_leaves_the_period(self) -> None:
        """One day from Friday 13 March is Saturday; back would be the day of the event itself, so it goes forward."""
        assert last(Rule(1, "day", last_day="back"), CHINA_2026, "2026-03-13") == "2026-03-16"
        assert last(Rule(3, "day", last_day="back"), CHINA_2026, "2026-03-12") == "2026-03-13"

    def test_office_close_ends_the_last_day_when_the_office_does(self) -> None:
        """Civil Code 203: at the close of business where there are hours of business."""
        answer = due(
            Rule(15, "day", cutoff="office_close"), started_at=at(CHINA_2026, "2026-01-05T09:00"), calendar=CHINA_2026
        )
        assert answer.due_at == at(CHINA_2026, "2026-01-20T18:00")

    def test_office_close_needs_office_hours(self) -> None:
        with pytest.raises(BadRule, match="no office hours"):
            due(
                Rule(1, "day", cutoff="office_close"),
                started_at=datetime(2026, 1, 5, tzinfo=UTC),
                calendar=plain("UTC"),
            )

    def test_a_step_at_the_due_moment_itself_is_late(self) -> None:
        due_at = due(Rule(15, "day"), started_at=at(CHINA_2026, "2026-01-05T09:00"), calendar=CHINA_2026).due_at
        assert is_late(due_at, due_at)
        assert not is_late(due_at, due_at - timedelta(microseconds=1))


class TestElsewhere:
    """Domain notes 10.3."""

    def test_korea_counts_the_first_day(self) -> None:
        """Received Monday 2 March with 7 days: the 8th, a Sunday, so Monday the 9th; in working days the 10th."""
        calendar = plain("Asia/Seoul")
        rule = Rule(7, "day", first_day="include", source="민원처리법 19")
        assert last(rule, calendar, "2026-03-02") == "2026-03-09"
        assert last(Rule(7, "workday", first_day="include"), calendar, "2026-03-02") == "2026-03-10"
        # received on a Sunday: the first working day is day 1
        assert last(Rule(1, "workday", first_day="include"), calendar, "2026-03-01") == "2026-03-02"

    def test_the_union_leaves_two_working_days_in_any_period(self) -> None:
        """Regulation 1182/71, 3(5). Event on Thursday 2 April 2026; Good Friday, Easter Monday off; three days."""
        calendar = plain("Europe/Brussels", off=["2026-04-03", "2026-04-06"])
        assert last(Rule(3, "day"), calendar, "2026-04-02") == "2026-04-07"
        # Only Tuesday the 7th lies in it, so Wednesday makes it two.
        assert last(Rule(3, "day", least_workdays=2), calendar, "2026-04-02") == "2026-04-08"
        # A period that holds them anyway stays as it is.
        assert last(Rule(10, "day", least_workdays=2), calendar, "2026-04-02") == "2026-04-13"

    def test_england_counts_working_days_around_easter(self) -> None:
        assert last(Rule(10, "workday"), SHIPPED["england"], "2026-03-27") == "2026-04-14"
        # Boxing Day 2026 is a Saturday: Monday the 28th stands in for it.
        assert last(Rule(3, "workday"), SHIPPED["england"], "2026-12-23") == "2026-12-30"

    def test_india_counts_calendar_days(self) -> None:
        """CPGRAMS: 21 days, General Clauses Act 10 rolls off Republic Day (Monday 26 January 2026)."""
        assert last(Rule(21, "day"), SHIPPED["in"], "2026-01-05") == "2026-01-27"
        assert last(Rule(21, "day", last_day="none"), SHIPPED["in"], "2026-01-05") == "2026-01-26"


class TestZones:
    def test_the_local_day_decides_which_day_is_day_zero(self) -> None:
        """15:59 UTC is still 5 January in Beijing, 16:00 UTC is the 6th."""
        rule = Rule(1, "workday")
        before = due(rule, started_at=datetime(2026, 1, 5, 15, 59, tzinfo=UTC), calendar=CHINA_2026)
        after = due(rule, started_at=datetime(2026, 1, 5, 16, 0, tzinfo=UTC), calendar=CHINA_2026)
        assert (before.last_date, after.last_date) == (date(2026, 1, 6), date(2026, 1, 7))
        assert local_date(datetime(2026, 1, 5, 16, 0, tzinfo=UTC), CHINA_2026) == date(2026, 1, 6)

    def test_england_has_a_day_of_23_hours_and_one_of_25(self) -> None:
        """29 March and 25 October 2026."""
        england = SHIPPED["england"]
        ends = [
            due(Rule(1, "day", last_day="none"), started_at=at(england, f"{day}T12:00"), calendar=england).due_at
            for day in ("2026-03-27", "2026-03-28", "2026-10-23", "2026-10-24")
        ]
        assert ends[1] - ends[0] == timedelta(hours=23)
        assert ends[3] - ends[2] == timedelta(hours=25)
        assert ends[1] == datetime(2026, 3, 29, 23, 0, tzinfo=UTC)

    def test_hours_are_exact_over_the_change(self) -> None:
        england = SHIPPED["england"]
        answer = due(Rule(24, "hour"), started_at=at(england, "2026-03-28T12:00"), calendar=england)
        assert answer.due_at == at(england, "2026-03-29T13:00")
        assert (answer.last_date, answer.provisional) == (None, False)

    @pytest.mark.parametrize(
        ("zone", "event", "ends"),
        [
            # midnight of 4 November 2018 does not exist in São Paulo: the day starts at 01:00, 03:00 UTC
            ("America/Sao_Paulo", "2018-11-02T12:00", "2018-11-04T03:00:00+00:00"),
            # going back at midnight: 17 February 2018 lasts 25 hours and 23:00 comes twice
            ("America/Sao_Paulo", "2018-02-16T12:00", "2018-02-18T03:00:00+00:00"),
            # at 00:01 of 7 November 2010 St John's went back to 23:01: the 6th ends at the second midnight
            ("America/St_Johns", "2010-11-05T12:00", "2010-11-07T03:30:00+00:00"),
            # Havana goes back from 01:00 to 00:00: midnight comes twice, and the first one starts the day
            ("America/Havana", "2026-10-30T12:00", "2026-11-01T04:00:00+00:00"),
            # Samoa had no 30 December 2011: the 29th ends where the 31st starts
            ("Pacific/Apia", "2011-12-28T12:00", "2011-12-30T10:00:00+00:00"),
        ],
    )
    def test_the_day_ends_once_where_midnight_jumps(self, zone: str, event: str, ends: str) -> None:
        calendar = plain(zone)
        answer = due(Rule(1, "day", last_day="none"), started_at=at(calendar, event), calendar=calendar)
        assert answer.due_at == datetime.fromisoformat(ends)
        assert answer.last_date is not None
        assert local_date(answer.due_at, calendar) > answer.last_date
        assert local_date(answer.due_at - timedelta(seconds=1), calendar) == answer.last_date

    def test_midnight_to_midnight_needs_no_hour_of_its_own(self) -> None:
        """A start at local midnight belongs to the day that begins."""
        assert last(Rule(1, "day"), CHINA_2026, "2026-01-05T00:00") == "2026-01-06"


class TestHours:
    @pytest.mark.parametrize(
        ("start", "hours", "ends"),
        [
            ("2026-01-05T09:00", 2, "2026-01-05T11:00"),
            # over lunch
            ("2026-01-05T11:00", 2, "2026-01-05T15:00"),
            # exactly to the close, not to the next opening
            ("2026-01-05T11:00", 5, "2026-01-05T18:00"),
            ("2026-01-05T17:00", 2, "2026-01-06T10:00"),
            # before opening and at night
            ("2026-01-05T03:00", 1, "2026-01-05T10:00"),
            ("2026-01-05T22:00", 7, "2026-01-06T18:00"),
            # Friday afternoon into Monday, and into the make-up Saturday 14 February
            ("2026-03-06T17:30", 1, "2026-03-09T09:30"),
            ("2026-02-13T17:30", 1, "2026-02-14T09:30"),
            # from 14 February 17:00 over Spring Festival to the 24th
            ("2026-02-14T17:00", 2, "2026-02-24T10:00"),
        ],
    )
    def test_office_hours_skip_closed_time(self, start: str, hours: int, ends: str) -> None:
        answer = due(Rule(hours, "office_hour"), started_at=at(CHINA_2026, start), calendar=CHINA_2026)
        assert answer.due_at == at(CHINA_2026, ends)
        assert not answer.provisional

    def test_hours_leave_out_exactly_the_span(self) -> None:
        started_at = datetime(2026, 1, 5, 8, tzinfo=UTC)
        spans = [
            Span(started_at + timedelta(hours=1), started_at + timedelta(hours=2, minutes=30), "hearing"),
            Span(started_at + timedelta(hours=2), started_at + timedelta(hours=3), "hearing"),
            Span(started_at - timedelta(hours=5), started_at - timedelta(hours=4), "before"),
            Span(started_at + timedelta(hours=30), started_at + timedelta(hours=31), "after"),
        ]
        answer = due(Rule(24, "hour"), started_at=started_at, calendar=CHINA_2026, excluded=spans)
        assert answer.due_at == started_at + timedelta(hours=26)

    def test_hours_and_days_do_not_mix(self) -> None:
        started_at = datetime(2026, 1, 5, tzinfo=UTC)
        with pytest.raises(BadRule, match="hours"):
            due(Rule(24, "hour"), started_at=started_at, calendar=CHINA_2026, extensions=[Extension(1, "day")])
        with pytest.raises(BadRule, match="can't be extended by hours"):
            due(Rule(5, "workday"), started_at=started_at, calendar=CHINA_2026, extensions=[Extension(1, "hour")])


class TestExtensions:
    def test_working_days_are_one_longer_count(self) -> None:
        assert last(Rule(5, "workday"), CHINA_2026, "2026-02-12", extensions=[Extension(5, "workday")]) == last(
            Rule(10, "workday"), CHINA_2026, "2026-02-12"
        )

    def test_mixed_units_are_counted_months_then_days_then_working_days(self) -> None:
        """3 Aug + 1 month = 3 Sep; + 10 days = 13 Sep (Sunday); + 5 working days = 18 Sep, in whatever order."""
        parts = [Extension(1, "month"), Extension(10, "day")]
        assert last(Rule(5, "workday"), CHINA_2026, "2026-08-03", extensions=parts) == "2026-09-18"
        assert last(Rule(5, "workday"), CHINA_2026, "2026-08-03", extensions=parts[::-1]) == "2026-09-18"
        other = [Extension(5, "workday"), Extension(1, "month")]
        assert last(Rule(10, "day"), CHINA_2026, "2026-08-03", extensions=other) == "2026-09-18"

    def test_two_extensions_count_like_their_sum(self) -> None:
        once = last(Rule(60, "day"), CHINA_2026, "2026-08-03", extensions=[Extension(30, "day")])
        twice = last(Rule(60, "day"), CHINA_2026, "2026-08-03", extensions=[Extension(10, "day"), Extension(20, "day")])
        assert once == twice == "2026-11-02"


class TestSpans:
    def test_every_local_day_that_a_hearing_touches_is_left_out(self) -> None:
        """30 days from 2 March end on 1 April; a hearing from Tuesday morning to Thursday noon adds three."""
        hearing = Span(at(CHINA_2026, "2026-03-10T09:00"), at(CHINA_2026, "2026-03-12T12:00"), "hearing", "36")
        assert last(Rule(30, "day"), CHINA_2026, "2026-03-02") == "2026-04-01"
        # 1 April + 3 = 4 April: Qingming, rolled to the 7th
        assert last(Rule(30, "day"), CHINA_2026, "2026-03-02", excluded=[hearing]) == "2026-04-07"
        assert last(Rule(30, "day", last_day="none"), CHINA_2026, "2026-03-02", excluded=[hearing]) == "2026-04-04"

    def test_a_span_up_to_midnight_leaves_the_next_day_alone(self) -> None:
        span = Span(at(CHINA_2026, "2026-03-10T00:00"), at(CHINA_2026, "2026-03-11T00:00"))
        assert last(Rule(5, "workday"), CHINA_2026, "2026-03-09", excluded=[span]) == "2026-03-17"

    def test_an_empty_span_and_one_on_the_day_of_the_event_change_nothing(self) -> None:
        moment = at(CHINA_2026, "2026-03-10T09:00")
        spans = [Span(moment, moment), Span(at(CHINA_2026, "2026-03-09T08:00"), at(CHINA_2026, "2026-03-09T20:00"))]
        assert last(Rule(5, "workday"), CHINA_2026, "2026-03-09", excluded=spans) == "2026-03-16"

    def test_overlapping_spans_leave_a_day_out_once(self) -> None:
        spans = [
            Span(at(CHINA_2026, "2026-03-11T09:00"), at(CHINA_2026, "2026-03-12T10:00")),
            Span(at(CHINA_2026, "2026-03-10T09:00"), at(CHINA_2026, "2026-03-11T10:00")),
        ]
        assert last(Rule(5, "workday"), CHINA_2026, "2026-03-09", excluded=spans) == "2026-03-19"

    def test_months_are_lengthened_by_the_days_left_out(self) -> None:
        span = Span(at(CHINA_2026, "2026-03-10T09:00"), at(CHINA_2026, "2026-03-12T10:00"))
        assert last(Rule(1, "month"), CHINA_2026, "2026-03-02", excluded=[span]) == "2026-04-07"
        assert last(Rule(1, "month", last_day="none"), CHINA_2026, "2026-03-02", excluded=[span]) == "2026-04-05"

    def test_the_roll_passes_over_a_left_out_day(self) -> None:
        """Last day Sunday 15 March, hearing on Monday: Tuesday."""
        span = Span(at(CHINA_2026, "2026-03-16T09:00"), at(CHINA_2026, "2026-03-16T10:00"))
        assert last(Rule(5, "day"), CHINA_2026, "2026-03-10", excluded=[span]) == "2026-03-17"


class TestUnpublishedYears:
    def test_a_working_day_clock_into_an_unpublished_year_is_provisional(self) -> None:
        cn = SHIPPED["cn"]
        answer = due(Rule(5, "workday"), started_at=datetime(2026, 12, 28, 2, tzinfo=UTC), calendar=cn)
        # New Year's Day itself is known from the law
        assert (answer.last_date, answer.provisional) == (date(2027, 1, 5), True)

    def test_the_last_days_of_a_year_wait_for_the_next_notice(self) -> None:
        """The notices for 2007, 2008, 2012, 2019 and 2023 moved days of the December before."""
        cn = SHIPPED["cn"]
        rule = Rule(1, "workday")
        settled = due(rule, started_at=datetime(2026, 12, 25, 2, tzinfo=UTC), calendar=cn)
        waiting = due(rule, started_at=datetime(2026, 12, 28, 2, tzinfo=UTC), calendar=cn)
        assert (settled.last_date, settled.provisional) == (date(2026, 12, 28), False)
        assert (waiting.last_date, waiting.provisional) == (date(2026, 12, 29), True)
        earlier = due(rule, started_at=datetime(2025, 12, 29, 2, tzinfo=UTC), calendar=cn)
        assert not earlier.provisional

    def test_publishing_the_year_settles_it(self) -> None:
        """Feb 28 2027 becomes a make-up day: vector 14 stays on it, for good."""
        started_at = datetime(2026, 12, 31, 2, tzinfo=UTC)
        before = due(Rule(2, "month"), started_at=started_at, calendar=CHINA_2026)
        published = CHINA_2026.with_published(2027, [date(2027, 1, 1)], [date(2027, 2, 28)], "a notice")
        after = due(Rule(2, "month"), started_at=started_at, calendar=published)
        assert (before.last_date, before.provisional) == (date(2027, 3, 1), True)
        assert (after.last_date, after.provisional) == (date(2027, 2, 28), False)

    def test_before_the_first_year_there_is_no_answer(self) -> None:
        with pytest.raises(CalendarGap, match=r"starts with 2026.*load the notice of 2025"):
            due(Rule(5, "workday"), started_at=datetime(2025, 12, 20, tzinfo=UTC), calendar=CHINA_2026)
        empty = Calendar.from_document({**DOCUMENT, "published": []})
        with pytest.raises(CalendarGap, match="no published year"):
            due(Rule(5, "day"), started_at=datetime(2026, 3, 2, tzinfo=UTC), calendar=empty)

    def test_rolling_back_asks_about_no_day_before_the_period(self) -> None:
        """One day from 31 December 2006 is New Year's Day, off until the 3rd; 2006 itself is unknown and not needed."""
        assert last(Rule(1, "day", last_day="back"), SHIPPED["cn"], "2006-12-31") == "2007-01-04"

    def test_office_hours_to_midnight_do_not_ask_about_the_next_day(self) -> None:
        """A shift that ends at 24:00 of the last published day is settled; one more hour is not."""
        calendar = plain("UTC", published=[2026], office_hours=[["20:00", "24:00"]])
        started_at = datetime(2026, 12, 31, 22, tzinfo=UTC)
        to_midnight = due(Rule(2, "office_hour"), started_at=started_at, calendar=calendar)
        past_it = due(Rule(3, "office_hour"), started_at=started_at, calendar=calendar)
        assert (to_midnight.due_at, to_midnight.provisional) == (datetime(2027, 1, 1, tzinfo=UTC), False)
        assert (past_it.due_at, past_it.provisional) == (datetime(2027, 1, 1, 21, tzinfo=UTC), True)

    def test_far_beyond_the_laid_out_years_the_weekends_still_count(self) -> None:
        answer = due(Rule(5, "workday"), started_at=datetime(2090, 3, 6, 2, tzinfo=UTC), calendar=CHINA_2026)
        assert (answer.last_date, answer.provisional) == (date(2090, 3, 13), True)


class TestShift:
    def test_three_working_days_before_due_leave_three_whole_working_days(self) -> None:
        due_at = at(CHINA_2026, "2026-02-27T00:00")  # last day Thursday 26 February
        assert shift(due_at, -3, "workday", CHINA_2026) == at(CHINA_2026, "2026-02-24T00:00")
        assert shift(due_at, -4, "workday", CHINA_2026) == at(CHINA_2026, "2026-02-14T00:00")

    def test_the_wall_clock_time_is_kept(self) -> None:
        england = SHIPPED["england"]
        assert shift(at(england, "2026-03-28T09:30"), 1, "day", england) == at(england, "2026-03-29T09:30")
        assert shift(at(england, "2026-03-27T09:30"), 1, "workday", england) == at(england, "2026-03-30T09:30")
        assert shift(at(england, "2026-03-31T09:30"), -1, "month", england) == at(england, "2026-02-28T09:30")
        assert shift(at(england, "2024-02-29T09:30"), 1, "year", england) == at(england, "2025-02-28T09:30")
        assert shift(at(england, "2026-03-20T09:30"), -2, "week", england) == at(england, "2026-03-06T09:30")

    def test_the_edge_of_a_day_goes_to_the_edge_of_a_day(self) -> None:
        calendar = plain("America/Sao_Paulo")
        start_of_gap_day = datetime(2018, 11, 4, 3, tzinfo=UTC)
        assert shift(start_of_gap_day, -1, "day", calendar) == at(calendar, "2018-11-03T00:00")
        assert shift(at(calendar, "2018-11-03T00:00"), 1, "day", calendar) == start_of_gap_day

    def test_hours_are_exact_and_office_hours_run_both_ways(self) -> None:
        moment = at(CHINA_2026, "2026-02-24T10:00")
        assert shift(moment, -5, "hour", CHINA_2026) == moment - timedelta(hours=5)
        assert shift(moment, -2, "office_hour", CHINA_2026) == at(CHINA_2026, "2026-02-14T17:00")
        assert shift(at(CHINA_2026, "2026-02-14T17:00"), 2, "office_hour", CHINA_2026) == moment
        assert shift(moment, 0, "workday", CHINA_2026) == moment

    def test_shares_of_a_clock(self) -> None:
        start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 4, tzinfo=UTC)
        assert share_at(start, end, Fraction(2, 3)) == datetime(2026, 1, 3, tzinfo=UTC)
        assert share_at(start, end, Fraction(0)) == start
        assert share_at(start, end, Fraction(1)) == end
        with pytest.raises(BadRule, match="from 0 to 1"):
            share_at(start, end, Fraction(4, 3))

    def test_working_days_between_is_what_a_clock_has_reached(self) -> None:
        assert working_days_between(date(2026, 2, 12), date(2026, 2, 26), CHINA_2026) == 5
        assert working_days_between(date(2026, 2, 26), date(2026, 2, 12), CHINA_2026) == -5
        assert working_days_between(date(2026, 2, 15), date(2026, 2, 23), CHINA_2026) == 0


class TestRefusals:
    @pytest.mark.parametrize(
        ("document", "says"),
        [
            ({"amount": 0, "unit": "day"}, "amount 0 must be"),
            ({"amount": True, "unit": "day"}, "amount True must be"),
            ({"amount": 5.0, "unit": "day"}, "amount 5.0 must be"),
            ({"amount": 99_999, "unit": "day"}, "from 1 to"),
            ({"amount": 5, "unit": "days"}, "unit 'days' is unknown"),
            ({"amount": 5, "unit": "day", "first_day": "maybe"}, "first_day 'maybe'"),
            ({"amount": 5, "unit": "day", "last_day": "sideways"}, "last_day 'sideways'"),
            ({"amount": 5, "unit": "day", "cutoff": "noon"}, "cutoff 'noon'"),
            ({"amount": 5, "unit": "day", "lenght": 1}, "'lenght' is unknown"),
            ({"unit": "day"}, "'amount' is missing"),
            ({"amount": 5}, "'unit' is missing"),
            ({"amount": 5, "unit": "hour", "least_workdays": 2}, "no meaning"),
            ({"amount": 5, "unit": "day", "least_workdays": -1}, "least_workdays -1"),
        ],
    )
    def test_a_bad_rule_names_its_field(self, document: dict[str, Any], says: str) -> None:
        with pytest.raises(BadRule, match=says):
            Rule.from_document(document)

    def test_a_rule_survives_its_document(self) -> None:
        rule = Rule(7, "workday", "include", "back", "office_close", "23(3)", 2)
        assert Rule.from_document(rule.to_document()) == rule
        assert Rule.from_document({"amount": 7, "unit": "day"}) == Rule(7, "day")

    def test_a_moment_without_zone_is_refused(self) -> None:
        naive = datetime(2026, 1, 5)  # noqa: DTZ001
        for rule in (Rule(1, "day"), Rule(1, "hour"), Rule(1, "office_hour")):
            with pytest.raises(BadMoment, match="no zone"):
                due(rule, started_at=naive, calendar=CHINA_2026)
        with pytest.raises(BadMoment, match="aware"):
            Span(naive, naive)
        with pytest.raises(BadMoment, match="no zone"):
            shift(naive, 1, "day", CHINA_2026)

    def test_a_span_that_ends_before_it_starts_is_refused(self) -> None:
        moment = datetime(2026, 1, 5, tzinfo=UTC)
        with pytest.raises(BadMoment, match="swap"):
            Span(moment, moment - timedelta(seconds=1))

    def test_the_errors_are_one_tree(self) -> None:
        assert issubclass(CalendarGap, ClockError)
        assert issubclass(BadRule, ClockError)

    def test_a_clock_past_the_end_of_time_is_refused(self) -> None:
        with pytest.raises(ClockError):
            due(Rule(36_525, "year"), started_at=datetime(2026, 1, 5, tzinfo=UTC), calendar=CHINA_2026)
        with pytest.raises(ClockError):
            due(Rule(10, "workday"), started_at=datetime(9998, 12, 28, tzinfo=UTC), calendar=CHINA_2026)


def test_a_due_date_costs_microseconds() -> None:
    """Every intake and every timer counts: 5,000 different starts stay far under a tenth of a millisecond each."""
    calendar = Calendar.from_document(SHIPPED["cn"].to_document())
    starts = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=31 * n) for n in range(5_000)]
    for rule, extensions in ((Rule(60, "day"), []), (Rule(60, "workday"), [Extension(30, "workday")])):
        due(rule, started_at=starts[0], calendar=calendar)
        before = perf_counter()
        for started_at in starts:
            due(rule, started_at=started_at, calendar=calendar, extensions=extensions)
        assert (perf_counter() - before) / len(starts) < 0.000_1
