"""Of a photo only what can be seen is kept."""

import io
from pathlib import Path
from typing import IO

import pytest
from PIL import Image
from tests.support import papers

from huajie.apps.attachments.errors import NotAccepted
from huajie.apps.attachments.photos import redraw

HEIC = (Path(__file__).parents[2] / "data" / "photo.heic").read_bytes()
MANY = 50_000_000
#: what would still tell where, with what and by whom
TRACES = (papers.CAMERA, papers.OWNER, "Exif", "xmpmeta", "GPS", "Maker", "ICC_PROFILE", "tEXt", "iTXt", "eXIf")


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize(
    "data",
    [papers.photo(), papers.photo("PNG"), papers.photo("WEBP"), HEIC],
    ids=["jpeg", "png", "webp", "heic"],
)
def test_nothing_of_camera_place_or_owner_is_left(data: bytes) -> None:
    assert papers.CAMERA.encode() in data
    kept, kind, small = redraw(io.BytesIO(data), side=2000, pixels=MANY)
    assert kind == "image/jpeg"
    for part in (kept, small):
        assert not [trace for trace in TRACES if trace.encode() in part]
        assert not dict(opened(part).getexif())
        assert set(opened(part).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    left, right = (opened(kept).convert("RGB").getpixel((x, 120)) for x in (20, opened(kept).width - 20))
    assert left[0] > 150 > left[2] and right[2] > 150 > right[0]  # type: ignore[index]


def test_the_place_was_there_before() -> None:
    """The probe itself: a reader of EXIF finds the planted latitude in what is sent."""
    gps = opened(papers.photo()).getexif().get_ifd(0x8825)
    assert tuple(float(one) for one in gps[2]) == papers.LATITUDE


def test_it_stands_upright_and_is_no_larger_than_asked() -> None:
    kept, _, small = redraw(io.BytesIO(papers.photo(orientation=6)), side=300, pixels=MANY)
    # turned by a quarter, the red half is on top
    assert opened(kept).size == (225, 300)
    assert opened(kept).getpixel((100, 20))[0] > 150  # type: ignore[index]
    assert opened(kept).getpixel((100, 280))[2] > 150  # type: ignore[index]
    assert max(opened(small).size) <= 360


def test_what_is_clear_stays_clear() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(out, "PNG")
    kept, kind, _ = redraw(out, side=300, pixels=MANY)
    assert kind == "image/png"
    assert opened(kept).getpixel((5, 5))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (papers.bomb(), "pixels"),
        (papers.photo(size=(3000, 2000)), "pixels"),
        (papers.photo()[:700], "damaged"),
        (HEIC[:400], "damaged"),
        (b"\xff\xd8\xff\xe0 nothing more", "damaged"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "damaged"),
    ],
    ids=["bomb", "large", "cut", "cut heic", "no picture", "empty webp"],
)
def test_bombs_and_broken_ones_are_refused(data: bytes, code: str) -> None:
    source: IO[bytes] = io.BytesIO(data)
    with pytest.raises(NotAccepted) as refusal:
        redraw(source, side=300, pixels=5_000_000)
    assert refusal.value.code == code
