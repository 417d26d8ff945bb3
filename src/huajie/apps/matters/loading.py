"""Read matters back for the writer: one statement, no model instances."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connections

from huajie.apps.ledger.reading import steady
from huajie.apps.matters.numbers import BadNumber, parse_number
from huajie.apps.matters.projection import project
from huajie.apps.procedure.registry import pack_by_hash
from huajie.apps.vault import operations as vault
from huajie.core.ledger import case_text, stamp
from huajie.core.procedure import FACTS, State, open_state, values_in

if TYPE_CHECKING:
    from huajie.apps.matters.operations import Tip

__all__ = ["case_text", "data_key", "due_timers", "load", "load_many", "stamp"]

# The newest contact comes along sealed: whoever writes a text next may have written the person's name into it.
_COLUMNS = "m.id, m.number, m.case_ref, m.pack_hash, m.n, m.head, m.changed_at, m.state, k.wrapped, c.n, c.box"
_FROM = (
    "FROM matters_matter m LEFT JOIN vault_key k ON k.matter = m.id"
    " LEFT JOIN vault_secret c ON c.matter = m.id AND c.name = 'contact' AND c.n ="
    " (SELECT max(s.n) FROM vault_secret s WHERE s.matter = m.id AND s.name = 'contact')"
)


def db_uuid(using: str, value: UUID) -> Any:
    return value if connections[using].features.has_native_uuid_field else value.hex


def as_uuid(value: UUID | str) -> UUID:
    """PostgreSQL hands ids back as they are, SQLite as text."""
    return value if isinstance(value, UUID) else UUID(value)


def aware(value: datetime | str) -> datetime:
    """SQLite hands moments back as text without a zone; they are UTC."""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _tip(row: Iterable[Any], using: str) -> "Tip":
    from huajie.apps.matters.operations import Tip

    stream, number, case_ref, pack_hash, n, head, changed_at, state_text, wrapped, contact_n, contact = row
    stream = as_uuid(stream)
    state = State.from_document(json.loads(state_text))
    rows = project(state)
    tip = Tip(
        stream=stream,
        number=number,
        case_ref=urlsafe_b64decode(case_ref + "=="),
        pack=pack_by_hash(pack_hash, using=using),
        base=n,
        n=n,
        head=bytes(head),
        changed_at=aware(changed_at),
        before=rows,
        state=state,
    )
    if wrapped is not None:
        tip.wrapped = bytes(wrapped)
    if contact is not None:
        tip.contact = (contact_n, bytes(contact))
    return tip


def load(which: UUID | str, *, using: str) -> "Tip | None":
    """Return one matter by stream id or by number as people type it; None if there is none."""
    if isinstance(which, UUID):
        where, value = "m.id = %s", db_uuid(using, which)
    else:
        try:
            where, value = "m.number = %s", parse_number(which)
        except BadNumber:
            return None
    rows = steady(f"SELECT {_COLUMNS} {_FROM} WHERE {where}", [value], using=using)
    if not rows:
        return None
    tip = _tip(rows[0], using)
    _put_facts_back([tip], using=using)
    return tip


def load_many(streams: Collection[UUID], *, using: str, lenient: bool = False) -> dict[UUID, "Tip"]:
    """
    Return matters by stream id, a few hundred in one statement, and one more where facts of some lie in the vault.

    Args:
        lenient: leave a matter out whose box can't be read, so that it keeps nobody else waiting.
    Raises:
        Unreadable: the facts of one can't be read.
    """
    if not streams:
        return {}
    values = [db_uuid(using, stream) for stream in streams]
    marks = ", ".join(["%s"] * len(values))
    with connections[using].cursor() as cursor:
        cursor.execute(f"SELECT {_COLUMNS} {_FROM} WHERE m.id IN ({marks})", values)
        tips = [_tip(row, using) for row in cursor.fetchall()]
    bad = _put_facts_back(tips, using=using, lenient=lenient)
    return {tip.stream: tip for tip in tips if tip.stream not in bad}


def _put_facts_back(tips: Iterable["Tip"], *, using: str, lenient: bool = False) -> set[UUID]:
    """Open the facts of sealed matters; return those whose facts can't be read, where that is no error."""
    sealed = [tip for tip in tips if tip.state is not None and tip.state.sensitivity != "ordinary"]
    boxes: dict[UUID, dict[int, bytes]] = {}
    holding = [db_uuid(using, tip.stream) for tip in sealed if tip.state is not None and FACTS in tip.state.texts]
    if holding:
        marks = ", ".join(["%s"] * len(holding))
        with connections[using].cursor() as cursor:
            cursor.execute(
                f"SELECT matter, n, box FROM vault_secret WHERE name = %s AND matter IN ({marks})", [FACTS, *holding]
            )
            for matter, n, box in cursor.fetchall():
                boxes.setdefault(as_uuid(matter), {})[n] = bytes(box)
    bad: set[UUID] = set()
    for tip in sealed:
        assert tip.state is not None
        try:
            key = data_key(tip) if tip.stream in boxes else None
            tip.known = facts_in(key, tip.stream, boxes[tip.stream]) if key is not None else {}
        except vault.Unreadable:
            if not lenient:
                raise
            # `huajie verify` says which and why
            bad.add(tip.stream)
        # what was erased is as if it had never been said
        tip.folded, tip.state = tip.state, open_state(tip.state, tip.known)
    return bad


