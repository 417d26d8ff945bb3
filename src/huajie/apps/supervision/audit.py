"""What `huajie verify` compares of supervision: every row follows from the stream, and the board's from the matters."""

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from fractions import Fraction
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import connections

from huajie.apps.jurisdiction import queries as jurisdiction_queries
from huajie.apps.ledger import queries as ledger_queries
from huajie.apps.matters import loading
from huajie.apps.matters.verify import register_stream
from huajie.apps.procedure import force
from huajie.apps.supervision import choices, minutes, reviews, samples
from huajie.apps.supervision.cases import CASE, Past, case_of
from huajie.apps.supervision.ladder import RUNG
from huajie.apps.supervision.stream import STREAM
from huajie.core.clocks import share_at
from huajie.core.ledger import commitment, moment, opening, stamp
from huajie.core.procedure import State
from huajie.core.supervision import BadSample, Ladder, Ladders, differences

#: Matters compared in one go.
_MANY = 400


def register() -> None:
    """Register the stream; called once when the app is ready."""
    register_stream(STREAM, "supervision", look)


def look(using: str) -> Iterator[tuple[int | None, str]]:
    """Yield what differs."""
    yield from _choices(using)
    yield from _rungs(using)
    yield from _samples(using)
    yield from _reviews(using)
    yield from _minutes(using)
    yield from _cases(using)


_SAID = ("unit", "reached_at", "n", "told_at", "reply_due_at")
_DONE = {"rung.received": "received", "rung.answered": "answered", "rung.withdrawn": "withdrawn"}


def _rungs(using: str) -> Iterator[tuple[int | None, str]]:
    """Yield each rung whose row is not what digests, receipts, answers and withdrawals say, word for word."""
    told: dict[tuple[str, ...], dict[str, Any]] = {}
    #: key and column of words -> the entry that committed to them, and the commitment
    committed: dict[tuple[tuple[str, ...], str], tuple[int, str]] = {}
    for n, body in enumerate(ledger_queries.bodies_since(STREAM, 0, using=using), 1):
        for effect in body["effects"]:
            if effect["e"] == "rungs.reached":
                due = effect.get("reply_due")
                for *key, reached_at in effect["rungs"]:
                    said = (effect["unit"], moment(reached_at), n, moment(body["at"]) if due else None)
                    told[tuple(key)] = dict(zip(_SAID, (*said, moment(due) if due else None), strict=True))
            elif effect["e"] == "rung.words-erased":
                committed = {one: kept for one, kept in committed.items() if one[0][0] != effect["matter"]}
            elif effect["e"] in _DONE:
                one = tuple(effect["rung"])
                if one not in told:
                    yield n, f"the rung {one[-1]} that it names was never told"
                    continue
                what, actor = _DONE[effect["e"]], body["actor"]
                told[one] |= {f"{what}_at": moment(body["at"]), f"{what}_by": actor["person"]}
                told[one] |= {f"{what}_seat": actor["seat"]}
                if what == "answered":
                    told[one] |= {"cause": effect["cause"], "by_date": effect["by"]}
                if what != "received":
                    committed[one, "words" if what == "answered" else "reason"] = (n, dict(body["texts"])["words"])
    kept = ledger_queries.openings_of(STREAM, using=using)
    plain = [name for name in RUNG.columns if name not in ("words", "reason")]
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    with connections[using].cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(RUNG.columns)} FROM supervision_rung")
        for row in cursor.fetchall():
            values = {name: _plain(value, RUNG.columns[name]) for name, value in zip(RUNG.columns, row, strict=True)}
            key = (values.pop("matter").hex, values.pop("clock"), stamp(values.pop("due_at")), values.pop("rung"))
            rows[key] = values
    empty = {name: None if RUNG.columns[name] in ("moment", "date") else "" for name in plain}
    for key in sorted(told.keys() | rows.keys()):
        said, row = told.get(key), rows.get(key)
        where = (said or row or {})["n"]
        if said is None or row is None:
            yield where, f"the rung {key[3]} of {key[1]} is not what the digests say"
            continue
        wrong = [name for name in row if name in plain and row[name] != said.get(name, empty[name])]
        if {"unit", "reached_at", "n", "told_at", "reply_due_at"} & set(wrong):
            yield where, f"the rung {key[3]} of {key[1]} is not what the digests say"
        elif wrong:
            yield where, f"what became of the rung {key[3]} of {key[1]} is not what the entries say: {', '.join(wrong)}"
        for name in ("words", "reason"):
            if not _commits(row[name], committed.get((key, name)), kept, "words"):
                yield where, f"the {name} about the rung {key[3]} of {key[1]} are not those of the entry"


