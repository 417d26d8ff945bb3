"""What can go wrong when days are counted.

ClockError
├── CalendarGap    the calendar does not reach the days that the clock needs
├── BadCalendar    the calendar's document contradicts itself
├── BadRule        the rule can't be counted
└── BadMoment      a moment without a zone, or a span that ends before it starts
"""


class ClockError(ValueError):
    """A clock could not be counted; the message says what to do."""


class CalendarGap(ClockError):
    """The calendar does not reach the days that the clock needs."""


class BadCalendar(ClockError):
    """The calendar's document contradicts itself."""


class BadRule(ClockError):
    """The rule can't be counted."""


class BadMoment(ClockError):
    """A moment must be aware, and a span must not end before it starts."""
