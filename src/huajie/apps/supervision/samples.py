"""
Endings looked at again: drawn by a seed that nobody could choose afterwards, verified by others than the handlers.

In this order, each an entry of the stream of supervision: the hash of a seed (before the period is over), the hash of
the frame (when it is over; every ending of the period is in it, withdrawn matters among the rest), then the seed
itself and the whole document, which anybody draws again. Three questions are asked of each ending that was drawn; a no
sends it back. Who could not be reached is counted and never replaced.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connections

from huajie.apps.accounts.sealing import seal, unseal
from huajie.apps.ledger.operations import Changes, Conflict, TableSpec, commit_changes, register_table
from huajie.apps.matters import loading
from huajie.apps.matters.errors import Changed, Denied, UnknownMatter
from huajie.apps.matters.operations import Order, Randomness, act
from huajie.apps.matters.queries import see
from huajie.apps.supervision.cases import SLIPS, refresh
from huajie.apps.supervision.stream import Declined, append, who
from huajie.core.access import Actor
from huajie.core.ledger import canonical
from huajie.core.procedure import Refused
from huajie.core.supervision import Frame, publish, seed_hash

SAMPLE = register_table(
    TableSpec(
        "supervision_sample",
        {
            "id": "text",
            "from_date": "date",
            "until_date": "date",
            "seed_hash": "text",
            "fixed_at": "moment",
            "frame_hash": "text",
            "frozen_at": "moment",
            "document": "text",
            "n": "int",
        },
        key=("id",),
    )
)
SECRET = register_table(TableSpec("supervision_secret", {"sample": "text", "box": "bytes"}, key=("sample",)))
DRAWN = register_table(
    TableSpec(
        "supervision_drawn",
        {
            "sample": "text",
            "matter": "uuid",
            "stratum": "text",
            "unit": "text",
            "place": "int",
            "outcome": "text",
            "checked_at": "moment",
            "answerable": "text",
            "done": "text",
            "solved": "text",
            "meeting": "text",
            "channel": "text",
            "met_unit": "text",
            "met_file": "text",
        },
        key=("sample", "matter"),
    )
)

#: What each question may be answered by.
ANSWERS: Final = ("yes", "no", "unknown")
QUESTIONS: Final = ("answerable", "done", "solved")
#: How the meeting with the resident went; refusing needs no reason.
RESIDENT: Final = ("met", "refused", "not-reached", "not-known")
#: By which way they chose to meet.
CHANNELS: Final = ("phone", "their-place", "counter", "online", "letter")
UNIT: Final = ("met", "unavailable", "not-needed")
FILE: Final = ("read", "incomplete", "missing")


class SampleRefused(Declined):
    """What was asked of samples can't be; each function names its words."""


def _supervisor(actor: Actor) -> None:
    if "supervisor" not in actor.roles:
        raise SampleRefused("role")


def fix_seed(
    name: str,
    *,
    first: date,
    last: date,
    actor: Actor,
    now: datetime,
    zone: ZoneInfo,
    random: Randomness = os.urandom,
    using: str = "default",
) -> str:
    """
    Keep a seed for a period that is not over, and put its hash into the record; return the hash.

    Raises:
        SampleRefused: `role`, `known` (the period has one), `over` (its last day has passed).
    """
    _supervisor(actor)
    if last < now.astimezone(zone).date() or last < first:
        raise SampleRefused("over")
    if sample(name, using=using) is not None:
        raise SampleRefused("known")
    seed = random(32)
    told = seed_hash(seed)
    changes = Changes()
    effect = {
        "e": "sample.fixed",
        "sample": name,
        "from": first.isoformat(),
        "until": last.isoformat(),
        "seed_hash": told,
    }
    (n,) = append(changes, "supervision.seed-fixed", [[effect]], now=now, using=using, actor=who(actor), random=random)
    changes.insert(
        SAMPLE,
        [(name, first, last, told, now, None, None, "", n)],
    )
    changes.insert(SECRET, [(name, seal("sample", seed, bound=name.encode()))])
    commit_changes(changes, using=using)
    return told


