"""One matter at the desk: its page, and a form for each act, made from the matter's own pack."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from huajie.apps.attachments.uploads import Upload
from huajie.apps.documents.queries import phrases_of
from huajie.apps.jurisdiction.queries import display_names
from huajie.apps.ledger.errors import Conflict
from huajie.apps.matters.disclosure import what_may_open
from huajie.apps.matters.errors import Changed, KeyReused, UnknownMatter
from huajie.apps.matters.numbers import parse_number, shown
from huajie.apps.matters.operations import Order, Shared, Tip, act, act_for_parts, preview, told_by
from huajie.apps.matters.places import place_of
from huajie.apps.matters.projection import view_of
from huajie.apps.matters.queries import Opened, alike, elsewhere, file_of, problem_of, see
from huajie.apps.supervision import reviews
from huajie.core.access import Actor, allowed
from huajie.core.clocks import Calendar
from huajie.core.jurisdiction import Posting
from huajie.core.ledger import moment
from huajie.core.procedure import Act, DocumentSpec, Refused, Sheet, fill_in, placeholders, standing
from huajie.core.procedure.common import SYSTEMS
from huajie.core.procedure.phrases import Words
from huajie.core.procedure.state import newest_request
from huajie.edges.desk import replies
from huajie.edges.desk.counter import taken_in
from huajie.edges.desk.drafts import with_draft
from huajie.edges.desk.receipt import may_show
from huajie.edges.desk.seated import Desk, at_seat, page
from huajie.edges.desk.signing import waiting
from huajie.edges.pages import documents as papers_of
from huajie.edges.pages import maps, tiles
from huajie.edges.pages import matter as views
from huajie.edges.pages.acts import Missing, act_url, dossier, files_of, missing_of, offers, source_words
from huajie.edges.pages.beginnings import beginnings
from huajie.edges.pages.files import hand_out, hand_out_small
from huajie.edges.pages.forms import (
    Drawn,
    Fault,
    Filled,
    clean,
    draw,
    faults_of,
    fill,
    key_of,
    new_key,
    one,
    posted_of,
    request_hash,
    sections,
)
from huajie.edges.pages.names import hidden, proposals
from huajie.edges.pages.reader import Reader
from huajie.edges.pages.reckoning import reckoned, reckons
from huajie.edges.pages.roads import gives_new_date, grants
from huajie.edges.pages.timeline import Happened, messages, persons_in, timeline

#: What is filled in by hand on the slip that proves service.
_BLANKS = {
    "zh": (
        *("受送达人", "送达地点", "受送达人签名或盖章、收到日期", "代收人签名及与受送达人的关系"),
        *("拒收的事由和日期", "见证人签名", "送达人签名"),
    ),
    "en": (
        *("Recipient", "Place", "Signature of the recipient and day of receipt"),
        *("Signature of whoever took it, and how related", "Why and when it was not taken"),
        *("Signature of the witness", "Signature of whoever served it"),
    ),
}


def matter_url(number: str) -> str:
    """Return the page of a matter at the desk."""
    return reverse("desk:matter", args=[shown(number)])


def files_url(number: str) -> str:
    """Return the address below which a matter's files are."""
    return f"{matter_url(number)}files/"


@require_safe
@at_seat("see_documents")
def paper(request: HttpRequest, desk: Desk, number: str, file_id: str) -> HttpResponseBase:
    """Hand out one file of a matter."""
    opened = see(desk.actor, number)
    return hand_out(request, file_of(desk.actor, opened, file_id, opened.texts))


@require_safe
@at_seat("see_documents")
def small_photo(request: HttpRequest, desk: Desk, number: str, file_id: str) -> HttpResponse:
    """Hand out the small picture of a photo."""
    opened = see(desk.actor, number)
    return hand_out_small(file_of(desk.actor, opened, file_id, opened.texts))


