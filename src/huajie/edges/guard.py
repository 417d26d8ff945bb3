"""
Every address says who may come in: anybody, or whoever may do one action of core/access.

A view carries one of two marks; an address without a mark answers nobody, in the running server (GuardMiddleware) and
in the build (tests/shape/test_routes.py).

    @guarded("list")            a signed-in person; "list" is one of core/access ACTIONS
    def matters(request): ...

    @public("a resident submits without an account")
    def submit(request): ...

The mark keeps strangers out. Which matters a signed-in person may see or act on is asked of core/access with the matter
in hand, by the query or operation that the view calls; no view decides that itself.

The marks return the view unchanged, so they stand under a router's own decorator and under class-based views:

    @router.post("/matters/{number}/acts/{act}")
    @guarded("act")
    def act(request, ...): ...

    path("desk/", guarded("list")(DeskView.as_view()))

For operations of the JSON API the router's own `auth=` finds out who asks; the middleware leaves those to it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url

from huajie.core.access import ACTIONS

View = TypeVar("View", bound=Callable[..., Any])

#: The attribute of a view that holds its mark.
MARK = "huajie_guard"


@dataclass(frozen=True, slots=True)
class Guard:
    """The mark of one view."""

    #: One of core/access ACTIONS, or None for a public view.
    action: str | None
    #: Why anybody may come in; empty for a guarded view.
    reason: str = ""

    @property
    def is_public(self) -> bool:
        """Whether nobody is asked who they are."""
        return self.action is None


def guarded(action: str) -> Callable[[View], View]:
    """
    Mark a view as open to signed-in people who may do `action` on something.

    Raises:
        ImproperlyConfigured: core/access knows no such action.
    """
    if action not in ACTIONS:
        raise ImproperlyConfigured(f"guarded({action!r}): core/access knows {', '.join(sorted(ACTIONS))}")
    return _mark(Guard(action))


def public(reason: str) -> Callable[[View], View]:
    """Mark a view as open to anybody, and say why."""
    if not isinstance(reason, str) or len(reason.split()) < 3:
        raise ImproperlyConfigured("public(reason): say in a few words why anybody may come in")
    return _mark(Guard(None, reason))


def _mark(guard: Guard) -> Callable[[View], View]:
    def mark(view: View) -> View:
        if hasattr(view, MARK):
            raise ImproperlyConfigured(f"{view!r} is marked twice")
        setattr(view, MARK, guard)
        return view

    return mark


def guard_of(view: Callable[..., Any]) -> Guard | None:
    """Return the mark of a view, also through decorators that keep what they wrap, or None."""
    while True:
        mark = getattr(view, MARK, None) or getattr(getattr(view, "view_class", None), MARK, None)
        if isinstance(mark, Guard):
            return mark
        inner = getattr(view, "__wrapped__", None)
        if inner is None:
            return None
        view = inner


def api_operations(view: Callable[..., Any]) -> list[Any] | None:
    """Return the JSON API's operations behind a URL's view, or None where the view is not the JSON API's."""
    if not (getattr(view, "__module__", "") or "").startswith("ninja"):
        return None
    cells = inspect.getclosurevars(inspect.unwrap(view)).nonlocals
    for value in cells.values():
        if hasattr(value, "operations"):
            return list(value.operations)
    return []


def is_api_document(view: Callable[..., Any]) -> bool:
    """Whether the view is one of django-ninja's own pages: the description of the API, its reader, its root."""
    inner = view.func if hasattr(view, "func") else view
    return (getattr(inner, "__module__", "") or "") == "ninja.openapi.views"


class GuardMiddleware:
    """Lets nobody reach a view without a mark, and only signed-in people a guarded one; stands after sign-in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._known: dict[Any, Guard | None] = {}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Decide before the view runs."""
        if view in self._known:
            guard = self._known[view]
        else:
            guard = guard_of(view)
            if guard is None and (api_operations(view) is not None or is_api_document(view)):
                guard = Guard(None, "the API's own sign-in decides")
            self._known[view] = guard
        if guard is None:
            raise ImproperlyConfigured(f"{view!r} has no mark: see huajie/edges/guard.py")
        if guard.is_public or request.user.is_authenticated:
            return None
        if request.headers.get("Accept", "").startswith("application/json"):
            return HttpResponse(status=401)
        return redirect_to_login(request.get_full_path(), resolve_url(settings.LOGIN_URL))
