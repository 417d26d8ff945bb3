"""What stops Huajie from starting, and the check of a number that does."""

from collections.abc import Mapping

from django.core.exceptions import ImproperlyConfigured


class SettingError(ImproperlyConfigured):
    """A setting, key or server option is wrong; the message begins with its name and ends with what to do."""


def whole_number(environ: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    """
    Return a setting that is a whole number.

    Raises:
        SettingError: it is none, or out of its range.
    """
    text = environ.get(name, "").strip() or str(default)
    try:
        value = int(text)
    except ValueError:
        raise SettingError(f"{name}: a whole number from {low} to {high}, not {text!r}") from None
    if not low <= value <= high:
        raise SettingError(f"{name}: a whole number from {low} to {high}, not {value}")
    return value
