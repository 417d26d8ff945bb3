"""The invented county as data: it can be founded, its land fits together, its words name nobody."""

import re
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from shapely.geometry import Point, shape
from shapely.ops import unary_union

from huajie.core.jurisdiction import Jurisdiction, apply, decide_change, route
from huajie.edges.demo import county, texts

FOUNDED = datetime(2025, 5, 1, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def founded() -> Jurisdiction:
    effects = decide_change(Jurisdiction.empty(), county.founding(), now=FOUNDED)
    return apply(Jurisdiction.empty(), 1, effects)


def test_it_has_twelve_townships_and_every_role(founded: Jurisdiction) -> None:
    assert len([region for region in founded.regions if region.level == "township"]) == 12
    roles = {role for seat in founded.seats for role in seat.roles}
    assert roles == {
        "intake", "dispatcher", "handler", "head",
        "sponsor", "verifier", "supervisor", "archivist", "auditor", "dpo", "admin",
        "reviewer", "area_worker",
    }  # fmt: skip
    assert len(founded.topics) >= 40


def test_every_seat_has_somebody_now_and_after_every_move(founded: Jurisdiction) -> None:
    now, current = FOUNDED, founded
    for share, changes in county.moves():
        now = FOUNDED + timedelta(days=560 * share)
        current = apply(current, current.version + 1, decide_change(current, changes, now=now))
        assert all(current.occupied(seat.id, now) for seat in current.seats)
    assert current.version == 1 + len(county.moves())
    assert {person.hex for person in county.NEWCOMERS} & set(current.persons_of("s.housing.handler", now))


def test_companies_never_lead_and_every_lead_unit_has_a_head_and_a_handler(founded: Jurisdiction) -> None:
    for remit in founded.remits:
        if remit.power == "decide":
            unit = founded.units[remit.unit]
            assert unit.can_decide and unit.kind != "company"
            roles = {role for seat in founded.seats_of_unit(unit.id) for role in seat.roles}
            assert {"head", "handler"} <= roles, unit.id


def test_all_but_three_topics_find_a_unit_everywhere_and_those_find_the_queue(founded: Jurisdiction) -> None:
    unmatched = set()
    for topic in county.topics():
        if topic.parent is None:
            continue
        for town in county.TOWNSHIPS:
            found = route(
                founded, topic=topic.code, region=f"r.{town.code}", pack="cn.petition.request", at=FOUNDED
            )  # fmt: skip
            if not found.matched:
                unmatched.add(topic.code)
                assert found.unit == "u.petition" and found.seat == "s.petition.dispatcher"
    assert unmatched == {"t.dogs", "t.charging", "t.signal"}


def test_the_townships_part_the_county_without_gap_or_overlap() -> None:
    land = {region: shape(geometry) for region, geometry in county.boundaries().items()}
    towns = [land[f"r.{town.code}"] for town in county.TOWNSHIPS]
    assert all(one.is_valid for one in land.values())
    whole = unary_union(towns)
    assert whole.symmetric_difference(land[county.COUNTY]).area == pytest.approx(0, abs=1e-12)
    assert sum(one.area for one in towns) == pytest.approx(whole.area)
    for index, town in enumerate(towns):
        assert town.contains(Point(*county.middle_of(index)).buffer(0.03))


def test_it_lies_where_nobody_lives() -> None:
    for geometry in county.boundaries().values():
        west, south, east, north = shape(geometry).bounds
        assert -1 < west < east < 1 and 0 < south < north < 1


def test_everybody_has_a_name_and_code_of_their_own() -> None:
    people = county.people()
    assert len({person.username for person in people}) == len({person.hex for person in people}) == len(people)
    chinese = [person.name for person in people if person.language != "en"]
    assert len(set(chinese)) == len(chinese)
    assert {username for username, _, _ in county.SIGN_INS} <= {person.username for person in people}


def test_every_topic_has_words() -> None:
    for topic in county.topics():
        if topic.parent is not None:
            found = texts.phrases()[topic.code]
            assert found.problems and found.asks and found.steps and found.findings and found.remedies, topic.code


def test_two_thousand_stories_are_two_thousand_stories() -> None:
    rng = Random(7)
    leaves = [topic.code for topic in county.topics() if topic.parent is not None]
    made = []
    for _ in range(2000):
        town = county.TOWNSHIPS[int(rng.random() * 12)]
        made.append(texts.problem(rng, texts.pick(rng, leaves), town.zh + texts.pick(rng, town.places)))
    assert len({story for _, story, _, _ in made}) > 1980
    assert all(len(title) <= 60 and 15 < len(story) < 400 and wish for title, story, wish, _ in made)
    assert not [story for _, story, _, _ in made if "{" in story or "}" in story]


#: Words that blame whoever complains, or promise their silence.
BLAME = re.compile("无理|缠访|闹访|重复访|越级|老户|非访|息诉|罢访|不再上访|不配合|刁民|稳控|重点人")


def test_no_word_anywhere_blames_a_resident() -> None:
    everything = texts._FILE.read_text(encoding="utf-8") + "\n".join(
        str(value) for name, value in vars(texts).items() if name.isupper()
    )
    assert len(everything) > 15000
    assert not BLAME.findall(everything)


def test_contacts_can_reach_nobody() -> None:
    rng = Random(1)
    ways = set()
    for _ in range(1000):
        contact = texts.contact(rng)
        # no network gives out numbers that begin with 100 and have eleven digits
        assert re.fullmatch(r"100\d{8}", contact["phone"])
        ways.add(contact.get("news"))
        more = {"sms": {"news", "news_language"}, "letter": {"news", "news_language", "address"}}
        assert set(contact) == {"name", "phone"} | more.get(contact.get("news", ""), set())
        # no mail can go anywhere, and an address says itself that there is none
        assert contact.get("address", "（虚构）").endswith("（虚构）")
    assert ways == {None, "sms", "letter"}


def test_days_agree_with_the_calendar_day_by_day() -> None:
    from huajie.apps.procedure.calendars import load_calendars
    from huajie.edges.demo.world import Days

    calendar, zone = load_calendars()["cn"], ZoneInfo("Asia/Shanghai")
    days = Days(calendar, zone, date(2025, 9, 1), date(2026, 3, 31), opens=8, closes=18)
    rng = Random(3)
    for _ in range(400):
        after = datetime(2025, 9, 5, tzinfo=UTC) + timedelta(minutes=rng.randrange(60 * 24 * 150))
        count = rng.randrange(0, 9)
        at = days.office(after, count, rng)
        local, start = at.astimezone(zone), after.astimezone(zone).date()
        assert at > after and calendar.is_working_day(local.date()) and 8 <= local.hour < 18
        assert days.local_date(after) == start
        if count:
            between = [start + timedelta(days=i) for i in range(1, (local.date() - start).days + 1)]
            assert sum(calendar.is_working_day(day) for day in between) == count


@pytest.mark.parametrize(
    ("text", "first", "found"),
    [
        ("The stair light in block 3 has been dark for two weeks.", {"t.streetlight"}, 1),
        ("This is a different matter and it was not in the list.", set(), 0),
        ("三号楼楼道灯坏了两周，晚上看不见。", {"t.streetlight"}, 3),
        ("They have not paid our wages since May", {"t.wages"}, 4),
    ],
)
def test_a_text_finds_topics_by_words_that_tell_something(
    founded: Jurisdiction, text: str, first: set[str], found: int
) -> None:
    """No `the`, no `in`, and nothing in the middle of a Latin word."""
    from types import SimpleNamespace

    from huajie.edges.pages.finding import topics_in

    for language in ("zh", "en"):
        listed = topics_in(text, SimpleNamespace(jurisdiction=founded, language=language), 8)  # type: ignore[arg-type]
        codes = [one.code for one in listed]
        assert len(codes) <= found
        assert first <= set(codes) if first else not codes
