"""Clocks as people see them: the pill, the bar, and why a date is the date it is, in plain words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from html import escape
from itertools import groupby
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from huajie.core.clocks import Calendar, ClockError, Extension, Line, Span, due, explain
from huajie.core.ledger import moment
from huajie.core.procedure import ClockSpec, ClockState, Pack, State, whose
from huajie.core.procedure.phrases import Words
from huajie.edges.pages import dates
from huajie.edges.pages.html import pill
from huajie.edges.pages.reader import Reader

#: Days left from which a clock is shown as `soon`.
SOON_DAYS = 1
_HOURLY = ("hour", "office_hour")


@dataclass(slots=True, frozen=True)
class Left:
    """How much time is left."""

    #: ``, `soon`, `late`
    kind: str
    #: whole local days to the last day in time; negative once it has passed
    days: int
    #: `22 days left`, `today 24:00`, `3 days late`
    words: str
    on: date

    @property
    def pill(self) -> SafeString:
        """Return the pill."""
        return pill(self.kind, "late" if self.kind == "late" else "clock", self.words)


@lru_cache(maxsize=4096)
def _left_words(days: int, late: bool, at: str, language: str) -> str:
    # `language` is the active one; it is an argument because it is part of what is remembered
    if late:
        if days >= 0:
            return _("Late since %(time)s") % {"time": at}
        return ngettext("%(days)s day late", "%(days)s days late", -days) % {"days": -days}
    if days <= 0:
        return _("Today %(time)s") % {"time": at}
    return ngettext("%(days)s day left", "%(days)s days left", days) % {"days": days}


def left(due_at: datetime, zone: ZoneInfo, reader: Reader) -> Left:
    """Return how much time is left until a due moment (exclusive: at that very moment it is late)."""
    on = dates.last_day(due_at, zone)
    days = (on - reader.today(zone)).days
    late = reader.now >= due_at
    local = due_at.astimezone(zone)
    at = "24:00" if local.hour == local.minute == 0 else f"{local.hour:02}:{local.minute:02}"
    kind = "late" if late else "soon" if days <= SOON_DAYS else ""
    return Left(kind, days, _left_words(days, late, at, reader.language), on)


# one clock of one matter


@dataclass(slots=True)
class ClockView:
    """One clock on a matter's page."""

    key: str
    name: str
    title: str
    #: what is due, in words for the resident
    plain: str
    status: str
    pill: SafeString
    bar: SafeString
    #: `60 days · Regulation, Art. 34`
    source: str
    verified: bool
    #: `Why 15 December`
    question: str
    why: tuple[str, ...]
    due_at: datetime
    due_words: str
    left: Left | None
    provisional: bool
    holder: str
    running: bool
    #: by name, whose clock it is where that is not the lead unit
    whose: str = ""
    #: what the unit was told about it and what it replied, for staff
    urged: SafeString | str = ""


def clock_views(pack: Pack, state: State, calendar: Calendar, reader: Reader) -> list[ClockView]:
    """Return the clocks of a matter: those that run, soonest first, then the others, newest first."""
    running = sorted((c.due_at, key) for key, c in state.clocks.items() if c.status == "running")
    over = [key for due_at, key in running if _is_over(state.clocks[key], pack, reader)]
    running = [(due_at, key) for due_at, key in running if key not in over]
    ended = sorted(((c.ended_at or "", key) for key, c in state.clocks.items() if c.status != "running"), reverse=True)
    return [
        replace(
            clock_view(key, state.clocks[key], pack, calendar, reader),
            whose=_whose(state, key, reader),
        )
        for _moment, key in [*running, *(("", key) for key in over), *ended]
        if state.clocks[key].name in pack.clocks
    ]


def _whose(state: State, key: str, reader: Reader) -> str:
    found = whose(state, key)
    if found is None or found[0] == state.unit:
        return ""
    unit, seat = found
    return f"{reader.unit(unit)} · {reader.seat(seat)}" if seat is not None else reader.unit(unit)


