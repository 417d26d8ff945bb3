"""
The keys on their own way: one file sealed with a passphrase, or plain files on a medium that is locked away.

    {"huajie_keys": 1, "kdf": {"name": "scrypt", "n": 131072, "r": 8, "p": 1, "salt": B64}, "nonce": B64, "box": B64}

The box is AES-256-GCM over the JSON {name of the file: hex}, its associated data the line `huajie/keys/v1`. Without the
passphrase nothing opens it, nobody's help included.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from huajie.edges.keeping.folders import KeepingError, create, sync_folder

#: Shortest passphrase, in characters.
SHORTEST = 12
_N, _R, _P = 2**17, 8, 1
_BOUND = b"huajie/keys/v1"


def _key(passphrase: str, salt: bytes, *, n: int, r: int, p: int) -> bytes:
    return Scrypt(salt=salt, length=32, n=n, r=r, p=p).derive(passphrase.encode())


def read_folder(folder: Path) -> dict[str, bytes]:
    """
    Return every key file of a folder by its name.

    Raises:
        KeepingError: there is none.
    """
    found = {path.name: path.read_bytes() for path in sorted(folder.glob("*.key"))} if folder.is_dir() else {}
    if not found:
        raise KeepingError(f"{folder}: there are no keys here")
    return found


def seal(keys: dict[str, bytes], passphrase: str) -> bytes:
    """
    Return the sealed file.

    Raises:
        KeepingError: the passphrase is too short to hold.
    """
    if len(passphrase) < SHORTEST:
        raise KeepingError(f"passphrase: at least {SHORTEST} characters; four or five words that you can write down")
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    plain = json.dumps({name: key.hex() for name, key in keys.items()}).encode()
    box = AESGCM(_key(passphrase, salt, n=_N, r=_R, p=_P)).encrypt(nonce, plain, _BOUND)
    document = {
        "huajie_keys": 1,
        "kdf": {"name": "scrypt", "n": _N, "r": _R, "p": _P, "salt": b64encode(salt).decode()},
        "nonce": b64encode(nonce).decode(),
        "box": b64encode(box).decode(),
    }
    return (json.dumps(document, indent=1) + "\n").encode()


def unseal(content: bytes, passphrase: str) -> dict[str, bytes]:
    """
    Return the keys of a sealed file.

    Raises:
        KeepingError: it is none, or the passphrase is another.
    """
    try:
        document: dict[str, Any] = json.loads(content)
        kdf = document["kdf"]
        if document["huajie_keys"] != 1 or kdf["name"] != "scrypt" or not 2**14 <= kdf["n"] <= 2**20:
            raise ValueError("another format")
        salt, nonce, box = (b64decode(text) for text in (kdf["salt"], document["nonce"], document["box"]))
        key = _key(passphrase, salt, n=int(kdf["n"]), r=int(kdf["r"]), p=int(kdf["p"]))
    except (ValueError, KeyError, TypeError) as error:
        raise KeepingError(f"this is no file of keys of this version ({type(error).__name__})") from None
    try:
        plain = AESGCM(key).decrypt(nonce, box, _BOUND)
    except InvalidTag:
        raise KeepingError("passphrase: not the one that sealed these keys, or the file was changed") from None
    return {name: bytes.fromhex(text) for name, text in json.loads(plain).items()}


def write_file(path: Path, content: bytes) -> None:
    """
    Write a new file for its owner only.

    Raises:
        KeepingError: it is there already, or can't be written.
    """
    try:
        with create(path) as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
    except FileExistsError:
        raise KeepingError(f"{path}: is there already; nothing is overwritten") from None
    except OSError as error:
        raise KeepingError(f"{path}: can't be written ({error.strerror})") from None


def put(keys: dict[str, bytes], folder: Path) -> bool:
    """
    Put keys where a start looks for them; True where they were not there before.

    Raises:
        KeepingError: others are there, or a name is none of a key.
    """
    for name in keys:
        if Path(name).name != name or not name.endswith(".key"):
            raise KeepingError(f"{name!r}: not the name of a key file")
    if folder.exists():
        if read_folder(folder) == keys:
            return False
        raise KeepingError(
            f"{folder}: other keys are there; what is marked and sealed under them would be lost: move the folder away"
        )
    draft = folder.with_name(f"{folder.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft.mkdir(mode=0o700)
        for name, key in keys.items():
            write_file(draft / name, key)
        sync_folder(draft)
        draft.rename(folder)
        sync_folder(folder.parent)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return True
