"""Boundaries from a file: every fault by its region, how the map would look, and after confirming exactly that."""

import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.edges.public.test_figures import box

URL = "/desk/offices/boundaries/"


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Any:
    from huajie.apps.jurisdiction.queries import forget

    forget()
    yield
    forget()


def collection(*features: tuple[str, Any], **more: Any) -> bytes:
    found = [{"type": "Feature", "properties": {"region": code}, "geometry": shape} for code, shape in features]
    return json.dumps({"type": "FeatureCollection", "features": found, **more}).encode()


def look(client: Any, data: bytes) -> Any:
    file = io.BytesIO(data)
    file.name = "界线.geojson"
    return client.post(URL, {"boundaries": file})


def hidden(response: Any) -> dict[str, str]:
    return dict(re.findall(r'name="(kept|review)" value="([^"]+)"', response.content.decode()))


def boundaries() -> dict[str, tuple[int, Any]]:
    from huajie.apps.jurisdiction.models import Boundary

    return {row.region: (row.version, json.loads(row.geometry)) for row in Boundary.objects.all()}


def test_only_an_administrator_brings_any(county: Any, staff: Callable[..., Any]) -> None:
    data = collection(("r.qingshi", box(0.1, 0.2)))
    for who in ("housing", "housing_head", "supervisor", "mayor", "auditor"):
        assert staff(who).get(URL).status_code in (403, 404), who
        assert look(staff(who), data).status_code in (403, 404), who
    assert boundaries() == {}
    assert URL in staff("admin").get("/desk/offices/").content.decode()
    assert URL not in staff("housing").get("/desk/offices/").content.decode()


def test_what_was_shown_is_done_and_nothing_before(county: Any, staff: Callable[..., Any]) -> None:
    admin = staff("admin")
    shown = look(admin, collection(("r.qingshi", box(0.1, 0.2))))
    body = shown.content.decode()
    assert shown.status_code == 200 and boundaries() == {}
    # the drawing has the region, marked, and the table says the same
    assert 'm-chosen" role="img" aria-label="Qingshi (invented)"' in body and "<td>new</td>" in body
    done = admin.post(URL, hidden(shown))
    assert done.status_code == 200 and "One boundary taken in" in done.content.decode()
    assert boundaries() == {"r.qingshi": (1, box(0.1, 0.2))}
    # the same file again does nothing and offers nothing
    again = look(admin, collection(("r.qingshi", box(0.1, 0.2))))
    assert "stays as it is" in again.content.decode() and not hidden(again)
    # another one: the old one is kept
    other = look(admin, collection(("r.qingshi", box(0.1, 0.25))))
    assert "changes" in other.content.decode()
    admin.post(URL, hidden(other))
    assert boundaries() == {"r.qingshi": (2, box(0.1, 0.25))}


def test_every_fault_is_named_at_once_and_nothing_is_written(county: Any, staff: Callable[..., Any]) -> None:
    bow = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
    far = {"type": "Polygon", "coordinates": [[[200, 0], [201, 0], [201, 1], [200, 0]]]}
    shown = look(
        staff("admin"),
        collection(
            ("r.nowhere", box(0.1, 0.2)),
            ("r.qingshi", bow),
            ("r.yunxi", {"type": "Point", "coordinates": [0, 0]}),
            ("r.else", far),
        ),
    )
    body = shown.content.decode()
    assert shown.status_code == 422 and not hidden(shown) and boundaries() == {}
    for words in ("There is no region of this code", "cross or touch themselves", "no Polygon and no MultiPolygon"):
        assert words in body
    for code in ("r.nowhere", "r.qingshi", "r.yunxi", "r.else"):
        assert f'<span class="id">{code}</span>' in body


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"{", "no GeoJSON FeatureCollection"),
        (b"[" * 5000, "no GeoJSON FeatureCollection"),
        (b'{"type": "FeatureCollection", "features": []}', "There is no feature in it"),
        (b"\xff\xfe\x00", "The file was not taken"),
        (collection(("r.qingshi", box(0.1, 0.2)), ("r.qingshi", box(0.1, 0.2))), "stands in the file twice"),
        (
            collection(("r.qingshi", box(0.1, 0.2)), crs={"properties": {"name": "EPSG:4490"}}),
            "have to be WGS 84, longitude first (CRS84), not EPSG:4490",
        ),
        (collection(("", box(0.1, 0.2))), "names no region"),
    ],
)
def test_what_is_no_such_file_is_said(county: Any, staff: Callable[..., Any], data: bytes, words: str) -> None:
    shown = look(staff("admin"), data)
    assert shown.status_code == 422 and words in shown.content.decode() and boundaries() == {}


def test_what_changed_since_the_look_refuses_and_is_shown(county: Any, staff: Callable[..., Any]) -> None:
    from huajie.apps.jurisdiction.boundaries import Given, set_boundaries
    from huajie.core.access import SYSTEM

    admin = staff("admin")
    shown = hidden(look(admin, collection(("r.qingshi", box(0.1, 0.2)))))
    set_boundaries({"r.qingshi": Given(box(0.1, 0.3))}, actor=SYSTEM, now=datetime.now(UTC))
    refused = admin.post(URL, shown)
    assert refused.status_code == 409 and "have changed since you looked" in refused.content.decode()
    assert boundaries() == {"r.qingshi": (1, box(0.1, 0.3))}
    # a review of one file does not pass for another, nor without its signature
    other = hidden(look(admin, collection(("r.qingshi", box(0.1, 0.4)))))
    assert admin.post(URL, {**other, "review": shown["review"]}).status_code == 409
    assert admin.post(URL, {**other, "review": "x"}).status_code == 409
    assert boundaries() == {"r.qingshi": (1, box(0.1, 0.3))}
    assert admin.post(URL, hidden(refused)).status_code == 200
    assert boundaries() == {"r.qingshi": (2, box(0.1, 0.2))}
