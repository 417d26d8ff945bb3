"""
Supervision: which endings are looked at again, and on which days reviews are held.

What is supervised is offices and their work. Values in, values out: the seed, the calendar and the moment are
arguments.
"""

from huajie.core.supervision.cadence import BadCadence, Cadence, Occurrence, Phase
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
    "BadCadence",
    "BadSample",
    "Cadence",
    "Frame",
    "Occurrence",
    "Phase",
    "allocate",
    "differences",
    "publish",
    "redraw",
    "seed_hash",
]
