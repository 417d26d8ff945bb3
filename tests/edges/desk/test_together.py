"""One act on several picked matters: each decided by itself and named with what became of it; a repeat is harmless."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from tests.support.reading import said


def entries(county: Any, name: str) -> int:
    from huajie.apps.matters import loading

    tip = loading.load(county.matters[name].stream, using="default")
    assert tip is not None
    return tip.n


def form_of(client: Any, county: Any, names: tuple[str, ...], act: str) -> dict[str, Any]:
    """Return what the form of an act on several matters sends, empty of what is typed."""
    numbers = [county.matters[name].number for name in names]
    page = client.get("/desk/list/together/", {"pick": numbers, "step": act}).content.decode()
    work = page.partition('id="work"')[2].partition("</form>")[0]
    sent: dict[str, Any] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', work):
        sent.setdefault(name, []).append(value)
    sent.pop("csrfmiddlewaretoken", None)
    assert sent["pick"] == numbers
    return sent


def results(response: Any) -> dict[str, str]:
    """Return what became of each matter, by number."""
    found = {}
    for part in said(response).partition("became")[2].split('<li class="sec">')[1:]:
        number = re.search(r'<small class="id">([^<]+)</small>', part)
        state = re.search(r"</svg>([^<]+)</span>", part)
        assert number is not None and state is not None
        found[number.group(1).replace("-", "")] = state.group(1)
    return found


def offered(client: Any, numbers: list[str]) -> set[str]:
    page = client.get("/desk/list/together/", {"pick": numbers}).content.decode()
    return set(re.findall(r'name="step" value="(\w+)"', page))


def test_the_acts_offered_are_those_of_every_picked_matter_that_its_pack_lets_be_done_so(
    county: Any, staff: Callable[..., Any]
) -> None:
    client, number = staff("housing"), {name: known.number for name, known in county.matters.items()}
    usual = {"add_note", "offer_transfer", "add_support"}
    assert offered(client, [number["ordinary"]]) == usual
    # one waits for the answer to a transfer: no second offer, and the page says for which it is possible
    assert offered(client, [number["ordinary"], number["offered"]]) == usual - {"offer_transfer"}
    page = said(client.get("/desk/list/together/", {"pick": [number["ordinary"], number["offered"]]}))
    assert "1 of 2" in page and "Only these" in page
    # what decides about somebody is never there, however possible it is on the matter itself
    assert "acknowledge" in said(client.get(f"/desk/matters/{number['ordinary']}/"))
    assert not offered(client, list(number.values())) & {"acknowledge", "reply", "extend", "finish", "recuse"}
    # somebody else's are left out by number alone
    page = said(client.get("/desk/list/together/", {"pick": [number["ordinary"], number["elsewhere"], "nonsense"]}))
    assert "elsewhere 的事" not in page and "nonsense" in page and "Left out" in page


def test_each_is_an_act_of_its_own_and_a_repeat_changes_nothing(county: Any, staff: Callable[..., Any]) -> None:
    client = staff("housing")
    names = ("ordinary", "offered", "planned")
    before = {name: entries(county, name) for name in names}
    sent = {**form_of(client, county, names, "add_note"), "note_text": "三件一起到现场看过。", "names_asked": "1"}
    first = client.post("/desk/list/together/", sent)
    assert set(results(first).values()) == {"done"} and "Done for all of them" in said(first)
    after = {name: entries(county, name) for name in names}
    assert after == {name: n + 1 for name, n in before.items()}
    again = client.post("/desk/list/together/", sent)
    assert results(again) == results(first)
    assert {name: entries(county, name) for name in names} == after
    # the same key with other words is refused for each
    other = client.post("/desk/list/together/", {**sent, "note_text": "别的话。"})
    assert set(results(other).values()) == {"not done"} and "other words" in said(other)
    assert {name: entries(county, name) for name in names} == after


def test_what_one_lacks_stops_no_other_and_is_named_whole(county: Any, staff: Callable[..., Any]) -> None:
    client = staff("housing")
    names = ("ordinary", "offered", "planned", "concerning")
    sent = form_of(client, county, names, "offer_transfer")
    before = {name: entries(county, name) for name in names}
    # meanwhile somebody writes into one of them, and one is gone from the reader
    county.act("planned", "housing_colleague", "add_note", texts={"note_text": "刚记了一笔。"})
    sent |= {"to_unit": "u.labour", "reason": "主要是劳动关系。", "names_asked": "1"}
    sent["pick"] = [*sent["pick"], county.matters["elsewhere"].number]
    answer = client.post("/desk/list/together/", sent)
    number = {name: known.number for name, known in county.matters.items()}
    became = results(answer)
    assert became == {
        number["ordinary"]: "done",
        number["offered"]: "not done",
        number["planned"]: "changed meanwhile, not done",
        number["concerning"]: "not done",
        number["elsewhere"]: "not for you",
    }
    page = said(answer)
    assert "刚记了一笔" not in page or "Note" in page
    assert "elsewhere 的事" not in page
    assert entries(county, "ordinary") > before["ordinary"]
    assert entries(county, "offered") == before["offered"]
    assert entries(county, "planned") == before["planned"] + 1
    assert entries(county, "concerning") == before["concerning"]


def test_nothing_is_done_to_any_while_the_form_itself_is_wrong(county: Any, staff: Callable[..., Any]) -> None:
    client, names = staff("housing"), ("ordinary", "planned")
    before = {name: entries(county, name) for name in names}
    sent = form_of(client, county, names, "add_note")
    wrong = client.post("/desk/list/together/", {**sent, "note_text": " "})
    assert wrong.status_code == 422 and "f-note_text" in wrong.content.decode()
    # probable names are asked about once, and what was typed is still there
    asked = client.post("/desk/list/together/", {**sent, "note_text": "邻居王建国反映，李大明同意。"})
    assert "Are these names of persons" in said(asked) and "王建国" in said(asked)
    assert {name: entries(county, name) for name in names} == before
    # a form without what it was opened on is no form of ours
    bare = {"step": "add_note", "pick": sent["pick"], "key": str(uuid4()), "note_text": "看过。", "names_asked": "1"}
    assert set(results(client.post("/desk/list/together/", bare)).values()) == {"not done"}
    # an act that no pack lets be done so is no act here
    refused = client.post("/desk/list/together/", {**sent, "step": "acknowledge", "message": "收到。"})
    assert "What can be done with all of them" in said(refused)
    assert {name: entries(county, name) for name in names} == before


def test_offers_are_received_together(county: Any, staff: Callable[..., Any]) -> None:
    from huajie.apps.matters import loading

    county.bring_in("second", "t.housing")
    call = {"inputs": {"to_unit": "u.labour"}, "texts": {"reason": "劳动关系。"}}
    county.act("second", "housing", "offer_transfer", **call)
    client = staff("labour")
    sent = {**form_of(client, county, ("offered", "second"), "accept_transfer"), "note_text": ""}
    assert all(values != [""] for name, values in sent.items() if name.startswith("target-"))
    assert set(results(client.post("/desk/list/together/", sent)).values()) == {"done"}
    for name in ("offered", "second"):
        tip = loading.load(county.matters[name].stream, using="default")
        assert tip is not None and tip.state is not None and tip.state.unit == "u.labour"
    # a second time, though nothing is offered any more
    assert set(results(client.post("/desk/list/together/", sent)).values()) == {"done"}


@pytest.mark.parametrize("who", ["auditor", "admin", "labour"])
def test_whoever_may_not_act_does_nothing_to_any(county: Any, staff: Callable[..., Any], who: str) -> None:
    sent = form_of(staff("housing"), county, ("ordinary", "planned"), "add_note")
    before = {name: entries(county, name) for name in ("ordinary", "planned")}
    answer = staff(who).post("/desk/list/together/", {**sent, "note_text": "看过。", "names_asked": "1"})
    assert "已办" not in said(answer) and "Done for" not in said(answer)
    assert {name: entries(county, name) for name in ("ordinary", "planned")} == before


def test_rows_are_picked_without_a_script_and_the_list_stays_as_it_was(county: Any, staff: Callable[..., Any]) -> None:
    client = staff("housing")
    assert 'type="checkbox" name="pick"' not in client.get("/desk/matters/").content.decode()
    page = client.get("/desk/matters/?several=1&topic=t.housing&sort=-received").content.decode()
    assert page.count('name="pick"') >= 4 and " checked><span" not in page
    ticked = client.get("/desk/matters/?several=all&topic=t.housing").content.decode()
    assert ticked.count(" checked><span") == ticked.count('name="pick"') == page.count('name="pick"')
    empty = client.get("/desk/list/together/", {"topic": "t.housing", "sort": "-received"})
    assert empty["Location"] == "/desk/matters/?topic=t.housing&sort=-received&several=1"


def test_several_ask_as_often_as_their_number_and_no_more(county: Any, staff: Callable[..., Any]) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = staff("housing")

    def asked(names: tuple[str, ...]) -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get("/desk/list/together/", {"pick": [county.matters[name].number for name in names]})
        return sum("matters_" in one["sql"] for one in queries)

    assert asked(("ordinary",)) == asked(("ordinary", "planned", "offered")) == 2


def test_a_half_written_form_is_kept_for_its_owner_and_gone_once_sent(county: Any, staff: Callable[..., Any]) -> None:
    client, names = staff("housing"), ("ordinary", "planned")
    sent = {**form_of(client, county, names, "add_note"), "note_text": "写到一半的话", "names_asked": "1"}
    place = "?place=/desk/list/together/"
    assert client.post(f"/desk/drafts/save/{place}", sent).status_code in (200, 204, 302)
    asked = {"pick": [county.matters[name].number for name in names], "step": "add_note"}
    assert "写到一半的话" in said(client.get("/desk/list/together/", asked))
    # a form about others begins empty
    other = {**asked, "pick": [county.matters["offered"].number]}
    assert "写到一半的话" not in said(client.get("/desk/list/together/", other))
    assert "写到一半的话" not in said(staff("housing_colleague").get("/desk/list/together/", asked))
    assert set(results(client.post("/desk/list/together/", sent)).values()) == {"done"}
    assert "写到一半的话" not in said(client.get("/desk/list/together/", asked))
