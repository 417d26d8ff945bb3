"""
Changing the jurisdiction: what is asked, what follows, and everything that speaks against it.

A change is a JSON object whose `do` names it; a batch of them is decided as a whole, so that a seat and the posting
that fills it come together. Refusal names every fault at once. A fault that stood before (time has run out on a
posting) does not block a change that leaves it as it is.

| do | members besides `do` |
| --- | --- |
| set_region | id, parent, name, level, calendar, zone, active? |
| set_unit | id, parent, name, region, can_decide, kind |
| close_unit | id, successor, seats? |
| set_seat | id, unit, title, roles |
| close_seat | id, successor |
| start_posting | seat, person, kind?, from_at?, to_at? |
| plan_absence | seat, from_at?, to_at, cover? |
| end_absence | seat, at? |
| end_posting | seat, person, kind?, at? |
| set_topic | id, parent, name, sensitivity?, public_place?, active? |
| set_remit | id, unit, seat?, topics, regions, power, pack?, priority?, from_at?, to_at? |
| end_remit | id, at? |
| set_settings | backstop_unit, backstop_seat, intake_unit, intake_seat, pool, conflict_days? |

Names are `{"zh", "en"}`; moments are texts with a zone; left out, a moment is now.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from huajie.core.jurisdiction.effects import (
    apply,
    posting_effect,
    region_effect,
    remit_effect,
    seat_effect,
    settings_effect,
    topic_effect,
    unit_effect,
)
from huajie.core.jurisdiction.model import (
    ANY,
    LEAD_ROLES,
    POSTING_KINDS,
    POWERS,
    ROLES,
    SENSITIVITIES,
    SITTING,
    UNIT_KINDS,
    Jurisdiction,
    Name,
    Posting,
    Region,
    Remit,
    Seat,
    Settings,
    Table,
    Topic,
    Unit,
    moment,
    moment_text,
)

Change = Mapping[str, Any]

#: How long a conflict of interest outlasts a posting unless the settings say otherwise. Our own design, not law.
CONFLICT_DAYS = 1095

_CODE = re.compile(r"[a-z]\.[a-z0-9](?:[a-z0-9._-]{0,58}[a-z0-9])?")
_PERSON = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that speaks against a change, for translation at the edge."""

    #: `unknown`, `missing`, `invalid`, `exists`, `closed`, `cycle`, `vacant`, `overlap`, `cannot-decide`,
    #: `not-lead-capable`, `not-sponsor-capable`,
    #: `needs-successor`, `open-matters`, `not-started`, `ended`, `no-unit`, `seat-elsewhere`,
    #: `needs-cover`.
    code: str
    #: Where: `changes[3].parent`, or the code of the row that would be wrong.
    path: str
    #: What the words need, as texts.
    values: tuple[tuple[str, str], ...] = ()


