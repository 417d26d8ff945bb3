"""
Templates are kept once for each language, so that what only the language decides is decided when one is read.

The tags of `pages` (`{% translate "…" %}`, `{% url "…" %}`, `{% static "…" %}`, `{% icon "…" %}` with nothing but a
literal) leave plain text behind. A page of the desk has dozens of them.
"""

from typing import Any

from django.template.loaders.cached import Loader as CachedLoader
from django.utils.translation import get_language


class Loader(CachedLoader):
    """Django's loader that keeps what it has read, with the language in the key."""

    def cache_key(self, template_name: str, skip: Any = None) -> str:
        """Return the key of a template, for the language of the request."""
        return f"{get_language()}-{super().cache_key(template_name, skip)}"
