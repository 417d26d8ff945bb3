"""
What acts do: each effect of a pack, compiled to one small function of the work at hand.

A step reads the state as the steps before it left it, and either emits effects of the closed list or notes what is
missing. Steps that find nothing to do (a clock to stop that isn't running) do nothing; `packs check` and `explore` say
where that is a mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final, cast

from huajie.core.clocks import Due, Extension, Span, due
from huajie.core.jurisdiction import ROLES, NoOwner, backstop_owner, clear_seat, is_conflicted
from huajie.core.ledger import moment, stamp
from huajie.core.procedure.common import COMMON_TEXTS, SHARED
from huajie.core.procedure.conditions import (
    compile_condition,
    compile_number,
    need_field,
    reviewer_of_lead,
    reviewer_seat,
    text_names,
)
from huajie.core.procedure.documents import DO, IT
from huajie.core.procedure.messages import UNITS, words
from huajie.core.procedure.scope import FACTS, RETENTION, Scope, nearest
from huajie.core.procedure.state import LIVE, ChildState, in_order, newest_request
from huajie.core.procedure.supervising import SUPERVISION
from huajie.core.procedure.work import ChildOrder, Signal, Work

if TYPE_CHECKING:
    from huajie.core.procedure.pack import ClockSpec

Step = Callable[[Work], None]
Value = Callable[[Work], Any]
Address = Callable[[Work], "tuple[str | None, str | None] | None"]

ANSWERS: Final = ("accepted", "refused", "contested", "withdrawn", "lapsed", "done")
#: What may still be answered once it was contested.
AFTER_CONTEST: Final = ("accepted", "refused", "done")
#: Answers by which whoever was asked has done what the clock wanted.
_MET: Final = frozenset({"accepted", "refused", "contested", "done"})
#: Reason word of an owner that no rule matched: the matter waits in the intake queue.
UNMATCHED: Final = "unmatched"


def compile_effects(raw: Iterable[Mapping[str, Any]], path: str, scope: Scope) -> tuple[Step, ...]:
    """Return the steps of a list of effects, in order; unknown names are noted in the scope."""
    return tuple(_compile(effect, f"{path}[{index}]", scope) for index, effect in enumerate(raw))


def run(steps: Sequence[Step], work: Work) -> None:
    """Do the steps one after another."""
    for step in steps:
        step(work)


def _compile(raw: Mapping[str, Any], path: str, scope: Scope) -> Step:
    for word, build in _BUILD.items():
        if word in raw:
            return build(raw, path, scope)
    scope.say(path, "an effect needs one of the known words", nearest(next(iter(raw), ""), _BUILD))
    return lambda work: None


# Values


def compile_value(raw: Any, path: str, scope: Scope, kind: str | None = None) -> Value:
    """
    Return a value as a function: `{field}`, `{fact}`, `{occurred: true}`, `{actor: unit | seat | person}`, or itself.

    `kind` is the type wanted; moments become local dates where a date is wanted.
    """
    if not isinstance(raw, Mapping):
        return lambda work: raw
    if "field" in raw:
        name = raw["field"]
        need_field(name, f"{path}.field", scope)
        return lambda work: work.given(name)
    if "fact" in raw:
        fact = raw["fact"]
        scope.need(f"{path}.fact", "fact", fact, scope.names("facts"))
        return lambda work: work.state.facts.get(fact)
    if "occurred" in raw:
        if kind == "date":
            return lambda work: work.occurred.astimezone(work.calendar.zone).date().isoformat()
        return lambda work: work.occurred_stamp
    if "actor" in raw:
        word = raw["actor"]
        scope.need(f"{path}.actor", "word", word, ("unit", "seat", "person"))
        return lambda work: getattr(work.actor, word)
    scope.say(path, "a value is plain, or one of {field}, {fact}, {occurred}, {actor}")
    return lambda work: None


def compile_address(raw: Any, path: str, scope: Scope) -> Address:
    """Return who is meant as a function giving (unit, seat or None), or None; the resident is (None, None)."""
    if raw == "superior":
        return lambda work: _seated(work, work.jurisdiction.superior(work.state.unit))
    if raw == "lead":
        return lambda work: (work.state.unit, work.state.seat)
    if raw == "lead_head":
        return lambda work: (work.state.unit, work.jurisdiction.head_seat(work.state.unit))
    if raw == "resident":
        return lambda work: (None, None)
    if raw == "backstop":
        return _backstop
    if raw == "protection":
        return _protection
    if raw == SUPERVISION:
        return _supervision
    if raw == "parent_lead":
        return lambda work: _seated(work, work.state.parent["unit"]) if work.state.parent else None
    if raw == "reviewer":
        return _reviewer
    if raw == "sponsor":
        return lambda work: (work.state.sponsor["unit"], work.state.sponsor["seat"]) if work.state.sponsor else None
    if raw == "decider":

        def decider(work: Work) -> tuple[str | None, str | None] | None:
            request = work.state.requests.get(work.request) if work.request is not None else None
            return _seated(work, request.decider) if request is not None else None

        return decider
    if raw == "intake":
        return lambda work: _seated(work, work.state.intake_unit)
    if isinstance(raw, Mapping):
        if "request" in raw:
            kind = raw["request"]
            scope.need(f"{path}.request", "request", kind, scope.names("requests"))

            def of_request(work: Work) -> tuple[str | None, str | None] | None:
                key = _request_key(work, kind, LIVE) or newest_request(work.state, kind)
                if key is None:
                    return None
                request = work.state.requests[key]
                return (request.unit, request.seat) if request.unit is not None else None

            return of_request
        if "actor" in raw:
            return lambda work: (work.actor.unit, work.actor.seat) if work.actor.unit is not None else None
        if "above" in raw:
            above = raw["above"]
            scope.need(f"{path}.above", "child", above, scope.names("children"))

            def above_child(work: Work) -> tuple[str | None, str | None] | None:
                # 信访工作条例 art. 36: the re-review is for the body above the one that reviewed.
                units = [child.unit for key, child in _by_number(work.state.children) if child.kind == above]
                return _seated(work, work.jurisdiction.superior(units[-1])) if units else None

            return above_child
        value = compile_value(raw, path, scope)

        def named(work: Work) -> tuple[str | None, str | None] | None:
            code = value(work)
            if not isinstance(code, str):
                return None
            seat = work.jurisdiction.seats.get(code)
            if seat is not None:
                return seat.unit, seat.id
            return _seated(work, code) if code in work.jurisdiction.units else None

        return named
    scope.say(
        path,
        f"unknown addressee '{raw}'",
        nearest(
            str(raw),
            (
                *("superior", "lead", "lead_head", "resident", "backstop", "decider", "intake", "sponsor"),
                *("protection", SUPERVISION, "parent_lead", "reviewer"),
            ),
        ),
    )
    return lambda work: None


def _by_number(children: Mapping[str, ChildState]) -> list[tuple[str, ChildState]]:
    return sorted(children.items(), key=lambda pair: int(pair[0].rpartition("#")[2]))


def _seated(work: Work, unit: str | None) -> tuple[str | None, str | None] | None:
    if unit is None or unit not in work.jurisdiction.units:
        return None
    return unit, work.jurisdiction.default_seat(unit, work.now, without=work.concerned() | work.barred())


def _backstop(work: Work) -> tuple[str | None, str | None] | None:
    try:
        return backstop_owner(work.jurisdiction, work.now, work.concerned(), work.barred())
    except NoOwner:
        return None


def _review_seat(work: Work, unit: str) -> tuple[str | None, str | None]:
    """
    Return unit and seat that review what was handled here: the unit's reviewer, else whoever else can answer there.

    Nobody who handled it is its reviewer; where a unit has nobody else, the next one above has the review.
    """
    jurisdiction = work.jurisdiction
    handled = work.barred() | frozenset(work.state.recused) | frozenset(work.state.handled_by)
    code: str | None = unit
    passed: list[str] = []
    while code is not None and code not in passed:
        passed.append(code)
        if code != work.state.unit:
            own = reviewer_seat(work, code, work.concerned() | handled)
            found = clear_seat(jurisdiction, code, work.now, work.concerned(), own, handled)
            if found is not None:
                return code, found
        code = jurisdiction.superior(code)
    return None, None


def _reviewer(work: Work) -> tuple[str | None, str | None] | None:
    seat = reviewer_of_lead(work)
    return (work.state.unit, seat) if seat is not None else None


def _protection(work: Work) -> tuple[str | None, str | None] | None:
    """
    Return the data-protection seat that decides about what is kept here: the nearest above the lead unit, then any.

    Never the lead unit's own, which would decide about itself; without one the unit above decides.
    """
    found = _nearest_with(work, "dpo")
    if found is not None:
        return found
    jurisdiction, lead = work.jurisdiction, work.state.unit
    settings = jurisdiction.settings
    # Nobody was named for it: the unit above, at the top whoever else answers for the whole county.
    for other in (jurisdiction.superior(lead), settings.backstop_unit, settings.intake_unit):
        if other is not None and other != lead and _clear(work, other, None) is not None:
            return _seated(work, other)
    return None


def _supervision(work: Work) -> tuple[str | None, str | None] | None:
    """
    Return the supervisor's seat for this matter: the nearest above the lead unit, then any; never the lead unit's own.

    None for what is sealed or about a minor: whoever issues a slip reads the matter.
    """
    return _nearest_with(work, "supervisor") if work.state.sensitivity == "ordinary" else None


def _nearest_with(work: Work, role: str) -> tuple[str, str] | None:
    """Return unit and seat with a role that somebody free of conflicts sits on: the nearest above the lead unit."""
    jurisdiction, lead = work.jurisdiction, work.state.unit
    above: list[str] = []
    superior = jurisdiction.superior(lead)
    while superior is not None and superior not in above:
        above.append(superior)
        superior = jurisdiction.superior(superior)
    officers = sorted(
        (above.index(seat.unit) if seat.unit in above else len(above), seat.id, seat.unit)
        for seat in jurisdiction.seats
        if seat.active and role in seat.roles and seat.unit != lead
    )
    barred = work.concerned() | frozenset(work.state.recused)
    for _, seat, unit in officers:
        people = jurisdiction.persons_of(seat, work.now)
        if any(person not in barred for person in people) and not is_conflicted(
            jurisdiction, unit, work.now, work.concerned()
        ):
            return unit, seat
    return None


# Stage and endings


def _stage(raw: Mapping[str, Any], path: str, scope: Scope) -> Step:
    to = raw["stage"]
    scope.need(f"{path}.stage", "stage", to, scope.names("stages"))
    return lambda work: work.emit({"e": "stage", "to": to})


def _outcome_like(word: str, table: str) -> Callable[[Mapping[str, Any], str, Scope], Step]:
    def build(raw: Mapping[str, Any], path: str, scope: Scope) -> Step:
        here = f"{path}.{word}"
        wanted = raw[word]
        if not isinstance(wanted, Mapping):
            scope.need(here, word, wanted, scope.names(table))
            return lambda work: work.emit({"e": word, "value": wanted})
        value = compile_value(wanted, here, scope)
        known = frozenset(scope.names(table))
        needed = raw.get("needed", False)

        def step(work: Work) -> None:
            found = value(work)
            if found is None:
                if needed:
                    work.miss("outcome-missing", here, words("outcome-missing"))
                return
            if found not in known:
                work.miss("field-invalid", here, words("outcome-unknown"), values={"value": found})
                return
            if word == "verdict":
                found = _said(work, found)
                if found is None:
                    return
            work.emit({"e": word, "value": found})

        return step

    return build


#: Which of several verdicts stands for a joint matter: it never looks better than to whoever is least content.
_LESS_CONTENT: Final = {"not-solved": 3, "partly": 2, "solved": 1}


def _said(work: Work, value: str) -> str | None:
    """Record what one participant of a joint matter says; return the verdict that stands for all of them then."""
    state = work.state
    if state.participants == 1:
        return value
    who = work.actor.participant if work.actor.kind == "resident" else work.inputs.get("participant", 1)
    if not 1 <= who <= state.participants:
        work.miss("field-invalid", "input.participant", words("no-participant", participant=who))
        return None
    work.emit({"e": "said", "participant": who, "value": value})
    return max(state.said.values(), key=lambda one: (_LESS_CONTENT.get(one, 0), one))


def _reopen(raw: Mapping[str, Any], path: str, scope: Scope) -> Step:
    keep = raw.get("keep") == "outcome"

    def step(work: Work) -> None:
        if work.state.open:
            return
        work.emit({"e": "reopened"})
        work.emit({"e": "counted", "name": "reopenings"})
        for key in _running(work, RETENTION):
            # What is open is kept; the next ending begins a keeping time of its own.
            stop_clock(work, key, "stopped")
        if not keep and work.state.outcome is not None:
            # The next ending has to say for itself what was decided.
            work.emit({"e": "outcome", "value": None})

    return step


# Clocks


def _names(raw: Any, path: str, scope: Scope) -> tuple[str, ...]:
    names = tuple(raw) if isinstance(raw, list) else (raw,)
    for name in names:
        scope.need(path, "clock", name, scope.names("clocks"))
    return names


def _start(raw: Mapping[str, Any], path: str, scope: Scope) -> Step:
    (name,) = _names(raw["start"], f"{path}.start", scope)
    begin = raw.get("from", "occurred")
    at: Value
    if isinstance(begin, Mapping):
        value = compile_value(begin, f"{path}.from", scope)

        def at(work: Work) -> datetime | None:
            return _as_moment(value(work), work)

    elif begin == "signal":
        # The day that the child told: a service proven below. One that tells none told it when it happened.

        def at(work: Work) -> datetime | None:
            return _as_moment(work.inputs.get("date"), work) or work.occurred

    elif begin == "received":

        def at(work: Work) -> datetime | None:
            return moment(work.state.received_at)

    elif begin == "recorded":

        def at(work: Work) -> datetime | None:
            return work.now

    else:

        def at(work: Work) -> datetime | None:
            return work.occurred

    def step(work: Work) -> None:
        start_clock(work, name, at(work), work.request)

    return step


def _as_moment(value: Any, work: Work) -> datetime | None:
    if not isinstance(value, str):
        return None
    if len(value) == 10:
        return datetime.combine(date.fromisoformat(value), time(0), tzinfo=work.calendar.zone).astimezone(UTC)
    return moment(value)


def start_clock(work: Work, name: str, started_at: datetime | None, request: str | None) -> str | None:
    """
    Start a clock and return its key; None if one of that name runs already (the first one stays), or if it can't.

    Keys: `reply`, then `reply#2`, ...; `reply#<request key>` where the pack says one for each request.
    """
    spec = work.pack.clocks[name]
    clocks = work.state.clocks
    if spec.per_request:
        key = f"{name}#{request}"
        if key in clocks:
            return None
    else:
        key, number = name, 1
        while key in clocks:
            if clocks[key].status == "running":
                return None
            number += 1
            key = f"{name}#{number}"
    if started_at is None:
        work.miss("field-missing", f"clocks.{name}.from", words("start-missing", **spec.title), spec.source)
        return None
    length = spec.length(work)
    if length is None:
        work.miss("field-missing", f"clocks.{name}.length", words("length-missing", **spec.title), spec.source)
        return None
    found = due(spec.rule(length), started_at=started_at, calendar=work.calendar)
    until = stamp(found.due_at)
    effect = {
        "e": "clock.started",
        "key": key,
        "name": name,
        "k": len(clocks) + 1,
        "holder": spec.holder,
        "at": stamp(started_at),
        "due": until,
        "last_date": found.last_date.isoformat() if found.last_date is not None else None,
        "provisional": found.provisional,
        "length": length,
        "unit": spec.unit,
        "timers": [
            [timer.rung, timer.act, stamp(at)]
            for timer in spec.timers
            if (at := timer.at(started_at, found.due_at, work.calendar)) >= started_at
        ],
    }
    work.emit_clock(effect, "deadline-set", "started", until)
    work.started.append(key)
    return key


def stop_clock(work: Work, key: str, how: str, happened: datetime | None = None) -> None:
    """Stop a running clock; `how` is met, stopped or ended. `happened` is when, if not when the act occurred."""
    clock = work.state.clocks[key]
    # A clock that counts from the recording may start after the act that stops it happened.
    at = max(work.occurred_stamp if happened is None else stamp(happened), clock.started_at)
    work.emit_clock({"e": "clock.stopped", "key": key, "how": how, "at": at}, "deadline-stopped", "stopped", None)


def _running(work: Work, name: str) -> list[str]:
    # Inside an act about one request, only that request's own clock is meant.
    own = f"{name}#{work.request}"
    clocks = work.state.clocks
    if work.request is not None and own in clocks:
        return [own] if clocks[own].status == "running" else []
    return [key for key, clock in in_order(clocks) if clock.name == name and clock.status == "running"]


def _stop(raw: Mapping[str, Any], path: str, scope: Scope) -> Step:
    names = _names(raw["stop"], f"{path}.stop", scope)
    how = raw.get("as", "met")
    when = compile_value(raw["at"], f"{path}.at", scope) if "at" in raw else None

    def step(work: Work) -> None:
        if not work.state.clocks:
            return
        happened = _as_moment(when(work), work) if when is not None else None
        for name in names:
            for key in _running(work, name):
                stop_clock(work, key, how, happened)

    return step


def _newest_running(work: Work, name: str) -> str | None:
    keys = _running(work, name)
    return max(keys, key=lambda key: work.state.clocks[key].k) if keys else None


def recount(work: Work, key: str, *, more: Sequence[Extension] = (), left_out: Sequence[Span] = ()) -> Due:
    """Return the due moment of a clock counted again from its start, with all its extensions and exclusions."""
    clock = work.state.clocks[key]
    return due(
        work.pack.clocks[clock.name].rule(clock.length),
        started_at=moment(clock.started_at),
        calendar=work.calendar,
        extensions=[*(Extension(*one) for one in clock.extensions), *more],
        excluded=[*(Span(moment(low), moment(high), why) for low, high, why in clock.excluded), *left_out],
    )


def moved(work: Work, key: str, found: Due) -> dict[str, Any]:
    """
    Return the keys that every effect moving a clock carries: due, last date, provisional, timers.

    Timers that did not fire move along. One that fired for an earlier due moment is set again only if its new moment
    lies ahead: a reminder for a new date is a new reminder.
    """
    clock = work.state.clocks[key]
    spec = work.pack.clocks[clock.name]
    started_at = moment(clock.started_at)
    fired = {one.rpartition("|")[2] for one in work.state.fired if one.startswith(f"{key}|")}
    timers = []
    for timer in spec.timers:
        at = timer.at(started_at, found.due_at, work.calendar)
        if at >= started_at and (timer.rung not in fired or at > work.now):
            timers.append([timer.rung, timer.act, stamp(at)])
    return {
        "due": stamp(found.due_at),
        "last_date": found.last_date.isoformat() if found.last_date is not None else None,
        "provisional": found.provisional,
        "timers": timers,
    }


def _not_running(work: Work, spec: ClockSpec, path: str) -> None:
    work.miss("clock-not-running", path, words("clock-not-running", **spec.title), spec.source)


def check_extension(work: Work, name: str) -> str | None:
    """Note whatever forbids extending a clock at all; return the key of the running instance, or None."""
    spec = work.pack.clocks[name]
    rule = spec.extension
    assert rule is not None
    where = f"clocks.{name}.extension"
    if rule.by.isdisjoint(work.relations):
        work.miss("relation", where, words("extension-by"), rule.source, {"by": sorted(rule.by)})
    key = _newest_running(work, name)
    if key is None:
        _not_running(work, spec, where)
        return None
    state = work.state.clocks[key]
    if work.now_stamp >= state.due_at:
        said = words("extension-late", **spec.title)
        work.miss("extension-late", where, said, rule.source, {"due_at": state.due_at})
    if len(state.extensions) >= rule.times:
        said = words("extension-used", times=rule.times)
        work.miss("extension-used", where, said, rule.source, {"times": rule.times})
    return key


def _extend(raw: Mapping[str, Any], path: str, scope: Scope) -> Step:
    (name,) = _names(raw["extend"], f"{path}.extend", scope)
    clock = (scope.document.get("clocks") or {}).get(name, {})
    if "extension" not in clock:
        scope.say(f"{path}.extend", f"clock '{name}' has no extension", f"add clocks.{name}.extension, with its source")
    amount = compile_number(raw["by"], f"{path}.by", scope)
    where = f"clocks.{name}.extension"

    def step(work: Work) -> None:
        spec = work.pack.clocks[name]
        rule = spec.extension
        assert rule is not None
        key = check_extension(work, name)
        if key is None:
            return
        state = work.state.clocks[key]
        days = amount(work)
        if days is None:
            work.miss("field-missing", f"{path}.by", words("length-missing", **spec.title), rule.source)
            return
        used, most = sum(one[0] for one in state.extensions), rule.max(work)
        if days < 1 or (most is not None and used + days > most):
            said = words("extension-over", max=most, used=used, unit=rule.unit, unit_zh=UNITS[rule.unit])
            work.miss("extension-over", where, said, rule.source, {"max": most, "used": used, "asked": days})
            return
        if work.unmet:
            return
        found = recount(work, key, more=[Extension(days, cast(Any, rule.unit))])
        change = moved(work, key, found)
        effect = {"e": "clock.extended", "key": key, "amount": days, "unit": rule.unit, **change}
        work.emit({"e": "counted", "name": "extensions"})
        work.emit_clock(effect, "deadline-extended", "extended", change["due"])

    return step


def _exclude(raw: Mapping[str, Any], path: str, scope: Scope) -> Step:
    (name,) = _names(raw["exclude"], f"{path}.exclude", scope)
    reason = raw["reason"]
    clock = (scope.document.get("clocks") or {}).get(name, {})
    scope.need(f"{path}.reason", f"reason for leaving time out of '{name}'", reason, clock.get("exclusions") or ())
    low = compile_value(raw["from"], f"{path}.from", scope)
    high = compile_value(raw["to"], f"{path}.to", scope)
    where = f"clocks.{name}.exclusions.{reason}"

    def step(work: Work) -> None:
        spec = work.pack.clocks[name]
        source = spec.exclusions[reason]
        key = _newest_running(work, name)
        if key is None:
            _not_running(work, spec, where)
            return
        first, last = low(work), high(work)
        from_at, to_at = _as_moment(first, work), _as_moment(last, work)
        if to_at is not None and len(last) == 10:
            # A date names a whole day: what lasts to the 5th leaves out the 5th.
            to_at = _as_moment((date.fromisoformat(last) + timedelta(days=1)).isoformat(), work)
        if from_at is None or to_at is None or to_at <= from_at:
            work.miss("exclusion-invalid", where, words("exclusion-invalid"), source, {"from": first, "to": last})
            return
        if work.unmet:
            return
        found = recount(work, key, left_out=[Span(from_at, to_at, reason)])
        change = moved(work, key, found)
        span = {"from": stamp(from_at), "to": stamp(to_at), "reason": reason}
        work.emit_clock(
            {"e": "clock.excluded", "key": key, **span, **change}, "deadline-excluded", "excluded", change["due"]
        )

    return step


# Facts


def _set(raw: Mapping[str, Any], path: str, scope: Scope) -> Step:
    values: list[tuple[str, Value]] = []
    # in one order whatever spelling the pack is read from: the kept document has its keys sorted
    for name, given in sorted(raw["set"].items()):
        here = f"{path}.set.{name}"
        kind = scope.fact_type(name)
        if not scope.need(here, "fact", name, scope.names("facts")):
            continue
        if kind in ("text", "longtext", "point", "file", "contact"):
            scope.say(here, f"'{name}' is a {kind}: it is only committed to, never set")
            continue
        if not isinstance(given, Mapping):
            declared = scope.document["facts"][name]
            if kind == "choice":
                scope.need(here, f"choice of '{name}'", str(given), declared.get("choices") or ())
            elif (kind == "boolean" and not isinstance(given, bool)) or (kind == "integer" and type(given) is not int):
                scope.say(here, f"'{name}' is a {kind}, not {given!r}")
        values.append((name, compile_value(given, here, scope, kind)))

    def step(work: Work) -> None:
        for name, value in values:
            found = value(work)
            if found is not None:
                work.emit({"e": "fact", "name": name, "value": found})

    return step


# Owners and parties


def _owner(raw: Mapping[str, Any], path: str, scope: Scope) -> Step:
    why = raw.get("why")
    target = raw["owner"]
    here = f"{path}.owner"
    if target == "routed":
        return lambda work: route_owner(work, here, why)
    address = compile_address(target, here, scope)
    word = why or (target if isinstance(target, str) else next(iter(target)))

    def step(work: Work) -> None:
        found = address(work)
        if found is None or found[0] is None:
            work.miss("field-missing", here, words("addressee"))
            return
        own(work, found[0], found[1], word, here)

    return step


def own(work: Work, unit: str, seat: str | None, why: str, path: str) -> None:
    """Make a unit the lead with a seat that can answer, or note why it can't be."""
    jurisdiction, concerned = work.jurisdiction, work.concerned()
    unit = jurisdiction.answering_unit(unit)
    found = clear_seat(jurisdiction, unit, work.now, concerned, seat, work.barred())
    if found is not None and work.state.recused:
        found = _without_recused(work, unit, found)
    if found is None:
        if is_conflicted(jurisdiction, unit, work.now, concerned):
            work.miss("concerned", path, words("unit-concerned"), values={"unit": unit})
        else:
            work.miss("lead-cannot-decide", path, words("lead-cannot-decide"), values={"unit": unit})
        return
    set_owner(work, unit, found, why)


