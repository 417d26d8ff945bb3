"""A transfer is offered, contested and decided by the superior; then a plan, a slip with its new date, an answer."""

from typing import Any

import pytest

from .test_keyboard import shown
from .test_pages import DESK, PHONE, sign_in
from .watching import Watched


@pytest.fixture
def county(transactional_db: None) -> Any:
    """The hand-written county; the four who take part can sign in."""
    from tests.support.county import found

    return found(passwords=("housing", "labour", "mayor", "housing_head"))


def test_offered_contested_decided_planned_late_and_answered(chromium: Any, address: str, county: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe

    axe = Axe()
    number = shown(county.matters["ordinary"].number)
    url = f"{address}/desk/matters/{number}/"
    officer = Watched(chromium, viewport=DESK, locale="zh-CN")
    page = officer.page
    sign_in(page, address, "housing")
    page.goto(url)
    page.click(".acts .can a[href*='offer_transfer']")
    page.select_option("#f-to_unit", "u.labour")
    page.fill("#f-reason", "主要是劳动关系问题。")
    page.click("#work button.btn-go")
    page.wait_for_url("**?done=*")

    asked = Watched(chromium, viewport=PHONE, locale="zh-CN", java_script_enabled=False)
    other = asked.page
    sign_in(other, address, "labour")
    row = other.locator("#asked .item", has_text=number)
    row.locator(".act a").click()
    assert "主要是劳动关系问题。" in other.inner_text("main") and "住建局" in other.inner_text("main")
    other.click("main a:has-text('认为不归本单位')")
    other.fill("#f-reason", "楼道照明归住建，不在我局职责里。")
    other.click("#work button.btn-go")
    other.wait_for_url("**?done=*")
    asked.done()

    above = Watched(chromium, viewport=PHONE, locale="zh-CN")
    leader = above.page
    sign_in(leader, address, "mayor")
    leader.goto(f"{address}/desk/lead/")
    leader.locator("#asked .item", has_text=number).locator(".act a").click()
    leader.wait_for_url("**/decide/**")
    assert axe.run(leader).violations_count == 0
    leader.click("main a:has-text('决定留在现单位')")
    leader.fill("#f-reason", "照明由住建局办，人社局配合。")
    leader.click("#work button.btn-go")
    leader.wait_for_url("**?done=*")
    above.done()

    # back where it was, with its clock never stopped: acknowledged, a step promised, then given a new date
    page.goto(f"{url}acts/acknowledge/")
    page.check("input[value=complaint]")
    page.check("input[value=delay]")
    page.fill("#f-message", "由我们办，十个工作日内答复您。")
    page.click("#work button.btn-go")
    page.wait_for_url("**?done=*")
    page.goto(f"{url}acts/plan_step/")
    page.fill("#f-step_text", "更换二单元线路")
    with page.expect_response(lambda answer: "/days/" in answer.url):
        page.fill("#f-action_days", "5")
    page.wait_for_function("document.querySelector('.reckoned').textContent !== ''")
    first = page.inner_text(".reckoned")
    page.select_option("#f-to_unit", "u.housing")
    page.click("#work button.btn-go")
    page.wait_for_url("**?done=*")
    assert page.inner_text(".plan .st small") in first
    promised = page.inner_text(".plan .st small")
    page.click(".acts a:has-text('我们订晚了')")
    page.fill("#f-reason", "配件还没有到。")
    page.fill("#f-step_text", "更换二单元线路和灯")
    page.fill("#f-action_days", "9")
    page.select_option("#f-to_unit", "u.housing")
    page.click("#work button.btn-go")
    page.wait_for_url("**?done=*")
    plan = page.inner_text(".plan:has-text('更换二单元线路和灯')")
    # the old date stays beside the new one, with the reason
    assert f"原定 {promised}" in plan and "配件还没有到。" in plan
    assert axe.run(page).violations_count == 0

    page.goto(f"{url}acts/draft_reply/")
    page.check("input[name=decision][value=upheld]")
    for name in ("findings", "remedy", "how_to_escalate"):
        page.fill(f"#f-{name}", "线路老化属实，九日内换好。")
    page.click("button[name=preview]")
    assert "线路老化属实" in page.inner_text("#preview")
    # printing it prints the paper and nothing of the form
    page.emulate_media(media="print")
    assert page.locator("#preview .doc").is_visible() and not page.locator("#work").is_visible()
    page.emulate_media(media="screen")
    page.click("#work button.btn-go")
    page.wait_for_url("**?done=*")
    officer.done()

    signing = Watched(chromium, viewport=PHONE, locale="zh-CN")
    head = signing.page
    sign_in(head, address, "housing_head")
    head.goto(url)
    # what is signed can be read in place
    head.click(".peek-doc summary")
    assert "九日内换好" in head.inner_text(".peek-doc")
    head.goto(f"{url}acts/reply/")
    head.click("#work button.btn-go")
    head.wait_for_url("**?done=*")
    assert "签发第一级答复" in head.inner_text("#done")
    signing.done()
