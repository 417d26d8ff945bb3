"""
What a list of matters is asked for, as the query of its address says it: every filter is about the problem.

The address is the whole state. What stands in it and is no filter of ours is dropped, so that an address that was kept
under a name, or shared, can hold nothing else.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from html import escape
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from huajie.apps.matters.figures import clocks_of
from huajie.apps.matters.places import public_topics, square_of
from huajie.apps.matters.queries import SORTS, WAITS, Filters
from huajie.apps.procedure.registry import packs
from huajie.core.access import Actor
from huajie.core.jurisdiction import Jurisdiction
from huajie.core.procedure.common import CHANNELS
from huajie.edges.pages import dates
from huajie.edges.pages.forms import clean
from huajie.edges.pages.matter import channel_name
from huajie.edges.pages.reader import Reader

#: Filters whose value is a code, in the order of the page.
FACETS: Final = ("pack", "stage", "topic", "region", "unit", "seat", "waits", "outcome", "channel")
DUE: Final = ("late", "today", "week")
#: What a number of a figure asks for besides: only what is counted, a unit with those below it, spans of days between
#: two local midnights (`2026-08-31..2026-09-07`), what became of a date that fell due in one, and of which clock.
#: Of the map: a square of its grid.
FIGURES: Final = ("counted", "under", "received", "ended", "fell", "became", "clock", "square")
_SPANS: Final = ("received", "ended", "fell")
#: Every filter there is; a kept one holds these and nothing else.
KNOWN: Final = (*FACETS, "due", "from", "to", "closed", *FIGURES)
_LONGEST = 100
MINE: Final = "mine"
#: Open and closed together.
ALL: Final = "all"
#: Where the topic or the place is not known.
UNKNOWN: Final = "-"

Given = dict[str, str]


def read(params: Mapping[str, str]) -> tuple[Given, list[str]]:
    """
    Return the filters that an address holds, and in words which of them can't be read and were left out.

    Args:
        params: by name the value that was given; other names are dropped.
    """
    given: Given = {}
    faults: list[str] = []
    for name in KNOWN:
        value = clean(params.get(name, "")).strip()[:_LONGEST]
        if not value:
            continue
        if name in ("from", "to") and _date(value) is None:
            faults.append(_("“%(text)s” is no date, so it was left out.") % {"text": value})
        elif name in _SPANS and _span(value, UTC, whole=name == "fell") is None:
            faults.append(_("“%(text)s” is no date, so it was left out.") % {"text": value})
        elif (
            (name == "due" and value not in DUE)
            or (name == "waits" and value not in WAITS)
            or (name == "became" and value not in became_words())
            or (name == "square" and square_of(value) is None)
        ):
            faults.append(_("“%(text)s” is no filter that we know, so it was left out.") % {"text": value})
        elif name == "closed" and value not in ("0", "1", ALL):
            continue
        else:
            given[name] = value
    if "from" in given and "to" in given and given["from"] > given["to"]:
        faults.append(_("The first day of receipt is after the last one: nothing can fit."))
    return given, faults


def read_query(query: str) -> Given:
    """Return the filters that a kept query holds."""
    return read(dict(parse_qsl(query)))[0]


def sort_of(params: Mapping[str, str]) -> str:
    """Return the order that an address asks for; the soonest due first where it asks for none that there is."""
    sort = params.get("sort", "")
    return sort if sort.removeprefix("-") in SORTS and sort.count("-") <= 1 else "due"


def query_of(given: Mapping[str, str], **change: str | None) -> str:
    """Return filters as the query of an address, the same ones always in the same way."""
    changed = {**given, **change}
    names = [*(name for name in KNOWN if name in changed), *sorted(changed.keys() - set(KNOWN))]
    return urlencode({name: value for name in names if (value := changed[name])})


def link(url: str, given: Mapping[str, str], **change: str | None) -> str:
    """Return the address of a list with these filters."""
    query = query_of(given, **change)
    return f"{url}?{query}" if query else url


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def _span(text: str, zone: tzinfo, *, whole: bool = False) -> tuple[datetime | None, datetime | None] | None:
    """
    Return the moments between two local midnights; None where it is no span.

    Args:
        whole: neither end may be missing.
    """
    ends = text.split("..")
    days = [_date(one) for one in ends]
    if len(ends) != 2 or any(day is None and (whole or one) for day, one in zip(days, ends, strict=True)):
        return None
    since, until = (datetime.combine(day, time.min, zone).astimezone(UTC) if day else None for day in days)
    return since, until


def _dates(given: Given, zone: tzinfo) -> tuple[str, tuple[tuple[str, str], ...], datetime, datetime] | None:
    """Return what is asked of a date that fell due."""
    since, until = _span(given.get("fell", ".."), zone) or (None, None)
    if since is None or until is None:
        return None
    measured = clocks_of(packs().values())
    if "clock" in given:
        pack, _colon, name = given["clock"].partition(":")
        measured = [one for one in measured if one == (pack, name)]
    return given.get("became", "due"), tuple(measured), since, until


def _below(rows: Iterable[Any], code: str) -> str | tuple[str, ...]:
    """Return a code with all that lie under it in its tree."""
    under: dict[str | None, list[str]] = {}
    for row in rows:
        under.setdefault(row.parent, []).append(row.id)
    found = [code]
    for one in found:
        found += under.get(one, ())
    return tuple(found) if len(found) > 1 else code


def filters_of(given: Given, reader: Reader, actor: Actor, *, everything: bool = False) -> Filters:
    """
    Return what is asked for; a topic or a region stands for all under it.

    Args:
        everything: where nothing is said of it, both what is open and what has ended.
    """
    zone = reader.home_zone
    today = reader.today(zone)
    own_due: tuple[datetime | None, datetime] | None = None
    if "due" in given:
        sunday = today + timedelta(days=6 - today.weekday())
        own_due = {
            "late": (None, reader.now),
            "today": (reader.now, dates.end_of_day(today, zone)),
            "week": (reader.now, dates.end_of_day(sunday, zone)),
        }[given["due"]]
    first, last = _date(given.get("from", "")), _date(given.get("to", ""))
    seat, closed = given.get("seat"), given.get("closed")
    unit: str | tuple[str, ...] | None = given.get("unit")
    if "under" in given:
        unit = _below(reader.jurisdiction.units, given["under"])
    came = _span(given.get("received", ".."), zone) or (None, None)
    square = square_of(given.get("square", ""))

    def tree(name: str, rows: Iterable[Any]) -> str | tuple[str, ...] | None:
        code = given.get(name)
        return "" if code == UNKNOWN else _below(rows, code) if code is not None else None

    return Filters(
        open=None if closed == ALL or (everything and closed is None) else closed != "1",
        pack=given.get("pack"),
        stage=given.get("stage"),
        topic=tree("topic", reader.jurisdiction.topics),
        region=tree("region", reader.jurisdiction.regions),
        unit=unit,
        seat=actor.seat if seat == MINE else seat,
        channel=given.get("channel"),
        outcome=given.get("outcome"),
        received_from=dates.end_of_day(first - timedelta(days=1), zone) if first is not None else came[0],
        received_before=dates.end_of_day(last, zone) if last is not None else came[1],
        own_due=own_due,
        waits=given.get("waits"),
        counted="counted" in given,
        ended=_span(given["ended"], zone) if "ended" in given else None,
        dates=_dates(given, zone),
        square=(square, public_topics(reader.jurisdiction.topics)) if square is not None else None,
    )


# what can be chosen


def titles() -> dict[str, str]:
    """Return what each filter is called."""
    return {
        "pack": _("Procedure"),
        "stage": _("Stage"),
        "topic": _("Topic"),
        "region": _("Region"),
        "unit": _("Unit"),
        "seat": _("Seat"),
        "waits": _("Waits for"),
        "outcome": _("Outcome"),
        "channel": _("Channel"),
        "due": _("Date"),
        "from": _("Received from"),
        "to": _("Received until"),
        "closed": _("Open or closed"),
        "counted": _("Figures"),
        "under": _("Unit"),
        "received": _("Received"),
        "ended": _("First ended"),
        "fell": _("A date fell due"),
        "became": _("What became of that date"),
        "clock": _("Which date"),
        "square": _("Place on the map"),
    }


def became_words() -> dict[str, str]:
    """Return what may have become of a date that fell due."""
    return {"due": _("kept or not"), "kept": _("kept"), "missed": _("not kept")}


def due_words() -> dict[str, str]:
    """Return what each choice of date is called."""
    return {"late": _("Overdue"), "today": _("Due today"), "week": _("Due this week")}


def sort_words() -> dict[str, str]:
    """Return what each order is called."""
    return {
        "due": _("Soonest due first"),
        "-due": _("Latest due first"),
        "-received": _("Newest received first"),
        "received": _("Oldest received first"),
        "-last": _("Latest act first"),
        "last": _("Longest without an act first"),
        "number": _("By number"),
        "-number": _("By number, from the end"),
    }


def _choices(reader: Reader, actor: Actor, given: Given) -> dict[str, Callable[[], list[tuple[str, str]]]]:
    jurisdiction, language = reader.jurisdiction, reader.language

    def named(rows: Iterable[Any]) -> list[tuple[str, str]]:
        return [(row.id, row.name.to(language)) for row in rows if row.active]

    def of_packs(table: str, only: str | None = None) -> list[tuple[str, str]]:
        found: dict[str, str] = {}
        for pack in packs().values():
            if only in (None, pack.name):
                if table == "stages":
                    found.update({stage.name: reader.text(stage.title) for stage in pack.stages.values()})
                else:
                    found.update({name: reader.text(title) for name, title in pack.outcomes.items()})
        return list(found.items())

    def seats() -> list[tuple[str, str]]:
        unit = given.get("unit") or actor.unit
        listed = jurisdiction.seats_of_unit(unit) if unit in jurisdiction.units else ()
        return [(MINE, _("My seat")), *((seat.id, seat.title.to(language)) for seat in listed if seat.active)]

    return {
        "pack": lambda: [(pack.name, reader.text(pack.title)) for pack in packs().values()],
        "stage": lambda: of_packs("stages", given.get("pack")),
        "topic": lambda: named(jurisdiction.topics),
        "region": lambda: named(jurisdiction.regions),
        "unit": lambda: named(jurisdiction.units),
        "seat": seats,
        "waits": lambda: [("us", _("Us")), ("unit", _("A unit that we asked")), ("resident", _("The resident"))],
        "outcome": lambda: of_packs("outcomes"),
        "channel": lambda: [(name, channel_name(name)) for name in CHANNELS],
    }


def _said(name: str, value: str, reader: Reader, actor: Actor, given: Given) -> str:
    """Return the value of one filter in words."""
    if name == "due":
        return due_words()[value]
    if name in ("from", "to"):
        found = _date(value)
        return reader.day(found, weekday=False) if found is not None else value
    if name == "closed":
        return {"1": _("Closed"), ALL: _("Both")}.get(value, _("Open"))
    if name in FIGURES:
        return _said_of_figure(name, value, reader)
    if value == UNKNOWN:
        return reader.topic("") if name == "topic" else reader.region("")
    if name == "seat" and value != MINE:
        return reader.seat(value)
    return dict(_choices(reader, actor, given)[name]()).get(value, value)


def _said_of_figure(name: str, value: str, reader: Reader) -> str:
    """Return in words what a figure's number asks for."""
    if name in _SPANS:
        zone = reader.home_zone
        since, until = _span(value, zone) or (None, None)
        first = reader.day(since.astimezone(zone).date(), weekday=False) if since is not None else "…"
        return f"{first} – {reader.day(dates.last_day(until, zone), weekday=False) if until is not None else '…'}"
    if name == "under":
        return _("%(unit)s and the units below it") % {"unit": reader.unit(value)}
    if name == "became":
        return became_words()[value]
    if name == "clock":
        pack, _colon, clock = value.partition(":")
        known = packs().get(pack)
        return reader.text(known.clocks[clock].title) if known is not None and clock in known.clocks else value
    if name == "square":
        return _("what lies in this square")
    return _("only what is counted in them")


