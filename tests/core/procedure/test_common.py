"""What every procedure takes: how a matter was taken in, joint matters, numbers of others, a lost secret."""

from datetime import date

import pytest
from tests.core.procedure.support import PACK, STREAM, Case, day
from tests.support.china_2026 import CHINA_2026

from huajie.core.access import resident_of
from huajie.core.procedure import Refused, gap_workdays, resolve
from huajie.core.procedure.common import COMMON_ACTS

FRIDAY, SATURDAY, MONDAY, TUESDAY = "2026-03-06", "2026-03-07", "2026-03-09", "2026-03-10"


def taken_in(received: str, entered: str, texts: str = "story", hour: int = 10, **more: object) -> Case:
    case = Case()
    at = day(received, hour)
    case.do(
        10,
        "submit",
        texts,
        at=day(entered),
        occurred_at=at,
        received_at=at.strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z",
        channel="counter",
        topic="t.wages",
        region="r.qingshi",
        **more,
    )
    return case


def codes(refusal: pytest.ExceptionInfo[Refused]) -> set[tuple[str, str]]:
    return {(one.code, one.path) for one in refusal.value.unmet}


# the gap


@pytest.mark.parametrize(
    ("received", "entered", "days"),
    [
        (FRIDAY, FRIDAY, 0),
        (FRIDAY, SATURDAY, 0),
        (FRIDAY, MONDAY, 1),
        (FRIDAY, TUESDAY, 2),
        (SATURDAY, MONDAY, 1),
        # the days off of the Qingming festival, 4 to 6 April 2026
        ("2026-04-03", "2026-04-07", 1),
        # a week of the spring festival with its make-up Saturday, 28 February 2026
        ("2026-02-13", "2026-02-28", 6),
        # before the calendar begins every Monday to Friday counts: 1 May 1998 was a Friday
        ("1998-05-01", "1998-05-12", 7),
        # entered before it came in is for another rule to refuse
        (TUESDAY, FRIDAY, 0),
    ],
)
def test_the_gap_counts_working_days_of_the_region(received: str, entered: str, days: int) -> None:
    assert gap_workdays(day(received), day(entered), CHINA_2026) == days


@pytest.mark.accept("P6")
def test_received_friday_entered_tuesday_counts_from_friday_and_says_why() -> None:
    case = taken_in(FRIDAY, TUESDAY, "story late_reason", gap_workdays=2)
    assert case.state is not None
    assert case.state.facts["gap_workdays"] == 2
    assert (case.state.received_at[:10], case.state.recorded_at[:10]) == (FRIDAY, TUESDAY)
    first = case.state.clocks["reply"]
    assert first.started_at[:10] == FRIDAY
    case.check()


@pytest.mark.accept("P6")
def test_a_gap_over_one_working_day_needs_its_reason_and_can_not_be_made_smaller() -> None:
    with pytest.raises(Refused) as refusal:
        taken_in(FRIDAY, TUESDAY, gap_workdays=2)
    assert codes(refusal) == {("field-missing", "texts.late_reason")}
    with pytest.raises(Refused) as refusal:
        taken_in(FRIDAY, TUESDAY, gap_workdays=1)
    assert codes(refusal) == {("field-invalid", "input.gap_workdays")}
    # one working day needs none
    assert taken_in(FRIDAY, MONDAY, gap_workdays=1).state is not None


def test_an_entry_from_before_the_rule_is_decided_as_it_was() -> None:
    case = taken_in(FRIDAY, TUESDAY)
    assert case.state is not None and "gap_workdays" not in case.state.facts
    case.check()


# who spoke, who else


def test_who_spoke_and_that_it_was_read_back_stand_there_and_nobody_s_name() -> None:
    case = taken_in(MONDAY, MONDAY, "story agent", spoke_by="interpreter", read_back=True)
    assert case.state is not None
    assert case.state.facts.items() >= {"spoke_by": "interpreter", "read_back": True}.items()
    assert case.state.texts["agent"] == 1 and PACK.texts["agent"] == "contact"


def joint(count: int = 3) -> Case:
    return taken_in(MONDAY, MONDAY, "story participant_contacts spokespersons", participants=count)


