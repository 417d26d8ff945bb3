"""At the counter in a real browser: somebody without phone or letters, by keyboard alone, without scripts."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from scripts.gallery import ROTATION
from tests.edges.browser.test_pages import DESK, sign_in


def apart(work: Callable[[], Any]) -> Any:
    """Do something in the database: Playwright's loop keeps Django from it in the test's own thread."""
    from django.db import connections

    def run() -> Any:
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()


def handled(county: Any, number: str) -> None:
    """The labour bureau hears, decides and signs: everything up to the paper that has to be served."""
    from huajie.apps.matters.operations import Order, act

    for who, name, inputs, texts in (
        ("labour", "register", {}, "request_text"),
        ("labour", "triage", {"class": "request", "route": "petition"}, ""),
        ("labour", "keep_here", {}, ""),
        ("labour", "accept", {}, "message"),
        ("labour", "hear_resident", {}, "heard"),
        (
            "labour",
            "draft_opinion",
            {"weight": "ordinary", "opinion": "not-supported-reasons", "fulfilment_days": 30},
            "request_text findings law opinion_text how_to_review",
        ),
        ("labour_head", "opinion", {}, ""),
    ):
        order = Order(act=name, inputs=inputs, texts=dict.fromkeys(texts.split(), "说明。"))
        act(number, order, actor=county.actor(who), now=datetime.now(UTC))


@pytest.mark.accept("P1")
def test_somebody_without_phone_or_letters_is_served_and_asks_for_review(
    chromium: Any, address: str, county: Any, tmp_path: Any
) -> None:
    """Intake with an interpreter, paper receipt, opinion served by hand, review asked in person; verify is clean."""
    from huajie.apps.matters.verify import verify

    clerk = chromium.new_context(viewport=DESK, locale="zh-CN").new_page()
    sign_in(clerk, address, "intake")
    clerk.click("nav >> text=登记")
    clerk.check("input[name=channel][value=counter]")
    clerk.fill("#f-topic_words", "老板欠薪")
    clerk.press("#f-topic_words", "Enter")
    clerk.click(".proposals >> text=工资")
    clerk.select_option("#f-region", "r.qingshi")
    clerk.fill("#f-title", "工地拖欠工资")
    clerk.fill("#f-text", "在工地干了三个月，没有发工资。")
    clerk.fill("#f-wish", "把三个月工资发给我。")
    clerk.check("input[name=mode][value=open]")
    clerk.fill("#f-contact-name", "阿某某")
    clerk.fill("#f-contact-address", "青石镇东村")
    clerk.click("summary >> text=有人代为说明，或者本人看不了字")
    clerk.select_option("#f-spoke_by", "interpreter")
    clerk.fill("#f-agent-language", "维吾尔语")
    clerk.fill("#f-agent-name", "巴某某")
    clerk.check("input[name=cannot_read]")
    clerk.click("button[value=look]")
    assert "人社局（虚构）" in clerk.inner_text("section:has(#h-goes)")
    clerk.click("button[value=send]")
    # who can't read has it read back first; everything is still there
    assert "请念给本人听" in clerk.inner_text("[role=alert]")
    assert clerk.input_value("#f-agent-language") == "维吾尔语"
    clerk.check("input[name=read_back]")
    clerk.click("button[value=send]")

    sheet = clerk.locator("article.sheet")
    number, secret = sheet.locator(".secret").all_inner_texts()
    assert "我们念给您听过，您说没有错" in sheet.inner_text() and "第二十二条" not in secret
    assert "人社局" in sheet.inner_text() and "15天" in sheet.inner_text().replace(" ", "")
    clerk.click("text=58 毫米小票")
    clerk.emulate_media(media="print")
    assert not clerk.locator("#h-print").is_visible() and sheet.is_visible()
    assert int(clerk.pdf(prefer_css_page_size=True).count(b"/Type /Page\n")) == 1
    clerk.emulate_media(media="screen")
    clerk.click("text=已交给本人")
    text = clerk.inner_text("main")
    assert "翻译（含手语）" in text and "送达文书时请念给本人听" in text
    assert "阿某某" not in text and "巴某某" not in text and "维吾尔语" not in text

    apart(lambda: handled(county, number))
    officer = chromium.new_context(viewport=DESK, locale="zh-CN").new_page()
    sign_in(officer, address, "labour")
    paper = tmp_path / "送达回证.pdf"
    paper.write_bytes(clerk.pdf())
    officer.goto(f"{address}/desk/matters/{number}/acts/serve/")
    officer.fill("#f-served_date", datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat())
    officer.check("input[name=served_way][value=hand]")
    officer.set_input_files("#f-opinion_file", str(paper))
    officer.set_input_files("#f-proof", str(paper))
    officer.click("button.btn-go")
    assert "已办：" in officer.inner_text("[role=status]")

    # thirty days run from the day it was put into their hand; they come in person and say that they disagree
    clerk.goto(f"{address}/desk/matters/{number}/")
    assert "请求复查的期限" in clerk.inner_text("main")
    clerk.click(".acts >> text=请求复查")
    clerk.fill("#f-reason", "工友可以作证，我干满了三个月。")
    clerk.check("input[name=asked_how][value=counter]")
    clerk.check("input[name=said_back]")
    clerk.click("button.btn-go")
    happened = clerk.inner_text("main")
    assert "居民是这样提出的：当面" in happened and "复查" in happened

    report = apart(verify)
    assert report.clean, report.differences
    # and with nothing but the paper they, or whoever helps them, see where it stands
    other = chromium.new_context(locale="zh-CN", java_script_enabled=False).new_page()
    other.goto(f"{address}/follow/?number={number}")
    other.fill("#f-secret", secret)
    other.click("button.btn-go")
    assert "上一级机关正在复查" in other.inner_text("main")


def test_the_desk_takes_in_by_keyboard_alone(chromium: Any, address: str) -> None:
    page = chromium.new_context(viewport=DESK, locale="en-GB").new_page()
    sign_in(page, address, "intake")
    page.goto(f"{address}/desk/intake/")
    keyboard = page.keyboard

    def reach(selector: str, most: int = 90) -> None:
        for _step in range(most):
            if page.evaluate("(s) => document.activeElement.matches(s)", selector):
                return
            keyboard.press("Tab")
        raise AssertionError(f"{selector} can't be reached with the Tab key")

    reach("input[name=channel]")
    keyboard.press("Space")
    reach("#f-topic_words")
    keyboard.type("unpaid wages")
    keyboard.press("Enter")
    page.wait_for_selector(".proposals")
    reach("button[name=pick]")
    keyboard.press("Enter")
    page.wait_for_selector(".proposals", state="detached")
    assert page.input_value("#f-topic") == "t.wages"
    reach("#f-region")
    keyboard.type("Qing")
    for name, typed in (("title", "Wages"), ("text", "Three months unpaid."), ("wish", "Pay them.")):
        reach(f"#f-{name}")
        keyboard.type(typed)
    reach("input[name=mode]")
    keyboard.press("Space")
    reach("button[value=send]")
    keyboard.press("Enter")
    page.wait_for_url("**/receipt/")
    assert page.locator(".secret").count() == 2
    # in a form of an act the Enter key sends it; the lock above has its own key
    page.goto(page.url.replace("receipt/", "acts/add_number/"))
    page.check("input[name=external_system][value='12345']")
    page.fill("#f-external_number", "GD-78")
    page.press("#f-external_number", "Enter")
    page.wait_for_selector("[role=status]")
    assert "GD-78" in page.inner_text("main")


def test_the_desk_takes_in_a_joint_matter_without_scripts(chromium: Any, address: str) -> None:
    page = chromium.new_context(viewport=DESK, locale="en-GB", java_script_enabled=False).new_page()
    sign_in(page, address, "intake")
    page.goto(f"{address}/desk/intake/")
    page.check("input[name=channel][value=letter]")
    page.fill("#f-region_words", "Qingshi")
    page.click("text=Find >> nth=1")
    page.click(".proposals button")
    assert page.input_value("#f-region") == "r.qingshi"
    page.select_option("#f-topic", "t.housing")
    page.fill("#f-title", "Lights out")
    page.fill("#f-text", "All lights of the block are out.")
    page.fill("#f-wish", "Light.")
    page.select_option("#f-pack", "open311")
    page.click("text=Use this procedure")
    assert page.input_value("#f-title") == "Lights out"
    page.select_option("#f-pack", "cn.petition.request")
    page.click("text=Use this procedure")
    assert page.input_value("#f-wish") == "Light."
    page.check("input[name=mode][value=confidential]")
    page.click("summary >> text=Several people bring it together")
    page.fill("#f-people", "3")
    page.fill("#f-others", "钱乙某, 19900002222")
    page.click("text=Take it in and give a number")
    assert page.locator("article.sheet").count() == 3
    seen = page.locator(".secret").all_inner_texts()
    for secret in seen[1::2]:
        other = chromium.new_context(locale="en-GB", java_script_enabled=False).new_page()
        other.goto(f"{address}/follow/?number={seen[0]}")
        other.fill("#f-secret", secret)
        other.click("button.btn-go")
        assert "Lights out" in other.inner_text("main")


@pytest.mark.parametrize("place", range(4), ids=lambda place: "-".join(map(str, ROTATION[place])))
def test_the_counter_can_be_read_by_everybody(chromium: Any, address: str, place: int) -> None:
    """axe finds nothing, nothing scrolls sideways, and the browser reports nothing against the page's own policy."""
    from axe_playwright_python.sync_playwright import Axe

    language, light, width = ROTATION[place]
    page = chromium.new_context(
        viewport={"width": width, "height": 900}, locale=language, color_scheme=light
    ).new_page()
    told: list[str] = []
    # a form that comes back with its faults answers 422, which the browser reports too
    page.on("console", lambda one: told.append(one.text) if one.type == "error" and "422" not in one.text else None)
    sign_in(page, address, "intake")
    axe = Axe()

    def look(name: str) -> None:
        found = [(one["id"], [node["target"] for node in one["nodes"]]) for one in axe.run(page).response["violations"]]
        assert not found, (name, found)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name

    page.goto(f"{address}/desk/intake/")
    look("fresh")
    page.fill("#f-topic_words", "wages 工资")
    page.fill("#f-received_at", "2020-01-02T09:30")
    page.fill("#f-people", "x") if page.locator("#f-people").is_visible() else None
    page.click("main button[value=find] >> nth=0")
    look("found")
    for summary in page.locator("form summary").all():
        summary.click()
    page.fill("#f-spokespersons", "一\n二\n三\n四\n五\n六")
    page.check("input[name=cannot_read]")
    page.click("button[value=send]")
    look("faults")
    page.select_option("#f-topic", "t.wages")
    page.select_option("#f-region", "r.qingshi")
    page.fill("#f-received_at", "")
    page.fill("#f-spokespersons", "")
    page.check("input[name=channel][value=phone]")
    page.check("input[name=mode][value=open]")
    page.check("input[name=read_back]")
    for name in ("title", "text", "wish"):
        if page.locator(f"#f-{name}").count():
            page.fill(f"#f-{name}", "工资")
    page.click("button[value=send]")
    page.wait_for_selector("article.sheet")
    look("receipt")
    page.goto(f"{page.url}?paper=58")
    look("slip")
    assert told == []
