"""Promises 2, 4, 5, 6 and 7 of the design, each attacked through the one writer."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from tests.support.small_county import person, posting
from tests.support.standing_county import day, review_asked

from huajie.apps.jurisdiction import operations as jurisdiction
from huajie.apps.jurisdiction.queries import snapshot
from huajie.apps.matters import loading, queries
from huajie.apps.matters.errors import UnknownMatter
from huajie.apps.matters.operations import Order, Submission, Written, act, submit, tick
from huajie.apps.matters.verify import verify
from huajie.apps.offices.queries import open_of_seats
from huajie.core.access import ANONYMOUS, SYSTEM, Actor, actor_for, resident_of
from huajie.core.ledger import stamp
from huajie.core.procedure import RETENTION, Refused, State

Who = Callable[..., Actor]
REPLY_IN_FULL = {"findings": "查明属实。", "remedy": "更换。", "how_to_escalate": "可以要求再看一次。"}


def brought(topic: str, actor: Actor = ANONYMOUS, **more: Any) -> Written:
    """A complaint of day 0 in Qingshi."""
    texts = {"title": "楼道灯不亮", "text": "三号楼二单元的灯坏了三周。"}
    wanted = Submission(pack="en.complaint", topic=topic, region="r.qingshi", texts=texts, **more)
    return submit(wanted, actor=actor, now=day(0))


def do(matter: Written, actor: Actor, name: str, at: datetime, **order: Any) -> Written:
    return act(matter.stream, Order(act=name, **order), actor=actor, now=at)


def refusal(matter: Written, actor: Actor, name: str, at: datetime, **order: Any) -> set[str]:
    """The codes of everything that speaks against an act; nothing of it may be kept."""
    before = snapshot_of_rows(matter.stream)
    with pytest.raises(Refused) as told:
        do(matter, actor, name, at, **order)
    assert snapshot_of_rows(matter.stream) == before
    return {unmet.code for unmet in told.value.unmet}


def snapshot_of_rows(stream: UUID) -> list[Any]:
    found: list[Any] = []
    known = stream if connection.features.has_native_uuid_field else stream.hex
    with connection.cursor() as cursor:
        for table, column in (
            ("ledger_entry", "stream"),
            ("matters_matter", "id"),
            ("matters_party", "matter"),
            ("matters_clock", "matter"),
            ("matters_timer", "matter"),
            ("matters_text", "matter"),
        ):
            cursor.execute(f"SELECT * FROM {table} WHERE {column} = %s ORDER BY 1, 2, 3", [known])
            found.append([[bytes(one) if isinstance(one, memoryview) else one for one in row] for row in cursor])
    return found


def state_of(matter: Written) -> State:
    tip = loading.load(matter.stream, using="default")
    assert tip is not None and tip.state is not None
    return tip.state


def owner(matter: Written) -> tuple[str, str]:
    state = state_of(matter)
    return state.unit, state.seat


def acknowledge(matter: Written, actor: Actor, at: datetime) -> Written:
    inputs = {"is_complaint": "complaint", "category": "other"}
    return do(matter, actor, "acknowledge", at, inputs=inputs, texts={"message": "收到。"})


def offer(matter: Written, actor: Actor, to: str, at: datetime) -> Written:
    return do(matter, actor, "offer_transfer", at, inputs={"to_unit": to}, texts={"reason": "主要是那边的事。"})


def concern(matter: Written, clerk: Actor, unit: str, at: datetime) -> Written:
    return do(matter, clerk, "name_concerned", at, inputs={"to_unit": unit}, texts={"reason": "说的就是这个单位。"})


def propose_ending(matter: Written, actor: Actor, at: datetime) -> Written:
    return do(
        matter,
        actor,
        "propose_ending",
        at,
        inputs={"ending_reason": "cannot-be-resolved-now", "next_look_date": "2026-06-01"},
        texts={"route": "要等明年的预算。"},
    )


# 2: never unowned


@pytest.mark.parametrize(("topic", "region"), [("", "r.qingshi"), ("t.noise", ""), ("", "")])
def test_what_nobody_can_place_is_taken_in_and_has_an_owner(county: Who, topic: str, region: str) -> None:
    texts = {"title": "不知道归谁管", "text": "路边有个坑。", "wish": "填上。"}
    wanted = Submission(pack="cn.petition.request", topic=topic, region=region, texts=texts)
    matter = submit(wanted, actor=ANONYMOUS, now=day(0))
    state = state_of(matter)
    assert (state.topic, state.region, state.unmatched) == (topic, region, True)
    assert owner(matter) == ("u.centre", "s.centre.desk") and matter.promised[0].clock == "registration"
    assert [row.stream for row in queries.queue(county(10)).rows] == [matter.stream]
    assert verify().clean


def test_a_review_is_opened_for_a_matter_of_no_known_topic_too(county: Who) -> None:
    """What the parent does not know is unknown in the child, and nobody is refused a review for it."""
    texts = {"title": "不知道归谁管", "text": "路边有个坑。", "wish": "填上。"}
    matter = submit(
        Submission(pack="cn.petition.request", topic="", region="", texts=texts), actor=ANONYMOUS, now=day(0)
    )
    review_asked(county, matter)
    review = state_of(matter).children["review#1"]
    child = loading.load(UUID(review.stream), using="default")
    assert child is not None and child.state is not None
    assert (child.state.topic, child.state.unit) == ("", "u.gov")
    assert verify().clean


def test_nobody_without_power_and_nobody_concerned_is_offered_a_matter(county: Who) -> None:
    matter = brought("t.housing", county(10), channel="counter")
    concern(matter, county(10), "u.labour", day(0, 3))
    told = {"inputs": {"to_unit": "u.liutan.east"}, "texts": {"reason": "就近。"}}
    assert refusal(matter, county(20), "offer_transfer", day(1), **told) == {"lead-cannot-decide"}
    told["inputs"] = {"to_unit": "u.labour"}
    assert refusal(matter, county(20), "offer_transfer", day(1), **told) == {"concerned"}
    told["inputs"] = {"to_unit": "u.nowhere"}
    assert refusal(matter, county(20), "offer_transfer", day(1), **told) == {"field-invalid"}
    assert owner(matter) == ("u.housing", "s.housing.one")


def test_the_superior_cannot_hand_a_matter_to_a_unit_without_power_either(county: Who) -> None:
    matter = brought("t.housing")
    offer(matter, county(20), "u.labour", day(1))
    do(matter, county(30), "contest_transfer", day(2), texts={"reason": "不是劳动关系。"})
    for unit, code in (("u.liutan.east", "lead-cannot-decide"), ("u.nowhere", "field-invalid")):
        told = {"inputs": {"to_unit": unit}, "texts": {"reason": "定了。"}}
        assert refusal(matter, county(1), "direct_transfer", day(3), **told) == {code}
    assert refusal(matter, county(20), "direct_transfer", day(3)) >= {"relation"}
    do(matter, county(1), "direct_transfer", day(3), inputs={"to_unit": "u.water"}, texts={"reason": "定了。"})
    assert owner(matter) == ("u.water", "s.water.head")


def test_the_backstop_holds_it_after_the_second_objection_and_the_clock_never_stopped(county: Who) -> None:
    matter = brought("t.housing")
    first = state_of(matter).clocks["acknowledgement"]
    offer(matter, county(20), "u.labour", day(1))
    assert refusal(matter, county(20), "offer_transfer", day(1), inputs={"to_unit": "u.water"}) >= {"when"}
    assert refusal(matter, county(30), "contest_transfer", day(2)) == {"field-missing"}
    do(matter, county(30), "contest_transfer", day(2), texts={"reason": "不是劳动关系。"})
    do(matter, county(1), "keep_transfer", day(3), texts={"reason": "留在住建。"})
    assert owner(matter) == ("u.housing", "s.housing.one")
    offer(matter, county(20), "u.water", day(3, 3))
    do(matter, county(60), "contest_transfer", day(4), texts={"reason": "不是供水的事。"})
    assert owner(matter) == ("u.gov", "s.gov.head")
    state = state_of(matter)
    assert (state.counts["objections"], state.counts["handoffs"]) == (2, 1)
    assert state.clocks["acknowledgement"] == first and first.status == "running"
    assert verify().clean


def test_silence_is_an_objection_and_never_leaves_a_matter_in_between(county: Who) -> None:
    matter = brought("t.housing")
    offer(matter, county(20), "u.labour", day(1))
    assert owner(matter) == ("u.housing", "s.housing.one")
    tick(day(30))
    state = state_of(matter)
    assert state.requests["transfer#1"].state == "contested" and state.requests["transfer#1"].decider == "u.gov"
    assert refusal(matter, county(30), "accept_transfer", day(30)) >= {"when"}
    assert owner(matter) == ("u.housing", "s.housing.one")


def test_the_tables_hold_no_second_lead_and_no_empty_owner(county: Who) -> None:
    matter = brought("t.housing")
    known = matter.stream if connection.features.has_native_uuid_field else matter.stream.hex
    for sql in (
        "UPDATE matters_matter SET unit = '' WHERE id = %s",
        "UPDATE matters_matter SET seat = NULL WHERE id = %s",
        "UPDATE matters_party SET seat = NULL WHERE matter = %s AND relation = 'lead'",
        "INSERT INTO matters_party (matter, unit, relation, seat, sensitivity, open, due_at)"
        " SELECT matter, 'u.other', 'lead', seat, sensitivity, open, due_at FROM matters_party"
        " WHERE matter = %s AND relation = 'lead'",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, [known])


def test_a_seat_is_never_left_empty(county: Who) -> None:
    leaving = {"do": "end_posting", "seat": "s.water.head", "person": person(60)}
    with pytest.raises(jurisdiction.Refused) as told:
        jurisdiction.change([leaving], actor=SYSTEM, now=day(1))
    assert [fault.code for fault in told.value.faults] == ["vacant"]
    matter = brought("t.water")
    cover = posting("s.water.head", 71, kind="cover")
    jurisdiction.change([cover, leaving], actor=SYSTEM, now=day(1))
    acknowledge(matter, actor_for(snapshot(), person(71), "s.water.head", day(2)), day(2))
    assert owner(matter) == ("u.water", "s.water.head")


# 4: clocks move only by law


def test_a_reply_is_extended_once_in_time_by_the_head_and_never_beyond(county: Who) -> None:
    matter = acknowledge(brought("t.housing"), county(20), day(1))
    due = state_of(matter).clocks["reply"].due_at

    def told(days: int) -> dict[str, Any]:
        return {"inputs": {"extension_days": days}, "texts": {"reason": "要等检测报告。"}}

    assert refusal(matter, county(20), "extend", day(2), **told(5)) >= {"relation"}
    assert refusal(matter, county(21), "extend", day(2), **told(11)) == {"field-invalid"}
    assert refusal(matter, county(21), "extend", day(2), inputs={"extension_days": 5}) == {"field-missing"}
    late = datetime.fromisoformat(due)
    assert refusal(matter, county(21), "extend", late, **told(5)) == {"extension-late"}
    assert refusal(matter, county(21), "extend", late, occurred_at=day(2), **told(5)) == {"extension-late"}
    do(matter, county(21), "extend", late - timedelta(seconds=1), **told(5))
    longer = state_of(matter).clocks["reply"].due_at
    assert longer > due
    assert "extension-used" in refusal(matter, county(21), "extend", late, **told(5))
    assert state_of(matter).clocks["reply"].due_at == longer
    assert verify().clean


def test_what_is_asked_for_is_not_what_may_be_granted(county: Who) -> None:
    """Twenty days may be asked for by the form's type, but the clock gives ten."""
    matter = acknowledge(brought("t.housing"), county(20), day(1))
    asked = {"inputs": {"extension_days": 20}, "texts": {"reason": "要等。"}}
    codes = set()
    try:
        do(matter, county(20), "ask_extension", day(2), **asked)
    except Refused as told:
        codes = {unmet.code for unmet in told.unmet}
    else:
        codes = refusal(matter, county(21), "grant_extension", day(3), **asked)
    assert codes & {"field-invalid", "extension-over"}
    assert state_of(matter).clocks["reply"].extensions == []