def _commits(words: str, entry: tuple[int, str] | None, kept: Mapping[int, ledger_queries.Kept], name: str) -> bool:
    """Return whether words are those that an entry commits to; without one there must be none."""
    if entry is None:
        return not words
    n, wanted = entry
    seed = kept[n].seed if n in kept else None
    if seed is None:
        return False
    return b64encode(commitment(opening(seed, name), name, words.encode())).decode() == wanted


def _choices(using: str) -> Iterator[tuple[int | None, str]]:
    """Yield each choice of a ladder that is not what its entry says."""
    told: dict[int, tuple[Any, ...]] = {}
    reasons: dict[int, str] = {}
    for n, body in enumerate(ledger_queries.bodies_since(STREAM, 0, using=using), 1):
        for effect in body["effects"]:
            if effect["e"] == "ladder.chosen":
                ladder, actor = Ladder.from_document(effect["values"]), body["actor"]
                made_at = moment(body["at"])
                told[n] = (effect["ladder"], moment(effect["from"]), ladder, made_at, actor["person"], actor["seat"])
                reasons[n] = dict(body["texts"])["reason"]
    rows = {one.n: one for one in choices.made(using=using)}
    kept = ledger_queries.openings_of(STREAM, using=using)
    for n in sorted(told.keys() | rows.keys()):
        one = rows.get(n)
        found = (one.name, one.from_at, one.ladder, one.made_at, one.person, one.seat) if one is not None else None
        if one is None or found != told.get(n) or not _commits(one.reason, (n, reasons[n]), kept, "reason"):
            yield n, "the ladder that is in force from then on is not the one that was chosen"


def _samples(using: str) -> Iterator[tuple[int | None, str]]:
    """Yield what a reader of the published documents would find, and what the entries do not say of the rows."""
    fixed: dict[str, tuple[str, int]] = {}
    frozen: dict[str, tuple[str, str]] = {}
    checked: dict[tuple[str, str], dict[str, str]] = {}
    for n, body in enumerate(ledger_queries.bodies_since(STREAM, 0, using=using), 1):
        for effect in body["effects"]:
            if effect["e"] == "sample.fixed":
                fixed[effect["sample"]] = (effect["seed_hash"], n)
            elif effect["e"] == "sample.frozen":
                frozen[effect["sample"]] = (effect["frame_hash"], "")
            elif effect["e"] == "sample.drawn":
                frozen[effect["sample"]] = (frozen[effect["sample"]][0], effect["document"])
            elif effect["e"] == "sample.checked":
                checked[(effect["sample"], effect["matter"])] = {name: effect[name] for name in samples.QUESTIONS}
    known = {one.name: one for one in samples.samples(limit=10_000, using=using)}
    if known.keys() != fixed.keys():
        yield None, "the samples kept are not those whose seeds were fixed"
    for name in sorted(known.keys() & fixed.keys()):
        one, (told, n) = known[name], fixed[name]
        if one.seed_hash != told:
            yield n, f"the seed's hash of sample {name} is not the one that was published"
        if not one.document:
            if name in frozen:
                yield n, f"sample {name} was drawn and its document is gone"
            continue
        frame_hash, document_hash = frozen.get(name, ("", ""))
        if sha256(one.document.encode()).hexdigest() != document_hash:
            yield n, f"the document of sample {name} is not the one that was published"
        try:
            wrong = differences(json.loads(one.document), noted_seed=told, noted_frame=frame_hash)
        except BadSample as error:
            wrong = (str(error),)
        if wrong:
            yield n, f"sample {name}, drawn again, does not agree: {', '.join(wrong)}"
        for ending in samples.drawn(name, using=using):
            answers = checked.get((name, ending.matter.hex))
            if dict(ending.answers) != (answers or dict.fromkeys(samples.QUESTIONS, "")):
                yield n, f"what was found of an ending of sample {name} is not what its entry says"


