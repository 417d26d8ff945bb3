"""
Three months of supervision on a simulated calendar: days go by one after another, and whoever has to act does.

Reviews are held every five working days, then weekly. Slips climb, one is answered and closed, one objected to and
taken back, a listed matter is resolved, a false ending is found by the sample and opens again, and what a review
decided is done before the next one.
"""

from collections.abc import Callable
from datetime import date
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.support.standing_county import acknowledged, day, found

from huajie.apps.ledger import queries as ledger_queries
from huajie.apps.matters import loading
from huajie.apps.matters.operations import Order, Submission, Written, act, submit, tick
from huajie.apps.matters.verify import verify
from huajie.apps.supervision import reviews, samples
from huajie.apps.supervision.cases import refresh
from huajie.apps.supervision.ladder import climb
from huajie.apps.supervision.stream import STREAM
from huajie.core.access import ANONYMOUS, Actor
from huajie.core.supervision import Phase

ZONE = ZoneInfo("Asia/Shanghai")
Who = Callable[..., Actor]


def brought(topic: str) -> Written:
    wanted = Submission(
        pack="en.complaint", topic=topic, region="r.qingshi", texts={"title": "路灯不亮", "text": "整条街三周没有灯。"}
    )
    return submit(wanted, actor=ANONYMOUS, now=day(0))


class Days:
    """Lets days go by, each with its tick."""

    def __init__(self) -> None:
        self.on = 0

    def go(self, until: int) -> None:
        while self.on < until:
            self.on += 1
            now = day(self.on)
            tick(now)
            while refresh():
                pass
            climb(now)
            while refresh():
                pass
            reviews.freeze_due(now)


def slips(matter: Written) -> list[tuple[UUID, Any]]:
    """The slips about a matter, in order, with their states."""
    tip = loading.load(matter.stream, using="default")
    assert tip is not None and tip.state is not None
    found_slips = []
    children = [(key, child) for key, child in tip.state.children.items() if child.kind == "slip"]
    for _, child in sorted(children, key=lambda pair: int(pair[0].rpartition("#")[2])):
        slip = loading.load(UUID(child.stream), using="default")
        assert slip is not None
        found_slips.append((slip.stream, slip.state))
    return found_slips


def issue(slip: UUID, level: str, county: Who, on: int) -> None:
    texts = {"slip_reason": "没有按期答复。", "demand": "三日内答复居民。"}
    act(slip, Order(act="issue", inputs={"slip_level": level}, texts=texts), actor=county(3, day(on)), now=day(on))


def answered(slip: UUID, who: int, county: Who, on: int) -> None:
    words = {"slip_answer": "已经做好。"}
    act(slip, Order(act="answer", target="answer#1", texts=words), actor=county(who, day(on)), now=day(on))
    act(slip, Order(act="close", texts={"note_text": "看过现场。"}), actor=county(3, day(on)), now=day(on, 4))


def ended(matter: Written, who: int, verifier: int, county: Who, on: int) -> None:
    inputs = {"ending_reason": "cannot-be-resolved-now", "next_look_date": "2026-09-01"}
    order = Order(act="propose_ending", inputs=inputs, texts={"route": "要等明年的预算。"})
    act(matter.stream, order, actor=county(who, day(on)), now=day(on))
    note = Order(act="confirm_ending", texts={"note_text": "核对过了。"})
    act(matter.stream, note, actor=county(verifier, day(on)), now=day(on, 4))


