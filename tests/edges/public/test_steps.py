"""Three steps by pages of the server alone, which store nothing before the last; and what stands on a matter's page."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.support.reading import said

pytestmark = pytest.mark.accept("K9")

URL = "/report/en.complaint/"
WHAT = {"title": "工资三个月没有发", "text": "厂里从九月起拖欠工资，问了三次。", "category": "other"}


def hidden(page: str) -> dict[str, str]:
    """Return what travels in the form."""
    return {name: unescape(value) for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page)}


def step(browser: Any, page: str, fields: dict[str, Any], go: str = "next") -> Any:
    """Send a step as a browser does: what travels in the form, and what was typed."""
    return browser.post(URL, {**hidden(page), "go": go, **fields})


def counts() -> tuple[int, int]:
    """Return entries and files that are stored."""
    from huajie.apps.attachments.models import File
    from huajie.apps.ledger.models import Entry

    return Entry.objects.count(), File.objects.count()


def begin(browser: Any, page: str, fields: dict[str, Any], go: str = "next") -> Any:
    """Send a step to where its form says, as a browser does."""
    found = re.search(r'<form class="form" method="post" action="([^"]+)"', page)
    assert found is not None
    return browser.post(found[1], {**hidden(page), "go": go, **fields})


def here(page: str) -> str:
    found = re.search(r'aria-current="step">(.*?)</li>', page)
    assert found is not None
    return re.sub(r"<[^>]+>", "", found[1])


WORDS = {"title": WHAT["title"], "text": WHAT["text"]}


def test_whoever_reports_says_what_happened_and_the_topic_settles_the_procedure(county: Any, browser: Any) -> None:
    from huajie.apps.jurisdiction import operations as jurisdiction
    from huajie.core.access import SYSTEM

    # the place's own rule: what is wrong with housing goes as a complaint
    rule = {"do": "set_remit", "id": "m.lamps", "unit": "u.housing", "topics": ["t.housing"], "regions": ["*"]}
    jurisdiction.change([{**rule, "power": "decide", "pack": "en.complaint"}], actor=SYSTEM, now=datetime.now(UTC))
    before = counts()
    first = browser.get("/report/").content.decode()
    assert here(first) == "1 What" and 'name="kind"' not in first, "no list of kinds comes first"
    offered = begin(browser, first, WORDS).content.decode()
    assert 'role="alert"' not in offered and 'value="t.wages"' in offered
    where = begin(browser, offered, {**WORDS, "topic": "t.housing"}).content.decode()
    # settled: the second step of that procedure, with every word
    assert here(where) == "2 Where" and f'action="{URL}"' in where and hidden(where)["text"] == WORDS["text"]
    tell = begin(browser, where, {"region": "r.qingshi"}).content.decode()
    assert here(tell) == "3 Reach you" and counts() == before
    sent = begin(browser, tell, {"mode": "anonymous"}, go="send")
    assert sent.status_code == 200 and counts() != before
    assert 'data-sent="report"' in sent.content.decode(), "the draft that began without a procedure goes"


def test_where_several_procedures_fit_one_is_asked_for_and_each_is_explained(county: Any, browser: Any) -> None:
    page = begin(browser, browser.get("/report/").content.decode(), {**WORDS, "topic": "t.wages"}).content.decode()
    assert here(page) == "1 What" and 'role="alert"' not in page
    kinds = re.findall(r'name="kind" value="([^"]+)".*?<small>(.*?)</small>', page, re.DOTALL)
    assert {name for name, _said in kinds} == {"cn.petition.request", "en.complaint", "open311"}
    assert all(len(explained) > 20 for _name, explained in kinds), "each in a sentence"
    assert WORDS["text"] in page
    # without an answer it says so; nothing is lost
    again = begin(browser, page, {**WORDS, "topic": "t.wages"})
    assert again.status_code == 422 and "Choose the way that fits best" in unescape(again.content.decode())
    # a petition asks for more than anybody could know before: no fault, and still the first step
    more = begin(browser, page, {**WORDS, "topic": "t.wages", "kind": "cn.petition.request"}).content.decode()
    assert here(more) == "1 What" and 'name="wish"' in more and 'role="alert"' not in more and WORDS["text"] in more
    where = begin(browser, more, {**WORDS, "topic": "t.wages", "wish": "补发工资。"}).content.decode()
    assert here(where) == "2 Where" and 'action="/report/cn.petition.request/"' in where
    # another way from there: everything typed comes along
    back = browser.post("/report/", {**hidden(where), "region": "r.qingshi", "go": "kinds"}).content.decode()
    assert here(back) == "1 What" and WORDS["text"] in back
    assert hidden(back)["region"] == "r.qingshi" and hidden(back)["wish"] == "补发工资。"
    where = begin(browser, back, {**WORDS, "topic": "t.wages", "kind": "en.complaint"}).content.decode()
    assert here(where) == "2 Where" and 'action="/report/en.complaint/"' in where


def test_what_is_missing_at_the_beginning_is_named(county: Any, browser: Any) -> None:
    page = begin(browser, browser.get("/report/").content.decode(), {"title": "", "text": ""})
    assert page.status_code == 422 and here(page.content.decode()) == "1 What"
    assert 'href="#f-title"' in page.content.decode() and 'href="#f-text"' in page.content.decode()


def test_three_steps_carry_what_was_written_and_store_it_once(county: Any, browser: Any) -> None:
    before = counts()
    first = browser.get(URL).content.decode()
    assert 'aria-current="step">1 What' in first
    # all is written but the topic: it is looked for in the words, and that is no fault
    offered = step(browser, first, WHAT)
    page = offered.content.decode()
    assert offered.status_code == 200
    assert 'role="alert"' not in page
    assert re.search(r'name="topic" value="t.wages"', page)
    assert "Usually answered by: Labour Bureau (invented)" in page
    where = step(browser, page, {**WHAT, "topic": "t.wages"}).content.decode()
    assert 'aria-current="step">2 Where' in where
    tell = step(browser, where, {"region": "r.qingshi"}).content.decode()
    assert 'aria-current="step">3 Reach you' in tell
    carried = hidden(tell)
    assert {name: carried[name] for name in ("title", "text", "topic", "region")} == {
        "title": WHAT["title"],
        "text": WHAT["text"],
        "topic": "t.wages",
        "region": "r.qingshi",
    }
    assert counts() == before, "nothing is stored before the last step"
    sent = step(browser, tell, {"mode": "anonymous"}, go="send")
    assert sent.status_code == 200
    assert counts()[0] > before[0]
    receipt = sent.content.decode()
    assert "Labour Bureau (invented)" in receipt
    assert "Anonymous" in receipt


def test_each_step_says_what_is_missing_there_and_keeps_the_rest(county: Any, browser: Any) -> None:
    first = browser.get(URL).content.decode()
    wrong = step(browser, first, {"text": "只写了经过"})
    page = wrong.content.decode()
    assert wrong.status_code == 422
    assert 'href="#f-title"' in page
    assert "只写了经过" in page
    # nothing is said yet about what other steps ask
    assert 'href="#f-region"' not in page
    assert 'href="#f-mode"' not in page
    # offered once, and still nothing chosen: now it is missing
    offered = step(browser, first, WHAT).content.decode()
    assert step(browser, offered, WHAT).status_code == 422
    where = step(browser, offered, {**WHAT, "topic": "-"}).content.decode()
    nowhere = step(browser, where, {})
    assert nowhere.status_code == 422
    assert 'href="#f-region"' in nowhere.content.decode()
    back = step(browser, where, {"region": "r.qingshi"}, go="1").content.decode()
    assert 'aria-current="step">1 What' in back
    assert WHAT["text"] in back
    assert hidden(back)["region"] == "r.qingshi"
    assert re.search(r'value="-" checked', back)


def test_what_is_wrong_at_another_step_leads_back_to_it(county: Any, browser: Any) -> None:
    """A form that was tampered with, or a topic that was closed meanwhile: the step where it is put right is shown."""
    page = browser.get(URL).content.decode()
    sent = browser.post(URL, {**hidden(page), **WHAT, "step": "3", "region": "r.qingshi", "topic": "t.none"})
    assert sent.status_code == 422
    text = sent.content.decode()
    assert 'aria-current="step">1 What' in text
    assert 'href="#f-topic"' in text
    # the mode is asked at step 3: it is named, without a link to a field that is not on this page
    assert "Choose who may know who you are." in text
    assert 'href="#f-mode"' not in text


def test_words_find_topics_and_the_list_holds_them_all(county: Any, browser: Any) -> None:
    first = browser.get(URL).content.decode()
    assert all(f'value="{code}"' in first for code in ("t.housing", "t.wages", "t.other"))
    found = step(browser, first, {**WHAT, "q": "欠薪"}, go="find").content.decode()
    listed = found.split("<details")[0]
    assert 'value="t.wages"' in listed
    assert 'value="t.housing"' not in listed
    none = step(browser, first, {**WHAT, "q": "xyzzy"}, go="find").content.decode()
    assert "Nothing was found by these words" in none
    assert WHAT["text"] in none
    # Enter in the field for words looks, and goes on only once something is chosen
    entered = step(browser, first, {**WHAT, "q": "欠薪"}).content.decode()
    assert 'aria-current="step">1 What' in entered


def test_a_photo_chosen_at_the_last_step_survives_the_way_back(county: Any, browser: Any) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile
    from tests.support import papers

    page = browser.get(URL).content.decode()
    fields = {**WHAT, "topic": "t.wages", "region": "r.qingshi", "mode": "open"}
    photo = SimpleUploadedFile("泵房.jpg", papers.photo(), "image/jpeg")
    back = browser.post(URL, {**hidden(page), **fields, "step": "3", "go": "2", "papers": photo}).content.decode()
    assert hidden(back)["papers-known"]
    again = said(step(browser, back, {"region": "r.qingshi"}))
    assert "泵房.jpg" in again
    token = re.search(r'name="papers-known" value="([^"]+)" checked', again)
    assert token is not None
    sent = browser.post(URL, {**hidden(again), "mode": "open", "papers-known": token[1], "go": "send"})
    assert sent.status_code == 200
    number, secret = re.findall(r'class="secret">([^<]+)<', sent.content.decode())
    assert browser.post("/follow/", {"number": number, "secret": secret}).status_code == 302
    assert "泵房.jpg" in said(browser.get(f"/matters/{number}/"))


def test_the_secret_stands_on_the_first_receipt_only(
    county: Any, browser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.test import Client

    page = browser.get(URL).content.decode()
    fields = {**WHAT, "topic": "t.wages", "region": "r.qingshi", "mode": "open"}
    whole = {**hidden(page), **fields, "go": "send", "step": "3"}
    first = browser.post(URL, whole).content.decode()
    number, secret = re.findall(r'class="secret">([^<]+)<', first)
    receipt = f"/receipt/{number}/"
    # another paper at once: number and secret go along, and nothing else does
    slip = browser.post("/receipt/", {"number": number, "secret": secret, "paper": "58"}).content.decode()
    assert secret in slip and re.search(r'value="58" aria-current="true"', slip)
    assert browser.post("/receipt/", {"number": number, "secret": "wrong"})["Location"] == "/talk/"
    other = Client(headers={"accept-language": "en"})
    assert other.post("/follow/", {"number": number, "secret": secret}).status_code == 302
    later = other.get(receipt).content.decode()
    assert number in later
    assert secret not in later
    assert "it is not shown again" in later
    # the square code leads to the number and holds no secret
    shown = r'class="secret">[^<]+<|data-secret="[^"]+"|name="secret" value="[^"]+"'
    assert secret not in re.sub(shown, "", first)
    browser.post("/follow/", {"number": number, "secret": secret})
    assert secret not in browser.get(receipt).content.decode()
    # the same form once more, long after: whoever sits there now gets the receipt without it
    monkeypatch.setattr("huajie.edges.public.report.FRESH_FOR", timedelta(0))
    late = Client(headers={"accept-language": "en"}).post(URL, whole).content.decode()
    assert number in late and secret not in late


@pytest.mark.accept("P2")
def test_reporting_leaves_no_cookie_whatever_the_mode(county: Any) -> None:
    """From the first page to the receipt on both papers, and on to reading and answering."""
    from django.test import Client

    for mode in ("open", "confidential", "anonymous"):
        browser = Client(headers={"accept-language": "en"}, enforce_csrf_checks=True)
        for address in ("/", "/report/", URL, "/follow/", "/talk/", "/mine/", "/rights/"):
            assert browser.get(address).status_code == 200
        page = browser.get(URL).content.decode()
        fields = {**WHAT, "topic": "t.wages", "region": "r.qingshi", "mode": mode}
        faulty = browser.post(URL, {**hidden(page), "go": "send", "step": "3"})
        assert faulty.status_code == 422
        sent = browser.post(URL, {**hidden(page), **fields, "go": "send", "step": "3"})
        number, secret = re.findall(r'class="secret">([^<]+)<', sent.content.decode())
        assert "csrfmiddlewaretoken" not in sent.content.decode()
        for paper in ("a4", "58"):
            proof = {"number": number, "secret": secret, "paper": paper}
            assert browser.post("/receipt/", proof).status_code == 200
        assert browser.post("/talk/", {"number": number, "secret": secret}).status_code == 200
        assert not browser.cookies, mode


@pytest.mark.accept("P2")
@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Origin": "http://testserver"}, True),
        ({}, True),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "null"}, False),
    ],
)
def test_a_form_of_another_site_is_not_taken(county: Any, headers: dict[str, str], taken: bool) -> None:
    from django.test import Client

    browser = Client(headers={"accept-language": "en"}, enforce_csrf_checks=True)
    known = county.matters["planned"]
    proof = {"number": known.number, "secret": known.secret}
    expected = {URL: 422, "/talk/": 200, "/receipt/": 200, "/follow/": 302}
    for address, status in expected.items():
        answer = browser.post(address, proof, headers=headers)
        assert answer.status_code == (status if taken else 403), address


def test_many_places_are_a_list_to_unfold_and_are_found_by_name(county: Any, browser: Any) -> None:
    from huajie.apps.jurisdiction import operations as jurisdiction
    from huajie.core.access import SYSTEM

    row = {"do": "set_region", "parent": "r.qingshi", "level": "village", "calendar": "cn", "zone": "Asia/Shanghai"}
    named = [{"zh": f"{number} 号村", "en": f"Village {number}"} for number in range(40)]
    jurisdiction.change(
        [{**row, "id": f"r.v{number}", "name": name} for number, name in enumerate(named)],
        actor=SYSTEM,
        now=county.founded_at + timedelta(hours=5),
    )
    first = browser.get(URL).content.decode()
    where = step(browser, first, {**WHAT, "topic": "t.wages"}).content.decode()
    assert '<select class="input" name="region"' in where
    assert where.count("<option") >= 43
    found = step(browser, where, {"place_words": "Village 17"}, go="find").content.decode()
    assert 'name="pick" value="r.v17"' in found
    nothing = step(browser, where, {"place_words": "Atlantis"}, go="find").content.decode()
    assert "No place of that name" in nothing
    picked = browser.post(URL, {**hidden(found), "pick": "r.v17"}).content.decode()
    assert re.search(r'<option value="r.v17" selected', picked)
    tell = step(browser, picked, {"region": "r.v17"}).content.decode()
    assert "Village 17" in tell
    assert hidden(tell)["region"] == "r.v17"


def opened(browser: Any, known: Any) -> str:
    """Open a matter by number and secret and return its page."""
    answer = browser.post("/follow/", {"number": known.number, "secret": known.secret})
    return str(browser.get(answer["Location"]).content.decode())


def section(page: str, heading: str) -> str:
    """Return the words of one section of a page."""
    found = re.search(rf'<section aria-labelledby="{heading}">(.*?)</section>', page, re.DOTALL)
    assert found is not None, heading
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[1])).split())


def test_a_promise_stays_with_its_old_date(county: Any, browser: Any) -> None:
    """Kept, slipped with the reason and the new date, open: each as it is."""
    page = opened(browser, county.matters["planned"])
    day = re.search(r"Promised by (\w+ \d+ \w+)\.", section(page, "h-prom"))
    assert day is not None
    assert "20 days left" in section(page, "h-prom") or "19 days left" in section(page, "h-prom")
    acts = {act.name for act in _pack("en.complaint").acts.values()}
    assert "slip_step" in acts
    county.act(
        "planned",
        "housing",
        "slip_step",
        target="plan_step#1",
        inputs={"action_days": 40, "to_unit": "u.housing"},
        texts={"reason": "灯具没有到货。", "step_text": "更换三号楼二单元的声控灯。"},
        at=county.founded_at + timedelta(hours=4),
    )
    said = section(opened(browser, county.matters["planned"]), "h-prom")
    assert "2 things that we promised you" in said
    assert f"Promised by {day[1]} and not kept. The new date is " in said
    assert "Why: 灯具没有到货。" in said


def _pack(name: str) -> Any:
    from huajie.apps.procedure.registry import packs

    return packs()[name]


def test_messages_stand_both_ways_and_notes_between_offices_do_not(county: Any, browser: Any) -> None:
    county.act("planned", "housing", "write_to_resident", texts={"message": "下周三来修。"})
    county.act("planned", "resident", "write_to_us", texts={"message": "好，晚上在家。"})
    county.act("planned", "housing", "add_note", texts={"note_text": "内部的话"})
    said = section(opened(browser, county.matters["planned"]), "h-msg")
    assert "下周三来修。" in said
    assert said.index("You,") < said.index("好，晚上在家。") < said.index("Housing Bureau (invented),")
    assert "内部的话" not in said


def test_what_to_do_if_unhappy_is_never_hidden_and_has_its_time(county: Any, browser: Any) -> None:
    early = section(opened(browser, county.matters["ordinary"]), "h-un")
    assert "Possible from “Stage 1 answered” on." in early
    assert "Take the withdrawal back" not in early
    gone = section(opened(browser, county.matters["withdrawn"]), "h-un")
    assert "Take the withdrawal back" in gone


def test_a_page_asks_as_often_whatever_it_holds(county: Any, browser: Any) -> None:
    """Public pages ask nothing or little; a matter's page as often for fifty messages as for one."""

    def asked(url: str) -> int:
        browser.get(url)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(url).status_code == 200
        return len(queries)

    assert {asked(url) for url in ("/", "/report/", URL, "/rights/", "/mine/", "/follow/")} == {0}
    known = county.matters["planned"]
    browser.post("/follow/", {"number": known.number, "secret": known.secret})
    few = asked(f"/matters/{known.number}/")
    for number in range(50):
        county.act("planned", "resident", "write_to_us", texts={"message": f"第 {number} 条"})
    assert asked(f"/matters/{known.number}/") == few <= 8
    assert asked(f"/receipt/{known.number}/") <= 4


