"""Bringing a matter in: what is promised, what a retry gives, what is refused and how."""

from typing import Any

import pytest
from tests.edges.api.client import Client, housing_complaint

from huajie.apps.matters.models import Matter

pytestmark = pytest.mark.accept("K9")


def test_a_submission_answers_with_number_secret_and_what_is_promised(api: Client) -> None:
    status, found, response = api.call(
        "POST", "/public/matters", housing_complaint(), Idempotency_Key="first-of-all", Accept_Language="en"
    )
    assert status == 201
    matter = Matter.objects.get(number=found["number"])
    assert (matter.unit, matter.seat, matter.channel, matter.mode) == ("u.housing", "s.housing.one", "web", "open")
    assert [(one["clock"], one["title"]) for one in found["promised"]] == [("acknowledgement", "Acknowledgement")]
    assert found["promised"][0]["due_at"].endswith("Z") and "Complaint Handling Code" in found["promised"][0]["source"]
    assert response["Location"] == f"/api/v1/public/matters/{found['number']}"
    assert api.get(f"/public/matters/{found['number']}", Authorization=f"Bearer {found['secret']}")[0] == 200


def test_a_retry_gives_the_same_answer_also_after_something_has_happened(api: Client) -> None:
    status, first = api.submit(housing_complaint(), "retried")
    assert status == 201
    assert api.submit(dict(reversed(housing_complaint().items())), "retried") == (201, first)
    acted = api.post(
        f"/matters/{first['number']}/acts/acknowledge",
        {
            "seen": 2,
            "facts": {"is_complaint": "complaint", "category": "delay"},
            "texts": {"message": "收到，十个工作日内答复。"},
        },
        who="housing",
    )
    assert acted[0] == 200, acted
    assert api.submit(housing_complaint(), "retried") == (201, first)
    assert Matter.objects.filter(number=first["number"]).count() == 1


def test_another_body_under_the_same_key_is_a_conflict(api: Client) -> None:
    assert api.submit(housing_complaint(), "shared-key")[0] == 201
    before = Matter.objects.count()
    status, found = api.submit(housing_complaint(title="别的事"), "shared-key")
    assert (status, found["errors"][0]["field"]) == (409, "Idempotency-Key")
    assert Matter.objects.count() == before


def test_a_missing_key_is_told_clearly(api: Client) -> None:
    status, found = api.post("/public/matters", housing_complaint(), Accept_Language="en")
    assert (status, found["errors"][0]["field"], found["errors"][0]["code"]) == (400, "Idempotency-Key", "key-missing")
    assert "UUID" in found["errors"][0]["message"]
    assert api.submit(housing_complaint(), "k" * 201)[0] == 400


def test_every_field_that_is_wrong_is_named_at_once(api: Client) -> None:
    status, found = api.submit(
        {
            "pack": "en.complaint",
            "topic": "t.nothing",
            "region": "r.nowhere",
            "mode": "secretly",
            "text": "x" * 10_001,
            "facts": {"category": "weather", "colour": "red"},
            "contact": {"fax": "1"},
            "surprise": True,
        }
    )
    assert status == 422
    by_field = {error["field"]: error["code"] for error in found["errors"]}
    assert by_field == {
        "topic": "unknown-topic",
        "region": "unknown-region",
        "mode": "literal_error",
        "title": "field-missing",
        "text": "field-invalid",
        "facts.category": "field-invalid",
        "facts.colour": "extra_forbidden",
        "contact.fax": "extra_forbidden",
        "surprise": "extra_forbidden",
    }


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"pack": "no.such"}, "pack", "unknown-pack"),
        ({"pack": 7}, "pack", "string_type"),
        ({"topic": "t.nothing"}, "topic", "unknown-topic"),
        ({"region": None}, "region", "region-or-point"),
        ({"region": None, "lon": 112.9}, "lat", "point-pair"),
        ({"region": None, "lon": 2.0, "lat": 48.0}, "lon", "point-outside"),
        ({"region": None, "lon": 181, "lat": 0}, "lon", "less_than_equal"),
        ({"title": "   "}, "title", "field-missing"),
        ({"title": "长" * 201}, "title", "field-invalid"),
        ({"mode": "anonymous", "contact": {"phone": "1"}}, "contact", "contact-anonymous"),
        ({"contact": {}}, "contact", "contact-empty"),
        ({"contact": 5}, "contact", "model_type"),
        ({"texts": {"papers": "a photo"}}, "texts.papers", "text-not-file"),
        ({"texts": {"title": "again"}}, "texts.title", "given-twice"),
        ({"texts": {"category": "delay"}}, "texts.category", "is-a-fact"),
        ({"facts": {"wish": "a lamp"}}, "facts.wish", "is-a-text"),
        ({"facts": {"channel": "phone"}}, "facts.channel", "extra_forbidden"),
        ({"facts": {"category": {"deep": 1}}}, "facts.category", "fact_type"),
        ({"channel": "phone"}, "channel", "extra_forbidden"),
    ],
)
def test_what_is_wrong_is_named_with_what_to_do(api: Client, change: dict[str, Any], field: str, code: str) -> None:
    before = Matter.objects.count()
    status, found = api.submit(housing_complaint(**change))
    assert status == 422
    assert (field, code) in [(error["field"], error["code"]) for error in found["errors"]]
    assert Matter.objects.count() == before


