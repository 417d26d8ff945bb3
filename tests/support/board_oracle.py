"""
The board counted a second time, from the bodies of entries alone: no state, no row, no calendar of the product.

Working days come from the published table in tests/data; outside China from Monday to Friday, which is enough where a
test asks for Chinese matters only.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

TABLE = Path(__file__).parent.parent / "data" / "cn_holidays.csv"
CHINA = ZoneInfo("Asia/Shanghai")


def _listed() -> dict[date, bool]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {date.fromisoformat(row["date"]): row["is_off_day"] == "1" for row in csv.DictReader(file)}


OFF = _listed()


def works(day: date) -> bool:
    return not OFF.get(day, day.weekday() >= 5)


def read(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


@dataclass
class Life:
    """What the entries of one matter come to."""

    opened: dict[str, Any] = field(default_factory=dict)
    open: bool = False
    unit: str = ""
    unmatched: bool = False
    sponsored: bool = False
    #: key -> [name, holder, start, due, running, provisional]
    clocks: dict[str, list[Any]] = field(default_factory=dict)
    #: key -> [kind, state, clock]
    requests: dict[str, list[Any]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    recorded: datetime | None = None
    acted: datetime | None = None
    ended: datetime | None = None

    def take(self, body: Mapping[str, Any]) -> None:
        at = read(body["occurred"])
        if self.recorded is None:
            self.recorded = read(body["at"])
        if body["actor"]["kind"] == "seat" and body.get("act"):
            self.acted = at
        for effect in body["effects"]:
            self._effect(effect, at)

    def _effect(self, effect: Mapping[str, Any], at: datetime) -> None:
        kind, key = effect["e"], effect.get("key")
        if kind == "opened":
            self.opened, self.open = dict(effect), True
        elif kind in ("ended", "reopened"):
            self.open = kind == "reopened"
            if kind == "ended" and self.ended is None:
                self.ended = at
        elif kind == "owner":
            self.unit, self.unmatched = effect["unit"], effect["why"] == "unmatched"
        elif kind == "sponsor":
            self.sponsored = effect["unit"] is not None
        elif kind == "counted":
            self.counts[effect["name"]] += 1
        elif kind == "request.opened":
            self.requests[str(key)] = [effect["kind"], "open", effect["clock"]]
        elif kind == "request.answered":
            self.requests[str(key)][1] = effect["state"]
        elif kind == "clock.started":
            due = read(effect["due"])
            begun = read(effect["at"])
            self.clocks[str(key)] = [effect["name"], effect["holder"], begun, due, True, effect["provisional"]]
        elif kind == "clock.stopped":
            self.clocks[str(key)][4] = False
        elif kind in ("clock.extended", "clock.excluded", "clock.reset"):
            self.clocks[str(key)][3] = read(effect["due"])
            self.clocks[str(key)][5] = effect["provisional"]

    @property
    def ordinary(self) -> bool:
        return bool(self.opened["sensitivity"] == "ordinary" and self.opened["pack_name"] != "cn.supervision")


def lives(bodies: Iterable[tuple[str, Mapping[str, Any]]]) -> list[Life]:
    """Return the lives of matters from (stream, body) pairs in the order of each stream."""
    found: dict[str, Life] = {}
    for stream, body in bodies:
        if stream in found or any(effect["e"] == "opened" for effect in body["effects"]):
            found.setdefault(stream, Life()).take(body)
    return list(found.values())


def after_workdays(at: datetime, days: int) -> datetime:
    """The same time of the days-th working day after a moment."""
    local = at.astimezone(CHINA)
    day, left = local.date(), days
    while left:
        day += timedelta(days=1)
        left -= works(day)
    return datetime.combine(day, local.timetz().replace(tzinfo=None), tzinfo=CHINA)


def count(all_lives: Iterable[Life], now: datetime, *, percent: int, stuck_days: int) -> dict[str, int]:
    """Every figure of the board."""
    figures: Counter[str] = Counter()
    for life in all_lives:
        if not (life.open and life.ordinary):
            continue
        assert life.recorded is not None
        running = [clock for clock in life.clocks.values() if clock[4]]
        ours = [clock for clock in running if clock[1] not in ("resident", "parent_lead")]
        ours.sort(key=lambda clock: clock[3])
        figures["open"] += 1
        if ours:
            due = ours[0][3]
            start = min(clock[2] for clock in ours if clock[3] == due)
            share = int(Fraction((due - start) // timedelta(microseconds=1)) * percent / 100)
            soon = start + timedelta(microseconds=share)
            figures["late"] += now >= due
            figures["soon"] += soon <= now < due
        figures["stuck"] += now >= after_workdays(life.acted or life.recorded, stuck_days)
        figures["bounced"] += life.counts["handoffs"] >= 2
        figures["reopened"] += life.counts["reopenings"] > 0
        figures["contested"] += any(state == "contested" for _, state, _ in life.requests.values())
        steps = [clock for kind, state, clock in life.requests.values() if kind == "plan_step" and state == "open"]
        figures["slipping"] += any(life.clocks[step][3] <= now for step in steps if step in life.clocks)
        figures["sponsored"] += life.sponsored
        figures["unowned"] += life.unmatched
        figures["provisional"] += any(clock[5] for clock in running)
    return dict(figures)
