"""Reading the ledger. Rows come as plain tuples: verification reads all of them."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connections

from huajie.apps.ledger.reading import steady
from huajie.apps.ledger.triggers import trigger_report
from huajie.core.ledger import Record, entry_mac

__all__ = [
    "Done",
    "Kept",
    "bodies_since",
    "count_entries",
    "document",
    "documents",
    "entries_of",
    "entries_since",
    "erasing_entries",
    "idempotent",
    "idempotent_many",
    "iterate_entries",
    "iterate_openings",
    "openings_of",
    "record_key_fits",
    "tip_of",
    "trigger_report",
]


#: How an effect that erases stands in a body; no text of anybody's can look like it, for texts stand in no body.
ERASED_MARK = b'"e":"erased"'
#: Likewise one that puts a text in another's place: the one before goes.
REPLACED_MARK = b'"e":"replaced"'
#: Sorts before every entry.
_BEFORE_ALL = (UUID(int=0), 0)


class Kept(NamedTuple):
    """What is kept of an entry's openings."""

    stream: UUID
    n: int
    #: 32 bytes; None after an erasure.
    seed: bytes | None
    #: Name to opening of the fields that can still be opened after an erasure.
    openings: dict[str, bytes] | None


class Done(NamedTuple):
    """A request that was done before."""

    request_hash: str
    stream: UUID
    n: int
    at: datetime


def entries_of(stream: UUID, *, using: str = "default") -> list[Record]:
    """Return all entries of a stream, first to last."""
    return entries_since(stream, 0, using=using)


def tip_of(stream: UUID, *, using: str = "default") -> tuple[int, bytes | None]:
    """Return number and leaf hash of the newest entry of a stream; 0 and None where it has none."""
    sql = "SELECT n, leaf_hash FROM ledger_entry WHERE stream = %s ORDER BY n DESC LIMIT 1"
    rows = _rows(sql, (_stored(stream, using),), using)
    return (rows[0][0], bytes(rows[0][1])) if rows else (0, None)


def entries_since(stream: UUID, n: int, *, using: str = "default") -> list[Record]:
    """Return the entries of a stream after place `n`."""
    sql = (
        "SELECT stream, n, kind, at, body, leaf, leaf_hash, mac FROM ledger_entry WHERE stream = %s AND n > %s"
        " ORDER BY n"
    )
    return [_record(row) for row in _rows(sql, (_stored(stream, using), n), using)]


def bodies_since(stream: UUID, n: int, *, using: str = "default") -> list[dict[str, Any]]:
    """Return the parsed bodies of the entries of a stream after place `n`."""
    sql = "SELECT body FROM ledger_entry WHERE stream = %s AND n > %s ORDER BY n"
    return [json.loads(body) for (body,) in _rows(sql, (_stored(stream, using), n), using)]


def iterate_entries(
    *, using: str = "default", batch: int = 2000, after: tuple[UUID, int] | None = None
) -> Iterator[Record]:
    """
    Yield every entry, ordered by stream and place, `batch` at a time.

    Pages by key: no cursor stays open on the server, entries written meanwhile may or may not come along. Run it inside
    a transaction to read one fixed state.

    Args:
        batch: rows in memory at once.
        after: begin behind this place.
    """
    sql = (
        "SELECT stream, n, kind, at, body, leaf, leaf_hash, mac FROM ledger_entry "
        "WHERE (stream, n) > (%s, %s) ORDER BY stream, n LIMIT %s"
    )
    return map(_record, _pages(sql, after or _BEFORE_ALL, batch, using))


def erasing_entries(*, using: str = "default", batch: int = 20_000) -> Iterator[tuple[UUID, int, bytes]]:
    """Yield stream, place and body of every entry that erased something; the database looks through all of them."""
    # counted by pages of all entries, so that no statement looks longer than one page
    contains = "instr(body, %s) > 0" if connections[using].vendor == "sqlite" else "position(%s in body) > 0"
    last: tuple[Any, int] = (_stored(_BEFORE_ALL[0], using), _BEFORE_ALL[1])
    while True:
        edge = _rows(
            "SELECT stream, n FROM ledger_entry WHERE (stream, n) > (%s, %s) ORDER BY stream, n LIMIT 1 OFFSET %s",
            (*last, batch - 1),
            using,
        )
        until = "AND (stream, n) <= (%s, %s)" if edge else ""
        sql = (
            f"SELECT stream, n, body FROM ledger_entry WHERE (stream, n) > (%s, %s) {until} AND {contains} "  # noqa: S608
            "ORDER BY stream, n"
        )
        for stream, n, body in _rows(sql, (*last, *(edge[0] if edge else ()), ERASED_MARK), using):
            yield _uuid(stream), n, bytes(body)
        if not edge:
            return
        last = (edge[0][0], edge[0][1])


