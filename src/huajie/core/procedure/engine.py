"""
`decide`: what follows from an act, or everything that is missing for it. `standing`: the same question for every act.

A decision is made on a copy of the state. Effects are applied one after another by the very functions that `fold` uses,
so the state that comes out is what folding the entries gives. What the engine keeps, whatever a pack says:

- the matter has one lead unit that can decide and one seat on which somebody sits who may handle it;
- who is concerned or stepped aside can do nothing, and is told nothing else;
- an ending has an outcome, stops every clock that ran before it and lapses every open request;
- nothing happens in the future, nor before the matter was received;
- a refusal names everything that is missing, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from huajie.core.access import DENIALS, SYSTEM, Actor
from huajie.core.clocks import Calendar, ClockError, local_date, working_days_between
from huajie.core.jurisdiction import LEAD_ROLES, SENSITIVITIES, Jurisdiction, Seat, clear_seat, is_conflicted
from huajie.core.ledger import moment, stamp
from huajie.core.procedure.common import COMMON_FACTS, ENDING_WITH_IT, FIELD, GAP_WORKDAYS, INTAKE_FACTS
from huajie.core.procedure.conditions import has_verifier
from huajie.core.procedure.disclosure import DECIDERS, TIMER
from huajie.core.procedure.documents import IT, STEP_FROM, check_step
from huajie.core.procedure.errors import Refused, Unmet
from huajie.core.procedure.forms import audience_of, check_inputs
from huajie.core.procedure.messages import words
from huajie.core.procedure.pack import Act, Dossier, DossierItem, GateItem, Pack
from huajie.core.procedure.rights import decide_copy, entry_of, take_in
from huajie.core.procedure.scope import (
    CALENDAR_PUBLISHED,
    COPY_TAKEN,
    DISCLOSURE,
    ERASED_AGAIN,
    EXPORTED,
    FACTS,
    HANDED_OVER,
    PACKED,
    PREPARED,
    PREPARED_SCAN,
    RETENTION,
    RETENTION_OVER,
    SIGNAL,
    nearest,
)
from huajie.core.procedure.state import LIVE, State, in_order, newest_document, newest_request
from huajie.core.procedure.steps import (
    UNMATCHED,
    answer_request,
    check_extension,
    moved,
    own,
    recount,
    route_owner,
    run,
    start_clock,
    stop_clock,
)
from huajie.core.procedure.supervising import SLIP, slip_entry, take_in_slip
from huajie.core.procedure.work import ChildOrder, Command, Draft, Signal, Work

#: How far a clock of somebody's device may be ahead.
GRACE: Final = timedelta(minutes=5)
#: Sent to the parent when a child ends without having told it so.
ENDED: Final = "ended"


@dataclass(slots=True)
class Decision:
    """What is to be written, all in one transaction."""

    #: The act's own entry first, then one for each change of a clock.
    entries: tuple[Draft, ...]
    #: The fold of those entries.
    state: State
    opens: tuple[ChildOrder, ...]
    signals: tuple[Signal, ...]
    #: Key under the pack's notices, or None.
    notice: str | None


@dataclass(frozen=True, slots=True)
class ActStanding:
    """One act as it stands for one actor now."""

    act: str
    #: Key of the request or document that it would be about, if any.
    target: str | None
    #: Everything missing; empty means possible (its form still has to be filled in).
    unmet: tuple[Unmet, ...]

    @property
    def possible(self) -> bool:
        """Return whether nothing but the form's own fields is missing."""
        return not self.unmet


def decide(
    pack: Pack,
    state: State | None,
    command: Command,
    *,
    jurisdiction: Jurisdiction,
    calendar: Calendar,
    now: datetime,
) -> Decision:
    """
    Return what an act changes.

    Args:
        pack: the pack that the matter is under; for the act `packed` the one that it moves to.
        state: the matter as it stands; None for an opening act. It is not changed.
        command: who wants what, with the relations that `core/access` computed.
        jurisdiction, calendar: the snapshots that the decision uses.
        now: aware, the moment of recording; not before the newest entry's.
    Raises:
        Refused: everything that is missing.
        ValueError: the state is under another pack, or the command lacks a stream for a child: the caller's mistake.
    """
    if command.act == PACKED:
        return _decide_packed(pack, state, command, jurisdiction, calendar, now)
    if state is not None and state.pack != pack.hash:
        raise ValueError(f"the matter is under pack {state.pack}, not {pack.hash}")
    if command.act == SIGNAL:
        return _decide_signal(pack, state, command, jurisdiction, calendar, now)
    own_act = _OWN.get(command.act)
    if own_act is not None:
        if state is None:
            raise Refused([Unmet("stage", command.act, words("not-yet"))])
        return own_act(pack, state, command, jurisdiction, calendar, now)
    act = pack.acts.get(command.act)
    if act is None:
        hint = {"act": command.act, "hint": nearest(command.act, pack.acts)}
        raise Refused([Unmet("unknown-act", command.act, words("unknown-act"), None, hint)])
    return _decide_act(pack, act, state, command, jurisdiction, calendar, now)


def standing(
    pack: Pack,
    state: State,
    actor: Actor,
    relations: frozenset[str],
    *,
    jurisdiction: Jurisdiction,
    calendar: Calendar,
    now: datetime,
    stages: bool = True,
) -> tuple[ActStanding, ...]:
    """
    Return every act that is for this actor, possible or with everything that is missing, in the order of the pack.

    An act about requests stands here once for each request that waits. The form's own fields count as filled in.

    Args:
        relations: how the actor stands to the matter, from `core/access`.
        stages: False leaves out acts of other stages.
    """
    if is_denied(state, actor, relations):
        return ()
    found: list[ActStanding] = []
    for act in pack.acts.values():
        if act.creates or act.by.isdisjoint(relations):
            continue
        if not stages and not _in_stage(pack, act, state):
            continue
        for target, work in _works(pack, act, state, actor, relations, jurisdiction, calendar, now):
            _check(work, pack, act)
            _check_document(work, act)
            for clock in act.extends:
                check_extension(work, clock)
            found.append(ActStanding(act.name, target, tuple(work.unmet)))
    return tuple(found)