def test_messages_are_in_the_language_asked_for(api: Client) -> None:
    _, zh = api.submit(housing_complaint(title=None))
    _, en = api.submit(housing_complaint(title=None), Accept_Language="en-GB,en;q=0.9,zh;q=0.2")
    assert [one["message"] for one in zh["errors"]] == ["请填写“一句话说明”"]
    assert [one["message"] for one in en["errors"]] == ["Fill in “In one line”"]


def test_a_point_finds_its_region_and_is_kept(api: Client) -> None:
    from huajie.apps.jurisdiction.boundaries import Given, set_boundaries
    from huajie.core.access import SYSTEM

    square = {"type": "Polygon", "coordinates": [[[112, 28], [113, 28], [113, 29], [112, 29], [112, 28]]]}
    set_boundaries({"r.qingshi": Given(square)}, actor=SYSTEM, now=api.county.founded_at)
    body = housing_complaint(region=None, lon=112.5, lat=28.25)
    status, found = api.submit({name: value for name, value in body.items() if value is not None})
    assert status == 201, found
    status, matter = api.get(f"/matters/{found['number']}", who="housing")
    assert matter["region"]["code"] == "r.qingshi"
    assert matter["entries"][0]["texts"]["point"] == {"lon": 112.5, "lat": 28.25}


def test_a_contact_stands_in_no_answer_and_no_row_but_the_vault(api: Client) -> None:
    from django.db import connection

    canary = "199-4242-8181"
    _, found = api.submit(housing_complaint(contact={"phone": canary, "name": "甲某"}))
    for path in (f"/matters/{found['number']}", f"/matters/{found['number']}/entries", "/matters", "/desk"):
        for who in ("housing", "housing_head", "supervisor", "auditor"):
            assert canary not in str(api.get(path, who=who))
    with connection.cursor() as cursor:
        for table in ("ledger_entry", "matters_matter", "matters_text", "ledger_idempotency"):
            cursor.execute(f"SELECT * FROM {table}")
            assert canary.encode() not in b"".join(bytes(str(row), "utf-8") for row in cursor.fetchall())


def test_a_clerk_takes_in_by_any_channel_and_says_when_it_came(api: Client) -> None:
    received = (api.county.founded_at.replace(microsecond=0)).isoformat()
    body = housing_complaint(channel="letter", received_at=received)
    status, found = api.post("/matters", body, who="intake", Idempotency_Key="letter-1")
    assert status == 201, found
    assert (found["n"], found["unit"]["code"], found["seat"]["code"]) == (2, "u.housing", "s.housing.one")
    _, matter = api.get(f"/matters/{found['number']}", who="housing")
    assert (matter["channel"], matter["intake_unit"]["code"]) == ("letter", "u.petition")
    assert matter["received_at"] == received.replace("+00:00", "Z")
    status, found = api.post("/matters", housing_complaint(), who="labour", Idempotency_Key="letter-2")
    assert (status, [error["code"] for error in found["errors"]]) == (422, ["relation"])


