"""
What every page gets: the moment, headers that keep strange scripts out, and an answer in words when something fails.

A form that comes after the session ended is not thrown away: it is kept for its owner, who signs in on the page that
answers, and goes on.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

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

log = structlog.get_logger("huajie.pages")

#: No script at all; styles, pictures and forms only of our own.
POLICY = (
    "default-src 'self'; script-src 'none'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
#: The desk's own script file may run: it keeps half-written forms, locks a screen left alone, and talks with passkeys.
DESK_POLICY = POLICY.replace("script-src 'none'", "script-src 'self'")


class PagesMiddleware:
    """Stands before GuardMiddleware, so that it sees a form whose sender is no longer signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.now = datetime.now(UTC)  # type: ignore[attr-defined]
        response = self.get_response(request)
        if response.get("Content-Type", "").startswith("text/html"):
            policy = DESK_POLICY if request.path.startswith("/desk/") else POLICY
            response.setdefault("Content-Security-Policy", policy)
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