def _works(
    pack: Pack,
    act: Act,
    state: State,
    actor: Actor,
    relations: frozenset[str],
    jurisdiction: Jurisdiction,
    calendar: Calendar,
    now: datetime,
) -> Iterator[tuple[str | None, Work]]:
    """Yield what an act would begin with if it were done now: once, or once for each thing that it may be about."""
    now_stamp = stamp(now)
    texts = frozenset(field.name for field in act.fields if field.is_text)
    command = Command(act=act.name, actor=actor, relations=relations, texts=texts, occurred_at=now)
    targets: Iterable[str | None] = (None,)
    if act.on is not None:
        targets = [
            key for key, request in state.requests.items() if request.kind == act.on and request.state in LIVE
        ] or (None,)
    elif act.about:
        targets = _documents_for(act, state) or (None,)
    elif act.documents and act.documents[0][1] != "draft":
        # The version that the form is about: whoever signs another one than they saw is told so.
        targets = (newest_document(state, act.documents[0][0]),)
    for target in targets:
        work = Work(pack, state, command, jurisdiction, calendar, now, now_stamp, now, now_stamp)
        if act.on is not None:
            if target is None:
                _no_request(work, act, None)
            else:
                work.request = target
                work.relations = _relations_to(work, relations)
        elif act.about:
            if target is None:
                _no_document(work, act, None)
            else:
                work.document = target
        elif target is not None:
            work.document = target
        yield target, work


@dataclass(frozen=True, slots=True)
class DossierItemStanding:
    """One item of a dossier as a matter stands now."""

    item: DossierItem
    #: It is there.
    met: bool


@dataclass(frozen=True, slots=True)
class DossierStanding:
    """A dossier that a matter must have, item by item in the order of the pack."""

    dossier: Dossier
    items: tuple[DossierItemStanding, ...]

    @property
    def complete(self) -> bool:
        """Return whether every item is there."""
        return all(one.met for one in self.items)


def dossiers(
    pack: Pack, state: State, *, jurisdiction: Jurisdiction, calendar: Calendar, now: datetime
) -> tuple[DossierStanding, ...]:
    """
    Return the dossiers that this matter must have, each item met or missing; the same for everybody who looks.

    A dossier whose `when` does not hold is not asked of the matter and left out.
    """
    if not pack.dossiers:
        return ()
    stamped = stamp(now)
    command = Command(act="", actor=SYSTEM, occurred_at=now)
    work = Work(pack, state, command, jurisdiction, calendar, now, stamped, now, stamped)
    return tuple(
        DossierStanding(one, tuple(DossierItemStanding(item, item.need.holds(work)) for item in one.items))
        for one in pack.dossiers.values()
        if one.when is None or one.when.holds(work)
    )


@dataclass(frozen=True, slots=True)
class GateStanding:
    """One thing that an act of the stage needs in the file, as a matter stands now."""

    act: str
    item: GateItem
    #: It is there.
    met: bool


def gates(
    pack: Pack, state: State, *, jurisdiction: Jurisdiction, calendar: Calendar, now: datetime
) -> tuple[GateStanding, ...]:
    """
    Return what the acts of this stage need in the file, in the order of the pack; the same for everybody who looks.

    What an act's own form brings counts as there; an act about several requests lacks what one of them lacks.
    """
    found: dict[tuple[str, str], GateStanding] = {}
    for act in pack.acts.values():
        if not act.gate or act.creates or not _in_stage(pack, act, state):
            continue
        for _, work in _works(pack, act, state, SYSTEM, act.by, jurisdiction, calendar, now):
            for item in act.gate:
                known = found.get((act.name, item.path))
                if known is None or known.met:
                    found[act.name, item.path] = GateStanding(act.name, item, item.need.holds(work))
    return tuple(found.values())


def is_denied(state: State, actor: Actor, relations: frozenset[str] = frozenset()) -> bool:
    """Return whether the matter concerns the actor, or did where they sat, or the actor stepped aside."""
    if not relations.isdisjoint(DENIALS):
        return True
    if state.concerned:
        concerned = state.concerned
        if not actor.denials.isdisjoint(concerned) or actor.person in concerned or actor.unit in concerned:
            return True
    return bool(state.recused) and actor.person is not None and actor.person in state.recused


def command_of(body: Mapping[str, Any], *, actor: Actor, relations: frozenset[str]) -> Command:
    """
    Return the command that led to an entry: the body of a draft that is an act's own, not a clock's.

    Whoever decides it again brings the actor and the relations, computed as they were then.
    """
    given = dict(body["input"])
    target, owner = given.pop("@target", None), given.pop("@owner", None)
    parent, children = given.pop("@parent", None), given.pop("@children", ())
    masked = given.pop("@masked", {})
    return Command(
        act=body["act"],
        actor=actor,
        relations=relations,
        inputs=given,
        # `@facts` comes of the sealing, not of whoever acted
        texts=frozenset(name for name, _ in body["texts"] if name != FACTS),
        occurred_at=moment(body["occurred"]),
        target=target,
        owner=owner,
        parent=parent,
        children=tuple(children),
        stream=body.get("stream", ""),
        masked=masked,
    )


# One act


def _decide_act(
    pack: Pack,
    act: Act,
    state: State | None,
    command: Command,
    jurisdiction: Jurisdiction,
    calendar: Calendar,
    now: datetime,
) -> Decision:
    now_stamp = stamp(now)
    occurred_stamp = stamp(command.occurred_at)
    actor = command.actor
    if state is None:
        if not act.creates:
            raise Refused([Unmet("stage", act.name, words("not-yet"))])
        new = State(pack=pack.hash, recorded_at=now_stamp)
    else:
        if is_denied(state, actor, command.relations):
            word = "recused" if actor.person in state.recused else "concerned"
            raise Refused([Unmet("concerned", act.name, words(word))])
        if act.creates:
            raise Refused([Unmet("stage", act.name, words("exists"))])
        new = state.copy()
    new.calendar = calendar.hash
    work = Work(pack, new, command, jurisdiction, calendar, now, now_stamp, command.occurred_at, occurred_stamp)
    fits = _find_target(work, act)
    _check_moments(work, now, state)
    values, faults = check_inputs(
        act, command.inputs, command.texts, jurisdiction=jurisdiction, audience=audience_of(actor)
    )
    if faults:
        work.unmet.extend(faults)
        fits = False
    work.inputs = values
    n = new.n + 1
    if command.texts:
        new.texts = new.texts | dict.fromkeys(command.texts, n)
    new.n = n
    if act.creates and fits:
        fits = _open(work)
    _check(work, pack, act)
    if not fits:
        return _refuse(work, act, state)
    try:
        if act.timed and command.target is not None and work.command.target in new.timers:
            work.emit({"e": "fired", "timer": command.target})
        if act.handles:
            for person in (actor.person, actor.on_behalf):
                if person is not None and person not in new.handled_by:
                    work.emit({"e": "handled", "person": person})
        if act.creates and not any("owner" in effect for effect in act.raw.get("effects") or ()):
            # Never unowned: a pack that names no owner leaves it to the jurisdiction.
            route_owner(work, f"acts.{act.name}")
        run(act.steps, work)
        if new.prepared:
            _confirm_prepared(work)
        _finish(work, state, ending_path=f"acts.{act.name}")
    except ClockError as error:
        work.miss("field-invalid", "occurred_at", words("clock-uncountable"), values={"reason": str(error)})
    if work.unmet:
        return _refuse(work, act, state)
    return _decision(work, act.entry, act.public_kind, act.notice)


