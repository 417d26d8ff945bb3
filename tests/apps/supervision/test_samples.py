"""Endings are drawn by a seed that was fixed first, drawn again by anybody, and verified by somebody else."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from tests.support.standing_county import acknowledged, day

from huajie.apps.ledger import queries as ledger_queries
from huajie.apps.matters import loading
from huajie.apps.matters.operations import Order, Written, act
from huajie.apps.matters.verify import verify
from huajie.apps.supervision import samples
from huajie.apps.supervision.cases import refresh
from huajie.apps.supervision.stream import STREAM
from huajie.core.access import Actor, resident_of
from huajie.core.supervision import BadSample

ZONE = ZoneInfo("Asia/Shanghai")
MARCH = {"first": date(2026, 3, 1), "last": date(2026, 3, 31)}
FOUND = {"resident": "met", "channel": "phone", "met_unit": "met", "file": "read"}


def ended(matter: Written, county: Callable[..., Actor], on: int) -> None:
    """The water bureau proposes how it ends, the pool's verifier confirms it."""
    inputs = {"ending_reason": "cannot-be-resolved-now", "next_look_date": "2026-06-01"}
    order = Order(act="propose_ending", inputs=inputs, texts={"route": "要等明年的预算。"})
    act(matter.stream, order, actor=county(60, day(on)), now=day(on))
    note = {"note_text": "核对过了。"}
    act(matter.stream, Order(act="confirm_ending", texts=note), actor=county(12, day(on + 1)), now=day(on + 1))


@pytest.fixture
def drawn(county: Callable[..., Actor]) -> tuple[list[Written], dict[str, Any]]:
    """Four complaints of March, two withdrawn by their residents and two ended by the water bureau; three are drawn."""
    samples.fix_seed("2026-03", **MARCH, actor=county(3, day(1)), now=day(1), zone=ZONE)
    brought = [acknowledged(county) for _ in range(4)]
    for one in brought[:2]:
        act(one.stream, Order(act="withdraw"), actor=resident_of(one.stream.hex), now=day(10))
    for one in brought[2:]:
        ended(one, county, 11)
    document = samples.freeze_and_draw("2026-03", size=3, actor=county(3, day(31)), now=day(31), zone=ZONE)
    return brought, document


def test_withdrawn_endings_are_in_the_frame_and_three_are_drawn(drawn: Any) -> None:
    _, document = drawn
    ((unit, references),) = document["frame"]["strata"]
    assert unit == "u.water"
    assert len(references) == 4
    assert [len(many) for _, many in document["sample"]] == [3]
    rows = samples.drawn("2026-03")
    assert "withdrawn-by-person" in {row.outcome for row in rows}
    assert verify().clean


