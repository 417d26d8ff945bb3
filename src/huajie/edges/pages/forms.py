"""
Forms made from packs: what a page draws for each field, and what a posted form becomes for the writer.

Nothing typed is lost: whatever came is drawn again, beside what is wrong with it.
"""

import hmac
import json
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from huajie.apps.attachments import kinds
from huajie.apps.attachments import queries as attachments
from huajie.apps.attachments.errors import FileRefused, NotNow
from huajie.apps.attachments.incoming import Sent
from huajie.apps.attachments.uploads import Files, Upload, keep, sum_of, token_of, upload_of
from huajie.apps.matters.operations import NEWS
from huajie.apps.outbox.operations import LANGUAGE, wish_fault
from huajie.core.jurisdiction import Jurisdiction
from huajie.core.procedure import Act, Field, Unmet, check_texts, read_form
from huajie.edges.pages.reader import Reader, current_language

#: Ways to be reached, in the order of the form, with what a browser may fill in by itself.
CONTACT: Final = (
    ("name", gettext_noop("Your name"), "text", "name", 100),
    ("phone", gettext_noop("Phone"), "tel", "tel", 40),
    ("email", gettext_noop("E-mail"), "email", "email", 200),
    ("address", gettext_noop("Postal address"), "text", "street-address", 300),
    ("note", gettext_noop("When and how you like to be reached"), "text", "off", 500),
)
#: After the name of a field for files: those that came with the form before.
KNOWN: Final = "-known"
#: A choice with at most so many answers is shown whole.
_FEW = 7


@dataclass(slots=True)
class Option:
    value: str
    title: str
    chosen: bool = False
    hint: str = ""


@dataclass(slots=True)
class Drawn:
    """One field as the page draws it."""

    name: str
    #: text, longtext, number, date, moment, select, radio, boxes, box, file, contact, point
    widget: str
    title: str
    hint: str
    required: bool
    value: str = ""
    #: (heading, options); the heading is empty where options stand alone
    options: Sequence[tuple[str, list[Option]]] = ()
    errors: list[str] = field(default_factory=list)
    min: str = ""
    max: str = ""
    max_length: int | None = None
    #: for contact and point: the inputs inside
    parts: list["Drawn"] = field(default_factory=list)
    kind: str = "text"
    autocomplete: str = "off"
    #: what was typed comes to, in words; and where a script asks it again while somebody types
    reckoned: str = ""
    reckons: str = ""
    #: for files: (token, name) of those that came already
    known: Sequence[tuple[str, str]] = ()

    @property
    def id(self) -> str:
        """Return the element's id, to which the list of faults links."""
        return f"f-{self.name}"

    @property
    def accept(self) -> str:
        """Return what the browser's chooser offers."""
        return kinds.CHOOSER

    @property
    def most(self) -> int:
        """Return the largest file, in MB."""
        return int(settings.HUAJIE_FILES.file_mb)

    @property
    def described_by(self) -> str:
        """Return the ids of what explains the field."""
        return " ".join([f"{self.id}-h"] * bool(self.hint) + [f"{self.id}-e"] * bool(self.errors))


@dataclass(slots=True)
class Fault:
    """One thing to put right, with the field that it is about."""

    name: str
    text: str
    source: str = ""


def clean(text: str) -> str:
    """Return a posted text as it can be kept: one kind of line end, no NUL."""
    return text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")


def posted_of(request: HttpRequest) -> dict[str, list[str]]:
    """Return every posted value by name, cleaned."""
    return {clean(name): [clean(str(value)) for value in values] for name, values in request.POST.lists()}


def one(posted: Mapping[str, list[str]], name: str, most: int = 400) -> str:
    """Return the last value of a name, trimmed; empty where there is none or it is absurdly long."""
    values = posted.get(name) or [""]
    text = values[-1].strip()
    return text if len(text) <= most else ""


def new_key() -> str:
    """Return the key that makes a form's second arrival the first one's repeat."""
    return secrets.token_urlsafe(18)


def key_of(posted: Mapping[str, list[str]]) -> str:
    """Return the form's key; a form without a proper one gets a new one."""
    given = one(posted, "key", 64)
    return given if len(given) >= 16 and given.isascii() and given.isprintable() else new_key()


