"""One command serves everything, stops everything, and leaves nothing behind however it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import time

import pytest
from tests.support.instance import Instance, instance

pytestmark = pytest.mark.accept("K11")


def test_it_serves_from_an_empty_folder_and_stops_cleanly(database: str) -> None:
    with instance(database) as served:
        served.start()
        status, body = served.get("/readyz")
        assert (status, json.loads(body)["ready"]) == (200, True), body
        commands = list(served.members().values())
        assert sum("granian" in command for command in commands) >= 1
        assert sum("main worker" in command for command in commands) == 1
        assert served.stop() == 0, served.log
        served.wait_until_empty(2)
        # What it made is there for the next start, and nothing is to be done again.
        assert served.command("migrate", "--check").returncode == 0
        served.start()
        assert served.get("/healthz")[0] == 200


def test_killing_the_parent_takes_everything_along(database: str) -> None:
    with instance(database) as served:
        served.start()
        assert len(served.members()) >= 4
        assert served.process is not None
        os.kill(served.process.pid, signal.SIGKILL)
        served.process.wait(10)
        served.wait_until_empty(60)
        # Nobody listens any more, a moment after the last of them is dead: a process whose first thread has ended keeps
        # its sockets until the others have. Binding would also meet strangers' connections that have this port by now.
        deadline = time.monotonic() + 30
        while True:
            with socket.socket() as probe:
                try:
                    probe.connect(("127.0.0.1", served.port))
                except ConnectionRefusedError:
                    break
            assert time.monotonic() < deadline, "somebody still listens"
            time.sleep(0.05)


def test_a_worker_that_dies_is_started_again_and_the_server_stays(database: str) -> None:
    def worker(served: Instance) -> list[int]:
        return [pid for pid, command in served.members().items() if "main worker" in command]

    with instance(database) as served:
        served.start()
        deadline = time.monotonic() + 20
        while not (before := worker(served)):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.kill(before[0], signal.SIGKILL)
        while not (after := worker(served)) or after == before:
            assert time.monotonic() < deadline + 20, served.log
            time.sleep(0.1)
        assert served.get("/healthz")[0] == 200


@pytest.mark.parametrize(
    ("name", "value", "options"),
    [
        ("PORT", "no-port", ()),
        ("PORT", "70000", ()),
        ("HUAJIE_WORKERS", "0", ()),
        ("HUAJIE_THREADS", "many", ()),
        ("HUAJIE_TICK_SECONDS", "0.5", ()),
        ("HUAJIE_HOST", "not an address", ()),
        ("HUAJIE_HOST", "192.0.2.1", ("--demo",)),
        ("HUAJIE_MAIL_HOST", "mail.example", ("--demo",)),
        ("HUAJIE_GATEWAY_URL", "https://gateway.example/", ("--demo",)),
        ("HUAJIE_DATABASE_URL", "mysql://host/name", ()),
        ("HUAJIE_LOG_LEVEL", "LOUD", ()),
        ("HUAJIE_DATA", "/proc/no-such-place", ()),
    ],
)
def test_a_wrong_setting_refuses_to_start_naming_it(
    database: str, name: str, value: str, options: tuple[str, ...]
) -> None:
    with instance(database) as served:
        done = served.command("serve", *options, **{name: value})
        assert done.returncode == 2, done.stdout + done.stderr
        assert done.stderr.startswith(f"huajie: {name}"), done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_a_port_that_is_taken_refuses_to_start_naming_it(database: str) -> None:
    with instance(database) as served, socket.socket() as taken:
        taken.bind(("127.0.0.1", served.port))
        taken.listen()
        done = served.command("serve")
        assert (done.returncode, done.stderr[:13]) == (2, "huajie: PORT:")


def test_a_database_of_an_older_version_is_left_alone_until_it_is_migrated(database: str) -> None:
    with instance(database) as served:
        assert served.command("migrate").returncode == 0
        forget = (
            "import django; django.setup()\n"
            "from django.db.migrations.recorder import MigrationRecorder as R\n"
            "from django.db import connection\n"
            "R(connection).record_unapplied('sessions', '0001_initial')\n"
            "connection.cursor().execute('DROP TABLE django_session')\n"
        )
        import subprocess
        import sys

        environment = {**served.environment, "DJANGO_SETTINGS_MODULE": "huajie.config.settings"}
        subprocess.run([sys.executable, "-c", forget], env=environment, check=True)
        done = served.command("tick")
        assert done.returncode == 2
        assert "sessions.0001_initial" in done.stderr
        assert "huajie migrate" in done.stderr
        assert served.command("migrate").returncode == 0
        assert served.command("tick").returncode == 0


def test_help_needs_neither_settings_nor_database(database: str) -> None:
    with instance(database) as served:
        done = served.command("--help", HUAJIE_DATA="/proc/no-such-place", PORT="x")
        assert done.returncode == 0
        assert "serve" in done.stdout
        assert served.command("no-such-command").returncode == 2


def test_the_doctor_names_what_is_wrong_and_what_to_do(database: str) -> None:
    with instance(database) as served:
        before = served.command("doctor")
        assert before.returncode == 1
        assert "WRONG migrations" in before.stdout
        assert "run huajie migrate" in before.stdout
        assert served.command("init").returncode == 0
        after = served.command("doctor")
        assert after.returncode == 0, after.stdout
        assert "WRONG" not in after.stdout
