"""
Follow a matter by its number and secret: a short signed cookie remembers that both were shown.

Wrong number and wrong secret get the same answer, and no page finds a matter by anything else.
"""

import time
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from huajie.apps.matters import loading
from huajie.apps.matters.errors import UnknownMatter
from huajie.apps.matters.numbers import BadNumber, parse_number, shown
from huajie.apps.matters.operations import Tip, participant_at, versions_of
from huajie.core.access import Actor, resident_of
from huajie.edges.guard import public
from huajie.edges.pages.forms import Fault, one, posted_of
from huajie.edges.public.origin import from_here
from huajie.edges.throttle import Buckets, client_address

COOKIE = "huajie_matter"
_SALT = "huajie.public.follow"
#: Seconds after which number and secret are asked for again.
AGE = 2 * 3600
#: counted together with the JSON API's
wrong_secrets = Buckets("secrets", settings.HUAJIE_LIMITS.secrets_a_minute)


def wait_words(seconds: int) -> str:
    """Return what somebody reads who has to wait."""
    return _(
        "Too many tries came from your connection. Nothing is lost: wait %(seconds)s seconds, then send it again."
    ) % {"seconds": seconds}


def remember(response: HttpResponseBase, stream: UUID, participant: int = 1, version: int = 1) -> None:
    """Let this browser see one matter for a while, as one of those who brought it, until the secret is replaced."""
    response.set_cookie(  # type: ignore[attr-defined]
        COOKIE,
        signing.dumps(f"{stream.hex}.{participant}.{version}", salt=_SALT),
        max_age=AGE,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def proved(request: HttpRequest, number: str, secret: str) -> tuple[Tip, int] | None:
    """
    Return the matter of number and secret and which of those who brought it that is, or None.

    A number that is none and a secret that does not fit take much the same time, and count alike.
    """
    began = time.monotonic()
    tip = None
    try:
        tip = loading.load(parse_number(number), using="default")
    except BadNumber:
        pass
    participant = participant_at(tip, secret) if tip is not None and secret else None
    if tip is not None and tip.state is not None and participant is not None:
        return tip, participant
    wrong_secrets.take(client_address(request))
    time.sleep(max(0.0, 0.05 - (time.monotonic() - began)))
    return None


def remembered(request: HttpRequest) -> tuple[UUID, int, int] | None:
    """Return the matter whose secret this browser has shown, whose secret it was and which version; or None."""
    try:
        value = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=AGE)
        # one remembered by an earlier version names only the matter
        stream, participant, version = [*value.split("."), "1", "1"][:3]
        return UUID(hex=stream), int(participant), int(version)
    except (signing.BadSignature, ValueError, TypeError, AttributeError):
        return None


def resident_at(request: HttpRequest, number: str) -> tuple[Actor, Tip] | None:
    """
    Return the resident of a matter and the matter, or None when its secret has not been shown here.

    Raises:
        UnknownMatter: the number is none of ours.
    """
    try:
        plain = parse_number(number)
    except BadNumber:
        raise UnknownMatter(number) from None
    shown_here = remembered(request)
    if shown_here is None:
        return None
    stream, participant, version = shown_here
    tip = loading.load(stream, using="default")
    if tip is None or tip.state is None or tip.number != plain:
        return None
    versions = versions_of(tip.state)
    if not 1 <= participant <= len(versions) or versions[participant - 1] != version:
        return None
    return resident_of(stream.hex, participant), tip


def ask_secret(request: HttpRequest, number: str) -> HttpResponse:
    """Send somebody to the form for number and secret, with the number filled in."""
    return HttpResponseRedirect(f"{reverse('public:follow')}?number={shown(parse_number(number))}")


@public("a resident follows a matter by number and secret")
@from_here
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest) -> HttpResponse:
    """Ask for number and secret, or open the matter's page."""
    given = one({"number": request.GET.getlist("number")}, "number", 60).replace("\x00", "")
    faults: list[Fault] = []
    wait = 0
    if request.method == "POST":
        posted = posted_of(request)
        given = one(posted, "number", 60)
        secret = one(posted, "secret", 100)
        try:
            parse_number(given)
        except BadNumber as error:
            text = {
                "length": _("The number has ten letters and figures, such as 7Q4M-2K9D-XR."),
                "symbol": _("The number holds a sign that our numbers never have: 0, 1, I, L and O do not occur."),
            }.get(str(error), _("There is a typing slip in the number; compare it with your receipt."))
            faults.append(Fault("number", text))
        if not secret:
            faults.append(Fault("secret", _("Write the secret from your receipt.")))
        if not faults and (wait := wrong_secrets.look(client_address(request))):
            faults.append(Fault("secret", wait_words(wait)))
        elif not faults:
            if (found := proved(request, given, secret)) is not None:
                tip, participant = found
                assert tip.state is not None
                response = redirect("public:matter", number=shown(tip.number))
                remember(response, tip.stream, participant, versions_of(tip.state)[participant - 1])
                return response
            faults.append(Fault("secret", _("Number and secret do not fit together. Compare both with your receipt.")))
    context = {"number": given, "faults": faults, "open": remembered(request) is not None}
    status = 429 if wait else 422 if faults else 200
    response = render(request, "pages/public/follow.html", context, status=status)
    if wait:
        response["Retry-After"] = str(wait)
    return response


@public("anybody may have this browser forget their matter")
@never_cache
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Forget the matter in this browser."""
    response = redirect("public:home")
    response.delete_cookie(COOKIE, samesite="Lax")
    return response
