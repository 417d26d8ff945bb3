"""Opening what the vault holds, letting somebody into a minor's file, and what is counted of both."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from ninja import Router

from huajie.apps.matters import disclosure, loading
from huajie.apps.matters.operations import Order, act
from huajie.apps.matters.projection import view_of
from huajie.apps.matters.queries import BadCursor
from huajie.apps.procedure.registry import pack_by_hash
from huajie.core.access import Actor, allowed
from huajie.core.ledger import moment, stamp
from huajie.core.procedure import ACCESS_APPROVED, ACCESS_ASKED, ACCESS_REASON, ACCESS_REFUSED, ACCESS_REVOKED
from huajie.edges.api import forms, shown
from huajie.edges.api.acting import reader_of
from huajie.edges.api.files import FILE_OUT
from huajie.edges.api.problems import Problem, fault, not_found
from huajie.edges.api.reading import asks, read_body, read_query, takes
from huajie.edges.api.schemas import (
    AccessIn,
    AccessOut,
    FigureOut,
    OpenedOut,
    OpenIn,
    OpeningsOut,
    OpeningsQuery,
    ResultOut,
)
from huajie.edges.api.signing_in import staff_token
from huajie.edges.guard import guarded, public
from huajie.edges.pages.files import hand_out

router = Router(tags=["openings"])

_STEPS = {"ask": ACCESS_ASKED, "approve": ACCESS_APPROVED, "refuse": ACCESS_REFUSED, "revoke": ACCESS_REVOKED}


def _actor(request: HttpRequest) -> Actor:
    found: Actor = request.auth.actor  # type: ignore[attr-defined]
    return found


@router.post(
    "/matters/{number}/openings",
    auth=staff_token,
    response=OpenedOut,
    operation_id="open_identity",
    summary="Open who brought a matter in, or what was taken out of its texts, for a purpose",
    openapi_extra=takes(OpenIn, contact={"what": "contact", "purpose": "reach", "said": "约时间到现场查看"}),
)
@guarded("open_identity")
def open_identity(request: HttpRequest, number: str) -> HttpResponse:
    """Answer once with what was opened; the entry stands first, and the resident sees it. A repeat shows nothing."""
    body = read_body(request, OpenIn)
    actor = _actor(request)
    key = forms.key_of(request, required=False)
    found = disclosure.open_identity(
        number,
        what=body.what,
        purpose=body.purpose,
        said=body.said,
        actor=actor,
        now=datetime.now(UTC),
        seen=body.seen,
        idempotency=(f"act.{actor.person}", key, forms.request_hash(f"{number}/@open", body)) if key else None,
    )
    return shown.reply(
        {
            "number": found.written.number,
            "n": found.written.n,
            "shown": found.shown,
            "contact": dict(found.contact),
            "people": [
                {"who": name, "place": place, "contact": dict(contact)} for name, place, contact in found.people
            ],
            "texts": [
                {
                    "n": text.n,
                    "name": text.name,
                    "parts": [
                        {"text": span.value if span else said, "mark": span.mark if span else None}
                        for said, span in text.parts
                    ],
                }
                for text in found.texts
            ],
            "files": [
                {
                    **{name: item[name] for name in ("id", "name", "type", "size")},
                    "path": f"/matters/{found.written.number}/openings/{found.written.n}/files/{item['id']}",
                }
                for item in found.files
            ],
        }
    )


@router.get(
    "/matters/{number}/openings/{n}/files/{file_id}",
    auth=staff_token,
    operation_id="opened_file",
    summary="Get one picture or paper of a minor's file that you opened a few minutes ago",
    openapi_extra={"responses": {200: FILE_OUT}},
)
@guarded("see_documents")
def opened_file(request: HttpRequest, number: str, n: int, file_id: str) -> HttpResponseBase:
    """Answer with its bytes; 404 for anybody else, and when the minutes are over."""
    found = disclosure.file_in_hand(_actor(request), number, n, file_id, now=datetime.now(UTC))
    return hand_out(request, found, to_program=True)


@router.get(
    "/matters/{number}/access",
    auth=staff_token,
    response=AccessOut,
    operation_id="minor_access",
    summary="See who asked to be let into a minor's file: the head sees all, others themselves",
)
@guarded("act")
def minor_access(request: HttpRequest, number: str) -> HttpResponse:
    """Answer with requests and approvals; 404 for any other matter."""
    actor = _actor(request)
    tip = loading.load(number, using="default")
    if tip is None or tip.state is None or tip.state.sensitivity != "minor":
        raise not_found()
    view = view_of(tip.state, tip.stream.hex)
    if not allowed(actor, view, "act"):
        raise not_found()
    head = "head" in actor.roles and tip.state.unit in actor.answers
    rows = [
        {
            "person": person,
            "unit": row["unit"],
            "seat": row["seat"],
            "state": row["state"],
            "at": shown.stamp_shown(row["at"]),
            "until": shown.stamp_shown(row["until"]) if row["until"] else None,
        }
        for person, row in sorted(tip.state.access.items())
        if head or person == actor.person
    ]
    return shown.reply({"number": tip.number, "n": tip.n, "access": rows})


@router.post(
    "/matters/{number}/access/{step}",
    auth=staff_token,
    response=ResultOut,
    operation_id="change_minor_access",
    summary="Ask to be let into a minor's file; approve for a time, refuse or take back",
    openapi_extra=takes(AccessIn, ask={"reason": "下周入户走访，要了解情况"}),
)
@guarded("act")
def change_minor_access(request: HttpRequest, number: str, step: str) -> HttpResponse:
    """Answer with what stands; `step` is ask, approve, refuse or revoke. Only the head of the lead unit answers."""
    name = _STEPS.get(step)
    if name is None:
        raise Problem(404, "not-found", [fault("step", "unknown-act")])
    body = read_body(request, AccessIn)
    actor = _actor(request)
    reader = reader_of(request)
    inputs = {}
    if body.person is not None:
        inputs["person"] = body.person
    if body.days is not None:
        inputs["until"] = stamp(reader.now + timedelta(days=body.days))
    written = act(
        number,
        Order(
            act=name,
            inputs=inputs,
            texts={ACCESS_REASON: body.reason} if body.reason is not None and body.reason.strip() else {},
            seen=body.seen,
        ),
        actor=actor,
        now=reader.now,
    )
    return shown.reply(shown.result(reader, written.number, pack_by_hash(written.state.pack), written.state))


@router.get(
    "/openings",
    auth=staff_token,
    response=OpeningsOut,
    operation_id="openings",
    summary="List what was opened in a year, and count looks into minors' files",
    openapi_extra=asks(OpeningsQuery),
)
@guarded("see_openings")
def openings(request: HttpRequest) -> HttpResponse:
    """Answer, for the data-protection officer and the auditor, with seats, purposes and numbers; never with a value."""
    actor = _actor(request)
    if not allowed(actor, None, "see_openings"):
        raise Problem(403, "denied", [fault("X-Huajie-Seat", "denied")])
    query = read_query(request, OpeningsQuery)
    year = query.year or datetime.now(UTC).year
    since, until = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    rows = disclosure.openings_list(
        actor, what=query.what, since=since, until=until, after=_place(query.after), limit=query.limit + 1
    )
    more = rows[query.limit - 1] if len(rows) > query.limit else None
    return shown.reply(
        {
            "year": year,
            "rows": [
                {
                    "number": row.number,
                    "n": row.n,
                    "at": shown.when(row.at),
                    "what": row.what,
                    "purpose": row.purpose,
                    "unit": row.unit,
                    "seat": row.seat,
                }
                for row in rows[: query.limit]
            ],
            "next": f"{stamp(more.at)}~{more.stream.hex}~{more.n}" if more is not None else None,
            "minors": [
                {"unit": one.unit, "number": one.number, "looks": one.looks}
                for one in disclosure.minors_audit(actor, since=since, until=until)
            ],
        }
    )


def _place(text: str | None) -> tuple[datetime, UUID, int] | None:
    if text is None:
        return None
    try:
        at, stream, n = text.split("~")
        return moment(at), UUID(hex=stream), int(n)
    except (ValueError, OverflowError):
        raise BadCursor(text) from None


@router.get(
    "/public/openings",
    response=FigureOut,
    operation_id="public_openings",
    summary="See how often identities were opened, and of how many matters",
)
@public("everybody may know how often identities are opened")
def public_openings(request: HttpRequest) -> HttpResponse:
    """Answer with the count, its denominator and the purposes; small numbers are held back as null."""
    figure = disclosure.public_count(datetime.now(UTC))
    return shown.reply(
        {
            "openings": figure.openings,
            "shared": figure.shared,
            "opened_matters": figure.opened_matters,
            "of_matters": figure.of_matters,
            "by_purpose": figure.by_purpose,
            "held_back_below": disclosure.SMALL,
            "at": shown.when(figure.at),
        }
    )