class Refused(Exception):
    """The change can't be made; `faults` says everything that speaks against it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__("; ".join(f"{fault.path}: {fault.code}" for fault in self.faults))


def decide_change(
    jurisdiction: Jurisdiction,
    changes: Sequence[Change],
    *,
    now: datetime,
    open_matters_by_seat: Mapping[str, int] | None = None,
    sponsored_by_seat: Mapping[str, int] | None = None,
) -> tuple[dict[str, Any], ...]:
    """
    Return the effects of a batch of changes.

    Whether the actor may change the jurisdiction at all is decided before, by core/access.

    Args:
        changes: see the table above; at least one.
        now: aware UTC.
        open_matters_by_seat: how many open matters each seat answers for; a seat with some is closed only in favour
            of a successor that can lead.
        sponsored_by_seat: how many of them each seat sponsors; its successor can sponsor too.
    Raises:
        Refused: with every fault of the batch.
    """
    if not changes:
        raise Refused([Fault("missing", "changes")])
    batch = _Batch(jurisdiction, now, open_matters_by_seat or {}, sponsored_by_seat or {})
    for index, change in enumerate(changes):
        batch.take(f"changes[{index}]", change)
    if not batch.faults:
        batch.faults += check_effects(jurisdiction, batch.effects, now=now)
    if batch.faults:
        raise Refused(batch.faults)
    return tuple(batch.effects)


def check_effects(before: Jurisdiction, effects: Sequence[Mapping[str, Any]], *, now: datetime) -> list[Fault]:
    """
    Return the faults that these effects bring in and that were not there before; `verify` asks the same of each entry.

    Args:
        now: aware UTC; when the entry was recorded.
    """
    after = faults_of(apply(before, before.version + 1, effects), now=now)
    return sorted(set(after) - set(faults_of(before, now=now))) if after else []


def faults_of(jurisdiction: Jurisdiction, *, now: datetime) -> list[Fault]:
    """Return everything that is wrong with a jurisdiction as it stands at a moment (aware UTC)."""
    faults: list[Fault] = []
    tables: tuple[Table[Any], ...] = (jurisdiction.regions, jurisdiction.units, jurisdiction.topics)
    for table in tables:
        faults += _tree_faults(table)
    for unit in jurisdiction.units:
        if unit.region not in jurisdiction.regions:
            faults.append(_fault("unknown", unit.id, region=unit.region))
        if unit.active and unit.parent is not None:
            above = jurisdiction.units.get(jurisdiction.answering_unit(unit.parent))
            if above is not None and not above.active:
                faults.append(_fault("closed", unit.id, parent=unit.parent))
        faults += _successor_faults(jurisdiction.units, unit)
    for seat in jurisdiction.seats:
        faults += _seat_faults(jurisdiction, seat, now)
    for remit in jurisdiction.remits:
        if remit.to_at is None or remit.to_at > now:
            faults += _remit_faults(jurisdiction, remit)
    faults += _settings_faults(jurisdiction)
    return faults


def _fault(code: str, path: str, **values: object) -> Fault:
    return Fault(code, path, tuple((name, str(value)) for name, value in sorted(values.items())))


def _tree_faults(table: Table[Any]) -> Iterable[Fault]:
    safe: set[str] = set()
    for row in table:
        line: list[str] = []
        code: str | None = row.id
        while code is not None and code not in safe and code not in line:
            found = table.get(code)
            if found is None:
                yield _fault("unknown", line[-1], parent=code)
                break
            line.append(code)
            code = found.parent
        if code is not None and code in line:
            yield _fault("cycle", min(line[line.index(code) :]))
        safe.update(line)


def _successor_faults(table: Table[Any], row: Any) -> Iterable[Fault]:
    if row.active or row.successor is None:
        return
    seen, heir = {row.id}, table.get(row.successor)
    while heir is not None and not heir.active and heir.successor is not None and heir.id not in seen:
        seen.add(heir.id)
        heir = table.get(heir.successor)
    if heir is None:
        yield _fault("unknown", row.id, successor=row.successor)
    elif not heir.active:
        yield _fault("needs-successor", row.id, successor=row.successor)


def _seat_faults(jurisdiction: Jurisdiction, seat: Seat, now: datetime) -> Iterable[Fault]:
    unit = jurisdiction.units.get(seat.unit)
    if unit is None:
        yield _fault("unknown", seat.id, unit=seat.unit)
    postings = jurisdiction.postings.group(seat.id)
    if not seat.active:
        yield from _successor_faults(jurisdiction.seats, seat)
        return
    if unit is not None and not unit.active:
        yield _fault("closed", seat.id, unit=seat.unit)
    vacant = _first_gap(postings, now)
    if vacant is not None:
        # From now on somebody must sit there, without an end in sight; the moment itself is no part of the fault, or
        # a seat already vacant would be a new fault every second.
        yield _fault("vacant", seat.id)
    for kind in POSTING_KINDS - {"secretary"}:
        line = sorted((row for row in postings if row.kind == kind), key=lambda row: row.from_at)
        for first, second in itertools.pairwise(line):
            if first.to_at is None or first.to_at > second.from_at:
                yield _fault("overlap", seat.id, first=first.id, second=second.id)


def _first_gap(postings: Iterable[Posting], now: datetime) -> datetime | None:
    """Return the first moment from now on at which nobody sits, None when there is no such moment."""
    reached = now
    for row in sorted((row for row in postings if row.kind in SITTING), key=lambda row: row.from_at):
        if row.from_at > reached:
            return reached
        if row.to_at is None:
            return None
        reached = max(reached, row.to_at)
    return reached


def _remit_faults(jurisdiction: Jurisdiction, remit: Remit) -> Iterable[Fault]:
    unit = jurisdiction.units.get(remit.unit)
    if unit is None:
        yield _fault("unknown", remit.id, unit=remit.unit)
    else:
        answering = jurisdiction.units.get(jurisdiction.answering_unit(unit.id))
        if answering is not None and not answering.active:
            yield _fault("closed", remit.id, unit=remit.unit)
        if remit.power == "decide" and answering is not None and not answering.can_decide:
            yield _fault("cannot-decide", remit.id, unit=answering.id)
    if remit.seat is not None:
        seat = jurisdiction.seats.get(remit.seat)
        if seat is None:
            yield _fault("unknown", remit.id, seat=remit.seat)
        elif seat.unit != remit.unit:
            yield _fault("seat-elsewhere", remit.id, seat=remit.seat, unit=remit.unit)
        elif remit.power == "decide" and seat.active and not seat.roles & LEAD_ROLES:
            yield _fault("not-lead-capable", remit.id, seat=remit.seat)
    for name, codes, table in (
        ("topic", remit.topics, jurisdiction.topics),
        ("region", remit.regions, jurisdiction.regions),
    ):
        rows: Table[Any] = table
        for code in codes:
            if code != ANY and code not in rows:
                yield _fault("unknown", remit.id, **{name: code})


def _settings_faults(jurisdiction: Jurisdiction) -> Iterable[Fault]:
    settings = jurisdiction.settings
    for name, unit_code, seat_code in (
        ("backstop", settings.backstop_unit, settings.backstop_seat),
        ("intake", settings.intake_unit, settings.intake_seat),
    ):
        unit, seat = jurisdiction.units.get(unit_code), jurisdiction.seats.get(seat_code)
        if unit_code is not None:
            if unit is None:
                yield _fault("unknown", f"settings.{name}_unit", unit=unit_code)
            elif not unit.active:
                yield _fault("closed", f"settings.{name}_unit", unit=unit_code)
            elif not unit.can_decide:
                yield _fault("cannot-decide", f"settings.{name}_unit", unit=unit_code)
        if seat_code is not None:
            if seat is None:
                yield _fault("unknown", f"settings.{name}_seat", seat=seat_code)
            elif not seat.active:
                yield _fault("closed", f"settings.{name}_seat", seat=seat_code)
            elif unit_code is None or seat.unit != unit_code:
                yield _fault("seat-elsewhere", f"settings.{name}_seat", seat=seat_code, unit=unit_code)
    for code in settings.pool:
        seat = jurisdiction.seats.get(code)
        if seat is None:
            yield _fault("unknown", "settings.pool", seat=code)
        elif not seat.active:
            yield _fault("closed", "settings.pool", seat=code)
        elif "verifier" not in seat.roles:
            yield _fault("invalid", "settings.pool", seat=code)


@dataclass(slots=True)
class _Batch:
    """The changes of one decision, taken one after another on the snapshot that each leaves."""

    current: Jurisdiction
    now: datetime
    open_matters_by_seat: Mapping[str, int]
    sponsored_by_seat: Mapping[str, int] = field(default_factory=dict)
    effects: list[dict[str, Any]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    #: Rows set earlier in the batch, by table: cheaper than a snapshot for each of 300 topics.
    fresh: dict[str, dict[str, Any]] = field(default_factory=dict)

    def take(self, path: str, change: Change) -> None:
        """Read one change and add its effects or its faults."""
        if not isinstance(change, Mapping):
            self.faults.append(_fault("invalid", path))
            return
        taken = _TAKE.get(change.get("do", ""))
        if taken is None:
            self.faults.append(_fault("unknown", f"{path}.do", do=change.get("do")))
            return
        reader = _Reader(change, path, self.now, self.faults)
        count = len(self.faults)
        rows = taken(self, reader)
        reader.finish()
        if len(self.faults) == count:
            for table, row, effect in rows:
                self.fresh.setdefault(table, {})[row.id if table != "settings" else ""] = row
                self.effects.append(effect)

    def row(self, table: str, code: str | None) -> Any:
        """Return a row as the batch has left it so far, or None."""
        if code is None:
            return None
        found = self.fresh.get(table, {}).get(code)
        return found if found is not None else getattr(self.current, table).get(code)

    def postings(self, seat: str) -> list[Posting]:
        """Return the postings of a seat as the batch has left them so far."""
        found = {row.id: row for row in self.current.postings.group(seat)}
        found.update({row.id: row for row in self.fresh.get("postings", {}).values() if row.seat == seat})
        return sorted(found.values(), key=lambda row: row.from_at)


@dataclass(slots=True)
class _Reader:
    """Takes the members of one change, noting everything that is missing, misshapen or unheard of."""

    change: Change
    path: str
    now: datetime
    faults: list[Fault]
    read: set[str] = field(default_factory=lambda: {"do"})

    def _take(self, name: str, optional: bool) -> Any:
        self.read.add(name)
        value = self.change.get(name)
        if value is None and not optional:
            self.wrong("missing", name)
        return value

    def wrong(self, code: str, name: str, **values: object) -> None:
        """Note a fault of one member."""
        self.faults.append(_fault(code, f"{self.path}.{name}", **values))

    def finish(self) -> None:
        """Note members that nobody asked for: a misspelt `priority` must not pass unseen."""
        for name in sorted(set(self.change) - self.read):
            self.wrong("unknown", str(name))

    def code(self, name: str, prefix: str, *, optional: bool = False) -> str:
        """Return a code such as `u.housing`; empty after noting a fault or when left out."""
        value = self._take(name, optional)
        if value is None:
            return ""
        if not isinstance(value, str) or not _CODE.fullmatch(value) or not value.startswith(prefix + "."):
            self.wrong("invalid", name, value=value, form=f"{prefix}.name")
            return ""
        return value

    def text(self, name: str, *, optional: str | None = None, among: Iterable[str] = ()) -> str:
        """Return a text, one of `among` if given."""
        value = self._take(name, optional is not None)
        if value is None:
            return optional or ""
        choices = sorted(among)
        if not isinstance(value, str) or not 0 < len(value) <= 200 or (choices and value not in choices):
            self.wrong("invalid", name, value=value, among=", ".join(choices))
            return optional or ""
        return value

    def flag(self, name: str, *, optional: bool | None = None) -> bool:
        """Return a truth value."""
        value = self._take(name, optional is not None)
        if value is None:
            return bool(optional)
        if not isinstance(value, bool):
            self.wrong("invalid", name, value=value)
            return False
        return value

    def number(self, name: str, *, optional: int, least: int = -1000, most: int = 1000) -> int:
        """Return a whole number from `least` to `most`."""
        value = self._take(name, True)
        if value is None:
            return optional
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.wrong("invalid", name, value=value)
            return optional
        return value

    def name(self, name: str) -> Name:
        """Return a name with at least one language."""
        value = self._take(name, False)
        if value is None:
            return Name("", "")
        if (
            not isinstance(value, Mapping)
            or not set(value) <= {"zh", "en"}
            or not any(value.values())
            or not all(isinstance(words, str) and len(words) <= 200 for words in value.values())
        ):
            self.wrong("invalid", name, value=value)
            return Name("", "")
        return Name.of(value)

    def codes(self, name: str, prefix: str, *, any_of_them: bool = True) -> tuple[str, ...]:
        """Return a list of codes, or ANY among them."""
        value = self._take(name, False)
        if value is None:
            return ()
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            self.wrong("invalid", name, value=value)
            return ()
        for item in value:
            if not (any_of_them and item == ANY) and not (_CODE.fullmatch(item) and item.startswith(prefix + ".")):
                self.wrong("invalid", name, value=item, form=f"{prefix}.name")
        return tuple(dict.fromkeys(value))

    def at(self, name: str) -> datetime | None:
        """Return a moment, or None when left out."""
        value = self._take(name, True)
        if value is None:
            return None
        try:
            if isinstance(value, datetime):
                if value.tzinfo is None:
                    raise ValueError(name)
                return value.astimezone(UTC)
            return moment(value)
        except (TypeError, ValueError):
            self.wrong("invalid", name, value=value)
            return None


_Taken = list[tuple[str, Any, dict[str, Any]]]


def _set_region(batch: _Batch, read: _Reader) -> _Taken:
    zone = read.text("zone")
    try:
        ZoneInfo(zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        read.wrong("invalid", "zone", value=zone)
    row = Region(
        id=read.code("id", "r"),
        parent=read.code("parent", "r", optional=True) or None,
        name=read.name("name"),
        level=read.text("level"),
        calendar=read.text("calendar"),
        zone=zone,
        active=read.flag("active", optional=True),
    )
    return [("regions", row, region_effect(row))]


def _set_unit(batch: _Batch, read: _Reader) -> _Taken:
    row = Unit(
        id=read.code("id", "u"),
        parent=read.code("parent", "u", optional=True) or None,
        name=read.name("name"),
        region=read.code("region", "r"),
        can_decide=read.flag("can_decide"),
        kind=read.text("kind", among=UNIT_KINDS),
    )
    before = batch.row("units", row.id)
    if before is not None and not before.active:
        # A closed unit's name may be corrected, but what it was is over: a new unit takes a new code.
        read.wrong("closed", "id", unit=row.id)
    return [("units", row, unit_effect(row))]


def _close_unit(batch: _Batch, read: _Reader) -> _Taken:
    code, heir = read.code("id", "u"), read.code("successor", "u", optional=True)
    unit, successor = batch.row("units", code), batch.row("units", heir or None)
    if not heir:
        read.wrong("needs-successor", "successor", unit=code)
    if unit is None:
        read.wrong("unknown", "id", unit=code)
        return []
    if not unit.active:
        read.wrong("closed", "id", unit=code)
    if heir and successor is None:
        read.wrong("unknown", "successor", unit=heir)
    elif successor is not None and (not successor.active or heir == code):
        read.wrong("closed", "successor", unit=heir)
    elif successor is not None and unit.can_decide and not successor.can_decide:
        read.wrong("cannot-decide", "successor", unit=heir)
    if not heir or successor is None:
        return []
    closed = replace(unit, active=False, successor=heir)
    taken: _Taken = [("units", closed, unit_effect(closed))]
    seats = {row.id: row for row in batch.current.seats.group(code)}
    seats.update({row.id: row for row in batch.fresh.get("seats", {}).values() if row.unit == code})
    heirs = {row.id: row for row in batch.current.seats.group(heir)}
    heirs.update({row.id: row for row in batch.fresh.get("seats", {}).values() if row.unit == heir})
    named = _named_heirs(read, seats, heirs)
    for seat in sorted(seats.values(), key=lambda row: row.id):
        if seat.active:
            taken += _closing(batch, read, seat, named.get(seat.id) or _heir_of(seat, heirs.values()))
    return taken


def _named_heirs(read: _Reader, seats: Mapping[str, Seat], heirs: Mapping[str, Seat]) -> dict[str, str]:
    """Return which seat of the unit taking over goes on for which, where the change says so."""
    given = read.change.get("seats") or {}
    read.read.add("seats")
    if not isinstance(given, Mapping):
        read.wrong("invalid", "seats", value=given)
        return {}
    for code, heir in given.items():
        seat, successor = seats.get(code), heirs.get(heir)
        if seat is None or successor is None or not successor.active:
            read.wrong("unknown", "seats", seat=code if seat is None else heir)
        elif seat.roles & LEAD_ROLES and not successor.roles & LEAD_ROLES:
            read.wrong("not-lead-capable", "seats", seat=heir)
    return dict(given)


def _heir_of(seat: Seat, candidates: Iterable[Seat]) -> str | None:
    """Return the seat that does the same work in the unit taking over: a head's for a head, else any that can lead."""
    ranked = [
        (-len(seat.roles & other.roles), other.id)
        for other in candidates
        if other.active and other.id != seat.id and other.roles & LEAD_ROLES
    ]
    return min(ranked)[1] if ranked else None


