"""Stories of one matter, act by act; what must come out is written by hand."""

from datetime import timedelta

import pytest
from tests.core.procedure.support import COUNTY, PACK, START, Case, accepted, answered, day, due, submitted
from tests.support.china_2026 import CHINA_2026
from tests.support.small_county import county, person, seat, topic

from huajie.core.access import SYSTEM
from huajie.core.clocks import Calendar
from huajie.core.ledger import stamp
from huajie.core.procedure import Refused, State, fold, resolve

HANDLER, HEAD, VERIFIER = 30, 31, 32
ABOVE = 1


def entries(case: Case) -> list[tuple[str, str | None]]:
    """Kind and clock line of the entries of the last decision."""
    assert case.last is not None
    return [(draft.kind, draft.clock) for draft in case.last.entries]


# Opening


def test_a_submission_has_an_owner_a_stage_and_a_running_clock_from_its_first_entry() -> None:
    state = submitted().state
    assert state is not None
    assert (state.unit, state.seat, state.superior) == ("u.labour", "s.labour.one", "u.gov")
    assert (state.stage, state.open, state.n) == ("logged", True, 2)
    # DOMAIN 10: 15 natural days after 9 March are 24 March, a Tuesday.
    assert state.clocks["reply"].due_at == due("2026-03-24")
    assert state.clocks["reply"].last_date == "2026-03-24"
    assert state.facts == {"category": "other", "level": "high"}
    assert state.intake_unit is None


def test_a_clerk_who_brings_it_in_is_the_intake_unit_and_the_clock_counts_from_receipt() -> None:
    case = Case()
    case.do(
        10,
        "submit",
        "story",
        topic="t.water",
        region="r.liutan",
        channel="letter",
        category="help",
        received_at=stamp(day("2026-03-06")),
    )
    assert case.state is not None
    assert case.state.intake_unit == "u.centre"
    assert case.state.facts["category"] == "help"
    assert case.state.received_at == stamp(day("2026-03-06"))
    # 6 March + 15 days = 21 March, Saturday: rolls to Monday.
    assert case.state.clocks["reply"].last_date == "2026-03-23"


def test_what_no_rule_matches_waits_in_the_intake_queue_and_says_so() -> None:
    state = submitted(topic="t.noise").state
    assert state is not None
    assert (state.unit, state.seat, state.unmatched) == ("u.centre", "s.centre.desk", True)


def test_a_parent_or_an_import_names_the_owner_of_a_new_matter() -> None:
    case = Case()
    case.do(
        SYSTEM,
        "submit",
        "story",
        channel="web",
        owner="u.water",
        parent={"stream": "a" * 32, "key": "review#1", "unit": "u.labour"},
    )
    assert case.state is not None
    assert (case.state.unit, case.state.seat) == ("u.water", "s.water.head")
    assert case.state.parent == {"stream": "a" * 32, "key": "review#1", "unit": "u.labour"}


def test_the_unit_that_is_reviewed_does_not_own_the_review() -> None:
    case = Case()
    found = case.refused(
        SYSTEM,
        "submit",
        "story",
        channel="web",
        owner="u.labour",
        parent={"stream": "a" * 32, "key": "k", "unit": "u.labour"},
    )
    assert found == {"owner": "no-reviewer"}


def test_whoever_is_concerned_by_the_parent_is_concerned_by_the_child() -> None:
    case = Case()
    parent = {"stream": "a" * 32, "key": "k", "unit": "u.water", "concerned": ["u.labour"], "recused": [person(5)]}
    case.do(SYSTEM, "submit", "story", channel="web", topic="t.wages", region="r.qingshi", parent=parent)
    assert case.state is not None
    assert (case.state.concerned, case.state.recused) == (["u.labour"], [person(5)])
    assert case.state.unit == "u.gov", "routed to the unit above the concerned one"


def test_the_strictest_of_topic_and_pack_holds() -> None:
    case = Case(jurisdiction=county({**topic("t.child"), "sensitivity": "minor"}))
    case.do("resident", "submit", "story", topic="t.child", channel="web")
    assert case.state is not None
    assert case.state.sensitivity == "minor"


def test_a_complaint_about_a_unit_never_goes_to_it() -> None:
    case = Case()
    case.do(10, "submit", "story", topic="t.wages", region="r.qingshi", channel="counter", by_unit="u.labour")
    assert case.state is not None
    assert case.state.concerned == ["u.labour"]
    assert case.state.unit == "u.gov"
    for who in (30, 31, 32):
        assert case.refused(who, "accept", relations=frozenset({"lead_seat"})) == {"accept": "concerned"}


def test_opening_twice_or_acting_before_opening_is_refused() -> None:
    case = submitted()
    assert case.refused("resident", "submit", "story", channel="web", relations=frozenset({"resident"})) == {
        "submit": "stage"
    }
    assert Case().refused(30, "accept") == {"accept": "stage"}


