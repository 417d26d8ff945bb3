"""The sentences of a unit."""

from dataclasses import dataclass

from huajie.apps.documents.models import UnitPhrase
from huajie.core.access import Actor

#: Sentences of one unit and kind that are in use at most; the page shows them all.
MOST = 60


@dataclass(frozen=True, slots=True)
class Phrase:
    """One sentence in both languages."""

    id: str
    kind: str
    text: dict[str, str]


def phrases_of(actor: Actor, kind: str | None = None, *, using: str = "default") -> list[Phrase]:
    """Return the sentences in use of the actor's own unit, of one kind or of all, oldest first, in one statement."""
    if actor.kind != "seat" or actor.unit is None:
        return []
    rows = UnitPhrase.objects.using(using).filter(unit=actor.unit, ended_at=None)
    if kind is not None:
        rows = rows.filter(kind=kind)
    return [
        Phrase(row.id.hex, row.kind, {"zh": row.zh or row.en, "en": row.en or row.zh})
        for row in rows.order_by("kind", "created_at", "id")
    ]
