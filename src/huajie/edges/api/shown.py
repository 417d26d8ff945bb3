"""
What goes out: matters, clocks, forms, entries as plain JSON values in the reader's language.

Nothing here decides who may see what: it shows what the queries gave, and they have asked core/access. No person is
named anywhere: who acted or answers is a unit and a seat.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse

from huajie.apps.attachments.uploads import listed
from huajie.apps.matters.disclosure import openings_of
from huajie.apps.matters.operations import Shared
from huajie.apps.matters.projection import as_moment
from huajie.apps.matters.queries import Alike, Opened, Problem, Row
from huajie.apps.procedure.registry import PackMissing, current
from huajie.core.clocks import Explanation
from huajie.core.jurisdiction import Jurisdiction
from huajie.core.procedure import (
    PURPOSE_WORDS,
    PURPOSES,
    Act,
    ActStanding,
    ClockState,
    DossierStanding,
    Field,
    Pack,
    State,
    Unmet,
    whose,
)
from huajie.core.procedure.common import COMMON_TEXTS
from huajie.core.procedure.phrases import DOCUMENT_STATES
from huajie.edges.api import phrases
from huajie.edges.pages import documents as papers

UNITS_ZH = {
    "day": "天",
    "workday": "个工作日",
    "hour": "小时",
    "office_hour": "个办公小时",
    "week": "周",
    "month": "个月",
    "year": "年",
}
#: what strangers see of a clock's own entry
CLOCK_KINDS = {
    "clock.started": ("deadline-set", ("期限开始：{}", "Deadline set: {}")),
    "clock.reset": ("deadline-set", ("期限重算：{}", "Deadline counted again: {}")),
    "clock.extended": ("deadline-extended", ("期限延长：{}", "Deadline extended: {}")),
    "clock.stopped": ("deadline-stopped", ("期限结束：{}", "Deadline ended: {}")),
    "clock.excluded": ("deadline-excluded", ("期限扣除：{}", "Time left out: {}")),
}


#: acts of the engine about who may know -> what they are called
OWN_KINDS = {
    "identity-opened": ("打开了密封库", "The vault was opened"),
    "access-asked": ("申请查阅档案", "Access to the file was asked for"),
    "access-approved": ("批准查阅档案", "Access to the file was approved"),
    "access-refused": ("没有批准查阅档案", "Access to the file was refused"),
    "access-revoked": ("收回查阅批准", "Access to the file was taken back"),
    "access-ended": ("查阅时间已过", "The time of access to the file is over"),
}


def reply(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Return a JSON response; what it says is for this reader only and never kept by a cache in between."""
    response = HttpResponse(
        json.dumps(data, ensure_ascii=False, separators=(",", ":")), status=status, content_type="application/json"
    )
    response["Cache-Control"] = "no-store"
    for name, value in (headers or {}).items():
        response[name] = value
    return response


def when(at: datetime | None) -> str | None:
    """Return a moment as `2026-11-23T01:30:00Z`."""
    if at is None:
        return None
    text = at.astimezone(UTC).isoformat()
    return text[:-6] + "Z"


def stamp_shown(stamp: str | None) -> str | None:
    """Return a stamp of an entry in the same form."""
    return None if stamp is None else when(as_moment(stamp))


@dataclass(frozen=True, slots=True)
class Reader:
    """In whose language, by whose names of offices, as of when."""

    language: str
    jurisdiction: Jurisdiction
    now: datetime

    def say(self, pair: tuple[str, str]) -> str:
        """Return one of a pair of texts."""
        return pair[0 if self.language == "zh" else 1]

    def text(self, texts: Mapping[str, str]) -> str:
        """Return one of {"zh", "en"}."""
        return texts[self.language]

    def unit(self, code: str) -> dict[str, str]:
        """Return a unit's code and name."""
        row = self.jurisdiction.units.get(code)
        return {"code": code, "title": row.name.to(self.language) if row else code}

    def seat(self, code: str) -> dict[str, str]:
        """Return a seat's code and title."""
        row = self.jurisdiction.seats.get(code)
        return {"code": code, "title": row.title.to(self.language) if row else code}

    def topic(self, code: str) -> dict[str, str]:
        """Return a topic's code and name."""
        row = self.jurisdiction.topics.get(code)
        return {"code": code, "title": row.name.to(self.language) if row else code}

    def region(self, code: str) -> dict[str, str]:
        """Return a region's code and name."""
        row = self.jurisdiction.regions.get(code)
        return {"code": code, "title": row.name.to(self.language) if row else code}


