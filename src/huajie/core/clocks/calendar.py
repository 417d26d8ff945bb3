"""
Which days are worked, in which zone, as far as anybody has said so.

A calendar is one canonical JSON document; its hash is what ledger entries name. Everything the arithmetic needs is
laid out once as two arrays over day ordinals (`date.toordinal()`): how many working days lie before a day, and which
day is the k-th working day. Counting 5 or 500 working days is then two look-ups.

A year is *published* when its notice is loaded. Later years are counted with weekends and the statutory days that
are known from the law, and whatever depends on them is provisional.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .errors import BadCalendar, BadMoment, CalendarGap

_KEYS: Final = (
    "id",
    "base",
    "zone",
    "weekend",
    "published",
    "year_end_days",
    "off",
    "worked",
    "office_hours",
    "names",
    "translations",
    "sources",
    "verified",
)
#: Years after the last listed one that are laid out in advance; beyond them days are counted one by one.
_AHEAD: Final = 10
_LAST_ORDINAL: Final = date(9998, 12, 31).toordinal()
_MICROSECOND: Final = timedelta(microseconds=1)


def canonical_json(document: Mapping[str, Any]) -> str:
    """Return the one spelling that is hashed: keys sorted, no spaces, no escapes outside ASCII."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, eq=False, repr=False)
