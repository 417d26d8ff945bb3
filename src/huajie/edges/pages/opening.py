"""
The form that brings a matter in, for residents and for the intake desk: topic, place, how to be known, and the
fields of the pack.

Residents and clerks fill in the same act of the same pack; a clerk also says how and when it came.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.http import HttpRequest
from django.utils.translation import gettext as _

from huajie.apps.matters.operations import Submission
from huajie.apps.procedure.registry import packs
from huajie.core.procedure import Pack
from huajie.edges.pages import matter as views
from huajie.edges.pages.forms import (
    Drawn,
    Fault,
    Filled,
    Option,
    Section,
    draw,
    fill,
    key_of,
    new_key,
    one,
    posted_of,
    region_options,
    request_hash,
    sections,
    topic_options,
)
from huajie.edges.pages.reader import Reader

#: A topic that says: please choose for me.
UNSORTED = "-"


def kinds(audience: str, channel: str | None) -> list[Pack]:
    """Return the packs in force under which this audience may bring something in, by this channel."""
    relation = "resident" if audience == "resident" else "intake"
    return [
        pack
        for pack in packs().values()
        if relation in pack.acts["submit"].by and (channel is None or channel in pack.channels)
    ]


@dataclass(slots=True)
class Opening:
    """A posted opening form, read."""

    filled: Filled
    submission: Submission
    faults: list[Fault]
    posted: Mapping[str, list[str]]
    key: str
    #: when it came in, as far as that could be read
    received_at: datetime | None = None


@dataclass(slots=True)
class Form:
    """The form as the page draws it."""

    topic: Drawn
    region: Drawn
    mode: Drawn
    fields: list[Drawn]
    #: the same by the groups of the pack
    sections: list[Section]
    contact: Drawn | None
    point: Drawn | None
    key: str
    channel: Drawn | None = None
    received_at: Drawn | None = None
    faults: Sequence[Fault] = field(default_factory=list)
    has_file: bool = False


def read(
    request: HttpRequest,
    pack: Pack,
    reader: Reader,
    *,
    audience: str,
    scope: str,
    posted: Mapping[str, list[str]] | None = None,
) -> Opening:
    """
    Read a posted opening form.

    Args:
        audience: `resident` or `staff`.
        scope: within which the form's key is known again.
        posted: what came, where the caller has put something into it already.
    """
    posted = posted_of(request) if posted is None else posted
    act = pack.acts["submit"]
    jurisdiction = reader.jurisdiction
    region = one(posted, "region", 64)
    topic = one(posted, "topic", 64)
    mode = one(posted, "mode", 32)
    filled = fill(act, request, posted, audience=audience, reader=reader, region=region, stream_of=lambda typed: None)
    faults = list(filled.faults)
    if not topic:
        faults.append(Fault("topic", _("Choose what it is about, or let us choose.")))
    elif topic != UNSORTED and topic not in jurisdiction.topics:
        faults.append(Fault("topic", _("There is no such topic; choose one from the list.")))
    if not region:
        faults.append(Fault("region", _("Choose where it is.")))
    elif region not in jurisdiction.regions:
        faults.append(Fault("region", _("There is no such place; choose one from the list.")))
    if not mode:
        faults.append(Fault("mode", _("Choose who may know who you are.")))
    elif mode not in pack.modes:
        faults.append(Fault("mode", _("Choose one of the ways offered.")))
    for each in act.fields:
        given = filled.texts.get(each.name) if each.is_text else filled.inputs.get(each.name)
        if each.required and given is None and not any(fault.name == each.name for fault in faults):
            faults.append(Fault(each.name, _("Fill in: %(field)s") % {"field": reader.text(each.title)}))
    if mode == "anonymous" and filled.contact:
        text = _("Anonymous means that we keep no way to reach you. Take the contact away, or choose another way.")
        faults.append(Fault("contact", text))
    channel, received_at = "web", None
    if audience == "staff":
        channel = one(posted, "channel", 32)
        if channel not in pack.channels or channel == "import":
            faults.append(Fault("channel", _("Choose how it came in.")))
        received_at = received(posted, region, reader, faults)
    submission = Submission(
        pack=pack.name,
        topic="" if topic == UNSORTED else topic,
        region=region,
        texts=filled.texts,
        mode=mode,
        channel=channel,
        contact=filled.contact,
        point=filled.point,
        received_at=received_at,
        inputs=filled.inputs,
    )
    if not submission.topic:
        submission.topic = None  # type: ignore[assignment]  # the engine takes null for "not sorted yet"
    key = key_of(posted)
    submission.idempotency = (scope, key, request_hash(f"open/{pack.name}", posted, filled.files))
    return Opening(filled, submission, faults, posted, key, received_at)


#: Days after which the moment of coming in has to be said to be meant.
_LONG_AGO = 366


def received(posted: Mapping[str, list[str]], region: str, reader: Reader, faults: list[Fault]) -> datetime | None:
    """Return when it came in, aware, UTC, in the zone of the place; None: now. What is wrong joins the faults."""
    typed = one(posted, "received_at", 40)
    if not typed:
        return None
    try:
        at = datetime.fromisoformat(typed)
    except ValueError:
        faults.append(Fault("received_at", _("Write day and time, such as 2026-11-23T09:30.")))
        return None
    try:
        at = (at if at.tzinfo is not None else at.replace(tzinfo=reader.zone(region))).astimezone(UTC)
    except OverflowError:
        # the first or the last day that there is, in a zone ahead of it
        faults.append(Fault("received_at", _("Write day and time, such as 2026-11-23T09:30.")))
        return None
    if at > reader.now:
        faults.append(Fault("received_at", _("It can't have come in later than now.")))
        return None
    if (reader.now - at).days > _LONG_AGO and not one(posted, "long_ago", 8):
        text = _("That is %(days)s days ago. Tick below that the date is right, or put it right.")
        faults.append(Fault("received_at", text % {"days": (reader.now - at).days}))
        return None
    return at


def draw_form(
    pack: Pack,
    reader: Reader,
    *,
    audience: str,
    opening: Opening | None = None,
    faults: Sequence[Fault] | None = None,
    fresh_key: bool = False,
) -> Form:
    """Return the form to draw: fresh, or with what came and what is wrong with it."""
    posted = opening.posted if opening is not None else None
    wrong = list(faults if faults is not None else opening.faults if opening is not None else [])
    act = pack.acts["submit"]
    given = posted or {}

    def errors(name: str) -> list[str]:
        return [fault.text for fault in wrong if fault.name == name]

    def select(name: str, title: str, hint: str, options: list[tuple[str, list[Option]]]) -> Drawn:
        chosen = one(given, name, 64)
        return Drawn(name, "select", title, hint, True, chosen, options, errors(name))

    jurisdiction = reader.jurisdiction
    topic = one(given, "topic", 64)
    staff = audience == "staff"
    topics = topic_options(jurisdiction, reader, topic)
    unsorted = Option(UNSORTED, _("None fits: please choose for me"), topic == UNSORTED)
    form = Form(
        topic=select(
            "topic",
            _("What is it about?"),
            _("A wrong choice does no harm: we put it right, and your dates stay as they are."),
            [*topics, ("", [unsorted])],
        ),
        region=select(
            "region",
            _("Where is it?"),
            _("The place that it is about, not where you live."),
            region_options(jurisdiction, reader, one(given, "region", 64)),
        ),
        mode=_mode(pack, one(given, "mode", 32), errors("mode")),
        fields=[],
        sections=[],
        contact=None,
        point=None,
        key=new_key() if opening is None or fresh_key else opening.key,
        faults=wrong,
    )
    shown = [each for each in act.fields if each.shown_to(audience)]
    for drawn in draw(shown, posted, wrong, reader, files=opening.filled.files if opening is not None else None):
        if drawn.widget == "contact":
            drawn.errors = errors("contact")
            form.contact = drawn
        elif drawn.widget == "point":
            form.point = drawn
        else:
            form.has_file = form.has_file or drawn.widget == "file"
            form.fields.append(drawn)
    form.sections = sections(act, form.fields, reader)
    if staff:
        options = [
            Option(name, views.channel_name(name), name == one(given, "channel", 32))
            for name in pack.channels
            if name != "import"
        ]
        form.channel = Drawn(
            "channel", "radio", _("How did it come in?"), "", True, "", [("", options)], errors("channel")
        )
        form.received_at = Drawn(
            "received_at",
            "moment",
            _("When did it come in?"),
            _("Dates count from then. Leave it empty if it is right now."),
            False,
            one(given, "received_at", 40),
            errors=errors("received_at"),
        )
    return form


def mode_hints() -> dict[str, str]:
    """Return a sentence for each way of being known."""
    return {
        "open": _("Whoever handles it knows who you are and can talk with you."),
        "confidential": _("Your identity is sealed; whoever handles it can't see it. You see who opened it."),
        "anonymous": _("Nobody knows. You and we write to each other by number and secret."),
    }


def _mode(pack: Pack, chosen: str, errors: list[str]) -> Drawn:
    hints = mode_hints()
    options = [Option(mode, views.mode_name(mode), mode == chosen, hints.get(mode, "")) for mode in pack.modes]
    return Drawn("mode", "radio", _("Who may know who you are?"), "", True, chosen, [("", options)], errors)
