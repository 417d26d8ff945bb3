"""Conditions and effects of a pack in plain Chinese or English, for explanations and diagrams."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from huajie.core.procedure.common import COMMON_REQUESTS

#: What a relation is called; a relation `asked:<request>` is built from `asked`.
RELATIONS: Mapping[str, Mapping[str, str]] = {
    "lead": {"zh": "承办单位", "en": "the lead unit"},
    "lead_seat": {"zh": "承办人", "en": "whoever handles it"},
    "lead_head": {"zh": "承办单位负责人", "en": "the head of the lead unit"},
    "superior": {"zh": "上级单位", "en": "the unit above"},
    "superior_head": {"zh": "上级单位负责人", "en": "the head of the unit above"},
    "sponsor": {"zh": "包案领导", "en": "the sponsor"},
    "lead_deputy": {"zh": "承办单位分管负责人", "en": "the deputy in charge of the lead unit"},
    "lead_reviewer": {"zh": "承办的复查岗", "en": "the reviewer who has it"},
    "area_worker": {"zh": "网格员", "en": "an area worker"},
    "supporting": {"zh": "协办单位", "en": "a supporting unit"},
    "asked": {"zh": "被请的单位", "en": "whoever is asked"},
    "resident": {"zh": "当事人", "en": "the resident"},
    "system": {"zh": "系统", "en": "the system"},
    "import": {"zh": "数据导入", "en": "the import"},
    "intake": {"zh": "接收窗口", "en": "the intake desk"},
    "intake_unit": {"zh": "接收单位", "en": "the unit that took it in"},
    "dispatcher": {"zh": "分派员", "en": "the dispatcher"},
    "verifier": {"zh": "核查人", "en": "a verifier"},
    "reviewer": {"zh": "复查人", "en": "a reviewer"},
    "parent_lead": {"zh": "上一事项的承办单位", "en": "the lead unit of the matter above"},
    "backstop": {"zh": "兜底单位", "en": "the backstop unit"},
    "other": {"zh": "其他单位", "en": "somebody else"},
}

_CLOCK_STATES: Mapping[str, Mapping[str, str]] = {
    "running": {"zh": "正在计时", "en": "runs"},
    "late": {"zh": "已超期", "en": "is past its date"},
    "met": {"zh": "已按要求办到", "en": "was met"},
    "stopped": {"zh": "已停止", "en": "was stopped"},
    "none": {"zh": "还没有开始", "en": "has not started"},
    "started": {"zh": "已经开始", "en": "has started"},
}

_REQUEST_STATES: Mapping[str, Mapping[str, str]] = {
    "none": {"zh": "没有提出过", "en": "was never made"},
    "open": {"zh": "等待答复", "en": "waits for its answer"},
    "accepted": {"zh": "已同意", "en": "was accepted"},
    "refused": {"zh": "未同意", "en": "was refused"},
    "contested": {"zh": "有异议", "en": "was objected to"},
    "withdrawn": {"zh": "已收回", "en": "was taken back"},
    "lapsed": {"zh": "已失效", "en": "lapsed"},
    "done": {"zh": "全部了结", "en": "is settled"},
}

_CHILD_STATES: Mapping[str, Mapping[str, str]] = {
    "none": {"zh": "没有启动", "en": "was never opened"},
    "open": {"zh": "正在进行", "en": "is under way"},
    "done": {"zh": "已经结束", "en": "is finished"},
}

DOCUMENT_STATES: Mapping[str, Mapping[str, str]] = {
    "none": {"zh": "还没有起草", "en": "is not drafted yet"},
    "draft": {"zh": "已起草", "en": "is drafted"},
    "countersigned": {"zh": "已核签", "en": "is countersigned"},
    "issued": {"zh": "已印发", "en": "is issued"},
    "sealed": {"zh": "已存盖章件", "en": "has its sealed scan"},
    "served": {"zh": "已送达", "en": "is served"},
    "withdrawn": {"zh": "已收回", "en": "was taken back"},
    "replaced": {"zh": "已有新稿", "en": "was replaced by a newer version"},
}

_DOCUMENT_STEPS: Mapping[str, tuple[str, str]] = {
    "draft": (
        "起草“{}”，每次起草都是新的一稿，要重新核签",
        "drafts “{}”; each draft is a new version to be signed anew",
    ),
    "countersign": ("核签“{}”的这一稿", "countersigns this version of “{}”"),
    "issue": ("以本机关名义印发“{}”", "issues “{}” in the name of the body"),
    "seal": ("存入“{}”的盖章件", "keeps the sealed scan of “{}”"),
    "serve": ("记录“{}”的送达，凭证要齐全", "records proven service of “{}”"),
    "withdraw": ("收回“{}”", "takes “{}” back"),
}

_COUNTS: Mapping[str, Mapping[str, str]] = {
    "handoffs": {"zh": "转手次数", "en": "hand-offs"},
    "objections": {"zh": "异议次数", "en": "objections"},
    "reopenings": {"zh": "重新办理次数", "en": "reopenings"},
    "extensions": {"zh": "延长次数", "en": "extensions"},
    "children": {"zh": "子事项数", "en": "child matters"},
}

_COMPUTED: Mapping[str, Mapping[str, str]] = {
    "has_reviewer": {"zh": "承办单位有没办过此事的复查人", "en": "the lead unit has a reviewer who had no part in it"},
    "asked_in_person": {"zh": "由被请的岗位本人操作", "en": "done from the very seat that is asked"},
    "handler_alone": {"zh": "本单位没有其他人可以核查", "en": "nobody else in the unit could verify it"},
    "documents_served": {"zh": "印发的文书都已送达", "en": "whatever was issued has been served"},
    "has_contact": {"zh": "留有联系方式", "en": "there is a way to reach the resident"},
    "lead_can_decide": {"zh": "承办单位有权处理", "en": "the lead unit has the power to decide"},
    "routed": {"zh": "已按职责分到单位", "en": "a rule found the unit that answers for it"},
    "within_30_days_of_withdrawal": {"zh": "撤回未满三十天", "en": "at most 30 days have passed since the withdrawal"},
}

_UNITS: Mapping[str, Mapping[str, str]] = {
    "day": {"zh": "天", "en": "days"},
    "workday": {"zh": "个工作日", "en": "working days"},
    "hour": {"zh": "小时", "en": "hours"},
    "office_hour": {"zh": "个办公小时", "en": "office hours"},
    "week": {"zh": "周", "en": "weeks"},
    "month": {"zh": "个月", "en": "months"},
    "year": {"zh": "年", "en": "years"},
}

_FACTS: Mapping[str, Mapping[str, str]] = {
    "outcome": {"zh": "办理结果", "en": "the outcome"},
    "fulfilment": {"zh": "落实情况", "en": "what was carried out"},
    "verdict": {"zh": "当事人评价", "en": "what the resident says"},
    "mode": {"zh": "受理方式", "en": "the intake mode"},
    "channel": {"zh": "渠道", "en": "the channel"},
}


def _article(text: str) -> str:
    """Return an article as a Chinese reader expects it: 22, 23(3), 17-37 become 第22条, 第23条（3）, 第17条至第37条."""
    match = re.fullmatch(r"(\d+)(?:\((\d+)\))?(?:-(\d+))?", text)
    if match is None:
        return text
    first, part, last = match.groups()
    return f"第{first}条" + (f"（{part}）" if part else "") + (f"至第{last}条" if last else "")


class Words:
    """The words of one resolved pack in one language: `zh` or `en`."""

    def __init__(self, document: Mapping[str, Any], language: str) -> None:
        self.document = document
        self.language = language

    def say(self, zh: str, en: str) -> str:
        """Return whichever of two texts is in this language."""
        return zh if self.language == "zh" else en

    def title(self, table: str, name: str) -> str:
        """Return the title of something that the pack declares, else its name."""
        entry = (self.document.get(table) or {}).get(name) if isinstance(self.document.get(table), Mapping) else None
        if entry is None and table == "requests":
            entry = COMMON_REQUESTS.get(name)
        if isinstance(entry, Mapping):
            title = entry.get("title", entry)
            if isinstance(title, Mapping) and self.language in title:
                return str(title[self.language])
        return name

    def relation(self, name: str) -> str:
        """Return what a relation is called."""
        kind = name.partition(":")[2]
        if kind:
            title = self.title("requests", kind)
            return self.say(f"被请答复“{title}”的单位", f"whoever is asked ({title})")
        found = RELATIONS.get(name)
        return found[self.language] if found else name

    def relations(self, names: Any) -> str:
        """Return several relations, any of which suffices."""
        return self.say("、", ", ").join(self.relation(name) for name in names)

    def source(self, name: str | None) -> str:
        """Return a source with its article, and whether anybody has checked it."""
        source = (self.document.get("sources") or {}).get(name)
        if not source:
            return self.say("没有依据", "no source")
        title = source["title"][self.language]
        article = source.get("article")
        text = title if not article else self.say(f"{title}，{_article(str(article))}", f"{title}, {article}")
        if source.get("verified") is False:
            text += self.say("（尚未核实）", " (not verified yet)")
        return text

    def length(self, clock: Mapping[str, Any]) -> str:
        """Return the length of a clock; a table by a fact becomes one length for each choice."""
        length, unit = clock["length"], _UNITS[clock["unit"]][self.language]
        if isinstance(length, int):
            return self.say(f"{length}{unit}", f"{length} {unit}")
        if "fact" in length:
            name = self.title("facts", length["fact"])
            return self.say(f"“{name}”写明的{unit}数", f"as many {unit} as “{name}” says")
        parameter = (self.document.get("parameters") or {}).get(length.get("param"), {})
        if "table" in parameter:
            fact = (self.document.get("facts") or {}).get(parameter["by"], {})
            rows = [
                f"{(fact.get('choices') or {}).get(choice, {}).get(self.language, choice)} {value}"
                for choice, value in parameter["table"].items()
            ]
            rows.append(self.say(f"其他 {parameter.get('else')}", f"otherwise {parameter.get('else')}"))
            return self.say("，".join(rows) + unit, ", ".join(rows) + f" {unit}")
        return self.say(f"{parameter.get('value')}{unit}", f"{parameter.get('value')} {unit}")

    def amount(self, number: int, unit: str) -> str:
        """Return a length such as `10 working days`."""
        return self.say(f"{number}{_UNITS[unit]['zh']}", f"{number} {_UNITS[unit]['en']}")

    # --- conditions

    def condition(self, condition: Mapping[str, Any]) -> str:
        """Return a condition as one clause."""
        if "all" in condition:
            return self.say("，并且", " and ").join(self._inner(part) for part in condition["all"])
        if "any" in condition:
            return self.say("，或者", " or ").join(self._inner(part) for part in condition["any"])
        if "not" in condition:
            return self.say("不是：", "not: ") + self._inner(condition["not"])
        return self._leaf(condition)

    def _inner(self, condition: Mapping[str, Any]) -> str:
        text = self.condition(condition)
        return self.say(f"（{text}）", f"({text})") if "all" in condition or "any" in condition else text

    def _either(self, values: Any, table: Mapping[str, Mapping[str, str]] | None = None) -> str:
        words = values if isinstance(values, list) else [values]
        shown = [str(table[one][self.language]) if table and one in table else str(one) for one in words]
        return self.say("或", " or ").join(shown)

    def _leaf(self, condition: Mapping[str, Any]) -> str:
        if "stage" in condition:
            stages = condition["stage"] if isinstance(condition["stage"], list) else [condition["stage"]]
            names = [self.title("stages", one) for one in stages]
            return self.say("处于" + "或".join(names), "it is in " + " or ".join(names))
        if "clock" in condition:
            name = self.title("clocks", condition["clock"])
            state = self._either(condition["is"], _CLOCK_STATES)
            return self.say(f"“{name}”{state}", f"“{name}” {state}")
        if "text" in condition:
            name = self.field(condition["text"])
            return self.say(f"有“{name}”", f"“{name}” is there")
        if "request" in condition:
            name = self.title("requests", condition["request"])
            state = self._either(condition["is"], _REQUEST_STATES)
            return self.say(f"“{name}”{state}", f"“{name}” {state}")
        if "child" in condition:
            name = self.child(condition["child"])
            if "outcome" in condition:
                outcomes = self._outcomes("outcomes", condition["outcome"])
                return self.say(f"“{name}”的结果是{outcomes}", f"“{name}” ended with {outcomes}")
            state = self._either(condition["is"], _CHILD_STATES)
            return self.say(f"“{name}”{state}", f"“{name}” {state}")
        if "document" in condition:
            name = self.title("documents", condition["document"])
            state = self._either(condition["is"], DOCUMENT_STATES)
            return self.say(f"“{name}”{state}", f"“{name}” {state}")
        if "actor" in condition:
            names = condition["actor"] if isinstance(condition["actor"], list) else [condition["actor"]]
            return self.say("由" + self.relations(names) + "操作", "done by " + self.relations(names))
        if "count" in condition:
            name = _COUNTS[condition["count"]][self.language]
            least = self._number(condition["at_least"])
            return self.say(f"{name}不少于{least}", f"at least {least} {name}")
        if "sponsor" in condition:
            there = condition["sponsor"] == "present"
            return self.say(
                "有包案领导" if there else "没有包案领导", "it has a sponsor" if there else "it has no sponsor"
            )
        if "part" in condition:
            there = condition["part"] == "present"
            return self.say(
                "属于一个共同的问题" if there else "不属于共同的问题",
                "it is a part of a common problem" if there else "it is no part of a common problem",
            )
        if "computed" in condition:
            return _COMPUTED[condition["computed"]][self.language]
        if "fact" in condition:
            return self._fact(condition)
        for word, table in (("outcome", "outcomes"), ("fulfilment", "fulfilments"), ("verdict", "verdicts")):
            if word in condition:
                name = _FACTS[word][self.language]
                if condition[word] == "present":
                    return self.say(f"已有{name}", f"{name} is there")
                if condition[word] == "none":
                    return self.say(f"还没有{name}", f"{name} is not there yet")
                values = self._outcomes(table, condition[word])
                return self.say(f"{name}是{values}", f"{name} is {values}")
        word = next(iter(condition))
        name = _FACTS[word][self.language]
        values = self._either(condition[word])
        return self.say(f"{name}是{values}", f"{name} is {values}")

    def _outcomes(self, table: str, values: Any) -> str:
        names = values if isinstance(values, list) else [values]
        return self.say("或", " or ").join(self.title(table, one) for one in names)

    def _number(self, value: Any) -> str:
        if isinstance(value, Mapping):
            name = value.get("param") or value.get("fact") or value.get("field")
            parameter = (self.document.get("parameters") or {}).get(name, {})
            return str(parameter.get("value", name))
        return str(value)

    def _fact(self, condition: Mapping[str, Any]) -> str:
        name = condition["fact"]
        title = self.field(name)
        if "present" in condition:
            if condition["present"]:
                return self.say(f"已填“{title}”", f"“{title}” is given")
            return self.say(f"没有填“{title}”", f"“{title}” is not given")
        if "at_least" in condition:
            least = self._number(condition["at_least"])
            return self.say(f"“{title}”不小于{least}", f"“{title}” is at least {least}")
        values = condition["in"] if "in" in condition else [condition["is"]]
        choices = (self.document.get("facts") or {}).get(name, {}).get("choices") or {}
        words = [str(choices.get(str(value), {}).get(self.language, value)) for value in values]
        return self.say(f"“{title}”是{'或'.join(words)}", f"“{title}” is {' or '.join(words)}")

    def child(self, name: str) -> str:
        """Return what a kind of child matter is called: its own title, else the name of its pack."""
        child = (self.document.get("children") or {}).get(name) or {}
        return str((child.get("title") or {}).get(self.language) or name)

    def field(self, name: str) -> str:
        """Return the title of a fact or form field, wherever it is declared."""
        fact = (self.document.get("facts") or {}).get(name)
        if fact and fact.get("title"):
            return str(fact["title"][self.language])
        for act in self.document["acts"].values():
            for one in (act.get("form") or {}).get("fields") or ():
                if one["name"] == name and one.get("title"):
                    return str(one["title"][self.language])
        return name

    def document_step(self, name: str, step: str) -> Iterator[str]:
        """Yield what a pack asks for one step of a document: who may, who signs, how it is served with what proof."""
        one = self.document_of(name)
        title = self.title("documents", name)
        if step == "draft":
            yield self.say(f"起草“{title}”：", f"“{title}” is drafted by: ") + self.relations(one["drafts"])
        elif step in ("countersign", "issue"):
            for level in one.get("countersign") or ():
                who = self.say(
                    f"“{title}”要由{level['title']['zh']}核签（{self.relations(level['by'])}）",
                    f"“{title}” is countersigned by {level['title']['en']} ({self.relations(level['by'])})",
                )
                if level.get("when"):
                    who += self.say("，如果", ", if ") + self.condition(level["when"])
                yield who
            if one.get("countersign") and not one.get("own_draft"):
                yield self.say("起草的人不能核签", "whoever drafted it can't countersign it")
        elif step == "serve":
            for way in (one.get("service") or {}).values():
                needs = self.say("、", ", ").join(self.field(field) for field in way["needs"])
                line = self.say(
                    f"“{title}”可以{way['title']['zh']}，要有：{needs}",
                    f"“{title}” may be served: {way['title']['en']}, with {needs}",
                )
                if way.get("when"):
                    line += self.say("；条件：", "; only when ") + self.condition(way["when"])
                yield line

    def document_of(self, name: str) -> Mapping[str, Any]:
        """Return a document as the pack declares it."""
        found: Mapping[str, Any] = self.document["documents"][name]
        return found

    # --- effects

    def effects(self, effects: Any) -> Iterator[str]:
        """Yield one line for each effect; what hangs on a condition says so."""
        for effect in effects or ():
            if "when" in effect:
                condition = self.condition(effect["when"])
                for line in self.effects(effect.get("then")):
                    yield self.say(f"如果{condition}：{line}", f"if {condition}: {line}")
                for line in self.effects(effect.get("else")):
                    yield self.say(f"否则：{line}", f"otherwise: {line}")
            else:
                yield self._effect(effect)

    def _effect(self, effect: Mapping[str, Any]) -> str:
        for word in _EFFECT_WORDS:
            if word in effect:
                said: str = getattr(self, f"_say_{word}")(effect)
                return said
        return ", ".join(effect)

    def _say_stage(self, effect: Mapping[str, Any]) -> str:
        name = self.title("stages", effect["stage"])
        return self.say(f"进入“{name}”", f"moves to “{name}”")

    def clock(self, name: str) -> str:
        """Return a clock with its length and article."""
        clock = self.document["clocks"][name]
        title = self.title("clocks", name)
        length, source = self.length(clock), self.source(clock.get("source"))
        return self.say(f"“{title}”（{length}；{source}）", f"“{title}” ({length}; {source})")

    def _say_start(self, effect: Mapping[str, Any]) -> str:
        return self.say("开始计时：", "starts the clock ") + self.clock(effect["start"])

    def _say_stop(self, effect: Mapping[str, Any]) -> str:
        names = effect["stop"] if isinstance(effect["stop"], list) else [effect["stop"]]
        shown = self.say("、", ", ").join(self.clock(name) for name in names)
        return self.say("停止计时：", "stops the clock ") + shown

    def _say_extend(self, effect: Mapping[str, Any]) -> str:
        clock = self.document["clocks"][effect["extend"]]
        extension = clock.get("extension") or {}
        title = self.title("clocks", effect["extend"])
        source = self.source(extension.get("source"))
        most = self.amount(self.most(extension.get("max")), extension.get("unit") or clock["unit"])
        return self.say(
            f"延长“{title}”，最多{most}，须在到期前（{source}）",
            f"extends “{title}” by at most {most}, before it is due ({source})",
        )

    def most(self, value: Any) -> int:
        """Return the largest extension: a number, or what the parameter says now."""
        if isinstance(value, Mapping):
            parameter = (self.document.get("parameters") or {}).get(value.get("param"), {})
            return int(parameter.get("value") or parameter.get("else") or 0)
        return int(value or 0)

    def _say_exclude(self, effect: Mapping[str, Any]) -> str:
        clock = self.document["clocks"][effect["exclude"]]
        reason = (clock.get("exclusions") or {}).get(effect.get("reason")) or {}
        title = self.title("clocks", effect["exclude"])
        why = (reason.get("title") or {}).get(self.language, effect.get("reason"))
        source = self.source(reason.get("source"))
        return self.say(f"“{title}”扣除{why}的时间（{source}）", f"leaves {why} out of “{title}” ({source})")

    def _say_set(self, effect: Mapping[str, Any]) -> str:
        names = self.say("、", ", ").join(self.field(name) for name in effect["set"])
        return self.say(f"记下{names}", f"records {names}")

    def _say_owner(self, effect: Mapping[str, Any]) -> str:
        to = effect["owner"]
        if to == "superior":
            who = self.say("上级单位", "the unit above")
        elif to == "backstop":
            who = self.relation("backstop")
        elif to == "routed":
            who = self.say("按职责分到的单位", "the unit that the rules name")
        elif "field" in to:
            who = self.say(f"“{self.field(to['field'])}”", f"the unit named in “{self.field(to['field'])}”")
        elif "request" in to:
            who = self.say("被请的单位", "the unit that was asked")
        else:
            who = self.say("操作人的单位", "the unit of whoever does it")
        return self.say(f"承办单位变为{who}", f"{who} becomes the owner")

    def _say_party(self, effect: Mapping[str, Any]) -> str:
        who = self.relation(effect["party"])
        return self.say(f"加入{who}", f"brings in {who}")

    def _say_unparty(self, effect: Mapping[str, Any]) -> str:
        who = self.relation(effect["unparty"])
        if effect.get("unless"):
            names = self.say("、", ", ").join(self.title("requests", one) for one in effect["unless"])
            return self.say(f"{who}退出，没有未完成的“{names}”才行", f"lets {who} go, unless “{names}” is still open")
        return self.say(f"{who}退出", f"lets {who} go")

    def _say_concern(self, effect: Mapping[str, Any]) -> str:
        return self.say(
            "记下事情涉及哪个单位，该单位不得经办或查看", "notes whom it concerns: they may not handle or read it"
        )

    def _say_recuse(self, effect: Mapping[str, Any]) -> str:
        return self.say("操作人回避", "whoever does it steps aside")

    def _say_request(self, effect: Mapping[str, Any]) -> str:
        name = self.title("requests", effect["request"])
        if effect.get("open"):
            return self.say(f"提出“{name}”", f"asks: “{name}”")
        state = _REQUEST_STATES[effect["answer"]][self.language]
        return self.say(f"“{name}”{state}", f"“{name}” {state}")

    def _say_child(self, effect: Mapping[str, Any]) -> str:
        name = self.child(effect["child"])
        return self.say(f"启动“{name}”，由另一单位办理", f"opens “{name}”, owned by another unit")

    def _say_document(self, effect: Mapping[str, Any]) -> str:
        zh, en = _DOCUMENT_STEPS[effect["do"]]
        name = effect["document"]
        title = self.say("该文书", "that document") if name == "it" else self.title("documents", name)
        return self.say(zh.format(title), en.format(title))

    def _say_signal(self, effect: Mapping[str, Any]) -> str:
        return self.say("告知上一事项", "tells the matter above")

    def _value(self, word: str, table: str, effect: Mapping[str, Any]) -> str:
        value, name = effect[word], _FACTS[word][self.language]
        if isinstance(value, Mapping):
            return self.say(f"记下{name}", f"records {name}")
        shown = self.title(table, value)
        return self.say(f"{name}：{shown}", f"{name}: {shown}")

    def _say_outcome(self, effect: Mapping[str, Any]) -> str:
        return self._value("outcome", "outcomes", effect)

    def _say_fulfilment(self, effect: Mapping[str, Any]) -> str:
        return self._value("fulfilment", "fulfilments", effect)

    def _say_verdict(self, effect: Mapping[str, Any]) -> str:
        return self._value("verdict", "verdicts", effect)

    def _say_reopen(self, effect: Mapping[str, Any]) -> str:
        return self.say("重新办理，最早的期限和各项次数保留", "opens it again; its first clock and every count stay")

    def _say_link(self, effect: Mapping[str, Any]) -> str:
        return self.say("与另一事项关联", "links it with another matter")

    def _say_sponsor(self, effect: Mapping[str, Any]) -> str:
        to = effect["sponsor"]
        if to == "none":
            return self.say("不再包案", "it has no sponsor any more")
        if isinstance(to, Mapping) and "field" in to:
            who = self.say(f"“{self.field(to['field'])}”", f"the seat named in “{self.field(to['field'])}”")
        else:
            who = self.say("被请的岗位", "the seat that was asked")
        return self.say(f"由{who}包案", f"{who} becomes the sponsor")

    def _say_part(self, effect: Mapping[str, Any]) -> str:
        if effect["part"] == "none":
            return self.say("不再属于共同的问题", "it is no part of the common problem any more")
        return self.say("归到一个共同的问题", "it becomes a part of a common problem")

    def _say_erase(self, effect: Mapping[str, Any]) -> str:
        names = self.say("、", ", ").join(self.field(name) for name in effect["erase"])
        return self.say(f"删除原文：{names}，记录保留", f"erases {names}; the record stays")

    def _say_share(self, effect: Mapping[str, Any]) -> str:
        return self.say("记入本人看得到的公开次数", "stands where the resident reads it, and is counted in public")

    def _say_secret(self, effect: Mapping[str, Any]) -> str:
        return self.say("换发新的查询码，旧的作废", "gives a new secret; the old one stops working")


#: In the order in which an effect is recognised: `owner`, `request` and `child` carry other words beside them.
_EFFECT_WORDS = (
    "start stop extend exclude owner request child document signal stage set party unparty concern recuse outcome"
    " fulfilment verdict reopen link erase sponsor part secret share"
).split()