def _closing(batch: _Batch, read: _Reader, seat: Seat, heir: str | None) -> _Taken:
    count = batch.open_matters_by_seat.get(seat.id, 0)
    if count and heir is None:
        read.wrong("open-matters", "successor", seat=seat.id, count=count)
    sponsored = batch.sponsored_by_seat.get(seat.id, 0)
    successor = batch.row("seats", heir)
    if sponsored and successor is not None and "sponsor" not in successor.roles:
        read.wrong("not-sponsor-capable", "successor", seat=heir, count=sponsored)
    closed = replace(seat, active=False, successor=heir)
    taken: _Taken = [("seats", closed, seat_effect(closed))]
    for posting in batch.postings(seat.id):
        if posting.to_at is None or posting.to_at > batch.now:
            taken.append(_ending(posting, max(batch.now, posting.from_at)))
    return taken


def _ending(posting: Posting, at: datetime) -> tuple[str, Posting, dict[str, Any]]:
    return (
        "postings",
        replace(posting, to_at=at),
        {"e": "posting.ended", "id": posting.id, "seat": posting.seat, "person": posting.person, "at": moment_text(at)},
    )


def _set_seat(batch: _Batch, read: _Reader) -> _Taken:
    roles = read.change.get("roles")
    read.read.add("roles")
    if not isinstance(roles, list | tuple | set | frozenset) or not roles or not set(roles) <= ROLES:
        read.wrong("invalid", "roles", value=roles, among=", ".join(sorted(ROLES)))
        roles = ()
    row = Seat(id=read.code("id", "s"), unit=read.code("unit", "u"), title=read.name("title"), roles=frozenset(roles))
    before = batch.row("seats", row.id)
    if before is not None and not before.active:
        read.wrong("closed", "id", seat=row.id)
    elif before is not None and before.unit != row.unit:
        # Matters name the seat: moving it would carry them to another unit without a transfer.
        read.wrong("seat-elsewhere", "unit", seat=row.id, unit=before.unit)
    elif (
        before is not None
        and batch.open_matters_by_seat.get(row.id, 0)
        and before.roles & LEAD_ROLES
        and not row.roles & LEAD_ROLES
    ):
        read.wrong("open-matters", "roles", seat=row.id, count=batch.open_matters_by_seat[row.id])
    elif before is not None and batch.sponsored_by_seat.get(row.id, 0) and "sponsor" not in row.roles:
        read.wrong("not-sponsor-capable", "roles", seat=row.id, count=batch.sponsored_by_seat[row.id])
    return [("seats", row, seat_effect(row))]


