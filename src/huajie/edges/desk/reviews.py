"""Progress reviews: on which days, what the board said then, what was decided, and what became of it."""

from datetime import UTC, date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from huajie.apps.matters.errors import Changed, Denied, UnknownMatter
from huajie.apps.matters.numbers import BadNumber, parse_number, shown
from huajie.apps.matters.queries import see
from huajie.apps.procedure.registry import packs
from huajie.apps.supervision import queries
from huajie.apps.supervision import reviews as operations
from huajie.core.procedure import Refused
from huajie.core.supervision import BadCadence, Phase
from huajie.edges.desk.board import ASK, ask_rows, figure_words, level_words
from huajie.edges.desk.rows import Lines
from huajie.edges.desk.seated import Desk, at_seat, page
from huajie.edges.pages.forms import Fault, faults_of, one, posted_of

#: Rows of the form for phases.
PHASES = 3
_LEVELS = ("slip", "talk", "listed")


def unit_words() -> dict[str, str]:
    """Return what the distance between reviews is counted in."""
    return {
        "workday": _("working days"),
        "day": _("days"),
        "week": _("weeks"),
        "month": _("months"),
        "quarter": _("quarters"),
        "year": _("years"),
    }


def _refused(word: str) -> str:
    return {
        "role": _("This is for a supervisor."),
        "none": _("There is no review on that day."),
        "early": _("Hold the review first, then decide."),
        "known": _("It is held already."),
    }[word]


