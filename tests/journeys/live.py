"""
The stories of `tests/core/procedure/test_shipped_packs.py`, told through the one writer on a real database.

`Live` has the face of that file's `Case`: the same story, with the same dates counted by hand, runs once on the
pure engine and once here,
where every act is committed, projected and read back.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from tests.support.small_county import person

from huajie.apps.jurisdiction import queries as jurisdiction_queries
from huajie.apps.ledger import queries as ledger_queries
from huajie.apps.matters import loading
from huajie.apps.matters.operations import Order, Submission, act, submit, tick
from huajie.apps.matters.verify import verify
from huajie.core.access import ANONYMOUS, IMPORT, SYSTEM, Actor, actor_for, resident_of
from huajie.core.ledger import moment
from huajie.core.procedure import Refused, State


class Live:
    """One matter in the database: `do` acts through the writer; `state` is read back from its row each time."""

    def __init__(self, pack: str) -> None:
        self.pack = pack
        self.stream: UUID | None = None
        self.now = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
        self.last: Any = None

    @property
    def state(self) -> State:
        assert self.stream is not None
        tip = loading.load(self.stream, using="default")
        assert tip is not None and tip.state is not None
        return tip.state

    def actor(self, who: Actor | int | str) -> Actor:
        if isinstance(who, Actor):
            return who
        if who == "resident":
            return resident_of(self.stream.hex) if self.stream is not None else ANONYMOUS
        if who == "import":
            return IMPORT
        if who == "system":
            return SYSTEM
        assert isinstance(who, int)
        return actor_for(jurisdiction_queries.snapshot(), person(who), None, self.now)

    def do(self, who: Actor | int | str, name: str, texts: str = "", **more: Any) -> State:
        at = more.pop("at", None)
        if at is not None:
            self.now = at
        given = {field: f"{field}：如实填写。" for field in texts.split() if field not in ("contact", "point")}
        contact = {"name": "某居民", "phone": "19900002222"} if "contact" in texts.split() else None
        if self.stream is None:
            self.last = submit(
                Submission(
                    pack=self.pack,
                    topic=more.pop("topic"),
                    region=more.pop("region"),
                    mode=more.pop("mode"),
                    channel=more.pop("channel"),
                    texts=given,
                    contact=contact,
                    point=(112.94, 28.23) if "point" in texts.split() else None,
                    act=name,
                    occurred_at=more.pop("occurred_at", None),
                    inputs=more,
                ),
                actor=self.actor(who),
                now=self.now,
            )
            self.stream = self.last.stream
        else:
            target = more.pop("target", None)
            order = Order(
                act=name,
                inputs=more,
                texts=given,
                contact=contact,
                target=target,
                seen=self.state.n,
                occurred_at=self.now,
            )
            self.last = act(self.stream, order, actor=self.actor(who), now=self.now)
        return self.state

    def refused(self, who: Actor | int | str, name: str, texts: str = "", **more: Any) -> dict[str, str]:
        before = self.state.to_document()
        with pytest.raises(Refused) as raised:
            self.do(who, name, texts, **more)
        assert self.state.to_document() == before
        return {unmet.path: unmet.code for unmet in raised.value.unmet}

    def check(self) -> None:
        """Everything in the database is what its entries give."""
        report = verify()
        assert report.clean, report.differences


def missing(case: Live) -> set[str]:
    """What the file of a sponsored case lacks, of the matter as its row has it."""
    from huajie.apps.matters.queries import dossiers_of

    assert case.stream is not None
    tip = loading.load(case.stream, using="default")
    assert tip is not None
    (found,) = [one for one in dossiers_of(tip, now=case.now) if one.dossier.name == "sponsored"]
    return {one.item.name for one in found.items if not one.met}


def case_of(name: str, *_: Any) -> Live:
    return Live(name)


def child_of(parent: Live, key: str) -> Live:
    """The writer has opened it already, in the same transaction as the act that asked for it."""
    child = parent.state.children[key]
    live = Live("")
    live.stream = UUID(child.stream)
    live.now = parent.now
    return live


def tell(parent: Live, child: Live, key: str) -> None:
    """The writer has told the parent already; only the story's moment moves on."""
    parent.now = child.now


def run_timers(case: Live, at: datetime) -> list[str]:
    """Let the job do what falls due, moment by moment; return the acts done on this matter."""
    done: list[str] = []
    while True:
        due = sorted((moment(timer.at), name) for name, timer in case.state.timers.items() if moment(timer.at) <= at)
        if not due:
            case.now = at
            return done
        before = case.state.n
        assert case.stream is not None
        assert tick(due[0][0]) >= 1
        bodies = ledger_queries.bodies_since(case.stream, before)
        done += [body["act"] for body in bodies if body["clock"] is None]