def _close_seat(batch: _Batch, read: _Reader) -> _Taken:
    code, heir = read.code("id", "s"), read.code("successor", "s", optional=True) or None
    seat, successor = batch.row("seats", code), batch.row("seats", heir)
    if seat is None or not seat.active:
        read.wrong("unknown" if seat is None else "closed", "id", seat=code)
        return []
    if heir is not None and (successor is None or not successor.active or heir == code):
        read.wrong("unknown" if successor is None else "closed", "successor", seat=heir)
    elif successor is not None and successor.unit != seat.unit:
        read.wrong("seat-elsewhere", "successor", seat=heir, unit=seat.unit)
    elif successor is not None and seat.roles & LEAD_ROLES and not successor.roles & LEAD_ROLES:
        read.wrong("not-lead-capable", "successor", seat=heir)
    if heir is None and seat.roles & LEAD_ROLES and not batch.open_matters_by_seat.get(code, 0):
        # A matter may reach the seat in the very moment in which it closes: somebody goes on answering for it.
        others = {row.id: row for row in batch.current.seats.group(seat.unit)}
        others.update({row.id: row for row in batch.fresh.get("seats", {}).values() if row.unit == seat.unit})
        heir = _heir_of(seat, others.values())
    return _closing(batch, read, seat, heir)


