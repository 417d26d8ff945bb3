"""Keys leave the machine sealed, and come back only where none are."""

import json
import os
import stat

import pytest

from huajie.edges.keeping.folders import KeepingError, fingerprint
from huajie.edges.keeping.keyfiles import put, read_folder, seal, unseal

PASSPHRASE = "four words and a river"
KEYS = {"record.key": os.urandom(32), "vault.key": os.urandom(32)}


@pytest.fixture(scope="module")
def sealed() -> bytes:
    return seal(KEYS, PASSPHRASE)


def test_what_was_sealed_opens_with_the_same_passphrase(sealed: bytes) -> None:
    assert unseal(sealed, PASSPHRASE) == KEYS
    for key in KEYS.values():
        assert key not in sealed and key.hex().encode() not in sealed


def test_another_passphrase_or_a_changed_file_is_refused(sealed: bytes) -> None:
    with pytest.raises(KeepingError, match="passphrase"):
        unseal(sealed, PASSPHRASE + " ")
    document = json.loads(sealed)
    document["box"] = document["box"][:-8] + "AAAAAA=="
    with pytest.raises(KeepingError, match="passphrase"):
        unseal(json.dumps(document).encode(), PASSPHRASE)


@pytest.mark.parametrize("content", [b"", b"{}", b'{"huajie_keys": 2}', b"\xff\xfe", b"[1]"])
def test_what_is_no_such_file_is_refused(content: bytes) -> None:
    with pytest.raises(KeepingError, match="no file of keys"):
        unseal(content, PASSPHRASE)


def test_a_short_passphrase_seals_nothing() -> None:
    with pytest.raises(KeepingError, match="at least 12"):
        seal(KEYS, "short")


def test_keys_are_put_for_their_owner_only_and_never_over_others(tmp_path) -> None:
    folder = tmp_path / "data" / "keys"
    assert put(KEYS, folder)
    assert read_folder(folder) == KEYS
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert not put(KEYS, folder)
    with pytest.raises(KeepingError, match="other keys are there"):
        put({**KEYS, "vault.key": os.urandom(32)}, folder)
    assert read_folder(folder) == KEYS
    assert [path.name for path in folder.parent.iterdir()] == ["keys"]


@pytest.mark.parametrize("name", ["../out.key", "/etc/x.key", "notakey"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path, name: str) -> None:
    with pytest.raises(KeepingError, match="not the name of a key"):
        put({name: os.urandom(32)}, tmp_path / "keys")
    assert not (tmp_path / "keys").exists()


def test_a_fingerprint_tells_keys_apart_and_nothing_of_them() -> None:
    marks = {fingerprint(key) for key in KEYS.values()}
    assert len(marks) == 2
    assert all(key.hex()[:8] not in "".join(marks) for key in KEYS.values())
