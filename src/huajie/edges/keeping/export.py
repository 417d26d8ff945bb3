"""
Everything as JSONL and files, with its dictionary: for another system, an archive, an inspection.

    TARGET/export-20261125T213000Z/
      manifest.json       counts and hashes
      dictionary.json     every file and field: type, meaning in two languages; what was left out and why
      NAME.jsonl          one table, one object a line
      files.jsonl         one attachment a line: to which entry it belongs, its name, type and hash
      files/MATTER/       the attachments of a matter, as a reader gets them

Read in one transaction, row by row: held in memory are only the streams of the matters that have an entry of it.
Passwords, tokens and keys are never in it. What lies under a matter's key, identities and attachments, comes only when
asked for, with a purpose; each matter concerned gets an entry first, which its resident sees. A matter that came by
such a thing only after that has none of it in the export.
"""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
from base64 import b64encode
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from django.apps import apps
from django.db import connections, models

from huajie.edges.keeping.backup import raw_postgres
from huajie.edges.keeping.folders import KeepingError, Part, Tell, whole_folder, write_json, writing

FORMAT = 2
_DICTIONARY = Path(__file__).with_name("dictionary.yaml")
#: Why what lies under a matter's key may leave: code -> words.
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
    yield "files", written["files"]
    for column, more in written["files"]["columns"].items():
        yield f"files.{column}", more


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


def dictionary(*, identities: bool, files: bool = False) -> dict[str, Any]:
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
    attached = _written()["files"]
    if not files:
        left["files.jsonl"] = {"zh": attached["zh"], "en": attached["en"], "part": "files"}
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
        }
        | ({"files.jsonl": _files_dictionary()} if files else {}),
        "left_out": dict(sorted(left.items())),
    }


def _files_dictionary() -> dict[str, Any]:
    words = _written()["files"]
    fields = [{"name": name} | line for name, line in words["columns"].items()]
    return {"zh": words["zh"], "en": words["en"], "order": ["matter", "n", "id"], "fields": fields}


def export(
    target: Path,
    *,
    now: datetime,
    version: str,
    purpose: str | None = None,
    identities: bool = False,
    files: bool = False,
    tell: Tell = lambda line: None,
) -> Path:
    """
    Write everything.

    Args:
        target: a folder; the export gets a folder of its own in it.
        now: aware UTC.
        purpose: one of PURPOSES, where anything leaves that lies under a matter's key; None where nothing does.
        identities: with what the vault holds.
        files: with the attachments; those of a sealed pack or a minor's only together with identities, for the text
            that names them is sealed like one.
    Returns:
        The export's folder.
    Raises:
        KeepingError: it can't be written, or what is asked for and the purpose do not go together.
    """
    told: Collection[UUID] = ()
    if purpose is not None and purpose not in PURPOSES:
        raise KeepingError(f"purpose: one of {', '.join(PURPOSES)}")
    if (purpose is not None) != (identities or files):
        raise KeepingError("identities and attachments leave only for a purpose, and a purpose is only for them")
    if purpose is not None:
        told = record(purpose, identities=identities, files=files, now=now)
        tell(f"{len(told)} matters have it on record that what lies under their key was exported")
    counts: dict[str, int] = {}
    parts: list[Part] = []
    manifest: dict[str, Any] = {"format": FORMAT, "version": version, "made_at": now.isoformat(), "purpose": purpose}
    with whole_folder(target, f"export-{now:%Y%m%dT%H%M%SZ}") as folder:
        with _reading() as read:
            unseal = _unsealer(read, told) if identities else None
            for table in tables(identities=identities):
                with writing(folder, f"{table.name}.jsonl", parts) as out:
                    counts[table.name] = 0
                    for line in lines(table, read, unseal):
                        out.write(line)
                        counts[table.name] += 1
                tell(f"{counts[table.name]} lines of {table.name}")
            if files:
                manifest["files"] = _write_files(folder, read, told, identities=identities, parts=parts, tell=tell)
                counts["files"] = manifest["files"]["lines"]
        write_json(folder, "dictionary.json", dictionary(identities=identities, files=files))
        manifest |= {"identities": identities, "counts": counts, "parts": [part.document() for part in parts]}
        write_json(folder, "manifest.json", manifest)
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


#: Gives a value of the vault in clear, or NOT_TOLD.
Unseal = Callable[[UUID, int, str, bytes], Any]
#: the matter has no entry of this export, so nothing of its vault leaves
NOT_TOLD = object()


def lines(table: Table, read: Read, unseal: Unseal | None) -> Iterator[bytes]:
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
        if NOT_TOLD in found.values():
            continue
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


# What lies under a matter's key ---------------------------------------------------------------------------------------


def record(purpose: str, *, identities: bool, files: bool, now: datetime) -> frozenset[UUID]:
    """
    Write into every matter of which something leaves that it does, what, and for what.

    Returns:
        The matters that have such an entry.
    """
    from huajie.apps.matters.operations import Batch, Order
    from huajie.core.access import SYSTEM
    from huajie.core.procedure import EXPORTED

    leaves: dict[UUID, list[str]] = {}
    with _reading() as read:
        if files:
            wanted = "" if identities else f" WHERE {_TEXT_IS_OPEN}"
            for row in read(f"SELECT DISTINCT f.matter FROM attachments_file f{wanted}"):  # noqa: S608
                leaves.setdefault(_uuid(row[0]), []).append("files")
        if identities:
            for row in read("SELECT DISTINCT matter FROM vault_secret"):
                leaves.setdefault(_uuid(row[0]), []).append("identities")
    found = sorted(leaves)
    for start in range(0, len(found), 500):
        # a batch keeps what it touched in memory, so there are many
        with Batch() as batch:
            for stream in found[start : start + 500]:
                inputs = {"purpose": purpose, "what": leaves[stream]}
                batch.act(stream, Order(act=EXPORTED, inputs=inputs), actor=SYSTEM, now=now)
    return frozenset(found)


