"""The one writer: what it keeps, what it refuses, who wins."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from tests.support.standing_county import FOUNDED, day

from huajie.apps.ledger import queries as ledger_queries
from huajie.apps.matters import loading
from huajie.apps.matters.errors import Changed, KeyReused, UnknownMatter, UnknownPack
from huajie.apps.matters.models import Clock, Matter, Party, Text, Timer
from huajie.apps.matters.operations import Batch, Order, Submission, Written, act, submit, tick
from huajie.apps.matters.projection import project
from huajie.apps.matters.verify import verify
from huajie.apps.vault import operations as vault
from huajie.core.access import ANONYMOUS, SYSTEM, Actor, resident_of
from huajie.core.ledger import stamp
from huajie.core.procedure import Refused

Who = Callable[..., Actor]
ACKNOWLEDGE: dict[str, Any] = {"is_complaint": "complaint", "category": "other"}


def a_complaint(**more: Any) -> Submission:
    return Submission(
        **{
            "pack": "en.complaint",
            "topic": "t.water",
            "region": "r.qingshi",
            "texts": {"title": "路灯不亮", "text": "巷口路灯坏了两周。"},
            **more,
        }
    )


def test_when_a_number_is_given_matter_owner_clock_and_entry_are_there(county: Who) -> None:
    written = submit(a_complaint(), actor=ANONYMOUS, now=day(0))
    matter = Matter.objects.get(number=written.number)
    assert (matter.unit, matter.seat, matter.open, matter.n) == ("u.water", "s.water.head", True, 2)
    assert [entry.kind for entry in ledger_queries.entries_of(written.stream)] == ["matter.submitted", "clock.started"]
    # 5 working days from Monday 2 March 2026: Monday 9 March, so late from midnight in Shanghai
    assert [promise.last_date for promise in written.promised] == ["2026-03-09"]
    assert Clock.objects.get(matter=written.stream).due_at == datetime.fromisoformat("2026-03-09T16:00:00+00:00")
    assert Party.objects.filter(matter=written.stream, relation="lead").count() == 1


def test_one_statement_brings_a_matter_in_and_two_do_an_act(
    county: Who, django_assert_num_queries: Any, database: str
) -> None:
    """On PostgreSQL; on SQLite the same two steps, one `executemany` a table inside one transaction."""
    submit(a_complaint(), actor=ANONYMOUS, now=day(0))
    if database == "postgres":
        with django_assert_num_queries(1):
            written = submit(a_complaint(), actor=ANONYMOUS, now=day(0))
        officer = county(60)
        with django_assert_num_queries(2):
            act(written.number, acknowledge(written.n), actor=officer, now=day(1))
    else:
        written = submit(a_complaint(), actor=ANONYMOUS, now=day(0))
        with django_assert_num_queries(1):
            assert loading.load(written.number, using="default") is not None


def acknowledge(seen: int | None) -> Order:
    return Order(act="acknowledge", inputs=ACKNOWLEDGE, texts={"message": "收到。"}, seen=seen)


def test_an_act_works_after_the_driver_let_its_prepared_statements_go(
    county: Who, complaint: Written, database: str
) -> None:
    """As psycopg does after a rollback or a DROP on the same connection."""
    note = Order(act="add_note", texts={"note_text": "到现场看过。"})
    act(complaint.number, note, actor=county(60), now=day(2))
    if database == "postgres":
        with connection.cursor() as cursor:
            cursor.execute("DEALLOCATE ALL")
    assert act(complaint.number, note, actor=county(60), now=day(2)).n == complaint.n + 2


def test_the_second_of_two_is_told_what_changed(county: Who, complaint: Written) -> None:
    with pytest.raises(Changed) as told:
        act(complaint.number, acknowledge(2), actor=county(60), now=day(2))
    assert [body["kind"] for body in told.value.since] == ["matter.acknowledged", "clock.stopped", "clock.started"]


def test_two_that_read_the_same_state_cannot_both_write(county: Who) -> None:
    """The compare-and-swap of the row decides, not the look before."""
    brought = submit(a_complaint(), actor=ANONYMOUS, now=day(0))
    from huajie.apps.jurisdiction.queries import snapshot
    from huajie.apps.ledger.operations import Conflict
    from huajie.apps.matters.operations import Work

    works = []
    for _ in range(2):
        tip = loading.load(brought.number, using="default")
        assert tip is not None
        work = Work("default", snapshot())
        work.act(tip, acknowledge(None), actor=county(60), now=day(1))
        works.append(work)
    works[0].commit()
    with pytest.raises(Conflict):
        works[1].commit()
    assert len(ledger_queries.entries_of(brought.stream)) == 5
    assert verify().clean


def test_a_refusal_names_everything_and_changes_nothing(county: Who) -> None:
    brought = submit(a_complaint(), actor=ANONYMOUS, now=day(0))
    with pytest.raises(Refused) as refusal:
        act(brought.number, Order(act="acknowledge", inputs={"category": "nonsense"}), actor=county(60), now=day(1))
    assert {(unmet.code, unmet.path) for unmet in refusal.value.unmet} == {
        ("field-missing", "input.is_complaint"),
        ("field-invalid", "input.category"),
        ("field-missing", "input.message"),
    }
    assert len(ledger_queries.entries_of(brought.stream)) == 2


def test_a_stranger_and_a_wrong_role_are_refused(county: Who, complaint: Written) -> None:
    with pytest.raises(UnknownMatter):
        act(complaint.number, acknowledge(None), actor=county(20), now=day(2))
    with pytest.raises(Refused) as refusal:
        act(complaint.number, acknowledge(None), actor=county(1), now=day(2))
    assert "relation" in {unmet.code for unmet in refusal.value.unmet}
    with pytest.raises(UnknownMatter):
        act("22222-22222", acknowledge(None), actor=county(60), now=day(2))
    with pytest.raises(UnknownPack):
        submit(a_complaint(pack="xx.none"), actor=ANONYMOUS, now=day(0))


def test_a_repeat_returns_the_first_result_and_another_body_is_refused(county: Who) -> None:
    first = submit(a_complaint(idempotency=("public", "k1", "h1")), actor=ANONYMOUS, now=day(0))
    again = submit(a_complaint(idempotency=("public", "k1", "h1")), actor=ANONYMOUS, now=day(1))
    assert (again.number, again.secret, again.stream, again.replayed) == (
        first.number,
        first.secret,
        first.stream,
        True,
    )
    assert Matter.objects.count() == 1
    with pytest.raises(KeyReused):
        submit(a_complaint(idempotency=("public", "k1", "h2")), actor=ANONYMOUS, now=day(1))
    assert submit(a_complaint(idempotency=("desk", "k1", "h2")), actor=ANONYMOUS, now=day(1)).stream != first.stream


def test_contact_data_stands_nowhere_but_sealed(county: Who, complaint: Written, database: str) -> None:
    """Canaries of the contact are in no column of any table; only the vault's key opens them."""
    canaries = ["某某某", "19900001111"]
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        for table in tables:
            if table.startswith("matters_search_"):
                continue
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                for value in row:
                    raw = bytes(value) if isinstance(value, (bytes, memoryview)) else str(value).encode()
                    assert not any(canary.encode() in raw for canary in canaries), table
    tip = loading.load(complaint.number, using="default")
    assert tip is not None
    data_key = loading.data_key(tip)
    assert data_key is not None
    with connection.cursor() as cursor:
        cursor.execute("SELECT n, box FROM vault_secret WHERE name = 'contact'")
        n, box = cursor.fetchone()
    assert json.loads(vault.unseal(data_key, complaint.stream, n, "contact", bytes(box)))["name"] == "某某某"
    with pytest.raises(vault.Unreadable):
        vault.unseal(data_key, complaint.stream, n + 1, "contact", bytes(box))


