"""
Probable names, proposed to whoever writes a text down at the desk: a step of the form, once, before anything is kept.

Nothing is taken out that was not ticked. What was ticked lies in the vault like a phone number.
"""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from huajie.core.masking import probable_names
from huajie.edges.pages.forms import Drawn, Option

#: Says that the names were proposed already.
ASKED = "names_asked"
HIDE = "hide"


def hidden(posted: Mapping[str, list[str]]) -> tuple[str, ...]:
    """Return the names that were ticked."""
    return tuple(dict.fromkeys(name for value in posted.get(HIDE, ()) if (name := value.strip()[:60])))


def proposals(posted: Mapping[str, list[str]], texts: Mapping[str, object]) -> Drawn | None:
    """
    Return the field that proposes names, None where there is nothing to ask or it was asked already.

    Args:
        posted: the form as it came.
        texts: the texts read from it.
    """
    if posted.get(ASKED):
        return None
    found = {one.name: one.around for text in texts.values() if isinstance(text, str) for one in probable_names(text)}
    if not found:
        return None
    options = [Option(name, name, False, f"…{around}…") for name, around in found.items()]
    return Drawn(
        HIDE,
        "boxes",
        _("Are these names of persons?"),
        _("What you tick goes out of the text and lies sealed; a mark stands in its place. Leave offices and places."),
        False,
        "",
        [("", options)],
    )
