"""The public figures, against a count by hand; a planted fault changes them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest


@pytest.fixture
def county(transactional_db: None) -> Any:
    """The hand-written county, founded seventy days ago, so that dates have fallen due."""
    from tests.support.county import found

    from huajie.apps.matters.figures import forget_figures

    forget_figures()
    yield found(datetime(2026, 9, 1, 2, 0, tzinfo=UTC))
    forget_figures()


ACKNOWLEDGED = (("en.complaint", "acknowledgement"),)


def kept(now: datetime, *clocks: tuple[str, str], since: datetime | None = None, until: datetime | None = None) -> Any:
    from huajie.apps.matters.figures import forget_figures, kept_dates

    forget_figures()
    return kept_dates(
        since or datetime(2026, 9, 1, tzinfo=UTC), until or datetime(2026, 10, 1, tzinfo=UTC), clocks, now=now
    )


def test_dates_are_counted_as_by_hand(county: Any) -> None:
    """
    Eight matters of ordinary sensitivity came in on 1 September, each to be acknowledged within five working days;
    one was acknowledged, one withdrawn. Sealed and minors' matters are in no figure.
    """
    now = datetime(2026, 11, 10, tzinfo=UTC)
    ordinary = [name for name in county.matters if name not in ("sealed", "minor")]
    found = kept(now, *ACKNOWLEDGED)
    assert found.fell_away == 1
    assert found.kept == 1
    assert found.due == len(ordinary) - 1
    assert found.missed == found.due - 1
    # acknowledged late: it fell due, and was not kept
    county.act(
        "ordinary",
        "housing",
        "acknowledge",
        inputs={"is_complaint": "complaint", "category": "delay"},
        texts={"message": "收到。"},
        at=datetime(2026, 9, 20, tzinfo=UTC),
    )
    late = kept(now, *ACKNOWLEDGED)
    assert (late.due, late.kept, late.fell_away) == (found.due, 1, 1)
    # acknowledged in time: kept
    county.act(
        "elsewhere",
        "labour",
        "acknowledge",
        inputs={"is_complaint": "complaint", "category": "delay"},
        texts={"message": "收到。"},
        at=datetime(2026, 9, 2, tzinfo=UTC),
    )
    assert kept(now, *ACKNOWLEDGED).kept == 2


def test_only_the_dates_asked_for_count(county: Any) -> None:
    now = datetime(2026, 11, 10, tzinfo=UTC)
    assert kept(now).due == 0
    assert kept(now, ("open311", "acknowledgement")).due == 0
    assert (
        kept(now, *ACKNOWLEDGED, since=datetime(2026, 10, 1, tzinfo=UTC), until=datetime(2026, 11, 1, tzinfo=UTC)).due
        == 0
    )


def test_the_edge_of_a_month_is_the_last_day_that_is_in_time(county: Any) -> None:
    """A due moment is the first at which a step is late: at midnight it belongs to the day that ended."""
    from huajie.apps.matters.models import Clock

    now = datetime(2026, 11, 10, tzinfo=UTC)
    due_at = Clock.objects.get(matter=county.matters["ordinary"].stream, name="acknowledgement").due_at
    whole = kept(now, *ACKNOWLEDGED).due
    assert kept(now, *ACKNOWLEDGED, until=due_at).due == whole
    assert kept(now, *ACKNOWLEDGED, until=due_at - timedelta(microseconds=1)).due == 0
    assert kept(now, *ACKNOWLEDGED, since=due_at).due == 0


def test_open_matters_are_counted_as_by_hand_and_counted_again_only_after_a_while(county: Any) -> None:
    from huajie.apps.matters.figures import AGE, open_matters

    now = datetime(2026, 11, 10, tzinfo=UTC)
    ordinary = len(county.matters) - 2
    first = open_matters(now=now)
    # one was withdrawn; of the others every one is past the date of its acknowledgement or its reply
    assert (first.open, first.late) == (ordinary - 1, ordinary - 1)
    county.act("ordinary", "resident", "withdraw", at=now)
    assert open_matters(now=now + timedelta(seconds=AGE - 1)) == first
    assert open_matters(now=now + timedelta(seconds=AGE)).open == ordinary - 2