def endings(first: date, last: date, zone: ZoneInfo, *, using: str = "default") -> dict[str, tuple[UUID, str, str]]:
    """
    Return every ending of a period: public case reference -> matter, unit, outcome.

    Ordinary matters that ended for the first time in it, however they ended; no slips and nothing brought in from
    another system. Whoever asks brings the rows up to date first.
    """
    adapt = connections[using].ops.adapt_datetimefield_value
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT m.case_ref, m.id, m.unit, m.outcome FROM supervision_case c"
            " JOIN matters_matter m ON m.id = c.matter"
            " WHERE c.ended_at >= %s AND c.ended_at < %s AND c.sensitivity = 'ordinary' AND m.imported = %s"
            " AND c.pack <> %s ORDER BY m.case_ref",
            [adapt(_begins(first, zone)), adapt(_begins(last + timedelta(days=1), zone)), False, SLIPS],
        )
        return {
            reference: (loading.as_uuid(stream), unit, outcome or "")
            for reference, stream, unit, outcome in cursor.fetchall()
        }


def _begins(on: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(on, time.min, tzinfo=zone)


def freeze_and_draw(
    name: str,
    *,
    size: int,
    actor: Actor,
    now: datetime,
    zone: ZoneInfo,
    random: Randomness = os.urandom,
    using: str = "default",
) -> dict[str, Any]:
    """
    Freeze the endings of a period that is over, tell the seed and draw; return the published document.

    Raises:
        SampleRefused: `role`, `none` (no seed was fixed, or nothing ended), `known` (drawn already), `not-over`.
        BadSample: the size does not fit: one of each unit at least, everything at most.
    """
    _supervisor(actor)
    known = sample(name, using=using)
    if known is None:
        raise SampleRefused("none")
    if known.document:
        raise SampleRefused("known")
    if known.last >= now.astimezone(zone).date():
        raise SampleRefused("not-over")
    while refresh(using=using):
        pass
    found = endings(known.first, known.last, zone, using=using)
    if not found:
        raise SampleRefused("none")
    strata: dict[str, set[str]] = {}
    for reference, (_, unit, _outcome) in found.items():
        strata.setdefault(unit, set()).add(reference)
    frame = Frame(known.first, known.last, {unit: frozenset(many) for unit, many in strata.items()}, size)
    seed = _seed(name, using)
    # Frozen before it is told, in one commit: nobody knew the seed while the frame could still change.
    document = publish(frame, seed, fixed_at=known.fixed_at, frozen_at=now)
    written = canonical(document).decode()
    changes = Changes()
    numbers = append(
        changes,
        "supervision.sample-drawn",
        [
            [
                {"e": "sample.frozen", "sample": name, "frame_hash": frame.hash, "size": size, "endings": len(found)},
                {
                    "e": "sample.drawn",
                    "sample": name,
                    "seed": seed.hex(),
                    "document": sha256(written.encode()).hexdigest(),
                },
            ]
        ],
        now=now,
        using=using,
        actor=who(actor),
        random=random,
    )
    changes.update(
        SAMPLE,
        {"id": name},
        {"frame_hash": frame.hash, "frozen_at": now, "document": written, "n": numbers[0]},
        {"document": ""},
    )
    changes.delete(SECRET, {"sample": name})
    blank = ("",) * 7
    changes.insert(
        DRAWN,
        [
            (name, found[reference][0], unit, found[reference][1], place, found[reference][2], None, *blank)
            for unit, references in document["sample"]
            for place, reference in enumerate(references, 1)
        ],
    )
    commit_changes(changes, using=using)
    return document


def _seed(name: str, using: str) -> bytes:
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT box FROM supervision_secret WHERE sample = %s", [name])
        row = cursor.fetchone()
    if row is None:
        raise SampleRefused("none")
    return unseal("sample", bytes(row[0]), bound=name.encode())


@dataclass(frozen=True, slots=True)
class Known:
    """A sample as it stands."""

    name: str
    first: date
    last: date
    seed_hash: str
    fixed_at: datetime
    frame_hash: str
    frozen_at: datetime | None
    #: canonical JSON, empty until it was drawn
    document: str


_COLUMNS = "id, from_date, until_date, seed_hash, fixed_at, frame_hash, frozen_at, document"


def sample(name: str, *, using: str = "default") -> Known | None:
    """Return one sample, or None."""
    with connections[using].cursor() as cursor:
        cursor.execute(f"SELECT {_COLUMNS} FROM supervision_sample WHERE id = %s", [name])
        row = cursor.fetchone()
    return _known(row) if row is not None else None


def samples(*, limit: int = 36, using: str = "default") -> tuple[Known, ...]:
    """Return the newest samples, newest first."""
    with connections[using].cursor() as cursor:
        cursor.execute(f"SELECT {_COLUMNS} FROM supervision_sample ORDER BY id DESC LIMIT {int(limit)}")
        return tuple(_known(row) for row in cursor.fetchall())


def _known(row: tuple[Any, ...]) -> Known:
    return Known(
        row[0],
        _day(row[1]),
        _day(row[2]),
        row[3],
        loading.aware(row[4]),
        row[5] or "",
        loading.aware(row[6]) if row[6] is not None else None,
        row[7],
    )


def _day(value: date | str) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


@dataclass(frozen=True, slots=True)
class Ending:
    """One ending that was drawn."""

    matter: UUID
    unit: str
    place: int
    outcome: str
    checked_at: datetime | None
    #: question -> answer; empty until somebody looked
    answers: Mapping[str, str]
    resident: str


def drawn(name: str, *, using: str = "default") -> tuple[Ending, ...]:
    """Return the endings of a sample by unit and place; the caller asks core/access about each."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT matter, unit, place, outcome, checked_at, answerable, done, solved, meeting FROM supervision_drawn"
            " WHERE sample = %s ORDER BY unit, place",
            [name],
        )
        return tuple(
            Ending(
                loading.as_uuid(row[0]),
                row[1],
                row[2],
                row[3],
                loading.aware(row[4]) if row[4] is not None else None,
                dict(zip(QUESTIONS, row[5:8], strict=True)),
                row[8],
            )
            for row in cursor.fetchall()
        )


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of the endings of one unit that were drawn: how many are what they claim."""

    unit: str
    drawn: int
    #: somebody looked and could say yes or no to all three questions
    checked: int
    #: yes to all three
    agreed: int

    @property
    def open(self) -> int:
        """Return those of which nobody can say: not looked at yet, or unknown; counted, and in no share."""
        return self.drawn - self.checked


def agreement(name: str, *, using: str = "default") -> tuple[Agreement, ...]:
    """Return the agreement of each unit, by its code."""
    found: dict[str, list[int]] = {}
    for ending in drawn(name, using=using):
        counts = found.setdefault(ending.unit, [0, 0, 0])
        counts[0] += 1
        told = set(ending.answers.values())
        if ending.checked_at is not None and told <= {"yes", "no"}:
            counts[1] += 1
            counts[2] += told == {"yes"}
    return tuple(Agreement(unit, *counts) for unit, counts in sorted(found.items()))


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What became of the endings of a sample that were not as they claimed."""

    #: at least one of the three questions was answered with no
    found: int
    #: of those: opened again, at any time since they ended
    reopened: int
    #: of those: still open
    open: int
    #: of those opened again: ended anew, with another outcome than was claimed
    other: int
    #: likewise, with the same one
    same: int


def aftermath(name: str, *, using: str = "default") -> Aftermath:
    """Return what became of the endings that were not as claimed, as the board's rows have it, in one statement."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT d.outcome, c.open, c.reopenings, m.outcome FROM supervision_drawn d"
            " JOIN matters_matter m ON m.id = d.matter JOIN supervision_case c ON c.matter = d.matter"
            " WHERE d.sample = %s AND (d.answerable = 'no' OR d.done = 'no' OR d.solved = 'no')",
            [name],
        )
        rows = cursor.fetchall()
    again = [row for row in rows if row[2]]
    ended = [(claimed, now) for claimed, open_again, _, now in again if not open_again]
    other = sum((now or "") != claimed for claimed, now in ended)
    return Aftermath(len(rows), len(again), len(again) - len(ended), other, len(ended) - other)