def _is_over(clock: ClockState, pack: Pack, reader: Reader) -> bool:
    """Return whether it is the resident's own time to decide, and it has passed: then nothing of ours is late."""
    spec = pack.clocks.get(clock.name)
    return spec is not None and spec.holder == "resident" and moment(clock.due_at) <= reader.now


def clock_view(key: str, clock: ClockState, pack: Pack, calendar: Calendar, reader: Reader) -> ClockView:
    """Return one clock, counted and explained."""
    spec = pack.clocks[clock.name]
    words = Words(pack.document, reader.language)
    zone = calendar.zone
    due_at, started_at = moment(clock.due_at), moment(clock.started_at)
    running = clock.status == "running"
    rest = left(due_at, zone, reader) if running else None
    last = date.fromisoformat(clock.last_date) if clock.last_date else None
    due_words = reader.day(last) if last is not None else reader.moment(due_at, zone)
    if clock.provisional:
        due_words = _("%(date)s (provisional)") % {"date": due_words}
    if rest is not None and _is_over(clock, pack, reader):
        rest = None
        shown = pill("", "wait", _("Their time is over"))
    elif rest is not None:
        shown = rest.pill
    else:
        shown = _ended_pill(clock, due_at, zone, reader)
    law = pack.sources.get(spec.source)
    article = words.source(spec.source)
    return ClockView(
        key=key,
        name=clock.name,
        title=reader.text(spec.title),
        plain=reader.text(spec.plain),
        status=clock.status,
        pill=shown,
        bar=_bar(clock, spec, pack, calendar, reader, started_at, due_at, rest),
        source=" · ".join((words.amount(clock.length, clock.unit), article)),
        verified=law is None or law.verified,
        question=_("Why %(date)s") % {"date": due_words},
        why=tuple(why(clock, spec, pack, calendar, reader)),
        due_at=due_at,
        due_words=due_words,
        left=rest,
        provisional=clock.provisional,
        holder=spec.holder,
        running=running,
    )


def _ended_pill(clock: ClockState, due_at: datetime, zone: ZoneInfo, reader: Reader) -> SafeString:
    ended_at = moment(clock.ended_at) if clock.ended_at else due_at
    on = reader.day(ended_at.astimezone(zone).date(), weekday=False)
    if clock.status == "stopped":
        return pill("", "done", _("Ended %(date)s") % {"date": on})
    days = (dates.last_day(due_at, zone) - ended_at.astimezone(zone).date()).days
    if ended_at >= due_at:
        late_days = max(1, -days)
        return pill(
            "late",
            "late",
            ngettext("Done %(date)s, %(days)s day late", "Done %(date)s, %(days)s days late", late_days)
            % {"date": on, "days": late_days},
        )
    if days == 0:
        return pill("done", "done", _("Done %(date)s, on the last day") % {"date": on})
    return pill(
        "done",
        "done",
        ngettext("Done %(date)s, %(days)s day early", "Done %(date)s, %(days)s days early", days)
        % {"date": on, "days": days},
    )


def _parameter(value: Any, pack: Pack) -> int | None:
    """Return a plain number of a pack: itself, or its parameter's value."""
    if isinstance(value, dict) and "param" in value:
        value = (pack.document.get("parameters") or {}).get(value["param"], {}).get("value")
    return value if isinstance(value, int) else None


def spans_of(clock: ClockState, spec: ClockSpec) -> list[Span]:
    """Return the spans that do not count for a clock."""
    return [
        Span(moment(low), moment(high), reason, spec.exclusions.get(reason, "")) for low, high, reason in clock.excluded
    ]


def extensions_of(clock: ClockState) -> list[Extension]:
    """Return the extensions that a clock has had."""
    return [Extension(amount, unit) for amount, unit in clock.extensions]


