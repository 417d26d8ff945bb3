"""Each word of a condition over states made by hand: which hold, which don't."""

# ruff: noqa: E501  (a row of a table reads best as a row)

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.core.procedure.support import CHINA_2026, COUNTY, PACK, START, STREAM, day, due, person

from huajie.core.access import Actor
from huajie.core.ledger import stamp
from huajie.core.procedure import (
    ChildState,
    ClockState,
    Command,
    DocumentState,
    Pack,
    RequestState,
    State,
    read,
    resolve,
)
from huajie.core.procedure.conditions import compile_condition
from huajie.core.procedure.scope import Scope
from huajie.core.procedure.work import Work

NOW = day("2026-03-20")


def clock(status: str = "running", until: str = "2026-03-24", k: int = 1, ended: str | None = None) -> ClockState:
    return ClockState("reply", k, stamp(START), due(until), until, False, status, ended, 15, "day", [], [])


def request(state: str, kind: str = "task") -> RequestState:
    return RequestState(kind, state, "u.water", None, stamp(START), "u.labour", {}, None)


def child(state: str, outcome: str | None = None) -> ChildState:
    return ChildState("review", "s", "u.gov", state, outcome)


LETTER = resolve(read(Path(__file__).with_name("letter.yaml").read_text(encoding="utf-8"), "letter.yaml", {}))


def letter(*states: str) -> dict[str, Any]:
    return {f"letter#{at + 1}": DocumentState("letter", state, at + 2) for at, state in enumerate(states)}


def holds(
    condition: dict[str, Any], *, texts: str = "", relations: str = "lead_seat", target: str | None = None, **state: Any
) -> bool:
    base: dict[str, Any] = {
        "stage": "working",
        "unit": "u.labour",
        "seat": "s.labour.one",
        "mode": "open",
        "channel": "web",
        "pack": PACK.hash,
    }
    pack: Pack = LETTER if "'document'" in str(condition) else PACK
    scope = Scope(pack.document)
    compiled = compile_condition(condition, "here", scope)
    assert not scope.problems
    assert compiled.raw == condition
    command = Command(
        act="x",
        actor=Actor("seat", person=person(30), seat="s.labour.one", unit="u.labour"),
        relations=frozenset(relations.split()),
        texts=frozenset(texts.split()),
        occurred_at=NOW,
        stream=STREAM,
    )
    work = Work(PACK, State(**{**base, **state}), command, COUNTY, CHINA_2026, NOW, stamp(NOW), NOW, stamp(NOW))
    work.request = target
    found = compiled.holds(work)
    assert type(found) is bool
    return found


REPLY = {"clocks": {"reply": clock()}}
MET_LATE = {"clocks": {"reply": clock("met", "2026-03-18", ended=stamp(day("2026-03-19")))}}
MET_EARLY = {"clocks": {"reply": clock("met", "2026-03-18", ended=stamp(day("2026-03-17")))}}
LATE = {"clocks": {"reply": clock(until="2026-03-19")}}
TWICE = {"clocks": {"reply": clock("stopped", k=1, ended=stamp(START)), "reply#2": clock(k=2)}}


