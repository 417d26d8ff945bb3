"""
Everything as JSONL and files, with its dictionary: for another system, an archive, an inspection.

    TARGET/export-20261125T213000Z/
      manifest.json       counts and hashes
      dictionary.json     every file and field: type, meaning in two languages; what was left out and why
      NAME.jsonl          one table, one object a line
      files.jsonl, files/ attachments as they lie on the disk

Read in one transaction, row by row: memory does not grow with the rows. Passwords, tokens and keys are never in
it. What the vault holds comes only when asked for, with a purpose; each matter concerned gets an entry first, which its
resident sees.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from django.apps import apps
from django.conf import settings
from django.db import connections, models

from huajie.edges.keeping.backup import copy_files, raw_postgres
from huajie.edges.keeping.folders import KeepingError, Part, Tell, whole_folder, write_json, writing

FORMAT = 1
_DICTIONARY = Path(__file__).with_name("dictionary.yaml")
#: Why identities may leave: code -> words.
PURPOSES: Mapping[str, Mapping[str, str]] = {
    "move": {"zh": "迁移到另一系统", "en": "to move to another system"},
    "archive": {"zh": "依法移交档案", "en": "to hand over to an archive by law"},
    "inspection": {"zh": "依法接受检查", "en": "for an inspection by law"},
    "authority": {"zh": "依法移交有权机关", "en": "to hand over to an authority by law"},
}

_TYPES: tuple[tuple[type[models.Field[Any, Any]], str], ...] = (
    (models.UUIDField, "uuid"),
    (models.DateTimeField, "moment"),
    (models.DateField, "date"),
    (models.BinaryField, "base64"),
    (models.BooleanField, "boolean"),
    (models.JSONField, "json"),
    (models.FloatField, "number"),
    (models.IntegerField, "integer"),
    (models.ForeignKey, "key"),
)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a line."""

    name: str
    #: uuid, moment, date, base64, boolean, json, number, integer, key, text or unsealed
    type: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table as it is exported."""

    name: str
    zh: str
    en: str
    fields: tuple[Field, ...]
    #: columns that find a row, in the order of the file
    order: tuple[str, ...]
    #: whether it comes only with identities
    identity: bool


@cache
def _written() -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.safe_load(_DICTIONARY.read_text(encoding="utf-8"))
    return found


def our_models() -> dict[str, type[models.Model]]:
    """Return the models of this project by their table."""
    return {
        model._meta.db_table: model
        for model in apps.get_models(include_auto_created=True)
        if model.__module__.startswith("huajie.")
    }


def _columns(model: type[models.Model]) -> dict[str, str]:
    found = {}
    for field in model._meta.local_fields:
        if field.column:
            found[field.column] = next((name for kind, name in _TYPES if isinstance(field, kind)), "text")
    return found


def _order(model: type[models.Model]) -> tuple[str, ...]:
    key = model._meta.pk
    names = getattr(key, "field_names", None)
    return tuple(names) if names else (key.column,)


def undescribed() -> list[str]:
    """Return what the dictionary does not say, or says of what is not there: empty where it is complete."""
    said, common = _written()["tables"], _written()["columns"]
    left_out = _written()["left_out"]
    faults = []
    found = our_models()
    for name, model in sorted(found.items()):
        if name in left_out:
            continue
        if name not in said:
            faults.append(f"{name}: neither under tables nor under left_out")
            continue
        own = said[name].get("columns") or {}
        columns = _columns(model)
        faults += [f"{name}.{column}: no meaning" for column in columns if column not in own and column not in common]
        faults += [f"{name}.{column}: there is no such column" for column in own if column not in columns]
    faults += [f"{name}: there is no such table" for name in (*said, *left_out) if name not in found]
    for place, words in _words():
        faults += [f"{place}: no {language}" for language in ("zh", "en") if not str(words.get(language) or "").strip()]
    return faults


def _words() -> Iterator[tuple[str, Mapping[str, Any]]]:
    written = _written()
    for part in ("columns", "left_out", "tables"):
        for name, words in written[part].items():
            yield f"{part}.{name}", words
            for column, more in (words.get("columns") or {}).items():
                yield f"{part}.{name}.{column}", more


def tables(*, identities: bool) -> list[Table]:
    """
    Return what is exported. A table or column that nobody has described is left out: it might be a secret.

    Args:
        identities: with what the vault holds.
    """
    said, common = _written()["tables"], _written()["columns"]
    found = []
    for name, model in sorted(our_models().items()):
        words = said.get(name)
        if words is None or words.get("part") == "secret" or (words.get("part") == "identity" and not identities):
            continue
        own = words.get("columns") or {}
        fields = []
        for column, kind in _columns(model).items():
            line = own.get(column) or common.get(column)
            if line is None or line.get("part") == "secret" or (line.get("part") == "identity" and not identities):
                continue
            fields.append(Field(column, line.get("type", kind), line["zh"], line["en"]))
        order = tuple(column for column in _order(model))
        found.append(Table(name, words["zh"], words["en"], tuple(fields), order, words.get("part") == "identity"))
    return found


def dictionary(*, identities: bool) -> dict[str, Any]:
    """Return the data dictionary as it is written beside the data."""
    chosen = tables(identities=identities)
    names = {table.name for table in chosen}
    left: dict[str, Any] = {
        name: {"zh": words["zh"], "en": words["en"]} for name, words in _written()["left_out"].items()
    }
    for name, words in _written()["tables"].items():
        if name not in names:
            left[name] = {"zh": words["zh"], "en": words["en"], "part": words["part"]}
        for column, line in (words.get("columns") or {}).items():
            if line.get("part") == "secret" or (line.get("part") == "identity" and not identities):
                left[f"{name}.{column}"] = {"zh": line["zh"], "en": line["en"], "part": line["part"]}
    return {
        "format": FORMAT,
        "types": {
            "uuid": "8-4-4-4-12 hex digits",
            "moment": "YYYY-MM-DDTHH:MM:SS.ffffffZ, UTC",
            "date": "YYYY-MM-DD",
            "base64": "bytes, base64",
            "json": "the value itself, not a string of it",
            "unsealed": "a value out of the vault: a string, or the object that was given",
            "key": "the id of a line in another file",
        },
        "files": {
            f"{table.name}.jsonl": {
                "zh": table.zh,
                "en": table.en,
                "order": list(table.order),
                "fields": [{"name": f.name, "type": f.type, "zh": f.zh, "en": f.en} for f in table.fields],
            }
            for table in chosen
        },
        "left_out": dict(sorted(left.items())),
    }


def export(
    target: Path, *, now: datetime, version: str, purpose: str | None = None, tell: Tell = lambda line: None
) -> Path:
    """
    Write everything.

    Args:
        target: a folder; the export gets a folder of its own in it.
        now: aware UTC.
        purpose: one of PURPOSES: with identities, for that; None: without.
    Returns:
        The export's folder.
    Raises:
        KeepingError: it can't be written, or identities are asked for without such a purpose.
    """
    if purpose is not None:
        if purpose not in PURPOSES:
            raise KeepingError(f"purpose: one of {', '.join(PURPOSES)}")
        told = record(purpose, now=now)
        tell(f"{told} matters have it on record that their identities were exported")
    counts: dict[str, int] = {}
    parts: list[Part] = []
    with whole_folder(target, f"export-{now:%Y%m%dT%H%M%SZ}") as folder:
        with _reading() as read:
            unseal = _unsealer(read) if purpose is not None else None
            for table in tables(identities=purpose is not None):
                with writing(folder, f"{table.name}.jsonl", parts) as out:
                    counts[table.name] = 0
                    for line in lines(table, read, unseal):
                        out.write(line)
                        counts[table.name] += 1
                tell(f"{counts[table.name]} lines of {table.name}")
        copied = copy_files(settings.HUAJIE_DATA / "files", folder, None, parts, tell)
        copied.pop("linked")
        write_json(folder, "dictionary.json", dictionary(identities=purpose is not None))
        write_json(
            folder,
            "manifest.json",
            {
                "format": FORMAT,
                "version": version,
                "made_at": now.isoformat(),
                "identities": purpose,
                "counts": counts,
                "files": copied,
                "parts": [part.document() for part in parts],
            },
        )
    return target / f"export-{now:%Y%m%dT%H%M%SZ}"


#: Gives the rows of a statement one by one, all of one state of the database.
Read = Callable[[str], Iterator[tuple[Any, ...]]]


@contextlib.contextmanager
def _reading() -> Iterator[Read]:
    """Give a reader within one transaction on a connection of our own."""
    django = connections["default"]
    if django.vendor == "sqlite":
        path = str(django.settings_dict["NAME"])
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)) as connection:
            connection.execute("BEGIN")
            yield lambda sql: iter(connection.execute(sql))
            connection.execute("ROLLBACK")
        return
    with contextlib.closing(raw_postgres(django)) as raw:
        raw.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        number = iter(range(10**9))

        def read(sql: str) -> Iterator[tuple[Any, ...]]:
            with raw.cursor(name=f"export_{next(number)}") as cursor:
                cursor.itersize = 1000
                cursor.execute(sql.encode())
                yield from cursor

        yield read
        raw.execute("ROLLBACK")


def lines(table: Table, read: Read, unseal: Callable[[UUID, int, str, bytes], Any] | None) -> Iterator[bytes]:
    """Yield one line of JSON for each row of a table."""
    names = [field.name for field in table.fields]
    order = ", ".join(f'"{name}"' for name in table.order)
    columns = ", ".join(f'"{name}"' for name in names)
    # names of our own models, never of a request
    sql = f'SELECT {columns} FROM "{table.name}" ORDER BY {order}'  # noqa: S608
    for row in read(sql):
        found = {}
        for field, value in zip(table.fields, row, strict=True):
            if field.type == "unsealed":
                assert unseal is not None
                place = dict(zip(names, row, strict=True))
                found[field.name] = unseal(_uuid(place["matter"]), place["n"], place["name"], bytes(value))
            else:
                found[field.name] = plain(value, field.type)
        yield json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def plain(value: Any, kind: str) -> Any:
    """Return a value of either database as the dictionary says that it stands in a line."""
    if value is None:
        return None
    if kind == "uuid":
        return str(_uuid(value))
    if kind == "moment":
        found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        return f"{found:%Y-%m-%dT%H:%M:%S.%f}Z"
    if kind == "base64":
        return b64encode(bytes(value)).decode()
    if kind == "boolean":
        return bool(value)
    if kind == "json":
        return json.loads(bytes(value) if isinstance(value, memoryview) else value) if _is_text(value) else value
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode()
    if kind == "date" or isinstance(value, UUID):
        return str(value)
    return value


def _is_text(value: Any) -> bool:
    return isinstance(value, str | bytes | memoryview)


def _uuid(value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)


# Identities -----------------------------------------------------------------------------------------------------------


def record(purpose: str, *, now: datetime) -> int:
    """Write into every matter that has something in the vault that it leaves, and for what; how many they are."""
    from huajie.apps.matters.operations import Batch, Order
    from huajie.core.access import SYSTEM
    from huajie.core.procedure import EXPORTED

    done = 0
    with _reading() as read:
        found = [_uuid(row[0]) for row in read("SELECT DISTINCT matter FROM vault_secret ORDER BY matter")]
    for start in range(0, len(found), 500):
        # a batch keeps what it touched in memory, so there are many
        with Batch() as batch:
            for stream in found[start : start + 500]:
                batch.act(stream, Order(act=EXPORTED, inputs={"purpose": purpose}), actor=SYSTEM, now=now)
                done += 1
    return done


def _unsealer(read: Read) -> Callable[[UUID, int, str, bytes], Any]:
    from huajie.apps.vault import operations as vault

    keys = read("SELECT matter, wrapped FROM vault_key ORDER BY matter")
    last: list[tuple[UUID, bytes] | None] = [None]

    def key_of(matter: UUID) -> bytes:
        # both files are in the order of matters, so the keys are walked along, never held
        while last[0] is None or last[0][0].int < matter.int:
            row = next(keys)
            last[0] = (_uuid(row[0]), bytes(row[1]))
        if last[0][0] != matter:
            raise KeepingError("a value in the vault has no key: run huajie verify")
        return vault.unwrap(matter, last[0][1])

    def unseal(matter: UUID, n: int, name: str, box: bytes) -> Any:
        value = vault.unseal(key_of(matter), matter, n, name, box)
        try:
            return json.loads(value)
        except ValueError:
            return value.decode()

    return unseal
