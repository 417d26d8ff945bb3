"""
What every procedure takes, whatever its pack says: how a matter was taken in for somebody, and three small acts.

They stand here and not in the packs because they are about the counter, not about the procedure: matters whose pack was
written before them have them too, and no pack can leave one out. Everything here is optional when decided again, so
entries from before stay what they were.

- How it was taken in: how many brought it together, who spoke for the resident, that it was read back, how many working
  days lay between coming in and being written down. Names and contacts are never among the facts.
- Numbers that the same problem has in other systems.
- A lost secret, given anew by two members of staff.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

Text = Mapping[str, str]

#: Every way in which something comes in; a pack lists those that it takes.
CHANNELS: Final = tuple("web counter phone letter email mailbox hotline referral field import".split())
#: The channel of what somebody finds, or is told, where they go.
FIELD: Final = "field"


def channels_of(listed: Iterable[str]) -> tuple[str, ...]:
    """Return the channels that a pack takes: those it lists; who takes letters takes those to the leaders' mailbox."""
    named = list(listed)
    if "letter" in named and "mailbox" not in named:
        named.insert(named.index("letter") + 1, "mailbox")
    return tuple(named)


#: At most so many spokespersons of a joint matter (信访工作条例 art. 20).
SPOKESPERSONS: Final = 5
#: At most so many participants on one matter.
PARTICIPANTS: Final = 500
#: More working days than this between coming in and being written down ask for a reason.
GAP_WORKDAYS: Final = 1

#: Systems of others in which the same problem has a number.
SYSTEMS: Final[Mapping[str, Text]] = {
    "petition": {"zh": "信访信息系统", "en": "Petition system"},
    "12345": {"zh": "12345 热线工单", "en": "12345 hotline order"},
    "one-case": {"zh": "一案一码", "en": "One case, one code"},
    "mailbox": {"zh": "领导信箱", "en": "Leaders' mailbox"},
    "court": {"zh": "法院案号", "en": "Court"},
    "police": {"zh": "警情编号", "en": "Police"},
    "other": {"zh": "其他系统", "en": "Another system"},
}
#: Who may speak for somebody: the relation only, never who it was.
SPEAKERS: Final[Mapping[str, Text]] = {
    "family": {"zh": "家人", "en": "Family"},
    "guardian": {"zh": "监护人", "en": "Guardian"},
    "lawyer": {"zh": "律师或法律工作者", "en": "Lawyer"},
    "agent": {"zh": "受委托的人", "en": "Somebody they asked"},
    "interpreter": {"zh": "翻译（含手语）", "en": "Interpreter, sign language included"},
}
#: How a resident asked for something that a clerk writes down.
ASKED: Final[Mapping[str, Text]] = {
    "counter": {"zh": "当面", "en": "In person"},
    "phone": {"zh": "电话", "en": "By phone"},
    "letter": {"zh": "书信", "en": "By letter"},
    "email": {"zh": "电子邮件", "en": "By e-mail"},
}
#: How somebody who lost the secret was known again; what the paper says is not kept.
KNOWN_BY: Final[Mapping[str, Text]] = {
    "receipt": {"zh": "纸质回执和本人", "en": "The paper receipt and the person"},
    "paper": {"zh": "本人证件，当面看过，不留复印件", "en": "A paper of theirs, looked at and not copied"},
    "details": {"zh": "说得出事项里只有本人知道的内容", "en": "They knew what only whoever brought it knows"},
}

#: Why the vault is opened, or data handed out, a closed list: code -> words. Own words come with it, always.
PURPOSES: Final[Mapping[str, Text]] = {
    "reach": {"zh": "联系当事人核实情况", "en": "To reach the person about the matter"},
    "serve": {"zh": "送达文书", "en": "To serve a document"},
    "establish": {"zh": "查清事实（如车牌、账号）", "en": "To establish a fact, such as a plate or an account"},
    "safety": {"zh": "有人身危险，紧急处置", "en": "Somebody is in danger"},
    "care": {"zh": "关爱帮扶", "en": "To give care or help"},
    "verify": {"zh": "核查办理结果", "en": "To verify what was done"},
    "correct": {"zh": "本人申请查阅、更正或删除", "en": "The person asks to see, correct or erase their data"},
    "duty": {"zh": "法律规定的报告或移送", "en": "A report or hand-over that the law demands"},
}

_OURS: Final = {"visible": "staff"}

