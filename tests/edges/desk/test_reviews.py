"""The pages of progress reviews: days are set, a review is held, decisions go out at once, minutes are confirmed."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def begun(county: Any) -> str:
    """Daily reviews, the first one begun yesterday; gives the address of the newest."""
    from huajie.apps.supervision import reviews
    from huajie.core.supervision import Phase

    now = datetime.now(UTC)
    today = now.astimezone(ZONE).date()
    reviews.set_cadence([Phase(1, "day", today)], actor=county.actor("supervisor", now), now=now)
    assert reviews.freeze_due(now + timedelta(days=4)) > 0
    return f"/desk/reviews/{reviews.reviews()[0].day.isoformat()}/"


def test_a_supervisor_sets_days_holds_a_review_and_decides(county: Any, staff: Callable[..., Any]) -> None:
    from huajie.apps.supervision import reviews

    supervisor = staff("supervisor")
    today = datetime.now(UTC).astimezone(ZONE).date()
    form = {"every1": "1", "unit1": "day", "first1": today.isoformat(), "until1": ""}
    assert supervisor.post("/desk/reviews/", {**form, "every1": "none"}).status_code == 422
    assert supervisor.post("/desk/reviews/", form).status_code == 302
    assert reviews.freeze_due(datetime.now(UTC) + timedelta(days=4)) > 0
    newest = reviews.reviews()[0]
    address = f"/desk/reviews/{newest.day.isoformat()}/"
    number = county.matters["ordinary"].number
    sent = {"number": number, "level": "slip", "words": "没有进展。", "due": ""}
    assert supervisor.post(address + "decide/", sent).status_code == 404, "nobody holds it yet"
    assert supervisor.post(address).status_code == 302
    assert supervisor.post(address).status_code == 422, "it is held once"
    for wrong in ({"number": "ABC"}, {"words": ""}, {"number": county.matters["sealed"].number}, {"due": "soon"}):
        assert supervisor.post(address + "decide/", {**sent, **wrong}).status_code == 422, wrong
    assert supervisor.post(address + "decide/", {**sent, "due": "2027-01-04"}).status_code == 302
    (decided,) = reviews.decisions([newest.day])
    assert (decided.matter, decided.done) == (county.matters["ordinary"].stream, False)
    page = supervisor.get(address).content.decode()
    assert "To be issued" in page and "4 Jan 2027" in page and "没有进展。" in page
    assert supervisor.get("/desk/reviews/1999-01-01/").status_code == 404


def test_a_decision_is_an_act_of_the_matter_by_whoever_may_do_it(
    county: Any, staff: Callable[..., Any], begun: str
) -> None:
    from huajie.apps.supervision import reviews

    mayor, matter = staff("mayor"), county.matters["ordinary"]
    assert mayor.post(begun).status_code == 302
    offered = mayor.get(begun + "decide/", {"number": matter.number}).content.decode()
    links = dict(re.findall(r'href="(/desk/matters/[^"]+/acts/([a-z_]+)/[^"]*)"', offered))
    assert [name for name in links.values() if name != "propose_slip"] == ["raise_to_superior"], links
    (address,) = links
    form = mayor.get(address.replace("&amp;", "&"))
    assert form.status_code == 200
    sent = dict(re.findall(r'name="(review|seen|key|target)" value="([^"]*)"', form.content.decode()))
    assert sent["review"] in begun
    plain = address.partition("?")[0]
    # what is no decision is not done in a review, and what is decided nowhere is not recorded
    secret = plain.replace("raise_to_superior", "reissue_secret")
    assert mayor.get(secret, {"review": sent["review"]}).status_code == 404
    assert mayor.post(plain, {**sent, "review": "1999-01-01", "reason": "拖了很久。"}).status_code == 404
    assert mayor.post(plain, {**sent, "reason": ""}).status_code == 422
    done = mayor.post(plain, {**sent, "reason": "拖了很久。"})
    assert (done.status_code, done["Location"]) == (302, f"{begun}#decided")
    assert mayor.post(plain, {**sent, "reason": "拖了很久。"}).status_code == 302, "sent twice"
    (decided,) = reviews.decisions([reviews.reviews()[0].day])
    assert (decided.kind, decided.act, decided.owner, decided.seat) == (
        *("act", "raise_to_superior", "u.gov", "s.gov.head"),
    )
    page = mayor.get(begun).content.decode()
    assert "Hand to the unit above" in page and "拖了很久。" in page


def test_minutes_are_written_read_and_confirmed(county: Any, staff: Callable[..., Any], begun: str) -> None:
    mayor, supervisor, address = staff("mayor"), staff("supervisor"), begun + "minutes/"
    assert mayor.get(address).status_code == 404, "nobody held it yet"
    mayor.post(begun)
    number = county.matters["ordinary"].number
    supervisor.post(begun + "decide/", {"number": number, "level": "slip", "words": "没有进展。", "due": "2027-01-04"})
    assert "No minutes yet" in supervisor.get(address).content.decode()
    sent = {"do": "write", "seen": "0", "present": ["s.gov.head", "s.housing.head Housing", ""], "words": "下周再看。"}
    assert supervisor.post(address, {**sent, "words": "电话13900001111"}).status_code == 422
    assert supervisor.post(address, sent).status_code == 302
    assert supervisor.post(address, sent).status_code == 422, "somebody has written a version already"
    assert supervisor.post(address, {**sent, "seen": "1", "words": "下周三再看。"}).status_code == 302
    shown = mayor.get(address).content.decode()
    assert "下周三再看。" in shown and "下周再看。" not in shown
    for words in ("Housing Bureau (invented) · housing head", "没有进展。", "Mon 4 Jan 2027", "mayor"):
        assert words in shown, words
    assert "下周再看。" in mayor.get(address, {"version": "1"}).content.decode()
    (told,) = re.findall(r'name="hash" value="([0-9a-f]{64})"', shown)
    assert 'value="confirm"' not in supervisor.get(address).content.decode()
    assert supervisor.post(address, {"do": "confirm", "hash": told}).status_code == 422
    assert mayor.post(address, {"do": "confirm", "hash": told}).status_code == 302
    closed = mayor.get(address).content.decode()
    assert "confirmed" in closed and told in closed and 'value="write"' not in closed
    assert mayor.post(address, {**sent, "seen": "2"}).status_code == 422
    chinese = staff("mayor", "zh-Hans").get(address).content.decode()
    assert "会议纪要" in chinese and "2027年1月4日" in chinese
    assert staff("auditor").get(address).status_code == 200
    for who in ("housing_head", "petition_head", "intake"):
        assert staff(who).get(address).status_code == 404


def test_reviews_are_for_whoever_supervises(county: Any, staff: Callable[..., Any]) -> None:
    for who in ("housing", "housing_head", "intake", "admin", "archivist", "petition_head"):
        for address in ("/desk/reviews/", "/desk/reviews/feed.ics", "/desk/reviews/2026-03-02/"):
            assert staff(who).get(address).status_code == 404, (who, address)
    for who in ("auditor", "mayor"):
        assert staff(who).get("/desk/reviews/").status_code == 200
        form = {"every1": "1", "unit1": "week", "first1": "2026-03-02", "until1": ""}
        assert staff(who).post("/desk/reviews/", form).status_code == 422