def test_rows_are_what_the_state_says_after_every_act(county: Who, complaint: Written) -> None:
    tip = loading.load(complaint.stream, using="default")
    assert tip is not None and tip.state is not None
    rows = project(tip.state)
    assert set(Timer.objects.filter(matter=tip.stream).values_list("timer", flat=True)) == set(rows.timer)
    assert set(Clock.objects.filter(matter=tip.stream).values_list("key", "status")) == {
        ("acknowledgement", "met"),
        ("reply", "running"),
    }
    assert set(Text.objects.filter(matter=tip.stream).values_list("n", "name")) == {
        (1, "title"),
        (1, "text"),
        (1, "point"),
        (3, "message"),
    }


def test_time_never_runs_backwards_in_a_stream(county: Who, complaint: Written) -> None:
    """A server whose clock is behind records at the newest entry's moment, never before it."""
    written = act(
        complaint.number,
        Order(act="add_note", texts={"note_text": "电话核对了地点。"}, occurred_at=day(1)),
        actor=county(60),
        now=day(0),
    )
    entries = ledger_queries.entries_of(written.stream)
    assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)


def test_timers_fire_once_and_only_what_fell_due_is_read(county: Who, complaint: Written) -> None:
    due = sorted(Timer.objects.values_list("at", flat=True))
    assert tick(day(2)) == 0
    fired = tick(due[0])
    assert fired >= 1 and tick(due[0]) == 0
    assert tick(due[-1]) == len(due) - fired
    assert verify().clean


