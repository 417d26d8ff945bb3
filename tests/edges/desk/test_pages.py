"""Every page of the desk answers those who may see it, in both languages, and says nothing to the others."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.reading import said

pytestmark = [pytest.mark.accept("K9"), pytest.mark.accept("K10")]

#: page -> who gets it, in words of its heading; everybody else gets the page that says "no such page"
PAGES = {
    "/desk/": ({"housing", "mayor", "supervisor", "auditor", "admin", "intake"}, "My day", "我的一天"),
    "/desk/matters/": ({"housing", "mayor", "supervisor", "auditor", "admin", "intake"}, "Matters", "事项"),
    "/desk/search/": ({"housing", "mayor", "supervisor", "auditor", "admin", "intake"}, "Find", "查找"),
    "/desk/packs/": ({"housing", "admin"}, "Procedures in force", "现行程序"),
    "/desk/packs/en.complaint/": ({"housing", "admin"}, "Complaint", "投诉（英格兰两级程序）"),
    "/desk/calendars/": ({"housing", "admin"}, "Calendars", "日历"),
    "/desk/seat/": ({"housing"}, "From which seat do you act?", "以哪个岗位办事？"),
    "/desk/queue/": ({"intake", "dispatcher", "supervisor"}, "Waiting to be placed", "待分派"),
    "/desk/routing/": (
        {"intake", "dispatcher", "supervisor", "auditor", "admin"},
        "Who answers for what",
        "职责试算",
    ),
    "/desk/intake/": ({"intake"}, "Take in", "登记"),
}
#: those whom the table above asks about on the pages that not everybody gets
ASKED = ("housing", "labour", "intake", "dispatcher", "supervisor", "auditor", "admin", "archivist")


def heading(response: Any) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", response.content.decode(), re.DOTALL)
    assert found is not None
    return unescape(re.sub(r"<[^>]+>", "", found[1])).strip()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_its_heading_in_both_languages(staff: Callable[..., Any], page: str) -> None:
    allowed, english, chinese = PAGES[page]
    username = sorted(allowed)[0]
    for language, words in (("en", english), ("zh-CN", chinese)):
        response = staff(username, language).get(page)
        assert response.status_code == 200
        assert heading(response) == words
        assert f'<html lang="{"en" if language == "en" else "zh-Hans"}">' in response.content.decode()


@pytest.mark.parametrize("page", ["/desk/queue/", "/desk/routing/", "/desk/intake/"])
def test_a_page_for_some_is_no_page_for_others(staff: Callable[..., Any], page: str) -> None:
    allowed = PAGES[page][0]
    for username in ASKED:
        response = staff(username).get(page)
        if username in allowed:
            assert response.status_code == 200, username
        else:
            assert response.status_code == 404, username
            assert heading(response) == "There is no such page, or none that you may see"


def test_a_stranger_is_asked_to_sign_in_on_every_page(county: Any) -> None:
    from django.test import Client

    number = county.matters["ordinary"].number
    for page in [*PAGES, f"/desk/matters/{number}/", f"/desk/matters/{number}/acts/add_note/"]:
        response = Client().get(page)
        assert response.status_code == 302
        assert response["Location"].startswith("/desk/sign-in/?next=")


#: matter -> who sees its page, who reads its text there
SEEN = {
    "ordinary": ({"housing", "housing_head", "supervisor", "auditor", "mayor"}, {"housing", "supervisor"}),
    "sealed": ({"housing", "housing_head", "auditor"}, {"housing", "housing_head"}),
    "minor": ({"housing", "housing_head", "auditor"}, set()),
    "concerning": ({"housing", "intake", "supervisor", "mayor"}, {"housing", "intake"}),
    "offered": ({"housing", "labour", "labour_head"}, {"labour"}),
}
PEOPLE = (
    "housing",
    "housing_head",
    "housing_colleague",
    "labour",
    "labour_head",
    "supervisor",
    "auditor",
    "admin",
    "mayor",
)


def test_a_matter_shows_to_those_who_may_see_it_and_to_nobody_else(county: Any, staff: Callable[..., Any]) -> None:
    from huajie.apps.matters.errors import UnknownMatter
    from huajie.apps.matters.queries import see

    for name, (seen_by, read_by) in SEEN.items():
        known = county.matters[name]
        for username in {*PEOPLE, *seen_by}:
            response = staff(username).get(f"/desk/matters/{known.number}/")
            try:
                see(county.actor(username), known.stream)
            except UnknownMatter:
                assert response.status_code == 404, (name, username)
                assert username not in seen_by, (name, username)
                continue
            assert response.status_code == 200, (name, username)
            text = "楼道灯坏了三周" in response.content.decode()
            if username in read_by:
                assert text, (name, username)
            if name == "minor" and username not in read_by:
                assert not text, (name, username)
        for username in seen_by:
            see(county.actor(username), known.stream)


def test_a_matter_page_says_who_answers_and_why_each_date(county: Any, staff: Callable[..., Any]) -> None:
    page = staff("housing").get(f"/desk/matters/{county.matters['planned'].number}/").content.decode()
    for words in (
        "Housing Bureau (invented)",
        "is not counted",
        "working days",
        "Complaint Handling Code",
        "更换三号楼二单元的声控灯。",
        "Draft the stage 1 reply",
    ):
        assert words in page, words
    # impossible acts stand there with everything that is missing, and whose the others are
    assert "At another stage" in page
    assert "For others to do" in page


def post(client: Any, county: Any, matter: str, act: str, **fields: Any) -> Any:
    url = f"/desk/matters/{county.matters[matter].number}/acts/{act}/"
    form = client.get(url).content.decode()
    hidden = dict(re.findall(r'type="hidden" name="(seen|key|target)" value="([^"]*)"', form))
    return client.post(url, {**hidden, **fields})


def test_an_act_is_done_once_however_often_its_button_is_pressed(county: Any, staff: Callable[..., Any]) -> None:
    from huajie.apps.matters import loading

    client = staff("housing")
    number = county.matters["ordinary"].number
    url = f"/desk/matters/{number}/acts/acknowledge/"
    form = client.get(url).content.decode()
    hidden = dict(re.findall(r'type="hidden" name="(seen|key|target)" value="([^"]*)"', form))
    fields = {**hidden, "is_complaint": "complaint", "category": "delay", "message": "收到了。"}
    first = client.post(url, fields)
    assert first.status_code == 302
    before = loading.load(number, using="default").n
    again = client.post(url, fields)
    assert again.status_code == 302
    assert loading.load(number, using="default").n == before
    shown = client.get(first["Location"]).content.decode()
    assert "Done:" in shown
    assert "收到了。" in shown


def test_what_is_wrong_is_named_beside_what_was_typed(county: Any, staff: Callable[..., Any]) -> None:
    response = post(staff("housing"), county, "ordinary", "acknowledge", message="写了一半")
    assert response.status_code == 422
    page = response.content.decode()
    assert "写了一半" in page
    assert 'href="#f-is_complaint"' in page
    assert 'id="f-is_complaint"' in page
    assert "Everything you wrote is still here" in page


def test_a_refusal_names_what_is_missing_where_it_was_asked_for(county: Any, staff: Callable[..., Any]) -> None:
    client = staff("housing")
    page = client.get(f"/desk/matters/{county.matters['ordinary'].number}/acts/draft_reply/").content.decode()
    assert "Not possible now" in page
    response = post(
        client, county, "ordinary", "draft_reply", decision="upheld", findings="a", remedy="b", how_to_escalate="c"
    )
    assert response.status_code == 422
    assert "this needs" in response.content.decode()


def test_the_second_of_two_is_told_what_changed_and_keeps_their_words(county: Any, staff: Callable[..., Any]) -> None:
    one, two = staff("housing"), staff("housing_head")
    number = county.matters["ordinary"].number
    url = f"/desk/matters/{number}/acts/add_note/"
    hidden = dict(re.findall(r'type="hidden" name="(seen|key|target)" value="([^"]*)"', one.get(url).content.decode()))
    assert post(two, county, "ordinary", "add_note", note_text="我先记了一笔").status_code == 302
    late = one.post(url, {**hidden, "note_text": "我后记的话"})
    assert late.status_code == 409
    page = late.content.decode()
    assert "It has changed since you looked" in page
    assert "我先记了一笔" in page
    assert "我后记的话" in page
    again = dict(re.findall(r'type="hidden" name="(seen|key|target)" value="([^"]*)"', page))
    assert again["seen"] != hidden["seen"]
    assert one.post(url, {**again, "note_text": "我后记的话"}).status_code == 302


def test_a_form_that_comes_after_the_session_ended_is_kept_through_signing_in(transactional_db: None) -> None:
    from django.test import Client
    from tests.support.county import PASSWORD, found

    county = found(passwords=("housing",))
    number = county.matters["ordinary"].number
    url = f"/desk/matters/{number}/acts/add_note/"
    client = Client(headers={"accept-language": "en"})
    assert client.post("/desk/sign-in/", {"username": "housing", "password": PASSWORD})["Location"] == "/desk/"
    form = client.get(url).content.decode()
    hidden = dict(re.findall(r'type="hidden" name="(seen|key|target)" value="([^"]*)"', form))
    client.cookies.pop("sessionid")
    late = client.post(url, {**hidden, "note_text": "写了很久的话\n第二行"})
    assert late.status_code == 401
    page = late.content.decode()
    assert "Your session ended" in page and "is kept" in page
    # whoever stands before the screen now reads nothing of it
    assert "写了很久" not in page
    follow = unescape(re.search(r'name="next" value="([^"]*)"', page)[1])  # type: ignore[index]
    back = client.post("/desk/sign-in/", {"username": "housing", "password": PASSWORD, "next": follow})
    page = client.get(back["Location"]).content.decode()
    assert "half written" in page and "写了很久的话\n第二行" in page
    fields = dict(re.findall(r'type="hidden" name="(seen|key|target)" value="([^"]*)"', page))
    assert client.post(url, {**fields, "note_text": "写了很久的话\n第二行"}).status_code == 302
    # sent, so it is gone
    assert "half written" not in client.get(url).content.decode()


def test_a_wrong_password_says_the_same_for_every_name(transactional_db: None) -> None:
    from django.test import Client
    from tests.support.county import found

    found(passwords=("housing",))
    for username in ("housing", "nobody"):
        response = Client(headers={"accept-language": "en"}).post(
            "/desk/sign-in/", {"username": username, "password": "wrong-one-here"}
        )
        assert response.status_code == 401
        assert "Name or password is wrong." in response.content.decode()


def test_signing_in_goes_on_only_to_a_page_of_ours(transactional_db: None) -> None:
    from django.test import Client
    from tests.support.county import PASSWORD, found

    found(passwords=("housing",))
    for asked, wanted in (
        ("https://elsewhere.example/", "/desk/"),
        ("//elsewhere.example", "/desk/"),
        ("/desk/packs/", "/desk/packs/"),
    ):
        response = Client().post("/desk/sign-in/", {"username": "housing", "password": PASSWORD, "next": asked})
        assert response["Location"] == wanted


def test_intake_writes_down_what_came_by_letter(county: Any, staff: Callable[..., Any]) -> None:
    client = staff("intake")
    form = client.get("/desk/intake/?pack=en.complaint").content.decode()
    assert "How did it come in?" in form
    key = re.search(r'name="key" value="([^"]+)"', form)[1]  # type: ignore[index]
    fields = {
        "key": key,
        "channel": "letter",
        "received_at": "2020-01-02T09:30",
        "title": "来信反映路灯",
        "text": "信里写的事情",
        "topic": "t.housing",
        "region": "r.qingshi",
        "mode": "open",
    }
    refused = client.post("/desk/intake/?pack=en.complaint", fields)
    assert refused.status_code == 422
    text = unescape(refused.content.decode())
    # long ago: the date has to be meant
    assert "Tick below that the date is right" in text
    refused = client.post("/desk/intake/?pack=en.complaint", {**fields, "long_ago": "on"})
    assert re.search(r"It came in [\d,]+ working days ago: say why", unescape(refused.content.decode()))
    fields |= {"long_ago": "on", "late_reason": "found in a drawer"}
    response = client.post("/desk/intake/?pack=en.complaint", fields)
    assert response.status_code == 302
    again = client.post("/desk/intake/?pack=en.complaint", fields)
    assert again["Location"] == response["Location"]
    page = client.get(response["Location"].replace("receipt/", ""))
    assert page.status_code == 200
    assert "Letter · 2 Jan 2020 09:30" in page.content.decode()
    assert "found in a drawer" in page.content.decode()


def test_search_marks_what_was_found_and_finds_nobody_by_contact(county: Any, staff: Callable[..., Any]) -> None:
    client = staff("housing")
    assert "<mark>楼道灯</mark>" in said(client.get("/desk/search/", {"q": "楼道灯"}))
    number = county.matters["ordinary"].number
    straight = client.get("/desk/search/", {"q": number.lower()})
    assert (straight.status_code, straight["Location"][:19]) == (302, f"/desk/matters/{number[:4]}-")
    assert "No matter that you may see" in client.get("/desk/search/", {"q": "13900007777"}).content.decode()


def test_the_simulator_says_why_each_rule_won_or_lost(staff: Callable[..., Any]) -> None:
    asked = {"pack": "en.complaint", "topic": "t.wages", "region": "r.qingshi"}
    page = staff("dispatcher").get("/desk/routing/", asked).content.decode()
    assert "Decides: Labour Bureau (invented)" in page
    assert "Lost: does not cover the topic" in page
    none = staff("dispatcher").get("/desk/routing/", {**asked, "topic": "t.other"}).content.decode()
    assert "No rule matched" in none


def test_unverified_sources_say_so(staff: Callable[..., Any]) -> None:
    page = staff("housing").get("/desk/packs/en.complaint/").content.decode()
    assert "from memory, not verified" in page
    assert "not verified yet" in staff("housing").get("/desk/packs/").content.decode()


def test_no_page_has_a_script_or_a_style_of_its_own(county: Any, staff: Callable[..., Any]) -> None:
    number = county.matters["planned"].number
    for page in (
        "/desk/",
        "/desk/matters/",
        f"/desk/matters/{number}/",
        f"/desk/matters/{number}/acts/reply/",
        "/desk/packs/en.complaint/",
    ):
        response = staff("housing").get(page)
        assert "script-src 'self'" in response["Content-Security-Policy"]
        assert not re.search(
            r"<script(?! src=\"/static/[a-z/.0-9]+\" defer></script>)|<style|\sstyle=|\son\w+=",
            response.content.decode(),
        )


ACTS = ("acknowledge", "add_note", "plan_step", "offer_transfer", "add_evidence", "link", "propose_merge", "extend")
typed = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        ["", "0", "-1", "99999999999999999999", "2026-02-30", "2026-11-24", "u.housing", "complaint", "on", "\x00"]
    ),
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    act=st.sampled_from(ACTS),
    fields=st.dictionaries(
        st.sampled_from(
            "is_complaint category message note_text step_text action_days to_unit reason evidence_file "
            "evidence_file-known other_matter merge_ref seen key target extension_days x".split()
        ),
        typed,
        max_size=8,
    ),
)
def test_no_form_breaks_the_server(county: Any, staff: Callable[..., Any], act: str, fields: dict[str, str]) -> None:
    """Whatever is typed, the answer is the act done, or a page that keeps the words."""
    response = staff("housing").post(f"/desk/matters/{county.matters['planned'].number}/acts/{act}/", fields)
    assert response.status_code in (302, 409, 422)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    page=st.sampled_from(
        ["/desk/", "/desk/matters/", "/desk/search/", "/desk/queue/", "/desk/routing/", "/desk/seat/"]
    ),
    query=st.dictionaries(
        st.sampled_from(
            ["after", "q", "pack", "stage", "topic", "region", "unit", "due", "closed", "seat", "scope", "to"]
        ),
        typed,
        max_size=4,
    ),
)
def test_no_query_breaks_a_page(staff: Callable[..., Any], page: str, query: dict[str, str]) -> None:
    assert staff("intake").get(page, query).status_code in (200, 400)
