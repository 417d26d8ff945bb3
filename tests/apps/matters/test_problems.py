"""Many residents, one problem: compared by problem, place and time, joined by the resident, answered in one act."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import pytest
from tests.core.procedure.test_shipped_packs import EXTRA
from tests.support.standing_county import day, found

from huajie.apps.matters import loading
from huajie.apps.matters.operations import Order, Submission, Tip, Written, act, act_for_parts, submit
from huajie.apps.matters.queries import Alike, alike, problem_of
from huajie.apps.matters.verify import verify
from huajie.core.access import ANONYMOUS, Actor, resident_of
from huajie.core.procedure import Refused

pytestmark = pytest.mark.django_db(transaction=True)
Who = Callable[..., Actor]
DRAIN = "小区门口的下水道堵了，一下雨污水漫上路面，臭味很大，请尽快疏通。"


@pytest.fixture
def county(transactional_db: None) -> Who:
    return found(*EXTRA)


def report(
    text: str = DRAIN,
    *,
    at: datetime | None = None,
    topic: str = "t.wages",
    region: str = "r.qingshi",
    point: tuple[float, float] | None = None,
    phone: str = "19900001111",
    pack: str = "cn.petition.request",
) -> Written:
    """A resident's own report, brought in on day 0; wages are for the labour bureau, as in the other stories."""
    return submit(
        Submission(
            pack=pack,
            topic=topic,
            region=region,
            texts={"title": text[:12], "text": text, "wish": "请解决。"},
            contact={"name": "某居民", "phone": phone},
            point=point,
        ),
        actor=ANONYMOUS,
        now=at or day(0),
    )


def do(matter: Written, who: Actor, name: str, texts: dict[str, str] | None = None, **inputs: object) -> Written:
    target = inputs.pop("target", None)
    order = Order(act=name, inputs=inputs, texts=texts or {}, target=target)  # type: ignore[arg-type]
    return act(matter.stream, order, actor=who, now=inputs.pop("at", None) or day(2))  # type: ignore[arg-type]


def joined(leader: Written, clerk: Actor, text: str = DRAIN, **more: object) -> Written:
    """Return a report whose resident confirmed that it is the leader's problem."""
    part = report(text, **more)  # type: ignore[arg-type]
    do(part, clerk, "propose_part", {"message": "和另一件是同一处吗？"}, problem_ref=leader.stream.hex)
    do(part, resident_of(part.stream.hex), "confirm_part")
    return part


def tip(matter: Written) -> Tip:
    found_tip = loading.load(matter.stream, using="default")
    assert found_tip is not None
    return found_tip


def numbers(found_alike: tuple[Alike, ...]) -> list[str]:
    return [one.row.number for one in found_alike]


# proposed by problem, place and time only


def test_what_is_alike_is_found_by_words_and_by_place_and_nothing_else(county: Who) -> None:
    clerk = county(10)
    one = report(point=(112.9400, 28.2300))
    same_words = report("下水道堵了，污水漫上路面，臭味很大。", point=(112.9800, 28.2600))
    same_place = report("路灯整夜不亮。", point=(112.9402, 28.2301))
    report("拖欠三个月工资没有发。", point=(113.2000, 28.5000), phone="19900001111")
    report(region="r.liutan")
    report(at=day(200))
    assert sorted(numbers(alike(tip(one), clerk))) == sorted([same_words.number, same_place.number])
    (near,) = [each for each in alike(tip(one), clerk) if each.row.number == same_place.number]
    # 0.0002 degrees of longitude at this latitude are about 19.6 m, 0.0001 of latitude 11.1 m
    assert near.metres is not None and 21 <= near.metres <= 24


def test_the_same_contact_brings_nothing_together(county: Who) -> None:
    one = report("井盖破了，夜里很危险。", phone="19912345678")
    report("拖欠三个月工资没有发。", phone="19912345678")
    assert alike(tip(one), county(10)) == ()


def test_only_what_the_reader_may_read_is_compared(county: Who) -> None:
    one, other = report(), report()
    do(other, county(10), "register", {"request_text": "疏通。"})
    assert numbers(alike(tip(one), county(10))) == [other.number]
    assert alike(tip(one), county(40)) == (), "a township that has no part in them"


# confirmed by the resident


def test_a_leader_is_a_part_of_nothing_and_a_part_leads_nothing(county: Who) -> None:
    clerk = county(10)
    leader, third = report(), report()
    part = joined(leader, clerk)
    for matter, ref in ((leader, third), (third, part)):
        do(matter, clerk, "propose_part", {"message": "是同一处吗？"}, problem_ref=ref.stream.hex)
        with pytest.raises(Refused) as raised:
            do(matter, resident_of(matter.stream.hex), "confirm_part")
        assert [item.code for item in raised.value.unmet] == ["part-unfit"]
    assert alike(tip(part), clerk) == (), "nothing is proposed for what is a part already"
    assert verify().clean


def test_how_many_reports_there_are_is_published_from_five_on(county: Who) -> None:
    clerk = county(10)
    leader = report()
    for count in (2, 3, 4):
        joined(leader, clerk)
        together = problem_of(tip(leader), clerk)
        assert (together.reports, together.published) == (count, None)
    part = joined(leader, clerk)
    assert problem_of(tip(leader), resident_of(leader.stream.hex)).published == 5
    theirs = problem_of(tip(part), resident_of(part.stream.hex))
    assert (theirs.published, theirs.is_part, theirs.leader) == (5, True, None), "whose the others are stays unsaid"
    do(part, resident_of(part.stream.hex), "leave_problem")
    assert problem_of(tip(leader), clerk).published is None


# answered in one act


