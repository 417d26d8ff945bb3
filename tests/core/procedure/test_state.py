"""A state is what its entries say: documents and states are exact inverses, and each effect changes what it names."""

# ruff: noqa: E501  (a row of a table reads best as a row)

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huajie.core.ledger import canonical
from huajie.core.procedure import (
    APPLY,
    EFFECTS,
    BadState,
    ChildState,
    ClockState,
    DocumentState,
    RequestState,
    State,
    TimerState,
    check_effect,
    fold,
)

STAMP = "2026-03-09T02:00:00.000000Z"
LATER = "2026-03-10T02:00:00.000000Z"

names = st.from_regex(r"[a-z][a-z0-9_.#|-]{0,12}", fullmatch=True)
stamps = st.sampled_from([STAMP, LATER])
values = st.one_of(st.text(max_size=8), st.integers(-(2**40), 2**40), st.booleans(), st.lists(names, max_size=3))
clocks = st.builds(
    ClockState,
    names,
    st.integers(1, 99),
    stamps,
    stamps,
    st.none() | st.just("2026-03-24"),
    st.booleans(),
    st.sampled_from(["running", "met", "stopped"]),
    st.none() | stamps,
    st.integers(1, 90),
    st.just("day"),
    st.lists(st.just([3, "day"]), max_size=2),
    st.lists(st.just([STAMP, LATER, "hearing"]), max_size=2),
)
requests = st.builds(
    RequestState,
    names,
    st.sampled_from(["open", "accepted", "contested"]),
    st.none() | names,
    st.none() | names,
    stamps,
    st.none() | names,
    st.dictionaries(names, values, max_size=2),
    st.none() | names,
    st.none() | stamps,
    st.none() | names,
    st.booleans(),
)
said = st.none() | st.fixed_dictionaries({"value": names, "at": stamps})
states = st.builds(
    State,
    n=st.integers(0, 999),
    pack=names,
    pack_name=names,
    calendar=names,
    stage=names,
    open=st.booleans(),
    mode=names,
    channel=names,
    topic=names,
    region=names,
    sensitivity=names,
    received_at=stamps,
    recorded_at=stamps,
    unit=names,
    seat=names,
    intake_unit=st.none() | names,
    superior=st.none() | names,
    parties=st.dictionaries(names, st.lists(names, max_size=3), max_size=2),
    concerned=st.lists(names, max_size=2),
    recused=st.lists(names, max_size=2),
    below=st.lists(names, max_size=2),
    handled_by=st.lists(names, max_size=2),
    facts=st.dictionaries(names, values, max_size=4),
    texts=st.dictionaries(names, st.integers(1, 99), max_size=3),
    clocks=st.dictionaries(names, clocks, max_size=3),
    timers=st.dictionaries(names, st.builds(TimerState, names, stamps), max_size=3),
    fired=st.lists(names, max_size=3),
    requests=st.dictionaries(names, requests, max_size=3),
    children=st.dictionaries(
        names,
        st.builds(
            ChildState, names, names, names, st.sampled_from(["open", "done"]), st.none() | names, st.none() | names
        ),
        max_size=2,
    ),
    parent=st.none() | st.fixed_dictionaries({"stream": names, "key": names, "unit": names}),
    outcome=said,
    fulfilment=said,
    verdict=said,
    counts=st.dictionaries(names, st.integers(0, 9), max_size=4),
    links=st.lists(names, max_size=2),
    imported=st.booleans(),
    unmatched=st.booleans(),
    pool=st.booleans(),
    sponsor=st.none() | st.fixed_dictionaries({"unit": names, "seat": names, "at": stamps}),
    part_of=st.none() | names,
    documents=st.dictionaries(
        names,
        st.builds(
            DocumentState,
            names,
            st.sampled_from(["draft", "issued", "served", "replaced"]),
            st.integers(1, 99),
            by=st.none() | names,
            signed=st.lists(st.tuples(st.integers(0, 2), names).map(list), max_size=2),
            issued_at=st.none() | stamps,
            scan=st.none() | st.integers(1, 99),
            way=st.none() | names,
            date=st.none() | st.just("2026-03-24"),
            proof=st.lists(names, max_size=2),
            served_n=st.none() | st.integers(1, 99),
        ),
        max_size=2,
    ),
    said=st.dictionaries(names, names, max_size=2),
    secrets=st.dictionaries(names, st.integers(2, 9), max_size=2),
    prepared=st.dictionaries(names, st.fixed_dictionaries({"act": names, "seat": names, "state": names}), max_size=2),
    openings=st.lists(st.tuples(st.integers(1, 9), stamps, names, names, names, names).map(list), max_size=2),
    access=st.dictionaries(
        names,
        st.fixed_dictionaries(dict.fromkeys(("state", "unit", "seat", "at", "until", "by"), names)),
        max_size=2,
    ),
)
#: Attributes younger than the first states on disk: in the document only where they say something.
YOUNGER = {"sponsor", "part_of", "below", "documents", "said", "secrets", "prepared", "openings", "access"}


