"""
Take a file in: see what it is, draw photos anew, let the scanner look, encrypt, put it on the disk.

What comes back is an `Upload`. Its token holds everything about it, sealed under the server's key, and its file's own
key is nowhere else: until an entry names the file, only whoever sent it can make anything of it, and the database
knows nothing of it.
"""

import base64
import errno
import hashlib
import hmac
import io
import json
import os
import re
import secrets
import shutil
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, Any, BinaryIO, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from huajie.apps.attachments import boxes, kinds, scanner, store
from huajie.apps.attachments.errors import FileRefused, NotAccepted, NotNow, UploadOver
from huajie.apps.attachments.incoming import Sent
from huajie.core.ledger import canonical

#: Longest name that is kept, in characters.
NAME_MOST = 120
#: Below this much room on the disk no file is taken, so that matters themselves still can be. Bytes.
ROOM = 200_000_000
#: Longest token.
TOKEN_MOST = 4000


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that is on the disk."""

    #: 32 hex characters, random
    id: str
    name: str
    type: str
    #: bytes, and SHA-256 in hex, of what is kept
    size: int
    sha256: str
    #: SHA-256 in hex of what was sent: the same for a form that is sent twice
    given: str
    small: bool
    #: the file's own key
    key: bytes
    #: seconds since 1970
    at: int

    @property
    def address(self) -> str:
        """Return where the bytes lie."""
        return address_of(self.id, self.sha256)

    def document(self) -> dict[str, Any]:
        """Return what the entry commits to."""
        return {"id": self.id, "name": self.name, "sha256": self.sha256, "size": self.size, "type": self.type}


@dataclass(frozen=True, slots=True)
class Files:
    """What one field brings: at least one upload."""

    uploads: tuple[Upload, ...]

    def committed(self) -> bytes:
        """Return the bytes of the committed text."""
        return canonical({"files": [one.document() for one in self.uploads]})


def address_of(file_id: str, sha256: str) -> str:
    """Return the address of a content under an id: bound to both, and to be guessed from neither."""
    return hmac.digest(settings.HUAJIE_KEYS["number"], b"file" + bytes.fromhex(file_id + sha256), "sha256").hex()


def listed(text: str) -> list[dict[str, Any]]:
    """Return the files that a committed text names; none for what was written before files were kept."""
    try:
        found = json.loads(text)["files"]
        return [one for one in found if isinstance(one["id"], str)]
    except (ValueError, KeyError, TypeError):
        return []


def bound_to(address: str, *, small: bool = False) -> bytes:
    """Return what the bytes at an address are bound to."""
    return (address + store.SMALL * small).encode()


def clean_name(name: str, end: str) -> str:
    """Return a name as it can be kept: no folder, no control or direction signs, the end that its content has."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    name = "".join(sign for sign in name if unicodedata.category(sign)[0] != "C")
    stem = re.sub(r"\s+", " ", name.rpartition(".")[0] or name).strip(" .")
    return f"{stem[: NAME_MOST - len(end) - 1] or 'file'}.{end}"


def keep(sent: Sent, *, now: datetime) -> Upload:
    """
    Keep what was sent, waiting for the entry that names it; afterwards it is on the disk.

    Raises:
        NotAccepted: of no kind that is taken; says why.
        NotNow: no room, or the scanner is away; nothing of it is kept.
    """
    if sent.refusal in ("size", "count"):
        raise NotAccepted(sent.refusal, most=_most(sent.refusal))
    if sent.refusal or sent.file is None:
        raise NotNow("full")
    try:
        store.sync_waiting()
        if shutil.disk_usage(store.root()).free < ROOM:
            raise NotNow("full")
        return _keep(cast("IO[bytes]", sent.file), sent.size or 0, sent.name or "", now)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EACCES):
            raise NotNow("full") from None
        raise


def _most(code: str) -> int:
    return settings.HUAJIE_FILES.file_mb if code == "size" else settings.HUAJIE_FILES.a_form