def _refuse(work: Work, act: Act, state: State | None) -> Decision:
    """
    Raise Refused, unless it is the system at a timer that has come: then the moment passes and is recorded as such.

    A timer whose act is no longer possible (another stage, an answered request) must not be tried for ever.
    """
    command = work.command
    timer = state.timers.get(command.target) if state is not None and command.target is not None else None
    if (
        state is None
        or timer is None
        or timer.act != act.name
        or timer.at > work.now_stamp
        or "system" not in command.relations
        or any(item.code.startswith("occurred") or item.code == "relation" for item in work.unmet)
    ):
        raise Refused(work.unmet)
    passed = _own_work(work.pack, state, command, work.jurisdiction, work.calendar, work.now)
    passed.inputs = {}
    passed.emit({"e": "fired", "timer": command.target})
    return _decision(passed, f"{work.pack.entry_prefix}.timer-passed", "note", None)


def _find_target(work: Work, act: Act) -> bool:
    """Find the request or timer that the act is about; return False when there is none."""
    command, state = work.command, work.state
    target = command.target
    if target is not None and "|" in target:
        timer = state.timers.get(target)
        if timer is None or timer.act != act.name:
            work.miss("timer-unknown", "target", words("timer-unknown"), values={"timer": target})
            return False
        if timer.at > work.now_stamp:
            work.miss("timer-early", "target", words("timer-early"), values={"timer": target, "at": timer.at})
            return False
        # The timer of a request's clock is about that request.
        target = target.rpartition("|")[0].partition("#")[2]
        target = target if target in state.requests else None
    elif act.timed and command.actor.kind == "system":
        work.miss("timer-unknown", "target", words("timer-unknown"), values={"timer": target})
        return False
    if act.about:
        return _find_document(work, act, target)
    if act.on is None:
        if target is not None and any(step != "draft" for _, step in act.documents):
            # Which version somebody had before them: a newer one has to be looked at first.
            work.document = target if target in state.documents else None
        return True
    key = target if target is not None else newest_request(state, act.on, LIVE)
    request = state.requests.get(key) if key is not None else None
    if request is None or request.kind != act.on or request.state not in LIVE:
        _no_request(work, act, key)
        return False
    work.request = key
    work.relations = _relations_to(work, command.relations)
    return True


def _documents_for(act: Act, state: State) -> list[str]:
    """Return the newest versions of the documents that the act is about, where its first step can be done."""
    first = act.documents[0][1] if act.documents else None
    found = []
    for kind in act.about:
        key = newest_document(state, kind)
        if key is not None and (first is None or state.documents[key].state in STEP_FROM[first]):
            found.append(key)
    return found


def _find_document(work: Work, act: Act, target: str | None) -> bool:
    waiting = _documents_for(act, work.state)
    if target is None and len(waiting) == 1:
        target = waiting[0]
    if target not in waiting:
        _no_document(work, act, target)
        return False
    work.document = target
    return True


def _no_document(work: Work, act: Act, key: str | None) -> None:
    titles = [work.pack.documents[kind].title for kind in act.about]
    several = key is None and len(_documents_for(act, work.state)) > 1
    said = words(
        "document-which" if several else f"document-no-{act.documents[0][1] if act.documents else 'serve'}",
        zh="、".join(title["zh"] for title in titles),
        en=", ".join(title["en"] for title in titles),
    )
    work.miss("document", "target", said, act.source, {"documents": list(act.about), "target": key})


def _check_document(work: Work, act: Act) -> None:
    """Note what forbids the first document step of an act, before its form is filled in."""
    if not act.documents or (act.about and work.document is None):
        return
    kind, step = act.documents[0]
    if kind == IT:
        assert work.document is not None
        kind = work.state.documents[work.document].kind
    if step != "draft" or act.documents[1:] != ((kind, "issue"),):
        check_step(work, work.pack.documents[kind], step, f"acts.{act.name}")


def _relations_to(work: Work, relations: frozenset[str]) -> frozenset[str]:
    # `asked` says that some request is addressed to the actor's unit; for this act it has to be this one.
    assert work.request is not None
    request, actor = work.state.requests[work.request], work.actor
    if actor.kind != "seat" or request.unit is None or not any(name.startswith("asked") for name in relations):
        return relations
    if request.unit == actor.unit or request.unit in actor.answers:
        return relations
    return frozenset(name for name in relations if not name.startswith("asked"))


def _no_request(work: Work, act: Act, key: str | None) -> None:
    assert act.on is not None
    said = words("request-unknown", **work.pack.requests[act.on].title)
    work.miss("request-unknown", "target", said, values={"kind": act.on, "target": key})


def _check_moments(work: Work, now: datetime, state: State | None) -> None:
    latest = stamp(now + GRACE)
    if work.occurred_stamp > latest:
        work.miss("occurred-in-future", "occurred_at", words("occurred-in-future"), values={"at": work.occurred_stamp})
    elif state is not None and not state.imported and work.occurred_stamp < state.received_at:
        values = {"at": work.occurred_stamp, "received_at": state.received_at}
        work.miss("occurred-before", "occurred_at", words("occurred-before"), values=values)


def _in_stage(pack: Pack, act: Act, state: State) -> bool:
    return state.stage in act.stages if act.stages is not None else state.open


