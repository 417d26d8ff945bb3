"""
Changing offices while matters go on: hand-over of a seat, succession of a closed unit, merging two units.

Units, seats and postings change by entries of the jurisdiction stream; what they have in hand moves by an entry on each
matter, through the one writer, some at a time. Stopping half way leaves nothing wrong: what has not moved yet is still
with the seat that had it, or with the heir of a seat that closed, and the next call goes on with what is left.

    OfficeError
    └── NotYours    this seat may not arrange that one
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from huajie.apps.jurisdiction import operations as jurisdiction_operations
from huajie.apps.jurisdiction.queries import snapshot
from huajie.apps.ledger.operations import Clash, Conflict
from huajie.apps.matters import loading
from huajie.apps.matters.operations import SNAPSHOT_AGE, Order, Tip, Work
from huajie.apps.offices.queries import (
    OF_UNIT,
    Held,
    Key,
    held_by_seat,
    held_by_unit,
    may_arrange,
    open_of_seats,
)
from huajie.core.access import SYSTEM, Actor
from huajie.core.jurisdiction import LEAD_ROLES, Fault, Jurisdiction, Posting, Seat, moment_text
from huajie.core.jurisdiction import Refused as ChangeRefused
from huajie.core.procedure import HANDED_OVER, Refused, Unmet

#: Matters that move in one transaction: few enough that somebody who acts meanwhile seldom meets it.
CHUNK = 50
#: Matters that one call moves unless told otherwise; the caller calls again.
MOST = 200
_LIVE = ("open", "contested")
#: Roles whose work goes to another seat with the same one: a review to a reviewer, a visit to an area worker.
ALIKE = frozenset({"reviewer", "area_worker"})


class OfficeError(Exception):
    """Something stands against the change of an office."""


class NotYours(OfficeError):
    """Neither the seat itself, nor a head above it, nor an administrator."""


@dataclass(slots=True)
class Progress:
    """How far a hand-over has come."""

    #: Matters moved by this call.
    moved: int = 0
    #: False: call again, there is more.
    done: bool = True
    #: Those that can't move, with everything that is missing: the seat taking over has a part in them, say.
    refused: list[tuple[UUID, tuple[Unmet, ...]]] = field(default_factory=list)


def change(
    changes: Sequence[Mapping[str, Any]],
    *,
    actor: Actor,
    now: datetime,
    because: Mapping[str, str] | None = None,
    using: str = "default",
) -> Jurisdiction:
    """
    Change the jurisdiction, looking at what the seats in question have in hand.

    What a seat sponsors that closes here moves to its successor by entries; what it leads, the successor answers for.

    Raises:
        NotAllowed, Refused, Conflict: as `apps/jurisdiction` says.
    """
    after = jurisdiction_operations.change(
        changes, actor=actor, now=now, because=because, using=using, **_in_hand(changes, using)
    )
    for one in changes:
        if one.get("do") == "close_seat":
            _move_sponsored(str(one["id"]), after, actor=actor, now=now, using=using)
    return after


def _move_sponsored(seat: str, jurisdiction: Jurisdiction, *, actor: Actor, now: datetime, using: str) -> None:
    """Move what a closed seat sponsors to the seat that answers for it, all of it."""
    heir = jurisdiction.answering_seat(seat)
    if heir == seat:
        return
    while True:
        mover = _Mover(actor, now, MOST, using, {"from": seat})
        mover.run(
            lambda after: held_by_seat(seat, relations=("sponsor",), after=after, limit=CHUNK, using=using),
            lambda held: heir,
        )
        if mover.progress.done or not mover.progress.moved:
            return


def try_change(
    changes: Sequence[Mapping[str, Any]],
    *,
    actor: Actor,
    now: datetime,
    newcomers: frozenset[str] = frozenset(),
    using: str = "default",
) -> jurisdiction_operations.Trial:
    """Return what a change would do and everything that speaks against it; nothing is written."""
    return jurisdiction_operations.try_change(
        changes, actor=actor, now=now, newcomers=newcomers, using=using, **_in_hand(changes, using)
    )


def _in_hand(changes: Sequence[Mapping[str, Any]], using: str) -> dict[str, Any]:
    """Return what the seats that these changes are about have in hand, as `apps/jurisdiction` takes it."""
    jurisdiction = snapshot(using=using)
    seats: set[str] = set()
    for one in changes:
        if not isinstance(one, Mapping):
            continue
        for name in ("id", "seat"):
            if isinstance(one.get(name), str) and one[name] in jurisdiction.seats:
                seats.add(one[name])
        if one.get("do") == "close_unit" and isinstance(one.get("id"), str):
            seats |= {row.id for row in jurisdiction.seats.group(one["id"])}
    return {
        "open_matters_by_seat": open_of_seats(seats, using=using),
        "sponsored_by_seat": open_of_seats(seats, relations=("sponsor",), using=using),
    }


def arrange(
    changes: Sequence[Mapping[str, Any]], *, actor: Actor, now: datetime, using: str = "default"
) -> Jurisdiction:
    """
    Plan or end the absence of a seat's holder, as the seat itself, a head above it or an administrator.

    Raises:
        NotYours: somebody else, or another kind of change.
        Refused: with everything that speaks against it.
    """
    for one in changes:
        if one.get("do") not in ("plan_absence", "end_absence") or not may_arrange(actor, one["seat"], using=using):
            raise NotYours(str(one.get("seat")))
    return jurisdiction_operations.change(
        changes,
        actor=SYSTEM,
        ordered_by=actor,
        now=now,
        using=using,
        **_in_hand(changes, using),
    )


def hand_over(
    seat: str,
    *,
    to: str | None = None,
    topics: Mapping[str, str] | None = None,
    streams: Collection[UUID] | None = None,
    actor: Actor,
    now: datetime,
    limit: int = MOST,
    using: str = "default",
) -> Progress:
    """
    Move what a seat has in hand to other seats of its unit: whole, by topic, or one by one.

    Args:
        seat: code of the seat that lets go.
        to: code of the seat that takes everything that `topics` doesn't name; None leaves the rest.
        topics: topic -> seat; a topic stands for those under it too.
        streams: only these matters, to `to`.
        actor: the seat itself, a head above it, or an administrator; stands in each entry as who ordered it.
        now: aware UTC.
        limit: matters moved by this call, at most.
    Raises:
        NotYours: somebody else.
        ChangeRefused: a seat that can't take them; every fault at once.
    """
    if not may_arrange(actor, seat, using=using):
        raise NotYours(seat)
    jurisdiction = snapshot(using=using)
    chosen = dict(topics or {})
    _check_targets(jurisdiction, seat, [*chosen.values(), *([to] if to is not None else [])], now)

    def target(held: Held) -> str | None:
        if streams is not None:
            return to if held.stream in streams else None
        for topic in (held.topic, *jurisdiction.topic_ancestors(held.topic or None)):
            if topic in chosen:
                return chosen[topic]
        return to

    mover = _Mover(actor, now, limit, using, {"from": seat})
    mover.run(lambda after: held_by_seat(seat, after=after, limit=CHUNK, using=using), target)
    # Requests stand under the unit: those addressed to this seat are picked out of what is loaded anyhow.
    unit = jurisdiction.seats[seat].unit
    mover.run(lambda after: held_by_unit(unit, "asked", after=after, limit=CHUNK, using=using), target)
    return mover.progress


def _check_targets(jurisdiction: Jurisdiction, seat: str, targets: Sequence[str], now: datetime) -> None:
    home = jurisdiction.seats[seat].unit
    unit = jurisdiction.answering_unit(home)
    faults = [] if targets else [Fault("missing", "to")]
    for code in sorted(set(targets)):
        row = jurisdiction.seats.get(code)
        if row is None:
            faults.append(Fault("unknown", code, (("seat", code),)))
            continue
        if not row.active or code == seat:
            faults.append(Fault("closed", code, (("seat", code),)))
        if row.unit != unit:
            faults.append(Fault("seat-elsewhere", code, (("seat", code), ("unit", unit))))
        if not row.roles & (LEAD_ROLES | {"sponsor"} | (jurisdiction.seats[seat].roles & ALIKE)):
            faults.append(Fault("not-lead-capable", code, (("seat", code),)))
        if not jurisdiction.occupied(code, now):
            faults.append(Fault("vacant", code, (("seat", code),)))
    if faults:
        raise ChangeRefused(faults)


def succeed(unit: str, *, actor: Actor, now: datetime, limit: int = MOST, using: str = "default") -> Progress:
    """
    Move what a closed unit has in hand to the unit that took it over: what it leads, what it was asked, where it helps,
    what one of its leaders sponsors.

    Each matter goes to the seat that answers for the one that had it. What concerns the unit taking over goes up
    instead. Entries made before keep the old name.

    Args:
        unit: code of a closed unit with a successor.
        actor: an administrator; stands in each entry as who ordered it.
    Raises:
        NotYours: somebody else.
        ChangeRefused: the unit is not closed, or nobody took it over.
    """
    jurisdiction_operations.must_change(actor)
    jurisdiction = snapshot(using=using)
    row = jurisdiction.units.get(unit)
    heir = jurisdiction.answering_unit(unit) if row is not None else unit
    if row is None or row.active or heir == unit:
        raise ChangeRefused([Fault("needs-successor", unit, (("unit", unit),))])
    fallback = jurisdiction.default_seat(heir, now)

    def target_of(tip: Tip) -> str | None:
        state = tip.state
        assert state is not None
        asked = [one.seat for one in state.requests.values() if one.unit == unit and one.state in _LIVE and one.seat]
        for code in ([state.seat] if state.unit == unit else []) + asked:
            answering = jurisdiction.seats.get(jurisdiction.answering_seat(code))
            if answering is not None and answering.active and answering.unit == heir and answering.roles & LEAD_ROLES:
                return answering.id
        return fallback

    def sponsoring(tip: Tip) -> dict[str, str]:
        """Name the seat that goes on sponsoring: the one that answers for the leader's, else any that can."""
        state = tip.state
        assert state is not None
        if state.sponsor is None or state.sponsor["unit"] != unit:
            return {}
        answering = jurisdiction.answering_seat(state.sponsor["seat"])
        others = (row.id for row in jurisdiction.seats_of_unit(heir))
        for code in (answering, *others):
            row = jurisdiction.seats[code]
            if row.active and row.unit == heir and "sponsor" in row.roles and jurisdiction.occupied(code, now):
                return {"sponsor_to": code}
        return {}

    mover = _Mover(actor, now, limit, using, {"from_unit": unit}, more=sponsoring)
    for relation in OF_UNIT:
        mover.run(
            lambda after, relation=relation: held_by_unit(unit, relation, after=after, limit=CHUNK, using=using),
            lambda held: "",
            target_of=target_of,
        )
    return mover.progress