@pytest.mark.parametrize("light", ["light", "dark"])
def test_light_or_dark_is_kept_without_a_script(county: Any, browser: Any, light: str) -> None:
    assert "data-bs-theme" not in browser.get("/").content.decode()
    answer = browser.get("/theme/", {"to": light, "next": "/rights/"})
    assert answer["Location"] == "/rights/"
    assert f'data-bs-theme="{light}"' in browser.get("/rights/").content.decode()
    assert browser.get("/theme/", {"to": "auto", "next": "https://elsewhere.example/"})["Location"] == "/"
    assert "data-bs-theme" not in browser.get("/").content.decode()
    browser.cookies["huajie_theme"] = '"><b>'
    assert "data-bs-theme" not in browser.get("/").content.decode()


REPLY = {"findings": "灯座坏了。", "remedy": "换新的。", "how_to_escalate": "凭编号和查询码提出。"}


@pytest.mark.parametrize(("days", "words"), [(10, "days left"), (60, "The time for it ended")])
def test_a_way_has_its_own_time_and_says_when_that_is_over(
    transactional_db: None, browser: Any, days: int, words: str
) -> None:
    """Thirty days after the answer to ask for somebody else: counted while it runs, and said to be over after it."""
    from datetime import UTC, datetime

    from tests.support.county import found

    county = found(datetime.now(UTC) - timedelta(days=days))
    at = county.founded_at + timedelta(days=2)
    known = county.bring_in("answered", "t.housing", contact=None, at=at)
    said_so = {"is_complaint": "complaint", "category": "delay"}
    county.act("answered", "housing", "acknowledge", inputs=said_so, texts={"message": "收到。"}, at=at)
    county.act("answered", "housing", "draft_reply", inputs={"decision": "not-upheld"}, texts=REPLY, at=at)
    county.act("answered", "housing_head", "reply", at=at)
    served = {"served_way": "page", "served_date": at.astimezone(ZoneInfo("Asia/Shanghai")).date().isoformat()}
    county.act("answered", "housing", "serve_reply", inputs=served, texts={"note_text": "本人页面。"}, at=at)
    said = section(opened(browser, known), "h-un")
    way = said[said.index("Ask for somebody else to look at it") :].partition("Tell us")[0]
    assert words in way, way
    assert ("/acts/escalate/" in opened(browser, known)) == (days == 10)


@pytest.mark.parametrize(
    ("kept", "big", "words", "never"),
    [
        ((395, 350, 12), "350 / 395", "350 were kept and 45 were not. Not counted, since", "fewer"),
        ((40, 38, 0), "40", "fewer than 5 were not kept.", "38"),
        (
            (40, 2, 3),
            "40",
            "fewer than 5 were kept. Not counted, since the matter ended before them: fewer than 5.",
            "38",
        ),
        ((40, 40, 0), "40 / 40", "40 were kept and 0 were not.", "fewer"),
        ((4, 1, 0), "fewer than 5", "too few for a figure.", "1"),
        ((0, 0, 0), "0", "too few for a figure.", "/"),
    ],
)
def test_a_small_figure_is_neither_said_nor_to_be_reckoned(
    kept: tuple[int, int, int], big: str, words: str, never: str
) -> None:
    from datetime import UTC, datetime

    from django.utils import translation

    from huajie.apps.matters.figures import Kept
    from huajie.edges.public.home import _kept_words

    with translation.override("en"):
        figure, said = _kept_words(Kept(*kept, at=datetime(2026, 11, 1, tzinfo=UTC)), "Oct")
    assert figure == big
    assert words in said
    assert never not in f"{figure} {said}"
