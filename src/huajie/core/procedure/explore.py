"""
Walk every situation that a pack can get a matter into, and show promises 2, 4, 5 and 6 in each.

The idea, in three steps.

1. *Abstract.* A matter is reduced to what the pack's own conditions read: its stage, each clock (none, running, late,
   ended), each kind of request (none, open, contested, answered), each kind of child (none, open, done), facts cut
   into the ranges that some condition tells apart, counts up to the largest number asked for. What no condition reads
   can't change what is possible, so it isn't there. Each piece is a small integer; a situation is a tuple of them.
2. *Walk.* Acts, timers, children and passing time are applied breadth first from nothing. What the abstraction can't
   know (a relation, a computed fact) is *maybe*, and both ways are walked: every concrete matter stays inside the
   walked situations (`Report.covers` lets a test say so). What an act does depends on a few pieces only and is
   remembered per value of those.
3. *Watch.* The promises are about history ("since the last handling somebody independent acted"), so they are watched
   as bits that steps set and clear, carried along the finished graph until nothing changes, all at once. What must
   stay possible (an ending, stopping a clock) is carried backwards over its strongly connected parts. A broken
   promise is shown with a shortest sequence of acts that leads to it.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from huajie.core.ledger import moment
from huajie.core.procedure import steps as _steps
from huajie.core.procedure.common import PEOPLE
from huajie.core.procedure.conditions import DOCUMENT_STATES, UNDO
from huajie.core.procedure.documents import IT, STEP_FROM
from huajie.core.procedure.dossiers import own_gate
from huajie.core.procedure.pack import moves_lead
from huajie.core.procedure.rights import CORRECTED, RIGHTS
from huajie.core.procedure.state import State, newest_clock, newest_document

if TYPE_CHECKING:
    from huajie.core.procedure.pack import Pack
    from huajie.core.procedure.source import Source

#: Above this many situations a pack can't be shown to keep its promises in reasonable time.
LIMIT = 1_000_000

NO, YES, MAYBE = 0, 1, 2

Situation = tuple[int, ...]
Condition = Callable[[Sequence[int], str], int]
Event = tuple[str, Any, str]


class TooMany(Exception):
    """The pack has more situations than `LIMIT`; `fact` names the piece whose bounding helps most."""

    def __init__(self, fact: str, share: float) -> None:
        super().__init__(f"more than {LIMIT} situations; bound {fact}, which multiplies them by {share:.1f}")
        self.fact = fact


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that the pack breaks, where, and the shortest way to see it happen."""

    #: 2, 4, 5, 6; None for a dead end, which breaks the pack before any promise.
    promise: int | None
    #: A word for the kind of breach, e.g. `ending-without-outcome`.
    code: str
    #: Where in the pack file, e.g. `acts.close.effects[1]`.
    path: str
    message: str
    #: Names of acts in order, with `(time passes: reply)` and `(review: decided)` between them.
    trace: tuple[str, ...]
    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: " if self.file else ""
        promise = f"promise {self.promise}: " if self.promise else ""
        return f"{where}{self.path}: {promise}{self.message}\n    by: {' -> '.join(self.trace)}"


@dataclass(frozen=True, slots=True)
class Report:
    """What a walk found. `states` and `transitions` are counts of the abstract graph."""

    pack: str
    states: int
    transitions: int
    violations: tuple[Violation, ...]
    #: Names of the pieces that make up a situation, in order.
    pieces: tuple[str, ...] = ()
    _model: Any = field(default=None, repr=False, compare=False)
    _seen: Mapping[Situation, int] = field(default_factory=dict, repr=False, compare=False)

    def covers(self, state: State, *, now: str) -> bool:
        """Return whether the walk visited the situation that a real state of a matter is in at a moment (a stamp)."""
        return self.situation(state, now=now) in self._seen

    def situation(self, state: State, *, now: str) -> Situation:
        """Return the abstract situation of a real state."""
        situation: Situation = self._model.abstract(state, now)
        return situation

    def describe(self, situation: Situation) -> str:
        """Return a situation in words, for people who debug a pack."""
        return ", ".join(
            f"{piece.name}={piece.labels[value]}" for piece, value in zip(self._model.pieces, situation, strict=True)
        )


class Piece:
    """One part of a situation: a name, the values it can have in words, and one concrete sample for each."""

    __slots__ = ("labels", "name", "samples")

    def __init__(self, name: str, labels: Sequence[str], samples: Sequence[Any] | None = None) -> None:
        self.name = name
        self.labels = tuple(labels)
        self.samples: tuple[Any, ...] = tuple(labels if samples is None else samples)


#: Stands for every value that no condition names.
OTHER = "(another)"


def cut_values(name: str, read: Iterable[Any]) -> Piece:
    """Cut a choice into: none, each value that a condition names, any other."""
    named = sorted({str(value) for value in read})
    return Piece(name, ["none", *named, OTHER], [None, *named, OTHER])


def cut_integers(name: str, breaks: Iterable[int]) -> Piece:
    """Cut integers at the numbers where some condition changes its mind; each sample is the least of its range."""
    starts = sorted(set(breaks))
    least = starts[0] - 1 if starts else 0
    samples = [None, least, *starts]
    return Piece(name, ["none", f"under {starts[0]}" if starts else "any", *(f"from {n}" for n in starts)], samples)


def cut_sets(name: str, read: Iterable[Any]) -> Piece:
    """Cut several choices into: none, and each subset of the values that conditions name."""
    named = sorted({str(value) for value in read})
    subsets = [tuple(v for bit, v in enumerate(named) if mask >> bit & 1) for mask in range(1 << len(named))]
    return Piece(name, ["none", *("{" + " ".join(subset) + "}" for subset in subsets)], [None, *subsets])


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


