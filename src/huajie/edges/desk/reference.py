"""What the desk looks things up in: the routing simulator, the procedures in force, the calendars."""

from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from huajie.apps.procedure import force
from huajie.apps.procedure.registry import packs
from huajie.core.clocks import Calendar
from huajie.core.jurisdiction import NoOwner, Step, route
from huajie.core.procedure import Pack
from huajie.core.procedure.phrases import Words
from huajie.edges.desk.seated import Desk, at_seat, page
from huajie.edges.pages.forms import Drawn, Option, clean, region_options, topic_options, unit_options
from huajie.edges.pages.reader import Reader
from huajie.edges.pages.roads import way

#: A rule that is about something else altogether.
_FAR = frozenset({"topic", "region", "pack", "ended", "not-yet"})


def step_words(step: Step, reader: Reader) -> str:
    values = step.values
    given = {
        "unit": reader.unit(values.get("unit")),
        "seat": reader.seat(values.get("seat")),
        "to": reader.unit(values.get("to")),
        "against": _remit_words(values.get("against"), reader),
        "pack": values.get("pack", ""),
        "power": {"assist": _("help"), "report": _("report")}.get(values.get("power", ""), values.get("power", "")),
    }
    words = {
        "chosen": _("Decides: %(unit)s, %(seat)s"),
        "ended": _("Lost: no longer in force"),
        "not-yet": _("Lost: not in force yet"),
        "power": _("Lost: it may only %(power)s, not lead"),
        "pack": _("Lost: made for the procedure %(pack)s"),
        "topic": _("Lost: does not cover the topic"),
        "region": _("Lost: does not cover the region"),
        "less-specific-topic": _("Lost: %(against)s names the topic more closely"),
        "less-specific-region": _("Lost: %(against)s names the region more closely"),
        "less-specific-pack": _("Lost: %(against)s is made for this procedure"),
        "lower-priority": _("Lost: %(against)s has the higher priority"),
        "later-code": _("Lost: all else equal, %(against)s comes first by its code"),
        "unit-closed": _("Lost: the unit is closed"),
        "unit-cannot-decide": _("Lost: the unit can't decide"),
        "concerned": _("Stands aside: the matter concerns %(unit)s"),
        "no-seat": _("Lost: nobody in %(unit)s sits on a seat that can lead"),
        "raised": _("Goes up to %(to)s, %(seat)s"),
        "no-rule": _("No rule matched"),
        "intake-queue": _("Waits in the queue of %(unit)s, %(seat)s"),
        "backstop": _("Goes to the backstop: %(unit)s, %(seat)s"),
        "anybody-left": _("Goes to the one unit left that can: %(unit)s, %(seat)s"),
    }
    return words.get(step.code, step.code) % given


def _remit_words(code: str | None, reader: Reader) -> str:
    remit = reader.jurisdiction.remits.get(code)
    return f"{reader.unit(remit.unit)} ({code})" if remit is not None else code or ""


