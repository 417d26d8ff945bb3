"""
Where regions lie: boundaries taken in from GeoJSON, and the outlines that maps are drawn from.

Boundaries stand beside the ledger: a surveyor's correction changes no right and no duty by itself. Each one that is
replaced is kept with its version. Outlines are made once, when boundaries are written, for neighbours together, so
that they still meet; drawing needs no geometry library.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from huajie.apps.jurisdiction import queries
from huajie.apps.jurisdiction.models import Boundary, PastBoundary
from huajie.apps.jurisdiction.operations import must_change
from huajie.core.access import Actor

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

#: corners that one boundary may have
MOST_POINTS: Final = 50_000
#: share of a region that may lie outside the region around it before we say so: surveys differ a little
_OUTSIDE: Final = 0.01
#: an outline leaves out what is smaller than this share of the map
_FINENESS: Final = 1 / 700
_LONGEST_SOURCE: Final = 200
#: names of the one coordinate system that is taken
_WGS84: Final = ("CRS84", "EPSG::4326", "EPSG:4326")


class BadBoundaries(ValueError):
    """What was given is no boundary of a region of ours; each line begins with where it is wrong."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


@dataclass(slots=True, frozen=True)
class Given:
    """One boundary to be taken in."""

    #: GeoJSON Polygon or MultiPolygon, WGS 84, longitude first
    geometry: Mapping[str, Any]
    #: residents; None leaves what was said before
    population: int | None = None
    #: where that number is from, and of which year
    source: str = ""


def read_collection(document: Any) -> dict[str, Given]:
    """
    Return the boundaries in a GeoJSON FeatureCollection.

    Each feature names its region by the property `region`, or by its `id`; it may say `population` (residents) and
    `population_source`.

    Raises:
        BadBoundaries: it is no such collection, is in another coordinate system, or names a region twice.
    """
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        raise BadBoundaries(["file: a GeoJSON FeatureCollection"])
    system = document.get("crs")
    if system is not None:
        name = str((system.get("properties") or {}).get("name", "")) if isinstance(system, dict) else ""
        if not name.endswith(_WGS84):
            raise BadBoundaries([f"crs: WGS 84, longitude first (CRS84), not {name or system!r}"])
    found: dict[str, Given] = {}
    faults: list[str] = []
    for n, feature in enumerate(document.get("features") or [], 1):
        if not isinstance(feature, dict):
            faults.append(f"feature {n}: not a feature")
            continue
        said = feature.get("properties") or {}
        code = str(said.get("region") or feature.get("id") or "")
        if not code:
            faults.append(f"feature {n}: no property `region` and no id")
        elif code in found:
            faults.append(f"{code}: named twice")
        population, source = said.get("population"), str(said.get("population_source") or "")
        if population is not None and (type(population) is not int or not 0 < population < 2_000_000_000):
            faults.append(f"{code or n}: population is a whole number of residents, not {population!r}")
            population = None
        found[code] = Given(feature.get("geometry") or {}, population, source[:_LONGEST_SOURCE])
    if faults:
        raise BadBoundaries(faults)
    if not found:
        raise BadBoundaries(["file: it holds no feature"])
    return found


def set_boundaries(
    given: Mapping[str, Given], *, actor: Actor, now: datetime, using: str = "default"
) -> tuple[str, ...]:
    """
    Say where regions lie: all of them, or none where one is wrong.

    Args:
        given: by code of a known region.
    Returns:
        Warnings: regions of which more than a hundredth lies outside the region around them.
    Raises:
        NotAllowed: the actor may not change the jurisdiction.
        BadBoundaries: no such region, or not such a geometry.
    """
    must_change(actor)
    regions = queries.snapshot(using=using).regions
    shapes: dict[str, BaseGeometry] = {}
    faults = []
    for code, one in given.items():
        if code not in regions:
            faults.append(f"region: there is no {code}")
            continue
        try:
            shapes[code] = _shape(one.geometry)
        except ValueError as error:
            faults.append(f"geometry: {code}: {error}")
    if faults:
        raise BadBoundaries(faults)
    with transaction.atomic(using=using):
        rows = Boundary.objects.using(using)
        known = {row.region: row for row in rows.filter(region__in=list(given))}
        PastBoundary.objects.using(using).bulk_create(
            PastBoundary(
                region=row.region,
                version=row.version,
                geometry=row.geometry,
                changed_at=row.changed_at,
                replaced_at=now,
            )
            for row in known.values()
        )
        for code, one in given.items():
            before = known.get(code)
            row = before or Boundary(region=code, version=0)
            row.geometry, row.changed_at, row.version = json.dumps(one.geometry), now, row.version + 1
            if one.population is not None:
                row.population, row.population_source = one.population, one.source
            row.save(using=using, force_insert=before is None)
        warnings = _draw(set(given), shapes, using)
    queries.forget_places(using)
    return warnings


