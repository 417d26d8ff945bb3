"""Lists of matters: narrowed, in any order, searched, waiting to be placed. An address is the whole state of a list."""

from collections.abc import Collection, Mapping, Sequence
from html import escape
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from huajie.apps.accounts import lists
from huajie.apps.matters.queries import (
    COUNTED,
    Row,
    count_of,
    matters_list,
    may_act,
    queue,
    running_clocks,
    search,
    sort_within,
)
from huajie.apps.matters.search import runs
from huajie.edges.desk import filters as asked
from huajie.edges.desk.columns import columns_of
from huajie.edges.desk.filters import link
from huajie.edges.desk.rows import COLUMNS, USUAL, Lines, column_titles
from huajie.edges.desk.seated import Desk, address, at_seat, page
from huajie.edges.desk.sheets import MOST, may_export
from huajie.edges.pages.forms import clean, posted_of

_LONGEST_QUERY = 200
#: the column whose heading puts the list in an order, and which: the first time, the second time
_ORDERS = {"due": ("due", "-due"), "received": ("-received", "received"), "last": ("-last", "last")}


def _keys(request: HttpRequest) -> tuple[str | None, str | None]:
    """Return the key after which, or before which, a page begins."""
    after, before = (clean(request.GET.get(name, ""))[:400] or None for name in ("after", "before"))
    return after, before


def _place(after: str | None, before: str | None) -> dict[str, str]:
    return {name: key for name, key in (("after", after), ("before", before)) if key is not None}


def _head(columns: Sequence[str], orders: Mapping[str, str], sort: str = "due") -> SafeString:
    """
    Return the heading of a list's table.

    Args:
        orders: order -> address of the list in it; empty where it has one order only.
    """
    titles = column_titles()
    first = escape(_("Matter"))
    out = [f'<th scope="col">{first}</th>']
    for name in columns:
        title, ways = escape(titles[name]), _ORDERS.get(name, ())
        if ways and orders:
            way = ways[1] if sort == ways[0] else ways[0]
            rising = "descending" if sort.startswith("-") else "ascending"
            said = f' aria-sort="{rising}"' if sort in ways else ""
            title = f'<a href="{escape(orders[way])}">{title}</a>'
            out.append(f'<th scope="col"{said}>{title}</th>')
        else:
            out.append(f'<th scope="col">{title}</th>')
    return mark_safe("".join(out))  # noqa: S308


def _table(
    desk: Desk, rows: Sequence[Row], columns: Sequence[str], picked: Collection[str] | None = None
) -> SafeString:
    lines = Lines(desk.reader, desk.actor, running_clocks([row.stream for row in rows]))
    return lines.table(rows, columns, picked=picked)


def counted(found: int, *, cut: bool = False) -> str:
    """Return how many matters there are in words: `23 matters`, `1,000 matters and more`."""
    said = ngettext("%(n)s matter", "%(n)s matters", found) % {"n": f"{found:,}"}
    return _("%(matters)s and more") % {"matters": said} if cut else said


