"""
Lists: the matters that an actor may see, as one index scan for each way of standing to them.

A list never filters in Python and never joins people: `lens()` turns the access table and the actor's relations into
scans of `matters_party`, merged in due order by the database, minus the matters that are closed to the actor.

A scan must find a page's worth of rows soon or have few rows at all, or a list slows down as matters grow. So what a
relation asks besides unit and relation is an alternative within one scan, not a scan of its own: the clerk's sealed
matters (rare) are found on the way through all matters of the unit (many), never by walking all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from huajie.core.access.model import Actor
from huajie.core.access.relations import EVERY_UNIT, RELATIONS, Arm
from huajie.core.access.table import IDENTITIES, TABLE
from huajie.core.jurisdiction import SENSITIVITIES


@dataclass(frozen=True, slots=True)
class LensQuery:
    """What to scan, and what to leave out; SQL for both databases with `%s` parameters."""

    #: Alternatives; those of one unit and relation make one scan. None means an empty list.
    arms: tuple[Arm, ...]
    #: Codes and uuid hex of the actor that, in a `concerned` row, hide a matter.
    denied: tuple[str, ...]
    #: uuid hex that, in a `recused` row, hides a matter: the actor and whom they act for.
    persons: tuple[str, ...] = ()
    #: Units left behind, each with the first matter id (uuid hex) that the conflict does not reach.
    past: tuple[tuple[str, str], ...] = ()

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Return the `(unit, relation)` pairs scanned."""
        return tuple(dict.fromkeys((arm.unit, arm.relation) for arm in self.arms))

    def page(
        self,
        *,
        open: bool | None = True,
        limit: int = 50,
        after: tuple[object, object] | None = None,
        falling: bool = False,
        extra: str = "",
        extra_values: Sequence[object] = (),
    ) -> tuple[str, list[object]]:
        """
        Return a statement giving `(matter, due_at)` of one page, soonest due first, each matter once.

        Args:
            open: only open or only closed matters; None gives both (and can't use the order of the index).
            limit: rows on the page, 1 or more.
            after: `(due_at, matter)` of the last row of the page before, as the statement gave them.
            falling: latest due first instead; a page before another is the page after it the other way round.
            extra: a further condition on `p`, written by the caller and never taken from input.
            extra_values: the values of its marks.
        """
        scans: list[str] = []
        values: list[object] = []
        beyond, way = ("<", " DESC") if falling else (">", "")
        for condition, scan_values in self._scans(open):
            if after is not None:
                condition += f" AND (p.due_at, p.matter) {beyond} (%s, %s)"
                scan_values += after
            if extra:
                condition += f" AND {extra}"
                scan_values += extra_values
            # Each scan stops after one page of its own, so that none reads more rows than the page can show. The
            # limit is written out: a planner that doesn't know it would read a tenth of the table.
            scans.append(
                f"SELECT * FROM (SELECT p.matter, p.due_at FROM matters_party p WHERE {condition}"  # noqa: S608
                f" ORDER BY p.due_at{way}, p.matter{way} LIMIT {int(limit)}) a{len(scans)}"
            )
            values += scan_values
        if not scans:
            return "SELECT matter, due_at FROM matters_party WHERE 1 = 0", []
        if len(scans) == 1:
            return scans[0], values
        union = " UNION ".join(scans)
        order = f"due_at{way}, matter{way}"
        return f"SELECT matter, due_at FROM ({union}) x ORDER BY {order} LIMIT {int(limit)}", values  # noqa: S608

    def matters(self, *, open: bool | None = True) -> tuple[str, list[object]]:
        """Return a statement giving `(matter)` of the whole list, each once; it reads all of them."""
        scans: list[str] = []
        values: list[object] = []
        for condition, scan_values in self._scans(open):
            scans.append(f"SELECT p.matter FROM matters_party p WHERE {condition}")  # noqa: S608
            values += scan_values
        if not scans:
            return "SELECT matter FROM matters_party WHERE 1 = 0", []
        return " UNION ".join(scans), values

    def count(self, *, open: bool | None = True) -> tuple[str, list[object]]:
        """Return a statement giving how many matters the whole list has; it reads all of them."""
        sql, values = self.matters(open=open)
        return f"SELECT count(*) FROM ({sql}) x", values  # noqa: S608

    def predicate(self, matter: str = "m.id") -> tuple[str, list[object]]:
        """
        Return a condition true for exactly the matters in the list, for a query that finds them otherwise (search).

        Args:
            matter: SQL expression of the matter's id, written by the caller and never taken from input.
        """
        condition, values = self._any_pair()
        if not condition:
            return "1 = 0", []
        # One probe by the matter, which is known, for all pairs together. Without the bounds, which change nothing,
        # PostgreSQL would rather read all of a reader's matters once than ask for the few in question.
        sql = (
            f"EXISTS (SELECT 1 FROM matters_party p WHERE p.matter = {matter}"  # noqa: S608
            f" AND ({condition}) LIMIT 1 OFFSET 0)"
        )
        if self.denied:
            denial, denial_values = self._denial(matter)
            sql += f" AND NOT EXISTS ({denial} LIMIT 1 OFFSET 0)"
            values += denial_values
        return f"({sql})", values

    def counted(self, sensitivity: str, matter: str = "m.id") -> tuple[str, list[object]]:
        """
        Return a condition true for the same matters of one sensitivity as `predicate`, for statements that count most.

        What is asked once stands in a subquery of its own; a probe for each of all matters would take longer than the
        counting.

        Args:
            sensitivity: of the matters that the statement reads, which it has to ask for itself.
            matter: SQL expression of the matter's id, written by the caller and never taken from input.
        """
        condition, values = self._any_pair()
        if not condition:
            return "1 = 0", []
        sql = f"{matter} IN (SELECT p.matter FROM matters_party p WHERE {condition})"  # noqa: S608
        everything = (arm for arm in self.arms if arm.unit == EVERY_UNIT and arm.relation == "all" and arm.is_plain)
        if any(not arm.sensitivities or sensitivity in arm.sensitivities for arm in everything):
            # Every matter has such a row.
            sql, values = "1 = 1", []
        if self.denied:
            marks = ", ".join(["%s"] * len(self.denied))
            sql += (
                f" AND {matter} NOT IN (SELECT d.matter FROM matters_party d"  # noqa: S608
                f" WHERE d.relation = 'concerned' AND d.unit IN ({marks}))"
            )
            values += self.denied
        for unit, until in self.past:
            sql += (
                f" AND {matter} NOT IN (SELECT d.matter FROM matters_party d"  # noqa: S608
                " WHERE d.relation = 'concerned' AND d.unit = %s AND d.matter < %s)"
            )
            values += [unit, until]
        if self.persons:
            marks = ", ".join(["%s"] * len(self.persons))
            sql += (
                f" AND {matter} NOT IN (SELECT d.matter FROM matters_party d"  # noqa: S608
                f" WHERE d.relation = 'recused' AND d.unit IN ({marks}))"
            )
            values += self.persons
        return f"({sql})", values

    def _any_pair(self) -> tuple[str, list[object]]:
        """Return a condition on `p` for all pairs of unit and relation together; nothing where there is none."""
        conditions: list[str] = []
        values: list[object] = []
        for condition, pair_values in self._pairs(None):
            conditions.append(f"({condition})")
            values += pair_values
        return " OR ".join(conditions), values

    def _scans(self, open: bool | None) -> Iterator[tuple[str, list[object]]]:
        """Yield condition on `p` and values for each pair of unit and relation, without what is closed to the actor."""
        for condition, values in self._pairs(open):
            if self.denied:
                denial, denial_values = self._denial("p.matter")
                yield f"{condition} AND NOT EXISTS ({denial})", [*values, *denial_values]
            else:
                yield condition, values

    def _denial(self, matter: str) -> tuple[str, list[object]]:
        """Return a statement giving a row where the matter is closed to the actor, and its values."""
        marks = ", ".join(["%s"] * len(self.denied))
        left = " OR (d.relation = 'concerned' AND d.unit = %s AND d.matter < %s)" * len(self.past)
        stood = ", ".join(["%s"] * len(self.persons))
        sql = (
            f"SELECT 1 FROM matters_party d WHERE d.matter = {matter}"  # noqa: S608
            f" AND ((d.relation = 'concerned' AND d.unit IN ({marks})){left}"
            f" OR (d.relation = 'recused' AND d.unit IN ({stood})))"
        )
        return sql, [*self.denied, *(value for pair in self.past for value in pair), *self.persons]

    def _pairs(self, open: bool | None) -> Iterator[tuple[str, list[object]]]:
        """Yield condition on `p` and values for each pair of unit and relation."""
        pairs: dict[tuple[str, str], list[Arm]] = {}
        for arm in self.arms:
            if open is None or arm.open is None or arm.open is open:
                pairs.setdefault((arm.unit, arm.relation), []).append(arm)
        for (unit, relation), arms in pairs.items():
            condition = "p.unit = %s AND p.relation = %s"
            values: list[object] = [unit, relation]
            if open is not None:
                condition += " AND p.open = %s"
                values.append(open)
            alternatives: list[str] = []
            alternative_values: list[object] = []
            for arm in arms:
                narrowing, arm_values = arm.narrowing("p")
                if open is None and arm.open is not None:
                    narrowing = f"p.open = %s AND {narrowing}" if narrowing else "p.open = %s"
                    arm_values.insert(0, arm.open)
                if not narrowing:
                    alternatives = []
                    alternative_values = []
                    break
                alternatives.append(f"({narrowing})")
                alternative_values += arm_values
            if alternatives:
                condition += f" AND ({' OR '.join(alternatives)})"
                values += alternative_values
            yield condition, values


