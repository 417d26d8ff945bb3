"""
An empty machine becomes what it was: checks, puts back, compares, and erases again what was erased since.

Before anything is written: the back-up is whole (manifest, sizes, hashes), the keys in HUAJIE_DATA/keys are those that
it was made under, this program knows every migration it had, and the target is empty.

SQLite is put together under a hidden name and gets its own by a rename at the very end; on PostgreSQL a table of ours,
`keeping_restoring`, stands from the first to the last statement. While either stands nothing serves or migrates
(`config/restoring.py`), so a restore that was killed is never taken for a whole one; the next one begins anew.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from huajie.config.restoring import MARKER, STAGING
from huajie.edges.keeping.folders import (
    CHUNK,
    KeepingError,
    Tell,
    create,
    digest,
    fingerprints,
    sync_folder,
    sync_tree,
)

#: Keys without which a back-up can be restored: whoever was signed in has to sign in again, no more.
NOT_NEEDED = frozenset({"secret.key"})


@dataclass(frozen=True, slots=True)
class Source:
    """A back-up that was found whole."""

    folder: Path
    manifest: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of it."""

    entries: int
    files: int
    #: erasures of the record that the back-up had brought back, and that were done again
    erased_again: int
    #: erasure records that were read
    records: tuple[Path, ...]


# Before Django: nothing here makes a key or a table ------------------------------------------------------------------


def find(source: Path) -> Path:
    """
    Return the folder of a back-up: the one given, or the newest in a folder of them.

    Raises:
        KeepingError: there is none.
    """
    if (source / "manifest.json").is_file():
        return source
    if source.name.startswith(".partial-"):
        raise KeepingError(f"{source}: this back-up was cut off and is not whole; take another")
    found = sorted(path.parent for path in source.glob("backup-*/manifest.json"))
    if not found:
        raise KeepingError(f"{source}: there is no whole back-up here (no manifest.json)")
    return found[-1]


def check(folder: Path, tell: Tell = lambda line: None) -> Source:
    """
    Read a back-up whole and compare it with its manifest.

    Raises:
        KeepingError: naming every part that is missing or differs.
    """
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        parts = list(manifest["parts"])
        if manifest["format"] != 1:
            raise KeepingError(f"{folder}: its format is {manifest['format']}, this version reads 1; take a newer one")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise KeepingError(f"{folder}/manifest.json: can't be read ({type(error).__name__})") from None
    wrong = []
    for number, part in enumerate(parts, 1):
        wrong += _differs(folder, part)
        tell(f"checked {number} of {len(parts)} parts")
    count = 0
    if not any(fault.startswith("files.jsonl") for fault in wrong):
        for part in _files(folder):
            wrong += _differs(folder / "files", part)
            count += 1
            if count % 1000 == 0:
                tell(f"checked {count} files")
        if count != manifest["files"]["count"]:
            wrong.append(f"files.jsonl: {count} files instead of {manifest['files']['count']}")
    if wrong:
        more = f" and {len(wrong) - 10} more" if len(wrong) > 10 else ""
        raise KeepingError(f"{folder}: damaged: {'; '.join(wrong[:10])}{more}; take another back-up")
    return Source(folder, manifest)


def _files(folder: Path) -> Iterator[dict[str, Any]]:
    with (folder / "files.jsonl").open("rb") as file:
        for line in file:
            yield json.loads(line)


def _differs(folder: Path, part: Mapping[str, Any]) -> list[str]:
    name = str(part["name"])
    path = folder / name
    if Path(name).is_absolute() or ".." in Path(name).parts:
        return [f"{name}: a name that leads out of the back-up"]
    try:
        size, found = digest(path)
    except OSError as error:
        return [f"{name}: {error.strerror}"]
    if size != part["size"]:
        return [f"{name}: {size} bytes instead of {part['size']}"]
    return [] if found == part["sha256"] else [f"{name}: its content is not what was written"]


