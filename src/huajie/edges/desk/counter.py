"""
What only the counter asks: the channel and its procedure, topic and place by words, who else brought it, who spoke.

Everything is a plain form. A button that does not send (find, look, choose) draws the same form again with what came,
so that nothing typed is lost and no script is needed.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext as _

from huajie.core.jurisdiction import ANY, NoOwner, route
from huajie.core.procedure import Pack, State
from huajie.core.procedure.common import CHANNELS as KNOWN_CHANNELS
from huajie.core.procedure.common import PARTICIPANTS, SPEAKERS, SPOKESPERSONS, SYSTEMS
from huajie.edges.pages import matter as views
from huajie.edges.pages.fitting import fitting, suits
from huajie.edges.pages.forms import Drawn, Fault, Option, one
from huajie.edges.pages.reader import Reader

#: The ways in which something reaches the desk, in the order of the screen. A closed list.
CHANNELS: Final = ("counter", "phone", "letter", "email", "web", "mailbox", "hotline", "referral", "field")
assert set(CHANNELS) == {*KNOWN_CHANNELS} - {"import"}
#: Channels that bring a number of their own, and the system that it is from.
NUMBERED: Final = {"hotline": "12345", "mailbox": "mailbox", "referral": "petition"}
#: What a contact at the counter holds, with the longest value.
_PERSON: Final = (("name", 100), ("phone", 40), ("address", 300))


# The procedure


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The procedure that the desk proposes, and why."""

    pack: Pack
    why: str


def offered(packs: Sequence[Pack], channel: str) -> list[Pack]:
    """Return the procedures that take this channel; all of them while none is chosen."""
    return [pack for pack in packs if not channel or channel in pack.channels]


def suggest(packs: Sequence[Pack], channel: str, topic: str, region: str, reader: Reader) -> Suggestion | None:
    """
    Return the procedure to propose: what a rule of the jurisdiction was made for, else what says that it suits the
    topic, else what says so of the channel.

    Args:
        packs: those that take the channel.
    """
    if not packs:
        return None
    fits = fitting(packs, topic, reader)
    if fits.packs:
        return Suggestion(fits.packs[0], fits.why)
    for pack in packs:
        if channel and channel in suits(pack, "channels"):
            return Suggestion(pack, _("usual for: %(what)s") % {"what": views.channel_name(channel)})
    return Suggestion(packs[0], _("the first that takes this channel") if channel else _("the first in the list"))


# Where it would go


@dataclass(slots=True)
class Preview:
    """Who would answer, before anything is sent."""

    unit: str = ""
    seat: str = ""
    why: list[str] = field(default_factory=list)
    assist: str = ""
    matched: bool = False
    nobody: bool = False


def preview(pack: Pack, topic: str, region: str, reader: Reader, step_words: Any) -> Preview | None:
    """Return where the jurisdiction sends it and why; None while neither topic nor place is known."""
    jurisdiction = reader.jurisdiction
    known_topic = topic if topic in jurisdiction.topics else None
    known_region = region if region in jurisdiction.regions else None
    if known_topic is None and known_region is None:
        return None
    try:
        found = route(jurisdiction, topic=known_topic, region=known_region, pack=pack.name, at=reader.now)
    except NoOwner:
        return Preview(nobody=True)
    why = []
    for step in found.steps:
        if step.code not in ("chosen", "raised", "no-rule", "intake-queue", "backstop", "anybody-left"):
            continue
        remit = jurisdiction.remits.get(step.remit)
        if remit is not None and step.code == "chosen":
            topics = [reader.topic(code) if code != ANY else _("every topic") for code in remit.topics]
            regions = [reader.region(code) if code != ANY else _("every place") for code in remit.regions]
            why.append(
                _("%(unit)s decides on %(topics)s in %(regions)s")
                % {
                    "unit": reader.unit(remit.unit),
                    "topics": reader.joined(topics),
                    "regions": reader.joined(regions),
                }
            )
        else:
            why.append(step_words(step, reader))
    return Preview(
        unit=reader.unit(found.unit),
        seat=reader.seat(found.seat),
        why=why,
        assist=reader.joined([reader.unit(code) for code in found.assist]),
        matched=found.matched,
    )


