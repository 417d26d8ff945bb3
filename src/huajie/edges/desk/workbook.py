"""
Who answers for what as a workbook: reading one that somebody sends, and writing what stands now.

A file is looked at before anything opens it: how large it is unpacked, whether it brings declarations of its own. No
formula is ever worked out: a cell that holds one is a fault. Headings and words are taken in Chinese, in English or as
the codes themselves, whoever wrote the file.

    Unreadable      the file as a whole can't be read; `code` says why
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from huajie.apps.offices.importing import SHEETS, Column, Fault, Line
from huajie.edges.desk.offices import CHOICES
from huajie.edges.desk.sheets import cell_of

#: Largest file, packed and unpacked, in bytes; rows of one sheet; columns looked at; characters of one cell.
MOST_BYTES: Final = 2_000_000
MOST_UNPACKED: Final = 16_000_000
MOST_PARTS: Final = 200
MOST_ROWS: Final = 5_000
_MOST_COLUMNS: Final = 40
_MOST_TEXT: Final = 2_000
#: The last row that a spreadsheet can have: behind it nothing is looked for.
_LAST_ROW: Final = 1_048_576
#: A row that begins so is a remark.
REMARK: Final = "※"
_TONGUES: Final = ("zh-hans", "en")

SHEET_TITLES: Final = {
    "regions": gettext_noop("Regions"),
    "units": gettext_noop("Units"),
    "seats": gettext_noop("Seats"),
    "topics": gettext_noop("Topics"),
    "remits": gettext_noop("Remits"),
    "postings": gettext_noop("Postings"),
    "users": gettext_noop("Users"),
}
_HELP: Final = {
    "regions": gettext_noop("One row a region. A row that is left out stays as it is."),
    "units": gettext_noop("One row a unit. To close one, use the page that merges two units."),
    "seats": gettext_noop("One row a seat; several roles with commas between. A new seat needs a row in Postings."),
    "topics": gettext_noop(
        "One row a topic. A row that is left out stays as it is. Places are public of what concerns a road or a river,"
        " never of what could concern a home."
    ),
    "remits": gettext_noop("One row a rule; several codes with spaces between, * for any. It ends at Until."),
    "postings": gettext_noop(
        "One row a person on a seat. Who leaves gets an Until; who follows gets a row from then. A cover has an end."
    ),
    "users": gettext_noop("One row an account. No passwords: a new account gets a one-time code when it is made."),
}
_TITLES: Final = {
    "id": gettext_noop("Code"),
    "zh": gettext_noop("Name in Chinese"),
    "en": gettext_noop("Name in English"),
    "level": gettext_noop("Level"),
    "calendar": gettext_noop("Calendar"),
    "zone": gettext_noop("Time zone"),
    "active": gettext_noop("In use"),
    "region": gettext_noop("Region"),
    "kind": gettext_noop("Kind"),
    "can_decide": gettext_noop("Has the power to decide"),
    "unit": gettext_noop("Unit"),
    "seat": gettext_noop("Seat"),
    "roles": gettext_noop("Roles"),
    "sensitivity": gettext_noop("How closely it is kept"),
    "public_place": gettext_noop("Its places are public"),
    "topics": gettext_noop("Codes of topics, * for any"),
    "regions": gettext_noop("Codes of regions, * for any"),
    "power": gettext_noop("Power"),
    "pack": gettext_noop("Procedure"),
    "priority": gettext_noop("Priority"),
    "from_at": gettext_noop("From"),
    "to_at": gettext_noop("Until"),
    "person": gettext_noop("Sign-in name"),
    "username": gettext_noop("Sign-in name"),
    "display_name": gettext_noop("How colleagues call them"),
    "language": gettext_noop("Language"),
}
_PARENTS: Final = {
    "regions": gettext_noop("Region around it"),
    "units": gettext_noop("Unit above"),
    "topics": gettext_noop("Topic above"),
}
_LANGUAGES: Final = {"zh-hans": gettext_noop("Chinese"), "en": gettext_noop("English")}
_YES: Final = ("yes", "true", "y", "1", "是", "对", "有")
_NO: Final = ("no", "false", "n", "0", "否", "不", "无")
#: Widths of columns, in characters.
_WIDTHS: Final = {"code": 22.0, "codes": 34.0, "choices": 30.0, "moment": 18.0, "flag": 14.0, "number": 10.0}


class Unreadable(Exception):
    """The file can't be read: `size`, `damaged`, `unpacked`, `declares`, `rows`, or `csv-name`."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


