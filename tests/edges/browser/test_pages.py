"""Resident and officer go the whole way without a script."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.support.county import PASSWORD

pytestmark = [pytest.mark.accept("K9"), pytest.mark.accept("K13")]

PHONE = {"width": 390, "height": 800}
DESK = {"width": 1440, "height": 900}


def sign_in(page: Any, address: str, username: str, password: str = PASSWORD) -> None:
    page.goto(f"{address}/desk/sign-in/")
    page.fill("#f-username", username)
    page.fill("#f-password", password)
    page.click("button.btn-go")
    page.wait_for_url(f"{address}/desk/")


def test_a_resident_reports_on_a_phone_without_script_and_an_officer_acts(chromium: Any, address: str) -> None:
    phone = chromium.new_context(viewport=PHONE, locale="zh-CN", java_script_enabled=False)
    page = phone.new_page()
    page.goto(address)
    page.click("text=我要反映")
    page.fill("#f-text", "灯坏了三周，老人晚上上下楼很危险，房屋里一片黑。")
    page.click("text=下一步：在哪里")
    assert "还没有提交" in page.inner_text("[role=alert]")
    assert page.input_value("#f-text") == "灯坏了三周，老人晚上上下楼很危险，房屋里一片黑。"
    page.fill("#f-title", "三号楼二单元的灯坏了")
    # the key that a phone offers in a line of text goes on, and what was written finds its topic
    page.press("#f-title", "Enter")
    page.check("input[name=topic][value='t.housing']")
    page.click("text=下一步：在哪里")
    # more than one procedure fits lights in a staircase: each says in a sentence what it is
    expect(page.locator("#f-kind")).to_contain_text("两级答复")
    page.check("input[name=kind][value='en.complaint']")
    page.click("text=下一步：在哪里")
    page.check("input[name=region][value='r.qingshi']")
    page.click("text=下一步：怎么联系")
    page.check("input[value=confidential]")
    page.fill("#f-contact-phone", "13900007799")
    page.click("text=提交，拿编号")
    expect(page.locator("h1")).to_contain_text("收到了，已经存好")
    page.wait_for_load_state()
    number, secret = page.locator(".secret").all_inner_texts()
    assert "住建局" in page.inner_text("main")

    # another phone, with nothing but the receipt
    other = chromium.new_context(viewport=PHONE, locale="zh-CN", java_script_enabled=False).new_page()
    other.goto(f"{address}/follow/")
    other.fill("#f-number", number.lower())
    other.fill("#f-secret", secret)
    other.click("button.btn-go")
    expect(other.locator("#h-now")).to_contain_text("现在：")
    expect(other.locator("#h-now")).to_contain_text("已登记")

    desk = chromium.new_context(viewport=DESK, locale="zh-CN", java_script_enabled=False).new_page()
    sign_in(desk, address, "housing")
    desk.click("text=三号楼二单元的灯坏了")
    expect(desk.locator("main")).to_contain_text(number)
    desk.click(".acts .first")
    desk.check("input[value=complaint]")
    desk.check("input[value=delay]")
    desk.fill("#f-message", "收到了，十个工作日内答复您。")
    desk.click("button.btn-go")
    expect(desk.locator("[role=status]")).to_contain_text("已办：登记并告诉居民收到了")

    other.reload()
    text = other.inner_text("main")
    assert "第一级办理" in other.inner_text("#h-now")
    assert "收到了，十个工作日内答复您。" in text
    assert re.search(r"为什么是 \d+月\d+日", text)
    other.click("text=给我们留言")
    other.fill("#f-message", "谢谢，晚上七点后在家。")
    other.click("button.btn-go")
    expect(other.locator("main")).to_contain_text("谢谢，晚上七点后在家。")
