"""
Writing: proving who one is, what administrators and owners do to an account, sessions, and half-written forms.

    AccountError
    ├── SignInRefused   wrong name, password or code, too many of them, off, or a demo account from elsewhere
    ├── NotAllowed      only administrators do this
    └── BadCode         a one-time code that doesn't exist, is used up or too old

Wrong passwords, codes and PINs are counted in one place, on the account, and make the next attempt wait; a name that
nobody has waits just as long (`_Tries`). The count starts again only when somebody is signed in all the way, so that a
known password gives nobody free guesses at the second factor.

What is done to an account is an entry of the stream of accounts, which nobody can change afterwards; what a session or
a draft is, is no fact for the record.
"""

import hashlib
import json
import os
import secrets
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.db.models import F, Q
from django.utils.crypto import constant_time_compare

from huajie.apps.accounts import factors
from huajie.apps.accounts.feeds import end_feed
from huajie.apps.accounts.models import Draft as DraftRow
from huajie.apps.accounts.models import OneTimeCode, Pin, ProviderLink, SignIn, UnknownName
from huajie.apps.accounts.sealing import Unreadable, digest, seal, unseal
from huajie.apps.jurisdiction import queries as jurisdiction_queries
from huajie.apps.jurisdiction.models import Account, Token
from huajie.apps.jurisdiction.operations import check_new_password, create_account, is_loopback
from huajie.apps.ledger import queries as ledger_queries
from huajie.apps.ledger.errors import Conflict
from huajie.apps.ledger.operations import Changes, add_entries, commit_changes
from huajie.core.access import Actor, allowed
from huajie.core.ledger import Draft, seal_entries

#: Wrong passwords that an account forgives before it makes the next one wait.
FREE_FAILURES: Final = 5
_MAX_WAIT = timedelta(minutes=15)
#: Wrong passwords for names that nobody has are forgotten after so long.
_FORGET_NAMES = timedelta(days=1)
#: How long a one-time code works.
CODE_LIFE: Final = timedelta(days=3)
#: How somebody can prove who they are; the last four count as two factors.
WAYS: Final = (
    "password",
    "code",
    "provider",
    "password+totp",
    "password+key",
    "provider+totp",
    "provider+key",
    "passkey",
)
TWO_FACTORS: Final = frozenset(WAYS[3:])
#: Letters and figures that nobody mixes up when they read them out.
_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
#: Wrong PINs after which a locked session is over.
PIN_TRIES: Final = 5
#: Bytes of a half-written form, and how many forms one account may have half written.
DRAFT_BYTES: Final = 512 * 1024
DRAFTS: Final = 40

#: Entries of the stream that a page looks through.
_SHOWN = 500
#: the stream of what was done to accounts
STREAM: Final = UUID("00000000-0000-7000-8000-006163637400")
KIND: Final = "account.changed"


class AccountError(Exception):
    """Something about accounts stands against it."""


class NotAllowed(AccountError):
    """Only an administrator may do this to somebody's account."""


class BadCode(AccountError):
    """There is no such one-time code, or it was used, or it is too old."""


class SignInRefused(AccountError):
    """
    Nobody was signed in.

    `code` is `wrong` (name or password, without saying which), `wait` (too many wrong ones; `until` says how long),
    `off`, `elsewhere` (a demo account, whose password is printed, from another machine), `factor` (the second factor is
    wrong or missing) or `factor-needed` (the seat asks for a second factor, and the account has none).
    """

    def __init__(self, code: str, until: datetime | None = None) -> None:
        self.code = code
        self.until = until
        super().__init__(code)


# Guessing is slow -----------------------------------------------------------------------------------------------------


def _waits_until(failures: int, failed_at: datetime | None) -> datetime | None:
    if failures < FREE_FAILURES or failed_at is None:
        return None
    return failed_at + min(timedelta(seconds=2 ** min(failures - FREE_FAILURES, 20)), _MAX_WAIT)


