"""Changing the jurisdiction: what is refused, with every reason at once, and what the entries leave."""

import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.small_county import FOUNDING, NOW, county, person, posting, region, remit, seat, topic, unit

from huajie.core.jurisdiction import (
    EFFECTS,
    Jurisdiction,
    Name,
    Refused,
    apply,
    check_effects,
    decide_change,
    faults_of,
    fold,
    moment,
    moment_text,
)

LATER = NOW + timedelta(days=1)


def faults(*changes, at=NOW, **more):
    with pytest.raises(Refused) as refused:
        decide_change(county(), changes, now=at, **more)
    return {(fault.path, fault.code) for fault in refused.value.faults}


def test_the_founding_leaves_no_fault_and_reads_as_written():
    found = county()
    assert faults_of(found, now=NOW) == []
    assert found.version == 1
    assert len(found.units) == 9
    assert found.head_seat("u.housing") == "s.housing.head"
    assert found.default_seat("u.housing", NOW) == "s.housing.one"
    assert found.seats_of_person(person(20), NOW) == ("s.housing.one",)
    assert found.persons_of_unit("u.housing", NOW) == {person(20), person(21), person(22)}
    assert found.units["u.housing"].name == Name("u.housing（虚构）", "u.housing")


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        ({"do": "fly"}, "changes[0].do", "unknown"),
        (unit("housing", "u.gov"), "changes[0].id", "invalid"),
        (unit("r.housing", "u.gov"), "changes[0].id", "invalid"),
        (unit("u.new", "u.gov", "palace"), "changes[0].kind", "invalid"),
        (unit("u.new", "u.missing"), "u.new", "unknown"),
        ({**unit("u.new", "u.gov"), "colour": "red"}, "changes[0].colour", "unknown"),
        ({**unit("u.new", "u.gov"), "can_decide": "yes"}, "changes[0].can_decide", "invalid"),
        ({**unit("u.new", "u.gov"), "name": {}}, "changes[0].name", "invalid"),
        ({**region("r.new"), "zone": "Asia/Nowhere"}, "changes[0].zone", "invalid"),
        (seat("s.new", "u.gov", "king"), "changes[0].roles", "invalid"),
        (seat("s.new", "u.gov", "handler"), "s.new", "vacant"),
        (seat("s.housing.one", "u.labour", "handler"), "changes[0].unit", "seat-elsewhere"),
        (posting("s.missing", 99), "changes[0].seat", "unknown"),
        (posting("s.housing.one", 99), "s.housing.one", "overlap"),
        ({**posting("s.housing.one", 99), "person": "Wang Fang"}, "changes[0].person", "invalid"),
        ({"do": "end_posting", "seat": "s.housing.one", "person": person(20)}, "s.housing.one", "vacant"),
        ({"do": "end_posting", "seat": "s.housing.one", "person": person(21)}, "changes[0].person", "not-started"),
        (remit("m.new", "u.liutan.east", ["*"], ["*"]), "m.new", "cannot-decide"),
        (remit("m.new", "u.housing", ["t.nothing"], ["*"]), "m.new", "unknown"),
        (remit("m.new", "u.housing", ["*"], ["r.nothing"]), "m.new", "unknown"),
        (remit("m.new", "u.housing", [], ["*"]), "changes[0].topics", "missing"),
        (remit("m.new", "u.housing", ["*"], ["*"], seat="s.labour.one"), "m.new", "seat-elsewhere"),
        (remit("m.new", "u.housing", ["*"], ["*"], seat="s.housing.verify"), "m.new", "not-lead-capable"),
        (remit("m.new", "u.housing", ["*"], ["*"], "rule"), "changes[0].power", "invalid"),
        ({**unit("u.housing", "u.gov"), "can_decide": False}, "m.housing", "cannot-decide"),
        (unit("u.gov", "u.housing", "government"), "u.gov", "cycle"),
        (topic("t.housing", "t.housing.rent"), "t.housing", "cycle"),
        ({**topic("t.housing", None), "public_place": "yes"}, "changes[0].public_place", "invalid"),
        (
            {**topic("t.new", None), "public_place": True, "sensitivity": "sealed"},
            "changes[0].public_place",
            "invalid",
        ),
        ({"do": "close_unit", "id": "u.water"}, "changes[0].successor", "needs-successor"),
        ({"do": "close_unit", "id": "u.water", "successor": "u.water"}, "changes[0].successor", "closed"),
        ({"do": "close_unit", "id": "u.water", "successor": "u.liutan.east"}, "changes[0].successor", "cannot-decide"),
        ({"do": "close_unit", "id": "u.centre", "successor": "u.gov"}, "settings.intake_unit", "closed"),
        ({"do": "end_remit", "id": "m.nothing"}, "changes[0].id", "unknown"),
        ("not even an object", "changes[0]", "invalid"),
    ],
)
def test_a_change_that_would_break_the_jurisdiction_is_refused(change, path, code):
    assert (path, code) in faults(change)


