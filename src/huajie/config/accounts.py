"""
How staff sign in: second factors, the identity provider, locking, half-written forms. Read without Django.

`docs/settings.md` lists them with the rest.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from huajie.config.errors import SettingError, whole_number
from huajie.config.server import is_loopback
from huajie.core.jurisdiction import ROLES


@dataclass(frozen=True, slots=True)
class Provider:
    """An OpenID Connect provider that vouches for staff."""

    #: its issuer, exactly as its tokens name it
    issuer: str
    client_id: str
    client_secret: str
    #: what the button says
    name: str
    #: claim of the signed token that may link an account of that name the first time; empty: only a one-time code may
    name_claim: str


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """How staff sign in."""

    #: roles whose seats ask for a second factor
    factor_roles: frozenset[str]
    #: minutes without a request after which a session is locked; 0: never by itself
    lock_minutes: int
    #: how long a half-written form is kept
    draft_life: timedelta
    provider: Provider | None


def account_settings(environ: Mapping[str, str] = os.environ) -> AccountSettings:
    """
    Read them.

    Raises:
        SettingError: one is wrong; the message begins with its name.
    """
    return AccountSettings(
        factor_roles=_roles(environ),
        lock_minutes=whole_number(environ, "HUAJIE_LOCK_MINUTES", 15, 0, 480),
        draft_life=timedelta(hours=whole_number(environ, "HUAJIE_DRAFT_HOURS", 24, 1, 168)),
        provider=_provider(environ),
    )


def _roles(environ: Mapping[str, str]) -> frozenset[str]:
    text = environ.get("HUAJIE_FACTOR_ROLES", "")
    found = frozenset(word.strip() for word in text.split(",") if word.strip())
    unknown = sorted(found - ROLES)
    if unknown:
        raise SettingError(
            f"HUAJIE_FACTOR_ROLES: there is no role {', '.join(unknown)}; choose from {', '.join(sorted(ROLES))}"
        )
    return found


def _provider(environ: Mapping[str, str]) -> Provider | None:
    issuer = environ.get("HUAJIE_OIDC_ISSUER", "").strip()
    client = environ.get("HUAJIE_OIDC_CLIENT_ID", "").strip()
    secret = environ.get("HUAJIE_OIDC_CLIENT_SECRET", "").strip()
    name = environ.get("HUAJIE_OIDC_NAME", "").strip()
    claim = environ.get("HUAJIE_OIDC_NAME_CLAIM", "").strip()
    given = {
        "HUAJIE_OIDC_CLIENT_ID": client,
        "HUAJIE_OIDC_CLIENT_SECRET": secret,
        "HUAJIE_OIDC_NAME": name,
        "HUAJIE_OIDC_NAME_CLAIM": claim,
    }
    if not issuer:
        stray = [setting for setting, value in given.items() if value]
        if stray:
            raise SettingError(f"{stray[0]}: set HUAJIE_OIDC_ISSUER too, or leave all of them out")
        return None
    _check_issuer(issuer)
    for setting in ("HUAJIE_OIDC_CLIENT_ID", "HUAJIE_OIDC_CLIENT_SECRET"):
        if not given[setting]:
            raise SettingError(f"{setting}: what the provider gave this instance, since HUAJIE_OIDC_ISSUER is set")
    if claim and not re.fullmatch(r"[A-Za-z][A-Za-z0-9_.:/-]{0,99}", claim):
        raise SettingError(f"HUAJIE_OIDC_NAME_CLAIM: the name of a claim such as preferred_username, not {claim!r}")
    return Provider(issuer, client, secret, name, claim)


def _check_issuer(issuer: str) -> None:
    try:
        parts = urlsplit(issuer)
        host = parts.hostname or ""
    except ValueError:
        parts, host = urlsplit(""), ""
    if parts.scheme not in ("https", "http") or not host or parts.query or parts.fragment or len(issuer) > 255:
        raise SettingError(f"HUAJIE_OIDC_ISSUER: an address such as https://id.example.gov.cn, not {issuer!r}")
    if parts.scheme == "http" and not is_loopback(host):
        raise SettingError("HUAJIE_OIDC_ISSUER: https, unless the provider runs on this machine")
