"""
The paper receipt: A4 or a 58 mm slip, in the resident's language, in large type, with the promised dates.

The secret is printed as text and stands in no address and in no code. Whoever scans the code gets the follow page with
the number filled in: a number opens nothing, while a secret in an address would stay in the phone's history, and one
after `#` would be lost on a phone without scripts. It is shown to the seat that took the matter in, or to the second of
two who gave it anew, for half an hour and until it was handed over; a reprint later leaves it out.

Whoever takes in but may not see what was taken in (an area worker) gets this page from the session that took it in, as
long as the secret can be printed, and no longer: nothing on it is more than what they have just written down.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from huajie.apps.matters import loading
from huajie.apps.matters.errors import UnknownMatter
from huajie.apps.matters.numbers import number_of, secret_of, shown, shown_secret
from huajie.apps.matters.operations import Tip, versions_of
from huajie.apps.matters.queries import see
from huajie.core.ledger import moment
from huajie.core.procedure import State
from huajie.edges.desk.seated import Desk, at_seat
from huajie.edges.pages import matter as views
from huajie.edges.pages.clocks import clock_views
from huajie.edges.pages.codes import PAPERS, code_of
from huajie.edges.pages.reader import Reader

#: For how long a seat may print a secret after it came to be.
SHOWN_FOR: Final = timedelta(minutes=30)
_SESSION: Final = "receipts"
#: most sheets on one page; the others follow on the next
_SHEETS: Final = 50


def may_show(request: HttpRequest, stream: UUID, participants: Iterable[int]) -> None:
    """Let this session print the secrets of some participants of a matter for a while; only which ones is kept."""
    now: datetime = request.now  # type: ignore[attr-defined]
    kept = {
        name: one
        for name, one in (request.session.get(_SESSION) or {}).items()
        if datetime.fromisoformat(one["until"]) > now
    }
    kept[stream.hex] = {"who": sorted(participants), "until": (now + SHOWN_FOR).isoformat()}
    request.session[_SESSION] = kept


def still_shown(request: HttpRequest) -> list[str]:
    """Return the numbers of the receipts that this session may print, the newest first."""
    now: datetime = request.now  # type: ignore[attr-defined]
    kept = request.session.get(_SESSION) or {}
    key = settings.HUAJIE_KEYS["number"]
    return [
        shown(number_of(key, UUID(hex=name)))
        for name, one in reversed(kept.items())
        if datetime.fromisoformat(one["until"]) > now
    ]


def _tip(request: HttpRequest, desk: Desk, number: str) -> tuple[Tip, bool]:
    """Return the matter and whether its page is open to the seat; of others only what this session took in."""
    try:
        return see(desk.actor, number).tip, True
    except UnknownMatter:
        if not desk.may("print_receipt"):
            raise
        tip = loading.load(number, using="default")
        if tip is None or not _shown(request, tip.stream):
            raise
        return tip, False


def _shown(request: HttpRequest, stream: UUID) -> list[int]:
    one = (request.session.get(_SESSION) or {}).get(stream.hex)
    now: datetime = request.now  # type: ignore[attr-defined]
    return list(one["who"]) if one and datetime.fromisoformat(one["until"]) > now else []


@require_safe
@at_seat("see")
def receipt(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """Show the receipts to print."""
    tip, opens = _tip(request, desk, number)
    assert tip.state is not None
    state, pack = tip.state, tip.pack
    paper = request.GET.get("paper", "a4")
    paper = paper if paper in PAPERS else "a4"
    asked = request.GET.get("lang", "")
    language = asked if asked in ("zh", "en") else desk.reader.language
    who = _shown(request, tip.stream)
    url = reverse("desk:receipt", args=[shown(tip.number)])
    first = request.GET.get("from", "1")
    begin = int(first) if first.isascii() and first.isdigit() and len(first) < 4 else 1
    listed = [place for place in who if place >= begin] if who else [0]
    with translation.override("zh-hans" if language == "zh" else "en"):
        reader = Reader.of(request)
        zone = reader.zone(state.region)
        versions, key = versions_of(state), settings.HUAJIE_KEYS["number"]
        calendar = views.calendar_of(pack, state, reader)
        follow = request.build_absolute_uri(reverse("public:follow"))
        clocks = [clock for clock in clock_views(pack, state, calendar, reader) if clock.running]
        context = {
            "number": tip.number,
            "sheets": [
                {
                    "secret": shown_secret(secret_of(key, tip.stream, place, versions[place - 1])) if place else "",
                    "place": place,
                    "renewed": place > 0 and versions[place - 1] > 1,
                }
                for place in listed[:_SHEETS]
            ],
            "participants": state.participants,
            "more": f"{url}?paper={paper}&lang={language}&from={listed[_SHEETS]}" if len(listed) > _SHEETS else "",
            "secrets": bool(who),
            "paper": paper,
            "sheet": PAPERS[paper],
            "papers": [("a4", "A4"), ("58", _("58 mm slip"))],
            "lang": language,
            "languages": [("zh", "中文"), ("en", "English")],
            "url": url,
            "opens": opens,
            "pack_title": reader.text(pack.title),
            "received": reader.moment(moment(state.received_at), zone),
            "recorded": reader.moment(moment(state.recorded_at), zone) if _later(state) else "",
            "channel": views.channel_name(state.channel),
            "unit": reader.unit(state.unit),
            "seat": reader.seat(state.seat),
            "region": reader.region(state.region),
            "topic": reader.topic(state.topic),
            "mode": views.mode_name(state.mode),
            "clocks": clocks,
            "follow_url": follow,
            "code": code_of(f"{follow}?number={shown(tip.number)}"),
            "spoken": reader.text(pack.document["privacy"]["spoken"]),
            "read_back": state.facts.get("read_back") is True,
        }
        return render(request, "pages/desk/receipt.html", context)


def _later(state: State) -> bool:
    return moment(state.recorded_at) - moment(state.received_at) > timedelta(minutes=10)


@require_POST
@at_seat("see")
def handed_over(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """Forget the secrets in this session: the paper is in the resident's hand."""
    tip, opens = _tip(request, desk, number)
    kept = dict(request.session.get(_SESSION) or {})
    kept.pop(tip.stream.hex, None)
    request.session[_SESSION] = kept
    return HttpResponseRedirect(reverse("desk:matter", args=[shown(tip.number)]) if opens else reverse("desk:day"))
