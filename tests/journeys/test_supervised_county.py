"""
Three months in the invented county: its own offices go on with their work, and beside it everything is supervised.

From 1 July to 30 September 2026 the scripts of the demo county act, timers fall due, and each morning the ladder
climbs. Seven reports about the whole county are this story's own: nothing else there is about the region `r.yunxiu`
itself, so every figure of that corner is counted by hand.
"""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from tests.support.board_oracle import count, lives

from huajie.apps.jurisdiction import queries as jurisdiction_queries
from huajie.apps.ledger import queries as ledger_queries
from huajie.apps.matters import figures, loading
from huajie.apps.matters import operations as matters
from huajie.apps.matters.models import Matter
from huajie.apps.matters.operations import Order, Submission, act, submit, tick
from huajie.apps.matters.verify import verify
from huajie.apps.procedure.registry import packs
from huajie.apps.supervision import choices, queries, reviews, samples
from huajie.apps.supervision.cases import SLIPS, refresh
from huajie.apps.supervision.ladder import climb
from huajie.apps.supervision.queries import Scope
from huajie.apps.supervision.queries import Slips as Counted
from huajie.apps.supervision.stream import STREAM
from huajie.core.access import ANONYMOUS
from huajie.core.supervision import Phase, differences
from huajie.edges.demo.load import prepare

ZONE = ZoneInfo("Asia/Shanghai")
FIRST, LAST = date(2026, 7, 1), date(2026, 9, 30)
MINE = Scope(regions=("r.yunxiu",))
#: Days of rest between July and September: weekends but for Sunday 20 September, and the Mid-Autumn Festival.
REST = {date(2026, 9, 25), date(2026, 9, 26), date(2026, 9, 27)}


def at(month: int, day: int, hour: int = 10, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, second, tzinfo=ZONE).astimezone(UTC)


def works(day: date) -> bool:
    return day == date(2026, 9, 20) or (day.weekday() < 5 and day not in REST)


class County:
    """The county at work, day by day."""

    def __init__(self) -> None:
        end = datetime(2026, 9, 30, 23, 59, tzinfo=ZONE).astimezone(UTC)
        self.world = prepare(matters=90, seed=5, until=LAST, now=end, tell=lambda line: None)
        self.today = FIRST - timedelta(days=1)
        self.world.run(before=at(7, 1, 9, 1))
        self.world.close()

    def go(self, month: int, day: int) -> None:
        """Let days go by up to the morning of this one, at a minute past nine."""
        until = date(2026, month, day)
        while self.today < until:
            self.today += timedelta(days=1)
            self.world.run(before=at(self.today.month, self.today.day, 9, 1))
            self.world.aside(self._morning)

    def _morning(self, now: datetime) -> None:
        while tick(now):
            pass
        self.count()
        while climb(now):
            pass
        self.count()
        reviews.freeze_due(now)
        if works(self.today):
            self._others(now)
        self.count()

    def _others(self, now: datetime) -> None:
        """Slips about other matters of the county go their way, one step a working day."""
        slips = Matter.objects.filter(pack=SLIPS, open=True).exclude(region="r.yunxiu").order_by("id")
        for slip, stage in list(slips.values_list("id", "stage")):
            if stage == "proposed":
                issue(self, slip, now=now)
            elif stage == "issued":
                self.do(slip, "answer", self.asked(slip), now, {"slip_answer": "已安排办理。"}, target="answer#1")
            elif stage == "answered":
                self.do(slip, "close", "s.supervision.supervisor", now, {"note_text": "看过案卷。"})

    def count(self) -> None:
        while refresh():
            pass

    def asked(self, slip: UUID) -> str:
        return state(slip).requests["answer#1"].seat or f"s{state(slip).parent['unit'][1:]}.head"

    def do(
        self,
        stream: UUID,
        name: str,
        seat: str,
        now: datetime,
        texts: dict[str, str] | None = None,
        target: str | None = None,
        **inputs: Any,
    ) -> None:
        """One act by whoever sits there."""
        actor = self.world.seat(seat)
        assert actor is not None, seat
        act(stream, Order(act=name, inputs=inputs, texts=texts or {}, target=target), actor=actor, now=now)

    def supervise(self, now: datetime) -> dict[str, Any]:
        return {"actor": self.world.seat("s.supervision.supervisor"), "now": now}

    def board(self, now: datetime) -> queries.Board:
        self.count()
        supervisor = self.world.seat("s.supervision.supervisor")
        assert supervisor is not None
        return queries.board(supervisor, MINE, now=now, age=-1)

    def figures(self, now: datetime) -> dict[str, int]:
        """What the board counts of this story's own matters; nought is left out."""
        return {name: many for name, many in self.board(now).figures.items() if many}


