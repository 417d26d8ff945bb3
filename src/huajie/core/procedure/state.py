"""
What is known of one matter: the fold of its entries, and nothing else.

A `State` is used as a value: `fold` and `decide` copy it and replace what changes. The records inside (`ClockState`,
`RequestState`, ...) are never changed in place, so copies share them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from huajie.core.procedure.errors import BadState

#: Requests that still wait for somebody.
LIVE = ("open", "contested")


@dataclass(slots=True)
class ClockState:
    """One instance of a clock."""

    #: Name of the clock in the pack.
    name: str
    #: Number over the whole matter, from 1: the public log calls it `c<k>`.
    k: int
    #: Stamp; its local day is day 0 or day 1, as the clock says.
    started_at: str
    #: Stamp, exclusive: a step at this very moment is late.
    due_at: str
    #: Last local date in time, `YYYY-MM-DD`; None for clocks in hours.
    last_date: str | None
    #: A calendar that is not published yet may still move it.
    provisional: bool
    #: `running`, `met` or `stopped`. Lateness is compared, never stored.
    status: str
    #: Stamp; None while running.
    ended_at: str | None
    #: Length at the start, without extensions, in `unit`.
    length: int
    unit: str
    #: [[amount, unit], ...] in the order granted.
    extensions: list[list[Any]]
    #: [[from stamp, to stamp, reason], ...]; the end is exclusive.
    excluded: list[list[str]]
    #: Who must act: `lead`, `asked`, `superior`, or `resident`, whose time to ask is nobody's delay when it is over.
    holder: str = "lead"

    def copy(self) -> ClockState:
        """Return a copy that may be changed, lists excepted."""
        return ClockState(
            self.name,
            self.k,
            self.started_at,
            self.due_at,
            self.last_date,
            self.provisional,
            self.status,
            self.ended_at,
            self.length,
            self.unit,
            self.extensions,
            self.excluded,
            self.holder,
        )

    def to_document(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "name": self.name,
            "k": self.k,
            "started_at": self.started_at,
            "due_at": self.due_at,
            "last_date": self.last_date,
            "provisional": self.provisional,
            "status": self.status,
            "ended_at": self.ended_at,
            "length": self.length,
            "unit": self.unit,
            "extensions": self.extensions,
            "excluded": self.excluded,
            "holder": self.holder,
        }


@dataclass(slots=True)
class TimerState:
    """An act that the system does when a moment comes."""

    act: str
    #: Stamp.
    at: str

    def to_document(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"act": self.act, "at": self.at}


@dataclass(slots=True)
class RequestState:
    """A question put to somebody."""

    #: Name in the pack: `transfer`.
    kind: str
    #: `open`, `accepted`, `refused`, `contested`, `withdrawn`, `lapsed` or `done`.
    state: str
    #: Addressee; both None when it is the resident.
    unit: str | None
    seat: str | None
    #: Stamp.
    opened_at: str
    #: Unit from which it was asked; None when a resident or the system did.
    opened_by_unit: str | None
    #: Fields kept with it: typed values; for a text `{"n": number of the entry that brought it}`.
    data: dict[str, Any]
    #: Key of its clock, or None.
    clock: str | None
    #: Stamp of the newest answer, or None.
    answered_at: str | None = None
    #: Once contested: the unit that decides, the common superior or the backstop.
    decider: str | None = None
    #: Put to the seat alone: its unit does not see the matter by it. Stands in the document only where it is so.
    alone: bool = False

    def copy(self) -> RequestState:
        """Return a copy that may be changed, `data` excepted."""
        return RequestState(
            self.kind,
            self.state,
            self.unit,
            self.seat,
            self.opened_at,
            self.opened_by_unit,
            self.data,
            self.clock,
            self.answered_at,
            self.decider,
            self.alone,
        )

    def to_document(self) -> dict[str, Any]:
        """Return the JSON form."""
        document: dict[str, Any] = {
            "kind": self.kind,
            "state": self.state,
            "unit": self.unit,
            "seat": self.seat,
            "opened_at": self.opened_at,
            "opened_by_unit": self.opened_by_unit,
            "data": self.data,
            "clock": self.clock,
            "answered_at": self.answered_at,
            "decider": self.decider,
        }
        if self.alone:
            document["alone"] = True
        return document


@dataclass(slots=True)
class ChildState:
    """A matter with its own owner, opened from this one."""

    #: Name in the pack: `review`.
    kind: str
    #: Its stream, uuid hex.
    stream: str
    unit: str
    #: `open` or `done`.
    state: str
    #: What it told with its newest signal, or None.
    outcome: str | None
    #: The newest signal, or None.
    signal: str | None = None

    def to_document(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "kind": self.kind,
            "stream": self.stream,
            "unit": self.unit,
            "state": self.state,
            "outcome": self.outcome,
            "signal": self.signal,
        }


@dataclass(slots=True)
class DocumentState:
    """One version of a document that leaves, or left, the office. Its words stand in entry `n`, committed there."""

    #: Name in the pack: `opinion`.
    kind: str
    #: `draft`, `countersigned`, `issued`, `sealed`, `served`, `withdrawn`, or `replaced` by a newer version unsigned.
    state: str
    #: Number of the entry that brought its words.
    n: int
    #: Who drafted it, a person as `handled_by` names them.
    by: str | None = None
    #: [[level, person], ...]: who countersigned these very words, in order; the level counts the pack's list from 0.
    signed: list[list[Any]] = field(default_factory=list)
    #: Stamp.
    issued_at: str | None = None
    #: Number of the entry that brought the sealed scan.
    scan: int | None = None
    #: How it was served, the local date on which it reached, the fields that prove it and the entry that brought them.
    way: str | None = None
    date: str | None = None
    proof: list[str] = field(default_factory=list)
    served_n: int | None = None

    def copy(self) -> DocumentState:
        """Return a copy that may be changed, lists excepted."""
        return replace(self)

    def to_document(self) -> dict[str, Any]:
        """Return the JSON form; what isn't there yet is left out."""
        found: dict[str, Any] = {"kind": self.kind, "state": self.state, "n": self.n}
        for name in ("by", "signed", "issued_at", "scan", "way", "date", "proof", "served_n"):
            value = getattr(self, name)
            if value:
                found[name] = value
        return found


