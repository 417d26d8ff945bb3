"""One act on one matter, by a resident or by an officer: read the form by the matter's pack, act, say what follows."""

from datetime import UTC, datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from huajie.apps.jurisdiction.queries import snapshot
from huajie.apps.matters import loading
from huajie.apps.matters.errors import Changed
from huajie.apps.matters.operations import Order, Shared, Tip, act, act_for_parts
from huajie.apps.matters.projection import view_of
from huajie.apps.procedure.registry import pack_by_hash
from huajie.core.access import Actor, allowed
from huajie.core.procedure import Refused
from huajie.edges.api import forms, shown
from huajie.edges.api.intake import visible_matter
from huajie.edges.api.languages import language_of
from huajie.edges.api.problems import Problem, fault
from huajie.edges.api.reading import read_body
from huajie.edges.api.schemas import ActIn
from huajie.edges.api.signing_in import SNAPSHOT_AGE


def reader_of(request: HttpRequest) -> shown.Reader:
    """Return for whom the answer is made."""
    return shown.Reader(language_of(request), snapshot(max_age=SNAPSHOT_AGE), datetime.now(UTC))


def perform(
    request: HttpRequest, which: UUID | str, name: str, model: type[ActIn], *, actor: Actor, audience: str
) -> HttpResponse:
    """
    Do an act and answer with what it left.

    Raises:
        Problem: everything that is wrong or missing; 409 with the entries since when somebody else acted first.
    """
    body = read_body(request, model)
    reader = reader_of(request)
    key = forms.key_of(request, required=False)
    caller = actor.person or actor.matter or actor.kind
    loaded: list[Tip] = []

    def order_of(tip: Tip) -> Order:
        loaded[:] = [tip]
        spec = tip.pack.acts.get(name)
        # what only the engine itself or a timer does is no address of this interface
        if spec is None or spec.creates:
            raise Problem(404, "not-found", [fault("act", "unknown-act")])
        filled = forms.fill(
            spec,
            body.facts,
            body.texts,
            audience=audience,
            matter_of=lambda number: visible_matter(number, actor),
            stream=tip.stream,
        )
        contact = forms.contact_of(body.contact)
        if body.contact is not None:
            if contact is None:
                filled.faults.append(fault("contact", "contact-empty"))
            elif not any(field.type == "contact" for field in spec.fields if field.shown_to(audience)):
                filled.faults.append(fault("contact", "contact-not-taken"))
            filled.faults += forms.news_faults(contact)
        occurred_at = getattr(body, "occurred_at", None)
        if filled.faults:
            raise Problem(422, "invalid", filled.faults)
        idempotency = None
        if key is not None:
            place = f"{tip.number}/{name}"
            idempotency = (f"act.{caller}", key, forms.request_hash(place, body))
        return Order(
            act=name,
            inputs=filled.inputs,
            texts=filled.texts,
            contact=contact,
            target=body.target,
            seen=body.seen,
            occurred_at=occurred_at.astimezone(UTC) if occurred_at is not None else None,
            idempotency=idempotency,
            hide=tuple(getattr(body, "hide", ())),
        )

    shared: Shared | None = None
    try:
        if getattr(body, "for_parts", False):
            shared = act_for_parts(which, order_of, actor=actor, now=reader.now)
            written = shared.leader
        else:
            written = act(which, order_of, actor=actor, now=reader.now)
    except Refused as error:
        pack = loaded[0].pack
        raise forms.refused(error.unmet, pack, pack.acts.get(name), reader) from error
    except Changed as error:
        raise _changed(error, loaded[0], actor, reader) from error
    said = shown.result(reader, written.number, pack_by_hash(written.state.pack), written.state)
    return shown.reply({**said, "also": shown.also(reader, shared) if shared is not None else None})


def _changed(error: Changed, tip: Tip, actor: Actor, reader: shown.Reader) -> Problem:
    """Return what happened since, as far as the reader may know: no texts, and for a resident only what is public."""
    now = error.seen + len(error.since)
    fresh = loading.load(tip.stream, using="default") or tip
    assert fresh.state is not None
    since = []
    if allowed(actor, view_of(fresh.state, fresh.stream.hex), "see"):
        if actor.kind == "resident":
            since = [
                {
                    "n": body["n"],
                    "at": shown.stamp_shown(body["at"]),
                    "kind": shown.public_kind(fresh.pack, body),
                    "title": shown.entry_title(reader, fresh.pack, body),
                }
                for body in error.since
            ]
        else:
            since = shown.entries(reader, fresh.pack, error.since, None)
    faults = [fault("seen", "changed", seen=error.seen, n=fresh.n)]
    return Problem(409, "changed", faults, more={"seen": error.seen, "n": max(now, fresh.n), "since": since})
