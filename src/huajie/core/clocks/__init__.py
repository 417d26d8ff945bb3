"""
Clocks: when something is due, and why, day by day.

Plain values in, plain values out: the moment, the calendar and the rule are arguments. `docs/clocks.md` says how it
counts, with worked examples.
"""

from .calendar import Calendar, canonical_json, local_date, overlay
from .counting import corresponding_day, due, is_late, share_at, shift, working_days_between
from .errors import BadCalendar, BadMoment, BadRule, CalendarGap, ClockError
from .explain import CODES, Explanation, Line, explain
from .rules import UNITS, Due, Extension, Rule, Span

__all__ = [
    "CODES",
    "UNITS",
    "BadCalendar",
    "BadMoment",
    "BadRule",
    "Calendar",
    "CalendarGap",
    "ClockError",
    "Due",
    "Explanation",
    "Extension",
    "Line",
    "Rule",
    "Span",
    "canonical_json",
    "corresponding_day",
    "due",
    "explain",
    "is_late",
    "local_date",
    "overlay",
    "share_at",
    "shift",
    "working_days_between",
]
