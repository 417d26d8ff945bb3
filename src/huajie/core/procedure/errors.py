"""
What can go wrong in a procedure.

    BadPack     a pack that can't be used; carries every PackError found, each with file, line, path
    Refused     an act that can't be done now; carries every Unmet, each with its source
    BadState    a state or entry that no version of this engine wrote
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

#: Every code that an `Unmet` may carry.
CODES = frozenset(
    {
        "unknown-act",
        "stage",
        "closed",
        "relation",
        "when",
        "gate",
        "field-missing",
        "field-invalid",
        "field-unknown",
        "clock-not-running",
        "extension-late",
        "extension-over",
        "extension-used",
        "exclusion-invalid",
        "request-unknown",
        "request-open",
        "timer-unknown",
        "timer-early",
        "handled",
        "lead-cannot-decide",
        "no-reviewer",
        "occurred-in-future",
        "occurred-before",
        "concerned",
        "outcome-missing",
        "document",
        "document-own",
        "document-way",
        "document-proof",
        "placeholder",
        "pack-unfit",
        "unchanged",
        "sponsor-unfit",
        "tasks-open",
        "part-unfit",
        "second-person",
        "joint",
        "no-identity",
    }
)


@dataclass(frozen=True, slots=True)
class PackError:
    """One thing wrong with a pack."""

    #: File name as it was given, `packs/en.complaint/pack.yaml`.
    file: str
    #: Line in that file, from 1; 0 when the place is unknown.
    line: int
    #: Where in the document: `acts.accept.effects[2].stage`; empty for the whole file.
    path: str
    #: What is wrong, in English.
    message: str
    #: What was probably meant, or what to do; empty when nothing comes to mind.
    suggestion: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        where = f" {self.path}:" if self.path else ""
        hint = f" ({self.suggestion})" if self.suggestion else ""
        return f"{place}:{where} {self.message}{hint}"


class BadPack(Exception):
    """The pack can't be used; `errors` says everything that is wrong with it."""

    def __init__(self, errors: Iterable[PackError]) -> None:
        self.errors: tuple[PackError, ...] = tuple(errors)
        super().__init__("\n".join(str(error) for error in self.errors))


@dataclass(frozen=True, slots=True)
class Unmet:
    """One thing that is missing for an act, in words for whoever wanted to do it."""

    #: One of CODES.
    code: str
    #: What it is about: `gate[1]`, `input.days`, `clocks.reply.extension`.
    path: str
    #: {"zh": ..., "en": ...}.
    title: Mapping[str, str]
    #: Name of the pack's source that demands it, or None where the engine does.
    source: str | None = None
    #: What the words were made from: limits, dates, names; JSON values.
    values: Mapping[str, Any] = field(default_factory=dict)

    def to_document(self) -> dict[str, Any]:
        """Return the JSON form that the API shows."""
        return {
            "code": self.code,
            "path": self.path,
            "title": dict(self.title),
            "source": self.source,
            "values": dict(self.values),
        }


class Refused(Exception):
    """The act can't be done; `unmet` names everything at once."""

    def __init__(self, unmet: Iterable[Unmet]) -> None:
        self.unmet: tuple[Unmet, ...] = tuple(unmet)
        super().__init__("; ".join(f"{item.code} {item.path}: {item.title.get('en', '')}" for item in self.unmet))


class BadState(ValueError):
    """A state document or an entry that no version of this engine wrote; the message names the field."""
