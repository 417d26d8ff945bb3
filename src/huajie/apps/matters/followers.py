"""What follows an entry outside its transaction: one row for each, from entry kind to function."""

from datetime import UTC, datetime
from time import monotonic, sleep
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connections

from huajie.apps.accounts.operations import drop_drafts_about
from huajie.apps.attachments.operations import remove_gone
from huajie.apps.ledger.operations import ERASING, register_follower
from huajie.apps.matters.numbers import number_of, shown
from huajie.apps.matters.operations import reset_provisional


class Busy(Exception):
    """The files could not be emptied of what was erased yet; the follow-up is tried again."""


#: Tables in whose files something that was erased may still stand.
_HELD = (
    *("matters_text", "vault_secret", "vault_key", "attachments_file", "ledger_opening", "accounts_draft"),
    "supervision_rung",
)


def _reset(stream: UUID, n: int) -> None:
    # a follower runs when its worker gets to it: that moment is the recording time of what it does
    reset_provisional(datetime.now(UTC))


def _purge(stream: UUID, n: int) -> None:
    # what was erased may have been copied into a form that an officer has half written
    number = number_of(settings.HUAJIE_KEYS["number"], stream)
    drop_drafts_about((number, shown(number)))
    remove_gone()
    purge()


def purge(using: str = "default") -> None:
    """
    Take what was erased out of the files of the database too: out of the index, the free pages and the write-ahead log.

    Deleting a row leaves its bytes behind until something else is written over them. On PostgreSQL only a rewrite of
    the tables takes them off the disk; they are locked for as long as that lasts, which is why a worker does it
    afterwards.
    Base back-ups and archived write-ahead logs made before keep their own copies until they expire.
    """
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # A back-up reads for long: standing in line behind it would keep every writer out behind us.
            cursor.execute("SET lock_timeout = '10s'")
            try:
                _wait_for_older_readers(cursor)
                for table in _HELD:
                    cursor.execute(f"VACUUM FULL {table}")
            finally:
                cursor.execute("RESET lock_timeout")
        else:
            cursor.execute("INSERT INTO matters_search(matters_search) VALUES ('rebuild')")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            if cursor.fetchone()[0]:
                raise Busy("somebody reads an older state; what was erased is still in the write-ahead log")


#: Seconds that the clean-up waits for whoever still reads an older state before it is tried again later.
_PATIENCE = 10.0


def _wait_for_older_readers(cursor: Any) -> None:
    """
    Wait until nobody can see what was erased any more: a rewrite keeps what an older snapshot may still read.

    Raises:
        Busy: somebody reads on; nothing was rewritten.
    """
    cursor.execute("SELECT pg_current_xact_id()::xid::text")
    (now,) = cursor.fetchone()
    until = monotonic() + _PATIENCE
    while True:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND age(backend_xmin) > age(%s::xid)",
            [now],
        )
        if not cursor.fetchone()[0]:
            return
        if monotonic() > until:
            raise Busy("somebody reads an older state; what was erased would be kept for them")
        sleep(0.1)


def register() -> None:
    """Register the table; called once when the app is ready."""
    register_follower("calendar.published", "reset-provisional", _reset)
    register_follower(ERASING, "purge", _purge, once=True)
