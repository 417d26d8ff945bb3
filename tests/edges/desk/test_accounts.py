"""Accounts as administrators and owners change them: one-time codes, factors, the lock, roles that ask for more."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from tests.support.county import PASSWORD
from tests.support.totp import code_at

pytestmark = pytest.mark.accept("P10")

LONG = "a quiet river in spring"


@pytest.fixture
def county(transactional_db: None) -> Any:
    from tests.support.county import found

    return found(passwords=("housing", "admin"))


def browser(**more: Any) -> Any:
    from django.test import Client

    return Client(headers={"accept-language": "en"}, **more)


def signed_in(username: str, password: str = PASSWORD) -> Any:
    client = browser()
    answer = client.post("/desk/sign-in/", {"username": username, "password": password})
    assert answer.status_code == 302, answer.content.decode()
    return client


def text_of(response: Any) -> str:
    return unescape(response.content.decode())


def code_of(response: Any) -> str:
    assert response.status_code == 200
    return re.search(r'id="code">([^<]+)<', text_of(response))[1]  # type: ignore[index]


def set_password(username: str, code: str, password: str = LONG) -> Any:
    client = browser()
    sent = {"username": username, "code": code, "password": password, "again": password}
    return client, client.post("/desk/sign-in/code/", sent)


def add_totp(client: Any, at: datetime) -> tuple[str, list[str]]:
    """Set up an application with codes as its owner does; returns its secret and the recovery codes."""
    page = text_of(client.get("/desk/me/totp/"))
    secret = re.search(r'secret-key num">([A-Z2-7 ]+)<', page)[1]  # type: ignore[index]
    answer = client.post("/desk/me/totp/", {"code": code_at(secret, at)})
    assert answer.status_code == 200, text_of(answer)
    return secret, re.findall(r"<li>(\d{4} \d{4})</li>", text_of(answer))


def verified() -> Any:
    from huajie.apps.matters.verify import verify

    report = verify()
    # packs on disk are another story's
    return [finding for finding in report.differences if finding.where == "accounts"]


def test_an_administrator_makes_an_account_and_its_owner_sets_the_password(county: Any) -> None:
    admin = signed_in("admin")
    wrong = admin.post("/desk/accounts/", {"username": "two words", "display_name": " "})
    assert wrong.status_code == 422
    assert text_of(wrong).count('class="err"') == 2
    made = admin.post("/desk/accounts/", {"username": "Newcomer", "display_name": "新来的", "language": "en"})
    code = code_of(made)
    # shown once: neither the account's page nor the list has it
    for page in ("/desk/accounts/newcomer/", "/desk/accounts/"):
        assert code not in text_of(admin.get(page))
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT digest FROM accounts_code")
        assert code.replace("-", "") not in str(cursor.fetchall())

    _, short = set_password("newcomer", code, "short")
    assert short.status_code == 422 and "At least 10" in text_of(short)
    _, common = set_password("newcomer", code, "1234567890")
    assert common.status_code == 422
    client, answer = set_password("newcomer", code.lower())
    assert answer["Location"] == "/desk/"
    assert client.get("/desk/").status_code == 403  # no seat yet: an account alone does nothing
    # used up
    _, again = set_password("newcomer", code, "another long password")
    assert again.status_code == 401
    assert signed_in("newcomer", LONG)
    history = text_of(admin.get("/desk/accounts/newcomer/"))
    assert "account made, one-time code made" in history and "password set" in history
    assert verified() == []


def test_a_reset_ends_password_sessions_and_programs_and_nobody_sees_a_password(county: Any) -> None:
    officer = signed_in("housing")
    assert officer.get("/desk/").status_code == 200
    admin = signed_in("admin")
    code = code_of(admin.post("/desk/accounts/housing/", {"do": "password"}))
    assert officer.get("/desk/").status_code == 302
    assert browser().post("/desk/sign-in/", {"username": "housing", "password": PASSWORD}).status_code == 401
    bearer = {"HTTP_AUTHORIZATION": county.bearer("housing")["Authorization"]}
    assert browser().get("/api/v1/desk", **bearer).status_code == 401
    # the code is bound to the account it was made for, and a newer one takes its place
    _, stranger = set_password("admin", code)
    assert stranger.status_code == 401
    newer = code_of(admin.post("/desk/accounts/housing/", {"do": "password"}))
    assert set_password("housing", code)[1].status_code == 401
    client, answer = set_password("housing", newer)
    assert answer.status_code == 302 and client.get("/desk/").status_code == 200


def test_a_code_is_too_old_after_three_days(county: Any) -> None:
    from huajie.apps.accounts.models import OneTimeCode

    code = code_of(signed_in("admin").post("/desk/accounts/housing/", {"do": "password"}))
    OneTimeCode.objects.update(expires_at=datetime.now(UTC))
    assert set_password("housing", code)[1].status_code == 401


@pytest.mark.parametrize("username", ["housing", "mayor", "auditor", "dpo"])
def test_only_administrators_see_and_change_accounts(county: Any, staff: Callable[..., Any], username: str) -> None:
    client = staff(username)
    assert client.get("/desk/accounts/").status_code == 404
    assert client.get("/desk/accounts/admin/").status_code == 404
    assert client.post("/desk/accounts/admin/", {"do": "password"}).status_code == 404
    from huajie.apps.accounts.operations import NotAllowed, reset_factors
    from huajie.apps.jurisdiction.models import Account

    with pytest.raises(NotAllowed):
        reset_factors(Account.objects.get(username="admin"), actor=county.actor(username), now=county.founded_at)


def test_a_seat_that_changed_an_account_without_the_right_is_found(county: Any) -> None:
    """Planted: an entry by a handler's seat about somebody else."""
    from huajie.apps.accounts import operations
    from huajie.apps.jurisdiction.models import Account

    operations._record(
        [operations._effect("password-reset", Account.objects.get(username="admin"))],
        actor=county.actor("housing"),
        now=datetime.now(UTC),
        using="default",
    )
    assert [finding.message for finding in verified()] == ["a seat that may not do so changed an account"]


