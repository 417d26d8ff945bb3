"""Exploring a pack finds what breaks a promise, and misses no situation that a real matter gets into."""
# ruff: noqa: E501  (pieces of YAML are compared as they stand in the file)

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.core.procedure.walker import Walk

from huajie.core.ledger import stamp
from huajie.core.procedure import Pack, read, resolve
from huajie.core.procedure.explore import ANSWERS, Report, TooMany, explore, prove_request

pytestmark = pytest.mark.accept("K3")

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT / "tests" / "data" / "packs"
SHARED = {f"common/{path.stem}": path.read_text(encoding="utf-8") for path in (ROOT / "packs/common").glob("*.yaml")}
SHIPPED = sorted(path.parent.name for path in (ROOT / "packs").glob("*/pack.yaml"))


def load(path: Path) -> tuple[Pack, Any]:
    source = read(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT)), SHARED)
    return resolve(source), source


def shipped(name: str) -> tuple[Pack, Any]:
    return load(ROOT / "packs" / name / "pack.yaml")


def children_of(pack: Pack) -> dict[str, Pack]:
    return {kind.pack: shipped(kind.pack)[0] for kind in pack.children.values()}


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_packs_keep_promises_2_4_5_and_6(name: str) -> None:
    pack, source = shipped(name)
    report = explore(pack, children_of(pack), source=source)
    assert [str(one) for one in report.violations] == []
    assert report.states >= len(pack.stages)


def test_the_base_pack_is_clean() -> None:
    pack, source = load(DATA / "base" / "pack.yaml")
    assert explore(pack, source=source).violations == ()


# Written by hand: promise, code, line, path and the acts that show it.
BROKEN = [
    ("promise-2", 2, "objection-ends", 186, "acts.verify.effects[1]", "submit offer_transfer contest verify"),
    ("promise-4", 4, "clock-restarted", 191, "acts.send_back.effects[1]", "submit accept answer send_back"),
    (
        "promise-5",
        5,
        "ending-unverified",
        175,
        "acts.answer.effects[2].then[0]",
        "submit accept answer send_back answer",
    ),
    (
        "promise-6",
        6,
        "ending-without-outcome",
        181,
        "acts.verify.effects[0]",
        "submit accept answer verify reopen verify",
    ),
]


@pytest.mark.parametrize(("name", "promise", "code", "line", "path", "trace"), BROKEN, ids=[row[0] for row in BROKEN])
def test_a_broken_promise_is_named_with_its_place_and_a_shortest_trace(
    name: str, promise: int, code: str, line: int, path: str, trace: str
) -> None:
    file = DATA / "broken" / name / "pack.yaml"
    pack, source = load(file)
    (found,) = explore(pack, source=source).violations
    assert (found.promise, found.code, found.line, found.path) == (promise, code, line, path)
    assert found.file == str(file.relative_to(ROOT))
    assert found.trace == tuple(trace.split())
    assert f"promise {promise}: " in str(found)


# --- small changes to the base pack, each breaking one thing


def changed(*edits: tuple[str, str]) -> Report:
    text = (DATA / "base" / "pack.yaml").read_text(encoding="utf-8")
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    source = read(text, "changed.yaml", {})
    return explore(resolve(source), source=source)


def codes(report: Report) -> set[tuple[int | None, str]]:
    return {(one.promise, one.code) for one in report.violations}


def test_an_extension_by_anybody_but_its_approvers_breaks_promise_4() -> None:
    report = changed(
        (
            "    by: [lead_head]\n    source: rules\n    from: [logged, working]",
            "    by: [lead_head, superior]\n    source: rules\n    from: [logged, working]",
        )
    )
    assert (4, "extension-approver") in codes(report)


def test_a_withdrawal_by_the_handler_breaks_promise_6() -> None:
    report = changed(
        ("    public_kind: withdrawn\n    by: [resident]", "    public_kind: withdrawn\n    by: [resident, lead_seat]")
    )
    assert (6, "withdrawal-by-others") in codes(report)