TABLE: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({"stage": "working"}, {}, True),
    ({"stage": "logged"}, {}, False),
    ({"stage": ["logged", "working"]}, {}, True),
    # clocks
    ({"clock": "reply", "is": "none"}, {}, True),
    ({"clock": "reply", "is": "none"}, REPLY, False),
    ({"clock": "reply", "is": "started"}, {}, False),
    ({"clock": "reply", "is": "started"}, MET_LATE, True),
    ({"clock": "reply", "is": "running"}, REPLY, True),
    ({"clock": "reply", "is": "running"}, MET_LATE, False),
    ({"clock": "reply", "is": "met"}, MET_LATE, True),
    ({"clock": "reply", "is": "stopped"}, MET_LATE, False),
    ({"clock": "reply", "is": "late"}, REPLY, False),
    ({"clock": "reply", "is": "late"}, LATE, True),
    ({"clock": "reply", "is": "running"}, LATE, True),
    ({"clock": "reply", "is": "late"}, MET_LATE, True),
    ({"clock": "reply", "is": "late"}, MET_EARLY, False),
    ({"clock": "reply", "is": "late"}, {"clocks": {"reply": clock(until="2026-03-20")}}, False),
    ({"clock": "reply", "is": "running"}, TWICE, True),
    ({"clock": "reply", "is": "stopped"}, TWICE, False),
    ({"clock": "reply", "is": ["met", "stopped"]}, MET_LATE, True),
    ({"clock": "visit", "is": "none"}, REPLY, True),
    # facts
    ({"fact": "category", "is": "help"}, {"facts": {"category": "help"}}, True),
    ({"fact": "category", "is": "help"}, {"facts": {"category": "advice"}}, False),
    ({"fact": "category", "is": "help"}, {}, False),
    ({"fact": "category", "in": ["help", "other"]}, {"facts": {"category": "other"}}, True),
    ({"fact": "category", "in": ["help", "other"]}, {}, False),
    ({"fact": "topics_hit", "is": "road"}, {"facts": {"topics_hit": ["road", "light"]}}, True),
    ({"fact": "topics_hit", "in": ["light"]}, {"facts": {"topics_hit": ["road"]}}, False),
    ({"fact": "urgent", "is": False}, {"facts": {"urgent": False}}, True),
    ({"fact": "urgent", "is": False}, {}, False),
    ({"fact": "people", "at_least": 3}, {"facts": {"people": 3}}, True),
    ({"fact": "people", "at_least": 3}, {"facts": {"people": 2}}, False),
    ({"fact": "people", "at_least": 3}, {}, False),
    ({"fact": "people", "at_least": {"param": "reply_days"}}, {"facts": {"people": 15}}, True),
    ({"fact": "people", "at_least": {"param": "reply_days"}}, {"facts": {"people": 14}}, False),
    ({"fact": "people", "present": True}, {"facts": {"people": 1}}, True),
    ({"fact": "people", "present": True}, {}, False),
    ({"fact": "people", "present": False}, {}, True),
    # texts
    ({"text": "story"}, {}, False),
    ({"text": "story"}, {"texts": "story"}, True),
    # requests
    ({"request": "task", "is": "none"}, {}, True),
    ({"request": "task", "is": "none"}, {"requests": {"transfer#1": request("open", "transfer")}}, True),
    ({"request": "task", "is": "open"}, {"requests": {"task#1": request("open"), "task#2": request("done")}}, True),
    ({"request": "task", "is": "done"}, {"requests": {"task#1": request("open"), "task#2": request("done")}}, False),
    ({"request": "task", "is": "done"}, {"requests": {"task#1": request("accepted")}}, True),
    ({"request": "task", "is": "done"}, {"requests": {"task#1": request("contested")}}, False),
    ({"request": "task", "is": "done"}, {}, False),
    ({"request": "task", "is": "accepted"}, {"requests": {"task#1": request("accepted"), "task#2": request("refused")}}, False),
    ({"request": "task", "is": "refused"}, {"requests": {"task#9": request("accepted"), "task#10": request("refused")}}, True),
    ({"request": "task", "is": ["open", "contested"]}, {"requests": {"task#1": request("contested")}}, True),
    ({"request": "task", "is": "open"}, {"requests": {"task#1": request("contested")}}, False),
    # children
    ({"child": "review", "is": "none"}, {}, True),
    ({"child": "review", "is": "open"}, {"children": {"review#1": child("done"), "review#2": child("open")}}, True),
    ({"child": "review", "is": "done"}, {"children": {"review#1": child("done"), "review#2": child("open")}}, False),
    ({"child": "review", "is": "done"}, {"children": {"review#1": child("done")}}, True),
    ({"child": "review", "outcome": ["kept"]}, {"children": {"review#1": child("done", "changed"), "review#2": child("done", "kept")}}, True),
    ({"child": "review", "outcome": ["changed"]}, {"children": {"review#1": child("done", "changed"), "review#2": child("done", "kept")}}, False),
    ({"child": "review", "outcome": "kept"}, {}, False),
    # documents: the newest version counts, by its number and not by its place
    ({"document": "letter", "is": "none"}, {}, True),
    ({"document": "letter", "is": "draft"}, {}, False),
    ({"document": "letter", "is": "none"}, {"documents": letter("draft")}, False),
    ({"document": "letter", "is": "served"}, {"documents": letter("served")}, True),
    ({"document": "letter", "is": "served"}, {"documents": letter("served", "draft")}, False),
    ({"document": "letter", "is": ["issued", "sealed"]}, {"documents": letter("replaced", "sealed")}, True),
    ({"document": "letter", "is": "countersigned"}, {"documents": letter(*["replaced"] * 9, "countersigned")}, True),
    ({"document": "notice", "is": "none"}, {"documents": letter("withdrawn")}, True),
    ({"document": "letter", "is": "withdrawn"}, {"documents": letter("issued", "withdrawn")}, True),
    # actor, the three facts, mode, channel, counts
    ({"actor": "lead_seat"}, {}, True),
    ({"actor": ["lead_head", "superior"]}, {}, False),
    ({"outcome": "present"}, {}, False),
    ({"outcome": "present"}, {"outcome": {"value": "kept", "at": stamp(NOW)}}, True),
    ({"outcome": "none"}, {}, True),
    ({"outcome": ["kept"]}, {"outcome": {"value": "kept", "at": stamp(NOW)}}, True),
    ({"outcome": "changed"}, {"outcome": {"value": "kept", "at": stamp(NOW)}}, False),
    ({"fulfilment": ["fulfilled"]}, {"fulfilment": {"value": "fulfilled", "at": stamp(NOW)}}, True),
    ({"verdict": ["solved"]}, {"verdict": {"value": "not-solved", "at": stamp(NOW)}}, False),
    ({"mode": "anonymous"}, {}, False),
    ({"mode": ["anonymous", "open"]}, {}, True),
    ({"channel": ["web"]}, {}, True),
    ({"channel": ["letter"]}, {}, False),
    ({"count": "objections", "at_least": 2}, {"counts": {"objections": 2}}, True),
    ({"count": "objections", "at_least": 2}, {"counts": {"objections": 1}}, False),
    ({"count": "children", "at_least": 1}, {"children": {"review#1": child("open")}}, True),
    # computed
    ({"computed": "documents_served"}, {}, True),
    ({"computed": "documents_served"}, {"documents": letter("served", "draft")}, True),
    ({"computed": "documents_served"}, {"documents": letter("sealed", "served")}, False),
    ({"computed": "has_contact"}, {}, False),
    ({"sponsor": "present"}, {}, False),
    ({"sponsor": "none"}, {}, True),
    ({"sponsor": "present"}, {"sponsor": {"unit": "u.gov", "seat": "s.gov.head", "at": stamp(NOW)}}, True),
    ({"part": "present"}, {}, False),
    ({"part": "present"}, {"part_of": "f" * 32}, True),
    ({"part": "none"}, {"part_of": "f" * 32}, False),
    ({"computed": "asked_in_person"}, {}, False),
    ({"computed": "asked_in_person"}, {"requests": {"task#1": request("open")}, "target": "task#1"}, False),
    ({"computed": "asked_in_person"}, {"requests": {"task#1": replace(request("open"), seat="s.labour.one")}, "target": "task#1"}, True),
    ({"computed": "asked_in_person"}, {"requests": {"task#1": replace(request("open"), seat="s.labour.head")}, "target": "task#1"}, False),
    ({"computed": "lead_can_decide"}, {}, True),
    ({"computed": "lead_can_decide"}, {"unit": "u.liutan.east"}, False),
    ({"computed": "routed"}, {}, True),
    ({"computed": "routed"}, {"unmatched": True}, False),
    ({"computed": "routed"}, {"unit": "", "topic": "t.wages", "region": "r.qingshi"}, True),
    ({"computed": "routed"}, {"unit": "", "topic": "t.noise"}, False),
    ({"computed": "handler_alone"}, {"handled_by": [person(30)]}, False),
    ({"computed": "handler_alone"}, {"handled_by": [person(32)]}, True),
    ({"computed": "handler_alone"}, {"unit": "u.water", "handled_by": [person(60)]}, True),
    ({"computed": "has_reviewer"}, {}, False),
    ({"computed": "has_reviewer"}, {"unit": "u.centre"}, True),
    ({"computed": "has_reviewer"}, {"unit": "u.centre", "handled_by": [person(14)]}, False),
    ({"computed": "has_reviewer"}, {"unit": "u.centre", "recused": [person(14)]}, False),
    ({"computed": "within_30_days_of_withdrawal"}, {}, False),
    ({"computed": "within_30_days_of_withdrawal"}, {"open": False, "outcome": {"value": "withdrawn-by-person", "at": stamp(day("2026-02-18"))}}, True),
    ({"computed": "within_30_days_of_withdrawal"}, {"open": False, "outcome": {"value": "withdrawn-by-person", "at": stamp(day("2026-02-18", 9))}}, False),
    ({"computed": "within_30_days_of_withdrawal"}, {"open": False, "outcome": {"value": "kept", "at": stamp(NOW)}}, False),
    # together
    ({"all": [{"stage": "working"}, {"mode": "open"}]}, {}, True),
    ({"all": [{"stage": "working"}, {"mode": "anonymous"}]}, {}, False),
    ({"any": [{"stage": "logged"}, {"mode": "open"}]}, {}, True),
    ({"any": [{"stage": "logged"}, {"mode": "anonymous"}]}, {}, False),
    ({"not": {"stage": "logged"}}, {}, True),
    ({"not": {"not": {"not": {"stage": "working"}}}}, {}, False),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "state", "expected"), TABLE, ids=lambda value: str(value)[:60])
