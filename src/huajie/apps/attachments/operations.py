"""
What the one writer does about files, and what is done to the disk afterwards.

A file's key is kept under the matter's own key; the row that holds it is written by the statement that writes the
entry. Which bytes stay on the disk follows from the rows, whatever happened in between.
"""

import time
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connections

from huajie.apps.attachments import store
from huajie.apps.attachments.uploads import Upload, grace
from huajie.apps.ledger.errors import Replayed
from huajie.apps.ledger.tables import TableSpec, register_table
from huajie.apps.vault import operations as vault

FILES = register_table(
    TableSpec(
        "attachments_file",
        {
            "id": "uuid",
            "matter": "uuid",
            "n": "int",
            "name": "text",
            "address": "text",
            "small": "bool",
            "size": "bigint",
            "box": "bytes",
        },
        key=("id",),
        # the same upload in two acts: the second is a repeat of the first, or wrong
        clash=Replayed,
    )
)
GONE = register_table(TableSpec("attachments_gone", {"address": "text", "at": "moment"}, key=("address",)))


def row_of(upload: Upload, *, matter: UUID, n: int, name: str, data_key: bytes, random: Any) -> tuple[Any, ...]:
    """Return the row of a file that entry `n` commits to, its key sealed under the matter's."""
    box = vault.seal(data_key, matter, n, key_name(upload.id), upload.key, random)[3]
    return (UUID(upload.id), matter, n, name, upload.address, upload.small, upload.size, box)


def key_name(file_id: str) -> str:
    """Return the name under which the vault binds a file's key."""
    return f"file:{file_id}"


def addresses_of(matter: UUID, names: Collection[str], *, using: str) -> list[str]:
    """Return where the files lie that these fields of a matter brought."""
    connection = connections[using]
    value = matter if connection.features.has_native_uuid_field else matter.hex
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, address FROM attachments_file WHERE matter = %s", [value])
        return [address for name, address in cursor.fetchall() if name in names]


def remove_gone(*, using: str = "default", limit: int = 500) -> int:
    """
    Take what was erased off the disk.

    Returns:
        How many files.
    """
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT address FROM attachments_gone LIMIT %s", [limit])
        found = [row[0] for row in cursor.fetchall()]
        for address in found:
            store.remove(address)
            cursor.execute("DELETE FROM attachments_gone WHERE address = %s", [address])
    return len(found)


def sweep(now: datetime, *, using: str = "default") -> int:
    """
    Put in order what waits: move what an entry names, remove what has waited for longer than its time.

    Args:
        now: aware; told by the caller, compared with the file system's clock by its distance from that.
    Returns:
        How many were moved or removed.
    """
    done = remove_gone(using=using)
    # a minute is enough for any commit under way; what is named and still waits lost its move to a crash
    for some in batched(store.waiting_since(time.time() - 60), 500):
        named = _named(some, using)
        store.settle(named)
        done += len(named)
    for some in batched(store.waiting_since(now.timestamp() - grace().total_seconds()), 500):
        # asked after the folder was read: what an entry names by now stays
        for address in set(some) - _named(some, using):
            store.remove(address)
            done += 1
    return done


def batched(values: Iterable[str], size: int) -> Iterator[list[str]]:
    """Yield the values in lists of at most `size`."""
    left = iter(values)
    while some := list(islice(left, size)):
        yield some


def _named(addresses: Iterable[str], using: str) -> set[str]:
    """Return those of the addresses that a row names."""
    wanted = list(addresses)
    if not wanted:
        return set()
    marks = ", ".join(["%s"] * len(wanted))
    with connections[using].cursor() as cursor:
        cursor.execute(f"SELECT address FROM attachments_file WHERE address IN ({marks})", wanted)
        return {row[0] for row in cursor.fetchall()}
