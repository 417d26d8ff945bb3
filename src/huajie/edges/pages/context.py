"""What the frame of every page needs: language and light with the ways to the others, the name of the place."""

from typing import Any
from urllib.parse import urlencode

from django.db import DatabaseError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from huajie.apps.jurisdiction import queries as jurisdiction_queries
from huajie.edges.pages import theme
from huajie.edges.pages.reader import NAMES_AGE, Reader, current_language

#: language -> tag and name of the other one
_OTHER = {"zh": ("en", "English"), "en": ("zh-Hans", "中文")}


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return the words of the frame; a page about a broken database must still be drawn."""
    language = current_language()
    tag, name = _OTHER[language]
    place = ""
    if not getattr(request, "frameless", False):
        try:
            jurisdiction = jurisdiction_queries.snapshot(max_age=NAMES_AGE)
        except DatabaseError:
            pass
        else:
            reader = Reader(language, request.now, jurisdiction)  # type: ignore[attr-defined]
            place = reader.region(reader.home) if reader.home else ""
    back = request.get_full_path() if request.method in ("GET", "HEAD") else request.path
    light = theme.chosen(request)
    return {
        "theme": light,
        # a callable: most pages of the desk do not show them
        "themes": lambda: _themes(light, back),
        "language": language,
        "other_language": tag,
        "other_language_name": name,
        "other_language_url": f"{reverse('pages:language')}?{urlencode({'to': tag, 'next': back})}",
        "place": place,
    }


def _themes(light: str, back: str) -> list[tuple[str, str, bool]]:
    """Return each way to see the pages: name, address, whether it is the one that holds."""
    return [
        (title, f"{reverse('pages:theme')}?{urlencode({'to': name, 'next': back})}", name == (light or "auto"))
        for name, title in (("auto", _("As the device")), ("light", _("Light")), ("dark", _("Dark")))
    ]
