"""Residents report, get a receipt, follow, act; and nobody sees a matter without its secret."""

import re
from html import unescape
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = [pytest.mark.accept("K9"), pytest.mark.accept("K11")]

PAGES = {
    "/": ("Trouble, a dispute, a danger: tell us", "有难处、有纠纷、有隐患， 请告诉我们"),
    "/report/": ("What happened?", "发生了什么？"),
    "/report/en.complaint/": ("What happened?", "发生了什么？"),
    "/report/cn.petition.request/": ("What happened?", "发生了什么？"),
    "/follow/": ("Follow your matter", "查我的事"),
    "/mine/": ("My reports", "我反映过的事"),
    "/rights/": ("Your rights", "您的权利"),
    "/desk/sign-in/": ("Staff sign-in", "工作人员登录"),
}

#: Pages of residents on which our own script may run: what it keeps stays on their device.
SCRIPTED = ("/report/", "/report/en.complaint/", "/report/cn.petition.request/", "/mine/")


def heading(response: Any) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", response.content.decode(), re.DOTALL)
    assert found is not None
    return " ".join(unescape(re.sub(r"<[^>]+>", "", found[1])).split())


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_its_heading_in_both_languages(county: Any, page: str) -> None:
    from django.test import Client

    for language, words in zip(("en-GB,en;q=0.9", "zh-CN,zh;q=0.9"), PAGES[page], strict=True):
        response = Client(headers={"accept-language": language}).get(page)
        assert response.status_code == 200
        assert heading(response) == " ".join(words.split())
        # each page has one file of ours, or no script at all
        file = "desk" if page.startswith("/desk/") else "resident" if page in SCRIPTED else ""
        assert f"script-src '{'self' if file else 'none'}'" in response["Content-Security-Policy"]
        own = rf'<script src="/static/huajie/{file}[.a-z0-9]*" defer></script>' if file else r"(?!)"
        assert not re.search(rf"(?!{own})<script|<style|\sstyle=|\son\w+=", response.content.decode())


def test_a_reader_without_a_wish_reads_chinese_and_may_switch(county: Any) -> None:
    from django.test import Client

    client = Client()
    assert heading(client.get("/rights/")) == "您的权利"
    switch = client.get("/language/", {"to": "en", "next": "/rights/"})
    assert switch["Location"] == "/rights/"
    assert heading(client.get("/rights/")) == "Your rights"
    assert client.get("/language/", {"to": "zh-Hans", "next": "//elsewhere.example/"})["Location"] == "/"
    assert heading(client.get("/rights/")) == "您的权利"


def form_of(client: Any, pack: str = "en.complaint") -> dict[str, str]:
    page = client.get(f"/report/{pack}/").content.decode()
    return {
        "key": re.search(r'name="key" value="([^"]+)"', page)[1],  # type: ignore[index]
        "title": "楼道灯坏了",
        "text": "三号楼二单元的灯三周没有修。",
        "topic": "t.housing",
        "region": "r.qingshi",
        "mode": "confidential",
        "contact-phone": "13900007788",
    }


def test_a_report_is_stored_once_and_gives_a_receipt(county: Any, browser: Any) -> None:
    fields = form_of(browser)
    first = browser.post("/report/en.complaint/", fields)
    again = browser.post("/report/en.complaint/", fields)
    assert first.status_code == again.status_code == 200
    page = first.content.decode()
    number, secret = re.findall(r'class="secret">([^<]+)<', page)
    assert re.findall(r'class="secret">([^<]+)<', again.content.decode()) == [number, secret]
    assert re.fullmatch(r"[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{2}", number)
    assert re.fullmatch(r"([2-9A-HJKMNP-Z]{4}-){3}[2-9A-HJKMNP-Z]{4}", secret)
    assert "Housing Bureau (invented)" in page
    assert "is not counted" in page
    assert "13900007788" not in page
    other = browser.post("/report/en.complaint/", {**fields, "title": "别的事"})
    assert other.status_code == 409
    assert "别的事" in other.content.decode()


