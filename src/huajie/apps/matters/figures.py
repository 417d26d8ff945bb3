"""
Figures for everybody, counted from rows that `huajie verify` compares with the entries: which dates were kept, and how
many matters are open. Sealed and minors' matters are in no figure, nor is what another system brought in.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from django.db import connections

from huajie.apps.matters.disclosure import SMALL

#: Seconds for which a figure is shown without counting again: counting reads every clock.
AGE: Final = 3600.0


@dataclass(slots=True, frozen=True)
class Kept:
    """Dates of offices that fell due in a span of time, and what became of them."""

    #: dates that fell due, without those that fell away
    due: int
    #: done before the date was over
    kept: int
    #: ended before their date without being done: withdrawn, merged, decided another way
    fell_away: int
    #: when it was counted, UTC
    at: datetime

    @property
    def missed(self) -> int:
        """Return those that were done late, or not at all until now."""
        return self.due - self.kept

    @property
    def small(self) -> bool:
        """Return whether there are too few to say anything about."""
        return self.due < SMALL


@dataclass(slots=True, frozen=True)
class Open:
    """Matters that are not at their end."""

    open: int
    #: of those: one of its dates has passed
    late: int
    #: when it was counted, UTC
    at: datetime


_kept: dict[tuple[str, datetime, datetime, frozenset[tuple[str, str]]], Kept] = {}
_open: dict[str, Open] = {}


def kept_dates(
    since: datetime, until: datetime, clocks: Iterable[tuple[str, str]], *, now: datetime, using: str = "default"
) -> Kept:
    """
    Return which dates were kept, at most AGE seconds old.

    Args:
        since, until: aware; a date counts whose due moment lies after the first and not after the second, since a due
            moment is the first at which a step is late.
        clocks: pack and name of the clocks that count.
    """
    wanted = frozenset(clocks)
    place = (using, since, until, wanted)
    known = _kept.get(place)
    if known is not None and 0 <= (now - known.at).total_seconds() < AGE:
        return known
    counts = (0, 0, 0)
    if wanted:
        adapt = connections[using].ops.adapt_datetimefield_value
        names = sorted(f"{pack} {name}" for pack, name in wanted)
        sql = (
            "SELECT count(*), sum(CASE WHEN c.status = 'met' AND c.ended_at < c.due_at THEN 1 ELSE 0 END),"  # noqa: S608
            " sum(CASE WHEN c.status = 'stopped' AND c.ended_at < c.due_at THEN 1 ELSE 0 END)"
            " FROM matters_clock c JOIN matters_matter m ON m.id = c.matter"
            " WHERE c.due_at > %s AND c.due_at <= %s AND m.imported = %s AND m.sensitivity = 'ordinary'"
            f" AND m.pack || ' ' || c.name IN ({', '.join(['%s'] * len(names))})"
        )
        with connections[using].cursor() as cursor:
            cursor.execute(sql, [adapt(since), adapt(until), False, *names])
            whole, kept, away = cursor.fetchone()
        counts = (int(whole), int(kept or 0), int(away or 0))
    # one span at a time is asked for: those of months gone by need not be remembered
    _kept.clear()
    found = Kept(counts[0] - counts[2], counts[1], counts[2], now.astimezone(UTC))
    _kept[place] = found
    return found


def open_matters(*, now: datetime, using: str = "default") -> Open:
    """Return how many matters are open and how many of them are past one of their dates, at most AGE seconds old."""
    known = _open.get(using)
    if known is not None and 0 <= (now - known.at).total_seconds() < AGE:
        return known
    adapt = connections[using].ops.adapt_datetimefield_value
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT count(*), sum(CASE WHEN due_at <= %s THEN 1 ELSE 0 END) FROM matters_party"
            " WHERE relation = 'lead' AND open = %s AND sensitivity = 'ordinary'",
            [adapt(now), True],
        )
        whole, late = cursor.fetchone()
    found = Open(int(whole), int(late or 0), now.astimezone(UTC))
    _open[using] = found
    return found


def forget_figures() -> None:
    """Count anew the next time."""
    _kept.clear()
    _open.clear()
