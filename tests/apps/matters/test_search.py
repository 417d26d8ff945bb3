"""Search finds every text that holds the words, whichever way through the index it takes, and nothing else."""

from typing import Any

import pytest
from tests.support.standing_county import day

from huajie.apps.matters import queries
from huajie.apps.matters.operations import Batch, Submission
from huajie.core.access import ANONYMOUS

TEXTS = [
    "井盖破损三个月没人修",
    "路灯不亮，井边很黑",
    "Broken manhole cover near the 井盖 on Main Street",
    "欠薪两个月，工地拖欠工资",
    "盖井的工程停了",
    "water pipe 12345 leaks",
    "井",
]
WORDS = ["井盖", "井", "破损三", "欠薪", "manhole", "12345", "井 main", "盖井", "没有的词", "月"]


#: so that nobody is served by looking through their own
NOBODY_SMALL = {"sqlite": -1, "postgresql": -1}


def holds(text: str, query: str) -> bool:
    return all(word in text.lower() for word in query.lower().split())


@pytest.fixture
def filled(county: Any) -> Any:
    """Sixty complaints about water; gives the county."""
    with Batch() as batch:
        for number in range(60):
            batch.submit(
                Submission(
                    pack="en.complaint",
                    topic="t.water",
                    region="r.qingshi",
                    texts={"title": f"第{number}件", "text": TEXTS[number % len(TEXTS)]},
                ),
                actor=ANONYMOUS,
                now=day(0, 3).replace(minute=number),
            )
    return county


@pytest.mark.parametrize(
    "way", ["small reader", "rare words", "common words", "common words, few of them new", "a unit that leads many"]
)
@pytest.mark.parametrize("query", WORDS)
def test_every_way_finds_the_same(filled: Any, monkeypatch: pytest.MonkeyPatch, way: str, query: str) -> None:
    queries._reaches.clear()
    if way != "small reader":
        monkeypatch.setattr(queries, "_SMALL_LENS", NOBODY_SMALL)
        common = way != "rare words"
        monkeypatch.setattr(queries, "_RARE_TEXTS", -1 if common else 10_000)
        monkeypatch.setattr(queries, "_texts_with", lambda pairs, using: 1e6 if common else 0.0)
        # nobody's other ways are few, but for the last of these
        monkeypatch.setattr(queries, "_GATHERED", 2000 if way == "a unit that leads many" else -1)
        monkeypatch.setattr(queries, "_FEW_LED", 20)
        monkeypatch.setattr(queries, "_LED", 50)
        monkeypatch.setattr(queries, "_NEWEST", 60 if way == "common words, few of them new" else 20_000)
    expected = {f"第{number}件" for number in range(60) if holds(TEXTS[number % len(TEXTS)], query)}
    found: list[str] = []
    after = None
    while True:
        page = queries.search(filled(60), query, after=after, limit=7)
        found += [hit.row.title for hit in page.hits]
        after = page.next
        if after is None:
            break
    assert len(found) == len(set(found))
    whole = {title for title in found if title in expected or holds(title, query)}
    assert whole == set(found) and expected <= set(found)


def test_what_others_lead_never_goes_before_newer_matters_of_ones_own(
    filled: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huajie.apps.matters.models import Party

    reader = filled(60)
    oldest = list(Party.objects.filter(relation="lead", unit=reader.unit).order_by("matter")[:20])
    for row in oldest:
        Party.objects.filter(matter=row.matter, relation="lead").update(unit="u.elsewhere")
        Party.objects.create(
            matter=row.matter,
            unit=reader.unit,
            relation="supporting",
            sensitivity="ordinary",
            open=True,
            due_at=row.due_at,
        )
    queries._reaches.clear()
    monkeypatch.setattr(queries, "_SMALL_LENS", NOBODY_SMALL)
    monkeypatch.setattr(queries, "_RARE_TEXTS", -1)
    monkeypatch.setattr(queries, "_texts_with", lambda pairs, using: 1e6)
    monkeypatch.setattr(queries, "_FEW_LED", 5)
    monkeypatch.setattr(queries, "_LED", 10)
    found: list[str] = []
    after = None
    while True:
        page = queries.search(reader, "井盖", after=after, limit=7)
        found += [hit.row.title for hit in page.hits]
        after = page.next
        if after is None:
            break
    assert found == [f"第{number}件" for number in reversed(range(60)) if "井盖" in TEXTS[number % len(TEXTS)]]


def test_a_reader_elsewhere_finds_nothing(filled: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for small in (queries._SMALL_LENS, NOBODY_SMALL):
        queries._reaches.clear()
        monkeypatch.setattr(queries, "_SMALL_LENS", small)
        assert queries.search(filled(30), "井盖").hits == ()
