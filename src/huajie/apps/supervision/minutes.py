"""
Minutes of a review: who was there, what the board said, what was decided by whom, who owes it and by when.

They are made from what was frozen and decided, never typed anew: only the chair's remarks are words of their own. Every
version is kept with who wrote it; its hash stands in the stream of supervision. What the chair confirms is the last:
from then on neither the minutes nor what was decided there change. Those present are seats of offices and never
residents, and a point names its matter by its number; its words stand in the matter, for whoever may read them there.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from django.db import connections

from huajie.apps.jurisdiction import queries as jurisdiction_queries
from huajie.apps.ledger.operations import Changes, TableSpec, commit_changes, register_table
from huajie.apps.matters import loading
from huajie.apps.matters.queries import rows_of
from huajie.apps.supervision import reviews
from huajie.apps.supervision.queries import fetch
from huajie.apps.supervision.reviews import Decided, ReviewRefused, chair_of, day_of
from huajie.apps.supervision.stream import append
from huajie.core.access import Actor, lens
from huajie.core.ledger import canonical, stamp
from huajie.core.masking import shapes

MINUTES = register_table(
    TableSpec(
        "supervision_minutes",
        {
            "day": "date",
            "version": "int",
            "document": "text",
            "hash": "text",
            "written_at": "moment",
            "unit": "text",
            "seat": "text",
            "confirmed_at": "moment",
        },
        key=("day", "version"),
    )
)

#: Characters of the remarks, and of what is said about one point.
LONGEST: Final = 4000
#: Seats that may be named as present.
MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the minutes of a review."""

    day: date
    version: int
    document: dict[str, Any]
    hash: str
    written_at: datetime
    #: who wrote it
    unit: str
    seat: str
    confirmed_at: datetime | None


def versions(day: date | None = None, *, using: str = "default") -> tuple[Version, ...]:
    """Return every version of the minutes of a review, or of all reviews, the oldest first."""
    where, values = ("WHERE day = %s", [day]) if day is not None else ("", [])
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT day, version, document, hash, written_at, unit, seat, confirmed_at FROM supervision_minutes"
            f" {where} ORDER BY day, version",
            values,
        )
        return tuple(
            Version(
                day_of(row[0]),
                row[1],
                json.loads(row[2]),
                row[3],
                loading.aware(row[4]),
                row[5],
                row[6],
                loading.aware(row[7]) if row[7] is not None else None,
            )
            for row in cursor.fetchall()
        )


def hash_of(document: Mapping[str, Any]) -> str:
    """Return the hash that the entry holds and the page prints."""
    return sha256(canonical(dict(document))).hexdigest()


def compose(
    review: reviews.Review,
    decided: Sequence[Decided],
    last: Sequence[Decided],
    *,
    numbers: Mapping[UUID, tuple[str, str, str]],
    present: Sequence[tuple[str, str]],
    words: str,
    said: Mapping[int, str],
) -> dict[str, Any]:
    """
    Return the minutes as a document.

    Args:
        decided: what was decided in this review.
        last: what was decided in the one before, as it stands now.
        numbers: of each matter its number, pack and lead unit.
        present: unit and seat of each who was there.
        words: remarks of the chair.
        said: what is remarked on a decision, by the number of its entry.
    """
    assert review.held_at is not None
    return {
        "day": review.day.isoformat(),
        "held_at": stamp(review.held_at),
        "chair": list(review.chair),
        "present": [list(one) for one in present],
        "snapshot": review.snapshot,
        "points": [{**_point(one, numbers), "said": said.get(one.entry, "")} for one in decided],
        "last": [{**_point(one, numbers), "done": one.done} for one in last],
        "words": words,
    }


def _point(one: Decided, numbers: Mapping[UUID, tuple[str, str, str]]) -> dict[str, Any]:
    number, pack, unit = numbers[one.matter]
    return {
        "entry": one.entry,
        "number": number,
        "pack": pack,
        "lead": unit,
        "kind": one.kind,
        "act": one.act,
        "by": [one.unit, one.seat],
        "owner": one.owner,
        "due": one.due_date.isoformat() if one.due_date is not None else None,
    }


def _now(
    day: date, *, present: Sequence[tuple[str, str]], words: str, said: Mapping[int, str], using: str
) -> dict[str, Any]:
    """Return the minutes as they would be written now."""
    before = reviews.before(day, using=using)
    decided = reviews.decisions([day], using=using)
    last = reviews.decisions([before], using=using) if before is not None else ()
    rows = rows_of({one.matter for one in (*decided, *last)}, using=using)
    numbers = {stream: (row.number, row.pack, row.unit) for stream, row in rows.items()}
    return compose(
        reviews.review(day, using=using), decided, last, numbers=numbers, present=present, words=words, said=said
    )


