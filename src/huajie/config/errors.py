"""What stops Huajie from starting, and the check of a number that does."""

from collections.abc import Callable, Mapping

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


def whole_numbers(
    environ: Mapping[str, str], wanted: Mapping[str, tuple[str, int, int, int]], *more: Callable[[], None]
) -> dict[str, int]:
    """
    Return several settings that are whole numbers.

    Args:
        wanted: name of the value -> (setting, default, low, high).
        more: checks of the same group, each raising for what is wrong.
    Raises:
        SettingError: naming everything that is wrong, a line each.
    """
    problems = Problems()
    found = {}
    for name, (setting, default, low, high) in wanted.items():
        with problems:
            found[name] = whole_number(environ, setting, default, low, high)
    for check in more:
        with problems:
            check()
    problems.stop()
    return found


class Problems:
    """Collects what is wrong, so that a start names all of it at once."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def __enter__(self) -> None:
        """Begin something that may be wrong."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, SettingError):
            self.found += str(error).splitlines()
            return True
        return False

    def stop(self) -> None:
        """
        Refuse to go on if anything was wrong.

        Raises:
            SettingError: a line for each.
        """
        if self.found:
            raise SettingError("\n".join(self.found))