def lens(actor: Actor, *actions: str) -> LensQuery:
    """
    Return the query for the matters to which an actor may do something (`list`, `search`, `export`, `act`, ...).

    It finds exactly the matters for which `may(action, sensitivity, relations(actor, view))` is true. Of several
    actions one and the same relation must give each: whoever may act on a matter but not list it sees no line of it.

    Args:
        actions: `list` when left out.
    """
    tables = [TABLE[action] for action in actions or ("list",)]
    arms: list[Arm] = []
    barred = actor.only_reviews and not IDENTITIES.isdisjoint(actions)
    for relation in () if barred else RELATIONS:
        kept = tuple(kind for kind in SENSITIVITIES if all(relation.name in table[kind] for table in tables))
        if kept:
            arms += [replace(arm, sensitivities=kept) for arm in relation.arms(actor)]
    persons = tuple(one for one in (actor.person, actor.on_behalf) if one is not None)
    return LensQuery(_simplest(arms), tuple(sorted(actor.denials)), persons, actor.past)


def seat_lens(actor: Actor, unit: str, seat: str, *, relations: tuple[str, ...] = ("lead", "sponsor")) -> LensQuery:
    """
    Return the query for what one seat answers for, without what is closed to the actor who counts it.

    For arranging a hand-over, asked of the unit by `unit_relations`: it gives numbers, and no matter to look at.
    """
    persons = tuple(one for one in (actor.person, actor.on_behalf) if one is not None)
    arms = tuple(Arm(unit, relation, seats=(seat,)) for relation in relations)
    return LensQuery(arms, tuple(sorted(actor.denials)), persons, actor.past)


