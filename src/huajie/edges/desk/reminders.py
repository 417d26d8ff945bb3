"""Reminders, chasers and slips as a unit has them: taken, answered; the supervision office withdraws one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from huajie.apps.jurisdiction.queries import display_names
from huajie.apps.ledger.operations import Conflict
from huajie.apps.matters.errors import UnknownMatter
from huajie.apps.matters.numbers import parse_number, shown
from huajie.apps.matters.queries import BadCursor, Row, see
from huajie.apps.procedure.registry import packs
from huajie.apps.supervision import queries
from huajie.apps.supervision import reminders as operations
from huajie.apps.supervision.reminders import CAUSES, MOST_WORDS, Key, Reminder
from huajie.apps.supervision.stream import Declined
from huajie.core.access import answers_reminders, issues_reminders, watches_units
from huajie.edges.desk.board import slip_mark
from huajie.edges.desk.replies import (
    cause_words,
    persons,
    reply_words,
    rung_words,
    state_words,
    taken_words,
    told_words,
)
from huajie.edges.desk.rows import Lines
from huajie.edges.desk.seated import Desk, at_seat, page
from huajie.edges.pages.clocks import left
from huajie.edges.pages.forms import Fault, clean, one, posted_of
from huajie.edges.pages.html import pill

#: Days from today that the form proposes.
_PROPOSED_DAYS = 3


def _refused(word: str) -> tuple[str, str]:
    """Return the field that a word is about, and what is wrong."""
    return {
        "none": ("", _("There is no such reminder for your seat.")),
        "role": ("", _("It is for another seat to do.")),
        "known": ("", _("That has been done already; the page shows who did it.")),
        "withdrawn": ("", _("It was withdrawn.")),
        "cause": ("cause", _("Say why it is not done yet.")),
        "words": ("words", _("Say in at most %(n)s characters what comes next.") % {"n": MOST_WORDS}),
        "reason": ("reason", _("Give a reason of at most %(n)s characters.") % {"n": MOST_WORDS}),
        "person": ("", _("No phone, identity number or the like may stand here; leave it out.")),
        "date": ("by", _("Give a day from today on.")),
    }[word]


@dataclass(frozen=True, slots=True)
class _Given:
    """What was typed about one reminder, shown again where something is wrong."""

    key: str = ""
    do: str = ""
    cause: str = ""
    words: str = ""
    by: str = ""
    reason: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("list")
def reminders(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show the reminders and slips of a unit, or of every unit to whoever supervises; take, answer, withdraw."""
    actor, reader = desk.actor, desk.reader
    if not (watches_units(actor) or any(answers_reminders(actor, unit) for unit in actor.answers)):
        raise Http404
    number = clean(request.GET.get("matter", ""))
    url = reverse("desk:reminders")
    here = f"{url}?{urlencode({'matter': number})}" if number else url
    faults: list[Fault] = []
    given = _Given()
    if request.method == "POST":
        posted = posted_of(request)
        names = ("key", "do", "cause", "words", "by", "reason")
        given = _Given(*(one(posted, name, 1000) for name in names))
        keys = [text[:300] for text in posted.get("keys", ())] if given.do == "receive" else [given.key]
        try:
            _do(desk, given, keys)
        except Declined as error:
            faults = [Fault(*_refused(error.word))]
        except Conflict:
            faults = [Fault("", _("Somebody else did something at this very moment. Look at it and send it again."))]
        else:
            return HttpResponseRedirect(here)
    after = clean(request.GET.get("after", "")) or None
    earlier = clean(request.GET.get("earlier", "")) or None
    matter = ""
    if number:
        try:
            opened = see(actor, parse_number(number))
        except (UnknownMatter, ValueError) as error:
            raise Http404 from error
        matter = opened.tip.number
        every = operations.of_matter(actor, opened.tip.stream)
        newest = {(found.key.clock, found.key.due_at): found.key for found in every}
        owed = [found.is_open and found.key in newest.values() for found in every]
        waiting = operations.Page(tuple(found for found, owes in zip(every, owed, strict=True) if owes), None)
        rest = [found for found, owes in zip(every, owed, strict=True) if not owes]
        done = operations.Page(tuple(reversed(rest)), None)
    else:
        try:
            waiting = operations.reminders(actor, after=after)
            done = operations.reminders(actor, done=True, after=earlier)
        except BadCursor as error:
            raise Http404 from error
    slips = queries.slips_to(actor) if not (number or after or earlier) else ()
    streams = {found.key.matter for found in (*waiting.reminders, *done.reminders)} | {slip.about for slip in slips}
    rows = queries.listed(actor, streams | {slip.slip for slip in slips})
    people = display_names(persons((*waiting.reminders, *done.reminders)))
    lines = Lines(reader, actor)
    shows = _Shows(desk, lines, rows, people, given if faults else _Given())
    untaken = [
        found.key.written
        for found in waiting.reminders
        if found.received is None and answers_reminders(actor, found.unit)
    ]
    context = {
        "title": _("Reminders and slips") if not watches_units(actor) else _("Reminders to units"),
        "watching": watches_units(actor),
        "matter": shown(matter) if matter else "",
        "waiting": [shows.waiting(found) for found in waiting.reminders if found.key.matter in rows],
        "untaken": untaken if len(untaken) > 1 else [],
        "done": [shows.done(found) for found in done.reminders if found.key.matter in rows],
        "slips": [shows.slip(slip) for slip in slips if slip.slip in rows],
        "causes": list(cause_words().items()),
        "most": MOST_WORDS,
        "here": here,
        "more": f"{url}?{urlencode({'after': waiting.next})}" if waiting.next else "",
        "earlier": f"{url}?{urlencode({'earlier': done.next})}" if done.next else "",
        "first": url if after or earlier else "",
        "ladder": reverse("desk:ladder"),
        "faults": faults,
    }
    return page(request, desk, "pages/desk/reminders.html", context, here="reminders", status=422 if faults else 200)


