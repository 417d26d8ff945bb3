"""
What a pack that says `supervision: {pack, source}` gets: the act `propose_slip` and the child matter `slip`.

A slip is addressed to the unit that leads the matter and never to a resident. It is a matter of its own with the unit
that supervises, never with the unit that handles; the ladder (core/supervision) proposes it, a person of that unit
issues it there, and what becomes of it is told here, where everybody who reads the matter sees it. Packs from before
have none of it, so their old entries decide alike.

Source: 信访工作条例 art. 39, 40; 政府督查工作条例 art. 5, 14.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from huajie.core.procedure.messages import words

if TYPE_CHECKING:
    from huajie.core.procedure.work import Work

#: The pack's key.
SUPERVISION: Final = "supervision"
#: The kind of the child.
SLIP: Final = "slip"
PROPOSE_SLIP: Final = "propose_slip"
#: How serious, the mildest first.
SLIP_LEVELS: Final[Mapping[str, Mapping[str, str]]] = {
    "slip": {"zh": "督办单", "en": "Supervision slip"},
    "talk": {"zh": "约谈", "en": "Formal talk"},
    "listed": {"zh": "挂牌督办", "en": "Listed supervision"},
}
REASON: Final = "slip_reason"
#: The text that the act brings to the matter.
SLIP_TEXTS: Final[Mapping[str, Mapping[str, Any]]] = {
    REASON: {
        "type": "longtext",
        "max_length": 4000,
        "title": {"zh": "为什么督办", "en": "Why"},
        "purpose": {"zh": "让承办单位知道哪里没做到", "en": "So that the unit knows what was not done"},
    },
}


def slip_acts(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the act that proposes a slip, as the pack would write it; none where the pack is not supervised."""
    said = document.get(SUPERVISION)
    if said is None:
        return {}
    return {
        PROPOSE_SLIP: {
            "title": {"zh": "拟发督办单", "en": "Propose a supervision slip"},
            "help": {
                "zh": "督办单发给承办单位，不发给人。拟好以后由督查岗签发；承办单位可以答复，也可以提出异议。",
                "en": "It goes to the unit, never to a person. A supervisor issues it; the unit answers or objects.",
            },
            "entry": f"{document['entry_prefix']}.slip-proposed",
            "public_kind": "note",
            "by": ["system", "supervisor"],
            "source": said["source"],
            "form": {
                "fields": [
                    {
                        "name": "slip_level",
                        "type": "choice",
                        "required": True,
                        "choices": dict(SLIP_LEVELS),
                        "title": {"zh": "级别", "en": "Level"},
                        "purpose": {"zh": "越往后越重", "en": "Each is graver than the one before"},
                    },
                    {
                        "name": "slip_since",
                        "type": "date",
                        "required": False,
                        "visible": "staff",
                        "title": {"zh": "哪天达到这一级", "en": "Reached on"},
                        "purpose": {
                            "zh": "记下按督办阶梯应当督办的日子",
                            "en": "The day on which the ladder called for it",
                        },
                    },
                    {"name": REASON, **SLIP_TEXTS[REASON], "required": True, "visible": "staff"},
                ]
            },
            "effects": [
                {"child": SLIP, "open": True, "unit": SUPERVISION, "bring": ["slip_level", "slip_since", REASON]}
            ],
        }
    }


def slip_children(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the child that the act opens, as the pack would write it."""
    said = document.get(SUPERVISION)
    return {SLIP: {"pack": said["pack"], "unit": SUPERVISION}} if said is not None else {}


def slip_entry(prefix: str) -> tuple[str, str]:
    """Return kind and public kind of the entry that news of a slip leaves in the matter."""
    return f"{prefix}.slip-told", "note"


def take_in_slip(work: Work) -> None:
    """Take in what becomes of a slip: it changes nothing of the matter, and brings no words into it."""
    for name in sorted(work.command.texts):
        work.miss("field-unknown", f"texts.{name}", words("text-unknown", name=name))
