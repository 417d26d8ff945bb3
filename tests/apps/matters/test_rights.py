"""A resident's request about their data: a matter of its own, decided there, done on the matter that holds the data."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from tests.support.standing_county import day

from huajie.apps.jurisdiction import operations as jurisdiction
from huajie.apps.ledger import queries as ledger_queries
from huajie.apps.matters import loading, queries
from huajie.apps.matters.copies import take_copy
from huajie.apps.matters.errors import UnknownMatter
from huajie.apps.matters.operations import Order, Submission, Written, act, submit, tick
from huajie.apps.matters.verify import verify
from huajie.core.access import ANONYMOUS, SYSTEM, Actor, allowed, resident_of
from huajie.core.procedure import Refused

pytestmark = pytest.mark.accept("P9")

ANSWER = "您的信息已经核对。"


@pytest.fixture
def officer(county: Callable[..., Actor]) -> Actor:
    """The data-protection officer, alone in a unit of their own beside everybody's."""
    jurisdiction.change(
        [
            {
                "do": "set_unit",
                "id": "u.data",
                "parent": "u.gov",
                "name": {"zh": "数据局（虚构）", "en": "data"},
                "region": "r.yunxi",
                "can_decide": True,
                "kind": "bureau",
            },
            {
                "do": "set_seat",
                "id": "s.data.dpo",
                "unit": "u.data",
                "title": {"zh": "个人信息保护岗（虚构）", "en": "dpo"},
                "roles": ["dpo"],
            },
            {"do": "start_posting", "seat": "s.data.dpo", "person": f"{14:032x}"},
        ],
        actor=SYSTEM,
        now=day(0, 1) + timedelta(minutes=2),
    )
    return county(14, day(1))


def ask(matter: Written, kind: str, words: str = "", *, on: int = 6) -> tuple[Written, UUID]:
    """Ask as the resident; return the matter and the stream of the request."""
    mine = resident_of(matter.stream.hex)
    texts: dict[str, Any] = {"rights_words": words} if words else {}
    asked = act(
        matter.stream, Order(act="ask_rights", inputs={"rights_kind": kind}, texts=texts), actor=mine, now=day(on)
    )
    return asked, UUID(asked.state.children[max(asked.state.children)].stream)


def decide(request: UUID, name: str, officer: Actor, *, on: int = 7, **given: Any) -> Written:
    """Take the request and decide it on the day after."""
    act(request, Order(act="take"), actor=officer, now=day(on))
    texts = {"rights_answer": ANSWER, **given.pop("texts", {})}
    return act(request, Order(act=name, texts=texts, **given), actor=officer, now=day(on + 1))


def bodies(stream: UUID) -> list[dict[str, Any]]:
    return list(ledger_queries.bodies_since(stream, 0))


def count(table: str, stream: UUID, name: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM {table} WHERE matter = %s AND name = %s",
            [loading.db_uuid("default", stream), name],
        )
        return int(cursor.fetchone()[0])


def is_clean() -> None:
    report = verify()
    assert report.clean, report.differences


def test_the_request_is_with_the_data_protection_officer_by_its_own_dates_and_comes_with_its_words(
    complaint: Written, officer: Actor
) -> None:
    _asked, request = ask(complaint, "access", "想看看都记了什么。")
    tip = loading.load(request, using="default")
    assert tip is not None and tip.state is not None
    state = tip.state
    assert (state.unit, state.seat, state.pack_name) == ("u.data", "s.data.dpo", "any.rights-request")
    assert state.facts["rights_kind"] == "access"
    # day 6 is Sunday 8 March 2026: 15 working days end on Friday 27 March, 30 days on 7 April
    assert (state.clocks["answer"].last_date, state.clocks["limit"].last_date) == ("2026-03-27", "2026-04-07")
    assert queries.texts_of(tip)[1, "rights_words"] == "想看看都记了什么。"
    # the officer, who sees no matter at all otherwise, reads the one that it is about, until it is answered
    parent = loading.load(complaint.stream, using="default")
    assert parent is not None and parent.state is not None
    assert queries.see(officer, complaint.stream).texts
    decide(request, "give_copy", officer)
    with pytest.raises(UnknownMatter):
        queries.see(officer, complaint.stream)
    is_clean()


def test_one_request_at_a_time_and_none_by_officers_for_themselves(
    complaint: Written, county: Callable[..., Actor], officer: Actor
) -> None:
    ask(complaint, "explain")
    with pytest.raises(Refused) as refused:
        ask(complaint, "access")
    assert [one.code for one in refused.value.unmet] == ["when"]
    for who in (county(60), officer):
        with pytest.raises(Refused) as no:
            act(complaint.stream, Order(act="ask_rights", inputs={"rights_kind": "access"}), actor=who, now=day(6))
        assert "relation" in {one.code for one in no.value.unmet}


