"""
Calendars in force: what is shipped, and what was published here since.

Publishing a year is an entry of its own stream. The document is kept in the ledger under its hash; matters whose due
dates were provisional are set again by an entry each (`apps/matters`), never silently.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from time import monotonic
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connections

from huajie.apps.ledger import queries as ledger_queries
from huajie.apps.ledger.operations import (
    Changes,
    TableSpec,
    add_document,
    add_entries,
    commit_changes,
    register_table,
    version_guard,
)
from huajie.apps.procedure.calendars import load_calendars
from huajie.core.access import Actor, allowed
from huajie.core.clocks import Calendar, canonical_json
from huajie.core.jurisdiction import Jurisdiction
from huajie.core.ledger import Draft, seal_entries

HEAD = register_table(TableSpec("procedure_head", {"id": "int", "version": "int"}, key=("id",)))
IN_FORCE = register_table(TableSpec("procedure_calendar", {"calendar": "text", "hash": "text"}, key=("calendar",)))

#: the stream of published calendars
STREAM = UUID("00000000-0000-7000-8000-000063616c00")
#: counts for regions that nobody gave a calendar
DEFAULT = "cn"


class NotAllowed(Exception):
    """Publishing a calendar is for administrators."""


class UnknownCalendar(LookupError):
    """No calendar has this id: one of those that `huajie` ships, see docs/clocks.md."""


@dataclass(slots=True)
class _Cached:
    version: int
    calendars: dict[str, Calendar]
    checked: float


_cache: dict[str, _Cached] = {}


def calendars(*, using: str = "default", max_age: float = 0.0) -> tuple[int, dict[str, Calendar]]:
    """
    Return the version and every calendar in force.

    Args:
        max_age: seconds for which what was looked at before is taken as it is; the write checks the version again.
    """
    known = _cache.get(using)
    now = monotonic()
    if known is not None and now - known.checked < max_age:
        return known.version, known.calendars
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT version FROM procedure_head WHERE id = 1")
        version = cursor.fetchone()[0]
        if known is not None and known.version == version:
            known.checked = now
            return version, known.calendars
    found = dict(load_calendars())
    for identity, name in published(using=using).items():
        content = ledger_queries.document(name, using=using)
        if content is None:
            raise UnknownCalendar(f"{identity}: the document {name[:12]} is not kept")
        found[identity] = Calendar.from_document(json.loads(content))
    _cache[using] = _Cached(version, found, now)
    return version, found


def published(*, using: str = "default") -> dict[str, str]:
    """Return the hash of each calendar that was published here, by its id."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT calendar, hash FROM procedure_calendar")
        return dict(cursor.fetchall())


def forget(using: str = "default") -> None:
    """Look again at the next use."""
    _cache.pop(using, None)


def calendar_for(
    chosen: str, region: str | None, jurisdiction: Jurisdiction, in_force: dict[str, Calendar]
) -> Calendar:
    """
    Return the calendar that counts for a matter.

    Args:
        chosen: what the pack says: `region`, or the id of a calendar.
        region: code of the matter's region.
        in_force: from `calendars()`.
    Raises:
        UnknownCalendar: neither pack nor region names one that exists.
    """
    identity = chosen
    if chosen == "region":
        row = jurisdiction.regions.get(region)
        identity = row.calendar if row is not None and row.calendar else DEFAULT
    try:
        return in_force[identity]
    except KeyError:
        raise UnknownCalendar(identity) from None


def calendar_bytes(calendar: Calendar) -> bytes:
    """Return what the calendar's hash is the hash of; names of days may be in any script, also as keys."""
    return canonical_json(calendar.to_document()).encode()


def publish(
    identity: str,
    year: int,
    *,
    off: Sequence[date],
    worked: Sequence[date],
    source: str,
    actor: Actor,
    now: datetime,
    using: str = "default",
) -> Calendar:
    """
    Put a year's official arrangement in force.

    Args:
        off, worked: days off and make-up working days, as the official paper has them.
        source: the paper's title and number.
    Returns:
        The calendar as it now counts. Call `apps.matters.operations.reset_provisional` afterwards.
    Raises:
        NotAllowed, UnknownCalendar: as they say.
    """
    if actor.kind != "system" and not allowed(actor, None, "change_jurisdiction"):
        raise NotAllowed(identity)
    version, found = calendars(using=using)
    if identity not in found:
        raise UnknownCalendar(identity)
    calendar = found[identity].with_published(year, off, worked, source)
    entries = ledger_queries.entries_of(STREAM, using=using)
    draft = Draft(
        kind="calendar.published",
        public_kind="policy",
        actor={"kind": actor.kind, "person": actor.person, "seat": actor.seat, "unit": actor.unit}
        if actor.kind == "seat"
        else {"kind": actor.kind},
        effects=[
            {"e": "calendar.published", "calendar": identity, "year": year, "hash": calendar.hash, "source": source}
        ],
        calendar=calendar.hash,
    )
    sealed = seal_entries(
        [draft],
        stream=STREAM,
        case_ref=sha256(b"calendars" + settings.HUAJIE_KEYS["number"]).digest()[:16],
        n=len(entries) + 1,
        prev=entries[-1].leaf_hash if entries else None,
        at=now,
        seeds=[os.urandom(32)],
    )
    changes = Changes()
    add_entries(changes, sealed, random=os.urandom)
    add_document(changes, "calendar", calendar_bytes(calendar), at=now)
    changes.upsert(IN_FORCE, [(identity, calendar.hash)])
    changes.update(HEAD, {"id": 1}, {"version": version + 1}, {"version": version})
    commit_changes(changes, using=using)
    forget(using)
    return calendar


def head_guard(version: int) -> Any:
    """Require that no calendar was published since this version was read."""
    return version_guard(HEAD, version)