@require_safe
@at_seat("list")
def listing(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show one page of what the seat may see, soonest due first unless another order is asked for."""
    reader, actor = desk.reader, desk.actor
    url = address("list")
    given, faults = asked.read(request.GET)
    wished = asked.sort_of(request.GET)
    sort = sort_within(actor, wished)
    after, before = _keys(request)
    if sort != wished:
        # a key of the other order says nothing in this one
        after = before = None
        faults.append(
            _("You reach too many matters to put them in order of the last act; they stand by their next date.")
        )
    narrow = asked.filters_of(given, reader, actor)
    found = matters_list(actor, narrow, sort=sort, after=after, before=before)
    more = {"sort": sort} if sort != "due" else {}
    columns = columns_of(desk)
    several = request.GET.get("several", "")
    picked: Collection[str] | None = None
    if several:
        picked = {row.number for row in found.rows} if several == "all" else ()
        more["several"] = "1"
    orders = {name: link(url, given, sort=name if name != "due" else None) for name in asked.sort_words()}
    if narrow.narrows:
        n = count_of(actor, narrow)
        count = counted(min(n, COUNTED), cut=n > COUNTED)
    elif after is None and before is None:
        # the first page knows without a question whether it is the whole list
        count = counted(len(found.rows), cut=found.next is not None)
    else:
        count = ""
    choice = asked.choosing(url, given, reader, actor, **more)
    context = {
        "title": _("Matters"),
        "count": count,
        "faults": faults,
        "head": _head(columns, orders, sort),
        "rows": _table(desk, found.rows, columns, picked) if found.rows else "",
        "several": bool(several),
        "may_pick": may_act(actor),
        "all_ticked": several == "all",
        "tick": {
            name: link(url, given, **{**more, **_place(after, before), "several": value})
            for name, value in (("on", "1"), ("all", "all"), ("off", ""))
        },
        "choice": choice,
        "received_on": "from" in given or "to" in given,
        "from": given.get("from", ""),
        "to": given.get("to", ""),
        "carried": [(name, value) for name, value in choice.carried if name not in ("from", "to")],
        "chips": asked.chips(url, given, reader, actor, **more),
        "clear": link(url, {}, **more),
        "orders": [(orders[name], title, name == sort) for name, title in asked.sort_words().items()],
        "order": asked.sort_words()[sort],
        "kept": [
            *((name, f"{url}?{query}") for name, query in lists.lists_of(desk.account).kept),
            *((row.name, f"{url}?{row.query}") for row in lists.shared_with(actor)),
        ],
        "keepable": bool(given or sort != "due"),
        "unit": desk.unit_name,
        "columns": [(name, title, name in columns) for name, title in column_titles().items()],
        "files": [
            (link(reverse("desk:list-file", args=[kind]), given, **more), name)
            for kind, name in (("xlsx", _("Excel (.xlsx)")), ("csv", _("CSV, for other programs")))
        ]
        if may_export(actor)
        else [],
        "most": f"{MOST:,}",
        "more": link(url, given, **more, after=found.next) if found.next else "",
        "back": link(url, given, **more, before=found.previous) if found.previous else "",
        "first": link(url, given, **more) if after or before else "",
        "empty": _("No matter fits. Take a filter away, or look among the closed ones.")
        if given
        else _("Nothing is open here. What comes in for this seat stands here at once."),
    }
    return page(request, desk, "pages/desk/list.html", context, here="list")


@require_POST
@at_seat("list")
def columns(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Keep which columns the reader wants to see, and show the list that they came from."""
    posted = posted_of(request)
    chosen = [] if "usual" in posted else [name for name in COLUMNS if name in posted.get("column", ())]
    lists.choose_columns(desk.account, chosen)
    return HttpResponseRedirect(came_from(posted))


def came_from(posted: Mapping[str, Sequence[str]]) -> str:
    """Return the list that a form on it goes back to: filters and order, never another address."""
    given, sort = carried_by(posted)
    return link(address("list"), given, sort=sort if sort != "due" else None)


def carried_by(posted: Mapping[str, Sequence[str]]) -> tuple[asked.Given, str]:
    """Return filters and order that the form of a list carries."""
    values = {name: rows[-1] for name, rows in posted.items() if rows}
    return asked.read(values)[0], asked.sort_of(values)


@require_safe
@at_seat("read_queue")
def waiting(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show what no rule could place."""
    if not desk.may("read_queue"):
        raise Http404
    url = reverse("desk:queue")
    after, before = _keys(request)
    found = queue(desk.actor, after=after, before=before)
    context = {
        "title": _("Waiting to be placed"),
        "said": _(
            "No rule says who answers for these. Each has an owner all the same; "
            "hand it to the right unit, or mend the rules."
        ),
        "head": _head(USUAL, {}),
        "rows": _table(desk, found.rows, USUAL),
        "count": len(found.rows),
        "more": link(url, {}, after=found.next) if found.next else "",
        "back": link(url, {}, before=found.previous) if found.previous else "",
        "empty": _("Nothing waits: every matter has found its unit by a rule."),
    }
    return page(request, desk, "pages/desk/list.html", context, here="queue")


@require_safe
@at_seat("search")
def find(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Find matters by number, title or text; never by who brought them. A whole number goes straight to its matter."""
    reader, actor = desk.reader, desk.actor
    query = clean(request.GET.get("q", "")).strip()[:_LONGEST_QUERY]
    given, faults = asked.read(request.GET)
    after = clean(request.GET.get("after", "")) or None
    url = address("search")
    lines = Lines(reader, actor)
    context: dict[str, Any] = {"query": query, "hits": [], "more": "", "faults": faults}
    if query:
        narrow = asked.filters_of(given, reader, actor, everything=True)
        found = search(actor, query, narrow, after=after)
        if found.exact is not None and after is None:
            return HttpResponseRedirect(lines.matter_url(found.exact.number))
        context["hits"] = lines.hits(found.hits, runs(query))
        context["more"] = link(url, given, q=query, after=found.next) if found.next else ""
        context["first"] = link(url, given, q=query) if after else ""
        context["whole"] = link(url, {}, q=query)
        context["narrow"] = link(url, given, q=query, narrow="1")
        context["chips"] = asked.chips(url, given, reader, actor, q=query)
        if given or "narrow" in request.GET:
            # hundreds of links: only for whoever wants them
            context["choice"] = asked.choosing(url, given, reader, actor, q=query)
    return page(request, desk, "pages/desk/search.html", context, here="search")
