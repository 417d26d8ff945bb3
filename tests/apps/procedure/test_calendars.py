"""The shipped calendars: equal to the published table, to their own build, and honest about what nobody published."""

import csv
import json
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from huajie.apps.procedure import calendars
from huajie.apps.procedure.calendars import build, load_calendar_documents, load_calendars
from huajie.core.clocks import Calendar

TABLE = Path(__file__).parents[2] / "data" / "cn_holidays.csv"


def published_table() -> dict[date, dict[str, str]]:
    """Rows of the published table by date."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {date.fromisoformat(row["date"]): row for row in csv.DictReader(file)}


def every_day(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


@pytest.mark.accept("K2")
def test_china_equals_the_published_table_on_every_day_from_2007_to_2026() -> None:
    rows, cn = published_table(), load_calendars()["cn"]
    assert len(rows) == 678
    wrong = []
    for day in every_day(date(2007, 1, 1), date(2026, 12, 31)):
        worked = rows[day]["is_off_day"] == "0" if day in rows else day.weekday() < 5
        if cn.is_working_day(day) != worked:
            wrong.append(day.isoformat())
    assert wrong == []


def test_china_names_every_day_off_and_every_year_its_papers() -> None:
    rows, cn = published_table(), load_calendars()["cn"]
    for day, row in rows.items():
        if day >= date(2007, 1, 1) and row["is_off_day"] == "1":
            assert cn.name_of(day), day
            assert cn.name_of(day, "en") != cn.name_of(day), f"{cn.name_of(day)} has no English name"
        elif row["is_off_day"] == "0":
            assert cn.name_of(day) == "", f"{day} is worked"
    papers = {row["year"]: row["source_papers"] for row in rows.values()}
    assert cn.to_document()["sources"] == papers
    assert [year for year in range(2000, 2040) if cn.is_published(year)] == list(range(2007, 2027))


def test_2027_is_not_published_in_china_but_its_statutory_days_are_known() -> None:
    """Spring Festival 2027 is on 6 February: the eve and three days; nobody has said what makes up for the weekend."""
    cn = load_calendars()["cn"]
    off = [day for day in every_day(date(2027, 1, 1), date(2027, 12, 31)) if cn.kind_of(day) == "holiday"]
    assert [day.isoformat()[5:] for day in off] == [
        "01-01",
        *["02-05", "02-06", "02-07", "02-08"],
        "04-05",
        *["05-01", "05-02"],
        "06-09",
        "09-15",
        *["10-01", "10-02", "10-03"],
    ], "the 13 days of the 2024 revision"
    assert not cn.is_settled(date(2027, 3, 2))
    assert not cn.is_settled(date(2026, 12, 29))
    assert cn.is_settled(date(2026, 12, 28))


def test_every_override_names_its_paper_and_agrees_with_the_table() -> None:
    rows = published_table()
    days = yaml.safe_load((calendars.HERE / "overrides.yaml").read_text(encoding="utf-8"))["cn"]["days"]
    assert len(days) == 14
    for entry in days:
        row = rows[entry["date"]]
        assert entry["day_off"] is (row["is_off_day"] == "1")
        assert entry["paper"] in row["source_papers"].split()


def test_an_override_wins_over_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the library to lose the extended Spring Festival of 2020, the build would not."""
    library = build.holidays.country_holidays

    class Forgetful:
        def __init__(self, *args: object, **more: object) -> None:
            self.inner = library(*args, **more)

        def get(self, day: date) -> str | None:
            return None if day == date(2020, 1, 31) else self.inner.get(day)

        def is_working_day(self, day: date) -> bool:
            return day == date(2020, 1, 31) or self.inner.is_working_day(day)

        def items(self) -> object:
            return self.inner.items()

    monkeypatch.setattr(build.holidays, "country_holidays", Forgetful)
    document = build.build_documents()["cn"]
    assert "2020-01-31" in document["off"]
    assert document["names"]["2020-01-31"] == "春节"


def test_what_is_shipped_is_what_the_build_gives() -> None:
    """A newer library, or an edited override, shows here first."""
    built = build.build_documents()
    shipped = {path.stem: path.read_text(encoding="utf-8") for path in calendars.SHIPPED.glob("*.json")}
    assert sorted(built) == sorted(shipped)
    for identity, document in built.items():
        assert shipped[identity] == build.render(document), f"{identity}: run the build, read the difference, commit"


