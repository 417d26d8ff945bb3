"""
Accounts from the server itself: for the first administrator, and for the day when no administrator can sign in.

A code is printed once, to be handed over in person; no password is ever shown. Each change is an entry.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from django.conf import settings

from huajie.apps.accounts import operations
from huajie.apps.jurisdiction.models import Account
from huajie.core.access import SYSTEM


def make(args: Sequence[str]) -> int:
    """Make an account and print the one-time code with which its owner sets a password."""
    parser = _parser("make", make.__doc__)
    parser.add_argument("--called", required=True, metavar="NAME", help="how colleagues call them")
    parser.add_argument("--language", choices=("zh-hans", "en"), default="zh-hans", help="of their pages")
    given = parser.parse_args(args)
    try:
        account, code = operations.make_account(
            username=given.username,
            display_name=given.called,
            language=given.language,
            actor=SYSTEM,
            now=datetime.now(UTC),
        )
    except ValueError as error:
        print(f"huajie account: {error}", file=sys.stderr)
        return 2
    print(f"{account.username}: person {account.person.hex}")
    _print_code(code, "sign-in/code/")
    return 0


def password(args: Sequence[str]) -> int:
    """End the password and every session of an account and print a one-time code to set a new one with."""
    given = _parser("password", password.__doc__).parse_args(args)
    return _with(
        given.username,
        lambda account, now: _print_code(operations.reset_password(account, actor=SYSTEM, now=now), "sign-in/code/"),
    )


def factors(args: Sequence[str]) -> int:
    """Take second factors, recovery codes and PIN from an account."""
    given = _parser("factors", factors.__doc__).parse_args(args)
    return _with(given.username, lambda account, now: operations.reset_factors(account, actor=SYSTEM, now=now))


def link(args: Sequence[str]) -> int:
    """Print a one-time code that links an account to the identity provider."""
    given = _parser("link", link.__doc__).parse_args(args)
    if settings.HUAJIE_ACCOUNTS.provider is None:
        print("huajie account: HUAJIE_OIDC_ISSUER is not set", file=sys.stderr)
        return 2
    return _with(
        given.username,
        lambda account, now: _print_code(operations.make_link_code(account, actor=SYSTEM, now=now), "sign-in/"),
    )


def _parser(verb: str, doc: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"huajie account {verb}", description=doc)
    parser.add_argument("username", help="the name to sign in with")
    return parser


def _with(username: str, work: Callable[[Account, datetime], None]) -> int:
    account = Account.objects.filter(username=username.lower()).first()
    if account is None:
        print(f"huajie account: nobody signs in as {username}", file=sys.stderr)
        return 2
    work(account, datetime.now(UTC))
    print("Done.")
    return 0


def _print_code(code: str, where: str) -> None:
    print(f"One-time code, shown this once, for 3 days: {code}\nTo be used at /desk/{where}")
