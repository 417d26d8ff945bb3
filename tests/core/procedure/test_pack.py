"""Resolving: parameters put in, names looked up, one hash for one content."""

# ruff: noqa: E501  (a row of a table reads best as a row)

import copy
import json
from typing import Any

import pytest
from tests.core.procedure.support import PACK, SHARED, TEXT, Case, day, submitted

from huajie.core.ledger import canonical
from huajie.core.procedure import PREPARED_SCAN, BadPack, Pack, read, resolve
from huajie.core.procedure.common import COMMON_TEXTS, TOLD_TEXTS


def pack(parameter_set: str | None = None, values: dict[str, Any] | None = None) -> Pack:
    return resolve(read(TEXT, "pack.yaml", SHARED), parameter_set, values)


def paths(error: pytest.ExceptionInfo[BadPack]) -> list[str]:
    return [one.path for one in error.value.errors]


def test_the_resolved_document_resolves_to_itself_also_after_storing() -> None:
    for found in (PACK, pack("north"), pack(values={"reply_days": 9})):
        stored = json.loads(canonical(found.document))
        again = resolve(stored)
        assert again.hash == found.hash
        assert again == found and hash(again) == hash(found)
        assert again.document == found.document
        assert "parameter_sets" not in found.document and "use" not in found.document


def test_resolving_leaves_the_document_that_it_was_given() -> None:
    source = read(TEXT, "pack.yaml", SHARED)
    before = copy.deepcopy(source.document)
    resolve(source, "north", {"reply_days": 7})
    assert source.document == before


def test_other_content_is_another_hash_and_the_order_of_keys_is_not_content() -> None:
    assert len({PACK.hash, pack("north").hash, pack(values={"reply_days": 9}).hash}) == 3
    shuffled = dict(reversed(list(PACK.document.items())))
    assert resolve(shuffled).hash == PACK.hash
    assert resolve({**PACK.document, "version": "1.0.1"}).hash != PACK.hash


def test_a_parameter_set_changes_values_tables_and_their_source_but_no_limit() -> None:
    north = pack("north").document["parameters"]
    assert north["reply_days"] == {"type": "integer", "value": 10, "min": 1, "max": 30, "source": "local"}
    assert north["handling_days"] == {
        "type": "integer",
        "by": "category",
        "table": {"help": 45},
        "else": 20,
        "min": 1,
        "max": 90,
        "source": "local",
    }
    assert PACK.document["parameters"]["reply_days"]["value"] == 15


def test_clocks_count_by_the_values_of_the_set() -> None:
    case = Case(pack("north"))
    case.do("resident", "submit", "story contact", topic="t.wages", region="r.qingshi", channel="web", category="help")
    # 9 March + 10 = 19 March instead of the 24th.
    assert case.state.clocks["reply"].last_date == "2026-03-19"  # type: ignore[union-attr]
    case.do(30, "accept", at=day("2026-03-10"))
    # 10 March + 45 = 24 April.
    assert case.state.clocks["handling"].last_date == "2026-04-24"  # type: ignore[union-attr]


def test_a_governments_own_values_come_last_and_may_name_their_source() -> None:
    found = pack("north", {"reply_days": {"value": 12, "source": "law"}}).document["parameters"]["reply_days"]
    assert (found["value"], found["source"]) == (12, "law")


def test_only_declared_parameters_within_their_limits() -> None:
    with pytest.raises(BadPack) as raised:
        pack("south", {"reply_days": 31, "reply_dys": 3, "handling_days": {"by": "category", "table": {"advic": 3}}})
    assert set(paths(raised)) == {
        "parameter_sets",
        "values.reply_days",
        "values.reply_dys",
        "values.handling_days.table.advic",
        "values.handling_days.table",
    }
    with pytest.raises(BadPack) as raised:
        pack(values={"reply_days": "9"})
    assert paths(raised) == ["values.reply_days"]
    with pytest.raises(BadPack) as raised:
        pack(values={"reply_days": {"by": "urgent", "table": {"true": 3}, "else": 4}})
    assert paths(raised) == ["values.reply_days.by"]


def test_an_act_says_how_many_children_it_may_open() -> None:
    assert PACK.children_opened_by("ask_review") == 1
    assert PACK.children_opened_by("accept") == 0
    assert PACK.children_opened_by("@signal") == 0
    assert PACK.children_opened_by("nothing") == 0


def test_forgetting_the_stream_of_a_child_is_the_callers_mistake() -> None:
    case = submitted()
    case.do(30, "accept")
    case.do(30, "answer", result="kept")
    from dataclasses import replace

    with pytest.raises(ValueError, match="no stream"):
        case.decide(replace(case.command("resident", "ask_review"), children=()))


