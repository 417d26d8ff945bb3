"""Drawings say what the pack says, always the same, and the ones in docs/packs are current."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from huajie.core.procedure import Pack, read, resolve
from huajie.core.procedure.draw import draw, draw_svg, page

ROOT = Path(__file__).resolve().parents[3]
SHARED = {f"common/{path.stem}": path.read_text(encoding="utf-8") for path in (ROOT / "packs/common").glob("*.yaml")}
SHIPPED = sorted(path.parent.name for path in (ROOT / "packs").glob("*/pack.yaml"))


def load(path: str) -> Pack:
    return resolve(read((ROOT / path).read_text(encoding="utf-8"), path, SHARED))


BASE = load("tests/data/packs/base/pack.yaml")


def test_a_small_pack_as_mermaid() -> None:
    assert draw(BASE) == (
        "stateDiagram-v2\n"
        "    direction LR\n"
        '    state "已登记 Logged" as logged\n'
        '    state "办理中 In hand" as working\n'
        '    state "已答复 Answered" as answered\n'
        '    state "已办结 Closed" as closed\n'
        '    state "已撤回 Withdrawn" as withdrawn\n'
        "    [*] --> logged : 提交 Submit\n"
        "    logged --> working : 受理 Accept\n"
        "    logged --> withdrawn : 撤回 Withdraw\n"
        "    working --> answered : 答复 Answer\n"
        "    working --> withdrawn : 撤回 Withdraw\n"
        "    answered --> working : 退回重办 Send back\n"
        "    answered --> closed : 核查属实 Confirm\n"
        "    answered --> withdrawn : 撤回 Withdraw\n"
        "    closed --> working : 重新办理 Reopen\n"
        "    withdrawn --> logged : 恢复 Take the withdrawal back\n"
        "    closed --> [*]\n"
        "    withdrawn --> [*]\n"
    )


def test_the_picture_is_xml_with_every_stage_and_both_colour_schemes() -> None:
    picture = draw_svg(BASE)
    root = ElementTree.fromstring(picture)
    texts = ["".join(one.itertext()) for one in root.iter("{http://www.w3.org/2000/svg}text")]
    for at, stage in enumerate(BASE.stages.values(), 1):
        assert f"{at} {stage.title['zh']} {stage.title['en']}" in texts
    assert "3 已答复 Answered ← 答复 Answer" in texts
    assert "prefers-color-scheme:dark" in picture


@pytest.mark.parametrize("name", SHIPPED)
def test_the_drawings_in_docs_are_current(name: str) -> None:
    """Else run `huajie packs draw`."""
    pack = load(f"packs/{name}/pack.yaml")
    assert (ROOT / "docs/packs" / f"{name}.md").read_text(encoding="utf-8") == page(pack)
    assert (ROOT / "docs/packs" / f"{name}.svg").read_text(encoding="utf-8") == draw_svg(pack)


@pytest.mark.parametrize("name", SHIPPED)
def test_labels_hold_nothing_that_mermaid_would_cut_at(name: str) -> None:
    for line in draw(load(f"packs/{name}/pack.yaml")).splitlines()[2:]:
        assert re.fullmatch(r'    (state "[^"]+" as \w+|(\[\*\]|\w+) --> (\[\*\]|\w+)( : [^:;#"]+)?)', line), line


def test_no_drawing_is_left_of_a_pack_that_is_gone() -> None:
    assert {path.stem for path in (ROOT / "docs/packs").iterdir()} == set(SHIPPED)
