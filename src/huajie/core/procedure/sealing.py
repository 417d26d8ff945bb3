"""
Facts of a sealed matter or of a minor's file: out of the entry, into one box of the vault beside it.

Where a fact stood, in the input, in a `fact` effect or in what a request keeps, the entry says `{"@": n}`: it lies in
the box of entry n. The box is one committed text of the entry, named `@facts`, with a salt of its own inside, so that
nobody without the vault's key can try values against the commitment, and erasing goes the way of every other text. A
state folded from such entries holds the same marks; `open_state` and `open_body` put the values back before anything
is decided. What moves the matter stays: topic, region, way in, moments, owners, clocks, outcome.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from huajie.core.ledger import canonical
from huajie.core.procedure.pack import Pack
from huajie.core.procedure.scope import FACTS, OPENING_FIELDS
from huajie.core.procedure.state import State
from huajie.core.procedure.work import Draft

#: Entry -> place in its box (`input category`, `fact category`, `data transfer#1 reason_code`) -> value.
Known = Mapping[int, Mapping[str, Any]]

_MARK: Final = "@"


def is_mark(value: Any) -> bool:
    """Return whether this stands where a fact was taken out."""
    return isinstance(value, dict) and value.keys() == {_MARK}


def seal_facts(pack: Pack, draft: Draft, n: int) -> tuple[Draft, dict[str, Any]]:
    """
    Take the facts out of an act's own draft.

    Args:
        n: number of the entry that it becomes.
    Returns:
        The draft with marks, `@facts` among its texts; the facts by place. The draft itself where it has none.
    """
    values: dict[str, Any] = {}

    def hide(place: str, value: Any) -> dict[str, int]:
        values[place] = value
        return {_MARK: n}

    given: Mapping[str, Any] = draft.input
    if draft.act in pack.acts:
        # what acts of the engine itself are given stands in their effects too, and is no fact of a matter
        given = {
            name: value if name.startswith("@") or name in OPENING_FIELDS else hide(f"input {name}", value)
            for name, value in draft.input.items()
        }
    effects = []
    for effect in draft.effects:
        if effect["e"] == "fact":
            effect = {**effect, "value": hide(f"fact {effect['name']}", effect["value"])}
        elif effect["e"] == "request.opened":
            # a text in it is only the number of the entry that brought it
            data = {
                name: value if isinstance(value, dict) else hide(f"data {effect['key']} {name}", value)
                for name, value in effect["data"].items()
            }
            effect = {**effect, "data": data}
        effects.append(effect)
    if not values:
        return draft, {}
    return replace(draft, input=given, effects=effects, texts=(FACTS, *draft.texts)), values


def box_of(values: Mapping[str, Any], salt: bytes) -> bytes:
    """Return what the vault keeps of one entry's facts, and the entry commits to."""
    return canonical({"salt": salt.hex(), "values": dict(values)})


def values_in(box: bytes) -> dict[str, Any]:
    """Return the facts in an opened box by their place."""
    found: dict[str, Any] = json.loads(box)["values"]
    return found


def _opened(named: Mapping[str, Any], place: str, known: Known) -> dict[str, Any]:
    """Return the facts by name with values for marks; what isn't known is left out."""
    found = {}
    for name, value in named.items():
        if is_mark(value):
            box = known.get(value[_MARK], {})
            if f"{place} {name}" in box:
                found[name] = box[f"{place} {name}"]
        else:
            found[name] = value
    return found


def open_state(state: State, known: Known) -> State:
    """Return a state, folded from entries with marks, with its facts in place; what isn't known is left out."""
    new = state.copy()
    new.facts = _opened(state.facts, "fact", known)
    requests = {}
    for key, request in state.requests.items():
        if any(map(is_mark, request.data.values())):
            request = request.copy()
            request.data = _opened(request.data, f"data {key}", known)
        requests[key] = request
    new.requests = requests
    return new


def open_body(body: Mapping[str, Any], known: Known) -> dict[str, Any]:
    """Return an entry's body with its facts in place; what isn't known is left out, a `fact` effect as a whole."""
    effects = []
    for effect in body["effects"]:
        if effect["e"] == "fact":
            value = _opened({effect["name"]: effect["value"]}, "fact", known)
            if not value:
                continue
            effect = {**effect, "value": value[effect["name"]]}
        elif effect["e"] == "request.opened":
            effect = {**effect, "data": _opened(effect["data"], f"data {effect['key']}", known)}
        effects.append(effect)
    return {**body, "input": _opened(body["input"], "input", known), "effects": effects}


def marks_in(state: State | None, bodies: Iterable[Mapping[str, Any]] = ()) -> frozenset[int]:
    """Return the entries in whose boxes lies what a state and these entries are marked with."""
    values = list(state.facts.values()) if state is not None else []
    for request in state.requests.values() if state is not None else ():
        values += request.data.values()
    for body in bodies:
        values += body["input"].values()
        for effect in body["effects"]:
            values += [effect["value"]] if effect["e"] == "fact" else ()
            values += effect["data"].values() if effect["e"] == "request.opened" else ()
    return frozenset(value[_MARK] for value in values if is_mark(value))
