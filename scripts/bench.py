"""
`huajie bench` with a PostgreSQL of its own, its data kept for the next run: `python -m scripts.bench [OPTIONS]`.

Options go to `huajie bench`; see there. The server is stopped afterwards, its data stays.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.postgres import NoPostgres, Server
from scripts.test import ROOT, tool


def main(arguments: list[str]) -> int:
    """Start the server, measure, stop it; the exit code is that of the bench."""
    # Ended from outside, the server must not be left behind either.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    folder = ROOT / "var" / "bench" / "postgres"
    folder.parent.mkdir(parents=True, exist_ok=True)
    if not _reachable(folder):
        # As root the server runs as a user of its own, who must reach its folder.
        folder = Path(tempfile.gettempdir()) / f"huajie-bench-postgres-{os.geteuid()}"
    server = None
    try:
        server = Server(folder)
        if not (folder / "port").exists():
            server.make()
        # as docs/operations.md says for a server of one's own; durability stays as it ships
        server.start(shared_buffers=f"{_buffers()}MB", max_wal_size="4GB")
        return subprocess.run([tool("huajie"), "bench", "--postgres", server.url(), *arguments], cwd=ROOT).returncode
    except NoPostgres as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        if server is not None:
            server.stop()


def _buffers() -> int:
    """Return what such a server would be given, in MiB: a quarter of the machine's memory."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // (1 << 20)
    return max(256, min(2048, total // 4))


def _reachable(folder: Path) -> bool:
    return os.geteuid() != 0 or all(parent.stat().st_mode & 0o001 for parent in folder.parents)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
