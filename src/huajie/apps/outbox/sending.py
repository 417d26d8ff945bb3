"""
Speaking with the two machines that take messages from us: a mail server and a gateway.

Both are named by settings alone. No answer of theirs is kept or logged, for it may quote the address; a failure is one
of a closed list of words.
"""

import http.client
import json
import smtplib
import ssl
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from email.utils import parseaddr
from hashlib import sha256
from hmac import digest
from urllib.parse import urlsplit
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend
from django.core.validators import validate_email

from huajie.apps.outbox.messages import Words
from huajie.config.outbox import Gateway, Mail
from huajie.core.ledger import stamp

#: Seconds that we wait for one step of theirs.
TIMEOUT = 10
#: Most of an answer that is read; nothing in it is used.
_ANSWER = 1024
#: Answers of a gateway that say that this very message can't be sent, however often it is tried.
_NEVER = frozenset({400, 413, 422})


class NotSent(Exception):
    """A message did not go out. `fault` is one of `messages.FAULTS`, `final`: another try would not help,
    `everywhere`: it lies with the other machine, so the next message need not be tried now."""

    def __init__(self, fault: str, *, final: bool = False, everywhere: bool = False) -> None:
        self.fault, self.final, self.everywhere = fault, final, everywhere
        super().__init__(fault)


def mail_address(text: str) -> str:
    """
    Return a mail address as it can be used.

    Raises:
        NotSent: it is none.
    """
    address = text.strip()
    try:
        validate_email(address)
    except ValidationError:
        raise NotSent("no-address", final=True) from None
    return address


def phone_number(text: str) -> str:
    """
    Return a phone number as a gateway takes it: digits, with a plus where it was written.

    Raises:
        NotSent: it is none.
    """
    plain = "".join(letter for letter in text if letter not in " -()./")
    digits = plain.removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and 5 <= len(digits) <= 16):
        raise NotSent("no-address", final=True)
    return plain


@contextmanager
def mail_server(mail: Mail) -> Iterator[EmailBackend]:
    """Hold one connection to the mail server for several messages; it is opened with the first."""
    backend = EmailBackend(
        host=mail.host,
        port=mail.port,
        username=mail.user,
        password=mail.password,
        use_tls=mail.security == "starttls",
        use_ssl=mail.security == "tls",
        timeout=TIMEOUT,
        fail_silently=False,
    )
    try:
        yield backend
    finally:
        with suppress(smtplib.SMTPException, OSError):
            backend.close()


def send_mail(backend: EmailBackend, mail: Mail, *, to: str, words: Words, message: UUID) -> None:
    """
    Hand one mail to the server.

    The address stands in the envelope only, so that a mail kept or passed on tells nobody whose it was.

    Raises:
        NotSent: the server did not take it.
    """
    domain = parseaddr(mail.sender)[1].rpartition("@")[2]
    letter = EmailMessage(
        subject=words.subject,
        body=f"{words.text}\n\n{words.office}\n",
        from_email=mail.sender,
        bcc=[mail_address(to)],
        headers={
            "To": "undisclosed-recipients:;",
            "Message-ID": f"<{message.hex}@{domain}>",
            "Auto-Submitted": "auto-generated",
        },
        connection=backend,
    )
    try:
        backend.open()
    except Exception as error:
        raise NotSent(_of_connection(error), everywhere=True) from None
    try:
        sent = letter.send()
    except smtplib.SMTPRecipientsRefused as error:
        final = all(500 <= code < 600 for code, _ in error.recipients.values())
        raise NotSent("recipient" if final else "later", final=final) from None
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
        raise NotSent("later" if 400 <= error.smtp_code < 500 else "refused") from None
    except (UnicodeError, ValueError):
        raise NotSent("no-address", final=True) from None
    except (smtplib.SMTPException, OSError) as error:
        with suppress(smtplib.SMTPException, OSError):
            backend.close()
        raise NotSent(_of_connection(error), everywhere=True) from None
    if not sent:
        raise NotSent("refused")


def _of_connection(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "sign-in"
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ssl.SSLError | smtplib.SMTPNotSupportedError):
        return "tls"
    return "connection" if isinstance(error, OSError) else "unexpected"


def signature(secret: bytes, message: str, timestamp: int, body: bytes) -> str:
    """Return what proves that a request is ours: Standard Webhooks, version 1."""
    return "v1," + b64encode(digest(secret, f"{message}.{timestamp}.".encode() + body, sha256)).decode()


def send_by_gateway(gateway: Gateway, *, to: str, words: Words, way: str, message: UUID, now: datetime) -> None:
    """
    Hand one message to the gateway: a signed request, no redirect followed, no proxy asked.

    Raises:
        NotSent: the gateway did not take it.
    """
    parts = urlsplit(gateway.url)
    said = {
        "type": "message.send",
        "timestamp": stamp(now),
        "data": {"way": way, "to": phone_number(to), "text": words.text, "office": words.office},
    }
    body = json.dumps(said, ensure_ascii=False).encode()
    name, timestamp = f"msg_{message.hex}", int(now.timestamp())
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Huajie",
        "webhook-id": name,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(gateway.secret, name, timestamp, body),
    }
    host = parts.hostname or ""
    connection = (
        http.client.HTTPSConnection(host, parts.port, timeout=TIMEOUT, context=ssl.create_default_context())
        if parts.scheme == "https"
        else http.client.HTTPConnection(host, parts.port, timeout=TIMEOUT)
    )
    try:
        connection.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers)
        answer = connection.getresponse()
        answer.read(_ANSWER)
        status = answer.status
    except (OSError, http.client.HTTPException) as error:
        raise NotSent(_of_connection(error), everywhere=True) from None
    finally:
        connection.close()
    if status in _NEVER:
        raise NotSent("recipient", final=True)
    if not 200 <= status < 300:
        raise NotSent("later" if status in (408, 425, 429) or status >= 500 else "refused", everywhere=True)
