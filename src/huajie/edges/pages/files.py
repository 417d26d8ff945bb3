"""
Files as pages show them, and as they are handed out: photos and PDF to be looked at, everything else to be saved.
"""

import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from huajie.apps.attachments.errors import Missing
from huajie.apps.attachments.uploads import listed
from huajie.apps.matters.errors import UnknownMatter
from huajie.apps.matters.queries import OpenedFile
from huajie.edges.pages.html import icon

#: What a browser may show by itself: drawn by us, or shut in by the policy below.
INLINE: Final = frozenset({"image/jpeg", "image/png", "application/pdf"})
#: No script, no form, no other page, whatever is in it.
POLICY: Final = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
_RANGE: Final = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


@dataclass(slots=True, frozen=True)
class ShownFile:
    """One file on a page."""

    name: str
    size: str
    url: str
    #: address of the small picture; empty where there is none
    small: str


def shown_files(text: str, base: str) -> list[ShownFile]:
    """
    Return the files that a committed text names.

    Args:
        base: address below which the matter's files are, with a slash at its end.
    """
    return [
        ShownFile(
            item["name"],
            size_words(item["size"]),
            f"{base}{item['id']}/",
            f"{base}{item['id']}/small/" if item["type"].startswith("image/") else "",
        )
        for item in listed(text)
    ]


def papers(files: Sequence[ShownFile]) -> SafeString:
    """Return files as a list in HTML: a photo small, anything else by its name; empty where there are none."""
    if not files:
        return mark_safe("")
    made = []
    for file in files:
        picture = f'<img src="{escape(file.small)}" alt="" loading="lazy">' if file.small else icon("doc")
        said = f"<span>{escape(file.name)} <small>{escape(file.size)}</small></span>"
        made.append(f'<li><a href="{escape(file.url)}">{picture}{said}</a></li>')
    return mark_safe(f'<ul class="papers">{"".join(made)}</ul>')  # noqa: S308


def size_words(size: int) -> str:
    """Return a size as people read it."""
    if size < 1000:
        return _("%(n)s bytes") % {"n": size}
    return f"{size / 1000:.0f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


def hand_out(request: HttpRequest, found: OpenedFile, *, to_program: bool = False) -> HttpResponseBase:
    """
    Return a file as a stream, or the part that was asked for.

    Args:
        to_program: whole, and of no type that a browser would show.
    Raises:
        UnknownMatter: its bytes are not on the disk; `huajie verify` says why.
    """
    item, size = found.item, found.kept.size
    if to_program:
        item = {**item, "type": "application/octet-stream"}
    asked = "" if to_program else request.headers.get("Range", "")
    part = _part(asked, size)
    if part is None:
        response: HttpResponseBase = HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
        return _closed(response, item)
    start, stop, is_part = part
    if request.method == "HEAD":
        response = HttpResponse()
    else:
        blocks = found.kept.read(found.data_key, start=start, stop=stop)
        try:
            # the first block is read before anything is promised
            first = next(blocks, b"")
        except Missing:
            raise UnknownMatter(found.kept.id.hex) from None
        response = StreamingHttpResponse(_Blocks(first, blocks))
    response["Content-Length"] = str(stop - start)
    response["Accept-Ranges"] = "none" if to_program else "bytes"
    if is_part:
        response.status_code = 206
        response["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return _closed(response, item)


class _Blocks:
    """The blocks of a file, the first of them read already; closing it closes the file, begun or not."""

    def __init__(self, first: bytes, rest: Generator[bytes, None, None]) -> None:
        self._first, self._rest = first, rest

    def __iter__(self) -> Iterator[bytes]:
        yield self._first
        yield from self._rest

    def close(self) -> None:
        """Let go of the file."""
        self._rest.close()


def hand_out_small(found: OpenedFile) -> HttpResponse:
    """
    Return the small picture of a photo.

    Raises:
        UnknownMatter: it has none.
    """
    if not found.kept.small:
        raise UnknownMatter(found.kept.id.hex)
    try:
        response = HttpResponse(found.kept.read_small(found.data_key))
    except Missing:
        raise UnknownMatter(found.kept.id.hex) from None
    _closed(response, {"type": "image/jpeg", "name": "small.jpg"})
    return response


def _part(asked: str, size: int) -> tuple[int, int, bool] | None:
    """Return (start, stop, True) of one range; all of it and False unless one is asked for; None: there is no such."""
    match = _RANGE.fullmatch(asked)
    if match is None or not any(match.groups()):
        return 0, size, False
    low, high = match.groups()
    if not low:
        start, stop = max(0, size - int(high)), size
    else:
        start, stop = int(low), min(size, int(high) + 1 if high else size)
    return (start, stop, True) if start < stop else None


def _closed(response: HttpResponseBase, item: Mapping[str, Any]) -> HttpResponseBase:
    """Name it, and see that no browser makes anything else of it or keeps it."""
    inline = item["type"] in INLINE
    response["Content-Type"] = item["type"] + ("; charset=utf-8" if item["type"].startswith("text/") else "")
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", item["name"])
    kind = "inline" if inline else "attachment"
    response["Content-Disposition"] = f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(item['name'], safe='')}"
    response["Content-Security-Policy"] = POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
