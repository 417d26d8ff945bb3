"""Send requests with `wrk`, and read what it measured."""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_SCRIPT = Path(__file__).with_name("load.lua")

#: Fewer answers than this tell nothing.
LEAST_REQUESTS = 500


class BenchFailed(Exception):
    """A measurement could not be made; the message says why."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request to repeat."""

    method: str
    path: str
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    #: Takes the place of SEEN in the body, one more in each round.
    seen: int | None = None

    @property
    def line(self) -> str:
        """The line of the file that load.lua reads."""
        heads = "|".join(f"{name}: {value}" for name, value in self.headers.items())
        return "\t".join((self.method, self.path, self.body, heads, "" if self.seen is None else str(self.seen)))


@dataclass(frozen=True, slots=True)
class Sample:
    """What one run of wrk measured."""

    requests: int
    #: Requests a second.
    rate: float
    #: Latencies in milliseconds.
    p50: float
    p95: float
    p99: float


def present() -> bool:
    """Whether the program is installed."""
    return shutil.which("wrk") is not None


def run(
    address: str,
    make: Callable[[], Sequence[Request]],
    *,
    connections: int,
    seconds: float,
    keys: bool = False,
) -> Sample:
    """
    Send the requests round and round over some connections at once.

    Args:
        address: of the server, without a slash at the end.
        make: gives the requests, as they must be now; asked again for each attempt.
        connections: how many requests are on their way at any time.
        seconds: how long; longer where fewer than LEAST_REQUESTS would be answered.
        keys: give each request an Idempotency-Key of its own.
    Raises:
        BenchFailed: an answer was an error, or nothing answered.
    """
    for length in (seconds, seconds * 4, seconds * 16):
        requests = make()
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".tsv") as file:
            file.write("\n".join(one.line for one in requests) + "\n")
            file.flush()
            command = [
                "wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{max(1, round(length))}s",
                "--timeout", "30s", "--latency", "--script", str(_SCRIPT), address, "--", file.name,
                secrets.token_hex(8) if keys else "-",
            ]  # fmt: skip
            done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        line = next((line for line in done.stdout.splitlines() if line.startswith("RESULT ")), None)
        if line is None:
            raise BenchFailed(f"wrk: {done.stdout}{done.stderr}")
        found = json.loads(line.removeprefix("RESULT "))
        if found["status"] or found["broken"]:
            raise BenchFailed(
                f"{requests[0].path}: {found['status']} error answers, {found['broken']} broken connections"
            )
        if found["requests"] >= LEAST_REQUESTS:
            return Sample(
                found["requests"], found["requests"] / found["seconds"], found["p50"], found["p95"], found["p99"]
            )
    raise BenchFailed(f"{requests[0].path}: only {found['requests']} requests were answered")
