"""
What a file is, by what it holds. A name opens nothing; one that says something else than the content closes.

A file that is two things at once (a picture that is also an archive, a paper that is also a page) is refused: whoever
opens it elsewhere could get the other one.
"""

import codecs
import zipfile
from dataclasses import dataclass
from typing import IO, Final

from huajie.apps.attachments.errors import NotAccepted

_HEAD = 8192
_TAIL = 66_000


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file that is taken."""

    type: str
    #: ends of names, the first of them given to what is kept
    ends: tuple[str, ...]
    photo: bool = False


PHOTOS: Final = {
    "jpeg": Kind("image/jpeg", ("jpg", "jpeg", "jpe", "jfif"), True),
    "png": Kind("image/png", ("png",), True),
    "webp": Kind("image/webp", ("webp",), True),
    "heif": Kind("image/heif", ("heic", "heif", "hif"), True),
}
_ALL_PHOTO_ENDS: Final = tuple(end for kind in PHOTOS.values() for end in kind.ends)
PDF: Final = Kind("application/pdf", ("pdf",))
_OPEN_XML = "application/vnd.openxmlformats-officedocument."
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
_PACKED: Final = {
    "word/document.xml": Kind(_OPEN_XML + "wordprocessingml.document", ("docx",)),
    "xl/workbook.xml": Kind(_OPEN_XML + "spreadsheetml.sheet", ("xlsx",)),
    "ppt/presentation.xml": Kind(_OPEN_XML + "presentationml.presentation", ("pptx",)),
}
_OPEN: Final = {
    _OPEN_DOCUMENT + "text": Kind(_OPEN_DOCUMENT + "text", ("odt",)),
    _OPEN_DOCUMENT + "spreadsheet": Kind(_OPEN_DOCUMENT + "spreadsheet", ("ods",)),
}
_OLD: Final = {
    "WordDocument": Kind("application/msword", ("doc",)),
    "Workbook": Kind("application/vnd.ms-excel", ("xls",)),
    "Book": Kind("application/vnd.ms-excel", ("xls",)),
}
TEXT: Final = Kind("text/plain", ("txt", "text", "md", "log"))
TABLE: Final = Kind("text/csv", ("csv",))

#: for the browser's chooser
CHOOSER: Final = ".jpg,.jpeg,.png,.webp,.heic,.heif,.pdf,.docx,.xlsx,.pptx,.odt,.ods,.doc,.xls,.txt,.csv"
#: for people
ACCEPTED: Final = "JPEG, PNG, WebP, HEIC, PDF, docx, xlsx, pptx, odt, ods, doc, xls, txt, csv"

#: what makes a browser or a shell run a text
_LIVE: Final = (
    b"<!doctype",
    b"<html",
    b"<head",
    b"<body",
    b"<script",
    b"<svg",
    b"<iframe",
    b"<?php",
    b"<?xml",
    b"<!--",
)
#: the longer ones of them, which no picture holds by chance
_SURELY_LIVE: Final = (b"<!doctype", b"<html", b"<script", b"<iframe", b"<?php")
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")


def recognise(file: IO[bytes], size: int, name: str) -> Kind:
    """
    Return what a file is.

    Args:
        file: can be sought in; left anywhere.
        name: as its sender calls it.
    Raises:
        NotAccepted: nothing that is taken, two things at once, or called what it is not.
    """
    if size == 0:
        raise NotAccepted("empty")
    file.seek(0)
    head = file.read(_HEAD)
    file.seek(max(0, size - _TAIL))
    tail = file.read(_TAIL)
    kind = _by_content(file, head, tail, size, name)
    end = name.rpartition(".")[2].lower() if "." in name else ""
    ends = _ALL_PHOTO_ENDS if kind.photo else kind.ends
    if end and end not in ends and (end in _KNOWN_ENDS or end in _RUN_ENDS):
        raise NotAccepted("name", end=end)
    return kind


def _by_content(file: IO[bytes], head: bytes, tail: bytes, size: int, name: str) -> Kind:
    photo = _photo(head)
    if photo is not None:
        # what a phone hangs behind a picture is cut off when it is drawn anew; another kind of file is no accident
        if zipfile.is_zipfile(file) or b"%PDF-" in head or b"%PDF-" in tail or _is_live(head + tail):
            raise NotAccepted("mixed")
        return photo
    if head.startswith(b"%PDF-"):
        if zipfile.is_zipfile(file) or b"%%EOF" not in tail[-2048:] or _is_live(head[:512]):
            raise NotAccepted("mixed")
        return PDF
    if head.startswith(b"PK\x03\x04"):
        return _packed(file, head, size)
    if head.startswith(_OLE):
        return _old(file, head)
    return _text(file, head, name)


def _photo(head: bytes) -> Kind | None:
    if head.startswith(b"\xff\xd8\xff"):
        return PHOTOS["jpeg"]
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PHOTOS["png"]
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return PHOTOS["webp"]
    if head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"):
        return PHOTOS["heif"]
    return None


def _is_live(part: bytes, marks: tuple[bytes, ...] = _SURELY_LIVE) -> bool:
    lower = part.lower()
    return any(mark in lower for mark in marks)


def _packed(file: IO[bytes], head: bytes, size: int) -> Kind:
    if b"%PDF-" in head[:1024]:
        raise NotAccepted("mixed")
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            if archive.comment or len(names) > 20_000 or not archive.infolist():
                raise NotAccepted("mixed")
            first = min(archive.infolist(), key=lambda one: one.header_offset)
            if first.header_offset != 0 or _end_of(file, size) != size:
                raise NotAccepted("mixed")
            lower = {one.lower() for one in names}
            if any("vbaproject" in one for one in lower):
                # a document that brings a program along
                raise NotAccepted("type")
            if names[0] == "mimetype":
                info = archive.getinfo("mimetype")
                if info.file_size > 200:
                    raise NotAccepted("type")
                found = _OPEN.get(archive.read(info).decode("ascii", "replace").strip())
            elif "[content_types].xml" in lower:
                found = next((kind for inside, kind in _PACKED.items() if inside in lower), None)
            else:
                found = None
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
        raise NotAccepted("damaged") from None
    if found is None:
        raise NotAccepted("type")
    return found


def _end_of(file: IO[bytes], size: int) -> int:
    """Return where the archive's own end stands: what comes after it belongs to somebody else."""
    file.seek(max(0, size - _TAIL))
    tail = file.read(_TAIL)
    at = tail.rfind(b"PK\x05\x06")
    return max(0, size - _TAIL) + at + 22 if at >= 0 else -1


