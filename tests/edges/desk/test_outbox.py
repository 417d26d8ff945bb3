"""Administrators see what fails and nothing of whom; letters are printed by whoever may open the address."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

pytestmark = pytest.mark.accept("P3")

CONTACT = {"name": "欧阳晴", "phone": "13900007777", "email": "ouyang@example.org", "address": "青石镇柳巷三号"}
WHO = ("欧阳晴", "13900007777", "ouyang", "柳巷")


def page_of(response: Any) -> str:
    found: str = response.content.decode()
    return found


def bring(county: Any, way: str, name: str = "told", **more: Any) -> Any:
    from huajie.apps.ledger.operations import work_followups

    known = county.bring_in(name, "t.housing", contact={**CONTACT, "news": way, "news_language": "zh"}, **more)
    work_followups(datetime.now(UTC))
    return known


def fail(state: str = "failed", fault: str = "recipient") -> None:
    from huajie.apps.outbox.models import Message

    Message.objects.update(state=state, fault=fault, attempts=3)


def test_an_administrator_sees_what_failed_and_sends_it_again(county: Any, staff: Callable[..., Any]) -> None:
    from huajie.apps.outbox.models import Message

    known = bring(county, "email")
    fail()
    client = staff("admin")
    shown = page_of(client.get("/desk/outbox/"))
    assert "the server says that there is no such address" in shown and "Send again" in shown
    assert "not set up: nothing is sent this way" in shown
    assert not [one for one in (*WHO, known.number, known.number[:4]) if one in shown]
    message = Message.objects.get()
    sent = client.post("/desk/outbox/again/", {"message": message.id.hex})
    assert sent["Location"] == "/desk/outbox/?again=1"
    assert "1 message will be tried again" in page_of(client.get(sent["Location"]))
    message.refresh_from_db()
    assert (message.state, message.attempts, message.fault) == ("waiting", 0, "")
    for given, count in (({"fault": "timeout"}, 0), ({"fault": "recipient"}, 1), ({"all": "yes"}, 1), ({}, 0)):
        fail()
        assert client.post("/desk/outbox/again/", given)["Location"] == f"/desk/outbox/?again={count}"


def test_what_is_too_late_is_not_offered_again(county: Any, staff: Callable[..., Any]) -> None:
    bring(county, "email")
    fail("given-up", "too-late")
    assert "Send again" not in page_of(staff("admin").get("/desk/outbox/"))


def test_nobody_else_comes_in(county: Any, staff: Callable[..., Any]) -> None:
    bring(county, "email")
    fail()
    for who in ("housing", "housing_head", "intake", "supervisor", "auditor", "dpo", "archivist"):
        client = staff(who)
        assert client.get("/desk/outbox/").status_code == 404, who
        assert client.get("/desk/outbox/templates/").status_code == 404, who
        assert client.post("/desk/outbox/again/", {"all": "yes"}).status_code == 404, who
    assert Client().get("/desk/outbox/")["Location"].startswith("/desk/sign-in/")


def test_many_failures_come_page_by_page_with_as_many_queries(county: Any, staff: Callable[..., Any]) -> None:
    from uuid import UUID

    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from huajie.apps.outbox.models import Message

    now = datetime.now(UTC)
    client = staff("admin")

    def made(count: int) -> int:
        Message.objects.all().delete()
        Message.objects.bulk_create(
            Message(
                id=UUID(int=number + 1), matter=UUID(int=1), n=number + 1, event="news", language="zh", way="email",
                state="failed", next_at=now, queued_at=now, fault="recipient",
            )
            for number in range(count)
        )  # fmt: skip
        client.get("/desk/outbox/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/desk/outbox/")
        return len(queries)

    assert made(3) == made(120)
    seen, page = 0, "/desk/outbox/"
    for _ in range(5):
        shown = page_of(client.get(page))
        seen += shown.count('name="message"')
        more = re.search(r'href="(\?after=[^"]+)"', shown)
        if more is None:
            break
        page = "/desk/outbox/" + more[1]
    assert seen == 120


def test_the_templates_are_shown_in_both_languages(county: Any, staff: Callable[..., Any]) -> None:
    shown = page_of(staff("admin").get("/desk/outbox/templates/"))
    assert "编号 0000-0000-00 有新消息" in shown and "There is news of number 0000-0000-00" in shown
    assert "云溪县政府（虚构）" in shown and "Yunxi County (invented)" in shown


def letters_of(client: Any) -> list[str]:
    return re.findall(r'name="number" value="([^"]+)"', page_of(client.get("/desk/letters/")))


def test_a_letter_is_printed_with_a_purpose_and_posted(county: Any, staff: Callable[..., Any]) -> None:
    from huajie.apps.matters.numbers import shown as shown_number

    known = bring(county, "letter")
    number = shown_number(known.number)
    client = staff("housing")
    assert letters_of(client) == [number]
    assert not [one for one in WHO if one in page_of(client.get("/desk/letters/"))]
    refused = client.post("/desk/letters/", {"key": str(uuid4()), "number": number, "purpose_words": ""})
    assert refused.status_code == 422 and "柳巷" not in page_of(refused)
    sent = {"key": str(uuid4()), "number": number, "purpose_words": "寄告知信"}
    printed = client.post("/desk/letters/", sent)
    shown = page_of(printed)
    assert printed.status_code == 200 and "no-store" in printed["Cache-Control"]
    assert "欧阳晴" in shown and "柳巷三号" in shown and "13900007777" not in shown and "ouyang" not in shown
    letter = shown.split('<article class="letter"')[1].split("</article>")[0]
    assert f"编号 {number} 有新消息" in letter or f"编号 {number} 今后有新消息" in letter
    assert "http://testserver/follow/" in letter and f"{datetime.now(UTC).year}年" in letter
    assert "您好：" in letter and "云溪县政府" in letter and "住建局" not in letter
    again = page_of(client.post("/desk/letters/", sent))
    assert "柳巷" not in again and "sent before" in again
    assert "printed, not yet at the post" in page_of(client.get("/desk/letters/"))
    assert client.post("/desk/letters/posted/", {"number": number})["Location"].endswith("?posted=1")
    assert letters_of(client) == []
    # the resident reads who opened it and why
    own = Client(headers={"accept-language": "en"})
    own.post("/follow/", {"number": known.number, "secret": known.secret})
    page = page_of(own.get(f"/matters/{number}/"))
    assert "寄告知信" in page and "By letter · sent" in page


def test_others_neither_list_nor_print_nor_post(county: Any, staff: Callable[..., Any]) -> None:
    from huajie.apps.matters.numbers import shown as shown_number
    from huajie.apps.outbox.models import Message

    known = bring(county, "letter")
    secret = bring(county, "letter", "quiet", mode="confidential")
    numbers = [shown_number(one.number) for one in (known, secret)]
    for who in ("labour", "labour_head", "housing_colleague", "admin", "auditor", "supervisor", "dpo", "mayor"):
        client = staff(who)
        assert letters_of(client) == [], who
        answer = client.post("/desk/letters/", {"key": str(uuid4()), "number": numbers, "purpose_words": "看看"})
        assert answer.status_code == 422 and not [one for one in WHO if one in page_of(answer)], who
        client.post("/desk/letters/posted/", {"number": numbers})
    # who handles it does not learn who spoke in confidence
    answer = staff("housing").post(
        "/desk/letters/", {"key": str(uuid4()), "number": numbers[1], "purpose_words": "看看"}
    )
    assert answer.status_code == 422 and not [one for one in WHO if one in page_of(answer)]
    assert {row.state for row in Message.objects.all()} == {"waiting"}


def test_the_form_offers_the_ways_that_there_are_and_keeps_the_wish(county: Any, settings: Any) -> None:
    from dataclasses import replace

    from huajie.apps.matters import loading
    from huajie.config.outbox import Mail, OutboxSettings

    client = Client(headers={"accept-language": "en"})
    settings.HUAJIE_OUTBOX = OutboxSettings(letters=False)
    last = {"step": "2", "go": "3", "topic": "t.housing", "region": "r.qingshi", "title": "灯", "text": "灯坏了。"}
    assert "contact-news" not in page_of(client.post("/report/en.complaint/", last))
    mail = Mail("127.0.0.1", 25, "none", "", "", "a@b.example")
    settings.HUAJIE_OUTBOX = replace(settings.HUAJIE_OUTBOX, mail=mail, site="https://h.example")
    form = page_of(client.post("/report/en.complaint/", last))
    assert 'value="email"' in form and 'value="sms"' not in form and 'value="letter"' not in form
    given = {
        "topic": "t.housing", "region": "r.qingshi", "mode": "open", "title": "灯", "text": "灯坏了。",
        "key": str(uuid4()),
    }  # fmt: skip
    for wrong, said in (
        ({"contact-news": "email"}, "Write your e-mail address above"),
        ({"contact-news": "email", "contact-email": "nobody"}, "This is no e-mail address"),
        ({"contact-news": "sms", "contact-phone": "139"}, "tell you this way"),
        ({"contact-news": "pigeon"}, "tell you this way"),
    ):
        answer = client.post("/report/en.complaint/", {**given, **wrong})
        assert answer.status_code == 422 and said in page_of(answer).replace("&#x27;", "'"), wrong
    sent = {**given, "contact-news": "email", "contact-email": "a@example.org"}
    # whoever goes back a step keeps the wish
    assert 'name="contact-news" value="email"' in page_of(
        client.post("/report/en.complaint/", {**sent, "step": "3", "go": "1"})
    )
    answer = client.post("/report/en.complaint/", sent)
    assert answer.status_code == 200, page_of(answer)
    tip = loading.load(re.findall(r'class="secret">([^<]+)<', page_of(answer))[0], using="default")
    assert tip is not None
    assert loading.contact_of(tip) == {"email": "a@example.org", "news": "email", "news_language": "en"}


def test_the_api_takes_the_wish_and_refuses_one_that_cannot_be_kept(county: Any) -> None:
    from tests.edges.api.client import Client as Api

    api = Api(county)
    body = {"pack": "en.complaint", "topic": "t.housing", "region": "r.qingshi", "title": "灯", "text": "灯坏了。"}
    for contact, code in (
        ({"phone": "13900007777", "news": "sms"}, "news-way"),
        ({"phone": "13900007777", "news": "letter"}, "news-missing"),
        ({"address": "柳巷", "news": "pigeon"}, None),
    ):
        status, said = api.submit({**body, "contact": contact})
        assert status == 422, said
        assert code is None or [error["code"] for error in said["errors"]] == [code]
        assert said["errors"][0]["field"] == "contact.news"
    status, said = api.submit({**body, "contact": {"address": "柳巷", "news": "letter", "news_language": "en"}})
    assert status == 201, said


@pytest.mark.parametrize("fault", ["connection", "not-set-up", "recipient", "too-late", "unexpected", "sign-in"])
def test_every_fault_has_words(fault: str) -> None:
    from huajie.apps.outbox.messages import FAULTS
    from huajie.edges.desk.outbox import fault_words, state_words

    assert fault_words(fault) != fault and fault in FAULTS
    assert not [one for one in FAULTS if fault_words(one) == one]
    from huajie.apps.outbox.operations import STATES

    assert [state_words(state) for state in STATES]
