"""
Numbers and secrets that people can read over the phone.

A number is derived from the matter's random stream id under a server key, so it can't be guessed or counted from, and
a retry returns the same one. Thirty-one symbols (no 0 1 I L O) because 31 is prime: one check symbol with the weights
1 to 9
then catches every single wrong symbol and every swap of two neighbours.
"""

import hmac
from collections.abc import Sequence
from functools import lru_cache
from uuid import UUID

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}
_BODY = 9
_SECRET = 16


class BadNumber(ValueError):
    """The number is not one of ours: it has a wrong length, a symbol that is never used, or a typing error."""


def _symbols(digest: bytes, count: int) -> str:
    value = int.from_bytes(digest, "big")
    out = []
    for _ in range(count):
        value, rest = divmod(value, 31)
        out.append(ALPHABET[rest])
    return "".join(out)


def check_symbol(body: str) -> str:
    return ALPHABET[sum(weight * _VALUE[symbol] for weight, symbol in enumerate(body, 1)) % 31]


def number_of(key: bytes, stream: UUID) -> str:
    """Return the visible number of a matter, ten symbols without separators."""
    body = _symbols(hmac.digest(key, b"number" + stream.bytes, "sha256"), _BODY)
    return body + check_symbol(body)


def secret_of(key: bytes, stream: UUID, participant: int = 1, version: int = 1) -> str:
    """
    Return a resident's secret of a matter: sixteen symbols, 79 bits, derived so that a retry returns the same.

    Args:
        key: the server's number key.
        stream: the matter.
        participant: place among those who brought a joint matter, from 1.
        version: rises by one when a lost secret is given anew.
    """
    about = b"secret" + stream.bytes
    if (participant, version) != (1, 1):
        # secrets from before there were participants and versions stay what they were
        about += participant.to_bytes(4, "big") + version.to_bytes(4, "big")
    return _symbols(hmac.digest(key, about, "sha256"), _SECRET)


def secret_matches(key: bytes, stream: UUID, given: str, versions: Sequence[int] = (1,)) -> int | None:
    """
    Return whose secret it is, from 1; None where it is nobody's.

    Compares with each in constant time; what a person typed may hold spaces, hyphens and small letters.

    Args:
        key: the server's number key.
        stream: the matter.
        given: as typed.
        versions: the version that works for each participant.
    """
    typed = _plain(given).encode("utf-8", "replace")
    found = None
    for participant, version in enumerate(versions, 1):
        if hmac.compare_digest(secret_of(key, stream, participant, version).encode(), typed):
            found = participant
    return found


def _plain(typed: str) -> str:
    return "".join(symbol for symbol in typed.upper() if symbol not in " -—–_.")


def parse_number(typed: str) -> str:
    """
    Return the number without separators, in capitals.

    Raises:
        BadNumber: with words that say what to check.
    """
    plain = _plain(typed)
    if len(plain) != _BODY + 1:
        raise BadNumber("length")
    if any(symbol not in _VALUE for symbol in plain):
        raise BadNumber("symbol")
    if check_symbol(plain[:_BODY]) != plain[_BODY]:
        raise BadNumber("check")
    return plain


@lru_cache(maxsize=4096)
def shown(number: str) -> str:
    """`7Q4M2K9DXR` as people see it: `7Q4M-2K9D-XR`."""
    return f"{number[:4]}-{number[4:8]}-{number[8:]}"


def shown_secret(secret: str) -> str:
    return "-".join(secret[i : i + 4] for i in range(0, len(secret), 4))
