"""The public pages of figures and the map: no small number, no point, no person, as many questions for many rows."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest

PAGES = ("/figures/", "/map/", "/map/?show=ended", "/map/?show=rate")


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Any:
    from huajie.apps.jurisdiction.queries import forget
    from huajie.apps.matters.figures import forget_figures

    forget()
    forget_figures()
    yield
    forget()
    forget_figures()


def box(west: float, east: float) -> dict[str, Any]:
    ring = [[west, 0.2], [east, 0.2], [east, 0.4], [west, 0.4], [west, 0.2]]
    return {"type": "Polygon", "coordinates": [ring]}


@pytest.fixture
def drawn(county: Any) -> Any:
    """The county with two more townships and their outlines."""
    from huajie.apps.jurisdiction import operations
    from huajie.apps.jurisdiction.boundaries import Given, set_boundaries
    from huajie.core.access import SYSTEM

    changes = [
        {
            "do": "set_region",
            "id": f"r.{code}",
            "parent": "r.yunxi",
            "name": {"zh": zh, "en": code.title()},
            "level": "township",
            "calendar": "cn",
            "zone": "Asia/Shanghai",
        }
        for code, zh in (("liutan", "柳滩镇"), ("shanqian", "山前乡"))
    ]
    operations.change(changes, actor=SYSTEM, now=county.founded_at)
    given = {
        code: Given(box(0.1 * n, 0.1 * (n + 1)), people)
        for n, (code, people) in enumerate((("r.qingshi", 4000), ("r.liutan", 12_000), ("r.shanqian", None)))
    }
    set_boundaries(given, actor=SYSTEM, now=county.founded_at)
    return county


def bring_in(county: Any, region: str, count: int) -> None:
    from huajie.apps.matters.figures import forget_figures
    from huajie.apps.matters.operations import Batch, Submission
    from huajie.core.access import ANONYMOUS

    with Batch() as batch:
        for number in range(count):
            texts = {"title": f"第 {number} 件", "text": "楼道灯坏了。"}
            wanted = Submission(pack="en.complaint", topic="t.housing", region=region, texts=texts)
            batch.submit(wanted, actor=ANONYMOUS, now=county.founded_at + timedelta(hours=1))
    forget_figures()


def rows_of(body: str) -> dict[str, list[str]]:
    """Return what a table says, by the name of its row."""
    found = {}
    for row in re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", body, re.DOTALL):
        name, *cells = [unescape(re.sub(r"<[^>]+>", "", part)).strip() for part in re.split(r"</t[hd]>", row)]
        found[name] = [one for one in cells if one]
    return found


def test_a_town_with_few_has_no_number_and_no_other_gives_it_away(drawn: Any, browser: Any) -> None:
    bring_in(drawn, "r.liutan", 3)
    bring_in(drawn, "r.shanqian", 40)
    rows = rows_of(browser.get("/map/").content.decode())
    # three of 50, which the page says; Qingshi has seven, and without them the three would be what is left
    assert (rows["Liutan"][0], rows["Qingshi (invented)"][0], rows["Shanqian"][0]) == (
        "fewer than 5",
        "not shown",
        "40",
    )
    body = browser.get("/map/").content.decode()
    assert "50 open" in body
    drawing = re.search(r"<svg class=\"map.*?</svg>", body, re.DOTALL)
    assert drawing is not None
    numbers = [unescape(one) for one in re.findall(r'class="m-num"[^>]*>([^<]*)<', drawing[0])]
    assert sorted(numbers) == ["40", "<5", "–"]
    assert drawing[0].count("url(#m-hatch)") == 2


def test_per_thousand_residents_only_where_they_are_known(drawn: Any, browser: Any) -> None:
    bring_in(drawn, "r.liutan", 24)
    bring_in(drawn, "r.shanqian", 40)
    rows = rows_of(browser.get("/map/?show=rate").content.decode())
    assert rows["Liutan"] == ["24", "0", "12,000", "2.00"]
    assert rows["Shanqian"] == ["40", "0", "–", "–"]
    assert rows["Qingshi (invented)"][-2:] == ["4,000", "1.75"]


def test_without_a_boundary_the_table_stands_alone(county: Any, browser: Any) -> None:
    body = browser.get("/map/").content.decode()
    assert '<svg class="map' not in body and "No boundaries were taken in" in body
    assert rows_of(body)["Qingshi (invented)"][0] == "7"


def test_the_pages_say_no_home_no_person_and_no_number_of_a_matter(drawn: Any, browser: Any) -> None:
    """A matter with a point, a contact and words of its own; none of them reaches these pages, nor any link to one."""
    from huajie.apps.matters.operations import Submission, submit
    from huajie.core.access import ANONYMOUS

    secret = {"title": "金丝雀标题", "text": "金丝雀正文", "point": "0.234567,0.345678"}
    brought = submit(
        Submission(
            pack="en.complaint",
            topic="t.housing",
            region="r.liutan",
            texts=secret,
            contact={"name": "金丝雀姓名", "phone": "13912345678"},
        ),
        actor=ANONYMOUS,
        now=drawn.founded_at + timedelta(hours=2),
    )
    for page in PAGES:
        body = browser.get(page).content.decode()
        for canary in ("金丝雀", "13912345678", "0.2345", "0.3456", brought.number):
            assert canary not in body, (page, canary)
        assert "/matters/" not in body and "<script" not in body and "style=" not in body


def test_pages_ask_as_often_for_many_matters_as_for_few(drawn: Any, browser: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from huajie.apps.matters.figures import forget_figures

    def counted(page: str, *, again: bool) -> int:
        browser.get(page)
        if not again:
            forget_figures()
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(page).status_code == 200
        return len(queries)

    few = {page: counted(page, again=False) for page in PAGES}
    bring_in(drawn, "r.liutan", 60)
    for page in PAGES:
        # one more now and then, when a second has gone by and the offices are looked at anew
        assert counted(page, again=False) <= few[page] + 1 <= 10
        assert counted(page, again=True) <= 3


def test_dates_and_endings_are_shown_as_they_were_counted(drawn: Any, browser: Any) -> None:
    from django.test import Client

    from huajie.apps.matters.figures import clocks_of, public_tables
    from huajie.apps.procedure.registry import packs

    zone = ZoneInfo("Asia/Shanghai")
    tables = public_tables(clocks_of(packs().values()), now=datetime.now(UTC), zone=zone)
    body = browser.get("/figures/").content.decode()
    assert sum(age.open for age in tables.ages) == tables.open == 7
    assert "Of all that are open now: 7." in body
    # five about housing, one of wages, one of something else: said of one, the others could be reckoned from the sum
    assert [rows_of(body)[name][0] for name in ("Housing (invented)", "Wages (invented)")] == ["not shown"] * 2
    assert "每周收到与结束" in Client(headers={"accept-language": "zh"}).get("/figures/").content.decode()
