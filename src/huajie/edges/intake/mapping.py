"""
What a city's export says, as values that the writer takes: pure reading, no database.

A mapping (mappings/*.yaml) names each column: the key, the moments and how they are written, the state, the place, the
office, the topic; or why the column is skipped. A column that no mapping names is not read. `read_row` returns what one
row says or raises `BadRow` with words that say what to do. Unknown stays unknown, and nobody is invented.

Moments without a zone are read in the city's zone. A local time that the spring change skips is counted forward by the
hour that was skipped; one that the autumn change repeats is the first of the two, except for a closing that would
precede its opening, which is the second.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

MAPPINGS = Path(__file__).parent / "mappings"

#: No city had a request line before this; an export that says so uses the date for "none".
_FIRST_DATE = date(1970, 1, 2)


class BadRow(Exception):
    """A row that can't be taken; the message says what is wrong and what to do."""


class BadFile(Exception):
    """A file that can't be read as this mapping's export; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """A unit, region or topic as the mapping names it; made in the jurisdiction if it isn't there."""

    id: str
    zh: str
    en: str


@dataclass(slots=True)
class Taken:
    """What one row says."""

    #: The row's key in its own system.
    key: str
    #: Aware UTC.
    opened_at: datetime
    closed: bool
    #: Local date on which it was closed there, None when unknown or open.
    closed_date: date | None
    region: str
    topic: str
    #: The city's own words for the kind of problem.
    title: str
    channel: str
    #: Longitude, latitude; None when unknown or better left out.
    point: tuple[float, float] | None
    #: The file's words for how it ended, None when it says nothing.
    ending: str | None
    #: SHA-256 over all of the above: what a second run compares.
    hash: str = ""


@dataclass(slots=True)
class Places:
    """What the rows of a file speak of, collected while it is read for the first time."""

    regions: dict[str, Place] = field(default_factory=dict)
    units: dict[str, Place] = field(default_factory=dict)
    #: unit id -> topics of that unit
    topics: dict[str, dict[str, Place]] = field(default_factory=dict)


