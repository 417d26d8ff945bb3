"""
How an actor stands to a matter: a closed list of relations, each as a Python test and as rows of one lens.

The lens is the table `matters_party`, written by apps/matters: for every matter at least `party_rows(view)`.

| column | meaning |
| --- | --- |
| matter | uuid of the matter |
| unit | code of a unit, `*` for rows that don't depend on one, uuid hex of a person for rows about a person |
| relation | lead, supporting, asked, superior, sponsor, intake, reviewer, parent_lead; visit (under the code of a |
| | seat that alone is asked to go and look); all, queue, pool; and six |
| | that open no list: concerned and recused (deny everything), handled (never verifies), approved (let into a |
| | minor's file), part (under the uuid hex of the matter that leads its problem), prepared (under the code of |
| | the seat for which a secretary prepared an act) |
| seat | the lead seat on `lead` rows, the sponsor's on `sponsor` rows |
| sensitivity | of the matter |
| open | whether the matter is open |
| due_at | its next due moment, the same on every row of a matter; NEVER when there is none, so one index orders all |

Unique (matter, relation, unit); the lens index is (unit, relation, open, due_at, matter). `all`, `queue` and `pool`
stand under `*`. Rows about a person are read only for the person who asks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from huajie.core.access.model import Actor, View

#: What `matters_party.due_at` holds when no clock runs.
NEVER = datetime(9999, 12, 31, tzinfo=UTC)
#: What stands in `unit` for rows that belong to no unit.
EVERY_UNIT = "*"


@dataclass(frozen=True, slots=True)
class Arm:
    """Rows of the lens with one unit and relation, narrowed by what the relation also needs."""

    unit: str
    relation: str
    #: The row's seat must be one of these, when given.
    seats: tuple[str, ...] = ()
    #: The matter must be open (True) or closed (False), when given.
    open: bool | None = None
    #: uuid hex of a person who must not have handled the matter.
    not_handled_by: str | None = None
    #: uuid hex of the only matter in question.
    matter: str | None = None
    #: Sensitivities that the action allows through this arm; empty means any.
    sensitivities: tuple[str, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Return whether unit, relation and sensitivity alone select the rows."""
        return not self.seats and self.open is None and self.not_handled_by is None and self.matter is None

    def where(self, alias: str = "p") -> tuple[str, list[object]]:
        """Return the whole condition on a row `alias` of `matters_party` and its values, for the arm alone."""
        narrowing, values = self.narrowing(alias)
        condition = f"{alias}.unit = %s AND {alias}.relation = %s"
        before: list[object] = [self.unit, self.relation]
        if self.open is not None:
            condition += f" AND {alias}.open = %s"
            before.append(self.open)
        return (f"{condition} AND {narrowing}" if narrowing else condition), [*before, *values]

    def narrowing(self, alias: str = "p") -> tuple[str, list[object]]:
        """
        Return what must hold of a row `alias` of this unit and relation besides, and the values of its marks.

        Good on both databases; empty when nothing more is asked. `open` is for the caller, who knows the index.
        """
        parts: list[str] = []
        values: list[object] = []
        if self.sensitivities:
            parts.append(f"{alias}.sensitivity IN ({_marks(self.sensitivities)})")
            values += self.sensitivities
        if self.seats:
            parts.append(f"{alias}.seat IN ({_marks(self.seats)})")
            values += self.seats
        if self.matter is not None:
            parts.append(f"{alias}.matter = %s")
            values.append(self.matter)
        if self.not_handled_by is not None:
            parts.append(
                f"NOT EXISTS (SELECT 1 FROM matters_party q WHERE q.matter = {alias}.matter"  # noqa: S608
                " AND q.relation = 'handled' AND q.unit = %s)"
            )
            values.append(self.not_handled_by)
        return " AND ".join(parts), values


def _marks(values: tuple[object, ...]) -> str:
    return ", ".join(["%s"] * len(values))


