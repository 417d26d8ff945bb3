"""A township calls a department out: a request with its own clock, whose delay is the department's."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from tests.apps.matters.test_promises import do, owner, refusal, state_of
from tests.support.small_county import remit
from tests.support.standing_county import FOUNDED, day

from huajie.apps.jurisdiction import operations as jurisdiction
from huajie.apps.matters import queries
from huajie.apps.matters.errors import UnknownMatter
from huajie.apps.matters.operations import Submission, Written, submit, tick
from huajie.apps.matters.verify import verify
from huajie.core.access import ANONYMOUS, SYSTEM, Actor

Who = Callable[..., Actor]
CALL = {"inputs": {"to_unit": "u.water"}, "texts": {"reason": "管网是水务的，请来现场。"}}


#: pack -> what its form asks for besides
PACKS: dict[str, dict[str, Any]] = {
    "open311": {"inputs": {"service_kind": "water"}},
    "en.complaint": {},
    "cn.petition.request": {"texts": {"title": "水管爆了", "text": "路口一直冒水。", "wish": "修好。"}},
}


@pytest.fixture(params=list(PACKS))
def called(county: Who, request: pytest.FixtureRequest) -> Written:
    """A burst pipe on the books of a township, which has called the water bureau on day 1, a Tuesday."""
    jurisdiction.change(
        [remit("m.pipes", "u.qingshi", ["t.noise"], ["*"])], actor=SYSTEM, now=FOUNDED.replace(minute=30)
    )
    texts = {"title": "水管爆了", "text": "路口一直冒水。"}
    more = {"texts": texts} | PACKS[request.param]
    wanted = Submission(pack=request.param, topic="t.noise", region="r.qingshi", **more)
    matter = submit(wanted, actor=ANONYMOUS, now=day(0))
    assert owner(matter)[0] == "u.qingshi"
    return do(matter, county(40), "call_out", day(1), **CALL)


def overdue(matter: Written) -> list[str]:
    from huajie.apps.ledger import queries as ledger

    return [
        effect["timer"]
        for body in ledger.bodies_since(matter.stream, 0)
        for effect in body["effects"]
        if effect["e"] == "fired"
    ]


def arrival(matter: Written) -> Any:
    return state_of(matter).clocks["arrival#call_out#1"]


def test_the_department_comes_and_its_clock_stops(county: Who, called: Written) -> None:
    clock = arrival(called)
    # one working day after the Tuesday: by the end of Wednesday, and it is the department's time, not the township's
    assert (clock.holder, clock.last_date, clock.status) == ("asked", "2026-03-04", "running")
    assert called.stream in {row.stream for row in queries.matters_list(county(60), through=("asked",)).rows}
    assert "request-open" in refusal(called, county(40), "call_out", day(1), **CALL)
    assert "relation" in refusal(called, county(40), "arrive", day(1))
    do(called, county(60), "arrive", day(2), texts={"note_text": "抢修队已到。"})
    assert arrival(called).status == "met"
    state = state_of(called)
    assert owner(called)[0] == "u.qingshi" and state.parties["supporting"] == ["u.water"]
    assert state.counts["handoffs"] == 0 and verify().clean


def test_its_delay_is_written_against_the_department(county: Who, called: Written) -> None:
    late = datetime.fromisoformat("2026-03-05T02:00:00+00:00")
    tick(late)
    assert any(timer.startswith("arrival#call_out#1|") for timer in overdue(called))
    request = state_of(called).requests["call_out#1"]
    assert (request.unit, request.state, request.clock) == ("u.water", "open", "arrival#call_out#1")
    # the township's own clock is another one, and runs on
    assert [clock for clock in state_of(called).clocks.values() if (clock.holder, clock.status) == ("lead", "running")]
    do(called, county(60), "arrive", late)
    assert arrival(called).status == "met" and arrival(called).ended_at > arrival(called).due_at
    assert verify().clean


def test_a_refusal_goes_to_the_common_superior(county: Who, called: Written) -> None:
    assert refusal(called, county(60), "refuse_call_out", day(2)) == {"field-missing"}
    do(called, county(60), "refuse_call_out", day(2), texts={"reason": "这是小区内部管道。"})
    decision = state_of(called).requests["call_out_decision#1"]
    assert (decision.unit, state_of(called).requests["call_out#1"].decider) == ("u.gov", "u.gov")
    assert "relation" in refusal(called, county(40), "order_call_out", day(2), texts={"reason": "要来。"})
    do(called, county(1), "order_call_out", day(3), texts={"reason": "主管网由水务负责。"})
    state = state_of(called)
    assert state.requests["call_out#1"].state == "accepted" and state.parties["supporting"] == ["u.water"]
    # it was no objection to having the matter: nothing comes nearer to the backstop by it
    assert state.counts["objections"] == 0 and owner(called)[0] == "u.qingshi" and verify().clean


def test_the_superior_may_let_the_department_off(county: Who, called: Written) -> None:
    do(called, county(60), "refuse_call_out", day(2), texts={"reason": "这是小区内部管道。"})
    do(called, county(1), "release_call_out", day(3), texts={"reason": "由物业处理。"})
    state = state_of(called)
    assert state.requests["call_out#1"].state == "refused" and not state.parties.get("supporting")
    do(called, county(40), "call_out", day(3), **CALL)
    assert state_of(called).requests["call_out#2"].state == "open" and verify().clean


@pytest.mark.parametrize("called", ["en.complaint", "cn.petition.request"], indirect=True)
def test_whoever_called_may_say_that_nobody_need_come(county: Who, called: Written) -> None:
    assert "relation" in refusal(called, county(60), "withdraw_call_out", day(1), texts={"reason": "不用来了。"})
    do(called, county(40), "withdraw_call_out", day(1), texts={"reason": "已经修好。"})
    assert (state_of(called).requests["call_out#1"].state, arrival(called).status) == ("withdrawn", "stopped")
    with pytest.raises(UnknownMatter):
        do(called, county(60), "arrive", day(2))
    assert verify().clean


@pytest.mark.parametrize("called", ["en.complaint", "cn.petition.request"], indirect=True)
def test_a_department_that_refused_may_still_come(county: Who, called: Written) -> None:
    do(called, county(60), "refuse_call_out", day(2), texts={"reason": "这是小区内部管道。"})
    do(called, county(60), "arrive", day(2))
    state = state_of(called)
    assert (state.requests["call_out#1"].state, state.requests["call_out_decision#1"].state) == (
        "accepted",
        "withdrawn",
    )
    assert state.parties["supporting"] == ["u.water"] and verify().clean
