"""
The restore drill: a back-up while everybody works, the machine lost, everything back, and what was erased still erased.

People submit and act through the real server all the while. What somebody was told before the back-up began must be
there afterwards; what was erased, before it or after it, must be in no file.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.journeys.test_kill_rounds import Crowd
from tests.support.instance import Instance, fresh_database, instance
from tests.support.servers import Client, fresh_key, run_inside, served_county, verify

pytestmark = [pytest.mark.accept("P8"), pytest.mark.slow]

SEAT = "s.water.head"
#: Erased before the back-up; erased after it; never erased; how to reach people.
GONE_BEFORE = "井盖旁的裁缝铺先删"
GONE_AFTER = "桥头第三家门市后删"
STAYS = "河堤二号桩裂缝仍在"
PHONE = "13987654321"
PASSPHRASE = "青石 渡口 二月 风筝 三轮车"

#: Puts somebody on a seat that may erase, and prints a token.
_ERASER = """
import django
django.setup()
from datetime import UTC, datetime
from uuid import UUID
from huajie.apps.jurisdiction import operations
from huajie.apps.jurisdiction.models import Account
from huajie.core.access import SYSTEM
now = datetime.now(UTC)
account = Account.objects.create(username="eraser", person=UUID(int=14), display_name="eraser", created_at=now)
operations.change([
    {"do": "set_seat", "id": "s.gov.dpo", "unit": "u.gov", "title": {"zh": "个保", "en": "dpo"}, "roles": ["dpo"]},
    {"do": "start_posting", "seat": "s.gov.dpo", "person": f"{14:032x}"},
], actor=SYSTEM, now=now)
print(operations.issue_token(account, "s.gov.dpo", now=now)[0])
"""


def test_everything_comes_back_and_what_was_erased_does_not(database: str, tmp_path: Path) -> None:
    backups, sealed = tmp_path / "backups", tmp_path / "keys.sealed"
    passphrase = tmp_path / "passphrase"
    passphrase.write_text(PASSPHRASE + "\n")
    with (
        fresh_database(database) as url,
        served_county(url, SEAT, HUAJIE_BACKUPS=str(backups)) as (lost, tokens),
    ):
        eraser = run_inside(lost, _ERASER).strip()
        kept = _put_files(Path(lost.environment["HUAJIE_DATA"]) / "files")
        lost.start()
        told = _work_and_back_up(lost, tokens[SEAT], eraser, backups)
        exported = lost.command("keys", "export", str(sealed), "--passphrase-file", str(passphrase))
        assert exported.returncode == 0, exported.stderr
        lost.kill()
    # The machine is gone: its folder and its database with it. What is left lies in `backups` and in one sealed file.
    assert not lost.folder.exists()
    _nothing_readable(backups)

    with instance(database) as again:
        _refused_without_the_right_keys(again, backups, sealed, passphrase)
        restored = again.command("restore", str(backups))
        assert restored.returncode == 0, restored.stderr
        assert "1 erasures done again from 1 records" in restored.stdout
        report = verify(again)
        assert report["matters"] >= len(told)
        assert _files_in(Path(again.environment["HUAJIE_DATA"]) / "files") == kept
        with _every_byte(again) as sought:
            assert sought(STAYS), "what was not erased is there, so the search finds what is there"
            assert not sought(GONE_BEFORE)
            assert not sought(GONE_AFTER)
            assert not sought(PHONE)
        second = again.command("restore", str(backups))
        assert second.returncode == 2
        assert "there is something already" in second.stderr
        again.start()
        assert again.get("/readyz")[0] == 200
        with closing(Client(again.port)) as client:
            for number, (secret, n) in told.items():
                seen = client.own(number, secret)
                assert seen.status == 200, (number, seen.body)
                assert seen.body["n"] >= n, number
            assert client.submit(fresh_key()).status == 201
        assert again.stop() == 0
        verify(again)


def _work_and_back_up(served: Instance, token: str, eraser: str, backups: Path) -> dict[str, tuple[str, int]]:
    """Work, erase, back up in the middle of it, erase more; return what was told before: number -> secret, n."""
    with closing(Client(served.port)) as client:

        def bring(text: str) -> tuple[str, str]:
            answer = client.submit(fresh_key(), text=f"{text}。", contact={"phone": PHONE})
            assert answer.status == 201, answer.body
            return answer.body["number"], answer.body["secret"]

        def erase(number: str) -> None:
            body = {"seen": 2, "texts": {"legal_basis_text": "个人信息保护法第四十七条。"}}
            done = client.act(number, "erase", eraser, body, fresh_key())
            assert done.status == 200, done.body

        gone_before, _ = bring(GONE_BEFORE)
        gone_after, _ = bring(GONE_AFTER)
        staying = bring(STAYS)
        erase(gone_before)
        _wait_for_lines(backups / "erasures.jsonl", 1)
        crowd = Crowd(served.port, token)
        with crowd.at_work():
            _wait_until(lambda: crowd.acknowledged >= 30)
            with crowd._lock:
                told = {matter.number: (matter.secret, matter.n) for matter in crowd.matters.values()}
            at_the_start = crowd.acknowledged
            made = served.command("backup")
            assert made.returncode == 0, made.stderr
            during = crowd.acknowledged - at_the_start
            after = crowd.acknowledged
            _wait_until(lambda: crowd.acknowledged >= after + 10)
        assert crowd.wrong == []
        assert during > 0, "nobody was kept waiting by the back-up"
        assert len(told) >= 10
        erase(gone_after)
        _wait_for_lines(backups / "erasures.jsonl", 2)
    told[staying[0]] = (staying[1], 2)
    return told


def _wait_until(holds: Any, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _wait_for_lines(path: Path, count: int) -> None:
    """The worker writes each erasure down where the back-ups lie."""
    _wait_until(lambda: path.exists() and path.read_bytes().count(b"\n") >= count)


def _put_files(folder: Path) -> dict[str, bytes]:
    """Some attachments, plain and sealed alike: to a back-up they are bytes under a name that never changes."""
    for name, content in (
        ("kept/ab/abcd", os.urandom(300_000)),
        ("kept/ff/ffff", "现场照片".encode()),
        ("waiting/x", b""),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return _files_in(folder)


def _files_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _nothing_readable(backups: Path) -> None:
    """Without the keys a back-up tells nobody's contact; what was erased before it was made is not in it."""
    found = b""
    for path in backups.rglob("*"):
        if path.is_file():
            found += gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            assert path.stat().st_mode & 0o077 == 0, path
    assert STAYS.encode() in found
    assert GONE_BEFORE.encode() not in found
    assert PHONE.encode() not in found
    assert not list(backups.rglob("*.key"))


