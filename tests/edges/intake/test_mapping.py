"""What the cities' files say, row by row: hand-written expectations, and one slow second reading of local times."""

import csv
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huajie.edges.intake.mapping import BadFile, BadRow, Mapping, Places, load_mapping, mapping_names, slug

DATA = Path(__file__).parents[2] / "data" / "311"


def rows(name: str) -> dict[int, dict[str, str]]:
    """The rows of an extract by their number; the header is row 1."""
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return {number: row for number, row in enumerate(csv.DictReader(file), 2) if None not in row.values()}


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc]


#: mapping, row -> key, opened_at, closed, closed_date, region, topic, title, channel, point, ending
EXPECTED = [
    ("nyc311", 2, "90000001", utc(2026, 4, 12, 3, 28, 40), True, date(2026, 4, 12), "r.nyc.manhattan",
     "t.nyc.hpd.heat-hot-water", "HEAT/HOT WATER: ENTIRE BUILDING", "phone", (-73.935334, 40.847113), None),
    ("nyc311", 3, "90000002", utc(2026, 6, 28, 2, 10), False, None, "r.nyc.brooklyn",
     "t.nyc.nypd.noise-residential", "Noise - Residential: Loud Music/Party", "web", (-73.99, 40.7), None),
    # where somebody without a home stays is nobody's business
    ("nyc311", 4, "90000003", utc(2026, 6, 28, 2, 11), False, None, "r.nyc.manhattan",
     "t.nyc.dhs." + slug("Homeless Person Assistance", 24), "Homeless Person Assistance: N/A", "web", None, None),
    # 02:30 did not exist that night: counted forward it was 03:30 summer time; no borough is the whole city
    ("nyc311", 5, "90000004", utc(2025, 3, 9, 7, 30), True, date(2025, 3, 9), "r.nyc",
     "t.nyc.dep.noise", "Noise: Construction", "import", None, None),
    # 01:10 came twice that night: opened in the first, closed in the second
    ("nyc311", 6, "90000005", utc(2025, 11, 2, 5, 50), True, date(2025, 11, 2), "r.nyc.queens",
     "t.nyc.nypd.noise-vehicle", "Noise - Vehicle: Engine Idling", "phone", (-73.85, 40.72), None),
    # "Pending" is not closed, whatever closing date stands beside it
    ("nyc311", 16, "90000013", utc(2026, 6, 12, 14, 0), False, None, "r.nyc.staten-island",
     "t.nyc.dot.street-condition", "Street Condition: Pothole", "phone", (-74.1, 40.63), None),
    # the offset says UTC, the clock is San Francisco's
    ("sf311", 2, "5375853", utc(2015, 12, 15, 14, 32, 10), False, None, "r.sf",
     "t.sf.puc.sewer-issues", "Sewer Issues: Odor From_other_location", "web", None, None),
    ("sf311", 5, "1066202", utc(2012, 2, 16, 23, 24, 9), True, date(2012, 2, 16), "r.sf.1",
     "t.sf.311.sewer-issues", "Sewer Issues: From_other_location", "phone", (-122.4924, 37.78168), None),
    ("sf311", 8, "244078", utc(2008, 7, 8, 16, 56, 4), True, date(2008, 12, 30), "r.sf",
     "t.sf.housing-authority.sfha-requests", "SFHA Requests: Glazier - Urgent", "phone", None, None),
    # 03:34 at +03:00 was the afternoon before in Vancouver; only that date is used, at its midnight
    ("vancouver311", 2, "1", utc(2022, 9, 9, 7, 0), True, date(2024, 1, 31), "r.van.riley-park",
     "t.van.311." + slug("City Services Feedback Case", 24), "City Services Feedback Case", "phone",
     (-123.09861023979, 49.24702694614), "Unknown"),
    ("vancouver311", 4, "4", utc(2022, 10, 20, 7, 0), True, date(2024, 8, 12), "r.van",
     "t.van.311." + slug("City Services Feedback Case", 24), "City Services Feedback Case", "web", None,
     "Insufficient info"),
    # read as it stands this one would have closed on the day before it opened
    ("vancouver311", 5, "22", utc(2023, 1, 1, 8, 0), True, date(2023, 1, 1), "r.van.west-end",
     "t.van.311." + slug("City Services Feedback Case", 24), "City Services Feedback Case", "phone",
     (-123.14152683523, 49.28355709787), "Referred to another service group"),
    ("vancouver311", 7, "18", utc(2022, 12, 31, 8, 0), False, None, "r.van.oakridge",
     "t.van.311." + slug("City Services Feedback Case", 24), "City Services Feedback Case", "phone",
     (-123.11622880201, 49.23304679223), None),
    ("boston311", 2, "101001049540", utc(2014, 3, 18, 22, 38, 28), True, date(2014, 10, 27), "r.bos.charlestown",
     "t.bos.animal-control.animal-found", "Animal Found", "phone", (-71.0581, 42.3781), "Case Closed Case Invalid"),
    ("boston311", 11, "101001049372", utc(2014, 3, 18, 19, 14, 58), True, date(2014, 3, 31), None,
     "t.bos.transportation." + slug("General Comments For An Employee", 24), "General Comments For An Employee",
     "phone", None, "Case Closed Case Resolved"),
]  # fmt: skip


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda row: f"{row[0]}-{row[1]}")
def test_a_row_says_what_the_file_says(expected: tuple[object, ...]) -> None:
    name, number, key, opened_at, closed, closed_date, region, topic, title, channel, point, ending = expected
    taken = load_mapping(str(name)).read(rows(str(name))[int(str(number))])
    assert taken.key == key
    assert (taken.opened_at, taken.closed, taken.closed_date) == (opened_at, closed, closed_date)
    assert (taken.topic, taken.title, taken.channel) == (topic, title, channel)
    assert (taken.point, taken.ending) == (point, ending)
    if region is not None:
        assert taken.region == region


