"""Whatever stops the ladder half-way, the next run makes it whole, and nothing is proposed twice."""

from typing import Any

import pytest
from tests.support.standing_county import day

from huajie.apps.ledger import queries as ledger_queries
from huajie.apps.matters import loading
from huajie.apps.matters.errors import Changed
from huajie.apps.matters.operations import Written
from huajie.apps.matters.verify import verify
from huajie.apps.supervision import ladder
from huajie.apps.supervision.cases import refresh
from huajie.apps.supervision.stream import STREAM


class Killed(BaseException):
    """The process was stopped here."""


def slips(matter: Written) -> int:
    tip = loading.load(matter.stream, using="default")
    assert tip is not None and tip.state is not None
    return sum(child.kind == "slip" for child in tip.state.children.values())


def recorded() -> int:
    return len(ledger_queries.bodies_since(STREAM, 0))


def test_a_run_that_is_killed_before_it_records_proposes_once(
    county: Any, complaint: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    while refresh():
        pass
    with monkeypatch.context() as broken:

        def stop(*_: Any, **__: Any) -> None:
            raise Killed

        broken.setattr(ladder, "_record", stop)
        with pytest.raises(Killed):
            ladder.climb(day(31))
    assert (slips(complaint), recorded()) == (1, 0)
    assert ladder.climb(day(31)) > 0
    assert (slips(complaint), recorded()) == (1, 1)
    assert verify().clean


def test_where_somebody_acts_at_that_moment_the_next_run_comes_back(
    county: Any, complaint: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    while refresh():
        pass
    with monkeypatch.context() as busy:

        def changed(*_: Any, **__: Any) -> None:
            raise Changed(complaint.number, 2, [])

        busy.setattr(ladder, "act", changed)
        assert ladder.climb(day(31)) == 0
    assert (slips(complaint), recorded()) == (0, 0)
    assert ladder.climb(day(31)) > 0
    assert (slips(complaint), recorded()) == (1, 1)