def check_keys(source: Source, keys: Path) -> None:
    """
    Refuse keys that are not those of the back-up.

    Raises:
        KeepingError: none are there, or others.
    """
    if not keys.is_dir():
        raise KeepingError(
            f"{keys}: there are no keys, and a back-up never holds them; "
            "bring them first: huajie keys import FILE, or put the folder back"
        )
    here = set(fingerprints(keys).values())
    missing = [name for name, mark in source.manifest["keys"].items() if name not in NOT_NEEDED and mark not in here]
    if missing:
        raise KeepingError(
            f"{keys}: {', '.join(missing)}: not the keys that this back-up was made under; "
            "move the folder away and bring those: huajie keys import FILE"
        )


def check_empty(data: Path) -> None:
    """
    Refuse a folder that holds something.

    Raises:
        KeepingError: naming it.
    """
    if (data / STAGING).exists():
        # An earlier restore was cut off. It began with an empty folder, so what lies here is its own.
        shutil.rmtree(data / "files", ignore_errors=True)
        shutil.rmtree(data / STAGING)
    left = [path for path in (data / "huajie.sqlite3", data / "files") if path.is_file() or _holds_files(path)]
    if left:
        raise KeepingError(
            f"{', '.join(map(str, left))}: there is something already, and a restore overwrites nothing; "
            "choose another HUAJIE_DATA, or move it away"
        )


def _holds_files(folder: Path) -> bool:
    return any(files for _, _, files in os.walk(folder))


# With Django ----------------------------------------------------------------------------------------------------------


def check_version(source: Source, vendor: str) -> None:
    """
    Refuse a back-up of another kind of database or of a newer program.

    Raises:
        KeepingError: saying which program or setting is needed.
    """
    from django.db.migrations.loader import MigrationLoader

    manifest = source.manifest
    if manifest["database"] != vendor:
        need = "leave HUAJIE_DATABASE_URL empty" if manifest["database"] == "sqlite" else "set HUAJIE_DATABASE_URL"
        raise KeepingError(f"{source.folder}: a back-up of {manifest['database']}, this is {vendor}; {need}")
    known = set(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)
    unknown = [
        f"{app}.{step}" for app, steps in manifest["migrations"].items() for step in steps if (app, step) not in known
    ]
    if unknown:
        raise KeepingError(
            f"{source.folder}: made by version {manifest['version']}, which is newer than this one "
            f"({unknown[0]} is unknown here); install that version or a later one, then restore"
        )


def restore(source: Source, data: Path, records: Iterable[Path], *, now: datetime, tell: Tell) -> Restored:
    """
    Put a back-up in place. `check`, `check_keys` and `check_empty` came before; Django is set up, nothing was read.

    Args:
        data: HUAJIE_DATA.
        records: erasure records to apply again, besides the one beside the back-up and the one in HUAJIE_BACKUPS.
    Raises:
        KeepingError: whatever stands against it; nothing is then in place.
    """
    from django.conf import settings
    from django.db import connections

    from huajie.edges.keeping import erasures

    connection = connections["default"]
    check_version(source, connection.vendor)
    places = [*records, source.folder.parent / erasures.NAME]
    if settings.HUAJIE_BACKUPS is not None:
        places.append(settings.HUAJIE_BACKUPS / erasures.NAME)
    given = list(dict.fromkeys(path.resolve() for path in places if path.is_file()))
    for path in records:
        if not path.is_file():
            raise KeepingError(f"{path}: there is no such erasure record")
    # read before anything is written: a line that is not ours is refused now
    record = sorted({one for path in given for one in erasures.read(path, key=settings.HUAJIE_KEYS["record"])})
    staging = data / STAGING
    staging.mkdir(mode=0o700, parents=True)
    sync_folder(data)
    try:
        # In place from the beginning, so that what follows an erasure finds them; what stands in STAGING undoes it.
        files = _put_files(source, data / "files", tell)
        if connection.vendor == "sqlite":
            database = staging / "huajie.sqlite3"
            with _elsewhere(connection, database):
                _put_sqlite(source, database)
                again = _make_current(record, now=now, tell=tell)
            sync_tree(data)
            database.rename(data / "huajie.sqlite3")
            sync_folder(data)
        else:
            with _marked(connection):
                _put_postgres(source, connection, tell)
                again = _make_current(record, now=now, tell=tell)
                sync_tree(data)
    except BaseException:
        connection.close()
        shutil.rmtree(data / "files", ignore_errors=True)
        raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return Restored(source.manifest["ledger"]["entries"], files, again, tuple(given))


