"""
The effects by which the jurisdiction stream changes a snapshot, and their fold.

The list is closed. One entry may carry any number of them: an import that creates 300 topics is one entry. Applying
them copies only the tables they touch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from huajie.core.jurisdiction.model import (
    Jurisdiction,
    Name,
    Posting,
    Region,
    Remit,
    Seat,
    Settings,
    Topic,
    Unit,
    moment,
    moment_text,
)

Effect = Mapping[str, Any]

#: The one stream that holds the jurisdiction.
STREAM = UUID("00000000-0000-7000-8000-000000000001")
#: Kind of each of its entries.
KIND = "jurisdiction.changed"


@dataclass(slots=True)
class _Draft:
    """Rows put in by the effects of one entry, on top of the snapshot before it."""

    before: Jurisdiction
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    settings: Settings | None = None

    def put(self, table: str, row: Any) -> None:
        self.rows.setdefault(table, {})[row.id] = row

    def find(self, table: str, code: str) -> Any:
        found = self.rows.get(table, {}).get(code)
        return found if found is not None else getattr(self.before, table)[code]


def _region(draft: _Draft, e: Effect) -> None:
    draft.put(
        "regions",
        Region(
            e["id"], e["parent"], Name.of(e["name"]), e["level"], e["calendar"], e["zone"], active=e.get("active", True)
        ),
    )


def _unit(draft: _Draft, e: Effect) -> None:
    draft.put(
        "units",
        Unit(
            e["id"],
            e["parent"],
            Name.of(e["name"]),
            e["region"],
            e["can_decide"],
            e["kind"],
            active=e.get("active", True),
            successor=e.get("successor"),
        ),
    )


def _seat(draft: _Draft, e: Effect) -> None:
    draft.put(
        "seats",
        Seat(
            e["id"],
            e["unit"],
            Name.of(e["title"]),
            frozenset(e["roles"]),
            active=e.get("active", True),
            successor=e.get("successor"),
        ),
    )


def _posting_started(draft: _Draft, e: Effect) -> None:
    to_at = e.get("to_at")
    draft.put(
        "postings",
        Posting(
            e["id"],
            e["seat"],
            e["person"],
            moment(e["from_at"]),
            moment(to_at) if to_at is not None else None,
            e["kind"],
        ),
    )


def _posting_ended(draft: _Draft, e: Effect) -> None:
    draft.put("postings", replace(draft.find("postings", e["id"]), to_at=moment(e["at"])))


def _topic(draft: _Draft, e: Effect) -> None:
    draft.put(
        "topics",
        Topic(
            e["id"],
            e["parent"],
            Name.of(e["name"]),
            e["version"],
            active=e.get("active", True),
            sensitivity=e.get("sensitivity", "ordinary"),
            public_place=e.get("public_place", False),
        ),
    )


def _remit(draft: _Draft, e: Effect) -> None:
    to_at = e.get("to_at")
    draft.put(
        "remits",
        Remit(
            e["id"],
            e["unit"],
            e.get("seat"),
            tuple(e["topics"]),
            tuple(e["regions"]),
            e["power"],
            e["pack"],
            e["priority"],
            moment(e["from_at"]),
            moment(to_at) if to_at is not None else None,
        ),
    )


def _remit_ended(draft: _Draft, e: Effect) -> None:
    draft.put("remits", replace(draft.find("remits", e["id"]), to_at=moment(e["at"])))


def _settings(draft: _Draft, e: Effect) -> None:
    draft.settings = Settings(
        e.get("backstop_unit"),
        e.get("backstop_seat"),
        e.get("intake_unit"),
        e.get("intake_seat"),
        tuple(e.get("pool", ())),
        e.get("conflict_days", 0),
    )


_APPLY: dict[str, Callable[[_Draft, Effect], None]] = {
    "region.set": _region,
    "unit.set": _unit,
    "seat.set": _seat,
    "posting.started": _posting_started,
    "posting.ended": _posting_ended,
    "topic.set": _topic,
    "remit.set": _remit,
    "remit.ended": _remit_ended,
    "settings.set": _settings,
}
#: The closed list.
EFFECTS = frozenset(_APPLY)


def apply(before: Jurisdiction, version: int, effects: Iterable[Effect]) -> Jurisdiction:
    """
    Return the snapshot that an entry leaves.

    Args:
        before: the snapshot of the entry before.
        version: number of the entry in its stream.
        effects: JSON objects from the closed list, in order.
    Raises:
        KeyError: an unknown effect, a missing member, or the end of a posting or remit that never started.
    """
    draft = _Draft(before)
    for effect in effects:
        _APPLY[effect["e"]](draft, effect)
    rows = draft.rows

    def table(name: str) -> Any:
        current = getattr(before, name)
        return current.with_rows(rows[name].values()) if name in rows else current

    postings = table("postings")
    return Jurisdiction(
        version=version,
        regions=table("regions"),
        units=table("units"),
        seats=table("seats"),
        postings=postings,
        postings_by_person=(
            before.postings_by_person.with_rows(rows["postings"].values())
            if "postings" in rows
            else before.postings_by_person
        ),
        topics=table("topics"),
        remits=table("remits"),
        settings=draft.settings if draft.settings is not None else before.settings,
    )


def fold(entries: Iterable[tuple[int, Sequence[Effect]]], before: Jurisdiction | None = None) -> Jurisdiction:
    """Return the snapshot after these `(number, effects)`, oldest first, on top of `before` or of nothing."""
    snapshot = before if before is not None else Jurisdiction.empty()
    for version, effects in entries:
        snapshot = apply(snapshot, version, effects)
    return snapshot


def region_effect(row: Region) -> dict[str, Any]:
    """Return the effect that sets this region."""
    return {
        "e": "region.set",
        "id": row.id,
        "parent": row.parent,
        "name": row.name.plain(),
        "level": row.level,
        "calendar": row.calendar,
        "zone": row.zone,
        "active": row.active,
    }


def unit_effect(row: Unit) -> dict[str, Any]:
    """Return the effect that sets this unit."""
    return {
        "e": "unit.set",
        "id": row.id,
        "parent": row.parent,
        "name": row.name.plain(),
        "region": row.region,
        "can_decide": row.can_decide,
        "kind": row.kind,
        "active": row.active,
        "successor": row.successor,
    }


def seat_effect(row: Seat) -> dict[str, Any]:
    """Return the effect that sets this seat."""
    return {
        "e": "seat.set",
        "id": row.id,
        "unit": row.unit,
        "title": row.title.plain(),
        "roles": sorted(row.roles),
        "active": row.active,
        "successor": row.successor,
    }


def posting_effect(row: Posting) -> dict[str, Any]:
    """Return the effect that starts this posting."""
    return {
        "e": "posting.started",
        "id": row.id,
        "seat": row.seat,
        "person": row.person,
        "kind": row.kind,
        "from_at": moment_text(row.from_at),
        "to_at": moment_text(row.to_at) if row.to_at is not None else None,
    }


def topic_effect(row: Topic) -> dict[str, Any]:
    """Return the effect that sets this topic."""
    effect: dict[str, Any] = {
        "e": "topic.set",
        "id": row.id,
        "parent": row.parent,
        "name": row.name.plain(),
        "version": row.version,
        "active": row.active,
        "sensitivity": row.sensitivity,
    }
    # left out where it isn't so, as in every entry from before it could be said
    return effect | {"public_place": True} if row.public_place else effect


def remit_effect(row: Remit) -> dict[str, Any]:
    """Return the effect that sets this remit."""
    return {
        "e": "remit.set",
        "id": row.id,
        "unit": row.unit,
        "seat": row.seat,
        "topics": list(row.topics),
        "regions": list(row.regions),
        "power": row.power,
        "pack": row.pack,
        "priority": row.priority,
        "from_at": moment_text(row.from_at),
        "to_at": moment_text(row.to_at) if row.to_at is not None else None,
    }


def settings_effect(row: Settings) -> dict[str, Any]:
    """Return the effect that sets the settings."""
    return {
        "e": "settings.set",
        "backstop_unit": row.backstop_unit,
        "backstop_seat": row.backstop_seat,
        "intake_unit": row.intake_unit,
        "intake_seat": row.intake_seat,
        "pool": list(row.pool),
        **({"conflict_days": row.conflict_days} if row.conflict_days else {}),
    }
