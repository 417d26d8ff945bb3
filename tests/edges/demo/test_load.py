"""Loading the county through the one writer: clean, in order, the same again, every stage, no person in the record."""

import hashlib
import json
import re
from argparse import Namespace
from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

import pytest

pytestmark = pytest.mark.django_db(transaction=True)

UNTIL = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 15, 59, tzinfo=UTC)


def _forget() -> None:
    from huajie.apps.jurisdiction.queries import forget
    from huajie.apps.matters.operations import forget as forget_packs

    forget()
    forget_packs()


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """What this process remembers of the database of the test before is not there any more."""
    _forget()


def load(matters: int, seed: int = 1, **options: Any) -> Any:
    from huajie.edges.demo.load import load as load_demo

    return load_demo(matters=matters, seed=seed, until=UNTIL, now=NOW, **options)


def entries() -> list[tuple[str, int, str, datetime, str]]:
    """Every entry: stream, place, kind, moment, body."""
    from huajie.apps.ledger.queries import iterate_entries

    return [
        (one.stream.hex, one.n, one.kind, one.at, one.body if isinstance(one.body, str) else bytes(one.body).decode())
        for one in iterate_entries()
    ]


def digest() -> str:
    return hashlib.sha256(json.dumps(entries(), default=str).encode()).hexdigest()


def empty() -> None:
    """Empty the database, as between two tests."""
    from django.core.management import call_command
    from tests.support.databases import forget_entries

    call_command("flush", interactive=False, verbosity=0)
    forget_entries()
    _forget()


def test_a_county_is_clean_and_nothing_was_refused() -> None:
    from huajie.apps.matters.models import Matter
    from huajie.apps.matters.verify import verify

    said: list[str] = []
    loaded = load(260, tell=said.append)
    assert loaded.refused == ()
    assert loaded.matters == 260
    report = verify()
    assert report.clean, report.differences
    assert said
    stages = Counter(Matter.objects.values_list("pack", "stage"))
    shown = {stage for pack, stage in stages if pack == "cn.petition.request"}
    assert shown >= {
        "submitted", "registered", "triaged", "received", "notified", "accepted", "opinion", "served", "under_review",
        "reviewed", "fulfilling", "watching", "caring", "checking", "completed", "withdrawn", "archived",
    }  # fmt: skip
    assert {stage for pack, stage in stages if pack == "en.complaint"} >= {"logged", "stage_1", "escalated", "stage_2"}
    assert {stage for pack, stage in stages if pack == "open311"} >= {"received", "dispatched", "fixed", "archived"}
    assert {pack for pack, _ in stages} >= {"cn.petition.review", "cn.petition.request", "en.complaint", "open311"}


def test_it_shows_what_a_county_year_holds() -> None:
    from huajie.apps.matters.models import Clock, Matter, Party

    load(420, seed=5)
    kinds = Counter(kind for _, _, kind, _, _ in entries())
    for kind in (
        "matter.transfer-contested", "matter.transfer-decided", "matter.extension-granted", "clock.extended",
        "matter.review-asked", "matter.review-decided", "matter.withdrawn", "matter.withdrawal-undone",
        "matter.reminded", "matter.overdue-noted", "matter.step-slipped", "matter.looked-back", "matter.archived",
        "matter.view-given", "jurisdiction.changed", "matter.sponsor-accepted", "matter.task-done",
        "matter.part-proposed", "matter.part-confirmed", "matter.visit-asked", "matter.visit-reported",
    ):  # fmt: skip
        assert kinds[kind] > 0, kind
    assert set(Matter.objects.values_list("mode", flat=True)) == {"open", "confidential", "anonymous"}
    assert Party.objects.filter(relation="queue", open=True).count() >= 3
    assert Party.objects.filter(relation="sponsor", open=True).count() >= 2
    assert Party.objects.filter(relation="visit", unit="s.wanghuai.field", open=True).exists()
    parts = Counter(Party.objects.filter(relation="part", open=True).values_list("unit", flat=True))
    assert parts and max(parts.values()) >= 5, "one problem that enough residents raised to say how many"
    # a date in 2027 may still move: next year's days off are not published
    assert Clock.objects.filter(provisional=True, status="running", due_at__year=2027).exists()
    running = Clock.objects.filter(status="running")
    late = running.filter(due_at__lte=NOW).exclude(name__endswith="_window").count()
    assert 0 < late < running.count() / 3


def test_everything_was_recorded_at_its_moment_and_in_order() -> None:
    load(120, seed=3)
    last: dict[str, tuple[int, datetime]] = {}
    earliest = latest = None
    for stream, n, _, at, body in entries():
        before = last.get(stream)
        assert before is None or (n == before[0] + 1 and at >= before[1])
        last[stream] = (n, at)
        earliest = at if earliest is None or at < earliest else earliest
        latest = at if latest is None or at > latest else latest
        assert datetime.fromisoformat(json.loads(body)["occurred"]) <= at
    assert earliest is not None and latest is not None
    assert latest <= NOW
    assert (latest - earliest).days > 500
    assert latest > datetime(2026, 11, 20, tzinfo=UTC)


