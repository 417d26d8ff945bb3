"""
Who a request comes from, read anew for each: Django's session and account, without building a query each time.

What is stored, and what makes a session valid, is Django's own; a session that was ended is over at the next request.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple, cast

from django.contrib.auth.backends import ModelBackend
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.db import connections, router
from django.utils import timezone

from huajie.apps.jurisdiction.models import Account
from huajie.apps.ledger.reading import steady


class SessionStore(DatabaseSessionStore):
    """Django's sessions in the database, looked up by a statement that is always the same."""

    def load(self) -> dict[str, Any]:
        """Return what the session holds; nothing, and no key, where it is unknown or over."""
        connection = connections[router.db_for_read(self.model)]
        until = connection.ops.adapt_datetimefield_value(timezone.now())
        rows = steady(
            "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s",
            [self.session_key, until],
            using=connection.alias,
        )
        if not rows:
            self._session_key = None
            return {}
        return cast("dict[str, Any]", self.decode(rows[0][0]))


class AccountBackend(ModelBackend):
    """Django's accounts; the one of a session is looked up by a statement that is always the same."""

    def get_user(self, user_id: int) -> Account | None:
        """Return the account of a session, None where there is none or it was closed."""
        connection = connections[router.db_for_read(Account)]
        read = _account(connection.alias)
        rows = steady(read.sql, [user_id], using=connection.alias)
        if not rows:
            return None
        values = [
            value if convert is None else convert(value) for value, convert in zip(rows[0], read.converts, strict=True)
        ]
        found = Account.from_db(connection.alias, read.names, values)
        return found if self.user_can_authenticate(found) else None


class _Reading(NamedTuple):
    sql: str
    names: list[str]
    #: what makes Python's value of a database's, where they differ
    converts: list[Callable[[Any], Any] | None]


@lru_cache(maxsize=8)
def _account(using: str) -> _Reading:
    """Return how an account is read from a database: what Django works out anew for each query."""
    connection = connections[using]
    fields = Account._meta.concrete_fields
    converts = [_convert(field.get_col(Account._meta.db_table), connection) for field in fields]
    columns = ", ".join(field.column for field in fields)
    sql = f"SELECT {columns} FROM {Account._meta.db_table} WHERE id = %s"  # noqa: S608
    return _Reading(sql, [field.attname for field in fields], converts)


def _convert(column: Any, connection: Any) -> Callable[[Any], Any] | None:
    steps = [*connection.ops.get_db_converters(column), *column.get_db_converters(connection)]
    if not steps:
        return None

    def convert(value: Any) -> Any:
        for step in steps:
            value = step(value, column, connection)
        return value

    return convert
