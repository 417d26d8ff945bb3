"""A session ends in the middle of a long form: nothing typed is lost; a number of days says at once which day it is."""

from typing import Any

import pytest
from tests.support.county import PASSWORD

from .test_keyboard import shown
from .test_pages import DESK, PHONE, sign_in
from .watching import Watched

WRITTEN = {
    "#f-findings": "三号楼二单元声控灯的线路老化，十月二十日现场看过，拍了照片。",
    "#f-remedy": "十五日内更换线路和灯，换好后连看七夜。",
    "#f-how_to_escalate": "不满意的，收到后二十个工作日内写给县政府，写明编号就行。",
}


@pytest.mark.parametrize("script", [True, False], ids=("script", "no-script"))
def test_a_session_that_ends_in_the_middle_of_a_long_form_loses_nothing(
    chromium: Any, address: str, county: Any, script: bool
) -> None:
    window = Watched(chromium, viewport=PHONE, locale="zh-CN", java_script_enabled=script)
    page = window.page
    number = shown(county.matters["planned"].number)
    form = f"{address}/desk/matters/{number}/acts/draft_reply/"
    sign_in(page, address, "housing")
    page.goto(form)
    page.check("input[name=decision][value=upheld]")
    for field, words in WRITTEN.items():
        page.fill(field, words)
    # what the browser knows of the session is over, as after a night
    window.context.clear_cookies(name="sessionid")
    page.click("#work .form-foot button")
    page.wait_for_selector("#f-username")
    assert not any(words in page.content() for words in WRITTEN.values())
    page.fill("#f-username", "housing")
    page.fill("#f-password", PASSWORD)
    page.click("button.btn-go")
    page.wait_for_selector("#work, main ul a[href*='draft_reply']")
    if not page.locator("#work").count():
        page.click("main ul a[href*='draft_reply']")
    for field, words in WRITTEN.items():
        assert page.input_value(field) == words
    assert page.is_checked("input[name=decision][value=upheld]")
    page.click("#work button.btn-go")
    page.wait_for_url("**?done=*")
    assert WRITTEN["#f-remedy"] in page.inner_text("body") or "起草第一级答复" in page.inner_text("#done")
    page.goto(form)
    assert "写了一半" not in page.inner_text("main")
    window.done()


def test_a_number_of_days_says_which_day_it_is(chromium: Any, address: str, county: Any) -> None:
    number = shown(county.matters["planned"].number)
    form = f"{address}/desk/matters/{number}/acts/ask_extension/"
    said = []
    for script in (False, True):
        window = Watched(chromium, viewport=DESK, locale="en-GB", java_script_enabled=script)
        page = window.page
        sign_in(page, address, "housing")
        page.goto(form)
        if script:
            with page.expect_response(lambda answer: "/days/" in answer.url):
                page.fill("#f-extension_days", "8")
            page.wait_for_function("document.querySelector('.reckoned').textContent !== ''")
            assert not page.locator("button[name=reckon]").is_visible()
        else:
            page.fill("#f-extension_days", "8")
            page.click("button[name=reckon]")
        said.append(page.inner_text(".reckoned"))
        assert page.input_value("#f-extension_days") == "8"
        window.done()
    assert said[0] == said[1]
    assert said[0].startswith("= 8 working days, until ")
