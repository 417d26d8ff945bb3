"""
The map for staff: how many matters lie in each region, or where those with a public place are, in clusters.

Both count what the seat may see in its lists, and every number opens the list behind it. A number under five is shown
to whoever answers for all that it counts and to nobody else; where it counts places, whoever answers for some of them
sees those. The view is in the address: a region or a square of the world, nearer and farther by links.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, log2
from typing import Any, Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from huajie.apps.jurisdiction.queries import outlines
from huajie.apps.matters.figures import RegionCount, by_region
from huajie.apps.matters.places import DEPTHS, Cluster, clusters, public_topics
from huajie.core.figures import SMALL, Cell, cell
from huajie.edges.desk.filters import MINE, UNKNOWN, Given, choosing, filters_of, link, read
from huajie.edges.desk.seated import Desk, at_seat, page
from huajie.edges.guard import guarded
from huajie.edges.pages import figures as pages
from huajie.edges.pages import maps, tiles
from huajie.edges.pages.forms import clean
from huajie.edges.pages.reader import Reader

#: What narrows the map.
_NARROW: Final = ("pack", "topic", "due", "closed", "seat")
PLACES: Final = "places"
#: Steps nearer: at step n a view is 360/2**n degrees wide.
_STEPS: Final = range(1, 17)
#: A view has this many squares of the grid across, or up to twice as many.
_ACROSS: Final = 4
_VIEW: Final = re.compile(r"(-?\d{1,3}(?:\.\d{1,5})?),(-?\d{1,2}(?:\.\d{1,5})?),(\d{1,2})")
#: No file has pictures nearer than this, and a browser keeps one for so many seconds.
_NEAREST, _KEPT = 24, 86_400
#: Rows of the table beside clusters; the largest first.
_LISTED: Final = 60


@dataclass(slots=True, frozen=True)
class _View:
    """What of the world is looked at."""

    #: the region that is looked into; None: the one that the instance serves
    region: str | None
    #: None: all of the region
    step: tuple[float, float, int] | None
    box: maps.Box | None

    @property
    def here(self) -> str:
        """Return longitude, latitude and step of the middle and how wide it is drawn, for the script."""
        if self.box is None:
            return ""
        longitude, latitude = self.box.middle
        step = self.step[2] if self.step is not None else _step_of(self.box)
        return f"{longitude:.5f},{latitude:.5f},{step},{self.box.east - self.box.west:.6f}"

    def moved(self, east: float, north: float, nearer: int = 0) -> str | None:
        """Return the view so many widths and heights away, as an address names it; None where there is no such one."""
        if self.box is None:
            return None
        step = (self.step[2] if self.step is not None else _step_of(self.box)) + nearer
        if step not in _STEPS:
            return None
        width = 360 / 2**step
        longitude, latitude = self.box.middle
        longitude += east * width
        latitude = maps.unmercator(maps.mercator(latitude) + north * width * 3 / 4)
        if not (-180 <= longitude <= 180 and -80 <= latitude <= 80):
            return None
        return f"{longitude:.5f},{latitude:.5f},{step}"


def _step_of(box: maps.Box) -> int:
    """Return the nearest step whose view holds a box."""
    return max(_STEPS[0], min(_STEPS[-1], int(log2(360 / box.width))))


def _view(params: Mapping[str, str], reader: Reader) -> _View:
    known = outlines()
    region: str | None = clean(params.get("in", ""))
    if region not in reader.jurisdiction.regions or region not in known:
        region = None
    found = _VIEW.fullmatch(clean(params.get("view", "")))
    if found is not None and known:
        longitude, latitude, step = float(found[1]), float(found[2]), int(found[3])
        if abs(longitude) <= 180 and abs(latitude) <= 80 and step in _STEPS:
            box = maps.Box.at(longitude, latitude, 360 / 2**step)
            return _View(region, (longitude, latitude, step), box)
    return _View(region, None, maps.Box.around(known[code] for code in maps.regions_on_map(reader, region)))


@require_safe
@at_seat("list")
def by_place(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show how many matters the seat may see in each region, or where those with a public place are."""
    reader = desk.reader
    url = reverse("desk:map")
    given = {name: value for name, value in read(request.GET)[0].items() if name in _NARROW}
    view = _view(request.GET, reader)
    placed = clean(request.GET.get("show", "")) == PLACES and view.box is not None
    carried = _carried(view, placed)
    found = _placed(desk, given, view) if placed else _counted(desk, given, view)
    choice = choosing(url, given, reader, desk.actor, ("pack", "topic"), **carried)
    context: dict[str, Any] = {
        "title": _("Map"),
        "toggles": choice.toggles,
        "facets": choice.facets,
        "clear": link(url, carried) if {"pack", "topic"} & set(given) else "",
        "small": SMALL,
        "shows": [
            {"title": _("By region"), "url": link(url, given, **{**carried, "show": None}), "here": not placed},
            {"title": _("Public places"), "url": link(url, given, **{**carried, "show": PLACES}), "here": placed},
        ]
        if view.box is not None
        else [],
        "placed": placed,
        "trail": _trail(url, given, carried, view, reader),
        "moves": _moves(url, given, carried, view),
        "at": view.here,
        "attribution": attribution(),
        **found,
    }
    return tiles.allowed(page(request, desk, "pages/desk/map.html", context, here="map"))


