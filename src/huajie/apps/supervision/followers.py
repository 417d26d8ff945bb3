"""What follows an entry that erases the texts of a matter: what was said of it in supervision goes too."""

from datetime import UTC, datetime
from uuid import UUID

from huajie.apps.ledger.operations import ERASING, register_follower
from huajie.apps.matters.followers import purge
from huajie.apps.supervision.reminders import erase_words


def _erase(stream: UUID, n: int) -> None:
    # a follower runs when its worker gets to it: that moment is the recording time of what it does
    if erase_words(stream, now=datetime.now(UTC)):
        purge()


def register() -> None:
    """Register what follows; called once when the app is ready."""
    register_follower(ERASING, "supervision-words", _erase)
