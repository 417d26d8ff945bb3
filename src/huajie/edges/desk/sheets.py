"""
A list as a file for Excel: what the reader sees in it, row by row, and nothing else.

No identity, no text but the title that stands in the list, nothing sealed and nothing about a minor (`export` of
core/access). A file is written while the list is read, a few hundred rows at a time, so that its size is no matter.
"""

import csv
import tempfile
from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import structlog
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from huajie.apps.matters.numbers import shown
from huajie.apps.matters.queries import Filters, Row, matters_list, running_clocks, sort_within
from huajie.core.access import Actor, lens
from huajie.edges.desk import filters as asked
from huajie.edges.desk.columns import columns_of
from huajie.edges.desk.rows import Lines, column_titles
from huajie.edges.desk.seated import Desk, at_seat
from huajie.edges.pages.clocks import left
from huajie.edges.pages.matter import channel_name

if TYPE_CHECKING:
    from openpyxl.styles import Font

log = structlog.get_logger("huajie.desk")

#: What a file holds: what stands in the list, of what may leave.
LEAVES: Final = ("list", "export")
#: Rows of one file; a longer list is cut, and the file says so.
MOST = 20_000
#: Rows that are read at once.
_READ = 500
#: What a spreadsheet takes for the beginning of a formula, in either width.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_WIDTHS: Final = {"due": (13, 24), "stage": (22, 22), "unit": (24, 24), "topic": (18, 18)}

Cell = str | int | date | None


def may_export(actor: Actor) -> bool:
    """Return whether a file of the reader's list could hold anything."""
    return bool(lens(actor, *LEAVES).arms)


