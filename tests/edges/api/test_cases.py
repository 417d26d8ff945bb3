"""Hard cases and common problems through the API; and that no route lets a handler withdraw a matter (P7)."""

from typing import Any

import pytest
from tests.edges.api.client import Client
from tests.support.county import PEOPLE

PAPER = {"withdrawal_paper": "扫描件", "note_text": "核对了签名。"}
#: Everybody who works on the housing bureau's complaint, brought it in, or runs the machine.
HANDLERS = (
    "housing",
    "housing_head",
    "housing_colleague",
    "intake",
    "dispatcher",
    "admin",
    "dpo",
    "auditor",
    "archivist",
)


@pytest.mark.accept("P7")
@pytest.mark.parametrize("act", ["withdraw", "record_withdrawal"])
def test_no_handler_withdraws_by_any_address(api: Client, act: str) -> None:
    for name in ("ordinary", "planned", "offered", "unplaced"):
        number = api.county.matters[name].number
        before = api.get(f"/public/matters/{number}", secret=name)[1]
        for who in PEOPLE:
            if who not in HANDLERS:
                continue
            body: dict[str, Any] = {"seen": before["n"], "texts": PAPER if act == "record_withdrawal" else {}}
            for path in (f"/matters/{number}/acts/{act}", f"/public/matters/{number}/acts/{act}"):
                for more in ({}, {"for_parts": True}):
                    status, _ = api.post(path, {**body, **more}, who=who)
                    assert status in (401, 403, 404, 422), (name, who, path, status)
        after = api.get(f"/public/matters/{number}", secret=name)[1]
        assert (after["open"], after["n"], after["outcome"]) == (before["open"], before["n"], before["outcome"])


@pytest.mark.accept("P7")
def test_the_resident_withdraws_with_the_secret_and_takes_it_back_without_a_reason(api: Client) -> None:
    number = api.county.matters["planned"].number
    seen = api.get(f"/public/matters/{number}", secret="planned")[1]["n"]
    assert api.post(f"/public/matters/{number}/acts/withdraw", {"seen": seen}, secret="ordinary")[0] == 404
    status, _ = api.post(f"/public/matters/{number}/acts/withdraw", {"seen": seen}, secret="planned")
    assert status == 200
    found = api.get(f"/public/matters/{number}", secret="planned")[1]
    assert (found["open"], found["outcome"]["value"], found["fulfilment"]) == (False, "withdrawn-by-person", None)
    assert api.post(f"/matters/{number}/acts/undo_withdrawal", {"seen": found["n"]}, who="housing")[0] in (
        403,
        404,
        422,
    )
    status, _ = api.post(f"/public/matters/{number}/acts/undo_withdrawal", {"seen": found["n"]}, secret="planned")
    assert status == 200
    again = api.get(f"/public/matters/{number}", secret="planned")[1]
    assert again["open"] and again["outcome"] is None and again["reopenings"] == 1


def petition(api: Client, words: str = "井盖破了，夜里很危险，请换新的。") -> tuple[str, str]:
    """Return number and secret of a petition about wages, which the labour bureau answers for."""
    body = {
        "pack": "cn.petition.request",
        "topic": "t.wages",
        "region": "r.qingshi",
        "texts": {"title": words[:6], "text": words, "wish": "换新的。"},
    }
    status, found = api.post("/public/matters", body, Idempotency_Key=f"k{hash(words)}")
    assert status == 201, found
    return found["number"], found["secret"]


def staff(api: Client, number: str, act: str, who: str, **more: Any) -> tuple[int, Any]:
    seen = api.get(f"/matters/{number}", who="supervisor")[1]["n"]
    return api.post(f"/matters/{number}/acts/{act}", {"seen": seen, **more}, who=who)


def test_a_problem_is_found_asked_about_confirmed_and_answered_once(api: Client) -> None:
    leader, _ = petition(api)
    part, secret = petition(api, "路口的井盖破了三个月，夜里很危险。")
    status, found = api.get(f"/matters/{part}/alike", who="labour")
    assert status == 200 and [one["row"]["number"] for one in found["alike"]] == [leader]
    assert set(found["alike"][0]) == {"row", "metres", "words", "days"}
    assert api.get(f"/matters/{part}/alike", who="housing")[0] == 404
    asked = {"facts": {"problem_ref": leader}, "texts": {"message": "和另一件是同一处吗？"}}
    assert staff(api, part, "propose_part", "labour", **asked)[0] == 200
    assert api.get(f"/matters/{leader}", who="labour")[1]["together"]["parts"] == []
    headers = {"Authorization": f"Bearer {secret}"}
    seen = api.get(f"/public/matters/{part}", **headers)[1]["n"]
    assert api.post(f"/public/matters/{part}/acts/confirm_part", {"seen": seen}, **headers)[0] == 200
    theirs = api.get(f"/public/matters/{part}", **headers)[1]
    assert (theirs["is_part"], theirs["reports"], theirs["sponsor"]) == (True, None, None), (
        "two reports are too few to tell"
    )
    together = api.get(f"/matters/{leader}", who="labour")[1]["together"]
    assert together == {"is_part": False, "leader": None, "parts": [part], "reports": 2}
    status, left = staff(
        api, leader, "share_answer", "labour", texts={"answer_text": "六月十日前换好。"}, for_parts=True
    )
    assert status == 200, left
    assert left["also"] == {"done": [part], "refused": [], "others": 0}
    said = api.get(f"/public/matters/{part}", **headers)[1]
    assert "六月十日前换好。" in {one["text"] for one in said["texts"]}
    clocks = api.get(f"/matters/{leader}", who="labour")[1]["clocks"]
    assert {clock["whose"]["code"] for clock in clocks if clock["clock"] == "registration"} == {"u.labour"}
    given = {"facts": {"support_unit": "u.housing", "task_days": 5}, "texts": {"task_text": "提供竣工图。"}}
    status, left = staff(api, leader, "give_task", "labour", **given)
    assert status == 200, left
    (task,) = [clock for clock in left["clocks"] if clock["clock"] == "task"]
    assert (task["holder"], task["whose"]["code"]) == ("asked", "u.housing"), "their date, and their delay"
    status, refused = staff(api, leader, "add_note", "labour", texts={"note_text": "记。"}, for_parts=True)
    assert status in (404, 422), refused


def test_a_matter_says_what_the_file_of_a_sponsored_case_lacks(api: Client) -> None:
    number, secret = petition(api, "拖欠三个月工资没有发。")
    assert api.get(f"/matters/{number}", who="labour")[1]["dossiers"][0]["name"] == "closing"
    status, refused = staff(
        api,
        number,
        "propose_sponsor",
        "labour_head",
        facts={"sponsor_seat": "s.gov.head"},
        texts={"reason": "涉及面广。"},
    )
    assert status == 422 and "sponsor" in str(refused), "the mayor's seat has not that role"
    found = api.get(f"/public/matters/{number}", Authorization=f"Bearer {secret}")[1]
    assert found["sponsor"] is None
