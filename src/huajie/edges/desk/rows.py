"""
The lines of lists, made in Python: fifty of them stand on a page, and a template would take longer over them than the database.

Every text is escaped here; `SafeString` says so to the template that takes them.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from huajie.apps.matters.numbers import shown
from huajie.apps.matters.queries import Row, Running
from huajie.apps.procedure.registry import packs
from huajie.core.access import Actor
from huajie.core.procedure import Pack
from huajie.edges.pages.clocks import left
from huajie.edges.pages.html import thin_bar
from huajie.edges.pages.reader import Reader
from huajie.edges.pages.roads import next_step


class Lines:
    """What the lines of one page share: words looked up once, addresses cut once."""

    def __init__(self, reader: Reader, actor: Actor) -> None:
        self.reader = reader
        self.actor = actor
        self.packs: Mapping[str, Pack] = packs()
        self._matter = reverse("desk:matter", args=["-"]).rstrip("-/")
        self._open = escape(_("Open"))
        self._untitled = _("%(topic)s (title not shown in lists)")

    def matter_url(self, number: str) -> str:
        """Return a matter's address; a number has no character that would need escaping."""
        return f"{self._matter}/{shown(number)}/"

    def title(self, row: Row) -> str:
        """Return what a line is called: its title, or its topic where the title is not for lists."""
        return row.title or self._untitled % {"topic": self.reader.topic(row.topic)}

    def stage(self, row: Row) -> str:
        """Return the title of a row's stage."""
        pack = self.packs.get(row.pack)
        stage = pack.stages.get(row.stage) if pack is not None else None
        return self.reader.text(stage.title) if stage is not None else row.stage

    def pack(self, row: Row) -> str:
        """Return the title of a row's procedure."""
        pack = self.packs.get(row.pack)
        return self.reader.text(pack.title) if pack is not None else row.pack

    def items(self, rows: Iterable[Row], clocks: Mapping[UUID, Running], *, filled: bool = False) -> SafeString:
        """
        Return lines of the day.

        Args:
            filled: the first line's button is the page's one filled button.
        """
        out: list[str] = []
        reader, words = self.reader, self.reader.text
        for row in rows:
            zone = reader.zone(row.region)
            url = self.matter_url(row.number)
            pack = self.packs.get(row.pack)
            pill = due = ""
            if row.due_at is not None:
                rest = left(row.due_at, zone, reader)
                pill = rest.pill
                clock = clocks.get(row.stream)
                spec = pack.clocks.get(clock.name) if pack is not None and clock is not None else None
                title = words(spec.title) if spec is not None else ""
                whole = (clock.due_at - clock.started_at).total_seconds() if clock is not None else 0
                used = (reader.now - clock.started_at).total_seconds() / whole if clock is not None and whole else 1.0
                due = (
                    f"<time>{escape(reader.day(rest.on))}</time><small>{escape(title)}</small>"
                    f"{thin_bar(used, rest.kind, f'{title}: {rest.words}')}"
                )
            step = next_step(pack, row.stage) if pack is not None and row.open else None
            mine = row.unit in self.actor.answers
            if step is not None and pack is not None and mine:
                act = pack.acts[step[1]]
                what = words(act.title)
                target = f"{url}acts/{act.name}/"
                button = what if len(what) <= (8 if reader.language == "zh" else 18) else self._open
                if button == self._open:
                    target = url
            else:
                what, target, button = self.stage(row), url, self._open
            after = words(pack.stages[row.stage].title) if pack is not None and row.stage in pack.stages else ""
            who = "" if mine else reader.unit(row.unit)
            small = after if mine and what != after else who
            go = " btn-go" if filled and not out else ""
            out.append(
                f'<li class="item">{pill or "<span></span>"}'
                f'<div class="what"><h3><a href="{url}">{escape(self.title(row))}</a></h3>'
                f'<p class="sub"><span class="id">{shown(row.number)}</span>'
                f"<span>{escape(reader.region(row.region))} · {escape(self.pack(row))}</span></p></div>"
                f'<div class="next">{escape(what)}<small>{escape(small)}</small></div>'
                f'<div class="due">{due}</div>'
                f'<div class="act"><a class="btn{go}" href="{target}">{escape(button)}<span class="vh"> {shown(row.number)}</span></a></div></li>'
            )
        return mark_safe("".join(out))  # noqa: S308

    def table(self, rows: Iterable[Row]) -> SafeString:
        """Return the rows of a list's table."""
        out: list[str] = []
        reader = self.reader
        for row in rows:
            zone = reader.zone(row.region)
            pill = left(row.due_at, zone, reader).pill if row.due_at is not None and row.open else ""
            due = escape(reader.day(left(row.due_at, zone, reader).on)) if pill and row.due_at is not None else ""
            received = escape(reader.day(row.received_at.astimezone(zone).date(), weekday=False))
            out.append(
                f'<tr><th scope="row" class="t"><a href="{self.matter_url(row.number)}">{escape(self.title(row))}</a> '
                f'<small class="id">{shown(row.number)}</small></th>'
                f"<td>{pill} <small>{due}</small></td>"
                f"<td>{escape(self.stage(row))}<br><small>{escape(self.pack(row))}</small></td>"
                f"<td>{escape(reader.unit(row.unit))}<br><small>{escape(reader.seat(row.seat))}</small></td>"
                f"<td>{escape(reader.topic(row.topic))}<br><small>{escape(reader.region(row.region))}</small></td>"
                f"<td><small>{received}</small></td></tr>"
            )
        return mark_safe("".join(out))  # noqa: S308
