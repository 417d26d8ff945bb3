"""Take in what came by any channel, on one screen; then the paper receipt to hand over."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from huajie.apps.matters.errors import KeyReused
from huajie.apps.matters.numbers import shown
from huajie.apps.matters.operations import submit
from huajie.apps.procedure import force
from huajie.core.jurisdiction import NoOwner
from huajie.core.procedure import Pack, Refused, gap_workdays
from huajie.core.procedure.common import FIELD, GAP_WORKDAYS
from huajie.edges.desk import counter
from huajie.edges.desk.drafts import with_draft
from huajie.edges.desk.receipt import may_show
from huajie.edges.desk.reference import step_words
from huajie.edges.desk.seated import Desk, at_seat, page
from huajie.edges.pages import maps, opening
from huajie.edges.pages import matter as views
from huajie.edges.pages.finding import find_regions, find_topics, line_of
from huajie.edges.pages.forms import Drawn, Fault, Option, clean, faults_of, new_key, one, posted_of
from huajie.edges.pages.names import hidden, proposals
from huajie.edges.pages.reader import Reader

#: Roles whose seats take in here: a clerk by every channel, an area worker what they come upon.
BRINGERS = frozenset({"intake", "area_worker"})
#: What a button may ask for besides sending.
_STEPS = frozenset({"look", "find", "pack"})


@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("act", keeps_form=True)
def intake(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Write down what was brought, look where it would go, send it."""
    if desk.actor.roles.isdisjoint(BRINGERS):
        raise Http404
    reader = desk.reader
    area = _area(desk)
    if desk.draft is not None:
        with_draft(request, desk)
    posted = _posted(request, desk)
    packs = opening.kinds("staff", None)
    if area is not None:
        posted["channel"] = [FIELD]
        packs = [pack for pack in opening.kinds("staff", FIELD) if "area_worker" in pack.acts["submit"].by]
    if not packs:
        raise Http404
    channel, topic, region = (one(posted, name, 64) for name in ("channel", "topic", "region"))
    suggestion = counter.suggest(counter.offered(packs, channel), channel, topic, region, reader)
    pack = _chosen(posted, packs, suggestion)
    sends = request.method == "POST" and one(posted, "step", 16) not in _STEPS and not one(posted, "pick", 80)
    faults: list[Fault] = []
    fresh, status = False, 200
    asked, read = None, None
    if request.method == "POST" or desk.draft is not None:
        read = opening.read(request, pack, reader, audience="staff", scope=f"desk.{desk.actor.person}", posted=posted)
    if read is not None and sends:
        extra = counter.read(posted, read.submission.mode)
        faults, status = [*read.faults, *extra.faults], read.filled.status
        submission = read.submission
        submission.participants, submission.spokespersons = extra.participants, extra.spokespersons
        submission.agent = extra.agent
        submission.inputs |= extra.inputs
        submission.texts |= extra.texts
        gap = _gap(pack, read, reader)
        if gap > GAP_WORKDAYS and "late_reason" not in extra.texts:
            text = _("It came in %(days)s working days ago: say why it is written down only now.")
            faults.append(Fault("late_reason", text % {"days": gap}))
        if not faults:
            submission.hide = hidden(posted)
            asked = proposals(posted, submission.texts)
        if not faults and asked is not None:
            status = 200
        elif not faults:
            try:
                written = submit(submission, actor=desk.actor, now=reader.now)
            except Refused as error:
                faults = faults_of(error.unmet, reader, pack.sources)
            except NoOwner:
                faults = [Fault("", _("Every unit that could answer for it is concerned by it."))]
            except KeyReused:
                faults, fresh, status = [Fault("", _("This form was sent before with other words."))], True, 409
            else:
                may_show(request, written.stream, range(1, written.state.participants + 1))
                return HttpResponseRedirect(reverse("desk:receipt", args=[shown(written.number)]))
    form = opening.draw_form(pack, reader, audience="staff", opening=read, faults=faults, fresh_key=fresh)
    if read is None:
        form.key = new_key()
    _fill_in(form, posted)
    if area is not None:
        _narrow(form, area)
    context = {
        "form": form,
        "faults": faults,
        "pack": pack,
        "pack_title": reader.text(pack.title),
        "pack_choice": _pack_choice(pack, counter.offered(packs, channel), channel, reader),
        "suggested": suggestion,
        "suggested_title": reader.text(suggestion.pack.title) if suggestion is not None else "",
        "differs": suggestion is not None and suggestion.pack.name != pack.name,
        "channel": _channel(channel, pack, packs, faults, (FIELD,) if area is not None else counter.CHANNELS),
        "own": counter.draw(posted, faults, reader),
        "topic_words": one(posted, "topic_words", 200),
        "region_words": one(posted, "region_words", 200),
        "topics": find_topics(one(posted, "topic_words", 200), reader),
        "regions": [
            found
            for found in find_regions(one(posted, "region_words", 200), reader)
            if area is None or found.code in area
        ],
        "topic_chosen": reader.topic(topic) if topic in reader.jurisdiction.topics else "",
        "region_chosen": reader.region(region) if region in reader.jurisdiction.regions else "",
        "drawing": maps.picker(reader, region, form.region.id),
        "preview": counter.preview(pack, topic, region, reader, step_words),
        "gap": _gap(pack, read, reader) if read is not None else 0,
        "ask_long_ago": any(fault.name == "received_at" for fault in faults) or bool(one(posted, "long_ago", 8)),
        "long_ago": bool(one(posted, "long_ago", 8)),
        "kept": _kept(posted, pack, reader),
        "asked": asked,
        "hidden": hidden(posted),
        "spoken": reader.text(pack.document["privacy"]["spoken"]),
        "open_joint": _any(posted, faults, "people", "others", "spokespersons"),
        "open_speaker": _any(
            posted, faults, "spoke_by", "agent-name", "agent-phone", "agent-language", "cannot_read", "read_back"
        ),
        "open_number": _any(posted, faults, "external_number", "external_system") or channel in counter.NUMBERED,
    }
    return page(request, desk, "pages/desk/intake.html", context, here="intake", status=status)


