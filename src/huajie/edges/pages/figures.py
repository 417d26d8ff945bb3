"""
A page of figures from the tables that were counted: what everybody sees, and what staff see of their own.

Units stand in the order in which the jurisdiction has them, never by a figure. A small number of matters is not shown
to whoever does not answer for them; in public neither is what would give it away.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from huajie.apps.matters.figures import Dates, Tables
from huajie.apps.procedure.registry import packs
from huajie.core.figures import (
    SMALL,
    Cell,
    ShareCell,
    cell,
    clopper_pearson,
    protect,
    protect_shares,
)
from huajie.core.jurisdiction import Jurisdiction
from huajie.edges.pages import dates, plots
from huajie.edges.pages.reader import Reader

#: of fewer dates no share is shown
FEWEST: Final = 2 * SMALL

#: gives the address of the list behind a number, from what narrows the list
Link = Callable[..., str]


def no_link(**narrowing: str) -> str:
    """Open nothing: the public sees numbers, never a list."""
    return ""


def words(one: Cell) -> str:
    """Return a count as it is written in a table."""
    if one.value is not None:
        return str(one.value)
    return _("fewer than %(n)s") % {"n": SMALL} if one.few else _("not shown")


def short(one: Cell) -> str:
    """Return a count as it is written in a drawing."""
    return str(one.value) if one.value is not None else f"<{SMALL}" if one.few else "–"


def number(one: Cell, url: str = "") -> SafeString:
    """Return a count, opening its list where it has one."""
    said = escape(words(one))
    return mark_safe(f'<a href="{escape(url)}">{said}</a>' if url and one != Cell(0) else said)  # noqa: S308


@dataclass(slots=True, frozen=True)
class View:
    """Who looks, and what a number opens."""

    reader: Reader
    #: small counts are held back, and what gives them away
    public: bool
    #: the reader's own: exact
    exact: bool = False
    link: Link = no_link

    def one(self, count: int) -> Cell:
        """Return a count that stands alone."""
        return Cell(count) if self.exact else cell(count)

    def several(self, counts: Mapping[str, int]) -> dict[str, Cell]:
        """Return counts whose sum is known."""
        if self.public:
            return protect(counts)
        return {key: self.one(count) for key, count in counts.items()}

    def shares(self, rows: Mapping[str, Dates]) -> dict[str, ShareCell]:
        """
        Return shares whose sums are known.

        To staff these are exact: they count an office's dates, not matters in a place, and supervision needs them.
        """
        if self.public:
            return protect_shares({key: (row.due, row.kept) for key, row in rows.items()})
        return {key: _exact(row) for key, row in rows.items()}


def context(tables: Tables, view: View) -> dict[str, Any]:
    """Return what the sections of a page of figures show."""
    reader = view.reader
    zone = reader.home_zone
    total = _sum(tables.dates.values())
    return {
        "small": SMALL,
        "fewest": FEWEST,
        "at": reader.moment(tables.at, zone),
        "since": reader.day(tables.since.astimezone(zone).date(), weekday=False),
        "until": reader.day(dates.last_day(tables.until, zone), weekday=False),
        "flow": _flow(tables, view),
        "ages": _ages(tables, view),
        "topics": _topics(tables, view),
        "clocks": _clocks(tables, view),
        "units": _units(tables, view),
        "away": number(cell(total.away) if view.public else Cell(total.away)),
        "open": words(view.one(tables.open)),
    }


def span(since: Any, until: Any, reader: Reader) -> str:
    """Return two local midnights as a list's address has them; the first may be missing."""
    zone = reader.home_zone
    return "..".join(at.astimezone(zone).date().isoformat() if at is not None else "" for at in (since, until))


def _flow(tables: Tables, view: View) -> dict[str, Any]:
    reader = view.reader
    rows, came, ended, names = [], [], [], []
    for week in tables.weeks:
        began = reader.day(week.since.astimezone(reader.home_zone).date(), weekday=False)
        between = span(week.since, week.until, reader)
        first, second = view.one(week.came), view.one(week.ended)
        rows.append(
            {
                "name": began,
                "came": number(first, view.link(received=between)),
                "ended": number(second, view.link(ended=between)),
            }
        )
        names.append(began)
        came.append(first.value)
        ended.append(second.value)
    said = _("Matters that came in and matters that ended, week by week; the numbers stand in the table below.")
    return {"rows": rows, "plot": plots.lines(names, ended, came, said)}


