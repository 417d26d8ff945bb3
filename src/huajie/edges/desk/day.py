"""My day: what is late, what is due today and this week, what others ask of me, and then the rest."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from huajie.apps.jurisdiction.queries import display_names
from huajie.apps.matters.projection import FAR
from huajie.apps.matters.queries import (
    WORK,
    Filters,
    Prepared,
    Question,
    Row,
    matters_list,
    prepared_for,
    questions_to,
    running_clocks,
    unsigned,
)
from huajie.apps.procedure.registry import packs
from huajie.apps.supervision.reminders import waiting
from huajie.core.access import Actor
from huajie.edges.desk.receipt import still_shown
from huajie.edges.desk.rows import Lines, Step
from huajie.edges.desk.seated import LEADERS, Desk, at_seat, page
from huajie.edges.pages import dates
from huajie.edges.pages.forms import clean
from huajie.edges.pages.roads import decides, for_leaders

#: Rows of the first page, and of what is asked.
MOST = 50
ASKED = 20


def scopes(actor: Actor) -> list[str]:
    """Return what a seat may look at, the usual first: its own matters, or all that it may act on."""
    return ["mine", "all"] if "handler" in actor.roles else ["all"]


def _due(lines: Lines, row: Row) -> datetime:
    following = lines.next(row)
    return following.due_at if following is not None and following.ours else FAR


def prepared_steps(prepared: Sequence[Prepared], lines: Lines) -> list[Step]:
    """Return what each line of the prepared acts asks its leader for: the very act, and who prepared it."""
    names = display_names(frozenset(one.person for one in prepared))
    found = []
    for one in prepared:
        pack = lines.packs.get(one.row.pack)
        act = pack.acts.get(one.act) if pack is not None else None
        title = lines.reader.text(act.title) if act is not None else one.act
        target = f"?{urlencode({'target': one.target})}" if one.target else ""
        small = _("prepared by %(name)s for your approval") % {"name": names.get(one.person, "")}
        found.append(Step(title, small, f"acts/{one.act}/{target}", _("Look and decide")))
    return found


def _group(lines: Lines, row: Row, tonight: datetime, sunday: datetime) -> str:
    """Return the group of the day in which a line of one's own stands."""
    following = lines.next(row)
    if following is None or following.theirs:
        return "later"
    if following.waits_for:
        return "waits"
    if following.due_at <= lines.reader.now:
        return "late"
    if following.due_at <= tonight:
        return "today"
    if lines.came_back(row):
        return "back"
    return "week" if following.due_at <= sunday else "later"


def _covers(desk: Desk) -> list[tuple[str, str]]:
    """Return who stands in for whom now: the seats that the reader covers, and who covers the reader's."""
    reader, actor = desk.reader, desk.actor
    jurisdiction = reader.jurisdiction
    found: list[tuple[str, str]] = []
    if actor.seat is None:
        return found
    absence = jurisdiction.absence(actor.seat, reader.now)
    until = ""
    if absence is not None and absence.to_at is not None:
        until = _("until %(moment)s") % {"moment": reader.moment(absence.to_at, reader.home_zone)}
    if actor.covering:
        found.append((_("You cover %(seat)s") % {"seat": reader.seat(actor.seat)}, until))
    found += [
        (_("You also sit at %(seat)s") % {"seat": reader.seat(seat)}, _("Change seats above to see its day."))
        for seat in actor.seats
        if seat != actor.seat
    ]
    cover = jurisdiction.cover(actor.seat, reader.now)
    if cover is not None and not actor.covering:
        name = display_names(frozenset({cover})).get(cover, "")
        found.append((_("%(name)s covers for you") % {"name": name}, until))
    return found


def to_approve(actor: Actor, limit: int) -> list[Question]:
    """
    Return the questions that wait for a leader: put to their seat and granted by nobody who does the work, or put to
    their unit to decide between others.
    """
    known = packs()
    return [
        one
        for one in questions_to(actor, limit=limit)
        if (pack := known.get(one.row.pack)) is not None
        and (for_leaders(pack, one.kind) if one.seat in actor.answer_seats else decides(pack, one.kind))
    ]


def approval_step(asked: Question, lines: Lines) -> Step:
    """Return what a line asks for that waits for the leader's own answer."""
    reader = lines.reader
    pack = lines.packs.get(asked.row.pack)
    kind = pack.requests.get(asked.kind) if pack is not None else None
    title = reader.text(kind.title) if kind is not None else asked.kind
    numbers = []
    for name, value in asked.data.items():
        if isinstance(value, int) and not isinstance(value, bool) and pack is not None:
            titles = (each.title for act in pack.acts.values() for each in act.fields if each.name == name)
            found = next(titles, None)
            named = {"title": reader.text(found) if found is not None else name, "value": value}
            numbers.append(_("%(title)s: %(value)s") % named)
    on = reader.day(asked.asked_at.astimezone(reader.zone(asked.row.region)).date(), weekday=False)
    asker = _("%(unit)s asked on %(day)s") % {"unit": reader.unit(asked.by_unit), "day": on}
    small = " · ".join([*numbers, asker])
    return Step(title, small, f"decide/?{urlencode({'target': asked.key})}", _("Look and decide"))


