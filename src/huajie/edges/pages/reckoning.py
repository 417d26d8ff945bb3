"""
What a typed number of days or a typed date comes to: `8 working days: until Mon 21 Dec`.

Whoever types "8" into a form decides a date; the form says which one, counted as the clock itself will count it.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, cast

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from huajie.core.clocks import Calendar, ClockError, Extension, due
from huajie.core.ledger import moment
from huajie.core.procedure import Act, ClockSpec, ClockState, Pack, State
from huajie.core.procedure.pack import walk_effects
from huajie.core.procedure.phrases import Words
from huajie.edges.pages import dates
from huajie.edges.pages.clocks import extensions_of, spans_of
from huajie.edges.pages.reader import Reader
from huajie.edges.pages.roads import grants

#: Further than this nobody plans, and a typing mistake should cost nothing.
_FURTHEST = 3660


def _named(value: Any) -> str | None:
    """Return the field or fact that a pack names as a value."""
    if not isinstance(value, Mapping):
        return None
    found = value.get("field") or value.get("fact")
    return found if isinstance(found, str) else None


def _counted(pack: Pack, state: State, act: Act, field: str) -> tuple[ClockSpec, ClockState | None] | None:
    """Return the clock that a field of an act sets, and the one that runs where the field extends it."""
    for _path, effect in walk_effects(act.raw.get("effects") or (), ""):
        if effect.get("extend") in pack.clocks and _named(effect.get("by")) == field:
            running = [
                clock for clock in state.clocks.values() if clock.name == effect["extend"] and clock.status == "running"
            ]
            if running:
                return pack.clocks[effect["extend"]], running[-1]
        name = effect.get("start") if isinstance(effect.get("start"), str) else None
        if name is None and effect.get("open") and effect.get("request") in pack.requests:
            name = pack.requests[effect["request"]].clock
        if name in pack.clocks and _named(pack.clocks[name].raw.get("length")) == field:
            return pack.clocks[name], None
    return _asked_for(pack, state, act, field)


def _asked_for(pack: Pack, state: State, act: Act, field: str) -> tuple[ClockSpec, ClockState | None] | None:
    """Return the clock for a field that is only asked for: that of the act which would grant it."""
    asked = {
        effect["request"]
        for _path, effect in walk_effects(act.raw.get("effects") or (), "")
        if effect.get("open") and field in (effect.get("data") or ())
    }
    for other in pack.acts.values():
        if other.on in asked and grants(other) and (other.stages is None or state.stage in other.stages):
            found = _counted(pack, state, other, field)
            if found is not None:
                return found
    return None


def reckons(pack: Pack, state: State, act: Act, field: str) -> bool:
    """Return whether a field of an act is a date, or a number of days that comes to one."""
    spec = next((each for each in act.fields if each.name == field), None)
    if spec is None:
        return False
    return spec.type == "date" or (spec.type == "integer" and _counted(pack, state, act, field) is not None)


def reckoned(pack: Pack, state: State, act: Act, field: str, typed: str, *, calendar: Calendar, reader: Reader) -> str:
    """Return in words what was typed comes to; empty where it comes to nothing."""
    spec = next((each for each in act.fields if each.name == field), None)
    if spec is None:
        return ""
    if spec.type == "date":
        return _date(typed, calendar, reader)
    found = _counted(pack, state, act, field)
    if found is None or not (typed.isascii() and typed.isdigit()) or not 0 < int(typed) <= _FURTHEST:
        return ""
    clock, running = found
    number = int(typed)
    try:
        if running is not None and clock.extension is not None:
            unit = clock.extension.unit
            told = due(
                clock.rule(running.length),
                started_at=moment(running.started_at),
                calendar=calendar,
                extensions=[*extensions_of(running), Extension(number, cast(Any, unit))],
                excluded=spans_of(running, clock),
            )
        else:
            unit = clock.unit
            told = due(clock.rule(number), started_at=reader.now, calendar=calendar)
    except (ClockError, ValueError):
        return ""
    until = reader.day(told.last_date or dates.last_day(told.due_at, calendar.zone))
    if told.provisional:
        until = _("%(date)s (provisional)") % {"date": until}
    return _("= %(length)s, until %(date)s") % {
        "length": Words(pack.document, reader.language).amount(number, unit),
        "date": until,
    }


def _date(typed: str, calendar: Calendar, reader: Reader) -> str:
    try:
        on = date.fromisoformat(typed)
    except ValueError:
        return ""
    today = reader.today(calendar.zone)
    if abs((on - today).days) > _FURTHEST:
        return ""
    first, last = min(on, today), max(on, today)
    days = sum(calendar.is_working_day(first + timedelta(days=n)) for n in range(1, (last - first).days + 1))
    day = reader.day(on)
    if on == today:
        return _("= today, %(date)s") % {"date": day}
    if on < today:
        return ngettext("= %(n)s working day ago, %(date)s", "= %(n)s working days ago, %(date)s", days) % {
            "n": days,
            "date": day,
        }
    return ngettext("= %(n)s working day, until %(date)s", "= %(n)s working days, until %(date)s", days) % {
        "n": days,
        "date": day,
    }
