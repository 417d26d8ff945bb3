"""
The staff's map of public places: clusters that open their lists, small ones for their handler only, and no home.

What is expected is reckoned here from the places that were given, square by square, without the product's statement.
"""

import re
from collections import Counter
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from tests.edges.desk.test_figures import FOUNDED, lines, links
from tests.edges.desk.test_office_import import clean, downloaded, look, packed, row_of, sheet
from tests.edges.public.test_figures import box

ROADS, HOMES = "t.roads", "t.housing"
#: A crossing with many reports, a bridge with few, and homes around them.
CROSSING, BRIDGE, HOME = (0.1460, 0.2511), (0.1871, 0.3713), (0.160123, 0.290456)
SHOWN = "/desk/map/?show=places"


@pytest.fixture
def county(transactional_db: None) -> Any:
    from tests.support.county import found

    from huajie.apps.jurisdiction import operations
    from huajie.apps.jurisdiction.boundaries import Given, set_boundaries
    from huajie.apps.jurisdiction.queries import forget
    from huajie.core.access import SYSTEM

    forget()
    made = found(FOUNDED)
    set_boundaries({"r.qingshi": Given(box(0.1, 0.2))}, actor=SYSTEM, now=FOUNDED)
    roads = {
        "do": "set_topic",
        "id": ROADS,
        "parent": None,
        "name": {"zh": "道路", "en": "Roads"},
        "public_place": True,
    }
    remit = {
        "do": "set_remit",
        "id": "m.roads",
        "unit": "u.housing",
        "topics": [ROADS],
        "regions": ["*"],
        "power": "decide",
    }
    operations.change([roads, remit], actor=SYSTEM, now=FOUNDED)
    yield made
    forget()


def bring(topic: str, point: tuple[float, float] | None, count: int = 1, **more: Any) -> list[Any]:
    from huajie.apps.matters.operations import Submission, submit
    from huajie.core.access import ANONYMOUS

    return [
        submit(
            Submission(
                pack=more.get("pack", "en.complaint"),
                topic=topic,
                region="r.qingshi",
                texts={"title": f"第 {n} 件", "text": "坏了。"},
                point=point,
            ),
            actor=ANONYMOUS,
            now=more.get("now", FOUNDED),
        )
        for n in range(count)
    ]


def marks(body: str) -> dict[str, str]:
    """Return the sentence of each mark by its address; a mark without one under its place in the drawing."""
    found = re.findall(r'<(?:a|g) class="m-m[^"]*"(?: href="([^"]*)")?.*?<title>(.*?)</title>', body)
    return {unescape(url) or str(n): unescape(said) for n, (url, said) in enumerate(found)}


def square(point: tuple[float, float], code: str) -> str:
    """Return the square of a place at the depth of another's, by hand."""
    depth = int(code.split(".")[0])
    size = 360 / 2**depth
    return f"{depth}.{int((point[0] + 180) // size)}.{int((point[1] + 90) // size)}"


def test_a_cluster_has_as_many_matters_as_its_list(county: Any, staff: Callable[..., Any]) -> None:
    bring(ROADS, CROSSING, 6)
    bring(ROADS, BRIDGE, 5)
    bring(ROADS, None, 3)
    for who in ("housing", "housing_head", "supervisor"):
        client = staff(who)
        body = client.get(SHOWN).content.decode()
        drawn = marks(body)
        assert len(drawn) == 2, who
        counted = Counter()
        for url, said in drawn.items():
            assert lines(client, url) == int(re.search(r"\d+", said).group())  # type: ignore[union-attr]
            code = re.search(r"square=([0-9.]+)", url).group(1)  # type: ignore[union-attr]
            counted[code] = int(re.search(r"\d+", said).group())  # type: ignore[union-attr]
        code = next(iter(counted))
        assert counted == {square(CROSSING, code): 6, square(BRIDGE, code): 5}
        # the table says the same, with the same links
        assert {url for url, _said in links(body, "main") if "square=" in url} == set(drawn)


def test_few_are_shown_to_the_seat_that_answers_for_them_and_to_nobody_else(
    county: Any, staff: Callable[..., Any]
) -> None:
    bring(ROADS, BRIDGE, 4)
    (said,) = marks(staff("housing").get(SHOWN).content.decode()).values()
    assert said == "Qingshi (invented): 4"
    for who in ("supervisor", "mayor", "housing_colleague"):
        body = staff(who).get(SHOWN).content.decode()
        assert not marks(body) and "Some places here are not shown" in body, who
    bring(ROADS, BRIDGE, 1)
    assert len(marks(staff("supervisor").get(SHOWN).content.decode())) == 1