class _Mover:
    """Moves matters page by page; whoever acts meanwhile comes first, and the matter is looked at again."""

    def __init__(
        self,
        actor: Actor,
        now: datetime,
        limit: int,
        using: str,
        given: Mapping[str, str],
        *,
        more: Callable[[Tip], dict[str, str]] = lambda tip: {},
    ) -> None:
        self.now = now
        self.more = more
        self.limit = limit
        self.using = using
        self.given = {**given, "ordered_by": {"person": actor.person, "seat": actor.seat}}
        self.progress = Progress()
        self.seen: set[UUID] = set()

    def run(self, page: Any, target: Any, *, target_of: Any = None) -> None:
        """Move what these pages hold, as far as the limit goes."""
        after: Key | None = None
        while True:
            if self.progress.moved >= self.limit:
                self.progress.done = False
                return
            rows: list[Held] = page(after)
            if not rows:
                return
            after = rows[-1].key
            wanted = {row.stream: target(row) for row in rows if row.stream not in self.seen}
            wanted = {stream: to for stream, to in wanted.items() if to is not None}
            room = self.limit - self.progress.moved
            if len(wanted) > room:
                wanted, self.progress.done = dict(list(wanted.items())[:room]), False
            self.seen |= set(wanted)
            tips = loading.load_many(list(wanted), using=self.using)
            self._move(
                [(tip, target_of(tip) if target_of is not None else wanted[tip.stream]) for tip in tips.values()]
            )

    def _has_something(self, tip: Tip) -> bool:
        state = tip.state
        assert state is not None
        if "from_unit" in self.given:
            return True
        seat = self.given["from"]
        return (
            state.seat == seat
            or any(one.seat == seat and one.state in _LIVE for one in state.requests.values())
            or (state.sponsor is not None and state.sponsor["seat"] == seat)
        )

    def _move(self, pairs: Iterable[tuple[Tip, str | None]]) -> None:
        pairs = [(tip, to) for tip, to in pairs if self._has_something(tip)]
        try:
            moved, refused = self._try(pairs)
        except (Conflict, Clash):
            snapshot(using=self.using)
            moved, refused = 0, []
            for tip, to in pairs:
                one = self._alone(tip.stream, to)
                moved, refused = moved + one[0], refused + one[1]
        self.progress.moved += moved
        self.progress.refused += refused

    def _alone(self, stream: UUID, to: str | None) -> tuple[int, list[tuple[UUID, tuple[Unmet, ...]]]]:
        for last in (False, False, False, True):
            tip = loading.load(stream, using=self.using)
            if tip is None or not self._has_something(tip):
                return 0, []
            try:
                return self._try([(tip, to)])
            except (Conflict, Clash):
                snapshot(using=self.using)
                if last:
                    # busy: it stays where it is, and the next call finds it there
                    self.progress.done = False
        return 0, []

    def _try(self, pairs: Sequence[tuple[Tip, str | None]]) -> tuple[int, list[tuple[UUID, tuple[Unmet, ...]]]]:
        work = Work(self.using, snapshot(using=self.using, max_age=SNAPSHOT_AGE))
        moved, refused = 0, []
        for tip, to in pairs:
            try:
                inputs = {**self.given, "to": to, **self.more(tip)}
                work.act(tip, Order(act=HANDED_OVER, inputs=inputs), actor=SYSTEM, now=self.now)
                moved += 1
            except Refused as error:
                refused.append((tip.stream, error.unmet))
        work.commit()
        return moved, refused


