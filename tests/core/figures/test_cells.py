"""No small count can be read or reckoned from a table that is shown; the reckoning is done here by trying them all."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huajie.core.figures import FEW, HELD, Cell, cell, protect, protect_shares

COUNTS = st.lists(st.integers(0, 11), min_size=1, max_size=4)


def as_rows(counts: list[int]) -> dict[int, int]:
    return dict(enumerate(counts))


def candidates(seen: Cell, whole: int) -> list[int]:
    """Return what a reader who knows nothing else may take a cell to be."""
    if seen.value is not None:
        return [seen.value]
    return [1, 2, 3, 4] if seen.few else list(range(1, whole + 1))


@settings(max_examples=300, deadline=None)
@given(COUNTS)
def test_whoever_tries_every_table_that_looks_the_same_learns_no_small_count(counts: list[int]) -> None:
    """Those who know the rule itself count as well: only tables that would have been shown alike are tried."""
    shown = protect(as_rows(counts))
    whole = sum(counts)
    possible: list[set[int]] = [set() for _ in counts]
    for other in product(*(candidates(shown[n], whole) for n in range(len(counts)))):
        if sum(other) == whole and protect(as_rows(list(other))) == shown:
            for n, value in enumerate(other):
                possible[n].add(value)
    nonzero = [count for count in counts if count]
    # a sum that is small is not shown either
    known = len(nonzero) > 1 and whole >= 5
    for n, count in enumerate(counts):
        assert count in possible[n]
        if 0 < count < 5 and known:
            assert len(possible[n]) > 1, (counts, shown)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([20, 30, 0], [Cell(20), Cell(30), Cell(0)]),
        # 3 alone would be what is left of the sum: the smallest of the others goes too
        ([3, 20, 30], [FEW, HELD, Cell(30)]),
        # 3 + 5 = 8 lets "few" be 1, 2 or 3 only: one is not enough to hide behind
        ([3, 5, 9, 40], [FEW, HELD, HELD, Cell(40)]),
        # two and two may be one and three: but each must be able to be four
        ([2, 2, 50, 60], [FEW, FEW, HELD, Cell(60)]),
        # three that leave each of them everything
        ([2, 3, 3, 50], [FEW, FEW, FEW, Cell(50)]),
        # nothing to hide behind
        ([3], [HELD]),
        ([0, 4, 4], [Cell(0), HELD, HELD]),
    ],
)  # fmt: skip
def test_what_is_held_back_by_hand(counts: list[int], expected: list[Cell]) -> None:
    assert list(protect(as_rows(counts)).values()) == expected


def test_a_count_that_stands_alone() -> None:
    assert [cell(n) for n in (0, 1, 4, 5)] == [Cell(0), FEW, FEW, Cell(5)]


SHARES = st.lists(st.integers(0, 16).flatmap(lambda due: st.tuples(st.just(due), st.integers(0, due))), max_size=4)


@settings(max_examples=200, deadline=None)
@given(SHARES)
def test_no_small_part_of_a_share_is_learned_either(rows: list[tuple[int, int]]) -> None:
    """A reader knows both sums and what is shown; each small part of a share that has a line may be something else."""
    shown = protect_shares(dict(enumerate(rows)))
    missed_whole = sum(due - kept for due, kept in rows)
    due_whole = sum(due for due, _ in rows)
    hidden_due = due_whole - sum(row.due.value or 0 for row in shown.values())

    def may_be(n: int) -> list[int]:
        row = shown[n]
        if row.missed.value is not None:
            return [row.missed.value]
        most = row.due.value if row.due.value is not None else 4 if row.due.few else hidden_due
        if row.missed.few:
            return [1, 2, 3, 4]
        return [most - kept for kept in (1, 2, 3, 4)] if row.kept.few else list(range(most + 1))

    possible: list[set[int]] = [set() for _ in rows]
    for other in product(*(may_be(n) for n in range(len(rows)))):
        if sum(other) == missed_whole:
            for n, value in enumerate(other):
                possible[n].add(value)
    for n, (due, kept) in enumerate(rows):
        assert due - kept in possible[n]
        if shown[n].missed.few or shown[n].kept.few:
            assert len(possible[n]) == 4, (rows, shown)
        if shown[n].missed.value is not None or shown[n].kept.value is not None:
            assert due == 0 or due >= 10
            assert not 0 < due - kept < 5 and not 0 < kept < 5


def test_a_share_of_few_is_not_shown() -> None:
    rows = {"a": (60, 50), "b": (9, 9), "c": (3, 3), "d": (40, 38), "e": (80, 60)}
    shown = protect_shares(rows)
    assert (shown["b"].due, shown["b"].kept) == (Cell(9), HELD) or shown["b"].due == HELD
    assert shown["c"].due == FEW
    assert shown["d"].missed in (FEW, HELD) and shown["d"].kept == HELD
    assert shown["e"].kept == Cell(60)
