"""Entries to write."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest

from huajie.core.ledger import Draft, Entry, seal_entries, uuid7

AT = datetime(2026, 11, 23, 14, 18, 55, 123456, tzinfo=UTC)


@pytest.fixture
def sealed() -> Callable[..., list[Entry]]:
    """Make sealed entries: `sealed(3)` a new stream of three, `sealed(2, after=entries)` two more."""

    def make(count: int = 1, *, after: list[Entry] | None = None, kind: str = "matter.noted") -> list[Entry]:
        draft = Draft(kind=kind, public_kind="noted", act="note", input={"x": 1}, texts=[("text", "积水".encode())])
        last = after[-1] if after else None
        stream: UUID = last.stream if last else uuid7(AT, os.urandom(10))
        return seal_entries(
            [draft] * count,
            stream=stream,
            case_ref=stream.bytes,
            n=last.n + 1 if last else 1,
            prev=last.leaf_hash if last else None,
            at=AT,
            seeds=[os.urandom(32) for _ in range(count)],
        )

    return make
