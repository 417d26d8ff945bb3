"""
Conditions: from the words of a pack to one function of the work at hand.

`all / any / not` over stage, clock state, typed fact, presence of a text, request state, child state, the actor's
relation, the three facts of an ending, counts, and a few computed facts that the engine itself knows. Nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from huajie.core.access import DENIALS, RELATION_NAMES
from huajie.core.jurisdiction import NoOwner
from huajie.core.ledger import moment
from huajie.core.procedure.scope import Scope
from huajie.core.procedure.state import LIVE, newest_clock, newest_document, newest_request
from huajie.core.procedure.work import Work

Test = Callable[[Work], bool]

CLOCK_STATES: Final = ("running", "late", "met", "stopped", "none", "started")
REQUEST_STATES: Final = ("none", "open", "accepted", "refused", "contested", "withdrawn", "lapsed", "done")
CHILD_STATES: Final = ("none", "open", "done")
DOCUMENT_STATES: Final = ("none", "draft", "countersigned", "issued", "sealed", "served", "withdrawn")
COUNTS: Final = ("handoffs", "objections", "reopenings", "extensions", "children")
#: How long a withdrawal can be taken back.
UNDO = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition as written, and as a function."""

    raw: Mapping[str, Any]
    holds: Test


def compile_condition(raw: Mapping[str, Any], path: str, scope: Scope) -> Condition:
    """Return the compiled condition; unknown names are noted in the scope."""
    return Condition(raw, _compile(raw, path, scope))


def is_relation(name: str, scope: Scope) -> bool:
    """Return whether a word names a relation of `core/access`."""
    if name in RELATION_NAMES and name not in DENIALS:
        return True
    kind = name.partition(":")[2]
    return name.startswith("asked:") and kind in scope.names("requests")


def need_relations(names: Iterable[str], path: str, scope: Scope) -> None:
    """Note every word that names no relation."""
    known = {*RELATION_NAMES, *(f"asked:{kind}" for kind in scope.names("requests"))} - DENIALS
    for index, name in enumerate(names):
        scope.need(f"{path}[{index}]", "relation", name, known)


def handler_alone(work: Work) -> bool:
    """Return whether nobody is left in the lead unit who could verify without having handled the matter."""
    return not has_verifier(work)


def has_verifier(work: Work) -> bool:
    """Return whether somebody on a verifier's seat of the lead unit neither handled the matter nor is concerned."""
    state = work.state
    jurisdiction = work.jurisdiction
    barred = work.barred()
    for seat in jurisdiction.seats_of_unit(state.unit):
        if "verifier" in seat.roles:
            for person in jurisdiction.persons_of(seat.id, work.now):
                if person in barred or person in state.concerned:
                    continue
                if person not in state.handled_by and person not in state.recused:
                    return True
    return False


def reviewer_seat(work: Work, unit: str, without: frozenset[str]) -> str | None:
    """Return the first seat of a unit that is a reviewer's and on which somebody else than these persons sits."""
    jurisdiction = work.jurisdiction
    for seat in jurisdiction.seats_of_unit(unit):
        if "reviewer" in seat.roles:
            if any(person not in without for person in jurisdiction.persons_of(seat.id, work.now)):
                return seat.id
    return None


def reviewer_of_lead(work: Work) -> str | None:
    """Return the reviewer's seat of the lead unit itself, on which somebody sits who had no part in the matter."""
    state = work.state
    without = work.concerned() | work.barred() | frozenset(state.recused) | frozenset(state.handled_by)
    return reviewer_seat(work, state.unit, without)


def _has_contact(work: Work) -> bool:
    known = work.state.texts
    return any(name in known or name in work.texts for name in work.pack.contact_fields)


def _lead_can_decide(work: Work) -> bool:
    unit = work.jurisdiction.units.get(work.state.unit or None)
    return unit is not None and unit.active and unit.can_decide


def _routed(work: Work) -> bool:
    state = work.state
    if state.unit:
        return not state.unmatched
    try:
        return work.routed().matched
    except NoOwner:
        return False


def _documents_served(work: Work) -> bool:
    return not any(one.state in ("issued", "sealed") for one in work.state.documents.values())


def _within_30_days_of_withdrawal(work: Work) -> bool:
    outcome = work.state.outcome
    return (
        outcome is not None
        and outcome["value"].startswith("withdrawn")
        and work.now <= moment(outcome["at"]) + UNDO
        and not work.state.open
    )


