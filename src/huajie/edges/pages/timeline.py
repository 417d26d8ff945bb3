"""What happened, newest first, in words: one line an act, with the clocks it moved and the texts it brought."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from html import escape
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from huajie.core.ledger import moment
from huajie.core.procedure import ASK_RIGHTS, PREPARED, PREPARED_SCAN, PURPOSE_WORDS, RIGHTS, RIGHTS_TEXTS, Pack
from huajie.core.procedure.common import (
    ASKED,
    CATEGORIES,
    COMMON_TEXTS,
    KNOWN_BY,
    RECIPIENTS,
    SPEAKERS,
    SYSTEMS,
    TOLD_TEXTS,
)
from huajie.core.procedure.supervising import SLIP
from huajie.edges.pages import dates
from huajie.edges.pages.files import ShownFile, papers, shown_files
from huajie.edges.pages.html import icon
from huajie.edges.pages.opened import OWN_TITLES, effect_words, own_title
from huajie.edges.pages.reader import Reader

#: Recorded later than it happened by more than this is said in bold.
LATER = timedelta(minutes=10)
#: Turning points of a procedure, by public kind.
_TURNING = frozenset(
    {"registered", "assigned", "accepted", "notified", "decided", "served", "review", "fulfilled", "closed", "reopened"}
    | {"withdrawn", "referred", "deadline-extended"}
)


@dataclass(slots=True)
class Quote:
    title: str
    text: str
    #: a long one is folded
    long: bool = False
    files: Sequence[ShownFile] = ()


@dataclass(slots=True)
class Happened:
    """One line."""

    n: int
    key: bool
    iso: str
    when: str
    title: str
    by: str
    #: the day alone
    day: str = ""
    #: when it was recorded, where that was later
    recorded: str = ""
    notes: list[str] = field(default_factory=list)
    quotes: list[Quote] = field(default_factory=list)
    system: bool = False


def persons_in(entries: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """Return the codes of the officers who acted, for one look at their names."""
    return frozenset(body["actor"][name] for body in entries for name in ("person", "for") if body["actor"].get(name))


def timeline(
    pack: Pack,
    entries: Sequence[Mapping[str, Any]],
    texts: Mapping[tuple[int, str], str],
    region: str,
    reader: Reader,
    *,
    names: Mapping[str, str] | None = None,
    kin: Mapping[UUID, Any] | None = None,
    files_at: str = "",
) -> list[Happened]:
    """
    Return the lines of a matter, newest first.

    Args:
        texts: those that this reader may see.
        names: of officers, for staff; None leaves persons out.
        files_at: address below which the matter's files are.
        kin: lines of parent and children that the reader may see.
    """
    zone = reader.zone(region)
    titles = {name: spec["title"] for name, spec in COMMON_TEXTS.items()}
    titles |= {each.name: each.title for act in pack.acts.values() for each in act.fields} | OWN_TITLES
    by_entry: dict[int, list[tuple[str, str]]] = {}
    for (n, name), text in texts.items():
        by_entry.setdefault(n, []).append((name, text))
    units = {
        effect["key"]: effect["unit"] for body in entries for effect in body["effects"] if effect["e"] == "child.opened"
    }
    found: list[Happened] = []
    for body in entries:
        if body["kind"].startswith("clock.") and found:
            found[-1].notes += _clock_notes(body, pack, reader, region)
            continue
        occurred_at, recorded_at = moment(body["occurred"]), moment(body["at"])
        line = Happened(
            n=body["n"],
            key=body.get("public_kind", "") in _TURNING or _is_turning(pack, body),
            iso=dates.iso_minute(occurred_at, zone),
            when=reader.moment(occurred_at, zone),
            title=title_of(pack, body, reader),
            by=_answered_by(body, units, reader) or _by(body["actor"], reader, names),
            day=reader.day(occurred_at.astimezone(zone).date(), weekday=False),
            system=body["actor"]["kind"] == "system",
        )
        if recorded_at - occurred_at > LATER:
            line.recorded = reader.moment(recorded_at, zone)
        line.notes += _notes(body, pack, reader) + _counter_notes(body, reader)
        for name, text in sorted(by_entry.get(body["n"], ()), key=lambda pair: pair[0] != "title"):
            if name == "point":
                # two figures that say nothing to a reader; where it is stands in the head
                continue
            title = reader.text(titles[name]) if name in titles else _own_text(name)
            if pack.texts.get(name) == "file":
                files = shown_files(text, files_at)
                line.quotes.append(Quote(title, "" if files else file_words(text), files=files))
            else:
                line.quotes.append(Quote(title, text, len(text) > 160))
        found.append(line)
    found.reverse()
    return found


@dataclass(slots=True)
class Message:
    """What was written between the resident and the office."""

    who: str
    iso: str
    when: str
    text: str
    #: written by the resident
    own: bool


def messages(
    pack: Pack,
    entries: Sequence[Mapping[str, Any]],
    texts: Mapping[tuple[int, str], str],
    zone: ZoneInfo,
    reader: Reader,
    *,
    resident: str = "",
) -> list[Message]:
    """
    Return what was written to and fro, newest first.

    Args:
        texts: those that the reader may see.
        resident: what the resident is called; "you" where nothing is given.
    """
    found = []
    for body in entries:
        text = texts.get((body["n"], "message"), "")
        if not text:
            continue
        at = moment(body["occurred"])
        own = body["actor"]["kind"] in ("resident", "anonymous")
        who = (resident or _("You")) if own else _by(body["actor"], reader, None)
        found.append(Message(who, dates.iso_minute(at, zone), reader.moment(at, zone), text, own))
    return found[::-1]


_KEY = ' class="key"'
#: Lines that stand unfolded on top, and how many quiet ones in a row are folded after them.
_RECENT = 6
#: Letters of what is quoted unfolded.
_SHORT = 90
_QUIET = 3


def record(lines: Sequence[Happened]) -> SafeString:
    """Return the lines as a list in HTML; made here because a record has dozens of them."""
    return mark_safe(f'<ol class="line">{"".join(map(_line, lines))}</ol>')  # noqa: S308


def folded(lines: Sequence[Happened]) -> SafeString:
    """Return one record, newest first, in which spans without a turning point are folded with a count."""
    for line in lines:
        for quote in line.quotes:
            quote.long = quote.long or len(quote.text) > _SHORT or quote.text.count("\n") > 1
    made = [_line(line) for line in lines[:_RECENT]]
    quiet: list[Happened] = []
    for line in (*lines[_RECENT:], None):
        if line is not None and not line.key:
            quiet.append(line)
            continue
        if len(quiet) >= _QUIET:
            days = [quiet[-1].day, quiet[0].day]
            words = ngettext("%(from)s to %(to)s, %(n)s entry", "%(from)s to %(to)s, %(n)s entries", len(quiet)) % {
                "from": days[0],
                "to": days[1],
                "n": len(quiet),
            }
            made.append(
                f'<li class="fold"><details><summary>{icon("next")}{escape(words)}</summary>'
                f"{record(quiet)}</details></li>"
            )
        else:
            made += [_line(one) for one in quiet]
        quiet = []
        if line is not None:
            made.append(_line(line))
    return mark_safe(f'<ol class="line">{"".join(made)}</ol>')  # noqa: S308


def _line(line: Happened) -> str:
    opens = icon("next")
    notes = "".join(f"<small>{escape(note)}</small>" for note in line.notes)
    quotes = "".join(
        f'<details><summary>{opens}{escape(quote.title)}</summary><p class="said">{escape(quote.text)}</p></details>'
        if quote.long
        else f'<p class="said"><b>{escape(quote.title)}</b>{escape(quote.text)}</p>{papers(quote.files)}'
        for quote in line.quotes
    )
    recorded = ""
    if line.recorded:
        late = _("Recorded only on")
        recorded = f". {escape(late)} <b>{escape(line.recorded)}</b>"
    return (
        f"<li{_KEY if line.key else ''}>"
        f'<p><time datetime="{line.iso}">{escape(line.when)}</time> {escape(line.title)}</p>'
        f"{notes}{quotes}<small>{escape(line.by)}{recorded}</small></li>"
    )


def _own_text(name: str) -> str:
    own = {"instruction": _("What the leader wrote"), PREPARED_SCAN: _("Scan of the paper")}
    return own.get(name, name)


def file_words(text: str) -> str:
    """Return a file's name with the beginning of its fingerprint, which is enough to compare by eye."""
    name, mark, digest = text.rpartition(" sha256:")
    return f"{name} · {digest[:12]}…" if mark else text


