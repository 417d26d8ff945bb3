"""A review decides in three ways, and its minutes are written, corrected, confirmed and from then on closed."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from tests.support.small_county import FOUNDING
from tests.support.standing_county import day

from huajie.apps.jurisdiction import operations as jurisdiction
from huajie.apps.matters import loading
from huajie.apps.matters.operations import Order, Submission, Written, act, submit
from huajie.apps.matters.verify import verify
from huajie.apps.supervision import minutes, reviews
from huajie.apps.supervision.reviews import ReviewRefused
from huajie.core.access import ANONYMOUS, SYSTEM, Actor
from huajie.core.procedure import Refused
from huajie.core.supervision import Phase

Who = Callable[..., Actor]
FIRST, SECOND = date(2026, 3, 4), date(2026, 3, 11)


@pytest.fixture
def petition(county: Who) -> Written:
    """A petition about wages that the centre keeps."""
    wanted = Submission(
        pack="cn.petition.request",
        topic="t.wages",
        region="r.qingshi",
        texts={"title": "欠薪", "text": "三个月没有发工资。", "wish": "发工资"},
        contact={"name": "某某某", "phone": "19900001111"},
    )
    brought = submit(wanted, actor=ANONYMOUS, now=day(0))
    for name, inputs in (("register", {}), ("triage", {"class": "request", "route": "petition"})):
        texts = {"request_text": "发放拖欠的工资。"} if name == "register" else {}
        act(brought.stream, Order(act=name, inputs=inputs, texts=texts), actor=county(10, day(1)), now=day(1))
    return brought


@pytest.fixture
def held(county: Who) -> date:
    """The first of two weekly reviews; the head of the government has the chair."""
    reviews.set_cadence([Phase(1, "week", FIRST)], actor=county(3), now=day(0, 3))
    assert reviews.freeze_due(day(2)) == 1
    reviews.hold(FIRST, actor=county(1, day(2)), now=day(2, 3))
    return FIRST


def task(who: str = "u.labour") -> Order:
    return Order(act="give_task", inputs={"support_unit": who, "task_days": 5}, texts={"task_text": "查清欠薪数额。"})


def test_a_decision_is_a_slip_a_request_or_an_act_at_once(
    county: Who, petition: Written, complaint: Written, held: date
) -> None:
    seat = FOUNDING[[one.get("id") for one in FOUNDING].index("s.gov.head")]
    jurisdiction.change([{**seat, "roles": ["head", "handler", "sponsor"]}], actor=SYSTEM, now=day(2, 3))
    chair = county(1, day(2, 4))
    slip = reviews.decide(
        held, complaint.stream, level="slip", words="没有进展。", due=SECOND, actor=county(3, day(2)), now=day(2, 4)
    )
    reviews.decide_by(held, petition.stream, task(), actor=chair, now=day(2, 5))
    words = Order(act="propose_sponsor", inputs={"sponsor_seat": "s.gov.head"}, texts={"reason": "拖了很久。"})
    reviews.decide_by(held, petition.stream, words, actor=chair, now=day(2, 6))
    own = Order(act="accept_sponsor", target="sponsor#1", inputs={"sponsor_days": 30})
    reviews.decide_by(held, petition.stream, own, actor=chair, now=day(2, 7))
    first, second, third, fourth = reviews.decisions([held])
    assert [one.kind for one in (first, second, third, fourth)] == ["slip", "request", "request", "act"]
    assert (first.owner, first.due_date, first.slip, first.seat) == ("u.water", SECOND, slip, "s.gov.supervisor")
    state = loading.load(petition.stream, using="default").state  # type: ignore[union-attr]
    assert state is not None
    # the date is the task's own clock's
    assert second.due_date == date.fromisoformat(state.clocks[state.requests["task#1"].clock or ""].last_date or "")
    assert (second.owner, second.target, second.done, second.seat) == ("u.labour", "task#1", False, "s.gov.head")
    assert (third.owner, third.done, third.stage) == ("u.gov", True, "accepted")
    assert (fourth.owner, fourth.due_date, fourth.done) == ("u.gov", date(2026, 3, 4), True)
    done = Order(act="finish_task", target="task#1", texts={"note_text": "已经查清。"})
    act(petition.stream, done, actor=county(31, day(3)), now=day(3))
    assert [one.done for one in reviews.decisions([held])] == [False, True, True, True]
    assert verify().clean


def test_nobody_decides_what_their_seat_may_not_do(county: Who, petition: Written, held: date) -> None:
    before = loading.load(petition.stream, using="default").n  # type: ignore[union-attr]
    with pytest.raises(Refused):
        # the head of the government does not decide a petition of the centre
        accept = Order(act="accept", texts={"message": "受理。"})
        reviews.decide_by(held, petition.stream, accept, actor=county(1, day(2)), now=day(2, 4))
    for who in (10, 11, 31):
        with pytest.raises(ReviewRefused, match="role"):
            reviews.decide_by(held, petition.stream, task(), actor=county(who, day(2)), now=day(2, 4))
    assert reviews.decisions([held]) == ()
    assert loading.load(petition.stream, using="default").n == before  # type: ignore[union-attr]


def test_an_act_and_its_decision_are_written_together_or_not_at_all(
    county: Who, petition: Written, held: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the disk is gone")

    with monkeypatch.context() as patched:
        patched.setattr(reviews, "append", broken)
        with pytest.raises(RuntimeError):
            reviews.decide_by(held, petition.stream, task(), actor=county(1, day(2)), now=day(2, 4))
    tip = loading.load(petition.stream, using="default")
    assert tip is not None and tip.state is not None and "task#1" not in tip.state.requests
    sent = task()
    sent.idempotency = ("desk", "k1", "h1")
    reviews.decide_by(held, petition.stream, sent, actor=county(1, day(2)), now=day(2, 4))
    reviews.decide_by(held, petition.stream, sent, actor=county(1, day(2)), now=day(2, 4))
    assert len(reviews.decisions([held])) == 1


def test_minutes_are_corrected_with_trace_and_confirmed_by_the_chair(
    county: Who, petition: Written, held: date
) -> None:
    chair, supervisor = county(1, day(2)), county(3, day(2))
    reviews.decide_by(held, petition.stream, task(), actor=chair, now=day(2, 4))
    (decided,) = reviews.decisions([held])

    def write(seen: int, words: str, hour: int, **more: Any) -> minutes.Version:
        given = {"present": ["s.labour.head", "s.gov.head"], "said": {}, **more}
        return minutes.write(held, words=words, seen=seen, actor=supervisor, now=day(2, hour), **given)

    first = write(0, "听取欠薪情况。", 5)
    assert write(1, "听取欠薪情况。", 5) == first, "nothing was different"
    second = write(1, "听取欠薪情况，劳动局先查。", 6, said={decided.entry: "五日内。"})
    assert [one.version for one in minutes.versions(held)] == [1, 2]
    assert minutes.versions(held)[0].document["words"] == "听取欠薪情况。"
    assert second.document["chair"] == ["u.gov", "s.gov.head"]
    assert second.document["present"] == [["u.gov", "s.gov.head"], ["u.labour", "s.labour.head"]]
    assert second.document["snapshot"] == reviews.review(held).snapshot
    (point,) = second.document["points"]
    assert (point["owner"], point["by"], point["said"]) == ("u.labour", ["u.gov", "s.gov.head"], "五日内。")
    # nothing of a matter's own words stands in them
    assert "查清" not in str(second.document) and "工资" not in str(second.document)
    for word, given in (
        ("changed", {"seen": 1, "words": "另一版。"}),
        ("person", {"seen": 2, "words": "联系电话13900001111。"}),
        ("seat", {"seen": 2, "words": "", "present": ["s.nobody"]}),
    ):
        with pytest.raises(ReviewRefused, match=word):
            write(hour=7, **given)  # type: ignore[arg-type]
    with pytest.raises(ReviewRefused, match="chair"):
        minutes.confirm(held, told=second.hash, actor=supervisor, now=day(2, 7))
    with pytest.raises(ReviewRefused, match="changed"):
        minutes.confirm(held, told=first.hash, actor=chair, now=day(2, 7))
    minutes.confirm(held, told=second.hash, actor=chair, now=day(2, 7))
    for again in (
        lambda: write(2, "再改。", 8),
        lambda: minutes.confirm(held, told=second.hash, actor=chair, now=day(2, 8)),
    ):
        with pytest.raises(ReviewRefused, match="settled"):
            again()
    with pytest.raises(ReviewRefused, match="settled"):
        reviews.decide_by(held, petition.stream, task("u.housing"), actor=chair, now=day(2, 8))
    assert verify().clean


def test_what_was_decided_after_the_minutes_were_written_is_not_confirmed_by_them(
    county: Who, petition: Written, held: date
) -> None:
    chair = county(1, day(2))
    written = minutes.write(held, present=[], words="", said={}, seen=0, actor=chair, now=day(2, 4))
    reviews.decide_by(held, petition.stream, task(), actor=chair, now=day(2, 5))
    with pytest.raises(ReviewRefused, match="behind"):
        minutes.confirm(held, told=written.hash, actor=chair, now=day(2, 6))


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        ("UPDATE supervision_minutes SET document = replace(document, '听取', '未听')", "not the one whose hash"),
        ("UPDATE supervision_minutes SET confirmed_at = NULL", "are confirmed is not what"),
        ("UPDATE supervision_minutes SET seat = 's.labour.head'", "who wrote version 1"),
        ("DELETE FROM supervision_minutes", "is not recorded"),
        ("UPDATE supervision_decision SET owner = 'u.water'", "a decision of a review is not"),
        ("UPDATE supervision_decision SET n = n + 1", "a decision of a review is not"),
        ("UPDATE supervision_review SET chair_seat = 's.labour.head'", "by whom the review"),
    ],
)
def test_verify_finds_what_was_changed_afterwards(
    county: Who, petition: Written, held: date, planted: str, said: str
) -> None:
    chair = county(1, day(2))
    reviews.decide_by(held, petition.stream, task(), actor=chair, now=day(2, 4))
    written = minutes.write(held, present=[], words="听取情况。", said={}, seen=0, actor=chair, now=day(2, 5))
    minutes.confirm(held, told=written.hash, actor=chair, now=day(2, 6))
    assert verify().clean
    with connection.cursor() as cursor:
        cursor.execute(planted)
    assert any(said in one.message for one in verify().differences)