def _longest(
    clock: ClockState, spec: ClockSpec, pack: Pack, calendar: Calendar, started_at: datetime
) -> tuple[int, datetime, date | None, bool] | None:
    """Return what the longest extension that is still possible would give: amount, due, last day, provisional."""
    rule = spec.extension
    if rule is None or clock.status != "running" or len(clock.extensions) >= rule.times:
        return None
    most = _parameter(spec.raw["extension"]["max"], pack)
    if most is None:
        return None
    try:
        found = due(
            spec.rule(clock.length),
            started_at=started_at,
            calendar=calendar,
            extensions=[*extensions_of(clock), Extension(most, cast(Any, rule.unit))],
            excluded=spans_of(clock, spec),
        )
    except ClockError:
        return None
    return most, found.due_at, found.last_date, found.provisional


# the bar


def _label(x: float, y: int, text: str, *, strong: bool = False) -> str:
    anchor = "start" if x < 14 else "end" if x > 86 else "middle"
    at = 0.0 if x < 14 else 100.0 if x > 86 else x
    shade = ' class="bar-strong"' if strong else ""
    return f'<text{shade} x="{at:.1f}%" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'


def _bar(
    clock: ClockState,
    spec: ClockSpec,
    pack: Pack,
    calendar: Calendar,
    reader: Reader,
    started_at: datetime,
    due_at: datetime,
    rest: Left | None,
) -> SafeString:
    zone = calendar.zone
    begin = _("%(date)s start") % {"date": reader.day(started_at.astimezone(zone).date(), weekday=False)}
    last = date.fromisoformat(clock.last_date) if clock.last_date else dates.last_day(due_at, zone)
    end = _("%(date)s due") % {"date": reader.day(last, weekday=False)}
    if rest is None:
        return _ended_bar(clock, reader, started_at, due_at, begin, end)
    longest = _longest(clock, spec, pack, calendar, started_at)
    ends = [due_at, reader.now] + ([longest[1]] if longest else [])
    whole = max((max(ends) - started_at).total_seconds(), 1.0)

    def place(at: datetime) -> float:
        return max(0.0, min((at - started_at).total_seconds() / whole, 1.0)) * 100

    due_x, now_x = place(due_at), place(reader.now)
    nth = max((reader.today(zone) - started_at.astimezone(zone).date()).days, 0)
    if rest.kind == "late":
        today = _("Today · %(late)s") % {"late": rest.words}
    else:
        today = _("Today · day %(number)s") % {"number": nth} if nth else _("Today")
    parts = [_label(now_x, 12, today, strong=True)]
    sentence = f"{reader.text(spec.title)}: {begin}; {end}; {rest.words}"
    if rest.kind == "late":
        parts += [
            f'<rect class="bar-run" y="20" width="{due_x:.1f}%" height="12" rx="6"/>',
            f'<rect class="bar-late" x="{due_x:.1f}%" y="20" width="{100 - due_x:.1f}%" height="12" rx="6"/>',
        ]
    else:
        parts.append(f'<rect class="bar-track" y="20" width="{due_x:.1f}%" height="12" rx="6"/>')
        if longest:
            parts.append(
                f'<rect class="bar-ext" x="{due_x:.1f}%" y="20.5" width="{100 - due_x:.1f}%" height="11" rx="5.5"/>'
            )
        used = "soon" if rest.kind == "soon" else "run"
        parts.append(f'<rect class="bar-{used}" y="20" width="{now_x:.1f}%" height="12" rx="6"/>')
        for timer in spec.timers:
            if timer.rung != "due":
                at = place(timer.at(started_at, due_at, calendar))
                if 0 < at < due_x:
                    parts.append(f'<line class="bar-tick" x1="{at:.1f}%" x2="{at:.1f}%" y1="20" y2="32"/>')
    parts.append(f'<line class="bar-due" x1="{due_x:.1f}%" x2="{due_x:.1f}%" y1="16" y2="36"/>')
    if rest.kind != "late":
        parts.append(f'<circle class="bar-dot" cx="{now_x:.1f}%" cy="26" r="5"/>')
    if due_x > 44:
        parts.append(_label(0, 49, begin))
    parts.append(_label(due_x, 49, end, strong=True))
    if longest and now_x < 50:
        most = longest[2] or dates.last_day(longest[1], zone)
        # above the bar: on a phone it would lie on the due date
        parts.append(_label(100, 12, _("at most %(date)s") % {"date": reader.day(most, weekday=False)}))
    return _drawing(52, sentence, parts)


