"""
Entries: from what was decided to bytes that nobody can change unseen.

`seal_entries` writes the canonical body of each draft, commits to it and to its texts, writes the public leaf and
chains it to the one before. `check_chain` walks the bytes of a stream the same way. `docs/formats/entry.md` has the
format.
"""

import json
from base64 import b64encode, urlsafe_b64encode
from binascii import a2b_base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from huajie.core.ledger.canonical import canonical
from huajie.core.ledger.commitments import ENTRY_FIELD, commit_root, commitment, opening, sealed_case_ref
from huajie.core.ledger.leaves import SEALED, BadLeaf, leaf_hash, parse_leaf, write_leaf
from huajie.core.ledger.macs import entry_mac
from huajie.core.ledger.moments import stamp

VERSION = 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class Draft:
    """One entry as decided, before it has a place in a stream."""

    #: Dotted and past: `matter.accepted`.
    kind: str
    #: What the public leaf calls it, from the pack; ignored when `sealed`.
    public_kind: str
    #: The act that led to it; None for what the system did by itself.
    act: str | None = None
    #: Who acted: account, posting, seat, role; never a name.
    actor: Mapping[str, Any] = field(default_factory=dict)
    #: When it happened, aware; the recording time when None.
    occurred_at: datetime | None = None
    #: Typed facts given with the act.
    input: Mapping[str, Any] = field(default_factory=dict)
    #: Texts and whatever else is committed to and not shown: name, value as UTF-8.
    texts: Sequence[tuple[str, bytes]] = ()
    #: What the record changed, from the engine's closed list.
    effects: Sequence[Any] = ()
    #: Hash of the resolved pack, of the calendar, and the version of the jurisdiction that the decision used.
    pack: str | None = None
    calendar: str | None = None
    jurisdiction: int | None = None
    #: `c2 started` when the entry changes a clock.
    clock: str | None = None
    #: What the leaf shows as due, aware.
    due_at: datetime | None = None
    #: The matter is of a sealed pack: its leaf shows only a commitment.
    sealed: bool = False


@dataclass(slots=True)
class Entry:
    """One sealed entry. `body` and `leaf` are what is stored; the rest is what they hold, for whoever made them."""

    stream: UUID
    #: Place in the stream, from 1.
    n: int
    kind: str
    #: Recording time, aware, UTC.
    at: datetime
    act: str | None
    actor: Mapping[str, Any]
    occurred_at: datetime
    input: Mapping[str, Any]
    #: Name and commitment (32 bytes) of each text, in the order given.
    texts: list[tuple[str, bytes]]
    effects: Sequence[Any]
    pack: str | None
    calendar: str | None
    jurisdiction: int | None
    clock: str | None
    #: Secret of the commitments, 32 bytes; kept apart, erasable.
    seed: bytes
    #: Canonical bytes of the body.
    body: bytes
    leaf: bytes
    #: RFC 6962 hash of `leaf`, 32 bytes.
    leaf_hash: bytes


class Record(NamedTuple):
    """One stored entry, as `queries.iterate_entries` yields it: the columns of `ledger_entry` in order."""

    stream: UUID
    n: int
    kind: str
    at: datetime
    body: bytes
    leaf: bytes
    leaf_hash: bytes
    mac: bytes


class Finding(NamedTuple):
    """One thing that does not fit in a stream."""

    n: int
    #: Short name of the check: place, body, leaf, hash, chain, case, commit, mac.
    check: str
    message: str


def case_text(case_ref: bytes) -> str:
    """Write the 16 random bytes of a case reference as the 22 base64url characters of a leaf."""
    if len(case_ref) != 16:
        raise ValueError(f"a case reference has 16 bytes, not {len(case_ref)}")
    return urlsafe_b64encode(case_ref)[:22].decode()


def unix_second(at: datetime) -> int:
    """Return the whole second of Unix time that holds the aware moment `at`."""
    passed = at - _EPOCH
    return passed.days * 86_400 + passed.seconds


