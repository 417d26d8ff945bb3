"""
One act on several matters at once: picked on a list, one form, and what became of each.

Each is its own act through the one writer: decided by its own pack and state, refused or done by itself. Nothing is
done to one because of another, and nothing is left out without being named.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from huajie.apps.accounts.operations import drop_draft
from huajie.apps.jurisdiction.queries import display_names
from huajie.apps.matters import loading
from huajie.apps.matters.errors import Changed, Denied, KeyReused, UnknownMatter
from huajie.apps.matters.numbers import parse_number, shown
from huajie.apps.matters.operations import Order, Tip, act
from huajie.apps.matters.projection import view_of
from huajie.apps.matters.queries import PAGE, Row, rows_by_number
from huajie.core.access import allowed, relations
from huajie.core.procedure import Act, ActStanding, Refused, check_inputs, standing
from huajie.core.procedure.phrases import Words
from huajie.edges.desk.drafts import with_draft
from huajie.edges.desk.matters import came_from, carried_by
from huajie.edges.desk.rows import Lines
from huajie.edges.desk.seated import Desk, at_seat, page
from huajie.edges.pages import matter as views
from huajie.edges.pages.acts import Missing, missing_of
from huajie.edges.pages.forms import (
    Drawn,
    Fault,
    Filled,
    draw,
    faults_of,
    fill,
    key_of,
    new_key,
    one,
    posted_of,
    request_hash,
    sections,
)
from huajie.edges.pages.names import hidden, proposals
from huajie.edges.pages.timeline import persons_in, timeline

#: Matters that one form can be about: those of one page.
MOST: Final = PAGE


@dataclass(slots=True)
class Picked:
    """One matter that was picked, as it stands for the reader."""

    row: Row
    tip: Tip
    #: act -> how it stands, once for each request that it could be about
    standing: dict[str, list[ActStanding]] = field(default_factory=dict)

    def possible(self, name: str) -> ActStanding | None:
        """Return the one way in which an act is possible now; of several requests nobody knows which is meant."""
        ways = [one for one in self.standing.get(name, ()) if one.possible]
        return ways[0] if len(ways) == 1 else None


@dataclass(slots=True)
class Result:
    """What became of one matter."""

    #: as it was picked
    pick: str
    title: str
    url: str
    #: done, refused, changed, gone
    state: str
    missing: list[Missing] = field(default_factory=list)
    since: Sequence[Any] = ()


@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("act", keeps_form=True)
def together(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Offer the acts that every picked matter has, then one form, then say what became of each."""
    posted = posted_of(request) if request.method == "POST" else _asked(request, desk)
    # the form carries the list that it came from in one field
    posted = {**{key: [value] for key, value in parse_qsl(one(posted, "back", 2000))}, **posted}
    numbers, strange = _numbers(posted)
    back = came_from(posted)
    if not numbers and not strange:
        return HttpResponseRedirect(f"{back}{'&' if '?' in back else '?'}several=1")
    picked = _picked(desk, numbers)
    there = {each.row.number for each in picked}
    gone = [*(shown(number) for number in numbers if number not in there), *strange]
    name = one(posted, "step", 64)
    if request.method == "POST" and name:
        return _do(request, desk, picked, gone, name, posted)
    spec = _spec(picked, name) if name else None
    if spec is not None:
        return _form(request, desk, picked, gone, spec, posted if "key" in posted else None, posted)
    return _choose(request, desk, picked, gone, posted)


def _asked(request: HttpRequest, desk: Desk) -> dict[str, list[str]]:
    """Return what an address asks for, or what was half written about the very same matters."""
    given = {name: request.GET.getlist(name) for name in request.GET}
    if desk.draft is None:
        return given
    kept = posted_of(with_draft(request, desk))
    if "pick" in given and any(sorted(given.get(name, ())) != sorted(kept.get(name, ())) for name in ("pick", "step")):
        # it is about others: it waits for its owner under its own address
        desk.draft = None
        return given
    return kept


def _numbers(posted: Mapping[str, Sequence[str]]) -> tuple[list[str], list[str]]:
    """Return the numbers that were picked, at most a page of them, and what is no number."""
    found: dict[str, None] = {}
    strange: dict[str, None] = {}
    for typed in posted.get("pick", ())[:MOST]:
        try:
            found[parse_number(typed)] = None
        except ValueError:
            strange[typed[:20]] = None
    return list(found), list(strange)


