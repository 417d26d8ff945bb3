"""The ladders: which one is in force, what each says and by which source, and what it would come to today."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from huajie.apps.jurisdiction.queries import display_names
from huajie.apps.ledger.operations import Conflict
from huajie.apps.supervision import choices
from huajie.apps.supervision.stream import Declined
from huajie.core.access import issues_reminders, watches_units
from huajie.core.supervision import RUNGS, Ladder
from huajie.edges.desk.replies import rung_words
from huajie.edges.desk.seated import Desk, at_seat, page
from huajie.edges.pages.forms import Fault, one, posted_of


def sure_words() -> dict[str, str]:
    """Return how sure we are of a source, by its tag."""
    return {
        "L": _("law, read in the text"),
        "W": _("from one public page"),
        "C": _("from several that agree"),
        "M": _("not confirmed"),
        "D": _("our own, derived from the others"),
    }


def _refused(word: str) -> Fault:
    return {
        "role": Fault("", _("This is for a supervisor.")),
        "unknown": Fault("name", _("Choose one of the ladders.")),
        "same": Fault("name", _("This ladder is the one chosen last already.")),
        "reason": Fault("reason", _("Give a reason of at most %(n)s characters.") % {"n": choices.MOST_WORDS}),
    }[word]


@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("list")
def ladder(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show the ladders to everybody who is urged by them; a supervisor chooses, whoever watches sees the simulation."""
    reader, actor = desk.reader, desk.actor
    faults: list[Fault] = []
    given = {"name": "", "reason": ""}
    if request.method == "POST":
        posted = posted_of(request)
        given = {name: one(posted, name, 1000) for name in given}
        try:
            choices.choose(given["name"], reason=given["reason"], actor=actor, now=reader.now)
        except Declined as error:
            faults = [_refused(error.word)]
        except Conflict:
            faults = [Fault("", _("Somebody else did something at this very moment. Look at it and send it again."))]
        else:
            return HttpResponseRedirect(reverse("desk:ladder"))
    known, made = choices.known(), choices.made()
    now_at = _name_at(made, reader.now)
    coming = made[-1] if made and made[-1].from_at > reader.now else None
    simulated = choices.simulate(reader.now) if watches_units(actor) else None
    titles = {each.name: reader.text(each.title) for each in known}
    names = display_names(frozenset(each.person for each in made))
    words = rung_words()
    zone = reader.home_zone
    context = {
        "rungs": [words[rung] for rung in RUNGS],
        "rows": [_row(each, now_at, simulated, desk) for each in known],
        "simulated": simulated,
        "at": reader.moment(simulated.at, zone) if simulated is not None else "",
        "now": titles.get(now_at, now_at),
        "coming": titles.get(coming.name, coming.name) if coming is not None else "",
        "coming_at": reader.moment(coming.from_at, zone) if coming is not None else "",
        "may": issues_reminders(actor),
        "begins": reader.moment(choices.begins(reader.now), zone),
        "choices": [
            (each.name, titles[each.name], each.name == (given["name"] or (made[-1].name if made else "default")))
            for each in known
        ],
        "given": given,
        "most": choices.MOST_WORDS,
        "made": [
            {
                "title": titles.get(each.name, each.name),
                "from": reader.moment(each.from_at, zone),
                "reason": each.reason,
                "who": _("%(name)s (%(seat)s), %(moment)s")
                % {
                    "name": names.get(each.person, ""),
                    "seat": reader.seat(each.seat),
                    "moment": reader.moment(each.made_at, zone),
                },
            }
            for each in reversed(made)
        ],
        "faults": faults,
    }
    return page(request, desk, "pages/desk/ladder.html", context, here="ladder", status=422 if faults else 200)


def _name_at(made: tuple[choices.Made, ...], now: datetime) -> str:
    """Return the name of the ladder that is in force for what starts now."""
    found = [each for each in made if each.from_at <= now]
    return max(found, key=lambda each: (each.from_at, each.n)).name if found else choices.DEFAULT


def _when(ladder: Ladder, rung: str) -> str:
    """Return when a ladder has a rung, in a few words; empty where it has none."""
    percent = dict(ladder.reminders).get(rung)
    if percent is not None:
        return _("%(n)s%% of the time") % {"n": percent}
    if rung == "chaser":
        return _("when due")
    days = dict(ladder.graver).get(rung)
    return _("%(n)s working days late") % {"n": days} if days is not None else ""


def _row(known: choices.Known, now_at: str, simulated: choices.Simulated | None, desk: Desk) -> dict[str, Any]:
    reader = desk.reader
    source = known.source
    counted = simulated.rungs[known.name] if simulated is not None else {}
    return {
        "title": reader.text(known.title),
        "note": reader.text(known.note),
        "source": reader.text(source["title"]),
        "article": "" if str(source["article"]).startswith("DOMAIN") else source["article"],
        "year": str(source["date"])[:4],
        "sure": sure_words().get(source["tag"], source["tag"]),
        "here": known.name == now_at,
        "rungs": [{"when": _when(known.ladder, rung), "n": counted.get(rung)} for rung in RUNGS],
        "reply": known.ladder.reply_workdays,
        "stuck": known.ladder.stuck_workdays,
    }
