"""Lists and objects agree: on both databases the lens finds exactly the matters that the access table opens."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.small_county import NOW, county, person, posting, seat, unit

from huajie.apps.ledger.operations import Changes, commit_changes
from huajie.apps.matters.projection import PARTY
from huajie.core.access import (
    ACTIONS,
    NEVER,
    RELATIONS,
    View,
    actor_for,
    allowed,
    conflict_end,
    denial,
    first_id,
    lens,
    may,
    party_rows,
    relations,
    resident_of,
)
from huajie.core.access import SYSTEM as THE_SYSTEM
from huajie.core.jurisdiction import SENSITIVITIES

LATER = NOW + timedelta(days=1)
#: when somebody who is in housing now was in labour
AGO = tuple((NOW - timedelta(days=days)).isoformat() for days in (40, 30))
COUNTY = county(
    unit("u.aside", "u.gov"),
    *(
        change
        for number, role in enumerate(("auditor", "dpo", "archivist", "admin"))
        for change in (seat(f"s.aside.{role}", "u.aside", role), posting(f"s.aside.{role}", 80 + number))
    ),
    {**posting("s.labour.one", 20), "kind": "cover"},
    # the head of housing has a secretary; somebody in housing came from labour a while ago
    {**posting("s.housing.head", 90), "kind": "secretary"},
    seat("s.housing.new", "u.housing", "handler"),
    posting("s.housing.new", 91),
    {**posting("s.labour.one", 91), "kind": "secretary", "from_at": AGO[0], "to_at": AGO[1]},
    {"do": "close_unit", "id": "u.water", "successor": "u.qingshi"},
    seat("s.gov.deputy", "u.gov", "sponsor"),
    posting("s.gov.deputy", 84),
)
FREE_FROM = first_id(conflict_end(COUNTY, NOW - timedelta(days=30)))
ACTORS = [
    *(
        actor_for(COUNTY, who, seat_code, LATER)
        for who in sorted({one.person for one in COUNTY.postings})
        for seat_code in COUNTY.seats_of_person(who, LATER)
    ),
    THE_SYSTEM,
    *(resident_of(UUID(int=number).hex) for number in (1, 2)),
]
UNITS = ["u.gov", "u.centre", "u.housing", "u.labour", "u.water", "u.qingshi", "u.liutan"]
PEOPLE = [person(number) for number in (1, 10, 12, 20, 21, 22, 23, 30, 40, 60, 90, 91)]

units = st.sampled_from(UNITS)
some_units = st.frozensets(units, max_size=2)
some_people = st.frozensets(st.sampled_from(PEOPLE), max_size=2)


@st.composite
def views(draw: st.DrawFn, number: int) -> View:
    lead = draw(units)
    seats = [one.id for one in COUNTY.seats.group(lead)]
    sponsored = draw(st.booleans())
    return View(
        # on both sides of the moment from which that somebody's conflict is over
        id=(UUID(hex=FREE_FROM) if draw(st.booleans()) else UUID(int=0)).hex[:24] + f"{number:08x}",
        lead_unit=lead,
        lead_seat=draw(st.sampled_from(seats)),
        sensitivity=draw(st.sampled_from(SENSITIVITIES)),
        open=draw(st.booleans()),
        supporting=draw(some_units),
        asked=draw(st.dictionaries(st.sampled_from(["transfer", "task"]), some_units, max_size=2)),
        asked_alone=draw(
            st.dictionaries(
                st.just("site_visit"), st.frozensets(st.sampled_from(["s.liutan.field", "s.liutan.field2"])), max_size=1
            )
        ),
        superior=draw(st.none() | units),
        intake_unit=draw(st.none() | units),
        sponsor_unit=draw(st.sampled_from(["u.gov", "u.liutan"])) if sponsored else None,
        sponsor_seat=draw(st.sampled_from(["s.gov.deputy", "s.gov.head"])) if sponsored else None,
        part_of=draw(st.none() | st.just(UUID(int=number + 1).hex)),
        reviewers=draw(some_units),
        parent_lead=draw(st.none() | units),
        concerned=draw(st.frozensets(st.sampled_from(UNITS + PEOPLE), max_size=1)),
        recused=draw(some_people),
        handled_by=draw(some_people),
        approved=draw(some_people),
        unmatched=draw(st.booleans()),
        pool=draw(st.booleans()),
    )


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, tuple[View, object]]:
    found = [draw(views(number)) for number in range(1, draw(st.integers(1, 4)) + 1)]
    return {
        view.id: (view, NEVER if draw(st.booleans()) else NOW + timedelta(hours=draw(st.integers(0, 3))))
        for view in found
    }


def store(world) -> None:
    changes = Changes()
    rows = [
        {
            "matter": UUID(hex=view.id),
            "unit": code,
            "relation": relation,
            "seat": seat_code,
            "sensitivity": view.sensitivity,
            "open": view.open,
            "due_at": due,
        }
        for view, due in world.values()
        for code, relation, seat_code in party_rows(view)
    ]
    changes.insert(PARTY, [tuple(row.values()) for row in rows], tuple(rows[0]))
    commit_changes(changes)


def ids(sql: str, values: list[object]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [UUID(str(row[0])).hex for row in cursor.fetchall()]


class _Undo(Exception):
    pass


def inside(world, check) -> None:
    """Run a check on a stored world and put everything back."""
    try:
        with transaction.atomic():
            store(world)
            check()
            raise _Undo
    except _Undo:
        pass


SLOW = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.mark.django_db
@settings(SLOW, max_examples=25)
@given(worlds())
def test_a_list_holds_exactly_the_matters_that_the_table_opens(world):
    def check():
        for actor in ACTORS:
            for action in ("list", "act", "search", "export", "read_text"):
                query = lens(actor, action)
                for is_open in (True, False, None):
                    expected = [
                        key
                        for key, (view, _) in sorted(world.items(), key=lambda item: (item[1][1], item[0]))
                        if allowed(actor, view, action) and is_open in (None, view.open)
                    ]
                    assert ids(*query.page(open=is_open)) == expected, (actor, action)
                    with connection.cursor() as cursor:
                        cursor.execute(*query.count(open=is_open))
                        assert cursor.fetchone()[0] == len(expected)
                condition, values = query.predicate("a.matter")
                found = ids(f"SELECT a.matter FROM matters_party a WHERE a.relation = 'all' AND {condition}", values)
                assert sorted(found) == sorted(key for key, (view, _) in world.items() if allowed(actor, view, action))

    inside(world, check)


@pytest.mark.django_db
@SLOW
@given(worlds())
def test_each_relation_means_the_same_in_python_and_in_sql(world):
    def check():
        for actor in ACTORS:
            for relation in RELATIONS:
                query = replace(lens(actor), arms=relation.arms(actor))
                expected = {
                    key
                    for key, (view, _) in world.items()
                    if relation.holds(actor, view) and denial(actor, view) is None
                }
                assert set(ids(*query.page(open=None))) == expected, (relation.name, actor)

    inside(world, check)


@pytest.mark.django_db
@SLOW
@given(worlds())
def test_paging_shows_every_matter_once_in_due_order(world):
    def check():
        for actor in ACTORS:
            query = lens(actor)
            whole = ids(*query.page(open=True))
            paged: list[str] = []
            after = None
            while True:
                with connection.cursor() as cursor:
                    cursor.execute(*query.page(open=True, limit=1, after=after))
                    rows = cursor.fetchall()
                if not rows:
                    break
                paged.append(UUID(str(rows[0][0])).hex)
                after = (rows[0][1], rows[0][0])
            assert paged == whole

    inside(world, check)


def test_a_supervisor_reads_all_rows_in_one_scan_and_an_auditor_needs_no_other():
    supervisor = actor_for(COUNTY, person(3), "s.gov.supervisor", LATER)
    auditor = actor_for(COUNTY, person(80), None, LATER)
    assert ("*", "all") in lens(supervisor).pairs
    assert lens(auditor).pairs == (("*", "all"),)
    assert lens(auditor).arms[0].sensitivities == ()


def test_what_a_relation_asks_besides_is_an_alternative_within_one_scan():
    """A scan that keeps only rare rows walks all of a unit's matters; so no pair may ask for rare ones alone."""
    clerk = lens(actor_for(COUNTY, person(20), "s.housing.one", LATER))
    sql, _ = clerk.page()
    assert len(clerk.pairs) < len(clerk.arms)
    assert sql.count("FROM matters_party p") == len(clerk.pairs)
    common = {arm.relation for arm in clerk.arms if arm.is_plain and "ordinary" in (arm.sensitivities or ["ordinary"])}
    assert {arm.relation for arm in clerk.arms if not arm.is_plain} <= common
    assert {relation for unit, relation in clerk.pairs if unit == "u.housing"} <= common


def test_closed_matters_are_never_sought_among_open_ones():
    archivist = lens(actor_for(COUNTY, person(82), None, LATER))
    assert "all" not in archivist.page(open=True)[1]
    assert "all" in archivist.page(open=False)[1]


def test_a_clerk_reads_one_scan_for_each_way_of_standing_to_a_matter():
    clerk = actor_for(COUNTY, person(21), None, LATER)
    assert set(lens(clerk).pairs) == {
        *(
            ("u.housing", relation)
            for relation in ("lead", "supporting", "asked", "superior", "reviewer", "parent_lead")
        ),
        (person(21), "approved"),
    }


def test_an_administrator_and_a_data_protection_officer_see_no_matter_by_their_role():
    view = View("1" * 32, "u.housing", "s.housing.one", approved=frozenset(), open=False)
    for number in (81, 83):
        actor = actor_for(COUNTY, person(number), None, LATER)
        assert ("*", "all") not in lens(actor).pairs
        # The officer erases by number, from the resident's own request: the act is allowed, looking is not.
        allowed = {action for action in ACTIONS if may(action, "ordinary", relations(actor, view))}
        assert allowed <= {"see_openings", "act"}
