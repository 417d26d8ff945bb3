"""
From a body to what the writer takes: which answer is a fact, which a text, which goes to the vault.

Names of fields come from the pack of the matter. What is wrong is collected, never raised one by one.
"""

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from pydantic import BaseModel

from huajie.apps.outbox.operations import wish_fault
from huajie.core.procedure import Act, Pack, Unmet, check_texts
from huajie.core.procedure.common import COMMON_TEXTS, INTAKE_FACTS
from huajie.core.procedure.scope import OPENING_FIELDS
from huajie.edges.api import shown
from huajie.edges.api.files import check_sums, read_uploads
from huajie.edges.api.problems import Problem, fault, unmet_faults
from huajie.edges.api.schemas import Contact, FileIn, PointIn

#: What the counter asks besides the form, and the members of IntakeIn that say it.
_COUNTER = {name: name for name in (*INTAKE_FACTS, *COMMON_TEXTS)} | {
    "gap_workdays": "received_at",
    "participant_contacts": "participants",
    "external_system": "elsewhere.system",
    "external_number": "elsewhere.number",
}
#: A visible ASCII key; what it is made of is the caller's business.
_LONGEST_KEY = 200


@dataclass(slots=True)
class Filled:
    """A form as the writer takes it, and what is wrong with it."""

    inputs: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, Any] = field(default_factory=dict)
    faults: list[dict[str, Any]] = field(default_factory=list)


def fill(
    spec: Act,
    facts: Mapping[str, Any],
    texts: Mapping[str, Any],
    *,
    audience: str,
    matter_of: Callable[[str], str | None],
    named: Mapping[str, str] | None = None,
    stream: UUID | None = None,
) -> Filled:
    """
    Sort answers by the types of an act's form.

    Args:
        audience: `resident` or `staff`.
        matter_of: stream (uuid hex) of a matter number that this caller may see, else None.
        stream: the matter that the act is about, None for a new one.
        named: field -> how the body calls it, where it has a member of its own (`subject` -> `title`).
    """
    found = Filled()
    named = named or {}
    known = {name: one for name, one in spec.fields_by_name.items() if one.shown_to(audience)}
    if spec.creates:
        known = {name: one for name, one in known.items() if name not in OPENING_FIELDS and name not in _COUNTER}
    for name, value in facts.items():
        one = known.get(name)
        place = f"facts.{name}"
        if one is None:
            found.faults.append(fault(place, "extra_forbidden"))
        elif one.is_text:
            found.faults.append(fault(place, "is-contact" if one.type == "contact" else "is-a-text"))
        elif one.type == "matter" and value is not None:
            stream = matter_of(value) if isinstance(value, str) else None
            if stream is None:
                found.faults.append(fault(place, "matter-unknown"))
            else:
                found.inputs[name] = stream
        else:
            found.inputs[name] = value
    for name, value in texts.items():
        one = known.get(name)
        place = named.get(name, f"texts.{name}")
        if one is None:
            found.faults.append(fault(place, "extra_forbidden"))
        elif not one.is_text:
            found.faults.append(fault(place, "is-a-fact"))
        elif one.type == "contact":
            found.faults.append(fault(place, "is-contact"))
        elif one.type == "file":
            if isinstance(value, FileIn):
                brought = read_uploads(value.uploads, place, found.faults)
                if brought is not None:
                    found.texts[name] = brought
            else:
                found.faults.append(fault(place, "text-not-file"))
        elif one.type == "point":
            if isinstance(value, PointIn):
                found.texts[name] = (value.lon, value.lat)
            else:
                found.faults.append(fault(place, "text-not-point"))
        elif not isinstance(value, str):
            found.faults.append(fault(place, "text-not-text"))
        elif value.strip() or one.required:
            found.texts[name] = value
    found.faults += check_sums(found.texts, stream)
    found.faults += unmet_faults(check_texts(spec, found.texts), field_of=namer(spec, named))
    return found


def namer(spec: Act | None, named: Mapping[str, str] | None = None) -> Callable[[Unmet], str]:
    """Return a function from what the engine misses to the member of the body that it is about."""
    named = named or {}

    def field_of(item: Unmet) -> str:
        head, _, name = item.path.partition(".")
        if head not in ("input", "texts"):
            return "occurred_at" if item.path == "occurred_at" else item.path or "act"
        if name in named:
            return named[name]
        if spec is not None and spec.creates and name in OPENING_FIELDS:
            return name
        if spec is not None and spec.creates and name in _COUNTER:
            return _COUNTER[name]
        one = spec.fields_by_name.get(name) if spec is not None else None
        if one is None:
            return f"texts.{name}" if head == "texts" else f"facts.{name}"
        return "contact" if one.type == "contact" else f"{shown.member_of(one)}.{name}"

    return field_of


def refused(unmet: tuple[Unmet, ...], pack: Pack, spec: Act | None, reader: shown.Reader, **more: Any) -> Problem:
    """Return the problem of an act that can't be done now: everything that is missing, with its source."""
    if any(item.code == "unknown-act" for item in unmet):
        return Problem(404, "not-found", [fault("act", "unknown-act")])
    return Problem(
        422,
        "refused",
        unmet_faults(
            unmet, field_of=namer(spec, more.get("named")), source_of=lambda name: shown.source(reader, pack, name)
        ),
    )


def contact_of(contact: Contact | None) -> dict[str, str] | None:
    """Return the members of a contact that are filled in; None where there are none."""
    if contact is None:
        return None
    return {name: value for name, value in contact.model_dump(exclude_none=True).items() if value.strip()} or None


def news_faults(contact: dict[str, str] | None) -> list[dict[str, Any]]:
    """Return what keeps the person from being told of news as the contact asks."""
    found = wish_fault(contact or {})
    return [fault("contact.news", f"news-{found}")] if found is not None else []


# Idempotency --------------------------------------------------------------------------------------------------------


def key_of(request: HttpRequest, *, required: bool) -> str | None:
    """
    Return the Idempotency-Key.

    Raises:
        Problem: 400 where it is missing though required, or no key.
    """
    key = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if not key:
        if required:
            raise Problem(400, "key-missing", [fault("Idempotency-Key", "key-missing")])
        return None
    if len(key) > _LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise Problem(400, "key-missing", [fault("Idempotency-Key", "key-invalid")])
    return str(key)


def request_hash(place: str, body: BaseModel | Mapping[str, Any]) -> str:
    """
    Return by what a repeated request is known again.

    Keyed, because a plain hash of a body with a contact in it would let anybody who reads the table try contacts.
    """
    document = body.model_dump(mode="json") if isinstance(body, BaseModel) else body
    text = json.dumps([place, document], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hmac.digest(settings.HUAJIE_KEYS["number"], b"request" + text.encode(), "sha256").hex()