class Calendar:
    """
    One region's working days and zone. Immutable; equal when the documents are equal.

    Made by `Calendar.from_document`, never by hand. (Not slotted: the hash and the arrays are made when first asked
    for and kept.)
    """

    #: canonical document, see `from_document`
    document: Mapping[str, Any]
    id: str
    zone: ZoneInfo
    #: weekday numbers that are off by default, Monday is 0
    weekend: frozenset[int]
    #: years whose notice is loaded
    published: frozenset[int]
    #: ordinals that are off, and make-up ordinals that are worked, whatever their weekday
    off: frozenset[int]
    worked: frozenset[int]
    #: opening windows of a working day, local, in order; a window may end at 24:00, written as None
    office_hours: tuple[tuple[time, time | None], ...]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Calendar":
        """
        Return the calendar of one document.

        Args:
            document: `id`, `zone` (IANA name), `weekend` (weekday numbers, Monday 0), `published` (years), `off` and
                `worked` (ISO dates), and optionally `office_hours` ([["09:00", "12:00"], ...]), `names` ({date: name}),
                `translations` ({language: {name: name}}), `sources` ({year: paper}), `base` (id of the calendar that
                this one was laid over, the document being complete all the same), `year_end_days` (how many last
                days of a year only the next year's notice settles), `verified` (bool: somebody checked it).
        Raises:
            BadCalendar: naming the key.
        """
        unknown = sorted(set(document) - set(_KEYS))
        if unknown:
            raise BadCalendar(f"calendar document: unknown key {unknown[0]!r}; known keys are {', '.join(_KEYS)}")
        for key in ("id", "zone", "published"):
            if key not in document:
                raise BadCalendar(f"calendar document: {key!r} is missing")
        identity = document["id"]
        if not isinstance(identity, str) or not identity:
            raise BadCalendar("calendar document: 'id' must be a name such as 'cn'")
        try:
            zone = ZoneInfo(document["zone"])
        except (ZoneInfoNotFoundError, ValueError, TypeError, OSError) as error:
            raise BadCalendar(f"calendar {identity}: 'zone' {document['zone']!r} is no IANA zone") from error
        off = _dates(identity, "off", document.get("off", ()))
        worked = _dates(identity, "worked", document.get("worked", ()))
        both = sorted(set(off) & set(worked))
        if both:
            raise BadCalendar(f"calendar {identity}: {both[0]} is both off and worked; keep it in one of the two")
        weekend = sorted(set(document.get("weekend", (5, 6))))
        if not all(type(day) is int and 0 <= day <= 6 for day in weekend) or len(weekend) == 7:
            raise BadCalendar(f"calendar {identity}: 'weekend' holds weekday numbers 0 (Monday) to 6, at most six")
        published = sorted(set(document["published"]))
        if not all(type(year) is int and 1 < year < 9000 for year in published):
            raise BadCalendar(f"calendar {identity}: 'published' holds years such as 2026")
        year_end_days = document.get("year_end_days", 0)
        if type(year_end_days) is not int or not 0 <= year_end_days <= 31:
            raise BadCalendar(f"calendar {identity}: 'year_end_days' is a number of days in December, 0 to 31")
        windows = _windows(identity, document.get("office_hours", ()))
        names = dict(document.get("names", {}))
        _dates(identity, "names", names)
        canonical = {
            "id": identity,
            "base": document.get("base"),
            "zone": document["zone"],
            "weekend": weekend,
            "published": published,
            "year_end_days": year_end_days,
            "off": off,
            "worked": worked,
            "office_hours": [list(pair) for pair in document.get("office_hours", ())],
            "names": names,
            "translations": {key: dict(value) for key, value in document.get("translations", {}).items()},
            "sources": {str(year): paper for year, paper in document.get("sources", {}).items()},
            "verified": bool(document.get("verified", False)),
        }
        return cls(
            document=canonical,
            id=identity,
            zone=zone,
            weekend=frozenset(weekend),
            published=frozenset(published),
            off=frozenset(date.fromisoformat(day).toordinal() for day in off),
            worked=frozenset(date.fromisoformat(day).toordinal() for day in worked),
            office_hours=windows,
        )

    def to_document(self) -> dict[str, Any]:
        """Return a fresh copy of the canonical document; `from_document` gives back an equal calendar."""
        copy: dict[str, Any] = json.loads(canonical_json(self.document))
        return copy

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the canonical document, 64 hex digits."""
        return hashlib.sha256(canonical_json(self.document).encode()).hexdigest()

    def __eq__(self, other: object) -> bool:
        return self.hash == other.hash if isinstance(other, Calendar) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.hash)

    def __repr__(self) -> str:
        return f"Calendar({self.id!r}, {self.hash[:12]})"

    def is_working_day(self, day: date) -> bool:
        """Say whether offices work on this local date."""
        return self._is_working(day.toordinal())

    def is_published(self, year: int) -> bool:
        """Say whether the year's notice is loaded."""
        return year in self.published

    def is_settled(self, day: date) -> bool:
        """Say whether no notice that is still to come may change this day."""
        ordinal = day.toordinal()
        return self.all_settled(ordinal, ordinal)

    def name_of(self, day: date, language: str | None = None) -> str:
        """Return the day's holiday name, translated where the document knows how; empty when it has none."""
        name: str = self.document["names"].get(day.isoformat(), "")
        translated: str = self.document["translations"].get(language, {}).get(name, name)
        return translated

    def kind_of(self, day: date) -> str:
        """Return `workday`, `make_up` (worked although a weekend), `weekend`, or `holiday`."""
        ordinal = day.toordinal()
        is_weekend = day.weekday() in self.weekend
        if self._is_working(ordinal):
            return "make_up" if is_weekend else "workday"
        if not is_weekend or day.isoformat() in self.document["names"]:
            return "holiday"
        return "weekend"

    def with_published(
        self,
        year: int,
        off: Iterable[date],
        worked: Iterable[date],
        source: str,
        names: Mapping[date, str] | None = None,
    ) -> "Calendar":
        """
        Return a new calendar in which the year's notice is loaded.

        Everything known of the year before is dropped; days of the neighbouring years that the notice itself names
        (30 December, say) are overridden.

        Args:
            year: the year of the notice.
            off: all days off that it names, weekends among them or not.
            worked: its make-up working days.
            source: number or address of the paper.
            names: holiday names of the days off.
        Raises:
            BadCalendar: a day is both off and worked, or lies more than a year away.
        """
        document = self.to_document()
        new_off, new_worked = set(off), set(worked)
        for day in new_off | new_worked:
            if abs(day.year - year) > 1:
                raise BadCalendar(f"calendar {self.id}: the notice for {year} can't settle {day.isoformat()}")
        named = {day.isoformat() for day in new_off | new_worked}

        def kept(days: Iterable[str]) -> list[str]:
            return [day for day in days if not day.startswith(f"{year:04d}-") and day not in named]

        document["off"] = kept(document["off"]) + [day.isoformat() for day in new_off]
        document["worked"] = kept(document["worked"]) + [day.isoformat() for day in new_worked]
        remaining = kept(document["names"])
        document["names"] = {day: document["names"][day] for day in remaining}
        document["names"].update({day.isoformat(): name for day, name in (names or {}).items()})
        document["published"] = [*document["published"], year]
        document["sources"][str(year)] = source
        return Calendar.from_document(document)

    # What the counting uses: ordinals in, ordinals out.

    @cached_property
    def _layout(self) -> tuple[int, list[int], list[int]]:
        # (first ordinal, working days before each day, the working days themselves)
        years = set(self.published) | {date.fromordinal(day).year for day in self.off | self.worked} or {2000}
        low = date(max(1, min(years) - 1), 1, 1).toordinal()
        high = date(min(9998, max(years) + _AHEAD), 12, 31).toordinal()
        before: list[int] = []
        nth: list[int] = []
        for ordinal in range(low, high + 1):
            before.append(len(nth))
            if self._is_working(ordinal):
                nth.append(ordinal)
        before.append(len(nth))
        return low, before, nth

    @cached_property
    def _settled(self) -> list[tuple[int, int]]:
        # closed intervals of days that no future notice changes, in order
        intervals: list[tuple[int, int]] = []
        for year in sorted(self.published):
            first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
            if year + 1 not in self.published:
                last -= int(self.document["year_end_days"])
            if intervals and intervals[-1][1] == first - 1:
                intervals[-1] = (intervals[-1][0], last)
            else:
                intervals.append((first, last))
        return intervals

    @cached_property
    def _day_starts(self) -> dict[int, datetime]:
        return {}

    @cached_property
    def due_memo(self) -> dict[Any, Any]:
        """Answers of `due` for plain rules, by (rule, first ordinal); bounded by its user."""
        return {}

    def _is_working(self, ordinal: int) -> bool:
        # ordinal 1 is a Monday
        return ordinal in self.worked or (ordinal not in self.off and (ordinal - 1) % 7 not in self.weekend)

    def nth_working(self, first: int, n: int) -> int:
        """Return the ordinal of the n-th working day (n ≥ 1) on or after ordinal `first`."""
        low, before, nth = self._layout
        index = first - low
        if 0 <= index < len(before):
            k = before[index] + n - 1
            if k < len(nth):
                return nth[k]
        ordinal = first - 1
        while n:
            ordinal += 1
            if ordinal > _LAST_ORDINAL:
                raise CalendarGap("the clock runs past the year 9998; check its length")
            n -= self._is_working(ordinal)
        return ordinal

    def nth_working_back(self, last: int, n: int) -> int:
        """Return the ordinal of the n-th working day (n ≥ 1) on or before ordinal `last`, counted backwards."""
        low, before, nth = self._layout
        index = last + 1 - low
        if 0 <= index < len(before):
            k = before[index] - n
            if k >= 0:
                return nth[k]
        ordinal = last + 1
        while n:
            ordinal -= 1
            if ordinal < 2:
                raise CalendarGap("the clock runs back before the year 1; check its length")
            n -= self._is_working(ordinal)
        return ordinal

    def count_working(self, first: int, last: int) -> int:
        """Return how many working days lie from ordinal `first` to ordinal `last`, both included."""
        if last < first:
            return 0
        low, before, _ = self._layout
        if first >= low and last + 1 - low < len(before):
            return before[last + 1 - low] - before[first - low]
        return sum(self._is_working(ordinal) for ordinal in range(first, last + 1))

    def all_settled(self, first: int, last: int) -> bool:
        """Say whether no notice still to come may change a day from ordinal `first` to ordinal `last`."""
        return any(low <= first and last <= high for low, high in self._settled)

    def require_reach(self, first: int) -> None:
        """
        Refuse to consult a day before the first published year, of which the calendar knows nothing.

        Raises:
            CalendarGap: with the first year that is known.
        """
        if not self.published:
            raise CalendarGap(f"calendar {self.id} has no published year; load one with its notice")
        if first < self._settled[0][0]:
            day = date.fromordinal(first).isoformat()
            raise CalendarGap(
                f"calendar {self.id} starts with {min(self.published)} and can't say whether {day} was worked; "
                f"load the notice of {day[:4]}, or start the clock later"
            )

    def local_ordinal(self, moment: datetime) -> int:
        """Return the ordinal of the local date of an aware moment."""
        if moment.tzinfo is None:
            raise BadMoment(f"{moment.isoformat()} has no zone; moments are aware, in UTC")
        return moment.astimezone(self.zone).toordinal()

    def day_start(self, ordinal: int) -> datetime:
        """
        Return the first moment (UTC) of a local day, which is the moment at which the day before has ended.

        Where clocks skip midnight the day starts when they have jumped. Where they go back over midnight, so that
        the day before comes again, the day starts at the second midnight: nobody loses the repeated hour.
        """
        known = self._day_starts.get(ordinal)
        if known is None:
            if ordinal > _LAST_ORDINAL:
                raise CalendarGap("the clock runs past the year 9998; check its length")
            midnight = datetime.combine(date.fromordinal(ordinal), time(0), tzinfo=self.zone)
            known = midnight.astimezone(UTC)
            second = midnight.replace(fold=1).astimezone(UTC)
            if second > known and (second - _MICROSECOND).astimezone(self.zone).toordinal() < ordinal:
                known = second
            self._day_starts[ordinal] = known
        return known

    def windows(self, ordinal: int) -> list[tuple[datetime, datetime]]:
        """Return the opening windows (UTC, half-open) of one local day, as if it were a working day."""
        day = date.fromordinal(ordinal)
        result = []
        for opens, closes in self.office_hours:
            opens_at = datetime.combine(day, opens, tzinfo=self.zone).astimezone(UTC)
            if closes is None:
                closes_at = self.day_start(ordinal + 1)
            else:
                closes_at = datetime.combine(day, closes, tzinfo=self.zone).astimezone(UTC)
            if opens_at < closes_at:
                result.append((opens_at, closes_at))
        return result