@dataclass(slots=True)
class Content:
    """What a file holds."""

    lines: list[Line] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    #: titles of sheets that mean nothing here
    ignored: list[str] = field(default_factory=list)


def column_title(sheet: str, key: str) -> str:
    """Return the heading of a column in the language of the page."""
    found = _PARENTS if key == "parent" else _TITLES
    return _(found.get(key) or found[sheet])


def sheet_title(sheet: str) -> str:
    """Return the title of a sheet in the language of the page."""
    return _(SHEET_TITLES[sheet])


def _choices(sheet: str, key: str) -> Mapping[str, str]:
    if sheet == "postings" and key == "kind":
        return CHOICES["posting"]
    return _LANGUAGES if key == "language" else CHOICES[key]


def shown(sheet: str, column: Column, value: Any, zone: ZoneInfo) -> str:
    """Return a value in words of the page's language, as a sheet holds it."""
    if value is None:
        return ""
    if column.kind == "flag":
        return _("yes") if value else _("no")
    if column.kind == "choice":
        return _(_choices(sheet, column.key)[value])
    if column.kind == "choices":
        return "、".join(_(words) for name, words in CHOICES[column.key].items() if name in value)
    if column.kind == "moment":
        return f"{value.astimezone(zone):%Y-%m-%d %H:%M}"
    return " ".join(value) if column.kind == "codes" else str(value)


# Reading --------------------------------------------------------------------------------------------------------------


def read(data: bytes, name: str, zone: ZoneInfo) -> Content:
    """
    Return the rows of a workbook, or of one sheet as CSV whose name says which.

    Args:
        name: of the file.
        zone: of moments without one.
    Raises:
        Unreadable: as a whole.
    """
    if len(data) > MOST_BYTES:
        raise Unreadable("size", most=MOST_BYTES // 1_000_000)
    found = Content()
    if name.lower().endswith(".csv"):
        sheet = _sheet_named(name[:-4])
        if sheet is None:
            raise Unreadable("csv-name")
        _take(found, sheet, _csv_rows(data), zone)
        return found
    _look_inside(data)
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        seen: set[str] = set()
        for page in book.worksheets:
            sheet = _sheet_named(page.title)
            if sheet is None or sheet in seen:
                found.ignored.append(page.title)
                continue
            seen.add(sheet)
            _take(found, sheet, _rows(page), zone)
        book.close()
    except Unreadable:
        raise
    except Exception as error:
        # Whatever a file that is none makes the reader stumble over: nothing of it was taken.
        raise Unreadable("damaged") from error
    return found


def _look_inside(data: bytes) -> None:
    """Refuse what would grow without bounds when unpacked, or declares entities; openpyxl sees it only afterwards."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as box:
            parts = box.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise Unreadable("unpacked", most=MOST_UNPACKED // 1_000_000)
            for part in parts:
                # no more comes out than the list of parts says, or it is damaged
                if part.filename.endswith((".xml", ".rels", ".vml")):
                    text = box.read(part)
                    if b"<!" in re.sub(rb"<!(--|\[CDATA\[)", b"", text) or not _is_utf8(text):
                        raise Unreadable("declares")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise Unreadable("damaged") from error


def _is_utf8(text: bytes) -> bool:
    """Return whether a part says that it is in the encoding in which its declarations were just looked for."""
    said = re.match(rb"""\s*<\?xml[^>]*?encoding\s*=\s*["']([^"']*)""", text.removeprefix(b"\xef\xbb\xbf"))
    return b"\0" not in text[:200] and (said is None or said[1].lower() in (b"utf-8", b"us-ascii", b"ascii"))


def _rows(page: Any) -> Iterator[tuple[int, list[Any]]]:
    """Yield the rows of a sheet that hold something: number and cells, a formula as `_FORMULA`."""
    page.reset_dimensions()
    count = 0
    for number, cells in enumerate(page.iter_rows(max_col=_MOST_COLUMNS, max_row=_LAST_ROW), 1):
        values = [_REFUSED.get(cell.data_type, cell.value) for cell in cells]
        if any(value not in (None, "") for value in values):
            count += 1
            if count > MOST_ROWS + 10:
                raise Unreadable("rows", most=MOST_ROWS)
            yield number, values


def _csv_rows(data: bytes) -> Iterator[tuple[int, list[Any]]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # what Excel saves in Chinese
        text = data.decode("gb18030", "replace")
    count = 0
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline="")), 1):
            if any(cell.strip() for cell in cells):
                count += 1
                if count > MOST_ROWS + 10:
                    raise Unreadable("rows", most=MOST_ROWS)
                yield number, [_FORMULA if cell.startswith("=") else cell for cell in cells[:_MOST_COLUMNS]]
    except csv.Error as error:
        raise Unreadable("damaged") from error


