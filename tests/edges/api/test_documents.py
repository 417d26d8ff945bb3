"""A matter's documents by program: every version for whoever works on it, what was given out for its resident."""

from typing import Any

import pytest
from tests.edges.api.client import Client
from tests.support.petition import accepted

pytestmark = pytest.mark.accept("K9")

OPINION: dict[str, Any] = {
    "inputs": {"weight": "ordinary", "opinion": "resolved-as-asked", "fulfilment_days": 15},
    "texts": {
        "request_text": "一、更换楼道灯。",
        "findings": "三号楼二单元楼道灯损坏属实。",
        "law": "《信访工作条例》第三十二条。",
        "opinion_text": "十五日内更换。",
        "how_to_review": "向县政府书面提出。",
    },
}


def listed(api: Client, who: str) -> list[dict[str, Any]]:
    number = api.county.matters["petition"].number
    if who == "resident":
        status, found = api.get(f"/public/matters/{number}/documents", secret="petition")
    else:
        status, found = api.get(f"/matters/{number}/documents", who=who)
    assert status == 200, found
    documents: list[dict[str, Any]] = found["documents"]
    return documents


def test_an_officer_sees_every_version_and_the_resident_what_was_given_out(api: Client) -> None:
    county = accepted(api.county)
    notices = listed(api, "resident")
    assert [(one["kind"]["code"], one["state"]["code"], one["version"]) for one in notices] == [
        ("acceptance", "issued", 1),
        ("notice", "issued", 1),
    ]
    assert "已受理。" in notices[0]["text"] and notices[0]["issued_at"] is not None and notices[0]["served"] is None
    county.act("petition", "housing", "draft_opinion", **OPINION)
    assert listed(api, "resident") == notices, "a draft is nobody's outside"
    newest = listed(api, "housing")[0]
    assert (newest["key"], newest["state"]["code"], newest["signatures"], newest["newest"]) == (
        "opinion#1",
        "draft",
        0,
        True,
    )
    assert "十五日内更换。" in newest["text"] and newest["issued_at"] is None and newest["scan"] == []
    # words changed: a new version, and the old one says that it is none any more
    again = {**OPINION, "texts": {**OPINION["texts"], "opinion_text": "十日内更换。"}}
    county.act("petition", "housing", "draft_opinion", **again)
    found = {one["key"]: one for one in listed(api, "housing")}
    assert (found["opinion#1"]["state"]["code"], found["opinion#1"]["newest"]) == ("replaced", False)
    assert "十日内更换。" in found["opinion#2"]["text"]


def test_whoever_may_not_see_the_matter_finds_nothing(api: Client) -> None:
    accepted(api.county)
    number = api.county.matters["petition"].number
    assert api.get(f"/matters/{number}/documents", who="labour")[0] == 404
    assert api.get(f"/public/matters/{number}/documents")[0] == 401
    assert api.get(f"/public/matters/{number}/documents", secret="ordinary")[0] == 404


def test_of_a_minors_file_no_words_come_by_program(api: Client) -> None:
    number = api.county.matters["minor"].number
    assert api.get(f"/matters/{number}/documents", who="housing_head")[1]["documents"] == []