def _put_files(source: Source, target: Path, tell: Tell) -> int:
    count = 0
    for part in _files(source.folder):
        name = part["name"]
        found = hashlib.sha256()
        # copied, never linked: a back-up and what runs must not share a disk block
        with (source.folder / "files" / name).open("rb") as read, create(target / name) as out:
            while block := read.read(CHUNK):
                found.update(block)
                out.write(block)
            out.flush()
            os.fsync(out.fileno())
        if found.hexdigest() != part["sha256"]:
            raise KeepingError(f"files/{name}: changed while it was being restored")
        count += 1
        if count % 1000 == 0:
            tell(f"{count} files put back")
    return count


@contextlib.contextmanager
def _elsewhere(connection: Any, path: Path) -> Iterator[None]:
    """Let Django work on the database that is not in place yet."""
    connection.close()
    kept = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = str(path)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = kept


def _put_sqlite(source: Source, target: Path) -> None:
    from huajie.edges.keeping.backup import heads_of_sqlite, sqlite_counts

    with (source.folder / "database.sqlite3").open("rb") as read, create(target) as out:
        while block := read.read(CHUNK):
            out.write(block)
        out.flush()
        os.fsync(out.fileno())
    with contextlib.closing(sqlite3.connect(target)) as made:
        _compare(source, sqlite_counts(made), heads_of_sqlite(made).document())


def _compare(source: Source, counts: Mapping[str, int], heads: Mapping[str, Any]) -> None:
    expected = source.manifest["counts"]
    wrong = [
        f"{name}: {counts.get(name)} rows instead of {number}"
        for name, number in expected.items()
        if counts.get(name) != number
    ]
    wrong += [
        f"{name}: {heads[name]} instead of {value}"
        for name, value in source.manifest["ledger"].items()
        if heads[name] != value
    ]
    if wrong:
        raise KeepingError(f"what was put back is not what was backed up: {'; '.join(wrong[:10])}")


@contextlib.contextmanager
def _marked(connection: Any) -> Iterator[None]:
    """Keep everybody off a PostgreSQL database until it is whole; refuse one that holds something."""
    from huajie.edges.keeping.backup import postgres_tables, raw_postgres

    with contextlib.closing(raw_postgres(connection)) as raw:
        tables = postgres_tables(raw)
        if tables:
            again = "an earlier restore was cut off here" if MARKER in tables else "there is something already"
            raise KeepingError(
                f"HUAJIE_DATABASE_URL: {again}, and a restore overwrites nothing; "
                "name an empty database, or drop this one and create it again"
            )
        raw.execute(sql.SQL("CREATE TABLE {} (since timestamptz DEFAULT now())").format(sql.Identifier(MARKER)))
        yield
        raw.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(MARKER)))


def _put_postgres(source: Source, connection: Any, tell: Tell) -> None:
    """Make the tables as they were in the backed-up version, then fill them in one transaction."""
    from django.db.migrations.executor import MigrationExecutor

    from huajie.apps.ledger.triggers import APPEND_ONLY
    from huajie.edges.keeping.backup import heads_of_postgres, postgres_tables, raw_postgres

    executor = MigrationExecutor(connection)
    applied = {(app, step) for app, steps in source.manifest["migrations"].items() for step in steps}
    # the newest of what it had, app by app: those that nothing else of it builds upon
    targets = [
        node
        for node in applied
        if not any(
            child.key in applied and child.key[0] == node[0] for child in executor.loader.graph.node_map[node].children
        )
    ]
    executor.migrate(sorted(targets))
    columns = json.loads((source.folder / "columns.json").read_text())
    counts: dict[str, int] = {}
    with contextlib.closing(raw_postgres(connection)) as raw:
        with raw.transaction():
            raw.execute("SET CONSTRAINTS ALL DEFERRED")
            there = set(postgres_tables(raw))
            missing = [table for table in columns if table not in there]
            if missing:
                raise KeepingError(f"{', '.join(missing)}: no migration that the back-up names makes this table")
            for table in columns:
                # what the migrations themselves put in comes back with the rest
                if table not in APPEND_ONLY:
                    raw.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
            for number, (table, names) in enumerate(columns.items(), 1):
                counts[table] = _fill(raw, source, table, names)
                tell(f"table {number} of {len(columns)}: {counts[table]} rows of {table}")
                _set_sequences(raw, table)
        with raw.transaction():
            heads = heads_of_postgres(raw).document()
        _compare(source, counts, heads)
        raw.execute("ANALYZE")


