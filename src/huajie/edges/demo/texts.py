"""
What people write in the invented county, made from phrases so that no two read alike.

The phrases are in texts_zh.txt (by topic) and here (time, trouble, what was tried, how staff answer). Nobody is named.
Everything is chosen by the caller's random source; reading and splitting is done once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random

_FILE = Path(__file__).parent / "texts_zh.txt"


@dataclass(slots=True)
class Phrases:
    """The phrases of one topic."""

    #: (title, story)
    problems: list[tuple[str, str]] = field(default_factory=list)
    asks: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    remedies: list[str] = field(default_factory=list)


@cache
def phrases() -> dict[str, Phrases]:
    """Return the phrases by topic code, `t.wages`."""
    found: dict[str, Phrases] = {}
    current = Phrases()
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        mark, _, rest = line.partition(" ")
        if mark == "=":
            current = found[f"t.{rest}"] = Phrases()
        elif mark == "P":
            title, _, story = rest.partition("|")
            current.problems.append((title, story))
        elif mark in "ASFR" and mark:
            {"A": current.asks, "S": current.steps, "F": current.findings, "R": current.remedies}[mark].append(rest)
    return found


SINCE = (
    "去年冬天",
    "今年开春",
    "上个月",
    "半年前",
    "前年冬天",
    "今年汛期",
    "开学那阵",
    "春节前",
    "端午前后",
    "国庆那周",
    "今年六月",
    "去年三月",
    "三个月前",
    "去年底",
    "今年初",
    "去年八月",
    "上上个月",
    "中秋前",
)
EFFECTS = (
    "家里有老人和孩子，实在不方便。",
    "店里的生意也受影响。",
    "附近住户意见都很大，不只我一家。",
    "晚上最怕出事。",
    "我们只想把事情解决。",
    "一到下雨天更麻烦。",
    "孩子天天从那里过，心里不踏实。",
    "已经影响到正常过日子。",
    "年纪大的邻居更吃不消。",
    "拖得越久越难办。",
    "大家都在等一个说法。",
    "",
)
TRIED = (
    "社区来看过，说要报上去。",
    "打过两次电话，答复说在协调。",
    "跟对方当面说过，没有谈拢。",
    "去窗口问过，让等通知。",
    "写过一次情况说明，没有收到回复。",
    "村里调解过一次，没有结果。",
    "找过物业，说不归他们管。",
    "拍了照片，当时有人来登记过。",
    "以前反映过一次，修了没多久又坏了。",
    "还没有找过别的单位，第一次反映。",
    "在群里说过，没有人接话。",
    "",
)
ENDS = ("谢谢。", "盼回复。", "麻烦你们了。", "希望早点有个结果。", "需要材料我可以送来。", "", "")
HEARD = (
    "电话听取陈述：本人说明了时间、地点和经过，补充了照片，希望尽快解决。",
    "在窗口当面听取陈述，本人逐项说明了请求，核对无误。",
    "上门听取陈述，一起看了现场，本人指认了位置。",
    "本人选择书面陈述，收到情况说明一份，内容与登记一致。",
    "约在社区见面，听取陈述约四十分钟，社区工作人员在场，本人同意。",
)
HEARD_BY_NUMBER = "本人没有留联系方式，用编号和密码在线陈述，内容已记录。"
NOTES = (
    "到现场看过，情况与反映基本一致，已拍照留存。",
    "与相关单位通了电话，约定明天现场碰头。",
    "材料已调齐，正在核对。",
    "与居民通了电话，说明目前进度和下一步。",
    "现场碰头会定了分工，下周开始做。",
    "等一份外单位的回函，已催办一次。",
    "今天复看，比上次有改善，还差最后一段。",
    "核对了历年记录，找到当时的批文。",
)
ACCEPTS = (
    "您反映的事属于我们职责范围，决定受理。我们会听取您的陈述、调查核实，到期前给您书面意见。",
    "收到并受理。承办岗位会与您联系核实情况，书面意见会在期限内送到您手里。",
    "我们决定受理这件事。如果有新的材料，随时可以补充。",
)
NOTIFIES = (
    "您的来件已收到，按信访程序办理，是否受理会在期限内书面告诉您。",
    "已收到您反映的事项，处理途径和程序见告知书，接下来告诉您是否受理。",
)
REFERS = (
    "该事项属于贵单位职责范围，请依法办理并书面告知本人。",
    "经甄别，应由贵单位办理，请在期限内接收。",
    "涉及贵单位主管业务，请接收后十五日内告知本人。",
)
CONTESTS = (
    "经核实，该地段的管理权属尚未移交，我单位没有处理权限，移交清单附后。",
    "反映的事项主要涉及另一单位的许可和监管，按“三定”规定不属于我单位职责。",
    "该项目由别的单位建设，仍在保修期内，应由建设单位主管部门牵头。",
)
DIRECTS = (
    "经查职责分工，由该单位牵头办理，有关单位配合。",
    "核对移交协议后认定由该单位承办，期限照原来的算。",
    "两单位职责有交叉，指定一家牵头，另一家协助。",
)
EXTENDS = (
    "需要委托专业机构鉴定，鉴定周期较长。",
    "涉及多个单位，需要现场会商后确定方案。",
    "当事一方在外地，约定的核实时间在期限之后。",
    "历史档案需要跨单位调取。",
)
SLIPS = ("施工期间连续降雨，进度推后。", "采购的材料没有按时到货。", "管线交叉，施工方案调整。", "资金拨付比预计晚。")
REVIEW_REASONS = (
    "意见没有回答我提的第二项请求，我不同意。",
    "查明的事实和我手里的材料对不上，请上级再看一看。",
    "只说没有依据，没有说清楚依据的是哪一条。",
    "同样情况的别家支持了，我家没有，请说明理由。",
)
RE_REVIEW_REASONS = (
    "复查还是没有核对原始档案，请再看一次。",
    "复查意见没有回应新的材料，请求复核。",
    "不同意复查的结论，请上级机关复核。",
)
REOPEN_REASONS = ("修好不到两个月又坏了，和原来一样。", "答应的后续一直没有做。", "只做了一半，剩下的没人管。")
WITHDRAW_WORDS = ("我想自己再和对方谈一谈，先撤回。", "家里另有安排，先撤回。", "情况有变化，先撤回。", "")
UNDO_WORDS = ("又想了想，还是请你们继续办。", "和对方没有谈成，请恢复办理。")
VERIFY_WORDS = (
    "现场看过，照片与实际一致，已和居民核对。",
    "随机问了附近三户，都说已经处理。",
    "电话回访，本人说情况属实。",
    "查验了材料和现场，符合意见中的承诺。",
)
LOOK_BACK_WORDS = ("回头看：措施还在，没有反弹。", "到期再看现场，保持良好。", "问过周边住户，没有新的问题。")
REPORTS = ("该事项已按处理意见落实，结果告知本人，材料齐全。", "落实情况属实，佐证附后，报请核验。")
CARE_WORDS = (
    "上门说明了政策，帮助申请了临时救助，约定每月联系一次。",
    "介绍了法律援助和社会救助的途径，本人愿意试一试。",
)
SAYS = ("谢谢，已经看到变化了。", "有一部分解决了，还在等后面的。", "还是没有解决，希望继续。", "")
ERRORS = ("登记时选错了类别，属于咨询，已当场答复。", "同一份材料登记了两遍，这一份是多出来的。")
ROUTES = {
    "labour": "属于劳动争议，请向县劳动人事争议仲裁委员会申请仲裁，地址和材料清单附后；欠薪可以同时向劳动监察反映。",
    "administrative-review": "对具体行政行为不服，可在知道之日起六十日内申请行政复议，窗口在县政务服务中心。",
    "land": "属于农村土地承包纠纷，可以向县农村土地承包仲裁委员会申请仲裁，也可以直接起诉。",
    "competent-body": "请求查处的事项由主管机关依法履职，已将材料转去，由其按程序答复。",
    "disclosure": "属于政府信息公开申请，已说明申请方式，二十个工作日内答复。",
}
FIX_NOTES = ("已处理，照片附后。", "更换了损坏部件，试运行正常。", "清理完毕，现场恢复。", "修补完成，请核对。")

#: level -> why a unit is urged
SLIP_WHY = {
    "slip": (
        "期限已过，没有作出书面答复，也没有说明原因。",
        "超过期限仍未办结，案卷里没有新的进展。",
        "答应的时间已过，现场没有动工。",
    ),
    "talk": (
        "上次督办以后仍未办结，请负责人到督查室当面说明。",
        "超期较久，原因和办结时间都没有说清，请负责人来说明。",
    ),
    "listed": (
        "长期未办结，列入挂牌督办，办结前每周报告一次。",
        "多次催办没有结果，挂牌督办，由主要负责人负责。",
    ),
}
SLIP_DEMANDS = (
    "请在答复期限内办结并书面告知居民；确实办不完的，说明原因和准确日期。",
    "请查清卡在哪一步，明确办结日期，先向居民说明情况。",
    "请到现场核实，把处理意见送达居民，佐证随答复一并提交。",
)
SLIP_DROPS = (
    "承办单位昨天已书面答复，不再签发。",
    "在等检测报告，期限另行安排，先不签发。",
    "已经约定本周办结，先看结果。",
)
SLIP_ANSWERS = (
    "采纳。已安排专人办理，本周向居民书面答复，进展随时记入案卷。",
    "已到现场核实并动工，完工后附照片，请届时核实。",
    "延误是因为经办人调整，交接没有做好；现已明确责任人，三个工作日内办结。",
    "部分采纳。涉及两个单位的部分已开协调会，分工和日期见附件。",
)
SLIP_OBJECTIONS = (
    "此前已书面说明需等上级批复，等待的时间不应计为超期。",
    "职责不在本单位，已提出转办，尚未作出决定。",
    "期限内已经答复，系统里登记晚了一天，佐证附后。",
)
SLIP_MISTAKES = ("核对后发现期限内已经答复，督办单发错了，撤回。", "转办正在决定，此时督办不当，撤回。")
SLIP_UPHELD = ("查看案卷，期限内确已答复，异议成立。", "等待批复有书面依据，异议成立。")
SLIP_KEPT = (
    "没有在期限内书面说明等待的原因，异议不成立，请按要求答复。",
    "转办没有被接受，仍由本单位负责，异议不成立。",
)
SLIP_RETURNS = ("答复没有写明办结日期，请补充。", "现场没有看到答复里说的变化，请继续办理。")
SLIP_CLOSES = ("看过案卷和佐证，要求已做到。", "现场核实，已经处理。", "居民已收到书面答复，督办结束。")
REVIEW_DECISIONS = (
    "调度会：两周没有进展，请说明卡在哪里、哪天办结。",
    "调度会：由承办单位负责人牵头，下次调度前拿出办结日期。",
    "调度会：先到现场核实，下次调度汇报结果。",
)

_SURNAMES = "於麴郈逄亓仉佴伯赏南宫墨哈谯笪年爱阳佟第五言福"
_GIVEN = "晴川 松烟 采薇 砚秋 疏影 半夏 竹溪 云帆 秋白 霁月 听雨 怀谷 鹤鸣 春野 雪堂 临渊 若木 归晚 长庚 石泉".split()


def contact(rng: Random) -> dict[str, str]:
    """Return a way to reach somebody who doesn't exist, under a number that no network gives out."""
    name = _SURNAMES[int(rng.random() * len(_SURNAMES))] + _GIVEN[int(rng.random() * len(_GIVEN))]
    phone = f"100{int(rng.random() * 10**8):08d}"
    found = {"name": name, "phone": phone}
    # one in fifty wants to be told that there is news; nothing of it goes out of a demo
    if phone.endswith("00"):
        found |= {"news": "sms", "news_language": "zh"}
    elif phone.endswith("50"):
        found |= {"news": "letter", "news_language": "zh", "address": f"河湾路 {int(phone[5:8])} 号（虚构）"}
    return found


