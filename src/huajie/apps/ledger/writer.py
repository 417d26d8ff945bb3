"""
The one way rows reach the database.

Whatever an operation decided is collected in `Changes` and written by `commit_changes` at once, together with `Guard`s:
rows that must still be as the operation saw them. Either all of it is on disk afterwards, or nothing.

On PostgreSQL it is one statement: a common table expression for each table and operation. A single row travels as its
values, several as one array parameter for each column, so that a batch of ten and one of thousands have the same text
and the server prepares it once. Outside a transaction the statement is its own transaction: nothing else goes over the
wire, and guards that fail raise inside it.
On SQLite it is one short transaction with `executemany`.

All parts of one collection see the database as it was before, so no two of them may touch the same row.
"""

# ruff: noqa: S608 (the texts are made of names that TableSpec has checked; values travel as parameters)
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from django.db import DatabaseError, IntegrityError, OperationalError, connections, transaction

from huajie.apps.ledger.errors import Clash, Conflict, GuardFailed, StorageFull, WriteRefused
from huajie.apps.ledger.tables import Kind, TableSpec, postgres_array, sqlite_rows, table

#: SQLSTATE with which `ledger_refused` stops a statement whose guards do not hold.
GUARD_SQLSTATE = "HJ409"

# Guards come first, so that a stale writer hears "changed since" and not "already taken".
_ORDER = {"hold": 0, "check": 1, "update": 2, "delete": 3, "upsert": 4, "ensure": 5, "insert": 6}


class Shape(NamedTuple):
    """One operation on one table with one set of columns: what the statement's text depends on."""

    operation: str
    table: str
    #: Columns that find the row.
    key: tuple[str, ...]
    #: Columns compared with what the writer saw.
    expect: tuple[str, ...]
    #: Columns written.
    values: tuple[str, ...]


#: Values in the order of the columns.
Row = Sequence[Any]
Slots = list[tuple[Shape, list[Row]]]


class Guard(NamedTuple):
    """Rows that must exist and be as expected when the changes are written. Made by the functions below."""

    shape: Shape
    rows: list[Row]


def row_guard(name: str | TableSpec, key: Mapping[str, Any], expect: Mapping[str, Any], *, hold: bool = True) -> Guard:
    """
    Require one row to be as expected.

    Args:
        name: a registered table.
        key: columns that name exactly one row, with their values.
        expect: columns with the values they must still have; empty when it is enough that the row exists.
        hold: keep others from changing the row until this is committed. Off for a row that every act reads.
    """
    spec = _spec(name)
    _known_columns(spec, (*key, *expect))
    shape = Shape("hold" if hold else "check", spec.name, tuple(key), tuple(expect), ())
    return Guard(shape, [(*key.values(), *expect.values())])


def version_guard(name: str | TableSpec, version: int) -> Guard:
    """Require the row with id 1 of a table of versions to have this one; nobody waits for it."""
    return row_guard(name, {"id": 1}, {"version": version}, hold=False)


def swap_guard(name: str | TableSpec, rows: Iterable[Row], *, column: str = "n") -> Guard:
    """
    Give rows new values, each only if `column` still has the value that the writer saw: compare and swap.

    Args:
        name: a registered table.
        rows: all columns in the spec's order, then the value that `column` must still have. No row twice.
        column: what tells one state of the row from the next.
    """
    spec = _spec(name)
    columns = tuple(spec.columns)
    values = tuple(one for one in columns if one not in spec.key)
    _known_columns(spec, (column,))
    if columns[: len(spec.key)] == spec.key:
        width = len(spec.key)
        moved = [(*row[:width], row[-1], *row[width:-1]) for row in rows]
    else:
        place = {one: at for at, one in enumerate(columns)}
        order = [*(place[one] for one in spec.key), len(columns), *(place[one] for one in values)]
        moved = [tuple([row[at] for at in order]) for row in rows]
    if any(len(row) != len(columns) + 1 for row in moved):
        raise ValueError(f"{spec.name}: a swap takes {len(columns)} columns and the value seen")
    return Guard(Shape("update", spec.name, spec.key, (column,), values), moved)


