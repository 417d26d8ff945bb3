"""
What a resident may ask about their personal data, in every pack that says `rights: {pack, source}`.

The engine brings the act `ask_rights` and the child matter `rights` to such a pack. The child is owned by whoever
looks after personal data, never by the unit that handles the matter; what is decided there is done here, on the matter
that holds the data, in the same commit: the answer is written into its record, a contact or a text is put right, texts
and identity are erased. Packs from before have none of it, so their old entries decide alike.

Source: 个人信息保护法 art. 44 to 50.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from huajie.core.procedure.common import PEOPLE
from huajie.core.procedure.messages import words
from huajie.core.procedure.scope import COPY_TAKEN, FACTS, RETENTION

if TYPE_CHECKING:
    from huajie.core.procedure.state import State
    from huajie.core.procedure.work import Work

#: The pack's key and the kind of the child.
RIGHTS: Final = "rights"
ASK_RIGHTS: Final = "ask_rights"
#: What can be asked for.
RIGHTS_KINDS: Final[Mapping[str, Mapping[str, str]]] = {
    "access": {"zh": "查阅、复制保存了我的哪些信息", "en": "See and copy what is kept about me"},
    "correct": {"zh": "更正、补充", "en": "Put it right or complete it"},
    "erase": {"zh": "删除", "en": "Erase it"},
    "restrict": {"zh": "限制或者拒绝使用", "en": "Limit its use or object to it"},
    "explain": {"zh": "说明是怎样使用的", "en": "Have it explained how it is used"},
}
WORDS: Final = "rights_words"
ANSWER: Final = "rights_answer"
#: Texts that these acts bring to a matter: what was asked for, and what was answered.
RIGHTS_TEXTS: Final[Mapping[str, Mapping[str, Any]]] = {
    WORDS: {
        "type": "longtext",
        "max_length": 4000,
        "title": {"zh": "具体说明", "en": "What exactly"},
        "purpose": {"zh": "更正时写明哪里不对、应当是什么", "en": "To correct: what is wrong and what is right"},
    },
    ANSWER: {
        "type": "longtext",
        "max_length": 10000,
        "title": {"zh": "答复", "en": "Answer"},
        "purpose": {"zh": "写给本人看", "en": "For the person to read"},
    },
}
#: What an outcome of the child opens: the resident may take a copy.
GIVES_COPY: Final = "rights-copy"
#: Outcomes that somebody may not be content with: with each the page says where to go.
NOT_ALL: Final = frozenset({"rights-refused", "rights-identity-erased"})
#: What can be put right.
CORRECTED: Final = ("contact", "text")
#: Texts that may come up with a decision.
_CARRIED: Final = frozenset({ANSWER, *CORRECTED})


def rights_acts(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the act by which a resident asks, as the pack would write it; none where the pack offers no rights."""
    said = document.get(RIGHTS)
    if said is None:
        return {}
    return {
        ASK_RIGHTS: {
            "title": {"zh": "查阅、更正或删除我的个人信息", "en": "See, correct or erase my personal data"},
            "help": {
                "zh": "由个人信息保护负责人办，不由承办单位办。不用说明理由，办理结果写在这一页上。",
                "en": "The data-protection officer answers, never the unit that handles the matter. You need no reason;"
                " the answer comes to this page.",
            },
            "entry": f"{document['entry_prefix']}.rights-asked",
            "public_kind": "note",
            "by": ["resident", "intake"],
            "from": list(document["stages"]),
            "when": {"not": {"child": RIGHTS, "is": "open"}},
            "why": {"zh": "上一个请求还在办", "en": "The request before this one is still being answered"},
            "source": said["source"],
            "form": {
                "fields": [
                    {
                        "name": "rights_kind",
                        "type": "choice",
                        "required": True,
                        "choices": dict(RIGHTS_KINDS),
                        "title": {"zh": "您要求什么", "en": "What you ask for"},
                        "purpose": {"zh": "知道办什么", "en": "To know what to do"},
                    },
                    {"name": WORDS, **RIGHTS_TEXTS[WORDS], "required": False},
                ]
            },
            "effects": [{"child": RIGHTS, "open": True, "unit": "protection", "bring": ["rights_kind", WORDS]}],
        }
    }


