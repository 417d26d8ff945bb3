"""A resident sends photos from a phone without a script, and an officer looks at them."""

from pathlib import Path
from typing import Any

import pytest
from tests.support import papers

pytestmark = pytest.mark.accept("K9")

PHONE = {"width": 390, "height": 800}


def test_photos_go_in_on_a_phone_without_script_and_are_seen(chromium: Any, address: str, tmp_path: Path) -> None:
    photo, paper = tmp_path / "现场.jpg", tmp_path / "说明.txt"
    photo.write_bytes(papers.photo())
    paper.write_text("楼道灯坏了三周。", encoding="utf-8")
    page = chromium.new_context(viewport=PHONE, locale="zh-CN", java_script_enabled=False).new_page()
    page.goto(f"{address}/report/en.complaint/")
    page.fill("#f-title", "三号楼二单元的灯坏了")
    page.fill("#f-text", "灯坏了三周。")
    page.check("input[name=topic][value='-']")
    page.click("text=下一步：在哪里")
    page.check("input[name=region][value='r.qingshi']")
    page.click("text=下一步：怎么联系")
    page.set_input_files("#f-papers", [photo, paper])
    # the camera's own button stands beside it and sends under the same name
    assert page.get_attribute("#f-papers-camera", "capture") == "environment"
    page.set_input_files("#f-papers-camera", photo)
    page.click("text=提交，拿编号")
    assert "还没有提交" in page.inner_text("[role=alert]")
    # nothing has to be chosen again; one of the two pictures is left out
    known = page.locator("input[name=papers-known]")
    assert known.count() == 3
    known.nth(2).uncheck()
    page.check("input[value=open]")
    page.click("text=提交，拿编号")
    assert "收到了，已经存好" in page.inner_text("main")
    page.click("text=看我的事办到哪了")
    page.wait_for_url("**/matters/**")
    links = page.locator(".papers a")
    assert links.count() == 2
    assert "现场.jpg" in links.nth(0).inner_text() and "说明.txt" in links.nth(1).inner_text()
    small = page.request.get(address + str(page.locator(".papers img").first.get_attribute("src")))
    assert small.status == 200 and small.headers["content-type"] == "image/jpeg"
    answer = page.request.get(address + str(links.nth(0).get_attribute("href")))
    assert answer.headers["content-type"] == "image/jpeg" and papers.CAMERA.encode() not in answer.body()
