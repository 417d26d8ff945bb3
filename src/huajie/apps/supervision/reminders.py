"""
Reminders and chasers as the unit has them: told by a digest, taken, answered, withdrawn.

Each is an entry of the stream of supervision; the row of the rung follows from it. Whoever acts on a matter pays
nothing for it: rungs are told by a worker, and a reminder is open as long as its clock runs to that very date. An
answer is a cause of a short list, a few words on what comes next and a day. Its words are committed to and go when the
texts of the matter are erased; nothing that tells who somebody is may stand in them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from time import monotonic
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import connections

from huajie.apps.ledger import queries as ledger_queries
from huajie.apps.ledger.operations import Changes, commit_changes, erase_openings
from huajie.apps.matters import loading
from huajie.apps.matters.queries import BadCursor
from huajie.apps.procedure import force
from huajie.apps.supervision.ladder import RUNG
from huajie.apps.supervision.queries import fetch, fetch_steadily
from huajie.apps.supervision.stream import STREAM, Declined, append, who
from huajie.core.access import Actor, answers_reminders, issues_reminders, reminders_seen
from huajie.core.ledger import moment, stamp
from huajie.core.masking import mask
from huajie.core.supervision import REMINDERS

#: Why something is not done, as a unit may say it.
CAUSES: Final = ("under-way", "resident", "other-unit", "decision", "means", "missed")
#: Longest words of an answer or a withdrawal.
MOST_WORDS: Final = 300
#: Lines of a page.
PAGE: Final = 30
#: Reminders that are taken together, and up to which they are counted.
TOGETHER: Final = 100
#: Seconds for which a seat's day takes its reminders as they were counted.
AGE: Final = 30.0


@dataclass(frozen=True, slots=True)
class Key:
    """One rung of one clock."""

    matter: UUID
    clock: str
    due_at: datetime
    rung: str

    @property
    def written(self) -> str:
        """Return it as it travels in a form."""
        return f"{self.matter.hex}|{self.clock}|{stamp(self.due_at)}|{self.rung}"

    @classmethod
    def read(cls, text: str) -> "Key":
        """
        Return the key that `written` gave.

        Raises:
            Declined: `none`.
        """
        try:
            matter, clock, due, rung = text.split("|")
            return cls(UUID(hex=matter), clock, moment(due), rung)
        except ValueError:
            raise Declined("none") from None

    @property
    def said(self) -> list[str]:
        """Return it as an entry names it."""
        return [self.matter.hex, self.clock, stamp(self.due_at), self.rung]

    @property
    def row(self) -> dict[str, Any]:
        """Return it as the key of its row."""
        return {"matter": self.matter, "clock": self.clock, "due_at": self.due_at, "rung": self.rung}


@dataclass(frozen=True, slots=True)
class Did:
    """Who did something, from which seat, when."""

    at: datetime
    person: str
    seat: str


@dataclass(frozen=True, slots=True)
class Reminder:
    """One reminder or chaser and what the unit said."""

    key: Key
    #: the unit that it was told to
    unit: str
    reached_at: datetime
    #: null where a digest of an earlier version told it
    told_at: datetime | None
    reply_due_at: datetime | None
    received: Did | None
    answered: Did | None
    #: of CAUSES; empty without an answer
    cause: str
    words: str
    by_date: date | None
    withdrawn: Did | None
    reason: str
    #: whether its clock still runs to this date
    runs: bool

    @property
    def is_open(self) -> bool:
        """Return whether the unit still has to answer it."""
        return self.runs and self.answered is None and self.withdrawn is None

    def overdue(self, now: datetime) -> bool:
        """Return whether the time to answer it is over."""
        return self.is_open and self.reply_due_at is not None and now >= self.reply_due_at


_COLUMNS: Final = (
    "r.matter, r.clock, r.due_at, r.rung, r.unit, r.reached_at, r.told_at, r.reply_due_at,"
    " r.received_at, r.received_by, r.received_seat, r.answered_at, r.answered_by, r.answered_seat,"
    " r.cause, r.words, r.by_date, r.withdrawn_at, r.withdrawn_by, r.withdrawn_seat, r.reason,"
    " CASE WHEN c.status = 'running' AND c.due_at = r.due_at THEN 1 ELSE 0 END, r.n"
)
_FROM: Final = "supervision_rung r LEFT JOIN matters_clock c ON c.matter = r.matter AND c.key = r.clock"
_REMINDER: Final = f"r.rung IN ({', '.join(repr(name) for name in REMINDERS)})"
#: The newest of its clock and date: what was told before it is answered with it.
_NEWEST: Final = (
    "NOT EXISTS (SELECT 1 FROM supervision_rung l WHERE l.matter = r.matter AND l.clock = r.clock"
    f" AND l.due_at = r.due_at AND l.reached_at > r.reached_at AND {_REMINDER.replace('r.rung', 'l.rung')})"
)
_OPEN: Final = (
    f"r.answered_at IS NULL AND r.withdrawn_at IS NULL AND c.status = 'running' AND c.due_at = r.due_at AND {_NEWEST}"
)


def _reminder(row: Sequence[Any]) -> Reminder:
    def did(first: int) -> Did | None:
        return Did(loading.aware(row[first]), row[first + 1], row[first + 2]) if row[first] is not None else None

    def at(place: int) -> datetime | None:
        return loading.aware(row[place]) if row[place] is not None else None

    by = row[16]
    return Reminder(
        Key(loading.as_uuid(row[0]), row[1], loading.aware(row[2]), row[3]),
        row[4],
        loading.aware(row[5]),
        at(6),
        at(7),
        did(8),
        did(11),
        row[14],
        row[15],
        by if by is None or isinstance(by, date) else date.fromisoformat(by),
        did(17),
        row[20],
        bool(row[21]),
    )


# Reading --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Page:
    """One page of reminders."""

    reminders: tuple[Reminder, ...]
    #: key of the next page, None at the end
    next: str | None


def reminders(
    actor: Actor, *, done: bool = False, after: str | None = None, limit: int = PAGE, using: str = "default"
) -> Page:
    """
    Return the reminders that an actor may see, the newest first, by key.

    Args:
        done: those that need no answer any more, instead of those that do.
    Raises:
        BadCursor: `after` was not given out by us.
    """
    seen, values = reminders_seen(actor, unit="r.unit", matter="r.matter")
    where = f"{_REMINDER} AND {seen}" + (
        " AND (r.answered_at IS NOT NULL OR r.withdrawn_at IS NOT NULL OR c.status IS NULL OR c.status <> 'running'"
        " OR c.due_at <> r.due_at)"
        if done
        else f" AND {_OPEN}"
    )
    if after is not None:
        try:
            n, matter, clock, rung = after.split("|")
            values += [int(n), int(n), UUID(hex=matter), clock, rung]
        except ValueError as error:
            raise BadCursor(after) from error
        where += " AND (r.n < %s OR (r.n = %s AND (r.matter, r.clock, r.rung) > (%s, %s, %s)))"
    rows = fetch(
        using,
        f"SELECT {_COLUMNS} FROM {_FROM} WHERE {where} ORDER BY r.n DESC, r.matter, r.clock, r.rung"
        f" LIMIT {int(limit) + 1}",
        values,
    )
    found = tuple(_reminder(row) for row in rows[:limit])
    last = found[-1].key if len(rows) > limit else None
    return Page(found, f"{rows[limit - 1][22]}|{last.matter.hex}|{last.clock}|{last.rung}" if last else None)


def of_matter(actor: Actor, matter: UUID, *, using: str = "default") -> tuple[Reminder, ...]:
    """Return what was told about one matter and an actor may see, oldest first; the matter itself is open to them."""
    seen, values = reminders_seen(actor, unit="r.unit", matter="r.matter")
    rows = fetch_steadily(
        using,
        f"SELECT {_COLUMNS} FROM {_FROM} WHERE r.matter = %s AND {_REMINDER} AND {seen}"
        f" ORDER BY r.reached_at, r.clock, r.rung LIMIT {TOGETHER}",
        [matter, *values],
    )
    return tuple(_reminder(row) for row in rows)


def newest_of(actor: Actor, matters: Collection[UUID], *, using: str = "default") -> dict[UUID, Reminder]:
    """Return the newest reminder about a date that still runs, of each of these matters, in one statement."""
    if not matters:
        return {}
    seen, values = reminders_seen(actor, unit="r.unit", matter="r.matter")
    marks = ", ".join(["%s"] * len(matters))
    rows = fetch(
        using,
        f"SELECT {_COLUMNS} FROM {_FROM} WHERE r.matter IN ({marks}) AND {_REMINDER} AND r.withdrawn_at IS NULL"
        f" AND c.status = 'running' AND c.due_at = r.due_at AND {_NEWEST} AND {seen} ORDER BY r.due_at DESC, r.clock",
        [*matters, *values],
    )
    found = (_reminder(row) for row in rows)
    # the one that is longest due comes last and stays
    return {one.key.matter: one for one in found}


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a seat's unit; nothing is counted beyond TOGETHER."""

    untaken: int = 0
    unanswered: int = 0
    overdue: int = 0


