"""
Packs: from a checked document to an immutable, compiled procedure.

`resolve` puts in the values of a parameter set, looks up every name, compiles conditions and effects into functions,
and hashes the resolved document. Resolving a resolved document gives the same pack, so the stored content is enough
for ever.
"""

from __future__ import annotations

import copy
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from typing import Any, Final, cast

from huajie.core.clocks import Calendar, Rule, share_at, shift
from huajie.core.jurisdiction import ROLES
from huajie.core.ledger import NotCanonical, canonical
from huajie.core.procedure.common import COMMON_REQUESTS, COMMON_TEXTS, TOLD_TEXTS, acts_of, channels_of
from huajie.core.procedure.conditions import (
    Condition,
    compile_condition,
    compile_number,
    need_relations,
    text_names,
)
from huajie.core.procedure.documents import DocumentSpec, compile_document
from huajie.core.procedure.dossiers import gate_items
from huajie.core.procedure.errors import BadPack, PackError
from huajie.core.procedure.forms import ON_BEHALF_FIELDS, Field, Group, make_field, opening_fields
from huajie.core.procedure.rights import RIGHTS, RIGHTS_TEXTS, rights_acts, rights_children
from huajie.core.procedure.scope import (
    CALENDAR_PUBLISHED,
    COPY_TAKEN,
    DISCLOSURE,
    ERASED_AGAIN,
    EXPORTED,
    FACT_TYPES,
    HANDED_OVER,
    OPENING_FIELDS,
    PACKED,
    PREPARED,
    PREPARED_SCAN,
    RETENTION,
    RETENTION_OVER,
    SIGNAL,
    TEXT_TYPES,
    Scope,
    nearest,
)
from huajie.core.procedure.source import Source
from huajie.core.procedure.steps import Step, compile_effects
from huajie.core.procedure.supervising import SLIP, SLIP_TEXTS, slip_acts, slip_children
from huajie.core.procedure.work import Work

Text = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Law:
    """Where a rule comes from."""

    name: str
    title: Text
    article: str
    #: L statute text seen, W public page seen, C public code seen, M from memory, D our own design.
    tag: str
    verified: bool
    date: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a matter stands."""

    name: str
    title: Text
    #: For the resident.
    plain: Text
    initial: bool
    #: The matter is no longer open.
    ending: bool
    #: Who has to do something next: a relation, `resident` or `other`; None for endings.
    waits_for: str | None


@dataclass(frozen=True, slots=True)
class Timer:
    """An act that the system does at some moment of a clock."""

    clock: str
    #: Unique for its clock: `due`, `2/3`, `-3workday`.
    rung: str
    act: str
    #: (started_at, due_at, calendar) to the moment.
    at: Callable[[datetime, datetime, Calendar], datetime]


@dataclass(frozen=True, slots=True)
class ExtensionRule:
    """How a clock may be extended."""

    max: Callable[[Work], int | None]
    unit: str
    times: int
    #: Relations that may approve it.
    by: frozenset[str]
    source: str
    #: The resident is told.
    notify: bool


@dataclass(frozen=True, slots=True)
class ClockSpec:
    """A named deadline."""

    name: str
    title: Text
    plain: Text
    unit: str
    first_day: str
    last_day: str
    cutoff: str
    holder: str
    source: str
    #: One instance for each request, key `name#<request key>`.
    per_request: bool
    extension: ExtensionRule | None
    #: Reason -> source.
    exclusions: Mapping[str, str]
    exclusion_titles: Mapping[str, Text]
    timers: tuple[Timer, ...]
    #: The length for the matter at hand; None when the fact it depends on isn't there.
    length: Callable[[Work], int | None]
    raw: Mapping[str, Any]
    _rules: dict[int, Rule] = field(default_factory=dict, compare=False, repr=False)

    def rule(self, length: int) -> Rule:
        """Return the rule for a length; `core/clocks` raises BadRule for one that can't be counted."""
        found = self._rules.get(length)
        if found is None:
            found = Rule(
                length,
                cast(Any, self.unit),
                cast(Any, self.first_day),
                cast(Any, self.last_day),
                cast(Any, self.cutoff),
                self.source,
            )
            if len(self._rules) < 1000:
                self._rules[length] = found
        return found


@dataclass(frozen=True, slots=True)
class GateItem:
    """One thing that must be so before an act."""

    need: Condition
    title: Text
    source: str | None
    #: Who can bring it.
    supply: str | None
    #: Where in the pack: `acts.accept.gate[0].need`, `dossiers.sponsored.items[3].need`.
    path: str = ""


@dataclass(frozen=True, slots=True)
class DossierItem:
    """One of the fixed things that a file holds."""

    name: str
    title: Text
    #: What makes it present.
    need: Condition
    source: str
    #: Who brings it, or None.
    supply: str | None