@dataclass(frozen=True, slots=True)
class Relation:
    """One way to stand to a matter, said twice: as a test and as arms of the lens."""

    name: str
    #: Whether the actor stands so to the matter; denials are looked at before, elsewhere.
    holds: Callable[[Actor, View], bool]
    #: The scans that find exactly the matters for which `holds` is true.
    arms: Callable[[Actor], tuple[Arm, ...]]
    #: The role that gives the relation where no matter is in question, None when it needs one.
    role: str | None = None


def _unit_arms(actor: Actor, relation: str) -> tuple[Arm, ...]:
    return tuple(Arm(unit, relation) for unit in sorted(actor.answers))


def _if_role(actor: Actor, role: str, arms: tuple[Arm, ...]) -> tuple[Arm, ...]:
    return arms if role in actor.roles else ()


def _lead(actor: Actor, view: View) -> bool:
    return view.lead_unit in actor.answers


def _lead_seat(actor: Actor, view: View) -> bool:
    return view.lead_unit in actor.answers and view.lead_seat in actor.answer_seats


def _lead_seat_arms(actor: Actor) -> tuple[Arm, ...]:
    seats = tuple(sorted(actor.answer_seats))
    return tuple(Arm(unit, "lead", seats=seats) for unit in sorted(actor.answers) if seats)


def _sponsor(actor: Actor, view: View) -> bool:
    if "sponsor" not in actor.roles:
        return False
    return view.sponsor_unit in actor.answers and view.sponsor_seat in actor.answer_seats


def _sponsor_arms(actor: Actor) -> tuple[Arm, ...]:
    if "sponsor" not in actor.roles:
        return ()
    seats = tuple(sorted(actor.answer_seats))
    return tuple(Arm(unit, "sponsor", seats=seats) for unit in sorted(actor.answers) if seats)


def _area_worker(actor: Actor, view: View) -> bool:
    if "area_worker" not in actor.roles:
        return False
    return any(not actor.answer_seats.isdisjoint(seats) for seats in view.asked_alone.values())


def _verifier(actor: Actor, view: View) -> bool:
    if "verifier" not in actor.roles or actor.person in view.handled_by:
        return False
    return view.lead_unit in actor.answers or (view.pool and actor.in_pool)


def _verifier_arms(actor: Actor) -> tuple[Arm, ...]:
    if "verifier" not in actor.roles:
        return ()
    own = tuple(Arm(unit, "lead", not_handled_by=actor.person) for unit in sorted(actor.answers))
    return (*own, Arm(EVERY_UNIT, "pool", not_handled_by=actor.person)) if actor.in_pool else own


def _secretary(actor: Actor, view: View) -> bool:
    if not actor.prepares:
        return False
    asked = (one for units in view.asked.values() for one in units)
    return not actor.prepares.isdisjoint({view.lead_unit, view.superior, *view.supporting, *asked})


def _secretary_arms(actor: Actor) -> tuple[Arm, ...]:
    ways = ("lead", "supporting", "asked", "superior")
    return tuple(Arm(unit, way) for way in ways for unit in sorted(actor.prepares))


def _approved_arms(actor: Actor) -> tuple[Arm, ...]:
    return (Arm(actor.person, "approved"),) if actor.kind == "seat" and actor.person else ()


def _resident_arms(actor: Actor) -> tuple[Arm, ...]:
    return (Arm(EVERY_UNIT, "all", matter=actor.matter),) if actor.kind == "resident" and actor.matter else ()


def _everything(actor: Actor) -> tuple[Arm, ...]:
    return (Arm(EVERY_UNIT, "all"),)


def _nothing(actor: Actor) -> tuple[Arm, ...]:
    return ()


