"""An act is explained in words that name everybody, everything needed, every clock and its article."""

from pathlib import Path

import pytest

from huajie.core.procedure import Pack, read, resolve
from huajie.core.procedure.explain import explain
from huajie.core.procedure.phrases import Words

ROOT = Path(__file__).resolve().parents[3]
SHARED = {f"common/{path.stem}": path.read_text(encoding="utf-8") for path in (ROOT / "packs/common").glob("*.yaml")}


def load(path: str) -> Pack:
    return resolve(read((ROOT / path).read_text(encoding="utf-8"), path, SHARED))


BASE = load("tests/data/packs/base/pack.yaml")


def test_an_answer_in_english() -> None:
    assert explain(BASE, "answer", language="en").splitlines() == [
        "Answer (answer, test.base 1.0.0)",
        "Who may do it: whoever handles it",
        "From which stages: In hand",
        "Whoever does it has handled the matter",
        "Must be given: Answer, Outcome",
        "Must be there: The answer (“Answer” is there; Test rules, 1)",
        "Then: records the outcome",
        "Then: stops the clock “Reply” (10 working days; Test rules, 1)",
        "Then: moves to “Answered”",
        "By: Test rules, 1",
        "The resident is told: {number} has been answered",
    ]


def test_the_same_in_chinese() -> None:
    assert explain(BASE, "answer").splitlines() == [
        "答复 (answer, test.base 1.0.0)",
        "谁可以做：承办人",
        "在哪些阶段：办理中",
        "做了即算经办过此事",
        "必须填写：答复意见、结果",
        "必须具备：答复意见（有“答复意见”；试验规则，第1条）",
        "结果：记下办理结果",
        "结果：停止计时：“答复期限”（10个工作日；试验规则，第1条）",
        "结果：进入“已答复”",
        "依据：试验规则，第1条",
        "告知当事人：{number} 已答复",
    ]


def test_an_extension_says_its_limit_and_who_grants_it() -> None:
    text = explain(BASE, "extend", language="en")
    assert "extends “Reply” by at most 10 working days, before it is due (Test rules, 1)" in text
    assert "the head of the lead unit" in text


def test_conditions_and_independence_are_said() -> None:
    assert "Only when: “Transfer” was objected to" in explain(BASE, "decide_transfer", language="en")
    assert "Refused to anyone who handled the matter" in explain(BASE, "verify", language="en")
    assert "it opens the matter" in explain(BASE, "submit", language="en")


def test_an_unknown_act_is_an_error() -> None:
    with pytest.raises(KeyError):
        explain(BASE, "anwser")


@pytest.mark.parametrize("name", sorted(path.parent.name for path in (ROOT / "packs").glob("*/pack.yaml")))
def test_every_act_of_a_shipped_pack_is_explained_in_both_languages(name: str) -> None:
    pack = load(f"packs/{name}/pack.yaml")
    for act in pack.acts:
        english, chinese = explain(pack, act, language="en"), explain(pack, act, language="zh")
        assert pack.acts[act].title["en"] in english
        assert pack.acts[act].title["zh"] in chinese
        assert "None" not in english.splitlines()[1]
        assert "None" not in chinese
        for clock in {one for step in _effects(pack.acts[act].raw) for one in _clocks(step)}:
            assert pack.clocks[clock].title["en"] in english
            assert pack.sources[pack.clocks[clock].source].title["zh"] in chinese


def _effects(act: dict) -> list[dict]:
    found = []
    waiting = list(act.get("effects") or ())
    while waiting:
        one = waiting.pop()
        waiting += [*(one.get("then") or ()), *(one.get("else") or ())]
        found.append(one)
    return found


def _clocks(effect: dict) -> list[str]:
    names = [effect["start"]] if "start" in effect else []
    stop = effect.get("stop", [])
    return names + (stop if isinstance(stop, list) else [stop])


@pytest.mark.parametrize(
    ("article", "zh", "en"),
    [
        ("22", "试验规则，第22条", "Test rules, 22"),
        ("23(3)", "试验规则，第23条（3）", "Test rules, 23(3)"),
        ("17-37", "试验规则，第17条至第37条", "Test rules, 17-37"),
        ("stage 2", "试验规则，stage 2", "Test rules, stage 2"),
    ],
)
def test_an_article_reads_as_one_in_chinese(article: str, zh: str, en: str) -> None:
    document = {"sources": {"s": {"title": {"zh": "试验规则", "en": "Test rules"}, "article": article}}}
    assert (Words(document, "zh").source("s"), Words(document, "en").source("s")) == (zh, en)
