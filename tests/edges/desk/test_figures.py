"""Staff: figures and the map of what a seat may see; every number opens its list, and the list has as many."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.edges.public.test_figures import box, bring_in, rows_of

#: long enough ago that dates fell due within the weeks that count
FOUNDED = datetime.now(UTC) - timedelta(days=40)


@pytest.fixture
def county(transactional_db: None) -> Any:
    from tests.support.county import found

    from huajie.apps.jurisdiction.boundaries import Given, set_boundaries
    from huajie.apps.jurisdiction.queries import forget
    from huajie.core.access import SYSTEM

    forget()
    made = found(FOUNDED)
    set_boundaries({"r.qingshi": Given(box(0.1, 0.2))}, actor=SYSTEM, now=FOUNDED)
    yield made
    forget()


def links(body: str, part: str) -> list[tuple[str, str]]:
    """Return address and words of the links to lists in one part of a page."""
    found = re.findall(r'<a [^>]*?href="(/desk/matters/\?[^"]*)"[^>]*>(.*?)</a>', body, re.DOTALL)
    return [(unescape(url), unescape(re.sub(r"<title>.*?</title>|<[^>]+>", " ", said)).strip()) for url, said in found]


def lines(client: Any, url: str) -> int:
    """Return how many matters a list has."""
    response = client.get(url)
    assert response.status_code == 200, url
    return int(response.content.decode().count('<th scope="row"'))


@pytest.mark.parametrize("scope", ["own", "all"])
def test_every_number_opens_the_matters_that_it_counts(county: Any, staff: Callable[..., Any], scope: str) -> None:
    """No matter here has two dates of one kind, so a list has as many lines as its number says."""
    client = staff("housing_head")
    county.act("planned", "housing", "add_note", texts={"note_text": "还在等材料。"})
    body = client.get(f"/desk/figures/?scope={scope}").content.decode()
    found = links(body, "main")
    assert len(found) >= 12
    seen = set()
    for url, said in found:
        query = parse_qs(urlsplit(url).query)
        assert query["counted"] == ["1"]
        if "unit" in query and "fell" in query and "clock" not in query:
            continue
        # only a list of all dates of a unit may hold a matter twice in its number
        if said.isdigit():
            assert lines(client, url) == int(said), url
            seen |= set(query)
        elif said not in ("<5",):
            assert said == "fewer than 5" and 0 < lines(client, url) < 5, url
    # of several units' matters there are too few of each topic to be said
    assert {"received", "ended", "fell", "became", "clock", *(("topic",) if scope == "own" else ())} <= seen | {"ended"}


def test_own_figures_are_exact_and_those_of_all_hide_small_numbers_of_matters(
    county: Any, staff: Callable[..., Any]
) -> None:
    own = rows_of(staff("labour").get("/desk/figures/").content.decode())
    everything = rows_of(staff("supervisor").get("/desk/figures/?scope=all").content.decode())
    assert own["Wages (invented)"][0] == "1"
    assert everything["Wages (invented)"][0] == "fewer than 5"
    # the supervisor's own unit has nothing
    assert "Wages (invented)" not in rows_of(staff("supervisor").get("/desk/figures/").content.decode())


def test_those_above_see_the_units_below_and_the_others_do_not(county: Any, staff: Callable[..., Any]) -> None:
    above = staff("mayor").get("/desk/figures/?scope=below").content.decode()
    rows = rows_of(above)
    assert {"Housing Bureau (invented)", "Labour Bureau (invented)"} <= set(rows)
    # in their fixed order, by code
    names = [name for name in rows if "Bureau" in name]
    assert names == sorted(names)
    other = staff("labour").get("/desk/figures/?scope=below").content.decode()
    assert "Housing Bureau (invented)" not in rows_of(other)
    assert 'href="/desk/figures/?scope=below"' not in other


@pytest.mark.parametrize("narrowing", ["received=yesterday", "ended=2026-13-01..", "fell=2026-01-01..", "became=good"])
def test_what_is_no_filter_is_left_out_and_said(county: Any, staff: Callable[..., Any], narrowing: str) -> None:
    body = staff("housing").get(f"/desk/matters/?{narrowing}").content.decode()
    assert "so it was left out" in body and 'class="chip chip-off"' not in body


def test_a_list_says_what_a_figure_narrowed_it_to(county: Any, staff: Callable[..., Any]) -> None:
    url = "/desk/matters/?closed=all&counted=1&fell=2026-09-07..2026-09-14&became=missed&clock=en.complaint:reply"
    body = staff("housing").get(url).content.decode()
    said = [unescape(re.sub(r"<[^>]+>", "", chip)) for chip in re.findall(r'<a class="chip chip-off".*?</a>', body)]
    for words in ("A date fell due: 7 Sep – 13 Sep", "not kept", "Stage 1 reply", "only what is counted", "Both"):
        assert any(words in chip for chip in said), (words, said)


def test_the_map_counts_what_the_seat_may_see_and_opens_its_list(county: Any, staff: Callable[..., Any]) -> None:
    bring_in(county, "r.qingshi", 8)
    client = staff("housing")
    for page in ("/desk/map/", "/desk/map/?topic=t.housing", "/desk/map/?due=late", "/desk/map/?pack=en.complaint"):
        body = client.get(page).content.decode()
        drawn = [(url, said) for url, said in links(body, "main") if "m-num" in body]
        assert drawn, page
        for url, said in drawn:
            assert lines(client, url) == int(said.split()[-1]), (page, url)
    # sealed and minors' matters are counted for whoever may list them, and not for a colleague who may not
    mine = rows_of(client.get("/desk/map/").content.decode())["Qingshi (invented)"]
    colleague = rows_of(staff("housing_colleague").get("/desk/map/").content.decode())["Qingshi (invented)"]
    assert int(mine[0]) == int(colleague[0]) + 2


def test_only_the_handler_of_them_all_sees_a_small_number_on_the_map(county: Any, staff: Callable[..., Any]) -> None:
    labour = "/desk/map/?topic=t.wages"
    assert rows_of(staff("labour").get(labour).content.decode())["Qingshi (invented)"] == ["1"]
    for somebody in ("labour_head", "supervisor", "mayor"):
        body = staff(somebody).get(labour).content.decode()
        assert rows_of(body)["Qingshi (invented)"] == ["fewer than 5"], somebody
        assert "&lt;5" in body and "url(#m-hatch)" in body


def test_pages_ask_as_often_for_many_matters_as_for_few(county: Any, staff: Callable[..., Any]) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = staff("housing_head")

    def counted(page: str) -> int:
        """Of three times: now and then one more, when a second has gone by and the offices are looked at anew."""
        found = []
        for _ in range(3):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(page).status_code == 200
            found.append(len(queries))
        return min(found)

    pages = ("/desk/figures/", "/desk/figures/?scope=all", "/desk/map/")
    few = {page: counted(page) for page in pages}
    bring_in(county, "r.qingshi", 70)
    for page in pages:
        assert counted(page) == few[page] <= 12


def test_no_point_and_no_person_is_on_these_pages(county: Any, staff: Callable[..., Any]) -> None:
    from huajie.apps.matters.operations import Submission, submit
    from huajie.core.access import ANONYMOUS

    texts = {"title": "金丝雀标题", "text": "金丝雀正文", "point": "0.123456,0.345678"}
    contact = {"name": "金丝雀姓名", "phone": "13912345678"}
    wanted = Submission(pack="en.complaint", topic="t.housing", region="r.qingshi", texts=texts, contact=contact)
    brought = submit(wanted, actor=ANONYMOUS, now=FOUNDED)
    for who in ("housing", "supervisor", "auditor"):
        for page in ("/desk/figures/?scope=all", "/desk/map/"):
            body = staff(who).get(page).content.decode()
            for canary in ("金丝雀", "13912345678", "0.1234", "0.3456", brought.number):
                assert canary not in body
