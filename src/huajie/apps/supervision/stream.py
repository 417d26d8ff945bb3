"""The one stream of supervision: what is done about offices and their work, entry after entry."""

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from django.conf import settings

from huajie.apps.ledger import queries as ledger_queries
from huajie.apps.ledger.operations import Changes, add_entries
from huajie.apps.matters.operations import Randomness
from huajie.core.access import Actor
from huajie.core.ledger import Draft, seal_entries

#: Digests, receipts and answers, ladders, seeds, frames, reviews.
STREAM: Final = UUID("00000000-0000-7000-8000-737570657200")


class Declined(Exception):
    """What was asked of supervision can't be; the word says why, and the edges say it in words."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


def who(actor: Actor) -> dict[str, Any]:
    """Return an actor as an entry of the stream names them."""
    return {"kind": "seat", "person": actor.person, "seat": actor.seat, "unit": actor.unit}


def append(
    changes: Changes,
    kind: str,
    effects: Sequence[Sequence[Mapping[str, Any]]],
    *,
    now: datetime,
    using: str,
    actor: Mapping[str, Any] | None = None,
    texts: Sequence[tuple[str, bytes]] = (),
    random: Randomness = os.urandom,
) -> list[int]:
    """
    Add entries to the stream of supervision, one for each list of effects; return their numbers.

    Args:
        texts: name and value of what each of them commits to and does not say.

    Two who append at the same moment: the second gets `Conflict` at commit and goes again.
    """
    if not effects:
        return []
    n, prev = ledger_queries.tip_of(STREAM, using=using)
    drafts = [
        Draft(
            kind=kind,
            public_kind="note",
            act=kind.partition(".")[2],
            actor=dict(actor or {"kind": "system"}),
            texts=texts,
            effects=[dict(effect) for effect in many],
        )
        for many in effects
    ]
    sealed = seal_entries(
        drafts,
        stream=STREAM,
        case_ref=sha256(b"supervision" + settings.HUAJIE_KEYS["number"]).digest()[:16],
        n=n + 1,
        prev=prev,
        at=now,
        seeds=[random(32) for _ in drafts],
    )
    add_entries(changes, sealed, random=random)
    return [n + 1 + number for number in range(len(drafts))]
