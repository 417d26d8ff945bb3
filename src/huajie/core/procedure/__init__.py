"""Procedures: packs as data, what may be done now, and what every entry changed."""

from huajie.core.procedure.effects import APPLY, EFFECTS, fold, fold_all, fold_into
from huajie.core.procedure.errors import CODES, BadPack, BadState, PackError, Refused, Unmet
from huajie.core.procedure.state import ChildState, ClockState, RequestState, State, TimerState

__all__ = [
    "APPLY",
    "CODES",
    "EFFECTS",
    "BadPack",
    "BadState",
    "ChildState",
    "ClockState",
    "PackError",
    "Refused",
    "RequestState",
    "State",
    "TimerState",
    "Unmet",
    "fold",
    "fold_all",
    "fold_into",
]