@dataclass(frozen=True, slots=True)
class Dossier:
    """A fixed, named set of items that a file must hold."""

    name: str
    title: Text
    help: Text | None
    source: str
    #: Which matters must have it; None: all.
    when: Condition | None
    items: tuple[DossierItem, ...]


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody in a role may do."""

    name: str
    title: Text
    help: Text | None
    entry: str
    public_kind: str
    #: Relations, any of which suffices.
    by: frozenset[str]
    #: Stages in which it is possible; None: any that is not an ending.
    stages: frozenset[str] | None
    when: Condition | None
    why: Text | None
    gate: tuple[GateItem, ...]
    #: Kind of request that it is about.
    on: str | None
    #: Documents of which it is about one.
    about: tuple[str, ...]
    #: (document or `it`, step) in order, those inside `when` left out.
    documents: tuple[tuple[str, str], ...]
    handles: bool
    independent: bool
    evidence: bool
    #: On the matter that leads a problem it can be done for every part of it at once, an entry each.
    shared: bool
    #: From a list it can be done to several matters at once, each decided by itself.
    bulk: bool
    source: str | None
    #: As the pack's form lists them.
    fields: tuple[Field, ...]
    #: Which of them belong together; empty: they stand in one row.
    groups: tuple[Group, ...]
    #: Those and, for an opening act, what every opening takes.
    fields_by_name: Mapping[str, Field]
    #: Fields that are required or have a default.
    demanding: tuple[Field, ...]
    steps: tuple[Step, ...]
    notice: str | None
    #: Fields whose words its notice tells the resident.
    told: tuple[str, ...]
    creates: bool
    #: Some timer does it.
    timed: bool
    #: Most children that it can open.
    opens: int
    #: Clocks that it extends whatever the situation.
    extends: tuple[str, ...]
    raw: Mapping[str, Any]
    #: Refused to whoever opened the request that it is about.
    second: bool = False
    #: May end the matter.
    ends: bool = False
    #: May erase texts of the matter.
    erases: bool = False
    #: One that every pack has (`common`), not of this pack's document.
    common: bool = False


@dataclass(frozen=True, slots=True)
class RequestKind:
    """A kind of question."""

    name: str
    title: Text
    clock: str | None
    many: bool
    answers: tuple[str, ...]
    #: An act on it hands the matter to whoever was asked.
    moves_lead: bool
    #: Only a seat with this role can be asked; None: anybody.
    role: str | None = None
    #: Put to the seat alone: its unit does not see the matter by it.
    alone: bool = False


@dataclass(frozen=True, slots=True)
class ChildKind:
    """A kind of matter opened beside this one."""

    name: str
    #: Name of its pack.
    pack: str
    #: Signal -> what the parent does.
    signals: Mapping[str, tuple[Step, ...]]
    #: Signal -> (entry kind, public kind).
    entries: Mapping[str, tuple[str, str]]
    opens: int
    #: The engine's own (`rights`, `slip`), not of this pack's document: what it tells is taken in also after the end.
    common: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """A procedure, resolved and compiled. Equal when the hashes are equal."""

    #: Canonical JSON values: what was hashed, and enough to make the pack again.
    document: Mapping[str, Any]
    #: SHA-256 of the canonical bytes of `document`, 64 hex digits.
    hash: str
    name: str
    version: str
    title: Text
    sensitivity: str
    calendar: str
    entry_prefix: str
    modes: tuple[str, ...]
    channels: tuple[str, ...]
    sources: Mapping[str, Law]
    #: Declared facts that stand in entries, as fields.
    facts: Mapping[str, Field]
    stages: Mapping[str, Stage]
    initial: str
    clocks: Mapping[str, ClockSpec]
    acts: Mapping[str, Act]
    requests: Mapping[str, RequestKind]
    children: Mapping[str, ChildKind]
    dossiers: Mapping[str, Dossier]
    documents: Mapping[str, DocumentSpec]
    #: Name -> {"for": kinds of document, "text": {"zh", "en"}}: sentences to choose from.
    phrases: Mapping[str, Mapping[str, Any]]
    #: Value -> title.
    outcomes: Mapping[str, Text]
    fulfilments: Mapping[str, Text]
    verdicts: Mapping[str, Text]
    notices: Mapping[str, Mapping[str, Text]]
    #: Names of fields that say how to reach somebody.
    contact_fields: frozenset[str]
    #: Name -> type of every committed field.
    texts: Mapping[str, str]

    def __eq__(self, other: object) -> bool:
        return self.hash == other.hash if isinstance(other, Pack) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.hash)

    def __repr__(self) -> str:
        return f"Pack({self.name!r}, {self.version!r}, {self.hash[:12]})"

    def children_opened_by(self, act: str) -> int:
        """Return how many fresh streams an act (for `@signal` any signal) may need: the most children that it opens."""
        if act == SIGNAL:
            return max((child.opens for child in self.children.values()), default=0)
        found = self.acts.get(act)
        return found.opens if found is not None else 0


def resolve(
    document: Mapping[str, Any] | Source,
    parameter_set: str | None = None,
    values: Mapping[str, Any] | None = None,
    *,
    source: Source | None = None,
) -> Pack:
    """
    Return the compiled pack of a document that fits the schema (`source.read` gives one).

    Args:
        document: the document, or the Source that holds it; a resolved one resolves to itself.
        parameter_set: one of the document's `parameter_sets`.
        values: further parameter values of this government, put in last; whole numbers, or
            `{"value", "source"}`, or a table `{"by", "table", "else", "source"}`.
        source: gives errors their file and line.
    Raises:
        BadPack: every unknown name, every value out of its limits, every rule of the language that is broken.
    """
    if isinstance(document, Source):
        source, document = document, document.document
    resolved = copy.deepcopy(dict(document))
    scope = Scope(resolved)
    _put_in_parameters(resolved, parameter_set, values, scope)
    _spell_out(resolved)
    try:
        content = canonical(resolved)
    except NotCanonical as error:
        scope.say("", f"has no canonical form: {error}")
        content = b""
    pack = _compile(resolved, hashlib.sha256(content).hexdigest(), scope)
    if scope.problems:
        raise BadPack(_errors(scope, source))
    assert pack is not None
    return pack


def _errors(scope: Scope, source: Source | None) -> Iterator[PackError]:
    for path, message, suggestion in dict.fromkeys(scope.problems):
        if source is not None:
            yield source.error(path, message, suggestion)
        else:
            yield PackError("", 0, path, message, suggestion)


# Parameters


def _put_in_parameters(
    document: dict[str, Any], parameter_set: str | None, values: Mapping[str, Any] | None, scope: Scope
) -> None:
    parameters: dict[str, Any] = document.get("parameters") or {}
    sets: Mapping[str, Any] = document.pop("parameter_sets", None) or {}
    for name, parameter in parameters.items():
        _check_parameter(f"parameters.{name}", parameter, parameter, scope)
    for title, one in sets.items():
        for name, value in one["values"].items():
            path = f"parameter_sets.{title}.values.{name}"
            if scope.need(path, "parameter", name, parameters):
                _check_parameter(path, _spelled(value), parameters[name], scope)
        scope.need(f"parameter_sets.{title}.source", "source", one["source"], scope.names("sources"))
    if parameter_set is not None and scope.need("parameter_sets", "parameter set", parameter_set, sets):
        chosen = sets[parameter_set]
        for name, value in chosen["values"].items():
            if name in parameters:
                parameters[name] = _replaced(parameters[name], {"source": chosen["source"], **_spelled(value)})
        document["parameter_set"] = parameter_set
    for name, value in (values or {}).items():
        path = f"values.{name}"
        if scope.need(path, "parameter", name, parameters):
            spelled = _spelled(value)
            if "source" in spelled:
                scope.need(f"{path}.source", "source", spelled["source"], scope.names("sources"))
            _check_parameter(path, spelled, parameters[name], scope)
            parameters[name] = _replaced(parameters[name], spelled)


def _spelled(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {"value": value}


def _replaced(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    # Limits and meaning stay the pack's own; only the value (or table) and where it comes from change.
    kept = {key: value for key, value in old.items() if key not in ("value", "by", "table", "else")}
    return {**kept, **new}


def _check_parameter(path: str, given: Mapping[str, Any], declared: Mapping[str, Any], scope: Scope) -> None:
    least, most = declared.get("min"), declared.get("max")

    def check(value: Any, where: str) -> None:
        if type(value) is not int:
            scope.say(where, f"{value!r} is no whole number")
        elif least is not None and value < least:
            scope.say(where, f"{value} is below the least allowed, {least}")
        elif most is not None and value > most:
            scope.say(where, f"{value} is above the most allowed, {most}")

    if "by" not in given:
        check(given.get("value"), f"{path}.value" if given is declared else path)
        return
    fact = given["by"]
    facts = scope.document.get("facts") or {}
    if not scope.need(f"{path}.by", "fact", fact, facts):
        return
    choices = facts[fact].get("choices")
    if facts[fact].get("type") != "choice" or not isinstance(choices, Mapping):
        scope.say(f"{path}.by", f"'{fact}' is no choice")
        return
    for key, value in (given.get("table") or {}).items():
        scope.need(f"{path}.table.{key}", f"choice of '{fact}'", key, choices)
        check(value, f"{path}.table.{key}")
    if "else" in given:
        check(given["else"], f"{path}.else")
    else:
        missing = sorted(set(choices) - set(given.get("table") or {}))
        scope.say(f"{path}.table", f"no value for {', '.join([*missing, 'an unknown ' + fact])}", "add 'else'")


def _spell_out(document: dict[str, Any]) -> None:
    for table in ("outcomes", "fulfilments", "verdicts"):
        listed = document.get(table) or {}
        if isinstance(listed, list):
            listed = {name: {"zh": name, "en": name} for name in listed}
        document[table] = listed
    document.pop("use", None)


# Compiling


_RELATION_LIKE: Final = ("resident", "other")
#: Kinds of entry that only the engine writes.
ENGINE_PREFIXES: Final = ("clock.", "calendar.", "jurisdiction.")


def _compile(document: dict[str, Any], digest: str, scope: Scope) -> Pack | None:
    _check_sources(document, scope)
    sources = {
        name: Law(
            name,
            one["title"],
            str(one["article"]),
            one["tag"],
            bool(one["verified"]),
            str(one["date"]),
            one.get("url"),
        )
        for name, one in document["sources"].items()
    }
    declared: Mapping[str, Any] = document.get("facts") or {}
    facts = {name: make_field({"name": name}, fact) for name, fact in declared.items() if fact["type"] in FACT_TYPES}
    stages = _stages(document, scope)
    initial = next((stage.name for stage in stages.values() if stage.initial), "")
    timers = _timers(document, scope)
    clocks = {
        name: _clock(name, raw, timers.get(name, ()), scope) for name, raw in (document.get("clocks") or {}).items()
    }
    clocks |= _retention_clock(document, scope)
    timed = {timer.act for many in timers.values() for timer in many}
    channels = channels_of(document["channels"])
    base = opening_fields(document["modes"], channels)
    acts = {name: _act(name, raw, base, name in timed, scope) for name, raw in document["acts"].items()}
    _check_openings(acts, scope)
    requests = {
        name: _request_kind(name, raw, document, scope) for name, raw in (document.get("requests") or {}).items()
    }
    # a scope of their own: what they name stands in no document
    beside = {**rights_children(document), **slip_children(document)}
    engines_own = {**rights_acts(document), **slip_acts(document)}
    for name in sorted(set(beside) & set(document.get("children") or ())):
        scope.say(f"children.{name}", f"'{name}' is the engine's own child", "give it another name")
    shared = Scope(
        {
            **document,
            "requests": {**COMMON_REQUESTS, **(document.get("requests") or {})},
            "children": {**beside, **(document.get("children") or {})},
        }
    )
    requests = {
        **{name: _request_kind(name, raw, document, shared) for name, raw in COMMON_REQUESTS.items()},
        **requests,
    }
    for name in sorted(set(engines_own) & set(document["acts"])):
        scope.say(f"acts.{name}", f"'{name}' is an act of the engine itself", "give it another name")
    for name, raw in {**engines_own, **acts_of(document)}.items():
        acts[name] = replace(_act(name, raw, base, False, shared), common=True)
    if not scope.problems and shared.problems:
        raise AssertionError(shared.problems)
    children = {name: _child_kind(name, raw, document, scope) for name, raw in (document.get("children") or {}).items()}
    children |= {name: ChildKind(name, raw["pack"], {}, {}, 0, common=True) for name, raw in beside.items()}
    dossiers = {name: _dossier(name, raw, scope) for name, raw in (document.get("dossiers") or {}).items()}
    _check_notices(document, scope)
    texts = text_names(document)
    documents = {
        name: compile_document(name, raw, texts, scope) for name, raw in (document.get("documents") or {}).items()
    }
    if scope.problems:
        return None
    return Pack(
        document=document,
        hash=digest,
        name=document["pack"],
        version=document["version"],
        title=document["title"],
        sensitivity=document["sensitivity"],
        calendar=document["calendar"],
        entry_prefix=document["entry_prefix"],
        modes=tuple(document["modes"]),
        channels=channels,
        sources=sources,
        facts=facts,
        stages=stages,
        initial=initial,
        clocks=clocks,
        acts=acts,
        requests=requests,
        children=children,
        dossiers=dossiers,
        documents=documents,
        phrases=document.get("phrases") or {},
        outcomes=document["outcomes"],
        fulfilments=document["fulfilments"],
        verdicts=document["verdicts"],
        notices=document.get("notices") or {},
        contact_fields=frozenset(name for name, kind in texts.items() if kind == "contact"),
        texts={
            **{name: one["type"] for name, one in COMMON_TEXTS.items()},
            **{name: one["type"] for name, one in TOLD_TEXTS.items()},
            **({name: one["type"] for name, one in RIGHTS_TEXTS.items()} if RIGHTS in beside else {}),
            **({name: one["type"] for name, one in SLIP_TEXTS.items()} if SLIP in beside else {}),
            PREPARED_SCAN: "file",
            **texts,
        },
    )


def _check_sources(document: Mapping[str, Any], scope: Scope) -> None:
    known = document["sources"]

    def walk(node: Any, path: str) -> None:
        if isinstance(node, Mapping):
            for key, value in node.items():
                here = f"{path}.{key}" if path else key
                if key == "source" and isinstance(value, str):
                    scope.need(here, "source", value, known)
                elif not (path == "" and key == "sources"):
                    walk(value, here)
        elif isinstance(node, list):
            for index, value in enumerate(node):
                walk(value, f"{path}[{index}]")

    # Forms may hold a field or choice called `source`; those are mappings, so only texts are names of sources.
    walk(document, "")


def _stages(document: Mapping[str, Any], scope: Scope) -> dict[str, Stage]:
    stages = {}
    for name, raw in document["stages"].items():
        waits = raw.get("waits_for")
        if waits is not None and waits not in _RELATION_LIKE:
            need_relations([waits], f"stages.{name}.waits_for", scope)
        stages[name] = Stage(
            name,
            raw["title"],
            raw["plain"],
            bool(raw.get("initial", False)),
            bool(raw.get("ending", False)),
            waits,
        )
    initial = [stage.name for stage in stages.values() if stage.initial]
    if len(initial) != 1:
        found = ", ".join(initial) or "none"
        scope.say("stages", f"exactly one stage is initial, found {found}", "mark one with initial: true")
    return stages


def _timers(document: Mapping[str, Any], scope: Scope) -> dict[str, tuple[Timer, ...]]:
    found: dict[str, list[Timer]] = {}
    for index, raw in enumerate(document.get("timers") or ()):
        path = f"timers[{index}]"
        clock, act, at = raw["clock"], raw["act"], raw["at"]
        scope.need(f"{path}.clock", "clock", clock, scope.names("clocks"))
        if scope.need(f"{path}.act", "act", act, scope.names("acts")) and "system" not in document["acts"][act]["by"]:
            scope.say(f"{path}.act", f"act '{act}' is not by the system", f"add system to acts.{act}.by")
        timer = _timer(clock, act, at, f"{path}.at", scope)
        if timer is None:
            continue
        many = found.setdefault(clock, [])
        if any(other.rung == timer.rung for other in many):
            scope.say(path, f"clock '{clock}' has a timer at {timer.rung} already")
        many.append(timer)
    return {clock: tuple(many) for clock, many in found.items()}


def _timer(clock: str, act: str, at: Any, path: str, scope: Scope) -> Timer | None:
    if at == "due":
        return Timer(clock, "due", act, lambda started_at, due_at, calendar: due_at)
    if "share" in at:
        try:
            share = Fraction(at["share"])
        except (ValueError, ZeroDivisionError):
            share = Fraction(-1)
        if not 0 < share < 1:
            scope.say(f"{path}.share", f"{at['share']!r} is no share between 0 and 1", 'write "2/3"')
            return None
        return Timer(
            clock,
            f"{share.numerator}/{share.denominator}",
            act,
            lambda started_at, due_at, calendar: share_at(started_at, due_at, share),
        )
    offset, unit = at["offset"], at["unit"]
    return Timer(
        clock, f"{offset:+d}{unit}", act, lambda started_at, due_at, calendar: shift(due_at, offset, unit, calendar)
    )


def _clock(name: str, raw: Mapping[str, Any], timers: Iterable[Timer], scope: Scope) -> ClockSpec:
    path = f"clocks.{name}"
    extension = None
    if "extension" in raw:
        one = raw["extension"]
        need_relations(one["by"], f"{path}.extension.by", scope)
        extension = ExtensionRule(
            max=compile_number(one["max"], f"{path}.extension.max", scope),
            unit=one["unit"],
            times=one.get("times", 1),
            by=frozenset(one["by"]),
            source=one["source"],
            notify=bool(one.get("notify", False)),
        )
        hourly = ("hour", "office_hour")
        if (one["unit"] in hourly or raw["unit"] in hourly) and one["unit"] != raw["unit"]:
            scope.say(f"{path}.extension.unit", f"a clock in {raw['unit']}s can't be extended by {one['unit']}s")
    exclusions = raw.get("exclusions") or {}
    scope.fields = _all_fields(scope.document)
    length = compile_number(raw["length"], f"{path}.length", scope)
    scope.fields = {}
    return ClockSpec(
        name=name,
        title=raw["title"],
        plain=raw["plain"],
        unit=raw["unit"],
        first_day=raw.get("first_day", "exclude"),
        last_day=raw.get("last_day", "forward"),
        cutoff=raw.get("cutoff", "midnight"),
        holder=raw["holder"],
        source=raw["source"],
        per_request=raw.get("per") == "request",
        extension=extension,
        exclusions={reason: one["source"] for reason, one in exclusions.items()},
        exclusion_titles={reason: one["title"] for reason, one in exclusions.items()},
        timers=tuple(timers),
        length=length,
        raw=raw,
    )


def _retention_clock(document: Mapping[str, Any], scope: Scope) -> dict[str, ClockSpec]:
    """
    Return the clock of the keeping time, where the pack lets it run: from the ending, and at its end the words go.

    PIPL art. 19: the shortest time necessary. Packs from before the clock keep none, so their old entries decide alike.
    """
    kept = document["retention"]
    if not kept.get("runs"):
        return {}
    if RETENTION in (document.get("clocks") or {}):
        scope.say(f"clocks.{RETENTION}", f"'{RETENTION}' is the engine's own clock", "give it another name")
    if kept["from"] != "ending":
        scope.say("retention.from", "a keeping time that runs begins at the ending", "from: ending")
    amount = int(kept["amount"])
    over = Timer(RETENTION, "due", RETENTION_OVER, lambda started_at, due_at, calendar: due_at)
    spec = ClockSpec(
        name=RETENTION,
        title={"zh": "保存期限", "en": "Kept until"},
        plain=kept["deletion"],
        unit=kept["unit"],
        first_day="exclude",
        last_day="none",
        cutoff="midnight",
        holder="lead",
        source=kept["source"],
        per_request=False,
        extension=None,
        exclusions={},
        exclusion_titles={},
        timers=(over,),
        length=lambda work: amount,
        raw={"title": {"zh": "保存期限", "en": "Kept until"}, "length": amount, "unit": kept["unit"]},
    )
    return {RETENTION: spec}


def _all_fields(document: Mapping[str, Any]) -> dict[str, str]:
    # A clock's length may be a field of whichever act starts it.
    found: dict[str, str] = {}
    for act in document["acts"].values():
        for one in (act.get("form") or {}).get("fields") or ():
            fact = (document.get("facts") or {}).get(one["name"], {})
            found[one["name"]] = one.get("type") or fact.get("type", "")
    return found


def _fields(raw: Mapping[str, Any], path: str, scope: Scope) -> tuple[Field, ...]:
    fields: list[Field] = []
    facts = scope.document.get("facts") or {}
    for index, one in enumerate((raw.get("form") or {}).get("fields") or ()):
        here = f"{path}.form.fields[{index}]"
        name = one["name"]
        fact = facts.get(name)
        if any(other.name == name for other in fields):
            scope.say(f"{here}.name", f"field '{name}' stands here twice")
        if name in OPENING_FIELDS and raw.get("creates"):
            scope.say(
                f"{here}.name", f"'{name}' is asked for by every opening act", "leave it out, or use another name"
            )
        if fact is None:
            lacking = [key for key in ("type", "title", "purpose") if key not in one]
            if lacking:
                hint = nearest(name, facts) if "type" in lacking else f"add {', '.join(lacking)}"
                scope.say(here, f"field '{name}' has no {', '.join(lacking)}, and no fact has that name", hint)
                continue
        elif "type" in one and one["type"] != fact["type"]:
            scope.say(f"{here}.type", f"fact '{name}' is a {fact['type']}, this field a {one['type']}")
            continue
        kind = one.get("type") or (fact or {}).get("type")
        choices = one.get("choices") or (fact or {}).get("choices")
        if kind in ("choice", "choices") and not choices:
            scope.say(here, f"field '{name}' has no choices")
        fields.append(make_field(one, fact))
        _check_begins(fields[-1], here, scope)
    return tuple(fields)


def _check_begins(field: Field, path: str, scope: Scope) -> None:
    """Note whatever a field begins with and the matter can't know, or what does not fit into it."""
    for index, one in enumerate(field.begins):
        here = f"{path}.begins[{index}]"
        facts = scope.document.get("facts") or {}
        if one.kind == "fact":
            known = {name: fact["type"] for name, fact in facts.items()}
        elif one.kind == "text":
            known = _all_fields(scope.document)
        else:
            known = dict.fromkeys(scope.names("requests"), "unit")
        if one.name and not scope.need(here, one.kind, one.name, known):
            continue
        kind = known[one.name] if one.name else "unit"
        texts = {"text", "longtext"}
        if kind != field.type and not {kind, field.type} <= texts:
            scope.say(here, f"'{one.name or one.kind}' is a {kind}, field '{field.name}' a {field.type}")


