"""Matters for officers: lists, the desk, search, one matter, its acts. What each may see, core/access says."""

from datetime import UTC, timedelta

from django.http import HttpRequest, HttpResponse
from ninja import Router

from huajie.apps.matters import loading, queries
from huajie.apps.matters.projection import view_of
from huajie.core.access import Actor, allowed
from huajie.edges.api import intake, shown
from huajie.edges.api.acting import perform, reader_of
from huajie.edges.api.problems import Problem, fault, not_found
from huajie.edges.api.reading import asks, read_query, takes
from huajie.edges.api.residents import explain
from huajie.edges.api.schemas import (
    ActsOut,
    AlikeOut,
    DeskOut,
    DeskQuery,
    DocumentsOut,
    EntriesOut,
    ExplanationOut,
    FoundOut,
    IntakeIn,
    ListQuery,
    MatterOut,
    PageOut,
    PageQuery,
    ResultOut,
    SearchQuery,
    StaffActIn,
    TakenInOut,
)
from huajie.edges.api.signing_in import staff_token
from huajie.edges.guard import guarded

router = Router(tags=["matters"], auth=staff_token)

#: what the desk calls soon
SOON = timedelta(days=7)


def _actor(request: HttpRequest) -> Actor:
    found: Actor = request.auth.actor  # type: ignore[attr-defined]
    return found


@router.get(
    "/matters",
    response=PageOut,
    operation_id="matters",
    summary="List the matters you may see, soonest due first",
    openapi_extra=asks(ListQuery),
)
@guarded("list")
def matters(request: HttpRequest) -> HttpResponse:
    """Answer with one page. Everything that narrows it is about the problem."""
    query = read_query(request, ListQuery)
    reader = reader_of(request)
    filters = queries.Filters(
        open={"yes": True, "no": False, "any": None}[query.open],
        pack=query.pack,
        stage=query.stage,
        topic=query.topic,
        region=query.region,
        unit=query.unit,
        seat=query.seat,
        due_before=query.due_before.astimezone(UTC) if query.due_before is not None else None,
    )
    page = queries.matters_list(_actor(request), filters, after=query.after, limit=query.limit)
    return shown.reply({"rows": [shown.row(reader, row) for row in page.rows], "next": page.next})


@router.post(
    "/matters",
    response={201: TakenInOut},
    operation_id="take_in",
    summary="Take a matter in for somebody, by any channel",
    openapi_extra={
        **takes(IntakeIn, counter={**intake.SUBMIT_EXAMPLE, "channel": "counter"}),
        "parameters": [intake.KEY_PARAMETER],
        "responses": {201: intake.LOCATION},
    },
)
@guarded("act")
def take_in_matter(request: HttpRequest) -> HttpResponse:
    """Answer as for a resident, with the paper's secret to hand over and the unit that answers."""
    actor = _actor(request)
    written, said = intake.take_in(request, IntakeIn, actor=actor, audience="staff", scope=f"intake.{actor.person}")
    reader = reader_of(request)
    more = {"n": written.n, "unit": reader.unit(written.state.unit), "seat": reader.seat(written.state.seat)}
    more["secrets"] = written.secrets
    return shown.reply({**said, **more}, 201, {"Location": f"/api/v1/matters/{written.number}"})


@router.get(
    "/search",
    response=FoundOut,
    operation_id="search",
    summary="Find matters by their number or by words of their texts",
    openapi_extra=asks(SearchQuery),
)
@guarded("search")
def search(request: HttpRequest) -> HttpResponse:
    """Answer with matters that you may read; nothing sealed and nothing about a minor is searched."""
    query = read_query(request, SearchQuery)
    reader = reader_of(request)
    found = queries.search(_actor(request), query.q, after=query.after, limit=query.limit)
    hits = [
        {"row": shown.row(reader, hit.row), "excerpt": hit.excerpt, "at": hit.at, "length": hit.length}
        for hit in found.hits
    ]
    return shown.reply({"hits": hits, "next": found.next})


@router.get(
    "/desk",
    response=DeskOut,
    operation_id="desk",
    summary="See what must be done, and by when",
    openapi_extra=asks(DeskQuery),
)
@guarded("list")
def desk(request: HttpRequest) -> HttpResponse:
    """Answer with what you answer for or are asked: late, due within a week, later."""
    query = read_query(request, DeskQuery)
    reader = reader_of(request)
    found = queries.desk(_actor(request), now=reader.now, soon_until=reader.now + SOON, limit=query.limit)
    return shown.reply(
        {
            "late": [shown.row(reader, row) for row in found.late],
            "soon": [shown.row(reader, row) for row in found.soon],
            "later": [shown.row(reader, row) for row in found.later],
            "open_count": found.open_count,
            "more": found.next is not None,
        }
    )


