"""
The very first things of an instance: one region, one government, one seat, one topic, one administrator. None invented.

The seat can do what an administrator must and is the backstop: until there are other offices, whatever comes in has
somebody who answers for it from its first second. The administrator chooses a password here, on the terminal or in a
file that nobody else reads, or later by a one-time code; no password is ever printed.
"""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import transaction

REGION, UNIT, SEAT, TOPIC = "r.home", "u.home", "s.home.admin", "t.other"
#: What the first seat can do: look after offices and accounts, and lead what comes in until others can.
ROLES = ("admin", "dispatcher", "handler", "head", "intake")


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to be known, by option, by environment or by asking."""

    option: str
    setting: str
    asks: str
    #: taken where nobody says otherwise; None: must be said
    default: str | None = None


QUESTIONS: tuple[Question, ...] = (
    Question("admin", "HUAJIE_INIT_ADMIN", "name to sign in with, such as wang.min"),
    Question("called", "HUAJIE_INIT_CALLED", "how colleagues call the administrator"),
    Question("region", "HUAJIE_INIT_REGION", "name of the region in Chinese, such as 青石县"),
    Question("region-en", "HUAJIE_INIT_REGION_EN", "name of the region in English"),
    Question("government", "HUAJIE_INIT_GOVERNMENT", "name of the government in Chinese, such as 青石县人民政府"),
    Question("government-en", "HUAJIE_INIT_GOVERNMENT_EN", "name of the government in English"),
    Question("level", "HUAJIE_INIT_LEVEL", "level of the region: province, prefecture, county, township", "county"),
    Question("calendar", "HUAJIE_INIT_CALENDAR", "calendar of working days", "cn"),
    Question("zone", "HUAJIE_INIT_ZONE", "time zone", "Asia/Shanghai"),
    Question("language", "HUAJIE_INIT_LANGUAGE", "language of the administrator's pages: zh-hans or en", "zh-hans"),
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of the founding."""
    group = parser.add_argument_group(
        "founding",
        "once, for an instance with nothing in it; what is left out is asked for, or taken from HUAJIE_INIT_*",
    )
    for question in QUESTIONS:
        default = f" (default: {question.default})" if question.default else ""
        group.add_argument(f"--{question.option}", metavar="TEXT", help=f"{question.asks}{default}")
    group.add_argument(
        "--password-file", type=Path, metavar="FILE", help="the administrator's password; without it a one-time code"
    )


def wanted(args: argparse.Namespace, environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether somebody asks for a founding."""
    return any(_given(args, question, environ) for question in QUESTIONS if question.default is None)


def _given(args: argparse.Namespace, question: Question, environ: Mapping[str, str]) -> str:
    said = getattr(args, question.option.replace("-", "_"), None)
    return str(said or environ.get(question.setting, "")).strip()


def answers(args: argparse.Namespace, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """
    Return what was said; on a terminal what is missing is asked for.

    Raises:
        ValueError: naming everything that is missing at once.
    """
    found, missing = {}, []
    for question in QUESTIONS:
        said = _given(args, question, environ)
        if not said and question.default is None and sys.stdin.isatty():
            said = input(f"{question.asks}: ").strip()
        said = said or question.default or ""
        if not said:
            missing.append(f"--{question.option} (or {question.setting}): {question.asks}")
        found[question.option] = said
    if missing:
        raise ValueError("missing:\n  " + "\n  ".join(missing))
    return found


def changes(said: Mapping[str, str], person: str) -> list[dict[str, Any]]:
    """Return the changes of the jurisdiction that found it."""
    region = {"zh": said["region"], "en": said["region-en"]}
    government = {"zh": said["government"], "en": said["government-en"]}
    return [
        {
            "do": "set_region",
            "id": REGION,
            "parent": None,
            "name": region,
            "level": said["level"],
            "calendar": said["calendar"],
            "zone": said["zone"],
        },
        {
            "do": "set_unit",
            "id": UNIT,
            "parent": None,
            "name": government,
            "region": REGION,
            "can_decide": True,
            "kind": "government",
        },
        {
            "do": "set_seat",
            "id": SEAT,
            "unit": UNIT,
            "title": {"zh": "系统管理员", "en": "Administrator"},
            "roles": list(ROLES),
        },
        # residents say what a thing is about; until there are topics, it is about something else
        {"do": "set_topic", "id": TOPIC, "parent": None, "name": {"zh": "其他事项", "en": "Something else"}},
        {"do": "start_posting", "seat": SEAT, "person": person},
        {
            "do": "set_settings",
            "backstop_unit": UNIT,
            "backstop_seat": SEAT,
            "intake_unit": UNIT,
            "intake_seat": SEAT,
            "pool": [],
        },
    ]


def found(said: Mapping[str, str], password: str | None, *, now: datetime) -> tuple[str, str | None]:
    """
    Found the jurisdiction, all of it or nothing.

    Args:
        password: the administrator's; None: they choose it later by a code.
    Returns:
        The name to sign in with, and the one-time code where there is one.
    Raises:
        ValueError: there is something already, or what was said does not fit.
    """
    from huajie.apps.jurisdiction import operations as jurisdiction
    from huajie.apps.jurisdiction.models import Account
    from huajie.apps.jurisdiction.queries import forget, snapshot
    from huajie.apps.procedure.calendars import load_calendars
    from huajie.core.access import SYSTEM

    stands = snapshot()
    count = Account.objects.count()
    if stands.version or count:
        raise ValueError(
            f"this instance is founded already ({len(stands.units)} units, {count} accounts), and that happens once; "
            "whoever administers it adds offices and accounts"
        )
    if said["calendar"] not in load_calendars():
        raise ValueError(f"--calendar: one of {', '.join(sorted(load_calendars()))}, not {said['calendar']!r}")
    try:
        with transaction.atomic():
            account, code = _account(said, password, now)
            jurisdiction.change(changes(said, account.person.hex), actor=SYSTEM, now=now)
    except jurisdiction.Refused as error:
        forget()
        raise ValueError(str(error)) from error
    except BaseException:
        forget()
        raise
    return account.username, code


def _account(said: Mapping[str, str], password: str | None, now: datetime) -> tuple[Any, str | None]:
    from huajie.apps.jurisdiction.operations import create_account

    who = {"username": said["admin"], "display_name": said["called"], "language": said["language"]}
    if password is not None:
        return create_account(**who, password=password, now=now), None
    from huajie.apps.accounts.operations import make_account
    from huajie.core.access import SYSTEM

    return make_account(**who, actor=SYSTEM, now=now)


def _password(args: argparse.Namespace) -> str | None:
    if args.password_file is not None:
        return str(args.password_file.read_text(encoding="utf-8")).rstrip("\n")
    if not sys.stdin.isatty():
        return None
    first = getpass.getpass("Password of the administrator (empty: a one-time code): ")
    if first and getpass.getpass("The same again: ") != first:
        raise ValueError("password: the two are not the same")
    return first or None


def run(args: argparse.Namespace) -> int:
    """Found the instance; 2 with a sentence where that can't be."""
    try:
        username, code = found(answers(args), _password(args), now=datetime.now(UTC))
    except OSError as error:
        print(f"huajie init: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    except (ValueError, EOFError) as error:
        print(f"huajie init: {error}", file=sys.stderr)
        return 2
    if code is None:
        print(f"Founded. {username} signs in at /desk/.")
    else:
        print(
            f"Founded. {username} chooses a password at /desk/sign-in/code/ by a one-time code, shown this once: {code}"
        )
    return 0
