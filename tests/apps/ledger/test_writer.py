"""The one writer: all or nothing, guarded, the same on both databases."""

import os
import threading
from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import IntegrityError, OperationalError, connection, models, transaction
from django.test.utils import CaptureQueriesContext

from huajie.apps.ledger import operations as ledger
from huajie.apps.ledger.models import Entry, Opening
from huajie.apps.ledger.operations import Changes, TableSpec, commit_changes

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 23, 14, 18, 55, 123456, tzinfo=UTC)

KINDS = ledger.register_table(
    TableSpec(
        "ledgertest_kinds",
        {
            "id": "uuid",
            "words": "text",
            "small": "int",
            "big": "bigint",
            "real": "float",
            "flag": "bool",
            "at": "moment",
            "day": "date",
            "raw": "bytes",
            "data": "json",
        },
        key=("id",),
    )
)
PAIRS = ledger.register_table(
    TableSpec(
        "ledgertest_pairs",
        {"left_id": "int", "right_id": "int", "n": "int", "note": "text"},
        key=("left_id", "right_id"),
    )
)


class Kinds(models.Model):  # noqa: DJ008
    id = models.UUIDField(primary_key=True)
    words = models.TextField(null=True)  # noqa: DJ001
    small = models.IntegerField(null=True)
    big = models.BigIntegerField(null=True)
    real = models.FloatField(null=True)
    flag = models.BooleanField(null=True)
    at = models.DateTimeField(null=True)
    day = models.DateField(null=True)
    raw = models.BinaryField(null=True)
    data = models.JSONField(null=True)

    class Meta:
        app_label = "ledgertest"
        db_table = "ledgertest_kinds"
        managed = False


class Pairs(models.Model):  # noqa: DJ008
    pk = models.CompositePrimaryKey("left_id", "right_id")
    left_id = models.IntegerField()
    right_id = models.IntegerField()
    n = models.IntegerField(db_default=0)
    note = models.TextField(db_default="")

    class Meta:
        app_label = "ledgertest"
        db_table = "ledgertest_pairs"
        managed = False
        constraints = [
            models.UniqueConstraint(fields=["note"], condition=models.Q(n__gt=900), name="ledgertest_one_note")
        ]


@pytest.fixture
def tables(db):
    """Two tables of ours, made by Django from the models above."""
    with connection.schema_editor(atomic=False) if connection.vendor == "postgresql" else _editor() as editor:
        editor.create_model(Kinds)
        editor.create_model(Pairs)


class _editor:
    """SQLite's schema editor will not work inside the test's transaction; the statements alone will."""

    def __enter__(self):
        self.editor = connection.SchemaEditorClass(connection, collect_sql=False, atomic=False)
        self.editor.deferred_sql = []
        return self

    def create_model(self, model):
        sql, _ = self.editor.table_sql(model)
        with connection.cursor() as cursor:
            cursor.execute(sql)
            for constraint in model._meta.constraints:
                cursor.execute(str(constraint.create_sql(model, self.editor)))

    def __exit__(self, *error):
        return None


def pairs():
    return sorted(Pairs.objects.values_list("left_id", "right_id", "n", "note"))


def write(*, insert=(), guards=(), **more):
    changes = Changes()
    changes.insert(PAIRS, insert)
    commit_changes(changes, guards)


VALUES = [
    {
        "id": UUID(int=1),
        "words": "化解 \"quoted\" {a,b} \\ 'x' %s ? $1 🏠",
        "small": -(2**31),
        "big": 2**63 - 1,
        "real": -0.1,
        "flag": True,
        "at": AT,
        "day": date(1999, 12, 31),
        "raw": bytes(range(256)),
        "data": {"键": [1, None, "x\u0000y".replace("\u0000", ""), {"a": True}]},
    },
    {
        "id": UUID(int=2**128 - 1),
        "words": "",
        "small": 0,
        "big": -(2**63),
        "real": 1e300,
        "flag": False,
        "at": datetime(1931, 1, 1, tzinfo=UTC),
        "day": date(2400, 2, 29),
        "raw": b"",
        "data": [],
    },
    {"id": UUID(int=3)} | dict.fromkeys(("words", "small", "big", "real", "flag", "at", "day", "raw", "data")),
]


def test_every_kind_of_value_comes_back_through_django(tables):
    changes = Changes()
    changes.insert(KINDS, [tuple(row[column] for column in KINDS.columns) for row in VALUES])
    commit_changes(changes)
    for row in VALUES:
        found = Kinds.objects.get(id=row["id"])
        shown = {name: getattr(found, name) for name in row}
        shown["raw"] = None if shown["raw"] is None else bytes(shown["raw"])
        assert shown == row


