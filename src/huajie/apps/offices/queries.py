"""What seats and units have in hand, page by page, and whether anything open is without a person: all by key."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connections

from huajie.apps.jurisdiction.queries import snapshot
from huajie.apps.matters.loading import as_uuid, aware, db_uuid
from huajie.core.access import Actor, may, seat_lens, unit_relations

#: Relations by which a seat of its own stands in the lens.
SEATED = ("lead", "sponsor")
#: Relations by which a unit stands in the lens and that move when it closes.
OF_UNIT = ("lead", "asked", "supporting", "sponsor")

Key = tuple[datetime, UUID]


@dataclass(frozen=True, slots=True)
class Held:
    """One matter in which a seat or unit has something, with the key of its place."""

    stream: UUID
    due_at: datetime
    topic: str

    @property
    def key(self) -> Key:
        """Return the key after which the next page begins."""
        return self.due_at, self.stream


def may_arrange(actor: Actor, seat: str, *, using: str = "default") -> bool:
    """Return whether somebody may hand over what a seat has and say who covers it; False for no such seat."""
    jurisdiction = snapshot(using=using)
    row = jurisdiction.seats.get(seat)
    if row is None:
        return False
    return may("arrange", "ordinary", unit_relations(actor, row.unit, jurisdiction.superior(row.unit), seat=seat))


def _page(
    sql: str, values: list[Any], after: Key | None, limit: int, using: str, order: str = "p.due_at, p.matter"
) -> list[Held]:
    connection = connections[using]
    if after is not None:
        sql += " AND (p.due_at, p.matter) > (%s, %s)"
        values = [*values, connection.ops.adapt_datetimefield_value(after[0]), db_uuid(using, after[1])]
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} ORDER BY {order} LIMIT {int(limit)}", values)
        rows = cursor.fetchall()
    return [Held(as_uuid(row[0]), aware(row[1]), row[2]) for row in rows]


_FROM = "SELECT p.matter, p.due_at, m.topic FROM matters_party p JOIN matters_matter m ON m.id = p.matter WHERE"


def held_by_seat(
    seat: str,
    *,
    relations: Collection[str] = SEATED,
    after: Key | None = None,
    limit: int,
    using: str = "default",
) -> list[Held]:
    """Return open matters for which a seat answers as lead or as sponsor, soonest due first; one may stand twice."""
    ways = ", ".join(["%s"] * len(relations))
    sql = f"{_FROM} p.seat = %s AND p.relation IN ({ways}) AND p.open"
    return _page(sql, [seat, *relations], after, limit, using)


def held_by_unit(
    unit: str, relation: str, *, after: Key | None = None, limit: int, using: str = "default"
) -> list[Held]:
    """Return open matters to which a unit stands in a relation of OF_UNIT, soonest due first."""
    return _page(f"{_FROM} p.unit = %s AND p.relation = %s AND p.open", [unit, relation], after, limit, using)


def topics_of_seat(actor: Actor, seat: str, *, using: str = "default") -> dict[str, int]:
    """
    Return how many open matters a seat answers for by topic, without those that are closed to whoever asks.

    The caller has asked `may_arrange`. The work follows what this one seat has.
    """
    row = snapshot(using=using).seats[seat]
    sql, values = seat_lens(actor, row.unit, seat).matters(open=True)
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"SELECT m.topic, count(*) FROM ({sql}) x JOIN matters_matter m ON m.id = x.matter"  # noqa: S608
            " GROUP BY m.topic ORDER BY m.topic",
            values,
        )
        return dict(cursor.fetchall())


def sponsored_of_seat(actor: Actor, seat: str, *, using: str = "default") -> int:
    """Return how many open matters a seat sponsors, without those that are closed to whoever asks."""
    row = snapshot(using=using).seats[seat]
    sql, values = seat_lens(actor, row.unit, seat, relations=("sponsor",)).count(open=True)
    with connections[using].cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.fetchone()[0])


def open_of_seats(
    seats: Collection[str], *, relations: Collection[str] = SEATED, using: str = "default"
) -> dict[str, int]:
    """Return how many open matters each of these seats answers for; seats with none are left out."""
    if not seats:
        return {}
    marks, ways = ", ".join(["%s"] * len(seats)), ", ".join(["%s"] * len(relations))
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT seat, count(*) FROM matters_party"  # noqa: S608
            f" WHERE relation IN ({ways}) AND open AND seat IN ({marks}) GROUP BY seat",
            [*relations, *sorted(seats)],
        )
        return dict(cursor.fetchall())


_UNOWNED = """
WITH RECURSIVE heir(seat, answering) AS (
    SELECT id, id FROM jurisdiction_seat WHERE active
    UNION
    SELECT s.id, h.answering FROM jurisdiction_seat s JOIN heir h ON s.successor = h.seat WHERE NOT s.active
)
SELECT p.matter FROM matters_party p
WHERE p.relation = 'lead' AND p.open AND NOT EXISTS (
    SELECT 1 FROM heir h JOIN jurisdiction_posting t ON t.seat = h.answering
    WHERE h.seat = p.seat AND t.kind IN ('holder', 'cover') AND t.from_at <= %s AND (t.to_at IS NULL OR t.to_at > %s)
)
LIMIT 100
"""


def unowned(now: datetime, *, using: str = "default") -> list[UUID]:
    """
    Return open matters behind whose seat nobody sits at that moment, at most a hundred; there must be none.

    A closed seat is answered for by the last of its successors. It looks at every open matter.
    """
    connection = connections[using]
    at = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(_UNOWNED, [at, at])
        return [as_uuid(row[0]) for row in cursor.fetchall()]
