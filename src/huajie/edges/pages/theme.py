"""Light or dark as the reader likes it: a cookie that says nothing else; without it the device decides."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from huajie.edges.guard import public
from huajie.edges.pages.language import safe_next

COOKIE: Final = "huajie_theme"
THEMES: Final = ("light", "dark")
#: A year.
_AGE = 365 * 24 * 3600


def chosen(request: HttpRequest) -> str:
    """Return `light` or `dark`, or nothing where the device decides."""
    value = request.COOKIES.get(COOKIE, "")
    return value if value in THEMES else ""


@public("anybody may choose how the pages look")
@never_cache
@require_safe
def choose(request: HttpRequest) -> HttpResponseRedirect:
    """Set it, or leave it to the device again, and go back."""
    response = HttpResponseRedirect(safe_next(request))
    asked = request.GET.get("to", "")
    if asked in THEMES:
        response.set_cookie(
            COOKIE, asked, max_age=_AGE, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
        )
    elif asked == "auto":
        response.delete_cookie(COOKIE, samesite="Lax")
    return response