def test_django_finds_rows_by_every_kind_of_value(tables):
    changes = Changes()
    changes.insert(KINDS, [tuple(row[column] for column in KINDS.columns) for row in VALUES])
    commit_changes(changes)
    for name in ("id", "words", "small", "big", "flag", "at", "day"):
        assert Kinds.objects.filter(**{name: VALUES[0][name]}).get().id == UUID(int=1)
    assert list(Kinds.objects.filter(at__lt=AT).values_list("id", flat=True)) == [UUID(int=2**128 - 1)]
    assert Kinds.objects.filter(data__isnull=True).get().id == UUID(int=3)


def test_a_moment_of_another_zone_is_the_same_moment(tables):
    east = timezone(timedelta(hours=8))
    changes = Changes()
    changes.insert(KINDS, {"id": UUID(int=9), "at": AT.astimezone(east)})
    commit_changes(changes)
    assert Kinds.objects.get().at == AT
    assert Kinds.objects.filter(at=AT).count() == 1


def test_a_moment_without_a_zone_is_refused(tables):
    changes = Changes()
    changes.insert(KINDS, {"id": UUID(int=9), "at": AT.replace(tzinfo=None)})
    with pytest.raises(ValueError, match="no zone"):
        commit_changes(changes)


def test_each_operation_does_what_it_says(tables):
    write(insert=[(1, 1, 1, "a"), (1, 2, 1, "b"), (2, 1, 1, "c"), (3, 3, 1, "d"), (4, 4, 1, "e")])
    changes = Changes()
    changes.upsert(PAIRS, [(1, 1, 2, "A"), (9, 9, 1, "new")])
    changes.ensure(PAIRS, [(1, 2, 99, "not taken"), (8, 8, 1, "ensured")])
    changes.delete(PAIRS, [(3, 3), (77, 77)])
    changes.delete(PAIRS, [(4,)], columns=("left_id",))
    changes.update(PAIRS, {"left_id": 2, "right_id": 1}, {"note": "C"}, expect={"n": 1})
    changes.insert(PAIRS, {"left_id": 7, "right_id": 7, "note": "one", "n": 5})
    assert changes
    commit_changes(changes)
    assert pairs() == [
        (1, 1, 2, "A"),
        (1, 2, 1, "b"),
        (2, 1, 1, "C"),
        (7, 7, 5, "one"),
        (8, 8, 1, "ensured"),
        (9, 9, 1, "new"),
    ]


def test_an_upsert_of_some_columns_leaves_the_others(tables):
    write(insert=[(1, 1, 1, "a")])
    changes = Changes()
    changes.upsert(PAIRS, [(5, 1, 1)], columns=("n", "left_id", "right_id"))
    commit_changes(changes)
    assert pairs() == [(1, 1, 5, "a")]
    with pytest.raises(ValueError, match="whole key"):
        Changes().upsert(PAIRS, [(5, 1)], columns=("n", "left_id"))


def test_a_delete_by_part_of_the_key_takes_all_rows_that_share_it(tables):
    write(insert=[(1, 1, 1, "a"), (1, 2, 1, "b"), (2, 1, 1, "c")])
    changes = Changes()
    changes.delete(PAIRS, [(1,)], columns=("left_id",))
    commit_changes(changes)
    assert pairs() == [(2, 1, 1, "c")]


