"""What follows an entry that is news, and one that erases."""

from datetime import UTC, datetime
from uuid import UUID

from huajie.apps.ledger.operations import ERASING, NEWS, register_follower
from huajie.apps.outbox.operations import end_erased, prepare


def _prepare(stream: UUID, n: int) -> None:
    # a follower runs when its worker gets to it: that moment is when the message comes to be
    prepare(stream, n, datetime.now(UTC))


def _end_erased(stream: UUID, n: int) -> None:
    end_erased(stream)


def register() -> None:
    """Register the table; called once when the app is ready."""
    register_follower(NEWS, "outbox-prepare", _prepare)
    register_follower(ERASING, "outbox-end", _end_erased)
