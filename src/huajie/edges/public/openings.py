"""How often identities were opened, for everybody, with the number of matters that it could have been."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from huajie.apps.matters.disclosure import SMALL, public_count
from huajie.edges.guard import public
from huajie.edges.pages.opened import purpose_title
from huajie.edges.pages.reader import Reader


@public("everybody may know how often identities are opened")
@require_safe
def openings(request: HttpRequest) -> HttpResponse:
    """Show the count."""
    reader = Reader.of(request)
    figure = public_count(reader.now)
    context = {
        "figure": figure,
        "small": SMALL,
        "at": reader.moment(figure.at, reader.home_zone),
        "purposes": [(purpose_title(code, reader), count) for code, count in figure.by_purpose.items()],
    }
    return render(request, "pages/public/openings.html", context)
