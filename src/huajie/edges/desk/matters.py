"""Lists of matters: filtered, searched, waiting to be placed. Every filter is a link, every page has a key."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from huajie.apps.matters.queries import Filters, Hit, Row, matters_list, queue, running_clocks, search
from huajie.apps.procedure.registry import packs
from huajie.core.jurisdiction import Jurisdiction
from huajie.edges.desk.rows import Lines
from huajie.edges.desk.seated import Desk, at_seat, page
from huajie.edges.pages.forms import clean
from huajie.edges.pages.reader import Reader

_FACETS = ("pack", "stage", "topic", "region", "unit")
_LONGEST_QUERY = 200


def _link(url: str, given: dict[str, str], **change: str | None) -> str:
    query = {name: value for name, value in {**given, **change}.items() if value}
    return f"{url}?{urlencode(query)}" if query else url


def linked(url: str, given: Mapping[str, str]) -> str:
    """Return an address with a query."""
    return _link(url, dict(given))


def _chosen(rows: Iterable[tuple[str, str]], name: str, url: str, given: dict[str, str]) -> SafeString:
    """Return the links of one filter; made here because there are a hundred of them."""
    here = given.get(name)
    base = {key: value for key, value in given.items() if key != name}
    before = escape(_link(url, base))
    glue = "&amp;" if "?" in before else "?"
    anything = escape(_("Any"))
    out = [f'<a href="{before}">{anything}</a>'] if here else []
    for code, title in rows:
        current = ' aria-current="true"' if code == here else ""
        out.append(f'<a href="{before}{glue}{name}={escape(code)}"{current}>{escape(title)}</a>')
    return mark_safe("".join(out))  # noqa: S308


#: (language, address, filters) -> the jurisdiction that they were made from, and what was made
_made: dict[tuple[str, str, tuple[tuple[str, str], ...]], tuple[Jurisdiction, list[dict[str, Any]]]] = {}
_MADE_MOST = 256


def facets(reader: Reader, url: str, given: dict[str, str], names: Sequence[str] = _FACETS) -> list[dict[str, Any]]:
    """Return the filters of a list with what is chosen in each; remembered until the jurisdiction changes."""
    key = (reader.language, url, tuple(sorted(given.items())))
    known = _made.get(key)
    if known is not None and known[0] is reader.jurisdiction:
        return known[1]
    if len(_made) >= _MADE_MOST:
        _made.clear()
    found = _facets(reader, url, given, names)
    _made[key] = (reader.jurisdiction, found)
    return found


def _facets(reader: Reader, url: str, given: dict[str, str], names: Sequence[str]) -> list[dict[str, Any]]:
    jurisdiction, language = reader.jurisdiction, reader.language
    in_force = packs()
    stages: dict[str, str] = {}
    for pack in in_force.values():
        if given.get("pack") in (None, pack.name):
            stages.update({stage.name: reader.text(stage.title) for stage in pack.stages.values()})
    choices: dict[str, list[tuple[str, str]]] = {
        "pack": [(pack.name, reader.text(pack.title)) for pack in in_force.values()],
        "stage": list(stages.items()),
        "topic": [(row.id, row.name.to(language)) for row in jurisdiction.topics if row.active],
        "region": [(row.id, row.name.to(language)) for row in jurisdiction.regions if row.active],
        "unit": [(row.id, row.name.to(language)) for row in jurisdiction.units if row.active],
    }
    titles = {
        "pack": _("Procedure"),
        "stage": _("Stage"),
        "topic": _("Topic"),
        "region": _("Region"),
        "unit": _("Unit"),
    }
    found = []
    for name in names:
        here = given.get(name)
        value = dict(choices[name]).get(here or "", here or "")
        found.append(
            {"title": titles[name], "value": value, "on": bool(here), "links": _chosen(choices[name], name, url, given)}
        )
    return found


def _table(desk: Desk, rows: Sequence[Row]) -> SafeString:
    return Lines(desk.reader, desk.actor, running_clocks([row.stream for row in rows])).table(rows)


@require_safe
@at_seat("list")
def listing(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show one page of what the seat may see, soonest due first."""
    reader = desk.reader
    url = reverse("desk:list")
    given = {name: clean(request.GET.get(name, ""))[:100] for name in (*_FACETS, "due", "closed", "seat")}
    given = {name: value for name, value in given.items() if value}
    after = clean(request.GET.get("after", "")) or None
    filters = Filters(
        open="closed" not in given,
        **{name: given.get(name) for name in _FACETS},
        seat=desk.actor.seat if "seat" in given else None,
        due_before=reader.now if "due" in given else None,
    )
    found = matters_list(desk.actor, filters, after=after)
    toggles = [
        (_("Open"), _link(url, given, closed=None, due=given.get("due")), "closed" not in given and "due" not in given),
        (_("Overdue"), _link(url, given, closed=None, due="late"), "due" in given and "closed" not in given),
        (_("Closed"), _link(url, given, closed="1", due=None), "closed" in given),
        (_("My seat"), _link(url, given, seat=None if "seat" in given else "mine"), "seat" in given),
    ]
    toggles[0] = (_("Open"), _link(url, given, closed=None, due=None), toggles[0][2])
    context = {
        "title": _("Matters"),
        "rows": _table(desk, found.rows),
        "count": len(found.rows),
        "facets": facets(reader, url, given),
        "toggles": [{"title": title, "url": link, "here": here} for title, link, here in toggles],
        "clear": url if any(name in given for name in _FACETS) else "",
        "more": _link(url, given, after=found.next) if found.next else "",
        "first": _link(url, given) if after else "",
        "empty": _("No matter fits. Take a filter away, or look among the closed ones."),
    }
    return page(request, desk, "pages/desk/list.html", context, here="list")


