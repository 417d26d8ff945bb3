"""
Supervision: which rung of the ladder a clock has reached, which endings are looked at again, and on which days reviews
are held.

What is supervised is offices and their work. Values in, values out: the seed, the calendar and the moment are
arguments.
"""

from huajie.core.supervision.cadence import BadCadence, Cadence, Occurrence, Phase
from huajie.core.supervision.ladder import (
    GRAVITY,
    PROPOSED,
    REMINDERS,
    RUNGS,
    BadLadder,
    ClockColour,
    Ladder,
    Ladders,
    RiskColour,
    SlipColour,
    colour,
    first_at,
    reached,
    rungs,
    soon_at,
    used,
    workdays_late,
)
from huajie.core.supervision.samples import (
    FORMAT,
    BadSample,
    Frame,
    allocate,
    differences,
    publish,
    redraw,
    seed_hash,
)

__all__ = [
    "FORMAT",
    "GRAVITY",
    "PROPOSED",
    "REMINDERS",
    "RUNGS",
    "BadCadence",
    "BadLadder",
    "BadSample",
    "Cadence",
    "ClockColour",
    "Frame",
    "Ladder",
    "Ladders",
    "Occurrence",
    "Phase",
    "RiskColour",
    "SlipColour",
    "allocate",
    "colour",
    "differences",
    "first_at",
    "publish",
    "reached",
    "redraw",
    "rungs",
    "seed_hash",
    "soon_at",
    "used",
    "workdays_late",
]