def test_an_import_keeps_what_the_file_says_and_may_lie_before_receipt() -> None:
    case = Case()
    case.do(
        "import",
        "imported",
        channel="import",
        source="nyc",
        received_at=stamp(day("2019-05-06")),
        occurred_at=day("2019-05-06"),
    )
    assert case.state is not None
    assert case.state.imported and case.state.open
    assert case.state.recorded_at == stamp(START)
    case = Case()
    case.do("import", "imported", channel="import", done_date="2019-06-01")
    assert case.state is not None
    assert (case.state.stage, case.state.open, case.state.outcome["value"]) == ("closed", False, "resolved")  # type: ignore[index]


# Stages, gates, relations


def test_accepting_stops_one_clock_and_starts_the_next_each_in_an_entry_of_its_own() -> None:
    case = submitted()
    case.do(HANDLER, "accept", at=day("2026-03-10"))
    assert entries(case) == [
        ("matter.accepted", None),
        ("clock.stopped", "c1 stopped"),
        ("clock.started", "c2 started"),
    ]
    assert case.state is not None
    assert case.state.clocks["reply"].status == "met"
    assert case.state.clocks["reply"].ended_at == stamp(day("2026-03-10"))
    assert not case.state.timers, "timers of a stopped clock go with it"
    # 10 March + 30 (no category known: the table's else) = 9 April.
    assert case.state.clocks["handling"].last_date == "2026-04-09"
    assert case.state.handled_by == [person(30)]
    assert case.state.facts["by_unit"] == "u.labour"
    assert case.state.facts["visited_at"] == stamp(day("2026-03-10"))
    assert case.state.facts["done_date"] == "2026-03-10"


@pytest.mark.parametrize(
    ("category", "last"), [("advice", "2026-03-16"), ("help", "2026-05-09"), ("other", "2026-04-09")]
)
def test_a_parameter_may_be_a_table_by_a_fact(category: str, last: str) -> None:
    # 10 March + 5 = 15 March, Sunday, rolls to the 16th; + 60 = 9 May, a Saturday that is worked; + 30 = 9 April.
    case = submitted(category=category)
    case.do(HANDLER, "accept", at=day("2026-03-10"))
    assert case.state is not None
    assert case.state.clocks["handling"].last_date == last


def test_a_refusal_names_everything_that_is_missing_at_once() -> None:
    case = submitted(texts="story")
    case.do(HANDLER, "offer", by_unit="u.water")
    found = case.refused(
        VERIFIER,
        "accept",
        "photo",
        colour="red",
        occurred_at=case.now + timedelta(minutes=6),
    )
    assert found == {
        "occurred_at": "occurred-in-future",
        "input.colour": "field-unknown",
        "texts.photo": "field-unknown",
        "acts.accept.by": "relation",
        "acts.accept.when": "when",
        "acts.accept.gate[1]": "gate",
    }


def test_a_gate_names_its_words_and_its_source() -> None:
    case = submitted(texts="story")
    with pytest.raises(Refused) as raised:
        case.do(HANDLER, "accept")
    (item,) = raised.value.unmet
    assert (item.code, item.source, item.values) == ("gate", "local", {"supply": "resident"})
    assert item.title == {"zh": "要有联系方式", "en": "A way to reach the person is needed"}


@pytest.mark.parametrize("how", ["contact", "anonymous", "counter"])
def test_a_gate_of_several_ways_opens_by_any(how: str) -> None:
    case = Case()
    case.do(
        "resident",
        "submit",
        "story contact" if how == "contact" else "story",
        topic="t.wages",
        region="r.qingshi",
        channel="counter" if how == "counter" else "web",
        mode="anonymous" if how == "anonymous" else "open",
    )
    case.do(HANDLER, "accept")
    assert case.state is not None and case.state.stage == "working"


def test_an_act_of_another_stage_says_where_it_is_possible() -> None:
    with pytest.raises(Refused) as raised:
        submitted().do(HANDLER, "answer", result="resolved")
    (item,) = raised.value.unmet
    assert item.code == "stage"
    assert "办理中" in item.title["zh"] and "In hand" in item.title["en"]


def test_an_act_without_stages_is_refused_once_the_matter_has_ended() -> None:
    case = answered()
    case.do(VERIFIER, "verify")
    assert case.refused(HANDLER, "support", by_unit="u.water") == {"acts.support": "closed"}


def test_nothing_happens_before_receipt_or_in_the_future_but_five_minutes_are_forgiven() -> None:
    case = submitted()
    assert case.refused(HANDLER, "accept", occurred_at=START - timedelta(seconds=1)) == {
        "occurred_at": "occurred-before"
    }
    assert case.refused(HANDLER, "accept", occurred_at=START + timedelta(minutes=5, seconds=1)) == {
        "occurred_at": "occurred-in-future"
    }
    case.do(HANDLER, "accept", occurred_at=START + timedelta(minutes=5))


def test_an_unknown_act_suggests_the_nearest() -> None:
    with pytest.raises(Refused) as raised:
        submitted().do(HANDLER, "acept")
    assert raised.value.unmet[0].code == "unknown-act"
    assert raised.value.unmet[0].values["hint"] == "did you mean 'accept'?"


def test_a_state_of_another_pack_is_the_callers_mistake() -> None:
    case = submitted()
    assert case.state is not None
    case.state.pack = "0" * 64
    with pytest.raises(ValueError, match="under pack"):
        case.do(HANDLER, "accept")


# Clocks


