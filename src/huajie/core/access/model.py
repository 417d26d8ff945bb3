"""The two sides of every access question: who asks, and the few fields of a matter that decide the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from huajie.core.jurisdiction import Jurisdiction, Table

#: How an actor stands towards the system. A closed list.
ACTOR_KINDS = frozenset({"seat", "resident", "system", "anonymous", "import"})


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever asks: a person acting from one seat, a resident with the secret of one matter, or the system."""

    #: One of ACTOR_KINDS.
    kind: str
    #: The account's uuid as 32 hex digits; None unless kind is `seat`.
    person: str | None = None
    #: The seat acted from; relations come from this one only.
    seat: str | None = None
    #: The unit of that seat.
    unit: str | None = None
    #: The roles of that seat.
    roles: frozenset[str] = frozenset()
    #: Every seat on which the person sits now, as holder or cover.
    seats: tuple[str, ...] = ()
    #: The units of those seats: a conflict in any of them denies, also when acting from another.
    units: frozenset[str] = frozenset()
    #: The unit acted from and the closed units that it took over: it answers for all of them.
    answers: frozenset[str] = frozenset()
    #: The seat acted from and the closed seats that it took over.
    answer_seats: frozenset[str] = frozenset()
    #: Codes and uuid hex that, standing among a matter's concerned or recused, deny everything.
    denials: frozenset[str] = frozenset()
    #: Units left behind, each with the first matter id (uuid hex) that is free of the conflict: what concerns the unit
    #: and was recorded before stays closed. Ids begin with the moment of recording, so one comparison says it.
    past: tuple[tuple[str, str], ...] = ()
    #: True when the seat acted from belongs to the cross-unit verification pool.
    in_pool: bool = False
    #: For a resident: the matter (uuid hex) whose secret was shown.
    matter: str | None = None
    #: True when the person covers the seat acted from and does not hold it.
    covering: bool = False
    #: For a resident: whose secret of a joint matter was shown, from 1.
    participant: int = 1
    #: The holder (uuid hex) for whom the person, a secretary, acts from the holder's seat; None for everybody else.
    on_behalf: str | None = None
    #: For a secretary: the units whose matters they prepare. A secretary answers for none of them.
    prepares: frozenset[str] = frozenset()

    @property
    def only_reviews(self) -> bool:
        """Return whether the seat acted from looks at what others decided and has no work besides."""
        return "reviewer" in self.roles and self.roles.isdisjoint(_KNOWS_WHO)


#: Roles in whose work it can be needed to know who brought a matter, see `open_identity` of the table.
_KNOWS_WHO = frozenset({"handler", "head", "intake", "verifier"})
#: A seat with this role alone goes and looks, and answers for nothing that its unit has in hand.
_ONLY_LOOKS = frozenset({"area_worker"})
#: Roles that seats could have before they meant anything.
_YOUNGER = frozenset({"area_worker", "reviewer"})

#: Timers, jobs, and what follows by law from an act.
SYSTEM = Actor("system")
#: Records brought in from another system, recorded now, happened as the file says.
IMPORT = Actor("import")
#: Nobody known.
ANONYMOUS = Actor("anonymous")


class NotSeated(Exception):
    """The person does not sit on that seat now, neither as holder nor as cover."""


def actor_for(jurisdiction: Jurisdiction, person: str, seat: str | None, at: datetime) -> Actor:
    """
    Return the actor that a person is when acting from a seat.

    Args:
        person: uuid hex of the account.
        seat: code of the seat acted from; None takes the first held one.
        at: aware UTC; postings in force then count.
    Raises:
        NotSeated: not on that seat then, or on no seat at all.
    """
    seats = jurisdiction.seats_of_person(person, at)
    if seat is None and seats:
        seat = seats[0]
    if seat is None or seat not in seats:
        raise NotSeated(seat or "")
    row = jurisdiction.seats[seat]
    units = frozenset(jurisdiction.seats[code].unit for code in seats)
    # whoever covers somebody stands in for them, from whichever seat they act: what concerns the one is closed to both
    covered = (jurisdiction.holder(code, at) for code in seats if jurisdiction.cover(code, at) == person)
    denials = frozenset({person, *filter(None, covered)}) | _denials(jurisdiction, units)
    past = _past(jurisdiction, person, at, denials)
    holder = jurisdiction.holder(seat, at)
    if holder != person and jurisdiction.cover(seat, at) != person:
        # A secretary acts from the leader's seat and has none of its powers: what is prepared there, the leader does.
        return Actor(
            kind="seat",
            person=person,
            seat=seat,
            unit=row.unit,
            roles=frozenset({"secretary"}),
            seats=seats,
            units=units,
            denials=denials | ({holder} if holder is not None else frozenset()),
            past=past,
            on_behalf=holder,
            prepares=_taken_over(jurisdiction.units, row.unit),
        )
    return Actor(
        kind="seat",
        person=person,
        seat=seat,
        unit=row.unit,
        roles=row.roles,
        seats=seats,
        units=units,
        answers=frozenset() if row.roles == _ONLY_LOOKS else _taken_over(jurisdiction.units, row.unit),
        answer_seats=_taken_over(jurisdiction.seats, seat),
        denials=denials,
        past=past,
        in_pool=seat in jurisdiction.settings.pool,
        covering=holder != person,
    )


