"""Minutes of a progress review: read and printed, written and corrected, confirmed by whoever had the chair."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from huajie.apps.ledger.errors import Conflict
from huajie.apps.matters.numbers import shown
from huajie.apps.procedure.registry import packs
from huajie.apps.supervision import minutes as operations
from huajie.apps.supervision import queries, reviews
from huajie.core.ledger import moment
from huajie.edges.desk.board import figure_words
from huajie.edges.desk.filters import link
from huajie.edges.desk.matter import matter_url
from huajie.edges.desk.reviews import may_look, refused_words, review_of, seat_words, text_words, what_words
from huajie.edges.desk.seated import Desk, at_seat, page
from huajie.edges.pages import dates
from huajie.edges.pages.forms import Fault, one, posted_of
from huajie.edges.pages.reader import Reader

#: Fields for seats that are not offered by themselves.
_MORE = 4


def _why(word: str) -> str:
    return {
        "early": _("The review is not held yet; there is nothing to write down."),
        "settled": _("The minutes are confirmed and can't be changed any more."),
        "changed": _("Somebody else has written a newer version. Nothing of yours was kept; look at theirs first."),
        "seat": _("One of the seats does not exist. Choose it from the list."),
        "long": _("A remark has at most 4,000 characters."),
        "person": _("A number in the remarks tells who somebody is. Name the matter by its number instead."),
        "chair": _("The seat that had the chair confirms the minutes."),
        "behind": _("Something was decided since this version was written. Save it again, read it, then confirm it."),
        "none": _("There are no minutes yet."),
    }.get(word) or refused_words(word)


@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("list", keeps_form=True)
def minutes(request: HttpRequest, desk: Desk, day: str) -> HttpResponse:
    """Show the minutes as they are printed, with the form that writes them; write or confirm them."""
    may_look(desk)
    review = review_of(day)
    if review.held_at is None:
        raise Http404
    reader, on = desk.reader, review.day
    here = reverse("desk:minutes", args=[day])
    posted = posted_of(request) if request.method == "POST" else desk.draft.values if desk.draft else {}
    faults: list[Fault] = []
    if request.method == "POST":
        faults = _do(desk, on, posted)
        if not faults:
            return HttpResponseRedirect(here)
    written = operations.versions(on)
    chosen = _chosen(written, request.GET.get("version", ""))
    decided = reviews.decisions([on])
    newest = written[-1] if written else None
    writes = reviews.chairs(desk.actor, reader.jurisdiction) and (newest is None or newest.confirmed_at is None)
    context = {
        "day": reader.day(on),
        "back": reverse("desk:review", args=[day]),
        "sheet": _sheet(desk, chosen, decided) if chosen is not None else None,
        "versions": [
            {
                "n": one_version.version,
                "url": link(here, {"version": str(one_version.version)}),
                "at": reader.moment(one_version.written_at, reader.home_zone),
                "by": seat_words(desk, one_version.unit, one_version.seat),
                "here": one_version is chosen,
            }
            for one_version in reversed(written)
        ],
        "writes": writes,
        "seen": len(written),
        "form": _form(desk, review, newest, decided, posted) if writes else None,
        "may_confirm": newest is not None and writes and chosen is newest and review.chair[1] == desk.actor.seat,
        "hash": newest.hash if newest is not None else "",
        "faults": faults,
    }
    return page(request, desk, "pages/desk/minutes.html", context, here="reviews", status=422 if faults else 200)


def _chosen(written: tuple[operations.Version, ...], asked: str) -> operations.Version | None:
    """Return the version that the address names, the newest where it names none."""
    if not asked:
        return written[-1] if written else None
    found = next((version for version in written if str(version.version) == asked), None)
    if found is None:
        raise Http404
    return found


def _do(desk: Desk, on: date, posted: Mapping[str, list[str]]) -> list[Fault]:
    try:
        if one(posted, "do", 10) == "confirm":
            operations.confirm(on, told=one(posted, "hash", 64), actor=desk.actor, now=desk.reader.now)
            return []
        present = [text.split()[0] for text in posted.get("present", []) if text.strip()]
        said = {
            int(name[5:]): one(posted, name, operations.LONGEST + 1)
            for name in posted
            if name.startswith("said-") and name[5:].isascii() and name[5:].isdigit() and len(name) < 16
        }
        seen = one(posted, "seen", 8)
        operations.write(
            on,
            present=present,
            words=one(posted, "words", operations.LONGEST + 1),
            said=said,
            seen=int(seen) if seen.isascii() and seen.isdigit() else -1,
            actor=desk.actor,
            now=desk.reader.now,
        )
    except reviews.ReviewRefused as error:
        return [Fault("", _why(error.word))]
    except Conflict:
        return [Fault("", _why("changed"))]
    return []


def _form(
    desk: Desk,
    review: reviews.Review,
    newest: operations.Version | None,
    decided: tuple[reviews.Decided, ...],
    posted: Mapping[str, list[str]],
) -> dict[str, Any]:
    """Return what the form begins with: what was sent, else the newest version, else the chair alone."""
    reader = desk.reader
    seats = reader.jurisdiction.seats
    was = newest.document if newest is not None else {"present": [list(review.chair)], "words": "", "points": []}
    there = [code for _unit, code in was["present"] if code]
    if posted:
        there = [text.split()[0] for text in posted.get("present", []) if text.strip()]
    offered = dict.fromkeys([review.chair[1], *there, *_likely(desk, decided)])
    said = {point["entry"]: point["said"] for point in was["points"]}
    rows = queries.listed(desk.actor, [decision.matter for decision in decided])
    return {
        "present": [
            (code, seat_words(desk, seats[code].unit, code), code in there) for code in offered if code in seats
        ],
        "more": range(_MORE),
        "seats": [(seat.id, seat_words(desk, seat.unit, seat.id)) for seat in seats if seat.active],
        "points": [
            {
                "name": f"said-{decision.entry}",
                "title": f"{shown(row.number)} {what_words(desk, packs().get(row.pack), decision.kind, decision.act)}",
                "value": one(posted, f"said-{decision.entry}", 5000) if posted else said.get(decision.entry, ""),
            }
            for decision in decided
            if (row := rows.get(decision.matter)) is not None
        ],
        "words": one(posted, "words", 5000) if posted else was["words"],
    }


def _likely(desk: Desk, decided: tuple[reviews.Decided, ...]) -> list[str]:
    """Return seats that are likely to have been there: supervisors, and the heads of the units that owe something."""
    owing = {decision.owner for decision in decided}
    return [
        seat.id
        for seat in desk.reader.jurisdiction.seats
        if seat.active and ("supervisor" in seat.roles or (seat.unit in owing and "head" in seat.roles))
    ]


def _sheet(desk: Desk, version: operations.Version, decided: tuple[reviews.Decided, ...]) -> dict[str, Any]:
    """Return a version as it is printed, in the reader's language."""
    reader, zone, document = desk.reader, desk.reader.home_zone, version.document
    words = figure_words()
    texts = operations.words_of(desk.actor, decided)
    held = moment(document["held_at"])
    return {
        "unit": reader.unit(document["chair"][0]),
        "day": dates.full_day(version.day, reader.language),
        "held": _at(held, reader),
        "chair": seat_words(desk, *document["chair"]),
        "present": [seat_words(desk, unit, seat) for unit, seat in document["present"]],
        "frozen": _at(moment(document["snapshot"]["at"]), reader),
        "figures": [
            (said[0], document["snapshot"]["figures"][name])
            for name, said in words.items()
            if name in document["snapshot"]["figures"]
        ],
        "points": [
            _point(desk, point)
            | {
                "said": point["said"],
                "words": text_words(packs().get(point["pack"]), point["act"], texts.get(point["entry"], {})),
            }
            for point in document["points"]
        ],
        "last": [_point(desk, point) | {"done": point["done"]} for point in document["last"]],
        "words": [line for line in document["words"].split("\n") if line.strip()],
        "version": version.version,
        "hash": version.hash,
        "confirmed": reader.moment(version.confirmed_at, zone) if version.confirmed_at is not None else "",
    }


def _at(at: datetime, reader: Reader) -> str:
    zone = reader.home_zone
    return f"{dates.full_day(at.astimezone(zone).date(), reader.language)} {dates.clock_time(at, zone)}"


def _point(desk: Desk, point: Mapping[str, Any]) -> dict[str, Any]:
    reader = desk.reader
    return {
        "number": shown(point["number"]),
        "url": matter_url(point["number"]),
        "lead": reader.unit(point["lead"]),
        "what": what_words(desk, packs().get(point["pack"]), point["kind"], point["act"]),
        "by": seat_words(desk, *point["by"]),
        "owner": reader.unit(point["owner"]),
        "due": dates.full_day(date.fromisoformat(point["due"]), reader.language) if point["due"] else "",
    }
