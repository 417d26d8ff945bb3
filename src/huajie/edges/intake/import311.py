"""
Take in a city's published service requests, row by row, through the one writer.

The file is read twice. The first time collects the regions, offices and topics that its rows speak of; what is not
there yet comes into the jurisdiction as one change, with an import desk on each seat, because a seat is never empty and
nobody is invented. The second time each row becomes a matter by the act `imported` of the pack `open311`: recorded now,
happened as the file says. A closed one ends with an outcome that says it is not known; an open one is owned by the seat
that the remit names, and its clock runs from today.

Rows are committed a few thousand at a time together with their keys, so after a kill the same command goes on with the
first row that is not there, and a second run takes nothing twice. Every row read is either taken or refused:
`read == taken + refused`.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from huajie.apps.jurisdiction import operations as jurisdiction_operations
from huajie.apps.jurisdiction.models import Account
from huajie.apps.jurisdiction.queries import snapshot
from huajie.apps.ledger.queries import idempotent_many
from huajie.apps.matters.operations import Batch, Submission
from huajie.core.access import IMPORT
from huajie.core.procedure import Refused
from huajie.edges.intake.mapping import BadFile, BadRow, Mapping, Places, Taken

PACK = "open311"
#: Rows whose keys are looked up in one statement, and after which progress may be told.
_CHUNK = 500
_FIELD_LIMIT = 1_000_000

Tell = Callable[[str], None]


@dataclass(slots=True)
class Report:
    """What came of an import."""

    mapping: str
    file: str
    read: int = 0
    #: Rows of the file that are in the ledger when the run ends.
    taken: int = 0
    #: Of these, rows that an earlier run had taken.
    taken_before: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)
    skipped_columns: list[dict[str, str]] = field(default_factory=list)
    #: Rows that have a point in the file which was left out, as the mapping says.
    open: int = 0
    closed: int = 0
    seconds: float = 0.0

    def to_document(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {
            "mapping": self.mapping,
            "file": self.file,
            "read": self.read,
            "taken": self.taken,
            "taken_before": self.taken_before,
            "open": self.open,
            "closed": self.closed,
            "refused": self.refused,
            "skipped_columns": self.skipped_columns,
            "seconds": round(self.seconds, 2),
        }


def write_report(report: Report, path: Path) -> None:
    """Write a report so that its path holds either the whole of it or what was there before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    with scratch.open("w", encoding="utf-8") as file:
        json.dump(report.to_document(), file, ensure_ascii=False, indent=1)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)


# Reading --------------------------------------------------------------------------------------------------------------


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    """Open a CSV file, compressed or not, as text; never more than a block of it in memory."""
    with path.open("rb") as raw:
        packed = raw.peek(2)[:2] == b"\x1f\x8b"
        with gzip.GzipFile(fileobj=raw) if packed else raw as data:
            with io.TextIOWrapper(data, encoding="utf-8-sig", newline="") as text:  # type: ignore[arg-type]
                yield text


def rows_of(path: Path, mapping: Mapping, names: list[str] | None = None) -> Iterator[tuple[int, dict[str, str] | str]]:
    """
    Yield the number and the cells of each row, or instead of the cells why there are none.

    Rows are numbered as a spreadsheet shows them: the header is row 1.

    Args:
        names: takes the names of the columns.
    Raises:
        BadFile: no CSV file, or not this export.
    """
    csv.field_size_limit(_FIELD_LIMIT)
    try:
        with _opened(path) as text:
            lines = csv.reader(text, strict=True)
            header = [name.strip() for name in next(lines, [])]
            mapping.check_header(header)
            if names is not None:
                names[:] = header
            width = len(header)
            number = 1
            for cells in lines:
                if not cells:
                    continue
                number += 1
                if len(cells) != width:
                    yield number, f"has {len(cells)} cells and the header {width}: quote cells that hold commas"
                else:
                    yield number, dict(zip(header, cells, strict=True))
    except UnicodeDecodeError as error:
        raise BadFile(f"{path.name} is not UTF-8 ({error.reason}): save it as CSV UTF-8") from None
    except (csv.Error, EOFError, gzip.BadGzipFile, OSError) as error:
        raise BadFile(f"{path.name} can't be read to its end ({error}): fetch it again") from None