def test_three_months_of_supervision(transactional_db: None) -> None:
    county, days = found(), Days()
    supervisor = county(3)
    phases = [Phase(5, "workday", date(2026, 3, 9), date(2026, 4, 10)), Phase(1, "week", date(2026, 4, 13))]
    reviews.set_cadence(phases, actor=supervisor, now=day(0, 3))
    samples.fix_seed("2026-04", first=date(2026, 4, 1), last=date(2026, 4, 30), actor=supervisor, now=day(0), zone=ZONE)
    late, wrong, listed = acknowledged(county), brought("t.housing"), brought("t.housing")
    false, plain = acknowledged(county), acknowledged(county)

    # the acknowledgement of two housing complaints and the reply of the water bureau run out; slips are proposed
    days.go(26)
    (first, state), *_ = slips(late)
    assert (state.stage, state.facts["slip_level"]) == ("proposed", "slip")
    issue(first, "slip", county, 26)
    answered(first, 60, county, 27)
    (mistaken, state), *_ = slips(wrong)
    issue(mistaken, "slip", county, 26)
    objection = Order(act="object", target="answer#1", texts={"reason": "路灯归城管。"})
    act(mistaken, objection, actor=county(21, day(27)), now=day(27))
    back = Order(act="take_back", texts={"reason": "发错了单位。"})
    act(mistaken, back, actor=county(3, day(28)), now=day(28))
    act(wrong.stream, Order(act="acknowledge", inputs={"is_complaint": "complaint", "category": "other"},
        texts={"message": "收到。"}), actor=county(20, day(28)), now=day(28))  # fmt: skip

    # a false ending and an honest one in April, and a review that decides about a matter
    days.go(31)
    ended(false, 60, 12, county, 31)
    ended(plain, 60, 12, county, 31)
    held = reviews.reviews()[0].day
    reviews.hold(held, actor=county(3, day(31)), now=day(31, 5))
    decided = reviews.decide(
        held, late.stream, level="talk", words="两周没有结果。", actor=county(3, day(31)), now=day(31, 6)
    )
    issue(decided, "talk", county, 32)
    assert [one.done for one in reviews.decisions([held])] == [False]
    answered(decided, 60, county, 33)

    # nobody acts on the third: it climbs to listed supervision, and is resolved
    days.go(50)
    assert [one.done for one in reviews.decisions([held])] == [True]
    levels = [state.facts["slip_level"] for _, state in slips(listed)]
    assert levels == ["slip", "talk", "listed"]
    for slip, state in slips(listed):
        issue(slip, state.facts["slip_level"], county, 50)
        answered(slip, 21, county, 51)
    assert all(state.outcome["value"] == "slip-done" for _, state in slips(listed))
    act(listed.stream, Order(act="acknowledge", inputs={"is_complaint": "complaint", "category": "other"},
        texts={"message": "收到。"}), actor=county(20, day(51)), now=day(51))  # fmt: skip
    ended(listed, 20, 22, county, 52)

    # May: April's endings are drawn, all three; one was false and opens again
    days.go(62)
    samples.freeze_and_draw("2026-04", size=3, actor=county(3, day(62)), now=day(62), zone=ZONE)
    met = {"resident": "met", "channel": "counter", "met_unit": "met", "file": "read"}
    for matter in (false, plain, listed):
        told = "no" if matter is false else "yes"
        answers = {"answerable": "yes", "done": told, "solved": told}
        sent_back = samples.check(
            "2026-04", matter.stream, answers=answers, **met, actor=county(3, day(63)), now=day(63)
        )
        assert sent_back is (matter is false)
    tip = loading.load(false.stream, using="default")
    assert tip is not None and tip.state is not None and tip.state.open
    by_unit = {one.unit: (one.checked, one.agreed) for one in samples.agreement("2026-04")}
    assert by_unit == {"u.housing": (1, 1), "u.water": (2, 1)}

    days.go(91)
    every = reviews.reviews(limit=100)
    gaps = [(one.day - other.day).days for one, other in pairwise(every)]
    # Mondays in the end: 1 June, 25, 18, 11 May; 4 and 5 May are days of rest, so that one is held on the 6th
    assert gaps[:4] == [7, 7, 7, 5]
    assert every[-1].day == date(2026, 3, 9)
    assert [one.missed(day(91)) for one in every].count(False) == 1
    kinds = {body["kind"] for body in ledger_queries.bodies_since(STREAM, 0)}
    assert {"supervision.digest", "supervision.review-frozen", "supervision.review-decided"} <= kinds

    while refresh():
        pass
    report = verify()
    assert report.clean, report.differences
