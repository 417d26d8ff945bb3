"""
Statements whose text is always the same, read without planning them anew each time.

Django's cursor on PostgreSQL writes the values into the text, so that the server plans every statement as if it had
never seen it: for a page that costs more than running it. `steady` hands the values over beside the text; each
connection plans it once. It is for statements that find their rows by an index whatever the values are; what is better
planned by its values (figures, filters, a search through one unit's matters) stays with Django's cursor.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connections


def steady(sql: str, values: Sequence[Any] = (), *, using: str = "default", binary: bool = False) -> list[Any]:
    """
    Return the rows of a statement, tuples as the driver makes them.

    Args:
        sql: with `%s` for each value; a limit stands in the text, since the plan hangs on it.
        values: in the form that this database's columns have.
        binary: on PostgreSQL, take the columns in binary form: for bytes, which travel as text otherwise.
    """
    connection = connections[using]
    connection.ensure_connection()
    with connection.wrap_database_errors:
        if connection.vendor == "sqlite":
            rows = connection.connection.execute(sql.replace("%s", "?"), values).fetchall()
        else:
            from psycopg import Cursor

            raw = connection.connection
            # behind a pooler nothing may be prepared
            prepare = None if raw.prepare_threshold is None else True
            with Cursor(raw) as cursor:
                rows = cursor.execute(sql, values, prepare=prepare, binary=binary).fetchall()
    if connection.queries_logged:
        connection.queries_log.append({"sql": sql, "time": "0"})
    return rows


def among(column: str, values: Sequence[Any], *, using: str = "default") -> tuple[str, list[Any]]:
    """Return the condition that a column holds one of these, and its parameters: one text however many they are."""
    if connections[using].vendor == "postgresql":
        return f"{column} = ANY(%s)", [list(values)]
    return f"{column} IN ({', '.join(['%s'] * len(values))})", list(values)
