"""
P7: nothing that ships asks anybody to promise not to complain: packs with their templates and phrases, pages,
translations, sample texts, documents to print, in Chinese and in English. Planted promises are found in every medium.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import polib
import pytest
import yaml
from tests.shape import rights
from tests.shape.project import PACKS, SOURCE, files, name_of
from tests.shape.rights import PROMISES, Found

pytestmark = pytest.mark.accept("P7")

#: Where texts for people stand: by how the file ends, and how to look through it.
SUFFIXES = (".py", ".html", ".txt", ".xml", ".svg", ".typ", ".yaml", ".yml", ".json", ".toml", ".csv", ".js")


def in_po(text: str, place: str) -> Iterator[Found]:
    for entry in polib.pofile(text):
        for said in (entry.msgid, entry.msgid_plural, entry.msgstr, *entry.msgstr_plural.values()):
            yield from rights.in_text(said, f"{place}:{entry.linenum}", PROMISES)


def in_packs(text: str, place: str) -> Iterator[Found]:
    """Sources are left out: the titles of laws are quoted as they stand."""
    document = yaml.safe_load(text) or {}
    kept = {key: value for key, value in document.items() if key != "sources"} if isinstance(document, dict) else {}
    yield from rights.in_text(yaml.safe_dump(kept, allow_unicode=True, width=10**6), place, PROMISES)


def told(found: Iterable[Found]) -> str:
    return "\n".join(map(str, found))


def shipped() -> list[Path]:
    return [*files(*SUFFIXES, under=SOURCE), *files(".yaml", ".yml", under=PACKS)]


def test_nothing_that_ships_asks_for_a_promise() -> None:
    found: list[Found] = []
    seen = 0
    for path in shipped():
        text = path.read_text(encoding="utf-8")
        seen += 1
        look = in_packs if path.is_relative_to(PACKS) else lambda said, place: rights.in_text(said, place, PROMISES)
        found += look(text, name_of(path))
    assert seen > 250
    assert not told(found)


def test_no_translation_asks_for_a_promise() -> None:
    catalogues = files(".po")
    assert len(catalogues) >= 2
    assert not told(hit for path in catalogues for hit in in_po(path.read_text(encoding="utf-8"), name_of(path)))


#: Promises as they are really worded, some of them politely.
PLANTED = (
    "本人承诺今后不再就此事信访。",
    "本人自愿息诉罢访，签字为证。",
    "问题已解决，保证不再上访。",
    "签订本协议后，双方再无任何争议。",
    "领取补助后应当停止投诉。",
    "同意放弃复查复核的权利",
    "以后不得再就此事向任何部门反映问题",
    "以撤回信访为条件给予补助",
    "一次性了断协议",
    "签字确认：不再追究任何责任，别无其他要求",
    "答应不会再找政府",
    "The resident undertakes not to petition again.",
    "I agree that I will never complain about this matter.",
    "By signing you waive your right to appeal.",
    "In full and final settlement of all matters",
    "You confirm that you will make no further complaint",
    "You must not raise this matter again in future",
    "Assistance is granted in exchange for withdrawing the petition",
    "Please withdraw it and never come back",
    "you give up any claim to review",
    "We pledge to stop contacting the office and cease to complain",
)
#: What a fair text says, which the scan must leave alone.
FAIR = (
    "撤回不算解决，也不影响您以后再提。",
    "协议双方自愿，居民以后随时可以再提。",
    "不服本意见的，自收到之日起 30 日内可以请求复查。",
    "同一事实和理由再提出的不再受理，关心和帮助继续。",
    "您可以不答复，不答复不算满意。",
    "Withdrawing does not count as solved and you may always come back.",
    "Both sides agree freely, and the resident may always come back.",
    "If you disagree you can ask for review within 30 days.",
    "Saying nothing is not taken as being content.",
    "The unit does not agree that it is competent and objects.",
)


@pytest.mark.parametrize("said", PLANTED)
def test_a_planted_promise_is_found_in_every_medium(said: str) -> None:
    quoted = yaml.safe_dump({"notices": {"done": {"body": {"zh": said, "en": said}}}}, allow_unicode=True)
    po = polib.POFile()
    po.append(polib.POEntry(msgid="Done", msgstr=said))
    media: dict[str, Callable[[], Iterable[Found]]] = {
        "pack": lambda: in_packs(quoted, "pack"),
        "page": lambda: rights.in_text(f"<p>{said}</p>", "page", PROMISES),
        "module": lambda: rights.in_text(f'TEXT = "{said}"', "module", PROMISES),
        "translation": lambda: in_po(str(po), "po"),
    }
    missed = [medium for medium, look in media.items() if not list(look())]
    assert not missed


@pytest.mark.parametrize("said", FAIR)
def test_a_fair_text_is_left_alone(said: str) -> None:
    assert not told(rights.in_text(said, "text", PROMISES))