def _ended_bar(
    clock: ClockState, reader: Reader, started_at: datetime, due_at: datetime, begin: str, end: str
) -> SafeString:
    ended_at = moment(clock.ended_at) if clock.ended_at else min(due_at, reader.now)
    whole = max((max(due_at, ended_at) - started_at).total_seconds(), 1.0)
    used = max(0.0, min((ended_at - started_at).total_seconds() / whole, 1.0)) * 100
    due_x = max(0.0, min((due_at - started_at).total_seconds() / whole, 1.0)) * 100
    parts = ['<rect class="bar-track" width="100%" height="8" rx="4"/>']
    if ended_at > due_at and clock.status == "met":
        parts.append(f'<rect class="bar-done" width="{due_x:.1f}%" height="8" rx="4"/>')
        parts.append(f'<rect class="bar-late" x="{due_x:.1f}%" width="{max(100 - due_x, 1):.1f}%" height="8" rx="4"/>')
    else:
        shade = "done" if clock.status == "met" else "run"
        parts.append(f'<rect class="bar-{shade}" width="{max(used, 1):.1f}%" height="8" rx="4"/>')
    parts += [_label(0, 26, begin), _label(100, 26, end)]
    return _drawing(30, f"{begin}; {end}", parts)


def _drawing(height: int, sentence: str, parts: Iterable[str]) -> SafeString:
    return mark_safe(  # noqa: S308
        f'<svg class="bar" height="{height}" role="img" aria-label="{escape(sentence)}">{"".join(parts)}</svg>'
    )


# why


def why(clock: ClockState, spec: ClockSpec, pack: Pack, calendar: Calendar, reader: Reader) -> list[str]:
    """Return the count of a clock as a few sentences: first day, sum by month, what was skipped, the end, the rule."""
    started_at = moment(clock.started_at)
    try:
        told = explain(
            spec.rule(clock.length),
            started_at=started_at,
            calendar=calendar,
            extensions=extensions_of(clock),
            excluded=spans_of(clock, spec),
        )
    except ClockError:
        return []
    words = Words(pack.document, reader.language)
    zone = calendar.zone
    found: list[str] = []
    if clock.unit in _HOURLY:
        found.append(_("Counted from %(moment)s.") % {"moment": reader.moment(started_at, zone)})
    else:
        found += _count_of_days(told.lines, clock, calendar, reader, words)
    for reason, span in groupby((line for line in told.lines if line.code == "excluded"), lambda line: line.name):
        out = list(span)
        found.append(
            _("Not counted: %(reason)s, %(from)s to %(to)s (%(source)s).")
            % {
                "reason": reader.text(spec.exclusion_titles.get(reason)) or reason,
                "from": reader.day(out[0].date, weekday=False),
                "to": reader.day(out[-1].date, weekday=False),
                "source": words.source(out[0].source),
            }
        )
    rolled = [line for line in told.lines if line.code == "rolled"]
    last = told.lines[-1]
    if rolled:
        found.append(
            _("The count ends on %(raw)s, which is no working day, so the last day is %(date)s.")
            % {"raw": reader.day(rolled[0].date), "date": reader.day(last.date)}
        )
    elif clock.unit not in _HOURLY:
        said = (
            _("%(date)s is a working day, so nothing moves.")
            if calendar.is_working_day(last.date)
            else _("The last day is %(date)s.")
        )
        found.append(said % {"date": reader.day(last.date)})
    for amount, unit in clock.extensions:
        found.append(
            _("Extended once by %(length)s, counted together from the first day.")
            % {"length": words.amount(amount, unit)}
        )
    for line in told.lines:
        if line.code == "unpublished":
            found.append(
                _("The working days of %(year)s are not published yet, so this date is provisional.")
                % {"year": line.number}
            )
    longest = _longest(clock, spec, pack, calendar, started_at)
    if longest is not None and spec.extension is not None:
        amount, longest_at, longest_date, provisional = longest
        most = reader.day(longest_date) if longest_date else reader.moment(longest_at, zone)
        text = _("%(who)s may extend it before that day by at most %(length)s, to %(date)s (%(source)s).") % {
            "who": words.relations(sorted(spec.extension.by)),
            "length": words.amount(amount, spec.extension.unit),
            "date": _("%(date)s (provisional)") % {"date": most} if provisional else most,
            "source": words.source(spec.extension.source),
        }
        found.append(text[:1].upper() + text[1:])
    found.append(_("By: %(source)s.") % {"source": words.source(spec.source)})
    return found


