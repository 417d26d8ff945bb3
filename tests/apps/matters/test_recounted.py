"""Figures against a count over exported entries that knows none of our code; and what must change none of them."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.support.recount import recount

pytestmark = pytest.mark.django_db(transaction=True)

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 15, 59, tzinfo=UTC)
#: figures of what offices did; what is open is a state of things, and follows every act
PERFORMANCE = ("weeks", "dates")


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Any:
    from huajie.apps.jurisdiction.queries import forget
    from huajie.apps.matters.figures import forget_figures
    from huajie.apps.matters.operations import forget as forget_packs

    for one in (forget, forget_packs, forget_figures):
        one()
    yield
    forget_figures()


def shown(now: datetime) -> dict[str, Any]:
    """Return the figures that the program shows, as plain values."""
    from huajie.apps.matters.figures import clocks_of, forget_figures, public_tables
    from huajie.apps.procedure.registry import packs

    forget_figures()
    return plain(public_tables(clocks_of(packs().values()), now=now, zone=ZONE))


def plain(tables: Any) -> dict[str, Any]:
    return {
        "weeks": [(week.came, week.ended) for week in tables.weeks],
        "ages": [age.open for age in tables.ages],
        "regions": tables.regions,
        "topics": tables.topics,
        "dates": {place: (one.due, one.kept, one.away) for place, one in tables.dates.items()},
    }


def exported(folder: Path) -> Path:
    from huajie.edges.keeping.export import export

    export(folder, now=NOW + timedelta(days=900), version="1")
    return folder


@pytest.mark.parametrize(("seed", "matters"), [(3, 160), (8, 240), (21, 90)])
def test_a_stranger_counts_the_same_over_generated_lives(seed: int, matters: int, tmp_path: Path) -> None:
    """Eighteen months of invented lives: withdrawn, reviewed, opened again, transferred, late, extended."""
    from huajie.edges.demo.load import load

    load(matters=matters, seed=seed, until=date(2026, 11, 23), now=NOW)
    found = shown(NOW)
    assert found == recount(exported(tmp_path), NOW, ZONE)
    # there is something in each of them
    assert sum(found["ages"]) > 10 and sum(came for came, _ in found["weeks"]) > 5
    assert sum(ended for _, ended in found["weeks"]) > 3 and sum(due for due, *_ in found["dates"].values()) > 10


def test_a_moment_before_and_after_every_edge(tmp_path: Path) -> None:
    """Local midnights are where a week and an age begin; the oracle is asked at other moments of the same history."""
    from huajie.edges.demo.load import load

    load(matters=120, seed=5, until=date(2026, 11, 23), now=NOW)
    folder = exported(tmp_path)
    for now in (
        datetime(2026, 11, 22, 15, 59, 59, tzinfo=UTC),
        datetime(2026, 11, 22, 16, 0, tzinfo=UTC),
        datetime(2026, 11, 25, 4, 0, tzinfo=UTC),
    ):
        assert shown(now) == recount(folder, now, ZONE)


@pytest.fixture
def county(transactional_db: None) -> Any:
    """The hand-written county, founded so that its dates fall due within the weeks that count."""
    from tests.support.county import found

    return found(datetime(2026, 10, 12, 2, 0, tzinfo=UTC))


def test_a_unit_is_measured_by_what_it_leads_and_its_reader_may_see(county: Any, tmp_path: Path) -> None:
    from huajie.apps.matters.figures import clocks_of, tables_for
    from huajie.apps.procedure.registry import packs

    clocks = clocks_of(packs().values())
    folder = exported(tmp_path)
    for username, units in (("housing", ["u.housing"]), ("labour_head", ["u.labour"]), ("supervisor", None)):
        found = plain(tables_for(county.actor(username), units, clocks, now=NOW, zone=ZONE))
        assert found == recount(folder, NOW, ZONE, units), username
    # somebody who lists nothing counts nothing; of another unit's matters labour sees the one that it was offered
    assert not plain(tables_for(county.actor("admin"), None, clocks, now=NOW, zone=ZONE))["regions"]
    others = plain(tables_for(county.actor("labour"), ["u.housing"], clocks, now=NOW, zone=ZONE))
    assert others["regions"] == {"r.qingshi": (1, 0)}


def test_that_a_resident_comes_back_changes_no_figure_of_what_offices_did(county: Any, tmp_path: Path) -> None:
    """A withdrawal is undone, a matter opened again, a review asked for: first dates and first endings stay."""
    from tests.support.petition import accepted

    from huajie.apps.matters.models import Matter

    def day(number: int) -> datetime:
        return datetime(2026, 10, number, 3, 0, tzinfo=UTC)

    county.act(
        "ordinary",
        "housing",
        "acknowledge",
        inputs={"is_complaint": "complaint", "category": "delay"},
        texts={"message": "收到。"},
        at=day(13),
    )
    county.act(
        "ordinary",
        "housing",
        "propose_ending",
        inputs={"ending_reason": "cannot-be-resolved-now", "next_look_date": "2026-11-20"},
        texts={"route": "要等明年的预算。"},
        at=day(14),
    )
    county.act("ordinary", "housing_verifier", "confirm_ending", texts={"note_text": "核对过了。"}, at=day(15))
    accepted(county)
    opinion = {"weight": "ordinary", "opinion": "not-supported-reasons", "fulfilment_days": 30}
    said = dict.fromkeys(("request_text", "findings", "law", "opinion_text", "how_to_review"), "说明。")
    county.act("petition", "housing", "draft_opinion", inputs=opinion, texts=said, at=day(14))
    county.act("petition", "housing_head", "opinion", at=day(14))
    served = {"served_date": "2026-10-14", "served_way": "hand"}
    county.act("petition", "housing", "serve", inputs=served, texts={"opinion_file": "纸", "proof": "回证"}, at=day(14))

    before = shown(NOW)
    assert sum(ended for _, ended in before["weeks"]) >= 2
    county.act("withdrawn", "resident", "undo_withdrawal", at=day(20))
    county.act("ordinary", "resident", "reopen", texts={"reason": "没有做。"}, at=day(20))
    children = Matter.objects.exclude(parent=None).count()
    county.act("petition", "resident", "ask_review", texts={"reason": "不同意。"}, at=day(20))
    assert Matter.objects.exclude(parent=None).count() == children + 1
    assert all(Matter.objects.get(id=county.matters[name].stream).open for name in ("withdrawn", "ordinary"))
    after = shown(NOW)
    assert {name: after[name] for name in PERFORMANCE} == {name: before[name] for name in PERFORMANCE}
    # what is open is said as it is
    assert sum(after["ages"]) == sum(before["ages"]) + 2
    assert after == recount(exported(tmp_path), NOW, ZONE)


def test_a_planted_row_is_found(county: Any, tmp_path: Path) -> None:
    """The comparison can fail: rows that no entry made change the figures and not the count over entries."""
    from huajie.apps.matters.models import Clock

    folder = exported(tmp_path)
    assert shown(NOW) == recount(folder, NOW, ZONE)
    assert Clock.objects.filter(name="acknowledgement", status="running").update(status="met", ended_at=NOW) > 0
    Clock.objects.filter(name="acknowledgement").update(ended_at=datetime(2026, 10, 12, 3, 0, tzinfo=UTC))
    assert shown(NOW) != recount(folder, NOW, ZONE)
