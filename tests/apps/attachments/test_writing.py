"""From upload to erasure: what an entry names is on the disk, what none names goes, and nobody else reads either."""

import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from tests.support import papers
from tests.support.standing_county import day

from huajie.apps.attachments import operations as attachments
from huajie.apps.attachments import queries, store
from huajie.apps.attachments.errors import UploadOver
from huajie.apps.attachments.incoming import Sent
from huajie.apps.attachments.uploads import Files, Upload, keep, listed, token_of, upload_of
from huajie.apps.ledger.operations import work_followups
from huajie.apps.matters import operations as matters
from huajie.apps.matters.errors import KeyReused, UnknownMatter
from huajie.apps.matters.operations import Order, Submission, Written, act, submit
from huajie.apps.matters.queries import file_of, see
from huajie.apps.matters.verify import verify
from huajie.core.access import ANONYMOUS, SYSTEM, Actor

WORDS = "这句话只在附件里，别处没有。"


def send(data: bytes, name: str) -> Upload:
    file = store.scratch()
    file.write(data)
    with Sent(file, name, len(data), "") as sent:
        return keep(sent, now=day(0))


def complain(*uploads: Upload, topic: str = "t.water", pack: str = "en.complaint", **more: Any) -> Written:
    texts: dict[str, Any] = {"title": "井盖破损", "text": "路口井盖破了很久。"}
    if uploads:
        texts["papers"] = Files(uploads)
    fields = {"pack": pack, "topic": topic, "region": "r.qingshi", "texts": texts, **more}
    return submit(Submission(**fields), actor=ANONYMOUS, now=day(0))


def paths(kind: str) -> set[Path]:
    return {path for path in (store.root() / kind).rglob("*") if path.is_file()} if store.root().exists() else set()


@pytest.fixture(autouse=True)
def _empty_store(transactional_db: None) -> None:
    for path in paths("waiting") | paths("kept"):
        path.unlink()


def whole(actor: Actor, written: Written, file_id: str) -> bytes:
    opened = see(actor, written.number)
    found = file_of(actor, opened, file_id, opened.texts)
    return b"".join(found.kept.read(found.data_key))


def test_a_file_is_on_the_disk_encrypted_and_comes_back_to_who_may_read(county: Callable[..., Actor]) -> None:
    one, two = send(WORDS.encode(), "说明.txt"), send(papers.photo(), "C:\\me\\现场\u202egpj..png")
    assert (one.name, two.name) == ("说明.txt", "现场gpj.jpg")
    assert len(paths("waiting")) == 3 and not paths("kept")
    written = complain(one, two)
    assert len(paths("kept")) == 3 and not paths("waiting")
    for path in paths("kept"):
        raw = path.read_bytes()
        assert WORDS.encode() not in raw and b"JFIF" not in raw
        assert path.stat().st_mode & 0o077 == 0
        assert "说明" not in path.name and one.sha256 not in str(path) and one.id not in str(path)
    assert whole(county(60), written, one.id) == WORDS.encode()
    named = listed(see(county(60), written.number).texts[1, "papers"])
    assert [item["name"] for item in named] == [one.name, two.name]
    report = verify()
    assert report.clean and report.files == 2, report.differences