def chips(url: str, given: Given, reader: Reader, actor: Actor, **more: str) -> list[dict[str, str]]:
    """Return the filters in force, each with the address of the list without it."""
    called = titles()
    return [
        {
            "title": called[name],
            "value": _said(name, value, reader, actor, given),
            "url": link(url, {key: kept for key, kept in given.items() if key != name}, **more),
        }
        for name, value in given.items()
    ]


def in_words(given: Given, reader: Reader, actor: Actor) -> str:
    """Return filters as a sentence without verb: `Topic: Housing, Stage: Accepted`."""
    called = titles()
    return reader.joined(
        [f"{called[name]}: {_said(name, value, reader, actor, given)}" for name, value in given.items()]
    )


@dataclass(slots=True, frozen=True)
class Choosing:
    """What can be chosen on a page; made once for each set of filters, since there are hundreds of links."""

    #: open, overdue, today, this week, closed, my seat
    toggles: list[dict[str, Any]]
    facets: list[dict[str, Any]]
    #: what the form for the days of receipt and other forms carry on
    carried: list[tuple[str, str]]


#: (language, address, unit, filters) -> the jurisdiction that they were made from, and what was made
_made: dict[tuple[str, str, str | None, tuple[tuple[str, str], ...]], tuple[Jurisdiction, Choosing]] = {}
_MADE_MOST = 256


