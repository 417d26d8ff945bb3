"""
Figures: how far a share that was counted can be trusted, and which counts may be shown to everybody.

Values in, values out, by the standard library alone.
"""

from huajie.core.figures.cells import FEW, HELD, SMALL, Cell, ShareCell, cell, is_small, protect, protect_shares
from huajie.core.figures.intervals import BadShare, Interval, clopper_pearson, wilson

__all__ = [
    "FEW",
    "HELD",
    "SMALL",
    "BadShare",
    "Cell",
    "Interval",
    "ShareCell",
    "cell",
    "clopper_pearson",
    "is_small",
    "protect",
    "protect_shares",
    "wilson",
]