def _start_posting(batch: _Batch, read: _Reader) -> _Taken:
    code, kind = read.code("seat", "s"), read.text("kind", optional="holder", among=POSTING_KINDS)
    person = read.text("person")
    from_at, to_at = read.at("from_at") or batch.now, read.at("to_at")
    seat = batch.row("seats", code)
    if seat is None or not seat.active:
        read.wrong("unknown" if seat is None else "closed", "seat", seat=code)
    if person and not _PERSON.fullmatch(person):
        read.wrong("invalid", "person", value=person)
    if to_at is not None and to_at <= from_at:
        read.wrong("invalid", "to_at", value=moment_text(to_at))
    row = Posting(f"{code}#{len(batch.postings(code)) + 1}", code, person, from_at, to_at, kind)
    return [("postings", row, posting_effect(row))]


#: Roles from which others wait for something: such a seat is never left without somebody.
_ANSWERING = LEAD_ROLES | {
    "deputy",
    "intake",
    "dispatcher",
    "verifier",
    "sponsor",
    "mediator",
    "reviewer",
    "supervisor",
    "dpo",
}


def _plan_absence(batch: _Batch, read: _Reader) -> _Taken:
    code, cover = read.code("seat", "s"), read.text("cover", optional="")
    from_at, to_at = read.at("from_at") or batch.now, read.at("to_at")
    seat = batch.row("seats", code)
    if seat is None or not seat.active:
        read.wrong("unknown" if seat is None else "closed", "seat", seat=code)
        return []
    if to_at is None:
        read.wrong("missing", "to_at")
        return []
    if to_at <= from_at or to_at <= batch.now:
        read.wrong("invalid", "to_at", value=moment_text(to_at))
    if cover and not _PERSON.fullmatch(cover):
        read.wrong("invalid", "cover", value=cover)
    postings = batch.postings(code)
    holder = next((row for row in postings if row.kind == "holder" and row.in_force(from_at)), None)
    if holder is None:
        read.wrong("not-started", "seat", seat=code)
        return []
    if holder.person == cover:
        read.wrong("invalid", "cover", value=cover)
    if not cover and (seat.roles & _ANSWERING or batch.open_matters_by_seat.get(code, 0)):
        read.wrong("needs-cover", "cover", seat=code)
    taken: _Taken = []
    for kind, person in (("away", holder.person), ("cover", cover)):
        if person:
            row = Posting(f"{code}#{len(postings) + len(taken) + 1}", code, person, from_at, to_at, kind)
            taken.append(("postings", row, posting_effect(row)))
    return taken


