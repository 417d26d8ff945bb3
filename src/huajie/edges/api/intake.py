"""
Taking a matter in: by a resident without an account, and by a clerk for anybody.

The one place of the API that must be fast: whoever was given a number is on disk, so each submission waits for the
disk, and everything else is kept small. One statement where nothing has changed in the jurisdiction.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import BaseModel, ValidationError

from huajie.apps.jurisdiction.queries import region_at, snapshot
from huajie.apps.ledger import queries as ledger_queries
from huajie.apps.matters import loading
from huajie.apps.matters.operations import Promise, Submission, Written, submit
from huajie.apps.matters.projection import as_moment, view_of
from huajie.apps.procedure.registry import PackMissing, current, pack_by_hash
from huajie.core.access import ANONYMOUS, Actor, allowed
from huajie.core.jurisdiction import Jurisdiction
from huajie.core.procedure import Pack, Refused, check_inputs
from huajie.core.procedure.common import SYSTEMS
from huajie.edges.api import forms, shown
from huajie.edges.api.languages import language_of
from huajie.edges.api.problems import Problem, fault, throttled, unmet_faults
from huajie.edges.api.reading import faults_of, json_object, takes
from huajie.edges.api.schemas import SubmitIn, SubmittedOut
from huajie.edges.api.signing_in import SNAPSHOT_AGE
from huajie.edges.guard import public
from huajie.edges.pages.dates import zone_of
from huajie.edges.pages.reader import DEFAULT_ZONE
from huajie.edges.throttle import Buckets, client_address

router = Router(tags=["intake"])
brought_in = Buckets("intake", settings.HUAJIE_LIMITS.intake_a_minute)

KEY_PARAMETER = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    "description": "A fresh one (a UUID, say) for each submission, the same one for each retry",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": r"^[!-~]([ -~]*[!-~])?$"},
}
LOCATION = {
    "description": "Created",
    "headers": {"Location": {"description": "Address of the matter", "schema": {"type": "string"}}},
}

#: hash of a pack -> fields that `title`, `text` and the point stand for
_members: dict[str, dict[str, str]] = {}


def members_of(pack: Pack) -> dict[str, str]:
    """Return field -> member of the body, for the opening form's first line, first long text and first place."""
    found = _members.get(pack.hash)
    if found is None:
        found = {}
        for kind, member in (("text", "title"), ("longtext", "text"), ("point", "lon")):
            name = next((one.name for one in pack.acts["submit"].fields if one.type == kind), None)
            if name is not None:
                found[name] = member
        _members[pack.hash] = found
    return found