def _keep(source: IO[bytes], size: int, name: str, now: datetime) -> Upload:
    limits = settings.HUAJIE_FILES
    kind = kinds.recognise(source, size, name)
    scanner.scan(source)
    source.seek(0)
    given = hashlib.file_digest(cast("BinaryIO", source), "sha256").hexdigest()
    small: bytes | None = None
    kept, type_, end = source, kind.type, name.rpartition(".")[2].lower()
    if kind.photo:
        # what reads pictures takes several megabytes: only in a process that gets some
        from huajie.apps.attachments import photos

        picture, type_, small = photos.redraw(source, side=limits.side, pixels=limits.megapixels * 1_000_000)
        kept, end = io.BytesIO(picture), "jpg" if type_ == "image/jpeg" else "png"
    elif end not in kind.ends:
        end = kind.ends[0]
    kept.seek(0)
    sha256 = hashlib.file_digest(cast("BinaryIO", kept), "sha256").hexdigest()
    file_id, key = secrets.token_hex(16), secrets.token_bytes(32)
    address = address_of(file_id, sha256)
    try:
        if small is not None:
            _write(address, io.BytesIO(small), key, small=True)
        kept.seek(0)
        written = _write(address, cast("BinaryIO", kept), key)
        store.sync_waiting()
    except BaseException:
        with suppress(OSError):
            store.remove(address)
        raise
    return Upload(
        id=file_id,
        name=clean_name(name, end),
        type=type_,
        size=written,
        sha256=sha256,
        given=given,
        small=small is not None,
        key=key,
        at=int(now.timestamp()),
    )


def _write(address: str, source: BinaryIO, key: bytes, *, small: bool = False) -> int:
    out = store.create(address, small=small)
    with out:
        written = boxes.write(out, source, key=key, bound=bound_to(address, small=small))
        store.finish(out)
    return written


# Tokens ---------------------------------------------------------------------------------------------------------------


def _token_cipher() -> AESGCM:
    return AESGCM(hmac.digest(settings.HUAJIE_KEYS["secret"], b"huajie upload token", "sha256"))


def token_of(upload: Upload) -> str:
    """Return what stands for an upload in a form or a body, until it is used or its time is over."""
    values = [
        *(upload.id, upload.name, upload.type, upload.size, upload.sha256, upload.given, upload.small),
        *(upload.key.hex(), upload.at),
    ]
    nonce = os.urandom(12)
    box = nonce + _token_cipher().encrypt(nonce, json.dumps(values, ensure_ascii=False).encode(), b"upload")
    return base64.urlsafe_b64encode(box).decode().rstrip("=")


def upload_of(token: str, *, now: datetime) -> Upload:
    """
    Return the upload that a token stands for.

    Raises:
        UploadOver: it is none of ours, its time is over, or its file is gone.
    """
    try:
        if len(token) > TOKEN_MOST:
            raise ValueError(len(token))
        box = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        values = json.loads(_token_cipher().decrypt(box[:12], box[12:], b"upload"))
    except (InvalidTag, ValueError):
        raise UploadOver("over") from None
    upload = Upload(*values[:7], bytes.fromhex(values[7]), values[8])
    age = now.timestamp() - upload.at
    if age > settings.HUAJIE_FILES.waiting_hours * 3600 or not store.find(upload.address).exists():
        raise UploadOver("over")
    return upload


# What is left over ----------------------------------------------------------------------------------------------------


def grace() -> timedelta:
    """Return how long a file waits for its entry: as long as its token works, and an hour for the slowest form."""
    return timedelta(hours=settings.HUAJIE_FILES.waiting_hours + 1)


def sum_of(uploads: Iterable[Upload]) -> int:
    """Return how many bytes they are together."""
    return sum(one.size for one in uploads)


__all__ = [
    "FileRefused",
    "Files",
    "Upload",
    "address_of",
    "bound_to",
    "clean_name",
    "grace",
    "keep",
    "listed",
    "sum_of",
    "token_of",
    "upload_of",
]
