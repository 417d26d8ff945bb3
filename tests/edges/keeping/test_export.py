"""Everything leaves as JSONL that a stranger reads; what the vault holds only for a purpose, and on the record."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from tests.support.read_export import read

from huajie.apps.jurisdiction.models import Account
from huajie.apps.matters.operations import Submission, Written, submit
from huajie.apps.matters.verify import verify
from huajie.core.access import ANONYMOUS, Actor
from huajie.edges.keeping import export as module
from huajie.edges.keeping.export import dictionary, export, our_models, tables, undescribed
from huajie.edges.keeping.folders import KeepingError

pytestmark = pytest.mark.accept("P8")

NOW = datetime(2026, 11, 25, 21, 0, tzinfo=UTC)
PHONE = "19900001111"
WORDS = "路口井盖破了三个月"


@pytest.fixture
def photo() -> Iterator[bytes]:
    path = settings.HUAJIE_DATA / "files" / "kept" / "ab" / "abcd"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"a photo" * 100)
    yield path.read_bytes()
    path.unlink()


def independent(folder: Path) -> dict[str, Any]:
    """Run the stranger's script in a Python that does not even see this project."""
    script = Path(__file__).parents[2] / "support" / "read_export.py"
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(script), str(folder)], cwd=folder, capture_output=True, text=True
    )
    assert done.stdout, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["wrong"] == []
    assert done.returncode == 0
    return found


def every_byte(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_stranger_reads_it_back_and_counts_the_same(
    complaint: Written, county: Callable[..., Actor], photo: bytes, tmp_path: Path
) -> None:
    made = export(tmp_path, now=NOW, version="1")
    found = independent(made)
    with connection.cursor() as cursor:
        for name, count in found["counts"].items():
            cursor.execute(f"SELECT count(*) FROM {name.removesuffix('.jsonl')}")
            assert cursor.fetchone() == (count,), name
    assert found["counts"]["ledger_entry.jsonl"] == complaint.n + 1
    assert found["counts"]["matters_matter.jsonl"] == 1
    assert (found["streams"], found["files"]) == (2, 1)
    assert photo in every_byte(made)
    texts = [json.loads(line) for line in (made / "matters_text.jsonl").read_bytes().splitlines()]
    assert any(WORDS in text["body"] for text in texts)
    (matter,) = (json.loads(line) for line in (made / "matters_matter.jsonl").read_bytes().splitlines())
    assert matter["state"]["stage"] == matter["stage"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in made.rglob("*") if path.is_file())


def test_the_stranger_finds_what_is_wrong(complaint: Written, tmp_path: Path) -> None:
    """A reader that finds nothing shows nothing: each planted fault is named."""
    made = export(tmp_path, now=NOW, version="1")
    entries = made / "ledger_entry.jsonl"
    whole = entries.read_bytes()
    lines = whole.splitlines(keepends=True)
    entries.write_bytes(b"".join(lines[:-1]))
    assert read(made)["wrong"]
    entries.write_bytes(whole.replace(b'"leaf":"', b'"leaf":"x', 1))
    assert any("hash" in fault for fault in read(made)["wrong"])
    entries.write_bytes(whole.replace(b'"n":1,', b'"n":"1",', 1))
    assert any("no integer" in fault for fault in read(made)["wrong"])
    entries.write_bytes(whole)
    assert read(made)["wrong"] == []


def test_without_being_asked_nothing_of_the_vault_comes(complaint: Written, tmp_path: Path) -> None:
    Account.objects.create(username="x", display_name="x", password="argon2$canary", created_at=NOW)
    made = export(tmp_path, now=NOW, version="1")
    found = every_byte(made)
    assert PHONE.encode() not in found
    assert b"argon2$canary" not in found
    for key in settings.HUAJIE_KEYS.values():
        assert key not in found and key.hex().encode() not in found
    left = json.loads((made / "dictionary.json").read_text())["left_out"]
    assert {"vault_secret", "vault_key", "ledger_opening", "jurisdiction_account.password"} <= set(left)
    assert not (made / "vault_secret.jsonl").exists()


def test_with_identities_each_matter_says_so(complaint: Written, county: Callable[..., Actor], tmp_path: Path) -> None:
    from huajie.apps.ledger import queries as ledger_queries

    without = submit(
        Submission(
            pack="en.complaint", topic="t.water", region="r.qingshi", texts={"title": "x", "text": "无联系方式"}
        ),
        actor=ANONYMOUS,
        now=NOW,
    )
    made = export(tmp_path, now=NOW, version="1", purpose="inspection")
    independent(made)
    opened = [json.loads(line) for line in (made / "vault_secret.jsonl").read_bytes().splitlines()]
    assert {"name": "某某某", "phone": PHONE} in [line["box"] for line in opened]
    bodies = ledger_queries.bodies_since(complaint.stream, complaint.n)
    assert [(body["kind"], body["act"], body["input"]) for body in bodies] == [
        ("matter.exported", "exported", {"purpose": "inspection"})
    ]
    assert ledger_queries.bodies_since(without.stream, without.n) == [], "nothing of that matter was in the vault"
    # the record is in the export itself, and everything still adds up
    assert b'"exported"' in (made / "ledger_entry.jsonl").read_bytes()
    assert json.loads((made / "manifest.json").read_text())["identities"] == "inspection"
    for key in settings.HUAJIE_KEYS.values():
        assert key.hex().encode() not in every_byte(made)
    report = verify()
    assert report.clean, report.differences


def test_identities_leave_only_for_a_purpose_that_is_known(complaint: Written, tmp_path: Path) -> None:
    with pytest.raises(KeepingError, match="purpose: one of"):
        export(tmp_path, now=NOW, version="1", purpose="curiosity")
    assert list(tmp_path.iterdir()) == []


# The dictionary -------------------------------------------------------------------------------------------------------


def test_the_dictionary_is_complete() -> None:
    assert undescribed() == []


def test_a_column_that_nobody_described_is_found_and_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    written = json.loads(json.dumps(module._written()))
    del written["tables"]["matters_matter"]["columns"]["stage"]
    del written["tables"]["matters_timer"]
    written["tables"]["matters_party"]["columns"] = {"gone": {"zh": "x", "en": ""}}
    monkeypatch.setattr(module, "_written", lambda: written)
    assert undescribed() == [
        "matters_matter.stage: no meaning",
        "matters_party.gone: there is no such column",
        "matters_timer: neither under tables nor under left_out",
        "tables.matters_party.gone: no en",
    ]
    found = {table.name: table for table in tables(identities=True)}
    assert "matters_timer" not in found
    assert "stage" not in [field.name for field in found["matters_matter"].fields]


def test_every_table_of_ours_is_either_there_or_left_out_with_its_reason() -> None:
    told = dictionary(identities=False)
    there = {name.removesuffix(".jsonl") for name in told["files"]}
    assert set(our_models()) == there | {name for name in told["left_out"] if "." not in name}
    with_identities = dictionary(identities=True)
    assert {"vault_secret.jsonl", "ledger_opening.jsonl"} <= set(with_identities["files"])
    assert {"vault_key", "jurisdiction_token", "jurisdiction_account.password"} <= set(with_identities["left_out"])
