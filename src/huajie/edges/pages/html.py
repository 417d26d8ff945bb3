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
    """Return a text with every one of the words in it marked; a single letter is no word, a single character is."""
    pattern = _any_of(tuple(words))
    if pattern is None:
        return mark_safe(escape(text))  # noqa: S308
    parts = pattern.split(text)
    # every second part is a hit
    said = "".join(f"<mark>{escape(part)}</mark>" if n % 2 else escape(part) for n, part in enumerate(parts))
    return mark_safe(said)  # noqa: S308


@lru_cache(maxsize=64)
def _any_of(words: tuple[str, ...]) -> re.Pattern[str] | None:
    found = [re.escape(word) for word in sorted(words, key=len, reverse=True) if len(word) > 1 or not word.isascii()]
    return re.compile(f"({'|'.join(found)})", re.IGNORECASE) if found else None


_TOKEN = re.compile(r"""<!--.*?-->|<(/?)([a-zA-Z][\w-]*)((?:"[^"]*"|'[^']*'|[^"'>])*)>|[^<]+|<""", re.DOTALL)
_IS_CHINESE = re.compile(r"""\blang=["']?zh""")
#: These hold no tags, or none of HTML: the element itself says the language of its text.
_TEXT_ONLY = frozenset(("title", "textarea", "option", "text", "tspan", "desc"))
_NOT_READ = frozenset(("script", "style"))
_NEVER_CLOSED = frozenset("area base br col embed hr img input link meta source track wbr".split())


def with_tongues(page: str) -> str:
    """
    Return a page with every Chinese text on it marked as Chinese.

    What people wrote, names of offices and titles of laws stand in Chinese on an English page; a voice that reads them
    out, and a font that is chosen for them, need to know. One place for all pages, so that none can forget it.

    Args:
        page: a whole page, as our templates make them; one in Chinese stays as it is.
    """
    if not _CHINESE.search(page):
        return page
    out: list[str] = []
    # the element that is marked already, and how many of its name are open inside it
    marked_as, depth = "", 0
    parent, opened_at = "", 0
    for token in _TOKEN.finditer(page):
        text = token[0]
        closes, name, attributes = token[1], (token[2] or "").lower(), token[3] or ""
        if name:
            if marked_as:
                if name == marked_as and not attributes.endswith("/"):
                    depth += -1 if closes else 1
                    marked_as = marked_as if depth else ""
            elif not closes and _IS_CHINESE.search(attributes):
                if name not in _NEVER_CLOSED and not attributes.endswith("/"):
                    marked_as, depth = name, 1
            parent, opened_at = ("" if closes else name), len(out)
        elif text[0] != "<" and not marked_as and parent not in _NOT_READ and _CHINESE.search(text):
            if parent in _TEXT_ONLY:
                tag = out[opened_at]
                out[opened_at] = f'{tag[:-1]} lang="zh-Hans">'
            else:
                text = _CHINESE.sub(r'<span lang="zh-Hans">\g<0></span>', text)
        out.append(text)
    return "".join(out)
