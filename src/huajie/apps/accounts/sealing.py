"""
Small secrets of accounts under a key of the server: TOTP secrets, recovery codes, half-written forms.

The key is derived from `keys/secret.key`, which is never in the database. Whoever replaces that file ends every
session, every draft and every second factor; an administrator then resets the factors. The vault's key stays out of
this, so that rotating it touches identities only.
"""

import base64
import functools
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_MARK = "s1:"


class Unreadable(Exception):
    """Sealed under another key, for somebody else, or changed."""


@functools.lru_cache(maxsize=8)
def _key(master: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"huajie accounts " + purpose).derive(master)


def _named(purpose: str) -> bytes:
    return _key(settings.HUAJIE_KEYS["secret"], purpose.encode())


def seal(purpose: str, value: bytes, *, bound: bytes) -> bytes:
    """Return nonce, ciphertext and tag; it opens only for the same purpose and with the same `bound`."""
    nonce = os.urandom(12)
    return nonce + AESGCM(_named(purpose)).encrypt(nonce, value, bound)


def unseal(purpose: str, box: bytes, *, bound: bytes) -> bytes:
    """
    Return what was sealed.

    Raises:
        Unreadable: see there.
    """
    box = bytes(box)
    try:
        return AESGCM(_named(purpose)).decrypt(box[:12], box[12:], bound)
    except (InvalidTag, ValueError):
        raise Unreadable(purpose) from None


def seal_text(text: str) -> str:
    """Return a factor's secret as it is kept in the database."""
    return _MARK + base64.b64encode(seal("factor", text.encode(), bound=b"")).decode()


def unseal_text(kept: str) -> str:
    """
    Return a factor's secret.

    Raises:
        Unreadable: see there.
    """
    if not kept.startswith(_MARK):
        raise Unreadable("factor")
    return unseal("factor", base64.b64decode(kept.removeprefix(_MARK)), bound=b"").decode()


def digest(purpose: str, text: str) -> str:
    """Return a digest of a text that the database alone can't be searched with."""
    return hmac.new(_named(f"digest {purpose}"), text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