def test_what_is_missing_is_listed_and_nothing_typed_is_lost(county: Any, browser: Any) -> None:
    fields = form_of(browser)
    sent = {
        "key": fields["key"],
        "text": "只写了 <b>经过</b> & 感受",
        "mode": "anonymous",
        "contact-phone": "13900007788",
    }
    response = browser.post("/report/en.complaint/", sent)
    assert response.status_code == 422
    page = response.content.decode()
    # the first step at which something is missing is shown, with links to its fields; the rest is named
    for name in ("title", "topic"):
        assert f'href="#f-{name}"' in page, name
        assert f'id="f-{name}"' in page, name
    assert "4 things to put right" in page
    assert "Choose where it is." in page
    assert "Anonymous means that we keep no way to reach you." in page
    assert "只写了 &lt;b&gt;经过&lt;/b&gt; &amp; 感受" in page
    assert "13900007788" in page
    assert fields["key"] in page
    assert '<input type="hidden" name="mode" value="anonymous">' in page


def test_a_topic_may_be_left_to_us(county: Any, browser: Any) -> None:
    response = browser.post("/report/en.complaint/", {**form_of(browser), "topic": "-"})
    assert response.status_code == 200
    assert "Petition Office (invented)" in response.content.decode()


def follow(browser: Any, known: Any) -> str:
    from huajie.apps.matters.numbers import shown

    response = browser.post("/follow/", {"number": known.number.lower(), "secret": known.secret})
    assert response.status_code == 302
    assert response["Location"] == f"/matters/{shown(known.number)}/"
    return str(response["Location"])


def test_a_matter_opens_with_number_and_secret_only(county: Any, browser: Any) -> None:
    known, other = county.matters["planned"], county.matters["ordinary"]
    url = f"/matters/{known.number}/"
    for page in (url, f"{url}acts/write_to_us/", f"/receipt/{known.number}/"):
        answer = browser.get(page)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/follow/?number=")
    for number, secret in (
        (known.number, other.secret),
        (known.number, ""),
        ("7Q4M-2K9D-XX", known.secret),
        ("x", "y"),
    ):
        wrong = browser.post("/follow/", {"number": number, "secret": secret})
        assert wrong.status_code == 422
        assert "huajie_matter" not in wrong.cookies
    page = browser.get(follow(browser, known)).content.decode()
    assert "更换三号楼二单元的声控灯。" in page
    # the cookie opens this matter and no other
    assert browser.get(f"/matters/{other.number}/")["Location"].startswith("/follow/?number=")
    assert browser.get(f"/receipt/{other.number}/").status_code == 302
    browser.post("/leave/")
    assert browser.get(url)["Location"].startswith("/follow/?number=")


def test_a_forged_cookie_opens_nothing(county: Any, browser: Any) -> None:
    known = county.matters["ordinary"]
    browser.cookies["huajie_matter"] = known.stream.hex
    assert browser.get(f"/matters/{known.number}/").status_code == 302


def test_the_residents_page_says_where_it_stands_and_names_no_person(county: Any, browser: Any) -> None:
    county.act("planned", "housing", "add_note", texts={"note_text": "内部：先不告诉居民"})
    county.act("planned", "housing", "write_to_resident", texts={"message": "下周三来修。"})
    page = browser.get(follow(browser, county.matters["planned"])).content.decode()
    for words in (
        "Somebody is looking into it and will reply in writing.",
        "Housing Bureau (invented)",
        "Why ",
        "is not counted",
        "Stage 1 answered",
        "下周三来修。",
        "1 note between offices is not shown",
        "Withdraw",
    ):
        assert words in page, words
    assert "内部：先不告诉居民" not in page
    for username in ("housing", "housing_head"):
        from tests.support.county import PEOPLE, person

        assert person(PEOPLE[username][0]) not in page


