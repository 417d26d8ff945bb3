"""Hard cases and common problems on the pages: what is shown, asked and done, without JavaScript."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest


@pytest.fixture
def sponsored_county(county: Any) -> Any:
    """The county with a deputy leader who may sponsor."""
    from tests.support.county import person

    from huajie.apps.jurisdiction import operations as jurisdiction
    from huajie.apps.jurisdiction.models import Account
    from huajie.core.access import SYSTEM

    jurisdiction.change(
        [
            {
                "do": "set_seat",
                "id": "s.gov.deputy",
                "unit": "u.gov",
                "title": {"zh": "副县长岗（虚构）", "en": "Deputy leader"},
                "roles": ["sponsor"],
            },
            {"do": "start_posting", "seat": "s.gov.deputy", "person": person(1)},
        ],
        actor=SYSTEM,
        now=datetime.now(UTC),
    )
    assert Account.objects.filter(username="mayor").exists()
    return county


def petition(words: str) -> Any:
    from huajie.apps.matters.operations import Submission, submit
    from huajie.core.access import ANONYMOUS

    texts = {"title": words[:8], "text": words, "wish": "换新的。"}
    wanted = Submission(pack="cn.petition.request", topic="t.wages", region="r.qingshi", texts=texts)
    return submit(wanted, actor=ANONYMOUS, now=datetime.now(UTC))


def page_of(browser: Any, number: str) -> str:
    from huajie.apps.matters.numbers import shown

    return str(browser.get(f"/desk/matters/{shown(number)}/").content.decode())


def press(browser: Any, number: str, act: str, **fields: str) -> Any:
    """Fill in a form as a browser does: with the hidden fields that came with the page."""
    import re

    from huajie.apps.matters.numbers import shown

    address = f"/desk/matters/{shown(number)}/acts/{act}/"
    form = browser.get(address).content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(seen|key|target)" value="([^"]*)"', form))
    return browser.post(address, {**hidden, **fields})


def test_reports_of_one_problem_are_compared_asked_about_and_answered_together(
    county: Any, staff: Callable[..., Any]
) -> None:
    from django.test import Client

    from huajie.apps.matters.numbers import shown
    from huajie.apps.matters.operations import Order, act
    from huajie.core.access import resident_of

    leader, part = petition("路口的井盖破了，夜里很危险。"), petition("路口井盖破了三个月，夜里很危险。")
    labour = staff("labour")
    first = page_of(labour, part.number)
    assert "Look for reports of the same problem" in first
    found = labour.get(f"/desk/matters/{shown(part.number)}/alike/").content.decode()
    assert shown(leader.number) in found and "of the words in common" in found
    assert "某居民" not in found
    asking = labour.get(f"/desk/matters/{shown(part.number)}/acts/propose_part/?problem_ref={leader.number}")
    assert leader.number in asking.content.decode().replace(" ", "").replace("-", "")
    sent = press(labour, part.number, "propose_part", problem_ref=leader.number, message="和另一件是同一处吗？")
    assert sent.status_code == 302, sent.content.decode()[:2000]
    act(part.stream, Order(act="confirm_part"), actor=resident_of(part.stream.hex), now=datetime.now(UTC))
    assert shown(part.number) in page_of(labour, leader.number)
    form = labour.get(f"/desk/matters/{shown(leader.number)}/acts/share_answer/").content.decode()
    assert "Also for the 1 matter about the same problem" in form
    done = press(labour, leader.number, "share_answer", answer_text="六月十日前换好。", for_parts="yes")
    assert done.status_code == 302 and "parts=1&lacked=0&others=0" in done["Location"]
    assert "done for 1" in labour.get(done["Location"].partition("#")[0]).content.decode()
    assert "六月十日前换好。" in page_of(labour, part.number)
    assert Client().get(f"/desk/matters/{shown(part.number)}/alike/").status_code in (302, 401, 403)
    assert staff("housing").get(f"/desk/matters/{shown(part.number)}/alike/").status_code == 404


def test_a_sponsored_case_says_who_answers_and_what_its_file_lacks(
    sponsored_county: Any, staff: Callable[..., Any]
) -> None:
    from django.test import Client

    from huajie.apps.jurisdiction.queries import snapshot
    from huajie.apps.matters.numbers import shown
    from huajie.apps.matters.operations import Order, act
    from huajie.core.access import actor_for

    matter = petition("拖欠三个月工资没有发。")
    head = staff("labour_head")
    sent = press(head, matter.number, "propose_sponsor", sponsor_seat="s.gov.deputy", reason="涉及面广。")
    assert sent.status_code == 302, sent.content.decode()[-3000:]
    deputy = actor_for(snapshot(), f"{1:032x}", "s.gov.deputy", datetime.now(UTC))
    act(matter.stream, Order(act="accept_sponsor", inputs={"sponsor_days": 60}), actor=deputy, now=datetime.now(UTC))
    page = page_of(head, matter.number)
    assert "Deputy leader" in page and "File of a sponsored case: the seven" in page
    assert "7 items, 5 missing" in page
    assert "Until it is resolved and what was promised still holds at the look-back." in page
    task = press(head, matter.number, "give_task", support_unit="u.housing", task_text="提供用工备案。", task_days="5")
    assert task.status_code == 302, task.content.decode()[-3000:]
    page = page_of(head, matter.number)
    assert "7 items, 4 missing" in page
    resident = Client(headers={"accept-language": "en"})
    assert resident.post("/follow/", {"number": matter.number, "secret": matter.secret}).status_code == 302
    theirs = resident.get(f"/matters/{shown(matter.number)}/").content.decode()
    assert "The leader who answers for it" in theirs and "Deputy leader" in theirs
    assert "what was promised is still in place when we look back" in theirs
    assert "By this day the leader promised to have it resolved" in theirs
    ended = press(head, matter.number, "end_support", support_unit="u.housing")
    assert ended.status_code == 422 and "This unit still has open tasks: Task 1" in ended.content.decode()
