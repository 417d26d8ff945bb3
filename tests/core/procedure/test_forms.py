"""Forms: what is asked of whom, what a value may be, and what is said when it can't be."""

from typing import Any

import jsonschema
import pytest
from tests.core.procedure.support import COUNTY, PACK

from huajie.core.procedure import check_inputs, check_texts, form_fields, form_schema, read_form

DESCRIBE = PACK.acts["describe"]
STREAM = "0" * 31 + "a"


def check(
    act: str, inputs: dict[str, Any], texts: str = "", audience: str | None = None
) -> tuple[dict[str, Any], dict[str, str]]:
    values, unmet = check_inputs(
        PACK.acts[act], inputs, frozenset(texts.split()), jurisdiction=COUNTY, audience=audience
    )
    for item in unmet:
        assert item.title["zh"] and item.title["en"]
        assert "{" not in item.title["zh"] + item.title["en"], "a placeholder was left"
    return values, {item.path: item.code for item in unmet}


VALID: list[tuple[str, Any, Any]] = [
    ("topics_hit", ["road"], ["road"]),
    ("topics_hit", ["light", "road", "road"], ["road", "light"]),
    ("topics_hit", [], []),
    ("urgent", True, True),
    ("urgent", False, False),
    ("people", 1, 1),
    ("people", 500, 500),
    ("served_date", "2026-02-28", "2026-02-28"),
    ("visited_at", "2026-03-09T10:00:00+08:00", "2026-03-09T02:00:00.000000Z"),
    ("visited_at", "2026-03-09T02:00:00Z", "2026-03-09T02:00:00.000000Z"),
    ("visited_at", "2026-03-09T02:00:00.000000Z", "2026-03-09T02:00:00.000000Z"),
    ("place", "r.qingshi", "r.qingshi"),
    ("about", "t.wages", "t.wages"),
    ("twin", STREAM, STREAM),
]
INVALID: list[tuple[str, Any, str]] = [
    ("topics_hit", "road", "Choose one of the listed options"),
    ("topics_hit", ["river"], "Choose one of the listed options"),
    ("topics_hit", [["road"]], "Choose one of the listed options"),
    ("urgent", "yes", "Answer yes or no"),
    ("urgent", 1, "Answer yes or no"),
    ("people", "3", "is a whole number"),
    ("people", 3.0, "is a whole number"),
    ("people", True, "is a whole number"),
    ("people", 0, "is at least 1"),
    ("people", 501, "is at most 500"),
    ("people", 10**30, "is a whole number"),
    ("served_date", "2026-02-29", "is a date"),
    ("served_date", "2026-2-3", "is a date"),
    ("served_date", "20260203", "is a date"),
    ("served_date", "2026-02-03T00:00:00Z", "is a date"),
    ("served_date", "２０２６-02-03", "is a date"),
    ("served_date", 5, "is a date"),
    ("served_date", "2019-12-31", "is not before 2020-01-01"),
    ("visited_at", "2026-03-09T10:00:00", "is a date and time"),
    ("visited_at", "0001-01-01T00:00:00+14:00", "is a date and time"),
    ("visited_at", "soon", "is a date and time"),
    ("place", "r.nowhere", "no such region"),
    ("place", ["r.qingshi"], "no such region"),
    ("about", "t.nothing", "no such topic"),
    ("twin", "12", "no such matter"),
    ("twin", STREAM.upper().replace("A", "G"), "no such matter"),
    ("story", "words", "never stands in the record"),
]


@pytest.mark.parametrize(("name", "given", "kept"), VALID)
def test_values_are_kept_as_entries_hold_them(name: str, given: Any, kept: Any) -> None:
    assert check("describe", {name: given}) == ({name: kept}, {})


@pytest.mark.parametrize(("name", "given", "said"), INVALID)
def test_values_of_another_kind_are_refused_with_what_to_do(name: str, given: Any, said: str) -> None:
    values, unmet = check_inputs(DESCRIBE, {name: given}, frozenset(), jurisdiction=COUNTY)
    assert values == {}
    (item,) = unmet
    assert (item.code, item.path) == ("field-invalid", f"input.{name}")
    assert said in item.title["en"]
    assert DESCRIBE.fields_by_name[name].title["zh"] in item.title["zh"]


def test_units_and_seats_must_exist() -> None:
    assert check("concern", {"by_unit": "u.water", "by_seat": "s.gov.head"})[1] == {}
    assert check("concern", {"by_unit": "u.x", "by_seat": "s.x"})[1] == {
        "input.by_unit": "field-invalid",
        "input.by_seat": "field-invalid",
    }