def _is_turning(pack: Pack, body: Mapping[str, Any]) -> bool:
    act = pack.acts.get(body.get("act") or "")
    return act is not None and act.public_kind in _TURNING


def title_of(pack: Pack, body: Mapping[str, Any], reader: Reader) -> str:
    """Return what an entry is called."""
    name = body.get("act") or ""
    done = {
        "record_sharing": _("Data was handed to another body"),
        "tell_incident": _("Something happened to the data"),
    }
    if name in done:
        return done[name]
    act = pack.acts.get(name)
    if act is not None:
        return reader.text(act.title)
    if name == "@signal":
        told = _told_of_rights(body) or _told_of_slip(body)
        if told is not None:
            return told
        return _("The reviewing unit told its result")
    if name == "calendar-published":
        return _("Dates set again: the calendar was published")
    if name == "exported":
        return _exported_title((body.get("input") or {}).get("what", ["identities"]))
    if name == "retention-over":
        return _("The keeping time is over: texts, files and identity were erased")
    if name == "erased-again":
        return _("Erased again after a back-up was restored")
    if name == "handed-over":
        return _("Handed over to another seat")
    if name == "prepared":
        return _("What the leader wrote was recorded")
    if name == "packed":
        return _("Goes on under a newer version of the procedure")
    own = own_title(name)
    if own:
        return own
    return str(body["kind"])


