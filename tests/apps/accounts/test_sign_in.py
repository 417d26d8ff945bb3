"""Name and password: who gets in, who waits, and what a stranger learns."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.support.small_county import NOW, person

from huajie.apps.accounts.models import UnknownName
from huajie.apps.accounts.operations import FREE_FAILURES, SignInRefused, check_name_and_password, finish_sign_in
from huajie.apps.jurisdiction.models import Account
from huajie.apps.jurisdiction.operations import create_account

pytestmark = [pytest.mark.django_db, pytest.mark.accept("P10")]


def account(number: int, **more: Any) -> Account:
    return create_account(
        username=f"officer{number}",
        display_name=f"Officer {number}",
        password=more.pop("password", "correct horse battery"),
        person=UUID(hex=person(number)),
        now=NOW,
        **more,
    )


def signed_in(username: str, password: str, **more: Any) -> Account:
    """All the way in, for an account without a second factor."""
    found = check_name_and_password(username, password, **more)
    finish_sign_in(found)
    return found


def test_the_right_password_signs_in_and_is_kept_as_argon2():
    made = account(1)
    assert made.password.startswith("argon2$")
    assert signed_in("Officer1 ", "correct horse battery", address="192.0.2.7", now=NOW) == made


@pytest.mark.parametrize(("name", "password"), [("officer1", "wrong"), ("nobody", "correct horse battery")])
def test_a_wrong_name_and_a_wrong_password_read_the_same(name, password):
    account(1)
    with pytest.raises(SignInRefused) as refused:
        signed_in(name, password, address="127.0.0.1", now=NOW)
    assert refused.value.code == "wrong"


def refusal(password: str, at) -> SignInRefused:
    with pytest.raises(SignInRefused) as refused:
        signed_in("officer1", password, address=None, now=at)
    return refused.value


def test_guessing_gets_slower_and_the_right_password_still_works_after_the_wait():
    account(1)
    for _ in range(FREE_FAILURES):
        assert refusal("guess", NOW).code == "wrong"
    first = refusal("correct horse battery", NOW)
    assert first.code == "wait"
    assert first.until > NOW
    assert refusal("guess", first.until).code == "wrong"
    second = refusal("correct horse battery", first.until)
    assert second.code == "wait"
    assert second.until - first.until == 2 * (first.until - NOW)
    assert signed_in("officer1", "correct horse battery", address=None, now=second.until)
    assert Account.objects.get().failures == 0


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::1", "::ffff:192.0.2.7", "", None, "localhost.evil"])
def test_a_demo_account_is_refused_from_any_other_machine(address):
    made = account(1, demo=True, password="demo")
    with pytest.raises(SignInRefused) as refused:
        signed_in("officer1", "demo", address=address, now=NOW)
    assert refused.value.code == "elsewhere"
    for own in ("127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"):
        assert signed_in("officer1", "demo", address=own, now=NOW) == made


def test_an_account_that_is_off_and_a_short_password_are_refused():
    made = account(1)
    Account.objects.update(is_active=False)
    with pytest.raises(SignInRefused) as refused:
        signed_in(made.username, "correct horse battery", address=None, now=NOW)
    assert refused.value.code == "off"


def refusals(name: str, tries: int) -> list[tuple[str, Any]]:
    """Refusals of wrong passwords in a row, two seconds apart, with the moment until which to wait."""
    found = []
    for number in range(tries):
        with pytest.raises(SignInRefused) as refused:
            check_name_and_password(name, "guess", address=None, now=NOW + timedelta(seconds=2 * number))
        found.append((refused.value.code, refused.value.until))
    return found


def test_a_name_that_nobody_has_waits_as_a_real_one_does():
    account(1)
    real = refusals("officer1", 12)
    assert real == refusals("nobody", 12)
    assert [code for code, _ in real].count("wait") > 3
    # nothing in the database says which names were tried
    assert "nobody" not in str(list(UnknownName.objects.values_list()))


def test_names_that_nobody_has_are_forgotten_after_a_day():
    refusals("nobody", 3)
    with pytest.raises(SignInRefused):
        check_name_and_password("another", "guess", address=None, now=NOW + timedelta(days=2))
    assert UnknownName.objects.count() == 1


def test_a_right_password_alone_does_not_end_the_count():
    """Whoever knows the password only would otherwise guess codes for ever."""
    made = account(1)
    refusals("officer1", 4)
    check_name_and_password("officer1", "correct horse battery", address=None, now=NOW + timedelta(minutes=1))
    assert Account.objects.get().failures == 4
    finish_sign_in(made)
    assert Account.objects.get().failures == 0
