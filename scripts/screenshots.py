"""
Take the pictures of docs/tour.md and of the README: `python -m scripts.screenshots [NAME ...]`, or `make screenshots`.

Each main page in every way of `scripts/gallery.py`: both languages, light and dark, 390 and 1440 px wide, of the demo
county. A picture is what one sees first, without scrolling; PNG of 128 colours, so that all of them stay small.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"

#: Name of a picture -> who looks, address; `{own}` is the matter of whoever holds its secret.
MAIN: dict[str, tuple[str, str]] = {
    "home": ("nobody", "/"),
    "report": ("nobody", "/report/"),
    "own": ("resident", "{own}"),
    "rights": ("nobody", "/rights/"),
    "map": ("nobody", "/map/"),
    "figures": ("nobody", "/figures/"),
    "day": ("housing-handler-new", "/desk/"),
    "list": ("housing-handler-new", "/desk/matters/"),
    "matter": ("housing-handler-new", "/desk/matters/"),
    "intake": ("petition-desk", "/desk/intake/"),
    "leader": ("yunxiu-head", "/desk/lead/"),
    "board": ("supervision-supervisor", "/desk/board/"),
    "offices": ("data-admin", "/desk/offices/"),
    "procedure": ("data-admin", "/desk/packs/cn.petition.request/"),
}
COLOURS = 128


def file_of(name: str, way: tuple[str, str, int]) -> Path:
    """Return where the picture of a page in one way lies."""
    language, light, width = way
    return PICTURES / f"{name}-{language[:2]}-{light}-{width}.png"


def main(argv: list[str] | None = None) -> int:
    """Take them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"only these: {', '.join(MAIN)}")
    args = parser.parse_args(argv)
    if unknown := set(args.names) - set(MAIN):
        parser.error(f"no such picture: {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory(prefix="huajie-pictures-") as folder:
        os.environ["HUAJIE_DATA"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "huajie.config.settings"
        import django

        django.setup()
        from scripts import gallery

        with gallery.sites(matters=500) as (filled, _), gallery.chromium() as browser:
            for way in gallery.WAYS:
                looker = gallery.Looker(browser, way)
                for name in args.names or MAIN:
                    who, address = MAIN[name]
                    tab = looker.page(filled, who)
                    tab.goto(filled.address + address.format(own=filled.starts[gallery.RESIDENT]))
                    if name == "matter":
                        tab.goto(filled.address + _first_matter(tab))
                    _keep(tab, file_of(name, way))
                looker.close()
                print(gallery.named(way), flush=True)
    return 0


def _first_matter(tab: Any) -> str:
    """Return the address of the first matter on a list."""
    found = [str(link.get_attribute("href")) for link in tab.locator("main a").all()]
    return next(href for href in found if re.fullmatch(r"/desk/matters/[0-9A-Z-]{12}/", href))


def _keep(tab: Any, path: Path) -> None:
    shot = Image.open(io.BytesIO(tab.screenshot()))
    PICTURES.mkdir(parents=True, exist_ok=True)
    shot.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
