"""The yearly audit of minors' files and the record of sharing, counted again the slow way: from entries as they lie."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.support.county import County, found

from huajie.apps.ledger import queries as ledger_queries
from huajie.apps.matters import disclosure
from huajie.apps.matters.audit import audit_minors
from huajie.apps.matters.operations import Order, act
from huajie.apps.matters.verify import verify
from huajie.core.ledger import stamp
from huajie.core.procedure import Refused

pytestmark = pytest.mark.accept("P9")

START = datetime(2026, 6, 1, 2, 0, tzinfo=UTC)
SHARE = {
    "share_to": "court",
    "share_what": ["contact", "texts"],
    "share_purpose": "duty",
}
SAID = {"share_recipient": "云溪县人民法院", "share_basis": "民事诉讼法第七十条", "share_words": "法院调取材料。"}


@pytest.fixture
def county(transactional_db: None) -> County:
    return found(START)


@pytest.fixture
def file(county: County) -> Callable[..., Any]:
    """Do something with the minor's file as somebody, on a day after the start."""
    known = county.matters["minor"]

    def do(who: str, name: str, day: float, texts: dict[str, Any] | None = None, **inputs: Any) -> Any:
        at = START + timedelta(days=day)
        order = Order(act=name, inputs=inputs, texts=texts or {})
        return act(known.stream, order, actor=county.actor(who, at), now=at)

    return do


def story(county: County, file: Callable[..., Any]) -> None:
    handler = county.actor("housing").person
    reason = {"access_reason": "下周入户走访"}
    why = {"purpose_words": "看看情况"}
    file("housing", "access-asked", 1, reason)
    file("housing_head", "access-approved", 1.5, person=handler, until=stamp(START + timedelta(days=8.5)))
    file("housing", "identity-opened", 2, why, what="file", purpose="care")
    file("housing", "identity-opened", 3, why, what="file", purpose="safety")
    file("housing_head", "identity-opened", 4, why, what="file", purpose="care")
    file("housing_head", "access-revoked", 5, reason, person=handler)
    file("housing", "access-asked", 6, reason)
    file("housing_head", "access-refused", 7, reason, person=handler)
    file("housing_head", "record_sharing", 8, SAID, **SHARE)
    # another year's
    file("housing_head", "identity-opened", 300, why, what="file", purpose="care")


def test_the_audit_counts_what_each_seat_asked_got_and_did(county: County, file: Callable[..., Any]) -> None:
    story(county, file)
    year = audit_minors(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    assert (year.files, year.looked_into) == (1, 1)
    rows = {one.seat: one for one in year.seats}
    assert set(rows) == {"s.housing.one", "s.housing.head"}
    one, head = rows["s.housing.one"], rows["s.housing.head"]
    assert (one.asked, one.approved, one.refused, one.revoked, one.days) == (2, 1, 1, 1, 7.0)
    assert (dict(one.looks), one.let_in) == ({"care": 1, "safety": 1}, 2)
    assert (dict(head.looks), head.let_in, head.shared, head.decided) == ({"care": 1}, 0, 1, 3)
    later = audit_minors(datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC))
    assert [(seat.seat, dict(seat.looks)) for seat in later.seats] == [("s.housing.head", {"care": 1})]
    # the slow way, knowing nothing of the audit: every entry of the database
    looks: Counter[tuple[str, str]] = Counter()
    for record in ledger_queries.iterate_entries():
        body = json.loads(record.body)
        for effect in body.get("effects", ()):
            if effect["e"] == "identity.opened" and effect["what"] == "file" and body["at"] < "2027":
                looks[effect["seat"], effect["purpose"]] += 1
    assert looks == {(seat.seat, purpose): n for seat in year.seats for purpose, n in seat.looks.items()}
    assert verify().clean


def test_the_command_prints_seats_and_nothing_of_the_child(
    county: County, file: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    from argparse import Namespace

    from huajie.edges.cli import audit

    story(county, file)
    assert audit.run(Namespace(year=2026, json=True)) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["files"], told["looked_into"], len(told["seats"])) == (1, 1, 2)
    assert audit.run(Namespace(year=2026, json=False)) == 0
    said = capsys.readouterr().out
    assert "s.housing.one: asked 2, let in 1 (7.0 days)" in said
    assert county.matters["minor"].number not in said


def test_a_record_of_sharing_says_to_whom_what_for_and_by_which_law_and_is_counted(county: County) -> None:
    known = county.matters["ordinary"]
    at = START + timedelta(days=1)
    housing = county.actor("housing", at)
    for lacking in (*SHARE, *SAID):
        order = Order(
            act="record_sharing",
            inputs={name: value for name, value in SHARE.items() if name != lacking},
            texts={name: value for name, value in SAID.items() if name != lacking},
        )
        with pytest.raises(Refused):
            act(known.stream, order, actor=housing, now=at)
    with pytest.raises(Refused):
        act(
            known.stream,
            Order(act="record_sharing", inputs=SHARE, texts=dict(SAID)),
            actor=county.actor("housing_colleague", at),
            now=at,
        )
    disclosure.forget_count()
    before = disclosure.public_count(at)
    counted = [before.shared]
    for _ in range(disclosure.SMALL):
        act(known.stream, Order(act="record_sharing", inputs=SHARE, texts=dict(SAID)), actor=housing, now=at)
        disclosure.forget_count()
        counted.append(disclosure.public_count(at).shared)
    # a small number is held back
    assert counted == [0, None, None, None, None, 5]
    assert disclosure.public_count(at).openings == before.openings
    rows = disclosure.openings_list(county.actor("auditor", at), what="shared")
    assert {(row.number, row.purpose, row.seat) for row in rows} == {(known.number, "duty", "s.housing.one")}
    assert len(rows) == disclosure.SMALL
    assert verify().clean


def test_the_resident_reads_who_got_what_and_why(county: County) -> None:
    from html import unescape

    from django.test import Client

    known = county.matters["ordinary"]
    now = datetime.now(UTC)
    act(
        known.stream,
        Order(act="record_sharing", inputs=SHARE, texts=dict(SAID)),
        actor=county.actor("housing", now),
        now=now,
    )
    client = Client(headers={"accept-language": "en"})
    page = client.post("/follow/", {"number": known.number, "secret": known.secret}, follow=True)
    said = unescape(page.content.decode())
    for words in (*SAID.values(), "A court got:", "Name and contact", "Your data was handed to another body 1 time."):
        assert words in said, words
    disclosure.forget_count()
    assert "Fewer than 5 times somebody's data was handed to another body." in unescape(
        client.get("/openings/").content.decode()
    )
