"""With the keyboard alone: twenty matters taken up; palette, keys and their switch; the same page without script."""

from typing import Any

import pytest

from .test_pages import DESK, sign_in
from .watching import Watched


@pytest.fixture
def twenty(county: Any) -> list[Any]:
    """Twenty new complaints on the desk of housing."""
    return [county.bring_in(f"new-{number}", "t.housing") for number in range(20)]


def test_a_clerk_takes_up_twenty_matters_with_the_keyboard_alone(
    twenty: list[Any], chromium: Any, address: str, county: Any
) -> None:
    # Playwright's loop keeps Django from the database: what is in it is read when the browser has gone
    window = Watched(chromium, viewport=DESK, locale="zh-CN")
    page = window.page
    sign_in(page, address, "housing")
    page.keyboard.press("g")
    page.keyboard.press("l")
    page.wait_for_url(f"{address}/desk/matters/**")
    page.goto(f"{address}/desk/matters/?stage=logged")
    lines = page.locator(".data tbody tr").count()
    assert lines >= 20
    done: set[str] = set()
    page.keyboard.press("j")
    assert page.locator("tr.is-sel").count() == 1
    page.keyboard.press("Enter")
    for _turn in range(lines):
        page.wait_for_selector(".acts")
        page.wait_for_load_state()
        path = page.url.partition("?")[0]
        if "acknowledge" not in page.locator(".acts .can > a").first.get_attribute("href"):
            # one that was offered to another unit: it waits for their answer
            page.keyboard.press("j")
            page.wait_for_url(lambda url, before=path: url != before)
            continue
        # the first act of a complaint that was logged: its form opens, with the focus in it
        page.keyboard.press("a")
        page.wait_for_url("**/acts/acknowledge/**")
        assert page.evaluate("document.activeElement.form && document.activeElement.form.id") == "work"
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        page.keyboard.type("收到了，十个工作日内答复您。")
        for _step in range(12):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.matches('#work .form-foot button.btn-go')"):
                break
        page.keyboard.press("Enter")
        page.wait_for_url("**?done=*")
        assert "登记并告诉居民收到了" in page.inner_text("[role=status]")
        done.add(path)
        if len(done) == 20:
            break
        # the next of the list, from here
        page.keyboard.press("j")
        page.wait_for_url(lambda url: "done=" not in url)
    assert len(done) == 20
    window.done()


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
    page.press("#f-q", "Enter")
    assert "Add evidence" in page.inner_text("main") and not page.locator("#h-go-pages").count()
    page.fill("#f-q", county.matters["ordinary"].number)
    page.press("#f-q", "Enter")
    assert page.url.endswith(f"/{shown(county.matters['ordinary'].number)}/")
    # a number that one may not see is no number
    page.goto(f"{address}/desk/go/?q={county.matters['elsewhere'].number}")
    assert "/desk/go/" in page.url
    plain.done()
