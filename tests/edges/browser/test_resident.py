"""What only a resident's own device keeps, what a page weighs, and that nothing leaves the server that it came from."""

import gzip
from typing import Any

import pytest
from scripts.gallery import CHINESE

pytestmark = [pytest.mark.accept("K9"), pytest.mark.accept("K13")]

PHONE = {"width": 390, "height": 800}
SECRET_WORDS = "13900007799"


def go_on(page: Any) -> None:
    """Send the step and wait until the next page is whole: what is read then is no piece and not of the one before."""
    with page.expect_navigation():
        page.click(".go-row button.btn-go")


def write(page: Any, address: str) -> None:
    """Fill in the first step and wait for the draft."""
    page.goto(f"{address}/report/en.complaint/")
    page.fill("#f-title", "工资没有发")
    page.fill("#f-text", "拖欠工资三个月。")
    page.wait_for_selector("[data-note]:not([hidden])")


def kept(page: Any) -> dict[str, str]:
    found: dict[str, str] = page.evaluate("Object.fromEntries(Object.entries(localStorage))")
    return found


def test_a_draft_is_kept_on_the_device_and_holds_nobody(chromium: Any, address: str) -> None:
    """It comes back after the page was closed, never holds who somebody is, and goes when the matter is stored."""
    page = chromium.new_context(viewport=PHONE, locale="zh-CN").new_page()
    write(page, address)
    assert "草稿已存在本机" in page.inner_text("[data-note]")
    page.goto(address)
    page.goto(f"{address}/report/en.complaint/")
    assert page.input_value("#f-title") == "工资没有发"
    assert page.input_value("#f-text") == "拖欠工资三个月。"
    assert "只存在本机" in page.inner_text("[data-note]")
    go_on(page)
    page.check("[name=topic][value='t.wages']")
    go_on(page)
    page.check("[name=region][value='r.qingshi']")
    go_on(page)
    page.check("[name=mode][value=confidential]")
    page.fill("#f-contact-phone", SECRET_WORDS)
    page.fill("#f-contact-name", "某某人")
    page.wait_for_timeout(1200)
    draft = kept(page)["huajie.draft.en.complaint"]
    assert "拖欠工资三个月。" in draft
    assert "t.wages" in draft
    assert "r.qingshi" in draft
    for hidden in (SECRET_WORDS, "某某人", "csrf", "confidential"):
        assert hidden not in draft, hidden
    go_on(page)
    assert "收到了" in page.inner_text("h1")
    assert kept(page) == {}


def test_whoever_wants_no_draft_leaves_none(chromium: Any, address: str) -> None:
    page = chromium.new_context(viewport=PHONE, locale="zh-CN").new_page()
    write(page, address)
    page.click("text=删掉，不留草稿")
    assert "不留草稿" in page.inner_text("[data-said]")
    page.fill("#f-text", "另写一些。")
    page.wait_for_timeout(1200)
    go_on(page)
    page.check("[name=topic][value='t.wages']")
    page.wait_for_timeout(1200)
    assert kept(page) == {}


def test_my_reports_lie_on_this_device_and_are_forgotten_there(chromium: Any, address: str, county: Any) -> None:
    known, other = county.matters["planned"], county.matters["ordinary"]
    page = chromium.new_context(viewport=PHONE, locale="zh-CN").new_page()
    page.goto(f"{address}/mine/")
    assert "还没有记住的事" in page.inner_text("main")
    for one in (known, other):
        page.goto(f"{address}/follow/?number={one.number}")
        page.fill("#f-secret", one.secret)
        go_on(page)
        page.click("[data-keep-button]")
        assert "已记在这台设备上" in page.inner_text("[data-kept]")
    page.goto(f"{address}/mine/")
    assert page.locator("[data-list] > li").count() == 2
    # a matter's page never has the secret, so the list can't either: it asks for it
    stored = "".join(kept(page).values()).replace("-", "")
    assert not any(one.secret.replace("-", "") in stored for one in (known, other))
    page.click("[data-list] > li:last-child a")
    assert page.input_value("#f-number").replace("-", "") == known.number.replace("-", "")
    page.goto(f"{address}/mine/")
    page.click("[data-list] > li:first-child [data-forget]")
    assert page.locator("[data-list] > li").count() == 1
    page.click("[data-forget-all]")
    assert "还没有记住的事" in page.inner_text("main")
    assert kept(page) == {}


