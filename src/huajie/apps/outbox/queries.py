"""What waits, what failed, which letters are to be printed. Never an address or a name; to administrators no number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connections
from django.db.models import Count

from huajie.apps.matters import loading
from huajie.apps.outbox.models import Message
from huajie.apps.outbox.operations import STUCK
from huajie.core.access import Actor, allowed, lens

#: Counted so far: a page must cost the same however much lies there.
MOST = 1000


@dataclass(frozen=True, slots=True)
class Heap:
    """So many messages of one kind."""

    way: str
    state: str
    fault: str
    count: int


@dataclass(frozen=True, slots=True)
class Stuck:
    """One message that waits for a person: nothing of the matter or whoever it was for."""

    id: UUID
    way: str
    event: str
    state: str
    fault: str
    attempts: int
    queued_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """The letters of one matter that wait to be printed or posted: one sheet tells of all."""

    stream: UUID
    number: str
    count: int
    since: datetime
    printed: bool


@dataclass(frozen=True, slots=True)
class Told:
    """That somebody was told, as their own page shows it."""

    way: str
    state: str
    queued_at: datetime
    sent_at: datetime | None


def heaps(actor: Actor, *, using: str = "default") -> list[Heap]:
    """Return what waits and what failed, by way, state and fault, each state counted up to MOST."""
    if not allowed(actor, None, "manage_outbox"):
        return []
    found: list[Heap] = []
    for state in ("waiting", *STUCK):
        rows = Message.objects.using(using).filter(state=state).order_by("state", "way", "next_at")
        ids = rows.values("id")[:MOST]
        counted = Message.objects.using(using).filter(id__in=ids).values("way", "fault").annotate(count=Count("id"))
        found += [Heap(row["way"], state, row["fault"], row["count"]) for row in counted.order_by("way", "fault")]
    return found


def stuck(actor: Actor, *, after: UUID | None = None, limit: int = 50, using: str = "default") -> list[Stuck]:
    """Return messages that wait for a person, one page by key."""
    if not allowed(actor, None, "manage_outbox"):
        return []
    rows = Message.objects.using(using).filter(state__in=STUCK)
    if after is not None:
        rows = rows.filter(id__gt=after)
    return [
        Stuck(row.id, row.way, row.event, row.state, row.fault, row.attempts, row.queued_at)
        for row in rows.order_by("id")[:limit]
    ]


def letters(
    actor: Actor, *, after: tuple[datetime, UUID] | None = None, limit: int = 20, using: str = "default"
) -> list[Waiting]:
    """
    Return the matters with letters to print or to post whose address the actor may open, longest waiting first.

    Args:
        after: since and stream of the last row of the page before.
    """
    adapt = connections[using].ops.adapt_datetimefield_value
    may, values = _openable(actor, using)
    having, more = "", []
    if after is not None:
        having = " HAVING (min(o.next_at), o.matter) > (%s, %s)"
        more = [adapt(after[0]), loading.db_uuid(using, after[1])]
    sql = (
        "SELECT o.matter, m.number, count(*), min(o.next_at), max(CASE WHEN o.state = 'waiting' THEN 1 ELSE 0 END)"
        " FROM outbox_message o JOIN matters_matter m ON m.id = o.matter"
        f" WHERE o.way = 'letter' AND o.state IN ('waiting', 'printed') AND {may}"
        f" GROUP BY o.matter, m.number{having} ORDER BY min(o.next_at), o.matter LIMIT {int(limit)}"
    )
    with connections[using].cursor() as cursor:
        cursor.execute(sql, [*values, *more])
        rows = cursor.fetchall()
    return [Waiting(_uuid(row[0]), row[1], int(row[2]), loading.aware(row[3]), printed=not row[4]) for row in rows]


def letters_among(actor: Actor, streams: Sequence[UUID], *, using: str = "default") -> list[UUID]:
    """Return those of some matters that have a letter whose address the actor may open."""
    if not streams:
        return []
    may, values = _openable(actor, using)
    marks = ", ".join(["%s"] * len(streams))
    sql = (
        "SELECT DISTINCT o.matter FROM outbox_message o JOIN matters_matter m ON m.id = o.matter"
        f" WHERE o.matter IN ({marks}) AND o.way = 'letter' AND o.state IN ('waiting', 'printed') AND {may}"
    )
    with connections[using].cursor() as cursor:
        cursor.execute(sql, [*(loading.db_uuid(using, one) for one in streams), *values])
        found = {_uuid(row[0]) for row in cursor.fetchall()}
    return [one for one in streams if one in found]


def _openable(actor: Actor, using: str) -> tuple[str, list[object]]:
    """Return the condition on `m` that the actor may open who brought a matter."""
    plain, values = lens(actor, "open_identity", "act").predicate("m.id")
    strict, more = lens(actor, "open_confidential_identity", "act").predicate("m.id")
    ready = [loading.db_uuid(using, one) if isinstance(one, UUID) else one for one in (*values, *more)]
    return f"((m.mode = 'open' AND {plain}) OR (m.mode = 'confidential' AND {strict}))", ready


def told_of(stream: UUID, *, using: str = "default") -> list[Told]:
    """Return what was sent to the resident of a matter, newest first, at most twenty; never where to."""
    rows = Message.objects.using(using).filter(matter=stream).order_by("-n")[:20]
    return [Told(row.way, row.state, row.queued_at, row.sent_at) for row in rows]


def _uuid(value: object) -> UUID:
    return value if isinstance(value, UUID) else UUID(str(value))
