"""
The invented county: Yunxiu in the city of Jinglan, twelve townships, its offices, seats, people, topics and remits.

No such city, county, township or person exists, and the land lies in the Gulf of Guinea, around latitude and longitude
zero. Beside it stands a small English borough, Fernmoor, so that the procedure `en.complaint` has a place to run.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

COUNTY = "r.yunxiu"
CITY = "r.jinglan"
BOROUGH = "r.fernmoor"


@dataclass(frozen=True, slots=True)
class Township:
    """One of the twelve."""

    code: str
    zh: str
    en: str
    #: Places that residents name: villages, communities, estates, roads.
    places: tuple[str, ...]


TOWNSHIPS = (
    Township("wanghuai", "望槐街道", "Wanghuai Subdistrict", ("槐荫社区", "东钟社区", "望槐路", "锦屏花园", "云锦苑")),
    Township("qiyun", "栖云街道", "Qiyun Subdistrict", ("栖云社区", "书院社区", "听泉路", "和煦家园", "纺织厂老宿舍")),
    Township("liuting", "柳汀镇", "Liuting Town", ("柳汀村", "渡头村", "柳汀老街", "沙角村", "滨河安置区")),
    Township("shinan", "石楠镇", "Shinan Town", ("石楠村", "石臼坑村", "石楠大道", "新石社区", "矿工新村")),
    Township("lujian", "鹿涧镇", "Lujian Town", ("鹿涧村", "白茅村", "鹿涧集镇", "上涧村", "鹿鸣小区")),
    Township("xingtan", "杏滩镇", "Xingtan Town", ("杏滩村", "七里滩村", "杏滩正街", "河湾村", "杏林小区")),
    Township("qingruo", "青箬镇", "Qingruo Town", ("青箬村", "箬笠村", "青箬集镇", "下坪村", "箬溪安置点")),
    Township("zhuyi", "竹漪镇", "Zhuyi Town", ("竹漪村", "篾匠村", "竹漪工业园", "竹海村", "漪澜小区")),
    Township("tongao", "桐坳乡", "Tong'ao Township", ("桐坳村", "桐油坪村", "坳头村", "双石村", "茶场")),
    Township("yanzhu", "雁渚乡", "Yanzhu Township", ("雁渚村", "芦洲村", "雁尾村", "堤边村", "渔业新村")),
    Township("danping", "丹枰乡", "Danping Township", ("丹枰村", "红壤村", "棋盘村", "丹霞坳村", "果园场")),
    Township("liaowan", "蓼湾乡", "Liaowan Township", ("蓼湾村", "浅水村", "蓼花村", "湾头村", "老粮站")),
)
#: Townships too small to have anybody left to verify: the pool does it.
SMALL = ("danping", "liaowan")

#: Where somebody goes and looks.
FIELD_TOWNS = ("wanghuai", "qiyun", "liuting")

#: code, Chinese, English, kind, decides, handlers
_BUREAUS: tuple[tuple[str, str, str, str, bool, int], ...] = (
    ("housing", "县住房和城乡建设局", "Housing and Construction Bureau", "bureau", True, 2),
    ("labour", "县人力资源和社会保障局", "Labour and Social Security Bureau", "bureau", True, 2),
    ("land", "县自然资源局", "Natural Resources Bureau", "bureau", True, 2),
    ("farming", "县农业农村局", "Agriculture and Rural Affairs Bureau", "bureau", True, 1),
    ("transport", "县交通运输局", "Transport Bureau", "bureau", True, 1),
    ("water", "县水利局", "Water Resources Bureau", "bureau", True, 1),
    ("emergency", "县应急管理局", "Emergency Management Bureau", "bureau", True, 1),
    ("civil", "县民政局", "Civil Affairs Bureau", "bureau", True, 1),
    ("education", "县教育局", "Education Bureau", "bureau", True, 1),
    ("health", "县卫生健康局", "Health Bureau", "bureau", True, 1),
    ("market", "县市场监督管理局", "Market Regulation Bureau", "bureau", True, 1),
    ("urban", "县城市管理局", "Urban Management Bureau", "bureau", True, 2),
    ("ecology", "市生态环境局云岫分局", "Ecology and Environment Branch", "bureau", True, 1),
    ("data", "县数据和政务服务局", "Data and Government Services Bureau", "bureau", True, 1),
    ("power", "县供电公司", "Power Supply Company", "company", False, 1),
    ("waterworks", "县水务公司", "Water Company", "company", False, 1),
)

#: code, Chinese, English, roles; the suffix of the seat's code
_SEATS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "head": ("负责人岗", "Head", ("head",)),
    "handler": ("经办岗", "Handler", ("handler",)),
    "handler2": ("经办二岗", "Second handler", ("handler",)),
    "verifier": ("核验岗", "Verifier", ("verifier",)),
    "desk": ("窗口登记岗", "Intake desk", ("intake",)),
    "dispatcher": ("转送岗", "Dispatcher", ("dispatcher", "handler", "intake")),
    "supervisor": ("督查岗", "Supervisor", ("supervisor",)),
    "deputy": ("分管领导岗", "Deputy leader", ("sponsor",)),
    "archivist": ("档案岗", "Archivist", ("archivist",)),
    "auditor": ("审计岗", "Auditor", ("auditor",)),
    "dpo": ("个人信息保护岗", "Data protection officer", ("dpo",)),
    "admin": ("系统管理岗", "Administrator", ("admin",)),
    "field": ("网格员岗", "Area worker", ("area_worker",)),
    "reviewer": ("复查岗", "Reviewer", ("reviewer",)),
}


@dataclass(frozen=True, slots=True)
class TopicNode:
    """One topic: leaf or group."""

    code: str
    parent: str | None
    zh: str
    en: str


#: group code, Chinese, English, leaves
_TOPICS: tuple[tuple[str, str, str, tuple[tuple[str, str, str], ...]], ...] = (
    (
        "labour",
        "劳动保障",
        "Work and social security",
        (
            ("wages", "拖欠工资", "Unpaid wages"),
            ("injury", "工伤待遇", "Work injury"),
            ("pension", "养老保险", "Pensions"),
            ("training", "就业补贴", "Job and training allowances"),
        ),
    ),
    (
        "housing",
        "住房建设",
        "Housing and building",
        (
            ("property", "物业服务", "Property management"),
            ("deeds", "房产证办理", "Property deeds"),
            ("lifts", "电梯故障", "Lifts"),
            ("leaks", "房屋质量", "Building defects"),
            ("resettlement", "安置房", "Resettlement housing"),
            ("heating", "燃气接通", "Gas connection"),
        ),
    ),
    (
        "land",
        "土地规划",
        "Land and planning",
        (
            ("expropriation", "征地补偿", "Land compensation"),
            ("boundary", "宅基地纠纷", "Homestead boundaries"),
            ("illegal-building", "违法建设", "Unauthorised building"),
            ("landslide", "地质隐患", "Slope hazards"),
        ),
    ),
    (
        "farming",
        "农业农村",
        "Farming and villages",
        (
            ("contract", "土地承包", "Farmland contracts"),
            ("subsidy", "惠农补贴", "Farm subsidies"),
            ("village-books", "村务公开", "Village accounts"),
            ("irrigation", "灌溉用水", "Irrigation"),
        ),
    ),
    (
        "transport",
        "交通出行",
        "Roads and transport",
        (
            ("rural-road", "农村公路", "Rural roads"),
            ("bus", "公交班次", "Bus services"),
            ("pothole", "路面破损", "Road damage"),
            ("signals", "红绿灯标线", "Signals and markings"),
        ),
    ),
    (
        "utilities",
        "水电保障",
        "Water and power",
        (
            ("tap-water", "自来水", "Tap water"),
            ("power-cut", "停电电压", "Power supply"),
            ("streetlight", "路灯", "Street lights"),
            ("drainage", "排水内涝", "Drainage"),
        ),
    ),
    (
        "environment",
        "生态环境",
        "Environment",
        (
            ("noise", "噪声扰民", "Noise"),
            ("smoke", "油烟异味", "Smoke and smells"),
            ("river", "河道污染", "River pollution"),
            ("dust", "工地扬尘", "Dust"),
        ),
    ),
    (
        "urban",
        "市容秩序",
        "City upkeep",
        (
            ("waste", "垃圾清运", "Waste collection"),
            ("stalls", "占道经营", "Stalls on the pavement"),
            ("parking", "停车难", "Parking"),
            ("park", "公园绿化", "Parks and greenery"),
        ),
    ),
    (
        "welfare",
        "民生救助",
        "Welfare",
        (
            ("low-income", "低保救助", "Minimum allowance"),
            ("disability", "残疾补贴", "Disability allowance"),
            ("elderly", "养老服务", "Elderly care"),
            ("school-place", "入学学位", "School places"),
            ("medical", "医疗报销", "Medical reimbursement"),
        ),
    ),
    (
        "market",
        "市场消费",
        "Consumers",
        (
            ("prepaid", "预付卡退款", "Prepaid cards"),
            ("food", "食品安全", "Food safety"),
            ("price", "价格收费", "Prices and fees"),
        ),
    ),
    # Nobody's remit names these: they wait in the queue for which no rule matched.
    (
        "unassigned",
        "尚未划定",
        "Not yet assigned",
        (
            ("dogs", "犬只管理", "Dogs"),
            ("charging", "电动车充电", "Charging e-bikes"),
            ("signal", "手机信号", "Phone signal"),
        ),
    ),
)

#: Topics about a road, a river, a park or a building site: officers see such a place as a point. What could be about
#: a home is not here, a flooded street included.
PUBLIC_PLACES = frozenset(
    {"t.rural-road", "t.pothole", "t.signals", "t.streetlight", "t.river", "t.dust", "t.stalls", "t.park"}
)

#: topic leaf or group -> unit that decides, for every region
_REMITS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("labour", "u.labour", ("t.labour",)),
    ("housing", "u.housing", ("t.housing",)),
    ("land", "u.land", ("t.land",)),
    ("farming", "u.farming", ("t.farming",)),
    ("transport", "u.transport", ("t.transport",)),
    ("tap-water", "u.water", ("t.tap-water",)),
    ("power", "u.housing", ("t.power-cut",)),
    ("lights", "u.urban", ("t.streetlight", "t.drainage", "t.signals", "t.pothole")),
    ("environment", "u.ecology", ("t.environment",)),
    ("noise", "u.urban", ("t.noise", "t.smoke", "t.dust")),
    ("urban", "u.urban", ("t.urban",)),
    ("welfare", "u.civil", ("t.welfare",)),
    ("school", "u.education", ("t.school-place",)),
    ("medical", "u.health", ("t.medical",)),
    ("market", "u.market", ("t.market",)),
    ("illegal-building", "u.urban", ("t.illegal-building",)),
)
#: Topics that the petition office takes first and refers; more specific than a group, so they win there.
REFERRED = (
    "t.wages",
    "t.injury",
    "t.pension",
    "t.deeds",
    "t.resettlement",
    "t.expropriation",
    "t.contract",
    "t.subsidy",
    "t.leaks",
    "t.village-books",
    "t.low-income",
    "t.medical",
    "t.school-place",
    "t.river",
    "t.rural-road",
    "t.prepaid",
    "t.property",
    "t.bus",
)
#: Topics that each township decides for itself.
LOCAL = ("t.boundary", "t.irrigation", "t.elderly")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who sits on seats; invented."""

    username: str
    name: str
    language: str = "zh-hans"

    @property
    def hex(self) -> str:
        """Return the code by which entries name the person: the same in every demo county."""
        return hashlib.sha256(b"huajie demo person " + self.username.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class SeatOf:
    """A seat and who holds it."""

    id: str
    unit: str
    zh: str
    en: str
    roles: tuple[str, ...]
    person: Person


@dataclass(frozen=True, slots=True)
class UnitOf:
    """A unit as the changes need it."""

    id: str
    parent: str | None
    zh: str
    en: str
    region: str
    can_decide: bool
    kind: str


_SURNAMES = "邬宓郗佘晏苗戚符蓝麦褚栾桑柏岑冉殷纪梅童"
_GIVEN = (
    "知远 听澜 望舒 景行 若谷 怀瑾 清和 明川 云舒 亦安 书禾 南乔 思齐 朗月 青野 见微 守拙 长宁 星野 一舟 小满 向晚 木兮"
).split()
_ENGLISH = (
    "Ada Thistlewood",
    "Bram Oakenfell",
    "Cleo Wrenshaw",
    "Dorian Marlpit",
    "Edie Fenwicke",
    "Giles Harrowmere",
    "Hattie Quillfeather",
    "Ivo Larkspur",
    "Juno Peverell-Moss",
    "Kit Saltmarsh",
)


def _name(index: int) -> str:
    # 20 and 23 share no factor, so the first 460 people have 460 names
    return _SURNAMES[index % len(_SURNAMES)] + _GIVEN[index % len(_GIVEN)]


def units() -> list[UnitOf]:
    """Return every unit, those above first."""
    found = [
        UnitOf("u.jinglan", None, "景澜市人民政府", "Jinglan City Government", CITY, True, "government"),
        UnitOf("u.yunxiu", "u.jinglan", "云岫县人民政府", "Yunxiu County Government", COUNTY, True, "government"),
        UnitOf("u.petition", "u.yunxiu", "县信访局", "Petition Office", COUNTY, True, "bureau"),
        UnitOf("u.hotline", "u.yunxiu", "县12345热线办", "12345 Hotline Office", COUNTY, True, "centre"),
        UnitOf(
            "u.centre", "u.yunxiu", "县社会治安综合治理中心", "Comprehensive Governance Centre", COUNTY, True, "centre"
        ),
        UnitOf("u.supervision", "u.yunxiu", "县政府督查室", "Supervision Office", COUNTY, True, "office"),
    ]
    found += [
        UnitOf(f"u.{code}", "u.yunxiu", zh, en, COUNTY, decides, kind) for code, zh, en, kind, decides, _ in _BUREAUS
    ]
    found += [
        UnitOf(
            f"u.{town.code}",
            "u.yunxiu",
            f"{town.zh}办事处" if town.zh.endswith("街道") else f"{town.zh}人民政府",
            f"{town.en} Office",
            f"r.{town.code}",
            True,
            "township",
        )
        for town in TOWNSHIPS
    ]
    found += [
        UnitOf(
            "u.fernmoor", None, "芬穆尔区议会（示范）", "Fernmoor Borough Council (sample)", BOROUGH, True, "government"
        ),
        UnitOf("u.fernmoor.homes", "u.fernmoor", "芬穆尔住房服务", "Fernmoor Homes", BOROUGH, True, "bureau"),
        UnitOf("u.fernmoor.streets", "u.fernmoor", "芬穆尔街道服务", "Fernmoor Streets", BOROUGH, True, "bureau"),
    ]
    return found


def seats() -> list[SeatOf]:
    """Return every seat with its first holder. Somebody may hold two: the county's lawyers cover the pool."""
    found: list[SeatOf] = []

    def add(unit: str, *kinds: str, language: str = "zh-hans") -> None:
        for kind in kinds:
            zh, en, roles = _SEATS[kind]
            username = f"{unit[2:]}-{kind}".replace(".", "-")
            index = len(found)
            name = _name(index) if language != "en" else _ENGLISH[index % len(_ENGLISH)]
            found.append(SeatOf(f"s{unit[1:]}.{kind}", unit, zh, en, roles, Person(username, name, language)))

    add("u.jinglan", "head", "handler", "verifier")
    add("u.yunxiu", "head", "handler", "verifier", "archivist", "auditor")
    add("u.petition", "head", "desk", "dispatcher", "handler", "verifier")
    add("u.hotline", "head", "desk", "handler")
    add("u.centre", "head", "desk", "handler", "verifier")
    add("u.supervision", "supervisor")
    for code, _, _, _, _, handlers in _BUREAUS:
        add(f"u.{code}", "head", "handler", *(("handler2",) if handlers > 1 else ()), "verifier")
    add("u.data", "dpo", "admin")
    for town in TOWNSHIPS:
        add(f"u.{town.code}", "head", "handler", "desk")
        if town.code not in SMALL:
            add(f"u.{town.code}", "verifier")
    add("u.fernmoor", "head", "handler", "verifier", language="en")
    add("u.fernmoor.homes", "head", "handler", "verifier", "desk", language="en")
    add("u.fernmoor.streets", "head", "handler", "verifier", language="en")
    add("u.yunxiu", "deputy")
    for code in FIELD_TOWNS:
        add(f"u.{code}", "field")
    add("u.yunxiu", "reviewer")
    add("u.fernmoor.streets", "field", language="en")
    return found


def topics() -> list[TopicNode]:
    """Return groups and leaves, groups first."""
    found: list[TopicNode] = []
    for group, zh, en, leaves in _TOPICS:
        found.append(TopicNode(f"t.{group}", None, zh, en))
        found += [TopicNode(f"t.{code}", f"t.{group}", name, english) for code, name, english in leaves]
    return found


#: How often each region's people come, roughly by population.
def people_weights() -> list[int]:
    """Return one weight for each township."""
    return [22, 18, 9, 9, 8, 7, 6, 8, 4, 4, 3, 2]


def founding() -> list[dict[str, Any]]:
    """Return the changes that found the jurisdiction, as one batch."""

    def both(zh: str, en: str) -> dict[str, str]:
        return {"zh": zh, "en": en}

    china = {"calendar": "cn", "zone": "Asia/Shanghai"}
    changes: list[dict[str, Any]] = [
        {
            "do": "set_region",
            "id": CITY,
            "parent": None,
            "name": both("景澜市", "Jinglan City"),
            "level": "city",
            **china,
        },
        {
            "do": "set_region",
            "id": COUNTY,
            "parent": CITY,
            "name": both("云岫县", "Yunxiu County"),
            "level": "county",
            **china,
        },
        {
            "do": "set_region",
            "id": BOROUGH,
            "parent": None,
            "name": both("芬穆尔区", "Fernmoor"),
            "level": "district",
            "calendar": "england",
            "zone": "Europe/London",
        },
    ]
    changes += [
        {
            "do": "set_region",
            "id": f"r.{town.code}",
            "parent": COUNTY,
            "name": both(town.zh, town.en),
            "level": "township",
            **china,
        }
        for town in TOWNSHIPS
    ]
    changes += [
        {
            "do": "set_unit",
            "id": unit.id,
            "parent": unit.parent,
            "name": both(unit.zh, unit.en),
            "region": unit.region,
            "can_decide": unit.can_decide,
            "kind": unit.kind,
        }
        for unit in units()
    ]
    for seat in seats():
        changes.append(
            {
                "do": "set_seat",
                "id": seat.id,
                "unit": seat.unit,
                "title": both(seat.zh, seat.en),
                "roles": list(seat.roles),
            }
        )
        changes.append({"do": "start_posting", "seat": seat.id, "person": seat.person.hex})
    changes += [
        {
            "do": "set_topic",
            "id": topic.code,
            "parent": topic.parent,
            "name": both(topic.zh, topic.en),
            "public_place": topic.code in PUBLIC_PLACES,
        }
        for topic in topics()
    ]
    changes += [
        {
            "do": "set_remit",
            "id": f"m.{code}",
            "unit": unit,
            "topics": list(covered),
            "regions": [COUNTY],
            "power": "decide",
        }
        for code, unit, covered in _REMITS
    ]
    changes += [
        {
            "do": "set_remit",
            "id": f"m.{town.code}.local",
            "unit": f"u.{town.code}",
            "topics": list(LOCAL),
            "regions": [f"r.{town.code}"],
            "power": "decide",
        }
        for town in TOWNSHIPS
    ]
    changes += [
        {
            "do": "set_remit",
            "id": "m.petition.first",
            "unit": "u.petition",
            "seat": "s.petition.dispatcher",
            "topics": list(REFERRED),
            "regions": [COUNTY],
            "power": "decide",
            "pack": "cn.petition.request",
            "priority": 5,
        },
        {
            "do": "set_remit",
            "id": "m.power.help",
            "unit": "u.power",
            "topics": ["t.power-cut", "t.streetlight"],
            "regions": [COUNTY],
            "power": "assist",
        },
        {
            "do": "set_remit",
            "id": "m.waterworks.help",
            "unit": "u.waterworks",
            "topics": ["t.tap-water"],
            "regions": [COUNTY],
            "power": "assist",
        },
        {
            "do": "set_remit",
            "id": "m.emergency.told",
            "unit": "u.emergency",
            "topics": ["t.landslide"],
            "regions": [COUNTY],
            "power": "report",
        },
        {
            "do": "set_remit",
            "id": "m.fernmoor.homes",
            "unit": "u.fernmoor.homes",
            "topics": ["t.housing", "t.welfare"],
            "regions": [BOROUGH],
            "power": "decide",
        },
        {
            "do": "set_remit",
            "id": "m.fernmoor.streets",
            "unit": "u.fernmoor.streets",
            "topics": ["*"],
            "regions": [BOROUGH],
            "power": "decide",
        },
        {
            "do": "set_settings",
            "backstop_unit": "u.centre",
            "backstop_seat": "s.centre.handler",
            "intake_unit": "u.petition",
            "intake_seat": "s.petition.dispatcher",
            "pool": ["s.petition.verifier", "s.centre.verifier", "s.yunxiu.verifier"],
        },
    ]
    return changes


#: What changes on the way, as shares of the time between founding and today: people move, and the seats stay.
#: (share of the time, changes); the newcomers have accounts from the start.
NEWCOMERS = (
    Person("housing-handler-new", "卫疏桐"),
    Person("urban-head-new", "荀长宁"),
    Person("labour-cover", "闵小满"),
    Person("petition-cover", "涂星野"),
)


def moves() -> list[tuple[float, list[dict[str, Any]]]]:
    """Return the later changes of the jurisdiction, each with its share of the time that the history covers."""
    holder = {seat.id: seat.person.hex for seat in seats()}
    housing, urban, labour, petition = (person.hex for person in NEWCOMERS)
    return [
        (0.35, [{"do": "start_posting", "seat": "s.labour.handler", "person": labour, "kind": "cover"}]),
        (0.47, [{"do": "end_posting", "seat": "s.labour.handler", "person": labour, "kind": "cover"}]),
        (
            0.55,
            [
                {"do": "end_posting", "seat": "s.housing.handler", "person": holder["s.housing.handler"]},
                {"do": "start_posting", "seat": "s.housing.handler", "person": housing},
            ],
        ),
        (
            0.72,
            [
                {"do": "end_posting", "seat": "s.urban.head", "person": holder["s.urban.head"]},
                {"do": "start_posting", "seat": "s.urban.head", "person": urban},
            ],
        ),
        (0.93, [{"do": "start_posting", "seat": "s.petition.dispatcher", "person": petition, "kind": "cover"}]),
    ]


def people() -> list[Person]:
    """Return everybody who needs an account, each once."""
    found = {seat.person.username: seat.person for seat in seats()}
    found.update({person.username: person for person in NEWCOMERS})
    return list(found.values())


#: Sign-ins that the end of loading prints: username, what one can try as them.
SIGN_INS: tuple[tuple[str, str, str], ...] = (
    ("petition-desk", "窗口登记：登记来信来访来电", "take in what people bring"),
    ("petition-dispatcher", "转送：分类、转送、没有规则的事项", "sort, refer, and the queue that no rule matched"),
    ("housing-handler-new", "住建局经办", "handle matters of the housing bureau"),
    ("housing-head", "住建局负责人：签发意见、批准延期", "sign opinions, grant more time"),
    ("labour-handler", "人社局经办", "handle matters of the labour bureau"),
    ("petition-verifier", "核验：不核验自己办过的事", "verify what others handled"),
    ("yunxiu-head", "县政府负责人：复查、裁定由谁办", "decide reviews and who handles what"),
    ("supervision-supervisor", "督查：看全县超期事项", "see everything that is late"),
    ("wanghuai-handler", "望槐街道经办", "handle matters of a township"),
    ("wanghuai-field", "网格员：登记片区里的事，到现场查看", "an area worker: take in on the spot, go and look"),
    ("yunxiu-reviewer", "复查：重新看别人办过的事", "review what others have handled"),
    ("yunxiu-archivist", "档案", "archive what is complete"),
    ("yunxiu-auditor", "审计：只看不办", "look, and act on nothing"),
    ("data-dpo", "个人信息保护", "look after personal data"),
    ("data-admin", "系统管理：单位、岗位、职责", "units, seats and remits"),
    ("fernmoor-homes-handler", "芬穆尔住房经办（英文）", "handle English complaints"),
)
#: Shown at the end of loading; demo accounts sign in from this machine only.
PASSWORD = "yunxiu-demo"  # noqa: S105

# The land ------------------------------------------------------------------------------------------------------------

#: West, south, and size of a cell in degrees; four cells across, three up.
_WEST, _SOUTH, _CELL, _ACROSS, _UP = 0.10, 0.10, 0.12, 4, 3


def _corner(column: int, row: int) -> tuple[float, float]:
    """Return a corner of the lattice, moved a little so that borders look grown, the same for all its cells."""
    bend = 0.018
    x = _WEST + _CELL * column + bend * math.sin(3.1 * column + 1.7 * row)
    y = _SOUTH + _CELL * row + bend * math.cos(2.3 * column + 2.9 * row)
    return round(x, 6), round(y, 6)


def _edge(first: tuple[int, int], second: tuple[int, int]) -> list[tuple[float, float]]:
    """Return the corners and one bent point between them; the same points whichever way the edge is walked."""
    start, end = _corner(*first), _corner(*second)
    low, high = sorted((first, second))
    shift = 0.006 * math.sin(5 * low[0] + 7 * low[1] + 3 * high[0] + high[1])
    middle = (
        round((start[0] + end[0]) / 2 + (shift if low[0] == high[0] else 0), 6),
        round((start[1] + end[1]) / 2 + (shift if low[1] == high[1] else 0), 6),
    )
    return [start, middle]


def _cell(index: int) -> list[list[float]]:
    column, row = index % _ACROSS, index // _ACROSS
    corners = [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1)]
    ring = [point for i in range(4) for point in _edge(corners[i], corners[(i + 1) % 4])]
    return [list(point) for point in [*ring, ring[0]]]


