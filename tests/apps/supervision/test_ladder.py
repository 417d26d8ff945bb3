"""The ladder climbs by itself as far as the chaser, proposes what is graver, and a person issues it to the unit."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from tests.support.standing_county import day

from huajie.apps.ledger import queries as ledger_queries
from huajie.apps.matters import loading, queries
from huajie.apps.matters.errors import Denied, UnknownMatter
from huajie.apps.matters.operations import Order, Written, act, tick
from huajie.apps.matters.verify import verify
from huajie.apps.supervision.cases import refresh
from huajie.apps.supervision.ladder import climb
from huajie.apps.supervision.stream import STREAM
from huajie.core.access import Actor
from huajie.core.procedure import Refused


def digests() -> list[dict[str, Any]]:
    return [body["effects"][0] for body in ledger_queries.bodies_since(STREAM, 0)]


def slip_of(matter: Written) -> UUID:
    """Propose a slip as the supervisor; return its stream."""
    tip = loading.load(matter.stream, using="default")
    assert tip is not None and tip.state is not None
    slips = {key: child for key, child in tip.state.children.items() if child.kind == "slip"}
    return UUID(slips[max(slips)].stream)


def issued(matter: Written, county: Callable[..., Actor], on: int = 20) -> UUID:
    """A slip that the supervisor proposed and issued to the water bureau."""
    order = Order(act="propose_slip", inputs={"slip_level": "slip"}, texts={"slip_reason": "没有按期答复。"})
    act(matter.stream, order, actor=county(3, day(on)), now=day(on))
    slip = slip_of(matter)
    texts = {"slip_reason": "没有按期答复。", "demand": "三日内换好井盖。"}
    act(slip, Order(act="issue", inputs={"slip_level": "slip"}, texts=texts), actor=county(3, day(on)), now=day(on, 3))
    return slip


@pytest.mark.accept("S5")
def test_a_week_without_ticks_gives_one_digest_a_unit_with_the_true_dates(county: Any, complaint: Written) -> None:
    # acknowledged on 3 March, so the tenth working day after it, 17 March, is the last; nobody looks until 2 April
    now = day(31)
    while refresh():
        pass
    assert climb(now) > 0
    assert climb(now) == 0
    found = digests()
    assert [one["unit"] for one in found] == ["u.water"]
    rungs = {rung: at for _, clock, _, rung, at in found[0]["rungs"] if clock.startswith("reply")}
    tip = loading.load(complaint.stream, using="default")
    assert tip is not None and tip.state is not None
    due = tip.state.clocks["reply"].due_at
    assert set(rungs) == {"last-reminder", "chaser", "slip", "talk"}
    assert rungs["chaser"] == due == "2026-03-17T16:00:00.000000Z"
    # five and ten working days after that midnight
    assert rungs["slip"] == "2026-03-24T16:00:00.000000Z"
    assert rungs["talk"] == "2026-03-31T16:00:00.000000Z"
    # one proposal, the gravest, and not one for every rung that was missed
    slips = [child for child in tip.state.children.values() if child.kind == "slip"]
    assert len(slips) == 1
    slip = loading.load(UUID(slips[0].stream), using="default")
    assert slip is not None and slip.state is not None
    assert slip.state.facts["slip_level"] == "talk"
    assert slip.state.facts["slip_since"] == "2026-04-01"
    assert slip.state.unit == "u.gov"
    assert slip.state.seat == "s.gov.supervisor"
    while refresh():
        pass
    assert climb(now) == 0
    assert len(digests()) == 1
    report = verify()
    assert report.clean, report.differences


def test_a_unit_answers_its_slip_and_somebody_checks(county: Any, complaint: Written) -> None:
    slip = issued(complaint, county)
    water, supervisor = county(60, day(21)), county(3, day(23))
    act(slip, Order(act="receive"), actor=water, now=day(21))
    with pytest.raises(Refused):
        act(slip, Order(act="close", texts={"note_text": "已换好。"}), actor=supervisor, now=day(21, 3))
    act(slip, Order(act="answer", target="answer#1", texts={"slip_answer": "已换好。"}), actor=water, now=day(22))
    with pytest.raises(Refused):
        act(slip, Order(act="close", texts={"note_text": "已换好。"}), actor=water, now=day(22, 3))
    done = act(slip, Order(act="close", texts={"note_text": "现场看过，已换好。"}), actor=supervisor, now=day(23))
    assert done.state.outcome is not None and done.state.outcome["value"] == "slip-done"
    tip = loading.load(complaint.stream, using="default")
    assert tip is not None and tip.state is not None
    assert [one.signal for one in tip.state.children.values()] == ["closed"]
    while refresh():
        pass
    assert verify().clean


def test_the_issuer_does_not_decide_on_an_objection(county: Any, complaint: Written) -> None:
    slip = issued(complaint, county)
    act(
        slip,
        Order(act="object", target="answer#1", texts={"reason": "井盖归住建局管。"}),
        actor=county(60, day(21)),
        now=day(21),
    )
    with pytest.raises((Refused, Denied)):
        act(
            slip,
            Order(act="uphold", target="answer#1", texts={"reason": "同意。"}),
            actor=county(3, day(22)),
            now=day(22),
        )
    head = county(1, day(22))
    done = act(
        slip, Order(act="uphold", target="answer#1", texts={"reason": "确实归住建局。"}), actor=head, now=day(22)
    )
    assert done.state.outcome is not None and done.state.outcome["value"] == "slip-overturned"
    assert not done.state.open
    tick(day(90))
    assert verify().clean


def test_after_thirty_days_nobody_objects(county: Any, complaint: Written) -> None:
    slip = issued(complaint, county)
    tick(day(52))
    order = Order(act="object", target="answer#1", texts={"reason": "不服。"})
    with pytest.raises(Refused) as refused:
        act(slip, order, actor=county(60, day(52)), now=day(52))
    assert [one.code for one in refused.value.unmet] == ["when"]


def test_a_slip_is_withdrawn_with_a_reason(county: Any, complaint: Written) -> None:
    slip = issued(complaint, county)
    with pytest.raises(Refused):
        act(slip, Order(act="take_back"), actor=county(3, day(21)), now=day(21))
    done = act(slip, Order(act="take_back", texts={"reason": "发错了单位。"}), actor=county(3, day(21)), now=day(21))
    assert done.state.outcome is not None and done.state.outcome["value"] == "slip-withdrawn"


@pytest.mark.accept("S6")
def test_no_other_unit_sees_a_slip(county: Any, complaint: Written) -> None:
    slip = issued(complaint, county)
    assert queries.see(county(60, day(21)), slip).tip.stream == slip
    for other in (20, 21, 30, 40, 50):
        with pytest.raises(UnknownMatter):
            queries.see(county(other, day(21)), slip)
