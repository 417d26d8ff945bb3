"""The resident's own page: where it stands, who answers, every date and why, and what can be done now."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from huajie.apps.attachments.uploads import Upload
from huajie.apps.matters.errors import Changed, KeyReused
from huajie.apps.matters.numbers import shown
from huajie.apps.matters.operations import Order, Tip, act
from huajie.apps.matters.places import place_of
from huajie.apps.matters.queries import Opened, OpenedFile, file_of, problem_of, see
from huajie.apps.outbox.queries import told_of
from huajie.core.access import Actor
from huajie.core.ledger import moment
from huajie.core.procedure import RETENTION, Refused, may_take_copy, standing
from huajie.core.procedure.common import SHARED
from huajie.core.procedure.phrases import Words
from huajie.edges.guard import public
from huajie.edges.pages import documents as papers_of
from huajie.edges.pages import maps
from huajie.edges.pages import matter as views
from huajie.edges.pages.acts import missing_of, offers, source_words
from huajie.edges.pages.files import hand_out, hand_out_small
from huajie.edges.pages.forms import (
    Fault,
    draw,
    faults_of,
    fill,
    key_of,
    new_key,
    news_words,
    one,
    posted_of,
    request_hash,
    sections,
)
from huajie.edges.pages.middleware import own_script
from huajie.edges.pages.promises import promises
from huajie.edges.pages.reader import Reader
from huajie.edges.pages.roads import road
from huajie.edges.pages.timeline import Happened, for_resident, messages, texts_for_resident, timeline
from huajie.edges.public.data import keeping_of, requests_of
from huajie.edges.public.follow import ask_secret, resident_at
from huajie.edges.public.ways import ways

#: Lines of the record that are not folded.
RECENT = 5


def matter_url(number: str) -> str:
    """Return the resident's page of a matter."""
    return reverse("public:matter", args=[shown(number)])


@public("the page itself asks for number and secret")
@never_cache
@own_script
@require_safe
def matter(request: HttpRequest, number: str) -> HttpResponse:
    """Show the resident's page."""
    found = resident_at(request, number)
    if found is None:
        return ask_secret(request, number)
    actor, tip = found
    opened = see(actor, tip.stream, tip=tip)
    assert tip.state is not None
    state, pack = tip.state, tip.pack
    reader = Reader.of(request)
    texts = texts_for_resident(pack, opened.entries, opened.texts)
    files_at = f"{matter_url(tip.number)}files/"
    with_plans = _with_plans(opened, texts)
    view = views.show(opened, with_plans, reader, files_at=files_at)
    entries, hidden = for_resident(pack, opened.entries)
    lines = timeline(pack, entries, texts, state.region, reader, files_at=files_at)
    offered = offers(
        pack,
        state,
        actor,
        opened.relations,
        jurisdiction=reader.jurisdiction,
        calendar=view.calendar,
        reader=reader,
        about={asked.key: asked.text or asked.title for asked in view.requests},
    )
    # a time of the resident's own that has passed is no date any more
    clocks = [clock for clock in view.clocks if clock.name != RETENTION]
    running = [clock for clock in clocks if clock.left is not None]
    ours = [clock for clock in running if clock.holder != "resident"]
    late = max((-clock.left.days for clock in ours if clock.left is not None and clock.left.kind == "late"), default=0)
    stage = pack.stages.get(state.stage)
    zone = reader.zone(state.region)
    done = request.GET.get("done", "")
    context = {
        "number": tip.number,
        "m": view,
        "state": state,
        "title": view.title or reader.text(pack.title),
        "pack_title": reader.text(pack.title),
        "received": reader.moment(moment(state.received_at), zone),
        "mode": views.mode_name(state.mode),
        "unit": reader.unit(state.unit),
        "seat": reader.seat(state.seat),
        "sponsor": reader.seat(state.sponsor["seat"]) if state.sponsor is not None else "",
        "sponsor_unit": reader.unit(state.sponsor["unit"]) if state.sponsor is not None else "",
        "sponsored": next((clock for clock in running if clock.holder == "sponsor"), None),
        "look_back": next((clock for clock in running if clock.name == "look_back"), None),
        "together": problem_of(tip, actor),
        "supporting": reader.joined([reader.unit(code) for code in state.parties.get("supporting", ())]),
        "superior": reader.unit(state.superior) if state.superior else "",
        "stage": reader.text(stage.title) if stage is not None else state.stage,
        "plain": reader.text(stage.plain) if stage is not None else "",
        "late": late,
        "next_clock": next((clock for clock in ours if "#" not in clock.key), ours[0] if ours else None),
        "yours": [clock for clock in running if clock.holder == "resident"],
        "road": road(pack, state, opened.entries, clocks, reader),
        "outcome": reader.text(pack.outcomes.get(state.outcome["value"])) if state.outcome else "",
        "promises": promises(state, opened.entries, with_plans, zone, reader),
        "messages": messages(pack, entries, texts, zone, reader),
        "ways": ways(pack, state, offered, clocks, reader),
        "recent": lines[:RECENT],
        "older": lines[RECENT:],
        "hidden": hidden,
        "documents": papers_of.versions(opened, reader, resident=True),
        "asked": requests_of(state, reader),
        "copy": may_take_copy(state),
        "opened": sum(what != SHARED for _n, _at, what, *_rest in state.openings),
        "shared": sum(what == SHARED for _n, _at, what, *_rest in state.openings),
        "kept": keeping_of(pack, state, reader),
        "url": matter_url(tip.number),
        "done": next((line for line in lines if done == str(line.n)), None),
        "told": _told(tip, reader),
        **_where(opened, texts, reader),
    }
    return render(request, "pages/public/matter.html", context)