def test_a_withdrawal_that_cannot_be_taken_back_breaks_promise_6() -> None:
    report = changed(
        (
            "    public_kind: reopened\n    by: [resident]\n    source: rules\n    from: [withdrawn]",
            "    public_kind: reopened\n    by: [lead_head]\n    source: rules\n    from: [withdrawn]",
        )
    )
    assert (6, "withdrawal-final") in codes(report)


def test_a_handler_who_verifies_breaks_promise_5() -> None:
    report = changed(
        (
            "    from: [answered]\n    independent: true\n    effects:\n      - {stage: closed}",
            "    from: [answered]\n    effects:\n      - {stage: closed}",
        )
    )
    assert (5, "ending-unverified") in codes(report)


def test_the_system_verifies_nothing() -> None:
    report = changed(
        (
            "    by: [verifier]\n    source: rules\n    from: [answered]\n    independent: true\n    effects:\n      - {stage: closed}",
            "    by: [system]\n    source: rules\n    from: [answered]\n    independent: true\n    effects:\n      - {stage: closed}",
        ),
        ("timers:\n", "timers:\n  - {clock: transfer_answer, at: due, act: verify}\n"),
    )
    assert any(promise == 5 for promise, _ in codes(report)) or (None, "impossible") in codes(report)


CALL_OUT = "effects: [{request: call_out, answer: contested}, {request: call_out_decision, open: true, to: decider}]"


def with_call_outs(*edits: tuple[str, str]) -> Report:
    text = (ROOT / "packs" / "en.complaint" / "pack.yaml").read_text(encoding="utf-8")
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    source = read(text, "changed.yaml", SHARED)
    return explore(resolve(source), source=source)


def test_a_call_out_costs_no_situation() -> None:
    """Nothing waits for whether a department comes, so the same ways are walked with as without it."""
    report = with_call_outs()
    assert not report.violations
    assert "request transfer" in report.pieces and "request call_out" not in report.pieces


@pytest.mark.parametrize(
    ("effect", "condition"),
    [
        ("{set: {category: delay}}", ""),
        ("{start: reply}", ""),
        ("{stop: reply, as: stopped}", ""),
        ("", "{request: call_out, is: none}"),
        ("", "{request: call_out_decision, is: none}"),
        ("", "{not: {clock: arrival, is: met}}"),
    ],
)
def test_a_refused_call_out_that_could_open_a_way_is_followed(effect: str, condition: str) -> None:
    """As soon as the refusal changes anything else, or a condition reads it, it is walked like any other objection."""
    edits = []
    if effect:
        edits.append((CALL_OUT, f"{CALL_OUT[:-1]}, {effect}]"))
    if condition:
        edits.append(
            (
                "    entry: matter.support-added\n",
                f"    entry: matter.support-added\n    when: {condition}\n    why: {T}\n",
            )
        )
    assert "request call_out" in with_call_outs(*edits).pieces


def test_a_stage_in_which_only_the_system_can_act_is_found() -> None:
    report = changed(
        (
            "    by: [verifier]\n    source: rules\n    from: [answered]\n    independent: true\n    effects:\n      - {stage: closed}",
            "    by: [verifier]\n    source: rules\n    from: [answered]\n    when: {request: transfer, is: none}\n    why: {zh: 无, en: None}\n    independent: true\n    effects:\n      - {stage: closed}",
        ),
        (
            "    by: [verifier]\n    source: rules\n    from: [answered]\n    independent: true\n    effects:\n      - {stage: working}",
            "    by: [verifier]\n    source: rules\n    from: [answered]\n    when: {request: transfer, is: none}\n    why: {zh: 无, en: None}\n    independent: true\n    effects:\n      - {stage: working}",
        ),
        ("    from: [logged, working, answered]", "    from: [logged, working]"),
    )
    assert (None, "dead-end") in codes(report)
    assert (None, "nobody-can-act") in codes(report)