@require_safe
@at_seat("export")
def export(request: HttpRequest, desk: Desk, kind: str) -> HttpResponseBase:
    """Hand out the list that the address asks for, with the reader's columns and in their order."""
    if kind not in ("xlsx", "csv"):
        raise Http404
    given, _faults = asked.read(request.GET)
    narrow = asked.filters_of(given, desk.reader, desk.actor)
    sort = sort_within(desk.actor, asked.sort_of(request.GET), action=LEAVES)
    sheet = Sheet(desk, narrow, sort, columns_of(desk))
    name = f"matters-{desk.reader.today():%Y-%m-%d}.{kind}"
    if kind == "csv":
        response: HttpResponseBase = StreamingHttpResponse(sheet.csv(), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
    note = [
        (_("Taken from the list"), f"{desk.reader.moment(desk.reader.now, desk.reader.home_zone)}"),
        (_("Filters"), asked.in_words(given, desk.reader, desk.actor) or _("none: everything that is open")),
        (_("Not in it"), _("sealed matters and files about minors; who brought a matter; texts besides the title")),
    ]
    kept = tempfile.TemporaryFile()
    sheet.xlsx(kept, note)
    kept.seek(0)
    kind_of_file = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return FileResponse(kept, as_attachment=True, filename=name, content_type=kind_of_file)


class Sheet:
    """The rows of one file."""

    def __init__(self, desk: Desk, narrow: Filters, sort: str, columns: Sequence[str]) -> None:
        self.desk, self.narrow, self.sort, self.columns = desk, narrow, sort, columns
        self.cut = False
        self.count = 0

    def head(self) -> list[str]:
        """Return the headings."""
        titles = column_titles()
        found = [_("Number"), _("Matter")]
        more = {"due": _("Time left"), "stage": _("Procedure"), "unit": _("Seat"), "topic": _("Region")}
        own = {"topic": _("Topic"), "unit": _("Unit")}
        for name in self.columns:
            found.append(own.get(name, titles[name]))
            if name in more:
                found.append(more[name])
        return found

    def rows(self) -> Iterator[list[Cell]]:
        """Yield the cells of each row, read page by page; afterwards `count` and `cut` say how it ended."""
        desk, after = self.desk, None
        while True:
            page = matters_list(
                desk.actor, self.narrow, action=LEAVES, sort=self.sort, after=after, limit=min(_READ, MOST - self.count)
            )
            clocks = running_clocks([row.stream for row in page.rows]) if "due" in self.columns else {}
            lines = Lines(desk.reader, desk.actor, clocks)
            for row in page.rows:
                yield self._cells(row, lines)
            self.count += len(page.rows)
            after = page.next
            if after is None or self.count >= MOST:
                self.cut = after is not None
                return

    def _cells(self, row: Row, lines: Lines) -> list[Cell]:
        reader = self.desk.reader
        zone = reader.zone(row.region)
        cells: list[Cell] = [shown(row.number), lines.title(row)]
        for name in self.columns:
            if name == "due":
                following = lines.next(row)
                rest = left(following.due_at, zone, reader) if following is not None else None
                cells += [rest.on, lines.pill_words(following, rest)] if following and rest else [None, None]
            elif name == "stage":
                cells += [lines.stage(row), lines.pack(row)]
            elif name == "unit":
                cells += [reader.unit(row.unit), reader.seat(row.seat)]
            elif name == "topic":
                cells += [reader.topic(row.topic), reader.region(row.region)]
            elif name in ("received", "last"):
                cells.append((row.received_at if name == "received" else row.changed_at).astimezone(zone).date())
            elif name == "channel":
                cells.append(channel_name(row.channel))
            elif name == "outcome":
                cells.append(lines.outcome(row))
            else:
                cells.append(row.handoffs)
        return cells

    def cut_words(self) -> str:
        """Return what a file that was cut says at its end."""
        return _("Cut here: a file holds at most %(n)s matters. Narrow the list for the others.") % {"n": f"{MOST:,}"}

    def _taken(self, kind: str) -> None:
        # who took how much of what out is written down; which matters they were is not
        log.info("list exported", seat=self.desk.actor.seat, kind=kind, count=self.count)

    def csv(self) -> Iterator[str]:
        """Yield the file line by line; the mark at its beginning tells Excel that it is UTF-8."""
        line = csv.writer(_Echo())
        try:
            yield "\ufeff" + line.writerow(self.head())
            for cells in self.rows():
                yield line.writerow([harmless(cell) for cell in cells])
            if self.cut:
                yield line.writerow([self.cut_words()])
        finally:
            # whoever goes away half way has taken what was read so far
            self._taken("csv")

    def xlsx(self, file: Any, note: Sequence[tuple[str, str]]) -> None:
        """Write the workbook: the list, and on a second sheet where it came from."""
        # openpyxl needs much memory: only a web process that ever makes a workbook loads it
        from openpyxl import Workbook
        from openpyxl.styles import Font

        book = Workbook(write_only=True)
        sheet = book.create_sheet(_("Matters"))
        sheet.freeze_panes = "C2"
        widths = [15.0, 44.0]
        for name in self.columns:
            widths += _WIDTHS.get(name, (14,))
        for n, width in enumerate(widths):
            sheet.column_dimensions[_letter(n)].width = width
        bold = Font(bold=True)
        sheet.append([cell_of(sheet, title, bold) for title in self.head()])
        for cells in self.rows():
            sheet.append([cell_of(sheet, cell) for cell in cells])
        if self.cut:
            sheet.append([cell_of(sheet, self.cut_words(), bold)])
        about = book.create_sheet(_("About this file"))
        about.column_dimensions["A"].width, about.column_dimensions["B"].width = 24, 90
        said = [*note, (_("Matters in it"), f"{self.count:,}")]
        for name, text in [*said, (_("Cut"), self.cut_words())] if self.cut else said:
            about.append([cell_of(about, name, bold), cell_of(about, text)])
        book.save(file)
        self._taken("xlsx")


class _Echo:
    """A file for csv.writer that hands each line back."""

    def write(self, line: str) -> str:
        return line


def harmless(cell: Cell) -> Cell:
    """Return a cell that no spreadsheet takes for a formula."""
    if not isinstance(cell, str):
        return cell
    text = cell.replace("\x00", "")
    return f"'{text}" if text.lstrip().startswith(_FORMULA) or text.startswith(_FORMULA) else text


def cell_of(sheet: Any, value: Cell, font: "Font | None" = None) -> Any:
    """Return a cell; a text is written as a text whatever it begins with."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if not isinstance(value, str):
        return value
    text = ILLEGAL_CHARACTERS_RE.sub("", value)
    if font is None and not text.startswith(("=", "#")):
        return text
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    if font is not None:
        cell.font = font
    return cell


def _letter(n: int) -> str:
    return chr(ord("A") + n)
