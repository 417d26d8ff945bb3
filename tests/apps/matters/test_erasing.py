"""Erasing by law: the words go, everywhere; what happened and when stays, and everything still adds up."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from tests.support.standing_county import day

from huajie.apps.jurisdiction import operations as jurisdiction
from huajie.apps.ledger import queries as ledger_queries
from huajie.apps.ledger.operations import work_followups
from huajie.apps.matters import followers, queries
from huajie.apps.matters.operations import Order, Written, act
from huajie.apps.matters.verify import verify
from huajie.core.access import SYSTEM, Actor
from huajie.core.procedure import Refused

CANARY = "路口井盖破了三个月"


@pytest.fixture
def officer(county: Callable[..., Actor]) -> Actor:
    """The data-protection officer of the county."""
    jurisdiction.change(
        [
            {
                "do": "set_seat",
                "id": "s.gov.dpo",
                "unit": "u.gov",
                "title": {"zh": "个人信息保护负责人", "en": "Data-protection officer"},
                "roles": ["dpo"],
            },
            {"do": "start_posting", "seat": "s.gov.dpo", "person": f"{14:032x}"},
        ],
        actor=SYSTEM,
        now=day(0, 3),
    )
    return county(14, day(1))


def erase(complaint: Written, actor: Actor) -> Written:
    return act(
        complaint.number,
        Order(act="erase", texts={"legal_basis_text": "个人信息保护法第四十七条，目的已实现。"}, seen=complaint.n),
        actor=actor,
        now=day(5),
    )


def test_only_the_data_protection_officer_erases(
    complaint: Written, county: Callable[..., Actor], officer: Actor
) -> None:
    with pytest.raises(Refused) as refusal:
        erase(complaint, county(60))
    assert {unmet.code for unmet in refusal.value.unmet} >= {"relation"}


def test_words_key_and_openings_go_and_the_record_stays(
    complaint: Written, county: Callable[..., Actor], officer: Actor
) -> None:
    before = ledger_queries.entries_of(complaint.stream)
    water = county(60)
    assert len(queries.search(water, "井盖").hits) == 1
    erase(complaint, officer)
    assert queries.search(water, "井盖").hits == ()
    opened = queries.see(water, complaint.number)
    assert set(opened.texts) == {(6, "legal_basis_text")}
    with connection.cursor() as cursor:
        for table in ("vault_key", "vault_secret"):
            cursor.execute(f"SELECT count(*) FROM {table}")
            assert cursor.fetchone() == (0,)
    openings = ledger_queries.openings_of(complaint.stream)
    assert openings[1].seed is None and set(openings[1].openings or {}) == {"entry"}
    assert openings[2].seed is not None
    after = ledger_queries.entries_of(complaint.stream)
    assert after[: len(before)] == before
    report = verify()
    assert report.clean, report.differences


def test_nothing_of_it_is_left_in_any_file_of_the_database(
    complaint: Written, officer: Actor, database: str, county: Callable[..., Actor]
) -> None:
    """On SQLite every file of the folder is read; on PostgreSQL the pages of the table are, after the clean-up ran."""
    assert holds_canary(database)
    erase(complaint, officer)
    done, failed = work_followups(day(6))
    assert done >= 1 and failed == 0
    assert not holds_canary(database)


def holds_canary(database: str) -> bool:
    if database == "sqlite":
        folder = Path(settings.DATABASES["default"]["NAME"]).parent
        return any(CANARY.encode() in path.read_bytes() for path in folder.glob("huajie.sqlite3*") if path.is_file())
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
        cursor.execute("SELECT pg_read_binary_file(pg_relation_filepath('matters_text'))")
        return CANARY.encode() in bytes(cursor.fetchone()[0])


def test_what_an_officer_has_half_written_about_it_goes_too(complaint: Written, officer: Actor) -> None:
    """A form that was opened before holds the words that it was drawn with; one about another matter stays."""
    from huajie.apps.accounts.operations import draft_at, keep_draft
    from huajie.apps.jurisdiction.models import Account
    from huajie.apps.matters.numbers import shown

    account = Account.objects.get(username="p60")
    places = [f"/desk/matters/{number}/acts/reply/" for number in (complaint.number, shown(complaint.number))]
    other = "/desk/matters/2222-2222-22/acts/reply/"
    for place in (*places, other):
        assert keep_draft(account, place, {"message": [CANARY]}, now=day(5))
    erase(complaint, officer)
    work_followups(day(5))
    assert [draft_at(account, place, now=day(5)) for place in places] == [None, None]
    assert draft_at(account, other, now=day(5)) is not None


def test_what_a_batch_brings_and_erases_is_gone(county: Callable[..., Actor], officer: Actor) -> None:
    """Both in one flush: what one statement brings it can't take away."""
    from huajie.apps.matters.operations import Batch, Submission
    from huajie.core.access import ANONYMOUS

    with Batch() as batch:
        brought = batch.submit(
            Submission(
                pack="en.complaint",
                topic="t.water",
                region="r.qingshi",
                texts={"title": "井盖", "text": f"{CANARY}，打19900001111。"},
                contact={"name": "某某某", "phone": "19900001111"},
            ),
            actor=ANONYMOUS,
            now=day(0),
        )
        batch.act(brought, Order(act="erase", texts={"legal_basis_text": "目的已实现"}), actor=officer, now=day(5))
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM matters_text")
        assert cursor.fetchall() == [("legal_basis_text",)]
        cursor.execute("SELECT count(*) FROM vault_secret")
        assert cursor.fetchone() == (0,)
    assert ledger_queries.openings_of(brought.stream)[1].seed is None
    report = verify()
    assert report.clean, report.differences


def test_a_text_gone_without_the_act_is_still_found(complaint: Written, officer: Actor) -> None:
    """Erasing is no cover: only what the act names may be missing."""
    erase(complaint, officer)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM matters_text WHERE name = 'legal_basis_text'")
    report: Any = verify()
    assert [one.check for one in report.differences] == ["text legal_basis_text"]


@pytest.mark.django_db(transaction=True)
def test_the_clean_up_waits_for_whoever_reads_an_older_state(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rewrite keeps what an older snapshot may still read, so it does not begin under one."""
    monkeypatch.setattr(followers, "_PATIENCE", 0.3)
    reader = connection.copy()
    try:
        reader.set_autocommit(False)
        with reader.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT count(*) FROM matters_text")
        with connection.cursor() as writer:
            writer.execute("SELECT pg_current_xact_id()")
        with pytest.raises(followers.Busy):
            followers.purge()
        reader.rollback()
        reader.set_autocommit(True)
        followers.purge()
    finally:
        reader.close()