@pytest.mark.parametrize(
    ("count", "mine", "shown"),
    [(5, 0, (5, False)), (5, 3, (5, False)), (4, 4, (4, False)), (4, 3, (3, True)), (4, 0, None), (1, 0, None)],
)
def test_of_a_square_with_few_a_seat_sees_its_own(count: int, mine: int, shown: Any) -> None:
    from huajie.apps.matters.places import Cluster, Square
    from huajie.edges.desk.maps import shown_here

    assert shown_here(Cluster(Square(9, 1, 1), count, mine, (0, 0), (0, 0), ("r.a", "r.a"))) == shown


def test_whoever_may_not_see_the_matters_sees_no_mark(county: Any, staff: Callable[..., Any]) -> None:
    bring(ROADS, CROSSING, 7)
    body = staff("labour").get(SHOWN).content.decode()
    assert not marks(body) and "not shown" not in body


def test_no_home_is_a_point_anywhere_nearby(county: Any, staff: Callable[..., Any]) -> None:
    """Eight homes of a topic that says nothing, one of a sealed topic and a child's, at every depth."""
    bring(HOMES, HOME, 8)
    bring("t.other", HOME, 2)
    near = f"&view={HOME[0]:.5f},{HOME[1]:.5f},"
    for who in ("housing", "housing_head", "supervisor", "auditor"):
        client = staff(who)
        for url in (SHOWN, *(f"{SHOWN}{near}{step}" for step in (6, 10, 16))):
            body = client.get(url).content.decode()
            assert not marks(body), (who, url)
            # what an address asks for stands in the page's links again; nothing else may
            assert "0.1601" not in body or "view=" in url
        # asking a list for the square of a home finds nothing
        for depth in (9, 14, 20):
            code = square(HOME, f"{depth}.")
            assert lines(client, f"/desk/matters/?closed=all&square={code}") == 0, (who, depth)


def test_a_topic_that_stops_saying_so_takes_its_places_off_the_map(county: Any, staff: Callable[..., Any]) -> None:
    from huajie.apps.jurisdiction import operations
    from huajie.core.access import SYSTEM

    bring(ROADS, CROSSING, 6)
    client = staff("housing_head")
    (url,) = marks(client.get(SHOWN).content.decode())
    roads = {"do": "set_topic", "id": ROADS, "parent": None, "name": {"zh": "道路", "en": "Roads"}}
    operations.change([roads], actor=SYSTEM, now=FOUNDED)
    assert not marks(client.get(SHOWN).content.decode())
    assert lines(client, url) == 0


def test_the_workbook_and_the_page_of_a_topic_keep_what_it_says(county: Any, staff: Callable[..., Any]) -> None:
    admin = staff("admin")
    book = downloaded(admin)
    page = sheet(book, "Topics")
    titles = [cell.value for cell in page[1]]
    column = next(n for n, title in enumerate(titles, 1) if title and "public" in title)
    assert page.cell(row_of(page, ROADS), column).value == "yes"
    assert page.cell(row_of(page, HOMES), column).value == "no"
    page.cell(row_of(page, ROADS), column).value = "no"
    shown = look(admin, packed(book)).content.decode()
    assert "Its places are public" in shown and ROADS in shown
    form = admin.get(f"/desk/offices/change/set_topic/?id={ROADS}").content.decode()
    assert re.search(r'<input[^>]*name="public_place"[^>]*checked', form)
    form = admin.get(f"/desk/offices/change/set_topic/?id={HOMES}").content.decode()
    assert 'name="public_place"' in form and not re.search(r'name="public_place"[^>]*checked', form)
    clean()


def test_an_erased_place_is_gone_at_once(county: Any, staff: Callable[..., Any]) -> None:
    from django.db import connection

    written = bring(ROADS, CROSSING, 6)
    client = staff("housing_head")
    assert marks(client.get(SHOWN).content.decode())
    with connection.cursor() as cursor:
        # as an erasure takes it away: the row of the text goes and nothing else
        cursor.execute("DELETE FROM matters_text WHERE name = 'point'")
        assert cursor.rowcount == len(written)
    assert not marks(client.get(SHOWN).content.decode())


def test_the_map_asks_as_often_for_many_places_as_for_few(county: Any, staff: Callable[..., Any]) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = staff("housing_head")

    def counted() -> int:
        found = []
        for _ in range(3):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(SHOWN).status_code == 200
            found.append(len(queries))
        return min(found)

    bring(ROADS, CROSSING, 5)
    few = counted()
    for n in range(40):
        bring(ROADS, (0.1012 + n * 0.002, 0.21 + n * 0.004))
    assert counted() == few <= 12


