"""My day by what hurts: what is late, what was sent back, what waits for others; a step without a form is one press."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any


def group(body: str, name: str) -> str:
    """Return one group of the day; empty where it has none."""
    found = re.search(rf'<section class="group" id="{name}".*?</section>', body, re.S)
    return found.group(0) if found else ""


def shown(county: Any, name: str) -> str:
    from huajie.apps.matters.numbers import shown

    return shown(county.matters[name].number)


def test_each_group_holds_what_belongs_there_and_empty_ones_are_gone(county: Any, staff: Callable[..., Any]) -> None:
    body = staff("housing").get("/desk/").content.decode()
    assert shown(county, "ordinary") in body
    # offered to labour: until they answer our own date goes on, so it is not "later"
    for name in ("late", "back", "asked"):
        assert group(body, name) == "", name
    asked = group(staff("labour").get("/desk/").content.decode(), "asked")
    assert shown(county, "offered") in asked and f"/desk/matters/{shown(county, 'offered')}/decide/" in asked
    # the number in the heading opens the list
    assert "waits=us" in asked


def test_what_was_sent_back_stands_in_its_own_group(county: Any, staff: Callable[..., Any]) -> None:
    from huajie.apps.procedure.registry import packs
    from huajie.edges.pages.roads import sends_back

    # no clock of a first round is one that only begins when somebody sends a matter back
    pack = packs()["en.complaint"]
    assert not {"acknowledgement", "reply"} & sends_back(pack)
    county.act("planned", "resident", "withdraw", at=county.founded_at + timedelta(hours=4))
    county.act("planned", "resident", "undo_withdrawal", at=county.founded_at + timedelta(hours=5))
    body = staff("housing").get("/desk/").content.decode()
    back = group(body, "back")
    assert shown(county, "planned") in back and shown(county, "ordinary") not in back


def test_a_step_without_a_form_is_done_from_its_line(county: Any, staff: Callable[..., Any]) -> None:
    county.bring_in("lamp", "t.housing", pack="open311")
    client = staff("housing")
    body = client.get("/desk/").content.decode()
    number = shown(county, "lamp")
    form = re.search(rf'<form method="post" action="(/desk/matters/{number}/acts/\w+/)">(.*?)</form>', body)
    assert form is not None
    given = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form.group(2)))
    answer = client.post(form.group(1), given)
    assert answer.status_code == 302 and "?done=" in answer["Location"]
    # the same press again does nothing more
    again = client.post(form.group(1), given)
    assert again.status_code == 302 and again["Location"] == answer["Location"]


def test_a_leader_s_day_has_what_waits_for_approval_and_nobody_else_s_has(
    county: Any, staff: Callable[..., Any]
) -> None:
    county.act("planned", "housing", "ask_extension", inputs={"extension_days": 8}, texts={"reason": "配件未到。"})
    number = shown(county, "planned")
    for page in ("/desk/", "/desk/lead/"):
        body = staff("housing_head").get(page).content.decode()
        held = group(body, "approvals") or group(body, "asked")
        assert number in held and "decide/?target=extension%231" in held
    for who in ("housing", "housing_colleague", "labour_head"):
        body = staff(who).get("/desk/lead/").content.decode()
        assert number not in group(body, "asked"), who


def test_a_late_step_asks_for_its_new_date_with_the_step_filled_in(
    county: Any, staff: Callable[..., Any], monkeypatch: Any
) -> None:
    from huajie.apps.procedure.registry import packs
    from huajie.edges.pages.roads import own_step

    pack = packs()["en.complaint"]
    assert own_step(pack, "plan_step", True) == "slip_step"
    assert own_step(pack, "plan_step", False) == "finish_step"
    assert own_step(pack, "reply", True) is None
    number = shown(county, "planned")
    body = staff("housing").get(f"/desk/matters/{number}/acts/slip_step/").content.decode()
    assert "更换三号楼二单元的声控灯。</textarea>" in body
    assert re.search(r'<option value="u.housing" selected', body)
    # the reason is theirs to give, and so is the new number of days
    assert re.search(r'<textarea id="f-reason"[^>]*>\s*</textarea>', body)
    assert re.search(r'id="f-action_days" name="action_days" value=""', body)
