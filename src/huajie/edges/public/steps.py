"""
The form for residents in three steps: what, where, tell us.

Every step is a page of the server. What was written in the others travels in the form itself, so nothing is stored
before the whole is sent and no script is needed. A form that comes whole is taken too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext as _

from huajie.apps.matters.operations import NEWS
from huajie.core.jurisdiction import NoOwner, route
from huajie.core.procedure import Pack
from huajie.edges.pages import maps, opening
from huajie.edges.pages.finding import Proposal, find_regions, telling, topics_in
from huajie.edges.pages.forms import CONTACT, KNOWN, Drawn, Fault, Option, one
from huajie.edges.pages.html import marked
from huajie.edges.pages.reader import Reader

WHAT, WHERE, TELL = 1, 2, 3
#: Fields that say where it is, whatever the pack.
_PLACES: Final = frozenset({"address", "place"})
#: A list of places with at most so many is shown whole, each to be touched.
_FEW_PLACES: Final = 24
#: At most so many topics are proposed.
_PROPOSED: Final = 6
#: The longest title made of a text's beginning, for the summary.
_BEGINNING: Final = 60


@dataclass(slots=True)
class Steps:
    """Which names of a posted form belong to which step."""

    names: dict[int, list[str]]

    @classmethod
    def of_any(cls, packs: Sequence[Pack]) -> "Steps":
        """Return the steps of several packs' forms laid over each other."""
        found = [cls.of(pack).names for pack in packs]
        return cls({step: list(dict.fromkeys(name for one in found for name in one[step])) for step in found[0]})

    @classmethod
    def of(cls, pack: Pack) -> "Steps":
        """Return the steps of a pack's opening form."""
        names: dict[int, list[str]] = {WHAT: ["topic"], WHERE: ["region"], TELL: ["mode"]}
        for each in pack.acts["submit"].fields:
            if not each.shown_to("resident"):
                continue
            if each.type == "file":
                continue
            elif each.type == "contact":
                names[TELL] += [f"contact-{name}" for name in (*(name for name, *_more in CONTACT), NEWS)]
            elif each.type == "point":
                names[WHERE] += [f"{each.name}-lon", f"{each.name}-lat"]
            else:
                names[WHERE if each.name in _PLACES else WHAT].append(each.name)
        return cls(names)

    def at(self, name: str) -> int:
        """Return the step at which something wrong with that name is put right."""
        for step in (WHAT, WHERE):
            for known in self.names[step]:
                if name == known or (name and known.startswith(f"{name}-")):
                    return step
        return TELL

    def carried(self, posted: Mapping[str, list[str]], form: opening.Form, step: int) -> list[tuple[str, str]]:
        """Return what was written at the other steps, to travel in the form; a file by what stands for it."""
        found = [
            (name, value)
            for other, names in self.names.items()
            if other != step
            for name in names
            for value in posted.get(name, ())
            if value
        ]
        if step != TELL:
            found += [
                (f"{drawn.name}{KNOWN}", token)
                for drawn in form.fields
                if drawn.widget == "file"
                for token, _name in drawn.known
            ]
        return found


@dataclass(slots=True)
class Choice:
    """One topic or place to be touched."""

    value: str
    #: the title, what was typed marked in it
    title: Any
    hint: str = ""
    chosen: bool = False


@dataclass(slots=True)
class Where:
    """The list of places: shown whole while it is short, else a list to unfold with what was found by words."""

    groups: Sequence[tuple[str, list[Option]]]
    whole: bool
    found: list[Proposal] = field(default_factory=list)
    #: words were typed and no place has them
    none: bool = False
    #: the map on which a place can be chosen as well; empty where no boundary is known
    drawing: str = ""


def words_of(pack: Pack, posted: Mapping[str, list[str]]) -> str:
    """Return what a topic is looked for by: the words typed for it, else what was written so far."""
    typed = one(posted, "q", 200)
    if typed:
        return typed
    texts = [each.name for each in pack.acts["submit"].fields if each.type in ("text", "longtext")]
    return " ".join(one(posted, name, 60_000)[:2000] for name in texts if name not in _PLACES).strip()