@pytest.mark.parametrize(
    "view", ["1,2", "200,0,5", "0,0,99", "nan,0,5", "0,89,5", "1e3,0,5", "0.1,0.2,5;", "0.15,0.3,17"]
)
def test_a_view_that_is_none_shows_the_whole(county: Any, staff: Callable[..., Any], view: str) -> None:
    response = staff("housing").get(SHOWN, {"view": view, "in": "r.nowhere"})
    assert response.status_code == 200 and 'data-region="r.qingshi"' in response.content.decode()


def test_links_go_nearer_and_farther_and_into_a_region(county: Any, staff: Callable[..., Any]) -> None:
    client = staff("housing_head")
    bring(ROADS, CROSSING, 5)
    bring(ROADS, (CROSSING[0] + 0.0004, CROSSING[1]), 5)

    def moves(body: str) -> dict[str, str]:
        found = re.findall(r'href="([^"]*)" data-move="(\w+)"', body)
        return {name: unescape(url) for url, name in found}

    body = client.get(SHOWN).content.decode()
    assert [said.split()[-1] for said in marks(body).values()] == ["10"]
    # centred on the crossing, nearer until the two come apart
    url = f"{SHOWN}&view={CROSSING[0]},{CROSSING[1]},11"
    for _ in range(5):
        body = client.get(url).content.decode()
        url = moves(body)["in"]
    assert [said.split()[-1] for said in marks(client.get(url).content.decode()).values()] == ["5", "5"]
    aside = moves(client.get(url).content.decode())["west"]
    assert aside != url and client.get(aside).status_code == 200
    assert "in" not in moves(client.get(f"{SHOWN}&view=0.1,0.1,16").content.decode())
    inside = client.get("/desk/map/?in=r.qingshi&show=places").content.decode()
    assert '<b aria-current="true">Qingshi (invented)</b>' in inside and len(marks(inside)) >= 1


# one matter, small


def mark_count(body: str) -> int:
    return body.count('class="m-m')


def test_no_staff_page_shows_an_exact_home_and_the_matter_page_a_public_place(
    county: Any, staff: Callable[..., Any]
) -> None:
    (home,), (road,) = bring(HOMES, HOME), bring(ROADS, BRIDGE)
    for who in ("housing", "housing_head", "supervisor", "auditor"):
        client = staff(who)
        shown = client.get(f"/desk/matters/{home.number}/")
        assert shown.status_code == 200, who
        body = shown.content.decode()
        assert 'class="map m-plain m-small"' in body and mark_count(body) == 0, who
        assert "it could be a home" in body
        pages = ["/desk/", "/desk/matters/", "/desk/map/", f"/desk/matters/{home.number}/alike/", SHOWN]
        pages += [f"/desk/search/?q={home.number}", "/desk/figures/?scope=all", f"/desk/matters/{home.number}/receipt/"]
        for url in (f"/desk/matters/{home.number}/", *pages):
            body = client.get(url).content.decode()
            for canary in ("0.1601", "0.2904", "0.160", "0.290"):
                assert canary not in body, (who, url)
        body = client.get(f"/desk/matters/{road.number}/").content.decode()
        assert mark_count(body) == 1 and "it could be a home" not in body
        assert "The place that was given, in Qingshi (invented)" in body


def test_a_resident_sees_the_place_they_gave_and_a_stranger_nothing(county: Any, signed_in: Any) -> None:
    from django.conf import settings
    from django.test import Client

    from huajie.apps.matters.numbers import secret_of

    (home,) = bring(HOMES, HOME)
    url = f"/matters/{home.number}/"
    own, stranger = Client(headers={"accept-language": "en"}), Client(headers={"accept-language": "en"})
    secret = secret_of(settings.HUAJIE_KEYS["number"], home.stream)
    own.post("/follow/", {"number": home.number, "secret": secret})
    body = own.get(url).content.decode()
    assert mark_count(body) == 1 and "The point is what you gave" in body
    for client, page in (
        (stranger, url),
        (stranger, "/map/"),
        (stranger, "/figures/"),
        (own, "/map/"),
        (stranger, "/"),
    ):
        body = client.get(page).content.decode()
        assert mark_count(body) == 0 and "0.160" not in body and "0.290" not in body, page


def test_a_place_far_off_its_region_is_left_out(county: Any, staff: Callable[..., Any]) -> None:
    (far,) = bring(ROADS, (116.4, 39.9))
    assert mark_count(staff("housing_head").get(f"/desk/matters/{far.number}/").content.decode()) == 0


# what lies below


def images(body: str) -> list[str]:
    return [unescape(url) for url in re.findall(r'<image class="m-tile" href="([^"]*)"', body)]