def survey(path: Path, mapping: Mapping) -> tuple[int, list[str], Places]:
    """
    Read the whole file once: how many rows it has, the names of its columns, and what its rows speak of.

    Raises:
        BadFile: as `rows_of`.
    """
    places = Places()
    count = 0
    header: list[str] = []
    for _, cells in rows_of(path, mapping, header):
        count += 1
        if isinstance(cells, str):
            continue
        try:
            mapping.read(cells, places)
        except BadRow:
            # told when it is its turn; what a bad row speaks of is not brought in
            continue
    return count, header, places


# The jurisdiction -----------------------------------------------------------------------------------------------------


def changes_for(mapping: Mapping, places: Places, *, person: str, known: Any) -> list[dict[str, Any]]:
    """
    Return the changes that bring in what the file speaks of and the jurisdiction doesn't have.

    Args:
        person: uuid hex of the import desk.
        known: the jurisdiction as it stands.
    """
    changes: list[dict[str, Any]] = []

    def name(place: Any) -> dict[str, str]:
        return {"zh": place.zh, "en": place.en}

    for region in (mapping.root, *places.regions.values()):
        if region.id not in known.regions and not any(
            change["do"] == "set_region" and change["id"] == region.id for change in changes
        ):
            root = region.id == mapping.root.id
            changes.append(
                {
                    "do": "set_region",
                    "id": region.id,
                    "parent": None if root else mapping.root.id,
                    "name": name(region),
                    "level": mapping.document["region"]["level"] if root else mapping.document["regions"]["level"],
                    "calendar": mapping.calendar,
                    "zone": mapping.zone.key,
                }
            )

    def unit(place: Any, parent: str | None, kind: str) -> None:
        if place.id in known.units:
            return
        seat = "s" + place.id[1:] + ".desk"
        changes.append(
            {
                "do": "set_unit",
                "id": place.id,
                "parent": parent,
                "name": name(place),
                "region": mapping.root.id,
                "can_decide": True,
                "kind": kind,
            }
        )
        changes.append(
            {
                "do": "set_seat",
                "id": seat,
                "unit": place.id,
                "title": {"zh": "导入待接岗", "en": "Import desk, to be filled"},
                "roles": ["handler", "head"],
            }
        )
        changes.append({"do": "start_posting", "seat": seat, "person": person})

    unit(mapping.top, None, "government")
    for place in places.units.values():
        unit(place, mapping.top.id, "bureau")
    for unit_id, topics in places.topics.items():
        above = "t" + unit_id[1:]
        if above not in known.topics:
            changes.append({"do": "set_topic", "id": above, "name": name(places.units[unit_id])})
        changes.extend(
            {"do": "set_topic", "id": topic.id, "parent": above, "name": name(topic)}
            for topic in topics.values()
            if topic.id not in known.topics
        )
        remit = "m" + unit_id[1:]
        if remit not in known.remits:
            changes.append(
                {
                    "do": "set_remit",
                    "id": remit,
                    "unit": unit_id,
                    "topics": [above],
                    "regions": [mapping.root.id],
                    "power": "decide",
                    "pack": PACK,
                }
            )
    return changes


def import_desk(mapping: Mapping, *, now: datetime, using: str) -> Account:
    """Return the account that sits on the imported seats until somebody real does; nobody knows its password."""
    username = f"import-desk-{mapping.name}"
    found = Account.objects.using(using).filter(username=username).first()
    return found or jurisdiction_operations.create_account(
        username=username,
        display_name=f"{mapping.document['title']['zh']} 导入岗 / import desk",
        password=secrets.token_urlsafe(32),
        now=now,
        using=using,
    )


def prepare(mapping: Mapping, places: Places, *, now: datetime, using: str) -> int:
    """Bring what the file speaks of into the jurisdiction; returns how many changes that took."""
    person = import_desk(mapping, now=now, using=using).person.hex
    changes = changes_for(mapping, places, person=person, known=snapshot(using=using))
    if changes:
        jurisdiction_operations.change(changes, actor=IMPORT, now=now, using=using)
    return len(changes)


# Taking in ------------------------------------------------------------------------------------------------------------


