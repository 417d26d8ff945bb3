"""
A small county by hand, in the database: a government, a petition office, two bureaus, an oversight office, somebody in
every role, one matter of each kind. Everything is invented.

`found()` makes it through the operations that the product has for it; `County` says who is who, which matter is which.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from tests.support import papers

from huajie.apps.attachments import store
from huajie.apps.attachments.incoming import Sent
from huajie.apps.attachments.uploads import Files, Upload, keep
from huajie.apps.jurisdiction import operations as jurisdiction
from huajie.apps.jurisdiction import queries as jurisdiction_queries
from huajie.apps.jurisdiction.models import Account
from huajie.apps.matters.operations import Order, Submission, Written, act, forget, submit
from huajie.core.access import ANONYMOUS, SYSTEM, Actor, actor_for, resident_of

PASSWORD = "only-for-this-test"

#: username -> (number of the person, seat, roles of the seat)
PEOPLE: dict[str, tuple[int, str, tuple[str, ...]]] = {
    "mayor": (1, "s.gov.head", ("head", "handler")),
    "gov_clerk": (2, "s.gov.clerk", ("handler",)),
    "admin": (3, "s.oversight.admin", ("admin",)),
    "supervisor": (4, "s.oversight.supervisor", ("supervisor",)),
    "auditor": (5, "s.oversight.auditor", ("auditor",)),
    "archivist": (6, "s.oversight.archivist", ("archivist",)),
    "dpo": (7, "s.oversight.dpo", ("dpo",)),
    "intake": (10, "s.petition.desk", ("intake", "handler")),
    "dispatcher": (11, "s.petition.dispatch", ("dispatcher",)),
    "petition_head": (12, "s.petition.head", ("head",)),
    "pool_verifier": (13, "s.petition.verify", ("verifier",)),
    "housing": (20, "s.housing.one", ("handler",)),
    "housing_head": (21, "s.housing.head", ("head",)),
    "housing_verifier": (22, "s.housing.verify", ("verifier",)),
    "housing_colleague": (23, "s.housing.two", ("handler",)),
    "labour": (30, "s.labour.one", ("handler",)),
    "labour_head": (31, "s.labour.head", ("head",)),
    "reviewer": (8, "s.gov.reviewer", ("reviewer",)),
    "area_worker": (40, "s.qingshi.field", ("area_worker",)),
}
#: What an area worker is asked.
ASK_VISIT: dict[str, Any] = {
    "inputs": {"visitor_seat": "s.qingshi.field"},
    "texts": {"visit_place": "三号楼二单元", "visit_what": "声控灯亮不亮，线路有没有外露。"},
}
_UNITS = {
    "gov": ("u.gov", None, "government"),
    "oversight": ("u.oversight", "u.gov", "bureau"),
    "petition": ("u.petition", "u.gov", "centre"),
    "housing": ("u.housing", "u.gov", "bureau"),
    "labour": ("u.labour", "u.gov", "bureau"),
    "qingshi": ("u.qingshi", "u.gov", "township"),
}


def _name(zh: str, en: str) -> dict[str, str]:
    return {"zh": f"{zh}（虚构）", "en": f"{en} (invented)"}


def _changes() -> list[dict[str, Any]]:
    names = {
        "gov": ("云溪县政府", "Yunxi County"),
        "petition": ("信访局", "Petition Office"),
        "oversight": ("督查室", "Oversight"),
    }
    names |= {"housing": ("住建局", "Housing Bureau"), "labour": ("人社局", "Labour Bureau")}
    names["qingshi"] = ("青石镇政府", "Qingshi Township")
    changes: list[dict[str, Any]] = [
        {
            "do": "set_region",
            "id": code,
            "parent": parent,
            "name": _name(*said),
            "level": level,
            "calendar": "cn",
            "zone": "Asia/Shanghai",
        }
        for code, parent, level, said in (
            ("r.yunxi", None, "county", ("云溪县", "Yunxi")),
            ("r.qingshi", "r.yunxi", "township", ("青石镇", "Qingshi")),
        )
    ]
    changes += [
        {
            "do": "set_unit",
            "id": code,
            "parent": parent,
            "name": _name(*names[short]),
            "region": "r.qingshi" if short == "qingshi" else "r.yunxi",
            "can_decide": True,
            "kind": kind,
        }
        for short, (code, parent, kind) in _UNITS.items()
    ]
    for username, (number, seat, roles) in PEOPLE.items():
        title = _name(f"{username} 岗", username.replace("_", " "))
        changes.append({"do": "set_seat", "id": seat, "unit": unit_of(username), "title": title, "roles": list(roles)})
        changes.append({"do": "start_posting", "seat": seat, "person": person(number)})
    changes += [
        {"do": "set_topic", "id": code, "parent": None, "name": _name(zh, en), "sensitivity": kind}
        for code, kind, zh, en in (
            ("t.housing", "ordinary", "住房", "Housing"),
            ("t.wages", "ordinary", "工资", "Wages"),
            ("t.conduct", "sealed", "举报", "Conduct"),
            ("t.children", "minor", "儿童", "Children"),
            ("t.other", "ordinary", "其他", "Other"),
        )
    ]
    changes += [
        {
            "do": "set_remit",
            "id": code,
            "unit": unit,
            "topics": topics,
            "regions": ["*"],
            "power": "decide",
            "seat": seat,
        }
        for code, unit, seat, topics in (
            ("m.housing", "u.housing", "s.housing.one", ["t.housing", "t.conduct", "t.children"]),
            ("m.wages", "u.labour", "s.labour.one", ["t.wages"]),
        )
    ]
    changes.append(
        {
            "do": "set_settings",
            "backstop_unit": "u.gov",
            "backstop_seat": "s.gov.head",
            "intake_unit": "u.petition",
            "intake_seat": "s.petition.desk",
            "pool": ["s.petition.verify"],
        }
    )
    return changes


def person(number: int) -> str:
    """Return the uuid hex of an invented officer."""
    return f"{number:032x}"


def unit_of(username: str) -> str:
    """Return the unit in which somebody sits."""
    return "u." + PEOPLE[username][1].split(".")[1]


@dataclass(slots=True)
class Known:
    """One matter of the county."""

    number: str
    secret: str
    stream: UUID
    #: id of the photo that came with it, if any
    photo: str = ""


@dataclass(slots=True)
class County:
    """Who is who and which matter is which."""

    founded_at: datetime
    #: username -> token
    tokens: dict[str, str] = field(default_factory=dict)
    #: name -> matter
    matters: dict[str, Known] = field(default_factory=dict)
    #: whether a photo comes with every matter
    photos: bool = False

    def actor(self, username: str, at: datetime | None = None) -> Actor:
        """Return somebody as the actor that their seat makes them."""
        number, seat, _ = PEOPLE[username]
        moment = at or self.founded_at + timedelta(hours=1)
        return actor_for(jurisdiction_queries.snapshot(), person(number), seat, moment)

    def bearer(self, username: str) -> dict[str, str]:
        """Return the header with which somebody signs in."""
        return {"Authorization": f"Bearer {self.tokens[username]}"}

    def secret(self, matter: str) -> dict[str, str]:
        """Return the header with which the resident of a matter comes."""
        return {"Authorization": f"Bearer {self.matters[matter].secret}"}

    def keep(self, name: str, written: Written) -> Known:
        """Remember a matter by a name."""
        known = self.matters[name] = Known(written.number, written.secret, written.stream)
        return known

    def bring_in(self, name: str, topic: str, **more: Any) -> Known:
        """Bring a complaint in, as a resident does."""
        fields: dict[str, Any] = {
            "pack": "en.complaint",
            "topic": topic,
            "region": "r.qingshi",
            "texts": {"title": f"{name} 的事", "text": f"{name}：楼道灯坏了三周，没有人修。"},
            "contact": {"phone": "13900007777"},
            **more,
        }
        at = fields.pop("at", self.founded_at + timedelta(hours=2))
        actor = fields.pop("actor", ANONYMOUS)
        upload = _photo() if self.photos else None
        if upload is not None:
            fields["texts"] = {**fields["texts"], "papers": Files((upload,))}
        known = self.keep(name, submit(Submission(**fields), actor=actor, now=at))
        known.photo = upload.id if upload is not None else ""
        return known

    def act(self, name: str, username: str, act_name: str, *, at: datetime | None = None, **order: Any) -> Written:
        """Let somebody act on a matter; `resident` is its resident."""
        known = self.matters[name]
        moment = at or self.founded_at + timedelta(hours=3)
        who = resident_of(known.stream.hex) if username == "resident" else self.actor(username, moment)
        return act(known.stream, Order(act=act_name, **order), actor=who, now=moment)


def _photo() -> Upload:
    data = papers.photo()
    with Sent(store.scratch(), "photo.jpg", len(data), "") as sent:
        assert sent.file is not None
        sent.file.write(data)
        return keep(sent, now=datetime.now(UTC))


def found(founded_at: datetime | None = None, *, passwords: tuple[str, ...] = (), photos: bool = False) -> County:
    """
    Make the county with one matter of each kind, and a token for everybody.

    Args:
        founded_at: aware; yesterday if left out, so that everything in it has happened by now.
        passwords: who can sign in with PASSWORD; hashing one for everybody would take seconds.
        photos: bring a photo with every matter.
    """
    founded_at = founded_at or datetime.now(UTC) - timedelta(days=1)
    jurisdiction_queries.forget()
    forget()
    for username in passwords:
        jurisdiction.create_account(
            username=username,
            display_name=username,
            password=PASSWORD,
            now=founded_at,
            person=UUID(person(PEOPLE[username][0])),
        )
    Account.objects.bulk_create(
        Account(
            username=username,
            person=UUID(person(number)),
            display_name=username,
            password="!",
            created_at=founded_at,
        )
        for username, (number, _, _) in PEOPLE.items()
        if username not in passwords
    )
    jurisdiction.change(_changes(), actor=SYSTEM, now=founded_at)
    county = County(founded_at, photos=photos)
    for account in Account.objects.all():
        seat = PEOPLE[account.username][1]
        county.tokens[account.username], _ = jurisdiction.issue_token(
            account, seat, now=founded_at + timedelta(hours=1)
        )
    _bring_in_matters(county)
    return county


def _bring_in_matters(county: County) -> None:
    county.bring_in("ordinary", "t.housing")
    county.bring_in("sealed", "t.conduct")
    county.bring_in("minor", "t.children")
    county.bring_in("elsewhere", "t.wages")
    county.bring_in("unplaced", "t.other")
    # about the labour bureau, on the books of housing: labour never learns of it
    county.bring_in("concerning", "t.housing", actor=county.actor("intake"), channel="counter")
    county.act(
        "concerning",
        "intake",
        "name_concerned",
        inputs={"to_unit": "u.labour"},
        texts={"reason": "所反映的就是人社局的窗口。"},
    )
    # offered to labour, which has not answered
    county.bring_in("offered", "t.housing")
    county.act(
        "offered",
        "housing",
        "offer_transfer",
        inputs={"to_unit": "u.labour"},
        texts={"reason": "主要是劳动关系问题。"},
    )
    # at stage 1 with a step promised, so that a resident has something to read
    county.bring_in("planned", "t.housing")
    county.act(
        "planned",
        "housing",
        "acknowledge",
        inputs={"is_complaint": "complaint", "category": "delay"},
        texts={"message": "收到，十个工作日内答复。"},
    )
    county.act(
        "planned",
        "housing",
        "plan_step",
        inputs={"action_days": 20, "to_unit": "u.housing"},
        texts={"step_text": "更换三号楼二单元的声控灯。"},
    )
    # somebody of the township is asked to go and look
    county.bring_in("visited", "t.housing")
    county.act("visited", "housing", "ask_visit", **ASK_VISIT)
    # taken back by its resident
    county.bring_in("withdrawn", "t.housing")
    county.act("withdrawn", "resident", "withdraw")
