"""`check` names every mistake by file, line and path, and suggests the word that was meant."""

import re
from pathlib import Path

import pytest
import yaml

from huajie.core.procedure import BadPack
from huajie.core.procedure.check import Finding, check, findings_of
from huajie.core.procedure.source import parse

pytestmark = pytest.mark.accept("K3")

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT / "tests" / "data" / "packs"
SHARED = {f"common/{path.stem}": path.read_text(encoding="utf-8") for path in (ROOT / "packs/common").glob("*.yaml")}


def findings(path: Path) -> list[Finding]:
    try:
        return check(parse(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT)), SHARED))
    except BadPack as bad:
        return findings_of(bad.errors, "yaml")


# Written by hand from the files: line, path, code, and a part of the suggestion (or of the message) that must be there.
MALFORMED = {
    "act-for-nobody": (89, "acts.accept.when", "act-nobody", "asks for lead_head"),
    "clock-change-without-source": (141, "acts.extend", "shape", "add 'source'"),
    "clock-never-started": (35, "clocks.reply", "clock-never-started", "start"),
    "clock-never-stopped": (51, "clocks.look", "clock-never-stopped", "stop"),
    "empty-chinese": (82, "acts.accept.title.zh", "text-missing", "Chinese"),
    "ending-without-outcome": (180, "acts.verify.effects[0]", "ending-without-outcome", "outcome"),
    "expression-string": (210, "acts.undo_withdrawal.when", "shape", "write {all: ...}"),
    "gate-never-passes": (162, "acts.answer.gate[0].need", "gate-never-passes", "never be true"),
    "memory-verified": (19, "sources.rules.verified", "unverified-source", "verified: false"),
    "missing-english": (32, "stages.closed.title", "shape", "add 'en'"),
    "missing-impact": (1, "", "no-impact", "add impact"),
    "missing-legal-basis": (1, "", "shape", "add 'legal_basis'"),
    "missing-privacy": (11, "privacy", "shape", "add 'spoken'"),
    "missing-purpose": (75, "acts.submit.form.fields[1]", "name", "purpose"),
    "missing-retention": (1, "", "shape", "add 'retention'"),
    "missing-rights": (1, "", "no-rights", "add rights"),
    "repeated-key": (179, "acts.verify.from", "yaml", "first on line 178"),
    "retention-stands-still": (14, "retention", "retention-stands-still", "add runs: true"),
    "stage-without-exit": (34, "stages.parked", "stage-without-exit", "move it"),
    "suits-unknown-channel": (18, "suits.channels[1]", "suits-channel", "did you mean 'counter'?"),
    "system-act-without-timer": (227, "acts.note_missed.by", "act-nobody", "timers"),
    "unknown-act-key": (88, "acts.accept.handels", "shape", "did you mean 'handles'?"),
    "unknown-clock-state": (136, "acts.decide_transfer.when.is", "shape", "did you mean 'running'?"),
    "unknown-effect": (169, "acts.answer.effects[1].stopp", "shape", "did you mean 'stop'?"),
    "unknown-fact": (79, "acts.submit.effects[2].set.categry", "name", "did you mean 'category'?"),
    "unknown-relation": (85, "acts.accept.by[0]", "name", "did you mean 'lead_seat'?"),
    "unknown-source": (50, "clocks.transfer_answer.source", "name", "did you mean 'rules'?"),
    "unknown-stage": (181, "acts.verify.effects[0].stage", "name", "did you mean 'closed'?"),
    "unreachable-stage": (29, "stages.parked", "unreachable-stage", "no act leads to"),
}


def test_the_table_names_every_malformed_pack() -> None:
    assert set(MALFORMED) == {path.parent.name for path in (DATA / "malformed").glob("*/pack.yaml")}
    assert len(MALFORMED) >= 20


@pytest.mark.accept("P9")
@pytest.mark.parametrize("name", sorted(MALFORMED))
def test_a_malformed_pack_is_named_with_file_line_path_and_suggestion(name: str) -> None:
    line, path, code, words = MALFORMED[name]
    file = DATA / "malformed" / name / "pack.yaml"
    found = findings(file)
    first = found[0]
    assert (first.line, first.path, first.code) == (line, path, code)
    assert first.file == str(file.relative_to(ROOT))
    assert words in str(first)
    place = f"{first.file}:{line}: {path}: " if path else f"{first.file}:{line}: "
    assert str(first).startswith(place)
    # One mistake, one finding; an outcome that is missing is missing at both endings.
    assert len(found) == (2 if name == "ending-without-outcome" else 1)