_waiting: dict[tuple[Any, ...], tuple[float, Waiting]] = {}
_MOST = 2048


def waiting(actor: Actor, *, now: datetime, using: str = "default") -> Waiting:
    """
    Return what waits for the actor's own unit, at most AGE seconds old so that a day asks nothing more of the database.
    """
    own = [unit for unit in sorted(actor.answers) if answers_reminders(actor, unit)]
    if not own:
        return Waiting()
    key = (using, tuple(own), actor.denials, actor.person, actor.roles)
    looked = _waiting.get(key)
    if looked is not None and monotonic() - looked[0] < AGE:
        return looked[1]
    seen, values = reminders_seen(actor, unit="r.unit", matter="r.matter")
    marks = ", ".join(["%s"] * len(own))
    rows = fetch(
        using,
        f"SELECT r.received_at, r.reply_due_at FROM {_FROM} WHERE r.unit IN ({marks}) AND {_REMINDER} AND {_OPEN}"
        f" AND {seen} ORDER BY r.n DESC LIMIT {TOGETHER}",
        [*own, *values],
    )
    untaken = sum(received is None for received, _ in rows)
    late = sum(until is not None and loading.aware(until) <= now for _, until in rows)
    found = Waiting(untaken, len(rows) - untaken, late)
    if len(_waiting) >= _MOST:
        _waiting.clear()
    _waiting[key] = (monotonic(), found)
    return found


