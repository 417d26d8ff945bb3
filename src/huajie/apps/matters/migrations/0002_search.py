"""The index of pairs: FTS5 over the texts on SQLite, kept by triggers; an inverted index on PostgreSQL."""

from typing import Any

from django.db import migrations

SQLITE = (
    "CREATE VIRTUAL TABLE matters_search"
    " USING fts5(grams, content='matters_text', content_rowid='id', tokenize='unicode61')",
    "CREATE TRIGGER matters_text_added AFTER INSERT ON matters_text WHEN new.grams <> '' BEGIN"
    " INSERT INTO matters_search(rowid, grams) VALUES (new.id, new.grams); END",
    "CREATE TRIGGER matters_text_gone AFTER DELETE ON matters_text WHEN old.grams <> '' BEGIN"
    " INSERT INTO matters_search(matters_search, rowid, grams) VALUES ('delete', old.id, old.grams); END",
    # a word that was erased must not stay readable in the index until some later merge
    "INSERT INTO matters_search(matters_search, rank) VALUES ('secure-delete', 1)",
)
POSTGRES = (
    "CREATE INDEX matters_search ON matters_text USING gin (string_to_array(grams, ' ')) WHERE grams <> ''",
    # the planner must know how common each pair is: it decides between the index and the newest texts
    "ALTER INDEX matters_search ALTER COLUMN 1 SET STATISTICS 2000",
)


def forwards(apps: Any, editor: Any) -> None:
    vendor = editor.connection.vendor
    with editor.connection.cursor() as cursor:
        for statement in POSTGRES if vendor == "postgresql" else SQLITE:
            if "secure-delete" in statement and not _knows_secure_delete(cursor):
                continue
            cursor.execute(statement)


def _knows_secure_delete(cursor: Any) -> bool:
    cursor.execute("SELECT sqlite_version()")
    return tuple(int(part) for part in cursor.fetchone()[0].split(".")) >= (3, 42, 0)


def backwards(apps: Any, editor: Any) -> None:
    with editor.connection.cursor() as cursor:
        if editor.connection.vendor == "postgresql":
            cursor.execute("DROP INDEX matters_search")
        else:
            for statement in (
                "DROP TRIGGER matters_text_added",
                "DROP TRIGGER matters_text_gone",
                "DROP TABLE matters_search",
            ):
                cursor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("matters", "0001_initial")]
    operations = [migrations.RunPython(forwards, backwards)]