def test_nothing_happens_tomorrow_nor_before_the_matter_came(county: Who) -> None:
    matter = brought("t.housing")
    inputs = {"inputs": {"is_complaint": "complaint", "category": "other"}, "texts": {"message": "收到。"}}
    tomorrow = {"occurred_at": day(3), **inputs}
    assert refusal(matter, county(20), "acknowledge", day(2), **tomorrow) == {"occurred-in-future"}
    before = {"occurred_at": day(0) - timedelta(minutes=1), **inputs}
    assert refusal(matter, county(20), "acknowledge", day(2), **before) == {"occurred-before"}


# 5: nobody closes their own work


def test_the_handler_verifies_nothing_of_their_own_and_a_colleague_does(county: Who) -> None:
    matter = acknowledge(brought("t.housing"), county(21), day(1))
    propose_ending(matter, county(21), day(2))
    note = {"texts": {"note_text": "核对过了。"}}
    assert refusal(matter, county(21), "confirm_ending", day(3), **note) == {"handled"}
    assert refusal(matter, county(20), "confirm_ending", day(3), **note) == {"relation"}
    assert refusal(matter, SYSTEM, "confirm_ending", day(3), **note) == {"relation"}
    assert refusal(matter, resident_of(matter.stream.hex), "confirm_ending", day(3), **note) == {"relation"}
    do(matter, county(22), "confirm_ending", day(3), **note)
    assert not state_of(matter).open