def pick(rng: Random, options: tuple[str, ...] | list[str]) -> str:
    """Return one of the options; quicker than `choice`."""
    return options[int(rng.random() * len(options))]


def problem(rng: Random, topic: str, place: str) -> tuple[str, str, str, int]:
    """Return title, story and wish of one problem at one place, and which of the topic's problems it is."""
    found = phrases()[topic]
    which = int(rng.random() * len(found.problems))
    title, story = found.problems[which]
    since = pick(rng, SINCE)
    text = story.format(
        place=place,
        since=since,
        n=3 + int(rng.random() * 26),
        months=2 + int(rng.random() * 9),
        money=(8 + int(rng.random() * 900)) * 100,
    )
    return (
        f"{place}{title}",
        f"{text}{pick(rng, EFFECTS)}{pick(rng, TRIED)}{pick(rng, ENDS)}",
        f"{found.asks[which % len(found.asks)]}。",
        which,
    )


# Fernmoor -------------------------------------------------------------------------------------------------------------

ENGLISH_PROBLEMS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "t.leaks": (
        (
            "Damp in the back bedroom never treated",
            "We reported damp in {place} {since}. Two visits, no work, and now the plaster has come away.",
            "Please treat the damp and put the wall right.",
        ),
        (
            "Roof repair left half done in {place}",
            "The scaffolding went up {since} and came down before the leak was fixed. Every heavy rain comes through.",
            "Please finish the repair and tell us the day.",
        ),
    ),
    "t.lifts": (
        (
            "Lift out of order in {place}",
            "The lift has been out {since}. My neighbour on the fifth floor uses a wheelchair.",
            "Please repair the lift, and say what is done for those who can't use the stairs.",
        ),
        (
            "Lift works one day and stops the next",
            "In {place} the lift has been mended four times {since}.",
            "Please replace the part instead of resetting it.",
        ),
    ),
    "t.property": (
        (
            "Service charge without a breakdown",
            "The bill for {place} rose by {n} per cent {since} and nobody will say why.",
            "Please send the breakdown and correct it if it is wrong.",
        ),
        (
            "Bins at {place} not cleared",
            "The bin store has overflowed {since}.",
            "Please agree a collection day and keep it.",
        ),
    ),
    "t.waste": (
        (
            "Missed collections in {place}",
            "Our street was missed {n} weeks running {since}. Each time we were told that it "
            "would be collected the next day.",
            "Please collect, and tell us why it was missed.",
        ),
        (
            "Fly-tipping by the footpath",
            "Mattresses and rubble have lain by {place} {since}.",
            "Please clear it and look at how the gate is left open.",
        ),
    ),
    "t.pothole": (
        (
            "Pothole reported and closed without repair",
            "I reported the hole in {place} {since}. The report was closed, the hole is still there.",
            "Please repair it and correct the record.",
        ),
        (
            "Pavement broken by the works in {place}",
            "The trench was filled but not levelled {since}. Two fell.",
            "Please level the pavement.",
        ),
    ),
    "t.noise": (
        (
            "No answer about night noise",
            "I sent {n} diary sheets about the plant room in {place} {since} and heard nothing.",
            "Please measure it and write to me with the result.",
        ),
        (
            "Case officer changed three times",
            "Each time about the noise in {place} I had to begin again {since}.",
            "Please name one person and read the file.",
        ),
    ),
    "t.elderly": (
        (
            "Handrail not fitted",
            "The assessment for {place} was done {since}. The rail has still not come.",
            "Please fit the rail and give a date.",
        ),
        (
            "Visits moved without notice",
            "Care visits in {place} were moved {n} times {since}.",
            "Please keep the times, or ring before.",
        ),
    ),
}
ENGLISH_SINCE = (
    "since March",
    "since last autumn",
    "three months ago",
    "in the spring",
    "before Christmas",
    "last summer",
)
ENGLISH_PLACES = ("Saltmarsh Row", "Oakenfell Court", "Larkspur Close", "Mill Dyke", "Thistle Yard", "Fenwicke House")
ENGLISH_ACKNOWLEDGE = (
    "Thank you. We understand that this has gone on too long. You will have our full reply by the date above.",
    "We have read what you sent and will look into each point. Tell us if anything is missing.",
)
ENGLISH_FINDINGS = (
    "The work order was closed in error before the work was done.",
    "Two teams each believed that the other had it. Nobody told you.",
    "The visits took place, but what was found was not written down or acted on.",
    "The contractor did what was ordered; the order did not cover everything you reported.",
)
ENGLISH_REMEDIES = (
    "We will finish the work within the days promised below, and apologise for the delay.",
    "We have named one officer for it and will correct the record.",
    "We will pay for the extra cost you had and put the work right.",
)
ENGLISH_HOW = "Write to us or use your number and secret by the date on your page, and somebody else will look at it."
ENGLISH_STEPS = ("Order and fit the part", "Second visit with the contractor", "Write to every household in the block")
ENGLISH_LESSONS = (
    "A repair is closed only with a photograph of the finished work.",
    "One officer keeps the case when teams change.",
    "Letters go out on the day a visit is moved.",
)
ENGLISH_NOTES = (
    "Visited; it is as described.",
    "Rang the contractor, who comes on Thursday.",
    "Read the whole file again.",
)


def english_problem(rng: Random, topic: str) -> tuple[str, str, str]:
    """Return subject, story and wish of one complaint."""
    options = ENGLISH_PROBLEMS[topic]
    subject, story, wish = options[int(rng.random() * len(options))]
    place, since = pick(rng, ENGLISH_PLACES), pick(rng, ENGLISH_SINCE)
    values = {"place": place, "since": since, "n": 2 + int(rng.random() * 8)}
    return subject.format(**values), story.format(**values), wish