def test_one_answer_reaches_every_part_each_with_an_entry_of_its_own(county: Who) -> None:
    clerk = county(10)
    leader = report()
    parts = [joined(leader, clerk) for _ in range(3)]
    alone = report()
    clocks = {part.number: tip(part).state.clocks["registration"].due_at for part in parts}
    do(parts[2], resident_of(parts[2].stream.hex), "withdraw")
    before = {one.number: tip(one).n for one in (leader, *parts, alone)}
    answer = {"answer_text": "管道已安排疏通，六月十日前完成。"}
    shared = act_for_parts(
        leader.stream, Order(act="share_answer", texts=answer, seen=tip(leader).n), actor=clerk, now=day(3)
    )
    assert shared.leader.number == leader.number and shared.leader.notice == "shared"
    assert sorted(one.number for one in shared.parts) == sorted(part.number for part in parts[:2])
    assert (dict(shared.refused), shared.others) == ({}, 0)
    after = {one.number: tip(one).n for one in (leader, *parts, alone)}
    grown = {number for number, n in after.items() if n != before[number]}
    assert grown == {leader.number, parts[0].number, parts[1].number}
    for part in parts[:2]:
        state = tip(part).state
        assert state.clocks["registration"].due_at == clocks[part.number], "their clock runs on"
        assert state.outcome is None and state.unit == "u.centre"
    assert verify().clean


def test_a_part_that_lacks_something_is_named_and_stops_no_other(county: Who) -> None:
    clerk, labour = county(10), county(30)
    leader = report()
    ready, early = joined(leader, clerk), joined(leader, clerk)
    elsewhere = joined(leader, clerk)
    for matter in (leader, ready, elsewhere):
        do(matter, clerk, "register", {"request_text": "疏通。"})
        do(matter, clerk, "triage", **{"class": "request", "route": "petition"})
        do(matter, clerk, "offer_transfer", {"reason": "归它管。"}, to_unit="u.labour")
    for matter in (leader, ready):
        do(matter, labour, "accept_transfer")
        do(matter, labour, "accept", {"message": "受理。"})
    step = Order(act="plan_step", texts={"step_text": "疏通管道。"}, inputs={"action_days": 10, "to_unit": "u.labour"})
    shared = act_for_parts(leader.stream, step, actor=labour, now=day(4))
    assert [one.number for one in shared.parts] == [ready.number]
    assert set(shared.refused) | {early.number} == {elsewhere.number, early.number}
    assert shared.others == 1, "what is still with another office is for that office to answer"
    assert tip(ready).state.requests["plan_step#1"].unit == "u.labour"
    assert verify().clean


def test_an_act_that_is_not_shared_is_never_done_for_all(county: Who) -> None:
    leader = report()
    part = joined(leader, county(10))
    with pytest.raises(Refused):
        act_for_parts(leader.stream, Order(act="add_note", texts={"note_text": "记。"}), actor=county(10), now=day(3))
    assert "note_text" not in tip(part).state.texts


def test_the_leader_refused_nothing_is_written(county: Who) -> None:
    leader = report()
    part = joined(leader, county(10))
    before = tip(part).n
    with pytest.raises(Refused):
        act_for_parts(leader.stream, Order(act="share_answer"), actor=county(10), now=day(3))
    assert tip(part).n == before and tip(leader).n == leader.n


def test_the_same_request_twice_is_done_once(county: Who) -> None:
    leader = report()
    part = joined(leader, county(10))
    order = Order(act="share_answer", texts={"answer_text": "正在办。"}, idempotency=("desk.x", "k1", "h"))
    first = act_for_parts(leader.stream, order, actor=county(10), now=day(3))
    n = tip(part).n
    again = act_for_parts(leader.stream, order, actor=county(10), now=day(3))
    assert again.leader.replayed and again.leader.n == first.leader.n and tip(part).n == n


def test_many_parts_are_written_in_few_commits(county: Who, monkeypatch: pytest.MonkeyPatch) -> None:
    from huajie.apps.matters import operations

    monkeypatch.setattr(operations, "_TOGETHER", 2)
    leader = report()
    parts = [joined(leader, county(10)) for _ in range(5)]
    order = Order(act="share_answer", texts={"answer_text": "正在办。"})
    shared = act_for_parts(leader.stream, order, actor=county(10), now=day(3))
    assert {one.stream for one in shared.parts} == {part.stream for part in parts}
    assert all("answer_text" in tip(part).state.texts for part in parts)
    assert verify().clean
    assert isinstance(leader.stream, UUID)


@pytest.mark.parametrize("pack", ["en.complaint", "open311"])
def test_complaints_and_service_requests_are_joined_the_same_way(county: Who, pack: str) -> None:
    facts = {"service_kind": "streetlight"} if pack == "open311" else {}
    brought = [
        submit(
            Submission(
                pack=pack,
                topic="t.water",
                region="r.qingshi",
                texts={"title": "路灯不亮", "text": "路口的路灯整夜不亮，很危险。"},
                inputs=dict(facts),
            ),
            actor=ANONYMOUS,
            now=day(0),
        )
        for _ in range(2)
    ]
    leader, part = brought
    water = county(60)
    do(part, water, "propose_part", {"message": "是同一盏灯吗？"}, problem_ref=leader.stream.hex)
    do(part, resident_of(part.stream.hex), "confirm_part")
    order = Order(act="share_answer", texts={"answer_text": "明天换灯。"})
    shared = act_for_parts(leader.stream, order, actor=water, now=day(3))
    assert [one.number for one in shared.parts] == [part.number]
    do(part, resident_of(part.stream.hex), "leave_problem")
    assert tip(part).state.part_of is None
    assert verify().clean
