"""A matter in a small county under a pack that uses every word, driven as the writer drives the engine."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.china_2026 import CHINA_2026
from tests.support.small_county import county, person

from huajie.core.access import IMPORT, SYSTEM, Actor, View, actor_for, relations, resident_of
from huajie.core.clocks import Calendar
from huajie.core.jurisdiction import Jurisdiction
from huajie.core.ledger import canonical, stamp
from huajie.core.procedure import (
    CODES,
    Command,
    Decision,
    Pack,
    Refused,
    State,
    check_effect,
    command_of,
    decide,
    fold,
    fold_all,
    read,
    resolve,
)

TEXT = Path(__file__).with_name("every_word.yaml").read_text(encoding="utf-8")
SHARED = {
    "common/shared": """
outcomes:
  resolved: {zh: 已解决, en: Resolved}
  changed: {zh: 改变, en: Changed}
  kept: {zh: 维持, en: Kept}
  withdrawn-by-person: {zh: 本人撤回, en: Withdrawn}
  unused: {zh: 不用, en: Not used}
fulfilments:
  fulfilled: {zh: 已落实, en: Carried out}
  not-fulfilled: {zh: 未落实, en: Not carried out}
verdicts:
  solved: {zh: 解决了, en: Solved}
  not-solved: {zh: 没解决, en: Not solved}
sources:
  unused: {title: {zh: 不用, en: Not used}, article: "9", tag: L, verified: true, date: 2020-01-01}
