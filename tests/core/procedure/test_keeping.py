"""A matter is kept as long as its pack says, from its ending; then what was said goes and what happened stays."""

from datetime import timedelta

import pytest
from tests.core.procedure.support import PACK, Case, day
from tests.core.procedure.test_decide import VERIFIER, answered

from huajie.core.ledger import stamp
from huajie.core.procedure import RETENTION, RETENTION_OVER, BadPack, resolve

pytestmark = pytest.mark.accept("P9")


def ended() -> Case:
    case = answered()
    case.do(VERIFIER, "verify")
    return case


def test_the_clock_runs_from_the_ending_and_its_moment_erases_every_text_and_nothing_else() -> None:
    case = ended()
    clock = case.state.clocks[RETENTION]
    kept = PACK.document["retention"]
    assert (clock.length, clock.unit, clock.started_at) == (kept["amount"], kept["unit"], stamp(case.now))
    timer = f"{RETENTION}|due"
    assert case.state.timers[timer].at == clock.due_at
    assert case.state.texts
    before = case.state
    case.do("system", RETENTION_OVER, target=timer, at=day(clock.last_date) + timedelta(days=1))
    after = case.state
    assert after.texts == {} and after.clocks[RETENTION].status == "met" and timer not in after.timers
    assert [effect["e"] for effect in case.last.entries[0].effects][:2] == ["fired", "erased"]
    assert case.last.entries[0].effects[1]["texts"] == sorted(before.texts)
    for name in ("stage", "outcome", "unit", "seat", "facts", "counts", "requests"):
        assert getattr(after, name) == getattr(before, name), name
    case.check()


def test_it_is_refused_early_to_people_and_without_its_timer() -> None:
    case = ended()
    timer = f"{RETENTION}|due"
    assert case.refused("system", RETENTION_OVER, target=timer) == {"target": "timer-early"}
    later = day(case.state.clocks[RETENTION].last_date) + timedelta(days=1)
    for who in (VERIFIER, "resident"):
        assert case.refused(who, RETENTION_OVER, target=timer, at=later) == {RETENTION_OVER: "relation"}
    assert case.refused("system", RETENTION_OVER, target="handling|due", at=later) == {"target": "timer-unknown"}


def test_what_opens_again_is_kept_and_its_next_ending_begins_anew() -> None:
    case = ended()
    case.do("resident", "reopen", at=day("2026-04-01"))
    assert case.state.clocks[RETENTION].status == "stopped"
    assert not any(timer.act == RETENTION_OVER for timer in case.state.timers.values())


def test_a_pack_from_before_keeps_no_such_clock_so_that_old_entries_decide_alike() -> None:
    document = dict(PACK.document)
    document["retention"] = {key: value for key, value in document["retention"].items() if key != "runs"}
    old = resolve(document)
    assert RETENTION not in old.clocks and old.hash != PACK.hash


def test_no_pack_may_call_a_clock_so() -> None:
    document = dict(PACK.document)
    document["clocks"] = {**document["clocks"], RETENTION: next(iter(document["clocks"].values()))}
    with pytest.raises(BadPack) as bad:
        resolve(document)
    assert [error.path for error in bad.value.errors] == [f"clocks.{RETENTION}"]