def request_hash(place: str, posted: Mapping[str, list[str]], files: Mapping[str, Sequence[Upload]]) -> str:
    """Return by what a repeated form is known again; keyed, since it may hold a way to reach somebody."""
    kept = {
        name: values
        for name, values in posted.items()
        if name not in ("csrfmiddlewaretoken", "key") and not name.endswith(KNOWN)
    }
    # a file by what was sent: the same form sent twice brings it twice
    given = {name: [one.given for one in uploads] for name, uploads in files.items()}
    text = json.dumps([place, kept, given], sort_keys=True, ensure_ascii=False)
    return hmac.digest(settings.HUAJIE_KEYS["number"], b"form" + text.encode("utf-8", "replace"), "sha256").hex()


# reading


@dataclass(slots=True)
class Filled:
    """A posted form as the writer takes it."""

    inputs: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, Any] = field(default_factory=dict)
    contact: dict[str, str] | None = None
    point: tuple[float, float] | None = None
    faults: list[Fault] = field(default_factory=list)
    files: dict[str, list[Upload]] = field(default_factory=dict)
    #: nothing can be kept at the moment, however right the form is
    unavailable: bool = False

    @property
    def status(self) -> int:
        """Return the status of the page that shows what is wrong."""
        return 503 if self.unavailable else 422


def fill(
    act: Act,
    request: HttpRequest,
    posted: Mapping[str, list[str]],
    *,
    audience: str,
    reader: Reader,
    region: str | None,
    stream_of: Callable[[str], str | None],
    stream: UUID | None = None,
) -> Filled:
    """
    Read a posted form. Files that came are on the disk afterwards and wait for the act.

    Args:
        region: whose zone a moment was typed in.
        stream_of: uuid hex of a matter number that this reader may see, else None.
        stream: the matter that the act is about, None for a new one.
    """
    inputs, texts = read_form(act, posted, audience=audience)
    found = Filled(inputs=inputs, texts=dict(texts))
    for each in act.fields:
        if not each.shown_to(audience):
            continue
        name = each.name
        if each.type == "moment" and name in inputs:
            inputs[name] = aware_text(inputs[name], reader, region)
        elif each.type == "matter" and name in inputs:
            stream = stream_of(str(inputs[name]))
            if stream is None:
                del inputs[name]
                found.faults.append(Fault(name, _("No matter has this number, or none that you may see.")))
            else:
                inputs[name] = stream
        elif each.type == "choices":
            inputs.setdefault(name, [value for value in posted.get(name, ()) if value.strip()] or None)
        elif each.type == "boolean" and name not in inputs and each.required:
            inputs[name] = False
        elif each.type == "file":
            read_files(name, request, posted, found, reader)
        elif each.type == "point":
            _read_point(name, posted, found)
        elif each.type == "contact":
            _read_contact(posted, found)
    if found.files:
        check_sums(found, stream)
    found.faults += faults_of(check_texts(act, {k: v for k, v in found.texts.items() if isinstance(v, str)}), reader)
    return found


def aware_text(typed: str, reader: Reader, region: str | None) -> str:
    """Return a typed local moment with its zone; what is none stays as it is, for the engine to name."""
    try:
        at = datetime.fromisoformat(typed)
    except ValueError:
        return typed
    return (at if at.tzinfo is not None else at.replace(tzinfo=reader.zone(region))).isoformat()


def read_files(name: str, request: HttpRequest, posted: Mapping[str, list[str]], found: Filled, reader: Reader) -> None:
    """Take in the files of one field: those that came already by their tokens, and those sent now."""
    kept: list[Upload] = []
    given: list[Upload | Sent] = []
    for token in posted.get(f"{name}{KNOWN}", ()):
        try:
            given.append(upload_of(token, now=reader.now))
        except FileRefused as error:
            found.faults.append(Fault(name, file_fault(error)))
    given += [sent for sent in request.FILES.getlist(name) if isinstance(sent, Sent)]
    for each in given:
        try:
            kept.append(each if isinstance(each, Upload) else keep(each, now=reader.now))
        except FileRefused as error:
            found.unavailable |= isinstance(error, NotNow)
            text = file_fault(error)
            # of several: which of them
            said = f"{clean(each.name or '')[:100]}: {text}" if len(given) > 1 else text
            found.faults.append(Fault(name, said))
    if kept:
        found.files[name] = kept
        found.texts[name] = Files(tuple(kept))