#: Facts of the opening, besides `scope.OPENING_FIELDS`.
INTAKE_FACTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "participants": {
        **_OURS,
        "type": "integer",
        "min": 2,
        "max": PARTICIPANTS,
        "title": {"zh": "一共几人一起提出", "en": "How many bring it together"},
        "purpose": {"zh": "每人一张回执", "en": "Each gets a receipt"},
    },
    "spoke_by": {
        **_OURS,
        "type": "choice",
        "choices": SPEAKERS,
        "title": {"zh": "由谁代为说明", "en": "Who spoke for them"},
        "purpose": {"zh": "只记关系，不记是谁", "en": "Only the relation is noted, never who"},
    },
    "read_back": {
        **_OURS,
        "type": "boolean",
        "title": {"zh": "已念给本人听，本人说没有错", "en": "Read back to the resident, who said that it is right"},
        "purpose": {"zh": "确认记的就是本人的意思", "en": "To be sure that it says what they mean"},
    },
    "gap_workdays": {
        **_OURS,
        "type": "integer",
        "min": 0,
        "title": {"zh": "收到几个工作日后才登记", "en": "Working days until it was written down"},
        "purpose": {"zh": "如实记录", "en": "To say it as it was"},
    },
    "external_system": {
        **_OURS,
        "type": "choice",
        "choices": SYSTEMS,
        "title": {"zh": "其他系统", "en": "Other system"},
        "purpose": {"zh": "同一个问题在别处的编号", "en": "The number of the same problem elsewhere"},
    },
}
#: Texts of the opening and of the acts below; only committed to. Those of type contact stay in the vault.
COMMON_TEXTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "late_reason": {
        **_OURS,
        "type": "longtext",
        "max_length": 1000,
        "title": {"zh": "为什么晚登记", "en": "Why it was written down later"},
        "purpose": {
            "zh": "期限从收到那天算，晚登记要说明",
            "en": "Dates count from when it came in; a gap has a reason",
        },
    },
    "external_number": {
        **_OURS,
        "type": "text",
        "max_length": 80,
        "title": {"zh": "那个系统里的编号", "en": "Number there"},
        "purpose": {"zh": "同一个问题在别处的编号", "en": "The number of the same problem elsewhere"},
    },
    "participant_contacts": {
        **_OURS,
        "type": "contact",
        "title": {"zh": "其他参与人", "en": "The other participants"},
        "purpose": {"zh": "每人都能收到答复，单独加密保存", "en": "So that each is answered; kept apart, encrypted"},
    },
    "spokespersons": {
        **_OURS,
        "type": "contact",
        "title": {"zh": "代表", "en": "Spokespersons"},
        "purpose": {"zh": "只为这一件事，结束即作废", "en": "For this problem only, ending with it"},
    },
    "agent": {
        **_OURS,
        "type": "contact",
        "title": {"zh": "代为说明的人", "en": "Who spoke"},
        "purpose": {"zh": "单独加密保存", "en": "Kept apart, encrypted"},
    },
}
#: Names of those that hold people.
PEOPLE: Final = tuple(name for name, one in COMMON_TEXTS.items() if one["type"] == "contact")
#: Names of those that end with the matter.
ENDING_WITH_IT: Final = ("spokespersons",)

#: Asked of a clerk who writes down what a resident asks for: only in acts that are for both.
ON_BEHALF: Final[Mapping[str, Mapping[str, Any]]] = {
    "asked_how": {
        **_OURS,
        "type": "choice",
        "choices": ASKED,
        "title": {"zh": "居民是怎样提出的", "en": "How the resident asked"},
        "purpose": {"zh": "由工作人员代为登记时填写", "en": "Where staff write it down for them"},
    },
    "said_back": {
        **_OURS,
        "type": "boolean",
        "title": {"zh": "已念给本人听，本人说没有错", "en": "Read back to the resident, who said that it is right"},
        "purpose": {"zh": "确认记的就是本人的意思", "en": "To be sure that it says what they mean"},
    },
    "participant": {
        **_OURS,
        "type": "integer",
        "min": 1,
        "max": PARTICIPANTS,
        "title": {"zh": "联名时是几号参与人", "en": "Which participant, in a joint matter"},
        "purpose": {"zh": "回执上的号", "en": "The number on the receipt"},
    },
}

