"""The vault key is changed while everybody works; cut off at any moment, everything can be read and it goes on."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

CONTACT = {"name": "欧阳听雨", "phone": "13900139000"}


@pytest.fixture
def folder(data_folder: Path) -> Any:
    """The keys of this run, put back afterwards."""
    keys = settings.HUAJIE_DATA / "keys"
    before = {path.name: path.read_bytes() for path in keys.glob("*.key")}
    yield keys
    for path in keys.glob("*.key"):
        path.unlink()
    for name, content in before.items():
        (keys / name).write_bytes(content)
        (keys / name).chmod(0o600)
    from huajie.apps.vault import operations as vault

    vault._keys(fresh=True)


@pytest.fixture
def matters(transactional_db: None, folder: Path) -> list[Any]:
    from tests.support.county import found

    county = found()
    return [county.bring_in(f"m{number}", "t.housing", contact=CONTACT) for number in range(3)]


def contact_of(known: Any) -> Any:
    import json

    from huajie.apps.matters import loading
    from huajie.apps.vault import operations as vault

    tip = loading.load(known.stream, using="default")
    assert tip is not None and tip.contact is not None
    key = loading.data_key(tip)
    assert key is not None
    return json.loads(vault.unseal(key, tip.stream, tip.contact[0], "contact", tip.contact[1]))


def rotate() -> int:
    from huajie.edges.cli import keys

    return keys.rotate(["--settle", "0"])


def test_every_key_is_under_the_new_one_and_the_old_is_gone(
    matters: list[Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huajie.apps.matters.verify import verify
    from huajie.apps.vault import operations as vault
    from huajie.apps.vault import rotation
    from huajie.edges.cli import main

    monkeypatch.setattr(main, "set_up", lambda needs: None)
    old = (folder / "vault.key").read_bytes()
    assert set(rotation.counts()) == {vault.under(old)}
    assert rotate() == 0
    new = (folder / "vault.key").read_bytes()
    assert new != old and set(rotation.counts()) == {vault.under(new)}
    assert not list(folder.glob("vault.*.key"))
    assert (folder / "vault.key").stat().st_mode & 0o777 == 0o600
    assert all(contact_of(known) == CONTACT for known in matters)
    assert verify().clean


@pytest.mark.parametrize("cut", ["next made", "old kept", "in force", "half wrapped"])
def test_cut_off_anywhere_it_reads_everything_and_goes_on(
    cut: str, matters: list[Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    from huajie.apps.matters.operations import Batch, Submission
    from huajie.apps.vault import operations as vault
    from huajie.apps.vault import rotation
    from huajie.config import rotation as files
    from huajie.edges.cli import main

    monkeypatch.setattr(main, "set_up", lambda needs: None)

    class Killed(BaseException):
        pass

    old = (folder / "vault.key").read_bytes()
    with monkeypatch.context() as patch:
        made: list[str] = []
        write = files._write

        def dying_write(path: Path, key: bytes) -> None:
            if cut == "old kept" and made:
                write(path, key)
                raise Killed
            write(path, key)
            made.append(path.name)
            if cut == "next made":
                raise Killed

        def dying_rewrap(**more: Any) -> int:
            if cut == "half wrapped":
                patch.setattr(rotation, "BATCH", 1)
                tell = {"tell": lambda done: (_ for _ in ()).throw(Killed())}
                return rewrap(**{**more, **tell})
            raise Killed

        rewrap = rotation.rewrap
        patch.setattr(files, "_write", dying_write)
        patch.setattr(rotation, "rewrap", dying_rewrap)
        with pytest.raises(Killed):
            rotate()
    assert os.listdir(folder)
    assert all(contact_of(known) == CONTACT for known in matters)
    assert rotate() == 0
    assert set(rotation.counts()) == {vault.under((folder / "vault.key").read_bytes())}
    assert (folder / "vault.key").read_bytes() != old
    assert all(contact_of(known) == CONTACT for known in matters)
    assert Batch and Submission


def test_a_batch_that_waited_through_a_rotation_writes_under_the_new_key(
    matters: list[Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import UTC, datetime

    from huajie.apps.matters.operations import Batch, Submission
    from huajie.apps.vault import operations as vault
    from huajie.apps.vault import rotation
    from huajie.core.access import ANONYMOUS
    from huajie.edges.cli import main

    monkeypatch.setattr(main, "set_up", lambda needs: None)
    with Batch() as batch:
        handle = batch.submit(
            Submission(
                pack="en.complaint",
                topic="t.housing",
                region="r.qingshi",
                texts={"title": "灯", "text": "坏了"},
                contact=CONTACT,
            ),
            actor=ANONYMOUS,
            now=datetime.now(UTC),
        )
        assert rotate() == 0
    assert set(rotation.counts()) == {vault.under((folder / "vault.key").read_bytes())}
    assert contact_of(handle) == CONTACT


def test_a_key_file_that_others_can_read_is_told(folder: Path) -> None:
    from huajie.config.rotation import loose_keys
    from huajie.edges.health import CHECKS

    assert loose_keys(folder) == []
    (folder / "number.key").chmod(0o640)
    try:
        assert loose_keys(folder) == ["keys/number.key: others can read it; run chmod 600 on it"]
        check = next(one for one in CHECKS if one.name == "keys")
        assert any("number.key" in problem for problem in check.problems())
    finally:
        (folder / "number.key").chmod(0o600)
