"""Templates say a number and that there is news; whatever would say more is refused."""

from copy import deepcopy
from typing import Any

import pytest

pytestmark = pytest.mark.accept("P3")


def test_the_shipped_templates_are_good_and_say_nothing_else() -> None:
    from huajie.apps.outbox.messages import EVENTS, LANGUAGES, check, templates, write

    assert not check(templates())
    for event in EVENTS:
        for language in LANGUAGES:
            said = write(event, language, number="9FK3-M7TQ-2X", office="云溪县", page="https://h.example/follow/")
            assert "9FK3-M7TQ-2X" in said.text and "9FK3-M7TQ-2X" in said.subject
            assert "https://h.example/follow/" in said.text
            assert ("新消息" if language == "zh" else "news") in said.text
            assert "{" not in said.subject + said.text


def test_values_are_never_read_as_templates() -> None:
    from huajie.apps.outbox.messages import write

    assert write("news", "zh", number="{page}{office}", office="{number}", page="p").text.startswith(
        "编号 {page}{office} "
    )


@pytest.mark.parametrize(("part", "words", "fault"), [
    ("text", "编号 {number} 有新消息，{name}您好。{page}", "{name} is no placeholder"),
    ("text", "编号 {number.secret} 有新消息。{page}", "{number.secret} is no placeholder"),
    ("text", "编号 {number!r} {number} 有新消息。{page}", "{number!r} is no placeholder"),
    ("text", "编号 {number} 您的投诉有新消息。{page}", "'投诉' tells what the news is"),
    ("text", "Your complaint {number} has news. {page}", "'complain' tells what the news is"),
    ("text", "编号 {number} 不予受理。{page}", "'不予' tells what the news is"),
    ("text", "编号 {number} 有新消息，打 12345。{page}", "only words and placeholders"),
    ("text", "编号 {number} 有新消息。https://evil.example {page}", "only words and placeholders"),
    ("text", "编号 {number} 有<b>新</b>消息。{page}", "only words and placeholders"),
    ("text", "有新消息。{page}", "needs {number}"),
    ("text", "编号 {number} 有新消息。", "needs {page}"),
    ("text", "编号 {number} 有新消息。{page} {", "a bracket without its other"),
    ("text", "编号 {number} {page} " + "有新消息" * 60, "longer than 200 characters"),
    ("text", "  ", "missing"),
    ("text", None, "missing"),
    ("subject", "{number}\nBcc: x", "only words and placeholders"),
    ("subject", "有新消息", "needs {number}"),
])  # fmt: skip
def test_what_would_say_more_is_refused(part: str, words: Any, fault: str) -> None:
    from huajie.apps.outbox.messages import check, templates

    changed = deepcopy(dict(templates()))
    changed["news"]["zh"][part] = words
    assert f"news.zh.{part}: {fault}" in check(changed)


def test_a_missing_or_unknown_event_is_refused() -> None:
    from huajie.apps.outbox.messages import check, templates

    assert "ended: missing" in check({name: said for name, said in templates().items() if name != "ended"})
    assert "who: there is no such event" in check({**templates(), "who": {}})