def test_a_condition_holds_exactly_when_the_table_says(
    condition: dict[str, Any], state: dict[str, Any], expected: bool
) -> None:
    assert holds(condition, **state) is expected
    assert holds({"not": condition}, **state) is not expected


def test_a_text_of_an_earlier_act_counts_and_a_contact_under_any_name() -> None:
    def earlier(name: str, condition: dict[str, Any]) -> bool:
        compiled = compile_condition(condition, "here", Scope(PACK.document))
        command = Command(act="x", actor=Actor("system"), occurred_at=NOW)
        work = Work(PACK, State(texts={name: 1}), command, COUNTY, CHINA_2026, NOW, stamp(NOW), NOW, stamp(NOW))
        return compiled.holds(work)

    assert earlier("story", {"text": "story"})
    assert not earlier("story", {"text": "photo"})
    assert earlier("contact", {"computed": "has_contact"})
    assert not earlier("story", {"computed": "has_contact"})


def test_inside_an_act_about_a_request_its_own_clock_is_meant() -> None:
    clocks = {
        "task#task#1": ClockState(
            "task", 1, stamp(START), due("2026-03-11"), None, False, "running", None, 2, "day", [], []
        ),
        "task#task#2": ClockState(
            "task", 2, stamp(START), due("2026-03-31"), None, False, "running", None, 2, "day", [], []
        ),
    }
    asked = {"requests": {"task#1": request("open"), "task#2": request("open")}, "clocks": clocks}
    late = {"clock": "task", "is": "late"}
    assert holds(late, target="task#1", **asked)
    assert not holds(late, target="task#2", **asked)
    assert not holds(late, **asked), "otherwise the newest"


def test_every_word_of_the_language_stands_in_the_table() -> None:
    from huajie.core.procedure.conditions import _BUILD, CHILD_STATES, CLOCK_STATES, COMPUTED, COUNTS, REQUEST_STATES

    def words(node: Any) -> set[str]:
        if isinstance(node, dict):
            return set(node) | {word for value in node.values() for word in words(value)}
        return {word for value in node for word in words(value)} if isinstance(node, list) else {str(node)}

    used = {word for condition, _, _ in TABLE for word in words(condition)}
    assert set(_BUILD) <= used
    assert set(COMPUTED) <= used
    assert set(CLOCK_STATES) <= used
    assert set(CHILD_STATES) <= used
    assert {"none", "open", "accepted", "refused", "contested", "done"} <= used & set(REQUEST_STATES)
    from huajie.core.procedure.conditions import DOCUMENT_STATES

    assert set(DOCUMENT_STATES) <= used
    assert {"objections", "children"} <= used & set(COUNTS)