def _picked(desk: Desk, numbers: Sequence[str]) -> list[Picked]:
    """Return the picked matters that the reader may see, each with the acts that its pack lets be done together."""
    actor, reader = desk.actor, desk.reader
    rows = rows_by_number(numbers)
    tips = loading.load_many([row.stream for row in rows], using="default")
    found = []
    for row in rows:
        tip = tips.get(row.stream)
        if tip is None or tip.state is None:
            continue
        view = view_of(tip.state, row.stream.hex)
        if not allowed(actor, view, "see"):
            continue
        each = Picked(row, tip)
        if allowed(actor, view, "act"):
            ways = standing(
                tip.pack,
                tip.state,
                actor,
                relations(actor, view),
                jurisdiction=reader.jurisdiction,
                calendar=views.calendar_of(tip.pack, tip.state, reader),
                now=reader.now,
            )
            for way in ways:
                if tip.pack.acts[way.act].bulk:
                    each.standing.setdefault(way.act, []).append(way)
        found.append(each)
    return found


def _form_of(spec: Act) -> list[tuple[str, str, bool, tuple[str, ...]]]:
    return [(each.name, each.type, each.required, tuple(each.choices or ())) for each in spec.fields]


def _spec(picked: Sequence[Picked], name: str) -> Act | None:
    """Return an act that every picked matter's pack lets be done together, by one and the same form."""
    specs = [each.tip.pack.acts.get(name) for each in picked]
    first = specs[0] if specs else None
    if first is None or not all(spec is not None and spec.bulk and _form_of(spec) == _form_of(first) for spec in specs):
        return None
    return first


def _lines(desk: Desk, picked: Sequence[Picked]) -> list[dict[str, str]]:
    lines = Lines(desk.reader, desk.actor)
    return [
        {
            "number": each.row.number,
            "title": lines.title(each.row),
            "url": lines.matter_url(each.row.number),
            "stage": lines.stage(each.row),
            "pack": lines.pack(each.row),
        }
        for each in picked
    ]