#: The closed list. Packs name the same words in the `by` of an act; `asked:<kind>` narrows `asked` to one request kind.
RELATIONS: tuple[Relation, ...] = (
    Relation("lead", _lead, lambda actor: _unit_arms(actor, "lead")),
    Relation("lead_seat", _lead_seat, _lead_seat_arms),
    Relation(
        "lead_head",
        lambda actor, view: "head" in actor.roles and view.lead_unit in actor.answers,
        lambda actor: _if_role(actor, "head", _unit_arms(actor, "lead")),
    ),
    Relation(
        "lead_deputy",
        lambda actor, view: "deputy" in actor.roles and view.lead_unit in actor.answers,
        lambda actor: _if_role(actor, "deputy", _unit_arms(actor, "lead")),
    ),
    # Decides a review in the place of the head: only from the very seat that the review was given to.
    Relation(
        "lead_reviewer",
        lambda actor, view: "reviewer" in actor.roles and _lead_seat(actor, view),
        lambda actor: _if_role(actor, "reviewer", _lead_seat_arms(actor)),
    ),
    Relation(
        "supporting",
        lambda actor, view: not actor.answers.isdisjoint(view.supporting),
        lambda actor: _unit_arms(actor, "supporting"),
    ),
    Relation(
        "asked",
        lambda actor, view: any(not actor.answers.isdisjoint(units) for units in view.asked.values()),
        lambda actor: _unit_arms(actor, "asked"),
    ),
    # Goes and looks where asked, and brings matters in; sees a matter while asked about it, from that seat alone.
    Relation(
        "area_worker",
        _area_worker,
        lambda actor: _if_role(actor, "area_worker", tuple(Arm(seat, "visit") for seat in sorted(actor.answer_seats))),
        role="area_worker",
    ),
    Relation(
        "superior",
        lambda actor, view: view.superior in actor.answers,
        lambda actor: _unit_arms(actor, "superior"),
    ),
    Relation(
        "superior_head",
        lambda actor, view: "head" in actor.roles and view.superior in actor.answers,
        lambda actor: _if_role(actor, "head", _unit_arms(actor, "superior")),
    ),
    # The leader in person (or whoever covers the seat), never the leader's whole unit.
    Relation("sponsor", _sponsor, _sponsor_arms),
    Relation(
        "intake",
        lambda actor, view: "intake" in actor.roles and view.intake_unit in actor.answers,
        lambda actor: _if_role(actor, "intake", _unit_arms(actor, "intake")),
        role="intake",
    ),
    Relation(
        "dispatcher",
        lambda actor, view: "dispatcher" in actor.roles and view.unmatched,
        lambda actor: _if_role(actor, "dispatcher", (Arm(EVERY_UNIT, "queue"),)),
        role="dispatcher",
    ),
    Relation("verifier", _verifier, _verifier_arms),
    Relation(
        "reviewer",
        lambda actor, view: not actor.answers.isdisjoint(view.reviewers),
        lambda actor: _unit_arms(actor, "reviewer"),
    ),
    Relation(
        "parent_lead",
        lambda actor, view: view.parent_lead in actor.answers,
        lambda actor: _unit_arms(actor, "parent_lead"),
    ),
    Relation(
        "supervisor",
        lambda actor, view: "supervisor" in actor.roles,
        lambda actor: _if_role(actor, "supervisor", _everything(actor)),
        role="supervisor",
    ),
    Relation(
        "auditor",
        lambda actor, view: "auditor" in actor.roles,
        lambda actor: _if_role(actor, "auditor", _everything(actor)),
        role="auditor",
    ),
    Relation(
        "archivist",
        lambda actor, view: "archivist" in actor.roles and not view.open,
        lambda actor: _if_role(actor, "archivist", (Arm(EVERY_UNIT, "all", open=False),)),
        role="archivist",
    ),
    Relation(
        "dpo",
        lambda actor, view: "dpo" in actor.roles,
        lambda actor: _if_role(actor, "dpo", _everything(actor)),
        role="dpo",
    ),
    # Prepares what a leader decides, from the leader's seat: reads what is open to the unit, decides nothing.
    Relation("secretary", _secretary, _secretary_arms),
    # An administrator looks after the tables, never the matters: it holds only where no matter is in question.
    Relation("admin", lambda actor, view: False, _nothing, role="admin"),
    Relation(
        "approved",
        lambda actor, view: actor.kind == "seat" and actor.person in view.approved,
        _approved_arms,
    ),
    Relation(
        "resident",
        lambda actor, view: actor.kind == "resident" and actor.matter == view.id,
        _resident_arms,
    ),
    Relation(
        "system",
        lambda actor, view: actor.kind == "system",
        lambda actor: _everything(actor) if actor.kind == "system" else (),
    ),
    Relation(
        "import",
        lambda actor, view: actor.kind == "import",
        lambda actor: _everything(actor) if actor.kind == "import" else (),
    ),
)
#: Their names.
RELATION_NAMES = tuple(relation.name for relation in RELATIONS)
#: What takes every other relation away.
DENIALS = frozenset({"concerned", "recused"})

