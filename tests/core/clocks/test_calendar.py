"""A calendar is its document: what it says of a day, what publishing and overlays change, what it refuses."""

import hashlib
from datetime import date
from typing import Any

import pytest
from tests.support.china_2026 import CHINA_2026, DOCUMENT

from huajie.core.clocks import BadCalendar, Calendar, canonical_json, overlay

SMALL: dict[str, Any] = {"id": "x", "zone": "UTC", "published": [2026], "off": ["2026-05-01"], "worked": ["2026-05-09"]}


def test_the_hash_is_of_the_canonical_bytes() -> None:
    """Spelled out by hand: whoever changes the canonical form changes every hash in every ledger."""
    text = (
        '{"base":null,"id":"x","names":{"2026-05-01":"劳动节"},"off":["2026-05-01"],"office_hours":[["09:00","12:00"]],'
        '"published":[2025,2026],"sources":{"2026":"国办发明电〔2025〕7号"},"translations":{},"verified":false,'
        '"weekend":[5,6],"worked":["2026-05-09"],"year_end_days":0,"zone":"Asia/Shanghai"}'
    )
    calendar = Calendar.from_document(
        {
            "zone": "Asia/Shanghai",
            "id": "x",
            "published": [2026, 2025, 2025],
            "worked": ["2026-05-09"],
            "off": ["2026-05-01", "2026-05-01"],
            "names": {"2026-05-01": "劳动节"},
            "office_hours": [["09:00", "12:00"]],
            "sources": {2026: "国办发明电〔2025〕7号"},
        }
    )
    assert canonical_json(calendar.to_document()) == text
    assert calendar.hash == hashlib.sha256(text.encode()).hexdigest()


def test_a_day_says_what_it_is() -> None:
    kinds = {"2026-03-02": "workday", "2026-03-07": "weekend", "2026-02-14": "make_up", "2026-02-16": "holiday"}
    assert {day: CHINA_2026.kind_of(date.fromisoformat(day)) for day in kinds} == kinds
    assert CHINA_2026.is_working_day(date(2026, 2, 14))
    assert not CHINA_2026.is_working_day(date(2026, 2, 16))
    assert CHINA_2026.name_of(date(2026, 2, 16)) == "春节"
    assert CHINA_2026.name_of(date(2026, 2, 16), "en") == "Spring Festival"
    assert CHINA_2026.name_of(date(2026, 3, 2), "en") == ""


def test_the_notice_of_2026_leaves_248_working_days() -> None:
    """The number that the domain notes derived from it."""
    first, last = date(2026, 1, 1).toordinal(), date(2026, 12, 31).toordinal()
    assert CHINA_2026.count_working(first, last) == 248
    assert sum(CHINA_2026.is_working_day(date.fromordinal(day)) for day in range(first, last + 1)) == 248


def test_a_document_handed_out_is_a_copy() -> None:
    CHINA_2026.to_document()["off"].clear()
    assert not CHINA_2026.is_working_day(date(2026, 2, 16))
    assert Calendar.from_document(DOCUMENT) == CHINA_2026


def test_publishing_drops_the_guesses_of_that_year_and_reaches_into_december() -> None:
    guessed = Calendar.from_document(
        {**DOCUMENT, "off": [*DOCUMENT["off"], "2027-01-01", "2027-06-09"], "names": {"2027-06-09": "端午节"}}
    )
    published = guessed.with_published(
        2027,
        off=[date(2026, 12, 31), date(2027, 1, 1)],
        worked=[date(2026, 12, 26)],
        source="paper",
        names={date(2027, 1, 1): "元旦"},
    )
    assert published.is_published(2027)
    assert published.is_published(2026)
    assert published.is_working_day(date(2027, 6, 9)), "a guessed festival that the notice does not name is gone"
    assert published.name_of(date(2027, 6, 9)) == ""
    assert not published.is_working_day(date(2026, 12, 31))
    assert published.is_working_day(date(2026, 12, 26))
    assert not published.is_working_day(date(2026, 10, 1)), "the year before keeps its own notice"
    assert published.name_of(date(2027, 1, 1)) == "元旦"
    assert published.to_document()["sources"] == {"2027": "paper"}
    assert published.hash != guessed.hash
    with pytest.raises(BadCalendar, match="can't settle 2029-01-01"):
        guessed.with_published(2027, [date(2029, 1, 1)], [], "paper")