def test_the_build_writes_and_checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "SHIPPED", tmp_path / "shipped")
    assert build.main(["--check"]) == 1
    assert build.main([]) == 0
    assert build.main(["--check"]) == 0
    path = tmp_path / "shipped" / "cn.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["off"].remove("2026-02-16")
    path.write_text(build.render(document), encoding="utf-8")
    assert build.main(["--check"]) == 1


def test_documents_are_complete_canonical_and_fresh() -> None:
    documents = load_calendar_documents()
    assert set(documents) >= {
        *("cn", "cn.xizang", "cn.xinjiang", "england", "scotland", "in", "zone.utc"),
        *("us.new_york", "us.san_francisco", "us.boston", "ca.vancouver"),
    }
    for identity, document in documents.items():
        calendar = Calendar.from_document(document)
        assert calendar.id == identity
        assert calendar.to_document() == document
        assert calendar.hash == load_calendars()[identity].hash
    documents["cn"]["off"].clear()
    assert load_calendar_documents()["cn"]["off"]


def test_only_what_was_checked_says_so() -> None:
    verified = {identity for identity, document in load_calendar_documents().items() if document["verified"]}
    assert verified == {"cn", "zone.utc"}


def test_tibet_lengthens_the_spring_festival_of_2026_and_2024_is_not_loaded() -> None:
    region = load_calendars()["cn.xizang"]
    assert region.to_document()["base"] == "cn"
    assert [day.day for day in every_day(date(2026, 2, 14), date(2026, 2, 28)) if region.is_working_day(day)] == [
        14,
        27,
        28,
    ]
    assert not region.is_working_day(date(2025, 2, 27))
    assert region.is_working_day(date(2023, 2, 19)), "a Sunday worked before the Tibetan New Year"
    assert region.name_of(date(2026, 2, 25), "en") == "Tibetan New Year"
    assert not region.is_published(2024)
    assert not region.is_working_day(date(2026, 10, 1)), "the national holidays hold there too"


def test_xinjiang_adds_its_two_festivals_and_keeps_its_own_hours() -> None:
    region = load_calendars()["cn.xinjiang"]
    assert [
        day.isoformat()
        for day in every_day(date(2025, 1, 1), date(2025, 12, 31))
        if load_calendars()["cn"].is_working_day(day) and not region.is_working_day(day)
    ] == ["2025-03-31", "2025-06-06", "2025-06-09", "2025-06-10"]
    assert region.to_document()["office_hours"][0] == ["10:00", "14:00"]


@pytest.mark.parametrize(
    ("identity", "zone", "off", "worked"),
    [
        # Boxing Day 2026 falls on a Saturday; Easter Monday is no holiday in Scotland, St Andrew's Day is
        ("england", "Europe/London", ["2026-04-06", "2026-12-28", "2023-05-08"], ["2026-11-30"]),
        ("scotland", "Europe/London", ["2026-11-30", "2026-01-02"], ["2026-04-06"]),
        ("in", "Asia/Kolkata", ["2026-01-26", "2025-08-15", "2026-10-02"], ["2026-01-27"]),
        ("us.new_york", "America/New_York", ["2026-11-26", "2026-06-19"], ["2026-11-27"]),
        ("us.san_francisco", "America/Los_Angeles", ["2026-11-26", "2026-11-27"], ["2026-11-25"]),
        ("us.boston", "America/New_York", ["2026-04-20"], ["2026-04-21"]),
        ("ca.vancouver", "America/Vancouver", ["2026-07-01", "2026-05-18"], ["2026-07-02"]),
        ("zone.utc", "UTC", [], ["2026-01-01", "2026-12-25"]),
    ],
)
def test_other_places(identity: str, zone: str, off: list[str], worked: list[str]) -> None:
    calendar = load_calendars()[identity]
    assert calendar.zone.key == zone
    for day in off:
        assert not calendar.is_working_day(date.fromisoformat(day)), day
    for day in worked:
        assert calendar.is_working_day(date.fromisoformat(day)), day
    assert not calendar.is_working_day(date(2026, 3, 7)), "Saturday"
