"""Words for hard cases: sponsor, dossier, tasks of supporting units, parts of one problem; and what they refuse."""

from copy import deepcopy
from typing import Any

import pytest
from tests.core.procedure.support import COUNTY, PACK, SHARED, STREAM, TEXT, Case, day
from tests.support.small_county import posting, seat

from huajie.core.clocks import Calendar
from huajie.core.jurisdiction import apply, decide_change
from huajie.core.procedure import BadPack, Pack, Refused, dossiers, resolve
from huajie.core.procedure.check import check
from huajie.core.procedure.explain import explain
from huajie.core.procedure.source import parse

T = {"zh": "测", "en": "Test"}
FIELD = {"title": T, "purpose": T, "required": True}


def act(by: str, **more: Any) -> dict[str, Any]:
    """Return an act of no consequence by one relation, with what is given besides."""
    return {"title": T, "entry": "matter.done", "public_kind": "note", "by": [by], "source": "law", **more}


def form(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"fields": list(fields)}


def grown(**changes: Any) -> dict[str, Any]:
    """Return the document of the pack of every word, with the words for hard cases."""
    document = deepcopy(dict(PACK.document))
    document["requests"]["sponsor"] = {"title": T, "many": False, "role": "sponsor", "answers": ["accepted", "refused"]}
    document["requests"]["task"]["answers"] = ["done", "withdrawn", "lapsed"]
    document["acts"] |= {
        "ask_sponsor": act(
            "lead_head",
            form=form({"name": "leader", "type": "seat", **FIELD}),
            effects=[{"request": "sponsor", "open": True, "to": {"field": "leader"}}],
        ),
        "become_sponsor": act(
            "asked:sponsor",
            on="sponsor",
            when={"computed": "asked_in_person"},
            why=T,
            effects=[{"sponsor": {"request": "sponsor"}}, {"request": "sponsor", "answer": "accepted"}],
        ),
        "name_sponsor": act(
            "lead_head",
            form=form({"name": "leader", "type": "seat", **FIELD}),
            effects=[{"sponsor": {"field": "leader"}}],
        ),
        "sponsor_says": act("sponsor"),
        "no_sponsor": act("lead_head", when={"sponsor": "present"}, why=T, effects=[{"sponsor": "none"}]),
        "give_task": act(
            "lead_seat",
            form=form({"name": "by_unit", "required": True}, {"name": "agreed_days", "required": True}),
            effects=[
                {"party": "supporting", "unit": {"field": "by_unit"}},
                {"request": "task", "open": True, "to": {"field": "by_unit"}, "data": ["agreed_days"]},
            ],
        ),
        "finish_task": act("asked:task", on="task", effects=[{"request": "task", "answer": "done"}]),
        "let_go": act(
            "lead_seat",
            form=form({"name": "by_unit", "required": True}),
            effects=[{"unparty": "supporting", "unit": {"field": "by_unit"}, "unless": ["task"]}],
        ),
        "join": act("lead_seat", form=form({"name": "twin", "required": True}), effects=[{"part": {"field": "twin"}}]),
        "leave": act("resident", when={"part": "present"}, why=T, effects=[{"part": "none"}]),
        "tell_story": act("lead_seat", form=form({"name": "photo", "required": True})),
        "conclude": act("lead_head", gate=[{"dossier": "hard"}]),
        "begin": act("lead_head", gate=[{"dossier": "hard", "items": ["team", "leader"]}]),
    }
    document["dossiers"] = {
        "hard": {
            "title": T,
            "source": "law",
            "when": {"any": [{"sponsor": "present"}, {"request": "sponsor", "is": "open"}]},
            "items": [
                {"name": "leader", "title": T, "need": {"sponsor": "present"}, "source": "law", "supply": "lead_head"},
                {"name": "team", "title": T, "need": {"not": {"request": "task", "is": "none"}}, "source": "law"},
                {"name": "photo", "title": T, "need": {"text": "photo"}, "source": "local", "supply": "lead_seat"},
            ],
        }
    }
    document |= changes
    return document


HARD = resolve(grown())


def case(**more: Any) -> Case:
    """Return a wage matter of u.labour under that pack; 50 and 1 sit on seats of leaders that may sponsor."""
    changes = [seat("s.liutan.lead", "u.liutan", "sponsor"), posting("s.liutan.lead", 55)]
    county = apply(COUNTY, COUNTY.version + 1, decide_change(COUNTY, changes, now=day("2026-03-03")))
    found = Case(HARD, county)
    found.do("resident", "submit", "story contact", topic="t.wages", region="r.qingshi", channel="web", **more)
    return found


