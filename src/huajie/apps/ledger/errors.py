"""
Why a write was refused. Nothing at all was written.

WriteRefused
├── Conflict           somebody else wrote first
│   └── GuardFailed    a row is no longer as the writer saw it
├── Replayed           the request with this key was done before
├── Clash              another unique rule of the database
└── StorageFull        the disk is full
"""

from collections.abc import Sequence
from typing import Any


class WriteRefused(Exception):
    """Nothing was written."""


class Conflict(WriteRefused):
    """Somebody else wrote first; read again and decide again."""


class GuardFailed(Conflict):
    """Rows are no longer as the writer saw them: `failed` names table and key of each."""

    def __init__(self, failed: Sequence[tuple[str, dict[str, Any]]]) -> None:
        super().__init__("changed since they were read: " + "; ".join(f"{table} {key}" for table, key in failed[:5]))
        self.failed = list(failed)


class Replayed(WriteRefused):
    """The request with this idempotency key was done before; its answer is kept."""


class Clash(WriteRefused):
    """A unique rule of the database stands against it: `table` and `rule` say which."""

    def __init__(self, table: str, rule: str) -> None:
        super().__init__(f"{table}: already taken ({rule})")
        self.table = table
        self.rule = rule


class StorageFull(WriteRefused):
    """The disk is full; nothing is half-kept."""