def _check(work: Work, pack: Pack, act: Act) -> None:
    """Note everything but the form that keeps the actor from the act now."""
    state = work.state
    if act.by.isdisjoint(work.relations):
        work.miss("relation", f"acts.{act.name}.by", words("relation"), act.source, {"by": sorted(act.by)})
    if not act.creates and not _in_stage(pack, act, state):
        if act.stages is None:
            work.miss("closed", f"acts.{act.name}", words("closed"), act.source, {"stage": state.stage})
        else:
            here = pack.stages[state.stage].title
            wanted = [pack.stages[name].title for name in pack.stages if name in act.stages]
            said = words(
                "stage",
                stage=here["zh"],
                stage_en=here["en"],
                wanted="、".join(title["zh"] for title in wanted),
                wanted_en=", ".join(title["en"] for title in wanted),
            )
            values = {"stage": state.stage, "from": sorted(act.stages)}
            work.miss("stage", f"acts.{act.name}.from", said, act.source, values)
    if act.independent and work.actor.person is not None and work.actor.person in state.handled_by:
        work.miss("handled", f"acts.{act.name}.independent", words("handled"), act.source)
    if state.below and _handled_below(work) and act.by.isdisjoint(work.relations & _FROM_BELOW):
        work.miss("handled", f"acts.{act.name}.by", words("handled-below"), act.source)
    if act.creates and act.by & work.relations == {"area_worker"}:
        _check_field(work)
    if act.second and work.request is not None and work.actor.person is not None:
        if state.requests[work.request].data.get("person") == work.actor.person:
            work.miss("second-person", f"acts.{act.name}.by", words("second-person"), act.source)
    if act.ends and work.actor.kind == "resident" and state.participants > 1:
        said = words("joint", participants=state.participants)
        work.miss("joint", f"acts.{act.name}", said, act.source, {"participants": state.participants})
    if act.when is not None and not act.when.holds(work):
        work.miss("when", f"acts.{act.name}.when", act.why or words("when"), act.source)
    for item in act.gate:
        if not item.need.holds(work):
            supply = {"supply": item.supply} if item.supply is not None else None
            work.miss("gate", item.path.removesuffix(".need"), item.title, item.source, supply)


#: What somebody who handled the matter below still is to its review; everything else would make them its judge.
_FROM_BELOW = frozenset({"parent_lead", "resident", "dpo", "archivist"})


def _handled_below(work: Work) -> bool:
    people = (work.actor.person, work.actor.on_behalf)
    return any(person is not None and person in work.state.below for person in people)


def _check_field(work: Work) -> None:
    """Note where an area worker brings in what is not theirs: they come by one channel, in the region they serve."""
    state, jurisdiction = work.state, work.jurisdiction
    if state.channel != FIELD:
        work.miss("field-invalid", "input.channel", words("field-channel"), values={"channel": state.channel})
    unit = jurisdiction.units.get(work.actor.unit)
    around = (state.region, *jurisdiction.region_ancestors(state.region)) if state.region else ()
    if unit is None or unit.region not in around:
        work.miss("field-invalid", "input.region", words("field-region"), values={"region": state.region})


def _open(work: Work) -> bool:
    """Put the opening into the work; return False when what it needs isn't there."""
    pack, command, inputs = work.pack, work.command, work.inputs
    mode = inputs.get("mode")
    if mode is None:
        work.miss("field-missing", "input.mode", words("field-missing", zh="提交方式", en="Mode"))
        return False
    received_at = inputs.get("received_at") or work.occurred_stamp
    if received_at > stamp(work.now + GRACE):
        work.miss("occurred-in-future", "input.received_at", words("occurred-in-future"), values={"at": received_at})
        return False
    if received_at > work.occurred_stamp and received_at > stamp(work.occurred + GRACE):
        values = {"at": work.occurred_stamp, "received_at": received_at}
        work.miss("occurred-before", "occurred_at", words("occurred-before"), values=values)
        return False
    topic, region = inputs.get("topic") or "", inputs.get("region") or ""
    parent = command.parent
    work.emit(
        {
            "e": "opened",
            "pack_name": pack.name,
            "mode": mode,
            "channel": inputs["channel"],
            "topic": topic,
            "region": region,
            "sensitivity": max(
                _strictest(pack, work.jurisdiction, topic),
                (parent or {}).get("sensitivity") or "ordinary",
                key=SENSITIVITIES.index,
            ),
            "received_at": received_at,
            "intake_unit": work.actor.unit,
            "parent": {key: parent[key] for key in ("stream", "key", "unit")} if parent is not None else None,
        }
    )
    work.emit({"e": "stage", "to": pack.initial})
    _taken_in(work, received_at)
    if command.actor.kind == "import":
        work.emit({"e": "imported", "source": inputs.get("source") or inputs["channel"]})
    if parent is not None:
        for who in parent.get("concerned", ()):
            work.emit({"e": "concerned", "who": who})
        for person in parent.get("recused", ()):
            work.emit({"e": "recused", "person": person})
        for person in parent.get("below", ()):
            work.emit({"e": "below", "person": person})
        if command.owner is not None and command.owner == parent["unit"]:
            # Nobody reviews their own decision.
            work.miss("no-reviewer", "owner", words("no-reviewer"), values={"unit": command.owner})
    return True


def gap_workdays(received_at: datetime, now: datetime, calendar: Calendar) -> int:
    """
    Return how many working days passed from coming in to being written down: 0 on the same day.

    What came in before the calendar begins counts every day from Monday to Friday: it is late in any case.
    """
    first, last = local_date(received_at, calendar), local_date(now, calendar)
    if last <= first:
        return 0
    try:
        return working_days_between(first, last, calendar)
    except ClockError:
        days = (last - first).days
        return days // 7 * 5 + sum((first + timedelta(days=extra)).weekday() < 5 for extra in range(1, days % 7 + 1))


def _taken_in(work: Work, received_at: str) -> None:
    """Keep how the matter was taken in for somebody, and ask why it was written down late where it was."""
    inputs = work.inputs
    gap = inputs.get("gap_workdays")
    if gap is not None:
        counted = gap_workdays(moment(received_at), work.now, work.calendar)
        if gap != counted:
            work.miss("field-invalid", "input.gap_workdays", words("gap-wrong", days=counted), values={"days": counted})
        elif gap > GAP_WORKDAYS and "late_reason" not in work.texts:
            said = words("late-reason", days=counted)
            work.miss("field-missing", "texts.late_reason", said, values={"days": counted})
    for name in INTAKE_FACTS:
        value = inputs.get(name)
        # a pack whose own facts have one of that name means something else by it
        if value is not None and name not in work.pack.facts:
            work.emit({"e": "fact", "name": name, "value": value})


