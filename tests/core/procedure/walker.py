"""A random walk of real matters through the real `decide`: the slow, stupid way to see where a pack can lead."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from tests.core.procedure.support import START
from tests.support.china_2026 import CHINA_2026
from tests.support.small_county import county, person

from huajie.core.access import IMPORT, SYSTEM, Actor, actor_for, resident_of
from huajie.core.ledger import stamp
from huajie.core.procedure import Command, Decision, Pack, Refused, State, decide

COUNTY = county()
PEOPLE = [1, 10, 11, 12, 20, 21, 22, 30, 31, 40, 41, 50, 60]
UNITS = ["u.housing", "u.labour", "u.water", "u.qingshi", "u.liutan"]


class Matter:
    """One matter of the walk."""

    def __init__(self, stream: str, pack: Pack, parent: tuple[str, str] | None = None) -> None:
        self.stream = stream
        self.pack = pack
        self.parent = parent
        self.state: State | None = None
        self.acts: list[str] = []


class Walk:
    """A matter under a pack and every child it opens, moved on at random."""

    def __init__(self, pack: Pack, children: dict[str, Pack], seed: int) -> None:
        self.random = random.Random(seed)
        self.children = children
        self.now = START
        self.count = 0
        self.matters: dict[str, Matter] = {}
        self.root = self._new(pack)
        #: codes of the newest refusal
        self.refused: tuple[str, ...] = ()

    def _new(self, pack: Pack, parent: tuple[str, str] | None = None) -> Matter:
        self.count += 1
        matter = Matter(f"{self.count:032x}", pack, parent)
        self.matters[matter.stream] = matter
        return matter

    def step(self) -> tuple[Matter, str, Actor, Decision | None]:
        """Let time pass or try one act on one matter; the decision is None when it was refused or nothing was tried."""
        if self.root.state is not None and self.random.random() < 0.15:
            self.now += self.random.choice(
                [timedelta(hours=3), timedelta(days=1), timedelta(days=6), timedelta(days=20), timedelta(days=40)]
            )
            return self.root, "(time)", SYSTEM, None
        matter = self.random.choice([one for one in self.matters.values() if one is self.root or one.state is not None])
        command = self._command(matter)
        before = {stream: one.state for stream, one in self.matters.items()}
        done = {stream: list(one.acts) for stream, one in self.matters.items()}
        try:
            decision = self._decide(matter, command)
            self._keep(matter, command.act, decision)
        except Refused as refused:
            # what the matter above can't do is not done below either
            for stream, one in self.matters.items():
                if stream in before:
                    one.state, one.acts = before[stream], done[stream]
            self.refused = tuple(sorted({item.code for item in refused.unmet}))
            return matter, command.act, command.actor, None
        return matter, command.act, command.actor, decision

    def _keep(self, matter: Matter, act: str, decision: Decision) -> None:
        matter.state = decision.state
        matter.acts.append(act)
        for order in decision.opens:
            pack = self.children[order.pack]
            child = self._new(pack, (matter.stream, order.key))
            del self.matters[child.stream]
            child.stream = order.stream
            self.matters[child.stream] = child
            opening = next(one for one in pack.acts.values() if one.creates)
            command = Command(
                act=opening.name,
                actor=SYSTEM,
                relations=frozenset({"system"}),
                inputs={**self._inputs(opening, True)[0], "channel": pack.channels[0], "mode": pack.modes[0]},
                texts=self._inputs(opening, True)[1],
                occurred_at=self.now,
                owner=order.unit,
                parent={
                    "stream": matter.stream,
                    "key": order.key,
                    "unit": matter.state.unit,
                    **({"seat": order.seat} if order.seat else {}),
                },
                stream=child.stream,
            )
            self._keep(child, command.act, self._decide(child, command))
        for signal in decision.signals:
            assert matter.parent is not None
            above = self.matters[matter.parent[0]]
            told = Command(
                act="@signal",
                actor=SYSTEM,
                relations=frozenset({"system"}),
                inputs={
                    "signal": signal.name,
                    "outcome": signal.outcome,
                    "ended": signal.ended,
                    **({"date": signal.date} if signal.date is not None else {}),
                },
                texts=frozenset(signal.carry),
                occurred_at=self.now,
                target=matter.parent[1],
                children=self._streams(4),
                stream=above.stream,
            )
            self._keep(above, f"@{signal.name}", self._decide(above, told))

    def _streams(self, number: int) -> tuple[str, ...]:
        self.count += number
        return tuple(f"{1_000_000 + self.count + n:032x}" for n in range(number))

    def _decide(self, matter: Matter, command: Command) -> Decision:
        return decide(matter.pack, matter.state, command, jurisdiction=COUNTY, calendar=CHINA_2026, now=self.now)

    def _command(self, matter: Matter) -> Command:
        pack, state = matter.pack, matter.state
        due = [key for key, timer in state.timers.items() if timer.at <= stamp(self.now)] if state else []
        if state is not None and due and self.random.random() < 0.3:
            key = self.random.choice(due)
            return Command(
                act=state.timers[key].act,
                actor=SYSTEM,
                relations=frozenset({"system"}),
                occurred_at=self.now,
                target=key,
                children=self._streams(3),
                stream=matter.stream,
            )
        acts = [act for act in pack.acts.values() if act.creates is (state is None)]
        if state is not None and self.random.random() < 0.9:
            acts = [act for act in acts if state.stage in (act.stages or {state.stage})] or acts
        act = self.random.choice(acts)
        relation = self.random.choice(sorted(act.by))
        actor = self._actor(matter, relation)
        inputs, texts = self._inputs(act, actor.kind != "resident")
        if act.creates:
            inputs |= {
                "topic": "t.wages",
                "region": "r.qingshi",
                "channel": self.random.choice(pack.channels),
                "mode": self.random.choice(pack.modes),
            }
        target = None
        if state is not None and act.on is not None:
            live = [
                key for key, one in state.requests.items() if one.kind == act.on and one.state in ("open", "contested")
            ]
            target = self.random.choice(live) if live else None
        if target is not None and relation.startswith("asked"):
            asked = state.requests[target].unit  # type: ignore[union-attr]
            people = [n for n in PEOPLE if actor_for(COUNTY, person(n), None, self.now).unit == asked]
            if people:
                actor = actor_for(COUNTY, person(self.random.choice(people)), None, self.now)
        return Command(
            act=act.name,
            actor=actor,
            relations=frozenset({relation}),
            inputs=inputs,
            texts=texts,
            occurred_at=self.now,
            target=target,
            children=self._streams(pack.children_opened_by(act.name)),
            stream=matter.stream,
        )

    def _actor(self, matter: Matter, relation: str) -> Actor:
        if relation == "resident":
            return resident_of(matter.stream)
        if relation == "system":
            return SYSTEM
        if relation == "import":
            return IMPORT
        return actor_for(COUNTY, person(self.random.choice(PEOPLE)), None, self.now)

    def _inputs(self, act: Any, staff: bool) -> tuple[dict[str, Any], frozenset[str]]:
        inputs: dict[str, Any] = {}
        texts: set[str] = set()
        for field in act.fields:
            if field.visible is not None and field.visible != ("staff" if staff else "resident"):
                continue
            if not field.required and self.random.random() < 0.5:
                continue
            if field.is_text:
                texts.add(field.name)
                continue
            value: Any = None
            if field.type == "choice":
                value = self.random.choice(sorted(field.choices))
            elif field.type == "choices":
                value = sorted(one for one in field.choices if self.random.random() < 0.5) or [min(field.choices)]
            elif field.type == "boolean":
                value = self.random.random() < 0.5
            elif field.type == "integer":
                value = self.random.randint(field.min or 0, min(field.max or 9, (field.min or 0) + 12))
            elif field.type == "date":
                value = (self.now - timedelta(days=self.random.randint(0, 5))).date().isoformat()
            elif field.type == "moment":
                value = stamp(self.now)
            elif field.type == "unit":
                value = self.random.choice(UNITS)
            elif field.type == "seat":
                value = "s.labour.one"
            elif field.type == "region":
                value = "r.qingshi"
            elif field.type == "topic":
                value = "t.wages"
            elif field.type == "matter":
                value = f"{77:032x}"
            inputs[field.name] = value
        return inputs, frozenset(texts)
