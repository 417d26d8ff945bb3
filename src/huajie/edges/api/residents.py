"""The resident's own matter: where it stands, who answers, every date and why, and what to do next."""

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from ninja import Router

from huajie.apps.matters.operations import Tip
from huajie.apps.matters.queries import acts_of, explanation_of, problem_of, see
from huajie.edges.api import shown
from huajie.edges.api.acting import perform, reader_of
from huajie.edges.api.problems import Problem, fault
from huajie.edges.api.reading import takes
from huajie.edges.api.schemas import ActIn, ActsOut, DocumentsOut, ExplanationOut, ResidentMatterOut, ResultOut
from huajie.edges.api.signing_in import Resident, resident_secret
from huajie.edges.guard import guarded

router = Router(tags=["residents"], auth=resident_secret)


def _resident(request: HttpRequest) -> Resident:
    found: Resident = request.auth  # type: ignore[attr-defined]
    return found


@router.get(
    "/public/matters/{number}",
    response=ResidentMatterOut,
    operation_id="resident_matter",
    summary="See where your matter stands",
)
@guarded("see")
def resident_matter(request: HttpRequest, number: str) -> HttpResponse:
    """Answer with the matter in plain words. A wrong number and a wrong secret get the same 404."""
    who = _resident(request)
    reader = reader_of(request)
    opened = see(who.actor, who.tip.stream, tip=who.tip)
    acts = acts_of(opened, who.actor, now=reader.now)
    return shown.reply(shown.resident_matter(reader, opened, acts, problem_of(who.tip, who.actor)))


@router.get(
    "/public/matters/{number}/documents",
    response=DocumentsOut,
    operation_id="resident_documents",
    summary="List what you were given in writing",
)
@guarded("see_documents")
def resident_documents(request: HttpRequest, number: str) -> HttpResponse:
    """Answer with every paper that was given out, newest first, its words, and how it reached you; never a draft."""
    who = _resident(request)
    opened = see(who.actor, who.tip.stream, tip=who.tip)
    found = shown.documents(reader_of(request), opened, opened.texts, resident=True)
    return shown.reply({"number": who.tip.number, "n": who.tip.n, "documents": found})


@router.get(
    "/public/matters/{number}/acts",
    response=ActsOut,
    operation_id="resident_acts",
    summary="List what you can do, and what is missing for the rest",
)
@guarded("act")
def resident_acts(request: HttpRequest, number: str) -> HttpResponse:
    """Answer with each act that is for the resident, with its form."""
    who = _resident(request)
    reader = reader_of(request)
    opened = see(who.actor, who.tip.stream, tip=who.tip)
    acts = acts_of(opened, who.actor, now=datetime.now(UTC))
    return shown.reply(
        {
            "number": who.tip.number,
            "n": who.tip.n,
            "acts": [shown.act(reader, who.tip.pack, one, "resident") for one in acts],
        }
    )


@router.post(
    "/public/matters/{number}/acts/{act}",
    response=ResultOut,
    operation_id="resident_act",
    summary="Do one act: ask for review, say what you think, withdraw, reopen",
    openapi_extra=takes(ActIn, message={"seen": 2, "texts": {"message": "还有一件事要补充。"}}),
)
@guarded("act")
def resident_act(request: HttpRequest, number: str, act: str) -> HttpResponse:
    """Answer with what the act left; 409 when something happened since you looked, 422 naming what is missing."""
    who = _resident(request)
    return perform(request, who.tip.stream, act, ActIn, actor=who.actor, audience="resident")


@router.get(
    "/public/matters/{number}/clocks/{key}/explanation",
    response=ExplanationOut,
    operation_id="resident_explanation",
    summary="See how a date was counted, day by day",
)
@guarded("see_clock")
def resident_explanation(request: HttpRequest, number: str, key: str) -> HttpResponse:
    """Answer with every day of the count."""
    who = _resident(request)
    return explain(request, who.tip, key)


def explain(request: HttpRequest, tip: Tip, key: str) -> HttpResponse:
    """Answer with the count of one clock."""
    try:
        found = explanation_of(tip, key)
    except KeyError:
        raise Problem(404, "not-found", [fault("key", "no-such-clock")]) from None
    assert tip.state is not None
    return shown.reply(shown.explanation(reader_of(request), tip.pack, key, tip.state.clocks[key], found))