def _ages(tables: Tables, view: View) -> dict[str, Any]:
    cells = view.several({str(age.low): age.open for age in tables.ages})
    rows, drawn = [], []
    for age in tables.ages:
        one = cells[str(age.low)]
        name = f"{age.low}–{age.high}" if age.high is not None else _("over %(n)s") % {"n": age.low - 1}
        since = age.since
        until = age.until if age.low else None
        url = view.link(open=True, received=span(since, until, view.reader)) if age.open else ""
        rows.append({"name": name, "count": number(one, url)})
        drawn.append((name, one.value, short(one), url))
    said = _("Open matters by the days since they came in; the numbers stand in the table below.")
    return {"rows": rows, "plot": plots.bars(drawn, said)}


def _topics(tables: Tables, view: View) -> list[dict[str, Any]]:
    topics = view.reader.jurisdiction.topics
    counts: dict[str, int] = {}
    for code, count in tables.topics.items():
        above = view.reader.jurisdiction.topic_ancestors(code) if code in topics else ()
        top = above[-1] if above else code
        counts[top] = counts.get(top, 0) + count
    cells = view.several(counts)
    most = max([one.value or 0 for one in cells.values()], default=0)
    order = [row.id for row in topics if row.parent is None and row.id in counts]
    order += sorted(code for code in counts if code not in order)
    return [
        {
            "name": view.reader.topic(code),
            "count": number(cells[code], view.link(open=True, topic=code or "-")),
            "plot": plots.bar(cells[code].value, most),
        }
        for code in order
    ]


def _clocks(tables: Tables, view: View) -> dict[str, Any]:
    in_force = packs()
    rows: dict[str, Dates] = {}
    for (pack, name, _unit), found in tables.dates.items():
        rows[f"{pack}:{name}"] = rows.get(f"{pack}:{name}", Dates(0, 0)) + found
    names, order = {}, []
    for pack in in_force.values():
        for clock in pack.clocks.values():
            key = f"{pack.name}:{clock.name}"
            if key in rows:
                order.append(key)
                names[key] = (view.reader.text(clock.title), view.reader.text(pack.title))
    between = span(tables.since, tables.until, view.reader)

    def opens(key: str, became: str) -> str:
        return view.link(fell=between, became=became, clock=key)

    return _share_rows(rows, order, names, view, opens)


def _units(tables: Tables, view: View) -> dict[str, Any]:
    rows: dict[str, Dates] = {}
    for (_pack, _name, unit), found in tables.dates.items():
        rows[unit] = rows.get(unit, Dates(0, 0)) + found
    order = [code for code in units_in_order(view.reader.jurisdiction) if code in rows]
    names = {code: (view.reader.unit(code), "") for code in order}
    between = span(tables.since, tables.until, view.reader)

    def opens(key: str, became: str) -> str:
        return view.link(fell=between, became=became, unit=key)

    return _share_rows(rows, order, names, view, opens)


def units_in_order(jurisdiction: Jurisdiction) -> list[str]:
    """Return all units, each before those below it, by code: the order that they keep whatever they do."""
    found: list[str] = []

    def walk(parent: str | None) -> None:
        for row in jurisdiction.unit_children(parent):
            found.append(row.id)
            walk(row.id)

    walk(None)
    return found


def _sum(rows: Any) -> Dates:
    return sum(rows, Dates(0, 0))


def _share_rows(
    rows: Mapping[str, Dates],
    order: Sequence[str],
    names: Mapping[str, tuple[str, str]],
    view: View,
    opens: Callable[[str, str], str],
) -> dict[str, Any]:
    """Return the lines of a table of shares and the line of all."""
    rows = {key: rows[key] for key in order}
    cells = view.shares(rows)
    whole = _sum(rows.values())
    total = view.shares({"": whole})[""]
    share = whole.kept / whole.due if total.kept.value is not None and whole.due >= FEWEST else None
    found = []
    for key in order:
        title, under = names[key]
        line = _share_line(cells[key], share)
        line |= {
            "name": title,
            "under": under,
            "due": number(cells[key].due, opens(key, "due")),
            "kept": number(cells[key].kept, opens(key, "kept")),
            "missed": number(cells[key].missed, opens(key, "missed")),
        }
        found.append(line)
    last = _share_line(total, share)
    last |= {"due": number(total.due), "kept": number(total.kept), "missed": number(total.missed)}
    return {"rows": found, "total": last}


def _exact(row: Dates) -> ShareCell:
    return ShareCell(Cell(row.due), Cell(row.kept), Cell(row.due - row.kept))


def _share_line(one: ShareCell, whole: float | None) -> dict[str, Any]:
    """Return share, interval and drawing of a row; nothing where there are too few or a part is not shown."""
    due, kept = one.due.value, one.kept.value
    if due is None or kept is None or due < FEWEST:
        return {"share": "", "range": "", "plot": plots.empty_row()}
    found = clopper_pearson(kept, due)
    return {
        "share": f"{100 * kept / due:.1f}%",
        "range": f"{100 * found.low:.0f}–{100 * found.high:.0f}%",
        "plot": plots.interval(found.low, found.high, kept / due, whole),
    }