@cache
def slug(text: str, length: int = 32) -> str:
    """Return a code made of a city's words: small letters, digits, hyphens; a hash keeps long or foreign ones apart."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    if plain and len(plain) <= length and plain.isascii():
        return plain
    mark = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{plain[: length - 9].strip('-')}-{mark}".strip("-")


class Mapping:
    """One mapping, ready to read rows."""

    def __init__(self, document: AnyMapping[str, Any]) -> None:
        self.document = document
        self.name: str = document["name"]
        self.prefix: str = document["prefix"]
        self.zone = ZoneInfo(document["zone"])
        self.calendar: str = document["calendar"]
        self.key: str = document["key"]
        self.required: list[str] = document["required"]
        self.skip: dict[str, str] = document["skip"]
        self.root = _place(document["region"])
        self.top = _place(document["units"]["top"])
        self._regions: dict[str, Place] = {}
        self._units: dict[str, Place] = {}
        self._topics: dict[tuple[str, str], Place] = {}
        self._without_point = frozenset(document["topics"]["without_point"])
        self._drop_details = frozenset(document["topics"].get("drop_details", ("",)))
        states = document["state"]
        self._closed, self._open = frozenset(states["closed"]), frozenset(states["open"])

    @property
    def used(self) -> list[str]:
        """Return the columns that are read, in no particular order."""
        document = self.document
        columns = [self.key, *self.required]
        parts = ("opened", "closed", "state", "regions", "units", "topics", "channel", "outcome")
        columns += [document[part]["column"] for part in parts if part in document]
        columns += [document["point"]["longitude"], document["point"]["latitude"]]
        if "detail" in document["topics"]:
            columns.append(document["topics"]["detail"])
        return list(dict.fromkeys(columns))

    def check_header(self, header: list[str]) -> None:
        """
        Refuse a file that is not this export.

        Raises:
            BadFile: names the columns that are missing, or that stand there twice.
        """
        missing = [column for column in self.required if column not in header]
        if missing:
            raise BadFile(
                f"the file has no column {', '.join(missing)}: is it an export for --mapping {self.name}? "
                f"Its first line must name {', '.join(self.required)}"
            )
        twice = sorted({column for column in header if header.count(column) > 1 and column in self.used})
        if twice:
            raise BadFile(f"the column {', '.join(twice)} stands there twice: leave only the right one")

    def skipped(self, header: list[str]) -> list[dict[str, str]]:
        """Return the columns of a file that are not read, each with its reason."""
        used = set(self.used)
        return [
            {"column": column, "reason": self.skip.get(column, "not known to this mapping, so not read")}
            for column in header
            if column not in used
        ]

    def read(self, row: AnyMapping[str, str], places: Places | None = None) -> Taken:
        """
        Return what a row says.

        Args:
            row: cells by column.
            places: takes up the regions, units and topics that the row speaks of.
        Raises:
            BadRow: what is wrong and what to do.
        """
        document = self.document
        key = row[self.key].strip()
        if not key:
            raise BadRow(f"{self.key} is empty: give the row its key, without one it could be taken twice")
        if len(key) > 64:
            raise BadRow(f"{self.key} is longer than 64 characters: correct it")
        opened_text, closed_text = row[document["opened"]["column"]].strip(), row[document["closed"]["column"]].strip()
        opened_column, closed_column = document["opened"]["column"], document["closed"]["column"]
        if not opened_text:
            raise BadRow(f"{opened_column} is empty: the day on which it was opened is needed")
        opened = self._moment(opened_column, opened_text, document["opened"]["as"])
        closed = self._moment(closed_column, closed_text, document["closed"]["as"]) if closed_text else None
        opened_at = opened.astimezone(UTC)
        if closed is not None and closed.astimezone(UTC) < opened_at:
            second = closed.replace(fold=1)
            if second.astimezone(UTC) < opened_at:
                raise BadRow(
                    f"{closed_column} {closed_text} is before {opened_column} {opened_text}: "
                    "ask the source which is right"
                )
            closed = second
        is_closed = self._is_closed(row, closed)
        region = self._region(row)
        unit = self._unit(row)
        topic = self._topic(row, unit)
        title = self._title(row)
        if places is not None:
            places.regions.setdefault(region.id, region)
            places.units.setdefault(unit.id, unit)
            places.topics.setdefault(unit.id, {}).setdefault(topic.id, topic)
        channel = document.get("channel", {})
        ending = row.get(document["outcome"]["column"], "").strip() if "outcome" in document else ""
        taken = Taken(
            key=key,
            opened_at=opened_at,
            closed=is_closed,
            closed_date=closed.date() if is_closed and closed is not None else None,
            region=region.id,
            topic=topic.id,
            title=title,
            channel=channel["values"].get(row.get(channel["column"], "").strip(), "import") if channel else "import",
            point=self._point(row),
            ending=ending or None,
        )
        taken.hash = hashlib.sha256(
            repr(
                (
                    key,
                    opened_at.isoformat(),
                    is_closed,
                    taken.closed_date and taken.closed_date.isoformat(),
                    taken.region,
                    taken.topic,
                    title,
                    taken.channel,
                    taken.point,
                    taken.ending,
                )
            ).encode()
        ).hexdigest()
        return taken

    def _moment(self, column: str, text: str, written: str) -> datetime:
        """Return the moment in the city's zone."""
        try:
            found = datetime.fromisoformat(text)
            has_offset = found.tzinfo is not None
            if written == "date_of_moment":
                found = found.astimezone(self.zone) if has_offset else found
            if written in ("date", "date_of_moment"):
                found = datetime(found.year, found.month, found.day)  # noqa: DTZ001
            elif written == "local" and has_offset:
                raise BadRow(f"{column} {text} has an offset where this export writes local time: export it without")
            found = found.replace(tzinfo=None)
        except (ValueError, OverflowError):
            raise BadRow(f"{column} {text} is no date: write it like 2026-04-11T23:28:40") from None
        if found.date() < _FIRST_DATE:
            raise BadRow(f"{column} {text} is before 1970, which stands for no date: leave it empty or correct it")
        local = found.replace(tzinfo=self.zone)
        # a time that the spring change skipped comes back an hour later
        return local.astimezone(UTC).astimezone(self.zone)

    def _is_closed(self, row: AnyMapping[str, str], closed: datetime | None) -> bool:
        states = self.document["state"]
        column = states["column"]
        if column not in row:
            if states.get("without_column") == "closed_time":
                return closed is not None
            raise BadRow(f"there is no column {column}, so nobody knows whether it is closed")
        state = row[column].strip()
        if state in self._closed:
            return True
        if state in self._open:
            return False
        raise BadRow(
            f"{column} {state!r} is not known: one of {', '.join(sorted(self._closed | self._open))} is; "
            "add it to the mapping or correct the row"
        )

    def _region(self, row: AnyMapping[str, str]) -> Place:
        rule = self.document["regions"]
        value = row.get(rule["column"], "").strip()
        if value in rule["unknown"]:
            return self.root
        found = self._regions.get(value)
        if found is None:
            if "each" in rule:
                name = rule["each"]["name"]
                found = Place(
                    f"r.{self.prefix}.{slug(value)}", name["zh"].format(value=value), name["en"].format(value=value)
                )
            elif value in rule["ids"]:
                found = _place(rule["ids"][value])
            else:
                raise BadRow(f"{rule['column']} {value!r} is not known: add it to the mapping or correct the row")
            self._regions[value] = found
        return found

    def _unit(self, row: AnyMapping[str, str]) -> Place:
        rule = self.document["units"]
        value = row[rule["column"]].strip()
        found = self._units.get(value)
        if found is None:
            if not value:
                raise BadRow(f"{rule['column']} is empty: the office that answers for it is needed")
            if value in rule.get("ids", {}):
                found = _place(rule["ids"][value])
            else:
                for group in rule.get("prefixes", ()):
                    if value.startswith(tuple(group["starts"])):
                        found = _place(group)
                        break
                else:
                    if "other" not in rule:
                        raise BadRow(
                            f"{rule['column']} {value!r} is not known: add it to the mapping or correct the row"
                        )
                    found = _place(rule["other"])
            self._units[value] = found
        return found

    def _topic(self, row: AnyMapping[str, str], unit: Place) -> Place:
        column = self.document["topics"]["column"]
        value = row[column].strip()
        found = self._topics.get((unit.id, value))
        if found is None:
            if not value:
                raise BadRow(f"{column} is empty: what it is about is needed")
            if len(value) > 200:
                raise BadRow(f"{column} is longer than 200 characters: it is a free text, not a kind of problem")
            # Each office has topics of its own: two answer for noise, and the file says which.
            found = Place(f"{self.unit_topic(unit)}.{slug(value, 24)}", value, value)
            self._topics[(unit.id, value)] = found
        return found

    def unit_topic(self, unit: Place) -> str:
        """Return the code of the topic that holds all topics of one office."""
        return "t" + unit.id[1:]

    def _title(self, row: AnyMapping[str, str]) -> str:
        rule = self.document["topics"]
        title = row[rule["column"]].strip()
        detail = row.get(rule.get("detail", ""), "").strip()
        return f"{title}: {detail}"[:200] if detail and detail not in self._drop_details else title

    def _point(self, row: AnyMapping[str, str]) -> tuple[float, float] | None:
        rule = self.document["point"]
        longitude, latitude = row.get(rule["longitude"], "").strip(), row.get(rule["latitude"], "").strip()
        if not longitude or not latitude or row[self.document["topics"]["column"]].strip() in self._without_point:
            return None
        west, south, east, north = rule["within"]
        try:
            x, y = float(longitude), float(latitude)
        except ValueError:
            raise BadRow(f"{rule['longitude']}, {rule['latitude']} {longitude}, {latitude}: not numbers") from None
        if not (west <= x <= east and south <= y <= north):
            raise BadRow(
                f"{rule['longitude']}, {rule['latitude']} {longitude}, {latitude} lies outside the city: "
                "correct the point or leave both empty"
            )
        return x, y


def _place(document: AnyMapping[str, Any]) -> Place:
    return Place(document["id"], document["name"]["zh"], document["name"]["en"])


def mapping_names() -> list[str]:
    """Return the names of the shipped mappings."""
    return sorted(path.stem for path in MAPPINGS.glob("*.yaml"))


def load_mapping(name: str) -> Mapping:
    """
    Return a shipped mapping.

    Raises:
        BadFile: there is none of that name.
    """
    path = MAPPINGS / f"{name}.yaml"
    if name not in mapping_names():
        raise BadFile(f"there is no mapping {name}: one of {', '.join(mapping_names())} is")
    return Mapping(yaml.safe_load(path.read_text(encoding="utf-8")))