def test_the_pool_verifies_for_a_unit_of_one(county: Who) -> None:
    matter = brought("t.water")
    with pytest.raises(UnknownMatter):
        queries.see(county(12), matter.stream)
    acknowledge(matter, county(60), day(1))
    propose_ending(matter, county(60), day(2))
    note = {"texts": {"note_text": "核对过了。"}}
    assert refusal(matter, county(60), "confirm_ending", day(3), **note) == {"handled"}
    with pytest.raises(UnknownMatter):
        do(matter, county(22), "confirm_ending", day(3), **note)
    assert matter.stream in {row.stream for row in queries.matters_list(county(12)).rows}
    do(matter, county(12), "confirm_ending", day(3), **note)
    assert not state_of(matter).open and verify().clean


# 6: honest endings


def test_no_ending_without_an_outcome(county: Who) -> None:
    matter = acknowledge(brought("t.housing"), county(20), day(1))
    note = {"texts": {"note_text": "办完了。"}}
    assert "stage" in refusal(matter, county(22), "confirm_ending", day(2), **note)
    told = {"inputs": {"contacted": "reached"}, **note}
    assert refusal(matter, county(20), "finish", day(2), **told) >= {"stage", "when"}
    reply = {"inputs": {"decision": "upheld"}, "texts": REPLY_IN_FULL}
    # a reply decides; what was decided and whether it was carried out are two facts
    spec = loading.load(matter.stream, using="default")
    assert spec is not None
    reply["inputs"] = {"decision": sorted(spec.pack.facts["decision"].choices)[0]}
    do(matter, county(20), "draft_reply", day(2), **reply)
    assert state_of(matter).outcome is None, "a draft decides nothing"
    do(matter, county(21), "reply", day(2))
    state = state_of(matter)
    assert state.open and state.outcome is not None and state.verdict is None
    assert state.fulfilment is None or state.fulfilment["value"] != "fulfilled"


