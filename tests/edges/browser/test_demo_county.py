"""
Six stories in a real browser, on the demo county as `make run` shows it.

One county is loaded and served for all of them. Each story has matters and, where it changes who answers, topics of its
own, so that none hangs on another. What a story does not show is brought about by the API before it begins. Whatever is
looked for is waited for: a page may arrive in pieces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.support.demo_county import OPINION, WISH, Brought, DemoCounty, demo_county

from huajie.edges.demo.county import PASSWORD

from .test_keyboard import shown
from .test_pages import DESK, PHONE, sign_in
from .watching import Watched

pytestmark = [pytest.mark.slow, *(pytest.mark.accept(line) for line in ("G8", "G2", "K13"))]

HANDLER, HEAD = "housing-handler-new", "housing-head"
#: As many as give every kind of page something to show; the stories bring their own.
MATTERS = 60


@pytest.fixture(scope="module")
def demo(database: str) -> Iterator[DemoCounty]:
    with demo_county(database, MATTERS) as found:
        yield found


@pytest.fixture
def address(demo: DemoCounty) -> str:
    """Where the server answers; the browser of these tests watches it."""
    return demo.address


def come_in(window: Watched, address: str, username: str) -> Any:
    """Sign somebody of the county in and return the tab."""
    sign_in(window.page, address, username, PASSWORD)
    return window.page


def done(page: Any, words: str) -> None:
    """Wait until the page says that an act was done, and which."""
    page.wait_for_url("**?done=*")
    expect(page.locator("#done")).to_contain_text(words)


def clean(page: Any) -> None:
    """Let axe look at what stands there."""
    from axe_playwright_python.sync_playwright import Axe

    report = Axe().run(page)
    assert not report.violations_count, report.generate_report()


def test_from_a_slow_phone_with_a_photo_to_a_review(
    chromium: Any, address: str, demo: DemoCounty, tmp_path: Path
) -> None:
    """On a link of 400 kbit/s with a slow processor a resident reports, reads the answer and asks somebody else."""
    from tests.support import papers

    photo = tmp_path / "电梯.jpg"
    photo.write_bytes(papers.photo())
    window = Watched(chromium, viewport=PHONE, locale="zh-CN", has_touch=True, is_mobile=True)
    page = window.page
    slow = window.context.new_cdp_session(page)
    slow.send("Network.enable")
    slow.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 300, "downloadThroughput": 50_000, "uploadThroughput": 50_000},
    )
    slow.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.goto(f"{address}/report/cn.petition.request/")
    page.fill("#f-title", "十二栋电梯又停了")
    page.fill("#f-text", "十二栋二单元电梯三天里停了四次，老人上不了楼。")
    page.fill("#f-wish", WISH)
    go_on = page.locator(".go-row button.btn-go")
    go_on.tap()
    # what was written finds its topic, and who usually answers
    found = page.locator("label", has=page.locator("[name=topic][value='t.lifts']")).first
    expect(found).to_contain_text("县住房和城乡建设局")
    found.tap()
    go_on.tap()
    page.check("[name=region][value='r.wanghuai']")
    go_on.tap()
    page.set_input_files("#f-papers", photo)
    page.check("[name=mode][value=open]")
    go_on.tap()
    expect(page.locator(".sheet .secret")).to_have_count(2)
    number, secret = page.locator(".sheet .secret").all_inner_texts()
    expect(page.locator("main")).to_contain_text("县住房和城乡建设局")

    matter = Brought(number, secret)
    demo.take_up(matter)
    demo.answer(matter)

    page.goto(f"{address}/follow/?number={number}")
    page.fill("#f-secret", secret)
    go_on.tap()
    page.wait_for_url("**/matters/**")
    expect(page.locator("main")).to_contain_text("电梯.jpg")
    page.locator("section:has(#h-docs) a").first.tap()
    expect(page.locator("article")).to_contain_text(OPINION["opinion_text"])
    page.locator("main .go-row a").first.tap()
    unhappy = page.locator("section:has(#h-un)")
    expect(unhappy).to_contain_text("天")
    unhappy.locator("a", has_text="请求复查").tap()
    page.fill("#f-reason", "换了零件第二天又停，检查记录没有给我们看。")
    go_on.tap()
    expect(page.locator("[role=status]").first).to_contain_text("已办")
    expect(page.locator("#h-now")).to_contain_text("复查")
    expect(page.locator("main")).to_contain_text("换了零件第二天又停")
    window.done()

    # it lies with the county, on the seat of somebody who had no part in the answer
    other = Watched(chromium, viewport=DESK, locale="zh-CN")
    reviewer = come_in(other, address, "yunxiu-reviewer")
    reviewer.goto(f"{address}/desk/matters/?pack=cn.petition.review&seat=mine&stage=asked")
    reviewer.locator(".data tbody tr", has_text="电梯故障").locator("a").first.click()
    reviewer.click("section:has-text('上一事项') a[href*='/desk/matters/']")
    expect(reviewer.locator("h1")).to_contain_text("十二栋电梯又停了")
    expect(reviewer.locator("main")).to_contain_text("换了零件第二天又停")
    other.done()


@pytest.fixture
def twenty(demo: DemoCounty) -> list[str]:
    """Twenty petitions about unpaid wages, registered by the petition office and waiting to be sorted."""
    return [demo.registered(f"第 {number} 个工地的工资没有发").number for number in range(1, 21)]


def test_a_clerk_sorts_twenty_matters_with_the_keyboard_alone(twenty: list[str], chromium: Any, address: str) -> None:
    window = Watched(chromium, viewport=DESK, locale="zh-CN")
    page = come_in(window, address, "petition-dispatcher")
    keys = page.keyboard

    def tab_to(selector: str) -> None:
        for _step in range(90):
            keys.press("Tab")
            if page.evaluate("s => document.activeElement.matches(s)", selector):
                return
        raise AssertionError(f"{selector} can't be reached")

    keys.press("g")
    keys.press("l")
    page.wait_for_url(f"{address}/desk/matters/**")
    tab_to(".facet:has([href*='stage=registered']) summary")
    keys.press("Enter")
    tab_to("a[href*='stage=registered']")
    keys.press("Enter")
    page.wait_for_url("**stage=registered*")
    expect(page.locator(".data tbody tr", has_text="工地的工资没有发")).to_have_count(20)
    keys.press("j")
    expect(page.locator("tr.is-sel")).to_have_count(1)
    keys.press("Enter")
    left = {shown(number) for number in twenty}
    while True:
        page.wait_for_url(re.compile(r"/desk/matters/[^/?]+/$"))
        number = page.url.removeprefix(f"{address}/desk/matters/").strip("/")
        if number in left:
            keys.press("a")
            page.wait_for_url(f"**/desk/matters/{number}/acts/triage/**")
            # the form opens with the focus in it
            expect(page.locator("#work [name=class] >> nth=0")).to_be_focused()
            keys.press("Space")
            tab_to("#work [name=route]")
            keys.press("ArrowDown")
            tab_to("#work .form-foot button.btn-go")
            keys.press("Enter")
            done(page, "分类并定途径")
            left.remove(number)
        if not left:
            break
        # the next of the list, from here; among them may be what the county itself has in this stage
        keys.press("j")
        page.wait_for_url(lambda url, before=number: before not in url)
    window.done()


def test_offered_contested_decided_planned_late_and_answered(chromium: Any, address: str, demo: DemoCounty) -> None:
    """A transfer is offered, contested and decided by the superior; then a plan, a slip with a new date, an answer."""
    number = shown(demo.accepted("二号楼电梯和维修工的工资").number)
    url = f"{address}/desk/matters/{number}/"
    officer = Watched(chromium, viewport=DESK, locale="zh-CN")
    page = come_in(officer, address, HANDLER)
    page.goto(url)
    page.click(".acts .can a[href*='offer_transfer']")
    page.select_option("#f-to_unit", "u.labour")
    page.fill("#f-reason", "主要是维修工的劳动关系问题。")
    page.click("#work button.btn-go")
    done(page, "转送")

    asked = Watched(chromium, viewport=PHONE, locale="zh-CN", java_script_enabled=False)
    other = come_in(asked, address, "labour-handler")
    other.locator("#asked .item", has_text=number).locator(".act a").click()
    other.wait_for_url(f"**/{number}/**")
    expect(other.locator("main")).to_contain_text("主要是维修工的劳动关系问题。")
    expect(other.locator("main")).to_contain_text("县住房和城乡建设局")
    other.click("main a:has-text('提出异议')")
    other.fill("#f-reason", "电梯维修归住建，不在我局职责里。")
    other.click("#work button.btn-go")
    done(other, "提出异议")
    asked.done()

    above = Watched(chromium, viewport=PHONE, locale="zh-CN")
    leader = come_in(above, address, "yunxiu-head")
    leader.goto(f"{address}/desk/lead/")
    leader.locator("#asked .item", has_text=number).locator(".act a").click()
    leader.wait_for_url("**/decide/**")
    clean(leader)
    leader.click("main a:has-text('决定留在现单位')")
    leader.fill("#f-reason", "电梯由住建局办，人社局配合。")
    leader.click("#work button.btn-go")
    done(leader, "决定留在现单位")
    above.done()

    # back where it was, with its clock never stopped: a step promised, then given a new date
    page.goto(f"{url}acts/plan_step/")
    page.fill("#f-step_text", "更换控制柜接触器")
    page.fill("#f-action_days", "5")
    reckoned = page.locator(".reckoned")
    expect(reckoned).to_contain_text("日")
    first = reckoned.inner_text()
    page.select_option("#f-to_unit", "u.housing")
    page.click("#work button.btn-go")
    done(page, "列出一个步骤并答应日期")
    promised = page.inner_text(".plan .st small")
    assert promised in first
    page.click(".acts a:has-text('我们订晚了')")
    page.fill("#f-reason", "配件还没有到。")
    page.fill("#f-step_text", "更换控制柜接触器和门机")
    page.fill("#f-action_days", "9")
    page.select_option("#f-to_unit", "u.housing")
    page.click("#work button.btn-go")
    done(page, "我们订晚了")
    # the old date stays beside the new one, with the reason
    plan = page.locator(".plan:has-text('更换控制柜接触器和门机')")
    expect(plan).to_contain_text(f"原定 {promised}")
    expect(plan).to_contain_text("配件还没有到。")
    clean(page)

    page.goto(f"{url}acts/draft_opinion/")
    page.check("input[name=weight][value=ordinary]")
    page.check("input[name=opinion][value=resolved-as-asked]")
    for name, words in OPINION.items():
        page.fill(f"#f-{name}", words)
    page.fill("#f-opinion_text", "支持您的请求：九日内换好。")
    page.fill("#f-fulfilment_days", "30")
    page.click("button[name=preview]")
    expect(page.locator("#preview")).to_contain_text(OPINION["findings"])
    # printing it prints the paper and nothing of the form
    page.emulate_media(media="print")
    expect(page.locator("#preview .doc")).to_be_visible()
    expect(page.locator("#work")).to_be_hidden()
    page.emulate_media(media="screen")
    page.click("#work button.btn-go")
    done(page, "起草信访处理意见书")
    officer.done()

    signing = Watched(chromium, viewport=PHONE, locale="zh-CN")
    head = come_in(signing, address, HEAD)
    head.goto(url)
    # what is signed can be read in place
    paper = head.locator(".peek-doc", has_text="九日内换好")
    paper.locator("summary").click()
    expect(paper.locator(".doc")).to_be_visible()
    head.goto(f"{url}acts/opinion/")
    head.click("#work button.btn-go")
    done(head, "签发信访处理意见书")
    signing.done()


REASON = "配件十二月三日到货，十日内装不完。"


def test_a_leader_approves_with_two_taps_on_a_phone(chromium: Any, address: str, demo: DemoCounty) -> None:
    matter = demo.accepted("五号楼电梯停了三周")
    demo.act(matter, HANDLER, "ask_extension", {"extension_days": 8}, reason=REASON)
    number = shown(matter.number)
    window = Watched(chromium, viewport=PHONE, locale="zh-CN", has_touch=True, is_mobile=True)
    page = come_in(window, address, HEAD)
    page.goto(f"{address}/desk/lead/")
    expect(page.locator("#h-asked")).to_contain_text("等您批准")
    row = page.locator("#asked .item", has_text=number)
    expect(row).to_contain_text("8")
    expect(row).to_contain_text("县住房和城乡建设局")
    # the first tap: the whole case
    row.locator(".act a").tap()
    page.wait_for_url(f"**/desk/matters/{number}/decide/**")
    for words in (REASON, "县住房和城乡建设局", "五号楼电梯停了三周", "依据"):
        expect(page.locator("main")).to_contain_text(words)
    expect(page.locator("#h-then + ul")).to_contain_text("→")
    clean(page)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    button = page.locator("#work button.btn-go")
    assert button.bounding_box()["height"] >= 44
    promised = page.inner_text("#h-then + ul li:first-child b")
    # the second tap: approved
    button.tap()
    done(page, "批准延期")
    expect(page.locator("section:has(#h-clk)")).to_contain_text(promised)
    window.done()


def report(page: Any, address: str, title: str) -> Any:
    """Bring a petition about a noise in, without a script, and return the receipt."""
    page.goto(address)
    page.click("text=我要反映")
    page.fill("#f-title", title)
    page.fill("#f-text", "夜里十一点还在施工，噪声很大，孩子睡不了觉。")
    page.click("text=下一步：在哪里")
    page.check("input[name=topic][value='t.noise']")
    page.click("text=下一步：在哪里")
    # more than one way fits, and the one chosen asks for one thing more
    page.check("input[name=kind][value='cn.petition.request']")
    page.click("text=下一步：在哪里")
    page.fill("#f-wish", "请让夜里停工。")
    page.click("text=下一步：在哪里")
    page.check("input[name=region][value='r.wanghuai']")
    page.click("text=下一步：怎么联系")
    page.check("input[value=anonymous]")
    page.click("text=提交，拿编号")
    expect(page.locator("h1")).to_contain_text("收到了")
    return page.locator("main")


def simulated(page: Any, address: str) -> Any:
    """Ask the routing page who answers for noise in Wanghuai and return where it says so."""
    page.goto(f"{address}/desk/routing/")
    page.select_option("#f-pack", "cn.petition.request")
    page.select_option("#f-topic", "t.noise")
    page.select_option("#f-region", "r.wanghuai")
    page.click("main button.btn-go")
    page.wait_for_url("**?*topic=t.noise*")
    return page.locator("main h2 >> nth=0")


def test_a_changed_remit_is_tried_and_then_followed(chromium: Any, address: str) -> None:
    """The administrator changes who answers for a topic, tries it on the routing page; the next report follows it."""
    plain = {"locale": "zh-CN", "java_script_enabled": False}
    office = Watched(chromium, viewport=DESK, **plain)
    admin = come_in(office, address, "data-admin")
    resident = Watched(chromium, viewport=PHONE, **plain)
    phone = resident.page
    before, after = "县城市管理局", "市生态环境局云岫分局"
    expect(simulated(admin, address)).to_contain_text(before)
    expect(report(phone, address, "一号工地夜里施工")).to_contain_text(before)

    admin.goto(f"{address}/desk/offices/change/set_remit/?id=m.noise")
    admin.select_option("#f-unit", "u.ecology")
    admin.click("button[name=try]")
    expect(admin.locator("main")).to_contain_text("会有这些变化")
    # tried only: who answers is still the same
    other = office.context.new_page()
    expect(simulated(other, address)).to_contain_text(before)
    admin.click("button[name=record]")
    expect(admin.locator("[role=status]")).to_have_count(1)

    expect(simulated(other, address)).to_contain_text(after)
    receipt = report(phone, address, "二号工地夜里施工")
    expect(receipt).to_contain_text(after)
    expect(receipt).not_to_contain_text(before)
    office.done()
    resident.done()
    bureau = Watched(chromium, viewport=DESK, **plain)
    ecology = come_in(bureau, address, "ecology-handler")
    expect(ecology.locator("main")).to_contain_text("二号工地夜里施工")
    expect(ecology.locator("main")).not_to_contain_text("一号工地夜里施工")
    bureau.done()


@pytest.mark.parametrize("script", [True, False], ids=("script", "no-script"))
def test_a_session_that_ends_in_the_middle_of_a_long_form_loses_nothing(
    chromium: Any, address: str, demo: DemoCounty, script: bool
) -> None:
    window = Watched(chromium, viewport=PHONE, locale="zh-CN", java_script_enabled=script)
    number = shown(demo.accepted("七号楼电梯年检没有贴").number)
    form = f"{address}/desk/matters/{number}/acts/draft_opinion/"
    page = come_in(window, address, HANDLER)
    page.goto(f"{address}/desk/matters/{number}/")
    # it stands first for whoever drafts what others sign
    page.locator(".acts .first", has_text="起草信访处理意见书").click()
    page.wait_for_url(form)
    page.check("input[name=weight][value=ordinary]")
    page.check("input[name=opinion][value=partly-resolved]")
    for name, words in OPINION.items():
        page.fill(f"#f-{name}", words)
    page.fill("#f-fulfilment_days", "45")
    # what the browser knows of the session is over, as after a night
    window.context.clear_cookies(name="sessionid")
    page.click("#work .form-foot button")
    expect(page.locator("#f-username")).to_be_visible()
    page.wait_for_load_state()
    assert not any(words in page.content() for words in OPINION.values())
    page.fill("#f-username", HANDLER)
    page.fill("#f-password", PASSWORD)
    page.click("button.btn-go")
    offered = page.locator("main ul a[href*='draft_opinion']")
    expect(page.locator("#work").or_(offered).first).to_be_visible()
    page.wait_for_load_state()
    if not page.locator("#work").count():
        offered.click()
    for name, words in OPINION.items():
        expect(page.locator(f"#f-{name}")).to_have_value(words)
    expect(page.locator("#f-fulfilment_days")).to_have_value("45")
    expect(page.locator("input[name=opinion][value=partly-resolved]")).to_be_checked()
    held: list[Any] = []
    order: list[str] = []
    if script:
        # What is being kept just as the form is sent arrives first: what was sent is not found half written afterwards.
        keeps = re.compile(r"/desk/drafts/save/")
        page.route(keeps, lambda route: held.append(route))
        page.on("requestfinished", lambda one: order.append("kept") if keeps.search(one.url) else None)
        page.on("request", lambda one: order.append("sent") if (one.method, one.url) == ("POST", form) else None)
        page.fill("#f-fulfilment_days", "46")
        while not held:
            page.wait_for_timeout(100)
    page.click("#work button.btn-go")
    for route in held:
        route.continue_()
    done(page, "起草信访处理意见书")
    page.goto(form)
    expect(page.locator("#work")).to_be_visible()
    page.wait_for_load_state()
    assert "写了一半" not in page.inner_text("main")
    assert order == (["kept", "sent"] if script else [])
    window.done()
