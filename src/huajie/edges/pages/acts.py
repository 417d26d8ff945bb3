"""What can be done with a matter now, what can't and why, and what its file still lacks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from urllib.parse import quote

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from huajie.core.access import Actor
from huajie.core.clocks import Calendar
from huajie.core.jurisdiction import Jurisdiction
from huajie.core.ledger import moment
from huajie.core.procedure import Act, ActStanding, Pack, State, Unmet, dossiers, gates, standing
from huajie.core.procedure.phrases import Words
from huajie.edges.pages.html import icon
from huajie.edges.pages.reader import Reader
from huajie.edges.pages.roads import drafting, gives_new_date, next_step

#: Acts that nobody does by hand.
_MACHINES = frozenset({"system", "import"})
_ICONS = {
    "transferred": "swap",
    "assigned": "swap",
    "referred": "swap",
    "deadline-extended": "clock",
    "deadline-set": "clock",
    "deadline-stopped": "stop",
    "deadline-excluded": "clock",
    "evidence": "doc",
    "plan": "list",
    "notified": "chat",
    "note": "chat",
    "verified": "check",
    "closed": "done",
    "served": "mail",
    "withdrawn": "back",
    "review": "shield",
}


@dataclass(slots=True)
class Missing:
    text: str
    source: str = ""
    supply: str = ""


@dataclass(slots=True)
class Offer:
    """One act on the page."""

    name: str
    #: key of the request that it is about, or empty
    target: str
    title: str
    help: str
    icon: str
    missing: list[Missing] = field(default_factory=list)
    #: what request it is about, in words
    about: str = ""
    #: the figure that opens it by keyboard; empty from the tenth
    key: str = ""


@dataclass(slots=True)
class Offers:
    """Every act, sorted by what the reader can do about it."""

    first: Offer | None
    possible: list[Offer]
    #: something of this stage is missing
    missing: list[Offer]
    #: possible in another stage
    later: list[Offer]
    #: (act, whose it is)
    others: list[tuple[str, str]]

    # Dozens of lines that a page always has, most of them folded: made here, since a template takes a millisecond more.

    def possible_lines(self, below: str, *, keys: bool) -> SafeString:
        """
        Return the acts that can be done: what comes first, then the others.

        Args:
            below: address of the matter, with its last slash.
            keys: whether the figures that open them are shown.
        """
        lines = [_can(self.first, below, "1" if keys else "", ' class="first"')] if self.first is not None else []
        lines += [_can(offer, below, offer.key if keys else "") for offer in self.possible]
        return mark_safe("\n".join(lines))  # noqa: S308

    @property
    def missing_lines(self) -> SafeString:
        """Return the acts of this stage that lack something, each with all of it and who supplies it."""
        return _cannot((offer.title, [_lack(one, one.supply) for one in offer.missing]) for offer in self.missing)

    @property
    def later_lines(self) -> SafeString:
        """Return the acts of other stages."""
        return _cannot((offer.title, [_lack(one) for one in offer.missing]) for offer in self.later)

    @property
    def others_lines(self) -> SafeString:
        """Return the acts that are for others, each with whose it is."""
        return _cannot((title, [escape(who)]) for title, who in self.others)


def act_url(below: str, offer: Offer) -> str:
    """Return the address of an act's form."""
    return f"{below}acts/{offer.name}/" + (f"?target={quote(offer.target)}" if offer.target else "")


def _can(offer: Offer, below: str, key: str, kind: str = "") -> str:
    about = f"<small>{escape(offer.about)}</small>" if offer.about else ""
    said = f"<small>{escape(offer.help)}</small>" if offer.help else ""
    shown_key = f'<kbd aria-hidden="true">{key}</kbd>' if key else ""
    return (
        f'<a{kind} href="{escape(act_url(below, offer))}">{icon(offer.icon)}'
        f"<span><b>{escape(offer.title)}</b>{about}{said}</span>{shown_key}</a>"
    )


