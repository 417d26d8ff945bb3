"""
Letters that tell a resident that there is news: print those that wait, then say that they went to the post.

Printing opens the address, so each letter is an entry with a purpose that its resident reads. The sheets stand in the
answer to the form and nowhere else; whoever needs one again prints again, which is another entry.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import translation
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from huajie.apps.matters import loading
from huajie.apps.matters.errors import Changed, Denied, KeyReused, UnknownMatter
from huajie.apps.matters.numbers import shown
from huajie.apps.outbox import operations, queries
from huajie.apps.vault.operations import Unreadable
from huajie.core.ledger import moment, stamp
from huajie.core.procedure import Refused
from huajie.edges.desk.seated import Desk, at_seat, page
from huajie.edges.pages import dates
from huajie.edges.pages.forms import key_of, new_key, one, posted_of
from huajie.edges.pages.reader import Reader

#: Letters on one page, and printed at once.
MOST = 20


@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("open_identity")
def letters(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List the letters that wait, and print those that were ticked."""
    if request.method != "POST":
        return _listed(request, desk)
    posted = posted_of(request)
    said = one(posted, "purpose_words", 2000)
    wanted = _streams(desk, posted.get("number", [])[:MOST])
    if not wanted or not said:
        fault = _("Tick the letters to print.") if not wanted else _("Say what you open the addresses for.")
        return _listed(request, desk, fault=fault, said=said, ticked=frozenset(posted.get("number", [])), status=422)
    key, site = key_of(posted), request.build_absolute_uri("/").rstrip("/")
    sheets: list[dict[str, Any]] = []
    kept: list[str] = []
    repeat = False
    for stream, number in wanted:
        try:
            letter = operations.print_letter(desk.actor, stream, said=said, key=key, now=desk.reader.now, site=site)
        except (Refused, Changed, Denied, KeyReused, UnknownMatter, Unreadable):
            letter = None
        if letter is None:
            kept.append(number)
        elif letter.repeat:
            repeat = True
        else:
            sheets.append(_sheet(letter, desk.reader))
    context = {"sheets": sheets, "kept": kept, "repeat": repeat, "url": reverse("desk:letters")}
    return page(request, desk, "pages/desk/letters_printed.html", context, here="letters")


def _sheet(letter: operations.Letter, reader: Reader) -> dict[str, Any]:
    """Return one sheet in the language of its reader."""
    with translation.override("zh-hans" if letter.language == "zh" else "en"):
        words = Reader(letter.language, reader.now, reader.jurisdiction)
        return {
            "number": letter.number,
            "tag": "zh-Hans" if letter.language == "zh" else "en",
            "name": letter.name,
            "address": letter.address,
            "office": letter.words.office,
            # the year is written out: a letter is kept
            "day": dates.day(words.today(words.home_zone), letter.language, 0, weekday=False),
            "subject": letter.words.subject,
            "greeting": _("Good day,"),
            "text": letter.words.text,
        }


def _listed(
    request: HttpRequest,
    desk: Desk,
    *,
    fault: str = "",
    said: str = "",
    ticked: frozenset[str] = frozenset(),
    status: int = 200,
) -> HttpResponse:
    reader = desk.reader
    rows = queries.letters(desk.actor, after=_after(request.GET.get("after", "")), limit=MOST + 1)
    more = ""
    if len(rows) > MOST:
        rows = rows[:MOST]
        more = f"?{urlencode({'after': f'{stamp(rows[-1].since)}~{rows[-1].stream.hex}'})}"
    context = {
        "rows": [
            {
                "number": shown(row.number),
                "count": row.count,
                "since": reader.moment(row.since, reader.home_zone),
                "printed": row.printed,
                "ticked": shown(row.number) in ticked or (not ticked and not row.printed),
            }
            for row in rows
        ],
        "more": more,
        "key": new_key(),
        "fault": fault,
        "said": said or _("To send the letter that says that there is news"),
        "letters": settings.HUAJIE_OUTBOX.letters,
        "posted": request.GET.get("posted", ""),
    }
    return page(request, desk, "pages/desk/letters.html", context, here="letters", status=status)


@require_POST
@at_seat("open_identity")
def posted(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Note that printed letters went to the post."""
    wanted = _streams(desk, posted_of(request).get("number", [])[:MOST])
    count = operations.posted([stream for stream, _number in wanted], desk.reader.now)
    return HttpResponseRedirect(f"{reverse('desk:letters')}?{urlencode({'posted': count})}")


def _streams(desk: Desk, numbers: list[str]) -> list[tuple[UUID, str]]:
    """Return stream and number of those matters whose letter the seat may print."""
    found = {}
    for number in dict.fromkeys(numbers):
        tip = loading.load(number, using="default")
        if tip is not None:
            found[tip.stream] = shown(tip.number)
    return [(stream, found[stream]) for stream in queries.letters_among(desk.actor, list(found))]


def _after(text: str) -> tuple[datetime, UUID] | None:
    try:
        at, stream = text.split("~")
        return moment(at), UUID(hex=stream)
    except ValueError:
        return None
