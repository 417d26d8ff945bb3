"""A file at rest opens only whole, in its own place and with its own key; any part of it can be read alone."""

import io
import os
from pathlib import Path

import pytest

from huajie.apps.attachments import boxes
from huajie.apps.attachments.errors import Missing

KEY = bytes(range(32))
SIZES = (0, 1, boxes.CHUNK - 1, boxes.CHUNK, boxes.CHUNK + 1, 3 * boxes.CHUNK, 3 * boxes.CHUNK + 77)


def kept(folder: Path, data: bytes, bound: bytes = b"a") -> Path:
    path = folder / "kept"
    with path.open("wb") as out:
        assert boxes.write(out, io.BytesIO(data), key=KEY, bound=bound) == len(data)
    return path


@pytest.mark.parametrize("size", SIZES)
def test_it_comes_back_whole_and_in_parts(tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    path = kept(tmp_path, data)
    assert boxes.size_of(path) == size
    assert b"".join(boxes.read(path, key=KEY, bound=b"a", size=size)) == data
    for start, stop in ((0, size // 2), (size // 3, size), (max(0, size - 5), size), (0, min(size, 1))):
        assert b"".join(boxes.read(path, key=KEY, bound=b"a", size=size, start=start, stop=stop)) == data[start:stop]


def test_nothing_of_it_can_be_read_on_the_disk(tmp_path: Path) -> None:
    data = b"a sentence that must not lie there in the clear. " * 4000
    assert b"must not lie there" not in kept(tmp_path, data).read_bytes()


@pytest.mark.parametrize("fault", ["cut", "changed", "swapped", "longer", "elsewhere", "gone", "key"])
def test_a_planted_fault_is_found(tmp_path: Path, fault: str) -> None:
    data = os.urandom(2 * boxes.CHUNK + 10)
    path = kept(tmp_path, data)
    raw = bytearray(path.read_bytes())
    key, bound, step = KEY, b"a", boxes.CHUNK + 16
    if fault == "cut":
        raw = raw[:-26]
    elif fault == "changed":
        raw[5000] ^= 1
    elif fault == "swapped":
        raw[11 : 11 + 2 * step] = raw[11 + step : 11 + 2 * step] + raw[11 : 11 + step]
    elif fault == "longer":
        raw += b"x"
    elif fault == "elsewhere":
        bound = b"b"
    elif fault == "key":
        key = bytes(32)
    path.write_bytes(raw)
    if fault == "gone":
        path.unlink()
    with pytest.raises(Missing):
        list(boxes.read(path, key=key, bound=bound, size=len(data)))


def test_a_file_cut_at_a_chunk_does_not_pass_for_a_shorter_one(tmp_path: Path) -> None:
    data = os.urandom(2 * boxes.CHUNK)
    path = kept(tmp_path, data)
    path.write_bytes(path.read_bytes()[: 11 + boxes.CHUNK + 16])
    with pytest.raises(Missing):
        list(boxes.read(path, key=KEY, bound=b"a", size=boxes.CHUNK))
