"""What follows an entry outside its transaction: one row for each, from entry kind to function."""

from datetime import UTC, datetime
from uuid import UUID

from huajie.apps.ledger.operations import register_follower
from huajie.apps.matters.operations import reset_provisional


def _reset(stream: UUID, n: int) -> None:
    # a follower runs when its worker gets to it: that moment is the recording time of what it does
    reset_provisional(datetime.now(UTC))


def register() -> None:
    """Register the table; called once when the app is ready."""
    register_follower("calendar.published", "reset-provisional", _reset)