@pytest.mark.accept("P7")
def test_withdrawal_is_the_residents_and_can_be_undone_for_thirty_days(county: Who) -> None:
    matter = acknowledge(brought("t.housing"), county(20), day(1))
    paper = {"texts": {"withdrawal_paper": "扫描件", "note_text": "核对了签名。"}}
    assert refusal(matter, county(20), "withdraw", day(2)) == {"relation", "handled"}
    assert refusal(matter, county(20), "record_withdrawal", day(2), **paper) == {"relation", "handled", "when"}
    other = brought("t.housing")
    with pytest.raises(UnknownMatter):
        do(matter, resident_of(other.stream.hex), "withdraw", day(2))
    first = {key: clock.due_at for key, clock in state_of(matter).clocks.items()}
    resident = resident_of(matter.stream.hex)
    do(matter, resident, "withdraw", day(2))
    state = state_of(matter)
    assert state.outcome is not None and state.outcome["value"] == "withdrawn-by-person"
    assert state.fulfilment is None and state.verdict is None and not state.open
    assert refusal(matter, resident, "undo_withdrawal", day(33)) == {"when"}
    assert refusal(matter, resident, "undo_withdrawal", day(33), occurred_at=day(20)) == {"when"}
    do(matter, resident, "undo_withdrawal", day(31))
    state = state_of(matter)
    assert state.open and state.outcome is None and state.counts["reopenings"] == 1
    assert {key: state.clocks[key].due_at for key in first} == first
    assert state.clocks["reply#2"].due_at == first["reply"], "the days since are not given back"
    assert verify().clean