def forget() -> None:
    """Count anew the next time."""
    _waiting.clear()


# Writing --------------------------------------------------------------------------------------------------------------


def _named(actor: Actor, keys: Sequence[Key], using: str) -> list[Reminder]:
    """Return the reminders of these keys, in their order; `none` if the actor may not see one."""
    if not keys or len(keys) > TOGETHER:
        raise Declined("none")
    seen, values = reminders_seen(actor, unit="r.unit", matter="r.matter")
    each = " OR ".join(["(r.matter = %s AND r.clock = %s AND r.due_at = %s AND r.rung = %s)"] * len(keys))
    adapt = connections[using].ops.adapt_datetimefield_value
    named = [value for key in keys for value in (key.matter, key.clock, adapt(key.due_at), key.rung)]
    rows = fetch(
        using,
        f"SELECT {_COLUMNS} FROM {_FROM} WHERE ({each}) AND {_REMINDER} AND {seen}",
        [*named, *values],
    )
    found = {one.key: one for one in map(_reminder, rows)}
    if any(key not in found for key in keys):
        raise Declined("none")
    return [found[key] for key in dict.fromkeys(keys)]


def _words(given: str, word: str) -> str:
    """Return words without what stands around them; declined where they are empty, too long or name somebody."""
    words = " ".join(given.split())
    if not words or len(words) > MOST_WORDS:
        raise Declined(word)
    if mask(words, allowed=settings.HUAJIE_PUBLIC_NUMBERS).spans:
        raise Declined("person")
    return words


def receive(keys: Sequence[Key], *, actor: Actor, now: datetime, using: str = "default") -> None:
    """
    Record that the unit has these reminders, all or none, in one entry.

    Raises:
        Declined: `none` (none that the actor may see), `role` (another unit's), `known` (taken already), `withdrawn`.
        Conflict: somebody else wrote at this moment; try again.
    """
    changes = Changes()
    effects = []
    for one in _named(actor, keys, using):
        _open_to(one, actor)
        if one.received is not None:
            raise Declined("known")
        effects.append({"e": "rung.received", "rung": one.key.said})
        values = {"received_at": now, "received_by": actor.person or "", "received_seat": actor.seat or ""}
        changes.update(RUNG, one.key.row, values, {"received_at": None, "withdrawn_at": None})
    append(changes, "supervision.reminders-received", [effects], now=now, using=using, actor=who(actor))
    commit_changes(changes, using=using)
    forget()


