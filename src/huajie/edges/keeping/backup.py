"""
A back-up: one consistent state of the database, the files, and the erasure record, while everybody goes on working.

    TARGET/erasures.jsonl                   what was erased, for every back-up that lies here
    TARGET/backup-20261125T213000Z/
      manifest.json                         written last: what is in it, hashes, migrations, fingerprints of the keys
      database.sqlite3                      SQLite: a compact copy made in one read transaction
      tables/NAME.copy.gz                   PostgreSQL: every table in COPY's text format, all of one snapshot
      files.jsonl, files/                   HUAJIE_DATA/files, byte for byte; what an earlier back-up holds is linked

Keys are never in it: without them identities and sealed texts can't be read. Sessions are left out: nobody is signed in
after a restore. Writers wait for nothing: both databases read a snapshot.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import psycopg
from django.conf import settings
from django.db import connections
from psycopg import sql

from huajie.apps.ledger.queries import ERASED_MARK
from huajie.edges.keeping import erasures
from huajie.edges.keeping.folders import (
    CHUNK,
    MANIFEST,
    PREFIX,
    KeepingError,
    Part,
    Tell,
    create,
    digest,
    fingerprints,
    newest,
    whole_folder,
    write_json,
    writing,
)

FORMAT = 1
#: Tables of which only the shape is kept: who is signed in now, and which wrong names were tried.
LEFT_OUT = frozenset({"accounts_sign_in", "accounts_unknown_name", "django_session"})
#: Held by the restore itself.
MIGRATIONS = "django_migrations"


@dataclass(slots=True)
class Heads:
    """What the entries come to, read in the order of stream and place."""

    entries: int = 0
    streams: int = 0
    #: stamp of the newest entry
    newest: str | None = None
    erased: list[erasures.Erasure] = field(default_factory=list)
    _hash: Any = field(default_factory=hashlib.sha256)
    _last: tuple[bytes, int, bytes] | None = None

    def add(self, stream: UUID, n: int, leaf_hash: bytes, at: str, body: bytes | None) -> None:
        """Take in the next entry; its body only if it erases."""
        if self._last is not None and self._last[0] != stream.bytes:
            self._end()
        self.entries += 1
        self._last = (stream.bytes, n, leaf_hash)
        if self.newest is None or at > self.newest:
            self.newest = at
        if body is not None:
            self.erased += erasures.erasures_in(stream, n, body)

    def _end(self) -> None:
        assert self._last is not None
        stream, n, leaf_hash = self._last
        self.streams += 1
        self._hash.update(stream + n.to_bytes(8, "big") + leaf_hash)
        self._last = None

    def document(self) -> dict[str, Any]:
        """Return it as it stands in a manifest."""
        if self._last is not None:
            self._end()
        return {
            "entries": self.entries,
            "streams": self.streams,
            "newest": self.newest,
            "heads": self._hash.hexdigest(),
        }


_HEADS_SQLITE = (
    "SELECT stream, n, leaf_hash, at, CASE WHEN instr(body, ?) > 0 THEN body END FROM ledger_entry ORDER BY stream, n"
)
_HEADS_POSTGRES = (
    "SELECT stream, n, leaf_hash, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),"
    " CASE WHEN position(%s::bytea in body) > 0 THEN body END FROM ledger_entry ORDER BY stream, n"
)


def heads_of_sqlite(connection: sqlite3.Connection) -> Heads:
    """Return what the entries of a SQLite database come to."""
    heads = Heads()
    for stream, n, leaf_hash, at, body in connection.execute(_HEADS_SQLITE, (ERASED_MARK,)):
        heads.add(UUID(stream), n, bytes(leaf_hash), _moment(at), body)
    return heads


def heads_of_postgres(connection: psycopg.Connection[Any]) -> Heads:
    """Return what the entries come to in the transaction that is open."""
    heads = Heads()
    with connection.cursor(name="heads", binary=True) as cursor:
        cursor.itersize = 2000
        cursor.execute(_HEADS_POSTGRES, (ERASED_MARK,))
        for stream, n, leaf_hash, at, body in cursor:
            heads.add(stream, n, bytes(leaf_hash), _moment(at), bytes(body) if body is not None else None)
    return heads


def _moment(text: str) -> str:
    # SQLite leaves the fraction out where it is none
    return text if "." in text else f"{text}.000000"


def backup(target: Path, *, now: datetime, version: str, tell: Tell = lambda line: None) -> Path:
    """
    Make a back-up in `target`.

    Args:
        target: a folder, best on another disk; made where it is not there.
        now: aware UTC; names the back-up.
        version: of this program.
        tell: called with lines about progress.
    Returns:
        The back-up's folder.
    Raises:
        KeepingError: another run writes there, or it can't be written.
    """
    data: Path = settings.HUAJIE_DATA
    if target.resolve() == data.resolve() or data.resolve() / "files" in (target.resolve(), *target.resolve().parents):
        raise KeepingError(f"{target}: choose a folder outside of HUAJIE_DATA/files, best on another disk")
    name = f"{PREFIX}{now:%Y%m%dT%H%M%SZ}"
    connection = connections["default"]
    parts: list[Part] = []
    with whole_folder(target, name) as folder:
        earlier = newest(target)
        if connection.vendor == "sqlite":
            counts, heads = _copy_sqlite(Path(str(connection.settings_dict["NAME"])), folder, parts, tell)
        else:
            counts, heads = _copy_postgres(connection, folder, parts, tell)
        # After the snapshot: a file that it names is there by now, or was erased meanwhile, which the record tells.
        copied = copy_files(data / "files", folder, earlier, parts, tell)
        found = heads.document()
        write_json(
            folder,
            MANIFEST,
            {
                "format": FORMAT,
                "version": version,
                "made_at": now.isoformat(),
                "database": connection.vendor,
                "migrations": _migrations(),
                "counts": counts,
                "ledger": found,
                "files": copied,
                "keys": fingerprints(data / "keys"),
                "parts": [part.document() for part in parts],
            },
        )
        erasures.add(target, heads.erased)
    tell(f"{found['entries']} entries, {copied['count']} files")
    return target / name


def _migrations() -> dict[str, list[str]]:
    from django.db.migrations.recorder import MigrationRecorder

    found: dict[str, list[str]] = {}
    for app, step in MigrationRecorder(connections["default"]).applied_migrations():
        found.setdefault(app, []).append(step)
    return {app: sorted(steps) for app, steps in sorted(found.items())}


# SQLite ---------------------------------------------------------------------------------------------------------------


def _copy_sqlite(source: Path, folder: Path, parts: list[Part], tell: Tell) -> tuple[dict[str, int], Heads]:
    copy = folder / "database.sqlite3"
    size = source.stat().st_size
    with _watching(copy, size, tell), contextlib.closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as read:
        # One read transaction: writers go on, and no free page comes along with what was erased.
        read.execute("VACUUM INTO ?", (str(copy),))
    copy.chmod(0o600)
    with contextlib.closing(sqlite3.connect(copy)) as made:
        made.execute("PRAGMA journal_mode=DELETE")
        made.execute("PRAGMA secure_delete=ON")
        for table in LEFT_OUT & set(sqlite_tables(made)):
            made.execute(f"DELETE FROM {table}")  # noqa: S608
        made.commit()
        faults = [row[0] for row in made.execute("PRAGMA quick_check(5)")]
        if faults != ["ok"]:
            raise KeepingError(f"the database is damaged, and so would be its back-up: {'; '.join(faults)}")
        counts = sqlite_counts(made)
        tell(f"{sum(counts.values())} rows copied; reading the ledger")
        heads = heads_of_sqlite(made)
    with copy.open("rb+") as file:
        os.fsync(file.fileno())
    parts.append(Part(copy.name, *digest(copy)))
    return counts, heads


def sqlite_tables(connection: sqlite3.Connection) -> list[str]:
    """Return our tables, without those that hold an index for SQLite itself."""
    rows = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
        "AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
    )
    names = [name for (name,) in rows]
    virtual = [
        name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL%'")
    ]
    return [name for name in names if not any(name.startswith(f"{one}_") for one in virtual)]


def sqlite_counts(connection: sqlite3.Connection) -> dict[str, int]:
    """Return how many rows each table holds."""
    return {
        name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608
        for name in sqlite_tables(connection)
    }


@contextlib.contextmanager
def _watching(copy: Path, size: int, tell: Tell) -> Iterator[None]:
    """Tell now and then how far a copy has come, from a thread of its own: SQLite says nothing itself."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(5):
            with contextlib.suppress(OSError):
                tell(f"{copy.stat().st_size // 1_000_000} of about {size // 1_000_000} MB")

    thread = threading.Thread(target=watch, name="backup-progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


# PostgreSQL -----------------------------------------------------------------------------------------------------------


def postgres_tables(connection: psycopg.Connection[Any]) -> list[str]:
    """Return our tables in the schema that is ours."""
    rows = connection.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace "
        "WHERE s.nspname = current_schema() AND c.relkind = 'r' ORDER BY c.relname"
    ).fetchall()
    return [str(row[0]) for row in rows]