def _lack(one: Missing, supply: str = "") -> str:
    text = escape(f"{one.text} · {supply}" if supply else one.text)
    return f"{text} <small>{escape(one.source)}</small>" if one.source else text


def _cannot(lines: Iterable[tuple[str, list[str]]]) -> SafeString:
    lock = icon("lock")
    made = [
        f"<li>{lock}<span><b>{escape(title)}</b><ul><li>{'</li><li>'.join(lacks)}</li></ul></span></li>"
        for title, lacks in lines
    ]
    return mark_safe(f'<ul class="cant">{"".join(made)}</ul>')  # noqa: S308


@dataclass(slots=True)
class Paper:
    """One line of the dossier."""

    title: str
    source: str
    #: `lacks`, `has`
    state: str
    #: who must bring it, or for which act it counts
    note: str


def source_words(pack: Pack, name: str | None, reader: Reader) -> str:
    """Return a source with its article; one that nobody has checked says so."""
    return Words(pack.document, reader.language).source(name) if name else ""


def missing_of(unmet: Iterable[Unmet], pack: Pack, reader: Reader) -> list[Missing]:
    """Return everything that is missing, each with its source."""
    words = Words(pack.document, reader.language)
    found = []
    for item in unmet:
        text = reader.text(item.title)
        if item.code == "relation":
            text = _("Only: %(who)s") % {"who": words.relations(item.values.get("by") or ())}
        supply = item.values.get("supply")
        found.append(Missing(text, source_words(pack, item.source, reader), words.relation(supply) if supply else ""))
    return found


def icon_of(act: Act) -> str:
    """Return the name of an act's icon."""
    return _ICONS.get(act.public_kind, "pen")


def offers(
    pack: Pack,
    state: State,
    actor: Actor,
    relations: frozenset[str],
    *,
    jurisdiction: Jurisdiction,
    calendar: Calendar,
    reader: Reader,
    about: Mapping[str, str] | None = None,
) -> Offers:
    """
    Return the acts as they stand for an actor.

    Args:
        about: words for each request, by key.
    """
    found = standing(pack, state, actor, relations, jurisdiction=jurisdiction, calendar=calendar, now=reader.now)
    step = next_step(pack, state.stage) if state.open else None
    usual = step[1] if step is not None else None
    result = Offers(None, [], [], [], [])
    for item in found:
        act = pack.acts[item.act]
        offer = _offer(item, act, pack, reader, about or {}, sources=actor.kind == "seat")
        if item.possible:
            if act.name == usual:
                result.first = offer
            else:
                result.possible.append(offer)
        elif any(one.code in ("stage", "closed") for one in item.unmet):
            result.later.append(offer)
        elif any(one.code == "request-unknown" for one in item.unmet):
            # there is no such question now: nothing to show, and nothing that the reader could bring
            continue
        else:
            result.missing.append(offer)
    if result.first is None and result.possible:
        # whoever is asked answers first; where nothing is more pressing than the rest, nothing is put first
        result.first = next((one for one in result.possible if one.target and _is_asked(pack.acts[one.name])), None)
        if result.first is None and usual is not None and usual not in {item.act for item in found}:
            # it is signed by others; whoever may sign it had better not draft it
            result.first = _to_draft(result.possible, pack, state, usual)
        if result.first is not None:
            result.possible.remove(result.first)
    if actor.kind == "seat":
        _late_first(result, pack, state, reader)
    for n, offer in enumerate(result.possible[:9], 1 if result.first is None else 2):
        offer.key = str(n) if n < 10 else ""
    shown = {item.act for item in found}
    words = Words(pack.document, reader.language)
    for act in pack.acts.values():
        if act.creates or act.name in shown or act.by <= _MACHINES:
            continue
        if act.on is not None and not any(
            request.kind == act.on and request.state in ("open", "contested") for request in state.requests.values()
        ):
            continue
        if state.stage in act.stages if act.stages is not None else state.open:
            who = words.relations(sorted(act.by - _MACHINES))
            result.others.append((reader.text(act.title), who))
    return result


