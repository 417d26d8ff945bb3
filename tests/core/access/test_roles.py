"""Each of the fourteen roles may do something by itself, and something it may never do."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.support.small_county import NOW, county, person, posting, seat, unit

from huajie.core.access import Actor, View, actor_for, allowed, before_the_roles, lens, relations
from huajie.core.jurisdiction import ROLES, Jurisdiction

LATER = NOW + timedelta(days=1)
OWN = View(id="a" * 32, lead_unit="u.own", lead_seat="s.own")
ELSEWHERE = View(id="b" * 32, lead_unit="u.housing", lead_seat="s.housing.one")
NONE = None

#: role -> where it may do what; where it may not do what, though everything else stands as well as it can
FOURTEEN: dict[str, tuple[tuple[View | None, str], tuple[View | None, str]]] = {
    "intake": ((replace(ELSEWHERE, intake_unit="u.own"), "open_identity"), (ELSEWHERE, "see")),
    "dispatcher": ((replace(ELSEWHERE, unmatched=True), "act"), (replace(ELSEWHERE, unmatched=True), "open_identity")),
    "handler": ((OWN, "act"), (ELSEWHERE, "see")),
    "head": ((replace(OWN, lead_seat="s.else", sensitivity="minor"), "read_text"), (NONE, "change_jurisdiction")),
    "sponsor": (
        (replace(ELSEWHERE, sponsor_unit="u.own", sponsor_seat="s.own"), "act"),
        (replace(ELSEWHERE, sponsor_unit="u.own", sponsor_seat="s.own"), "open_identity"),
    ),
    "mediator": (
        (replace(ELSEWHERE, asked={"mediation": frozenset({"u.own"})}), "act"),
        (replace(ELSEWHERE, asked={"mediation": frozenset({"u.own"})}), "open_identity"),
    ),
    "supervisor": ((ELSEWHERE, "see"), (replace(ELSEWHERE, sensitivity="sealed"), "see")),
    "reviewer": ((replace(ELSEWHERE, reviewers=frozenset({"u.own"})), "read_text"), (OWN, "open_identity")),
    "area_worker": (
        (replace(ELSEWHERE, asked_alone={"site_visit": frozenset({"s.own"})}), "act"),
        (replace(OWN, lead_seat="s.else", intake_unit="u.own"), "see"),
    ),
    "secretary": ((replace(OWN, lead_seat="s.else"), "see"), (replace(OWN, lead_seat="s.else"), "export")),
    "archivist": ((replace(ELSEWHERE, open=False), "act"), (ELSEWHERE, "see")),
    "dpo": ((ELSEWHERE, "see_openings"), (ELSEWHERE, "read_text")),
    "auditor": ((ELSEWHERE, "export"), (ELSEWHERE, "act")),
    "admin": ((NONE, "change_jurisdiction"), (ELSEWHERE, "see")),
}


def of(role: str, *more: str) -> tuple[Jurisdiction, Actor]:
    """Return somebody who has nothing but this role (and these), from a seat of a unit of their own."""
    changes = [unit("u.own", "u.gov"), seat("s.own", "u.own", *(("head",) if role == "secretary" else (role, *more)))]
    if role == "secretary":
        changes += [posting("s.own", 80), {**posting("s.own", 81), "kind": "secretary"}]
    found = county(*changes, *([posting("s.own", 81)] if role != "secretary" else []))
    return found, actor_for(found, person(81), "s.own", LATER)


def test_there_are_fourteen_and_each_is_a_role_that_a_seat_can_have() -> None:
    assert set(FOURTEEN) <= ROLES and len(FOURTEEN) == 14
    # besides: who signs for a head, and who checks what others did
    assert ROLES - set(FOURTEEN) == {"deputy", "verifier"}


@pytest.mark.parametrize("role", FOURTEEN)
def test_a_role_may_do_something_and_something_it_never_may(role: str) -> None:
    (open_to, may), (closed_to, never) = FOURTEEN[role]
    actor = of(role)[1]
    assert actor.roles == {role}
    assert allowed(actor, open_to, may), may
    assert not allowed(actor, closed_to, never), never
    # it is the role that gives it: from a seat without any, what the unit as such has is all there is
    plain = replace(actor, roles=frozenset(), prepares=frozenset())
    if role not in ("handler", "reviewer", "mediator"):
        assert not allowed(plain, open_to, may), may


def test_who_only_reviews_opens_no_identity_by_any_relation_and_finds_none_to_open() -> None:
    everything = replace(
        OWN, reviewers=frozenset({"u.own"}), supporting=frozenset({"u.own"}), superior="u.own", intake_unit="u.own"
    )
    reviewer, both = of("reviewer")[1], of("reviewer", "handler")[1]
    for kind in ("ordinary", "sealed"):
        for mode in ("open", "confidential"):
            view = replace(everything, sensitivity=kind, mode=mode)
            assert not allowed(reviewer, view, "open_identity")
    assert not lens(reviewer, "open_identity").arms and not lens(reviewer, "open_confidential_identity", "act").arms
    # whoever also handles has what a handler has
    assert allowed(both, everything, "open_identity") and lens(both, "open_identity").arms


def test_an_area_worker_sees_no_more_of_their_own_unit_than_of_another() -> None:
    worker = of("area_worker")[1]
    assert relations(worker, replace(OWN, lead_seat="s.else")) == relations(worker, ELSEWHERE) == set()
    assert not worker.answers and {arm.relation for arm in lens(worker).arms} <= {"visit", "approved"}


def test_what_was_done_while_these_roles_were_words_is_judged_as_it_was() -> None:
    for role in ("area_worker", "reviewer"):
        found, actor = of(role)
        before = before_the_roles(actor, found)
        assert before.roles == frozenset() and before.answers == {"u.own"}
        assert "lead" in relations(before, OWN)
    found, handler = of("handler")
    assert before_the_roles(handler, found) is handler