def _asked_in_person(work: Work) -> bool:
    """Return whether the actor acts from the very seat that the request of this act is addressed to."""
    request = work.state.requests.get(work.request) if work.request is not None else None
    if request is None or request.seat is None:
        return False
    return request.seat == work.actor.seat or request.seat in work.actor.answer_seats


def _has_reviewer(work: Work) -> bool:
    """Return whether somebody sits on a reviewer's seat of the lead unit who had no part in the matter."""
    return reviewer_of_lead(work) is not None


COMPUTED: Final[Mapping[str, Test]] = {
    "asked_in_person": _asked_in_person,
    "handler_alone": handler_alone,
    "has_reviewer": _has_reviewer,
    "documents_served": _documents_served,
    "has_contact": _has_contact,
    "lead_can_decide": _lead_can_decide,
    "routed": _routed,
    "within_30_days_of_withdrawal": _within_30_days_of_withdrawal,
}


def _words(value: Any) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list) else (value,)


def _compile(raw: Mapping[str, Any], path: str, scope: Scope) -> Test:
    for word, build in _BUILD.items():
        if word in raw:
            return build(raw, f"{path}.{word}", scope)
    scope.say(path, "a condition needs one of the known words")
    return lambda work: False


def _all(raw: Mapping[str, Any], path: str, scope: Scope) -> Test:
    tests = tuple(_compile(part, f"{path}[{index}]", scope) for index, part in enumerate(raw["all"]))

    def holds(work: Work) -> bool:
        for test in tests:
            if not test(work):
                return False
        return True

    return holds


def _any(raw: Mapping[str, Any], path: str, scope: Scope) -> Test:
    tests = tuple(_compile(part, f"{path}[{index}]", scope) for index, part in enumerate(raw["any"]))

    def holds(work: Work) -> bool:
        for test in tests:
            if test(work):
                return True
        return False

    return holds


def _not(raw: Mapping[str, Any], path: str, scope: Scope) -> Test:
    test = _compile(raw["not"], path, scope)
    return lambda work: not test(work)


def _stage(raw: Mapping[str, Any], path: str, scope: Scope) -> Test:
    stages = frozenset(_words(raw["stage"]))
    for name in sorted(stages):
        scope.need(path, "stage", name, scope.names("stages"))
    return lambda work: work.state.stage in stages


def _clock(raw: Mapping[str, Any], path: str, scope: Scope) -> Test:
    name, states = raw["clock"], frozenset(_words(raw["is"]))
    scope.need(path, "clock", name, scope.names("clocks"))

    def holds(work: Work) -> bool:
        clocks = work.state.clocks
        clock = clocks.get(f"{name}#{work.request}") if work.request is not None else None
        if clock is None:
            found = newest_clock(work.state, name)
            if found is None:
                return "none" in states
            clock = found[1]
        if clock.status in states or "started" in states:
            return True
        if "late" in states:
            return clock.due_at <= (clock.ended_at or work.now_stamp)
        return False

    return holds


def _fact(raw: Mapping[str, Any], path: str, scope: Scope) -> Test:
    name = raw["fact"]
    known = scope.need(path, "fact", name, scope.names("facts"))
    kind = scope.fact_type(name)
    if known and kind not in FACT_KINDS:
        scope.say(path, f"'{name}' is a {kind}: what it says is never read", f"use {{text: {name}}}")
    declared = (scope.document.get("facts") or {}).get(name, {})

    def check(values: Iterable[Any]) -> None:
        for value in values:
            if kind in ("choice", "choices") and isinstance(declared.get("choices"), dict):
                scope.need(path.rpartition(".")[0], f"choice of '{name}'", str(value), declared["choices"])
            elif kind == "boolean" and not isinstance(value, bool):
                scope.say(path, f"'{name}' is true or false, not {value!r}")
            elif kind == "integer" and type(value) is not int:
                scope.say(path, f"'{name}' is a whole number, not {value!r}")

    if "present" in raw:
        wanted = raw["present"]
        return lambda work: (work.state.facts.get(name) is not None) is wanted
    if "at_least" in raw:
        if known and kind != "integer":
            scope.say(path, f"'{name}' is a {kind}: only whole numbers can be at least something")
        number = compile_number(raw["at_least"], f"{path.rpartition('.')[0]}.at_least", scope)

        def at_least(work: Work) -> bool:
            value, least = work.state.facts.get(name), number(work)
            return type(value) is int and least is not None and value >= least

        return at_least
    values = raw["in"] if "in" in raw else [raw["is"]]
    check(values)
    if kind == "choices":
        return lambda work: any(value in (work.state.facts.get(name) or ()) for value in values)
    if "in" in raw:
        return lambda work: work.state.facts.get(name) in values
    only = raw["is"]
    return lambda work: bool(work.state.facts.get(name) == only)


