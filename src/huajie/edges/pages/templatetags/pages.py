"""Tags of the pages: icons and numbers. Dates and clocks come ready from the views."""

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from huajie.apps.matters.numbers import shown
from huajie.edges.pages import html
from huajie.edges.pages.timeline import Happened, record

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """Return an icon by its name."""
    return html.icon(name)


@register.simple_tag
def happened(lines: Sequence[Happened]) -> SafeString:
    """Return the lines of a record."""
    return record(lines)


@register.filter
def number(value: str) -> str:
    """Return a matter's number as people read it."""
    return shown(value)


@register.filter
def paragraphs(value: Any) -> SafeString:
    """Return a text with its line ends kept; escaped."""
    return mark_safe(f'<span class="said">{conditional_escape(value)}</span>')  # noqa: S308