def _outline() -> list[list[float]]:
    walk = [(column, 0) for column in range(_ACROSS)]
    walk += [(_ACROSS, row) for row in range(_UP)]
    walk += [(column, _UP) for column in range(_ACROSS, 0, -1)]
    walk += [(0, row) for row in range(_UP, 0, -1)]
    ring = [point for i, corner in enumerate(walk) for point in _edge(corner, walk[(i + 1) % len(walk)])]
    return [list(point) for point in [*ring, ring[0]]]


def boundaries() -> dict[str, dict[str, Any]]:
    """Return a GeoJSON polygon for each region that has one: the townships part the county without gap or overlap."""
    found = {f"r.{town.code}": _polygon(_cell(index)) for index, town in enumerate(TOWNSHIPS)}
    found[COUNTY] = _polygon(_outline())
    found[BOROUGH] = _polygon([[-0.6, 0.1], [-0.3, 0.08], [-0.28, 0.3], [-0.58, 0.33], [-0.6, 0.1]])
    return found


def population() -> dict[str, int]:
    """Return how many residents each township has, and the county with them; as invented as everything here."""
    found = {
        f"r.{town.code}": 14_000 + int.from_bytes(hashlib.sha256(town.code.encode()).digest()[:2]) % 52_000
        for town in TOWNSHIPS
    }
    found[COUNTY] = sum(found.values())
    return found


def _polygon(ring: list[list[float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [ring]}


def middle_of(index: int) -> tuple[float, float]:
    """Return a point well inside the township of that place in TOWNSHIPS; 0.03 degrees around it are inside too."""
    column, row = index % _ACROSS, index // _ACROSS
    return _WEST + _CELL * (column + 0.5), _SOUTH + _CELL * (row + 0.5)
