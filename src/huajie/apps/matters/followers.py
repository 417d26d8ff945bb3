"""What follows an entry outside its transaction: one row for each, from entry kind to function."""

from datetime import UTC, datetime
from uuid import UUID

from django.db import connections

from huajie.apps.ledger.operations import register_follower
from huajie.apps.matters.operations import reset_provisional


def _reset(stream: UUID, n: int) -> None:
    # a follower runs when its worker gets to it: that moment is the recording time of what it does
    reset_provisional(datetime.now(UTC))


def _purge(stream: UUID, n: int) -> None:
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
            cursor.execute("VACUUM FULL matters_text")
            cursor.execute("VACUUM FULL vault_secret")
            cursor.execute("VACUUM FULL vault_key")
            cursor.execute("VACUUM FULL ledger_opening")
        else:
            cursor.execute("INSERT INTO matters_search(matters_search) VALUES ('rebuild')")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def register() -> None:
    """Register the table; called once when the app is ready."""
    register_follower("calendar.published", "reset-provisional", _reset)
    register_follower("matter.erased", "purge", _purge)
