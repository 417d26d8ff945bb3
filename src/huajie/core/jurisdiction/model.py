"""
Who answers for what: the rows of the jurisdiction and one immutable snapshot of them.

A snapshot is the fold of the jurisdiction stream up to one entry; its version is the number of that entry. Tables
that an entry did not touch are shared with the snapshot before it, so holding a thousand versions costs little.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

#: What a seat may be trusted with. A closed list: packs and the access table name the same words.
ROLES = frozenset(
    {
        "intake",
        "dispatcher",
        "handler",
        "head",
        "sponsor",
        "deputy",
        "mediator",
        "verifier",
        "reviewer",
        "supervisor",
        "area_worker",
        "secretary",
        "archivist",
        "dpo",
        "auditor",
        "admin",
    }
)
#: A seat with one of these roles can be the seat that answers for a matter.
LEAD_ROLES = frozenset({"handler", "head"})
#: `office` is an inner part of the unit above it and never independent of it; every other kind stands for itself.
UNIT_KINDS = frozenset({"government", "bureau", "township", "centre", "village", "company", "office"})
#: The powers that a remit can give: to lead and decide, to help whoever leads, only to report.
POWERS = frozenset({"decide", "assist", "report"})
#: How a person belongs to a seat: holds it; covers it while the holder is away; is away from it; prepares what its
#: holder decides.
POSTING_KINDS = frozenset({"holder", "cover", "away", "secretary"})
#: Those who answer from the seat: it is empty without one of them.
SITTING = frozenset({"holder", "cover"})
#: How closely a matter is kept.
SENSITIVITIES = ("ordinary", "sealed", "minor")
#: In a remit: every topic, every region, every pack.
ANY = "*"


class Name(NamedTuple):
    """A name in Chinese and English; either may stand for a missing other."""

    #: Chinese, possibly empty.
    zh: str
    #: English, possibly empty.
    en: str

    @classmethod
    def of(cls, value: Mapping[str, str]) -> Name:
        """Return the name from an effect's `{"zh": ..., "en": ...}`; a language left out takes the other's words."""
        zh, en = value.get("zh", ""), value.get("en", "")
        return cls(zh or en, en or zh)

    def to(self, language: str) -> str:
        """Return the words for a language tag such as `zh-hans` or `en`; anything not Chinese reads English."""
        return self.zh if language.startswith("zh") else self.en

    def plain(self) -> dict[str, str]:
        """Return the form an effect carries."""
        return {"zh": self.zh, "en": self.en}


@dataclass(frozen=True, slots=True)
class Region:
    """One node of the division tree."""

    #: Short readable code, `r.yunxi`.
    id: str
    #: Code of the region around it, None for the outermost.
    parent: str | None
    name: Name
    #: `country`, `province`, `city`, `county`, `township`, `village`, `grid` or what a place calls it.
    level: str
    #: Id of the calendar that counts its working days.
    calendar: str
    #: IANA zone in which its local days begin.
    zone: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class Unit:
    """An office that can be named in a matter."""

    #: Short readable code, `u.housing`.
    id: str
    #: Code of the superior unit, None at the top.
    parent: str | None
    name: Name
    #: Code of the region it serves.
    region: str
    #: False: may assist or report, never lead (a village committee).
    can_decide: bool
    #: One of UNIT_KINDS.
    kind: str
    active: bool = True
    #: Code of the unit that took over when this one closed.
    successor: str | None = None


@dataclass(frozen=True, slots=True)
class Seat:
    """A desk in a unit: it stays when people move."""

    #: Short readable code, `s.housing.head`.
    id: str
    unit: str
    title: Name
    #: Subset of ROLES.
    roles: frozenset[str]
    active: bool = True
    #: Code of the seat that took over when this one closed.
    successor: str | None = None


@dataclass(frozen=True, slots=True)
class Posting:
    """One person on one seat from a moment to a moment."""

    #: `<seat>#<number>`, numbered from 1 on each seat.
    id: str
    seat: str
    #: The account's uuid as 32 hex digits; names stay outside the ledger.
    person: str
    #: Aware UTC; the first moment.
    from_at: datetime
    #: Aware UTC, exclusive; None while it lasts.
    to_at: datetime | None
    #: One of POSTING_KINDS.
    kind: str

    def in_force(self, at: datetime) -> bool:
        """Return whether the person sat there at that moment."""
        return self.from_at <= at and (self.to_at is None or at < self.to_at)


@dataclass(frozen=True, slots=True)
class Topic:
    """One node of the topic tree."""

    #: Short readable code, `t.wages`.
    id: str
    parent: str | None
    name: Name
    #: Counts the definitions of this topic, from 1.
    version: int
    active: bool = True
    #: One of SENSITIVITIES; the strictest of topic and pack holds for a matter.
    sensitivity: str = "ordinary"
    #: True: such a problem is about a road, a river, a works, so that officers may see its place as a point. Each topic
    #: says it for itself and not for those under it; whatever could be about a home says nothing.
    public_place: bool = False


@dataclass(frozen=True, slots=True)
class Remit:
    """A rule: this unit answers for these topics in these regions with this power."""

    #: Short readable code, `m.housing.wages`.
    id: str
    unit: str
    #: The seat that takes such matters; None leaves it to the unit's default seat.
    seat: str | None
    #: Topic codes, each covering what lies under it, or ANY.
    topics: tuple[str, ...]
    #: Region codes, each covering what lies under it, or ANY.
    regions: tuple[str, ...]
    #: One of POWERS.
    power: str
    #: A pack id, or ANY.
    pack: str
    #: Between equally specific rules the larger wins.
    priority: int
    #: Aware UTC; the first moment.
    from_at: datetime
    #: Aware UTC, exclusive; None while it lasts.
    to_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """The places that catch what no rule catches."""

    #: Holds a matter after the second objection to a transfer.
    backstop_unit: str | None = None
    backstop_seat: str | None = None
    #: Owns the queue of matters that no rule matched.
    intake_unit: str | None = None
    intake_seat: str | None = None
    #: Seats that verify for units too small to verify their own work.
    pool: tuple[str, ...] = ()
    #: Days for which a conflict of interest outlasts the posting that gave it; 0: it ends with the posting.
    conflict_days: int = 0


class HasId(Protocol):
    """Anything with a code."""

    @property
    def id(self) -> str:
        """Return the code."""
        ...


Row = TypeVar("Row", bound=HasId)


class Table(Generic[Row]):
    """An immutable table: rows by code and, worked out once when first asked, codes by a group (parent, unit, seat)."""

    __slots__ = ("_group_of", "_groups", "_listed", "rows")

    def __init__(self, group_of: Callable[[Row], str | None], rows: Mapping[str, Row] | None = None) -> None:
        self.rows: Mapping[str, Row] = rows if rows is not None else {}
        self._group_of = group_of
        self._groups: dict[str | None, tuple[Row, ...]] | None = None
        self._listed: dict[str, tuple[Row, ...]] | None = None

    def with_rows(self, rows: Iterable[Row]) -> Table[Row]:
        """Return a table with these rows put in or replaced; this one stays as it is."""
        changed = dict(self.rows)
        for row in rows:
            changed[row.id] = row
        return Table(self._group_of, changed)

    def group(self, key: str | None) -> tuple[Row, ...]:
        """Return the rows of one group, ordered by code."""
        if self._groups is None:
            groups: dict[str | None, list[Row]] = {}
            for row in sorted(self.rows.values(), key=lambda row: row.id):
                groups.setdefault(self._group_of(row), []).append(row)
            self._groups = {name: tuple(found) for name, found in groups.items()}
        return self._groups.get(key, ())

    def listing(self, code: str, codes_of: Callable[[Row], Iterable[str]]) -> tuple[Row, ...]:
        """Return the rows whose list of codes names this one; `codes_of` is the same at every call."""
        if self._listed is None:
            listed: dict[str, list[Row]] = {}
            for row in self.rows.values():
                for one in codes_of(row):
                    listed.setdefault(one, []).append(row)
            self._listed = {one: tuple(found) for one, found in listed.items()}
        return self._listed.get(code, ())

    def get(self, code: str | None) -> Row | None:
        """Return the row with that code or None."""
        return self.rows.get(code) if code is not None else None

    def __getitem__(self, code: str) -> Row:
        return self.rows[code]

    def __contains__(self, code: object) -> bool:
        return code in self.rows

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows.values())

    def __len__(self) -> int:
        return len(self.rows)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Table) and self.rows == other.rows

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Table({len(self.rows)} rows)"


def _parent_of(row: Any) -> str | None:
    parent: str | None = row.parent
    return parent


def _unit_of(row: Any) -> str | None:
    unit: str = row.unit
    return unit


def _seat_of(row: Any) -> str | None:
    seat: str = row.seat
    return seat


def _person_of(row: Any) -> str | None:
    person: str = row.person
    return person


@dataclass(frozen=True, slots=True, eq=False)
class Jurisdiction:
    """
    The whole jurisdiction as one entry of its stream left it.

    Every look-up takes codes and answers in constant or near constant time. Equal when version and rows are equal.
    """

    #: Number of the last entry folded in; 0 before the first.
    version: int
    regions: Table[Region]
    units: Table[Unit]
    seats: Table[Seat]
    postings: Table[Posting]
    postings_by_person: Table[Posting]
    topics: Table[Topic]
    remits: Table[Remit]
    settings: Settings

    @classmethod
    def empty(cls) -> Jurisdiction:
        """Return the jurisdiction before its first entry."""
        return cls.of(0)

    @classmethod
    def of(
        cls,
        version: int,
        *,
        regions: Iterable[Region] = (),
        units: Iterable[Unit] = (),
        seats: Iterable[Seat] = (),
        postings: Iterable[Posting] = (),
        topics: Iterable[Topic] = (),
        remits: Iterable[Remit] = (),
        settings: Settings | None = None,
    ) -> Jurisdiction:
        """Return a snapshot made from rows, as they stand in the projection."""
        by_seat = {row.id: row for row in postings}
        return cls(
            version=version,
            regions=Table(_parent_of, {row.id: row for row in regions}),
            units=Table(_parent_of, {row.id: row for row in units}),
            seats=Table(_unit_of, {row.id: row for row in seats}),
            postings=Table(_seat_of, by_seat),
            postings_by_person=Table(_person_of, by_seat),
            topics=Table(_parent_of, {row.id: row for row in topics}),
            remits=Table(_unit_of, {row.id: row for row in remits}),
            settings=settings or Settings(),
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Jurisdiction) and (
            (self.version, self.settings) == (other.version, other.settings)
            and self.regions == other.regions
            and self.units == other.units
            and self.seats == other.seats
            and self.postings == other.postings
            and self.topics == other.topics
            and self.remits == other.remits
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Jurisdiction(version={self.version}, units={len(self.units)}, seats={len(self.seats)})"

    # Trees

    def unit_ancestors(self, unit: str | None) -> tuple[str, ...]:
        """Return the codes of the units above, nearest first, without the unit itself."""
        return _ancestors(self.units, unit)

    def region_ancestors(self, region: str | None) -> tuple[str, ...]:
        """Return the codes of the regions around, nearest first, without the region itself."""
        return _ancestors(self.regions, region)

    def topic_ancestors(self, topic: str | None) -> tuple[str, ...]:
        """Return the codes of the topics above, nearest first, without the topic itself."""
        return _ancestors(self.topics, topic)

    def unit_children(self, unit: str | None) -> tuple[Unit, ...]:
        """Return the units directly below, by code; None gives the top ones."""
        return self.units.group(unit)

    def region_children(self, region: str | None) -> tuple[Region, ...]:
        """Return the regions directly inside, by code; None gives the outermost."""
        return self.regions.group(region)

    def topic_children(self, topic: str | None) -> tuple[Topic, ...]:
        """Return the topics directly below, by code; None gives the top ones."""
        return self.topics.group(topic)

    def answering_unit(self, unit: str) -> str:
        """Return the unit that answers for this one today: itself, or the last of its successors if it closed."""
        seen = {unit}
        while (row := self.units.get(unit)) is not None and not row.active and row.successor:
            if row.successor in seen:
                break
            unit = row.successor
            seen.add(unit)
        return unit

    def answering_seat(self, seat: str) -> str:
        """Return the seat that answers for this one today: itself, or the last of its successors if it closed."""
        seen = {seat}
        while (row := self.seats.get(seat)) is not None and not row.active and row.successor:
            if row.successor in seen:
                break
            seat = row.successor
            seen.add(seat)
        return seat

    def superior(self, unit: str) -> str | None:
        """Return the nearest working unit above, or None at the top."""
        for code in self.unit_ancestors(unit):
            answering = self.answering_unit(code)
            if answering != unit and (row := self.units.get(answering)) is not None and row.active:
                return answering
        return None

    def common_superior(self, first: str, second: str) -> str | None:
        """
        Return the nearest working unit above both, or None when they share none.

        Neither of the two counts as its own superior: a bureau doesn't decide its own dispute with its own office.
        Source: 信访工作条例 art. 24.
        """
        above = set(self.unit_ancestors(second))
        for code in self.unit_ancestors(first):
            row = self.units.get(code)
            if code in above and code != second and row is not None and row.active:
                return code
        return None

    # Seats and people

    def seats_of_unit(self, unit: str) -> tuple[Seat, ...]:
        """Return the active seats of a unit, by code."""
        return tuple(seat for seat in self.seats.group(unit) if seat.active)

    def holder(self, seat: str, at: datetime) -> str | None:
        """Return the person (uuid hex) who holds the seat at that moment, or None."""
        return self._sitting(seat, at, "holder")

    def cover(self, seat: str, at: datetime) -> str | None:
        """Return the person (uuid hex) who covers the seat at that moment, or None."""
        return self._sitting(seat, at, "cover")

    def _sitting(self, seat: str, at: datetime, kind: str) -> str | None:
        for posting in self.postings.group(seat):
            if posting.kind == kind and posting.in_force(at):
                return posting.person
        return None

    def occupied(self, seat: str, at: datetime) -> bool:
        """Return whether an active seat has a holder or a cover at that moment."""
        row = self.seats.get(seat)
        return (
            row is not None
            and row.active
            and any(posting.kind in SITTING and posting.in_force(at) for posting in self.postings.group(row.id))
        )

    def absence(self, seat: str, at: datetime) -> Posting | None:
        """Return the planned absence of the seat's holder that runs at that moment, or None."""
        for posting in self.postings.group(seat):
            if posting.kind == "away" and posting.in_force(at):
                return posting
        return None

    def secretaries_of(self, seat: str, at: datetime) -> tuple[str, ...]:
        """Return the persons (uuid hex) who prepare at that moment what the seat's holder decides."""
        found = [row.person for row in self.postings.group(seat) if row.kind == "secretary" and row.in_force(at)]
        return tuple(dict.fromkeys(found))

    def had_secretary(self, seat: str) -> bool:
        """Return whether anybody has ever prepared from this seat: only then can something prepared wait there."""
        return any(row.kind == "secretary" for row in self.postings.group(seat))

    def persons_of(self, seat: str, at: datetime) -> tuple[str, ...]:
        """Return who may act from the seat at that moment: holder first, then cover, each once."""
        found = [person for person in (self.holder(seat, at), self.cover(seat, at)) if person is not None]
        return tuple(dict.fromkeys(found))

    def persons_of_unit(self, unit: str, at: datetime) -> frozenset[str]:
        """Return everybody who may act from any active seat of the unit at that moment."""
        return frozenset(person for seat in self.seats_of_unit(unit) for person in self.persons_of(seat.id, at))

    def seats_of_person(self, person: str, at: datetime) -> tuple[str, ...]:
        """
        Return the active seats from which a person may act at that moment: held ones first, then those covered, then
        those of which they are secretary, each by code.
        """
        found: dict[str, int] = {}
        for posting in self.postings_by_person.group(person):
            rank = _RANK.get(posting.kind)
            seat = self.seats.get(posting.seat)
            if rank is not None and seat is not None and seat.active and posting.in_force(at):
                found[seat.id] = min(found.get(seat.id, rank), rank)
        return tuple(sorted(found, key=lambda code: (found[code], code)))

    def left_units(self, person: str, at: datetime) -> dict[str, datetime]:
        """Return the units in which a person sat and no longer does, with the moment when their last posting ended."""
        now, left = set(), dict[str, datetime]()
        for posting in self.postings_by_person.group(person):
            seat = self.seats.get(posting.seat)
            if seat is None or posting.kind not in _RANK or posting.from_at > at:
                continue
            if posting.to_at is not None and posting.to_at <= at:
                left[seat.unit] = max(left.get(seat.unit, posting.to_at), posting.to_at)
            elif seat.active:
                now.add(seat.unit)
        return {unit: ended for unit, ended in left.items() if unit not in now}

    def units_of_person(self, person: str, at: datetime) -> frozenset[str]:
        """Return the units of all seats on which a person sits at that moment, as holder or as cover."""
        return frozenset(self.seats[seat].unit for seat in self.seats_of_person(person, at))

    def head_seat(self, unit: str) -> str | None:
        """Return the seat of the unit's head (the first by code if it has several), or None."""
        for seat in self.seats_of_unit(unit):
            if "head" in seat.roles:
                return seat.id
        return None

    def default_seat(self, unit: str, at: datetime, *, without: frozenset[str] = frozenset()) -> str | None:
        """
        Return the seat that answers when only the unit is named, or None when nobody can.

        The first occupied handler seat by code, else the first occupied head seat; `without` names persons (uuid
        hex) who may not be the only ones behind it.
        """
        for role in ("handler", "head"):
            for seat in self.seats_of_unit(unit):
                if role in seat.roles and any(person not in without for person in self.persons_of(seat.id, at)):
                    return seat.id
        return None

    def with_version(self, version: int) -> Jurisdiction:
        """Return the same rows under another version."""
        return replace(self, version=version)


#: In which order somebody's seats stand: the held ones first.
_RANK = {"holder": 0, "cover": 1, "secretary": 2}


def _ancestors(table: Table[Any], code: str | None) -> tuple[str, ...]:
    found: list[str] = []
    row = table.get(code)
    # A cycle can't be written, but a tampered projection may hold one: stop rather than hang.
    while row is not None and row.parent is not None and row.parent not in found and row.parent != code:
        found.append(row.parent)
        row = table.get(row.parent)
    return tuple(found)


def moment(text: str) -> datetime:
    """Return the aware UTC moment of an effect's text such as `2026-11-23T08:00:00Z`; ValueError if it has no zone."""
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise ValueError(f"a moment without its zone: {text}")
    return value.astimezone(UTC)


def moment_text(value: datetime) -> str:
    """Return the text by which effects carry a moment, `2026-11-23T08:00:00.000000Z`, as every entry does."""
    return value.astimezone(UTC).isoformat("T", "microseconds")[:26] + "Z"
