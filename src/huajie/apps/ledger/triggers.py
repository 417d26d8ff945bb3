"""
What keeps entries and documents as they were written: triggers that refuse every change.

They stop accidents and honest programs. Whoever owns the database can drop them: `trigger_report` sees it, `/readyz`
says it, and the marks and chains of the entries show what was done meanwhile.

On SQLite `INSERT OR REPLACE` deletes without asking unless recursive_triggers is on. Our connections turn it on; for
those that do not, a trigger before each insert refuses a place that is taken.
"""

from collections.abc import Iterator
from typing import Any

from django.db import connections

#: Tables to which rows are only ever added.
APPEND_ONLY = ("ledger_document", "ledger_entry")

_GUARD_FUNCTION = """CREATE OR REPLACE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  RAISE EXCEPTION '% keeps what was written: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'HJ403';
END
$body$"""

_REFUSED_FUNCTION = """CREATE OR REPLACE FUNCTION ledger_refused(hits text) RETURNS integer
LANGUAGE plpgsql VOLATILE AS $body$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'HJ409', MESSAGE = hits;
END
$body$"""


def sqlite_triggers() -> dict[str, str]:
    """Return the name and text of each trigger on SQLite."""
    found = {}
    for table in APPEND_ONLY:
        for word in ("UPDATE", "DELETE"):
            name = f"{table}_no_{word.lower()}"
            found[name] = (
                f"CREATE TRIGGER {name} BEFORE {word} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} keeps what was written: {word} is refused'); END"
            )
    found["ledger_entry_no_replace"] = (
        "CREATE TRIGGER ledger_entry_no_replace BEFORE INSERT ON ledger_entry "
        "WHEN EXISTS (SELECT 1 FROM ledger_entry WHERE stream = NEW.stream AND n = NEW.n) "
        "OR EXISTS (SELECT 1 FROM ledger_entry WHERE rowid = NEW.rowid) "
        "BEGIN SELECT RAISE(ABORT, 'UNIQUE constraint failed: ledger_entry.stream, ledger_entry.n'); END"
    )
    return found


def postgres_triggers() -> dict[str, str]:
    """Return the name and text of each trigger on PostgreSQL, as the server itself spells it."""
    found = {}
    for table in APPEND_ONLY:
        found[f"{table}_no_change"] = (
            f"CREATE TRIGGER {table}_no_change BEFORE DELETE OR UPDATE ON public.{table} "
            "FOR EACH ROW EXECUTE FUNCTION ledger_append_only()"
        )
        found[f"{table}_no_truncate"] = (
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON public.{table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only()"
        )
    return found


def trigger_report(using: str = "default") -> list[str]:
    """Return one sentence for each trigger that is missing, altered or switched off; empty when all stand."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            return list(_compare(sqlite_triggers(), _read_sqlite(cursor)))
        return list(_postgres_report(cursor))


def install_triggers(using: str = "default") -> list[str]:
    """Put back whatever `trigger_report` misses; return what it missed."""
    report = trigger_report(using)
    if not report:
        return []
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name, text in sqlite_triggers().items():
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
                cursor.execute(text)
        else:
            cursor.execute(_GUARD_FUNCTION)
            cursor.execute(_REFUSED_FUNCTION)
            for name, text in postgres_triggers().items():
                table = _table_of(name)
                cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
                cursor.execute(text.replace("public.", ""))
                # ALWAYS: they hold for a session that plays the replica, too.
                cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
    return report


def remove_triggers(using: str = "default") -> None:
    """Take the triggers away, as somebody who owns the database could. For tests of what is found afterwards."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name in sqlite_triggers():
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
        else:
            for name in postgres_triggers():
                cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {_table_of(name)}")


def reinstall_after_migrate(sender: Any, using: str = "default", **kwargs: Any) -> None:
    """Run by Django after every migrate of this app."""
    tables = set(connections[using].introspection.table_names())
    if tables.issuperset(APPEND_ONLY):
        install_triggers(using)


def _table_of(name: str) -> str:
    return next(table for table in APPEND_ONLY if name.startswith(f"{table}_no_"))


def _compare(wanted: dict[str, str], found: dict[str, str]) -> Iterator[str]:
    for name, text in wanted.items():
        if name not in found:
            yield f"trigger {name} is missing"
        elif found[name] != text:
            yield f"trigger {name} was altered"


def _read_sqlite(cursor: Any) -> dict[str, str]:
    cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    return dict(cursor.fetchall())


def _postgres_report(cursor: Any) -> Iterator[str]:
    cursor.execute(
        "SELECT tgname, pg_get_triggerdef(t.oid), tgenabled::text FROM pg_trigger t "
        "JOIN pg_class c ON c.oid = tgrelid WHERE c.relname = ANY(%s) AND NOT tgisinternal "
        "AND c.relnamespace = current_schema()::regnamespace",
        [list(APPEND_ONLY)],
    )
    rows = cursor.fetchall()
    cursor.execute("SELECT current_schema()")
    schema = cursor.fetchone()[0]
    yield from _compare(
        {name: text.replace("public.", f"{schema}.") for name, text in postgres_triggers().items()},
        {name: text for name, text, _ in rows},
    )
    for name, _, enabled in rows:
        if name in postgres_triggers() and enabled != "A":
            yield f"trigger {name} is switched off"
    cursor.execute(
        "SELECT proname, prosrc FROM pg_proc WHERE proname IN ('ledger_append_only', 'ledger_refused') "
        "AND pronamespace = current_schema()::regnamespace"
    )
    found = dict(cursor.fetchall())
    for name, text in (("ledger_append_only", _GUARD_FUNCTION), ("ledger_refused", _REFUSED_FUNCTION)):
        if name not in found:
            yield f"function {name} is missing"
        elif found[name] != text.split("$body$")[1]:
            yield f"function {name} was altered"