def _end_absence(batch: _Batch, read: _Reader) -> _Taken:
    code, at = read.code("seat", "s"), read.at("at") or batch.now
    postings = batch.postings(code)
    # The one that runs, else the next one: who comes back early, or does not go.
    left = [row for row in postings if row.kind == "away" and (row.to_at is None or row.to_at > batch.now)]
    if not left:
        read.wrong("not-started", "seat", seat=code)
        return []
    absence = left[0]
    if at < absence.from_at and at > batch.now:
        read.wrong("invalid", "at", value=moment_text(at))
    return [
        _ending(row, max(at, row.from_at))
        for row in postings
        if row.kind in ("away", "cover") and (row.from_at, row.to_at) == (absence.from_at, absence.to_at)
    ]


def _end_posting(batch: _Batch, read: _Reader) -> _Taken:
    code, kind = read.code("seat", "s"), read.text("kind", optional="holder", among=POSTING_KINDS)
    person, at = read.text("person"), read.at("at") or batch.now
    # The newest posting of that person there that still has time to run: a future one can be called off as well.
    found = [
        row
        for row in batch.postings(code)
        if row.person == person and row.kind == kind and (row.to_at is None or row.to_at > batch.now)
    ]
    if not found:
        read.wrong("not-started", "person", seat=code, person=person)
        return []
    posting = found[-1]
    if at < posting.from_at:
        read.wrong("invalid", "at", value=moment_text(at))
    return [_ending(posting, at)]


