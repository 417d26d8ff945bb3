"""An instance is founded once, by a person, with nothing invented; from then on whatever comes in has an owner."""

from __future__ import annotations

import argparse
import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.support.instance import instance
from tests.support.servers import Client, fresh_key, run_inside, submission, verify

pytestmark = pytest.mark.slow

OPTIONS = {
    "--admin": "wang.min",
    "--called": "王敏",
    "--region": "青石县",
    "--region-en": "Qingshi County",
    "--government": "青石县人民政府",
    "--government-en": "Qingshi County Government",
}
WORDS = [word for pair in OPTIONS.items() for word in pair]

PASSWORD = "a long enough password"


@pytest.fixture
def chosen(tmp_path: Path) -> list[str]:
    (tmp_path / "password").write_text(PASSWORD + "\n")
    return ["--password-file", str(tmp_path / "password")]


def test_an_instance_is_founded_once_and_takes_matters_in(database: str, chosen: list[str]) -> None:
    with instance(database) as served:
        missing = served.command("init", "--admin", "wang.min")
        assert missing.returncode == 2
        for option in list(OPTIONS)[1:]:
            assert f"{option} (or HUAJIE_INIT_" in missing.stderr, "everything that is missing is named at once"

        founded = served.command("init", *WORDS, *chosen)
        assert founded.returncode == 0, founded.stderr
        assert PASSWORD not in founded.stdout + founded.stderr
        again = served.command("init", *WORDS, *chosen)
        assert again.returncode == 2
        assert "founded already (1 units, 1 accounts), and that happens once" in again.stderr
        # without its options the command goes on making ready what serving needs
        assert served.command("init").returncode == 0
        report = verify(served)
        assert report["matters"] == 0, "no demo data"

        served.start()
        with closing(Client(served.port)) as client:
            given = client.send("POST", "/api/v1/tokens", {"username": "wang.min", "password": PASSWORD})
            assert given.status == 201, given.body
            bearer = f"Bearer {given.body['token']}"
            # no remit, no other office: it still has an owner, who sees it
            body = submission("路口井盖破损。", region="r.home", topic="t.other")
            brought = client.send("POST", "/api/v1/public/matters", body, Idempotency_Key=fresh_key())
            assert brought.status == 201, brought.body["errors"]
            number = brought.body["number"]
            seen = client.send("GET", f"/api/v1/matters/{number}", Authorization=bearer)
            assert seen.status == 200, seen.body
            acts = client.send("GET", f"/api/v1/matters/{number}/acts", Authorization=bearer)
            assert any(one["possible"] for one in acts.body["acts"])
        assert served.stop() == 0
        report = verify(served)
        assert report["matters"] == 1


_STANDS = """
import json, django
django.setup()
from huajie.apps.jurisdiction.queries import snapshot
stands = snapshot()
print(json.dumps([stands.settings.backstop_seat, [seat.id for seat in stands.seats]]))
"""


_CHOOSE = """
import sys, django
django.setup()
from datetime import UTC, datetime
from huajie.apps.accounts.operations import check_name_and_password, set_password_by_code
now = datetime.now(UTC)
set_password_by_code("wang.min", sys.argv[1], sys.argv[2], address="127.0.0.1", now=now)
print(check_name_and_password("wang.min", sys.argv[2], address="127.0.0.1", now=now).display_name)
"""


def test_the_environment_may_answer_and_a_code_sets_the_password_once(database: str) -> None:
    with instance(database) as served:
        names = {option.removeprefix("--").replace("-", "_").upper(): value for option, value in OPTIONS.items()}
        founded = served.command("init", **{f"HUAJIE_INIT_{name}": value for name, value in names.items()})
        assert founded.returncode == 0, founded.stderr
        code = founded.stdout.partition("shown this once: ")[2].split()[0]
        assert run_inside(served, _CHOOSE, code, PASSWORD).strip() == "王敏"
        with pytest.raises(AssertionError, match="SignInRefused"):
            run_inside(served, _CHOOSE, code, PASSWORD)
        assert json.loads(run_inside(served, _STANDS)) == ["s.home.admin", ["s.home.admin"]]


def test_a_person_at_a_terminal_is_asked_for_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    from huajie.edges.cli import founding

    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        return " Said "

    monkeypatch.setattr("sys.stdin", argparse.Namespace(isatty=lambda: True))
    monkeypatch.setattr("builtins.input", answer)
    parser = argparse.ArgumentParser()
    founding.configure(parser)
    args = parser.parse_args(["--admin", "wang.min", "--region", "青石县"])
    said: dict[str, Any] = founding.answers(args, {"HUAJIE_INIT_CALLED": "王敏"})
    assert len(asked) == 3
    assert said["admin"] == "wang.min"
    assert (said["called"], said["government"], said["calendar"]) == ("王敏", "Said", "cn")


def test_what_does_not_fit_is_refused_and_nothing_is_kept(database: str, chosen: list[str]) -> None:
    with instance(database) as served:
        for option, value, said in (
            ("--calendar", "moon", "--calendar: one of"),
            ("--admin", "wang min", "username: letters"),
            ("--zone", "Nowhere/Land", "zone"),
        ):
            refused = served.command("init", *WORDS, *chosen, option, value)
            assert refused.returncode == 2, (option, refused.stdout)
            assert said in refused.stderr
        assert served.command("init", "--demo", *WORDS).returncode == 2
        assert served.command("init", *WORDS, *chosen).returncode == 0, "nothing of what was refused stands in the way"
