"""Lists kept under a name: one's own, and those of the unit. What is kept is filters and order, and nothing else."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from huajie.apps.accounts import lists
from huajie.edges.desk import filters as asked
from huajie.edges.desk.matters import carried_by
from huajie.edges.desk.seated import Desk, address, at_seat, page
from huajie.edges.pages.forms import Fault, one, posted_of


def kept_faults() -> dict[str, str]:
    """Return why a list or a view can't be kept, by the word of BadFilter."""
    return {
        "name": _("Give it a name of at most 40 characters."),
        "person": _("The name tells who somebody is. Call the list by the problem, the place or the date."),
        "nothing": _("Choose filters or an order first: everything that is open has its own address."),
        "full": _("There are as many as there may be; take one away first."),
        "no-unit": _("This seat belongs to no unit, so nothing can be shared."),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("list")
def kept(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show the kept lists, or keep one more."""
    faults: list[Fault] = []
    name, given, sort = "", {}, "due"
    if request.method == "POST":
        posted = posted_of(request)
        name, (given, sort) = one(posted, "name", 200), carried_by(posted)
        query = asked.query_of(given, sort=sort if sort != "due" else None)
        try:
            if one(posted, "share", 8):
                # "my seat" is another seat for everybody else
                own = given.get("seat") == asked.MINE and desk.actor.seat is not None
                query = asked.query_of(
                    {**given, "seat": desk.actor.seat or ""} if own else given, sort=sort if sort != "due" else None
                )
                lists.share_filter(desk.actor, name, query)
            else:
                lists.keep_filter(desk.account, name, query)
        except lists.BadFilter as error:
            faults = [Fault("name", kept_faults()[error.why])]
        else:
            return HttpResponseRedirect(f"{address('list')}?{query}")
    reader, actor = desk.reader, desk.actor

    def said(query: str) -> str:
        return asked.in_words(asked.read_query(query), reader, actor) or _("everything that is open")

    context: dict[str, Any] = {
        "own": [(name, f"{address('list')}?{query}", said(query)) for name, query in lists.lists_of(desk.account).kept],
        "shared": [
            (row, f"{address('list')}?{row.query}", said(row.query)) for row in lists.shared_with(actor, fresh=True)
        ],
        "faults": faults,
        "name": name,
        "carried": [*given.items(), *([("sort", sort)] if sort != "due" else [])],
        "unit": desk.unit_name,
    }
    return page(request, desk, "pages/desk/kept.html", context, here="list", status=422 if faults else 200)


@require_POST
@at_seat("list")
def dropped(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Keep a list no longer."""
    posted = posted_of(request)
    if "own" in posted:
        lists.drop_filter(desk.account, one(posted, "own"))
    else:
        lists.unshare_filter(desk.actor, one(posted, "shared"))
    return HttpResponseRedirect(address("list-kept"))
