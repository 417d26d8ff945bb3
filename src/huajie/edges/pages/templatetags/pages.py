"""
Tags of the pages: icons and numbers. Dates and clocks come ready from the views.

Load them after Django's own: a tag with nothing but a literal becomes plain text when the template is read (`loader`).
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from django import template
from django.template.base import Node, Parser, TextNode, Token
from django.template.defaulttags import url
from django.templatetags.i18n import do_translate
from django.templatetags.static import do_static
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from huajie.apps.matters.numbers import shown
from huajie.edges.pages import html
from huajie.edges.pages.timeline import Happened, folded, record

register = template.Library()

_LITERAL = re.compile(r"""'[^']*'|"[^"]*\"""")


@register.simple_tag
def icon(name: str) -> SafeString:
    """Return an icon by its name."""
    return html.icon(name)


def _settled(make: Callable[[Parser, Token], Node]) -> Callable[[Parser, Token], Node]:
    """Return the tag that is plain text where its one argument is a literal."""

    def tag(parser: Parser, token: Token) -> Node:
        node = make(parser, token)
        given = token.split_contents()[1:]
        if len(given) == 1 and _LITERAL.fullmatch(given[0]):
            return TextNode(node.render(template.Context()))
        return node

    return tag


for _name, _make in (("translate", do_translate), ("url", url), ("static", do_static), ("icon", register.tags["icon"])):
    register.tag(_name, _settled(_make))


@register.simple_tag
def happened(lines: Sequence[Happened]) -> SafeString:
    """Return the lines of a record."""
    return record(lines)


@register.simple_tag
def happened_folded(lines: Sequence[Happened]) -> SafeString:
    """Return the lines of a record with its quiet spans folded."""
    return folded(lines)


@register.filter
def number(value: str) -> str:
    """Return a matter's number as people read it."""
    return shown(value)


@register.filter
def paragraphs(value: Any) -> SafeString:
    """Return a text with its line ends kept; escaped."""
    return mark_safe(f'<span class="said">{conditional_escape(value)}</span>')  # noqa: S308