def test_each_of_a_joint_matter_says_their_own_and_the_least_content_stands_for_all() -> None:
    case = joint()
    assert case.state is not None and case.state.participants == 3
    case.do(30, "accept")
    case.do(30, "answer", result="kept")
    case.do(32, "verify")
    for who, says, stands in ((2, "solved", "solved"), (1, "not-solved", "not-solved"), (3, "solved", "not-solved")):
        case.do(resident_of(STREAM, who), "tell_verdict", opinion=says)
        assert case.state.said[str(who)] == says
        assert case.state.verdict is not None and case.state.verdict["value"] == stands
    case.do(resident_of(STREAM, 1), "tell_verdict", opinion="solved")
    assert case.state.verdict["value"] == "solved"
    case.check()


def test_one_of_several_can_not_end_it_for_the_others() -> None:
    case = joint(2)
    with pytest.raises(Refused) as refusal:
        case.do("resident", "withdraw")
    assert "joint" in {one.code for one in refusal.value.unmet}
    # alone, the same act is theirs
    alone = taken_in(MONDAY, MONDAY)
    alone.do("resident", "withdraw")
    assert alone.state is not None and not alone.state.open


def test_spokespersons_end_with_the_matter_and_the_participants_stay() -> None:
    case = joint()
    assert case.state is not None and "spokespersons" in case.state.texts
    case.do(30, "accept")
    case.do(30, "answer", result="kept")
    case.do(32, "verify")
    assert not case.state.open
    assert "spokespersons" not in case.state.texts and "participant_contacts" in case.state.texts
    case.check()


# numbers of others, a lost secret


def test_every_pack_has_the_common_acts_also_one_resolved_from_an_old_document() -> None:
    again = resolve(PACK.document)
    assert set(PACK.acts) >= COMMON_ACTS and again.hash == PACK.hash and set(again.acts) == set(PACK.acts)
    assert not any(name in PACK.document["acts"] for name in COMMON_ACTS), "they stand in no document and no hash"


def test_a_number_elsewhere_is_only_committed_to() -> None:
    case = taken_in(MONDAY, MONDAY)
    assert case.state is not None
    clocks = dict(case.state.clocks)
    case.do(30, "add_number", "external_number", external_system="12345")
    assert case.bodies[-1]["input"] == {"external_system": "12345"}
    assert "external_number" in case.state.texts and case.state.clocks == clocks
    case.check()


def test_a_lost_secret_takes_two_people() -> None:
    case = taken_in(MONDAY, MONDAY)
    assert case.state is not None
    case.do(10, "reissue_secret", known_by="details")
    with pytest.raises(Refused) as refusal:
        case.do(10, "confirm_reissue")
    assert {one.code for one in refusal.value.unmet} == {"second-person"}
    assert case.state.secrets == {}
    case.do(30, "confirm_reissue")
    assert case.state.secrets == {"1": 2}
    assert case.bodies[-1]["public_kind"] == "key"
    # and not without asking again
    with pytest.raises(Refused) as refusal:
        case.do(31, "confirm_reissue")
    assert {one.code for one in refusal.value.unmet} == {"request-unknown"}
    case.do(30, "reissue_secret", known_by="receipt")
    case.do(31, "decline_reissue")
    assert case.state.secrets == {"1": 2}
    case.check()


def test_a_new_secret_is_for_one_participant_of_those_there_are() -> None:
    case = joint(2)
    assert case.state is not None
    case.do(10, "reissue_secret", known_by="paper", participant=2)
    case.do(30, "confirm_reissue")
    assert case.state.secrets == {"2": 2}
    case.do(10, "reissue_secret", known_by="paper", participant=3)
    with pytest.raises(Refused) as refusal:
        case.do(30, "confirm_reissue")
    assert codes(refusal) == {("field-invalid", "input.participant")}
    case.check()


def test_the_calendar_of_these_tests_is_the_published_one() -> None:
    assert CHINA_2026.count_working(date(2026, 2, 28).toordinal(), date(2026, 2, 28).toordinal()) == 1