def _clear(work: Work, unit: str, seat: str | None) -> str | None:
    return clear_seat(work.jurisdiction, unit, work.now, work.concerned(), seat, work.barred())


def _without_recused(work: Work, unit: str, seat: str) -> str | None:
    recused = frozenset(work.state.recused)
    if any(person not in recused for person in work.jurisdiction.persons_of(seat, work.now)):
        return seat
    return work.jurisdiction.default_seat(unit, work.now, without=work.concerned() | work.barred() | recused)


def set_owner(work: Work, unit: str, seat: str, why: str) -> None:
    """Record unit and seat as the one owner; a change of the lead unit counts as a hand-off."""
    state = work.state
    before = state.unit
    if before == unit and state.seat == seat and state.unmatched is (why == UNMATCHED):
        return
    superior = work.jurisdiction.superior(unit)
    work.emit({"e": "owner", "unit": unit, "seat": seat, "superior": superior, "why": why})
    if before and before != unit:
        work.emit({"e": "counted", "name": "handoffs"})


def route_owner(work: Work, path: str, why: str | None = None) -> None:
    """Give the matter to whom the parent or import named, else to whom the jurisdiction routes it."""
    owner = work.command.owner
    if owner is not None and not work.state.unit:
        own(work, owner, (work.command.parent or {}).get("seat"), why or "named", path)
        return
    state = work.state
    try:
        found = work.routed()
    except NoOwner:
        work.miss("lead-cannot-decide", path, words("lead-cannot-decide"))
        return
    seat = _without_recused(work, found.unit, found.seat) if state.recused else found.seat
    if seat is None:
        work.miss("lead-cannot-decide", path, words("lead-cannot-decide"), values={"unit": found.unit})
        return
    set_owner(work, found.unit, seat, (why or "routed") if found.matched else UNMATCHED)