@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("list")
def reviews(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show the reviews, past and coming; a supervisor sets their days."""
    _may(desk)
    reader = desk.reader
    faults: list[Fault] = []
    if request.method == "POST":
        try:
            operations.set_cadence(_phases(posted_of(request)), actor=desk.actor, now=reader.now)
        except operations.ReviewRefused as error:
            faults = [Fault("", _refused(error.word))]
        except (BadCadence, ValueError):
            faults = [
                Fault(
                    "",
                    _("The phases do not fit: each needs a distance and a first day after the one before has ended."),
                )
            ]
        else:
            return HttpResponseRedirect(reverse("desk:reviews"))
    known = operations.cadence()
    words = unit_words()
    phases: list[dict[str, Any]] = [
        {
            "every": phase.every,
            "unit": phase.unit,
            "first": phase.first_date.isoformat(),
            "until": phase.until_date.isoformat() if phase.until_date else "",
        }
        for phase in (known.phases if known is not None else ())
    ]
    if not phases:
        phases = [{"every": 1, "unit": "week", "first": reader.today(reader.home_zone).isoformat(), "until": ""}]
    phases += [{"every": "", "unit": "", "first": "", "until": ""}] * (PHASES - len(phases))
    context = {
        "may": "supervisor" in desk.actor.roles,
        "phases": list(enumerate(phases[:PHASES], 1)),
        "units": list(words.items()),
        "coming": [
            {"day": reader.day(one_day.date), "provisional": one_day.provisional}
            for one_day in operations.coming(reader.now, count=8)
        ],
        "rows": [_row(found, desk) for found in operations.reviews(limit=40)],
        "faults": faults,
    }
    return page(request, desk, "pages/desk/reviews.html", context, here="reviews", status=422 if faults else 200)


def _may(desk: Desk) -> None:
    # its snapshot is of the whole county: for whoever supervises it or audits that
    if not desk.actor.roles & {"supervisor", "auditor"}:
        raise Http404


def _phases(posted: Any) -> list[Phase]:
    found = []
    for number in range(1, PHASES + 1):
        every, unit, first, until = (one(posted, f"{name}{number}", 12) for name in ("every", "unit", "first", "until"))
        if not every:
            continue
        first_date, until_date = date.fromisoformat(first), date.fromisoformat(until) if until else None
        found.append(Phase(int(every), unit, first_date, until_date))  # type: ignore[arg-type]
    return found


def _row(found: operations.Review, desk: Desk) -> dict[str, Any]:
    reader = desk.reader
    figures = found.snapshot["figures"]
    return {
        "day": reader.day(found.day),
        "url": reverse("desk:review", args=[found.day.isoformat()]),
        "open": figures["open"],
        "late": figures["late"],
        "stuck": figures["stuck"],
        "held": reader.moment(found.held_at, reader.home_zone) if found.held_at is not None else "",
        "missed": found.missed(reader.now),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("list")
def review(request: HttpRequest, desk: Desk, day: str) -> HttpResponse:
    """Show the papers of one review, hold it, or record a decision."""
    _may(desk)
    reader = desk.reader
    try:
        on = date.fromisoformat(day)
        found = operations.review(on)
    except (ValueError, operations.ReviewRefused) as error:
        raise Http404 from error
    faults: list[Fault] = []
    given = {"number": "", "level": "slip", "words": ""}
    if request.method == "POST":
        posted = posted_of(request)
        given = {name: one(posted, name, 4000) for name in given}
        faults = _do(desk, on, one(posted, "do", 10), given)
        if not faults:
            return HttpResponseRedirect(reverse("desk:review", args=[day]))
    past = operations.reviews(limit=10_000)
    before = next((other.day for other in past if other.day < on), None)
    words = figure_words()
    late = queries.lines(desk.actor, "late", now=reader.now, limit=ASK * 2).lines
    known = {line.row.stream for line in late}
    stuck = [
        line
        for line in queries.lines(desk.actor, "stuck", now=reader.now, limit=ASK * 3).lines
        if line.row.stream not in known
    ][:ASK]
    context = {
        "review": _row(found, desk),
        "frozen": reader.moment(found.frozen_at, reader.home_zone),
        "figures": [
            {"title": words[name][0], "n": many} for name, many in found.snapshot["figures"].items() if name in words
        ],
        "late": ask_rows(desk, late, filled=False),
        "stuck": ask_rows(desk, stuck, filled=False),
        "last": _decided(desk, operations.decisions([before])) if before is not None else [],
        "last_day": reader.day(before) if before is not None else "",
        "decided": _decided(desk, operations.decisions([on])),
        "may": "supervisor" in desk.actor.roles,
        "levels": [(level, level_words()[place], level == given["level"]) for place, level in enumerate(_LEVELS, 1)],
        "given": given,
        "faults": faults,
    }
    return page(request, desk, "pages/desk/review.html", context, here="reviews", status=422 if faults else 200)


def _do(desk: Desk, on: date, what: str, given: dict[str, str]) -> list[Fault]:
    """Hold the review or record a decision; return what is wrong."""
    reader = desk.reader
    try:
        if what == "hold":
            operations.hold(on, actor=desk.actor, now=reader.now)
            return []
        stream = see(desk.actor, parse_number(given["number"])).tip.stream
        operations.decide(on, stream, level=given["level"], words=given["words"], actor=desk.actor, now=reader.now)
    except operations.ReviewRefused as error:
        return [Fault("", _refused(error.word))]
    except (BadNumber, UnknownMatter):
        return [Fault("number", _("No such matter, or none that you may see."))]
    except Refused as error:
        return faults_of(error.unmet, reader, packs()["cn.supervision"].sources)
    except (Changed, Denied):
        return [Fault("", _("It could not be done now; look at the matter and try again."))]
    return []


def _decided(desk: Desk, found: tuple[operations.Decided, ...]) -> list[dict[str, Any]]:
    reader, lines = desk.reader, Lines(desk.reader, desk.actor)
    rows = queries.listed(desk.actor, [decided.matter for decided in found] + [decided.slip for decided in found])
    pack = packs()["cn.supervision"]
    shown_rows = []
    for decided in found:
        matter, slip = rows.get(decided.matter), rows.get(decided.slip)
        if matter is None or slip is None:
            continue
        stage = pack.stages.get(decided.stage)
        shown_rows.append(
            {
                "title": lines.title(matter),
                "number": shown(matter.number),
                "url": lines.matter_url(matter.number),
                "slip": lines.matter_url(slip.number),
                "unit": reader.unit(decided.unit),
                "due": reader.day(slip.due_at.astimezone(reader.home_zone).date()) if slip.due_at is not None else "",
                "stage": reader.text(stage.title) if stage is not None else decided.stage,
                "done": decided.done,
            }
        )
    return shown_rows


@require_safe
@at_seat("list")
def feed(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Return the coming reviews as iCalendar: their days and nothing of what they are about."""
    _may(desk)
    name = _("Progress review")
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//huajie//reviews//ZH"]
    for occurrence in operations.coming(desk.reader.now, count=50):
        at = occurrence.at.astimezone(UTC)
        lines += [
            "BEGIN:VEVENT",
            f"UID:{occurrence.date.isoformat()}.review@huajie",
            f"DTSTAMP:{desk.reader.now.astimezone(UTC):%Y%m%dT%H%M%SZ}",
            f"DTSTART:{at:%Y%m%dT%H%M%SZ}",
            "DURATION:PT1H",
            f"SUMMARY:{name}",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return HttpResponse("\r\n".join(lines) + "\r\n", content_type="text/calendar; charset=utf-8")
