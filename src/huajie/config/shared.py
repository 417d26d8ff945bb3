"""
A folder that the processes of one server share while it runs: counters of requests and of attempts, nothing else.

It lies in the machine's memory where there is such a place (/dev/shm), outside of HUAJIE_DATA, so no back-up finds it.
It is made by `huajie serve`, named to its children by HUAJIE_RUN, and gone when the server stops; what a killed server
left is removed by the next one. Read without Django.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

NAME = "HUAJIE_RUN"


def _place() -> Path:
    memory = Path("/dev/shm")  # noqa: S108
    return memory if memory.is_dir() and os.access(memory, os.W_OK) else Path(tempfile.gettempdir())


def make() -> Path:
    """Make the folder and name it to the processes started from here."""
    prefix = f"huajie-run-{os.geteuid()}-"
    for left in _place().glob(f"{prefix}*"):
        with contextlib.suppress(ValueError, OSError):
            pid = int(left.name.removeprefix(prefix).partition("-")[0])
            if left.stat().st_uid == os.geteuid() and not _alive(pid):
                shutil.rmtree(left)
    folder = Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-", dir=_place()))
    (folder / "metrics").mkdir(mode=0o700)
    os.environ[NAME] = str(folder)
    # prometheus-client reads it when it is imported, and then counts in files that all processes add up
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder / "metrics")
    return folder


def folder() -> Path | None:
    """Return the folder of the server that this process belongs to; None for a process by itself."""
    name = os.environ.get(NAME)
    return Path(name) if name and os.environ.get("HUAJIE_SUPERVISED") and Path(name).is_dir() else None


def remove(made: Path) -> None:
    """Take it away when the server stops."""
    shutil.rmtree(made, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
