"""A department that was called out sees its own clock; whoever called it is not late by it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

CALL = {"inputs": {"to_unit": "u.labour"}, "texts": {"reason": "请到现场。"}}


def text(response: Any) -> str:
    found: str = response.content.decode()
    return found


def group(page: str, name: str) -> str:
    """Return one group of the day, empty where it is not there."""
    found = re.search(rf'<section class="group" id="{name}".*?</section>', page, re.DOTALL)
    return found.group() if found else ""


def late_arrivals(hours: int = 1) -> None:
    """Let the time to come have passed, as far as the tables that lists read say."""
    from huajie.apps.matters.models import Clock

    Clock.objects.filter(name="arrival").update(due_at=datetime.now(UTC) - timedelta(hours=hours))


@pytest.mark.parametrize("pack", ["en.complaint", "cn.petition.request"])
def test_the_delay_is_the_departments_and_not_of_whoever_called_it(
    county: Any, staff: Callable[..., Any], pack: str
) -> None:
    more = {"texts": {"title": "墙要倒了", "text": "后墙裂了。", "wish": "修好。"}} if pack != "en.complaint" else {}
    known = county.bring_in("called", "t.housing", pack=pack, **more)
    county.act("called", "housing", "call_out", **CALL)
    late_arrivals()
    shown = f"{known.number[:4]}-{known.number[4:8]}-{known.number[8:]}"
    theirs = group(text(staff("labour").get("/desk/")), "asked")
    (line,) = [one for one in theirs.split('<li class="item">') if shown in one]
    assert "Coming when called" in line and "clock-late" in line
    ours = text(staff("housing").get("/desk/"))
    assert shown not in group(ours, "late")
    line = next(one for one in ours.split('<li class="item">') if shown in one)
    assert "Labour" in line and "Coming when called" in line and "clock-late" not in line
    listed = text(staff("housing").get("/desk/matters/"))
    row = next(one for one in listed.split("<tr>") if shown in one)
    assert "of-others" in row and "Coming when called" in row
    # it came: nothing is late any more, and it helps now
    county.act("called", "labour", "arrive")
    assert "Coming when called" not in text(staff("housing").get("/desk/"))
    assert shown not in group(text(staff("labour").get("/desk/")), "asked")


def test_pages_ask_as_often_for_fifty_call_outs_as_for_five(county: Any, staff: Callable[..., Any]) -> None:
    from huajie.apps.matters.operations import Batch, Order, Submission
    from huajie.core.access import ANONYMOUS

    def bring_in(number: int) -> None:
        texts = {"title": f"第 {number} 件", "text": "墙裂了。"}
        with Batch() as batch:
            for _ in range(number):
                wanted = Submission(pack="en.complaint", topic="t.housing", region="r.qingshi", texts=texts)
                written = batch.submit(wanted, actor=ANONYMOUS, now=county.founded_at)
                batch.act(
                    written.stream, Order(act="call_out", **CALL), actor=county.actor("housing"), now=datetime.now(UTC)
                )
        late_arrivals()

    def counted(who: str, page: str) -> int:
        client = staff(who)
        client.get(page)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page).status_code == 200
        return len(queries)

    pages = [(who, page) for who in ("housing", "labour") for page in ("/desk/", "/desk/matters/")]
    bring_in(5)
    few = [counted(*one) for one in pages]
    bring_in(45)
    assert [counted(*one) for one in pages] == few
    assert max(few) <= 12


def test_clocks_of_an_earlier_version_are_given_their_unit(county: Any) -> None:
    from importlib import import_module

    from django.apps import apps

    from huajie.apps.matters.models import Clock
    from huajie.apps.matters.verify import verify

    county.bring_in("called", "t.housing")
    county.act("called", "housing", "call_out", **CALL)
    assert Clock.objects.get(name="arrival").unit == "u.labour"
    Clock.objects.update(unit=None)
    assert not verify().clean
    import_module("huajie.apps.matters.migrations.0009_whose_clock").fill(apps, None)
    report = verify()
    assert report.clean, report.differences
