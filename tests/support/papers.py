"""Files as people bring them, made here: photos with what a camera writes into them, papers, and files that lie."""

import io
import struct
import zipfile
from typing import Any

from PIL import Image
from PIL.TiffImagePlugin import IFDRational

#: What a camera wrote, to be looked for in what is kept.
CAMERA = "HUAJIE-TEST-CAMERA-8842"
OWNER = "Zhang Canary Wei"
LATITUDE = (39, 54, 27)


def picture(width: int = 640, height: int = 480, mode: str = "RGB") -> Image.Image:
    """Return a picture whose left half is red and whose right half is blue."""
    found = Image.new(mode, (width, height), (200, 20, 20, 255)[: len(mode)])
    found.paste((20, 20, 200, 255)[: len(mode)], (width // 2, 0, width, height))
    return found


def exif(orientation: int = 1) -> bytes:
    """Return EXIF with place, camera, owner and orientation."""
    found = Image.Exif()
    found[0x010F], found[0x0110], found[0x013B] = "Maker", CAMERA, OWNER
    found[0x0112] = orientation
    gps: dict[int, Any] = {
        1: "N",
        2: tuple(IFDRational(one, 1) for one in LATITUDE),
        3: "E",
        4: tuple(IFDRational(one, 1) for one in (116, 23, 51)),
    }
    found._ifds[0x8825] = gps
    return found.tobytes()


def photo(kind: str = "JPEG", *, orientation: int = 1, size: tuple[int, int] = (640, 480)) -> bytes:
    """Return a photo with EXIF, a comment and XMP that name the camera."""
    out = io.BytesIO()
    xmp = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a>{CAMERA}</a></x:xmpmeta>'.encode()
    more: dict[str, Any] = {"exif": exif(orientation)}
    if kind in ("JPEG", "WEBP"):
        more["xmp"] = xmp
    if kind == "JPEG":
        more["comment"] = CAMERA.encode()
    if kind == "PNG":
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        info.add_text("Author", OWNER)
        info.add_itxt("Comment", CAMERA)
        more["pnginfo"] = info
    picture(*size).save(out, kind, **more)
    return out.getvalue()


def bomb() -> bytes:
    """Return a PNG of a few kilobytes that says it has 40,000 × 40,000 pixels."""
    out = io.BytesIO()
    picture(8, 8).save(out, "PNG")
    raw = bytearray(out.getvalue())
    raw[16:24] = struct.pack(">II", 40_000, 40_000)
    import zlib

    raw[29:33] = zlib.crc32(bytes(raw[12:29])).to_bytes(4, "big")
    return bytes(raw)


def pdf(text: str = "Huajie") -> bytes:
    """Return a small PDF."""
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%"
        + text.encode()
        + b"\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    )


def packed(inside: str = "word/document.xml", *more: str) -> bytes:
    """Return an office file of the newer kind."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        for name in (inside, *more):
            archive.writestr(name, "<x/>")
    return out.getvalue()


def open_document(kind: str = "text") -> bytes:
    """Return an OpenDocument file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
        archive.writestr("content.xml", "<x/>")
    return out.getvalue()


def old_office(stream: str = "WordDocument") -> bytes:
    """Return the frame of an office file of the older kind: header, directory."""
    head = bytearray(512)
    head[:8] = bytes.fromhex("d0cf11e0a1b11ae1")
    head[30:32] = (9).to_bytes(2, "little")
    head[48:52] = (0).to_bytes(4, "little")
    directory = bytearray(512)
    for at, name in enumerate(("Root Entry", stream)):
        raw = name.encode("utf-16-le")
        directory[at * 128 : at * 128 + len(raw)] = raw
    return bytes(head + directory + bytes(1024))
