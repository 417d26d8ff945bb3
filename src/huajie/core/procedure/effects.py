"""
What an entry may change: the closed list of effects, and the fold.

`fold` reads neither pack nor calendar, so history replays whatever becomes of either. Each effect is a JSON object; `e`
names it. `EFFECTS` holds the keys that each carries besides `e`; an entry with any other effect or key is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from huajie.core.procedure.errors import BadState
from huajie.core.procedure.state import (
    ChildState,
    ClockState,
    DocumentState,
    RequestState,
    State,
    TimerState,
    newest_document,
)

Effect = dict[str, Any]

#: Keys of each effect besides `e`.
EFFECTS: Final[Mapping[str, frozenset[str]]] = {
    name: frozenset(keys.split())
    for name, keys in {
        "opened": "pack_name mode channel topic region sensitivity received_at intake_unit parent",
        "stage": "to",
        "ended": "",
        "reopened": "",
        "fact": "name value",
        "owner": "unit seat superior why",
        "party": "relation unit",
        "unparty": "relation unit",
        "concerned": "who",
        "recused": "person",
        "handled": "person",
        "below": "person",
        "request.opened": "key kind unit seat by data clock",
        "request.alone": "key",
        "request.answered": "key state decider",
        "request.moved": "key unit seat",
        "prepared": "key act target person seat leader",
        "prepared.done": "key",
        "child.opened": "key kind stream unit pack",
        "child.signalled": "key signal state outcome",
        "outcome": "value",
        "fulfilment": "value",
        "verdict": "value",
        "linked": "stream",
        "erased": "texts",
        "replaced": "texts",
        "packed": "from to",
        "counted": "name",
        "fired": "timer",
        "clock.started": "key name k holder at due last_date provisional length unit timers",
        "clock.stopped": "key how at",
        "clock.extended": "key amount unit due last_date provisional timers",
        "clock.excluded": "key from to reason due last_date provisional timers",
        "clock.reset": "key due last_date provisional timers",
        "imported": "source",
        "pool": "on",
        "sponsor": "unit seat",
        "part": "stream",
        "document.drafted": "key kind by",
        "document.countersigned": "key n level by complete",
        "document.issued": "key",
        "document.sealed": "key",
        "document.served": "key way date proof",
        "document.withdrawn": "key",
        "said": "participant value",
        "secret": "participant version",
        "identity.opened": "what purpose unit seat",
        "access.asked": "person unit seat",
        "access.approved": "person until by",
        "access.ended": "person how",
    }.items()
}


def fold(state: State | None, body: Mapping[str, Any]) -> State:
    """
    Return the state after one more entry; the given state stays as it is.

    Args:
        state: the fold of the entries before; None before the first.
        body: the entry's body as `core/ledger` writes it. Read are `n`, `at`, `occurred` (stamps), `effects`, `texts`
            ([[name, commitment], ...]), `pack` and `calendar` (hashes, or None).
    Raises:
        BadState: an entry out of place, an effect that is not in the list, or one about something that isn't there.
    """
    new = State() if state is None else state.copy()
    fold_into(new, body)
    return new


def fold_all(bodies: Iterable[Mapping[str, Any]]) -> State:
    """
    Return the fold of a whole stream, in order.

    Raises:
        BadState: as `fold`, or no entry at all.
    """
    new = State()
    for body in bodies:
        fold_into(new, body)
    if not new.n:
        raise BadState("a matter without entries")
    return new


def fold_into(state: State, body: Mapping[str, Any]) -> None:
    """Fold one entry into a state that nobody else holds."""
    n = body["n"]
    if n != state.n + 1:
        raise BadState(f"entry {n} can't follow entry {state.n}")
    state.n = n
    if n == 1:
        state.recorded_at = body["at"]
    pack = body["pack"]
    if pack is not None:
        state.pack = pack
    calendar = body["calendar"]
    if calendar is not None:
        state.calendar = calendar
    texts = body["texts"]
    if texts:
        state.texts = state.texts | {text[0]: n for text in texts}
    occurred = body["occurred"]
    try:
        for effect in body["effects"]:
            APPLY[effect["e"]](state, effect, occurred)
    except KeyError as error:
        raise BadState(f"entry {n}: {error} is missing or unknown") from error


def apply_effect(state: State, effect: Effect, occurred: str) -> None:
    """Apply one effect to a state that nobody else holds; `occurred` is the stamp of the entry's occurrence."""
    APPLY[effect["e"]](state, effect, occurred)


