"""
Who works here: the account that signed in, the seat that it acts from, and the frame of every page at that seat.

`at_seat` wraps a view of the desk. What the seat may see or do is asked of core/access by the queries and operations
that the view calls; this only finds out who asks.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, wraps
from html import escape
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from huajie.apps.accounts import operations as accounts
from huajie.apps.jurisdiction import queries as jurisdiction_queries
from huajie.apps.jurisdiction.models import Account
from huajie.apps.matters.numbers import parse_number, shown
from huajie.apps.procedure.registry import packs
from huajie.apps.supervision.reviews import chairs
from huajie.core.access import Actor, NotSeated, allowed
from huajie.edges.desk.entering import WAY, own_browser
from huajie.edges.guard import guarded
from huajie.edges.pages.html import icon
from huajie.edges.pages.reader import Reader

SEAT = "seat"
#: Roles whose seats approve and sponsor.
LEADERS = frozenset({"head", "deputy"})
#: Seconds for which a reader's postings are taken as they were looked at; a write has their version checked.
LOOK_AGE = 1.0


@lru_cache(maxsize=64)
def address(name: str) -> str:
    """Return the address of a page that takes no argument: every page shows a dozen of them."""
    return reverse(f"desk:{name}")


@dataclass(slots=True)
class Desk:
    """One request of somebody at a seat."""

    account: Account
    actor: Actor
    reader: Reader
    #: address under which the page's form is kept when its owner locks the screen; empty where it has none
    place: str = ""
    #: what its owner had half written in this form
    draft: accounts.Kept | None = None

    @property
    def unit_name(self) -> str:
        """Return the unit's name."""
        return self.reader.unit(self.actor.unit)

    @property
    def seat_name(self) -> str:
        """Return the seat's title."""
        return self.reader.seat(self.actor.seat)

    def may(self, action: str) -> bool:
        """Return whether the seat may do something where no matter is in question."""
        return allowed(self.actor, None, action)


View = Callable[..., HttpResponseBase]


def at_seat(action: str, *, keeps_form: bool = False) -> Callable[[View], View]:
    """
    Mark a view of the desk and give it the Desk after the request.

    Args:
        action: of core/access, as for `guarded`.
        keeps_form: what is half written is kept for its owner when they lock the screen, let a colleague sit down, or
            send it after the session ended. The view draws `desk.draft` where there is one.
    """

    def wrap(view: View) -> View:
        @never_cache
        @wraps(view)
        def seated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            account = request.user
            assert isinstance(account, Account)
            try:
                actor = _actor(request, account)
            except NotSeated:
                return no_seat(request, account)
            if accounts.needs_factor(actor.roles, account) and request.session.get(WAY) not in accounts.TWO_FACTORS:
                return redirect("desk:me")
            desk = Desk(account, actor, Reader.of(request))
            request.desk = desk  # type: ignore[attr-defined]
            if keeps_form:
                desk.place = place_of(request)
                if request.method in ("GET", "HEAD"):
                    desk.draft = accounts.draft_at(account, desk.place, now=desk.reader.now)
            response = view(request, desk, *args, **kwargs)
            if keeps_form and request.method == "POST" and response.status_code == 302:
                accounts.drop_draft(account, desk.place)
            own_browser(request, response, account)
            return response

        seated.keeps_form = keeps_form  # type: ignore[attr-defined]
        return guarded(action)(seated)

    return wrap


def place_of(request: HttpRequest) -> str:
    """
    Return the address that says which form a request is about.

    One form has one address, however the number in it was typed and whatever was asked beside it.
    """
    path, match = request.path, request.resolver_match
    if match is not None and "number" in match.kwargs:
        with contextlib.suppress(ValueError):
            number = shown(parse_number(match.kwargs["number"]))
            path = reverse(match.view_name, kwargs={**match.kwargs, "number": number})
    return path


def _actor(request: HttpRequest, account: Account) -> Actor:
    at = request.now  # type: ignore[attr-defined]
    chosen = request.session.get(SEAT)
    if chosen is not None:
        try:
            return jurisdiction_queries.actor_of(account, chosen, at=at, max_age=LOOK_AGE)
        except NotSeated:
            # the posting ended while they were signed in: their first other seat, if any
            del request.session[SEAT]
    return jurisdiction_queries.actor_of(account, None, at=at, max_age=LOOK_AGE)


def no_seat(request: HttpRequest, account: Account) -> HttpResponse:
    """Say that the account sits nowhere now."""
    return render(request, "pages/desk/no_seat.html", {"account": account}, status=403)


def page(
    request: HttpRequest, desk: Desk, template: str, context: dict[str, Any], *, here: str = "", status: int = 200
) -> HttpResponse:
    """Return a page of the desk with its frame."""
    reader = desk.reader
    zone = reader.home_zone
    shown_at = f"{reader.day(reader.today(zone))} {reader.now.astimezone(zone):%H:%M}"
    frame = {
        "desk": desk,
        "nav": _nav(reader.language, _reach(desk), here),
        "shown_at": shown_at,
        "lock_minutes": settings.HUAJIE_ACCOUNTS.lock_minutes,
    }
    return render(request, template, {**frame, **context}, status=status)