class Changes:
    """
    What one operation wants written, in any order.

    Each method takes a registered table and many rows: tuples in the order of `columns` (all of the spec's columns
    where left out), or one dict for one row. No two changes of one collection may touch the same row.
    """

    __slots__ = ("_slots",)

    def __init__(self) -> None:
        self._slots: dict[Shape, list[Row]] = {}

    def insert(
        self, name: str | TableSpec, rows: Iterable[Row] | Mapping[str, Any], columns: Sequence[str] | None = None
    ) -> None:
        """Add new rows; columns left out get the database's default."""
        spec = _spec(name)
        columns, rows = _given(spec, rows, columns)
        self._add(Shape("insert", spec.name, (), (), columns), rows)

    def ensure(
        self, name: str | TableSpec, rows: Iterable[Row] | Mapping[str, Any], columns: Sequence[str] | None = None
    ) -> None:
        """Add those rows whose key is not there yet."""
        spec = _spec(name)
        columns, rows = _given(spec, rows, columns)
        self._add(Shape("ensure", spec.name, (), (), columns), rows)

    def upsert(
        self, name: str | TableSpec, rows: Iterable[Row] | Mapping[str, Any], columns: Sequence[str] | None = None
    ) -> None:
        """Add rows, or give the rows with their keys these values; the columns hold the whole key."""
        spec = _spec(name)
        columns, rows = _given(spec, rows, columns)
        if not set(spec.key) <= set(columns):
            raise ValueError(f"{spec.name}: an upsert gives the whole key {spec.key}")
        self._add(Shape("upsert", spec.name, (), (), columns), rows)

    def update(
        self,
        name: str | TableSpec,
        key: Mapping[str, Any],
        values: Mapping[str, Any],
        expect: Mapping[str, Any] | None = None,
    ) -> None:
        """Give exactly one row new values, if it exists and is still as expected; otherwise `GuardFailed`."""
        spec = _spec(name)
        expect = expect or {}
        _known_columns(spec, (*key, *expect, *values))
        shape = Shape("update", spec.name, tuple(key), tuple(expect), tuple(values))
        self._add(shape, [(*key.values(), *expect.values(), *values.values())])

    def delete(
        self, name: str | TableSpec, rows: Iterable[Row] | Mapping[str, Any], columns: Sequence[str] | None = None
    ) -> None:
        """
        Remove every row with these values; where there is none, nothing happens.

        Args:
            name: a registered table.
            rows: values of `columns`, in order.
            columns: the key where left out; part of it removes several rows.
        """
        spec = _spec(name)
        columns, rows = _given(spec, rows, columns or spec.key)
        self._add(Shape("delete", spec.name, columns, (), ()), rows)

    def __bool__(self) -> bool:
        return any(self._slots.values())

    def rows(self, name: str | TableSpec) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield operation and columns of every change to one table, for tests and explanations."""
        spec = _spec(name)
        for shape, rows in self._slots.items():
            if shape.table == spec.name:
                for row in rows:
                    yield shape.operation, dict(zip(_columns(shape), row, strict=True))

    def _add(self, shape: Shape, rows: Iterable[Row]) -> None:
        known = self._slots.get(shape)
        if known is None:
            self._slots[shape] = list(rows)
        else:
            known.extend(rows)


def commit_changes(changes: Changes, guards: Sequence[Guard] = (), *, using: str = "default") -> None:
    """
    Write everything or nothing. After the return, outside a transaction of the caller's, it is on disk.

    Args:
        changes: what to write.
        guards: rows that must still be as the caller saw them.
        using: Django's name of the database.
    Raises:
        GuardFailed: a guarded or updated row is gone or has changed; names them.
        Conflict: another entry has the place in its stream already, or another writer was in the way.
        Replayed: the idempotency key is taken.
        Clash: another unique rule stands against it.
        StorageFull: the disk is full.
        ValueError, TypeError: a row that does not fit its columns.
    """
    wanted = changes._slots
    if guards:
        wanted = dict(wanted)
        for shape, rows in guards:
            wanted[shape] = wanted[shape] + rows if shape in wanted else rows
    # One text for one set of operations, whatever order they came in.
    slots = sorted((slot for slot in wanted.items() if slot[1]), key=_slot_order)
    if not slots:
        return
    for shape, rows in slots:
        if len(rows[0]) != len(_columns(shape)):
            raise ValueError(f"{shape.table}: {len(rows[0])} values for {len(_columns(shape))} columns")
    connection = connections[using]
    if connection.vendor == "postgresql":
        _commit_on_postgres(connection, slots)
    else:
        _commit_on_sqlite(connection, slots)


@contextmanager
def write_transaction(using: str = "default") -> Iterator[None]:
    """
    Hold one write transaction; on SQLite it waits in the queue of writers first and reads see a fixed state.

    For operations that must read and write under one lock. Keep it short: on SQLite nobody else writes meanwhile.
    """
    with transaction.atomic(using=using):
        yield


def prepare_for_bulk(using: str = "default") -> None:
    """
    Give this process's SQLite connection the memory that a load of many thousand rows wants; elsewhere nothing.

    A transaction larger than the page cache is spilled to disk and read back; copying the log into the database after
    every thousand pages writes the same pages again and again. What is committed is on disk all the same.
    """
    connection = connections[using]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA cache_size=-262144")
            cursor.execute("PRAGMA wal_autocheckpoint=32768")


def prepare_drivers() -> None:
    """Teach psycopg to send our ready-made arrays as they are. Called once, before any connection is made."""
    # with SQLite alone nothing of it is loaded: it would take eight megabytes of every process
    if not any(connection.vendor == "postgresql" for connection in connections.all()):
        return
    from psycopg import adapters, pq
    from psycopg.adapt import Dumper

    class ReadyDumper(Dumper):
        # Type 0: the server takes the type from the cast in the statement, so it never differs between calls.
        oid = 0
        format = pq.Format.BINARY

        def dump(self, obj: Any) -> bytes:
            return bytes(obj)

    adapters.register_dumper(_Ready, ReadyDumper)


class _Ready(bytes):
    """Bytes in PostgreSQL's own form."""


