"""
Routing: from topic, region and pack to exactly one unit and one seat, with every step said.

The most specific topic wins, then the most specific region, then a rule made for the pack, then the larger priority,
then the code: so the same question always has the same answer. A unit that the matter concerns never gets it; it
goes up instead. What no rule matches has an owner too: the intake queue.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from huajie.core.jurisdiction.model import ANY, Jurisdiction, Remit

_FAR = 1_000_000


class NoOwner(Exception):
    """Every unit with a seat is concerned by the matter: only another government can take it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the explanation, for translation at the edge."""

    #: `chosen`, or why a rule lost: `ended`, `not-yet`, `power`, `pack`, `topic`, `region`, `less-specific-topic`,
    #: `less-specific-region`, `less-specific-pack`, `lower-priority`, `later-code`, `unit-closed`,
    #: `unit-cannot-decide`, `concerned`, `no-seat`; or what happened after: `raised`, `no-rule`, `intake-queue`,
    #: `backstop`, `anybody-left`.
    code: str
    #: The remit this line is about, None for what happened after the rules.
    remit: str | None = None
    #: What the words need: codes of units, seats, topics, regions; numbers as text.
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Routed:
    """Where a matter goes and why."""

    unit: str
    seat: str
    #: The rule that decided, None when no rule did.
    remit: str | None
    #: Every rule considered, winner first, and what happened after.
    steps: tuple[Step, ...]
    #: False: the matter waits in the 'no rule matched' queue of its owner.
    matched: bool
    #: Units that other rules name to help (`assist`) or to be told (`report`), by code.
    assist: tuple[str, ...] = ()
    report: tuple[str, ...] = ()


def expand_concerned(jurisdiction: Jurisdiction, concerned: Iterable[str]) -> frozenset[str]:
    """
    Return the concerned codes with every inner office of the concerned units, which is not independent of the unit it
    is part of, and with whichever unit took over a closed one: its people came along. Persons (uuid hex) and
    subordinate units that stand for themselves are left as given.
    """
    found = set(concerned)
    waiting = list(found)
    while waiting:
        code = waiting.pop()
        more = {child.id for child in jurisdiction.unit_children(code) if child.kind == "office"}
        if code in jurisdiction.units:
            more.add(jurisdiction.answering_unit(code))
        waiting += more - found
        found |= more
    return frozenset(found)


def barred_persons(
    jurisdiction: Jurisdiction, concerned: frozenset[str], *, at: datetime, recorded_at: datetime
) -> frozenset[str]:
    """
    Return the persons (uuid hex) whom core/access keeps out of a matter because they are or were in a concerned unit.

    Whoever covers a concerned person is among them. A seat on which only such persons sit can't answer for the matter.
    Empty where the settings let no conflict outlast its posting: then only the units themselves count, as it was before
    there was such a setting.

    Args:
        concerned: as `expand_concerned` gives it.
        at: aware UTC; postings begun by then count.
        recorded_at: aware UTC; when the matter's first entry was recorded.
    """
    days = jurisdiction.settings.conflict_days
    if not days or not concerned:
        return frozenset()
    lasting = timedelta(days=days)
    covers = {
        jurisdiction.cover(row.seat, at)
        for person in concerned
        if person not in jurisdiction.units
        for row in jurisdiction.postings_by_person.group(person)
        if row.kind == "holder" and row.in_force(at)
    }
    return frozenset(person for person in covers if person is not None) | frozenset(
        row.person
        for unit in concerned
        if unit in jurisdiction.units
        for seat in jurisdiction.seats.group(unit)
        for row in jurisdiction.postings.group(seat.id)
        if row.kind != "away" and row.from_at <= at and (row.to_at is None or recorded_at < row.to_at + lasting)
    )


def is_conflicted(jurisdiction: Jurisdiction, unit: str, at: datetime, concerned: frozenset[str]) -> bool:
    """
    Return whether a unit may not own a matter that concerns these units and persons.

    It may not when it is one of them, an inner office of one, or led only by concerned persons: staff can't be asked
    to handle a matter about the person they answer to.
    """
    if not concerned:
        return False
    code: str | None = unit
    while code is not None:
        if code in concerned:
            return True
        row = jurisdiction.units.get(code)
        code = row.parent if row is not None and row.kind == "office" else None
    heads = {
        person
        for seat in jurisdiction.seats_of_unit(unit)
        if "head" in seat.roles
        for person in jurisdiction.persons_of(seat.id, at)
    }
    return bool(heads) and heads <= concerned


def clear_seat(
    jurisdiction: Jurisdiction,
    unit: str | None,
    at: datetime,
    concerned: frozenset[str],
    seat: str | None = None,
    barred: frozenset[str] = frozenset(),
) -> str | None:
    """
    Return the seat of a unit that can own a matter, or None.

    Args:
        unit: must be working and able to decide, and not conflicted.
        concerned: units and persons (uuid hex) that the matter is about.
        seat: preferred when occupied by somebody who is not concerned.
        barred: further persons (uuid hex) who may not be the only ones behind the seat.
    """
    row = jurisdiction.units.get(unit)
    if row is None or not row.active or not row.can_decide or is_conflicted(jurisdiction, row.id, at, concerned):
        return None
    preferred = jurisdiction.seats.get(seat)
    if (
        preferred is not None
        and preferred.active
        and preferred.unit == row.id
        and any(
            person not in concerned and person not in barred for person in jurisdiction.persons_of(preferred.id, at)
        )
    ):
        return preferred.id
    return jurisdiction.default_seat(row.id, at, without=concerned | barred)


def _topics_of(remit: Remit) -> tuple[str, ...]:
    return remit.topics


def _naming(jurisdiction: Jurisdiction, topics: tuple[str, ...]) -> Iterable[Remit]:
    """Return the rules that name one of these topics or any: no other rule can win."""
    found = {remit.id: remit for topic in (*topics, ANY) for remit in jurisdiction.remits.listing(topic, _topics_of)}
    return found.values()


def _distance(codes: tuple[str, ...], line: tuple[str, ...]) -> int | None:
    """Return how far up the line the nearest of the codes stands, _FAR for ANY, None when none covers it."""
    best: int | None = None
    for code in codes:
        distance = _FAR if code == ANY else (line.index(code) if code in line else None)
        if distance is not None and (best is None or distance < best):
            best = distance
    return best


_REASONS = ("less-specific-topic", "less-specific-region", "less-specific-pack", "lower-priority", "later-code")


def route(
    jurisdiction: Jurisdiction,
    *,
    topic: str | None,
    region: str | None,
    pack: str,
    at: datetime,
    concerned: frozenset[str] = frozenset(),
    every_rule: bool = False,
    barred: frozenset[str] = frozenset(),
) -> Routed:
    """
    Return the one unit and seat that own a new matter, and how the rules fared.

    Args:
        topic, region: codes; None (unknown) is matched only by rules for any.
        pack: pack id.
        at: aware UTC; rules and postings in force then count.
        concerned: codes of units and uuid hex of persons that the matter is about.
        barred: persons (uuid hex) on whose seats alone it may not stand, see `barred_persons`.
        every_rule: explain also the rules that name neither the topic nor one above it, as the simulator does.
    Raises:
        NoOwner: no unit is left that could own it.
    """
    concerned = expand_concerned(jurisdiction, concerned)
    topics = (topic, *jurisdiction.topic_ancestors(topic)) if topic is not None else ()
    regions = (region, *jurisdiction.region_ancestors(region)) if region is not None else ()
    lost: list[Step] = []
    helpers: dict[str, set[str]] = {"assist": set(), "report": set()}
    ranked: list[tuple[tuple[int, int, int, int, str], Remit]] = []
    for remit in jurisdiction.remits if every_rule else _naming(jurisdiction, topics):
        values = {"unit": remit.unit}
        if remit.to_at is not None and remit.to_at <= at:
            lost.append(Step("ended", remit.id, values))
        elif remit.from_at > at:
            lost.append(Step("not-yet", remit.id, values))
        elif remit.pack not in (ANY, pack):
            lost.append(Step("pack", remit.id, values | {"pack": remit.pack}))
        elif (topic_distance := _distance(remit.topics, topics)) is None:
            lost.append(Step("topic", remit.id, values))
        elif (region_distance := _distance(remit.regions, regions)) is None:
            lost.append(Step("region", remit.id, values))
        elif remit.power != "decide":
            lost.append(Step("power", remit.id, values | {"power": remit.power}))
            helpers[remit.power].add(remit.unit)
        else:
            rank = (topic_distance, region_distance, int(remit.pack == ANY), -remit.priority, remit.id)
            ranked.append((rank, remit))
    ranked.sort(key=lambda pair: pair[0])
    lost.sort(key=lambda step: step.remit or "")

    owner: tuple[str, str] | None = None
    chosen: tuple[tuple[int, int, int, int, str], Remit] | None = None
    steps: list[Step] = []
    for rank, remit in ranked:
        values = {"unit": remit.unit}
        if chosen is not None:
            first = next(place for place in range(5) if rank[place] != chosen[0][place])
            steps.append(Step(_REASONS[first], remit.id, values | {"against": chosen[1].id}))
            continue
        unit = jurisdiction.units.get(jurisdiction.answering_unit(remit.unit))
        if unit is None or not unit.active:
            steps.append(Step("unit-closed", remit.id, values))
        elif not unit.can_decide:
            steps.append(Step("unit-cannot-decide", remit.id, values))
        elif (seat := clear_seat(jurisdiction, unit.id, at, concerned, remit.seat, barred)) is not None:
            chosen, owner = (rank, remit), (unit.id, seat)
            steps.append(Step("chosen", remit.id, values | {"seat": seat}))
        elif is_conflicted(jurisdiction, unit.id, at, concerned):
            # The rule stays the one that decides; only its unit may not have the matter, so it goes up.
            steps.append(Step("concerned", remit.id, values))
            for above in _line_above(jurisdiction, unit.id):
                if (seat := clear_seat(jurisdiction, above, at, concerned, None, barred)) is not None:
                    chosen, owner = (rank, remit), (above, seat)
                    steps.append(Step("raised", remit.id, values | {"to": above, "seat": seat}))
                    break
        else:
            steps.append(Step("no-seat", remit.id, values))
    helping = tuple(
        tuple(sorted(unit for unit in helpers[power] if not is_conflicted(jurisdiction, unit, at, concerned)))
        for power in ("assist", "report")
    )
    if owner is not None and chosen is not None:
        steps.sort(key=lambda step: step.code not in ("chosen", "raised"))
        return Routed(*owner, chosen[1].id, (*steps, *lost), True, *helping)
    unit_code, seat_code, how = _catch(jurisdiction, at, concerned, barred)
    after = (Step("no-rule"), Step(how, values={"unit": unit_code, "seat": seat_code}))
    return Routed(unit_code, seat_code, None, (*after, *steps, *lost), False, *helping)


def _line_above(jurisdiction: Jurisdiction, unit: str) -> list[str]:
    line: list[str] = []
    above = jurisdiction.superior(unit)
    while above is not None and above not in line:
        line.append(above)
        above = jurisdiction.superior(above)
    return line


def _catch(
    jurisdiction: Jurisdiction, at: datetime, concerned: frozenset[str], barred: frozenset[str]
) -> tuple[str, str, str]:
    """Return unit, seat and step code of whoever takes what no rule could place."""
    settings = jurisdiction.settings
    queues = (
        (settings.intake_unit, settings.intake_seat, "intake-queue"),
        (settings.backstop_unit, settings.backstop_seat, "backstop"),
    )
    for unit, seat, how in queues:
        if unit is not None:
            found = clear_seat(jurisdiction, unit, at, concerned, seat, barred)
            if found is not None:
                return unit, found, how
    # Above those two, then anybody with the power to decide, the highest first: a matter is never without an owner.
    above = [code for unit, _, _ in queues if unit is not None for code in _line_above(jurisdiction, unit)]
    rest = sorted(
        (len(jurisdiction.unit_ancestors(unit.id)), unit.id) for unit in jurisdiction.units if unit.id not in above
    )
    for code in [*above, *(code for _, code in rest)]:
        found = clear_seat(jurisdiction, code, at, concerned, None, barred)
        if found is not None:
            return code, found, "anybody-left"
    raise NoOwner("every unit that could own this matter is concerned by it or has nobody on its seats")


def backstop_owner(
    jurisdiction: Jurisdiction,
    at: datetime,
    concerned: frozenset[str] = frozenset(),
    barred: frozenset[str] = frozenset(),
) -> tuple[str, str]:
    """Return the unit and seat that hold a matter after the second objection; NoOwner when nobody is left."""
    concerned = expand_concerned(jurisdiction, concerned)
    settings = jurisdiction.settings
    if settings.backstop_unit is not None:
        seat = clear_seat(jurisdiction, settings.backstop_unit, at, concerned, settings.backstop_seat, barred)
        if seat is not None:
            return settings.backstop_unit, seat
    unit, seat, _ = _catch(jurisdiction, at, concerned, barred)
    return unit, seat