REFUSED = [
    ("nyc311", 7, "2026-06-11T09:15:00 is before"),
    ("nyc311", 8, "2026-02-30T10:00:00 is no date"),
    ("nyc311", 9, "unique_key is empty"),
    ("nyc311", 11, "agency 'XYZ' is not known"),
    ("nyc311", 12, "outside the city"),
    ("nyc311", 13, "status 'Somewhere' is not known"),
    ("nyc311", 14, "before 1970"),
    ("sf311", 11, "ask the source which is right"),
]


@pytest.mark.parametrize(("name", "number", "words"), REFUSED)
def test_a_bad_row_is_refused_with_words_that_say_what_to_do(name: str, number: int, words: str) -> None:
    with pytest.raises(BadRow, match=r"\w") as refusal:
        load_mapping(name).read(rows(name)[number])
    assert words in str(refusal.value)


def test_without_a_column_of_states_a_closing_time_says_closed() -> None:
    mapping = load_mapping("nyc311")
    row = {
        "unique_key": "68630470", "created_date": "2026-04-11T23:28:40.000", "closed_date": "", "agency": "HPD",
        "complaint_type": "PAINT/PLASTER", "descriptor": "WALL", "borough": "MANHATTAN",
        "latitude": "40.847113", "longitude": "-73.935334", "snapshot_commit_date": "2026-04-14",
    }  # fmt: skip
    assert not mapping.read(row).closed
    row["closed_date"] = "2026-04-12T01:00:00.000"
    assert mapping.read(row).closed and mapping.read(row).closed_date == date(2026, 4, 12)


def test_an_offset_where_local_time_is_expected_is_refused_not_guessed() -> None:
    row = rows("nyc311")[3] | {"created_date": "2026-06-27T22:10:00+00:00"}
    with pytest.raises(BadRow, match="has an offset"):
        load_mapping("nyc311").read(row)


@pytest.mark.parametrize("name", ["nyc311", "sf311", "vancouver311", "boston311"])
def test_every_column_is_read_or_skipped_for_a_reason(name: str) -> None:
    mapping = load_mapping(name)
    header = list(next(iter(rows(name).values())))
    mapping.check_header(header)
    skipped = mapping.skipped(header)
    assert {one["column"] for one in skipped} | set(mapping.used) >= set(header)
    assert all("not known" not in one["reason"] for one in skipped)
    assert not set(mapping.used) & set(mapping.skip)
    for word in ("address", "Location", "bbl", "status_notes", "resolution_description", "CASE_TITLE"):
        assert word not in mapping.used