def _strictest(pack: Pack, jurisdiction: Jurisdiction, topic: str) -> str:
    found = jurisdiction.topics.get(topic or None)
    if found is None:
        return pack.sensitivity
    return max(pack.sensitivity, found.sensitivity, key=SENSITIVITIES.index)


def _finish(work: Work, before: State | None, *, ending_path: str) -> None:
    """Keep what holds whatever a pack says: an owner without conflict, an honest ending, nothing left running."""
    state, pack = work.state, work.pack
    if work.unmet:
        return
    if not state.unit:
        route_owner(work, ending_path)
    if before is None or state.concerned is not before.concerned or state.recused is not before.recused:
        _keep_owner_clear(work, ending_path)
    elif state.concerned and _is_led_by_concerned(work):
        # The county changed meanwhile: its unit was taken over by one that the matter concerns, or has such a head.
        route_owner(work, ending_path, "concerned")
    ending = pack.stages[state.stage].ending
    if not ending and not state.open:
        work.miss("closed", ending_path, words("still-ended"), values={"stage": state.stage})
        return
    if ending:
        if state.outcome is None:
            work.miss("outcome-missing", ending_path, words("outcome-missing"))
            return
        if state.open:
            # In an order of their own: a state read back from its row has its keys sorted, one just folded has not.
            for key, request in sorted(state.requests.items()):
                if request.state in LIVE:
                    answer_request(work, key, "lapsed")
            ending_with_it = [name for name in ENDING_WITH_IT if name in state.texts]
            if ending_with_it:
                work.emit({"e": "erased", "texts": ending_with_it})
            work.emit({"e": "ended"})
            for key, clock in in_order(state.clocks):
                # One that this very act starts (a time to ask for more, a look-back) is meant to run on.
                if clock.status == "running" and key not in work.started:
                    stop_clock(work, key, "ended")
            if RETENTION in pack.clocks:
                # What a file of another system says it ended long ago is kept from the day that it came here.
                start_clock(work, RETENTION, work.now if state.imported else work.occurred, None)
            if state.parent is not None and not work.signals:
                work.signals.append(Signal(ENDED, state.outcome["value"], True))
    if work.signals and not state.open:
        work.signals = [replace(signal, ended=True) for signal in work.signals]
    if before is None or state.unit != before.unit or state.handled_by is not before.handled_by:
        pool = bool(state.handled_by) and not has_verifier(work)
        if pool is not state.pool:
            work.emit({"e": "pool", "on": pool})


def _is_led_by_concerned(work: Work) -> bool:
    unit = work.jurisdiction.answering_unit(work.state.unit)
    return is_conflicted(work.jurisdiction, unit, work.now, work.concerned())


def _keep_owner_clear(work: Work, path: str) -> None:
    """Move the matter away from a lead unit that it concerns, or from a seat where everybody stepped aside."""
    state, jurisdiction = work.state, work.jurisdiction
    if not state.unit or (not state.concerned and not state.recused):
        return
    _release_sponsor(work)
    barred = work.concerned() | work.barred() | frozenset(state.recused)
    if _is_led_by_concerned(work):
        route_owner(work, path, "concerned")
    elif all(person in barred for person in jurisdiction.persons_of(state.seat, work.now)):
        seat = jurisdiction.default_seat(state.unit, work.now, without=barred)
        superior = jurisdiction.superior(state.unit)
        if seat is not None:
            own(work, state.unit, seat, "recused", path)
        elif superior is not None:
            own(work, superior, None, "recused", path)
        else:
            route_owner(work, path, "recused")


def _release_sponsor(work: Work) -> None:
    """Nobody answers for a case that concerns them, or from which they stepped aside: it needs another sponsor."""
    state, jurisdiction = work.state, work.jurisdiction
    if state.sponsor is None:
        return
    unit, seat = state.sponsor["unit"], state.sponsor["seat"]
    barred = work.concerned() | frozenset(state.recused)
    people = jurisdiction.persons_of(seat, work.now)
    if is_conflicted(jurisdiction, unit, work.now, work.concerned()) or (people and barred.issuperset(people)):
        work.emit({"e": "sponsor", "unit": None, "seat": None})


def _decision(work: Work, kind: str, public_kind: str, notice: str | None) -> Decision:
    command, state = work.command, work.state
    given = dict(work.inputs)
    if command.target is not None:
        given["@target"] = command.target
    if command.owner is not None:
        given["@owner"] = command.owner
    if command.parent is not None:
        given["@parent"] = dict(command.parent)
    if work.opens:
        given["@children"] = [order.stream for order in work.opens]
    if command.masked:
        given["@masked"] = dict(command.masked)
    first = Draft(kind, command.act, public_kind, given, tuple(sorted(command.texts)), work.effects)
    state.n += len(work.clock_drafts)
    return Decision((first, *work.clock_drafts), state, tuple(work.opens), tuple(work.signals), notice)


# The engine's own acts


def _own_work(
    pack: Pack, state: State, command: Command, jurisdiction: Jurisdiction, calendar: Calendar, now: datetime
) -> Work:
    new = state.copy()
    new.calendar = calendar.hash
    now_stamp = stamp(now)
    work = Work(
        pack, new, command, jurisdiction, calendar, now, now_stamp, command.occurred_at, stamp(command.occurred_at)
    )
    new.n += 1
    return work


def _system_only(command: Command) -> None:
    if "system" not in command.relations:
        raise Refused([Unmet("relation", command.act, words("relation"), None, {"by": ["system"]})])


