"""Everything leaves as JSONL that a stranger reads; what the vault holds only for a purpose, and on the record."""

from __future__ import annotations

import hmac
import json
import os
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from tests.support import papers
from tests.support.read_export import read

from huajie.apps.attachments import store
from huajie.apps.attachments.incoming import Sent
from huajie.apps.attachments.uploads import Files, Upload, keep
from huajie.apps.jurisdiction.models import Account
from huajie.apps.ledger import queries as ledger_queries
from huajie.apps.matters.operations import Submission, Written, submit
from huajie.apps.matters.verify import verify
from huajie.apps.vault import operations as vault
from huajie.core.access import ANONYMOUS, Actor
from huajie.edges.keeping import export as module
from huajie.edges.keeping.export import dictionary, export, our_models, tables, undescribed
from huajie.edges.keeping.folders import KeepingError

pytestmark = pytest.mark.accept("P8")

NOW = datetime(2026, 11, 25, 21, 0, tzinfo=UTC)
PHONE = "19900001111"
WORDS = "路口井盖破了三个月"


PAPER = "附件里的这句话，别处没有。".encode()


def attach(data: bytes, name: str) -> Upload:
    file = store.scratch()
    file.write(data)
    with Sent(file, name, len(data), "") as sent:
        return keep(sent, now=NOW)


@pytest.fixture
def with_files(complaint: Written) -> Written:
    """A complaint with a photo and a paper, besides the one without."""
    uploads = (attach(papers.photo(), "现场.png"), attach(PAPER, "说明.txt"))
    texts = {"title": "井盖破损", "text": "路口井盖破了很久。", "papers": Files(uploads)}
    return submit(
        Submission(pack="en.complaint", topic="t.water", region="r.qingshi", texts=texts), actor=ANONYMOUS, now=NOW
    )


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
    complaint: Written, county: Callable[..., Actor], tmp_path: Path
) -> None:
    made = export(tmp_path, now=NOW, version="1")
    found = independent(made)
    with connection.cursor() as cursor:
        for name, count in found["counts"].items():
            cursor.execute(f"SELECT count(*) FROM {name.removesuffix('.jsonl')}")
            assert cursor.fetchone() == (count,), name
    assert found["counts"]["ledger_entry.jsonl"] == complaint.n + 1
    assert found["counts"]["matters_matter.jsonl"] == 1
    assert (found["streams"], found["files"]) == (2, 0)
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


def as_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def proves(made: Path, kept: dict[str, Any], value: bytes) -> bool:
    """Say whether an entry of an export commits to a value, by docs/formats/entry.md and none of our code."""

    def of(file: str) -> dict[str, Any]:
        found = [json.loads(line) for line in (made / file).read_bytes().splitlines()]
        return next(one for one in found if (one["stream"], one["n"]) == (kept["matter"], kept["n"]))

    seed, name = b64decode(of("ledger_opening.jsonl")["seed"]), kept["name"].encode()
    opening = hmac.digest(seed, b"opening\0" + name, "sha256")
    body = of("ledger_entry.jsonl")["body"]
    said = dict((json.loads(body) if isinstance(body, str) else body)["texts"])[kept["name"]]
    made_of = opening + len(name).to_bytes(2, "big") + name + value
    return b64encode(hmac.digest(b"huajie/commit/v1", made_of, "sha256")).decode() == said