def _do(desk: Desk, given: _Given, keys: list[str]) -> None:
    """
    Raises:
        Declined, Conflict: as the operations say.
    """
    actor, now = desk.actor, desk.reader.now
    if given.do == "receive":
        operations.receive([Key.read(text) for text in keys], actor=actor, now=now)
        return
    (key,) = (Key.read(text) for text in keys)
    if given.do == "withdraw":
        operations.withdraw(key, reason=given.reason, actor=actor, now=now)
        return
    try:
        by_date = date.fromisoformat(given.by)
    except ValueError:
        raise Declined("date") from None
    operations.answer(key, cause=given.cause, words=given.words, by_date=by_date, actor=actor, now=now)


@dataclass(frozen=True, slots=True)
class _Shows:
    """Makes the lines of the page."""

    desk: Desk
    lines: Lines
    rows: Mapping[Any, Row]
    names: Mapping[str, str]
    given: _Given

    def _line(self, found: Reminder) -> dict[str, Any]:
        reader, row = self.desk.reader, self.rows[found.key.matter]
        zone = reader.zone(row.region)
        pack = packs().get(row.pack)
        clock = pack.clocks.get(found.key.clock.partition("#")[0]) if pack is not None else None
        return {
            "key": found.key.written,
            "told": told_words(found, reader, zone),
            "rung": rung_words()[found.key.rung],
            "title": self.lines.title(row),
            "url": self.lines.matter_url(row.number),
            "number": shown(row.number),
            "clock": reader.text(clock.title) if clock is not None else "",
            "unit": reader.unit(found.unit),
            "taken": taken_words(found, reader, zone, self.names),
        }

    def waiting(self, found: Reminder) -> dict[str, Any]:
        """Return a reminder that the unit has to take or answer."""
        desk, given = self.desk, self.given
        reader, row = desk.reader, self.rows[found.key.matter]
        zone = reader.zone(row.region)
        line = self._line(found)
        mine = answers_reminders(desk.actor, found.unit)
        typed = given if given.key == line["key"] else _Given()
        proposed = reader.today(reader.home_zone) + timedelta(days=_PROPOSED_DAYS)
        return {
            **line,
            "pill": left(found.key.due_at, zone, reader).pill,
            "state": state_words(found, reader),
            "reply_due": reader.moment(found.reply_due_at, reader.home_zone) if found.reply_due_at else "",
            "overdue": found.overdue(reader.now),
            "take": mine and found.received is None,
            "answer": mine,
            "withdraw": issues_reminders(desk.actor),
            "open": typed.do,
            "causes": [(code, words, code == typed.cause) for code, words in cause_words().items() if code in CAUSES],
            "words": typed.words,
            "by": typed.by or proposed.isoformat(),
            "today": reader.today(reader.home_zone).isoformat(),
            "reason": typed.reason,
        }

    def done(self, found: Reminder) -> dict[str, Any]:
        """Return a reminder that needs no word any more."""
        reader = self.desk.reader
        zone = reader.zone(self.rows[found.key.matter].region)
        answered = found.answered
        who = ""
        if answered is not None:
            who = _("%(name)s (%(seat)s), %(moment)s") % {
                "name": self.names.get(answered.person, ""),
                "seat": reader.seat(answered.seat),
                "moment": reader.moment(answered.at, zone),
            }
        return {
            **self._line(found),
            "reply": reply_words(found, reader) if answered is not None else "",
            "who": who,
            "state": "" if answered is not None and found.withdrawn is None else state_words(found, reader),
        }

    def slip(self, found: queries.SlipTo) -> dict[str, Any]:
        """Return a slip that is addressed to the unit."""
        reader, row = self.desk.reader, self.rows[found.slip]
        about = self.rows.get(found.about)
        zone = reader.zone(row.region)
        return {
            "mark": slip_mark(found.gravity),
            "url": self.lines.matter_url(row.number),
            "number": shown(row.number),
            "title": self.lines.title(about) if about is not None else self.lines.title(row),
            "stage": self.lines.stage(row),
            "pill": left(row.due_at, zone, reader).pill
            if row.due_at is not None
            else pill("", "wait", _("No date runs")),
        }