@given(states)
def test_document_and_state_are_exact_inverses_also_through_canonical_bytes(state: State) -> None:
    document = state.to_document()
    assert State.from_document(document) == state
    read = json.loads(canonical(document))
    assert read == document
    assert State.from_document(read) == state
    silent = {name for name in YOUNGER if not getattr(state, name) and getattr(state, name) != ""}
    assert set(document) == set(State.__slots__) - silent, "every attribute stands in the document"


@given(states)
def test_a_copy_is_equal_and_apart(state: State) -> None:
    copy = state.copy()
    assert copy == state
    before = canonical(state.to_document())
    for name in EFFECTS:
        for effect in EXAMPLES.get(name, ()):
            try:
                APPLY[name](copy, {"e": name, **effect}, STAMP)
            except (KeyError, BadState, ValueError):
                continue
    assert canonical(state.to_document()) == before, "an effect reached into what a copy shares"


def test_a_document_of_another_shape_is_refused() -> None:
    with pytest.raises(BadState, match="colour"):
        State.from_document({**State().to_document(), "colour": "red"})
    with pytest.raises(BadState, match="not a state"):
        State.from_document({**State().to_document(), "clocks": {"reply": {"name": "reply"}}})


MOVE = {"due": LATER, "last_date": "2026-03-10", "provisional": True, "timers": [["due", "late", LATER]]}
READY = {"key": "prepared#1", "act": "close", "target": None, "person": "p1", "seat": "s.a", "leader": "p2"}
KEPT = {"target": None, "person": "p1", "seat": "s.a", "leader": "p2", "at": STAMP}
EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "stage": [{"to": "working"}],
    "ended": [{}],
    "reopened": [{}],
    "fact": [{"name": "level", "value": 3}],
    "owner": [{"unit": "u.b", "seat": "s.b", "superior": "u.top", "why": "unmatched"}],
    "party": [{"relation": "supporting", "unit": "u.c"}],
    "unparty": [{"relation": "supporting", "unit": "u.a"}],
    "concerned": [{"who": "u.x"}],
    "recused": [{"person": "p1"}],
    "handled": [{"person": "p2"}],
    "below": [{"person": "p3"}],
    "request.opened": [{"key": "t#2", "kind": "t", "unit": "u.b", "seat": None, "by": "u.a", "data": {"d": 1}, "clock": None}],
    "request.alone": [{"key": "t#1"}],
    "request.answered": [{"key": "t#1", "state": "contested", "decider": "u.top"}],
    "request.moved": [{"key": "t#1", "unit": "u.heir", "seat": "s.heir"}],
    "prepared": [{**READY, "key": "prepared#2", "act": "extend"}],
    "prepared.done": [{"key": "prepared#1"}],
    "child.opened": [{"key": "r#2", "kind": "r", "stream": "s2", "unit": "u.top", "pack": "p"}],
    "child.signalled": [{"key": "r#1", "signal": "decided", "state": "done", "outcome": "kept"}],
    "outcome": [{"value": "solved"}],
    "fulfilment": [{"value": "fulfilled"}],
    "verdict": [{"value": None}],
    "linked": [{"stream": "s9"}],
    "erased": [{"texts": ["story"]}],
    "replaced": [{"texts": {"story": 1}}],
    "packed": [{"from": "p1", "to": "p2"}],
    "counted": [{"name": "handoffs"}],
    "fired": [{"timer": "reply|due"}],
    "clock.started": [
        {"key": "b", "name": "b", "k": 2, "holder": "asked", "at": STAMP, "due": LATER, "last_date": None, "provisional": False, "length": 4, "unit": "hour", "timers": [["due", "late", LATER], ["1/2", "remind", STAMP]]}
    ],
    "clock.stopped": [{"key": "reply", "how": "ended", "at": LATER}],
    "clock.extended": [{"key": "reply", "amount": 5, "unit": "day", **MOVE}],
    "clock.excluded": [{"key": "reply", "from": STAMP, "to": LATER, "reason": "hearing", **MOVE}],
    "clock.reset": [{"key": "reply", **MOVE}],
    "imported": [{"source": "nyc"}],
    "pool": [{"on": True}],
    "sponsor": [{"unit": "u.top", "seat": "s.top"}],
    "part": [{"stream": "s7"}],
    "document.drafted": [{"key": "o#3", "kind": "o", "by": "p1"}],
    "document.countersigned": [{"key": "o#2", "n": 1, "level": 1, "by": "p2", "complete": True}],
    "document.issued": [{"key": "o#2"}],
    "document.sealed": [{"key": "o#2"}],
    "document.served": [{"key": "o#2", "way": "hand", "date": "2026-03-08", "proof": ["slip"]}],
    "document.withdrawn": [{"key": "o#2"}],
    "said": [{"participant": 2, "value": "partly"}],
    "secret": [{"participant": 1, "version": 2}],
    "identity.opened": [{"what": "contact", "purpose": "reach", "unit": "u.a", "seat": "s.a"}],
    "access.asked": [{"person": "p3", "unit": "u.b", "seat": "s.b"}],
    "access.approved": [{"person": "p1", "until": LATER, "by": "p9"}],
    "access.ended": [{"person": "p2", "how": "revoked"}],
}  # fmt: skip
OPENED = {
    "e": "opened",
    "pack_name": "p",
    "mode": "open",
    "channel": "web",
    "topic": "t",
    "region": "r",
    "sensitivity": "ordinary",
    "received_at": STAMP,
    "intake_unit": "u.in",
    "parent": None,
}
RUNNING = {
    "e": "clock.started",
    "key": "reply",
    "name": "reply",
    "k": 1,
    "holder": "lead",
    "at": STAMP,
    "due": STAMP,
    "last_date": "2026-03-09",
    "provisional": False,
    "length": 15,
    "unit": "day",
    "timers": [["due", "late", STAMP], ["2/3", "remind", STAMP]],
}