def test_with_identities_each_matter_says_so(complaint: Written, county: Callable[..., Actor], tmp_path: Path) -> None:
    without = submit(
        Submission(
            pack="en.complaint", topic="t.water", region="r.qingshi", texts={"title": "x", "text": "无联系方式"}
        ),
        actor=ANONYMOUS,
        now=NOW,
    )
    made = export(tmp_path, now=NOW, version="1", purpose="inspection", identities=True)
    independent(made)
    opened = [json.loads(line) for line in (made / "vault_secret.jsonl").read_bytes().splitlines()]
    contact = {"name": "某某某", "phone": PHONE}
    kept = next(line for line in opened if line["box"].get("value") == contact)
    assert proves(made, kept, b"\0" + bytes.fromhex(kept["box"]["salt"]) + as_json(contact))
    # with the whole database and without the vault's key nobody can try numbers: the salt is in the vault
    assert not proves(made, kept, as_json(contact))
    bodies = ledger_queries.bodies_since(complaint.stream, complaint.n)
    assert [(body["kind"], body["act"], body["input"]) for body in bodies] == [
        ("matter.exported", "exported", {"purpose": "inspection", "what": ["identities"]})
    ]
    assert ledger_queries.bodies_since(without.stream, without.n) == [], "nothing of that matter was in the vault"
    # the record is in the export itself, and everything still adds up
    assert b'"exported"' in (made / "ledger_entry.jsonl").read_bytes()
    manifest = json.loads((made / "manifest.json").read_text())
    assert (manifest["purpose"], manifest["identities"]) == ("inspection", True)
    for key in settings.HUAJIE_KEYS.values():
        assert key.hex().encode() not in every_byte(made)
    report = verify()
    assert report.clean, report.differences