def _set_topic(batch: _Batch, read: _Reader) -> _Taken:
    code = read.code("id", "t")
    before = batch.row("topics", code)
    row = Topic(
        id=code,
        parent=read.code("parent", "t", optional=True) or None,
        name=read.name("name"),
        version=before.version + 1 if before is not None else 1,
        active=read.flag("active", optional=True),
        sensitivity=read.text("sensitivity", optional="ordinary", among=SENSITIVITIES),
        public_place=read.flag("public_place", optional=False),
    )
    if row.public_place and row.sensitivity != "ordinary":
        # where a sealed matter or a child is, no map says
        read.wrong("invalid", "public_place", value=row.sensitivity)
    return [("topics", row, topic_effect(row))]


def _set_remit(batch: _Batch, read: _Reader) -> _Taken:
    code = read.code("id", "m")
    before = batch.row("remits", code)
    from_at, to_at = read.at("from_at"), read.at("to_at")
    row = Remit(
        id=code,
        unit=read.code("unit", "u"),
        seat=read.code("seat", "s", optional=True) or None,
        topics=read.codes("topics", "t"),
        regions=read.codes("regions", "r"),
        power=read.text("power", among=POWERS),
        pack=read.text("pack", optional=ANY),
        priority=read.number("priority", optional=0),
        from_at=from_at or (before.from_at if before is not None else batch.now),
        to_at=to_at,
    )
    if to_at is not None and to_at <= row.from_at:
        read.wrong("invalid", "to_at", value=moment_text(to_at))
    for name in ("topics", "regions"):
        if name in read.change and not read.change[name]:
            read.wrong("missing", name)
    return [("remits", row, remit_effect(row))]


