"""Resident and officer go the whole way without a script; every page can be read in each light, width, language."""

import re
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = [pytest.mark.accept("K9"), pytest.mark.accept("K13")]

PHONE = {"width": 390, "height": 800}
DESK = {"width": 1440, "height": 900}


def sign_in(page: Any, address: str, username: str) -> None:
    from tests.support.county import PASSWORD

    page.goto(f"{address}/desk/sign-in/")
    page.fill("#f-username", username)
    page.fill("#f-password", PASSWORD)
    page.click("button.btn-go")
    page.wait_for_url(f"{address}/desk/")


def test_a_resident_reports_on_a_phone_without_script_and_an_officer_acts(chromium: Any, address: str) -> None:
    phone = chromium.new_context(viewport=PHONE, locale="zh-CN", java_script_enabled=False)
    page = phone.new_page()
    page.goto(address)
    page.click("text=我要反映")
    page.click("text=投诉（英格兰两级程序）")
    page.fill("#f-text", "灯坏了三周，老人晚上上下楼很危险，房屋里一片黑。")
    page.click("text=下一步：在哪里")
    assert "还没有提交" in page.inner_text("[role=alert]")
    assert page.input_value("#f-text") == "灯坏了三周，老人晚上上下楼很危险，房屋里一片黑。"
    page.fill("#f-title", "三号楼二单元的灯坏了")
    # the key that a phone offers in a line of text goes on, and what was written finds its topic
    page.press("#f-title", "Enter")
    page.check("input[name=topic][value='t.housing']")
    page.click("text=下一步：在哪里")
    page.check("input[name=region][value='r.qingshi']")
    page.click("text=下一步：怎么联系")
    page.check("input[value=confidential]")
    page.fill("#f-contact-phone", "13900007799")
    page.click("text=提交，拿编号")
    assert "收到了，已经存好" in page.inner_text("h1")
    number, secret = page.locator(".secret").all_inner_texts()
    assert "住建局" in page.inner_text("main")

    # another phone, with nothing but the receipt
    other = chromium.new_context(viewport=PHONE, locale="zh-CN", java_script_enabled=False).new_page()
    other.goto(f"{address}/follow/")
    other.fill("#f-number", number.lower())
    other.fill("#f-secret", secret)
    other.click("button.btn-go")
    assert "现在：" in other.inner_text("#h-now")
    assert "已登记" in other.inner_text("#h-now")

    desk = chromium.new_context(viewport=DESK, locale="zh-CN", java_script_enabled=False).new_page()
    sign_in(desk, address, "housing")
    desk.click("text=三号楼二单元的灯坏了")
    assert number in desk.inner_text("main")
    desk.click(".acts .first")
    desk.check("input[value=complaint]")
    desk.check("input[value=delay]")
    desk.fill("#f-message", "收到了，十个工作日内答复您。")
    desk.click("button.btn-go")
    assert "已办：登记并告诉居民收到了" in desk.inner_text("[role=status]")

    other.reload()
    text = other.inner_text("main")
    assert "第一级办理" in other.inner_text("#h-now")
    assert "收到了，十个工作日内答复您。" in text
    assert re.search(r"为什么是 \d+月\d+日", text)
    other.click("text=给我们留言")
    other.fill("#f-message", "谢谢，晚上七点后在家。")
    other.click("button.btn-go")
    assert "谢谢，晚上七点后在家。" in other.inner_text("main")


#: (language, light, width): each page is looked at in one of them; the four together hold every value of each
ROTATION = (("zh-CN", "light", 390), ("en-GB", "dark", 390), ("zh-CN", "dark", 1440), ("en-GB", "light", 1440))


@pytest.mark.parametrize("place", range(4), ids=lambda place: "-".join(map(str, ROTATION[place])))
def test_every_page_can_be_read_by_everybody(chromium: Any, address: str, county: Any, place: int) -> None:
    """axe finds nothing, nothing scrolls sideways, and the browser reports nothing against the page's own policy."""
    from axe_playwright_python.sync_playwright import Axe

    known, ordinary = county.matters["planned"], county.matters["ordinary"]
    language, light, width = ROTATION[place]
    context = chromium.new_context(viewport={"width": width, "height": 900}, locale=language, color_scheme=light)
    page = context.new_page()
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: told.append(str(error)))

    def follow() -> None:
        page.goto(f"{address}/follow/")
        page.fill("#f-number", known.number)
        page.fill("#f-secret", known.secret)
        page.click("button.btn-go")

    def wrong() -> None:
        page.goto(f"{address}/report/en.complaint/")
        page.click(".go-row button.btn-go")

    def offered() -> None:
        page.fill("[name=title]", "工资没有发")
        page.fill("[name=text]", "拖欠工资三个月。")
        page.click(".go-row button.btn-go")

    def where() -> None:
        page.check("[name=topic][value='t.wages']")
        page.click(".go-row button.btn-go")

    def tell() -> None:
        page.check("[name=region][value='r.qingshi']")
        page.click(".go-row button.btn-go")

    def sent() -> None:
        page.check("[name=mode][value=confidential]")
        page.click(".go-row button.btn-go")

    def mine() -> None:
        page.check("[data-with-secret]")
        page.click("[data-keep-button]")
        page.goto(f"{address}/mine/")

    steps: list[tuple[str, Callable[[], Any]]] = [
        (path, lambda path=path: page.goto(f"{address}{path}"))
        for path in (
            "/",
            "/report/",
            "/report/en.complaint/",
            "/report/open311/",
            "/rights/",
            "/follow/",
            "/talk/",
            "/openings/",
            "/no/such/page/",
        )
    ]
    steps += [
        ("nothing remembered", lambda: page.goto(f"{address}/mine/")),
        ("faults", wrong),
        ("topics offered", offered),
        ("where", where),
        ("tell", tell),
        ("first receipt", sent),
        ("slip", lambda: page.click("button[name=paper][value='58']")),
        ("remembered", mine),
        ("matter", follow),
        ("receipt", lambda: page.goto(f"{address}/receipt/{known.number}/")),
        ("act", lambda: page.goto(f"{address}/matters/{known.number}/acts/write_to_us/")),
        ("sign-in", lambda: page.goto(f"{address}/desk/sign-in/")),
        ("day", lambda: sign_in(page, address, "housing")),
    ]
    steps += [
        (path, lambda path=path: page.goto(f"{address}{path}"))
        for path in (
            "/desk/matters/",
            "/desk/search/?q=楼道灯",
            f"/desk/matters/{known.number}/",
            f"/desk/matters/{known.number}/acts/reply/",
            f"/desk/matters/{ordinary.number}/acts/reply/",
            f"/desk/matters/{known.number}/acts/add_evidence/",
            "/desk/packs/",
            "/desk/packs/en.complaint/",
            "/desk/calendars/",
            "/desk/seat/",
        )
    ]
    axe = Axe()
    for name, go in steps:
        go()
        # nothing may hide behind a fold
        page.evaluate("document.querySelectorAll('details:not(.facet)').forEach(one => { one.open = true })")
        found = axe.run(page)
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{name} is {wide} px too wide"
    # the reader's own choice of light holds on every page, against the device
    page.goto(f"{address}/theme/?to={'light' if light == 'dark' else 'dark'}&next=/")
    found = axe.run(page)
    assert found.violations_count == 0, f"the other light: {found.generate_report()}"
    assert not [text for text in told if "404" not in text and "422" not in text], told