def _party(raw: Mapping[str, Any], path: str, scope: Scope) -> Step:
    relation = raw["party"]
    address = compile_address(raw["unit"], f"{path}.unit", scope)

    def step(work: Work) -> None:
        found = address(work)
        if found is None or found[0] is None:
            return
        unit = found[0]
        if is_conflicted(work.jurisdiction, unit, work.now, work.concerned()):
            work.miss("concerned", f"{path}.unit", words("unit-concerned"), values={"unit": unit})
        elif unit not in work.state.parties.get(relation, ()):
            work.emit({"e": "party", "relation": relation, "unit": unit})

    return step


def _unparty(raw: Mapping[str, Any], path: str, scope: Scope) -> Step:
    relation = raw["unparty"]
    address = compile_address(raw["unit"], f"{path}.unit", scope)
    kept = tuple(raw.get("unless") or ())
    for index, name in enumerate(kept):
        scope.need(f"{path}.unless[{index}]", "request", name, scope.names("requests"))

    def step(work: Work) -> None:
        found = address(work)
        if found is not None and found[0] in work.state.parties.get(relation, ()):
            waiting = [
                (key, request)
                for key, request in sorted(work.state.requests.items())
                if request.unit == found[0] and request.kind in kept and request.state in LIVE
            ]
            if waiting:
                # Nobody is let go with something still to do: the tasks are named, and stay.
                named = [(work.pack.requests[request.kind].title, key.rpartition("#")[2]) for key, request in waiting]
                said = words(
                    "tasks-open",
                    zh="、".join(f"{title['zh']} {number}" for title, number in named),
                    en=", ".join(f"{title['en']} {number}" for title, number in named),
                )
                work.miss("tasks-open", path, said, values={"unit": found[0], "tasks": [key for key, _ in waiting]})
                return
            work.emit({"e": "unparty", "relation": relation, "unit": found[0]})

    return step


