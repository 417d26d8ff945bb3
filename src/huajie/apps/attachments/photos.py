"""
A photo is drawn anew: only what can be seen stays. Place, camera, time, comments, thumbnails inside and whatever was
hung behind the picture go.
"""

import io
import threading
import warnings
from typing import IO

import pi_heif
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from huajie.apps.attachments.errors import NotAccepted

pi_heif.register_heif_opener()

FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
SMALL_SIDE = 360
#: A large picture takes hundreds of megabytes while it is drawn: one at a time in each process.
_one = threading.BoundedSemaphore(1)


def redraw(source: IO[bytes], *, side: int, pixels: int) -> tuple[bytes, str, bytes]:
    """
    Return the picture without anything else in it, its type, and a small picture (always image/jpeg).

    Args:
        side: longer side of what is kept, in pixels.
        pixels: most that the photo may have.
    Raises:
        NotAccepted: not a picture, damaged, or too large.
    """
    source.seek(0)
    with _one, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(source, formats=FORMATS) as found:
                if found.width * found.height > pixels or min(found.size) < 1:
                    raise NotAccepted("pixels", most=pixels // 1_000_000)
                drawn = _drawn(found, side)
        except NotAccepted:
            raise
        except Image.DecompressionBombError:
            raise NotAccepted("pixels", most=pixels // 1_000_000) from None
        except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, MemoryError, RuntimeError) as error:
            raise NotAccepted("damaged") from error
        kind = "PNG" if drawn.mode == "RGBA" else "JPEG"
        small = drawn.convert("RGB")
        small.thumbnail((SMALL_SIDE, SMALL_SIDE))
        return _bytes(drawn, kind), f"image/{kind.lower()}", _bytes(small, "JPEG")


def _drawn(found: Image.Image, side: int) -> Image.Image:
    # a JPEG can be read at a half, a quarter, an eighth, which takes that much less memory
    found.draft("RGB", (side, side))
    found.load()
    turned = ImageOps.exif_transpose(found)
    profile = found.info.get("icc_profile")
    clear = turned.mode in ("RGBA", "LA", "PA") or "transparency" in turned.info
    plain = turned.convert("RGBA" if clear else "RGB")
    if profile and not clear:
        try:
            plain = (
                ImageCms.profileToProfile(
                    plain,
                    ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                    ImageCms.createProfile("sRGB"),
                    outputMode="RGB",
                )
                or plain
            )
        except (ImageCms.PyCMSError, OSError, ValueError):
            # a broken description of colours: as they are
            pass
    plain.thumbnail((side, side))
    # a new picture, so that nothing that a reader hung on the old one is written again
    fresh = Image.new(plain.mode, plain.size)
    fresh.paste(plain)
    return fresh


def _bytes(picture: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    if kind == "JPEG":
        picture.save(out, "JPEG", quality=85, optimize=True)
    else:
        picture.save(out, "PNG", optimize=False)
    return out.getvalue()
