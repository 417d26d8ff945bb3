"""
Who works here: the account that signed in, the seat that it acts from, and the frame of every page at that seat.

`at_seat` wraps a view of the desk. What the seat may see or do is asked of core/access by the queries and operations
that the view calls; this only finds out who asks.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
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
        "nav": _nav(desk, here),
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


def places(desk: Desk) -> list[dict[str, Any]]:
    """Return the pages that somebody may go to from the frame."""
    mine = {"url": address("me"), "title": _("My sign-in"), "icon": "shield", "key": ""}
    return [*_nav(desk, ""), mine]


def _nav(desk: Desk, here: str) -> list[dict[str, Any]]:
    items: list[tuple[str, str, str, str]] = [("day", _("My day"), "day", "")]
    if desk.actor.roles & {"supervisor", "head", "deputy", "auditor"}:
        items.append(("board", _("Supervision board"), "board", ""))
    if desk.actor.roles & {"supervisor", "auditor", "handler", "head", "deputy"}:
        items.append(("reminders", _("Reminders and slips"), "flag", ""))
    if desk.actor.roles & {"supervisor", "auditor"}:
        items.append(("ladder", _("The ladder"), "route", ""))
    if "auditor" in desk.actor.roles or chairs(desk.actor, desk.reader.jurisdiction):
        items.append(("reviews", _("Progress reviews"), "cal", ""))
    if desk.actor.roles & {"supervisor", "verifier", "auditor"}:
        items.append(("samples", _("Endings looked at again"), "check", ""))
    if desk.actor.roles & LEADERS:
        items.append(("lead", _("For me to decide"), "flag", ""))
    if desk.actor.roles != {"area_worker"}:
        # whoever only goes and looks has nothing to look through
        items += [("list", _("Matters"), "list", ""), ("search", _("Find"), "search", "")]
        items += [("figures", _("Figures"), "board", ""), ("map", _("Map"), "map", "")]
    if not desk.actor.roles.isdisjoint({"intake", "area_worker"}):
        items.append(("intake", _("Take in"), "plus", ""))
    if desk.may("read_queue"):
        items.append(("queue", _("Waiting to be placed"), "inbox", ""))
    if settings.HUAJIE_OUTBOX.letters and desk.actor.roles & {"handler", "head", "intake"}:
        items.append(("letters", _("Letters to residents"), "mail", ""))
    if desk.may("see_openings"):
        items.append(("openings", _("Openings"), "lock", ""))
    reports = packs().get("any.incident")
    if reports is not None and not reports.acts["submit"].by.isdisjoint(desk.actor.roles):
        items.append(("incident", _("Report a data incident"), "late", ""))
    tools = [("packs", _("Procedures"), "book", ""), ("calendars", _("Calendars"), "cal", "")]
    tools.append(("offices", _("Units and seats"), "user", ""))
    if desk.may("manage_accounts"):
        tools.append(("accounts", _("Accounts"), "user", ""))
    if desk.may("manage_outbox"):
        tools.append(("outbox", _("Messages to residents"), "mail", ""))
    if desk.may("simulate"):
        tools.append(("routing", _("Who answers for what"), "route", ""))
    tools[0] = (*tools[0][:3], _("Reference"))
    return [
        {
            "url": address(name),
            "title": title,
            "icon": icon,
            "heading": heading,
            "here": name == here,
            "key": _KEYS.get(name, ""),
        }
        for name, title, icon, heading in [*items, *tools]
    ]