def _refused_without_the_right_keys(again: Instance, backups: Path, sealed: Path, passphrase: Path) -> None:
    data = Path(again.environment["HUAJIE_DATA"])
    without = again.command("restore", str(backups))
    assert without.returncode == 2
    assert "huajie keys import" in without.stderr
    assert not (data / "keys").exists(), "refusing makes no keys"

    assert again.command("keys", "export", "--plain", str(data.parent / "none")).returncode == 2
    other = run_inside(again, "from huajie.config import settings")
    assert other == ""
    wrong = again.command("restore", str(backups))
    assert wrong.returncode == 2
    assert "not the keys that this back-up was made under" in wrong.stderr
    refused = again.command("keys", "import", str(sealed), "--passphrase-file", str(passphrase))
    assert refused.returncode == 2
    assert "other keys are there" in refused.stderr
    shutil.rmtree(data)

    guess = passphrase.with_name("guess")
    guess.write_text("another passphrase\n")
    guessed = again.command("keys", "import", str(sealed), "--passphrase-file", str(guess))
    assert guessed.returncode == 2
    assert "passphrase: not the one" in guessed.stderr
    brought = again.command("keys", "import", str(sealed), "--passphrase-file", str(passphrase))
    assert brought.returncode == 0, brought.stderr
    assert {path.stat().st_mode & 0o777 for path in (data / "keys").iterdir()} == {0o600}
    checked = again.command("restore", "--check", str(backups))
    assert checked.returncode == 0, checked.stderr


@contextmanager
def _every_byte(served: Instance) -> Iterator[Any]:
    """Give a function that looks for a text in every file of the data folder and, on PostgreSQL, of the database."""
    blocks = [path.read_bytes() for path in Path(served.environment["HUAJIE_DATA"]).rglob("*") if path.is_file()]
    url = served.environment.get("HUAJIE_DATABASE_URL")
    if url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CHECKPOINT")
            rows = connection.execute(
                "SELECT pg_read_binary_file(pg_relation_filepath(oid)) FROM pg_class "
                "WHERE relkind IN ('r', 'i', 't') AND relfilenode <> 0"
            )
            blocks += [bytes(row[0]) for row in rows]
            # what is long is kept compressed, so it is looked for in the rows as well
            text = connection.execute("SELECT string_agg(body, ' ') FROM matters_text").fetchone()
            blocks.append(str(text).encode())
    yield lambda words: any(words.encode() in block for block in blocks)


def test_the_manifest_counts_what_is_there(database: str, tmp_path: Path) -> None:
    """Counted by hand, not by the program: rows of the ledger and the newest entry of each stream."""
    with fresh_database(database) as url, served_county(url, SEAT) as (served, _):
        served.start()
        with closing(Client(served.port)) as client:
            for _ in range(3):
                assert client.submit(fresh_key()).status == 201
        assert served.stop() == 0
        made = served.command("backup", str(tmp_path))
        assert made.returncode == 0, made.stderr
        (manifest,) = tmp_path.glob("backup-*/manifest.json")
        said = json.loads(manifest.read_text())
        # the founding of the county and, of each matter, two entries: it was brought in, its first clock began
        assert said["counts"]["matters_matter"] == 3
        assert said["ledger"]["streams"] == 4
        assert said["ledger"]["entries"] == said["counts"]["ledger_entry"] == 1 + 3 * 2
        assert said["counts"].get("django_session", 0) == 0
        assert set(said["keys"]) == {"record.key", "number.key", "secret.key", "vault.key"}
        assert said["version"]
