"""
Writing: changes of the jurisdiction as entries of its stream, accounts, tokens.

    JurisdictionError
    └── NotAllowed      the actor may not change the jurisdiction

Signing in is `apps/accounts`; where regions lie is `boundaries`.
"""

import hashlib
import ipaddress
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from huajie.apps.jurisdiction import queries
from huajie.apps.jurisdiction.models import Account, Token
from huajie.apps.jurisdiction.rows import HEAD, STORED, settings_columns
from huajie.apps.ledger.operations import Changes, add_entries, commit_changes
from huajie.core.access import Actor, may, relations
from huajie.core.jurisdiction import KIND, STREAM, Fault, Jurisdiction, NoOwner, Refused, apply, decide_change
from huajie.core.ledger import Draft, seal_entries

__all__ = [
    "JurisdictionError",
    "NoOwner",
    "NotAllowed",
    "Refused",
    "Trial",
    "change",
    "check_new_password",
    "create_account",
    "end_token",
    "is_loopback",
    "issue_token",
    "must_change",
    "revoke_token",
    "token_account",
    "try_change",
]

#: How long a token works when nothing else is asked.
TOKEN_DAYS = 90
_SHORTEST_PASSWORD = 10


class JurisdictionError(Exception):
    """Something about accounts or the jurisdiction stands against it."""


class NotAllowed(JurisdictionError):
    """This seat may not change who answers for what."""


def change(
    changes: Sequence[Mapping[str, Any]],
    *,
    actor: Actor,
    now: datetime,
    ordered_by: Actor | None = None,
    because: Mapping[str, str] | None = None,
    open_matters_by_seat: Mapping[str, int] | None = None,
    sponsored_by_seat: Mapping[str, int] | None = None,
    random: Callable[[int], bytes] = secrets.token_bytes,
    using: str = "default",
) -> Jurisdiction:
    """
    Change who answers for what: one entry of the jurisdiction stream and its rows, together.

    Args:
        changes: see `core/jurisdiction/changes.py`.
        actor: from `actor_for`, or SYSTEM when the instance is founded.
        now: aware UTC.
        ordered_by: who asked for it, where the system does it for a seat that may arrange this much and no more.
        because: why, and from which file; stands in the entry for good.
        open_matters_by_seat: how many open matters each seat answers for.
        sponsored_by_seat: how many of them it sponsors.
        random: source of the entry's secret.
    Returns:
        The jurisdiction as it stands then.
    Raises:
        NotAllowed: the actor's seat has no such right.
        Refused: with everything that speaks against the changes.
        Conflict, GuardFailed: somebody changed it at the same time; ask again.
    """
    must_change(actor)
    before = queries.snapshot(using=using)
    version, head = queries.head_of(using=using)
    if version != before.version:
        before = queries.snapshot(using=using)
    effects = decide_change(
        before, changes, now=now, open_matters_by_seat=open_matters_by_seat, sponsored_by_seat=sponsored_by_seat
    )
    _refuse_strangers(effects, using)
    after = apply(before, before.version + 1, effects)
    asked: dict[str, Any] = dict(because or {})
    if ordered_by is not None:
        asked["ordered_by"] = {"person": ordered_by.person, "seat": ordered_by.seat}
    draft = Draft(
        kind=KIND,
        public_kind=KIND,
        act="change",
        actor={"kind": actor.kind, "person": actor.person, "seat": actor.seat},
        input={
            **(
                {"ordered_by": {"person": ordered_by.person, "seat": ordered_by.seat}} if ordered_by is not None else {}
            ),
            **(because or {}),
        },
        effects=effects,
        jurisdiction=before.version,
    )
    entries = seal_entries(
        [draft],
        stream=STREAM,
        # Everybody may know which leaves are about the jurisdiction: its case reference is no secret.
        case_ref=STREAM.bytes,
        n=after.version,
        prev=head,
        at=now,
        seeds=[random(32)],
    )
    written = Changes()
    add_entries(written, entries, random=random)
    for stored in STORED:
        old, new = getattr(before, stored.table), getattr(after, stored.table)
        if old is not new:
            rows = [stored.row_of(row) for row in new if old.get(row.id) != row]
            if rows:
                written.upsert(stored.spec, rows)
    leaf_hash = entries[-1].leaf_hash
    written.update(
        HEAD,
        {"id": 1},
        {"version": after.version, "head": leaf_hash, **settings_columns(after.settings)},
        expect={"version": before.version},
    )
    commit_changes(written, using=using)
    queries.remember(using, after, leaf_hash)
    return after


def must_change(actor: Actor) -> None:
    """Raise NotAllowed unless the actor may change who answers for what."""
    if not may("change_jurisdiction", "ordinary", relations(actor)):
        raise NotAllowed(actor.seat or actor.kind)


@dataclass(frozen=True, slots=True)
class Trial:
    """What changes would do."""

    #: Effects in order; empty where something speaks against them.
    effects: tuple[dict[str, Any], ...] = ()
    #: Everything that speaks against them.
    faults: tuple[Fault, ...] = ()


def try_change(
    changes: Sequence[Mapping[str, Any]],
    *,
    actor: Actor,
    now: datetime,
    open_matters_by_seat: Mapping[str, int] | None = None,
    sponsored_by_seat: Mapping[str, int] | None = None,
    newcomers: frozenset[str] = frozenset(),
    using: str = "default",
) -> Trial:
    """
    Return what `change` would write and everything that speaks against it; nothing is written.

    Args:
        newcomers: persons (uuid hex) who would have an account by then.
    Raises:
        NotAllowed: the actor's seat has no such right.
    """
    must_change(actor)
    try:
        effects = decide_change(
            queries.snapshot(using=using),
            changes,
            now=now,
            open_matters_by_seat=open_matters_by_seat,
            sponsored_by_seat=sponsored_by_seat,
        )
        _refuse_strangers(effects, using, newcomers)
    except Refused as refusal:
        return Trial(faults=refusal.faults)
    return Trial(effects=effects)