def _decide_signal(
    pack: Pack,
    state: State | None,
    command: Command,
    jurisdiction: Jurisdiction,
    calendar: Calendar,
    now: datetime,
) -> Decision:
    """
    Take in what a child tells: `target` is the child's key, inputs hold `signal`, `outcome` and optionally `ended`.

    The child is done once it tells an outcome or has ended. A matter that has ended itself records it and does no more.
    """
    if state is None:
        raise Refused([Unmet("stage", SIGNAL, words("not-yet"))])
    _system_only(command)
    key = command.target or ""
    child = state.children.get(key)
    if child is None:
        raise Refused([Unmet("request-unknown", "target", words("child-unknown"), None, {"target": key})])
    work = _own_work(pack, state, command, jurisdiction, calendar, now)
    signal, outcome = command.inputs["signal"], command.inputs.get("outcome")
    done = outcome is not None or bool(command.inputs.get("ended")) or signal == ENDED or child.state == "done"
    work.emit(
        {
            "e": "child.signalled",
            "key": key,
            "signal": signal,
            "state": "done" if done else "open",
            "outcome": outcome,
        }
    )
    spec = pack.children[child.kind]
    kind, public_kind = spec.entries.get(signal, (f"{pack.entry_prefix}.child-told", "review"))
    if spec.common:
        if child.kind == SLIP:
            kind, public_kind = slip_entry(pack.entry_prefix)
            take_in_slip(work)
        else:
            kind, public_kind = entry_of(pack.entry_prefix, signal)
            if command.texts:
                work.state.texts = state.texts | dict.fromkeys(command.texts, work.state.n)
            take_in(work, state, signal)
    elif command.texts:
        work.miss("field-unknown", "texts", words("text-unknown", name=", ".join(sorted(command.texts))))
    try:
        if state.open:
            run(spec.signals.get(signal, ()), work)
            _finish(work, state, ending_path=f"children.{child.kind}.signals.{signal}")
    except ClockError as error:
        work.miss("field-invalid", "occurred_at", words("clock-uncountable"), values={"reason": str(error)})
    if work.unmet:
        raise Refused(work.unmet)
    return _decision(work, kind, public_kind, None)


def _decide_calendar(
    pack: Pack,
    state: State,
    command: Command,
    jurisdiction: Jurisdiction,
    calendar: Calendar,
    now: datetime,
) -> Decision:
    """Count every running provisional clock again by a calendar that knows more; refused where nothing changes."""
    _system_only(command)
    work = _own_work(pack, state, command, jurisdiction, calendar, now)
    work.inputs = {}
    for key, clock in in_order(state.clocks):
        if clock.status != "running" or not clock.provisional:
            continue
        change = moved(work, key, recount(work, key))
        if change["due"] != clock.due_at or change["provisional"] is not clock.provisional:
            # For strangers who follow the log it is the deadline of this clock set anew.
            work.emit_clock({"e": "clock.reset", "key": key, **change}, "deadline-set", "started", change["due"])
    if not work.clock_drafts:
        raise Refused([Unmet("unchanged", CALENDAR_PUBLISHED, words("unchanged"))])
    return _decision(work, f"{pack.entry_prefix}.calendar-published", "policy", None)


def _decide_erased_again(
    pack: Pack,
    state: State,
    command: Command,
    jurisdiction: Jurisdiction,
    calendar: Calendar,
    now: datetime,
) -> Decision:
    """
    Erase once more what had been erased before a back-up brought it back.

    Inputs hold `names`, the texts that the erasure named, and `erased_at`, the stamp of when it was recorded. Refused
    where nothing of them is there.
    """
    _system_only(command)
    work = _own_work(pack, state, command, jurisdiction, calendar, now)
    names = [name for name in command.inputs.get("names", ()) if name in state.texts]
    if not names:
        raise Refused([Unmet("unchanged", ERASED_AGAIN, words("unchanged"))])
    work.inputs = {"names": sorted(names), "erased_at": command.inputs.get("erased_at")}
    work.emit({"e": "erased", "texts": sorted(names)})
    return _decision(work, f"{pack.entry_prefix}.erased", "erased", None)


def _decide_exported(
    pack: Pack,
    state: State,
    command: Command,
    jurisdiction: Jurisdiction,
    calendar: Calendar,
    now: datetime,
) -> Decision:
    """
    Record that something under this matter's key left with an export, and for which `purpose`, a code.

    Inputs may hold `what`: `identities`, `files` or both; entries without it mean identities.
    """
    _system_only(command)
    work = _own_work(pack, state, command, jurisdiction, calendar, now)
    work.inputs = {"purpose": str(command.inputs.get("purpose"))}
    if "what" in command.inputs:
        work.inputs["what"] = sorted(str(part) for part in command.inputs["what"])
    return _decision(work, f"{pack.entry_prefix}.exported", "opening", None)


def _decide_disclosure(
    pack: Pack,
    state: State,
    command: Command,
    jurisdiction: Jurisdiction,
    calendar: Calendar,
    now: datetime,
) -> Decision:
    """Open what the vault holds, or let somebody into a minor's file: the same in every pack, open matter or ended."""
    if is_denied(state, command.actor):
        word = "recused" if command.actor.person in state.recused else "concerned"
        raise Refused([Unmet("concerned", command.act, words(word))])
    work = _own_work(pack, state, command, jurisdiction, calendar, now)
    if command.texts:
        work.state.texts = work.state.texts | dict.fromkeys(command.texts, work.state.n)
    _check_moments(work, now, state)
    suffix, public_kind = (decide_copy if command.act == COPY_TAKEN else DECIDERS[command.act])(work)
    if work.unmet:
        raise Refused(work.unmet)
    return _decision(work, f"{pack.entry_prefix}.{suffix}", public_kind, None)


def _decide_retention_over(
    pack: Pack,
    state: State,
    command: Command,
    jurisdiction: Jurisdiction,
    calendar: Calendar,
    now: datetime,
) -> Decision:
    """
    Erase what is left of texts, files and identity when the keeping time is over; `target` is the clock's timer.

    The entry stays with its commitments: what happened can still be shown, what was said can't.
    """
    _system_only(command)
    work = _own_work(pack, state, command, jurisdiction, calendar, now)
    target = command.target or ""
    timer = state.timers.get(target)
    if timer is None or timer.act != RETENTION_OVER:
        raise Refused([Unmet("timer-unknown", "target", words("timer-unknown"), None, {"timer": target})])
    if timer.at > work.now_stamp:
        early = {"timer": target, "at": timer.at}
        raise Refused([Unmet("timer-early", "target", words("timer-early"), None, early)])
    work.inputs = {}
    work.emit({"e": "fired", "timer": target})
    names = sorted(state.texts)
    if names:
        work.emit({"e": "erased", "texts": names})
    stop_clock(work, target.rpartition("|")[0], "met")
    return _decision(work, f"{pack.entry_prefix}.erased", "erased", None)