@dataclass(slots=True)
class _Tries:
    """Wrong attempts under one name, whether anybody has it or not."""

    name: str
    account: Account | None
    using: str
    _unknown: UnknownName | None = None

    @classmethod
    def under(cls, name: str, using: str) -> "_Tries":
        name = name.strip().lower()[:100]
        account = Account.objects.using(using).filter(username=name).first()
        unknown = None
        if account is None:
            unknown = UnknownName.objects.using(using).filter(digest=digest("name", name)).first()
        return cls(name, account, using, unknown)

    def refuse_if_waiting(self, now: datetime) -> None:
        row = self.account or self._unknown
        until = _waits_until(row.failures, row.failed_at) if row is not None else None
        if until is not None and now < until:
            raise SignInRefused("wait", until)

    def count(self, now: datetime) -> None:
        if self.account is not None:
            Account.objects.using(self.using).filter(pk=self.account.pk).update(
                failures=F("failures") + 1, failed_at=now
            )
            return
        rows = UnknownName.objects.using(self.using)
        rows.filter(failed_at__lt=now - _FORGET_NAMES).delete()
        if not rows.filter(digest=digest("name", self.name)).update(failures=F("failures") + 1, failed_at=now):
            new = UnknownName(digest=digest("name", self.name), failures=1, failed_at=now)
            rows.bulk_create([new], ignore_conflicts=True)


def _may_enter(account: Account, address: str | None) -> None:
    if not account.is_active:
        raise SignInRefused("off")
    if account.demo and not is_loopback(address):
        raise SignInRefused("elsewhere")


def check_name_and_password(
    username: str, password: str, *, address: str | None, now: datetime, using: str = "default"
) -> Account:
    """
    Return the account that name and password open: the first of two steps, `finish_sign_in` is the last.

    After a few wrong passwords an account makes the next attempt wait, twice as long each time, so that guessing is
    slow and locking somebody out for good is impossible. An unknown name takes as long as a known one and waits alike.

    Args:
        address: where the request comes from.
        now: aware UTC.
    Raises:
        SignInRefused: see its codes.
    """
    tries = _Tries.under(username, using)
    tries.refuse_if_waiting(now)
    if tries.account is None:
        make_password(password)
        tries.count(now)
        raise SignInRefused("wrong")
    if not check_password(password, tries.account.password):
        tries.count(now)
        raise SignInRefused("wrong")
    _may_enter(tries.account, address)
    return tries.account


def check_again(account: Account, password: str, *, now: datetime, using: str = "default") -> None:
    """
    See that the person at the keyboard is still the owner: to unlock, or before they change how they sign in.

    Raises:
        SignInRefused: wrong, or wait.
    """
    check_name_and_password(account.username, password, address="127.0.0.1", now=now, using=using)
    finish_sign_in(account, using=using)


def check_second_factor(
    account: Account, code: str, *, address: str | None, now: datetime, using: str = "default"
) -> None:
    """
    See that a code is the account's: of its TOTP application, or a recovery code, which then is used up.

    Raises:
        SignInRefused: `factor` for a wrong code, or as for a password.
    """
    fresh = Account.objects.using(using).get(pk=account.pk)
    tries = _Tries(fresh.username, fresh, using)
    tries.refuse_if_waiting(now)
    _may_enter(fresh, address)
    if not factors.check_code(fresh, code, now=now):
        tries.count(now)
        raise SignInRefused("factor")


def check_entry(account: Account, *, address: str | None) -> None:
    """
    See that an account may sign in at all, however its owner proved who they are.

    Raises:
        SignInRefused: `off` or `elsewhere`.
    """
    _may_enter(account, address)


def finish_sign_in(account: Account, *, using: str = "default") -> None:
    """Forget the wrong attempts: every step is done."""
    if account.failures or Account.objects.using(using).filter(pk=account.pk, failures__gt=0).exists():
        Account.objects.using(using).filter(pk=account.pk).update(failures=0, failed_at=None)
        account.failures, account.failed_at = 0, None


def needs_factor(actor_roles: frozenset[str], account: Account) -> bool:
    """Return whether acting with these roles asks for a second factor; demo accounts never do."""
    return not account.demo and not settings.HUAJIE_ACCOUNTS.factor_roles.isdisjoint(actor_roles)


