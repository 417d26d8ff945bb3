"""A whole instance as an administrator runs it: `huajie serve` in a folder and on a database of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Instance:
    """One `huajie serve` and everything it started."""

    def __init__(self, folder: Path, database_url: str | None, **settings: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        plain = {name: value for name, value in os.environ.items() if not name.startswith("HUAJIE_")}
        self.environment = {
            **plain,
            "HUAJIE_DATA": str(folder / "data"),
            "PORT": str(self.port),
            "HUAJIE_TICK_SECONDS": "1",
            **({"HUAJIE_DATABASE_URL": database_url} if database_url else {}),
            **settings,
        }

    @property
    def address(self) -> str:
        """Where it answers, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """Everything that it has printed."""
        path = self.folder / "log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def command(self, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run another `huajie` command on the same instance."""
        return subprocess.run(
            [sys.executable, "-m", "huajie.edges.cli.main", *words],
            env={**self.environment, **settings},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    def start(self, *options: str, seconds: float = 120.0) -> None:
        """Start it in a group of processes of its own and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "huajie.edges.cli.main", "serve", *options],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + seconds
        while True:
            if self.process.poll() is not None:
                raise AssertionError(f"serve ended with {self.process.returncode}:\n{self.log}")
            with contextlib.suppress(OSError):
                if self.get("/healthz")[0] == 200:
                    return
            if time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"serve does not answer:\n{self.log}")
            time.sleep(0.05)

    def get(self, path: str) -> tuple[int, str]:
        """Return status and body of a GET; an error status is an answer too."""
        try:
            with urllib.request.urlopen(self.address + path, timeout=20) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def members(self) -> dict[int, str]:
        """Return the living processes of its group: number -> command line."""
        assert self.process is not None
        found = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with contextlib.suppress(OSError, IndexError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[2]) == self.process.pid and fields[0] != "Z":
                    found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        return found

    def stop(self, seconds: float = 30.0) -> int:
        """End it with SIGTERM; return its exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(seconds)

    def kill(self) -> None:
        """Kill the whole group at once and wait until none of it is left."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)
        self.wait_until_empty()

    def wait_until_empty(self, seconds: float = 10.0) -> None:
        """Wait until no process of its group is left."""
        deadline = time.monotonic() + seconds
        while members := self.members():
            if time.monotonic() > deadline:
                raise AssertionError(f"still there: {members}")
            time.sleep(0.02)


@contextlib.contextmanager
def fresh_database(database: str) -> Iterator[str | None]:
    """Give the address of an empty PostgreSQL database and drop it afterwards; None stands for SQLite in the folder."""
    if database == "sqlite":
        yield None
        return
    server = os.environ["HUAJIE_DATABASE_URL"]
    name = f"huajie_instance_{os.getpid()}_{time.monotonic_ns()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextlib.contextmanager
def instance(database: str, **settings: str) -> Iterator[Instance]:
    """Give an instance that is not started yet; whatever is left of it is killed and removed afterwards."""
    with fresh_database(database) as url, tempfile.TemporaryDirectory(prefix="huajie-instance-") as folder:
        made = Instance(Path(folder), url, **settings)
        try:
            yield made
        finally:
            if made.process is not None:
                made.kill()
