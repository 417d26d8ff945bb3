"""The desk opens the vault by a form, once; proposes names before a text is kept; lets people into a minor's file."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from huajie.apps.matters import disclosure, loading
from huajie.apps.matters.errors import UnknownMatter
from huajie.apps.matters.operations import Submission, submit
from huajie.apps.matters.verify import verify
from huajie.core.access import ANONYMOUS
from huajie.core.ledger import stamp


@pytest.fixture
def brought(county: Any) -> Callable[..., Any]:
    def make(topic: str = "t.heating", **more: Any) -> Any:
        given: dict[str, Any] = {"contact": {"name": "欧阳听雨", "phone": "13900139000"}, **more}
        known = county.matters["minor" if topic == "minor" else "ordinary"]
        tip = loading.load(known.stream, using="default")
        assert tip is not None and tip.state is not None
        return submit(
            Submission(
                pack=tip.state.pack_name,
                topic=tip.state.topic,
                region=tip.state.region,
                texts={"title": "楼道灯", "text": "灯坏了，打13900139000，车牌浙A12345。"},
                **given,
            ),
            actor=ANONYMOUS,
            now=datetime.now(UTC),
        )

    return make


def form(**more: str) -> dict[str, str]:
    return {"key": str(uuid4()), "what": "contact", "purpose": "reach", "purpose_words": "约时间上门查看", **more}


def page_of(response: Any) -> str:
    found: str = response.content.decode()
    return found


def test_what_was_opened_is_shown_once_and_kept_by_nobody(brought: Any, staff: Callable[..., Any]) -> None:
    written = brought()
    url = f"/desk/matters/{written.number}/open/"
    client = staff("housing")
    assert "13900139000" not in page_of(client.get(url))
    sent = form()
    response = client.post(url, sent)
    assert response.status_code == 200 and "no-store" in response["Cache-Control"]
    assert "13900139000" in page_of(response) and "欧阳听雨" in page_of(response)
    again = client.post(url, sent)
    assert again.status_code == 200 and "13900139000" not in page_of(again)
    shown = page_of(client.get(f"/desk/matters/{written.number}/"))
    assert "约时间上门查看" in shown and "13900139000" not in shown
    assert verify().clean


def test_what_was_taken_out_is_shown_in_place(brought: Any, staff: Callable[..., Any]) -> None:
    written = brought()
    response = staff("housing").post(f"/desk/matters/{written.number}/open/", form(what="masked"))
    shown = re.sub(r"</?span[^>]*>", "", page_of(response))
    assert re.search(r"打<mark[^>]*>13900139000</mark>，车牌<mark[^>]*>浙A12345</mark>。", shown)


def test_a_form_without_a_purpose_opens_nothing_and_says_what_is_missing(
    brought: Any, staff: Callable[..., Any]
) -> None:
    written = brought()
    response = staff("housing").post(f"/desk/matters/{written.number}/open/", form(purpose="", purpose_words=""))
    assert response.status_code == 422
    assert "Fill in “Purpose”" in page_of(response) and "Fill in “Purpose in your own words”" in page_of(response)
    assert "13900139000" not in page_of(response)


def test_the_handler_of_a_confidential_matter_is_shown_the_relay_instead(
    brought: Any, staff: Callable[..., Any]
) -> None:
    written = brought(mode="confidential")
    url = f"/desk/matters/{written.number}/open/"
    assert "came in confidence" in page_of(staff("housing").get(url))
    for what in ("contact", "masked"):
        response = staff("housing").post(url, form(what=what))
        assert response.status_code == 422 and "13900139000" not in page_of(response)


def test_the_resident_sees_who_opened_what_when_and_why(brought: Any, staff: Callable[..., Any]) -> None:
    from django.test import Client

    written = brought()
    staff("housing").post(f"/desk/matters/{written.number}/open/", form())
    resident = Client(headers={"accept-language": "en"})
    assert resident.post("/follow/", {"number": written.number, "secret": written.secret}).status_code == 302
    shown = page_of(resident.get(f"/matters/{written.number}/"))
    for words in ("The vault was opened", "Housing Bureau (invented)", "To reach the person", "约时间上门查看"):
        assert words in shown, words


def test_everybody_sees_the_count_and_the_auditor_the_list(brought: Any, staff: Callable[..., Any]) -> None:
    from django.test import Client

    written = brought()
    staff("housing").post(f"/desk/matters/{written.number}/open/", form())
    disclosure.forget_count()
    assert "1 opening" in page_of(Client(headers={"accept-language": "en"}).get("/openings/"))
    from huajie.apps.matters.numbers import shown

    listed = page_of(staff("auditor").get("/desk/openings/"))
    assert shown(written.number) in listed and "13900139000" not in listed
    assert staff("housing").get("/desk/openings/").status_code == 404


def test_a_minors_file_opens_only_after_the_head_let_somebody_in(brought: Any, staff: Callable[..., Any]) -> None:
    written = brought("minor", contact=None)
    page = f"/desk/matters/{written.number}/"
    handler, head = staff("housing"), staff("housing_head")

    def seen() -> str:
        tip = loading.load(written.stream, using="default")
        assert tip is not None
        return str(tip.n)

    def do(client: Any, name: str, **more: str) -> Any:
        return client.post(f"{page}access/", {"key": str(uuid4()), "seen": seen(), "do": name, **more})

    opened = handler.post(f"{page}open/", form(what="file", purpose="care"))
    assert opened.status_code == 422 and "灯坏了" not in page_of(opened)
    assert do(handler, "access-asked").status_code == 422
    assert do(handler, "access-asked", access_reason="下周入户走访").status_code == 302
    listed = page_of(head.get(f"{page}access/"))
    assert "下周入户走访" in listed
    person = re.search(r'name="person" value="([0-9a-f]{32})"', listed)
    assert person is not None
    assert do(handler, "access-approved", person=person[1], days="7").status_code == 422
    assert do(head, "access-approved", person=person[1], days="7").status_code == 302
    assert "灯坏了" not in page_of(handler.get(page))
    assert "灯坏了" in page_of(handler.post(f"{page}open/", form(what="file", purpose="care")))
    assert do(head, "access-revoked", person=person[1], access_reason="走访已完成").status_code == 302
    again = handler.post(f"{page}open/", form(what="file", purpose="care"))
    assert again.status_code == 422 and "灯坏了" not in page_of(again)
    audit = page_of(staff("dpo").get("/desk/openings/"))
    assert "Yearly audit" in audit and ">1<" in audit
    assert verify().clean


def brought_with_photo(county: Any) -> tuple[Any, str]:
    county.photos = True
    known = county.bring_in("pictured", "t.children")
    return known, known.photo


def let_in(known: Any, who: Any, until: datetime) -> None:
    from huajie.apps.matters.operations import Order, act

    handler, head = who("housing"), who("housing_head")
    asked = Order(act="access-asked", texts={"access_reason": "下周入户走访"})
    act(known.stream, asked, actor=handler, now=datetime.now(UTC))
    given = {"person": handler.person, "until": stamp(until)}
    act(known.stream, Order(act="access-approved", inputs=given), actor=head, now=datetime.now(UTC))


@pytest.mark.accept("P3")
def test_pictures_of_a_minors_file_are_handed_to_whoever_opened_them_and_for_minutes_only(
    county: Any, staff: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    known, photo = brought_with_photo(county)
    url = f"/desk/matters/{known.number}/"
    handler, head = staff("housing"), staff("housing_head")
    refused = handler.post(f"{url}open/", form(what="attachments", purpose="care"))
    assert refused.status_code == 422 and photo not in page_of(refused)
    let_in(known, county.actor, datetime.now(UTC) + timedelta(days=1))
    assert handler.get(f"{url}files/{photo}/").status_code == 404
    page = page_of(handler.post(f"{url}open/", form(what="attachments", purpose="care")))
    found = re.search(rf'href="(/desk/matters/[^"]+/opened/(\d+)/{photo}/)"', page)
    assert found is not None and "photo.jpg" in page
    response = handler.get(found[1])
    assert response.status_code == 200 and "no-store" in response["Cache-Control"]
    assert b"".join(response.streaming_content)[:2] == b"\xff\xd8"
    # the head may open it too, by an opening of their own and not by this one
    assert head.get(found[1]).status_code == 404
    assert handler.get(found[1].replace(f"/opened/{found[2]}/", "/opened/1/")).status_code == 404
    assert handler.get(found[1].replace(photo, "0" * 32)).status_code == 404
    entry = loading.load(known.stream, using="default")
    assert entry is not None and entry.state is not None and entry.state.openings[-1][2] == "attachments"
    late = datetime.now(UTC) + timedelta(minutes=10)
    with pytest.raises(UnknownMatter):
        disclosure.file_in_hand(county.actor("housing"), known.stream, int(found[2]), photo, now=late)
    assert do_revoke(known, county) and handler.get(found[1]).status_code == 404
    assert verify().clean


def do_revoke(known: Any, county: Any) -> bool:
    from huajie.apps.matters.operations import Order, act

    given = {"person": county.actor("housing").person}
    order = Order(act="access-revoked", inputs=given, texts={"access_reason": "走访已完成"})
    return bool(act(known.stream, order, actor=county.actor("housing_head"), now=datetime.now(UTC)).n)


def test_pictures_are_not_handed_out_after_the_approval_ran_out_however_late_its_timer(county: Any) -> None:
    known, photo = brought_with_photo(county)
    handler, until = county.actor("housing"), datetime.now(UTC) + timedelta(minutes=5)
    let_in(known, county.actor, until)
    opened = disclosure.open_identity(
        known.stream, what="attachments", purpose="care", said="看门口的照片", actor=handler, now=datetime.now(UTC)
    )
    assert [item["id"] for item in opened.files] == [photo]
    n = opened.written.n
    before = until - timedelta(seconds=1)
    assert disclosure.file_in_hand(handler, known.stream, n, photo, now=before).item["id"] == photo
    with pytest.raises(UnknownMatter):
        disclosure.file_in_hand(handler, known.stream, n, photo, now=until)


def test_a_file_without_pictures_has_none_to_open(brought: Any, county: Any) -> None:
    from huajie.core.procedure import Refused

    written = brought("minor", contact=None)
    let_in(written, county.actor, datetime.now(UTC) + timedelta(days=1))
    with pytest.raises(Refused) as nothing:
        disclosure.open_identity(
            written.stream,
            what="attachments",
            purpose="care",
            said="看照片",
            actor=county.actor("housing"),
            now=datetime.now(UTC),
        )
    assert [one.code for one in nothing.value.unmet] == ["no-identity"]


def test_an_approval_ends_by_itself(brought: Any, county: Any) -> None:
    from datetime import UTC, datetime, timedelta

    from huajie.apps.matters.operations import Order, act, tick
    from huajie.core.ledger import stamp
    from huajie.core.procedure import Refused

    written = brought("minor", contact=None)
    handler, head = county.actor("housing"), county.actor("housing_head")
    now = datetime.now(UTC)
    act(written.number, Order("access-asked", texts={"access_reason": "走访"}), actor=handler, now=now)
    until = now + timedelta(days=2)
    inputs = {"person": handler.person, "until": stamp(until)}
    act(written.number, Order("access-approved", inputs=inputs), actor=head, now=now)
    late = until + timedelta(seconds=1)
    opening: dict[str, Any] = {"what": "file", "purpose": "care", "said": "走访"}
    with pytest.raises(Refused):
        # the hand of the clock has not been there yet, and it is over all the same
        disclosure.open_identity(written.number, actor=handler, now=late, **opening)
    while tick(late):
        pass
    tip = loading.load(written.stream, using="default")
    assert tip is not None and tip.state is not None
    assert tip.state.access[handler.person]["state"] == "expired"
    assert verify().clean


def test_probable_names_are_asked_about_before_anything_is_kept(county: Any, staff: Callable[..., Any]) -> None:
    from huajie.apps.matters.queries import see

    known = county.matters["ordinary"]
    tip = loading.load(known.stream, using="default")
    assert tip is not None
    client, url = staff("housing"), f"/desk/matters/{known.number}/acts/add_note/"
    sent = {"key": str(uuid4()), "seen": str(tip.n), "note_text": "邻居王建国反映，李大明同意。"}
    asked = client.post(url, sent)
    assert asked.status_code == 200
    assert 'name="hide" value="王建国"' in page_of(asked) and 'name="names_asked" value="1"' in page_of(asked)
    still = loading.load(known.stream, using="default")
    assert still is not None and still.n == tip.n
    assert client.post(url, {**sent, "names_asked": "1", "hide": ["王建国"]}).status_code == 302
    texts = see(county.actor("housing"), known.stream).texts.values()
    assert "邻居〔姓名1〕反映，李大明同意。" in texts
