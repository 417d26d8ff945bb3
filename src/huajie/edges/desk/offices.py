"""
Who sits where: units and seats to look up, absences, hand-over, merging, and every change of the jurisdiction.

Everybody at the desk may look; who may change what is asked of core/access by the operations that the views call. A
change is tried first: everything that speaks against it stands on the page at once, and nothing is written.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_safe

from huajie.apps.jurisdiction.operations import NotAllowed
from huajie.apps.jurisdiction.operations import Refused as ChangeRefused
from huajie.apps.jurisdiction.queries import display_names, persons_named
from huajie.apps.matters.queries import Filters, matters_list
from huajie.apps.offices import operations as offices
from huajie.apps.offices.queries import may_arrange, sponsored_of_seat, topics_of_seat
from huajie.core.jurisdiction import POWERS, ROLES, SENSITIVITIES, UNIT_KINDS, Jurisdiction, Seat
from huajie.core.jurisdiction import Fault as ChangeFault
from huajie.core.ledger import stamp
from huajie.edges.desk.rows import Lines
from huajie.edges.desk.seated import Desk, at_seat, page
from huajie.edges.pages.forms import (
    Drawn,
    Fault,
    Option,
    aware_text,
    clean,
    one,
    posted_of,
    region_options,
    seat_options,
    topic_options,
    unit_options,
)
from huajie.edges.pages.reader import Reader

#: Rows of one page.
MOST = 50

_ROLES = {
    "intake": gettext_noop("Intake clerk"),
    "dispatcher": gettext_noop("Dispatcher"),
    "handler": gettext_noop("Handler"),
    "head": gettext_noop("Head"),
    "deputy": gettext_noop("Deputy"),
    "sponsor": gettext_noop("Sponsor"),
    "mediator": gettext_noop("Mediator"),
    "verifier": gettext_noop("Verifier"),
    "reviewer": gettext_noop("Reviewer"),
    "supervisor": gettext_noop("Supervisor"),
    "area_worker": gettext_noop("Area worker"),
    "secretary": gettext_noop("Secretary"),
    "archivist": gettext_noop("Archivist"),
    "dpo": gettext_noop("Data-protection officer"),
    "auditor": gettext_noop("Auditor"),
    "admin": gettext_noop("Administrator"),
}
_KINDS = {
    "government": gettext_noop("Government"),
    "bureau": gettext_noop("Bureau"),
    "township": gettext_noop("Township"),
    "centre": gettext_noop("Centre"),
    "village": gettext_noop("Village"),
    "company": gettext_noop("Company"),
    "office": gettext_noop("Inner office"),
}
_POSTINGS = {
    "holder": gettext_noop("Holds the seat"),
    "cover": gettext_noop("Covers it"),
    "secretary": gettext_noop("Secretary of its holder"),
}
_POWERS = {
    "decide": gettext_noop("Leads and decides"),
    "assist": gettext_noop("Helps"),
    "report": gettext_noop("Is only told"),
}
_SENSITIVITIES = {
    "ordinary": gettext_noop("Ordinary"),
    "sealed": gettext_noop("Sealed"),
    "minor": gettext_noop("About a child"),
}
FAULT_WORDS = {
    "unknown": gettext_noop("There is no such one"),
    "missing": gettext_noop("This is missing"),
    "invalid": gettext_noop("This can't be right"),
    "exists": gettext_noop("There is one already"),
    "closed": gettext_noop("It is closed"),
    "cycle": gettext_noop("It would stand above itself"),
    "vacant": gettext_noop("Nobody would sit there, and somebody has to at every moment"),
    "overlap": gettext_noop("Two would hold it at the same time"),
    "cannot-decide": gettext_noop("This unit can't decide, so it can't lead"),
    "not-lead-capable": gettext_noop("This seat can't lead a matter"),
    "not-sponsor-capable": gettext_noop("It would have to sponsor cases, and this seat can't; hand them over first"),
    "needs-successor": gettext_noop("Somebody has to take over from it"),
    "open-matters": gettext_noop("It still answers for open matters; hand them over first"),
    "not-started": gettext_noop("There is no such posting"),
    "ended": gettext_noop("It has ended already"),
    "seat-elsewhere": gettext_noop("This seat is in another unit"),
    "needs-cover": gettext_noop("Others wait for this seat; somebody has to cover it"),
}


def role_words(roles: Iterable[str], reader: Reader) -> str:
    """Return the roles of a seat in words, in the order of the list."""
    return reader.joined([_(words) for name, words in _ROLES.items() if name in roles])


def _fault_words(fault: ChangeFault, reader: Reader) -> Fault:
    """Return what speaks against a change, with the field or the row that it is about."""
    _first, dot, rest = fault.path.partition("].")
    said = _(FAULT_WORDS.get(fault.code, fault.code))
    if dot:
        return Fault(rest, said)
    if fault.path.startswith(("s.", "u.", "t.", "r.", "m.")):
        said = f"{_row_name(fault.path, reader)}: {said}"
    return Fault("", said)


def _row_name(code: str, reader: Reader) -> str:
    names = {"s": reader.seat, "u": reader.unit, "t": reader.topic, "r": reader.region}
    found = names.get(code[:1])
    return f"{found(code)} ({code})" if found is not None else code


def _persons(jurisdiction: Jurisdiction, seats: Iterable[Seat], at: datetime) -> dict[str, str]:
    found: set[str] = set()
    for seat in seats:
        found |= {*jurisdiction.persons_of(seat.id, at), *jurisdiction.secretaries_of(seat.id, at)}
    return display_names(frozenset(found))


def _seat_line(desk: Desk, seat: Seat, names: Mapping[str, str]) -> dict[str, Any]:
    reader, jurisdiction = desk.reader, desk.reader.jurisdiction
    now = reader.now
    absence = jurisdiction.absence(seat.id, now)
    coming = sorted(
        row.from_at for row in jurisdiction.postings.group(seat.id) if row.kind == "away" and row.from_at > now
    )
    zone = reader.home_zone
    return {
        "code": seat.id,
        "url": reverse("desk:office-seat", args=[seat.id]),
        "title": reader.seat(seat.id),
        "roles": role_words(seat.roles, reader),
        "active": seat.active,
        "successor": reader.seat(seat.successor) if seat.successor else "",
        "holder": names.get(jurisdiction.holder(seat.id, now) or "", ""),
        "cover": names.get(jurisdiction.cover(seat.id, now) or "", ""),
        "secretaries": reader.joined(
            [names[person] for person in jurisdiction.secretaries_of(seat.id, now) if person in names]
        ),
        "away": reader.moment(absence.to_at, zone) if absence is not None and absence.to_at is not None else "",
        "coming": reader.moment(coming[0], zone) if coming else "",
    }


@require_safe
@at_seat("list")
def units(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show the units, a page at a time by their codes."""
    reader, jurisdiction = desk.reader, desk.reader.jurisdiction
    after = clean(request.GET.get("after", ""))[:64]
    codes = sorted(code for code in jurisdiction.units.rows if code > after)
    shown = [jurisdiction.units[code] for code in codes[:MOST]]
    context = {
        "units": [
            {
                "url": reverse("desk:office-unit", args=[row.id]),
                "name": row.name.to(reader.language),
                "code": row.id,
                "kind": _(_KINDS[row.kind]),
                "above": reader.unit(row.parent) if row.parent else "",
                "can_decide": row.can_decide,
                "active": row.active,
                "successor": reader.unit(row.successor) if row.successor else "",
                "seats": len(jurisdiction.seats_of_unit(row.id)),
            }
            for row in shown
        ],
        "more": f"?{urlencode({'after': codes[MOST - 1]})}" if len(codes) > MOST else "",
        "first": reverse("desk:offices") if after else "",
        "changes": _change_links() if desk.may("change_jurisdiction") else [],
    }
    return page(request, desk, "pages/desk/offices.html", context, here="offices")


