"""A sponsor's seat closes, is merged or handed over: what it sponsors goes on, by an entry in each matter."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.apps.matters.test_promises import do, state_of
from tests.support.small_county import person, posting, seat
from tests.support.standing_county import FOUNDED, day

from huajie.apps.jurisdiction import operations as jurisdiction
from huajie.apps.jurisdiction.queries import snapshot
from huajie.apps.matters import queries
from huajie.apps.matters.operations import Submission, Written, submit
from huajie.apps.matters.verify import verify
from huajie.apps.offices import operations as offices
from huajie.apps.offices.queries import sponsored_of_seat
from huajie.core.access import ANONYMOUS, SYSTEM, Actor, actor_for
from huajie.core.jurisdiction import Refused as ChangeRefused

pytestmark = pytest.mark.accept("P4")

Who = Callable[..., Actor]
LEADER, NEXT = 71, 30


def at_seat(who: int, code: str, number: int) -> Actor:
    return actor_for(snapshot(), person(who), code, day(number))


@pytest.fixture
def sponsored(county: Who) -> Written:
    """A hard case of housing's, for which a deputy leader of labour answers."""
    changes = [
        seat("s.labour.leader", "u.labour", "sponsor"),
        posting("s.labour.leader", LEADER),
        seat("s.labour.next", "u.labour", "sponsor"),
        posting("s.labour.next", NEXT),
    ]
    jurisdiction.change(changes, actor=SYSTEM, now=FOUNDED.replace(minute=40))
    wanted = Submission(
        pack="cn.petition.request",
        topic="t.housing",
        region="r.qingshi",
        texts={"title": "房子漏水", "text": "修了三次。", "wish": "修好。"},
    )
    matter = submit(wanted, actor=ANONYMOUS, now=day(0))
    asked = {"inputs": {"sponsor_seat": "s.labour.leader"}, "texts": {"reason": "涉及面广。"}}
    do(matter, county(21), "propose_sponsor", day(1), **asked)
    do(matter, at_seat(LEADER, "s.labour.leader", 1), "accept_sponsor", day(1), inputs={"sponsor_days": 60})
    assert state_of(matter).sponsor["seat"] == "s.labour.leader"
    return matter


def sponsor(matter: Written) -> tuple[str, str]:
    found: dict[str, Any] = state_of(matter).sponsor
    return found["unit"], found["seat"]


def test_a_merged_unit_takes_its_leaders_cases_along(county: Who, sponsored: Written) -> None:
    admin = county(2)
    offices.merge_units("u.labour", "u.centre", actor=admin, now=day(2))
    heir = snapshot().answering_seat("s.labour.leader")
    # from the very entry of the merger the heir answers, with the same person on it
    assert "sponsor" in queries.see(at_seat(LEADER, heir, 2), sponsored.stream).relations
    progress = offices.succeed("u.labour", actor=admin, now=day(2))
    assert (progress.moved, progress.done, progress.refused) == (1, True, [])
    assert sponsor(sponsored) == ("u.centre", heir)
    assert sponsored_of_seat(admin, heir) == 1
    assert sponsored.stream in {row.stream for row in queries.matters_list(at_seat(LEADER, heir, 2)).rows}
    assert offices.succeed("u.labour", actor=admin, now=day(2)).moved == 0
    report = verify()
    assert report.clean, report.differences


def test_a_closing_seat_hands_its_cases_to_a_seat_that_can_sponsor(county: Who, sponsored: Written) -> None:
    admin = county(2)
    assert sponsored_of_seat(admin, "s.labour.leader") == 1
    close = {"do": "close_seat", "id": "s.labour.leader"}
    for successor, code in ((None, "open-matters"), ("s.labour.head", "not-sponsor-capable")):
        with pytest.raises(ChangeRefused) as told:
            offices.change([{**close, "successor": successor}], actor=admin, now=day(2))
        assert code in {fault.code for fault in told.value.faults}
        trial = offices.try_change([{**close, "successor": successor}], actor=admin, now=day(2))
        assert code in {fault.code for fault in trial.faults}
    with pytest.raises(ChangeRefused):
        offices.change([seat("s.labour.leader", "u.labour", "deputy")], actor=admin, now=day(2))
    offices.change([{**close, "successor": "s.labour.next"}], actor=admin, now=day(2))
    assert sponsor(sponsored) == ("u.labour", "s.labour.next")
    assert (sponsored_of_seat(admin, "s.labour.leader"), sponsored_of_seat(admin, "s.labour.next")) == (0, 1)
    assert "sponsor" in queries.see(at_seat(NEXT, "s.labour.next", 2), sponsored.stream).relations
    report = verify()
    assert report.clean, report.differences


def test_a_hand_over_moves_it_and_counts_it(county: Who, sponsored: Written) -> None:
    leader = at_seat(LEADER, "s.labour.leader", 2)
    assert offices.hand_over("s.labour.leader", to="s.labour.next", actor=leader, now=day(2)).moved == 1
    assert sponsor(sponsored) == ("u.labour", "s.labour.next") and verify().clean


def test_a_case_that_concerns_the_unit_taking_over_has_no_sponsor_any_more(county: Who, sponsored: Written) -> None:
    admin = county(2)
    about = {"inputs": {"to_unit": "u.centre"}, "texts": {"reason": "被反映。"}}
    do(sponsored, county(1), "name_concerned", day(2), **about)
    offices.merge_units("u.labour", "u.centre", actor=admin, now=day(2))
    offices.succeed("u.labour", actor=admin, now=day(2))
    assert state_of(sponsored).sponsor is None
    assert verify().clean
