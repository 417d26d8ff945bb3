"""
A sample of a period's endings that nobody could choose and anybody can draw again.

In this order: somebody keeps a seed and publishes its hash; the period ends, and its endings (the frame) and
how many are to be drawn are frozen and their hash published; only then the seed is told. The order of the endings is
that of a hash over seed, frame and ending, so whoever has the published document draws the same sample. A frame
changed afterwards has another hash, and another sample. docs/formats/sample.md says it for a stranger.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from hashlib import sha256
from typing import Any, Final

from huajie.core.ledger import MAX_INT, canonical, moment, stamp

FORMAT: Final = "huajie-sample/v1"
_SEED_TAG: Final = b"huajie-sample-seed/v1\n"
_FRAME_TAG: Final = b"huajie-sample-frame/v1\n"
_ORDER_TAG: Final = b"huajie-sample-order/v1\n"
_SEED_BYTES: Final = 32
_HEX: Final = re.compile(r"[0-9a-f]{64}")
#: A reference says nothing about the matter: the public case reference of its leaves, or random text like it.
_REFERENCE: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")
_STRATUM: Final = re.compile(r"[a-z0-9][a-z0-9._/-]{0,99}")
_KEYS: Final = ("fixed_at", "format", "frame", "frame_hash", "frozen_at", "sample", "seed", "seed_hash")
_FRAME_KEYS: Final = ("from", "size", "strata", "until")


class BadSample(ValueError):
    """The document or frame can't be drawn from; the message says where and why."""


@dataclass(frozen=True)
class Frame:
    """
    The endings of one period, and how many of them are drawn; frozen before the seed is told.

    Source: whatever ended in the period is in it, withdrawn matters among the rest.
    """

    #: first and last local day of the period
    from_date: date
    until_date: date
    #: stratum (a unit's code, a pack) -> references of its endings, each once in the whole frame, in any order
    strata: Mapping[str, frozenset[str]]
    #: how many are drawn in all; at least one of each stratum, at most everything
    size: int

    def __post_init__(self) -> None:
        if self.until_date < self.from_date:
            raise BadSample(f"frame: the period ends on {self.until_date}, before its first day {self.from_date}")
        seen: set[str] = set()
        for name, references in self.strata.items():
            if not _STRATUM.fullmatch(name):
                raise BadSample(f"frame: stratum {name!r} is no code such as bureau-of-water/cn.hotline.order")
            for reference in references:
                if not _REFERENCE.fullmatch(reference):
                    raise BadSample(f"frame: {reference!r} in {name} is no reference: 8 to 64 of A-Z a-z 0-9 _ -")
            if not seen.isdisjoint(references):
                twice = min(seen & references)
                raise BadSample(f"frame: {twice} stands in {name} and in another stratum; keep it in one")
            seen |= references
        # Also says whether the size fits.
        allocate({name: len(references) for name, references in self.strata.items()}, self.size)

    def to_document(self) -> dict[str, Any]:
        """Return the frame as JSON values: strata by name, references in order."""
        return {
            "from": self.from_date.isoformat(),
            "until": self.until_date.isoformat(),
            "size": self.size,
            "strata": [[name, sorted(self.strata[name])] for name in sorted(self.strata)],
        }

    @cached_property
    def hash(self) -> str:
        """SHA-256 of tag and canonical document, 64 hex digits: what is published when the frame is frozen."""
        return sha256(_FRAME_TAG + canonical(self.to_document())).hexdigest()

    @classmethod
    def from_document(cls, document: object) -> Frame:
        """
        Return the frame of JSON values in the one spelling that `to_document` gives.

        Raises:
            BadSample: naming the place.
        """
        if not isinstance(document, dict) or sorted(document) != list(_FRAME_KEYS):
            raise BadSample(f"frame: an object with the keys {', '.join(_FRAME_KEYS)} is wanted")
        strata: dict[str, frozenset[str]] = {}
        listed = document["strata"]
        if not isinstance(listed, list):
            raise BadSample("frame: strata is a list of pairs of a name and a list of references")
        for pair in listed:
            name, references = _pair(pair, "frame")
            if name in strata:
                raise BadSample(f"frame: stratum {name} stands twice")
            strata[name] = frozenset(references)
        size = document["size"]
        if type(size) is not int or not 0 <= size <= MAX_INT:
            raise BadSample(f"frame: size {size!r} is no whole number")
        frame = cls(_date(document["from"]), _date(document["until"]), strata, size)
        if frame.to_document() != document:
            raise BadSample("frame: strata stand in the order of their names, references in order and once each")
        return frame


def seed_hash(seed: bytes) -> str:
    """
    Return what is published of a seed before the period ends: 64 hex digits that say nothing about it.

    Args:
        seed: 32 bytes nobody can guess.
    """
    if len(seed) != _SEED_BYTES:
        raise BadSample(f"a seed has {_SEED_BYTES} bytes, not {len(seed)}")
    return sha256(_SEED_TAG + seed).hexdigest()


