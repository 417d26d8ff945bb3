"""
Which counts of a table may be shown to everybody, so that no small one can be read or reckoned.

A count of 1 to `least` - 1 says only that it is few. Where the others and their sum would give it away, further counts
are held back, smallest first, until every value that "few" may mean is still possible. Whoever reads the table is taken
to know the sum, this rule and the order in which it holds back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Final, TypeVar

#: Counts below it, and above none, are small.
SMALL: Final = 5

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Cell:
    """One count as everybody may see it."""

    #: None: not shown.
    value: int | None
    #: Not shown since it is small; otherwise, where there is no value, it is held back for the sake of others.
    few: bool = False


#: A count that is small.
FEW: Final = Cell(None, few=True)
#: A count that would give a small one away.
HELD: Final = Cell(None)


def is_small(count: int, least: int = SMALL) -> bool:
    """Return whether a count is small without being none."""
    return 0 < count < least


def cell(count: int, least: int = SMALL) -> Cell:
    """Return a count that stands alone."""
    return FEW if is_small(count, least) else Cell(count)


def protect(counts: Mapping[Key, int], *, least: int = SMALL) -> dict[Key, Cell]:
    """
    Return the counts of a table whose sum is known, each as everybody may see it.

    None is held back: that a place has nothing harms nobody.
    """
    few = {key: 1.0 for key, count in counts.items() if is_small(count, least)}
    shown = sorted((count, n, key) for n, (key, count) in enumerate(counts.items()) if count >= least)
    held: list[tuple[int, int, Key]] = []
    while few:
        # held back are the smallest of those that are not small, so none of them exceeds what is shown
        most = float(shown[0][0]) if shown else inf
        hidden = sum(counts[key] for key in few) + sum(count for count, _n, _key in held)
        low = (len(few) - 1) * 1 + len(held) * least
        high = (len(few) - 1) * (least - 1) + (len(held) * most if held else 0)
        if hidden - low >= least - 1 and hidden - high <= 1:
            break
        if not shown:
            # nothing is left to hide behind: say of none of them that it is small
            held += [(counts[key], 0, key) for key in few]
            few = {}
            break
        held.append(shown.pop(0))
    away = {key for _count, _n, key in held}
    return {key: FEW if key in few else HELD if key in away else Cell(count) for key, count in counts.items()}


@dataclass(frozen=True, slots=True)
class ShareCell:
    """`kept` of `due` as everybody may see it."""

    due: Cell
    kept: Cell
    missed: Cell


def protect_shares(rows: Mapping[Key, tuple[int, int]], *, least: int = SMALL) -> dict[Key, ShareCell]:
    """
    Return the shares of a table whose two sums are known.

    Of fewer than twice `least` no share is shown: both parts of it may be small.

    Args:
        rows: how many were due, and how many of them were kept.
    """
    dues = protect({key: due for key, (due, _kept) in rows.items()}, least=least)
    missed = {key: due - kept for key, (due, kept) in rows.items()}
    # of a row with few dates, or none that is shown, no share is; it is room to hide in: from none to all that may be
    room: dict[Key, float] = {}
    for key, (due, _kept) in rows.items():
        if dues[key].value is None:
            room[key] = float(least - 1) if dues[key].few else inf
        elif 0 < due < 2 * least:
            room[key] = float(due)
    small: dict[Key, tuple[float, float]] = {}
    for key, (due, kept) in rows.items():
        if key in room:
            continue
        if is_small(missed[key], least):
            small[key] = (1.0, float(least - 1))
        elif is_small(kept, least):
            small[key] = (float(due - least + 1), float(due - 1))
    spare = sorted(
        (due, n, key)
        for n, (key, (due, kept)) in enumerate(rows.items())
        if key not in room and min(kept, due - kept) >= least
    )
    held: dict[Key, tuple[float, float]] = {}
    while small:
        hidden = sum(missed[key] for key in (*small, *held, *room))
        ranges = [*small.values(), *held.values(), *((0.0, most) for most in room.values())]
        low, high = sum(one for one, _ in ranges), sum(one for _, one in ranges)
        if all(hidden - (low - at_least) >= at_most and hidden - (high - at_most) <= at_least
               for at_least, at_most in small.values()):  # fmt: skip
            break
        if not spare:
            held |= small
            held |= {key: (0.0, inf) for key in rows if key not in room}
            break
        due, _n, key = spare.pop(0)
        held[key] = (float(least), float(due - least))
    found = {}
    for key, (_due, kept) in rows.items():
        if key in room or key in held:
            found[key] = ShareCell(dues[key], HELD, HELD)
        elif key in small:
            few = is_small(kept, least)
            found[key] = ShareCell(dues[key], FEW if few else HELD, HELD if few else FEW)
        else:
            found[key] = ShareCell(dues[key], Cell(kept), Cell(missed[key]))
    return found
