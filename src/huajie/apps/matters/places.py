"""
Where matters are, for officers: clusters in the squares of a grid, and never a place that could be a home.

A matter has a place on the map where somebody gave its point, it is ordinary, and its topic says that such problems
are about public places (core/jurisdiction `Topic.public_place`). A sealed matter or a child's is not here whatever its
topic says: their points lie in the vault. The grid is in degrees and the same for everybody, so that a square has one
address; what is counted in one and what a list shows of it is one condition.

The newest point of a matter holds. Packs of ours call it `point`; one that calls it otherwise has no place on the map.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connections

from huajie.apps.matters.loading import db_uuid
from huajie.core.access import Actor, lens
from huajie.core.jurisdiction import Topic

#: A square of this depth is 360/2**depth degrees wide: 9 is two thirds of a degree, 20 about 30 metres.
DEPTHS: Final = range(5, 21)
#: No map has more squares than this; its view chooses the depth so that it needs fewer.
MOST: Final = 600

_CELL: Final = re.compile(r"(\d{1,2})\.(\d{1,7})\.(\d{1,7})")
#: of a point as it is kept: `["116.397000","39.908000"]`
_PAIR: Final = r'^\["-?[0-9]{1,3}[.][0-9]+","-?[0-9]{1,2}[.][0-9]+"\]$'
#: database -> longitude and latitude of a text `t`; nothing where it is no pair
_DEGREES: Final = {
    "sqlite": ("CAST(substr(t.body, 3) AS REAL)", "CAST(substr(t.body, instr(t.body, ',') + 2) AS REAL)"),
    "postgresql": tuple(
        f"(CASE WHEN t.body ~ '{_PAIR}' THEN split_part(t.body, '\"', {n})::float8 END)" for n in (2, 4)
    ),
}
_WHOLE: Final = {"sqlite": "CAST({} AS INTEGER)", "postgresql": "CAST(floor({}) AS bigint)"}
_NEWEST: Final = (
    "t.name = 'point' AND NOT EXISTS"
    " (SELECT 1 FROM matters_text u WHERE u.matter = t.matter AND u.name = 'point' AND u.n > t.n)"
)


@dataclass(slots=True, frozen=True)
class Square:
    """One square of the grid."""

    depth: int
    x: int
    y: int

    @property
    def code(self) -> str:
        """Return how an address names it."""
        return f"{self.depth}.{self.x}.{self.y}"

    @property
    def middle(self) -> tuple[float, float]:
        """Return longitude and latitude of its middle."""
        size = 360 / 2**self.depth
        return (self.x + 0.5) * size - 180, (self.y + 0.5) * size - 90


@dataclass(slots=True, frozen=True)
class Cluster:
    """Matters in one square."""

    square: Square
    count: int
    #: how many of them the reader's own seat answers for
    mine: int
    #: longitude and latitude: the mean of their places, and of those of the seat's own
    at: tuple[float, float]
    mine_at: tuple[float, float]
    #: codes of the first and the last region that they lie in, mostly the same
    regions: tuple[str, str]


def square_of(code: str) -> Square | None:
    """Return the square that an address names, None where there is none of that name."""
    found = _CELL.fullmatch(code)
    if found is None:
        return None
    depth, x, y = (int(one) for one in found.groups())
    return Square(depth, x, y) if depth in DEPTHS and x < 2**depth and y < 2 ** (depth - 1) else None


def public_topics(topics: Iterable[Topic]) -> tuple[str, ...]:
    """Return the codes of the topics whose places are public."""
    return tuple(sorted(topic.id for topic in topics if topic.public_place))


def _grid(depth: int, vendor: str) -> tuple[str, str]:
    longitude, latitude = _DEGREES[vendor]
    scale = f"{2**depth}.0 / 360.0"
    return (
        _WHOLE[vendor].format(f"({longitude} + 180.0) * {scale}"),
        _WHOLE[vendor].format(f"({latitude} + 90.0) * {scale}"),
    )


def condition_of_square(square: Square, topics: Sequence[str], *, using: str = "default") -> tuple[str, list[Any]]:
    """Return a condition on `matters_matter m`, with its values: it has a public place in this square."""
    if not topics:
        return "1 = 0", []
    x, y = _grid(square.depth, connections[using].vendor)
    return (
        f"m.sensitivity = 'ordinary' AND m.topic IN ({', '.join(['%s'] * len(topics))}) AND m.id IN"  # noqa: S608
        f" (SELECT t.matter FROM matters_text t WHERE {_NEWEST} AND {x} = %s AND {y} = %s)",
        [*topics, square.x, square.y],
    )


def clusters(
    actor: Actor,
    condition: str,
    values: Sequence[Any],
    topics: Sequence[str],
    *,
    depth: int,
    within: tuple[float, float, float, float],
    open: bool | None,
    using: str = "default",
) -> list[Cluster]:
    """
    Return the matters with a public place that an actor may see in a list, by square, in one statement.

    Args:
        condition: on `m`, as `Filters.condition` gives it with its values; empty when nothing narrows.
        topics: those whose places are public.
        within: west, south, east and north, degrees.
    Returns:
        At most MOST, those with most matters first.
    """
    if not topics:
        return []
    connection = connections[using]
    longitude, latitude = _DEGREES[connection.vendor]
    x, y = _grid(depth, connection.vendor)
    sql, lens_values = lens(actor, "list", "read_text").matters(open=open)
    narrow = f" AND {condition}" if condition else ""
    west, south, east, north = within
    given: list[Any] = [actor.seat or "", *lens_values, *topics, west, east, south, north, *values]
    adapt = connection.ops.adapt_datetimefield_value
    prepared = [
        db_uuid(using, one) if isinstance(one, UUID) else adapt(one) if isinstance(one, datetime) else one
        for one in given
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT x, y, count(*), sum(mine), avg(lon), avg(lat),"  # noqa: S608
            " avg(CASE WHEN mine = 1 THEN lon END), avg(CASE WHEN mine = 1 THEN lat END), min(region), max(region) FROM"
            f" (SELECT m.region, {x} AS x, {y} AS y, {longitude} AS lon, {latitude} AS lat,"
            " CASE WHEN m.seat = %s THEN 1 ELSE 0 END AS mine"
            " FROM matters_matter m JOIN matters_text t ON t.matter = m.id"
            f" WHERE m.id IN ({sql}) AND m.sensitivity = 'ordinary'"
            f" AND m.topic IN ({', '.join(['%s'] * len(topics))}) AND {_NEWEST}"
            f" AND {longitude} BETWEEN %s AND %s AND {latitude} BETWEEN %s AND %s{narrow}) q"
            f" GROUP BY x, y ORDER BY count(*) DESC, x, y LIMIT {MOST}",
            prepared,
        )
        return [
            Cluster(
                Square(depth, int(column), int(row)),
                int(count),
                int(mine),
                (float(lon), float(lat)),
                (float(mine_lon or 0), float(mine_lat or 0)),
                (first, last),
            )
            for column, row, count, mine, lon, lat, mine_lon, mine_lat, first, last in cursor.fetchall()
        ]


def place_of(texts: Mapping[tuple[int, str], str]) -> tuple[int, tuple[float, float]] | None:
    """
    Return the newest point among the texts of a matter, with the number of its entry; None where it has none.

    Whether it may be shown is another question: see `Topic.public_place`.
    """
    found = [(n, body) for (n, name), body in texts.items() if name == "point"]
    if not found:
        return None
    n, body = max(found)
    try:
        longitude, latitude = (float(one) for one in json.loads(body))
    except (ValueError, TypeError):
        return None
    return n, (longitude, latitude)
