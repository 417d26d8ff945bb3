"""The administrator changes who answers for a topic, tries it on the routing page, and the next report follows it."""

from typing import Any

from tests.edges.browser.test_pages import DESK, PHONE, sign_in


def report(page: Any, address: str, title: str) -> str:
    """Bring a complaint about housing in, without a script, and return what the receipt says."""
    page.goto(address)
    page.click("text=我要反映")
    page.click("text=投诉（英格兰两级程序）")
    page.fill("#f-title", title)
    page.fill("#f-text", "灯坏了三周，老人晚上上下楼很危险，房屋里一片黑。")
    page.click("text=下一步：在哪里")
    page.check("input[name=topic][value='t.housing']")
    page.click("text=下一步：在哪里")
    page.check("input[name=region][value='r.qingshi']")
    page.click("text=下一步：怎么联系")
    page.check("input[value=confidential]")
    page.fill("#f-contact-phone", "13900007799")
    page.click("text=提交，拿编号")
    said: str = page.inner_text("main")
    return said


def simulated(page: Any, address: str) -> str:
    page.goto(f"{address}/desk/routing/")
    page.select_option("#f-pack", "en.complaint")
    page.select_option("#f-topic", "t.housing")
    page.select_option("#f-region", "r.qingshi")
    page.click("text=该谁办")
    said: str = page.inner_text("main h2 >> nth=0")
    return said


def test_a_changed_remit_is_tried_and_then_followed(chromium: Any, address: str) -> None:
    admin = chromium.new_context(viewport=DESK, locale="zh-CN", java_script_enabled=False).new_page()
    sign_in(admin, address, "admin")
    phone = chromium.new_context(viewport=PHONE, locale="zh-CN", java_script_enabled=False).new_page()
    assert "住建局" in simulated(admin, address) and "住建局" in report(phone, address, "一号楼的灯坏了")

    admin.goto(f"{address}/desk/offices/change/set_remit/?id=m.housing")
    admin.select_option("#f-unit", "u.labour")
    admin.select_option("#f-seat", "s.labour.one")
    admin.click("button[name=try]")
    assert "会有这些变化" in admin.inner_text("main")
    # tried only: who answers is still the same
    other = admin.context.new_page()
    assert "住建局" in simulated(other, address)
    admin.click("button[name=record]")
    assert admin.locator("[role=status]").count() == 1

    assert "人社局" in simulated(other, address)
    said = report(phone, address, "二号楼的灯坏了")
    assert "人社局" in said and "住建局" not in said
    labour = chromium.new_context(viewport=DESK, locale="zh-CN", java_script_enabled=False).new_page()
    sign_in(labour, address, "labour")
    assert "二号楼的灯坏了" in labour.inner_text("main") and "一号楼的灯坏了" not in labour.inner_text("main")