def _change_links() -> list[dict[str, str]]:
    found = [{"url": reverse("desk:office-change", args=[do]), "title": _(form.title)} for do, form in FORMS.items()]
    found.append({"url": reverse("desk:office-merge"), "title": _("Merge two units")})
    return [
        *found,
        {"url": reverse("desk:office-import"), "title": _("Bring in from Excel")},
        {"url": reverse("desk:boundaries"), "title": _("Bring in boundaries")},
    ]


@require_safe
@at_seat("list")
def unit(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Show one unit with its seats and what it answers for."""
    reader, jurisdiction = desk.reader, desk.reader.jurisdiction
    row = jurisdiction.units.get(code)
    if row is None:
        raise Http404
    seats = jurisdiction.seats.group(code)
    names = _persons(jurisdiction, seats, reader.now)
    context = {
        "name": row.name.to(reader.language),
        "code": code,
        "kind": _(_KINDS[row.kind]),
        "above": reader.unit(row.parent) if row.parent else "",
        "can_decide": row.can_decide,
        "active": row.active,
        "successor": reader.unit(row.successor) if row.successor else "",
        "seats": [_seat_line(desk, seat, names) for seat in seats],
        "remits": [
            {
                "code": remit.id,
                "power": _(_POWERS[remit.power]),
                "topics": reader.joined([_("any topic") if one == "*" else reader.topic(one) for one in remit.topics]),
                "regions": reader.joined(
                    [_("any region") if one == "*" else reader.region(one) for one in remit.regions]
                ),
            }
            for remit in jurisdiction.remits.group(code)
            if remit.to_at is None or remit.to_at > reader.now
        ],
        "may_change": desk.may("change_jurisdiction"),
        "offices_url": reverse("desk:offices"),
    }
    return page(request, desk, "pages/desk/office_unit.html", context, here="offices")


# One seat: absence and hand-over


def _field(name: str, widget: str, title: str, *, required: bool = True, value: str = "", **more: Any) -> Drawn:
    return Drawn(name, widget, title, more.pop("hint", ""), required, value, **more)


@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("list", keeps_form=True)
def seat(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Show one seat; plan or end an absence, or hand over what it has."""
    reader, jurisdiction = desk.reader, desk.reader.jurisdiction
    row = jurisdiction.seats.get(code)
    if row is None:
        raise Http404
    arranges = may_arrange(desk.actor, code)
    posted = posted_of(request) if request.method == "POST" else {}
    faults: list[Fault] = []
    told: list[str] = []
    if posted:
        if not arranges:
            raise Http404
        done = {"absence": _absence, "back": _back, "hand-over": _hand_over}.get(one(posted, "do"))
        if done is None:
            raise Http404
        try:
            said = done(desk, row, posted, faults)
        except ChangeRefused as refusal:
            faults += [_fault_words(fault, reader) for fault in refusal.faults]
        else:
            if not faults and isinstance(said, str):
                return HttpResponseRedirect(f"{reverse('desk:office-seat', args=[code])}?{urlencode({'done': said})}")
        # what was written in this request is seen on the page that answers it
        reader = desk.reader
        jurisdiction = reader.jurisdiction
    names = _persons(jurisdiction, [row], reader.now)
    others = [other for other in jurisdiction.seats_of_unit(row.unit) if other.id != code]
    held = topics_of_seat(desk.actor, code) if arranges else {}
    context: dict[str, Any] = {
        "seat": _seat_line(desk, row, names),
        "unit": reader.unit(row.unit),
        "unit_url": reverse("desk:office-unit", args=[row.unit]),
        "arranges": arranges and row.active,
        "faults": faults,
        "told": told or _told(request),
        "absence": [
            _field("from_at", "moment", _("From"), required=False, value=one(posted, "from_at")),
            _field("to_at", "moment", _("Until"), value=one(posted, "to_at")),
            _field(
                "cover",
                "text",
                _("Who covers: the sign-in name"),
                required=False,
                value=one(posted, "cover"),
                hint=_("Approves meanwhile; when the time is over, everything open waits for the holder again."),
            ),
        ],
        "held": [
            {"topic": topic, "title": reader.topic(topic) or _("Topic unknown"), "n": count}
            for topic, count in held.items()
        ],
        "held_count": sum(held.values()),
        "sponsored": sponsored_of_seat(desk.actor, code) if arranges else 0,
        "others": [{"code": other.id, "title": reader.seat(other.id)} for other in others],
        "chosen": {name: one(posted, name) for name in posted},
        **_held_rows(desk, row, request),
    }
    return page(request, desk, "pages/desk/office_seat.html", context, here="offices", status=422 if faults else 200)


def _told(request: HttpRequest) -> list[str]:
    given = clean(request.GET.get("done", ""))
    kind, _dash, counts = given.partition("-")
    numbers = [int(part) for part in counts.split("-") if part.isascii() and part.isdigit() and len(part) < 7]
    if kind == "absence":
        return [_("The absence is planned.")]
    if kind == "back":
        return [_("The absence has ended; everything waits for the holder again.")]
    if kind == "moved" and len(numbers) == 2:
        found = [_("Handed over: %(n)s") % {"n": numbers[0]}]
        if numbers[1]:
            found.append(_("%(n)s could not move: the seat taking over has a part in them.") % {"n": numbers[1]})
        return found
    return [_("More is left: hand over again to go on.")] if kind == "more" else []


def _held_rows(desk: Desk, row: Seat, request: HttpRequest) -> dict[str, Any]:
    """Return the matters of the seat that this reader may list, a page at a time."""
    after = clean(request.GET.get("after", "")) or None
    found = matters_list(desk.actor, Filters(seat=row.id), after=after)
    lines = Lines(desk.reader, desk.actor)
    return {
        "rows": [
            {
                "number": each.number,
                "url": lines.matter_url(each.number),
                "title": lines.title(each),
                "id": each.stream.hex,
            }
            for each in found.rows
        ],
        "more": f"?{urlencode({'after': found.next})}" if found.next else "",
    }


def _absence(desk: Desk, row: Seat, posted: Mapping[str, list[str]], faults: list[Fault]) -> str:
    change: dict[str, Any] = {"do": "plan_absence", "seat": row.id}
    for name in ("from_at", "to_at"):
        if typed := one(posted, name):
            change[name] = _moment(typed, name, desk.reader, faults)
    if cover := one(posted, "cover"):
        change["cover"] = _person(cover, "cover", faults)
    if not faults:
        offices.arrange([change], actor=desk.actor, now=desk.reader.now)
    return "absence"


def _back(desk: Desk, row: Seat, posted: Mapping[str, list[str]], faults: list[Fault]) -> str:
    offices.arrange([{"do": "end_absence", "seat": row.id}], actor=desk.actor, now=desk.reader.now)
    return "back"


def _hand_over(desk: Desk, row: Seat, posted: Mapping[str, list[str]], faults: list[Fault]) -> str:
    from uuid import UUID

    chosen = [UUID(hex=text) for text in posted.get("matter", ()) if len(text) == 32 and _is_hex(text)]
    topics = {
        name.removeprefix("topic."): one(posted, name)
        for name in posted
        if name.startswith("topic.") and one(posted, name)
    }
    to = one(posted, "to") or None
    if to is None and not topics:
        faults.append(Fault("to", _("Choose who takes it over")))
        return ""
    progress = offices.hand_over(
        row.id,
        to=to,
        topics={} if chosen else topics,
        streams=chosen or None,
        actor=desk.actor,
        now=desk.reader.now,
    )
    if not progress.done:
        return "more"
    return f"moved-{progress.moved}-{len(progress.refused)}"


def _is_hex(text: str) -> bool:
    return all(letter in "0123456789abcdef" for letter in text)


def _moment(typed: str, name: str, reader: Reader, faults: list[Fault]) -> str:
    text = aware_text(typed, reader, None)
    try:
        return stamp(datetime.fromisoformat(text))
    except ValueError:
        faults.append(Fault(name, _("Write a date and a time")))
        return ""


def _person(username: str, name: str, faults: list[Fault]) -> str:
    found = persons_named(frozenset({username.lower()})).get(username.lower())
    if found is None:
        faults.append(Fault(name, _("No account has this sign-in name")))
    return found or ""


# Changes --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Form:
    """One kind of change as a form: (name, what it is, title, required)."""

    title: str
    fields: tuple[tuple[str, str, str, bool], ...]
    #: Table of the snapshot in which `id` names the row to fill the form from.
    table: str = ""


_ID = gettext_noop("Code")
_ZH, _EN = gettext_noop("Name in Chinese"), gettext_noop("Name in English")
FORMS: dict[str, Form] = {
    "set_unit": Form(
        gettext_noop("Add or change a unit"),
        (
            ("id", "code", _ID, True),
            ("name.zh", "text", _ZH, True),
            ("name.en", "text", _EN, False),
            ("parent", "unit", gettext_noop("Unit above"), False),
            ("region", "region", gettext_noop("Region"), True),
            ("kind", "kind", gettext_noop("Kind"), True),
            ("can_decide", "box", gettext_noop("Has the power to decide"), False),
        ),
        "units",
    ),
    "set_seat": Form(
        gettext_noop("Add or change a seat"),
        (
            ("id", "code", _ID, True),
            ("unit", "unit", gettext_noop("Unit"), True),
            ("title.zh", "text", _ZH, True),
            ("title.en", "text", _EN, False),
            ("roles", "roles", gettext_noop("Roles"), True),
            ("+person", "person", gettext_noop("Who holds a new seat: the sign-in name"), False),
        ),
        "seats",
    ),
    "start_posting": Form(
        gettext_noop("Post somebody"),
        (
            ("seat", "seat", gettext_noop("Seat"), True),
            ("person", "person", gettext_noop("Sign-in name"), True),
            ("kind", "posting", gettext_noop("Kind"), True),
            ("from_at", "moment", gettext_noop("From"), False),
            ("to_at", "moment", gettext_noop("Until"), False),
        ),
    ),
    "end_posting": Form(
        gettext_noop("End a posting"),
        (
            ("seat", "seat", gettext_noop("Seat"), True),
            ("person", "person", gettext_noop("Sign-in name"), True),
            ("kind", "posting", gettext_noop("Kind"), True),
            ("+person", "person", gettext_noop("Who holds it next: the sign-in name"), False),
        ),
    ),
    "close_seat": Form(
        gettext_noop("Close a seat"),
        (
            ("id", "seat", gettext_noop("Seat"), True),
            ("successor", "seat", gettext_noop("Seat that takes over"), False),
        ),
    ),
    "set_remit": Form(
        gettext_noop("Add or change a remit"),
        (
            ("id", "code", _ID, True),
            ("unit", "unit", gettext_noop("Unit"), True),
            ("seat", "seat", gettext_noop("Seat"), False),
            ("topics", "codes", gettext_noop("Codes of topics, * for any"), True),
            ("regions", "codes", gettext_noop("Codes of regions, * for any"), True),
            ("power", "power", gettext_noop("Power"), True),
            ("pack", "text", gettext_noop("Code of a procedure, * for any"), False),
            ("priority", "number", gettext_noop("Priority"), False),
            ("from_at", "moment", gettext_noop("From"), False),
            ("to_at", "moment", gettext_noop("Until"), False),
        ),
        "remits",
    ),
    "end_remit": Form(gettext_noop("End a remit"), (("id", "code", _ID, True),)),
    "set_topic": Form(
        gettext_noop("Add or change a topic"),
        (
            ("id", "code", _ID, True),
            ("name.zh", "text", _ZH, True),
            ("name.en", "text", _EN, False),
            ("parent", "topic", gettext_noop("Topic above"), False),
            ("sensitivity", "sensitivity", gettext_noop("How closely it is kept"), True),
            (
                "public_place",
                "box",
                gettext_noop("Its places are public: a road or a river, never a home"),
                False,
            ),
        ),
        "topics",
    ),
    "set_region": Form(
        gettext_noop("Add or change a region"),
        (
            ("id", "code", _ID, True),
            ("name.zh", "text", _ZH, True),
            ("name.en", "text", _EN, False),
            ("parent", "region", gettext_noop("Region around it"), False),
            ("level", "text", gettext_noop("Level"), True),
            ("calendar", "text", gettext_noop("Calendar"), True),
            ("zone", "text", gettext_noop("Time zone"), True),
        ),
        "regions",
    ),
    "set_settings": Form(
        gettext_noop("Intake, backstop and verification pool"),
        (
            ("backstop_unit", "unit", gettext_noop("Backstop: unit"), True),
            ("backstop_seat", "seat", gettext_noop("Backstop: seat"), True),
            ("intake_unit", "unit", gettext_noop("Queue of what no rule places: unit"), True),
            ("intake_seat", "seat", gettext_noop("Queue of what no rule places: seat"), True),
            ("pool", "codes", gettext_noop("Seats that verify for units too small to verify themselves"), True),
            ("conflict_days", "number", gettext_noop("Days for which a conflict outlasts a posting"), True),
        ),
        "settings",
    ),
}
#: What a role alone does and does not open, where its word does not say it.
_HINTS: dict[str, str] = {
    "mediator": gettext_noop("sees what they are asked about, and decides nothing"),
    "reviewer": gettext_noop("has the reviews of their unit; opens no identity, and never reviews what they handled"),
    "area_worker": gettext_noop("goes and looks where asked, takes in what they come upon, and sees nothing else"),
}
CHOICES: dict[str, dict[str, str]] = {
    "kind": _KINDS,
    "posting": _POSTINGS,
    "power": _POWERS,
    "sensitivity": _SENSITIVITIES,
    "roles": _ROLES,
}
assert set(_KINDS) == UNIT_KINDS and set(_POWERS) == POWERS and set(_SENSITIVITIES) == set(SENSITIVITIES)
assert set(_ROLES) == ROLES


@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("change_jurisdiction", keeps_form=True)
def change(request: HttpRequest, desk: Desk, do: str) -> HttpResponse:
    """Fill in one change, try it, and record it."""
    form = FORMS.get(do)
    if form is None or not desk.may("change_jurisdiction"):
        raise Http404
    posted = posted_of(request) if request.method == "POST" else _present(form, desk.reader, request)
    faults: list[Fault] = []
    effects: list[str] = []
    tried = False
    if request.method == "POST":
        changes = _changes(do, form, posted, desk.reader, faults)
        if not faults:
            tried = True
            trial = offices.try_change(changes, actor=desk.actor, now=desk.reader.now)
            faults += [_fault_words(fault, desk.reader) for fault in trial.faults]
            effects = [_effect_words(effect, desk.reader) for effect in trial.effects]
            if not faults and "record" in posted:
                try:
                    offices.change(changes, actor=desk.actor, now=desk.reader.now)
                except ChangeRefused as refusal:
                    faults += [_fault_words(fault, desk.reader) for fault in refusal.faults]
                else:
                    return HttpResponseRedirect(f"{request.path}?done=1")
    context = {
        "title": _(form.title),
        "fields": [_draw(field, posted, faults, desk.reader) for field in form.fields],
        "faults": faults,
        "effects": effects,
        "tried": tried and not faults,
        "done": "done" in request.GET and request.method != "POST",
        "changes": _change_links(),
        "offices_url": reverse("desk:offices"),
    }
    return page(request, desk, "pages/desk/office_change.html", context, here="offices", status=422 if faults else 200)


def _present(form: Form, reader: Reader, request: HttpRequest) -> dict[str, list[str]]:
    """Return what stands now, for the row that the address names."""
    jurisdiction = reader.jurisdiction
    given = {name: [clean(value)[:64]] for name, value in request.GET.items() if name != "done"}
    row: Any = None
    if form.table == "settings":
        row = jurisdiction.settings
    elif form.table and "id" in given:
        row = getattr(jurisdiction, form.table).get(given["id"][0])
    if row is None:
        return given
    found = dict(given)
    for name, kind, _title, _required in form.fields:
        if name.startswith("+"):
            continue
        first, dot, rest = name.partition(".")
        value = getattr(row, first, None)
        value = getattr(value, rest) if dot else value
        if kind in ("codes", "roles"):
            found[name] = sorted(value) if kind == "roles" else [" ".join(value)]
        elif kind == "box":
            found[name] = ["on"] if value else []
        elif kind == "moment" and value is not None:
            # to the microsecond: a form that is sent as it came changes nothing
            found[name] = [value.astimezone(reader.zone(None)).replace(tzinfo=None).isoformat()]
        else:
            found[name] = ["" if value is None else str(value)]
    return found


def _draw(
    field: tuple[str, str, str, bool], posted: Mapping[str, list[str]], faults: Sequence[Fault], reader: Reader
) -> Drawn:
    name, kind, title, required = field
    value = (posted.get(name) or [""])[-1]
    jurisdiction = reader.jurisdiction
    wrong = [fault.text for fault in faults if fault.name in (name, name.partition(".")[0])]
    options: Sequence[tuple[str, list[Option]]] = ()
    widget = {"box": "box", "number": "number", "moment": "moment"}.get(kind, "text")
    if kind in CHOICES:
        chosen = posted.get(name) or []
        hints = _HINTS if kind == "roles" else {}
        drawn = [
            Option(code, _(words), code in chosen, _(hints[code]) if code in hints else "")
            for code, words in CHOICES[kind].items()
        ]
        options = [("", drawn)]
        widget = "boxes" if kind == "roles" else "select"
    elif kind in ("unit", "seat", "topic", "region"):
        build = {"unit": unit_options, "seat": seat_options, "topic": topic_options, "region": region_options}[kind]
        options, widget = build(jurisdiction, reader, value), "select"
    return Drawn(name, widget, _(title), "", required, value, options, wrong)


def _changes(
    do: str, form: Form, posted: Mapping[str, list[str]], reader: Reader, faults: list[Fault]
) -> list[dict[str, Any]]:
    found: dict[str, Any] = {"do": do}
    following = ""
    for name, kind, _title, required in form.fields:
        typed = one(posted, name, 2000)
        first, dot, rest = name.partition(".")
        if kind == "box":
            found[name] = typed == "on"
        elif kind == "roles":
            found[name] = [one for one in posted.get(name, ()) if one in ROLES]
        elif not typed:
            if required and kind != "code":
                faults.append(Fault(name, _("This is missing")))
            elif required:
                faults.append(Fault(name, _("Write a code such as u.housing, s.housing.head, t.wages")))
        elif name.startswith("+"):
            following = _person(typed, name, faults)
        elif dot:
            found.setdefault(first, {})[rest] = typed
        elif kind == "person":
            found[name] = _person(typed, name, faults)
        elif kind == "codes":
            found[name] = typed.replace(",", " ").split()
        elif kind == "number":
            try:
                found[name] = int(typed)
            except ValueError:
                faults.append(Fault(name, _("Write a whole number")))
        elif kind == "moment":
            found[name] = _moment(typed, name, reader, faults)
        else:
            found[name] = typed
    changes = [found]
    if following:
        changes.append({"do": "start_posting", "seat": found.get("id") or found.get("seat"), "person": following})
    return changes


def _effect_words(effect: Mapping[str, Any], reader: Reader) -> str:
    kinds = {
        "region.set": _("Region"),
        "unit.set": _("Unit"),
        "seat.set": _("Seat"),
        "posting.started": _("Posting begins"),
        "posting.ended": _("Posting ends"),
        "topic.set": _("Topic"),
        "remit.set": _("Remit"),
        "remit.ended": _("Remit ends"),
        "settings.set": _("Settings"),
    }
    name = effect.get("name") or effect.get("title")
    if name:
        said = f"{reader.text(name)} ({effect['id']})"
    elif "seat" in effect and effect["e"].startswith("posting"):
        said = _row_name(effect["seat"], reader)
    else:
        said = str(effect.get("id", ""))
    if effect.get("active") is False:
        heir = effect.get("successor")
        closes = _("closes")
        said = f"{said}: {closes}" + (f" → {_row_name(heir, reader)}" if heir else "")
    return f"{kinds[effect['e']]} {said}".strip()


# Merging --------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("change_jurisdiction", keeps_form=True)
def merge(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Have one unit taken over by another, then move what it has in hand."""
    if not desk.may("change_jurisdiction"):
        raise Http404
    reader, jurisdiction = desk.reader, desk.reader.jurisdiction
    posted = posted_of(request) if request.method == "POST" else {}
    unit_code, into = one(posted, "unit"), one(posted, "into")
    faults: list[Fault] = []
    effects: list[str] = []
    told: list[str] = []
    if posted:
        try:
            if "go-on" in posted:
                progress = offices.succeed(unit_code, actor=desk.actor, now=reader.now)
                told = [_("Moved: %(n)s") % {"n": progress.moved}]
                told.append(_("Everything has moved.") if progress.done else _("More is left: go on."))
            else:
                changes = offices.merge_changes(jurisdiction, unit_code, into, now=reader.now)
                trial = offices.try_change(changes, actor=desk.actor, now=reader.now)
                faults += [_fault_words(fault, reader) for fault in trial.faults]
                effects = [_effect_words(effect, reader) for effect in trial.effects]
                if not faults and "record" in posted:
                    offices.merge_units(unit_code, into, actor=desk.actor, now=reader.now)
                    effects, told = [], [_("The units are one. Now move what the closed one has in hand.")]
        except (ChangeRefused, NotAllowed) as refusal:
            found = getattr(refusal, "faults", ())
            faults += [_fault_words(fault, reader) for fault in found] or [Fault("", _("This can't be right"))]
    # a unit that closed and was taken over may still have something in hand
    closed = [row for row in jurisdiction.units if not row.active and row.successor]
    context = {
        "fields": [
            Drawn(
                "unit",
                "select",
                _("Unit that closes"),
                "",
                True,
                unit_code,
                unit_options(jurisdiction, reader, unit_code),
            ),
            Drawn(
                "into", "select", _("Unit that takes over"), "", True, into, unit_options(jurisdiction, reader, into)
            ),
        ],
        "faults": faults,
        "effects": effects,
        "told": told,
        "recorded": bool(told),
        "unit_code": unit_code,
        "closed": [{"code": row.id, "name": row.name.to(reader.language)} for row in closed],
        "offices_url": reverse("desk:offices"),
    }
    return page(request, desk, "pages/desk/office_merge.html", context, here="offices", status=422 if faults else 200)
