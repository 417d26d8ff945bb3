"""
Makes `shipped/*.json`: `python -m huajie.apps.procedure.calendars.build [--check]`.

Run it by hand when a notice appears or the library is raised, read the difference, and commit it. What the library
gets wrong, or what we don't want to take from it unseen, stands in `overrides.yaml` with its paper.
"""

import json
import sys
from datetime import date, timedelta
from typing import Any

import holidays
import yaml

from huajie.core.clocks import Calendar

from . import HERE, SHIPPED

#: statutory days known in advance are shipped up to this year; beyond it only weekends are known
LAST_YEAR = 2035

OFFICE = [["09:00", "12:00"], ["14:00", "18:00"]]
NINE_TO_FIVE = [["09:00", "17:00"]]


def build_documents() -> dict[str, dict[str, Any]]:
    """Return every generated calendar document, canonical, by its id."""
    documents = [
        _china(),
        _of_library(
            "england",
            "Europe/London",
            years=range(2007, 2028),
            code="GB",
            subdivision="ENG",
            # Bank holidays of a year are announced on gov.uk/bank-holidays; through 2027 from memory, to verify.
            source="holidays library, GB-ENG; compare with https://www.gov.uk/bank-holidays",
        ),
        _of_library(
            "scotland",
            "Europe/London",
            years=range(2007, 2028),
            code="GB",
            subdivision="SCT",
            source="holidays library, GB-SCT; compare with https://www.gov.uk/bank-holidays",
        ),
        _of_library(
            "in",
            "Asia/Kolkata",
            years=range(2007, 2027),
            code="IN",
            source="holidays library, IN (gazetted); compare with the yearly DoPT memorandum",
        ),
        _of_library(
            "us.new_york",
            "America/New_York",
            years=range(2007, 2028),
            code="US",
            subdivision="NY",
            source="holidays library, US-NY",
            # on the list, but public offices work
            without=("Susan B. Anthony Day",),
        ),
        _of_library(
            "us.san_francisco",
            "America/Los_Angeles",
            years=range(2007, 2028),
            code="US",
            subdivision="CA",
            source="holidays library, US-CA",
            without=("Susan B. Anthony Day",),
        ),
        _of_library(
            "us.boston",
            "America/New_York",
            years=range(2007, 2028),
            code="US",
            subdivision="MA",
            source="holidays library, US-MA",
        ),
        _of_library(
            "ca.vancouver",
            "America/Vancouver",
            years=range(2007, 2028),
            code="CA",
            subdivision="BC",
            source="holidays library, CA-BC",
        ),
        {
            # Monday to Friday and nothing else: for imports whose place has no calendar. No notice can change it.
            "id": "zone.utc",
            "zone": "UTC",
            "published": list(range(1970, 2101)),
            "office_hours": NINE_TO_FIVE,
            "verified": True,
        },
    ]
    return {document["id"]: Calendar.from_document(document).to_document() for document in documents}


def render(document: dict[str, Any]) -> str:
    """Return the file of one document: JSON, keys sorted, an entry a line, so that differences can be read."""
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _days(years: range) -> list[date]:
    first, last = date(years.start, 1, 1), date(years.stop - 1, 12, 31)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _china() -> dict[str, Any]:
    overrides = yaml.safe_load((HERE / "overrides.yaml").read_text(encoding="utf-8"))["cn"]
    published = range(overrides["first_year"], overrides["last_year"] + 1)
    years = range(published.start, LAST_YEAR + 1)
    library = holidays.country_holidays("CN", years=years, language="zh_CN")
    off, worked, names = set(), set(), {}
    for day in _days(years):
        weekend = day.weekday() >= 5
        name = library.get(day)
        if day.year in published:
            if library.is_working_day(day) == weekend:
                (worked if weekend else off).add(day)
        elif name and "补假" not in name:
            # The law names the festival; only the notice says which day makes up for a weekend.
            off.add(day)
        if name and (day in off or (weekend and day not in worked)):
            names[day] = _plain_chinese(name)
    for entry in overrides["days"]:
        day = entry["date"]
        off.discard(day)
        worked.discard(day)
        names.pop(day, None)
        if entry["day_off"]:
            if day.weekday() < 5:
                off.add(day)
            names[day] = entry["name"]
        elif day.weekday() >= 5:
            worked.add(day)
    # Days off taken from a make-up weekend carry the festival that they lengthen.
    for day in sorted(off):
        if names.get(day, "").startswith("休息日"):
            names[day] = _festival_near(day, names)
    # So do the weekends inside or beside a festival: the notices count them in.
    for day in _days(published) + _days(published)[::-1]:
        if day.weekday() >= 5 and day not in worked and day not in names:
            beside = [names.get(day + timedelta(days=step), "") for step in (-1, 1)]
            if any(beside):
                names[day] = beside[0] or beside[1]
    return {
        "id": "cn",
        "zone": "Asia/Shanghai",
        "weekend": [5, 6],
        "published": list(published),
        # 29 to 31 December have belonged to the next year's notice (2006, 2007, 2011, 2018, 2022).
        "year_end_days": 3,
        "off": [day.isoformat() for day in off],
        "worked": [day.isoformat() for day in worked],
        "office_hours": OFFICE,
        "names": {day.isoformat(): name for day, name in names.items()},
        "translations": {"en": overrides["names_en"]},
        "sources": overrides["papers"],
        "verified": True,
    }


def _plain_chinese(name: str) -> str:
    return name.replace("（补假）", "").replace("; ", "、").replace("农历除夕", "春节").replace("春节延长假期", "春节")


def _festival_near(day: date, names: dict[date, str]) -> str:
    for distance in range(1, 12):
        for near in (day - timedelta(days=distance), day + timedelta(days=distance)):
            name = names.get(near, "")
            if name and not name.startswith("休息日"):
                return name
    raise SystemExit(f"{day.isoformat()} is off, but no festival is near; name it in overrides.yaml")


def _of_library(
    identity: str,
    zone: str,
    *,
    years: range,
    code: str,
    source: str,
    subdivision: str | None = None,
    without: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Return a calendar as the library has it, not checked against any published table, and so not verified."""
    every = range(years.start, LAST_YEAR + 1)
    library = holidays.country_holidays(
        code, subdiv=subdivision, years=every, language="en_US" if code == "US" else None
    )
    found = {
        day: name
        for day, name in library.items()
        if day.year in every and name not in without and (day.year in years or "estimated" not in name)
    }
    return {
        "id": identity,
        "zone": zone,
        "weekend": [5, 6],
        "published": list(years),
        "off": [day.isoformat() for day in found],
        "worked": [],
        "office_hours": NINE_TO_FIVE,
        "names": {day.isoformat(): name for day, name in found.items()},
        "sources": {str(year): source for year in years},
        "verified": False,
    }


def main(arguments: list[str]) -> int:
    """Write the files, or with `--check` compare them; return 1 when they differ."""
    documents = build_documents()
    differ = False
    for identity, document in documents.items():
        path, text = SHIPPED / f"{identity}.json", render(document)
        if "--check" in arguments:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                differ = True
                sys.stdout.write(f"{path.name} differs from library and overrides.yaml; build, read, commit\n")
        else:
            SHIPPED.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"{path.name}: {len(document['off'])} off, {len(document['worked'])} worked\n")
    return int(differ)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