# Packs --------------------------------------------------------------------------------------------------------------


def source_line(pack: Pack, name: str, language: str) -> str:
    """Return a source in one line: title, article, and whether nobody has checked it."""
    law = pack.sources.get(name)
    if law is None:
        return name
    unchecked = "" if law.verified else ("（待核实）" if language == "zh" else " (not verified)")
    return f"{law.title[language]} {law.article}{unchecked}"


def source(reader: Reader, pack: Pack, name: str | None) -> dict[str, Any] | None:
    """Return a source of a pack."""
    law = pack.sources.get(name) if name is not None else None
    if law is None:
        return None
    return {
        "name": law.name,
        "title": reader.text(law.title),
        "article": law.article,
        "tag": law.tag,
        "verified": law.verified,
        "date": str(law.date),
        "url": law.url,
    }


def member_of(field: Field) -> str:
    """Return where in a body the value of a field goes."""
    return "contact" if field.type == "contact" else "texts" if field.is_text else "facts"


def form(reader: Reader, act: Act, audience: str | None) -> list[dict[str, Any]]:
    """Return the fields of an act's form, as that audience sees them."""
    return [
        {
            "name": field.name,
            "member": member_of(field),
            "type": field.type,
            "title": reader.text(field.title),
            "purpose": reader.text(field.purpose),
            "help": reader.text(field.help) if field.help else None,
            "required": field.required,
            "choices": [{"value": value, "title": reader.text(title)} for value, title in field.choices.items()],
            "min": field.min,
            "max": field.max,
            "max_length": field.max_length,
            "default": field.default,
        }
        for field in act.fields
        if field.shown_to(audience)
    ]


def unmet(reader: Reader, pack: Pack, item: Unmet) -> dict[str, Any]:
    """Return one thing that is missing."""
    return {
        "code": item.code,
        "path": item.path,
        "message": reader.text(item.title),
        "source": source(reader, pack, item.source),
        "values": dict(item.values),
    }


def act(reader: Reader, pack: Pack, standing: ActStanding, audience: str) -> dict[str, Any]:
    """Return one act as it stands for the reader."""
    spec = pack.acts[standing.act]
    return {
        "act": spec.name,
        "title": reader.text(spec.title),
        "help": reader.text(spec.help) if spec.help else None,
        "target": standing.target,
        "possible": standing.possible,
        "unmet": [unmet(reader, pack, item) for item in standing.unmet],
        "source": source(reader, pack, spec.source),
        "form": form(reader, spec, audience),
    }


def stage(reader: Reader, pack: Pack, name: str) -> dict[str, Any]:
    """Return where a matter stands, in plain words."""
    spec = pack.stages[name]
    return {"name": name, "title": reader.text(spec.title), "plain": reader.text(spec.plain), "ending": spec.ending}


def pack_row(reader: Reader, pack: Pack) -> dict[str, Any]:
    """Return a pack as a line."""
    return {
        "name": pack.name,
        "version": pack.version,
        "title": reader.text(pack.title),
        "hash": pack.hash,
        "sensitivity": pack.sensitivity,
        "modes": list(pack.modes),
        "channels": list(pack.channels),
    }


