"""The start page, and what a resident is entitled to; what is promised is read from the procedures in force."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from huajie.apps.matters import figures
from huajie.apps.matters.disclosure import SMALL, Figure, public_count
from huajie.core.procedure import Pack
from huajie.core.procedure.phrases import Words
from huajie.edges.guard import public
from huajie.edges.pages import dates, opening
from huajie.edges.pages import matter as views
from huajie.edges.pages.reader import Reader

#: Promises of one procedure on the start page.
_FEW = 3


def promises(pack: Pack, reader: Reader, most: int | None = None) -> list[dict[str, Any]]:
    """Return the dates that a procedure promises to residents, in the order of the pack, each with its source."""
    words = Words(pack.document, reader.language)
    found = []
    for clock in pack.clocks.values():
        length = clock.raw["length"]
        # what one matter promises by itself (a plan, a fact of it) is no promise to everybody
        if (
            clock.per_request
            or clock.holder not in ("lead", "superior")
            or (isinstance(length, dict) and "fact" in length)
        ):
            continue
        law = pack.sources.get(clock.source)
        found.append(
            {
                "length": _length(pack, length, clock.unit, words),
                "title": reader.text(clock.title),
                "plain": reader.text(clock.plain),
                "source": words.source(clock.source),
                "verified": law is None or law.verified,
            }
        )
    return found[:most]


def _length(pack: Pack, length: Any, unit: str, words: Words) -> str:
    """Return a length; one that depends on the kind of thing as its range."""
    parameter = (pack.document.get("parameters") or {}).get(length.get("param"), {}) if isinstance(length, dict) else {}
    if "table" not in parameter:
        return words.length({"length": length, "unit": unit})
    values = [*parameter["table"].values(), *([parameter["else"]] if "else" in parameter else [])]
    return _("%(least)s to %(most)s, by kind") % {"least": min(values), "most": words.amount(max(values), unit)}


def _month_before(today: date) -> date:
    return (today.replace(day=1) - timedelta(days=1)).replace(day=1)


def _figures(packs: Sequence[Pack], reader: Reader) -> list[tuple[str, str]]:
    """Return the public figures: the dates of the last whole month, what is open now, openings of identities."""
    this_month = reader.today().replace(day=1)
    month = _month_before(this_month)
    since, until = (datetime.combine(on, time.min, tzinfo=reader.home_zone) for on in (month, this_month))
    kept = figures.kept_dates(since, until, figures.clocks_of(packs), now=reader.now)
    return [
        _kept_words(kept, dates.month(month, reader.language, reader.now.year)),
        _open_words(figures.open_matters(now=reader.now)),
        _openings_words(public_count(reader.now)),
    ]


def _few(count: int) -> str:
    """Return a count; one that is small without being none only as that."""
    return _("fewer than %(n)s") % {"n": SMALL} if 0 < count < SMALL else str(count)


def _kept_words(kept: figures.Kept, month: str) -> tuple[str, str]:
    """Return the figure and its sentence; neither says, nor lets anybody reckon, a small count."""
    put = {"due": kept.due, "kept": _few(kept.kept), "missed": _few(kept.missed), "month": month}
    if kept.small:
        return _few(kept.due), _("dates fell due in %(month)s; too few for a figure.") % put
    if 0 < kept.missed < SMALL:
        said = _("Of %(due)s dates that fell due in %(month)s, %(missed)s were not kept.") % put
    elif 0 < kept.kept < SMALL:
        said = _("Of %(due)s dates that fell due in %(month)s, %(kept)s were kept.") % put
    else:
        said = _("Of %(due)s dates that fell due in %(month)s, %(kept)s were kept and %(missed)s were not.") % put
    if kept.fell_away:
        said = f"{said} " + _("Not counted, since the matter ended before them: %(n)s.") % {"n": _few(kept.fell_away)}
    exact = not 0 < kept.missed < SMALL and not 0 < kept.kept < SMALL
    return (f"{kept.kept} / {kept.due}" if exact else str(kept.due)), said


def _open_words(found: figures.Open) -> tuple[str, str]:
    if found.open < SMALL:
        return _few(found.open), _("matters are open now.")
    said = _("matters are open now; past a date that was promised: %(late)s.") % {"late": _few(found.late)}
    return str(found.open), said


def _openings_words(found: Figure) -> tuple[str, str]:
    opened, held = _few(found.opened_matters), _few(found.of_matters)
    said = _("Of %(held)s matters with something sealed, it was opened in %(opened)s.")
    return f"{opened} / {held}", said % {"held": held, "opened": opened}


@public("says what this is and what everybody may expect")
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the start page."""
    reader = Reader.of(request)
    kinds = opening.kinds("resident", "web")
    context = {
        "kinds": [{"title": reader.text(pack.title), "promises": promises(pack, reader, _FEW)} for pack in kinds],
        "modes": [
            (views.mode_name(mode), opening.mode_hints()[mode]) for mode in ("open", "confidential", "anonymous")
        ],
        "figures": _figures(kinds, reader),
    }
    return render(request, "pages/public/home.html", context)


@public("says what everybody is entitled to")
@require_safe
def rights(request: HttpRequest) -> HttpResponse:
    """Show what a resident may ask for, and what this system never does."""
    reader = Reader.of(request)
    shown = []
    for pack in opening.kinds("resident", "web"):
        basis = pack.document["legal_basis"]
        shown.append(
            {
                "title": reader.text(pack.title),
                "basis": reader.text(basis["text"]),
                "source": Words(pack.document, reader.language).source(basis["source"]),
                "purpose": reader.text(pack.document["purpose"]),
                "printed": reader.text(pack.document["privacy"]["printed"]),
                "access": reader.text(pack.document["access_note"]),
                "deletion": reader.text(pack.document["retention"]["deletion"]),
                "promises": promises(pack, reader),
            }
        )
    return render(request, "pages/public/rights.html", {"packs": shown})
