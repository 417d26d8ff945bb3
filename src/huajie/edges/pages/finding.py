"""
Topics and places by words, for the intake desk and for residents alike: what was typed is looked for in the titles, and
so is every word that means the same (topic_words.yaml).
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

import yaml

from huajie.edges.pages.reader import Reader

#: At most so many proposals for what was typed.
_MOST = 8
#: At most so many for one word of a whole text.
_OF_A_WORD = 2
#: Latin words that stand in any sentence and say nothing of what it is about.
_LITTLE: Final = frozenset(
    "the and but for not was were are has had have been this that these those with from into our your his her its their"
    " they them you who what when where there here out off all any can can't will would".split()
)
_WORDS: Final = Path(__file__).with_name("topic_words.yaml")


def line_of(table: Any, code: str) -> list[str]:
    """Return a code and those above it, nearest first."""
    found: list[str] = []
    row = table.get(code or None)
    while row is not None and row.id not in found:
        found.append(row.id)
        row = table.get(row.parent)
    return found


@lru_cache(maxsize=1)
def _synonyms() -> tuple[tuple[str, ...], ...]:
    """Return groups of words that mean the same at a counter."""
    return tuple(tuple(str(word).lower() for word in group) for group in yaml.safe_load(_WORDS.read_text("utf-8")))


@dataclass(frozen=True, slots=True)
class Proposal:
    """One topic or place that was meant, perhaps."""

    code: str
    #: with what lies above it: `Housing › Rent`
    title: str
    why: str = ""


def find_topics(words: str, reader: Reader) -> list[Proposal]:
    """Return the topics whose title, or a word that means the same, was typed; best first."""
    return _find(words, reader.jurisdiction.topics, reader, synonyms=True)[:_MOST]


def topics_in(text: str, reader: Reader, most: int) -> list[Proposal]:
    """
    Return the topics that a whole text may be about: for each of its words that means something the topics that name
    it, the narrower before the wider; then the next of each word, so that no word crowds out the others.
    """
    table = reader.jurisdiction.topics
    wide = {row.parent for row in table if row.active and row.parent}
    by_word: dict[str, list[Proposal]] = {}
    for proposal in _find(text, table, reader, synonyms=True):
        by_word.setdefault(proposal.why, []).append(proposal)
    for word, listed in by_word.items():
        listed.sort(key=lambda one: (not word or word not in one.title.lower(), one.code in wide))
    # a topic whose own title was written comes first of all
    direct = by_word.pop("", [])
    turns = zip_longest(*(listed[:_OF_A_WORD] for listed in by_word.values()))
    return [*direct, *(one for turn in turns for one in turn if one is not None)][:most]


def find_regions(words: str, reader: Reader) -> list[Proposal]:
    """Return the places whose name was typed."""
    return _find(words, reader.jurisdiction.regions, reader, synonyms=False)[:_MOST]


def telling(words: str) -> list[str]:
    """Return the words of a text that may tell what it is about, in small letters: no article, no preposition."""
    typed = (word for word in re.split(r"[\s,，、；;。.!?！？]+", words.lower()) if word)
    return [word for word in typed if not word.isascii() or (len(word) > 2 and word not in _LITTLE)]


def _says(text: str, word: str) -> bool:
    """Return whether a text says a word; a Latin one from the beginning of a word on: `rent` is not in `different`."""
    if not word.isascii():
        return word in text
    return re.search(rf"(?<![0-9a-z]){re.escape(word)}", text) is not None


def _find(words: str, table: Any, reader: Reader, *, synonyms: bool) -> list[Proposal]:
    said_all = words.lower()
    whole = "".join(word for word in re.split(r"[\s,，、；;。.]+", said_all) if word)
    if not whole:
        return []
    typed = telling(words)
    also: dict[str, str] = {}
    if synonyms:
        for group in _synonyms():
            # what was typed with blanks between its characters too
            said = next((word for word in group if any(_says(text, word) for text in (said_all, whole))), None)
            if said is not None:
                also |= dict.fromkeys(group, said)
    scored: list[tuple[int, str, Proposal]] = []
    for row in table:
        if not row.active:
            continue
        titles = [row.name.to("zh").lower(), row.name.to("en").lower()]
        score, why = 0, ""
        for title in titles:
            bare = re.split(r"[（(]", title)[0].strip()
            if whole == bare:
                score = max(score, 100)
            hits = sum(_says(title, word) for word in typed)
            score = max(score, hits * 10 + (5 if hits and hits == len(typed) else 0))
            # a sentence typed at the counter: does it hold the title's own word?
            if len(bare) >= 2 and _says(said_all, bare):
                score = max(score, 20)
            for word, said in also.items():
                if score < 8 and _says(title, word):
                    score, why = 8, said
        if not score and row.id.lower() == whole:
            score = 50
        if score:
            above = [table[code].name.to(reader.language) for code in reversed(line_of(table, row.id)[1:])]
            title = " › ".join([*above, row.name.to(reader.language)])
            scored.append((-score, row.id, Proposal(row.id, title, why)))
    return [proposal for _score, _code, proposal in sorted(scored, key=lambda item: item[:2])]