def test_nulls_are_left_out_and_defaults_put_in() -> None:
    values, unmet = check("submit", {"channel": "web", "category": None}, "story")
    assert unmet == {}
    assert values == {"channel": "web", "mode": "open", "category": "other"}


def test_everything_missing_or_unknown_is_named() -> None:
    assert check("submit", {"colour": 1, "mode": "loud"}, "photo")[1] == {
        "input.colour": "field-unknown",
        "input.mode": "field-invalid",
        "input.channel": "field-missing",
        "texts.photo": "field-unknown",
        "input.story": "field-missing",
    }


def test_a_field_of_the_other_audience_is_unknown_and_not_asked_for() -> None:
    names = {who: [field.name for field in form_fields(PACK, "submit", who)] for who in ("resident", "staff", None)}
    assert names == {
        "resident": ["category", "story", "contact", "spot"],
        "staff": ["category", "story", "by_unit", "spot"],
        None: ["category", "story", "contact", "by_unit", "spot"],
    }
    assert check("submit", {"channel": "web", "by_unit": "u.water"}, "story", "resident")[1] == {
        "input.by_unit": "field-unknown"
    }
    assert check("submit", {"channel": "web"}, "story contact", "staff")[1] == {"texts.contact": "field-unknown"}


def test_texts_are_measured_where_their_words_are_known() -> None:
    act = PACK.acts["submit"]
    assert check_texts(act, {"story": "水管坏了", "contact": {"phone": "1"}, "unknown": "x"}) == []
    (item,) = check_texts(act, {"story": "字" * 101})
    assert (item.code, item.values) == ("field-invalid", {"max_length": 100, "length": 101})
    assert "100" in item.title["zh"] and "101" in item.title["en"]
    assert [one.code for one in check_texts(act, {"story": "  \n "})] == ["field-missing"]
    assert [one.code for one in check_texts(act, {"story": 5})] == ["field-invalid"]


def test_a_posted_form_becomes_typed_inputs_and_texts() -> None:
    inputs, texts = read_form(
        DESCRIBE,
        {
            "topics_hit": ["road", "light"],
            "urgent": ["on"],
            "people": [" 12 "],
            "served_date": ["2026-03-01"],
            "visited_at": [""],
            "story": ["  line one\nline two "],
            "place": ["r.qingshi"],
            "csrf": ["x"],
        },
    )
    assert inputs == {
        "topics_hit": ["road", "light"],
        "urgent": True,
        "people": 12,
        "served_date": "2026-03-01",
        "place": "r.qingshi",
    }
    assert texts == {"story": "  line one\nline two "}
    assert read_form(DESCRIBE, {"people": ["a dozen"]})[0] == {"people": "a dozen"}, "the check says what is wrong"
    assert read_form(DESCRIBE, {"urgent": ["false"]})[0] == {"urgent": False}
    assert read_form(PACK.acts["submit"], {"by_unit": ["u.water"]}, audience="resident") == ({}, {})


def test_the_schema_of_a_form_accepts_what_the_check_accepts() -> None:
    schema = form_schema(PACK, "describe", "staff")
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for name, given, _ in VALID:
        if given != ["light", "road", "road"]:
            assert validator.is_valid({name: given}), (name, given)
    # What only the jurisdiction or the calendar knows is no matter of the schema.
    for name, given, said in INVALID:
        if (
            "no such" not in said
            and "date" not in said
            and "not before" not in said
            and name != "story"
            and given != 10**30
            and given != 3.0
        ):
            assert not validator.is_valid({name: given}), (name, given)


def test_the_schema_names_required_fields_limits_and_both_languages() -> None:
    schema = form_schema(PACK, "submit", "resident", "zh")
    assert schema["title"] == "提交"
    assert schema["required"] == ["channel", "story"]
    assert schema["properties"]["story"]["maxLength"] == 100
    assert schema["properties"]["category"]["enum"] == ["advice", "help", "other"]
    assert schema["properties"]["category"]["default"] == "other"
    assert "by_unit" not in schema["properties"] and schema["additionalProperties"] is False
    assert form_schema(PACK, "submit", "staff", "en")["properties"]["story"]["title"] == "Story"
    field = form_fields(PACK, "set_task")[0].to_document()
    assert (field["name"], field["min"], field["max"], field["required"]) == ("agreed_days", 1, 90, True)
