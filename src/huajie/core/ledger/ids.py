"""Identifiers made outside the database, so that a row can be named before it is written."""

from datetime import UTC, datetime
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def uuid7(at: datetime, randomness: bytes) -> UUID:
    """
    Make a UUID of version 7: milliseconds of `at`, then 74 of the given random bits.

    Args:
        at: aware; streams made later sort later, to the millisecond.
        randomness: 10 bytes nobody can guess.
    Source: RFC 9562 section 5.7.
    """
    if len(randomness) != 10:
        raise ValueError("a version 7 identifier takes 10 random bytes")
    passed = at - _EPOCH
    milliseconds = passed.days * 86_400_000 + passed.seconds * 1000 + passed.microseconds // 1000
    noise = int.from_bytes(randomness, "big")
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | (noise >> 62 & 0xFFF) << 64
    return UUID(int=value | 0b10 << 62 | noise & 0x3FFF_FFFF_FFFF_FFFF)
