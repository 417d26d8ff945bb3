"""Choosing a place on the map: by a touch where a script runs, by a link to its line where none does."""

from typing import Any

import pytest
from playwright.sync_api import expect
from tests.edges.browser.test_pages import sign_in

PHONE = {"width": 390, "height": 800}
REGION = "r.qingshi"


@pytest.fixture
def county(transactional_db: None) -> Any:
    """The hand-written county, its one township with a boundary."""
    from tests.support.county import found

    from huajie.apps.jurisdiction.boundaries import Given, set_boundaries
    from huajie.apps.jurisdiction.queries import forget
    from huajie.core.access import SYSTEM

    forget()
    made = found(passwords=("intake",))
    ring = [[0.1, 0.1], [0.3, 0.1], [0.3, 0.3], [0.1, 0.3], [0.1, 0.1]]
    boundary = Given({"type": "Polygon", "coordinates": [ring]})
    set_boundaries({REGION: boundary}, actor=SYSTEM, now=made.founded_at)
    yield made
    forget()


def second_step(page: Any, address: str) -> None:
    page.goto(f"{address}/report/en.complaint/")
    page.fill("#f-title", "楼道灯坏了")
    page.fill("#f-text", "三周没有修。")
    page.click(".go-row button.btn-go")
    page.check("[name=topic][value='t.housing']")
    page.click(".go-row button.btn-go")


@pytest.mark.parametrize("script", [True, False])
def test_a_resident_chooses_on_the_map_and_loses_no_word(chromium: Any, address: str, script: bool) -> None:
    page = chromium.new_context(viewport=PHONE, locale="zh-CN", java_script_enabled=script).new_page()
    second_step(page, address)
    place = page.locator(f'.m-pick [data-region="{REGION}"]')
    place.click()
    radio = page.locator(f'input[name=region][value="{REGION}"]')
    if script:
        expect(radio).to_be_checked()
        expect(place).to_have_attribute("aria-current", "true")
    else:
        assert page.url.endswith(f"#region-{REGION}")
        radio.check()
    page.click(".go-row button.btn-go")
    assert "青石镇" in page.inner_text("main") and "楼道灯坏了" in page.inner_text("main")
    # and back again: the map shows what was chosen
    page.locator("button[name=go][value='2']").first.click()
    expect(page.locator(f'.m-pick [data-region="{REGION}"]')).to_have_attribute("aria-current", "true")


def test_the_intake_desk_chooses_on_the_map_too(chromium: Any, address: str) -> None:
    page = chromium.new_context(locale="zh-CN").new_page()
    sign_in(page, address, "intake")
    page.goto(f"{address}/desk/intake/")
    page.locator(".pick-map summary").click()
    page.locator(f'.m-pick [data-region="{REGION}"]').click()
    expect(page.locator("select[name=region]")).to_have_value(REGION)
    # the list shows on the map as well
    page.select_option("select[name=region]", "r.yunxi")
    expect(page.locator(".m-pick [aria-current]")).to_have_count(0)