@dataclass(slots=True)
class _Reads:
    """What the conditions of a pack read, so that nothing else enters a situation."""

    texts: set[str] = field(default_factory=set)
    facts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    clocks: dict[str, set[str]] = field(default_factory=dict)
    requests: dict[str, set[str]] = field(default_factory=dict)
    children: dict[str, set[str]] = field(default_factory=dict)
    child_outcomes: dict[str, set[str]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    values: dict[str, set[str]] = field(default_factory=dict)
    documents: set[str] = field(default_factory=set)
    computed: set[str] = field(default_factory=set)
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def number(self, least: Any) -> int | None:
        """Return a number that a condition compares with, or None where it depends on the matter."""
        if isinstance(least, Mapping):
            value = self.parameters.get(least.get("param", ""), {}).get("value")
            return value if isinstance(value, int) else None
        return int(least)

    def note(self, condition: Mapping[str, Any]) -> None:
        if "all" in condition or "any" in condition:
            for part in condition.get("all", condition.get("any")):
                self.note(part)
        elif "not" in condition:
            self.note(condition["not"])
        elif "clock" in condition:
            self.clocks.setdefault(condition["clock"], set()).update(_list(condition["is"]))
        elif "fact" in condition:
            self.facts.setdefault(condition["fact"], []).append(dict(condition))
        elif "text" in condition:
            self.texts.add(condition["text"])
        elif "request" in condition:
            self.requests.setdefault(condition["request"], set()).update(_list(condition["is"]))
        elif "child" in condition:
            self.children.setdefault(condition["child"], set()).update(_list(condition.get("is", [])))
            self.child_outcomes.setdefault(condition["child"], set()).update(_list(condition.get("outcome", [])))
        elif "document" in condition:
            self.documents.add(condition["document"])
        elif "count" in condition:
            name, least = condition["count"], self.number(condition["at_least"])
            if least is not None:
                self.counts[name] = max(self.counts.get(name, 1), least)
        elif "computed" in condition:
            self.computed.add(condition["computed"])
        else:
            for name in ("outcome", "fulfilment", "verdict", "mode", "channel"):
                if name in condition:
                    read = condition[name]
                    self.values.setdefault(name, set()).update([] if read in ("present", "none") else _list(read))


def _conditions(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for act in document["acts"].values():
        if act.get("when") is not None:
            yield act["when"]
        for item in own_gate(act):
            yield item["need"]
        yield from _effect_conditions(act.get("effects") or ())
    for child in (document.get("children") or {}).values():
        for effects in (child.get("signals") or {}).values():
            yield from _effect_conditions(effects)


def _each_document(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the pack's document with each act about one of several documents written out once for each of them."""
    if not any(act.get("about") for act in document["acts"].values()):
        return document

    def named(effects: Iterable[Mapping[str, Any]], about: str) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        for effect in effects:
            if "when" in effect:
                then, other = named(effect.get("then") or (), about), named(effect.get("else") or (), about)
                found.append({**effect, "then": then, "else": other})
            else:
                found.append({**effect, "document": about} if effect.get("document") == IT else effect)
        return found

    acts = {}
    for name, act in document["acts"].items():
        for about in act.get("about") or ():
            acts[f"{name} {about}"] = {**act, "effects": named(act.get("effects") or (), about)}
        if not act.get("about"):
            acts[name] = act
    return {**document, "acts": acts}


def _effect_conditions(effects: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for effect in effects:
        if "when" in effect:
            yield effect["when"]
            yield from _effect_conditions(effect.get("then") or ())
            yield from _effect_conditions(effect.get("else") or ())


def flat(effects: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield every effect, those inside `when` too, without the `when` itself."""
    for effect in effects:
        if "when" in effect:
            yield from flat(effect.get("then") or ())
            yield from flat(effect.get("else") or ())
        else:
            yield effect


#: What an open request can become; the sub-machine that every pack shares.
ANSWERS: Mapping[str, tuple[str, ...]] = {
    "open": _steps.ANSWERS,
    "contested": _steps.AFTER_CONTEST,
    "accepted": (),
    "refused": (),
    "withdrawn": (),
    "lapsed": (),
    "done": (),
}

_LIVE = ("open", "contested")
#: Effects that leave stage, owner and the three facts of an ending alone.
_QUIET = frozenset({"request", "set", "party", "unparty", "link", "sponsor", "part", "start", "stop"})

#: Effects that nothing but a condition on requests or on helping units could read.
_IDLE = frozenset({"request", "party", "unparty"})


@dataclass(slots=True)
class _Step:
    """An act (or a child's signal, or time) made ready for walking."""

    name: str
    #: Where in the pack file.
    path: str
    #: Whoever may do it; empty for what nobody does: time, children.
    by: tuple[str, ...]
    act: Mapping[str, Any]
    #: Pieces that it reads or writes: what it does is a function of these.
    pieces: tuple[int, ...]
    run: Callable[[Situation], Iterator[tuple[tuple[str, ...], Situation, tuple[Event, ...]]]]
    key: Callable[[Situation], Any]
    memo: dict[Any, list[tuple[tuple[tuple[int, int], ...], int]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Transition:
    """One thing that a step can do: the same events wherever it happens."""

    step: _Step
    by: tuple[str, ...]
    origin: str
    target: str
    events: tuple[Event, ...]


class _World:
    """One way an act can go while its effects are applied: the situation so far, and what happened."""

    __slots__ = ("events", "now", "open")

    def __init__(self, now: list[int], events: list[Event], open_: bool) -> None:
        self.now = now
        self.events = events
        #: whether the matter was open before the act, or was opened again by it
        self.open = open_

    def fork(self) -> _World:
        return _World(self.now[:], self.events[:], self.open)


class _Model:
    """The pieces of one pack, its conditions as tables over them, its acts as steps."""

    def __init__(self, document: Mapping[str, Any], children: Mapping[str, Mapping[str, Any]]) -> None:
        self.document = document = _each_document(document)
        self.children = children
        self.acts: dict[str, Mapping[str, Any]] = dict(document["acts"])
        self.stages: dict[str, Mapping[str, Any]] = dict(document["stages"])
        self.clocks: dict[str, Mapping[str, Any]] = dict(document.get("clocks") or {})
        self.requests: dict[str, Mapping[str, Any]] = dict(document.get("requests") or {})
        self.kinds: dict[str, Mapping[str, Any]] = dict(document.get("children") or {})
        self.documents: dict[str, Mapping[str, Any]] = dict(document.get("documents") or {})
        self.facts: dict[str, Mapping[str, Any]] = dict(document.get("facts") or {})
        self.timers: list[Mapping[str, Any]] = list(document.get("timers") or ())
        self.initial = next(name for name, stage in self.stages.items() if stage.get("initial"))
        self.endings = {name for name, stage in self.stages.items() if stage.get("ending")}
        self.reads = _Reads(parameters=document.get("parameters") or {})
        for condition in _conditions(document):
            self.reads.note(condition)
        for name in sorted(self.reads.documents):
            for level in self.documents[name].get("countersign") or ():
                if level.get("when") is not None:
                    self.reads.note(level["when"])
        self.pieces: list[Piece] = []
        self.where: dict[tuple[str, str], int] = {}
        #: Conditions over one piece alone, as tables of their truth for each of its values.
        self.tables: dict[int, set[tuple[int, ...]]] = {}
        #: For each kind of child: which signals can follow which.
        self.follows: dict[str, dict[str, frozenset[str]]] = {}
        #: (path, clock) of each effect that stops a clock without its being met.
        self.given_up: set[tuple[str, str]] = set()
        #: Kinds of request that are not followed.
        self.quiet = self._quiet_requests()
        self._cut()
        self.transitions: list[_Transition] = []
        self._known: dict[Any, int] = {}
        self.steps = [self._act_step(name) for name in self.acts]
        self.steps += list(self._outside_steps())
        self.dead = self._dead_pieces()
        self.merged = self._merge()
        self.own_clocks = self._own_clocks()

    # --- what still matters

    def settle(self, now: Situation) -> Situation:
        """Return a situation with every piece blanked that nothing reads before it is set again."""
        settled = [row[value] for row, value in zip(self.merged, now, strict=True)]
        for at in self.dead[now[0]]:
            settled[at] = 0
        for clock, request, samples in self.own_clocks:
            if not samples[settled[request]][1]:
                settled[clock] = 0
        return tuple(settled)

    def _own_clocks(self) -> list[tuple[int, int, tuple[Any, ...]]]:
        """
        Return clocks of one request at a time that only acts on that request read: they matter only while it is open.
        """
        found = []
        for kind, declared in self.requests.items():
            clock = declared.get("clock")
            at = self.where.get(("clock", clock or ""))
            if at is None or self.clocks[str(clock)].get("per") != "request" or kind in self.quiet:
                continue
            readers = [
                act
                for act in self.acts.values()
                if any(part.get("clock") == clock for top in _act_conditions(act) for part in _parts(top))
            ]
            touched = any(
                clock in (effect.get("extend"), effect.get("exclude"), effect.get("start"))
                for act in self.acts.values()
                for effect in flat(act.get("effects") or ())
            )
            if all(act.get("on") == kind for act in readers) and not touched and not self._signals_read(str(clock)):
                request = self.where["request", kind]
                found.append((at, request, self.pieces[request].samples))
        return found

    def _signals_read(self, clock: str) -> bool:
        return any(
            part.get("clock") == clock
            for declared in self.kinds.values()
            for effects in (declared.get("signals") or {}).values()
            for top in _effect_conditions(effects)
            for part in _parts(top)
        )

    def _dead_pieces(self) -> list[tuple[int, ...]]:
        """For each stage, the pieces that no act possible from there on reads before it sets them (live variables)."""
        labels = self.pieces[0].labels
        flows = []
        for act in self.acts.values():
            uses, sets = self._flow_of(act)
            origins = set(_list(act["from"])) if act.get("from") else set(self.stages) - self.endings
            if act.get("creates"):
                origins = {labels[0]}
            flows.append((origins, self._targets(act), uses, sets))
        for kind, declared in self.kinds.items():
            for effects in (declared.get("signals") or {}).values():
                uses, _ = self._flow_of({"effects": effects})
                flows.append((set(self.stages), self._targets({"effects": effects}), uses, set()))
            del kind
        always = {at for (family, _), at in self.where.items() if family in ("stage", "child")}
        fresh = self.where.get(("fresh", ""))
        live: dict[str, set[int]] = {stage: set(always) for stage in labels}
        for stage in self.endings:
            live[stage] |= {fresh} - {None}  # type: ignore[arg-type]
        changed = True
        while changed:
            changed = False
            for origins, targets, uses, sets in flows:
                for stage in origins:
                    after: set[int] = set()
                    here = stage if stage != labels[0] else self.initial
                    for target in targets or {""}:
                        after |= live[target or here]
                    before = uses | (after - sets)
                    if not before <= live[stage]:
                        live[stage] |= before
                        changed = True
        return [tuple(at for at in range(len(self.pieces)) if at not in live[stage]) for stage in labels]

    def _targets(self, act: Mapping[str, Any]) -> set[str]:
        """Return the stages that an act can lead to; `""` (or nothing) stands for where it was."""
        effects = act.get("effects") or ()
        targets = {effect["stage"] for effect in flat(effects) if "stage" in effect}
        if targets and not any("stage" in effect and "when" not in effect for effect in effects):
            live_on = {""}
            return targets | live_on
        return targets

    def _flow_of(self, act: Mapping[str, Any]) -> tuple[set[int], set[int]]:
        """Return the pieces that an act reads as they were before it, and those that it surely sets itself."""
        uses: set[int] = set()
        sets: set[int] = set()
        fields = {one["name"]: one for one in (act.get("form") or {}).get("fields") or ()}

        def surely(value: Any) -> bool:
            if not isinstance(value, Mapping):
                return True
            form = fields.get(value.get("field", ""), {})
            return _surely_given(form)

        for name, form in fields.items():
            at = self.where.get(("text", name))
            if at is not None and form.get("required") and not form.get("visible"):
                sets.add(at)
        if act.get("creates"):
            sets.update(at for (family, name), at in self.where.items() if name in ("mode", "channel"))
        for condition in [act.get("when"), *(item["need"] for item in own_gate(act))]:
            read: set[int] = set()
            self.compile(condition, read)
            uses |= read - sets
        if act.get("on") and act["on"] not in self.quiet:
            uses.add(self.where["request", act["on"]])
        for timer in self.timers:
            if act.get("by") == ["system"] and self.acts.get(timer["act"]) is act:
                uses.update({self.where.get(("clock", timer["clock"]), 0)})

        def walk(effects: Iterable[Mapping[str, Any]], sure: bool) -> None:
            for effect in effects:
                if "when" in effect:
                    read: set[int] = set()
                    self.compile(effect["when"], read)
                    uses.update(read - sets)
                    walk(effect.get("then") or (), False)
                    walk(effect.get("else") or (), False)
                    continue
                for word in ("extend", "exclude"):
                    if word in effect and ("clock", effect[word]) in self.where:
                        uses.add(self.where["clock", effect[word]])
                if "request" in effect and "owner" not in effect and effect["request"] not in self.quiet:
                    uses.add(self.where["request", effect["request"]])
                at = self.where.get(("document", effect.get("document", "")))
                if at is not None and effect["do"] in ("countersign", "issue"):
                    looked: set[int] = {at}
                    for level in self.documents[effect["document"]].get("countersign") or ():
                        self.compile(level.get("when"), looked)
                    # what the act itself drafts or sets just before is not what stood there
                    uses.update(looked - sets)
                elif at is not None and effect["do"] != "draft":
                    uses.update({at} - sets)
                if not sure:
                    continue
                if at is not None and effect["do"] == "draft":
                    sets.add(at)
                for name, value in (effect.get("set") or {}).items():
                    at = self.where.get(("fact", name))
                    if at is not None and surely(value) and not (isinstance(value, Mapping) and "fact" in value):
                        sets.add(at)
                for name in ("outcome", "fulfilment", "verdict"):
                    if name in effect and "signal" not in effect and (effect.get("needed") or surely(effect[name])):
                        sets.update({self.where[key] for key in [("value", name)] if key in self.where})

        walk(act.get("effects") or (), True)
        return uses, sets

    # --- pieces

    def _add(self, family: str, name: str, piece: Piece) -> None:
        self.where[family, name] = len(self.pieces)
        self.pieces.append(piece)

    def _cut(self) -> None:
        self._add("stage", "", Piece("stage", ["(not yet there)", *self.stages]))
        for name in sorted(self._clocks_that_matter()):
            labels = ["none", "running", "met", "stopped"]
            if self._late_matters(name):
                labels += ["running late", "met late", "stopped late"]
            self._add("clock", name, Piece(f"clock {name}", labels))
        for name, request in self.requests.items():
            if name not in self.quiet:
                self._add("request", name, self._request_piece(name, request))
        for name in self.kinds:
            outcomes = sorted(self.reads.child_outcomes.get(name, ()))
            # A sample is (whether open, outcome of the newest, its newest signal if that says what can still come).
            labels = ["none"]
            samples: list[Any] = [("none", None, "")]
            follows = self.follows.setdefault(name, self._signal_order(name))
            for how in ("open", "several open", "done"):
                for outcome in [None, *outcomes, OTHER] if outcomes else [None]:
                    for last in sorted(follows):
                        labels.append(
                            " ".join(word for word in (how, outcome, f"after {last}" if last else "") if word)
                        )
                        samples.append((how, outcome, last))
            self._add("child", name, Piece(f"child {name}", labels, samples))
        for name in sorted(self.reads.documents):
            self._add("document", name, Piece(f"document {name}", DOCUMENT_STATES))
        for name, conditions in sorted(self.reads.facts.items()):
            self._add("fact", name, self._fact_piece(name, conditions))
        for name in sorted(self.reads.texts - self._always_supplied()):
            self._add("text", name, Piece(f"text {name}", ["absent", "there"]))
        for name, most in sorted(self.reads.counts.items()):
            if name != "children":
                self._add("count", name, Piece(f"count {name}", [*(str(n) for n in range(most)), f"{most} or more"]))
            else:
                self._add("count", name, Piece("count children", [*(str(n) for n in range(most)), f"{most} or more"]))
        for name, read in sorted(self.reads.values.items()):
            self._add("value", name, cut_values(name, read))
        if "within_30_days_of_withdrawal" in self.reads.computed:
            self._add("fresh", "", Piece("withdrawn within 30 days", ["no", "yes"]))

    def _quiet_requests(self) -> set[str]:
        """
        Return the kinds of request that no condition reads and whose answers change nothing that is followed.

        One that can be contested is among them only where an objection to it can't open any way at all: see
        `_contest_is_idle`.

        Whether one is open is not followed then: an act about it counts as possible wherever its stage allows it, so
        that more ways are walked than there are, never fewer. Such an act never counts as what somebody can still do.
        """
        handing = {
            effect["owner"]["request"]
            for act in self.acts.values()
            for effect in flat(act.get("effects") or ())
            if isinstance(effect.get("owner"), Mapping) and "request" in effect["owner"]
        }
        found = set()
        for name, declared in self.requests.items():
            if (
                name in self.reads.requests
                or name in handing
                or ("contested" in (declared.get("answers") or ("contested",)) and not self._contest_is_idle(name))
            ):
                continue
            about = [act for act in self.acts.values() if act.get("on") == name]
            if all(
                not _QUIET.isdisjoint(effect) for act in about for effect in flat(act.get("effects") or ())
            ) and not any("reopen" in effect for act in about for effect in flat(act.get("effects") or ())):
                found.add(name)
        return found

    def _contest_is_idle(self, kind: str) -> bool:
        """
        Return whether an objection to such a request changes nothing that a condition could read.

        Nobody gets the lead by it, its clock is read nowhere, and the acts that open or answer one do nothing else but
        ask, answer and bring in helping units; what they ask is read nowhere either.
        """
        if moves_lead(self.document, kind) or self.requests[kind].get("clock") in self.reads.clocks:
            return False
        for act in self.acts.values():
            effects = flat(act.get("effects") or ())
            if act.get("on") != kind and all(effect.get("request") != kind for effect in effects):
                continue
            for effect in effects:
                if _IDLE.isdisjoint(effect) or effect.get("request") in self.reads.requests:
                    return False
        return True

    def _always_supplied(self) -> set[str]:
        """
        Return the texts that somebody can add wherever they are asked for, by an act that needs and changes nothing
        else.

        Such a text stops nobody for good, and nothing is allowed by its absence, so both ways are walked without
        following it.
        """
        found = set()
        for name in self.reads.texts:
            suppliers: set[str] = set()
            for act in self.acts.values():
                fields = (act.get("form") or {}).get("fields") or ()
                brings = any(one["name"] == name and one.get("required") for one in fields)
                human = set(act.get("by") or ()) - {"system", "import"}
                if brings and human and not any(act.get(word) for word in ("when", "gate", "effects", "on", "creates")):
                    suppliers |= set(_list(act["from"])) if act.get("from") else set(self.stages) - self.endings
            asked: set[str] = set()
            plain = True
            for act in self.acts.values():
                tops = list(_act_conditions(act))
                if any(part.get("text") == name for top in tops for part in _parts(top)):
                    asked |= set(_list(act["from"])) if act.get("from") else set(self.stages) - self.endings
                    plain = plain and not any(_denied(top, name) for top in tops)
                    plain = plain and not any(
                        part.get("text") == name
                        for top in _effect_conditions(act.get("effects") or ())
                        for part in _parts(top)
                    )
            if plain and asked <= suppliers:
                found.add(name)
        return found

    def _signal_order(self, name: str) -> dict[str, frozenset[str]]:
        """
        Return for each signal of a child (`""`: none yet) those that can still come after it, by walking its own
        pack.
        """
        told = self.children.get(self.kinds[name]["pack"])
        heard = frozenset(self.kinds[name].get("signals") or {})
        if told is None:
            return {"": heard}
        model = _Model(told, {})
        walk = _Walk(model, LIMIT)
        names = sorted({about for one in model.transitions for event, about, _ in one.events if event == "signal"})
        bits = {signal: 1 << i for i, signal in enumerate(names)}
        gains = [sum(bits[about] for event, about, _ in one.events if event == "signal") for one in model.transitions]
        reach = _reach_back(walk, gains)
        after = {"": reach[0]} | dict.fromkeys(names, 0)
        for at in range(len(walk.order)):
            for edge in range(walk.start[at], walk.start[at + 1]):
                for signal in names:
                    if gains[walk.what[edge]] & bits[signal]:
                        after[signal] |= reach[walk.to[edge]]
        return {last: frozenset(one for one in names if mask & bits[one]) for last, mask in after.items()}

    def _clocks_that_matter(self) -> set[str]:
        """Those that a condition reads, or whose running lets the system change something."""
        found = {name for name in self.reads.clocks if not self._several(name)}
        for timer in self.timers:
            act = self.acts[timer["act"]]
            if act.get("effects") and set(act["by"]) == {"system"} and not self._several(timer["clock"]):
                found.add(timer["clock"])
        return found

    def _several(self, clock: str) -> bool:
        """Return whether several instances of a clock can run at once, so that no one of them can be followed."""
        kinds = [kind for kind in self.requests.values() if kind.get("clock") == clock]
        return any(kind.get("many") for kind in kinds) or len(kinds) > 1

    def _late_matters(self, name: str) -> bool:
        return "late" in self.reads.clocks.get(name, ()) or any(
            timer["clock"] == name and timer["at"] == "due" and self.acts[timer["act"]].get("effects")
            for timer in self.timers
        )

    def _request_piece(self, name: str, request: Mapping[str, Any]) -> Piece:
        # A sample is (state of the newest, whether any is live). Answers that no condition reads become one.
        read = self.reads.requests.get(name, set())
        answers = set(request.get("answers") or ANSWERS["open"])
        newest = ["open"] + (["contested"] if "contested" in answers else [])
        ended = sorted((answers - {"contested"}) & read - {"done"})
        rest = answers - {"contested"} - set(ended)
        if rest:
            ended.append("answered")
        samples: list[tuple[str, bool]] = [("none", False)]
        samples += [(state, True) for state in newest]
        samples += [(state, False) for state in ended if state != "answered" or read & {"none", "done"}]
        if request.get("many"):
            samples += [(state, True) for state in ended]
        labels = [f"{state} (another open)" if live and state not in _LIVE else state for state, live in samples]
        return Piece(f"request {name}", labels, samples)

    def _fact_piece(self, name: str, conditions: Sequence[Mapping[str, Any]]) -> Piece:
        named: list[Any] = []
        breaks: list[int] = []
        for condition in conditions:
            values = [condition["is"]] if "is" in condition else list(condition.get("in", ()))
            named += values
            breaks += [edge for value in values if isinstance(value, int) for edge in (value, value + 1)]
            least = self.reads.number(condition["at_least"]) if "at_least" in condition else None
            if least is not None:
                breaks.append(least)
        kind = self.facts.get(name, {}).get("type", "choice")
        if kind == "boolean":
            return Piece(f"fact {name}", ["none", "no", "yes"], [None, False, True])
        if kind == "integer":
            return cut_integers(f"fact {name}", breaks)
        if kind == "choices":
            return cut_sets(f"fact {name}", named)
        return cut_values(f"fact {name}", named)

    def place(self, family: str, name: str, value: Any) -> int:
        """Return the number that stands for a concrete value in its piece."""
        piece = self.pieces[self.where[family, name]]
        if value is None:
            return 0
        samples = piece.samples
        if any(isinstance(sample, tuple) for sample in samples[1:]):
            named = {v for sample in samples[1:] for v in sample}
            return samples.index(tuple(sorted(named & {str(v) for v in _list(value)})))
        if family == "fact" and isinstance(value, bool):
            return samples.index(value)
        if isinstance(value, int):
            return max(i for i, sample in enumerate(samples) if i == 1 or (i > 1 and value >= sample))
        try:
            return samples.index(value)
        except ValueError:
            return samples.index(OTHER)

    # --- conditions, as tables over one piece each

    def _leaf(self, condition: Mapping[str, Any], reads: set[int]) -> Condition:
        def table(family: str, name: str, test: Callable[[Any], int]) -> Condition:
            at = self.where[family, name]
            reads.add(at)
            truth = tuple(int(test(sample)) for sample in self.pieces[at].samples)
            return lambda now, by: truth[now[at]]

        def yes(test: bool) -> int:
            return YES if test else NO

        if "stage" in condition:
            here = _list(condition["stage"])
            return table("stage", "", lambda sample: yes(sample in here))
        if "clock" in condition:
            name, wanted = condition["clock"], set(_list(condition["is"]))
            if ("clock", name) not in self.where:
                return lambda now, by: MAYBE

            def ticks(sample: str) -> int:
                words = {"none"} if sample == "none" else {"started", *sample.split()}
                return yes(bool(words & wanted))

            return table("clock", name, ticks)
        if "text" in condition:
            if ("text", condition["text"]) not in self.where:
                return lambda now, by: MAYBE
            return table("text", condition["text"], lambda sample: yes(sample == "there"))
        if "request" in condition:
            kind, states = condition["request"], _list(condition["is"])
            many = bool(self.requests[kind].get("many"))
            contested = "contested" in (self.requests[kind].get("answers") or ANSWERS["open"])

            def is_(sample: tuple[str, bool]) -> int:
                newest, live = sample
                best = NO
                for state in states:
                    if state == "open":
                        hidden = live and newest != "open" and (contested or newest == "contested")
                        one = YES if newest == "open" else (MAYBE if hidden and many else yes(live and not hidden))
                    elif state == "done":
                        one = yes(newest != "none" and not live)
                    else:
                        one = yes(newest == state)
                    best = max(best, one)
                return best

            return table("request", kind, is_)
        if "child" in condition:
            kind = condition["child"]
            if "outcome" in condition:
                told = {str(value) for value in _list(condition["outcome"])}
                return table("child", kind, lambda sample: yes(sample[1] in told))
            states = _list(condition["is"])
            return table("child", kind, lambda sample: yes(sample[0].rpartition(" ")[2] in states))
        if "document" in condition:
            stands = _list(condition["is"])
            return table("document", condition["document"], lambda sample: yes(sample in stands))
        if "count" in condition:
            most = self.reads.number(condition["at_least"])
            if most is None:
                return lambda now, by: MAYBE
            enough = most
            return table("count", condition["count"], lambda sample: yes(int(sample.split()[0]) >= enough))
        if "computed" in condition:
            if condition["computed"] == "within_30_days_of_withdrawal":
                fresh = table("fresh", "", lambda sample: yes(sample == "yes"))
                ended = table("stage", "", lambda sample: yes(sample in self.endings))
                return lambda now, by: min(fresh(now, by), ended(now, by))
            return lambda now, by: MAYBE
        if "sponsor" in condition or "part" in condition:
            # Like computed facts: both ways, whatever went before.
            return lambda now, by: MAYBE
        if "actor" in condition:
            relations = _list(condition["actor"])
            alone = {"resident", "system", "import"}
            return lambda now, by: YES if by in relations else (NO if by in alone else MAYBE)
        if "fact" in condition:
            if "at_least" in condition:
                least = self.reads.number(condition["at_least"])
                if least is None:
                    return lambda now, by: MAYBE
                return table("fact", condition["fact"], lambda sample: yes(sample is not None and sample >= least))
            return table("fact", condition["fact"], lambda sample: yes(_fact_holds(condition, sample)))
        name = next((word for word in ("outcome", "fulfilment", "verdict", "mode", "channel") if word in condition), "")
        if not name:
            raise ValueError(f"unknown condition {dict(condition)!r}")
        values = _list(condition[name])
        if values in (["present"], ["none"]):
            there = values == ["present"]
            return table("value", name, lambda sample: yes((sample is not None) == there))
        return table("value", name, lambda sample: yes(sample in values))

    def compile(self, condition: Mapping[str, Any] | None, reads: set[int]) -> Condition:
        """
        Return a condition as a function of (situation, relation of the actor); `reads` gains the pieces it looks at.
        """
        if condition is None:
            return lambda now, by: YES
        test, pieces, free = self._unit(condition)
        reads |= pieces
        if free and len(pieces) == 1:
            return self._one_table(test, next(iter(pieces)))
        return test

    def _unit(self, condition: Mapping[str, Any]) -> tuple[Condition, set[int], bool]:
        """Return a condition, the pieces it reads, and whether these alone decide it (not who acts)."""
        if "not" in condition:
            inner, pieces, free = self._unit(condition["not"])
            return lambda now, by: YES - inner(now, by), pieces, free
        if "all" in condition or "any" in condition:
            least = "all" in condition
            # Parts about one and the same piece become one table, so that values that differ only in a
            # part count as one.
            alone: dict[int, list[Condition]] = {}
            tests: list[Condition] = []
            everything: set[int] = set()
            units = [self._unit(part) for part in condition["all" if least else "any"]]
            for test, pieces, free in units:
                everything |= pieces
                if free and len(pieces) == 1:
                    alone.setdefault(next(iter(pieces)), []).append(test)
                else:
                    tests.append(test)
            whole = all(free for _, _, free in units) and len(everything) == 1
            for at, parts in alone.items():
                joined = _joined(parts, least)
                tests.append(joined if whole else self._one_table(joined, at))
            return _joined(tests, least), everything, all(free for _, _, free in units)
        reads: set[int] = set()
        test = self._leaf(condition, reads)
        return test, reads, len(reads) > 0

    def _one_table(self, test: Condition, at: int) -> Condition:
        """
        Return a condition over one piece as a table, and remember it: values that no table tells apart are merged.
        """
        blank = [0] * len(self.pieces)
        truth = []
        for value in range(len(self.pieces[at].labels)):
            blank[at] = value
            truth.append(test(blank, ""))
        table = tuple(truth)
        self.tables.setdefault(at, set()).add(table)
        return lambda now, by: table[now[at]]

    def _merge(self) -> list[tuple[int, ...]]:
        """
        Return for each piece which value stands for each: equals are those that no condition and no effect tells
        apart.
        """
        merged: list[tuple[int, ...]] = []
        families = {at: family for (family, _), at in self.where.items()}
        for at, piece in enumerate(self.pieces):
            family = families[at]
            tables = sorted(self.tables.get(at, ()))
            first: dict[Any, int] = {}
            row = []
            for value, sample in enumerate(piece.samples):
                key: Any = tuple(table[value] for table in tables)
                if family in ("stage", "count", "fresh", "text"):
                    key = value
                elif family == "clock" and sample.startswith("running"):
                    key = (sample, key)
                elif family == "request":
                    newest, live = sample
                    state = newest if newest in _LIVE else "open"
                    key = (state, key) if live else key
                elif family == "child":
                    coming = self.follows[piece.name.removeprefix("child ")].get(sample[2], frozenset())
                    key = (sample[0] if sample[0] != "done" else "", coming, key)
                elif family == "document":
                    # Two places are one where nothing asks which, and the same steps lead on to the same.
                    key = (tuple(step for step in self._steps_with(piece.name) if sample in STEP_FROM[step]), key)
                row.append(first.setdefault(key, value))
            merged.append(tuple(row))
        return merged

    def _steps_with(self, piece: str) -> list[str]:
        """Return the steps of a document that need it to stand somewhere, as some act of the pack does them."""
        name = piece.removeprefix("document ")
        found = {
            effect["do"]
            for act in self.acts.values()
            for effect in flat(act.get("effects") or ())
            if effect.get("document") == name
        }
        return sorted(found - {"draft"})

    # --- effects

    def _field_places(self, act: Mapping[str, Any], family: str, name: str, field_name: str) -> list[int | None]:
        """Return every number that setting a piece from a form field can give; None: it may stay as it is."""
        piece = self.pieces[self.where[family, name]]
        fields = {one["name"]: one for one in (act.get("form") or {}).get("fields") or ()}
        form = fields.get(field_name, {})
        fact = self.facts.get(field_name, {})
        choices = form.get("choices") or fact.get("choices")
        places: list[int | None]
        if choices and not any(isinstance(sample, tuple) for sample in piece.samples):
            places = [*sorted({self.place(family, name, choice) for choice in choices})]
        else:
            places = list(range(1, len(piece.labels)))
        if not _surely_given(form):
            places.append(None)
        return places

    def _effect(self, effect: Mapping[str, Any], path: str, act: Mapping[str, Any], reads: set[int]) -> Any:
        """Return an effect as a function that turns one world into the worlds it can become."""
        if "when" in effect:
            condition = self.compile(effect["when"], reads)
            then = self._effects(effect.get("then") or (), f"{path}.then", act, reads)
            otherwise = self._effects(effect.get("else") or (), f"{path}.else", act, reads)

            def branch(world: _World, by: str) -> list[_World]:
                truth = condition(world.now, by)
                worlds: list[_World] = []
                if truth != NO:
                    worlds += then(world.fork() if truth == MAYBE else world, by)
                if truth != YES:
                    worlds += otherwise(world, by)
                return worlds

            return branch
        for name in (
            "stage", "start", "stop", "extend", "exclude", "set", "owner", "request", "child", "document", "signal",
        ):  # fmt: skip
            if name in effect:
                return getattr(self, f"_do_{name}")(effect, path, act, reads)
        for name in ("outcome", "fulfilment", "verdict"):
            if name in effect:
                return self._do_value(name, effect, path, act, reads)
        if "reopen" in effect:
            return self._do_reopen(effect, path, reads)
        if "erase" in effect:
            return self._do_erase(effect, reads)
        return lambda world, by: [world]

    def _effects(self, effects: Sequence[Mapping[str, Any]], path: str, act: Mapping[str, Any], reads: set[int]) -> Any:
        done = [self._effect(effect, f"{path}[{i}]", act, reads) for i, effect in enumerate(effects)]

        def run(world: _World, by: str) -> list[_World]:
            worlds = [world]
            for one in done:
                worlds = [after for before in worlds for after in one(before, by)]
            return worlds

        return run

    def _do_stage(self, effect: Mapping[str, Any], path: str, act: Mapping[str, Any], reads: set[int]) -> Any:
        at = self.where["stage", ""]
        to = self.pieces[at].labels.index(effect["stage"])
        event = ("stage", effect["stage"], path)

        def run(world: _World, by: str) -> list[_World]:
            world.now[at] = to
            world.events.append(event)
            return [world]

        return run

    def _clock_moves(self, name: str, reads: set[int]) -> tuple[int | None, bool]:
        at = self.where.get(("clock", name))
        if at is not None:
            reads.add(at)
        return at, at is not None and len(self.pieces[at].labels) > 4

    def _start(self, name: str, path: str, reads: set[int]) -> Any:
        at, _ = self._clock_moves(name, reads)

        def run(world: _World, by: str) -> list[_World]:
            # The first one stays while it runs: an act can't move its date this way.
            if at is not None and world.now[at] in (1, 4):
                return [world]
            if at is not None:
                world.now[at] = 1
            world.events.append(("start", name, path))
            return [world]

        return run

    def _stop(self, name: str, how: str, path: str, reads: set[int]) -> Any:
        at, _ = self._clock_moves(name, reads)
        ended = {1: 2 if how == "met" else 3, 4: 5 if how == "met" else 6}
        if how != "met":
            self.given_up.add((path, name))

        def run(world: _World, by: str) -> list[_World]:
            if at is not None:
                world.now[at] = ended.get(world.now[at], world.now[at])
            world.events.append(("stop", name, path))
            return [world]

        return run

    def _do_start(self, effect: Mapping[str, Any], path: str, act: Mapping[str, Any], reads: set[int]) -> Any:
        return self._start(effect["start"], path, reads)

    def _do_stop(self, effect: Mapping[str, Any], path: str, act: Mapping[str, Any], reads: set[int]) -> Any:
        runs = [self._stop(name, effect.get("as", "met"), path, reads) for name in _list(effect["stop"])]

        def run(world: _World, by: str) -> list[_World]:
            for one in runs:
                one(world, by)
            return [world]

        return run

    def _do_extend(self, effect: Mapping[str, Any], path: str, act: Mapping[str, Any], reads: set[int]) -> Any:
        name = effect["extend"]
        at, _ = self._clock_moves(name, reads)
        count = self._counter("extensions", reads)

        def run(world: _World, by: str) -> list[_World]:
            # Refused unless the clock runs and its old date is still to come.
            if at is not None and world.now[at] != 1:
                return []
            world.events.append(("extend", name, path))
            count(world)
            return [world]

        return run

    def _do_exclude(self, effect: Mapping[str, Any], path: str, act: Mapping[str, Any], reads: set[int]) -> Any:
        name, reason = effect["exclude"], effect.get("reason")
        at, _ = self._clock_moves(name, reads)

        def run(world: _World, by: str) -> list[_World]:
            if at is not None and world.now[at] not in (1, 4):
                return []
            world.events.append(("exclude", (name, reason), path))
            if at is None:
                return [world]
            # The due date moves away, perhaps far enough that what was late no longer is.
            if world.now[at] != 4:
                return [world]
            other = world.fork()
            other.now[at] = 1
            return [world, other]

        return run

    def _counter(self, name: str, reads: set[int]) -> Callable[[_World], None]:
        at = self.where.get(("count", name))
        if at is None:
            return lambda world: None
        reads.add(at)
        most = len(self.pieces[at].labels) - 1

        def count(world: _World) -> None:
            world.now[at] = min(world.now[at] + 1, most)

        return count

    def _do_set(self, effect: Mapping[str, Any], path: str, act: Mapping[str, Any], reads: set[int]) -> Any:
        moves: list[tuple[int, list[int | None]]] = []
        for name, value in effect["set"].items():
            at = self.where.get(("fact", name))
            if at is None:
                continue
            reads.add(at)
            if isinstance(value, Mapping):
                if "field" in value:
                    moves.append((at, self._field_places(act, "fact", name, value["field"])))
                else:
                    moves.append((at, list(range(len(self.pieces[at].labels)))))
            else:
                moves.append((at, [self.place("fact", name, value)]))

        def run(world: _World, by: str) -> list[_World]:
            worlds = [world]
            for at, places in moves:
                after = []
                for one in worlds:
                    for place in places[1:]:
                        other = one.fork()
                        if place is not None:
                            other.now[at] = place
                        after.append(other)
                    if places[0] is not None:
                        one.now[at] = places[0]
                    after.append(one)
                worlds = after
            return worlds

        return run

    def _do_owner(self, effect: Mapping[str, Any], path: str, act: Mapping[str, Any], reads: set[int]) -> Any:
        to = effect["owner"]
        nobody = ""
        if isinstance(to, Mapping) and "field" in to:
            fields = {one["name"]: one for one in (act.get("form") or {}).get("fields") or ()}
            if to["field"] not in fields and not act.get("on"):
                nobody = f"the act has no field {to['field']}"
        elif isinstance(to, Mapping) and "request" in to:
            # A request that is put to the resident has no unit to hand the matter to.
            for name, other in self.acts.items():
                for one in flat(other.get("effects") or ()):
                    if one.get("request") == to["request"] and one.get("open") and one.get("to") == "resident":
                        nobody = f"{name} puts that request to the resident"
        elif isinstance(to, Mapping) and "actor" in to:
            by = set(act.get("by") or ())
            if by and by <= {"resident", "system", "import"}:
                nobody = f"{min(by)} has no unit"
        count = self._counter("handoffs", reads)
        counted = ("count", "handoffs") in self.where
        event = ("nobody", nobody, path) if nobody else ("owner", "", path)

        def run(world: _World, by: str) -> list[_World]:
            world.events.append(event)
            if not counted:
                return [world]
            # A hand-off counts when the unit really changes, which the abstraction can't see.
            other = world.fork()
            count(other)
            return [world, other]

        return run

    def _do_request(self, effect: Mapping[str, Any], path: str, act: Mapping[str, Any], reads: set[int]) -> Any:
        kind = effect["request"]
        declared = self.requests[kind]
        if kind in self.quiet:
            return self._do_quiet(effect, path, reads)
        at = self.where["request", kind]
        reads.add(at)
        many = bool(declared.get("many"))
        samples: list[tuple[str, bool]] = list(self.pieces[at].samples)
        clock = declared.get("clock")
        start = self._start(clock, path, reads) if clock else None
        how = "stopped" if effect.get("answer") in ("withdrawn", "lapsed") else "met"
        stop = self._stop(clock, how, path, reads) if clock else None

        def number(newest: str, live: bool) -> int:
            return _number(samples, newest, live=live)

        if effect.get("open"):

            def opened(world: _World, by: str) -> list[_World]:
                if samples[world.now[at]][1] and not many:
                    return []
                world.now[at] = number("open", True)
                world.events.append(("asked", kind, path))
                return start(world, by) if start else [world]

            return opened

        answer = effect["answer"]
        # What is counted is that somebody would not take the lead; saying no to another question is none.
        counted = answer == "contested" and moves_lead(self.document, kind)
        count = self._counter("objections", reads) if counted else None
        live_now = answer == "contested"

        def answered(world: _World, by: str) -> list[_World]:
            newest, live = samples[world.now[at]]
            if not live or (not many and answer == newest):
                return [world]
            if not many and answer not in ANSWERS[newest]:
                return []
            world.events.append(("contested" if live_now else "answered", (kind, newest, answer), path))
            if count:
                count(world)
            places = {number(answer, live_now)} if newest in _LIVE else {number(newest, live_now)}
            if many:
                # Another one may have been meant, and others may stay open.
                places |= {number(answer, True), number(newest, True)}
                if newest not in _LIVE:
                    places.add(number(newest, live_now))
            worlds: list[_World] = []
            for place in sorted(places):
                other = world.fork()
                other.now[at] = place
                worlds += stop(other, by) if stop else [other]
            return worlds

        return answered

    def _do_quiet(self, effect: Mapping[str, Any], path: str, reads: set[int]) -> Any:
        kind = effect["request"]
        clock = self.requests[kind].get("clock")
        if effect.get("open"):
            start = self._start(clock, path, reads) if clock else None
            asked = ("asked", kind, path)

            def opened(world: _World, by: str) -> list[_World]:
                world.events.append(asked)
                return start(world, by) if start else [world]

            return opened
        how = "stopped" if effect["answer"] in ("withdrawn", "lapsed") else "met"
        stop = self._stop(clock, how, path, reads) if clock else None

        def answered(world: _World, by: str) -> list[_World]:
            # One may have been open or none; either way nothing else changes.
            return [world.fork(), *stop(world, by)] if stop else [world]

        return answered

    def _do_child(self, effect: Mapping[str, Any], path: str, act: Mapping[str, Any], reads: set[int]) -> Any:
        kind = effect["child"]
        at = self.where["child", kind]
        reads.add(at)
        samples = self.pieces[at].samples
        count = self._counter("children", reads)

        def run(world: _World, by: str) -> list[_World]:
            how = "several open" if samples[world.now[at]][0].endswith("open") else "open"
            world.now[at] = samples.index((how, None, ""))
            world.events.append(("child", kind, path))
            count(world)
            return [world]

        return run

    def _do_document(self, effect: Mapping[str, Any], path: str, act: Mapping[str, Any], reads: set[int]) -> Any:
        kind, step = effect["document"], effect["do"]
        event = ("document", (kind, step), path)
        if ("document", kind) not in self.where:
            # No condition reads where it stands: every step is walked wherever its act is possible, which is coarser
            # than the engine, which refuses what is out of order, and never finer.

            def note(world: _World, by: str) -> list[_World]:
                world.events.append(event)
                return [world]

            return note
        at = self.where["document", kind]
        reads.add(at)
        labels = self.pieces[at].labels
        declared = self.documents[kind]
        levels = declared.get("countersign") or []
        # Whether each signature is needed, as far as the situation tells.
        needed = [self.compile(level.get("when"), reads) for level in levels]
        allowed = STEP_FROM[step]

        def stands(word: str) -> int:
            return labels.index(word)

        def run(world: _World, by: str) -> list[_World]:
            here = labels[world.now[at]]
            truths = [need(world.now, by) for need in needed]
            if step == "draft":
                world.now[at] = stands("draft")
                world.events.append(event)
                return [world]
            if here not in allowed:
                return []
            world.events.append(event)
            if step == "issue":
                # What lacks a signature is refused; where no level is sure, it may lack none.
                if here == "draft" and YES in truths:
                    return []
                world.now[at] = stands("issued")
            elif step == "countersign":
                if here == "countersigned" or not any(truths):
                    return [world]
                other = world.fork()
                other.now[at] = stands("countersigned")
                # of several signatures, one act gives one
                return [other] if len([one for one in truths if one]) == 1 and YES in truths else [world, other]
            elif step == "seal":
                if declared.get("scan") is None:
                    return [world]
                other = world.fork()
                other.now[at] = stands("sealed")
                return [other] if declared.get("scan_required") or here == "sealed" else [world, other]
            else:
                # A scan that has to be there and isn't is a refusal.
                if step == "serve" and declared.get("scan_required") and here == "issued":
                    return []
                world.now[at] = stands("served" if step == "serve" else "withdrawn")
            return [world]

        return run

    def _do_signal(self, effect: Mapping[str, Any], path: str, act: Mapping[str, Any], reads: set[int]) -> Any:
        event = ("signal", effect["signal"], path)

        def run(world: _World, by: str) -> list[_World]:
            world.events.append(event)
            return [world]

        return run

    def _do_value(
        self, name: str, effect: Mapping[str, Any], path: str, act: Mapping[str, Any], reads: set[int]
    ) -> Any:
        value = effect[name]
        at = self.where.get(("value", name))
        if at is not None:
            reads.add(at)
        fresh = self.where.get(("fresh", ""))
        if name == "outcome" and fresh is not None:
            reads.add(fresh)
        words: list[str | None]
        if isinstance(value, Mapping):
            fields = {one["name"]: one for one in (act.get("form") or {}).get("fields") or ()}
            # A fact may say it too, set by an earlier act; one that isn't there says nothing.
            source = value.get("field") or value["fact"]
            form = fields.get(source, {}) if "field" in value else {}
            fact = self.facts.get(source, {})
            choices = form.get("choices") or fact.get("choices") or self.document.get(f"{name}s") or ()
            words = [*sorted(str(choice) for choice in choices)]
            if not _surely_given(form) and not effect.get("needed"):
                words.append(None)
        else:
            words = [str(value)]

        def run(world: _World, by: str) -> list[_World]:
            worlds = []
            for word in words:
                other = world.fork()
                if word is not None:
                    if at is not None:
                        other.now[at] = self.place("value", name, word)
                    if name == "outcome" and fresh is not None:
                        other.now[fresh] = int(_withdrawal(word))
                if name == "outcome":
                    other.events.append(("outcome", word if word is None or _withdrawal(word) else OTHER, path))
                worlds.append(other)
            return _distinct(worlds)

        return run

    def _do_reopen(self, effect: Mapping[str, Any], path: str, reads: set[int]) -> Any:
        count = self._counter("reopenings", reads)
        at = self.where.get(("value", "outcome"))
        fresh = self.where.get(("fresh", ""))
        reads.update(place for place in (at, fresh) if place is not None)
        keep = effect.get("keep") == "outcome"

        def run(world: _World, by: str) -> list[_World]:
            if world.open:
                return [world]
            world.open = True
            count(world)
            world.events.append(("reopened", "kept" if keep else "", path))
            for place in (at, fresh):
                if place is not None and not keep:
                    world.now[place] = 0
            return [world]

        return run

    def _do_erase(self, effect: Mapping[str, Any], reads: set[int]) -> Any:
        places = [self.where["text", name] for name in effect["erase"] if ("text", name) in self.where]
        reads.update(places)

        def run(world: _World, by: str) -> list[_World]:
            for at in places:
                world.now[at] = 0
            return [world]

        return run

    # --- steps

    def _step(
        self, name: str, path: str, by: tuple[str, ...], act: Mapping[str, Any], reads: set[int], run: Any
    ) -> _Step:
        if path.startswith("children.") or any(
            effect.get("stage") in self.endings for effect in flat(act.get("effects") or ())
        ):
            # What may end the matter also lapses its requests and stops its clocks.
            reads = reads | {at for (family, _), at in self.where.items() if family in ("request", "clock")}
        pieces = tuple(sorted(reads | {0}))
        return _Step(name, path, by, act, pieces, run, itemgetter(*pieces))

    def _act_step(self, name: str) -> _Step:
        act = self.acts[name]
        path = f"acts.{name.partition(' ')[0]}"
        reads: set[int] = {0}
        when = self.compile(act.get("when"), reads)
        gate = [self.compile(item["need"], reads) for item in own_gate(act)]
        effects = self._effects(act.get("effects") or (), f"{path}.effects", act, reads)
        by = tuple(act.get("by") or ())
        # The words of the condition matter only where it asks who acts; else all relations go the same way.
        asks = any("actor" in part for top in _act_conditions(act) for part in _parts(top))
        ways: list[tuple[str, tuple[str, ...]]] = [(one, (one,)) for one in by] if asks else [(by[0] if by else "", by)]
        brought: list[tuple[int, bool]] = []
        for form in (act.get("form") or {}).get("fields") or ():
            at = self.where.get(("text", form["name"]))
            if at is not None:
                reads.add(at)
                brought.append((at, bool(form.get("required")) and not form.get("visible")))
        creates = bool(act.get("creates"))
        stage = self.where["stage", ""]
        labels = self.pieces[stage].labels
        allowed = set(_list(act["from"])) if act.get("from") else set(self.stages) - self.endings
        on = act.get("on") if act.get("on") not in self.quiet else None
        on_at = self.where["request", on] if on else -1
        if on:
            reads.add(on_at)
        timed = [
            self.where["clock", timer["clock"]]
            for timer in self.timers
            if timer["act"] == name and ("clock", timer["clock"]) in self.where
        ]
        only_timed = set(by) == {"system"} and bool(act.get("effects"))
        only_timed = only_timed and len(timed) == sum(timer["act"] == name for timer in self.timers) > 0
        if only_timed:
            reads.update(timed)
        chosen = [
            self.where["value", value] for value in ("mode", "channel") if creates and ("value", value) in self.where
        ]
        reads.update(chosen)
        handles = ("handles", "", path) if act.get("handles") else None

        def run(now: Situation) -> Iterator[tuple[tuple[str, ...], Situation, tuple[Event, ...]]]:
            if creates:
                if now[stage]:
                    return
            elif labels[now[stage]] not in allowed or not now[stage]:
                return
            if on and not self.pieces[on_at].samples[now[on_at]][1]:
                return
            if only_timed and not any(now[at] in (1, 4) for at in timed):
                return
            starts = [list(now)]
            was_open = creates or labels[now[stage]] not in self.endings
            if creates:
                starts[0][stage] = labels.index(self.initial)
            for at in chosen:
                starts = [
                    [*one[:at], place, *one[at + 1 :]]
                    for one in starts
                    for place in range(1, len(self.pieces[at].labels))
                ]
            for at, sure in brought:
                with_it = [[*one[:at], 1, *one[at + 1 :]] for one in starts]
                starts = with_it if sure else _unique(with_it + starts)
            for start in starts:
                for way, relations in ways:
                    if when(start, way) == NO or any(need(start, way) == NO for need in gate):
                        continue
                    events: list[Event] = [handles] if handles else []
                    for world in effects(_World(start[:], events[:], was_open), way):
                        if self._finish(world):
                            yield relations, tuple(world.now), tuple(world.events)

        return self._step(name, path, by, act, reads, run)

    def _finish(self, world: _World) -> bool:
        """Do what the engine does after every act; return False where it refuses."""
        ending = self.pieces[0].labels[world.now[0]] in self.endings
        if not ending:
            # Out of an ending only by opening again.
            return world.open
        if not world.open:
            return True
        moved = [path for event, _, path in world.events if event in ("stage", "reopened")]
        world.events.append(("ended", self.pieces[0].labels[world.now[0]], moved[-1] if moved else ""))
        # Open requests lapse; every clock stops that this very act did not start.
        for kind in self.requests:
            if kind in self.quiet:
                continue
            at = self.where["request", kind]
            samples = self.pieces[at].samples
            if samples[world.now[at]][1]:
                newest = samples[world.now[at]][0]
                state = newest if newest not in _LIVE else "lapsed"
                world.now[at] = _number(samples, state, live=False)
        started = {about for event, about, _ in world.events if event == "start"}
        for name in self.clocks:
            if name in started:
                if ("clock", name) not in self.where:
                    # It may have run before, and then this act did not start it.
                    world.events.append(("may halt", name, ""))
                continue
            world.events.append(("halt", name, ""))
            clock = self.where.get(("clock", name))
            if clock is not None:
                world.now[clock] = {1: 3, 4: 6}.get(world.now[clock], world.now[clock])
        return True

    def _outside_steps(self) -> Iterator[_Step]:
        for (family, name), at in self.where.items():
            if family == "clock" and len(self.pieces[at].labels) > 4:
                yield self._step(f"(time passes: {name})", f"clocks.{name}", (), {}, {at}, self._late_runner(at))
            elif family == "fresh":
                yield self._step("(30 days pass)", "", (), {}, {at}, self._stale_runner(at))
            elif family == "child":
                yield from self._child_steps(name, at)
        if RIGHTS in self.document:
            yield from self._rights_steps()

    def _rights_steps(self) -> Iterator[_Step]:
        """Yield what may be decided at any moment about the data of a matter: erased, in part or whole; put right."""
        texts = {name: at for (family, name), at in self.where.items() if family == "text"}
        people = {
            at for name, at in texts.items() if name in PEOPLE or self.facts.get(name, {}).get("type") == "contact"
        }
        for name, gone in (("all erased", set(texts.values())), ("identity erased", people)):
            if gone:
                yield self._step(f"({name})", RIGHTS, (), {}, {0, *gone}, self._text_runner(gone, 0))
        for name in CORRECTED:
            if name in texts:
                yield self._step(
                    f"({name} put right)", RIGHTS, (), {}, {0, texts[name]}, self._text_runner({texts[name]}, 1)
                )

    @staticmethod
    def _text_runner(places: Collection[int], there: int) -> Any:
        def run(now: Situation) -> Iterator[tuple[tuple[str, ...], Situation, tuple[Event, ...]]]:
            if now[0]:
                yield (), tuple(there if at in places else value for at, value in enumerate(now)), ()

        return run

    @staticmethod
    def _late_runner(at: int) -> Any:
        def run(now: Situation) -> Iterator[tuple[tuple[str, ...], Situation, tuple[Event, ...]]]:
            if now[at] == 1:
                yield (), (*now[:at], 4, *now[at + 1 :]), ()

        return run

    @staticmethod
    def _stale_runner(at: int) -> Any:
        def run(now: Situation) -> Iterator[tuple[tuple[str, ...], Situation, tuple[Event, ...]]]:
            if now[at] == 1:
                yield (), (*now[:at], 0, *now[at + 1 :]), ()

        return run

    def _child_steps(self, kind: str, at: int) -> Iterator[_Step]:
        declared = self.kinds[kind]
        told = self.children.get(declared["pack"])
        signals = dict(declared.get("signals") or {})
        sent = {name: [] for name in signals} if told is None else _signals(told)
        for name, outcomes in sent.items():
            path = f"children.{kind}.signals.{name}"
            reads = {0, at}
            effects = self._effects(signals.get(name) or (), path, {}, reads)
            run = self._signal_runner(kind, at, name, effects, outcomes)
            yield self._step(f"({kind}: {name})", path, (), {}, reads, run)
        run = self._signal_runner(kind, at, "", None, ())
        yield self._step(f"({kind} ends)", f"children.{kind}", (), {}, {0, at}, run)

    def _signal_runner(self, kind: str, at: int, signal: str, effects: Any, outcomes: Sequence[str]) -> Any:
        samples = self.pieces[at].samples
        words = sorted({outcome for _, outcome, _ in samples if outcome})
        follows = self.follows[kind]

        def run(now: Situation) -> Iterator[tuple[tuple[str, ...], Situation, tuple[Event, ...]]]:
            how, newest, last = samples[now[at]]
            if how == "none" or (effects is None and how == "done"):
                return
            if effects is not None and how != "several open" and signal not in follows[last]:
                return
            # Which of several children tells it is not followed, so from then on any signal may come.
            then = last if effects is None or signal not in follows else signal
            then = "" if how == "several open" else then
            # A child that tells an outcome is done; one that tells none stays as it is.
            told: list[tuple[str, str | None, str]] = [] if effects is None else [(how, newest, then)]
            said = [word if word in words else OTHER for word in outcomes] or [*words, OTHER]
            for outcome in dict.fromkeys(said) if words else (None,):
                if how == "several open":
                    told += [("open", outcome, then), ("open", newest, then)]
                else:
                    told.append(("done", outcome, then))
                    if newest is not None:
                        told.append(("done", newest, then))
            is_open = self.pieces[0].labels[now[0]] not in self.endings
            for state in dict.fromkeys(told):
                if state not in samples:
                    continue
                start = list(now)
                start[at] = samples.index(state)
                if effects is None or not is_open:
                    # A matter that has ended records what it is told and does no more.
                    yield (), tuple(start), ()
                    continue
                for world in effects(_World(start, [], is_open), ""):
                    if self._finish(world):
                        yield (), tuple(world.now), tuple(world.events)

        return run

    # --- from a real state

    def abstract(self, state: State, now: str) -> Situation:
        """Return the situation of a real state; `now` is a stamp, compared with due moments."""
        found = []
        for (family, name), at in self.where.items():
            piece = self.pieces[at]
            if family == "stage":
                value = piece.labels.index(state.stage)
            elif family == "clock":
                value = self._abstract_clock(state, name, piece, now)
            elif family == "request":
                value = self._abstract_request(state, name, piece)
            elif family == "child":
                mine = [child for child in state.children.values() if child.kind == name]
                live = sum(child.state == "open" for child in mine)
                how = "none" if not mine else "done" if not live else "open" if live == 1 else "several open"
                newest = max(
                    (key for key, child in state.children.items() if child.kind == name),
                    key=lambda key: int(key.rpartition("#")[2]),
                    default=None,
                )
                outcome = state.children[newest].outcome if newest else None
                words = {sample[1] for sample in piece.samples}
                said = outcome if outcome in words else OTHER if len(words) > 1 else None
                last = (state.children[newest].signal or "") if newest and how != "several open" else ""
                value = piece.samples.index((how, said, last if last in self.follows[name] else ""))
            elif family == "document":
                newest = newest_document(state, name)
                value = piece.labels.index(state.documents[newest].state if newest is not None else "none")
            elif family == "fact":
                value = self.place(family, name, state.facts.get(name))
            elif family == "text":
                value = int(name in state.texts)
            elif family == "count":
                counted = len(state.children) if name == "children" else state.counts.get(name, 0)
                value = min(counted, len(piece.labels) - 1)
            elif family == "fresh":
                ended = state.outcome
                withdrawn = ended is not None and _withdrawal(ended["value"])
                value = int(withdrawn and moment(now) <= moment(ended["at"]) + UNDO) if ended else 0
            else:
                whole = getattr(state, name)
                value = self.place(family, name, whole["value"] if isinstance(whole, dict) else whole)
            found.append(value)
        return self.settle(tuple(found))

    def _abstract_clock(self, state: State, name: str, piece: Piece, now: str) -> int:
        newest = newest_clock(state, name)
        if newest is None:
            return 0
        clock = newest[1]
        until = clock.ended_at if clock.status != "running" and clock.ended_at else now
        late = " late" if until >= clock.due_at and len(piece.labels) > 4 else ""
        return piece.labels.index(clock.status + late)

    @staticmethod
    def _abstract_request(state: State, kind: str, piece: Piece) -> int:
        mine = {key: request for key, request in state.requests.items() if request.kind == kind}
        live = any(request.state in _LIVE for request in mine.values())
        newest = mine[max(mine, key=lambda key: int(key.rpartition("#")[2]))].state if mine else "none"
        return _number(piece.samples, newest, live=live)


def _number(samples: Sequence[Any], newest: str, *, live: bool) -> int:
    """Return which value of a request's piece stands for the state of the newest and whether any is open."""
    for sample in ((newest, live), ("answered", live), ("none", False)):
        if sample in samples:
            return samples.index(sample)
    raise AssertionError(f"no place for a request that is {newest}")


def _withdrawal(outcome: str) -> bool:
    return outcome.startswith("withdrawn")


def _surely_given(form: Mapping[str, Any]) -> bool:
    """Return whether whoever does the act always gives a field: not so where only staff or only residents see it."""
    return bool(form.get("required") or form.get("default") is not None) and not form.get("visible")


def _joined(tests: Sequence[Condition], least: bool) -> Condition:
    if len(tests) == 1:
        return tests[0]
    if least:
        return lambda now, by: min((test(now, by) for test in tests), default=YES)
    return lambda now, by: max((test(now, by) for test in tests), default=NO)


def _distinct(worlds: list[_World]) -> list[_World]:
    seen: set[Any] = set()
    kept = []
    for world in worlds:
        key = (tuple(world.now), tuple(world.events))
        if key not in seen:
            seen.add(key)
            kept.append(world)
    return kept


def _unique(rows: list[list[int]]) -> list[list[int]]:
    return [list(row) for row in dict.fromkeys(tuple(row) for row in rows)]


def _act_conditions(act: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if act.get("when") is not None:
        yield act["when"]
    for item in own_gate(act):
        yield item["need"]
    yield from _effect_conditions(act.get("effects") or ())


def _parts(condition: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if "all" in condition or "any" in condition:
        for part in condition.get("all", condition.get("any")):
            yield from _parts(part)
    elif "not" in condition:
        yield from _parts(condition["not"])
    else:
        yield condition


def _denied(condition: Mapping[str, Any], text: str, under: bool = False) -> bool:
    """Return whether a condition asks for the absence of a text."""
    if "not" in condition:
        return _denied(condition["not"], text, not under)
    if "all" in condition or "any" in condition:
        return any(_denied(part, text, under) for part in condition.get("all", condition.get("any")))
    return under and condition.get("text") == text


def _fact_holds(condition: Mapping[str, Any], sample: Any) -> bool:
    if "present" in condition:
        return (sample is not None) == bool(condition["present"])
    if sample is None:
        return False
    wanted = [condition["is"]] if "is" in condition else list(condition["in"])
    if isinstance(sample, tuple):
        return any(value in sample for value in wanted)
    return sample in wanted


def _signals(document: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the signals that a child's pack sends, each with the outcomes it may carry."""
    found: dict[str, list[str]] = {}
    for act in document["acts"].values():
        for effect in flat(act.get("effects") or ()):
            if "signal" not in effect:
                continue
            outcome = effect.get("outcome")
            words = found.setdefault(effect["signal"], [])
            if isinstance(outcome, Mapping):
                name = outcome.get("field", "")
                fields = {one["name"]: one for one in (act.get("form") or {}).get("fields") or ()}
                fact = (document.get("facts") or {}).get(name, {})
                choices = fields.get(name, {}).get("choices") or fact.get("choices") or document.get("outcomes") or ()
                words += [str(choice) for choice in choices]
            elif outcome is not None:
                words.append(str(outcome))
    return found


# --- walking


class _Walk:
    """The reachable graph: situations numbered in breadth-first order, edges as flat arrays."""

    def __init__(self, model: _Model, limit: int) -> None:
        self.model = model
        nowhere = (0,) * len(model.pieces)
        self.seen: dict[Situation, int] = {nowhere: 0}
        self.order: list[Situation] = [nowhere]
        #: Edges of situation i are start[i] to start[i + 1].
        self.start = array("L", [0])
        self.what = array("L")
        self.to = array("L")
        #: The edge by which each situation was first reached, and from where.
        self.parent = array("l", [-1])
        self.parent_what = array("l", [-1])
        #: Situations in which each step was possible, by index of the step: the first only.
        self.possible: dict[int, int] = {}
        self._go(limit)

    def _go(self, limit: int) -> None:
        model, seen, order, dead = self.model, self.seen, self.order, self.model.dead
        to, what, parent, parent_what = self.to, self.what, self.parent, self.parent_what
        merged, own_clocks = model.merged, model.own_clocks
        by_stage = self._steps_by_stage()
        at = 0
        while at < len(order):
            now = order[at]
            for index, step in by_stage[now[0]]:
                key = step.key(now)
                outs = step.memo.get(key)
                if outs is None:
                    outs = step.memo[key] = self._apply(step, now)
                if outs and index not in self.possible:
                    self.possible[index] = at
                for changes, transition in outs:
                    if changes:
                        moved = list(now)
                        for place, value in changes:
                            moved[place] = merged[place][value]
                        for place in dead[moved[0]]:
                            moved[place] = 0
                        for clock, request, samples in own_clocks:
                            if moved[clock] and not samples[moved[request]][1]:
                                moved[clock] = 0
                        after = tuple(moved)
                        number = seen.get(after)
                        if number is None:
                            number = seen[after] = len(order)
                            order.append(after)
                            parent.append(at)
                            parent_what.append(transition)
                            if number > limit:
                                raise TooMany(*self._influence())
                    else:
                        number = at
                    to.append(number)
                    what.append(transition)
            at += 1
            self.start.append(len(to))

    def _steps_by_stage(self) -> list[list[tuple[int, _Step]]]:
        model = self.model
        found: list[list[tuple[int, _Step]]] = []
        for stage in model.pieces[0].labels:
            here = []
            for index, step in enumerate(model.steps):
                creates = bool(step.act.get("creates"))
                if stage == "(not yet there)":
                    fits = creates
                elif not step.act:
                    fits = True
                else:
                    allowed = step.act.get("from")
                    fits = not creates and (stage in _list(allowed) if allowed else stage not in model.endings)
                if fits:
                    here.append((index, step))
            found.append(here)
        return found

    def _apply(self, step: _Step, now: Situation) -> list[tuple[tuple[tuple[int, int], ...], int]]:
        model = self.model
        labels = model.pieces[0].labels
        outs: dict[Any, None] = {}
        for by, after, events in step.run(now):
            changes = tuple((i, value) for i, value in enumerate(after) if value != now[i])
            key = (step.name, by, now[0], after[0], events)
            transition = model._known.get(key)
            if transition is None:
                transition = model._known[key] = len(model.transitions)
                model.transitions.append(_Transition(step, by, labels[now[0]], labels[after[0]], events))
            outs[changes, transition] = None
        return list(outs)

    def _influence(self) -> tuple[str, float]:
        """Return the piece without which there would be fewest situations, and by how much it multiplies them."""
        sample = self.order[-200_000:]
        best, share = "", 0.0
        for at, piece in enumerate(self.model.pieces):
            if at == 0:
                continue
            without = len({now[:at] + now[at + 1 :] for now in sample})
            if len(sample) / without > share:
                best, share = piece.name, len(sample) / without
        return best, share

    def trace(self, at: int) -> tuple[str, ...]:
        """Return the names of the steps of a shortest way to a situation."""
        names: list[str] = []
        while at > 0:
            names.append(self.model.transitions[self.parent_what[at]].step.name)
            at = self.parent[at]
        return tuple(reversed(names))

    def __len__(self) -> int:
        return len(self.order) - 1


# --- watching


class _Watch:
    """Bits of history over the finished graph: which may be set, and which may be unset, in each situation."""

    def __init__(self, model: _Model, walk: _Walk) -> None:
        self.model = model
        self.walk = walk
        names = [f"running {name}" for name in model.clocks]
        names += ["unverified", "no outcome", "disputed", "reopened", "withdrawn"]
        self.bit = {name: 1 << (2 * i) for i, name in enumerate(names)}
        #: Per transition: the bits (set or unset, two neighbours each) that it clears and sets.
        self.kill: list[int] = []
        self.make: list[int] = []
        self.disputed_kinds = {"transfer"} | {
            effect["owner"]["request"]
            for act in model.acts.values()
            for effect in flat(act.get("effects") or ())
            if isinstance(effect.get("owner"), Mapping) and "request" in effect["owner"]
        }
        for transition in model.transitions:
            self._learn(transition)
        self.may = self._flow()

    def _learn(self, transition: _Transition) -> None:
        values: dict[str, bool] = {}
        act = transition.step.act
        if act.get("creates"):
            values["no outcome"] = True
        if act.get("independent") and independent_person(transition.by):
            values["unverified"] = False
        many = {kind["clock"] for name, kind in self.model.requests.items() if kind.get("many") and kind.get("clock")}
        soft: set[str] = set()
        maybe: set[str] = set()
        for event, about, _ in transition.events:
            if event == "start":
                values[f"running {about}"] = True
                soft.discard(about)
            elif event in ("stop", "halt"):
                values[f"running {about}"] = False
                if about in many and event == "stop":
                    soft.add(about)
            elif event == "may halt":
                maybe.add(about)
            elif event == "outcome":
                if about is not None:
                    values["no outcome"] = False
                    values["withdrawn"] = about != OTHER
            elif event == "reopened":
                values["reopened"] = True
                values["withdrawn"] = False
                if not about:
                    values["no outcome"] = True
            elif event == "contested":
                values["disputed"] = True
            elif event == "answered":
                kind, before, answer = about
                if answer == "refused" and kind in self.disputed_kinds:
                    values["disputed"] = True
                elif before == "contested":
                    values["disputed"] = False
            elif event == "owner":
                values["disputed"] = False
        if act.get("handles"):
            # Whoever works on it now has taken it up, whatever was said about whose it is.
            if act.get("on") not in self.model.quiet:
                values.setdefault("disputed", False)
            if act.get("effects") or act.get("evidence"):
                # A note changes nothing that somebody would have to look at again.
                values["unverified"] = True
        kill = make = 0
        for name, value in values.items():
            bit = self.bit[name]
            set_, unset = bit, bit << 1
            if name.removeprefix("running ") in soft and not value:
                make |= unset
                continue
            kill |= unset if value else set_
            make |= set_ if value else unset
        for name in maybe:
            bit = self.bit[f"running {name}"] << 1
            kill, make = kill & ~bit, make | bit
        self.kill.append(~kill)
        self.make.append(make)

    def _flow(self) -> list[int]:
        walk = self.walk
        start, what, to, kill, make = walk.start, walk.what, walk.to, self.kill, self.make
        may = [0] * len(walk.order)
        may[0] = sum(bit << 1 for bit in self.bit.values())
        waiting = deque([0])
        queued = bytearray(len(walk.order))
        queued[0] = 1
        while waiting:
            at = waiting.popleft()
            queued[at] = 0
            mask = may[at]
            for edge in range(start[at], start[at + 1]):
                transition, after = what[edge], to[edge]
                new = may[after] | (mask & kill[transition]) | make[transition]
                if new != may[after]:
                    may[after] = new
                    if not queued[after]:
                        queued[after] = 1
                        waiting.append(after)
        return may

    def trace(self, wanted: int, found: Callable[[int, int], bool]) -> tuple[str, ...]:
        """
        Return a shortest way along which one watched bit ends as wanted.

        Args:
            wanted: a bit of `may`: set, or (shifted by one) unset.
            found: called with (situation, edge) for each edge leaving a situation where the bit is as wanted; the
            walk ends
                at the first that it likes. Edge -1 stands for being there.
        """
        walk = self.walk
        low = wanted if any(wanted == bit for bit in self.bit.values()) else wanted >> 1
        pair = low | (low << 1)
        first = (0, (low << 1) & pair)
        back: dict[tuple[int, int], tuple[tuple[int, int], int] | None] = {first: None}
        waiting = deque([first])
        while waiting:
            node = waiting.popleft()
            at, value = node
            if value == wanted and found(at, -1):
                return self._unwind(back, node, ())
            for edge in range(walk.start[at], walk.start[at + 1]):
                transition = walk.what[edge]
                if value == wanted and found(at, edge):
                    return self._unwind(back, node, (self.model.transitions[transition].step.name,))
                made = self.make[transition] & pair
                kept = value & self.kill[transition]
                for after in {made, kept} - {0} if made and kept else {made or kept}:
                    then = (walk.to[edge], after)
                    if then not in back:
                        back[then] = (node, transition)
                        waiting.append(then)
        return ()

    def _unwind(self, back: Mapping[Any, Any], node: Any, last: tuple[str, ...]) -> tuple[str, ...]:
        names = list(reversed(last))
        while back[node] is not None:
            node, transition = back[node]
            names.append(self.model.transitions[transition].step.name)
        return tuple(reversed(names))


def independent_person(by: Iterable[str]) -> bool:
    """Return whether somebody stands behind every one of these relations: the system verifies nothing."""
    return not {"system", "import"} & set(by)


def _reach_back(walk: _Walk, gains: Sequence[int]) -> list[int]:
    """
    Return for each situation the union of the gains of all transitions that can still happen from it.

    Strongly connected parts first (Tarjan, without recursion): within one everything can still happen to everybody.
    """
    size = len(walk.order)
    start, what, to = walk.start, walk.what, walk.to
    index = array("l", [-1]) * size
    low = array("l", [0]) * size
    on = bytearray(size)
    part = array("l", [-1]) * size
    masks: list[int] = []
    stack: list[int] = []
    count = 0
    for root in range(size):
        if index[root] >= 0:
            continue
        work = [(root, start[root])]
        index[root] = low[root] = count
        count += 1
        stack.append(root)
        on[root] = 1
        while work:
            at, edge = work[-1]
            if edge < start[at + 1]:
                work[-1] = (at, edge + 1)
                after = to[edge]
                if index[after] < 0:
                    index[after] = low[after] = count
                    count += 1
                    stack.append(after)
                    on[after] = 1
                    work.append((after, start[after]))
                elif on[after]:
                    low[at] = min(low[at], index[after])
                continue
            work.pop()
            if work:
                low[work[-1][0]] = min(low[work[-1][0]], low[at])
            if low[at] == index[at]:
                members = []
                while True:
                    member = stack.pop()
                    on[member] = 0
                    part[member] = len(masks)
                    members.append(member)
                    if member == at:
                        break
                mask = 0
                for member in members:
                    for one in range(start[member], start[member + 1]):
                        mask |= gains[what[one]]
                        if part[to[one]] < len(masks):
                            mask |= masks[part[to[one]]]
                masks.append(mask)
    return [masks[number] for number in part]


# --- judging


def explore(
    pack: Pack,
    children: Mapping[str, Pack] | None = None,
    *,
    source: Source | None = None,
    limit: int = LIMIT,
) -> Report:
    """
    Walk every reachable situation of a pack and judge promises 2, 4, 5 and 6 in each.

    Args:
        pack: as resolved.
        children: packs by name, for the signals and outcomes that child matters can send; a child whose pack is not
        given may
            send any signal that the pack listens to.
        source: gives file and line of each violation; without it they stay empty.
        limit: of situations.
    Returns:
        The report; no violations means that the promises hold in every situation a real matter can be in.
    Raises:
        TooMany: more situations than the limit; names the fact (or clock, request...) to bound.
    """
    model = _Model(pack.document, {name: one.document for name, one in (children or {}).items()})
    walk = _Walk(model, limit)
    found = list(_Judge(model, walk).violations())
    found += prove_request(ANSWERS)
    placed = []
    for violation in found:
        file, line = source.place(violation.path) if source else ("", 0)
        placed.append(
            Violation(violation.promise, violation.code, violation.path, violation.message, violation.trace, file, line)
        )
    placed.sort(key=lambda one: (one.file, one.line, one.path, one.code))
    return Report(
        pack.document["pack"],
        len(walk),
        len(walk.to),
        tuple(placed),
        tuple(piece.name for piece in model.pieces),
        model,
        walk.seen,
    )


def prove_request(answers: Mapping[str, Sequence[str]]) -> list[Violation]:
    """
    Prove the request sub-machine once for all packs, over every sequence of answers.

    An objection is always decided: from `contested` no way out but a decision. A decided request never changes again.
    From
    every state that is not decided yet, a decision can be reached.
    """
    found = []
    decided = {state for state, after in answers.items() if not after}

    def breach(message: str, *trace: str) -> None:
        found.append(Violation(2, "request-machine", "requests", message, trace))

    for state, after in answers.items():
        for answer in after:
            if answer not in answers:
                breach(f"{answer} is no state of a request", state, answer)
    reach = {state: set(after) for state, after in answers.items()}
    for _ in answers:
        for state in answers:
            reach[state] |= {further for after in reach[state] for further in reach.get(after, ())}
    for state in answers:
        if state not in decided and not reach[state] & decided:
            breach(f"a request in {state} can never be decided", state)
        if state in reach[state]:
            breach(f"a request in {state} can come back to {state} without a decision", state, state)
        if state != "open" and state not in reach.get("open", ()):
            breach(f"a request can never become {state}", "open")
    for answer in ("withdrawn", "lapsed"):
        if answer in answers.get("contested", ()):
            breach(f"an objection can end as {answer}, without a decision", "open", "contested", answer)
    return found


class _Judge:
    """Turns a finished walk into violations, one for each breach and place, each with a shortest trace."""

    def __init__(self, model: _Model, walk: _Walk) -> None:
        self.model = model
        self.walk = walk
        self.watch = _Watch(model, walk)
        self.first_use: dict[int, tuple[int, int]] = {}
        start, what = walk.start, walk.what
        for at in range(len(walk.order)):
            for edge in range(start[at], start[at + 1]):
                if what[edge] not in self.first_use:
                    self.first_use[what[edge]] = (at, edge)
        self.found: dict[tuple[str, str], Violation] = {}

    def violations(self) -> Iterable[Violation]:
        for number in sorted(self.first_use, key=lambda one: self.first_use[one]):
            self._judge_transition(number)
        self._judge_history()
        self._judge_future()
        self._judge_withdrawal()
        self._judge_use()
        return self.found.values()

    def _add(
        self, promise: int | None, code: str, path: str, message: str, trace: Callable[[], tuple[str, ...]]
    ) -> None:
        if (code, path) not in self.found:
            self.found[code, path] = Violation(promise, code, path, message, trace())

    def _way(self, number: int) -> tuple[str, ...]:
        at, _ = self.first_use[number]
        return (*self.walk.trace(at), self.model.transitions[number].step.name)

    # What one step does, whatever went before.

    def _judge_transition(self, number: int) -> None:
        transition = self.model.transitions[number]
        step, act = transition.step, transition.step.act
        clocks = self.model.clocks
        disputed = reopened = False
        ended_at = ""
        outcome: str | None = ""
        for event, about, path in transition.events:
            if event == "nobody":
                self._add(2, "owner-nobody", path, f"the owner can become nobody: {about}", lambda: self._way(number))
            elif event in ("start", "stop", "extend", "exclude"):
                name = about[0] if event == "exclude" else about
                if act and not act.get("source"):
                    self._add(
                        4,
                        "clock-without-source",
                        path,
                        f"{step.name} changes clock {name} but names no source",
                        lambda: self._way(number),
                    )
                if event == "extend":
                    self._extension(name, path, number)
                elif event == "exclude" and about[1] not in (clocks[name].get("exclusions") or {}):
                    self._add(
                        4,
                        "exclusion-unknown",
                        path,
                        f"clock {name} knows no reason {about[1]} for leaving a period out",
                        lambda: self._way(number),
                    )
            elif event == "contested":
                disputed = True
            elif event == "answered":
                disputed = about[2] == "refused" and about[0] in self.watch.disputed_kinds
            elif event == "owner":
                disputed = False
            elif event == "reopened":
                reopened = True
            elif event == "outcome":
                outcome = about
            elif event == "ended":
                ended_at = path
        if ended_at and act.get("handles") and not act.get("independent"):
            self._add(
                5,
                "ending-unverified",
                ended_at,
                f"{step.name} handles the matter and ends it in {transition.target} at once, so nobody verifies it",
                lambda: self._way(number),
            )
        if ended_at and disputed and not (outcome and _withdrawal(outcome)):
            self._add(
                2,
                "objection-ends",
                ended_at,
                f"an objection or a refused transfer ends the matter in {transition.target}",
                lambda: self._way(number),
            )
        if outcome and _withdrawal(outcome) and not self._may_withdraw(transition):
            self._add(
                6,
                "withdrawal-by-others",
                f"{step.path}.by" if act.get("by") else step.path,
                f"{step.name} withdraws the matter though it is neither the resident's own act"
                " nor somebody independent's on paper that was checked",
                lambda: self._way(number),
            )
        if reopened and transition.target in self.model.endings:
            self._add(
                6,
                "reopened-in-ending",
                step.path,
                f"{step.name} reopens the matter but leaves it in {transition.target}, an ending",
                lambda: self._way(number),
            )

    def _extension(self, name: str, path: str, number: int) -> None:
        extension = self.model.clocks[name].get("extension")
        transition = self.model.transitions[number]
        act = transition.step.act
        if not extension:
            self._add(4, "extension-unknown", path, f"clock {name} can't be extended", lambda: self._way(number))
            return
        allowed = set(extension.get("by") or ())
        for one in transition.by:
            if one in allowed or self._asked_approver(one, act, allowed):
                continue
            self._add(
                4,
                "extension-approver",
                path,
                f"{transition.step.name} lets {one} extend clock {name}, which only {', '.join(sorted(allowed))} may",
                lambda: self._way(number),
            )

    def _asked_approver(self, relation: str, act: Mapping[str, Any], allowed: set[str]) -> bool:
        """Whoever is asked may approve if that request is only ever put to an approver."""
        if relation.partition(":")[0] != "asked" or not act.get("on"):
            return False
        asked = {
            effect.get("to") if isinstance(effect.get("to"), str) else ""
            for other in self.model.acts.values()
            for effect in flat(other.get("effects") or ())
            if effect.get("request") == act["on"] and effect.get("open")
        }
        return bool(asked) and asked <= allowed

    def _may_withdraw(self, transition: _Transition) -> bool:
        if set(transition.by) == {"resident"}:
            return True
        act = transition.step.act
        fields = (act.get("form") or {}).get("fields") or ()
        types = {one["name"]: one.get("type") or self.model.facts.get(one["name"], {}).get("type") for one in fields}
        paper = any(one.get("required") and types[one["name"]] == "file" for one in fields)
        needed = any(self._needs_file(item["need"]) for item in own_gate(act))
        return bool(act.get("independent")) and independent_person(transition.by) and (paper or needed)

    def _needs_file(self, need: Mapping[str, Any]) -> bool:
        files = {
            one["name"]
            for act in self.model.acts.values()
            for one in (act.get("form") or {}).get("fields") or ()
            if (one.get("type") or self.model.facts.get(one["name"], {}).get("type")) == "file"
        }
        if "all" in need:
            return any(self._needs_file(part) for part in need["all"])
        return need.get("text") in files

    # What must not have happened before, or must have.

    def _judge_history(self) -> None:
        walk, watch, model = self.walk, self.watch, self.model
        start, what = walk.start, walk.what
        clean_endings: set[tuple[str, str, str]] = set()
        disputed_endings: dict[tuple[str, str, str], tuple[int, str]] = {}
        bit = watch.bit
        rules: dict[int, list[tuple[int, Callable[[int], None]]]] = {}
        for number, transition in enumerate(model.transitions):
            rules[number] = self._rules(number, transition)
        for at in range(len(walk.order)):
            mask = watch.may[at]
            for edge in range(start[at], start[at + 1]):
                number = what[edge]
                for wanted, report in rules[number]:
                    if mask & wanted:
                        report(wanted)
                transition = model.transitions[number]
                ended = next((path for event, _, path in transition.events if event == "ended"), "")
                withdrawn = any(event == "outcome" and about != OTHER for event, about, _ in transition.events)
                if ended and transition.step.act and not withdrawn and set(transition.by) != {"resident"}:
                    key = (transition.step.name, transition.origin, transition.target)
                    if mask & (bit["disputed"] << 1):
                        clean_endings.add(key)
                    if mask & bit["disputed"]:
                        disputed_endings.setdefault(key, (number, ended))
        for key, (number, path) in disputed_endings.items():
            events = {event for event, _, _ in model.transitions[number].events}
            if key in clean_endings or "owner" in events:
                continue
            self._add(
                2,
                "objection-ends",
                path,
                f"{key[0]} can end the matter from {key[1]} only because somebody objected to it or refused it",
                lambda number=number: self._along(bit["disputed"], number),  # type: ignore[misc]
            )

    def _along(self, wanted: int, number: int) -> tuple[str, ...]:
        what = self.walk.what
        return self.watch.trace(wanted, lambda at, edge: edge >= 0 and what[edge] == number)

    def _to(self, wanted: int, at: int) -> tuple[str, ...]:
        return self.watch.trace(wanted, lambda here, edge: edge < 0 and here == at)

    def _rules(self, number: int, transition: _Transition) -> list[tuple[int, Callable[[int], None]]]:
        """Return which bits must not be set (or unset) when this transition happens, and what to say then."""
        bit, act, name = self.watch.bit, transition.step.act, transition.step.name
        rules: list[tuple[int, Callable[[int], None]]] = []
        outcome = ""
        forgotten = bool(act.get("creates"))
        stopped: set[str] = set()
        for event, about, path in transition.events:
            if event == "outcome" and about is not None:
                outcome = about
            elif event == "reopened" and not about:
                outcome, forgotten = "", True
            elif event == "stop":
                # A clock that was met may begin its next period; one whose length only an approver extends may not.
                if (path, about) in self.model.given_up or self.model.clocks[about].get("extension"):
                    stopped.add(about)
            elif event == "start" and about in stopped and self.model.clocks[about].get("per") != "request":

                def restarted(wanted: int, about: str = about, path: str = path) -> None:
                    self._add(
                        4,
                        "clock-restarted",
                        path,
                        f"clock {about} is stopped and started anew in one act:"
                        " its date moves without the approvers of an extension",
                        lambda: self._along(wanted, number),
                    )

                rules.append((bit[f"running {about}"], restarted))
        ended = next((path for event, _, path in transition.events if event == "ended"), "")
        if ended and not outcome:

            def silent(wanted: int) -> None:
                self._add(
                    6,
                    "ending-without-outcome",
                    ended,
                    f"{name} ends the matter in {transition.target} without an outcome",
                    lambda: self._along(wanted, number),
                )

            if forgotten:
                self._add(
                    6,
                    "ending-without-outcome",
                    ended,
                    f"{name} ends the matter in {transition.target} without an outcome",
                    lambda: self._way(number),
                )
            rules.append((bit["no outcome"], silent))
        verified = bool(act.get("independent")) and independent_person(transition.by)
        if ended and not verified and set(transition.by) != {"resident"}:

            def unverified(wanted: int) -> None:
                self._add(
                    5,
                    "ending-unverified",
                    ended,
                    f"{name} ends the matter in {transition.target} with nobody independent since it was handled",
                    lambda: self._along(wanted, number),
                )

            rules.append((bit["unverified"], unverified))
        return rules

    # What must stay possible.

    def _judge_future(self) -> None:
        walk, watch, model = self.walk, self.watch, self.model
        names = list(model.clocks)
        stops = {name: 1 << i for i, name in enumerate(names)}
        end = 1 << len(names)
        gains = []
        for transition in model.transitions:
            gain = 0
            for event, about, _ in transition.events:
                if event in ("stop", "halt"):
                    gain |= stops[about]
                elif event == "ended":
                    gain |= end
            gains.append(gain)
        reach = _reach_back(walk, gains)
        stages = model.pieces[0].labels
        start, what = walk.start, walk.what
        running = {name: watch.bit[f"running {name}"] for name in names}
        for at in range(1, len(walk.order)):
            stage = stages[walk.order[at][0]]
            is_open = stage not in model.endings
            for name in names:
                if watch.may[at] & running[name] and not reach[at] & stops[name]:
                    self._add(
                        4,
                        "clock-unstoppable",
                        f"clocks.{name}",
                        f"clock {name} runs in {stage} and nothing that can still happen stops it",
                        lambda name=name, at=at: self._to(running[name], at),  # type: ignore[misc]
                    )
            if not is_open:
                continue
            if not reach[at] & end:
                self._add(
                    None,
                    "dead-end",
                    f"stages.{stage}",
                    f"from here no ending can be reached: {self._short(at)}",
                    lambda at=at: walk.trace(at),  # type: ignore[misc]
                )
            if not any(self._somebody(model.transitions[what[edge]]) for edge in range(start[at], start[at + 1])):
                self._add(
                    None,
                    "nobody-can-act",
                    f"stages.{stage}",
                    f"here nobody but the system can act: {self._short(at)}",
                    lambda at=at: walk.trace(at),  # type: ignore[misc]
                )

    def _somebody(self, transition: _Transition) -> bool:
        if transition.step.act.get("on") in self.model.quiet:
            return False
        if transition.step.path.startswith("children."):
            return True
        return bool(set(transition.by) - {"system", "import"})

    def _short(self, at: int) -> str:
        """Return a situation in words, leaving out what is at its beginning."""
        now = self.walk.order[at]
        words = [self.model.pieces[0].labels[now[0]]]
        words += [
            f"{piece.name} {piece.labels[value]}"
            for piece, value in zip(self.model.pieces[1:], now[1:], strict=True)
            if value
        ]
        return ", ".join(words)

    # A withdrawal can be taken back for 30 days.

    def _judge_withdrawal(self) -> None:
        walk, watch, model = self.walk, self.watch, self.model
        fresh = model.where.get(("fresh", ""))
        stages = model.pieces[0].labels
        start, what = walk.start, walk.what
        bit = watch.bit["withdrawn"]
        for at in range(1, len(walk.order)):
            now = walk.order[at]
            if not watch.may[at] & bit or stages[now[0]] not in model.endings:
                continue
            if fresh is not None and not now[fresh]:
                continue
            if any(self._takes_back(model.transitions[what[edge]]) for edge in range(start[at], start[at + 1])):
                continue
            stage = stages[now[0]]
            self._add(
                6,
                "withdrawal-final",
                f"stages.{stage}",
                f"withdrawn into {stage}, and the resident can't take it back for 30 days",
                lambda at=at: self._to(bit, at),  # type: ignore[misc]
            )

    @staticmethod
    def _takes_back(transition: _Transition) -> bool:
        return "resident" in transition.by and any(event == "reopened" for event, _, _ in transition.events)

    # What is written but can never happen.

    def _judge_use(self) -> None:
        reached = {self.model.pieces[0].labels[now[0]] for now in self.walk.order}
        for name in self.model.stages:
            if name not in reached:
                self._add(None, "unreachable", f"stages.{name}", "no sequence of acts leads here", tuple)
        for index, step in enumerate(self.model.steps):
            if step.act and index not in self.walk.possible:
                self._add(None, "impossible", step.path, f"{step.name} can't be done in any situation", tuple)
