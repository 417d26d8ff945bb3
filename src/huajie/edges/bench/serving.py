"""A server as in production, with the floors beside it: granian, WSGI, two workers, the same pool and durability."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from huajie.config.server import server_settings
from huajie.edges.bench.wrk import BenchFailed
from huajie.edges.cli.serve import WEB_ENVIRONMENT, web_command
from huajie.edges.jobs.processes import die_with_parent

#: Web processes of the measurements.
WORKERS = 2


class Served:
    """A running server."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process = process
        self.port = port
        self.address = f"http://127.0.0.1:{port}"

    def get(self, path: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
        """Return status and body of a GET."""
        return self.send("GET", path, headers=headers)

    def send(self, method: str, path: str, body: str = "", headers: dict[str, str] | None = None) -> tuple[int, str]:
        """Return status and body of one request on a connection of its own."""
        status, text, _ = self.exchange(method, path, body, headers)
        return status, text

    def exchange(
        self, method: str, path: str, body: str = "", headers: dict[str, str] | None = None
    ) -> tuple[int, str, list[tuple[str, str]]]:
        """Return status, body and headers of one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            sent = {"Content-Type": "application/json", **(headers or {})} if body else dict(headers or {})
            connection.request(method, path, body=body.encode() or None, headers=sent)
            response = connection.getresponse()
            return response.status, response.read().decode(), response.getheaders()
        finally:
            connection.close()

    def workers(self) -> list[int]:
        """Return the web processes."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError, IndexError, ValueError):
                    fields = (entry / "stat").read_text().rpartition(")")[2].split()
                    if int(fields[1]) == self.process.pid and fields[0] != "Z":
                        # the server's first process also keeps helpers of Python's own, which hold no Django
                        if b"resource_tracker" not in (entry / "cmdline").read_bytes():
                            found.append(int(entry.name))
        return found

    def memory(self) -> dict[str, float]:
        """
        Return the memory of the web processes in MiB.

        `pss` counts a page that several share by its share; `rss` counts it in each of them.
        """
        total = {"pss": 0.0, "rss": 0.0}
        for pid in self.workers():
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                name, _, rest = line.partition(":")
                if name in ("Pss", "Rss"):
                    total[name.lower()] += int(rest.split()[0]) / 1024
        return total


@contextlib.contextmanager
def served(environment: dict[str, str], log: Path) -> Iterator[Served]:
    """
    Start a server, wait until it answers, stop it afterwards.

    Args:
        environment: HUAJIE_DATA and, for PostgreSQL, HUAJIE_DATABASE_URL.
        log: file that gets what it prints.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    env = {
        **WEB_ENVIRONMENT,
        **environment,
        "DJANGO_SETTINGS_MODULE": "huajie.edges.bench.settings",
        "HUAJIE_SUPERVISED": "1",
        "PORT": str(port),
        "HUAJIE_WORKERS": str(WORKERS),
        # one address sends everything here; nothing else differs from production
        "HUAJIE_INTAKE_A_MINUTE": "0",
        "HUAJIE_SECRETS_A_MINUTE": "0",
        "HUAJIE_TOKENS_A_MINUTE": "0",
    }
    with log.open("ab") as file:
        process = subprocess.Popen(
            web_command(server_settings(env)),
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            preexec_fn=die_with_parent,
            start_new_session=True,
        )
    try:
        found = Served(process, port)
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError):
                if found.get("/healthz")[0] == 200:
                    break
            if process.poll() is not None or time.monotonic() > deadline:
                raise BenchFailed(f"the server does not answer; see {log}")
            time.sleep(0.1)
        yield found
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
