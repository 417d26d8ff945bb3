"""
A question that waits for somebody's answer, on one page: what is asked and why, what would change, by which law.

The answer that grants it stands filled in with what was asked, so that one press is enough; every other has its own
form, where a reason is asked for. The answer itself is an act like any other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from huajie.apps.jurisdiction.queries import display_names
from huajie.apps.matters.operations import Order, foresee
from huajie.apps.matters.queries import Opened, see
from huajie.core.ledger import moment
from huajie.core.procedure import Act, ActStanding, Pack, State, standing
from huajie.core.procedure.phrases import Words
from huajie.edges.desk.matter import matter_url, reckon
from huajie.edges.desk.seated import Desk, at_seat, page
from huajie.edges.pages import matter as views
from huajie.edges.pages.acts import missing_of, source_words
from huajie.edges.pages.dates import last_day
from huajie.edges.pages.forms import draw, new_key, sections
from huajie.edges.pages.matter import Shown
from huajie.edges.pages.reader import Reader
from huajie.edges.pages.roads import grants


@dataclass(slots=True)
class Change:
    """Something that would be different afterwards."""

    title: str
    before: str
    after: str


def changes(before: State, after: State, pack: Pack, opened: Opened, reader: Reader) -> list[Change]:
    """Return what an act would change: dates, who answers for it, the stage."""
    zone = reader.zone(before.region)
    found = []

    def due(clock: Any) -> str:
        words = reader.day(last_day(moment(clock.due_at), zone))
        return _("%(date)s (provisional)") % {"date": words} if clock.provisional else words

    for key, clock in after.clocks.items():
        known = before.clocks.get(key)
        spec = pack.clocks.get(clock.name)
        title = reader.text(spec.title) if spec is not None else clock.name
        if known is None:
            found.append(Change(title, _("not running"), due(clock)))
        elif known.due_at != clock.due_at:
            found.append(Change(title, due(known), due(clock)))
    if (before.unit, before.seat) != (after.unit, after.seat):
        found.append(
            Change(
                _("Seat that answers"),
                f"{reader.unit(before.unit)} · {reader.seat(before.seat)}",
                f"{reader.unit(after.unit)} · {reader.seat(after.seat)}",
            )
        )
    if before.stage != after.stage and {before.stage, after.stage} <= set(pack.stages):
        titles = [reader.text(pack.stages[stage].title) for stage in (before.stage, after.stage)]
        found.append(Change(_("Stage"), *titles))
    return found


def _asking(opened: Opened, key: str) -> Mapping[str, Any] | None:
    """Return the entry that put the question."""
    return next(
        (
            body
            for body in opened.entries
            for effect in body["effects"]
            if effect["e"] == "request.opened" and effect["key"] == key
        ),
        None,
    )


def _filled(act: Act, data: Mapping[str, Any], texts: Mapping[str, str]) -> dict[str, str]:
    """Return what the form that grants it begins with: what was asked, in the words in which it was asked."""
    found = {}
    for each in act.fields:
        if each.name in texts and each.required:
            found[each.name] = texts[each.name]
        elif each.name in data and not isinstance(data[each.name], dict):
            found[each.name] = str(data[each.name])
    return found


@require_safe
@at_seat("act")
def deciding(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """Show what waits for an answer from this seat; by `target`, or the one that is due first."""
    opened = see(desk.actor, number)
    reader, tip = desk.reader, opened.tip
    assert tip.state is not None
    pack, state = tip.pack, tip.state
    shown = views.show(opened, opened.texts, reader)
    found = [
        item
        for item in standing(
            pack,
            state,
            desk.actor,
            opened.relations,
            jurisdiction=reader.jurisdiction,
            calendar=shown.calendar,
            now=reader.now,
        )
        if item.target in state.requests and state.requests[item.target].unit in desk.actor.answers
    ]
    # what is put to this very seat before what anybody of the unit may answer
    keys = sorted(
        dict.fromkeys(item.target for item in found if item.target),
        key=lambda key: state.requests[key].seat not in desk.actor.answer_seats,
    )
    wanted = request.GET.get("target", "")
    key = wanted if wanted in keys else next(iter(keys), "")
    context: dict[str, Any] = {
        "number": tip.number,
        "url": matter_url(tip.number),
        "matter_title": shown.title or reader.text(pack.title),
        "asked": None,
        "rest": [
            {"url": f"?{urlencode({'target': other})}", "title": about.title, "text": about.text}
            for other in keys
            if other != key
            for about in (*shown.plan, *shown.requests)
            if about.key == other
        ],
    }
    if key:
        context |= _question(desk, opened, shown, key, [item for item in found if item.target == key])
    return page(request, desk, "pages/desk/deciding.html", context, here="lead")


def _question(desk: Desk, opened: Opened, shown: Shown, key: str, ways: list[ActStanding]) -> dict[str, Any]:
    reader, tip = desk.reader, opened.tip
    assert tip.state is not None
    pack, state = tip.pack, tip.state
    words = Words(pack.document, reader.language)
    asked = opened.shown.requests[key]
    about = next(one for one in (*shown.plan, *shown.requests) if one.key == key)
    body = _asking(opened, key)
    zone = reader.zone(state.region)
    titles = {each.name: each.title for act in pack.acts.values() for each in act.fields}
    texts = {name: text for (n, name), text in opened.texts.items() if body is not None and n == body["n"]}
    who = body["actor"] if body is not None else {}
    names = display_names(frozenset({who["person"]})) if who.get("person") else {}
    asker = [reader.unit(who.get("unit")), reader.seat(who.get("seat")), names.get(who.get("person", ""), "")]
    ways = sorted(ways, key=lambda item: not (item.possible and grants(pack.acts[item.act])))
    chosen = ways[0] if ways and ways[0].possible else None
    context: dict[str, Any] = {
        "asked": about,
        "target": key,
        "seen": tip.n,
        "key": new_key(),
        "by": " · ".join(filter(None, asker)),
        "asked_at": reader.moment(moment(asked.opened_at), zone),
        "said": [(reader.text(titles[name]) if name in titles else name, text) for name, text in texts.items()],
        "values": [
            (reader.text(titles[name]) if name in titles else name, value)
            for name, value in asked.data.items()
            if isinstance(value, int | str) and not isinstance(value, bool) and not str(value).startswith("u.")
        ],
        "clocks": [clock for clock in shown.clocks if clock.left is not None],
        "told": shown.told,
        "law": dict.fromkeys(
            source for item in ways if (source := source_words(pack, pack.acts[item.act].source, reader))
        ),
        "grant": None,
        "ways": [
            {
                "title": reader.text(pack.acts[item.act].title),
                "url": f"{matter_url(tip.number)}acts/{item.act}/?{urlencode({'target': key})}",
                "missing": missing_of(item.unmet, pack, reader),
            }
            for item in ways
            if item is not chosen
        ],
    }
    if chosen is not None:
        act = pack.acts[chosen.act]
        first = _filled(act, asked.data, texts)
        fields = draw([each for each in act.fields if each.shown_to("staff")], None, (), reader, first=first)
        reckon(fields, tip, act, shown.calendar, reader)
        inputs = {each.name: _typed(each.type, first[each.name]) for each in act.fields if each.name in first}
        given = {name: value for name, value in inputs.items() if name not in texts}
        order = Order(act=act.name, target=key, inputs=given, texts={n: t for n, t in texts.items() if n in inputs})
        then = foresee(tip, order, actor=desk.actor, now=reader.now)
        context["grant"] = {
            "title": reader.text(act.title),
            "url": f"{matter_url(tip.number)}acts/{act.name}/",
            "fields": fields,
            "sections": sections(act, fields, reader),
            "ready": all(each.value for each in fields if each.required),
            "has_file": any(each.widget == "file" for each in fields),
            "changes": changes(state, then, pack, opened, reader) if then is not None else [],
            "effects": list(words.effects(act.raw.get("effects"))),
            "notice": act.notice is not None,
        }
    return context


def _typed(kind: str, value: str) -> Any:
    return int(value) if kind == "integer" and value.lstrip("-").isdigit() else value
