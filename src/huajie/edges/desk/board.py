"""The board of supervision: what hurts where, whom it waits for, and behind every number its matters."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from html import escape
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from huajie.apps.accounts import lists
from huajie.apps.matters.figures import AGES, Dates, clocks_of, dates_by_unit
from huajie.apps.matters.numbers import shown
from huajie.apps.matters.queries import BadCursor, running_clocks
from huajie.apps.procedure.registry import packs
from huajie.apps.supervision import choices, queries
from huajie.apps.supervision.reminders import newest_of
from huajie.core.access import watches_units
from huajie.core.figures import clopper_pearson
from huajie.edges.desk.filters import choosing, query_of
from huajie.edges.desk.filters import link as linked
from huajie.edges.desk.kept import kept_faults
from huajie.edges.desk.replies import beside
from huajie.edges.desk.rows import Lines
from huajie.edges.desk.seated import Desk, at_seat, page
from huajie.edges.pages import dates, plots
from huajie.edges.pages.clocks import left
from huajie.edges.pages.forms import Fault, clean, one, posted_of
from huajie.edges.pages.html import pill
from huajie.edges.pages.reader import Reader

#: Below so many dates a unit's share says nothing, and is not drawn.
FEW = 10
#: Lines of what is to be asked today.
ASK = 5
WEEKS = 12
_NARROW = ("region", "unit", "topic", "pack")
#: Seconds for which a month's dates are shown again as they were counted.
KEPT_AGE = 600.0


def figure_words() -> dict[str, tuple[str, str]]:
    """Return title and icon of each figure."""
    return {
        "open": (_("Open matters"), "list"),
        "late": (_("Overdue"), "late"),
        "soon": (_("Due soon"), "clock"),
        "stuck": (_("Stuck"), "stop"),
        "bounced": (_("Handed on and on"), "swap"),
        "contested": (_("Objected to"), "flag"),
        "reopened": (_("Opened again"), "back"),
        "slipping": (_("Plan steps late"), "day"),
        "sponsored": (_("With a leader"), "user"),
        "unowned": (_("Waiting to be placed"), "inbox"),
        "provisional": (_("Provisional dates"), "cal"),
    }


def waits_words() -> dict[str, str]:
    """Return for whom matters wait."""
    return {
        "lead": _("The lead unit"),
        "asked": _("A unit that was asked"),
        "superior": _("A decision of the unit above"),
        "verifier": _("Somebody who verifies"),
        "resident": _("The resident"),
        "other": _("Others"),
    }


def age_words() -> list[str]:
    """Return the spans of days of AGES."""
    return [f"{first}–{last}" if last is not None else f">{first - 1}" for first, last in AGES]


def level_words() -> dict[int, str]:
    """Return what the levels of slips are called, with the colour in words."""
    return {
        1: _("Slip: level 1 (blue)"),
        2: _("Formal talk: level 2 (yellow)"),
        3: _("Listed supervision: level 3 (red)"),
    }


def slip_mark(gravity: int) -> SafeString:
    """Return the mark of a slip: a sheet with a folded corner, never a dot as a clock's or a diamond as a risk's."""
    words = level_words().get(gravity, "")
    return mark_safe(  # noqa: S308
        f'<span class="slip slip-{int(gravity)}"><svg viewBox="0 0 12 14" aria-hidden="true">'
        f'<path d="M.8.8h7l3.400 3.400v9H.8zM7.800.8v3.400h3.400"/></svg>{escape(words)}</span>'
    )


def _below(code: str, rows: Any) -> tuple[str, ...]:
    """Return a code and those of everything below it."""
    found, left_over = [code], {row.id: row.parent for row in rows}
    for each in found:
        found += [child for child, parent in left_over.items() if parent == each]
    return tuple(found)


def scope_of(reader: Reader, given: Mapping[str, str]) -> queries.Scope:
    """Return what the address narrows the board to; a unit, region or topic stands for those below it too."""
    jurisdiction = reader.jurisdiction

    def codes(name: str, rows: Any) -> tuple[str, ...]:
        return _below(given[name], rows) if name in given else ()

    return queries.Scope(
        codes("region", jurisdiction.regions),
        codes("unit", jurisdiction.units),
        codes("topic", jurisdiction.topics),
        given.get("pack", ""),
    )


def _given(request: HttpRequest) -> dict[str, str]:
    found = {name: clean(request.GET.get(name, ""))[:100] for name in _NARROW}
    return {name: value for name, value in found.items() if value}


@require_safe
@at_seat("list")
def board(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show every figure that the seat may see, in a fixed number of statements."""
    return _board(request, desk, _given(request))


