"""
Documents that wait for the reader's own signature: which, what they say, and the one press that signs.

What is signed is the version that was read: the form names it, and another one that came meanwhile is signed by nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from huajie.apps.matters import loading
from huajie.apps.matters.operations import Tip
from huajie.apps.matters.projection import UNSIGNED, view_of
from huajie.apps.matters.queries import Row, unsigned_for, words_at
from huajie.core.access import Actor, allowed, relations
from huajie.core.procedure import Act, standing
from huajie.edges.desk.rows import Lines, Step
from huajie.edges.pages import matter as views
from huajie.edges.pages.documents import number_of
from huajie.edges.pages.forms import new_key
from huajie.edges.pages.reader import Reader

#: Papers of a page; what is beyond them waits until one of these is signed.
MOST = 20
_SIGNING = frozenset({"countersign", "issue"})


@dataclass(slots=True)
class Waiting:
    """A version of a document that the reader may sign or give out now."""

    #: key of the version: `opinion#2`
    key: str
    #: words of the button
    act: str
    #: where the form is sent, or where more is asked than a press
    url: str
    #: what the document is called, in the reader's language
    title: str
    #: what it is called in its own
    heading: str
    #: entries that were there when it was read
    seen: int
    #: against sending it twice
    form_key: str
    #: the act asks for something, so it has its own form
    asks: bool
    number: str = ""
    #: where the version is read as it is printed, below the matter's address
    read_at: str = ""
    #: signatures that it has
    signed: int = 0
    language: str = "zh"
    #: its words; empty where they are sealed and only its own page opens them
    paragraphs: list[str] = field(default_factory=list)


def _does(act: Act, kind: str) -> set[str]:
    return {step for name, step in act.documents if name == kind and step in _SIGNING}


def waiting(tip: Tip, actor: Actor, known: frozenset[str], reader: Reader, *, url: str) -> list[Waiting]:
    """
    Return the documents of a matter that an actor may sign or give out now, by the act that does the most.

    Args:
        known: how the actor stands to the matter, from core/access.
        url: address of the matter.
    """
    state, pack = tip.state, tip.pack
    assert state is not None
    if not any(one.state in UNSIGNED for one in state.documents.values()):
        return []
    ways = standing(
        pack,
        state,
        actor,
        known,
        jurisdiction=reader.jurisdiction,
        calendar=views.calendar_of(pack, state, reader),
        now=reader.now,
        stages=False,
    )
    found = []
    for key, one in state.documents.items():
        spec = pack.documents.get(one.kind)
        if one.state not in UNSIGNED or spec is None:
            continue
        acts = [
            pack.acts[way.act]
            for way in ways
            if way.possible and way.target == key and _does(pack.acts[way.act], one.kind)
        ]
        if not acts:
            continue
        act = max(acts, key=lambda act: ("issue" in _does(act, one.kind), len(_does(act, one.kind))))
        asks = any(each.required and each.default is None for each in act.fields if each.shown_to("staff"))
        found.append(
            Waiting(
                key=key,
                act=reader.text(act.title),
                url=f"{url}acts/{act.name}/" + (f"?{urlencode({'target': key})}" if asks else ""),
                title=reader.text(spec.title),
                heading=spec.title[spec.language],
                seen=tip.n,
                form_key=new_key(),
                asks=asks,
                number=tip.number,
                read_at=f"documents/{one.kind}/{number_of(key)}/",
                signed=len(one.signed),
                language=spec.language,
            )
        )
    return found


def to_sign(actor: Actor, reader: Reader) -> tuple[list[tuple[Row, Waiting]], bool]:
    """
    Return what waits for this actor's signature with the line of its matter, soonest due first, and whether there may
    be more; in at most four statements.
    """
    rows = unsigned_for(actor, limit=MOST)
    tips = loading.load_many([row.stream for row in rows], using="default", lenient=True)
    lines = Lines(reader, actor)
    found: list[tuple[Row, Waiting]] = []
    wanted: dict[tuple[Any, int, str], Waiting] = {}
    for row in rows:
        tip = tips.get(row.stream)
        if tip is None or tip.state is None:
            continue
        view = view_of(tip.state, row.stream.hex)
        reads = allowed(actor, view, "read_text") and allowed(actor, view, "see_documents")
        for one in waiting(tip, actor, relations(actor, view), reader, url=lines.matter_url(row.number)):
            found.append((row, one))
            version = tip.state.documents[one.key]
            if reads:
                wanted[row.stream, version.n, tip.pack.documents[version.kind].text] = one
    for place, body in words_at(list(wanted)).items():
        wanted[place].paragraphs = [line for line in body.split("\n") if line.strip()]
    return found, len(rows) >= MOST


def steps_of(found: Sequence[Waiting], reader: Reader) -> list[Step]:
    """Return what each line asks for: the act, the document, and the address where it is read as printed."""
    steps = []
    for one in found:
        small = one.title
        if one.signed:
            small += " · " + ngettext("%(n)s signature", "%(n)s signatures", one.signed) % {"n": one.signed}
        steps.append(Step(one.act, small, one.read_at, _("Read and sign")))
    return steps


def papers(found: Sequence[Waiting], request: HttpRequest, *, filled: bool) -> list[SafeString]:
    """
    Return what stands below each line: the words of the document, and the press that signs them.

    Args:
        filled: the first press is the page's one filled button.
    """
    return [
        render_to_string("pages/parts/signing.html", {"w": one, "filled": filled and not n}, request)
        if one.paragraphs
        else mark_safe("")
        for n, one in enumerate(found)
    ]
