"""
Opening what the vault holds: first the entry is on disk, then the value is read, and it is read once.

Whoever asks again opens again: a repeat of the same request gets the entry that was made and no value.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connections

from huajie.apps.attachments.queries import files_of
from huajie.apps.attachments.uploads import listed
from huajie.apps.ledger import queries as ledger_queries
from huajie.apps.matters import loading
from huajie.apps.matters.errors import UnknownMatter
from huajie.apps.matters.loading import as_uuid, db_uuid
from huajie.apps.matters.operations import Order, Tip, Written, act
from huajie.apps.matters.projection import view_of
from huajie.apps.matters.queries import OpenedFile, texts_of
from huajie.apps.vault import operations as vault
from huajie.core.access import Actor, allowed, lens, relations
from huajie.core.figures import SMALL
from huajie.core.masking import Span, pieces
from huajie.core.procedure import (
    IDENTITY_OPENED,
    OWN_TEXTS,
    PURPOSE_WORDS,
    State,
    handed_out,
    has_files,
    may_open,
    still_held,
)
from huajie.core.procedure.common import PEOPLE, SHARED

#: Seconds for which the public count is shown without counting again.
COUNT_AGE = 300.0


@dataclass(slots=True, frozen=True)
class OpenedText:
    """One text with what was taken out of it in place."""

    n: int
    name: str
    #: (what stands there, what was taken out instead of it or None)
    parts: tuple[tuple[str, Span | None], ...]


@dataclass(slots=True, frozen=True)
class Revealed:
    """What an opening showed; `shown` is False for a repeat, which shows nothing."""

    written: Written
    shown: bool
    contact: Mapping[str, str]
    texts: tuple[OpenedText, ...]
    #: (`participant_contacts`, `spokespersons` or `agent`, place on the receipts or in the list, contact)
    people: tuple[tuple[str, int, Mapping[str, str]], ...] = ()
    #: pictures and papers that `file_in_hand` hands to whoever opened them: id, name, type, size
    files: tuple[Mapping[str, Any], ...] = ()


def what_may_open(actor: Actor, tip: Tip) -> tuple[str, ...]:
    """Return what of a matter the actor may open, with a purpose, as far as there is something."""
    state = tip.state
    assert state is not None
    held = relations(actor, view_of(state, tip.stream.hex))
    found: list[str] = []
    known = [*(["contact"] if tip.contact is not None else []), *(name for name in PEOPLE if name in state.texts)]
    found += [what for what in known if may_open(what, state.mode, state.sensitivity, held, actor)]
    if may_open("masked", state.mode, state.sensitivity, held, actor):
        found.append("masked")
    if may_open("file", state.mode, state.sensitivity, held, actor):
        found.append("file")
    if has_files(tip.pack, state) and may_open("attachments", state.mode, state.sensitivity, held, actor):
        found.append("attachments")
    return tuple(found)


def open_identity(
    which: UUID | str,
    *,
    what: str,
    purpose: str,
    said: str,
    actor: Actor,
    now: datetime,
    seen: int | None = None,
    idempotency: tuple[str, str, str] | None = None,
    using: str = "default",
) -> Revealed:
    """
    Open the contact, what was taken out of the texts, or a minor's file, for a purpose.

    Args:
        what: one of core/procedure OPENED.
        purpose: a code of core/procedure PURPOSES.
        said: the purpose in own words.
    Raises:
        Refused: everything that is missing.
        UnknownMatter, Denied, Changed, KeyReused: as `act`.
        Unreadable: the entry is on disk, the value can't be read: the vault's key is not the right one.
    """
    texts = {PURPOSE_WORDS: said} if said.strip() else {}
    inputs: dict[str, Any] = {name: value for name, value in (("what", what), ("purpose", purpose)) if value}
    written = act(
        which,
        Order(act=IDENTITY_OPENED, inputs=inputs, texts=texts, seen=seen, idempotency=idempotency),
        actor=actor,
        now=now,
        using=using,
    )
    if written.replayed:
        return Revealed(written, False, {}, ())
    tip = loading.load(written.stream, using=using)
    assert tip is not None and tip.state is not None
    key = loading.data_key(tip)
    if what == "contact":
        return Revealed(written, True, loading.contact_of(tip) or {}, ())
    if what in PEOPLE:
        return Revealed(written, True, {}, (), people_of(tip, key, what, using))
    if what == "attachments":
        return Revealed(written, True, {}, (), files=tuple(item for _, _, item in _named(tip, using)))
    # Each reads whole texts only where core/access lets them; who may only open an identity gets the words around it.
    readable = what == "file" or allowed(actor, view_of(tip.state, tip.stream.hex), "read_text")
    found = texts_of(tip, using=using)
    spans = masked_of(tip, key, using) if what == "masked" else {}
    shown = []
    for (n, name), text in sorted(found.items()):
        mine = spans.get((n, name), ())
        if name in OWN_TEXTS or (what == "masked" and not mine):
            continue
        if readable and tip.pack.texts.get(name) not in ("point", "file"):
            parts = tuple(pieces(text, mine))
        elif mine:
            parts = tuple((span.mark, span) for span in mine)
        else:
            continue
        shown.append(OpenedText(n, name, parts))
    return Revealed(written, True, {}, tuple(shown))


def _named(tip: Tip, using: str) -> list[tuple[int, str, Mapping[str, Any]]]:
    """Return entry, field and item of every file that a text of the matter names, oldest first."""
    return [
        (n, name, item)
        for (n, name), text in sorted(texts_of(tip, using=using).items())
        if tip.pack.texts.get(name) == "file"
        for item in listed(text)
    ]


def file_in_hand(
    actor: Actor, which: UUID | str, n: int, file_id: str, *, now: datetime, using: str = "default"
) -> OpenedFile:
    """
    Return a picture or paper of a minor's file to whoever opened them by entry `n`, for a few minutes.

    Raises:
        UnknownMatter: no such file; it was not this person who opened them; the time is over; they may no longer.
    """
    tip = loading.load(which, using=using)
    if tip is None or tip.state is None:
        raise UnknownMatter(str(which))
    state = tip.state
    held = still_held(relations(actor, view_of(state, tip.stream.hex)), state, actor, loading.stamp(now))
    entries = ledger_queries.bodies_since(tip.stream, n - 1, using=using) if 0 < n <= tip.n else []
    key = loading.data_key(tip)
    if (
        key is None
        or not entries
        or not may_open("attachments", state.mode, state.sensitivity, held, actor)
        or not handed_out(entries[0], actor, now)
    ):
        raise UnknownMatter(file_id)
    kept = files_of(tip.stream, using=using).get(file_id)
    for brought, name, item in _named(tip, using):
        if kept is not None and item["id"] == file_id and (kept.n, kept.name) == (brought, name):
            return OpenedFile(kept, item, key)
    raise UnknownMatter(file_id)


def people_of(tip: Tip, key: bytes | None, what: str, using: str) -> tuple[tuple[str, int, Mapping[str, str]], ...]:
    """Return whoever else was written down at the counter; participants by the place on their receipts, from 2."""
    if key is None:
        return ()
    listed = loading.people_of(tip, key, (what,), using=using)
    first = 2 if what == "participant_contacts" else 1
    return tuple((what, place, one) for place, one in enumerate(listed, first) if one)


def masked_of(tip: Tip, key: bytes | None, using: str) -> dict[tuple[int, str], tuple[Span, ...]]:
    if key is None:
        return {}
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT n, name, box FROM vault_secret WHERE matter = %s", [db_uuid(using, tip.stream)])
        rows = [(n, name, bytes(box)) for n, name, box in cursor.fetchall() if name.endswith(vault.MASKED)]
    return {
        (n, name.removesuffix(vault.MASKED)): vault.spans_of(
            name.removesuffix(vault.MASKED), vault.unseal(key, tip.stream, n, name, box)
        )
        for n, name, box in rows
    }


# What everybody may know of it


@dataclass(slots=True, frozen=True)
class Figure:
    """How often the vault was opened; recomputed from the entries by `huajie verify`."""

    openings: int
    #: how often somebody's data was handed to another body; None where it was, but fewer than SMALL times
    shared: int | None
    #: matters that hold something sealed: of so many it could have been opened
    of_matters: int
    #: matters of which something was opened
    opened_matters: int
    #: by purpose; None where there are some, but fewer than SMALL
    by_purpose: dict[str, int | None]
    at: datetime


_count: dict[str, tuple[float, Figure]] = {}


def public_count(now: datetime, *, using: str = "default") -> Figure:
    """Return the count, at most COUNT_AGE seconds old: counting reads every key of the vault."""
    known = _count.get(using)
    moment = now.timestamp()
    if known is not None and 0 <= moment - known[0] < COUNT_AGE:
        return known[1]
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT what = %s, purpose, count(*) FROM matters_opening GROUP BY 1, 2 ORDER BY 2", [SHARED])
        rows = [(bool(shared), str(purpose), int(number)) for shared, purpose, number in cursor.fetchall()]
        handed = sum(number for shared, _purpose, number in rows if shared)
        by_purpose = {purpose: number for shared, purpose, number in rows if not shared}
        cursor.execute("SELECT count(DISTINCT matter) FROM matters_opening WHERE what <> %s", [SHARED])
        opened = int(cursor.fetchone()[0])
        cursor.execute("SELECT count(*) FROM vault_key")
        held = int(cursor.fetchone()[0])
    figure = Figure(
        openings=sum(by_purpose.values()),
        shared=handed if handed >= SMALL or not handed else None,
        of_matters=held,
        opened_matters=opened,
        by_purpose={purpose: number if number >= SMALL else None for purpose, number in by_purpose.items()},
        at=now.astimezone(UTC),
    )
    _count[using] = (moment, figure)
    return figure


def forget_count(using: str = "default") -> None:
    """Count anew the next time."""
    _count.pop(using, None)


# For the data-protection officer and the auditor


@dataclass(slots=True, frozen=True)
class OpeningRow:
    """One opening: which matter by its number, which seat, what and why. Nothing of the person."""

    stream: UUID
    number: str
    n: int
    at: datetime
    what: str
    purpose: str
    unit: str
    seat: str


def openings_list(
    actor: Actor,
    *,
    what: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: tuple[datetime, UUID, int] | None = None,
    limit: int = 50,
    using: str = "default",
) -> list[OpeningRow]:
    """
    Return openings, newest first, in one statement, for whoever watches over them; none of matters closed to them.

    Args:
        since, until: from this moment, to before that one.
        after: at, stream and n of the last row of the page before.
    """
    if not allowed(actor, None, "see_openings"):
        return []
    condition, values = lens(actor, "see_openings").predicate("o.matter")
    parts, more = [condition], list(values)
    adapt = connections[using].ops.adapt_datetimefield_value
    if what is not None:
        parts.append("o.what = %s")
        more.append(what)
    if since is not None:
        parts.append("o.at >= %s")
        more.append(adapt(since))
    if until is not None:
        parts.append("o.at < %s")
        more.append(adapt(until))
    if after is not None:
        parts.append("(o.at, o.matter, o.n) < (%s, %s, %s)")
        more += [adapt(after[0]), db_uuid(using, after[1]), after[2]]
    sql = (
        "SELECT o.matter, m.number, o.n, o.at, o.what, o.purpose, o.unit, o.seat FROM matters_opening o"
        f" JOIN matters_matter m ON m.id = o.matter WHERE {' AND '.join(parts)}"
        f" ORDER BY o.at DESC, o.matter DESC, o.n DESC LIMIT {int(limit)}"
    )
    prepared = [db_uuid(using, one) if isinstance(one, UUID) else one for one in more]
    with connections[using].cursor() as cursor:
        cursor.execute(sql, prepared)
        rows = cursor.fetchall()
    return [OpeningRow(as_uuid(row[0]), row[1], row[2], loading.aware(row[3]), *row[4:]) for row in rows]


@dataclass(slots=True, frozen=True)
class AccessCount:
    """How often officers of one unit looked into one minor's file in a year. Nothing about the child."""

    unit: str
    number: str
    looks: int


