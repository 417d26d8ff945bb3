"""
Opening what the vault holds, letting somebody into a minor's file, and the list of both for whoever watches over them.

What was opened stands in the answer to the form that asked for it and nowhere else: no address shows it, no cache keeps
it, and asking once more is another opening.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from huajie.apps.jurisdiction.queries import display_names
from huajie.apps.ledger.queries import bodies_since
from huajie.apps.matters import disclosure, loading
from huajie.apps.matters.errors import Changed, KeyReused, UnknownMatter
from huajie.apps.matters.numbers import shown
from huajie.apps.matters.operations import Order, Tip, act
from huajie.apps.matters.projection import view_of
from huajie.apps.matters.queries import texts_of
from huajie.apps.vault.operations import Unreadable
from huajie.core.access import allowed, relations
from huajie.core.ledger import moment, stamp
from huajie.core.procedure import (
    ACCESS_APPROVED,
    ACCESS_ASKED,
    ACCESS_REASON,
    ACCESS_REFUSED,
    ACCESS_REVOKED,
    ASKERS,
    HANDED_OUT,
    OPENED,
    PURPOSES,
    Refused,
)
from huajie.core.procedure.common import COMMON_TEXTS, SHARED
from huajie.edges.desk.matter import matter_url
from huajie.edges.desk.seated import Desk, at_seat, page
from huajie.edges.pages.files import hand_out, size_words
from huajie.edges.pages.forms import Drawn, Fault, Option, faults_of, key_of, new_key, one, posted_of, request_hash
from huajie.edges.pages.opened import contact_lines, parts_shown, purpose_title, what_title

#: Days for which a head may let somebody in, as the form offers them.
DAYS = (1, 7, 30)
LINES = 50


def _matter(desk: Desk, number: str) -> Tip:
    """Return a matter in which the seat has a part; for anybody else there is none."""
    tip = loading.load(number, using="default")
    if tip is None or tip.state is None or not allowed(desk.actor, view_of(tip.state, tip.stream.hex), "act"):
        raise UnknownMatter(number)
    return tip


def _seen(posted: Any) -> int | None:
    text = one(posted, "seen", 8)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None


@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("open_identity", keeps_form=True)
def opening(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """Ask what to open and why, and show it once."""
    tip = _matter(desk, number)
    reader = desk.reader
    if request.method != "POST":
        return _opening_form(request, desk, tip)
    posted = posted_of(request)
    key = key_of(posted)
    what, purpose, said = one(posted, "what", 40), one(posted, "purpose", 40), one(posted, "purpose_words", 2000)
    try:
        found = disclosure.open_identity(
            tip.stream,
            what=what,
            purpose=purpose,
            said=said,
            actor=desk.actor,
            now=reader.now,
            idempotency=(f"desk.{desk.actor.person}", key, request_hash(f"{tip.number}/@open", posted, {})),
        )
    except Refused as error:
        return _opening_form(request, desk, tip, posted=posted, faults=faults_of(error.unmet, reader), status=422)
    except (Changed, KeyReused):
        faults = [Fault("", _("This form was sent before with other words. Look at the matter, then send it again."))]
        return _opening_form(request, desk, tip, posted=posted, faults=faults, status=409)
    except Unreadable:
        faults = [Fault("", _("The entry was made, but the vault can't be read. Tell an administrator."))]
        return _opening_form(request, desk, tip, posted=posted, faults=faults, status=503)
    context = {
        "number": tip.number,
        "url": matter_url(tip.number),
        "again": reverse("desk:open", args=[shown(tip.number)]),
        "found": found,
        "what": what_title(what),
        "purpose": purpose_title(purpose, reader),
        "said": said,
        "contact": contact_lines(found.contact),
        "people": [
            {"title": reader.text(COMMON_TEXTS[name]["title"]), "place": place, "contact": contact_lines(contact)}
            for name, place, contact in found.people
        ],
        "texts": [parts_shown(tip.pack, text, reader) for text in found.texts],
        "files": [
            {
                "name": item["name"],
                "size": size_words(item["size"]),
                "url": reverse("desk:opened-file", args=[shown(tip.number), found.written.n, item["id"]]),
            }
            for item in found.files
        ],
        "minutes": int(HANDED_OUT.total_seconds() // 60),
    }
    return page(request, desk, "pages/desk/opened.html", context, here="list")


@require_safe
@at_seat("see_documents")
def opened_file(request: HttpRequest, desk: Desk, number: str, n: int, file_id: str) -> HttpResponseBase:
    """Hand a picture or paper of a minor's file to whoever just opened them."""
    return hand_out(request, disclosure.file_in_hand(desk.actor, number, n, file_id, now=desk.reader.now))