def sign_in_program(
    username: str,
    password: str,
    code: str | None,
    seat: str | None,
    *,
    address: str | None,
    now: datetime,
    using: str = "default",
) -> tuple[Account, str, bool]:
    """
    Return account, seat and whether two factors were shown, for a program that asks for a token.

    An account with a second factor must show it: the code of its application or a recovery code.

    Args:
        seat: acted from; None takes the first that the person holds.
    Raises:
        SignInRefused: see its codes.
        NotSeated: the person does not sit there.
    """
    account = check_name_and_password(username, password, address=address, now=now, using=using)
    factored = False
    if factors.factors_of(account).any:
        if not code:
            raise SignInRefused("factor")
        check_second_factor(account, code, address=address, now=now, using=using)
        factored = True
    actor = jurisdiction_queries.actor_of(account, seat, at=now, using=using)
    if not factored and needs_factor(actor.roles, account):
        raise SignInRefused("factor-needed")
    finish_sign_in(account, using=using)
    return account, str(actor.seat), factored


# The record -----------------------------------------------------------------------------------------------------------


def _record(effects: Sequence[Mapping[str, Any]], *, actor: Actor, now: datetime, using: str) -> None:
    """Append one entry about accounts; to be called inside the transaction that changes the rows."""
    n, prev = ledger_queries.tip_of(STREAM, using=using)
    draft = Draft(
        kind=KIND,
        public_kind="account",
        act="change",
        actor={"kind": actor.kind, "person": actor.person, "seat": actor.seat},
        effects=list(effects),
        jurisdiction=jurisdiction_queries.snapshot(using=using).version,
    )
    sealed = seal_entries(
        [draft],
        stream=STREAM,
        case_ref=sha256(b"accounts" + settings.HUAJIE_KEYS["number"]).digest()[:16],
        n=n + 1,
        prev=prev,
        at=now,
        seeds=[os.urandom(32)],
    )
    changes = Changes()
    add_entries(changes, sealed, random=os.urandom)
    commit_changes(changes, using=using)


def _recorded(
    work: Callable[[], Any], effects: Sequence[Mapping[str, Any]], *, actor: Actor, now: datetime, using: str
) -> Any:
    """
    Do `work` and record it, both or neither; whoever is a moment late to the stream goes again.

    Where `work` says False, it did nothing, and nothing is recorded.
    """
    for attempt in range(4):
        try:
            with transaction.atomic(using=using):
                done = work()
                if done is False:
                    return done
                _record(effects, actor=actor, now=now, using=using)
                return done
        except Conflict:
            if attempt == 3:
                raise
    raise AssertionError


def _effect(name: str, account: Account, **more: Any) -> dict[str, Any]:
    return {"e": f"account.{name}", "person": account.person.hex, **more}


def self_actor(account: Account) -> Actor:
    """Return the actor that somebody is towards their own account, whatever seat they act from, or from none."""
    return Actor("seat", person=account.person.hex)


def _check_admin(actor: Actor) -> None:
    if not allowed(actor, None, "manage_accounts"):
        raise NotAllowed(actor.seat or actor.kind)


# What administrators do -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who is to have an account."""

    username: str
    display_name: str
    language: str
    #: the code by which entries will name them
    person: UUID


def make_account(
    *, username: str, display_name: str, language: str, actor: Actor, now: datetime, using: str = "default"
) -> tuple[Account, str]:
    """
    Make an account nobody can sign in to yet, and the one-time code that its owner sets a password with.

    Raises:
        NotAllowed: the actor is no administrator.
        ValueError: the message begins with the argument that doesn't fit.
    """
    person = UUID(bytes=os.urandom(16), version=4)
    return make_accounts([Newcomer(username, display_name, language, person)], actor=actor, now=now, using=using)[0]


