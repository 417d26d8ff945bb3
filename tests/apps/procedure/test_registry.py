"""Packs in force are read once, found by name and hash, and kept in the ledger for ever."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from huajie.apps.ledger.operations import Changes, add_document, commit_changes
from huajie.apps.procedure import registry
from huajie.core.procedure import BadPack

ROOT = Path(__file__).resolve().parents[3]
BASE = (ROOT / "tests/data/packs/base/pack.yaml").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path, settings: object) -> Path:
    settings.HUAJIE_PACKS = str(tmp_path)  # type: ignore[attr-defined]
    (tmp_path / "test.base").mkdir()
    (tmp_path / "test.base" / "pack.yaml").write_text(BASE, encoding="utf-8")
    registry.forget()
    yield tmp_path
    registry.forget()


def test_the_shipped_packs_are_in_force() -> None:
    registry.forget()
    assert {"en.complaint", "cn.petition.request", "open311"} <= set(registry.packs())
    assert registry.current("en.complaint").name == "en.complaint"
    assert registry.current("en.complaint") is registry.current("en.complaint")


def test_a_pack_that_is_not_there_is_missing(folder: Path) -> None:
    assert set(registry.packs()) == {"test.base"}
    with pytest.raises(registry.PackMissing, match=r"en\.complaint"):
        registry.current("en.complaint")


def test_one_wrong_pack_stops_all_and_names_its_line(folder: Path) -> None:
    shutil.copytree(ROOT / "tests/data/packs/malformed/unknown-effect", folder / "wrong")
    registry.forget()
    with pytest.raises(BadPack) as caught:
        registry.packs()
    assert [(error.line, error.path) for error in caught.value.errors] == [(169, "acts.answer.effects[1].stopp")]


def test_a_missing_folder_names_the_setting(settings: object, tmp_path: Path) -> None:
    settings.HUAJIE_PACKS = str(tmp_path / "nowhere")  # type: ignore[attr-defined]
    registry.forget()
    with pytest.raises(registry.PackMissing, match="HUAJIE_PACKS"):
        registry.packs()
    registry.forget()


@pytest.mark.django_db(transaction=True)
def test_a_pack_that_left_the_folder_is_found_by_hash_while_the_ledger_keeps_it(folder: Path) -> None:
    old = registry.current("test.base")
    changes = Changes()
    add_document(changes, "pack", dict(old.document), at=datetime(2026, 3, 1, tzinfo=UTC))
    commit_changes(changes)
    (folder / "test.base" / "pack.yaml").write_text(BASE.replace("value: 10", "value: 7"), encoding="utf-8")
    registry.forget()
    new = registry.current("test.base")
    assert new.hash != old.hash
    found = registry.pack_by_hash(old.hash)
    assert found == old
    assert found.document == old.document
    # kept by name, shown in the order in which its files have always shown it
    assert list(old.acts) != sorted(old.acts) and list(old.stages) != sorted(old.stages)
    assert (list(found.acts), list(found.stages)) == (list(old.acts), list(old.stages))
    assert registry.pack_by_hash(new.hash) is new
    assert list(registry.shipped_against_kept()) == [("test.base", "1.0.0", new.hash, old.hash)]


@pytest.mark.django_db
def test_a_hash_that_nobody_keeps_is_missing(folder: Path) -> None:
    with pytest.raises(registry.PackMissing, match="0000"):
        registry.pack_by_hash("0" * 64)
