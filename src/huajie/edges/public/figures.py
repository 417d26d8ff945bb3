"""What everybody may see of the whole: figures, and a map of where matters are open. Never a point, never a list."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from huajie.apps.jurisdiction.queries import outlines
from huajie.apps.matters.figures import Tables, clocks_of, public_tables
from huajie.apps.procedure.registry import packs
from huajie.core.figures import HELD, SMALL, Cell, cell, protect
from huajie.edges.guard import public
from huajie.edges.pages import figures as pages
from huajie.edges.pages import maps
from huajie.edges.pages.reader import Reader

#: What the map can show.
_SHOWN = ("open", "ended", "rate")


def _tables(reader: Reader) -> Tables:
    return public_tables(clocks_of(packs().values()), now=reader.now, zone=reader.home_zone)


@public("everybody may know how the offices keep their dates")
@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """Show the figures of the whole instance."""
    reader = Reader.of(request)
    context = pages.context(_tables(reader), pages.View(reader, public=True))
    return render(request, "pages/public/figures.html", context)


@public("everybody may know where matters are open, by town")
@require_safe
def by_place(request: HttpRequest) -> HttpResponse:
    """Show open and ended matters by region, by name and by drawing."""
    reader = Reader.of(request)
    tables = _tables(reader)
    codes = maps.regions_on_map(reader) or _regions_without_outline(reader)
    still = maps.by_place({code: both[0] for code, both in tables.regions.items()}, codes, reader.jurisdiction)
    over = maps.by_place({code: both[1] for code, both in tables.regions.items()}, codes, reader.jurisdiction)
    cells = {"open": protect(still), "ended": protect(over)}
    people = {code: row.population for code, row in outlines().items() if row.population}
    known = [code for code in codes if code in people]
    shown = request.GET.get("show", "open")
    choices = [name for name in _SHOWN if name != "rate" or known]
    shown = shown if shown in choices else "open"
    rates = {code: 1000 * one / people[code] for code in known if (one := cells["open"][code].value) is not None}
    titles = {"open": _("Open now"), "ended": _("Ended"), "rate": _("Open per 1,000 residents")}
    url = reverse("public:map")
    context: dict[str, Any] = {
        "rows": [
            {
                "name": reader.region(code) if code else _("Elsewhere, or place not known"),
                "open": pages.words(cells["open"][code]),
                "ended": pages.words(cells["ended"][code]),
                "people": f"{people[code]:,}" if code in people else "",
                "rate": f"{rates[code]:.2f}" if code in rates else "",
            }
            for code in [*codes, ""]
            if code or still[""] or over[""]
        ],
        "open": pages.words(cell(sum(still.values()))),
        "ended": pages.words(cell(sum(over.values()))),
        "rated": bool(known),
        "sources": sorted({row.source for code, row in outlines().items() if code in known and row.source}),
        "choices": [
            {"title": titles[name], "url": url if name == "open" else f"{url}?show={name}", "here": name == shown}
            for name in choices
        ],
        "shown": titles[shown],
        "drawing": maps.drawing(_places(reader, codes, cells, rates, shown), titles[shown], reader.language),
        "small": SMALL,
        "at": reader.moment(tables.at, reader.home_zone),
    }
    return render(request, "pages/public/map.html", context)


def _regions_without_outline(reader: Reader) -> list[str]:
    """Return what a table shows where no boundary was ever taken in."""
    home = reader.home
    return [row.id for row in reader.jurisdiction.region_children(home) if row.active] if home is not None else []


def _places(
    reader: Reader, codes: list[str], cells: dict[str, dict[str, Cell]], rates: dict[str, float], shown: str
) -> list[maps.Place]:
    counts = cells["ended" if shown == "ended" else "open"]
    values: dict[str, float | None] = {code: counts[code].value for code in codes}
    if shown == "rate":
        values = {code: rates.get(code) for code in codes}
    most = max((value for value in values.values() if value is not None), default=0.0)
    found = []
    for code in codes:
        value, name = values[code], reader.region(code)
        if shown == "rate":
            number = f"{value:.2f}" if value is not None else pages.short(HELD)
            said = f"{name}: {number}"
        else:
            number, said = pages.short(counts[code]), f"{name}: {pages.words(counts[code])}"
        found.append(maps.Place(code, name, number, maps.shade_of(value, most) if value is not None else None, said))
    return found
