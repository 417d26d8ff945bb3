"""However many rows a page has, it asks the database as often as for five."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.support.reading import said

pytestmark = pytest.mark.accept("K7")

PAGES = (
    "/desk/",
    "/desk/?scope=all",
    "/desk/matters/",
    "/desk/matters/?topic=t.housing",
    "/desk/search/?q=%E6%A5%BC%E9%81%93",
)


def bring_in(county: Any, first: int, last: int) -> None:
    from huajie.apps.matters.operations import Batch, Submission
    from huajie.core.access import ANONYMOUS

    with Batch() as batch:
        for number in range(first, last):
            batch.submit(
                Submission(
                    pack="en.complaint",
                    topic="t.housing",
                    region="r.qingshi",
                    texts={"title": f"第 {number} 件", "text": "楼道灯坏了。"},
                ),
                actor=ANONYMOUS,
                now=county.founded_at,
            )


def counted(client: Any, page: str) -> tuple[int, int]:
    """
    Return statements and lines of a page, once it was asked for.

    Of three times the fewest: what a process looks up anew every few seconds falls into one of them or not.
    """
    client.get(page)
    asked = []
    for _ in range(3):
        with CaptureQueriesContext(connection) as queries:
            body = client.get(page).content.decode()
        asked.append(len(queries))
    return min(asked), body.count('<li class="item">') + body.count("<tr><th scope") + body.count('<li class="sec">')


def test_pages_ask_as_often_for_fifty_rows_as_for_five(county: Any, staff: Callable[..., Any]) -> None:
    client = staff("housing")
    few = {page: counted(client, page) for page in PAGES}
    bring_in(county, 0, 60)
    many = {page: counted(client, page) for page in PAGES}
    for page in PAGES:
        assert 4 <= few[page][1] <= 12, page
        assert many[page][1] >= 45, page
        assert many[page][0] == few[page][0] <= 12, page


def test_a_matter_asks_as_often_for_fifty_entries_as_for_five(county: Any, staff: Callable[..., Any]) -> None:
    client = staff("housing")
    page = f"/desk/matters/{county.matters['planned'].number}/"
    few = counted(client, page)[0]
    for number in range(45):
        county.act("planned", "housing", "add_note", texts={"note_text": f"第 {number} 笔"})
    assert said(client.get(page)).count("笔</p>") == 45
    assert counted(client, page)[0] == few <= 12


@pytest.mark.accept("S4")
def test_the_board_and_its_lists_ask_as_often_for_sixty_matters_as_for_five(
    county: Any, staff: Callable[..., Any]
) -> None:
    """Counted anew each time: a board of half a minute ago would ask for nothing."""
    from huajie.apps.matters import figures
    from huajie.apps.supervision import cases, queries

    client = staff("supervisor")
    pages = ("/desk/board/", "/desk/board/?unit=u.housing", "/desk/board/late/", "/desk/board/open/")

    def asked(page: str) -> tuple[int, str]:
        client.get(page)
        found = []
        for _ in range(3):
            queries.forget()
            figures.forget_figures()
            with CaptureQueriesContext(connection) as captured:
                body = client.get(page).content.decode()
            found.append(len(captured))
        return min(found), body

    while cases.refresh():
        pass
    few = {page: asked(page) for page in pages}
    bring_in(county, 0, 60)
    while cases.refresh():
        pass
    many = {page: asked(page) for page in pages}
    for page in pages:
        assert many[page][0] == few[page][0] <= 20, page
    assert many["/desk/board/"][1] != few["/desk/board/"][1]
    assert many["/desk/board/open/"][1].count("<tr>") == queries.PAGE + 1