def answer(
    key: Key, *, cause: str, words: str, by_date: date, actor: Actor, now: datetime, using: str = "default"
) -> None:
    """
    Record what the unit says: why it is not done, what comes next, by which day; whoever answers has also taken it.

    Args:
        cause: of CAUSES.
        words: what comes next, at most MOST_WORDS; neither phone nor identity number nor the like.
        by_date: not before today.
    Raises:
        Declined: as for `receive`, `known` where it is answered already, `cause`, `words`, `person` (something in the
            words tells who somebody is), `date`.
        Conflict: somebody else wrote at this moment; try again.
    """
    (one,) = _named(actor, [key], using)
    _open_to(one, actor)
    if one.answered is not None:
        raise Declined("known")
    if cause not in CAUSES:
        raise Declined("cause")
    words = _words(words, "words")
    if by_date < now.astimezone(_zone(using)).date():
        raise Declined("date")
    effects: list[dict[str, Any]] = []
    values: dict[str, Any] = {}
    expect: dict[str, Any] = {"answered_at": None, "withdrawn_at": None}
    if one.received is None:
        effects.append({"e": "rung.received", "rung": key.said})
        values |= {"received_at": now, "received_by": actor.person or "", "received_seat": actor.seat or ""}
        expect["received_at"] = None
    effects.append({"e": "rung.answered", "rung": key.said, "cause": cause, "by": by_date.isoformat()})
    values |= {"answered_at": now, "answered_by": actor.person or "", "answered_seat": actor.seat or ""}
    values |= {"cause": cause, "words": words, "by_date": by_date}
    _write(key, "supervision.reminder-answered", effects, values, expect, words, actor=actor, now=now, using=using)


def withdraw(key: Key, *, reason: str, actor: Actor, now: datetime, using: str = "default") -> None:
    """
    Take a reminder back, with a reason; what was told and said before stays in the record.

    Raises:
        Declined: `none`, `role` (not the supervision office), `withdrawn` (already), `reason`, `person`.
        Conflict: somebody else wrote at this moment; try again.
    """
    if not issues_reminders(actor):
        raise Declined("role")
    (one,) = _named(actor, [key], using)
    if one.withdrawn is not None:
        raise Declined("withdrawn")
    reason = _words(reason, "reason")
    values = {"withdrawn_at": now, "withdrawn_by": actor.person or "", "withdrawn_seat": actor.seat or ""}
    values["reason"] = reason
    effects = [{"e": "rung.withdrawn", "rung": key.said}]
    expect = {"withdrawn_at": None}
    _write(key, "supervision.reminder-withdrawn", effects, values, expect, reason, actor=actor, now=now, using=using)


def _zone(using: str) -> tzinfo:
    """Return the zone of the government's calendar."""
    return force.calendars(using=using)[1][force.DEFAULT].zone


def _open_to(one: Reminder, actor: Actor) -> None:
    if not answers_reminders(actor, one.unit):
        raise Declined("role")
    if one.withdrawn is not None:
        raise Declined("withdrawn")


def _write(
    key: Key,
    kind: str,
    effects: Sequence[dict[str, Any]],
    values: dict[str, Any],
    expect: dict[str, Any],
    words: str,
    *,
    actor: Actor,
    now: datetime,
    using: str,
) -> None:
    changes = Changes()
    texts = [("words", words.encode())]
    append(changes, kind, [effects], now=now, using=using, actor=who(actor), texts=texts)
    changes.update(RUNG, key.row, values, expect)
    commit_changes(changes, using=using)
    forget()


def erase_words(matter: UUID, *, now: datetime, using: str = "default") -> bool:
    """
    Let the words go that were said of a matter whose texts were erased, and what could still prove them.

    Returns:
        Whether there were any.
    Raises:
        Conflict: somebody else wrote at this moment; try again.
    """
    rows = fetch(
        using,
        "SELECT r.matter, r.clock, r.due_at, r.rung FROM supervision_rung r"
        " WHERE r.matter = %s AND (r.words <> '' OR r.reason <> '')",
        [matter],
    )
    if not rows:
        return False
    changes = Changes()
    effect = {"e": "rung.words-erased", "matter": matter.hex}
    append(changes, "supervision.words-erased", [[effect]], now=now, using=using)
    kept = ledger_queries.openings_of(STREAM, using=using)
    for n, body in enumerate(ledger_queries.bodies_since(STREAM, 0, using=using), 1):
        seed = kept[n].seed if n in kept else None
        about = any(
            one["e"] in ("rung.answered", "rung.withdrawn") and one["rung"][0] == matter.hex for one in body["effects"]
        )
        if about and seed is not None:
            erase_openings(changes, STREAM, n, seed=seed, keep=())
    for _, clock, due_at, rung in rows:
        key = Key(matter, clock, loading.aware(due_at), rung)
        changes.update(RUNG, key.row, {"words": "", "reason": ""})
    commit_changes(changes, using=using)
    return True
