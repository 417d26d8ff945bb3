"""
Between the jurisdiction's rows in the database and its values: one pair of functions a table.

The writer stores what `row_of` gives, the snapshot reads it back with `value_of`, and they are exact inverses.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from huajie.apps.ledger.operations import TableSpec, register_table
from huajie.core.jurisdiction import Name, Posting, Region, Remit, Seat, Settings, Topic, Unit


@dataclass(frozen=True, slots=True)
class Stored:
    """How one kind of row is stored."""

    #: Its table in the snapshot.
    table: str
    spec: TableSpec
    #: The row's values in the order of the spec's columns.
    row_of: Callable[[Any], tuple[Any, ...]]
    #: The value made from such a row, as the database returned it.
    value_of: Callable[[Sequence[Any]], Any]


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    moment: datetime = value
    return moment.astimezone(UTC)


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split(" ")) if text else ()


STORED = (
    Stored(
        "regions",
        register_table(
            TableSpec(
                "jurisdiction_region",
                {
                    "id": "text",
                    "parent": "text",
                    "name_zh": "text",
                    "name_en": "text",
                    "level": "text",
                    "calendar": "text",
                    "zone": "text",
                    "active": "bool",
                },
                key=("id",),
            )
        ),
        lambda v: (v.id, v.parent, v.name.zh, v.name.en, v.level, v.calendar, v.zone, v.active),
        lambda r: Region(r[0], r[1], Name(r[2], r[3]), r[4], r[5], r[6], bool(r[7])),
    ),
    Stored(
        "units",
        register_table(
            TableSpec(
                "jurisdiction_unit",
                {
                    "id": "text",
                    "parent": "text",
                    "name_zh": "text",
                    "name_en": "text",
                    "region": "text",
                    "can_decide": "bool",
                    "kind": "text",
                    "active": "bool",
                    "successor": "text",
                },
                key=("id",),
            )
        ),
        lambda v: (v.id, v.parent, v.name.zh, v.name.en, v.region, v.can_decide, v.kind, v.active, v.successor),
        lambda r: Unit(r[0], r[1], Name(r[2], r[3]), r[4], bool(r[5]), r[6], bool(r[7]), r[8]),
    ),
    Stored(
        "seats",
        register_table(
            TableSpec(
                "jurisdiction_seat",
                {
                    "id": "text",
                    "unit": "text",
                    "title_zh": "text",
                    "title_en": "text",
                    "roles": "text",
                    "active": "bool",
                    "successor": "text",
                },
                key=("id",),
            )
        ),
        lambda v: (v.id, v.unit, v.title.zh, v.title.en, " ".join(sorted(v.roles)), v.active, v.successor),
        lambda r: Seat(r[0], r[1], Name(r[2], r[3]), frozenset(_split(r[4])), bool(r[5]), r[6]),
    ),
    Stored(
        "postings",
        register_table(
            TableSpec(
                "jurisdiction_posting",
                {
                    "id": "text",
                    "seat": "text",
                    "person": "uuid",
                    "kind": "text",
                    "from_at": "moment",
                    "to_at": "moment",
                },
                key=("id",),
            )
        ),
        lambda v: (v.id, v.seat, UUID(hex=v.person), v.kind, v.from_at, v.to_at),
        lambda r: Posting(r[0], r[1], r[2].hex if isinstance(r[2], UUID) else r[2], _moment(r[4]), _moment(r[5]), r[3]),
    ),
    Stored(
        "topics",
        register_table(
            TableSpec(
                "jurisdiction_topic",
                {
                    "id": "text",
                    "parent": "text",
                    "name_zh": "text",
                    "name_en": "text",
                    "version": "int",
                    "active": "bool",
                    "sensitivity": "text",
                    "public_place": "bool",
                },
                key=("id",),
            )
        ),
        lambda v: (v.id, v.parent, v.name.zh, v.name.en, v.version, v.active, v.sensitivity, v.public_place),
        lambda r: Topic(r[0], r[1], Name(r[2], r[3]), r[4], bool(r[5]), r[6], bool(r[7])),
    ),
    Stored(
        "remits",
        register_table(
            TableSpec(
                "jurisdiction_remit",
                {
                    "id": "text",
                    "unit": "text",
                    "seat": "text",
                    "topics": "text",
                    "regions": "text",
                    "power": "text",
                    "pack": "text",
                    "priority": "int",
                    "from_at": "moment",
                    "to_at": "moment",
                },
                key=("id",),
            )
        ),
        lambda v: (
            v.id,
            v.unit,
            v.seat,
            " ".join(v.topics),
            " ".join(v.regions),
            v.power,
            v.pack,
            v.priority,
            v.from_at,
            v.to_at,
        ),
        lambda r: Remit(r[0], r[1], r[2], _split(r[3]), _split(r[4]), r[5], r[6], r[7], _moment(r[8]), _moment(r[9])),
    ),
)

#: The one row that carries version and settings; a write that relied on a snapshot guards on its version.
HEAD = register_table(
    TableSpec(
        "jurisdiction_head",
        {
            "id": "int",
            "version": "int",
            "head": "bytes",
            "backstop_unit": "text",
            "backstop_seat": "text",
            "intake_unit": "text",
            "intake_seat": "text",
            "pool": "text",
            "conflict_days": "int",
        },
        key=("id",),
    )
)


def settings_columns(settings: Settings) -> dict[str, Any]:
    """Return the settings as columns of the head row."""
    return {
        "backstop_unit": settings.backstop_unit,
        "backstop_seat": settings.backstop_seat,
        "intake_unit": settings.intake_unit,
        "intake_seat": settings.intake_seat,
        "pool": " ".join(settings.pool),
        "conflict_days": settings.conflict_days,
    }


def settings_of(row: Sequence[Any]) -> Settings:
    """Return the settings from columns of the head row, in the order of `settings_columns`."""
    return Settings(row[0], row[1], row[2], row[3], _split(row[4]), row[5])
