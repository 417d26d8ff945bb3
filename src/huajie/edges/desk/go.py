"""Where one can go from here: the acts possible on a matter, the pages, a number; and which key leads there."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from huajie.apps.matters.errors import UnknownMatter
from huajie.apps.matters.numbers import parse_number, shown
from huajie.apps.matters.queries import Opened, see
from huajie.edges.desk.seated import Desk, at_seat, page, places
from huajie.edges.pages import matter as views
from huajie.edges.pages.acts import act_url, offers
from huajie.edges.pages.forms import clean

_LONGEST = 200


def _known(desk: Desk, typed: str) -> Opened | None:
    """Return the matter of a number, None where it is none or none for this reader."""
    try:
        return see(desk.actor, parse_number(typed))
    except (UnknownMatter, ValueError):
        return None


def _acts(desk: Desk, opened: Opened) -> list[dict[str, str]]:
    tip = opened.tip
    assert tip.state is not None
    found = offers(
        tip.pack,
        tip.state,
        desk.actor,
        opened.relations,
        jurisdiction=desk.reader.jurisdiction,
        calendar=views.calendar_of(tip.pack, tip.state, desk.reader),
        reader=desk.reader,
    )
    possible = [*([found.first] if found.first is not None else []), *found.possible]
    url = reverse("desk:matter", args=[shown(tip.number)])
    return [
        {
            "url": act_url(url, offer),
            "title": offer.title,
            "icon": offer.icon,
            "key": str(n) if n < 10 else "",
        }
        for n, offer in enumerate(possible, 1)
    ]


@require_safe
@at_seat("list")
def go(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show where one can go, narrowed by words; a number that was asked for is gone to at once."""
    query = clean(request.GET.get("q", "")).strip()[:_LONGEST]
    asked = _known(desk, query) if query else None
    if asked is not None:
        return HttpResponseRedirect(reverse("desk:matter", args=[shown(asked.tip.number)]))
    opened = _known(desk, clean(request.GET.get("matter", "")).strip()[:_LONGEST])
    acts = _acts(desk, opened) if opened is not None else []
    words = query.lower().split()

    def fits(title: str) -> bool:
        return all(word in title.lower() for word in words)

    reached = places(desk)

    context = {
        "query": query,
        "number": opened.tip.number if opened is not None else "",
        "acts": [act for act in acts if fits(act["title"])],
        "places": [place for place in reached if fits(place.title)],
        "reached": reached,
        "keys": _keys(),
    }
    return page(request, desk, "pages/desk/go.html", context)


def _keys() -> list[tuple[str, list[tuple[tuple[str, ...], str]]]]:
    """Return what each key does, by where it works."""
    return [
        (
            _("Everywhere"),
            [
                (("?",), _("show the keys")),
                (("Ctrl", "K"), _("go to an act, a page or a number (on a Mac: Cmd K)")),
                (("/",), _("to the search field")),
                (("G",), _("and then the letter of a page, below")),
            ],
        ),
        (
            _("In a list"),
            [
                (("J",), _("next line")),
                (("K",), _("line before")),
                (("Enter",), _("open it")),
                (("A",), _("to its next step: opens the form")),
                (("X",), _("choose it, where several can be chosen")),
            ],
        ),
        (
            _("On a matter"),
            [
                (("1", "9"), _("open the form of an act by its number")),
                (("A",), _("open the form of the first act")),
                (("J",), _("next matter of the list that you came from")),
                (("K",), _("matter before")),
                (("U",), _("back to the list")),
            ],
        ),
    ]
