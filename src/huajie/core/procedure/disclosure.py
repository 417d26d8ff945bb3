"""
Acts of the engine itself about who may know: opening what the vault holds, and letting somebody into a minor's file.

They are the same in every pack. Whether somebody may, `core/access` says; here it is said what has to be given with it
and what the record keeps: which seat opened what, for which purpose, never the value.

Source: 未成年人网络保护条例 art. 36 (approval by a named person before anybody looks, and a record of each look);
个人信息保护法 art. 6, 51.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from huajie.core.access import Actor, may
from huajie.core.ledger import moment, stamp
from huajie.core.procedure.common import PEOPLE, PURPOSES
from huajie.core.procedure.messages import words
from huajie.core.procedure.scope import (
    ACCESS_APPROVED,
    ACCESS_ASKED,
    ACCESS_ENDED,
    ACCESS_REFUSED,
    ACCESS_REVOKED,
    IDENTITY_OPENED,
)
from huajie.core.procedure.state import State
from huajie.core.procedure.work import Work

if TYPE_CHECKING:
    from huajie.core.procedure.pack import Pack

#: What can be opened, each by an entry of its own: how to reach the person who brought it; the others who brought it
#: along; their spokespersons; whoever spoke for them; what was taken out of the texts; the texts of a minor's file; the
#: pictures and papers in it.
OPENED: Final = ("contact", *PEOPLE, "masked", "file", "attachments")
#: Of these, what is a minor's file and no identity, with the action of core/access that opening it is.
_FILE: Final = {"file": "read_text", "attachments": "see_documents"}
#: For how long whoever opened the pictures and papers of a minor's file is handed them.
HANDED_OUT: Final = timedelta(minutes=10)
#: Texts that come with these acts.
PURPOSE_WORDS: Final = "purpose_words"
ACCESS_REASON: Final = "access_reason"
OWN_TEXTS: Final = frozenset({PURPOSE_WORDS, ACCESS_REASON})
#: For how long the head may let somebody in at most.
LONGEST: Final = timedelta(days=90)
#: What begins the key of the timer that ends an approval.
TIMER: Final = "@access|"
#: Relations from which somebody may ask to be let in: those at work on the matter.
ASKERS: Final = frozenset({"lead", "lead_seat", "supporting", "asked", "verifier", "reviewer", "superior_head"})


def action_of(what: str, mode: str) -> str:
    """Return the action of core/access that opening this of a matter of that mode is."""
    if what in _FILE:
        return _FILE[what]
    return "open_confidential_identity" if mode == "confidential" else "open_identity"


def may_open(what: str, mode: str, sensitivity: str, relations: frozenset[str], actor: Actor) -> bool:
    """
    Return whether these relations may open it; of an anonymous matter nobody may open who it was, and from a seat that
    only reviews nobody opens an identity.
    """
    if what in _FILE:
        return (
            sensitivity == "minor"
            and may("read_text", sensitivity, relations)
            and may(_FILE[what], sensitivity, relations)
        )
    return mode != "anonymous" and not actor.only_reviews and may(action_of(what, mode), sensitivity, relations)


def decide_opened(work: Work) -> tuple[str, str]:
    """Check and record an opening; return kind suffix and public kind."""
    state, given = work.state, work.command.inputs
    what, purpose = given.get("what"), given.get("purpose")
    _only(work, "what", "purpose")
    if what not in OPENED:
        work.miss("field-missing", "input.what", words("field-missing", zh="要打开什么", en="What to open"))
    if purpose not in PURPOSES:
        work.miss("field-missing", "input.purpose", words("field-missing", zh="用途", en="Purpose"))
    _need_text(work, PURPOSE_WORDS, "用自己的话说明用途", "Purpose in your own words")
    if what in OPENED:
        relations = _still(work)
        if what not in _FILE and state.mode == "anonymous":
            work.miss("no-identity", "input.what", words("no-identity"))
        elif not may_open(what, state.mode, state.sensitivity, relations, work.actor):
            work.miss("relation", IDENTITY_OPENED, words("not-to-open"), None, {"by": _openers(what, state)})
        elif what == "contact" and not {*work.pack.contact_fields, *PEOPLE} & state.texts.keys():
            # the others count too: an opening from before each box was opened by itself is decided again as it was
            work.miss("no-identity", "input.what", words("no-contact"))
        elif what in PEOPLE and what not in state.texts:
            work.miss("no-identity", "input.what", words("no-contact"))
        elif what == "attachments" and not has_files(work.pack, state):
            work.miss("no-identity", "input.what", words("no-files"))
    if not work.unmet:
        actor = work.actor
        work.emit(
            {
                "e": "identity.opened",
                "what": what,
                "purpose": purpose,
                "unit": actor.unit or "",
                "seat": actor.seat or "",
            }
        )
    return "identity-opened", "opening"


def _openers(what: str, state: Any) -> list[str]:
    from huajie.core.access import TABLE

    return sorted(TABLE[action_of(what, state.mode)][state.sensitivity] - {"resident"})


def _still(work: Work) -> frozenset[str]:
    return still_held(work.relations, work.state, work.actor, work.now_stamp)


def still_held(relations: frozenset[str], state: State, actor: Actor, now_stamp: str) -> frozenset[str]:
    """Return the relations without an approval that has run out, whether the clock's hand has been there yet or not."""
    if "approved" in relations:
        mine = state.access.get(actor.person or "")
        if mine is None or mine["state"] != "approved" or mine["until"] <= now_stamp:
            return relations - {"approved"}
    return relations


def has_files(pack: Pack, state: State) -> bool:
    """Return whether anything with pictures or papers was brought and not erased."""
    return any(pack.texts.get(name) == "file" for name in state.texts)