def _area(desk: Desk) -> frozenset[str] | None:
    """Return the regions in which an area worker takes in; None for a clerk, who takes in what comes from anywhere."""
    if "intake" in desk.actor.roles:
        return None
    regions = desk.reader.jurisdiction.regions
    home = desk.reader.jurisdiction.units[desk.actor.unit or ""].region
    return frozenset(row.id for row in regions if home in line_of(regions, row.id))


def _narrow(form: opening.Form, area: frozenset[str]) -> None:
    """Offer only the places of an area, and the only one at once."""
    kept = [
        (heading, found)
        for heading, options in form.region.options
        if (found := [option for option in options if option.value in area])
    ]
    form.region.options = kept
    places = [option for _heading, options in kept for option in options]
    if len(places) == 1 and not form.region.value:
        form.region.value, places[0].chosen = places[0].value, True


def _posted(request: HttpRequest, desk: Desk) -> dict[str, list[str]]:
    """Return what came; a proposal that was picked stands as if it had been chosen from the list."""
    if request.method != "POST" and desk.draft is None:
        return {name: [clean(request.GET.get(name, ""))] for name in ("pack", "channel", "topic", "region")}
    posted = posted_of(request)
    kind, _colon, code = one(posted, "pick", 80).partition(":")
    if kind in ("topic", "region") and code:
        posted[kind] = [code]
        posted[f"{kind}_words"] = [""]
    if not one(posted, "pack", 80) and request.GET.get("pack"):
        posted["pack"] = [clean(request.GET["pack"])]
    number = {"external_system": counter.NUMBERED.get(one(posted, "channel", 32), "")}
    if one(posted, "external_number", 100) and not one(posted, "external_system", 32) and number["external_system"]:
        # an order, a letter to the leaders and a referral bring the number of where they come from
        posted["external_system"] = [number["external_system"]]
    return posted


def _chosen(posted: Mapping[str, list[str]], packs: Sequence[Pack], suggestion: counter.Suggestion | None) -> Pack:
    """Return the procedure to draw: the clerk's own choice stays, the desk's own follows what it proposes."""
    named = next((pack for pack in packs if pack.name == one(posted, "pack", 80)), None)
    proposed = one(posted, "proposed", 80)
    if named is not None and named.name != proposed:
        return named
    if suggestion is not None and (named is None or one(posted, "step", 16) in _STEPS or one(posted, "pick", 80)):
        return suggestion.pack
    return named or packs[0]


def _gap(pack: Pack, read: opening.Opening, reader: Reader) -> int:
    """Return the working days between coming in and now, by the calendar of the place."""
    if read.received_at is None:
        return 0
    region = read.submission.region if read.submission.region in reader.jurisdiction.regions else None
    _version, calendars = force.calendars()
    calendar = force.calendar_for(pack.calendar, region, reader.jurisdiction, calendars)
    return gap_workdays(read.received_at, reader.now, calendar)


def _pack_choice(pack: Pack, offered: Sequence[Pack], channel: str, reader: Reader) -> Drawn:
    listed = offered if pack in offered else [pack, *offered]
    options = [Option(each.name, reader.text(each.title), each.name == pack.name) for each in listed]
    return Drawn(
        "pack", "select", _("Procedure"), reader.text(pack.document["description"]), True, pack.name, [("", options)]
    )


def _channel(chosen: str, pack: Pack, packs: Sequence[Pack], faults: Sequence[Fault], channels: Sequence[str]) -> Drawn:
    """Return the choice of channels: of those that the seat takes in by, every one that some procedure takes."""
    taken = {name for each in packs for name in each.channels}
    options = [Option(name, views.channel_name(name), name == chosen) for name in channels if name in taken]
    errors = [fault.text for fault in faults if fault.name == "channel"]
    if chosen and chosen not in pack.channels:
        errors = [_("This procedure does not take this channel; choose another of the two.")]
    return Drawn("channel", "radio", _("How did it come in?"), "", True, chosen, [("", options)], errors)


def _fill_in(form: opening.Form, posted: Mapping[str, list[str]]) -> None:
    """Let a fresh form begin with what the address says."""
    for drawn in (form.topic, form.region):
        value = one(posted, drawn.name, 64)
        drawn.value = value
        for _heading, options in drawn.options:
            for option in options:
                option.chosen = bool(value) and option.value == value


def _kept(posted: Mapping[str, list[str]], pack: Pack, reader: Reader) -> list[dict[str, Any]]:
    """Return what was typed for another procedure and has no place in this one: it stays in the form."""
    titles: dict[str, str] = {}
    for other in opening.kinds("staff", None):
        for each in other.acts["submit"].fields:
            titles.setdefault(each.name, reader.text(each.title))
    own = {each.name for each in pack.acts["submit"].fields}
    return [
        {"name": name, "title": titles[name], "value": values[-1]}
        for name, values in posted.items()
        if name in titles and name not in own and values and values[-1].strip()
    ]


def _any(posted: Mapping[str, list[str]], faults: Sequence[Fault], *names: str) -> bool:
    return any(one(posted, name, 60_000) for name in names) or any(fault.name in names for fault in faults)