def choosing(
    url: str, given: Given, reader: Reader, actor: Actor, names: Sequence[str] = FACETS, **more: str
) -> Choosing:
    """
    Return what can be chosen, with what is; remembered until the jurisdiction changes.

    Args:
        names: of the filters that this page has; one page always the same ones.
        more: what else the addresses carry: `sort`; with the words of a search nothing is remembered.
    """
    if "q" in more:
        return _choosing(url, given, reader, actor, names, more)
    key = (reader.language, url, actor.unit, tuple(sorted({**given, **more}.items())))
    known = _made.get(key)
    if known is not None and known[0] is reader.jurisdiction:
        return known[1]
    if len(_made) >= _MADE_MOST:
        _made.clear()
    found = _choosing(url, given, reader, actor, names, more)
    _made[key] = (reader.jurisdiction, found)
    return found


def _choosing(
    url: str, given: Given, reader: Reader, actor: Actor, names: Sequence[str], more: Mapping[str, str]
) -> Choosing:
    called, choices = titles(), _choices(reader, actor, given)
    whole = {**given, **more}
    searches = "q" in more
    due, closed = given.get("due"), given.get("closed")

    def toggle(title: str, here: bool, **change: str | None) -> dict[str, Any]:
        return {"title": title, "url": link(url, whole, **change), "here": here}

    toggles = [
        toggle(_("Open"), (closed == "0" if searches else closed is None) and due is None,
               closed="0" if searches else None, due=None),
        *(toggle(title, due == name, closed=None, due=None if due == name else name)
          for name, title in due_words().items()),
        toggle(_("Closed"), closed == "1", closed="1", due=None),
        toggle(_("My seat"), given.get("seat") == MINE, seat=None if given.get("seat") == MINE else MINE),
    ]  # fmt: skip
    if searches:
        toggles.insert(0, toggle(_("All"), closed is None and due is None, closed=None, due=None))
    facets = []
    for name in names:
        rows = choices[name]()
        here = given.get(name)
        facets.append(
            {
                "title": called[name],
                "value": _said(name, here, reader, actor, given) if here else "",
                "on": bool(here),
                "links": _links(rows, name, url, whole),
            }
        )
    return Choosing(toggles, facets, list(whole.items()))


def _links(rows: Iterable[tuple[str, str]], name: str, url: str, given: Mapping[str, str]) -> SafeString:
    """Return the links of one filter; made here because there are a hundred of them."""
    here = given.get(name)
    before = escape(link(url, {key: value for key, value in given.items() if key != name}))
    glue = "&amp;" if "?" in before else "?"
    anything = escape(_("Any"))
    out = [f'<a href="{before}">{anything}</a>'] if here else []
    for code, title in rows:
        current = ' aria-current="true"' if code == here else ""
        out.append(f'<a href="{before}{glue}{name}={escape(code)}"{current}>{escape(title)}</a>')
    return mark_safe("".join(out))  # noqa: S308