def _reviews(using: str) -> Iterator[tuple[int | None, str]]:
    """Yield where a snapshot, a review or a decision is not what the entries say."""
    frozen: dict[str, tuple[dict[str, Any], int]] = {}
    held: dict[str, tuple[str, str, str]] = {}
    decided: dict[int, tuple[Any, ...]] = {}
    for n, body in enumerate(ledger_queries.bodies_since(STREAM, 0, using=using), 1):
        for effect in body["effects"]:
            if effect["e"] == "review.frozen":
                frozen[effect["day"]] = (effect["snapshot"], n)
            elif effect["e"] == "review.held":
                held[effect["day"]] = (body["at"], *_seat(body))
            elif effect["e"] == "review.decided":
                told = tuple(effect[name] for name in ("day", "matter", "n", "kind", "act", "target", "owner", "due"))
                decided[n] = (*told, *_seat(body))
    rows = {one.day.isoformat(): one for one in reviews.reviews(limit=100_000, using=using)}
    for day in sorted(rows.keys() | frozen.keys()):
        row, seen = rows.get(day), frozen.get(day)
        if row is None or seen is None or row.snapshot != seen[0]:
            yield seen[1] if seen is not None else None, f"the snapshot of the review of {day} is not the one frozen"
        elif ((stamp(row.held_at), *row.chair) if row.held_at is not None else ("", "", "")) != held.get(
            day, ("", "", "")
        ):
            yield seen[1], f"whether and by whom the review of {day} was held is not what the entries say"
    known = {
        one.entry: (
            one.day.isoformat(),
            one.matter.hex,
            one.n,
            one.kind,
            one.act,
            one.target,
            one.owner,
            one.due_date.isoformat() if one.due_date is not None else None,
            one.unit,
            one.seat,
        )
        for one in reviews.decisions([one.day for one in rows.values()], using=using)
    }
    for n in sorted(known.keys() | decided.keys()):
        if known.get(n) != decided.get(n):
            yield n, "a decision of a review is not what its entry says"
    yield from _causes(using, decided)


def _seat(body: dict[str, Any]) -> tuple[str, str]:
    return body["actor"].get("unit") or "", body["actor"].get("seat") or ""


def _causes(using: str, decided: dict[int, tuple[Any, ...]]) -> Iterator[tuple[int | None, str]]:
    """Yield each decision that does not name an entry of that act by that seat in its matter."""
    bodies: dict[str, list[dict[str, Any]]] = {}
    for n, (_day, matter, at, _kind, act, *_rest, unit, seat) in sorted(decided.items()):
        if matter not in bodies:
            bodies[matter] = ledger_queries.bodies_since(UUID(matter), 0, using=using)
        caused = bodies[matter][at - 1] if 0 < at <= len(bodies[matter]) else None
        if caused is None or caused["act"] != act or _seat(caused) != (unit, seat):
            yield n, "a decision of a review names an act that its matter does not have"


def _minutes(using: str) -> Iterator[tuple[int | None, str]]:
    """Yield where a version of minutes is not the one whose hash was recorded, or came after they were confirmed."""
    written: dict[tuple[str, int], tuple[str, str, str, str, int]] = {}
    confirmed: dict[tuple[str, int], tuple[str, str]] = {}
    snapshots: dict[str, Any] = {}
    chairs: dict[str, str] = {}
    for n, body in enumerate(ledger_queries.bodies_since(STREAM, 0, using=using), 1):
        for effect in body["effects"]:
            if effect["e"] == "review.frozen":
                snapshots[effect["day"]] = effect["snapshot"]
            elif effect["e"] == "review.held":
                chairs[effect["day"]] = _seat(body)[1]
            elif effect["e"] in ("review.decided", "minutes.written") and any(
                day == effect["day"] for day, _ in confirmed
            ):
                yield n, f"something was added to the review of {effect['day']} after its minutes were confirmed"
            if effect["e"] == "minutes.written":
                written[effect["day"], effect["version"]] = (effect["hash"], body["at"], *_seat(body), n)
            elif effect["e"] == "minutes.confirmed":
                confirmed[effect["day"], effect["version"]] = (effect["hash"], body["at"])
                if _seat(body)[1] != chairs.get(effect["day"]):
                    yield n, f"the minutes of {effect['day']} were confirmed by another seat than the chair's"
    rows = {(one.day.isoformat(), one.version): one for one in minutes.versions(using=using)}
    for key in sorted(rows.keys() | written.keys()):
        row, told = rows.get(key), written.get(key)
        if row is None or told is None:
            yield told[4] if told is not None else None, f"version {key[1]} of the minutes of {key[0]} is not recorded"
            continue
        if (minutes.hash_of(row.document), row.hash) != (told[0], told[0]):
            yield told[4], f"version {key[1]} of the minutes of {key[0]} is not the one whose hash was recorded"
        elif row.document["snapshot"] != snapshots.get(key[0]):
            yield told[4], f"the minutes of {key[0]} show another board than the one that was frozen"
        if (stamp(row.written_at), row.unit, row.seat) != told[1:4]:
            yield told[4], f"who wrote version {key[1]} of the minutes of {key[0]}, or when, is not what its entry says"
        at = stamp(row.confirmed_at) if row.confirmed_at is not None else None
        if (row.hash, at) != confirmed.get(key, (row.hash, None)):
            yield told[4], f"whether the minutes of {key[0]} are confirmed is not what the entries say"


