"""Where the project's own files are, as the tests of its shape read them."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "huajie"
PACKS = ROOT / "packs"


@cache
def tracked() -> tuple[Path, ...]:
    """Return every file that is in git or would be added: a file that git ignores is nobody's promise."""
    out = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout
    return tuple(path for name in sorted(out.decode().split("\0")) if name and (path := ROOT / name).is_file())


def files(*suffixes: str, under: Path = ROOT) -> list[Path]:
    """Return the tracked files with one of these suffixes below a folder."""
    return [path for path in tracked() if path.suffix in suffixes and path.is_relative_to(under)]


def name_of(path: Path) -> str:
    """Return a path as a reader knows it."""
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name