def _counts() -> dict[str, int]:
    return {"handoffs": 0, "objections": 0, "reopenings": 0, "extensions": 0}


@dataclass(slots=True)
class State:
    """One matter as its first `n` entries leave it. Moments are stamps (`core/ledger`), values canonical JSON."""

    #: Entries folded so far.
    n: int = 0
    #: Hash of the resolved pack, its name, hash of the calendar of the newest entry that names one.
    pack: str = ""
    pack_name: str = ""
    calendar: str = ""
    stage: str = ""
    open: bool = True
    #: `open`, `confidential` or `anonymous`.
    mode: str = "open"
    channel: str = ""
    #: Codes; empty when nobody knows.
    topic: str = ""
    region: str = ""
    #: `ordinary`, `sealed` or `minor`.
    sensitivity: str = "ordinary"
    #: When it reached the government; when its first entry was recorded.
    received_at: str = ""
    recorded_at: str = ""
    #: The one lead unit and the one seat answerable.
    unit: str = ""
    seat: str = ""
    #: The unit that brought it in.
    intake_unit: str | None = None
    #: The unit above the lead unit when it became lead.
    superior: str | None = None
    #: Relation -> units, besides the lead.
    parties: dict[str, list[str]] = field(default_factory=dict)
    #: Units and persons that the matter is about; persons who stepped aside; persons who handled it.
    concerned: list[str] = field(default_factory=list)
    recused: list[str] = field(default_factory=list)
    handled_by: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    #: Name -> number of the newest entry that brought it.
    texts: dict[str, int] = field(default_factory=dict)
    clocks: dict[str, ClockState] = field(default_factory=dict)
    #: `clock key|rung` -> what fires; not fired yet, of running clocks only.
    timers: dict[str, TimerState] = field(default_factory=dict)
    #: `clock key|due|rung` of those that fired.
    fired: list[str] = field(default_factory=list)
    requests: dict[str, RequestState] = field(default_factory=dict)
    children: dict[str, ChildState] = field(default_factory=dict)
    #: {"stream", "key", "unit"} of the matter above, or None.
    parent: dict[str, str] | None = None
    #: {"value", "at"}: three separate facts, each None until known.
    outcome: dict[str, str] | None = None
    fulfilment: dict[str, str] | None = None
    verdict: dict[str, str] | None = None
    counts: dict[str, int] = field(default_factory=_counts)
    #: Streams of other matters.
    links: list[str] = field(default_factory=list)
    #: Came from another system, with what that system knew.
    imported: bool = False
    #: No rule said where it goes: it waits in the intake queue.
    unmatched: bool = False
    #: It was handled, and nobody else in the lead unit could verify it: the cross-unit pool may.
    pool: bool = False
    #: {"unit", "seat", "at"} of the leader answerable for a hard case, or None. It says nothing about whether anybody
    #: complained again: no such fact exists.
    sponsor: dict[str, str] | None = None
    #: Stream of the matter that leads the problem which this one is a part of, as its resident confirmed, or None.
    part_of: str | None = None
    #: Persons who handled the matter that this one reviews, its answer included: they take no part in deciding it.
    below: list[str] = field(default_factory=list)
    #: Key (`opinion#1`, then `opinion#2` for its next version) -> one version of a document, in the order drafted.
    documents: dict[str, DocumentState] = field(default_factory=dict)
    #: Number of a participant -> what they said of it, in a joint matter; `verdict` is the least favourable of these.
    said: dict[str, str] = field(default_factory=dict)
    #: Number of a participant -> version of their secret, where it was given anew; 1 where it stands nowhere.
    secrets: dict[str, int] = field(default_factory=dict)
    #: `prepared#1` -> {"act", "target", "person", "seat", "leader", "n", "at", "state": open | done}: what a secretary
    #: has prepared for whoever holds the seat to do.
    prepared: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: [[number of the entry, stamp, what, purpose, unit, seat], ...] of what the vault was opened for.
    openings: list[list[Any]] = field(default_factory=list)
    #: For a minor's file: uuid hex of a person -> {"state", "unit", "seat", "at", "until", "by"}; `state` is asked,
    #: approved, refused, revoked or expired.
    access: dict[str, dict[str, str]] = field(default_factory=dict)

    def copy(self) -> State:
        """Return a copy whose attributes may be replaced; what they hold is shared and must not be changed."""
        new = _new(State)
        new.n = self.n
        new.pack = self.pack
        new.pack_name = self.pack_name
        new.calendar = self.calendar
        new.stage = self.stage
        new.open = self.open
        new.mode = self.mode
        new.channel = self.channel
        new.topic = self.topic
        new.region = self.region
        new.sensitivity = self.sensitivity
        new.received_at = self.received_at
        new.recorded_at = self.recorded_at
        new.unit = self.unit
        new.seat = self.seat
        new.intake_unit = self.intake_unit
        new.superior = self.superior
        new.parties = self.parties
        new.concerned = self.concerned
        new.recused = self.recused
        new.handled_by = self.handled_by
        new.facts = self.facts
        new.texts = self.texts
        new.clocks = self.clocks
        new.timers = self.timers
        new.fired = self.fired
        new.requests = self.requests
        new.children = self.children
        new.parent = self.parent
        new.outcome = self.outcome
        new.fulfilment = self.fulfilment
        new.verdict = self.verdict
        new.counts = self.counts
        new.links = self.links
        new.imported = self.imported
        new.unmatched = self.unmatched
        new.pool = self.pool
        new.sponsor = self.sponsor
        new.part_of = self.part_of
        new.below = self.below
        new.documents = self.documents
        new.said = self.said
        new.secrets = self.secrets
        new.prepared = self.prepared
        new.openings = self.openings
        new.access = self.access
        return new

    def to_document(self) -> dict[str, Any]:
        """Return the JSON form; it shares lists and dicts with the state, so don't change it."""
        document: dict[str, Any] = {
            "n": self.n,
            "pack": self.pack,
            "pack_name": self.pack_name,
            "calendar": self.calendar,
            "stage": self.stage,
            "open": self.open,
            "mode": self.mode,
            "channel": self.channel,
            "topic": self.topic,
            "region": self.region,
            "sensitivity": self.sensitivity,
            "received_at": self.received_at,
            "recorded_at": self.recorded_at,
            "unit": self.unit,
            "seat": self.seat,
            "intake_unit": self.intake_unit,
            "superior": self.superior,
            "parties": self.parties,
            "concerned": self.concerned,
            "recused": self.recused,
            "handled_by": self.handled_by,
            "facts": self.facts,
            "texts": self.texts,
            "clocks": {key: clock.to_document() for key, clock in self.clocks.items()},
            "timers": {key: timer.to_document() for key, timer in self.timers.items()},
            "fired": self.fired,
            "requests": {key: request.to_document() for key, request in self.requests.items()},
            "children": {key: child.to_document() for key, child in self.children.items()},
            "parent": self.parent,
            "outcome": self.outcome,
            "fulfilment": self.fulfilment,
            "verdict": self.verdict,
            "counts": self.counts,
            "links": self.links,
            "imported": self.imported,
            "unmatched": self.unmatched,
            "pool": self.pool,
        }
        # Younger than the first states on disk: there only where there is something to say.
        if self.sponsor is not None:
            document["sponsor"] = self.sponsor
        if self.part_of is not None:
            document["part_of"] = self.part_of
        if self.below:
            document["below"] = self.below
        if self.documents:
            document["documents"] = {key: one.to_document() for key, one in self.documents.items()}
        if self.said:
            document["said"] = self.said
        if self.secrets:
            document["secrets"] = self.secrets
        if self.prepared:
            document["prepared"] = self.prepared
        if self.openings:
            document["openings"] = self.openings
        if self.access:
            document["access"] = self.access
        return document

    @property
    def participants(self) -> int:
        """Return how many brought it together; 1 for most matters."""
        found = self.facts.get("participants", 1)
        return found if isinstance(found, int) else 1

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> State:
        """
        Return the state that `to_document` wrote; it shares lists and dicts with the document.

        Raises:
            BadState: a field that a state does not have, or one missing inside a record.
        """
        try:
            state = cls(**document)
            state.clocks = {key: ClockState(**value) for key, value in document.get("clocks", {}).items()}
            state.timers = {key: TimerState(**value) for key, value in document.get("timers", {}).items()}
            state.requests = {key: RequestState(**value) for key, value in document.get("requests", {}).items()}
            state.children = {key: ChildState(**value) for key, value in document.get("children", {}).items()}
            state.documents = {key: DocumentState(**value) for key, value in document.get("documents", {}).items()}
        except (TypeError, AttributeError) as error:
            raise BadState(f"not a state: {error}") from error
        return state


