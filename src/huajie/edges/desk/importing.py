"""
Who answers for what from a workbook: what it would do first, then doing exactly that.

The file that was looked at is kept, encrypted, under the token that its page carries; what was shown goes along as a
signed digest. Whoever confirms has that very file read and decided again: where the result is another one, nothing is
written, and the new one is shown.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_safe

from huajie.apps.attachments import store
from huajie.apps.attachments.errors import FileRefused, Missing
from huajie.apps.attachments.incoming import Sent
from huajie.apps.attachments.uploads import Upload, keep, token_of, upload_of
from huajie.apps.jurisdiction.operations import Refused
from huajie.apps.offices.importing import SHEETS, Fault, Plan, Stale, carry_out, plan, present
from huajie.apps.procedure import force
from huajie.apps.procedure.registry import packs
from huajie.core.access import Actor
from huajie.edges.desk.entering import proved_lately
from huajie.edges.desk.offices import FAULT_WORDS
from huajie.edges.desk.reviewed import content_of, is_reviewed, review_of
from huajie.edges.desk.seated import Desk, at_seat, page
from huajie.edges.desk.workbook import (
    MOST_BYTES,
    MOST_ROWS,
    SHEET_TITLES,
    Content,
    Unreadable,
    column_title,
    read,
    sheet_title,
    shown,
    write,
)
from huajie.edges.pages.forms import file_fault, one, posted_of

_SALT: Final = "huajie.desk.import"
_KIND: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Longest reason, in characters.
_REASON: Final = 200
_MORE_FAULTS: Final = {
    "twice": gettext_noop("It stands in the file twice"),
    "fixed": gettext_noop("This is not changed by an import"),
    "off": gettext_noop("This account is switched off"),
    "name": gettext_noop("Letters, figures, dots, hyphens and underscores only."),
    "past": gettext_noop("This moment has passed"),
    "needs-end": gettext_noop("A cover has an end"),
    "needs-right": gettext_noop("Your seat may not make accounts"),
    "formula": gettext_noop("There is a formula in this cell"),
    "error": gettext_noop("This cell holds an error of the spreadsheet"),
    "words": gettext_noop("This is none of the words that are possible here"),
    "flag": gettext_noop("Write yes or no"),
    "number": gettext_noop("Write a whole number"),
    "moment": gettext_noop("Write a date and a time"),
    "long": gettext_noop("This is too long"),
    "heading": gettext_noop("No column is called so"),
    "heading-twice": gettext_noop("There are two columns of this name"),
    "no-column": gettext_noop("This column is missing"),
}
#: What to do, where the fault itself does not say it.
_ADVICE: Final = {
    "unknown": gettext_noop("Correct the code, or add the row it names to its sheet."),
    "missing": gettext_noop("Fill this cell."),
    "invalid": gettext_noop("Codes look like r.yunxi, u.housing, s.housing.head, t.wages, m.housing.wages."),
    "closed": gettext_noop("Name the one that took over, or use a new code."),
    "cycle": gettext_noop("Give one of them another one above it, or none."),
    "vacant": gettext_noop("Add a row in Postings for somebody from the moment on at which the seat would be empty."),
    "overlap": gettext_noop("Give the row of whoever leaves an end not later than the other one's beginning."),
    "cannot-decide": gettext_noop("Give the remit to a unit that can decide, or make its power another one."),
    "not-lead-capable": gettext_noop("Name a seat with the role of handler or head, or give it one of them."),
    "open-matters": gettext_noop("Hand them over on the seat's page, then bring the file again."),
    "not-sponsor-capable": gettext_noop("Hand them over on the seat's page, then bring the file again."),
    "seat-elsewhere": gettext_noop("A seat stays in its unit: use a new code for a seat in another one."),
    "not-started": gettext_noop("Somebody has to hold the seat from then on who can be covered."),
    "ended": gettext_noop("Add a new row for a new posting."),
    "twice": gettext_noop("Take one of the rows out."),
    "fixed": gettext_noop("Undo it here; there is a page for it: the account's, or the seat's."),
    "off": gettext_noop("Switch it on under Accounts, or name somebody else."),
    "past": gettext_noop("Write a moment from now on."),
    "needs-end": gettext_noop("Fill in until when they cover."),
    "formula": gettext_noop("Paste its value in its place."),
    "error": gettext_noop("Write the value itself."),
    "words": gettext_noop("Take one of the words in the workbook to download."),
    "moment": gettext_noop("Such as 2026-11-26 09:00."),
    "heading": gettext_noop("Take the headings of the workbook to download, or empty the cell."),
    "heading-twice": gettext_noop("Take one of them out."),
    "no-column": gettext_noop("Take the headings of the workbook to download."),
    "needs-cover": gettext_noop("Plan it on the seat's page."),
}
_UNREADABLE: Final = {
    "size": gettext_noop("The file is larger than %(most)s MB."),
    "unpacked": gettext_noop("Unpacked, the file would be larger than %(most)s MB."),
    "declares": gettext_noop("The file brings declarations of its own, as no spreadsheet does. It was not opened."),
    "damaged": gettext_noop("The file can't be read. Save it again as an Excel workbook (.xlsx)."),
    "rows": gettext_noop("A sheet has more than %(most)s rows. Bring it in several files."),
    "csv-name": gettext_noop("A CSV file is named after its sheet, such as units.csv."),
    "other": gettext_noop("Bring an Excel workbook (.xlsx), or one sheet as CSV."),
}
#: Faults after which somebody goes to the seat's page, where its matters are handed over.
_AT_SEAT: Final = frozenset({"open-matters", "not-sponsor-capable", "vacant", "fixed", "needs-cover", "not-started"})


@require_safe
@at_seat("change_jurisdiction")
def workbook(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Hand out what stands now as the workbook that can be brought back."""
    if not desk.may("change_jurisdiction"):
        raise Http404
    reader = desk.reader
    data = write(present(now=reader.now, actor=desk.actor), reader.home_zone)
    response = HttpResponse(data, content_type=_KIND)
    response["Content-Disposition"] = f'attachment; filename="offices-{reader.today():%Y-%m-%d}.xlsx"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("change_jurisdiction")