def pack_document(reader: Reader, pack: Pack) -> dict[str, Any]:
    """Return a pack with its stages, clocks, acts and sources."""
    document = pack.document
    return {
        **pack_row(reader, pack),
        "description": reader.text(document["description"]),
        "purpose": reader.text(document["purpose"]),
        "privacy": reader.text(document["privacy"]["printed"]),
        "access": reader.text(document["access_note"]),
        "stages": [
            {**stage(reader, pack, name), "initial": spec.initial, "waits_for": spec.waits_for}
            for name, spec in pack.stages.items()
        ],
        "clocks": [
            {
                "name": spec.name,
                "title": reader.text(spec.title),
                "plain": reader.text(spec.plain),
                "unit": spec.unit,
                "holder": spec.holder,
                "source": source(reader, pack, spec.source),
            }
            for spec in pack.clocks.values()
        ],
        "acts": [
            {
                "name": spec.name,
                "title": reader.text(spec.title),
                "help": reader.text(spec.help) if spec.help else None,
                "by": sorted(spec.by),
                "stages": sorted(spec.stages) if spec.stages is not None else None,
                "source": source(reader, pack, spec.source),
                "form": form(reader, spec, None),
            }
            for spec in pack.acts.values()
        ],
        "outcomes": [{"value": value, "title": reader.text(title)} for value, title in pack.outcomes.items()],
        "sources": [source(reader, pack, name) for name in pack.sources],
    }


# Clocks -------------------------------------------------------------------------------------------------------------


def _amount(reader: Reader, amount: int, unit: str) -> str:
    if reader.language == "zh":
        return f"{amount} {UNITS_ZH.get(unit, unit)}"
    word = unit.replace("_", " ").replace("workday", "working day")
    return f"{amount} {word}{'' if amount == 1 else 's'}"


def clock(reader: Reader, pack: Pack, key: str, state: ClockState) -> dict[str, Any]:
    """Return one clock: when it is due and why."""
    spec = pack.clocks[state.name]
    due_at = as_moment(state.due_at)
    ended = as_moment(state.ended_at) if state.ended_at else None
    late = (ended or reader.now) >= due_at
    zh = reader.language == "zh"
    length = _amount(reader, state.length, state.unit)
    law = source_line(pack, spec.source, reader.language)
    started = stamp_shown(state.started_at)
    why = [f"从 {started} 起 {length}，依据：{law}" if zh else f"{length} from {started}, by: {law}"]
    for amount, unit in state.extensions:
        more = _amount(reader, amount, unit)
        why.append(f"延长 {more}，从起算日合并计算" if zh else f"extended by {more}, counted from the start")
    excluded = []
    for low, high, reason in state.excluded:
        title = reader.text(spec.exclusion_titles[reason]) if reason in spec.exclusion_titles else reason
        since, until = stamp_shown(low), stamp_shown(high)
        excluded.append({"from_at": since, "to_at": until, "reason": reason, "title": title})
        why.append(f"扣除 {since} 至 {until}：{title}" if zh else f"left out from {since} to {until}: {title}")
    if state.provisional:
        why.append(
            "其中有的年份放假安排尚未公布，日期可能调整"
            if zh
            else "the working days of some of these dates are not published yet; the date may move"
        )
    return {
        "key": key,
        "clock": state.name,
        "title": reader.text(spec.title),
        "plain": reader.text(spec.plain),
        "status": state.status,
        "late": late,
        "started_at": started,
        "due_at": when(due_at),
        "last_date": state.last_date,
        "provisional": state.provisional,
        "ended_at": when(ended),
        "holder": spec.holder,
        "length": state.length,
        "unit": state.unit,
        "extensions": [{"amount": amount, "unit": unit} for amount, unit in state.extensions],
        "excluded": excluded,
        "source": source(reader, pack, spec.source),
        "why": why,
    }


def clocks(reader: Reader, pack: Pack, state: State) -> list[dict[str, Any]]:
    """Return the clocks of a matter: running ones first, soonest due first."""
    ordered = sorted(state.clocks.items(), key=lambda item: (item[1].status != "running", item[1].due_at, item[1].k))
    found = []
    for key, value in ordered:
        owner = whose(state, key)
        found.append({**clock(reader, pack, key, value), "whose": reader.unit(owner[0]) if owner is not None else None})
    return found


def explanation(reader: Reader, pack: Pack, key: str, state: ClockState, found: Explanation) -> dict[str, Any]:
    """Return a clock counted day by day."""
    lines = []
    for line in found.lines:
        document = line.to_document()
        words = phrases.COUNTING.get(line.code)
        name = line.name or reader.say(("放假", "holiday"))
        if line.code == "excluded":
            spec = pack.clocks[state.name]
            name = reader.text(spec.exclusion_titles[line.name]) if line.name in spec.exclusion_titles else line.name
        text = reader.say(words).format(number=line.number, minutes=line.minutes, name=name) if words else line.code
        lines.append({**document, "text": text})
    return {
        "clock": clock(reader, pack, key, state),
        "calendar": found.calendar,
        "calendar_hash": found.calendar_hash,
        "due_at": when(found.due.due_at),
        "last_date": found.due.last_date.isoformat() if found.due.last_date else None,
        "provisional": found.due.provisional,
        "lines": lines,
    }


