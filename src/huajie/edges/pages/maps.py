"""
Maps of regions, drawn by the server: an outline of each with a number and a link, no tiles and no script.

A map shows regions and never a point. What it says stands in the table beside it as well.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import cos, radians
from typing import Final

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from huajie.apps.jurisdiction.queries import Outline, outlines
from huajie.core.jurisdiction import Jurisdiction
from huajie.edges.pages.reader import Reader

#: width of a drawing in its own units, and how high it may be
_WIDTH: Final = 640.0
_LOWEST, _HIGHEST = 200.0, 720.0
_MARGIN: Final = 6.0
#: widths of a Chinese and of another character of a name, in the units of the drawing
_WIDE, _NARROW = 16.0, 8.6
#: a region narrower than this has no number in it; the table does
_NARROWEST: Final = 26.0
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


def regions_on_map(reader: Reader) -> list[str]:
    """Return the codes of the regions that a map of this instance shows: those right below its own, with an outline."""
    home = reader.home
    known = outlines()
    if home is None:
        return []
    return [row.id for row in reader.jurisdiction.region_children(home) if row.active and row.id in known]


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


def shade_of(value: float, most: float) -> int:
    """Return the shade of a value: none is white, the largest is darkest."""
    return 0 if value <= 0 or most <= 0 else min(SHADES, 1 + int(SHADES * value / most))


def drawing(places: Sequence[Place], label: str, language: str, *, css: str = "") -> SafeString:
    """
    Return the map of some regions; empty where none has an outline.

    Args:
        label: what the whole shows.
        language: `zh` or `en`, for the room that names take.
    """
    known = outlines()
    shown = [(place, known[place.code]) for place in places if place.code in known]
    if not shown:
        return mark_safe("")
    frame = _Frame([outline for _place, outline in shown])
    parts = [
        f'<svg class="map {css}" viewBox="0 0 {_WIDTH:.0f} {frame.height:.0f}" role="group"'
        f' aria-label="{escape(label)}">'
        '<defs><pattern id="m-hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<line class="m-hatch" y2="7"/></pattern></defs>'
    ]
    parts += [_region(place, outline, frame, language) for place, outline in shown]
    parts.append("</svg>")
    return mark_safe("".join(parts))  # noqa: S308


class _Frame:
    """From degrees to the units of a drawing: north is up, and a degree is as long as it is there."""

    def __init__(self, drawn: Sequence[Outline]) -> None:
        points = [point for outline in drawn for ring in outline.rings for point in ring]
        self.west = min(x for x, _ in points)
        self.north = max(y for _, y in points)
        south, east = min(y for _, y in points), max(x for x, _ in points)
        self.narrow = cos(radians((self.north + south) / 2))
        width, height = max((east - self.west) * self.narrow, 1e-9), max(self.north - south, 1e-9)
        self.scale = min((_WIDTH - 2 * _MARGIN) / width, (_HIGHEST - 2 * _MARGIN) / height)
        self.left = (_WIDTH - width * self.scale) / 2
        self.height = max(_LOWEST, height * self.scale + 2 * _MARGIN)
        self.top = (self.height - height * self.scale) / 2

    def at(self, x: float, y: float) -> tuple[float, float]:
        return self.left + (x - self.west) * self.narrow * self.scale, self.top + (self.north - y) * self.scale


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