def check_sums(found: Filled, stream: UUID | None) -> None:
    """Refuse more files than a form, or a matter with what it holds, may have."""
    limits = settings.HUAJIE_FILES
    name = next(iter(found.files))
    count = sum(len(uploads) for uploads in found.files.values())
    if count > limits.a_form:
        found.faults.append(Fault(name, file_fault(FileRefused("count", most=limits.a_form))))
    size = sum(sum_of(uploads) for uploads in found.files.values())
    if size + (attachments.bytes_of(stream) if stream is not None else 0) > limits.matter_mb * 1_000_000:
        found.faults.append(Fault(name, file_fault(FileRefused("total", most=limits.matter_mb))))


def file_fault(error: FileRefused) -> str:
    """Return in words why a file was not taken, and what would be."""
    accepted = _("Taken are: %(kinds)s.") % {"kinds": kinds.ACCEPTED}
    said = {
        "empty": _("The file is empty; choose another."),
        "type": _("This kind of file is not taken."),
        "mixed": _("The file is two kinds of file at once; such a one is not taken."),
        "name": _("The file is not what its name says (.%(end)s)."),
        "damaged": _("The file is damaged and can't be read; send it from where it was made."),
        "pixels": _("The photo has more than %(most)s million pixels; make it smaller."),
        "size": _("The file is larger than %(most)s MB; choose a smaller one."),
        "count": _("At most %(most)s files at a time; bring the others afterwards."),
        "total": _("All files of one matter together are at most %(most)s MB."),
        "infected": _("The virus scanner found something in the file; it was not kept."),
        "over": _("A file that you sent before is no longer kept; choose it again."),
        "away": _(
            "The virus scanner does not answer, so no file can be taken now. Send it again in a few minutes, or without"
            " the file."
        ),
        "full": _("There is no room for files now. Send it again later, or without the file."),
    }[error.code]
    text = said % error.values if error.values else said
    return f"{text} {accepted}" if error.code in ("type", "mixed", "name") else text


def _read_point(name: str, posted: Mapping[str, list[str]], found: Filled) -> None:
    typed = [one(posted, f"{name}-lon", 30), one(posted, f"{name}-lat", 30)]
    if not any(typed):
        return
    try:
        longitude, latitude = float(typed[0]), float(typed[1])
        if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
            raise ValueError(typed)
    except ValueError:
        found.faults.append(Fault(name, _("Longitude from -180 to 180 and latitude from -90 to 90, in degrees.")))
        return
    found.point = (longitude, latitude)


def _read_contact(posted: Mapping[str, list[str]], found: Filled) -> None:
    given: dict[str, str] = {}
    for name, title, _kind, _complete, most in CONTACT:
        value = one(posted, f"contact-{name}", 10_000)
        if len(value) > most:
            text = _("%(field)s: at most %(most)s characters.") % {"field": _(title), "most": most}
            found.faults.append(Fault(f"contact-{name}", text))
        elif value:
            given[name] = value
    way = one(posted, f"contact-{NEWS}", 20)
    if way:
        fault = _news_fault({**given, NEWS: way})
        if fault:
            found.faults.append(Fault(f"contact-{NEWS}", fault))
        given |= {NEWS: way, LANGUAGE: current_language()}
    found.contact = given or None


def news_words(way: str) -> str:
    """Return in words how somebody is told that there is news."""
    said = {"email": _("By e-mail"), "sms": _("By text message"), "letter": _("By letter")}
    return said.get(way, way)


def _news_fault(contact: Mapping[str, str]) -> str:
    """Return in words what keeps somebody from being told as they ask; empty where nothing does."""
    way, fault = contact[NEWS], wish_fault(contact)
    if fault is None:
        return ""
    if fault == "way":
        return _("We can't tell you this way. Choose another, or none.")
    if fault == "missing":
        return {
            "email": _("Write your e-mail address above, or choose another way to be told."),
            "sms": _("Write your phone number above, or choose another way to be told."),
            "letter": _("Write your postal address above, or choose another way to be told."),
        }[way]
    if way == "email":
        return _("This is no e-mail address that we could write to.")
    return _("This is no phone number that a message could go to: digits only.")