def test_the_second_step_takes_each_code_once_and_counts_wrong_ones(county: Any, monkeypatch: Any) -> None:
    from huajie.apps.jurisdiction.models import Account

    now = datetime.now(UTC)
    client = signed_in("housing")
    assert client.get("/desk/me/totp/").status_code == 200
    assert client.post("/desk/me/totp/", {"code": "000000"}).status_code == 422
    secret, recovery = add_totp(client, now)
    assert len(recovery) == 10
    # in the database neither the secret nor a code can be read
    from allauth.mfa.models import Authenticator

    kept = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret.replace(" ", "") not in kept and recovery[0].replace(" ", "") not in kept

    def first() -> Any:
        fresh = browser()
        answer = fresh.post("/desk/sign-in/", {"username": "housing", "password": PASSWORD, "next": "/desk/packs/"})
        assert answer["Location"] == "/desk/sign-in/second/"
        # half way in is not in
        assert fresh.get("/desk/packs/").status_code == 302
        return fresh

    second = first()
    # the code that set it up, once more
    assert second.post("/desk/sign-in/second/", {"code": code_at(secret, now)}).status_code == 401
    later = code_at(secret, now + timedelta(seconds=30))
    assert second.post("/desk/sign-in/second/", {"code": later})["Location"] == "/desk/packs/"
    assert second.get("/desk/packs/").status_code == 200
    assert first().post("/desk/sign-in/second/", {"code": later}).status_code == 401
    # a recovery code instead, with or without its gap, once
    assert first().post("/desk/sign-in/second/", {"code": recovery[7]}).status_code == 302
    assert first().post("/desk/sign-in/second/", {"code": recovery[7].replace(" ", "")}).status_code == 401

    # whoever knows the password guesses no code: the right password between them does not end the count
    for _ in range(5):
        guess = first() if Account.objects.get(username="housing").failures < 5 else None
        if guess is None:
            break
        guess.post("/desk/sign-in/second/", {"code": "123456"})
    waits = browser().post("/desk/sign-in/", {"username": "housing", "password": PASSWORD})
    assert waits.status_code == 401 and "Try again after" in text_of(waits)


def test_half_way_in_ends_after_five_minutes(county: Any) -> None:
    import time_machine

    add_totp(signed_in("housing"), datetime.now(UTC))
    client = browser()
    client.post("/desk/sign-in/", {"username": "housing", "password": PASSWORD})
    assert client.get("/desk/sign-in/second/").status_code == 200
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=301), tick=False):
        assert client.get("/desk/sign-in/second/")["Location"] == "/desk/sign-in/"


def test_an_administrator_takes_factors_away(county: Any) -> None:
    officer = signed_in("housing")
    add_totp(officer, datetime.now(UTC))
    admin = signed_in("admin")
    assert admin.post("/desk/accounts/housing/", {"do": "factors"}).status_code == 302
    assert officer.get("/desk/").status_code == 302
    assert signed_in("housing").get("/desk/").status_code == 200
    assert "second factors taken away" in text_of(admin.get("/desk/accounts/housing/"))
    assert verified() == []