_new = object.__new__


def in_order(clocks: dict[str, ClockState]) -> list[tuple[str, ClockState]]:
    """Return the clocks in the order in which they were started, however the state was read."""
    return sorted(clocks.items(), key=lambda pair: pair[1].k)


def whose(state: State, key: str) -> tuple[str, str | None] | None:
    """
    Return unit and seat who must act while a clock runs, and whose delay it is once it is late; None: the resident's.

    What was asked of a supporting unit counts against that unit, never against the lead.
    """
    clock = state.clocks[key]
    if clock.holder == "lead":
        return state.unit, state.seat
    if clock.holder == "asked":
        for request in state.requests.values():
            if request.clock == key and request.unit is not None:
                return request.unit, request.seat
        return None
    if clock.holder == "superior":
        return (state.superior, None) if state.superior is not None else None
    if clock.holder == "parent_lead" and state.parent is not None:
        return state.parent["unit"], None
    if clock.holder == "sponsor" and state.sponsor is not None:
        return state.sponsor["unit"], state.sponsor["seat"]
    return None


def newest_clock(state: State, name: str) -> tuple[str, ClockState] | None:
    """Return key and instance of the clock of that name that was started last, or None."""
    found: tuple[str, ClockState] | None = None
    for key, clock in state.clocks.items():
        if clock.name == name and (found is None or clock.k > found[1].k):
            found = key, clock
    return found


def newest_request(state: State, kind: str, states: tuple[str, ...] | None = None) -> str | None:
    """Return the key of the newest request of a kind (in one of those states, if given), or None."""
    found, best = None, 0
    for key, request in state.requests.items():
        if request.kind == kind and (states is None or request.state in states):
            number = int(key.rpartition("#")[2])
            if number > best:
                found, best = key, number
    return found


def newest_document(state: State, kind: str) -> str | None:
    """Return the key of the newest version of a document, or None."""
    found, best = None, 0
    for key, one in state.documents.items():
        if one.kind == kind:
            number = int(key.rpartition("#")[2])
            if number > best:
                found, best = key, number
    return found
