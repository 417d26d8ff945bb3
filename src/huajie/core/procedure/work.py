"""The bench on which one decision is made: what is given, the state as changed so far, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from huajie.core.access import Actor
from huajie.core.clocks import Calendar
from huajie.core.jurisdiction import Jurisdiction, Routed, barred_persons, expand_concerned, route
from huajie.core.ledger import moment
from huajie.core.procedure.effects import APPLY, Effect
from huajie.core.procedure.errors import Unmet
from huajie.core.procedure.state import State

if TYPE_CHECKING:
    from huajie.core.procedure.pack import Pack

_NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What somebody wants to do."""

    #: Name of the act in the pack, or one of the engine's own: `@signal`, `calendar-published`, `packed`,
    #: `erased-again`, `handed-over`, `prepared`.
    act: str
    actor: Actor
    #: How the actor stands to the matter, as `core/access` computed it.
    relations: frozenset[str] = _NOTHING
    #: Typed JSON values by field name; dates `YYYY-MM-DD`, moments as stamps.
    inputs: Mapping[str, Any] = field(default_factory=dict)
    #: Names of the committed fields that come with it.
    texts: frozenset[str] = _NOTHING
    #: When it happened, aware.
    occurred_at: datetime
    #: Key of the request, document, child (`@signal`) or timer that the act is about.
    target: str | None = None
    #: For an opening act: the unit that owns the new matter, where a parent or an import names it.
    owner: str | None = None
    #: For an opening act: {"stream", "key", "unit"} of the matter above, and optionally the lists "concerned" and
    #: "recused" that hold there too.
    parent: Mapping[str, Any] | None = None
    #: Fresh streams (uuid hex) for the children that the act may open, `pack.children_opened_by(act)` of them.
    children: tuple[str, ...] = ()
    #: The matter's own stream, uuid hex.
    stream: str = ""
    #: Number of entries that the actor had seen; the writer compares it.
    seen: int | None = None
    #: Name of a committed field -> commitment (base64) to what was taken out of it and lies in the vault.
    masked: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Draft:
    """One entry as decided, before the ledger seals it."""

    #: Dotted and past: `matter.accepted`, `clock.started`.
    kind: str
    act: str
    public_kind: str
    #: Typed facts given with the act, and what else the command had: `@target`, `@owner`, `@parent`, `@children`,
    #: `@masked`.
    input: Mapping[str, Any]
    #: Names of the committed fields that this entry brings.
    texts: tuple[str, ...]
    effects: list[Effect]
    #: `c2 started` where the entry changes a clock.
    clock: str | None = None
    #: Stamp of the new due moment, where there is one.
    due: str | None = None


@dataclass(frozen=True, slots=True)
class ChildOrder:
    """A matter to be opened beside this one, in the same transaction."""

    #: `review#1`.
    key: str
    #: Name among the pack's children.
    child: str
    #: Name of the child's pack.
    pack: str
    #: The unit that owns it.
    unit: str
    #: Its stream, uuid hex.
    stream: str
    #: Units and persons that may have no part in it either.
    concerned: tuple[str, ...] = ()
    recused: tuple[str, ...] = ()
    #: Persons who handled this one and so take no part in deciding the review of it.
    below: tuple[str, ...] = ()
    #: The seat that answers for it, where the address names one; None: whichever seat of the unit can.
    seat: str | None = None
    #: What it inherits of facts and texts: values by name, and names of texts of the act that opens it.
    inputs: Mapping[str, Any] = field(default_factory=dict)
    texts: tuple[str, ...] = ()
    #: It is at least as closed as this, where it inherits something.
    sensitivity: str | None = None


@dataclass(frozen=True, slots=True)
class Signal:
    """What this matter tells the one above, in the same transaction."""

    name: str
    outcome: str | None
    #: The child is at its end.
    ended: bool = False
    #: Local date from which a clock above counts (a service that was proven below), or None.
    date: str | None = None
    #: Names of texts of this act that go up with it.
    carry: tuple[str, ...] = ()


