"""The two sides of every access question: who asks, and the few fields of a matter that decide the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from huajie.core.jurisdiction import Jurisdiction

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
    #: For a resident: the matter (uuid hex) whose secret was shown.
    matter: str | None = None
    #: True when the person covers the seat acted from and does not hold it.
    covering: bool = False


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
    return Actor(
        kind="seat",
        person=person,
        seat=seat,
        unit=row.unit,
        roles=row.roles,
        seats=seats,
        units=frozenset(jurisdiction.seats[code].unit for code in seats),
        covering=jurisdiction.holder(seat, at) != person,
    )


def resident_of(matter: str) -> Actor:
    """Return the actor who has shown the secret of one matter (uuid hex)."""
    return Actor("resident", matter=matter)


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
    #: Units that help the lead.
    supporting: frozenset[str] = frozenset()
    #: Kind of each open request -> units it is addressed to.
    asked: Mapping[str, frozenset[str]] = field(default_factory=dict)
    #: The unit above the lead unit, or the one named instead.
    superior: str | None = None
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
    #: True: waits in the 'no rule matched' queue.
    unmatched: bool = False
    #: True: the lead unit has nobody else to verify it, so the cross-unit pool may.
    pool: bool = False
