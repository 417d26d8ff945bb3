"""
Make the invented county: its offices and people, and what eighteen months brought, through the one writer.

The same seed, number and last day give the same entries to the byte. Every account is a demo account: its password is
printed, so it signs in from this machine only.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password
from django.db import transaction

from huajie.apps.jurisdiction import boundaries
from huajie.apps.jurisdiction import operations as jurisdiction_operations
from huajie.apps.jurisdiction.models import Account
from huajie.apps.jurisdiction.queries import snapshot
from huajie.apps.matters.models import Matter
from huajie.apps.matters.operations import Batch
from huajie.apps.procedure.calendars import load_calendars
from huajie.core.access import SYSTEM
from huajie.edges.demo import county, histories, supervision
from huajie.edges.demo.world import Days, World

#: How far back the history goes.
MONTHS_DAYS = 548
#: The offices stood two weeks before the first matter came.
_FOUNDED_BEFORE = 14

#: Entries that one transaction holds: the more, the fewer times the row of a matter is written.
FLUSH_ENTRIES = 24_000

Tell = Callable[[str], None]


class NotEmpty(Exception):
    """The database holds something that the demo did not make; the message says what to do."""


@dataclass(slots=True)
class Loaded:
    """What came of loading."""

    matters: int
    entries: int
    begins: date
    until: date
    #: what the packs refused to the scripts, each with its reason; normally none
    refused: tuple[str, ...] = ()


def load(
    *,
    matters: int,
    seed: int,
    until: date,
    now: datetime,
    anyway: bool = False,
    tell: Tell | None = None,
    using: str = "default",
    flush_entries: int = FLUSH_ENTRIES,
) -> Loaded:
    """
    Load the county.

    Args:
        matters: how many; some of them open others for review, which come on top.
        seed: the same one gives the same county.
        until: the local day on which history ends.
        now: aware UTC; nothing is recorded later than this.
        anyway: also where there are matters or offices already.
        tell: called with lines about progress.
        flush_entries: entries that one transaction holds.
    Raises:
        NotEmpty: there is something already, and not `anyway`.
    """
    _must_be_empty(using, anyway)
    say = tell or (lambda line: None)
    first = until - timedelta(days=MONTHS_DAYS)
    world = prepare(
        matters=matters, seed=seed, until=until, now=now, tell=say, using=using, flush_entries=flush_entries
    )
    if supervision.LEAST <= matters <= supervision.MOST:
        supervision.begin(world, load_calendars()["cn"], until)
    told = [0]

    def progress(written: int) -> None:
        if written - told[0] >= 20_000:
            told[0] = written
            say(f"{written} entries, {world.matters} matters, up to {world.days['cn'].local_date(world.now)}")

    # Matters by the thousand, none of them garbage before the end: looking for cycles would take half the time.
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        world.run(progress)
        world.close()
    finally:
        gc.enable()
        gc.unfreeze()
    return Loaded(world.matters, world.written, first, until, tuple(world.refused))


def prepare(
    *,
    matters: int,
    seed: int,
    until: date,
    now: datetime,
    tell: Tell,
    using: str = "default",
    flush_entries: int = FLUSH_ENTRIES,
) -> World:
    """Found the county and let every matter of eighteen months stand in its queue; nothing of them has happened yet."""
    rng = Random(seed)
    zone = ZoneInfo("Asia/Shanghai")
    first = until - timedelta(days=MONTHS_DAYS)
    founded = first - timedelta(days=_FOUNDED_BEFORE)
    calendars = load_calendars()
    span = (founded - timedelta(days=10), until + timedelta(days=300))
    days = {
        "cn": Days(calendars["cn"], zone, *span, opens=8, closes=18),
        "england": Days(calendars["england"], ZoneInfo("Europe/London"), *span, opens=9, closes=17),
    }
    founded_at = days["cn"].local_moment(founded, 9 * 3600)
    end = min(now, datetime.combine(until + timedelta(days=1), datetime.min.time(), zone).astimezone(UTC))
    if county.COUNTY not in snapshot(using=using).regions:
        found_county(rng, founded_at, using)
        tell(f"{len(county.units())} units, {len(county.seats())} seats, {len(county.topics())} topics")
    world = World(
        rng,
        begins=founded_at,
        until=end,
        batch=lambda: Batch(using=using, flush_entries=flush_entries, rng=rng),
        jurisdiction=lambda: snapshot(using=using),
        days=days,
    )
    if snapshot(using=using).version == 1:
        for share, changes in county.moves():
            moment = days["cn"].local_moment(first + timedelta(days=int(share * MONTHS_DAYS)), 8.2 * 3600)
            world.at(moment, _move(world, changes, rng, using))
    histories.begin_all(world, rng, matters, first, until)
    return world


def _must_be_empty(using: str, anyway: bool) -> None:
    if anyway:
        return
    if Matter.objects.using(using).exists():
        raise NotEmpty("there are matters already: use an empty HUAJIE_DATA, or say --anyway to add invented ones")
    if len(snapshot(using=using).units):
        raise NotEmpty("there are offices already: use an empty HUAJIE_DATA, or say --anyway to add invented ones")


def found_county(rng: Random, at: datetime, using: str) -> None:
    """Make accounts, offices, seats, topics, remits and boundaries."""
    password = make_password(county.PASSWORD)
    with transaction.atomic(using=using):
        known = set(Account.objects.using(using).values_list("username", flat=True))
        Account.objects.using(using).bulk_create(
            Account(
                username=person.username,
                person=UUID(hex=person.hex),
                display_name=person.name,
                language=person.language,
                # one costly hash for all of them: the password is printed anyway
                password=password,
                demo=True,
                created_at=at,
            )
            for person in county.people()
            if person.username not in known
        )
    jurisdiction_operations.change(county.founding(), actor=SYSTEM, now=at, random=rng.randbytes, using=using)
    people = county.population()
    given = {
        region: boundaries.Given(geometry, people.get(region), "虚构 / invented, 2025" if region in people else "")
        for region, geometry in county.boundaries().items()
    }
    boundaries.set_boundaries(given, actor=SYSTEM, now=at, using=using)


def _move(world: World, changes: list[dict[str, object]], rng: Random, using: str) -> histories.Script:
    """Change who sits where, at its moment in the history."""
    world.moved(
        lambda now: _change(changes, now, rng, using),
    )
    return
    yield  # a script, like the matters'


def _change(changes: list[dict[str, object]], now: datetime, rng: Random, using: str) -> None:
    jurisdiction_operations.change(changes, actor=SYSTEM, now=now, random=rng.randbytes, using=using)