def _spec(name: str | TableSpec) -> TableSpec:
    return name if isinstance(name, TableSpec) else table(name)


def _known_columns(spec: TableSpec, columns: Iterable[str]) -> None:
    unknown = [column for column in columns if column not in spec.columns]
    if unknown:
        raise ValueError(f"{spec.name} has no columns {unknown}")


def _given(
    spec: TableSpec, rows: Iterable[Row] | Mapping[str, Any], columns: Sequence[str] | None
) -> tuple[tuple[str, ...], Iterable[Row]]:
    if isinstance(rows, Mapping):
        columns, rows = tuple(rows), [tuple(rows.values())]
    if columns is None:
        return tuple(spec.columns), rows
    columns = tuple(columns)
    if columns != spec.key:
        _known_columns(spec, columns)
    return columns, rows


def _columns(shape: Shape) -> tuple[str, ...]:
    return shape.key + shape.expect + shape.values


def _kinds(shape: Shape) -> list[Kind]:
    kinds = table(shape.table).kinds
    return [kinds[column] for column in _columns(shape)]


def _slot_order(slot: tuple[Shape, Any]) -> tuple[Any, ...]:
    return (_ORDER[slot[0].operation], *slot[0])


def _failed(shape: Shape, rows: Sequence[Row], indexes: Iterable[int]) -> list[tuple[str, dict[str, Any]]]:
    # The key comes first in these rows.
    return [(shape.table, dict(zip(shape.key, rows[index], strict=False))) for index in indexes]


# PostgreSQL -----------------------------------------------------------------------------------------------------------

#: A shape, and whether it writes or checks a single row, whose values then travel as they are and not as arrays.
Asked = tuple[Shape, bool]
_texts: OrderedDict[tuple[Asked, ...], str] = OrderedDict()
_MAX_TEXTS = 512
_counter = count(1)
_SINGLY = frozenset({"check", "insert", "ensure"})


