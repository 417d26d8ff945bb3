"""The values that a clock is made of: its rule, what lengthens it, what is left out, and when it is due."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Final, Literal, get_args

from .errors import BadMoment, BadRule

Unit = Literal["day", "workday", "hour", "office_hour", "week", "month", "year"]
FirstDay = Literal["exclude", "include"]
LastDay = Literal["forward", "back", "none"]
Cutoff = Literal["midnight", "office_close"]

UNITS: Final[tuple[str, ...]] = get_args(Unit)
HOURLY: Final = ("hour", "office_hour")
#: Longest clock in any unit; a century of days.
MOST: Final = 36_525


def _check_amount(amount: object, unit: object, what: str) -> None:
    if unit not in UNITS:
        raise BadRule(f"{what}: unit {unit!r} is unknown; use one of {', '.join(UNITS)}")
    if type(amount) is not int or not 1 <= amount <= MOST:
        raise BadRule(f"{what}: amount {amount!r} must be a whole number from 1 to {MOST}")


@dataclass(frozen=True, slots=True)
class Rule:
    """How one clock is counted. Source: the article named in `source`."""

    #: 1 to 36,525
    amount: int
    unit: Unit
    #: whether the local day of the event is day 1 (`include`) or day 0; hours always run from the moment itself
    first_day: FirstDay = "exclude"
    #: when the last day is not a working day: to the next one, to the one before, or left where it is
    last_day: LastDay = "forward"
    #: the last day ends at local midnight, or when the office closes
    cutoff: Cutoff = "midnight"
    #: article, as the pack names it
    source: str = ""
    #: working days that the period must hold whatever its length (2 by Regulation 1182/71, 3(5)); 0 for none
    least_workdays: int = 0

    def __post_init__(self) -> None:
        _check_amount(self.amount, self.unit, "rule")
        for name, allowed in (("first_day", FirstDay), ("last_day", LastDay), ("cutoff", Cutoff)):
            value = getattr(self, name)
            if value not in get_args(allowed):
                raise BadRule(f"rule: {name} {value!r} is unknown; use one of {', '.join(get_args(allowed))}")
        if type(self.least_workdays) is not int or not 0 <= self.least_workdays <= 366:
            raise BadRule(f"rule: least_workdays {self.least_workdays!r} must be a whole number from 0 to 366")
        if self.least_workdays and self.unit in HOURLY:
            raise BadRule("rule: least_workdays has no meaning for a clock in hours; leave it out")

    def to_document(self) -> dict[str, Any]:
        """Return the rule as JSON values, every field written out."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Rule":
        """
        Return the rule of a JSON object; fields with a default may be missing.

        Raises:
            BadRule: naming the field.
        """
        known = [field.name for field in fields(cls)]
        unknown = sorted(set(document) - set(known))
        if unknown:
            raise BadRule(f"rule: {unknown[0]!r} is unknown; fields are {', '.join(known)}")
        for name in ("amount", "unit"):
            if name not in document:
                raise BadRule(f"rule: {name!r} is missing")
        return cls(**document)


@dataclass(frozen=True, slots=True)
class Extension:
    """Time added to a clock, counted from the clock's own start together with it, never from a rolled date."""

    #: 1 to 36,525
    amount: int
    #: any for clocks in days; the clock's own unit for clocks in hours
    unit: Unit

    def __post_init__(self) -> None:
        _check_amount(self.amount, self.unit, "extension")


@dataclass(frozen=True, slots=True)
class Span:
    """
    Time that does not count, from `from_at` up to but not including `to_at`.

    Clocks in days leave out every local day that the span touches; clocks in hours leave out exactly the span.
    """

    #: aware
    from_at: datetime
    #: aware, not before `from_at`; equal means that nothing is left out
    to_at: datetime
    #: why, as the pack words it (`hearing`)
    reason: str = ""
    #: article that allows it
    source: str = ""

    def __post_init__(self) -> None:
        if self.from_at.tzinfo is None or self.to_at.tzinfo is None:
            raise BadMoment("a span's moments must be aware, in UTC")
        if self.to_at < self.from_at:
            raise BadMoment(f"the span from {self.from_at.isoformat()} ends before it starts; swap its moments")


@dataclass(frozen=True, slots=True)
class Due:
    """When a clock is missed."""

    #: aware, UTC, exclusive: a step at this very moment is late
    due_at: datetime
    #: last local day on which a step is in time; None for clocks in hours
    last_date: date | None
    #: a notice that is not published yet may still move it
    provisional: bool
    #: last local day before it was rolled; None for clocks in hours
    raw_date: date | None
