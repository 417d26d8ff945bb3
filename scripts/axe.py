"""
Look at every page in every way: `python -m scripts.axe [--only TEXT]`, which `make axe` runs.

Each page of `scripts/gallery.py` is opened in both languages, light and dark, 390 and 1440 px wide. What came of it is
written to docs/axe.md; 1 where anything is wrong with any page.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: Forms of acts looked at of each server; the tests look at every act's, in one way each.
FORMS = 6
#: Browsers that look side by side.
BROWSERS = 2
RESULT = ROOT / "docs" / "axe.md"


def main(argv: list[str] | None = None) -> int:
    """Look at everything; return 1 when there is a fault."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().splitlines()[0])
    parser.add_argument("--only", metavar="TEXT", help="only pages whose route or reader holds it; writes nothing down")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="huajie-axe-") as folder:
        os.environ["HUAJIE_DATA"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "huajie.config.settings"
        import django

        django.setup()
        from scripts import gallery

        faults: list[str] = []
        wanted: list[gallery.Page] = []
        looked: Counter[str] = Counter()
        with gallery.sites() as (filled, empty):
            wanted = [
                page for page in gallery.pages(filled, empty, forms=FORMS) if not args.only or args.only in page.name
            ]

            def look(ways: Sequence[tuple[str, str, int]]) -> None:
                # a browser of its own for each thread: Playwright's may not be shared
                with gallery.chromium() as browser:
                    for way in ways:
                        looker, name = gallery.Looker(browser, way), gallery.named(way)
                        for page in wanted:
                            site = filled if page.filled else empty
                            for fault in looker.faults(site, page):
                                faults.append(f"{page.name} {name}: {fault}")
                                print(faults[-1], flush=True)
                            looked[name] += 1
                        looker.close()
                        print(f"{name}: {looked[name]} pages, {len(faults)} faults so far", flush=True)

            with ThreadPoolExecutor(BROWSERS) as browsers:
                list(browsers.map(look, [gallery.WAYS[n::BROWSERS] for n in range(BROWSERS)]))
        if not args.only:
            RESULT.write_text(_result([page.name for page in wanted], looked, len(faults)), encoding="utf-8")
        return 1 if faults else 0


def _result(names: list[str], looked: Counter[str], faults: int) -> str:
    lines = [
        "# Every page, looked at in every way",
        "",
        "Written by `make axe`: each page that somebody reaches by links, with matters and without, in Chromium.",
        "Looked at: axe's rules, status, heading, width, the page's policy and what the browser says against it, other",
        "servers asked, and on English pages Chinese that is not marked as Chinese.",
        "",
        "| way | pages |",
        "| --- | --- |",
        *(f"| {way} | {looked[way]} |" for way in sorted(looked)),
        "",
        f"{sum(looked.values())} looks, {faults} faults. The pages, each by its route and who opened it:",
        "",
        *(f"- `{name}`" for name in names),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