FACT_KINDS: Final = frozenset(
    {"choice", "choices", "boolean", "integer", "date", "moment", "unit", "seat", "region", "topic", "matter"}
)


def _text(raw: Mapping[str, Any], path: str, scope: Scope) -> Test:
    name = raw["text"]
    scope.need(path, "text", name, text_names(scope.document))
    return lambda work: name in work.texts or name in work.state.texts


def text_names(document: Mapping[str, Any]) -> dict[str, str]:
    """Return name -> type of every committed field that a pack declares or asks for."""
    found = {
        name: fact["type"]
        for name, fact in (document.get("facts") or {}).items()
        if fact.get("type") in ("text", "longtext", "point", "file", "contact")
    }
    for act in (document.get("acts") or {}).values():
        for one in (act.get("form") or {}).get("fields") or ():
            if one.get("type") in ("text", "longtext", "point", "file", "contact"):
                found[one["name"]] = one["type"]
    return found


def _request(raw: Mapping[str, Any], path: str, scope: Scope) -> Test:
    kind, states = raw["request"], frozenset(_words(raw["is"]))
    scope.need(path, "request", kind, scope.names("requests"))

    def holds(work: Work) -> bool:
        requests = work.state.requests
        newest = newest_request(work.state, kind) if requests else None
        if newest is None:
            return "none" in states
        state = requests[newest].state
        if state in states and state != "done":
            return True
        if "open" in states and any(one.kind == kind and one.state == "open" for one in requests.values()):
            return True
        return "done" in states and not any(one.kind == kind and one.state in LIVE for one in requests.values())

    return holds


def _child(raw: Mapping[str, Any], path: str, scope: Scope) -> Test:
    kind = raw["child"]
    scope.need(path, "child", kind, scope.names("children"))
    if "outcome" in raw:
        outcomes = frozenset(_words(raw["outcome"]))

        def told(work: Work) -> bool:
            found = [(int(key.rpartition("#")[2]), one) for key, one in work.state.children.items() if one.kind == kind]
            return bool(found) and max(found, key=lambda pair: pair[0])[1].outcome in outcomes

        return told
    states = frozenset(_words(raw["is"]))

    def holds(work: Work) -> bool:
        found = [one for one in work.state.children.values() if one.kind == kind]
        if not found:
            return "none" in states
        return ("open" if any(one.state == "open" for one in found) else "done") in states

    return holds


def _document(raw: Mapping[str, Any], path: str, scope: Scope) -> Test:
    kind, states = raw["document"], frozenset(_words(raw["is"]))
    scope.need(path, "document", kind, scope.names("documents"))

    def holds(work: Work) -> bool:
        newest = newest_document(work.state, kind) if work.state.documents else None
        return ("none" if newest is None else work.state.documents[newest].state) in states

    return holds


def _actor(raw: Mapping[str, Any], path: str, scope: Scope) -> Test:
    wanted = frozenset(_words(raw["actor"]))
    need_relations(sorted(wanted), path, scope)
    return lambda work: not wanted.isdisjoint(work.relations)


def _ending_fact(word: str, table: str) -> Callable[[Mapping[str, Any], str, Scope], Test]:
    def build(raw: Mapping[str, Any], path: str, scope: Scope) -> Test:
        wanted = raw[word]
        if wanted in ("present", "none"):
            present = wanted == "present"
            return lambda work: (getattr(work.state, word) is not None) is present
        values = frozenset(_words(wanted))
        for value in sorted(values):
            scope.need(path, word, value, scope.names(table))

        def holds(work: Work) -> bool:
            found = getattr(work.state, word)
            return found is not None and found["value"] in values

        return holds

    return build


def _plain(word: str, table: str) -> Callable[[Mapping[str, Any], str, Scope], Test]:
    def build(raw: Mapping[str, Any], path: str, scope: Scope) -> Test:
        values = frozenset(_words(raw[word]))
        for value in sorted(values):
            scope.need(path, word, value, scope.names(table))
        return lambda work: getattr(work.state, word) in values

    return build