#: To whom somebody's data was handed outside the unit that handles the matter.
RECIPIENTS: Final[Mapping[str, Text]] = {
    "authority": {"zh": "其他行政机关", "en": "Another authority"},
    "police": {"zh": "公安机关", "en": "The police"},
    "court": {"zh": "法院", "en": "A court"},
    "procuratorate": {"zh": "检察院", "en": "The procuratorate"},
    "supervision": {"zh": "纪检监察机关", "en": "A supervision commission"},
    "mediator": {"zh": "人民调解委员会", "en": "A mediation committee"},
    "contractor": {"zh": "受委托处理的单位", "en": "A body that works on our behalf"},
    "other": {"zh": "其他", "en": "Somebody else"},
}
#: Which of their data.
CATEGORIES: Final[Mapping[str, Text]] = {
    "contact": {"zh": "姓名和联系方式", "en": "Name and contact"},
    "masked": {"zh": "从文字里隐去的内容", "en": "What was taken out of the texts"},
    "texts": {"zh": "反映的内容和办理记录", "en": "What was brought and the record"},
    "files": {"zh": "照片和材料", "en": "Photos and papers"},
}
#: Texts by which a resident is told that something happened to their data.
INCIDENT_TEXTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "incident_what": {
        **_OURS,
        "type": "longtext",
        "max_length": 4000,
        "title": {"zh": "发生了什么，涉及哪些信息", "en": "What happened, and to which data"},
        "purpose": {"zh": "告知本人", "en": "To tell the person"},
    },
    "incident_measures": {
        **_OURS,
        "type": "longtext",
        "max_length": 4000,
        "title": {"zh": "已经采取的措施", "en": "What was done about it"},
        "purpose": {"zh": "告知本人", "en": "To tell the person"},
    },
    "incident_advice": {
        **_OURS,
        "type": "longtext",
        "max_length": 4000,
        "title": {"zh": "您可以怎样减轻影响", "en": "What you can do yourself"},
        "purpose": {"zh": "告知本人", "en": "To tell the person"},
    },
}
#: Under what a record of sharing stands among the openings.
SHARED: Final = "shared"
#: Texts of a record of sharing; the resident reads each.
SHARING_TEXTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "share_recipient": {
        **_OURS,
        "type": "text",
        "max_length": 200,
        "title": {"zh": "提供给哪个单位", "en": "To whom exactly"},
        "purpose": {"zh": "写单位，不写个人", "en": "The body, never a person"},
    },
    "share_basis": {
        **_OURS,
        "type": "text",
        "max_length": 300,
        "title": {"zh": "法律依据", "en": "Legal basis"},
        "purpose": {"zh": "写明法律和条款", "en": "The law and its article"},
    },
    "share_words": {
        **_OURS,
        "type": "longtext",
        "max_length": 2000,
        "title": {"zh": "用途", "en": "What for"},
        "purpose": {"zh": "写给本人看", "en": "For the person to read"},
    },
}

#: Texts of these acts that the resident reads.
TOLD_TEXTS: Final[Mapping[str, Mapping[str, Any]]] = {**SHARING_TEXTS, **INCIDENT_TEXTS}

_STAFF: Final = ("intake", "lead_seat", "lead_head", "superior", "superior_head")

