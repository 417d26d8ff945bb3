"""
The one table: action × sensitivity × relation. Nothing else decides who may see or do what.

A cell left out means no. `tests/core/access/expected.csv` says the same by hand; both have to be changed to change a
right. What an act needs beyond `act` is said by its pack, which names the same relations.
"""

from __future__ import annotations

from huajie.core.access.model import Actor, View
from huajie.core.access.relations import DENIALS, relations

_LEAD = "lead lead_seat lead_head lead_deputy lead_reviewer"
_ALL_UNITS = f"{_LEAD} supporting asked superior superior_head sponsor reviewer parent_lead"

# Sealed: the answering seat, its head, whoever must decide about routing or verify; nobody by mere membership.
_SEALED = "lead_seat lead_head lead_deputy lead_reviewer asked superior_head dispatcher verifier reviewer"
# Minor: as sealed, with the care team and the sponsor; texts only for the head and those the head let in.
_MINOR = f"{_SEALED} supporting sponsor approved"

#: What opening an identity is. Whoever only reviews never needs it.
IDENTITIES = frozenset({"open_identity", "open_confidential_identity"})

_WORDS: dict[str, dict[str, str]] = {
    "list": {
        "ordinary": f"{_ALL_UNITS} area_worker intake dispatcher secretary verifier supervisor auditor archivist"
        " system",
        "sealed": f"{_SEALED} auditor archivist system",
        "minor": f"{_MINOR} auditor archivist system",
    },
    "see": {
        "ordinary": f"{_ALL_UNITS} area_worker intake dispatcher secretary verifier supervisor auditor archivist"
        " resident system",
        "sealed": f"{_SEALED} auditor archivist resident system",
        "minor": f"{_MINOR} auditor archivist resident system",
    },
    "read_text": {
        "ordinary": f"{_ALL_UNITS} area_worker intake dispatcher secretary verifier supervisor auditor archivist"
        " resident",
        "sealed": "lead_seat lead_head lead_deputy lead_reviewer verifier resident",
        "minor": "lead_head approved resident",
    },
    "see_documents": {
        "ordinary": f"{_ALL_UNITS} intake secretary verifier supervisor auditor archivist resident",
        "sealed": "lead_seat lead_head lead_deputy lead_reviewer verifier resident",
        "minor": "lead_head approved resident",
    },
    "act": {
        "ordinary": f"{_ALL_UNITS} area_worker intake dispatcher secretary verifier supervisor archivist dpo"
        " resident system import",
        "sealed": f"{_SEALED} intake archivist dpo resident system import",
        "minor": f"{_MINOR} intake archivist dpo resident system import",
    },
    "see_clock": {
        "ordinary": f"{_ALL_UNITS} area_worker intake dispatcher secretary verifier supervisor auditor archivist"
        " resident system",
        "sealed": f"{_SEALED} auditor archivist resident system",
        "minor": f"{_MINOR} supervisor auditor archivist resident system",
    },
    # Nothing sealed and nothing about a minor stands in any index or leaves in a file.
    "search": {
        "ordinary": f"{_ALL_UNITS} area_worker intake dispatcher secretary verifier supervisor auditor archivist",
        "sealed": "",
        "minor": "",
    },
    "export": {
        "ordinary": f"{_LEAD} superior superior_head intake supervisor auditor archivist",
        "sealed": "",
        "minor": "",
    },
    "open_identity": {
        "ordinary": "lead_seat lead_head intake verifier reviewer",
        "sealed": "lead_seat lead_head",
        "minor": "lead_head approved",
    },
    # Confidential intake: the platform knows who it was, the handler does not.
    "open_confidential_identity": {"ordinary": "intake", "sealed": "intake", "minor": "intake"},
    "see_openings": {
        "ordinary": "resident dpo auditor",
        "sealed": "resident dpo auditor",
        "minor": "resident dpo auditor",
    },
    # Where no matter is in question, sensitivity is `ordinary`.
    "read_queue": {"ordinary": "dispatcher intake supervisor system", "sealed": "dispatcher", "minor": "dispatcher"},
    "simulate": {"ordinary": "dispatcher intake supervisor auditor admin", "sealed": "", "minor": ""},
    # The system founds the first jurisdiction; an import brings the regions, units and topics its file speaks of.
    "change_jurisdiction": {"ordinary": "admin system import", "sealed": "", "minor": ""},
    # The receipt of what the very session took in, for as long as it may be printed: handed over, it is gone.
    "print_receipt": {
        "ordinary": "area_worker intake",
        "sealed": "area_worker intake",
        "minor": "area_worker intake",
    },
    # Who hands over, and covers for whom, within one unit: asked of a unit, see `unit_relations`.
    "arrange": {"ordinary": "lead_seat lead_head superior_head admin system", "sealed": "", "minor": ""},
    "manage_accounts": {"ordinary": "admin system", "sealed": "", "minor": ""},
    # That messages go out: which wait and which failed, by way and fault; no matter and nobody's address is shown.
    "manage_outbox": {"ordinary": "admin system", "sealed": "", "minor": ""},
}

#: action -> sensitivity -> relations that open it.
TABLE: dict[str, dict[str, frozenset[str]]] = {
    action: {sensitivity: frozenset(words.split()) for sensitivity, words in by_sensitivity.items()}
    for action, by_sensitivity in _WORDS.items()
}
#: Every action there is.
ACTIONS = tuple(TABLE)


def may(action: str, sensitivity: str, held: frozenset[str]) -> bool:
    """
    Return whether these relations allow the action.

    Args:
        action: one of ACTIONS.
        sensitivity: `ordinary`, `sealed` or `minor`.
        held: what `relations()` returned.
    Raises:
        KeyError: an action or sensitivity that doesn't exist, so that a misspelling never opens anything.
    """
    return not TABLE[action][sensitivity].isdisjoint(held) and DENIALS.isdisjoint(held)


def unit_relations(actor: Actor, unit: str, superior: str | None, *, seat: str | None = None) -> frozenset[str]:
    """
    Return how an actor stands to a unit where no matter is in question, for `may("arrange", "ordinary", ...)`.

    Args:
        unit: code of the unit asked about.
        superior: code of the working unit above it, or None.
        seat: code of the seat of that unit that it is about, or None.
    """
    found = set(relations(actor))
    if seat is not None and seat in actor.answer_seats:
        found.add("lead_seat")
    if "head" in actor.roles:
        found |= {"lead_head"} if unit in actor.answers else set()
        found |= {"superior_head"} if superior in actor.answers else set()
    return frozenset(found)


def allowed(actor: Actor, view: View | None, action: str) -> bool:
    """
    Return whether an actor may do this to a matter, or at all where no matter is in question.

    An identity given in confidence is opened by its own, stricter row, and of an anonymous matter there is none.
    """
    if action in IDENTITIES and actor.only_reviews:
        return False
    if view is None:
        return may(action, "ordinary", relations(actor))
    if action == "open_identity" and view.mode != "open":
        if view.mode != "confidential":
            return False
        action = "open_confidential_identity"
    return may(action, view.sensitivity, relations(actor, view))