def _commit_on_postgres(connection: Any, slots: Slots) -> None:
    asked = tuple((shape, len(rows) == 1 and shape.operation in _SINGLY) for shape, rows in slots)
    sql = _texts.get(asked)
    if sql is None:
        sql = _texts[asked] = _postgres_text(asked)
        if len(_texts) > _MAX_TEXTS:
            _texts.popitem(last=False)
    parameters: list[_Ready | None] = []
    for (shape, rows), (_, single) in zip(slots, asked, strict=True):
        kinds = _kinds(shape)
        if single:
            parameters += [
                None if value is None else _Ready(kind.encode(value))
                for kind, value in zip(kinds, rows[0], strict=True)
            ]
        else:
            parameters += [
                _Ready(postgres_array(kind, column))
                for kind, column in zip(kinds, zip(*rows, strict=True), strict=True)
            ]
    try:
        if connection.in_atomic_block:
            with transaction.atomic(using=connection.alias):
                _execute_on_postgres(connection, sql, parameters)
        else:
            _execute_on_postgres(connection, sql, parameters)
    except DatabaseError as error:
        raise _refusal_on_postgres(error, slots) from error


def _execute_on_postgres(connection: Any, sql: str, parameters: list[_Ready | None]) -> None:
    from psycopg import RawCursor

    connection.ensure_connection()
    started = time.monotonic()
    with connection.wrap_database_errors:
        raw = connection.connection
        if raw.autocommit and raw.prepare_threshold is not None:
            _execute_prepared(raw, sql, parameters)
        else:
            # inside a transaction psycopg keeps the books, and behind a pooler nothing may be prepared
            cursor = RawCursor(raw)
            cursor.execute(sql, parameters, prepare=True)
            cursor.close()
    _log(connection, sql, started)


#: connection -> statement -> its name there, the one used longest ago first
_names: WeakKeyDictionary[Any, OrderedDict[str, bytes]] = WeakKeyDictionary()
_MAX_NAMES = 100
#: invalid_sql_statement_name
_NO_SUCH_STATEMENT = b"26000"


def _execute_prepared(raw: Any, sql: str, parameters: list[_Ready | None]) -> None:
    """
    Send one of our statements through libpq itself.

    The parameters are in PostgreSQL's own form already; taking seventy of them through psycopg's adaptation costs more
    than sending them.
    """
    from psycopg import pq

    connection = raw.pgconn
    names = _names.setdefault(raw, OrderedDict())
    for last in (False, True):
        name = names.get(sql)
        if name is None:
            name = f"huajie_{next(_counter)}".encode()
            _done(connection, connection.prepare(name, sql.encode()), pq.ExecStatus.COMMAND_OK)
            names[sql] = name
            if len(names) > _MAX_NAMES:
                connection.exec_(b"DEALLOCATE " + names.popitem(last=False)[1])
        else:
            names.move_to_end(sql)
        result = connection.exec_prepared(name, parameters, [pq.Format.BINARY] * len(parameters))
        if last or result.error_field(pq.DiagnosticField.SQLSTATE) != _NO_SUCH_STATEMENT:
            break
        # After a rollback or a DROP psycopg lets every statement of the connection go, ours too. Nothing was done yet.
        names.clear()
    _done(connection, result, pq.ExecStatus.TUPLES_OK)


def _done(connection: Any, result: Any, wanted: int) -> None:
    from psycopg import OperationalError, pq
    from psycopg.errors import error_from_result

    if result.status != wanted:
        if connection.status != pq.ConnStatus.OK:
            raise OperationalError(connection.get_error_message())
        raise error_from_result(result)


