"""
Sign in, step by step; choose a seat; sign out. A form that came too late is kept for its owner.

Name and password, a passkey, a provider (`provider.py`) or a one-time code are first steps; `entering.py` says what
follows. Nothing here tells a stranger which names exist.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from huajie.apps.accounts import operations
from huajie.apps.accounts.factors import factors_of
from huajie.apps.accounts.operations import SignInRefused
from huajie.edges.desk import keys
from huajie.edges.desk.drafts import keep_late
from huajie.edges.desk.entering import enter, entering, must_wait, proceed, was_wrong
from huajie.edges.desk.seated import SEAT, Desk, at_seat, page, place_of
from huajie.edges.desk.words import refusal_words
from huajie.edges.guard import public
from huajie.edges.pages.forms import clean, one, posted_of
from huajie.edges.pages.language import safe_next
from huajie.edges.pages.reader import Reader
from huajie.edges.throttle import client_address


def _page(request: HttpRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    shown = {"username": "", "fault": "", "late": False, "kept": False, "provider": settings.HUAJIE_ACCOUNTS.provider}
    return render(request, "pages/desk/sign_in.html", {**shown, **context}, status=status)


@public("nobody is signed in yet when they sign in")
@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Show the form, or take name and password and go on."""
    if request.method == "POST" and request.path != reverse("desk:sign-in"):
        # a form that came too late: what was written is nowhere on this page, whoever stands before it now
        return _page(request, {"next": place_of(request), "late": True, "kept": keep_late(request)}, status=401)
    follow = safe_next(request, reverse("desk:day"))
    if request.method == "POST":
        if (wait := must_wait(request)) is not None:
            return wait
        username = one(posted_of(request), "username", 100)
        try:
            account = operations.check_name_and_password(
                username,
                clean(request.POST.get("password", ""))[:1000],
                address=client_address(request),
                now=request.now,  # type: ignore[attr-defined]
            )
        except SignInRefused as error:
            was_wrong(request)
            fault = refusal_words(error, Reader.of(request))
            return _page(request, {"next": follow, "fault": fault, "username": username}, status=401)
        return proceed(request, account, "password", follow)
    if request.user.is_authenticated:
        return HttpResponseRedirect(follow)
    return _page(request, {"next": follow})


@public("the second step comes before anybody is signed in")
@sensitive_post_parameters("code")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def second(request: HttpRequest) -> HttpResponse:
    """Ask for the second factor: a code, or a passkey."""
    found = entering(request)
    if found is None:
        return redirect("desk:sign-in")
    account, way, follow = found
    first = "provider" if way == "provider" else "password"
    fault = ""
    if request.method == "POST":
        if (wait := must_wait(request)) is not None:
            return wait
        credential = request.POST.get("credential", "")
        try:
            if credential:
                operations.check_entry(account, address=client_address(request))
                if keys.shown(request, credential[:20_000], account) is None:
                    raise SignInRefused("key")
                return enter(request, account, f"{first}+key", follow)
            operations.check_second_factor(
                account,
                clean(request.POST.get("code", ""))[:40],
                address=client_address(request),
                now=request.now,  # type: ignore[attr-defined]
            )
            return enter(request, account, f"{first}+totp", follow)
        except SignInRefused as error:
            was_wrong(request)
            fault = refusal_words(error, Reader.of(request))
    context = {"fault": fault, "factors": factors_of(account)}
    return render(request, "pages/desk/second.html", context, status=401 if fault else 200)


@public("a passkey is asked for before anybody is signed in")
@never_cache
@require_POST
def key_options(request: HttpRequest) -> HttpResponse:
    """Return what the browser needs to show a passkey: of whoever is between the steps, or of anybody."""
    found = entering(request) if request.POST.get("step") == "second" else None
    return JsonResponse(keys.options_to_show(found[0] if found is not None else None))


@public("a passkey shows who is there")
@never_cache
@require_POST
def by_key(request: HttpRequest) -> HttpResponse:
    """Sign in with a passkey alone: it asked its owner for a PIN or a finger, so it is two factors in one."""
    if (wait := must_wait(request)) is not None:
        return wait
    follow = safe_next(request, reverse("desk:day"))
    try:
        account = keys.shown(request, request.POST.get("credential", "")[:20_000], None)
        if account is None:
            raise SignInRefused("key")
        operations.check_entry(account, address=client_address(request))
    except SignInRefused as error:
        was_wrong(request)
        return _page(request, {"next": follow, "fault": refusal_words(error, Reader.of(request))}, status=401)
    return enter(request, account, "passkey", follow)


def password_fault(error: ValueError) -> str:
    """Return why a new password does not fit."""
    return {
        "password: too common": _("Everybody tries this password first. Choose another one."),
        "password: at most 200 characters": _("At most 200 characters."),
    }.get(str(error), _("At least 10 characters."))


@public("whoever got a code has no password yet")
@sensitive_post_parameters("code", "password", "again")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def by_code(request: HttpRequest) -> HttpResponse:
    """Set a password with the code that an administrator handed over, and go on."""
    fault, username, status = "", "", 200
    if request.method == "POST":
        if (wait := must_wait(request)) is not None:
            return wait
        posted = posted_of(request)
        username = one(posted, "username", 100)
        password = clean(request.POST.get("password", ""))[:1000]
        status = 401
        if password != clean(request.POST.get("again", ""))[:1000]:
            fault, status = _("The two passwords are not the same."), 422
        else:
            try:
                account = operations.set_password_by_code(
                    username,
                    clean(request.POST.get("code", ""))[:60],
                    password,
                    address=client_address(request),
                    now=request.now,  # type: ignore[attr-defined]
                )
                return proceed(request, account, "code", reverse("desk:day"))
            except SignInRefused as error:
                was_wrong(request)
                fault = refusal_words(SignInRefused("code") if error.code == "wrong" else error, Reader.of(request))
            except ValueError as error:
                fault, status = password_fault(error), 422
    return render(request, "pages/desk/by_code.html", {"fault": fault, "username": username}, status=status)


@public("whoever is signed in may leave")
@never_cache
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    if request.user.is_authenticated:
        operations.forget_session(str(request.session.session_key))
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
