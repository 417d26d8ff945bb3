"""Pages of offices: looking up, absence, hand-over, changes tried before they are made, merging; no script needed."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

pytestmark = pytest.mark.accept("P4")


ACKNOWLEDGED: dict[str, Any] = {
    "inputs": {"is_complaint": "complaint", "category": "delay"},
    "texts": {"message": "收到，十个工作日内答复。"},
}


def later(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT09:00")


def text(response: Any) -> str:
    found: str = response.content.decode()
    return found


@pytest.mark.parametrize(("language", "words"), [("en", "Units and seats"), ("zh-CN", "单位和岗位")])
def test_everybody_at_the_desk_may_look_up_who_sits_where(
    county: Any, staff: Callable[..., Any], language: str, words: str
) -> None:
    client = staff("housing", language)
    page = text(client.get("/desk/offices/"))
    assert words in page and "u.housing" in page and "/desk/offices/change/" not in page
    unit = text(client.get("/desk/offices/units/u.housing/"))
    assert "housing_head" in unit and "s.housing.one" in unit and "m.housing" in unit
    assert "s.labour.one" in text(client.get("/desk/offices/seats/s.labour.one/"))
    assert client.get("/desk/offices/units/u.nobody/").status_code == 404
    for closed in ("/desk/offices/change/set_unit/", "/desk/offices/merge/"):
        assert client.get(closed).status_code == 404


def test_units_page_by_their_code(county: Any, staff: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    from huajie.edges.desk import offices

    monkeypatch.setattr(offices, "MOST", 2)
    client, seen, url = staff("housing"), [], "/desk/offices/"
    while url:
        page = text(client.get(url))
        seen += re.findall(r'class="id">(u\.\w+)<', page)
        found = re.search(r'href="(\?after=[^"]+)"', page)
        url = f"/desk/offices/{found[1]}" if found else ""
    assert seen == ["u.gov", "u.housing", "u.labour", "u.oversight", "u.petition", "u.qingshi"]


def test_a_leader_plans_an_absence_and_the_cover_stands_on_the_pages(county: Any, staff: Callable[..., Any]) -> None:
    client, url = staff("housing_head"), "/desk/offices/seats/s.housing.head/"
    missing = client.post(url, {"do": "absence", "to_at": later(3)})
    assert missing.status_code == 422 and "somebody has to cover it" in text(missing)
    wrong = client.post(url, {"do": "absence", "to_at": "soon", "cover": "nobody"})
    assert "Write a date and a time" in text(wrong) and "No account has this sign-in name" in text(wrong)
    assert 'value="nobody"' in text(wrong)
    done = client.post(url, {"do": "absence", "to_at": later(3), "cover": "housing_verifier"})
    assert done.status_code == 302
    page = text(client.get(done["Location"]))
    assert "The absence is planned." in page and "away until" in page and "housing_verifier" in page
    assert "away until" in text(staff("housing").get("/desk/offices/units/u.housing/"))
    # who is asked of a matter of that seat sees it there too
    cover = staff("housing_verifier")
    assert "covering for the holder" in text(cover.get("/desk/seat/"))
    assert client.post(url, {"do": "back"}).status_code == 302
    assert "away until" not in text(client.get(url))
    for stranger in ("labour_head", "housing_colleague", "auditor"):
        page = text(staff(stranger).get(url))
        assert "Plan an absence" not in page and "Hand over" not in page
        assert staff(stranger).post(url, {"do": "absence", "to_at": later(3), "cover": stranger}).status_code == 404


def test_a_seat_is_handed_over_whole_by_topic_and_one_by_one(county: Any, staff: Callable[..., Any]) -> None:
    from huajie.apps.matters import loading

    def seat_of(name: str) -> str:
        tip = loading.load(county.matters[name].stream, using="default")
        assert tip is not None and tip.state is not None
        return tip.state.seat

    client, url = staff("housing_head"), "/desk/offices/seats/s.housing.one/"
    page = text(client.get(url))
    ordinary = county.matters["ordinary"].stream.hex
    assert f'value="{ordinary}"' in page
    none = client.post(url, {"do": "hand-over"})
    assert none.status_code == 422 and "Choose who takes it over" in text(none)
    one = client.post(url, {"do": "hand-over", "to": "s.housing.two", "matter": ordinary})
    assert one.status_code == 302 and "Handed over: 1" in text(client.get(one["Location"]))
    assert seat_of("ordinary") == "s.housing.two" and seat_of("planned") == "s.housing.one"
    client.post(url, {"do": "hand-over", "topic.t.conduct": "s.housing.head"})
    assert (seat_of("sealed"), seat_of("planned")) == ("s.housing.head", "s.housing.one")
    client.post(url, {"do": "hand-over", "to": "s.housing.two"})
    assert {seat_of(name) for name in ("planned", "minor", "offered", "concerning")} == {"s.housing.two"}
    timeline = text(client.get(f"/desk/matters/{county.matters['ordinary'].number}/"))
    assert "Handed over to another seat" in timeline


def test_an_administrator_hands_over_by_numbers_and_sees_no_matter(county: Any, staff: Callable[..., Any]) -> None:
    page = text(staff("admin").get("/desk/offices/seats/s.housing.one/"))
    assert "Housing" in page and "楼道灯" not in page and county.matters["ordinary"].stream.hex not in page
    # what concerns a unit is not even counted for its own people
    head = text(staff("housing_head").get("/desk/offices/seats/s.housing.one/"))
    assert re.search(r"(\d+) open matters", head)[1] == "7"  # type: ignore[index]


def test_a_change_is_tried_before_it_is_recorded(county: Any, staff: Callable[..., Any]) -> None:
    from huajie.apps.jurisdiction.queries import snapshot

    client, url = staff("admin"), "/desk/offices/change/set_seat/"
    before = snapshot().version
    assert 'value="s.housing.one"' in text(client.get(f"{url}?id=s.housing.one"))
    seat = {
        "id": "s.housing.new",
        "unit": "u.housing",
        "title.zh": "新岗",
        "roles": ["handler", "mediator"],
        "try": "1",
    }
    empty = client.post(url, seat)
    assert empty.status_code == 422 and "Nobody would sit there" in text(empty)
    bad = client.post(url, {"try": "1"})
    for words in ("Write a code such as", "This is missing"):
        assert words in text(bad)
    tried = client.post(url, {**seat, "+person": "archivist"})
    assert tried.status_code == 200 and "This would change" in text(tried) and "Posting begins" in text(tried)
    assert snapshot().version == before
    assert client.post(url, {**seat, "+person": "archivist", "record": "1"}).status_code == 302
    assert snapshot().seats["s.housing.new"].roles == {"handler", "mediator"}
    pool = text(client.get("/desk/offices/change/set_settings/"))
    assert 'value="s.petition.verify"' in pool and 'value="1095"' in pool
    for do in (
        "set_unit",
        "start_posting",
        "end_posting",
        "close_seat",
        "set_remit",
        "end_remit",
        "set_topic",
        "set_region",
    ):
        assert client.get(f"/desk/offices/change/{do}/").status_code == 200
        assert client.post(f"/desk/offices/change/{do}/", {"try": "1"}).status_code == 422
    assert client.get("/desk/offices/change/nonsense/").status_code == 404


def test_a_remit_is_saved_with_everything_that_it_says(county: Any, staff: Callable[..., Any]) -> None:
    from huajie.apps.jurisdiction.queries import snapshot
    from huajie.apps.offices import operations as offices
    from huajie.core.access import SYSTEM

    remit = {
        **{"do": "set_remit", "id": "m.summer", "unit": "u.labour", "seat": "s.labour.one", "topics": ["t.wages"]},
        **{"regions": ["*"], "power": "decide", "pack": "en.complaint", "priority": 3},
        **{"from_at": "2026-06-01T00:00:00.000001+08:00", "to_at": "2036-09-01T00:00:00+08:00"},
    }
    offices.change([remit], actor=SYSTEM, now=datetime.now(UTC))
    before = snapshot().remits["m.summer"]
    client, url = staff("admin"), "/desk/offices/change/set_remit/"
    page = client.get(f"{url}?id=m.summer").content.decode()
    form = page[page.index('<form class="') :] if '<form class="' in page else page
    sent = dict(re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', form))
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        sent[name] = "".join(re.findall(r'<option value="([^"]*)"[^>]* selected', options)[:1])
    assert (sent["pack"], sent["id"], sent["priority"]) == ("en.complaint", "m.summer", "3")
    assert client.post(url, {**sent, "priority": "4", "record": "1"}).status_code == 302
    assert snapshot().remits["m.summer"] == replace(before, priority=4)


def test_two_units_merge_from_the_page(county: Any, staff: Callable[..., Any]) -> None:
    from huajie.apps.jurisdiction.queries import snapshot
    from huajie.apps.matters import loading

    client, url = staff("admin"), "/desk/offices/merge/"
    tried = client.post(url, {"unit": "u.labour", "into": "u.petition", "try": "1"})
    assert "This would change" in text(tried) and snapshot().units["u.labour"].active
    same = client.post(url, {"unit": "u.labour", "into": "u.labour", "try": "1"})
    assert same.status_code == 422
    done = client.post(url, {"unit": "u.labour", "into": "u.petition", "record": "1"})
    assert "The units are one" in text(done) and not snapshot().units["u.labour"].active
    assert "Everything has moved." in text(client.post(url, {"unit": "u.labour", "go-on": "1"}))
    tip = loading.load(county.matters["elsewhere"].stream, using="default")
    assert tip is not None and tip.state is not None and tip.state.unit == "u.petition"
    assert "closed" in text(client.get("/desk/offices/"))


def test_a_secretary_records_and_the_leader_finds_it_prepared(county: Any, staff: Callable[..., Any]) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile
    from tests.support import papers
    from tests.support.county import PEOPLE, person

    from huajie.apps.matters.verify import verify
    from huajie.apps.offices import operations as offices
    from huajie.core.access import SYSTEM

    posting = {
        "do": "start_posting",
        "seat": "s.housing.head",
        "person": person(PEOPLE["archivist"][0]),
        "kind": "secretary",
    }
    offices.change([posting], actor=SYSTEM, now=datetime.now(UTC))
    client = staff("archivist")
    client.post("/desk/seat/", {"seat": "s.housing.head"})
    number = county.matters["ordinary"].number
    page = text(client.get(f"/desk/matters/{number}/"))
    assert "Record what the leader wrote" in page
    url = f"/desk/matters/{number}/instruction/"
    assert client.post(url, {"act": "acknowledge"}).status_code == 422
    words = {"act": "acknowledge", "instruction": "同意，请尽快。"}
    assert client.post(url, {**words, "paper_date": "2099-01-01"}).status_code == 422, "nobody has written it yet"
    scan = SimpleUploadedFile("批示.png", papers.photo(), content_type="image/png")
    sent = client.post(url, {**words, "paper_date": "2026-11-20", "instruction_scan": scan})
    assert sent.status_code == 302
    page = text(client.get(sent["Location"]))
    assert "Date on the paper" in page and "20 Nov" in page and "Scan of the paper" in page
    (file,) = set(re.findall(r'href="(/desk/matters/[^"]+/files/[0-9a-f]{32}/)"', page))
    leader_sees = staff("housing_head").get(file)
    assert (leader_sees.status_code, leader_sees["Content-Type"].partition(";")[0]) == (200, "image/jpeg")
    assert staff("labour").get(file).status_code == 404
    assert verify().clean
    assert "secretary, for housing_head" in page and "archivist" in page and "同意，请尽快。" in page
    assert "archivist has prepared for housing head" in page
    # told where the leader begins the day, with the very act one step away
    leader = staff("housing_head")
    today = text(leader.get("/desk/"))
    assert "prepared by archivist for your approval" in today
    shown = f"{number[:4]}-{number[4:8]}-{number[8:]}" if "-" not in number else number
    assert f"/desk/matters/{shown}/acts/acknowledge/" in today
    assert "archivist has prepared for your approval" in text(leader.get(f"/desk/matters/{number}/"))
    form = text(leader.get(f"/desk/matters/{number}/acts/acknowledge/"))
    assert "Prepared by archivist from what you wrote" in form and "同意，请尽快。" in form
    assert leader.get(url).status_code == 404
    # whoever else works there is told nothing, and once it is done neither is the leader
    assert "prepared by archivist" not in text(staff("housing").get("/desk/"))
    county.act("ordinary", "housing_head", "acknowledge", **ACKNOWLEDGED)
    assert "prepared by archivist" not in text(leader.get("/desk/"))


def prepare(county: Any, matters: list[Any], act: str) -> None:
    """Have the archivist, as secretary of the head of housing, prepare an act in each of these matters."""
    from tests.support.county import PEOPLE, person

    from huajie.apps.jurisdiction.queries import snapshot
    from huajie.apps.matters import operations as matters_operations
    from huajie.core.access import actor_for
    from huajie.core.procedure import PREPARED

    now = datetime.now(UTC)
    who = actor_for(snapshot(), person(PEOPLE["archivist"][0]), "s.housing.head", now)
    for stream in matters:
        order = matters_operations.Order(act=PREPARED, inputs={"act": act}, texts={"instruction": "同意。"})
        matters_operations.act(stream, order, actor=who, now=now)


def test_what_is_prepared_comes_with_as_many_statements_however_much_it_is(
    county: Any, staff: Callable[..., Any]
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from tests.edges.desk.test_queries import bring_in
    from tests.support.county import PEOPLE, person

    from huajie.apps.matters.models import Matter
    from huajie.apps.offices import operations as offices
    from huajie.core.access import SYSTEM

    def statements(who: str) -> int:
        client = staff(who)
        client.get("/desk/")
        with CaptureQueriesContext(connection) as queries:
            page = text(client.get("/desk/"))
        seen[who] = page.count("prepared by archivist")
        return len(queries)

    seen: dict[str, int] = {}
    before = {who: statements(who) for who in ("housing_head", "housing")}
    posting = {"do": "start_posting", "seat": "s.housing.head", "person": person(PEOPLE["archivist"][0])}
    offices.change([posting | {"kind": "secretary"}], actor=SYSTEM, now=datetime.now(UTC))
    prepare(county, [county.matters["ordinary"].stream], "acknowledge")
    few = {who: statements(who) for who in before}
    assert seen == {"housing_head": 1, "housing": 0}
    bring_in(county, 0, 18)
    known = [one.stream for one in county.matters.values()]
    housing = Matter.objects.filter(unit="u.housing", pack="en.complaint").exclude(id__in=known)
    prepare(county, list(housing.values_list("id", flat=True)[:15]), "acknowledge")
    many = {who: statements(who) for who in before}
    assert seen == {"housing_head": 16, "housing": 0}
    assert many == few == {"housing_head": before["housing_head"] + 1, "housing": before["housing"]}


def test_what_an_earlier_version_left_prepared_is_found_after_the_upgrade(
    county: Any, staff: Callable[..., Any]
) -> None:
    from importlib import import_module

    from django.apps import apps
    from tests.support.county import PEOPLE, person

    from huajie.apps.matters.models import Party
    from huajie.apps.matters.verify import verify
    from huajie.apps.offices import operations as offices
    from huajie.core.access import SYSTEM

    posting = {"do": "start_posting", "seat": "s.housing.head", "person": person(PEOPLE["archivist"][0])}
    offices.change([posting | {"kind": "secretary"}], actor=SYSTEM, now=datetime.now(UTC))
    prepare(county, [county.matters["ordinary"].stream], "acknowledge")
    Party.objects.filter(relation="prepared").delete()
    assert not verify().clean, "a lost row is found"
    import_module("huajie.apps.matters.migrations.0008_prepared").add_rows(apps, None)
    report = verify()
    assert report.clean, report.differences
    assert "prepared by archivist" in text(staff("housing_head").get("/desk/"))


def test_a_leader_who_the_matter_turns_out_to_concern_is_not_told_what_was_prepared(
    county: Any, staff: Callable[..., Any]
) -> None:
    from tests.support.county import PEOPLE, person

    from huajie.apps.matters.models import Party
    from huajie.apps.offices import operations as offices
    from huajie.core.access import SYSTEM

    posting = {"do": "start_posting", "seat": "s.housing.head", "person": person(PEOPLE["archivist"][0])}
    offices.change([posting | {"kind": "secretary"}], actor=SYSTEM, now=datetime.now(UTC))
    known = county.matters["ordinary"]
    prepare(county, [known.stream], "acknowledge")
    row = Party.objects.get(matter=known.stream, relation="lead")
    denied = {"sensitivity": row.sensitivity, "open": True, "due_at": row.due_at}
    Party.objects.create(matter=known.stream, relation="concerned", unit=person(21), **denied)
    assert "prepared by archivist" not in text(staff("housing_head").get("/desk/"))
