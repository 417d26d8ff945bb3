"""
What was promised to a resident, step by step: kept, kept late, broken with the reason and the new date.

A date that was promised stays where it is. A step that slipped stands with its old date, and says the new one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from huajie.core.ledger import moment
from huajie.core.procedure import RequestState, State
from huajie.edges.pages import dates
from huajie.edges.pages.clocks import left
from huajie.edges.pages.matter import PLAN
from huajie.edges.pages.reader import Reader


@dataclass(slots=True)
class Promise:
    """One step of the plan as the resident reads it."""

    text: str
    #: `ok`, `late` (done, but late), `bad` (its date has passed, or it was given up), `todo`
    kind: str
    said: str
    who: str = ""
    why: str = ""
    pill: SafeString | None = None


def promises(
    state: State,
    entries: Sequence[Mapping[str, Any]],
    texts: Mapping[tuple[int, str], str],
    zone: ZoneInfo,
    reader: Reader,
) -> list[Promise]:
    """
    Return what was promised, in the order in which it was.

    Args:
        entries: bodies of the matter's entries.
        texts: those that the resident may see.
    """
    opened: dict[str, int] = {}
    answered: dict[str, int] = {}
    follows: dict[str, str] = {}
    for body in entries:
        gone = [effect["key"] for effect in body["effects"] if effect["e"] == "request.answered"]
        come = [
            effect["key"] for effect in body["effects"] if effect["e"] == "request.opened" and effect["kind"] == PLAN
        ]
        opened |= dict.fromkeys(come, body["n"])
        answered |= dict.fromkeys(gone, body["n"])
        if len(gone) == len(come) == 1:
            follows[gone[0]] = come[0]
    found = []
    for key, request in state.requests.items():
        if request.kind != PLAN:
            continue
        new = state.requests.get(follows.get(key, ""))
        promise = _promise(request, new, state, zone, reader)
        promise.text = texts.get((opened.get(key, 0), "step_text"), "")
        if request.state in ("lapsed", "withdrawn"):
            promise.why = texts.get((answered.get(key, 0), "reason"), "")
        found.append(promise)
    return found


def _due(request: RequestState, state: State) -> datetime | None:
    clock = state.clocks.get(request.clock or "")
    return moment(clock.due_at) if clock is not None else None


def _promise(request: RequestState, new: RequestState | None, state: State, zone: ZoneInfo, reader: Reader) -> Promise:
    def day(at: datetime) -> str:
        return reader.day(dates.last_day(at, zone))

    who = reader.unit(request.unit) if request.unit else ""
    due_at = _due(request, state)
    if due_at is None:
        done = request.state in ("done", "accepted")
        return Promise("", "ok" if done else "todo", _("done") if done else _("No day was named."), who)
    promised = day(due_at)
    if request.state in ("done", "accepted"):
        done_at = moment(request.answered_at) if request.answered_at else due_at
        on = reader.day(done_at.astimezone(zone).date())
        if done_at < due_at:
            return Promise("", "ok", _("Promised by %(day)s, done %(on)s.") % {"day": promised, "on": on}, who)
        days = max(1, (done_at.astimezone(zone).date() - dates.last_day(due_at, zone)).days)
        said = ngettext(
            "Promised by %(day)s, done %(on)s, %(days)s day late.",
            "Promised by %(day)s, done %(on)s, %(days)s days late.",
            days,
        )
        return Promise("", "late", said % {"day": promised, "on": on, "days": days}, who)
    if request.state == "withdrawn":
        return Promise("", "bad", _("Promised by %(day)s and given up.") % {"day": promised}, who)
    if request.state == "lapsed":
        new_at = _due(new, state) if new is not None else None
        if new_at is None:
            return Promise("", "bad", _("Promised by %(day)s and not kept.") % {"day": promised}, who)
        said = _("Promised by %(day)s and not kept. The new date is %(new)s; the old one stays here.")
        return Promise("", "bad", said % {"day": promised, "new": day(new_at)}, who)
    rest = left(due_at, zone, reader)
    said = _("Promised by %(day)s.") % {"day": promised}
    return Promise("", "bad" if rest.kind == "late" else "todo", said, who, pill=rest.pill)
