"""How actors stand to a matter, example by example, and who is kept out."""

import sys
from dataclasses import fields, replace
from datetime import timedelta

import pytest
from tests.support.small_county import NOW, county, person, posting, seat, unit

from huajie.core.access import (
    ACTIONS,
    ANONYMOUS,
    IMPORT,
    RELATION_NAMES,
    RELATIONS,
    SYSTEM,
    NotSeated,
    View,
    actor_for,
    allowed,
    party_rows,
    relations,
    resident_of,
)
from huajie.core.jurisdiction import SENSITIVITIES

LATER = NOW + timedelta(days=1)
MATTER = "a" * 32


def matter(**changes) -> View:
    """Housing leads, its first clerk answers, water helps, labour is asked, the centre brought it in."""
    view = View(
        id=MATTER,
        lead_unit="u.housing",
        lead_seat="s.housing.one",
        supporting=frozenset({"u.water"}),
        asked={"transfer": frozenset({"u.labour"})},
        superior="u.gov",
        intake_unit="u.centre",
        handled_by=frozenset({person(20)}),
    )
    return replace(view, **changes)


#: A deputy leader of the county who can answer for a hard case.
DEPUTY = (seat("s.gov.deputy", "u.gov", "sponsor"), posting("s.gov.deputy", 4))

#: Two who go and look for the township of Liutan; the second is asked to look at this matter. And a reviewer.
FIELD = (
    seat("s.liutan.field", "u.liutan", "area_worker"),
    seat("s.liutan.field2", "u.liutan", "area_worker"),
    posting("s.liutan.field", 52),
    posting("s.liutan.field2", 53),
    seat("s.gov.reviewer", "u.gov", "reviewer"),
    posting("s.gov.reviewer", 5),
)

#: a secretary of the head of housing, and somebody there who sat in labour until a month ago
EXTRA = (
    {**posting("s.housing.head", 90), "kind": "secretary"},
    seat("s.housing.new", "u.housing", "verifier"),
    posting("s.housing.new", 91),
    {
        **posting("s.labour.one", 91),
        "kind": "cover",
        "from_at": (NOW - timedelta(days=40)).isoformat(),
        "to_at": (NOW - timedelta(days=30)).isoformat(),
    },
)


def held(who: int, view: View, seat_code: str | None = None, *more) -> set[str]:
    jurisdiction = county(*DEPUTY, *EXTRA, *FIELD, *more)
    return set(relations(actor_for(jurisdiction, person(who), seat_code, LATER), view))


EXAMPLES = [
    (20, {}, {"lead", "lead_seat"}),
    (21, {}, {"lead", "lead_head"}),
    (22, {}, {"lead", "verifier"}),
    (22, {"handled_by": frozenset({person(22)})}, {"lead"}),
    (23, {}, set()),
    (60, {}, {"supporting"}),
    (30, {}, {"asked", "asked:transfer"}),
    (30, {"asked": {}}, set()),
    # their secretary, who sits nowhere else, has none of the head's relations
    (90, {}, {"secretary"}),
    (90, {"lead_unit": "u.labour", "lead_seat": "s.labour.head"}, set()),
    # left labour long before the matter, and in time to have been there
    (
        91,
        {"asked": {}, "supporting": frozenset(), "concerned": frozenset({"u.labour"}), "id": "f" * 32},
        {"lead", "verifier"},
    ),
    (91, {"concerned": frozenset({"u.labour"}), "id": "0" * 32}, {"concerned"}),
    (1, {}, {"superior", "superior_head"}),
    (2, {}, {"superior"}),
    (3, {}, {"superior", "supervisor"}),
    (3, {"superior": "u.labour"}, {"supervisor"}),
    (10, {}, {"intake"}),
    (10, {"unmatched": True}, {"intake", "dispatcher"}),
    (10, {"intake_unit": "u.labour"}, set()),
    (11, {}, set()),
    (12, {}, set()),
    (12, {"pool": True}, {"verifier"}),
    (12, {"pool": True, "handled_by": frozenset({person(12)})}, set()),
    (40, {"reviewers": frozenset({"u.qingshi"})}, {"reviewer"}),
    (40, {"parent_lead": "u.qingshi"}, {"parent_lead"}),
    (40, {"approved": frozenset({person(40)})}, {"approved"}),
    (41, {"approved": frozenset({person(40)})}, set()),
    (4, {"superior": None, "sponsor_unit": "u.gov", "sponsor_seat": "s.gov.deputy"}, {"sponsor"}),
    (4, {"sponsor_unit": "u.gov", "sponsor_seat": "s.gov.deputy"}, {"superior", "sponsor"}),
    # another seat of the leader's unit has no part in it by that alone, and without the role nobody is a sponsor
    (3, {"superior": None, "sponsor_unit": "u.gov", "sponsor_seat": "s.gov.deputy"}, {"supervisor"}),
    (4, {"superior": None, "sponsor_unit": "u.gov", "sponsor_seat": "s.gov.head"}, set()),
    (50, {"sponsor_unit": "u.liutan", "sponsor_seat": "s.liutan.head"}, set()),
    # asked to go and look: that seat alone, and neither its unit nor a colleague; without being asked, nothing, not
    # even what their own unit leads, helps with or brought in
    (53, {"asked_alone": {"site_visit": frozenset({"s.liutan.field2"})}}, {"area_worker", "asked:site_visit"}),
    (52, {"asked_alone": {"site_visit": frozenset({"s.liutan.field2"})}}, set()),
    (50, {"asked_alone": {"site_visit": frozenset({"s.liutan.field2"})}}, set()),
    (52, {"lead_unit": "u.liutan", "lead_seat": "s.liutan.head", "intake_unit": "u.liutan"}, set()),
    (52, {"supporting": frozenset({"u.liutan"}), "asked": {"task": frozenset({"u.liutan"})}}, set()),
    (
        53,
        {"asked_alone": {"site_visit": frozenset({"s.liutan.field2"})}, "concerned": frozenset({"u.liutan"})},
        {"concerned"},
    ),
    # who leads from a reviewer's seat, reads what their unit reviews, and has nothing else by the role
    (5, {"lead_unit": "u.gov", "lead_seat": "s.gov.reviewer"}, {"lead", "lead_seat", "lead_reviewer", "superior"}),
    (5, {"lead_unit": "u.gov", "lead_seat": "s.gov.head", "superior": None}, {"lead"}),
    (5, {"reviewers": frozenset({"u.gov"}), "superior": None}, {"reviewer"}),
    # a part makes nobody related
    (50, {"part_of": "c" * 32}, set()),
]


