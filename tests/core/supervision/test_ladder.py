"""The ladders of places, by hand on the calendar of 2026; and what holds for whatever ladder hypothesis makes up."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.china_2026 import CHINA_2026

from huajie.core.procedure import read, resolve
from huajie.core.supervision import (
    RUNGS,
    BadLadder,
    Ladder,
    Ladders,
    first_at,
    reached,
    rungs,
    used,
    workdays_late,
)

CHINA = ZoneInfo("Asia/Shanghai")
PACKS = Path(__file__).parents[3] / "packs"


def at(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """A moment of 2026 in China."""
    return datetime(2026, month, day, hour, minute, tzinfo=CHINA)


def ladder_of(name: str | None) -> Ladder:
    """The ladder of a parameter set as shipped."""
    shared = {f"common/{path.stem}": path.read_text(encoding="utf-8") for path in (PACKS / "common").glob("*.yaml")}
    file = PACKS / "cn.supervision" / "pack.yaml"
    return Ladder.of(resolve(read(file.read_text(encoding="utf-8"), str(file), shared), name).document["parameters"])


#: A clock of 30 days, from Tuesday 1 September until the end of Wednesday the 30th. 1 to 7 October rest and Saturday
#: the 10th is worked, so the working days from then on are 8, 9, 10, 12, 13; 14, 15, 16, 19, 20; 21, 22, 23, 26, 27;
#: 28, 29, 30 October, 2, 3 November. A rung is reached when the last of its working days is over: at the next midnight.
START, DUE = at(9, 1), at(10, 1)
#: by hand: shares of 30 days in whole hours and minutes (33 % are 9 days 21:36, 67 % 20 days 2:24)
THIRD, TWO_THIRDS = at(9, 10, 21, 36), at(9, 21, 2, 24)
HALF, FOUR_FIFTHS = at(9, 16), at(9, 25)
TABLE: list[tuple[str | None, list[tuple[str, datetime]]]] = [
    (None, [("last-reminder", TWO_THIRDS), ("slip", at(10, 14)), ("talk", at(10, 21)), ("listed", at(10, 28))]),
    (
        "thirds",
        [
            ("first-reminder", THIRD),
            ("last-reminder", TWO_THIRDS),
            ("slip", at(10, 14)),
            ("talk", at(10, 21)),
            ("listed", at(10, 28)),
        ],
    ),
    ("sanming", [("last-reminder", FOUR_FIFTHS), ("slip", at(10, 9)), ("talk", at(10, 15)), ("listed", at(10, 22))]),
    ("suqian", [("first-reminder", HALF), ("last-reminder", FOUR_FIFTHS), ("slip", at(10, 9))]),
    (
        "guangyuan",
        [("first-reminder", HALF), ("last-reminder", FOUR_FIFTHS), ("slip", at(10, 9)), ("talk", at(10, 10))],
    ),
    ("longchang", [("last-reminder", TWO_THIRDS), ("slip", at(10, 14)), ("talk", at(10, 28))]),
    ("petition", [("last-reminder", TWO_THIRDS), ("slip", at(10, 14)), ("talk", at(10, 21)), ("listed", at(10, 28))]),
    ("hotline", [("last-reminder", FOUR_FIFTHS), ("slip", at(10, 14)), ("talk", at(10, 21)), ("listed", at(11, 4))]),
]


@pytest.mark.parametrize(("name", "expected"), TABLE, ids=[str(name) for name, _ in TABLE])
def test_each_ladder_of_the_domain_notes_reaches_its_rungs_when_counted_by_hand(
    name: str | None, expected: list[tuple[str, datetime]]
) -> None:
    wanted = sorted([*expected, ("chaser", DUE)], key=lambda one: RUNGS.index(one[0]))
    found = rungs(ladder_of(name), started_at=START, due_at=DUE, calendar=CHINA_2026)
    assert [(rung, moment.astimezone(CHINA)) for rung, moment in found] == wanted


def test_every_parameter_set_stands_in_the_table_and_says_its_source_and_how_sure_we_are() -> None:
    shared = {f"common/{path.stem}": path.read_text(encoding="utf-8") for path in (PACKS / "common").glob("*.yaml")}
    file = PACKS / "cn.supervision" / "pack.yaml"
    document = read(file.read_text(encoding="utf-8"), str(file), shared).document
    sets: dict[str, Any] = document["parameter_sets"]
    assert set(sets) == {name for name, _ in TABLE if name is not None}
    for name, one in sets.items():
        source = document["sources"][one["source"]]
        assert source["tag"] in ("L", "W", "C", "D"), name
        assert source["title"]["zh"] and one["note"]["zh"] and one["note"]["en"], name


MADE_FROM, MADE_UNTIL = (datetime(2026, month, 1) for month in (2, 6))  # noqa: DTZ001
MADE = st.builds(
    lambda first, last, days, stuck, reply: (first, last, sorted(set(days)), stuck, reply),
    st.integers(0, 98),
    st.integers(0, 99),
    st.lists(st.integers(1, 60), min_size=0, max_size=3),
    st.integers(1, 60),
    st.integers(1, 20),
)


def build(made: Any, left_out: int) -> Ladder:
    """A ladder from what hypothesis made up; which graver rungs are left out turns with `left_out`."""
    first, last, days, stuck, reply = made
    if last and last <= first:
        first = 0
    padded = list(days)
    while len(padded) < 3:
        padded.insert(left_out % (len(padded) + 1), 0)
    return Ladder(first, last, *padded, stuck_workdays=stuck, reply_workdays=reply)


@given(
    MADE,
    st.integers(0, 5),
    st.datetimes(MADE_FROM, MADE_UNTIL),
    st.integers(1, 60 * 24 * 40),
    st.integers(0, 60 * 24 * 90),
)
def test_a_clock_has_reached_exactly_the_rungs_whose_moments_have_come(
    made: Any, left_out: int, start: datetime, minutes: int, later: int
) -> None:
    ladder = build(made, left_out)
    started = start.replace(tzinfo=UTC)
    due = started + timedelta(minutes=minutes)
    now = started + timedelta(minutes=later)
    every = rungs(ladder, started_at=started, due_at=due, calendar=CHINA_2026)
    moments = [moment for _, moment in every]
    assert moments == sorted(moments)
    assert [RUNGS.index(name) for name, _ in every] == sorted(RUNGS.index(name) for name, _ in every)
    by_date = tuple(name for name, moment in every if moment <= now)
    late = workdays_late(due, CHINA_2026, now)
    assert reached(ladder, percent=used(started, due, now), late=late) == by_date
    assert first_at(ladder, started_at=started, due_at=due) == moments[0]
    if by_date:
        assert first_at(ladder, started_at=started, due_at=due) <= now


@pytest.mark.parametrize(
    "wrong",
    [
        {"slip_workdays": 5, "talk_workdays": 5},
        {"slip_workdays": 6, "talk_workdays": 0, "listed_workdays": 6},
        {"first_reminder_percent": 70},
        {"last_reminder_percent": 100},
        {"slip_workdays": -1},
        {"reply_workdays": 0},
    ],
)
def test_rungs_that_are_not_in_order_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(BadLadder):
        Ladder.from_document({**ladder_of(None).to_document(), **wrong})


def test_a_clock_goes_on_by_the_ladder_of_its_own_start() -> None:
    default, sanming, thirds = ladder_of(None), ladder_of("sanming"), ladder_of("thirds")
    from_at = at(9, 10)
    known = Ladders(default, ((from_at, sanming), (at(9, 20), default), (at(9, 20), thirds)))
    assert known.at(from_at - timedelta(microseconds=1)) == default
    assert known.at(from_at) == sanming
    # of two from the same midnight the last chosen
    assert known.at(at(9, 20)) == thirds
    assert known.at(at(12, 1)) == thirds