def _concern(raw: Mapping[str, Any], path: str, scope: Scope) -> Step:
    value = compile_value(raw["concern"], f"{path}.concern", scope)
    role = raw.get("role")
    if role is not None:
        scope.need(f"{path}.role", "role", role, sorted(ROLES))

    def step(work: Work) -> None:
        who = value(work)
        if not isinstance(who, str):
            return
        if role is not None:
            seat = work.jurisdiction.seats.get(who)
            if seat is None or not seat.active or role not in seat.roles:
                named = raw["concern"].get("field") if isinstance(raw["concern"], Mapping) else None
                place = f"input.{named}" if named else path
                work.miss("field-invalid", place, words("seat-not-of-role"), values={"seat": who, "role": role})
                return
        # A seat stands for whoever sits on it now; units and persons stand for themselves.
        people = work.jurisdiction.persons_of(who, work.now) if who in work.jurisdiction.seats else (who,)
        for one in people:
            if one not in work.state.concerned:
                work.emit({"e": "concerned", "who": one})

    return step


def _recuse(raw: Mapping[str, Any], path: str, scope: Scope) -> Step:
    wanted = raw["recuse"]
    if wanted == "actor":

        def people(work: Work) -> tuple[str, ...]:
            return (work.actor.person,) if work.actor.person is not None else ()

    else:
        value = compile_value(wanted, f"{path}.recuse", scope)

        def people(work: Work) -> tuple[str, ...]:
            who = value(work)
            return work.jurisdiction.persons_of(who, work.now) if isinstance(who, str) else ()

    def step(work: Work) -> None:
        for person in people(work):
            if person not in work.state.recused:
                work.emit({"e": "recused", "person": person})

    return step


