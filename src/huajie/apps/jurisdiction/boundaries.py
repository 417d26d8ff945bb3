"""
Where regions lie: boundaries taken in from GeoJSON, and the outlines that maps are drawn from.

Boundaries stand beside the ledger: a surveyor's correction changes no right and no duty by itself. Each one that is
replaced is kept with its version. Outlines are made once, when boundaries are written, for neighbours together, so
that they still meet; drawing needs no geometry library.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
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


#: what can be wrong, as the command says it: `at` is a region or the number of a feature, `detail` what stands there
FAULTS: Final = {
    "collection": "file: a GeoJSON FeatureCollection",
    "large": "file: more than {detail} MB; simplify it first",
    "empty": "file: it holds no feature",
    "system": "crs: WGS 84, longitude first (CRS84), not {detail}",
    "feature": "feature {at}: not a feature",
    "unnamed": "feature {at}: no property `region` and no id",
    "twice": "{at}: named twice",
    "population": "{at}: population is a whole number of residents, not {detail}",
    "region": "region: there is no {at}",
    "kind": "geometry: {at}: a GeoJSON Polygon or MultiPolygon",
    "unreadable": "geometry: {at}: {detail}",
    "crossing": "geometry: {at}: its rings cross or touch themselves ({detail})",
    "nothing": "geometry: {at}: it holds nothing",
    "corners": "geometry: {at}: more than {detail} corners: simplify it first",
    "degrees": "geometry: {at}: longitude lies between -180 and 180, latitude between -90 and 90, longitude first",
}


@dataclass(slots=True, frozen=True)
class Fault:
    """One thing that is wrong with what was given."""

    #: one of FAULTS
    code: str
    at: str = ""
    detail: str = ""

    def __str__(self) -> str:
        return FAULTS[self.code].format(at=self.at, detail=self.detail)


class BadBoundaries(ValueError):
    """What was given is no boundary of a region of ours."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


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
        raise BadBoundaries([Fault("collection")])
    system = document.get("crs")
    if system is not None:
        name = str((system.get("properties") or {}).get("name", "")) if isinstance(system, dict) else ""
        if not name.endswith(_WGS84):
            raise BadBoundaries([Fault("system", detail=name or repr(system)[:80])])
    found: dict[str, Given] = {}
    faults: list[Fault] = []
    for n, feature in enumerate(document.get("features") or [], 1):
        if not isinstance(feature, dict):
            faults.append(Fault("feature", str(n)))
            continue
        said = feature.get("properties") or {}
        code = str(said.get("region") or feature.get("id") or "")
        if not code:
            faults.append(Fault("unnamed", str(n)))
        elif code in found:
            faults.append(Fault("twice", code))
        population, source = said.get("population"), str(said.get("population_source") or "")
        if population is not None and (type(population) is not int or not 0 < population < 2_000_000_000):
            faults.append(Fault("population", code or str(n), repr(population)[:80]))
            population = None
        found[code] = Given(feature.get("geometry") or {}, population, source[:_LONGEST_SOURCE])
    if faults:
        raise BadBoundaries(faults)
    if not found:
        raise BadBoundaries([Fault("empty")])
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
    shapes, faults = _shapes(given, using)
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
        drawn, warnings = _draw(set(given), shapes, using)
        for code, outline in drawn.items():
            rows.filter(region=code).update(outline=json.dumps(outline))
    queries.forget_places(using)
    return warnings


@dataclass(slots=True, frozen=True)
class Trial:
    """What boundaries would do."""

    faults: tuple[Fault, ...]
    #: codes of regions that have none yet, of those whose boundary would be another one, and of those that keep theirs
    fresh: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    #: regions of which more than a hundredth would lie outside the region around them
    warnings: tuple[str, ...] = ()
    #: how everything that is drawn anew would look, by region: as `queries.outlines` has it
    outlines: Mapping[str, queries.Outline] = field(default_factory=dict)
    #: stands for what there is now: another one, and a review is out of date
    stamp: str = ""


