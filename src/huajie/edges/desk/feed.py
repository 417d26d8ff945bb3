"""
The dates of one account for a calendar program: reviews, and what their seats have to keep.

A calendar program can't sign in, so its address is a secret (`apps/accounts/feeds`). What it reads leaves this server
for good; therefore an event holds the number of a matter and which kind of date it is, and never a title, a place or a
word of anybody.
"""

from datetime import datetime
from hashlib import sha256

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from huajie.apps.accounts import feeds
from huajie.apps.jurisdiction import queries as jurisdiction_queries
from huajie.apps.jurisdiction.models import Account
from huajie.apps.matters.numbers import shown
from huajie.apps.matters.queries import WORK, Filters, matters_list, running_clocks
from huajie.apps.supervision import reviews
from huajie.core.access import Actor, NotSeated
from huajie.edges.desk.icalendar import Event, write
from huajie.edges.desk.me import done_own, draw_own, mine
from huajie.edges.desk.rows import Lines
from huajie.edges.guard import public
from huajie.edges.pages import dates
from huajie.edges.pages.reader import Reader
from huajie.edges.throttle import Buckets, client_address

#: Attempts a minute at addresses that are nobody's, and readings of any, from one network address.
_WRONG = Buckets("feed", 10)
_READ = Buckets("feed-read", 120)
#: Dates of one seat.
_MOST = 200
#: Reviews that are told ahead.
_REVIEWS = 50
_LANGUAGES = {"zh": "zh-hans", "en": "en"}
TYPE = "text/calendar; charset=utf-8"


def review_events(now: datetime) -> list[Event]:
    """Return the coming reviews: their days and nothing of what they are about."""
    name = _("Progress review")
    return [Event(f"{one.date.isoformat()}.review@huajie", one.at, name) for one in reviews.coming(now, count=_REVIEWS)]


@public("a calendar program reads its owner's dates by the secret in the address")
@never_cache
@require_safe
def calendar(request: HttpRequest, secret: str) -> HttpResponse:
    """Return the dates of whoever made this address; 404 where nobody did, or they ended it."""
    address = client_address(request)
    wait = _WRONG.look(address) or _READ.take(address)
    if wait:
        return HttpResponse(status=429, headers={"Retry-After": str(wait)})
    account = feeds.feed_account(secret)
    if account is None:
        _WRONG.take(address)
        raise Http404
    with translation.override(_LANGUAGES.get(request.GET.get("language", ""), "zh-hans")):
        reader = Reader.of(request)
        text = write(_events(account, reader), now=reader.now)
    return HttpResponse(text, content_type=TYPE)


def _events(account: Account, reader: Reader) -> list[Event]:
    """Return the dates of every seat of an account, each once."""
    person = account.person.hex
    found: dict[str, Event] = {}
    holds = False
    for seat in reader.jurisdiction.seats_of_person(person, reader.now):
        try:
            actor = jurisdiction_queries.actor_of(account, seat, at=reader.now)
        except NotSeated:
            continue
        holds = holds or "auditor" in actor.roles or reviews.chairs(actor, reader.jurisdiction)
        if actor.on_behalf is None:
            found |= {event.uid: event for event in _due(actor, reader)}
    return [*(review_events(reader.now) if holds else ()), *found.values()]


def _due(actor: Actor, reader: Reader) -> list[Event]:
    """Return what a seat has to keep: of its own matters, and of what its unit was asked."""
    own = matters_list(actor, Filters(seat=actor.seat), action=WORK, through=("lead",), limit=_MOST)
    asked = matters_list(actor, action=WORK, through=("asked",), limit=_MOST)
    rows = {row.stream: row for row in (*own.rows, *asked.rows)}
    lines = Lines(reader, actor, running_clocks(rows))
    events = []
    for stream, row in rows.items():
        following = lines.next(row)
        if following is None or not following.ours:
            continue
        pack = lines.packs.get(row.pack)
        clock = pack.clocks.get(following.clock or "") if pack is not None else None
        kind = reader.text(clock.title) if clock is not None else _("Next date")
        # the number is what the resident signs with, so the name of the event is no number
        uid = sha256(f"{stream.hex} {following.clock}".encode()).hexdigest()[:32]
        last = dates.last_day(following.due_at, reader.zone(row.region))
        events.append(Event(f"{uid}@huajie", last, f"{kind} {shown(row.number)}"))
    return events


@require_POST
@mine()
def make(request: HttpRequest, account: Account) -> HttpResponse:
    """Make an address and show it once; the one before is dead."""
    reader = Reader.of(request)
    path = reverse("desk:calendar", args=[feeds.make_feed(account, now=reader.now)])
    address = f"{request.build_absolute_uri(path)}?language={reader.language}"
    return draw_own(request, "pages/desk/feed.html", {"address": address})


@require_POST
@mine(proof=False)
def end(request: HttpRequest, account: Account) -> HttpResponse:
    """End the address."""
    feeds.end_feed(account)
    return done_own("feed")
