"""The description of the API: the file that is published says what the server says, and what is said is complete."""

import json
import re
from pathlib import Path
from string import Formatter

import pytest

from huajie.edges.api import phrases
from huajie.edges.cli.openapi import document

pytestmark = pytest.mark.accept("K9")

PUBLISHED = Path(__file__).parents[3] / "docs" / "openapi.json"


def test_the_published_description_is_the_one_served() -> None:
    published = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    assert published == document(), "run: huajie openapi --out docs/openapi.json, and say in CHANGELOG.md what changed"


def test_every_operation_says_what_it_takes_and_gives() -> None:
    found = document()
    assert found["openapi"].startswith("3.1")
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            place = f"{method} {path}"
            assert operation["operationId"] and operation["summary"] and operation["description"], place
            good = [status for status in operation["responses"] if status.startswith("2")]
            assert len(good) == 1, place
            if good != ["204"]:
                media = "application/octet-stream" if path.endswith("/files/{file_id}") else "application/json"
                assert operation["responses"][good[0]]["content"][media]["schema"], place
            assert "application/problem+json" in operation["responses"]["4XX"]["content"], place
            assert method == "get" or method == "delete" or operation["requestBody"]["required"], place
            assert "Accept-Language" in [one["name"] for one in operation["parameters"]], place
            assert set(re.findall(r"{(\w+)}", path)) == {
                one["name"] for one in operation["parameters"] if one["in"] == "path"
            }, place


def test_nothing_asks_for_a_person() -> None:
    """No filter, search or export by a person or by a contact (docs of DESIGN, section 8)."""
    for path, methods in document()["paths"].items():
        for operation in methods.values():
            for parameter in operation["parameters"]:
                assert not re.search(r"person|phone|name$|contact|email|address|visit", parameter["name"]) or (
                    path == "/api/v1/packs/{name}"
                ), (path, parameter["name"])


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("table", ["ADVICE", "CHANGE_FAULTS", "ROUTING_STEPS", "POWERS", "COUNTING"], ids=str.lower)
def test_everything_is_said_in_both_languages(table: str) -> None:
    for code, (zh, en) in getattr(phrases, table).items():
        assert re.search(r"[\u4e00-\u9fff]", zh), code
        assert en and not re.search(r"[\u4e00-\u9fff]", en), code
        assert placeholders(zh) == placeholders(en), code


def test_every_problem_has_a_title_and_a_detail_in_both_languages() -> None:
    for name, pairs in phrases.PROBLEMS.items():
        for zh, en in pairs:
            assert re.search(r"[\u4e00-\u9fff]", zh) and en and not re.search(r"[\u4e00-\u9fff]", en), name
            assert placeholders(zh) == placeholders(en), name


def test_every_code_of_the_inner_rings_has_its_words() -> None:
    """Read from their sources: a new code without words would be shown as a code."""
    core = Path(__file__).parents[3] / "src" / "huajie" / "core"
    routing = set(re.findall(r'Step\("([a-z-]+)"', (core / "jurisdiction" / "routing.py").read_text(encoding="utf-8")))
    assert routing and routing <= set(phrases.ROUTING_STEPS)
    from huajie.core.clocks.explain import CODES

    assert set(CODES) == set(phrases.COUNTING)
    changes = (core / "jurisdiction" / "changes.py").read_text(encoding="utf-8")
    faults = set(re.findall(r'(?:_fault|wrong|Fault)\(\s*"([a-z-]+)"', changes))
    assert len(faults) > 10 and faults <= set(phrases.CHANGE_FAULTS)