# Requests


def _request_key(work: Work, kind: str, states: tuple[str, ...]) -> str | None:
    key = work.request
    if key is not None and work.state.requests[key].kind == kind:
        return key
    return newest_request(work.state, kind, states)


def _request(raw: Mapping[str, Any], path: str, scope: Scope) -> Step:
    kind = raw["request"]
    known = scope.need(f"{path}.request", "request", kind, scope.names("requests"))
    if "open" in raw:
        return _open_request(raw, path, scope, kind)
    answer = raw["answer"]
    if known:
        scope.need(
            f"{path}.answer", f"answer of '{kind}'", answer, scope.document["requests"][kind].get("answers") or ()
        )

    def step(work: Work) -> None:
        key = _request_key(work, kind, LIVE)
        if key is None:
            return
        state = work.state.requests[key].state
        if state == answer:
            return
        if state not in LIVE or (state == "contested" and answer not in AFTER_CONTEST):
            said = words("request-unknown", **work.pack.requests[kind].title)
            work.miss("request-unknown", path, said, values={"request": key, "state": state})
            return
        answer_request(work, key, answer)

    return step


def answer_request(work: Work, key: str, answer: str) -> None:
    """Record an answer; contesting counts an objection and names who decides. The request's clock stops."""
    request = work.state.requests[key]
    decider = None
    if answer == "contested":
        decider = _decider(work, request.opened_by_unit or work.state.unit, request.unit)
    work.emit({"e": "request.answered", "key": key, "state": answer, "decider": decider})
    if answer == "contested" and work.pack.requests[request.kind].moves_lead:
        # an objection is to having the matter; one to a call-out or a question sends nothing to the backstop
        work.emit({"e": "counted", "name": "objections"})
    if request.clock is not None and work.state.clocks[request.clock].status == "running":
        stop_clock(work, request.clock, "met" if answer in _MET else "stopped")


