"""
The lines of lists, made in Python: fifty stand on a page, and a template would take longer over them than the database.

Every text is escaped here; `SafeString` says so to the template that takes them.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from itertools import repeat
from typing import Final
from uuid import UUID

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from huajie.apps.matters.numbers import shown
from huajie.apps.matters.queries import Hit, Row, Running
from huajie.apps.procedure.registry import packs
from huajie.core.access import Actor
from huajie.core.procedure import Act, Pack
from huajie.edges.pages import dates
from huajie.edges.pages.clocks import Left, left
from huajie.edges.pages.forms import new_key
from huajie.edges.pages.html import marked, pill, thin_bar
from huajie.edges.pages.matter import channel_name
from huajie.edges.pages.reader import Reader
from huajie.edges.pages.roads import answer_to, at_once, drafting, next_step, own_step, sends_back, titled

#: Columns of a list besides the matter itself, in their order; the first five are the usual ones.
COLUMNS: Final = ("due", "stage", "unit", "topic", "received", "last", "channel", "outcome", "handoffs")
USUAL: Final = COLUMNS[:5]


def column_titles() -> dict[str, str]:
    """Return what each column is called."""
    return {
        "due": _("Next date"),
        "stage": _("Stage"),
        "unit": _("Who answers"),
        "topic": _("Topic and region"),
        "received": _("Received"),
        "last": _("Last act"),
        "channel": _("Channel"),
        "outcome": _("Outcome"),
        "handoffs": _("Hand-offs"),
    }


@dataclass(slots=True, frozen=True)
class Next:
    """The date that a line stands for."""

    due_at: datetime
    started_at: datetime | None
    #: name of the clock in the pack, or None
    clock: str | None
    #: it is the resident's own time to decide: nothing of ours is late when it has passed
    theirs: bool = False
    #: code of the unit for which the lead unit, who reads this, only waits; empty otherwise
    waits_for: str = ""

    @property
    def ours(self) -> bool:
        """Return whether the reader is late when it has passed."""
        return not self.theirs and not self.waits_for


@dataclass(slots=True, frozen=True)
class Step:
    """What is to be done with a line, where it is not the next step of the procedure."""

    what: str
    small: str
    #: below the matter's address
    path: str
    button: str


class Lines:
    """What the lines of one page share: words looked up once, addresses cut once."""

    def __init__(
        self,
        reader: Reader,
        actor: Actor,
        clocks: Mapping[UUID, Sequence[Running]] | None = None,
        *,
        until: datetime | None = None,
        unsigned: Collection[UUID] | None = None,
    ) -> None:
        """
        Take what the lines share.

        Args:
            until: a date of others before this moment is named as theirs; None: one that is over.
            unsigned: matters in which a document waits for a signature: in the others whoever can't sign what comes
                next drafts it; None: every line names the usual step.
        """
        self.reader = reader
        self.until = until or reader.now
        self.actor = actor
        self.clocks = clocks or {}
        #: units whose dates the reader must keep, or prepares for whoever must
        self.ours = actor.answers | actor.prepares
        #: the unit of somebody who answers for nothing of it: only what is asked there is theirs
        self.asked_in = actor.unit if not self.ours else None
        self.packs: Mapping[str, Pack] = packs()
        self._matter = reverse("desk:matter", args=["-"]).rstrip("-/")
        self._show = escape(_("Show"))
        self._untitled = _("%(topic)s (title not shown in lists)")
        self.titles = column_titles()
        self._theirs_over = _("Their time is over")
        self._waits = _("waits for %(unit)s")
        self._do = escape(_("Do this"))
        #: letters of a button
        self.most = 6 if reader.language == "zh" else 16
        #: what the reader's seat is to a matter of its unit, as far as an act asks for it
        self._as_lead = frozenset({"lead"}) | ({"lead_head"} if "head" in actor.roles else set())
        self._unsigned = unsigned

    def matter_url(self, number: str) -> str:
        """Return a matter's address; a number has no character that would need escaping."""
        return f"{self._matter}/{shown(number)}/"

    def title(self, row: Row) -> str:
        """Return what a line is called: its title, or its topic where it has none or one that is not for lists."""
        if row.title:
            return row.title
        pack, topic = self.packs.get(row.pack), self.reader.topic(row.topic)
        return topic if pack is not None and not titled(pack) else self._untitled % {"topic": topic}

    def stage(self, row: Row) -> str:
        """Return the title of a row's stage."""
        pack = self.packs.get(row.pack)
        stage = pack.stages.get(row.stage) if pack is not None else None
        return self.reader.text(stage.title) if stage is not None else row.stage

    def pack(self, row: Row) -> str:
        """Return the title of a row's procedure."""
        pack = self.packs.get(row.pack)
        return self.reader.text(pack.title) if pack is not None else row.pack

    def next(self, row: Row) -> Next | None:
        """
        Return the next date that the reader must keep.

        Where there is none: for the lead unit that of whoever it has asked, then the resident's own; for all others the
        next date of the matter.
        """
        if row.due_at is None or not row.open:
            return None
        pack = self.packs.get(row.pack)
        leads = row.unit in self.ours
        theirs: Next | None = None
        others: Next | None = None
        for clock in self.clocks.get(row.stream, ()):
            spec = pack.clocks.get(clock.name) if pack is not None else None
            if spec is not None and spec.holder == "resident":
                theirs = theirs or Next(clock.due_at, clock.started_at, clock.name, theirs=True)
            elif clock.unit in self.ours or (clock.unit or "") == self.asked_in or (clock.unit is None and leads):
                return Next(clock.due_at, clock.started_at, clock.name)
            else:
                others = others or Next(
                    clock.due_at, clock.started_at, clock.name, waits_for=(clock.unit or "") if leads else ""
                )
        return others or theirs or Next(row.due_at, None, None)

    def came_back(self, row: Row) -> bool:
        """Return whether a matter of ours runs a clock again, or one that only begins when it is sent back."""
        pack = self.packs.get(row.pack)
        if pack is None or row.unit not in self.ours:
            return False
        for clock in self.clocks.get(row.stream, ()):
            spec = pack.clocks.get(clock.name)
            if spec is None or spec.per_request or spec.holder == "resident" or clock.unit is not None:
                continue
            if "#" in clock.key or clock.name in sends_back(pack):
                return True
        return False

    def asked_step(self, row: Row) -> Step:
        """Return what a line asks for that stands in a list because this unit is asked something about it."""
        pack = self.packs.get(row.pack)
        found = None
        for clock in self.clocks.get(row.stream, ()):
            if pack is not None and clock.unit in self.ours and found is None:
                found = answer_to(pack, clock.name)
        if found is None:
            return Step(_("A question for us"), self.reader.unit(row.unit), "decide/", _("Look and answer"))
        words, unit = self.reader.text, self.reader.unit(row.unit)
        said = _("asked by %(unit)s; or say why not") if found.may_decline else _("asked by %(unit)s")
        button = words(found.grants)
        if len(button) > self.most:
            button = _("Look and answer")
        return Step(words(found.title), said % {"unit": unit}, "decide/", button)

    def late_elsewhere(self, row: Row) -> SafeString:
        """Return what units that the lead unit has asked are late with, or soon will be: named as theirs."""
        if not row.open or row.unit not in self.ours:
            return mark_safe("")
        pack = self.packs.get(row.pack)
        out = []
        for clock in self.clocks.get(row.stream, ()):
            spec = pack.clocks.get(clock.name) if pack is not None else None
            if spec is None or clock.unit is None or clock.unit in self.ours or clock.due_at > self.until:
                continue
            rest = left(clock.due_at, self.reader.zone(row.region), self.reader)
            said = f"{self.reader.unit(clock.unit)} · {self.reader.text(spec.title)} · {rest.words}"
            out.append(f'<span class="of-others">{escape(said)}</span>')
        return mark_safe("".join(out))  # noqa: S308

    def pill(self, following: Next, rest: Left) -> SafeString:
        """Return the pill of a line."""
        return rest.pill if following.ours else pill("", "wait", self.pill_words(following, rest))

    def pill_words(self, following: Next, rest: Left) -> str:
        """Return what the pill of a line says."""
        if following.theirs and rest.kind == "late":
            return self._theirs_over
        return self._waits % {"unit": self.reader.unit(following.waits_for)} if following.waits_for else rest.words

    def _step(self, pack: Pack, row: Row, following: Next | None) -> str | None:
        """Return the act that comes next in a matter of the reader's unit: theirs, or whoever's it is."""
        step = next_step(pack, row.stage)
        if step is None:
            return None
        name = step[1]
        if following is not None and following.ours and following.clock:
            # what is due is a step that we promised, not the next stage
            name = own_step(pack, following.clock, following.due_at <= self.reader.now) or name
        if self._unsigned is None or row.stream in self._unsigned:
            return name
        return self._to_draft(pack, name, row) or name

    def _may(self, act: Act, row: Row) -> bool:
        return bool(act.by & self._as_lead) or ("lead_seat" in act.by and row.seat in self.actor.answer_seats)

    def _to_draft(self, pack: Pack, name: str, row: Row) -> str | None:
        """Return the act by which the reader drafts what an act of others signs; None where there is none."""
        found = drafting(pack, name) if not self._may(pack.acts[name], row) else None
        if found is None:
            return None
        act = pack.acts[found[1]]
        here = act.stages is None or row.stage in act.stages
        return act.name if here and self._may(act, row) else None

    def items(
        self,
        rows: Iterable[Row],
        *,
        filled: bool = False,
        steps: Sequence[Step] = (),
        token: str = "",
        below: Sequence[SafeString] = (),
    ) -> SafeString:
        """
        Return lines of the day.

        Args:
            filled: the first line's button is the page's one filled button.
            steps: what each line asks for, where the lines are there for that.
            token: against forged requests; with it, a step for which nothing is to be filled in is a button.
            below: what stands below each line.
        """
        out: list[str] = []
        reader, words = self.reader, self.reader.text
        language, year = reader.language, reader.now.year
        for row, given, more in zip(rows, steps or repeat(None), below or repeat("")):  # noqa: B905
            url = self.matter_url(row.number)
            pack = self.packs.get(row.pack)
            mark = due = ""
            following = self.next(row)
            if following is not None:
                rest = left(following.due_at, reader.zone(row.region), reader)
                mark = self.pill(following, rest)
                spec = pack.clocks.get(following.clock or "") if pack is not None else None
                title = words(spec.title) if spec is not None else ""
                used = 1.0
                if following.started_at is not None:
                    whole = (following.due_at - following.started_at).total_seconds()
                    used = (reader.now - following.started_at).total_seconds() / whole if whole else 1.0
                kind = rest.kind if following.ours else ""
                due = (
                    f"<time>{escape(dates.row_day(rest.on, language, year))}</time><small>{escape(title)}</small>"
                    f"{thin_bar(used, kind, f'{title}: {rest.words}')}"
                )
            here = self.stage(row)
            mine = row.unit in self.actor.answers
            step = self._step(pack, row, following) if pack is not None and row.open and mine else None
            what, target, button, does = here, url, self._show, False
            if step is not None and pack is not None:
                act = pack.acts[step]
                what = words(act.title)
                if self._may(act, row):
                    target = f"{url}acts/{act.name}/"
                    button = escape(what) if len(what) <= self.most else self._do
                    does = bool(token) and at_once(pack, step)
            small = here if what != here else "" if mine else reader.unit(row.unit)
            if given is not None:
                what, small, target, button = given.what, given.small, f"{url}{given.path}", escape(given.button)
                does = False
            go = " btn-go" if filled and not out else ""
            number = shown(row.number)
            said = f'{button}<span class="vh"> {number}</span>'
            if does:
                press = (
                    f'<form method="post" action="{target}">'
                    f'<input type="hidden" name="csrfmiddlewaretoken" value="{token}">'
                    f'<input type="hidden" name="seen" value="{row.n}">'
                    f'<input type="hidden" name="key" value="{new_key()}">'
                    f'<button class="btn{go}" type="submit">{said}</button></form>'
                )
            else:
                press = f'<a class="btn{go}" href="{target}">{said}</a>'
            out.append(
                f'<li class="item">{mark or "<span></span>"}'
                f'<div class="what"><h3><a href="{url}">{escape(self.title(row))}</a></h3>'
                f'<p class="sub"><span class="id">{number}</span>'
                f"<span>{escape(reader.region(row.region))} · {escape(self.pack(row))}</span>"
                f"{self.late_elsewhere(row)}</p></div>"
                f'<div class="next">{escape(what)}<small>{escape(small)}</small></div>'
                f'<div class="due">{due}</div>'
                f'<div class="act">{press}</div>{more}</li>'
            )
        return mark_safe("".join(out))  # noqa: S308

    def table(
        self, rows: Iterable[Row], columns: Sequence[str] = USUAL, *, picked: Collection[str] | None = None
    ) -> SafeString:
        """
        Return the rows of a list's table.

        Args:
            columns: names of COLUMNS, in their order.
            picked: numbers that are ticked; None: nothing can be ticked.
        """
        cells = [getattr(self, f"_{name}_cell") for name in columns]
        tick = escape(_("Pick"))
        out: list[str] = []
        for row in rows:
            box = ""
            if picked is not None:
                ticked = " checked" if row.number in picked else ""
                box = (
                    f'<label class="tick"><input type="checkbox" name="pick" value="{row.number}"{ticked}>'
                    f'<span class="vh">{tick} {shown(row.number)}</span></label>'
                )
            out.append(
                f'<tr><th scope="row" class="t">{box}<a href="{self.matter_url(row.number)}">'
                f'{escape(self.title(row))}</a> <small class="id">{shown(row.number)}</small></th>'
                f"{''.join([cell(row) for cell in cells])}</tr>"
            )
        return mark_safe("".join(out))  # noqa: S308

    def hits(self, found: Iterable[Hit], words: Sequence[str]) -> SafeString:
        """Return what a search found: titles and pieces of texts with every word of the query marked."""
        reader = self.reader
        out: list[str] = []
        for hit in found:
            row = hit.row
            title = marked(self.title(row), words)
            before, behind = ("…" if one else "" for one in hit.cut)
            piece = f"{before}{marked(hit.excerpt, words)}{behind}"
            said = f"<p>{piece}</p>" if piece != title else ""
            when = reader.day(row.received_at.astimezone(reader.zone(row.region)).date())
            where = (when, reader.region(row.region), self.stage(row), reader.unit(row.unit))
            out.append(
                f'<li class="sec"><h2><a href="{self.matter_url(row.number)}">{title}</a>'
                f' <small class="id">{shown(row.number)}</small></h2>{said}'
                f'<p class="law">{escape(" · ".join(where))}</p></li>'
            )
        return mark_safe("".join(out))  # noqa: S308

    def _due_cell(self, row: Row) -> str:
        following = self.next(row)
        mark = due = ""
        if following is not None:
            rest = left(following.due_at, self.reader.zone(row.region), self.reader)
            mark = self.pill(following, rest)
            due = escape(dates.row_day(rest.on, self.reader.language, self.reader.now.year))
        return f"<td>{mark} <small>{due}</small>{self.late_elsewhere(row)}</td>"

    def _stage_cell(self, row: Row) -> str:
        return f"<td>{escape(self.stage(row))}<br><small>{escape(self.pack(row))}</small></td>"

    def _unit_cell(self, row: Row) -> str:
        reader = self.reader
        return f"<td>{escape(reader.unit(row.unit))}<br><small>{escape(reader.seat(row.seat))}</small></td>"

    def _topic_cell(self, row: Row) -> str:
        reader = self.reader
        return f"<td>{escape(reader.topic(row.topic))}<br><small>{escape(reader.region(row.region))}</small></td>"

    def _received_cell(self, row: Row) -> str:
        return self._day_cell(self.titles["received"], row.received_at, row)

    def _last_cell(self, row: Row) -> str:
        return self._day_cell(self.titles["last"], row.changed_at, row)

    def _day_cell(self, title: str, at: datetime, row: Row) -> str:
        day = self.reader.day(at.astimezone(self.reader.zone(row.region)).date(), weekday=False)
        return f'<td data-t="{escape(title)}"><small>{escape(day)}</small></td>'

    def _channel_cell(self, row: Row) -> str:
        return f'<td data-t="{escape(self.titles["channel"])}"><small>{escape(channel_name(row.channel))}</small></td>'

    def _outcome_cell(self, row: Row) -> str:
        return f'<td data-t="{escape(self.titles["outcome"])}"><small>{escape(self.outcome(row))}</small></td>'

    def _handoffs_cell(self, row: Row) -> str:
        return f'<td data-t="{escape(self.titles["handoffs"])}"><small>{row.handoffs}</small></td>'

    def outcome(self, row: Row) -> str:
        """Return what was decided, in words; empty where nothing was yet."""
        pack = self.packs.get(row.pack)
        return self.reader.text(pack.outcomes.get(row.outcome)) if row.outcome and pack is not None else ""
