"""
The matters of the measurements, made through the one writer.

About five entries a matter, in the proportions of an office that has worked for a while: six of ten closed, the others
in their first weeks. The same size and seed give the same texts; ids are random, as in life.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from huajie.apps.matters.operations import Batch, Order, Submission
from huajie.core.access import ANONYMOUS, IMPORT, Actor
from huajie.edges.bench.county import BUREAUS, TOWNSHIPS

#: Raised whenever what is made here changes: older caches are then made anew.
VERSION = 1

#: The first matter is recorded here, the last 540 days later.
FIRST_AT = datetime(2025, 3, 3, 1, 0, tzinfo=UTC)
DAYS = 540

_PLACES = (
    "槐荫社区 栖云路 柳汀老街 石楠大道 鹿涧集镇 杏滩小区 青箬村 竹漪工业园 桐坳乡 雁渚堤 丹枰果园 蓼湾码头".split()
)
_THINGS = "井盖 路灯 电梯 下水道 供水管 停车位 围墙 护栏 化粪池 公交站 健身器材 变压器".split()
_WRONG = "破损 漏水 停用 堵塞 被占用 噪声扰民 没有人管 夜里很危险 一直没有修好 收费不合理".split()
_SENTENCES = (
    "这个问题已经反映过，到现在没有答复。",
    "晚上经过的老人和孩子很多，担心出事。",
    "物业说归街道管，街道说归开发商管。",
    "下雨之后积水很深，车辆没有办法通行。",
    "希望尽快安排人员到现场看一看。",
    "施工单位答应上个月修好，后来再没有来过。",
    "附近的商户和住户都可以说明情况。",
    "请告诉我们由哪个部门负责，什么时候能办好。",
)
_ENGLISH = (
    "The street light outside the school has been dark for weeks.",
    "Water comes through the ceiling whenever it rains.",
    "Rubbish was not collected and nobody answers the phone.",
    "The pavement is broken and a wheelchair cannot pass.",
    "Please tell us who is responsible and by when it will be done.",
)
#: Words of one text in a thousand, for searches that find little.
RARE = ("鳜鱼塘", "zeppelin")

ENDING = {"ending_reason": "opened-in-error"}


def texts(dice: random.Random) -> tuple[str, str]:
    """Return title and text of one matter: nine of ten in Chinese, one in English."""
    if dice.random() < 0.1:
        parts = [dice.choice(_ENGLISH) for _ in range(3)]
        if dice.random() < 0.001:
            parts.append(f"It is behind the {RARE[1]} hangar.")
        return parts[0][:80], " ".join(parts)
    place, thing, wrong = dice.choice(_PLACES), dice.choice(_THINGS), dice.choice(_WRONG)
    parts = [f"{place}{dice.randint(1, 90)}号门口的{thing}{wrong}。", *dice.sample(_SENTENCES, 4)]
    if dice.random() < 0.001:
        parts.append(f"就在{RARE[0]}旁边。")
    return f"{place}{thing}{wrong}", "".join(parts)


def submission(dice: random.Random, at: datetime) -> tuple[Submission, int]:
    """Return what one resident brings, and the number of the bureau that answers for it."""
    title, text = texts(dice)
    bureau = dice.randrange(BUREAUS)
    made = Submission(
        pack="en.complaint",
        topic=f"t.b{bureau:02}",
        region=f"r.t{dice.randrange(TOWNSHIPS):02}",
        texts={"title": title, "text": text},
        contact={"name": "某人", "phone": "13900000000"} if dice.random() < 0.5 else None,
        received_at=at,
    )
    return made, bureau


def lives(size: int, seed: int = 1) -> Iterator[tuple[random.Random, datetime, str]]:
    """Yield for each matter its dice, the moment at which it came and how far it got."""
    dice = random.Random(seed)
    step = timedelta(days=DAYS) / size
    for number in range(size):
        kind = dice.choices(("closed", "imported", "new", "acknowledged", "answered"), (37, 23, 14, 15, 11))[0]
        yield dice, FIRST_AT + number * step, kind


def load(
    size: int,
    actors: dict[str, Actor],
    *,
    using: str = "default",
    flush_entries: int = 4000,
    progress: Callable[[int], None] = lambda done: None,
) -> int:
    """
    Make `size` matters.

    Returns:
        How many entries they have.
    """
    batch = Batch(using, flush_entries=flush_entries)
    head = actors["s.gov.head"]
    with batch:
        for number, (dice, at, kind) in enumerate(lives(size)):
            brought, bureau = submission(dice, at)
            handler = actors[f"s.b{bureau:02}.one"]
            if kind == "imported":
                brought.act, brought.channel = "imported", "import"
                brought.contact = None
                brought.inputs = {"source_state": "closed", "closed_date": at.date().isoformat()}
                batch.submit(brought, actor=IMPORT, now=at)
                continue
            matter = batch.submit(brought, actor=ANONYMOUS, now=at)
            if kind == "closed":
                batch.act(
                    matter,
                    Order("propose_ending", inputs=ENDING, texts={"route": "登记有误，已另行登记。"}),
                    actor=handler,
                    now=at + timedelta(hours=5),
                )
                batch.act(
                    matter,
                    Order("confirm_ending", texts={"note_text": "核对属实。"}),
                    actor=head,
                    now=at + timedelta(hours=30),
                )
            elif kind != "new":
                batch.act(
                    matter,
                    Order(
                        "acknowledge",
                        inputs={"is_complaint": "complaint", "category": "quality"},
                        texts={"message": "收到，正在查。"},
                    ),
                    actor=handler,
                    now=at + timedelta(hours=6),
                )
                if kind == "answered":
                    batch.act(
                        matter,
                        Order(
                            "draft_reply",
                            inputs={"decision": "upheld"},
                            texts={
                                "findings": "现场查看，情况属实。",
                                "remedy": "两周内修复。",
                                "how_to_escalate": "三十日内可以要求由别人再看一次。",
                            },
                        ),
                        actor=handler,
                        now=at + timedelta(days=3),
                    )
                    batch.act(matter, Order("reply"), actor=head, now=at + timedelta(days=3, hours=1))
                    here = (at + timedelta(days=3, hours=10)).date().isoformat()
                    served = {"served_way": "hand", "served_date": here}
                    proof = {"proof": "送达回证.pdf sha256:" + "0" * 64}
                    batch.act(
                        matter,
                        Order("serve_reply", inputs=served, texts=proof),
                        actor=handler,
                        now=at + timedelta(days=3, hours=4),
                    )
            if number % 5000 == 0:
                progress(number)
    return batch.entries