def facts_in(key: bytes, stream: UUID, boxes: Mapping[int, bytes]) -> dict[int, dict[str, Any]]:
    """
    Return the facts of a sealed matter by entry and place.

    Raises:
        Unreadable: a box is not under this key.
    """
    return {n: values_in(vault.unseal(key, stream, n, FACTS, box)) for n, box in boxes.items()}


def parts_of(stream: UUID, *, limit: int = 10_000, using: str) -> list[UUID]:
    """Return the open matters that are parts of the problem which this one leads, in one index scan."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT matter FROM matters_party WHERE unit = %s AND relation = 'part' AND open ORDER BY matter LIMIT %s",
            [stream.hex, limit],
        )
        return [as_uuid(row[0]) for row in cursor.fetchall()]


def data_key(tip: "Tip") -> bytes | None:
    """Return the matter's own data key, None if it has none yet."""
    return vault.unwrap(tip.stream, tip.wrapped) if tip.wrapped is not None else None


def people_of(tip: "Tip", key: bytes, names: Collection[str], *, using: str) -> list[dict[str, str]]:
    """
    Return the contacts that the vault holds of a matter under these names, oldest first; an empty one keeps its place.

    Raises:
        Unreadable: a box is not under this key.
    """
    marks = ", ".join(["%s"] * len(names))
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"SELECT n, name, box FROM vault_secret WHERE matter = %s AND name IN ({marks}) ORDER BY n, name",
            [db_uuid(using, tip.stream), *names],
        )
        rows = cursor.fetchall()
    found: list[dict[str, str]] = []
    for n, name, box in rows:
        found += people_in(vault.unseal(key, tip.stream, n, name, box))
    return found


def people_in(raw: bytes) -> list[dict[str, str]]:
    """Return the contacts in an opened box: one, or a list of them."""
    value = json.loads(raw)
    return value if isinstance(value, list) else [value]


def contact_of(tip: "Tip") -> dict[str, str] | None:
    """
    Return how to reach whoever brought a matter; None where nobody left it or it was erased.

    Raises:
        Unreadable: the vault's key is not the right one.
    """
    if tip.contact is None:
        return None
    if tip.data_key is None:
        tip.data_key = data_key(tip)
    if tip.data_key is None:
        return None
    n, box = tip.contact
    if tip.reach is None or tip.reach[0] is not box:
        tip.reach = box, json.loads(vault.unseal(tip.data_key, tip.stream, n, "contact", box))
    return tip.reach[1]


def due_timers(now: datetime, limit: int, *, using: str) -> list[tuple[UUID, str, str]]:
    """Return (stream, timer, act) of what fell due at or before `now`, oldest first, at most `limit`."""
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT matter, timer, act FROM matters_timer WHERE at <= %s ORDER BY at, matter LIMIT %s",
            [connection.ops.adapt_datetimefield_value(now), limit],
        )
        rows = cursor.fetchall()
    return [(as_uuid(row[0]), row[1], row[2]) for row in rows]


def provisional(*, using: str) -> list[UUID]:
    """Return the matters with a running clock whose due date is provisional."""
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT matter FROM matters_clock WHERE provisional AND status = 'running' ORDER BY matter"
        )
        rows = cursor.fetchall()
    return [as_uuid(row[0]) for row in rows]