def check_effect(effect: Mapping[str, Any]) -> None:
    """Raise BadState unless the effect is in the closed list with exactly its keys."""
    name = effect.get("e")
    keys = EFFECTS.get(name) if isinstance(name, str) else None
    if keys is None:
        raise BadState(f"unknown effect {name!r}")
    if effect.keys() - {"e"} != keys:
        wrong = ", ".join(sorted((effect.keys() - {"e"}) ^ keys))
        raise BadState(f"effect {name}: keys missing or unknown: {wrong}")


def _opened(state: State, effect: Effect, occurred: str) -> None:
    state.pack_name = effect["pack_name"]
    state.mode = effect["mode"]
    state.channel = effect["channel"]
    state.topic = effect["topic"]
    state.region = effect["region"]
    state.sensitivity = effect["sensitivity"]
    state.received_at = effect["received_at"]
    state.intake_unit = effect["intake_unit"]
    state.parent = effect["parent"]
    state.open = True


def _stage(state: State, effect: Effect, occurred: str) -> None:
    state.stage = effect["to"]


def _ended(state: State, effect: Effect, occurred: str) -> None:
    state.open = False


def _reopened(state: State, effect: Effect, occurred: str) -> None:
    state.open = True


def _fact(state: State, effect: Effect, occurred: str) -> None:
    state.facts = {**state.facts, effect["name"]: effect["value"]}


def _owner(state: State, effect: Effect, occurred: str) -> None:
    state.unit = effect["unit"]
    state.seat = effect["seat"]
    state.superior = effect["superior"]
    state.unmatched = effect["why"] == "unmatched"


def _party(state: State, effect: Effect, occurred: str) -> None:
    relation, unit = effect["relation"], effect["unit"]
    units = state.parties.get(relation, [])
    if unit not in units:
        state.parties = {**state.parties, relation: [*units, unit]}


def _unparty(state: State, effect: Effect, occurred: str) -> None:
    relation, unit = effect["relation"], effect["unit"]
    units = [one for one in state.parties.get(relation, []) if one != unit]
    parties = {name: old for name, old in state.parties.items() if name != relation}
    state.parties = {**parties, relation: units} if units else parties


def _concerned(state: State, effect: Effect, occurred: str) -> None:
    if effect["who"] not in state.concerned:
        state.concerned = [*state.concerned, effect["who"]]


def _recused(state: State, effect: Effect, occurred: str) -> None:
    if effect["person"] not in state.recused:
        state.recused = [*state.recused, effect["person"]]


def _handled(state: State, effect: Effect, occurred: str) -> None:
    if effect["person"] not in state.handled_by:
        state.handled_by = [*state.handled_by, effect["person"]]


def _below(state: State, effect: Effect, occurred: str) -> None:
    if effect["person"] not in state.below:
        state.below = [*state.below, effect["person"]]


def _request_opened(state: State, effect: Effect, occurred: str) -> None:
    request = RequestState(
        effect["kind"],
        "open",
        effect["unit"],
        effect["seat"],
        occurred,
        effect["by"],
        effect["data"],
        effect["clock"],
    )
    state.requests = {**state.requests, effect["key"]: request}


def _request_alone(state: State, effect: Effect, occurred: str) -> None:
    request = state.requests[effect["key"]].copy()
    request.alone = True
    state.requests = {**state.requests, effect["key"]: request}


def _request_answered(state: State, effect: Effect, occurred: str) -> None:
    request = state.requests[effect["key"]].copy()
    request.state = effect["state"]
    request.answered_at = occurred
    if effect["decider"] is not None:
        request.decider = effect["decider"]
    state.requests = {**state.requests, effect["key"]: request}


def _request_moved(state: State, effect: Effect, occurred: str) -> None:
    request = state.requests[effect["key"]].copy()
    request.unit, request.seat = effect["unit"], effect["seat"]
    state.requests = {**state.requests, effect["key"]: request}


def _prepared(state: State, effect: Effect, occurred: str) -> None:
    kept = {name: effect[name] for name in ("act", "target", "person", "seat", "leader")}
    state.prepared = {**state.prepared, effect["key"]: {**kept, "n": state.n, "at": occurred, "state": "open"}}


def _prepared_done(state: State, effect: Effect, occurred: str) -> None:
    key = effect["key"]
    state.prepared = {**state.prepared, key: {**state.prepared[key], "state": "done"}}


def _child_opened(state: State, effect: Effect, occurred: str) -> None:
    child = ChildState(effect["kind"], effect["stream"], effect["unit"], "open", None)
    state.children = {**state.children, effect["key"]: child}


def _child_signalled(state: State, effect: Effect, occurred: str) -> None:
    old = state.children[effect["key"]]
    outcome = effect["outcome"] if effect["outcome"] is not None else old.outcome
    child = ChildState(old.kind, old.stream, old.unit, effect["state"], outcome, effect["signal"])
    state.children = {**state.children, effect["key"]: child}