def test_a_refusal_names_everything_at_once():
    found = faults(
        seat("s.new", "u.gov", "king"), unit("nonsense", "u.gov"), remit("m.new", "u.housing", [], ["*"], "rule")
    )
    assert {
        ("changes[0].roles", "invalid"),
        ("changes[1].id", "invalid"),
        ("changes[2].topics", "missing"),
        ("changes[2].power", "invalid"),
    } <= found


def test_a_seat_and_its_holder_come_together_and_a_holder_leaves_when_another_comes():
    found = county(seat("s.new", "u.gov", "handler"), posting("s.new", 90))
    assert found.holder("s.new", NOW) == person(90)
    changed = apply(
        found,
        3,
        decide_change(
            found,
            [{"do": "end_posting", "seat": "s.new", "person": person(90)}, posting("s.new", 91)],
            now=LATER,
        ),
    )
    assert changed.holder("s.new", LATER - timedelta(microseconds=1)) == person(90)
    assert changed.holder("s.new", LATER) == person(91)


def test_a_cover_lets_the_holder_go_but_not_beyond_the_cover():
    found = county({**posting("s.water.head", 61), "kind": "cover", "to_at": (NOW + timedelta(days=30)).isoformat()})
    assert found.cover("s.water.head", LATER) == person(61)
    with pytest.raises(Refused) as refused:
        decide_change(found, [{"do": "end_posting", "seat": "s.water.head", "person": person(60)}], now=LATER)
    assert [(fault.path, fault.code) for fault in refused.value.faults] == [("s.water.head", "vacant")]
    lasting = county({**posting("s.water.head", 61), "kind": "cover"})
    left = apply(
        lasting,
        3,
        decide_change(lasting, [{"do": "end_posting", "seat": "s.water.head", "person": person(60)}], now=LATER),
    )
    assert left.holder("s.water.head", LATER) is None
    assert left.persons_of("s.water.head", LATER) == (person(61),)


def test_only_a_topic_that_says_so_is_of_public_places():
    asked = [{**topic("t.road", None), "public_place": True}, topic("t.road.edge", "t.road")]
    said, silent = decide_change(county(), asked, now=LATER)
    # an entry from before it could be said, and one that does not say it, read alike
    assert said["public_place"] is True and "public_place" not in silent
    after = apply(county(), 2, [said, silent])
    assert after.topics["t.road"].public_place and not after.topics["t.road.edge"].public_place
    unsaid = apply(after, 3, decide_change(after, [topic("t.road", None)], now=LATER))
    assert not unsaid.topics["t.road"].public_place


def test_a_seat_with_open_matters_closes_only_in_favour_of_one_that_can_lead():
    close = {"do": "close_seat", "id": "s.housing.one"}
    assert ("changes[0].successor", "open-matters") in faults(close, open_matters_by_seat={"s.housing.one": 3})
    assert ("changes[0].successor", "not-lead-capable") in faults(
        {**close, "successor": "s.housing.verify"}, open_matters_by_seat={"s.housing.one": 3}
    )
    effects = decide_change(
        county(), [{**close, "successor": "s.housing.head"}], now=LATER, open_matters_by_seat={"s.housing.one": 3}
    )
    closed = apply(county(), 2, effects)
    assert closed.seats["s.housing.one"].successor == "s.housing.head"
    assert closed.seats_of_person(person(20), LATER) == ()
    assert ("changes[0].roles", "open-matters") in faults(
        seat("s.housing.one", "u.housing", "verifier"), open_matters_by_seat={"s.housing.one": 1}
    )


def test_closing_a_unit_closes_its_seats_in_favour_of_the_same_work():
    closed = county({"do": "close_unit", "id": "u.labour", "successor": "u.housing"})
    assert closed.answering_unit("u.labour") == "u.housing"
    assert closed.seats["s.labour.head"].successor == "s.housing.head"
    assert closed.seats["s.labour.one"].successor == "s.housing.one"
    assert closed.units_of_person(person(30), LATER) == frozenset()