def prepared_lens(actor: Actor) -> LensQuery:
    """
    Return the query for matters in which an act waits, prepared by a secretary, for the seat that the actor acts from.

    It opens nothing: the caller joins it with the predicate of what the actor may do.
    """
    arms = (Arm(actor.seat, "prepared"),) if actor.seat is not None and actor.on_behalf is None else ()
    return LensQuery(
        arms, tuple(sorted(actor.denials)), (actor.person,) if actor.person is not None else (), actor.past
    )


def signing_lens(actor: Actor) -> LensQuery:
    """
    Return the query for matters of the actor's units, or of units right below, in which a document is not signed yet.

    It opens nothing: the caller joins it with the predicate of what the actor may do.
    """
    arms = tuple(Arm(unit, "to_sign") for unit in sorted(actor.answers)) if actor.on_behalf is None else ()
    persons = (actor.person,) if actor.person is not None else ()
    return LensQuery(arms, tuple(sorted(actor.denials)), persons, actor.past)


#: Who in a unit takes reminders and answers them.
_ANSWERING = frozenset({"handler", "head", "deputy"})
#: Who watches over every unit.
_WATCHING = frozenset({"supervisor", "auditor"})


def watches_units(actor: Actor) -> bool:
    """Return whether an actor sees how every unit stands with its reminders."""
    return actor.kind == "system" or not actor.roles.isdisjoint(_WATCHING)