class _Keys:
    """The matters' keys, walked along in the order of matters, never held."""

    def __init__(self, read: Read) -> None:
        self._rows = read("SELECT matter, wrapped FROM vault_key ORDER BY matter")
        self._last: tuple[UUID, bytes] | None = None
        self._opened: tuple[UUID, bytes] | None = None

    def of(self, matter: UUID) -> bytes:
        """Return the key of a matter that is not before the last one asked for; raises KeepingError."""
        from huajie.apps.vault import operations as vault

        if self._opened is not None and self._opened[0] == matter:
            return self._opened[1]
        while self._last is None or self._last[0].int < matter.int:
            row = next(self._rows, None)
            if row is None:
                break
            self._last = (_uuid(row[0]), bytes(row[1]))
        if self._last is None or self._last[0] != matter:
            raise KeepingError("a value in the vault has no key: run huajie verify")
        self._opened = (matter, vault.unwrap(*self._last))
        return self._opened[1]


def _unsealer(read: Read, told: Collection[UUID]) -> Unseal:
    from huajie.apps.vault import operations as vault

    keys = _Keys(read)

    def unseal(matter: UUID, n: int, name: str, box: bytes) -> Any:
        if matter not in told:
            return NOT_TOLD
        whole = vault.unseal_whole(keys.of(matter), matter, n, name, box)
        raw, salt = vault.without_salt(whole), vault.salt_of(whole)
        try:
            value = json.loads(raw)
        except ValueError:
            value = raw.decode()
        # with the salt somebody else can count the commitment again
        return value if salt is None else {"salt": salt.hex(), "value": value}

    return unseal


# Attachments ----------------------------------------------------------------------------------------------------------

_TEXT_IS_OPEN = "EXISTS (SELECT 1 FROM matters_text t WHERE t.matter = f.matter AND t.n = f.n AND t.name = f.name)"
#: each file with the text that names it, open or sealed
_FILES = """
SELECT f.id, f.matter, f.n, f.name, f.address, f.small, f.size, f.box, t.body, s.box
FROM attachments_file f
LEFT JOIN matters_text t ON t.matter = f.matter AND t.n = f.n AND t.name = f.name
LEFT JOIN vault_secret s ON s.matter = f.matter AND s.n = f.n AND s.name = f.name
ORDER BY f.matter, f.n, f.id
"""


def _write_files(
    folder: Path, read: Read, told: Collection[UUID], *, identities: bool, parts: list[Part], tell: Tell
) -> dict[str, int]:
    """Write the attachments in clear and the list of them; return lines, files, bytes and how many lack."""
    from huajie.apps.attachments.errors import Missing
    from huajie.apps.attachments.queries import kept_of_row

    keys = _Keys(read)
    found = {"lines": 0, "count": 0, "bytes": 0, "missing": 0}
    with writing(folder, "files.jsonl", parts) as out:
        for row in read(_FILES):
            kept = kept_of_row(row[:8])
            if kept.matter not in told or (row[8] is None and not identities):
                continue
            key = keys.of(kept.matter)
            text = row[8] if row[8] is not None else _sealed_text(key, row)
            said = _said(text, kept.id.hex)
            path = f"files/{kept.matter}/{kept.n}-{kept.id.hex}.{_end(said['name'])}"
            try:
                written = _write_file(folder, path, kept.read(key))
            except Missing:
                # erased since the rows were read, or lost: verify tells which
                (folder / path).unlink(missing_ok=True)
                found["missing"] += 1
                written = None
            line = {"id": str(kept.id), "matter": str(kept.matter), "n": kept.n, "field": kept.name}
            line |= {"path": path if written else None, "name": said["name"], "type": said["type"]}
            line |= {"size": written.size if written else None, "sha256": written.sha256 if written else None}
            out.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
            found["lines"] += 1
            if written is not None:
                found["count"] += 1
                found["bytes"] += written.size
            if found["lines"] % 1000 == 0:
                tell(f"{found['lines']} attachments")
    return found


def _write_file(folder: Path, path: str, blocks: Iterator[bytes]) -> Part:
    found: list[Part] = []
    with writing(folder, path, found) as out:
        for block in blocks:
            out.write(block)
    return found[0]


def _sealed_text(key: bytes, row: Sequence[Any]) -> str:
    from huajie.apps.vault import operations as vault

    if row[9] is None:
        return ""
    return vault.unseal(key, _uuid(row[1]), row[2], row[3], bytes(row[9])).decode()


def _said(text: str, file_id: str) -> dict[str, str]:
    from huajie.apps.attachments.uploads import listed

    one = next((one for one in listed(text) if one["id"] == file_id), {})
    return {"name": str(one.get("name", "")), "type": str(one.get("type", "application/octet-stream"))}


def _end(name: str) -> str:
    end = name.rpartition(".")[2]
    return end if re.fullmatch(r"[a-z0-9]{1,5}", end) else "bin"