def before_the_roles(actor: Actor, jurisdiction: Jurisdiction) -> Actor:
    """
    Return an actor as they were while reviewer and area worker were words on a seat, and everybody in a unit alike.

    For whoever decides again what was done under a pack that knows neither.
    """
    if actor.roles.isdisjoint(_YOUNGER) or actor.unit is None:
        return actor
    answers = actor.answers or _taken_over(jurisdiction.units, actor.unit)
    return replace(actor, roles=actor.roles - _YOUNGER, answers=answers)


def conflict_end(jurisdiction: Jurisdiction, ended_at: datetime) -> datetime:
    """Return until when a conflict lasts whose posting ended then: matters recorded before it stay closed."""
    return ended_at + timedelta(days=jurisdiction.settings.conflict_days)


def first_id(at: datetime) -> str:
    """Return the lowest id (uuid hex) of a matter recorded at a moment: ids of version 7 begin with milliseconds."""
    return f"{max(0, int(at.timestamp() * 1000)):012x}" + "0" * 20


def _past(
    jurisdiction: Jurisdiction, person: str, at: datetime, denials: frozenset[str]
) -> tuple[tuple[str, str], ...]:
    """Return the units whose conflict somebody took along when leaving; see docs/decisions/030."""
    if not jurisdiction.settings.conflict_days:
        return ()
    found: dict[str, str] = {}
    for unit, ended_at in jurisdiction.left_units(person, at).items():
        until = first_id(conflict_end(jurisdiction, ended_at))
        for code in _denials(jurisdiction, frozenset({unit})) - denials:
            found[code] = max(found.get(code, ""), until)
    return tuple(sorted(found.items()))


def _taken_over(table: Table[Any], code: str) -> frozenset[str]:
    """Return the code and those of closed rows whose line of successors ends in it."""
    heirs = {row.id: row.successor for row in table if not row.active and row.successor is not None}
    found = {code}
    grew = bool(heirs)
    while grew:
        more = {old for old, new in heirs.items() if new in found and old not in found}
        found |= more
        grew = bool(more)
    return frozenset(found)


def _denials(jurisdiction: Jurisdiction, units: frozenset[str]) -> frozenset[str]:
    """
    Return the units with those they are inner offices of and those they took over: an office shares the conflict of its
    unit, an heir that of the unit whose people it has.
    """
    found: set[str] = set()
    waiting = list(units)
    while waiting:
        code = waiting.pop()
        if code not in found:
            found.add(code)
            row = jurisdiction.units[code]
            waiting += _taken_over(jurisdiction.units, code)
            if row.kind == "office" and row.parent is not None:
                waiting.append(row.parent)
    return frozenset(found)


def resident_of(matter: str, participant: int = 1) -> Actor:
    """Return the actor who has shown the secret of one matter (uuid hex); of a joint one, that of one participant."""
    return Actor("resident", matter=matter, participant=participant)


@dataclass(frozen=True, slots=True)
class View:
    """The fields of one matter that relations read, as the fold leaves them."""

    #: uuid hex.
    id: str
    lead_unit: str
    lead_seat: str
    #: One of core/jurisdiction SENSITIVITIES.
    sensitivity: str = "ordinary"
    open: bool = True
    #: How it came in: `open`, `confidential` (the handler doesn't learn who), `anonymous` (nobody knows).
    mode: str = "open"
    #: Units that help the lead.
    supporting: frozenset[str] = frozenset()
    #: Kind of each open request -> units it is addressed to.
    asked: Mapping[str, frozenset[str]] = field(default_factory=dict)
    #: Kind of each open request put to a seat alone -> those seats; their units are not asked by it.
    asked_alone: Mapping[str, frozenset[str]] = field(default_factory=dict)
    #: The unit above the lead unit, or the one named instead.
    superior: str | None = None
    #: Unit and seat of the leader who is answerable for a hard case until its promised measures hold.
    sponsor_unit: str | None = None
    sponsor_seat: str | None = None
    #: uuid hex of the matter that leads the problem which this one is a part of, as its resident confirmed.
    part_of: str | None = None
    #: The unit that brought the matter in.
    intake_unit: str | None = None
    #: Lead units of open child reviews of this matter.
    reviewers: frozenset[str] = frozenset()
    #: Lead unit of the matter whose child this is.
    parent_lead: str | None = None
    #: Codes of units and uuid hex of persons that the matter is about.
    concerned: frozenset[str] = frozenset()
    #: uuid hex of persons who stepped aside or were told to.
    recused: frozenset[str] = frozenset()
    #: uuid hex of persons who handled it, and so never verify it.
    handled_by: frozenset[str] = frozenset()
    #: uuid hex of persons whom the head let into a minor's file.
    approved: frozenset[str] = frozenset()
    #: Seats for which a secretary has prepared an act that is not done yet.
    prepared: frozenset[str] = frozenset()
    #: True: a version of a document waits for a signature, or to be given out.
    unsigned: bool = False
    #: True: waits in the 'no rule matched' queue.
    unmatched: bool = False
    #: True: the lead unit has nobody else to verify it, so the cross-unit pool may.
    pool: bool = False
