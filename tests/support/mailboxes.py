"""A mail server and a gateway that take what is sent to them, on this machine. They know none of our code."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from tests.support.instance import free_port

#: What the gateway and we share: 32 bytes, as the Standard Webhooks scheme writes them.
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


@dataclass
class Taken:
    """One mail as the server got it."""

    envelope_to: list[str]
    raw: bytes

    @property
    def mail(self) -> EmailMessage:
        found = message_from_bytes(self.raw, policy=default)
        assert isinstance(found, EmailMessage)
        return found

    @property
    def text(self) -> str:
        return str(self.mail.get_content())


@dataclass
class MailServer:
    """What came, and what to answer instead."""

    port: int = 0
    taken: list[Taken] = field(default_factory=list)
    #: answer to a recipient, such as `550 no such box`; empty takes everything
    refuse: str = ""
    #: answer to the mail itself
    refuse_data: str = ""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.refuse_data:
            return self.refuse_data
        self.taken.append(Taken(list(envelope.rcpt_tos), envelope.original_content))
        return "250 OK"


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Run a mail server on a free port."""
    found = MailServer()
    # the controller wants to know its port before it listens
    found.port = free_port()
    controller = Controller(found, hostname="127.0.0.1", port=found.port)
    controller.start()
    try:
        yield found
    finally:
        controller.stop()


@dataclass
class Gateway:
    """What came, with whether its signature was right, and what to answer."""

    url: str = ""
    taken: list[dict[str, Any]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)


def signed_right(headers: Any, body: bytes, secret: str = SECRET) -> bool:
    """Return whether a request carries a signature of Standard Webhooks, version 1, by the words of that scheme."""
    key = base64.b64decode(secret[len("whsec_") :])
    content = headers["webhook-id"].encode() + b"." + headers["webhook-timestamp"].encode() + b"." + body
    wanted = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    given = [part.split(",", 1) for part in headers["webhook-signature"].split(" ")]
    return any(version == "v1" and hmac.compare_digest(text, wanted) for version, text in given)


@contextmanager
def gateway() -> Iterator[Gateway]:
    """Run a gateway on a free port; a request that is not signed right fails the test that sent it, by 401."""
    found = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.paths.append(self.path)
            if not signed_right(self.headers, body):
                self.send_response(401)
                self.end_headers()
                return
            if found.status < 300:
                found.taken.append(json.loads(body))
                found.raw.append(body)
            found.ids.append(self.headers["webhook-id"])
            self.send_response(found.status)
            for name, value in found.headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_address[1]}/send?to=us"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
