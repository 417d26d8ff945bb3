"""
The secret address of a calendar: made and ended by its owner, shown once, only its digest kept.

It opens dates and nothing else: who holds it can neither sign in with it nor read a word of a matter.
"""

import secrets
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256

from huajie.apps.accounts.models import CalendarFeed
from huajie.apps.jurisdiction.models import Account

#: bytes of the secret
_LENGTH = 32


def _digest(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def make_feed(
    account: Account, *, now: datetime, random: Callable[[int], bytes] = secrets.token_bytes, using: str = "default"
) -> str:
    """Return the secret of a new address; the one before, if any, is dead. It is shown once and kept nowhere."""
    secret = random(_LENGTH).hex()
    CalendarFeed.objects.using(using).update_or_create(
        account=account, defaults={"digest": _digest(secret), "made_at": now}
    )
    return secret


def end_feed(account: Account, *, using: str = "default") -> None:
    """End the address of an account; where it has none, nothing happens."""
    CalendarFeed.objects.using(using).filter(account=account).delete()


def feed_made_at(account: Account, *, using: str = "default") -> datetime | None:
    """Return when the address was made, None where there is none."""
    row = CalendarFeed.objects.using(using).filter(account=account).only("made_at").first()
    return row.made_at if row is not None else None


def feed_account(secret: str, *, using: str = "default") -> Account | None:
    """Return whose address it is; None where it is nobody's, was ended, or its account is switched off."""
    row = CalendarFeed.objects.using(using).select_related("account").filter(digest=_digest(secret)).first()
    return row.account if row is not None and row.account.is_active else None