def _decider(work: Work, asker: str, asked: str | None) -> str | None:
    # Source: 信访工作条例 art. 24: the common superior decides; with none, the backstop (our own rule).
    if asked is not None:
        above = work.jurisdiction.common_superior(asker, asked)
        if above is not None and not is_conflicted(work.jurisdiction, above, work.now, work.concerned()):
            return above
    found = _backstop(work)
    return found[0] if found is not None else None


def _open_request(raw: Mapping[str, Any], path: str, scope: Scope, kind: str) -> Step:
    address = compile_address(raw["to"], f"{path}.to", scope)
    texts = text_names(scope.document)
    kept = tuple(raw.get("data") or ())
    for index, name in enumerate(kept):
        scope.need(f"{path}.data[{index}]", "field of this act", name, scope.fields)

    def step(work: Work) -> None:
        spec = work.pack.requests[kind]
        if not spec.many and newest_request(work.state, kind, LIVE) is not None:
            work.miss("request-open", path, words("request-open", **spec.title))
            return
        found = address(work)
        if found is None:
            work.miss("field-missing", f"{path}.to", words("addressee"))
            return
        unit, seat = found
        if unit is not None:
            conflicted = is_conflicted(work.jurisdiction, unit, work.now, work.concerned())
            if conflicted:
                work.miss("concerned", f"{path}.to", words("unit-concerned"), values={"unit": unit})
                return
            if spec.role is not None and not _has_role(work, seat, spec.role):
                said = words("role-missing", role=spec.role)
                work.miss("sponsor-unfit", f"{path}.to", said, values={"seat": seat, "role": spec.role})
                return
            if spec.alone and work.state.sensitivity != "ordinary":
                # whoever is asked alone would be told nothing of a matter that is kept this closely
                work.miss("when", f"{path}.to", words("not-from-here"), values={"seat": seat})
                return
            if spec.moves_lead and _clear(work, unit, seat) is None:
                work.miss("lead-cannot-decide", f"{path}.to", words("lead-cannot-decide"), values={"unit": unit})
                return
        newest = newest_request(work.state, kind)
        key = f"{kind}#{int(newest.rpartition('#')[2]) + 1 if newest is not None else 1}"
        data: dict[str, Any] = {"person": work.actor.person} if raw.get("who") and work.actor.person else {}
        for name in kept:
            if name in texts:
                if name in work.texts:
                    data[name] = {"n": work.base}
            elif work.inputs.get(name) is not None:
                data[name] = work.inputs[name]
        clock = None
        if spec.clock is not None:
            clock = start_clock(work, spec.clock, work.occurred, key)
        work.emit(
            {
                "e": "request.opened",
                "key": key,
                "kind": kind,
                "unit": unit,
                "seat": seat,
                "by": work.actor.unit,
                "data": data,
                "clock": clock,
            }
        )
        if spec.alone:
            work.emit({"e": "request.alone", "key": key})

    return step


