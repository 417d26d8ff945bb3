"""Every page that says no: what happened, what was kept, what to do. None of them needs the database."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _


def _words(status: int) -> tuple[str, str, str]:
    return {
        400: (
            _("This request can't be read"),
            _("The address or the form was not complete, or the form was too large."),
            _("Go back, look at what you wrote, and send it again."),
        ),
        403: (
            _("This form is no longer valid"),
            _("The page was open for a long time, or the browser keeps no cookies from us. Nothing was sent."),
            _("Go back, load the page again and send the form once more. Cookies of this site must be allowed."),
        ),
        404: (
            _("There is no such page, or none that you may see"),
            _("A number may be mistyped, or the matter belongs to another unit. For both we give the same answer."),
            _("Check the number. It has ten letters and figures, never 0, 1, I, L or O."),
        ),
        409: (
            _("Somebody else changed this at the same moment"),
            _("Nothing of yours was written."),
            _("Go back and send it again."),
        ),
        500: (
            _("Something failed on our side"),
            _("Nothing was half-written: what you sent is either kept whole or not at all."),
            _("Try again in a few minutes. If it fails again, tell the office the number below."),
        ),
        503: (
            _("We can't take anything in right now"),
            _("Nothing was half-written: what you sent is either kept whole or not at all."),
            _("Keep the page open and send it again in a few minutes, or come to a counter, phone or write."),
        ),
    }[status]


def answer(request: HttpRequest, status: int) -> HttpResponse:
    """Return the page for a status."""
    request.frameless = True  # type: ignore[attr-defined]
    title, what, todo = _words(status)
    context = {
        "title": title,
        "what": what,
        "todo": todo,
        "status": status,
        "reference": getattr(request, "request_id", "") if status >= 500 else "",
        "staff": request.path.startswith("/desk/"),
    }
    response = render(request, "pages/error.html", context, status=status)
    if status == 503:
        response["Retry-After"] = "120"
    return response


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Return the 400 page."""
    return answer(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Return the 403 page."""
    return answer(request, 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Return the page for a form without its token."""
    return answer(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Return the 404 page; the same for what is not there and for what is not for this reader."""
    return answer(request, 404)


def failed(request: HttpRequest) -> HttpResponse:
    """Return the 500 page."""
    return answer(request, 500)


def unavailable(request: HttpRequest) -> HttpResponse:
    """Return the 503 page."""
    return answer(request, 503)