def allocate(endings: Mapping[str, int], size: int) -> dict[str, int]:
    """
    Return how many are drawn of each stratum: by their shares, largest remainders first, at least one of each.

    A stratum whose share comes to less than one gets one; the others share what is left, by the same rule. Of equal
    remainders the one whose name comes first wins.

    Args:
        endings: stratum -> how many endings it has; of an empty one nothing is drawn.
        size: how many in all.
    Returns:
        Every stratum, with numbers that sum to `size` and nowhere exceed its endings.
    Raises:
        BadSample: fewer than the strata that have endings, or more than all endings.
    """
    drawn = dict.fromkeys(endings, 0)
    sharing = {name: many for name, many in endings.items() if many}
    if not len(sharing) <= size <= sum(sharing.values()):
        raise BadSample(
            f"size {size} must be from {len(sharing)} (one of each stratum) to {sum(sharing.values())} (all endings)"
        )
    left, whole = size, sum(sharing.values())
    while small := [name for name, many in sharing.items() if many * left < whole]:
        for name in small:
            drawn[name] = 1
            whole -= sharing.pop(name)
        left -= len(small)
    for name, many in sharing.items():
        drawn[name] = many * left // whole
    spare = size - sum(drawn.values())
    for name in sorted(sharing, key=lambda name: (-(sharing[name] * left % whole), name))[:spare]:
        drawn[name] += 1
    return drawn


def redraw(frame: Frame, seed: bytes) -> dict[str, tuple[str, ...]]:
    """
    Return the sample: stratum -> references in the order in which they were drawn.

    The order of a stratum is that of SHA-256 over tag, seed, hash of the frame and reference; its first ones are
    taken, as many as `allocate` says. The next ones are no replacements: who could not be reached is counted.
    """
    if len(seed) != _SEED_BYTES:
        raise BadSample(f"a seed has {_SEED_BYTES} bytes, not {len(seed)}")
    head = sha256(_ORDER_TAG + seed + bytes.fromhex(frame.hash))

    def order(reference: str) -> bytes:
        ticket = head.copy()
        ticket.update(reference.encode())
        return ticket.digest()

    sizes = allocate({name: len(references) for name, references in frame.strata.items()}, frame.size)
    return {name: tuple(sorted(frame.strata[name], key=order)[: sizes[name]]) for name in sorted(frame.strata)}


def publish(frame: Frame, seed: bytes, *, fixed_at: datetime, frozen_at: datetime) -> dict[str, Any]:
    """
    Return the document that is published once the seed may be told: seed, frame, both hashes and the sample.

    Args:
        fixed_at: when the seed's hash was published; aware, before `frozen_at`.
        frozen_at: when the hash of the frame was published.
    """
    if fixed_at >= frozen_at:
        raise BadSample("the hash of the seed is published before the frame is frozen")
    return {
        "format": FORMAT,
        "seed_hash": seed_hash(seed),
        "fixed_at": stamp(fixed_at),
        "frame": frame.to_document(),
        "frame_hash": frame.hash,
        "frozen_at": stamp(frozen_at),
        "seed": seed.hex(),
        "sample": _listed(redraw(frame, seed)),
    }


def differences(document: object, *, noted_seed: str | None = None, noted_frame: str | None = None) -> tuple[str, ...]:
    """
    Draw again from a published document and return what does not agree, as codes; none where all does.

    Args:
        document: as `publish` returned it.
        noted_seed: the seed's hash that was published before the period ended, where the reader noted it down; else
            only the document's own is looked at.
        noted_frame: likewise, the frame's hash that was published when it was frozen.
    Returns:
        Of `seed` (its hash is another), `seed_noted`, `frame` (likewise), `frame_noted`, `order` (the frame was frozen
        before the seed was fixed) and `sample` (another is drawn), in this order.
    Raises:
        BadSample: the document can't be read.
    """
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise BadSample(f"this is no document of the format {FORMAT}")
    if sorted(document) != list(_KEYS):
        raise BadSample(f"document: an object with the keys {', '.join(_KEYS)} is wanted")
    frame = Frame.from_document(document["frame"])
    for key in ("seed", "seed_hash", "frame_hash"):
        if not isinstance(document[key], str) or not _HEX.fullmatch(document[key]):
            raise BadSample(f"document: {key} is 64 hex digits, in small letters")
    seed = bytes.fromhex(document["seed"])
    fixed_at, frozen_at = (_moment(document[key]) for key in ("fixed_at", "frozen_at"))
    told = document["sample"]
    if not isinstance(told, list):
        raise BadSample("sample: a list of pairs of a name and a list of references is wanted")
    for pair in told:
        _pair(pair, "sample")
    found = {
        "seed": seed_hash(seed) != document["seed_hash"],
        "seed_noted": noted_seed is not None and noted_seed != seed_hash(seed),
        "frame": frame.hash != document["frame_hash"],
        "frame_noted": noted_frame is not None and noted_frame != frame.hash,
        "order": fixed_at >= frozen_at,
        "sample": _listed(redraw(frame, seed)) != told,
    }
    return tuple(code for code, differs in found.items() if differs)


def _listed(sample: Mapping[str, Iterable[str]]) -> list[Any]:
    return [[name, list(references)] for name, references in sample.items()]


def _pair(pair: object, where: str) -> tuple[str, list[str]]:
    if isinstance(pair, list) and len(pair) == 2:
        name, references = pair
        if isinstance(name, str) and isinstance(references, list) and all(isinstance(one, str) for one in references):
            return name, references
    raise BadSample(f"{where}: a pair of a name and a list of references is wanted")


def _date(text: object) -> date:
    try:
        day = date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise BadSample(f"frame: {text!r} is no date; write 2026-09-30")
    return day


def _moment(text: object) -> datetime:
    try:
        return moment(text if isinstance(text, str) else "")
    except ValueError as error:
        raise BadSample(f"document: {error}") from error
