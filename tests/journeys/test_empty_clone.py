"""From an empty clone: one command sets up and serves, a second start is quick, the test command is the README's."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
from tests.support.instance import free_port

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.accept("K13"), pytest.mark.slow]


def environment(port: int) -> dict[str, str]:
    """What a shell of somebody new to the project holds: nothing of ours, nothing of this run's environment."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("HUAJIE_", "VIRTUAL_ENV", "PYTEST"))
    }
    kept.pop("DJANGO_SETTINGS_MODULE", None)
    kept.pop("MAKEFLAGS", None)
    kept.pop("MAKELEVEL", None)
    return {**kept, "PORT": str(port)}


class Run:
    """`make run` in a clone, in a group of processes of its own."""

    def __init__(self, clone: Path, seconds: float) -> None:
        self.port = free_port()
        self.output = clone.parent / f"run-{self.port}.log"
        with self.output.open("wb") as log:
            self.process = subprocess.Popen(
                ["make", "run"],
                cwd=clone,
                env=environment(self.port),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.wait(seconds)

    def get(self, path: str) -> tuple[int, str]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as response:
            return response.status, response.read().decode()

    def wait(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.output.read_text()
            try:
                if self.get("/readyz")[0] == 200:
                    return
            except OSError:
                time.sleep(0.1)
        self.stop()
        raise AssertionError(self.output.read_text())

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            raise


def test_two_commands_from_an_empty_clone(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--no-local", str(ROOT), str(clone)], check=True)
    first = Run(clone, seconds=600)
    try:
        told = first.output.read_text()
        assert f"http://127.0.0.1:{first.port}/" in told
        assert f"http://127.0.0.1:{first.port}/desk/" in told
        status, page = first.get("/")
        assert status == 200
        assert "<html" in page
        assert (clone / "var" / "huajie.sqlite3").exists()
    finally:
        first.stop()

    # Nothing is left to do: no package, no table, no demo.
    started = time.monotonic()
    second = Run(clone, seconds=60)
    second.stop()
    assert time.monotonic() - started < 30

    # What was made is nobody's but this machine's: git sees nothing new.
    status = subprocess.run(
        ["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True
    ).stdout
    assert status == ""

    readme = (clone / "README.md").read_text(encoding="utf-8")
    assert re.search(r"^\s*make run\b", readme, re.MULTILINE)
    assert re.search(r"^\s*make test\b", readme, re.MULTILINE)
    dry = subprocess.run(["make", "-n", "test"], cwd=clone, capture_output=True, text=True, check=True).stdout
    assert "scripts.test" in dry
