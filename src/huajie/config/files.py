"""
How large and how many files may be, and who looks through them. Read without Django; `docs/settings.md` lists them.
"""

import os
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from huajie.config.errors import SettingError, whole_number


@dataclass(frozen=True, slots=True)
class Scanner:
    """A virus scanner: `clamd` over a socket, or a command that reads the file on its standard input."""

    #: path of clamd's socket, or (host, port); None: a command
    address: str | tuple[str, int] | None
    command: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileSettings:
    """What is taken."""

    #: Largest file, in MB (10^6 bytes).
    file_mb: int
    #: Most files with one form.
    a_form: int
    #: Most of one matter, in MB.
    matter_mb: int
    #: Most pixels of a photo, in millions.
    megapixels: int
    #: Longer side of a kept photo, in pixels.
    side: int
    #: Hours for which an upload waits for its form.
    waiting_hours: int
    scanner: Scanner | None

    @property
    def most_bytes(self) -> int:
        """Largest file, bytes."""
        return self.file_mb * 1_000_000


def file_settings(environ: Mapping[str, str] = os.environ) -> FileSettings:
    """
    Read them.

    Raises:
        SettingError: one is out of its range, or the scanner is none.
    """
    return FileSettings(
        file_mb=whole_number(environ, "HUAJIE_FILE_MB", 20, 1, 2000),
        a_form=whole_number(environ, "HUAJIE_FILES_A_FORM", 10, 1, 100),
        matter_mb=whole_number(environ, "HUAJIE_MATTER_MB", 500, 1, 100_000),
        megapixels=whole_number(environ, "HUAJIE_PHOTO_MEGAPIXELS", 60, 1, 500),
        side=whole_number(environ, "HUAJIE_PHOTO_SIDE", 2560, 320, 10_000),
        waiting_hours=whole_number(environ, "HUAJIE_UPLOAD_HOURS", 24, 1, 24 * 30),
        scanner=_scanner(environ.get("HUAJIE_SCANNER", "").strip()),
    )


def _scanner(text: str) -> Scanner | None:
    if not text:
        return None
    said = "HUAJIE_SCANNER: clamd:/path/of/socket, clamd://host:port or command:PROGRAM ARGUMENTS"
    kind, _, rest = text.partition(":")
    if kind == "command":
        try:
            words = tuple(shlex.split(rest))
        except ValueError as error:
            raise SettingError(f"{said}; {error}") from None
        if not words or shutil.which(words[0]) is None:
            raise SettingError(f"{said}; there is no program {words[0] if words else ''!r}")
        return Scanner(None, words)
    if kind != "clamd":
        raise SettingError(f"{said}, not {text!r}")
    if not rest.startswith("//"):
        if not rest.startswith("/"):
            raise SettingError(f"{said}; the path of the socket begins with /")
        return Scanner(rest)
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not port or parts.path:
        raise SettingError(f"{said}, not {text!r}")
    return Scanner((host, port))
