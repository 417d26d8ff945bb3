"""
How long until a resident can type, on an old phone: `python -m scripts.slow_phone`, a part of `make bench`.

Each page of residents that has a field is opened with nothing kept from before, on a link of 400 kbit/s with 300 ms to
and fro and a processor four times as slow (Chromium's own throttling), until the first field holds what is typed. Also
what a first view weighs, compressed as a server in front sends it, of residents' pages and of the desk's. Written to
docs/slow-phone.md; 1 where a budget is missed.
"""

from __future__ import annotations

import gzip
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scripts.gallery import Page, Site

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "docs" / "slow-phone.md"

#: Seconds until the first field takes what is typed.
SECONDS = 3.0
#: Bytes of a first view, compressed.
RESIDENT_BYTES, DESK_BYTES = 60_000, 250_000
REPEATS = 5
LINK = {"offline": False, "latency": 300, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
SLOWER = 4
FIELD = "main :is(input:not([type=hidden], [type=radio], [type=checkbox], [type=file]), textarea)"


def main() -> int:
    """Measure and write it down."""
    with tempfile.TemporaryDirectory(prefix="huajie-slow-phone-") as folder:
        os.environ["HUAJIE_DATA"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "huajie.config.settings"
        import django

        django.setup()
        from scripts import gallery

        typed: list[tuple[str, list[float]]] = []
        weights: list[tuple[str, int, int]] = []
        with gallery.sites() as (filled, empty), gallery.chromium() as browser:
            for page in (one for one in gallery.pages(filled, empty) if one.filled and one.status == 200):
                residents = not page.address.startswith("/desk/")
                weights.append((page.name, weight(browser, filled, page), RESIDENT_BYTES if residents else DESK_BYTES))
                if residents and (taken := until_typed(browser, filled, page)):
                    typed.append((page.name, taken))
        RESULT.write_text(_result(typed, weights), encoding="utf-8")
        return 1 if any(max(taken) > SECONDS for _, taken in typed) or any(w > most for _, w, most in weights) else 0


def _cold(browser: Any, site: Site, page: Page) -> Any:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
    cookies = site.cookies.get(page.who, {})
    context.add_cookies([{"name": name, "value": value, "url": site.address} for name, value in cookies.items()])
    return context


def weight(browser: Any, site: Site, page: Page) -> int:
    """Return what a first view of a page weighs, in bytes, each file compressed by itself."""
    context = _cold(browser, site, page)
    tab = context.new_page()
    bodies: dict[str, bytes] = {}
    tab.on("response", lambda answer: bodies.setdefault(answer.url, answer.body() if answer.status == 200 else b""))
    tab.goto(site.address + page.address, wait_until="networkidle")
    context.close()
    return sum(min(len(gzip.compress(body)), len(body)) for body in bodies.values())


def until_typed(browser: Any, site: Site, page: Page) -> list[float]:
    """Return the seconds of each try until the first field holds what is typed; nothing where there is no field."""
    found = []
    for _ in range(REPEATS):
        context = _cold(browser, site, page)
        tab = context.new_page()
        slow = context.new_cdp_session(tab)
        slow.send("Network.enable")
        slow.send("Network.emulateNetworkConditions", LINK)
        slow.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        started = time.perf_counter()
        tab.goto(site.address + page.address, wait_until="commit")
        field = tab.locator(FIELD).first
        try:
            field.wait_for(state="visible", timeout=SECONDS * 3000)
        except Exception:
            # a page without a field, or with one behind a fold only
            context.close()
            return []
        field.press_sequentially("3")
        tab.wait_for_function("one => one.value.endsWith('3')", arg=field.element_handle())
        found.append(time.perf_counter() - started)
        context.close()
    return found


def _result(typed: list[tuple[str, list[float]]], weights: list[tuple[str, int, int]]) -> str:
    lines = [
        "# An old phone on a slow link",
        "",
        f"Written by `python -m scripts.slow_phone`, a part of `make bench`: {LINK['downloadThroughput'] * 8 // 1000}",
        f"kbit/s, {LINK['latency']} ms, processor {SLOWER} times slower, nothing kept. Seconds until the first",
        f"field holds what is typed, at most {SECONDS:.0f}; median and longest of {REPEATS} tries.",
        "",
        "| page | median | longest |",
        "| --- | ---: | ---: |",
        *(f"| `{name}` | {statistics.median(taken):.2f} | {max(taken):.2f} |" for name, taken in typed),
        "",
        "What a first view weighs, compressed, in kB:",
        "",
        "| page | kB | at most |",
        "| --- | ---: | ---: |",
        *(
            f"| `{name}` | {each / 1000:.1f} | {most // 1000} |"
            for name, each, most in weights
            if " " not in name.split(" (")[0]
        ),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