@router.get(
    "/queue",
    response=PageOut,
    operation_id="queue",
    summary="List the matters that no rule could place",
    openapi_extra=asks(PageQuery),
)
@guarded("read_queue")
def queue(request: HttpRequest) -> HttpResponse:
    """Answer with one page, for those who place them."""
    actor = _actor(request)
    if not allowed(actor, None, "read_queue"):
        raise Problem(403, "denied", [fault("X-Huajie-Seat", "denied")])
    query = read_query(request, PageQuery)
    reader = reader_of(request)
    page = queries.queue(actor, after=query.after, limit=query.limit)
    return shown.reply({"rows": [shown.row(reader, row) for row in page.rows], "next": page.next})


@router.get(
    "/matters/{number}",
    response=MatterOut,
    operation_id="matter",
    summary="See one matter",
)
@guarded("see")
def matter(request: HttpRequest, number: str) -> HttpResponse:
    """Answer with the matter as far as you may read it; 404 where there is none for you."""
    actor = _actor(request)
    opened = queries.see(actor, number)
    reader = reader_of(request)
    return shown.reply(
        shown.matter(
            reader,
            opened,
            may_read_texts=_reads_texts(actor, opened),
            dossiers=queries.dossiers_of(opened.tip, now=reader.now),
            problem=queries.problem_of(opened.tip, actor),
        )
    )


@router.get(
    "/matters/{number}/alike",
    response=AlikeOut,
    operation_id="alike",
    summary="Find matters that may be about the same problem, by problem, place and time",
)
@guarded("see")
def alike(request: HttpRequest, number: str) -> HttpResponse:
    """Answer with the likeliest first. Nothing is joined before the resident of each matter confirms."""
    actor = _actor(request)
    opened = queries.see(actor, number)
    found = queries.alike(opened.tip, actor)
    return shown.reply(shown.alike(reader_of(request), opened.tip.number, found))


def _reads_texts(actor: Actor, opened: queries.Opened) -> bool:
    tip = opened.tip
    assert tip.state is not None
    # a minor's file is opened by an act, never by looking at the matter
    return tip.state.sensitivity != "minor" and allowed(actor, view_of(tip.state, tip.stream.hex), "read_text")


@router.get(
    "/matters/{number}/entries",
    response=EntriesOut,
    operation_id="entries",
    summary="See what was recorded of a matter",
)
@guarded("see")
def entries(request: HttpRequest, number: str) -> HttpResponse:
    """Answer with its entries, oldest first; texts only where you may read them."""
    actor = _actor(request)
    opened = queries.see(actor, number)
    texts = opened.texts if _reads_texts(actor, opened) else None
    found = shown.entries(reader_of(request), opened.tip.pack, opened.entries, texts)
    return shown.reply({"number": opened.tip.number, "n": opened.tip.n, "entries": found})


@router.get(
    "/matters/{number}/documents",
    response=DocumentsOut,
    operation_id="documents",
    summary="List the documents of a matter and where each stands",
)
@guarded("see_documents")
def documents(request: HttpRequest, number: str) -> HttpResponse:
    """Answer with every version, newest first; none where the documents are not for you, words only where texts are."""
    actor = _actor(request)
    opened = queries.see(actor, number)
    texts = opened.texts if _reads_texts(actor, opened) else None
    found = shown.documents(reader_of(request), opened, texts, resident=False)
    return shown.reply({"number": opened.tip.number, "n": opened.tip.n, "documents": found})


@router.get(
    "/matters/{number}/acts",
    response=ActsOut,
    operation_id="acts",
    summary="List the acts that are for you, and what is missing",
)
@guarded("act")
def acts(request: HttpRequest, number: str) -> HttpResponse:
    """Answer with each act: possible, or everything that is missing with its source; and its form."""
    actor = _actor(request)
    opened = queries.see(actor, number)
    reader = reader_of(request)
    standing = queries.acts_of(opened, actor, now=reader.now)
    return shown.reply(
        {
            "number": opened.tip.number,
            "n": opened.tip.n,
            "acts": [shown.act(reader, opened.tip.pack, one, "staff") for one in standing],
        }
    )


@router.post(
    "/matters/{number}/acts/{act}",
    response=ResultOut,
    operation_id="act",
    summary="Do one act",
    openapi_extra=takes(StaffActIn, note={"seen": 2, "texts": {"note_text": "已现场查看。"}}),
)
@guarded("act")
def act(request: HttpRequest, number: str, act: str) -> HttpResponse:
    """Answer with what the act left; 409 with the entries since, 422 with everything that is missing."""
    return perform(request, number, act, StaffActIn, actor=_actor(request), audience="staff")


@router.get(
    "/matters/{number}/clocks/{key}/explanation",
    response=ExplanationOut,
    operation_id="explanation",
    summary="See how a date was counted, day by day",
)
@guarded("see_clock")
def explanation(request: HttpRequest, number: str, key: str) -> HttpResponse:
    """Answer with every day of the count."""
    actor = _actor(request)
    tip = loading.load(number, using="default")
    if tip is None or tip.state is None or not allowed(actor, view_of(tip.state, tip.stream.hex), "see_clock"):
        raise not_found()
    return explain(request, tip, key)
