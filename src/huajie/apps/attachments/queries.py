"""Read a kept file back. Who may is asked by the caller, of core/access."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connections

from huajie.apps.attachments import boxes, store
from huajie.apps.attachments.operations import key_name
from huajie.apps.attachments.uploads import bound_to
from huajie.apps.vault import operations as vault


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that an entry commits to."""

    id: UUID
    matter: UUID
    n: int
    #: the field that brought it
    name: str
    address: str
    small: bool
    size: int
    box: bytes

    def key(self, data_key: bytes) -> bytes:
        """
        Return the file's own key.

        Raises:
            Unreadable: the matter's key is not the one that sealed it.
        """
        return vault.unseal(data_key, self.matter, self.n, key_name(self.id.hex), self.box)

    def read(self, data_key: bytes, *, start: int = 0, stop: int | None = None) -> Generator[bytes, None, None]:
        """Yield the bytes from `start` up to `stop`; raises Missing, Unreadable, ValueError."""
        path = store.find(self.address)
        bound = bound_to(self.address)
        return boxes.read(path, key=self.key(data_key), bound=bound, size=self.size, start=start, stop=stop)

    def read_small(self, data_key: bytes) -> bytes:
        """Return the small picture, JPEG; raises Missing, Unreadable."""
        path = store.find(self.address, small=True)
        size = boxes.size_of(path)
        bound = bound_to(self.address, small=True)
        return b"".join(boxes.read(path, key=self.key(data_key), bound=bound, size=size))


_COLUMNS = "id, matter, n, name, address, small, size, box"


def _uuid(value: UUID | str) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)


def files_of(matter: UUID, *, using: str = "default") -> dict[str, Kept]:
    """Return the files of a matter by id (32 hex characters)."""
    connection = connections[using]
    value = matter if connection.features.has_native_uuid_field else matter.hex
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_COLUMNS} FROM attachments_file WHERE matter = %s", [value])
        rows = cursor.fetchall()
    return {kept.id.hex: kept for kept in map(kept_of_row, rows)}


def kept_between(after: Any, last: Any, *, using: str = "default") -> Iterator[Kept]:
    """Yield the files of the matters in (after, last]; the bounds as the database writes them."""
    with connections[using].cursor() as cursor:
        cursor.execute(f"SELECT {_COLUMNS} FROM attachments_file WHERE matter > %s AND matter <= %s", [after, last])
        for row in cursor.fetchall():
            yield kept_of_row(row)


def kept_of_row(row: Sequence[Any]) -> Kept:
    """Return a file from its columns, in the order of `Kept`, as either database gives them."""
    return Kept(_uuid(row[0]), _uuid(row[1]), row[2], row[3], row[4], bool(row[5]), row[6], bytes(row[7]))


def bytes_of(matter: UUID, *, using: str = "default") -> int:
    """Return how many bytes a matter's files have together."""
    connection = connections[using]
    value = matter if connection.features.has_native_uuid_field else matter.hex
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(size), 0) FROM attachments_file WHERE matter = %s", [value])
        return int(cursor.fetchone()[0])