def test_an_overlay_wins_over_its_base_and_names_it() -> None:
    region = overlay(
        CHINA_2026,
        {
            "id": "cn.region",
            "zone": "Asia/Urumqi",
            "off": ["2026-05-27", "2026-02-28"],
            "worked": ["2026-05-30", "2026-02-16"],
            "names": {"2026-05-27": "古尔邦节"},
            "translations": {"en": {"古尔邦节": "Corban"}},
            "sources": {"2026": "regional notice"},
        },
    )
    assert not region.is_working_day(date(2026, 5, 27))
    assert not region.is_working_day(date(2026, 2, 28)), "worked in the base, off here"
    assert region.is_working_day(date(2026, 5, 30))
    assert region.is_working_day(date(2026, 2, 16)), "off in the base, worked here"
    assert region.name_of(date(2026, 2, 16)) == ""
    assert not region.is_working_day(date(2026, 10, 1)), "whatever the region does not say, the base says"
    assert region.name_of(date(2026, 5, 27), "en") == "Corban"
    assert region.name_of(date(2026, 2, 17), "en") == "Spring Festival"
    assert region.zone.key == "Asia/Urumqi"
    assert region.to_document()["base"] == "cn.2026"
    assert region.is_published(2026), "without years of its own it follows the base"
    assert Calendar.from_document(region.to_document()) == region


def test_an_overlay_is_published_only_where_both_are() -> None:
    base = Calendar.from_document({**SMALL, "published": [2024, 2025, 2026]})
    region = overlay(base, {"id": "y", "published": [2025, 2026, 2027]})
    assert [year for year in range(2023, 2029) if region.is_published(year)] == [2025, 2026]


def test_an_overlay_refuses_a_foreign_base_and_unknown_words() -> None:
    with pytest.raises(BadCalendar, match="its base is 'in'"):
        overlay(CHINA_2026, {"id": "y", "base": "in"})
    with pytest.raises(BadCalendar, match="'holidays'"):
        overlay(CHINA_2026, {"id": "y", "holidays": []})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"zone": "Mars/Olympus"}, "no IANA zone"),
        ({"zone": None}, "no IANA zone"),
        ({"id": ""}, "'id' must be"),
        ({"off": ["2026-02-30"]}, "'2026-02-30' in 'off' is no date"),
        ({"off": ["20260501"]}, "is no date"),
        ({"off": [20260501]}, "is no date"),
        ({"names": {"soon": "x"}}, "'soon' in 'names'"),
        ({"off": ["2026-05-09"]}, "both off and worked"),
        ({"weekend": [0, 1, 2, 3, 4, 5, 6]}, "at most six"),
        ({"weekend": [7]}, "at most six"),
        ({"published": ["2026"]}, "'published' holds years"),
        ({"office_hours": [["14:00", "18:00"], ["09:00", "12:00"]]}, "pairs in order"),
        ({"office_hours": [["12:00", "09:00"]]}, "pairs in order"),
        ({"office_hours": ["09:00-12:00"]}, "pairs in order"),
        ({"year_end_days": 40}, "0 to 31"),
        ({"holidays": []}, "unknown key 'holidays'"),
    ],
)
def test_a_document_that_contradicts_itself_is_refused_by_key(change: dict[str, Any], says: str) -> None:
    assert Calendar.from_document(SMALL).is_published(2026)
    with pytest.raises(BadCalendar, match=says):
        Calendar.from_document({**SMALL, **change})


@pytest.mark.parametrize("missing", ["id", "zone", "published"])
def test_a_missing_key_is_named(missing: str) -> None:
    with pytest.raises(BadCalendar, match=f"'{missing}' is missing"):
        Calendar.from_document({key: value for key, value in SMALL.items() if key != missing})