class _Refused:
    """Stands for a cell that is not read."""

    def __init__(self, code: str) -> None:
        self.code = code


_FORMULA = _Refused("formula")
#: openpyxl's types of cells that hold a formula, or what came of a broken one
_REFUSED: Final = {"f": _FORMULA, "e": _Refused("error")}


def _take(found: Content, sheet: str, rows: Iterable[tuple[int, list[Any]]], zone: ZoneInfo) -> None:
    columns: list[Column | None] = []
    keys = {column.key: column for column in SHEETS[sheet]}
    for number, cells in rows:
        first = str(cells[0]).strip() if cells and cells[0] is not None else ""
        if first.startswith(REMARK):
            continue
        if not columns:
            columns = _headings(found, sheet, number, cells)
            if not columns:
                return
            continue
        values: dict[str, Any] = {}
        broken = False
        for column, cell in zip(columns, [*cells, *[None] * len(columns)], strict=False):
            if column is None:
                continue
            try:
                values[column.key] = _value(sheet, keys[column.key], cell, zone)
            except _Wrong as wrong:
                values[column.key] = None
                broken = True
                found.faults.append(Fault(sheet, number, column.key, wrong.code, (("value", wrong.value),)))
        if any(value not in (None, ()) for value in values.values()) or broken:
            found.lines.append(Line(sheet, number, values, broken))


def _headings(found: Content, sheet: str, number: int, cells: Sequence[Any]) -> list[Column | None]:
    names = _names(sheet)
    keys = {column.key: column for column in SHEETS[sheet]}
    columns: list[Column | None] = []
    for cell in cells:
        said = str(cell).strip() if isinstance(cell, str) else ""
        key = next((names[part] for part in _parts(said) if part in names), None)
        if key is None and said:
            found.faults.append(Fault(sheet, number, "", "heading", (("value", said[:60]),)))
        twice = key is not None and any(column is not None and column.key == key for column in columns)
        if twice:
            found.faults.append(Fault(sheet, number, str(key), "heading-twice"))
        columns.append(keys[key] if key is not None and not twice else None)
    present = {column.key for column in columns if column is not None}
    lacking = [key for key in ("id", "seat", "person", "username") if key in keys and keys[key].required]
    lacking = [key for key in lacking if key not in present]
    for key in lacking:
        found.faults.append(Fault(sheet, number, key, "no-column"))
    return [] if lacking else columns


def _parts(text: str) -> list[str]:
    """Return a heading, whole and in its two languages, as it is looked up."""
    return [_plain(text), *(_plain(part) for part in text.split("/"))]


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", text).casefold()


@lru_cache(maxsize=16)
def _names(sheet: str) -> dict[str, str]:
    """Return headings in either language and codes of columns -> column."""
    found = {_plain(column.key): column.key for column in SHEETS[sheet]}
    for tongue in _TONGUES:
        with override(tongue):
            for column in SHEETS[sheet]:
                found[_plain(column_title(sheet, column.key))] = column.key
    return found


@lru_cache(maxsize=1)
def _sheet_names() -> dict[str, str]:
    found = {sheet: sheet for sheet in SHEETS}
    titles = {}
    for tongue in _TONGUES:
        with override(tongue):
            for sheet in SHEETS:
                titles[tongue, sheet] = _plain(sheet_title(sheet))
                found[titles[tongue, sheet]] = sheet
    found.update({titles["zh-hans", sheet] + titles["en", sheet]: sheet for sheet in SHEETS})
    return found