@require_safe
@at_seat("see")
def matter(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """Show everything about one matter that the seat may see."""
    opened = see(desk.actor, number)
    reader, actor = desk.reader, desk.actor
    tip = opened.tip
    assert tip.state is not None
    state, pack = tip.state, tip.pack
    url, files_at = matter_url(tip.number), files_url(tip.number)
    found = views.show(opened, opened.texts, reader, files_at=files_at)
    jurisdiction = reader.jurisdiction
    holders = [jurisdiction.holder(state.seat, reader.now), jurisdiction.cover(state.seat, reader.now)]
    told = replies.urged(actor, tip.stream, state, reader)
    known = persons_in(opened.entries) | replies.persons(told)
    names = display_names(known | frozenset(person for person in holders if person))
    about = {asked.key: asked.text or asked.title for asked in (*found.plan, *found.requests)}
    offered = offers(
        pack,
        state,
        actor,
        opened.relations,
        jurisdiction=jurisdiction,
        calendar=found.calendar,
        reader=reader,
        about=about,
    )
    files = files_of(pack, state, jurisdiction=jurisdiction, calendar=found.calendar, reader=reader)
    together = problem_of(tip, actor)
    papers = dossier(pack, state, jurisdiction=jurisdiction, calendar=found.calendar, reader=reader)
    lines = timeline(pack, opened.entries, opened.texts, state.region, reader, names=names, files_at=files_at)
    may_open = what_may_open(actor, tip)
    zone = reader.zone(state.region)
    for key, said in replies.notes(told, tip.number, actor, reader, zone, names).items():
        for clock in found.clocks:
            if clock.key == key:
                clock.urged = said
    # those that run, and the last one that ended
    shown_clocks = sum(clock.left is not None for clock in found.clocks) + 1
    context: dict[str, Any] = {
        "number": tip.number,
        "m": found,
        "state": state,
        "title": found.title or reader.text(pack.title),
        "pack_title": reader.text(pack.title),
        "version": pack.version,
        "region": reader.region(state.region),
        "topic": reader.topic(state.topic),
        "channel": views.channel_name(state.channel),
        "mode": views.mode_words(state.mode),
        "received": reader.moment(moment(state.received_at), zone),
        "unit": reader.unit(state.unit),
        "seat": reader.seat(state.seat),
        "holder": names.get(holders[0] or "", ""),
        "cover": names.get(holders[1] or "", ""),
        "supporting": reader.joined([reader.unit(code) for code in state.parties.get("supporting", ())]),
        "stage": reader.text(pack.stages[state.stage].title) if state.stage in pack.stages else state.stage,
        "outcome": reader.text(pack.outcomes.get(state.outcome["value"])) if state.outcome else "",
        "handoffs": state.counts.get("handoffs", 0),
        "reopenings": state.counts.get("reopenings", 0),
        "offers": offered,
        "first_url": act_url(url, offered.first) if offered.first is not None else "",
        "can": offered.possible_lines(url, keys=not desk.account.keys_off),
        "files": files,
        "sponsor": reader.seat(state.sponsor["seat"]) if state.sponsor is not None else "",
        "sponsor_unit": reader.unit(state.sponsor["unit"]) if state.sponsor is not None else "",
        "together": together,
        # whoever is only asked to look at the place has no others to compare it with
        "may_compare": "propose_part" in pack.acts
        and state.open
        and not (together.is_part or together.parts or desk.actor.roles == {"area_worker"}),
        "also": _also(request),
        "papers": papers,
        "lacking": sum(paper.state == "lacks" for paper in papers),
        "prepared": [
            {
                "title": reader.text(pack.acts[kept["act"]].title),
                "url": f"{url}acts/{kept['act']}/",
                "target": kept["target"] or "",
                "name": names.get(kept["person"], ""),
                "seat": reader.seat(kept["seat"]),
                "mine": kept["seat"] == actor.seat and actor.on_behalf is None,
                "words": opened.texts.get((kept["n"], "instruction"), ""),
            }
            for kept in state.prepared.values()
            if kept["state"] == "open" and kept["act"] in pack.acts
        ],
        "away": _away(jurisdiction.absence(state.seat, reader.now), reader),
        "running": sum(clock.left is not None for clock in found.clocks),
        "clocks": found.clocks[:shown_clocks],
        "ended": found.clocks[shown_clocks:],
        "lines": lines,
        "messages": messages(pack, opened.entries, opened.texts, zone, reader, resident=_("The resident")),
        "since": _since_when(opened, reader, zone),
        "documents": papers_of.versions(opened, reader),
        "texts_sealed": bool(state.texts) and not opened.texts,
        "may_open": may_open,
        "who_sealed": bool(set(may_open) - {"masked", "file", "attachments"}),
        "tells": state.pack_name == "any.incident" and state.open and "lead_seat" in opened.relations,
        "done": _done(request, lines),
        "taken_in": taken_in(opened.shown, reader),
        "entered": reader.moment(moment(state.recorded_at), zone) if state.recorded_at > state.received_at else "",
        "gap": opened.shown.facts.get("gap_workdays", 0),
        "late_reason": opened.texts.get((1, "late_reason"), ""),
        "numbers": _numbers(opened, desk),
        **_where(opened, reader),
        "url": url,
    }
    return tiles.allowed(page(request, desk, "pages/desk/matter.html", context, here="list"))


def _where(opened: Opened, reader: Reader) -> dict[str, Any]:
    """Return the small map: the point only where such places are public, since any other could be a home."""
    state = opened.shown
    given = place_of(opened.texts)
    topic = reader.jurisdiction.topics.get(state.topic)
    shown = topic is not None and topic.public_place and state.sensitivity == "ordinary"
    lies_below = tiles.tiles()
    return {
        "where": maps.where(reader, state.region, given[1] if given is not None and shown else None, tiles=lies_below),
        "kept_place": given is not None and not shown,
        "attribution": lies_below.attribution if lies_below is not None else "",
    }


@require_safe
@at_seat("see_documents")
def document(request: HttpRequest, desk: Desk, number: str, kind: str, version: int) -> HttpResponse:
    """Show one version of a document as it is printed."""
    opened = see(desk.actor, number)
    found = papers_of.find(opened, kind, version)
    if found is None:
        raise Http404
    sheet = papers_of.sheet(opened, *found, desk.reader, opened.texts)
    url = matter_url(opened.tip.number)
    signing = waiting(opened.tip, desk.actor, opened.relations, desk.reader, url=url)
    context = {
        "sheet": sheet,
        "back": url,
        "slip": f"{url}documents/{kind}/{version}/slip/",
        "staff": True,
        "w": next((one for one in signing if one.key == sheet.key), None),
    }
    return page(request, desk, "pages/desk/document.html", context, here="list")


@require_safe
@at_seat("see_documents")
def slip(request: HttpRequest, desk: Desk, number: str, kind: str, version: int) -> HttpResponse:
    """Show the slip that proves service: printed, signed by hand and scanned back."""
    opened = see(desk.actor, number)
    found = papers_of.find(opened, kind, version)
    if found is None:
        raise Http404
    sheet = papers_of.sheet(opened, *found, desk.reader, {})
    zh = sheet.language == "zh"
    context = {
        "sheet": sheet,
        "back": f"{matter_url(opened.tip.number)}documents/{kind}/{version}/",
        # in the language of the document, whatever the clerk reads
        "rows": [
            ("文书名称" if zh else "Document", sheet.title),
            ("编号" if zh else "Number", sheet.number),
            ("印发日期" if zh else "Issued", sheet.issued),
        ],
        "blanks": _BLANKS[sheet.language],
    }
    return page(request, desk, "pages/desk/slip.html", context, here="list")


def _away(absence: Posting | None, reader: Reader) -> str:
    if absence is None or absence.to_at is None:
        return ""
    return reader.moment(absence.to_at, reader.home_zone)


def _since_when(opened: Opened, reader: Reader, zone: ZoneInfo) -> str:
    """Return the day since which the lead unit has led the matter."""
    assert opened.tip.state is not None
    since = ""
    for body in reversed(opened.entries):
        for effect in body["effects"]:
            if effect["e"] == "owner":
                if effect["unit"] != opened.tip.state.unit:
                    return since
                since = reader.day(moment(body["occurred"]).astimezone(zone).date(), weekday=False)
    return since


def _done(request: HttpRequest, lines: Sequence[Happened]) -> Happened | None:
    """Return the line of what has just been done, where the address says which."""
    given = request.GET.get("done", "")
    n = int(given) if given.isascii() and given.isdigit() and len(given) < 7 else 0
    return next((line for line in lines if line.n == n), None)


def _also(request: HttpRequest) -> tuple[int, int, int] | None:
    """Return for how many parts an act was done, not possible, and another's to do, as the address says."""
    given = [request.GET.get(name, "") for name in ("parts", "lacked", "others")]
    if not all(one.isascii() and one.isdigit() and len(one) < 7 for one in given):
        return None
    done, lacked, others = map(int, given)
    return done, lacked, others


@require_safe
@at_seat("see")
def compared(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """Show open matters that may be about the same problem: compared by problem, place and time alone."""
    opened = see(desk.actor, number)
    reader, tip = desk.reader, opened.tip
    assert tip.state is not None
    found = alike(tip, desk.actor)
    context = {
        "number": tip.number,
        "url": matter_url(tip.number),
        "title": opened.texts.get((1, "title"), "") or reader.text(tip.pack.title),
        "topic": reader.topic(tip.state.topic),
        "region": reader.region(tip.state.region),
        "rows": [
            {
                "number": one.row.number,
                "title": one.row.title,
                "unit": reader.unit(one.row.unit),
                "received": reader.moment(one.row.received_at, reader.zone(tip.state.region)),
                "metres": one.metres,
                "words": one.words,
                "days": one.days,
            }
            for one in found
        ],
        "may_ask": "propose_part" in tip.pack.acts and tip.state.open,
    }
    return page(request, desk, "pages/desk/alike.html", context, here="list")


def stream_of(actor: Actor, typed: str) -> str | None:
    """Return the stream (uuid hex) of a number that this actor may see."""
    try:
        return see(actor, parse_number(typed)).tip.stream.hex
    except (UnknownMatter, ValueError):
        return None


@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("act", keeps_form=True)
def acting(request: HttpRequest, desk: Desk, number: str, name: str) -> HttpResponse:
    """Show the form of one act, or do it."""
    opened = see(desk.actor, number)
    if name not in opened.tip.pack.acts or opened.tip.pack.acts[name].creates:
        raise Http404
    spec = opened.tip.pack.acts[name]
    if request.method != "POST":
        target = one({"target": request.GET.getlist("target")}, "target") or None
        if desk.draft is not None:
            posted = posted_of(with_draft(request, desk))
            target = target or one(posted, "target") or None
            return _form(
                request,
                desk,
                opened,
                name,
                target,
                posted=posted,
                key=key_of(posted),
                review=_review(desk, posted, spec),
            )
        # a page that leads here may say what a field is about: the number of another matter, nothing else
        named = {each.name for each in spec.fields if each.type == "matter"}
        given = {field: request.GET.getlist(field) for field in named if field in request.GET}
        review = _review(desk, {"review": request.GET.getlist("review")}, spec)
        return _form(request, desk, opened, name, target, posted=given or None, review=review)
    return _do(request, desk, opened, name)


def _review(desk: Desk, given: Mapping[str, list[str]], spec: Act) -> date | None:
    """Return the day of the review in which the act is decided; None where it is decided in none."""
    day = one(given, "review", 10)
    if not day:
        return None
    if not reviews.decides(spec):
        raise Http404
    try:
        on = date.fromisoformat(day)
        reviews.open_to(on, desk.actor)
        return on
    except (ValueError, reviews.ReviewRefused) as error:
        raise Http404 from error


def _do(request: HttpRequest, desk: Desk, opened: Opened, name: str) -> HttpResponse:
    reader, actor, tip = desk.reader, desk.actor, opened.tip
    assert tip.state is not None
    spec = tip.pack.acts[name]
    posted = posted_of(request)
    target = one(posted, "target") or None
    seen_text = one(posted, "seen", 8)
    seen = int(seen_text) if seen_text.isascii() and seen_text.isdigit() and len(seen_text) < 7 else None
    filled = fill(
        spec,
        request,
        posted,
        audience="staff",
        reader=reader,
        region=tip.state.region,
        stream_of=lambda typed: stream_of(actor, typed),
        stream=tip.stream,
    )
    key, review = key_of(posted), _review(desk, posted, spec)
    again: dict[str, Any] = {
        "posted": posted,
        "files": filled.files,
        "key": key,
        "filled": filled,
        "review": review,
    }
    if "reckon" in posted:
        return _form(request, desk, opened, name, target, **again)
    if "preview" in posted or "insert" in posted:
        return _compose(request, desk, opened, name, target, posted, filled, key)
    if seen is None:
        # the form did not come from us whole: show it again on what stands now
        return _form(request, desk, opened, name, target, **again, status=422)
    if filled.faults:
        return _form(request, desk, opened, name, target, faults=filled.faults, **again, status=filled.status)
    asked = proposals(posted, filled.texts)
    if asked is not None:
        return _form(request, desk, opened, name, target, asked=asked, **again)
    order = Order(
        act=name,
        hide=hidden(posted),
        inputs=filled.inputs,
        texts=filled.texts,
        contact=filled.contact,
        target=target,
        seen=seen,
        idempotency=(
            f"desk.{actor.person}",
            key,
            request_hash(f"{tip.number}/{name}", posted, filled.files),
        ),
    )
    if filled.point is not None:
        order.texts["point"] = filled.point  # type: ignore[assignment]
    shared: Shared | None = None
    try:
        if review is not None:
            written = reviews.decide_by(review, tip.stream, order, actor=actor, now=reader.now)
        elif spec.shared and one(posted, "for_parts", 8):
            shared = act_for_parts(tip.stream, order, actor=actor, now=reader.now)
            written = shared.leader
        else:
            written = act(tip.stream, order, actor=actor, now=reader.now)
    except Refused as error:
        faults = faults_of(error.unmet, reader, tip.pack.sources)
        return _form(request, desk, opened, name, target, faults=faults, **again, status=422)
    except Changed as error:
        fresh = see(actor, tip.stream)
        since = _since(fresh, error.since, reader)
        return _form(request, desk, fresh, name, target, since=since, **{**again, "key": new_key()}, status=409)
    except (reviews.ReviewRefused, Conflict):
        # somebody confirmed the minutes, or wrote into the same stream, at this very moment; without a review a
        # conflict is not ours
        if review is None:
            raise
        faults = [Fault("", _("It could not be done now; look at the matter and try again."))]
        return _form(request, desk, opened, name, target, faults=faults, **again, status=409)
    except KeyReused:
        faults = [Fault("", _("This form was sent before with other words. Look at the matter, then send it again."))]
        return _form(request, desk, opened, name, target, faults=faults, **{**again, "key": new_key()}, status=409)
    if review is not None:
        return HttpResponseRedirect(f"{reverse('desk:review', args=[review.isoformat()])}#decided")
    if name == "confirm_reissue":
        # the second of the two prints the new secret, now
        renewed = written.state.requests[target or newest_request(written.state, "reissue") or ""]
        may_show(request, tip.stream, [renewed.data.get("participant", 1)])
        return HttpResponseRedirect(reverse("desk:receipt", args=[shown(tip.number)]))
    first = written.first if not written.replayed else written.n
    counted = ""
    if shared is not None:
        counted = f"&parts={len(shared.parts)}&lacked={len(shared.refused)}&others={shared.others}"
    if not allowed(desk.actor, view_of(written.state, tip.stream.hex), "see"):
        # it was open to the seat for as long as this was asked of it
        return HttpResponseRedirect(reverse("desk:day"))
    return HttpResponseRedirect(f"{matter_url(tip.number)}?done={first}{counted}#done")


def _numbers(opened: Opened, desk: Desk) -> list[dict[str, Any]]:
    """Return the numbers that the problem has elsewhere, with other matters that have the same one."""
    found = []
    for body in opened.entries:
        number = opened.texts.get((body["n"], "external_number"))
        system = (body.get("input") or {}).get("external_system")
        if number is None or system not in SYSTEMS:
            continue
        others = [row.number for row in elsewhere(desk.actor, number) if row.stream != opened.tip.stream]
        found.append({"system": desk.reader.text(SYSTEMS[system]), "number": number, "others": others})
    return found


def _compose(
    request: HttpRequest,
    desk: Desk,
    opened: Opened,
    name: str,
    target: str | None,
    posted: Mapping[str, list[str]],
    filled: Filled,
    key: str,
) -> HttpResponse:
    """Show the form again beside what the document would say; everything typed stays, and nothing is written."""
    tip = opened.tip
    act_spec = tip.pack.acts[name]
    spec = papers_of.drafted_by(tip.pack, name)
    again: dict[str, Any] = {"files": filled.files, "key": key, "filled": filled}
    again["review"] = _review(desk, posted, act_spec)
    if spec is None:
        if act_spec.notice is None:
            raise Http404
        return _form(request, desk, opened, name, target, posted=posted, faults=filled.faults, **again)
    kept = dict(posted)
    if "insert" in posted:
        sheet = _filling(desk, opened, act_spec, target, filled, spec.language)
        offered = papers_of.phrases(tip.pack, spec, _own_phrases(desk, spec))
        chosen = [fill_in(offered[value], sheet.value_of)[0] for value in posted.get("phrase", ()) if value in offered]
        words = str(filled.texts.get(spec.text) or _template(spec, act_spec, sheet))
        filled.texts[spec.text] = "\n".join([words.rstrip(), *chosen]).strip()
        kept[spec.text] = [filled.texts[spec.text]]
        kept.pop("phrase", None)
    order = Order(act=name, inputs=filled.inputs, texts=filled.texts, target=target)
    written = preview(tip, order, actor=desk.actor, now=desk.reader.now)
    return _form(
        request, desk, opened, name, target, posted=kept, faults=filled.faults, written=written[spec.name], **again
    )


def _template(spec: DocumentSpec, act: Act, sheet: Sheet) -> str:
    """Return a document's template for whoever edits it: what the form itself asks for stays open until it is sent."""
    asked = {f"{kind}:{each.name}" for each in act.fields for kind in ("text", "fact")}
    template = (spec.template or {}).get(spec.language, "")
    return fill_in(template, lambda word: None if word in asked else sheet.value_of(word))[0]


def _filling(desk: Desk, opened: Opened, act: Act, target: str | None, filled: Filled | None, language: str) -> Sheet:
    """Return what the words that an act sends are filled from: the matter, and what was typed."""
    tip = opened.tip
    assert tip.state is not None
    given = filled or Filled()
    own = {each.name for each in act.fields}
    return told_by(
        tip,
        Order(act=act.name, inputs=given.inputs, texts=given.texts, target=target),
        texts={name: opened.texts.get((n, name), "") for name, n in tip.state.texts.items() if name not in own},
        language=language,
        actor=desk.actor,
        now=desk.reader.now,
    )


def _message_phrases(desk: Desk, opened: Opened, act: Act, sheet: Sheet | None) -> list[tuple[str, SafeString]]:
    """
    Return the unit's sentences for letters as (words to insert, words to show), where an act writes to the resident and
    drafts no document.
    """
    if sheet is None or "message" not in act.told:
        return []
    texts = [one.text[sheet.language] for one in phrases_of(desk.actor, "letter")]
    known = [fill_in(text, sheet.value_of)[0] for text in texts]
    return [(text, papers_of.marked(opened.tip.pack, text, desk.reader)) for text in known]


def _own_phrases(desk: Desk, spec: Any) -> dict[str, dict[str, str]]:
    return {one.id: one.text for one in phrases_of(desk.actor, spec.kind)}


def _earlier(opened: Opened, spec: Any, act: Any) -> dict[str, str]:
    """Return what the newest version of a document said, for a form that drafts the next one."""
    tip = opened.tip
    assert tip.state is not None
    keys = [key for key, one in tip.state.documents.items() if one.kind == spec.name]
    if not keys:
        return {}
    newest = tip.state.documents[max(keys, key=papers_of.number_of)]
    found = {}
    for each in act.fields:
        if (newest.n, each.name) in opened.texts:
            found[each.name] = opened.texts[newest.n, each.name]
        elif opened.shown.facts.get(each.name) is not None:
            found[each.name] = str(opened.shown.facts[each.name])
    return found


def _asked_before(opened: Opened, act: Act, target: str | None) -> dict[str, str]:
    """
    Return what a form about a question begins with: what was asked, where it grants it; the step, where it gets a new
    date. The reason is whoever acts' own.
    """
    asked = opened.shown.requests.get(target or "")
    if asked is None:
        return {}
    if grants(act):
        return {name: str(value) for name, value in asked.data.items() if isinstance(value, int)}
    if not gives_new_date(act):
        return {}
    n = next(
        (
            body["n"]
            for body in opened.entries
            for effect in body["effects"]
            if effect["e"] == "request.opened" and effect["key"] == target
        ),
        0,
    )
    found = {each.name: opened.texts.get((n, each.name), "") for each in act.fields if each.name != "reason"}
    return {**found, "to_unit": asked.unit or ""}


def reckon(fields: Sequence[Drawn], tip: Tip, act: Act, calendar: Calendar, reader: Reader) -> None:
    """Say beside each field that comes to a date which one it is."""
    assert tip.state is not None
    for each in fields:
        if each.widget in ("number", "date") and reckons(tip.pack, tip.state, act, each.name):
            each.reckons = f"{matter_url(tip.number)}acts/{act.name}/days/?{urlencode({'field': each.name})}"
            each.reckoned = reckoned(
                tip.pack, tip.state, act, each.name, each.value.strip(), calendar=calendar, reader=reader
            )


@require_safe
@at_seat("act")
def days(request: HttpRequest, desk: Desk, number: str, name: str) -> HttpResponse:
    """Say in plain words what a number of days or a date in a form comes to."""
    opened = see(desk.actor, number)
    tip, reader = opened.tip, desk.reader
    assert tip.state is not None
    act = tip.pack.acts.get(name)
    if act is None:
        raise Http404
    calendar = views.calendar_of(tip.pack, tip.state, reader)
    field, typed = (clean(request.GET.get(one, ""))[:40].strip() for one in ("field", "value"))
    words = reckoned(tip.pack, tip.state, act, field, typed, calendar=calendar, reader=reader)
    return HttpResponse(words, content_type="text/plain; charset=utf-8")


def _since(opened: Opened, bodies: Sequence[Mapping[str, Any]], reader: Reader) -> list[Happened]:
    """Return what happened since the form was opened, in words."""
    assert opened.tip.state is not None
    return timeline(
        opened.tip.pack, bodies, opened.texts, opened.tip.state.region, reader, names=display_names(persons_in(bodies))
    )


def _form(
    request: HttpRequest,
    desk: Desk,
    opened: Opened,
    name: str,
    target: str | None,
    *,
    posted: Mapping[str, list[str]] | None = None,
    files: Mapping[str, Sequence[Upload]] | None = None,
    faults: Sequence[Fault] = (),
    since: Sequence[Happened] = (),
    asked: Drawn | None = None,
    key: str = "",
    status: int = 200,
    written: tuple[str, tuple[str, ...]] | None = None,
    filled: Filled | None = None,
    review: date | None = None,
) -> HttpResponse:
    reader, actor, tip = desk.reader, desk.actor, opened.tip
    assert tip.state is not None
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
    if chosen is not None:
        target = chosen.target
    words = Words(pack.document, reader.language)
    if chosen is None:
        missing = [Missing(_("Only: %(who)s") % {"who": words.relations(sorted(spec.by))})]
    else:
        missing = missing_of(chosen.unmet, pack, reader)
    shown_of = views.show(opened, opened.texts, reader)
    about = next((asked for asked in (*shown_of.plan, *shown_of.requests) if asked.key == target), None)
    notice = pack.notices.get(spec.notice or "")
    parts = problem_of(tip, actor).reports - 1 if spec.shared and state.part_of is None else 0
    drafts = papers_of.drafted_by(pack, name)
    first = None
    if posted is None:
        own = _earlier(opened, drafts, spec) if drafts is not None else _asked_before(opened, spec, target)
        first = beginnings(spec, opened, reader) | {field: value for field, value in own.items() if value}
    fields = draw(
        [each for each in spec.fields if each.shown_to("staff")], posted, faults, reader, files=files, first=first
    )
    reckon(fields, tip, spec, calendar, reader)
    composing = None
    if drafts is not None:
        body, left = written or ("", ())
        sheet = _filling(desk, opened, spec, target, filled, drafts.language)
        offered = papers_of.phrases(pack, drafts, _own_phrases(desk, drafts))
        typed = next((each.value for each in fields if each.name == drafts.text), "")
        composing = papers_of.Composing(
            title=drafts.title[drafts.language],
            language=drafts.language,
            paragraphs=papers_of.paragraphs(pack, body, reader),
            left=papers_of.named(pack, left, reader),
            stands=papers_of.named(pack, placeholders(typed), reader),
            phrases=[
                (value, papers_of.marked(pack, fill_in(text, sheet.value_of)[0], reader))
                for value, text in offered.items()
            ],
            shown=written is not None,
        )
    letter, telling = None, None
    if notice is not None:
        telling = _filling(desk, opened, spec, target, filled, reader.language)
        said, open_words = telling.tell(notice["body"])
        letter = papers_of.Letter(
            title=reader.text(notice["title"]),
            paragraphs=papers_of.paragraphs(pack, said, reader),
            left=papers_of.named(pack, open_words, reader),
        )
    prepared = [
        kept
        for kept in state.prepared.values()
        if (kept["state"], kept["act"], kept["seat"]) == ("open", name, actor.seat) and actor.on_behalf is None
    ]
    who = display_names(frozenset(kept["person"] for kept in prepared))
    due = next((clock for clock in shown_of.clocks if clock.left is not None and clock.holder != "resident"), None)
    context = {
        "number": tip.number,
        "matter_title": shown_of.title or reader.text(pack.title),
        "url": matter_url(tip.number),
        "title": reader.text(spec.title),
        "help": reader.text(spec.help),
        "source": source_words(pack, spec.source, reader),
        "fields": fields,
        "sections": sections(spec, fields, reader),
        "faults": faults,
        "since": since,
        "missing": missing,
        "possible": not missing,
        "target": target or "",
        "about": about,
        "others": [item for item in found if item.target and item.target != target],
        "seen": tip.n,
        "review": review.isoformat() if review is not None else "",
        "review_day": reader.day(review) if review is not None else "",
        "parts": 0 if review is not None else parts,
        "for_parts": posted is None or bool(one(posted, "for_parts", 8)),
        "asked": asked,
        "hidden": hidden(posted) if posted is not None else (),
        "key": key or new_key(),
        "effects": words.effects(spec.raw.get("effects")),
        "letter": letter,
        "has_file": any(each.widget == "file" for each in fields),
        "composing": composing,
        "reckons": any(each.reckons for each in fields),
        "phrases": _message_phrases(desk, opened, spec, telling) if drafts is None else [],
        "due": due,
        "handled": spec.handles,
        "prepared": [
            {"name": who.get(kept["person"], ""), "words": opened.texts.get((kept["n"], "instruction"), "")}
            for kept in prepared
        ],
        "status_code": status,
    }
    return page(request, desk, "pages/desk/act.html", context, here="list", status=status)
