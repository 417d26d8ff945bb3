"""
The two databases of the tests: SQLite in a file of its own, or a real PostgreSQL.

The engine is a setting of the process, so one run uses one database (`--db sqlite`, `--db postgres`) and `make test`
runs both. The PostgreSQL is the one that HUAJIE_TEST_DATABASE_URL names; without it we start our own in the temporary
folder and leave it running for the next run. Both keep their durability as in production.
"""

import fcntl
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from scripts.postgres import NoPostgres, Server


def prepare(database: str) -> Path:
    """
    Point the settings at fresh storage; to be called before Django is set up.

    Returns:
        The folder that is HUAJIE_DATA of this run.
    Raises:
        pytest.UsageError: there is no PostgreSQL on this machine; says what to install.
    """
    folder = Path(tempfile.mkdtemp(prefix="huajie-test-"))
    for name in [name for name in os.environ if name.startswith("HUAJIE_") and not name.startswith("HUAJIE_TEST")]:
        if name != "HUAJIE_SHARED":
            del os.environ[name]
    os.environ["HUAJIE_DATA"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "huajie.config.settings"
    if database == "postgres":
        os.environ["HUAJIE_DATABASE_URL"] = os.environ.get("HUAJIE_TEST_DATABASE_URL") or _own_server()
    return folder


def _own_server() -> str:
    folder = Path(tempfile.gettempdir()) / f"huajie-test-postgres-{os.geteuid()}"
    with (folder.parent / f"{folder.name}.lock").open("w") as lock:
        # Two runs that begin together make one server.
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            server = Server(folder)
            if not (folder / "port").exists():
                server.make()
            if not server.running():
                server.start()
        except NoPostgres as error:
            raise pytest.UsageError(str(error)) from None
    return server.url()


def name_test_database(settings: dict[str, Any], folder: Path) -> None:
    """Give this run's test database a name that no other run uses; on SQLite the one that HUAJIE_DATA means."""
    if settings["ENGINE"] == "huajie.config.sqlite":
        test = {"NAME": str(folder / "huajie.sqlite3")}
    else:
        test = {"NAME": f"huajie_test_{os.getpid()}"}
    settings.setdefault("TEST", {}).update(test)


def child_environment() -> dict[str, str]:
    """Return the environment in which another process works on this run's test database, as on a real one."""
    from django.db import connection

    found = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    if connection.vendor == "postgresql":
        server, _, _ = os.environ["HUAJIE_DATABASE_URL"].rpartition("/")
        found["HUAJIE_DATABASE_URL"] = f"{server}/{connection.settings_dict['NAME']}"
    return found


def forget_entries() -> None:
    """Empty the append-only tables after a test that committed: nothing but a test may."""
    from django.db import connection

    from huajie.apps.ledger import triggers

    triggers.remove_triggers()
    with connection.cursor() as cursor:
        for table in triggers.APPEND_ONLY:
            cursor.execute(f"DELETE FROM {table}")
    triggers.install_triggers()
