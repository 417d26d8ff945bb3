"""
Lists: the matters that an actor may see, as one index scan for each way of standing to them.

A list never filters in Python and never joins people: `lens()` turns the access table and the actor's relations into
scans of `matters_party`, merged in due order by the database, minus the matters that are closed to the actor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from huajie.core.access.model import Actor
from huajie.core.access.relations import RELATIONS, Arm
from huajie.core.access.table import TABLE
from huajie.core.jurisdiction import SENSITIVITIES


@dataclass(frozen=True, slots=True)
class LensQuery:
    """What to scan, and what to leave out; SQL for both databases with `%s` parameters."""

    #: Scans; no arms means an empty list.
    arms: tuple[Arm, ...]
    #: Codes and uuid hex of the actor that, in a `concerned` row, hide a matter.
    denied: tuple[str, ...]
    #: uuid hex of the actor that, in a `recused` row, hides a matter.
    person: str | None = None

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Return the `(unit, relation)` pairs scanned."""
        return tuple(dict.fromkeys((arm.unit, arm.relation) for arm in self.arms))

    def _not_denied(self, matter: str) -> tuple[str, list[object]]:
        if not self.denied:
            return "", []
        marks = ", ".join(["%s"] * len(self.denied))
        sql = (
            f" AND NOT EXISTS (SELECT 1 FROM matters_party d WHERE d.matter = {matter}"  # noqa: S608
            f" AND ((d.relation = 'concerned' AND d.unit IN ({marks})) OR (d.relation = 'recused' AND d.unit = %s)))"
        )
        return sql, [*self.denied, self.person]

    def page(
        self,
        *,
        open: bool | None = True,
        limit: int = 50,
        after: tuple[object, object] | None = None,
        extra: str = "",
        extra_values: Sequence[object] = (),
    ) -> tuple[str, list[object]]:
        """
        Return a statement giving `(matter, due_at)` of one page, soonest due first, each matter once.

        Args:
            open: only open or only closed matters; None gives both (and can't use the order of the index).
            limit: rows on the page, 1 or more.
            after: `(due_at, matter)` of the last row of the page before, as the statement gave them.
            extra: a further condition on `p`, written by the caller and never taken from input.
            extra_values: the values of its marks.
        """
        if not self.arms:
            return "SELECT matter, due_at FROM matters_party WHERE 1 = 0", []
        arms: list[str] = []
        values: list[object] = []
        for arm in self.arms:
            condition, arm_values = arm.where("p")
            if open is not None:
                condition += " AND p.open = %s"
                arm_values.append(open)
            if after is not None:
                condition += " AND (p.due_at, p.matter) > (%s, %s)"
                arm_values += list(after)
            if extra:
                condition += f" AND {extra}"
                arm_values += list(extra_values)
            not_denied, denied_values = self._not_denied("p.matter")
            # Each arm stops after one page of its own, so that none reads more rows than the page can show. The
            # limit is written out: a planner that doesn't know it would read a tenth of the table.
            arms.append(
                f"SELECT * FROM (SELECT p.matter, p.due_at FROM matters_party p WHERE {condition}{not_denied}"  # noqa: S608
                f" ORDER BY p.due_at, p.matter LIMIT {int(limit)}) a{len(arms)}"
            )
            values += [*arm_values, *denied_values]
        if len(arms) == 1:
            return arms[0], values
        union = " UNION ".join(arms)
        return f"SELECT matter, due_at FROM ({union}) x ORDER BY due_at, matter LIMIT {int(limit)}", values  # noqa: S608

    def count(self, *, open: bool | None = True) -> tuple[str, list[object]]:
        """Return a statement giving how many matters the whole list has."""
        if not self.arms:
            return "SELECT 0", []
        arms: list[str] = []
        values: list[object] = []
        for arm in self.arms:
            condition, arm_values = arm.where("p")
            if open is not None:
                condition += " AND p.open = %s"
                arm_values.append(open)
            not_denied, denied_values = self._not_denied("p.matter")
            arms.append(f"SELECT p.matter FROM matters_party p WHERE {condition}{not_denied}")  # noqa: S608
            values += [*arm_values, *denied_values]
        return f"SELECT count(*) FROM ({' UNION '.join(arms)}) x", values  # noqa: S608

    def predicate(self, matter: str = "m.id") -> tuple[str, list[object]]:
        """
        Return a condition true for exactly the matters in the list, for a query that finds them otherwise (search).

        Args:
            matter: SQL expression of the matter's id, written by the caller and never taken from input.
        """
        if not self.arms:
            return "1 = 0", []
        conditions: list[str] = []
        values: list[object] = []
        for arm in self.arms:
            condition, arm_values = arm.where("p")
            conditions.append(f"({condition})")
            values += arm_values
        not_denied, denied_values = self._not_denied(matter)
        sql = (
            f"EXISTS (SELECT 1 FROM matters_party p WHERE p.matter = {matter}"  # noqa: S608
            f" AND ({' OR '.join(conditions)})){not_denied}"
        )
        return sql, [*values, *denied_values]


def lens(actor: Actor, action: str = "list") -> LensQuery:
    """
    Return the query for the matters to which an actor may do something (`list`, `search`, `export`, `act`, ...).

    It finds exactly the matters for which `may(action, sensitivity, relations(actor, view))` is true.
    """
    by_sensitivity = TABLE[action]
    arms: list[Arm] = []
    for relation in RELATIONS:
        kept = tuple(kind for kind in SENSITIVITIES if relation.name in by_sensitivity[kind])
        if kept:
            arms += [replace(arm, sensitivities=kept) for arm in relation.arms(actor)]
    return LensQuery(_without_overlap(arms), tuple(sorted(actor.denials)), actor.person)


def _without_overlap(arms: Sequence[Arm]) -> tuple[Arm, ...]:
    """
    Return the arms without the sensitivities that a wider arm already gives.

    Every matter has exactly one `all` row, so a plain scan of those makes any other arm needless for the sensitivities
    it covers: a supervisor's list is one index scan, not one for each relation.
    """
    covered: dict[tuple[str, str], set[str]] = {}
    for arm in arms:
        if arm.is_plain:
            covered.setdefault((arm.unit, arm.relation), set()).update(arm.sensitivities)
    everywhere = covered.get(("*", "all"), set())
    merged: list[Arm] = []
    for (unit, relation), kinds in covered.items():
        left = kinds if (unit, relation) == ("*", "all") else kinds - everywhere
        if left:
            ordered = tuple(kind for kind in SENSITIVITIES if kind in left)
            merged.append(Arm(unit, relation, sensitivities=() if len(ordered) == len(SENSITIVITIES) else ordered))
    for arm in arms:
        if arm.is_plain:
            continue
        left = set(arm.sensitivities) - everywhere - covered.get((arm.unit, arm.relation), set())
        if left:
            narrowed = replace(arm, sensitivities=tuple(kind for kind in SENSITIVITIES if kind in left))
            if narrowed not in merged:
                merged.append(narrowed)
    return tuple(merged)