def _count_of_days(
    lines: Sequence[Line], clock: ClockState, calendar: Calendar, reader: Reader, words: Words
) -> list[str]:
    found: list[str] = []
    counted = [line for line in lines if line.code == "counted"]
    start = lines[0]
    if start.code == "start":
        first = counted[0].date if counted else start.date + timedelta(days=1)
        found.append(
            _("%(start)s is not counted; %(first)s is day 1.")
            % {"start": reader.day(start.date, weekday=False), "first": reader.day(first, weekday=False)}
        )
    elif counted:
        found.append(_("%(first)s is day 1.") % {"first": reader.day(counted[0].date, weekday=False)})
    if not counted:
        return found
    workdays = clock.unit == "workday" or any(unit == "workday" for _amount, unit in clock.extensions)
    sums = [
        (dates.month(days[0].date, reader.language, reader.now.year), len(days))
        for _month, days in (
            (key, list(group)) for key, group in groupby(counted, lambda line: (line.date.year, line.date.month))
        )
    ]
    unit = "workday" if workdays else "day"
    total = words.amount(len(counted), unit)
    if len(sums) > 1:
        parts = " + ".join(f"{name} {number}" for name, number in sums)
        found.append(f"{parts} = {total}" + ("。" if reader.language == "zh" else "."))
    if workdays:
        found += _skipped(lines, counted, calendar, reader)
    return found


def _skipped(lines: Sequence[Line], counted: Sequence[Line], calendar: Calendar, reader: Reader) -> list[str]:
    """Return the days that a count of working days left out, and the make-up days that it took."""
    found: list[str] = []
    weekends = [line for line in lines if line.code == "weekend"]
    if weekends:
        found.append(
            ngettext("%(days)s weekend day is skipped.", "%(days)s weekend days are skipped.", len(weekends))
            % {"days": len(weekends)}
        )
    holidays = [line for line in lines if line.code == "holiday"]
    for _year, group in groupby(holidays, lambda line: line.date.toordinal() - holidays.index(line)):
        out = list(group)
        name = calendar.name_of(out[0].date, reader.language) or _("Public holiday")
        if len(out) == 1:
            found.append(
                _("%(name)s, %(date)s, is skipped.") % {"name": name, "date": reader.day(out[0].date, weekday=False)}
            )
        else:
            found.append(
                _("%(name)s, %(from)s to %(to)s, is skipped.")
                % {
                    "name": name,
                    "from": reader.day(out[0].date, weekday=False),
                    "to": reader.day(out[-1].date, weekday=False),
                }
            )
    made_up = [line for line in counted if line.kind == "make_up"]
    if made_up:
        found.append(
            _("%(dates)s counts: worked to make up for the holiday.")
            % {"dates": reader.joined([reader.day(line.date) for line in made_up])}
        )
    return found