def test_a_role_that_asks_for_a_second_factor_gets_nothing_before_it(county: Any, settings: Any) -> None:
    settings.HUAJIE_ACCOUNTS = replace(settings.HUAJIE_ACCOUNTS, factor_roles=frozenset({"admin"}))
    admin = signed_in("admin")
    for page in ("/desk/", "/desk/accounts/", "/desk/accounts/housing/"):
        assert admin.get(page)["Location"] == "/desk/me/"
    assert admin.post("/desk/accounts/housing/", {"do": "password"})["Location"] == "/desk/me/"
    assert "asks for a second factor" in text_of(admin.get("/desk/me/"))
    # nobody else is asked
    assert signed_in("housing").get("/desk/").status_code == 200
    # a program neither gets a token nor acts with an old one from that seat
    body = {"username": "admin", "password": PASSWORD}
    api = browser()
    refused = api.post("/api/v1/tokens", body, content_type="application/json")
    assert refused.status_code == 403 and refused.json()["type"].endswith("sign-in-factor-needed")
    old = {"HTTP_AUTHORIZATION": county.bearer("admin")["Authorization"]}
    assert api.get("/api/v1/desk", **old).status_code == 403

    now = datetime.now(UTC)
    secret, _ = add_totp(admin, now)
    assert admin.get("/desk/accounts/").status_code == 200
    missing = api.post("/api/v1/tokens", body, content_type="application/json")
    assert missing.status_code == 401 and missing.json()["errors"][0]["field"] == "code"
    right = {**body, "code": code_at(secret, now + timedelta(seconds=30))}
    given = api.post("/api/v1/tokens", right, content_type="application/json")
    assert given.status_code == 201
    assert api.get("/api/v1/desk", HTTP_AUTHORIZATION=f"Bearer {given.json()['token']}").status_code == 200
    assert api.post("/api/v1/tokens", right, content_type="application/json").status_code == 401


def test_a_demo_account_is_asked_for_no_more_and_stays_on_this_machine(county: Any, settings: Any) -> None:
    from huajie.apps.jurisdiction.models import Account

    settings.HUAJIE_ACCOUNTS = replace(settings.HUAJIE_ACCOUNTS, factor_roles=frozenset({"admin"}))
    Account.objects.filter(username="admin").update(demo=True)
    assert signed_in("admin").get("/desk/accounts/").status_code == 200
    far = browser(REMOTE_ADDR="203.0.113.9")
    assert far.post("/desk/sign-in/", {"username": "admin", "password": PASSWORD}).status_code == 401


def test_a_session_left_alone_is_locked_and_its_form_is_kept(county: Any) -> None:
    import time_machine

    number = county.matters["ordinary"].number
    form = f"/desk/matters/{number}/acts/add_note/"
    client = signed_in("housing")
    fields = dict(re.findall(r'name="(seen|key|target)" value="([^"]*)"', text_of(client.get(form))))
    start = datetime.now(UTC)
    with time_machine.travel(start + timedelta(minutes=14), tick=False):
        assert client.get("/desk/").status_code == 200
    with time_machine.travel(start + timedelta(minutes=30), tick=False):
        late = client.post(form, {**fields, "note_text": "午饭前写的话"})
        assert late.status_code == 401 and "Locked by housing" in text_of(late)
        assert "午饭前" not in text_of(late) and "What you wrote is kept" in text_of(late)
        # nothing was written, nothing opens but the lock
        assert "午饭前" not in text_of(client.get(f"/desk/matters/{number}/"))
        assert client.get("/desk/me/").status_code == 401
        before = client.cookies["sessionid"].value
        follow = unescape(re.search(r'name="next" value="([^"]*)"', text_of(late))[1])  # type: ignore[index]
        back = client.post("/desk/unlock/", {"secret": PASSWORD, "next": follow})
        assert client.cookies["sessionid"].value != before
        page = text_of(client.get(back["Location"]))
        assert "午饭前写的话" in page
        again = dict(re.findall(r'name="(seen|key|target)" value="([^"]*)"', page))
        assert client.post(form, {**again, "note_text": "午饭前写的话"}).status_code == 302


