"""P7: whoever handles a matter can't withdraw it: every pack that ships, every role, every act that could."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.core.procedure.test_shipped_packs import PLACE, SHARED, case_of, day, load

from huajie.core.access import RELATION_NAMES
from huajie.core.procedure import Act, Pack, Refused, read, resolve
from huajie.core.procedure.pack import walk_effects

pytestmark = pytest.mark.accept("P7")

ROOT = Path(__file__).parents[3] / "packs"
#: Every pack in the folder, not a list that somebody has to keep.
NAMES = sorted(path.parent.name for path in ROOT.glob("*/pack.yaml"))
#: Whoever works on a matter, brings it in, or runs the machine. None of them may withdraw it.
HANDLING = {
    "lead", "lead_seat", "lead_head", "lead_deputy", "lead_reviewer", "supporting", "asked", "area_worker",
    "sponsor", "intake", "dispatcher",
    "secretary", "reviewer", "parent_lead", "auditor", "archivist", "dpo", "admin", "approved", "system",
    "import",
}  # fmt: skip


def withdrawn(outcome: str) -> bool:
    return outcome.startswith("withdrawn")


def outcomes_of(pack: Pack, act: Act) -> Iterator[str]:
    """Yield every outcome that an act can set, whatever is put into its form."""
    for _, effect in walk_effects(act.raw.get("effects") or (), ""):
        if "outcome" not in effect or "signal" in effect:
            continue
        value = effect["outcome"]
        if isinstance(value, dict):
            field = act.fields_by_name.get(value.get("field", "")) or pack.facts.get(value.get("fact", ""))
            yield from field.choices if field is not None and field.choices else pack.outcomes
        else:
            yield value


def withdrawing(pack: Pack) -> list[Act]:
    return [
        act
        for act in pack.acts.values()
        if act.public_kind == "withdrawn" or any(withdrawn(one) for one in outcomes_of(pack, act))
    ]


def faults(pack: Pack) -> list[str]:
    """Return what is wrong with how a pack lets matters be withdrawn."""
    found = []
    for act in withdrawing(pack):
        if act.by == {"resident"}:
            continue
        held = {name.partition(":")[0] for name in act.by}
        files = [field for field in act.fields if field.type == "file" and field.required]
        if held & HANDLING:
            found.append(f"{act.name}: by {sorted(held & HANDLING)}")
        if not act.independent:
            found.append(f"{act.name}: also by whoever handled it")
        if not files:
            found.append(f"{act.name}: without the signed paper")
        if act.raw.get("when") != {"not": {"actor": ["lead_seat"]}}:
            found.append(f"{act.name}: also from the seat that answers for it")
    for name, child in (pack.document.get("children") or {}).items():
        for signal, effects in (child.get("signals") or {}).items():
            for _, effect in walk_effects(effects, ""):
                if isinstance(effect.get("outcome"), str) and withdrawn(effect["outcome"]):
                    found.append(f"{name}.{signal}: a child withdraws it")
    if withdrawing(pack):
        undo = pack.acts.get("undo_withdrawal")
        if undo is None or "resident" not in undo.by or any(field.required for field in undo.fields):
            found.append("the resident can't take it back without a reason")
    return found


def test_every_folder_is_looked_at() -> None:
    assert {"cn.petition.request", "en.complaint", "open311"} <= set(NAMES)
    assert HANDLING | {"resident", "verifier", "superior", "superior_head", "supervisor"} == set(RELATION_NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_no_pack_lets_a_handler_withdraw(name: str) -> None:
    assert faults(load(name)) == []


def _form(act: str, acts: Any) -> Any:
    return acts[act]["form"]["fields"]


#: What somebody might change in a pack, and what is then found.
PLANTED: dict[str, Any] = {
    "withdraw: by ['lead_seat']": lambda acts: acts["withdraw"]["by"].append("lead_seat"),
    "record_withdrawal: by ['intake']": lambda acts: acts["record_withdrawal"]["by"].append("intake"),
    "record_withdrawal: also by whoever handled it": lambda acts: acts["record_withdrawal"].pop("independent"),
    "record_withdrawal: without the signed paper": lambda acts: _form("record_withdrawal", acts).pop(0),
    "settle: by ['lead_head', 'lead_seat']": lambda acts: acts["settle"]["effects"].append(
        {"outcome": "withdrawn-by-person"}
    ),
    "the resident can't take it back without a reason": lambda acts: _form("undo_withdrawal", acts)[0].update(
        required=True
    ),
}


@pytest.mark.parametrize("said", PLANTED)
def test_a_planted_way_for_the_handler_is_found(said: str) -> None:
    text = (ROOT / "cn.petition.request" / "pack.yaml").read_text(encoding="utf-8")
    document = read(text, "pack.yaml", SHARED).document
    PLANTED[said](document["acts"])
    assert said in faults(resolve(document))


@pytest.mark.parametrize("name", [one for one in NAMES if "withdraw" in load(one).acts])
def test_nobody_in_the_county_withdraws_a_matter_that_is_not_theirs_to(name: str) -> None:
    """Everybody who has a seat tries every way at every stage reached, with the paper in hand."""
    pack = load(name)
    case = case_of(name)
    topic = "t.water" if name == "open311" else "t.wages"
    facts = {"service_kind": "signal"} if name == "open311" else {}
    texts = "title text wish contact" if "wish" in pack.texts else "title text contact"
    case.do("resident", "submit", texts, topic=topic, region="r.qingshi", mode="open", channel="web",
            at=day("2026-07-16"), **facts)  # fmt: skip
    people = sorted({int(posting.person, 16) for posting in PLACE.postings})
    allowed: set[int] = set()
    for who in people:
        for act in withdrawing(pack):
            given = " ".join(field.name for field in act.fields if field.is_text and field.required)
            try:
                case.decide(case.command(who, act.name, given))
            except Refused:
                continue
            allowed.add(who)
    assert case.state is not None
    for who in allowed:
        actor = case.actor(who)
        assert actor.seat != case.state.seat, f"{who} answers for it"
        held = case.command(who, "withdraw").relations
        assert held & {"verifier", "superior", "superior_head", "supervisor"}, held
    # Whoever then handles it is shut out, whatever their role.
    for who in allowed:
        case.state.handled_by = [*case.state.handled_by, case.actor(who).person or ""]
        for act in withdrawing(pack):
            given = " ".join(field.name for field in act.fields if field.is_text and field.required)
            with pytest.raises(Refused):
                case.decide(case.command(who, act.name, given))
