"""One opened matter as its pages show it, to staff and to the resident alike: clocks, requests, plan, kin."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from huajie.apps.matters.queries import Opened, Row
from huajie.apps.procedure import force
from huajie.apps.procedure.registry import packs
from huajie.core.clocks import Calendar
from huajie.core.ledger import moment
from huajie.core.procedure import Pack, RequestState, State
from huajie.core.procedure.common import COMMON_TEXTS
from huajie.core.procedure.phrases import RELATIONS
from huajie.edges.pages import dates
from huajie.edges.pages.clocks import ClockView, clock_views, left
from huajie.edges.pages.files import papers, shown_files
from huajie.edges.pages.html import pill
from huajie.edges.pages.reader import Reader

#: Seconds for which a page takes the calendars in force as they are; a write looks again.
CALENDARS_AGE = 5.0
PLAN = "plan_step"
#: Texts that say what a request is about, the most telling first.
_SAYING = ("step_text", "reason", "message", "note_text")


def calendar_of(pack: Pack, state: State, reader: Reader) -> Calendar:
    """Return the calendar that counts for a matter."""
    _version, in_force = force.calendars(max_age=CALENDARS_AGE)
    return force.calendar_for(pack.calendar, state.region, reader.jurisdiction, in_force)


@dataclass(slots=True)
class Asked:
    """One request."""

    key: str
    title: str
    text: str
    who: str
    by: str
    state: str
    pill: SafeString
    opened: str
    open: bool
    answered: str = ""
    #: the day by which it was to be done, where it has a date
    due: str = ""
    #: for a step that was given a new date: the reason
    slipped: str = ""
    #: for the step that took its place: the date that stood there before
    instead_of: str = ""


@dataclass(slots=True)
class Kin:
    """A matter above or below this one; without address where the reader may not see it."""

    title: str
    unit: str
    state: str
    number: str = ""


@dataclass(slots=True)
class Shown:
    """Everything that both pages of a matter share."""

    pack: Pack
    state: State
    calendar: Calendar
    clocks: list[ClockView]
    plan: list[Asked]
    requests: list[Asked]
    kin: list[Kin]
    title: str
    #: what came with the opening act: (title, text)
    told: list[tuple[str, str]] = field(default_factory=list)
    #: files that came with it: (title, list in HTML)
    brought: list[tuple[str, SafeString]] = field(default_factory=list)
    waits_for: str = ""


def show(opened: Opened, texts: Mapping[tuple[int, str], str], reader: Reader, *, files_at: str = "") -> Shown:
    """
    Return what the page shows of an opened matter.

    Args:
        texts: those of its texts that this reader may see.
        files_at: address below which its files are.
    """
    tip = opened.tip
    pack, state = tip.pack, tip.state
    assert state is not None
    calendar = calendar_of(pack, state, reader)
    plan, requests = [], []
    opened_at = {
        effect["key"]: body["n"]
        for body in opened.entries
        for effect in body["effects"]
        if effect["e"] == "request.opened"
    }
    for key, request in opened.shown.requests.items():
        asked = _asked(key, request, opened_at.get(key, 0), pack, state, texts, calendar, reader)
        (plan if request.kind == PLAN else requests).append(asked)
    _slips(opened, texts, {asked.key: asked for asked in plan})
    # what waits stands first
    requests.sort(key=lambda asked: not asked.open)
    titles = {each.name: each.title for act in pack.acts.values() for each in act.fields}
    told: list[tuple[str, str]] = []
    brought: list[tuple[str, SafeString]] = []
    for (n, name), text in sorted(texts.items()):
        # what was put right stands where the words that it replaced were; how it was taken in has a place of its own
        corrected = name == "text" and n == state.texts.get(name) and (1, name) not in texts
        if (n != 1 and not corrected) or name in ("title", "point") or name in COMMON_TEXTS:
            continue
        title = reader.text(titles[name]) if name in titles else name
        if pack.texts.get(name) == "file" and (files := shown_files(text, files_at)):
            brought.append((title, papers(files)))
        else:
            told.append((title, text))
    stage = pack.stages.get(state.stage)
    return Shown(
        pack=pack,
        state=state,
        calendar=calendar,
        clocks=clock_views(pack, state, calendar, reader),
        plan=plan,
        requests=requests,
        kin=_kin(opened, pack, state, reader),
        title=texts.get((1, "title"), ""),
        told=told,
        brought=brought,
        waits_for=waiting_for(stage.waits_for if stage is not None else None, state, reader),
    )


def _slips(opened: Opened, texts: Mapping[tuple[int, str], str], plan: Mapping[str, Asked]) -> None:
    """Join each step that got a new date to the one that took its place: both are put by the same act."""
    if not any(asked.due for asked in plan.values()):
        return
    for body in opened.entries:
        lapsed = [e["key"] for e in body["effects"] if e["e"] == "request.answered" and e["state"] == "lapsed"]
        if not lapsed:
            continue
        begun = [e["key"] for e in body["effects"] if e["e"] == "request.opened"]
        for old, new in zip(lapsed, begun, strict=False):
            if old in plan and new in plan:
                plan[old].slipped = texts.get((body["n"], "reason"), "") or _("a new date was set")
                plan[new].instead_of = plan[old].due


def waiting_for(who: str | None, state: State, reader: Reader) -> str:
    """Return whom the matter waits for, by name where it is a unit or a seat."""
    if not state.open or who is None:
        return ""
    for request in state.requests.values():
        if request.state == "open" and request.kind not in (PLAN,) and request.unit:
            return reader.unit(request.unit)
    if who in ("lead", "lead_seat", "lead_head"):
        return f"{reader.unit(state.unit)} · {reader.seat(state.seat)}"
    if who == "superior" and state.superior:
        return reader.unit(state.superior)
    if who == "resident":
        return _("The resident")
    words = RELATIONS.get(who)
    return words[reader.language] if words is not None else who


def state_words() -> dict[str, str]:
    """Return how a request stands, by its state."""
    return {
        "open": _("waits for an answer"),
        "accepted": _("accepted"),
        "refused": _("refused"),
        "contested": _("objected to"),
        "withdrawn": _("taken back"),
        "lapsed": _("lapsed"),
        "done": _("done"),
    }


def _asked(
    key: str,
    request: RequestState,
    n: int,
    pack: Pack,
    state: State,
    texts: Mapping[tuple[int, str], str],
    calendar: Calendar,
    reader: Reader,
) -> Asked:
    kind = pack.requests.get(request.kind)
    words = state_words()
    clock = state.clocks.get(request.clock or "")
    opened_at = moment(request.opened_at)
    if clock is not None and clock.status == "running":
        shown = left(moment(clock.due_at), calendar.zone, reader).pill
    elif request.state in ("done", "accepted") and request.answered_at:
        on = moment(request.answered_at).astimezone(calendar.zone).date()
        shown = pill("done", "done", reader.day(on, weekday=False))
    else:
        shown = pill("", "wait" if request.state == "open" else "done", words.get(request.state, request.state))
    text = next((texts[(n, name)] for name in _SAYING if (n, name) in texts), "")
    numbers: list[str] = []
    for name, value in request.data.items():
        if isinstance(value, int) and not isinstance(value, bool):
            fact = pack.facts.get(name)
            numbers.append(f"{reader.text(fact.title) if fact is not None else name}: {value}")
        elif isinstance(value, dict) and (value.get("n"), name) in texts:
            # words that the question keeps with it: which place, what to look at
            numbers.append(texts[value["n"], name])
    answered_at = moment(request.answered_at) if request.answered_at else None
    return Asked(
        key=key,
        title=reader.text(kind.title) if kind is not None else request.kind,
        text=text or " · ".join(numbers),
        who=reader.unit(request.unit) if request.unit else _("The resident"),
        by=reader.unit(request.opened_by_unit) if request.opened_by_unit else "",
        state=words.get(request.state, request.state),
        pill=shown,
        opened=reader.day(opened_at.astimezone(calendar.zone).date(), weekday=False),
        open=request.state in ("open", "contested"),
        due=reader.day(dates.last_day(moment(clock.due_at), calendar.zone), weekday=False) if clock is not None else "",
        answered=reader.day(answered_at.astimezone(calendar.zone).date(), weekday=False) if answered_at else "",
    )


def _kin(opened: Opened, pack: Pack, state: State, reader: Reader) -> list[Kin]:
    found = []
    if state.parent:
        row: Row | None = opened.linked.get(UUID(state.parent["stream"]))
        found.append(
            Kin(_("The matter above"), reader.unit(state.parent["unit"]), "", row.number if row is not None else "")
        )
    for child in state.children.values():
        row = opened.linked.get(UUID(child.stream))
        kind = pack.children.get(child.kind)

        below = packs().get(kind.pack) if kind is not None else None
        titles = {**pack.outcomes, **(below.outcomes if below is not None else {})}
        outcome = reader.text(titles.get(child.outcome or "")) or child.outcome or ""
        state_words = _("under way") if child.state == "open" else outcome or _("finished")
        found.append(
            Kin(
                reader.text(below.title) if below is not None else child.kind,
                reader.unit(child.unit),
                state_words,
                row.number if row is not None else "",
            )
        )
    for link in state.links:
        row = opened.linked.get(UUID(link))
        if row is not None:
            stage = packs()[row.pack].stages.get(row.stage) if row.pack in packs() else None
            found.append(
                Kin(_("Linked"), reader.unit(row.unit), reader.text(stage.title) if stage else row.stage, row.number)
            )
    return found


def mode_words(mode: str) -> str:
    """Return what an intake mode means for whoever handles the matter."""
    return {
        "open": _("The handler knows who it is"),
        "confidential": _("Only the platform knows who it is"),
        "anonymous": _("Nobody knows who it is"),
    }.get(mode, mode)


def mode_name(mode: str) -> str:
    """Return the name of an intake mode."""
    return {"open": _("With your name"), "confidential": _("Only the platform knows"), "anonymous": _("Anonymous")}.get(
        mode, mode
    )


def channel_name(channel: str) -> str:
    """Return the name of a channel."""
    return {
        "web": _("Web"),
        "counter": _("Counter"),
        "phone": _("Phone"),
        "letter": _("Letter"),
        "email": _("E-mail"),
        "mailbox": _("Leaders' mailbox"),
        "hotline": _("Hotline order"),
        "referral": _("Superior's referral"),
        "field": _("Field worker"),
        "import": _("Import"),
    }.get(channel, channel)