def test_a_copy_is_taken_only_once_granted_only_by_the_resident_and_each_time_with_an_entry(
    complaint: Written, county: Callable[..., Actor], officer: Actor
) -> None:
    mine = resident_of(complaint.stream.hex)
    _, request = ask(complaint, "access")
    with pytest.raises(Refused):
        take_copy(complaint.stream, actor=mine, now=day(7))
    decide(request, "give_copy", officer)
    key = ("resident.test", "one", "hash")
    first = take_copy(complaint.stream, actor=mine, now=day(9), idempotency=key)
    assert first.shown and first.contact == {"name": "某某某", "phone": "19900001111"}
    assert first.opened is not None and "路口井盖" in first.opened.texts[1, "text"]
    again = take_copy(complaint.stream, actor=mine, now=day(9), idempotency=key)
    assert not again.shown and again.contact is None and again.opened is None
    second = take_copy(complaint.stream, actor=mine, now=day(10))
    assert second.shown
    assert [body["kind"] for body in bodies(complaint.stream)].count("matter.copy-taken") == 2
    for who in (county(60), county(10), officer):
        with pytest.raises((Refused, UnknownMatter)):
            take_copy(complaint.stream, actor=who, now=day(10))
    with pytest.raises(UnknownMatter):
        take_copy(complaint.stream, actor=resident_of(request.hex), now=day(10))
    is_clean()


def test_a_correction_puts_contact_and_text_in_the_place_of_the_old_and_leaves_their_commitments(
    complaint: Written, county: Callable[..., Actor], officer: Actor
) -> None:
    before = bodies(complaint.stream)
    _, request = ask(complaint, "correct", "电话错了一位。")
    written = act(request, Order(act="take"), actor=officer, now=day(7))
    assert written.n
    act(
        request,
        Order(
            act="put_right",
            texts={"text": "路口井盖破了两个月，请打 13800138000。", "rights_answer": ANSWER},
            contact={"name": "某某某", "phone": "19900002222"},
        ),
        actor=officer,
        now=day(8),
    )
    tip = loading.load(complaint.stream, using="default")
    assert tip is not None and tip.state is not None
    n = tip.state.texts["text"]
    texts = queries.texts_of(tip)
    # the phone that the new words hold was taken out of them here, under this matter's own key
    assert "两个月" in texts[n, "text"] and "13800138000" not in texts[n, "text"]
    assert count("vault_secret", complaint.stream, "text@masked") == 1
    assert (1, "text") not in texts and texts[n, "rights_answer"] == ANSWER
    assert count("matters_text", complaint.stream, "text") == 1
    assert count("vault_secret", complaint.stream, "contact") == 1
    assert bodies(complaint.stream)[: len(before)] == before
    assert queries.search(county(60), "三个月").hits == ()
    assert complaint.stream in {hit.row.stream for hit in queries.search(county(60), "两个月").hits}
    # what could prove the old words is gone, what could prove the title of the same entry is not
    kept = ledger_queries.openings_of(complaint.stream)[1]
    assert kept.seed is None and set(kept.openings or {}) == {"entry", "point", "title"}
    granted = ask(complaint, "access", on=9)[1]
    decide(granted, "give_copy", officer, on=10)
    copy = take_copy(complaint.stream, actor=resident_of(complaint.stream.hex), now=day(12))
    assert copy.contact == {"name": "某某某", "phone": "19900002222"}
    # what was written down for the correction is erased where it was written once somebody else has checked it
    act(request, Order(act="confirm_ending", texts={"note_text": "对过了"}), actor=county(1), now=day(12))
    assert count("vault_secret", request, "contact") == count("matters_text", request, "text") == 0
    is_clean()


def test_whoever_decided_does_not_close_it(complaint: Written, officer: Actor) -> None:
    _, request = ask(complaint, "explain")
    decide(request, "answer_it", officer)
    with pytest.raises(Refused) as refused:
        act(request, Order(act="confirm_ending", texts={"note_text": "好"}), actor=officer, now=day(9))
    assert {"relation", "handled"} & {one.code for one in refused.value.unmet}


ERASE = {"legal_basis_text": "第四十七条第一款"}