class Work:
    """One decision in the making."""

    __slots__ = (
        "_barred",
        "_concerned",
        "act",
        "actor",
        "base",
        "calendar",
        "clock_drafts",
        "command",
        "document",
        "effects",
        "inputs",
        "jurisdiction",
        "now",
        "now_stamp",
        "occurred",
        "occurred_stamp",
        "opens",
        "pack",
        "relations",
        "request",
        "signals",
        "started",
        "state",
        "streams",
        "texts",
        "unmet",
    )

    def __init__(
        self,
        pack: Pack,
        state: State,
        command: Command,
        jurisdiction: Jurisdiction,
        calendar: Calendar,
        now: datetime,
        now_stamp: str,
        occurred: datetime,
        occurred_stamp: str,
    ) -> None:
        self.pack = pack
        #: changed as effects follow one another; belongs to this decision alone
        self.state = state
        self.command = command
        self.act = command.act
        self.actor = command.actor
        self.relations = command.relations
        self.inputs: Mapping[str, Any] = command.inputs
        self.texts = command.texts
        self.jurisdiction = jurisdiction
        self.calendar = calendar
        self.now = now
        self.now_stamp = now_stamp
        self.occurred = occurred
        self.occurred_stamp = occurred_stamp
        #: number of the act's own entry
        self.base = state.n + 1
        #: key of the request that the act is about
        self.request: str | None = None
        #: key of the document that the act is about, `notice#1`
        self.document: str | None = None
        self.effects: list[Effect] = []
        self.clock_drafts: list[Draft] = []
        self.unmet: list[Unmet] = []
        self.opens: list[ChildOrder] = []
        self.signals: list[Signal] = []
        #: keys of the clocks that this act started
        self.started: list[str] = []
        self.streams = list(command.children)
        self._concerned: tuple[list[str], frozenset[str]] | None = None
        self._barred: tuple[list[str], frozenset[str]] | None = None

    def emit(self, effect: Effect) -> None:
        """Add an effect to the act's own entry and apply it."""
        APPLY[effect["e"]](self.state, effect, self.occurred_stamp)
        self.effects.append(effect)

    def emit_clock(self, effect: Effect, public_kind: str, change: str, due: str | None) -> None:
        """Add an entry of its own for a change of a clock, and apply it."""
        APPLY[effect["e"]](self.state, effect, self.occurred_stamp)
        k = self.state.clocks[effect["key"]].k
        self.clock_drafts.append(Draft(effect["e"], self.act, public_kind, {}, (), [effect], f"c{k} {change}", due))

    def miss(
        self,
        code: str,
        path: str,
        title: Mapping[str, str],
        source: str | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> None:
        """Note something that is missing."""
        self.unmet.append(Unmet(code, path, title, source, values or {}))

    def concerned(self) -> frozenset[str]:
        """Return who the matter is about as of now, inner offices of concerned units included."""
        known = self.state.concerned
        if not known:
            return _NOTHING
        if self._concerned is None or self._concerned[0] is not known:
            self._concerned = (known, expand_concerned(self.jurisdiction, known))
        return self._concerned[1]

    def barred(self) -> frozenset[str]:
        """Return the persons (uuid hex) kept out for where they sit or sat, or for what they decided below."""
        if self.state.below:
            return self._left_out() | frozenset(self.state.below)
        return self._left_out()

    def _left_out(self) -> frozenset[str]:
        known = self.state.concerned
        if not known:
            return _NOTHING
        if self._barred is None or self._barred[0] is not known:
            recorded_at = moment(self.state.recorded_at)
            found = barred_persons(self.jurisdiction, self.concerned(), at=self.now, recorded_at=recorded_at)
            self._barred = (known, found)
        return self._barred[1]

    def routed(self) -> Routed:
        """Return where the jurisdiction sends the matter as it stands; raises NoOwner when nobody may have it."""
        state = self.state
        return route(
            self.jurisdiction,
            topic=state.topic or None,
            region=state.region or None,
            pack=self.pack.name,
            at=self.now,
            concerned=self.concerned(),
            barred=self.barred(),
        )

    def given(self, name: str) -> Any:
        """Return what the act's form or the request that it is about says under a name, or None."""
        value = self.inputs.get(name)
        if value is None and self.request is not None:
            value = self.state.requests[self.request].data.get(name)
        return value
