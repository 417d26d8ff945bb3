"""A back-up is whole or it is none; whatever is wrong with one is named before anything is put back."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from tests.support.databases import child_environment

from huajie.edges.keeping import restore
from huajie.edges.keeping.backup import backup
from huajie.edges.keeping.folders import KeepingError

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.accept("P8")]

NOW = datetime(2026, 11, 25, 21, 0, tzinfo=UTC)


@pytest.fixture
def files() -> Path:
    folder = settings.HUAJIE_DATA / "files"
    (folder / "kept").mkdir(parents=True)
    (folder / "kept" / "one").write_bytes(b"photo" * 1000)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def made(files: Path, tmp_path: Path) -> Path:
    return backup(tmp_path / "target", now=NOW, version="1")


def test_a_whole_backup_is_found_whole(made: Path) -> None:
    assert restore.find(made.parent) == made
    source = restore.check(made)
    restore.check_keys(source, settings.HUAJIE_DATA / "keys")
    restore.check_version(source, connection.vendor)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def shorten(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def remove(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize(("harm", "said"), [(flip, "content"), (shorten, "bytes instead of"), (remove, "No such file")])
@pytest.mark.parametrize("which", ["database", "files/kept/one", "files.jsonl"])
def test_what_was_damaged_is_named(made: Path, harm: Callable[[Path], None], said: str, which: str) -> None:
    if which == "database":
        which = "database.sqlite3" if connection.vendor == "sqlite" else "tables/ledger_entry.copy.gz"
    harm(made / which)
    with pytest.raises(KeepingError, match=rf"{Path(which).name}: .*{said}"):
        restore.check(made)


def test_a_manifest_that_leads_elsewhere_is_refused(made: Path) -> None:
    said = json.loads((made / "manifest.json").read_text())
    said["parts"][0]["name"] = "../../secret"
    (made / "manifest.json").write_text(json.dumps(said))
    with pytest.raises(KeepingError, match="leads out of the back-up"):
        restore.check(made)


def test_a_newer_program_is_named(made: Path) -> None:
    said = json.loads((made / "manifest.json").read_text())
    said["version"] = "7.1"
    said["migrations"]["matters"].append("0999_of_the_future")
    (made / "manifest.json").write_text(json.dumps(said))
    with pytest.raises(KeepingError, match=r"version 7\.1.*matters\.0999_of_the_future is unknown here.*install"):
        restore.check_version(restore.check(made), connection.vendor)


def test_another_kind_of_database_is_named(made: Path) -> None:
    other = "postgresql" if connection.vendor == "sqlite" else "sqlite"
    with pytest.raises(KeepingError, match="HUAJIE_DATABASE_URL"):
        restore.check_version(restore.check(made), other)


def test_other_keys_are_refused_and_named(made: Path, tmp_path: Path) -> None:
    source = restore.check(made)
    other = tmp_path / "keys"
    shutil.copytree(settings.HUAJIE_DATA / "keys", other)
    # whoever was signed in signs in again: no more depends on that key
    (other / "secret.key").write_bytes(os.urandom(32))
    restore.check_keys(source, other)
    for name in ("vault.key", "record.key"):
        (other / name).write_bytes(os.urandom(32))
    with pytest.raises(KeepingError, match=r"record\.key, vault\.key: not the keys"):
        restore.check_keys(source, other)
    # a key that was laid aside under another name still opens what was sealed under it
    (other / "vault.old.key").write_bytes((settings.HUAJIE_DATA / "keys" / "vault.key").read_bytes())
    with pytest.raises(KeepingError, match=r": record\.key: not the keys"):
        restore.check_keys(source, other)


def test_a_place_that_holds_something_is_refused(tmp_path: Path) -> None:
    restore.check_empty(tmp_path)
    (tmp_path / "files" / "kept").mkdir(parents=True)
    restore.check_empty(tmp_path)
    (tmp_path / "files" / "kept" / "one").write_bytes(b"x")
    with pytest.raises(KeepingError, match="files: there is something already"):
        restore.check_empty(tmp_path)


def test_what_a_cut_off_restore_left_is_cleared_and_nothing_is_served_before(tmp_path: Path) -> None:
    from huajie.config.errors import SettingError
    from huajie.config.restoring import require_restored

    (tmp_path / ".restoring").mkdir()
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "half").write_bytes(b"x")
    with pytest.raises(SettingError, match=r"HUAJIE_DATA: a restore .* was cut off; run huajie restore again"):
        require_restored(tmp_path)
    restore.check_empty(tmp_path)
    require_restored(tmp_path)
    assert list(tmp_path.iterdir()) == []


_KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
import django
django.setup()
from huajie.edges.keeping import backup

def die(*words):
    os.kill(os.getpid(), signal.SIGKILL)

backup.write_json = die
backup.backup(Path(sys.argv[1]), now=datetime.now(UTC), version="1")
"""


def test_a_killed_backup_is_no_backup_and_the_next_one_clears_it(files: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(target)], env=child_environment())
    assert killed.returncode == -signal.SIGKILL
    (left,) = target.glob(".partial-*")
    assert (left / "files" / "kept" / "one").exists(), "it was killed when nearly everything was there"
    for given in (target, left):
        with pytest.raises(KeepingError, match="whole"):
            restore.find(given)
    made = backup(target, now=NOW, version="1")
    assert not list(target.glob(".partial-*"))
    assert restore.find(target) == made


def test_a_backup_that_fails_leaves_nothing(files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huajie.edges.keeping import backup as module

    def fail(*words: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "copy_files", fail)
    with pytest.raises(OSError, match="No space"):
        backup(tmp_path, now=NOW, version="1")
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


def test_two_at_once_are_refused(files: Path, tmp_path: Path) -> None:
    import fcntl

    backup(tmp_path, now=NOW, version="1")
    with (tmp_path / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(KeepingError, match="another back-up or export is being written there"):
            backup(tmp_path, now=NOW + timedelta(seconds=1), version="1")


def test_the_next_backup_links_files_that_did_not_change(made: Path, files: Path) -> None:
    (files / "kept" / "two").write_bytes(b"new")
    second = backup(made.parent, now=NOW + timedelta(hours=1), version="1")
    assert (second / "files/kept/one").stat().st_ino == (made / "files/kept/one").stat().st_ino
    said = json.loads((second / "manifest.json").read_text())
    assert said["files"] == {"count": 2, "bytes": 5003, "linked": 1}
    restore.check(second)


def test_a_place_inside_the_files_is_refused(files: Path) -> None:
    with pytest.raises(KeepingError, match="choose a folder outside"):
        backup(files / "backups", now=NOW, version="1")
