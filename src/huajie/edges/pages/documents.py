"""Documents on a page: which versions there are and where each stands, and one of them as a sheet of paper."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from huajie.apps.matters.numbers import shown
from huajie.apps.matters.queries import Opened
from huajie.core.access import may
from huajie.core.ledger import moment
from huajie.core.procedure import DocumentSpec, DocumentState, Pack, State
from huajie.core.procedure.documents import PLACEHOLDER, day_words
from huajie.core.procedure.phrases import DOCUMENT_STATES
from huajie.edges.pages.html import pill
from huajie.edges.pages.reader import Reader

#: What a resident may see: what was given out, never a draft.
GIVEN_OUT: Final = frozenset({"issued", "sealed", "served"})
_PILLS: Final = {"served": ("done", "done"), "issued": ("soon", "mail"), "sealed": ("soon", "mail")}


@dataclass(slots=True)
class Version:
    """One version of a document as a line of the page."""

    key: str
    kind: str
    number: int
    title: str
    #: where it stands, in words, and as a pill
    state: str
    pill: Any
    #: how and when it was served, with what proof
    served: str = ""
    #: how many signatures it has
    signed: int = 0
    old: bool = False
    #: its words, of the newest version and for staff
    paragraphs: list[str] = field(default_factory=list)
    language: str = "zh"


@dataclass(slots=True)
class Sheet:
    """One version as it is printed."""

    key: str
    kind: str
    version: int
    #: in the language of the document
    language: str
    title: str
    unit: str
    number: str
    paragraphs: list[str]
    issued: str
    state: str
    #: it is not given out yet, or not any more
    draft: bool
    ways: list[str] = field(default_factory=list)


def may_see(opened: Opened) -> bool:
    """Return whether this reader may see the documents of the matter."""
    assert opened.tip.state is not None
    return may("see_documents", opened.tip.state.sensitivity, opened.relations)


def versions(opened: Opened, reader: Reader, *, resident: bool = False) -> list[Version]:
    """Return every version that the reader may see, newest first; a resident sees what was given out."""
    pack, found = opened.tip.pack, []
    for key, one, newest in visible(opened, resident=resident):
        version = _version(key, one, pack, reader, newest)
        spec = pack.documents.get(one.kind)
        if spec is not None and not resident and not version.old:
            version.language = spec.language
            body = opened.texts.get((one.n, spec.text), "")
            version.paragraphs = [line for line in body.split("\n") if line.strip()]
        found.append(version)
    return found


def visible(opened: Opened, *, resident: bool = False) -> list[tuple[str, DocumentState, int]]:
    """Return key, record and newest number of its kind for every version that the reader may see, newest first."""
    state = opened.tip.state
    assert state is not None
    if not state.documents or not may_see(opened):
        return []
    newest: dict[str, int] = {}
    for key, one in state.documents.items():
        newest[one.kind] = max(newest.get(one.kind, 0), number_of(key))
    ordered = sorted(state.documents.items(), key=lambda pair: (pair[1].n, pair[0]), reverse=True)
    return [(key, one, newest[one.kind]) for key, one in ordered if not resident or one.state in GIVEN_OUT]


def number_of(key: str) -> int:
    """Return the number of a version: 2 of `opinion#2`."""
    return int(key.rpartition("#")[2])


def _version(key: str, one: DocumentState, pack: Pack, reader: Reader, newest: int) -> Version:
    spec = pack.documents.get(one.kind)
    words = DOCUMENT_STATES[one.state][reader.language]
    kind, icon = _PILLS.get(one.state, ("", "pen"))
    served = ""
    if one.state == "served" and one.date is not None:
        way = spec.service.get(one.way or "") if spec is not None else None
        day = reader.day(date.fromisoformat(one.date), weekday=False)
        how = reader.text(way.title) if way is not None else one.way or ""
        served = _("reached on %(day)s, %(how)s") % {"day": day, "how": how}
        if way is not None:
            proof = [reader.text(pack.facts[name].title) if name in pack.facts else _title(pack, name, reader)
                     for name in one.proof]  # fmt: skip
            served += f" · {reader.joined(proof)}"
    return Version(
        key=key,
        kind=one.kind,
        number=number_of(key),
        title=reader.text(spec.title) if spec is not None else one.kind,
        state=words,
        pill=pill(kind, icon, words),
        served=served,
        signed=len(one.signed),
        old=number_of(key) != newest,
    )


def _title(pack: Pack, name: str, reader: Reader) -> str:
    declared = (pack.document.get("facts") or {}).get(name)
    if declared is not None:
        return reader.text(declared["title"])
    return next(
        (reader.text(each.title) for act in pack.acts.values() for each in act.fields if each.name == name), name
    )


def find(opened: Opened, kind: str, number: int, *, resident: bool = False) -> tuple[str, DocumentState] | None:
    """Return key and record of a version that this reader may see, or None."""
    assert opened.tip.state is not None
    key = f"{kind}#{number}"
    one = opened.tip.state.documents.get(key)
    if one is None or one.kind not in opened.tip.pack.documents or not may_see(opened):
        return None
    return (key, one) if not resident or one.state in GIVEN_OUT else None


def sheet(opened: Opened, key: str, one: DocumentState, reader: Reader, texts: Mapping[tuple[int, str], str]) -> Sheet:
    """Return a version as it is printed, in the language in which it was written."""
    state, pack = opened.tip.state, opened.tip.pack
    assert state is not None
    spec = pack.documents[one.kind]
    body = texts.get((one.n, spec.text), "")
    zone = reader.zone(state.region)
    issued = ""
    if one.issued_at is not None:
        issued = day_words(moment(one.issued_at).astimezone(zone).date().isoformat(), spec.language)
    unit = reader.jurisdiction.units.get(_unit_at(opened, one, state))
    return Sheet(
        key=key,
        kind=one.kind,
        version=number_of(key),
        language=spec.language,
        title=spec.title[spec.language],
        unit=unit.name.to(spec.language) if unit is not None else "",
        number=shown(opened.tip.number),
        paragraphs=[line for line in body.split("\n") if line.strip()],
        issued=issued,
        state=DOCUMENT_STATES[one.state][reader.language],
        draft=one.state not in GIVEN_OUT,
        ways=[way.title[spec.language] for way in spec.service.values()],
    )


def _unit_at(opened: Opened, one: DocumentState, state: State) -> str:
    """Return the unit that led the matter when the version was drafted: whatever came later is not in its name."""
    found = state.unit
    for body in opened.entries:
        if body["n"] > one.n:
            break
        for effect in body["effects"]:
            if effect["e"] == "owner":
                found = effect["unit"]
    return found


# composing


@dataclass(slots=True)
class Composing:
    """What the page of a drafting act shows beside its form."""

    title: str
    language: str
    #: one for each paragraph, what has no value yet marked in it
    paragraphs: list[SafeString]
    #: (placeholder in braces, what it stands for) of those without a value yet
    left: list[tuple[str, str]]
    #: likewise of those that stand in the typed words and are filled in when it is drafted
    stands: list[tuple[str, str]]
    #: (value, text) to choose from: the unit's own, then the pack's
    phrases: list[tuple[str, SafeString]]
    shown: bool


@dataclass(slots=True)
class Letter:
    """What the resident is told by an act, as it would be sent now."""

    title: str
    paragraphs: list[SafeString]
    #: (placeholder in braces, what it stands for) of those without a value yet
    left: list[tuple[str, str]]


def stands_for(pack: Pack, word: str, reader: Reader) -> str:
    """Return in words what a placeholder stands for, given without its braces; itself where nothing is known."""
    kind, _colon, about = word.partition(":")
    plain = {
        "number": _("the number"),
        "unit": _("the unit in charge"),
        "today": _("today's date"),
        "outcome": _("the outcome"),
        "stage": _("the stage"),
    }
    if kind == "due" and about in pack.clocks:
        return _("the date of “%(clock)s”") % {"clock": reader.text(pack.clocks[about].title)}
    if kind in ("text", "fact") and about:
        return _title(pack, about, reader)
    return plain.get(word, f"{{{word}}}")


def named(pack: Pack, words: Iterable[str], reader: Reader) -> list[tuple[str, str]]:
    """Return placeholders in braces, each with what it stands for."""
    return [(f"{{{word}}}", stands_for(pack, word, reader)) for word in words]


def marked(pack: Pack, text: str, reader: Reader) -> SafeString:
    """Return a text with every placeholder that stays marked, in words and brackets."""
    made, at = [], 0
    for found in PLACEHOLDER.finditer(text):
        made.append(escape(text[at : found.start()]))
        made.append(f'<mark class="gap">[{escape(stands_for(pack, found[1], reader))}]</mark>')
        at = found.end()
    return mark_safe("".join([*made, escape(text[at:])]))  # noqa: S308


def paragraphs(pack: Pack, text: str, reader: Reader) -> list[SafeString]:
    """Return the lines of a text that are not empty, with every placeholder that stays marked."""
    return [marked(pack, line, reader) for line in text.split("\n") if line.strip()]


def drafted_by(pack: Pack, act: str) -> DocumentSpec | None:
    """Return the document that an act drafts, or None."""
    return next((pack.documents[name] for name, step in pack.acts[act].documents if step == "draft"), None)


def phrases(pack: Pack, spec: DocumentSpec, own: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return the sentences offered for a document, in its language: the unit's own first."""
    found = {f"own:{name}": text[spec.language] for name, text in own.items()}
    found |= {name: one["text"][spec.language] for name, one in pack.phrases.items() if spec.kind in one["for"]}
    return found
