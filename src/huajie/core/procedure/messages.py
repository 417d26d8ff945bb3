"""What the engine says when something is missing, in both languages; `{name}` is filled from the values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "unknown-act": ("这个程序里没有这个操作", "This procedure has no such act"),
    "exists": ("事项已经登记，不能再次登记", "The matter is on the books already"),
    "not-yet": ("事项还没有登记", "The matter is not on the books yet"),
    "stage": ("现在的环节是“{stage}”，要在“{wanted}”才能办", "It is at “{stage_en}”; this needs “{wanted_en}”"),
    "closed": ("事项已经结束，要先重新办理", "The matter has ended; reopen it first"),
    "relation": ("这一步要由别的岗位来办", "This step is for somebody in another role"),
    "when": ("现在还不能办这一步", "This is not possible now"),
    "field-missing": ("请填写“{zh}”", "Fill in “{en}”"),
    "field-unknown": ("没有“{name}”这一项", "There is no field “{name}” here"),
    "not-choice": ("“{zh}”只能从列出的选项里选", "Choose one of the listed options for “{en}”"),
    "not-boolean": ("“{zh}”只能选是或否", "Answer yes or no for “{en}”"),
    "not-integer": ("“{zh}”要填整数", "“{en}” is a whole number"),
    "too-small": ("“{zh}”最小是 {min}", "“{en}” is at least {min}"),
    "too-large": ("“{zh}”最大是 {max}", "“{en}” is at most {max}"),
    "not-date": ("“{zh}”要填日期，例如 2026-11-23", "“{en}” is a date such as 2026-11-23"),
    "too-early": ("“{zh}”不能早于 {min}", "“{en}” is not before {min}"),
    "too-late": ("“{zh}”不能晚于 {max}", "“{en}” is not after {max}"),
    "not-moment": ("“{zh}”要填时间", "“{en}” is a date and time"),
    "no-such-unit": ("“{zh}”：没有这个单位", "“{en}”: there is no such unit"),
    "no-such-seat": ("“{zh}”：没有这个岗位", "“{en}”: there is no such seat"),
    "no-such-region": ("“{zh}”：没有这个区域", "“{en}”: there is no such region"),
    "no-such-topic": ("“{zh}”：没有这个类别", "“{en}”: there is no such topic"),
    "not-matter": ("“{zh}”：没有这个事项", "“{en}”: there is no such matter"),
    "not-text": ("“{zh}”要填文字", "“{en}” is a text"),
    "not-a-fact": ("“{zh}”的内容不写进记录，只写进密封的材料", "What “{en}” says never stands in the record"),
    "text-unknown": ("这一步不收“{name}”", "This step takes no “{name}”"),
    "mode": ("这类事项不能用这种方式提交", "This kind of matter can't be brought in that way"),
    "clock-not-running": ("“{zh}”没有在计时", "“{en}” is not running"),
    "extension-late": ("“{zh}”的期限已过，不能再延长", "“{en}” was due already; it can't be extended any more"),
    "extension-over": (
        "最多一共延长 {max} {unit_zh}，已延长 {used}",
        "At most {max} {unit} in all; {used} were granted",
    ),
    "extension-used": ("最多延长 {times} 次，已经用完", "It can be extended {times} times, and was"),
    "extension-by": ("延长要由有权批准的人办", "An extension is for those who may approve it"),
    "exclusion-invalid": (
        "扣除的时间不对：要有开始和结束，开始不晚于结束",
        "The time left out needs a start and an end, in that order",
    ),
    "clock-uncountable": ("日历算不出这个期限", "The calendar can't count this deadline"),
    "length-missing": ("还不知道“{zh}”有多长", "It is not known yet how long “{en}” is"),
    "start-missing": ("还不知道“{zh}”从哪天算起", "It is not known yet from when “{en}” counts"),
    "request-unknown": ("没有等待答复的“{zh}”", "No “{en}” waits for an answer"),
    "request-open": ("已有一个“{zh}”在等答复", "One “{en}” is waiting for its answer already"),
    "addressee": ("没有写明交给谁，或者没有这个单位", "It is not said to whom, or there is no such unit"),
    "timer-unknown": ("没有这个定时", "There is no such timer"),
    "timer-early": ("时间还没有到", "It is not time yet"),
    "second-person": (
        "要由另一位同事确认，不能是提出的人",
        "A colleague confirms this, never whoever asked for it",
    ),
    "joint": (
        "这是 {participants} 人一起提出的，一个人不能替大家结束",
        "{participants} people brought this together; one of them can't end it for the others",
    ),
    "of-a-person": (
        "这是人的电话或证件号；这里只填问题在那个系统里的编号",
        "That is a phone or identity number of a person; write the number that the problem has there",
    ),
    "gap-wrong": (
        "收到和登记之间是 {days} 个工作日",
        "{days} working days lie between coming in and being written down",
    ),
    "late-reason": (
        "收到已经 {days} 个工作日才登记，请写明原因",
        "It came in {days} working days ago; say why it is written down only now",
    ),
    "no-participant": ("这件事没有 {participant} 号参与人", "This matter has no participant {participant}"),
    "handled": ("办理过这件事的人不能做这一步", "Whoever handled the matter can't do this step"),
    "handled-below": (
        "您办理过原来的事项，不能参与对它的复查",
        "You handled the matter that is under review; you can have no part in the review",
    ),
    "field-channel": (
        "网格员登记的，渠道选“网格员或外勤”",
        "What an area worker takes in comes by the channel of field workers",
    ),
    "field-region": (
        "网格员只登记自己片区里的事",
        "An area worker takes in matters of the region that they serve",
    ),
    "not-from-here": (
        "这件事要保密，不能请人去现场查看",
        "This matter is kept too closely to ask somebody to go and look",
    ),
    "lead-cannot-decide": (
        "这个单位无权决定，或者没有人在岗，不能承办",
        "This unit can't decide or nobody sits there, so it can't lead",
    ),
    "no-reviewer": ("没有能够独立处理的上级单位", "There is no independent unit above"),
    "rights-open": (
        "事项还在办，办理需要这些内容；现在只能删除身份信息（个人信息保护法第四十七条）",
        "The matter is under way and needs what it says; for now only the identity can be erased"
        " (Personal Information Protection Law, Art. 47)",
    ),
    "rights-kept": (
        "法定保存期限到 {date} 才满（{law}）。期满前停止除存储以外的处理，不能全部删除"
        "（个人信息保护法第四十七条第二款）；可以删除身份信息",
        "By law it is kept until {date} ({law_en}). Until then it is only stored and can't all be erased (Personal"
        " Information Protection Law, Art. 47(2)); the identity can be",
    ),
    "rights-joint": (
        "这是 {participants} 人一起提出的，身份信息要到窗口逐人办理",
        "{participants} people brought this together; each one's identity is seen to in person at the counter",
    ),
    "rights-nothing": (
        "请填写更正后的联系方式或者内容，至少一项",
        "Give the right contact or text, at least one of them",
    ),
    "rights-no-copy": (
        "还没有同意查阅、复制，请先提出请求",
        "No copy was granted yet; ask for one first",
    ),
    "occurred-in-future": ("发生时间不能在将来", "It can't have happened in the future"),
    "occurred-before": ("发生时间不能早于收到的时间", "It can't have happened before the matter was received"),
    "concerned": (
        "这件事涉及您或您的单位，您不能参与",
        "The matter concerns you or your unit; you can have no part in it",
    ),
    "recused": ("您已经回避，不能参与", "You stepped aside from this matter"),
    "unit-concerned": ("这件事涉及这个单位，不能交给它", "The matter concerns this unit; it can't be given to it"),
    "outcome-missing": ("结束之前要先有处理结果", "An ending needs an outcome"),
    "outcome-unknown": ("这个程序里没有这个结果", "This procedure has no such outcome"),
    "still-ended": (
        "事项已经结束，要先重新办理才能回到这一步",
        "It has ended; it has to be reopened before it can be at this stage",
    ),
    "pack-unfit": ("新版程序里没有“{name}”", "The newer procedure has no “{name}”"),
    "no-identity": ("匿名事项没有身份可以打开", "Nobody knows who brought it in: there is nothing to open"),
    "no-contact": ("没有留下联系方式，或者已经删除", "Nobody left a way to be reached, or it was erased"),
    "no-files": ("没有图片和附件，或者已经删除", "There are no pictures or papers, or they were erased"),
    "not-to-open": ("您的岗位不能打开这项内容", "This is not for your seat to open"),
    "not-minor": ("这件事不是未成年人的档案", "This is no file about a minor"),
    "access-asked": ("您已经申请，或者已经获准", "You have asked already, or were let in"),
    "access-own": ("不能批准自己的申请", "Nobody lets themself in"),
    "access-unknown": ("没有这样的申请或批准", "There is no such request or approval"),
    "access-until": ("要在现在以后、{days} 天以内", "It must lie ahead, within {days} days"),
    "unchanged": ("日期没有变化", "No date changes"),
    "role-missing": ("这个岗位不是“{role}”岗", "This seat is no seat of a {role}"),
    "tasks-open": (
        "这个单位还有没完成的任务：{zh}；先完成，或说明理由收回",
        "This unit still has open tasks: {en}; they are finished first, or taken back with a reason",
    ),
    "part-chain": (
        "牵头的事项不能再归到别的事项下，归到一起的要直接归到牵头的事项",
        "A matter that leads a problem is a part of no other, and parts hang on the one that leads",
    ),
    "not-shared": ("这一步不能对归在一起的事项一次办", "This step is not for all matters of a problem at once"),
    "part-of-itself": ("事项不能并到自己名下", "A matter can't be a part of itself"),
    "document-no-countersign": ("“{zh}”没有等待核签的草稿", "No draft of “{en}” waits for a signature"),
    "document-no-issue": ("“{zh}”没有可以印发的稿子", "There is no “{en}” to be issued"),
    "document-no-seal": ("“{zh}”还没有印发，不能存盖章件", "“{en}” is not issued yet, so it has no sealed scan"),
    "document-no-serve": ("没有等待送达的“{zh}”", "No “{en}” waits to be served"),
    "document-no-withdraw": ("没有可以收回的“{zh}”", "There is no “{en}” to take back"),
    "document-which": ("请选明是哪一份：{zh}", "Say which one it is about: {en}"),
    "document-replaced": (
        "“{zh}”已有新的一稿，请看新稿后再办",
        "There is a newer version of “{en}”; look at that one first",
    ),
    "document-relation": ("“{zh}”的这一步要由别的岗位来办", "This step of “{en}” is for somebody in another role"),
    "document-own": (
        "“{zh}”是您起草的，要由别人核签",
        "You drafted this “{en}”; somebody else has to countersign it",
    ),
    "document-signed": (
        "“{zh}”的这一稿您已经签过，下一道要由别人签",
        "You signed this version of “{en}” already; the next signature is somebody else's",
    ),
    "document-unsigned": ("“{zh}”还缺核签：{who}", "“{en}” lacks a signature: {who_en}"),
    "document-way": ("“{zh}”不能这样送达，可以用：{ways}", "“{en}” can't be served this way; allowed are: {ways_en}"),
    "document-service": ("“{zh}”要写明怎样送达、哪天收到", "Say how “{en}” was served and on which day it reached"),
    "document-future": ("“{zh}”的送达日期不能在将来", "“{en}” can't have been served in the future"),
    "document-early": (
        "“{zh}”的送达日期不能早于印发的日期 {date}",
        "“{en}” can't have been served before it was issued on {date}",
    ),
    "placeholder": (
        "“{zh}”里的“{word}”没有内容可填，请补上或删去",
        "“{word}” in “{en}” has nothing to stand for; fill it in or take it out",
    ),
    "seat-not-of-role": (
        "请选有相应职责的岗位，例如单位负责人",
        "Choose a seat with the role that is asked for here, such as the head of a unit",
    ),
    "seat-cannot-take": (
        "这个岗位接不了：要在同一单位、有人在岗、能承办，而且与此事无关",
        "This seat can't take it: it must be in the same unit, with somebody on it who can lead and has no part in it",
    ),
    "nothing-to-move": ("这个岗位在这件事上没有要交接的", "That seat has nothing in this matter to hand over"),
    "paper-date": ("批示上的日期要是今天或以前的一天", "The date on the paper is today or a day before"),
    "secretary-only": ("只有领导的秘书可以登记领导的批示", "Only a leader's secretary records what the leader wrote"),
    "child-unknown": ("没有这个下级事项", "There is no such child matter"),
}

UNITS: Final[Mapping[str, str]] = {
    "day": "天",
    "workday": "个工作日",
    "hour": "小时",
    "office_hour": "个办公小时",
    "week": "周",
    "month": "个月",
    "year": "年",
}


def words(key: str, **values: Any) -> dict[str, str]:
    """Return {"zh", "en"} of one message, its placeholders filled."""
    zh, en = WORDS[key]
    return {"zh": zh.format_map(values), "en": en.format_map(values)} if values else {"zh": zh, "en": en}