def test_an_extension_counts_from_the_start_and_is_rolled_once() -> None:
    # DOMAIN 10.2, number 7, with 60 + 30 replaced by 15 + 10: 9 March + 25 = 3 April.
    case = submitted()
    case.do(HEAD, "extend", at=day("2026-03-24", 23), agreed_days=10)
    clock = case.state.clocks["reply"]  # type: ignore[union-attr]
    assert (clock.last_date, clock.extensions) == ("2026-04-03", [[10, "day"]])
    assert entries(case) == [("matter.extended", None), ("clock.extended", "c1 extended")]
    assert case.state.counts["extensions"] == 1  # type: ignore[union-attr]
    # + 11 more days = 14 April; two separate roundings from 7 April (a holiday weekend) would differ.
    case.do(HEAD, "extend", agreed_days=2)
    assert case.state.clocks["reply"].last_date == "2026-04-07", "5 April is Qingming: rolled once, to the 7th"  # type: ignore[union-attr]


def test_an_extension_is_refused_when_late_over_the_limit_used_up_or_by_somebody_else() -> None:
    case = submitted()
    where = "clocks.reply.extension"
    assert case.refused(HANDLER, "extend", agreed_days=1) == {where: "relation"}
    assert case.refused(HEAD, "extend", agreed_days=31) == {where: "extension-over"}
    case.do(HEAD, "extend", agreed_days=20)
    assert case.refused(HEAD, "extend", agreed_days=11) == {where: "extension-over"}
    case.do(HEAD, "extend", agreed_days=5)
    assert case.refused(HEAD, "extend", agreed_days=1) == {where: "extension-used"}
    case = submitted()
    assert case.refused(HEAD, "extend", at=day("2026-03-25", 0), agreed_days=1) == {where: "extension-late"}
    case = accepted()
    assert case.refused(HEAD, "extend", agreed_days=1) == {where: "clock-not-running"}
    with pytest.raises(Refused) as raised:
        submitted().do(HEAD, "extend", agreed_days=31)
    assert raised.value.unmet[0].source == "local"
    assert raised.value.unmet[0].values == {"max": 30, "used": 0, "asked": 31}


def test_an_extension_recorded_after_the_old_date_is_late_however_early_it_happened() -> None:
    case = submitted()
    found = case.refused(HEAD, "extend", at=day("2026-03-25", 9), occurred_at=day("2026-03-20"), agreed_days=5)
    assert found == {"clocks.reply.extension": "extension-late"}


def test_a_clock_in_hours_is_extended_in_hours() -> None:
    case = submitted()
    case.do(HANDLER, "start_visit")
    assert case.state.clocks["visit"].due_at == stamp(START + timedelta(hours=4))  # type: ignore[union-attr]
    assert case.state.clocks["visit"].last_date is None  # type: ignore[union-attr]
    case.do(HEAD, "extend_visit")
    assert case.state.clocks["visit"].due_at == stamp(START + timedelta(hours=6))  # type: ignore[union-attr]


def test_days_of_a_hearing_are_left_out_the_last_one_included() -> None:
    case = submitted()
    case.do(HANDLER, "hear", at=day("2026-03-16"), heard_from="2026-03-11", heard_to="2026-03-13")
    clock = case.state.clocks["reply"]  # type: ignore[union-attr]
    # 15 days and the three of the hearing: 27 March.
    assert clock.last_date == "2026-03-27"
    assert clock.excluded == [[stamp(day("2026-03-11", 0)), stamp(day("2026-03-14", 0)), "hearing"]]
    assert entries(case) == [("matter.heard", None), ("clock.excluded", "c1 excluded")]
    assert case.refused(HANDLER, "hear", heard_from="2026-03-13", heard_to="2026-03-11") == {
        "clocks.reply.exclusions.hearing": "exclusion-invalid"
    }


def test_an_extension_after_a_hearing_counts_both() -> None:
    case = submitted()
    case.do(HANDLER, "hear", at=day("2026-03-16"), heard_from="2026-03-11", heard_to="2026-03-13")
    case.do(HEAD, "extend", agreed_days=3)
    assert case.state.clocks["reply"].last_date == "2026-03-30"  # type: ignore[union-attr]


def test_a_clock_that_runs_is_not_started_again_and_one_that_ran_gets_a_new_number() -> None:
    case = submitted()
    case.do(HANDLER, "start_visit")
    n = case.state.n  # type: ignore[union-attr]
    case.do(HANDLER, "start_visit", at=START + timedelta(hours=1))
    assert case.state.n == n + 1, "only the act itself"  # type: ignore[union-attr]
    case.do(HANDLER, "stop_all")
    assert entries(case) == [
        ("matter.stopped", None),
        ("clock.stopped", "c2 stopped"),
        ("clock.stopped", "c3 stopped"),
    ]
    case.do(HANDLER, "start_visit")
    assert {key: clock.k for key, clock in case.state.clocks.items()} == {  # type: ignore[union-attr]
        "reply": 1,
        "visit": 2,
        "look_back": 3,
        "visit#2": 4,
        "look_back#2": 5,
    }
    assert case.state.clocks["visit"].status == "stopped", "the first one stays as it ended"  # type: ignore[union-attr]


