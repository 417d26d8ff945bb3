"""
By which clocks an office may be measured: those that run whether or not the resident comes back.

Asking for review, escalating, objecting or asking to open a matter again must change no figure of what an office did
until somebody independent upholds it. So a clock that such an act stops, or that only runs after one, is in none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from huajie.core.procedure.pack import Act, Pack
from huajie.core.procedure.scope import RETENTION


@lru_cache(maxsize=64)
def measured_clocks(pack: Pack) -> tuple[str, ...]:
    """Return the names of the clocks of whoever leads that no resident's coming back starts or stops, in pack order."""
    back = [act for act in pack.acts.values() if comes_back(act)]
    stopped = {name for act in back for name in _named(act, "stop")}
    again = {act.name for act in pack.acts.values() if any(one.get("reopen") for one in _effects_of(act))}
    started = _started(pack, without=again | {act.name for act in back})
    return tuple(
        clock.name
        for clock in pack.clocks.values()
        if clock.holder == "lead"
        and not clock.per_request
        and clock.name != RETENTION
        and clock.name in started
        and clock.name not in stopped
    )


def comes_back(act: Act) -> bool:
    """
    Return whether by this act a resident says that it is not good so.

    Bringing the matter in is none, nor is withdrawing it, taking that back, or having it joined to another.
    """
    if "resident" not in act.by or act.creates:
        return False
    return not any("outcome" in one or (one.get("reopen") and "keep" not in one) for one in _effects_of(act))


def _started(pack: Pack, *, without: set[str]) -> set[str]:
    """Return the clocks that can be started by going from the first stage without these acts."""
    reached, started = {pack.initial}, set[str]()
    while True:
        before = (len(reached), len(started))
        for act in pack.acts.values():
            if act.name in without:
                continue
            stages = act.stages or {name for name, stage in pack.stages.items() if not stage.ending}
            if act.creates or reached & stages:
                reached |= set(_named(act, "stage"))
                started |= set(_named(act, "start"))
        if before == (len(reached), len(started)):
            return started


def _named(act: Act, what: str) -> Iterator[str]:
    for effect in _effects_of(act):
        value = effect.get(what)
        yield from [value] if isinstance(value, str) else value or ()


def _effects_of(act: Act) -> Iterator[Mapping[str, Any]]:
    return _effects(act.raw.get("effects") or ())


def _effects(effects: Any) -> Iterator[Mapping[str, Any]]:
    for effect in effects:
        yield effect
        for branch in ("then", "else"):
            yield from _effects(effect.get(branch) or ())
