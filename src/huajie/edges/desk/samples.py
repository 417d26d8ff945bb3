"""Endings looked at again: the seed is fixed, the endings drawn, and what somebody else found is recorded."""

from calendar import monthrange
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from huajie.apps.matters.numbers import shown
from huajie.apps.matters.queries import Row, see
from huajie.apps.supervision import samples as operations
from huajie.apps.supervision.queries import listed
from huajie.core.figures import clopper_pearson
from huajie.core.procedure import Pack
from huajie.core.supervision import BadSample
from huajie.edges.desk.matter import matter_url
from huajie.edges.desk.rows import Lines
from huajie.edges.desk.seated import Desk, at_seat, page
from huajie.edges.pages.forms import Drawn, Fault, Option, one, posted_of
from huajie.edges.pages.reader import Reader


def refused_words(word: str) -> str:
    """Return why something about a sample can't be."""
    return {
        "role": _("This is for a supervisor or a verifier."),
        "known": _("That has been done already."),
        "over": _("The period is over: its seed has to be fixed before."),
        "not-over": _("The period is not over yet; its endings are frozen on the day after."),
        "none": _("Nothing ended in this period, or no seed was fixed for it."),
        "handled": _("You handled this matter or answer for it; somebody else looks at it again."),
        "sponsor": _("Its sponsor does not verify it."),
        "answer": _(
            "Answer all three questions and say how each meeting went. Only the resident can say that it is solved."
        ),
    }[word]


def question_words() -> dict[str, str]:
    """Return the three questions."""
    return {
        "answerable": _("Is somebody answerable for it?"),
        "done": _("Was what was promised done?"),
        "solved": _("Does the resident say that the problem is solved?"),
    }


def _answer_words() -> dict[str, str]:
    return {"yes": _("Yes"), "no": _("No"), "unknown": _("Nobody can say")}


