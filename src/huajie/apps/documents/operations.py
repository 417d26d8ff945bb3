"""
Add a sentence to the actor's own unit, or take one from the list.

Faults:
    BadPhrase   `faults` says everything that is wrong, as (field, word): no-unit, kind, empty, long, placeholder, full
"""

import os
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from huajie.apps.documents.models import UnitPhrase
from huajie.apps.documents.queries import MOST
from huajie.core.access import Actor
from huajie.core.ledger import uuid7
from huajie.core.procedure import placeholders
from huajie.core.procedure.documents import DOCUMENT_KINDS, is_placeholder

#: Longest sentence, characters.
LENGTH = 600


class BadPhrase(Exception):
    """The sentence can't be kept."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        self.faults = tuple(faults)
        super().__init__(", ".join(f"{field}: {word}" for field, word in faults))


def add_phrase(actor: Actor, *, kind: str, zh: str, en: str, now: datetime, using: str = "default") -> str:
    """
    Keep a sentence for the actor's own unit; returns its id.

    Args:
        kind: one of DOCUMENT_KINDS.
        zh, en: at least one; a language left out shows the other's words.
    Raises:
        BadPhrase: everything that is wrong.
    """
    zh, en = zh.strip(), en.strip()
    faults: list[tuple[str, str]] = []
    if actor.kind != "seat" or actor.unit is None:
        faults.append(("", "no-unit"))
    if kind not in DOCUMENT_KINDS:
        faults.append(("kind", "kind"))
    if not zh and not en:
        faults.append(("zh", "empty"))
    for name, text in (("zh", zh), ("en", en)):
        if len(text) > LENGTH:
            faults.append((name, "long"))
        if any(not is_placeholder(word) for word in placeholders(text)):
            faults.append((name, "placeholder"))
    rows = UnitPhrase.objects.using(using)
    if not faults and rows.filter(unit=actor.unit, kind=kind, ended_at=None).count() >= MOST:
        faults.append(("", "full"))
    if faults:
        raise BadPhrase(faults)
    found = uuid7(now, os.urandom(10))
    rows.create(
        id=found,
        unit=actor.unit or "",
        kind=kind,
        zh=zh,
        en=en,
        person=UUID(actor.person) if actor.person else None,
        created_at=now,
    )
    return found.hex


def end_phrase(actor: Actor, phrase: str, *, now: datetime, using: str = "default") -> bool:
    """Take a sentence of the actor's own unit from the list; False where the unit has none of that id."""
    try:
        wanted = UUID(phrase)
    except ValueError:
        return False
    mine = UnitPhrase.objects.using(using).filter(id=wanted, unit=actor.unit or "", ended_at=None)
    return bool(actor.kind == "seat" and mine.update(ended_at=now))