def _where(opened: Opened, texts: Mapping[tuple[int, str], str], reader: Reader) -> dict[str, Any]:
    """Return the small map with the place that the resident gave; with the newest one, where such places are public."""
    state = opened.shown
    topic = reader.jurisdiction.topics.get(state.topic)
    anybodys = topic is not None and topic.public_place and state.sensitivity == "ordinary"
    given = place_of(opened.texts if anybodys else texts)
    drawn = maps.where(reader, state.region, given[1] if given is not None else None)
    return {"where": drawn, "region": reader.region(state.region), "own_place": given is not None and not anybodys}


def _told(tip: Tip, reader: Reader) -> list[dict[str, str]]:
    """Return how and when the resident was told that there is news; never where to."""
    assert tip.state is not None
    zone = reader.zone(tip.state.region)
    found = []
    for one_told in told_of(tip.stream):
        said = {
            "sent": _("sent"),
            "waiting": _("on its way"),
            "printed": _("on its way"),
            "ended": _("not sent: your way to be reached is gone, or you chose another"),
        }.get(one_told.state, _("it could not be sent; we see that it failed"))
        at = reader.moment(one_told.sent_at or one_told.queued_at, zone)
        found.append({"way": news_words(one_told.way), "at": at, "state": said})
    return found


@public("the page itself asks for number and secret")
@never_cache
@require_safe
def document(request: HttpRequest, number: str, kind: str, version: int) -> HttpResponse:
    """Show the resident a document that was given out, as it is printed."""
    found = resident_at(request, number)
    if found is None:
        return ask_secret(request, number)
    actor, tip = found
    opened = see(actor, tip.stream, tip=tip)
    one = papers_of.find(opened, kind, version, resident=True)
    if one is None:
        raise Http404
    reader = Reader.of(request)
    sheet = papers_of.sheet(opened, *one, reader, opened.texts)
    return render(request, "pages/public/document.html", {"sheet": sheet, "back": matter_url(tip.number)})


def _with_plans(opened: Opened, texts: Mapping[tuple[int, str], str]) -> dict[tuple[int, str], str]:
    """Return the texts with those of the plan: what was promised is for whom it was promised to."""
    assert opened.tip.state is not None
    found = dict(texts)
    plans = {key for key, request in opened.tip.state.requests.items() if request.kind == views.PLAN}
    for body in opened.entries:
        if any(effect["e"] == "request.opened" and effect["key"] in plans for effect in body["effects"]):
            place = (body["n"], "step_text")
            if place in opened.texts:
                found[place] = opened.texts[place]
    return found


@public("the page itself asks for number and secret")
@never_cache
@require_safe
def paper(request: HttpRequest, number: str, file_id: str) -> HttpResponseBase:
    """Hand out one of the files that the page names."""
    found = _paper(request, number, file_id)
    return hand_out(request, found) if found is not None else ask_secret(request, number)


@public("the page itself asks for number and secret")
@never_cache
@require_safe
def small_photo(request: HttpRequest, number: str, file_id: str) -> HttpResponse:
    """Hand out the small picture of a photo that the page names."""
    found = _paper(request, number, file_id)
    return hand_out_small(found) if found is not None else ask_secret(request, number)


def _paper(request: HttpRequest, number: str, file_id: str) -> OpenedFile | None:
    """Return a file whose text the resident is shown; None where the secret has not been shown here."""
    found = resident_at(request, number)
    if found is None:
        return None
    actor, tip = found
    opened = see(actor, tip.stream, tip=tip)
    texts = texts_for_resident(tip.pack, opened.entries, opened.texts)
    return file_of(actor, opened, file_id, texts)


