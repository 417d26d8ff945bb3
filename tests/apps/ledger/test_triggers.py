"""Entries and documents stay as they were written, whichever way somebody tries."""

import os
import re
import sqlite3
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from huajie.apps.ledger import operations as ledger
from huajie.apps.ledger import queries, triggers
from huajie.apps.ledger.models import Document, Entry

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[3]


@pytest.fixture
def stored(sealed):
    """One entry and one document in the database."""
    entries = sealed(2)
    changes = ledger.Changes()
    ledger.add_entries(changes, entries, random=os.urandom)
    ledger.add_document(changes, "pack", {"name": "x"}, at=entries[0].at)
    ledger.commit_changes(changes)
    return entries


def everything():
    entries = [(e.stream, e.n, bytes(e.body), bytes(e.leaf)) for e in Entry.objects.order_by("stream", "n")]
    return entries, [(d.hash, bytes(d.content)) for d in Document.objects.all()]


def refused(action):
    before = everything()
    with (
        pytest.raises(DatabaseError, match=r"keeps what was written|UNIQUE constraint|duplicate key"),
        transaction.atomic(),
    ):
        action()
    assert everything() == before


def run(sql):
    def action():
        with connection.cursor() as cursor:
            cursor.execute(sql)

    return action


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger_entry SET kind = 'matter.closed'",
        "UPDATE ledger_entry SET n = n + 10",
        "DELETE FROM ledger_entry",
        "DELETE FROM ledger_entry WHERE n = 2",
        "UPDATE ledger_document SET content = ''",
        "DELETE FROM ledger_document",
    ],
)
def test_plain_statements_are_refused(stored, sql):
    refused(run(sql))


def test_django_is_refused(stored):
    refused(lambda: Entry.objects.filter(n=1).update(kind="x"))
    refused(lambda: Entry.objects.all().delete())
    refused(lambda: Document.objects.all().delete())


def test_an_upsert_is_refused(stored):
    columns = "stream, n, kind, at, body, leaf, leaf_hash, mac"
    refused(
        run(
            f"INSERT INTO ledger_entry ({columns}) SELECT {columns} FROM ledger_entry WHERE n = 1 "
            "ON CONFLICT (stream, n) DO UPDATE SET kind = 'x'"
        )
    )


def test_a_second_row_at_the_same_place_is_refused_in_every_spelling(stored, database):
    columns = "stream, n, kind, at, body, leaf, leaf_hash, mac"
    words = ["INSERT", "INSERT OR REPLACE", "REPLACE"] if database == "sqlite" else ["INSERT"]
    for word in words:
        refused(run(f"{word} INTO ledger_entry ({columns}) SELECT {columns} FROM ledger_entry WHERE n = 1"))
    if database == "sqlite":
        columns = "hash, kind, content, first_at"
        refused(run(f"REPLACE INTO ledger_document ({columns}) SELECT hash, kind, 'x', first_at FROM ledger_document"))
        refused(run("UPDATE OR REPLACE ledger_entry SET n = 1 WHERE n = 2"))


def test_truncation_is_refused(stored, database):
    if database == "sqlite":
        # SQLite truncates when a DELETE has no WHERE and the table no triggers.
        refused(run("DELETE FROM ledger_entry"))
    else:
        refused(run("TRUNCATE ledger_entry"))
        refused(run("TRUNCATE ledger_document, ledger_opening CASCADE"))


def test_a_session_that_plays_the_replica_is_refused(stored, database):
    if database == "sqlite":
        # There triggers can't be switched off for a session, only dropped, which the report shows.
        refused(run("UPDATE ledger_entry SET kind = 'x'"))
        return

    def action():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("UPDATE ledger_entry SET kind = 'x'")

    refused(action)


@pytest.mark.django_db(transaction=True)
def test_a_stranger_without_our_pragmas_is_refused(stored, database):
    if database == "postgres":
        refused(run("DELETE FROM ledger_entry"))
        return
    stranger = sqlite3.connect(connection.settings_dict["NAME"])
    columns = "stream, n, kind, at, body, leaf, leaf_hash, mac"
    before = everything()
    for target in (columns, f"rowid, {columns}"):
        with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
            stranger.execute(
                f"INSERT OR REPLACE INTO ledger_entry ({target}) SELECT {target} FROM ledger_entry WHERE n = 1"
            )
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        stranger.execute(
            f"INSERT OR REPLACE INTO ledger_entry (rowid, {columns}) "
            "SELECT rowid, stream, n + 100, kind, at, body, leaf, leaf_hash, mac FROM ledger_entry WHERE n = 1"
        )
    with pytest.raises(sqlite3.IntegrityError, match="keeps what was written"):
        stranger.execute("DELETE FROM ledger_entry")
    stranger.close()
    assert everything() == before


def test_openings_can_be_erased(stored):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM ledger_opening")
    assert queries.openings_of(stored[0].stream) == {}


def test_all_triggers_stand_after_migrate(db):
    assert queries.trigger_report() == []


def test_a_missing_trigger_is_reported_and_put_back(db):
    triggers.remove_triggers()
    report = queries.trigger_report()
    assert len(report) == len(
        triggers.sqlite_triggers() if connection.vendor == "sqlite" else triggers.postgres_triggers()
    )
    assert all("is missing" in line for line in report)
    assert triggers.install_triggers() == report
    assert queries.trigger_report() == []


def test_an_altered_trigger_is_reported(db, database):
    with connection.cursor() as cursor:
        if database == "sqlite":
            cursor.execute("DROP TRIGGER ledger_entry_no_update")
            cursor.execute(
                "CREATE TRIGGER ledger_entry_no_update BEFORE UPDATE ON ledger_entry "
                "WHEN 0 BEGIN SELECT RAISE(ABORT, 'x'); END"
            )
            expected = ["trigger ledger_entry_no_update was altered"]
        else:
            cursor.execute("ALTER TABLE ledger_entry DISABLE TRIGGER ledger_entry_no_change")
            cursor.execute(
                "CREATE OR REPLACE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS "
                "'BEGIN RETURN NEW; END'"
            )
            expected = ["trigger ledger_entry_no_change is switched off", "function ledger_append_only was altered"]
    assert queries.trigger_report() == expected
    triggers.install_triggers()
    assert queries.trigger_report() == []


@pytest.mark.django_db(transaction=True)
def test_migrate_puts_them_back(db):
    triggers.remove_triggers()
    assert queries.trigger_report() != []
    call_command("migrate", verbosity=0)
    assert queries.trigger_report() == []


def test_no_later_migration_touches_the_append_only_tables():
    folder = ROOT / "src" / "huajie" / "apps"
    first = folder / "ledger" / "migrations" / "0001_initial.py"
    assert first.exists()
    for path in folder.glob("*/migrations/*.py"):
        if path != first:
            text = path.read_text(encoding="utf-8")
            for table in triggers.APPEND_ONLY:
                assert table not in text, f"{path.name} names {table}"
            if path.parent.parent.name == "ledger":
                assert not re.search(r"model_name=.(entry|document)\b", text, re.IGNORECASE), path.name
