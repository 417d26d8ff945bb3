"""
Who may see and do what, written by hand (`access_matrix.csv`, `access_places.csv`) and asked through the API.

`yes` and `no` in a row of texts: the matter is seen, with or without its texts. Columns are the matters of
tests/support/county.py: `concerning` is about the labour bureau, `offered` waits for its answer, `unplaced` waits in
the queue of the petition office, `withdrawn` has ended.
"""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.edges.api.client import Client
from tests.support.county import PEOPLE

from huajie.core.access import RELATION_NAMES

pytestmark = pytest.mark.accept("K10")

HERE = Path(__file__).parent
Cell = tuple[str, str, str, str]


def matrix() -> list[Cell]:
    """Return (route, who, matter, expected)."""
    with (HERE / "access_matrix.csv").open(encoding="utf-8", newline="") as file:
        return [
            (row["route"], row["who"], name, value)
            for row in csv.DictReader(file)
            for name, value in row.items()
            if name not in ("route", "who")
        ]


def places() -> list[Cell]:
    """Return (route, who, "", expected) of the routes that are about no matter."""
    with (HERE / "access_places.csv").open(encoding="utf-8", newline="") as file:
        return [
            (name, row["who"], "", value)
            for row in csv.DictReader(file)
            for name, value in row.items()
            if name != "who"
        ]


def answer(api: Client, route: str, who: str, name: str) -> str:
    """Return what the API answers, in the words of the tables."""
    from huajie.apps.matters import loading

    signed = {} if who == "nobody" else {"who": who}
    if route == "queue":
        return str(api.get("/queue", **signed)[0])
    if route == "simulate":
        body = {"pack": "en.complaint", "topic": "t.wages", "region": "r.qingshi"}
        return str(api.post("/routing/simulate", body, **signed)[0])
    if route == "changes":
        return str(api.post("/jurisdiction/changes", {"changes": []}, **signed)[0])
    known = api.county.matters[name]
    if route == "see":
        found = {api.get(f"/matters/{known.number}{rest}", **signed)[0] for rest in ("", "/entries", "/acts")}
        assert len(found) == 1, (who, name, found)
        return str(found.pop())
    if route == "texts":
        status, matter = api.get(f"/matters/{known.number}", **signed)
        if status != 200:
            return str(status)
        texts = [entry["texts"] for entry in matter["entries"]]
        read = any(texts)
        assert read == matter["may_read_texts"] == bool(matter["title"]) == all(one is not None for one in texts)
        return "yes" if read else "no"
    if route == "explanation":
        return str(api.get(f"/matters/{known.number}/clocks/acknowledgement/explanation", **signed)[0])
    tip = loading.load(known.stream, using="default")
    assert tip is not None
    if route == "act":
        body = {"seen": tip.n, "texts": {"note_text": "看过了。"}}
        return str(api.post(f"/matters/{known.number}/acts/add_note", body, **signed)[0])
    secret: dict[str, Any] = {}
    if who != "nobody":
        secret = {"secret": name if who == "own secret" else "planned"}
    if route == "resident":
        return str(api.get(f"/public/matters/{known.number}", **secret)[0])
    assert route == "resident act"
    body = {"seen": tip.n, "texts": {"message": "补充一句。"}}
    return str(api.post(f"/public/matters/{known.number}/acts/write_to_us", body, **secret)[0])


def differences(api: Client, cells: list[Cell]) -> Iterator[str]:
    for route, who, name, expected in cells:
        found = answer(api, route, who, name)
        if found != expected:
            yield f"{route} {name} by {who}: {found}, expected {expected}"


def test_the_api_answers_as_the_tables_say(api: Client) -> None:
    assert {who for _, who, _, _ in places()} == {*PEOPLE, "nobody"}
    assert {who for route, who, _, _ in matrix() if route == "see"} == {*PEOPLE, "nobody"}
    assert not list(differences(api, [*places(), *matrix()]))


def test_forcing_any_one_relation_to_true_is_seen(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake in any relation would let somebody in whom the tables keep out."""
    from huajie.core.jurisdiction import ROLES

    module = sys.modules["huajie.core.access.relations"]
    few = ("admin", "archivist", "labour", "housing_colleague", "gov_clerk", "pool_verifier")
    cells = [cell for cell in [*places(), *matrix()] if cell[0] in ("see", "act", "queue", "simulate", "changes")]
    cells = [cell for cell in cells if cell[1] in few and cell[2] in ("", "ordinary", "sealed", "minor", "concerning")]
    unseen = set()
    for name in RELATION_NAMES:
        holds = tuple((one, (lambda actor, view: True) if one == name else test) for one, test in module._HOLDS)
        roles = (*module._ROLES, *((name, role) for role in ROLES))
        with monkeypatch.context() as patch:
            patch.setattr(module, "_HOLDS", holds)
            patch.setattr(module, "_ROLES", roles)
            if next(differences(api, cells), None) is None:
                unseen.add(name)
        # what was done meanwhile must not be what the next relation is blamed for
        assert not list(differences(api, cells)), name
    assert not unseen


def test_denials_are_asked_first(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without them the bureau that a matter is about would still be kept out only by chance."""
    module = sys.modules["huajie.core.access.relations"]
    known = api.county.matters["concerning"].number
    monkeypatch.setattr(module, "_HOLDS", tuple((name, lambda actor, view: True) for name, _ in module._HOLDS))
    assert api.get(f"/matters/{known}", who="labour")[0] == 404
    monkeypatch.setattr(module, "denial", lambda actor, view: None)
    assert api.get(f"/matters/{known}", who="labour")[0] == 200


@pytest.mark.parametrize("later", [False, True])
def test_a_matter_is_in_the_list_exactly_when_it_opens(api: Client, later: bool) -> None:
    if later:
        # and after hands have changed: taken over, helped with, stepped aside from
        note = {"texts": {"note_text": "接办。"}}
        api.county.act("offered", "labour", "accept_transfer", target="transfer#1", **note)
        api.county.act(
            "ordinary", "housing", "add_support", inputs={"support_unit": "u.labour"}, texts={"reason": "请协助。"}
        )
        api.county.act("planned", "housing_head", "recuse", texts={"reason": "亲属住在这栋楼。"})
    for who in PEOPLE:
        _, page = api.get("/matters?open=any&limit=200", who=who)
        listed = {row["number"] for row in page["rows"]}
        opened = {
            known.number
            for known in api.county.matters.values()
            if api.get(f"/matters/{known.number}", who=who)[0] == 200
        }
        assert listed == opened, who
        _, found = api.get("/search?q=楼道灯&limit=200", who=who)
        hits = {hit["row"]["number"] for hit in found["hits"]}
        ordinary = {known.number for name, known in api.county.matters.items() if name not in ("sealed", "minor")}
        assert hits == opened & ordinary, who
