"""Passkeys in the browser: what allauth needs to know of us, and the two ceremonies, each in two requests."""

import json
from types import ModuleType
from typing import Any, cast

from allauth.account.utils import user_username
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from huajie.apps.accounts import factors
from huajie.apps.accounts.sealing import seal_text, unseal_text
from huajie.apps.jurisdiction.models import Account

#: What a ceremony raises when what the browser sent is not what was asked for, or nothing at all.
_WRONG = (ValidationError, ValueError, TypeError, KeyError, AttributeError)


class FactorAdapter(DefaultMFAAdapter):
    """allauth's questions about us: how secrets are sealed, what a passkey is called."""

    def encrypt(self, text: str) -> str:
        """Seal a secret before it goes into the database."""
        return seal_text(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Open a secret from the database."""
        return unseal_text(encrypted_text)

    def _get_site_name(self) -> str:
        return "化解 Huajie"

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        """Name an account to a passkey: by its code, so that a key still fits after a restore."""
        return {"id": user.person.bytes, "display_name": user.display_name, "name": user_username(user)}


def _auth() -> ModuleType:
    """Return what checks passkeys; loaded with the first of them, since most processes never see one."""
    from allauth.mfa.webauthn.internal import auth

    return cast(ModuleType, auth)


def options_to_make(account: Account) -> dict[str, Any]:
    """Return what the browser needs to make a passkey for an account; the challenge stays in the session."""
    return dict(_auth().begin_registration(account, passwordless=True))


def make(account: Account, credential: str, name: str) -> bool:
    """Keep the passkey that a browser made; False where it does not answer our challenge."""
    try:
        parsed = json.loads(credential)
        _auth().parse_registration_response(parsed)
        _auth().complete_registration(parsed)
    except _WRONG:
        return False
    _auth().WebAuthn.add(account, name, parsed)
    return True


def options_to_show(account: Account | None) -> dict[str, Any]:
    """Return what the browser needs to show a passkey: of this account, or whichever it has for us."""
    return dict(_auth().begin_authentication(account))


def shown(request: HttpRequest, credential: str, account: Account | None) -> Account | None:
    """
    Return the account that a passkey opens, None where it opens none.

    Args:
        account: of whom it must be; None takes whom the passkey names.
    """
    now = request.now  # type: ignore[attr-defined]
    try:
        parsed = json.loads(credential)
        if account is None:
            from fido2.utils import websafe_decode

            handle = parsed["response"]["userHandle"]
            account = Account.objects.filter(person=websafe_decode(handle).hex()).first()
            if account is None:
                return None
        _auth().parse_authentication_response(parsed)
        row: Authenticator = _auth().complete_authentication(account, parsed)
    except _WRONG:
        return None
    factors.note_use(row, now)
    return account
