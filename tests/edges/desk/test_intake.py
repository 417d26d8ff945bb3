"""The intake desk: one screen, nothing typed is lost, each participant a receipt, a lost secret by two."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

Staff = Callable[..., Client]

FIELDS = {
    "channel": "counter",
    "pack": "cn.petition.request",
    "topic": "t.wages",
    "region": "r.qingshi",
    "mode": "open",
    "title": "拖欠三个月工资",
    "text": "工地三个月没有发工资。",
    "wish": "发工资",
    "step": "send",
}


def send(client: Client, **fields: str) -> Any:
    return client.post("/desk/intake/", {**FIELDS, "key": str(uuid4()), **fields})


def words(response: Any) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", response.content.decode()))


def faults(response: Any) -> list[str]:
    found = re.search(r'<ul class="faults">(.*?)</ul>', response.content.decode(), re.DOTALL)
    assert found is not None, response.status_code
    return [unescape(re.sub(r"<[^>]+>", "", line)).strip() for line in found[1].split("</li>") if line.strip()]


def secrets_of(page: str) -> list[str]:
    return re.findall(r'<span class="secret">([A-Z2-9]{4}(?:-[A-Z2-9]{4}){3})</span>', page)


def opens(number: str, secret: str) -> bool:
    return Client().post("/follow/", {"number": number, "secret": secret}).status_code == 302


def test_everything_that_is_missing_is_named_at_once(county: Any, staff: Staff) -> None:
    response = staff("intake").post("/desk/intake/", {"key": str(uuid4()), "pack": "cn.petition.request"})
    assert response.status_code == 422
    assert faults(response) == [
        "Choose what it is about, or let us choose.",
        "Choose where it is.",
        "Choose who may know who you are.",
        "Fill in: In one line",
        "Fill in: Facts and reasons",
        "Fill in: What you ask for",
        "Choose how it came in.",
    ]


@pytest.mark.parametrize(
    ("channel", "topic", "proposed"),
    [
        ("letter", "t.housing", "Petition that asks for a decision"),
        ("mailbox", "t.housing", "Petition that asks for a decision"),
        ("hotline", "t.housing", "Service request"),
        ("phone", "t.wages", "Service request"),
    ],
)
def test_the_procedure_is_proposed_by_channel_and_topic(
    county: Any, staff: Staff, channel: str, topic: str, proposed: str
) -> None:
    page = staff("intake").post("/desk/intake/", {"step": "look", "channel": channel, "topic": topic})
    chosen = re.search(
        r'<select class="input" id="f-pack".*?<option value="[^"]+" selected>([^<]+)<', page.content.decode(), re.DOTALL
    )
    assert chosen is not None and unescape(chosen[1]).startswith(proposed)


@pytest.mark.parametrize(
    ("zh", "en", "proposed"),
    [
        ("路灯和照明", "Street lights", "Service request"),
        ("树木", "Trees", "Service request"),
        ("街面经营", "Street trading", "Petition that asks for a decision"),
    ],
)
def test_a_pack_says_itself_which_topics_it_suits_whatever_a_place_calls_them(
    county: Any, staff: Staff, zh: str, en: str, proposed: str
) -> None:
    from huajie.apps.jurisdiction import operations as jurisdiction
    from huajie.core.access import SYSTEM

    above = {"do": "set_topic", "id": "t.x", "parent": "t.other", "name": {"zh": zh, "en": en}}
    below = {"do": "set_topic", "id": "t.x.y", "parent": "t.x", "name": {"zh": "其中一种", "en": "One of them"}}
    jurisdiction.change([above, below], actor=SYSTEM, now=datetime.now(UTC))
    for topic in ("t.x", "t.x.y"):
        page = staff("intake").post("/desk/intake/", {"step": "look", "channel": "letter", "topic": topic})
        chosen = re.search(
            r'<select class="input" id="f-pack".*?<option value="[^"]+" selected>([^<]+)<',
            page.content.decode(),
            re.DOTALL,
        )
        assert chosen is not None and unescape(chosen[1]).startswith(proposed)
    if proposed == "Service request":
        assert f"usual for: {en}" in words(page)


def test_a_rule_that_names_a_procedure_for_the_topic_comes_first(county: Any, staff: Staff) -> None:
    from huajie.apps.jurisdiction import operations as jurisdiction
    from huajie.core.access import SYSTEM

    rule = {"do": "set_remit", "id": "m.special", "unit": "u.labour", "topics": ["t.wages"], "regions": ["*"]}
    jurisdiction.change([{**rule, "power": "decide", "pack": "en.complaint"}], actor=SYSTEM, now=datetime.now(UTC))
    page = words(staff("intake").post("/desk/intake/", {"step": "look", "channel": "letter", "topic": "t.wages"}))
    assert "a rule for this topic names it: Labour Bureau (invented)" in page


def test_changing_the_procedure_loses_nothing_that_was_typed(county: Any, staff: Staff) -> None:
    client = staff("intake")
    typed = {**FIELDS, "step": "pack", "pack": "open311", "others": "钱乙某, 19900002222", "people": "2"}
    page = client.post("/desk/intake/", typed).content.decode()
    assert 'value="拖欠三个月工资"' in page and "工地三个月没有发工资。" in page and "钱乙某, 19900002222" in page
    # this one has no such field: it stays there, is said, and comes back
    assert '<input type="hidden" name="wish" value="发工资">' in page
    assert "This procedure has no “What you ask for”" in unescape(page)
    back = client.post("/desk/intake/", {**typed, "pack": "cn.petition.request"}).content.decode()
    assert re.search(r'<textarea id="f-wish"[^>]*>\s*发工资</textarea>', back)


def test_topic_and_place_are_found_by_words_and_the_way_is_shown_before(county: Any, staff: Staff) -> None:
    client = staff("intake")
    page = client.post(
        "/desk/intake/", {"step": "find", "topic_words": "老板欠薪不给", "region_words": "青石"}
    ).content.decode()
    assert 'name="pick" value="topic:t.wages"' in page and 'name="pick" value="region:r.qingshi"' in page
    page = words(client.post("/desk/intake/", {"pick": "topic:t.wages", "region": "r.qingshi", "channel": "letter"}))
    assert "Would go to Labour Bureau (invented)" in re.sub(r"\s+", " ", page)
    assert "Labour Bureau (invented) decides on Wages (invented) in every place" in page
    assert "No topic found" in words(client.post("/desk/intake/", {"step": "find", "topic_words": "xyzzy"}))


def local(at: datetime) -> str:
    return (at + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M")


@pytest.mark.accept("P6")
def test_a_gap_asks_for_its_reason_and_the_page_shows_both_moments(county: Any, staff: Staff) -> None:
    client = staff("intake")
    now = datetime.now(UTC)
    old = local(now - timedelta(days=14))
    response = send(client, received_at=old, channel="letter")
    assert response.status_code == 422
    assert re.fullmatch(r"It came in \d+ working days ago: say why it is written down only now\.", faults(response)[0])
    response = send(client, received_at=old, channel="letter", late_reason="信送到了别的科室")
    assert response.status_code == 302
    page = words(client.get(response["Location"].replace("receipt/", "")))
    assert re.search(r"Written down .* working days later", re.sub(r"\s+", " ", page)) and "信送到了别的科室" in page
    # the future, and a date that is a slip of the finger
    assert "It can't have come in later than now." in faults(send(client, received_at=local(now + timedelta(days=1))))
    far = faults(send(client, received_at="1926-11-20T09:00", late_reason="x"))
    assert any("Tick below that the date is right" in one for one in far)


def test_who_can_t_read_has_it_read_back(county: Any, staff: Staff) -> None:
    client = staff("intake")
    refused = send(client, cannot_read="on", spoke_by="interpreter")
    assert len(faults(refused)) == 2
    assert "Write which language was interpreted." in faults(refused)
    named = {"agent-name": "巴某某", "agent-language": "维吾尔语"}
    response = send(client, cannot_read="on", spoke_by="interpreter", read_back="on", **named)
    assert response.status_code == 302
    page = words(client.get(response["Location"].replace("receipt/", "")))
    assert "Interpreter, sign language included" in page and "read papers aloud when you serve them" in page
    assert "巴某某" not in page and "维吾尔语" not in page
    assert "We read it to you and you said that it is right." in words(client.get(response["Location"]))


def test_each_participant_gets_a_receipt_that_works(county: Any, staff: Staff) -> None:
    client = staff("intake")
    assert any("At most 5" in one for one in faults(send(client, people="9", spokespersons="\n".join("一二三四五六"))))
    assert any("at least 3" in one for one in faults(send(client, people="2", others="钱乙某\n-")))
    assert any("joint matter" in one for one in faults(send(client, spokespersons="钱乙某")))
    assert any("nobody's name" in one for one in faults(send(client, mode="anonymous", others="钱乙某")))
    response = send(client, people="4", others="钱乙某, 19900002222\n-", spokespersons="钱乙某")
    receipt = client.get(response["Location"])
    secrets = secrets_of(receipt.content.decode())
    number = response["Location"].split("/")[3]
    assert len(set(secrets)) == 4 and all(opens(number, secret) for secret in secrets)
    assert "钱乙某" not in receipt.content.decode() and "participant 4 of 4" in words(receipt)
    page = words(client.get(f"/desk/matters/{number}/"))
    assert "4 people" in page and "钱乙某" not in page


def test_a_receipt_prints_on_two_papers_in_the_resident_s_language_and_no_address_has_the_secret(
    county: Any, staff: Staff
) -> None:
    client = staff("intake")
    location = send(client)["Location"]
    (secret,) = secrets_of(client.get(location).content.decode())
    chinese = client.get(f"{location}?paper=58&lang=zh").content.decode()
    assert (
        "sheet-58" in chinese and '<html lang="zh-Hans">' in chinese and "我们答应您" in chinese and secret in chinese
    )
    assert "信访工作条例" in chinese and "<svg" in chinese
    for page in (chinese, client.get(location).content.decode()):
        assert not any(secret in address for address in re.findall(r'(?:href|action|src)="([^"]+)"', page))
    from huajie.edges.desk.receipt import code_of

    number = location.split("/")[3]
    address = f"http://testserver/follow/?number={number}"
    assert str(code_of(address)) in chinese, "the code leads to the follow page with the number, and holds nothing else"
    # handed over: nobody at this seat can print it again, nor could anybody else before
    assert secret not in staff("labour").get(location).content.decode()
    client.post(f"{location}handed-over/")
    again = client.get(location)
    assert again.status_code == 200 and secrets_of(again.content.decode()) == []
    assert "not printed again" in words(again)
    assert secret not in client.get(location.replace("receipt/", "")).content.decode()


def act_on(client: Client, number: str, name: str, **fields: str) -> Any:
    form = client.get(f"/desk/matters/{number}/acts/{name}/").content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(seen|key|target)" value="([^"]*)">', form))
    return client.post(f"/desk/matters/{number}/acts/{name}/", {**hidden, **fields})


def test_a_lost_secret_is_given_anew_by_two_and_the_resident_sees_it(county: Any, staff: Staff) -> None:
    clerk, labour = staff("intake"), staff("labour")
    location = send(clerk)["Location"]
    (old,) = secrets_of(clerk.get(location).content.decode())
    number = location.split("/")[3]
    clerk.post(f"{location}handed-over/")
    assert act_on(clerk, number, "reissue_secret", known_by="details").status_code == 302
    alone = act_on(clerk, number, "confirm_reissue")
    assert alone.status_code == 422 and "A colleague confirms this" in words(alone)
    assert opens(number, old)
    reader = Client(headers={"accept-language": "en"})
    reader.post("/follow/", {"number": number, "secret": old})
    assert reader.get(f"/matters/{number}/").status_code == 200
    confirmed = act_on(labour, number, "confirm_reissue")
    assert confirmed["Location"] == location
    (new,) = secrets_of(labour.get(location).content.decode())
    assert new != old and opens(number, new) and not opens(number, old)
    # who had shown the old one is asked again, at once
    assert reader.get(f"/matters/{number}/").status_code == 302
    reader.post("/follow/", {"number": number, "secret": new})
    page = words(reader.get(f"/matters/{number}/"))
    assert "Confirm the new secret" in page and "Known by: They knew what only whoever brought it knows" in page
    # the clerk who asked sees no secret
    assert secrets_of(clerk.get(location).content.decode()) == []


def test_a_number_elsewhere_is_shown_found_and_points_to_the_same_one(county: Any, staff: Staff) -> None:
    client = staff("intake")
    assert any("from which system" in one for one in faults(send(client, external_number="GD20261125-001")))
    # never a number of a person: neither at the counter nor by the act
    for person in ("19900001111", "110101199003074514"):
        assert any("of a person" in one for one in faults(send(client, channel="hotline", external_number=person)))
    # a hotline order brings the number of the hotline
    first = send(client, channel="hotline", pack="cn.petition.request", external_number="GD20261125-001")[
        "Location"
    ].split("/")[3]
    second = send(client)["Location"].split("/")[3]
    done = act_on(client, second, "add_number", external_system="12345", external_number="GD20261125-001")
    assert done.status_code == 302
    page = client.get(f"/desk/matters/{second}/").content.decode()
    assert "12345 hotline order" in page and "GD20261125-001" in page and f"/desk/matters/{first}/" in page
    assert "perhaps the same problem; the resident says" in page
    found = client.get("/desk/search/", {"q": "GD20261125-001"}).content.decode()
    assert f"/desk/matters/{first}/" in found and f"/desk/matters/{second}/" in found
    # by those alone who may search these matters
    assert (
        f"/desk/matters/{first}/" not in staff("housing").get("/desk/search/", {"q": "GD20261125-001"}).content.decode()
    )
    assert f"/desk/matters/{first}/" not in staff("housing").get("/desk/matters/").content.decode()


def test_no_post_breaks_the_desk(county: Any, staff: Staff) -> None:
    client = staff("intake")
    for fields in (
        {"people": "٣", "others": "\x00"},
        {"people": "99999999"},
        {"others": "一\n" * 700},
        {"received_at": "0001-01-01T00:00"},
        {"received_at": "9999-12-31T23:59"},
        {"late_reason": "长" * 1001},
        {"pick": "topic:"},
        {"pick": "unit:u.gov"},
        {"channel": "import"},
        {"pack": "no.such"},
        {"spoke_by": "friend"},
        {"external_system": "x", "external_number": "1"},
    ):
        assert send(client, **fields).status_code in (200, 302, 422), fields
    assert client.get("/desk/intake/?pack=x&topic=y&region=z&channel=w").status_code == 200