def test_a_pin_unlocks_and_nothing_else_and_five_wrong_ones_end_the_session(county: Any) -> None:
    client = signed_in("housing")
    for easy in ("12345", "111111", "345678", "98765432", "abcdef"):
        assert client.post("/desk/me/pin/", {"pin": easy}).status_code == 422
    assert client.post("/desk/me/pin/", {"pin": "290417"}).status_code == 302
    assert browser().post("/desk/sign-in/", {"username": "housing", "password": "290417"}).status_code == 401
    client.post("/desk/lock/")
    assert client.get("/desk/").status_code == 401
    assert client.post("/desk/unlock/", {"secret": "290417"})["Location"] == "/desk/"
    assert client.get("/desk/").status_code == 200
    client.post("/desk/lock/")
    for _ in range(4):
        assert client.post("/desk/unlock/", {"secret": "290418"}).status_code == 401
    assert client.post("/desk/unlock/", {"secret": "290418"})["Location"] == "/desk/sign-in/"
    assert client.post("/desk/unlock/", {"secret": "290417"})["Location"] == "/desk/sign-in/"


def test_a_form_of_somebody_before_is_neither_sent_nor_kept_for_the_next(county: Any) -> None:
    """A tab left open by one officer, sent after the administrator signed in in the same browser."""
    from django.test import Client

    from huajie.apps.accounts.models import Draft

    number = county.matters["ordinary"].number
    form = f"/desk/matters/{number}/acts/add_note/"
    shared = Client(headers={"accept-language": "en"}, enforce_csrf_checks=True)

    def enter(username: str) -> None:
        page = text_of(shared.get("/desk/sign-in/"))
        token = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', page)[1]  # type: ignore[index]
        sent = {"username": username, "password": PASSWORD, "csrfmiddlewaretoken": token}
        assert shared.post("/desk/sign-in/", sent).status_code == 302

    enter("housing")
    fields = dict(
        re.findall(r'name="(seen|key|target|csrfmiddlewaretoken)" value="([^"]*)"', text_of(shared.get(form)))
    )
    token = fields["csrfmiddlewaretoken"]
    shared.post("/desk/switch/", {"csrfmiddlewaretoken": token})
    enter("admin")
    for session in ("of the next one", "ended"):
        if session == "ended":
            shared.cookies.pop("sessionid")
        answer = shared.post(form, {**fields, "note_text": "前一个人的话"})
        assert answer.status_code == 403
        assert "前一个人的话" not in text_of(answer)
    assert not Draft.objects.exists()


def test_what_is_kept_can_be_read_in_no_table_by_no_other_and_goes_after_its_hours(county: Any) -> None:
    from django.apps import apps

    from huajie.apps.accounts import operations
    from huajie.apps.accounts.models import Draft
    from huajie.apps.jurisdiction.models import Account

    now = datetime.now(UTC)
    owner, other = Account.objects.get(username="housing"), Account.objects.get(username="admin")
    place = "/desk/intake/"
    canary = "金丝雀 13900001234"
    assert operations.keep_draft(owner, place, {"text": [canary], "contact-phone": ["13900001234"]}, now=now)
    for model in apps.get_models():
        for row in model._default_manager.values_list():
            assert "13900001234" not in str([bytes(v) if isinstance(v, memoryview) else v for v in row])
    found = operations.draft_at(owner, place, now=now)
    assert found is not None and found.values["text"] == [canary]
    assert operations.draft_at(other, place, now=now) is None
    # moved to another account in the database, it still opens for its writer only
    Draft.objects.update(account=other)
    assert operations.draft_at(other, place, now=now) is None
    Draft.objects.update(account=owner)
    later = now + timedelta(hours=24)
    assert operations.draft_at(owner, place, now=later) is None
    assert operations.erase_drafts(later - timedelta(seconds=1)) == 0
    assert operations.erase_drafts(later) == 1
    assert not Draft.objects.exists()


def test_the_worker_erases_what_is_too_old(county: Any) -> None:
    from huajie.apps.accounts import operations
    from huajie.apps.accounts.models import Draft
    from huajie.apps.jurisdiction.models import Account
    from huajie.edges.jobs.worker import tick_now

    now = datetime.now(UTC)
    operations.keep_draft(Account.objects.get(username="housing"), "/desk/intake/", {"text": ["x"]}, now=now)
    assert tick_now()["drafts"] == 0
    assert tick_now(now=lambda: now + timedelta(days=2))["drafts"] == 1
    assert not Draft.objects.exists()