#: Name -> kind of request that every pack has.
COMMON_REQUESTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "reissue": {
        "title": {"zh": "补发查询码", "en": "A new secret"},
        "many": False,
        "answers": ["done", "refused", "lapsed", "withdrawn"],
    },
}
#: Acts that every pack has. `entry` and `from` are filled in by `acts_of`; `second` refuses whoever opened the request.
_COMMON_ACTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "add_number": {
        "title": {"zh": "登记其他系统的编号", "en": "Add its number in another system"},
        "help": {
            "zh": "这是同一个问题在别处的编号，不是人的号码。",
            "en": "The number of the same problem elsewhere, never a number of a person.",
        },
        "entry": "number-added",
        "public_kind": "note",
        "by": _STAFF,
        "form": {
            "fields": [
                {"name": "external_system", **INTAKE_FACTS["external_system"], "required": True},
                {"name": "external_number", **COMMON_TEXTS["external_number"], "required": True},
            ]
        },
        "effects": [],
    },
    # 个人信息保护法 art. 23; 网络数据安全管理条例 art. 12: who got it, what for, which kinds. The entry stays for good.
    "record_sharing": {
        "title": {"zh": "登记向外提供了个人信息", "en": "Record that personal data was handed out"},
        "help": {
            "zh": "把本人的信息提供给别的单位，每次都要登记。本人看得到这条记录，次数对外公布。",
            "en": "Each time somebody's data goes to another body. The resident reads it; it is counted in public.",
        },
        "entry": "data-shared",
        "public_kind": "opening",
        "by": ("lead_seat", "lead_head", "superior_head"),
        "form": {
            "fields": [
                {
                    "name": "share_to",
                    **_OURS,
                    "type": "choice",
                    "choices": RECIPIENTS,
                    "required": True,
                    "title": {"zh": "提供给谁", "en": "To whom"},
                    "purpose": {"zh": "让本人知道谁有他的信息", "en": "So that the person knows who has it"},
                },
                {"name": "share_recipient", **SHARING_TEXTS["share_recipient"], "required": True},
                {
                    "name": "share_what",
                    **_OURS,
                    "type": "choices",
                    "choices": CATEGORIES,
                    "required": True,
                    "title": {"zh": "提供了哪些", "en": "Which data"},
                    "purpose": {"zh": "只提供必要的", "en": "No more than was needed"},
                },
                {
                    "name": "share_purpose",
                    **_OURS,
                    "type": "choice",
                    "choices": PURPOSES,
                    "required": True,
                    "title": {"zh": "目的", "en": "Purpose"},
                    "purpose": {"zh": "按目的公布次数", "en": "It is counted by purpose"},
                },
                {"name": "share_words", **SHARING_TEXTS["share_words"], "required": True},
                {"name": "share_basis", **SHARING_TEXTS["share_basis"], "required": True},
            ]
        },
        "effects": [{"share": {"field": "share_purpose"}}],
    },
    # 个人信息保护法 art. 57: which data, why, what was done, what the person may do, whom to ask.
    "tell_incident": {
        "title": {"zh": "告知本人：您的信息受到影响", "en": "Tell the resident that their data was affected"},
        "help": {
            "zh": "发生个人信息泄露、篡改、丢失后，逐件告知。本人在自己的页面上看到。",
            "en": "After data leaked, was changed or lost, matter by matter. The resident reads it on their page.",
        },
        "entry": "incident-told",
        "public_kind": "incident",
        "by": ("dpo", "lead_seat", "lead_head"),
        "form": {"fields": [{"name": name, **spec, "required": True} for name, spec in INCIDENT_TEXTS.items()]},
        "effects": [],
    },
    "reissue_secret": {
        "title": {"zh": "申请补发查询码（当面，两人办）", "en": "Ask for a new secret (in person, two of you)"},
        "help": {
            "zh": "本人在场，回执丢了。另一位同事确认后才有新的查询码，旧的同时作废。",
            "en": "The resident is here and has lost the receipt. A colleague confirms; then the old secret stops.",
        },
        "entry": "secret-asked",
        "public_kind": "key",
        "by": _STAFF,
        "form": {
            "fields": [
                {
                    "name": "known_by",
                    **_OURS,
                    "type": "choice",
                    "choices": KNOWN_BY,
                    "required": True,
                    "title": {"zh": "怎样确认是本人", "en": "How you know that it is them"},
                    "purpose": {"zh": "防止别人冒领", "en": "So that nobody else gets it"},
                },
                {"name": "participant", **ON_BEHALF["participant"]},
            ]
        },
        "effects": [
            {"request": "reissue", "open": True, "to": "lead", "data": ["known_by", "participant"], "who": True}
        ],
    },
    "confirm_reissue": {
        "title": {"zh": "确认补发查询码", "en": "Confirm the new secret"},
        "help": {
            "zh": "您也当面确认了是本人。新的查询码只显示这一次，旧的作废。",
            "en": "You too have seen that it is them. The new secret is shown once; the old one stops working.",
        },
        "entry": "secret-renewed",
        "public_kind": "key",
        "by": _STAFF,
        "on": "reissue",
        "second": True,
        "form": {"fields": []},
        "effects": [{"request": "reissue", "answer": "done"}, {"secret": "renew"}],
    },
    "decline_reissue": {
        "title": {"zh": "不补发", "en": "Do not give a new one"},
        "entry": "secret-declined",
        "public_kind": "key",
        "by": _STAFF,
        "on": "reissue",
        "form": {"fields": []},
        "effects": [{"request": "reissue", "answer": "refused"}],
    },
}
#: Their names.
COMMON_ACTS: Final = frozenset(_COMMON_ACTS)
#: What the engine's own facts are called, for lists and moves between packs.
COMMON_FACTS: Final = frozenset(INTAKE_FACTS)


def acts_of(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the common acts as a pack would write them: in every stage, endings included, under its own prefix."""
    prefix, stages = document["entry_prefix"], list(document["stages"])
    return {
        name: {**raw, "by": list(raw["by"]), "entry": f"{prefix}.{raw['entry']}", "from": stages}
        for name, raw in _COMMON_ACTS.items()
        if name not in document["acts"]
    }
