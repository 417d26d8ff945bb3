"""What an actor may do now, and what is missing for the rest; `standing` and `decide` never disagree."""

from typing import Any

import pytest
from tests.core.procedure.support import PACK, Case, accepted, answered, day, submitted, view
from tests.support.small_county import person

from huajie.core.access import relations
from huajie.core.procedure import ActStanding, Refused, gates, standing

#: What an honest user fills into the forms of the test pack.
FILLED: dict[str, dict[str, Any]] = {
    "offer": {"by_unit": "u.water"},
    "settle": {"urgent": True},
    "set_task": {"agreed_days": 3},
    "extend": {"agreed_days": 3},
    "hear": {"heard_from": "2026-03-11", "heard_to": "2026-03-12"},
    "support": {"by_unit": "u.water"},
    "unsupport": {"by_unit": "u.water"},
    "give": {"by_unit": "u.housing"},
    "answer": {"result": "kept"},
    "tell_verdict": {"opinion": "solved"},
    "add_number": {"external_system": "12345"},
    "reissue_secret": {"known_by": "details"},
    "record_sharing": {"share_to": "police", "share_what": ["contact"], "share_purpose": "duty"},
}
#: Acts of the test pack whose effects may still find something missing.
EFFECTS_MAY_REFUSE = ("extend", "close_bare", "extend_visit", "raise", "give", "offer", "serve", "hear")
TOLD = {
    "record_sharing": "share_recipient share_words share_basis",
    "tell_incident": "incident_what incident_measures incident_advice",
}
TEXTS = {"contest": "story", "task_done": "photo", "add_number": "external_number", **TOLD}


def stands(case: Case, who: int | str, **more: Any) -> tuple[ActStanding, ...]:
    assert case.state is not None
    actor = case.actor(who)
    return standing(
        case.pack,
        case.state,
        actor,
        relations(actor, view(case.state)),
        jurisdiction=case.jurisdiction,
        calendar=case.calendar,
        now=case.now,
        **more,
    )


def possible(case: Case, who: int | str) -> set[str]:
    return {one.act for one in stands(case, who) if one.possible}


def test_the_handler_of_a_new_matter_may_accept_and_sees_what_answering_lacks() -> None:
    case = submitted()
    found = {one.act: [item.code for item in one.unmet] for one in stands(case, 30)}
    assert found["accept"] == []
    assert found["answer"] == ["stage"]
    assert found["task_done"] == ["request-unknown"]
    assert "sign" not in found, "for the head"
    assert "submit" not in found, "the matter is there"
    assert "remind" not in found, "for the system"


def test_who_may_not_extend_or_comes_too_late_sees_so_before_filling_in_anything() -> None:
    case = submitted()
    found = {one.act: [item.code for item in one.unmet] for one in stands(case, 31)}
    assert (found["extend"], found["extend_visit"]) == ([], ["clock-not-running"])
    assert {one.act: [item.code for item in one.unmet] for one in stands(case, 30)}["extend"] == ["relation"]
    case.now = day("2026-03-25", 0)
    assert {one.act: [item.code for item in one.unmet] for one in stands(case, 31)}["extend"] == ["extension-late"]


def test_a_form_counts_as_filled_in() -> None:
    case = submitted(texts="story")
    by_act = {one.act: one for one in stands(case, 30)}
    assert by_act["describe"].possible
    (item,) = by_act["accept"].unmet
    assert (item.code, item.source) == ("gate", "local")


def test_an_act_about_requests_stands_once_for_each() -> None:
    case = accepted()
    case.do(30, "set_task", agreed_days=3)
    case.do(30, "set_task", agreed_days=5)
    assert [(one.target, one.possible) for one in stands(case, 30) if one.act == "task_done"] == [
        ("task#1", True),
        ("task#2", True),
    ]


def test_who_is_asked_sees_the_answers_to_the_offer() -> None:
    case = submitted()
    assert stands(case, 60) == ()
    case.do(30, "offer", by_unit="u.water")
    assert possible(case, 60) == {"take", "contest"}
    assert possible(case, 20) == set()
    case.do(60, "contest", "story")
    assert "settle" in possible(case, 1)
    assert "take" not in possible(case, 60)


def test_whoever_handled_it_sees_why_they_can_not_verify() -> None:
    case = answered()
    case.state.handled_by = [person(32)]  # type: ignore[union-attr]
    actor = case.actor(32)
    found = standing(
        PACK,
        case.state,  # type: ignore[arg-type]
        actor,
        frozenset({"verifier"}),
        jurisdiction=case.jurisdiction,
        calendar=case.calendar,
        now=case.now,
    )
    assert [(one.act, [item.code for item in one.unmet]) for one in found] == [("verify", ["handled"])]


def test_whom_it_concerns_sees_nothing() -> None:
    case = submitted()
    case.do(30, "recuse")
    assert stands(case, 30) == ()


def test_acts_of_other_stages_can_be_left_out() -> None:
    case = submitted()
    assert {one.act for one in stands(case, 30, stages=False)} < {one.act for one in stands(case, 30)}
    assert "answer" not in {one.act for one in stands(case, 30, stages=False)}


@pytest.mark.parametrize("make", [submitted, accepted, answered])
@pytest.mark.parametrize("who", [1, 10, 30, 31, 32, 60, "resident"])
def test_standing_and_deciding_never_disagree(make: Any, who: int | str) -> None:
    case = make()
    case.do(30, "offer", by_unit="u.water")
    outside = {"field-missing", "field-invalid", "no-reviewer", "outcome-missing", "request-open", "clock-not-running"}
    for one in stands(case, who):
        command = case.command(who, one.act, TEXTS.get(one.act, ""), target=one.target, **FILLED.get(one.act, {}))
        try:
            case.decide(command)
            codes: set[tuple[str, str]] = set()
        except Refused as refused:
            codes = {(item.code, item.path) for item in refused.unmet}
        wanted = {(item.code, item.path) for item in one.unmet}
        if wanted:
            assert wanted <= codes, one.act
        else:
            # What only the effects themselves find out is no part of standing.
            assert {code for code, _ in codes} <= outside, (one.act, codes)
            assert not codes or one.act in EFFECTS_MAY_REFUSE, (one.act, codes)


def test_the_file_lacks_what_the_acts_of_the_stage_lack_whoever_looks() -> None:
    seen = set()
    # one without a way to reach whoever brought it lacks that
    for case in (submitted(), submitted(texts="story"), accepted(), answered()):
        state, pack = case.state, case.pack
        assert state is not None
        asked: dict[str, Any] = {"jurisdiction": case.jurisdiction, "calendar": case.calendar, "now": case.now}
        wanted = {}
        for act in pack.acts.values():
            here = state.stage in act.stages if act.stages is not None else state.open
            if act.creates or not here:
                continue
            # an independent look: whoever may do the act is told of each thing that its gate misses
            told = [one for one in standing(pack, state, case.actor(30), act.by, **asked) if one.act == act.name]
            lacks = {item.path for one in told for item in one.unmet if item.code == "gate"}
            for item in act.gate:
                path = item.path.removesuffix(".need")
                wanted[act.name, path] = path not in lacks
        found = {(one.act, one.item.path.removesuffix(".need")): one.met for one in gates(pack, state, **asked)}
        assert found == wanted
        seen |= set(found.values())
    assert seen == {True, False}
