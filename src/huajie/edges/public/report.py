"""
Report something: write it down in three steps, get a number, a secret and dates.

Whoever begins at `/report/` says what happened; the topic settles the procedure, and only where several fit is one
asked for. An office's leaflet leads to `/report/<name>/`, where the procedure is settled from the start.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huajie.apps.matters import loading
from huajie.apps.matters.errors import KeyReused
from huajie.apps.matters.numbers import secret_of, shown, shown_secret
from huajie.apps.matters.operations import Tip, submit, versions_of
from huajie.apps.procedure.registry import packs
from huajie.core.access import ANONYMOUS
from huajie.core.jurisdiction import NoOwner
from huajie.core.ledger import moment
from huajie.core.procedure import Pack, Refused
from huajie.edges.guard import public
from huajie.edges.pages import dates, opening
from huajie.edges.pages import matter as views
from huajie.edges.pages.clocks import clock_views
from huajie.edges.pages.codes import PAPERS, code_of
from huajie.edges.pages.fitting import fitting
from huajie.edges.pages.forms import KNOWN, Fault, faults_of, one, posted_of
from huajie.edges.pages.middleware import own_script
from huajie.edges.pages.reader import Reader
from huajie.edges.public.follow import ask_secret, proved, resident_at, wait_words, wrong_secrets
from huajie.edges.public.home import promises
from huajie.edges.public.origin import from_here
from huajie.edges.public.steps import TELL, WHAT, WHERE, Steps, by_step, of_step, places, summary, topics, words_of
from huajie.edges.throttle import Buckets, client_address

#: counted together with the JSON API's
brought_in = Buckets("intake", settings.HUAJIE_LIMITS.intake_a_minute)


#: For so long the same form sent again shows the secret again: to print it or write it down, as at the counter.
FRESH_FOR = timedelta(minutes=30)


#: What stands in a form that began without a procedure: whose draft it is.
VIA = "report"


@public("a resident reports without an account")
@from_here
@never_cache
@own_script
@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest) -> HttpResponse:
    """Show the first step before anybody knows by which procedure it goes, or go on by the one that fits."""
    reader = Reader.of(request)
    offered = opening.kinds("resident", "web")
    if len(offered) == 1:
        return redirect("public:report-form", name=offered[0].name)
    if request.method != "POST":
        return _begin(request, offered, reader)
    posted = posted_of(request)
    posted["via"] = [VIA]
    topic, go = one(posted, "topic", 64), one(posted, "go", 8)
    chosen = [pack for pack in offered if pack.name == one(posted, "kind", 80)]
    common = _common(offered)
    read = opening.read(request, offered[0], reader, audience="resident", scope="public.form", posted=posted)
    faults = [fault for fault in read.faults if fault.name in common or fault.name == "topic"]
    if go == "kinds":
        return _begin(request, offered, reader, read=read, asks=offered)
    if go == "find" or _looks(posted, WHAT):
        return _begin(request, offered, reader, read=read, look=True)
    if [fault.name for fault in faults] == ["topic"] and not one(posted, "offered", 4):
        return _begin(request, offered, reader, read=read, look=True, offer=True)
    if faults:
        status = read.filled.status
        return _begin(request, offered, reader, read=read, faults=faults, look=True, status=status)
    fits = [pack for pack in chosen if not one(posted, "kinds_of", 64) or one(posted, "kinds_of", 64) == topic] or [
        *(fitting(offered, topic, reader).packs or offered)
    ]
    if len(fits) > 1:
        # asked once without reproach; whoever goes on without an answer is told which one is missing
        asked = one(posted, "kinds_of", 64) == topic
        faults = [Fault("kind", _("Choose the way that fits best; we put a wrong choice right."))] if asked else []
        return _begin(request, offered, reader, read=read, asks=fits, faults=faults, status=422 if faults else 200)
    pack, parts = fits[0], Steps.of(fits[0])
    read = opening.read(request, pack, reader, audience="resident", scope="public.form", posted=posted)
    left = of_step(read.faults, parts, WHAT)
    if left:
        # what this procedure asks for besides is no fault of whoever could not know it yet
        told = [] if all(fault.name not in common for fault in left) else left
        return _step(request, pack, parts, WHAT, reader, read=read, faults=told, more=not told)
    return _step(request, pack, parts, WHERE, reader, read=read)


def _common(offered: Sequence[Pack]) -> set[str]:
    """Return the words that the first step asks for whatever the procedure."""
    texts = [{each.name for each in pack.acts["submit"].fields if each.is_text} for pack in offered]
    return set(Steps.of_any(offered).names[WHAT]).intersection(*texts)


def _begin(
    request: HttpRequest,
    offered: Sequence[Pack],
    reader: Reader,
    *,
    read: opening.Opening | None = None,
    faults: Sequence[Fault] = (),
    asks: Sequence[Pack] = (),
    look: bool = False,
    offer: bool = False,
    status: int = 200,
) -> HttpResponse:
    posted: dict[str, list[str]] = dict(read.posted) if read is not None else {}
    posted["via"] = [VIA]
    # a procedure that asks for the words in full stands for all of them while none is settled
    base = max(offered, key=lambda pack: sum(each.required for each in pack.acts["submit"].fields))
    form = opening.draw_form(base, reader, audience="resident", opening=read, faults=list(faults))
    common = _common(offered)
    fields = [drawn for drawn in form.fields if drawn.name in common]
    topic, kind = one(posted, "topic", 64), one(posted, "kind", 80)
    looks = look or bool(one(posted, "offered", 4)) or bool(topic)
    drawn_names = {*(drawn.name for drawn in fields), "topic"}
    parts = Steps.of_any(offered)
    carried = [
        (name, value)
        for names in parts.names.values()
        for name in names
        if name not in drawn_names
        for value in posted.get(name, ())
        if value
    ]
    carried += [(f"{drawn.name}{KNOWN}", token) for drawn in form.fields for token, _name in drawn.known]

    def pack_of(code: str) -> str:
        return (fitting(offered, code, reader).packs or (base,))[0].name

    context = {
        "action": reverse("public:report"),
        "draft": VIA,
        "via": VIA,
        "form": form,
        "step": WHAT,
        "titles": [(number, title, number < WHAT, number == WHAT) for number, title in _titles()],
        "carried": carried,
        "fields": fields,
        "faults": faults,
        "read": read is not None,
        "q": one(posted, "q", 200),
        "topics": topics(base, posted, reader, look=looks, pack_of=pack_of),
        "looked": looks and bool(words_of(base, posted)),
        "offer": offer,
        "unsorted": opening.UNSORTED,
        "unsorted_chosen": topic == opening.UNSORTED,
        "kinds": [
            {
                "name": pack.name,
                "title": reader.text(pack.title),
                "said": reader.text(pack.document["description"]),
                "promise": next(iter(promises(pack, reader, 1)), None),
                "chosen": pack.name == kind,
            }
            for pack in asks
        ],
        "kinds_of": topic,
        "kind_errors": [fault.text for fault in faults if fault.name == "kind"],
    }
    return render(request, "pages/public/report_step.html", context, status=status)


@public("a resident reports without an account")
@from_here
@never_cache
@own_script
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, name: str) -> HttpResponse:
    """Show one step of the form of one procedure, or take the matter in."""
    pack = packs().get(name)
    if pack is None or pack not in opening.kinds("resident", "web"):
        raise Http404
    reader, parts = Reader.of(request), Steps.of(pack)
    if request.method != "POST":
        return _step(request, pack, parts, WHAT, reader)
    posted = posted_of(request)
    step, go = _asked(posted)
    if picked := one(posted, "pick", 64):
        posted["region"], go = [picked], "find"
    read = opening.read(request, pack, reader, audience="resident", scope="public.form", posted=posted)
    if go == "send":
        return _send(request, pack, parts, read, reader)
    if go in ("1", "2", "3"):
        return _step(request, pack, parts, int(go), reader, read=read)
    if go == "find" or _looks(posted, step):
        return _step(request, pack, parts, step, reader, read=read, look=True)
    faults = of_step(read.faults, parts, step)
    if step == WHAT and [fault.name for fault in faults] == ["topic"] and not one(posted, "offered", 4):
        # all is written: now what was found in it is offered, which is no fault
        return _step(request, pack, parts, step, reader, read=read, look=True, offer=True)
    if faults:
        status = read.filled.status
        return _step(request, pack, parts, step, reader, read=read, faults=faults, look=True, status=status)
    return _step(request, pack, parts, step + 1, reader, read=read)


def _asked(posted: Mapping[str, list[str]]) -> tuple[int, str]:
    """Return the step that a form comes from, and what its sender wants; one without a step comes whole."""
    given = one(posted, "step", 4)
    step = int(given) if given in ("1", "2", "3") else TELL
    go = one(posted, "go", 8)
    if go not in ("find", "next", "send", "1", "2", "3"):
        go = "next"
    if step == TELL and go == "next":
        go = "send"
    return step, go


def _looks(posted: Mapping[str, list[str]], step: int) -> bool:
    """Return whether Enter was pressed in a field for words: nothing is chosen yet, and something was typed there."""
    if step == WHAT:
        return one(posted, "q", 200) != one(posted, "q_shown", 200) and not one(posted, "topic", 64)
    return step == WHERE and bool(one(posted, "place_words", 200)) and not one(posted, "region", 64)


def _send(request: HttpRequest, pack: Pack, parts: Steps, read: opening.Opening, reader: Reader) -> HttpResponse:
    if read.faults:
        first = min(parts.at(fault.name) for fault in read.faults)
        status = read.filled.status
        return _step(request, pack, parts, first, reader, read=read, faults=read.faults, look=True, status=status)
    if wait := brought_in.take(client_address(request)):
        faults = [Fault("", wait_words(wait))]
        response = _step(request, pack, parts, TELL, reader, read=read, faults=faults, status=429)
        response["Retry-After"] = str(wait)
        return response
    fresh, status = False, 422
    try:
        written = submit(read.submission, actor=ANONYMOUS, now=reader.now)
    except Refused as error:
        faults = faults_of(error.unmet, reader, pack.sources)
    except NoOwner:
        text = _("Every unit here is concerned by it, so none may decide. Please go to the government above.")
        faults = [Fault("", text)]
    except KeyReused:
        text = _("You have sent this form once already, with other words. To report something else, send it again.")
        faults, fresh, status = [Fault("", text)], True, 409
    else:
        # The answer is the receipt itself: nothing is left in the browser by which another page could show it again.
        tip = loading.load(written.stream, using="default")
        assert tip is not None and tip.state is not None
        # a form that a browser sends once more, perhaps for the next one before it, shows the secret for a while only
        recorded = moment(tip.state.recorded_at)
        fresh = reader.now - recorded < FRESH_FOR and versions_of(tip.state)[0] == 1
        return _receipt(request, tip, 1, shown_secret(written.secret) if fresh else "")
    step = min((parts.at(fault.name) for fault in faults), default=TELL)
    return _step(request, pack, parts, step, reader, read=read, faults=faults, fresh=fresh, look=True, status=status)


def _step(
    request: HttpRequest,
    pack: Pack,
    parts: Steps,
    step: int,
    reader: Reader,
    *,
    read: opening.Opening | None = None,
    faults: Sequence[Fault] = (),
    look: bool = False,
    offer: bool = False,
    fresh: bool = False,
    more: bool = False,
    status: int = 200,
) -> HttpResponse:
    posted = read.posted if read is not None else {}
    form = opening.draw_form(pack, reader, audience="resident", opening=read, faults=list(faults), fresh_key=fresh)
    looks = look or bool(one(posted, "offered", 4)) or bool(one(posted, "topic", 64))
    offered = topics(pack, posted, reader, look=looks) if step == WHAT else []
    topic = one(posted, "topic", 64)
    via = VIA if one(posted, "via", 16) == VIA else ""
    context = {
        "action": reverse("public:report-form", args=[pack.name]),
        "draft": via or pack.name,
        "via": via,
        "more": more,
        "pack_title": reader.text(pack.title),
        "form": form,
        "step": step,
        "titles": [(number, title, number < step, number == step) for number, title in _titles()],
        "carried": parts.carried(posted, form, step),
        "fields": by_step(form)[step],
        # a fault that is put right at another step has no field here to lead to
        "faults": [fault if parts.at(fault.name) == step else Fault("", fault.text, fault.source) for fault in faults],
        "read": read is not None,
        "q": one(posted, "q", 200),
        "topics": offered,
        "looked": looks and step == WHAT and bool(words_of(pack, posted)),
        "offer": offer,
        "unsorted": opening.UNSORTED,
        "unsorted_chosen": topic == opening.UNSORTED,
        "place_words": one(posted, "place_words", 200),
        "where": places(form, posted, reader) if step == WHERE else None,
        "summary": summary(form, posted, reader) if step == TELL else [],
        "multipart": form.has_file and step == TELL,
        "printed": reader.text(pack.document["privacy"]["printed"]),
        "purpose": reader.text(pack.document["purpose"]),
        "access_note": reader.text(pack.document["access_note"]),
        "deletion": reader.text(pack.document["retention"]["deletion"]),
    }
    return render(request, "pages/public/report_step.html", context, status=status)


def _titles() -> list[tuple[int, str]]:
    return [(WHAT, _("What")), (WHERE, _("Where")), (TELL, _("Reach you"))]


@public("whoever has shown the secret sees the receipt")
@never_cache
@own_script
@require_safe
def receipt(request: HttpRequest, number: str) -> HttpResponse:
    """Show the receipt: number, who answers, each date with why; never the secret."""
    found = resident_at(request, number)
    if found is None:
        return ask_secret(request, number)
    actor, tip = found
    return _receipt(request, tip, actor.participant, "")


@public("whoever has the secret in hand prints the receipt")
@from_here
@never_cache
@own_script
@require_POST
def receipt_again(request: HttpRequest) -> HttpResponse:
    """Show the receipt on another paper to whoever sends number and secret along, with nothing left in the browser."""
    posted = posted_of(request)
    number, secret = one(posted, "number", 60), one(posted, "secret", 100)
    if wait := wrong_secrets.look(client_address(request)):
        context = {"number": number, "faults": [Fault("secret", wait_words(wait))]}
        response = render(request, "pages/public/talk_ask.html", context, status=429)
        response["Retry-After"] = str(wait)
        return response
    found = proved(request, number, secret)
    if found is None:
        return redirect("public:talk")
    tip, who = found
    assert tip.state is not None
    key = settings.HUAJIE_KEYS["number"]
    return _receipt(request, tip, who, shown_secret(secret_of(key, tip.stream, who, versions_of(tip.state)[who - 1])))


def _receipt(request: HttpRequest, tip: Tip, who: int, secret: str) -> HttpResponse:
    assert tip.state is not None
    reader, state, pack = Reader.of(request), tip.state, tip.pack
    calendar = views.calendar_of(pack, state, reader)
    follow_url = request.build_absolute_uri(reverse("public:follow"))
    paper = one(posted_of(request), "paper", 8) if request.method == "POST" else request.GET.get("paper", "")
    context = {
        "number": tip.number,
        "secret": secret,
        "draft": VIA if one(posted_of(request), "via", 16) == VIA else state.pack_name,
        "pack_title": reader.text(pack.title),
        # paper is kept for years: the year is written out
        "received": dates.day_and_time(moment(state.received_at), reader.zone(state.region), reader.language, 0),
        "unit": reader.unit(state.unit),
        "seat": reader.seat(state.seat),
        "region": reader.region(state.region),
        "topic": reader.topic(state.topic),
        "mode": views.mode_name(state.mode),
        "clocks": [clock for clock in clock_views(pack, state, calendar, reader) if clock.running],
        "follow_url": follow_url,
        "code": code_of(f"{follow_url}?number={shown(tip.number)}"),
        "anonymous": state.mode == "anonymous",
        "paper": paper if paper in PAPERS else "a4",
        "sheet": PAPERS.get(paper, PAPERS["a4"]),
        "papers": [("a4", "A4"), ("58", _("58 mm slip"))],
        "url": reverse("public:receipt", args=[shown(tip.number)]),
        "printed": reader.text(pack.document["privacy"]["printed"]),
    }
    return render(request, "pages/public/receipt.html", context)
