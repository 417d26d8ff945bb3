"""
Reading the jurisdiction: the snapshot now, the snapshot at any version, who asks, and where a point lies.

A snapshot is kept in the process and replaced when the head row names another entry. A write that relies on one guards
on `version_guard(HEAD, snapshot.version)`, so a stale snapshot can delay a write and never spoil one.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connections, transaction

from huajie.apps.jurisdiction.models import Account, Boundary
from huajie.apps.jurisdiction.rows import STORED, settings_of
from huajie.apps.ledger import queries as ledger
from huajie.core.access import Actor, actor_for
from huajie.core.jurisdiction import STREAM, Jurisdiction, apply

if TYPE_CHECKING:
    # Geometry brings numpy along, a fifth of a web process: loaded by the first point that somebody sends.
    from shapely import STRtree
    from shapely.geometry.base import BaseGeometry

_SETTINGS = "backstop_unit, backstop_seat, intake_unit, intake_seat, pool, conflict_days"


class NoSuchVersion(LookupError):
    """The jurisdiction stream has no entry of that number."""


@dataclass(slots=True)
class _Cached:
    snapshot: Jurisdiction
    #: Leaf hash of the entry it shows: two databases, or one restored, may share a version and not this.
    head: bytes | None
    checked: float


_cache: dict[str, _Cached] = {}


def snapshot(*, using: str = "default", max_age: float = 0.0) -> Jurisdiction:
    """
    Return the jurisdiction as it stands.

    Args:
        using: Django's name of the database.
        max_age: seconds for which a snapshot looked at before is taken as it is, without a query. A writer may give
            a large one, since the write checks the version again; after a refusal it asks once more with 0.
    """
    cached = _cache.get(using)
    now = monotonic()
    if cached is not None and now - cached.checked < max_age:
        return cached.snapshot
    version, head = _head(using)
    if cached is None or cached.snapshot.version != version or cached.head != head:
        return _read(using)
    cached.checked = now
    return cached.snapshot


def remember(using: str, fresh: Jurisdiction, head: bytes | None) -> None:
    """Keep the snapshot that a write has just left."""
    _cache[using] = _Cached(fresh, head, monotonic())


def forget(using: str = "default") -> None:
    """Drop what is kept for a database, for whoever replaces it under a running process."""
    _cache.pop(using, None)
    _histories.pop(using, None)
    forget_places(using)
    _names.clear()


def head_of(*, using: str = "default") -> tuple[int, bytes | None]:
    """Return version and leaf hash of the newest entry that the projection shows."""
    return _head(using)


def _head(using: str) -> tuple[int, bytes | None]:
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT version, head FROM jurisdiction_head WHERE id = 1")
        row = cursor.fetchone()
    if row is None:
        return 0, None
    return row[0], bytes(row[1]) if row[1] is not None else None


def _read(using: str) -> Jurisdiction:
    # Several statements see several moments: read again until the head before and after is the same.
    while True:
        before = _head(using)
        found = read_rows(using=using)
        if before == _head(using):
            remember(using, found, before[1])
            return found


def read_rows(*, using: str = "default") -> Jurisdiction:
    """Return the snapshot that the projection rows make, whatever is kept in the process."""
    tables: dict[str, Any] = {}
    with connections[using].cursor() as cursor:
        for stored in STORED:
            cursor.execute(f"SELECT {', '.join(stored.spec.columns)} FROM {stored.spec.name}")  # noqa: S608
            tables[stored.table] = [stored.value_of(row) for row in cursor.fetchall()]
        cursor.execute(f"SELECT version, {_SETTINGS} FROM jurisdiction_head WHERE id = 1")  # noqa: S608
        row = cursor.fetchone()
    if row is None:
        return Jurisdiction.empty()
    return Jurisdiction.of(row[0], settings=settings_of(row[1:]), **tables)


class History:
    """
    Every version of the jurisdiction, folded from its stream; versions share the tables that did not change.

    One object reads the stream once. `verify` makes its own, so that it never trusts what a process has kept.
    """

    def __init__(self, *, using: str = "default") -> None:
        self.using = using
        self._versions: list[Jurisdiction] = [Jurisdiction.empty()]

    def at(self, version: int) -> Jurisdiction:
        """
        Return the snapshot that entry `version` left; 0 gives the empty one.

        Raises:
            NoSuchVersion: the stream ends before it.
        """
        if version >= len(self._versions):
            for body in ledger.bodies_since(STREAM, len(self._versions) - 1, using=self.using):
                self._versions.append(apply(self._versions[-1], body["n"], body["effects"]))
        if not 0 <= version < len(self._versions):
            raise NoSuchVersion(f"the jurisdiction has no version {version}")
        return self._versions[version]


_histories: dict[str, tuple[bytes | None, History]] = {}


def snapshot_at(version: int, *, using: str = "default") -> Jurisdiction:
    """
    Return the jurisdiction as entry `version` of its stream left it.

    Raises:
        NoSuchVersion: there is no such entry.
    """
    current = snapshot(using=using)
    if current.version == version:
        return current
    head = _cache[using].head
    known = _histories.get(using)
    if known is None or known[0] != head:
        known = _histories[using] = (head, History(using=using))
    return known[1].at(version)


def versions(*, using: str = "default") -> Callable[[int], Jurisdiction | None]:
    """Return a function from version to snapshot, None where the stream has no such entry; it reads the stream once."""
    history = History(using=using)

    def find(version: int) -> Jurisdiction | None:
        try:
            return history.at(version)
        except NoSuchVersion:
            return None

    return find


def actor_of(
    account: Account, seat: str | None, *, at: datetime, using: str = "default", max_age: float = 0.0
) -> Actor:
    """
    Return the actor that a signed-in account is when acting from a seat (None: its first).

    Args:
        max_age: as for `snapshot`; what is acted on has its version checked by the write anyway.
    Raises:
        NotSeated: the person does not sit there now.
    """
    return actor_for(snapshot(using=using, max_age=max_age), account.person.hex, seat, at)


#: seconds for which an officer's name is shown as it was read; (database, person) -> (name, read at)
_NAMES_AGE = 30.0
_NAMES_MOST = 10_000
_names: dict[tuple[str, str], tuple[str | None, float]] = {}


def display_names(persons: frozenset[str], *, using: str = "default") -> dict[str, str]:
    """Return the names of officers by uuid hex, at most half a minute old; those without an account are left out."""
    now = monotonic()
    missing = [
        person for person in persons if (known := _names.get((using, person))) is None or now - known[1] > _NAMES_AGE
    ]
    if missing:
        if len(_names) > _NAMES_MOST:
            _names.clear()
        found = Account.objects.using(using).filter(person__in=[UUID(hex=person) for person in missing])
        read = {person.hex: name for person, name in found.values_list("person", "display_name")}
        _names.update({(using, person): (read.get(person), now) for person in missing})
    names = {person: known[0] for person in persons if (known := _names.get((using, person))) is not None}
    return {person: name for person, name in names.items() if name is not None}


# Places ---------------------------------------------------------------------------------------------------------------

_PLACES_MAX_AGE = 60.0


@dataclass(slots=True)
class _Places:
    regions: list[str]
    shapes: "list[BaseGeometry]"
    tree: "STRtree"
    stamp: tuple[Any, ...]
    checked: float = field(default_factory=monotonic)


_places: dict[str, _Places] = {}


def region_at(longitude: float, latitude: float, *, using: str = "default") -> str | None:
    """
    Return the code of the innermost active region that holds a point, or None when no boundary does.

    Args:
        longitude, latitude: degrees, WGS 84. A point on a border belongs to the region first by code, so that the
            same point always has the same answer.
    Raises:
        ValueError: not a place on Earth.
    """
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise ValueError(f"no such place: {longitude}, {latitude}")
    from shapely.geometry import Point

    places = _load_places(using)
    point = Point(longitude, latitude)
    jurisdiction = snapshot(using=using, max_age=_PLACES_MAX_AGE)
    found = []
    for index in places.tree.query(point):
        code = places.regions[index]
        region = jurisdiction.regions.get(code)
        if region is not None and region.active and places.shapes[index].covers(point):
            found.append((-len(jurisdiction.region_ancestors(code)), code))
    return min(found)[1] if found else None


def _load_places(using: str) -> _Places:
    from shapely import STRtree
    from shapely.geometry import shape

    known = _places.get(using)
    if known is not None and monotonic() - known.checked < _PLACES_MAX_AGE:
        return known
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute("SELECT count(*), max(changed_at) FROM jurisdiction_boundary")
        stamp = tuple(cursor.fetchone())
    if known is None or known.stamp != stamp:
        rows = sorted(Boundary.objects.using(using).values_list("region", "geometry"))
        shapes = [shape(json.loads(geometry)) for _, geometry in rows]
        known = _places[using] = _Places([region for region, _ in rows], shapes, STRtree(shapes), stamp)
    known.checked = monotonic()
    return known


def forget_places(using: str = "default") -> None:
    """Drop the boundaries kept in the process."""
    _places.pop(using, None)
    _outlines.pop(using, None)


@dataclass(slots=True, frozen=True)
class Outline:
    """One region as a map draws it."""

    #: rings of (longitude, latitude), holes among them
    rings: tuple[tuple[tuple[float, float], ...], ...]
    #: where its name stands
    label: tuple[float, float]
    #: residents, and where that number is from
    population: int | None
    source: str


@dataclass(slots=True)
class _Drawn:
    outlines: dict[str, Outline]
    stamp: tuple[Any, ...]
    checked: float = field(default_factory=monotonic)


_outlines: dict[str, _Drawn] = {}


def outlines(*, using: str = "default") -> Mapping[str, Outline]:
    """Return the outlines of all regions that have one, at most a minute old."""
    known = _outlines.get(using)
    if known is not None and monotonic() - known.checked < _PLACES_MAX_AGE:
        return known.outlines
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT count(*), max(changed_at) FROM jurisdiction_boundary")
        stamp = tuple(cursor.fetchone())
    if known is None or known.stamp != stamp:
        rows = Boundary.objects.using(using).values_list(
            "region", "outline", "geometry", "population", "population_source"
        )
        known = _outlines[using] = _Drawn(
            {
                code: read_outline(outline, geometry, *more)
                for code, outline, geometry, *more in rows.order_by("region")
            },
            stamp,
        )
    known.checked = monotonic()
    return known.outlines


def read_outline(outline: str | None, geometry: str, population: int | None, source: str) -> Outline:
    """Return an outline from what is kept of it; the geometry itself where there is none."""
    if outline is not None:
        drawn = json.loads(outline)
        rings, label = drawn["rings"], drawn["label"]
    else:
        found = json.loads(geometry)
        parts = found["coordinates"] if found["type"] == "MultiPolygon" else [found["coordinates"]]
        rings = [ring for part in parts for ring in part]
        xs, ys = zip(*((x, y) for x, y, *_ in rings[0]), strict=True)
        label = ((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2)
    return Outline(
        tuple(tuple((x, y) for x, y, *_ in ring) for ring in rings), (label[0], label[1]), population, source
    )


def persons_named(usernames: frozenset[str], *, using: str = "default") -> dict[str, str]:
    """Return the persons (uuid hex) behind sign-in names of accounts that work; unknown ones are left out."""
    found = Account.objects.using(using).filter(username__in=usernames, is_active=True)
    return {username: person.hex for username, person in found.values_list("username", "person")}