@pytest.mark.accept("S6")
def test_a_stranger_draws_the_same_and_sees_a_changed_frame(drawn: Any, tmp_path: Path) -> None:
    _, document = drawn
    noted = [effect for body in ledger_queries.bodies_since(STREAM, 0) for effect in body["effects"]]
    seed, frame = noted[0]["seed_hash"], noted[1]["frame_hash"]
    file = tmp_path / "sample.json"

    def draw(changed: dict[str, Any]) -> tuple[int, str]:
        file.write_text(json.dumps(changed), encoding="utf-8")
        command = [str(Path(sys.executable).parent / "huajie"), "sample", "draw", str(file), "--seed-hash", seed]
        done = subprocess.run(
            [*command, "--frame-hash", frame, "--language", "en"], capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout

    code, said = draw(document)
    assert code == 0, said
    for reference in document["sample"][0][1]:
        assert reference in said
    lighter = json.loads(json.dumps(document))
    lighter["frame"]["strata"][0][1].remove(
        next(one for one in document["frame"]["strata"][0][1] if one not in document["sample"][0][1])
    )
    code, said = draw(lighter)
    assert code == 1
    assert "the frame" in said


def test_a_seed_is_fixed_before_the_period_is_over_and_once(county: Callable[..., Actor]) -> None:
    def fix(on: int, who: int = 3) -> str:
        return samples.fix_seed("2026-03", **MARCH, actor=county(who, day(on)), now=day(on), zone=ZONE)

    with pytest.raises(samples.SampleRefused, match="over"):
        fix(31)
    with pytest.raises(samples.SampleRefused, match="role"):
        fix(2, 20)
    told = fix(2)
    with pytest.raises(samples.SampleRefused, match="known"):
        fix(3)
    # the seed itself stands nowhere in the clear
    with connection.cursor() as cursor:
        cursor.execute("SELECT box FROM supervision_secret")
        (box,) = cursor.fetchone()
    assert len(bytes(box)) > 32
    assert told not in bytes(box).hex()
    with pytest.raises(samples.SampleRefused, match="not-over"):
        samples.freeze_and_draw("2026-03", size=2, actor=county(3, day(20)), now=day(20), zone=ZONE)


def test_it_is_drawn_once_and_the_size_must_fit(drawn: Any, county: Callable[..., Actor]) -> None:
    with pytest.raises(samples.SampleRefused, match="known"):
        samples.freeze_and_draw("2026-03", size=3, actor=county(3, day(32)), now=day(32), zone=ZONE)
    samples.fix_seed(
        "2026-04", first=date(2026, 4, 1), last=date(2026, 4, 30), actor=county(3, day(31)), now=day(31), zone=ZONE
    )
    late = acknowledged(county)
    act(late.stream, Order(act="withdraw"), actor=resident_of(late.stream.hex), now=day(33))
    with pytest.raises(BadSample):
        samples.freeze_and_draw("2026-04", size=9, actor=county(3, day(70)), now=day(70), zone=ZONE)


def test_a_no_sends_it_back_and_a_silence_stays_a_silence(drawn: Any, county: Callable[..., Actor]) -> None:
    rows = samples.drawn("2026-03")
    one = next(row.matter for row in rows if row.outcome == "cannot-be-resolved-now")
    other = next(row.matter for row in rows if row.matter != one)
    supervisor = county(3, day(33))
    no = {"answerable": "yes", "done": "no", "solved": "no"}
    handled = county(60, day(33))
    with pytest.raises(samples.SampleRefused, match="role"):
        samples.check("2026-03", one, answers=no, **FOUND, actor=handled, now=day(33))
    unmet = {**FOUND, "resident": "not-reached", "channel": ""}
    with pytest.raises(samples.SampleRefused, match="answer"):
        solved = {"answerable": "yes", "done": "yes", "solved": "yes"}
        samples.check("2026-03", other, answers=solved, **unmet, actor=supervisor, now=day(33))
    assert samples.check("2026-03", one, answers=no, **FOUND, actor=supervisor, now=day(33))
    tip = loading.load(one, using="default")
    assert tip is not None and tip.state is not None
    assert tip.state.open
    while refresh():
        pass
    assert samples.aftermath("2026-03") == samples.Aftermath(found=1, reopened=1, open=1, other=0, same=0)
    inputs = {"ending_reason": "cannot-be-resolved-now", "next_look_date": "2026-09-01"}
    propose = Order(act="propose_ending", inputs=inputs, texts={"route": "要等明年的预算。"})
    act(one, propose, actor=county(60, day(33, 5)), now=day(33, 5))
    act(
        one,
        Order(act="confirm_ending", texts={"note_text": "核对过了。"}),
        actor=county(12, day(33, 6)),
        now=day(33, 6),
    )
    while refresh():
        pass
    assert samples.aftermath("2026-03") == samples.Aftermath(found=1, reopened=1, open=0, other=0, same=1)
    silent = {"answerable": "yes", "done": "yes", "solved": "unknown"}
    assert not samples.check("2026-03", other, answers=silent, **unmet, actor=supervisor, now=day(34))
    (water,) = samples.agreement("2026-03")
    assert (water.unit, water.drawn, water.checked, water.agreed, water.open) == ("u.water", 3, 1, 0, 2)
    with pytest.raises(samples.SampleRefused, match="known"):
        samples.check("2026-03", one, answers=no, **FOUND, actor=supervisor, now=day(35))
    assert verify().clean


@pytest.mark.accept("S6")
def test_verify_sees_a_frame_that_was_changed_after_the_seed(drawn: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE supervision_sample SET document = REPLACE(document, %s, %s)", ['"size":3', '"size":2'])
    found = [one.message for one in verify().differences]
    assert any("is not the one that was published" in message for message in found), found
    assert any("does not agree" in message for message in found), found