def test_no_table_tells_that_two_files_are_the_same(county: Callable[..., Actor]) -> None:
    """Two people bring the same paper: nothing in the file's table is equal, and no table holds the words."""
    complain(send(WORDS.encode(), "a.txt"))
    complain(send(WORDS.encode(), "a.txt"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, matter, address, box FROM attachments_file")
        first, second = cursor.fetchall()
    assert not {str(value) for value in first} & {str(value) for value in second}


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_around_the_commit_loses_nothing_that_was_acknowledged(
    county: Callable[..., Actor], monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """Killed before the commit, the file goes after its time; killed between commit and move, it is found and moved."""
    upload = send(WORDS.encode(), "a.txt")

    def die(*args: Any, **more: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(matters, "commit_changes", die) if when == "before" else patch.setattr(store, "settle", die)
        with pytest.raises(KeyboardInterrupt):
            complain(upload)
    assert len(paths("waiting")) == 1 and not paths("kept")
    hour_ago = time.time() - 3600
    for path in paths("waiting"):
        os.utime(path, (hour_ago, hour_ago))
    from datetime import UTC, datetime

    now = datetime.now(UTC)
    if when == "before":
        assert attachments.sweep(now) == 0
        assert upload_of(token_of(upload), now=day(0)) == upload
        assert attachments.sweep(now + timedelta(hours=25)) == 1
        assert not paths("waiting") and not paths("kept")
        with pytest.raises(UploadOver):
            upload_of(token_of(upload), now=day(0))
    else:
        assert verify().clean and verify().files == 1
        assert attachments.sweep(now) == 1
        assert len(paths("kept")) == 1 and not paths("waiting")
        # however much later: what an entry names stays
        attachments.sweep(now + timedelta(days=900))
        assert len(paths("kept")) == 1
    assert verify().clean


def test_a_refused_act_keeps_nothing_but_what_may_be_sent_again(county: Callable[..., Actor]) -> None:
    from huajie.core.procedure import Refused

    upload = send(WORDS.encode(), "a.txt")
    with pytest.raises(Refused):
        complain(upload, mode="no such mode")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM attachments_file")
        assert cursor.fetchone() == (0,)
    written = complain(upload_of(token_of(upload), now=day(0)))
    assert whole(county(60), written, upload.id) == WORDS.encode()


def test_an_upload_works_once_and_a_retry_gives_the_same(county: Callable[..., Actor]) -> None:
    upload = send(WORDS.encode(), "a.txt")
    first = complain(upload, idempotency=("s", "k", "h"))
    again = complain(upload, idempotency=("s", "k", "h"))
    assert again.replayed and again.number == first.number
    for key in (("s", "other", "h"), None):
        with pytest.raises(KeyReused):
            complain(upload, idempotency=key)
    assert verify().clean and verify().matters == 1


@pytest.mark.parametrize("token", ["", "x", "AAAA" * 30, "é", "A" * 5000])
def test_a_token_that_is_not_ours_stands_for_nothing(token: str) -> None:
    with pytest.raises(UploadOver):
        upload_of(token, now=day(0))


def test_a_token_that_was_changed_or_is_too_old_stands_for_nothing() -> None:
    token = token_of(send(b"hello", "a.txt"))
    changed = token[:-3] + ("A" if token[-3] != "A" else "B") + token[-2:]
    for given, at in ((changed, day(0)), (token, day(2))):
        with pytest.raises(UploadOver):
            upload_of(given, now=at)
    assert upload_of(token, now=day(0)).name == "a.txt"


def officer(county: Callable[..., Actor]) -> Actor:
    from huajie.apps.jurisdiction import operations as jurisdiction

    title = {"zh": "个人信息保护负责人", "en": "Data-protection officer"}
    seat = {"do": "set_seat", "id": "s.gov.dpo", "unit": "u.gov", "title": title, "roles": ["dpo"]}
    posting = {"do": "start_posting", "seat": "s.gov.dpo", "person": f"{14:032x}"}
    jurisdiction.change([seat, posting], actor=SYSTEM, now=day(0, 3))
    return county(14, day(1))


def test_erasing_takes_bytes_key_and_name_and_verify_expects_nothing(
    county: Callable[..., Actor], database: str
) -> None:
    name = "只此一个名字.txt"
    upload = send(WORDS.encode(), name)
    written = complain(upload, contact={"phone": "19900001111"})
    kept = next(iter(queries.files_of(written.stream).values()))
    basis = {"legal_basis_text": "个人信息保护法第四十七条，目的已实现。"}
    act(written.number, Order(act="erase", texts=dict(basis), seen=written.n), actor=officer(county), now=day(5))
    # whoever kept row and key can still do nothing once the worker has passed
    done, failed = work_followups(day(6))
    assert done and not failed
    assert not paths("kept") and not paths("waiting")
    assert not store.find(kept.address).exists()
    with connection.cursor() as cursor:
        for table in ("attachments_file", "attachments_gone", "vault_key", "vault_secret"):
            cursor.execute(f"SELECT count(*) FROM {table}")
            assert cursor.fetchone() == (0,), table
    if database == "sqlite":
        folder = Path(django_settings.HUAJIE_DATA)
        found = [path for path in folder.rglob("*") if path.is_file() and name.encode() in path.read_bytes()]
        assert not found
    report = verify()
    assert report.clean and (report.files, report.files_erased) == (0, 1), report.differences
    with pytest.raises(UnknownMatter):
        whole(county(60), written, upload.id)


def test_files_go_also_when_the_worker_died_in_between(county: Callable[..., Actor]) -> None:
    written = complain(send(WORDS.encode(), "a.txt"))
    basis = {"legal_basis_text": "个人信息保护法第四十七条。"}
    act(written.number, Order(act="erase", texts=dict(basis), seen=written.n), actor=officer(county), now=day(5))
    assert len(paths("kept")) == 1
    attachments.sweep(day(6))
    assert not paths("kept")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM attachments_gone")
        assert cursor.fetchone() == (0,)


def test_a_contact_erased_alone_leaves_the_files_readable(county: Callable[..., Actor]) -> None:
    """The matter's key goes only with the last thing under it."""
    upload = send(WORDS.encode(), "a.txt")
    written = complain(upload, contact={"phone": "19900001111"})
    work = matters.Work("default", matters.snapshot(using="default"))
    tip = matters.loading.load(written.stream, using="default")
    assert tip is not None
    work._erase(tip, frozenset({"contact"}), day(5))
    assert not work.pending.lost_keys and not work.pending.gone
    work._erase(tip, frozenset({"contact", "papers"}), day(5))
    assert work.pending.lost_keys and work.pending.gone


FAULTS = ["gone", "changed", "swapped", "row gone", "row added", "key"]


@pytest.mark.parametrize("fault", FAULTS)
def test_verify_finds_a_planted_fault(county: Callable[..., Actor], fault: str) -> None:
    first, second = send(WORDS.encode(), "a.txt"), send(b"another paper", "b.txt")
    written = complain(first, second)
    assert verify().clean
    path, other = store.find(first.address), store.find(second.address)
    with connection.cursor() as cursor:
        if fault == "gone":
            path.unlink()
        elif fault == "changed":
            raw = bytearray(path.read_bytes())
            raw[20] ^= 1
            path.write_bytes(raw)
        elif fault == "swapped":
            mine, theirs = path.read_bytes(), other.read_bytes()
            path.write_bytes(theirs)
            other.write_bytes(mine)
        elif fault == "row gone":
            cursor.execute("DELETE FROM attachments_file WHERE address = %s", [first.address])
        elif fault == "row added":
            columns = "matter, n, name, small, size, box"
            cursor.execute(
                f"INSERT INTO attachments_file (id, address, {columns})"
                f" SELECT %s, %s, {columns} FROM attachments_file WHERE address = %s",
                ["f" * 32, "f" * 64, first.address],
            )
        else:
            cursor.execute("DELETE FROM vault_key")
    report = verify()
    assert not report.clean
    assert {one.check for one in report.differences} == {"file in papers"}
    assert {one.where for one in report.differences} == {written.number}


def test_a_sealed_matter_keeps_names_and_keys_in_the_vault(county: Callable[..., Actor]) -> None:
    from huajie.apps.jurisdiction import operations as jurisdiction

    topic = {"do": "set_topic", "id": "t.conduct", "parent": None, "name": {"zh": "举报", "en": "Conduct"}}
    remit = {"do": "set_remit", "id": "m.conduct", "unit": "u.water", "topics": ["t.conduct"], "regions": ["*"]}
    changes = [{**topic, "sensitivity": "sealed"}, {**remit, "power": "decide"}]
    jurisdiction.change(changes, actor=SYSTEM, now=day(0))
    upload = send(papers.photo(), "举报人的名字.jpg")
    written = complain(upload, topic="t.conduct")
    assert written.state.sensitivity == "sealed"
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM matters_text")
        assert cursor.fetchone() == (0,)
    assert whole(county(60), written, upload.id)[:2] == b"\xff\xd8"
    # a colleague with other work, and the supervisor, learn nothing of it
    for number in (30, 3):
        with pytest.raises(UnknownMatter):
            whole(county(number), written, upload.id)
    report = verify()
    assert report.clean and report.files == 1, report.differences