def test_a_paper_withdrawal_is_checked_by_somebody_who_did_not_handle_it(county: Who) -> None:
    matter = acknowledge(brought("t.housing"), county(20), day(1))
    paper = {"texts": {"withdrawal_paper": "扫描件", "note_text": "核对了签名。"}}
    assert refusal(matter, county(22), "record_withdrawal", day(2), texts={"note_text": "口头说的。"}) == {
        "field-missing"
    }
    do(matter, county(22), "record_withdrawal", day(2), **paper)
    assert not state_of(matter).open


def test_reopening_keeps_the_first_clock_and_every_count(county: Who) -> None:
    matter = brought("t.housing")
    offer(matter, county(20), "u.labour", day(1))
    do(matter, county(30), "accept_transfer", day(2))
    acknowledge(matter, county(30), day(2, 3))
    propose_ending(matter, county(30), day(3))
    do(matter, county(31), "confirm_ending", day(4), texts={"note_text": "核对过了。"})
    ended = state_of(matter)
    do(matter, resident_of(matter.stream.hex), "reopen", day(50), texts={"reason": "没有做。"})
    state = state_of(matter)
    assert state.open and state.outcome == ended.outcome
    assert {key: state.clocks[key] for key in ended.clocks if key != RETENTION} == {
        key: clock for key, clock in ended.clocks.items() if key != RETENTION
    }
    # what is open again is kept: its keeping time begins anew with the next ending
    assert (ended.clocks[RETENTION].status, state.clocks[RETENTION].status) == ("running", "stopped")
    assert state.counts == {**ended.counts, "reopenings": 1} and state.counts["handoffs"] == 1
    assert state.received_at == stamp(day(0)) and date.fromisoformat("2026-03-02") == day(0).date()


# 7: no conflict of interest


def sightings(actor: Actor, matter: Written) -> set[str]:
    """Every way in which somebody learns that a matter exists."""
    found = set()
    page = queries.matters_list(actor, queries.Filters(open=None), limit=1000)
    if matter.stream in {row.stream for row in page.rows}:
        found.add("list")
    desk = queries.desk(actor, now=day(9), soon_until=day(16), limit=1000)
    if matter.stream in {row.stream for row in (*desk.late, *desk.soon, *desk.later)}:
        found.add("desk")
    if desk.open_count:
        found.add("desk count")
    if queries.count(actor, open=None):
        found.add("count")
    for word in ("楼道灯", matter.number):
        if queries.search(actor, word).hits:
            found.add(f"search {word}" if word != matter.number else "number")
    if queries.queue(actor).rows:
        found.add("queue")
    try:
        queries.see(actor, matter.stream)
        found.add("page")
    except UnknownMatter:
        pass
    try:
        do(matter, actor, "add_note", day(9), texts={"note_text": "看到了。"})
        found.add("act")
    except UnknownMatter:
        pass
    except Refused:
        found.add("act refused")
    return found


EVERYWHERE = {"list", "desk", "desk count", "count", "search 楼道灯", "number", "page", "act"}


