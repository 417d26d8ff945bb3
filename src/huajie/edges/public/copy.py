"""
The copy of their data that a resident takes: once granted, by number and secret, on their own page, page or file.

What it shows stands in the answer to the form and at no address, and each taking is an entry that the resident sees.
"""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from huajie.apps.matters.copies import Copy, take_copy
from huajie.apps.matters.errors import KeyReused
from huajie.apps.matters.numbers import shown
from huajie.apps.matters.operations import Tip
from huajie.apps.vault.operations import Unreadable
from huajie.core.ledger import moment
from huajie.core.masking import pieces
from huajie.core.procedure import Refused, may_take_copy
from huajie.edges.guard import public
from huajie.edges.pages.forms import Fault, faults_of, key_of, new_key, one, posted_of, request_hash
from huajie.edges.pages.opened import Part, contact_lines, purpose_title, what_title
from huajie.edges.pages.reader import Reader
from huajie.edges.pages.timeline import for_resident, texts_for_resident, timeline, title_of
from huajie.edges.public.data import keeping_words
from huajie.edges.public.follow import ask_secret, resident_at
from huajie.edges.public.matter import matter_url

#: Of the file: its form, so that a program knows what it reads.
FORM = "huajie-copy/1"


@public("the page itself asks for number and secret")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def copy(request: HttpRequest, number: str) -> HttpResponse:
    """Say what the copy holds, and hand it out once for each time that it is asked for."""
    found = resident_at(request, number)
    if found is None:
        return ask_secret(request, number)
    actor, tip = found
    reader = Reader.of(request)
    if request.method != "POST":
        return _form(request, tip)
    posted = posted_of(request)
    as_file = one(posted, "as", 10) == "json"
    key = key_of(posted)
    try:
        taken = take_copy(
            tip.stream,
            actor=actor,
            now=reader.now,
            idempotency=(f"resident.{tip.stream.hex}", key, request_hash(f"{tip.number}/@copy", posted, {})),
        )
    except Refused as error:
        return _form(request, tip, faults_of(error.unmet, reader, tip.pack.sources), 422)
    except KeyReused:
        return _form(request, tip, [Fault("", _("This form was sent before. Send it once more."))], 409)
    except Unreadable:
        return _form(request, tip, [Fault("", _("Your copy can't be read now. Try again later."))], 503)
    if not taken.shown:
        return _form(
            request, tip, [Fault("", _("This copy was shown already. Take it once more if you need it."))], 409
        )
    return _file(taken, reader) if as_file else _page(request, taken, reader)


def _form(request: HttpRequest, tip: Tip, faults: Any = (), status: int = 200) -> HttpResponse:
    assert tip.state is not None
    context = {
        "number": tip.number,
        "url": matter_url(tip.number),
        "granted": may_take_copy(tip.state),
        "faults": faults,
        "key": new_key(),
        "key_file": new_key(),
    }
    return render(request, "pages/public/copy.html", context, status=status)


def _texts(taken: Copy) -> dict[tuple[int, str], str]:
    assert taken.opened is not None
    return texts_for_resident(taken.opened.tip.pack, taken.opened.entries, taken.opened.texts)


def _page(request: HttpRequest, taken: Copy, reader: Reader) -> HttpResponse:
    assert taken.opened is not None
    tip = taken.opened.tip
    pack, state = tip.pack, tip.state
    assert state is not None
    texts = _texts(taken)
    entries, hidden = for_resident(pack, taken.opened.entries)
    zone = reader.zone(state.region)
    titles = {each.name: each.title for act in pack.acts.values() for each in act.fields}
    hidden_parts = [
        (
            reader.text(titles[name]) if name in titles else name,
            [
                Part(span.value if span else said, span.mark if span else "")
                for said, span in pieces(texts[n, name], spans)
            ],
        )
        for (n, name), spans in sorted(taken.masked.items())
        if (n, name) in texts
    ]
    context = {
        "number": tip.number,
        "url": matter_url(tip.number),
        "pack": reader.text(pack.title),
        "purpose": reader.text(pack.document["purpose"]),
        "basis": reader.text(pack.document["legal_basis"]["text"]),
        "kept": keeping_words(pack, state, reader),
        "at": reader.moment(reader.now, zone),
        "contact": contact_lines(taken.contact or {}),
        "opened": [
            {
                "when": reader.moment(moment(at), zone),
                "what": what_title(what),
                "purpose": purpose_title(purpose, reader),
                "unit": reader.unit(unit),
                "seat": reader.seat(seat),
            }
            for _n, at, what, purpose, unit, seat in state.openings
        ],
        "masked": hidden_parts,
        "lines": timeline(pack, entries, texts, state.region, reader),
        "hidden": hidden,
    }
    return render(request, "pages/public/copied.html", context)


def _file(taken: Copy, reader: Reader) -> HttpResponse:
    assert taken.opened is not None
    tip = taken.opened.tip
    pack, state = tip.pack, tip.state
    assert state is not None
    texts = _texts(taken)
    whole = {
        place: "".join(span.value if span else said for said, span in pieces(text, taken.masked.get(place, ())))
        for place, text in texts.items()
    }
    document = {
        "form": FORM,
        "number": shown(tip.number),
        "kind": pack.title,
        "taken_at": reader.now.isoformat(),
        "purpose": pack.document["purpose"],
        "legal_basis": pack.document["legal_basis"]["text"],
        "kept": pack.document["retention"]["deletion"],
        "unit": state.unit,
        "region": state.region,
        "topic": state.topic,
        "mode": state.mode,
        "channel": state.channel,
        "contact": dict(taken.contact or {}),
        "facts": state.facts,
        "opened": [
            {"n": n, "at": at, "what": what, "purpose": purpose, "unit": unit, "seat": seat}
            for n, at, what, purpose, unit, seat in state.openings
        ],
        "entries": [
            {
                "n": body["n"],
                "recorded_at": body["at"],
                "occurred_at": body["occurred"],
                "kind": body["kind"],
                "title": title_of(pack, body, reader),
                "by": {name: body["actor"].get(name) for name in ("kind", "unit", "seat")},
                "texts": {name: text for (n, name), text in sorted(whole.items()) if n == body["n"]},
            }
            for body in taken.opened.entries
        ],
    }
    answer = HttpResponse(json.dumps(document, ensure_ascii=False, indent=1), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{shown(tip.number)}.json"'
    return answer