# Children and links


def _child(raw: Mapping[str, Any], path: str, scope: Scope) -> Step:
    kind = raw["child"]
    scope.need(f"{path}.child", "child", kind, scope.names("children"))
    address = compile_address(raw.get("unit", "superior"), f"{path}.unit", scope)
    # One seat of its unit looks after personal data, or supervises; elsewhere any seat that can lead will do.
    by_seat = raw.get("unit") in ("protection", SUPERVISION)
    reviewed = raw.get("seat") == "reviewer"
    bring = tuple(raw.get("bring") or ())
    for index, name in enumerate(bring):
        need_field(name, f"{path}.bring[{index}]", scope)

    def step(work: Work) -> None:
        state, jurisdiction = work.state, work.jurisdiction
        found = address(work)
        unit = found[0] if found is not None else None
        seat = None
        if unit is not None:
            unit = jurisdiction.answering_unit(unit)
            if reviewed:
                unit, seat = _review_seat(work, unit)
            elif unit != state.unit:
                seat = _clear(work, unit, found[1] if by_seat and found is not None else None)
        if unit is None or seat is None:
            work.miss("no-reviewer", f"{path}.unit", words("no-reviewer"), values={"unit": unit})
            return
        spec = work.pack.children[kind]
        number = sum(child.kind == kind for child in state.children.values()) + 1
        if not work.streams:
            raise ValueError(f"the command brings no stream for the child '{kind}'")
        stream = work.streams.pop(0)
        key = f"{kind}#{number}"
        work.emit({"e": "child.opened", "key": key, "kind": kind, "stream": stream, "unit": unit, "pack": spec.pack})
        order = ChildOrder(key, kind, spec.pack, unit, stream, tuple(state.concerned), tuple(state.recused))
        if by_seat or reviewed:
            order = replace(order, seat=seat)
        if reviewed:
            order = replace(order, below=tuple(state.handled_by))
        if bring:
            order = replace(
                order,
                inputs={name: work.inputs[name] for name in bring if work.inputs.get(name) is not None},
                texts=tuple(name for name in bring if name in work.texts),
                sensitivity=state.sensitivity,
            )
        work.opens.append(order)

    return step


def _signal(raw: Mapping[str, Any], path: str, scope: Scope) -> Step:
    name = raw["signal"]
    outcome = compile_value(raw["outcome"], f"{path}.outcome", scope) if "outcome" in raw else None
    on = compile_value(raw["date"], f"{path}.date", scope, "date") if "date" in raw else None
    carry = tuple(raw.get("carry") or ())
    for index, text in enumerate(carry):
        need_field(text, f"{path}.carry[{index}]", scope)

    def step(work: Work) -> None:
        if work.state.parent is not None:
            told = outcome(work) if outcome is not None else None
            if told is None and work.state.outcome is not None:
                told = work.state.outcome["value"]
            date_told = on(work) if on is not None else None
            up = tuple(text for text in carry if text in work.texts)
            work.signals.append(Signal(name, told, date=date_told, carry=up))

    return step


def _link(raw: Mapping[str, Any], path: str, scope: Scope) -> Step:
    value = compile_value(raw["link"], f"{path}.link", scope)

    def step(work: Work) -> None:
        stream = value(work)
        if isinstance(stream, str) and stream not in work.state.links:
            work.emit({"e": "linked", "stream": stream})

    return step


def _has_role(work: Work, seat: str | None, role: str) -> bool:
    row = work.jurisdiction.seats.get(seat or None)
    return row is not None and row.active and role in row.roles