def minors_audit(actor: Actor, *, since: datetime, until: datetime, using: str = "default") -> list[AccessCount]:
    """
    Return the yearly audit of looks into minors' files: by unit and matter, counts of officers' acts.

    Source: 未成年人网络保护条例 art. 37 (a yearly audit), art. 36 (what is audited).
    """
    if not allowed(actor, None, "see_openings"):
        return []
    condition, values = lens(actor, "see_openings").predicate("o.matter")
    adapt = connections[using].ops.adapt_datetimefield_value
    sql = (
        "SELECT o.unit, m.number, count(*) FROM matters_opening o JOIN matters_matter m ON m.id = o.matter"
        f" WHERE m.sensitivity = 'minor' AND o.what <> '{SHARED}' AND o.at >= %s AND o.at < %s AND {condition}"
        " GROUP BY o.unit, m.number ORDER BY o.unit, m.number"
    )
    prepared = [db_uuid(using, one) if isinstance(one, UUID) else one for one in values]
    with connections[using].cursor() as cursor:
        cursor.execute(sql, [adapt(since), adapt(until), *prepared])
        return [AccessCount(unit, number, int(looks)) for unit, number, looks in cursor.fetchall()]


def openings_of(state: State) -> list[dict[str, Any]]:
    """Return what was opened of one matter, oldest first, as its resident may know it."""
    return [
        {"n": n, "at": at, "what": what, "purpose": purpose, "unit": unit, "seat": seat}
        for n, at, what, purpose, unit, seat in state.openings
    ]


__all__ = [
    "SMALL",
    "AccessCount",
    "Figure",
    "OpenedText",
    "OpeningRow",
    "Revealed",
    "file_in_hand",
    "forget_count",
    "minors_audit",
    "open_identity",
    "openings_list",
    "openings_of",
    "public_count",
    "what_may_open",
]