def check(
    name: str,
    matter: UUID,
    *,
    answers: Mapping[str, str],
    resident: str,
    channel: str,
    met_unit: str,
    file: str,
    actor: Actor,
    now: datetime,
    random: Randomness | None = None,
    using: str = "default",
) -> bool:
    """
    Record what somebody found who looked at an ending again; return whether it was sent back.

    Args:
        answers: each of QUESTIONS by one of ANSWERS.
        resident, met_unit, file: how the three meetings went; one that did not come about says why by itself.
        channel: how the resident chose to meet; empty where they were not met.
    Raises:
        SampleRefused: `role`, `none`, `known`, `handled`, `sponsor`, `answer`.
        UnknownMatter: closed to whoever asks.
    """
    if not actor.roles & {"verifier", "supervisor"}:
        raise SampleRefused("role")
    fits = (
        set(answers) == set(QUESTIONS)
        and all(value in ANSWERS for value in answers.values())
        and resident in RESIDENT
        and (channel in CHANNELS if resident == "met" else not channel)
        and met_unit in UNIT
        and file in FILE
        # the resident alone can say that it is solved: unmet, nobody says it for them
        and (resident == "met" or answers["solved"] != "yes")
    )
    if not fits:
        raise SampleRefused("answer")
    ending = next((one for one in drawn(name, using=using) if one.matter == matter), None)
    if ending is None:
        raise SampleRefused("none")
    if ending.checked_at is not None:
        raise SampleRefused("known")
    opened = see(actor, matter, using=using)
    state = opened.tip.state
    assert state is not None
    if actor.person in state.handled_by or state.seat in actor.answer_seats:
        raise SampleRefused("handled")
    if state.sponsor is not None and state.sponsor["seat"] in actor.answer_seats:
        raise SampleRefused("sponsor")
    changes = Changes()
    met = {"meeting": resident, "channel": channel, "met_unit": met_unit, "met_file": file}
    effect = {"e": "sample.checked", "sample": name, "matter": matter.hex, **dict(answers), **met}
    kind = "supervision.sample-checked"
    append(changes, kind, [[effect]], now=now, using=using, actor=who(actor), random=random or os.urandom)
    changes.update(DRAWN, {"sample": name, "matter": matter}, {"checked_at": now, **answers, **met})
    commit_changes(changes, using=using)
    return "no" in answers.values() and _send_back(matter, answers, actor, now=now, random=random, using=using)


_SAID: Final = {"answerable": "没有人负责", "done": "事情没有做", "solved": "问题没有解决"}


def _send_back(
    matter: UUID, answers: Mapping[str, str], actor: Actor, *, now: datetime, random: Randomness | None, using: str
) -> bool:
    """Open the matter again; where the checker may not, or its pack has no such act, a supervisor does on its page."""
    said = "、".join(words for name, words in _SAID.items() if answers[name] == "no")
    order = Order(act="reopen", inputs={"reopen_ground": "not-fulfilled"}, texts={"reason": f"随机核验发现：{said}。"})
    try:
        act(matter, order, actor=actor, now=now, random=random, using=using)
    except (Refused, Denied, Changed, UnknownMatter, Conflict):
        return False
    return True


def document(name: str, *, using: str = "default") -> dict[str, Any] | None:
    """Return the published document of a sample that was drawn, or None."""
    known = sample(name, using=using)
    return json.loads(known.document) if known is not None and known.document else None