def test_more_situations_than_the_limit_name_the_fact_to_bound() -> None:
    text = (DATA / "base" / "pack.yaml").read_text(encoding="utf-8")
    document = yaml.safe_load(text.replace("on: transfer", '"on": transfer'))
    document["retention"]["source"] = "rules"
    title = {"zh": "数", "en": "Number"}
    document["facts"]["level"] = {"type": "integer", "title": title, "purpose": title, "min": 0, "max": 200}
    field = {"name": "level", "required": True}
    for at in range(1, 200):
        document["acts"][f"note_{at}"] = {
            "title": title,
            "entry": "matter.noted",
            "public_kind": "note",
            "by": ["lead_seat"],
            "source": "rules",
            "when": {"fact": "level", "at_least": at},
            "why": title,
        }
    document["acts"]["accept"]["form"] = {"fields": [field]}
    document["acts"]["accept"]["effects"].insert(0, {"set": {"level": {"field": "level"}}})
    document["sources"]["rules"]["date"] = "2024-01-01"
    pack = resolve(read(yaml.dump(document, allow_unicode=True, Dumper=_Dumper), "wide.yaml", {}))
    with pytest.raises(TooMany, match="fact level") as caught:
        explore(pack, limit=300)
    assert caught.value.fact == "fact level"


# --- the request sub-machine, by itself


def test_the_request_machine_is_proved() -> None:
    assert prove_request(ANSWERS) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {**ANSWERS, "contested": ("accepted", "withdrawn")},
        {**ANSWERS, "contested": ("open",)},
        {**ANSWERS, "refused": ("open",)},
        {**ANSWERS, "open": ("accepted", "vanished")},
        {**ANSWERS, "open": ("accepted", "refused", "withdrawn", "lapsed", "done")},
    ],
)
def test_a_request_machine_that_loses_an_objection_is_not(wrong: dict[str, tuple[str, ...]]) -> None:
    assert prove_request(wrong)


# --- soundness: the real engine never gets anywhere that the walk did not see


