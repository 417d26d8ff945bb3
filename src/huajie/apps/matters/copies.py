"""
The copy of their data that a resident takes: first the entry is on disk, then the contact is read, for this one answer.

It is granted by the data-protection officer (core/procedure/rights.py), holds one matter and never more, and whoever
repeats the same request gets the entry and no value.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from huajie.apps.matters import loading
from huajie.apps.matters.disclosure import masked_of, people_of
from huajie.apps.matters.operations import Order, Written, act
from huajie.apps.matters.queries import Opened, see
from huajie.apps.vault import operations as vault
from huajie.core.access import Actor
from huajie.core.masking import Span
from huajie.core.procedure import COPY_TAKEN


@dataclass(slots=True, frozen=True)
class Copy:
    """What one matter holds for one of those who brought it."""

    written: Written
    #: False for a repeat, which shows nothing.
    shown: bool
    opened: Opened | None = None
    #: Their own contact; empty where none was left or it was erased.
    contact: Mapping[str, str] | None = None
    #: By entry and name what was taken out of a text, for whoever wrote it: of a joint matter the first who brought it.
    masked: Mapping[tuple[int, str], tuple[Span, ...]] = field(default_factory=dict)


def take_copy(
    which: UUID,
    *,
    actor: Actor,
    now: datetime,
    idempotency: tuple[str, str, str] | None = None,
    using: str = "default",
) -> Copy:
    """
    Record that the resident takes the copy that was granted, and return what it holds.

    Args:
        actor: the resident; of a joint matter one participant, who gets no contact but their own.
    Raises:
        Refused: no copy was granted.
        UnknownMatter, Denied, KeyReused: as `act`.
        Unreadable: the entry is on disk, the contact can't be read.
    """
    written = act(which, Order(act=COPY_TAKEN, idempotency=idempotency), actor=actor, now=now, using=using)
    if written.replayed:
        return Copy(written, False)
    opened = see(actor, written.stream, using=using)
    tip = opened.tip
    key = loading.data_key(tip)
    contact: Mapping[str, str] = {}
    if key is not None and actor.participant == 1 and tip.contact is not None:
        contact = json.loads(vault.unseal(key, tip.stream, tip.contact[0], "contact", tip.contact[1]))
    elif actor.participant > 1:
        others = people_of(tip, key, "participant_contacts", using)
        contact = next((one for _name, place, one in others if place == actor.participant), {})
    masked = masked_of(tip, key, using) if actor.participant == 1 else {}
    return Copy(written, True, opened, contact, masked)