def bring_in(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Take a workbook, show what it would do, and do that once it is confirmed."""
    if not desk.may("change_jurisdiction"):
        raise Http404
    if request.method != "POST":
        return _page(request, desk, {})
    posted = posted_of(request)
    try:
        kept = upload_of(one(posted, "kept", 4000), now=desk.reader.now) if "kept" in posted else _sent(request, desk)
        content = read(content_of(kept), kept.name, desk.reader.home_zone)
    except FileRefused as error:
        return _page(request, desk, {"wrong": [file_fault(error)]}, 422)
    except Unreadable as error:
        return _page(request, desk, {"wrong": [unreadable_words(error)]}, 422)
    except Missing:
        return _page(request, desk, {"wrong": [unreadable_words(Unreadable("damaged"))]}, 422)
    planned = plan_of(content, actor=desk.actor, now=desk.reader.now)
    if "kept" not in posted:
        return _review(request, desk, kept, content, planned)
    if not is_reviewed(one(posted, "review", 1000), kept, planned.digest(), desk, salt=_SALT):
        return _changed_since(request, desk, kept, content, planned)
    reason = one(posted, "reason", _REASON)
    if not reason:
        return _review(request, desk, kept, content, planned, no_reason=True)
    if planned.faults or content.faults or planned.empty or (planned.newcomers and not proved_lately(request)):
        return _review(request, desk, kept, content, planned)
    try:
        made = carry_out(planned, reason=reason, file_hash=kept.sha256, actor=desk.actor, now=desk.reader.now)
    except (Stale, Refused, ValueError):
        # somebody was a moment earlier
        return _changed_since(request, desk, kept, content, plan_of(content, actor=desk.actor, now=desk.reader.now))
    store.remove(kept.address)
    address = request.build_absolute_uri(reverse("desk:by-code"))
    context = {"recorded": len(planned.steps), "accounts": made, "address": address}
    return _page(request, desk, context)


def _sent(request: HttpRequest, desk: Desk) -> Upload:
    sent = next((each for each in request.FILES.getlist("workbook") if isinstance(each, Sent)), None)
    if sent is None or not (sent.name or "").lower().endswith((".xlsx", ".csv")):
        raise Unreadable("other")
    if (sent.size or 0) > MOST_BYTES:
        raise Unreadable("size", most=MOST_BYTES // 1_000_000)
    return keep(sent, now=desk.reader.now)


def plan_of(content: Content, *, actor: Actor, now: datetime) -> Plan:
    """Return what the rows of a file would do."""
    _version, calendars = force.calendars()
    return plan(content.lines, actor=actor, now=now, packs=packs(), calendars=calendars)


def unreadable_words(error: Unreadable) -> str:
    """Return in words why a file can't be read."""
    return _(_UNREADABLE[error.code]) % error.values


def _changed_since(request: HttpRequest, desk: Desk, kept: Upload, content: Content, planned: Plan) -> HttpResponse:
    return _review(request, desk, kept, content, planned, status=409, since=True)


def _review(
    request: HttpRequest,
    desk: Desk,
    kept: Upload,
    content: Content,
    planned: Plan,
    *,
    status: int = 0,
    since: bool = False,
    no_reason: bool = False,
) -> HttpResponse:
    """Show what a file would do."""
    zone = desk.reader.home_zone
    faults = sorted({*content.faults, *planned.faults}, key=lambda fault: (_place(fault.sheet), fault))
    made = sum(step.verb == "made" for step in planned.steps)
    context = {
        "file": kept.name,
        "since": since,
        "no_reason": no_reason,
        "faults": [said(fault) for fault in faults],
        "groups": _groups(planned, zone),
        "made": made,
        "changed": len(planned.steps) - made,
        "same": planned.same,
        "ignored": content.ignored,
        "overlaps": planned.overlaps,
        "newcomers": len(planned.newcomers),
        "prove": bool(planned.newcomers) and not proved_lately(request),
        "ready": not faults and not planned.empty,
        "kept": token_of(kept),
        "review": review_of(kept, planned.digest(), desk, salt=_SALT),
        "reviewed": True,
    }
    return _page(request, desk, context, status or (422 if faults or no_reason else 200))


def _place(sheet: str) -> int:
    return list(SHEETS).index(sheet) if sheet else len(SHEETS)


def _groups(planned: Plan, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Return what becomes of the rows, sheet by sheet."""
    found = []
    for sheet, columns in SHEETS.items():
        kinds = {column.key: column for column in columns}
        rows = [
            {
                "row": step.row,
                "name": step.name,
                "made": step.verb == "made",
                "diffs": [
                    {
                        "title": column_title(sheet, key),
                        "old": shown(sheet, kinds[key], old, zone) or "–",
                        "new": shown(sheet, kinds[key], new, zone) or "–",
                    }
                    for key, old, new in step.diffs
                ],
            }
            for step in planned.steps
            if step.sheet == sheet
        ]
        if rows:
            found.append({"title": sheet_title(sheet), "rows": rows})
    return found


def said(fault: Fault) -> dict[str, Any]:
    """Return a fault in words: where it is, what it is about and what to do."""
    values = dict(fault.values)
    words = _(_MORE_FAULTS.get(fault.code) or FAULT_WORDS.get(fault.code) or fault.code)
    seat = values.get("seat", "") or (fault.column if fault.column.startswith("s.") else "")
    about = [value for name, value in fault.values if name not in ("form", "among", "count", "row") and value != "None"]
    if fault.code == "twice":
        about = [_("row %(n)s") % {"n": values["row"]}]
    in_sheet = fault.sheet and any(column.key == fault.column for column in SHEETS[fault.sheet])
    return {
        "sheet": sheet_title(fault.sheet) if fault.sheet else "–",
        "row": fault.row,
        "column": column_title(fault.sheet, fault.column) if in_sheet else fault.column or "–",
        "words": words,
        "about": "、".join(dict.fromkeys(about)),
        "advice": _(_ADVICE[fault.code]) if fault.code in _ADVICE else "",
        "url": reverse("desk:office-seat", args=[seat]) if seat and fault.code in _AT_SEAT else "",
        "seat": seat,
    }


def _page(request: HttpRequest, desk: Desk, context: Mapping[str, Any], status: int = 200) -> HttpResponse:
    frame = {
        "offices_url": reverse("desk:offices"),
        "sheets": [_(title) for title in SHEET_TITLES.values()],
        "most_mb": MOST_BYTES // 1_000_000,
        "most_rows": f"{MOST_ROWS:,}",
        "reason_most": _REASON,
    }
    return page(request, desk, "pages/desk/office_import.html", {**frame, **context}, here="offices", status=status)