def test_a_batch_is_all_or_nothing_for_a_refusal_and_durable_at_the_flush(county: Who) -> None:
    with Batch(flush_entries=10_000) as batch:
        handles = [batch.submit(a_complaint(), actor=ANONYMOUS, now=day(0)) for _ in range(20)]
        for handle in handles[:10]:
            batch.act(handle, acknowledge(None), actor=county(60), now=day(1))
        with pytest.raises(Refused):
            batch.act(handles[0], acknowledge(None), actor=county(60), now=day(1))
        assert Matter.objects.count() == 0
    assert Matter.objects.count() == 20
    assert Matter.objects.filter(stage="stage_1").count() == 10
    assert batch.entries == 20 * 2 + 10 * 3
    assert verify().clean


def test_the_same_seed_writes_the_same_ledger(county: Who) -> None:
    from random import Random

    hashes = []
    for _ in range(2):
        batch = Batch(rng=Random(7))
        tip = batch.submit(a_complaint(), actor=ANONYMOUS, now=day(0))
        hashes.append((tip.stream, tip.number, tip.head))
    assert hashes[0] == hashes[1]


def test_a_resident_acts_with_the_secret_and_stands_in_no_entry(county: Who, complaint: Written) -> None:
    actor = resident_of(complaint.stream.hex)
    written = act(complaint.number, Order(act="withdraw", inputs={}, texts={}), actor=actor, now=day(3))
    body = json.loads(ledger_queries.entries_of(written.stream)[complaint.n].body)
    assert body["actor"] == {"kind": "resident"}
    other = submit(a_complaint(), actor=ANONYMOUS, now=day(3))
    with pytest.raises(UnknownMatter):
        act(other.number, Order(act="withdraw"), actor=actor, now=day(4))


def test_received_and_recorded_are_two_facts(county: Who) -> None:
    """A letter that came on Friday and was typed in on Monday: the clock counts from Friday, the entry says Monday."""
    friday, monday = day(4), day(7)
    written = submit(a_complaint(channel="letter", received_at=friday), actor=county(10), now=monday)
    entry = ledger_queries.entries_of(written.stream)[0]
    body = json.loads(entry.body)
    assert (body["at"], body["occurred"]) == (stamp(monday), stamp(friday))
    assert written.promised[0].last_date == "2026-03-13"
    assert FOUNDED < friday < monday and isinstance(written.stream, UUID)
    assert SYSTEM.kind == "system"
