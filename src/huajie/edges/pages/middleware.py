"""
What every page gets: the moment, headers that keep strange scripts out, and an answer in words when something fails.

A form that comes after the session ended is not thrown away: it is kept for its owner, who signs in on the page that
answers, and goes on.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any, TypeVar, cast

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import resolve, reverse

from huajie.apps.ledger.errors import Conflict, StorageFull
from huajie.apps.matters.errors import Denied, UnknownMatter
from huajie.apps.matters.queries import BadCursor
from huajie.edges.guard import guard_of
from huajie.edges.pages import errors
from huajie.edges.pages.html import with_tongues
from huajie.edges.pages.reader import current_language

View = TypeVar("View", bound=Callable[..., Any])

log = structlog.get_logger("huajie.pages")

#: No script at all; styles, pictures and forms only of our own.
POLICY = (
    "default-src 'self'; script-src 'none'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
#: Our own script files may run: at the desk, and on the few pages of residents that are marked with `own_script`.
SCRIPT_POLICY = POLICY.replace("script-src 'none'", "script-src 'self'")


def own_script(view: View) -> View:
    """Let the page of a view run our own script file; it says more quickly what the page does without it."""

    @wraps(view)
    def answered(*args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = view(*args, **kwargs)
        response.setdefault("Content-Security-Policy", SCRIPT_POLICY)
        return response

    return cast(View, answered)


class PagesMiddleware:
    """Stands before GuardMiddleware, so that it sees a form whose sender is no longer signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.now = datetime.now(UTC)  # type: ignore[attr-defined]
        response = self.get_response(request)
        if response.get("Content-Type", "").startswith("text/html"):
            policy = SCRIPT_POLICY if request.path.startswith("/desk/") else POLICY
            response.setdefault("Content-Security-Policy", policy)
            # our pages are small and made at once; what is streamed is a file
            if isinstance(response, HttpResponse) and current_language() != "zh":
                response.content = with_tongues(response.content.decode()).encode()
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Let somebody whose session ended sign in without losing the form."""
        if request.method != "POST" or request.user.is_authenticated:
            return None
        guard = guard_of(view)
        if guard is None or guard.is_public or not getattr(view, "keeps_form", False):
            return None
        answer: HttpResponseBase = resolve(reverse(settings.LOGIN_URL)).func(request)
        return answer

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer in words; the log has the rest."""
        if isinstance(exception, UnknownMatter | Denied):
            return errors.not_found(request)
        if isinstance(exception, BadCursor):
            return errors.bad_request(request)
        if isinstance(exception, Conflict):
            return errors.answer(request, 409)
        if isinstance(exception, StorageFull | OperationalError | InterfaceError):
            log.error("unavailable", exc_info=exception)
            return errors.unavailable(request)
        return None
