"""Who declines is asked for a reason; who is not asked has nothing to approve. `test_demo_county.py` approves."""

from typing import Any

import pytest

from .test_keyboard import shown
from .test_pages import PHONE, sign_in
from .watching import Watched

REASON = "配件十二月三日到货，十个工作日内装不完。"


@pytest.fixture
def asking(county: Any) -> Any:
    """Two complaints on which the officer asked the head for more time."""
    county.act(
        "ordinary",
        "housing",
        "acknowledge",
        inputs={"is_complaint": "complaint", "category": "delay"},
        texts={"message": "收到，十个工作日内答复。"},
    )
    for name in ("planned", "ordinary"):
        county.act(name, "housing", "ask_extension", inputs={"extension_days": 8}, texts={"reason": REASON})
    return county


@pytest.fixture
def drafted(county: Any) -> Any:
    """A petition of which the officer has drafted the opinion."""
    from tests.support.petition import accepted

    words = ("request_text", "findings", "law", "how_to_review")
    accepted(county).act(
        "petition",
        "housing",
        "draft_opinion",
        inputs={"weight": "ordinary", "opinion": "resolved-as-asked", "fulfilment_days": 15},
        texts={**dict.fromkeys(words, "楼道灯损坏属实。"), "opinion_text": "十五日内更换。"},
    )
    return county


def test_a_leader_signs_with_two_taps_on_a_phone(drafted: Any, chromium: Any, address: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    number = shown(drafted.matters["petition"].number)
    window = Watched(chromium, viewport=PHONE, locale="zh-CN", has_touch=True, is_mobile=True)
    page = window.page
    sign_in(page, address, "housing_head")
    page.goto(f"{address}/desk/lead/")
    row = page.locator("#sign .item", has_text=number)
    # the first tap: the words, in place
    row.locator("summary").tap()
    assert "十五日内更换。" in row.locator(".doc").inner_text()
    button = row.locator("form button")
    assert button.bounding_box()["height"] >= 44
    assert Axe().run(page).violations_count == 0
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    # the second tap: signed and given out
    button.tap()
    page.wait_for_url("**?done=*")
    assert "签发信访处理意见书" in page.inner_text("#done")
    page.goto(f"{address}/desk/lead/")
    assert not page.locator("#sign").count()
    window.done()


def test_declining_asks_for_a_reason(asking: Any, chromium: Any, address: str) -> None:
    number = shown(asking.matters["ordinary"].number)
    window = Watched(chromium, viewport=PHONE, locale="zh-CN", java_script_enabled=False)
    page = window.page
    sign_in(page, address, "housing_head")
    page.goto(f"{address}/desk/matters/{number}/decide/")
    page.click("text=不同意延长")
    page.wait_for_url("**/acts/refuse_extension/**")
    page.click("#work button.btn-go")
    assert "还没有提交" in page.inner_text("[role=alert]")
    page.fill("#f-reason", "备用配件仓库里有，先用上。")
    page.click("#work button.btn-go")
    page.wait_for_url("**?done=*")
    # nothing waits any more, and whoever was refused reads why
    page.goto(f"{address}/desk/lead/")
    assert not page.locator("#asked .item", has_text=number).count()
    page.goto(f"{address}/desk/matters/{number}/decide/")
    assert "没有要定的" in page.inner_text("main")
    window.done()


def test_only_whoever_is_asked_finds_it_on_their_page(asking: Any, chromium: Any, address: str) -> None:
    number = shown(asking.matters["planned"].number)
    window = Watched(chromium, viewport=PHONE, locale="en-GB")
    page = window.page
    sign_in(page, address, "housing")
    page.goto(f"{address}/desk/lead/")
    assert not page.locator("#asked").count()
    page.goto(f"{address}/desk/matters/{number}/decide/")
    # the step that their own unit has promised is theirs to finish; granting more time is not
    assert "Step done" in page.inner_text("main")
    assert "Grant more time" not in page.inner_text("main")
    window.done()
