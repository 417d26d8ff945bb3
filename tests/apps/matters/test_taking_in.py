"""Taking in at the counter, as it stands on disk: clocks, gap, joint matters, secrets; verify finds it all right."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from tests.support.standing_county import day

from huajie.apps.ledger import queries as ledger_queries
from huajie.apps.matters import loading
from huajie.apps.matters.numbers import secret_of
from huajie.apps.matters.operations import Order, Submission, Written, act, participant_at, submit
from huajie.apps.matters.verify import verify
from huajie.apps.vault import operations as vault
from huajie.core.access import Actor, resident_of
from huajie.core.procedure import Refused

#: Friday 6 March and Tuesday 10 March 2026, ten in the morning in Shanghai
FRIDAY, TUESDAY = day(4), day(8)
NAMES = ("赵甲某", "钱乙某", "孙丙某")


def bring(county: Callable[..., Actor], now: datetime = TUESDAY, **more: Any) -> Written:
    return submit(
        Submission(
            pack="cn.petition.request",
            topic="t.wages",
            region="r.qingshi",
            channel="letter",
            texts={"title": "拖欠工资", "text": "工地拖欠三个月工资。", "wish": "发工资", **more.pop("texts", {})},
            contact={"name": NAMES[0], "phone": "19900001111"},
            **more,
        ),
        actor=county(10, now),
        now=now,
    )


def joint(county: Callable[..., Actor]) -> Written:
    return bring(
        county,
        now=FRIDAY,
        participants=[{"name": NAMES[1], "phone": "19900002222"}, {"name": NAMES[2]}],
        spokespersons=[{"name": NAMES[0]}, {"name": NAMES[1]}],
    )


def clean() -> None:
    report: Any = verify()
    assert report.clean, report.differences


@pytest.mark.accept("P6")
def test_received_friday_entered_tuesday_clocks_and_gap_are_right(county: Callable[..., Actor]) -> None:
    with pytest.raises(Refused) as refusal:
        bring(county, received_at=FRIDAY)
    assert [one.path for one in refusal.value.unmet] == ["texts.late_reason"]
    written = bring(county, received_at=FRIDAY, texts={"late_reason": "来信周五送到，周二拆封。"})
    # 15 calendar days from Friday the 6th end on Saturday the 21st, so on Monday the 23rd
    assert [(one.clock, one.last_date) for one in written.promised] == [("registration", "2026-03-23")]
    body = ledger_queries.bodies_since(written.stream, 0)[0]
    assert (body["occurred"][:10], body["at"][:10]) == ("2026-03-06", "2026-03-10")
    assert body["input"]["gap_workdays"] == 2
    assert {"e": "fact", "name": "gap_workdays", "value": 2} in body["effects"]
    clean()
    # had it counted from Tuesday it would have been Wednesday the 25th
    assert [one.last_date for one in bring(county).promised] == ["2026-03-25"]


@pytest.mark.accept("P6")
def test_verify_counts_what_was_written_down_late_and_why(county: Callable[..., Actor]) -> None:
    bring(county, received_at=FRIDAY, texts={"late_reason": "周二拆封"})
    bring(county)
    report = verify()
    assert report.clean
    assert report.entered_late == 1


def test_each_participant_has_a_secret_of_their_own_and_a_retry_the_same_ones(county: Callable[..., Actor]) -> None:
    first, second = (
        bring(county, participants=[{"name": NAMES[1]}, {}], idempotency=("desk", "k1", "h1")) for _ in range(2)
    )
    assert second.replayed and first.secrets == second.secrets
    assert len(set(first.secrets)) == 3 and first.secret == first.secrets[0]
    tip = loading.load(first.stream, using="default")
    assert tip is not None
    for place, secret in enumerate(first.secrets, 1):
        assert participant_at(tip, secret.lower()) == place
    assert participant_at(tip, secret_of(settings.HUAJIE_KEYS["number"], first.stream, 4)) is None
    clean()


def test_names_of_participants_stand_nowhere_but_in_the_vault(county: Callable[..., Actor]) -> None:
    written = joint(county)
    tip = loading.load(written.stream, using="default")
    assert tip is not None and tip.state is not None
    everything = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                everything += [
                    bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode() for value in row
                ]
    for name in (*NAMES, "19900002222"):
        assert not any(name.encode() in value for value in everything), name
    # and there they are, under the matter's key
    key = loading.data_key(tip)
    assert key is not None
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, n, box FROM vault_secret ORDER BY name")
        boxes = {name: vault.unseal(key, written.stream, n, name, box).decode() for name, n, box in cursor.fetchall()}
    assert set(boxes) == {"contact", "participant_contacts", "spokespersons"}
    assert NAMES[1] in boxes["participant_contacts"] and NAMES[1] in boxes["spokespersons"]
    body = ledger_queries.bodies_since(written.stream, 0)[0]
    assert body["input"]["participants"] == 3


def test_a_participant_says_their_verdict_as_themselves(complaint: Written, county: Callable[..., Actor]) -> None:
    written = submit(
        Submission(
            pack="open311",
            topic="t.water",
            region="r.qingshi",
            channel="counter",
            texts={"title": "水管", "text": "水管漏水"},
            participants=[{}],
        ),
        actor=county(10, FRIDAY),
        now=FRIDAY,
    )
    state = act(
        written.stream,
        Order(act="write_to_us", texts={"message": "还在漏"}),
        actor=resident_of(written.stream.hex, 2),
        now=TUESDAY,
    ).state
    assert state.participants == 2
    body = ledger_queries.bodies_since(written.stream, written.n)[0]
    assert body["actor"] == {"kind": "resident", "participant": 2}
    clean()


def test_a_secret_given_anew_replaces_the_old_one(county: Callable[..., Actor]) -> None:
    written = bring(county)
    desk, head = county(10, TUESDAY), county(11, TUESDAY)

    def do(name: str, actor: Actor, **inputs: Any) -> Written:
        return act(written.stream, Order(act=name, inputs=inputs), actor=actor, now=day(9))

    do("reissue_secret", desk, known_by="details")
    with pytest.raises(Refused):
        do("confirm_reissue", desk)
    tip = loading.load(written.stream, using="default")
    assert tip is not None and participant_at(tip, written.secret) == 1
    do("confirm_reissue", head)
    tip = loading.load(written.stream, using="default")
    assert tip is not None
    assert participant_at(tip, written.secret) is None
    assert participant_at(tip, secret_of(settings.HUAJIE_KEYS["number"], written.stream, 1, 2)) == 1
    clean()


def test_spokespersons_are_erased_at_the_ending_and_the_rest_can_still_be_erased_later(
    county: Callable[..., Actor],
) -> None:
    written = joint(county)
    ended = act(
        written.stream,
        Order(
            act="record_withdrawal",
            texts={"withdrawal_paper": "a.pdf sha256:" + "0" * 64, "note_text": "三人都签了名"},
        ),
        actor=county(12, day(5)),
        now=day(5),
    )
    assert not ended.state.open
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM vault_secret ORDER BY name")
        assert [row[0] for row in cursor.fetchall()] == ["contact", "participant_contacts"]
    kept = ledger_queries.openings_of(written.stream)[1]
    assert kept.seed is None and "spokespersons" not in (kept.openings or {}) and "contact" in (kept.openings or {})
    clean()
    from huajie.apps.jurisdiction import operations as jurisdiction
    from huajie.core.access import SYSTEM

    jurisdiction.change(
        [
            {
                "do": "set_seat",
                "id": "s.gov.dpo",
                "unit": "u.gov",
                "title": {"zh": "个人信息保护负责人", "en": "Data-protection officer"},
                "roles": ["dpo"],
            },
            {"do": "start_posting", "seat": "s.gov.dpo", "person": f"{14:032x}"},
        ],
        actor=SYSTEM,
        now=day(6),
    )
    act(
        written.stream,
        Order(act="erase", texts={"legal_basis_text": "个人信息保护法第四十七条"}),
        actor=county(14, day(7)),
        now=day(7),
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM vault_secret")
        assert cursor.fetchone() == (0,)
    # what one could still prove of the first entry after the first erasure is gone after the second
    assert set(ledger_queries.openings_of(written.stream)[1].openings or {}) == {"entry"}
    clean()


@pytest.mark.accept("P3")
def test_each_box_of_people_is_opened_by_an_entry_of_its_own(county: Callable[..., Actor]) -> None:
    from huajie.apps.matters.disclosure import Revealed, open_identity, openings_of, what_may_open

    written = joint(county)
    clerk = county(10, day(5))

    def opened(what: str) -> Revealed:
        return open_identity(written.stream, what=what, purpose="reach", said="请来听答复", actor=clerk, now=day(5))

    tip = loading.load(written.stream, using="default")
    assert tip is not None
    assert what_may_open(clerk, tip) == ("contact", "participant_contacts", "spokespersons", "masked")
    first = opened("contact")
    assert (first.contact["name"], first.people) == (NAMES[0], ())
    others = opened("participant_contacts")
    assert others.contact == {}
    assert [(name, place, one["name"]) for name, place, one in others.people] == [
        ("participant_contacts", 2, NAMES[1]),
        ("participant_contacts", 3, NAMES[2]),
    ]
    assert [(place, one["name"]) for _, place, one in opened("spokespersons").people] == [(1, NAMES[0]), (2, NAMES[1])]
    with pytest.raises(Refused) as nobody:
        opened("agent")
    assert [one.code for one in nobody.value.unmet] == ["no-identity"]
    bodies = ledger_queries.bodies_since(written.stream, written.n)
    assert [body["act"] for body in bodies] == ["identity-opened"] * 3
    tip = loading.load(written.stream, using="default")
    assert tip is not None and tip.state is not None
    assert [one["what"] for one in openings_of(tip.state)] == ["contact", "participant_contacts", "spokespersons"]
    clean()


def test_an_opening_from_before_each_box_was_opened_by_itself_is_decided_again_as_it_was(
    county: Callable[..., Actor],
) -> None:
    """Then `contact` opened whoever there was, so it was allowed where only an interpreter had left a number."""
    from huajie.apps.matters.disclosure import open_identity

    written = submit(
        Submission(
            pack="en.complaint",
            topic="t.water",
            region="r.qingshi",
            channel="counter",
            texts={"title": "井盖", "text": "井盖破了。"},
            inputs={"spoke_by": "interpreter"},
            agent={"name": NAMES[1]},
        ),
        actor=county(10, FRIDAY),
        now=FRIDAY,
    )
    found = open_identity(
        written.stream, what="contact", purpose="reach", said="核对", actor=county(10, day(5)), now=day(5)
    )
    assert found.contact == {} and found.people == ()
    clean()


def test_texts_that_come_later_lose_what_tells_who_anybody_of_the_matter_is(
    county: Callable[..., Actor], database: str, django_assert_max_num_queries: Any
) -> None:
    written = joint(county)
    officer = county(10, day(5))
    said = f"{NAMES[1]}来电 19900002222，{NAMES[2]}也在。"
    with django_assert_max_num_queries(3 if database == "postgres" else 99):
        act(written.stream, Order(act="add_note", texts={"note_text": said}), actor=officer, now=day(5))
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM matters_text WHERE name = 'note_text'")
        assert cursor.fetchall() == [("〔姓名1〕来电 〔电话1〕，〔姓名2〕也在。",)]
    clean()