def make_accounts(
    newcomers: Sequence[Newcomer], *, actor: Actor, now: datetime, using: str = "default"
) -> list[tuple[Account, str]]:
    """
    Make several accounts by one entry, each with its one-time code; all of them or none.

    Raises:
        NotAllowed: the actor is no administrator.
        ValueError: the message begins with the argument that doesn't fit.
    """
    if not newcomers:
        return []
    _check_admin(actor)
    made: list[tuple[Account, str]] = []

    def work() -> None:
        made.clear()
        for one in newcomers:
            account = create_account(
                username=one.username,
                display_name=one.display_name,
                password=None,
                now=now,
                person=one.person,
                language=one.language,
                using=using,
            )
            code = _new_code()
            _keep_code(account, "password", code, now, using)
            made.append((account, code))

    effects: list[dict[str, Any]] = []
    for one in newcomers:
        effects.append({"e": "account.made", "person": one.person.hex})
        effects.append({"e": "account.code", "person": one.person.hex, "purpose": "password"})
    _recorded(work, effects, actor=actor, now=now, using=using)
    return made


def _new_code() -> str:
    letters = "".join(secrets.choice(_LETTERS) for _ in range(12))
    return "-".join((letters[:4], letters[4:8], letters[8:]))


def _plain(code: str) -> str:
    return "".join(letter for letter in code.upper() if letter.isalnum())[:40]


def _code_digest(code: str) -> str:
    return hashlib.sha256(f"one-time {_plain(code)}".encode("utf-8", "surrogatepass")).hexdigest()


def _keep_code(account: Account, purpose: str, code: str, now: datetime, using: str) -> None:
    rows = OneTimeCode.objects.using(using)
    # one at a time: the newest paper counts
    rows.filter(account=account, purpose=purpose, used_at=None).update(used_at=now)
    OneTimeCode(
        account=account, purpose=purpose, digest=_code_digest(code), made_at=now, expires_at=now + CODE_LIFE
    ).save(using=using, force_insert=True)


def reset_password(account: Account, *, actor: Actor, now: datetime, using: str = "default") -> str:
    """
    End the password and every session of an account and return a one-time code to set a new one with.

    Raises:
        NotAllowed: the actor is no administrator.
    """
    _check_admin(actor)
    code = _new_code()

    def work() -> None:
        Account.objects.using(using).filter(pk=account.pk).update(
            password=make_password(None), failures=0, failed_at=None
        )
        _keep_code(account, "password", code, now, using)
        _end_everything(account, now, using)

    effects = [_effect("password-reset", account), _effect("code", account, purpose="password")]
    _recorded(work, effects, actor=actor, now=now, using=using)
    return code


def reset_factors(account: Account, *, actor: Actor, now: datetime, using: str = "default") -> None:
    """
    Take every second factor, recovery code and PIN from an account and end its sessions; the password stays.

    Raises:
        NotAllowed: the actor is no administrator.
    """
    _check_admin(actor)

    def work() -> None:
        Authenticator.objects.using(using).filter(user=account).delete()
        Pin.objects.using(using).filter(account=account).delete()
        _end_everything(account, now, using)

    _recorded(work, [_effect("factors-reset", account)], actor=actor, now=now, using=using)


def make_link_code(account: Account, *, actor: Actor, now: datetime, using: str = "default") -> str:
    """
    Return a one-time code with which the owner of an account links it to the identity provider.

    Raises:
        NotAllowed: the actor is no administrator.
    """
    _check_admin(actor)
    code = _new_code()
    _recorded(
        lambda: _keep_code(account, "link", code, now, using),
        [_effect("code", account, purpose="link")],
        actor=actor,
        now=now,
        using=using,
    )
    return code


def unlink(account: Account, *, actor: Actor, now: datetime, using: str = "default") -> None:
    """
    Let the identity provider open this account no longer, and end its sessions.

    Raises:
        NotAllowed: the actor is no administrator.
    """
    _check_admin(actor)

    def work() -> None:
        ProviderLink.objects.using(using).filter(account=account).delete()
        _end_everything(account, now, using)

    _recorded(work, [_effect("unlinked", account)], actor=actor, now=now, using=using)


def switch(account: Account, on: bool, *, actor: Actor, now: datetime, using: str = "default") -> None:
    """
    Switch an account on or off; off ends its sessions and tokens. Postings and matters stay as they are.

    Raises:
        NotAllowed: the actor is no administrator, or it is their own account.
    """
    _check_admin(actor)
    if actor.person == account.person.hex:
        raise NotAllowed("own account")

    def work() -> None:
        Account.objects.using(using).filter(pk=account.pk).update(is_active=on)
        if not on:
            _end_everything(account, now, using)

    _recorded(work, [_effect("switched-on" if on else "switched-off", account)], actor=actor, now=now, using=using)


