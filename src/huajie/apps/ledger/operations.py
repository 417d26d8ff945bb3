"""
Writing: the ledger's own tables, the one writer, and what follows an entry.

Everything that another app needs to write is named here; how rows reach the database is `writer.py`.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connections

from huajie.apps.ledger.errors import Clash, Conflict, GuardFailed, Replayed, StorageFull, WriteRefused
from huajie.apps.ledger.queries import ERASED_MARK, REPLACED_MARK
from huajie.apps.ledger.tables import TableSpec, register_table, uuid_from_sqlite
from huajie.apps.ledger.writer import (
    Changes,
    Guard,
    commit_changes,
    prepare_for_bulk,
    row_guard,
    swap_guard,
    version_guard,
    write_transaction,
)
from huajie.core.ledger import ENTRY_FIELD, Entry, canonical, entry_mac, opening, uuid7

__all__ = [
    "DOCUMENT",
    "ENTRY",
    "ERASING",
    "FOLLOWUP",
    "IDEMPOTENCY",
    "MAX_ATTEMPTS",
    "NEWS",
    "OPENING",
    "Changes",
    "Clash",
    "Conflict",
    "Follower",
    "Guard",
    "GuardFailed",
    "Replayed",
    "StorageFull",
    "TableSpec",
    "WriteRefused",
    "add_document",
    "add_entries",
    "commit_changes",
    "document_hash",
    "erase_openings",
    "followers_of",
    "followup_row",
    "prepare_for_bulk",
    "register_follower",
    "register_table",
    "row_guard",
    "settle_followups",
    "swap_guard",
    "version_guard",
    "work_followups",
    "write_transaction",
]

ENTRY = register_table(
    TableSpec(
        "ledger_entry",
        {
            "stream": "uuid",
            "n": "int",
            "kind": "text",
            "at": "moment",
            "body": "bytes",
            "leaf": "bytes",
            "leaf_hash": "bytes",
            "mac": "bytes",
        },
        key=("stream", "n"),
        clash=Conflict,
    )
)
OPENING = register_table(
    TableSpec(
        "ledger_opening",
        {"stream": "uuid", "n": "int", "seed": "bytes", "openings": "json"},
        key=("stream", "n"),
        clash=Conflict,
    )
)
DOCUMENT = register_table(
    TableSpec(
        "ledger_document",
        {"hash": "text", "kind": "text", "content": "bytes", "first_at": "moment"},
        key=("hash",),
    )
)
IDEMPOTENCY = register_table(
    TableSpec(
        "ledger_idempotency",
        {"scope": "text", "key": "text", "request_hash": "text", "stream": "uuid", "n": "int", "at": "moment"},
        key=("scope", "key"),
        clash=Replayed,
    )
)
FOLLOWUP = register_table(
    TableSpec(
        "ledger_followup",
        {
            "id": "uuid",
            "kind": "text",
            "stream": "uuid",
            "n": "int",
            "follower": "text",
            "run_after": "moment",
            "attempts": "int",
            "state": "text",
            "last_error": "text",
        },
        key=("id",),
    )
)


def add_entries(
    changes: Changes,
    entries: Iterable[Entry],
    *,
    random: Callable[[int], bytes],
    news: Collection[tuple[UUID, int]] = (),
) -> None:
    """
    Add sealed entries, their openings and what follows them.

    Args:
        changes: what the operation collects.
        entries: as `core.ledger.seal_entries` made them.
        random: returns as many random bytes as asked for.
        news: stream and place of those of which somebody wants to be told; what is registered under NEWS follows.
    """
    key = settings.HUAJIE_KEYS["record"]
    rows, openings, followups = [], [], []
    for entry in entries:
        stream, n, leaf_hash = entry.stream, entry.n, entry.leaf_hash
        mac = entry_mac(key, leaf_hash, stream, n)
        rows.append((stream, n, entry.kind, entry.at, entry.body, entry.leaf, leaf_hash, mac))
        openings.append((stream, n, entry.seed, None))
        followers = followers_of(entry.kind)
        if ERASED_MARK in entry.body or REPLACED_MARK in entry.body:
            followers = (*followers, *(one for one in followers_of(ERASING) if one not in followers))
        if news and (stream, n) in news:
            followers = (*followers, *followers_of(NEWS))
        followups += [followup_row(entry, follower, entry.at, random) for follower in followers]
    changes.insert(ENTRY, rows)
    changes.insert(OPENING, openings)
    changes.insert(FOLLOWUP, followups)


def document_hash(content: bytes) -> str:
    """Return the SHA-256 of canonical bytes in hex: the name by which entries know a pack or calendar."""
    return sha256(content).hexdigest()


def add_document(changes: Changes, kind: str, document: Any, *, at: datetime) -> str:
    """
    Keep a resolved pack or a calendar, unless it is kept already.

    Args:
        changes: what the operation collects.
        kind: `pack` or `calendar`.
        document: JSON values, or canonical bytes.
        at: now, aware.
    Returns:
        Its hash.
    """
    content = document if isinstance(document, bytes) else canonical(document)
    name = document_hash(content)
    changes.ensure(DOCUMENT, [(name, kind, content, at)])
    return name


def erase_openings(changes: Changes, stream: UUID, n: int, *, seed: bytes, keep: Sequence[str]) -> None:
    """
    Replace an entry's seed by the openings of the fields that stay, so that the others can never be opened again.

    Args:
        changes: what the operation collects.
        stream, n: the entry.
        seed: what is kept for it now, 32 bytes.
        keep: names of the texts that stay; the body's own opening always stays.
    """
    left = {name: opening(seed, name).hex() for name in (ENTRY_FIELD, *keep)}
    changes.update(OPENING, {"stream": stream, "n": n}, {"seed": None, "openings": left}, expect={"seed": seed})


def narrow_openings(changes: Changes, stream: UUID, n: int, *, left: Mapping[str, str]) -> None:
    """
    Leave only these openings of an entry from which something was erased before.

    Args:
        changes: what the operation collects.
        stream, n: the entry.
        left: name -> opening in hex digits, as they stood there.
    """
    changes.update(OPENING, {"stream": stream, "n": n}, {"seed": None, "openings": dict(left)})


# What follows an entry ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Follower:
    """Something that must happen after entries of a kind, outside their transaction."""

    #: Unique; kept in the row, so that it may move in the code.
    name: str
    #: Given stream and n of the entry. May be called again for the same entry.
    run: Callable[[UUID, int], None]
    #: How long after the entry, at the earliest.
    delay: timedelta = timedelta(0)
    #: Whether one run serves every entry that waits.
    once: bool = False


#: Register under this what must follow every entry that erases, of whatever kind a pack makes it.
ERASING = "*.erased"
#: Register under this what must follow an entry of which its resident wants to be told; the writer says which.
NEWS = "*.news"

_by_kind: dict[str, list[Follower]] = {}
_by_name: dict[str, Follower] = {}
#: After so many failures a follow-up waits for a person.
MAX_ATTEMPTS = 12


def register_follower(
    kind: str,
    name: str,
    run: Callable[[UUID, int], None],
    *,
    delay: timedelta = timedelta(0),
    once: bool = False,
) -> None:
    """
    Let `run` follow every entry of `kind`: one line of the table from entry kind to follower.

    Raises:
        ValueError: another function has the name.
    """
    made = Follower(name, run, delay, once)
    follower = _by_name.setdefault(name, made)
    if follower != made:
        raise ValueError(f"two followers are named {name!r}")
    known = _by_kind.setdefault(kind, [])
    if follower not in known:
        known.append(follower)


def followers_of(kind: str) -> Sequence[Follower]:
    """Return what follows entries of this kind."""
    return _by_kind.get(kind, ())


def followup_row(entry: Entry, follower: Follower, now: datetime, random: Callable[[int], bytes]) -> tuple[Any, ...]:
    """Return the row of `ledger_followup` that makes `follower` run after `entry`."""
    run_after = now + follower.delay
    return (uuid7(now, random(10)), entry.kind, entry.stream, entry.n, follower.name, run_after, 0, "waiting", "")


def work_followups(now: datetime, *, limit: int = 100, using: str = "default") -> tuple[int, int]:
    """
    Run what is due, oldest first.

    One that fails is tried again later, twice as late each time; after `MAX_ATTEMPTS` it is kept as failed. Each runs
    at least once: a worker that dies in the middle leaves it to the next.

    Args:
        now: aware.
        limit: at most so many.
    Returns:
        How many were done and how many failed.
    """
    connection = connections[using]
    cast = uuid_from_sqlite if connection.vendor == "sqlite" else (lambda value: value)
    at = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, stream, n, follower, attempts FROM ledger_followup "
            "WHERE state = 'waiting' AND run_after <= %s ORDER BY run_after LIMIT %s",
            [at, limit],
        )
        found = cursor.fetchall()
    done = failed = 0
    for one, stream, n, name, attempts in found:
        row = cast(one)
        # Whoever raises the count first has it; when this worker dies, it comes up again after the pause.
        pause = min(timedelta(seconds=15) * 2**attempts, timedelta(hours=6))
        claim = Changes()
        claim.update(
            FOLLOWUP, {"id": row}, {"attempts": attempts + 1, "run_after": now + pause}, expect={"attempts": attempts}
        )
        try:
            commit_changes(claim, using=using)
        except Conflict:
            continue
        result = Changes()
        try:
            follower = _by_name.get(name)
            if follower is None:
                raise LookupError(f"no follower is named {name!r}")
            follower.run(cast(stream), n)
        except Exception as error:
            # Whatever a follower raises, the others must still run; the row keeps what it said.
            failed += 1
            state = "failed" if attempts + 1 >= MAX_ATTEMPTS else "waiting"
            text = f"{type(error).__name__}: {error}"[:2000]
            result.update(FOLLOWUP, {"id": row}, {"state": state, "last_error": text})
        else:
            done += 1
            result.delete(FOLLOWUP, [(row,)])
        commit_changes(result, using=using)
    return done, failed


def settle_followups(kind: str, *, using: str = "default") -> list[str]:
    """
    Run at once what is still to follow entries of `kind`, whatever its time; what each said that failed.

    A follower that does the same for every entry (`once`) runs once, last.
    """
    connection = connections[using]
    cast = uuid_from_sqlite if connection.vendor == "sqlite" else (lambda value: value)
    wanted = {follower.name: follower for follower in followers_of(kind)}
    if not wanted:
        return []
    marks = ", ".join(["%s"] * len(wanted))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, stream, n, follower FROM ledger_followup WHERE follower IN ({marks}) ORDER BY id",  # noqa: S608
            list(wanted),
        )
        found = cursor.fetchall()
    failed = []
    groups: dict[str, list[tuple[Any, Any, int]]] = {}
    for row, stream, n, name in found:
        groups.setdefault(name, []).append((cast(row), cast(stream), n))
    for name in sorted(groups, key=lambda name: wanted[name].once):
        rows = groups[name]
        try:
            for _, stream, n in rows[:1] if wanted[name].once else rows:
                wanted[name].run(stream, n)
        except Exception as error:
            failed.append(f"{name}: {type(error).__name__}: {error}")
            continue
        done = Changes()
        done.delete(FOLLOWUP, [(row,) for row, _, _ in rows])
        commit_changes(done, using=using)
    return failed
