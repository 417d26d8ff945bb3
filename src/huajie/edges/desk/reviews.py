"""Progress reviews: on which days, what the board said then, what was decided, and what became of it."""

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from huajie.apps.ledger.errors import Conflict
from huajie.apps.matters.errors import Changed, Denied, UnknownMatter
from huajie.apps.matters.numbers import BadNumber, parse_number, shown
from huajie.apps.matters.queries import Opened, see
from huajie.apps.procedure.registry import packs
from huajie.apps.supervision import minutes, queries
from huajie.apps.supervision import reviews as operations
from huajie.core.procedure import Pack, Refused
from huajie.core.supervision import BadCadence, Phase
from huajie.edges.desk.board import ASK, ask_rows, figure_words, level_words
from huajie.edges.desk.feed import TYPE, review_events
from huajie.edges.desk.filters import link
from huajie.edges.desk.icalendar import write
from huajie.edges.desk.matter import matter_url
from huajie.edges.desk.rows import Lines
from huajie.edges.desk.seated import Desk, at_seat, page
from huajie.edges.pages import matter as views
from huajie.edges.pages.acts import Offer, offers
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


def refused_words(word: str) -> str:
    """Return why something about a review can't be."""
    return {
        "role": _("This is for whoever holds reviews."),
        "none": _("There is no review on that day."),
        "early": _("Hold the review first, then decide."),
        "known": _("It is held already."),
        "closed": _("A review decides nothing about sealed matters and minors' files."),
        "unfit": _("This act decides nothing; do it on the matter's own page."),
        "settled": _("The minutes are confirmed: nothing more is decided in this review."),
    }[word]


