"""Every figure of the board is what a separate count over the entries gives, and its list has as many matters."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from tests.support.board_oracle import count, lives
from tests.support.standing_county import acknowledged, day

from huajie.apps.jurisdiction import queries as jurisdiction_queries
from huajie.apps.ledger import queries as ledger_queries
from huajie.apps.matters import figures
from huajie.apps.matters import operations as matters
from huajie.apps.matters.errors import Denied
from huajie.apps.matters.operations import Order, act
from huajie.apps.procedure.registry import packs
from huajie.apps.supervision import choices, queries
from huajie.apps.supervision.cases import refresh
from huajie.apps.supervision.ladder import climb
from huajie.core.access import SYSTEM, Actor, NotSeated, actor_for, resident_of
from huajie.core.procedure import Refused

UNTIL = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 15, 59, tzinfo=UTC)


def recounted(now: datetime) -> dict[str, int]:
    """The figures, from the entries."""
    ladder = choices.known()[0].ladder
    found = lives((record.stream.hex, json.loads(record.body)) for record in ledger_queries.iterate_entries())
    return count(found, now, percent=ladder.last_reminder_percent, stuck_days=ladder.stuck_workdays)


def shown(now: datetime, actor: Actor = SYSTEM) -> dict[str, int]:
    """The figures of the board; the system's lens is everything."""
    while refresh():
        pass
    queries.forget()
    return {name: many for name, many in queries.board(actor, now=now).figures.items() if many}


@pytest.mark.accept("S2")
@pytest.mark.parametrize("seed", [1, 7])
def test_every_figure_equals_a_recount_of_the_entries(transactional_db: None, seed: int) -> None:
    from huajie.edges.demo.load import load

    jurisdiction_queries.forget()
    matters.forget()
    load(matters=90, seed=seed, until=UNTIL, now=NOW)
    while refresh():
        pass
    climb(NOW)
    seen: set[str] = set()
    for now in (NOW, NOW + timedelta(days=9), NOW + timedelta(days=70)):
        found = shown(now)
        seen |= found.keys()
        assert found == {name: many for name, many in recounted(now).items() if many}
        for name, many in found.items():
            listed, after = 0, None
            while True:
                page = queries.lines(SYSTEM, name, now=now, after=after, limit=7)
                listed += len(page.lines)
                after = page.next
                if after is None:
                    break
            assert listed == many, name
        board = queries.board(SYSTEM, now=now)
        assert sum(board.waits.values()) == sum(board.ages) == board.figures["open"]
    # a board that shows nothing would agree with itself too
    assert {"open", "late", "soon", "stuck", "provisional"} <= seen


@pytest.mark.accept("S3")
def test_a_resident_who_comes_back_changes_no_performance_figure(county: Callable[..., Actor]) -> None:
    silent, back = (acknowledged(county) for _ in range(2))
    inputs = {"ending_reason": "cannot-be-resolved-now", "next_look_date": "2026-06-01"}
    for one in (silent, back):
        texts = {"route": "要等明年的预算。"}
        act(one.stream, Order(act="propose_ending", inputs=inputs, texts=texts), actor=county(60, day(4)), now=day(4))
        note = {"note_text": "核对过了。"}
        act(one.stream, Order(act="confirm_ending", texts=note), actor=county(12, day(5)), now=day(5))

    def performance() -> dict[str, figures.Dates]:
        figures.forget_figures()
        return figures.dates_by_unit(day(-30), day(60), figures.clocks_of(packs().values()), now=day(60))[1]

    before = performance()
    assert sum(one.due for one in before.values()) > 0
    reason = {"inputs": {"reopen_ground": "not-fulfilled"}, "texts": {"reason": "井盖还是坏的。"}}
    act(back.stream, Order(act="reopen", **reason), actor=resident_of(back.stream.hex), now=day(8))
    assert performance() == before
    matters.tick(day(59))
    assert performance() == before
    # the board says that it is open again, and that is no performance figure
    assert shown(day(60))["reopened"] == 1


@pytest.mark.accept("S3")
def test_whoever_comes_back_on_generated_histories_changes_no_performance_figure(transactional_db: None) -> None:
    from huajie.edges.demo.load import load

    jurisdiction_queries.forget()
    matters.forget()
    load(matters=120, seed=3, until=UNTIL, now=NOW)
    spans = [(NOW - timedelta(days=400), NOW), (NOW - timedelta(days=54), NOW - timedelta(days=23))]

    def performance() -> list[dict[str, figures.Dates]]:
        found = []
        for since, until in spans:
            figures.forget_figures()
            found.append(figures.dates_by_unit(since, until, figures.clocks_of(packs().values()), now=NOW)[1])
        return found

    before = performance()
    assert sum(one.due for one in before[0].values()) > 50
    came: Counter[str] = Counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM matters_matter")
        streams = [row[0] if isinstance(row[0], UUID) else UUID(row[0]) for row in cursor.fetchall()]
    later = NOW + timedelta(minutes=1)
    for stream in streams:
        for name in ("reopen", "ask_review", "ask_re_review", "escalate", "object"):
            inputs = {"reopen_ground": "not-fulfilled"} if name == "reopen" else {}
            order = Order(act=name, inputs=inputs, texts={"reason": "问题还在。"})
            try:
                act(stream, order, actor=resident_of(stream.hex), now=later)
            except (Refused, Denied):
                continue
            came[name] += 1
            break
    assert came["reopen"] >= 5
    assert came["ask_review"] + came["escalate"] >= 1
    assert performance() == before


def test_clocks_that_a_resident_starts_by_coming_back_count_for_nobody() -> None:
    counted = set(figures.clocks_of(packs().values()))
    assert ("en.complaint", "reply") in counted
    assert ("en.complaint", "actions") not in counted
    # nobody answers a second stage but because somebody came back
    assert ("en.complaint", "stage_2_reply") not in counted
    assert not {pack for pack, _ in counted} & {"cn.petition.review", "cn.petition.re-review", "cn.supervision"}


@pytest.mark.accept("S6")
def test_a_unit_sees_its_own_figures_and_nobody_elses(county: Callable[..., Any]) -> None:
    acknowledged(county)
    water, housing = county(60, day(40)), county(20, day(40))
    assert shown(day(40), water)["late"] == 1
    assert shown(day(40), housing) == {}
    assert not queries.lines(housing, "open", now=day(40)).lines


def test_what_is_counted_for_an_actor_is_what_is_listed_for_them(transactional_db: None) -> None:
    """Counting asks core/access in another way than the list does; both must come to the same for everybody."""
    from huajie.edges.demo.load import load

    jurisdiction_queries.forget()
    matters.forget()
    load(matters=60, seed=5, until=UNTIL, now=NOW)
    jurisdiction = jurisdiction_queries.snapshot()
    sizes = set()
    while refresh():
        pass
    for posting in jurisdiction.postings:
        try:
            actor = actor_for(jurisdiction, posting.person, posting.seat, NOW)
        except NotSeated:
            continue
        queries.forget()
        counted = queries.board(actor, now=NOW).figures["open"]
        assert counted == len(queries.lines(actor, "open", now=NOW, limit=500).lines), posting.seat
        sizes.add(counted)
    assert len(sizes) > 5
