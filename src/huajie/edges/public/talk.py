"""
Read and answer by number and secret with nothing left in the browser: no cookie, no address that names the matter.

For whoever reported without saying who they are, perhaps on somebody else's computer. Number and secret come with each
form and are the only thing that opens anything, so there is no session that another page could ride on (`origin.py`).
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from huajie.apps.matters import loading
from huajie.apps.matters.errors import Changed, KeyReused
from huajie.apps.matters.operations import Order, Tip, act
from huajie.apps.matters.queries import see
from huajie.core.access import Actor, resident_of
from huajie.core.procedure import Act, Refused
from huajie.edges.guard import public
from huajie.edges.pages import matter as views
from huajie.edges.pages.acts import offers
from huajie.edges.pages.forms import Fault, draw, faults_of, fill, key_of, new_key, one, posted_of, request_hash
from huajie.edges.pages.reader import Reader
from huajie.edges.pages.timeline import for_resident, texts_for_resident, timeline
from huajie.edges.public.follow import proved, wait_words, wrong_secrets
from huajie.edges.public.origin import from_here
from huajie.edges.throttle import client_address

#: Lines of the record on the page.
LINES = 30


@public("a resident reads and answers by number and secret")
@from_here
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def talk(request: HttpRequest) -> HttpResponse:
    """Ask for number and secret; with both, show what was said and what can be answered, and take the answer."""
    if request.method != "POST":
        return _ask(request, "", [], 200)
    posted = posted_of(request)
    number, secret = one(posted, "number", 60), one(posted, "secret", 100)
    if wait := wrong_secrets.look(client_address(request)):
        response = _ask(request, number, [Fault("secret", wait_words(wait))], 429)
        response["Retry-After"] = str(wait)
        return response
    found = proved(request, number, secret)
    if found is None:
        text = _("Number and secret do not fit together. Compare both with your receipt.")
        return _ask(request, number, [Fault("secret", text)], 422)
    tip, participant = found
    actor = resident_of(tip.stream.hex, participant)
    name = one(posted, "act", 64)
    spec = tip.pack.acts.get(name)
    if spec is None or spec.creates or "resident" not in spec.by:
        return _page(request, tip, actor, secret)
    if one(posted, "send", 8) != "yes":
        return _page(request, tip, actor, secret, spec=spec)
    return _answer(request, posted, tip, actor, secret, spec)


def _ask(request: HttpRequest, number: str, faults: list[Fault], status: int) -> HttpResponse:
    return render(request, "pages/public/talk_ask.html", {"number": number, "faults": faults}, status=status)


def _answer(request: HttpRequest, posted: Any, tip: Tip, actor: Actor, secret: str, spec: Act) -> HttpResponse:
    assert tip.state is not None
    reader = Reader.of(request)
    filled = fill(
        spec,
        request,
        posted,
        audience="resident",
        reader=reader,
        region=tip.state.region,
        stream_of=lambda typed: None,
    )
    again: dict[str, Any] = {"spec": spec, "posted": posted}
    if filled.faults:
        return _page(request, tip, actor, secret, faults=filled.faults, status=422, **again)
    kept = {name: values for name, values in posted.items() if name != "secret"}
    order = Order(
        act=spec.name,
        inputs=filled.inputs,
        texts=filled.texts,
        contact=filled.contact,
        target=one(posted, "target") or None,
        idempotency=(
            f"resident.{tip.stream.hex}",
            key_of(posted),
            request_hash(f"{tip.number}/{spec.name}", kept, filled.files),
        ),
    )
    try:
        act(tip.stream, order, actor=actor, now=reader.now)
    except Refused as error:
        faults = faults_of(error.unmet, reader, tip.pack.sources)
        return _page(request, tip, actor, secret, faults=faults, status=422, **again)
    except (Changed, KeyReused):
        faults = [
            Fault("", _("You have sent this form once already, with other words. Look at the page of your matter."))
        ]
        return _page(request, tip, actor, secret, faults=faults, status=409)
    fresh = loading.load(tip.stream, using="default")
    assert fresh is not None
    return _page(request, fresh, actor, secret, done=reader.text(spec.title))


def _page(
    request: HttpRequest,
    tip: Tip,
    actor: Actor,
    secret: str,
    *,
    spec: Act | None = None,
    posted: Any = None,
    faults: Any = (),
    done: str = "",
    status: int = 200,
) -> HttpResponse:
    opened = see(actor, tip.stream, tip=tip)
    assert tip.state is not None
    reader, pack, state = Reader.of(request), tip.pack, tip.state
    texts = texts_for_resident(pack, opened.entries, opened.texts)
    entries, hidden = for_resident(pack, opened.entries)
    offered = offers(
        pack,
        state,
        actor,
        opened.relations,
        jurisdiction=reader.jurisdiction,
        calendar=views.calendar_of(pack, state, reader),
        reader=reader,
    )
    stage = pack.stages.get(state.stage)
    fields = [each for each in spec.fields if each.shown_to("resident")] if spec is not None else []
    context = {
        "number": tip.number,
        "secret": secret,
        "title": texts.get((1, "title"), "") or reader.text(pack.title),
        "stage": reader.text(stage.title) if stage is not None else state.stage,
        "plain": reader.text(stage.plain) if stage is not None else "",
        "unit": reader.unit(state.unit),
        "lines": timeline(pack, entries, texts, state.region, reader)[:LINES],
        "hidden": hidden,
        "can": ([offered.first] if offered.first is not None else []) + offered.possible,
        "spec": spec,
        "spec_title": reader.text(spec.title) if spec is not None else "",
        "fields": draw(fields, posted, faults, reader) if spec is not None else [],
        "target": one(posted_of(request), "target") if request.method == "POST" else "",
        "key": new_key(),
        "faults": faults,
        "done": done,
    }
    return render(request, "pages/public/talk.html", context, status=status)