def write(
    day: date,
    *,
    present: Sequence[str],
    words: str,
    said: Mapping[int, str],
    seen: int,
    actor: Actor,
    now: datetime,
    using: str = "default",
) -> Version:
    """
    Write the minutes of a review, or correct them: a new version, where anything is different.

    Args:
        present: seats by code.
        words, said: as for `compose`; nothing in them may tell who somebody is.
        seen: number of the version that whoever corrects had in front of them, 0 where there was none.
    Raises:
        ReviewRefused: `role`, `none`, `early` (not held), `settled` (confirmed), `changed` (somebody else wrote a
            version meanwhile), `seat` (no such seat), `long`, `person` (words that tell who somebody is).
        Conflict: others wrote at the same moment.
    """
    who = chair_of(actor, using=using)
    if reviews.review(day, using=using).held_at is None:
        raise ReviewRefused("early")
    known = versions(day, using=using)
    if known and known[-1].confirmed_at is not None:
        raise ReviewRefused("settled")
    if seen != len(known):
        raise ReviewRefused("changed")
    texts = (words, *said.values())
    if any(len(text) > LONGEST for text in texts):
        raise ReviewRefused("long")
    if any(shapes(text) for text in texts):
        raise ReviewRefused("person")
    seats = jurisdiction_queries.snapshot(using=using).seats
    chosen = list(dict.fromkeys(present))
    if len(chosen) > MOST or any(code not in seats for code in chosen):
        raise ReviewRefused("seat")
    there = sorted((seats[code].unit, code) for code in chosen)
    document = _now(
        day, present=there, words=words, said={key: text for key, text in said.items() if text}, using=using
    )
    told = hash_of(document)
    if known and known[-1].hash == told:
        return known[-1]
    version = Version(day, len(known) + 1, document, told, now, actor.unit or "", actor.seat or "", None)
    changes = Changes()
    effect = {"e": "minutes.written", "day": day.isoformat(), "version": version.version, "hash": told}
    append(changes, "supervision.minutes-written", [[effect]], now=now, using=using, actor=who)
    written = canonical(document).decode()
    changes.insert(MINUTES, [(day, version.version, written, told, now, version.unit, version.seat, None)])
    commit_changes(changes, using=using)
    return version


def confirm(day: date, *, told: str, actor: Actor, now: datetime, using: str = "default") -> None:
    """
    Confirm the minutes as the seat that had the chair; nothing of them or of what was decided changes afterwards.

    Args:
        told: hash of the version that the chair has read.
    Raises:
        ReviewRefused: `role`, `none`, `chair` (another seat had it), `settled`, `changed` (that version is not the
            newest), `behind` (something was decided since it was written).
        Conflict: others wrote at the same moment.
    """
    who = chair_of(actor, using=using)
    review = reviews.review(day, using=using)
    known = versions(day, using=using)
    if not known:
        raise ReviewRefused("none")
    newest = known[-1]
    if newest.confirmed_at is not None:
        raise ReviewRefused("settled")
    if review.chair[1] != actor.seat:
        raise ReviewRefused("chair")
    if newest.hash != told:
        raise ReviewRefused("changed")
    if [one.entry for one in reviews.decisions([day], using=using)] != [
        point["entry"] for point in newest.document["points"]
    ]:
        raise ReviewRefused("behind")
    changes = Changes()
    effect = {"e": "minutes.confirmed", "day": day.isoformat(), "version": newest.version, "hash": told}
    append(changes, "supervision.minutes-confirmed", [[effect]], now=now, using=using, actor=who)
    key = {"day": day, "version": newest.version}
    changes.update(MINUTES, key, {"confirmed_at": now}, {"hash": told})
    commit_changes(changes, using=using)


def words_of(actor: Actor, decided: Sequence[Decided], *, using: str = "default") -> dict[int, dict[str, str]]:
    """
    Return by entry the words that came with each decision, text by text: of those matters alone that an actor may list
    and read, in one statement.
    """
    if not decided:
        return {}
    reach, values = lens(actor, "list", "read_text").predicate("t.matter")
    marks = ", ".join(["(%s, %s)"] * len(decided))
    places = [value for one in decided for value in (one.matter, one.n)]
    rows = fetch(
        using,
        "SELECT t.matter, t.n, t.name, t.body FROM matters_text t"
        f" WHERE (t.matter, t.n) IN (VALUES {marks}) AND {reach}",
        [*places, *values],
    )
    found: dict[tuple[UUID, int], dict[str, str]] = {}
    for matter, n, name, body in rows:
        found.setdefault((loading.as_uuid(matter), n), {})[name] = body
    return {one.entry: found[one.matter, one.n] for one in decided if (one.matter, one.n) in found}
