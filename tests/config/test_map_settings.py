"""What lies below the desk's maps is set by the operator alone, and wrong values stop every start by their name."""

from pathlib import Path
from typing import Any

import pytest

from huajie.config.errors import SettingError
from huajie.config.maps import map_settings

SERVER = "https://tiles.example.gov.cn:8443/land/{z}/{x}/{y}.png"


def tile_file(path: Path, kind: str = "PNG", packed: bool = False) -> Path:
    """Write a PMTiles file with one picture for each of the five tiles of steps 0 and 1."""
    from pmtiles.tile import Compression, TileType, zxy_to_tileid
    from pmtiles.writer import Writer

    with path.open("wb") as file:
        writer = Writer(file)
        for z, x, y in ((0, 0, 0), (1, 0, 0), (1, 0, 1), (1, 1, 0), (1, 1, 1)):
            writer.write_tile(zxy_to_tileid(z, x, y), f"picture {z} {x} {y}".encode())
        writer.finalize(
            {
                "tile_type": TileType[kind],
                "tile_compression": Compression.GZIP if packed else Compression.NONE,
                "min_lon_e7": -1800000000,
                "min_lat_e7": -850000000,
                "max_lon_e7": 1800000000,
                "max_lat_e7": 850000000,
                "center_zoom": 0,
                "center_lon_e7": 0,
                "center_lat_e7": 0,
                "min_zoom": 0,
                "max_zoom": 1,
            },
            {},
        )
    return path


def read(tiles: str, **more: str) -> Any:
    return map_settings({"HUAJIE_MAP_TILES": tiles, "HUAJIE_MAP_ATTRIBUTION": "国家地理信息", **more})


def test_nothing_set_asks_nobody() -> None:
    found = map_settings({})
    assert (found.template, found.origin, found.file) == ("", "", None)


@pytest.mark.parametrize(
    ("template", "origin"),
    [
        (SERVER, "https://tiles.example.gov.cn:8443"),
        ("https://t.example/{z}/{x}/{y}?key=a-b", "https://t.example"),
        ("http://127.0.0.1:9000/{z}/{y}/{x}", "http://127.0.0.1:9000"),
        ("http://[::1]:9000/{z}/{y}/{x}", "http://[::1]:9000"),
    ],
)
def test_of_a_server_the_very_origin_is_named(template: str, origin: str) -> None:
    found = read(template, HUAJIE_MAP_ZOOM="17")
    assert (found.template, found.origin, found.most) == (template, origin, 17)


@pytest.mark.parametrize(
    "template",
    [
        "https://tiles.example.cn/{z}/{x}.png",
        "https://tiles.example.cn/{z}/{x}/{y}/{y}.png",
        "https://{x}.example.cn/{z}/{y}.png",
        "https://*.example.cn/{z}/{x}/{y}.png",
        "https://a.example.cn;script-src/{z}/{x}/{y}",
        "https://a.example.cn https://b.example.cn/{z}/{x}/{y}",
        "https://user:word@example.cn/{z}/{x}/{y}",
        "http://tiles.example.cn/{z}/{x}/{y}",
        "javascript:{z}{x}{y}",
        "data:{z}{x}{y}",
        "//tiles.example.cn/{z}/{x}/{y}",
        "https://tiles.example.cn:port/{z}/{x}/{y}",
        "/no/such/file.pmtiles",
        "tiles",
    ],
)
def test_a_wrong_one_is_refused_by_its_name(template: str) -> None:
    with pytest.raises(SettingError) as refused:
        read(template)
    assert str(refused.value).startswith("HUAJIE_MAP_TILES: ")


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"HUAJIE_MAP_TILES": SERVER}, "HUAJIE_MAP_ATTRIBUTION"),
        ({"HUAJIE_MAP_ATTRIBUTION": "somebody"}, "HUAJIE_MAP_ATTRIBUTION"),
        ({"HUAJIE_MAP_TILES": SERVER, "HUAJIE_MAP_ATTRIBUTION": "x" * 201}, "HUAJIE_MAP_ATTRIBUTION"),
        ({"HUAJIE_MAP_TILES": SERVER, "HUAJIE_MAP_ATTRIBUTION": "x", "HUAJIE_MAP_ZOOM": "40"}, "HUAJIE_MAP_ZOOM"),
    ],
)
def test_what_goes_with_it_is_checked(environ: dict[str, str], name: str) -> None:
    with pytest.raises(SettingError) as refused:
        map_settings(environ)
    assert str(refused.value).startswith(f"{name}: ")


def test_of_a_file_the_header_says_what_it_holds(tmp_path: Path) -> None:
    found = read(str(tile_file(tmp_path / "land.pmtiles")))
    assert (found.origin, found.media_type, found.least, found.most) == ("", "image/png", 0, 1)


@pytest.mark.parametrize(("kind", "packed"), [("MVT", False), ("UNKNOWN", False), ("PNG", True)])
def test_a_file_without_plain_pictures_is_refused(tmp_path: Path, kind: str, packed: bool) -> None:
    path = tile_file(tmp_path / "land.pmtiles", kind, packed)
    with pytest.raises(SettingError, match=r"^HUAJIE_MAP_TILES: .*land\.pmtiles"):
        read(str(path))


@pytest.mark.parametrize("content", [b"", b"PMTiles", b"PMTiles\x02" + b"0" * 200, b"<svg/>" * 40])
def test_what_is_no_such_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "land.pmtiles"
    path.write_bytes(content)
    with pytest.raises(SettingError, match=r"^HUAJIE_MAP_TILES: "):
        read(str(path))