def _shape(geometry: Mapping[str, Any]) -> "BaseGeometry":
    """Return a geometry; ValueError says what is wrong with it."""
    # loaded here only: it brings numpy along, a fifth of a web process
    from shapely import get_num_coordinates
    from shapely.errors import ShapelyError
    from shapely.geometry import shape
    from shapely.validation import explain_validity

    if geometry.get("type") not in ("Polygon", "MultiPolygon"):
        raise ValueError("a GeoJSON Polygon or MultiPolygon")
    try:
        found = shape(geometry)
        valid = found.is_valid
    except (ShapelyError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise ValueError(str(error)) from error
    if not valid:
        raise ValueError(f"its rings cross or touch themselves ({explain_validity(found)})")
    if found.is_empty:
        raise ValueError("it holds nothing")
    if get_num_coordinates(found) > MOST_POINTS:
        raise ValueError(f"more than {MOST_POINTS} corners: simplify it first")
    west, south, east, north = found.bounds
    if not (-180 <= west and east <= 180 and -90 <= south and north <= 90):
        raise ValueError("longitude lies between -180 and 180, latitude between -90 and 90, longitude first")
    return found


def _draw(changed: set[str], shapes: "dict[str, BaseGeometry]", using: str) -> tuple[str, ...]:
    """Make the outlines of every changed region and its neighbours anew; return what lies outside the region around."""
    from shapely import coverage_is_valid, coverage_simplify
    from shapely.geometry import shape

    regions = queries.snapshot(using=using).regions
    stored = {
        code: shapes.get(code) or shape(json.loads(geometry))
        for code, geometry in Boundary.objects.using(using).values_list("region", "geometry")
        if code in regions
    }
    warnings = []
    for parent in {regions[code].parent for code in changed}:
        group = [code for code in sorted(stored) if regions[code].parent == parent]
        around = stored.get(parent) if parent is not None else None
        drawn = [stored[code] for code in group]
        bounds = [one.bounds for one in drawn]
        width = max(box[2] for box in bounds) - min(box[0] for box in bounds)
        height = max(box[3] for box in bounds) - min(box[1] for box in bounds)
        fine = max(width, height) * _FINENESS
        if coverage_is_valid(drawn):
            # neighbours keep the line that they share
            plain = list(coverage_simplify(drawn, fine))
        else:
            plain = [one.simplify(fine) for one in drawn]
        for code, whole, simple in zip(group, drawn, plain, strict=True):
            outline = json.dumps(_outline(simple if not simple.is_empty else whole))
            Boundary.objects.using(using).filter(region=code).update(outline=outline)
            if around is not None and whole.difference(around).area > _OUTSIDE * whole.area:
                warnings.append(f"{code}: part of it lies outside {parent}")
    # one that changed around others may leave them outside
    for parent in changed:
        for child in sorted(stored):
            if regions[child].parent == parent and child not in changed:
                outside = stored[child].difference(stored[parent]).area
                if outside > _OUTSIDE * stored[child].area:
                    warnings.append(f"{child}: part of it lies outside {parent}")
    return tuple(dict.fromkeys(warnings))


def _outline(drawn: "BaseGeometry") -> dict[str, Any]:
    from shapely.geometry import mapping

    found = mapping(drawn)
    parts = found["coordinates"] if found["type"] == "MultiPolygon" else [found["coordinates"]]
    label = drawn.representative_point()
    return {
        "rings": [[[round(x, 6), round(y, 6)] for x, y, *_ in ring] for part in parts for ring in part],
        "label": [round(label.x, 6), round(label.y, 6)],
    }