# Entries ------------------------------------------------------------------------------------------------------------


def public_kind(pack: Pack, body: Mapping[str, Any]) -> str:
    """Return what strangers see of an entry."""
    if "sealed" in body:
        return str(body["sealed"]["kind"])
    kind = str(body["kind"])
    if kind in CLOCK_KINDS:
        return CLOCK_KINDS[kind][0]
    spec = pack.acts.get(body["act"] or "")
    if spec is not None and spec.entry == kind:
        return spec.public_kind
    for child in pack.children.values():
        for entry_kind, public in child.entries.values():
            if entry_kind == kind:
                return public
    if body["act"] in OWN_KINDS:
        return "opening" if body["act"] == "identity-opened" else "access"
    return "note"


def entry_title(reader: Reader, pack: Pack, body: Mapping[str, Any]) -> str:
    """Return what happened, in words."""
    kind = str(body["kind"])
    if kind in CLOCK_KINDS:
        name = next((effect.get("name") or effect.get("key") for effect in body["effects"] if "key" in effect), "")
        spec = pack.clocks.get(str(name).partition("#")[0])
        return reader.say(CLOCK_KINDS[kind][1]).format(reader.text(spec.title) if spec else name)
    act_spec = pack.acts.get(body["act"] or "")
    if act_spec is not None:
        return reader.text(act_spec.title)
    return reader.say(OWN_KINDS[body["act"]]) if body["act"] in OWN_KINDS else kind


def _clock_due(body: Mapping[str, Any]) -> str | None:
    for effect in body["effects"]:
        if effect["e"].startswith("clock.") and "due" in effect:
            return stamp_shown(effect["due"])
    return None


def _facts(reader: Reader, pack: Pack, values: Mapping[str, Any] | None, act_name: str | None = None) -> dict[str, Any]:
    """Return typed facts; a matter's stream id is nobody's business, so those are left out here."""
    hidden = {name for name, spec in pack.facts.items() if spec.type == "matter"}
    spec = pack.acts.get(act_name or "")
    if spec is not None:
        hidden |= {field.name for field in spec.fields if field.type == "matter"}
    return {name: value for name, value in (values or {}).items() if name not in hidden}


def text_value(value: str, kind: str | None) -> Any:
    """Return a stored text as it came in: a place as {"lon", "lat"}, files as {"files": [...]}."""
    if kind == "point":
        lon, lat = json.loads(value)
        return {"lon": float(lon), "lat": float(lat)}
    if kind == "file":
        try:
            return json.loads(value)
        except ValueError:
            return {"name": value}
    return value


def documents(
    reader: Reader, opened: Opened, texts: Mapping[tuple[int, str], str] | None, *, resident: bool
) -> list[dict[str, Any]]:
    """
    Return the documents of a matter that the reader may see, newest first.

    Args:
        texts: by entry and name; None for a reader who may not read any.
        resident: only what was given out.
    """
    pack = opened.tip.pack
    found = []
    for key, one, newest in papers.visible(opened, resident=resident):
        spec = pack.documents.get(one.kind)
        words = texts or {}
        scan = words.get((one.scan, spec.scan)) if spec is not None and spec.scan and one.scan else None
        served = None
        if one.date is not None and one.way is not None:
            way = spec.service.get(one.way) if spec is not None else None
            title = reader.text(way.title) if way is not None else one.way
            served = {"way": {"code": one.way, "title": title}, "date": one.date, "proof": list(one.proof)}
        found.append(
            {
                "key": key,
                "kind": {"code": one.kind, "title": reader.text(spec.title) if spec is not None else one.kind},
                "version": papers.number_of(key),
                "state": {"code": one.state, "title": DOCUMENT_STATES[one.state][reader.language]},
                "language": spec.language if spec is not None else reader.language,
                "newest": papers.number_of(key) == newest,
                "n": one.n,
                "signatures": len(one.signed),
                "issued_at": stamp_shown(one.issued_at),
                "served": served,
                "text": words.get((one.n, spec.text)) if spec is not None else None,
                "scan": listed(scan) if scan is not None else [],
            }
        )
    return found


