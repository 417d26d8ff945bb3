"""
Every page that somebody reaches is looked at once; ways of looking take turns, so that each value of each is used.

`make axe` looks at every page in all eight ways with the same code (`scripts/gallery.py`) and keeps what came of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from scripts import gallery
from tests.shape.routes import addresses

pytestmark = [pytest.mark.slow, *(pytest.mark.accept(line) for line in ("G1", "G2", "G4"))]

#: Pages that nobody of the demo county can open, and where they are opened instead.
ELSEWHERE = {
    "desk/matters/<str:number>/access/": "for a minor's file: tests/edges/desk/test_opening.py",
    "desk/matters/<str:number>/affected/": "for an incident: tests/journeys/test_incident.py",
    "desk/offices/import/workbook.xlsx": "a workbook, for administrators: tests/edges/desk/test_office_import.py",
    "desk/tiles/<int:zoom>/<int:x>/<int:y>/": "a picture, where there is a file: tests/edges/desk/test_places.py",
    "desk/matters/<str:number>/instruction/": "for a leader's secretary: tests/edges/desk/test_offices.py",
    "desk/matters/<str:number>/decide/": "for whoever is asked for more time: tests/edges/browser/test_leader.py",
    "desk/matters/<str:number>/files/<str:file_id>/": "a picture or a paper: tests/edges/desk/test_files.py",
    "desk/matters/<str:number>/files/<str:file_id>/small/": "a picture",
    "desk/matters/<str:number>/opened/<int:n>/<str:file_id>/": "a picture or a paper",
    "matters/<str:number>/files/<str:file_id>/": "a picture or a paper",
    "matters/<str:number>/files/<str:file_id>/small/": "a picture",
    "desk/list/file.<str:kind>": "a file: tests/edges/desk/test_lists.py",
    "desk/matters/<str:number>/acts/<str:name>/days/": "a line for a form: tests/edges/browser/test_reckoning.py",
    "desk/calendar/<str:secret>.ics": "a calendar file: tests/edges/desk/test_feed.py",
    "desk/reviews/feed.ics": "a calendar file: tests/edges/desk/test_reviews.py",
    "desk/samples/<str:name>/<str:number>/": "while an ending waits: tests/edges/desk/test_samples.py",
    "samples/<str:name>.json": "a file: tests/edges/desk/test_samples.py",
    "desk/sign-in/provider/": "where there is an identity provider: tests/edges/browser/test_sign_in.py",
    "desk/sign-in/provider/back/": "where there is an identity provider",
}


@pytest.fixture(scope="module")
def sites() -> Iterator[tuple[gallery.Site, gallery.Site]]:
    with gallery.sites() as both:
        yield both


@pytest.fixture(scope="module")
def pages(sites: tuple[gallery.Site, gallery.Site]) -> list[gallery.Page]:
    return gallery.pages(*sites)


@pytest.fixture(scope="module")
def browser(sites: object) -> Iterator[Any]:
    with gallery.chromium() as found:
        yield found


@pytest.mark.parametrize("turn", range(len(gallery.WAYS)), ids=[gallery.named(way) for way in gallery.WAYS])
def test_a_page_is_whole_however_one_looks(sites: Any, pages: list[gallery.Page], browser: Any, turn: int) -> None:
    filled, empty = sites
    looker = gallery.Looker(browser, gallery.WAYS[turn])
    share = pages[turn :: len(gallery.WAYS)]
    assert len(share) >= 10
    faults = {page.name: found for page in share if (found := looker.faults(filled if page.filled else empty, page))}
    looker.close()
    assert not faults


@pytest.mark.parametrize("way", gallery.ROTATION, ids=map(gallery.named, gallery.ROTATION))
def test_the_steps_that_no_address_leads_to_are_whole_too(sites: Any, browser: Any, way: tuple[str, str, int]) -> None:
    """Faults, what is found, where, how to reach one, receipt, slip, what the device remembers: one after the other."""
    site, looker = sites[0], gallery.Looker(browser, way)
    tab = looker.page(site, gallery.NOBODY)
    tab.goto(f"{site.address}/report/en.complaint/")

    def go_on() -> None:
        with tab.expect_navigation():
            tab.click(".go-row button.btn-go")

    def write() -> None:
        tab.fill("[name=title]", "工资没有发")
        tab.fill("[name=text]", "拖欠工资三个月。")
        go_on()

    def pick(name: str) -> None:
        tab.check(f"[name={name}] >> nth=0")
        go_on()

    def remember() -> None:
        tab.check("[data-with-secret]")
        tab.click("[data-keep-button]")
        tab.goto(f"{site.address}/mine/")

    def slip() -> None:
        with tab.expect_navigation():
            tab.click("button[name=paper][value='58']")

    def wrong() -> None:
        tab.goto(f"{site.address}/follow/")
        tab.fill("#f-number", "7Q4M2K9DXR")
        tab.fill("#f-secret", "AAAABBBBCCCCDDDD")
        with tab.expect_navigation():
            tab.click("button.btn-go")

    def other_light() -> None:
        tab.goto(f"{site.address}/theme/?to={'light' if way[1] == 'dark' else 'dark'}&next=/")

    steps: dict[str, Callable[[], None]] = {
        "nothing was written": go_on,
        "topics offered": write,
        "where": lambda: pick("topic"),
        "how to reach": lambda: pick("region"),
        "receipt": lambda: pick("mode"),
        "slip": slip,
        "remembered": remember,
        "wrong secret": wrong,
        "the other light": other_light,
    }
    faults = {}
    for name, step in steps.items():
        step()
        if found := looker.seen(tab):
            faults[name] = found
    looker.close()
    assert not faults


def test_no_page_is_left_out(sites: Any, pages: list[gallery.Page]) -> None:
    """A page that is added later is reached by a link or stands in a list; what is no page answers otherwise."""
    site = sites[0]
    reached = {page.route.partition(" ")[0].lstrip("/") for page in pages}
    known = next(page.address.split("/")[3] for page in pages if page.route == "/desk/matters/<str:number>/")
    own = site.starts[gallery.RESIDENT].split("/")[2]
    left_out = {}
    for route in {one.route for one in addresses() if one.signs_in is None} - reached - set(ELSEWHERE):
        staff = route.startswith("desk/")
        path = re.sub("<str:number>", known if staff else own, re.sub(r"<int:\w+>", "1", route))
        answer = requests.get(
            f"{site.address}/{re.sub('<[^>]*>', 'x', path)}",
            cookies=site.cookies["housing-handler-new" if staff else gallery.RESIDENT],
            allow_redirects=False,
            timeout=60,
        )
        is_page = answer.headers.get("Content-Type", "").startswith("text/html")
        if is_page and answer.status_code not in (302, 405):
            left_out[route] = answer.status_code
    assert not left_out
    assert not set(ELSEWHERE) - {one.route for one in addresses()}