def overlay(base: Calendar, document: Mapping[str, Any]) -> Calendar:
    """
    Return a regional calendar laid over a wider one (holidays of minority areas, set locally).

    Args:
        base: the wider calendar.
        document: `id`, and what differs: extra `off` and `worked` days (they win over the base), `names`, `sources`,
            and where they differ `zone`, `weekend`, `office_hours`, `verified`. `published` lists the years for which
            the region's own notice is loaded: a year counts as published only if both are. Without it the region
            follows the base.
    Returns:
        A complete calendar of its own, `base` naming the wider one.
    """
    if document.get("base") not in (None, base.id):
        raise BadCalendar(f"calendar {document.get('id')}: its base is {document['base']!r}, not {base.id!r}")
    merged = base.to_document()
    off, worked = set(document.get("off", ())), set(document.get("worked", ()))
    merged["off"] = [day for day in merged["off"] if day not in worked] + sorted(off)
    merged["worked"] = [day for day in merged["worked"] if day not in off] + sorted(worked)
    # A day that the region works keeps no holiday name.
    merged["names"] = {day: name for day, name in merged["names"].items() if day not in worked}
    merged["names"].update(document.get("names", {}))
    for language, words in document.get("translations", {}).items():
        merged["translations"][language] = {**merged["translations"].get(language, {}), **words}
    for year, paper in document.get("sources", {}).items():
        national = merged["sources"].get(str(year))
        merged["sources"][str(year)] = f"{national} {paper}" if national else paper
    if "published" in document:
        merged["published"] = sorted(set(merged["published"]) & set(document["published"]))
    for key in ("zone", "weekend", "office_hours", "year_end_days"):
        if key in document:
            merged[key] = document[key]
    merged["verified"] = bool(document.get("verified", False)) and merged["verified"]
    merged["id"] = document["id"]
    merged["base"] = base.id
    extra = sorted(set(document) - set(_KEYS))
    if extra:
        raise BadCalendar(f"calendar {document['id']}: unknown key {extra[0]!r}")
    return Calendar.from_document(merged)