def test_a_receipt_may_be_remembered_with_its_secret_and_opens_by_one_touch(chromium: Any, address: str) -> None:
    page = chromium.new_context(viewport=PHONE, locale="en-GB").new_page()
    write(page, address)
    go_on(page)
    page.check("[name=topic][value='t.wages']")
    go_on(page)
    page.check("[name=region][value='r.qingshi']")
    go_on(page)
    page.check("[name=mode][value=anonymous]")
    go_on(page)
    number, secret = page.locator(".sheet .secret").all_inner_texts()
    page.check("[data-with-secret]")
    page.click("[data-keep-button]")
    assert secret in kept(page)["huajie.mine"]
    page.context.clear_cookies()
    page.goto(f"{address}/mine/")
    page.click("[data-list] form button")
    page.wait_for_url("**/matters/**")
    assert number in page.inner_text("main")


def test_the_whole_way_by_keyboard(chromium: Any, address: str) -> None:
    """Tab, arrows, space and Enter; what is focused can be seen, and nothing is out of reach."""
    page = chromium.new_context(viewport=PHONE, locale="zh-CN", java_script_enabled=True).new_page()
    page.goto(f"{address}/report/en.complaint/")

    def tab_to(selector: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("s => document.activeElement.matches(s)", selector):
                ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert ring != "none", selector
                return
        raise AssertionError(f"{selector} can't be reached")

    tab_to("#f-title")
    page.keyboard.type("工资没有发")
    tab_to("#f-text")
    page.keyboard.type("拖欠工资三个月。")
    tab_to(".go-row .btn-go")
    page.keyboard.press("Enter")
    # what was found is focused at once
    page.wait_for_selector("[name=topic]:focus")
    page.keyboard.press("Space")
    tab_to(".go-row .btn-go")
    page.keyboard.press("Enter")
    page.wait_for_selector("[name=region]")
    tab_to("[name=region]")
    page.keyboard.press("Space")
    tab_to(".go-row .btn-go")
    page.keyboard.press("Enter")
    page.wait_for_selector("[name=mode]")
    tab_to("[name=mode]")
    page.keyboard.press("ArrowDown")
    tab_to(".go-row .btn-go")
    page.keyboard.press("Enter")
    page.wait_for_selector(".sheet .secret")
    assert "收到了" in page.inner_text("h1")


PAGES = ("/", "/report/", "/report/cn.petition.request/", "/rights/", "/mine/", "/follow/", "/talk/", "/openings/")


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_twice_the_text_neither_clips_nor_scrolls(chromium: Any, address: str, county: Any, language: str) -> None:
    known = county.matters["planned"]
    page = chromium.new_context(viewport={"width": 1280, "height": 900}, locale=language).new_page()
    page.goto(f"{address}/follow/?number={known.number}")
    page.fill("#f-secret", known.secret)
    go_on(page)
    for path in (*PAGES, f"/matters/{known.number}/", f"/receipt/{known.number}/"):
        page.goto(f"{address}{path}")
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} is {wide} px too wide"
        clipped = page.evaluate(
            """[...document.querySelectorAll('main *, header *, footer *')].filter(one => {
                const style = getComputedStyle(one);
                return style.overflow === 'hidden' && !one.closest('.vh') && one.scrollWidth > one.clientWidth + 1;
            }).map(one => one.outerHTML.slice(0, 80))"""
        )
        assert not clipped, (path, clipped)


def test_english_pages_hold_no_chinese_but_what_is_marked(chromium: Any, address: str) -> None:
    page = chromium.new_context(viewport=PHONE, locale="en-GB").new_page()
    for path in PAGES:
        page.goto(f"{address}{path}")
        found = page.evaluate(CHINESE)
        assert not found, (path, found)


def test_a_first_view_is_light_and_asks_nobody_else(chromium: Any, address: str) -> None:
    """What a cold phone loads of each page, compressed as the server would send it: at most 60 kB; one origin only."""
    for path in PAGES:
        context = chromium.new_context(viewport=PHONE, locale="zh-CN")
        page = context.new_page()
        bodies: dict[str, bytes] = {}
        page.on("response", lambda answer, bodies=bodies: bodies.setdefault(answer.url, answer.body()))
        page.goto(f"{address}{path}", wait_until="networkidle")
        assert bodies
        assert all(url.startswith(f"{address}/") for url in bodies), [*bodies]
        weight = sum(len(gzip.compress(body)) for body in bodies.values())
        assert weight <= 60_000, (path, weight)
        context.close()