def import_file(
    path: Path,
    mapping: Mapping,
    *,
    clock: Callable[[], datetime],
    using: str = "default",
    tell: Tell | None = None,
    flush_entries: int = 4000,
) -> Report:
    """
    Take in a file, or what an earlier run left of it.

    Args:
        path: CSV, possibly compressed with gzip.
        clock: gives the recording moment, aware UTC; asked again for each row.
        tell: called with lines about progress.
        flush_entries: entries that one transaction holds.
    Raises:
        BadFile: the file isn't this export; nothing was taken.
    """
    started = time.monotonic()
    say = tell or (lambda line: None)
    total, header, places = survey(path, mapping)
    report = Report(mapping.name, path.name, skipped_columns=mapping.skipped(header))
    made = prepare(mapping, places, now=clock(), using=using)
    say(f"{total} rows; {made} changes to regions, offices, topics and remits")
    scope = f"import:{mapping.name}"
    seen: dict[str, int] = {}
    rows = rows_of(path, mapping)
    begun = told = time.monotonic()
    with Batch(using=using, flush_entries=flush_entries) as batch:
        while chunk := _chunk(rows):
            parsed: list[tuple[int, Taken]] = []
            for number, cells in chunk:
                report.read += 1
                try:
                    parsed.append((number, _parse(cells, number, mapping, seen)))
                except BadRow as error:
                    report.refused.append({"row": number, "reason": str(error)})
            before = idempotent_many(scope, [taken.key for _, taken in parsed], using=using)
            for number, taken in parsed:
                done = before.get(taken.key)
                if done is not None:
                    if done == taken.hash:
                        report.taken += 1
                        report.taken_before += 1
                    else:
                        report.refused.append(
                            {
                                "row": number,
                                "reason": f"{mapping.key} {taken.key} was taken before and said something else: an "
                                "import never changes a matter, so record what is new as an act on it",
                            }
                        )
                    continue
                try:
                    batch.submit(submission_of(taken, scope), actor=IMPORT, now=clock())
                except Refused as error:
                    words = "; ".join(f"{unmet.path or unmet.code}: {unmet.code}" for unmet in error.unmet)
                    report.refused.append({"row": number, "reason": f"the procedure open311 refuses it: {words}"})
                else:
                    report.taken += 1
                    report.closed += taken.closed
                    report.open += not taken.closed
            if time.monotonic() - told >= 2:
                told = time.monotonic()
                rate = report.read / (told - begun)
                left = (total - report.read) / rate
                say(f"{report.read} of {total} rows, {rate:.0f} a second, {left:.0f} s left")
    report.refused.sort(key=lambda refusal: refusal["row"])
    report.seconds = time.monotonic() - started
    if report.read != report.taken + len(report.refused):
        raise AssertionError("a row was neither taken nor refused")
    return report


def _chunk(rows: Iterator[tuple[int, dict[str, str] | str]]) -> list[tuple[int, dict[str, str] | str]]:
    chunk = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == _CHUNK:
            break
    return chunk


def _parse(cells: dict[str, str] | str, number: int, mapping: Mapping, seen: dict[str, int]) -> Taken:
    if isinstance(cells, str):
        raise BadRow(cells)
    taken = mapping.read(cells)
    first = seen.setdefault(taken.key, number)
    if first != number:
        raise BadRow(f"{mapping.key} {taken.key} stands in row {first} already: leave the right one of the two")
    return taken


def submission_of(taken: Taken, scope: str) -> Submission:
    """Return what the writer is asked to do with a row."""
    texts: dict[str, str] = {"title": taken.title}
    if taken.ending:
        texts["text"] = f"{taken.ending}"
    inputs: dict[str, Any] = {"source_state": "closed" if taken.closed else "open"}
    if taken.closed_date is not None:
        inputs["closed_date"] = taken.closed_date.isoformat()
    return Submission(
        pack=PACK,
        act="imported",
        topic=taken.topic,
        region=taken.region,
        mode="anonymous",
        channel=taken.channel,
        texts=texts,
        point=taken.point,
        inputs=inputs,
        received_at=taken.opened_at,
        occurred_at=taken.opened_at,
        idempotency=(scope, taken.key, taken.hash),
    )


def to_stderr(line: str) -> None:
    """Write one line about progress."""
    sys.stderr.write(f"huajie import: {line}\n")
    sys.stderr.flush()