def entries(
    reader: Reader, pack: Pack, bodies: Iterable[Mapping[str, Any]], texts: Mapping[tuple[int, str], str] | None
) -> list[dict[str, Any]]:
    """
    Return entries as an officer may see them.

    Args:
        texts: by entry and name; None for a reader who may not read any.
    """
    found = []
    by_entry: dict[int, dict[str, Any]] = {}
    for (n, name), value in (texts or {}).items():
        by_entry.setdefault(n, {})[name] = text_value(value, pack.texts.get(name))
    for body in bodies:
        actor = body["actor"] or {}
        unit, seat = actor.get("unit"), actor.get("seat")
        found.append(
            {
                "n": body["n"],
                "kind": body["kind"],
                "public_kind": public_kind(pack, body),
                "act": body["act"],
                "title": entry_title(reader, pack, body),
                "at": stamp_shown(body["at"]),
                "occurred_at": stamp_shown(body["occurred"]),
                "by": {
                    "kind": actor.get("kind", "system"),
                    "unit": reader.unit(unit)["title"] if unit else None,
                    "seat": reader.seat(seat)["title"] if seat else None,
                },
                "facts": _facts(reader, pack, body["input"], body["act"]),
                "clock": body["clock"],
                "due_at": _clock_due(body),
                "texts": by_entry.get(body["n"], {}) if texts is not None else None,
            }
        )
    return found


# Matters ------------------------------------------------------------------------------------------------------------


def finding(reader: Reader, titles: Mapping[str, Mapping[str, str]], found: Mapping[str, str] | None) -> Any:
    """Return outcome, fulfilment or verdict."""
    if found is None:
        return None
    value = found["value"]
    title = reader.text(titles[value]) if value in titles else value
    return {"value": value, "title": title, "at": stamp_shown(found["at"])}


def _ending(reader: Reader, pack: Pack, state: State) -> dict[str, Any]:
    return {
        "outcome": finding(reader, pack.outcomes, state.outcome),
        "fulfilment": finding(reader, pack.fulfilments, state.fulfilment),
        "verdict": finding(reader, pack.verdicts, state.verdict),
    }


def title_field(pack: Pack) -> str | None:
    """Return the field that names a matter in one line: the first one-line text of its opening form."""
    return next((field.name for field in pack.acts["submit"].fields if field.type == "text"), None)


def _title(pack: Pack, texts: Mapping[tuple[int, str], str]) -> str:
    return texts.get((1, title_field(pack) or ""), "")


def steps(reader: Reader, opened: Opened) -> list[dict[str, Any]]:
    """Return the plan steps that were promised, oldest first."""
    state, pack = opened.tip.state, opened.tip.pack
    assert state is not None
    brought: dict[str, int] = {}
    for body in opened.entries:
        for effect in body["effects"]:
            if effect["e"] == "request.opened":
                brought[effect["key"]] = body["n"]
    found = []
    for key, request in state.requests.items():
        kind = pack.requests.get(request.kind)
        if kind is None or not kind.many or kind.clock is None:
            continue
        run = state.clocks.get(request.clock or "")
        words = [text for (n, name), text in opened.texts.items() if n == brought.get(key) and name == "step_text"]
        found.append(
            {
                "key": key,
                "state": request.state,
                "unit": reader.unit(request.unit)["title"] if request.unit else None,
                "seat": reader.seat(request.seat)["title"] if request.seat else None,
                "opened_at": stamp_shown(request.opened_at),
                "answered_at": stamp_shown(request.answered_at),
                "due_at": stamp_shown(run.due_at) if run else None,
                "last_date": run.last_date if run else None,
                "text": words[0] if words else None,
            }
        )
    return found


