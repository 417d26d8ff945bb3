"""
How the invented county is supervised in its last weeks, by the operations that everybody uses, when each is due.

Every working morning the ladder climbs. What it proposes, the supervisor issues or drops; the unit takes it, answers in
time or late, or objects, and the head above decides. Reviews are held on known days, at first every third working day
and then weekly; one is missed. Each month's endings are drawn by a seed that was fixed before, and looked at again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from huajie.apps.matters.errors import UnknownMatter
from huajie.apps.matters.models import Matter
from huajie.apps.matters.operations import Handle
from huajie.apps.supervision import queries, reviews, samples
from huajie.apps.supervision.cases import SLIPS, refresh
from huajie.apps.supervision.ladder import climb
from huajie.core.access import Actor
from huajie.core.clocks import Calendar
from huajie.core.supervision import Phase
from huajie.edges.demo import texts
from huajie.edges.demo.texts import pick
from huajie.edges.demo.world import Days, Script, Story, World

#: How long the county has been supervised when its history ends.
SEASON_DAYS = 56
#: The first so many days reviews are close together.
_CLOSE_DAYS = 21
#: Of so many matters at least, and at most: every morning looks at the rows of the whole county, and a large one is
#: loaded to see how fast it is.
LEAST, MOST = 60, 3000
#: Place of the review that nobody held.
_MISSED = 2
#: What reviews of this county decide about.
_DECIDED_ABOUT = ("cn.petition.request", "open311")
#: Who looks at endings again, the first of them who did not handle it.
_CHECKERS = ("s.supervision.supervisor", "s.yunxiu.verifier", "s.petition.verifier")
#: Endings that are drawn beyond one of each unit.
_DRAWN = 4


class _Slip(Story):
    """A slip, from what the ladder or a review proposed to its end."""

    __slots__ = ("_about", "_backlog", "_number")

    def __init__(self, world: World, days: Days, slip: UUID, *, number: int, backlog: bool) -> None:
        super().__init__(world, days)
        self.tip = world.batch.handle(slip)
        #: counted from 1; every seventh is objected to
        self._number = number
        #: proposed when the ladder was new: late for long before there was any
        self._backlog = backlog
        self._about = UUID(self.state.parent["stream"])

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
        """Do one act on the slip; the matter that it is about hears of it, in the hands of its own story too."""
        for tip in self.world.tips():
            if tip.stream == self._about:
                self.world.batch.share(tip)
        super().act(name, actor, texts, target=target, child=child, **inputs)

    @property
    def supervisor(self) -> Actor:
        """Whoever supervises."""
        return _supervisor(self.world)

    def answer_key(self) -> str:
        """Return the key of the newest request for an answer."""
        found = [key for key, one in self.state.requests.items() if one.kind == "answer" and one.state == "open"]
        return max(found, key=lambda key: int(key.rpartition("#")[2]))

    def asked(self) -> Actor:
        """Whoever of the unit has to answer."""
        request = self.state.requests[self.answer_key()]
        return (self.world.seat(request.seat) if request.seat else None) or self.world.head(request.unit)

    def run(self, decided: bool = False) -> Script:
        """The whole way; what a review decided is issued within the hour."""
        rng = self.rng
        level = self.state.facts["slip_level"]
        if decided:
            yield self.world.now + timedelta(minutes=int(5 + rng.random() * 50))
        else:
            yield self.office(0, 2)
            if level != "listed" and self.chance(0.14):
                self.act("drop", self.supervisor, {"reason": pick(rng, texts.SLIP_DROPS)})
                return
            if self._backlog and level != "slip" and self.chance(0.6):
                # a person begins with less than the gravest
                level = "slip" if level == "talk" or self.chance(0.5) else "talk"
        words = {"slip_reason": pick(rng, texts.SLIP_WHY[level]), "demand": pick(rng, texts.SLIP_DEMANDS)}
        self.act("issue", self.supervisor, words, slip_level=level)
        if self.chance(0.75):
            yield self.office(0, 1)
            self.act("receive", self.asked(), target=self.answer_key())
        yield self.office(0, 2)
        if not decided and self._number % 7 == 0:
            yield from self.contested()
            if not self.state.open:
                return
        if level == "listed":
            # what is listed has ten working days, and needs them
            yield self.office(5, 9)
        else:
            yield self.office(0, 2) if self.chance(0.8) else self.office(6, 11)
        yield from self.answered()

    def contested(self) -> Script:
        """The unit objects; the head of the unit above decides, or the supervisor sees that it was a mistake."""
        rng = self.rng
        self.act("object", self.asked(), {"reason": pick(rng, texts.SLIP_OBJECTIONS)}, target=self.answer_key())
        yield self.office(4, 15)
        draw = rng.random()
        if draw < 0.3:
            self.act("take_back", self.supervisor, {"reason": pick(rng, texts.SLIP_MISTAKES)})
            return
        above = self.world.head(self.state.superior or "u.yunxiu")
        name, words = ("uphold", texts.SLIP_UPHELD) if draw < 0.65 else ("dismiss", texts.SLIP_KEPT)
        self.act(name, above, {"reason": pick(rng, words)}, target=self.answer_key())
        yield self.office(1, 3)

    def answered(self) -> Script:
        """The unit answers; the supervisor looks, sends one in six back, and ends it."""
        rng = self.rng
        for again in (False, True):
            words = {"slip_answer": pick(rng, texts.SLIP_ANSWERS), "paper": self.paper("办理情况.pdf")}
            self.act("answer", self.asked(), words, target=self.answer_key())
            yield self.office(1, 4)
            if again or not self.chance(0.16):
                break
            self.act("send_back", self.supervisor, {"reason": pick(rng, texts.SLIP_RETURNS)})
            yield self.office(1, 3)
        self.act("close", self.supervisor, {"note_text": pick(rng, texts.SLIP_CLOSES)})


def begin(world: World, calendar: Calendar, last: date) -> None:
    """Let the county be supervised from some weeks before a day up to it."""
    days = world.days["cn"]
    first = last - timedelta(days=SEASON_DAYS)
    working = [one for one in _days(first, last) if calendar.is_working_day(one)]
    world.at(days.local_moment(working[0], 8.5 * 3600), _Season(world, days, working).run())


class _Season:
    """The supervisor's days."""

    def __init__(self, world: World, days: Days, working: Sequence[date]) -> None:
        self.world, self.days, self.working = world, days, working
        self.rng, self.random = world.rng, world.rng.randbytes
        self.using = world.batch.using
        #: slips that have their story
        self.known: set[UUID] = set()
        #: today, and how many reviews began on it
        self.day, self.begun = working[0], 0
        self.held = 0
        #: drawn endings that nobody here may look at
        self.left: set[UUID] = set()

    def run(self) -> Script:
        """Go through the working days one after another."""
        self.world.aside(self._found)
        for day in self.working:
            yield self._at(day, 9, 1)
            self.day = day
            self.world.aside(self._morning)
            self._follow(decided=False)
            if self.begun:
                self.held += 1
                if self.held != _MISSED:
                    yield self._at(day, 10, 5 + self.rng.random() * 50)
                    self.world.aside(self._review)
                    self._follow(decided=True)
            if self._to_check():
                yield self._at(day, 15, self.rng.random() * 90)
                self.world.aside(self._look_again)

    def _at(self, day: date, hour: int, minutes: float) -> datetime:
        return self.days.local_moment(day, hour * 3600 + int(minutes * 60))

    def _found(self, now: datetime) -> None:
        """Set the days of reviews, before the first of them."""
        first = self.working[0]
        close = first + timedelta(days=_CLOSE_DAYS)
        monday = close + timedelta(days=7 - close.weekday())
        phases = [Phase(3, "workday", first, close), Phase(1, "week", monday)]
        reviews.set_cadence(phases, actor=_supervisor(self.world), now=now, random=self.random, using=self.using)

    def _morning(self, now: datetime) -> None:
        """Let the ladder climb, see to the samples, freeze what a review will look at."""
        _up_to_date(self.using)
        while climb(now, random=self.random, using=self.using):
            pass
        self._samples(now, self.day)
        self.begun = reviews.freeze_due(now, random=self.random, using=self.using)

    def _samples(self, now: datetime, day: date) -> None:
        """Fix a seed for each month that is not over, and draw for the one before on the third working day."""
        given: dict[str, Any] = {
            "actor": _supervisor(self.world), "now": now, "zone": self.days.zone,
            "random": self.random, "using": self.using,
        }  # fmt: skip
        first = day.replace(day=1)
        next_month = (first + timedelta(days=31)).replace(day=1)
        name = f"{first:%Y-%m}"
        if samples.sample(name, using=self.using) is None:
            samples.fix_seed(name, first=first, last=next_month - timedelta(days=1), **given)
        before = samples.sample(f"{first - timedelta(days=1):%Y-%m}", using=self.using)
        if before is None or before.document or sum(first <= one <= day for one in self.working) < 3:
            return
        _up_to_date(self.using)
        found = samples.endings(before.first, before.last, self.days.zone, using=self.using)
        units = {unit for _, unit, _ in found.values()}
        if found:
            samples.freeze_and_draw(before.name, size=min(len(found), len(units) + _DRAWN), **given)

    def _follow(self, *, decided: bool) -> None:
        """Let every slip that is new go its way."""
        proposed = Matter.objects.using(self.using).filter(pack=SLIPS, stage="proposed").order_by("id")
        for slip in proposed.values_list("id", flat=True):
            if slip not in self.known:
                self.known.add(slip)
                backlog = self.day < self.working[0] + timedelta(days=7)
                story = _Slip(self.world, self.days, slip, number=len(self.known), backlog=backlog)
                assert story.tip is not None
                story.life = self.world.at(self.world.now, story.run(decided))
                story.life.tips.append(story.tip)

    def _review(self, now: datetime) -> None:
        """Hold the review of a day, and decide about the matters that wait longest and have no slip."""
        actor = _supervisor(self.world)
        given: dict[str, Any] = {"actor": actor, "now": now, "random": self.random, "using": self.using}
        reviews.hold(self.day, **given)
        _up_to_date(self.using)
        late = queries.lines(actor, "stuck", now=now, limit=30, using=self.using).lines
        free = [line.row for line in late if not line.gravity and line.row.pack in _DECIDED_ABOUT]
        for row in free[: 1 + int(self.rng.random() * 2)]:
            reviews.decide(self.day, row.stream, level="slip", words=pick(self.rng, texts.REVIEW_DECISIONS), **given)

    def _to_check(self) -> list[tuple[str, UUID]]:
        """Return sample and matter of each drawn ending that nobody looked at again yet and somebody here may."""
        return [
            (sample.name, one.matter)
            for sample in samples.samples(limit=3, using=self.using)
            if sample.document
            for one in samples.drawn(sample.name, using=self.using)
            if one.checked_at is None and one.matter not in self.left
        ]

    def _look_again(self, now: datetime) -> None:
        """Look at three endings a day; what is found not to be done is opened again, and its story ends here."""
        for name, matter in self._to_check()[:3]:
            draw = self.rng.random()
            resident = "met" if draw < 0.68 else "not-reached" if draw < 0.84 else "refused"
            met = resident == "met"
            solved = ("yes" if self.rng.random() < 0.85 else "no") if met else "unknown"
            done = "no" if solved == "no" and self.rng.random() < 0.5 else "yes"
            found: dict[str, Any] = {
                "answers": {"answerable": "yes", "done": done, "solved": solved},
                "resident": resident,
                "channel": pick(self.rng, ("phone", "phone", "their-place", "counter")) if met else "",
                "met_unit": "met" if self.rng.random() < 0.7 else "not-needed",
                "file": "read",
            }
            for code in _CHECKERS:
                try:
                    sent_back = self._check(name, matter, code, now, found)
                except (samples.SampleRefused, UnknownMatter):
                    # whoever handled it looks at something else
                    continue
                if sent_back:
                    self.world.leave(matter)
                break
            else:
                self.left.add(matter)

    def _check(self, name: str, matter: UUID, code: str, now: datetime, found: dict[str, Any]) -> bool:
        actor = self.world.seat(code)
        assert actor is not None
        return samples.check(name, matter, **found, actor=actor, now=now, random=self.random, using=self.using)


def _supervisor(world: World) -> Actor:
    found = world.seat("s.supervision.supervisor")
    assert found is not None
    return found


def _up_to_date(using: str) -> None:
    while refresh(using=using):
        pass


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