def _carried(posted: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    given, sort = carried_by(posted)
    return [*given.items(), *([("sort", sort)] if sort != "due" else [])]


def _choose(
    request: HttpRequest, desk: Desk, picked: Sequence[Picked], gone: Sequence[str], posted: Mapping[str, list[str]]
) -> HttpResponse:
    reader = desk.reader
    names = dict.fromkeys(name for each in picked for name in each.standing)
    offered, partly = [], []
    for name in names:
        spec = _spec(picked, name)
        able = [each for each in picked if each.possible(name) is not None]
        if spec is None or len(able) < len(picked):
            if able and (spec is not None or _spec(able, name) is not None):
                known = able[0].tip.pack.acts[name]
                partly.append(
                    {"title": reader.text(known.title), "n": len(able), "numbers": [each.row.number for each in able]}
                )
            continue
        offered.append({"name": name, "title": reader.text(spec.title), "help": reader.text(spec.help)})
    context = {
        "picked": _lines(desk, picked),
        "gone": gone,
        "offered": offered,
        "partly": partly,
        "carried": _carried(posted),
        "back": came_from(posted),
        "count": len(picked),
    }
    return page(request, desk, "pages/desk/together.html", context, here="list")


def _form(
    request: HttpRequest,
    desk: Desk,
    picked: Sequence[Picked],
    gone: Sequence[str],
    spec: Act,
    filled: Mapping[str, list[str]] | None,
    posted: Mapping[str, list[str]],
    *,
    faults: Sequence[Fault] = (),
    question: Drawn | None = None,
    status: int = 200,
) -> HttpResponse:
    reader = desk.reader
    ready = []
    for each, line in zip(picked, _lines(desk, picked), strict=True):
        way = each.possible(spec.name)
        # what the form was opened on stays: who changes a matter meanwhile is named, not overruled
        seen = one(posted, f"seen-{each.row.number}", 8) or str(each.tip.n)
        target = one(posted, f"target-{each.row.number}", 200) or (way.target or "" if way is not None else "")
        ready.append({**line, "seen": seen, "target": target, "lacks": way is None})
    pack = picked[0].tip.pack
    fields = draw([each for each in spec.fields if each.shown_to("staff")], filled, faults, reader)
    context = {
        "act": spec.name,
        "title": reader.text(spec.title),
        "help": reader.text(spec.help),
        "picked": ready,
        "gone": gone,
        "count": len(picked),
        "fields": fields,
        "sections": sections(spec, fields, reader),
        "faults": faults,
        "asked": question,
        "hidden": hidden(posted),
        "key": key_of(posted) if "key" in posted else new_key(),
        "effects": Words(pack.document, reader.language).effects(spec.raw.get("effects")),
        "handled": spec.handles,
        "query": urlencode(_carried(posted)),
        "back": came_from(posted),
    }
    return page(request, desk, "pages/desk/together_form.html", context, here="list", status=status)


def _do(
    request: HttpRequest,
    desk: Desk,
    picked: Sequence[Picked],
    gone: Sequence[str],
    name: str,
    posted: Mapping[str, list[str]],
) -> HttpResponse:
    reader = desk.reader
    spec = _spec(picked, name)
    if spec is None:
        return _choose(request, desk, picked, gone, posted)
    filled = fill(
        spec,
        request,
        posted,
        audience="staff",
        reader=reader,
        region=picked[0].row.region,
        stream_of=lambda typed: None,
    )
    if filled.faults or "key" not in posted:
        return _form(request, desk, picked, gone, spec, posted, posted, faults=filled.faults, status=filled.status)
    question = proposals(posted, filled.texts)
    if question is not None:
        return _form(request, desk, picked, gone, spec, posted, posted, question=question)
    _values, lacking = check_inputs(
        spec, filled.inputs, filled.texts, jurisdiction=reader.jurisdiction, audience="staff"
    )
    if lacking:
        # said once for all of them, before anything is done to any
        faults = faults_of(lacking, reader)
        return _form(request, desk, picked, gone, spec, posted, posted, faults=faults, status=422)
    lines = _lines(desk, picked)
    results = [_one(desk, each, line, name, posted, filled) for each, line in zip(picked, lines, strict=True)]
    results += [Result(number, "", "", "gone") for number in gone]
    drop_draft(desk.account, desk.place)
    done = sum(result.state == "done" for result in results)
    not_done = [result.pick for result in results if result.state in ("refused", "changed")]
    context = {
        "title": reader.text(spec.title),
        "results": results,
        "done": done,
        "left": len(results) - done,
        "count": len(results),
        "again": not_done,
        "act": name,
        "carried": _carried(posted),
        "back": came_from(posted),
    }
    return page(request, desk, "pages/desk/together_done.html", context, here="list")


def _one(
    desk: Desk, each: Picked, line: Mapping[str, str], name: str, posted: Mapping[str, list[str]], filled: Filled
) -> Result:
    """Do the act on one matter; what is said of it says all that it lacks."""
    reader, actor, tip = desk.reader, desk.actor, each.tip
    number = each.row.number
    seen = one(posted, f"seen-{number}", 8)
    result = Result(number, line["title"], line["url"], "refused")
    if not (seen.isascii() and seen.isdigit()):
        # the form did not come from us whole
        result.missing = [Missing(_("Nobody looked at this one before: open it, or pick it again."))]
        return result
    order = Order(
        act=name,
        hide=hidden(posted),
        inputs=dict(filled.inputs),
        texts=dict(filled.texts),
        target=one(posted, f"target-{number}", 200) or None,
        seen=int(seen),
        # of one form each matter has a key of its own: what was done is not done again when the form comes twice
        idempotency=(
            f"desk.{actor.person}",
            f"{key_of(posted)}.{number}",
            request_hash(f"{number}/{name}", _own(posted, number), {}),
        ),
    )
    try:
        act(tip.stream, order, actor=actor, now=reader.now)
    except Refused as error:
        result.missing = missing_of(error.unmet, tip.pack, reader)
    except Changed as error:
        result.state = "changed"
        assert tip.state is not None
        names = display_names(persons_in(error.since))
        result.since = timeline(tip.pack, error.since, {}, tip.state.region, reader, names=names)
    except KeyReused:
        said = _("This form was sent before with other words. Look at the matter, then send it again.")
        result.missing = [Missing(said)]
    except (Denied, UnknownMatter):
        result.state = "gone"
    else:
        result.state = "done"
    return result


def _own(posted: Mapping[str, list[str]], number: str) -> dict[str, list[str]]:
    """Return what of a form is about one matter: the same however many others were picked with it."""
    return {
        name: values
        for name, values in posted.items()
        if name != "pick" and (not name.startswith(("seen-", "target-")) or name.endswith(f"-{number}"))
    }