def _outcome(state: State, effect: Effect, occurred: str) -> None:
    state.outcome = None if effect["value"] is None else {"value": effect["value"], "at": occurred}


def _fulfilment(state: State, effect: Effect, occurred: str) -> None:
    state.fulfilment = None if effect["value"] is None else {"value": effect["value"], "at": occurred}


def _verdict(state: State, effect: Effect, occurred: str) -> None:
    state.verdict = None if effect["value"] is None else {"value": effect["value"], "at": occurred}


def _linked(state: State, effect: Effect, occurred: str) -> None:
    if effect["stream"] not in state.links:
        state.links = [*state.links, effect["stream"]]


def _erased(state: State, effect: Effect, occurred: str) -> None:
    state.texts = {name: n for name, n in state.texts.items() if name not in effect["texts"]}


def _replaced(state: State, effect: Effect, occurred: str) -> None:
    # The newer version came with this very entry; what goes is what the entries named here had brought.
    return


def _packed(state: State, effect: Effect, occurred: str) -> None:
    if effect["from"] != state.pack and effect["to"] != state.pack:
        raise BadState(f"moved from pack {effect['from']}, but it is under {state.pack}")
    state.pack = effect["to"]


def _counted(state: State, effect: Effect, occurred: str) -> None:
    state.counts = {**state.counts, effect["name"]: state.counts.get(effect["name"], 0) + 1}


def _fired(state: State, effect: Effect, occurred: str) -> None:
    timer = effect["timer"]
    key, _, rung = timer.rpartition("|")
    state.fired = [*state.fired, f"{key}|{state.clocks[key].due_at}|{rung}"]
    state.timers = {name: kept for name, kept in state.timers.items() if name != timer}


def _timers(state: State, key: str, timers: Iterable[Any]) -> None:
    # All timers of one clock are replaced together: those that fired or no longer fit are left out by `decide`.
    start = key + "|"
    new = {name: kept for name, kept in state.timers.items() if not name.startswith(start)} if state.timers else {}
    for rung, act, at in timers:
        new[start + rung] = TimerState(act, at)
    state.timers = new


def _clock_started(state: State, effect: Effect, occurred: str) -> None:
    key = effect["key"]
    clock = ClockState(
        effect["name"],
        effect["k"],
        effect["at"],
        effect["due"],
        effect["last_date"],
        effect["provisional"],
        "running",
        None,
        effect["length"],
        effect["unit"],
        [],
        [],
        effect["holder"],
    )
    state.clocks = {**state.clocks, key: clock}
    _timers(state, key, effect["timers"])


def _clock_stopped(state: State, effect: Effect, occurred: str) -> None:
    key = effect["key"]
    clock = state.clocks[key].copy()
    clock.status = "met" if effect["how"] == "met" else "stopped"
    clock.ended_at = effect["at"]
    state.clocks = {**state.clocks, key: clock}
    _timers(state, key, ())


def _moved(state: State, effect: Effect) -> ClockState:
    key = effect["key"]
    clock = state.clocks[key].copy()
    clock.due_at = effect["due"]
    clock.last_date = effect["last_date"]
    clock.provisional = effect["provisional"]
    state.clocks = {**state.clocks, key: clock}
    _timers(state, key, effect["timers"])
    return clock


def _clock_extended(state: State, effect: Effect, occurred: str) -> None:
    clock = _moved(state, effect)
    clock.extensions = [*clock.extensions, [effect["amount"], effect["unit"]]]


def _clock_excluded(state: State, effect: Effect, occurred: str) -> None:
    clock = _moved(state, effect)
    clock.excluded = [*clock.excluded, [effect["from"], effect["to"], effect["reason"]]]


def _clock_reset(state: State, effect: Effect, occurred: str) -> None:
    _moved(state, effect)


def _imported(state: State, effect: Effect, occurred: str) -> None:
    state.imported = True


def _pool(state: State, effect: Effect, occurred: str) -> None:
    state.pool = effect["on"]


def _sponsor(state: State, effect: Effect, occurred: str) -> None:
    unit, seat = effect["unit"], effect["seat"]
    state.sponsor = None if unit is None else {"unit": unit, "seat": seat, "at": occurred}


def _part(state: State, effect: Effect, occurred: str) -> None:
    state.part_of = effect["stream"]


def _document_drafted(state: State, effect: Effect, occurred: str) -> None:
    documents = dict(state.documents)
    before = newest_document(state, effect["kind"])
    if before is not None and documents[before].state in ("draft", "countersigned"):
        # Nobody signed for the new words: what was drafted before is no longer the document.
        documents[before] = documents[before].copy()
        documents[before].state = "replaced"
    documents[effect["key"]] = DocumentState(effect["kind"], "draft", state.n, effect["by"])
    state.documents = documents