@guarded("list")
@require_safe
def tile(request: HttpRequest, zoom: int, x: int, y: int) -> HttpResponse:
    """Hand out one picture of the land below a map, from the operator's file."""
    found = tiles.picture(zoom, x, y) if zoom <= _NEAREST else None
    if found is None:
        raise Http404
    kept = {"Cache-Control": f"private, max-age={_KEPT}"}
    return HttpResponse(found, content_type=settings.HUAJIE_MAP.media_type, headers=kept)


def _carried(view: _View, placed: bool) -> dict[str, str]:
    """Return what the addresses of a page carry beside its filters."""
    found = {"show": PLACES} if placed else {}
    if view.region is not None:
        found["in"] = view.region
    if view.step is not None:
        found["view"] = "{:.5f},{:.5f},{}".format(*view.step)
    return found


def attribution() -> str:
    """Return who must be named beside a map; empty where nothing lies below it."""
    found = tiles.tiles()
    return found.attribution if found is not None else ""


def _trail(url: str, given: Given, carried: Mapping[str, str], view: _View, reader: Reader) -> list[dict[str, Any]]:
    """Return the regions around what is looked at, from the outermost, each with its map."""
    if reader.home is None:
        return []
    codes = [reader.home]
    if view.region is not None:
        above = [view.region, *reader.jurisdiction.region_ancestors(view.region)]
        inside = above[: above.index(reader.home)] if reader.home in above else above
        codes += reversed(inside)
    return [
        {
            "title": reader.region(code),
            "url": link(url, given, **{**carried, "view": None, "in": code if code != reader.home else None}),
            "here": n == len(codes) - 1,
        }
        for n, code in enumerate(codes)
    ]


def _moves(url: str, given: Given, carried: Mapping[str, str], view: _View) -> list[dict[str, str]]:
    """Return the links that go nearer, farther and aside."""
    found = []
    for title, sign, key, to in (
        (_("Nearer"), "+", "in", view.moved(0, 0, 1)),
        (_("Farther"), "−", "out", view.moved(0, 0, -1)),
        (_("West"), "←", "west", view.moved(-0.5, 0)),
        (_("North"), "↑", "north", view.moved(0, 0.5)),
        (_("South"), "↓", "south", view.moved(0, -0.5)),
        (_("East"), "→", "east", view.moved(0.5, 0)),
    ):
        if to is not None:
            found.append({"title": title, "sign": sign, "key": key, "url": link(url, given, **{**carried, "view": to})})
    return found


# by region


