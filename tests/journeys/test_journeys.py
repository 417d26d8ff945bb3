"""K1: a matter of each pack from submission to the archive and back, through the one writer, on both databases."""

from datetime import UTC, datetime
from typing import Any

import pytest

pytestmark = [pytest.mark.accept("K1"), pytest.mark.django_db(transaction=True)]


@pytest.fixture
def stories(county: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The stories of the pure engine, with a matter in the database in the place of one in memory."""
    from tests.core.procedure import test_shipped_packs as told
    from tests.journeys import live

    monkeypatch.setattr(told, "case_of", live.case_of)
    monkeypatch.setattr(told, "child_of", live.child_of)
    monkeypatch.setattr(told, "tell", live.tell)
    monkeypatch.setattr(told, "tick", live.run_timers)
    monkeypatch.setattr(told, "missing", live.missing)
    return told


@pytest.fixture
def county(transactional_db: None) -> Any:
    """The county of those stories, below a city."""
    from tests.core.procedure.test_shipped_packs import EXTRA
    from tests.support.standing_county import found

    return found(*EXTRA)


def entries_by_kind() -> dict[str, int]:
    from huajie.apps.ledger import queries

    found: dict[str, int] = {}
    for record in queries.iterate_entries():
        found[record.kind] = found.get(record.kind, 0) + 1
    return found


@pytest.mark.accept("P6")
def test_a_petition(stories: Any) -> None:
    """
    Referral contested and decided, notice, acceptance, a slipped step, extension, opinion, service, review, re-review
    with hearing, fulfilment, look-back, archive, reopening.
    """
    stories.TestPetition().test_the_whole_way_from_submission_to_the_archive_and_back()
    kinds = entries_by_kind()
    assert kinds["clock.extended"] == 1 and kinds["clock.excluded"] == 1
    assert kinds["jurisdiction.changed"] >= 1


def test_a_case_that_a_leader_answers_for(stories: Any) -> None:
    """Declined, accepted, a team with tasks, one taken back, a new sponsor, a look-back that fails, one that holds."""
    stories.TestSponsored().test_the_whole_way_of_a_case_that_a_leader_answers_for()
    kinds = entries_by_kind()
    assert kinds["matter.sponsor-accepted"] == 2 and kinds["matter.look-back-failed"] == 1


def test_a_matter_that_becomes_a_part_of_a_problem(stories: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked, declined, confirmed, answered with the others, left again; withdrawn and taken back."""
    leader = stories.petition()
    monkeypatch.setattr(stories, "OTHER", leader.stream.hex)
    stories.TestParts().test_nothing_is_joined_before_the_resident_says_so_and_everything_stays_their_own()
    stories.TestSponsored().test_the_resident_ends_it_by_withdrawing_and_takes_it_back_with_the_same_sponsor()


def test_a_complaint(stories: Any) -> None:
    """Both stages, the second by somebody else, on England's working days."""
    from huajie.apps.jurisdiction import operations
    from huajie.core.access import SYSTEM

    operations.change(
        [
            {
                "do": "set_region",
                "id": "r.qingshi",
                "parent": "r.yunxi",
                "name": {"zh": "青石", "en": "Qingshi"},
                "level": "township",
                "calendar": "england",
                "zone": "Europe/London",
            }
        ],
        actor=SYSTEM,
        now=datetime(2026, 3, 2, 1, 30, tzinfo=UTC),
    )
    stories.TestComplaint().test_the_whole_way_through_both_stages_to_the_archive_and_back()


def test_a_service_request(stories: Any) -> None:
    """Reported, moved, fixed, verified, closed by its own clock, archived, reopened."""
    stories.TestOpen311().test_the_whole_way_from_report_to_closing_and_back()


def test_a_calendar_published_while_dates_were_provisional(stories: Any) -> None:
    """The look-back of 2027 gets its final date by an entry of its own, and the old one stays readable."""
    from huajie.apps.ledger import queries as ledger_queries
    from huajie.apps.matters.models import Clock
    from huajie.apps.matters.operations import reset_provisional
    from huajie.apps.matters.verify import verify
    from huajie.apps.procedure import force
    from huajie.core.access import SYSTEM

    case = stories.case_of("cn.petition.request")
    at = datetime(2026, 12, 20, 2, 0, tzinfo=UTC)
    case.do(
        "resident", "submit", "title text wish", topic="t.wages", region="r.qingshi", mode="open", channel="web", at=at
    )
    clock = case.state.clocks["registration"]
    assert clock.provisional and clock.last_date == "2027-01-04"
    from datetime import date

    force.publish(
        "cn",
        2027,
        off=[date(2027, 1, 1), date(2027, 1, 2), date(2027, 1, 3), date(2027, 1, 4)],
        worked=[date(2027, 1, 9)],
        source="an invented notice for this test",
        actor=SYSTEM,
        now=datetime(2026, 12, 21, 1, 0, tzinfo=UTC),
    )
    try:
        assert reset_provisional(datetime(2026, 12, 21, 2, 0, tzinfo=UTC)) == 1
        clock = case.state.clocks["registration"]
        assert (clock.last_date, clock.provisional) == ("2027-01-05", False)
        assert Clock.objects.get(matter=case.stream, key="registration").provisional is False
        assert [entry.kind for entry in ledger_queries.entries_of(case.stream)][-1] == "clock.reset"
        assert verify().clean
        assert reset_provisional(datetime(2026, 12, 22, 2, 0, tzinfo=UTC)) == 0
    finally:
        force.forget()
