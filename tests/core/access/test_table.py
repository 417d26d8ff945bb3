"""The table of rights against one written by hand."""

import csv
import io
from pathlib import Path

import pytest

from huajie.core.access import ACTIONS, DENIALS, RELATION_NAMES, TABLE, Actor, View, allowed, may
from huajie.core.jurisdiction import SENSITIVITIES

ROWS = list(csv.DictReader(io.StringIO((Path(__file__).parent / "expected.csv").read_text(encoding="utf-8"))))


def expected() -> dict[tuple[str, str, str], bool]:
    return {
        (row["action"], row["sensitivity"], relation): row[relation] == "y"
        for row in ROWS
        for relation in row
        if relation not in ("action", "sensitivity")
    }


def test_the_hand_written_table_covers_every_action_sensitivity_and_relation_once():
    assert len(ROWS) == len({(row["action"], row["sensitivity"]) for row in ROWS})
    assert {(action, kind, name) for action in ACTIONS for kind in SENSITIVITIES for name in RELATION_NAMES} == set(
        expected()
    )
    assert {value for row in ROWS for value in list(row.values())[2:]} == {"", "y"}


@pytest.mark.parametrize(("action", "sensitivity"), [(row["action"], row["sensitivity"]) for row in ROWS])
def test_the_table_says_what_the_hand_written_one_says(action, sensitivity):
    for relation in RELATION_NAMES:
        assert may(action, sensitivity, frozenset({relation})) is expected()[action, sensitivity, relation], relation


@pytest.mark.parametrize("relation", RELATION_NAMES)
def test_a_relation_opens_exactly_what_the_hand_written_table_gives_it(relation):
    opened = {
        (action, kind)
        for action in ACTIONS
        for kind in SENSITIVITIES
        if may(action, kind, frozenset({relation})) and not may(action, kind, frozenset())
    }
    assert opened == {(action, kind) for (action, kind, name), yes in expected().items() if yes and name == relation}


def test_nothing_opens_without_a_relation_and_nothing_through_a_denial():
    for action in ACTIONS:
        for kind in SENSITIVITIES:
            assert not may(action, kind, frozenset())
            for denied in DENIALS:
                assert not may(action, kind, frozenset({*RELATION_NAMES, denied}))


def test_a_misspelt_action_is_an_error_and_never_a_yes():
    with pytest.raises(KeyError):
        may("read_texts", "ordinary", frozenset(RELATION_NAMES))
    with pytest.raises(KeyError):
        may("see", "secret", frozenset(RELATION_NAMES))


def test_the_table_names_no_relation_that_does_not_exist():
    named = {name for row in TABLE.values() for cell in row.values() for name in cell}
    assert named <= set(RELATION_NAMES)


def test_an_identity_given_in_confidence_is_kept_from_the_handler_and_of_an_anonymous_matter_there_is_none():
    handler = Actor(
        "seat",
        "1" * 32,
        "s.a.one",
        "u.a",
        frozenset({"handler"}),
        answers=frozenset({"u.a"}),
        answer_seats=frozenset({"s.a.one"}),
    )
    clerk = Actor(
        "seat",
        "2" * 32,
        "s.b.one",
        "u.b",
        frozenset({"intake"}),
        answers=frozenset({"u.b"}),
        answer_seats=frozenset({"s.b.one"}),
    )

    def view(mode: str) -> View:
        return View("a" * 32, "u.a", "s.a.one", intake_unit="u.b", mode=mode)

    assert allowed(handler, view("open"), "open_identity")
    assert not allowed(handler, view("confidential"), "open_identity")
    assert allowed(clerk, view("confidential"), "open_identity")
    assert not allowed(clerk, view("anonymous"), "open_identity")
    assert not allowed(handler, view("anonymous"), "open_identity")
