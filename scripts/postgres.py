"""
A PostgreSQL of our own for a test run: made, started, killed and removed without touching any server of the machine.

    python -m scripts.postgres run -- COMMAND...     start one, run COMMAND with HUAJIE_TEST_DATABASE_URL set, remove it
    python -m scripts.postgres start FOLDER          make and start one in FOLDER, print its address
    python -m scripts.postgres stop FOLDER

The server listens on a free port of 127.0.0.1. As root it belongs to the system user `postgres`: it refuses root.
Durability is left as PostgreSQL ships it: fsync and synchronous_commit on.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

#: Newest last; the tests are promised on 15, any later one is taken where that is what the machine has.
PLACES = ("/usr/lib/postgresql", "/usr/local/lib/postgresql", "/opt/homebrew/opt")


class NoPostgres(RuntimeError):
    """There is no PostgreSQL server program on this machine: run `sudo apt-get install postgresql`."""


def binaries() -> Path:
    """Return the folder that holds `initdb` and `postgres`, version 15 before any other."""
    found = shutil.which("initdb")
    candidates = [path for place in PLACES for path in sorted(Path(place).glob("*/bin")) if (path / "initdb").exists()]
    candidates.sort(key=lambda path: (path.parent.name != "15", path.parent.name))
    if candidates:
        return candidates[0]
    if found:
        return Path(found).resolve().parent
    raise NoPostgres(NoPostgres.__doc__)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """One PostgreSQL in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.bin = binaries()
        self.user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name

    @property
    def port(self) -> int:
        """The port that it was given when it was made."""
        return int((self.folder / "port").read_text())

    def url(self, database: str = "postgres") -> str:
        """Return the address as Django settings take it."""
        return f"postgres://{self.user}@127.0.0.1:{self.port}/{database}"

    def _run(self, *command: str) -> None:
        done = subprocess.run(
            command,
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            user=self._owner(),
            group=self._group(),
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]} failed:\n{done.stdout}{done.stderr}{self.log()}")

    def _owner(self) -> int | None:
        return pwd.getpwnam(self.user).pw_uid if os.geteuid() == 0 else None

    def _group(self) -> int | None:
        return pwd.getpwnam(self.user).pw_gid if os.geteuid() == 0 else None

    def log(self) -> str:
        """Return the end of the server's own log."""
        path = self.folder / "log"
        return path.read_text(errors="replace")[-4000:] if path.exists() else ""

    def make(self) -> None:
        """Make the folder and an empty cluster in it: UTF-8, ordered by code point, so every machine sorts alike."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            shutil.chown(self.folder, self.user)
        self.folder.chmod(0o755)
        locale = "C.UTF-8" if sys.platform == "linux" else "C"
        self._run(
            str(self.bin / "initdb"),
            "-D",
            str(self.data),
            "-U",
            self.user,
            "-A",
            "trust",
            "-E",
            "UTF8",
            f"--locale={locale}",
        )
        (self.folder / "port").write_text(str(_free_port()))
        with (self.data / "postgresql.conf").open("a") as conf:
            conf.write(
                "listen_addresses = '127.0.0.1'\n"
                f"unix_socket_directories = '{self.folder}'\n"
                f"port = {self.port}\n"
                "max_connections = 200\n"
                "shared_buffers = 256MB\n"
                "log_min_messages = warning\n"
            )

    def start(self, **options: str) -> None:
        """
        Start it and wait until it answers; after a kill this includes its own recovery.

        Args:
            options: settings of the server for this run (`shared_buffers="1GB"`).
        """
        if not self.running():
            # A killed server whose parent has not yet taken note of its end still has a number: it would be waited for.
            for left in (self.data / "postmaster.pid", *self.folder.glob(".s.PGSQL.*.lock")):
                left.unlink(missing_ok=True)
        told = " ".join(f"-c {name}={value}" for name, value in options.items())
        command = [str(self.bin / "pg_ctl"), "-D", str(self.data), "-l", str(self.folder / "log"), "-w", "-t", "60"]
        self._run(*command, *(["-o", told] if told else []), "start")

    def stop(self) -> None:
        """Stop it, rolling back whatever is open."""
        if self.running():
            self._run(str(self.bin / "pg_ctl"), "-D", str(self.data), "-m", "fast", "-w", "-t", "60", "stop")

    def running(self) -> bool:
        """Whether its first process is alive."""
        pid = self.pid()
        return pid is not None and _alive(pid)

    def pid(self) -> int | None:
        """Return the number of its first process, or None."""
        with contextlib.suppress(FileNotFoundError, IndexError, ValueError):
            return int((self.data / "postmaster.pid").read_text().split()[0])
        return None

    def processes(self) -> list[int]:
        """Return the first process and all its children."""
        first = self.pid()
        if first is None:
            return []
        found = [first]
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError, IndexError, ValueError):
                    if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == first:
                        found.append(int(entry.name))
        return found

    def kill(self) -> None:
        """Kill every one of its processes at once, as a power cut would, and wait until none is left."""
        victims = self.processes()
        for pid in victims:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while any(_alive(pid) for pid in victims):
            if time.monotonic() > deadline:
                raise RuntimeError("PostgreSQL processes outlived SIGKILL")
            time.sleep(0.02)

    def remove(self) -> None:
        """Stop it and delete its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@contextlib.contextmanager
def temporary() -> Iterator[Server]:
    """Give a running server in a new folder, and remove both afterwards."""
    server = Server(Path(tempfile.mkdtemp(prefix="huajie-pg-")))
    try:
        server.make()
        server.start()
        yield server
    finally:
        server.remove()


def main(argv: list[str] | None = None) -> int:
    """Run one of the three commands of this module's docstring."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().splitlines()[0])
    parser.add_argument("verb", choices=["run", "start", "stop"])
    parser.add_argument("rest", nargs=argparse.REMAINDER)
    args = parser.parse_args(argv)
    rest = args.rest[1:] if args.rest[:1] == ["--"] else args.rest
    if not rest:
        parser.error(f"{args.verb} needs {'a command' if args.verb == 'run' else 'a folder'}")
    if args.verb == "run":
        with temporary() as server:
            return subprocess.run(rest, env={**os.environ, "HUAJIE_TEST_DATABASE_URL": server.url()}).returncode
    server = Server(Path(rest[0]).resolve())
    if args.verb == "start":
        if not server.data.exists():
            server.make()
        if not server.running():
            server.start()
        print(server.url())
    else:
        server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
