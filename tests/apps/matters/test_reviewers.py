"""A reviewer looks at what others decided: the file while the review is open, no identity, and never their own work."""

from collections.abc import Callable
from uuid import UUID

import pytest
from tests.apps.matters.test_promises import brought, do, refusal, state_of
from tests.support.small_county import person, posting, seat
from tests.support.standing_county import FOUNDED, day, review_asked

from huajie.apps.jurisdiction import operations as jurisdiction
from huajie.apps.jurisdiction.queries import snapshot
from huajie.apps.matters import loading, queries
from huajie.apps.matters.disclosure import open_identity, what_may_open
from huajie.apps.matters.errors import UnknownMatter
from huajie.apps.matters.operations import Submission, Written, submit
from huajie.apps.matters.projection import view_of
from huajie.apps.matters.verify import verify
from huajie.core.access import ANONYMOUS, SYSTEM, Actor, actor_for, allowed, resident_of
from huajie.core.procedure import Refused, State

Who = Callable[..., Actor]
RESULT = "findings law opinion_text"


def sits(*changes: dict[str, object]) -> None:
    jurisdiction.change(list(changes), actor=SYSTEM, now=FOUNDED.replace(minute=40))


def at_seat(number: int, code: str, on: int = 3) -> Actor:
    return actor_for(snapshot(), person(number), code, day(on))


@pytest.fixture
def reviewer(county: Who) -> Actor:
    """Somebody of the government who does nothing but review."""
    sits(seat("s.gov.reviewer", "u.gov", "reviewer"), posting("s.gov.reviewer", 71))
    return at_seat(71, "s.gov.reviewer")


def reviewed(county: Who) -> Written:
    """A petition that the centre answered, 10 handling and 11 signing, and whose resident asks for review on day 2."""
    texts = {"title": "路边有个坑", "text": "半年没有人填。", "wish": "填上。"}
    matter = submit(
        Submission(pack="cn.petition.request", topic="", region="", texts=texts, contact={"phone": "19900004444"}),
        actor=ANONYMOUS,
        now=day(0),
    )
    review_asked(county, matter)
    assert set(state_of(matter).handled_by) == {person(10), person(11)}
    return matter


class Child:
    """The review of a matter, as `do` and `refusal` want it."""

    def __init__(self, matter: Written) -> None:
        self.stream = UUID(state_of(matter).children["review#1"].stream)

    @property
    def state(self) -> State:
        tip = loading.load(self.stream, using="default")
        assert tip is not None and tip.state is not None
        return tip.state


def step(child: Child, actor: Actor, name: str, words: str = "", **inputs: object) -> None:
    do(child, actor, name, day(3), inputs=inputs, texts=dict.fromkeys(words.split(), "说明。"))  # type: ignore[arg-type]


def test_a_review_goes_to_the_reviewer_who_reads_the_file_while_it_is_open(county: Who, reviewer: Actor) -> None:
    matter = reviewed(county)
    child = Child(matter)
    assert (child.state.unit, child.state.seat) == ("u.gov", "s.gov.reviewer")
    assert child.state.below == [person(10), person(11)]
    opened = queries.see(reviewer, matter.stream)
    assert "半年没有人填。" in opened.texts.values()
    assert "reviewer" in opened.relations
    step(child, reviewer, "take", "message")
    step(child, county(1), "draft_result", RESULT, decision="upheld")
    step(child, reviewer, "decide")
    assert child.state.outcome["value"] == "upheld-on-review"  # type: ignore[index]
    step(child, county(1), "serve", "opinion_file proof", served_way="hand", served_date="2026-03-05")
    step(child, at_seat(3, "s.gov.supervisor"), "confirm_ending", "note_text")
    assert not child.state.open and verify().clean
    # the review has ended, and with it what the role gave; the government stays above the unit that handled it
    assert "reviewer" not in queries.see(reviewer, matter.stream).relations


def test_a_reviewer_opens_no_identity_of_either_and_their_head_still_does(county: Who, reviewer: Actor) -> None:
    matter = reviewed(county)
    child = Child(matter)
    for stream in (matter.stream, child.stream):
        tip = loading.load(stream, using="default")
        assert tip is not None and tip.state is not None
        view = view_of(tip.state, stream.hex)
        assert not allowed(reviewer, view, "open_identity")
        assert not {"contact", "masked"} & set(what_may_open(reviewer, tip))
        with pytest.raises(Refused) as told:
            open_identity(stream, what="contact", purpose="reach", said="要送达。", actor=reviewer, now=day(3))
        assert "relation" in {unmet.code for unmet in told.value.unmet}
    tip = loading.load(matter.stream, using="default")
    assert tip is not None and "contact" in what_may_open(county(1), tip)


def test_whoever_handled_it_below_is_not_its_reviewer_whatever_seat_they_have(county: Who) -> None:
    # 10, who handled it, sits on the first reviewer's seat; 14 on the second
    sits(
        seat("s.gov.review1", "u.gov", "reviewer"),
        seat("s.gov.review2", "u.gov", "reviewer"),
        posting("s.gov.review1", 10),
        posting("s.gov.review2", 14),
    )
    child = Child(reviewed(county))
    assert child.state.seat == "s.gov.review2"
    own, other = at_seat(10, "s.gov.review1"), at_seat(14, "s.gov.review2")
    said = {"message": "收到。"}
    assert "handled" in refusal(child, own, "take", day(3), texts=said)  # type: ignore[arg-type]
    step(child, other, "take", "message")
    drafted = dict.fromkeys(RESULT.split(), "说明。")
    draft = {"inputs": {"decision": "upheld"}, "texts": drafted}
    assert "handled" in refusal(child, own, "draft_result", day(3), **draft)  # type: ignore[arg-type]
    step(child, county(1), "draft_result", RESULT, decision="upheld")
    assert "handled" in refusal(child, own, "decide", day(3))  # type: ignore[arg-type]
    # nor do they come to it by a hand-over
    moved = {"inputs": {"from": "s.gov.review2", "to": "s.gov.review1"}}
    assert "lead-cannot-decide" in refusal(child, county(1), "handed-over", day(3), **moved)  # type: ignore[arg-type]
    step(child, other, "decide")
    assert verify().clean


