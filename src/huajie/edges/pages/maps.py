"""
Maps drawn by the server as SVG, in web mercator: regions with a number and a link each, and marks on them.

No script is needed, and no tiles; where the operator set some (`tiles.py`), they lie below. A public map shows regions
and never a mark. What a map says stands in the table beside it as well.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import asinh, atan, ceil, degrees, log2, radians, sinh, tan
from typing import Final

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from huajie.apps.jurisdiction.queries import Outline, outlines
from huajie.core.jurisdiction import Jurisdiction
from huajie.edges.pages.reader import Reader
from huajie.edges.pages.tiles import Tiles

#: width of a drawing in its own units, and how high it may be
_WIDTH: Final = 640.0
_LOWEST, _HIGHEST = 200.0, 720.0
_MARGIN: Final = 6.0
#: widths of a Chinese and of another character of a name, in the units of the drawing
_WIDE, _NARROW = 16.0, 8.6
#: a region narrower than this has no number in it; the table does
_NARROWEST: Final = 26.0
#: no map goes nearer to the poles
_POLE: Final = 85.0
#: more pictures than this lie under no drawing
_MOST_TILES: Final = 80
#: shades, from nothing to most
SHADES: Final = 4


@dataclass(slots=True, frozen=True)
class Place:
    """One region of a map."""

    code: str
    name: str
    #: what stands in it
    number: str = ""
    #: 0 to SHADES; None: hatched, since its number is not shown
    shade: int | None = 0
    #: the whole sentence, for whoever can't see the drawing
    said: str = ""
    url: str = ""
    chosen: bool = False


@dataclass(slots=True, frozen=True)
class Mark:
    """One place on a map."""

    #: degrees
    longitude: float
    latitude: float
    #: what stands in it; empty: a point
    number: str
    #: the whole sentence, for whoever can't see the drawing
    said: str
    url: str = ""
    #: 0 for a point, to SHADES for the largest
    size: int = 0
    #: the reader's own
    own: bool = False


@dataclass(slots=True, frozen=True)
class Box:
    """What of the world a map shows: degrees, within what web mercator can draw."""

    west: float
    south: float
    east: float
    north: float

    @classmethod
    def around(cls, drawn: Iterable[Outline]) -> "Box | None":
        """Return the box that holds outlines, None where there are none."""
        points = [point for outline in drawn for ring in outline.rings for point in ring]
        if not points:
            return None
        xs, ys = [x for x, _ in points], [y for _, y in points]
        return cls(min(xs), max(-_POLE, min(ys)), max(xs), min(_POLE, max(ys)))

    @classmethod
    def at(cls, longitude: float, latitude: float, width: float) -> "Box":
        """Return the box of a width (degrees of longitude) around a place, four to three as a screen is."""
        middle, half = mercator(latitude), width * 3 / 8
        return cls(longitude - width / 2, unmercator(middle - half), longitude + width / 2, unmercator(middle + half))

    def near(self, longitude: float, latitude: float) -> bool:
        """Return whether a place is within the box or no farther from it than it is wide."""
        return (
            abs(longitude - self.middle[0]) <= 1.5 * self.width
            and abs(mercator(latitude) - mercator(self.middle[1])) <= 1.5 * self.width
        )

    def holding(self, longitude: float, latitude: float) -> "Box":
        """Return the box that holds this one and a place."""
        return Box(
            min(self.west, longitude),
            min(self.south, latitude),
            max(self.east, longitude),
            max(self.north, latitude),
        )

    @property
    def middle(self) -> tuple[float, float]:
        """Return longitude and latitude of the middle of its drawing."""
        return (self.west + self.east) / 2, unmercator((mercator(self.south) + mercator(self.north)) / 2)

    @property
    def width(self) -> float:
        """Return how wide a box of this shape, four to three, holds all of it."""
        return max(self.east - self.west, (mercator(self.north) - mercator(self.south)) * 4 / 3, 1e-6)


def mercator(latitude: float) -> float:
    """Return how far north a latitude is drawn, in degrees as long as those of longitude."""
    return degrees(asinh(tan(radians(max(-_POLE, min(_POLE, latitude))))))


def unmercator(northing: float) -> float:
    """Return the latitude that is drawn so far north."""
    return degrees(atan(sinh(radians(max(-180.0, min(180.0, northing))))))


def regions_on_map(reader: Reader, around: str | None = None) -> list[str]:
    """
    Return the codes of the regions that a map shows, all with an outline: those right below a region.

    Args:
        around: code of that region; left out, the one that the instance serves. One that is divided no further shows
            itself.
    """
    region = around or reader.home
    known = outlines()
    if region is None:
        return []
    found = [row.id for row in reader.jurisdiction.region_children(region) if row.active and row.id in known]
    return found or ([region] if around is not None and region in known else [])


def by_place(counts: Mapping[str, int], shown: Iterable[str], jurisdiction: Jurisdiction) -> dict[str, int]:
    """Return counts by the region of a map that each lies in; those that lie in none under the empty code."""
    found = dict.fromkeys([*shown, ""], 0)
    for region, count in counts.items():
        around = (region, *jurisdiction.region_ancestors(region)) if region else ()
        found[next((code for code in around if code in found), "")] += count
    return found


def picker(reader: Reader, chosen: str, anchor: str) -> SafeString:
    """
    Return a map on which a region of a form is chosen; empty where no boundary is known.

    Without a script a region leads to its line in the form's list, where nothing that was typed is lost; with one it
    chooses the line.

    Args:
        anchor: id of a list's line, `{code}` in it; or of the whole list.
    """
    around = {chosen, *reader.jurisdiction.region_ancestors(chosen)} if chosen in reader.jurisdiction.regions else set()
    places = [
        Place(code, reader.region(code), url=f"#{anchor.format(code=code)}", chosen=code in around)
        for code in regions_on_map(reader)
    ]
    return drawing(places, _("Places on a map"), reader.language, css="m-pick")


def where(reader: Reader, region: str, point: tuple[float, float] | None, *, tiles: Tiles | None = None) -> SafeString:
    """
    Return the small map of one matter; empty where its region and all around it have no outline.

    Args:
        region: code of the region of the problem.
        point: longitude and latitude, where whoever reads may see them; one far off the region is left out.
    """
    known = outlines()
    code = next((one for one in (region, *reader.jurisdiction.region_ancestors(region)) if one in known), None)
    box = Box.around([known[code]]) if code is not None else None
    if code is None or box is None:
        return mark_safe("")
    name = reader.region(code)
    marks = []
    if point is not None and box.near(*point):
        said = _("The place that was given, in %(region)s") % {"region": name}
        marks = [Mark(*point, "", said)]
        box = box.holding(*point)
    label = _("The place, in %(region)s") if marks else _("%(region)s on a map")
    place = Place(code, name, said=name)
    box = Box.at(*box.middle, 1.05 * box.width)
    return drawing(
        [place], label % {"region": name}, reader.language, css="m-plain m-small", box=box, marks=marks, tiles=tiles
    )


def shade_of(value: float, most: float) -> int:
    """Return the shade of a value: none is white, the largest is darkest."""
    return 0 if value <= 0 or most <= 0 else min(SHADES, 1 + int(SHADES * value / most))


def drawing(
    places: Sequence[Place],
    label: str,
    language: str,
    *,
    css: str = "",
    box: Box | None = None,
    marks: Sequence[Mark] = (),
    tiles: Tiles | None = None,
    known: Mapping[str, Outline] | None = None,
) -> SafeString:
    """
    Return the map of some regions; empty where none has an outline and no box is given.

    Args:
        label: what the whole shows.
        language: `zh` or `en`, for the room that names take.
        box: what it shows; left out, all of the regions.
        marks: drawn over the regions.
        tiles: what lies below.
        known: outlines to draw instead of those in force.
    """
    known = outlines() if known is None else known
    shown = [(place, known[place.code]) for place in places if place.code in known]
    box = box or Box.around(outline for _place, outline in shown)
    if box is None:
        return mark_safe("")
    frame = _Frame(box)
    tiled = " m-tiled" if tiles is not None else ""
    parts = [
        f'<svg class="map {css}{tiled}" viewBox="0 0 {_WIDTH:.0f} {frame.height:.0f}" role="group"'
        f' aria-label="{escape(label)}">'
        '<defs><pattern id="m-hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<line class="m-hatch" y2="7"/></pattern></defs>'
    ]
    if tiles is not None:
        parts += _tiles(tiles, frame)
    parts += [_region(place, outline, frame, language) for place, outline in shown]
    parts += [_mark(mark, frame) for mark in marks]
    parts.append("</svg>")
    return mark_safe("".join(parts))  # noqa: S308


class _Frame:
    """From degrees to the units of a drawing: web mercator, north is up."""

    def __init__(self, box: Box) -> None:
        self.west, self.north = box.west, mercator(box.north)
        width, height = max(box.east - box.west, 1e-9), max(self.north - mercator(box.south), 1e-9)
        self.scale = min((_WIDTH - 2 * _MARGIN) / width, (_HIGHEST - 2 * _MARGIN) / height)
        self.left = (_WIDTH - width * self.scale) / 2
        self.height = max(_LOWEST, height * self.scale + 2 * _MARGIN)
        self.top = (self.height - height * self.scale) / 2

    def at(self, x: float, y: float) -> tuple[float, float]:
        return self.left + (x - self.west) * self.scale, self.top + (self.north - mercator(y)) * self.scale


def _tiles(tiles: Tiles, frame: _Frame) -> list[str]:
    """Return the pictures that cover a drawing: at most forty or so, none of them enlarged beyond its own size."""
    zoom = max(tiles.least, min(tiles.most, ceil(log2(360 * frame.scale / 256))))
    size = 360 * frame.scale / 2**zoom
    # the corner of the world, from which tiles are counted
    left, top = frame.left - (frame.west + 180) * frame.scale, frame.top - (180 - frame.north) * frame.scale
    columns = range(max(0, int(-left // size)), min(2**zoom, int((_WIDTH - left) // size) + 1))
    rows = range(max(0, int(-top // size)), min(2**zoom, int((frame.height - top) // size) + 1))
    if len(columns) * len(rows) > _MOST_TILES:
        return []
    return [
        f'<image class="m-tile" href="{escape(tiles.url(zoom, x, y))}" x="{left + x * size:.2f}"'
        f' y="{top + y * size:.2f}" width="{size:.2f}" height="{size:.2f}"/>'
        for y in rows
        for x in columns
    ]


def _mark(mark: Mark, frame: _Frame) -> str:
    x, y = frame.at(mark.longitude, mark.latitude)
    own = " m-own" if mark.own else ""
    radius = 11 + 3 * mark.size + (3 if len(mark.number) > 2 else 0)
    inside = f'<title>{escape(mark.said)}</title><circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}"/>'
    if mark.number:
        inside += f'<text x="{x:.1f}" y="{y + 5:.1f}" text-anchor="middle">{escape(mark.number)}</text>'
    if mark.url:
        return f'<a class="m-m{own}" href="{escape(mark.url)}">{inside}</a>'
    return f'<g class="m-m{own}" role="img" aria-label="{escape(mark.said)}">{inside}</g>'


def _region(place: Place, outline: Outline, frame: _Frame, language: str) -> str:
    rings = [[frame.at(x, y) for x, y in ring] for ring in outline.rings]
    path = "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in ring[:-1]) + "Z" for ring in rings)
    room = max(x for x, _ in rings[0]) - min(x for x, _ in rings[0])
    x, y = frame.at(*outline.label)
    shade = "m-no" if place.shade is None else f"m-{place.shade}"
    chosen = " m-chosen" if place.chosen else ""
    inside = f'<title>{escape(place.said or place.name)}</title><path d="{path}" fill-rule="evenodd"/>'
    if place.shade is None:
        inside += f'<path class="m-over" d="{path}" fill="url(#m-hatch)"/>'
    lines = [place.name] if language == "zh" else place.name.split(" ", 1)
    wide = _WIDE if language == "zh" else _NARROW
    named = max(len(line) for line in lines) * wide < room
    if named:
        up = (len(lines) - 1) * 17 + (6 if place.number else 0)
        for n, line in enumerate(lines):
            more = " m-more" if n else ""
            inside += (
                f'<text class="m-name{more}" x="{x:.1f}" y="{y - up + n * 17:.1f}" text-anchor="middle">'
                f"{escape(line)}</text>"
            )
    if place.number and room > _NARROWEST:
        below = 17 if named else 6
        inside += (
            f'<text class="m-num" x="{x:.1f}" y="{y + below:.1f}" text-anchor="middle">{escape(place.number)}</text>'
        )
    data = f' data-region="{escape(place.code)}"'
    if place.url:
        current = ' aria-current="true"' if place.chosen else ""
        return f'<a class="m-r {shade}{chosen}" href="{escape(place.url)}"{data}{current}>{inside}</a>'
    return f'<g class="m-r {shade}{chosen}" role="img" aria-label="{escape(place.said or place.name)}">{inside}</g>'