def _sponsor(raw: Mapping[str, Any], path: str, scope: Scope) -> Step:
    wanted = raw["sponsor"]
    if wanted == "none":

        def release(work: Work) -> None:
            if work.state.sponsor is not None:
                work.emit({"e": "sponsor", "unit": None, "seat": None})

        return release
    address = compile_address(wanted, f"{path}.sponsor", scope)

    def step(work: Work) -> None:
        found = address(work)
        unit, seat = found if found is not None else (None, None)
        if unit is None or not _has_role(work, seat, "sponsor"):
            said = words("role-missing", role="sponsor")
            work.miss("sponsor-unfit", f"{path}.sponsor", said, values={"seat": seat, "role": "sponsor"})
        elif is_conflicted(work.jurisdiction, unit, work.now, work.concerned()):
            work.miss("concerned", f"{path}.sponsor", words("unit-concerned"), values={"unit": unit})
        else:
            before = work.state.sponsor
            if before is None or (before["unit"], before["seat"]) != (unit, seat):
                work.emit({"e": "sponsor", "unit": unit, "seat": seat})

    return step


def _part(raw: Mapping[str, Any], path: str, scope: Scope) -> Step:
    wanted = raw["part"]
    if wanted == "none":

        def leave(work: Work) -> None:
            if work.state.part_of is not None:
                work.emit({"e": "part", "stream": None})

        return leave
    value = compile_value(wanted, f"{path}.part", scope)

    def step(work: Work) -> None:
        stream = value(work)
        if not isinstance(stream, str) or stream == work.state.part_of:
            return
        if stream == work.command.stream:
            work.miss("part-unfit", f"{path}.part", words("part-of-itself"), values={"stream": stream})
        else:
            work.emit({"e": "part", "stream": stream})

    return step


def _erase(raw: Mapping[str, Any], path: str, scope: Scope) -> Step:
    names = tuple(raw["erase"])
    known = text_names(scope.document)
    for index, name in enumerate(names):
        scope.need(f"{path}.erase[{index}]", "text", name, known)
    identities = any(known.get(name) == "contact" for name in names)

    def step(work: Work) -> None:
        # whoever else was written down at the counter goes with whoever brought it
        more = [name for name in COMMON_TEXTS if identities and name not in names and name in work.state.texts]
        # facts are needed for as long as the matter is open; after that they go with the first thing that does
        sealed = [FACTS] if FACTS in work.state.texts and not work.state.open else []
        work.emit({"e": "erased", "texts": [*names, *more, *sealed]})

    return step


def _secret(raw: Mapping[str, Any], path: str, scope: Scope) -> Step:
    def step(work: Work) -> None:
        who = work.given("participant") or 1
        if not 1 <= who <= work.state.participants:
            work.miss("field-invalid", "input.participant", words("no-participant", participant=who))
            return
        work.emit({"e": "secret", "participant": who, "version": work.state.secrets.get(str(who), 1) + 1})

    return step


def _share(raw: Mapping[str, Any], path: str, scope: Scope) -> Step:
    value = compile_value(raw["share"], f"{path}.share", scope)

    def step(work: Work) -> None:
        # Handing it out is one more way of opening it: it stands, and is counted, among the openings.
        unit, seat = work.actor.unit or "", work.actor.seat or ""
        work.emit({"e": "identity.opened", "what": SHARED, "purpose": value(work), "unit": unit, "seat": seat})

    return step


# Documents


def _document(raw: Mapping[str, Any], path: str, scope: Scope) -> Step:
    name, step_name = raw["document"], raw["do"]
    if name == IT:
        if step_name == "draft":
            scope.say(f"{path}.document", "a draft is of one document", "name it")
        if not scope.about:
            scope.say(f"{path}.document", "the act is about no document", "name it, or add acts.<act>.about")
    elif scope.need(f"{path}.document", "document", name, scope.names("documents")) and step_name == "draft":
        need_field(scope.document["documents"][name]["text"], path, scope)
    given: dict[str, Value] = {}
    if step_name == "serve":
        for word in ("way", "date"):
            if word not in raw:
                scope.say(path, f"service needs its {word}", f"add {word}: {{field: ...}}")
                given[word] = lambda work: None
            else:
                given[word] = compile_value(raw[word], f"{path}.{word}", scope, "date" if word == "date" else None)
    do = DO[step_name]

    def step(work: Work) -> None:
        kind = name
        if kind == IT:
            if work.document is None:
                return
            kind = work.state.documents[work.document].kind
        do(work, work.pack.documents[kind], path, given)

    return step


def _when(raw: Mapping[str, Any], path: str, scope: Scope) -> Step:
    condition = compile_condition(raw["when"], f"{path}.when", scope).holds
    then = compile_effects(raw.get("then") or (), f"{path}.then", scope)
    other = compile_effects(raw.get("else") or (), f"{path}.else", scope)

    def step(work: Work) -> None:
        for one in then if condition(work) else other:
            one(work)

    return step


_BUILD: Final[Mapping[str, Callable[[Mapping[str, Any], str, Scope], Step]]] = {
    "when": _when,
    "stage": _stage,
    "start": _start,
    "stop": _stop,
    "extend": _extend,
    "exclude": _exclude,
    "set": _set,
    "owner": _owner,
    "party": _party,
    "unparty": _unparty,
    "concern": _concern,
    "recuse": _recuse,
    "request": _request,
    "child": _child,
    "document": _document,
    "signal": _signal,
    "outcome": _outcome_like("outcome", "outcomes"),
    "fulfilment": _outcome_like("fulfilment", "fulfilments"),
    "verdict": _outcome_like("verdict", "verdicts"),
    "reopen": _reopen,
    "link": _link,
    "erase": _erase,
    "sponsor": _sponsor,
    "part": _part,
    "secret": _secret,
    "share": _share,
}
