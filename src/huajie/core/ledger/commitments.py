"""
Salted commitments: what an entry proves without showing it.

Each entry has one secret seed of 32 bytes. From it comes one opening for each committed field, and from opening, name
and value the commitment. Whoever holds the opening and the value can show that they belong to the leaf; whoever holds
neither learns nothing, not even by guessing. Erasing one field replaces the seed by the openings of the other fields.
"""

import hashlib
from collections.abc import Iterable
from hmac import digest as _hmac

#: Key of the commitment HMAC: public, fixed, part of the format.
TAG = b"huajie/commit/v1"

#: Name under which the canonical body of the entry itself is committed.
ENTRY_FIELD = "entry"


def opening(seed: bytes, name: str) -> bytes:
    """
    Derive the 32-byte opening of one field: HMAC-SHA256(seed, "opening" || 0x00 || name).

    Args:
        seed: the entry's secret, 32 bytes.
        name: the field, as in the entry's `texts`.
    """
    if len(seed) != 32:
        raise ValueError(f"a seed has 32 bytes, not {len(seed)}")
    return _hmac(seed, b"opening\0" + name.encode(), "sha256")


def commitment(opening: bytes, name: str, value: bytes, tag: bytes = TAG) -> bytes:
    """
    Commit to one field: HMAC-SHA256(tag, opening || u16be(len(name)) || name || value), 32 bytes.

    Raises:
        ValueError: the opening does not have 32 bytes, or the name more than 65,535.
    Source: draft-ietf-keytrans-protocol's commitment, with a 32-byte opening.
    """
    field = name.encode()
    if len(opening) != 32:
        raise ValueError(f"an opening has 32 bytes, not {len(opening)}")
    if len(field) > 0xFFFF:
        raise ValueError("the name of a field has at most 65,535 bytes")
    return _hmac(tag, opening + len(field).to_bytes(2, "big") + field + value, "sha256")


def commit_root(commitments: Iterable[bytes]) -> bytes:
    """Return the leaf's `commit`: SHA-256 over the commitments, sorted and joined. The order given has no effect."""
    return hashlib.sha256(b"".join(sorted(commitments))).digest()


def sealed_case_ref(seed: bytes) -> bytes:
    """Derive the 16-byte case reference that the leaf of a sealed pack's entry shows once and never again."""
    return _hmac(seed, b"sealed case\0", "sha256")[:16]
