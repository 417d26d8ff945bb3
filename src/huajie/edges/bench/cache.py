"""The databases of the measurements: made once, kept under var/bench, made anew when what shapes them changes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

_SOURCE = Path(__file__).resolve().parents[2]

#: What shapes the rows. A change in any of these makes the caches anew; other changes don't.
_SHAPES = (
    "apps/*/migrations/*.py",
    "apps/matters/projection.py",
    "apps/matters/search.py",
    "apps/supervision/cases.py",
    "core/ledger/*.py",
    "core/procedure/state.py",
    "edges/bench/county.py",
    "edges/bench/data.py",
)


def key() -> str:
    """Return the version of schema and generator: 10 hex digits."""
    digest = hashlib.sha256()
    for pattern in _SHAPES:
        for path in sorted(_SOURCE.glob(pattern)):
            digest.update(path.relative_to(_SOURCE).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:10]


def folder_of(root: Path, database: str, size: int) -> Path:
    """Return HUAJIE_DATA of one set of data."""
    return root / f"{database}-{size}"


def database_name(size: int) -> str:
    """Return the name of the PostgreSQL database of one set of data."""
    return f"huajie_bench_{size}"


def is_made(folder: Path) -> bool:
    """Whether the folder holds a whole set of data of this version."""
    try:
        return bool(json.loads((folder / "made.json").read_text())["key"] == key())
    except (OSError, ValueError, KeyError):
        return False


def clear(folder: Path, database: str, size: int, server: str | None) -> None:
    """Throw away what an older version has left."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if database == "postgres":
        import psycopg

        assert server is not None
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{database_name(size)}" WITH (FORCE)'.encode())
            connection.execute(f'CREATE DATABASE "{database_name(size)}"'.encode())


def warm(say: Callable[[str], None]) -> None:
    """
    Read the whole database of this process once: a server that has run for a day has done so.

    Kept data is cold, data just made is not; what is measured must not depend on which it is.

    Args:
        say: takes a line where the server does not let us.
    """
    from django.conf import settings
    from django.db import DatabaseError, connection

    if connection.vendor == "sqlite":
        with Path(settings.DATABASES["default"]["NAME"]).open("rb") as file:
            while file.read(1 << 24):
                pass
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_prewarm")
            cursor.execute(
                "SELECT count(pg_prewarm(c.oid::regclass)) FROM pg_class c"
                " WHERE c.relkind IN ('r', 'i', 't')"
                " AND c.relnamespace::regnamespace::text IN (current_schema(), 'pg_toast')"
            )
    except DatabaseError as error:
        say(f"not read beforehand: {error}")


def make(size: int, folder: Path, *, password: str, say: Callable[[str], None]) -> None:
    """
    Fill the empty database of this process.

    Args:
        size: matters.
        folder: HUAJIE_DATA of this process.
        say: takes lines of progress.
    """
    from django.core.management import call_command
    from django.db import connection

    from huajie.apps.supervision import cases
    from huajie.edges.bench import county, data

    call_command("migrate", interactive=False, verbosity=0)
    seats = county.actors(county.found(data.FIRST_AT, password=password), data.FIRST_AT)
    started = time.perf_counter()
    entries = data.load(size, seats, progress=lambda done: say(f"{done} of {size} matters"))
    seconds = time.perf_counter() - started
    refreshing = time.perf_counter()
    rows = 0
    # what the worker does beside them in life
    while done := cases.refresh(limit=2000):
        rows += done
        if rows % 20_000 == 0:
            say(f"{rows} of {size} matters on the board")
    refreshed = time.perf_counter() - refreshing
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM ANALYZE")  # what its own daemon would do within minutes
        else:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    made = {
        "key": key(),
        "matters": size,
        "entries": entries,
        "seconds": round(seconds, 1),
        "entries_a_second": round(entries / seconds),
        "rows_a_second": round(rows / refreshed),
        "cpus": os.cpu_count(),
    }
    (folder / "made.json").write_text(json.dumps(made))
    say(f"{entries} entries in {seconds:.0f} s, {entries / seconds:.0f} a second")
    say(f"{rows} rows of the board in {refreshed:.0f} s, {rows / refreshed:.0f} a second")