def read_submission(
    given: Mapping[str, Any],
    *,
    jurisdiction: Jurisdiction,
    actor: Actor,
    audience: str,
    channel: str,
    now: datetime,
    faulty: bool,
) -> tuple[Submission | None, list[dict[str, Any]]]:
    """
    Return the submission, and everything that is wrong with it.

    Args:
        given: members of SubmitIn or IntakeIn that have the right shape; the others are left out.
        faulty: something else is wrong already, so that all that can be said is said.
    """
    faults: list[dict[str, Any]] = []
    try:
        pack = current(given["pack"]) if "pack" in given else None
    except PackMissing:
        pack = None
        faults.append(fault("pack", "unknown-pack"))
    topic = jurisdiction.topics.get(given.get("topic"))
    if "topic" in given and (topic is None or not topic.active):
        faults.append(fault("topic", "unknown-topic"))
    code = given.get("region")
    lon, lat = given.get("lon"), given.get("lat")
    if code is not None:
        region = jurisdiction.regions.get(code)
        if region is None or not region.active:
            faults.append(fault("region", "unknown-region"))
    elif lon is not None and lat is not None:
        code = region_at(lon, lat)
        if code is None:
            faults.append(fault("lon", "point-outside"))
    elif lon is None and lat is None:
        faults.append(fault("region", "region-or-point"))
    if (lon is None) != (lat is None):
        faults.append(fault("lat" if lat is None else "lon", "point-pair"))
    mode = given.get("mode", "open")
    contact = forms.contact_of(given.get("contact"))
    if given.get("contact") is not None:
        if contact is None:
            faults.append(fault("contact", "contact-empty"))
        elif mode == "anonymous":
            faults.append(fault("contact", "contact-anonymous"))
        faults += forms.news_faults(contact)
    received_at = given.get("received_at")
    if received_at is not None and received_at.tzinfo is None:
        # the clock on the wall of the place that it is about
        row = jurisdiction.regions.get(code)
        received_at = received_at.replace(tzinfo=zone_of(row.zone if row is not None else DEFAULT_ZONE))
    if received_at is not None:
        try:
            received_at = received_at.astimezone(UTC)
            faults += [fault("received_at", "future")] * (received_at > now)
        except OverflowError:
            faults.append(fault("received_at", "datetime_parsing"))
    counter = _counter(given, mode, faults)
    if pack is None:
        return None, faults
    spec = pack.acts["submit"]
    named = members_of(pack)
    if mode not in pack.modes:
        faults.append(fault("mode", "mode-not-taken", choices=", ".join(pack.modes)))
    if channel not in pack.channels:
        faults.append(fault("channel", "channel-not-taken", choices=", ".join(pack.channels)))
    texts = dict(given.get("texts") or {})
    for name, member in named.items():
        value = given.get(member) if member != "lon" else None
        if value is None:
            continue
        if name in texts:
            faults.append(fault(f"texts.{name}", "given-twice"))
        texts[name] = value
    faults += [
        fault(member, "extra_forbidden")
        for member in ("title", "text")
        if given.get(member) is not None and member not in named.values()
    ]
    if contact is not None and not any(one.type == "contact" for one in spec.fields if one.shown_to(audience)):
        faults.append(fault("contact", "contact-not-taken"))
    filled = forms.fill(
        spec,
        given.get("facts") or {},
        texts,
        audience=audience,
        matter_of=lambda number: visible_matter(number, actor),
        named=named,
    )
    faults += filled.faults
    point = next((filled.texts.pop(name) for name in list(filled.texts) if isinstance(filled.texts[name], tuple)), None)
    if faults or faulty:
        # everything at once: what the form itself still misses is asked of the engine too
        there = {*filled.texts, *texts, *(["contact"] if contact is not None else [])}
        _, unmet = check_inputs(
            spec,
            {**filled.inputs, "channel": channel},
            [name for name in there if name in spec.fields_by_name],
            jurisdiction=jurisdiction,
            audience=audience,
        )
        faults += unmet_faults(unmet, field_of=forms.namer(spec, named))
        return None, faults
    if point is None and lon is not None and lat is not None:
        point = (lon, lat)
    return (
        Submission(
            pack=pack.name,
            topic=given.get("topic", ""),
            region=code or "",
            texts={**filled.texts, **counter.texts},
            mode=mode,
            channel=channel,
            contact=contact,
            point=point,
            received_at=received_at,
            inputs={**filled.inputs, **counter.inputs},
            participants=counter.participants,
            spokespersons=counter.spokespersons,
            agent=counter.agent,
            hide=tuple(given.get("hide") or ()),
        ),
        [],
    )


@dataclass(slots=True)
class _Counter:
    """What the counter says besides the form of the pack."""

    inputs: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    participants: list[dict[str, str]] = field(default_factory=list)
    spokespersons: list[dict[str, str]] = field(default_factory=list)
    agent: dict[str, str] | None = None


def _counter(given: Mapping[str, Any], mode: str, faults: list[dict[str, Any]]) -> _Counter:
    found = _Counter()
    found.participants = [forms.contact_of(one) or {} for one in given.get("participants") or ()]
    found.spokespersons = [one for each in given.get("spokespersons") or () if (one := forms.contact_of(each))]
    if found.spokespersons and not found.participants:
        faults.append(fault("spokespersons", "not-joint"))
    for name, people in (("participants", found.participants), ("spokespersons", found.spokespersons)):
        if mode == "anonymous" and any(people):
            faults.append(fault(name, "contact-anonymous"))
    agent = given.get("agent")
    if agent is not None:
        found.agent = {
            name: value for name, value in agent.model_dump(exclude_none=True).items() if value.strip()
        } or None
    spoke_by = given.get("spoke_by")
    if spoke_by is not None:
        found.inputs["spoke_by"] = spoke_by
        if spoke_by == "interpreter" and "language" not in (found.agent or {}):
            faults.append(fault("agent.language", "missing"))
    elif found.agent is not None:
        faults.append(fault("spoke_by", "missing"))
    if given.get("read_back"):
        found.inputs["read_back"] = True
    elif not given.get("reads", True):
        faults.append(fault("read_back", "read-back"))
    elsewhere = given.get("elsewhere")
    if elsewhere is not None:
        found.inputs["external_system"] = elsewhere.system
        found.texts["external_number"] = elsewhere.number.strip()
        if elsewhere.system not in SYSTEMS:
            faults.append(fault("elsewhere.system", "channel-not-taken", choices=", ".join(SYSTEMS)))
    reason = given.get("late_reason")
    if reason is not None and reason.strip():
        found.texts["late_reason"] = reason
    return found


def visible_matter(number: str, actor: Actor) -> str | None:
    """Return the stream (uuid hex) of a number if the actor may see the matter."""
    tip = loading.load(number, using="default")
    if tip is None or tip.state is None or not allowed(actor, view_of(tip.state, tip.stream.hex), "see"):
        return None
    return tip.stream.hex


