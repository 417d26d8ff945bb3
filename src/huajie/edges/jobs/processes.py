"""Processes that end with their parent, and a parent that watches over them."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

#: prctl(2): the signal that this process gets when its parent dies.
_PR_SET_PDEATHSIG = 1

#: Seconds that a stopping process has for the work in its hands.
GRACE_SECONDS = 15.0


def die_with_parent() -> None:
    """
    See that this process ends when its parent ends, however that happens.

    On Linux the kernel does it at once; elsewhere a thread looks once a second.
    """
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        # The parent may have died before the call.
        if os.getppid() != parent:
            os._exit(1)
        return

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, name="die-with-parent", daemon=True).start()


@dataclass(slots=True)
class Child:
    """One program under watch."""

    name: str
    #: The command, its program first.
    command: Sequence[str]
    #: Whether the whole server ends when this one does; otherwise it is started again.
    essential: bool
    process: subprocess.Popen[bytes] | None = None
    #: Moment (monotonic) before which it is not started again.
    not_before: float = 0.0
    #: Seconds to wait before the next start; doubles with each quick end.
    pause: float = 1.0
    started: float = field(default=0.0)


class Supervisor:
    """
    Starts children, starts again the one that may fail, and stops all of them together.

    SIGTERM and SIGINT: every child gets SIGTERM and GRACE_SECONDS, then SIGKILL. A child whose supervisor was killed is
    killed by the kernel (see die_with_parent), so none is left behind.
    """

    def __init__(self, children: Sequence[Child], *, report: Callable[[str], None] = lambda line: None) -> None:
        self.children = list(children)
        self.report = report
        self._stopping = threading.Event()

    def run(self) -> int:
        """Run until told to stop or an essential child ends; return the exit code for the process."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop)
        code = 0
        try:
            for child in self.children:
                self._start(child)
            while not self._stopping.wait(0.2):
                for child in self.children:
                    ended = child.process.poll() if child.process else None
                    if child.process is not None and ended is None:
                        continue
                    if child.process is not None and child.essential:
                        self.report(f"{child.name} ended with code {ended}")
                        code = ended or 1
                        self._stopping.set()
                        break
                    self._again(child, ended)
        finally:
            self._end_all()
        return code if code >= 0 else 128 - code

    def _stop(self, number: int, frame: object) -> None:
        self._stopping.set()

    def _start(self, child: Child) -> None:
        child.started = time.monotonic()
        child.process = subprocess.Popen(
            list(child.command),
            stdin=subprocess.DEVNULL,
            preexec_fn=die_with_parent if sys.platform == "linux" else None,
            env={**os.environ, "HUAJIE_SUPERVISED": "1"},
        )

    def _again(self, child: Child, ended: int | None) -> None:
        now = time.monotonic()
        if child.process is not None:
            # One that ran for a while had a reason of its own to fail; one that fails at once would spin.
            child.pause = 1.0 if now - child.started > 60 else min(child.pause * 2, 30.0)
            child.not_before = now + child.pause
            child.process = None
            self.report(f"{child.name} ended with code {ended}, starts again in {child.pause:.0f} s")
        if now >= child.not_before:
            self._start(child)

    def _end_all(self) -> None:
        running = [child.process for child in self.children if child.process and child.process.poll() is None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