@require_safe
@at_seat("act")
def day(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show the day, in a fixed number of statements."""
    actor, reader = desk.actor, desk.reader
    offered = scopes(actor)
    scope = request.GET.get("scope", "")
    scope = scope if scope in offered else offered[0]
    after = clean(request.GET.get("after", "")) or None
    filters = Filters(seat=actor.seat) if scope == "mine" else Filters()
    through = ("lead",) if scope == "mine" else None
    found = matters_list(actor, filters, action=WORK, through=through, after=after, limit=MOST)
    questions = matters_list(actor, action=WORK, through=("asked", "visit"), limit=ASKED) if after is None else None
    # what is put to a leader's own seat stands on a line of its own; what a unit asks of itself is its own work
    approvals = to_approve(actor, MOST) if after is None and actor.roles & LEADERS else []
    # a leader's seat asks once more than others; nobody else's asks at all
    ready = after is None and actor.on_behalf is None and reader.jurisdiction.had_secretary(actor.seat or "")
    prepared = prepared_for(actor, limit=ASKED) if ready else ()
    above = {one.row.stream for one in (*prepared, *approvals)}
    ours = actor.answers | actor.prepares
    asked = [
        row
        for row in (questions.rows if questions is not None else ())
        if row.stream not in above and row.unit not in ours
    ]
    elsewhere = {other.stream for other in asked} | above
    mine = [row for row in found.rows if row.stream not in elsewhere]
    lines = Lines(
        reader,
        actor,
        running_clocks({row.stream for row in (*found.rows, *asked, *(one.row for one in (*prepared, *approvals)))}),
        unsigned=unsigned([row.stream for row in mine]),
    )
    zone = reader.home_zone
    today = reader.today(zone)
    tonight = dates.end_of_day(today, zone)
    sunday = dates.end_of_day(today + timedelta(days=6 - today.weekday()), zone)
    groups: dict[str, list[Row]] = {
        "late": [],
        "today": [],
        "asked": asked,
        "back": [],
        "week": [],
        "waits": [],
        "later": [],
    }
    for row in mine:
        groups[_group(lines, row, tonight, sunday)].append(row)
    words = {
        "late": (_("Overdue"), _("Say why, then act. A date that is changed stays in the record."), "late"),
        "today": (_("Due today"), "", "clock"),
        "asked": (_("Asked of us"), _("The resident's dates go on while you decide."), "inbox"),
        "back": (_("Came back to us"), _("Checked and not yet right, or opened again."), "back"),
        "week": (_("Due this week"), "", "clock"),
        "waits": (_("Waits for others"), _("While you wait, our own dates go on."), "wait"),
        "later": (_("Later"), "", "list"),
    }
    token = get_token(request)
    shown: list[dict[str, Any]] = []
    filled = True
    if prepared:
        items = lines.items([one.row for one in prepared], filled=True, steps=prepared_steps(prepared, lines))
        shown.append(
            {
                "id": "prepared",
                "title": _("Prepared for you"),
                "said": _("Your secretary has recorded what you wrote; the act itself is yours."),
                "icon": "pen",
                "n": str(len(prepared)),
                "rows": items,
            }
        )
        filled = False
    if approvals:
        items = lines.items(
            [one.row for one in approvals], filled=filled, steps=[approval_step(one, lines) for one in approvals]
        )
        shown.append(
            {
                "id": "approvals",
                "title": _("Waits for your approval"),
                "said": _("The residents' dates go on while you decide."),
                "icon": "flag",
                "n": str(len(approvals)),
                "rows": items,
                "list": reverse("desk:lead"),
            }
        )
        filled = False
    seat = {"seat": "mine"} if scope == "mine" else {}
    list_url = reverse("desk:list")
    for name, rows in groups.items():
        if rows:
            rows.sort(key=lambda row: _due(lines, row))
            title, said, icon = words[name]
            if name == "asked":
                cut = questions is not None and questions.next is not None
            else:
                cut = found.next is not None and bool(mine) and mine[-1] in rows
            steps = [lines.asked_step(row) for row in rows] if name == "asked" else ()
            # nothing is answered from a list, and nothing of another's
            items = lines.items(
                rows, filled=filled and name != "later", steps=steps, token="" if name == "asked" else token
            )
            narrowed = {"asked": {"waits": "us"}, **{name: {**seat, "due": name} for name in ("late", "today", "week")}}
            shown.append(
                {
                    "id": name,
                    "title": title,
                    "said": said,
                    "icon": icon,
                    "n": f"{len(rows)}{'+' if cut else ''}",
                    "rows": items,
                    "list": f"{list_url}?{urlencode(narrowed[name])}" if name in narrowed else "",
                }
            )
            filled = False
    context = {
        "date": dates.full_day(today, reader.language),
        "groups": shown,
        "scopes": [
            {
                "url": f"?{urlencode({'scope': name})}",
                "title": {"mine": _("My seat"), "all": _("All that I may act on")}[name],
                "here": name == scope,
            }
            for name in offered
        ]
        if len(offered) > 1
        else [],
        "more": f"?{urlencode({'scope': scope, 'after': found.next})}" if found.next else "",
        "paged": after is not None,
        "receipts": [{"number": one, "url": reverse("desk:receipt", args=[one])} for one in still_shown(request)]
        if "area_worker" in actor.roles
        else [],
        "list_url": list_url,
        "covers": _covers(desk) if after is None else [],
        "waiting": waiting(actor, now=reader.now) if after is None else None,
    }
    return page(request, desk, "pages/desk/day.html", context, here="day")
