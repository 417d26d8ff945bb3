"""The pages of progress reviews: days are set, a review is held, a decision goes to its unit at once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")


def test_a_supervisor_sets_days_holds_a_review_and_decides(county: Any, staff: Callable[..., Any]) -> None:
    from huajie.apps.supervision import reviews

    supervisor = staff("supervisor")
    today = datetime.now(UTC).astimezone(ZONE).date()
    form = {"every1": "1", "unit1": "day", "first1": today.isoformat(), "until1": ""}
    assert supervisor.post("/desk/reviews/", {**form, "every1": "none"}).status_code == 422
    assert supervisor.post("/desk/reviews/", form).status_code == 302
    feed = supervisor.get("/desk/reviews/feed.ics")
    assert feed["Content-Type"].startswith("text/calendar")
    assert feed.content.decode().count("BEGIN:VEVENT") == 50
    assert reviews.freeze_due(datetime.now(UTC) + timedelta(days=4)) > 0
    newest = reviews.reviews()[0]
    address = f"/desk/reviews/{newest.day.isoformat()}/"
    number = county.matters["ordinary"].number
    early = supervisor.post(address, {"do": "decide", "number": number, "level": "slip", "words": "没有进展。"})
    assert early.status_code == 422
    assert supervisor.post(address, {"do": "hold"}).status_code == 302
    wrong = supervisor.post(address, {"do": "decide", "number": "ABC", "level": "slip", "words": "没有进展。"})
    assert wrong.status_code == 422
    empty = supervisor.post(address, {"do": "decide", "number": number, "level": "slip", "words": ""})
    assert empty.status_code == 422
    sealed = county.matters["sealed"].number
    closed = supervisor.post(address, {"do": "decide", "number": sealed, "level": "slip", "words": "没有进展。"})
    assert closed.status_code == 422
    sent = {"do": "decide", "number": number, "level": "slip", "words": "没有进展。"}
    assert supervisor.post(address, sent).status_code == 302
    (decided,) = reviews.decisions([newest.day])
    assert decided.matter == county.matters["ordinary"].stream
    assert not decided.done
    page = supervisor.get(address).content.decode()
    assert "To be issued" in page
    assert supervisor.get("/desk/reviews/1999-01-01/").status_code == 404


def test_reviews_are_for_whoever_supervises(county: Any, staff: Callable[..., Any]) -> None:
    for who in ("housing", "housing_head", "intake", "admin", "archivist"):
        for address in ("/desk/reviews/", "/desk/reviews/feed.ics", "/desk/reviews/2026-03-02/"):
            assert staff(who).get(address).status_code == 404, (who, address)
    assert staff("auditor").get("/desk/reviews/").status_code == 200
    form = {"every1": "1", "unit1": "week", "first1": "2026-03-02", "until1": ""}
    assert staff("auditor").post("/desk/reviews/", form).status_code == 422