@pytest.mark.parametrize(("who", "changes", "expected"), EXAMPLES)
def test_who_stands_how(who, changes, expected):
    assert held(who, matter(**changes)) == expected


#: Where a deputy is in charge, which the small county has nowhere.
IN_CHARGE = (seat("s.housing.deputy", "u.housing", "deputy"), posting("s.housing.deputy", 24))


def test_a_deputy_in_charge_signs_for_the_lead_unit_and_for_no_other():
    assert held(24, matter(), None, *IN_CHARGE) == {"lead", "lead_deputy"}
    assert held(24, matter(lead_unit="u.labour"), None, *IN_CHARGE) == set()


def test_the_examples_show_every_relation_of_a_seat_held_and_not_held():
    shown = {name for _, _, expected in EXAMPLES for name in expected}
    of_seats = {relation.name for relation in RELATIONS} - {
        "resident",
        "system",
        "import",
        "admin",
        "auditor",
        "archivist",
        "dpo",
        "lead_deputy",
    }
    assert of_seats <= shown


def _outcomes() -> list[bool]:
    actors = [
        *(
            actor_for(county(*DEPUTY, *EXTRA, *FIELD), person(who), None, LATER)
            for who in (1, 2, 3, 4, 5, 52, 53, 10, 11, 12, 20, 21, 22, 23, 30, 40, 60)
        ),
        SYSTEM,
        IMPORT,
        ANONYMOUS,
        resident_of(MATTER),
        resident_of("b" * 32),
    ]
    views = [matter(sensitivity=kind, **changes) for kind in SENSITIVITIES for _, changes, _ in EXAMPLES]
    return [allowed(actor, view, action) for action in ACTIONS for actor in actors for view in views]


@pytest.mark.parametrize("name", RELATION_NAMES)
def test_forcing_one_relation_to_true_changes_what_somebody_may_do(name, monkeypatch):
    """So no relation can be widened without the tables of who may do what falling."""
    before = _outcomes()
    module = sys.modules["huajie.core.access.relations"]
    forced = tuple((one, (lambda actor, view: True) if one == name else holds) for one, holds in module._HOLDS)
    monkeypatch.setattr(module, "_HOLDS", forced)
    wider = _outcomes()
    assert wider != before
    wrong = [(who, expected) for who, changes, expected in EXAMPLES if held(who, matter(**changes)) != expected]
    assert wrong


@pytest.mark.parametrize(
    "role", ["auditor", "dpo", "archivist", "admin", "supervisor", "dispatcher", "intake", "area_worker"]
)
def test_a_role_alone_gives_only_its_own_relation(role):
    changes = (unit("u.aside", "u.gov"), seat("s.aside", "u.aside", role), posting("s.aside", 80))
    for_open = held(80, matter(), None, *changes)
    for_closed = held(80, matter(open=False), None, *changes)
    without_matter = set(relations(actor_for(county(*changes), person(80), None, LATER)))
    assert without_matter == {role}
    if role in ("auditor", "dpo", "supervisor"):
        assert for_open == for_closed == {role}
    elif role == "archivist":
        assert (for_open, for_closed) == (set(), {"archivist"})
    else:
        assert for_open == for_closed == set()


