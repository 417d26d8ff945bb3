"""A clerk composes an opinion beside its preview without a script, and the papers can be read and printed."""

from typing import Any

import pytest

from .test_pages import sign_in

pytestmark = pytest.mark.accept("P6")


@pytest.fixture
def petition(county: Any) -> Any:
    """A petition that housing has accepted, with two notices that wait to be served."""
    from tests.support.petition import accepted

    return accepted(county)


@pytest.mark.parametrize(
    ("language", "light", "width"), [("zh-CN", "dark", 390), ("en-GB", "light", 1440)], ids=("phone", "desk")
)
def test_an_opinion_is_composed_beside_its_preview_and_papers_are_printed(
    petition: Any, chromium: Any, address: str, language: str, light: str, width: int
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    number = petition.matters["petition"].number
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, locale=language, color_scheme=light, java_script_enabled=False
    )
    page = context.new_page()
    sign_in(page, address, "housing")
    page.goto(f"{address}/desk/matters/{number}/acts/draft_opinion/")
    page.check("input[value=ordinary]")
    page.check("input[value=resolved-as-asked]")
    page.fill("#f-findings", "三号楼二单元楼道灯损坏属实。")
    page.fill("#f-opinion_text", "十五日内更换。")
    page.click("button[name=preview]")
    shown = page.inner_text("#preview")
    # what is there is filled in, what isn't says so by name, and nothing typed is lost
    assert "十五日内更换。" in shown and "{text:law}" in shown
    assert page.input_value("#f-findings") == "三号楼二单元楼道灯损坏属实。"
    page.fill("#f-request_text", "更换楼道灯。")
    page.fill("#f-law", "《信访工作条例》第三十二条。")
    page.fill("#f-how_to_review", "向县政府书面提出。")
    page.fill("#f-fulfilment_days", "15")
    page.check("input[value=heard-in-person]")
    page.click("button[name=insert]")
    assert "我们当面听取了您的陈述" in page.input_value("#f-paper")
    assert "{" not in page.inner_text("#preview .doc")
    page.click("button.btn-go")
    page.wait_for_url("**?done=*")
    assert "opinion" in page.inner_html("#h-docs + ul") and page.locator("#h-docs + ul li").count() == 3

    seeing = chromium.new_context(viewport={"width": width, "height": 900}, locale=language, color_scheme=light)
    looked = seeing.new_page()
    sign_in(looked, address, "housing")
    axe = Axe()
    for path in (
        f"matters/{number}/",
        f"matters/{number}/acts/draft_opinion/",
        f"matters/{number}/documents/opinion/1/",
        f"matters/{number}/documents/notice/1/",
        f"matters/{number}/documents/notice/1/slip/",
        "phrases/",
    ):
        looked.goto(f"{address}/desk/{path}")
        assert looked.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        found = axe.run(looked)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
    # on paper the frame of the page goes, the sheet stays
    looked.goto(f"{address}/desk/matters/{number}/documents/notice/1/")
    looked.emulate_media(media="print")
    assert looked.locator(".doc").is_visible() and not looked.locator(".go-row").is_visible()
    assert "告知书" in looked.inner_text(".doc")