def _opening_form(
    request: HttpRequest, desk: Desk, tip: Tip, *, posted: Any = None, faults: Any = (), status: int = 200
) -> HttpResponse:
    reader, given = desk.reader, posted or {}
    assert tip.state is not None
    may = disclosure.what_may_open(desk.actor, tip)

    def errors(name: str) -> list[str]:
        return [fault.text for fault in faults if fault.name == name]

    what = one(given, "what", 40) or (may[0] if len(may) == 1 else "")
    fields = [
        Drawn(
            "what",
            "radio",
            _("What do you want to open?"),
            "",
            True,
            "",
            [("", [Option(code, what_title(code), code == what) for code in may])],
            errors("what"),
        ),
        Drawn(
            "purpose",
            "radio",
            _("What for?"),
            "",
            True,
            "",
            [
                (
                    "",
                    [
                        Option(code, reader.text(said), code == one(given, "purpose", 40))
                        for code, said in PURPOSES.items()
                    ],
                )
            ],
            errors("purpose"),
        ),
        Drawn(
            "purpose_words",
            "longtext",
            _("The purpose in your own words"),
            _("The resident reads this sentence."),
            True,
            one(given, "purpose_words", 2000),
            errors=errors("purpose_words"),
        ),
    ]
    context = {
        "number": tip.number,
        "url": matter_url(tip.number),
        "fields": fields,
        "faults": faults,
        "may": may,
        "anonymous": tip.state.mode == "anonymous",
        "confidential": tip.state.mode == "confidential",
        "key": new_key(),
    }
    return page(request, desk, "pages/desk/open.html", context, here="list", status=status)


# A minor's file


