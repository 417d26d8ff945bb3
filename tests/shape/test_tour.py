"""The pictures: each main page in every way, of the size that its name says, shown in the tour and in the README."""

import re
from pathlib import Path

import pytest
from PIL import Image
from scripts import screenshots
from scripts.gallery import WAYS

pytestmark = pytest.mark.accept("G7")

ROOT = Path(__file__).resolve().parents[2]
TOUR = ROOT / "docs" / "tour.md"
SHOWN = re.compile(r"\]\((?:docs/)?(pictures/[a-z0-9-]+\.png)\)", re.IGNORECASE)


def test_each_main_page_was_taken_in_every_way_and_nothing_else_lies_there() -> None:
    assert {language for language, _, _ in WAYS} == {"zh-CN", "en-GB"}
    assert {light for _, light, _ in WAYS} == {"light", "dark"} and {width for _, _, width in WAYS} == {390, 1440}
    wanted = {screenshots.file_of(name, way) for name in screenshots.MAIN for way in WAYS}
    assert set(screenshots.PICTURES.glob("*.png")) == wanted


@pytest.mark.parametrize("name", sorted(screenshots.MAIN))
def test_a_picture_is_as_wide_as_it_says_and_shows_something(name: str) -> None:
    for way in WAYS:
        language, light, width = way
        with Image.open(screenshots.file_of(name, way)) as picture:
            assert picture.width == width, (language, light, width)
            grey = picture.convert("L")
        colours = grey.getcolors()
        assert colours is not None and len(colours) > 20, "an empty page"
        # most of a page is its ground: light by day, dark by night
        ground = max(colours)[1]
        assert ground > 200 if light == "light" else ground < 60


def test_the_tour_shows_every_picture_and_the_readme_some_of_them() -> None:
    wanted = {f"pictures/{screenshots.file_of(name, way).name}" for name in screenshots.MAIN for way in WAYS}
    assert set(SHOWN.findall(TOUR.read_text(encoding="utf-8"))) == wanted
    readme = set(SHOWN.findall((ROOT / "README.md").read_text(encoding="utf-8")))
    assert readme and readme <= wanted
