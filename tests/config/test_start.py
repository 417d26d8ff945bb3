"""Settings and keys: whatever is wrong stops the start with a sentence that names it."""

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.db import connection

from huajie.config.databases import postgres_database
from huajie.config.durability import durability_problems, require_durable
from huajie.config.errors import SettingError
from huajie.config.keys import NAMES, load_keys

ROOT = Path(__file__).parents[2]


def run_settings(**environment):
    """Load the settings in a process of their own."""
    found = {name: value for name, value in os.environ.items() if not name.startswith("HUAJIE_")}
    found |= {"PYTHONPATH": str(ROOT / "src"), **environment}
    code = "from huajie.config import settings as s; print(s.DATABASES['default']['ENGINE'], s.SECRET_KEY)"
    return subprocess.run([sys.executable, "-c", code], env=found, capture_output=True, text=True, cwd="/")


def start(**environment):
    """Load the settings in a process of their own; return what it says last."""
    done = run_settings(**environment)
    return done.returncode, (done.stdout + done.stderr).strip().splitlines()[-1]


def test_the_keys_are_made_once_and_only_for_their_owner(tmp_path):
    folder = tmp_path / "keys"
    first = load_keys(folder)
    assert set(first) == set(NAMES) == {"record", "number", "secret", "vault"}
    assert {len(key) for key in first.values()} == {32}
    assert len(set(first.values())) == 4
    assert load_keys(folder) == first
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]


def test_two_processes_that_start_together_have_the_same_keys(tmp_path):
    found = []
    threads = [threading.Thread(target=lambda: found.append(load_keys(tmp_path / "keys"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert all(keys == found[0] for keys in found)
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]


@pytest.mark.parametrize("name", NAMES)
def test_a_lost_key_is_named_and_never_made_again(tmp_path, name):
    load_keys(tmp_path / "keys")
    path = tmp_path / "keys" / f"{name}.key"
    path.unlink()
    with pytest.raises(SettingError, match=rf"{name}\.key: the key is missing.*backup"):
        load_keys(tmp_path / "keys")
    assert not path.exists()


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_key_of_another_size_is_named(tmp_path, size):
    load_keys(tmp_path / "keys")
    (tmp_path / "keys" / "vault.key").write_bytes(b"x" * size)
    with pytest.raises(SettingError, match=r"vault\.key: a key has 32 bytes"):
        load_keys(tmp_path / "keys")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_key_that_others_can_read_is_named(tmp_path, mode):
    load_keys(tmp_path / "keys")
    (tmp_path / "keys" / "record.key").chmod(mode)
    with pytest.raises(SettingError, match=r"record\.key: others can read it.*chmod 600"):
        load_keys(tmp_path / "keys")


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"HUAJIE_DATABASE_URL": "mysql://u@h/d"}, "HUAJIE_DATABASE_URL: write postgres://"),
        ({"HUAJIE_DATABASE_URL": "postgres://u@h:port/d"}, "HUAJIE_DATABASE_URL"),
        ({"HUAJIE_DATABASE_URL": "postgres://u@h"}, "HUAJIE_DATABASE_URL"),
        (
            {"HUAJIE_DATABASE_URL": "postgres://u@h/d", "HUAJIE_DATABASE_CONNECTIONS": "0"},
            "HUAJIE_DATABASE_CONNECTIONS",
        ),
        ({"HUAJIE_DATABASE_CONNECTIONS": "many"}, "HUAJIE_DATABASE_CONNECTIONS"),
        ({"HUAJIE_DATABASE_POOLER": "perhaps"}, "HUAJIE_DATABASE_POOLER"),
        ({"HUAJIE_SECRET_KEY": "short"}, "HUAJIE_SECRET_KEY: at least 32"),
        ({"HUAJIE_DATA": "/proc/nothing"}, "HUAJIE_DATA"),
    ],
)
def test_a_wrong_setting_refuses_to_start_and_is_named(tmp_path, environment, said):
    code, line = start(**{"HUAJIE_DATA": str(tmp_path), **environment})
    assert code != 0
    assert said in line


def test_everything_wrong_is_named_at_once(tmp_path):
    """Nobody should mend one setting only to be told of the next; and nothing is made before all of them are right."""
    wrong = {
        "HUAJIE_DATABASE_CONNECTIONS": "x",
        "HUAJIE_DATABASE_POOLER": "perhaps",
        "HUAJIE_LOG_LEVEL": "loud",
        "HUAJIE_WORKERS": "many",
        "PORT": "0",
        "HUAJIE_HOST": "nowhere",
        "HUAJIE_INTAKE_A_MINUTE": "-1",
        "HUAJIE_BODY_KIB": "1",
        "HUAJIE_SECRET_KEY": "short",
        "HUAJIE_DATABASE_URL": "mysql://u@h/d",
        "HUAJIE_BACKUP_HOURS": "-3",
        "HUAJIE_METRICS_TOKEN": "short",
    }
    done = run_settings(**{"HUAJIE_DATA": str(tmp_path / "data"), **wrong})
    assert done.returncode != 0
    for name in wrong:
        assert f"{name}: " in done.stderr, name
    assert not (tmp_path / "data" / "keys").exists()


def test_an_empty_folder_is_enough(tmp_path):
    code, line = start(HUAJIE_DATA=str(tmp_path / "data"))
    assert code == 0
    assert line.startswith("huajie.config.sqlite ")
    assert line.split()[1] == (tmp_path / "data" / "keys" / "secret.key").read_bytes().hex()


def test_a_secret_of_ones_own_replaces_the_file(tmp_path):
    _, line = start(HUAJIE_DATA=str(tmp_path), HUAJIE_SECRET_KEY="s" * 40)
    assert line.split()[1] == "s" * 40


def test_an_address_is_read_whole():
    found = postgres_database(
        "postgres://us%40er:p%2Fw@db.example:5433/na%20me?sslmode=require", connections=3, pooler=False
    )
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"], found["NAME"]) == (
        "us@er",
        "p/w",
        "db.example",
        "5433",
        "na me",
    )
    assert found["OPTIONS"]["sslmode"] == "require"
    assert found["OPTIONS"]["pool"]["max_size"] == 3
    assert "synchronous_commit=on" in found["OPTIONS"]["options"]
    socket = postgres_database("postgres:///huajie?host=/run/postgresql", connections=1, pooler=True)
    assert (socket["HOST"], socket["PORT"], socket["NAME"]) == ("/run/postgresql", "", "huajie")
    assert "prepare_threshold" not in socket["OPTIONS"]


@pytest.mark.accept("K5")
@pytest.mark.django_db(transaction=True)
def test_what_is_acknowledged_is_on_disk():
    assert durability_problems() == []


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_could_lose_writes_is_refused(database):
    with connection.cursor() as cursor:
        if database == "sqlite":
            cursor.execute("PRAGMA synchronous=NORMAL")
            cursor.execute("PRAGMA recursive_triggers=OFF")
            expected = "SQLite: synchronous is NORMAL.*recursive_triggers is off"
        else:
            cursor.execute("SET synchronous_commit = off")
            expected = "PostgreSQL: synchronous_commit is off"
    try:
        with pytest.raises(SettingError, match=expected):
            require_durable()
    finally:
        connection.close()
        if database == "postgres":
            # The pool would hand the same session to the next test.
            connection.close_pool()
    assert durability_problems() == []