def test_a_clock_counts_from_a_fact_and_is_refused_without_it() -> None:
    case = answered()
    assert case.refused(HANDLER, "serve") == {"clocks.ask_review.from": "field-missing"}
    case.do(HANDLER, "describe", served_date="2026-03-19")
    case.do(HANDLER, "serve")
    clock = case.state.clocks["ask_review"]  # type: ignore[union-attr]
    assert clock.started_at == stamp(day("2026-03-19", 0))
    # First day counts: 19 March is day 1, day 30 is 17 April, a Friday; the office closes at 18:00.
    assert (clock.last_date, clock.due_at) == ("2026-04-17", stamp(day("2026-04-17", 18)))


def test_a_date_that_no_calendar_covers_is_refused_and_no_error() -> None:
    case = answered()
    case.do(HANDLER, "describe", served_date="2020-01-01")
    assert case.refused(HANDLER, "serve") == {"occurred_at": "field-invalid"}


# Timers


def test_timers_fire_once_and_move_with_the_due_date() -> None:
    case = submitted()
    assert {key: timer.at for key, timer in case.state.timers.items()} == {  # type: ignore[union-attr]
        "reply|due": due("2026-03-24"),
        # 10:00 on the 9th to 24:00 on the 24th are 374 hours, two thirds of them 249:20.
        "reply|2/3": stamp(day("2026-03-19", 0) + timedelta(hours=19, minutes=20)),
        "reply|-3workday": due("2026-03-19"),
    }
    assert case.refused("system", "remind", target="reply|2/3") == {"target": "timer-early"}
    assert case.refused("system", "note_missed", target="reply|2/3") == {"target": "timer-unknown"}
    assert case.refused("system", "remind") == {"target": "timer-unknown"}
    case.do("system", "remind", target="reply|2/3", at=day("2026-03-20", 0))
    assert case.state.fired == [f"reply|{due('2026-03-24')}|2/3"]  # type: ignore[union-attr]
    assert case.refused("system", "remind", target="reply|2/3") == {"target": "timer-unknown"}
    case.do(HEAD, "extend", at=day("2026-03-24"), agreed_days=1)
    # 2/3 fired and its new moment is past; due and -3 workdays had not fired and move.
    assert {key: timer.at for key, timer in case.state.timers.items()} == {  # type: ignore[union-attr]
        "reply|due": due("2026-03-25"),
        "reply|-3workday": due("2026-03-22"),
    }
    case.do("system", "note_missed", target="reply|due", at=day("2026-03-26"))
    assert case.state.fired[-1] == f"reply|{due('2026-03-25')}|due"  # type: ignore[union-attr]


def test_a_reminder_that_fired_is_set_again_for_a_new_date_that_lies_ahead() -> None:
    case = submitted()
    case.do("system", "remind", target="reply|2/3", at=day("2026-03-20", 0))
    case.do(HEAD, "extend", agreed_days=30)
    assert case.state.timers["reply|2/3"].at > stamp(case.now)  # type: ignore[union-attr]


def test_the_moment_of_a_timer_passes_when_its_act_is_no_longer_possible() -> None:
    acts = {**PACK.document["acts"], "remind": {**PACK.document["acts"]["remind"], "from": ["working"]}}
    case = Case(resolve({**PACK.document, "acts": acts}))
    case.do("resident", "submit", "story", topic="t.wages", region="r.qingshi", channel="web")
    case.do("system", "remind", target="reply|2/3", at=day("2026-03-20"))
    assert entries(case) == [("matter.timer-passed", None)]
    assert case.state.fired == [f"reply|{due('2026-03-24')}|2/3"]  # type: ignore[union-attr]
    assert "reply|2/3" not in case.state.timers  # type: ignore[union-attr]
    assert case.refused("system", "note_missed", target="reply|due") == {"target": "timer-early"}


def test_the_timer_of_a_requests_clock_is_about_that_request() -> None:
    case = submitted()
    case.do(HANDLER, "offer", by_unit="u.water")
    assert case.state.timers["objection#transfer#1|due"].act == "lapse"  # type: ignore[union-attr]
    # 5 working days after Monday 9 March: Monday 16 March.
    case.do("system", "lapse", target="objection#transfer#1|due", at=day("2026-03-17", 0))
    assert case.state.requests["transfer#1"].state == "lapsed"  # type: ignore[union-attr]
    assert case.state.clocks["objection#transfer#1"].status == "stopped"  # type: ignore[union-attr]


# Transfer


def test_an_accepted_offer_moves_the_matter_and_the_clock_runs_on() -> None:
    case = submitted()
    case.do(HANDLER, "offer", "story", by_unit="u.water")
    request = case.state.requests["transfer#1"]  # type: ignore[union-attr]
    assert (request.unit, request.seat, request.opened_by_unit, request.clock) == (
        "u.water",
        "s.water.head",
        "u.labour",
        "objection#transfer#1",
    )
    assert request.data == {"by_unit": "u.water", "story": {"n": 3}}
    assert case.state.unit == "u.labour", "an offer is not a hand-over"  # type: ignore[union-attr]
    before = case.state.clocks["reply"]  # type: ignore[union-attr]
    case.do(60, "take", at=day("2026-03-11"))
    state = case.state
    assert state is not None
    assert (state.unit, state.seat, state.counts["handoffs"]) == ("u.water", "s.water.head", 1)
    assert (state.requests["transfer#1"].state, state.clocks["objection#transfer#1"].status) == ("accepted", "met")
    assert state.clocks["reply"] == before