def test_one_address_may_bring_in_so_many_a_minute(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from huajie.edges.api import intake
    from huajie.edges.throttle import Buckets, Table

    monkeypatch.setattr(intake, "brought_in", Buckets("intake", 2, within=Table(None)))
    api.django.defaults["REMOTE_ADDR"] = "203.0.113.9"
    assert [api.submit(housing_complaint())[0] for _ in range(3)] == [201, 201, 429]
    api.django.defaults["REMOTE_ADDR"] = "203.0.113.10"
    assert api.submit(housing_complaint())[0] == 201


# What a clerk takes in


def taken_in(api: Client, key: str, **more: Any) -> tuple[int, Any]:
    body = {**housing_complaint(), "channel": "letter", **more}
    return api.post("/matters", body, who="intake", Idempotency_Key=key, Accept_Language="en")


def codes_of(found: dict[str, Any]) -> set[tuple[str, str]]:
    return {(one["field"], one["code"]) for one in found["errors"]}


def test_a_joint_matter_answers_with_a_secret_for_each_and_a_retry_with_the_same(api: Client) -> None:
    people = {
        "participants": [{"name": "钱乙某", "phone": "19900002222"}, {}],
        "spokespersons": [{"name": "钱乙某"}],
        "spoke_by": "lawyer",
        "agent": {"name": "周丁某"},
        "read_back": True,
        "elsewhere": {"system": "12345", "number": "GD-77"},
    }
    status, found = taken_in(api, "joint", **people)
    assert status == 201, found
    assert len(set(found["secrets"])) == 3 and found["secrets"][0] == found["secret"]
    assert taken_in(api, "joint", **people) == (201, found)
    for secret in found["secrets"]:
        assert api.get(f"/public/matters/{found['number']}", Authorization=f"Bearer {secret}")[0] == 200
    status, seen = api.get(f"/matters/{found['number']}", who="intake")
    assert status == 200
    assert seen["facts"].items() >= {"participants": 3, "spoke_by": "lawyer", "read_back": True}.items()
    status, entries = api.get(f"/matters/{found['number']}/entries", who="intake")
    assert entries["entries"][0]["texts"]["external_number"] == "GD-77"
    for name in ("钱乙某", "周丁某", "19900002222"):
        assert name not in repr(seen) and name not in repr(entries)


@pytest.mark.accept("P6")
def test_when_it_came_in_is_local_time_of_the_place_and_a_gap_has_a_reason(api: Client) -> None:
    from datetime import UTC, datetime, timedelta

    at = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(days=14)
    local = (at + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M:%S")
    status, found = taken_in(api, "late", received_at=local)
    assert (status, codes_of(found)) == (422, {("late_reason", "field-missing")})
    assert "working days ago; say why" in found["errors"][0]["message"]
    status, found = taken_in(api, "late", received_at=local, late_reason="The letter lay in another office.")
    assert status == 201, found
    _status, seen = api.get(f"/matters/{found['number']}", who="intake")
    assert seen["received_at"] == at.strftime("%Y-%m-%dT%H:%M:%SZ")
    # ten weekdays lie in any two weeks; a holiday or a make-up day moves that by a few
    assert 4 <= seen["facts"]["gap_workdays"] <= 12
    # with a zone it is that moment, whatever the place
    zoned = (at + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S+01:00")
    status, found = taken_in(api, "zoned", received_at=zoned, late_reason="The letter lay in another office.")
    assert api.get(f"/matters/{found['number']}", who="intake")[1]["received_at"] == seen["received_at"]


def test_everything_wrong_with_the_counter_s_part_is_named_at_once(api: Client) -> None:
    status, found = taken_in(
        api,
        "wrong",
        reads=False,
        spokespersons=[{"name": "甲"}],
        spoke_by="interpreter",
        elsewhere={"system": "nowhere", "number": "1"},
        received_at="2999-01-01T00:00:00",
    )
    assert status == 422
    assert codes_of(found) == {
        ("read_back", "read-back"),
        ("spokespersons", "not-joint"),
        ("agent.language", "missing"),
        ("elsewhere.system", "channel-not-taken"),
        ("received_at", "future"),
    }
    status, found = taken_in(api, "anonymous", mode="anonymous", contact=None, participants=[{"name": "乙"}])
    assert status == 422 and ("participants", "contact-anonymous") in codes_of(found)


def test_a_resident_s_form_takes_none_of_it(api: Client) -> None:
    for member, value in (("participants", [{}]), ("late_reason", "x"), ("spoke_by", "family"), ("read_back", True)):
        status, found = api.submit(housing_complaint(**{member: value}), f"none-{member}")
        assert status == 422 and found["errors"][0]["field"] == member
    for place in ("facts", "texts"):
        status, found = api.submit(housing_complaint(**{place: {"agent": "x", "participants": "3"}}), f"deep-{place}")
        assert status == 422
