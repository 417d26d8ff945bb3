"""
Half-written forms: kept when their owner locks the screen, when somebody else sits down, when a session ends.

A form that may be kept is one of a view marked `keeps_form`. Its address says which form it is; what was written is
encrypted for the account that wrote it (`apps/accounts`) and is shown again only to that account, on that form.
"""

from collections.abc import Mapping

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from huajie.apps.accounts import operations
from huajie.apps.jurisdiction.models import Account
from huajie.edges.desk.entering import owner_of
from huajie.edges.desk.seated import Desk, at_seat, page, place_of
from huajie.edges.pages.forms import clean, posted_of
from huajie.edges.pages.language import safe_next

#: What comes with every form and is no part of what somebody wrote.
_OURS = frozenset({"csrfmiddlewaretoken", "username", "password", "next"})


#: What a form holds before anybody writes into it.
_CAME_ALONG = frozenset({"seen", "key", "target", "review", "do", "pack", "proposed", "step", "pick", "back"})


def written(request: HttpRequest) -> dict[str, list[str]]:
    """Return what a posted form holds, without what is ours."""
    return {name: values for name, values in posted_of(request).items() if name not in _OURS}


def place_given(request: HttpRequest) -> str | None:
    """Return the address of the form that a button of the frame was sent with; None unless it is one that is kept."""
    place = clean(request.GET.get("place", ""))
    try:
        view = resolve(place.partition("?")[0]).func
    except Resolver404:
        return None
    return place if getattr(view, "keeps_form", False) else None


def keep(request: HttpRequest, account: Account, place: str | None) -> bool:
    """Keep the form that came with a request; False where none came or it can't be kept."""
    values: Mapping[str, list[str]] = written(request)
    if place is None or not _says_something(values):
        return False
    return operations.keep_draft(account, place, values, now=request.now)  # type: ignore[attr-defined]


def _says_something(values: Mapping[str, list[str]]) -> bool:
    """Whether there is more in a form than what came with it."""
    # a form about several matters has `seen-` and `target-` for each
    written_in = (given for name, given in values.items() if name.partition("-")[0] not in _CAME_ALONG)
    return any(value.strip() for given in written_in for value in given)


def keep_late(request: HttpRequest) -> bool:
    """Keep a form that came after the session ended, for whoever was signed in in this browser."""
    person = owner_of(request)
    account = Account.objects.filter(person=person).first() if person else None
    return account is not None and keep(request, account, place_of(request))


def with_draft(request: HttpRequest, desk: Desk) -> HttpRequest:
    """Return the request with the half-written form as if it had been posted, for a view to draw; it stays a GET."""
    assert desk.draft is not None
    posted = QueryDict(mutable=True)
    for name, given in desk.draft.values.items():
        posted.setlist(name, given)
    # read first: Django would read an empty body over what is set here
    assert not request.FILES
    request.POST = posted  # type: ignore[assignment]
    return request


def title_of(place: str) -> str:
    """Return what a half-written form is, from its address alone."""
    match = resolve(place.partition("?")[0])
    if match.url_name == "act":
        return _("Act on matter %(number)s") % {"number": match.kwargs["number"]}
    return _("Take in") if match.url_name == "intake" else _("A form")


@require_POST
@at_seat("list")
def save(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Keep what the page sends by itself while somebody writes."""
    place = place_given(request)
    if place is None:
        raise Http404
    return HttpResponse(status=204 if keep(request, desk.account, place) else 422)


@require_POST
@at_seat("list")
def discard(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Erase one's own half-written form."""
    place = place_given(request)
    if place is not None:
        operations.drop_draft(desk.account, place)
    return HttpResponseRedirect(safe_next(request, reverse("desk:day")))


@require_safe
@at_seat("list")
def listing(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show the account's own half-written forms."""
    reader = desk.reader
    found = [
        {"place": place, "title": title_of(place), "at": reader.moment(saved_at, reader.home_zone)}
        for place, saved_at in operations.drafts_of(desk.account, now=reader.now)
        if _still_there(place)
    ]
    if not found:
        return redirect("desk:day")
    return page(request, desk, "pages/desk/drafts.html", {"drafts": found})


def _still_there(place: str) -> bool:
    try:
        return getattr(resolve(place.partition("?")[0]).func, "keeps_form", False)
    except Resolver404:
        return False
