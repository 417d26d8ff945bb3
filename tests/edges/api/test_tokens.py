"""Signing in with a token: who gets one, from where, as whom."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.edges.api.client import Client

pytestmark = pytest.mark.accept("K9")


@pytest.fixture
def api(transactional_db: None) -> Any:
    from tests.support.county import found

    return Client(found(passwords=("housing", "mayor")))


def sign_in(api: Client, **more: Any) -> tuple[int, Any]:
    from tests.support.county import PASSWORD

    return api.post("/tokens", {"username": "housing", "password": PASSWORD, **more})


def test_a_token_opens_the_desk_until_it_is_ended(api: Client) -> None:
    status, found = sign_in(api)
    assert (status, found["seat"], [seat["code"] for seat in found["seats"]]) == (
        201,
        "s.housing.one",
        ["s.housing.one"],
    )
    bearer = {"Authorization": f"Bearer {found['token']}"}
    assert api.get("/desk", **bearer)[0] == 200
    assert api.call("DELETE", "/tokens/current", **bearer)[0] == 204
    assert api.get("/desk", **bearer)[0] == 401


def test_a_wrong_password_and_an_unknown_name_look_the_same(api: Client) -> None:
    wrong = sign_in(api, password="wrong-password")
    assert wrong == sign_in(api, username="nobody") and wrong[0] == 401
    assert sign_in(api, seat="s.gov.head")[0] == 403


def test_demo_accounts_sign_in_on_this_machine_only(api: Client) -> None:
    from huajie.apps.jurisdiction.models import Account

    Account.objects.filter(username="housing").update(demo=True)
    status, found = sign_in(api)
    assert status == 201
    bearer = {"Authorization": f"Bearer {found['token']}"}
    api.django.defaults["REMOTE_ADDR"] = "203.0.113.9"
    assert sign_in(api)[0] == 403
    assert api.get("/desk", **bearer)[0] == 401
    # a proxy on this machine says from where
    api.django.defaults["REMOTE_ADDR"] = "127.0.0.1"
    api.django.defaults["HTTP_X_FORWARDED_FOR"] = "127.0.0.1, 203.0.113.9"
    assert sign_in(api)[0] == 403


def test_guessing_passwords_is_slowed_down(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from huajie.edges.api import tokens
    from huajie.edges.throttle import Buckets, Table

    monkeypatch.setattr(tokens, "attempts", Buckets("tokens", 2, within=Table(None)))
    api.django.defaults["REMOTE_ADDR"] = "203.0.113.9"
    assert [sign_in(api, password="wrong-password")[0] for _ in range(3)] == [401, 401, 429]


def test_a_person_with_two_seats_acts_from_the_one_named(api: Client) -> None:
    from tests.support.county import person

    from huajie.apps.jurisdiction.operations import change
    from huajie.core.access import SYSTEM

    posting = {"do": "start_posting", "seat": "s.labour.one", "person": person(20), "kind": "cover"}
    change([posting], actor=SYSTEM, now=datetime.now(UTC))
    number = api.county.matters["elsewhere"].number
    assert api.get(f"/matters/{number}", who="housing")[0] == 404
    assert api.get(f"/matters/{number}", who="housing", X_Huajie_Seat="s.labour.one")[0] == 200
    status, found = api.get(f"/matters/{number}", who="housing", X_Huajie_Seat="s.gov.head")
    assert (status, found["errors"][0]["field"]) == (403, "X-Huajie-Seat")


def test_without_a_token_nothing_of_the_desk_opens(api: Client) -> None:
    for path in ("/matters", "/desk", "/queue", "/search?q=x", f"/matters/{api.county.matters['ordinary'].number}"):
        assert api.get(path)[0] == 401
        assert api.get(path, Authorization="Bearer hj_0000")[0] == 401
        assert api.get(path, Authorization="Basic eDp5")[0] == 401