def _to_draft(possible: list[Offer], pack: Pack, state: State, usual: str) -> Offer | None:
    """Return the act that drafts what the usual next act signs, for whoever may draft it, until there is a draft."""
    found = drafting(pack, usual)
    if found is None:
        return None
    document, name = found
    if any(one.kind == document and one.state in ("draft", "countersigned") for one in state.documents.values()):
        return None
    return next((one for one in possible if one.name == name), None)


def _late_first(result: Offers, pack: Pack, state: State, reader: Reader) -> None:
    """Put first what says why a promised step is late and gives it a new date: it hurts most."""
    late = {
        key
        for key, request in state.requests.items()
        if request.state == "open"
        and request.clock is not None
        and (clock := state.clocks.get(request.clock)) is not None
        and clock.status == "running"
        and moment(clock.due_at) <= reader.now
    }
    if not late:
        return
    slip = next((one for one in result.possible if one.target in late and gives_new_date(pack.acts[one.name])), None)
    if slip is not None:
        result.possible.remove(slip)
        if result.first is not None:
            result.possible.insert(0, result.first)
        result.first = slip


def _is_asked(act: Act) -> bool:
    return f"asked:{act.on}" in act.by


def _offer(
    item: ActStanding, act: Act, pack: Pack, reader: Reader, about: Mapping[str, str], *, sources: bool
) -> Offer:
    said = reader.text(act.help)
    if sources and not said and act.source is not None and not item.unmet:
        law = pack.sources.get(act.source)
        said = "" if law is None or law.tag == "D" else source_words(pack, act.source, reader)
    return Offer(
        name=act.name,
        target=item.target or "",
        title=reader.text(act.title),
        help=said,
        icon=icon_of(act),
        missing=missing_of(item.unmet, pack, reader),
        about=about.get(item.target or "", ""),
    )


@dataclass(slots=True)
class FileView:
    """A fixed set of items that the file of a matter must hold."""

    title: str
    help: str
    papers: list[Paper]
    lacking: int


def files_of(
    pack: Pack, state: State, *, jurisdiction: Jurisdiction, calendar: Calendar, reader: Reader
) -> list[FileView]:
    """Return the dossiers that a matter must have, item by item in the order of the pack."""
    words = Words(pack.document, reader.language)
    found = []
    for each in dossiers(pack, state, jurisdiction=jurisdiction, calendar=calendar, now=reader.now):
        # one that is asked of every matter stands among what the acts of the stage need
        if each.dossier.when is None:
            continue
        papers = [
            Paper(
                reader.text(one.item.title),
                source_words(pack, one.item.source, reader),
                "has" if one.met else "lacks",
                words.relation(one.item.supply) if one.item.supply and not one.met else "",
            )
            for one in each.items
        ]
        lacking = sum(paper.state == "lacks" for paper in papers)
        found.append(FileView(reader.text(each.dossier.title), reader.text(each.dossier.help), papers, lacking))
    return found


def dossier(pack: Pack, state: State, *, jurisdiction: Jurisdiction, calendar: Calendar, reader: Reader) -> list[Paper]:
    """
    Return what the acts of this stage need in the file: missing first, each with who must bring it.

    Whoever may do the acts, the file is the same.
    """
    words = Words(pack.document, reader.language)
    papers: dict[tuple[str, str], Paper] = {}
    for one in gates(pack, state, jurisdiction=jurisdiction, calendar=calendar, now=reader.now):
        item = one.item
        title, source = reader.text(item.title), words.source(item.source) if item.source else ""
        note = words.relation(item.supply) if item.supply and not one.met else ""
        papers.setdefault((title, source), Paper(title, source, "has" if one.met else "lacks", note))
    return sorted(papers.values(), key=lambda paper: paper.state != "lacks")
