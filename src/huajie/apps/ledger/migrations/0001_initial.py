"""The ledger's tables. Those of entries and documents are written out, because nothing may ever alter them."""

from typing import Any

from django.db import migrations, models

POSTGRES = """
CREATE TABLE ledger_entry (
    stream uuid NOT NULL,
    n integer NOT NULL CHECK (n > 0),
    kind text NOT NULL,
    at timestamptz NOT NULL,
    body bytea NOT NULL,
    leaf bytea NOT NULL,
    leaf_hash bytea NOT NULL CHECK (length(leaf_hash) = 32),
    mac bytea NOT NULL CHECK (length(mac) = 32),
    PRIMARY KEY (stream, n)
);
CREATE TABLE ledger_document (
    hash text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('pack', 'calendar')),
    content bytea NOT NULL,
    first_at timestamptz NOT NULL
);
"""

# With a rowid: entries are large, and WITHOUT ROWID measured four times slower to write and three times the size.
SQLITE = """
CREATE TABLE ledger_entry (
    stream char(32) NOT NULL,
    n integer NOT NULL CHECK (n > 0),
    kind text NOT NULL,
    at datetime NOT NULL,
    body blob NOT NULL,
    leaf blob NOT NULL,
    leaf_hash blob NOT NULL CHECK (length(leaf_hash) = 32),
    mac blob NOT NULL CHECK (length(mac) = 32),
    PRIMARY KEY (stream, n)
);
CREATE TABLE ledger_document (
    hash text NOT NULL PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('pack', 'calendar')),
    content blob NOT NULL,
    first_at datetime NOT NULL
);
"""


def make_tables(apps: Any, schema_editor: Any) -> None:
    """Make the two append-only tables, each database in its own words."""
    text = SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRES
    for statement in text.split(";\n"):
        if statement.strip():
            schema_editor.execute(statement, params=None)


def install(apps: Any, schema_editor: Any) -> None:
    """Put the triggers on them at once: post_migrate comes only after all other migrations."""
    from huajie.apps.ledger.triggers import install_triggers

    install_triggers(schema_editor.connection.alias)


class Migration(migrations.Migration):
    """Everything the ledger stores."""

    initial = True
    dependencies: list[tuple[str, str]] = []

    operations = [
        migrations.CreateModel(
            name="Entry",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "stream", "n", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("stream", models.UUIDField()),
                ("n", models.IntegerField()),
                ("kind", models.TextField()),
                ("at", models.DateTimeField()),
                ("body", models.BinaryField()),
                ("leaf", models.BinaryField()),
                ("leaf_hash", models.BinaryField()),
                ("mac", models.BinaryField()),
            ],
            options={"db_table": "ledger_entry", "managed": False},
        ),
        migrations.CreateModel(
            name="Document",
            fields=[
                ("hash", models.TextField(primary_key=True, serialize=False)),
                ("kind", models.TextField()),
                ("content", models.BinaryField()),
                ("first_at", models.DateTimeField()),
            ],
            options={"db_table": "ledger_document", "managed": False},
        ),
        migrations.CreateModel(
            name="Opening",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "stream", "n", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("stream", models.UUIDField()),
                ("n", models.IntegerField()),
                ("seed", models.BinaryField(null=True)),
                ("openings", models.JSONField(null=True)),
            ],
            options={"db_table": "ledger_opening"},
        ),
        migrations.CreateModel(
            name="Idempotency",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "scope", "key", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("scope", models.TextField()),
                ("key", models.TextField()),
                ("request_hash", models.TextField()),
                ("stream", models.UUIDField()),
                ("n", models.IntegerField()),
                ("at", models.DateTimeField(db_index=True)),
            ],
            options={"db_table": "ledger_idempotency"},
        ),
        migrations.CreateModel(
            name="Followup",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("kind", models.TextField()),
                ("stream", models.UUIDField()),
                ("n", models.IntegerField()),
                ("follower", models.TextField()),
                ("run_after", models.DateTimeField()),
                ("attempts", models.IntegerField(default=0)),
                ("state", models.TextField(choices=[("waiting", "Waiting"), ("failed", "Failed")])),
                ("last_error", models.TextField(blank=True, default="")),
            ],
            options={
                "db_table": "ledger_followup",
                "indexes": [models.Index(fields=["state", "run_after"], name="ledger_followup_due")],
            },
        ),
        migrations.RunPython(make_tables, migrations.RunPython.noop),
        migrations.RunPython(install, migrations.RunPython.noop),
    ]