def seal_entries(
    drafts: Sequence[Draft],
    *,
    stream: UUID,
    case_ref: bytes,
    n: int,
    prev: bytes | None,
    at: datetime,
    seeds: Sequence[bytes],
) -> list[Entry]:
    """
    Turn drafts into chained entries.

    Args:
        drafts: what was decided, in order.
        stream: the matter or jurisdiction stream.
        case_ref: 16 random bytes, the same for the whole stream; shown on the leaves of packs that are not sealed.
        n: place of the first draft; one more than the last entry's, 1 for a new stream.
        prev: leaf hash of entry n - 1; None exactly when n is 1.
        at: recording time of all of them, aware.
        seeds: one fresh secret of 32 bytes for each draft.
    Raises:
        ValueError: places, seeds or names that do not fit; `NotCanonical` and `BadLeaf` are among them.
    """
    if n < 1 or (n == 1) != (prev is None):
        raise ValueError("the first entry of a stream, and only it, has no predecessor")
    if len(seeds) != len(drafts):
        raise ValueError(f"{len(drafts)} drafts need as many seeds, not {len(seeds)}")
    case = case_text(case_ref)
    stream_hex = stream.hex
    recorded = stamp(at)
    second = unix_second(at)
    sealed = []
    for draft, seed in zip(drafts, seeds, strict=True):
        commitments = []
        texts = []
        shown = []
        for name, value in draft.texts:
            if name == ENTRY_FIELD:
                raise ValueError(f"{ENTRY_FIELD!r} is the name of the body itself")
            one = commitment(opening(seed, name), name, value)
            commitments.append(one)
            texts.append((name, one))
            shown.append([name, b64encode(one).decode()])
        if len(shown) > 1 and len({name for name, _ in shown}) != len(shown):
            raise ValueError("two texts of one entry have the same name")
        due = None if draft.due_at is None else unix_second(draft.due_at)
        occurred_at = at if draft.occurred_at is None else draft.occurred_at
        body: dict[str, Any] = {
            "act": draft.act,
            "actor": draft.actor,
            "at": recorded,
            "calendar": draft.calendar,
            "clock": draft.clock,
            "effects": draft.effects,
            "input": draft.input,
            "jurisdiction": draft.jurisdiction,
            "kind": draft.kind,
            "n": n,
            "occurred": recorded if occurred_at is at else stamp(occurred_at),
            "pack": draft.pack,
            "stream": stream_hex,
            "texts": shown,
            "v": VERSION,
        }
        if draft.sealed:
            # What the leaf of an open pack would show lies inside the commitment instead.
            body["sealed"] = {"due": due, "kind": draft.public_kind, "prev": prev and b64encode(prev).decode()}
        body_bytes = canonical(body)
        commitments.append(commitment(opening(seed, ENTRY_FIELD), ENTRY_FIELD, body_bytes))
        root = commit_root(commitments)
        if draft.sealed:
            hidden = case_text(sealed_case_ref(seed))
            leaf = write_leaf(kind=SEALED, at=second, case=hidden, n=1, prev=None, due=None, clock=None, commit=root)
        else:
            leaf = write_leaf(
                kind=draft.public_kind, at=second, case=case, n=n, prev=prev, due=due, clock=draft.clock, commit=root
            )
        prev = leaf_hash(leaf)
        sealed.append(
            Entry(
                stream,
                n,
                draft.kind,
                at,
                draft.act,
                draft.actor,
                occurred_at,
                draft.input,
                texts,
                draft.effects,
                draft.pack,
                draft.calendar,
                draft.jurisdiction,
                draft.clock,
                seed,
                body_bytes,
                leaf,
                prev,
            )
        )
        n += 1
    return sealed


