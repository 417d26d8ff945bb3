"""
Canaries: words that stand nowhere else, put where an identity goes in, sought in everything that comes out.

What carries things out is a list of functions by name. A new way out (an export, a mail, a back-up) adds itself:

    @carrier("back-up")
    def back_up(place: Place) -> Iterator[tuple[str, bytes]]:
        yield "file", content

and every test of `tests/journeys/test_canaries.py` looks into it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.county import Known


@dataclass
class Planted:
    """One matter and what of it must never be read."""

    way: str
    known: Known
    #: who somebody is: read nowhere but in the answer to an opening
    identities: tuple[str, ...]
    #: words of a sealed or minor's text: read only by who may read the text
    sealed: tuple[str, ...] = ()


@dataclass
class Place:
    """Where a test looks."""

    county: Any
    data_folder: Path
    scratch: Path
    planted: list[Planted] = field(default_factory=list)


Carrier = Callable[[Place], Iterator[tuple[str, bytes]]]
#: name -> what comes out that way, by a name to find it again
CARRIERS: dict[str, Carrier] = {}


def carrier(name: str) -> Callable[[Carrier], Carrier]:
    """Add a way out."""

    def add(found: Carrier) -> Carrier:
        assert name not in CARRIERS, name
        CARRIERS[name] = found
        return found

    return add


def spellings(canary: str) -> list[bytes]:
    """Return how a canary could stand in bytes: as text, escaped in JSON, as an address, as pairs of the index."""
    from urllib.parse import quote

    from huajie.apps.matters.search import grams

    escaped = canary.encode("unicode_escape").decode()
    found = {canary, canary.lower(), escaped, quote(canary), canary.replace(" ", "").replace("-", "")}
    if not canary.isascii():
        found.add(grams(canary).rsplit(" ", 1)[0])
    return [one.encode() for one in found if len(one) >= 4]


def sightings(content: bytes, canaries: Iterator[str] | tuple[str, ...]) -> list[str]:
    """Return the canaries that stand in some bytes."""
    return [canary for canary in canaries if any(spelled in content for spelled in spellings(canary))]


@carrier("files of the database")
def database_files(place: Place) -> Iterator[tuple[str, bytes]]:
    """The files that the database keeps, as whoever steals the disk reads them: the keys are elsewhere."""
    from django.db import connection

    if connection.vendor == "sqlite":
        for path in sorted(place.data_folder.glob("huajie.sqlite3*")):
            yield path.name, path.read_bytes()
        return
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
        cursor.execute("SHOW data_directory")
        folder = Path(cursor.fetchone()[0])
        cursor.execute("SELECT oid FROM pg_database WHERE datname = current_database()")
        ours = folder / "base" / str(cursor.fetchone()[0])
    for path in sorted(ours.glob("[0-9]*")) if ours.is_dir() else ():
        yield f"base/{path.name}", path.read_bytes()


@carrier("dump of the database")
def dump(place: Place) -> Iterator[tuple[str, bytes]]:
    """Every row of every table as text; on PostgreSQL this also sees what the files hold compressed."""
    from django.db import connection

    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            try:
                cursor.execute(f'SELECT * FROM "{table}"')
            except Exception:  # noqa: S112 - shadow tables of the index can't be read by name
                continue
            rows = cursor.fetchall()
            yield (
                table,
                "\n".join(
                    repr([bytes(value) if isinstance(value, memoryview) else value for value in row]) for row in rows
                ).encode(),
            )
            raw = [bytes(value) for row in rows for value in row if isinstance(value, bytes | memoryview)]
            yield f"{table} (bytes)", b"\n".join(raw)


@carrier("export")
def exported(place: Place) -> Iterator[tuple[str, bytes]]:
    """What `huajie export` writes when nobody asked for identities."""
    from datetime import UTC, datetime

    from huajie.edges.keeping.export import export

    yield from _files(export(place.scratch / "export", now=datetime.now(UTC), version="test"))


@carrier("back-up without keys")
def backed_up(place: Place) -> Iterator[tuple[str, bytes]]:
    """What `huajie backup` writes: the keys are never in it."""
    from datetime import UTC, datetime

    from huajie.edges.keeping.backup import backup

    yield from _files(backup(place.scratch / "backup", now=datetime.now(UTC), version="test"))


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    import gzip
    import lzma

    openers = {".gz": gzip.decompress, ".xz": lzma.decompress}
    found = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    assert found
    for path in found:
        content = path.read_bytes()
        yield str(path.relative_to(folder)), openers.get(path.suffix, bytes)(content)


@carrier("mails")
def mails(place: Place) -> Iterator[tuple[str, bytes]]:
    """What a mail server gets, as it travels and as it is read; the envelope alone says where to."""
    from tests.support import mailboxes

    from huajie.config.outbox import Mail, OutboxSettings

    with mailboxes.mail_server() as server:
        mail = Mail("127.0.0.1", server.port, "none", "", "", "news@yunxi.example")
        _sent(OutboxSettings("https://huajie.example", mail))
        for taken in server.taken:
            assert len(taken.envelope_to) == 1
            yield "mail", taken.raw
            yield "mail as read", f"{taken.text}{list(taken.mail.items())}".encode()


@carrier("requests to the gateway")
def requests_to_the_gateway(place: Place) -> Iterator[tuple[str, bytes]]:
    """What a gateway gets besides the number that it is to send to."""
    import json
    from base64 import b64decode

    from tests.support import mailboxes

    from huajie.config.outbox import Gateway, OutboxSettings

    with mailboxes.gateway() as found:
        secret = b64decode(mailboxes.SECRET.removeprefix("whsec_"))
        _sent(OutboxSettings("https://huajie.example", gateway=Gateway(found.url, secret)))
    for said, raw in zip(found.taken, found.raw, strict=True):
        to = said["data"].pop("to")
        assert raw.count(to.encode()) == 1
        yield "request", raw.replace(to.encode(), b"")
        yield "request as read", json.dumps(said, ensure_ascii=False).encode()


def _sent(outbox: Any) -> None:
    """Make what follows, and send what is due."""
    from datetime import UTC, datetime, timedelta

    from django.test import override_settings

    from huajie.apps.ledger.operations import work_followups
    from huajie.apps.outbox.operations import send_due

    work_followups(datetime.now(UTC))
    with override_settings(HUAJIE_OUTBOX=outbox):
        send_due(datetime.now(UTC) + timedelta(hours=1), limit=1000)