def postgres_columns(connection: psycopg.Connection[Any], table: str) -> list[str]:
    """Return the columns of a table that a row is written with."""
    rows = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped "
        "AND attgenerated = '' ORDER BY attnum",
        (sql.Identifier(table).as_string(connection),),
    ).fetchall()
    return [str(row[0]) for row in rows]


def raw_postgres(connection: Any) -> psycopg.Connection[Any]:
    """Return a connection of our own to the database that Django is set up for, outside of its pool."""
    parameters = {name: value for name, value in connection.get_connection_params().items() if name != "pool"}
    for name in ("cursor_factory", "context", "prepare_threshold"):
        parameters.pop(name, None)
    return cast("psycopg.Connection[Any]", psycopg.connect(**parameters, autocommit=True))


def _copy_postgres(django: Any, folder: Path, parts: list[Part], tell: Tell) -> tuple[dict[str, int], Heads]:
    counts: dict[str, int] = {}
    columns: dict[str, list[str]] = {}
    with contextlib.closing(raw_postgres(django)) as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        tables = [name for name in postgres_tables(connection) if name != MIGRATIONS]
        for number, table in enumerate(tables, 1):
            columns[table] = postgres_columns(connection, table)
            statement = sql.SQL("COPY (SELECT {} FROM {} {}) TO STDOUT").format(
                sql.SQL(", ").join(map(sql.Identifier, columns[table])),
                sql.Identifier(table),
                sql.SQL("WHERE false" if table in LEFT_OUT else ""),
            )
            with (
                writing(folder, f"tables/{table}.copy.gz", parts) as out,
                gzip.GzipFile(filename="", fileobj=out, mode="wb", compresslevel=1, mtime=0) as packed,  # type: ignore[call-overload]
                connection.cursor() as cursor,
            ):
                with cursor.copy(statement) as copy:
                    for block in copy:
                        packed.write(block)
                counts[table] = cursor.rowcount
            tell(f"table {number} of {len(tables)}: {counts[table]} rows of {table}")
        heads = heads_of_postgres(connection)
        connection.execute("COMMIT")
    with writing(folder, "columns.json", parts) as out:
        out.write(json.dumps(columns, indent=1).encode())
    return counts, heads