def faults_of(unmet: Iterable[Unmet], reader: Reader, sources: Mapping[str, Any] | None = None) -> list[Fault]:
    """Return what is unmet as faults, each with the field that it is about (empty for the whole act)."""
    found: list[Fault] = []
    for item in unmet:
        head, _dot, name = item.path.partition(".")
        about = name if head in ("input", "texts") else ""
        law = (sources or {}).get(item.source or "")
        found.append(Fault(about, reader.text(item.title), reader.text(law.title) if law is not None else ""))
    return found


# drawing


def draw(
    fields: Iterable[Field],
    posted: Mapping[str, list[str]] | None,
    faults: Sequence[Fault],
    reader: Reader,
    *,
    files: Mapping[str, Sequence[Upload]] | None = None,
    first: Mapping[str, str] | None = None,
) -> list[Drawn]:
    """
    Return the fields of a form as the page draws them.

    Args:
        posted: what came, or None for a fresh form.
        faults: what is wrong with it.
        files: those that came, so that nobody has to choose them again.
        first: values that a fresh form begins with.
    """
    found = []
    for each in fields:
        values = (posted or {}).get(each.name, [])
        if posted is None:
            given = (first or {}).get(each.name)
            values = [given] if given else [str(each.default)] if each.default is not None else []
        drawn = Drawn(
            name=each.name,
            widget=_WIDGETS.get(each.type, "text"),
            title=reader.text(each.title),
            hint=reader.text(each.help) or reader.text(each.purpose),
            required=each.required,
            value=values[-1] if values else "",
            errors=[fault.text for fault in faults if fault.name == each.name],
            min="" if each.min is None else str(each.min),
            max="" if each.max is None else str(each.max),
            max_length=each.max_length,
        )
        if each.type in ("choice", "choices"):
            options = [Option(value, reader.text(title), value in values) for value, title in each.choices.items()]
            drawn.options = [("", options)]
            if each.type == "choice":
                drawn.widget = "radio" if len(options) <= _FEW else "select"
        elif each.type in ("unit", "seat", "region", "topic"):
            drawn.options = _CODES[each.type](reader.jurisdiction, reader, drawn.value)
        elif each.type == "boolean":
            drawn.value = "on" if drawn.value.lower() in ("on", "true", "1", "yes") else ""
        elif each.type == "file":
            drawn.known = [(token_of(upload), upload.name) for upload in (files or {}).get(each.name, ())]
        elif each.type == "contact":
            drawn.parts = _contact_parts(posted or {}, faults)
        elif each.type == "point":
            drawn.parts = _point_parts(each.name, posted or {})
        found.append(drawn)
    return found


@dataclass(slots=True)
class Section:
    """Fields that stand together; without a title they are the whole form, or what belongs to no group."""

    title: str
    help: str
    fields: list[Drawn]


def sections(act: Act, fields: Sequence[Drawn], reader: Reader) -> list[Section]:
    """Return drawn fields by the groups of their act, those of no group last; a group without a field is left out."""
    left = {each.name: each for each in fields}
    found = []
    for group in act.groups:
        own = [left.pop(name) for name in group.fields if name in left]
        if own:
            found.append(Section(reader.text(group.title), reader.text(group.help), own))
    return [*found, *([Section("", "", list(left.values()))] if left else [])]


_WIDGETS: Final = {
    "choice": "radio",
    "choices": "boxes",
    "boolean": "box",
    "integer": "number",
    "date": "date",
    "moment": "moment",
    "unit": "select",
    "seat": "select",
    "region": "select",
    "topic": "select",
    "longtext": "longtext",
    "file": "file",
    "contact": "contact",
    "point": "point",
}


def _contact_parts(posted: Mapping[str, list[str]], faults: Sequence[Fault]) -> list[Drawn]:
    return [
        Drawn(
            name=f"contact-{name}",
            widget="text",
            title=_(title),
            hint="",
            required=False,
            value=(posted.get(f"contact-{name}") or [""])[-1],
            max_length=most,
            kind=kind,
            autocomplete=complete,
            errors=[fault.text for fault in faults if fault.name == f"contact-{name}"],
        )
        for name, title, kind, complete, most in CONTACT
    ] + _news_part(posted, faults)


