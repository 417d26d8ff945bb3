"""
The invented county at work: a queue of moments, the people who act, and the system that does what falls due.

Each matter has a script, a generator that acts and then yields the next moment at which it wants to go on. The queue
takes the earliest moment of all matters, whether a script wants it or a timer is due, so everything is recorded in the
order in which it would have happened, and the jurisdiction changes between.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from huajie.apps.matters import loading
from huajie.apps.matters.errors import Denied
from huajie.apps.matters.models import Matter
from huajie.apps.matters.operations import Batch, Handle, Order, Submission
from huajie.core.access import SYSTEM, Actor, actor_for, resident_of
from huajie.core.clocks import Calendar
from huajie.core.jurisdiction import Jurisdiction
from huajie.core.procedure import Refused

Script = Generator[datetime, None, None]


class Days:
    """Working days and office hours of one place, worked out once: asking costs two look-ups."""

    def __init__(self, calendar: Calendar, zone: ZoneInfo, first: date, last: date, opens: int, closes: int) -> None:
        self.zone = zone
        self.first = first
        self._opens, self._length = opens * 3600, (closes - opens) * 3600
        count = (last - first).days + 1
        #: UTC moment of each local midnight
        self._midnight = [
            datetime.combine(first + timedelta(days=i), datetime.min.time(), zone).astimezone(UTC) for i in range(count)
        ]
        #: index of the first working day at or after each day
        self._working: list[int] = [0] * count
        self._worked: list[int] = []
        self._place: list[int] = [0] * count
        for i in range(count):
            self._place[i] = len(self._worked)
            if calendar.is_working_day(first + timedelta(days=i)):
                self._worked.append(i)

    def index(self, at: datetime) -> int:
        """Return the number of the local day of a moment."""
        i = (at.date() - self.first).days
        if self._midnight[i] > at:
            return i - 1
        return i + 1 if self._midnight[i + 1] <= at else i

    def local_date(self, at: datetime) -> date:
        """Return the local date of a moment."""
        return self.first + timedelta(days=self.index(at))

    def local_moment(self, day: date, seconds: float) -> datetime:
        """Return the moment so many seconds into a local day."""
        return self._midnight[(day - self.first).days] + timedelta(seconds=int(seconds))

    def office(self, after: datetime, workdays: int, rng: Random) -> datetime:
        """Return a moment in office hours, that many working days after another's day; 0: that day or the next."""
        i = self.index(after)
        if workdays == 0:
            j = self._worked[self._place[i]]
            if j == i:
                begins = self._midnight[i] + timedelta(seconds=self._opens)
                ends = begins + timedelta(seconds=self._length)
                low = max(after, begins)
                if low < ends - timedelta(minutes=20):
                    left = (ends - low).total_seconds()
                    return low + timedelta(seconds=int(300 + rng.random() * (left - 300)))
            return self._in_office(self._worked[self._place[i + 1]], rng)
        return self._in_office(self._worked[self._place[i + 1] + workdays - 1], rng)

    def _in_office(self, i: int, rng: Random) -> datetime:
        return self._midnight[i] + timedelta(seconds=self._opens + int(rng.random() * self._length))

    def any_time(self, after: datetime, days: float, rng: Random) -> datetime:
        """Return a moment at which people are awake, about that many days later."""
        i = self.index(after) + max(1, int(days))
        return self._midnight[i] + timedelta(seconds=int(7.5 * 3600 + rng.random() * 14 * 3600))


@dataclass(slots=True)
class Life:
    """One matter on its way, with the matters opened from it."""

    script: Script | None = None
    #: when the script wants to go on; None when it is over
    want: datetime | None = None
    tips: list[Handle] = field(default_factory=list)


