"""A scanner is asked in its own language; when it does not answer, nothing is kept."""

import dataclasses
import socket
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.support import papers

from huajie.config.errors import SettingError
from huajie.config.files import Scanner, file_settings

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Clamd:
    """Speaks what clamd speaks: INSTREAM with lengths, answers with what it found."""

    def __init__(self, answer: bytes | None = None) -> None:
        self.heard: list[bytes] = []
        self.answer = answer
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                link, _ = self._socket.accept()
            except OSError:
                return
            with link, link.makefile("rb") as sent:
                assert sent.read(10) == b"zINSTREAM\0"
                heard = b""
                while length := int.from_bytes(sent.read(4), "big"):
                    heard += sent.read(length)
                self.heard.append(heard)
                found = b"stream: Eicar-Test-Signature FOUND\0" if EICAR in heard else b"stream: OK\0"
                link.sendall(self.answer if self.answer is not None else found)

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)


@pytest.fixture
def clamd() -> Iterator[Clamd]:
    found = Clamd()
    yield found
    found.close()


def use(settings: Any, scanner: Scanner) -> None:
    settings.HUAJIE_FILES = dataclasses.replace(settings.HUAJIE_FILES, scanner=scanner)


def sent(data: bytes, name: str = "letter.txt") -> Any:
    from huajie.apps.attachments import store
    from huajie.apps.attachments.incoming import Sent

    file = store.scratch()
    file.write(data)
    return Sent(file, name, len(data), "")


def take(data: bytes, name: str = "letter.txt") -> Any:
    from huajie.apps.attachments.uploads import keep

    with sent(data, name) as file:
        return keep(file, now=NOW)


def waiting() -> set[str]:
    from huajie.apps.attachments import store

    folder = store.root() / "waiting"
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def test_clean_files_pass_and_infected_ones_are_not_kept(settings: Any, clamd: Clamd) -> None:
    from huajie.apps.attachments.errors import NotAccepted

    use(settings, Scanner(("127.0.0.1", clamd.port)))
    long = "楼道灯坏了。\n".encode() * 20_000
    assert take(long).size == len(long)
    assert clamd.heard == [long]
    before = waiting()
    with pytest.raises(NotAccepted) as refusal:
        take(b"hello " + EICAR)
    assert refusal.value.code == "infected"
    assert waiting() == before


@pytest.mark.parametrize("how", ["closed", "nonsense", "error", "no socket"])
def test_a_scanner_that_is_away_lets_nothing_through(settings: Any, tmp_path: Path, how: str) -> None:
    from huajie.apps.attachments.errors import NotNow

    server = Clamd({"nonsense": b"hello\0", "error": b"INSTREAM size limit exceeded. ERROR\0"}.get(how, b""))
    use(settings, Scanner(str(tmp_path / "none") if how == "no socket" else ("127.0.0.1", server.port)))
    if how == "closed":
        server.close()
    take_before = waiting()
    with pytest.raises(NotNow) as refusal:
        take(b"hello")
    assert refusal.value.code == "away"
    assert waiting() == take_before
    if how != "closed":
        server.close()


def test_a_command_is_asked_by_its_exit_code(settings: Any, tmp_path: Path) -> None:
    from huajie.apps.attachments.errors import NotAccepted, NotNow

    script = tmp_path / "scan.py"
    script.write_text("import sys\ndata = sys.stdin.buffer.read()\nsys.exit(b'EICAR' in data or 2 * (b'?' in data))\n")
    use(settings, Scanner(None, (sys.executable, str(script))))
    assert take(b"hello").size == 5
    with pytest.raises(NotAccepted):
        take(b"EICAR")
    with pytest.raises(NotNow):
        take(b"what?")


@pytest.mark.parametrize(
    "text", ["clamav", "clamd:relative", "clamd://host", "clamd://:1", "command:", "command:/no/such/program x"]
)
def test_a_wrong_setting_stops_the_start(text: str) -> None:
    with pytest.raises(SettingError, match=r"^HUAJIE_SCANNER: "):
        file_settings({"HUAJIE_SCANNER": text})


def test_right_settings_are_read() -> None:
    assert file_settings({}).scanner is None
    assert file_settings({"HUAJIE_SCANNER": "clamd:/run/clamd.sock"}).scanner == Scanner("/run/clamd.sock")
    assert file_settings({"HUAJIE_SCANNER": "clamd://[::1]:3310"}).scanner == Scanner(("::1", 3310))
    found = file_settings({"HUAJIE_SCANNER": f"command:{sys.executable} -c 'x y'"}).scanner
    assert found == Scanner(None, (sys.executable, "-c", "x y"))


def test_a_photo_is_scanned_as_it_came(settings: Any, clamd: Clamd) -> None:
    use(settings, Scanner(("127.0.0.1", clamd.port)))
    data = papers.photo()
    take(data, "p.jpg")
    assert clamd.heard == [data]