def test_no_picture_and_no_other_origin_where_nothing_is_set(county: Any, staff: Callable[..., Any]) -> None:
    (road,) = bring(ROADS, BRIDGE)
    for url in (SHOWN, "/desk/map/", f"/desk/matters/{road.number}/"):
        response = staff("housing").get(url)
        assert not images(response.content.decode()) and "img-src" not in response["Content-Security-Policy"]
    assert staff("housing").get("/desk/tiles/0/0/0/").status_code == 404


def test_of_a_tile_server_only_pictures_and_only_for_maps_of_the_desk(
    county: Any, staff: Callable[..., Any], settings: Any
) -> None:
    from django.test import Client

    from huajie.config.maps import MapSettings

    server = "https://tiles.example.gov.cn"
    settings.HUAJIE_MAP = MapSettings(f"{server}/{{z}}/{{x}}/{{y}}.png", server, attribution="Surveyor <of> land")
    (road,) = bring(ROADS, BRIDGE)
    client = staff("housing")
    for url in (SHOWN, "/desk/map/", f"/desk/matters/{road.number}/", f"{SHOWN}&view=0.15,0.3,12"):
        response = client.get(url)
        body, policy = response.content.decode(), response["Content-Security-Policy"]
        drawn = images(body)
        assert 0 < len(drawn) <= 80 and len(set(drawn)) == len(drawn)
        assert all(re.fullmatch(rf"{server}/\d+/\d+/\d+\.png", one) for one in drawn)
        assert f"img-src 'self' {server}" in policy and "script-src 'self'" in policy
        assert policy.replace(f"img-src 'self' {server}", "").count("http") == 0
        assert "Surveyor &lt;of&gt; land" in body
    for other in (client.get("/desk/"), client.get("/desk/figures/"), Client().get("/map/")):
        assert server not in other["Content-Security-Policy"] and server not in other.content.decode()


def test_pictures_cover_the_drawing_where_the_land_is(county: Any, staff: Callable[..., Any], settings: Any) -> None:
    """A tile's corner by the formula that every map uses lies where the drawing puts it."""
    from math import asinh, degrees, pi, radians, tan

    from huajie.config.maps import MapSettings

    settings.HUAJIE_MAP = MapSettings("https://t.example/{z}/{x}/{y}", "https://t.example", attribution="x")
    body = staff("housing").get(f"{SHOWN}&view=116.4,39.9,10").content.decode()
    width = 360 / 2**10
    scale = (640 - 12) / width
    found = re.findall(r'href="https://t.example/(\d+)/(\d+)/(\d+)" x="([-.\d]+)" y="([-.\d]+)" width="([.\d]+)"', body)
    assert found
    zoom = int(found[0][0])
    # the middle of the view lies in exactly one of them, the one that the formula names
    column = int((116.4 + 180) / 360 * 2**zoom)
    row = int((1 - asinh(tan(radians(39.9))) / pi) / 2 * 2**zoom)
    (x, y, size) = next(
        (float(x), float(y), float(size)) for _z, c, r, x, y, size in found if (int(c), int(r)) == (column, row)
    )
    middle_x, middle_y = 320, 6 + width * 3 / 8 * scale
    assert x <= middle_x < x + size and y <= middle_y < y + size
    share = (degrees(asinh(tan(radians(39.9)))) + 180) / 360 * 2**zoom
    assert abs((y + size - middle_y) / size - (share - int(share))) < 0.01
    assert 128 <= size <= 256
    # and none is missing
    columns, rows = {int(one[1]) for one in found}, {int(one[2]) for one in found}
    assert len(found) == len(columns) * len(rows)
    assert min(float(one[3]) for one in found) <= 0 and max(float(one[3]) + float(one[5]) for one in found) >= 640


def test_pictures_of_a_file_are_handed_out_to_staff(
    county: Any, staff: Callable[..., Any], settings: Any, tmp_path: Any
) -> None:
    from django.test import Client
    from tests.config.test_map_settings import read, tile_file

    settings.HUAJIE_MAP = read(str(tile_file(tmp_path / "land.pmtiles")))
    client = staff("housing")
    response = client.get(SHOWN)
    assert "img-src" not in response["Content-Security-Policy"]
    drawn = images(response.content.decode())
    assert drawn and all(one.startswith("/desk/tiles/1/") for one in drawn)
    for url in drawn:
        picture = client.get(url)
        z, x, y = url.split("/")[3:6]
        assert picture.content == f"picture {z} {x} {y}".encode()
        assert picture["Content-Type"] == "image/png" and picture["X-Content-Type-Options"] == "nosniff"
    for wrong in ("2/0/0", "1/2/0", "99/0/0", f"1/0/{10**30}"):
        assert client.get(f"/desk/tiles/{wrong}/").status_code == 404
    assert Client().get(drawn[0]).status_code in (302, 403)