def _postgres_text(asked: Sequence[Asked]) -> str:
    parts = []
    guarded = []
    place = 1
    for index, (shape, single) in enumerate(asked):
        spec = table(shape.table)
        columns = _columns(shape)
        values = [f"${place + at}::{spec.kinds[column].postgres}" for at, column in enumerate(columns)]
        arrays = ", ".join(f"${place + at}::{spec.kinds[column].postgres}[]" for at, column in enumerate(columns))
        names = ", ".join(f"c{at}" for at in range(len(columns)))
        name = f"s{index}"
        finds = " AND ".join(f"t.{column} = v.c{at}" for at, column in enumerate(shape.key))
        same = "".join(
            f" AND t.{column} IS NOT DISTINCT FROM v.c{at}" for at, column in enumerate(shape.expect, len(shape.key))
        )
        source = f"unnest({arrays}) WITH ORDINALITY v({names}, o)"
        if single and shape.operation == "check":
            source = f"(SELECT {', '.join(f'{value} AS c{at}' for at, value in enumerate(values))}, 1 AS o) v"
        match shape.operation:
            case "hold" | "check":
                lock = " FOR UPDATE OF t" if shape.operation == "hold" else ""
                sql = f"SELECT v.o FROM {source} JOIN {shape.table} t ON {finds}{same}{lock}"
            case "update":
                first = len(shape.key) + len(shape.expect)
                sets = ", ".join(f"{column} = v.c{at}" for at, column in enumerate(shape.values, first))
                sql = f"UPDATE {shape.table} t SET {sets} FROM {source} WHERE {finds}{same} RETURNING v.o"
            case "delete":
                sql = f"DELETE FROM {shape.table} t USING unnest({arrays}) v({names}) WHERE {finds}"
            case _:
                rows = f"VALUES ({', '.join(values)})" if single else f"SELECT {names} FROM unnest({arrays}) v({names})"
                sql = f"INSERT INTO {shape.table} ({', '.join(columns)}) {rows}{_on_conflict(shape, 'EXCLUDED')}"
        if shape.operation in ("hold", "check", "update"):
            guarded.append((name, "1" if single else f"cardinality(${place})"))
        parts.append(f"{name} AS ({sql})")
        place += len(columns)
    head = f"WITH {', '.join(parts)} "
    if not guarded:
        return head + "SELECT 1"
    # The function raises, and with it the whole statement is undone; its message says which rows did match.
    whole = " AND ".join(f"(SELECT count(*) FROM {name}) = {rows}" for name, rows in guarded)
    hits = " || ';' || ".join(f"(SELECT coalesce(string_agg(o::text, ','), '') FROM {name})" for name, _ in guarded)
    return f"{head}SELECT CASE WHEN {whole} THEN NULL ELSE ledger_refused({hits}) END"


def _refusal_on_postgres(error: DatabaseError, slots: Slots) -> WriteRefused | DatabaseError:
    cause = error.__cause__
    state = getattr(cause, "sqlstate", None) or ""
    diagnosis = getattr(cause, "diag", None)
    if state == GUARD_SQLSTATE and diagnosis is not None:
        failed = []
        guarded = [slot for slot in slots if slot[0].operation in ("hold", "check", "update")]
        for (shape, rows), hits in zip(guarded, (diagnosis.message_primary or "").split(";"), strict=True):
            matched = {int(hit) - 1 for hit in hits.split(",") if hit}
            failed += _failed(shape, rows, (at for at in range(len(rows)) if at not in matched))
        return GuardFailed(failed)
    if state == "23505" and diagnosis is not None:
        return _clash(diagnosis.table_name or "", diagnosis.constraint_name or "")
    if state in ("40P01", "40001"):
        return Conflict("another writer was in the way")
    if state.startswith("53") and state != "53300":
        return StorageFull(str(error))
    return error


# SQLite ---------------------------------------------------------------------------------------------------------------


