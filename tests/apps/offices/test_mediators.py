"""A mediator sees what they are asked about and nothing else, and decides nothing there."""

from collections.abc import Callable

import pytest
from tests.apps.matters.test_promises import do, refusal, state_of
from tests.support.small_county import person, posting, seat, unit
from tests.support.standing_county import FOUNDED, day

from huajie.apps.jurisdiction import operations as jurisdiction
from huajie.apps.jurisdiction.queries import snapshot
from huajie.apps.matters import queries
from huajie.apps.matters.errors import UnknownMatter
from huajie.apps.matters.operations import Submission, Written, submit
from huajie.apps.matters.projection import view_of
from huajie.apps.matters.verify import verify
from huajie.core.access import ANONYMOUS, SYSTEM, Actor, actor_for, allowed

pytestmark = pytest.mark.accept("P4")

Who = Callable[..., Actor]
ASK = {"inputs": {"mediator_seat": "s.mediation.one"}, "texts": {"reason": "邻里纠纷，双方愿意谈。"}}
REPORT = {"inputs": {"mediated": "agreed"}, "texts": {"note_text": "双方谈妥。", "agreement": "协议书.pdf"}}


def petition() -> Written:
    wanted = Submission(
        pack="cn.petition.request",
        topic="t.housing",
        region="r.qingshi",
        texts={"title": "漏水到楼下", "text": "楼上不肯修。", "wish": "修好。"},
        contact={"name": "某居民", "phone": "19900003333"},
    )
    return submit(wanted, actor=ANONYMOUS, now=day(0))


@pytest.fixture
def mediator(county: Who) -> Actor:
    """Somebody of the people's mediation committee, who holds no other seat."""
    changes = [
        unit("u.mediation", "u.gov"),
        seat("s.mediation.one", "u.mediation", "mediator"),
        posting("s.mediation.one", 71),
    ]
    jurisdiction.change(changes, actor=SYSTEM, now=FOUNDED.replace(minute=40))
    return actor_for(snapshot(), person(71), "s.mediation.one", day(1))


def test_a_mediator_sees_only_what_they_are_asked_about_and_only_meanwhile(county: Who, mediator: Actor) -> None:
    asked, other = petition(), petition()
    for matter in (asked, other):
        with pytest.raises(UnknownMatter):
            queries.see(mediator, matter.stream)
    do(asked, county(20), "ask_mediator", day(1), **ASK)
    assert "asked:mediation" in queries.see(mediator, asked.stream).relations
    assert [row.stream for row in queries.matters_list(mediator).rows] == [asked.stream]
    assert [hit.row.stream for hit in queries.search(mediator, "楼上").hits] == [asked.stream]
    with pytest.raises(UnknownMatter):
        queries.see(mediator, other.stream)
    do(asked, mediator, "report_mediation", day(2), **REPORT)
    with pytest.raises(UnknownMatter):
        queries.see(mediator, asked.stream)
    assert not queries.matters_list(mediator).rows
    assert verify().clean


def test_a_mediator_may_do_no_other_act_and_opens_no_identity(county: Who, mediator: Actor) -> None:
    matter = petition()
    do(matter, county(20), "ask_mediator", day(1), **ASK)
    opened = queries.see(mediator, matter.stream)
    standing = queries.acts_of(opened, mediator, now=day(1))
    # what everybody may who is asked: write down, bring a paper, step aside
    own = {"report_mediation", "decline_mediation", "add_note", "add_evidence", "recuse"}
    common = {one.act for one in standing if one.act not in opened.tip.pack.document["acts"]}
    assert {one.act for one in standing} - common == own
    view = view_of(state_of(matter), matter.stream.hex)
    assert not allowed(mediator, view, "open_identity") and not allowed(mediator, view, "export")
    for act in sorted(set(opened.tip.pack.document["acts"]) - own):
        if not opened.tip.pack.acts[act].creates:
            assert "relation" in refusal(matter, mediator, act, day(1)), act


def test_only_a_mediator_is_asked_and_they_answer_in_person(county: Who, mediator: Actor) -> None:
    matter = petition()
    wrong = {**ASK, "inputs": {"mediator_seat": "s.labour.one"}}
    assert refusal(matter, county(20), "ask_mediator", day(1), **wrong)
    do(matter, county(20), "ask_mediator", day(1), **ASK)
    assert "request-open" in refusal(matter, county(20), "ask_mediator", day(1), **ASK)
    assert "field-missing" in refusal(matter, mediator, "decline_mediation", day(2))
    do(matter, mediator, "decline_mediation", day(2), texts={"reason": "一方不愿意。"})
    assert state_of(matter).requests["mediation#1"].state == "refused"
    do(matter, county(20), "ask_mediator", day(3), **ASK)
    do(matter, county(20), "withdraw_mediation", day(3), texts={"reason": "双方已经谈妥。"})
    # a mediator decides nothing: owner, stage, outcome and every clock are as they were
    state = state_of(matter)
    assert (state.unit, state.outcome, state.counts["handoffs"]) == ("u.housing", None, 0)
    assert {clock.name for clock in state.clocks.values()} == {"registration"} and verify().clean