def resident_matter(reader: Reader, opened: Opened, acts: Iterable[ActStanding], problem: Problem) -> dict[str, Any]:
    """Return a matter as its resident sees it: where it stands, who answers, every date and why, what to do next."""
    tip, pack, state = opened.tip, opened.tip.pack, opened.tip.state
    assert state is not None
    own: set[int] = set()
    for body in opened.entries:
        spec = pack.acts.get(body["act"] or "")
        # what the resident wrote, and what was written to the resident
        if (body["actor"] or {}).get("kind") in ("resident", "anonymous") or (
            spec is not None and (spec.notice or spec.creates)
        ):
            own.add(body["n"])
    titles: dict[str, Any] = {name: spec["title"] for name, spec in COMMON_TEXTS.items()}
    titles |= {field.name: field.title for spec in pack.acts.values() for field in spec.fields if field.is_text}
    return {
        "number": tip.number,
        "title": _title(pack, opened.texts),
        "pack": reader.text(pack.title),
        "n": tip.n,
        "open": state.open,
        "stage": stage(reader, pack, state.stage),
        "answers": {"unit": reader.unit(state.unit)["title"], "seat": reader.seat(state.seat)["title"]},
        "sponsor": {
            "unit": reader.unit(state.sponsor["unit"])["title"],
            "seat": reader.seat(state.sponsor["seat"])["title"],
        }
        if state.sponsor is not None
        else None,
        "is_part": problem.is_part,
        "reports": problem.published,
        "received_at": stamp_shown(state.received_at),
        "clocks": clocks(reader, pack, state),
        "steps": steps(reader, opened),
        "entries": [
            {
                "n": body["n"],
                "at": stamp_shown(body["at"]),
                "kind": public_kind(pack, body),
                "title": entry_title(reader, pack, body),
            }
            for body in opened.entries
        ],
        "openings": [
            {
                "n": one["n"],
                "at": stamp_shown(one["at"]),
                "what": one["what"],
                "purpose": {"code": one["purpose"], "title": reader.text(PURPOSES.get(one["purpose"], {}))},
                "unit": reader.unit(one["unit"])["title"],
                "seat": reader.seat(one["seat"])["title"],
                "said": opened.texts.get((one["n"], PURPOSE_WORDS), ""),
            }
            for one in openings_of(state)
        ],
        "texts": [
            {
                "n": n,
                "name": name,
                "title": reader.text(titles[name]) if name in titles else name,
                "text": text_value(value, pack.texts.get(name)),
            }
            for (n, name), value in sorted(opened.texts.items())
            if n in own
        ],
        "acts": [act(reader, pack, one, "resident") for one in acts if one.possible],
        "handoffs": state.counts.get("handoffs", 0),
        "reopenings": state.counts.get("reopenings", 0),
        **_ending(reader, pack, state),
    }


def dossier(reader: Reader, pack: Pack, standing: DossierStanding) -> dict[str, Any]:
    """Return a file that a matter must hold, item by item."""
    return {
        "name": standing.dossier.name,
        "title": reader.text(standing.dossier.title),
        "complete": standing.complete,
        "items": [
            {
                "name": one.item.name,
                "title": reader.text(one.item.title),
                "met": one.met,
                "source": source(reader, pack, one.item.source),
                "supply": one.item.supply,
            }
            for one in standing.items
        ],
    }


def alike(reader: Reader, number: str, found: Iterable[Alike]) -> dict[str, Any]:
    """Return matters that may be about the same problem."""
    rows = [{"row": row(reader, one.row), "metres": one.metres, "words": one.words, "days": one.days} for one in found]
    return {"number": number, "alike": rows}


def also(reader: Reader, shared: Shared) -> dict[str, Any]:
    """Return what was done for the parts of a problem."""
    return {
        "done": [one.number for one in shared.parts],
        "refused": [
            {"number": number, "missing": [reader.text(item.title) for item in unmet]}
            for number, unmet in shared.refused.items()
        ],
        "others": shared.others,
    }