def _groups(raw: Mapping[str, Any], fields: tuple[Field, ...], path: str, scope: Scope) -> tuple[Group, ...]:
    form = raw.get("form") or {}
    if "groups" not in form:
        return ()
    found = tuple(Group(one["title"], one.get("help"), tuple(one["fields"])) for one in form["groups"])
    known = [field.name for field in fields]
    named = [name for group in found for name in group.fields]
    for at, group in enumerate(found):
        for index, name in enumerate(group.fields):
            scope.need(f"{path}.form.groups[{at}].fields[{index}]", "field", name, known)
    if set(named) <= set(known) and named != known:
        left = [name for name in known if name not in named]
        said = f"no group names {', '.join(left)}" if left else "the groups name the fields otherwise than the form"
        scope.say(f"{path}.form.groups", said, f"name each once, in this order: {', '.join(known)}")
    return found


def _act(name: str, raw: Mapping[str, Any], base: tuple[Field, ...], timed: bool, scope: Scope) -> Act:
    path = f"acts.{name}"
    if name in (PACKED, CALENDAR_PUBLISHED, ERASED_AGAIN, EXPORTED, HANDED_OVER, PREPARED, RETENTION_OVER) or name in (
        *DISCLOSURE,
        COPY_TAKEN,
    ):
        scope.say(path, f"'{name}' is an act of the engine itself", "give it another name")
    need_relations(raw["by"], f"{path}.by", scope)
    prefix = scope.document["entry_prefix"]
    if not raw["entry"].startswith(f"{prefix}."):
        scope.say(f"{path}.entry", f"'{raw['entry']}' does not start with '{prefix}.'")
    for index, stage in enumerate(raw.get("from") or ()):
        scope.need(f"{path}.from[{index}]", "stage", stage, scope.names("stages"))
    if raw.get("evidence") and raw["public_kind"] != "evidence":
        scope.say(f"{path}.public_kind", "an act that brings evidence shows as 'evidence'", "public_kind: evidence")
    on = raw.get("on")
    if on is not None:
        scope.need(f"{path}.on", "request", on, scope.names("requests"))
    about = tuple(raw.get("about") or ())
    for index, one in enumerate(about):
        scope.need(f"{path}.about[{index}]", "document", one, scope.names("documents"))
    if about and on is not None:
        scope.say(f"{path}.about", "an act is about a request or about a document, not both")
    if "notice" in raw:
        scope.need(f"{path}.notice", "notice", raw["notice"], scope.names("notices"))
    creates = bool(raw.get("creates", False))
    fields = _fields(raw, path, scope)
    groups = _groups(raw, fields, path, scope)
    if not creates and {"resident", "intake"} <= set(raw["by"]):
        own = {one.name for one in fields}
        fields += tuple(one for one in ON_BEHALF_FIELDS if one.name not in own)
    by_name = {one.name: one for one in fields}
    if creates:
        by_name = {**{one.name: one for one in base}, **by_name}
    scope.fields = {one.name: one.type for one in by_name.values()}
    scope.on = on
    scope.about = about
    when = compile_condition(raw["when"], f"{path}.when", scope) if "when" in raw else None
    for index, item in enumerate(raw.get("gate") or ()):
        if "dossier" in item:
            _check_dossier_gate(item, f"{path}.gate[{index}]", scope)
    gate = tuple(
        GateItem(
            compile_condition(item["need"], where, scope), item["title"], item.get("source"), item.get("supply"), where
        )
        for where, item in gate_items(scope.document, raw, path)
    )
    effects = raw.get("effects") or ()
    steps = compile_effects(effects, f"{path}.effects", scope)
    for where, effect in walk_effects(effects, f"{path}.effects"):
        clock = (scope.document.get("clocks") or {}).get(effect.get("start", ""))
        if clock is not None and clock.get("per") == "request" and on is None:
            scope.say(
                f"{where}.start", "a clock of a request is started by opening the request", "name it under requests"
            )
    scope.fields, scope.on, scope.about = {}, None, ()
    return Act(
        name=name,
        title=raw["title"],
        help=raw.get("help"),
        entry=raw["entry"],
        public_kind=raw["public_kind"],
        by=frozenset(raw["by"]),
        stages=frozenset(raw["from"]) if "from" in raw else None,
        when=when,
        why=raw.get("why"),
        gate=gate,
        on=on,
        about=about,
        documents=tuple((one["document"], one["do"]) for one in effects if "document" in one),
        handles=bool(raw.get("handles", False)),
        independent=bool(raw.get("independent", False)),
        evidence=bool(raw.get("evidence", False)),
        shared=bool(raw.get("shared", False)),
        bulk=bool(raw.get("bulk", False)),
        source=raw.get("source"),
        fields=fields,
        groups=groups,
        fields_by_name=by_name,
        demanding=tuple(one for one in by_name.values() if one.required or one.default is not None),
        steps=steps,
        notice=raw.get("notice"),
        told=_told(raw, fields, scope),
        creates=creates,
        timed=timed,
        opens=_children_in(effects),
        extends=tuple(effect["extend"] for effect in effects if "extend" in effect),
        raw=raw,
        second=bool(raw.get("second", False)),
        ends=any(
            scope.document["stages"].get(effect.get("stage", ""), {}).get("ending")
            for _, effect in walk_effects(effects, "")
        ),
        erases=any("erase" in effect for _, effect in walk_effects(effects, "")),
    )


