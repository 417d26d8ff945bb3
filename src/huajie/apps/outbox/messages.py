"""
What a message says: a number and that there is news, in two languages. Plain Python over the shipped `templates.yaml`.

A message travels in the open and is read over shoulders, by whoever shares a phone, an inbox or a letter box. So which
event it was changes how soon we ask somebody to look, never what they are told; and the office named is the government
of the place, never the unit that answers.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import yaml

#: How somebody may be told, in the order of the form.
WAYS: Final = ("email", "sms", "letter")
#: What may be news, in the order of the preview.
EVENTS: Final = ("received", "news", "question", "document", "time", "ended", "reopened")
LANGUAGES: Final = ("zh", "en")
#: Why a message did not go out; no word of another machine's is ever kept. The last two end it: nobody is to be told.
FAULTS: Final = (
    *("connection", "timeout", "tls", "sign-in", "refused", "later", "recipient", "no-address", "not-set-up"),
    *("unreadable", "too-late", "unexpected", "erased", "not-wished"),
)
#: What a template may be filled with: the number, the government's name, the address of the page that asks for both.
PLACEHOLDERS: Final = frozenset({"number", "office", "page"})
#: Longest text, in characters, before it is filled in: two short messages.
LENGTH: Final = 200
SUBJECT: Final = 60

_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
#: Words that tell what it is about, what was decided or that somebody complained.
_TELLING: Final = re.compile(
    r"投诉|举报|信访|上访|申诉|诉求|控告|检举|受理|不予|答复|意见|处理|办结|结案|结束|驳回|支持|复查|复核|调解|转办|延期|撤回|送达|文书|决定"
    r"|complain|petition|report|appeal|grievance|accept|refus|repl(y|ies)|opinion|decision|decided|upheld|dismiss"
    r"|clos(e|ed|ing)\b|ended|review|mediat|transfer|extend|extension|withdraw|serve|document|police|court",
    re.IGNORECASE,
)
#: An address, a figure, mark-up or a line break has no place in a template.
_FOREIGN: Final = re.compile(r"\d|[@<>\n\r%\\]|https?:|www\.", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Words:
    """A message as it goes out."""

    subject: str
    text: str
    office: str


def check(templates: Mapping[str, Any]) -> list[str]:
    """Return everything that is wrong with templates, each fault with its place; empty for good ones."""
    faults = [f"{event}: missing" for event in EVENTS if event not in templates]
    faults += [f"{event}: there is no such event" for event in templates if event not in EVENTS]
    for event in EVENTS:
        for language in LANGUAGES:
            said = (templates.get(event) or {}).get(language) or {}
            for part, most in (("subject", SUBJECT), ("text", LENGTH)):
                faults += [
                    f"{event}.{language}.{part}: {fault}" for fault in _faults(said.get(part), most, part == "text")
                ]
    return faults


def _faults(words: object, most: int, needs_page: bool) -> list[str]:
    if not isinstance(words, str) or not words.strip():
        return ["missing"]
    faults = [f"{{{name}}} is no placeholder" for name in _PLACEHOLDER.findall(words) if name not in PLACEHOLDERS]
    plain = _PLACEHOLDER.sub("", words)
    if "{" in plain or "}" in plain:
        faults.append("a bracket without its other")
    faults += [f"needs {{{name}}}" for name in ("number", "page")[: 1 + needs_page] if f"{{{name}}}" not in words]
    if (telling := _TELLING.search(plain)) is not None:
        faults.append(f"{telling[0]!r} tells what the news is")
    if _FOREIGN.search(plain) is not None:
        faults.append("only words and placeholders")
    if len(words) > most:
        faults.append(f"longer than {most} characters")
    return faults


@lru_cache(maxsize=1)
def templates() -> Mapping[str, Any]:
    """
    Return the shipped templates.

    Raises:
        ValueError: they say more than they may.
    """
    found: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_name("templates.yaml").read_text("utf-8"))
    faults = check(found)
    if faults:
        raise ValueError("; ".join(faults))
    return found


def write(event: str, language: str, *, number: str, office: str, page: str) -> Words:
    """
    Return a message.

    Args:
        number: as people read it.
        office: the government of the place.
        page: address of the page that asks for number and secret.
    """
    said = templates()[event][language]
    values = {"number": number, "office": office, "page": page}

    def filled(words: str) -> str:
        return _PLACEHOLDER.sub(lambda found: values[found[1]], words)

    return Words(filled(said["subject"]), filled(said["text"]), office)


def title(event: str) -> Mapping[str, str]:
    """Return what the event is called, for whoever looks after the server; no message says it."""
    found: Mapping[str, str] = templates()[event]["title"]
    return found


def event_of(bodies: Sequence[Mapping[str, Any]]) -> str:
    """
    Return what happened, as far as it changes the message.

    Args:
        bodies: the entry that is news and those after it; clocks that the same act changed stand right behind it.
    """
    effects = {effect["e"] for effect in bodies[0]["effects"]}
    for effect, event in (("opened", "received"), ("reopened", "reopened"), ("ended", "ended")):
        if effect in effects:
            return event
    if effects & {"document.issued", "document.sealed", "document.served"}:
        return "document"
    # a request without a unit is one to the resident
    if any(one["e"] == "request.opened" and one["unit"] is None for one in bodies[0]["effects"]):
        return "question"
    return "time" if any(effect["e"] == "clock.extended" for effect in _of_the_act(bodies)) else "news"


def _of_the_act(bodies: Sequence[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    """Yield the effects of an act and of the clock entries that it made."""
    act, moment = bodies[0]["act"], bodies[0]["at"]
    for body in bodies:
        if body["act"] != act or body["at"] != moment:
            return
        yield from body["effects"]