def test_the_resident_acts_and_sees_it(county: Any, browser: Any) -> None:
    url = follow(browser, county.matters["planned"])
    form = browser.get(f"{url}acts/write_to_us/").content.decode()
    hidden = dict(re.findall(r'type="hidden" name="(seen|key|target)" value="([^"]*)"', form))
    empty = browser.post(f"{url}acts/write_to_us/", hidden)
    assert empty.status_code == 422
    assert 'href="#f-message"' in empty.content.decode()
    done = browser.post(f"{url}acts/write_to_us/", {**hidden, "message": "请先告诉我们停电时间"})
    assert done.status_code == 302
    assert "请先告诉我们停电时间" in browser.get(done["Location"]).content.decode()
    stale = browser.post(f"{url}acts/withdraw/", {**hidden, "key": "another-key-of-this-form", "message": "算了"})
    assert stale.status_code == 409
    assert "算了" in stale.content.decode()
    assert "请先告诉我们停电时间" in stale.content.decode()


def test_a_resident_finds_no_act_of_the_staff(county: Any, browser: Any) -> None:
    url = follow(browser, county.matters["planned"])
    for act in ("reply", "submit", "note_overdue", "no-such-act"):
        assert browser.get(f"{url}acts/{act}/").status_code == 404
        assert browser.post(f"{url}acts/{act}/", {"seen": "3"}).status_code == 404


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_that_says_no_says_what_to_do(county: Any, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError
    from django.test import Client

    from huajie.edges.public import home

    client = Client(raise_request_exception=False, headers={"accept-language": language})
    assert client.get("/no/such/page/").status_code == 404
    # a number with a typing slip is none; one that could be asks for the secret, whether it exists or not
    assert client.get("/matters/2222222223/").status_code == 404
    assert client.get("/matters/2222222222/").status_code == 302
    strict = Client(enforce_csrf_checks=True, headers={"accept-language": language})
    refused = strict.post("/leave/")
    assert refused.status_code == 403
    staff_free = client.get("/desk/matters/?after=broken")
    assert staff_free.status_code == 302

    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("the database is away")

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("something else")

    monkeypatch.setattr(home, "promises", away)
    unavailable = client.get("/")
    assert unavailable.status_code == 503
    assert unavailable["Retry-After"]
    monkeypatch.setattr(home, "promises", broken)
    failed = client.get("/")
    assert failed.status_code == 500
    words = "To the start page" if language == "en" else "回首页"
    for response in (refused, unavailable, failed):
        assert words in response.content.decode()
        assert "the database is away" not in response.content.decode()


typed = st.one_of(
    st.text(max_size=80),
    st.sampled_from(
        ["", "t.housing", "r.qingshi", "open", "anonymous", "delay", "\x00", "1e999", "180", "-91", "key-of-sixteen-ok"]
    ),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    pack=st.sampled_from(["en.complaint", "cn.petition.request", "open311"]),
    fields=st.dictionaries(
        st.sampled_from(
            "key title text wish topic region mode category point-lon point-lat "
            "contact-name contact-phone papers-known service_kind received_at channel seen".split()
        ),
        typed,
        max_size=10,
    ),
)
def test_no_report_breaks_the_server(county: Any, browser: Any, pack: str, fields: dict[str, str]) -> None:
    """Whatever is typed, the answer is a number, or a page that keeps the words."""
    assert browser.post(f"/report/{pack}/", fields).status_code in (302, 409, 422)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    act=st.sampled_from(["write_to_us", "withdraw", "add_evidence", "correct", "escalate", "give_view", "reopen"]),
    fields=st.dictionaries(
        st.sampled_from(["seen", "key", "target", "message", "reason", "correction", "verdict", "evidence_file-known"]),
        typed,
        max_size=6,
    ),
)
def test_no_act_of_a_resident_breaks_the_server(county: Any, browser: Any, act: str, fields: dict[str, str]) -> None:
    url = follow(browser, county.matters["planned"])
    assert browser.post(f"{url}acts/{act}/", fields).status_code in (302, 409, 422)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(number=typed, secret=typed)
def test_no_number_breaks_the_form(county: Any, browser: Any, number: str, secret: str) -> None:
    assert browser.post("/follow/", {"number": number, "secret": secret}).status_code == 422
    assert browser.get("/follow/", {"number": number}).status_code == 200
