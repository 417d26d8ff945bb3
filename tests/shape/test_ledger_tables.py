"""The tables of the ledger are made once: no migration alters them, nothing points into them, they point nowhere."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.apps import apps
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader

pytestmark = pytest.mark.accept("K11")

#: Making a table or putting its triggers back changes no entry.
ALLOWED = (migrations.CreateModel, migrations.AddIndex)

#: Work lists beside the entries; they are emptied and may be altered.
BESIDE = {"followup", "idempotency"}


def faults(app: str, operations: list[Any]) -> list[str]:
    """Return what a migration does to the ledger beyond making it."""
    found = []
    for operation in operations:
        sql = " ".join(str(part) for part in (getattr(operation, "sql", ""), getattr(operation, "reverse_sql", "")))
        touches = re.search(
            r"(alter|drop|update|delete|truncate)\W+(table\s+|from\s+)?\W*ledger_(?!followup|idempotency)", sql, re.I
        )
        model = str(getattr(operation, "model_name", None) or getattr(operation, "name", "") or "").lower()
        if touches:
            found.append(f"{app}: {operation!r}")
        elif app == "ledger" and model not in BESIDE and not isinstance(operation, ALLOWED):
            if isinstance(operation, (migrations.RunPython, migrations.RunSQL)) and not touches:
                continue
            found.append(f"{app}: {operation!r}")
    return found


def test_no_migration_alters_the_ledger() -> None:
    disk = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    assert any(app == "ledger" for app, _ in disk)
    found = [fault for (app, _), migration in disk.items() for fault in faults(app, migration.operations)]
    assert not found


@pytest.mark.parametrize(
    ("app", "operation"),
    [
        ("ledger", migrations.AddField("entry", "note", models.TextField(default=""))),
        ("ledger", migrations.AlterField("entry", "body", models.TextField())),
        ("ledger", migrations.RemoveField("opening", "seed")),
        ("ledger", migrations.DeleteModel("Entry")),
        ("ledger", migrations.RenameModel("Entry", "Record")),
        ("matters", migrations.RunSQL("ALTER TABLE ledger_entry ADD COLUMN note text")),
        ("matters", migrations.RunSQL("DELETE FROM ledger_entry")),
        ("matters", migrations.RunSQL('UPDATE "ledger_entry" SET kind = 1')),
    ],
)
def test_a_planted_alteration_is_found(app: str, operation: Any) -> None:
    assert faults(app, [operation])


def test_the_ledger_has_no_foreign_keys() -> None:
    ledger = list(apps.get_app_config("ledger").get_models())
    assert ledger
    assert not [
        f"{model.__name__}.{field.name}" for model in ledger for field in model._meta.get_fields() if field.is_relation
    ]
