"""Databases that landed versions left behind (`scripts/landed.py` makes them), put into an instance of this version."""

from __future__ import annotations

import io
import json
import lzma
import os
import tarfile
from pathlib import Path
from typing import Any

import psycopg

KEPT = Path(__file__).resolve().parents[1] / "data" / "landed"


def versions() -> list[str]:
    """Return the names of what is kept, oldest landing first."""
    return sorted((path.name for path in KEPT.iterdir() if path.is_dir()), key=lambda name: about(name)["landed_at"])


def about(version: str) -> dict[str, Any]:
    """Return what was written down when the version was kept."""
    found: dict[str, Any] = json.loads((KEPT / version / "about.json").read_text())
    return found


def put(version: str, data: Path, url: str | None) -> None:
    """
    Put a version's database, keys and files where an administrator would have them.

    Args:
        version: name of a folder in tests/data/landed.
        data: what will be HUAJIE_DATA; must not exist.
        url: an empty PostgreSQL database, or None for SQLite in `data`.
    """
    folder = KEPT / version
    keys = data / "keys"
    keys.mkdir(parents=True, mode=0o700)
    for name, content in json.loads((folder / "keys.json").read_text()).items():
        file = os.open(keys / f"{name}.key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "wb") as out:
            out.write(bytes.fromhex(content))
    if (folder / "files.tar.gz").exists():
        with tarfile.open(fileobj=io.BytesIO((folder / "files.tar.gz").read_bytes())) as bundle:
            bundle.extractall(data, filter="data")
    if url is None:
        (data / "huajie.sqlite3").write_bytes(lzma.decompress((folder / "sqlite3.xz").read_bytes()))
        return
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(lzma.decompress((folder / "postgres.xz").read_bytes()))
