"""P9: data leaked; it is opened, stopped, reported, told matter by matter, learned from and closed by somebody else."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import pytest

pytestmark = [pytest.mark.accept("P9"), pytest.mark.django_db(transaction=True)]

TOLD = {
    "incident_what": "一份导出的表格误发给了别的单位，涉及标题和联系方式。",
    "incident_measures": "已经收回并删除，改了发送的办法。",
    "incident_advice": "接到自称本局的电话请回拨总机核实。",
}


def words_of(response: Any) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", response.content.decode()))


def report(client: Any) -> Any:
    """Report an incident by the form of the desk."""
    given = {"harm_kind": "leaked", "title": "误发表格", "text": "一份表格误发给了别的单位。"}
    return client.post("/desk/incident/", {"key": str(uuid4()), **given}, follow=True)


def the_incident() -> Any:
    """Return the one incident on the books."""
    from django.db import connection

    from huajie.apps.matters import loading

    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM matters_matter WHERE pack = 'any.incident'")
        ((stream,),) = cursor.fetchall()
    tip = loading.load(stream if isinstance(stream, UUID) else UUID(stream), using="default")
    assert tip is not None and tip.state is not None
    return tip


def do(client: Any, act: str, status: int = 302, **given: str) -> Any:
    """Do an act on the incident by its form."""
    tip = the_incident()
    sent = client.post(
        f"/desk/matters/{tip.number}/acts/{act}/",
        {"seen": tip.n, "key": str(uuid4()), "names_asked": "1", "target": "", **given},
    )
    assert sent.status_code == status, words_of(sent)
    return sent


def test_from_the_find_to_the_lessons(county: Any, staff: Callable[..., Any]) -> None:
    from huajie.apps.matters.projection import as_moment
    from huajie.apps.matters.verify import verify

    assert staff("housing").get("/desk/incident/").status_code == 404
    officer = staff("dpo")
    assert "Report a data incident" in words_of(officer.get("/desk/"))
    lacking = officer.post("/desk/incident/", {"key": str(uuid4()), "harm_kind": "leaked"})
    assert lacking.status_code == 422
    # a dispatcher finds it; it goes to the officer, with the hours running from now
    found = report(staff("dispatcher"))
    assert found.status_code == 200 and "It is on the books" in words_of(found)
    tip = the_incident()
    assert (tip.state.unit, tip.state.seat) == ("u.oversight", "s.oversight.dpo")
    for clock in ("report", "tell"):
        ran = tip.state.clocks[clock]
        assert as_moment(ran.due_at) - as_moment(ran.started_at) == timedelta(hours=24)
    do(officer, "stop_it", measures="收回并删除。")
    # nothing can be learned before it was reported and people were told
    early = do(officer, "write_lessons", status=422, lessons="发送前由第二人核对。")
    assert "It is reported" in words_of(early) and "People are told" in words_of(early)
    do(officer, "report_it", reported_to="cyberspace", report_text="种类、原因、危害和措施。")
    # matter by matter, by number; a stranger's number and a slip of the pen change nothing
    mine, other = county.matters["ordinary"], county.matters["minor"]
    page = f"/desk/matters/{tip.number}/affected/"
    assert "Tell the residents affected" in words_of(officer.get(f"/desk/matters/{tip.number}/"))
    slip = officer.post(page, {"key": str(uuid4()), "numbers": "张三", **TOLD})
    assert slip.status_code == 422 and "is no number of a matter" in words_of(slip)
    lacking = officer.post(page, {"key": str(uuid4()), "numbers": mine.number, **TOLD, "incident_advice": ""})
    assert lacking.status_code == 422
    assert staff("admin").get(page).status_code == 404 and staff("housing").get(page).status_code == 404
    form = {"key": str(uuid4()), "numbers": f"{mine.number}\n{other.number} {mine.number}", **TOLD}
    told = officer.post(page, form)
    assert told.status_code == 200 and "Told in 2 matters" in words_of(told)
    again = officer.post(page, form)
    assert "Told in 2 matters" in words_of(again)
    assert set(the_incident().state.links) == {mine.stream.hex, other.stream.hex}
    from django.test import Client

    for known in (mine, other):
        reader = Client(headers={"accept-language": "en"})
        page_of = words_of(reader.post("/follow/", {"number": known.number, "secret": known.secret}, follow=True))
        for said in TOLD.values():
            assert page_of.count(said) == 1
        # who else was affected stands nowhere
        assert other.number not in page_of if known is mine else mine.number not in page_of
    untouched = county.matters["elsewhere"]
    reader = Client(headers={"accept-language": "en"})
    elsewhere = reader.post("/follow/", {"number": untouched.number, "secret": untouched.secret}, follow=True)
    assert TOLD["incident_what"] not in words_of(elsewhere)
    do(officer, "told_them", told_count="2")
    do(officer, "write_lessons", lessons="发送前由第二人核对。")
    do(officer, "confirm_ending", status=422, note_text="自己核对")
    do(staff("supervisor"), "confirm_ending", note_text="已告知两件，措施有效。")
    ended = the_incident().state
    assert not ended.open and ended.outcome["value"] == "incident-told"
    assert {ended.clocks[name].status for name in ("report", "tell")} == {"met"}
    report_ = verify()
    assert report_.clean, report_.differences


def test_hours_that_pass_are_noted_by_themselves(county: Any, staff: Callable[..., Any]) -> None:
    from huajie.apps.ledger import queries as ledger_queries
    from huajie.apps.matters.operations import tick
    from huajie.apps.matters.projection import as_moment

    report(staff("dpo"))
    tip = the_incident()
    due = as_moment(tip.state.clocks["report"].due_at)
    tick(due - timedelta(seconds=1))
    kinds = [body["kind"] for body in ledger_queries.bodies_since(tip.stream, 0)]
    assert "matter.overdue-noted" not in kinds and kinds.count("matter.reminded") == 1
    tick(due)
    kinds = [body["kind"] for body in ledger_queries.bodies_since(tip.stream, 0)]
    assert kinds.count("matter.overdue-noted") == 2
