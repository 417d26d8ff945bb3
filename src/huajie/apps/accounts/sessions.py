"""
Who a request comes from, read anew for each: Django's session and account, without building a query each time.

What is stored, and what makes a session valid, is Django's own; a session that was ended is over at the next request.
"""

from typing import Any, cast

from django.contrib.auth.backends import ModelBackend
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.db import connections, router
from django.utils import timezone

from huajie.apps.jurisdiction.models import Account


class SessionStore(DatabaseSessionStore):
    """Django's sessions in the database, looked up by a statement that is always the same."""

    def load(self) -> dict[str, Any]:
        """Return what the session holds; nothing, and no key, where it is unknown or over."""
        connection = connections[router.db_for_read(self.model)]
        until = connection.ops.adapt_datetimefield_value(timezone.now())
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s",
                [self.session_key, until],
            )
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return {}
        return cast("dict[str, Any]", self.decode(row[0]))


class AccountBackend(ModelBackend):
    """Django's accounts; the one of a session is looked up by a statement that is always the same."""

    def get_user(self, user_id: int) -> Account | None:
        """Return the account of a session, None where there is none or it was closed."""
        found = list(Account.objects.raw("SELECT * FROM jurisdiction_account WHERE id = %s", [user_id]))
        return found[0] if found and self.user_can_authenticate(found[0]) else None
