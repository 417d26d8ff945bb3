"""The language of the pages: a cookie that says nothing else."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from huajie.edges.guard import public

#: A year.
_AGE = 365 * 24 * 3600
_TAGS = {"zh-Hans": "zh-hans", "en": "en"}


def safe_next(request: HttpRequest, default: str = "/") -> str:
    """Return the page to go on to: only one of ours."""
    given = request.POST.get("next") or request.GET.get("next") or default
    ours = url_has_allowed_host_and_scheme(given, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return given if ours and given.isprintable() else default


@public("anybody may choose the language of the pages")
@never_cache
@require_safe
def choose(request: HttpRequest) -> HttpResponseRedirect:
    """Set the language and go back."""
    response = HttpResponseRedirect(safe_next(request))
    tag = _TAGS.get(request.GET.get("to", ""))
    if tag is not None:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            tag,
            max_age=_AGE,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return response