def _fill(raw: psycopg.Connection[Any], source: Source, table: str, names: list[str]) -> int:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    with gzip.open(source.folder / "tables" / f"{table}.copy.gz", "rb") as packed, raw.cursor() as cursor:
        with cursor.copy(statement) as copy:
            while block := packed.read(CHUNK):
                copy.write(block)
        return cursor.rowcount


def _set_sequences(raw: psycopg.Connection[Any], table: str) -> None:
    rows = raw.execute(
        "SELECT attname, pg_get_serial_sequence(%s, attname) FROM pg_attribute "
        "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
        (sql.Identifier(table).as_string(raw), sql.Identifier(table).as_string(raw)),
    ).fetchall()
    for column, sequence in rows:
        if sequence is not None:
            raw.execute(
                sql.SQL("SELECT setval({}, coalesce((SELECT max({}) FROM {}), 0) + 1, false)").format(
                    sql.Literal(sequence), sql.Identifier(column), sql.Identifier(table)
                )
            )


def _make_current(record: Iterable[Any], *, now: datetime, tell: Tell) -> int:
    """Bring what was put back to this version, and erase again what the record tells of."""
    from django.core.management import call_command

    from huajie.apps.ledger.queries import record_key_fits
    from huajie.config.durability import require_durable

    call_command("migrate", interactive=False, verbosity=0)
    require_durable()
    if not record_key_fits():
        raise KeepingError("record.key: the newest entry was not marked under it; bring the keys of this back-up")
    return erase_again(record, now=now, tell=tell)


def erase_again(record: Iterable[Any], *, now: datetime, tell: Tell) -> int:
    """
    Erase what a record tells of and the database still has, each by an entry, and take its bytes out of the files.

    An erasure whose entry the stream holds came before the back-up and is in it. A matter that came after the back-up
    is not there at all.

    Returns:
        How many erasures were done again.
    """
    from huajie.apps.matters import loading
    from huajie.apps.matters.operations import Order, act
    from huajie.core.access import SYSTEM
    from huajie.core.procedure import ERASED_AGAIN, Refused

    done = 0
    for erasure in record:
        tip = loading.load(erasure.stream, using="default")
        if tip is None or tip.n >= erasure.n:
            continue
        order = Order(act=ERASED_AGAIN, inputs={"names": list(erasure.names), "erased_at": erasure.at})
        try:
            act(erasure.stream, order, actor=SYSTEM, now=now)
        except Refused as refusal:
            if {unmet.code for unmet in refusal.unmet} != {"unchanged"}:
                raise KeepingError(f"an erasure of {erasure.at} can't be done again: {refusal}") from refusal
            continue
        done += 1
        if done % 100 == 0:
            tell(f"{done} erasures done again")
    if done:
        _follow_erasures(tell)
    return done


def _follow_erasures(tell: Tell) -> None:
    """Do at once what follows an erasure, so that nothing erased waits for a worker in the files."""
    from huajie.apps.ledger.operations import ERASING, settle_followups

    tell("taking what was erased out of the files of the database")
    failed = settle_followups(ERASING)
    if failed:
        raise KeepingError(f"what follows an erasure failed: {failed[0]}")
