"""
The yearly audit of who looked into minors' files: asked, let in, by whom and for how long, and every look.

It counts acts of officers by unit and seat. Nothing here tells of the child, and no line stands for a resident.

Source: 未成年人网络保护条例 art. 36 (approval before access, a record of each), art. 37 (a yearly audit, reported).
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connections

from huajie.apps.ledger import queries as ledger_queries
from huajie.apps.matters.loading import as_uuid, db_uuid
from huajie.core.ledger import moment, stamp
from huajie.core.procedure.common import SHARED

#: Matters whose entries are read together.
PAGE = 200


@dataclass(slots=True)
class SeatAudit:
    """What one seat did with minors' files in a year."""

    unit: str
    seat: str
    #: Requests to be let in; how they ended, for those asked from this seat.
    asked: int = 0
    approved: int = 0
    refused: int = 0
    revoked: int = 0
    #: Days for which it was let in, approvals together, as they were given.
    days: float = 0.0
    #: Looks by purpose.
    looks: Counter[str] = field(default_factory=Counter)
    #: Looks of somebody who was let in then; the others were made by right of the seat.
    let_in: int = 0
    #: How often data was handed to another body.
    shared: int = 0
    #: Decisions made from this seat on others' requests.
    decided: int = 0

    @property
    def looks_in_all(self) -> int:
        """Return how often it looked."""
        return sum(self.looks.values())


@dataclass(slots=True)
class Audit:
    """One year."""

    since: datetime
    until: datetime
    #: Minors' files on the books at its end, and those of them that somebody looked into.
    files: int = 0
    looked_into: int = 0
    seats: list[SeatAudit] = field(default_factory=list)


def audit_minors(since: datetime, until: datetime, *, using: str = "default") -> Audit:
    """
    Return the audit of a year, seats in the order of unit and code.

    Args:
        since, until: aware; from this moment, to before that one.
    """
    found = Audit(since, until)
    seats: dict[tuple[str, str], SeatAudit] = {}
    first, last = stamp(since), stamp(until)

    def of(unit: str | None, seat: str | None) -> SeatAudit:
        place = (unit or "", seat or "")
        return seats.setdefault(place, SeatAudit(*place))

    for stream in _minors(until, using):
        found.files += 1
        looked = False
        #: person -> place from which they asked, and until when they are let in
        asked: dict[str, tuple[str | None, str | None]] = {}
        let_in: dict[str, str] = {}
        for body in ledger_queries.bodies_since(stream, 0, using=using):
            counts = first <= body["at"] < last
            actor = body["actor"]
            me = of(actor.get("unit"), actor.get("seat")) if counts and actor["kind"] == "seat" else None
            for effect in body["effects"]:
                kind = effect["e"]
                if kind == "access.asked":
                    asked[effect["person"]] = (effect["unit"], effect["seat"])
                    if counts:
                        of(effect["unit"], effect["seat"]).asked += 1
                elif kind == "access.approved":
                    let_in[effect["person"]] = effect["until"]
                    if counts:
                        seat = of(*asked[effect["person"]])
                        seat.approved += 1
                        seat.days += (moment(effect["until"]) - moment(body["at"])).total_seconds() / 86_400
                        if me is not None:
                            me.decided += 1
                elif kind == "access.ended":
                    let_in.pop(effect["person"], None)
                    if counts and effect["how"] in ("refused", "revoked"):
                        seat = of(*asked[effect["person"]])
                        setattr(seat, effect["how"], getattr(seat, effect["how"]) + 1)
                        if me is not None:
                            me.decided += 1
                elif kind == "identity.opened" and counts:
                    seat = of(effect["unit"], effect["seat"])
                    if effect["what"] == SHARED:
                        seat.shared += 1
                        continue
                    looked = True
                    seat.looks[effect["purpose"]] += 1
                    seat.let_in += let_in.get(actor.get("person") or "", "") > body["at"]
        found.looked_into += looked
    found.seats = [one for _place, one in sorted(seats.items()) if _did_anything(one)]
    return found


def _did_anything(seat: SeatAudit) -> bool:
    return bool(
        seat.asked or seat.looks or seat.shared or seat.decided or seat.approved or seat.refused or seat.revoked
    )


def _minors(until: datetime, using: str) -> Iterator[UUID]:
    connection = connections[using]
    last: Any = db_uuid(using, UUID(int=0))
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM matters_matter WHERE sensitivity = 'minor' AND recorded_at < %s AND id > %s"
                " ORDER BY id LIMIT %s",
                [connection.ops.adapt_datetimefield_value(until), last, PAGE],
            )
            rows = [row[0] for row in cursor.fetchall()]
        for row in rows:
            yield as_uuid(row)
        if len(rows) < PAGE:
            return
        last = rows[-1]