def _end_remit(batch: _Batch, read: _Reader) -> _Taken:
    code, at = read.code("id", "m"), read.at("at") or batch.now
    remit = batch.row("remits", code)
    if remit is None:
        read.wrong("unknown", "id", remit=code)
        return []
    if remit.to_at is not None and remit.to_at <= batch.now:
        read.wrong("ended", "id", remit=code)
    if at < remit.from_at:
        read.wrong("invalid", "at", value=moment_text(at))
    ended = replace(remit, to_at=at)
    return [("remits", ended, {"e": "remit.ended", "id": code, "at": moment_text(at)})]


def _set_settings(batch: _Batch, read: _Reader) -> _Taken:
    row = Settings(
        backstop_unit=read.code("backstop_unit", "u"),
        backstop_seat=read.code("backstop_seat", "s"),
        intake_unit=read.code("intake_unit", "u"),
        intake_seat=read.code("intake_seat", "s"),
        pool=read.codes("pool", "s", any_of_them=False),
        conflict_days=read.number(
            "conflict_days", optional=batch.current.settings.conflict_days or CONFLICT_DAYS, least=0, most=3660
        ),
    )
    return [("settings", row, settings_effect(row))]


_TAKE: dict[str, Callable[[_Batch, _Reader], _Taken]] = {
    "set_region": _set_region,
    "set_unit": _set_unit,
    "close_unit": _close_unit,
    "set_seat": _set_seat,
    "close_seat": _close_seat,
    "start_posting": _start_posting,
    "plan_absence": _plan_absence,
    "end_absence": _end_absence,
    "end_posting": _end_posting,
    "set_topic": _set_topic,
    "set_remit": _set_remit,
    "end_remit": _end_remit,
    "set_settings": _set_settings,
}
#: The closed list of changes.
CHANGES = frozenset(_TAKE)
