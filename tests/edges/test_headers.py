"""Every address tells the browser the same: run nothing of others, show us in nobody's frame, tell nobody of it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from tests.shape.routes import addresses

from huajie.edges.headers import HEADERS, NOTHING, SecurityHeaders

pytestmark = pytest.mark.accept("K11")

#: What an address may hold between its slashes.
_EXAMPLES = {"number": "7Q4M2K9DXR", "int": "1", "uuid": "0192f0c0-0000-7000-8000-000000000000", "n": "1"}


def path_of(route: str) -> str:
    """Return an address that the route answers, with something in the place of each name."""
    route = route.rpartition(" ")[2].replace("^", "").replace("$", "")
    route = re.sub(r"\(\?P<\w+>[^)]*\)", "x", route)
    return "/" + re.sub(
        r"<(?:(\w+):)?(\w+)>", lambda m: _EXAMPLES.get(m[2]) or _EXAMPLES.get(m[1] or "", "x"), route
    ).lstrip("/")


def faults(response: Any) -> list[str]:
    """Return what an answer does not say."""
    missing = [name for name in HEADERS if name not in response.headers]
    policy = response.get("Content-Security-Policy", "")
    if "frame-ancestors 'none'" not in policy:
        missing.append("frame-ancestors")
    if re.search(r"unsafe-|\*|https?:|data:", policy.replace("img-src 'self' data:", "")):
        missing.append(f"a policy that lets others in: {policy}")
    if not response.get("Content-Type", "").startswith("text/html") and policy != NOTHING:
        missing.append(f"no page, and yet it may load something: {policy}")
    return missing


@pytest.mark.django_db
def test_every_address_says_it_whatever_it_answers() -> None:
    client = Client(raise_request_exception=False)
    seen = set()
    wrong = {}
    for address in addresses():
        method = address.route.partition("/")[0].partition(" ")[0]
        for verb in {"GET", "POST", *([method] if method in ("PUT", "DELETE", "PATCH") else [])}:
            response = client.generic(verb, path_of(address.route))
            seen.add(response.status_code)
            if found := faults(response):
                wrong[verb, address.route, response.status_code] = found
    assert not wrong
    # pages, redirects, refusals, what is not there and what may not be done: all of them were among it
    assert {200, 302, 401, 404, 405} <= seen


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/nowhere/", "/static/nothing.css", "/api/v1/nowhere", "/metrics"])
def test_so_does_what_is_not_there(path: str) -> None:
    assert faults(Client(REMOTE_ADDR="203.0.113.9").get(path)) == []


def test_an_answer_that_says_less_is_found() -> None:
    bare = HttpResponse("x")
    assert set(HEADERS) <= set(faults(bare))
    open_to_all = SecurityHeaders(lambda request: HttpResponse("x"))(HttpRequest())
    open_to_all["Content-Security-Policy"] = "default-src *"
    assert faults(open_to_all)


def test_what_a_page_says_itself_stays() -> None:
    def page(request: HttpRequest) -> HttpResponse:
        return HttpResponse("x", headers={"Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'"})

    answered = SecurityHeaders(page)(RequestFactory().get("/"))
    assert answered["Content-Security-Policy"] == "default-src 'self'; frame-ancestors 'none'"
    assert faults(answered) == []
