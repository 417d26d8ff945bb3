"""Each address says who may come in, and one that does not is found here and refused by the running server."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import path
from django.views import View
from ninja import NinjaAPI
from tests.shape.routes import Address, addresses

from huajie.core.access import ACTIONS
from huajie.edges.guard import GuardMiddleware, guard_of, guarded, public

pytestmark = pytest.mark.accept("K11")


def faults(found: list[Address]) -> list[str]:
    out = []
    for address in found:
        if address.guard is None:
            out.append(f"{address.route}: no mark")
        elif address.guard.is_public and address.signs_in:
            out.append(f"{address.route}: says public, but asks for a sign-in")
        elif not address.guard.is_public and address.signs_in is False:
            out.append(f"{address.route}: says guarded, but its router asks nobody to sign in")
    return out


def test_every_address_is_marked() -> None:
    found = addresses()
    assert {"healthz", "readyz"} <= {address.route for address in found}
    assert not faults(found)


def test_every_action_named_is_one_of_core_access() -> None:
    named = {address.guard.action for address in addresses() if address.guard and address.guard.action}
    assert named <= set(ACTIONS)


def plain(request: HttpRequest) -> HttpResponse:
    return HttpResponse("plain")


class Page(View):
    """A class-based view to be marked."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("page")


def test_a_planted_address_without_mark_is_found() -> None:
    assert faults(addresses([path("planted/", plain), path("page/", Page.as_view())])) == [
        "planted/: no mark",
        "page/: no mark",
    ]


def test_planted_operations_of_the_api_are_found() -> None:
    api = NinjaAPI(urls_namespace="planted", docs_url=None)

    @api.get("/bare")
    def bare(request: HttpRequest) -> int:
        return 1

    @api.get("/open")
    @guarded(ACTIONS[0])
    def open_to_all(request: HttpRequest, q: str = "") -> int:
        return 1

    @api.get("/closed", auth=lambda request: None)
    @public("shown to anybody who asks")
    def closed(request: HttpRequest) -> int:
        return 1

    @api.get("/right/{number}", auth=lambda request: None)
    @guarded(ACTIONS[0])
    def right(request: HttpRequest, number: str, phone: str = "") -> int:
        return 1

    found = [address for address in addresses([path("api/", api.urls)]) if address.signs_in is not None]
    assert [fault.partition(": ")[2] for fault in faults(found)] == [
        "no mark",
        "says guarded, but its router asks nobody to sign in",
        "says public, but asks for a sign-in",
    ]
    assert {"number", "phone"} <= set(next(a for a in found if "right" in a.route).parameters)


def test_a_mark_holds_through_decorators_and_classes() -> None:
    from django.views.decorators.cache import never_cache

    marked = guarded(ACTIONS[0])(lambda request: HttpResponse())
    assert guard_of(never_cache(marked)) == guard_of(marked)
    assert guard_of(guarded(ACTIONS[0])(Page.as_view())) is not None


@pytest.mark.parametrize("wrong", ["", "because"])
def test_public_needs_a_reason(wrong: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        public(wrong)


def test_an_unknown_action_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured):
        guarded("no-such-action")


class Signed:
    """Somebody signed in."""

    is_authenticated = True


class Stranger:
    """Nobody we know."""

    is_authenticated = False


def ask(view: object, user: object, accept: str = "text/html") -> object:
    request = RequestFactory().get("/x", HTTP_ACCEPT=accept)
    request.user = user  # type: ignore[assignment]
    return GuardMiddleware(lambda r: HttpResponse()).process_view(request, view, (), {})  # type: ignore[arg-type]


def test_the_running_server_refuses_a_view_without_mark() -> None:
    with pytest.raises(ImproperlyConfigured):
        ask(plain, Signed())


def test_the_running_server_sends_a_stranger_to_sign_in() -> None:
    view = guarded(ACTIONS[0])(lambda request: HttpResponse())
    assert ask(view, Stranger()).status_code == 302  # type: ignore[attr-defined]
    assert ask(view, Stranger(), "application/json").status_code == 401  # type: ignore[attr-defined]
    assert ask(view, Signed()) is None
    assert ask(public("anybody may look at it")(lambda request: HttpResponse()), Stranger()) is None
