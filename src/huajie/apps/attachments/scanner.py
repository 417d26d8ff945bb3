"""
Ask a virus scanner, where there is one: `clamd` in its own language (INSTREAM), or a command.

A scanner that does not answer lets nothing through.
"""

import socket
import subprocess
from typing import IO

from django.conf import settings

from huajie.apps.attachments.errors import NotAccepted, NotNow
from huajie.config.files import Scanner

_CHUNK = 65_536
#: Seconds that a scanner may take for one file.
PATIENCE = 60.0


def scan(file: IO[bytes]) -> None:
    """
    Let the scanner read a file from its beginning.

    Raises:
        NotAccepted: it found something.
        NotNow: it is away or says nothing that we understand.
    """
    scanner: Scanner | None = settings.HUAJIE_FILES.scanner
    if scanner is None:
        return
    file.seek(0)
    if scanner.address is None:
        _by_command(scanner, file)
    else:
        _by_clamd(scanner.address, file)


def _by_clamd(address: str | tuple[str, int], file: IO[bytes]) -> None:
    try:
        with _connected(address) as link:
            link.sendall(b"zINSTREAM\0")
            while block := file.read(_CHUNK):
                link.sendall(len(block).to_bytes(4, "big") + block)
            link.sendall(bytes(4))
            answer = b""
            while not answer.endswith(b"\0") and (part := link.recv(4096)):
                answer += part
    except OSError:
        raise NotNow("away") from None
    said = answer.rstrip(b"\0\n").decode("utf-8", "replace")
    if said == "stream: OK":
        return
    if said.startswith("stream: ") and said.endswith(" FOUND"):
        raise NotAccepted("infected")
    raise NotNow("away")


def _connected(address: str | tuple[str, int]) -> socket.socket:
    if isinstance(address, tuple):
        return socket.create_connection(address, timeout=PATIENCE)
    link = socket.socket(socket.AF_UNIX)
    try:
        link.settimeout(PATIENCE)
        link.connect(address)
    except OSError:
        link.close()
        raise
    return link


def _by_command(scanner: Scanner, file: IO[bytes]) -> None:
    try:
        done = subprocess.run(
            scanner.command,
            stdin=file,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        raise NotNow("away") from None
    if done.returncode == 1:
        raise NotAccepted("infected")
    if done.returncode != 0:
        raise NotNow("away")
