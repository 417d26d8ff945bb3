"""
A personal-data incident: whoever finds one opens it; the data-protection officer tells the residents affected at once.

Telling goes matter by matter, by number: each gets an entry of its own, which its resident reads. Nothing is searched,
and no list of people is made or kept.

Source: 个人信息保护法 art. 57.
"""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from huajie.apps.matters.errors import Changed, Denied, KeyReused, UnknownMatter
from huajie.apps.matters.numbers import BadNumber, parse_number, shown
from huajie.apps.matters.operations import Order, Submission, act, submit
from huajie.apps.matters.queries import Opened, see
from huajie.apps.procedure.registry import packs
from huajie.core.procedure import Refused
from huajie.core.procedure.common import INCIDENT_TEXTS
from huajie.edges.desk.matter import matter_url
from huajie.edges.desk.seated import Desk, at_seat, page
from huajie.edges.pages.acts import source_words
from huajie.edges.pages.forms import (
    Drawn,
    Fault,
    draw,
    faults_of,
    fill,
    key_of,
    new_key,
    one,
    posted_of,
    request_hash,
)

INCIDENT = "any.incident"
#: Matters that are told by one form.
MOST = 200


@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("act", keeps_form=True)
def incident(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Ask what happened, and open the incident."""
    pack = packs().get(INCIDENT)
    if pack is None or pack.acts["submit"].by.isdisjoint(desk.actor.roles):
        raise Http404
    reader, spec = desk.reader, pack.acts["submit"]
    posted = posted_of(request) if request.method == "POST" else {}
    faults: list[Fault] = []
    status = 200
    if posted:
        filled = fill(
            spec, request, posted, audience="staff", reader=reader, region="", stream_of=lambda typed: None, stream=None
        )
        faults, status = list(filled.faults), filled.status if filled.faults else 200
        if not faults:
            unit = reader.jurisdiction.units.get(desk.actor.unit)
            submission = Submission(
                pack=pack.name,
                topic="",
                region=unit.region if unit is not None else "",
                channel="counter",
                texts=filled.texts,
                inputs=filled.inputs,
                idempotency=(f"desk.{desk.actor.person}", key_of(posted), request_hash("@incident", posted, {})),
            )
            try:
                written = submit(submission, actor=desk.actor, now=reader.now)
            except Refused as error:
                faults, status = faults_of(error.unmet, reader, pack.sources), 422
            except KeyReused:
                faults, status = [Fault("", _("This form was sent before with other words."))], 409
            else:
                return _opened(request, desk, written.number)
    context = {
        "title": reader.text(spec.title),
        "lead": reader.text(pack.document["description"]),
        "source": source_words(pack, spec.source, reader),
        "fields": draw([each for each in spec.fields if each.shown_to("staff")], posted or None, faults, reader),
        "faults": faults,
        "key": new_key(),
    }
    return page(request, desk, "pages/desk/incident.html", context, here="incident", status=status)


def _opened(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """Go to the incident, or say that it is on the books where it is for somebody else to read."""
    try:
        see(desk.actor, number)
    except UnknownMatter:
        told = {"number": number, "told": [], "opened": True}
        return page(request, desk, "pages/desk/incident_told.html", told, here="incident")
    return HttpResponseRedirect(matter_url(number))


@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("act", keeps_form=True)
def tell(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """Tell the residents of the matters affected, each by an entry in their own matter."""
    opened = see(desk.actor, number)
    state = opened.tip.state
    assert state is not None
    if state.pack_name != INCIDENT or "lead_seat" not in opened.relations or not state.open:
        raise Http404
    posted = posted_of(request) if request.method == "POST" else {}
    if not posted:
        return _form(request, desk, opened, {}, [])
    faults, numbers = _numbers(one(posted, "numbers", 40 * MOST))
    texts = {name: one(posted, name, 4000).strip() for name in INCIDENT_TEXTS}
    faults += [Fault(name, _("Say it here: the resident reads it.")) for name, text in texts.items() if not text]
    if faults:
        return _form(request, desk, opened, posted, faults)
    told = [_tell_one(desk, opened, which, texts, key_of(posted)) for which in numbers]
    context = {"number": opened.tip.number, "url": matter_url(opened.tip.number), "told": told, "opened": False}
    context["done"] = sum(1 for line in told if not line["why"])
    return page(request, desk, "pages/desk/incident_told.html", context, here="list")


def _tell_one(desk: Desk, opened: Opened, which: str, texts: dict[str, Any], key: str) -> dict[str, str]:
    """Tell one resident and note in the incident which matter it was; say why where that can't be."""
    now = desk.reader.now
    once = request_hash(f"{opened.tip.number}/{which}", {name: [text] for name, text in texts.items()}, {})
    try:
        order = Order(
            act="tell_incident", texts=dict(texts), idempotency=(f"tell.{desk.actor.person}", f"{key}.{which}", once)
        )
        written = act(which, order, actor=desk.actor, now=now)
        if not written.replayed:
            affected = Order(act="add_affected", inputs={"affected": written.stream.hex})
            act(opened.tip.stream, affected, actor=desk.actor, now=now)
    except (UnknownMatter, Denied):
        return {"number": which, "why": _("No such matter, or you have no part in telling it.")}
    except (Refused, Changed, KeyReused):
        return {"number": which, "why": _("It could not be told now; open that matter or try again.")}
    return {"number": which, "why": ""}


def _numbers(text: str) -> tuple[list[Fault], list[str]]:
    found: list[str] = []
    for typed in text.replace(",", " ").replace("，", " ").split():
        try:
            plain = parse_number(typed)
        except BadNumber:
            return [Fault("numbers", _("“%(number)s” is no number of a matter.") % {"number": typed[:40]})], []
        if plain not in found:
            found.append(plain)
    if not found:
        return [Fault("numbers", _("Give the numbers of the matters, one a line."))], []
    if len(found) > MOST:
        return [Fault("numbers", _("At most %(most)s at once; send the rest afterwards.") % {"most": MOST})], []
    return [], found


def _form(request: HttpRequest, desk: Desk, opened: Opened, posted: Any, faults: list[Fault]) -> HttpResponse:
    reader = desk.reader

    def errors(name: str) -> list[str]:
        return [fault.text for fault in faults if fault.name == name]

    fields = [
        Drawn(
            "numbers",
            "longtext",
            _("Numbers of the matters affected, one a line"),
            _("Numbers only. Never a name: nobody is looked for by who they are."),
            True,
            one(posted, "numbers", 40 * MOST),
            errors=errors("numbers"),
        ),
        *(
            Drawn(name, "longtext", reader.text(spec["title"]), "", True, one(posted, name, 4000), errors=errors(name))
            for name, spec in INCIDENT_TEXTS.items()
        ),
    ]
    context = {
        "number": opened.tip.number,
        "shown_number": shown(opened.tip.number),
        "url": matter_url(opened.tip.number),
        "fields": fields,
        "faults": faults,
        "key": new_key(),
    }
    status = 422 if faults else 200
    return page(request, desk, "pages/desk/incident_tell.html", context, here="list", status=status)