def _exported_title(what: Sequence[str]) -> str:
    if "files" not in what:
        return _("Left with an export that held identities")
    if "identities" not in what:
        return _("Left with an export that held attachments")
    return _("Left with an export that held identities and attachments")


def _answered_by(body: Mapping[str, Any], units: Mapping[str, str], reader: Reader) -> str:
    """Return the unit that answered a request about data: the entry here is the system's, the decision theirs."""
    for effect in body["effects"]:
        if effect["e"] == "child.signalled" and effect["key"].partition("#")[0] == RIGHTS:
            return reader.unit(units.get(effect["key"]))
    return ""


def _told_of_rights(body: Mapping[str, Any]) -> str | None:
    """Return what a decision about the resident's data is called; None where it is about something else."""
    for effect in body["effects"]:
        if effect["e"] == "child.signalled" and effect["key"].partition("#")[0] == RIGHTS:
            return {
                "copy": _("You may take a copy of your data"),
                "corrected": _("Your data was put right"),
                "identity-erased": _("Your identity was erased"),
                "all-erased": _("Your data was erased"),
                "unlawful-erased": _("Your data was erased"),
                "answered": _("Your request about your data was answered"),
                "refused": _("Your request about your data was refused"),
            }.get(effect["signal"], _("Your request about your data has ended"))
    return None


def _told_of_slip(body: Mapping[str, Any]) -> str | None:
    """Return what became of a slip; None where it is about something else."""
    for effect in body["effects"]:
        if effect["e"] == "child.signalled" and effect["key"].partition("#")[0] == SLIP:
            return {
                "issued": _("A slip went to the unit"),
                "answered": _("The unit answered the slip"),
                "contested": _("The unit objected to the slip"),
                "overturned": _("The objection was upheld: the slip no longer counts"),
                "kept": _("The objection was dismissed: the slip stands"),
                "sent-back": _("The answer to the slip was sent back"),
                "closed": _("The slip has ended: it was done"),
                "withdrawn": _("The slip was withdrawn"),
                "dropped": _("No slip was issued"),
            }.get(effect["signal"], _("The slip has ended"))
    return None