@pytest.mark.parametrize("name", sorted(path.parent.name for path in (ROOT / "packs").glob("*/pack.yaml")))
def test_shipped_packs_have_nothing_wrong(name: str) -> None:
    assert [str(one) for one in findings(ROOT / "packs" / name / "pack.yaml")] == []


@pytest.mark.parametrize("path", [DATA / "base", *sorted((DATA / "broken").iterdir())], ids=lambda path: path.name)
def test_packs_that_only_a_walk_can_fault_pass(path: Path) -> None:
    assert findings(path / "pack.yaml") == []


BASE = (DATA / "base" / "pack.yaml").read_text(encoding="utf-8")


def changed(old: str, new: str) -> list[Finding]:
    assert BASE.count(old) == 1, old
    return check(parse(BASE.replace(old, new), "changed.yaml", {}))


def test_an_extension_that_none_of_its_approvers_may_grant_is_for_nobody() -> None:
    (found,) = changed(
        "    by: [lead_head]\n    source: rules\n    from: [logged, working]",
        "    by: [lead_seat]\n    source: rules\n    from: [logged, working]",
    )
    assert (found.code, found.path) == ("act-nobody", "acts.extend.by")
    assert "lead_head" in found.message


def test_a_request_that_nothing_opens_leaves_its_acts_to_nobody() -> None:
    found = changed("      - {request: transfer, open: true, to: {field: to_unit}}\n", "      - {stage: working}\n")
    assert {one.path for one in found if one.code == "act-nobody"} >= {"acts.take_over.on", "acts.contest.on"}


def test_a_choice_that_no_act_sets_keeps_a_gate_shut() -> None:
    found = changed("need: {text: opinion}", "need: {fact: category, is: help}")
    assert found == []
    assert changed("      - {set: {category: {field: category}}}\n", "      - {set: {category: advice}}\n") == []


#: By hand: what a clerk may do to several matters at once. Nothing among them decides about anybody.
TOGETHER = {"add_note", "offer_transfer", "accept_transfer", "add_support", "plan_step", "give_task", "dispatch"}


@pytest.mark.parametrize("name", sorted(path.parent.name for path in (ROOT / "packs").glob("*/pack.yaml")))
def test_shipped_packs_let_nothing_else_be_done_to_several_at_once(name: str) -> None:
    document = yaml.safe_load((ROOT / "packs" / name / "pack.yaml").read_text(encoding="utf-8"))
    assert {act for act, spec in document["acts"].items() if spec.get("bulk")} <= TOGETHER


PETITION = ROOT / "packs" / "cn.petition.request" / "pack.yaml"


@pytest.mark.parametrize(
    ("act", "about"),
    [
        ("not_accept", "document, fulfilment, outcome"),
        ("accept", "document"),
        ("opinion", "document, fulfilment, outcome"),
        ("serve", "document"),
        ("extend", "extend"),
        ("withdraw", "outcome"),
        ("recuse", "recuse"),
        ("name_concerned", "concern"),
        ("accept_sponsor", "sponsor"),
        ("confirm_ending", "an ending"),
        ("erase", "erase"),
        ("link", "link"),
        ("add_evidence", "evidence"),
    ],
)
def test_what_decides_about_somebody_is_never_done_to_several_at_once(act: str, about: str) -> None:
    planted, times = re.subn(
        rf"(\n  {act}:\n(?:    .*\n)*?    by: .*\n)", r"\1    bulk: true\n", PETITION.read_text(encoding="utf-8")
    )
    assert times == 1
    found = check(parse(planted, "planted.yaml", SHARED))
    assert {one.code for one in found} <= {"bulk-decides", "bulk-field", "bulk-nobody"}
    (said,) = [one for one in found if one.code == "bulk-decides"]
    assert said.path == f"acts.{act}.bulk" and about in said.message
