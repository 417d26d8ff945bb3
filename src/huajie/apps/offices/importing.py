"""
Bringing in who answers for what as rows: what they would make, change or leave alone, everything that speaks against
them, and then doing exactly that.

Rows come from sheets (`SHEETS`) with values already read: codes, texts, moments. A row that is not there means nothing:
an import ends, closes and erases nothing but a posting whose row says until when. `plan` writes nothing. `carry_out`
does what a plan says in one transaction, or nothing: accounts as one entry of theirs, the jurisdiction as one entry of
its own, both with who did it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final
from uuid import uuid4

from django.db import transaction

from huajie.apps.accounts import operations as accounts
from huajie.apps.jurisdiction import operations as jurisdiction_operations
from huajie.apps.jurisdiction import queries as jurisdiction_queries
from huajie.apps.jurisdiction.models import Account
from huajie.apps.ledger.errors import Conflict
from huajie.apps.offices import operations as offices
from huajie.core.access import Actor, allowed
from huajie.core.jurisdiction import (
    ANY,
    POWERS,
    ROLES,
    SENSITIVITIES,
    UNIT_KINDS,
    Jurisdiction,
    Name,
    Posting,
    Remit,
    apply,
    moment_text,
)
from huajie.core.jurisdiction import Fault as ChangeFault


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sheet."""

    key: str
    #: code, text, flag, number, codes, choice, choices or moment
    kind: str
    required: bool = False
    #: what a choice is among
    among: frozenset[str] = frozenset()
    #: what an empty cell means
    empty: Any = None


_ZH, _EN = Column("zh", "text"), Column("en", "text")
#: A row that is present in a file as `kind` of postings; an absence comes with its cover.
POSTED: Final = frozenset({"holder", "cover", "secretary"})
LANGUAGES: Final = frozenset({"zh-hans", "en"})
#: What a workbook can hold, in the order in which it is carried out.
SHEETS: Final[Mapping[str, tuple[Column, ...]]] = {
    "regions": (
        Column("id", "code", True),
        Column("parent", "code"),
        _ZH,
        _EN,
        Column("level", "text", True),
        Column("calendar", "text", True),
        Column("zone", "text", True),
        Column("active", "flag", empty=True),
    ),
    "units": (
        Column("id", "code", True),
        Column("parent", "code"),
        _ZH,
        _EN,
        Column("region", "code", True),
        Column("kind", "choice", True, UNIT_KINDS),
        Column("can_decide", "flag", True),
    ),
    "seats": (
        Column("id", "code", True),
        Column("unit", "code", True),
        _ZH,
        _EN,
        Column("roles", "choices", True, ROLES),
    ),
    "topics": (
        Column("id", "code", True),
        Column("parent", "code"),
        _ZH,
        _EN,
        Column("sensitivity", "choice", False, frozenset(SENSITIVITIES), "ordinary"),
        Column("public_place", "flag", empty=False),
        Column("active", "flag", empty=True),
    ),
    "remits": (
        Column("id", "code", True),
        Column("unit", "code", True),
        Column("seat", "code"),
        Column("topics", "codes", True),
        Column("regions", "codes", True),
        Column("power", "choice", True, POWERS),
        Column("pack", "text", empty=ANY),
        Column("priority", "number", empty=0),
        Column("from_at", "moment"),
        Column("to_at", "moment"),
    ),
    "postings": (
        Column("seat", "code", True),
        Column("person", "text", True),
        Column("kind", "choice", False, POSTED, "holder"),
        Column("from_at", "moment"),
        Column("to_at", "moment"),
    ),
    "users": (
        Column("username", "text", True),
        Column("display_name", "text", True),
        Column("language", "choice", False, LANGUAGES, "zh-hans"),
    ),
}
#: Sheets whose rows have a code, with the change that sets one and what the two names make together.
_SET: Final = {
    "regions": ("set_region", "name"),
    "units": ("set_unit", "name"),
    "seats": ("set_seat", "title"),
    "topics": ("set_topic", "name"),
    "remits": ("set_remit", ""),
}
_SHEET_OF: Final = {"r": "regions", "u": "units", "s": "seats", "t": "topics", "m": "remits"}
#: As long as a sign-in name and what colleagues call somebody may be.
_LONGEST: Final = {"username": 64, "display_name": 100}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a sheet as it was read; a column that the file doesn't have is not in `values`."""

    sheet: str
    #: as the spreadsheet counts, from 1
    row: int
    values: Mapping[str, Any]
    #: something of it could not be read: it is looked at no further
    broken: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that speaks against an import. `code` is one of `core/jurisdiction`, or twice, fixed, off, name, past,
    needs-end, needs-right."""

    sheet: str
    row: int
    column: str
    code: str
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of one row."""

    sheet: str
    row: int
    name: str
    #: made or changed
    verb: str
    #: (column, old value, new value)
    diffs: tuple[tuple[str, Any, Any], ...] = ()