def _old(file: IO[bytes], head: bytes) -> Kind:
    # the directory of such a file stands in one of its sectors: its entries are names in UTF-16
    if _is_live(head[512:1024]) or zipfile.is_zipfile(file):
        raise NotAccepted("mixed")
    at = int.from_bytes(head[48:52], "little")
    sector = 1 << int.from_bytes(head[30:32], "little")
    if sector not in (512, 4096):
        raise NotAccepted("damaged")
    file.seek((at + 1) * sector)
    directory = file.read(sector * 4)
    names = {
        directory[start : start + 64].decode("utf-16-le", "replace").partition("\x00")[0]
        for start in range(0, len(directory) - 127, 128)
    }
    found = next((kind for inside, kind in _OLD.items() if inside in names), None)
    if found is None:
        raise NotAccepted("type")
    return found


def _text(file: IO[bytes], head: bytes, name: str) -> Kind:
    begins = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if begins[:2] in (b"#!", b"%!", b"{\\") or begins[:1] == b"<" or _is_live(head, _LIVE):
        raise NotAccepted("type")
    import puremagic  # its tables are only for the rare text file

    try:
        known = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        known = []
    if any(one.confidence >= 0.5 and not one.mime_type.startswith("text/plain") for one in known):
        raise NotAccepted("type")
    if not _reads_as_text(file):
        raise NotAccepted("type")
    return TABLE if name.lower().endswith(".csv") else TEXT


def _reads_as_text(file: IO[bytes]) -> bool:
    """Whether every byte of it is text, in one of the two ways in which Chinese is written down."""
    for encoding in ("utf-8", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)()
        file.seek(0)
        try:
            while block := file.read(65_536):
                if any(byte < 32 and byte not in (9, 10, 12, 13) for byte in block):
                    return False
                decoder.decode(block)
            decoder.decode(b"", True)
        except UnicodeDecodeError:
            continue
        return True
    return False


_KNOWN_ENDS: Final = frozenset(CHOOSER.replace(".", "").split(",")) | set(_ALL_PHOTO_ENDS)
#: names by which some machine runs a file
_RUN_ENDS: Final = frozenset(
    "html htm xhtml svg xml js mjs php py sh bash bat cmd com exe dll msi scr vbs ps1 jar apk docm xlsm pptm hta lnk"
    " swf zip rar 7z iso".split()
)
