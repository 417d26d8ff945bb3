"""What a reminder says and what its unit replied, in a line that stands beside each red: on board, clock and list."""

from collections.abc import Iterable, Mapping
from html import escape
from uuid import UUID
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from huajie.apps.matters.numbers import shown
from huajie.apps.supervision import choices
from huajie.apps.supervision.cases import SLIPS
from huajie.apps.supervision.reminders import Reminder, of_matter
from huajie.core.access import Actor, answers_reminders
from huajie.core.ledger import moment
from huajie.core.procedure import State
from huajie.core.supervision import first_at
from huajie.edges.pages.html import icon
from huajie.edges.pages.reader import Reader


def rung_words() -> dict[str, str]:
    """Return what every rung is called."""
    return {
        "first-reminder": _("First reminder"),
        "last-reminder": _("Last reminder"),
        "chaser": _("Chaser"),
        "slip": _("Slip"),
        "talk": _("Formal talk"),
        "listed": _("Listed supervision"),
    }


def cause_words() -> dict[str, str]:
    """Return why something may not be done yet."""
    return {
        "under-way": _("Under way"),
        "resident": _("Waits for the resident"),
        "other-unit": _("Waits for another unit"),
        "decision": _("Waits for a decision from above"),
        "means": _("Waits for money, material or building work"),
        "missed": _("We missed it"),
    }


def reply_words(one: Reminder, reader: Reader) -> str:
    """Return what a unit answered: cause, next step, day."""
    parts = [cause_words().get(one.cause, one.cause)]
    if one.words:
        parts.append(one.words)
    if one.by_date is not None:
        parts.append(_("by %(day)s") % {"day": reader.day(one.by_date, weekday=False)})
    return ("；" if reader.language == "zh" else "; ").join(parts)


def state_words(one: Reminder, reader: Reader) -> str:
    """Return where a reminder stands, in a few words."""
    if one.withdrawn is not None:
        return _("withdrawn: %(reason)s") % {"reason": one.reason} if one.reason else _("withdrawn")
    if one.answered is not None:
        return _("the unit replied: %(reply)s") % {"reply": reply_words(one, reader)}
    if not one.runs:
        return _("its date has changed or ended")
    return _("taken, no reply yet") if one.received is not None else _("not taken yet, no reply")


def told_words(one: Reminder, reader: Reader, zone: ZoneInfo) -> str:
    """Return what was told and on which day."""
    at = (one.told_at or one.reached_at).astimezone(zone).date()
    return _("%(rung)s of %(day)s") % {"rung": rung_words()[one.key.rung], "day": reader.day(at, weekday=False)}


def beside(one: Reminder, reader: Reader, zone: ZoneInfo) -> str:
    """Return the line that stands beside a red."""
    colon = "：" if reader.language == "zh" else ": "
    return f"{told_words(one, reader, zone)}{colon}{state_words(one, reader)}"


def urged(actor: Actor, stream: UUID, state: State, reader: Reader) -> tuple[Reminder, ...]:
    """
    Return what was told about a matter's running clocks and this seat may see.

    Asks the database only where a clock has come so far that something can have been told.
    """
    if state.sensitivity != "ordinary" or state.pack_name == SLIPS:
        return ()
    running = [clock for clock in state.clocks.values() if clock.status == "running" and clock.holder == "lead"]
    if not running:
        return ()
    ladders = choices.ladders(age=choices.AGE)
    for clock in running:
        started_at = moment(clock.started_at)
        if first_at(ladders.at(started_at), started_at=started_at, due_at=moment(clock.due_at)) <= reader.now:
            return tuple(one for one in of_matter(actor, stream) if one.runs)
    return ()


def notes(
    found: Iterable[Reminder], number: str, actor: Actor, reader: Reader, zone: ZoneInfo, names: Mapping[str, str]
) -> dict[str, SafeString]:
    """Return for each clock the lines about its reminders, with the way to take and answer them."""
    url = f"{reverse('desk:reminders')}?matter={shown(number)}"
    out: dict[str, str] = {}
    for one in found:
        who = taken_words(one, reader, zone, names)
        line = f"{icon('flag')}{escape(beside(one, reader, zone))}"
        if who:
            line += f" <small>{escape(who)}</small>"
        if one.is_open and answers_reminders(actor, one.unit):
            line += f' <a href="{escape(url)}">{escape(_("Take and answer"))}</a>'
        out[one.key.clock] = out.get(one.key.clock, "") + f'<p class="hint urged">{line}</p>'
    return {key: mark_safe(said) for key, said in out.items()}  # noqa: S308


def taken_words(one: Reminder, reader: Reader, zone: ZoneInfo, names: Mapping[str, str]) -> str:
    """Return who of the unit's seats took it, and when; empty until then."""
    if one.received is None:
        return ""
    return _("taken by %(name)s (%(seat)s), %(moment)s") % {
        "name": names.get(one.received.person, ""),
        "seat": reader.seat(one.received.seat),
        "moment": reader.moment(one.received.at, zone),
    }


def persons(found: Iterable[Reminder]) -> frozenset[str]:
    """Return the persons whose names these reminders need."""
    return frozenset(
        did.person for one in found for did in (one.received, one.answered, one.withdrawn) if did is not None
    )