def follow(pack: Pack, children: dict[str, Pack], report: Report, seed: int, steps: int) -> set[str]:
    """Walk at random; every state of the root must be covered. Return the names of the acts that happened."""
    walk = Walk(pack, children, seed)
    for _ in range(steps):
        walk.step()
        state = walk.root.state
        if state is None:
            continue
        now = stamp(walk.now)
        assert report.covers(state, now=now), (
            f"seed {seed}: {walk.root.acts}\n{report.describe(report.situation(state, now=now))}"
        )
    return set(walk.root.acts)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_state_of_a_real_matter_under_a_shipped_pack_is_covered(name: str) -> None:
    pack, source = shipped(name)
    children = children_of(pack)
    report = explore(pack, children, source=source)
    done: set[str] = set()
    for seed in range(40):
        done |= follow(pack, children, report, seed, 120)
    creators = [act for act in pack.acts.values() if act.creates]
    assert len(done) >= (len(pack.acts) // 2 if any("resident" in act.by for act in creators) else 0)


STAGES = ("one", "two", "three", "four", "shut", "gone")
T = {"zh": "试", "en": "Test"}


def tiny(seed: int) -> Pack | None:
    """Return a small pack made up at random; most break something."""
    rng = random.Random(seed)
    document = yaml.safe_load(
        (DATA / "base" / "pack.yaml").read_text(encoding="utf-8").replace("on: transfer", '"on": x')
    )
    document["pack"] = f"test.tiny-{seed}"
    document["sources"]["rules"]["date"] = "2024-01-01"
    document["stages"] = {
        name: {"title": T, "plain": T, **({"initial": True} if name == "one" else {})}
        | ({"ending": True} if name in ("shut", "gone") else {"waits_for": "lead"})
        for name in STAGES
    }
    document["facts"] = {
        "category": {"type": "choice", "title": T, "purpose": T, "choices": {"a": T, "b": T, "c": T}},
        "level": {"type": "integer", "title": T, "purpose": T, "min": 0, "max": 5},
        "flag": {"type": "boolean", "title": T, "purpose": T},
        "marks": {"type": "choices", "title": T, "purpose": T, "choices": {"p": T, "q": T, "r": T}},
    }
    document["notices"] = {}
    document["timers"] = [{"clock": "reply", "at": "due", "act": "tick"}]

    def condition(depth: int = 0) -> dict[str, Any]:
        if depth < 2 and rng.random() < 0.4:
            kind = rng.choice(["all", "any", "not"])
            if kind == "not":
                return {"not": condition(depth + 1)}
            return {kind: [condition(depth + 1) for _ in range(2)]}
        return rng.choice(
            [
                {"clock": "reply", "is": rng.choice(["running", "late", "met", "stopped", "none", "started"])},
                {"fact": "category", "is": rng.choice("abc")},
                {"fact": "category", "in": ["a", "b"]},
                {"fact": "level", "at_least": rng.randint(1, 4)},
                {"fact": "level", "present": rng.random() < 0.5},
                {"fact": "flag", "is": rng.random() < 0.5},
                {"fact": "marks", "is": rng.choice("pq")},
                {"text": "remark"},
                {
                    "request": "transfer",
                    "is": rng.choice(["none", "open", "contested", "accepted", "refused", "done", "lapsed"]),
                },
                {"request": "task", "is": rng.choice(["none", "open", "accepted", "done", "contested"])},
                {"count": rng.choice(["objections", "reopenings", "handoffs"]), "at_least": rng.randint(1, 2)},
                {"outcome": rng.choice(["present", "none", ["not-resolved"]])},
                {"verdict": "present"},
                {"mode": "anonymous"},
                {"computed": "within_30_days_of_withdrawal"},
                {"stage": rng.sample(STAGES, 2)},
            ]
        )

    def effect(depth: int = 0) -> dict[str, Any]:
        if depth < 1 and rng.random() < 0.2:
            return {"when": condition(), "then": [effect(1)], "else": [effect(1)]}
        return rng.choice(
            [
                {"stage": rng.choice(STAGES)},
                {"stage": rng.choice(STAGES[:4])},
                {"start": "reply"},
                {"stop": "reply", "as": rng.choice(["met", "stopped"])},
                {"set": {"category": {"field": "category"}}},
                {"set": {"level": {"field": "level"}, "flag": True}},
                {"set": {"marks": {"field": "marks"}}},
                {"request": "transfer", "open": True, "to": "superior"},
                {"request": "transfer", "answer": rng.choice(["accepted", "refused", "contested", "withdrawn"])},
                {"request": "task", "open": True, "to": "lead"},
                {"request": "task", "answer": rng.choice(["accepted", "done", "contested", "lapsed"])},
                {"outcome": rng.choice(["resolved-as-asked", "not-resolved", "withdrawn"])},
                {"verdict": "solved"},
                {"reopen": True},
                {"owner": "superior"},
            ]
        )

    fields = [
        {"name": "category", "required": rng.random() < 0.5},
        {"name": "level", "required": rng.random() < 0.5},
        {"name": "marks", "required": False},
        {"name": "remark", "type": "text", "title": T, "purpose": T, "required": rng.random() < 0.3},
    ]
    document["requests"]["task"] = {"title": T, "many": True, "answers": ["accepted", "done", "contested", "lapsed"]}
    document["requests"]["transfer"]["answers"] = ["accepted", "refused", "contested", "withdrawn"]
    base = {"title": T, "entry": "matter.done", "public_kind": "note", "source": "rules"}
    acts: dict[str, Any] = {
        "submit": {**base, "by": ["resident"], "creates": True, "effects": [{"start": "reply", "from": "received"}]},
        "tick": {
            **base,
            "by": ["system"],
            "effects": [effect()],
            "form": {"fields": [{**one, "required": False} for one in fields]},
        },
        "push": {**base, "by": ["lead_seat"], "effects": [{"stage": "two"}]},
    }
    for number in range(7):
        act: dict[str, Any] = {
            **base,
            "by": rng.sample(["lead_seat", "lead_head", "resident", "verifier", "superior"], rng.randint(1, 2)),
            "form": {"fields": fields},
            "effects": [effect() for _ in range(rng.randint(1, 4))],
        }
        if rng.random() < 0.3:
            act["effects"] += [{"outcome": "not-resolved"}, {"stage": "shut"}]
        elif rng.random() < 0.2:
            act["effects"] += [{"stop": "reply"}, {"start": "reply"}]
        if rng.random() < 0.7:
            act["from"] = rng.sample(STAGES, rng.randint(1, 3))
        if rng.random() < 0.5:
            act["when"], act["why"] = condition(), T
        if rng.random() < 0.2:
            act["gate"] = [{"need": condition(), "title": T, "source": "rules"}]
        if rng.random() < 0.4:
            act["handles"] = True
        elif rng.random() < 0.4:
            act["independent"] = True
        if rng.random() < 0.3:
            act["on"] = rng.choice(["transfer", "task"])
        acts[f"act_{number}"] = act
    document["acts"] = acts
    return resolve(read(yaml.dump(document, allow_unicode=True, Dumper=_Dumper), "tiny.yaml", {}))


class _Dumper(yaml.SafeDumper):
    """Writes shared parts out in full: packs have no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def test_random_packs_brute_force_finds_nothing_that_the_walk_missed() -> None:
    """Real matters under random packs stay inside the walk, and what they break there is among its violations."""
    seen: Counter[str] = Counter()
    # anybody may ask about their data in any of them
    beside = {"any.rights-request": shipped("any.rights-request")[0]}
    for seed in range(100):
        pack = tiny(seed)
        assert pack is not None
        report = explore(pack)
        found = codes(report)
        for turn in range(6):
            walk = Walk(pack, beside, seed * 100 + turn)
            unverified = False
            for _ in range(70):
                before = walk.root.state
                matter, name, actor, decision = walk.step()
                if matter is not walk.root:
                    continue
                state = matter.state
                if decision is None:
                    if name in pack.acts and walk.refused == ("outcome-missing",):
                        assert (6, "ending-without-outcome") in found, (seed, turn, matter.acts, name)
                        seen["outcome"] += 1
                        walk.refused = ()
                    if state is not None:
                        assert report.covers(state, now=stamp(walk.now)), (seed, turn, matter.acts)
                    continue
                assert state is not None
                now = stamp(walk.now)
                assert report.covers(state, now=now), (
                    seed,
                    turn,
                    matter.acts,
                    report.describe(report.situation(state, now=now)),
                )
                act = pack.acts[name]
                if act.independent and actor.kind in ("seat", "resident"):
                    unverified = False
                ended = (before is None or before.open) and not state.open
                if ended and unverified and not act.independent and act.by != frozenset({"resident"}):
                    assert any(promise == 5 for promise, _ in found), (seed, turn, matter.acts)
                    seen["unverified"] += 1
                if act.handles:
                    unverified = True
                effects = [one for draft in decision.entries for one in draft.effects]
                restarted, stopped = False, False
                for one in effects:
                    if one["e"] == "clock.stopped" and one["key"].partition("#")[0] == "reply":
                        stopped = True
                    elif one["e"] == "clock.started" and one["name"] == "reply":
                        restarted = stopped
                if restarted:
                    assert (4, "clock-restarted") in found, (seed, turn, matter.acts)
                    seen["restarted"] += 1
                outcomes = [one["value"] for one in effects if one["e"] == "outcome"]
                withdrew = outcomes[-1:] == ["withdrawn"]
                if withdrew and act.by != frozenset({"resident"}):
                    assert (6, "withdrawal-by-others") in found, (seed, turn, matter.acts)
                    seen["withdrawn"] += 1
    assert all(seen[kind] >= 5 for kind in ("outcome", "unverified", "restarted", "withdrawn")), seen
