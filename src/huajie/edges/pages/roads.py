"""
The road of a matter: the stages it has passed, the one it is in, and those that come next if nothing unusual happens.

A pack lists its stages in the order of the usual way. From a stage the next one is the nearest later stage that an act
of ours leads to; what only the resident or a clock can bring about (a withdrawal, a request for review) is a choice,
not a step of the road.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _

from huajie.core.ledger import moment
from huajie.core.procedure import Act, Pack, Stage, State
from huajie.core.procedure.pack import walk_effects
from huajie.core.procedure.phrases import Words
from huajie.edges.pages import dates
from huajie.edges.pages.clocks import ClockView
from huajie.edges.pages.reader import Reader

_NOT_OURS = frozenset({"resident", "system", "import", "archivist"})
#: Longest road that is shown; no pack comes near.
_MOST = 30


def targets(act: Act) -> tuple[str, ...]:
    """Return the stages that an act may lead to, in the order of its effects."""
    return tuple(
        effect["stage"] for _path, effect in walk_effects(act.raw.get("effects") or (), "") if "stage" in effect
    )


@lru_cache(maxsize=1024)
def next_step(pack: Pack, stage: str) -> tuple[str, str] | None:
    """Return the next stage of the usual way and the act that leads to it, or None at its end."""
    order = list(pack.stages)
    here = order.index(stage) if stage in pack.stages else len(order)
    best: tuple[int, bool, int, str] | None = None
    for number, act in enumerate(pack.acts.values()):
        if act.creates or "resident" in act.by or act.by <= _NOT_OURS or (act.on is not None and act.stages is None):
            continue
        if act.stages is not None and stage not in act.stages:
            continue
        for target in targets(act):
            at = order.index(target)
            if at > here:
                candidate = (at, act.on is not None, number, act.name)
                if best is None or candidate < best:
                    best = candidate
    return (order[best[0]], best[3]) if best is not None else None


@lru_cache(maxsize=1024)
def sends_back(pack: Pack) -> frozenset[str]:
    """Return the clocks that only begin when somebody else sends a matter back to an earlier stage."""
    order = list(pack.stages)
    back: set[str] = set()
    onward: set[str] = set()
    for act in pack.acts.values():
        starts = {
            effect["start"] for _path, effect in walk_effects(act.raw.get("effects") or (), "") if "start" in effect
        }
        from_stages = [order.index(stage) for stage in act.stages] if act.stages is not None else []
        returns = (
            "lead_seat" not in act.by
            and bool(from_stages)
            and any(order.index(target) < min(from_stages) for target in targets(act))
        )
        (back if returns else onward).update(starts)
    return frozenset(back - onward)


def grants(act: Act) -> bool:
    """Return whether an act answers its request by doing what was asked."""
    return any(
        effect.get("request") == act.on and effect.get("answer") in ("accepted", "done")
        for _path, effect in walk_effects(act.raw.get("effects") or (), "")
    )


def gives_new_date(act: Act) -> bool:
    """Return whether an act lets a question lapse and puts it again: a promised step gets a new date."""
    effects = act.raw.get("effects") or ()
    lapses = any(effect.get("request") == act.on and effect.get("answer") == "lapsed" for effect in effects)
    return lapses and any(effect.get("request") == act.on and effect.get("open") for effect in effects)


@lru_cache(maxsize=2048)
def own_step(pack: Pack, clock: str, late: bool) -> str | None:
    """Return the act for the promised step whose clock this is: done, or a new date; else None."""
    kinds = {kind.name for kind in pack.requests.values() if kind.clock == clock}
    acts = [act for act in pack.acts.values() if act.on in kinds and "lead_seat" in act.by]
    new_date = next((act for act in acts if gives_new_date(act)), None)
    if new_date is None:
        return None
    return new_date.name if late else next((act.name for act in acts if grants(act)), None)


@lru_cache(maxsize=1024)
def titled(pack: Pack) -> bool:
    """Return whether whoever brings a matter gives it a title; one that another matter opens has none."""
    return any(each.name == "title" for act in pack.acts.values() if act.creates for each in act.fields)


@lru_cache(maxsize=4096)
def drafting(pack: Pack, name: str) -> tuple[str, str] | None:
    """Return the document that an act signs or issues, and the act that drafts it; None where it does neither."""
    for document, step in pack.acts[name].documents:
        for act in pack.acts.values():
            if step != "draft" and act.name != name and (document, "draft") in act.documents:
                return document, act.name
    return None


@lru_cache(maxsize=1024)
def for_leaders(pack: Pack, kind: str) -> bool:
    """Return whether a request of this kind is granted by whoever leads, and by no officer who does the work."""
    return not any("lead_seat" in act.by for act in pack.acts.values() if act.on == kind and grants(act))


@lru_cache(maxsize=1024)
def decides(pack: Pack, kind: str) -> bool:
    """Return whether a request of this kind asks a unit above to decide between others."""
    return any(
        effect.get("request") == kind and effect.get("to") == "decider"
        for act in pack.acts.values()
        for _path, effect in walk_effects(act.raw.get("effects") or (), "")
    )


@dataclass(slots=True, frozen=True)
class Answering:
    """How a question of one kind is answered by whoever is asked."""

    #: title of the request
    title: Mapping[str, str]
    #: the act that grants it, and how it is called on a button
    act: str
    grants: Mapping[str, str]
    #: whoever is asked may also say no, or that it is not theirs
    may_decline: bool


@lru_cache(maxsize=1024)
def answer_to(pack: Pack, clock: str) -> Answering | None:
    """Return how the request is answered that a clock belongs to; None where it is the clock of no request."""
    for kind in pack.requests.values():
        if kind.clock != clock:
            continue
        asked = f"asked:{kind.name}"
        found = [act for act in pack.acts.values() if act.on == kind.name and asked in act.by]
        if found:
            return Answering(kind.title, found[0].name, found[0].title, len(found) > 1)
    return None


@lru_cache(maxsize=4096)
def at_once(pack: Pack, name: str) -> bool:
    """
    Return whether a list may offer an act as a button that does it.

    Only where nothing has to be filled in, nothing is drafted or signed, and nothing ends by it.
    """
    act = pack.acts[name]
    ends = any(pack.stages[target].ending for target in targets(act))
    needed = any(each.required and each.default is None for each in act.fields if each.shown_to("staff"))
    return not (needed or ends or act.on or act.documents or act.opens or act.public_kind in ("decided", "served"))


def way(pack: Pack, stage: str) -> list[tuple[str, str]]:
    """Return stage and act of every step still to come on the usual way, up to its first ending."""
    found: list[tuple[str, str]] = []
    while len(found) < _MOST and not pack.stages[stage].ending:
        step = next_step(pack, stage)
        if step is None:
            break
        found.append(step)
        stage = step[0]
    return found


@dataclass(slots=True)
class Milestone:
    """One stage on the road."""

    #: `is-done`, `is-now` or ``
    state: str
    title: str
    #: `16 October`, or what will start its date
    when: str
    plain: str
    clocks: tuple[ClockView, ...] = ()


def road(
    pack: Pack,
    state: State,
    entries: "list[Mapping[str, Any]] | tuple[dict[str, Any], ...]",
    views: list[ClockView],
    reader: Reader,
) -> list[Milestone]:
    """
    Return the milestones of a matter: passed, here, to come.

    Args:
        entries: bodies of its entries, oldest first.
        views: its clocks.
    """
    zone = reader.zone(state.region)
    passed: list[tuple[str, str]] = []
    for body in entries:
        for effect in body["effects"]:
            if effect["e"] == "stage":
                on = reader.day(moment(body["occurred"]).astimezone(zone).date())
                passed.append((effect["to"], on))
    found: list[Milestone] = []
    for name, on in passed[:-1]:
        stage = pack.stages.get(name)
        if stage is not None:
            found.append(Milestone("is-done", reader.text(stage.title), on, ""))
    here = pack.stages.get(state.stage)
    if here is not None:
        running = tuple(view for view in views if view.left is not None and view.holder != "asked")
        since = _("since %(date)s") % {"date": passed[-1][1]} if passed else ""
        mark = "is-done" if here.ending else "is-now"
        found.append(Milestone(mark, reader.text(here.title), since, reader.text(here.plain), running))
        if not here.ending:
            found += [_to_come(pack, pack.stages[name], pack.acts[act], reader) for name, act in way(pack, here.name)]
    return found


def _to_come(pack: Pack, stage: Stage, act: Act, reader: Reader) -> Milestone:
    words = Words(pack.document, reader.language)
    starts = [
        pack.clocks[effect["start"]]
        for _path, effect in walk_effects(act.raw.get("effects") or (), "")
        if effect.get("start") in pack.clocks
    ]
    told = [
        _("%(title)s: %(length)s from then") % {"title": reader.text(spec.title), "length": words.length(spec.raw)}
        for spec in starts
    ]
    return Milestone("", reader.text(stage.title), reader.joined(told), "")


def first_day(state: State, reader: Reader) -> str:
    """Return when the matter came in: date and time where it lies."""
    return dates.day_and_time(moment(state.received_at), reader.zone(state.region), reader.language, reader.now.year)
