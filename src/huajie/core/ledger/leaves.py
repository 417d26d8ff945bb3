"""
Leaves: the few lines of an entry that the whole world may read. `docs/formats/leaf.md` has the format.

A leaf shows that an act of some public kind was recorded at some second in a case that nobody can tell, which leaf of
the case came before, until when something is due, and a commitment to all the rest.
"""

import hashlib
import re
from base64 import b64decode, b64encode
from binascii import Error as _Base64Error
from dataclasses import dataclass
from typing import Final

MAGIC: Final = "county-log/v1"
CLOCK_CHANGES: Final = ("started", "stopped", "extended", "excluded")
#: Public kind of every leaf of a sealed pack.
SEALED: Final = "sealed"

_KIND = r"[a-z][a-z0-9._-]{0,47}"
_CLOCK = r"c[1-9][0-9]{0,3} (?:started|stopped|extended|excluded)"
_LEAF = re.compile(
    rf"county-log/v1\nkind ({_KIND})\nat (0|-?[1-9][0-9]{{0,11}})\ncase ([A-Za-z0-9_-]{{22}}) ([1-9][0-9]{{0,8}})\n"
    rf"prev (-|[A-Za-z0-9+/]{{43}}=)\ndue (-|0|-?[1-9][0-9]{{0,11}})\n"
    rf"(?:clock ({_CLOCK})\n)?commit ([A-Za-z0-9+/]{{43}}=)\n"
)
_kind_fits = re.compile(_KIND).fullmatch
_clock_fits = re.compile(_CLOCK).fullmatch


class BadLeaf(ValueError):
    """The bytes are not a leaf, or not spelled as a leaf must be."""


@dataclass(slots=True)
class Leaf:
    """The fields of one leaf."""

    #: Public kind of the act, from the pack.
    kind: str
    #: Second of recording, Unix time.
    at: int
    #: 22 characters base64url, random 128 bits; the same on every leaf of a case.
    case: str
    #: Place in the case, from 1.
    n: int
    #: Leaf hash of the entry before, 32 bytes; None for the first.
    prev: bytes | None
    #: The moment from which the running obligation counts as missed, Unix time; None where nothing is due.
    due: int | None
    #: `c2 started`, on entries that change a clock; else None.
    clock: str | None
    #: Root of the commitments, 32 bytes.
    commit: bytes


def leaf_hash(leaf: bytes) -> bytes:
    """Return SHA-256(0x00 || leaf), 32 bytes. Source: RFC 6962 section 2.1."""
    return hashlib.sha256(b"\0" + leaf).digest()


def write_leaf(
    *, kind: str, at: int, case: str, n: int, prev: bytes | None, due: int | None, clock: str | None, commit: bytes
) -> bytes:
    """
    Write one leaf.

    Raises:
        BadLeaf: a kind or clock that a leaf can't hold.
    """
    if not _kind_fits(kind):
        raise BadLeaf(f"kind {kind!r}: a small letter, then at most 47 of a-z 0-9 . _ -")
    before = "-" if prev is None else b64encode(prev).decode()
    until = "-" if due is None else due
    line = ""
    if clock is not None:
        if not _clock_fits(clock):
            raise BadLeaf(f"clock {clock!r}: written like 'c2 started', one of {', '.join(CLOCK_CHANGES)}")
        line = f"clock {clock}\n"
    root = b64encode(commit).decode()
    text = f"{MAGIC}\nkind {kind}\nat {at}\ncase {case} {n}\nprev {before}\ndue {until}\n{line}commit {root}\n"
    return text.encode("ascii")


def parse_leaf(leaf: bytes) -> Leaf:
    """
    Read a leaf, refusing every other spelling of the same fields.

    Raises:
        BadLeaf: a line missing, out of place, unknown, or spelled otherwise.
    """
    try:
        found = _LEAF.fullmatch(leaf.decode("ascii"))
    except UnicodeDecodeError:
        raise BadLeaf("a leaf is ASCII") from None
    if found is None:
        raise BadLeaf(f"not a leaf: {leaf[:200]!r}")
    kind, at, case, n, prev, due, clock, commit = found.groups()
    return Leaf(
        kind=kind,
        at=int(at),
        case=case,
        n=int(n),
        prev=None if prev == "-" else _base64(prev),
        due=None if due == "-" else int(due),
        clock=clock,
        commit=_base64(commit),
    )


def _base64(text: str) -> bytes:
    # Two spellings of the same bytes would let two copies of one leaf have different hashes.
    try:
        value = b64decode(text, validate=True)
    except _Base64Error as error:
        raise BadLeaf(f"{text!r} is not base64") from error
    if b64encode(value).decode() != text:
        raise BadLeaf(f"{text!r} is not the canonical base64 of its bytes")
    return value