def _sheet_named(title: str) -> str | None:
    return _sheet_names().get(_plain(title))


@lru_cache(maxsize=64)
def _words(sheet: str, key: str) -> dict[str, str]:
    """Return words of a choice in either language, and its codes -> code."""
    among = next(column.among for column in SHEETS[sheet] if column.key == key)
    table = {code: words for code, words in _choices(sheet, key).items() if code in among}
    found = {_plain(code): code for code in table}
    for tongue in _TONGUES:
        with override(tongue):
            found.update({_plain(_(words)): code for code, words in table.items()})
    return found


class _Wrong(Exception):
    def __init__(self, code: str, value: object) -> None:
        super().__init__(code)
        self.code = code
        self.value = str(value)[:60]


def _value(sheet: str, column: Column, cell: Any, zone: ZoneInfo) -> Any:
    if isinstance(cell, _Refused):
        raise _Wrong(cell.code, "")
    if column.kind == "moment" and isinstance(cell, date):
        return _moment(cell, zone)
    text = _text(cell)
    if not text:
        return None
    if len(text) > _MOST_TEXT:
        raise _Wrong("long", text[:20])
    if column.kind == "flag":
        said = text.casefold()
        if said not in _YES and said not in _NO:
            raise _Wrong("flag", text)
        return said in _YES
    if column.kind == "number":
        try:
            return int(text)
        except ValueError:
            raise _Wrong("number", text) from None
    if column.kind == "codes":
        return tuple(part for part in re.split(r"[\s,，、;；]+", text) if part)
    if column.kind == "choice":
        return _one(sheet, column.key, text)
    if column.kind == "choices":
        parts = [part.strip() for part in re.split(r"[,，、;；\n]+", text) if part.strip()]
        return tuple(dict.fromkeys(_one(sheet, column.key, part) for part in parts))
    return _moment(text, zone) if column.kind == "moment" else text


def _one(sheet: str, key: str, text: str) -> str:
    found = _words(sheet, key).get(_plain(text))
    if found is None:
        raise _Wrong("words", text)
    return found


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).replace("\x00", "").strip()


def _moment(given: Any, zone: ZoneInfo) -> datetime:
    """Return the moment of a cell, to the minute. A day alone is its beginning."""
    try:
        if isinstance(given, str):
            given = datetime.fromisoformat(given.replace("/", "-"))
        elif not isinstance(given, datetime):
            given = datetime.combine(given, time())
        else:
            # spreadsheets count in parts of a day: a minute comes out a little early or late
            given += timedelta(seconds=30)
        at: datetime = given if given.tzinfo is not None else given.replace(tzinfo=zone)
        return at.astimezone(UTC).replace(second=0, microsecond=0)
    except (ValueError, OverflowError):
        raise _Wrong("moment", given) from None


# Writing --------------------------------------------------------------------------------------------------------------


def write(rows: Mapping[str, Sequence[Mapping[str, Any]]], zone: ZoneInfo) -> bytes:
    """Return a workbook with headings in both languages, a line of help, and these rows in the page's language."""
    # loaded where it is used: it needs much memory
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font

    book = Workbook(write_only=True)
    bold, note = Font(bold=True), Font(italic=True, color="666666")
    for sheet, columns in SHEETS.items():
        titles: dict[str, str] = {}
        heads: dict[str, list[str]] = {column.key: [] for column in columns}
        for tongue in _TONGUES:
            with override(tongue):
                titles[tongue] = sheet_title(sheet)
                for column in columns:
                    heads[column.key].append(column_title(sheet, column.key))
        page = book.create_sheet(f"{titles['zh-hans']} {titles['en']}")
        page.freeze_panes = "B3"
        for n, column in enumerate(columns):
            page.column_dimensions[chr(ord("A") + n)].width = _WIDTHS.get(column.kind, 26.0)
        head = []
        for column in columns:
            words = " / ".join(dict.fromkeys(heads[column.key]))
            cell = cell_of(page, words, bold)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            head.append(cell)
        page.append(head)
        page.append([cell_of(page, f"{REMARK} {_(_HELP[sheet])}", note)])
        for row in rows.get(sheet, ()):
            page.append([cell_of(page, shown(sheet, column, row[column.key], zone) or None) for column in columns])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
