"""A phone that shows one-time codes, by RFC 6238 and nothing of the product."""

import base64
import hashlib
import hmac
import struct
from datetime import datetime


def code_at(secret: str, at: datetime) -> str:
    """Return the six figures that an application shows at a moment for a secret in base32."""
    key = base64.b32decode(secret.replace(" ", ""))
    mac = hmac.digest(key, struct.pack(">Q", int(at.timestamp()) // 30), hashlib.sha1)
    start = mac[19] & 15
    (number,) = struct.unpack(">I", mac[start : start + 4])
    return f"{(number & 0x7FFFFFFF) % 1_000_000:06}"
