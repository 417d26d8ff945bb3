"""The fourteen worked examples of the domain notes (10.2), on the notice typed in by hand and as shipped."""

from datetime import UTC, date, datetime

import pytest
from tests.support.china_2026 import CHINA_2026

from huajie.apps.procedure.calendars import load_calendars
from huajie.core.clocks import Calendar, Extension, Rule, due

pytestmark = pytest.mark.accept("K2")

VECTORS = [
    # number, rule, extensions, day of the event, raw end, due
    (1, Rule(15, "day"), (), "2026-01-05", "2026-01-20", "2026-01-20"),
    (2, Rule(15, "day"), (), "2026-02-01", "2026-02-16", "2026-02-24"),
    (3, Rule(15, "day"), (), "2026-04-24", "2026-05-09", "2026-05-09"),
    (4, Rule(60, "day"), (), "2026-08-03", "2026-10-02", "2026-10-08"),
    (5, Rule(15, "day"), (), "2026-09-10", "2026-09-25", "2026-09-28"),
    (6, Rule(30, "day"), (), "2026-04-03", "2026-05-03", "2026-05-06"),
    (7, Rule(60, "day"), (Extension(30, "day"),), "2026-08-03", "2026-11-01", "2026-11-02"),
    (8, Rule(5, "workday"), (), "2026-02-12", "2026-02-26", "2026-02-26"),
    (9, Rule(5, "workday"), (), "2026-09-17", "2026-09-23", "2026-09-23"),
    (10, Rule(5, "workday"), (), "2026-04-28", "2026-05-08", "2026-05-08"),
    (11, Rule(3, "workday"), (), "2026-09-29", "2026-10-09", "2026-10-09"),
    (12, Rule(5, "workday"), (), "2025-12-31", "2026-01-08", "2026-01-08"),
    (13, Rule(20, "workday"), (), "2026-09-21", "2026-10-26", "2026-10-26"),
    # 28 February 2027 is a Sunday: rolled by weekends alone, and said to be provisional
    (14, Rule(2, "month"), (), "2026-12-31", "2027-02-28", "2027-03-01"),
]


@pytest.mark.parametrize("calendar", [CHINA_2026, load_calendars()["cn"]], ids=["typed by hand", "shipped"])
@pytest.mark.parametrize(
    ("number", "rule", "extensions", "event", "raw", "last"), VECTORS, ids=[str(row[0]) for row in VECTORS]
)
@pytest.mark.parametrize("hour", [0, 10, 23], ids=["first minute", "ten o'clock", "last minute"])
def test_vector(
    calendar: Calendar,
    number: int,
    rule: Rule,
    extensions: tuple[Extension, ...],
    event: str,
    raw: str,
    last: str,
    hour: int,
) -> None:
    """A clock that starts at any hour of that local day ends at the close of the day in the table."""
    day = date.fromisoformat(event)
    started_at = datetime(day.year, day.month, day.day, hour, 59 if hour == 23 else 0, tzinfo=calendar.zone)
    answer = due(rule, started_at=started_at.astimezone(UTC), calendar=calendar, extensions=extensions)
    assert answer.raw_date == date.fromisoformat(raw)
    assert answer.last_date == date.fromisoformat(last)
    # 24:00 in Beijing is 16:00 UTC of the same date
    assert answer.due_at == datetime.fromisoformat(f"{last}T16:00:00+00:00")
    assert answer.provisional is (number == 14)


def test_chaining_from_the_rolled_date_would_be_a_week_too_late() -> None:
    """Vector 7's trap: 30 days from 8 October give 9 November; the extension is counted from acceptance."""
    started_at = datetime(2026, 8, 3, 2, tzinfo=UTC)
    chained = due(Rule(30, "day"), started_at=datetime(2026, 10, 8, 2, tzinfo=UTC), calendar=CHINA_2026)
    extended = due(Rule(60, "day"), started_at=started_at, calendar=CHINA_2026, extensions=[Extension(30, "day")])
    assert chained.last_date == date(2026, 11, 9)
    assert extended.last_date == date(2026, 11, 2)