# Merging --------------------------------------------------------------------------------------------------------------


def merge_changes(jurisdiction: Jurisdiction, unit: str, into: str, *, now: datetime) -> list[dict[str, Any]]:
    """
    Return the changes by which one unit is taken over by another: seats, postings, remits, subordinate units, settings.

    The seats stand again in the unit taking over, with the same people on them; the old ones close in their favour.

    Raises:
        ChangeRefused: there is no such unit, or one of them is closed.
    """
    old, heir = jurisdiction.units.get(unit), jurisdiction.units.get(into)
    faults = [
        Fault("unknown" if row is None else "closed", code, (("unit", code),))
        for code, row in ((unit, old), (into, heir))
        if row is None or not row.active
    ]
    if unit == into:
        faults.append(Fault("cycle", unit, (("unit", unit),)))
    if faults:
        raise ChangeRefused(faults)
    changes: list[dict[str, Any]] = []
    seats: dict[str, str] = {}
    for seat in jurisdiction.seats_of_unit(unit):
        code = seats[seat.id] = _fresh_code(jurisdiction, seat, into, set(seats.values()))
        changes.append(
            {"do": "set_seat", "id": code, "unit": into, "title": seat.title.plain(), "roles": sorted(seat.roles)}
        )
        changes += [_again(row, code, now) for row in jurisdiction.postings.group(seat.id) if _lasts(row, now)]
    for remit in jurisdiction.remits.group(unit):
        if remit.to_at is None or remit.to_at > now:
            changes.append(
                {
                    "do": "set_remit",
                    "id": remit.id,
                    "unit": into,
                    "seat": seats.get(remit.seat or ""),
                    "topics": list(remit.topics),
                    "regions": list(remit.regions),
                    "power": remit.power,
                    "pack": remit.pack,
                    "priority": remit.priority,
                    "from_at": moment_text(remit.from_at),
                    "to_at": moment_text(remit.to_at) if remit.to_at is not None else None,
                }
            )
    for child in jurisdiction.unit_children(unit):
        if child.active and child.id != into:
            changes.append(
                {
                    "do": "set_unit",
                    "id": child.id,
                    "parent": into,
                    "name": child.name.plain(),
                    "region": child.region,
                    "can_decide": child.can_decide,
                    "kind": child.kind,
                }
            )
    settings = jurisdiction.settings
    named = {settings.backstop_unit, settings.intake_unit}
    if unit in named or set(settings.pool) & set(seats):
        changes.append(
            {
                "do": "set_settings",
                "backstop_unit": into if settings.backstop_unit == unit else settings.backstop_unit,
                "backstop_seat": seats.get(settings.backstop_seat or "", settings.backstop_seat),
                "intake_unit": into if settings.intake_unit == unit else settings.intake_unit,
                "intake_seat": seats.get(settings.intake_seat or "", settings.intake_seat),
                "pool": [seats.get(code, code) for code in settings.pool],
                "conflict_days": settings.conflict_days,
            }
        )
    changes.append({"do": "close_unit", "id": unit, "successor": into, "seats": seats})
    return changes