def test_a_matter_leaves_the_unit_that_it_concerns_and_nobody_there_learns_of_it(county: Who) -> None:
    matter = brought("t.water", county(10), channel="counter")
    acknowledge(matter, county(60), day(1))
    assert sightings(county(60), matter) == EVERYWHERE
    concern(matter, county(10), "u.water", day(2))
    assert owner(matter)[0] == "u.gov"
    assert sightings(county(60), matter) == set()
    assert sightings(county(1), matter) >= EVERYWHERE - {"act"}
    # nor from another desk that the same person covers
    jurisdiction.change([posting("s.housing.one", 60, kind="cover")], actor=SYSTEM, now=day(3))
    elsewhere = actor_for(snapshot(), person(60), "s.housing.one", day(4))
    assert sightings(elsewhere, matter) == set()
    told = {"inputs": {"to_unit": "u.water"}, "texts": {"reason": "还给你们。"}}
    assert "concerned" in refusal(matter, county(1), "offer_transfer", day(5), **told)
    assert verify().clean


def test_an_unplaced_matter_about_the_queues_own_unit_is_not_in_its_queue(county: Who) -> None:
    matter = brought("t.noise", county(10), channel="counter")
    assert state_of(matter).unmatched and "queue" in sightings(county(10), matter)
    concern(matter, county(10), "u.centre", day(1))
    assert owner(matter)[0] != "u.centre"
    for number in (10, 11, 12):
        assert sightings(county(number), matter) == set(), number


def test_a_helper_that_turns_out_to_be_concerned_is_shut_out(county: Who) -> None:
    matter = brought("t.housing", county(10), channel="counter")
    support = {"inputs": {"support_unit": "u.labour"}, "texts": {"reason": "一起看。"}}
    do(matter, county(20), "add_support", day(1), **support)
    assert "page" in sightings(county(30), matter)
    concern(matter, county(10), "u.labour", day(2))
    assert sightings(county(30), matter) == set()


def test_a_unit_that_takes_over_a_concerned_one_takes_over_its_conflict(county: Who) -> None:
    """Its people come along: what they might not read before, they may not read under another name."""
    matter = brought("t.water", county(10), channel="counter")
    concern(matter, county(10), "u.labour", day(1))
    assert owner(matter)[0] == "u.water"
    jurisdiction.change(
        [{"do": "close_unit", "id": "u.labour", "successor": "u.housing"}],
        actor=SYSTEM,
        now=day(2),
        open_matters_by_seat=open_of_seats([row.id for row in snapshot().seats]),
    )
    heir = actor_for(snapshot(), person(20), None, day(3))
    assert sightings(heir, matter) == set()
    told = {"inputs": {"to_unit": "u.housing"}, "texts": {"reason": "主要是那边的事。"}}
    assert "concerned" in refusal(matter, county(60), "offer_transfer", day(3), **told)
    assert "concerned" in refusal(
        matter, county(60), "add_support", day(3), inputs={"support_unit": "u.housing"}, texts={"reason": "一起看。"}
    )
    assert verify().clean


def test_a_matter_leaves_a_unit_that_is_taken_over_by_whom_it_concerns(county: Who) -> None:
    """Nobody of the heir may act on it any more, so the next thing that happens to it takes it elsewhere."""
    matter = brought("t.housing.rent", county(10), channel="counter")
    assert owner(matter)[0] == "u.qingshi"
    concern(matter, county(10), "u.liutan", day(1))
    assert owner(matter)[0] == "u.qingshi"
    jurisdiction.change(
        [{"do": "close_unit", "id": "u.qingshi", "successor": "u.liutan"}],
        actor=SYSTEM,
        now=day(2),
        open_matters_by_seat=open_of_seats([row.id for row in snapshot().seats]),
    )
    heir = actor_for(snapshot(), person(50), None, day(3))
    assert sightings(heir, matter) == set()
    assert tick(day(8)) > 0
    assert owner(matter)[0] not in ("u.qingshi", "u.liutan")
    assert state_of(matter).counts["handoffs"] == 1
    assert verify().clean


def test_whoever_steps_aside_has_no_further_part(county: Who) -> None:
    matter = brought("t.water")
    do(matter, county(60), "recuse", day(1), texts={"reason": "是我亲戚。"})
    assert owner(matter)[0] == "u.gov"
    assert sightings(county(60), matter) == set()
