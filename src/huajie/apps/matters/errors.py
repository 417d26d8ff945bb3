"""
What the writer can answer instead of doing what was asked. Each edge turns these into a page or JSON in one place.

    MattersError
    ├── UnknownMatter       no such matter, or none for this reader: both say the same
    ├── Changed             somebody else acted first; says what they did
    ├── KeyReused           the idempotency key belongs to another request
    ├── Denied              core/access says no
    └── UnknownPack         no pack of that name is in force here
"""

from collections.abc import Sequence
from typing import Any


class MattersError(Exception):
    """The writer did not do it; nothing was kept."""


class UnknownMatter(MattersError):
    """There is no such matter, or none that you may see."""


class Denied(MattersError):
    """You may not do this."""

    def __init__(self, action: str) -> None:
        super().__init__(action)
        self.action = action


class Changed(MattersError):
    """The matter has changed since you saw it."""

    def __init__(self, number: str, seen: int, since: Sequence[dict[str, Any]]) -> None:
        super().__init__(number)
        self.number = number
        self.seen = seen
        #: bodies of the entries that came after `seen`, oldest first
        self.since = tuple(since)


class KeyReused(MattersError):
    """The same idempotency key came with another body: use a new key for a new request."""


class UnknownPack(MattersError):
    """No pack of this name is in force here."""