def _there(word: str, name: str) -> Callable[[Mapping[str, Any], str, Scope], Test]:
    def build(raw: Mapping[str, Any], path: str, scope: Scope) -> Test:
        present = raw[word] == "present"
        return lambda work: (getattr(work.state, name) is not None) is present

    return build


def _count(raw: Mapping[str, Any], path: str, scope: Scope) -> Test:
    name = raw["count"]
    scope.need(path, "count", name, COUNTS)
    number = compile_number(raw["at_least"], f"{path.rpartition('.')[0]}.at_least", scope)
    if name == "children":
        return lambda work: len(work.state.children) >= (number(work) or 0)
    return lambda work: work.state.counts.get(name, 0) >= (number(work) or 0)


def _computed(raw: Mapping[str, Any], path: str, scope: Scope) -> Test:
    name = raw["computed"]
    scope.need(path, "computed fact", name, COMPUTED)
    return COMPUTED.get(name, lambda work: False)


_BUILD: Final[Mapping[str, Callable[[Mapping[str, Any], str, Scope], Test]]] = {
    "all": _all,
    "any": _any,
    "not": _not,
    "stage": _stage,
    "clock": _clock,
    "fact": _fact,
    "text": _text,
    "request": _request,
    "child": _child,
    "document": _document,
    "actor": _actor,
    "outcome": _ending_fact("outcome", "outcomes"),
    "fulfilment": _ending_fact("fulfilment", "fulfilments"),
    "verdict": _ending_fact("verdict", "verdicts"),
    "mode": _plain("mode", "modes"),
    "channel": _plain("channel", "channels"),
    "count": _count,
    "computed": _computed,
    "sponsor": _there("sponsor", "sponsor"),
    "part": _there("part", "part_of"),
}


def compile_number(raw: Any, path: str, scope: Scope) -> Callable[[Work], int | None]:
    """
    Return a whole number as a function: itself, `{param: name}`, `{fact: name}` or `{field: name}`.

    A parameter may be a table by a choice fact. None where a fact or field isn't there.
    """
    if isinstance(raw, int):
        return lambda work: raw
    if "param" in raw:
        name = raw["param"]
        scope.need(f"{path}.param", "parameter", name, scope.names("parameters"))
        parameter = (scope.document.get("parameters") or {}).get(name, {"value": 1})
        if "by" not in parameter:
            value: int = parameter.get("value", 1)
            return lambda work: value
        fact, table, other = parameter["by"], dict(parameter.get("table") or {}), parameter.get("else")

        def look_up(work: Work) -> int | None:
            key = work.state.facts.get(fact)
            found: int | None = table.get(key, other) if isinstance(key, str) else other
            return found

        return look_up
    word = "fact" if "fact" in raw else "field"
    name = raw[word]
    if word == "fact":
        if scope.need(f"{path}.fact", "fact", name, scope.names("facts")) and scope.fact_type(name) != "integer":
            scope.say(f"{path}.fact", f"'{name}' is no whole number")
    else:
        need_field(name, f"{path}.field", scope)

    def read(work: Work) -> int | None:
        # What belongs to the act or its request is nearer than what is known of the whole matter.
        value = work.given(name)
        if value is None:
            value = work.state.facts.get(name)
        return value if type(value) is int else None

    return read


def need_field(name: str, path: str, scope: Scope) -> None:
    """Note a field that neither the act's form nor the data of the request that it is about has."""
    known = set(scope.fields)
    if scope.on is not None:
        known |= request_data(scope.document, scope.on)
    scope.need(path, "field of this act", name, known)


def request_data(document: Mapping[str, Any], kind: str) -> set[str]:
    """Return the names kept with requests of a kind, wherever they are opened."""
    found: set[str] = set()
    for act in (document.get("acts") or {}).values():
        _data(act.get("effects") or (), kind, found)
    for child in (document.get("children") or {}).values():
        for effects in (child.get("signals") or {}).values():
            _data(effects, kind, found)
    return found


def _data(effects: Iterable[Mapping[str, Any]], kind: str, found: set[str]) -> None:
    for effect in effects:
        if "when" in effect:
            _data(effect.get("then") or (), kind, found)
            _data(effect.get("else") or (), kind, found)
        elif effect.get("request") == kind and effect.get("open"):
            found.update(effect.get("data") or ())
