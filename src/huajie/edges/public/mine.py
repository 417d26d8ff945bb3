"""My reports: a list that lies on the resident's own device and nowhere else; the page only has the words for it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from huajie.edges.guard import public
from huajie.edges.pages.middleware import own_script


@public("the list is the browser's own; the page holds nothing of anybody")
@never_cache
@own_script
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """Show the page in which the browser puts its own list."""
    return render(request, "pages/public/mine.html")