def test_identities_leave_only_for_a_purpose_that_is_known(complaint: Written, tmp_path: Path) -> None:
    with pytest.raises(KeepingError, match="purpose: one of"):
        export(tmp_path, now=NOW, version="1", purpose="curiosity", identities=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("asked", [{"identities": True}, {"files": True}, {"purpose": "move"}])
def test_what_is_asked_for_and_a_purpose_belong_together(
    complaint: Written, tmp_path: Path, asked: dict[str, Any]
) -> None:
    with pytest.raises(KeepingError, match="only for a purpose"):
        export(tmp_path, now=NOW, version="1", **asked)
    assert list(tmp_path.iterdir()) == []


# Attachments ----------------------------------------------------------------------------------------------------------


def test_a_stranger_opens_and_hashes_every_attachment(
    complaint: Written, with_files: Written, county: Callable[..., Actor], tmp_path: Path
) -> None:
    made = export(tmp_path, now=NOW, version="1", purpose="archive", files=True)
    found = independent(made)
    assert (found["files"], found["counts"]["files.jsonl"]) == (2, 2)
    lines = [json.loads(line) for line in (made / "files.jsonl").read_bytes().splitlines()]
    assert [(line["matter"], line["n"], line["field"]) for line in lines] == [(str(with_files.stream), 1, "papers")] * 2
    told = {line["name"]: line for line in lines}
    assert (told["说明.txt"]["type"], told["现场.jpg"]["type"]) == ("text/plain", "image/jpeg")
    assert (made / told["说明.txt"]["path"]).read_bytes() == PAPER
    assert (made / told["现场.jpg"]["path"]).read_bytes()[:3] == b"\xff\xd8\xff"
    assert all(path.stat().st_mode & 0o077 == 0 for path in (made / "files").rglob("*"))
    assert {path.parent.name for path in (made / "files").rglob("*") if path.is_file()} == {str(with_files.stream)}
    # the matter says what left and for what; the one without attachments says nothing, for nothing of it left
    (body,) = ledger_queries.bodies_since(with_files.stream, with_files.n)
    assert (body["act"], body["input"]) == ("exported", {"purpose": "archive", "what": ["files"]})
    assert ledger_queries.bodies_since(complaint.stream, complaint.n) == []
    assert PHONE.encode() not in every_byte(made) and not (made / "vault_secret.jsonl").exists()
    report = verify()
    assert report.clean, report.differences


@pytest.mark.parametrize("asked", [{}, {"purpose": "move", "identities": True}])
def test_attachments_that_nobody_asked_for_stay(with_files: Written, tmp_path: Path, asked: dict[str, Any]) -> None:
    made = export(tmp_path, now=NOW, version="1", **asked)
    found = independent(made)
    assert found["files"] == 0 and not (made / "files").exists() and not (made / "files.jsonl").exists()
    assert PAPER not in every_byte(made)
    assert "files.jsonl" in json.loads((made / "dictionary.json").read_text())["left_out"]
    if not asked:
        assert ledger_queries.bodies_since(with_files.stream, with_files.n) == []


def test_the_stranger_finds_an_attachment_that_is_not_what_it_was(with_files: Written, tmp_path: Path) -> None:
    made = export(tmp_path, now=NOW, version="1", purpose="archive", files=True)
    assert read(made)["wrong"] == []
    one = next(path for path in (made / "files").rglob("*.txt"))
    one.write_bytes(PAPER + b".")
    assert any("other content" in fault for fault in read(made)["wrong"])
    one.write_bytes(PAPER)
    (one.parent / "slipped.txt").write_bytes(b"x")
    assert any("in no list" in fault for fault in read(made)["wrong"])
    (one.parent / "slipped.txt").unlink()
    listing = made / "files.jsonl"
    whole = listing.read_bytes()
    listing.write_bytes(b"".join(whole.splitlines(keepends=True)[1:]))
    assert any("named by a text and not here" in fault for fault in read(made)["wrong"])


def test_attachments_of_a_sealed_text_leave_only_with_identities(
    with_files: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text that names them is put where a sealed pack's lies; then only identities bring them along."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM matters_text WHERE name = 'papers'")
        (body,) = cursor.fetchone()
        matter = with_files.stream if connection.features.has_native_uuid_field else with_files.stream.hex
        cursor.execute("SELECT wrapped FROM vault_key WHERE matter = %s", [matter])
        key = vault.unwrap(with_files.stream, bytes(cursor.fetchone()[0]))
        box = vault.seal(key, with_files.stream, 1, "papers", body.encode(), os.urandom)[3]
        cursor.execute("DELETE FROM matters_text WHERE name = 'papers'")
        cursor.execute("INSERT INTO vault_secret (matter, n, name, box) VALUES (%s, 1, 'papers', %s)", [matter, box])
    made = export(tmp_path / "a", now=NOW, version="1", purpose="archive", files=True)
    assert independent(made)["files"] == 0 and PAPER not in every_byte(made)
    assert ledger_queries.bodies_since(with_files.stream, with_files.n) == []
    made = export(tmp_path / "b", now=NOW, version="1", purpose="archive", files=True, identities=True)
    assert independent(made)["files"] == 2 and PAPER in every_byte(made)
    (body,) = ledger_queries.bodies_since(with_files.stream, with_files.n)
    assert body["input"] == {"purpose": "archive", "what": ["files", "identities"]}


def test_an_attachment_lost_from_the_disk_is_said_to_be_missing(with_files: Written, tmp_path: Path) -> None:
    for path in (settings.HUAJIE_DATA / "files").rglob("*"):
        if path.is_file():
            path.unlink()
    made = export(tmp_path, now=NOW, version="1", purpose="archive", files=True)
    assert independent(made)["files"] == 0
    assert json.loads((made / "manifest.json").read_text())["files"] == {
        "lines": 2,
        "count": 0,
        "bytes": 0,
        "missing": 2,
    }


def test_what_came_after_the_entries_were_written_does_not_leave(
    complaint: Written, county: Callable[..., Actor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody submits just between the entries and the reading: nothing says so in that matter, so nothing leaves."""
    record = module.record

    def then_somebody_submits(*args: Any, **more: Any) -> frozenset[Any]:
        told = record(*args, **more)
        texts = {"title": "x", "text": "y", "papers": Files((attach(PAPER, "说明.txt"),))}
        contact = {"contact": {"name": "后来的人", "phone": "19900002222"}}
        late = Submission(pack="en.complaint", topic="t.water", region="r.qingshi", texts=texts | contact)
        submit(late, actor=ANONYMOUS, now=NOW)
        return told

    monkeypatch.setattr(module, "record", then_somebody_submits)
    made = export(tmp_path, now=NOW, version="1", purpose="move", files=True, identities=True)
    found = every_byte(made)
    assert PHONE.encode() in found
    assert "后来的人".encode() not in found and PAPER not in found


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
