"""An area worker goes and looks where asked, takes in what they come upon, and sees nothing else."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.support import papers

Staff = Callable[..., Client]

FOUND = {"visited_at": "2026-11-20T10:30", "visit_found": "灯不亮，线头露在外面，离地两米。"}
FIELDS = {
    "pack": "open311",
    "topic": "t.housing",
    "region": "r.qingshi",
    "mode": "open",
    "service_kind": "streetlight",
    "title": "巷口路灯不亮",
    "text": "李家巷口的灯坏了。",
    "contact-name": "某居民",
    "contact-phone": "13900008888",
    "step": "send",
}


def shown(county: Any, name: str) -> str:
    from huajie.apps.matters.numbers import shown as with_hyphens

    return with_hyphens(county.matters[name].number)


def clean(where: Any = None) -> bool:
    from huajie.apps.matters.verify import verify

    report = verify()
    assert report.clean, report.differences
    return True


def state_of(county: Any, name: str) -> Any:
    from huajie.apps.matters import loading

    tip = loading.load(county.matters[name].stream, using="default")
    assert tip is not None
    return tip.state


def answer(client: Client, county: Any, name: str, act: str, **form: Any) -> Any:
    state = state_of(county, name)
    address = f"/desk/matters/{shown(county, name)}/acts/{act}/"
    return client.post(address, {"key": str(uuid4()), "seen": str(state.n), "target": "site_visit#1", **form})


def test_a_visit_is_asked_answered_with_a_photo_and_the_handler_goes_on(county: Any, staff: Staff) -> None:
    worker, handler = staff("area_worker"), staff("housing")
    number = shown(county, "visited")
    day = worker.get("/desk/").content.decode()
    assert number in day and "Asked of us" in day and "Visit to the place" in day
    # that matter and no other, on any page
    every = {name: shown(county, name) for name in county.matters if name != "visited"}
    for address in ("/desk/", "/desk/?scope=all", "/desk/matters/", "/desk/matters/?closed=1"):
        page = worker.get(address).content.decode()
        assert not [name for name, other in every.items() if other in page], address
    assert {worker.get(f"/desk/matters/{other}/").status_code for other in every.values()} == {404}
    page = unescape(worker.get(f"/desk/matters/{number}/").content.decode())
    assert "三号楼二单元" in page and "声控灯亮不亮，线路有没有外露。" in page
    # the form asks for the place and never for a person, nor for where the worker is
    form = worker.get(f"/desk/matters/{number}/acts/report_visit/?target=site_visit%231").content.decode()
    assert "三号楼二单元" in form and "线路有没有外露" in form
    assert set(re.findall(r'name="([a-z_]+)"', form)) & {"point", "lat", "lon", "contact", "person"} == set()
    opening = {"key": str(uuid4()), "what": "contact", "purpose": "reach", "purpose_words": "想打个电话。"}
    assert worker.post(f"/desk/matters/{number}/open/", opening).status_code == 422
    sent = answer(
        worker,
        county,
        "visited",
        "report_visit",
        **FOUND,
        visit_photos=SimpleUploadedFile("灯.jpg", papers.photo(), "image/jpeg"),
    )
    assert sent.status_code == 302, unescape(sent.content.decode())
    assert worker.get(f"/desk/matters/{number}/").status_code == 404
    assert number not in worker.get("/desk/").content.decode()
    seen = unescape(handler.get(f"/desk/matters/{number}/").content.decode())
    assert FOUND["visit_found"] in seen and "/files/" in seen
    state = state_of(county, "visited")
    assert state.requests["site_visit#1"].state == "done"
    assert state.unit == "u.housing" and state.counts["handoffs"] == 0 and clean()
    county.act(
        "visited",
        "housing",
        "acknowledge",
        inputs={"is_complaint": "complaint", "category": "delay"},
        texts={"message": "已到现场看过，十个工作日内答复。"},
    )
    assert state_of(county, "visited").stage != state.stage and clean()


def test_whoever_answers_lands_on_a_page_that_they_may_see(county: Any, staff: Staff) -> None:
    worker = staff("area_worker")
    sent = answer(worker, county, "visited", "report_visit", **FOUND)
    assert worker.get(sent["Location"]).status_code == 200


def test_a_visit_is_declined_taken_back_or_returned_when_nobody_goes(county: Any, staff: Staff) -> None:
    from tests.support.county import ASK_VISIT

    from huajie.apps.matters.operations import tick

    worker = staff("area_worker")
    answer(worker, county, "visited", "decline_visit", reason="路被水淹了。")
    assert state_of(county, "visited").requests["site_visit#1"].state == "refused"
    county.act("visited", "housing", "ask_visit", **ASK_VISIT)
    county.act("visited", "housing", "withdraw_visit", texts={"reason": "自己去看过了。"})
    assert state_of(county, "visited").requests["site_visit#2"].state == "withdrawn"
    county.act("visited", "housing", "ask_visit", **ASK_VISIT)
    assert shown(county, "visited") in worker.get("/desk/").content.decode()
    clock = state_of(county, "visited").clocks["visit#site_visit#3"]
    tick(now=datetime.fromisoformat(clock.due_at) + timedelta(minutes=1))
    state = state_of(county, "visited")
    assert state.requests["site_visit#3"].state == "lapsed" and state.seat == "s.housing.one"
    assert worker.get(f"/desk/matters/{shown(county, 'visited')}/").status_code == 404 and clean()


def test_nobody_is_asked_to_look_at_what_is_kept_closely(county: Any) -> None:
    from tests.support.county import ASK_VISIT

    from huajie.core.procedure import Refused

    for name in ("sealed", "minor"):
        with pytest.raises(Refused) as told:
            county.act(name, "housing", "ask_visit", **ASK_VISIT)
        assert "when" in {unmet.code for unmet in told.value.unmet}, name
    with pytest.raises(Refused):
        county.act(
            "ordinary",
            "housing",
            "ask_visit",
            inputs={"visitor_seat": "s.labour.one"},
            texts=ASK_VISIT["texts"],
        )


def take_in(client: Client, **fields: str) -> Any:
    return client.post("/desk/intake/", {**FIELDS, "key": str(uuid4()), **fields})


def test_a_matter_is_taken_in_on_the_spot_its_receipt_handed_over_and_then_closed(county: Any, staff: Staff) -> None:
    worker = staff("area_worker")
    page = unescape(worker.get("/desk/intake/").content.decode())
    assert 'value="field"' in page and 'value="counter"' not in page
    assert 'value="r.qingshi"' in page and 'value="r.yunxi"' not in page
    sent = take_in(worker)
    assert sent.status_code == 302, unescape(sent.content.decode())
    receipt = worker.get(sent["Location"])
    number, secret = re.findall(r'<span class="secret">([^<]+)</span>', receipt.content.decode())
    assert Client().post("/follow/", {"number": number, "secret": secret}).status_code == 302
    from huajie.apps.matters import loading

    tip = loading.load(number, using="default")
    assert tip is not None and tip.state is not None
    assert (tip.state.channel, tip.state.intake_unit) == ("field", "u.qingshi")
    # the receipt and nothing else: not the matter, its acts, its list, its identity
    for rest in ("", "open/", "acts/add_note/", "alike/"):
        assert worker.get(f"/desk/matters/{number}/{rest}").status_code == 404, rest
    for address in ("/desk/matters/", "/desk/search/?q=" + number, "/desk/search/?q=路灯"):
        assert f'/desk/matters/{number}/"' not in worker.get(address).content.decode(), address
    day = worker.get("/desk/").content.decode()
    assert f"/desk/matters/{number}/receipt/" in day and "巷口" not in day
    # a colleague's session has no part in it, and neither has this one once the paper is handed over
    assert staff("area_worker").get(f"/desk/matters/{number}/receipt/").status_code == 404
    handed = worker.post(f"/desk/matters/{number}/receipt/handed-over/")
    assert handed.status_code == 302 and worker.get(handed["Location"]).status_code == 200
    assert worker.get(f"/desk/matters/{number}/receipt/").status_code == 404
    assert number not in worker.get("/desk/").content.decode() and clean()


def test_a_receipt_can_be_printed_for_half_an_hour_and_no_longer(
    county: Any, staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huajie.edges.desk import receipt

    worker = staff("area_worker")
    monkeypatch.setattr(receipt, "SHOWN_FOR", timedelta(seconds=-1))
    sent = take_in(worker)
    assert sent.status_code == 302
    assert worker.get(sent["Location"]).status_code == 404
    assert "/receipt/" not in worker.get("/desk/").content.decode()


def test_an_area_worker_takes_in_by_one_channel_and_for_their_own_region(county: Any, staff: Staff) -> None:
    from huajie.apps.matters.operations import Submission, submit
    from huajie.core.procedure import Refused

    sent = take_in(staff("area_worker"), region="r.yunxi")
    assert sent.status_code == 422 and "the region that they serve" in unescape(sent.content.decode())
    worker = county.actor("area_worker", datetime.now(UTC))

    def refused(**more: Any) -> set[str]:
        wanted = {"pack": "open311", "topic": "t.housing", "region": "r.qingshi", "channel": "field"}
        texts = {"title": "路灯不亮", "text": "坏了。"}
        with pytest.raises(Refused) as told:
            inputs = {"service_kind": "streetlight"}
            submit(Submission(**{**wanted, **more}, texts=texts, inputs=inputs), actor=worker, now=datetime.now(UTC))
        return {unmet.path for unmet in told.value.unmet}

    assert refused(channel="counter") == {"input.channel"}
    assert refused(region="r.yunxi") == {"input.region"}
    assert refused(region="") == {"input.region"}
    assert refused(pack="any.incident") >= {"acts.submit.by"}


def test_the_frame_offers_an_area_worker_their_day_and_taking_in(county: Any, staff: Staff) -> None:
    page = staff("area_worker").get("/desk/").content.decode()
    links = set(re.findall(r'href="(/desk/[a-z]*/?)"', page))
    assert {"/desk/", "/desk/intake/"} <= links
    assert not links & {"/desk/queue/", "/desk/search/", "/desk/letters/", "/desk/openings/", "/desk/routing/"}