def body(n: int, *effects: dict[str, Any], texts: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    return {
        "n": n,
        "at": LATER,
        "occurred": STAMP,
        "pack": "p1",
        "calendar": "c1",
        "texts": [[name, "x"] for name in texts],
        "effects": list(effects),
        **more,
    }


def start() -> State:
    return fold(
        None,
        body(
            1,
            OPENED,
            {"e": "stage", "to": "logged"},
            {"e": "owner", "unit": "u.a", "seat": "s.a", "superior": None, "why": "routed"},
            {"e": "party", "relation": "supporting", "unit": "u.a"},
            RUNNING,
            {
                "e": "request.opened",
                "key": "t#1",
                "kind": "t",
                "unit": "u.b",
                "seat": None,
                "by": None,
                "data": {},
                "clock": None,
            },
            {"e": "child.opened", "key": "r#1", "kind": "r", "stream": "s1", "unit": "u.top", "pack": "p"},
            {"e": "verdict", "value": "solved"},
            {"e": "document.drafted", "key": "o#1", "kind": "o", "by": "p0"},
            {"e": "document.issued", "key": "o#1"},
            {"e": "document.drafted", "key": "o#2", "kind": "o", "by": "p1"},
            {"e": "prepared", **READY},
            texts=("story", "photo"),
        ),
    )


def test_the_first_entry_makes_the_matter() -> None:
    state = start()
    assert (state.n, state.pack, state.pack_name, state.calendar) == (1, "p1", "p", "c1")
    assert (state.received_at, state.recorded_at, state.intake_unit) == (STAMP, LATER, "u.in")
    assert state.texts == {"story": 1, "photo": 1}
    assert state.open


#: effect -> the parts of the document that it changes, by hand
CHANGES: dict[str, dict[str, Any]] = {
    "stage": {"stage": "working"},
    "ended": {"open": False},
    "reopened": {},
    "fact": {"facts": {"level": 3}},
    "owner": {"unit": "u.b", "seat": "s.b", "superior": "u.top", "unmatched": True},
    "party": {"parties": {"supporting": ["u.a", "u.c"]}},
    "unparty": {"parties": {}},
    "concerned": {"concerned": ["u.x"]},
    "recused": {"recused": ["p1"]},
    "handled": {"handled_by": ["p2"]},
    "below": {"below": ["p3"]},
    "outcome": {"outcome": {"value": "solved", "at": STAMP}},
    "fulfilment": {"fulfilment": {"value": "fulfilled", "at": STAMP}},
    "verdict": {"verdict": None},
    "linked": {"links": ["s9"]},
    "erased": {"texts": {"photo": 1}},
    "replaced": {},
    "packed": {"pack": "p2"},
    "counted": {"counts": {"handoffs": 1, "objections": 0, "reopenings": 0, "extensions": 0}},
    "fired": {"fired": [f"reply|{STAMP}|due"], "timers": {"reply|2/3": {"act": "remind", "at": STAMP}}},
    "imported": {"imported": True},
    "pool": {"pool": True},
    "sponsor": {"sponsor": {"unit": "u.top", "seat": "s.top", "at": STAMP}},
    "part": {"part_of": "s7"},
    "said": {"said": {"2": "partly"}},
    "secret": {"secrets": {"1": 2}},
    "identity.opened": {"openings": [[2, STAMP, "contact", "reach", "u.a", "s.a"]]},
}
#: effect -> (table, key, fields that differ from before)
RECORDS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "request.opened": (
        "requests",
        "t#2",
        {"kind": "t", "state": "open", "unit": "u.b", "seat": None, "opened_at": STAMP, "opened_by_unit": "u.a", "data": {"d": 1}, "clock": None, "answered_at": None, "decider": None},
    ),
    "request.alone": ("requests", "t#1", {"alone": True}),
    "request.answered": ("requests", "t#1", {"state": "contested", "answered_at": STAMP, "decider": "u.top"}),
    "request.moved": ("requests", "t#1", {"unit": "u.heir", "seat": "s.heir"}),
    "prepared": ("prepared", "prepared#2", {**KEPT, "act": "extend", "n": 2, "state": "open"}),
    "prepared.done": ("prepared", "prepared#1", {"state": "done"}),
    "child.opened": (
        "children",
        "r#2",
        {"kind": "r", "stream": "s2", "unit": "u.top", "state": "open", "outcome": None, "signal": None},
    ),
    "child.signalled": ("children", "r#1", {"state": "done", "outcome": "kept", "signal": "decided"}),
    "clock.started": (
        "clocks",
        "b",
        {"name": "b", "k": 2, "started_at": STAMP, "due_at": LATER, "last_date": None, "provisional": False, "status": "running", "ended_at": None, "length": 4, "unit": "hour", "extensions": [], "excluded": [], "holder": "asked"},
    ),
    "clock.stopped": ("clocks", "reply", {"status": "stopped", "ended_at": LATER}),
    "clock.extended": (
        "clocks",
        "reply",
        {"due_at": LATER, "last_date": "2026-03-10", "provisional": True, "extensions": [[5, "day"]]},
    ),
    "clock.excluded": (
        "clocks",
        "reply",
        {"due_at": LATER, "last_date": "2026-03-10", "provisional": True, "excluded": [[STAMP, LATER, "hearing"]]},
    ),
    "clock.reset": ("clocks", "reply", {"due_at": LATER, "last_date": "2026-03-10", "provisional": True}),
    # the version before was not issued yet: beside the new one it changes too, as the test below says
    "document.countersigned": ("documents", "o#2", {"state": "countersigned", "signed": [[1, "p2"]]}),
    "document.issued": ("documents", "o#2", {"state": "issued", "issued_at": STAMP}),
    "document.sealed": ("documents", "o#2", {"state": "sealed", "scan": 2}),
    "document.served": (
        "documents",
        "o#2",
        {"state": "served", "way": "hand", "date": "2026-03-08", "proof": ["slip"], "served_n": 2},
    ),
    "document.withdrawn": ("documents", "o#2", {"state": "withdrawn"}),
    "access.asked": (
        "access",
        "p3",
        {"state": "asked", "unit": "u.b", "seat": "s.b", "at": STAMP, "until": "", "by": ""},
    ),
    "access.approved": ("access", "p1", {"state": "approved", "until": LATER, "by": "p9"}),
    "access.ended": ("access", "p2", {"state": "revoked"}),
}  # fmt: skip
TIMERS: dict[str, set[str]] = {
    "clock.started": {"reply|due", "reply|2/3", "b|due", "b|1/2"},
    "clock.stopped": set(),
    "clock.extended": {"reply|due"},
    "clock.excluded": {"reply|due"},
    "clock.reset": {"reply|due"},
    "access.asked": {"reply|due", "reply|2/3", "@access|p2"},
    "access.approved": {"reply|due", "reply|2/3", "@access|p1", "@access|p2"},
    "access.ended": {"reply|due", "reply|2/3"},
}