def handed_out(body: Mapping[str, Any], actor: Actor, now: datetime) -> bool:
    """
    Return whether an entry, opened by this very person and not long ago, lets them have pictures and papers.

    Args:
        body: of the entry, as `core/ledger` writes it.
    """
    effects = body["effects"]
    return (
        body["act"] == IDENTITY_OPENED
        and any(effect["e"] == "identity.opened" and effect["what"] == "attachments" for effect in effects)
        and actor.person is not None
        and body["actor"].get("person") == actor.person
        and moment(body["at"]) <= now < moment(body["at"]) + HANDED_OUT
    )


def decide_asked(work: Work) -> tuple[str, str]:
    """Ask to be let into a minor's file."""
    _only(work)
    _minor(work)
    _by(work, ASKERS)
    _need_text(work, ACCESS_REASON, "申请理由", "Reason")
    actor = work.actor
    mine = work.state.access.get(actor.person or "")
    if actor.person is None:
        work.miss("relation", ACCESS_ASKED, words("relation"), None, {"by": sorted(ASKERS)})
    elif mine is not None and (
        mine["state"] == "asked" or (mine["state"] == "approved" and mine["until"] > work.now_stamp)
    ):
        work.miss("request-open", ACCESS_ASKED, words("access-asked"))
    if not work.unmet:
        work.emit({"e": "access.asked", "person": actor.person, "unit": actor.unit or "", "seat": actor.seat or ""})
    return "access-asked", "access"


def decide_approved(work: Work) -> tuple[str, str]:
    """Let somebody in until a moment; only the head of the lead unit, never for themself."""
    _only(work, "person", "until")
    person = _waiting(work, "asked")
    _minor(work)
    _by(work, frozenset({"lead_head"}))
    until = _until(work)
    if person is not None and person == work.actor.person:
        work.miss("handled", ACCESS_APPROVED, words("access-own"))
    if not work.unmet:
        work.emit({"e": "access.approved", "person": person, "until": until, "by": work.actor.person or ""})
    return "access-approved", "access"


def decide_refused(work: Work) -> tuple[str, str]:
    """Say no, with a reason."""
    return _end(work, "asked", "refused", "access-refused", reason=True)


def decide_revoked(work: Work) -> tuple[str, str]:
    """Take an approval back, with a reason."""
    return _end(work, "approved", "revoked", "access-revoked", reason=True)


def decide_ended(work: Work) -> tuple[str, str]:
    """End an approval whose time is over: by the system, when its timer falls due."""
    target = work.command.target or ""
    timer = work.state.timers.get(target)
    if "system" not in work.relations:
        work.miss("relation", ACCESS_ENDED, words("relation"), None, {"by": ["system"]})
    if timer is None or not target.startswith(TIMER):
        work.miss("timer-unknown", "target", words("timer-unknown"), values={"timer": target})
    elif timer.at > work.now_stamp:
        work.miss("timer-early", "target", words("timer-early"), values={"timer": target, "at": timer.at})
    if not work.unmet:
        work.emit({"e": "access.ended", "person": target.removeprefix(TIMER), "how": "expired"})
    return "access-ended", "access"


def _end(work: Work, state: str, how: str, kind: str, *, reason: bool) -> tuple[str, str]:
    _only(work, "person")
    person = _waiting(work, state)
    _minor(work)
    _by(work, frozenset({"lead_head"}))
    if reason:
        _need_text(work, ACCESS_REASON, "理由", "Reason")
    if not work.unmet:
        work.emit({"e": "access.ended", "person": person, "how": how})
    return kind, "access"


def _only(work: Work, *names: str) -> None:
    for name in sorted(set(work.command.inputs) - set(names)):
        work.miss("field-unknown", f"input.{name}", words("field-unknown", name=name))
    for name in sorted(work.command.texts - OWN_TEXTS):
        work.miss("field-unknown", f"texts.{name}", words("text-unknown", name=name))


def _need_text(work: Work, name: str, zh: str, en: str) -> None:
    if name not in work.command.texts:
        work.miss("field-missing", f"texts.{name}", words("field-missing", zh=zh, en=en))


def _minor(work: Work) -> None:
    if work.state.sensitivity != "minor":
        work.miss("when", "sensitivity", words("not-minor"))


def _by(work: Work, wanted: frozenset[str]) -> None:
    if wanted.isdisjoint(work.relations):
        work.miss("relation", work.command.act, words("relation"), None, {"by": sorted(wanted)})


def _waiting(work: Work, state: str) -> str | None:
    person = work.command.inputs.get("person")
    found = work.state.access.get(person) if isinstance(person, str) else None
    if found is None or found["state"] != state:
        work.miss("request-unknown", "input.person", words("access-unknown"), values={"person": person})
        return None
    return str(person)


def _until(work: Work) -> str | None:
    given = work.command.inputs.get("until")
    try:
        until: datetime | None = moment(given) if isinstance(given, str) else None
    except ValueError:
        until = None
    if until is None:
        work.miss("field-missing", "input.until", words("field-missing", zh="到什么时候", en="Until when"))
        return None
    if not work.now < until <= work.now + LONGEST:
        values = {"min": work.now_stamp, "max": stamp(work.now + LONGEST)}
        work.miss("field-invalid", "input.until", words("access-until", days=LONGEST.days), values=values)
        return None
    return stamp(until)


#: Name of each act -> what decides it.
DECIDERS: Final[Mapping[str, Callable[[Work], tuple[str, str]]]] = {
    IDENTITY_OPENED: decide_opened,
    ACCESS_ASKED: decide_asked,
    ACCESS_APPROVED: decide_approved,
    ACCESS_REFUSED: decide_refused,
    ACCESS_REVOKED: decide_revoked,
    ACCESS_ENDED: decide_ended,
}