@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("act", keeps_form=True)
def access(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """Ask to be let into a minor's file; the head lets in for a time, refuses, takes back."""
    tip = _matter(desk, number)
    assert tip.state is not None
    if tip.state.sensitivity != "minor":
        raise Http404
    if request.method != "POST":
        return _access_page(request, desk, tip)
    reader = desk.reader
    posted = posted_of(request)
    name = one(posted, "do", 40)
    if name not in (ACCESS_ASKED, ACCESS_APPROVED, ACCESS_REFUSED, ACCESS_REVOKED):
        raise Http404
    inputs: dict[str, Any] = {}
    if name != ACCESS_ASKED:
        inputs["person"] = one(posted, "person", 32)
    if name == ACCESS_APPROVED:
        days = one(posted, "days", 4)
        if days.isdigit() and int(days) in DAYS:
            inputs["until"] = stamp(reader.now + timedelta(days=int(days)))
    reason = one(posted, ACCESS_REASON, 2000)
    texts = {ACCESS_REASON: reason} if reason else {}
    order = Order(
        act=name,
        inputs=inputs,
        texts=texts,
        seen=_seen(posted),
        idempotency=(f"desk.{desk.actor.person}", key_of(posted), request_hash(f"{tip.number}/@{name}", posted, {})),
    )
    try:
        act(tip.stream, order, actor=desk.actor, now=reader.now)
    except Refused as error:
        return _access_page(request, desk, tip, faults=faults_of(error.unmet, reader), reason=reason, status=422)
    except (Changed, KeyReused):
        fresh = _matter(desk, number)
        faults = [Fault("", _("It has changed since you looked; look again, then send it again."))]
        return _access_page(request, desk, fresh, faults=faults, reason=reason, status=409)
    return HttpResponseRedirect(reverse("desk:access", args=[shown(tip.number)]))


def _access_page(
    request: HttpRequest, desk: Desk, tip: Tip, *, faults: Any = (), reason: str = "", status: int = 200
) -> HttpResponse:
    reader, actor = desk.reader, desk.actor
    state = tip.state
    assert state is not None
    held = relations(actor, view_of(state, tip.stream.hex))
    head = "lead_head" in held
    mine = state.access.get(actor.person or "")
    names = display_names(frozenset(state.access)) if head else {}
    reasons = _reasons(tip) if head else {}
    zone = reader.zone(state.region)
    rows = [
        {
            "person": person,
            "name": names.get(person, ""),
            "unit": reader.unit(row["unit"]),
            "seat": reader.seat(row["seat"]),
            "state": row["state"],
            "words": _access_words()[row["state"]],
            "at": reader.moment(moment(row["at"]), zone),
            "until": reader.moment(moment(row["until"]), zone) if row["until"] else "",
            "reason": reasons.get(person, ""),
        }
        for person, row in sorted(state.access.items(), key=lambda pair: pair[1]["at"])
        if head or person == actor.person
    ]
    waits = mine is not None and (
        mine["state"] == "asked" or (mine["state"] == "approved" and moment(mine["until"]) > reader.now)
    )
    context = {
        "number": tip.number,
        "url": matter_url(tip.number),
        "rows": rows,
        "head": head,
        "may_ask": not head and not waits and not ASKERS.isdisjoint(held),
        "faults": faults,
        "reason": reason,
        "days": DAYS,
        "seen": tip.n,
        "key": new_key(),
    }
    return page(request, desk, "pages/desk/access.html", context, here="list", status=status)


def _access_words() -> dict[str, str]:
    return {
        "asked": _("waits for an answer"),
        "approved": _("let in"),
        "refused": _("refused"),
        "revoked": _("taken back"),
        "expired": _("time over"),
    }


def _reasons(tip: Tip) -> dict[str, str]:
    """Return the reason of each person's newest request, for whoever decides on it."""
    texts = texts_of(tip)
    return {
        body["actor"]["person"]: texts.get((body["n"], ACCESS_REASON), "")
        for body in bodies_since(tip.stream, 0)
        if body["act"] == ACCESS_ASKED and body["actor"].get("person")
    }


# For whoever watches over it


@require_safe
@at_seat("see_openings")
def openings(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List what was opened, newest first, and count the looks into minors' files of a year."""
    if not desk.may("see_openings"):
        raise Http404
    reader = desk.reader
    today = reader.today(reader.home_zone)
    given = request.GET.get("year", "")
    year = int(given) if given.isascii() and given.isdigit() and 2000 <= int(given) <= today.year else today.year
    zone = reader.home_zone
    since = datetime(year, 1, 1, tzinfo=zone).astimezone(UTC)
    until = datetime(year + 1, 1, 1, tzinfo=zone).astimezone(UTC)
    what = request.GET.get("what", "")
    rows = disclosure.openings_list(
        desk.actor,
        what=what if what in (*OPENED, SHARED) else None,
        since=since,
        until=until,
        after=_after(request.GET.get("after", "")),
        limit=LINES + 1,
    )
    more = ""
    if len(rows) > LINES:
        rows = rows[:LINES]
        last = rows[-1]
        query = request.GET.copy()
        query["after"] = f"{stamp(last.at)}~{last.stream.hex}~{last.n}"
        more = f"{reverse('desk:openings')}?{query.urlencode()}"
    audit = disclosure.minors_audit(desk.actor, since=since, until=until)
    context = {
        "year": year,
        "years": range(today.year, today.year - 4, -1),
        "what": what,
        "kinds": [(code, what_title(code)) for code in (*OPENED, SHARED)],
        "rows": [
            {
                "number": row.number,
                "at": reader.moment(row.at, zone),
                "what": what_title(row.what),
                "purpose": purpose_title(row.purpose, reader),
                "unit": reader.unit(row.unit),
                "seat": reader.seat(row.seat),
            }
            for row in rows
        ],
        "more": more,
        "audit": [{"unit": reader.unit(row.unit), "number": row.number, "looks": row.looks} for row in audit],
        "total": sum(row.looks for row in audit),
    }
    return page(request, desk, "pages/desk/openings.html", context, here="openings")


def _after(text: str) -> Any:
    try:
        at, stream, n = text.split("~")
        return moment(at), UUID(hex=stream), int(n)
    except ValueError:
        return None