def _fresh_code(jurisdiction: Jurisdiction, seat: Seat, into: str, taken: set[str]) -> str:
    last = seat.id.rpartition(".")[2]
    code = base = f"s.{into.partition('.')[2]}.{last}"[:56]
    number = 2
    while code in jurisdiction.seats or code in taken:
        code = f"{base}-{number}"
        number += 1
    return code


def _lasts(row: Posting, now: datetime) -> bool:
    return row.to_at is None or row.to_at > now


def _again(row: Posting, seat: str, now: datetime) -> dict[str, Any]:
    return {
        "do": "start_posting",
        "seat": seat,
        "person": row.person,
        "kind": row.kind,
        "from_at": moment_text(max(row.from_at, now)),
        "to_at": moment_text(row.to_at) if row.to_at is not None else None,
    }


def merge_units(unit: str, into: str, *, actor: Actor, now: datetime, using: str = "default") -> Jurisdiction:
    """
    Have one unit taken over by another, in one entry; `succeed` then moves what it has in hand.

    From this entry on the unit taking over answers for everything: a closed unit's matters are its successor's.

    Raises:
        NotAllowed, Refused, Conflict: as `apps/jurisdiction` says.
    """
    changes = merge_changes(snapshot(using=using), unit, into, now=now)
    return change(changes, actor=actor, now=now, using=using)
