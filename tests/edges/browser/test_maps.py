"""Choosing a place on the map: by a touch where a script runs, by a link to its line where none does."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

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
    made = found(passwords=("intake", "housing_head"))
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


@pytest.fixture
def roads(county: Any) -> Any:
    """Reports at one crossing, at a bridge, and of a home between them."""
    from tests.edges.desk.test_places import CROSSING, HOME, HOMES, ROADS, bring

    from huajie.apps.jurisdiction import operations
    from huajie.core.access import SYSTEM

    change = {"do": "set_topic", "id": ROADS, "parent": None, "name": {"zh": "道路", "en": "Roads"}}
    remit = {"do": "set_remit", "id": "m.roads", "unit": "u.housing", "topics": [ROADS], "regions": ["*"]}
    operations.change(
        [{**change, "public_place": True}, {**remit, "power": "decide"}], actor=SYSTEM, now=county.founded_at
    )
    for topic, point in ((ROADS, CROSSING), (ROADS, (0.246, 0.1511)), (HOMES, HOME)):
        bring(topic, point, 6, now=county.founded_at)
    return county


@pytest.mark.parametrize("script", [True, False])
def test_the_map_of_places_goes_nearer_by_keys_mouse_and_links(
    roads: Any, chromium: Any, address: str, script: bool
) -> None:
    """With a script and without one the same addresses are asked for, and the same clusters stand there."""
    page = chromium.new_context(locale="en-GB", java_script_enabled=script).new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    sign_in(page, address, "housing_head")
    page.goto(f"{address}/desk/map/?show=places")
    marks = page.locator(".map .m-m")
    expect(marks).to_have_count(2)
    # by its key: a mark is a link like any other
    marks.first.focus()
    expect(marks.first).to_be_focused()
    if script:
        page.keyboard.press("+")
    else:
        page.locator("[data-move=in]").click()
    page.wait_for_url("**view=*")
    nearer = page.url
    expect(page.locator("[data-move=in]")).not_to_have_attribute("href", nearer.removeprefix(address))
    if script:
        box = page.locator(".map").bounding_box()
        page.mouse.move(box["x"] + 200, box["y"] + 200)
        page.mouse.down()
        page.mouse.move(box["x"] + 120, box["y"] + 160, steps=4)
        page.mouse.up()
        page.wait_for_function("before => location.href !== before", arg=nearer)
        # pulled to the west and north: the view went east and south, at the same step
        view = [float(one) for one in page.evaluate("new URLSearchParams(location.search).get('view')").split(",")]
        before = [float(one) for one in parse_qs(urlsplit(nearer).query)["view"][0].split(",")]
        assert view[0] > before[0] and view[1] < before[1] and view[2] == before[2]
    page.goto(f"{address}/desk/map/?show=places")
    page.locator(".map .m-m").first.click()
    page.wait_for_url("**/desk/matters/?**")
    expect(page.locator(".chip-off", has_text="Place on the map")).to_have_count(1)
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(address).netloc}