def end_sessions_of(account: Account, *, actor: Actor, now: datetime, using: str = "default") -> None:
    """
    Sign somebody out everywhere, programs included.

    Raises:
        NotAllowed: neither an administrator nor the owner.
    """
    if actor.person != account.person.hex:
        _check_admin(actor)
    _recorded(
        lambda: _end_everything(account, now, using),
        [_effect("signed-out", account)],
        actor=actor,
        now=now,
        using=using,
    )


# One-time codes -------------------------------------------------------------------------------------------------------


def _code_row(code: str, purpose: str, now: datetime, using: str) -> OneTimeCode:
    row = (
        OneTimeCode.objects.using(using)
        .select_related("account")
        .filter(digest=_code_digest(code), purpose=purpose, used_at=None, expires_at__gt=now)
        .first()
    )
    if row is None:
        raise BadCode
    return row


def _use_up(row: OneTimeCode, now: datetime, using: str) -> None:
    if not OneTimeCode.objects.using(using).filter(pk=row.pk, used_at=None).update(used_at=now):
        raise BadCode


def set_password_by_code(
    username: str, code: str, password: str, *, address: str | None, now: datetime, using: str = "default"
) -> Account:
    """
    Set the password of the account that a one-time code was made for, and use the code up.

    Raises:
        SignInRefused: `wrong` for name or code, without saying which; wait, off.
        ValueError: the password doesn't fit; the code still works.
    """
    tries = _Tries.under(username, using)
    tries.refuse_if_waiting(now)
    try:
        row = _code_row(code, "password", now, using)
        if tries.account is None or row.account_id != tries.account.pk:
            raise BadCode
    except BadCode:
        tries.count(now)
        raise SignInRefused("wrong") from None
    account = tries.account
    _may_enter(account, address)
    check_new_password(password)

    def work() -> None:
        _use_up(row, now, using)
        account.password = make_password(password)
        account.save(using=using, update_fields=["password"])
        _end_everything(account, now, using)

    try:
        _recorded(work, [_effect("password-set", account)], actor=self_actor(account), now=now, using=using)
    except BadCode:
        raise SignInRefused("wrong") from None
    return account


def link_by_code(
    code: str, issuer: str, subject: str, *, address: str | None, now: datetime, using: str = "default"
) -> Account:
    """
    Link the account that a one-time code was made for to a subject of the identity provider.

    Raises:
        BadCode: no such code, or the subject belongs to an account already.
        SignInRefused: the account is off, or a demo account.
    """
    row = _code_row(code, "link", now, using)
    _may_enter(row.account, address)
    _link(row.account, issuer, subject, "code", now, using, code=row)
    return row.account


def _link(
    account: Account, issuer: str, subject: str, by: str, now: datetime, using: str, code: OneTimeCode | None = None
) -> None:
    def work() -> None:
        if code is not None:
            _use_up(code, now, using)
        links = ProviderLink.objects.using(using)
        if links.filter(issuer=issuer, subject=subject).exists():
            raise BadCode
        # one subject an account: a new link takes the place of the old one
        links.filter(account=account, issuer=issuer).delete()
        ProviderLink(account=account, issuer=issuer, subject=subject, linked_at=now).save(
            using=using, force_insert=True
        )

    _recorded(work, [_effect("linked", account, by=by)], actor=self_actor(account), now=now, using=using)


def account_of_subject(
    issuer: str, subject: str, *, name: str | None, address: str | None, now: datetime, using: str = "default"
) -> Account | None:
    """
    Return the account that an administrator linked to a subject of the identity provider, or None. None is ever made.

    Args:
        name: what the provider's signed token calls them, where the setting lets that name link an account that was
            never linked; None otherwise.
    Raises:
        SignInRefused: the account is off, or a demo account.
    """
    link = ProviderLink.objects.using(using).select_related("account").filter(issuer=issuer, subject=subject).first()
    if link is not None:
        _may_enter(link.account, address)
        return link.account
    if not name:
        return None
    account = Account.objects.using(using).filter(username=name.strip().lower()).first()
    # An account with a link belongs to another subject: a name that was given to somebody new opens nothing.
    if account is None or account.demo or ProviderLink.objects.using(using).filter(account=account).exists():
        return None
    _may_enter(account, address)
    _link(account, issuer, subject, "name", now, using)
    return account