def local_date(moment: datetime, calendar: Calendar) -> date:
    """Return the date that the region's wall calendar shows at an aware moment."""
    return date.fromordinal(calendar.local_ordinal(moment))


def _dates(identity: str, key: str, values: Iterable[Any]) -> list[str]:
    result = set()
    for value in values:
        try:
            # round trip: only the one spelling, 2026-01-05, can be hashed
            if date.fromisoformat(value).isoformat() != value:
                raise ValueError(value)
        except (ValueError, TypeError) as error:
            raise BadCalendar(f"calendar {identity}: {value!r} in {key!r} is no date; write 2026-01-05") from error
        result.add(value)
    return sorted(result)


def _windows(identity: str, pairs: Iterable[Any]) -> tuple[tuple[time, time | None], ...]:
    result: list[tuple[time, time | None]] = []
    previous: time | None = time(0)
    try:
        for opens_text, closes_text in pairs:
            opens = time.fromisoformat(opens_text)
            closes = None if closes_text == "24:00" else time.fromisoformat(closes_text)
            if previous is None or opens < previous or (closes is not None and closes <= opens):
                raise ValueError("out of order")
            result.append((opens, closes))
            previous = closes
    except (ValueError, TypeError) as error:
        raise BadCalendar(
            f"calendar {identity}: 'office_hours' are pairs in order such as [['09:00', '12:00'], ['14:00', '18:00']]"
        ) from error
    return tuple(result)
