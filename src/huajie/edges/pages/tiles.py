"""
The pictures below the desk's maps, where the operator set some: from a tile server, or from a file that we hand out.

Residents' pages have none: they must be light, and a resident's browser asks nobody but us.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse

from huajie.edges.pages.middleware import SCRIPT_POLICY


class _Source(Protocol):
    def get(self, z: int, x: int, y: int) -> bytes | None: ...


@dataclass(slots=True, frozen=True)
class Tiles:
    """Where pictures of 256 units come from."""

    #: address with {z}, {x} and {y} in it
    template: str
    #: who must be named beside the map
    attribution: str
    #: the nearest and the farthest that there are
    least: int = 0
    most: int = 18

    def url(self, zoom: int, x: int, y: int) -> str:
        """Return the address of one picture."""
        return self.template.replace("{z}", str(zoom)).replace("{x}", str(x)).replace("{y}", str(y))


def tiles() -> Tiles | None:
    """Return what lies below a map of the desk, None where nothing does."""
    found = settings.HUAJIE_MAP
    if found.file is not None:
        template = reverse("desk:tile", args=[0, 0, 0]).removesuffix("0/0/0/") + "{z}/{x}/{y}/"
    elif found.template:
        template = found.template
    else:
        return None
    return Tiles(template, found.attribution, found.least, found.most)


def allowed(response: HttpResponse) -> HttpResponse:
    """Let a page with a map ask the operator's tile server for pictures, and for nothing else; return the page."""
    origin = settings.HUAJIE_MAP.origin
    if origin:
        response["Content-Security-Policy"] = f"{SCRIPT_POLICY}; img-src 'self' {origin}"
    return response


def picture(zoom: int, x: int, y: int) -> bytes | None:
    """Return one picture of the operator's file, None where it has none there."""
    found = settings.HUAJIE_MAP
    if found.file is None or not found.least <= zoom <= found.most or max(x, y) >= 2**zoom:
        return None
    return _opened(found.file).get(zoom, x, y)


@lru_cache(maxsize=2)
def _opened(path: Path) -> _Source:
    """Return the reader of a file; the file stays mapped for as long as the process lives."""
    from pmtiles.reader import MmapSource, Reader

    with path.open("rb") as file:
        source: _Source = Reader(MmapSource(file))
    return source