def _refuse_strangers(
    effects: Sequence[Mapping[str, Any]], using: str, newcomers: frozenset[str] = frozenset()
) -> None:
    """Refuse to post somebody who has no account: nobody is invented to fill a seat."""
    posted = {effect["person"] for effect in effects if effect["e"] == "posting.started"}
    known = set(newcomers)
    people = sorted(posted - known)
    for start in range(0, len(people), 500):
        found = Account.objects.using(using).filter(person__in=[UUID(hex=one) for one in people[start : start + 500]])
        known |= {person.hex for person in found.values_list("person", flat=True)}
    if posted - known:
        raise Refused(
            [
                Fault("unknown", effect["seat"], (("person", effect["person"]),))
                for effect in effects
                if effect["e"] == "posting.started" and effect["person"] not in known
            ]
        )


# Accounts -------------------------------------------------------------------------------------------------------------


def create_account(
    *,
    username: str,
    display_name: str,
    password: str | None,
    now: datetime,
    person: UUID | None = None,
    language: str = "zh-hans",
    demo: bool = False,
    using: str = "default",
) -> Account:
    """
    Make an account for an officer. It can do nothing until a posting puts its person on a seat.

    Args:
        username: letters, digits, `.`, `_`, `-`; lower case.
        password: at least 10 characters unless `demo`; None where the owner sets it later by a one-time code.
        person: the code by which entries name them; a new one when left out.
        demo: the password is printed at the start, so sign-in is refused from any other machine.
    Raises:
        ValueError: name or password don't fit, or the name is taken; the message begins with the argument.
    """
    if not username or not all(letter.isascii() and (letter.isalnum() or letter in "._-") for letter in username):
        raise ValueError("username: letters, digits, dots, hyphens and underscores only")
    if not display_name.strip():
        raise ValueError("display_name: how colleagues call them")
    if password is not None and not demo:
        check_new_password(password)
    manager = Account.objects.using(using)
    if manager.filter(username=username.lower()).exists():
        raise ValueError("username: taken")
    account = Account(
        username=username.lower(),
        display_name=display_name.strip(),
        password=make_password(password),
        language=language,
        demo=demo,
        created_at=now,
        **({"person": person} if person is not None else {}),
    )
    account.save(using=using, force_insert=True)
    return account


def check_new_password(password: str) -> None:
    """
    See that a password may be set.

    Raises:
        ValueError: too short, too long, or a list of common passwords has it.
    """
    if len(password) < _SHORTEST_PASSWORD:
        raise ValueError(f"password: at least {_SHORTEST_PASSWORD} characters")
    if len(password) > 200:
        raise ValueError("password: at most 200 characters")
    try:
        CommonPasswordValidator().validate(password)
    except ValidationError:
        raise ValueError("password: too common") from None


def is_loopback(address: str | None) -> bool:
    """Return whether a client's address is this machine's own; an address nobody can read is not."""
    try:
        found = ipaddress.ip_address((address or "").strip())
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped.is_loopback
    return found.is_loopback


# Tokens ---------------------------------------------------------------------------------------------------------------


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def issue_token(
    account: Account,
    seat: str,
    *,
    now: datetime,
    days: int = TOKEN_DAYS,
    factored: bool = False,
    random: Callable[[int], bytes] = secrets.token_bytes,
    using: str = "default",
) -> tuple[str, Token]:
    """
    Return a new token for programs, and its row. The token itself is shown once and kept nowhere.

    Args:
        seat: acted from; the person must sit there now.
        days: how long it works, 1 to 366.
        factored: two factors were shown for it.
    Raises:
        NotSeated: the person does not sit there.
        ValueError: days out of range.
    """
    if not 1 <= days <= 366:
        raise ValueError("days: 1 to 366")
    queries.actor_of(account, seat, at=now, using=using)
    token = f"hj_{random(32).hex()}"
    row = Token(
        digest=_digest(token),
        account=account,
        seat=seat,
        factored=factored,
        last_four=token[-4:],
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    row.save(using=using, force_insert=True)
    return token, row


def token_account(
    token: str, *, address: str | None, now: datetime, using: str = "default"
) -> tuple[Account, str, bool] | None:
    """
    Return account and seat of a token that works and whether two factors were shown for it, or None. One query.

    Whether the person still sits there is for `actor_of` to say.
    """
    row = Token.objects.using(using).select_related("account").filter(digest=_digest(token)).first()
    if row is None or row.revoked_at is not None or now >= row.expires_at or not row.account.is_active:
        return None
    if row.account.demo and not is_loopback(address):
        return None
    return row.account, row.seat, row.factored


def revoke_token(token_id: UUID, *, account: Account, now: datetime, using: str = "default") -> bool:
    """End one of the account's own tokens; False when it has none such or it had ended."""
    found = Token.objects.using(using).filter(id=token_id, account=account, revoked_at=None)
    return found.update(revoked_at=now) == 1


def end_token(token: str, *, now: datetime, using: str = "default") -> bool:
    """End the token that somebody is signed in with; False when it had ended."""
    return Token.objects.using(using).filter(digest=_digest(token), revoked_at=None).update(revoked_at=now) == 1
