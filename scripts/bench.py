"""
`huajie bench` with a PostgreSQL of its own in var/bench, kept for the next run: `python -m scripts.bench [OPTIONS]`.

Options go to `huajie bench`; see there. The server is stopped afterwards, its data stays.
"""

from __future__ import annotations

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
    try:
        server = Server(folder)
        if not server.data.exists():
            # The server's own user must reach the folder; where it can't, one of this run has to do.
            folder.mkdir(parents=True, exist_ok=True)
            if not _reachable(folder):
                server = Server(Path(tempfile.mkdtemp(prefix="huajie-bench-pg-")))
            server.make()
        server.start()
    except NoPostgres as error:
        print(error, file=sys.stderr)
        return 2
    try:
        return subprocess.run([tool("huajie"), "bench", "--postgres", server.url(), *arguments], cwd=ROOT).returncode
    finally:
        server.stop()
        if server.folder != folder:
            server.remove()


def _reachable(folder: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in folder.parents)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