def _meeting_words() -> dict[str, tuple[str, str, dict[str, str]]]:
    """Return title, hint and choices of each meeting."""
    return {
        "resident": (
            _("Meeting with the resident"),
            _(
                "They choose how and when and may refuse without a reason. Neither handler nor sponsor is there; "
                "no place and no picture of anybody is recorded."
            ),
            {
                "met": _("Met"),
                "refused": _("They did not want to"),
                "not-reached": _("Not reached"),
                "not-known": _("Nobody knows who it is (anonymous)"),
            },
        ),
        "channel": (
            _("How they chose to meet"),
            _("Only where they were met."),
            {
                "phone": _("By phone"),
                "their-place": _("Where they wanted"),
                "counter": _("At the counter"),
                "online": _("Online"),
                "letter": _("By letter"),
            },
        ),
        "met_unit": (
            _("Meeting with the unit"),
            "",
            {
                "met": _("Met"),
                "unavailable": _("Nobody was available"),
                "not-needed": _("Not needed: file and site show it"),
            },
        ),
        "file": (
            _("The file"),
            "",
            {"read": _("Read, complete"), "incomplete": _("Read, something is missing"), "missing": _("Not found")},
        ),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("list")
def samples(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show the samples; a supervisor fixes the seed of a month or draws one that is over."""
    reader = desk.reader
    faults: list[Fault] = []
    if request.method == "POST":
        posted = posted_of(request)
        try:
            name = _do(desk, one(posted, "do", 10), one(posted, "sample", 16), one(posted, "size", 6))
        except operations.SampleRefused as error:
            faults = [Fault("", refused_words(error.word))]
        except BadSample:
            faults = [Fault("size", _("At least one of each unit, and no more than ended in the period."))]
        else:
            return HttpResponseRedirect(reverse("desk:sample", args=[name]))
    today = reader.today(reader.home_zone)
    known = operations.samples()
    month = f"{today:%Y-%m}"
    may = "supervisor" in desk.actor.roles
    context = {
        "may": may,
        "month": month if may and month not in {sample.name for sample in known} else "",
        "rows": [_row(sample, reader, may=may, today=today) for sample in known],
        "faults": faults,
    }
    return page(request, desk, "pages/desk/samples.html", context, here="samples", status=422 if faults else 200)


def _row(sample: operations.Known, reader: Reader, *, may: bool, today: date) -> dict[str, Any]:
    return {
        "name": sample.name,
        "period": f"{reader.day(sample.first, weekday=False)} – {reader.day(sample.last, weekday=False)}",
        "seed_hash": sample.seed_hash,
        "fixed": reader.moment(sample.fixed_at, reader.home_zone),
        "drawn": reader.moment(sample.frozen_at, reader.home_zone) if sample.frozen_at is not None else "",
        "draw": may and not sample.document and sample.last < today,
        "url": reverse("desk:sample", args=[sample.name]) if sample.document else "",
    }


def _do(desk: Desk, what: str, name: str, size: str) -> str:
    reader = desk.reader
    given = {"actor": desk.actor, "now": reader.now, "zone": reader.home_zone}
    if what == "fix":
        today = reader.today(reader.home_zone)
        first, last = today.replace(day=1), today.replace(day=monthrange(today.year, today.month)[1])
        name = f"{today:%Y-%m}"
        operations.fix_seed(name, first=first, last=last, **given)
        return name
    if what != "draw":
        raise Http404
    if not (size.isascii() and size.isdigit()):
        raise BadSample("size")
    operations.freeze_and_draw(name, size=int(size), **given)
    return name


@require_safe
@at_seat("list")
def sample(request: HttpRequest, desk: Desk, name: str) -> HttpResponse:
    """Show what was drawn, as far as the seat may see the matters, and how often each unit's endings are as claimed."""
    known = operations.sample(name)
    if known is None:
        raise Http404
    reader, lines = desk.reader, Lines(desk.reader, desk.actor)
    endings = operations.drawn(name)
    rows = listed(desk.actor, [ending.matter for ending in endings])
    answers = _answer_words()
    checks = bool(desk.actor.roles & {"verifier", "supervisor"})
    shown_rows = []
    for ending in endings:
        row = rows.get(ending.matter)
        if row is None:
            continue
        pack = lines.packs.get(row.pack)
        claim = pack.outcomes.get(ending.outcome) if pack is not None and isinstance(pack.outcomes, dict) else None
        shown_rows.append(
            {
                "title": lines.title(row),
                "number": shown(row.number),
                "url": lines.matter_url(row.number),
                "unit": reader.unit(ending.unit),
                "claim": reader.text(claim) if claim else ending.outcome or _("opened again since"),
                "found": [answers[value] for value in ending.answers.values() if value],
                "check": reverse("desk:sample-check", args=[name, row.number])
                if checks and ending.checked_at is None
                else "",
                "again": _again(ending, row, pack, reader),
            }
        )
    after = operations.aftermath(name)
    agreed = []
    for one_unit in operations.agreement(name):
        low, high = clopper_pearson(one_unit.agreed, one_unit.checked) if one_unit.checked else (0.0, 1.0)
        agreed.append(
            {
                "unit": reader.unit(one_unit.unit),
                "drawn": one_unit.drawn,
                "checked": one_unit.checked,
                "agreed": one_unit.agreed,
                "open": one_unit.open,
                "interval": f"{low * 100:.0f}–{high * 100:.0f}%" if one_unit.checked else "",
            }
        )
    context = {
        "sample": _row(known, reader, may=False, today=known.last),
        "rows": shown_rows,
        "hidden": len(endings) - len(shown_rows),
        "agreed": agreed if "supervisor" in desk.actor.roles or "auditor" in desk.actor.roles else [],
        "after": after if after.found and desk.actor.roles & {"supervisor", "auditor"} else None,
        "public_url": reverse("public:samples"),
    }
    return page(request, desk, "pages/desk/sample.html", context, here="samples")


def _again(ending: operations.Ending, row: Row, pack: Pack | None, reader: Reader) -> str:
    """Return how a matter stands whose ending was not as it claimed; empty for any other."""
    if "no" not in ending.answers.values():
        return ""
    if row.open:
        return _("open again")
    words = pack.outcomes.get(row.outcome or "") if pack is not None and isinstance(pack.outcomes, dict) else None
    if (row.outcome or "") == ending.outcome:
        return _("stands as ended")
    return _("ended anew: %(outcome)s") % {"outcome": reader.text(words) if words else row.outcome or ""}


@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("see")
def check(request: HttpRequest, desk: Desk, name: str, number: str) -> HttpResponse:
    """Show the three meetings and questions of one ending that was drawn, or record them."""
    opened = see(desk.actor, number)
    ending = next((each for each in operations.drawn(name) if each.matter == opened.tip.stream), None)
    if ending is None:
        raise Http404
    posted = posted_of(request) if request.method == "POST" else {}
    names = (*_meeting_words(), *question_words())
    given = {each: one(posted, each, 16) for each in names}
    faults: list[Fault] = []
    if posted:
        try:
            operations.check(
                name,
                opened.tip.stream,
                answers={each: given[each] for each in operations.QUESTIONS},
                resident=given["resident"],
                channel=given["channel"],
                met_unit=given["met_unit"],
                file=given["file"],
                actor=desk.actor,
                now=desk.reader.now,
            )
        except operations.SampleRefused as error:
            faults = [Fault("", refused_words(error.word))]
        else:
            return HttpResponseRedirect(reverse("desk:sample", args=[name]))
    fields = [
        _select(each, title, hint, choices, given[each], required=each != "channel")
        for each, (title, hint, choices) in _meeting_words().items()
    ]
    fields += [_select(each, title, "", _answer_words(), given[each]) for each, title in question_words().items()]
    context = {
        "number": opened.tip.number,
        "url": matter_url(opened.tip.number),
        "back": reverse("desk:sample", args=[name]),
        "fields": fields,
        "faults": faults,
    }
    return page(request, desk, "pages/desk/sample_check.html", context, here="samples", status=422 if faults else 200)


def _select(name: str, title: str, hint: str, choices: dict[str, str], value: str, *, required: bool = True) -> Drawn:
    options = [Option(code, words, code == value) for code, words in choices.items()]
    return Drawn(name, "select", title, hint, required, value, [("", options)])