# Who else, who spoke, which number


@dataclass(slots=True)
class Counter:
    """What the counter wrote down besides the form of the procedure."""

    participants: list[dict[str, str]] = field(default_factory=list)
    spokespersons: list[dict[str, str]] = field(default_factory=list)
    agent: dict[str, str] | None = None
    inputs: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def read(posted: Mapping[str, list[str]], mode: str) -> Counter:
    """Return what came, with everything that is wrong with it."""
    found = Counter()
    _read_people(posted, mode, found)
    _read_speaker(posted, found)
    system, number = one(posted, "external_system", 32), one(posted, "external_number", 100)
    if number and system not in SYSTEMS:
        found.faults.append(Fault("external_system", _("Say from which system the number is.")))
    elif system and not number:
        found.faults.append(Fault("external_number", _("Write the number that it has there, or choose no system.")))
    elif number:
        found.inputs["external_system"], found.texts["external_number"] = system, number[:80]
    reason = one(posted, "late_reason", 60_000)
    if len(reason) > 1000:
        found.faults.append(Fault("late_reason", _("At most %(most)s characters.") % {"most": 1000}))
    elif reason:
        found.texts["late_reason"] = reason
    return found


def _read_people(posted: Mapping[str, list[str]], mode: str, found: Counter) -> None:
    typed = one(posted, "people", 8)
    others = person_lines(one(posted, "others", 60_000))
    count = 1 + len(others)
    if typed:
        if not re.fullmatch(r"\d{1,4}", typed, re.ASCII) or not 1 <= int(typed) <= PARTICIPANTS:
            found.faults.append(Fault("people", _("From 1 to %(most)s people.") % {"most": PARTICIPANTS}))
        elif int(typed) < count:
            text = _("%(listed)s others are listed, so it is at least %(count)s in all.")
            found.faults.append(Fault("people", text % {"listed": len(others), "count": count}))
        else:
            count = int(typed)
    if count > PARTICIPANTS:
        found.faults.append(Fault("others", _("From 1 to %(most)s people.") % {"most": PARTICIPANTS}))
    found.participants = [*others, *({} for _each in range(count - 1 - len(others)))]
    speakers = person_lines(one(posted, "spokespersons", 5_000))
    if len(speakers) > SPOKESPERSONS:
        text = _("At most %(most)s spokespersons; %(count)s are listed.")
        found.faults.append(Fault("spokespersons", text % {"most": SPOKESPERSONS, "count": len(speakers)}))
    elif speakers and count == 1:
        text = _("Spokespersons are for a joint matter: say how many people bring it.")
        found.faults.append(Fault("spokespersons", text))
    if mode == "anonymous" and (any(found.participants) or speakers):
        text = _("Anonymous means that we keep nobody's name. Take the names away, or choose another way.")
        found.faults.append(Fault("others" if any(found.participants) else "spokespersons", text))
    found.spokespersons = speakers


def _read_speaker(posted: Mapping[str, list[str]], found: Counter) -> None:
    spoke_by = one(posted, "spoke_by", 32)
    agent = {name: one(posted, f"agent-{name}", most)[:most] for name, most in (*_PERSON[:2], ("language", 60))}
    agent = {name: value for name, value in agent.items() if value}
    if spoke_by and spoke_by not in SPEAKERS:
        found.faults.append(Fault("spoke_by", _("Choose one of the ways offered.")))
    elif spoke_by:
        found.inputs["spoke_by"] = spoke_by
        if spoke_by == "interpreter" and "language" not in agent:
            found.faults.append(Fault("agent-language", _("Write which language was interpreted.")))
    elif agent:
        found.faults.append(
            Fault("spoke_by", _("Say how whoever spoke stands to the resident, or leave it all empty."))
        )
    if agent:
        found.agent = agent
    if one(posted, "read_back", 8):
        found.inputs["read_back"] = True
    elif one(posted, "cannot_read", 8):
        text = _("Read it back to the resident and tick that it was confirmed: they can't read it themselves.")
        found.faults.append(Fault("read_back", text))


