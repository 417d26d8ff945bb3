"""A leader's page: what waits for approval, what is about to fail, what they sponsor."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from huajie.apps.matters.queries import (
    WORK,
    Filters,
    matters_list,
    prepared_for,
    running_clocks,
)
from huajie.edges.desk.day import approval_step, prepared_steps, to_approve
from huajie.edges.desk.rows import Lines
from huajie.edges.desk.seated import Desk, at_seat, page

#: Lines of a group; whatever is beyond them stands in the list.
MOST = 30
#: Days before a date from which a matter is about to fail.
NEAR = timedelta(days=3)


@require_safe
@at_seat("act")
def leading(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show what a leader answers for with their name, in a fixed number of statements."""
    actor, reader = desk.actor, desk.reader
    asked = to_approve(actor, MOST)
    ready = actor.on_behalf is None and reader.jurisdiction.had_secretary(actor.seat or "")
    prepared = prepared_for(actor, limit=MOST) if ready else ()
    near = matters_list(
        actor, Filters(due_before=reader.now + NEAR), action=WORK, through=("lead", "sponsor"), limit=MOST
    )
    sponsored = matters_list(actor, action=WORK, through=("sponsor",), limit=MOST)
    rows = [*(one.row for one in (*asked, *prepared)), *near.rows, *sponsored.rows]
    lines = Lines(reader, actor, running_clocks({row.stream for row in rows}))
    own = [row for row in near.rows if (following := lines.next(row)) is not None and following.ours]
    shown: list[dict[str, Any]] = []

    def group(name: str, title: str, said: str, icon: str, count: int, more: bool, items: Any) -> None:
        shown.append(
            {"id": name, "title": title, "said": said, "icon": icon, "n": f"{count}{'+' * more}", "rows": items}
        )

    if prepared:
        items = lines.items([one.row for one in prepared], filled=True, steps=prepared_steps(prepared, lines))
        said = _("Your secretary has recorded what you wrote; the act itself is yours.")
        group("prepared", _("Prepared for you"), said, "pen", len(prepared), False, items)
    if asked:
        steps = [approval_step(one, lines) for one in asked]
        items = lines.items([one.row for one in asked], filled=not shown, steps=steps)
        said = _("The residents' dates go on while you decide.")
        group("asked", _("Waits for your approval"), said, "inbox", len(asked), len(asked) >= MOST, items)
    if own:
        items = lines.items(own)
        said = ngettext("Late, or late within %(n)s day.", "Late, or late within %(n)s days.", NEAR.days) % {
            "n": NEAR.days
        }
        group("near", _("Late or about to fail"), said, "late", len(own), near.next is not None, items)
    if sponsored.rows:
        items = lines.items(sponsored.rows)
        said = _("Yours until it is resolved and what was promised still holds.")
        group("sponsored", _("You sponsor"), said, "flag", len(sponsored.rows), sponsored.next is not None, items)
    return page(request, desk, "pages/desk/leading.html", {"groups": shown}, here="lead")