# the sponsor


def test_a_leader_becomes_sponsor_only_by_accepting_in_person() -> None:
    found = case()
    found.do(31, "ask_sponsor", leader="s.liutan.lead")
    assert found.state is not None and found.state.sponsor is None
    assert found.refused(50, "become_sponsor") == {"acts.become_sponsor.when": "when"}, (
        "the leader's unit is not the leader"
    )
    assert found.refused(30, "become_sponsor") == {
        "acts.become_sponsor.by": "relation",
        "acts.become_sponsor.when": "when",
    }
    state = found.do(55, "become_sponsor")
    assert state.sponsor is not None
    assert (state.sponsor["unit"], state.sponsor["seat"]) == ("u.liutan", "s.liutan.lead")
    found.do(55, "sponsor_says")
    assert "relation" in found.refused(50, "sponsor_says").values()
    found.check()


def test_only_a_seat_with_the_role_is_asked_or_named() -> None:
    found = case()
    assert found.refused(31, "ask_sponsor", leader="s.labour.head") == {
        "acts.ask_sponsor.effects[0].to": "sponsor-unfit"
    }
    assert found.refused(31, "name_sponsor", leader="s.gov.head") == {
        "acts.name_sponsor.effects[0].sponsor": "sponsor-unfit"
    }


def test_nobody_sponsors_what_concerns_their_unit() -> None:
    found = case()
    found.do(30, "concern", by_unit="u.liutan")
    assert found.refused(31, "name_sponsor", leader="s.liutan.lead") == {
        "acts.name_sponsor.effects[0].sponsor": "concerned"
    }


def test_a_sponsor_whom_it_turns_out_to_concern_is_one_no_more() -> None:
    found = case()
    found.do(31, "name_sponsor", leader="s.liutan.lead")
    state = found.do(30, "concern", by_unit="u.liutan")
    assert state.sponsor is None
    assert found.refused(55, "sponsor_says") == {"sponsor_says": "concerned"}


def test_a_state_without_sponsor_or_part_reads_as_before() -> None:
    document = case().state.to_document()  # type: ignore[union-attr]
    assert "sponsor" not in document and "part_of" not in document


# the dossier


def met(found: Case) -> dict[str, bool]:
    calendar: Calendar = found.calendar
    assert found.state is not None
    told = dossiers(HARD, found.state, jurisdiction=found.jurisdiction, calendar=calendar, now=found.now)
    return {one.item.name: one.met for each in told for one in each.items}


def test_a_gate_names_every_item_of_the_file_that_is_missing_at_once_with_its_source() -> None:
    found = case()
    assert met(found) == {}, "the file is for hard cases"
    found.do(31, "conclude")
    found.do(31, "ask_sponsor", leader="s.liutan.lead")
    assert met(found) == {"leader": False, "team": False, "photo": False}
    paths = [f"dossiers.hard.items[{number}]" for number in range(3)]
    assert found.refused(31, "conclude") == dict.fromkeys(paths, "gate")
    assert found.refused(31, "begin") == dict.fromkeys(paths[:2], "gate"), "a gate may ask for some of it"
    found.do(55, "become_sponsor")
    found.do(30, "give_task", by_unit="u.water", agreed_days=3)
    assert met(found) == {"leader": True, "team": True, "photo": False}
    found.do(31, "begin")
    found.do(30, "tell_story", "photo")
    assert met(found) == {"leader": True, "team": True, "photo": True}
    found.do(31, "conclude")


def test_each_missing_item_says_its_own_source_and_who_brings_it() -> None:
    found = case()
    found.do(31, "ask_sponsor", leader="s.liutan.lead")
    with pytest.raises(Refused) as raised:
        found.decide(found.command(31, "conclude"))
    assert [(item.source, item.values.get("supply")) for item in raised.value.unmet] == [
        ("law", "lead_head"),
        ("law", None),
        ("local", "lead_seat"),
    ]


