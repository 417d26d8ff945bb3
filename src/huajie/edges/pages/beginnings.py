"""
What a fresh form begins with: whatever the matter knows already, as the pack says for each field (`begins`).

Nobody types again what stands in the record. What is shown is a proposal: it counts only once somebody sends it.
"""

from huajie.apps.matters.queries import Opened
from huajie.core.jurisdiction import NoOwner, route
from huajie.core.ledger import moment
from huajie.core.procedure import Act, Pack, State
from huajie.edges.pages.reader import Reader


def beginnings(act: Act, opened: Opened, reader: Reader) -> dict[str, str]:
    """Return field -> value for each field of an act that the matter knows something for."""
    found = {}
    for field in act.fields:
        for begin in field.begins:
            value = _value(begin.kind, begin.name, opened, reader)
            if value and (not field.choices or value in field.choices):
                found[field.name] = value
                break
    return found


def _value(kind: str, name: str, opened: Opened, reader: Reader) -> str:
    state = opened.shown
    if kind == "fact":
        fact = state.facts.get(name)
        return "" if fact is None or isinstance(fact, dict | list) else str(fact)
    if kind == "text":
        return opened.texts.get((state.texts.get(name, 0), name), "")
    if kind == "request":
        newest = max(
            (one for one in state.requests.values() if one.kind == name and one.unit),
            key=lambda one: moment(one.opened_at),
            default=None,
        )
        return newest.unit or "" if newest is not None else ""
    return state.unit if kind == "lead" else _routed(opened.tip.pack, state, reader)


def _routed(pack: Pack, state: State, reader: Reader) -> str:
    """Return the unit to which the rules lead the matter now; empty where none does, or it is there already."""
    if not state.topic:
        return ""
    try:
        found = route(
            reader.jurisdiction,
            topic=state.topic,
            region=state.region or None,
            pack=pack.name,
            at=reader.now,
            concerned=frozenset(state.concerned),
        )
    except NoOwner:
        return ""
    return found.unit if found.matched and found.unit != state.unit else ""
