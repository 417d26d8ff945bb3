"""
Tables that the one writer knows.

An app registers a `TableSpec` for each table it writes. The spec says how each column is stored on either database, so
that rows travel as plain values: on SQLite as Django stores them, on PostgreSQL as binary arrays, one per column.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import chain
from struct import pack
from typing import Any, Final
from uuid import UUID

from huajie.apps.ledger.errors import Clash, WriteRefused

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(2000, 1, 1).toordinal()


def _utc(at: datetime) -> datetime:
    if at.tzinfo is UTC:
        return at
    if at.tzinfo is None:
        raise ValueError(f"{at!r} has no zone")
    return at.astimezone(UTC)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _sqlite_moment(at: datetime) -> str:
    return _utc(at).isoformat(" ")[:-6]


def _microseconds(at: datetime) -> bytes:
    passed = _utc(at) - _EPOCH
    value = passed.days * 86_400_000_000 + passed.seconds * 1_000_000 + passed.microseconds
    return value.to_bytes(8, "big", signed=True)


def _read_sqlite_moment(text: str) -> datetime:
    return datetime.fromisoformat(text + "+00:00")


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of value is stored."""

    #: PostgreSQL's type, and the number of that type.
    postgres: str
    oid: int
    #: The value in PostgreSQL's binary form.
    encode: Callable[[Any], bytes]
    #: The value as Django stores it in SQLite; None where the driver needs no help.
    to_sqlite: Callable[[Any], Any] | None = None


KINDS: Final[dict[str, Kind]] = {
    "uuid": Kind("uuid", 2950, lambda value: value.bytes, lambda value: value.hex),
    "text": Kind("text", 25, str.encode),
    "int": Kind("int4", 23, lambda value: int(value).to_bytes(4, "big", signed=True)),
    "bigint": Kind("int8", 20, lambda value: int(value).to_bytes(8, "big", signed=True)),
    "float": Kind("float8", 701, lambda value: pack(">d", value)),
    "bool": Kind("bool", 16, lambda value: b"\1" if value else b"\0", int),
    "moment": Kind("timestamptz", 1184, _microseconds, _sqlite_moment),
    "date": Kind(
        "date",
        1082,
        lambda value: (value.toordinal() - _EPOCH_DAY).to_bytes(4, "big", signed=True),
        date.isoformat,
    ),
    "bytes": Kind("bytea", 17, bytes),
    "json": Kind("jsonb", 3802, lambda value: b"\1" + _compact(value).encode(), _compact),
}


def postgres_array(kind: Kind, values: Sequence[Any]) -> bytes:
    """Return PostgreSQL's binary form of a one-dimensional array; `values` is not empty, None is NULL."""
    encode = kind.encode
    if len(values) == 1 and values[0] is not None:
        data = encode(values[0])
        return pack(">iiIiii", 1, 0, kind.oid, 1, 1, len(data)) + data
    nulls = 0
    parts = []
    for value in values:
        if value is None:
            nulls = 1
            parts.append(b"\xff\xff\xff\xff")
        else:
            data = encode(value)
            parts.append(len(data).to_bytes(4, "big"))
            parts.append(data)
    return pack(">iiIii", 1, nulls, kind.oid, len(values), 1) + b"".join(parts)


def sqlite_rows(kinds: Sequence[Kind], rows: Sequence[Sequence[Any]]) -> Iterable[Sequence[Any]]:
    """Return the rows with every value as Django stores it in SQLite."""
    if all(kind.to_sqlite is None for kind in kinds):
        return rows
    columns: list[Sequence[Any]] = []
    for kind, column in zip(kinds, zip(*rows, strict=True), strict=True):
        adapt = kind.to_sqlite
        if adapt is None:
            columns.append(column)
        elif None in column:
            columns.append([None if value is None else adapt(value) for value in column])
        else:
            columns.append(list(map(adapt, column)))
    return zip(*columns, strict=True)


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One table that the writer may write."""

    #: As in the database.
    name: str
    #: Column to kind: uuid, text, int, bigint, float, bool, moment, date, bytes, json.
    columns: Mapping[str, str]
    #: Columns of the primary key.
    key: tuple[str, ...]
    #: What a second row with the same key means.
    clash: type[WriteRefused] = Clash
    kinds: dict[str, Kind] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        wrong = [kind for kind in self.columns.values() if kind not in KINDS]
        if wrong:
            raise ValueError(f"{self.name}: unknown kinds {wrong}; one of {', '.join(KINDS)}")
        missing = [column for column in self.key if column not in self.columns]
        if missing or not self.key:
            raise ValueError(f"{self.name}: the key {self.key} is not among the columns")
        for word in chain([self.name], self.columns):
            if not word.replace("_", "").isalnum() or not word.isascii():
                raise ValueError(f"{word!r} is not a plain name")
        object.__setattr__(self, "kinds", {column: KINDS[kind] for column, kind in self.columns.items()})


_tables: dict[str, TableSpec] = {}


def register_table(spec: TableSpec) -> TableSpec:
    """
    Let the writer write this table. Registering the same spec again has no effect.

    Raises:
        ValueError: another spec has the name already.
    """
    known = _tables.setdefault(spec.name, spec)
    if known != spec:
        raise ValueError(f"{spec.name} is registered with other columns")
    return known


def table(name: str) -> TableSpec:
    """
    Return the registered spec.

    Raises:
        LookupError: nobody registered it.
    """
    try:
        return _tables[name]
    except KeyError:
        raise LookupError(f"no table {name!r} is registered with the writer") from None


def uuid_from_sqlite(text: str) -> UUID:
    """Read a UUID as Django stores it in SQLite."""
    return UUID(hex=text)


def moment_from_sqlite(text: str) -> datetime:
    """Read a moment as Django stores it in SQLite; aware, UTC."""
    return _read_sqlite_moment(text)