def test_an_offer_goes_to_units_that_can_lead_and_only_once_at_a_time() -> None:
    case = submitted()
    where = "acts.offer.effects[0].to"
    assert case.refused(HANDLER, "offer", by_unit="u.liutan.east") == {where: "lead-cannot-decide"}
    assert case.refused(HANDLER, "offer", by_unit="u.nowhere") == {"input.by_unit": "field-invalid"}
    case.do(HANDLER, "offer", by_unit="u.water")
    assert case.refused(HANDLER, "offer", by_unit="u.housing") == {"acts.offer.effects[0]": "request-open"}


def test_only_the_unit_that_was_asked_answers() -> None:
    case = submitted()
    assert case.refused(60, "take") == {
        "target": "request-unknown",
        "acts.take.by": "relation",
        "acts.take.when": "when",
    }
    case.do(HANDLER, "offer", by_unit="u.water")
    assert case.refused(20, "take") == {"acts.take.by": "relation"}
    assert case.refused(60, "take", target="transfer#9") == {"target": "request-unknown"}
    # Access says `asked` of any open request; for the act it must be this one.
    assert case.refused(20, "take", relations=frozenset({"asked", "asked:transfer"})) == {"acts.take.by": "relation"}


def test_a_contested_offer_is_for_the_common_superior_and_counts() -> None:
    case = submitted()
    case.do(HANDLER, "offer", by_unit="u.water")
    case.do(60, "contest", "story")
    request = case.state.requests["transfer#1"]  # type: ignore[union-attr]
    assert (request.state, request.decider) == ("contested", "u.gov")
    assert case.state.counts["objections"] == 1  # type: ignore[union-attr]
    assert case.state.clocks["objection#transfer#1"].status == "met"  # type: ignore[union-attr]
    assert case.refused(HANDLER, "drop_offer") == {"acts.drop_offer.effects[0]": "request-unknown"}
    case.do(ABOVE, "settle", urgent=False)
    assert (case.state.unit, case.state.requests["transfer#1"].state) == ("u.labour", "refused")  # type: ignore[union-attr]


def test_the_superior_may_settle_for_the_unit_that_objected() -> None:
    case = submitted()
    case.do(HANDLER, "offer", by_unit="u.water")
    case.do(60, "contest", "story")
    case.do(ABOVE, "settle", urgent=True)
    assert (case.state.unit, case.state.counts["handoffs"]) == ("u.water", 1)  # type: ignore[union-attr]


def test_after_the_second_objection_the_backstop_holds_it() -> None:
    case = submitted()
    for number, who in ((1, 60), (2, 20)):
        case.do(HANDLER, "offer", by_unit="u.water" if number == 1 else "u.housing")
        case.do(who, "contest", "story")
        if number == 1:
            case.do(ABOVE, "settle", urgent=False)
    state = case.state
    assert state is not None
    assert (state.unit, state.seat, state.counts["objections"]) == ("u.gov", "s.gov.head", 2)
    assert state.requests["transfer#2"].state == "refused"
    assert state.open


# Other requests


def test_each_task_has_its_own_clock_of_the_days_agreed_for_it() -> None:
    case = accepted()
    case.do(HANDLER, "set_task", agreed_days=3)
    case.do(HANDLER, "set_task", agreed_days=8)
    clocks = case.state.clocks  # type: ignore[union-attr]
    assert clocks["task#task#1"].last_date == "2026-03-13"
    assert clocks["task#task#2"].last_date == "2026-03-18"
    case.do(HANDLER, "task_done", "photo", target="task#1")
    assert {key: one.state for key, one in case.state.requests.items()} == {"task#1": "done", "task#2": "open"}  # type: ignore[union-attr]
    assert case.state.clocks["task#task#2"].status == "running"  # type: ignore[union-attr]
    assert case.state.facts["agreed_days"] == 3, "a field not given is the one kept with the request"  # type: ignore[union-attr]


def test_requests_go_to_head_resident_superior_and_backstop() -> None:
    case = submitted()
    case.do(HANDLER, "ask_sign")
    found = {key: (one.unit, one.seat) for key, one in case.state.requests.items()}  # type: ignore[union-attr]
    assert found == {
        "countersign#1": ("u.labour", "s.labour.head"),
        "question#1": (None, None),
        "question#2": ("u.gov", "s.gov.head"),
        "question#3": ("u.gov", "s.gov.head"),
    }
    case.do(HEAD, "sign")
    assert case.state.requests["countersign#1"].state == "accepted"  # type: ignore[union-attr]


# Owners and conflicts