@public("the page itself asks for number and secret")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def acting(request: HttpRequest, number: str, name: str) -> HttpResponse:
    """Show the form of something that the resident can do, or do it."""
    found = resident_at(request, number)
    if found is None:
        return ask_secret(request, number)
    actor, tip = found
    spec = tip.pack.acts.get(name)
    if spec is None or spec.creates or "resident" not in spec.by:
        raise Http404
    if request.method != "POST":
        target = one({"target": request.GET.getlist("target")}, "target") or None
        return _form(request, actor, tip, name, target)
    return _do(request, actor, tip, name)


def _do(request: HttpRequest, actor: Actor, tip: Tip, name: str) -> HttpResponse:
    assert tip.state is not None
    reader = Reader.of(request)
    spec = tip.pack.acts[name]
    posted = posted_of(request)
    target = one(posted, "target") or None
    seen_text = one(posted, "seen", 8)
    seen = int(seen_text) if seen_text.isascii() and seen_text.isdigit() and len(seen_text) < 7 else None
    filled = fill(
        spec,
        request,
        posted,
        audience="resident",
        reader=reader,
        region=tip.state.region,
        stream_of=lambda typed: None,
        stream=tip.stream,
    )
    key = key_of(posted)
    again = {"posted": posted, "files": filled.files, "key": key}
    if filled.faults or seen is None:
        return _form(request, actor, tip, name, target, faults=filled.faults, **again, status=filled.status)
    order = Order(
        act=name,
        inputs=filled.inputs,
        texts=filled.texts,
        contact=filled.contact,
        target=target,
        seen=seen,
        idempotency=(f"resident.{tip.stream.hex}", key, request_hash(f"{tip.number}/{name}", posted, filled.files)),
    )
    try:
        written = act(tip.stream, order, actor=actor, now=reader.now)
    except Refused as error:
        faults = faults_of(error.unmet, reader, tip.pack.sources)
        return _form(request, actor, tip, name, target, faults=faults, **again, status=422)
    except Changed as error:
        fresh = see(actor, tip.stream)
        assert fresh.tip.state is not None
        bodies, _hidden = for_resident(fresh.tip.pack, error.since)
        texts = texts_for_resident(fresh.tip.pack, error.since, fresh.texts)
        since = timeline(fresh.tip.pack, bodies, texts, fresh.tip.state.region, reader)
        again["key"] = new_key()
        return _form(request, actor, fresh.tip, name, target, since=since, changed=True, **again, status=409)
    except KeyReused:
        faults = [
            Fault("", _("You have sent this form once already, with other words. Look at the page of your matter."))
        ]
        again["key"] = new_key()
        return _form(request, actor, tip, name, target, faults=faults, **again, status=409)
    first = written.first if not written.replayed else written.n
    return HttpResponseRedirect(f"{matter_url(tip.number)}?done={first}#done")


def _form(
    request: HttpRequest,
    actor: Actor,
    tip: Tip,
    name: str,
    target: str | None,
    *,
    posted: Mapping[str, list[str]] | None = None,
    files: Mapping[str, Sequence[Upload]] | None = None,
    faults: Sequence[Fault] = (),
    since: Sequence[Happened] = (),
    changed: bool = False,
    key: str = "",
    status: int = 200,
) -> HttpResponse:
    opened = see(actor, tip.stream, tip=tip)
    assert tip.state is not None
    reader = Reader.of(request)
    pack, state = tip.pack, tip.state
    spec = pack.acts[name]
    calendar = views.calendar_of(pack, state, reader)
    found = [
        item
        for item in standing(
            pack, state, actor, opened.relations, jurisdiction=reader.jurisdiction, calendar=calendar, now=reader.now
        )
        if item.act == name
    ]
    chosen = next((item for item in found if item.target == target), found[0] if found else None)
    words = Words(pack.document, reader.language)
    notice = pack.notices.get(spec.notice or "")
    fields = draw([each for each in spec.fields if each.shown_to("resident")], posted, faults, reader, files=files)
    context = {
        "number": tip.number,
        "url": matter_url(tip.number),
        "name": name,
        "title": reader.text(spec.title),
        "help": reader.text(spec.help),
        "source": source_words(pack, spec.source, reader),
        "fields": fields,
        "sections": sections(spec, fields, reader),
        "faults": faults,
        "since": since,
        "changed": changed,
        "missing": missing_of(chosen.unmet, pack, reader) if chosen is not None else [],
        "target": (chosen.target if chosen is not None else None) or "",
        "seen": tip.n,
        "key": key or new_key(),
        "effects": words.effects(spec.raw.get("effects")),
        "notice": bool(notice),
        "has_file": any(each.widget == "file" for each in fields),
    }
    return render(request, "pages/public/act.html", context, status=status)
