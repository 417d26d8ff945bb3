"""
What the system must not contain (DESIGN section 8), as patterns, and the scanners that look for it.

Each scanner takes text or a structure and returns what it found, so that the tests can show it a planted fault.
Comments and docstrings may say what we refuse; what runs, is stored, is asked or is shown may not.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Notion:
    """One thing that must not be there."""

    pattern: str
    why: str

    def find(self, text: str) -> str | None:
        """Return what matches, or None."""
        hit = re.search(self.pattern, text, re.IGNORECASE)
        return hit.group(0) if hit else None


#: Forbidden in whatever runs or is shown, in words of both languages. `[_ -]?` lets one pattern meet identifiers and prose.
PHRASES: tuple[Notion, ...] = (
    Notion(r"稳控|维稳对象|重点人员|重点人头|重点群体|涉稳人员|不稳定人员|危险分子", "a label on persons"),
    Notion(r"缠访|闹访|缠闹|无理访|无理上访|非正常上访|非正常信访|异常访|老上访|上访专业户|上访户|钉子户|刁民", "a label on persons"),
    Notion(r"劝返|接返|截访|拦访|遣返|押送|盯防|盯人|看管", "a measure against a person"),
    Notion(r"训诫|拘留|劳教|信访积分|扣信用|失信惩戒|列入失信", "an outcome that sanctions a resident"),
    Notion(r"息诉罢访|息访|罢访|停访息诉|停诉息访|不再(信访|上访|投诉|申诉|越级)", "a promise not to complain"),
    Notion(r"黑名单|灰名单|红名单|人员库|访民库|画像|人员标签|个人风险", "a list or profile of persons"),
    Notion(r"(进京|赴省|到省|越级|重复)(上)?访(次数|人次|量|名单|人员)|上访(次数|频次)|来访(次数|频次)", "who visited whom how often"),
    Notion(r"一票否决|信访排名|排名通报", "a ranking, a figure that improves by silence"),
    Notion(r"black[_ -]?list|grey[_ -]?list|gray[_ -]?list|watch[_ -]?list|persons?[_ -]of[_ -](interest|concern)", "a list of persons"),
    Notion(
        r"(person|people|resident|petitioner|complainant|citizen|visitor|caller|requester)s?[_ -]?"
        r"(score|risk|rating|rank|level|flag|label|tag|profile|history|list|index|hash|watch|count|behaviou?r|reputation)",
        "a score, flag, history or list of persons",
    ),
    Notion(
        r"(risk|threat|trust|credit|sentiment|behaviou?r|loyalty|stability)[_ -]?(score|rating|level|index|profile)"
        r"[_ -]?(of|for|by)?[_ -]?(a[_ -])?(person|people|resident|petitioner|complainant|citizen)",
        "a score of persons",
    ),
    Notion(r"vexatious|trouble[_ -]?maker|repeat[_ -]?(offender|complainer|complainant|petitioner|caller|visitor)", "a label on persons"),
    Notion(r"abnormal[_ -]?(petition|visit)|serial[_ -]?(complainant|petitioner)|frequent[_ -]?(complainant|petitioner|caller|flyer)", "a label on persons"),
    Notion(r"(petition|visit|complaint|call|submission)s?[_ -]?(count|times|number|history)[_ -]?(of|per|by)[_ -]?(person|resident|petitioner|caller)", "who came how often"),
    Notion(r"(higher|beijing|provincial)[_ -]?(office[_ -])?visits?[_ -]?(count|list|record)|skip[_ -]?level[_ -]?visit", "who visited which higher office"),
    Notion(r"(travel|movement|assembly|whereabouts|location)[_ -]?(record|history|track|tracking|log)", "travel, assembly, location"),
    Notion(r"read[_ -]?receipts?|已读回执|seen[_ -]by[_ -]resident|resident[_ -]?(opened|read)[_ -]?at", "read receipts"),
    Notion(r"(contact|phone|identity|id[_ -]?card|name)[_ -]?(hash|digest|fingerprint|hmac)|blind[_ -]?index", "a way to find a person"),
    Notion(r"unit[_ -]?(ranking|league)|league[_ -]?table|rank(ing)?[_ -]?of[_ -]?units|单位排名|部门排名", "a ranking of units"),
    Notion(r"(promise|undertak\w+|agree\w*|pledge\w*)[_ -]?(to[_ -])?(not|never|no longer|no further)[_ -]?(to[_ -])?(complain|petition|visit)", "a promise not to complain"),
)  # fmt: skip

#: What asks or lets somebody promise not to complain, in either language and in many wordings (DESIGN 1.6). The author
#: of a template means well and writes "so that it is settled for good": these are the words it comes in.
PROMISES: tuple[Notion, ...] = (
    Notion(
        r"(承诺|保证|自愿|签字|具结|书面|答应|约定|同意|须|必须|应当)[^。；，,\n]{0,14}"
        r"(不再|永不|绝不|不得|不要|不会|不|停止|放弃)[^。；，,\n]{0,8}"
        r"(信访|上访|走访|投诉|申诉|控告|检举|举报|追究|起诉|诉讼|复议|复查|复核|反映(此|该|这|本|同|任何|其他)|提出(其他|任何|新的|异议)|主张权利|找政府)",
        "a promise not to complain",
    ),
    Notion(
        r"(今后|以后|从此|此后|永远|一律|不得)[^。；，,\n]{0,6}(不再|不得|不|再)(就|因|以|为|对|向)?[^。；，,\n]{0,12}"
        r"(信访|上访|走访|投诉|申诉|举报|追究|起诉|反映(问题|情况|诉求))",
        "a promise not to complain",
    ),
    Notion(r"放弃[^。；，,\n]{0,10}(信访|投诉|申诉|复查|复核|复议|诉讼|救济|追究|一切|全部|所有)[^。；，,\n]{0,6}权?", "a promise not to complain"),
    Notion(r"息诉|息访|罢访|停访|罢诉|一次性了断|了断协议|不再追究|再无(任何)?(争议|异议|纠葛|诉求)|别无(其他)?(要求|诉求)", "a promise not to complain"),
    Notion(r"(以|作为)[^。；，,\n]{0,6}撤(回|诉|销)[^。；，,\n]{0,6}(为|作为)(条件|前提|交换)", "a promise not to complain"),
    Notion(
        r"\b(promis|agree|undertak|pledg|commit|declar|confirm|vow|swear)\w*\b[^.;:\n]{0,45}"
        r"\b(not|never|no longer|no further|stop|cease|refrain(ing)? from|without)\b[^.;:\n]{0,25}"
        r"\b(complain\w*|petition\w*|appeal\w*|object\w*|sue|su(e|ing)|claim\w*|litigat\w*|escalat\w*|come back|contact(ing)? (us|the))\b",
        "a promise not to complain",
    ),
    Notion(r"\b(waive|waiv|renounc|relinquish|give up|gives up|giving up|surrender)\w*\b[^.;\n]{0,40}\b(right|claim|complain|appeal|review|remed|petition)\w*", "a promise not to complain"),
    Notion(r"\bfull and final (settlement|release)\b|\bno further (complaints?|claims?|petitions?|action by (you|the resident))\b", "a promise not to complain"),
    Notion(
        r"\b(will|shall|must|may|can)( ?not|n't)\b[^.;\n]{0,20}\b(complain|petition|appeal|come back|raise (it|this|the (matter|issue)))\b[^.;\n]{0,30}\b(again|any ?more|in future|further)\b",
        "a promise not to complain",
    ),
    Notion(r"\b(in (return|exchange) for|on condition (of|that)|provided that)\b[^.;\n]{0,30}\b(withdraw\w*|dropp?\w*|silen\w+)\b", "a promise not to complain"),
    Notion(r"\b(drop|withdraw)\b[^.;\n]{0,25}\b(and|,) (never|do not|don't)\b", "a promise not to complain"),
)  # fmt: skip

#: Forbidden as the name of a stored column, a pack's fact or field, or a key of a response.
COLUMNS: tuple[Notion, ...] = (
    *PHRASES,
    Notion(r"(^|_)(risk_?score|threat|sentiment|reputation|trust_?score|credit_?score|stability_?(level|grade))(_|$)", "a score"),
    Notion(r"(^|_)(ip|ip_address|user_agent|device_id|imei|mac_address|fingerprint|online_account|wechat_id|weibo)(_|$)", "traces of a person"),
    Notion(r"(^|_)(ethnicity|religion|political_status|criminal_record|travel|whereabouts|itinerary)(_|$)", "a person's character"),
    Notion(r"(^|_)(visit_?count|petition_?count|complaint_?count|times_(visited|complained|petitioned))(_|$)", "who came how often"),
    Notion(r"(^|_)(seen_at|read_at|last_read|opened_by_resident)(_|$)", "a read receipt"),
)  # fmt: skip

#: Forbidden as a parameter of an address or a field of a search, filter, export or join: they find a person.
PERSON_KEYS = Notion(
    r"(^|[_/-])(person|people|resident|petitioner|complainant|citizen|visitor|caller|requester|applicant)s?([_/-]|$)"
    r"|(^|_)(phone|mobile|tel|telephone|email|e_mail|id_?card|id_?number|identity|passport|contact|plate|full_?name|first_?name"
    r"|last_?name|surname|home_?address|home_?point)(_|$)",
    "a search by person",
)

#: Column names that hold somebody's identity: the vault's only.
IDENTITY = Notion(
    r"(^|_)(phone|mobile|tel|telephone|email|e_mail|id_?card|id_?number|passport|contact|home_?address|resident|petitioner"
    r"|complainant|applicant|visitor|caller)(_|$)",
    "an identity outside the vault",
)

#: Outcomes of a pack: none may sanction a resident or count a withdrawal as resolved.
OUTCOMES = Notion(
    r"punish|penal|sanction|detain|detention|fined?\b|reprimand|warn(ed|ing)|educated|admonish|silenced?"
    r"|处罚|惩处|拘|训诫|警告|批评教育|教育稳控",
    "an outcome that sanctions a resident",
)


@dataclass(frozen=True, slots=True)
class Found:
    """One fault."""

    place: str
    text: str
    why: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text!r}: {self.why}"


def in_text(text: str, place: str, notions: Iterable[Notion] = PHRASES) -> Iterator[Found]:
    """Look through running text line by line."""
    for number, line in enumerate(text.splitlines(), 1):
        for notion in notions:
            hit = notion.find(line)
            if hit:
                yield Found(f"{place}:{number}", hit, notion.why)


def in_python(source: str, place: str) -> Iterator[Found]:
    """Look through the names and strings of a module, not through its comments and docstrings."""
    tree = ast.parse(source)
    bodies = [node.body for node in ast.walk(tree) if isinstance(getattr(node, "body", None), list)]
    told = {id(node.value) for body in bodies for node in body if _is_docstring(node)}
    for node in ast.walk(tree):
        for text in _words(node):
            if isinstance(node, ast.Constant) and id(node) in told:
                continue
            for notion in PHRASES:
                hit = notion.find(text)
                if hit:
                    yield Found(f"{place}:{getattr(node, 'lineno', 0)}", hit, notion.why)


def _is_docstring(node: Any) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _words(node: ast.AST) -> Iterator[str]:
    for name in ("name", "id", "attr", "arg", "asname"):
        value = getattr(node, name, None)
        if isinstance(value, str):
            yield value
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def in_template(source: str, place: str) -> Iterator[Found]:
    """Look through a template without its comments."""
    blank = re.compile(r"\{#.*?#\}|\{%\s*comment.*?endcomment\s*%\}", re.DOTALL)
    yield from in_text(blank.sub(lambda hit: "\n" * hit.group(0).count("\n"), source), place)


def in_script(source: str, place: str) -> Iterator[Found]:
    """Look through JavaScript or CSS without its comments."""
    blank = re.compile(r"/\*.*?\*/|(?m:^\s*//.*$)", re.DOTALL)
    yield from in_text(blank.sub(lambda hit: "\n" * hit.group(0).count("\n"), source), place)


def in_yaml(document: Any, place: str, path: str = "") -> Iterator[Found]:
    """Look through keys and values of a document; comments are gone once it is read."""
    if isinstance(document, Mapping):
        for key, value in document.items():
            yield from in_text(str(key), f"{place} {path}/{key}")
            yield from in_yaml(value, place, f"{path}/{key}")
    elif isinstance(document, list):
        for number, value in enumerate(document):
            yield from in_yaml(value, place, f"{path}/{number}")
    elif isinstance(document, str):
        yield from in_text(document, f"{place} {path}")


def in_columns(names: Iterable[str], place: str) -> Iterator[Found]:
    """Look through names of columns, facts, fields or keys."""
    for name in names:
        for notion in COLUMNS:
            hit = notion.find(name)
            if hit:
                yield Found(f"{place}.{name}", hit, notion.why)


def in_pack(document: Mapping[str, Any], place: str) -> Iterator[Found]:
    """Look through a pack: all its words, the names of its facts and fields, its outcomes."""
    yield from in_yaml(document, place)
    yield from in_columns(document.get("facts") or {}, f"{place} facts")
    for act, body in (document.get("acts") or {}).items():
        fields = ((body or {}).get("form") or {}).get("fields") or []
        names = [field["name"] for field in fields if isinstance(field, Mapping) and "name" in field]
        yield from in_columns(names, f"{place} acts/{act}")
    yield from in_outcomes(document.get("outcomes") or [], place)


def in_outcomes(outcomes: Any, place: str) -> Iterator[Found]:
    """Look through outcomes: a list of names, or a table from name to title."""
    rows = outcomes.items() if isinstance(outcomes, Mapping) else ((name, None) for name in outcomes)
    for name, body in rows:
        for text in (str(name), *_titles(body)):
            hit = OUTCOMES.find(text)
            if hit:
                yield Found(f"{place} outcomes/{name}", hit, OUTCOMES.why)


def _titles(body: Any) -> Iterator[str]:
    title = body.get("title", body) if isinstance(body, Mapping) else None
    if isinstance(title, Mapping):
        yield from (str(text) for text in title.values())


def in_route(route: str, parameters: Iterable[str], place: str) -> Iterator[Found]:
    """Look through one address and the names of what it takes."""
    plain = re.sub(r"[<{][^>}]*[>}]", "", route)
    for text in (plain, *parameters):
        hit = PERSON_KEYS.find(text)
        if hit:
            yield Found(place, hit, PERSON_KEYS.why)
    yield from in_text(route, place)