def _by(actor: Mapping[str, Any], reader: Reader, names: Mapping[str, str] | None) -> str:
    kind = actor["kind"]
    if kind == "seat":
        words = [reader.unit(actor.get("unit"))]
        if names is not None:
            words = [reader.unit(actor.get("unit")), reader.seat(actor.get("seat"))]
            if actor.get("person") in names:
                words.append(names[actor["person"]])
            if actor.get("for") in names:
                words.append(_("secretary, for %(leader)s") % {"leader": names[actor["for"]]})
        return " · ".join(words)
    return {
        "resident": _("The resident"),
        "anonymous": _("The resident"),
        "import": _("Brought in from another system"),
    }.get(kind, _("By itself, as the procedure says"))


def _clock_title(pack: Pack, key: str, reader: Reader) -> str:
    spec = pack.clocks.get(key.partition("#")[0])
    return reader.text(spec.title) if spec is not None else key


def _clock_notes(body: Mapping[str, Any], pack: Pack, reader: Reader, region: str) -> list[str]:
    found = []
    for effect in body["effects"]:
        kind = effect["e"]
        if not kind.startswith("clock."):
            continue
        title = _clock_title(pack, effect["key"], reader)
        due = _due_words(effect, reader, region)
        if kind == "clock.started":
            found.append(_("%(clock)s: due %(date)s") % {"clock": title, "date": due})
        elif kind == "clock.stopped":
            said = _("%(clock)s: done") if effect["how"] == "met" else _("%(clock)s: ended")
            found.append(said % {"clock": title})
        elif kind == "clock.extended":
            found.append(_("%(clock)s: extended to %(date)s") % {"clock": title, "date": due})
        elif kind == "clock.excluded":
            found.append(_("%(clock)s: a period does not count, due %(date)s") % {"clock": title, "date": due})
        elif kind == "clock.reset":
            found.append(_("%(clock)s: set again to %(date)s") % {"clock": title, "date": due})
    return found


def _due_words(effect: Mapping[str, Any], reader: Reader, region: str) -> str:
    if not effect.get("due"):
        return ""
    zone = reader.zone(region)
    due_at = moment(effect["due"])
    if effect.get("last_date"):
        words = reader.day(dates.last_day(due_at, zone))
    else:
        words = reader.moment(due_at, zone)
    return _("%(date)s (provisional)") % {"date": words} if effect.get("provisional") else words


def _notes(body: Mapping[str, Any], pack: Pack, reader: Reader) -> list[str]:
    found = []
    on = (body.get("input") or {}).get("paper_date")
    if body.get("act") == PREPARED and on:
        found.append(_("Date on the paper: %(day)s") % {"day": reader.day(date.fromisoformat(on))})
    for effect in body["effects"]:
        kind = effect["e"]
        if kind == "owner":
            found.append(
                _("Now with %(unit)s, %(seat)s")
                % {"unit": reader.unit(effect["unit"]), "seat": reader.seat(effect["seat"])}
            )
        elif kind == "party":
            found.append(_("%(unit)s helps") % {"unit": reader.unit(effect["unit"])})
        elif kind == "unparty":
            found.append(_("%(unit)s no longer helps") % {"unit": reader.unit(effect["unit"])})
        elif kind == "outcome":
            found.append(
                _("Outcome: %(value)s") % {"value": reader.text(pack.outcomes.get(effect["value"])) or effect["value"]}
            )
        elif kind == "fulfilment":
            value = reader.text(pack.fulfilments.get(effect["value"])) or effect["value"]
            found.append(_("Carried out: %(value)s") % {"value": value})
        elif kind == "verdict":
            found.append(
                _("The resident says: %(value)s")
                % {"value": reader.text(pack.verdicts.get(effect["value"])) or effect["value"]}
            )
        elif kind == "request.opened" and effect.get("unit"):
            request = pack.requests.get(effect["kind"])
            title = reader.text(request.title) if request is not None else effect["kind"]
            found.append(_("%(title)s: %(unit)s is asked") % {"title": title, "unit": reader.unit(effect["unit"])})
        elif line := effect_words(effect, reader):
            found.append(line)
        elif kind == "replaced":
            found.append(_("What stood there before was erased; that entry and its proof stay"))
        elif kind == "erased":
            found.append(_("Texts were erased; this entry stays"))
        elif kind == "child.opened":
            found.append(_("Opened a matter of its own with %(unit)s") % {"unit": reader.unit(effect["unit"])})
        elif kind == "imported":
            found.append(_("Brought in from another system; what the file does not say is not known"))
        elif kind == "fact":
            fact = pack.facts.get(effect["name"])
            value = effect["value"]
            if fact is not None and fact.type == "choice" and value in fact.choices:
                found.append(f"{reader.text(fact.title)}: {reader.text(fact.choices[value])}")
    return found