def test_every_effect_of_the_closed_list_stands_in_these_tables() -> None:
    told = {"opened", "document.drafted", *CHANGES, *RECORDS}
    assert set(EFFECTS) == set(APPLY) == told == {"opened", *EXAMPLES}


def test_a_new_draft_replaces_what_was_not_issued_and_leaves_what_was() -> None:
    before = start()
    assert {key: one.state for key, one in before.documents.items()} == {"o#1": "issued", "o#2": "draft"}
    effect = {"e": "document.drafted", **EXAMPLES["document.drafted"][0]}
    check_effect(effect)
    after = fold(before, body(2, effect)).to_document()["documents"]
    assert after == {
        "o#1": {"kind": "o", "state": "issued", "n": 1, "by": "p0", "issued_at": STAMP},
        "o#2": {"kind": "o", "state": "replaced", "n": 1, "by": "p1"},
        "o#3": {"kind": "o", "state": "draft", "n": 2, "by": "p1"},
    }
    assert before.documents["o#2"].state == "draft", "the state before is a value"


def test_a_signature_among_several_leaves_a_draft() -> None:
    effect = {**EXAMPLES["document.countersigned"][0], "e": "document.countersigned", "complete": False}
    one = fold(start(), body(2, effect)).documents["o#2"]
    assert (one.state, one.signed) == ("draft", [[1, "p2"]])


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_an_effect_changes_what_it_names_and_nothing_else(name: str) -> None:
    before = start()
    document = before.to_document()
    effect = {"e": name, **EXAMPLES[name][0]}
    check_effect(effect)
    after = fold(before, body(2, effect)).to_document()
    assert before.to_document() == document, "the state before is a value"
    assert {key: value for key, value in after.items() if document.get(key) != value} == {
        "n": 2,
        **{key: value for key, value in CHANGES[name].items() if document.get(key) != value},
    }
    for key, value in CHANGES[name].items():
        assert after[key] == value


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_an_effect_changes_one_record_and_its_timers(name: str) -> None:
    before = start()
    if name.startswith("access."):
        before = fold(
            before,
            body(
                2,
                {"e": "access.asked", "person": "p1", "unit": "u.b", "seat": "s.b"},
                {"e": "access.asked", "person": "p2", "unit": "u.b", "seat": "s.b"},
                {"e": "access.approved", "person": "p2", "until": LATER, "by": "p9"},
            ),
        )
    effect = {"e": name, **EXAMPLES[name][0]}
    check_effect(effect)
    after = fold(before, body(before.n + 1, effect)).to_document()
    table, key, fields = RECORDS[name]
    old = before.to_document()
    assert after[table][key] == {**old[table].get(key, {}), **fields}
    assert {other: value for other, value in after[table].items() if other != key} == {
        other: value for other, value in old[table].items() if other != key
    }
    if name in TIMERS:
        assert set(after["timers"]) == TIMERS[name]
    assert {other for other in after if after[other] != old[other]} <= {"n", table, "timers"}