"""
}
PACK = resolve(read(TEXT, "every_word.yaml", SHARED))
#: More verifiers, an archivist and a reviewer than the small county has.
COUNTY = county(
    {
        "do": "set_seat",
        "id": "s.labour.verify",
        "unit": "u.labour",
        "title": {"zh": "核", "en": "V"},
        "roles": ["verifier"],
    },
    {"do": "start_posting", "seat": "s.labour.verify", "person": person(32)},
    {
        "do": "set_seat",
        "id": "s.centre.archive",
        "unit": "u.centre",
        "title": {"zh": "档", "en": "A"},
        "roles": ["archivist"],
    },
    {"do": "start_posting", "seat": "s.centre.archive", "person": person(13)},
    {
        "do": "set_seat",
        "id": "s.centre.review",
        "unit": "u.centre",
        "title": {"zh": "复", "en": "R"},
        "roles": ["reviewer"],
    },
    {"do": "start_posting", "seat": "s.centre.review", "person": person(14)},
)
STREAM = f"{7:032x}"
#: Monday 10:00 in Shanghai.
START = datetime(2026, 3, 9, 2, 0, tzinfo=UTC)


def day(text: str, hour: int = 10) -> datetime:
    """Return a moment of a local day in Shanghai, which keeps UTC+8 all year."""
    return datetime.fromisoformat(f"{text}T00:00:00+00:00") + timedelta(hours=hour - 8)


def due(text: str) -> str:
    """Return the stamp of the midnight that ends a local day in Shanghai."""
    return stamp(day(text, 24))


def view(state: State) -> View:
    """Return what access reads of a state, as the matters app computes it."""
    asked: dict[str, set[str]] = {}
    for request in state.requests.values():
        if request.state in ("open", "contested") and request.unit is not None:
            asked.setdefault(request.kind, set()).add(request.unit)
    return View(
        id=STREAM,
        lead_unit=state.unit,
        lead_seat=state.seat,
        sensitivity=state.sensitivity,
        open=state.open,
        supporting=frozenset(state.parties.get("supporting", ())),
        asked={kind: frozenset(units) for kind, units in asked.items()},
        superior=state.superior,
        sponsor_unit=state.sponsor["unit"] if state.sponsor is not None else None,
        sponsor_seat=state.sponsor["seat"] if state.sponsor is not None else None,
        part_of=state.part_of,
        intake_unit=state.intake_unit,
        concerned=frozenset(state.concerned),
        recused=frozenset(state.recused),
        handled_by=frozenset(state.handled_by),
        unmatched=state.unmatched,
        pool=state.pool,
    )


class Case:
    """One matter: `do` acts, folds the entries as a reader of the ledger would, and compares."""

    def __init__(self, pack: Pack = PACK, jurisdiction: Jurisdiction = COUNTY, calendar: Calendar = CHINA_2026) -> None:
        self.pack = pack
        self.jurisdiction = jurisdiction
        self.calendar = calendar
        self.state: State | None = None
        self.bodies: list[dict[str, Any]] = []
        self.now = START
        self.last: Decision | None = None

    # who

    def actor(self, who: Actor | int | str) -> Actor:
        if isinstance(who, Actor):
            return who
        if who == "resident":
            return resident_of(STREAM)
        if who == "system":
            return SYSTEM
        if who == "import":
            return IMPORT
        assert isinstance(who, int)
        return actor_for(self.jurisdiction, person(who), None, self.now)

    def command(self, who: Actor | int | str, act: str, texts: str = "", **more: Any) -> Command:
        actor = self.actor(who)
        found = relations(actor, view(self.state) if self.state is not None else None)
        given = {name: more.pop(name) for name in ("target", "owner", "parent", "relations") if name in more}
        at = more.pop("at", None)
        if at is not None:
            self.now = at
        occurred = more.pop("occurred_at", self.now)
        command = Command(
            act=act,
            actor=actor,
            relations=given.pop("relations", found),
            inputs=more,
            texts=frozenset(texts.split()),
            occurred_at=occurred,
            children=tuple(f"{900 + len(self.bodies) * 10 + n:032x}" for n in range(self.pack.children_opened_by(act))),
            stream=STREAM,
            **given,
        )
        return command

    # what

    def decide(self, command: Command, pack: Pack | None = None) -> Decision:
        return decide(
            pack or self.pack,
            self.state,
            command,
            jurisdiction=self.jurisdiction,
            calendar=self.calendar,
            now=self.now,
        )

    def run(self, command: Command, pack: Pack | None = None) -> State:
        before = canonical(self.state.to_document()) if self.state is not None else b""
        decision = self.decide(command, pack)
        if self.state is not None:
            assert canonical(self.state.to_document()) == before, "deciding changed the state it was given"
        for draft in decision.entries:
            for effect in draft.effects:
                check_effect(effect)
            self.bodies.append(
                {
                    "n": len(self.bodies) + 1,
                    "act": draft.act,
                    "kind": draft.kind,
                    "public_kind": draft.public_kind,
                    "at": stamp(self.now),
                    "occurred": stamp(command.occurred_at),
                    "pack": decision.state.pack,
                    "calendar": self.calendar.hash,
                    "input": draft.input,
                    "texts": [[name, "commitment"] for name in draft.texts],
                    "effects": draft.effects,
                    "clock": draft.clock,
                    "due": draft.due,
                    "stream": STREAM,
                }
            )
        folded = self.state
        for body in self.bodies[-len(decision.entries) :]:
            folded = fold(folded, body)
        assert folded is not None
        assert folded.to_document() == decision.state.to_document(), "the fold says something else than the decision"
        assert State.from_document(folded.to_document()) == folded
        again = self.decide(
            replace(
                command_of(self.bodies[-len(decision.entries)], actor=command.actor, relations=command.relations),
                seen=command.seen,
            ),
            pack,
        )
        assert [draft.effects for draft in again.entries] == [draft.effects for draft in decision.entries]
        self.state = decision.state
        self.last = decision
        return decision.state

    def do(self, who: Actor | int | str, act: str, texts: str = "", **more: Any) -> State:
        return self.run(self.command(who, act, texts, **more))

    def refused(self, who: Actor | int | str, act: str, texts: str = "", **more: Any) -> dict[str, str]:
        """Return code by path of everything missing; the state stays as it was."""
        before = self.state.to_document() if self.state is not None else None
        command = self.command(who, act, texts, **more)
        with pytest.raises(Refused) as raised:
            self.decide(command)
        assert (self.state.to_document() if self.state is not None else None) == before
        found = raised.value.unmet
        for item in found:
            assert item.code in CODES and item.title["zh"] and item.title["en"], item
        assert len(found) == len({(item.code, item.path) for item in found}), "the same thing is named twice"
        return {item.path: item.code for item in found}

    def check(self) -> None:
        """Fold everything from the first entry again."""
        assert self.state is not None
        assert fold_all(self.bodies).to_document() == self.state.to_document()


def submitted(topic: str = "t.wages", **more: Any) -> Case:
    """Return a matter that a resident just brought in; wages are for u.labour, under u.gov."""
    case = Case()
    case.do(
        "resident",
        "submit",
        more.pop("texts", "story contact"),
        topic=topic,
        region=more.pop("region", "r.qingshi"),
        channel="web",
        **more,
    )
    return case


def accepted(**more: Any) -> Case:
    """Return a matter that the handler of u.labour (30) accepted a day later."""
    case = submitted(**more)
    case.do(30, "accept", at=day("2026-03-10"))
    return case


def answered(**more: Any) -> Case:
    """Return a matter answered on 2026-03-20."""
    case = accepted(**more)
    case.do(30, "answer", at=day("2026-03-20"), result="resolved")
    return case
