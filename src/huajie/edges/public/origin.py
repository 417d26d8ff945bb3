"""
Forms that anybody may send without a cookie being set: they carry what they need, so no session rides along.

A token against forged requests would live in a cookie, and a reporter without an account is given none. What is left to
forge is a form that another site sends in somebody's name. A browser says where a form comes from; one that says
nothing is too old to, and sends nothing here that a program could not send by itself.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from huajie.edges.pages.errors import csrf_failure

View = Callable[..., HttpResponseBase]


def from_here(view: View) -> View:
    """Take a form only from a page of ours, without a token and its cookie."""

    @csrf_exempt
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST" and not is_from_here(request):
            return csrf_failure(request)
        return view(request, *args, **kwargs)

    return cast(View, checked)


def is_from_here(request: HttpRequest) -> bool:
    """Return whether a form comes from a page of this site, as far as the browser says."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.get_host()