def rights_children(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the child that the act opens, as the pack would write it."""
    said = document.get(RIGHTS)
    return {RIGHTS: {"pack": said["pack"], "unit": "protection"}} if said is not None else {}


def entry_of(prefix: str, signal: str) -> tuple[str, str]:
    """Return kind and public kind of the entry that a decision leaves in the matter."""
    if signal in _ERASING:
        return f"{prefix}.erased", "erased"
    suffix = {"corrected": "rights-corrected", "ended": "rights-ended"}.get(signal, "rights-answered")
    return f"{prefix}.{suffix}", "note" if signal == "ended" else "notified"


def take_in(work: Work, before: State, signal: str) -> None:
    """
    Do on the matter what was decided about its data; what can't be done is missing, and then nothing is decided.

    Args:
        work: the matter's, with what came up among `command.texts`.
        before: the matter as it stood.
        signal: what the child tells.
    """
    for name in sorted(work.command.texts - _CARRIED):
        work.miss("field-unknown", f"texts.{name}", words("text-unknown", name=name))
    do = _DOES.get(signal)
    if do is not None:
        do(work, before)
    elif work.command.texts - {ANSWER}:
        work.miss("field-unknown", "texts", words("text-unknown", name=", ".join(sorted(work.command.texts))))


def _corrected(work: Work, before: State) -> None:
    put = sorted(work.command.texts - {ANSWER})
    if "contact" in put and before.mode == "anonymous":
        work.miss("no-identity", "texts.contact", words("no-identity"))
    if "contact" in put and before.participants > 1:
        work.miss("joint", "texts.contact", words("rights-joint", participants=before.participants))
    for name in put:
        if name not in work.pack.texts:
            work.miss("field-unknown", f"texts.{name}", words("text-unknown", name=name))
    if not put:
        work.miss("field-missing", "texts", words("rights-nothing"))
    if not work.unmet:
        work.emit({"e": "replaced", "texts": {name: before.texts[name] for name in put if name in before.texts}})


def _identity_erased(work: Work, before: State) -> None:
    if before.participants > 1:
        work.miss("joint", "erase_what", words("rights-joint", participants=before.participants))
        return
    names = sorted(name for name in before.texts if name in work.pack.contact_fields or name in PEOPLE)
    if not names:
        work.miss("unchanged", "erase_what", words("no-contact"))
        return
    # As with any erasure: facts are needed while the matter is open, then they go with the first thing that does.
    sealed = [FACTS] if FACTS in before.texts and not before.open else []
    work.emit({"e": "erased", "texts": [*names, *sealed]})


def _all_erased(work: Work, before: State) -> None:
    if before.open:
        work.miss("when", "erase_what", words("rights-open"))
        return
    running = [clock for clock in before.clocks.values() if clock.name == RETENTION and clock.status == "running"]
    if running:
        law = work.pack.sources[work.pack.clocks[RETENTION].source]
        last = max(clock.last_date or clock.due_at[:10] for clock in running)
        said = words(
            "rights-kept", date=last, law=f"{law.title['zh']} {law.article}", law_en=f"{law.title['en']} {law.article}"
        )
        work.miss("when", "erase_what", said, values={"until": last, "law": law.name})
        return
    _erase_everything(work, before)


def _erase_everything(work: Work, before: State) -> None:
    # What comes with this very entry stays: it says what was done.
    names = sorted(set(before.texts) - work.command.texts - ({FACTS} if before.open else set()))
    if not names:
        work.miss("unchanged", "erase_what", words("unchanged"))
        return
    work.emit({"e": "erased", "texts": names})


_ERASING: Final[Mapping[str, Callable[[Work, State], None]]] = {
    "identity-erased": _identity_erased,
    "all-erased": _all_erased,
    "unlawful-erased": _erase_everything,
}
_DOES: Final[Mapping[str, Callable[[Work, State], None]]] = {"corrected": _corrected, **_ERASING}
#: What a pack of rights requests may tell the matter above.
RIGHTS_SIGNALS: Final = ("copy", "answered", "refused", *_DOES)


def decide_copy(work: Work) -> tuple[str, str]:
    """Record that the resident takes the copy that was granted; what it shows is for their eyes alone."""
    for name in sorted(set(work.command.inputs)):
        work.miss("field-unknown", f"input.{name}", words("field-unknown", name=name))
    for name in sorted(work.command.texts):
        work.miss("field-unknown", f"texts.{name}", words("text-unknown", name=name))
    if "resident" not in work.relations:
        work.miss("relation", COPY_TAKEN, words("relation"), None, {"by": ["resident"]})
    elif not may_take_copy(work.state):
        work.miss("when", COPY_TAKEN, words("rights-no-copy"))
    return "copy-taken", "note"


def may_take_copy(state: State) -> bool:
    """Return whether a copy was granted."""
    return any(child.kind == RIGHTS and child.outcome == GIVES_COPY for child in state.children.values())