def test_the_system_an_import_a_resident_and_a_stranger():
    assert relations(SYSTEM, matter()) == {"system"}
    assert relations(IMPORT, matter()) == {"import"}
    assert relations(resident_of(MATTER), matter()) == {"resident"}
    assert relations(resident_of("b" * 32), matter()) == set()
    assert relations(ANONYMOUS, matter()) == set()
    assert relations(ANONYMOUS) == {"resident"}


def test_who_it_concerns_is_kept_out_whatever_their_role():
    for who in (20, 21, 22):
        assert held(who, matter(concerned=frozenset({"u.housing"}))) == {"concerned"}
    assert held(23, matter(concerned=frozenset({"u.housing"}))) == {"concerned"}
    assert held(3, matter(concerned=frozenset({person(3)}))) == {"concerned"}
    assert held(3, matter(concerned=frozenset({"u.housing"}))) == {"superior", "supervisor"}
    assert held(20, matter(recused=frozenset({person(20)}))) == {"recused"}
    assert held(21, matter(recused=frozenset({person(20)}))) == {"lead", "lead_head"}


def test_covering_a_seat_elsewhere_does_not_wash_off_a_conflict():
    covering = ({**posting("s.labour.one", 20), "kind": "cover"},)
    view = matter(lead_unit="u.labour", lead_seat="s.labour.one", concerned=frozenset({"u.housing"}), asked={})
    assert held(20, view, "s.labour.one", *covering) == {"concerned"}
    assert held(30, view, None, *covering) == {"lead", "lead_seat"}
    for action in ("see", "act", "read_text", "open_identity"):
        assert not allowed(actor_for(county(*covering), person(20), "s.labour.one", LATER), view, action)


def test_a_cover_acts_from_the_seat_covered_and_only_while_it_lasts():
    covering = ({**posting("s.labour.one", 20), "kind": "cover", "to_at": (NOW + timedelta(days=7)).isoformat()},)
    view = matter(lead_unit="u.labour", lead_seat="s.labour.one", asked={})
    actor = actor_for(county(*covering), person(20), "s.labour.one", LATER)
    assert actor.covering
    assert relations(actor, view) == {"lead", "lead_seat"}
    assert held(20, view, "s.housing.one", *covering) == set()
    with pytest.raises(NotSeated):
        actor_for(county(*covering), person(20), "s.labour.one", NOW + timedelta(days=7))
    with pytest.raises(NotSeated):
        actor_for(county(), person(20), "s.labour.one", LATER)
    with pytest.raises(NotSeated):
        actor_for(county(), person(99), None, LATER)


def test_the_successor_of_a_closed_unit_answers_for_its_matters():
    closed = county({"do": "close_unit", "id": "u.housing", "successor": "u.labour"})
    clerk = actor_for(closed, person(30), None, LATER)
    head = actor_for(closed, person(31), None, LATER)
    view = matter(asked={})
    assert relations(clerk, view) == {"lead", "lead_seat"}
    assert relations(head, view) == {"lead", "lead_head"}


def test_every_field_that_relations_read_stands_in_the_rows_of_the_lens():
    """A field of the view that changes who may see a matter must change its rows, or lists and objects disagree."""
    plain = party_rows(
        matter(supporting=frozenset(), asked={}, superior=None, intake_unit=None, handled_by=frozenset())
    )
    changes = {
        "supporting": frozenset({"u.x"}),
        "asked": {"task": frozenset({"u.x"})},
        "asked_alone": {"site_visit": frozenset({"s.x"})},
        "superior": "u.x",
        "intake_unit": "u.x",
        "reviewers": frozenset({"u.x"}),
        "parent_lead": "u.x",
        "concerned": frozenset({"u.x"}),
        "recused": frozenset({person(1)}),
        "handled_by": frozenset({person(1)}),
        "approved": frozenset({person(1)}),
        "unmatched": True,
        "pool": True,
        "lead_unit": "u.x",
        "lead_seat": "s.x",
        "sponsor_unit": "u.x",
        "part_of": "c" * 32,
        "prepared": frozenset({"s.x"}),
        "unsigned": True,
    }
    # The rest are columns of their own (matter, sensitivity, open) or read on the object alone (mode).
    assert {field.name for field in fields(View)} == set(changes) | {
        "id",
        "sensitivity",
        "open",
        "mode",
        "sponsor_seat",
    }
    base = matter(supporting=frozenset(), asked={}, superior=None, intake_unit=None, handled_by=frozenset())
    for name, value in changes.items():
        assert party_rows(replace(base, **{name: value})) != plain, name
    rows = party_rows(matter())
    assert len(rows) == len({(row[0], row[1]) for row in rows})
    assert [row for row in rows if row[1] == "lead"] == [("u.housing", "lead", "s.housing.one")]