def test_an_unknown_column_is_not_read_and_the_report_says_so() -> None:
    assert {"column": "customer_name", "reason": "not known to this mapping, so not read"} in load_mapping(
        "nyc311"
    ).skipped(["unique_key", "customer_name"])


def test_another_citys_file_is_refused_naming_the_columns_that_are_missing() -> None:
    with pytest.raises(BadFile, match=r"CASE_ENQUIRY_ID.*--mapping boston311"):
        load_mapping("boston311").check_header(["unique_key", "created_date"])
    with pytest.raises(BadFile, match="stands there twice"):
        load_mapping("nyc311").check_header([*load_mapping("nyc311").required, "agency"])
    with pytest.raises(BadFile, match="there is no mapping paris311"):
        load_mapping("paris311")


def test_the_shipped_mappings_are_the_four() -> None:
    assert mapping_names() == ["boston311", "nyc311", "sf311", "vancouver311"]


def test_the_hash_changes_with_what_the_row_says_and_with_nothing_else() -> None:
    mapping = load_mapping("nyc311")
    row = rows("nyc311")[3]
    same = row | {"incident_address": "elsewhere", "resolution_description": "more words"}
    assert mapping.read(row).hash == mapping.read(same).hash
    assert mapping.read(row).hash != mapping.read(row | {"status": "Closed"}).hash


def test_places_are_collected_once_each() -> None:
    mapping, places = load_mapping("sf311"), Places()
    for number, row in rows("sf311").items():
        if number != 11:
            mapping.read(row, places)
    assert set(places.units) == {"u.sf.puc", "u.sf.311", "u.sf.housing-authority"}
    assert set(places.regions) == {"r.sf", "r.sf.1", "r.sf.7"}
    assert set(places.topics["u.sf.puc"]) == {"t.sf.puc.sewer-issues"}


def slow_reading(local: datetime, zone: ZoneInfo) -> datetime:
    """The first moment whose wall clock in the zone shows this; an hour later where none does."""
    guess = local.replace(tzinfo=UTC) - timedelta(hours=30)
    for minute in range(0, 60 * 60, 15):
        at = guess + timedelta(minutes=minute)
        if at.astimezone(zone).replace(tzinfo=None) == local:
            return at
    return slow_reading(local + timedelta(hours=1), zone)


# no deadline: a busy machine is no fault of a date
@settings(deadline=None)
@given(
    st.datetimes(min_value=datetime(2008, 1, 1), max_value=datetime(2026, 12, 31)),  # noqa: DTZ001
    st.sampled_from(["nyc311", "boston311"]),
)
def test_local_times_are_read_as_a_slow_second_reading_reads_them(local: datetime, name: str) -> None:
    mapping = load_mapping(name)
    local = local.replace(minute=local.minute - local.minute % 15, second=0, microsecond=0)
    assert mapping._moment("opened", local.isoformat(), "local").astimezone(UTC) == slow_reading(local, mapping.zone)


@pytest.mark.parametrize("minutes", range(0, 24 * 60, 15))
@pytest.mark.parametrize("day", [date(2025, 3, 9), date(2025, 11, 2)])
def test_the_two_nights_of_the_year_are_read_so_too(day: date, minutes: int) -> None:
    mapping = load_mapping("nyc311")
    local = datetime(day.year, day.month, day.day) + timedelta(minutes=minutes)  # noqa: DTZ001
    assert mapping._moment("opened", local.isoformat(), "local").astimezone(UTC) == slow_reading(local, mapping.zone)


@given(st.text(min_size=1, max_size=60))
def test_whatever_words_a_city_uses_a_code_can_be_made_of_them(words: str) -> None:
    code = slug(words)
    assert 0 < len(code) <= 32
    assert code[0].isalnum() and code[-1].isalnum()
    assert all(letter.isascii() and (letter.isalnum() or letter == "-") for letter in code)


def test_every_mapping_is_one_that_mapping_reads() -> None:
    for name in mapping_names():
        assert isinstance(load_mapping(name), Mapping)