@dataclass(slots=True)
class Plan:
    """What an import would do."""

    #: number of the jurisdiction's entry on which this was decided
    version: int
    steps: list[Step] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    #: (remit, another with the same claim that loses to it): their codes decide, which seldom is meant
    overlaps: list[tuple[str, str]] = field(default_factory=list)
    #: rows that stand already as the file says
    same: int = 0
    changes: list[dict[str, Any]] = field(default_factory=list)
    newcomers: list[accounts.Newcomer] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Return whether there is nothing to do."""
        return not self.changes and not self.newcomers

    def digest(self) -> str:
        """Return by what exactly this plan is known again: two with the same digest do the same to the same state."""
        shown = [
            (step.sheet, step.row, step.name, step.verb, [(name, str(a), str(b)) for name, a, b in step.diffs])
            for step in self.steps
        ]
        return sha256(json.dumps([self.version, shown], ensure_ascii=False).encode()).hexdigest()


class Stale(Exception):
    """What the plan was decided on has changed since."""


# What stands now ------------------------------------------------------------------------------------------------------


def minute(at: datetime | None) -> datetime | None:
    """Return a moment as a sheet holds it: to the minute."""
    return at.astimezone(UTC).replace(second=0, microsecond=0) if at is not None else None


def _plain(sheet: str, row: Any) -> dict[str, Any]:
    """Return the values of a stored row as a sheet holds them."""
    found: dict[str, Any] = {}
    for column in SHEETS[sheet]:
        if column.key in ("zh", "en"):
            name: Name = row.title if sheet == "seats" else row.name
            found[column.key] = getattr(name, column.key)
        else:
            value = getattr(row, column.key)
            if column.kind == "moment":
                value = minute(value)
            elif column.kind == "choices":
                value = tuple(sorted(value))
            found[column.key] = value
    return found


def _account(row: Account) -> dict[str, Any]:
    return {"username": row.username, "display_name": row.display_name, "language": row.language}


def present(*, now: datetime, actor: Actor, using: str = "default") -> dict[str, list[dict[str, Any]]]:
    """
    Return what stands now, as the rows of every sheet. Closed units and seats and what has ended are left out.

    Raises:
        NotAllowed: the actor may not change the jurisdiction.
    """
    jurisdiction_operations.must_change(actor)
    jurisdiction = jurisdiction_queries.snapshot(using=using)
    known = list(Account.objects.using(using).order_by("username"))
    names = {row.person.hex: row.username for row in known}
    found: dict[str, list[dict[str, Any]]] = {}
    for sheet in _SET:
        rows = sorted(getattr(jurisdiction, sheet), key=lambda row: row.id)
        if sheet in ("units", "seats"):
            rows = [row for row in rows if row.active]
        elif sheet == "remits":
            rows = [row for row in rows if row.to_at is None or row.to_at > now]
        found[sheet] = [_plain(sheet, row) for row in rows]
    postings = {}
    for row in sorted(jurisdiction.postings, key=lambda row: (row.seat, row.from_at, row.id)):
        seated = row.kind in POSTED and jurisdiction.seats[row.seat].active
        if seated and row.person in names and (row.to_at is None or row.to_at > now):
            values = (row.seat, names[row.person], row.kind, minute(row.from_at), minute(row.to_at))
            # to the minute, two may look the same: the later one is it, as for whoever reads the file
            postings[values[:4]] = dict(zip(("seat", "person", "kind", "from_at", "to_at"), values, strict=True))
    found["postings"] = list(postings.values())
    found["users"] = [_account(row) for row in known] if allowed(actor, None, "manage_accounts") else []
    return found


# What would become of it ----------------------------------------------------------------------------------------------


def plan(
    lines: Sequence[Line],
    *,
    actor: Actor,
    now: datetime,
    packs: Iterable[str] = (),
    calendars: Iterable[str] = (),
    using: str = "default",
) -> Plan:
    """
    Return what these rows would do and everything that speaks against it; nothing is written.

    Args:
        lines: in any order; those that could not be read have their faults elsewhere.
        now: aware UTC.
        packs, calendars: those that a remit and a region may name.
    Raises:
        NotAllowed: the actor may not change the jurisdiction.
    """
    jurisdiction_operations.must_change(actor)
    work = _Work(
        jurisdiction_queries.snapshot(using=using), actor, now, using, frozenset({*packs, ANY}), frozenset(calendars)
    )
    by_sheet: dict[str, list[Line]] = {sheet: [] for sheet in SHEETS}
    for line in lines:
        by_sheet[line.sheet].append(line)
    work.users(by_sheet["users"])
    for sheet in _SET:
        work.coded(by_sheet[sheet])
    work.postings(by_sheet["postings"])
    work.decide()
    work.overlapping()
    work.plan.faults.sort(key=lambda fault: (list(SHEETS).index(fault.sheet) if fault.sheet else 99, fault))
    order = list(SHEETS)
    work.plan.steps.sort(key=lambda step: (order.index(step.sheet), step.row))
    return work.plan


class _Work:
    """One plan while it is made."""

    def __init__(
        self,
        jurisdiction: Jurisdiction,
        actor: Actor,
        now: datetime,
        using: str,
        packs: frozenset[str],
        calendars: frozenset[str],
    ) -> None:
        self.jurisdiction, self.actor, self.now, self.using = jurisdiction, actor, now, using
        self.known = {"pack": packs, "calendar": calendars}
        self.plan = Plan(jurisdiction.version)
        #: changes beside the lines that ask for them
        self.asked: list[tuple[Line, dict[str, Any]]] = []
        #: codes of rows that are wrong already: what others say about them would only repeat it
        self.dropped: set[str] = set()
        self.rows: dict[str, Line] = {}
        self.persons: dict[str, str] = {}
        self.off: set[str] = set()
        self.effects: tuple[dict[str, Any], ...] = ()

    def wrong(self, line: Line, column: str, code: str, **values: object) -> None:
        """Note a fault of a row."""
        said = tuple((name, str(value)) for name, value in sorted(values.items()))
        self.plan.faults.append(Fault(line.sheet, line.row, column, code, said))

    def _complete(
        self, line: Line, columns: Iterable[Column], before: Mapping[str, Any] | None
    ) -> dict[str, Any] | None:
        """Return every value of a row, None after noting what is missing. A column left out keeps what stands."""
        values: dict[str, Any] = {}
        good = not line.broken
        for column in columns:
            if column.key in line.values:
                value = line.values[column.key]
                values[column.key] = column.empty if value in (None, ()) else value
            else:
                values[column.key] = before[column.key] if before is not None else column.empty
            if column.required and values[column.key] in (None, ()) and not (line.broken and column.key in line.values):
                self.wrong(line, column.key, "missing")
                good = False
            value, known = values[column.key], self.known.get(column.key)
            if known is not None and value is not None and value not in known:
                # what stands is left alone, though its calendar may have gone
                if before is None or before[column.key] != value:
                    self.wrong(line, column.key, "unknown", **{column.key: value})
                    good = False
        return values if good else None

    def _first(self, seen: dict[Any, int], key: Any, line: Line, column: str) -> bool:
        if key in seen:
            self.wrong(line, column, "twice", row=seen[key])
            return False
        seen[key] = line.row
        return True

    def users(self, lines: Sequence[Line]) -> None:
        """See who has an account and who would get one."""
        found = {row.username: row for row in Account.objects.using(self.using).all()}
        self.persons = {name: row.person.hex for name, row in found.items()}
        self.off = {name for name, row in found.items() if not row.is_active}
        seen: dict[Any, int] = {}
        for line in lines:
            name = str(line.values.get("username") or "").lower()
            before = found.get(name)
            had = (
                {"username": name, "display_name": before.display_name, "language": before.language} if before else None
            )
            values = self._complete(line, SHEETS["users"], had)
            if values is None or not self._first(seen, name, line, "username"):
                self.dropped.add(f"@{name}")
            elif before is not None and had is not None:
                differing = [key for key in ("display_name", "language") if values[key] != had[key]]
                for key in differing:
                    self.wrong(line, key, "fixed", username=name)
                self.plan.same += not differing
            else:
                self._newcomer(line, name, values)

    def _newcomer(self, line: Line, name: str, values: Mapping[str, Any]) -> None:
        good = True
        if not all(letter.isascii() and (letter.isalnum() or letter in "._-") for letter in name):
            self.wrong(line, "username", "name")
            good = False
        for key, most in _LONGEST.items():
            if len(values[key]) > most:
                self.wrong(line, key, "long", most=most)
                good = False
        if not allowed(self.actor, None, "manage_accounts"):
            self.wrong(line, "username", "needs-right")
            good = False
        if not good:
            self.dropped.add(f"@{name}")
            return
        person = uuid4()
        self.persons[name] = person.hex
        self.plan.newcomers.append(accounts.Newcomer(name, values["display_name"], values["language"], person))
        shown = tuple((key, None, values[key]) for key in ("display_name", "language"))
        self.plan.steps.append(Step("users", line.row, name, "made", shown))

    def coded(self, lines: Sequence[Line]) -> None:
        """See what becomes of rows that have a code."""
        seen: dict[Any, int] = {}
        for line in lines:
            do, words = _SET[line.sheet]
            code = line.values.get("id")
            stored = getattr(self.jurisdiction, line.sheet).get(code)
            before = _plain(line.sheet, stored) if stored is not None else None
            values = self._complete(line, SHEETS[line.sheet], before)
            if values is not None and words and not (values["zh"] or values["en"]):
                self.wrong(line, "zh", "missing")
                values = None
            if values is None or not self._first(seen, code, line, "id"):
                if code:
                    self.dropped.add(code)
                continue
            if words:
                named = Name.of({"zh": values["zh"] or "", "en": values["en"] or ""})
                values["zh"], values["en"] = named.zh, named.en
            if line.sheet == "seats":
                values["roles"] = tuple(sorted(values["roles"]))
            if line.sheet == "remits" and before is not None and values["from_at"] is None:
                values["from_at"] = before["from_at"]
            self.rows[code] = line
            if values == before:
                self.plan.same += 1
                continue
            diffs = tuple(
                (key, before[key] if before is not None else None, value)
                for key, value in values.items()
                if key != "id" and (before[key] != value if before is not None else value is not None)
            )
            name = values.get("zh", "") if words else ""
            self.plan.steps.append(
                Step(line.sheet, line.row, f"{code} {name}".strip(), "changed" if before else "made", diffs)
            )
            self.asked.append((line, self._setting(do, words, values, stored)))

    def _setting(self, do: str, words: str, values: Mapping[str, Any], stored: Any) -> dict[str, Any]:
        change: dict[str, Any] = {"do": do}
        for key, value in values.items():
            if key in ("zh", "en"):
                change.setdefault(words, {})[key] = value
            elif key in ("from_at", "to_at"):
                had = getattr(stored, key) if stored is not None else None
                # seconds are not in the sheet: what was left alone stays to the microsecond
                exact = had if had is not None and minute(had) == value else value
                if exact is not None:
                    change[key] = moment_text(exact)
            elif value is not None:
                change[key] = list(value) if isinstance(value, tuple) else value
        return change

    def postings(self, lines: Sequence[Line]) -> None:
        """See who would sit where; those who leave go first."""
        seen: dict[Any, int] = {}
        ends: list[tuple[Line, dict[str, Any]]] = []
        starts: list[tuple[Line, dict[str, Any]]] = []
        for line in lines:
            values = self._complete(line, SHEETS["postings"], None)
            seat, name = line.values.get("seat"), str(line.values.get("person") or "").lower()
            person = self.persons.get(name)
            if values is not None and person is None and f"@{name}" not in self.dropped:
                self.wrong(line, "person", "unknown", person=name)
            if values is None or person is None:
                self.dropped.add(f"posted {seat}")
                continue
            kind = values["kind"]
            row = self._posting(seat, person, kind, values["from_at"])
            start = minute(row.from_at) if row is not None else values["from_at"]
            if not self._first(seen, (seat, name, kind, start), line, "seat"):
                self.dropped.add(f"posted {seat}")
            elif row is None:
                self._starting(line, values, name, person, starts)
            elif "to_at" not in line.values or minute(row.to_at) == values["to_at"]:
                self.plan.same += 1
            else:
                self._ending(line, values, name, row, ends)
        covers = [pair for pair in starts if pair[1]["do"] == "plan_absence"]
        self.asked += [*ends, *(pair for pair in starts if pair[1]["do"] != "plan_absence"), *covers]

    def _posting(self, seat: Any, person: str, kind: str, from_at: datetime | None) -> Posting | None:
        rows = [row for row in self.jurisdiction.postings.group(seat) if (row.person, row.kind) == (person, kind)]
        if from_at is None:
            rows = [row for row in rows if row.to_at is None or row.to_at > self.now]
        else:
            rows = [row for row in rows if minute(row.from_at) == from_at]
        # in the same minute somebody may have been posted, called off and posted again: the last one counts
        return max(rows, key=lambda row: (row.from_at, row.id), default=None)

    def _starting(
        self, line: Line, values: Mapping[str, Any], name: str, person: str, starts: list[tuple[Line, dict[str, Any]]]
    ) -> None:
        if name in self.off:
            self.wrong(line, "person", "off", person=name)
            self.dropped.add(f"posted {values['seat']}")
            return
        moments = {key: moment_text(values[key]) for key in ("from_at", "to_at") if values[key] is not None}
        change: dict[str, Any] = {"do": "start_posting", "seat": values["seat"], "person": person, **moments}
        if values["kind"] == "cover":
            if values["to_at"] is None:
                self.wrong(line, "to_at", "needs-end")
                return
            change = {"do": "plan_absence", "seat": values["seat"], "cover": person, **moments}
        elif values["kind"] != "holder":
            change["kind"] = values["kind"]
        starts.append((line, change))
        shown = tuple((key, None, values[key]) for key in ("kind", "from_at", "to_at") if values[key] is not None)
        self.plan.steps.append(Step("postings", line.row, f"{values['seat']} {name}", "made", shown))

    def _ending(
        self, line: Line, values: Mapping[str, Any], name: str, row: Posting, ends: list[tuple[Line, dict[str, Any]]]
    ) -> None:
        to_at = values["to_at"]
        last = [
            one
            for one in self.jurisdiction.postings.group(row.seat)
            if (one.person, one.kind) == (row.person, row.kind) and (one.to_at is None or one.to_at > self.now)
        ]
        if row.to_at is not None and row.to_at <= self.now:
            self.wrong(line, "to_at", "ended", seat=row.seat)
        elif row.kind == "cover" or to_at is None or last[-1].id != row.id:
            # its absence belongs to it; an end can't be taken back; and one of several is picked on the seat's page
            self.wrong(line, "to_at", "fixed", seat=row.seat)
        elif to_at <= self.now:
            self.wrong(line, "to_at", "past", seat=row.seat)
        else:
            change = {"do": "end_posting", "seat": row.seat, "person": row.person, "kind": row.kind}
            ends.append((line, {**change, "at": moment_text(to_at)}))
            diff = ("to_at", minute(row.to_at), to_at)
            self.plan.steps.append(Step("postings", line.row, f"{row.seat} {name}", "changed", (diff,)))
            return
        self.dropped.add(f"posted {row.seat}")

    def decide(self) -> None:
        """Ask what the changes come to as a whole. What is wrong with one row hides nothing of the others."""
        left = list(self.asked)
        newcomers = frozenset(one.person.hex for one in self.plan.newcomers)
        while left:
            trial = offices.try_change(
                [change for _line, change in left],
                actor=self.actor,
                now=self.now,
                newcomers=newcomers,
                using=self.using,
            )
            self.effects = trial.effects
            members = [fault for fault in trial.faults if fault.path.startswith("changes[")]
            wrong = {int(fault.path[8 : fault.path.index("]")]) for fault in members}
            for fault in members:
                self._member(left, fault)
            for fault in trial.faults:
                if fault not in members:
                    self._whole(fault)
            if not wrong:
                break
            for index in wrong:
                self._drop(left[index][0])
            left = [pair for index, pair in enumerate(left) if index not in wrong]
        self.plan.changes = [change for _line, change in self.asked]

    def _drop(self, line: Line) -> None:
        self.dropped.add(f"posted {line.values.get('seat')}" if line.sheet == "postings" else str(line.values["id"]))

    def _member(self, left: Sequence[tuple[Line, Mapping[str, Any]]], fault: ChangeFault) -> None:
        place, _dot, name = fault.path[8:].partition("].")
        line = left[int(place)][0]
        column = {"name": "zh", "title": "zh", "cover": "person", "at": "to_at"}.get(name, name)
        self._said(line, column, fault)

    def _whole(self, fault: ChangeFault) -> None:
        """Say a fault of the whole at the row that it is about."""
        line = self.rows.get(fault.path)
        column = fault.path
        if fault.code in ("vacant", "overlap"):
            if f"posted {fault.path}" in self.dropped:
                return
            sitting = [pair[0] for pair in self.asked if pair[0].sheet == "postings" and pair[1]["seat"] == fault.path]
            line = sitting[-1] if sitting else line
        if line is not None:
            keys = {one.key for one in SHEETS[line.sheet]}
            named = [many for name, _value in fault.values for many in (name, f"{name}s") if many in keys]
            column = named[0] if named else "seat" if line.sheet == "postings" else "id"
        # what stands in no row of the file, say the settings, is named by its code alone
        self._said(line or Line("", 0, {}), column, fault)

    def _said(self, line: Line, column: str, fault: ChangeFault) -> None:
        if not any(value in self.dropped for _name, value in fault.values):
            self.plan.faults.append(Fault(line.sheet, line.row, column, fault.code, fault.values))

    def overlapping(self) -> None:
        """Note remits that claim the same as another one: which of them wins is then left to their codes."""
        if self.plan.faults:
            return
        touched = {line.values["id"] for line, _change in self.asked if line.sheet == "remits"}
        if not touched:
            return
        after = apply(self.jurisdiction, self.jurisdiction.version + 1, self.effects)
        claims: dict[tuple[Any, ...], list[Remit]] = {}
        for remit in sorted(after.remits, key=lambda row: row.id):
            if remit.power == "decide" and (remit.to_at is None or remit.to_at > self.now):
                for topic in remit.topics:
                    for region in remit.regions:
                        claims.setdefault((topic, region, remit.pack, remit.priority), []).append(remit)
        found: set[tuple[str, str]] = set()
        for rows in claims.values():
            for first, second in _pairs(rows):
                if touched & {first.id, second.id} and (first.unit, first.seat) != (second.unit, second.seat):
                    found.add((first.id, second.id))
        self.plan.overlaps = sorted(found)


def _pairs(rows: Sequence[Remit]) -> Iterable[tuple[Remit, Remit]]:
    """Yield each remit that loses by its code alone, behind the one that wins over it; rows come by code."""
    for n, second in enumerate(rows):
        for first in rows[:n]:
            if (first.to_at is None or first.to_at > second.from_at) and (
                second.to_at is None or second.to_at > first.from_at
            ):
                yield first, second
                break


# Doing it -------------------------------------------------------------------------------------------------------------


def carry_out(
    planned: Plan, *, reason: str, file_hash: str, actor: Actor, now: datetime, using: str = "default"
) -> list[tuple[Account, str]]:
    """
    Do what a plan says, all of it or nothing, and return the new accounts with their one-time codes.

    Args:
        planned: without faults, made in this request.
        reason: stands in the jurisdiction's entry, where nobody can change it.
        file_hash: SHA-256 in hex of the file that was looked at.
    Raises:
        Stale: the jurisdiction is another one than the plan was made on, or changed just now.
        Refused: something speaks against it after all.
    """
    if planned.faults:
        raise ValueError("a plan with faults")
    because = {"reason": reason, "file": file_hash}
    try:
        with transaction.atomic(using=using):
            made = accounts.make_accounts(planned.newcomers, actor=actor, now=now, using=using)
            if planned.changes:
                after = offices.change(planned.changes, because=because, actor=actor, now=now, using=using)
                if after.version != planned.version + 1:
                    raise Stale(str(after.version))
    except BaseException as error:
        # the snapshot that the change left is not what stands
        jurisdiction_queries.forget(using)
        if isinstance(error, Conflict):
            raise Stale(str(error)) from error
        raise
    return made
