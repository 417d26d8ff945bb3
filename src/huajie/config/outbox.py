"""
How residents are told that there is news: by mail, through a gateway, by letter. Read without Django.

Where a message goes out is decided here and nowhere else: no form, record or answer can name another server.
"""

import binascii
import os
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from huajie.config.errors import SettingError, whole_number
from huajie.config.server import is_loopback

#: How a connection to the mail server is kept private.
SECURITIES = ("starttls", "tls", "none")
#: What a key of the Standard Webhooks scheme begins with; base64 of 24 to 64 bytes follows.
_SECRET = "whsec_"  # noqa: S105
_NAME_AND_ADDRESS = re.compile(r"(?:[^<>\r\n\"]{1,80}<)?([^\s<>@,;:\"]+@[^\s<>@,;:\"]+)>?")


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail server that takes what we send."""

    host: str
    port: int
    #: one of SECURITIES
    security: str
    user: str
    password: str
    #: what stands in the mail as its sender
    sender: str


@dataclass(frozen=True, slots=True)
class Gateway:
    """Whoever sends short messages for us: it gets a signed request for each."""

    url: str
    secret: bytes


@dataclass(frozen=True, slots=True)
class OutboxSettings:
    """How residents are told that there is news."""

    #: where their browsers reach this instance, without a slash at the end; empty where nothing is sent
    site: str = ""
    mail: Mail | None = None
    gateway: Gateway | None = None
    #: whether offices print letters
    letters: bool = True
    #: tries of one message before it waits for a person
    attempts: int = 10

    @property
    def ways(self) -> tuple[str, ...]:
        """Return the ways that residents may choose from."""
        offered = {"email": self.mail is not None, "sms": self.gateway is not None, "letter": self.letters}
        return tuple(way for way, there in offered.items() if there)


def outbox_settings(environ: Mapping[str, str] = os.environ) -> OutboxSettings:
    """
    Read them.

    Raises:
        SettingError: one is wrong; the message begins with its name.
    """
    mail, gateway = _mail(environ), _gateway(environ)
    return OutboxSettings(
        site=_site(environ, needed=mail is not None or gateway is not None),
        mail=mail,
        gateway=gateway,
        letters=_yes(environ, "HUAJIE_LETTERS", "true"),
        attempts=whole_number(environ, "HUAJIE_OUTBOX_ATTEMPTS", 10, 1, 30),
    )


def _yes(environ: Mapping[str, str], name: str, default: str) -> bool:
    text = environ.get(name, "").strip().lower() or default
    if text not in ("true", "false", "1", "0", "yes", "no"):
        raise SettingError(f"{name}: true or false, not {text!r}")
    return text in ("true", "1", "yes")


def _site(environ: Mapping[str, str], *, needed: bool) -> str:
    text = environ.get("HUAJIE_SITE", "").strip().rstrip("/")
    if not text:
        if needed:
            raise SettingError("HUAJIE_SITE: where residents reach this instance, since messages are to name the page")
        return ""
    _check_address("HUAJIE_SITE", text, "https://huajie.example.gov.cn")
    return text


def _mail(environ: Mapping[str, str]) -> Mail | None:
    names = ("PORT", "SECURITY", "USER", "PASSWORD", "FROM")
    given = {name: environ.get(f"HUAJIE_MAIL_{name}", "").strip() for name in names}
    host = environ.get("HUAJIE_MAIL_HOST", "").strip()
    if not host:
        stray = [name for name, value in given.items() if value]
        if stray:
            raise SettingError(f"HUAJIE_MAIL_{stray[0]}: set HUAJIE_MAIL_HOST too, or leave all of them out")
        return None
    if not re.fullmatch(r"[A-Za-z0-9.:\-]{1,255}", host):
        raise SettingError(f"HUAJIE_MAIL_HOST: the name of a mail server such as mail.example.gov.cn, not {host!r}")
    security = given["SECURITY"].lower() or "starttls"
    if security not in SECURITIES:
        raise SettingError(f"HUAJIE_MAIL_SECURITY: {', '.join(SECURITIES)}; not {security!r}")
    if security == "none" and not is_loopback(host):
        raise SettingError("HUAJIE_MAIL_SECURITY: starttls or tls, unless the mail server runs on this machine")
    if bool(given["USER"]) != bool(given["PASSWORD"]):
        missing = "PASSWORD" if given["USER"] else "USER"
        raise SettingError(f"HUAJIE_MAIL_{missing}: both user and password, or neither")
    if not _NAME_AND_ADDRESS.fullmatch(given["FROM"]):
        raise SettingError(
            "HUAJIE_MAIL_FROM: the sender, such as news@example.gov.cn or 县信访局 <news@example.gov.cn>,"
            f" not {given['FROM']!r}"
        )
    port = whole_number(environ, "HUAJIE_MAIL_PORT", 465 if security == "tls" else 587, 1, 65535)
    return Mail(host, port, security, given["USER"], given["PASSWORD"], given["FROM"])


def _gateway(environ: Mapping[str, str]) -> Gateway | None:
    url = environ.get("HUAJIE_GATEWAY_URL", "").strip()
    text = environ.get("HUAJIE_GATEWAY_SECRET", "").strip()
    if not url:
        if text:
            raise SettingError("HUAJIE_GATEWAY_SECRET: set HUAJIE_GATEWAY_URL too, or leave both out")
        return None
    _check_address("HUAJIE_GATEWAY_URL", url, "https://sms.example.gov.cn/huajie")
    try:
        secret = b64decode(text.removeprefix(_SECRET), validate=True) if text.startswith(_SECRET) else b""
    except binascii.Error:
        secret = b""
    if not 24 <= len(secret) <= 64:
        raise SettingError("HUAJIE_GATEWAY_SECRET: whsec_ and base64 of 24 to 64 random bytes, as the gateway has it")
    return Gateway(url, secret)


def _check_address(name: str, text: str, example: str) -> None:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    strange = parts.username is not None or parts.fragment or port == 0 or not text.isprintable() or " " in text
    if parts.scheme not in ("https", "http") or not host or strange or len(text) > 500:
        raise SettingError(f"{name}: an address such as {example}")
    if parts.scheme == "http" and not is_loopback(host):
        raise SettingError(f"{name}: https, unless it is on this machine")
