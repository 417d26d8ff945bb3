"""Boundaries: read whole or not at all, versioned, drawn once so that neighbours still meet."""

import json
from datetime import timedelta
from typing import Any

import pytest
from tests.support.small_county import NOW

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=1)


def box(west: float, south: float, east: float, north: float, bend: int = 0) -> dict[str, Any]:
    """Return a box; its eastern side has so many small bends."""
    side = [[east + (0.00001 if n % 2 else 0), south + (north - south) * n / (bend + 1)] for n in range(1, bend + 1)]
    ring = [[west, south], [east, south], *side, [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def collection(*features: tuple[str, dict[str, Any], dict[str, Any]]) -> dict[str, Any]:
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {"region": code, **said}, "geometry": geometry}
            for code, geometry, said in features
        ],
    }


@pytest.fixture
def founded() -> Any:
    from tests.support.standing_county import found

    from huajie.apps.jurisdiction import queries

    queries.forget()
    yield found()
    queries.forget()


def take_in(document: dict[str, Any], now: Any = NOW) -> tuple[str, ...]:
    from huajie.apps.jurisdiction.boundaries import read_collection, set_boundaries
    from huajie.core.access import SYSTEM

    return set_boundaries(read_collection(document), actor=SYSTEM, now=now)


def test_neighbours_still_meet_when_they_are_drawn(founded: Any) -> None:
    from shapely.geometry import Polygon

    from huajie.apps.jurisdiction.queries import outlines

    west = box(110, 30, 110.5, 31, bend=400)
    # the eastern neighbour has the same bent side
    side = [point for point in west["coordinates"][0] if point[0] >= 110.5]
    ring = [[111, 30], [111, 31], *reversed(side), [111, 30]]
    east = {"type": "Polygon", "coordinates": [ring]}
    warnings = take_in(
        collection(
            ("r.yunxi", box(110, 30, 111, 31), {}),
            ("r.qingshi", west, {"population": 31_000, "population_source": "Census 2020"}),
            ("r.liutan", east, {}),
        )
    )
    assert warnings == ()
    drawn = outlines()
    first, second = (Polygon(drawn[code].rings[0]) for code in ("r.qingshi", "r.liutan"))
    assert len(drawn["r.qingshi"].rings[0]) < 20
    assert first.intersection(second).area == pytest.approx(0, abs=1e-9)
    assert first.union(second).area == pytest.approx(1, abs=1e-4)
    assert (drawn["r.qingshi"].population, drawn["r.qingshi"].source) == (31_000, "Census 2020")
    assert drawn["r.liutan"].population is None
    for code in ("r.qingshi", "r.liutan"):
        x, y = drawn[code].label
        assert 110 < x < 111 and 30 < y < 31


def test_what_is_replaced_is_kept_and_its_population_stays(founded: Any) -> None:
    from huajie.apps.jurisdiction.models import Boundary, PastBoundary
    from huajie.apps.jurisdiction.queries import outlines

    take_in(collection(("r.qingshi", box(110, 30, 111, 31), {"population": 9})))
    take_in(collection(("r.qingshi", box(110, 30, 112, 31), {})), LATER)
    row = Boundary.objects.get()
    assert (row.version, row.changed_at, row.population) == (2, LATER, 9)
    past = PastBoundary.objects.get()
    assert (past.version, past.changed_at, past.replaced_at) == (1, NOW, LATER)
    assert json.loads(past.geometry) == box(110, 30, 111, 31)
    assert max(x for x, _ in outlines()["r.qingshi"].rings[0]) == 112


def test_what_lies_outside_the_region_around_is_said(founded: Any) -> None:
    take_in(collection(("r.yunxi", box(110, 30, 111, 31), {})))
    assert take_in(collection(("r.qingshi", box(110, 30, 111.005, 31), {})), LATER) == ()
    said = take_in(collection(("r.qingshi", box(110, 30, 111.5, 31), {})), LATER)
    assert said == ("r.qingshi: part of it lies outside r.yunxi",)
    # the other way round too: the county shrinks around a township that nobody touched
    assert take_in(collection(("r.yunxi", box(110, 30, 110.5, 31), {})), LATER) == said


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"type": "Feature"}, "FeatureCollection"),
        (collection(), "no feature"),
        ({**collection(("r.qingshi", box(1, 1, 2, 2), {})), "crs": {"properties": {"name": "EPSG:4490"}}}, "crs"),
        (collection(("r.qingshi", box(1, 1, 2, 2), {}), ("r.qingshi", box(1, 1, 2, 2), {})), "twice"),
        (collection(("", box(1, 1, 2, 2), {})), "no id"),
        (collection(("r.qingshi", box(1, 1, 2, 2), {"population": "many"})), "population"),
        (collection(("r.nowhere", box(1, 1, 2, 2), {})), "there is no r.nowhere"),
        (collection(("r.qingshi", box(200, 1, 202, 2), {})), "longitude"),
        (collection(("r.qingshi", box(1, 1, 2, 2, bend=60_000), {})), "corners"),
        (collection(("r.qingshi", {"type": "Polygon", "coordinates": []}, {})), "nothing"),
        (
            collection(
                ("r.liutan", box(1, 1, 2, 2), {}),
                ("r.qingshi", {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 1], [1, 0], [0, 0]]]}, {}),
            ),
            "cross",
        ),
    ],
)
def test_one_that_is_wrong_refuses_them_all(founded: Any, document: dict[str, Any], message: str) -> None:
    from huajie.apps.jurisdiction.boundaries import BadBoundaries
    from huajie.apps.jurisdiction.models import Boundary

    with pytest.raises(BadBoundaries, match=message):
        take_in(document)
    assert not Boundary.objects.exists()


def test_a_boundary_from_before_outlines_is_drawn_all_the_same(founded: Any) -> None:
    from huajie.apps.jurisdiction.models import Boundary
    from huajie.apps.jurisdiction.queries import outlines

    Boundary.objects.create(region="r.qingshi", geometry=json.dumps(box(110, 30, 111, 31)), changed_at=NOW)
    drawn = outlines()["r.qingshi"]
    assert len(drawn.rings[0]) == 5 and drawn.label == (110.5, 30.5)


def test_the_command_takes_a_file_in(founded: Any, tmp_path: Any, capsys: Any, monkeypatch: Any) -> None:
    from huajie.apps.jurisdiction.models import Boundary
    from huajie.edges.cli import main, regions

    monkeypatch.setattr(main, "set_up", lambda needs: None)
    file = tmp_path / "regions.geojson"
    file.write_text(json.dumps(collection(("r.qingshi", box(110, 30, 111, 31), {}))))
    assert regions.import_geometry([str(file)]) == 0
    assert "1 boundaries taken in" in capsys.readouterr().out
    file.write_text(json.dumps(collection(("r.nowhere", box(110, 30, 111, 31), {}))))
    assert regions.import_geometry([str(file)]) == 1
    assert "nothing was taken in" in capsys.readouterr().err
    file.write_text("{")
    assert regions.import_geometry([str(file)]) == 2
    assert Boundary.objects.count() == 1
