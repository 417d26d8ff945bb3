"""Intervals for a share: published values, the binomial summed in whole numbers, and what must always hold."""

from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huajie.core.figures import BadShare, Interval, clopper_pearson, wilson

pytestmark = pytest.mark.accept("S7")

#: k, n, Clopper and Pearson, Wilson, digits printed.
PUBLISHED = [
    # Newcombe, Statistics in Medicine 17 (1998) 857, table I, methods 5 and 3; 95 per cent.
    (81, 263, (0.2527, 0.3676), (0.2553, 0.3662), 4),
    (15, 148, (0.0578, 0.1617), (0.0624, 0.1605), 4),
    (0, 20, (0.0, 0.1684), (0.0, 0.1611), 4),
    (1, 29, (0.0009, 0.1776), (0.0061, 0.1718), 4),
    # The field notes' own line.
    (3, 80, (0.00780, 0.10570), (0.01283, 0.10455), 5),
]
COUNTS = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
LEVELS = st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99, 0.999])
METHODS = pytest.mark.parametrize("method", [clopper_pearson, wilson])


@pytest.mark.parametrize(("k", "n", "exact", "score", "digits"), PUBLISHED)
def test_published_values(k: int, n: int, exact: tuple[float, float], score: tuple[float, float], digits: int) -> None:
    assert clopper_pearson(k, n) == pytest.approx(exact, abs=0.51 * 10**-digits)
    assert wilson(k, n) == pytest.approx(score, abs=0.51 * 10**-digits)


def test_wilson_to_the_last_published_digit() -> None:
    assert wilson(3, 80) == pytest.approx((0.012835, 0.104547), abs=5.1e-7)


@pytest.mark.parametrize(("n", "detected"), [(59, 0.04951), (58, 0.05034)])
def test_nothing_found_bounds_the_share_as_the_closed_form_says(n: int, detected: float) -> None:
    """59 without a fault show fewer than 5 in 100, 58 do not (0.95 ** 59 = 0.04849)."""
    high = clopper_pearson(0, n, level=0.9).high
    assert high == pytest.approx(1 - 0.05 ** (1 / n), abs=1e-12)
    assert high == pytest.approx(detected, abs=1e-5)


def at_least(k: int, n: int, share: Fraction) -> Fraction:
    """Return how probable k or more of n are, in whole numbers; one long division at the end."""
    top, bottom = share.numerator, share.denominator
    ways = sum(comb(n, i) * top**i * (bottom - top) ** (n - i) for i in range(k, n + 1))
    return Fraction(ways, bottom**n)


@pytest.mark.parametrize("level", [Fraction(1, 2), Fraction(9, 10), Fraction(19, 20), Fraction(999, 1000)])
def test_each_end_is_where_the_summed_tail_crosses(level: Fraction) -> None:
    near = Fraction(1, 10**9)
    tail = (1 - level) / 2
    for n in (1, 2, 3, 7, 20, 61):
        for k in range(n + 1):
            low, high = map(Fraction, clopper_pearson(k, n, level=float(level)))
            if k:
                assert at_least(k, n, low - near) < tail < at_least(k, n, low + near)
            if k < n:
                assert 1 - at_least(k + 1, n, high + near) < tail < 1 - at_least(k + 1, n, high - near)


def at_least_in_decimals(k: int, n: int, share: Decimal) -> Decimal:
    """Return the same for large n, term by term from the lowest, with 60 digits."""
    with localcontext(prec=60):
        term = (1 - share) ** n
        below = Decimal(0)
        for i in range(k):
            below += term
            term *= Decimal(n - i) / (i + 1) * share / (1 - share)
        return 1 - below


@pytest.mark.parametrize(("k", "n"), [(1, 2000), (40, 2000), (1999, 2000), (700, 20_000), (9, 1_000_000)])
def test_the_tail_crosses_there_among_many_too(k: int, n: int) -> None:
    low = Decimal(clopper_pearson(k, n).low)
    near = low / 10**9
    assert at_least_in_decimals(k, n, low - near) < Decimal("0.025") < at_least_in_decimals(k, n, low + near)


def least_coverage(method: object, n: int) -> Fraction:
    """Return how rarely an interval of n holds the true share, over a grid of shares, in whole numbers."""
    grid = 97
    intervals = [method(k, n) for k in range(n + 1)]  # type: ignore[operator]
    covered = [
        sum(
            comb(n, k) * share**k * (grid - share) ** (n - k)
            for k, (low, high) in enumerate(intervals)
            if low <= share / grid <= high
        )
        for share in range(1, grid)
    ]
    return Fraction(min(covered), grid**n)


def test_exact_never_covers_less_than_it_promises_and_wilson_does() -> None:
    for n in (1, 5, 12, 30):
        assert least_coverage(clopper_pearson, n) >= Fraction(19, 20)
        assert least_coverage(wilson, n) < Fraction(19, 20)


@METHODS
@given(COUNTS, LEVELS)
def test_the_share_itself_lies_inside_and_all_within_nought_and_one(
    method: object, counts: tuple[int, int], level: float
) -> None:
    k, n = counts
    low, high = method(k, n, level)  # type: ignore[operator]
    assert 0 <= low <= k / n <= high <= 1
    assert (low == 0) == (k == 0)
    assert (high == 1) == (k == n)


@METHODS
@given(COUNTS, LEVELS)
def test_what_had_it_not_has_the_mirrored_interval(method: object, counts: tuple[int, int], level: float) -> None:
    k, n = counts
    low, high = method(k, n, level)  # type: ignore[operator]
    assert method(n - k, n, level) == pytest.approx((1 - high, 1 - low), abs=1e-12)  # type: ignore[operator]


@METHODS
@given(COUNTS, LEVELS)
def test_one_more_moves_both_ends_up(method: object, counts: tuple[int, int], level: float) -> None:
    k, n = counts
    if k < n:
        one, more = method(k, n, level), method(k + 1, n, level)  # type: ignore[operator]
        assert one.low < more.low
        assert one.high < more.high or one.high == 1


@METHODS
@given(COUNTS)
def test_a_higher_level_is_never_narrower(method: object, counts: tuple[int, int]) -> None:
    k, n = counts
    wide = [method(k, n, level) for level in (0.8, 0.95, 0.999)]  # type: ignore[operator]
    for inner, outer in pairwise(wide):
        assert outer.low <= inner.low
        assert inner.high <= outer.high
        assert outer.high - outer.low > inner.high - inner.low


@METHODS
@given(COUNTS)
def test_ten_times_as_many_with_the_same_share_say_more(method: object, counts: tuple[int, int]) -> None:
    k, n = counts
    few, many = method(k, n), method(10 * k, 10 * n)  # type: ignore[operator]
    assert many.high - many.low < few.high - few.low


@METHODS
def test_nobody_looked_at_says_nothing(method: object) -> None:
    assert method(0, 0) == Interval(0, 1)  # type: ignore[operator]


def test_a_million_takes_no_time_and_agrees_with_the_normal_curve() -> None:
    low, high = clopper_pearson(500_000, 1_000_000)
    assert (low, high) == pytest.approx((0.49902, 0.50098), abs=5e-6)


@METHODS
@pytest.mark.parametrize(
    ("k", "n", "level"), [(-1, 5, 0.95), (6, 5, 0.95), (1.0, 5, 0.95), (True, 5, 0.95), (1, 5, 0.0), (1, 5, 1.0)]
)
def test_what_is_no_share_is_refused(method: object, k: int, n: int, level: float) -> None:
    with pytest.raises(BadShare):
        method(k, n, level)  # type: ignore[operator]
