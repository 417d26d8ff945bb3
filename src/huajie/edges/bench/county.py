"""The county of the measurements: a government, a petition centre, twelve bureaus, twelve townships; invented."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

from huajie.apps.jurisdiction import operations as jurisdiction
from huajie.core.access import SYSTEM, Actor, actor_for
from huajie.core.jurisdiction import Jurisdiction

#: Bureaus, each answering for one topic.
BUREAUS = 12
#: Townships, where things happen.
TOWNSHIPS = 12

_WORDS = "住房 劳动 土地 农业 交通 供水 环境 市容 民政 教育 卫生 市场".split()


def person(name: str) -> str:
    """Return the uuid hex of an invented officer."""
    return hashlib.sha256(b"huajie bench " + name.encode()).hexdigest()[:32]


#: seat -> its unit and roles; the person on it has the seat's name without "s."
SEATS: dict[str, tuple[str, tuple[str, ...]]] = {
    "s.gov.head": ("u.gov", ("head", "handler")),
    "s.gov.supervisor": ("u.gov", ("supervisor",)),
    "s.centre.desk": ("u.centre", ("intake", "dispatcher", "handler")),
    "s.centre.verify": ("u.centre", ("verifier",)),
    **{f"s.b{k:02}.one": (f"u.b{k:02}", ("handler",)) for k in range(BUREAUS)},
    **{f"s.b{k:02}.head": (f"u.b{k:02}", ("head",)) for k in range(BUREAUS)},
}


def username(seat: str) -> str:
    """Return the name with which the person on a seat signs in."""
    return seat.removeprefix("s.").replace(".", "-")


def founding() -> list[dict[str, Any]]:
    """Return the changes that make the county."""

    def name(zh: str, en: str) -> dict[str, str]:
        return {"zh": f"{zh}（虚构）", "en": en}

    def region(code: str, parent: str | None, zh: str, level: str) -> dict[str, Any]:
        return {
            "do": "set_region", "id": code, "parent": parent, "name": name(zh, code), "level": level, "calendar": "cn",
            "zone": "Asia/Shanghai",
        }  # fmt: skip

    def unit(code: str, parent: str | None, zh: str, kind: str) -> dict[str, Any]:
        return {
            "do": "set_unit", "id": code, "parent": parent, "name": name(zh, code), "region": "r.county",
            "can_decide": True, "kind": kind,
        }  # fmt: skip

    changes = [region("r.county", None, "量山县", "county")]
    changes += [region(f"r.t{k:02}", "r.county", f"第{k + 1}镇", "township") for k in range(TOWNSHIPS)]
    changes += [unit("u.gov", None, "县政府", "government"), unit("u.centre", "u.gov", "群众诉求中心", "centre")]
    changes += [unit(f"u.b{k:02}", "u.gov", f"{_WORDS[k]}局", "bureau") for k in range(BUREAUS)]
    for seat, (of, roles) in SEATS.items():
        changes.append({"do": "set_seat", "id": seat, "unit": of, "title": name("岗位", seat), "roles": list(roles)})
        changes.append({"do": "start_posting", "seat": seat, "person": person(seat)})
    for k in range(BUREAUS):
        topic = f"t.b{k:02}"
        changes.append({"do": "set_topic", "id": topic, "parent": None, "name": name(_WORDS[k], topic)})
        changes.append(
            {
                "do": "set_remit", "id": f"m.b{k:02}", "unit": f"u.b{k:02}", "topics": [topic], "regions": ["*"],
                "power": "decide",
            }
        )  # fmt: skip
    changes.append(
        {
            "do": "set_settings", "backstop_unit": "u.gov", "backstop_seat": "s.gov.head", "intake_unit": "u.centre",
            "intake_seat": "s.centre.desk", "pool": ["s.centre.verify"],
        }
    )  # fmt: skip
    return changes


def found(now: datetime, *, password: str) -> Jurisdiction:
    """Make accounts and county in an empty database; everybody signs in with the same password."""
    for seat in SEATS:
        jurisdiction.create_account(
            username=username(seat),
            password=password,
            display_name=username(seat),
            person=UUID(hex=person(seat)),
            now=now,
        )
    return jurisdiction.change(founding(), actor=SYSTEM, now=now)


def actors(county: Jurisdiction, at: datetime) -> dict[str, Actor]:
    """Return who acts from each seat."""
    return {seat: actor_for(county, person(seat), seat, at) for seat in SEATS}
