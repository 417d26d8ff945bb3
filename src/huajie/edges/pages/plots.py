"""
Plots, drawn by the server. Lengths are per cent of the room there is, for a phone and a sheet of paper alike.

No plot says anything by colour alone, and each stands beside a table that says the same.
"""

from collections.abc import Sequence
from html import escape
from itertools import pairwise
from typing import Final

from django.utils.safestring import SafeString, mark_safe

_HEIGHT: Final = 128.0
_TOP, _BASE = 18.0, 104.0


def _steps(most: float) -> list[int]:
    """Return round numbers for the lines across."""
    for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000):
        if most <= step * 3:
            return [step * n for n in range(1, 4) if step * n <= max(most * 1.15, step)]
    return []


def lines(labels: Sequence[str], solid: Sequence[int | None], dashed: Sequence[int | None], label: str) -> SafeString:
    """Return two lines over time; where a value is not shown the line stops."""
    most = max([value for value in (*solid, *dashed) if value is not None] or [1]) or 1
    steps = _steps(most)
    top = max([most, *steps])
    last = max(len(labels) - 1, 1)

    def x(n: int) -> float:
        return 6 + 92 * n / last

    def y(value: float) -> float:
        return _BASE - (_BASE - _TOP) * value / top

    out = [f'<svg class="plot" height="{_HEIGHT:.0f}" role="img" aria-label="{escape(label)}">']
    for step in steps:
        out.append(f'<line class="p-grid" x1="0" x2="100%" y1="{y(step):.1f}" y2="{y(step):.1f}"/>')
        out.append(f'<text x="0" y="{y(step) - 3:.1f}">{step}</text>')
    out.append(f'<line class="p-axis" x1="0" x2="100%" y1="{_BASE}" y2="{_BASE}"/>')
    for css, values in (("p-b", dashed), ("p-a", solid)):
        for n, (one, two) in enumerate(pairwise(values)):
            if one is not None and two is not None:
                out.append(
                    f'<line class="{css}" x1="{x(n):.1f}%" y1="{y(one):.1f}" x2="{x(n + 1):.1f}%" y2="{y(two):.1f}"/>'
                )
        for n, one in enumerate(values):
            before = values[n - 1] if n else None
            after = values[n + 1] if n + 1 < len(values) else None
            if one is not None and before is None and after is None:
                out.append(f'<circle class="p-alone" cx="{x(n):.1f}%" cy="{y(one):.1f}" r="3"/>')
    for n in sorted({0, last // 3, 2 * last // 3, last}):
        anchor = "start" if n == 0 else "end" if n == last else "middle"
        out.append(f'<text x="{x(n):.1f}%" y="122" text-anchor="{anchor}">{escape(labels[n])}</text>')
    out.append("</svg>")
    return mark_safe("".join(out))  # noqa: S308


def bars(bars: Sequence[tuple[str, int | None, str, str]], label: str) -> SafeString:
    """
    Return upright bars.

    Args:
        bars: name, value (None: not shown), its words, and the address that it opens or nothing.
    """
    most = max([value for _, value, _, _ in bars if value is not None] or [1]) or 1
    width = 100 / len(bars)
    out = [f'<svg class="plot" height="{_HEIGHT:.0f}" role="group" aria-label="{escape(label)}">']
    for n, (name, value, said, url) in enumerate(bars):
        middle = width * (n + 0.5)
        height = (_BASE - _TOP) * (value or 0) / most
        inside = (
            f'<rect class="p-bar" x="{width * n + width * 0.1:.1f}%" width="{width * 0.8:.1f}%"'
            f' y="{_BASE - height:.1f}" height="{height:.1f}"/>'
            f'<text class="p-strong" x="{middle:.1f}%" y="{_BASE - height - 5:.1f}" text-anchor="middle">'
            f"{escape(said)}</text>"
        )
        # by its name too: what is written below the bar stands outside of the link
        told = escape(f"{name}: {said}")
        out.append(f'<a href="{escape(url)}" aria-label="{told}">{inside}</a>' if url else inside)
        out.append(f'<text x="{middle:.1f}%" y="122" text-anchor="middle">{escape(name)}</text>')
    out.append(f'<line class="p-axis" x1="0" x2="100%" y1="{_BASE}" y2="{_BASE}"/></svg>')
    return mark_safe("".join(out))  # noqa: S308


def bar(value: int | None, most: int) -> SafeString:
    """Return one lying bar of a table's row."""
    share = 0.0 if not value or most <= 0 else 100 * value / most
    return mark_safe(  # noqa: S308
        f'<svg class="plot" height="12" aria-hidden="true"><rect class="p-bar" width="{share:.1f}%" height="12"/></svg>'
    )


def interval(low: float, high: float, share: float, whole: float | None) -> SafeString:
    """Return a share with its interval on a row, the share of all as a dashed line across."""
    reference = (
        f'<line class="p-ref" x1="{100 * whole:.1f}%" x2="{100 * whole:.1f}%" y1="0" y2="18"/>'
        if whole is not None
        else ""
    )
    return mark_safe(  # noqa: S308
        '<svg class="plot" height="18" aria-hidden="true"><line class="p-grid" x1="0" x2="100%" y1="9" y2="9"/>'
        f'<line class="p-band" x1="{100 * low:.1f}%" x2="{100 * high:.1f}%" y1="9" y2="9"/>{reference}'
        f'<circle class="p-dot" cx="{100 * share:.1f}%" cy="9" r="4"/></svg>'
    )


def empty_row() -> SafeString:
    """Return a row of which nothing is drawn."""
    return mark_safe(
        '<svg class="plot" height="18" aria-hidden="true"><line class="p-grid" x1="0" x2="100%" y1="9" y2="9"/></svg>'
    )