def state(stream: UUID) -> Any:
    tip = loading.load(stream, using="default")
    assert tip is not None and tip.state is not None
    return tip.state


def report(now: datetime, kind: str, topic: str) -> UUID:
    """Somebody reports something about the whole county."""
    wanted = Submission(
        pack="open311", topic=topic, region="r.yunxiu", texts={"title": "全县多处", "text": "好几个镇都这样。"},
        inputs={"service_kind": kind},
    )  # fmt: skip
    return submit(wanted, actor=ANONYMOUS, now=now).stream


def slips(matter: UUID) -> list[UUID]:
    """The slips about a matter, in order."""
    children = [(int(key.rpartition("#")[2]), one) for key, one in state(matter).children.items() if one.kind == "slip"]
    return [UUID(child.stream) for _, child in sorted(children, key=lambda pair: pair[0])]


def issue(county: County, slip: UUID, *, now: datetime) -> None:
    texts = {"slip_reason": "没有按期处理。", "demand": "三日内处理好。"}
    county.do(slip, "issue", "s.supervision.supervisor", now, texts, slip_level=state(slip).facts["slip_level"])


def answer(county: County, slip: UUID, now: datetime) -> None:
    county.do(slip, "answer", "s.urban.handler", now, {"slip_answer": "已经处理。"}, target="answer#1")


def close(county: County, slip: UUID, now: datetime) -> None:
    county.do(slip, "close", "s.supervision.supervisor", now, {"note_text": "看过现场。"})


def done(county: County, matter: UUID, fixed: datetime, verified: datetime) -> None:
    """The urban bureau does it; somebody else of the bureau looks at it."""
    evidence = {"note_text": "处理好了。", "evidence_file": f"照片.jpg sha256:{'0' * 64}"}
    if state(matter).stage == "received":
        county.do(matter, "dispatch", "s.urban.handler", fixed, {"note_text": "派班组。"})
        county.do(matter, "start_work", "s.urban.handler", fixed)
    county.do(matter, "fix", "s.urban.handler", fixed, evidence, repair="resolved-as-asked")
    county.do(matter, "verify", "s.urban.verifier", verified, {"note_text": "看过现场。"}, contacted="no-contact")


def told(matter: UUID) -> list[tuple[str, str, str, str]]:
    """What the digests said of a matter: rung, when it was reached, on which day it was told, to whom."""
    return list(_told(matter))


def _told(matter: UUID) -> Iterator[tuple[str, str, str, str]]:
    for body in ledger_queries.bodies_since(STREAM, 0):
        for effect in body["effects"]:
            if effect["e"] == "rungs.reached":
                for stream, _, _, rung, reached in effect["rungs"]:
                    if stream == matter.hex:
                        yield rung, _local(reached)[5:19], _local(body["at"])[5:10], effect["unit"]


def _local(stamp: str) -> str:
    return datetime.fromisoformat(stamp).astimezone(ZONE).isoformat()


def performance(now: datetime) -> dict[str, figures.Dates]:
    """Dates kept and due of every unit, over these months."""
    figures.forget_figures()
    return figures.dates_by_unit(at(7, 1, 0), now, figures.clocks_of(packs().values()), now=now)[1]


def assert_counted_again(county: County, day: date) -> None:
    """This morning's review froze what a count of the bodies of all entries gives for the whole county."""
    assert county.today == day
    now, ladder = at(day.month, day.day, 9, 1), choices.known()[0].ladder
    found = lives((record.stream.hex, json.loads(record.body)) for record in ledger_queries.iterate_entries())
    counted = count(found, now, percent=ladder.last_reminder_percent, stuck_days=ladder.stuck_workdays)
    frozen = {name: many for name, many in reviews.review(day).snapshot["figures"].items() if many}
    assert frozen == {name: many for name, many in counted.items() if many}
    assert frozen["open"] > 10