def issues_reminders(actor: Actor) -> bool:
    """Return whether an actor may withdraw a reminder and choose the ladder."""
    return actor.kind == "seat" and "supervisor" in actor.roles


def answers_reminders(actor: Actor, unit: str) -> bool:
    """Return whether an actor takes receipt of a unit's reminders and answers them."""
    return unit in actor.answers and not actor.roles.isdisjoint(_ANSWERING)


def reminders_seen(actor: Actor, *, unit: str, matter: str) -> tuple[str, list[object]]:
    """
    Return a condition true for the reminders that an actor may see: their own unit's, those of units below it, or all.

    Whoever may not list the matter sees none about it; whoever lists it as another unit doesn't either.

    Args:
        unit, matter: SQL expressions of the unit told and of the matter, written by the caller, never taken from input.
    """
    sql, values = lens(actor).predicate(matter)
    if watches_units(actor):
        return sql, values
    units = sorted(actor.answers)
    if not units or actor.roles.isdisjoint(_ANSWERING):
        return "1 = 0", []
    marks = ", ".join(["%s"] * len(units))
    told, told_values = f"{unit} IN ({marks})", list(units)
    if not actor.roles.isdisjoint({"head", "deputy"}):
        told += (
            f" OR EXISTS (SELECT 1 FROM matters_party p WHERE p.matter = {matter}"  # noqa: S608
            f" AND p.relation = 'superior' AND p.unit IN ({marks}))"
        )
        told_values += units
    return f"({told}) AND {sql}", [*told_values, *values]


def _simplest(arms: Sequence[Arm]) -> tuple[Arm, ...]:
    """
    Return arms that select the same rows with as few scans and conditions as possible.

    Within a pair, an arm loses the sensitivities that a plain one gives. A pair whose every sensitivity the `all` rows
    give anyhow is left out: every matter has one such row, so a supervisor's ordinary matters are one scan.
    """
    pairs: dict[tuple[str, str], list[Arm]] = {}
    for arm in arms:
        pairs.setdefault((arm.unit, arm.relation), []).append(arm)
    everywhere = _plain_kinds(pairs.get((EVERY_UNIT, "all"), ()))
    found: list[Arm] = []
    for pair, alternatives in pairs.items():
        plain = _plain_kinds(alternatives)
        rest = [
            replace(arm, sensitivities=tuple(kind for kind in arm.sensitivities if kind not in plain))
            for arm in alternatives
            if not arm.is_plain and not plain.issuperset(arm.sensitivities)
        ]
        kinds = plain.union(*(arm.sensitivities for arm in rest))
        if pair != (EVERY_UNIT, "all") and kinds <= everywhere:
            continue
        if plain:
            ordered = tuple(kind for kind in SENSITIVITIES if kind in plain)
            found.append(Arm(*pair, sensitivities=() if len(ordered) == len(SENSITIVITIES) else ordered))
        found += dict.fromkeys(rest)
    return tuple(found)


def _plain_kinds(arms: Sequence[Arm]) -> set[str]:
    return {kind for arm in arms if arm.is_plain for kind in arm.sensitivities}
