"""What a matter is handled by and who answers for what: packs, topics, regions, units, calendars, routing, changes."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from django.http import HttpRequest, HttpResponse
from ninja import Router

from huajie.apps.ledger import queries as ledger_queries
from huajie.apps.offices.operations import change
from huajie.apps.procedure import force
from huajie.apps.procedure.registry import packs
from huajie.core.access import Actor, allowed
from huajie.core.clocks import Calendar
from huajie.core.jurisdiction import STREAM, Step, route
from huajie.edges.api import phrases, shown
from huajie.edges.api.acting import reader_of
from huajie.edges.api.problems import Problem, fault
from huajie.edges.api.reading import asks, read_body, read_query, takes
from huajie.edges.api.schemas import (
    CalendarOut,
    CalendarsOut,
    ChangedOut,
    ChangesIn,
    PackOut,
    PacksOut,
    RegionsOut,
    RoutedOut,
    ServiceOut,
    SimulateIn,
    TopicsOut,
    UnitsOut,
    YearQuery,
)
from huajie.edges.api.signing_in import SNAPSHOT_AGE, staff_token
from huajie.edges.guard import guarded, public

router = Router(tags=["reference"])

_OPEN_LAW = "how matters are handled is public law"


@router.get("/", response=ServiceOut, operation_id="service", summary="Find out where to begin")
@public("says what is here, nothing about any matter")
def service(request: HttpRequest) -> HttpResponse:
    """Answer with the addresses to begin from."""
    base = "/api/v1"
    return shown.reply(
        {
            "name": "Huajie",
            "openapi": f"{base}/openapi.json",
            "packs": f"{base}/packs",
            "submit": f"{base}/public/matters",
        }
    )


@router.get("/packs", response=PacksOut, operation_id="packs", summary="List the procedures in force")
@public(_OPEN_LAW)
def list_packs(request: HttpRequest) -> HttpResponse:
    """Answer with each pack's name, version and title."""
    reader = reader_of(request)
    return shown.reply({"packs": [shown.pack_row(reader, pack) for pack in packs().values()]})


@router.get("/packs/{name}", response=PackOut, operation_id="pack", summary="See one procedure")
@public(_OPEN_LAW)
def one_pack(request: HttpRequest, name: str) -> HttpResponse:
    """Answer with its stages, clocks, acts with their forms, and sources."""
    pack = packs().get(name)
    if pack is None:
        raise Problem(404, "not-found", [fault("name", "no-such-pack")])
    return shown.reply(shown.pack_document(reader_of(request), pack))


@router.get("/topics", response=TopicsOut, operation_id="topics", summary="List the topics in use")
@public("whoever brings something in chooses a topic")
def topics(request: HttpRequest) -> HttpResponse:
    """Answer with the active topics, each with the one above it."""
    reader = reader_of(request)
    rows = [
        {**reader.topic(row.id), "parent": row.parent, "version": row.version}
        for row in reader.jurisdiction.topics
        if row.active
    ]
    return shown.reply({"version": reader.jurisdiction.version, "topics": rows})


@router.get("/regions", response=RegionsOut, operation_id="regions", summary="List the regions in use")
@public("whoever brings something in says where")
def regions(request: HttpRequest) -> HttpResponse:
    """Answer with the active regions, each with the one above it."""
    reader = reader_of(request)
    rows = [
        {
            **reader.region(row.id),
            "parent": row.parent,
            "level": row.level,
            "calendar": row.calendar,
            "zone": row.zone,
        }
        for row in reader.jurisdiction.regions
        if row.active
    ]
    return shown.reply({"version": reader.jurisdiction.version, "regions": rows})


@router.get("/units", response=UnitsOut, operation_id="units", summary="List the units and their seats")
@public("who answers for what is public, who sits there is not said")
def units(request: HttpRequest) -> HttpResponse:
    """Answer with the active units and seats; no persons."""
    reader = reader_of(request)
    jurisdiction = reader.jurisdiction
    rows = [
        {
            **reader.unit(row.id),
            "parent": row.parent,
            "kind": row.kind,
            "region": row.region,
            "can_decide": row.can_decide,
            "seats": [
                {**reader.seat(seat.id), "roles": sorted(seat.roles)}
                for seat in jurisdiction.seats_of_unit(row.id)
                if seat.active
            ],
        }
        for row in jurisdiction.units
        if row.active
    ]
    return shown.reply({"version": jurisdiction.version, "units": rows})


def _calendar_row(calendar: Calendar) -> dict[str, object]:
    return {
        "id": calendar.id,
        "zone": str(calendar.zone),
        "hash": calendar.hash,
        "published": sorted(calendar.published),
    }


@router.get("/calendars", response=CalendarsOut, operation_id="calendars", summary="List the calendars in force")
@public("which days count is public law")
def calendars(request: HttpRequest) -> HttpResponse:
    """Answer with each calendar's zone and the years that are published."""
    version, found = force.calendars(max_age=SNAPSHOT_AGE)
    return shown.reply({"version": version, "calendars": [_calendar_row(calendar) for calendar in found.values()]})