def iterate_openings(*, using: str = "default", batch: int = 5000) -> Iterator[Kept]:
    """Yield what is kept of every entry's openings, in the order of `iterate_entries`."""
    sql = (
        "SELECT stream, n, seed, openings FROM ledger_opening WHERE (stream, n) > (%s, %s) ORDER BY stream, n LIMIT %s"
    )
    return map(_kept, _pages(sql, _BEFORE_ALL, batch, using))


def openings_of(stream: UUID, *, using: str = "default") -> dict[int, Kept]:
    """Return what is kept of the openings of a stream, by place."""
    sql = "SELECT stream, n, seed, openings FROM ledger_opening WHERE stream = %s"
    return {row[1]: _kept(row) for row in _rows(sql, (_stored(stream, using),), using)}


def openings_between(after: UUID, last: UUID, *, using: str = "default") -> dict[UUID, dict[int, Kept]]:
    """Return what is kept of the openings of the streams in (after, last], by stream and place."""
    sql = "SELECT stream, n, seed, openings FROM ledger_opening WHERE stream > %s AND stream <= %s"
    found: dict[UUID, dict[int, Kept]] = {}
    for row in _rows(sql, (_stored(after, using), _stored(last, using)), using):
        kept = _kept(row)
        found.setdefault(kept.stream, {})[kept.n] = kept
    return found


def count_entries(*, using: str = "default") -> int:
    """Return how many entries there are; reads them all."""
    return int(_rows("SELECT count(*) FROM ledger_entry", (), using)[0][0])


def record_key_fits(*, using: str = "default") -> bool:
    """
    Return whether the newest entry was marked under this server's record key.

    False means that the keys are not those of this database: HUAJIE_DATA/keys must come from the same backup.
    """
    sql = (
        "SELECT stream, n, kind, at, body, leaf, leaf_hash, mac FROM ledger_entry WHERE n > %s "
        "ORDER BY stream DESC, n DESC LIMIT 1"
    )
    newest = [_record(row) for row in _rows(sql, (0,), using)]
    key = settings.HUAJIE_KEYS["record"]
    return all(entry_mac(key, row.leaf_hash, row.stream, row.n) == row.mac for row in newest)


def documents(*, using: str = "default") -> Iterator[tuple[str, str, bytes]]:
    """Yield hash, kind and canonical bytes of every pack and calendar that entries may name."""
    for row in _rows("SELECT hash, kind, content FROM ledger_document ORDER BY hash", (), using):
        yield row[0], row[1], bytes(row[2])


def document(name: str, *, using: str = "default") -> bytes | None:
    """Return the canonical bytes of the document with this hash."""
    rows = _rows("SELECT content FROM ledger_document WHERE hash = %s", (name,), using)
    return bytes(rows[0][0]) if rows else None


def idempotent(scope: str, key: str, *, using: str = "default") -> Done | None:
    """Return what was done under this key, if anything."""
    sql = "SELECT request_hash, stream, n, at FROM ledger_idempotency WHERE scope = %s AND key = %s"
    rows = _rows(sql, (scope, key), using)
    if not rows:
        return None
    request_hash, stream, n, at = rows[0]
    return Done(request_hash, _uuid(stream), n, _moment(at))


def idempotent_many(scope: str, keys: Sequence[str], *, using: str = "default") -> dict[str, str]:
    """Return the request hashes of those keys under which something was done; at most a few thousand keys."""
    if not keys:
        return {}
    marks = ", ".join(["%s"] * len(keys))
    sql = f"SELECT key, request_hash FROM ledger_idempotency WHERE scope = %s AND key IN ({marks})"  # noqa: S608
    return dict(_rows(sql, (scope, *keys), using))


def _pages(sql: str, after: tuple[UUID, int], batch: int, using: str) -> Iterator[Any]:
    last: tuple[Any, int] = (_stored(after[0], using), after[1])
    while True:
        rows = _rows(sql, (*last, batch), using)
        yield from rows
        if len(rows) < batch:
            return
        last = (rows[-1][0], rows[-1][1])


def _rows(sql: str, parameters: Sequence[Any], using: str) -> list[Any]:
    return steady(sql, parameters, using=using, binary=True)


def _stored(value: UUID, using: str) -> Any:
    return value.hex if connections[using].vendor == "sqlite" else value


def _uuid(value: Any) -> UUID:
    return value if type(value) is UUID else UUID(hex=value)


def _moment(value: Any) -> datetime:
    if type(value) is str:
        return datetime.fromisoformat(value + "+00:00")
    return value if value.tzinfo is UTC else value.astimezone(UTC)


def _record(row: Any) -> Record:
    stream, n, kind, at, body, leaf, leaf_hash, mac = row
    return Record(_uuid(stream), n, kind, _moment(at), body, leaf, leaf_hash, mac)


def _kept(row: Any) -> Kept:
    stream, n, seed, openings = row
    if isinstance(openings, str):
        openings = json.loads(openings)
    names = {name: bytes.fromhex(text) for name, text in openings.items()} if openings else None
    return Kept(_uuid(stream), n, bytes(seed) if seed is not None else None, names)
