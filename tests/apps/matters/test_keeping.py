"""When the keeping time is over the tick erases what was said: texts, index, identity, openings; the record stays."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from tests.support.standing_county import day

from huajie.apps.ledger import queries as ledger_queries
from huajie.apps.matters import loading, queries
from huajie.apps.matters.operations import Order, Written, act, tick
from huajie.apps.matters.projection import as_moment
from huajie.apps.matters.verify import verify
from huajie.core.access import Actor, resident_of
from huajie.core.procedure import RETENTION

pytestmark = pytest.mark.accept("P9")


def rows(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


def test_the_tick_erases_when_the_keeping_time_is_over_and_not_a_moment_before(
    complaint: Written, county: Callable[..., Actor]
) -> None:
    act(complaint.stream, Order(act="withdraw"), actor=resident_of(complaint.stream.hex), now=day(4))
    tip = loading.load(complaint.stream, using="default")
    assert tip is not None and tip.state is not None
    over = as_moment(tip.state.clocks[RETENTION].due_at)
    # six years from the day of the ending (tests/core/procedure/test_shipped_packs.py has the table)
    assert over.year == day(4).year + 6
    before = ledger_queries.entries_of(complaint.stream)
    tick(over - timedelta(seconds=1))
    assert rows("matters_text") and rows("vault_secret") and rows("vault_key")
    water = county(60)
    assert queries.search(water, "井盖").hits
    tick(over)
    assert (rows("matters_text"), rows("vault_secret"), rows("vault_key")) == (0, 0, 0)
    assert queries.search(water, "井盖").hits == ()
    after = ledger_queries.entries_of(complaint.stream)
    assert after[: len(before)] == before and len(after) > len(before)
    assert tick(over + timedelta(days=1)) == 0
    report = verify()
    assert report.clean, report.differences