def topics(
    pack: Pack,
    posted: Mapping[str, list[str]],
    reader: Reader,
    *,
    look: bool,
    pack_of: Callable[[str], str] | None = None,
) -> list[Choice]:
    """
    Return the topics to choose from: what was found by words, and what is chosen already.

    Args:
        pack_of: the name of the procedure that a topic would take, where that is not settled yet.
        look: whether to look by words at all.
    """
    name_of = pack_of or (lambda _topic: pack.name)
    chosen = one(posted, "topic", 64)
    words = words_of(pack, posted)
    found = topics_in(words, reader, _PROPOSED) if look and words else []
    listed = [
        Choice(
            each.code,
            marked(each.title, [each.why, *telling(words)]),
            _who(name_of(each.code), each, posted, reader),
        )
        for each in found
    ]
    known = reader.jurisdiction.topics
    if chosen in known and all(each.value != chosen for each in listed):
        listed.insert(
            0, Choice(chosen, reader.topic(chosen), _who(name_of(chosen), Proposal(chosen, ""), posted, reader))
        )
    for each in listed:
        each.chosen = each.value == chosen
    return listed


def _who(pack: str, proposal: Proposal, posted: Mapping[str, list[str]], reader: Reader) -> str:
    """Return which unit usually answers for a topic, where a rule says so; and the word by which it was found."""
    region = one(posted, "region", 64)
    region = region if region in reader.jurisdiction.regions else reader.home or ""
    said = []
    try:
        found = route(reader.jurisdiction, topic=proposal.code, region=region or None, pack=pack, at=reader.now)
    except NoOwner:
        pass
    else:
        if found.matched:
            said.append(_("Usually answered by: %(unit)s") % {"unit": reader.unit(found.unit)})
    if proposal.why and proposal.why not in proposal.title.lower():
        said.append(_("you wrote “%(word)s”") % {"word": proposal.why})
    return " · ".join(said)


def places(form: opening.Form, posted: Mapping[str, list[str]], reader: Reader) -> Where:
    """Return the places to choose from."""
    # the county that the reader is in first, what lies around it last
    groups = sorted(form.region.options, key=lambda group: len(group[1]) < 2)
    words = one(posted, "place_words", 200)
    found = find_regions(words, reader) if words else []
    whole = sum(len(options) for _heading, options in groups) <= _FEW_PLACES
    drawn = maps.picker(reader, one(posted, "region", 64), "region-{code}" if whole else "f-region")
    return Where(groups, whole, found, bool(words) and not found, drawn)


def by_step(form: opening.Form) -> dict[int, list[Drawn]]:
    """Return the pack's own fields by the step at which they are asked."""
    found: dict[int, list[Drawn]] = {WHAT: [], WHERE: [], TELL: []}
    for drawn in form.fields:
        step = TELL if drawn.widget == "file" else WHERE if drawn.name in _PLACES else WHAT
        found[step].append(drawn)
    return found


def summary(form: opening.Form, posted: Mapping[str, list[str]], reader: Reader) -> list[tuple[str, str, int]]:
    """Return what is about to be sent, in short: title, words, and the step at which it can be changed."""
    topic, region = one(posted, "topic", 64), one(posted, "region", 64)
    text = next((d.value for d in form.fields if d.widget in ("text", "longtext") and d.value.strip()), "")
    short = text if len(text) <= _BEGINNING else f"{text[:_BEGINNING]}…"
    told = _("We choose for you") if topic == opening.UNSORTED else reader.topic(topic)
    return [
        (_("What"), short, WHAT),
        (_("Topic"), told, WHAT),
        (_("Where"), reader.region(region) if region else "", WHERE),
    ]


def of_step(faults: Sequence[Fault], steps: Steps, step: int) -> list[Fault]:
    """Return what is wrong at one step."""
    return [fault for fault in faults if steps.at(fault.name) == step]