def _decide_packed(
    pack: Pack,
    state: State | None,
    command: Command,
    jurisdiction: Jurisdiction,
    calendar: Calendar,
    now: datetime,
) -> Decision:
    """
    Move a matter to a newer version of its pack: by the head of the lead unit, if everything it is in exists there.

    Running clocks keep their due moments; what the newer pack says of lengths holds for clocks started from now on.
    """
    if state is None:
        raise Refused([Unmet("stage", PACKED, words("not-yet"))])
    if is_denied(state, command.actor, command.relations):
        raise Refused([Unmet("concerned", PACKED, words("concerned"))])
    work = _own_work(pack, state, command, jurisdiction, calendar, now)
    work.inputs = {}
    if not command.relations & {"lead_head", "system"}:
        work.miss("relation", PACKED, words("relation"), None, {"by": ["lead_head"]})

    def need(path: str, name: str, known: Iterable[str]) -> None:
        if name not in known:
            work.miss("pack-unfit", path, words("pack-unfit", name=name), None, {"name": name})

    if state.pack_name != pack.name:
        need("pack", state.pack_name, (pack.name,))
    need("stages", state.stage, pack.stages)
    if state.stage in pack.stages and pack.stages[state.stage].ending is state.open:
        need(f"stages.{state.stage}.ending", state.stage, ())
    for key, clock in state.clocks.items():
        if clock.status == "running":
            need(f"clocks.{key}", clock.name, pack.clocks)
            spec = pack.clocks.get(clock.name)
            if spec is not None and spec.unit != clock.unit:
                need(f"clocks.{key}.unit", clock.unit, (spec.unit,))
    for key, timer in state.timers.items():
        if key.startswith(TIMER):
            continue
        need(f"timers.{key}", timer.act, (act.name for act in pack.acts.values() if "system" in act.by))
    for name, value in state.facts.items():
        if name in COMMON_FACTS and name not in pack.facts:
            continue
        need(f"facts.{name}", name, pack.facts)
        field = pack.facts.get(name)
        if field is not None and field.type in ("choice", "choices"):
            for one in value if isinstance(value, list) else [value]:
                need(f"facts.{name}.choices", str(one), field.choices)
    for key, request in state.requests.items():
        if request.state in LIVE:
            need(f"requests.{key}", request.kind, pack.requests)
    for key, child in state.children.items():
        if child.state == "open":
            need(f"children.{key}", child.kind, pack.children)
    for key, one in state.documents.items():
        if one.state in ("draft", "countersigned", "issued", "sealed"):
            need(f"documents.{key}", one.kind, pack.documents)
    for word, fact, table in (
        ("outcome", state.outcome, pack.outcomes),
        ("fulfilment", state.fulfilment, pack.fulfilments),
        ("verdict", state.verdict, pack.verdicts),
    ):
        if fact is not None:
            need(word, fact["value"], table)
    _check_moments(work, now, state)
    if work.unmet:
        raise Refused(work.unmet)
    work.emit({"e": "packed", "from": state.pack, "to": pack.hash})
    return _decision(work, f"{pack.entry_prefix}.packed", "policy", None)


def _may_sponsor(seat: Seat | None, unit: str) -> bool:
    return seat is not None and seat.active and seat.unit == unit and "sponsor" in seat.roles


#: Roles of seats that lead one kind of matter and no other.
_LEADS_ONE_KIND = frozenset({"dpo", "reviewer"})
#: Who may hand a matter over within its unit; for a whole seat or unit the system does it, ordered by somebody named.
_HANDS_OVER = frozenset({"lead_seat", "lead_head", "superior_head", "system"})


def _decide_handed_over(
    pack: Pack,
    state: State,
    command: Command,
    jurisdiction: Jurisdiction,
    calendar: Calendar,
    now: datetime,
) -> Decision:
    """
    Move what a seat (`from`) or a closed unit (`from_unit`) has in a matter to another seat (`to`), without a pause.

    Moved are the lead seat, the sponsor's, and every open request addressed there. `to` belongs to the same unit, or to
    the one that took the closed one over; a hand-over is no hand-off and no clock changes. `ordered_by` (person, seat)
    says for whom the system does it, `sponsor_to` which seat goes on for the sponsor of a closed unit. A matter that
    concerns the unit taking over goes where it is routed instead, and has no sponsor any more.
    """
    if is_denied(state, command.actor, command.relations):
        raise Refused([Unmet("concerned", HANDED_OVER, words("concerned"))])
    work = _own_work(pack, state, command, jurisdiction, calendar, now)
    if command.relations.isdisjoint(_HANDS_OVER):
        work.miss("relation", HANDED_OVER, words("relation"), None, {"by": sorted(_HANDS_OVER)})
    if not state.open:
        work.miss("closed", HANDED_OVER, words("closed"), None, {"stage": state.stage})
    given = command.inputs
    allowed = {"from", "from_unit", "to", "sponsor_to"} | ({"ordered_by"} if "system" in command.relations else set())
    for name in sorted(set(given) - allowed):
        work.miss("field-unknown", f"input.{name}", words("field-unknown", name=name))
    to = jurisdiction.seats.get(given.get("to"))
    seat, unit = given.get("from"), given.get("from_unit")
    if to is None or (seat is None) is (unit is None):
        work.miss("field-invalid", "input.to", words("no-such-seat", zh="岗位", en="Seat"))
        raise Refused(work.unmet)
    leads = state.seat == seat if seat is not None else state.unit == unit
    asked = [
        key
        for key, request in sorted(state.requests.items())
        if request.state in LIVE and (request.seat == seat if seat is not None else request.unit == unit)
    ]
    helps = unit is not None and unit in state.parties.get("supporting", ())
    sponsors = state.sponsor is not None and seat is not None and state.sponsor["seat"] == seat
    # entries from before say nothing of the sponsor of a closed unit, and nothing follows for it then
    next_sponsor = jurisdiction.seats.get(given.get("sponsor_to")) if "sponsor_to" in given else None
    succeeds = next_sponsor is not None and state.sponsor is not None and state.sponsor["unit"] == unit
    if not leads and not asked and not helps and not sponsors and not succeeds:
        work.miss("unchanged", "input.from", words("nothing-to-move"), values={"seat": seat, "unit": unit})
    old = jurisdiction.seats.get(seat)
    was = unit if unit is not None else old.unit if old is not None else ""
    target = jurisdiction.answering_unit(was)
    sits = any(
        person not in work.concerned() and person not in work.barred() and person not in state.recused
        for person in jurisdiction.persons_of(to.id, now)
    )
    # What a data-protection or a reviewer's seat leads goes to another such seat, which leads nothing else.
    protects = old is not None and bool(old.roles & to.roles & _LEADS_ONE_KIND)
    able = protects or bool(to.roles & LEAD_ROLES) if leads else True
    if seat is not None and any(state.requests[key].alone for key in asked):
        # what was put to a seat alone goes to one with the same work: nobody else would see it there
        kinds = (pack.requests[state.requests[key].kind] for key in asked if state.requests[key].alone)
        able = able and all(kind.role is None or kind.role in to.roles for kind in kinds)
    able = able and (not sponsors or "sponsor" in to.roles)
    fits = to.active and to.unit == target and able and sits and to.id != seat
    conflicted = is_conflicted(jurisdiction, to.unit, now, work.concerned())
    if "sponsor_to" in given and not (succeeds and _may_sponsor(next_sponsor, target)):
        work.miss("sponsor-unfit", "input.sponsor_to", words("seat-cannot-take"), values={"seat": given["sponsor_to"]})
    if not (fits or (conflicted and unit is not None and to.unit == target)):
        work.miss("lead-cannot-decide", "input.to", words("seat-cannot-take"), values={"seat": to.id})
    if work.unmet:
        raise Refused(work.unmet)
    why = "handover" if seat is not None else "succession"
    if leads and conflicted:
        route_owner(work, HANDED_OVER, "concerned")
    elif leads:
        if clear_seat(jurisdiction, to.unit, now, work.concerned(), to.id, work.barred()) != to.id:
            work.miss("lead-cannot-decide", "input.to", words("seat-cannot-take"), values={"seat": to.id})
        superior = jurisdiction.superior(to.unit)
        kept = UNMATCHED if state.unmatched else why
        work.emit({"e": "owner", "unit": to.unit, "seat": to.id, "superior": superior, "why": kept})
    for key in asked:
        if not conflicted:
            work.emit({"e": "request.moved", "key": key, "unit": to.unit, "seat": to.id})
    if sponsors:
        work.emit({"e": "sponsor", "unit": to.unit, "seat": to.id})
    if succeeds and next_sponsor is not None:
        kept_by = None if conflicted else next_sponsor
        work.emit({"e": "sponsor", "unit": kept_by and kept_by.unit, "seat": kept_by and kept_by.id})
    if helps:
        work.emit({"e": "unparty", "relation": "supporting", "unit": unit})
        if not conflicted and to.unit not in state.parties.get("supporting", ()):
            work.emit({"e": "party", "relation": "supporting", "unit": to.unit})
    _finish(work, state, ending_path=HANDED_OVER)
    if work.unmet:
        raise Refused(work.unmet)
    return _decision(
        work, f"{pack.entry_prefix}.{HANDED_OVER}", "transferred" if leads and was != to.unit else "note", None
    )


