"""
Dates as iCalendar (RFC 5545): the few parts of it that a list of dates needs.

Lines end in CRLF and hold at most 75 bytes, longer ones go on after a blank; texts have their commas, semicolons,
backslashes and line ends written out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

#: bytes of a line, without its end
_LINE = 75


@dataclass(frozen=True, slots=True)
class Event:
    """One date."""

    #: the same in every answer, in no other event
    uid: str
    #: a day, or an aware moment of which an hour is taken
    at: date | datetime
    summary: str


def write(events: Iterable[Event], *, now: datetime) -> str:
    """Return a calendar; `now` is aware, the moment at which it is written."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//huajie//dates//ZH", "CALSCALE:GREGORIAN", "METHOD:PUBLISH"]
    for event in events:
        lines += ["BEGIN:VEVENT", f"UID:{_text(event.uid)}", f"DTSTAMP:{_moment(now)}"]
        if isinstance(event.at, datetime):
            lines += [f"DTSTART:{_moment(event.at)}", "DURATION:PT1H"]
        else:
            last = event.at + timedelta(days=1)
            lines += [f"DTSTART;VALUE=DATE:{event.at:%Y%m%d}", f"DTEND;VALUE=DATE:{last:%Y%m%d}"]
        lines += [f"SUMMARY:{_text(event.summary)}", "CLASS:PRIVATE", "TRANSP:TRANSPARENT", "END:VEVENT"]
    lines.append("END:VCALENDAR")
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    for char, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\\n"), ("\n", "\\n"), ("\r", "\\n")):
        text = text.replace(char, written)
    return text


def _folded(line: str) -> Iterable[str]:
    """Yield a line in pieces of at most 75 bytes, no character cut in two."""
    piece, size = "", 0
    for char in line:
        length = len(char.encode())
        if size + length > _LINE:
            yield piece
            piece, size = " ", 1
        piece, size = piece + char, size + length
    yield piece