def matter(
    reader: Reader,
    opened: Opened,
    *,
    may_read_texts: bool,
    dossiers: Iterable[DossierStanding],
    problem: Problem,
) -> dict[str, Any]:
    """Return a matter as an officer sees it."""
    tip, pack, state = opened.tip, opened.tip.pack, opened.tip.state
    assert state is not None
    linked = {stream: row.number for stream, row in opened.linked.items()}
    return {
        "number": tip.number,
        "title": _title(pack, opened.texts),
        "pack": {"code": pack.name, "title": reader.text(pack.title)},
        "n": tip.n,
        "stage": stage(reader, pack, state.stage),
        "open": state.open,
        "mode": state.mode,
        "channel": state.channel,
        "sensitivity": state.sensitivity,
        "topic": reader.topic(state.topic) if state.topic else None,
        "region": reader.region(state.region) if state.region else None,
        "unit": reader.unit(state.unit),
        "seat": reader.seat(state.seat),
        "intake_unit": reader.unit(state.intake_unit) if state.intake_unit else None,
        "superior": reader.unit(state.superior) if state.superior else None,
        "supporting": [reader.unit(unit) for unit in state.parties.get("supporting", ())],
        "received_at": stamp_shown(state.received_at),
        "recorded_at": stamp_shown(state.recorded_at),
        "changed_at": when(tip.changed_at),
        "relations": sorted(opened.relations),
        "facts": _facts(reader, pack, opened.shown.facts),
        "clocks": clocks(reader, pack, state),
        "requests": [
            {
                "key": key,
                "kind": request.kind,
                "title": reader.text(pack.requests[request.kind].title) if request.kind in pack.requests else key,
                "state": request.state,
                "unit": reader.unit(request.unit) if request.unit else None,
                "seat": reader.seat(request.seat) if request.seat else None,
                "opened_at": stamp_shown(request.opened_at),
                "answered_at": stamp_shown(request.answered_at),
                "clock": request.clock,
                "facts": _facts(reader, pack, request.data),
            }
            for key, request in opened.shown.requests.items()
        ],
        "children": [
            {
                "key": key,
                "kind": child.kind,
                "unit": reader.unit(child.unit),
                "state": child.state,
                "outcome": child.outcome,
                "number": linked.get(UUID(child.stream)),
            }
            for key, child in state.children.items()
        ],
        "parent": linked.get(UUID(state.parent["stream"])) if state.parent else None,
        "links": [linked[UUID(stream)] for stream in state.links if UUID(stream) in linked],
        "counts": dict(state.counts),
        "sponsor": {
            "unit": reader.unit(state.sponsor["unit"]),
            "seat": reader.seat(state.sponsor["seat"]),
            "since": stamp_shown(state.sponsor["at"]),
        }
        if state.sponsor is not None
        else None,
        "dossiers": [dossier(reader, pack, one) for one in dossiers],
        "together": {
            "is_part": problem.is_part,
            "leader": problem.leader.number if problem.leader is not None else None,
            "parts": [one.number for one in problem.parts],
            "reports": problem.reports,
        },
        "imported": state.imported,
        "may_read_texts": may_read_texts,
        "entries": entries(reader, pack, opened.entries, opened.texts if may_read_texts else None),
        **_ending(reader, pack, state),
    }


def row(reader: Reader, one: Row) -> dict[str, Any]:
    """Return one line of a list."""
    try:
        spec = current(one.pack).stages.get(one.stage)
    except PackMissing:
        spec = None
    return {
        "number": one.number,
        "title": one.title,
        "pack": one.pack,
        "stage": one.stage,
        "stage_title": reader.text(spec.title) if spec else one.stage,
        "open": one.open,
        "unit": reader.unit(one.unit),
        "seat": reader.seat(one.seat),
        "topic": reader.topic(one.topic),
        "region": reader.region(one.region),
        "received_at": when(one.received_at),
        "changed_at": when(one.changed_at),
        "due_at": when(one.due_at),
        "late": one.due_at is not None and one.due_at <= reader.now,
        "handoffs": one.handoffs,
        "outcome": one.outcome,
        "imported": one.imported,
        "n": one.n,
    }


def result(reader: Reader, number: str, pack: Pack, state: State) -> dict[str, Any]:
    """Return what an act left."""
    return {
        "number": number,
        "n": state.n,
        "stage": stage(reader, pack, state.stage),
        "open": state.open,
        "clocks": clocks(reader, pack, state),
    }
