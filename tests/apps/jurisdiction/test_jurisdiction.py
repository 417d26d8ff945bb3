"""The jurisdiction stored: its stream, its rows, its snapshots, the accounts and the places."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from tests.support.small_county import FOUNDING, NOW, person, posting, seat, topic, unit

from huajie.apps.jurisdiction import operations, queries
from huajie.apps.jurisdiction.boundaries import Given, set_boundaries
from huajie.apps.jurisdiction.models import Account, Token, Unit
from huajie.apps.ledger import queries as ledger
from huajie.apps.ledger.operations import Conflict
from huajie.core.access import SYSTEM, NotSeated
from huajie.core.jurisdiction import KIND, STREAM, Jurisdiction, Refused
from huajie.core.ledger import check_chain

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=1)


@pytest.fixture(autouse=True)
def _nothing_kept():
    queries.forget()
    yield
    queries.forget()


def account(number: int, **more) -> Account:
    return operations.create_account(
        username=f"officer{number}",
        display_name=f"Officer {number}",
        password=more.pop("password", "correct horse battery"),
        person=UUID(hex=person(number)),
        now=NOW,
        **more,
    )


@pytest.fixture
def founded() -> Jurisdiction:
    Account.objects.bulk_create(
        Account(username=f"p{one}", display_name=f"P {one}", person=UUID(hex=one), created_at=NOW, password="!")
        for one in sorted({change["person"] for change in FOUNDING if change["do"] == "start_posting"})
    )
    return operations.change(FOUNDING, actor=SYSTEM, now=NOW)


def test_a_change_is_one_entry_and_its_rows_and_both_make_the_same_snapshot(founded):
    operations.change([topic("t.new")], actor=SYSTEM, now=LATER)
    last = operations.change([{"do": "close_unit", "id": "u.water", "successor": "u.housing"}], actor=SYSTEM, now=LATER)
    records = ledger.entries_of(STREAM)
    assert [record.n for record in records] == [1, 2, 3]
    assert {record.kind for record in records} == {KIND}
    assert check_chain(records) == []
    assert queries.read_rows() == last == queries.History().at(3) == queries.snapshot()
    assert queries.snapshot_at(1) == founded
    assert queries.snapshot_at(0) == Jurisdiction.empty()
    assert queries.versions()(2).topics["t.new"].version == 1
    assert queries.versions()(4) is None
    with pytest.raises(queries.NoSuchVersion):
        queries.snapshot_at(4)


def test_a_row_changed_by_hand_differs_from_the_fold_of_the_entries(founded):
    Unit.objects.filter(id="u.liutan.east").update(can_decide=True)
    assert queries.read_rows() != queries.History().at(1)
    assert queries.History().at(1) == founded


def test_a_snapshot_costs_one_query_or_none(founded, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert queries.snapshot() is founded
    with django_assert_num_queries(0):
        assert queries.snapshot(max_age=60) is founded


def test_a_snapshot_kept_by_one_process_follows_what_another_writes(founded):
    kept = queries._cache["default"]
    changed = operations.change([topic("t.new")], actor=SYSTEM, now=LATER)
    queries._cache["default"] = kept
    found = queries.snapshot()
    assert found == changed
    assert "t.new" in found.topics


def test_two_changes_at_once_do_not_both_win(founded, monkeypatch):
    real = queries.head_of
    second = []

    def interrupted(**more):
        found = real(**more)
        if not second:
            second.append(1)
            monkeypatch.setattr(queries, "head_of", real)
            operations.change([topic("t.first")], actor=SYSTEM, now=LATER)
        return found

    monkeypatch.setattr(queries, "head_of", interrupted)
    with pytest.raises(Conflict):
        operations.change([topic("t.second")], actor=SYSTEM, now=LATER)
    assert queries.snapshot().version == 2
    assert "t.first" in queries.snapshot().topics
    assert "t.second" not in queries.snapshot().topics


def test_only_an_administrator_changes_it(founded):
    def actor(number, seat_code):
        return queries.actor_of(Account.objects.get(person=UUID(hex=person(number))), seat_code, at=LATER)

    with pytest.raises(operations.NotAllowed):
        operations.change([topic("t.new")], actor=actor(1, "s.gov.head"), now=LATER)
    assert operations.change([topic("t.new")], actor=actor(2, "s.gov.admin"), now=LATER).version == 2
    with pytest.raises(operations.NotAllowed):
        set_boundaries({"r.yunxi": Given({})}, actor=actor(1, "s.gov.head"), now=LATER)


def test_nobody_is_invented_to_fill_a_seat(founded):
    with pytest.raises(Refused) as refused:
        operations.change(
            [unit("u.new", "u.gov"), seat("s.new", "u.new", "handler"), posting("s.new", 98)], actor=SYSTEM, now=LATER
        )
    assert [(fault.path, fault.code) for fault in refused.value.faults] == [("s.new", "unknown")]
    assert queries.snapshot().version == 1
    assert len(ledger.entries_of(STREAM)) == 1


def test_a_refused_change_leaves_nothing(founded):
    with pytest.raises(Refused):
        operations.change([topic("t.fine"), topic("wrong")], actor=SYSTEM, now=LATER)
    assert "t.fine" not in queries.read_rows().topics
    assert len(ledger.entries_of(STREAM)) == 1


def test_names_and_titles_stay_out_of_what_says_who_sat_where(founded):
    for record in ledger.entries_of(STREAM):
        for name in Account.objects.values_list("display_name", "username"):
            assert name[0].encode() not in record.body
            assert b'"' + name[1].encode() + b'"' not in record.body


# Accounts -------------------------------------------------------------------------------------------------------------


def test_a_short_password_and_a_name_that_is_taken_are_refused():
    account(1)
    with pytest.raises(ValueError, match="password"):
        account(2, password="short")
    with pytest.raises(ValueError, match="username"):
        account(1)


def test_a_token_works_for_its_seat_until_it_ends_and_is_kept_only_as_a_digest(founded):
    clerk = Account.objects.get(person=UUID(hex=person(20)))
    token, row = operations.issue_token(clerk, "s.housing.one", now=NOW, days=1)
    assert operations.token_account(token, address="192.0.2.7", now=NOW) == (clerk, "s.housing.one", False)
    assert operations.token_account(token, address=None, now=NOW + timedelta(days=1)) is None
    assert operations.token_account(token + "0", address=None, now=NOW) is None
    stored = Token.objects.values().get()
    assert token not in repr(stored)
    assert stored["last_four"] == token[-4:]
    other = Account.objects.get(person=UUID(hex=person(21)))
    assert not operations.revoke_token(row.id, account=other, now=NOW)
    assert operations.revoke_token(row.id, account=clerk, now=NOW)
    assert operations.token_account(token, address=None, now=NOW) is None
    with pytest.raises(NotSeated):
        operations.issue_token(clerk, "s.labour.one", now=NOW)


def test_a_token_of_a_demo_account_works_on_this_machine_only(founded):
    Account.objects.filter(person=UUID(hex=person(20))).update(demo=True)
    clerk = Account.objects.get(person=UUID(hex=person(20)))
    token, _ = operations.issue_token(clerk, "s.housing.one", now=NOW)
    assert operations.token_account(token, address="192.0.2.7", now=NOW) is None
    assert operations.token_account(token, address="127.0.0.1", now=NOW) == (clerk, "s.housing.one", False)


# Places ---------------------------------------------------------------------------------------------------------------


def square(west: float, south: float, size: float) -> dict:
    east, north = west + size, south + size
    return {
        "type": "Polygon",
        "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
    }


def test_a_point_lies_in_the_innermost_region(founded):
    for code, shape in (
        ("r.yunxi", square(110, 30, 1)),
        ("r.qingshi", square(110, 30, 0.5)),
        ("r.liutan", square(110.5, 30, 0.5)),
        ("r.qingshi.east", square(110.25, 30.25, 0.25)),
    ):
        set_boundaries({code: Given(shape)}, actor=SYSTEM, now=NOW)
    assert queries.region_at(110.1, 30.1) == "r.qingshi"
    assert queries.region_at(110.3, 30.3) == "r.qingshi.east"
    assert queries.region_at(110.7, 30.1) == "r.liutan"
    assert queries.region_at(110.1, 30.9) == "r.yunxi"
    assert queries.region_at(100, 20) is None
    # on the border between two townships the answer is one, and always the same
    assert queries.region_at(110.5, 30.1) == "r.liutan"
    with pytest.raises(ValueError):
        queries.region_at(30, 110)


@pytest.mark.parametrize(
    ("region", "geometry", "message"),
    [
        ("r.nowhere", square(0, 0, 1), "region"),
        ("r.yunxi", {"type": "Point", "coordinates": [1, 2]}, "geometry"),
        ("r.yunxi", {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}, "geometry"),
        ("r.yunxi", {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 1], [1, 0], [0, 0]]]}, "geometry"),
    ],
)
def test_a_boundary_that_is_none_is_refused(founded, region, geometry, message):
    with pytest.raises(ValueError, match=message):
        set_boundaries({region: Given(geometry)}, actor=SYSTEM, now=NOW)


def test_a_place_is_found_quickly_among_many(founded):
    set_boundaries({"r.yunxi": Given(square(110, 30, 1))}, actor=SYSTEM, now=NOW)
    queries.region_at(110.5, 30.5)
    queries.snapshot()
    before = len(connection.queries_log)
    connection.force_debug_cursor = True
    try:
        for number in range(50):
            queries.region_at(110 + number / 50, 30.5)
    finally:
        connection.force_debug_cursor = False
    assert len(connection.queries_log) == before
