"""The pages of reminders and of the ladder: who sees them, what they show, and that nothing typed is lost."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.support.county import PEOPLE
from tests.support.reading import said

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def reminded(county: Any) -> Any:
    """The county, its running clocks so far gone that each was told of, as far as they can be."""
    from huajie.apps.supervision import choices, ladder, reminders
    from huajie.apps.supervision.cases import refresh

    while refresh():
        pass
    # what was told lies a little before now; the dates that a digest tells of are as they would be in a month
    now = datetime.now(UTC)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ladder, "cutoff", lambda at, calendar: at + timedelta(days=9))
        patch.setattr(ladder, "_gravest", lambda reached: [])
        while ladder.climb(now):
            pass
    reminders.forget()
    choices.forget()
    return county


def hidden(body: str, name: str) -> list[str]:
    return re.findall(rf'name="{name}" value="([^"]+)"', body)


def test_a_unit_takes_and_answers_on_its_page_and_each_red_shows_the_reply(
    reminded: Any, staff: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from huajie.edges.desk import replies

    housing, supervisor = staff("housing"), staff("supervisor")
    assert "not taken yet" in said(housing.get("/desk/"))
    page = housing.get("/desk/reminders/").content.decode()
    number = reminded.matters["ordinary"].number
    keys = hidden(housing.get(f"/desk/reminders/?matter={number}").content.decode(), "key")
    assert keys and set(keys) <= set(hidden(page, "key"))
    key = keys[0]
    matter = f"/desk/matters/{number}/"
    # no clock has come so far yet in truth: the page of a matter asks nothing, and shows nothing
    with CaptureQueriesContext(connection) as asked:
        assert "Take and answer" not in said(housing.get(matter))
    assert not any("supervision_rung" in one["sql"] for one in asked.captured_queries)
    monkeypatch.setattr(replies, "first_at", lambda *_, **__: datetime(2026, 1, 1, tzinfo=UTC))
    assert "Take and answer" in said(housing.get(matter))
    assert housing.post("/desk/reminders/", {"do": "receive", "keys": [key]}).status_code == 302
    again = housing.post("/desk/reminders/", {"do": "receive", "keys": [key]})
    assert again.status_code == 422 and "done already" in said(again)
    assert re.search(r"taken by \S.*\(.+\)", said(housing.get("/desk/reminders/")))
    day = datetime.now(UTC).astimezone(ZONE).date() + timedelta(days=4)
    sent = {
        "do": "answer",
        "key": key,
        "cause": "means",
        "words": "新灯后天到货，到货当天更换。",
        "by": day.isoformat(),
    }
    for wrong in ({"cause": ""}, {"words": "打13912345678问。"}, {"by": "soon"}):
        refused = housing.post("/desk/reminders/", {**sent, **wrong})
        assert refused.status_code == 422
        typed = refused.content.decode()
        assert ({**sent, **wrong})["words"] in typed and "<details open>" in typed
    assert housing.post("/desk/reminders/", sent).status_code == 302
    for one in (housing, supervisor):
        assert "新灯后天到货" in said(one.get(matter)), one
        assert "Waits for money, material or building work" in said(one.get("/desk/reminders/"))
    assert key not in hidden(housing.get("/desk/reminders/").content.decode(), "key")
    # beside the matter on the supervisor's board
    assert "新灯后天到货" in said(supervisor.get("/desk/board/open/"))


def test_the_office_withdraws_with_a_reason_and_no_unit_does(reminded: Any, staff: Callable[..., Any]) -> None:
    housing, supervisor = staff("housing"), staff("supervisor")
    key = hidden(supervisor.get("/desk/reminders/").content.decode(), "key")[0]
    sent = {"do": "withdraw", "key": key, "reason": "期限录错了。"}
    assert housing.post("/desk/reminders/", sent).status_code == 422
    assert supervisor.post("/desk/reminders/", {**sent, "reason": ""}).status_code == 422
    assert supervisor.post("/desk/reminders/", sent).status_code == 302
    assert "期限录错了。" in said(supervisor.get("/desk/reminders/"))
    assert key not in hidden(supervisor.get("/desk/reminders/").content.decode(), "key")


@pytest.mark.accept("S6")
def test_who_sees_whose_reminders(reminded: Any, staff: Callable[..., Any]) -> None:
    """By hand: housing has reminders, and labour; each its own, whoever supervises all, others no page at all."""
    housing, labour = reminded.matters["ordinary"].number, reminded.matters["elsewhere"].number
    from huajie.apps.matters.numbers import shown

    expected = {
        **dict.fromkeys(("housing", "housing_head", "housing_colleague"), (True, False)),
        **dict.fromkeys(("labour", "labour_head"), (False, True)),
        **dict.fromkeys(("supervisor", "auditor", "mayor"), (True, True)),
        **dict.fromkeys(("petition_head", "gov_clerk", "reviewer"), (False, False)),
    }
    for who in PEOPLE:
        client = staff(who)
        page = client.get("/desk/reminders/")
        if page.status_code == 404:
            assert who not in expected or expected[who] == (False, False), who
            assert client.get(f"/desk/reminders/?matter={housing}").status_code == 404
            assert client.post("/desk/reminders/", {"do": "receive", "keys": ["x"]}).status_code == 404
            continue
        body = page.content.decode()
        found = tuple(f"/desk/matters/{shown(number)}/" in body for number in (housing, labour))
        assert found == expected.get(who, (False, False)), who
    sealed = {reminded.matters[name].number for name in ("sealed", "minor")}
    assert not any(shown(number) in staff("supervisor").get("/desk/reminders/").content.decode() for number in sealed)


def test_a_supervisor_chooses_a_ladder_that_everybody_can_read(county: Any, staff: Callable[..., Any]) -> None:
    supervisor, housing = staff("supervisor"), staff("housing")
    page = supervisor.get("/desk/ladder/")
    text = said(page)
    assert "In force now: The default ladder" in text and "law, read in the text" in text and "of today" in text
    assert "of today" not in said(housing.get("/desk/ladder/"))
    sent = {"name": "sanming", "reason": "按市里统一的做法。"}
    assert housing.post("/desk/ladder/", sent).status_code == 422
    assert supervisor.post("/desk/ladder/", {**sent, "name": "x"}).status_code == 422
    kept = supervisor.post("/desk/ladder/", {**sent, "reason": ""})
    assert kept.status_code == 422 and 'value="sanming" selected' in kept.content.decode()
    assert supervisor.post("/desk/ladder/", sent).status_code == 302
    text = said(housing.get("/desk/ladder/"))
    assert "按市里统一的做法。" in text and "Three grades, a step each" in text
    assert "In force now: The default ladder" in text
    assert supervisor.post("/desk/ladder/", sent).status_code == 422


def test_pages_ask_as_often_however_many_reminders_there_are(reminded: Any, staff: Callable[..., Any]) -> None:
    supervisor = staff("supervisor")

    def counted(address: str) -> int:
        supervisor.get(address)
        found = []
        for _ in range(3):
            with CaptureQueriesContext(connection) as asked:
                supervisor.get(address)
            found.append(len(asked))
        return min(found)

    pages = ("/desk/reminders/", "/desk/board/open/")
    many = {page: counted(page) for page in pages}
    keys = hidden(supervisor.get("/desk/reminders/").content.decode(), "key")
    assert len(set(keys)) >= 3
    for key in sorted(set(keys))[1:]:
        sent = {"do": "withdraw", "key": key, "reason": "期限录错了。"}
        assert supervisor.post("/desk/reminders/", sent).status_code == 302
    assert {page: counted(page) for page in pages} == many
