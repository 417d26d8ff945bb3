"""A full disk and a database that does not answer: 503, nothing half-kept, and the same key works afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from tests.edges.api.client import Client, housing_complaint

pytestmark = pytest.mark.accept("K9")

TABLES = (
    "ledger_entry",
    "ledger_opening",
    "ledger_idempotency",
    "matters_matter",
    "matters_party",
    "matters_clock",
    "matters_timer",
    "matters_text",
    "vault_key",
    "vault_secret",
)


@contextmanager
def full_disk(database: str) -> Iterator[None]:
    """Let the database itself say that there is no room: by its own limit of pages, or by PostgreSQL's own code."""
    with connection.cursor() as cursor:
        if database == "sqlite":
            # no free pages left behind by other tests
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA max_page_count")
            before = cursor.fetchone()[0]
            cursor.execute("PRAGMA page_count")
            cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0]}")
        else:
            cursor.execute(
                "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$"
            )
            cursor.execute(
                "CREATE TRIGGER no_room BEFORE INSERT ON matters_text FOR EACH ROW EXECUTE FUNCTION no_room()"
            )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            if database == "sqlite":
                cursor.execute(f"PRAGMA max_page_count = {before}")
            else:
                cursor.execute("DROP FUNCTION no_room CASCADE")


def counts() -> dict[str, int]:
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT count(*) FROM {table}")
            found[table] = cursor.fetchone()[0]
    return found


def test_a_full_disk_is_told_and_nothing_is_half_kept(api: Client, database: str) -> None:
    from huajie.apps.matters.verify import verify

    # long enough that no free place of the last pages can hold it
    body = housing_complaint(text="楼道灯坏了。" * 1500, contact={"phone": "13900001111"})
    before = counts()
    with full_disk(database):
        for language in ("zh", "en"):
            status, found, response = api.call(
                "POST", "/public/matters", body, Idempotency_Key="when-full", Accept_Language=language
            )
            assert (status, found["type"]) == (503, "urn:huajie:problem:storage-full")
            assert int(response["Retry-After"]) > 0
        assert counts() == before
    status, found = api.submit(body, "when-full")
    assert status == 201
    assert api.submit(body, "when-full") == (201, found)
    assert counts()["matters_matter"] == before["matters_matter"] + 1
    report = verify()
    assert report.clean, report.differences


def test_an_act_on_a_full_disk_leaves_the_matter_as_it_was(api: Client, database: str) -> None:
    number = api.county.matters["ordinary"].number
    body = {"seen": 2, "texts": {"note_text": "现场记录。" * 1900}}
    with full_disk(database):
        status, found = api.post(f"/matters/{number}/acts/add_note", body, who="housing")
        assert (status, found["type"]) == (503, "urn:huajie:problem:storage-full")
    assert api.get(f"/matters/{number}", who="housing")[1]["n"] == 2
    assert api.post(f"/matters/{number}/acts/add_note", body, who="housing")[0] == 200
