"""
Figures for staff: of what the seat may see in its lists, and every number opens the list behind it.

A number under five is shown to whoever handles what it counts, and to nobody else.
"""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from huajie.apps.matters.figures import clocks_of, tables_for
from huajie.apps.procedure.registry import packs
from huajie.edges.desk.filters import ALL, link
from huajie.edges.desk.seated import Desk, at_seat, page
from huajie.edges.pages import figures as pages
from huajie.edges.pages.forms import clean

OWN, BELOW = "own", "below"


@require_safe
@at_seat("list")
def figures(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show the figures of the seat's own unit, of it with those below, or of all that the seat may see."""
    reader, unit = desk.reader, desk.actor.unit
    below = _with_those_below(desk)
    scope = clean(request.GET.get("scope", OWN))
    if scope not in (OWN, ALL) and not (scope == BELOW and len(below) > 1):
        scope = OWN
    units = {OWN: [unit] if unit else [], BELOW: below, ALL: None}[scope]
    narrowed = {OWN: {"unit": unit or ""}, BELOW: {"under": unit or ""}, ALL: {}}[scope]
    listed = reverse("desk:list")

    def opens(*, open: bool = False, **narrowing: str) -> str:
        given = {**narrowed, **narrowing, "counted": "1"}
        if "unit" in narrowing:
            given.pop("under", None)
        return link(listed, given, closed=None if open else ALL)

    tables = tables_for(desk.actor, units, clocks_of(packs().values()), now=reader.now, zone=reader.home_zone)
    view = pages.View(reader, public=False, exact=scope == OWN, link=opens)
    url = reverse("desk:figures")
    scopes = [(_("Own unit"), url, OWN)]
    if len(below) > 1:
        scopes.append((_("With the units below"), f"{url}?scope={BELOW}", BELOW))
    scopes.append((_("All that this seat may see"), f"{url}?scope={ALL}", ALL))
    context = pages.context(tables, view) | {
        "title": _("Figures"),
        "scopes": [{"title": title, "url": to, "here": name == scope} for title, to, name in scopes],
    }
    return page(request, desk, "pages/desk/figures.html", context, here="figures")


def _with_those_below(desk: Desk) -> list[str]:
    """Return the seat's unit and every unit under it."""
    found = [desk.actor.unit] if desk.actor.unit else []
    for code in found:
        found += [row.id for row in desk.reader.jurisdiction.unit_children(code)]
    return found
