"""
What the rows of a matter must be, computed from its folded state and from nothing else.

The writer stores the difference between `project(before)` and `project(after)`; `huajie verify` compares
`project(state)` with what stands in the tables. One function, so that the two can't disagree about what a row means.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from huajie.apps.ledger.tables import TableSpec, register_table
from huajie.core.access import NEVER, View, party_rows
from huajie.core.ledger import moment
from huajie.core.procedure import State

#: states of a document that is not given out yet
UNSIGNED = frozenset({"draft", "countersigned"})
#: stands for "no date" in columns that lists page by
FAR = NEVER

MATTER = register_table(
    TableSpec(
        "matters_matter",
        {
            "id": "uuid",
            "number": "text",
            "case_ref": "text",
            "pack": "text",
            "pack_hash": "text",
            "n": "int",
            "head": "bytes",
            "head_mac": "bytes",
            "state": "text",
            "stage": "text",
            "open": "bool",
            "unit": "text",
            "seat": "text",
            "topic": "text",
            "region": "text",
            "mode": "text",
            "channel": "text",
            "sensitivity": "text",
            "received_at": "moment",
            "recorded_at": "moment",
            "changed_at": "moment",
            "due_at": "moment",
            "handoffs": "int",
            "outcome": "text",
            "parent": "uuid",
            "imported": "bool",
        },
        key=("id",),
    )
)
PARTY = register_table(
    TableSpec(
        "matters_party",
        {
            "matter": "uuid",
            "unit": "text",
            "relation": "text",
            "seat": "text",
            "sensitivity": "text",
            "open": "bool",
            "due_at": "moment",
        },
        key=("matter", "relation", "unit"),
    )
)
CLOCK = register_table(
    TableSpec(
        "matters_clock",
        {
            "matter": "uuid",
            "key": "text",
            "name": "text",
            "k": "int",
            "started_at": "moment",
            "due_at": "moment",
            "status": "text",
            "provisional": "bool",
            "ended_at": "moment",
            "unit": "text",
        },
        key=("matter", "key"),
    )
)
TIMER = register_table(
    TableSpec(
        "matters_timer", {"matter": "uuid", "timer": "text", "act": "text", "at": "moment"}, key=("matter", "timer")
    )
)
TEXT = register_table(
    TableSpec(
        "matters_text",
        {"matter": "uuid", "n": "int", "name": "text", "body": "text", "grams": "text"},
        key=("matter", "n", "name"),
    )
)
OPENING = register_table(
    TableSpec(
        "matters_opening",
        {
            "matter": "uuid",
            "n": "int",
            "at": "moment",
            "what": "text",
            "purpose": "text",
            "unit": "text",
            "seat": "text",
        },
        key=("matter", "n"),
    )
)

#: columns of the matter's own row that follow from its state; the others (number, case_ref, head, head_mac,
#: changed_at) follow from its entries
STATE_COLUMNS = (
    "pack",
    "pack_hash",
    "n",
    "stage",
    "open",
    "unit",
    "seat",
    "topic",
    "region",
    "mode",
    "channel",
    "sensitivity",
    "received_at",
    "recorded_at",
    "due_at",
    "handoffs",
    "outcome",
    "parent",
    "imported",
)


@dataclass(slots=True)
class Rows:
    """Every projection row of one matter, by table, by key within the matter."""

    #: values of STATE_COLUMNS, in that order
    matter: tuple[Any, ...]
    #: (unit, relation) -> (seat, sensitivity, open, due_at)
    party: dict[tuple[str, str], tuple[str | None, str, bool, datetime]]
    #: key -> (name, k, started_at, due_at, status, provisional, ended_at, unit)
    clock: dict[str, tuple[Any, ...]]
    #: timer -> (act, at)
    timer: dict[str, tuple[str, datetime]]
    #: number of the entry -> (at, what, purpose, unit, seat) of what the vault was opened for
    opening: dict[int, tuple[Any, ...]]


@lru_cache(maxsize=65536)
def as_moment(text: str) -> datetime:
    """Read a stamp of an entry; the same few thousand moments come again and again."""
    return moment(text)


def due_of(state: State) -> datetime:
    """
    Return the earliest moment by which an office must act, FAR if there is none or the matter is not open.

    A resident's time to ask for more is not among them: that it passes makes nobody late.
    """
    if not state.open:
        return FAR
    due = min(
        (clock.due_at for clock in state.clocks.values() if clock.status == "running" and clock.holder != "resident"),
        default=None,
    )
    return as_moment(due) if due is not None else FAR


def project(state: State) -> Rows:
    """Return every row that a matter in this state must have."""
    due_at = due_of(state)
    is_open = state.open
    party = {
        (unit, relation): (seat, state.sensitivity, is_open, due_at)
        for unit, relation, seat in party_rows(view_of(state, ""))
    }
    whose = {request.clock: request.unit for request in state.requests.values() if request.clock is not None}
    clocks = {
        key: (
            clock.name,
            clock.k,
            as_moment(clock.started_at),
            as_moment(clock.due_at),
            clock.status,
            clock.provisional,
            as_moment(clock.ended_at) if clock.ended_at else None,
            whose.get(key),
        )
        for key, clock in state.clocks.items()
    }
    timers = {name: (timer.act, as_moment(timer.at)) for name, timer in state.timers.items()}
    return Rows(
        matter=(
            state.pack_name,
            state.pack,
            state.n,
            state.stage,
            is_open,
            state.unit,
            state.seat,
            state.topic,
            state.region,
            state.mode,
            state.channel,
            state.sensitivity,
            as_moment(state.received_at),
            as_moment(state.recorded_at),
            due_at,
            state.counts.get("handoffs", 0),
            state.outcome["value"] if state.outcome else None,
            UUID(state.parent["stream"]) if state.parent else None,
            state.imported,
        ),
        party=party,
        clock=clocks,
        timer=timers,
        opening={n: (as_moment(at), *rest) for n, at, *rest in state.openings},
    )


def view_of(state: State, stream: str) -> View:
    """Return what core/access reads of a matter."""
    asked: dict[str, set[str]] = {}
    alone: dict[str, set[str]] = {}
    for request in state.requests.values():
        if request.state in ("open", "contested") and request.unit:
            if not request.alone:
                asked.setdefault(request.kind, set()).add(request.unit)
            elif request.seat:
                alone.setdefault(request.kind, set()).add(request.seat)
    return View(
        id=stream,
        lead_unit=state.unit,
        lead_seat=state.seat,
        sensitivity=state.sensitivity,
        open=state.open,
        supporting=frozenset(state.parties.get("supporting", ())),
        asked={kind: frozenset(units) for kind, units in asked.items()},
        asked_alone={kind: frozenset(seats) for kind, seats in alone.items()},
        superior=state.superior,
        sponsor_unit=state.sponsor["unit"] if state.sponsor is not None else None,
        sponsor_seat=state.sponsor["seat"] if state.sponsor is not None else None,
        part_of=state.part_of,
        intake_unit=state.intake_unit,
        reviewers=frozenset(child.unit for child in state.children.values() if child.state == "open"),
        parent_lead=state.parent["unit"] if state.parent else None,
        concerned=frozenset(state.concerned),
        recused=frozenset(state.recused),
        handled_by=frozenset(state.handled_by),
        approved=frozenset(person for person, row in state.access.items() if row["state"] == "approved"),
        prepared=frozenset(kept["seat"] for kept in state.prepared.values() if kept["state"] == "open"),
        unsigned=any(one.state in UNSIGNED for one in state.documents.values()),
        unmatched=state.unmatched,
        pool=state.pool,
        mode=state.mode,
    )