class World:
    """Everything that scripts share."""

    def __init__(
        self,
        rng: Random,
        *,
        begins: datetime,
        until: datetime,
        batch: Callable[[], Batch],
        jurisdiction: Callable[[], Jurisdiction],
        days: Mapping[str, Days],
    ) -> None:
        self.rng = rng
        self.begins, self.until = begins, until
        self.now = begins
        self.days = days
        self._open_batch = batch
        self._read_jurisdiction = jurisdiction
        self.batch = batch()
        #: what the batch decides with
        self.jurisdiction = jurisdiction()
        self._actors: dict[str, Actor | None] = {}
        self._queue: list[tuple[datetime, int, Life]] = []
        self._count = 0
        self.matters = 0
        #: the newest petition of each topic
        self.recent: dict[str, Handle] = {}
        #: (topic, region) -> the matter that leads its problem, for those that are asked whether they belong to it
        self.leading: dict[tuple[str, str], Handle] = {}
        #: acts that the scripts tried and the packs refused; none, unless a pack changed and its script did not
        self.refused: list[str] = []
        #: entries of batches that were closed
        self._before = 0

    # who acts

    def seat(self, code: str) -> Actor | None:
        """Return whoever acts from a seat now, None when there is no such seat."""
        if code not in self._actors:
            people = self.jurisdiction.persons_of(code, self.now)
            self._actors[code] = actor_for(self.jurisdiction, people[-1], code, self.now) if people else None
        return self._actors[code]

    def head(self, unit: str) -> Actor:
        """Return the head of a unit."""
        found = self.seat(f"s{unit[1:]}.head")
        assert found is not None, unit
        return found

    def moved(self, change: Callable[[datetime], None]) -> None:
        """Let the jurisdiction change: what was decided before is committed first."""
        self.close()
        change(self.now)
        self.batch = self._open_batch()
        self.jurisdiction = self._read_jurisdiction()
        self._actors.clear()

    def aside(self, work: Callable[[datetime], None]) -> None:
        """
        Let somebody write beside the batch, now.

        What was decided before is committed first; what they changed of a matter that is on its way is read again.
        """
        self.batch.flush()
        work(self.now)
        using = self.batch.using
        moved = dict(Matter.objects.using(using).filter(changed_at__gte=self.now).values_list("id", "n"))
        for tip in self.tips():
            if moved.get(tip.stream, tip.n) != tip.n:
                fresh = loading.load(tip.stream, using=using)
                assert fresh is not None
                for one in fields(tip):
                    setattr(tip, one.name, getattr(fresh, one.name))

    def tips(self) -> Iterator[Handle]:
        """Give every matter that is on its way, but for those of the script that runs."""
        for _, _, life in self._queue:
            yield from life.tips

    def leave(self, stream: UUID) -> None:
        """Let the script of a matter go no further, since somebody decided otherwise; what falls due is still done."""
        for _, _, life in self._queue:
            if any(tip.stream == stream for tip in life.tips):
                life.script, life.want = None, None
                life.tips = [tip for tip in life.tips if tip.stream != stream]
        self._push(self.now, Life(tips=[self.batch.handle(stream)]))

    def close(self) -> None:
        """Commit what is left."""
        self.batch.flush()
        self._before += self.batch.entries
        self.batch.entries = 0

    @property
    def written(self) -> int:
        """Entries committed so far."""
        return self._before + self.batch.entries

    # what happens when

    def at(self, moment: datetime, script: Script) -> Life:
        """Let a script begin at a moment."""
        life = Life(script, moment)
        self._push(moment, life)
        return life

    def _push(self, moment: datetime, life: Life) -> None:
        if moment <= self.until:
            self._count += 1
            heapq.heappush(self._queue, (moment, self._count, life))

    def run(self, tell: Callable[[int], None] | None = None, *, before: datetime | None = None) -> None:
        """
        Do everything until the end, or up to a moment, in order.

        Each matter stands in the queue once, with what is next.
        """
        queue = self._queue
        while queue and (before is None or queue[0][0] < before):
            moment, _, life = heapq.heappop(queue)
            self.now = max(self.now, moment)
            due = _due(life)
            if due is not None and due[0] <= moment and (life.want is None or due[0] <= life.want):
                self.batch.act(due[1], Order(act=due[3], target=due[2]), actor=SYSTEM, now=self.now)
            elif life.script is not None and life.want is not None and life.want <= moment:
                try:
                    life.want = next(life.script, None)
                except Halt:
                    life.script, life.want = None, None
                except (Refused, Denied) as error:
                    # A pack that no longer fits its script must not keep anybody from trying the rest.
                    life.script, life.want = None, None
                    self.refused.append(str(error))
            due = _due(life)
            if due is not None and (life.want is None or due[0] < life.want):
                self._push(max(due[0], moment), life)
            elif life.want is not None:
                self._push(max(life.want, moment), life)
            if tell is not None:
                tell(self.written)
        if before is not None:
            self.now = max(self.now, before)


def _due(life: Life) -> tuple[datetime, Handle, str, str] | None:
    """Return the earliest timer of a matter and those opened from it: moment, matter, timer, act."""
    best: tuple[str, Handle, str, str] | None = None
    for tip in life.tips:
        state = tip.state
        if state is None or not state.timers:
            continue
        for name, timer in state.timers.items():
            if best is None or timer.at < best[0] or (timer.at == best[0] and name < best[2]):
                best = (timer.at, tip, name, timer.act)
    if best is None:
        return None
    return (datetime.fromisoformat(best[0]), *best[1:])


class Halt(Exception):
    """The matter has reached the stage in which this story leaves it."""


