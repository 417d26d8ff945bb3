"""
A full disk: whoever sends something is told to come again, nothing is half kept, the same key works once there is room.

The disk is full in two ways. A small file system of its own (tmpfs, where this machine lets us mount one) gives
what a real full disk gives: ENOSPC. A limit on the size of files (RLIMIT_FSIZE, set on the running processes, allowed
everywhere) makes the very same writes fail. On PostgreSQL the tables are on the small disk and the write-ahead log is
not: a server whose log can't be written stops by itself, which `test_kill_rounds` covers.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import psycopg
import pytest
from scripts.postgres import Server
from tests.support.instance import Instance
from tests.support.servers import ROOT, Client, fresh_key, own_postgres, served_county, verify

pytestmark = [pytest.mark.accept("K9"), pytest.mark.slow]

SEAT = "s.water.head"
MIB = 1 << 20

#: Gives the tables some size, so that the next rows need new pages of the largest of them.
LOADER = """
import django
django.setup()
from datetime import UTC, datetime
from huajie.apps.matters.operations import Batch, Submission
from huajie.core.access import ANONYMOUS
with Batch() as batch:
    for _ in range(1000):
        texts = {"title": "井盖破损", "text": "早先送来的一件。"}
        batch.submit(Submission("en.complaint", "t.water", "r.qingshi", texts), actor=ANONYMOUS, now=datetime.now(UTC))