def _commit_on_sqlite(connection: Any, slots: Slots) -> None:
    # Everything that needs Python is done before the lock is taken.
    work = [(shape, rows, list(sqlite_rows(_kinds(shape), rows)), _sqlite_text(shape)) for shape, rows in slots]
    try:
        with transaction.atomic(using=connection.alias):
            started = time.monotonic()
            with connection.wrap_database_errors:
                failed: list[tuple[str, dict[str, Any]]] = []
                cursor = connection.connection.cursor()
                for shape, rows, values, sql in work:
                    if shape.operation in ("hold", "check"):
                        missing = [at for at, row in enumerate(values) if cursor.execute(sql, row).fetchone() is None]
                        failed += _failed(shape, rows, missing)
                    elif shape.operation == "update":
                        missing = [at for at, row in enumerate(values) if cursor.execute(sql, row).rowcount != 1]
                        failed += _failed(shape, rows, missing)
                    elif failed:
                        break
                    else:
                        cursor.executemany(sql, values)
                cursor.close()
                if failed:
                    raise GuardFailed(failed)
            for _, _, _, sql in work:
                _log(connection, sql, started)
    except IntegrityError as error:
        refusal = _clash_on_sqlite(str(error))
        if refusal is None:
            raise
        raise refusal from error
    except OperationalError as error:
        if "disk is full" in str(error) or getattr(error.__cause__, "sqlite_errorname", "") == "SQLITE_FULL":
            raise StorageFull(str(error)) from error
        raise


_sqlite_texts: dict[Shape, str] = {}


def _sqlite_text(shape: Shape) -> str:
    sql = _sqlite_texts.get(shape)
    if sql is None:
        sql = _sqlite_texts[shape] = _make_sqlite_text(shape)
    return sql


def _make_sqlite_text(shape: Shape) -> str:
    # Parameters are numbered in the order of `_columns`, whatever the order in the statement.
    numbers = {part: at for at, part in enumerate((*shape.key, *shape.expect), 1)}
    if shape.operation in ("hold", "check", "update", "delete"):
        finds = [f"{column} = ?{numbers[column]}" for column in shape.key]
        finds += [f"{column} IS ?{at}" for at, column in enumerate(shape.expect, len(shape.key) + 1)]
        where = " AND ".join(finds)
        if shape.operation == "delete":
            return f"DELETE FROM {shape.table} WHERE {where}"
        if shape.operation != "update":
            return f"SELECT 1 FROM {shape.table} WHERE {where}"
        first = len(shape.key) + len(shape.expect) + 1
        sets = ", ".join(f"{column} = ?{at}" for at, column in enumerate(shape.values, first))
        return f"UPDATE {shape.table} SET {sets} WHERE {where}"
    marks = ", ".join("?" * len(shape.values))
    return f"INSERT INTO {shape.table} ({', '.join(shape.values)}) VALUES ({marks}){_on_conflict(shape, 'excluded')}"


def _on_conflict(shape: Shape, new: str) -> str:
    if shape.operation == "insert":
        return ""
    names = table(shape.table).key
    key = ", ".join(names)
    sets = ", ".join(f"{column} = {new}.{column}" for column in shape.values if column not in names)
    if shape.operation == "ensure" or not sets:
        return f" ON CONFLICT ({key}) DO NOTHING"
    return f" ON CONFLICT ({key}) DO UPDATE SET {sets}"


def _clash_on_sqlite(message: str) -> WriteRefused | None:
    _, found, columns = message.partition("UNIQUE constraint failed: ")
    if not found:
        return None
    if columns.startswith("index "):
        return _clash("", columns.removeprefix("index ").strip("'"))
    names = [name.strip() for name in columns.split(",")]
    return _clash(names[0].partition(".")[0], ", ".join(name.partition(".")[2] for name in names))


# Both -----------------------------------------------------------------------------------------------------------------


def _clash(name: str, rule: str) -> WriteRefused:
    """Say what a broken unique rule means; `rule` is the key's columns on SQLite, the constraint on PostgreSQL."""
    try:
        spec = table(name)
    except LookupError:
        return Clash(name, rule)
    is_key = rule in (", ".join(spec.key), f"{name}_pkey")
    if is_key and spec.clash is not Clash:
        return spec.clash("somebody else wrote first" if spec.clash is Conflict else "this request was done before")
    return Clash(name, rule)


def _log(connection: Any, sql: str, started: float) -> None:
    """Let Django's counters see statements that do not pass through its cursors."""
    if connection.queries_logged:
        connection.queries_log.append({"sql": sql, "time": f"{time.monotonic() - started:.3f}"})