class Story:
    """What every script needs: the matter, who stands how to it, and acting in their name."""

    __slots__ = ("days", "forced", "halt", "life", "rng", "tip", "world")

    def __init__(self, world: World, days: Days) -> None:
        self.world = world
        self.rng = world.rng
        self.days = days
        self.life: Life | None = None
        self.tip: Handle | None = None
        #: stage in which the story ends before its time, so that the county shows every stage
        self.halt: str | None = None
        #: draws that are settled beforehand, by name, 0 to 1
        self.forced: Mapping[str, float] = {}

    @property
    def state(self) -> Any:
        """The folded state of the matter."""
        assert self.tip is not None
        return self.tip.state

    def submit(self, submission: Submission, actor: Actor) -> None:
        """Bring the matter in."""
        world = self.world
        self.tip = world.batch.submit(submission, actor=actor, now=world.now)
        world.matters += 1
        assert self.life is not None
        self.life.tips.append(self.tip)
        self._halt_here()

    def _halt_here(self) -> None:
        if self.halt is not None and self.tip is not None and self.state.stage == self.halt:
            raise Halt

    def draw(self, name: str) -> float:
        """Return a random number from 0 to 1, or the one settled beforehand."""
        drawn = self.rng.random()
        return self.forced.get(name, drawn)

    def act(
        self,
        name: str,
        actor: Actor,
        texts: dict[str, str] | None = None,
        *,
        target: str | None = None,
        child: Handle | None = None,
        **inputs: Any,
    ) -> None:
        """Do one act on the matter, or on one opened from it."""
        tip = child or self.tip
        assert tip is not None
        self.world.batch.act(
            tip, Order(act=name, inputs=inputs, texts=texts or {}, target=target), actor=actor, now=self.world.now
        )
        if child is None:
            self._halt_here()

    def child(self, kind: str) -> Handle:
        """Return the newest matter of a kind opened from this one, and keep an eye on its timers."""
        assert self.life is not None
        key = max(key for key in self.state.children if key.startswith(f"{kind}#"))
        tip = self.world.batch.handle(UUID(hex=self.state.children[key].stream))
        self.life.tips.append(tip)
        return tip

    def again(self) -> None:
        """Take the matter as it stands after another one told it something."""
        assert self.tip is not None and self.life is not None
        fresh = self.world.batch.handle(self.tip.stream)
        if fresh is not self.tip:
            self.life.tips[self.life.tips.index(self.tip)] = fresh
            self.tip = fresh
        self._halt_here()

    # who

    @property
    def lead(self) -> Actor:
        """Whoever sits on the seat that answers."""
        found = self.world.seat(self.state.seat)
        assert found is not None
        return found

    @property
    def head(self) -> Actor:
        """The head of the lead unit."""
        return self.world.head(self.state.unit)

    @property
    def superior(self) -> Actor:
        """The head of the unit above."""
        return self.world.head(self.state.superior)

    @property
    def resident(self) -> Actor:
        """The resident, with the secret of this matter."""
        assert self.tip is not None
        return resident_of(self.tip.stream.hex)

    def hands(self) -> tuple[Actor, Actor]:
        """Return who drafts and who signs: never one person, and the head above where there is nobody else."""
        lead, head = self.lead, self.head
        if lead.person != head.person:
            return lead, head
        colleague = self.world.seat(f"s{self.state.unit[1:]}.handler")
        if colleague is not None and colleague.person != head.person:
            return colleague, head
        return lead, self.superior

    def verifier(self, tip: Handle | None = None) -> Actor:
        """Return somebody who may verify and did not handle it: of the unit, of the pool, or from above."""
        state = tip.state if tip is not None else self.state
        options = [f"s{state.unit[1:]}.verifier"]
        if state.pool:
            options += ["s.petition.verifier", "s.centre.verifier", "s.yunxiu.verifier"]
        for code in options:
            found = self.world.seat(code)
            if found is not None and found.person not in state.handled_by:
                return found
        supervisor = self.world.seat("s.supervision.supervisor")
        assert supervisor is not None
        return supervisor

    # when

    def is_late(self, clock: str) -> bool:
        """Return whether a clock is not running any more or past its due moment."""
        running = [one for one in self.state.clocks.values() if one.name == clock and one.status == "running"]
        return not running or datetime.fromisoformat(running[-1].due_at) <= self.world.now

    def office(self, low: int, high: int | None = None) -> datetime:
        """Return a moment in office hours, between so many working days from now."""
        count = low if high is None else low + int(self.rng.random() * (high - low + 1))
        return self.days.office(self.world.now, count, self.rng)

    def later(self, low: float, high: float) -> datetime:
        """Return a moment at which people are awake, between so many days from now."""
        return self.days.any_time(self.world.now, low + self.rng.random() * (high - low), self.rng)

    def office_after(self, low: float, high: float) -> datetime:
        """Return a moment in office hours, between so many calendar days from now."""
        return self.days.office(self.later(low, high), 0, self.rng)

    def today(self) -> str:
        """Return the local date now, as entries write it."""
        return self.days.local_date(self.world.now).isoformat()

    def chance(self, share: float) -> bool:
        """Return True in that share of cases."""
        return self.rng.random() < share

    def paper(self, name: str) -> str:
        """Return a file as acts name it: its name and the SHA-256 of what it would hold."""
        return f"{name} sha256:{self.rng.randbytes(32).hex()}"