def test_supporting_units_come_and_go_and_never_one_that_is_concerned() -> None:
    case = submitted()
    case.do(HANDLER, "support", by_unit="u.water")
    case.do(HANDLER, "support", by_unit="u.housing")
    assert case.state.parties == {"supporting": ["u.water", "u.housing"]}  # type: ignore[union-attr]
    case.do(HANDLER, "unsupport", by_unit="u.water")
    case.do(HANDLER, "unsupport", by_unit="u.housing")
    assert case.state.parties == {}  # type: ignore[union-attr]
    case.do(HANDLER, "concern", by_unit="u.water")
    assert case.refused(HANDLER, "support", by_unit="u.water") == {"acts.support.effects[0].unit": "concerned"}
    assert case.refused(HANDLER, "offer", by_unit="u.water") == {"acts.offer.effects[0].to": "concerned"}


def test_a_matter_leaves_the_unit_that_it_turns_out_to_concern() -> None:
    case = submitted()
    case.do(HANDLER, "concern", by_unit="u.labour")
    state = case.state
    assert state is not None
    assert (state.unit, state.counts["handoffs"]) == ("u.gov", 1)
    assert case.refused(HANDLER, "support", by_unit="u.water", relations=frozenset({"lead_seat"})) == {
        "support": "concerned"
    }


def test_whoever_steps_aside_leaves_the_seat_to_a_colleague_and_is_refused_from_then_on() -> None:
    case = submitted()
    case.do(HANDLER, "recuse")
    assert case.state.recused == [person(30)]  # type: ignore[union-attr]
    assert (case.state.unit, case.state.seat) == ("u.labour", "s.labour.head")  # type: ignore[union-attr]
    with pytest.raises(Refused) as raised:
        case.do(HANDLER, "accept", relations=frozenset({"lead_seat"}))
    assert [(item.code, item.title["en"]) for item in raised.value.unmet] == [
        ("concerned", "You stepped aside from this matter")
    ]
    case.do(HEAD, "recuse")
    assert (case.state.unit, case.state.seat) == ("u.gov", "s.gov.head"), "nobody is left: it goes up"  # type: ignore[union-attr]


def test_a_seat_stands_for_whoever_sits_on_it() -> None:
    case = submitted()
    case.do(ABOVE, "concern", by_seat="s.labour.one")
    assert case.state.concerned == [person(30)]  # type: ignore[union-attr]
    assert case.state.seat == "s.labour.head"  # type: ignore[union-attr]


def test_owners_by_superior_by_field_by_seat_and_by_actor() -> None:
    case = submitted()
    case.do(ABOVE, "give", by_unit="u.housing")
    assert (case.state.unit, case.state.seat) == ("u.housing", "s.housing.one")  # type: ignore[union-attr]
    case.do(ABOVE, "give", by_unit="u.water", by_seat="s.housing.head")
    assert (case.state.unit, case.state.seat) == ("u.housing", "s.housing.head")  # type: ignore[union-attr]
    assert case.state.counts["handoffs"] == 1, "another seat of the same unit is no hand-off"  # type: ignore[union-attr]
    case.do(ABOVE, "raise")
    assert case.state.unit == "u.gov"  # type: ignore[union-attr]
    case = submitted()
    case.do(ABOVE, "take_self")
    assert (case.state.unit, case.state.seat) == ("u.gov", "s.gov.head")  # type: ignore[union-attr]
    assert case.state.superior is None  # type: ignore[union-attr]
    assert case.refused("system", "raise", relations=frozenset({"superior"})) == {
        "acts.raise.effects[0].owner": "field-missing"
    }


def test_a_unit_without_power_can_not_be_made_lead() -> None:
    case = submitted()
    found = case.refused(ABOVE, "give", by_unit="u.liutan.east")
    assert found == {"acts.give.effects[1].else[0].owner": "lead-cannot-decide"}


# Verification, endings, reopening


def test_who_handled_it_does_not_verify_it() -> None:
    case = answered()
    assert case.refused(HANDLER, "verify", relations=frozenset({"verifier"})) == {"acts.verify.independent": "handled"}
    case.do(VERIFIER, "verify")
    assert case.state.stage == "closed"  # type: ignore[union-attr]


def test_where_nobody_is_left_to_verify_the_pool_may() -> None:
    lone = submitted("t.water")
    lone.do(60, "accept")
    assert lone.state.pool, "u.water has no verifier"  # type: ignore[union-attr]
    assert not accepted().state.pool  # type: ignore[union-attr]


def test_an_ending_needs_an_outcome() -> None:
    assert submitted().refused(HANDLER, "close_bare") == {"acts.close_bare": "outcome-missing"}


def test_an_ending_stops_what_still_ran_and_lapses_what_was_open_but_not_what_it_starts() -> None:
    case = answered()
    case.do(HANDLER, "offer", by_unit="u.water")
    case.do(HANDLER, "start_visit")
    case.do(HANDLER, "stop_all")
    case.do(HANDLER, "describe", served_date="2026-03-19")
    case.do(HANDLER, "serve")
    case.do(VERIFIER, "verify")
    state = case.state
    assert state is not None
    assert not state.open
    assert state.requests["transfer#1"].state == "lapsed"
    assert state.clocks["ask_review"].status == "stopped"
    running = [key for key, clock in state.clocks.items() if clock.status == "running"]
    assert running == ["look_back#2", "retention"]
    assert state.fulfilment == {"value": "fulfilled", "at": stamp(case.now)}