def test_thousands_of_rows_go_at_once(tables):
    rows = [(number // 50, number % 50, number, str(number)) for number in range(5000)]
    write(insert=rows)
    assert pairs() == sorted(rows)
    changes = Changes()
    swap = ledger.swap_guard(PAIRS, [(left, right, n + 1, note, n) for left, right, n, note in rows])
    commit_changes(changes, [swap])
    assert sum(row[2] for row in pairs()) == sum(range(5000)) + 5000


def test_a_swap_that_lost_names_its_rows_and_writes_nothing(tables):
    write(insert=[(1, 1, 6, "a"), (1, 2, 6, "b"), (1, 3, 6, "c")])
    before = pairs()
    changes = Changes()
    changes.insert(PAIRS, [(5, 5, 5, "x")])
    swap = ledger.swap_guard(PAIRS, [(1, 1, 7, "A", 6), (1, 2, 7, "B", 5), (1, 3, 7, "C", 6), (1, 4, 7, "D", 6)])
    with pytest.raises(ledger.GuardFailed) as refused:
        commit_changes(changes, [swap])
    assert refused.value.failed == [
        ("ledgertest_pairs", {"left_id": 1, "right_id": 2}),
        ("ledgertest_pairs", {"left_id": 1, "right_id": 4}),
    ]
    assert pairs() == before


@pytest.mark.parametrize("hold", [True, False])
def test_a_guard_that_failed_names_its_row_and_nothing_is_written(tables, hold):
    write(insert=[(1, 1, 6, "a"), (2, 2, 6, "b")])
    before = pairs()
    changes = Changes()
    changes.insert(PAIRS, [(5, 5, 5, "x")])
    changes.delete(PAIRS, [(1, 1)])
    guards = [
        ledger.row_guard(PAIRS, {"left_id": 2, "right_id": 2}, {"n": 6, "note": "b"}, hold=hold),
        ledger.row_guard(PAIRS, {"left_id": 1, "right_id": 1}, {"n": 5}, hold=hold),
        ledger.row_guard(PAIRS, {"left_id": 3, "right_id": 3}, {}, hold=hold),
    ]
    with pytest.raises(ledger.GuardFailed) as refused:
        commit_changes(changes, guards)
    assert sorted(key["left_id"] for _, key in refused.value.failed) == [1, 3]
    assert pairs() == before
    commit_changes(changes, guards[:1])
    assert pairs() == [(2, 2, 6, "b"), (5, 5, 5, "x")]


def test_an_expectation_may_be_that_nothing_is_known(tables):
    changes = Changes()
    changes.insert(KINDS, {"id": UUID(int=1), "at": None})
    commit_changes(changes)
    commit_changes(Changes(), [ledger.row_guard(KINDS, {"id": UUID(int=1)}, {"at": None})])
    with pytest.raises(ledger.GuardFailed):
        commit_changes(Changes(), [ledger.row_guard(KINDS, {"id": UUID(int=1)}, {"at": AT})])


def test_an_update_of_a_row_that_is_not_there_is_refused(tables):
    changes = Changes()
    changes.update(PAIRS, {"left_id": 2, "right_id": 1}, {"note": "C"})
    with pytest.raises(ledger.GuardFailed):
        commit_changes(changes)


def test_a_stale_writer_hears_that_it_is_stale_even_where_its_rows_are_taken_too(tables, sealed):
    entries = sealed(1)
    first = Changes()
    ledger.add_entries(first, entries, random=os.urandom)
    first.insert(PAIRS, [(1, 1, 2, "a")])
    commit_changes(first)
    with pytest.raises(ledger.GuardFailed):
        second = Changes()
        ledger.add_entries(second, entries, random=os.urandom)
        commit_changes(second, [ledger.swap_guard(PAIRS, [(1, 1, 2, "b", 1)])])


def test_a_place_that_is_taken_is_a_conflict(sealed):
    entries = sealed(2)
    for expected in (None, ledger.Conflict):
        changes = Changes()
        ledger.add_entries(changes, entries, random=os.urandom)
        if expected is None:
            commit_changes(changes)
        else:
            with pytest.raises(expected):
                commit_changes(changes)
    assert Entry.objects.count() == Opening.objects.count() == 2


def test_a_request_that_was_done_is_replayed(sealed):
    for number in range(2):
        entries = sealed(1)
        changes = Changes()
        ledger.add_entries(changes, entries, random=os.urandom)
        changes.insert(ledger.IDEMPOTENCY, [("intake", "key-1", "hash", entries[0].stream, 1, AT)])
        if number == 0:
            commit_changes(changes)
        else:
            with pytest.raises(ledger.Replayed):
                commit_changes(changes)
    assert Entry.objects.count() == 1


def test_another_unique_rule_says_which_table(tables):
    write(insert=[(1, 1, 901, "same")])
    with pytest.raises(ledger.Clash) as refused:
        write(insert=[(2, 2, 902, "same")])
    assert refused.value.table == "ledgertest_pairs"
    with pytest.raises(ledger.Clash):
        write(insert=[(1, 1, 1, "same key")])
    assert pairs() == [(1, 1, 901, "same")]


def test_a_row_that_breaks_a_rule_takes_all_others_with_it(tables):
    changes = Changes()
    changes.insert(PAIRS, [(1, 1, 1, "a")])
    changes.insert(PAIRS, [(2, 2, 1, None)])
    with pytest.raises(IntegrityError):
        commit_changes(changes)
    assert pairs() == []


def test_a_refusal_leaves_the_transaction_around_it_usable(tables):
    with transaction.atomic():
        write(insert=[(1, 1, 1, "a")])
        with pytest.raises(ledger.Clash):
            write(insert=[(1, 1, 1, "b")])
        write(insert=[(2, 2, 1, "c")])
    assert pairs() == [(1, 1, 1, "a"), (2, 2, 1, "c")]


def test_what_is_not_known_is_refused_before_anything_is_written(tables):
    with pytest.raises(LookupError, match="auth_user"):
        Changes().insert("auth_user", [(1,)])
    with pytest.raises(ValueError, match="no columns"):
        Changes().insert(PAIRS, {"left_id": 1, "colour": 2})
    with pytest.raises(ValueError, match="other columns"):
        ledger.register_table(TableSpec("ledgertest_pairs", {"left_id": "int"}, key=("left_id",)))
    with pytest.raises(ValueError, match="kinds"):
        TableSpec("x", {"a": "money"}, key=("a",))
    with pytest.raises(ValueError, match="plain name"):
        TableSpec("x; DROP TABLE y", {"a": "int"}, key=("a",))
    with pytest.raises(ValueError, match="key"):
        TableSpec("x", {"a": "int"}, key=("b",))
    changes = Changes()
    changes.insert(PAIRS, [(1, 1, 1)])
    with pytest.raises(ValueError, match="3 values for 4 columns"):
        commit_changes(changes)


def test_nothing_to_write_is_no_statement(db):
    with CaptureQueriesContext(connection) as seen:
        changes = Changes()
        changes.insert(PAIRS, [])
        commit_changes(changes)
    assert not changes
    assert len(seen) == 0


@pytest.mark.django_db(transaction=True)
def test_one_act_is_one_statement_on_postgres_and_one_transaction_on_sqlite(sealed, database):
    def act():
        entries = sealed(2)
        changes = Changes()
        ledger.add_entries(changes, entries, random=os.urandom)
        changes.insert(ledger.IDEMPOTENCY, [("s", uuid4().hex, "h", entries[0].stream, 1, AT)])
        commit_changes(changes)

    act()
    with CaptureQueriesContext(connection) as seen:
        act()
    statements = [query["sql"].split()[0] for query in seen]
    if database == "postgres":
        assert statements == ["WITH"]
    else:
        assert statements == ["BEGIN", "INSERT", "INSERT", "INSERT", "COMMIT"]


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_the_server_ended_is_told_as_such_and_the_next_one_works(sealed, database):
    def write():
        changes = Changes()
        ledger.add_entries(changes, sealed(1), random=os.urandom)
        commit_changes(changes)

    write()
    if database == "postgres":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            pid = cursor.fetchone()[0]
        with psycopg.connect(connection.connection.info.dsn, password=connection.settings_dict["PASSWORD"]) as other:
            other.execute("SELECT pg_terminate_backend(%s)", [pid])
        with pytest.raises(OperationalError):
            write()
        connection.close()
    before = Entry.objects.count()
    write()
    assert Entry.objects.count() == before + 1


@pytest.mark.django_db(transaction=True)
def test_a_connection_keeps_no_more_statements_than_it_may(sealed, database, monkeypatch):
    monkeypatch.setattr("huajie.apps.ledger.writer._MAX_NAMES", 2)
    for count in (1, 2, 1, 2):
        for name in (ledger.IDEMPOTENCY, None):
            entries = sealed(count)
            changes = Changes()
            ledger.add_entries(changes, entries, random=os.urandom)
            if name is not None:
                changes.insert(name, [("s", uuid4().hex, "h", entries[0].stream, 1, AT)])
            commit_changes(changes)
    if database == "postgres":
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", ["%ledger_entry%"])
            assert cursor.fetchone() == (2,)


@pytest.mark.django_db(transaction=True)
def test_the_server_prepares_a_statement_once_for_one_row_and_once_for_several(sealed, database):
    if database == "sqlite":
        # SQLite has no server: its driver keeps statements by text, so the text must be the same object.
        from huajie.apps.ledger.writer import Shape, _sqlite_text

        shape = Shape("insert", "ledger_entry", (), (), ("stream", "n"))
        assert _sqlite_text(shape) is _sqlite_text(shape)
        return
    # a connection of its own, on which nothing was prepared yet
    connection.close()
    connection.close_pool()
    for count in (1, 7, 1, 300):
        changes = Changes()
        ledger.add_entries(changes, sealed(count), random=os.urandom)
        commit_changes(changes)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", ["%ledger_entry%"])
        assert cursor.fetchone() == (2,)
        cursor.execute(
            "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE %s", ["%ledger_entry%"]
        )
        assert cursor.fetchall() == [(2, 0), (2, 0)]


@pytest.mark.django_db(transaction=True)
def test_of_many_simultaneous_writers_exactly_one_wins(sealed):
    entries = sealed(1)
    changes = Changes()
    ledger.add_entries(changes, entries, random=os.urandom)
    commit_changes(changes)
    heard = []
    together = threading.Barrier(8)

    def act():
        try:
            mine = Changes()
            ledger.add_entries(mine, sealed(1, after=entries), random=os.urandom)
            together.wait(timeout=30)
            commit_changes(mine)
            heard.append("won")
        except ledger.Conflict:
            heard.append("told")
        except Exception as error:
            heard.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=act) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(heard) == ["told"] * 7 + ["won"]
    assert Entry.objects.count() == 2