@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("list")
def reviews(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show the reviews, past and coming; a supervisor sets their days."""
    may_look(desk)
    reader = desk.reader
    faults: list[Fault] = []
    if request.method == "POST":
        try:
            operations.set_cadence(_phases(posted_of(request)), actor=desk.actor, now=reader.now)
        except operations.ReviewRefused as error:
            faults = [Fault("", refused_words(error.word))]
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


def may_look(desk: Desk) -> None:
    """Refuse whoever neither holds reviews nor audits: a snapshot is of the whole county."""
    if "auditor" not in desk.actor.roles and not operations.chairs(desk.actor, desk.reader.jurisdiction):
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


def review_of(day: str) -> operations.Review:
    """Return the review of a day as it stands in an address."""
    try:
        return operations.review(date.fromisoformat(day))
    except (ValueError, operations.ReviewRefused) as error:
        raise Http404 from error


@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("list")
def review(request: HttpRequest, desk: Desk, day: str) -> HttpResponse:
    """Show the papers of one review, or hold it."""
    may_look(desk)
    found = review_of(day)
    reader, on = desk.reader, found.day
    faults: list[Fault] = []
    if request.method == "POST":
        try:
            operations.hold(on, actor=desk.actor, now=reader.now)
        except operations.ReviewRefused as error:
            faults = [Fault("", refused_words(error.word))]
        else:
            return HttpResponseRedirect(reverse("desk:review", args=[day]))
    before = operations.before(on)
    words = figure_words()
    late = queries.lines(desk.actor, "late", now=reader.now, limit=ASK * 2).lines
    known = {line.row.stream for line in late}
    stuck = [
        line
        for line in queries.lines(desk.actor, "stuck", now=reader.now, limit=ASK * 3).lines
        if line.row.stream not in known
    ][:ASK]
    written = minutes.versions(on)
    decides = may_decide(desk, found)
    step = (lambda line: _decide_url(on, line.row.number)) if decides else None
    context = {
        "review": _row(found, desk),
        "chair": seat_words(desk, *found.chair) if found.chair[1] else "",
        "frozen": reader.moment(found.frozen_at, reader.home_zone),
        "figures": [
            {"title": words[name][0], "n": many} for name, many in found.snapshot["figures"].items() if name in words
        ],
        "late": ask_rows(desk, late, filled=False, decide=step),
        "stuck": ask_rows(desk, stuck, filled=False, decide=step),
        "last": decided_rows(desk, operations.decisions([before])) if before is not None else [],
        "last_day": reader.day(before) if before is not None else "",
        "decided": decided_rows(desk, operations.decisions([on])),
        "may_hold": found.held_at is None and operations.chairs(desk.actor, reader.jurisdiction),
        "decides": decides,
        "decide_url": reverse("desk:review-decide", args=[day]),
        "minutes_url": reverse("desk:minutes", args=[day]) if found.held_at is not None else "",
        "minutes": minutes_state(written),
        "faults": faults,
    }
    return page(request, desk, "pages/desk/review.html", context, here="reviews", status=422 if faults else 200)


def minutes_state(written: tuple[minutes.Version, ...]) -> str:
    """Return how the minutes stand."""
    if not written:
        return _("not written yet")
    return _("confirmed") if written[-1].confirmed_at is not None else _("draft %(n)s") % {"n": written[-1].version}


def may_decide(desk: Desk, found: operations.Review) -> bool:
    """Return whether the seat may decide in a review now."""
    try:
        operations.open_to(found.day, desk.actor)
    except operations.ReviewRefused:
        return False
    return True


def _decide_url(on: date, number: str) -> str:
    return link(reverse("desk:review-decide", args=[on.isoformat()]), {"number": shown(number)})


def seat_words(desk: Desk, unit: str, seat: str) -> str:
    """Return unit and seat as one line; never who sits there."""
    return f"{desk.reader.unit(unit)} · {desk.reader.seat(seat)}"


@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("list")
def decide(request: HttpRequest, desk: Desk, day: str) -> HttpResponse:
    """Show what the seat can decide about a matter in a review, or decide that a slip goes out."""
    may_look(desk)
    found = review_of(day)
    back = reverse("desk:review", args=[day])
    if not may_decide(desk, found):
        raise Http404
    reader = desk.reader
    posted = posted_of(request) if request.method == "POST" else {}
    given = {name: one(posted, name, 4000) for name in ("number", "level", "words", "due")}
    given["number"] = given["number"] or request.GET.get("number", "")[:40]
    given["level"] = given["level"] or _LEVELS[0]
    try:
        opened = see(desk.actor, parse_number(given["number"]))
    except (BadNumber, UnknownMatter):
        faults = [Fault("number", _("No such matter, or none that you may see."))]
        context: dict[str, Any] = {"back": back, "day": reader.day(found.day), "faults": faults, "given": given}
        return page(request, desk, "pages/desk/decide.html", context, here="reviews", status=422)
    faults = []
    if posted:
        faults = _slip(desk, found.day, opened, given)
        if not faults:
            return HttpResponseRedirect(f"{back}#decided")
    pack, state = opened.tip.pack, opened.tip.state
    assert state is not None
    asks, acts = _offers(opened, desk, found.day) if state.sensitivity == "ordinary" else ([], [])
    context = {
        "back": back,
        "day": reader.day(found.day),
        "number": opened.tip.number,
        "url": matter_url(opened.tip.number),
        "title": views.show(opened, opened.texts, reader).title or reader.text(pack.title),
        "unit": reader.unit(state.unit),
        "closed": state.sensitivity != "ordinary",
        "asks": asks,
        "acts": acts,
        "slips": "supervisor" in desk.actor.roles and operations.PROPOSE_SLIP in pack.acts and state.open,
        "levels": [(level, level_words()[place], level == given["level"]) for place, level in enumerate(_LEVELS, 1)],
        "given": given,
        "faults": faults,
    }
    return page(request, desk, "pages/desk/decide.html", context, here="reviews", status=422 if faults else 200)


def _slip(desk: Desk, on: date, opened: Opened, given: dict[str, str]) -> list[Fault]:
    """Decide that a slip goes out; return what is wrong."""
    reader = desk.reader
    try:
        due = date.fromisoformat(given["due"]) if given["due"] else None
    except ValueError:
        return [Fault("due", _("This is no date."))]
    level, words = given["level"], given["words"]
    try:
        operations.decide(on, opened.tip.stream, level=level, words=words, due=due, actor=desk.actor, now=reader.now)
    except operations.ReviewRefused as error:
        return [Fault("", refused_words(error.word))]
    except Refused as error:
        return faults_of(error.unmet, reader, opened.tip.pack.sources)
    except (Changed, Denied, Conflict, UnknownMatter):
        return [Fault("", _("It could not be done now; look at the matter and try again."))]
    return []


def _offers(opened: Opened, desk: Desk, on: date) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Return what the seat may do with a matter now: what asks an office for something, and what settles something."""
    tip, reader = opened.tip, desk.reader
    assert tip.state is not None
    calendar = views.calendar_of(tip.pack, tip.state, reader)
    about = {asked.key: asked.title for asked in views.show(opened, opened.texts, reader).requests}
    found = offers(
        tip.pack,
        tip.state,
        desk.actor,
        opened.relations,
        jurisdiction=reader.jurisdiction,
        calendar=calendar,
        reader=reader,
        about=about,
    )
    asks: list[dict[str, str]] = []
    acts: list[dict[str, str]] = []
    url = matter_url(tip.number)
    for offer in [*([found.first] if found.first is not None else []), *found.possible]:
        spec = tip.pack.acts[offer.name]
        if offer.name == operations.PROPOSE_SLIP or not operations.decides(spec):
            continue
        line = {
            "title": offer.title,
            "help": offer.help,
            "about": offer.about,
            "icon": offer.icon,
            "url": link(f"{url}acts/{offer.name}/", _carried(offer, on)),
        }
        (asks if operations.asks_an_office(spec) else acts).append(line)
    return asks, acts


def _carried(offer: Offer, on: date) -> dict[str, str]:
    return {**({"target": offer.target} if offer.target else {}), "review": on.isoformat()}


def decided_rows(desk: Desk, found: tuple[operations.Decided, ...]) -> list[dict[str, Any]]:
    """Return decisions as lines, of those matters that the seat may list, in a fixed number of statements."""
    reader, lines = desk.reader, Lines(desk.reader, desk.actor)
    slips = [decided.slip for decided in found if decided.slip is not None]
    rows = queries.listed(desk.actor, [decided.matter for decided in found] + slips)
    said = minutes.words_of(desk.actor, found)
    shown_rows = []
    for decided in found:
        matter = rows.get(decided.matter)
        if matter is None:
            continue
        slip = rows.get(decided.slip) if decided.slip is not None else None
        due = decided.due_date
        if due is None and slip is not None and slip.due_at is not None:
            due = slip.due_at.astimezone(reader.home_zone).date()
        pack = packs().get(matter.pack)
        shown_rows.append(
            {
                "title": lines.title(matter),
                "number": shown(matter.number),
                "url": lines.matter_url(matter.number),
                "what": what_words(desk, pack, decided.kind, decided.act),
                "said": text_words(pack, decided.act, said.get(decided.entry, {})),
                "step": lines.matter_url(slip.number) if slip is not None else lines.matter_url(matter.number),
                "by": seat_words(desk, decided.unit, decided.seat),
                "unit": reader.unit(decided.owner),
                "due": reader.day(due) if due is not None else "",
                "overdue": due is not None and not decided.done and due < reader.today(reader.home_zone),
                "stage": _stage_words(desk, decided),
                "done": decided.done,
            }
        )
    return shown_rows


def what_words(desk: Desk, pack: Pack | None, kind: str, act: str) -> str:
    """Return what was decided: the act's title in its procedure."""
    if kind == "slip":
        return _("A slip to the unit")
    spec = pack.acts.get(act) if pack is not None else None
    return desk.reader.text(spec.title) if spec is not None else act


def text_words(pack: Pack | None, act: str, texts: dict[str, str]) -> str:
    """Return the words that came with a decision, without its papers."""
    spec = pack.acts.get(act) if pack is not None else None
    kinds = {name: field.type for name, field in spec.fields_by_name.items()} if spec is not None else {}
    return " ".join(text for name, text in texts.items() if kinds.get(name) in ("text", "longtext"))


def _stage_words(desk: Desk, decided: operations.Decided) -> str:
    if decided.kind == "act":
        return _("done at once")
    if decided.kind == "request":
        return views.state_words().get(decided.stage, decided.stage)
    stage = packs()["cn.supervision"].stages.get(decided.stage)
    return desk.reader.text(stage.title) if stage is not None else decided.stage


@require_safe
@at_seat("list")
def feed(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Return the coming reviews as a file for a calendar."""
    may_look(desk)
    now = desk.reader.now
    return HttpResponse(write(review_events(now), now=now), content_type=TYPE)