def test_the_compiled_pack_reads_as_the_document_does() -> None:
    assert PACK.initial == "logged"
    assert [stage.name for stage in PACK.stages.values() if stage.ending] == ["closed", "archived", "withdrawn"]
    assert PACK.requests["transfer"].moves_lead and not PACK.requests["task"].moves_lead
    assert PACK.acts["remind"].timed and not PACK.acts["accept"].timed
    assert [timer.rung for timer in PACK.clocks["reply"].timers] == ["due", "2/3", "-3workday"]
    assert PACK.contact_fields == {"contact"}
    own = {"story": "longtext", "contact": "contact", "spot": "point", "photo": "file"}
    ours = {*COMMON_TEXTS, *TOLD_TEXTS, PREPARED_SCAN}
    brought = {name: kind for name, kind in PACK.texts.items() if name not in ours}
    assert brought == own
    assert PACK.sources["local"].verified is False
    assert list(PACK.outcomes) == ["resolved", "changed", "kept", "withdrawn-by-person"]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"stages": {"again": {"title": {"zh": "x", "en": "x"}, "plain": {"zh": "x", "en": "x"}, "initial": True}}}, "stages"),
        ({"acts": {"begin": {**PACK.document["acts"]["submit"]}}}, "acts.begin.creates"),
        ({"acts": {"submit": {**PACK.document["acts"]["submit"], "creates": False}}}, "acts.submit"),
        (
            {"acts": {"visit": {**PACK.document["acts"]["start_visit"], "effects": [{"start": "task"}]}}},
            "acts.visit.effects[0].start",
        ),
        (
            {"acts": {"submit": {**PACK.document["acts"]["submit"], "form": {"fields": [{"name": "topic", "type": "topic", "title": {"zh": "x", "en": "x"}, "purpose": {"zh": "x", "en": "x"}}]}, "effects": []}}},
            "acts.submit.form.fields[0].name",
        ),
    ],
)  # fmt: skip
def test_rules_of_the_language_that_no_schema_can_say(change: dict[str, Any], path: str) -> None:
    document = {**PACK.document, **{key: {**PACK.document[key], **value} for key, value in change.items()}}
    with pytest.raises(BadPack) as raised:
        resolve(document)
    assert path in paths(raised)


OFFER = PACK.document["acts"]["offer"]
TITLE = {"zh": "归哪里", "en": "Where to"}


def offering(groups: list[dict[str, Any]] | None, begins: list[Any] | None = None) -> dict[str, Any]:
    fields = [{**OFFER["form"]["fields"][0], **({"begins": begins} if begins else {})}, *OFFER["form"]["fields"][1:]]
    form = {"fields": fields, **({"groups": groups} if groups is not None else {})}
    return {**PACK.document, "acts": {**PACK.document["acts"], "offer": {**OFFER, "form": form}}}


def test_a_form_may_say_which_fields_belong_together_and_what_they_begin_with() -> None:
    groups = [{"title": TITLE, "help": TITLE, "fields": ["by_unit"]}, {"title": TITLE, "fields": ["story"]}]
    act = resolve(offering(groups, [{"request": "transfer"}, "routed", "lead"])).acts["offer"]
    assert [(group.fields, group.help) for group in act.groups] == [(("by_unit",), TITLE), (("story",), None)]
    assert [tuple(one) for one in act.fields[0].begins] == [("request", "transfer"), ("routed", ""), ("lead", "")]
    assert PACK.acts["offer"].groups == () and PACK.acts["offer"].fields[0].begins == ()


@pytest.mark.parametrize(
    ("groups", "path", "said"),
    [
        ([["by_unit"], ["storey"]], "acts.offer.form.groups[1].fields[0]", "story"),
        ([["by_unit"], ["by_unit", "story"]], "acts.offer.form.groups", "by_unit, story"),
        ([["story"], ["by_unit"]], "acts.offer.form.groups", "by_unit, story"),
        ([["by_unit"], ["by_unit"]], "acts.offer.form.groups", "no group names story"),
    ],
)
def test_groups_name_every_field_once_in_the_order_of_the_form(groups: list[list[str]], path: str, said: str) -> None:
    with pytest.raises(BadPack) as raised:
        resolve(offering([{"title": TITLE, "fields": names} for names in groups]))
    assert path in paths(raised) and said in str(raised.value)


@pytest.mark.parametrize(
    "begin", [{"fact": "category"}, {"text": "story"}, {"request": "transfr"}, {"fact": "by_unitt"}]
)
def test_a_field_begins_only_with_what_fits_into_it(begin: dict[str, str]) -> None:
    with pytest.raises(BadPack) as raised:
        resolve(offering(None, [begin]))
    assert paths(raised) == ["acts.offer.form.fields[0].begins[0]"]


def test_what_has_no_canonical_form_is_refused() -> None:
    with pytest.raises(BadPack, match="canonical"):
        resolve({**PACK.document, "retention": {**PACK.document["retention"], "amount": 1.5}})