def _told(raw: Mapping[str, Any], fields: Iterable[Field], scope: Scope) -> tuple[str, ...]:
    notice = (scope.document.get("notices") or {}).get(raw.get("notice", "")) or {}
    said = (notice.get("body") or {}).get("zh", "")
    return tuple(
        field.name for field in fields if field.type in ("text", "longtext") and f"{{text:{field.name}}}" in said
    )


def _children_in(effects: Iterable[Mapping[str, Any]]) -> int:
    return sum("child" in effect for _, effect in walk_effects(effects, ""))


def walk_effects(effects: Iterable[Mapping[str, Any]], path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield path and effect of every effect, those inside `when` in place of the `when` itself."""
    for index, effect in enumerate(effects):
        here = f"{path}[{index}]"
        if "when" in effect:
            yield from walk_effects(effect.get("then") or (), f"{here}.then")
            yield from walk_effects(effect.get("else") or (), f"{here}.else")
        else:
            yield here, effect


def _check_openings(acts: Mapping[str, Act], scope: Scope) -> None:
    if "submit" not in acts:
        scope.say("acts", "no act 'submit'", "add the opening act, with creates: true")
    for name, act in acts.items():
        if act.creates and name not in ("submit", "imported"):
            scope.say(f"acts.{name}.creates", "only 'submit' and 'imported' make a matter")
        if name in ("submit", "imported") and not act.creates:
            scope.say(f"acts.{name}", f"'{name}' makes the matter", "add creates: true")
        if act.creates and (act.on is not None or act.stages is not None):
            scope.say(f"acts.{name}", "an opening act has neither 'on' nor 'from'")


def moves_lead(document: Mapping[str, Any], kind: str) -> bool:
    """Return whether some act on this kind of request hands the matter to whoever was asked."""
    return any(
        effect.get("owner") == {"request": kind}
        for act in document["acts"].values()
        if act.get("on") == kind
        for _, effect in walk_effects(act.get("effects") or (), "")
    )


def _request_kind(name: str, raw: Mapping[str, Any], document: Mapping[str, Any], scope: Scope) -> RequestKind:
    clock = raw.get("clock")
    if clock is not None:
        scope.need(f"requests.{name}.clock", "clock", clock, scope.names("clocks"))
    role = raw.get("role")
    if role is not None:
        scope.need(f"requests.{name}.role", "role", role, sorted(ROLES))
    if raw.get("alone") and role is None:
        scope.say(f"requests.{name}.alone", "a request to a seat alone is to seats of one role", "add role")
    return RequestKind(
        name,
        raw["title"],
        clock,
        bool(raw.get("many", False)),
        tuple(raw["answers"]),
        moves_lead(document, name),
        role,
        bool(raw.get("alone", False)),
    )


def _child_kind(name: str, raw: Mapping[str, Any], document: Mapping[str, Any], scope: Scope) -> ChildKind:
    path = f"children.{name}"
    signals, entries = {}, {}
    given = raw.get("entry") or {}
    scope.fields = {"signal": "name", "outcome": "name", "date": "date"}
    for signal, effects in (raw.get("signals") or {}).items():
        signals[signal] = compile_effects(effects, f"{path}.signals.{signal}", scope)
        one = given.get(signal)
        if one is None:
            scope.say(f"{path}.signals.{signal}", "no entry kind for this signal", f"add entry: {{{signal}: ...}}")
            continue
        if not one["kind"].startswith(f"{document['entry_prefix']}."):
            scope.say(
                f"{path}.entry.{signal}.kind", f"'{one['kind']}' does not start with '{document['entry_prefix']}.'"
            )
        entries[signal] = (one["kind"], one["public_kind"])
    scope.fields = {}
    for signal in given:
        scope.need(f"{path}.entry.{signal}", "signal", signal, raw.get("signals") or ())
    opens = max((_children_in(effects) for effects in (raw.get("signals") or {}).values()), default=0)
    return ChildKind(name, raw["pack"], signals, entries, opens)


def _check_dossier_gate(item: Mapping[str, Any], path: str, scope: Scope) -> None:
    dossiers = scope.document.get("dossiers") or {}
    if scope.need(f"{path}.dossier", "dossier", item["dossier"], dossiers):
        known = [one["name"] for one in dossiers[item["dossier"]]["items"]]
        for index, name in enumerate(item.get("items") or ()):
            scope.need(f"{path}.items[{index}]", f"item of dossier '{item['dossier']}'", name, known)


def _dossier(name: str, raw: Mapping[str, Any], scope: Scope) -> Dossier:
    path = f"dossiers.{name}"
    items: list[DossierItem] = []
    for index, one in enumerate(raw["items"]):
        here = f"{path}.items[{index}]"
        if any(other.name == one["name"] for other in items):
            scope.say(f"{here}.name", f"item '{one['name']}' stands here twice")
        # What a file holds is the same for everybody who looks.
        for condition in (one["need"], raw.get("when")):
            if condition is not None and _names_actor(condition):
                scope.say(f"{here}.need", "what a dossier holds can't depend on who looks", "leave 'actor' out")
        need = compile_condition(one["need"], f"{here}.need", scope)
        items.append(DossierItem(one["name"], one["title"], need, one["source"], one.get("supply")))
    when = compile_condition(raw["when"], f"{path}.when", scope) if "when" in raw else None
    return Dossier(name, raw["title"], raw.get("help"), raw["source"], when, tuple(items))


def _names_actor(condition: Mapping[str, Any]) -> bool:
    if "not" in condition:
        return _names_actor(condition["not"])
    if "all" in condition or "any" in condition:
        return any(_names_actor(part) for part in condition.get("all", condition.get("any")))
    return "actor" in condition or condition.get("computed") == "asked_in_person"


_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def _check_notices(document: Mapping[str, Any], scope: Scope) -> None:
    texts = text_names(document)
    for name, notice in (document.get("notices") or {}).items():
        for part, said in notice.items():
            for language, text in said.items():
                path = f"notices.{name}.{part}.{language}"
                for word in _PLACEHOLDER.findall(text):
                    kind, _, about = word.partition(":")
                    if kind == "due" and about:
                        scope.need(path, "clock", about, scope.names("clocks"))
                    elif kind == "text" and about:
                        scope.need(path, "text", about, texts)
                    elif kind == "fact" and about:
                        scope.need(path, "fact", about, scope.names("facts"))
                    elif word not in ("number", "unit", "outcome", "stage"):
                        scope.say(
                            path,
                            f"unknown placeholder '{{{word}}}'",
                            "known are {number}, {unit}, {outcome}, {stage}, {due:CLOCK}, {text:NAME}, {fact:NAME}",
                        )


__all__ = [
    "ENGINE_PREFIXES",
    "TEXT_TYPES",
    "Act",
    "ChildKind",
    "ClockSpec",
    "Dossier",
    "DossierItem",
    "ExtensionRule",
    "GateItem",
    "Law",
    "Pack",
    "RequestKind",
    "Stage",
    "Timer",
    "resolve",
    "walk_effects",
]