@pytest.mark.accept("S1")
def test_three_months_of_the_county(transactional_db: None) -> None:
    jurisdiction_queries.forget()
    matters.forget()
    county = County()
    begun = county.world.written
    assert county.figures(at(7, 1, 9, 2)) == {}

    # 1 July: the days of reviews are set for the quarter
    phases = [
        Phase(5, "day", date(2026, 7, 6), date(2026, 8, 16)),
        Phase(1, "week", date(2026, 8, 17), date(2026, 9, 13)),
        Phase(1, "day", date(2026, 9, 14), date(2026, 10, 7)),
    ]
    reviews.set_cadence(phases, **county.supervise(at(7, 1, 9, 5)))

    # Waste is cleared within 3 days, a street light mended within 7, a pothole within 14
    county.go(7, 6)
    answered = report(at(7, 6), "waste", "t.waste")
    county.go(7, 7)
    mistaken = report(at(7, 7), "waste", "t.waste")
    county.go(7, 8)
    tardy = report(at(7, 8), "waste", "t.waste")
    county.go(7, 9)
    listed = report(at(7, 9), "streetlight", "t.streetlight")
    assert {state(one).unit for one in (answered, mistaken, tardy, listed)} == {"u.urban"}
    county.go(7, 13)
    assert_counted_again(county, date(2026, 7, 13))
    reviews.hold(date(2026, 7, 13), **county.supervise(at(7, 13, 9, 30)))
    # the third day of the third was a Saturday, so it has until Monday night
    assert county.figures(at(7, 13, 9, 30)) == {"open": 4, "late": 2, "soon": 1}
    assert county.figures(at(7, 14, 11, 55)) == {"open": 4, "late": 3}
    assert county.figures(at(7, 14, 11, 57)) == {"open": 4, "late": 3, "soon": 1}
    decided = report(at(7, 13), "pothole", "t.pothole")

    # 17 July: five working days after the first was due, a slip is proposed; a person issues it, in time it is answered
    county.go(7, 16)
    assert slips(answered) == []
    county.go(7, 17)
    (slip,) = slips(answered)
    assert county.board(at(7, 17, 9, 30)).slips == {1: Counted(proposed=1)}
    issue(county, slip, now=at(7, 17))
    assert state(slip).clocks["slip_answer#answer#1"].last_date == "2026-07-24"
    assert told(answered) == [
        ("last-reminder", "07-08T19:37:12", "07-09", "u.urban"),
        ("chaser", "07-10T00:00:00", "07-10", "u.urban"),
        ("slip", "07-17T00:00:00", "07-17", "u.urban"),
    ]

    # 20 July: the second was late from a Saturday on, so its five working days are those of the week after
    county.go(7, 17)
    assert slips(mistaken) == []
    county.go(7, 20)
    (wrong,) = slips(mistaken)
    assert state(wrong).facts["slip_since"] == "2026-07-20"
    assert told(mistaken)[-1] == ("slip", "07-20T00:00:00", "07-20", "u.urban")
    issue(county, wrong, now=at(7, 20))
    assert slips(tardy) == []
    county.go(7, 21)
    (late,) = slips(tardy)
    assert told(tardy)[-1] == ("slip", "07-21T00:00:00", "07-21", "u.urban")
    issue(county, late, now=at(7, 21, 9, 30))
    assert county.board(at(7, 21, 9, 45)).slips == {1: Counted(out=3)}

    # the unit objects to one; the head of the county, who did not issue it, takes it back
    reason = {"reason": "道路养护不归城管局。"}
    county.do(wrong, "object", "s.urban.handler", at(7, 21), reason, target="answer#1")
    assert county.board(at(7, 21, 11)).slips == {1: Counted(out=2, contested=1)}
    county.go(7, 22)
    answer(county, slip, at(7, 22))
    county.do(wrong, "take_back", "s.yunxiu.head", at(7, 22, 11), {"reason": "核对后，应当先转办。"})
    assert state(wrong).outcome["value"] == "slip-withdrawn"
    assert county.board(at(7, 22, 12)).slips == {1: Counted(out=1, answered=1)}
    done(county, answered, at(7, 22, 15), at(7, 22, 17))
    county.go(7, 23)
    close(county, slip, at(7, 23))
    assert state(slip).outcome["value"] == "slip-done"
    done(county, mistaken, at(7, 23, 15), at(7, 23, 17))

    # 27 July: a review decides about what nobody has touched for ten working days; three are so
    county.go(7, 27)
    (first_of_listed,) = slips(listed)
    assert told(listed)[-1] == ("slip", "07-24T00:00:00", "07-24", "u.urban")
    issue(county, first_of_listed, now=at(7, 27, 9, 30))
    stuck = queries.lines(county.world.seat("s.supervision.supervisor"), "stuck", MINE, now=at(7, 27, 10, 30)).lines
    assert {line.row.stream for line in stuck} == {tardy, listed, decided}
    held = date(2026, 7, 27)
    assert_counted_again(county, held)
    reviews.hold(held, **county.supervise(at(7, 27, 10, 30)))
    order = reviews.decide(
        held, decided, level="slip", words="本周补好，下次报告。", **county.supervise(at(7, 27, 10, 40))
    )
    issue(county, order, now=at(7, 27, 10, 45))
    assert [one.done for one in reviews.decisions([held])] == [False]

    # 28 July: a talk is proposed while the slip is still out until tonight, so the supervisor drops it
    county.go(7, 28)
    talk = slips(tardy)[1]
    assert (state(talk).facts["slip_level"], state(talk).facts["slip_since"]) == ("talk", "2026-07-28")
    county.do(talk, "drop", "s.supervision.supervisor", at(7, 28), {"reason": "督办单的答复期今天才到。"})

    # the answer was due on the 28th, and comes on the 30th
    county.go(7, 29)
    assert state(late).clocks["slip_answer#answer#1"].last_date == "2026-07-28"
    kinds = [body["kind"] for body in ledger_queries.bodies_since(late, 0)]
    assert kinds.count("matter.overdue-noted") == 1
    county.go(7, 30)
    answer(county, late, at(7, 30))
    answer(county, order, at(7, 30))
    done(county, tardy, at(7, 30, 15), at(7, 30, 17))
    done(county, decided, at(7, 30, 15), at(7, 30, 17))
    close(county, order, at(7, 30, 17))

    # 31 July: the next review hears that it was done; the seed of August's sample is fixed
    county.go(7, 31)
    assert [one.done for one in reviews.decisions([held])] == [True]
    reviews.hold(date(2026, 7, 31), **county.supervise(at(7, 31, 9, 30)))
    close(county, late, at(7, 31))
    published = samples.fix_seed(
        "2026-08", first=date(2026, 8, 1), last=date(2026, 8, 31), zone=ZONE, **county.supervise(at(7, 31, 17))
    )

    # nobody answers about the street lights: slip, talk, listing, each five working days after the other
    county.go(8, 3)
    true_one, other = (report(at(8, 3), "waste", "t.waste") for _ in range(2))
    issue(county, slips(listed)[1], now=at(8, 3))
    county.go(8, 4)
    for matter in (true_one, other):
        done(county, matter, at(8, 4, 11), at(8, 4, 17))
    county.go(8, 7)
    assert [line[:3] for line in told(listed)] == [
        ("last-reminder", "07-14T11:56:24", "07-15"),
        ("chaser", "07-17T00:00:00", "07-17"),
        ("slip", "07-24T00:00:00", "07-24"),
        ("talk", "07-31T00:00:00", "07-31"),
        ("listed", "08-07T00:00:00", "08-07"),
    ]
    rungs = slips(listed)
    assert [state(one).facts["slip_level"] for one in rungs] == ["slip", "talk", "listed"]
    issue(county, rungs[2], now=at(8, 7))
    board = county.board(at(8, 7, 11))
    assert board.slips == {level: Counted(out=1) for level in (1, 2, 3)}
    # of the six that were fixed, two have had their two weeks of looking back, the second until midnight
    assert not state(answered).open and not state(mistaken).open
    assert (board.figures["open"], board.figures["late"]) == (5, 1)
    county.go(8, 12)
    for one in rungs:
        answer(county, one, at(8, 12))
    done(county, listed, at(8, 12, 14), at(8, 12, 17))
    county.go(8, 13)
    for one in rungs:
        close(county, one, at(8, 13))
    assert {state(one).outcome["value"] for one in rungs} == {"slip-done"}
    assert county.board(at(8, 13, 11)).slips == {}

    # September: what ended in August is frozen and drawn; the seed is the one whose hash was told in July
    county.go(9, 2)
    assert county.figures(at(9, 2, 9, 30)) == {}
    mine = {answered, mistaken, tardy, decided, listed, true_one, other}
    ended = samples.endings(date(2026, 8, 1), date(2026, 8, 31), ZONE)
    assert {matter for matter, unit, _ in ended.values() if matter in mine and unit == "u.urban"} == mine
    strata = {unit for _, unit, _ in ended.values()}
    size = min(len(ended), len(strata) + len(ended) // 2)
    document = samples.freeze_and_draw("2026-08", size=size, zone=ZONE, **county.supervise(at(9, 2)))
    assert document["seed_hash"] == published
    assert differences(document, noted_seed=published) == ()
    assert len(samples.drawn("2026-08")) == size < len(ended)

    # one of the seven that were drawn is not what it claims: it opens again, and no unit's figures move
    county.go(9, 3)
    drawn = [one.matter for one in samples.drawn("2026-08")]
    false = next(matter for matter in drawn if matter in mine)
    met = {"resident": "met", "channel": "phone", "met_unit": "met", "file": "read"}
    before = performance(at(9, 3, 12))
    for matter in drawn:
        said = "no" if matter == false else "yes"
        sent_back = samples.check(
            "2026-08", matter, answers={"answerable": "yes", "done": said, "solved": said}, **met,
            **county.supervise(at(9, 3)),
        )  # fmt: skip
        assert sent_back is (matter == false)
    agreed = {one.unit: (one.checked, one.checked - one.agreed) for one in samples.agreement("2026-08")}
    assert sum(checked for checked, _ in agreed.values()) == size
    assert {unit: wrong for unit, (_, wrong) in agreed.items() if wrong} == {"u.urban": 1}
    assert county.figures(at(9, 3, 11)) == {"open": 1, "reopened": 1}
    assert performance(at(9, 3, 12)) == before
    county.go(9, 4)
    county.do(false, "uphold_reopening", "s.yunxiu.head", at(9, 4), {"note_text": "确实没有清。"}, target="reopening#1")
    done(county, false, at(9, 4, 15), at(9, 4, 17))

    # the quarter is over: the reviews stood on these days, by hand, and one was held by nobody
    county.go(9, 30)
    days = [one.day for one in reversed(reviews.reviews(limit=100))]
    assert [f"{day:%m-%d}" for day in days] == [
        # every five days; a weekend's goes to Monday, but the last one stays within its phase
        "07-06", "07-13", "07-16", "07-21", "07-27", "07-31", "08-05", "08-10", "08-14",
        # Mondays
        "08-17", "08-24", "08-31", "09-07",
        # each day that is worked, Sunday the 20th among them, and none of the festival
        "09-14", "09-15", "09-16", "09-17", "09-18", "09-20", "09-21", "09-22", "09-23", "09-24",
        "09-28", "09-29", "09-30",
    ]  # fmt: skip
    held_on = [f"{one.day:%m-%d}" for one in reversed(reviews.reviews(limit=100)) if not one.missed(at(10, 8))]
    assert held_on == ["07-13", "07-27", "07-31"]
    assert_counted_again(county, date(2026, 9, 30))

    # and beside all this the county went on by itself, its own slips too
    assert county.world.refused == []
    assert county.world.written - begun > 150
    others = Matter.objects.filter(pack=SLIPS, outcome="slip-done").exclude(region="r.yunxiu")
    assert len(set(others.values_list("topic", flat=True))) > 2
    checked = verify()
    assert checked.clean, checked.differences
