"""What a pack declares, while it is compiled: names are looked up here, and everything wrong is collected."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

#: Types whose value stands in entries.
FACT_TYPES = frozenset(
    {"choice", "choices", "boolean", "integer", "date", "moment", "unit", "seat", "region", "topic", "matter"}
)
#: Types of which an entry holds only a commitment.
TEXT_TYPES = frozenset({"text", "longtext", "point", "file", "contact"})
#: What the opening act may bring besides its form.
OPENING_FIELDS: Mapping[str, str] = {
    "topic": "topic",
    "region": "region",
    "mode": "choice",
    "channel": "choice",
    "received_at": "moment",
    "source": "name",
}
#: The committed text under which an entry of a sealed matter keeps its facts; `sealing.py`.
FACTS = "@facts"
#: Acts of the engine itself; no pack may use the names.
SIGNAL = "@signal"
CALENDAR_PUBLISHED = "calendar-published"
PACKED = "packed"
ERASED_AGAIN = "erased-again"
EXPORTED = "exported"
HANDED_OVER = "handed-over"
PREPARED = "prepared"
#: The scan of the paper on which the leader wrote, which may come with it.
PREPARED_SCAN = "instruction_scan"
#: About who may know; `disclosure.py`.
IDENTITY_OPENED = "identity-opened"
ACCESS_ASKED = "access-asked"
ACCESS_APPROVED = "access-approved"
ACCESS_REFUSED = "access-refused"
ACCESS_REVOKED = "access-revoked"
ACCESS_ENDED = "access-ended"
DISCLOSURE = frozenset({IDENTITY_OPENED, ACCESS_ASKED, ACCESS_APPROVED, ACCESS_REFUSED, ACCESS_REVOKED, ACCESS_ENDED})
RETENTION_OVER = "retention-over"
#: The resident takes the copy of their data that was granted; `rights.py`.
COPY_TAKEN = "copy-taken"
#: The clock that `retention: {runs: true}` gives a matter at its ending; no pack may declare one of that name.
RETENTION = "retention"


def nearest(word: str, known: Collection[str]) -> str:
    """Return a hint such as `did you mean 'stop'?`, else the known words if they are few, else nothing."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    return f"known are {', '.join(sorted(known))}" if 0 < len(known) <= 30 else ""


@dataclass(slots=True)
class Scope:
    """Names that one pack declares, and what is wrong with how it uses them."""

    document: Mapping[str, Any]
    #: (path, message, suggestion)
    problems: list[tuple[str, str, str]] = field(default_factory=list)
    #: Name -> type of the form fields of the act that is being compiled.
    fields: Mapping[str, str] = field(default_factory=dict)
    #: Kind of request that the act being compiled is about.
    on: str | None = None
    #: Documents of which the act being compiled is about one.
    about: tuple[str, ...] = ()

    def names(self, table: str) -> Collection[str]:
        """Return the names under a top-level key."""
        return self.document.get(table) or ()

    def fact_type(self, name: str) -> str | None:
        """Return the type of a declared fact, or None."""
        fact = (self.document.get("facts") or {}).get(name)
        return fact.get("type") if fact else None

    def say(self, path: str, message: str, suggestion: str = "") -> None:
        """Note that something is wrong at a path."""
        self.problems.append((path, message, suggestion))

    def need(self, path: str, what: str, name: str, known: Collection[str]) -> bool:
        """Return whether `name` is known; otherwise note it with the nearest word."""
        if name in known:
            return True
        self.say(path, f"unknown {what} '{name}'", nearest(name, known))
        return False