# Files ----------------------------------------------------------------------------------------------------------------


def walk(folder: Path) -> Iterator[Path]:
    """Yield every file below a folder, relative to it, in the order of names."""
    if not folder.is_dir():
        return
    for path, names, files in os.walk(folder):
        names.sort()
        for file in sorted(files):
            yield (Path(path) / file).relative_to(folder)


def copy_files(
    source: Path,
    folder: Path,
    earlier: Path | None,
    parts: list[Part],
    tell: Tell,
    wanted: Callable[[Path], bool] = lambda path: True,
) -> dict[str, int]:
    """
    Copy a tree of files whose content never changes under its name, and list them with their hashes.

    Args:
        source: the tree; nothing is copied where it is not there.
        folder: what is being written; gets files/ and files.jsonl.
        earlier: a whole back-up whose files are linked where name and size are the same.
        wanted: which files.
    Returns:
        How many files and bytes.
    """
    known = dict(_listed(earlier)) if earlier is not None else {}
    count = size = linked = 0
    with writing(folder, "files.jsonl", parts) as listing:
        # Twice: a file that moves from where it waits to where it is kept may slip by the first walk, not the second.
        for path in chain(walk(source), walk(source)):
            name = path.as_posix()
            target = folder / "files" / path
            if not wanted(path) or target.exists():
                continue
            try:
                part = _link(name, source / path, target, known, earlier) if earlier is not None else None
                linked += part is not None
                part = part or _copy(name, source / path, target)
            except FileNotFoundError:
                # erased since the walk began; the record tells of it
                continue
            count += 1
            size += part.size
            listing.write(json.dumps(part.document(), ensure_ascii=False).encode() + b"\n")
            if count % 1000 == 0:
                tell(f"{count} files")
    return {"count": count, "bytes": size, "linked": linked}


def _listed(backup_folder: Path) -> Iterable[tuple[str, Part]]:
    with (backup_folder / "files.jsonl").open("rb") as file:
        for line in file:
            part = Part(**json.loads(line))
            yield part.name, part


def _link(name: str, path: Path, target: Path, known: dict[str, Part], earlier: Path) -> Part | None:
    part = known.get(name)
    if part is None or path.stat().st_size != part.size:
        return None
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        os.link(earlier / "files" / name, target)
    except OSError:
        # a disk without links, or the earlier one was taken away meanwhile
        return None
    return part


def _copy(name: str, path: Path, target: Path) -> Part:
    found = hashlib.sha256()
    size = 0
    with path.open("rb") as read, create(target) as out:
        while block := read.read(CHUNK):
            found.update(block)
            size += len(block)
            out.write(block)
        out.flush()
        os.fsync(out.fileno())
    return Part(name, size, found.hexdigest())