def test_timers_fire_when_they_are_due_and_none_is_left_behind() -> None:
    from huajie.apps.matters.models import Timer

    load(120, seed=3)
    assert not Timer.objects.filter(at__lte=datetime(2026, 11, 23, 15, 58, tzinfo=UTC)).exists()
    reminded = [at for _, _, kind, at, _ in entries() if kind == "matter.overdue-noted"]
    # due days end at midnight in China: most of the notes stand exactly there
    assert sum(at.hour == 16 and at.minute == 0 and at.second == 0 for at in reminded) > len(reminded) / 2


def test_the_same_seed_gives_the_same_county_and_another_seed_another() -> None:
    load(40, seed=11)
    first = digest()
    empty()
    load(40, seed=11)
    assert digest() == first
    empty()
    load(40, seed=12)
    assert digest() != first


def test_the_same_seed_gives_the_same_supervision() -> None:
    load(80, seed=11)
    first = entries()
    assert any(kind == "supervision.sample-drawn" for _, _, kind, _, _ in first)
    empty()
    load(80, seed=11)
    assert entries() == first


def test_no_contact_stands_in_an_entry_a_text_or_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import connection

    from huajie.apps.vault.models import Secret
    from huajie.edges.demo import texts

    given: list[dict[str, str]] = []
    original = texts.contact

    def remembered(rng: Any) -> dict[str, str]:
        given.append(original(rng))
        return given[-1]

    monkeypatch.setattr(texts, "contact", remembered)
    load(150, seed=9)
    assert len(given) > 100
    assert Secret.objects.count() >= len(given)
    stored = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                stored += [bytes(cell).decode("utf-8", "replace") if isinstance(cell, bytes | memoryview) else str(cell)
                           for cell in row]  # fmt: skip
    everything = "\n".join(stored)
    assert len(everything) > 1_000_000
    for contact in given:
        assert contact["name"] not in everything
        assert contact["phone"] not in everything
    assert not re.search(r"\b100\d{8}\b", everything)


def test_staff_names_stay_in_accounts() -> None:
    from huajie.apps.jurisdiction.models import Account
    from huajie.apps.matters.models import Text

    load(60)
    names = set(Account.objects.values_list("display_name", flat=True))
    assert len(names) > 100
    assert all(Account.objects.values_list("demo", flat=True))
    words = "\n".join(Text.objects.values_list("body", flat=True)) + "\n".join(body for *_, body in entries())
    assert not [name for name in names if name in words]


def test_a_demo_account_signs_in_from_this_machine_only() -> None:
    from huajie.apps.accounts.operations import SignInRefused, check_name_and_password
    from huajie.edges.demo.county import PASSWORD, SIGN_INS

    load(5)
    for username, _, _ in SIGN_INS[:2]:
        assert check_name_and_password(username, PASSWORD, address="127.0.0.1", now=NOW).username == username
        with pytest.raises(SignInRefused, match="elsewhere"):
            check_name_and_password(username, PASSWORD, address="192.0.2.7", now=NOW)


def test_everybody_who_is_shown_can_act_from_a_seat() -> None:
    from huajie.apps.jurisdiction.models import Account
    from huajie.apps.jurisdiction.queries import snapshot
    from huajie.core.access import actor_for
    from huajie.edges.demo.county import SIGN_INS

    load(5)
    jurisdiction = snapshot()
    for username, _, _ in SIGN_INS:
        person = Account.objects.get(username=username).person.hex
        assert actor_for(jurisdiction, person, None, NOW).seat


def test_it_does_not_mix_with_what_is_there() -> None:
    from huajie.edges.demo.load import NotEmpty

    load(5)
    with pytest.raises(NotEmpty, match="--anyway"):
        load(5, seed=2)
    assert load(5, seed=2, anyway=True).refused == ()


def test_the_command_prints_sign_ins_and_refuses_a_day_to_come(capsys: pytest.CaptureFixture[str]) -> None:
    from huajie.edges.cli import demo

    args = Namespace(what="load", matters=10, seed=4, until=date(2026, 10, 1), anyway=False)
    assert demo.run(args) == 0
    said = capsys.readouterr()
    assert "10 matters" in said.out and "password yunxiu-demo" in said.out
    assert "housing-head" in said.out and "acts were refused" not in said.err
    assert demo.run(args) == 2
    assert "--anyway" in capsys.readouterr().err
    assert demo.run(Namespace(what="load", matters=10, seed=4, until=date(2999, 1, 1), anyway=True)) == 2
    assert "has not come yet" in capsys.readouterr().err
