"""`huajie migrate`: bring the database to this version."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
from collections.abc import Iterator

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from huajie.config.durability import require_durable
from huajie.config.errors import SettingError
from huajie.config.restoring import require_restored


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if something is to be done")


def run(args: argparse.Namespace) -> int:
    """Migrate, or say what a migration would do."""
    missing = pending()
    if args.check:
        print("\n".join(missing) if missing else "The database is at this version.")
        return 1 if missing else 0
    migrate()
    print(f"{len(missing)} steps done." if missing else "The database was at this version.")
    return 0


def pending() -> list[str]:
    """Return what is to be done to bring the database to this version, as `app.step`."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{step.app_label}.{step.name}" for step, _ in plan]


def migrate() -> None:
    """
    Bring the database to this version; the ledger puts its triggers back after every migration.

    Raises:
        SettingError: an acknowledged write could be lost on this database.
    """
    require_restored(settings.HUAJIE_DATA)
    with _alone():
        call_command("migrate", interactive=False, verbosity=0)
    require_durable()


def migrate_if_empty() -> None:
    """
    Migrate a database that nobody has used yet; leave one of another version alone.

    Raises:
        SettingError: the database is of an older version.
    """
    require_restored(settings.HUAJIE_DATA)
    missing = pending()
    if not missing:
        return
    if MigrationRecorder(connection).has_table() and MigrationRecorder(connection).applied_migrations():
        name = "HUAJIE_DATABASE_URL" if connection.vendor == "postgresql" else "HUAJIE_DATA"
        raise SettingError(
            f"{name}: this database is of an older version ({missing[0]} is missing); run huajie migrate"
        )
    migrate()


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Keep two commands of this machine from migrating at the same time; the second finds the work done."""
    with (settings.HUAJIE_DATA / "migrate.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
