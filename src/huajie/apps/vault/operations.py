"""
The one door of the vault: wrap a matter's key, seal a value under it, open a value again.

AES-256-GCM; the associated data binds a box to its matter, entry and name, so that boxes can't be swapped between
matters.
"""

import hashlib
import json
import os
from base64 import b64encode
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from huajie.apps.ledger.tables import TableSpec, register_table
from huajie.config.rotation import marks, vault_keys
from huajie.core.access import may
from huajie.core.ledger import canonical, commitment
from huajie.core.masking import Span

KEYS = register_table(TableSpec("vault_key", {"matter": "uuid", "wrapped": "bytes", "under": "text"}, key=("matter",)))
SECRETS = register_table(
    TableSpec(
        "vault_secret", {"matter": "uuid", "n": "int", "name": "text", "box": "bytes"}, key=("matter", "n", "name")
    )
)


class VaultError(Exception):
    """The vault refused."""


class NotForYou(VaultError):
    """You may not open this identity."""


class Unreadable(VaultError):
    """What the vault holds can't be opened: the vault key is not the one it was sealed with, or the box was changed."""


@lru_cache(maxsize=8)
def under(master: bytes) -> str:
    """Return by what a wrapped key says which vault key it is under."""
    return hashlib.sha256(master).hexdigest()[:8]


#: what the vault keys were read from, and the keys: the one in force first
_ring: tuple[object, tuple[bytes, ...]] = (None, ())


def _keys(*, fresh: bool = False) -> tuple[bytes, ...]:
    """
    Return the vault keys, the one in force first; read again when somebody has put another in place.

    A running server learns of a rotation by the file itself.
    """
    global _ring
    folder = _key_folder(settings.HUAJIE_DATA)
    now = (settings.HUAJIE_KEYS["vault"], marks(folder))
    if fresh or _ring[0] != now:
        found = tuple(vault_keys(folder)) if now[1] else (settings.HUAJIE_KEYS["vault"],)
        _ring = (now, found)
    return _ring[1]


@lru_cache(maxsize=8)
def _key_folder(data: Path) -> Path:
    """Return the folder of keys below HUAJIE_DATA."""
    return data / "keys"


def master() -> bytes:
    """Return the vault key in force."""
    return _keys()[0]


def new_key(matter: UUID, random: Callable[[int], bytes] = os.urandom) -> tuple[bytes, tuple[object, ...]]:
    """Return a matter's new data key and the row that keeps it wrapped."""
    data_key = random(32)
    return data_key, wrap(matter, data_key, random)


def wrap(matter: UUID, data_key: bytes, random: Callable[[int], bytes] = os.urandom) -> tuple[object, ...]:
    """
    Return the row that keeps a matter's data key, wrapped under the vault key that was in force at the last look.

    Whoever writes the row asks `in_force` first, which looks again.
    """
    key, nonce = (_ring[1] or _keys())[0], random(12)
    return (matter, nonce + AESGCM(key).encrypt(nonce, data_key, b"key" + matter.bytes), under(key))


def in_force(row: tuple[object, ...]) -> bool:
    """Return whether a row that waits to be written is under the vault key in force still."""
    return row[2] == under(master())


def unwrap(matter: UUID, wrapped: bytes) -> bytes:
    wrapped = bytes(wrapped)
    for fresh in (False, True):
        for key in _keys(fresh=fresh):
            try:
                return AESGCM(key).decrypt(wrapped[:12], wrapped[12:], b"key" + matter.bytes)
            except InvalidTag:
                continue
    raise Unreadable("the key of this matter was wrapped under another vault key: check HUAJIE_DATA/keys/vault.key")


def seal(
    data_key: bytes, matter: UUID, n: int, name: str, value: bytes, random: Callable[[int], bytes] = os.urandom
) -> tuple[object, ...]:
    """Return the row that keeps `value` encrypted under the matter's key."""
    nonce = random(12)
    return (matter, n, name, nonce + AESGCM(data_key).encrypt(nonce, value, _bound(matter, n, name)))


def _bound(matter: UUID, n: int, name: str) -> bytes:
    return matter.bytes + n.to_bytes(4, "big") + name.encode()


#: begins a value that has a salt of its own; no text, no JSON and no key of 32 bytes is taken for one
_SALTED = b"\0"
_SALT = 32


def salted(value: bytes, random: Callable[[int], bytes] = os.urandom) -> bytes:
    """
    Return what the vault keeps of a value, and what the entry commits to: the value behind a salt of its own.

    The entry's seed lies in the database in the clear. A phone number has few values: with the seed alone somebody who
    got the database could try them all against the commitment. The salt lies in the box, under the matter's key.
    """
    return _SALTED + random(_SALT) + value


def without_salt(kept: bytes) -> bytes:
    """Return the value alone; boxes of earlier versions have no salt."""
    return kept if salt_of(kept) is None else kept[1 + _SALT :]


def salt_of(kept: bytes) -> bytes | None:
    """Return the salt of what lies in a box; None where an earlier version kept it without one."""
    return kept[1 : 1 + _SALT] if kept.startswith(_SALTED) and len(kept) > _SALT else None


def unseal(data_key: bytes, matter: UUID, n: int, name: str, box: bytes) -> bytes:
    """
    Return the value in a box, without its salt.

    Raises:
        Unreadable: the box is not under this key, or stands in another one's place.
    """
    return without_salt(unseal_whole(data_key, matter, n, name, box))


def unseal_whole(data_key: bytes, matter: UUID, n: int, name: str, box: bytes) -> bytes:
    """
    Return what lies in a box, as its entry commits to it.

    Raises:
        Unreadable: the box is not under this key, or stands in another one's place.
    """
    box = bytes(box)
    try:
        return AESGCM(data_key).decrypt(box[:12], box[12:], _bound(matter, n, name))
    except InvalidTag:
        raise Unreadable(f"the box {name} of entry {n} does not belong there or was changed") from None


#: the vault's own name for what was taken out of a text: the text's name and this
MASKED = "@masked"


def masked_box(name: str, spans: Iterable[Span], random: Callable[[int], bytes] = os.urandom) -> tuple[bytes, str]:
    """
    Return what the vault keeps of the spans taken out of a text, and what the entry says of them.

    Args:
        name: the text's.
    Returns:
        Canonical JSON with a salt of its own, to be sealed; and the salted commitment to the spans, base64. Once the
        box is erased, nobody can try values against the commitment: the salt went with it.
    """
    salt = random(32)
    rows = [[span.mark, span.kind, span.value] for span in spans]
    made = commitment(salt, name + MASKED, canonical(rows))
    return canonical({"salt": salt.hex(), "spans": rows}), b64encode(made).decode()


def spans_of(name: str, box: bytes, committed: str | None = None) -> tuple[Span, ...]:
    """
    Return the spans in an opened box.

    Args:
        committed: what the entry says; None does not compare.
    Raises:
        Unreadable: they are not those that the entry commits to.
    """
    found = json.loads(box)
    if committed is not None:
        made = commitment(bytes.fromhex(found["salt"]), name + MASKED, canonical(found["spans"]))
        if b64encode(made).decode() != committed:
            raise Unreadable(f"what was taken out of {name} is not what its entry commits to")
    return tuple(Span(*row) for row in found["spans"])


def may_open(sensitivity: str, relations: frozenset[str]) -> None:
    """
    Raises:
        NotForYou: the relations do not allow opening an identity.
    """
    if not may("open_identity", sensitivity, relations):
        raise NotForYou(
            "only who handles the matter, or the data-protection officer, may open an identity, with a purpose"
        )