@router.get(
    "/calendars/{calendar_id}",
    response=CalendarOut,
    operation_id="calendar",
    summary="See the days of one year that differ from the week",
    openapi_extra=asks(YearQuery),
)
@public("which days count is public law")
def one_calendar(request: HttpRequest, calendar_id: str) -> HttpResponse:
    """Answer with the holidays and make-up working days of a year, this year if none is asked for."""
    query = read_query(request, YearQuery)
    _, found = force.calendars(max_age=SNAPSHOT_AGE)
    calendar = found.get(calendar_id)
    if calendar is None:
        raise Problem(404, "not-found", [fault("calendar_id", "no-such-calendar")])
    year = query.year or datetime.now(calendar.zone).year
    first = date(year, 1, 1)
    days = (first + timedelta(days=number) for number in range((date(year, 12, 31) - first).days + 1))
    special = [
        {"date": day.isoformat(), "kind": calendar.kind_of(day), "name": calendar.name_of(day)}
        for day in days
        if calendar.kind_of(day) in ("holiday", "make_up")
    ]
    return shown.reply(
        {**_calendar_row(calendar), "year": year, "settled": calendar.is_published(year), "days": special}
    )


@router.post(
    "/routing/simulate",
    auth=staff_token,
    response=RoutedOut,
    operation_id="simulate",
    summary="Ask where a matter would go, and why",
    openapi_extra=takes(SimulateIn, housing={"pack": "en.complaint", "topic": "t.housing", "region": "r.yunxi"}),
)
@guarded("simulate")
def simulate(request: HttpRequest) -> HttpResponse:
    """Answer with the unit and seat, and with each rule: chosen, or why it lost."""
    actor: Actor = request.auth.actor  # type: ignore[attr-defined]
    if not allowed(actor, None, "simulate"):
        raise Problem(403, "denied", [fault("X-Huajie-Seat", "denied")])
    body = read_body(request, SimulateIn)
    reader = reader_of(request)
    jurisdiction = reader.jurisdiction
    faults = []
    if body.pack not in packs():
        faults.append(fault("pack", "unknown-pack"))
    if body.topic is not None and body.topic not in jurisdiction.topics:
        faults.append(fault("topic", "unknown-topic"))
    if body.region is not None and body.region not in jurisdiction.regions:
        faults.append(fault("region", "unknown-region"))
    faults += [
        fault(f"concerned.{place}", "unknown-unit")
        for place, code in enumerate(body.concerned)
        if code not in jurisdiction.units
    ]
    if faults:
        raise Problem(422, "invalid", faults)
    found = route(
        jurisdiction,
        topic=body.topic,
        region=body.region,
        pack=body.pack,
        at=(body.at or reader.now).astimezone(UTC),
        concerned=frozenset(body.concerned),
        every_rule=True,
    )
    return shown.reply(
        {
            "unit": reader.unit(found.unit),
            "seat": reader.seat(found.seat),
            "remit": found.remit,
            "matched": found.matched,
            "assist": [reader.unit(unit) for unit in found.assist],
            "report": [reader.unit(unit) for unit in found.report],
            "steps": [_step(reader, step) for step in found.steps],
        }
    )


def _step(reader: shown.Reader, step: Step) -> dict[str, object]:
    values: Mapping[str, str] = step.values
    words = {
        name: reader.unit(value)["title"]
        if name in ("unit", "to")
        else reader.seat(value)["title"]
        if name == "seat"
        else value
        for name, value in values.items()
    }
    if "power" in words:
        words["power"] = reader.say(phrases.POWERS[words["power"]])
    pair = phrases.ROUTING_STEPS.get(step.code)
    text = reader.say(pair).format_map(words) if pair else step.code
    return {"code": step.code, "remit": step.remit, "text": text, "values": dict(values)}


@router.post(
    "/jurisdiction/changes",
    auth=staff_token,
    response={201: ChangedOut},
    operation_id="change_jurisdiction",
    summary="Change who answers for what",
    openapi_extra=takes(
        ChangesIn,
        topic={
            "changes": [
                {"do": "set_topic", "id": "t.noise", "parent": None, "name": {"zh": "噪声", "en": "Noise"}},
            ]
        },
    ),
)
@guarded("change_jurisdiction")
def change_jurisdiction(request: HttpRequest) -> HttpResponse:
    """Answer with the effects that the ledger now holds, or 422 with everything that speaks against the changes."""
    actor: Actor = request.auth.actor  # type: ignore[attr-defined]
    if not allowed(actor, None, "change_jurisdiction"):
        raise Problem(403, "denied", [fault("X-Huajie-Seat", "denied")])
    body = read_body(request, ChangesIn)
    after = change(
        [one.model_dump(exclude_unset=True) for one in body.changes],
        actor=actor,
        now=datetime.now(UTC),
    )
    bodies = ledger_queries.bodies_since(STREAM, after.version - 1)
    return shown.reply({"version": after.version, "effects": bodies[0]["effects"]}, 201)
