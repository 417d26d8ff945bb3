"""Children end with their parent; the one that may fail is started again; the one that must not ends everything."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PARENT = """
import sys
from huajie.edges.jobs.processes import Child, Supervisor
folder, essential, *code = sys.argv[1:]
say = "import os,sys,time,pathlib; pathlib.Path({folder!r}, sys.argv[1] + '.' + str(os.getpid())).touch(); "
web = [sys.executable, "-c", say.format(folder=folder) + "time.sleep(60)", "web"]
job = [sys.executable, "-c", say.format(folder=folder) + (code[0] if code else "time.sleep(60)"), "job"]
children = [Child("web", web, essential=True), Child("job", job, essential=essential == "yes")]
sys.exit(Supervisor(children, report=lambda line: print(line, flush=True)).run())
"""


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PARENT, str(folder), *words], stdout=subprocess.PIPE, text=True, start_new_session=True
    )


def wait_for(folder: Path, name: str, count: int = 1) -> list[int]:
    deadline = time.monotonic() + 30
    while len(found := sorted(folder.glob(f"{name}.*"))) < count:
        assert time.monotonic() < deadline, f"{name} did not start {count} times"
        time.sleep(0.02)
    return [int(path.suffix[1:]) for path in found]


def wait_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + 10
    while left := [pid for pid in pids if alive(pid)]:
        assert time.monotonic() < deadline, f"still there: {left}"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_stops_all(tmp_path: Path, number: signal.Signals) -> None:
    with start(tmp_path, "no") as parent:
        pids = wait_for(tmp_path, "web") + wait_for(tmp_path, "job")
        parent.send_signal(number)
        assert parent.wait(10) == 0
        wait_gone(pids)


def test_killed_it_takes_all_along(tmp_path: Path) -> None:
    with start(tmp_path, "no") as parent:
        pids = wait_for(tmp_path, "web") + wait_for(tmp_path, "job")
        os.kill(parent.pid, signal.SIGKILL)
        wait_gone(pids)


def test_one_that_may_fail_is_started_again_ever_later(tmp_path: Path) -> None:
    with start(tmp_path, "no", "sys.exit(3)") as parent:
        wait_for(tmp_path, "job", 2)
        (web,) = wait_for(tmp_path, "web")
        assert alive(web)
        parent.terminate()
        assert parent.wait(10) == 0
        assert parent.stdout is not None
        assert "job ended with code 3, starts again in 2 s" in parent.stdout.read()


def test_one_that_must_not_fail_ends_everything_with_its_code(tmp_path: Path) -> None:
    with start(tmp_path, "yes", "time.sleep(0.5); sys.exit(3)") as parent:
        pids = wait_for(tmp_path, "web")
        assert parent.wait(20) == 3
        wait_gone(pids)
