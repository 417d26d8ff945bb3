"""Reading: an account's sessions, programs and link, and the list of accounts for administrators."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.conf import settings

from huajie.apps.accounts.models import OneTimeCode, ProviderLink, SignIn
from huajie.apps.jurisdiction import queries as jurisdiction_queries
from huajie.apps.jurisdiction.models import Account, Token
from huajie.core.access import Actor, allowed

#: Accounts on one page of the list.
PAGE = 50


def uuid_of(text: str) -> UUID | None:
    """Return what somebody typed as a uuid, None where it is none."""
    try:
        return UUID(hex=text)
    except ValueError:
        return None


def sign_ins_of(account: Account, *, using: str = "default") -> list[SignIn]:
    """Return the sessions of an account, newest first; at most 50."""
    return list(SignIn.objects.using(using).filter(account=account).order_by("-at")[:50])


def tokens_of(account: Account, *, now: datetime, using: str = "default") -> list[Token]:
    """Return the tokens of an account that work, newest first; at most 50."""
    found = Token.objects.using(using).filter(account=account, revoked_at=None, expires_at__gt=now)
    return list(found.order_by("-created_at")[:50])


def linked(account: Account, *, using: str = "default") -> bool:
    """Return whether the identity provider opens this account."""
    return ProviderLink.objects.using(using).filter(account=account).exists()


def needs_factor_anywhere(account: Account, *, now: datetime, using: str = "default") -> bool:
    """Return whether one of the seats on which the person sits asks for a second factor."""
    if account.demo:
        return False
    jurisdiction = jurisdiction_queries.snapshot(using=using)
    seats = jurisdiction.seats_of_person(account.person.hex, now)
    return any(not settings.HUAJIE_ACCOUNTS.factor_roles.isdisjoint(jurisdiction.seats[code].roles) for code in seats)


@dataclass(frozen=True, slots=True)
class Row:
    """One account in the administrators' list."""

    account: Account
    #: seats on which the person sits now
    seats: tuple[str, ...]
    #: a second step follows the password
    factor: bool
    linked: bool
    #: a one-time code waits to be used
    code: bool


def accounts_after(name: str, *, actor: Actor, now: datetime, using: str = "default") -> tuple[list[Row], bool]:
    """
    Return one page of accounts by name, and whether there are more.

    Args:
        name: the last name of the page before; empty for the first page.
        actor: an administrator; anybody else finds none.
    """
    if not allowed(actor, None, "manage_accounts"):
        return [], False
    found = list(Account.objects.using(using).filter(username__gt=name).order_by("username")[: PAGE + 1])
    return _rows(found[:PAGE], now, using), len(found) > PAGE


def account_named(name: str, *, actor: Actor, now: datetime, using: str = "default") -> Row | None:
    """Return one account, None where there is none or the actor is no administrator."""
    if not allowed(actor, None, "manage_accounts"):
        return None
    found = list(Account.objects.using(using).filter(username=name))
    return _rows(found, now, using)[0] if found else None


def _rows(accounts: list[Account], now: datetime, using: str) -> list[Row]:
    jurisdiction = jurisdiction_queries.snapshot(using=using)
    ids = [account.pk for account in accounts]
    kinds = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
    factors = set(
        Authenticator.objects.using(using).filter(user__in=ids, type__in=kinds).values_list("user_id", flat=True)
    )
    links = set(ProviderLink.objects.using(using).filter(account__in=ids).values_list("account_id", flat=True))
    waiting = OneTimeCode.objects.using(using).filter(account__in=ids, used_at=None, expires_at__gt=now)
    codes = set(waiting.values_list("account_id", flat=True))
    return [
        Row(
            account,
            tuple(jurisdiction.seats_of_person(account.person.hex, now)),
            account.pk in factors,
            account.pk in links,
            account.pk in codes,
        )
        for account in accounts
    ]
