"""A small invented county for the tests: one government, a petition centre, three bureaus, two townships."""

from datetime import UTC, datetime
from typing import Any

from huajie.core.jurisdiction import Jurisdiction, apply, decide_change

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def person(number: int) -> str:
    """Return the uuid hex of an invented officer."""
    return f"{number:032x}"


def name(text: str) -> dict[str, str]:
    return {"zh": f"{text}（虚构）", "en": text}


def region(code: str, parent: str | None = "r.yunxi", level: str = "township") -> dict[str, Any]:
    return {
        "do": "set_region",
        "id": code,
        "parent": parent,
        "name": name(code),
        "level": level,
        "calendar": "cn",
        "zone": "Asia/Shanghai",
    }


def unit(code: str, parent: str | None, kind: str = "bureau", can_decide: bool = True) -> dict[str, Any]:
    return {
        "do": "set_unit",
        "id": code,
        "parent": parent,
        "name": name(code),
        "region": "r.yunxi",
        "can_decide": can_decide,
        "kind": kind,
    }


def seat(code: str, of: str, *roles: str) -> dict[str, Any]:
    return {"do": "set_seat", "id": code, "unit": of, "title": name(code), "roles": list(roles)}


def posting(code: str, who: int, **more: Any) -> dict[str, Any]:
    return {"do": "start_posting", "seat": code, "person": person(who), **more}


def topic(code: str, parent: str | None = None) -> dict[str, Any]:
    return {"do": "set_topic", "id": code, "parent": parent, "name": name(code)}


def remit(
    code: str, of: str, topics: list[str], regions: list[str], power: str = "decide", **more: Any
) -> dict[str, Any]:
    return {
        "do": "set_remit",
        "id": code,
        "unit": of,
        "topics": topics,
        "regions": regions,
        "power": power,
        **more,
    }


#: Who sits where: 1 leads the government, 10s the centre, 20s housing, 30s labour, 40s and 50s the townships, 60 water.
FOUNDING: list[dict[str, Any]] = [
    region("r.yunxi", None, "county"),
    region("r.qingshi"),
    region("r.liutan"),
    region("r.qingshi.east", "r.qingshi", "village"),
    unit("u.gov", None, "government"),
    unit("u.centre", "u.gov", "centre"),
    unit("u.housing", "u.gov"),
    unit("u.housing.rent", "u.housing", "office"),
    unit("u.labour", "u.gov"),
    unit("u.water", "u.gov"),
    unit("u.qingshi", "u.gov", "township"),
    unit("u.liutan", "u.gov", "township"),
    unit("u.liutan.east", "u.liutan", "village", can_decide=False),
    seat("s.gov.head", "u.gov", "head", "handler"),
    seat("s.centre.desk", "u.centre", "intake", "dispatcher", "handler"),
    seat("s.centre.head", "u.centre", "head"),
    seat("s.centre.verify", "u.centre", "verifier"),
    seat("s.housing.one", "u.housing", "handler"),
    seat("s.housing.head", "u.housing", "head"),
    seat("s.housing.verify", "u.housing", "verifier"),
    seat("s.housing.rent", "u.housing.rent", "handler"),
    seat("s.labour.one", "u.labour", "handler"),
    seat("s.labour.head", "u.labour", "head"),
    seat("s.water.head", "u.water", "head", "handler"),
    seat("s.qingshi.one", "u.qingshi", "handler"),
    seat("s.qingshi.head", "u.qingshi", "head"),
    seat("s.liutan.head", "u.liutan", "head", "handler"),
    seat("s.liutan.east", "u.liutan.east", "handler"),
    seat("s.gov.admin", "u.gov", "admin"),
    seat("s.gov.supervisor", "u.gov", "supervisor"),
    posting("s.gov.head", 1),
    posting("s.gov.admin", 2),
    posting("s.gov.supervisor", 3),
    posting("s.centre.desk", 10),
    posting("s.centre.head", 11),
    posting("s.centre.verify", 12),
    posting("s.housing.one", 20),
    posting("s.housing.head", 21),
    posting("s.housing.verify", 22),
    posting("s.housing.rent", 23),
    posting("s.labour.one", 30),
    posting("s.labour.head", 31),
    posting("s.water.head", 60),
    posting("s.qingshi.one", 40),
    posting("s.qingshi.head", 41),
    posting("s.liutan.head", 50),
    posting("s.liutan.east", 51),
    topic("t.housing"),
    topic("t.housing.rent", "t.housing"),
    topic("t.housing.repair", "t.housing"),
    topic("t.wages"),
    topic("t.water"),
    topic("t.noise"),
    remit("m.housing", "u.housing", ["t.housing"], ["*"]),
    remit("m.rent.qingshi", "u.qingshi", ["t.housing.rent"], ["r.qingshi"]),
    remit("m.wages", "u.labour", ["t.wages"], ["r.yunxi"]),
    remit("m.wages.petition", "u.centre", ["t.wages"], ["r.yunxi"], pack="cn.petition.request"),
    remit("m.water", "u.water", ["t.water"], ["*"]),
    remit("m.water.help", "u.housing", ["t.water"], ["*"], "assist"),
    remit("m.liutan", "u.liutan", ["*"], ["r.liutan"]),
    {
        "do": "set_settings",
        "backstop_unit": "u.gov",
        "backstop_seat": "s.gov.head",
        "intake_unit": "u.centre",
        "intake_seat": "s.centre.desk",
        "pool": ["s.centre.verify"],
    },
]


def county(*more: dict[str, Any]) -> Jurisdiction:
    """Return the county as founded, version 1, or with more changes, version 2."""
    found = apply(Jurisdiction.empty(), 1, decide_change(Jurisdiction.empty(), FOUNDING, now=NOW))
    return apply(found, 2, decide_change(found, more, now=NOW)) if more else found
