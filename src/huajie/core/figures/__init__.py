"""
Figures: how far a share that was counted can be trusted.

Values in, values out, by the standard library alone.
"""

from huajie.core.figures.intervals import BadShare, Interval, clopper_pearson, wilson

__all__ = ["BadShare", "Interval", "clopper_pearson", "wilson"]