_HOLDS = tuple((relation.name, relation.holds) for relation in RELATIONS)
_ROLES = tuple((relation.name, relation.role) for relation in RELATIONS if relation.role is not None)


def denial(actor: Actor, view: View) -> str | None:
    """Return `concerned` or `recused` when the matter is closed to this actor altogether, else None."""
    concerned = view.concerned
    if concerned and (
        not actor.denials.isdisjoint(concerned)
        or any(unit in concerned and view.id < until for unit, until in actor.past)
    ):
        return "concerned"
    if actor.person is not None and actor.person in view.recused:
        return "recused"
    if actor.on_behalf is not None and actor.on_behalf in view.recused:
        return "recused"
    return None


def relations(actor: Actor, view: View | None = None) -> frozenset[str]:
    """
    Return every relation in which the actor stands.

    Args:
        view: the matter; None where no matter is in question yet (submitting, the queue page, the simulator). Then
            the roles of the seat count, and whoever submits from outside is the resident of the matter to be.
    Returns:
        Names from RELATION_NAMES, and `asked:<kind>` for each kind of open request put to the actor's unit or seat;
        or only `concerned` or only `recused`, which deny everything.
    """
    if view is None:
        if actor.kind in ("system", "import"):
            return frozenset({actor.kind})
        if actor.kind in ("resident", "anonymous"):
            return frozenset({"resident"})
        return frozenset(name for name, role in _ROLES if role in actor.roles)
    denied = denial(actor, view)
    if denied is not None:
        return frozenset({denied})
    found = {name for name, holds in _HOLDS if holds(actor, view)}
    if "asked" in found:
        found.update(f"asked:{kind}" for kind, units in view.asked.items() if not actor.answers.isdisjoint(units))
    if "area_worker" in found:
        found.update(
            f"asked:{kind}" for kind, seats in view.asked_alone.items() if not actor.answer_seats.isdisjoint(seats)
        )
    return frozenset(found)


def party_rows(view: View) -> list[tuple[str, str, str | None]]:
    """
    Return the rows `(unit, relation, seat)` that the lens must hold for a matter, without repeats, in a fixed order.

    The writer adds matter, sensitivity, open and due_at to each.
    """
    rows: list[tuple[str, str, str | None]] = [
        (view.lead_unit, "lead", view.lead_seat),
        (EVERY_UNIT, "all", None),
    ]
    rows += [(unit, "supporting", None) for unit in sorted(view.supporting)]
    rows += [(unit, "asked", None) for unit in sorted(frozenset().union(*view.asked.values()))]
    rows += [(seat, "visit", None) for seat in sorted(frozenset().union(*view.asked_alone.values()))]
    if view.superior is not None:
        rows.append((view.superior, "superior", None))
    if view.sponsor_unit is not None:
        rows.append((view.sponsor_unit, "sponsor", view.sponsor_seat))
    if view.intake_unit is not None:
        rows.append((view.intake_unit, "intake", None))
    rows += [(unit, "reviewer", None) for unit in sorted(view.reviewers)]
    if view.parent_lead is not None:
        rows.append((view.parent_lead, "parent_lead", None))
    if view.unmatched:
        rows.append((EVERY_UNIT, "queue", None))
    if view.pool:
        rows.append((EVERY_UNIT, "pool", None))
    rows += [(seat, "prepared", None) for seat in sorted(view.prepared)]
    if view.unsigned:
        rows += [(unit, "to_sign", None) for unit in sorted({view.lead_unit, view.superior or view.lead_unit})]
    rows += [(code, "concerned", None) for code in sorted(view.concerned)]
    rows += [(person, "recused", None) for person in sorted(view.recused)]
    rows += [(person, "handled", None) for person in sorted(view.handled_by)]
    rows += [(person, "approved", None) for person in sorted(view.approved)]
    if view.part_of is not None:
        rows.append((view.part_of, "part", None))
    return rows