def _counter_notes(body: Mapping[str, Any], reader: Reader) -> list[str]:
    """Return how something reached the counter, and what became of secrets there."""
    given = body.get("input") or {}
    found = []
    if given.get("asked_how") in ASKED:
        found.append(_("The resident asked: %(how)s") % {"how": reader.text(ASKED[given["asked_how"]])})
    if given.get("said_back") is True or given.get("read_back") is True:
        found.append(_("Read back to the resident, who said that it is right"))
    if given.get("share_to") in RECIPIENTS:
        what = reader.joined(
            [reader.text(CATEGORIES[one]) for one in given.get("share_what") or () if one in CATEGORIES]
        )
        found.append(_("%(who)s got: %(what)s") % {"who": reader.text(RECIPIENTS[given["share_to"]]), "what": what})
    if given.get("spoke_by") in SPEAKERS:
        found.append(_("Spoke for them: %(who)s") % {"who": reader.text(SPEAKERS[given["spoke_by"]])})
    if given.get("external_system") in SYSTEMS:
        found.append(reader.text(SYSTEMS[given["external_system"]]))
    if given.get("known_by") in KNOWN_BY:
        found.append(_("Known by: %(how)s") % {"how": reader.text(KNOWN_BY[given["known_by"]])})
    for effect in body["effects"]:
        if effect["e"] == "secret":
            found.append(
                _("A new secret for receipt %(place)s; the old one stopped") % {"place": effect["participant"]}
            )
        elif effect["e"] == "said":
            found.append(_("Participant %(place)s said it") % {"place": effect["participant"]})
    return found


def for_resident(pack: Pack, entries: Sequence[Mapping[str, Any]]) -> tuple[list[Mapping[str, Any]], int]:
    """
    Return the entries that a resident's page shows, and how many it leaves out.

    Left out are notes between offices and the machine's own reminders; what the resident did or was told stays, and so
    does everything that moved the matter, its owner or a date.
    """
    shown: list[Mapping[str, Any]] = []
    hidden = 0
    keep_clocks = True
    for body in entries:
        if body["kind"].startswith("clock."):
            if keep_clocks:
                shown.append(body)
            continue
        act = pack.acts.get(body.get("act") or "")
        by_resident = body["actor"]["kind"] in ("resident", "anonymous")
        quiet = act is not None and act.public_kind == "note" and act.notice is None and not by_resident
        # what somebody asked at a counter about their data is theirs
        quiet = quiet and body["act"] != ASK_RIGHTS
        keep_clocks = not quiet
        if quiet:
            hidden += 1
        else:
            shown.append(body)
    return shown, hidden


#: Texts of the engine's own acts that are for the resident, whoever wrote them.
TOLD = frozenset({PURPOSE_WORDS, *RIGHTS_TEXTS, *TOLD_TEXTS})


def _is_correction(body: Mapping[str, Any]) -> bool:
    return any(effect["e"] == "replaced" for effect in body["effects"])


def texts_for_resident(
    pack: Pack, entries: Sequence[Mapping[str, Any]], texts: Mapping[tuple[int, str], str]
) -> dict[tuple[int, str], str]:
    """Return the texts that the resident brought, and those that a notice told them."""
    kept: dict[tuple[int, str], str] = {}
    for body in entries:
        act = pack.acts.get(body.get("act") or "")
        by_resident = body["actor"]["kind"] in ("resident", "anonymous") or (act is not None and act.creates)
        told = pack.notices.get(act.notice or "") if act is not None else None
        said = told["body"]["zh"] if told is not None else ""
        kept |= {
            (n, name): text
            for (n, name), text in texts.items()
            # what the vault was opened for is for whom it was opened about
            if n == body["n"]
            and (by_resident or name in TOLD or f"{{text:{name}}}" in said or (name == "text" and _is_correction(body)))
        }
    return kept
