"""Palette, keys and their switch; the same page without script. `test_demo_county.py` works with keys alone."""

from typing import Any

from .test_pages import DESK, sign_in
from .watching import Watched


def shown(number: str) -> str:
    """Return a number as it is written."""
    from huajie.apps.matters.numbers import shown

    return shown(number)


def test_the_palette_holds_acts_pages_and_numbers_and_gives_the_focus_back(
    chromium: Any, address: str, county: Any
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    known = county.matters["planned"]
    window = Watched(chromium, viewport=DESK, locale="en-GB")
    page = window.page
    sign_in(page, address, "housing")
    page.goto(f"{address}/desk/matters/{known.number}/")
    opener = page.locator(".crumb a").first
    opener.focus()
    page.keyboard.press("Control+k")
    dialog = page.get_by_role("dialog")
    dialog.wait_for()
    options = dialog.get_by_role("option")
    assert options.count() > 10
    assert Axe().run(page).violations_count == 0
    # what is possible here is offered, and an arrow says which one is meant
    page.keyboard.type("evidence")
    assert "Add evidence" in " ".join(options.all_inner_texts())
    before = page.evaluate("document.activeElement.getAttribute('aria-activedescendant')")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.getAttribute('aria-activedescendant')") != before
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    assert page.evaluate("document.activeElement === document.querySelector('.crumb a')")
    # a number
    other = county.matters["ordinary"]
    page.keyboard.press("Control+k")
    dialog.wait_for()
    page.keyboard.type(other.number)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/desk/matters/{shown(other.number)}/")
    # the keys, and what one types into a field stays text
    page.keyboard.press("?")
    dialog.wait_for()
    assert "go to an act, a page or a number" in dialog.inner_text()
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    page.keyboard.press("/")
    page.keyboard.type("gdjk?")
    assert page.input_value(".s-search input") == "gdjk?"
    assert page.url.endswith(f"/desk/matters/{shown(other.number)}/")
    window.done()


def test_keys_can_be_switched_off_and_everything_is_there_without_them(
    chromium: Any, address: str, county: Any
) -> None:
    known = county.matters["planned"]
    window = Watched(chromium, viewport=DESK, locale="en-GB")
    page = window.page
    sign_in(page, address, "housing")
    page.goto(f"{address}/desk/me/")
    page.click("text=Switch keys off")
    page.wait_for_selector("#done")
    page.goto(f"{address}/desk/matters/")
    for key in ("j", "?", "Control+k"):
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    assert not page.locator(".is-sel, dialog").count()
    window.done()

    plain = Watched(chromium, viewport=DESK, locale="en-GB", java_script_enabled=False)
    page = plain.page
    sign_in(page, address, "housing")
    page.goto(f"{address}/desk/go/?matter={known.number}")
    assert "Add evidence" in page.inner_text("main")
    page.fill("#f-q", "evidence")
    with page.expect_navigation():
        page.press("#f-q", "Enter")
    assert "Add evidence" in page.inner_text("main") and not page.locator("#h-go-pages").count()
    page.fill("#f-q", county.matters["ordinary"].number)
    with page.expect_navigation():
        page.press("#f-q", "Enter")
    assert page.url.endswith(f"/{shown(county.matters['ordinary'].number)}/")
    # a number that one may not see is no number
    page.goto(f"{address}/desk/go/?q={county.matters['elsewhere'].number}")
    assert "/desk/go/" in page.url
    plain.done()
