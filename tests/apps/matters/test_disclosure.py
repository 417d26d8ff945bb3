"""What the vault holds is opened by who may, for a purpose, by an entry that the resident sees, and only then shown."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from tests.support.standing_county import day

from huajie.apps.matters import disclosure, queries
from huajie.apps.matters.errors import Denied, UnknownMatter
from huajie.apps.matters.operations import Submission, Written, submit
from huajie.apps.matters.verify import verify
from huajie.core.access import ANONYMOUS, Actor, resident_of
from huajie.core.procedure import Refused


def brought(mode: str = "open", contact: dict[str, str] | None = None) -> Written:
    return submit(
        Submission(
            pack="en.complaint",
            topic="t.water",
            region="r.qingshi",
            mode=mode,
            texts={"title": "井盖破损", "text": "我电话13900139000，车是浙A12345。"},
            contact=contact,
        ),
        actor=ANONYMOUS,
        now=day(0),
    )


CONTACT = {"name": "欧阳听雨", "phone": "13900139000"}


def opening(which: Written, actor: Actor, **more: Any) -> disclosure.Revealed:
    given: dict[str, Any] = {"what": "contact", "purpose": "reach", "said": "约时间到现场", **more}
    return disclosure.open_identity(which.number, actor=actor, now=day(1), **given)


def test_an_opening_is_an_entry_that_the_resident_sees(county: Callable[..., Actor]) -> None:
    written = brought(contact=CONTACT)
    found = opening(written, county(60))
    assert found.shown and found.contact == CONTACT and not found.texts
    opened = queries.see(resident_of(written.stream.hex), written.number)
    body = opened.entries[-1]
    assert (body["kind"], body["act"], body["actor"]["unit"]) == (
        "matter.identity-opened",
        "identity-opened",
        "u.water",
    )
    assert opened.texts[body["n"], "purpose_words"] == "约时间到现场"
    assert opened.tip.state is not None
    [row] = disclosure.openings_of(opened.tip.state)
    assert (row["what"], row["purpose"], row["unit"], row["n"]) == ("contact", "reach", "u.water", body["n"])
    assert "13900139000" not in str(opened.entries) + str(opened.texts)
    assert verify().clean


def test_what_was_taken_out_is_seen_in_place_by_the_same_opening(county: Callable[..., Actor]) -> None:
    found = opening(brought(contact=CONTACT), county(60), what="masked")
    [text] = found.texts
    said = "".join(part if span is None else span.value for part, span in text.parts)
    assert said == "我电话13900139000，车是浙A12345。"


def test_everything_that_is_missing_is_said_at_once(county: Callable[..., Actor]) -> None:
    written = brought(contact=CONTACT)
    with pytest.raises(Refused) as refusal:
        opening(written, county(60), what="", purpose="curious", said=" ")
    assert {item.path for item in refusal.value.unmet} == {"input.what", "input.purpose", "texts.purpose_words"}


def test_the_handler_of_a_confidential_matter_opens_nothing(county: Callable[..., Actor]) -> None:
    written = brought("confidential", CONTACT)
    for what in ("contact", "masked"):
        with pytest.raises(Refused) as refusal:
            opening(written, county(60), what=what)
        assert [item.code for item in refusal.value.unmet] == ["relation"]
    assert queries.see(county(60), written.number).tip.n == written.n


def test_of_an_anonymous_matter_there_is_nothing_to_open(county: Callable[..., Actor]) -> None:
    with pytest.raises(Refused) as refusal:
        opening(brought("anonymous"), county(60))
    assert [item.code for item in refusal.value.unmet] == ["no-identity"]


def test_a_stranger_does_not_learn_that_there_is_a_matter(county: Callable[..., Actor]) -> None:
    with pytest.raises((UnknownMatter, Denied)):
        opening(brought(contact=CONTACT), county(20))


def test_a_repeat_of_the_same_request_shows_nothing(county: Callable[..., Actor]) -> None:
    written = brought(contact=CONTACT)
    key = ("desk.test", "k1", "h")
    assert opening(written, county(60), idempotency=key).shown
    again = opening(written, county(60), idempotency=key)
    assert not again.shown and again.contact == {}


def test_the_public_count_has_a_denominator_and_hides_small_cells(county: Callable[..., Actor]) -> None:
    first, _second = brought(contact=CONTACT), brought("confidential", CONTACT)
    for minute in range(6):
        disclosure.open_identity(
            first.number,
            what="contact",
            purpose="reach" if minute else "serve",
            said="约时间",
            actor=county(60),
            now=day(1) + timedelta(minutes=minute),
        )
    disclosure.forget_count()
    figure = disclosure.public_count(day(2))
    assert (figure.openings, figure.opened_matters, figure.of_matters) == (6, 1, 2)
    assert figure.by_purpose == {"reach": 5, "serve": None}


def test_verify_finds_a_count_that_was_made_smaller(county: Callable[..., Actor]) -> None:
    opening(brought(contact=CONTACT), county(60))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM matters_opening")
    assert [one.promise for one in verify().differences] == [8]