# What owners do -------------------------------------------------------------------------------------------------------


def change_password(account: Account, password: str, *, keep: str, now: datetime, using: str = "default") -> None:
    """
    Set a new password and end every other session and token.

    Args:
        keep: key of the session that stays.
    Raises:
        ValueError: the password doesn't fit.
    """
    check_new_password(password)

    def work() -> None:
        account.password = make_password(password)
        account.save(using=using, update_fields=["password"])
        _end_everything(account, now, using, keep=keep)

    _recorded(work, [_effect("password-set", account)], actor=self_actor(account), now=now, using=using)


def set_pin(account: Account, pin: str, *, now: datetime, using: str = "default") -> None:
    """
    Set the number that unlocks a locked session, or take it away where it is empty.

    Raises:
        ValueError: not 6 to 12 figures, or too easy.
    """
    if pin:
        if not (pin.isascii() and pin.isdigit() and 6 <= len(pin) <= 12):
            raise ValueError("pin: 6 to 12 figures")
        if len(set(pin)) < 3 or pin in "01234567890123456789" or pin in "98765432109876543210":
            raise ValueError("pin: too easy")

    def work() -> None:
        Pin.objects.using(using).filter(account=account).delete()
        if pin:
            Pin(account=account, hash=make_password(pin), set_at=now).save(using=using, force_insert=True)

    _recorded(
        work, [_effect("pin-set" if pin else "pin-removed", account)], actor=self_actor(account), now=now, using=using
    )


def switch_keys(account: Account, on: bool, *, using: str = "default") -> None:
    """Switch the desk's keys on or off for an account; how its owner likes to work is no fact for the record."""
    account.keys_off = not on
    account.save(using=using, update_fields=["keys_off"])


def has_pin(account: Account, *, using: str = "default") -> bool:
    """Return whether the account has a PIN."""
    return Pin.objects.using(using).filter(account=account).exists()


def pin_fits(account: Account, pin: str, *, using: str = "default") -> bool:
    """Return whether the PIN is the account's."""
    row = Pin.objects.using(using).filter(account=account).first()
    return row is not None and check_password(pin, row.hash)


def record_factor(
    name: str, account: Account, work: Callable[[], Any], *, now: datetime, using: str = "default"
) -> Any:
    """Do something to one's own factors and record it: `totp-added`, `totp-removed`, `key-added`, `codes-made`, ..."""
    return _recorded(work, [_effect(name, account)], actor=self_actor(account), now=now, using=using)


# Sessions -------------------------------------------------------------------------------------------------------------


def keep_session(
    account: Account, *, session: str, way: str, browser: str, now: datetime, using: str = "default"
) -> None:
    """Remember a session of an account, and forget those that are gone."""
    rows = SignIn.objects.using(using)
    rows.filter(account=account, at__lt=now - timedelta(seconds=settings.SESSION_COOKIE_AGE)).delete()
    rows.filter(session=session).delete()
    SignIn(account=account, session=session, way=way, browser=browser[:60], at=now).save(using=using, force_insert=True)


def move_session(old: str, new: str, *, using: str = "default") -> None:
    """Follow a session to its new key."""
    SignIn.objects.using(using).filter(session=old).update(session=new)


def forget_session(session: str, *, using: str = "default") -> None:
    """Forget a session that its owner ended."""
    SignIn.objects.using(using).filter(session=session).delete()


def end_session(sign_in: UUID, *, account: Account, using: str = "default") -> bool:
    """End one of the account's own sessions; False where it has none such."""
    row = SignIn.objects.using(using).filter(pk=sign_in, account=account).first()
    if row is None:
        return False
    SessionStore(row.session).delete()
    row.delete(using=using)
    return True