def _counted(desk: Desk, given: Given, view: _View) -> dict[str, Any]:
    """Return the drawing and the table of how many matters lie in each region."""
    reader, listed, url = desk.reader, reverse("desk:list"), reverse("desk:map")
    jurisdiction = reader.jurisdiction
    filters = filters_of(given, reader, desk.actor)
    found = by_region(desk.actor, *filters.condition(desk.actor), open=filters.open)
    if view.region is not None:
        found = {
            code: one
            for code, one in found.items()
            if view.region in (code, *(jurisdiction.region_ancestors(code) if code else ()))
        }
    codes = maps.regions_on_map(reader, view.region)
    outlined = bool(codes)
    if not outlined and reader.home is not None:
        codes = [row.id for row in jurisdiction.region_children(reader.home) if row.active]
    counts = maps.by_place({code: one.count for code, one in found.items()}, codes, jurisdiction)
    mine = maps.by_place({code: one.mine for code, one in found.items()}, codes, jurisdiction)
    elsewhere = [code for code in found if not code or not {code, *jurisdiction.region_ancestors(code)} & set(codes)]
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
    # one that is divided no further has nothing nearer to show by region
    divided = {code for code in codes if outlined and maps.regions_on_map(reader, code) not in ([], [code])}
    rows: list[dict[str, Any]] = [
        {
            "name": reader.region(code),
            "count": pages.number(cells[code], urls[code]),
            "nearer": link(url, given, **{"in": code}) if code in divided else "",
        }
        for code in codes
    ]
    # what lies elsewhere has no list of its own where it is several regions: each has
    rows += [
        {
            "name": reader.region(code) if code else _("Place not known"),
            "count": pages.number(shown_to(found[code]), link(listed, given, region=code or UNKNOWN)),
        }
        for code in sorted(elsewhere)
    ]
    return {
        "drawing": maps.drawing(places, _("Matters by region"), reader.language, box=view.box, tiles=tiles.tiles())
        if outlined
        else "",
        "rows": rows,
        "zooms": bool(divided),
        "total": pages.words(shown_to(RegionCount(sum(counts.values()), sum(mine.values())))),
    }


def shown_to(count: RegionCount) -> Cell:
    """Return a count as the reader may see it: small ones only where every matter counted is their own seat's."""
    return Cell(count.count) if count.mine == count.count else cell(count.count)


# by public place


def _placed(desk: Desk, given: Given, view: _View) -> dict[str, Any]:
    """Return the drawing and the table of where matters with a public place are."""
    reader, actor = desk.reader, desk.actor
    assert view.box is not None
    topics = public_topics(reader.jurisdiction.topics)
    filters = filters_of(given, reader, actor)
    depth = max(DEPTHS[0], min(DEPTHS[-1], ceil(log2(360 / view.box.width)) + _ACROSS))
    found = clusters(
        actor,
        *filters.condition(actor),
        topics,
        depth=depth,
        within=(view.box.west, view.box.south, view.box.east, view.box.north),
        open=filters.open,
    )
    marks, rows, kept = [], [], False
    most = max((one.count for one in found), default=0)
    for one in found:
        shown = shown_here(one)
        kept = kept or shown is None
        if shown is None:
            continue
        count, own = shown
        longitude, latitude = one.mine_at if own else one.at
        # the square, not the place: as near as the drawing says it
        spot = "{:.3f}, {:.3f}".format(*one.square.middle)
        name = reader.joined([reader.region(code) for code in dict.fromkeys(one.regions)])
        to = link(reverse("desk:list"), given, square=one.square.code, **({"seat": MINE} if own else {}))
        said = _("%(place)s: %(n)s of this seat") if own else _("%(place)s: %(n)s")
        size = 0 if count == 1 else maps.shade_of(count, most)
        number = "" if count == 1 else str(count)
        marks.append(maps.Mark(longitude, latitude, number, said % {"n": count, "place": name}, to, size, own))
        rows.append({"name": name, "spot": spot, "own": own, "count": pages.number(Cell(count), to)})
    places = _plain_regions(desk, given, view)
    return {
        "drawing": maps.drawing(
            places, _("Public places"), reader.language, css="m-plain", box=view.box, marks=marks, tiles=tiles.tiles()
        ),
        "rows": rows[:_LISTED],
        "more": max(0, len(rows) - _LISTED),
        "kept": kept,
        "topics": reader.joined([reader.topic(code) for code in topics]),
    }


def shown_here(one: Cluster) -> tuple[int, bool] | None:
    """
    Return how many matters of a square a reader is shown, and whether only those of their own seat.

    Fewer than five are shown to nobody but the seat that answers for them: of a square that holds others' too, their
    own.
    """
    if one.count >= SMALL or one.mine == one.count:
        return one.count, False
    return (one.mine, True) if one.mine else None


def _plain_regions(desk: Desk, given: Given, view: _View) -> Sequence[maps.Place]:
    """Return the regions below the clusters, each leading to its own map."""
    reader, url = desk.reader, reverse("desk:map")
    return [
        maps.Place(
            code,
            reader.region(code),
            url="" if code == view.region else link(url, given, **{"show": PLACES, "in": code}),
        )
        for code in maps.regions_on_map(reader, view.region)
    ]