def _decide_prepared(
    pack: Pack,
    state: State,
    command: Command,
    jurisdiction: Jurisdiction,
    calendar: Calendar,
    now: datetime,
) -> Decision:
    """
    Record what a leader wrote on paper about an act (`act`, `target`), as their secretary; the leader does the act.

    The text `instruction` says what the leader wrote, `paper_date` the date on the paper, `instruction_scan` is its
    scan; the latter two may be left out. It changes nothing by itself.
    """
    if is_denied(state, command.actor, command.relations):
        raise Refused([Unmet("concerned", PREPARED, words("concerned"))])
    work = _own_work(pack, state, command, jurisdiction, calendar, now)
    actor = command.actor
    if "secretary" not in command.relations or actor.on_behalf is None:
        work.miss("relation", PREPARED, words("secretary-only"), None, {"by": ["secretary"]})
    for name in sorted(set(command.inputs) - {"act", "target", "paper_date"}):
        work.miss("field-unknown", f"input.{name}", words("field-unknown", name=name))
    asked, about = command.inputs.get("act"), command.inputs.get("target")
    on = command.inputs.get("paper_date")
    if on is not None and not _is_past_day(on, now, calendar):
        work.miss("field-invalid", "input.paper_date", words("paper-date"), values={"value": on})
    act = pack.acts.get(asked) if isinstance(asked, str) else None
    if act is None or act.creates:
        work.miss("unknown-act", "input.act", words("unknown-act"), None, {"act": asked})
    elif about is not None and about not in state.requests:
        work.miss("request-unknown", "input.target", words("request-unknown", zh="", en=""), values={"target": about})
    for name in sorted(command.texts - {"instruction", PREPARED_SCAN}):
        work.miss("field-unknown", f"text.{name}", words("text-unknown", name=name))
    if "instruction" not in command.texts:
        work.miss(
            "field-missing", "text.instruction", words("field-missing", zh="领导批示", en="What the leader wrote")
        )
    _check_moments(work, now, state)
    if work.unmet:
        raise Refused(work.unmet)
    work.state.texts = state.texts | dict.fromkeys(command.texts, work.state.n)
    work.emit(
        {
            "e": "prepared",
            "key": f"prepared#{len(state.prepared) + 1}",
            "act": asked,
            "target": about,
            "person": actor.person,
            "seat": actor.seat,
            "leader": actor.on_behalf,
        }
    )
    return _decision(work, f"{pack.entry_prefix}.{PREPARED}", "note", None)


def _is_past_day(value: Any, now: datetime, calendar: Calendar) -> bool:
    """Return whether a value is a date, and none that is still to come."""
    try:
        return isinstance(value, str) and date.fromisoformat(value) <= now.astimezone(calendar.zone).date()
    except ValueError:
        return False


def _confirm_prepared(work: Work) -> None:
    """Mark as done what a secretary prepared, once whoever sits on the seat does it themselves."""
    actor = work.actor
    if actor.kind != "seat" or actor.on_behalf is not None:
        return
    for key, kept in sorted(work.state.prepared.items()):
        if (kept["state"], kept["act"], kept["seat"]) == ("open", work.act, actor.seat) and (
            kept["target"] in (None, work.request)
        ):
            work.emit({"e": "prepared.done", "key": key})


_OWN = {
    CALENDAR_PUBLISHED: _decide_calendar,
    ERASED_AGAIN: _decide_erased_again,
    EXPORTED: _decide_exported,
    HANDED_OVER: _decide_handed_over,
    PREPARED: _decide_prepared,
    RETENTION_OVER: _decide_retention_over,
    **dict.fromkeys((*DISCLOSURE, COPY_TAKEN), _decide_disclosure),
}
