"""Report something: choose what it is, write it down once, get a number, a secret and dates."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from huajie.apps.matters.errors import KeyReused
from huajie.apps.matters.numbers import secret_of, shown, shown_secret
from huajie.apps.matters.operations import submit, versions_of
from huajie.apps.procedure.registry import packs
from huajie.core.access import ANONYMOUS
from huajie.core.jurisdiction import NoOwner
from huajie.core.ledger import moment
from huajie.core.procedure import Refused
from huajie.edges.guard import public
from huajie.edges.pages import matter as views
from huajie.edges.pages import opening
from huajie.edges.pages.clocks import clock_views
from huajie.edges.pages.forms import Fault, faults_of
from huajie.edges.pages.reader import Reader
from huajie.edges.public.follow import ask_secret, remember, resident_at, wait_words
from huajie.edges.public.home import promises
from huajie.edges.throttle import Buckets, client_address

#: counted together with the JSON API's
brought_in = Buckets("intake", settings.HUAJIE_LIMITS.intake_a_minute)


@public("a resident reports without an account")
@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """Show the kinds of things that can be reported."""
    reader = Reader.of(request)
    kinds = [
        {
            "url": reverse("public:report-form", args=[pack.name]),
            "title": reader.text(pack.title),
            "said": reader.text(pack.document["description"]),
            "promise": next(iter(promises(pack, reader, 1)), None),
        }
        for pack in opening.kinds("resident", "web")
    ]
    return render(request, "pages/public/report.html", {"kinds": kinds})


@public("a resident reports without an account")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, name: str) -> HttpResponse:
    """Show the form of one procedure, or take the matter in."""
    pack = packs().get(name)
    if pack is None or pack not in opening.kinds("resident", "web"):
        raise Http404
    reader = Reader.of(request)
    form = opening.draw_form(pack, reader, audience="resident")
    status, wait = 200, 0
    if request.method == "POST":
        read = opening.read(request, pack, reader, audience="resident", scope="public.form")
        faults, fresh, status = list(read.faults), False, read.filled.status
        if not faults and (wait := brought_in.take(client_address(request))):
            faults, status = [Fault("", wait_words(wait))], 429
        elif not faults:
            try:
                written = submit(read.submission, actor=ANONYMOUS, now=reader.now)
            except Refused as error:
                faults = faults_of(error.unmet, reader, pack.sources)
            except NoOwner:
                text = _("Every unit here is concerned by it, so none may decide. Please go to the government above.")
                faults = [Fault("", text)]
            except KeyReused:
                text = _(
                    "You have sent this form once already, with other words. To report something else, send it again."
                )
                faults, fresh, status = [Fault("", text)], True, 409
            else:
                response = redirect("public:receipt", number=shown(written.number))
                remember(response, written.stream)
                return response
        form = opening.draw_form(pack, reader, audience="resident", opening=read, faults=faults, fresh_key=fresh)
    context = {
        "pack_name": pack.name,
        "pack_title": reader.text(pack.title),
        "form": form,
        "faults": form.faults,
        "printed": reader.text(pack.document["privacy"]["printed"]),
        "purpose": reader.text(pack.document["purpose"]),
        "access_note": reader.text(pack.document["access_note"]),
        "deletion": reader.text(pack.document["retention"]["deletion"]),
    }
    response = render(request, "pages/public/report_form.html", context, status=status)
    if wait:
        response["Retry-After"] = str(wait)
    return response


@public("whoever has just reported, or shown the secret, sees the receipt")
@never_cache
@require_safe
def receipt(request: HttpRequest, number: str) -> HttpResponse:
    """Show the receipt: number, secret, who answers, and each date with why."""
    found = resident_at(request, number)
    if found is None:
        return ask_secret(request, number)
    actor, tip = found
    assert tip.state is not None
    reader, state, pack = Reader.of(request), tip.state, tip.pack
    who, key = actor.participant, settings.HUAJIE_KEYS["number"]
    calendar = views.calendar_of(pack, state, reader)
    context = {
        "number": tip.number,
        "secret": shown_secret(secret_of(key, tip.stream, who, versions_of(state)[who - 1])),
        "pack_title": reader.text(pack.title),
        "received": reader.moment(moment(state.received_at), reader.zone(state.region)),
        "unit": reader.unit(state.unit),
        "seat": reader.seat(state.seat),
        "region": reader.region(state.region),
        "topic": reader.topic(state.topic),
        "mode": views.mode_name(state.mode),
        "clocks": [clock for clock in clock_views(pack, state, calendar, reader) if clock.running],
        "follow_url": request.build_absolute_uri(reverse("public:follow")),
    }
    return render(request, "pages/public/receipt.html", context)
