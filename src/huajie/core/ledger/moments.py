"""How moments are written in entries: UTC, six digits of a second, a `Z`, 27 characters."""

from datetime import UTC, datetime


def stamp(at: datetime) -> str:
    """
    Write an aware moment as `2026-11-23T14:18:55.123456Z`.

    Raises:
        ValueError: the moment has no zone.
    """
    if at.tzinfo is not UTC:
        if at.tzinfo is None:
            raise ValueError(f"{at!r} has no zone")
        at = at.astimezone(UTC)
    return at.isoformat("T", "microseconds")[:26] + "Z"


def moment(text: str) -> datetime:
    """
    Read what `stamp` wrote; aware, UTC.

    Raises:
        ValueError: another spelling, even of the same moment.
    """
    if len(text) != 27 or text[26] != "Z" or text[10] != "T" or text[19] != "." or not text.isascii():
        raise ValueError(f"{text!r} is not written like 2026-11-23T14:18:55.123456Z")
    return datetime.fromisoformat(text)