def test_intake_that_is_half_written_is_drawn_again_whole(county: Any) -> None:
    from django.contrib.auth.hashers import make_password

    from huajie.apps.jurisdiction.models import Account

    Account.objects.filter(username="intake").update(password=make_password(PASSWORD))
    client = signed_in("intake")
    page = "/desk/intake/?pack=en.complaint"
    place = re.search(r"desk/lock/\?place=([^\"]+)\"", text_of(client.get(page)))[1]  # type: ignore[index]
    written = {"channel": "letter", "title": "来信一半", "text": "窗口人多，写到一半。", "contact-phone": "13900005678"}
    client.post(f"/desk/lock/?place={place}", {**written, "topic": "t.housing", "region": "r.qingshi"})
    client.post("/desk/unlock/", {"secret": PASSWORD})
    again = text_of(client.get(page))
    assert "half written" in again
    for value in ("来信一半", "窗口人多，写到一半。", "13900005678"):
        assert value in again
    assert re.search(r'value="letter" checked', again)
    assert 'class="err"' not in again  # half written is not wrong
    # thrown away
    client.post(f"/desk/drafts/discard/?place={place}", {"next": page})
    assert "13900005678" not in text_of(client.get(page))


def test_one_signs_out_everywhere_and_ends_one_session(county: Any) -> None:
    here, there, third = (signed_in("housing") for _ in range(3))
    page = text_of(here.get("/desk/me/"))
    sessions = re.findall(r'name="session" value="([^"]+)"', page)
    assert len(sessions) == 2 and "this one" in page
    # nobody ends somebody else's
    signed_in("admin").post("/desk/me/end/", {"session": sessions[0]})
    assert [client.get("/desk/").status_code for client in (here, there, third)] == [200, 200, 200]
    here.post("/desk/me/end/", {"session": sessions[0]})
    assert sorted(client.get("/desk/").status_code for client in (here, there, third)) == [200, 200, 302]
    here.post("/desk/me/end-all/")
    assert [client.get("/desk/").status_code for client in (here, there, third)] == [302, 302, 302]


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(county: Any) -> None:
    here, there = signed_in("housing"), signed_in("housing")
    assert here.post("/desk/me/password/", {"password": LONG, "again": LONG + "!"}).status_code == 422
    assert here.post("/desk/me/password/", {"password": LONG, "again": LONG}).status_code == 302
    assert (here.get("/desk/").status_code, there.get("/desk/").status_code) == (200, 302)
    assert text_of(here.get("/desk/me/")).count("this one") == 1
    assert signed_in("housing", LONG)


def test_old_proof_is_asked_for_again_before_anything_changes(county: Any) -> None:
    import time_machine

    client = signed_in("housing")
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=14), tick=False):
        client.get("/desk/")
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=16), tick=False):
        for page in ("password", "pin", "totp/remove", "codes", "passkey/remove", "totp", "passkey"):
            assert client.post(f"/desk/me/{page}/", {"pin": ""})["Location"].startswith("/desk/me/prove/"), page
        wrong = client.post("/desk/me/prove/", {"password": "wrong", "next": "/desk/me/totp/"})
        assert wrong.status_code == 401
        right = client.post("/desk/me/prove/", {"password": PASSWORD, "next": "/desk/me/totp/"})
        assert right["Location"] == "/desk/me/totp/"
        assert client.get("/desk/me/totp/").status_code == 200


def test_switching_off_ends_everything_and_nobody_switches_themselves_off(county: Any) -> None:
    officer, admin = signed_in("housing"), signed_in("admin")
    assert admin.post("/desk/accounts/admin/", {"do": "off"}).status_code == 404
    assert admin.post("/desk/accounts/housing/", {"do": "off"}).status_code == 302
    assert officer.get("/desk/").status_code == 302
    refused = browser().post("/desk/sign-in/", {"username": "housing", "password": PASSWORD})
    assert "switched off" in text_of(refused)
    # to a stranger it is a wrong password like any other
    stranger = browser().post("/desk/sign-in/", {"username": "housing", "password": "wrong-one-here"})
    assert "switched off" not in text_of(stranger)
    admin.post("/desk/accounts/housing/", {"do": "on"})
    assert signed_in("housing").get("/desk/").status_code == 200


def test_a_stranger_learns_no_name_on_any_door(county: Any) -> None:
    """Known and unknown names get the same answer, also when they have to wait, also for codes."""

    def answers(username: str) -> list[tuple[int, str]]:
        found = []
        for _ in range(7):
            first = browser().post("/desk/sign-in/", {"username": username, "password": "wrong-one-here"})
            _, second = set_password(username, "ABCD-EFGH-2345")
            for answer in (first, second):
                text = re.sub(r"\d\d:\d\d(:\d\d)?|csrfmiddlewaretoken\W+value=\"\w+\"", "", text_of(answer))
                found.append((answer.status_code, text.replace(username, "NAME")))
        return found

    known = answers("housing")
    assert known == answers("nobody")
    assert sum("Too many wrong" in text for _, text in known) >= 6
    from huajie.apps.accounts.models import SignIn

    assert not SignIn.objects.exists()
