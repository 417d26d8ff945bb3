"""What was opened, in words: for the desk, the resident's page and the public count alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from huajie.apps.matters.disclosure import OpenedText
from huajie.apps.matters.operations import NEWS
from huajie.apps.outbox.operations import LANGUAGE
from huajie.core.procedure import ACCESS_REASON, PURPOSE_WORDS, PURPOSES, RIGHTS_TEXTS, Pack
from huajie.core.procedure.common import SHARED
from huajie.edges.pages.forms import news_words
from huajie.edges.pages.reader import Reader

#: what the texts of the engine's own acts are called
OWN_TITLES: dict[str, Mapping[str, str]] = {
    PURPOSE_WORDS: {"zh": "用途", "en": "Purpose"},
    ACCESS_REASON: {"zh": "理由", "en": "Reason"},
    **{name: one["title"] for name, one in RIGHTS_TEXTS.items()},
}


@dataclass(slots=True)
class Part:
    text: str
    #: what stands in its place everywhere else; empty for the text around it
    mark: str


@dataclass(slots=True)
class TextShown:
    title: str
    parts: list[Part]


def what_title(what: str) -> str:
    """Return what was or can be opened."""
    return {
        "contact": _("How to reach the person"),
        "participant_contacts": _("How to reach the other participants"),
        "spokespersons": _("How to reach the spokespersons"),
        "agent": _("How to reach whoever spoke for them"),
        "masked": _("What was taken out of the texts"),
        SHARED: _("Handed to another body"),
        "file": _("The texts of the file"),
        "attachments": _("The pictures and papers of the file"),
    }.get(what, what)


def purpose_title(code: str, reader: Reader) -> str:
    """Return a purpose in the reader's language."""
    found = PURPOSES.get(code)
    return reader.text(found) if found is not None else code


def parts_shown(pack: Pack, text: OpenedText, reader: Reader) -> TextShown:
    """Return one opened text as its page shows it."""
    titles = {each.name: each.title for act in pack.acts.values() for each in act.fields}
    title = reader.text(titles[text.name]) if text.name in titles else text.name
    return TextShown(
        title, [Part(span.value if span else said, span.mark if span else "") for said, span in text.parts]
    )


def contact_lines(contact: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return a contact line by line, each with what it is."""
    titles = {
        "name": _("Name of the person"),
        "phone": _("Phone"),
        "email": _("E-mail"),
        "address": _("Postal address"),
        "note": _("When and how to be reached"),
        "language": _("Language interpreted"),
        NEWS: _("Wants to be told of news"),
        LANGUAGE: _("Language of messages"),
    }
    said = {
        NEWS: news_words(contact.get(NEWS, "")),
        LANGUAGE: {"zh": "中文", "en": "English"}.get(contact.get(LANGUAGE, "")),
    }
    return [
        (titles.get(name, name), said.get(name) or contact[name])
        for name in (*titles, *sorted(set(contact) - set(titles)))
        if name in contact
    ]


def effect_words(effect: Mapping[str, Any], reader: Reader) -> str:
    """Return one line for an opening or for a step of access to a minor's file; empty for any other effect."""
    kind = effect["e"]
    if kind == "identity.opened" and effect["what"] == SHARED:
        return _("By %(unit)s, %(seat)s. Purpose: %(purpose)s") % {
            "unit": reader.unit(effect["unit"]),
            "seat": reader.seat(effect["seat"]),
            "purpose": purpose_title(effect["purpose"], reader),
        }
    if kind == "identity.opened":
        return _("%(what)s, by %(unit)s, %(seat)s. Purpose: %(purpose)s") % {
            "what": what_title(effect["what"]),
            "unit": reader.unit(effect["unit"]),
            "seat": reader.seat(effect["seat"]),
            "purpose": purpose_title(effect["purpose"], reader),
        }
    if kind == "access.asked":
        return _("Asked by %(unit)s, %(seat)s") % {
            "unit": reader.unit(effect["unit"]),
            "seat": reader.seat(effect["seat"]),
        }
    return ""


def own_title(act: str) -> str:
    """Return what an act of the engine about who may know is called; empty for any other."""
    return {
        "identity-opened": _("The vault was opened"),
        "access-asked": _("Access to the file was asked for"),
        "access-approved": _("Access to the file was approved"),
        "access-refused": _("Access to the file was refused"),
        "access-revoked": _("Access to the file was taken back"),
        "access-ended": _("The time of access to the file is over"),
        "copy-taken": _("The resident took a copy of their data"),
    }.get(act, "")
