"""
Small pieces of HTML made in Python, where a page needs a hundred of them: icons, clock pills, bars.

Every text goes through `escape`; what a function returns is safe to put into a page.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from html import escape

from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe

_CHINESE = re.compile(r"[\u3400-\u9fff][\u3000-\u9fff\uff00-\uffef0-9]*")


@lru_cache(maxsize=128)
def icon(name: str) -> SafeString:
    """Return the drawing of that name in `icons.svg`; it says nothing to a screen reader, the words beside it do."""
    return mark_safe(  # noqa: S308
        f'<svg class="i" aria-hidden="true"><use href="{escape(static("huajie/icons.svg"))}#i-{escape(name)}"/></svg>'
    )


@lru_cache(maxsize=4096)
def pill(kind: str, name: str, words: str) -> SafeString:
    """
    Return a clock pill.

    Args:
        kind: ``, `soon`, `late` or `done`.
        name: of the icon.
    """
    shade = f" clock-{kind}" if kind else ""
    return mark_safe(f'<span class="clock{shade}">{icon(name)}{escape(words)}</span>')  # noqa: S308


def thin_bar(share: float, kind: str, words: str) -> SafeString:
    """Return the 6 px bar of a row: how much of the time is used, with the sentence as its label."""
    width = f"{max(0.0, min(share, 1.0)) * 100:.0f}%"
    return mark_safe(  # noqa: S308
        f'<svg class="bar" height="6" role="img" aria-label="{escape(words)}">'
        '<rect class="bar-track" width="100%" height="6" rx="3"/>'
        f'<rect class="bar-{kind or "run"}" width="{width}" height="6" rx="3"/></svg>'
    )


def marked(text: str, words: Iterable[str]) -> SafeString:
    """Return a text with every one of the words in it marked."""
    found = [re.escape(word) for word in words if len(word) > 1]
    if not found:
        return mark_safe(escape(text))  # noqa: S308
    parts = re.split(f"({'|'.join(found)})", text, flags=re.IGNORECASE)
    # every second part is a hit
    said = "".join(f"<mark>{escape(part)}</mark>" if n % 2 else escape(part) for n, part in enumerate(parts))
    return mark_safe(said)  # noqa: S308


def tongue(text: str, language: str) -> SafeString:
    """Return a text whose Chinese is marked as such on a page in another language, so that it is read out rightly."""
    if language == "zh":
        return mark_safe(escape(text))  # noqa: S308
    return mark_safe(_CHINESE.sub(r'<span lang="zh-Hans">\g<0></span>', escape(text)))  # noqa: S308