"""


class Disk(Protocol):
    """Something that can be full for a while."""

    def fill(self) -> None:
        """Leave no room."""

    def free(self) -> None:
        """Leave room again."""


class SmallDisk:
    """A file system of a few MiB."""

    def __init__(self, folder: Path, free_mib: int) -> None:
        self.ballast = folder / "ballast"
        self.free_mib = free_mib

    def fill(self) -> None:
        with self.ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"\0" * 4096)

    def free(self) -> None:
        self.ballast.unlink()


class Limit:
    """The largest size that files may have, set on running processes."""

    def __init__(self, served: Instance, server: Server | None, url: str | None) -> None:
        self.served, self.server, self.url = served, server, url

    def processes(self) -> list[int]:
        return list(self.served.members()) if self.server is None else self.server.processes()

    def fill(self) -> None:
        if self.url is None:
            # Not even the first pages of one transaction.
            self._set(8192)
            return
        with psycopg.connect(self.url, autocommit=True) as connection:
            sizes = "SELECT max(pg_relation_size(oid)) FROM pg_class WHERE relkind IN ('r', 'i', 't')"
            row = connection.execute(sizes).fetchone()
        # Half a page past the largest file: its next page is written in part, which is how a disk runs full.
        assert row is not None and row[0] > MIB, "no table is larger than a segment of the log"
        self._set(row[0] + 4096)

    def free(self) -> None:
        self._set("unlimited")

    def _set(self, soft: int | str) -> None:
        # As the user of those processes: a container's root may not do this to others.
        user, group = (self.server._owner(), self.server._group()) if self.server is not None else (None, None)
        for pid in self.processes():
            command = ["prlimit", f"--pid={pid}", f"--fsize={soft}:"]
            done = subprocess.run(command, user=user, group=group, capture_output=True, text=True)
            assert done.returncode == 0 or not Path(f"/proc/{pid}").exists(), done.stderr


@contextlib.contextmanager
def mounted(mib: int) -> Iterator[Path | None]:
    """Give a folder on a file system of its own, or None where this machine lets us mount nothing."""
    with tempfile.TemporaryDirectory(prefix="huajie-small-disk-", ignore_cleanup_errors=True) as name:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=755", "tmpfs", name], capture_output=True, text=True
        )
        if done.returncode:
            yield None
            return
        try:
            yield Path(name)
        finally:
            subprocess.run(["umount", "--lazy", name], check=True)


@contextlib.contextmanager
def county_on(way: str, database: str) -> Iterator[tuple[Instance, str, Disk]]:
    """Give an instance that serves, the token of its officer and its disk."""
    with contextlib.ExitStack() as stack:
        small = stack.enter_context(mounted(48)) if way == "small disk" else None
        if database == "sqlite":
            settings = {"HUAJIE_DATA": str(small / "data")} if small is not None else {}
            served, tokens = stack.enter_context(served_county(None, SEAT, **settings))
            server, url = None, None
        else:
            server = stack.enter_context(own_postgres())
            # Small segments of the log, so that a limit may lie below the size of the tables.
            server.stop()
            server._run(str(server.bin / "pg_resetwal"), "--wal-segsize=1", "-D", str(server.data))
            server.start()
            with psycopg.connect(server.url(), autocommit=True) as connection:
                where = ""
                if small is not None:
                    place = small / "tables"
                    place.mkdir()
                    if os.geteuid() == 0:
                        shutil.chown(place, server.user)
                    connection.execute(f"CREATE TABLESPACE small LOCATION '{place}'".encode())
                    where = " TABLESPACE small"
                connection.execute(f"CREATE DATABASE huajie_full{where}".encode())
            url = server.url("huajie_full")
            served, tokens = stack.enter_context(served_county(url, SEAT))
        environment = {**served.environment, "DJANGO_SETTINGS_MODULE": "huajie.config.settings"}
        subprocess.run([sys.executable, "-c", LOADER], env={**environment, "PYTHONPATH": str(ROOT / "src")}, check=True)
        served.start()
        disk: Disk = SmallDisk(small, 1) if small is not None else Limit(served, server, url)
        yield served, tokens[SEAT], disk


@pytest.mark.parametrize("way", ["limit", "small disk"])
def test_a_full_disk_says_come_again_and_keeps_nothing_half(database: str, way: str) -> None:
    with (
        county_on(way, database) as (served, token, disk),
        contextlib.closing(Client(served.port)) as client,
    ):
        before = client.submit(fresh_key())
        assert before.status == 201
        known = verify(served)["matters"]
        disk.fill()
        taken, refused = [], []
        # What is left of the last pages may still take a few.
        for number in range(400):
            key = fresh_key()
            answer = client.submit(key, text=f"第{number}件" + "路口积水很深。" * 200)
            if answer.status == 201:
                taken.append((key, number, answer.body))
                continue
            refused.append((key, number))
            assert answer.status == 503, answer
            assert answer.headers["content-type"].startswith("application/problem+json")
            assert int(answer.headers["retry-after"]) >= 1
            assert answer.body["status"] == 503 and answer.body["detail"] and answer.body["errors"]
            if len(refused) >= 12:
                break
        assert len(refused) >= 12, "the disk never was full"
        if isinstance(disk, SmallDisk):
            assert answer.body["type"].endswith("storage-full")
        # An act is refused in the same way, and reading goes on.
        act = client.act(
            before.body["number"],
            "add_note",
            token,
            {"seen": 2, "texts": {"note_text": "查看。" * 1500}},
            key=fresh_key(),
        )
        assert act.status in (503, 200), act
        seen = client.own(before.body["number"], before.body["secret"])
        assert (seen.status, seen.body["n"]) == (200, 3 if act.status == 200 else 2)
        assert served.get("/healthz")[0] == 200
        disk.free()
        for key, number in refused:
            text = f"第{number}件" + "路口积水很深。" * 200
            answer = client.submit(key, text=text)
            assert answer.status == 201, answer
            again = client.submit(key, text=text)
            assert (again.status, again.body) == (201, answer.body)
        for key, number, body in taken:
            again = client.submit(key, text=f"第{number}件" + "路口积水很深。" * 200)
            assert (again.status, again.body) == (201, body)
        # No half of anything: each matter once, every row what its entries say.
        assert verify(served)["matters"] == known + len(taken) + len(refused)