def _document(state: State, effect: Effect) -> DocumentState:
    documents = dict(state.documents)
    one = documents[effect["key"]] = documents[effect["key"]].copy()
    state.documents = documents
    return one


def _document_countersigned(state: State, effect: Effect, occurred: str) -> None:
    one = _document(state, effect)
    one.signed = [*one.signed, [effect["level"], effect["by"]]]
    if effect["complete"]:
        one.state = "countersigned"


def _document_issued(state: State, effect: Effect, occurred: str) -> None:
    one = _document(state, effect)
    one.state, one.issued_at = "issued", occurred


def _document_sealed(state: State, effect: Effect, occurred: str) -> None:
    one = _document(state, effect)
    one.state, one.scan = "sealed", state.n


def _document_served(state: State, effect: Effect, occurred: str) -> None:
    one = _document(state, effect)
    one.state, one.way, one.date, one.proof = "served", effect["way"], effect["date"], effect["proof"]
    one.served_n = state.n


def _document_withdrawn(state: State, effect: Effect, occurred: str) -> None:
    _document(state, effect).state = "withdrawn"


def _said(state: State, effect: Effect, occurred: str) -> None:
    state.said = {**state.said, str(effect["participant"]): effect["value"]}


def _secret(state: State, effect: Effect, occurred: str) -> None:
    state.secrets = {**state.secrets, str(effect["participant"]): effect["version"]}


def _identity_opened(state: State, effect: Effect, occurred: str) -> None:
    state.openings = [
        *state.openings,
        [state.n, occurred, effect["what"], effect["purpose"], effect["unit"], effect["seat"]],
    ]


#: What begins the key of the timer that ends an approval; the rest is the person.
_ACCESS = "@access|"


def _without_timer(state: State, person: str) -> None:
    state.timers = {name: kept for name, kept in state.timers.items() if name != _ACCESS + person}


def _access_asked(state: State, effect: Effect, occurred: str) -> None:
    row = {"state": "asked", "unit": effect["unit"], "seat": effect["seat"], "at": occurred, "until": "", "by": ""}
    state.access = {**state.access, effect["person"]: row}


def _access_approved(state: State, effect: Effect, occurred: str) -> None:
    person = effect["person"]
    if person not in state.access:
        raise BadState("somebody was let in who had not asked")
    row = {**state.access[person], "state": "approved", "until": effect["until"], "by": effect["by"]}
    state.access = {**state.access, person: row}
    state.timers = {**state.timers, _ACCESS + person: TimerState("access-ended", effect["until"])}


def _access_ended(state: State, effect: Effect, occurred: str) -> None:
    person = effect["person"]
    if person not in state.access:
        raise BadState("an approval ended that there was not")
    state.access = {**state.access, person: {**state.access[person], "state": effect["how"]}}
    _without_timer(state, person)


#: How each effect changes a state: (state, effect, stamp of the occurrence).
APPLY: Final[Mapping[str, Callable[[State, Effect, str], None]]] = {
    "opened": _opened,
    "stage": _stage,
    "ended": _ended,
    "reopened": _reopened,
    "fact": _fact,
    "owner": _owner,
    "party": _party,
    "unparty": _unparty,
    "concerned": _concerned,
    "recused": _recused,
    "handled": _handled,
    "below": _below,
    "request.opened": _request_opened,
    "request.alone": _request_alone,
    "request.answered": _request_answered,
    "request.moved": _request_moved,
    "prepared": _prepared,
    "prepared.done": _prepared_done,
    "child.opened": _child_opened,
    "child.signalled": _child_signalled,
    "outcome": _outcome,
    "fulfilment": _fulfilment,
    "verdict": _verdict,
    "linked": _linked,
    "erased": _erased,
    "replaced": _replaced,
    "packed": _packed,
    "counted": _counted,
    "fired": _fired,
    "clock.started": _clock_started,
    "clock.stopped": _clock_stopped,
    "clock.extended": _clock_extended,
    "clock.excluded": _clock_excluded,
    "clock.reset": _clock_reset,
    "imported": _imported,
    "pool": _pool,
    "sponsor": _sponsor,
    "part": _part,
    "document.drafted": _document_drafted,
    "document.countersigned": _document_countersigned,
    "document.issued": _document_issued,
    "document.sealed": _document_sealed,
    "document.served": _document_served,
    "document.withdrawn": _document_withdrawn,
    "said": _said,
    "secret": _secret,
    "identity.opened": _identity_opened,
    "access.asked": _access_asked,
    "access.approved": _access_approved,
    "access.ended": _access_ended,
}