def test_where_only_whoever_handled_it_could_review_somebody_else_has_it(county: Who) -> None:
    sits(seat("s.gov.reviewer", "u.gov", "reviewer"), posting("s.gov.reviewer", 10))
    assert Child(reviewed(county)).state.seat == "s.gov.head"


def test_without_a_reviewer_a_review_is_with_whoever_answers_for_the_unit(county: Who) -> None:
    child = Child(reviewed(county))
    assert (child.state.seat, child.state.below) == ("s.gov.head", [person(10), person(11)])


def test_a_review_moves_from_one_reviewer_to_another_without_a_hand_off(county: Who, reviewer: Actor) -> None:
    sits(seat("s.gov.reviewer2", "u.gov", "reviewer"), posting("s.gov.reviewer2", 14))
    child = Child(reviewed(county))
    assert child.state.seat == reviewer.seat
    do(child, county(1), "handed-over", day(3), inputs={"from": child.state.seat, "to": "s.gov.reviewer2"})  # type: ignore[arg-type]
    assert (child.state.seat, child.state.counts["handoffs"]) == ("s.gov.reviewer2", 0)
    step(child, at_seat(14, "s.gov.reviewer2"), "take", "message")
    assert verify().clean


def test_a_program_that_lets_whoever_handled_it_review_is_found_by_verify(
    county: Who, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: the rule is forgotten where acts are decided; what it let through does not stand."""
    from huajie.core.procedure import engine

    sits(
        seat("s.gov.review1", "u.gov", "reviewer"),
        seat("s.gov.review2", "u.gov", "reviewer"),
        posting("s.gov.review1", 10),
        posting("s.gov.review2", 14),
    )
    child = Child(reviewed(county))
    step(child, at_seat(14, "s.gov.review2"), "take", "message")
    assert verify().clean
    with monkeypatch.context() as patch:
        patch.setattr(engine, "_handled_below", lambda work: False)
        step(child, at_seat(10, "s.gov.review1"), "draft_result", RESULT, decision="upheld")
    report = verify()
    assert not report.clean


def test_stage_two_of_a_complaint_is_for_the_units_reviewer_who_had_no_part_in_stage_one(county: Who) -> None:
    sits(
        seat("s.housing.review1", "u.housing", "reviewer"),
        seat("s.housing.review2", "u.housing", "reviewer"),
        posting("s.housing.review1", 21),
        posting("s.housing.review2", 71),
    )
    matter = brought("t.housing")
    words = dict.fromkeys(("findings", "remedy", "how_to_escalate"), "说明。")
    resident = resident_of(matter.stream.hex)
    for actor, name, inputs, texts in (
        (county(20), "acknowledge", {"is_complaint": "complaint", "category": "delay"}, {"message": "收到。"}),
        (county(20), "draft_reply", {"decision": "not-upheld"}, words),
        (county(21), "reply", {}, {}),
        (county(20), "serve_reply", {"served_way": "hand", "served_date": "2026-03-04"}, {"proof": "回证.pdf"}),
        (resident, "escalate", {}, {"reason": "只答了一半。"}),
    ):
        do(matter, actor, name, day(2), inputs=inputs, texts=texts)
    # 21 signed the first reply: not theirs, whatever seat they have
    state = state_of(matter)
    assert (state.stage, state.unit, state.seat) == ("escalated", "u.housing", "s.housing.review2")
    two = at_seat(71, "s.housing.review2")
    assert "handled" in refusal(
        matter, at_seat(21, "s.housing.head"), "take_stage_2", day(3), texts={"message": "好。"}
    )
    do(matter, two, "take_stage_2", day(3), texts={"message": "由没有办过的人重新看。"})
    do(matter, at_seat(22, "s.housing.verify"), "draft_reply_2", day(3), inputs={"decision": "upheld"}, texts=words)
    do(matter, two, "reply_2", day(3))
    assert state_of(matter).stage == "issued_2" and verify().clean


def test_what_was_done_from_these_seats_under_an_older_pack_stays_as_it_was(
    county: Who, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pack that knows neither role is decided again as when the role was a word: its database stays clean."""
    from huajie.core.access import model

    sits(
        seat("s.gov.dpo", "u.gov", "dpo", "handler"),
        seat("s.gov.field", "u.gov", "area_worker"),
        posting("s.gov.dpo", 14),
        posting("s.gov.field", 71),
    )
    incident = submit(
        Submission(
            pack="any.incident",
            topic="",
            region="r.yunxi",
            texts={"title": "信件寄错", "text": "一封信寄到了别处。"},
            inputs={"harm_kind": "leaked"},
            channel="counter",
            mode="open",
        ),
        actor=at_seat(14, "s.gov.dpo", 0),
        now=day(0),
    )
    with monkeypatch.context() as patch:
        patch.setattr(model, "_ONLY_LOOKS", frozenset({"of that time"}))
        do(incident, at_seat(71, "s.gov.field"), "add_note", day(3), texts={"note_text": "看过了。"})
    with pytest.raises(UnknownMatter):
        do(incident, at_seat(71, "s.gov.field"), "add_note", day(3), texts={"note_text": "又看了一次。"})
    assert verify().clean
