"""
Second factors: codes of an application (TOTP), recovery codes, passkeys; stored and reckoned by allauth.

What allauth keeps in a cache, we keep in the row: several processes serve one instance without a shared cache, and a
code must not work twice in any two of them.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.db import transaction
from django.utils.crypto import constant_time_compare

from huajie.apps.accounts.sealing import Unreadable, unseal_text
from huajie.apps.jurisdiction.models import Account

_PERIOD: Final = 30
#: Steps of 30 seconds by which a phone's clock may be off.
_DRIFT: Final = 1


@dataclass(frozen=True, slots=True)
class Key:
    """One passkey."""

    id: int
    name: str
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Factors:
    """What an account has besides its password."""

    totp: bool
    keys: tuple[Key, ...]
    #: recovery codes left; None where none were made
    codes: int | None

    @property
    def any(self) -> bool:
        """Whether a second step follows the password."""
        return self.totp or bool(self.keys)


def factors_of(account: Account) -> Factors:
    """Return what an account has. One query."""
    totp, keys, codes = False, [], None
    for row in Authenticator.objects.filter(user=account).order_by("pk"):
        if row.type == Authenticator.Type.TOTP:
            totp = True
        elif row.type == Authenticator.Type.WEBAUTHN:
            keys.append(Key(row.pk, row.data["name"], row.created_at, row.last_used_at))
        else:
            try:
                codes = len(RecoveryCodes(row).get_unused_codes())
            except Unreadable:
                codes = 0
    return Factors(totp, tuple(keys), codes)


def new_totp_secret() -> str:
    """Return a secret to show as a square code, in base32."""
    return generate_totp_secret()


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """Return the step of time that a code belongs to, None where it is wrong."""
    typed = "".join(letter for letter in code if letter.isascii() and letter.isdigit())
    here = int(now.timestamp()) // _PERIOD
    found = None
    for step in range(here - _DRIFT, here + _DRIFT + 1):
        if constant_time_compare(format_hotp_value(hotp_value(secret, step)), typed):
            found = step
    return found


def add_totp(account: Account, secret: str, code: str, *, now: datetime) -> bool:
    """Keep the secret of an application that has shown that it knows it; False where the code is wrong."""
    step = _step_of(secret, code, now)
    if step is None:
        return False
    Authenticator.objects.filter(user=account, type=Authenticator.Type.TOTP).delete()
    row = TOTP.activate(account, secret).instance
    row.data["step"] = step
    row.save(update_fields=["data"])
    return True


@transaction.atomic
def check_code(account: Account, code: str, *, now: datetime) -> bool:
    """
    Return whether a code is one of the account's; each works once.

    Args:
        code: six figures of the application, or a recovery code.
    """
    rows = Authenticator.objects.select_for_update().filter(user=account)
    for row in rows.filter(type__in=(Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)).order_by("-type"):
        try:
            if row.type == Authenticator.Type.TOTP:
                step = _step_of(unseal_text(row.data["secret"]), code, now)
                # never an old code again, nor one before it
                if step is None or step <= row.data.get("step", 0):
                    continue
                row.data["step"] = step
            elif not _use_recovery_code(row, code):
                continue
        except Unreadable:
            continue
        row.last_used_at = now
        row.save(update_fields=["data", "last_used_at"])
        return True
    return False


def _use_recovery_code(row: Authenticator, code: str) -> bool:
    typed = "".join(letter for letter in code if letter.isascii() and letter.isdigit())
    if len(typed) < 8:
        return False
    mask = row.data["used_mask"]
    for place, expected in enumerate(RecoveryCodes(row).generate_codes()):
        if not mask & (1 << place) and constant_time_compare(expected, typed):
            row.data["used_mask"] = mask | (1 << place)
            return True
    return False


def new_recovery_codes(account: Account) -> list[str]:
    """Make new recovery codes in place of the old ones; shown once."""
    Authenticator.objects.filter(user=account, type=Authenticator.Type.RECOVERY_CODES).delete()
    return list(RecoveryCodes.activate(account).generate_codes())


def remove_totp(account: Account) -> None:
    """Take the application away, and the recovery codes with the last factor."""
    Authenticator.objects.filter(user=account, type=Authenticator.Type.TOTP).delete()
    _tidy(account)


def remove_key(account: Account, key: int) -> bool:
    """Take one passkey away; False where the account has none such."""
    found, _ = Authenticator.objects.filter(user=account, type=Authenticator.Type.WEBAUTHN, pk=key).delete()
    _tidy(account)
    return bool(found)


def _tidy(account: Account) -> None:
    if not Authenticator.objects.filter(user=account).exclude(type=Authenticator.Type.RECOVERY_CODES).exists():
        Authenticator.objects.filter(user=account).delete()


def note_use(row: Any, now: datetime) -> None:
    """Remember when a passkey was last used."""
    Authenticator.objects.filter(pk=row.pk).update(last_used_at=now)