def test_a_fault_that_time_brought_does_not_block_other_changes():
    found = county({**posting("s.housing.one", 25), "kind": "cover"})
    # Only a hand on the rows can leave a seat empty: simulate one.
    damaged = apply(
        found,
        3,
        [
            {"e": "posting.ended", "id": one.id, "seat": one.seat, "person": one.person, "at": moment_text(NOW)}
            for one in found.postings.group("s.housing.one")
        ],
    )
    assert [fault.code for fault in faults_of(damaged, now=LATER)] == ["vacant"]
    assert decide_change(damaged, [topic("t.new")], now=LATER)


def test_a_topic_counts_its_definitions():
    found = county(topic("t.noise"), topic("t.noise"))
    assert found.topics["t.noise"].version == 3


def test_effects_are_plain_json_from_the_closed_list_and_moments_come_back():
    effects = decide_change(Jurisdiction.empty(), FOUNDING, now=NOW)
    assert {effect["e"] for effect in effects} <= EFFECTS
    assert fold([(1, json.loads(json.dumps(effects)))]) == county()
    assert moment(moment_text(NOW)) == NOW
    assert moment_text(NOW) == "2026-03-02T01:00:00.000000Z"
    with pytest.raises(ValueError):
        moment("2026-03-02T01:00:00")


def test_an_entry_written_around_the_rules_is_found_by_asking_again():
    ended = {"e": "posting.ended", "id": "s.water.head#1", "seat": "s.water.head", "at": moment_text(NOW)}
    assert [(fault.path, fault.code) for fault in check_effects(county(), [ended], now=NOW)] == [
        ("s.water.head", "vacant")
    ]


# Properties -----------------------------------------------------------------------------------------------------------

STEPS = st.lists(
    st.sampled_from(
        [
            (topic("t.new"),),
            (topic("t.new.under", "t.housing"),),
            (unit("u.new", "u.gov"), seat("s.new", "u.new", "handler"), posting("s.new", 70)),
            ({"do": "close_unit", "id": "u.water", "successor": "u.housing"},),
            ({"do": "close_unit", "id": "u.labour", "successor": "u.water"},),
            ({"do": "end_posting", "seat": "s.housing.one", "person": person(20)}, posting("s.housing.one", 71)),
            ({**posting("s.labour.one", 72), "kind": "cover"},),
            (remit("m.new", "u.labour", ["t.noise"], ["r.liutan"]),),
            ({"do": "end_remit", "id": "m.wages"},),
            (region("r.new"),),
            (unit("u.housing", "u.centre"),),
            (unit("u.centre", "u.housing", "centre"),),
        ]
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_stepping_folding_and_building_from_rows_give_the_same_and_old_versions_stay(steps):
    versions = [county()]
    pictures = [repr(sorted(versions[0].units.rows.items())) + repr(sorted(versions[0].postings.rows.items()))]
    entries = [(1, decide_change(Jurisdiction.empty(), FOUNDING, now=NOW))]
    at = NOW
    for changes in steps:
        at += timedelta(hours=1)
        current = versions[-1]
        try:
            effects = decide_change(current, changes, now=at)
        except Refused:
            continue
        entries.append((current.version + 1, effects))
        versions.append(apply(current, current.version + 1, effects))
        pictures.append(
            repr(sorted(versions[-1].units.rows.items())) + repr(sorted(versions[-1].postings.rows.items()))
        )
        assert faults_of(versions[-1], now=at) == []
    assert fold(entries) == versions[-1]
    last = versions[-1]
    assert (
        Jurisdiction.of(
            last.version,
            regions=last.regions,
            units=last.units,
            seats=last.seats,
            postings=last.postings,
            topics=last.topics,
            remits=last.remits,
            settings=last.settings,
        )
        == last
    )
    for version, picture in zip(versions, pictures, strict=True):
        assert repr(sorted(version.units.rows.items())) + repr(sorted(version.postings.rows.items())) == picture
        assert fold(entries[: version.version]) == version


def test_tables_that_an_entry_does_not_touch_are_shared():
    before = county()
    after = apply(before, 2, decide_change(before, [topic("t.new")], now=NOW))
    assert after.units is before.units
    assert after.postings is before.postings
    assert after.topics is not before.topics
    assert "t.new" not in before.topics
