"""
How a proof becomes a session: the second step where there is one, the session itself, where its owner goes on to.

`proceed` takes somebody who has shown a first factor; `enter` somebody who has shown all of them. Nobody else signs
anybody in.
"""

from typing import Any, Final

from django.conf import settings
from django.contrib.auth import login
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse

from huajie.apps.accounts import operations
from huajie.apps.accounts.factors import factors_of
from huajie.apps.jurisdiction import queries as jurisdiction_queries
from huajie.apps.jurisdiction.models import Account
from huajie.edges.throttle import Buckets, client_address

#: Keys of the session: a first factor was shown; how they signed in; when they last proved it; last request; locked.
ENTERING: Final = "entering"
WAY: Final = "way"
PROVED: Final = "proved"
ACTIVE: Final = "active"
LOCKED: Final = "locked"

#: Seconds between the first step and the second.
_STEP_SECONDS = 300
#: Seconds for which somebody who proved who they are may change how they sign in.
PROVED_SECONDS = 900
#: Says whose form comes, when it comes after the session ended: signed, and read by nothing else.
OWNER_COOKIE: Final = "desk_owner"
_SIGNER = signing.Signer(salt="huajie.desk.owner")
#: whatever they were made with; counted together with the JSON API's
wrong_sign_ins = Buckets("sign-in", settings.HUAJIE_LIMITS.sign_ins_a_minute)


def must_wait(request: HttpRequest) -> HttpResponse | None:
    """Return the page for an address from which too many wrong attempts came, before another is looked at; or None."""
    wait = wrong_sign_ins.look(client_address(request))
    if not wait:
        return None
    response = render(request, "pages/desk/wait.html", {"seconds": wait}, status=429)
    response["Retry-After"] = str(wait)
    return response


def was_wrong(request: HttpRequest) -> None:
    """Count a wrong attempt of any kind against the address that it came from."""
    wrong_sign_ins.take(client_address(request))


def seconds(request: HttpRequest) -> int:
    """Return the moment of the request in whole seconds."""
    return int(request.now.timestamp())  # type: ignore[attr-defined]


def proceed(request: HttpRequest, account: Account, way: str, follow: str) -> HttpResponse:
    """Go on from a first factor: to the second step where the account has one, else in."""
    if factors_of(account).any:
        # whoever knew the key of this session before has no part in what was shown in it
        request.session.cycle_key()
        request.session[ENTERING] = {"account": account.pk, "way": way, "next": follow, "at": seconds(request)}
        return redirect("desk:second")
    return enter(request, account, way, follow)


def entering(request: HttpRequest) -> tuple[Account, str, str] | None:
    """Return account, way and next page of somebody between the two steps, None where nobody is."""
    kept: dict[str, Any] | None = request.session.get(ENTERING)
    if kept is None or not 0 <= seconds(request) - kept["at"] <= _STEP_SECONDS:
        return None
    account = Account.objects.filter(pk=kept["account"], is_active=True).first()
    return (account, kept["way"], kept["next"]) if account is not None else None


def enter(request: HttpRequest, account: Account, way: str, follow: str) -> HttpResponse:
    """Sign somebody in under a fresh session key and go on to where they were, or to what they had half written."""
    operations.finish_sign_in(account)
    # Nothing of whoever used this browser before: not their steps, not their seat.
    request.session.flush()
    login(request, account, backend=settings.AUTHENTICATION_BACKENDS[0])
    if request.session.session_key is None:
        request.session.create()
    now = request.now  # type: ignore[attr-defined]
    request.session.update({WAY: way, PROVED: seconds(request), ACTIVE: seconds(request)})
    operations.keep_session(
        account, session=str(request.session.session_key), way=way, browser=browser_words(request), now=now
    )
    response = HttpResponseRedirect(follow)
    if follow == reverse("desk:day"):
        seats = jurisdiction_queries.snapshot().seats_of_person(account.person.hex, now)
        if len(seats) > 1:
            response = redirect("desk:seat")
        elif operations.drafts_of(account, now=now):
            response = redirect("desk:drafts")
    own_browser(request, response, account)
    return response


def own_browser(request: HttpRequest, response: HttpResponseBase, account: Account) -> None:
    """Let a form that comes after this session ended be kept for its owner, and for nobody else."""
    if owner_of(request) != account.person.hex:
        response.set_cookie(
            OWNER_COOKIE,
            _SIGNER.sign(account.person.hex),
            path="/desk/",
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )


def owner_of(request: HttpRequest) -> str | None:
    """
    Return the person (uuid hex) who was last signed in in this browser.

    Signing in gives the browser a new form token, so that a form of somebody before them never gets as far as here.
    """
    try:
        return _SIGNER.unsign(request.COOKIES.get(OWNER_COOKIE, ""))
    except signing.BadSignature:
        return None


def browser_words(request: HttpRequest) -> str:
    """Return browser and system in two words, so that people know their sessions apart; nothing else of it is kept."""
    agent = request.headers.get("User-Agent", "")
    browsers = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrom", "Chromium"), ("Safari", "Safari"))
    systems = (
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    )
    found = [next((word for mark, word in table if mark in agent), "") for table in (browsers, systems)]
    return " · ".join(word for word in found if word)


def proved_lately(request: HttpRequest) -> bool:
    """Return whether whoever sits here proved it lately enough to change how they sign in."""
    at = request.session.get(PROVED)
    return at is not None and 0 <= seconds(request) - at <= PROVED_SECONDS