def check_chain(
    records: Iterable[Record],
    *,
    key: bytes | None = None,
    seed_of: Callable[[int], bytes | None] | None = None,
    openings_of: Callable[[int], Mapping[str, bytes] | None] | None = None,
    bodies: list[dict[str, Any]] | None = None,
) -> list[Finding]:
    """
    Walk one whole stream and say what does not fit; an empty list means that everything does.

    Args:
        records: every entry of one stream, in the order of n.
        key: the server's record key; without it marks are not checked.
        seed_of: the seed kept for entry n, or None where it was erased; without it commitments are not checked.
        openings_of: what is left of the openings where the seed is gone; the body's alone is enough to check it.
        bodies: when given, receives the parsed bodies, so that the caller need not parse them again.
    """
    findings: list[Finding] = []
    prev: bytes | None = None
    case: str | None = None
    stream: UUID | None = None
    expected = 1
    for record in records:
        n = record.n
        if stream is None:
            stream = record.stream
        elif record.stream != stream:
            findings.append(Finding(n, "place", f"belongs to stream {record.stream}, not {stream}"))
        if n != expected:
            findings.append(Finding(n, "place", f"entry {expected} is missing or out of order: found {n}"))
        expected = n + 1
        if leaf_hash(record.leaf) != record.leaf_hash:
            findings.append(Finding(n, "hash", "the leaf does not have the hash kept beside it"))
        if key is not None and entry_mac(key, record.leaf_hash, record.stream, n) != record.mac:
            findings.append(Finding(n, "mac", "not written by this server: the mark under the record key does not fit"))
        body = _read_body(record, findings)
        try:
            leaf = parse_leaf(record.leaf)
        except BadLeaf as error:
            findings.append(Finding(n, "leaf", str(error)))
            prev = record.leaf_hash
            continue
        if body is not None:
            if bodies is not None:
                bodies.append(body)
            inner = body.get("sealed")
            if inner is None:
                before, shown = leaf.prev, leaf.clock
                if leaf.n != n:
                    findings.append(Finding(n, "leaf", f"the leaf says place {leaf.n}"))
                if case is not None and leaf.case != case:
                    findings.append(Finding(n, "case", "the leaf names another case than the one before"))
                case = leaf.case
                if shown != body.get("clock"):
                    findings.append(
                        Finding(n, "leaf", f"the leaf's clock is {shown!r}, the body's {body.get('clock')!r}")
                    )
            else:
                before = _unbase64(inner.get("prev"))
                if (leaf.kind, leaf.n, leaf.prev, leaf.due, leaf.clock) != (SEALED, 1, None, None, None):
                    findings.append(Finding(n, "leaf", "the leaf of a sealed pack shows more than a commitment"))
            if before != prev:
                findings.append(Finding(n, "chain", "does not follow the entry before it"))
            if leaf.at != unix_second(record.at):
                findings.append(Finding(n, "leaf", f"the leaf says second {leaf.at}, the row {record.at.isoformat()}"))
            _check_commit(record, leaf.commit, body, findings, seed_of, openings_of)
        prev = record.leaf_hash
    return findings


def _read_body(record: Record, findings: list[Finding]) -> dict[str, Any] | None:
    try:
        body = json.loads(record.body)
    except ValueError as error:
        findings.append(Finding(record.n, "body", f"not JSON: {error}"))
        return None
    if not isinstance(body, dict):
        findings.append(Finding(record.n, "body", "not an object"))
        return None
    claims = (body.get("v"), body.get("stream"), body.get("n"), body.get("kind"), body.get("at"))
    facts = (VERSION, record.stream.hex, record.n, record.kind, stamp(record.at))
    if claims != facts:
        findings.append(Finding(record.n, "body", f"the body says {claims}, the row {facts}"))
    return body


def _check_commit(
    record: Record,
    root: bytes,
    body: dict[str, Any],
    findings: list[Finding],
    seed_of: Callable[[int], bytes | None] | None,
    openings_of: Callable[[int], Mapping[str, bytes] | None] | None,
) -> None:
    key: bytes | None = None
    seed = seed_of(record.n) if seed_of is not None else None
    if seed is not None:
        key = opening(seed, ENTRY_FIELD)
    elif openings_of is not None:
        key = (openings_of(record.n) or {}).get(ENTRY_FIELD)
    if key is None:
        return
    parts = [commitment(key, ENTRY_FIELD, record.body)]
    for _, text in body.get("texts", ()):
        one = _unbase64(text)
        if one is not None:
            parts.append(one)
    if commit_root(parts) != root:
        findings.append(Finding(record.n, "commit", "body and texts are not what the leaf commits to"))


def _unbase64(text: str | None) -> bytes | None:
    if text is None:
        return None
    return a2b_base64(text)
