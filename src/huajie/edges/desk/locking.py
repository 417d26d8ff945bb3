"""
A counter's computer that several people share: lock it at a touch, unlock it with a PIN, let a colleague sit down.

A locked session shows nothing and does nothing until its owner is back. Whatever form was open is kept first, with the
button or without a script, since the button sends the form along.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from huajie.apps.accounts import operations
from huajie.apps.accounts.operations import PIN_TRIES, SignInRefused
from huajie.apps.jurisdiction.models import Account
from huajie.edges.desk.drafts import keep, place_given
from huajie.edges.desk.entering import ACTIVE, LOCKED, PROVED, seconds
from huajie.edges.desk.seated import place_of
from huajie.edges.desk.words import refusal_words
from huajie.edges.guard import guard_of, public
from huajie.edges.pages.forms import clean
from huajie.edges.pages.language import safe_next
from huajie.edges.pages.reader import Reader

_MISSES = "unlock_misses"
#: Seconds by which the moment of the last request may be behind, so that not every request writes the session.
_COARSE = 60


class LockMiddleware:
    """Stands before GuardMiddleware: a locked session gets the lock instead of any page of the desk."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._minds: dict[Any, bool] = {}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Show the lock where the session is locked or was left alone for too long."""
        minds = self._minds.get(view)
        if minds is None:
            guard = guard_of(view)
            minds = self._minds[view] = guard is not None and not guard.is_public
        if not minds or not request.user.is_authenticated:
            return None
        session, now = request.session, seconds(request)
        idle = settings.HUAJIE_ACCOUNTS.lock_minutes * 60
        active = session.get(ACTIVE)
        if idle and active is not None and now - active > idle:
            session[LOCKED] = True
        if not session.get(LOCKED):
            if active is None or now - active > _COARSE:
                session[ACTIVE] = now
            return None
        assert isinstance(request.user, Account)
        kept = request.method == "POST" and getattr(view, "keeps_form", False)
        if kept:
            kept = keep(request, request.user, place_of(request))
        if request.headers.get("X-Huajie-Script"):
            return HttpResponse(status=401)
        follow = place_of(request) if getattr(view, "keeps_form", False) else request.path
        if request.method in ("GET", "HEAD"):
            follow = request.get_full_path()
        return _show(request, follow, kept=kept)


def _show(request: HttpRequest, follow: str, *, kept: bool = False, fault: str = "") -> HttpResponse:
    account = request.user
    assert isinstance(account, Account)
    context = {
        "next": follow,
        "kept": kept,
        "fault": fault,
        "account": account,
        "pin": operations.has_pin(account),
        "password": account.has_usable_password(),
    }
    response = render(request, "pages/desk/locked.html", context, status=401)
    response["Cache-Control"] = "no-store, private"
    return response


@public("locking needs no more than a session")
@never_cache
@require_POST
def lock(request: HttpRequest) -> HttpResponse:
    """Keep the open form, lock the session, show the lock."""
    account = request.user
    if not isinstance(account, Account):
        return redirect("desk:sign-in")
    place = place_given(request)
    if not request.session.get(LOCKED):
        keep(request, account, place)
    request.session[LOCKED] = True
    return HttpResponseRedirect(place or safe_next(request, reverse("desk:day")))


@public("whoever is before a locked screen proves who they are")
@sensitive_post_parameters("secret")
@never_cache
@require_POST
def unlock(request: HttpRequest) -> HttpResponse:
    """Open the session again for its owner; after a few wrong tries it is over and its owner signs in anew."""
    account, session = request.user, request.session
    follow = safe_next(request, reverse("desk:day"))
    if not isinstance(account, Account):
        return redirect("desk:sign-in")
    if not session.get(LOCKED):
        return HttpResponseRedirect(follow)
    if not account.is_active:
        return _over(request)
    secret = clean(request.POST.get("secret", ""))[:1000]
    by_pin = secret.isascii() and secret.isdigit() and operations.pin_fits(account, secret)
    if not by_pin:
        try:
            operations.check_again(account, secret, now=request.now)  # type: ignore[attr-defined]
        except SignInRefused as error:
            misses = session[_MISSES] = session.get(_MISSES, 0) + 1
            if misses >= PIN_TRIES:
                return _over(request)
            words = _("That is not it.") if error.code == "wrong" else refusal_words(error, Reader.of(request))
            return _show(request, follow, fault=words)
        session[PROVED] = seconds(request)
    for name in (LOCKED, _MISSES):
        session.pop(name, None)
    session[ACTIVE] = seconds(request)
    # a key of its own after each change of who is there
    old = str(session.session_key)
    session.cycle_key()
    operations.move_session(old, str(session.session_key))
    return HttpResponseRedirect(follow)


def _over(request: HttpRequest) -> HttpResponse:
    operations.forget_session(str(request.session.session_key))
    logout(request)
    return redirect("desk:sign-in")


@public("whoever is signed in may let a colleague sit down")
@never_cache
@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Keep the open form, end the session, and let the next one sign in."""
    account = request.user
    if isinstance(account, Account):
        if not request.session.get(LOCKED):
            keep(request, account, place_given(request))
        operations.forget_session(str(request.session.session_key))
    logout(request)
    return redirect("desk:sign-in")
