"""My day: what is late, what is due today and this week, what others ask of me, and then the rest."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from huajie.apps.matters.projection import FAR
from huajie.apps.matters.queries import WORK, Filters, Row, matters_list, running_clocks
from huajie.core.access import Actor
from huajie.edges.desk.rows import Lines
from huajie.edges.desk.seated import Desk, at_seat, page
from huajie.edges.pages import dates
from huajie.edges.pages.forms import clean

#: Rows of the first page, and of what is asked.
MOST = 50
ASKED = 20


def scopes(actor: Actor) -> list[str]:
    """Return what a seat may look at, the usual first: its own matters, or all that it may act on."""
    return ["mine", "all"] if "handler" in actor.roles else ["all"]


def _due(lines: Lines, row: Row) -> datetime:
    following = lines.next(row)
    return FAR if following is None or following.theirs else following.due_at


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
    asked = matters_list(actor, action=WORK, through=("asked",), limit=ASKED).rows if after is None else ()
    mine = [row for row in found.rows if row.stream not in {other.stream for other in asked}]
    lines = Lines(reader, actor, running_clocks({row.stream for row in (*found.rows, *asked)}))
    zone = reader.home_zone
    today = reader.today(zone)
    tonight = dates.end_of_day(today, zone)
    sunday = dates.end_of_day(today + timedelta(days=6 - today.weekday()), zone)
    groups: dict[str, list[Row]] = {"late": [], "today": [], "week": [], "asked": list(asked), "later": []}
    for row in mine:
        following = lines.next(row)
        if following is None or following.theirs:
            name = "later"
        elif following.due_at <= reader.now:
            name = "late"
        elif following.due_at <= tonight:
            name = "today"
        else:
            name = "week" if following.due_at <= sunday else "later"
        groups[name].append(row)
    words = {
        "late": (_("Overdue"), _("Say why, then act. A date that is changed stays in the record."), "late"),
        "today": (_("Due today"), "", "clock"),
        "week": (_("Due this week"), "", "clock"),
        "asked": (_("Asked of us"), _("The resident's dates go on while you decide."), "inbox"),
        "later": (_("Later"), "", "list"),
    }
    shown = []
    filled = True
    for name, rows in groups.items():
        if rows:
            rows.sort(key=lambda row: _due(lines, row))
            title, said, icon = words[name]
            cut = found.next is not None and bool(mine) and mine[-1] in rows
            items = lines.items(rows, filled=filled and name != "later")
            shown.append(
                {
                    "id": name,
                    "title": title,
                    "said": said,
                    "icon": icon,
                    "n": f"{len(rows)}{'+' if cut else ''}",
                    "rows": items,
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
        "list_url": reverse("desk:list"),
    }
    return page(request, desk, "pages/desk/day.html", context, here="day")
