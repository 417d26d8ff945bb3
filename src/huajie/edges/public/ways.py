"""
What a resident can do with their matter, sorted as they would look for it: what to do if unhappy, each way with its own
clock and never hidden; to write or add something; everything else; and what is possible only at other stages.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from huajie.core.procedure import Act, Pack, State
from huajie.core.procedure.pack import walk_effects
from huajie.core.procedure.phrases import Words
from huajie.edges.pages.acts import Offer, Offers
from huajie.edges.pages.clocks import ClockView
from huajie.edges.pages.reader import Reader
from huajie.edges.pages.roads import targets

#: Public kinds of the acts by which somebody says that it is not right yet.
_UNHAPPY = frozenset({"review", "reopened"})


@dataclass(slots=True)
class Way:
    """One thing that can be done, now or at another stage."""

    offer: Offer
    possible: bool
    #: what is missing for it, in words
    missing: list[str] = field(default_factory=list)
    #: until when, or how long one will have, in words
    time: str = ""


@dataclass(slots=True)
class Ways:
    unhappy: list[Way] = field(default_factory=list)
    #: the act by which one writes a message, where it is possible
    write: Offer | None = None
    can: list[Offer] = field(default_factory=list)
    cannot: list[Offer] = field(default_factory=list)
    later: list[Offer] = field(default_factory=list)


def ways(pack: Pack, state: State, offered: Offers, clocks: Sequence[ClockView], reader: Reader) -> Ways:
    """Return what a resident can do, sorted."""
    found = Ways()
    withdrawn = {stage for act in pack.acts.values() if act.public_kind == "withdrawn" for stage in targets(act)}
    possible = ([offered.first] if offered.first is not None else []) + offered.possible
    for offer in possible:
        act = pack.acts[offer.name]
        if _is_unhappy(act):
            found.unhappy.append(Way(offer, True, time=_time(pack, act, clocks, reader)))
        else:
            if offer.name == "write_to_us":
                found.write = offer
            found.can.append(offer)
    for listed, rest in ((offered.missing, found.cannot), (offered.later, found.later)):
        for offer in listed:
            act = pack.acts[offer.name]
            # the way back from a withdrawal is of use to whoever withdrew, and to nobody else
            if _is_unhappy(act) and not (act.stages and act.stages <= withdrawn):
                elsewhere = act.stages is not None and state.stage not in act.stages
                # how long one will have is said only while it is still to come
                time = _time(pack, act, clocks, reader, ahead=elsewhere and not _is_past(pack, state, act))
                # where its time came and went there is nothing to wait for
                over = elsewhere and _has_run_out(act, clocks)
                missing = [] if over and time else _missing(pack, state, act, offer, reader)
                found.unhappy.append(Way(offer, False, missing, time))
            else:
                rest.append(offer)
    return found


def _missing(pack: Pack, state: State, act: Act, offer: Offer, reader: Reader) -> list[str]:
    """Return what is missing; while it is the stage, only from which one on it will be possible."""
    if act.stages is None or state.stage in act.stages:
        return [one.text for one in offer.missing]
    stages = reader.joined([reader.text(stage.title) for name, stage in pack.stages.items() if name in act.stages][:2])
    if _is_past(pack, state, act):
        return [_("It was possible at “%(stages)s”.") % {"stages": stages}]
    first = next(stage for name, stage in pack.stages.items() if name in act.stages)
    return [_("Possible from “%(stage)s” on.") % {"stage": reader.text(first.title)}]


def _has_run_out(act: Act, clocks: Sequence[ClockView]) -> bool:
    """Return whether a clock that an act asks for has come to its end."""
    named = set(_named(act.raw.get("when")))
    return any(clock.name in named and clock.left is None for clock in clocks)


def _is_past(pack: Pack, state: State, act: Act) -> bool:
    """Return whether every stage of an act lies behind, in the order of the usual way."""
    order = list(pack.stages)
    return (
        act.stages is not None
        and state.stage in pack.stages
        and all(order.index(name) < order.index(state.stage) for name in act.stages)
    )


def _is_unhappy(act: Act) -> bool:
    says = any("verdict" in effect for _path, effect in walk_effects(act.raw.get("effects") or (), ""))
    return act.public_kind in _UNHAPPY or says


def _named(condition: Any) -> Iterator[str]:
    """Return the clocks that a condition names."""
    if isinstance(condition, Mapping):
        if "clock" in condition:
            yield str(condition["clock"])
        for value in condition.values():
            yield from _named(value)
    elif isinstance(condition, list):
        for value in condition:
            yield from _named(value)


def _time(pack: Pack, act: Act, clocks: Sequence[ClockView], reader: Reader, *, ahead: bool = True) -> str:
    """Return until when it can be done; before that clock runs, how long it will be."""
    words = Words(pack.document, reader.language)
    for name in dict.fromkeys(_named(act.raw.get("when"))):
        spec = pack.clocks.get(name)
        if spec is None or spec.holder != "resident":
            continue
        view = next((clock for clock in clocks if clock.name == name), None)
        if view is None:
            if not ahead:
                continue
            return _("You will have %(length)s for it (%(source)s).") % {
                "length": words.length(spec.raw),
                "source": words.source(spec.source),
            }
        if view.left is not None:
            return _("Until %(day)s: %(left)s (%(source)s).") % {
                "day": view.due_words,
                "left": view.left.words,
                "source": words.source(spec.source),
            }
        return _("The time for it ended %(day)s (%(source)s).") % {
            "day": view.due_words,
            "source": words.source(spec.source),
        }
    return ""
