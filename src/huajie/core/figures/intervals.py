"""
Intervals for a share: k of n endings held good, so how good may all of them be?

Clopper and Pearson's interval never covers less than its level promises, whatever the true share is; it is what we
print beside a rate, with the count. Wilson's covers the level on average, is narrower, and sometimes covers less.
Both say nothing about a period of which little was drawn at random; `core/supervision` draws.
"""

from __future__ import annotations

from itertools import count
from math import exp, lgamma, log, log1p, sqrt
from statistics import NormalDist
from typing import Final, NamedTuple

_TINY: Final = 1e-300
#: A step that changes less is rounding; a few units in the last place, so that the loop always ends.
_ROUNDING: Final = 3e-15


class BadShare(ValueError):
    """The counts make no share, or the level is none; the message says which."""


class Interval(NamedTuple):
    """Where the true share may lie, both ends included; 0 <= low <= high <= 1."""

    low: float
    high: float


def clopper_pearson(k: int, n: int, level: float = 0.95) -> Interval:
    """
    Return the exact interval of k of n: all shares that neither tail of the binomial refuses.

    Args:
        k: how many had it, 0 to n.
        n: how many were looked at; of none the interval is everything.
        level: how often such intervals hold the true share at least, between 0 and 1.
    Returns:
        Ends good to about 10 digits for n up to a million.
    Raises:
        BadShare: k, n or the level is out of range.
    Source: Clopper and Pearson, Biometrika 26 (1934) 404.
    """
    _check(k, n, level)
    tail = (1 - level) / 2
    # The upper end is one less the lower end of those that did not have it.
    return Interval(_lower(k, n, tail), 1 - _lower(n - k, n, tail))


def wilson(k: int, n: int, level: float = 0.95) -> Interval:
    """
    Return the score interval of k of n, without correction for continuity.

    Args and errors are those of `clopper_pearson`; the level holds on average only.
    Source: Wilson, Journal of the American Statistical Association 22 (1927) 209.
    """
    _check(k, n, level)
    if n == 0:
        return Interval(0.0, 1.0)
    z = NormalDist().inv_cdf((1 + level) / 2)
    middle = k + z * z / 2
    half = z * sqrt(k * (n - k) / n + z * z / 4)
    whole = n + z * z
    low = 0.0 if k == 0 else max(0.0, (middle - half) / whole)
    high = 1.0 if k == n else min(1.0, (middle + half) / whole)
    return Interval(low, high)


def _check(k: int, n: int, level: float) -> None:
    if type(k) is not int or type(n) is not int or not 0 <= k <= n:
        raise BadShare(f"{k!r} of {n!r} is no share; both are whole numbers, 0 <= k <= n")
    if not 0 < level < 1:
        raise BadShare(f"level {level!r} must lie between 0 and 1, such as 0.95")


def _lower(k: int, n: int, tail: float) -> float:
    """Return the share p at which k or more of n come with probability `tail`."""
    if k == 0:
        return 0.0
    if k == n:
        return exp(log(tail) / n)
    # P(X >= k) = I_p(k, n - k + 1) grows with p; halve until no number lies between.
    low, high = 0.0, 1.0
    while low < (middle := (low + high) / 2) < high:
        if _incomplete_beta(k, n - k + 1, middle) < tail:
            low = middle
        else:
            high = middle
    return low


def _incomplete_beta(a: int, b: int, x: float) -> float:
    """Return I_x(a, b), 0 < x < 1. Source: Abramowitz and Stegun 26.5.8; 26.5.24 for the binomial."""
    if x > (a + 1) / (a + b + 2):
        return 1 - _fraction(b, a, 1 - x)
    return _fraction(a, b, x)


def _fraction(a: int, b: int, x: float) -> float:
    # The continued fraction from its head on, by the method of Lentz; it converges fast on this side of the mean.
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1) or _TINY)
    value = d
    for m in count(1):
        step = 1.0
        for factor in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / (1 + factor * d or _TINY)
            c = 1 + factor / c or _TINY
            step *= c * d
        value *= step
        if abs(step - 1) <= _ROUNDING:
            break
    return front * value