def _news_part(posted: Mapping[str, list[str]], faults: Sequence[Fault]) -> list[Drawn]:
    """Return the question how somebody wants to be told; none where this server tells nobody."""
    ways = settings.HUAJIE_OUTBOX.ways
    if not ways:
        return []
    name = f"contact-{NEWS}"
    chosen = one(posted, name, 20)
    options = [Option("", _("Not at all: I look by myself"), not chosen)]
    options += [Option(way, news_words(way), way == chosen) for way in ways]
    hint = _("A message says only your number and that there is news; never what it is about.")
    errors = [fault.text for fault in faults if fault.name == name]
    title = _("May we tell you when there is news?")
    return [Drawn(name, "choice", title, hint, False, chosen, [("", options)], errors)]


def _point_parts(name: str, posted: Mapping[str, list[str]]) -> list[Drawn]:
    return [
        Drawn(f"{name}-lon", "text", _("Longitude"), "", False, one(posted, f"{name}-lon", 30), max_length=30),
        Drawn(f"{name}-lat", "text", _("Latitude"), "", False, one(posted, f"{name}-lat", 30), max_length=30),
    ]


def unit_options(jurisdiction: Jurisdiction, reader: Reader, chosen: str = "") -> list[tuple[str, list[Option]]]:
    """Return the working units, those of one kind together."""
    groups: dict[str, list[Option]] = {}
    for row in jurisdiction.units:
        if row.active:
            name = row.name.to(reader.language)
            said = name if row.can_decide else _("%(unit)s (can't lead)") % {"unit": name}
            groups.setdefault(row.kind, []).append(Option(row.id, said, row.id == chosen))
    kinds = {
        "government": _("Governments"),
        "centre": _("Centres"),
        "bureau": _("Bureaus"),
        "township": _("Townships"),
        "village": _("Villages"),
        "company": _("Companies"),
        "office": _("Offices"),
    }
    return [(kinds[kind], groups[kind]) for kind in kinds if kind in groups]


def seat_options(jurisdiction: Jurisdiction, reader: Reader, chosen: str = "") -> list[tuple[str, list[Option]]]:
    """Return the working seats by unit."""
    found = []
    for unit in jurisdiction.units:
        seats = [seat for seat in jurisdiction.seats_of_unit(unit.id) if seat.active]
        if unit.active and seats:
            options = [Option(seat.id, seat.title.to(reader.language), seat.id == chosen) for seat in seats]
            found.append((unit.name.to(reader.language), options))
    return found


def _tree(rows: Iterable[Any], reader: Reader, chosen: str, general: str) -> list[tuple[str, list[Option]]]:
    """Return a tree of codes: one group for each row that has others under it, the rest in a group without heading."""
    listed = [row for row in rows if row.active]
    above = {row.parent for row in listed if row.parent}
    by_id = {row.id: row for row in listed}
    groups: dict[str, list[Option]] = {}
    for row in listed:
        name = row.name.to(reader.language)
        if row.id in above:
            # the row itself can be meant too: "somewhere in the county", "housing, something else"
            heading, title = name, general % {"name": name}
        else:
            parent = by_id.get(row.parent) if row.parent else None
            heading, title = (parent.name.to(reader.language) if parent is not None else ""), name
        option = Option(row.id, title, row.id == chosen)
        group = groups.setdefault(heading, [])
        group.append(option)
    for heading, options in groups.items():
        options.sort(key=lambda option: option.title.startswith(heading) and bool(heading))
    return sorted(groups.items(), key=lambda group: not group[0])


def topic_options(jurisdiction: Jurisdiction, reader: Reader, chosen: str = "") -> list[tuple[str, list[Option]]]:
    """Return the topics in use, by the topic above."""
    return _tree(jurisdiction.topics, reader, chosen, _("%(name)s, in general"))


def region_options(jurisdiction: Jurisdiction, reader: Reader, chosen: str = "") -> list[tuple[str, list[Option]]]:
    """Return the regions in use, by the region around them."""
    return _tree(jurisdiction.regions, reader, chosen, _("%(name)s, not sure where"))


_CODES: Final[Mapping[str, Callable[[Jurisdiction, Reader, str], list[tuple[str, list[Option]]]]]] = {
    "unit": unit_options,
    "seat": seat_options,
    "region": region_options,
    "topic": topic_options,
}