def take_in(
    request: HttpRequest, model: type[SubmitIn], *, actor: Actor, audience: str, scope: str
) -> tuple[Written, dict[str, Any]]:
    """
    Read the body, bring the matter in, and return what was written and what is said of it.

    Raises:
        Problem: every member that is wrong, at once; and what `submit` raises.
    """
    key = forms.key_of(request, required=True)
    raw = json_object(request)
    now = datetime.now(UTC)
    faults: list[dict[str, Any]] = []
    body: BaseModel | None = None
    try:
        body = model.model_validate(raw)
        given = {name: getattr(body, name) for name in model.model_fields}
        given = {name: value for name, value in given.items() if value is not None}
    except ValidationError as error:
        faults = faults_of(error)
        bad = {item["field"].partition(".")[0] for item in faults}
        given = {name: raw[name] for name in raw if name in model.model_fields and name not in bad}
        given = _good(model, given)
    jurisdiction = snapshot(max_age=SNAPSHOT_AGE)
    submission, more = read_submission(
        given,
        jurisdiction=jurisdiction,
        actor=actor,
        audience=audience,
        channel="web" if model is SubmitIn else given.get("channel", "counter"),
        now=now,
        faulty=bool(faults),
    )
    if faults or more or submission is None or body is None:
        found = {item["field"]: item for item in reversed([*faults, *more])}
        raise Problem(422, "invalid", sorted(found.values(), key=lambda item: str(item["field"])))
    assert key is not None
    submission.idempotency = (scope, key, forms.request_hash(scope, body))
    try:
        written = submit(submission, actor=actor, now=now)
    except Refused as error:
        pack = current(submission.pack)
        reader = shown.Reader(language_of(request), jurisdiction, now)
        raise forms.refused(error.unmet, pack, pack.acts["submit"], reader, named=members_of(pack)) from error
    language = language_of(request)
    pack = pack_by_hash(written.state.pack)
    first = _first_promises(written) if written.replayed else written.promised
    return written, {
        "number": written.number,
        "secret": written.secret,
        "promised": [
            {
                "clock": one.clock,
                "title": pack.clocks[one.clock].title[language],
                "due_at": shown.when(one.due_at),
                "last_date": one.last_date,
                "provisional": one.provisional,
                "source": shown.source_line(pack, one.source, language),
            }
            for one in first
        ],
    }


def _good(model: type[SubmitIn], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of a body that has faults elsewhere, each read by itself."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        try:
            one = model.__pydantic_validator__.validate_assignment(model.model_construct(), name, value)
        except ValidationError:
            continue
        read = getattr(one, name)
        if read is not None:
            found[name] = read
    return found


def _first_promises(written: Written) -> tuple[Promise, ...]:
    """
    Return what was promised when the matter came in, for a retry that comes after something has happened already.

    Read from the entries of the opening: they were recorded at one moment.
    """
    tip = loading.load(written.stream, using="default")
    assert tip is not None
    if tip.n == written.first:
        return written.promised
    bodies = ledger_queries.bodies_since(written.stream, 0)
    opening = [body for body in bodies if body["at"] == bodies[0]["at"]]
    by_key = {effect["key"]: effect for body in opening for effect in body["effects"] if effect["e"] == "clock.started"}
    return tuple(
        Promise(
            effect["name"],
            as_moment(effect["due"]),
            effect["last_date"],
            effect["provisional"],
            tip.pack.clocks[effect["name"]].source,
        )
        for effect in sorted(by_key.values(), key=lambda effect: (effect["due"], effect["k"]))
    )


SUBMIT_EXAMPLE = {
    "pack": "en.complaint",
    "topic": "t.housing",
    "region": "r.yunxi",
    "title": "楼道灯坏了 / Stair light broken",
    "text": "三号楼二单元楼道灯坏了三周，没人修。",
    "mode": "open",
    "contact": {"phone": "138 0000 0000"},
}


@router.post(
    "/public/matters",
    response={201: SubmittedOut},
    operation_id="submit",
    summary="Bring a matter in, without an account",
    openapi_extra={
        **takes(SubmitIn, complaint=SUBMIT_EXAMPLE),
        "parameters": [KEY_PARAMETER],
        "responses": {201: LOCATION},
    },
)
@public("a resident brings a matter in without an account")
def submit_matter(request: HttpRequest) -> HttpResponse:
    """
    Answer 201 once the matter, its first entry and its first running clock are on disk.

    The same key with the same body gives the same answer; with another body, 409.
    """
    wait = brought_in.take(client_address(request))
    if wait:
        raise throttled(wait)
    written, said = take_in(request, SubmitIn, actor=ANONYMOUS, audience="resident", scope="public.submit")
    return shown.reply(said, 201, {"Location": f"/api/v1/public/matters/{written.number}"})
