"""
A matter that is about a bureau: none of its seats sees, counts or finds it, on any route, whatever becomes of either.

Every person of the bureau asks every route of pages and API that could show it, before and after each change of hands;
somebody who may see it asks too, so that a route which shows it to nobody proves nothing.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.edges.api.client import Client
from tests.edges.desk.test_page_access import FIND, NUMBERED, SHOWING, Pages

pytestmark = pytest.mark.accept("P5")

BUREAU = ("labour", "labour_head")
#: every address of the desk that takes a number
STAFF = tuple(route for route, address in NUMBERED.items() if address.startswith("desk/"))
#: where somebody who may see it sees it, so that the routes are known to show it
SHOWN = ("matter", "form", "act", "list", "search", FIND)
API = ("", "/entries", "/acts", "/clocks/acknowledgement/explanation")


class Routes:
    """Everything that could show one matter, asked as one person."""

    def __init__(self, county: Any) -> None:
        self.county = county
        self.pages = Pages(county)
        self.api = Client(county)

    def seen(self, who: str, name: str) -> set[str]:
        """Return the routes on which somebody sees, counts or finds the matter."""
        from huajie.apps.matters import queries

        known = self.county.matters[name]
        found = set()
        for route in (*STAFF, *SHOWING, FIND):
            if self.pages.answer(route, who, name) not in ("404", "no"):
                found.add(route)
        for rest in API:
            if self.api.get(f"/matters/{known.number}{rest}", who=who)[0] != 404:
                found.add(f"api{rest}")
        body = {"seen": self.pages.entries(name), "texts": {"note_text": "看过了。"}}
        if self.api.post(f"/matters/{known.number}/acts/add_note", body, who=who)[0] != 404:
            found.add("api act")
        for route in ("/matters?open=any&limit=200", "/search?q=楼道灯&limit=200"):
            status, page = self.api.get(route, who=who)
            assert status == 200
            numbers = {row["number"] for row in page.get("rows", [])}
            numbers |= {hit["row"]["number"] for hit in page.get("hits", [])}
            if known.number in numbers:
                found.add(f"api {route.partition('?')[0]}")
        actor = self.county.actor(who, datetime.now().astimezone())
        listed = queries.matters_list(actor, queries.Filters(open=None), limit=200).rows
        assert queries.count(actor, open=None) == len(listed)
        if known.stream in {row.stream for row in listed}:
            found.add("count")
        return found


def about_the_bureau(county: Any) -> None:
    """Nobody of the bureau sees the matter anywhere; the mayor sees it everywhere, so the routes do show it."""
    routes = Routes(county)
    for who in BUREAU:
        assert routes.seen(who, "concerning") == set(), who
    shown = routes.seen("mayor", "concerning")
    assert shown >= {*SHOWN, "day", "api", "api/entries", "api/acts", "api act", "api /matters", "api /search", "count"}


def change(*changes: dict[str, Any]) -> None:
    from huajie.apps.offices import operations as offices
    from huajie.core.access import SYSTEM

    offices.change(changes, actor=SYSTEM, now=datetime.now().astimezone())


def test_as_it_stands(county: Any) -> None:
    about_the_bureau(county)


def test_through_a_transfer(county: Any) -> None:
    """Neither offered to the bureau nor decided by it; taken by another it is as closed as before."""
    from huajie.core.procedure import Refused

    told = {"inputs": {"to_unit": "u.labour"}, "texts": {"reason": "主要是那边的事。"}}
    with pytest.raises(Refused) as refused:
        county.act("concerning", "housing", "offer_transfer", **told)
    assert "concerned" in {unmet.code for unmet in refused.value.unmet}
    county.act(
        "concerning", "housing", "offer_transfer", inputs={"to_unit": "u.petition"}, texts={"reason": "请你们来办。"}
    )
    about_the_bureau(county)
    county.act("concerning", "intake", "accept_transfer", target="transfer#1", texts={"note_text": "接办。"})
    about_the_bureau(county)


def test_through_a_review(county: Any) -> None:
    """The child is opened with the same conflict: it is about the same bureau, under another number."""
    from uuid import UUID

    from tests.support.county import Known

    from huajie.apps.matters import loading
    from huajie.apps.matters.operations import Submission, submit
    from huajie.apps.matters.queries import see
    from huajie.core.access import resident_of

    at = county.founded_at + timedelta(hours=2)
    texts = {"title": "欠薪没人管", "text": "楼道灯坏了三周，没有人修。", "wish": "尽快解决。"}
    wanted = Submission(pack="cn.petition.request", topic="t.housing", region="r.qingshi", texts=texts)
    county.keep("concerning", submit(wanted, actor=county.actor("intake", at), now=at))
    state = loading.load(county.matters["concerning"].stream, using="default").state
    assert state is not None and state.unit == "u.housing"
    told = {"inputs": {"to_unit": "u.labour"}, "texts": {"reason": "说的就是人社局的负责人。"}}
    county.act("concerning", "intake", "name_concerned", **told)
    steps: tuple[tuple[str, str, dict[str, Any], str], ...] = (
        ("housing", "register", {}, "request_text"),
        ("housing", "triage", {"class": "request", "route": "petition"}, ""),
        ("housing", "keep_here", {}, ""),
        ("housing", "accept", {}, "message"),
        ("housing", "hear_resident", {}, "heard"),
    )
    for who, name, inputs, words in steps:
        county.act("concerning", who, name, inputs=inputs, texts=dict.fromkeys(words.split(), "说明。"))
    routes = Routes(county)
    for who in BUREAU:
        assert routes.seen(who, "concerning") == set(), who
    view = see(resident_of(county.matters["concerning"].stream.hex), county.matters["concerning"].stream)
    assert view.tip.state is not None and view.tip.state.concerned == ["u.labour"]
    # a child that the system opens takes the conflict along
    from huajie.apps.jurisdiction.queries import snapshot
    from huajie.apps.matters.operations import Work
    from huajie.core.access import SYSTEM

    work = Work("default", snapshot())
    parent = loading.load(county.matters["concerning"].stream, using="default")
    child = work.open(
        Submission(pack="cn.petition.review", topic="t.housing", region="r.qingshi", received_at=at),
        actor=SYSTEM,
        now=at + timedelta(hours=2),
        parent={
            "stream": parent.stream.hex,
            "key": "review#1",
            "unit": "u.housing",
            "concerned": list(parent.state.concerned),
            "recused": [],
        },
        owner="u.gov",
    )
    work.commit()
    county.matters["concerning"] = Known(child.number, "", UUID(child.stream.hex))
    for who in BUREAU:
        assert routes.seen(who, "concerning") == set(), who
    assert {"matter", "list", FIND, "api", "count"} <= routes.seen("mayor", "concerning")


def test_through_cover(county: Any) -> None:
    """Whoever covers a seat of the bureau shares its conflict; one of it who covers elsewhere takes it along."""
    from tests.support.county import PEOPLE, person

    at = datetime.now().astimezone()
    until = (at + timedelta(days=3)).isoformat()
    routes = Routes(county)
    assert "matter" in routes.seen("housing_colleague", "concerning")
    change(
        {
            "do": "plan_absence",
            "seat": "s.labour.head",
            "to_at": until,
            "cover": person(PEOPLE["housing_colleague"][0]),
        },
        {"do": "plan_absence", "seat": "s.housing.head", "to_at": until, "cover": person(PEOPLE["labour"][0])},
    )
    about_the_bureau(county)
    routes = Routes(county)
    assert routes.seen("housing_colleague", "concerning") == set()
    page = routes.pages.client("labour")
    page.post("/desk/seat/", {"seat": "s.housing.head"})
    assert routes.seen("labour", "concerning") == set()


def test_through_a_merge(county: Any) -> None:
    """The bureau becomes part of another, or another of it: its people come along, and so does the conflict."""
    from tests.support.county import PEOPLE

    from huajie.apps.offices import operations as offices

    admin = county.actor("admin")
    offices.merge_units("u.labour", "u.petition", actor=admin, now=datetime.now().astimezone())
    offices.succeed("u.labour", actor=admin, now=datetime.now().astimezone())
    routes = Routes(county)
    for who, (number, seat, _) in PEOPLE.items():
        if seat.startswith("s.petition."):
            assert routes.seen(who, "concerning") == set(), who
        if who in BUREAU:
            # they sit on the seats that were made for them in the unit taking over
            client = routes.pages.client(who)
            assert client.get(f"/desk/matters/{routes.pages.number('concerning')}/").status_code == 404, number
            assert routes.pages.answer("list", who, "concerning") == "no"
            assert routes.pages.answer(FIND, who, "concerning") == "no"
            assert routes.pages.answer("search", who, "concerning") == "no"
            assert routes.pages.answer("day", who, "concerning") == "no"
    assert "matter" in routes.seen("mayor", "concerning")


def test_whoever_left_the_bureau_sees_it_nowhere_either(county: Any, staff: Callable[..., Any]) -> None:
    from tests.support.county import PEOPLE, person

    who = person(PEOPLE["labour"][0])
    change(
        {"do": "start_posting", "seat": "s.labour.one", "person": person(PEOPLE["archivist"][0])},
        {"do": "end_posting", "seat": "s.labour.one", "person": who},
        {
            "do": "set_seat",
            "id": "s.housing.new",
            "unit": "u.housing",
            "title": {"zh": "新岗", "en": "New"},
            "roles": ["handler"],
        },
        {"do": "start_posting", "seat": "s.housing.new", "person": who},
    )
    pages = Pages(county)
    for route in ("matter", "form", "act"):
        assert pages.answer(route, "labour", "concerning") == "404"
        assert pages.answer(route, "labour", "ordinary") in ("200", "done")
    for route in ("list", "day", "search", FIND):
        assert pages.answer(route, "labour", "concerning") == "no"
        assert pages.answer(route, "labour", "ordinary") == "yes"


# The head of a bureau as a person


def about_the_head(county: Any, username: str = "mayor") -> None:
    told = {"inputs": {"concerned_head": "s.labour.head"}, "texts": {"reason": "说的就是负责人本人。"}}
    county.act("ordinary", username, "name_head", **told)


def test_a_head_who_is_named_sees_nothing_and_their_bureau_goes_on(county: Any) -> None:
    asked = {"inputs": {"support_unit": "u.labour"}, "texts": {"reason": "请协助。"}}
    county.act("ordinary", "housing", "add_support", **asked)
    routes = Routes(county)
    shown = routes.seen("labour_head", "ordinary")
    assert shown >= {*SHOWN, "api", "api act", "count"}, "before anybody is named"
    about_the_head(county)
    assert routes.seen("labour_head", "ordinary") == set()
    assert routes.seen("labour", "ordinary") >= {*SHOWN, "api", "api act", "count"}, "not the whole bureau"


def test_whoever_covers_the_head_is_kept_out_from_every_seat(county: Any) -> None:
    from tests.support.county import person

    about_the_head(county)
    routes = Routes(county)
    assert routes.seen("housing_colleague", "ordinary"), "of the lead unit, and covers nobody yet"
    now = datetime.now().astimezone()
    cover = {"do": "start_posting", "seat": "s.labour.head", "person": person(23), "kind": "cover"}
    change({**cover, "to_at": (now + timedelta(days=3)).isoformat()})
    assert routes.seen("housing_colleague", "ordinary") == set()
    assert routes.seen("housing", "ordinary")


def test_only_a_head_is_named_and_only_by_those_who_place_matters(county: Any) -> None:
    from huajie.core.procedure import Refused

    told: dict[str, Any] = {"texts": {"reason": "说的是这个人。"}}
    with pytest.raises(Refused) as refused:
        county.act("ordinary", "mayor", "name_head", inputs={"concerned_head": "s.labour.one"}, **told)
    assert [(one.code, one.path) for one in refused.value.unmet] == [("field-invalid", "input.concerned_head")]
    with pytest.raises(Refused) as refused:
        county.act("ordinary", "housing", "name_head", inputs={"concerned_head": "s.labour.head"}, **told)
    assert "relation" in {one.code for one in refused.value.unmet}


def test_a_matter_about_the_head_of_the_unit_that_leads_it_goes_elsewhere(county: Any) -> None:
    from huajie.apps.matters import loading
    from huajie.apps.matters.verify import verify

    told = {"inputs": {"concerned_head": "s.housing.head"}, "texts": {"reason": "说的就是负责人本人。"}}
    written = county.act("ordinary", "mayor", "name_head", **told)
    tip = loading.load(written.stream, using="default")
    assert tip is not None and tip.state is not None and tip.state.unit != "u.housing"
    assert Routes(county).seen("housing_head", "ordinary") == set()
    report = verify()
    assert report.clean, report.differences