def faults(document: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(BadPack) as raised:
        resolve(document)
    return [(one.path, one.message) for one in raised.value.errors]


def test_a_dossier_that_cannot_be_is_refused_by_path() -> None:
    document = grown()
    document["acts"]["conclude"]["gate"] = [{"dossier": "hart"}]
    document["acts"]["begin"]["gate"] = [{"dossier": "hard", "items": ["leder"]}]
    paths = [path for path, _ in faults(document)]
    assert paths == ["acts.conclude.gate[0].dossier", "acts.begin.gate[0].items[0]"]
    document = grown()
    document["dossiers"]["hard"]["items"][0]["need"] = {"actor": "lead_seat"}
    assert [path for path, _ in faults(document)] == ["dossiers.hard.items[0].need"]
    document = grown()
    document["dossiers"]["hard"]["items"].append(document["dossiers"]["hard"]["items"][0])
    assert [path for path, _ in faults(document)] == ["dossiers.hard.items[3].name"]
    document = grown()
    document["requests"]["sponsor"]["role"] = "sponsr"
    assert [path for path, _ in faults(document)] == ["requests.sponsor.role"]


DOSSIER = """
dossiers:
  hard:
    title: {zh: 卷, en: File}
    source: law
    items:
      - {name: leader, title: {zh: 领导, en: Leader}, need: {sponsor: present}, source: law}
      - {name: about, title: {zh: 类, en: About}, need: {fact: level, is: low}, source: law}
      - {name: heard, title: {zh: 听, en: Heard}, need: {text: opinion_file}, source: law}
      - {name: place, title: {zh: 区域, en: Place}, need: {fact: place, present: true}, source: law}
"""


def test_check_names_items_that_can_never_be_there() -> None:
    source = parse(TEXT + DOSSIER.replace("{text: opinion_file}", "{text: photo}"), "words.yaml", SHARED)
    found = {(one.path, one.code) for one in check(source) if one.path.startswith("dossiers")}
    assert found == {
        ("dossiers.hard.items[0].need", "dossier-item-never-there"),
        ("dossiers.hard.items[3].need", "dossier-item-never-there"),
    } - ({("dossiers.hard.items[3].need", "dossier-item-never-there")} if "place: {field: place}" in TEXT else set())
    unknown = check(parse(TEXT + DOSSIER, "words.yaml", SHARED))
    assert ("dossiers.hard.items[2].need.text", "name") in {(one.path, one.code) for one in unknown}


def test_explain_lists_the_items_of_the_file() -> None:
    said = explain(HARD, "conclude", language="en")
    assert said.count("Must be there: ") == 3 and "it has a sponsor" in said


# supporting units


def test_a_unit_with_an_open_task_is_not_let_go_and_the_tasks_are_named() -> None:
    found = case()
    found.do(30, "give_task", by_unit="u.water", agreed_days=3)
    found.do(30, "give_task", by_unit="u.water", agreed_days=5)
    with pytest.raises(Refused) as raised:
        found.decide(found.command(30, "let_go", by_unit="u.water"))
    (item,) = raised.value.unmet
    assert (item.code, item.values["tasks"]) == ("tasks-open", ["task#1", "task#2"])
    assert "1" in item.title["zh"] and "2" in item.title["en"]
    found.do(60, "finish_task", target="task#1")
    assert found.refused(30, "let_go", by_unit="u.water") == {"acts.let_go.effects[0]": "tasks-open"}
    found.do(60, "finish_task", target="task#2")
    assert found.do(30, "let_go", by_unit="u.water").parties == {}
    found.check()


# parts of one problem

OTHER = "b" * 32


def test_a_matter_becomes_a_part_and_leaves_again_and_keeps_all_it_has() -> None:
    found = case()
    before = found.state.to_document()  # type: ignore[union-attr]
    state = found.do(30, "join", twin=OTHER)
    assert state.part_of == OTHER
    kept = ("stage", "unit", "seat", "clocks", "outcome", "verdict", "counts", "open", "links")
    assert {name: state.to_document()[name] for name in kept} == {name: before[name] for name in kept}
    state = found.do("resident", "leave")
    assert state.part_of is None
    assert found.refused("resident", "leave") == {"acts.leave.when": "when"}
    found.check()


def test_a_matter_is_no_part_of_itself() -> None:
    assert case().refused(30, "join", twin=STREAM) == {"acts.join.effects[0].part": "part-unfit"}


def test_the_pack_with_all_of_this_still_resolves_to_itself() -> None:
    again: Pack = resolve(HARD.document)
    assert again.hash == HARD.hash
