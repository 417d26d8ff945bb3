"""Sign in, choose a seat, sign out. A form that came too late is kept through it."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from huajie.apps.jurisdiction import operations
from huajie.apps.jurisdiction import queries as jurisdiction_queries
from huajie.apps.jurisdiction.operations import SignInRefused, is_loopback
from huajie.edges.desk.seated import SEAT, Desk, at_seat, no_seat, page
from huajie.edges.guard import public
from huajie.edges.pages.forms import clean, one, posted_of
from huajie.edges.pages.language import safe_next
from huajie.edges.pages.reader import Reader

#: What comes with every form and is no part of what somebody wrote.
_OURS = frozenset({"csrfmiddlewaretoken", "username", "password", "next", "kept"})
_KEPT = "kept."


def client_address(request: HttpRequest) -> str:
    """Return where a request comes from; only a proxy on this machine is believed about its client."""
    peer = str(request.META.get("REMOTE_ADDR") or "")
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR")
    if forwarded and (not peer or is_loopback(peer)):
        return str(forwarded).rpartition(",")[2].strip()
    return peer


def _refusal(error: SignInRefused, reader: Reader) -> str:
    if error.code == "wait" and error.until is not None:
        at = error.until.astimezone(reader.home_zone)
        return _("Too many wrong passwords. Try again after %(time)s.") % {"time": f"{at:%H:%M:%S}"}
    return {
        "off": _("This account is switched off. Ask the administrator of your unit."),
        "elsewhere": _("Demo accounts work on this machine only, because their passwords are printed."),
    }.get(error.code, _("Name or password is wrong."))


def _kept(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the form that came too late, value by value: from itself, or from the sign-in form that carries it."""
    if "username" in request.POST and "kept" in request.POST:
        return [
            (name.removeprefix(_KEPT), value)
            for name, values in posted_of(request).items()
            if name.startswith(_KEPT)
            for value in values
        ]
    if "username" in request.POST:
        return []
    return [(name, value) for name, values in posted_of(request).items() if name not in _OURS for value in values]


@public("nobody is signed in yet when they sign in")
@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Show the form, or sign somebody in and go on to where they were."""
    too_late = request.method == "POST" and request.path != reverse("desk:sign-in")
    kept = _kept(request) if request.method == "POST" else []
    follow = request.get_full_path() if too_late else safe_next(request, reverse("desk:day"))
    context: dict[str, Any] = {"next": follow, "kept": kept, "prefix": _KEPT, "username": "", "fault": ""}
    if too_late:
        return render(request, "pages/desk/sign_in.html", context, status=401)
    if request.method == "POST":
        posted = posted_of(request)
        username = one(posted, "username", 100)
        try:
            account = operations.sign_in(
                username,
                clean(request.POST.get("password", ""))[:1000],
                address=client_address(request),
                now=request.now,  # type: ignore[attr-defined]
            )
        except SignInRefused as error:
            context |= {"fault": _refusal(error, Reader.of(request)), "username": username}
            return render(request, "pages/desk/sign_in.html", context, status=401)
        login(request, account)
        if kept:
            shown = [(name, value) for name, value in kept if name not in ("seen", "key", "target") and value.strip()]
            path = urlsplit(follow).path
            return render(request, "pages/desk/go_on.html", {"kept": kept, "shown": shown, "action": path})
        seats = jurisdiction_queries.snapshot().seats_of_person(account.person.hex, request.now)  # type: ignore[attr-defined]
        if not seats:
            return no_seat(request, account)
        if len(seats) > 1 and follow == reverse("desk:day"):
            return redirect("desk:seat")
        return HttpResponseRedirect(follow)
    if request.user.is_authenticated:
        return HttpResponseRedirect(follow)
    return render(request, "pages/desk/sign_in.html", context)


@public("whoever is signed in may leave")
@never_cache
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return redirect("desk:sign-in")


@at_seat("list")
def choose_seat(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Act from another of one's seats."""
    actor = desk.actor
    if request.method == "POST":
        chosen = one(posted_of(request), "seat")
        if chosen in actor.seats:
            request.session[SEAT] = chosen
            return redirect("desk:day")
    jurisdiction, reader = desk.reader.jurisdiction, desk.reader
    seats = [
        {
            "code": code,
            "title": reader.seat(code),
            "unit": reader.unit(jurisdiction.seats[code].unit),
            "covering": jurisdiction.holder(code, reader.now) != actor.person,
            "here": code == actor.seat,
        }
        for code in actor.seats
    ]
    return page(request, desk, "pages/desk/seats.html", {"seats": seats})
