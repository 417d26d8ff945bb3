"""
Django's SQLite backend, with a queue before every write transaction.

SQLite has one writer at a time. The others wait by sleeping and trying again, longer each time, so that under load an
unlucky one waits past its timeout and is told "database is locked". Here every transaction first takes a lock on a file
beside the database, in turn, and so finds SQLite's own lock free. The lock is held from BEGIN to COMMIT or ROLLBACK and
the kernel frees it when a process dies.

Two files make the turn fair. Whoever wants to write takes `.turn`, then waits for `.write` holding it, so the one who
has just written and wants to write again stands behind the one who waits.
"""

import os
from typing import Any

from django.db.backends.sqlite3 import base

try:
    import fcntl
except ImportError:  # not a Unix: SQLite's own waiting has to do
    fcntl = None  # type: ignore[assignment]


class WriteQueue:
    """One connection's place in the queue of writers; used by one thread at a time."""

    def __init__(self, database: str) -> None:
        self._paths = (f"{database}.turn", f"{database}.write")
        self._files: tuple[int, int] | None = None
        self._process = 0
        self._held = False

    def enter(self) -> None:
        """Wait for our turn to write; at once when nobody else does. Entering twice is entering once."""
        if self._held:
            return
        turn, write = self._open()
        fcntl.flock(turn, fcntl.LOCK_EX)
        try:
            fcntl.flock(write, fcntl.LOCK_EX)
            self._held = True
        finally:
            fcntl.flock(turn, fcntl.LOCK_UN)

    def leave(self) -> None:
        """Let the next one write."""
        if self._held and self._files is not None:
            self._held = False
            if self._process == os.getpid():
                fcntl.flock(self._files[1], fcntl.LOCK_UN)

    def close(self) -> None:
        """Leave, and close the files."""
        self.leave()
        if self._files is not None:
            for file in self._files:
                os.close(file)
            self._files = None

    def _open(self) -> tuple[int, int]:
        # A lock belongs to the open file: a forked child must open its own, or it would share its parent's.
        if self._files is None or self._process != os.getpid():
            first, second = (os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600) for path in self._paths)
            self._files = (first, second)
            self._process = os.getpid()
        return self._files


class DatabaseWrapper(base.DatabaseWrapper):
    """See the module's first lines."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._queue: WriteQueue | None = None

    def _start_transaction_under_autocommit(self) -> None:
        if fcntl is None or self.is_in_memory_db():
            super()._start_transaction_under_autocommit()
            return
        if self._queue is None:
            self._queue = WriteQueue(str(self.settings_dict["NAME"]))
        self._queue.enter()
        try:
            super()._start_transaction_under_autocommit()
        except BaseException:
            self._queue.leave()
            raise

    def _commit(self) -> Any:
        result = super()._commit()
        # Not in a `finally`: a COMMIT that fails leaves the transaction open, and Django rolls it back next.
        if self._queue is not None:
            self._queue.leave()
        return result

    def _rollback(self) -> Any:
        try:
            return super()._rollback()
        finally:
            if self._queue is not None:
                self._queue.leave()

    def _close(self) -> Any:
        try:
            return super()._close()
        finally:
            if self._queue is not None:
                self._queue.close()
                self._queue = None
