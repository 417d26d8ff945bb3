"""A number of days says which day it is: at once with a script, by a button without."""

from typing import Any

from .test_keyboard import shown
from .test_pages import DESK, sign_in
from .watching import Watched


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