def test_two_endings_one_after_another_and_what_is_erased_is_gone_from_the_names() -> None:
    case = answered()
    case.do(VERIFIER, "verify")
    assert case.refused(13, "archive") == {"acts.archive.gate[0]": "gate"}
    case.do("resident", "tell_verdict", opinion="not-solved")
    assert case.state.verdict == {"value": "not-solved", "at": stamp(case.now)}  # type: ignore[union-attr]
    case.do(13, "archive")
    assert (case.state.stage, case.state.open) == ("archived", False)  # type: ignore[union-attr]
    assert set(case.state.texts) == {"story"}  # type: ignore[union-attr]


def test_reopening_keeps_the_first_clock_and_counts_and_asks_for_a_new_outcome() -> None:
    case = answered()
    first = case.state.clocks["handling"]  # type: ignore[union-attr]
    case.do(VERIFIER, "verify")
    assert case.refused("resident", "back_without_reopening") == {"acts.back_without_reopening": "closed"}
    case.do("resident", "reopen", at=day("2026-04-01"))
    state = case.state
    assert state is not None
    assert (state.open, state.stage, state.outcome, state.counts["reopenings"]) == (True, "working", None, 1)
    assert state.fulfilment is not None, "what was carried out stays a fact"
    assert state.clocks["handling"] == first
    assert state.clocks["handling#2"].status == "running"
    assert state.received_at == stamp(START)
    assert case.refused(HANDLER, "close_bare") == {"acts.close_bare": "outcome-missing"}
    kept = answered()
    kept.do(VERIFIER, "verify")
    kept.do("resident", "reopen_kept")
    assert kept.state.outcome is not None and kept.state.open  # type: ignore[union-attr]


def test_a_withdrawal_can_be_undone_for_thirty_days() -> None:
    case = accepted()
    case.do("resident", "withdraw", at=day("2026-04-01"))
    assert not case.state.open  # type: ignore[union-attr]
    assert case.state.clocks["handling"].status == "stopped"  # type: ignore[union-attr]
    assert case.refused("resident", "undo", at=day("2026-05-01") + timedelta(seconds=1)) == {"acts.undo.when": "when"}
    case.do("resident", "undo", at=day("2026-05-01"))
    assert (case.state.stage, case.state.open, case.state.outcome) == ("logged", True, None)  # type: ignore[union-attr]


def test_an_outcome_that_the_pack_does_not_have_is_refused() -> None:
    found = accepted().refused(HANDLER, "answer", result="nonsense")
    assert found == {"acts.answer.effects[0].outcome": "field-invalid"}


# Children


def test_a_review_is_another_units_and_its_decision_comes_back() -> None:
    case = answered()
    case.do("resident", "ask_review")
    assert case.last is not None
    (order,) = case.last.opens
    child = case.state.children["review#1"]  # type: ignore[union-attr]
    assert (order.key, order.pack, order.unit, order.stream) == ("review#1", "test.words", "u.gov", child.stream)
    assert (child.state, child.unit, case.state.stage) == ("open", "u.gov", "reviewed")  # type: ignore[union-attr]
    case.do("system", "@signal", target="review#1", signal="noted")
    assert entries(case) == [("matter.review-noted", None), ("clock.started", "c3 started")]
    assert case.state.children["review#1"].state == "open"  # type: ignore[union-attr]
    case.do("system", "@signal", target="review#1", signal="decided", outcome="changed")
    assert entries(case) == [("matter.review-decided", None), ("clock.started", "c4 started")]
    state = case.state
    assert state is not None
    assert (state.children["review#1"].state, state.children["review#1"].outcome) == ("done", "changed")
    assert (state.stage, state.facts["level"]) == ("working", "low")


def test_a_decision_that_keeps_the_first_one_goes_the_other_way() -> None:
    case = answered()
    case.do("resident", "ask_review")
    case.do("system", "@signal", target="review#1", signal="decided", outcome="kept")
    assert (case.state.stage, case.state.outcome["value"]) == ("answered", "kept")  # type: ignore[union-attr, index]


def test_a_matter_that_has_ended_hears_its_child_and_stays_as_it_is() -> None:
    case = answered()
    case.do("resident", "ask_review")
    case.state.stage = "answered"  # type: ignore[union-attr]
    case.bodies[-1]["effects"] = [effect for effect in case.bodies[-1]["effects"] if effect["e"] != "stage"]
    case.do(VERIFIER, "verify")
    case.do("system", "@signal", target="review#1", signal="decided", outcome="changed")
    assert (case.state.stage, case.state.children["review#1"].outcome) == ("closed", "changed")  # type: ignore[union-attr]


def test_the_re_review_is_for_the_body_above_the_reviewer() -> None:
    case = submitted()
    case.do(ABOVE, "give", by_unit="u.housing.rent")
    case.do(23, "accept")
    case.do(23, "answer", result="kept")
    case.do("resident", "ask_review")
    case.do(23, "ask_review_above")
    assert {key: child.unit for key, child in case.state.children.items()} == {  # type: ignore[union-attr]
        "review#1": "u.housing",
        "review#2": "u.gov",
    }


