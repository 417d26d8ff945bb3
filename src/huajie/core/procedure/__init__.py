"""Procedures: packs as data, what may be done now, and what every entry changed."""

from huajie.core.procedure.effects import APPLY, EFFECTS, check_effect, fold, fold_all, fold_into
from huajie.core.procedure.engine import ActStanding, Decision, command_of, decide, is_denied, standing
from huajie.core.procedure.errors import CODES, BadPack, BadState, PackError, Refused, Unmet
from huajie.core.procedure.forms import (
    Field,
    audience_of,
    check_inputs,
    check_texts,
    form_fields,
    form_schema,
    read_form,
)
from huajie.core.procedure.pack import Act, ClockSpec, Pack, Stage, resolve
from huajie.core.procedure.scope import CALENDAR_PUBLISHED, FACT_TYPES, PACKED, SIGNAL, TEXT_TYPES
from huajie.core.procedure.source import Source, check_schema, parse, read
from huajie.core.procedure.state import ChildState, ClockState, RequestState, State, TimerState
from huajie.core.procedure.work import ChildOrder, Command, Draft, Signal

__all__ = [
    "APPLY",
    "CALENDAR_PUBLISHED",
    "CODES",
    "EFFECTS",
    "FACT_TYPES",
    "PACKED",
    "SIGNAL",
    "TEXT_TYPES",
    "Act",
    "ActStanding",
    "BadPack",
    "BadState",
    "ChildOrder",
    "ChildState",
    "ClockSpec",
    "ClockState",
    "Command",
    "Decision",
    "Draft",
    "Field",
    "Pack",
    "PackError",
    "Refused",
    "RequestState",
    "Signal",
    "Source",
    "Stage",
    "State",
    "TimerState",
    "Unmet",
    "audience_of",
    "check_effect",
    "check_inputs",
    "check_schema",
    "check_texts",
    "command_of",
    "decide",
    "fold",
    "fold_all",
    "fold_into",
    "form_fields",
    "form_schema",
    "is_denied",
    "parse",
    "read",
    "read_form",
    "resolve",
    "standing",
]
