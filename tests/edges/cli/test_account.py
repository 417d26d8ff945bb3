"""`huajie account`: what each sub-command prints and leaves, and that each change is an entry."""

import re
from typing import Any

import pytest
from tests.support.county import PASSWORD

pytestmark = pytest.mark.accept("P10")

LONG = "a quiet river in spring"


@pytest.fixture
def county(transactional_db: None) -> Any:
    from tests.support.county import found

    return found(passwords=("housing",))


def run(capsys: pytest.CaptureFixture[str], verb: str, *args: str) -> tuple[int, str, str]:
    """Return exit code and what was printed; a wrong call of argparse ends like a command."""
    from huajie.edges.cli import account

    try:
        code = getattr(account, verb)(list(args))
    except SystemExit as stopped:
        code = int(stopped.code or 0)
    said = capsys.readouterr()
    return code, said.out, said.err


def code_in(said: str) -> str:
    return re.search(r"for 3 days: (\S+)\n", said)[1]  # type: ignore[index]


def effects() -> list[str]:
    from huajie.apps.accounts.operations import STREAM
    from huajie.apps.ledger.queries import bodies_since

    return [effect["e"] for body in bodies_since(STREAM, 0) for effect in body["effects"]]


def by_code(username: str, code: str, word: str = LONG) -> Any:
    from django.test import Client

    sent = {"username": username, "code": code, "password": word, "again": word}
    return Client(headers={"accept-language": "en"}).post("/desk/sign-in/code/", sent)


def sign_in(username: str, word: str) -> Any:
    from django.test import Client

    client = Client(headers={"accept-language": "en"})
    return client, client.post("/desk/sign-in/", {"username": username, "password": word})


def is_verified() -> bool:
    from huajie.apps.matters.verify import verify

    return not [one for one in verify().differences if one.where == "accounts"]


def test_make_prints_a_code_with_which_its_owner_sets_a_password(
    county: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    from huajie.apps.jurisdiction.models import Account

    code, said, wrong = run(capsys, "make", "Newcomer", "--called", "新来的", "--language", "en")
    account = Account.objects.get(username="newcomer")
    assert (code, wrong) == (0, "") and f"newcomer: person {account.person.hex}" in said
    assert (account.display_name, account.language) == ("新来的", "en") and not account.has_usable_password()
    assert effects() == ["account.made", "account.code"]
    assert by_code("newcomer", code_in(said)).status_code == 302
    # it works once, and the password that it set does
    assert by_code("newcomer", code_in(said), "another long password").status_code == 401
    assert sign_in("newcomer", LONG)[1].status_code == 302
    assert is_verified()


@pytest.mark.parametrize("args", [("housing", "--called", "又一个"), ("two words", "--called", "谁")])
def test_make_refuses_a_name_that_is_taken_or_is_none(
    args: tuple[str, ...], county: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    from huajie.apps.jurisdiction.models import Account

    before = Account.objects.count()
    code, said, wrong = run(capsys, "make", *args)
    assert code == 2 and said == "" and wrong.startswith("huajie account: ")
    assert Account.objects.count() == before and effects() == []


def test_make_needs_to_be_told_how_somebody_is_called(county: Any, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, wrong = run(capsys, "make", "newcomer")
    assert code == 2 and "--called" in wrong


def test_password_ends_the_old_one_and_every_session(county: Any, capsys: pytest.CaptureFixture[str]) -> None:
    client, _ = sign_in("housing", PASSWORD)
    assert client.get("/desk/").status_code == 200
    # however it is typed
    code, said, _ = run(capsys, "password", "Housing")
    assert code == 0 and said.endswith("Done.\n") and "/desk/sign-in/code/" in said
    assert client.get("/desk/").status_code == 302
    assert sign_in("housing", PASSWORD)[1].status_code == 401
    assert by_code("housing", code_in(said)).status_code == 302
    assert PASSWORD not in said and "account.password-reset" in effects() and is_verified()


def test_factors_takes_them_all_and_the_pin(county: Any, capsys: pytest.CaptureFixture[str]) -> None:
    from datetime import UTC, datetime

    from tests.support.totp import code_at

    from huajie.apps.accounts import factors, operations
    from huajie.apps.jurisdiction.models import Account

    account, secret, now = Account.objects.get(username="housing"), factors.new_totp_secret(), datetime.now(UTC)
    assert factors.add_totp(account, secret, code_at(secret, now), now=now)
    factors.new_recovery_codes(account)
    operations.set_pin(account, "735164", now=now)
    assert factors.factors_of(account).any and operations.has_pin(account)
    code, said, _ = run(capsys, "factors", "housing")
    assert (code, said) == (0, "Done.\n")
    assert not factors.factors_of(account).any and not operations.has_pin(account)
    assert effects() == ["account.pin-set", "account.factors-reset"] and is_verified()


def test_link_prints_a_code_where_there_is_a_provider(
    county: Any, capsys: pytest.CaptureFixture[str], settings: Any
) -> None:
    from dataclasses import replace
    from datetime import UTC, datetime

    from huajie.apps.accounts import operations
    from huajie.config.accounts import Provider

    code, said, wrong = run(capsys, "link", "housing")
    assert (code, said) == (2, "") and "HUAJIE_OIDC_ISSUER" in wrong and effects() == []
    found = Provider("https://id.example", "huajie", "a-secret", "", "")
    settings.HUAJIE_ACCOUNTS = replace(settings.HUAJIE_ACCOUNTS, provider=found)
    code, said, _ = run(capsys, "link", "housing")
    assert code == 0
    linked = operations.link_by_code(
        code_in(said), "https://id.example", "subject-1", address="127.0.0.1", now=datetime.now(UTC)
    )
    assert linked.username == "housing" and is_verified()


@pytest.mark.parametrize("verb", ["password", "factors", "link"])
def test_a_name_that_nobody_has_is_said_so(
    verb: str, county: Any, capsys: pytest.CaptureFixture[str], settings: Any
) -> None:
    from dataclasses import replace

    from huajie.config.accounts import Provider

    found = Provider("https://id.example", "huajie", "a-secret", "", "")
    settings.HUAJIE_ACCOUNTS = replace(settings.HUAJIE_ACCOUNTS, provider=found)
    code, said, wrong = run(capsys, verb, "nobody")
    assert (code, said, wrong) == (2, "", "huajie account: nobody signs in as nobody\n") and effects() == []


def test_the_command_line_reaches_each_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    from huajie.edges.cli.main import main

    for verb in ("make", "password", "factors", "link"):
        with pytest.raises(SystemExit) as stopped:
            main(["account", verb, "--help"])
        assert stopped.value.code == 0 and f"huajie account {verb}" in capsys.readouterr().out
