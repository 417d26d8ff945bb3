"""
What lies below the maps of the desk: nothing, a tile server's pictures, or a file of ours. Read without Django.

Only here can another server be named that a browser asks: no form, record or region can.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from huajie.config.errors import SettingError, whole_number
from huajie.config.server import is_loopback

_TILES, _FROM = "HUAJIE_MAP_TILES", "HUAJIE_MAP_ATTRIBUTION"
_EXAMPLE = "https://tiles.example.gov.cn/{z}/{x}/{y}.png or /srv/huajie/county.pmtiles"
#: kinds of picture that a PMTiles file may hold, as its header numbers them
_PICTURES = {2: "image/png", 3: "image/jpeg", 4: "image/webp", 5: "image/avif"}


@dataclass(frozen=True, slots=True)
class MapSettings:
    """What lies below the maps of the desk."""

    #: address of a picture with {z}, {x} and {y} in it; empty where there is no tile server
    template: str = ""
    #: scheme, host and port of that server, as a policy names it
    origin: str = ""
    #: a PMTiles file with pictures, and their media type
    file: Path | None = None
    media_type: str = ""
    #: who must be named beside the map
    attribution: str = ""
    #: the farthest and the nearest that there are
    least: int = 0
    most: int = 18


def map_settings(environ: Mapping[str, str] = os.environ) -> MapSettings:
    """
    Read them.

    Raises:
        SettingError: one is wrong; the message begins with its name.
    """
    text, attribution = environ.get(_TILES, "").strip(), environ.get(_FROM, "").strip()
    if not text:
        if attribution:
            raise SettingError(f"{_FROM}: set {_TILES} too, or leave both out")
        return MapSettings()
    if not attribution or len(attribution) > 200 or not attribution.isprintable():
        raise SettingError(f"{_FROM}: who made the pictures, to be named beside the map, up to 200 characters")
    if text.endswith(".pmtiles"):
        return _of_file(Path(text), attribution)
    most = whole_number(environ, "HUAJIE_MAP_ZOOM", 18, 1, 22)
    return MapSettings(text, _origin(text), attribution=attribution, most=most)


def _origin(text: str) -> str:
    """Return the origin of a template, as a Content-Security-Policy names it."""
    if any(text.count(part) != 1 for part in ("{z}", "{x}", "{y}")) or len(text) > 500:
        raise SettingError(f"{_TILES}: {{z}}, {{x}} and {{y}} once each, such as {_EXAMPLE}")
    try:
        parts = urlsplit(re.sub(r"\{[zxy]\}", "0", text))
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise SettingError(f"{_TILES}: an address or a file such as {_EXAMPLE}") from None
    # the very host: one with a place in it, a star or a name would let a page ask others
    plain = re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\]", f"[{host}]" if ":" in host else host)
    authority = text.partition("://")[2].partition("/")[0]
    strange = parts.username is not None or parts.fragment or port == 0 or not re.fullmatch(r"[!-~]+", text)
    if parts.scheme not in ("https", "http") or plain is None or strange or re.search(r"[{};,'\"]", authority):
        raise SettingError(f"{_TILES}: an address or a file such as {_EXAMPLE}")
    if parts.scheme == "http" and not is_loopback(host):
        raise SettingError(f"{_TILES}: https, unless it is on this machine")
    named = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{named}" + (f":{port}" if port is not None else "")


def _of_file(path: Path, attribution: str) -> MapSettings:
    from pmtiles.reader import Compression, Reader
    from pmtiles.tile import MagicNumberNotFound, SpecVersionUnsupported

    try:
        with path.open("rb") as file:
            header = Reader(lambda offset, length: _part(file, offset, length)).header()
    except OSError as error:
        raise SettingError(f"{_TILES}: can't read {path} ({error.strerror})") from error
    except (MagicNumberNotFound, SpecVersionUnsupported, ValueError, IndexError) as error:
        raise SettingError(f"{_TILES}: {path} is no PMTiles file of version 3") from error
    media_type = _PICTURES.get(header["tile_type"].value)
    if media_type is None:
        raise SettingError(f"{_TILES}: {path} holds no pictures (PNG, JPEG, WebP, AVIF); vector tiles are not drawn")
    if header["tile_compression"] not in (Compression.NONE, Compression.UNKNOWN):
        raise SettingError(f"{_TILES}: the pictures in {path} are packed once more; write the file without that")
    return MapSettings(
        file=path,
        media_type=media_type,
        attribution=attribution,
        least=header["min_zoom"],
        most=header["max_zoom"],
    )


def _part(file: BinaryIO, offset: int, length: int) -> bytes:
    file.seek(offset)
    return file.read(length)