def _end_everything(account: Account, now: datetime, using: str, keep: str | None = None) -> None:
    rows = SignIn.objects.using(using).filter(account=account)
    for row in rows:
        if keep is None or not constant_time_compare(row.session, keep):
            SessionStore(row.session).delete()
            row.delete(using=using)
    Token.objects.using(using).filter(account=account, revoked_at=None).update(revoked_at=now)
    end_feed(account, using=using)


# Half-written forms ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kept:
    """A half-written form, opened for its owner."""

    place: str
    saved_at: datetime
    #: name of a field -> what was written
    values: dict[str, list[str]]


def _bound(account: Account, place: str) -> bytes:
    return account.person.bytes + place.encode()


def keep_draft(
    account: Account, place: str, values: Mapping[str, Sequence[str]], *, now: datetime, using: str = "default"
) -> bool:
    """
    Keep a half-written form for its owner, in place of what was kept of the same form.

    Returns:
        False where there is nothing in it, it is larger than DRAFT_BYTES, or its address is too long.
    """
    written = {name: list(given) for name, given in values.items() if any(value.strip() for value in given)}
    body = zlib.compress(json.dumps(written, ensure_ascii=True).encode())
    if not written or len(body) > DRAFT_BYTES or len(place) > 300:
        return False
    rows = DraftRow.objects.using(using)
    box = seal("draft", body, bound=_bound(account, place))
    until = now + settings.HUAJIE_ACCOUNTS.draft_life
    with transaction.atomic(using=using):
        rows.filter(account=account, place=place).delete()
        rows.bulk_create([DraftRow(account=account, place=place, box=box, saved_at=now, expires_at=until)])
        old = list(rows.filter(account=account).order_by("-saved_at").values_list("pk", flat=True)[DRAFTS:])
        if old:
            rows.filter(pk__in=old).delete()
    return True


def draft_at(account: Account, place: str, *, now: datetime, using: str = "default") -> Kept | None:
    """Return what the account had half written in the form of this address, or None. One query."""
    row = DraftRow.objects.using(using).filter(account=account, place=place, expires_at__gt=now).first()
    if row is None:
        return None
    try:
        body = unseal("draft", row.box, bound=_bound(account, place))
    except Unreadable:
        return None
    return Kept(place, row.saved_at, json.loads(zlib.decompress(body)))


def drafts_of(account: Account, *, now: datetime, using: str = "default") -> list[tuple[str, datetime]]:
    """Return address and moment of the account's half-written forms, newest first; at most DRAFTS."""
    found = DraftRow.objects.using(using).filter(account=account, expires_at__gt=now).order_by("-saved_at")
    return list(found.values_list("place", "saved_at"))


def drop_draft(account: Account, place: str, *, using: str = "default") -> None:
    """Erase what was half written there: it was sent, or its owner does not want it."""
    DraftRow.objects.using(using).filter(account=account, place=place).delete()


def drop_drafts_about(words: Sequence[str], *, using: str = "default") -> int:
    """
    Erase what anybody has half written in a form whose address has one of these between two slashes.

    Returns:
        How many forms went.
    """
    about = Q()
    for word in words:
        about |= Q(place__contains=f"/{word}/")
    return DraftRow.objects.using(using).filter(about).delete()[0] if words else 0


def erase_drafts(now: datetime, *, limit: int = 500, using: str = "default") -> int:
    """Erase half-written forms whose hours are over; returns how many."""
    old = list(DraftRow.objects.using(using).filter(expires_at__lte=now).values_list("pk", flat=True)[:limit])
    if old:
        DraftRow.objects.using(using).filter(pk__in=old).delete()
    return len(old)


# Reading the record ---------------------------------------------------------------------------------------------------


def changes_of(account: Account, *, using: str = "default") -> list[dict[str, Any]]:
    """Return bodies of the entries about one account among the newest of all, newest first."""
    hexed = account.person.hex
    n, _ = ledger_queries.tip_of(STREAM, using=using)
    found = [
        body
        for body in ledger_queries.bodies_since(STREAM, max(0, n - _SHOWN), using=using)
        if any(effect["person"] == hexed for effect in body["effects"])
    ]
    return found[::-1]