def person_lines(text: str) -> list[dict[str, str]]:
    """
    Return the people of a list, one a line: name, phone, address, in any order after the name.

    A line that holds only a dash is somebody who leaves nothing; pasted columns of a sheet are taken too.
    """
    found = []
    for line in text.split("\n"):
        parts = [part.strip() for part in re.split(r"[,，;；\t]+", line) if part.strip()]
        if not parts:
            continue
        person: dict[str, str] = {}
        if parts != ["-"]:
            person["name"] = parts[0][:100]
        for part in parts[1:]:
            phone = re.fullmatch(r"[+\d][\d\s()-]{5,}", part) is not None
            name = "phone" if phone and "phone" not in person else "address"
            person[name] = f"{person[name]}, {part}"[:300] if name in person else part[:300]
        found.append(person)
    return found


# Drawing


def draw(posted: Mapping[str, list[str]], faults: Iterable[Fault], reader: Reader) -> dict[str, Drawn]:
    """Return the counter's own fields by name."""
    wrong = list(faults)

    def made(name: str, widget: str, title: str, hint: str = "", **more: Any) -> Drawn:
        errors = [fault.text for fault in wrong if fault.name == name]
        return Drawn(name, widget, title, hint, False, one(posted, name, 60_000), errors=errors, **more)

    def choice(name: str, table: Mapping[str, Mapping[str, str]]) -> list[tuple[str, list[Option]]]:
        chosen = one(posted, name, 32)
        return [("", [Option(value, reader.text(title), value == chosen) for value, title in table.items()])]

    fields = [
        made("late_reason", "longtext", _("Why only now?"), _("Only if it came in more than one working day ago.")),
        made("people", "number", _("How many bring it together?"), _("Each gets a receipt of their own."), min="1"),
        made(
            "others",
            "longtext",
            _("The others, one a line"),
            _("Name, phone or address; a dash for somebody who leaves nothing. Sealed; no list of them exists."),
        ),
        made(
            "spokespersons",
            "longtext",
            _("Spokespersons, at most five"),
            _("One a line. For this problem only: they end with it."),
        ),
        made(
            "spoke_by",
            "select",
            _("Did somebody speak for them?"),
            _("Only the relation goes into the record."),
            options=choice("spoke_by", SPEAKERS),
        ),
        made("agent-name", "text", _("Name of whoever spoke"), _("Sealed.")),
        made("agent-phone", "text", _("Their phone"), _("Sealed.")),
        made("agent-language", "text", _("Language interpreted"), _("Sealed.")),
        made("cannot_read", "box", _("They can't read it themselves"), _("Not kept; it asks you to read it back.")),
        made("read_back", "box", _("Read back to the resident, who said that it is right")),
        made(
            "external_system",
            "select",
            _("Its number in another system"),
            _("The number of the problem there, never a number of a person."),
            options=choice("external_system", SYSTEMS),
        ),
        made("external_number", "text", _("Number there")),
    ]
    return {drawn.name.replace("-", "_"): drawn for drawn in fields}


def taken_in(state: State, reader: Reader) -> list[tuple[str, str]]:
    """Return how a matter was taken in, as title and words, for its page."""
    facts = state.facts
    found = []
    if state.participants > 1:
        found.append((_("Brought together by"), _("%(count)s people") % {"count": state.participants}))
    if facts.get("spoke_by") in SPEAKERS:
        found.append((_("Spoke for them"), reader.text(SPEAKERS[facts["spoke_by"]])))
    if facts.get("read_back") is True:
        found.append((_("Read back"), _("and confirmed; read papers aloud when you serve them")))
    return found