@require_POST
@at_seat("list")
def views(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Keep what narrows the board under a name, or keep it no longer."""
    posted = posted_of(request)
    if "drop" in posted:
        lists.drop_view(desk.account, one(posted, "drop"))
        return HttpResponseRedirect(reverse("desk:board"))
    given = {name: value for name in _NARROW if (value := one(posted, name, 100))}
    try:
        lists.keep_view(desk.account, one(posted, "name", 200), query_of(given))
    except lists.BadFilter as error:
        return _board(request, desk, given, [Fault("name", kept_faults()[error.why])])
    return HttpResponseRedirect(linked(reverse("desk:board"), given))


def _kept(desk: Desk, given: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the views that the account keeps; one says whether it is the one shown."""
    url, here = reverse("desk:board"), query_of(given)
    return [
        {"name": name, "url": f"{url}?{query}", "here": query == here}
        for name, query in lists.lists_of(desk.account).views
    ]


def _board(request: HttpRequest, desk: Desk, given: dict[str, str], faults: Sequence[Fault] = ()) -> HttpResponse:
    reader = desk.reader
    scope = scope_of(reader, given)
    found = queries.board(desk.actor, scope, now=reader.now)
    url = reverse("desk:board")
    zone = reader.home_zone
    context = {
        "title": _("Supervision board"),
        "open": found.figures["open"],
        "open_url": _list(given, "open"),
        "at": f"{reader.day(found.at.astimezone(zone).date())} {found.at.astimezone(zone):%H:%M}",
        "behind": found.behind,
        "facets": choosing(url, given, reader, desk.actor, _NARROW).facets,
        "clear": url if given else "",
        "tiles": _tiles(found, given),
        "ask": _ask(desk, scope),
        "ask_url": _list(given, "late"),
        "waits": _waits(found, given),
        "slips": _slips(found, given),
        "ages": _ages(found, given),
        "weeks": _weeks(desk, scope),
        "units": _units(reader, scope),
        "nothing": plots.empty_row(),
        "kept": _kept(desk, given),
        "carried": list(given.items()),
        "faults": faults,
    }
    return page(request, desk, "pages/desk/board.html", context, here="board", status=422 if faults else 200)


def _list(given: Mapping[str, str], figure: str, **more: str) -> str:
    return linked(reverse("desk:board-list", args=[figure]), {**given, **more})


def _tiles(found: queries.Board, given: Mapping[str, str]) -> list[dict[str, Any]]:
    whole = found.figures["open"]
    ladder = choices.ladders(age=choices.AGE).at(found.at)
    share = f"{found.figures['late'] / whole * 100:.1f}%" if whole else "0%"
    said = {
        "late": _("of %(n)s, %(share)s") % {"n": whole, "share": share},
        "soon": _("%(percent)s%% of the time is used") % {"percent": ladder.last_reminder_percent or 67},
        "stuck": _("%(days)s working days without an act") % {"days": ladder.stuck_workdays},
        "bounced": _("%(n)s times or more") % {"n": queries.BOUNCED},
        "contested": _("who is to handle it, or a slip"),
        "reopened": _("counts for nothing until upheld"),
        "slipping": _("the promised day has passed"),
        "sponsored": _("a leader answers for it"),
        "unowned": _("no rule fitted; the backstop has it"),
        "provisional": _("the calendar is not published yet"),
    }
    words = figure_words()
    return [
        {
            "url": _list(given, name),
            "title": words[name][0],
            "icon": words[name][1],
            "n": found.figures[name],
            "said": text,
            "kind": {"late": "tile-late", "soon": "tile-soon"}.get(name, "") if found.figures[name] else "",
        }
        for name, text in said.items()
    ]


def _waits(found: queries.Board, given: Mapping[str, str]) -> list[dict[str, Any]]:
    most = max(found.waits.values(), default=0) or 1
    return [
        {
            "title": title,
            "n": found.waits[name],
            "url": _list(given, "open", waits=name),
            "plot": plots.bar(found.waits[name], most),
        }
        for name, title in waits_words().items()
        if found.waits[name]
    ]


def _slips(found: queries.Board, given: Mapping[str, str]) -> list[dict[str, Any]]:
    rows = []
    for gravity in level_words():
        slips = found.slips.get(gravity, queries.Slips())
        whole = slips.proposed + slips.out + slips.answered + slips.contested
        rows.append(
            {
                "mark": slip_mark(gravity),
                "proposed": slips.proposed,
                "out": slips.out,
                "answered": slips.answered,
                "contested": slips.contested,
                "url": _list(given, "open", level=str(gravity)) if whole else "",
            }
        )
    return rows


def _ages(found: queries.Board, given: Mapping[str, str]) -> SafeString:
    bars = [
        (title, many, str(many), _list(given, "open", age=str(at)))
        for at, (title, many) in enumerate(zip(age_words(), found.ages, strict=True))
    ]
    return plots.bars(bars, "; ".join(f"{title}: {many}" for title, many, _said, _url in bars))


def _weeks(desk: Desk, scope: queries.Scope) -> dict[str, Any]:
    reader = desk.reader
    zone = reader.home_zone
    monday = reader.today(zone) - timedelta(days=reader.today(zone).weekday())
    days = [monday - timedelta(weeks=WEEKS - 1 - at) for at in range(WEEKS)]

    def begin(on: date) -> datetime:
        return datetime.combine(on, time.min, tzinfo=zone)

    found = queries.weeks(desk.actor, scope, [begin(day) for day in days], begin(monday + timedelta(weeks=1)))
    names = [reader.day(day, weekday=False) for day in days]
    last = found[-1]
    said = _("Registered and ended by week; this week %(registered)s registered, %(ended)s ended") % {
        "registered": last.registered,
        "ended": last.ended,
    }
    return {
        "rows": [
            {"day": name, "registered": week.registered, "ended": week.ended}
            for name, week in zip(names, found, strict=True)
        ],
        "plot": plots.lines(names, [week.ended for week in found], [week.registered for week in found], said),
    }


def _units(reader: Reader, scope: queries.Scope) -> dict[str, Any]:
    """Return the last whole month's dates by unit, in the order of codes: no unit stands above another."""
    zone = reader.home_zone
    this_month = reader.today(zone).replace(day=1)
    month = (this_month - timedelta(days=1)).replace(day=1)
    since, until = (datetime.combine(on, time.min, tzinfo=zone) for on in (month, this_month))
    clocks = clocks_of(packs().values())
    _at, found = dates_by_unit(since, until, clocks, now=reader.now, age=KEPT_AGE)
    total = sum(found.values(), Dates(0, 0))
    whole = total.kept / total.due if total.due >= FEW else None
    return {
        "month": dates.month(month, reader.language, reader.now.year),
        "rows": [
            {"unit": reader.unit(unit), "dates": one, "share": _share(one, whole)}
            for unit, one in found.items()
            if not scope.units or unit in scope.units
        ],
        "total": {"dates": total, "share": _share(total, whole)},
        "few": FEW,
    }


def _share(one: Dates, whole: float | None) -> dict[str, Any] | None:
    """Return a share with its interval, in figures and drawn; None where there are too few."""
    if one.due < FEW:
        return None
    low, high = clopper_pearson(one.kept, one.due)
    share = one.kept / one.due
    return {
        "share": f"{share * 100:.1f}%",
        "interval": f"{low * 100:.0f}–{high * 100:.0f}",
        "plot": plots.interval(low, high, share, whole),
    }


def _ask(desk: Desk, scope: queries.Scope) -> SafeString:
    """Return the lines of what is to be asked today: the longest overdue, then what nobody has touched for longest."""
    found = list(queries.lines(desk.actor, "late", scope, now=desk.reader.now, limit=ASK).lines)
    if len(found) < ASK:
        known = {line.row.stream for line in found}
        stuck = queries.lines(desk.actor, "stuck", scope, now=desk.reader.now, limit=ASK).lines
        found += [line for line in stuck if line.row.stream not in known][: ASK - len(found)]
    return ask_rows(desk, found)


def _next(desk: Desk, lines: Lines, line: queries.Line, *, filled: bool) -> str:
    """Return the button of a line: what a supervisor does next about it."""
    supervises = "supervisor" in desk.actor.roles
    go = " btn-go" if filled else ""
    url = lines.matter_url(line.row.number)
    if line.slip_number:
        url = lines.matter_url(line.slip_number)
        if line.slip_stage == "proposed" and supervises:
            url, title = f"{url}acts/issue/", _("Issue the slip")
        else:
            title = {"answered": _("Read the answer"), "contested": _("Read both sides")}.get(
                line.slip_stage, _("See the slip")
            )
    elif supervises and "propose_slip" in (lines.packs[line.row.pack].acts if line.row.pack in lines.packs else {}):
        url, title = f"{url}acts/propose_slip/", _("Write a slip")
    else:
        title = _("Show")
    return f'<a class="btn{go}" href="{url}">{escape(title)}<span class="vh"> {shown(line.row.number)}</span></a>'


def ask_rows(
    desk: Desk,
    found: Sequence[queries.Line],
    *,
    filled: bool = True,
    decide: Callable[[queries.Line], str] | None = None,
) -> SafeString:
    """
    Return the rows of a table of matters that somebody is to ask about.

    Args:
        decide: address at which a review decides about a matter; None: each row has its own next step.
    """
    reader = desk.reader
    lines = Lines(reader, desk.actor, running_clocks([line.row.stream for line in found]))
    replied = newest_of(desk.actor, [line.row.stream for line in found])
    waits, out = waits_words(), []
    stages = {"proposed": _("to be issued"), "issued": _("waits for an answer"), "answered": _("answered")}
    stages["contested"] = _("objected to")
    for line in found:
        row = line.row
        zone = reader.zone(row.region)
        mark = pill("", "wait", _("No date runs"))
        if row.due_at is not None:
            rest = left(row.due_at, zone, reader)
            mark = rest.pill
        slip = slip_mark(line.gravity) if line.gravity else ""
        said = (
            stages.get(line.slip_stage, "")
            if line.gravity
            else _("last act %(day)s") % {"day": reader.day(line.acted_at.astimezone(zone).date(), weekday=False)}
        )
        reply = replied.get(row.stream)
        told = beside(reply, reader, zone) if reply is not None else ""
        if (
            not told
            and not line.gravity
            and row.due_at is not None
            and row.due_at <= reader.now
            and watches_units(desk.actor)
        ):
            told = _("the unit was told nothing yet")
        told = f"<br><small>{escape(told)}</small>" if told else ""
        who = waits.get(line.waits, "")
        unit = {"lead": row.unit, "asked": line.addressee}.get(line.waits)
        if unit:
            who += f"{'：' if reader.language == 'zh' else ': '}{reader.unit(unit)}"
        if decide is None:
            step = _next(desk, lines, line, filled=filled and not out)
        else:
            hidden = f'<span class="vh"> {shown(row.number)}</span>'
            title = _("Decide")
            step = f'<a class="btn" href="{escape(decide(line))}">{escape(title)}{hidden}</a>'
        out.append(
            f"<tr><td>{mark}</td>"
            f'<td><a href="{lines.matter_url(row.number)}"><b>{escape(lines.title(row))}</b></a><br>'
            f'<small><span class="id">{shown(row.number)}</span> <span>{escape(reader.region(row.region))} · '
            f"{escape(lines.pack(row))}</span> {slip}</small></td>"
            f"<td>{escape(who)}</td><td>{escape(said)}{told}</td>"
            f'<td class="r">{step}</td></tr>'
        )
    return mark_safe("".join(out))  # noqa: S308


@require_safe
@at_seat("list")
def matters(request: HttpRequest, desk: Desk, figure: str) -> HttpResponse:
    """Show one page of the matters behind a number."""
    if figure not in queries.FIGURES:
        raise Http404
    reader, given = desk.reader, _given(request)
    waits = clean(request.GET.get("waits", ""))
    age, level = (clean(request.GET.get(name, "")) for name in ("age", "level"))
    chosen: dict[str, Any] = {}
    title = figure_words()[figure][0]
    if waits:
        if waits not in queries.WAITS:
            raise Http404
        chosen["waits"], title = waits, _("Waiting: %(who)s") % {"who": waits_words()[waits]}
    if age:
        if age not in {str(at) for at in range(len(AGES))}:
            raise Http404
        chosen["age"], title = int(age), _("On the books: %(days)s") % {"days": age_words()[int(age)]}
    if level:
        if level not in {str(at) for at in level_words()}:
            raise Http404
        chosen |= {"slips": True, "gravity": int(level)}
        title = level_words()[int(level)]
    after = clean(request.GET.get("after", "")) or None
    try:
        found = queries.lines(desk.actor, figure, scope_of(reader, given), now=reader.now, after=after, **chosen)
    except BadCursor as error:
        raise Http404 from error
    here = {**given, **{name: value for name, value in (("waits", waits), ("age", age), ("level", level)) if value}}
    url = reverse("desk:board-list", args=[figure])
    context = {
        "title": title,
        "rows": ask_rows(desk, found.lines, filled=False),
        "count": len(found.lines),
        "board": linked(reverse("desk:board"), given),
        "more": linked(url, {**here, "after": found.next}) if found.next else "",
        "first": linked(url, here) if after else "",
    }
    return page(request, desk, "pages/desk/board_list.html", context, here="board")