@require_safe
@at_seat("read_queue")
def waiting(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show what no rule could place."""
    if not desk.may("read_queue"):
        raise Http404
    url = reverse("desk:queue")
    after = clean(request.GET.get("after", "")) or None
    found = queue(desk.actor, after=after)
    context = {
        "title": _("Waiting to be placed"),
        "said": _(
            "No rule says who answers for these. Each has an owner all the same; "
            "hand it to the right unit, or mend the rules."
        ),
        "rows": _table(desk, found.rows),
        "count": len(found.rows),
        "more": _link(url, {}, after=found.next) if found.next else "",
        "first": url if after else "",
        "empty": _("Nothing waits: every matter has found its unit by a rule."),
    }
    return page(request, desk, "pages/desk/list.html", context, here="queue")


def _marked(hit: Hit) -> SafeString:
    """Return the excerpt with its match marked."""
    text, at, end = hit.excerpt, hit.at, hit.at + hit.length
    if hit.length == 0 or at < 0:
        return mark_safe(escape(text))  # noqa: S308
    return mark_safe(f"{escape(text[:at])}<mark>{escape(text[at:end])}</mark>{escape(text[end:])}")  # noqa: S308


@require_safe
@at_seat("search")
def find(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Find matters by number, title or text; never by who brought them."""
    query = clean(request.GET.get("q", "")).strip()[:_LONGEST_QUERY]
    after = clean(request.GET.get("after", "")) or None
    url = reverse("desk:search")
    lines = Lines(desk.reader, desk.actor)
    context: dict[str, Any] = {"query": query, "hits": [], "more": ""}
    if query:
        found = search(desk.actor, query, after=after)
        reader = desk.reader
        context["hits"] = [
            {
                "url": lines.matter_url(hit.row.number),
                "title": lines.title(hit.row),
                "number": hit.row.number,
                "excerpt": _marked(hit),
                "stage": lines.stage(hit.row),
                "unit": reader.unit(hit.row.unit),
                "region": reader.region(hit.row.region),
                "when": reader.day(hit.row.received_at.astimezone(reader.zone(hit.row.region)).date()),
            }
            for hit in found.hits
        ]
        context["more"] = _link(url, {"q": query}, after=found.next) if found.next else ""
    return page(request, desk, "pages/desk/search.html", context, here="search")
