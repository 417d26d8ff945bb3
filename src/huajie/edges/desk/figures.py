"""
Figures and the map for staff: of what the seat may see in its lists, and every number opens the list behind it.

A number under five is shown to whoever handles what it counts, and to nobody else.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from huajie.apps.matters.figures import RegionCount, by_region, clocks_of, tables_for
from huajie.apps.procedure.registry import packs
from huajie.core.figures import SMALL, Cell, cell
from huajie.edges.desk.filters import ALL, UNKNOWN, choosing, filters_of, link, read
from huajie.edges.desk.seated import Desk, at_seat, page
from huajie.edges.pages import figures as pages
from huajie.edges.pages import maps
from huajie.edges.pages.forms import clean

OWN, BELOW = "own", "below"
#: What narrows the map.
_NARROW = ("pack", "topic", "due", "closed", "seat")


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


@require_safe
@at_seat("list")
def by_place(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show how many matters the seat may see in each region."""
    reader = desk.reader
    url, listed = reverse("desk:map"), reverse("desk:list")
    given = {name: value for name, value in read(request.GET)[0].items() if name in _NARROW}
    filters = filters_of(given, reader, desk.actor)
    found = by_region(desk.actor, *filters.condition(desk.actor), open=filters.open)
    codes = maps.regions_on_map(reader)
    outlined = bool(codes)
    if not outlined and reader.home is not None:
        codes = [row.id for row in reader.jurisdiction.region_children(reader.home) if row.active]
    counts = maps.by_place({code: one.count for code, one in found.items()}, codes, reader.jurisdiction)
    mine = maps.by_place({code: one.mine for code, one in found.items()}, codes, reader.jurisdiction)
    elsewhere = [
        code for code in found if not code or not {code, *reader.jurisdiction.region_ancestors(code)} & set(codes)
    ]
    cells = {code: shown_to(RegionCount(counts[code], mine[code])) for code in [*codes, ""]}
    urls = {code: link(listed, given, region=code) for code in codes}
    most = max((cells[code].value or 0 for code in codes), default=0)
    places = [
        maps.Place(
            code,
            reader.region(code),
            pages.short(cells[code]),
            maps.shade_of(cells[code].value or 0, most) if cells[code].value is not None else None,
            f"{reader.region(code)}: {pages.words(cells[code])}",
            urls[code],
        )
        for code in codes
    ]
    choice = choosing(url, given, reader, desk.actor, ("pack", "topic"))
    rows: list[dict[str, Any]] = [
        {"name": reader.region(code), "count": pages.number(cells[code], urls[code])} for code in codes
    ]
    # what lies elsewhere has no list of its own where it is several regions: each has
    rows += [
        {
            "name": reader.region(code) if code else _("Place not known"),
            "count": pages.number(shown_to(found[code]), link(listed, given, region=code or UNKNOWN)),
        }
        for code in sorted(elsewhere)
    ]
    context = {
        "title": _("Map"),
        "toggles": choice.toggles,
        "facets": choice.facets,
        "clear": url if {"pack", "topic"} & set(given) else "",
        "drawing": maps.drawing(places, _("Matters by region"), reader.language) if outlined else "",
        "rows": rows,
        "small": SMALL,
        "total": pages.words(shown_to(RegionCount(sum(counts.values()), sum(mine.values())))),
    }
    return page(request, desk, "pages/desk/map.html", context, here="map")


def shown_to(count: RegionCount) -> Cell:
    """Return a count as the reader may see it: small ones only where every matter counted is their own seat's."""
    return Cell(count.count) if count.mine == count.count else cell(count.count)
