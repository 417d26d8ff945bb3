"""Routing: who gets a matter, and why."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.small_county import NOW, county, person, posting, remit, seat, topic, unit

from huajie.core.jurisdiction import (
    Jurisdiction,
    NoOwner,
    apply,
    backstop_owner,
    decide_change,
    expand_concerned,
    is_conflicted,
    route,
)

LATER = NOW + timedelta(days=1)

#: topic, region, pack, concerned -> unit, seat, remit. Written by hand from the rules of the small county.
EXAMPLES = [
    # the topic itself beats the one above it
    ("t.housing.rent", "r.qingshi", "any", (), "u.qingshi", "s.qingshi.one", "m.rent.qingshi"),
    # a rule covers what lies under its region
    ("t.housing.rent", "r.qingshi.east", "any", (), "u.qingshi", "s.qingshi.one", "m.rent.qingshi"),
    # elsewhere the rule for the topic above
    ("t.housing.rent", "r.yunxi", "any", (), "u.housing", "s.housing.one", "m.housing"),
    ("t.housing.repair", "r.qingshi", "any", (), "u.housing", "s.housing.one", "m.housing"),
    # a topic of its own beats a township's rule for every topic, though the region is nearer
    ("t.housing", "r.liutan", "any", (), "u.housing", "s.housing.one", "m.housing"),
    ("t.noise", "r.liutan", "any", (), "u.liutan", "s.liutan.head", "m.liutan"),
    # a rule for the pack beats one for any
    ("t.wages", "r.qingshi", "any", (), "u.labour", "s.labour.one", "m.wages"),
    ("t.wages", "r.qingshi", "cn.petition.request", (), "u.centre", "s.centre.desk", "m.wages.petition"),
    # nothing matches: the intake queue has an owner
    ("t.noise", "r.qingshi", "any", (), "u.centre", "s.centre.desk", None),
    ("t.unheard", "r.nowhere", "any", (), "u.centre", "s.centre.desk", None),
    (None, None, "any", (), "u.centre", "s.centre.desk", None),
    # the unit that it is about, or whose head it is about, never gets it
    ("t.housing", "r.yunxi", "any", ("u.housing",), "u.gov", "s.gov.head", "m.housing"),
    ("t.housing", "r.yunxi", "any", (person(21),), "u.gov", "s.gov.head", "m.housing"),
    # a clerk is not the bureau: another seat answers
    ("t.housing", "r.yunxi", "any", (person(20),), "u.housing", "s.housing.head", "m.housing"),
    # the queue's own unit is no exception
    ("t.noise", "r.qingshi", "any", ("u.centre",), "u.gov", "s.gov.head", None),
    # the unit, its superior: then whoever no rule had in mind
    ("t.housing", "r.yunxi", "any", ("u.housing", "u.gov"), "u.centre", "s.centre.desk", None),
]


@pytest.mark.parametrize(("topic", "region", "pack", "concerned", "unit", "seat", "remit"), EXAMPLES)
def test_a_matter_goes_to_the_most_specific_rule(topic, region, pack, concerned, unit, seat, remit):
    found = route(county(), topic=topic, region=region, pack=pack, at=LATER, concerned=frozenset(concerned))
    assert (found.unit, found.seat, found.remit) == (unit, seat, remit)
    assert found.matched is (remit is not None)


def test_priority_decides_between_equally_specific_rules_then_the_code():
    found = county(
        remit("m.a", "u.labour", ["t.noise"], ["*"]),
        remit("m.b", "u.water", ["t.noise"], ["*"], priority=5),
        remit("m.c", "u.housing", ["t.noise"], ["*"], priority=5),
    )
    routed = route(found, topic="t.noise", region="r.yunxi", pack="any", at=LATER)
    assert routed.remit == "m.b"
    why = {step.remit: step.code for step in routed.steps}
    assert why["m.b"] == "chosen"
    assert why["m.c"] == "later-code"
    assert why["m.a"] == "lower-priority"


def test_the_simulator_says_of_every_rule_why_it_lost():
    routed = route(county(), topic="t.housing.rent", region="r.qingshi", pack="any", at=LATER, every_rule=True)
    assert routed.steps[0].code == "chosen"
    assert {step.remit: step.code for step in routed.steps} == {
        "m.rent.qingshi": "chosen",
        "m.housing": "less-specific-topic",
        "m.wages": "topic",
        "m.wages.petition": "pack",
        "m.water": "topic",
        "m.water.help": "topic",
        "m.liutan": "region",
    }


def test_the_quick_answer_and_the_whole_explanation_agree():
    for about, where, pack, concerned, *_ in EXAMPLES:
        asked = {"topic": about, "region": where, "pack": pack, "at": LATER, "concerned": frozenset(concerned)}
        quick, whole = route(county(), **asked), route(county(), **asked, every_rule=True)
        assert (quick.unit, quick.seat, quick.remit, quick.assist) == (
            whole.unit,
            whole.seat,
            whole.remit,
            whole.assist,
        )


def test_units_that_only_assist_are_named_and_never_lead():
    routed = route(county(), topic="t.water", region="r.yunxi", pack="any", at=LATER)
    assert (routed.unit, routed.assist) == ("u.water", ("u.housing",))
    about_housing = route(
        county(), topic="t.water", region="r.yunxi", pack="any", at=LATER, concerned=frozenset({"u.housing"})
    )
    assert about_housing.assist == ()


def test_a_rule_counts_from_its_first_moment_until_before_its_last():
    ends = NOW + timedelta(days=10)
    found = county(
        remit(
            "m.noise",
            "u.labour",
            ["t.noise"],
            ["*"],
            from_at=(NOW + timedelta(days=2)).isoformat(),
            to_at=ends.isoformat(),
        )
    )

    def owner(at):
        return route(found, topic="t.noise", region="r.yunxi", pack="any", at=at).unit

    assert owner(NOW + timedelta(days=2) - timedelta(microseconds=1)) == "u.centre"
    assert owner(NOW + timedelta(days=2)) == "u.labour"
    assert owner(ends - timedelta(microseconds=1)) == "u.labour"
    assert owner(ends) == "u.centre"


def test_a_raised_matter_says_from_which_rule_and_to_whom():
    routed = route(
        county(), topic="t.housing", region="r.yunxi", pack="any", at=LATER, concerned=frozenset({"u.housing"})
    )
    assert routed.steps[0].code == "raised"
    assert routed.steps[0].remit == "m.housing"
    assert routed.steps[0].values["to"] == "u.gov"


def test_an_inner_office_shares_the_conflict_of_its_unit_and_a_township_does_not():
    found = county()
    assert expand_concerned(found, {"u.housing"}) == {"u.housing", "u.housing.rent"}
    assert expand_concerned(found, {"u.gov"}) == {"u.gov"}
    assert is_conflicted(found, "u.housing.rent", LATER, frozenset({"u.housing"}))
    assert not is_conflicted(found, "u.qingshi", LATER, frozenset({"u.gov"}))


def test_a_cover_who_is_not_concerned_keeps_the_unit_able_to_act():
    found = county({**posting("s.water.head", 61), "kind": "cover"})
    routed = route(found, topic="t.water", region="r.yunxi", pack="any", at=LATER, concerned=frozenset({person(60)}))
    assert (routed.unit, routed.seat) == ("u.water", "s.water.head")


def test_a_closed_unit_is_answered_for_by_its_successor():
    found = county({"do": "close_unit", "id": "u.water", "successor": "u.housing"})
    assert route(found, topic="t.water", region="r.yunxi", pack="any", at=LATER).unit == "u.housing"


def test_when_everybody_is_concerned_it_says_so_instead_of_naming_one():
    everybody = frozenset(unit.id for unit in county().units)
    with pytest.raises(NoOwner):
        route(county(), topic="t.noise", region="r.yunxi", pack="any", at=LATER, concerned=everybody)


def test_the_backstop_holds_what_was_objected_to_twice():
    assert backstop_owner(county(), LATER) == ("u.gov", "s.gov.head")
    assert backstop_owner(county(), LATER, frozenset({"u.gov"})) == ("u.centre", "s.centre.desk")


def test_the_common_superior_is_above_both_and_never_one_of_them():
    found = county(unit("u.qingshi.road", "u.qingshi", "office"), unit("u.qingshi.farm", "u.qingshi", "office"))
    assert found.common_superior("u.housing", "u.labour") == "u.gov"
    assert found.common_superior("u.qingshi.road", "u.qingshi.farm") == "u.qingshi"
    assert found.common_superior("u.qingshi.road", "u.labour") == "u.gov"
    assert found.common_superior("u.qingshi", "u.qingshi.road") == "u.gov"
    assert found.common_superior("u.gov", "u.labour") is None
    assert found.superior("u.qingshi.road") == "u.qingshi"
    assert found.superior("u.gov") is None


# Properties over random jurisdictions ---------------------------------------------------------------------------------

TOPICS = ["t.a", "t.a.b", "t.a.b.c", "t.d"]
REGIONS = ["r.yunxi", "r.qingshi", "r.qingshi.east", "r.liutan"]
PACKS = ["*", "p.one", "p.two"]


@st.composite
def jurisdictions(draw: st.DrawFn) -> Jurisdiction:
    """A founded county with extra topics, extra bureaus of one or two people, and rules of every kind."""
    changes = [topic("t.a"), topic("t.a.b", "t.a"), topic("t.a.b.c", "t.a.b"), topic("t.d")]
    units = ["u.housing", "u.labour", "u.qingshi", "u.liutan"]
    for number in range(draw(st.integers(0, 4))):
        code = f"u.x{number}"
        changes.append(unit(code, draw(st.sampled_from(units))))
        units.append(code)
        for place, roles in enumerate(draw(st.sampled_from([(), (("head",),), (("handler",), ("head", "handler"))]))):
            changes.append(seat(f"s.x{number}.{place}", code, *roles))
            changes.append(posting(f"s.x{number}.{place}", draw(st.integers(100, 105))))
    changes.extend(
        remit(
            f"m.x{number}",
            draw(st.sampled_from(units)),
            draw(st.lists(st.sampled_from([*TOPICS, "*"]), min_size=1, max_size=2, unique=True)),
            draw(st.lists(st.sampled_from([*REGIONS, "*"]), min_size=1, max_size=2, unique=True)),
            draw(st.sampled_from(["decide", "decide", "assist", "report"])),
            pack=draw(st.sampled_from(PACKS)),
            priority=draw(st.integers(0, 2)),
        )
        for number in range(draw(st.integers(0, 12)))
    )
    founded = county()
    return apply(founded, 2, decide_change(founded, changes, now=NOW))


def slow_winner(jurisdiction: Jurisdiction, about: str, where: str, pack: str) -> str | None:
    """An independent reading of the rule order: walk outwards and stop at the first that fits."""

    def up(table, code):
        while code is not None:
            yield code
            code = table[code].parent
        yield "*"

    rules = [rule for rule in jurisdiction.remits if rule.power == "decide"]
    for step in up(jurisdiction.topics, about):
        for place in up(jurisdiction.regions, where):
            for kind in (pack, "*"):
                # A rule that names several topics or regions counts by the nearest of them.
                fitting = [
                    rule
                    for rule in rules
                    if rule.pack == kind
                    and step in rule.topics
                    and place in rule.regions
                    and not any(
                        near in rule.regions
                        for near in list(up(jurisdiction.regions, where))
                        if near != place
                        and list(up(jurisdiction.regions, where)).index(near)
                        < list(up(jurisdiction.regions, where)).index(place)
                    )
                    and not any(
                        near in rule.topics
                        for near in list(up(jurisdiction.topics, about))
                        if near != step
                        and list(up(jurisdiction.topics, about)).index(near)
                        < list(up(jurisdiction.topics, about)).index(step)
                    )
                    and jurisdiction.default_seat(rule.unit, LATER) is not None
                ]
                if fitting:
                    return min(fitting, key=lambda rule: (-rule.priority, rule.id)).id
    return None


@settings(max_examples=300, deadline=None)
@given(jurisdictions(), st.sampled_from(TOPICS), st.sampled_from(REGIONS), st.sampled_from(["p.one", "p.two"]))
def test_the_rule_that_wins_is_the_one_a_slow_reader_finds(jurisdiction, about, where, pack):
    routed = route(jurisdiction, topic=about, region=where, pack=pack, at=LATER)
    assert routed.remit == slow_winner(jurisdiction, about, where, pack)


@settings(max_examples=300, deadline=None)
@given(jurisdictions(), st.data())
def test_there_is_always_exactly_one_owner_and_never_one_it_concerns(jurisdiction, data):
    people = [posting.person for posting in jurisdiction.postings]
    units = [unit.id for unit in jurisdiction.units]
    concerned = frozenset(data.draw(st.lists(st.sampled_from(units + people), max_size=8)))
    about = data.draw(st.sampled_from([*TOPICS, "t.noise", None]))
    where = data.draw(st.sampled_from([*REGIONS, None]))
    free = [
        unit
        for unit in units
        if not is_conflicted(jurisdiction, unit, LATER, concerned)
        and jurisdiction.units[unit].can_decide
        and jurisdiction.default_seat(unit, LATER, without=concerned) is not None
    ]
    if not free:
        with pytest.raises(NoOwner):
            route(jurisdiction, topic=about, region=where, pack="p.one", at=LATER, concerned=concerned)
        return
    routed = route(jurisdiction, topic=about, region=where, pack="p.one", at=LATER, concerned=concerned)
    owner = jurisdiction.units[routed.unit]
    assert owner.active
    assert owner.can_decide
    assert jurisdiction.seats[routed.seat].unit == routed.unit
    assert set(jurisdiction.persons_of(routed.seat, LATER)) - concerned
    line = [routed.unit]
    while jurisdiction.units[line[-1]].kind == "office":
        line.append(jurisdiction.units[line[-1]].parent)
    assert concerned.isdisjoint(line)
    winners = [step.remit for step in routed.steps if step.code in ("chosen", "raised")]
    assert winners == ([routed.remit] if routed.matched else [])
