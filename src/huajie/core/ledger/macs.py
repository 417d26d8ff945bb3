"""
Marks under a key that the database does not hold.

Whoever can write the database can recompute every hash in it. The key of these marks lies in a file of the server, so
an entry that was changed, moved to another day or added by hand has no valid mark even when its hashes fit.
"""

from hmac import digest as _hmac
from uuid import UUID


def entry_mac(key: bytes, leaf_hash: bytes, stream: UUID, n: int) -> bytes:
    """
    Mark one entry at its place; 32 bytes.

    HMAC-SHA256(key, "entry" || 0x00 || stream[16] || u64be(n) || leaf_hash).
    """
    return _hmac(key, b"entry\0" + stream.bytes + n.to_bytes(8, "big") + leaf_hash, "sha256")


def head_mac(key: bytes, stream: UUID, n: int, leaf_hash: bytes) -> bytes:
    """
    Mark the last entry of a stream, for the row that shows its present state; 32 bytes.

    Entries cut off the end leave a chain that still fits; the row's mark then names an entry that is gone.
    """
    return _hmac(key, b"head\0" + stream.bytes + n.to_bytes(8, "big") + leaf_hash, "sha256")