def test_signals_are_the_systems_and_about_a_child_that_exists() -> None:
    case = answered()
    case.do("resident", "ask_review")
    assert case.refused(HANDLER, "@signal", target="review#1", signal="decided") == {"@signal": "relation"}
    assert case.refused("system", "@signal", target="review#2", signal="decided") == {"target": "request-unknown"}
    assert case.refused(HANDLER, "ask_review_above") == {"acts.ask_review_above.effects[0].unit": "no-reviewer"}


def test_a_child_tells_its_parent_what_was_decided_and_that_it_ended() -> None:
    case = Case()
    parent = {"stream": "a" * 32, "key": "review#1", "unit": "u.water"}
    case.do(SYSTEM, "submit", "story contact", channel="web", owner="u.labour", parent=parent)
    case.do(HANDLER, "accept")
    case.do(HANDLER, "answer", result="kept")
    assert [(one.name, one.outcome, one.ended) for one in case.last.signals] == [("decided", "kept", False)]  # type: ignore[union-attr]
    case.do(VERIFIER, "verify")
    assert [(one.name, one.outcome, one.ended) for one in case.last.signals] == [("ended", "kept", True)]  # type: ignore[union-attr]


# The engine's own acts


def newer_calendar() -> Calendar:
    """2027 as if it had been published, with a long New Year holiday."""
    return CHINA_2026.with_published(
        2027, off=[day("2027-01-01").date() + timedelta(days=n) for n in range(5)], worked=[], source="invented"
    )


def test_a_published_calendar_sets_provisional_clocks_again_each_by_an_entry() -> None:
    case = submitted(region="r.qingshi")
    case.do(HANDLER, "start_visit", at=day("2026-11-03"))
    # Two months from 3 November 2026: 3 January 2027, a Sunday in an unpublished year.
    clock = case.state.clocks["look_back"]  # type: ignore[union-attr]
    assert (clock.last_date, clock.provisional) == ("2027-01-04", True)
    assert case.refused("system", "calendar-published") == {"calendar-published": "unchanged"}
    case.calendar = newer_calendar()
    case.do("system", "calendar-published", at=day("2026-11-20"))
    assert entries(case) == [("matter.calendar-published", None), ("clock.reset", "c3 started")]
    clock = case.state.clocks["look_back"]  # type: ignore[union-attr]
    assert (clock.last_date, clock.provisional) == ("2027-01-06", False)
    assert case.state.calendar == case.calendar.hash  # type: ignore[union-attr]
    assert case.refused(HEAD, "calendar-published") == {"calendar-published": "relation"}


def test_a_matter_moves_to_a_newer_pack_when_all_that_it_holds_exists_there() -> None:
    case = accepted()
    document = {**PACK.document, "version": "1.1.0"}
    newer = resolve(document)
    command = case.command(HEAD, "packed")
    case.run(command, newer)
    assert case.state.pack == newer.hash  # type: ignore[union-attr]
    case.pack = newer
    case.do(HANDLER, "answer", result="resolved")
    case.check()


def test_moving_names_everything_that_the_newer_pack_lacks() -> None:
    case = accepted()
    assert case.state is not None
    case.state.facts = {**case.state.facts, "gone": 1, "category": "vanished"}
    case.state.stage = "lost"
    case.state.clocks["handling"].name = "old"
    document = {**PACK.document, "pack": "test.other", "version": "2.0.0"}
    with pytest.raises(Refused) as raised:
        case.run(case.command(HANDLER, "packed"), resolve(document))
    assert {item.path for item in raised.value.unmet} == {
        "packed",
        "pack",
        "stages",
        "clocks.handling",
        "facts.gone",
        "facts.category.choices",
    }


# Whatever happens


def test_a_long_story_folds_to_the_same_state_from_the_first_entry() -> None:
    case = submitted()
    case.do(HANDLER, "offer", by_unit="u.water")
    case.do(60, "contest", "story")
    case.do(ABOVE, "settle", urgent=False)
    case.do(HEAD, "extend", agreed_days=5)
    case.do(HANDLER, "accept", at=day("2026-03-12"))
    case.do(HANDLER, "set_task", agreed_days=2)
    case.do(HANDLER, "answer", result="kept", at=day("2026-03-13"))
    case.do("resident", "ask_review")
    case.do("system", "@signal", target="review#1", signal="decided", outcome="kept")
    case.do(VERIFIER, "verify")
    case.do("resident", "reopen")
    case.check()
    assert len(case.bodies) == case.state.n  # type: ignore[union-attr]
    assert case.bodies[-1]["public_kind"] == "deadline-set"


def test_folding_out_of_place_is_refused() -> None:
    case = submitted()
    with pytest.raises(ValueError, match="can't follow"):
        fold(case.state, case.bodies[0])
    with pytest.raises(ValueError, match="missing or unknown"):
        fold(None, {**case.bodies[0], "effects": [{"e": "promoted"}]})


def test_the_county_of_these_tests_is_what_they_take_it_for() -> None:
    assert COUNTY.superior("u.labour") == "u.gov"
    assert COUNTY.common_superior("u.labour", "u.water") == "u.gov"
    assert seat("s.x", "u.gov")["do"] == "set_seat"
    assert State().to_document()["counts"]["handoffs"] == 0