def frame_of(request: HttpRequest) -> Desk | None:
    """Return the frame of a page about the account itself; None where its owner sits nowhere or may not act yet."""
    account = request.user
    assert isinstance(account, Account)
    try:
        actor = _actor(request, account)
    except NotSeated:
        return None
    if accounts.needs_factor(actor.roles, account) and request.session.get(WAY) not in accounts.TWO_FACTORS:
        return None
    return Desk(account, actor, Reader.of(request))


#: The letter after G that leads to a page.
_KEYS = {
    "day": "d",
    "list": "l",
    "search": "s",
    "figures": "f",
    "map": "m",
    "intake": "i",
    "queue": "q",
    "lead": "a",
    "letters": "b",
    "packs": "p",
    "calendars": "c",
    "offices": "o",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A page that the frame leads to."""

    name: str
    title: str
    icon: str
    #: of the group that begins with it, or empty
    heading: str = ""

    @property
    def url(self) -> str:
        """Return its address."""
        return address(self.name)

    @property
    def key(self) -> str:
        """Return the letter that leads to it after G, or nothing."""
        return _KEYS.get(self.name, "")


def places(desk: Desk) -> list[Place]:
    """Return the pages that somebody may go to from the frame."""
    return [*_places(desk.reader.language, _reach(desk)), Place("me", _("My sign-in"), "shield")]


@lru_cache(maxsize=256)
def _nav(language: str, reach: tuple[str, ...], here: str) -> SafeString:
    """Return the links of the frame: the same for everybody who may go to the same pages, so made once for all."""
    made = []
    for place in _places(language, reach):
        heading = f"<h2>{escape(place.heading)}</h2>" if place.heading else ""
        key = f' data-key="{place.key}"' if place.key else ""
        current = ' aria-current="page"' if place.name == here else ""
        made.append(f'{heading}  <a href="{place.url}"{key}{current}>{icon(place.icon)}{escape(place.title)}</a>\n')
    return mark_safe("".join(made))  # noqa: S308


@lru_cache(maxsize=256)
def _places(language: str, reach: tuple[str, ...]) -> tuple[Place, ...]:
    """
    Return the pages of these names, in words.

    Args:
        language: of the request; it only tells one kept answer from the other.
    """
    every = {
        place.name: place
        for place in (
            Place("day", _("My day"), "day"),
            Place("board", _("Supervision board"), "board"),
            Place("reminders", _("Reminders and slips"), "flag"),
            Place("ladder", _("The ladder"), "route"),
            Place("reviews", _("Progress reviews"), "cal"),
            Place("samples", _("Endings looked at again"), "check"),
            Place("lead", _("For me to decide"), "flag"),
            Place("list", _("Matters"), "list"),
            Place("search", _("Find"), "search"),
            Place("figures", _("Figures"), "board"),
            Place("map", _("Map"), "map"),
            Place("intake", _("Take in"), "plus"),
            Place("queue", _("Waiting to be placed"), "inbox"),
            Place("letters", _("Letters to residents"), "mail"),
            Place("openings", _("Openings"), "lock"),
            Place("incident", _("Report a data incident"), "late"),
            Place("packs", _("Procedures"), "book", _("Reference")),
            Place("calendars", _("Calendars"), "cal"),
            Place("offices", _("Units and seats"), "user"),
            Place("accounts", _("Accounts"), "user"),
            Place("outbox", _("Messages to residents"), "mail"),
            Place("routing", _("Who answers for what"), "route"),
        )
    }
    return tuple(every[name] for name in reach)


def _reach(desk: Desk) -> tuple[str, ...]:
    """Return the names of the pages that somebody may go to, in the order of the frame."""
    roles = desk.actor.roles
    names = ["day"]
    if roles & {"supervisor", "head", "deputy", "auditor"}:
        names.append("board")
    if roles & {"supervisor", "auditor", "handler", "head", "deputy"}:
        names.append("reminders")
    if roles & {"supervisor", "auditor"}:
        names.append("ladder")
    if "auditor" in roles or chairs(desk.actor, desk.reader.jurisdiction):
        names.append("reviews")
    if roles & {"supervisor", "verifier", "auditor"}:
        names.append("samples")
    if roles & LEADERS:
        names.append("lead")
    if roles != {"area_worker"}:
        # whoever only goes and looks has nothing to look through
        names += ["list", "search", "figures", "map"]
    if not roles.isdisjoint({"intake", "area_worker"}):
        names.append("intake")
    if desk.may("read_queue"):
        names.append("queue")
    if settings.HUAJIE_OUTBOX.letters and roles & {"handler", "head", "intake"}:
        names.append("letters")
    if desk.may("see_openings"):
        names.append("openings")
    reports = packs().get("any.incident")
    if reports is not None and not reports.acts["submit"].by.isdisjoint(roles):
        names.append("incident")
    names += ["packs", "calendars", "offices"]
    asked = (("accounts", "manage_accounts"), ("outbox", "manage_outbox"), ("routing", "simulate"))
    names += [name for name, action in asked if desk.may(action)]
    return tuple(names)