@require_safe
@at_seat("simulate")
def routing(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Say who would answer for something, and why each rule won or lost; nothing is written."""
    if not desk.may("simulate"):
        raise Http404
    reader = desk.reader
    jurisdiction = reader.jurisdiction
    given = {name: clean(request.GET.get(name, ""))[:64] for name in ("topic", "region", "pack", "concerned")}
    in_force = packs()
    fields = [
        Drawn(
            "pack",
            "select",
            _("Procedure"),
            "",
            True,
            given["pack"],
            [
                (
                    "",
                    [
                        Option(pack.name, reader.text(pack.title), pack.name == given["pack"])
                        for pack in in_force.values()
                    ],
                )
            ],
        ),
        Drawn(
            "topic",
            "select",
            _("Topic"),
            "",
            False,
            given["topic"],
            topic_options(jurisdiction, reader, given["topic"]),
        ),
        Drawn(
            "region",
            "select",
            _("Region"),
            "",
            False,
            given["region"],
            region_options(jurisdiction, reader, given["region"]),
        ),
        Drawn(
            "concerned",
            "select",
            _("If it concerns this unit"),
            "",
            False,
            given["concerned"],
            unit_options(jurisdiction, reader, given["concerned"]),
        ),
    ]
    context: dict[str, Any] = {"fields": fields, "asked": False}
    if given["pack"] in in_force:
        known = {
            "topic": given["topic"] if given["topic"] in jurisdiction.topics else None,
            "region": given["region"] if given["region"] in jurisdiction.regions else None,
        }
        concerned = frozenset({given["concerned"]} if given["concerned"] in jurisdiction.units else set())
        context["asked"] = True
        try:
            found = route(
                jurisdiction, **known, pack=given["pack"], at=reader.now, concerned=concerned, every_rule=True
            )
        except NoOwner:
            context["nobody"] = True
        else:
            context |= {
                "unit": reader.unit(found.unit),
                "seat": reader.seat(found.seat),
                "matched": found.matched,
                "assist": reader.joined([reader.unit(code) for code in found.assist]),
                "report": reader.joined([reader.unit(code) for code in found.report]),
                "steps": [
                    {
                        "near": step.code not in _FAR,
                        "rule": _remit_words(step.remit, reader) if step.remit else "",
                        "words": step_words(step, reader),
                        "won": step.code in ("chosen", "raised"),
                    }
                    for step in found.steps
                ],
            }
    return page(request, desk, "pages/desk/routing.html", context, here="routing")


@require_safe
@at_seat("list")
def procedures(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show the procedures in force."""
    reader = desk.reader
    shown = [
        {
            "name": pack.name,
            "title": reader.text(pack.title),
            "said": reader.text(pack.document["description"]),
            "version": pack.version,
            "acts": len(pack.acts),
            "clocks": len(pack.clocks),
            "unverified": sum(not law.verified for law in pack.sources.values()),
        }
        for pack in packs().values()
    ]
    return page(request, desk, "pages/desk/packs.html", {"packs": shown}, here="packs")


@require_safe
@at_seat("list")
def procedure(request: HttpRequest, desk: Desk, name: str) -> HttpResponse:
    """Show one procedure: its stages, clocks, acts and the law behind each."""
    pack = packs().get(name)
    if pack is None:
        raise Http404
    return page(request, desk, "pages/desk/pack.html", _procedure(pack, desk.reader), here="packs")


def _procedure(pack: Pack, reader: Reader) -> dict[str, Any]:
    words = Words(pack.document, reader.language)
    tags = {
        "L": _("statute text seen"),
        "W": _("public page seen"),
        "C": _("public code seen"),
        "M": _("from memory, not verified"),
        "D": _("our own design, not law"),
    }
    usual = [pack.initial, *(stage for stage, _act in way(pack, pack.initial))]
    return {
        "title": reader.text(pack.title),
        "said": reader.text(pack.document["description"]),
        "name": pack.name,
        "version": pack.version,
        "hash": pack.hash[:16],
        "purpose": reader.text(pack.document["purpose"]),
        "access_note": reader.text(pack.document["access_note"]),
        "usual": " → ".join(reader.text(pack.stages[stage].title) for stage in usual),
        "clocks": [
            {
                "title": reader.text(clock.title),
                "plain": reader.text(clock.plain),
                "length": words.length(clock.raw),
                "holder": words.relation(clock.holder),
                "source": words.source(clock.source),
                "verified": clock.source not in pack.sources or pack.sources[clock.source].verified,
                "extension": _(", may be extended by %(who)s") % {"who": words.relations(sorted(clock.extension.by))}
                if clock.extension is not None
                else "",
            }
            for clock in pack.clocks.values()
        ],
        "acts": [
            {
                "title": reader.text(act.title),
                "by": words.relations(sorted(act.by)),
                "from": reader.joined(
                    [reader.text(pack.stages[stage].title) for stage in pack.stages if stage in act.stages]
                )
                if act.stages is not None
                else "",
                "source": words.source(act.source) if act.source else "",
                "gates": [reader.text(item.title) for item in act.gate],
                "independent": act.independent,
            }
            for act in pack.acts.values()
        ],
        "sources": [
            {
                "title": reader.text(law.title),
                "article": law.article,
                "tag": tags.get(law.tag, law.tag),
                "verified": law.verified,
                "date": law.date,
            }
            for law in pack.sources.values()
        ],
    }


@require_safe
@at_seat("list")
def calendars(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show the calendars in force: which years are published, and the days off of this year and the next."""
    reader = desk.reader
    _version, in_force = force.calendars()
    year = reader.today().year
    used = {region.calendar for region in reader.jurisdiction.regions if region.active}
    shown = [_calendar(identity, calendar, year, identity in used, reader) for identity, calendar in in_force.items()]
    shown.sort(key=lambda one: (not one["used"], one["id"]))
    return page(request, desk, "pages/desk/calendars.html", {"calendars": shown, "year": year}, here="calendars")


def _calendar(identity: str, calendar: Calendar, year: int, used: bool, reader: Reader) -> dict[str, Any]:
    years = sorted(calendar.published)
    days: list[dict[str, str]] = []
    if used:
        on, end = date(year, 1, 1), date(year, 12, 31)
        while on <= end:
            kind = calendar.kind_of(on)
            if kind in ("holiday", "make_up"):
                name = calendar.name_of(on, reader.language)
                days.append(
                    {
                        "day": reader.day(on),
                        "name": name or (_("worked") if kind == "make_up" else _("day off")),
                        "worked": "1" if kind == "make_up" else "",
                    }
                )
            on += timedelta(days=1)
    return {
        "id": identity,
        "zone": str(calendar.zone),
        "first": years[0] if years else "",
        "last": years[-1] if years else "",
        "next_published": calendar.is_published(year + 1),
        "used": used,
        "days": days,
        "regions": reader.joined(
            [
                row.name.to(reader.language)
                for row in reader.jurisdiction.regions
                if row.calendar == identity and row.active
            ][:6]
        ),
    }