def _cases(using: str) -> Iterator[tuple[int | None, str]]:
    """Yield each row of the board that a matter with as many entries does not give; those behind are no fault."""
    ladders = choices.ladders(using=using)
    jurisdiction = jurisdiction_queries.snapshot(using=using)
    _, calendars = force.calendars(using=using)
    after = UUID(int=0)
    columns = ", ".join(CASE.columns)
    while True:
        with connections[using].cursor() as cursor:
            cursor.execute(
                f"SELECT {columns} FROM supervision_case WHERE matter > %s ORDER BY matter LIMIT {_MANY}",
                [loading.db_uuid(using, after)],
            )
            rows = [
                tuple(_plain(value, CASE.columns[name]) for name, value in zip(CASE.columns, row, strict=True))
                for row in cursor.fetchall()
            ]
        if not rows:
            return
        tips = loading.load_many([row[0] for row in rows], using=using, lenient=True)
        told = _reached([row[0] for row in rows], using)
        for row in rows:
            after = row[0]
            tip = tips.get(row[0])
            if tip is None or tip.state is None or tip.n != row[1]:
                continue
            past = Past()
            for body in ledger_queries.bodies_since(row[0], 0, using=using)[: tip.n]:
                past = past.after(body)
            calendar = force.calendar_for(tip.pack.calendar, tip.state.region, jurisdiction, calendars)
            if case_of(row[0], tip.state, past, tip.pack, calendar, ladders) != row:
                yield None, f"the board's row of {tip.number} is not what its entries give"
            for rung in _not_of_ladder(told.get(row[0], ()), tip.state, ladders):
                yield None, f"the rung {rung} of {tip.number} is none of the ladder that was in force"


def _reached(streams: list[UUID], using: str) -> dict[UUID, list[tuple[str, datetime, str, datetime]]]:
    """Return clock, due moment, rung and when it was reached of everything recorded about these matters."""
    marks = ", ".join(["%s"] * len(streams))
    found: dict[UUID, list[tuple[str, datetime, str, datetime]]] = {}
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"SELECT matter, clock, due_at, rung, reached_at FROM supervision_rung WHERE matter IN ({marks})",
            [loading.db_uuid(using, stream) for stream in streams],
        )
        for matter, clock, due_at, rung, reached_at in cursor.fetchall():
            key = loading.as_uuid(matter)
            found.setdefault(key, []).append((clock, loading.aware(due_at), rung, loading.aware(reached_at)))
    return found


def _not_of_ladder(
    told: Iterable[tuple[str, datetime, str, datetime]], state: State, ladders: Ladders
) -> Iterator[str]:
    """
    Yield each rung that the ladder of its clock's start does not have, or whose moment is not that of its share.

    A date that moved since is told by a newer digest; moments in working days hang on the calendar of their day.
    """
    for key, due_at, rung, reached_at in told:
        clock = state.clocks.get(key)
        if clock is None or moment(clock.due_at) != due_at:
            continue
        started_at = moment(clock.started_at)
        ladder = ladders.at(started_at)
        percent = dict(ladder.reminders).get(rung)
        if percent is not None:
            fits = reached_at == share_at(started_at, due_at, Fraction(percent, 100))
        elif rung == "chaser":
            fits = reached_at == due_at
        else:
            fits = rung in dict(ladder.graver) and reached_at > due_at
        if not fits:
            yield rung


def _plain(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind == "uuid":
        return value if isinstance(value, UUID) else UUID(str(value))
    if kind == "moment":
        return loading.aware(value)
    if kind == "date":
        return value if isinstance(value, str) else value.isoformat()
    return bool(value) if kind == "bool" else value
