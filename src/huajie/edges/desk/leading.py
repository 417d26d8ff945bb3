"""A leader's page: what waits for approval or signature, what is about to fail, what they sponsor."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from huajie.apps.matters.queries import (
    WORK,
    Filters,
    Row,
    matters_list,
    prepared_for,
    running_clocks,
)
from huajie.edges.desk.day import approval_step, prepared_steps, to_approve
from huajie.edges.desk.rows import Lines
from huajie.edges.desk.seated import Desk, at_seat, page
from huajie.edges.desk.signing import papers, steps_of, to_sign

#: Lines of a group; whatever is beyond them stands in the list.
MOST = 30
#: Lines of what is about to fail: the reader should see all of it.
FAILING = 60
#: Days before a date from which a matter is about to fail.
NEAR = timedelta(days=3)


def _is_ours(row: Row, lines: Lines, until: datetime) -> bool:
    following = lines.next(row)
    return following is not None and following.ours and following.due_at <= until


def _fails(row: Row, lines: Lines, until: datetime) -> bool:
    """Return whether a date is late or near that the reader keeps, or others keep in a matter that the reader leads."""
    return _is_ours(row, lines, until) or row.unit in lines.ours


@require_safe
@at_seat("act")
def leading(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show what a leader answers for with their name, in a fixed number of statements."""
    actor, reader = desk.actor, desk.reader
    asked = to_approve(actor, MOST)
    ready = actor.on_behalf is None and reader.jurisdiction.had_secretary(actor.seat or "")
    prepared = prepared_for(actor, limit=MOST) if ready else ()
    signing, more_to_sign = to_sign(actor, reader)
    until = reader.now + NEAR
    near = matters_list(
        actor, Filters(due_before=until), action=WORK, through=("lead", "sponsor", "asked", "visit"), limit=FAILING
    )
    sponsored = matters_list(actor, action=WORK, through=("sponsor",), limit=MOST)
    rows = [*(one.row for one in (*asked, *prepared)), *(row for row, _one in signing), *near.rows, *sponsored.rows]
    lines = Lines(reader, actor, running_clocks({row.stream for row in rows}), until=until)
    failing = [row for row in near.rows if _fails(row, lines, until)]
    failing.sort(key=lambda row: not _is_ours(row, lines, until))
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
    if signing:
        filled = not shown
        papers_of = [one for _row, one in signing]
        items = lines.items(
            [row for row, _one in signing],
            steps=steps_of(papers_of, reader),
            below=papers(papers_of, request, filled=filled),
        )
        said = _("Read it, then sign: what you sign is the version that stands here.")
        group("sign", _("Waits for your signature"), said, "pen", len(signing), more_to_sign, items)
    if failing:
        items = lines.items(failing)
        said = ngettext("Late, or late within %(n)s day.", "Late, or late within %(n)s days.", NEAR.days) % {
            "n": NEAR.days
        }
        said += " " + _("Dates of our own first, then those of others on whom our matters wait.")
        group("near", _("Late or about to fail"), said, "late", len(failing), near.next is not None, items)
    if sponsored.rows:
        items = lines.items(sponsored.rows)
        said = _("Yours until it is resolved and what was promised still holds.")
        group("sponsored", _("You sponsor"), said, "flag", len(sponsored.rows), sponsored.next is not None, items)
    return page(request, desk, "pages/desk/leading.html", {"groups": shown}, here="lead")