def test_erasing_everything_is_refused_while_it_is_under_way_and_while_the_law_keeps_it_and_says_until_when(
    complaint: Written, officer: Actor
) -> None:
    _, request = ask(complaint, "erase", "全部删掉。")
    everything = {"erase_what": "all", "erase_ground": "purpose-done"}
    with pytest.raises(Refused) as refused:
        decide(request, "erase_data", officer, inputs=everything, texts=ERASE)
    assert [one.path for one in refused.value.unmet] == ["erase_what"]
    mine = resident_of(complaint.stream.hex)
    act(complaint.stream, Order(act="withdraw"), actor=mine, now=day(9))
    order = Order(act="erase_data", inputs=everything, texts={"rights_answer": ANSWER, **ERASE})
    with pytest.raises(Refused) as kept:
        act(request, order, actor=officer, now=day(10))
    # six years from the withdrawal on day 9, 11 March 2026
    (one,) = kept.value.unmet
    assert one.values["until"] == "2032-03-11" and "2032-03-11" in one.title["en"]
    tip = loading.load(request, using="default")
    assert tip is not None and tip.state is not None and tip.state.stage == "deciding", "nothing was decided"
    # and what is left of it in the law's way: the identity
    identity = {"erase_what": "identity", "erase_ground": "consent-withdrawn"}
    act(
        request,
        Order(act="erase_data", inputs=identity, texts={"rights_answer": ANSWER, **ERASE}),
        actor=officer,
        now=day(10),
    )
    assert count("vault_secret", complaint.stream, "contact") == 0
    assert count("matters_text", complaint.stream, "text") == 1
    is_clean()


def test_what_was_collected_against_the_law_is_erased_at_once_and_the_answer_stays(
    complaint: Written, officer: Actor
) -> None:
    _, request = ask(complaint, "erase")
    before = bodies(complaint.stream)
    unlawful = {"erase_what": "all", "erase_ground": "unlawful"}
    decide(request, "erase_data", officer, inputs=unlawful, texts=ERASE)
    tip = loading.load(complaint.stream, using="default")
    assert tip is not None
    assert {name for _, name in queries.texts_of(tip)} == {"rights_answer"}
    assert count("vault_secret", complaint.stream, "contact") == 0
    assert bodies(complaint.stream)[: len(before)] == before
    assert "matter.erased" in {body["kind"] for body in bodies(complaint.stream)[len(before) :]}
    is_clean()


def test_once_the_keeping_time_is_over_nothing_is_left_to_erase(complaint: Written, officer: Actor) -> None:
    mine = resident_of(complaint.stream.hex)
    act(complaint.stream, Order(act="withdraw"), actor=mine, now=day(4))
    tip = loading.load(complaint.stream, using="default")
    assert tip is not None and tip.state is not None
    tick(day(4) + timedelta(days=366 * 6 + 2))
    later = day(4) + timedelta(days=366 * 6 + 3)
    asked = act(complaint.stream, Order(act="ask_rights", inputs={"rights_kind": "erase"}), actor=mine, now=later)
    request = UUID(asked.state.children["rights#1"].stream)
    act(request, Order(act="take"), actor=officer, now=later)
    order = Order(
        act="erase_data",
        inputs={"erase_what": "all", "erase_ground": "period-over"},
        texts={"rights_answer": ANSWER, **ERASE},
    )
    with pytest.raises(Refused) as refused:
        act(request, order, actor=officer, now=later)
    assert [one.code for one in refused.value.unmet] == ["unchanged"]
    is_clean()


def test_an_anonymous_matter_gets_no_identity_by_way_of_a_correction(
    county: Callable[..., Actor], officer: Actor
) -> None:
    brought = submit(
        Submission(
            pack="en.complaint",
            topic="t.water",
            region="r.qingshi",
            mode="anonymous",
            texts={"title": "井盖", "text": "路口井盖破了。"},
        ),
        actor=ANONYMOUS,
        now=day(1),
    )
    _, request = ask(brought, "correct")
    act(request, Order(act="take"), actor=officer, now=day(7))
    order = Order(act="put_right", texts={"rights_answer": ANSWER}, contact={"name": "某"})
    with pytest.raises(Refused) as refused:
        act(request, order, actor=officer, now=day(8))
    assert [one.code for one in refused.value.unmet] == ["no-identity"]
    is_clean()


def test_without_an_officer_the_unit_above_answers_and_never_the_one_that_handles_it(
    complaint: Written, county: Callable[..., Actor]
) -> None:
    _, request = ask(complaint, "access")
    tip = loading.load(request, using="default")
    assert tip is not None and tip.state is not None
    assert (tip.state.unit, tip.state.seat) == ("u.gov", "s.gov.head")
    assert complaint.state.unit == "u.water"
    assert not allowed(county(20), None, "see_openings")
    is_clean()
