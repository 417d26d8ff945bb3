"""
Where each matter stands, in one row: kept up with the matters by a worker, never by the act itself.

`case_of` reads a state and what its entries say that the state forgets (when an office last acted, when it first
ended). Whoever looks a moment too early sees the row of a moment ago; the board says as of when.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connections

from huajie.apps.jurisdiction import queries as jurisdiction_queries
from huajie.apps.ledger.operations import Changes, TableSpec, commit_changes, register_table
from huajie.apps.matters import loading
from huajie.apps.matters.projection import FAR, as_moment, due_of
from huajie.apps.procedure import force
from huajie.apps.supervision import choices
from huajie.core.clocks import Calendar, CalendarGap, shift
from huajie.core.procedure import Pack, State
from huajie.core.supervision import GRAVITY, Ladders, rungs, soon_at

CASE = register_table(
    TableSpec(
        "supervision_case",
        {
            "matter": "uuid",
            "n": "int",
            "open": "bool",
            "sensitivity": "text",
            "pack": "text",
            "stage": "text",
            "unit": "text",
            "seat": "text",
            "region": "text",
            "topic": "text",
            "about": "uuid",
            "addressee": "text",
            "gravity": "int",
            "recorded_at": "moment",
            "ended_at": "moment",
            "acted_at": "moment",
            "stuck_at": "moment",
            "soon_at": "moment",
            "due_at": "moment",
            "plan_at": "moment",
            "waits": "text",
            "handoffs": "int",
            "reopenings": "int",
            "contested": "bool",
            "sponsored": "bool",
            "unmatched": "bool",
            "provisional": "bool",
        },
        key=("matter",),
    )
)
WATCH = register_table(
    TableSpec(
        "supervision_watch",
        {
            "matter": "uuid",
            "clock": "text",
            "unit": "text",
            "region": "text",
            "started_at": "moment",
            "due_at": "moment",
            "next_at": "moment",
        },
        key=("matter", "clock"),
    )
)

#: The pack of slips: its matters are about another matter.
SLIPS = "cn.supervision"
#: Requests that are promised pieces of work.
_STEPS = frozenset({"plan_step"})
_WAITS = {"lead": "lead", "lead_seat": "lead", "lead_head": "lead", "resident": "resident", "verifier": "verifier"}


@dataclass(frozen=True, slots=True)
class Past:
    """What the entries of a matter say and its state does not."""

    acted_at: datetime | None = None
    ended_at: datetime | None = None

    def after(self, body: Mapping[str, Any]) -> "Past":
        """Return what is known after one more entry."""
        at = as_moment(body["occurred"] if body.get("occurred") else body["at"])
        acted = at if body["actor"]["kind"] == "seat" and body.get("act") else self.acted_at
        ended = self.ended_at
        if ended is None and any(effect["e"] == "ended" for effect in body["effects"]):
            ended = at
        return replace(self, acted_at=acted, ended_at=ended)


def waits_for(state: State, pack: Pack) -> str:
    """Return for whom an open matter waits: lead, asked, superior, verifier, resident or other."""
    live = [request for request in state.requests.values() if request.state in ("open", "contested")]
    if any(request.state == "contested" for request in live):
        return "superior"
    if any(request.unit is None for request in live):
        return "resident"
    if any(request.unit != state.unit for request in live):
        return "asked"
    if state.pool:
        return "verifier"
    stage = pack.stages.get(state.stage)
    said = stage.waits_for if stage is not None else None
    if said in ("superior", "superior_head"):
        return "superior"
    return _WAITS.get(said or "lead", "other")


def _later(at: datetime, workdays: int, calendar: Calendar) -> datetime:
    try:
        return shift(at, workdays, "workday", calendar)
    except CalendarGap:
        # brought in from a time before any calendar: long past in any case
        return at


def case_of(
    stream: UUID, state: State, past: Past, pack: Pack, calendar: Calendar, ladders: Ladders
) -> tuple[Any, ...]:
    """Return the row of a matter in the order of CASE."""
    recorded_at = as_moment(state.recorded_at)
    acted_at = past.acted_at or recorded_at
    due_at = due_of(state)
    running = [clock for clock in state.clocks.values() if clock.status == "running"]
    soon = FAR
    if due_at < FAR:
        first = min(
            (clock for clock in running if as_moment(clock.due_at) == due_at), key=lambda clock: clock.started_at
        )
        started_at = as_moment(first.started_at)
        soon = soon_at(ladders.at(started_at), started_at=started_at, due_at=due_at)
    steps = {request.clock for request in state.requests.values() if request.kind in _STEPS and request.state == "open"}
    plan = min((as_moment(state.clocks[key].due_at) for key in steps if key in state.clocks), default=FAR)
    is_slip = state.pack_name == SLIPS and state.parent is not None
    return (
        stream,
        state.n,
        state.open,
        state.sensitivity,
        state.pack_name,
        state.stage,
        state.unit,
        state.seat,
        state.region,
        state.topic,
        UUID(state.parent["stream"]) if is_slip and state.parent else None,
        state.parent["unit"] if is_slip and state.parent else "",
        GRAVITY.get(state.facts.get("slip_level", ""), 0) if is_slip else 0,
        recorded_at,
        past.ended_at,
        acted_at,
        _later(acted_at, ladders.at(acted_at).stuck_workdays, calendar) if state.open else FAR,
        soon,
        due_at,
        plan if state.open else FAR,
        waits_for(state, pack) if state.open else "",
        state.counts.get("handoffs", 0),
        state.counts.get("reopenings", 0),
        state.open and (state.stage == "contested" or any(one.state == "contested" for one in state.requests.values())),
        state.sponsor is not None,
        state.open and state.unmatched,
        state.open and any(clock.provisional for clock in running),
    )


def watches_of(
    stream: UUID, state: State, calendar: Calendar, ladders: Ladders, reached: frozenset[tuple[str, datetime, str]]
) -> list[tuple[Any, ...]]:
    """
    Return a row, in the order of WATCH, for each running clock of the lead unit; FAR where it has climbed all.

    Slips have a ladder of their own inside their pack; sealed matters and those about minors are nobody's list.

    Args:
        reached: clock, due moment and rung of what stands in the record already.
    """
    if not state.open or state.sensitivity != "ordinary" or state.pack_name == SLIPS:
        return []
    found = []
    for key, clock in state.clocks.items():
        if clock.status != "running" or clock.holder != "lead":
            continue
        started_at, due_at = as_moment(clock.started_at), as_moment(clock.due_at)
        try:
            ahead = [
                at
                for rung, at in rungs(ladders.at(started_at), started_at=started_at, due_at=due_at, calendar=calendar)
                if (key, due_at, rung) not in reached
            ]
        except CalendarGap:
            continue
        found.append((stream, key, state.unit, state.region, started_at, due_at, min(ahead, default=FAR)))
    return found


def refresh(*, limit: int = 500, using: str = "default") -> int:
    """
    Bring the rows of matters that moved up to them.

    Returns:
        How many were behind; with `limit` there may be more.
    """
    behind = _behind(limit, using)
    if not behind:
        return 0
    tips = loading.load_many(behind, using=using, lenient=True)
    pasts = _pasts(tips, using)
    reached = reached_rungs(tips, using=using)
    ladders = choices.ladders(using=using)
    jurisdiction = jurisdiction_queries.snapshot(using=using)
    _, calendars = force.calendars(using=using)
    changes = Changes()
    rows, watches = [], []
    for stream, tip in tips.items():
        state = tip.state
        if state is None:
            continue
        calendar = force.calendar_for(tip.pack.calendar, state.region, jurisdiction, calendars)
        rows.append(case_of(stream, state, pasts.get(stream, Past()), tip.pack, calendar, ladders))
        watches += watches_of(stream, state, calendar, ladders, reached.get(stream, frozenset()))
    with connections[using].cursor() as cursor:
        marks = ", ".join(["%s"] * len(tips))
        cursor.execute(
            f"DELETE FROM supervision_watch WHERE matter IN ({marks})",
            [loading.db_uuid(using, stream) for stream in tips],
        )
    changes.upsert(CASE, rows)
    changes.upsert(WATCH, watches)
    commit_changes(changes, using=using)
    return len(behind)


def _behind(limit: int, using: str) -> list[UUID]:
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT m.id FROM matters_matter m LEFT JOIN supervision_case c ON c.matter = m.id"
            f" WHERE c.n IS NULL OR c.n <> m.n ORDER BY m.id LIMIT {int(limit)}"
        )
        return [loading.as_uuid(row[0]) for row in cursor.fetchall()]


def _pasts(streams: Iterable[UUID], using: str) -> dict[UUID, Past]:
    """Return what the rows know already, with what the entries since say."""
    wanted = [loading.db_uuid(using, stream) for stream in streams]
    marks = ", ".join(["%s"] * len(wanted))
    found: dict[UUID, Past] = {}
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"SELECT matter, acted_at, ended_at FROM supervision_case WHERE matter IN ({marks})",
            wanted,
        )
        for matter, acted_at, ended_at in cursor.fetchall():
            known = Past(loading.aware(acted_at), loading.aware(ended_at) if ended_at is not None else None)
            found[loading.as_uuid(matter)] = known
        cursor.execute(
            "SELECT e.stream, e.body FROM ledger_entry e LEFT JOIN supervision_case c ON c.matter = e.stream"
            f" WHERE e.stream IN ({marks}) AND e.n > COALESCE(c.n, 0) ORDER BY e.stream, e.n",
            wanted,
        )
        for stream, body in cursor.fetchall():
            key = loading.as_uuid(stream)
            found[key] = found.get(key, Past()).after(json.loads(bytes(body)))
    return found


def reached_rungs(
    streams: Iterable[UUID], *, using: str = "default"
) -> dict[UUID, frozenset[tuple[str, datetime, str]]]:
    """Return clock, due moment and rung of everything recorded, by matter."""
    wanted = [loading.db_uuid(using, stream) for stream in streams]
    if not wanted:
        return {}
    marks = ", ".join(["%s"] * len(wanted))
    found: dict[UUID, set[tuple[str, datetime, str]]] = {}
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"SELECT matter, clock, due_at, rung FROM supervision_rung WHERE matter IN ({marks})",
            wanted,
        )
        for matter, clock, due_at, rung in cursor.fetchall():
            key = loading.as_uuid(matter)
            found.setdefault(key, set()).add((clock, loading.aware(due_at), rung))
    return {key: frozenset(value) for key, value in found.items()}
