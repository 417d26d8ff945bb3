"""
How somebody likes their lists of matters: which columns, and which filters they keep under a name.

It stands with the account, since every page of the desk reads that row anyhow. A kept filter is the part of an address
that says what is asked of the problem; whoever keeps it has seen to it that nothing else stands there.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import monotonic
from uuid import UUID

from django.db import transaction

from huajie.apps.accounts.models import SharedFilter
from huajie.apps.accounts.queries import uuid_of
from huajie.apps.jurisdiction.models import Account
from huajie.core.access import Actor
from huajie.core.masking import probable_names, shapes

#: filters that one account keeps, and that one unit shares
MOST, MOST_SHARED = 20, 40
#: characters of a filter's name
LONGEST = 40
#: seconds for which a unit's filters are shown as they were looked at
_SHARED_AGE = 10.0
_shared: dict[tuple[str, str], tuple[tuple["Shared", ...], float]] = {}


@dataclass(slots=True, frozen=True)
class Lists:
    #: names of columns in their order; empty: the usual ones
    columns: tuple[str, ...] = ()
    #: (name, the address's query), in the order in which they were kept
    kept: tuple[tuple[str, str], ...] = ()
    #: the same of the board of supervision
    views: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True, frozen=True)
class Shared:
    """A filter of a unit."""

    id: UUID
    name: str
    query: str


class BadFilter(ValueError):
    """
    A filter can't be kept; `why` says the reason.

    `name`: none, or a long one; `person`: its name tells who somebody is; `nothing`: it asks for nothing; `full`: there
    are as many as there may be; `no-unit`: the seat belongs to no unit.
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def lists_of(account: Account) -> Lists:
    """Return what an account has chosen, without a statement."""
    return _read(account.lists)


def _read(text: str) -> Lists:
    if not text:
        return Lists()
    found = json.loads(text)
    kept, views = (tuple((name, query) for name, query in found.get(which, ())) for which in ("kept", "views"))
    return Lists(tuple(found["columns"]), kept, views)


def choose_columns(account: Account, columns: Sequence[str], *, using: str = "default") -> None:
    """Keep which columns somebody wants to see; none: the usual ones."""
    with transaction.atomic(using=using):
        _write(account, replace(_locked(account, using), columns=tuple(columns)), using)


def _named(name: str, query: str) -> str:
    """Return the name under which a filter is kept; it never tells who somebody is."""
    typed = " ".join(name.split())
    if not typed or len(typed) > LONGEST:
        raise BadFilter("name")
    if shapes(typed) or probable_names(typed):
        raise BadFilter("person")
    if not query:
        raise BadFilter("nothing")
    return typed


def keep_filter(account: Account, name: str, query: str, *, using: str = "default") -> None:
    """
    Keep a filter under a name; one of the same name is replaced.

    Args:
        query: filters and order only; the caller has read them and written them down anew.
    Raises:
        BadFilter: see there.
    """
    _keep(account, "kept", name, query, using)


def keep_view(account: Account, name: str, query: str, *, using: str = "default") -> None:
    """
    Keep a view of the board under a name; as `keep_filter`.

    Raises:
        BadFilter: see there.
    """
    _keep(account, "views", name, query, using)


def drop_view(account: Account, name: str, *, using: str = "default") -> None:
    """Keep a view of the board no longer."""
    _drop(account, "views", name, using)


def share_filter(actor: Actor, name: str, query: str, *, using: str = "default") -> None:
    """
    Keep a filter for all who sit in the actor's unit; one of the same name is replaced.

    Args:
        query: as for `keep_filter`; the caller sees to it that it means the same from every seat.
    Raises:
        BadFilter: see there.
    """
    typed = _named(name, query)
    if actor.unit is None:
        raise BadFilter("no-unit")
    with transaction.atomic(using=using):
        rows = SharedFilter.objects.using(using).filter(unit=actor.unit)
        if rows.exclude(name=typed).count() >= MOST_SHARED:
            raise BadFilter("full")
        rows.update_or_create(unit=actor.unit, name=typed, defaults={"query": query})
    _shared.pop((using, actor.unit), None)


def unshare_filter(actor: Actor, which: str, *, using: str = "default") -> None:
    """Take a filter from those of the actor's unit; one that is not there stays away."""
    found = uuid_of(which)
    if found is not None and actor.unit is not None:
        SharedFilter.objects.using(using).filter(id=found, unit=actor.unit).delete()
        _shared.pop((using, actor.unit), None)


def shared_with(actor: Actor, *, fresh: bool = False, using: str = "default") -> tuple[Shared, ...]:
    """
    Return the filters of the actor's unit, by name; looked at every few seconds, since every list shows them.

    Args:
        fresh: look now: they were just changed, perhaps by another process.
    """
    if actor.unit is None:
        return ()
    key, now = (using, actor.unit), monotonic()
    known = _shared.get(key)
    if known is None or fresh or now - known[1] > _SHARED_AGE:
        rows = SharedFilter.objects.using(using).filter(unit=actor.unit).order_by("name")
        known = _shared[key] = tuple(Shared(row.id, row.name, row.query) for row in rows), now
    return known[0]


def drop_filter(account: Account, name: str, *, using: str = "default") -> None:
    """Keep a filter no longer."""
    _drop(account, "kept", name, using)


def _keep(account: Account, where: str, name: str, query: str, using: str) -> None:
    typed = _named(name, query)
    with transaction.atomic(using=using):
        lists = _locked(account, using)
        named = {**dict(getattr(lists, where)), typed: query}
        if len(named) > MOST:
            raise BadFilter("full")
        _write(account, replace(lists, **{where: tuple(named.items())}), using)


def _drop(account: Account, where: str, name: str, using: str) -> None:
    with transaction.atomic(using=using):
        lists = _locked(account, using)
        _write(account, replace(lists, **{where: tuple(one for one in getattr(lists, where) if one[0] != name)}), using)


def _locked(account: Account, using: str) -> Lists:
    row = Account.objects.using(using).select_for_update().only("lists").get(pk=account.pk)
    return _read(row.lists)


def _write(account: Account, lists: Lists, using: str) -> None:
    views = {"views": lists.views} if lists.views else {}
    account.lists = json.dumps({"columns": lists.columns, "kept": lists.kept, **views}, ensure_ascii=False)
    Account.objects.using(using).filter(pk=account.pk).update(lists=account.lists)