def test_stopping_as_met_says_so() -> None:
    effect = {"e": "clock.stopped", "key": "reply", "how": "met", "at": LATER}
    assert fold(start(), body(2, effect)).clocks["reply"].status == "met"


def test_what_is_said_twice_stands_once() -> None:
    state = start()
    for effect in (
        {"e": "concerned", "who": "u.x"},
        {"e": "handled", "person": "p"},
        {"e": "linked", "stream": "s"},
        {"e": "recused", "person": "p"},
    ):
        state = fold(fold(state, body(state.n + 1, effect)), body(state.n + 2, effect))
    assert (state.concerned, state.handled_by, state.links, state.recused) == (["u.x"], ["p"], ["s"], ["p"])


def test_a_newer_text_of_the_same_name_takes_its_place() -> None:
    assert fold(start(), body(2, texts=("story",))).texts == {"story": 2, "photo": 1}


def test_an_entry_without_pack_or_calendar_leaves_both() -> None:
    after = fold(start(), body(2, pack=None, calendar=None))
    assert (after.pack, after.calendar) == ("p1", "c1")


@pytest.mark.parametrize(
    "effect",
    [
        {"e": "promoted"},
        {"e": "stage"},
        {"e": "stage", "to": "x", "why": "y"},
        {"to": "x"},
        {"e": ["stage"], "to": "x"},
    ],
)
def test_effects_outside_the_closed_list_are_refused(effect: dict[str, Any]) -> None:
    with pytest.raises(BadState):
        check_effect(effect)


def test_effects_about_what_is_not_there_are_refused() -> None:
    for effect in (
        {"e": "clock.stopped", "key": "nothing", "how": "met", "at": STAMP},
        {"e": "request.answered", "key": "t#9", "state": "done", "decider": None},
        {"e": "packed", "from": "elsewhere", "to": "p3"},
    ):
        with pytest.raises(BadState):
            fold(start(), body(2, effect))