def try_boundaries(given: Mapping[str, Given], *, actor: Actor, using: str = "default") -> Trial:
    """
    Return what `set_boundaries` would do with these, writing nothing.

    Raises:
        NotAllowed: the actor may not change the jurisdiction.
    """
    must_change(actor)
    shapes, faults = _shapes(given, using)
    if faults:
        return Trial(tuple(faults))
    known = {
        row.region: row for row in Boundary.objects.using(using).only("region", "geometry", "version", "population")
    }
    fresh, changed, same = [], [], []
    for code, one in given.items():
        row = known.get(code)
        if row is None:
            fresh.append(code)
        elif json.loads(row.geometry) != one.geometry or one.population not in (None, row.population):
            changed.append(code)
        else:
            same.append(code)
    drawn, warnings = _draw(set(given), shapes, using)
    outlines = {code: queries.read_outline(json.dumps(outline), "", None, "") for code, outline in drawn.items()}
    now = sorted((code, row.version) for code, row in known.items())
    stamp = json.dumps([queries.snapshot(using=using).version, now])
    return Trial(
        (), tuple(fresh), tuple(changed), tuple(same), warnings, outlines, hashlib.sha256(stamp.encode()).hexdigest()
    )


def _shapes(given: Mapping[str, Given], using: str) -> "tuple[dict[str, BaseGeometry], list[Fault]]":
    """Return the geometries by region, and everything that is wrong with them."""
    regions = queries.snapshot(using=using).regions
    shapes: dict[str, BaseGeometry] = {}
    faults = []
    for code, one in given.items():
        if code not in regions:
            faults.append(Fault("region", code))
            continue
        found = _shape(one.geometry)
        if isinstance(found, tuple):
            faults.append(Fault(found[0], code, found[1]))
        else:
            shapes[code] = found
    return shapes, faults


def _shape(geometry: Mapping[str, Any]) -> "BaseGeometry | tuple[str, str]":
    """Return a geometry; or the code of what is wrong with it, and what stands there."""
    # loaded here only: it brings numpy along, a fifth of a web process
    from shapely import get_num_coordinates
    from shapely.errors import ShapelyError
    from shapely.geometry import shape
    from shapely.validation import explain_validity

    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        return "kind", ""
    try:
        found = shape(geometry)
        valid = found.is_valid
    except (ShapelyError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        return "unreadable", str(error)
    if not valid:
        return "crossing", explain_validity(found)
    if found.is_empty:
        return "nothing", ""
    if get_num_coordinates(found) > MOST_POINTS:
        return "corners", str(MOST_POINTS)
    west, south, east, north = found.bounds
    if not (-180 <= west and east <= 180 and -90 <= south and north <= 90):
        return "degrees", ""
    return found


def _draw(
    changed: set[str], shapes: "dict[str, BaseGeometry]", using: str
) -> tuple[dict[str, dict[str, Any]], tuple[str, ...]]:
    """Return the outlines of every changed region and its neighbours, and what lies outside the region around it."""
    from shapely import coverage_is_valid, coverage_simplify
    from shapely.geometry import shape

    regions = queries.snapshot(using=using).regions
    stored = {
        code: shape(json.loads(geometry))
        for code, geometry in Boundary.objects.using(using).values_list("region", "geometry")
        if code in regions and code not in shapes
    } | shapes
    outlines: dict[str, dict[str, Any]] = {}
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
            outlines[code] = _outline(simple if not simple.is_empty else whole)
            if around is not None and whole.difference(around).area > _OUTSIDE * whole.area:
                warnings.append(f"{code}: part of it lies outside {parent}")
    # one that changed around others may leave them outside
    for parent in changed:
        for child in sorted(stored):
            if regions[child].parent == parent and child not in changed:
                outside = stored[child].difference(stored[parent]).area
                if outside > _OUTSIDE * stored[child].area:
                    warnings.append(f"{child}: part of it lies outside {parent}")
    return outlines, tuple(dict.fromkeys(warnings))


def _outline(drawn: "BaseGeometry") -> dict[str, Any]:
    from shapely.geometry import mapping

    found = mapping(drawn)
    parts = found["coordinates"] if found["type"] == "MultiPolygon" else [found["coordinates"]]
    label = drawn.representative_point()
    return {
        "rings": [[[round(x, 6), round(y, 6)] for x, y, *_ in ring] for part in parts for ring in part],
        "label": [round(label.x, 6), round(label.y, 6)],
    }
