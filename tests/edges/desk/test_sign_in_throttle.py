"""Wrong attempts to sign in are counted by address too; nobody goes on in a session whose key others knew before."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.support.county import PASSWORD
from tests.support.totp import code_at

pytestmark = pytest.mark.accept("P10")

AFAR = "203.0.113.9"


@pytest.fixture
def county(transactional_db: None) -> Any:
    from tests.support.county import found

    return found(passwords=("housing",))


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Three wrong attempts a minute."""
    from huajie.edges import throttle
    from huajie.edges.api import tokens
    from huajie.edges.desk import entering

    throttle.table().clear()
    for buckets in (entering.wrong_sign_ins, tokens.wrong_sign_ins):
        monkeypatch.setattr(buckets, "a_minute", 3)
    yield
    throttle.table().clear()


def browser(address: str = AFAR, language: str = "en") -> Any:
    from django.test import Client

    return Client(headers={"accept-language": language}, REMOTE_ADDR=address)


def password(client: Any, name: str = "housing", word: str = PASSWORD) -> Any:
    return client.post("/desk/sign-in/", {"username": name, "password": word})


def use_up() -> None:
    """Three wrong passwords, each for another name: no account is made to wait."""
    for number in range(3):
        assert password(browser(), f"nobody{number}", "a guess").status_code == 401


def must_wait(answer: Any) -> bool:
    return answer.status_code == 429 and 1 <= int(answer["Retry-After"]) <= 60


def test_the_fourth_wrong_password_from_one_address_waits_under_whatever_name(county: Any) -> None:
    use_up()
    assert must_wait(password(browser(), "somebody-else", "a guess"))
    # the right one too: whoever guesses must not learn which it was
    assert must_wait(password(browser()))
    assert password(browser("198.51.100.7")).status_code == 302


@pytest.mark.parametrize(("language", "said"), [("en", "Too many wrong attempts"), ("zh", "错误次数太多")])
def test_it_says_so_in_the_readers_language(county: Any, language: str, said: str) -> None:
    use_up()
    assert said in password(browser(language=language)).content.decode()


def test_right_ones_and_this_machine_are_not_counted(county: Any) -> None:
    for _ in range(5):
        assert password(browser()).status_code == 302
    for _ in range(5):
        assert password(browser("127.0.0.1"), "nobody", "a guess").status_code in (401, 429)
    assert password(browser()).status_code == 302


@pytest.mark.parametrize(
    ("address", "sent"),
    [
        ("/desk/sign-in/code/", {"username": "housing", "code": "AAAA-BBBB", "password": "x" * 12, "again": "x" * 12}),
        ("/desk/sign-in/passkey/", {"credential": "{}"}),
    ],
)
def test_codes_and_passkeys_count_and_wait_alike(county: Any, address: str, sent: dict[str, str]) -> None:
    for number in range(3):
        given = {**sent, "username": f"nobody{number}"} if "username" in sent else sent
        assert browser().post(address, given).status_code == 401
    assert must_wait(browser().post(address, sent))
    assert must_wait(password(browser()))


def with_a_second_factor() -> tuple[Any, str]:
    from huajie.apps.accounts import factors
    from huajie.apps.jurisdiction.models import Account

    account, secret = Account.objects.get(username="housing"), factors.new_totp_secret()
    before = datetime.now(UTC) - timedelta(minutes=5)
    assert factors.add_totp(account, secret, code_at(secret, before), now=before)
    return account, secret


def test_second_steps_count(county: Any) -> None:
    with_a_second_factor()
    client = browser()
    assert password(client)["Location"] == "/desk/sign-in/second/"
    for _ in range(3):
        assert client.post("/desk/sign-in/second/", {"code": "1111 1111"}).status_code == 401
    assert must_wait(client.post("/desk/sign-in/second/", {"code": "1111 1111"}))


def test_call_backs_of_a_provider_count(county: Any, settings: Any) -> None:
    from dataclasses import replace

    from huajie.config.accounts import Provider

    found = Provider("http://localhost:9", "huajie", "a-secret", "", "")
    settings.HUAJIE_ACCOUNTS = replace(settings.HUAJIE_ACCOUNTS, provider=found)
    back = "/desk/sign-in/provider/back/?code=x&state=y"
    for _ in range(3):
        assert browser().get(back).status_code == 401
    assert must_wait(browser().get(back))
    assert must_wait(password(browser()))


def test_programs_count_with_the_pages(county: Any) -> None:
    for number in range(3):
        body = {"username": f"nobody{number}", "password": "a guess"}
        answer = browser().post("/api/v1/tokens", body, content_type="application/json")
        assert answer.status_code == 401
    assert must_wait(password(browser()))
    body = {"username": "housing", "password": PASSWORD}
    assert must_wait(browser().post("/api/v1/tokens", body, content_type="application/json"))


def test_a_session_whose_key_somebody_knew_before_is_no_way_to_the_second_step(county: Any) -> None:
    """Whoever puts their own session into another's browser waits in vain for the password typed there."""
    with_a_second_factor()
    planted = browser()
    session = planted.session
    session["here"] = True
    session.save()
    key = str(session.session_key)
    victim = browser()
    victim.cookies["sessionid"] = key
    assert password(victim)["Location"] == "/desk/sign-in/second/"
    assert str(victim.session.session_key) != key
    thief = browser()
    thief.cookies["sessionid"] = key
    assert thief.get("/desk/sign-in/second/")["Location"] == "/desk/sign-in/"


@pytest.mark.parametrize(
    "aim",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "http:///evil.example",
        " //e",
    ],
)
def test_nobody_is_sent_elsewhere_after_signing_in(county: Any, aim: str) -> None:
    answer = browser().post("/desk/sign-in/", {"username": "housing", "password": PASSWORD, "next": aim})
    assert answer.status_code == 302 and answer["Location"] in ("/desk/", "/desk/seat/")


def test_a_code_of_an_application_works_once(county: Any) -> None:
    from huajie.apps.accounts import factors

    account, secret = with_a_second_factor()
    now = datetime.now(UTC)
    assert factors.check_code(account, code_at(secret, now), now=now)
    assert not factors.check_code(account, code_at(secret, now), now=now)
    before = now - timedelta(seconds=30)
    assert not factors.check_code(account, code_at(secret, before), now=now)
