"""
The shipped packs say what the law says, and each can be walked from submission to the archive and back.

Lengths, units and articles below are typed in from DOMAIN.md, dates from its section 10.2 or counted by hand on the
printed calendar of 2026; nothing here is read from the packs.
"""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.core.procedure.support import STREAM, Case, day, due
from tests.support.china_2026 import CHINA_2026
from tests.support.small_county import county, person, unit

from huajie.core.access import SYSTEM
from huajie.core.clocks import Calendar
from huajie.core.jurisdiction import Jurisdiction
from huajie.core.ledger import stamp
from huajie.core.procedure import (
    RETENTION,
    RETENTION_OVER,
    SIGNAL,
    Command,
    Pack,
    Refused,
    Signal,
    dossiers,
    read,
    resolve,
)

ROOT = Path(__file__).parents[3] / "packs"
SHARED = {f"common/{path.stem}": path.read_text(encoding="utf-8") for path in (ROOT / "common").glob("*.yaml")}
NAMES = ("en.complaint", "cn.petition.request", "cn.petition.review", "cn.petition.re-review", "open311")


def load(name: str) -> Pack:
    path = ROOT / name / "pack.yaml"
    return resolve(read(path.read_text(encoding="utf-8"), f"packs/{name}/pack.yaml", SHARED))


PACKS = {name: load(name) for name in NAMES}

#: pack, clock -> length, unit, article, tag. Both ends by the civil code: first day out, roll forward (DOMAIN 10.1).
CLOCKS: dict[tuple[str, str], tuple[int | str, str, str, str]] = {
    ("cn.petition.request", "registration"): (15, "day", "22", "L"),
    ("cn.petition.request", "notice"): (15, "day", "23(3)", "L"),
    ("cn.petition.request", "transfer_answer"): (5, "workday", "23(3)", "L"),
    ("cn.petition.request", "transfer_decision"): (5, "workday", "24 / DESIGN 1(2)", "D"),
    ("cn.petition.request", "handling"): (60, "day", "34", "L"),
    ("cn.petition.request", "redo"): (30, "day", "35-36 / DESIGN 4", "D"),
    ("cn.petition.request", "review_window"): (30, "day", "35", "L"),
    ("cn.petition.request", "re_review_window"): (30, "day", "36", "L"),
    ("cn.petition.request", "fulfilment"): ("fulfilment_days", "day", "32 / DESIGN 2", "D"),
    ("cn.petition.request", "plan_step"): ("action_days", "day", "DESIGN 2", "D"),
    ("cn.petition.request", "check"): (10, "workday", "DESIGN 1(5)", "D"),
    ("cn.petition.request", "look_back"): (90, "day", "DOMAIN 7.3", "D"),
    ("cn.petition.request", "sponsor_answer"): (3, "workday", "18 / DESIGN 2", "D"),
    ("cn.petition.request", "sponsored"): ("sponsor_days", "day", "DOMAIN 1.6", "M"),
    ("cn.petition.request", "task"): ("task_days", "day", "DESIGN 2", "D"),
    ("cn.petition.request", "reopening_check"): (10, "workday", "40 / DESIGN 8", "D"),
    ("cn.petition.review", "review"): (30, "day", "35", "L"),
    ("cn.petition.review", "check"): (10, "workday", "DESIGN 1(5)", "D"),
    ("cn.petition.re-review", "re_review"): (30, "day", "36", "L"),
    ("cn.petition.re-review", "check"): (10, "workday", "DESIGN 1(5)", "D"),
    ("cn.petition.request", "visit"): (3, "workday", "DESIGN 2", "D"),
    ("en.complaint", "visit"): (3, "workday", "DESIGN 2", "D"),
    ("open311", "visit"): (3, "workday", "DESIGN 2", "D"),
    ("en.complaint", "acknowledgement"): (5, "workday", "stage 1, acknowledgement", "W"),
    ("en.complaint", "reply"): (10, "workday", "stage 1, full reply", "W"),
    ("en.complaint", "stage_2_acknowledgement"): (5, "workday", "stage 2", "W"),
    ("en.complaint", "stage_2_reply"): (20, "workday", "stage 2", "W"),
    ("en.complaint", "escalation_window"): (30, "day", "DESIGN 1(6)", "D"),
    ("en.complaint", "transfer_answer"): (2, "workday", "DESIGN 1(2)", "D"),
    ("en.complaint", "transfer_decision"): (2, "workday", "DESIGN 1(2)", "D"),
    ("en.complaint", "plan_step"): ("action_days", "day", "DESIGN 2", "D"),
    ("en.complaint", "actions"): (60, "day", "DESIGN 2", "D"),
    ("en.complaint", "check"): (10, "workday", "DESIGN 1(5)", "D"),
    ("en.complaint", "look_back"): (90, "day", "DOMAIN 7.3", "D"),
    ("en.complaint", "reopening_check"): (10, "workday", "DESIGN 8", "D"),
    ("open311", "reopening_check"): (10, "workday", "DESIGN 8", "D"),
    ("open311", "service"): ("service_kind", "day", "OPEN311 3(9)", "D"),
    ("open311", "transfer_answer"): (2, "workday", "DESIGN 1(2)", "D"),
    ("en.complaint", "arrival"): (1, "workday", "DESIGN 1(2)", "D"),
    ("en.complaint", "call_out_decision"): (2, "workday", "DESIGN 1(2)", "D"),
    ("cn.petition.request", "arrival"): (1, "workday", "DESIGN 1(2)", "D"),
    ("cn.petition.request", "call_out_decision"): (5, "workday", "DESIGN 1(2)", "D"),
    ("open311", "arrival"): (1, "workday", "DESIGN 1(2)", "D"),
    ("open311", "call_out_decision"): (2, "workday", "DESIGN 1(2)", "D"),
    ("open311", "transfer_decision"): (2, "workday", "DESIGN 1(2)", "D"),
    ("open311", "plan_step"): ("action_days", "day", "DESIGN 2", "D"),
    ("open311", "check"): (5, "workday", "DESIGN 1(5)", "D"),
    ("open311", "look_back"): (14, "day", "DOMAIN 7.3", "D"),
}

#: pack -> years that the file is kept after its ending, article, tag (DOMAIN 9.1). No deadline: the day never rolls.
KEPT = {
    "cn.petition.request": (10, "国家档案局令第8号", "M"),
    "cn.petition.review": (10, "国家档案局令第8号", "M"),
    "cn.petition.re-review": (10, "国家档案局令第8号", "M"),
    "en.complaint": (6, "local schedule", "M"),
    "open311": (2, "local schedule", "D"),
}

#: pack, clock -> most, unit, times, who approves (DOMAIN 1.3, 9.3). Every other clock can't be extended.
EXTENSIONS: dict[tuple[str, str], tuple[int, str, int, set[str]]] = {
    ("cn.petition.request", "handling"): (30, "day", 1, {"lead_head"}),
    ("cn.petition.request", "fulfilment"): (180, "day", 2, {"lead_head"}),
    ("cn.petition.request", "sponsored"): (180, "day", 2, {"superior_head", "supervisor"}),
    ("en.complaint", "reply"): (10, "workday", 1, {"lead_head"}),
    ("en.complaint", "stage_2_reply"): (20, "workday", 1, {"lead_head", "superior_head"}),
    ("en.complaint", "actions"): (180, "day", 2, {"lead_head"}),
    ("open311", "service"): (60, "day", 2, {"lead_head"}),
}

_OUTSIDE = {"verifier", "superior", "superior_head", "supervisor"}
_VERIFIERS = {"verifier", "lead_head", "superior", "supervisor"}
_VERIFIERS_CN = _VERIFIERS | {"superior_head"}
#: Acts that decide about somebody's rights or somebody's work, and who may do them.
APPROVERS: dict[tuple[str, str], set[str]] = {
    ("cn.petition.request", "extend"): {"lead_head"},
    ("cn.petition.request", "grant_extension"): {"lead_head"},
    ("cn.petition.request", "refuse_extension"): {"lead_head"},
    # art. 32 in practice (DOMAIN 1.5): the deputy for what is ordinary, the head for what is major; above where needed
    ("cn.petition.request", "opinion"): {"lead_deputy", "lead_head", "superior_head"},
    ("cn.petition.request", "not_accept"): {"lead_head"},
    ("cn.petition.request", "direct_transfer"): {"asked:transfer_decision"},
    ("cn.petition.request", "keep_transfer"): {"asked:transfer_decision"},
    ("cn.petition.request", "contest_transfer"): {"asked:transfer"},
    ("cn.petition.request", "accept_transfer"): {"asked:transfer"},
    ("cn.petition.request", "withdraw"): {"resident"},
    ("cn.petition.request", "confirm_merge"): {"resident"},
    ("cn.petition.request", "record_withdrawal"): {"verifier", "superior", "superior_head", "supervisor"},
    ("cn.petition.request", "undo_withdrawal"): {"resident", "intake"},
    ("cn.petition.request", "propose_sponsor"): {"lead_head", "superior_head", "supervisor"},
    ("cn.petition.request", "replace_sponsor"): {"lead_head", "superior_head", "supervisor"},
    ("cn.petition.request", "accept_sponsor"): {"asked:sponsor"},
    ("cn.petition.request", "decline_sponsor"): {"asked:sponsor"},
    ("cn.petition.request", "approve_plan"): {"sponsor"},
    ("cn.petition.request", "withdraw_task"): {"lead_head", "sponsor"},
    ("cn.petition.request", "finish_task"): {"asked:task"},
    ("cn.petition.request", "confirm_part"): {"resident"},
    ("cn.petition.request", "evaluate"): _OUTSIDE,
    ("cn.petition.request", "uphold_reopening"): _OUTSIDE,
    ("en.complaint", "uphold_reopening"): _OUTSIDE,
    ("open311", "uphold_reopening"): _OUTSIDE,
    ("cn.petition.request", "confirm_to_look_back"): _VERIFIERS_CN,
    ("cn.petition.request", "write_off"): _VERIFIERS_CN,
    ("cn.petition.request", "look_back"): _VERIFIERS_CN,
    ("cn.petition.request", "confirm_ending"): _VERIFIERS_CN,
    ("cn.petition.request", "confirm_referral"): _VERIFIERS_CN,
    ("cn.petition.request", "erase"): {"dpo"},
    ("cn.petition.request", "note_overdue"): {"system"},
    ("cn.petition.review", "submit"): {"system"},
    ("cn.petition.review", "decide"): {"lead_head", "lead_reviewer"},
    ("cn.petition.re-review", "submit"): {"system"},
    ("cn.petition.re-review", "decide"): {"lead_head", "lead_reviewer"},
    ("en.complaint", "extend"): {"lead_head"},
    ("en.complaint", "grant_extension"): {"lead_head"},
    ("en.complaint", "extend_2"): {"lead_head", "superior_head"},
    ("en.complaint", "direct_transfer"): {"asked:transfer_decision"},
    ("en.complaint", "take_stage_2"): {"lead_reviewer", "superior", "superior_head", "lead_head", "verifier"},
    ("en.complaint", "write_off"): _VERIFIERS,
    ("en.complaint", "look_back"): _VERIFIERS,
    ("en.complaint", "reply"): {"lead_deputy", "lead_head", "superior_head", "verifier"},
    ("en.complaint", "reply_2"): {"lead_reviewer", "lead_deputy", "lead_head", "superior_head", "verifier"},
    ("en.complaint", "recall_reply"): {"lead_head", "superior_head"},
    ("en.complaint", "withdraw"): {"resident"},
    ("en.complaint", "erase"): {"dpo"},
    ("open311", "extend"): {"lead_head"},
    ("open311", "verify"): _VERIFIERS_CN,
    ("open311", "close"): _VERIFIERS_CN | {"system"},
    ("open311", "withdraw"): {"resident"},
}
#: Refused to whoever handled the matter (promise 5).
INDEPENDENT = {
    "cn.petition.request": {
        "imported", "verify_step", "write_off", "look_back", "look_back_failed", "end_care", "confirm_ending",
        "confirm_referral", "return_ending", "confirm_merge", "withdraw", "record_withdrawal", "evaluate",
        "confirm_to_look_back", "uphold_reopening", "not_uphold_reopening",
    },
    "cn.petition.review": {"confirm_ending"},
    "cn.petition.re-review": {"confirm_ending"},
    "en.complaint": {
        "imported", "verify_step", "take_stage_2", "draft_reply_2", "reply_2", "recall_reply_2", "write_off",
        "look_back", "look_back_failed", "confirm_ending", "confirm_referral", "return_ending", "confirm_merge",
        "withdraw", "record_withdrawal", "uphold_reopening", "not_uphold_reopening",
    },
    "open311": {
        "imported", "verify_step", "verify", "not_verified", "close", "confirm_ending", "confirm_referral",
        "confirm_merge", "withdraw", "record_withdrawal", "uphold_reopening", "not_uphold_reopening",
    },
}  # fmt: skip


class TestTables:
    @pytest.mark.parametrize("name", NAMES)
    def test_every_clock_stands_in_the_table_above_and_no_other(self, name: str) -> None:
        assert {clock for pack, clock in CLOCKS if pack == name} | {RETENTION} == set(PACKS[name].clocks)

    @pytest.mark.accept("P9")
    @pytest.mark.parametrize("name", NAMES)
    def test_the_keeping_time_runs_and_at_its_end_the_words_go(self, name: str) -> None:
        years, article, tag = KEPT[name]
        spec = PACKS[name].clocks[RETENTION]
        law = PACKS[name].sources[spec.source]
        assert (spec.raw["length"], spec.unit, spec.last_day, law.article, law.tag) == (
            years,
            "year",
            "none",
            article,
            tag,
        )
        assert [(timer.rung, timer.act) for timer in spec.timers] == [("due", RETENTION_OVER)]

    @pytest.mark.parametrize(("name", "clock"), CLOCKS)
    def test_a_clock_has_the_length_unit_and_source_of_the_domain_notes(self, name: str, clock: str) -> None:
        length, counted, article, tag = CLOCKS[name, clock]
        pack = PACKS[name]
        spec = pack.clocks[clock]
        raw = spec.raw["length"]
        if isinstance(raw, dict) and "param" in raw:
            parameter = pack.document["parameters"][raw["param"]]
            found = parameter.get("value", parameter.get("by"))
        else:
            found = raw["fact"] if isinstance(raw, dict) else raw
        law = pack.sources[spec.source]
        assert (found, spec.unit, law.article, law.tag) == (length, counted, article, tag)
        assert (spec.first_day, spec.last_day, spec.cutoff) == ("exclude", "forward", "midnight")

    @pytest.mark.parametrize(("name", "clock"), CLOCKS)
    def test_only_the_named_clocks_are_extended_and_by_the_named_approvers(self, name: str, clock: str) -> None:
        raw = PACKS[name].clocks[clock].raw.get("extension")
        if (name, clock) not in EXTENSIONS:
            assert raw is None
            return
        most, counted, times, approvers = EXTENSIONS[name, clock]
        assert (raw["max"], raw["unit"], raw["times"], set(raw["by"])) == (most, counted, times, approvers)
        assert raw["notify"] is True

    def test_only_hearing_time_in_re_review_is_excluded_from_any_clock(self) -> None:
        found = {
            (name, clock): dict(spec.exclusions)
            for name, pack in PACKS.items()
            for clock, spec in pack.clocks.items()
            if spec.exclusions
        }
        assert found == {("cn.petition.re-review", "re_review"): {"hearing": "r-36"}}
        assert PACKS["cn.petition.re-review"].sources["r-36"].article == "36"

    @pytest.mark.parametrize(("name", "act"), APPROVERS)
    def test_an_act_is_for_its_approvers_alone(self, name: str, act: str) -> None:
        assert PACKS[name].acts[act].by == APPROVERS[name, act]

    @pytest.mark.parametrize("name", NAMES)
    def test_acts_that_check_the_work_of_others_are_closed_to_those_others(self, name: str) -> None:
        assert {act.name for act in PACKS[name].acts.values() if act.independent} == INDEPENDENT[name]

    @pytest.mark.parametrize("name", NAMES)
    def test_what_is_from_memory_is_not_called_verified(self, name: str) -> None:
        for law in PACKS[name].sources.values():
            assert law.verified is (law.tag != "M"), law.name

    def test_route_table_of_article_31_offers_its_six_routes_and_two_other_classes(self) -> None:
        choices = PACKS["cn.petition.request"].facts["route"].choices
        assert [re.match(r"（(.)）|第(..)条|第(...)条", one["zh"]) is not None for one in choices.values()].count(
            True
        ) == 8
        assert [one["zh"][1] for name, one in choices.items() if one["zh"].startswith("（")] == list("六一二三四五")
        # Routes are told in days and places: DOMAIN 3.4.
        told = PACKS["cn.petition.request"].facts["remedy"].choices
        assert "60" in told["administrative-review"]["zh"] and "60" in told["administrative-review"]["en"]
        assert "6 个月" in told["lawsuit"]["zh"] and "20 个工作日" in told["disclosure"]["zh"]

    def test_opinions_are_the_kinds_of_article_32(self) -> None:
        assert list(PACKS["cn.petition.request"].facts["opinion"].choices) == [
            "resolved-as-asked", "partly-resolved", "explained-no-basis", "not-supported-reasons",
        ]  # fmt: skip


#: DESIGN section 8 and the words of the design language: never a person, never blame, no promise of silence.
FORBIDDEN = (
    "无理", "缠访", "不配合", "闹访", "重点人", "稳控", "息诉", "罢访",
    "承诺不再", "保证不再", "黑名单", "拒不", "恶意",
    "vexatious", "troublemaker", "blacklist", "persistent complain",
    "promise not to", "uncooperative", "serial complain",
)  # fmt: skip


class TestWords:
    @pytest.mark.parametrize("name", NAMES)
    def test_no_text_blames_or_follows_a_resident(self, name: str) -> None:
        def texts(node: Any, path: str = "") -> Any:
            if isinstance(node, dict):
                for key, value in node.items():
                    # Titles of laws are quoted as they stand.
                    if path != "sources":
                        yield from texts(value, f"{path}.{key}" if path else key)
            elif isinstance(node, list):
                for value in node:
                    yield from texts(value, path)
            elif isinstance(node, str):
                yield path, node

        found = list(texts(PACKS[name].document))
        assert len(found) > 300
        for path, said in found:
            for word in FORBIDDEN:
                assert word not in said.lower(), (path, said)

    @pytest.mark.parametrize("name", NAMES)
    def test_interim_safeguards_are_about_places_services_and_assets(self, name: str) -> None:
        fact = PACKS[name].facts.get("safeguard")
        if fact is None:
            assert name.startswith("cn.petition.re")
            assert "set_safeguard" not in PACKS[name].acts or name == "cn.petition.request"
            return
        assert set(fact.choices) == {"place_made_safe", "service_kept", "decision_held", "asset_repaired"}

    @pytest.mark.parametrize("name", NAMES)
    def test_every_placeholder_of_a_notice_stands_for_something(self, name: str) -> None:
        pack = PACKS[name]
        for key, notice in pack.notices.items():
            for language in ("zh", "en"):
                for placeholder in re.findall(r"\{([^}]*)\}", notice["body"][language]):
                    word, _, what = placeholder.partition(":")
                    known = {"number": [""], "unit": [""], "due": pack.clocks, "text": pack.texts, "fact": pack.facts}
                    assert what in known[word], (key, language, placeholder)
            here, there = (sorted(re.findall(r"\{[^}]*\}", notice["body"][tongue])) for tongue in ("zh", "en"))
            assert set(here) == set(there), key

    @pytest.mark.parametrize("name", NAMES)
    def test_withdrawal_asks_nothing_of_the_resident_and_can_be_undone(self, name: str) -> None:
        pack = PACKS[name]
        if "withdraw" not in pack.acts:
            assert name in ("cn.petition.review", "cn.petition.re-review")
            return
        assert not any(field.required for field in pack.acts["withdraw"].fields)
        assert "30" in pack.notices["withdrawn"]["body"]["zh"]
        assert pack.acts["undo_withdrawal"].raw["when"] == {"computed": "within_30_days_of_withdrawal"}

    @pytest.mark.parametrize("name", NAMES)
    def test_what_a_resident_submits_never_asks_who_they_are_by_force(self, name: str) -> None:
        for field in PACKS[name].acts["submit"].fields:
            if field.type == "contact":
                assert not field.required


# Walks

#: What puts the small county below a city, so that re-review has somewhere to go.
EXTRA: tuple[dict[str, Any], ...] = (
    {**unit("u.city", None, "government"), "id": "u.city"},
    unit("u.gov", "u.city", "government"),
    {
        "do": "set_seat",
        "id": "s.city.head",
        "unit": "u.city",
        "title": {"zh": "市", "en": "City"},
        "roles": ["head", "handler"],
    },
    {"do": "start_posting", "seat": "s.city.head", "person": person(70)},
    {
        "do": "set_seat",
        "id": "s.city.supervisor",
        "unit": "u.city",
        "title": {"zh": "督", "en": "S"},
        "roles": ["supervisor"],
    },
    {"do": "start_posting", "seat": "s.city.supervisor", "person": person(71)},
    {
        "do": "set_seat",
        "id": "s.city.desk",
        "unit": "u.city",
        "title": {"zh": "办", "en": "Desk"},
        "roles": ["handler"],
    },
    {"do": "start_posting", "seat": "s.city.desk", "person": person(14)},
    {"do": "set_seat", "id": "s.gov.desk", "unit": "u.gov", "title": {"zh": "办", "en": "Desk"}, "roles": ["handler"]},
    {"do": "start_posting", "seat": "s.gov.desk", "person": person(4)},
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
    {"do": "set_seat", "id": "s.gov.deputy", "unit": "u.gov", "title": {"zh": "副", "en": "D"}, "roles": ["sponsor"]},
    {"do": "start_posting", "seat": "s.gov.deputy", "person": person(5)},
    {"do": "set_seat", "id": "s.gov.vice", "unit": "u.gov", "title": {"zh": "副", "en": "V"}, "roles": ["sponsor"]},
    {"do": "start_posting", "seat": "s.gov.vice", "person": person(6)},
)
PLACE = county(*EXTRA)
SUPERVISOR, ARCHIVIST = 3, 13


def case_of(name: str, jurisdiction: Jurisdiction = PLACE, calendar: Calendar = CHINA_2026) -> Case:
    return Case(PACKS[name], jurisdiction, calendar)


def tick(case: Case, at: datetime) -> list[str]:
    """Do every timer that has come by a moment, as the job does; return the acts done, in order."""
    done = []
    while True:
        assert case.state is not None
        ready = [(timer.at, name, timer.act) for name, timer in case.state.timers.items() if _moment(timer.at) <= at]
        if not ready:
            case.now = at
            return done
        when, name, act = min(ready)
        case.do("system", act, target=name, at=_moment(when))
        done.append(act)


def _moment(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp).astimezone(UTC)


def child_of(case: Case, key: str) -> Case:
    """Open the child that the last act ordered, as the writer does, and return it."""
    assert case.last is not None and case.state is not None
    order = next(order for order in case.last.opens if order.key == key)
    child = case_of(order.pack, case.jurisdiction, case.calendar)
    child.now = case.now
    parent = {"stream": STREAM, "key": key, "unit": case.state.unit}
    child.do(
        SYSTEM, "submit", owner=order.unit, parent=parent, mode=case.state.mode, channel=case.state.channel,
        topic=case.state.topic, region=case.state.region,
    )  # fmt: skip
    return child


def tell(parent: Case, child: Case, key: str) -> None:
    """Give the parent what the child's last act signalled, as the writer does in the same transaction."""
    assert child.last is not None
    parent.now = child.now
    for signal in child.last.signals:
        command = Command(
            act=SIGNAL, actor=SYSTEM, relations=frozenset({"system"}), target=key, occurred_at=child.now, stream=STREAM,
            inputs=told(signal),
        )  # fmt: skip
        parent.run(command)


def told(signal: Signal) -> dict[str, Any]:
    """Return what the writer makes of a signal."""
    found = {"signal": signal.name, "outcome": signal.outcome, "ended": signal.ended}
    return {**found, "date": signal.date} if signal.date is not None else found


def running(case: Case) -> dict[str, str]:
    """Return the last local date of every clock that runs."""
    assert case.state is not None
    return {key: clock.last_date or "" for key, clock in case.state.clocks.items() if clock.status == "running"}


def petition() -> Case:
    """Return a petition about wages, received at the centre on Thursday 2026-07-16."""
    case = case_of("cn.petition.request")
    case.do("resident", "submit", "title text wish contact", topic="t.wages", region="r.qingshi", mode="open",
            channel="web", at=day("2026-07-16"))  # fmt: skip
    return case


def triaged() -> Case:
    case = petition()
    case.do(10, "register", "request_text", at=day("2026-07-17"))
    case.do(10, "triage", at=day("2026-07-17"), **{"class": "request", "route": "petition"})
    return case


def accepted_petition() -> Case:
    """Return one that went first to housing, which contested, and which the county gave to labour; accepted 08-03."""
    case = triaged()
    case.do(10, "offer_transfer", "reason", to_unit="u.housing", at=day("2026-07-17", 11))
    case.do(20, "contest_transfer", "reason", at=day("2026-07-23"))
    case.do(1, "direct_transfer", "reason", to_unit="u.labour", at=day("2026-07-24"))
    case.do(30, "notify", "message paper", at=day("2026-07-27"))
    case.do(30, "hear_resident", "heard", at=day("2026-07-30"))
    case.do(30, "accept", "message paper", at=day("2026-08-03"))
    return case


OPINION = "request_text findings law opinion_text how_to_review paper"
RESULT = "findings law opinion_text paper"


def give_opinion(case: Case, at: datetime, **said: Any) -> None:
    """Let the handler draft the opinion and the head sign and issue it on the same day."""
    case.do(30, "draft_opinion", OPINION, weight="ordinary", at=at, **said)
    case.do(31, "opinion", at=at)


def give_result(case: Case, drafter: int, decider: int, decision: str, at: datetime) -> None:
    """Let one person draft the result of a review and another sign and issue it on the same day."""
    case.do(drafter, "draft_result", RESULT, decision=decision, at=at)
    case.do(decider, "decide", at=at)


#: Two deputy leaders of the county who may answer for a hard case.
DEPUTY, VICE = 5, 6
OTHER = "b" * 32


def sponsored() -> Case:
    """Return an accepted petition of u.labour that the deputy leader took upon herself on 08-06, for 60 days."""
    case = accepted_petition()
    case.do(31, "propose_sponsor", "reason", sponsor_seat="s.gov.deputy", at=day("2026-08-05"))
    case.do(DEPUTY, "accept_sponsor", sponsor_days=60, at=day("2026-08-06"))
    return case


def missing(case: Case) -> set[str]:
    """Return what the file of the sponsored case lacks."""
    assert case.state is not None
    told = dossiers(case.pack, case.state, jurisdiction=case.jurisdiction, calendar=case.calendar, now=case.now)
    (found,) = [one for one in told if one.dossier.name == "sponsored"]
    return {one.item.name for one in found.items if not one.met}


class TestSponsored:
    def test_the_whole_way_of_a_case_that_a_leader_answers_for(self) -> None:
        case = accepted_petition()
        assert "relation" in case.refused(30, "propose_sponsor", "reason", sponsor_seat="s.gov.deputy").values()
        assert case.refused(31, "propose_sponsor", "reason", sponsor_seat="s.gov.desk") == {
            "acts.propose_sponsor.effects[0].to": "sponsor-unfit"
        }
        case.do(31, "propose_sponsor", "reason", sponsor_seat="s.gov.vice", at=day("2026-08-03"))
        # Monday + 3 working days, in which the leader says yes or no.
        assert running(case)["sponsor_answer#sponsor#1"] == "2026-08-06"
        assert case.refused(31, "propose_sponsor", "reason", sponsor_seat="s.gov.deputy") == {
            "acts.propose_sponsor.effects[0]": "request-open"
        }
        assert case.refused(4, "accept_sponsor", sponsor_days=60)["acts.accept_sponsor.when"] == "when"
        assert case.refused(VICE, "decline_sponsor")["input.reason"] == "field-missing"
        case.do(VICE, "decline_sponsor", "reason", at=day("2026-08-04"))
        assert case.state.sponsor is None and case.state.requests["sponsor#1"].state == "refused"
        case.do(31, "propose_sponsor", "reason", sponsor_seat="s.gov.deputy", at=day("2026-08-05"))
        case.do(DEPUTY, "accept_sponsor", sponsor_days=60, at=day("2026-08-06"))
        assert case.last.notice == "sponsored"
        assert case.state.sponsor == {"unit": "u.gov", "seat": "s.gov.deputy", "at": stamp(day("2026-08-06"))}
        # 60 days end on 5 October, inside the National Day holiday: Thursday 8 October.
        assert running(case)["sponsored"] == "2026-10-08"
        assert missing(case) == {"team", "plan", "safeguards", "result", "evaluation"}

        # A team with tasks; what is late there is theirs.
        case.do(DEPUTY, "give_task", "task_text", support_unit="u.water", task_days=10, at=day("2026-08-07"))
        case.do(30, "give_task", "task_text", support_unit="u.water", task_days=20, at=day("2026-08-07"))
        case.do(30, "give_task", "task_text", support_unit="u.housing", task_days=20, at=day("2026-08-07"))
        assert case.state.parties["supporting"] == ["u.water", "u.housing"]
        assert (case.state.clocks["task#task#1"].holder, case.state.requests["task#1"].unit) == ("asked", "u.water")
        assert case.refused(30, "end_support", support_unit="u.water") == {"acts.end_support.effects[0]": "tasks-open"}
        assert "relation" in case.refused(30, "withdraw_task", "reason", target="task#2").values()
        assert case.refused(31, "withdraw_task", target="task#2")["input.reason"] == "field-missing"
        case.do(31, "withdraw_task", "reason", target="task#2", at=day("2026-08-10"))
        assert case.state.requests["task#2"].state == "withdrawn"
        told = case.state.requests["told#1"]
        assert (told.state, told.unit) == ("open", "u.water"), "the supporting unit is told"
        case.do(60, "note_task_withdrawn", target="told#1", at=day("2026-08-10"))
        case.do(60, "finish_task", "note_text evidence_file", target="task#1", at=day("2026-08-24"))
        done = case.state.clocks["task#task#1"]
        assert (done.last_date, done.ended_at > done.due_at) == ("2026-08-17", True), "late, and it shows as theirs"
        case.do(30, "end_support", support_unit="u.water", at=day("2026-08-24"))
        assert case.state.parties["supporting"] == ["u.housing"]

        case.do(30, "plan_step", "step_text", action_days=20, to_unit="u.labour", at=day("2026-08-24"))
        assert "plan" in missing(case), "the sponsor has not seen it"
        case.do(DEPUTY, "approve_plan", "note_text", at=day("2026-08-25"))
        case.do(DEPUTY, "no_safeguard", "reason", at=day("2026-08-25"))
        case.do(30, "finish_step", "note_text evidence_file", target="plan_step#1", at=day("2026-09-01"))

        # Replaced only with a hand-over, and until the other accepts the first one answers.
        assert "when" in case.refused(31, "propose_sponsor", "reason", sponsor_seat="s.gov.vice").values()
        assert case.refused(31, "replace_sponsor", "reason", sponsor_seat="s.gov.vice")["input.hand_over"]
        case.do(31, "replace_sponsor", "reason hand_over", sponsor_seat="s.gov.vice", at=day("2026-09-02"))
        assert case.state.sponsor["seat"] == "s.gov.deputy"
        case.do(VICE, "accept_sponsor", sponsor_days=90, at=day("2026-09-03"))
        assert case.state.sponsor["seat"] == "s.gov.vice"
        assert running(case)["sponsored"] == "2026-10-08", "the promised day does not move with the leader"
        assert "relation" in case.refused(DEPUTY, "approve_plan", "note_text").values()
        assert "relation" in case.refused(31, "extend_sponsored", "reason", sponsor_days=30).values()
        case.do(SUPERVISOR, "extend_sponsored", "reason", sponsor_days=30, at=day("2026-09-04"))
        assert running(case)["sponsored"] == "2026-11-04"

        give_opinion(case, day("2026-09-07"), opinion="resolved-as-asked", fulfilment_days=30)
        case.do(30, "serve", "opinion_file proof", served_date="2026-09-08", served_way="hand", at=day("2026-09-08"))
        case.do(30, "begin_fulfilment", "note_text", at=day("2026-09-09"))
        lacks = case.refused(32, "write_off", "note_text", contacted="reached")
        assert set(lacks) == {"acts.write_off.gate[0]", "dossiers.sponsored.items[5]", "dossiers.closing.items[0]"}
        case.do(20, "finish_task", "note_text", target="task#3", at=day("2026-09-10"))
        case.do(
            30, "record_fulfilment", "note_text evidence_file report_text", fulfilment="fulfilled",
            at=day("2026-09-20"),
        )  # fmt: skip
        case.do(32, "write_off", "note_text", contacted="reached", at=day("2026-09-21"))
        assert running(case)["look_back"] == "2026-12-21"
        assert running(case)["sponsored"] == "2026-11-04", "the sponsor still answers"
        assert case.refused(32, "look_back", "note_text") == {"dossiers.sponsored.items[6]": "gate"}
        assert case.refused(VICE, "evaluate", "evaluation") == {"acts.evaluate.independent": "handled"}
        case.do(SUPERVISOR, "evaluate", "evaluation", at=day("2026-12-14"))
        assert missing(case) == set()
        assert case.refused(31, "look_back", "note_text") == {"acts.look_back.independent": "handled"}

        # It did not hold: the failure opens the work again, and the sponsor still answers.
        case.do(32, "look_back_failed", "reason", fulfilment_days=30, at=day("2026-12-15"))
        assert (case.state.stage, case.state.fulfilment["value"]) == ("fulfilling", "not-fulfilled")
        assert case.state.sponsor["seat"] == "s.gov.vice" and missing(case) == {"result"}
        case.do(
            30, "record_fulfilment", "note_text evidence_file report_text", fulfilment="fulfilled",
            at=day("2026-12-20"),
        )  # fmt: skip
        case.do(32, "write_off", "note_text", contacted="reached", at=day("2026-12-21"))
        case.do(32, "look_back", "note_text", at=day("2027-03-20"))
        assert (case.state.stage, case.state.open, running(case)) == ("completed", False, {RETENTION: "2037-03-20"})
        case.check()

    def test_a_sponsored_case_never_ends_before_its_look_back(self) -> None:
        case = sponsored()
        served = {"served_date": "2026-08-07", "served_way": "hand"}
        assert case.refused(30, "serve_notice", "proof", **served, at=day("2026-08-07")) == {"target": "document"}
        for key in ("notice#1", "acceptance#1"):
            case.do(30, "serve_notice", "proof", target=key, **served)
        give_opinion(case, day("2026-09-07"), opinion="not-supported-reasons", fulfilment_days=30)
        case.do(30, "serve", "opinion_file proof", served_date="2026-09-08", served_way="hand", at=day("2026-09-08"))
        case.do(30, "finish", "note_text report_text", contacted="reached", at=day("2026-10-20"))
        assert "when" in case.refused(32, "confirm_ending", "note_text").values()
        lacks = case.refused(32, "confirm_to_look_back", "note_text")
        assert set(lacks) == {f"dossiers.sponsored.items[{number}]" for number in (1, 2, 3)}

    def test_a_leader_whom_it_turns_out_to_concern_is_replaced_before_it_can_end(self) -> None:
        case = sponsored()
        case.do(1, "name_concerned", "reason", to_unit="u.gov", relations=frozenset({"superior_head"}))
        assert case.state.sponsor is None and "sponsor" in missing(case)

    def test_the_resident_ends_it_by_withdrawing_and_takes_it_back_with_the_same_sponsor(self) -> None:
        case = sponsored()
        case.do("resident", "withdraw", at=day("2026-08-10"))
        assert not case.state.open
        case.do("resident", "undo_withdrawal", at=day("2026-09-08"))
        assert case.state.open and case.state.sponsor["seat"] == "s.gov.deputy"
        assert case.state.counts["reopenings"] == 1


class TestParts:
    def test_nothing_is_joined_before_the_resident_says_so_and_everything_stays_their_own(self) -> None:
        case = accepted_petition()
        before = running(case)
        case.do(30, "propose_part", "message", problem_ref=OTHER, at=day("2026-08-04"))
        assert case.state.part_of is None and running(case) == before, "no answer: not joined, and the clock runs on"
        assert case.last.notice == "common_problem"
        for who in (30, 31, 32, 1, SUPERVISOR):
            assert "relation" in case.refused(who, "confirm_part").values()
        case.do("resident", "decline_part", at=day("2026-08-05"))
        assert case.state.part_of is None
        case.do(30, "propose_part", "message", problem_ref=OTHER, at=day("2026-08-06"))
        case.do("resident", "confirm_part", at=day("2026-08-07"))
        assert case.state.part_of == OTHER and running(case) == before
        assert (case.state.stage, case.state.unit, case.state.outcome) == ("accepted", "u.labour", None)
        case.do(30, "share_answer", "answer_text", at=day("2026-08-10"))
        assert case.last.notice == "shared"
        assert "when" in case.refused(30, "propose_part", "message", problem_ref="c" * 32).values()
        assert "input.reason" in case.refused(30, "leave_problem")
        case.do("resident", "leave_problem", at=day("2026-08-11"))
        assert case.state.part_of is None and running(case) == before
        case.check()

    def test_a_matter_that_is_a_part_ends_by_its_own_verdict_only(self) -> None:
        case = accepted_petition()
        case.do(30, "propose_part", "message", problem_ref=OTHER, at=day("2026-08-06"))
        case.do("resident", "confirm_part", at=day("2026-08-07"))
        case.do("resident", "withdraw", at=day("2026-08-08"))
        assert case.state.outcome["value"] == "withdrawn-by-person" and case.state.part_of == OTHER


class TestPetition:
    def test_the_whole_way_from_submission_to_the_archive_and_back(self) -> None:
        case = petition()
        assert running(case) == {"registration": "2026-07-31"}
        assert (case.state.unit, case.state.stage) == ("u.centre", "submitted")
        case.do(10, "register", "request_text", at=day("2026-07-17"))
        case.do(10, "triage", at=day("2026-07-17"), **{"class": "request", "route": "petition"})
        case.do(10, "offer_transfer", "reason", to_unit="u.housing", at=day("2026-07-17", 11))
        # Friday + 5 working days; the sender answers for it all the while, and its own clock runs on.
        assert running(case) == {"registration": "2026-07-31", "transfer_answer#transfer#1": "2026-07-24"}
        assert case.state.unit == "u.centre"
        case.do(20, "contest_transfer", "reason", at=day("2026-07-23"))
        assert (case.state.unit, case.state.counts["objections"]) == ("u.centre", 1)
        assert case.state.requests["transfer_decision#1"].unit == "u.gov"
        assert running(case) == {
            "registration": "2026-07-31",
            "transfer_decision#transfer_decision#1": "2026-07-30",
        }
        case.do(1, "direct_transfer", "reason", to_unit="u.labour", at=day("2026-07-24"))
        # The body's 15 days run from the day on which the material was sent on.
        assert (case.state.unit, case.state.stage, case.state.counts["handoffs"]) == ("u.labour", "received", 1)
        assert running(case) == {"notice": "2026-08-03"}
        case.do(30, "notify", "message paper", at=day("2026-07-27"))
        assert running(case) == {"notice": "2026-08-03"}, "told that it arrived is not yet told whether it is accepted"
        case.do(30, "hear_resident", "heard", at=day("2026-07-30"))
        case.do(30, "accept", "message paper", at=day("2026-08-03"))
        # DOMAIN 10.2 vector 4.
        assert running(case) == {"handling": "2026-10-08"}
        case.do(30, "plan_step", "step_text", action_days=20, to_unit="u.labour", at=day("2026-08-04"))
        assert running(case)["plan_step#plan_step#1"] == "2026-08-24"
        assert tick(case, day("2026-08-26")) == ["remind", "note_overdue", "remind"], "a third of 60 days lies between"
        case.do(30, "slip_step", "reason step_text", action_days=30, to_unit="u.labour", at=day("2026-08-26"))
        assert case.state.requests["plan_step#1"].state == "lapsed"
        assert case.state.clocks["plan_step#plan_step#1"].last_date == "2026-08-24", "the old date stays"
        # 30 days end on 25 September, the Mid-Autumn holiday: Monday 28th, as in vector 5.
        assert running(case)["plan_step#plan_step#2"] == "2026-09-28"
        case.do(30, "finish_step", "note_text evidence_file", target="plan_step#2", at=day("2026-09-20"))
        case.do(30, "ask_extension", "reason", extension_days=30, at=day("2026-09-21"))
        case.do(31, "grant_extension", "reason paper", extension_days=30, at=day("2026-09-22"))
        # Vector 7: 60 + 30 from acceptance, rolled once.
        assert running(case) == {"handling": "2026-11-02"}
        give_opinion(case, day("2026-09-25"), opinion="not-supported-reasons", fulfilment_days=60)
        assert case.state.outcome["value"] == "not-supported-reasons"
        assert running(case) == {"handling": "2026-11-02"}, "an opinion in a drawer is not a reply"
        case.do(30, "serve", "opinion_file proof", served_date="2026-09-28", served_way="hand", at=day("2026-09-29"))
        # 30 days from the day of service, not of recording.
        assert running(case) == {"review_window": "2026-10-28", "fulfilment": "2026-11-30"}
        assert case.last.notice == "opinion"

        case.do("resident", "ask_review", "reason", at=day("2026-10-09"))
        assert (case.state.stage, running(case)) == ("under_review", {})
        review = child_of(case, "review#1")
        assert (review.state.unit, running(review)) == ("u.gov", {"review": "2026-11-09"})
        review.do(4, "take", "message", at=day("2026-10-12"))
        give_result(review, 4, 1, "upheld", day("2026-10-30"))
        tell(case, review, "review#1")
        assert (case.state.stage, case.state.children["review#1"].outcome) == ("under_review", "upheld")
        review.do(4, "serve", "opinion_file proof", served_date="2026-11-02", served_way="hand", at=day("2026-11-02"))
        tell(case, review, "review#1")
        assert case.state.stage == "reviewed"
        assert running(case)["re_review_window"] == "2026-12-02"
        review.do(SUPERVISOR, "confirm_ending", "note_text", at=day("2026-11-03"))
        tell(case, review, "review#1")
        assert review.state.outcome["value"] == "upheld-on-review"
        assert not review.state.open and case.state.stage == "reviewed"

        case.do("resident", "ask_re_review", "reason", at=day("2026-11-10"))
        again = child_of(case, "re_review#1")
        # The body above the reviewer, not above the first unit.
        assert (again.state.unit, running(again)) == ("u.city", {"re_review": "2026-12-10"})
        again.do(70, "take", "message", at=day("2026-11-11"))
        again.do(70, "hold_hearing", "hearing_record", hearing_from="2026-11-16", hearing_to="2026-11-20",
                 at=day("2026-11-20"))  # fmt: skip
        # Five days of hearing do not count.
        assert running(again) == {"re_review": "2026-12-15"}
        give_result(again, 14, 70, "changed", day("2026-12-01"))
        tell(case, again, "re_review#1")
        again.do(70, "serve", "opinion_file proof", served_date="2026-12-02", served_way="hand", at=day("2026-12-02"))
        tell(case, again, "re_review#1")
        assert case.state.stage == "reviewed" and case.state.facts["exhausted"] is True
        assert case.state.outcome["value"] == "changed-on-review"
        assert case.state.fulfilment["value"] == "in-progress"
        assert case.refused("resident", "ask_re_review", "reason")["acts.ask_re_review.when"] == "when"

        case.do(30, "begin_fulfilment", "note_text", at=day("2026-12-03"))
        assert case.refused(SUPERVISOR, "write_off", "note_text", contacted="reached") == {
            "acts.write_off.gate[0]": "gate"
        }
        case.do(30, "record_fulfilment", "note_text evidence_file report_text", fulfilment="fulfilled",
                at=day("2026-12-14"))  # fmt: skip
        assert (
            case.refused(31, "write_off", "note_text", contacted="reached")["acts.write_off.independent"] == "handled"
        )
        case.do(32, "write_off", "note_text", contacted="reached", at=day("2026-12-15"))
        assert running(case)["look_back"] == "2027-03-15"
        assert case.state.clocks["look_back"].provisional, "the calendar of 2027 is not published"
        case.do("resident", "give_view", verdict="partly", at=day("2026-12-20"))
        case.do(32, "look_back", "note_text", at=day("2027-03-10"))
        assert (case.state.stage, case.state.open, running(case)) == ("completed", False, {RETENTION: "2037-03-10"})
        case.do(ARCHIVIST, "archive", at=day("2027-04-01"))
        assert case.state.stage == "archived"
        handling = case.state.clocks["handling"]
        case.do("resident", "reopen", "reason", at=day("2027-05-06"))
        assert (case.state.stage, case.state.open) == ("fulfilling", True)
        assert case.state.fulfilment["value"] == "fulfilled", "nobody independent has looked yet"
        assert case.refused(30, "uphold_reopening", "note_text")["acts.uphold_reopening.by"] == "relation"
        assert case.refused(SUPERVISOR, "write_off", "note_text", contacted="reached") == {
            "dossiers.closing.items[1]": "gate"
        }
        case.do(SUPERVISOR, "uphold_reopening", "note_text", at=day("2027-05-07"))
        assert case.state.fulfilment["value"] == "not-fulfilled"
        assert case.state.outcome["value"] == "changed-on-review", "what was decided stays decided"
        assert (case.state.counts["reopenings"], case.state.counts["objections"]) == (1, 1)
        assert case.state.clocks["registration"].last_date == "2026-07-31", "the first clock stays"
        assert case.state.clocks["handling"] == handling
        assert "fulfilment" in {key.partition("#")[0] for key in running(case)}
        assert case.state.verdict["value"] == "partly"
        case.check()

    def test_an_objection_comes_too_late_on_the_sixth_working_day(self) -> None:
        case = triaged()
        case.do(10, "offer_transfer", "reason", to_unit="u.housing", at=day("2026-07-17", 11))
        found = case.refused(20, "contest_transfer", "reason", at=day("2026-07-25", 0))
        assert found == {"acts.contest_transfer.when": "when"}
        case.do(20, "contest_transfer", "reason", at=day("2026-07-25", 0) - timedelta(microseconds=1))

    def test_silence_brings_the_referral_to_the_common_superior_and_the_sender_keeps_it(self) -> None:
        case = triaged()
        case.do(10, "offer_transfer", "reason", to_unit="u.housing", at=day("2026-07-17", 11))
        assert "transfer_unanswered" in tick(case, day("2026-07-27"))
        assert case.state.requests["transfer_decision#1"].unit == "u.gov"
        assert case.state.unit == "u.centre"
        case.do(1, "keep_transfer", "reason", at=day("2026-07-28"))
        assert (case.state.unit, case.state.requests["transfer#1"].state) == ("u.centre", "refused")

    def test_after_the_second_objection_the_backstop_holds_it_and_nobody_lost_it_between(self) -> None:
        case = triaged()
        case.do(10, "offer_transfer", "reason", to_unit="u.housing", at=day("2026-07-17", 11))
        case.do(20, "contest_transfer", "reason", at=day("2026-07-20"))
        case.do(10, "agree_objection", "reason", at=day("2026-07-21"))
        assert case.state.unit == "u.centre"
        case.do(10, "offer_transfer", "reason", to_unit="u.water", at=day("2026-07-21"))
        case.do(60, "contest_transfer", "reason", at=day("2026-07-22"))
        assert (case.state.unit, case.state.seat, case.state.stage) == ("u.gov", "s.gov.head", "received")
        assert case.state.counts["objections"] == 2
        assert not [one for one in case.state.requests.values() if one.state in ("open", "contested")]

    def test_only_the_head_extends_once_and_before_the_old_date(self) -> None:
        case = accepted_petition()
        assert (
            "relation" in case.refused(30, "extend", "reason paper", extension_days=30, at=day("2026-10-01")).values()
        )
        assert "field-invalid" in case.refused(31, "extend", "reason paper", extension_days=31).values()
        late = case.refused(31, "extend", "reason paper", extension_days=30, at=day("2026-10-09", 0))
        assert late == {"clocks.handling.extension": "extension-late"}
        case.do(31, "extend", "reason paper", extension_days=30, at=day("2026-10-09", 0) - timedelta(seconds=1))
        assert case.state.clocks["handling"].due_at == due("2026-11-02")
        with pytest.raises(Refused) as refused:
            case.decide(case.command(31, "extend", "reason paper", extension_days=1, at=day("2026-10-10")))
        assert {item.code for item in refused.value.unmet} == {"extension-used", "extension-over"}

    def test_nothing_in_first_handling_stops_the_clock(self) -> None:
        case = accepted_petition()
        case.do(30, "hold_hearing", "hearing_record", hearing_date="2026-08-20", at=day("2026-08-20"))
        case.do(30, "add_note", "note_text", at=day("2026-08-21"))
        assert running(case) == {"handling": "2026-10-08"}

    def test_acceptance_names_everything_that_is_missing(self) -> None:
        case = triaged()
        case.do(10, "triage", at=day("2026-07-17"), **{"class": "request", "route": "court"})
        case.do(10, "keep_here", at=day("2026-07-20"))
        found = case.refused(10, "accept")
        assert found == {"input.message": "field-missing", "acts.accept.gate[0]": "gate"}

    def test_a_legal_route_ends_only_with_a_receipt_that_somebody_else_checked(self) -> None:
        case = triaged()
        case.do(10, "triage", at=day("2026-07-17"), **{"class": "request", "route": "court"})
        case.do(10, "refer_out", "route_text paper", remedy="administrative-review", at=day("2026-07-20"))
        assert (case.state.stage, case.state.open) == ("checking", True)
        # The notice was written and issued; until it is served nothing ends.
        assert case.refused(12, "confirm_referral", "receipt_number note_text") == {
            "acts.confirm_referral.gate[0]": "gate"
        }
        case.do(10, "serve_notice", "proof", served_date="2026-07-21", served_way="hand", at=day("2026-07-21"))
        assert case.refused(12, "confirm_ending", "note_text") == {"acts.confirm_ending.when": "when"}
        assert case.refused(12, "confirm_referral", "note_text") == {"input.receipt_number": "field-missing"}
        # Whoever sent it away may not confirm, whatever seat they take.
        held = case.command(10, "confirm_referral", "receipt_number note_text")
        with pytest.raises(Refused) as refused:
            case.decide(replace(held, relations=held.relations | {"verifier"}))
        assert [item.code for item in refused.value.unmet] == ["handled"]
        case.do(12, "confirm_referral", "receipt_number note_text", at=day("2026-07-22"))
        assert (case.state.stage, case.state.open) == ("completed", False)
        assert case.state.outcome["value"] == "referred-to"

    def test_after_re_review_without_more_to_do_care_goes_on(self) -> None:
        case = accepted_petition()
        give_opinion(case, day("2026-09-01"), opinion="explained-no-basis", fulfilment_days=60)
        case.do(30, "serve", "opinion_file proof", served_date="2026-09-02", served_way="hand", at=day("2026-09-02"))
        for act, key, drafter, decider, asked, decided, served in (
            ("ask_review", "review#1", 4, 1, "2026-09-04", "2026-09-07", "2026-09-08"),
            ("ask_re_review", "re_review#1", 14, 70, "2026-09-10", "2026-09-14", "2026-09-15"),
        ):
            case.do("resident", act, "reason", at=day(asked))
            child = child_of(case, key)
            child.do(drafter, "take", "message")
            give_result(child, drafter, decider, "upheld", day(decided))
            tell(case, child, key)
            child.do(drafter if drafter == 4 else decider, "serve", "opinion_file proof", served_date=served,
                     served_way="hand", at=day(served) + timedelta(days=2))  # fmt: skip
            tell(case, child, key)
            if key == "review#1":
                # Thirty days from Tuesday 8 September end on Thursday 8 October, however late it was recorded.
                assert running(case)["re_review_window"] == "2026-10-08"
        assert (case.state.stage, case.state.open) == ("caring", True)
        assert case.state.outcome["value"] == "procedure-exhausted"
        assert "look_back" in running(case)
        case.do(30, "give_care", "care_text", at=case.now + timedelta(days=20))
        case.do(32, "end_care", "care_text note_text", contacted="reached", at=case.now + timedelta(days=20))
        assert case.state.stage == "completed"
        case.do(30, "give_care", "care_text", at=case.now + timedelta(days=20))

    def test_a_withdrawal_is_undone_within_thirty_days_on_the_same_clock(self) -> None:
        case = accepted_petition()
        case.do("resident", "withdraw", at=day("2026-08-10"))
        assert (case.state.open, case.state.outcome["value"]) == (False, "withdrawn-by-person")
        assert running(case) == {RETENTION: "2036-08-10"}
        assert case.refused(ARCHIVIST, "archive", at=day("2026-08-20")) == {"acts.archive.when": "when"}
        late = case.refused("resident", "undo_withdrawal", at=day("2026-09-09", 11))
        assert late == {"acts.undo_withdrawal.when": "when"}
        case.do("resident", "undo_withdrawal", at=day("2026-09-09", 9))
        assert (case.state.stage, case.state.open, case.state.outcome) == ("accepted", True, None)
        assert list(running(case).values()) == ["2026-10-08"]
        assert case.state.counts["reopenings"] == 1

    def test_a_withdrawal_on_paper_is_checked_by_somebody_who_did_not_handle_it(self) -> None:
        case = accepted_petition()
        assert "relation" in case.refused(30, "record_withdrawal", "withdrawal_paper note_text").values()
        case.do(32, "record_withdrawal", "withdrawal_paper note_text", at=day("2026-08-10"))
        assert case.state.stage == "withdrawn"

    def test_one_problem_is_joined_only_when_the_resident_says_so(self) -> None:
        case = triaged()
        assert "request-unknown" in case.refused("resident", "confirm_merge").values()
        case.do(10, "propose_merge", "message", merge_ref="a" * 32, at=day("2026-07-18"))
        assert "relation" in case.refused(10, "confirm_merge").values()
        case.do("resident", "decline_merge", at=day("2026-07-19"))
        assert case.state.stage == "triaged" and case.state.links == []
        case.do(10, "propose_merge", "message", merge_ref="b" * 32, at=day("2026-07-20"))
        case.do("resident", "confirm_merge", at=day("2026-07-21"))
        assert (case.state.stage, case.state.outcome["value"]) == ("merged", "merged-into")
        assert case.state.links == ["b" * 32]

    def test_a_review_that_sends_it_back_starts_handling_again(self) -> None:
        case = accepted_petition()
        give_opinion(case, day("2026-09-01"), opinion="not-supported-reasons", fulfilment_days=60)
        case.do(30, "serve", "opinion_file proof", served_date="2026-09-02", served_way="hand", at=day("2026-09-02"))
        case.do("resident", "ask_review", "reason", at=day("2026-09-03"))
        review = child_of(case, "review#1")
        review.do(4, "take", "message")
        give_result(review, 4, 1, "redo", day("2026-09-10"))
        tell(case, review, "review#1")
        review.do(4, "serve", "opinion_file proof", served_date="2026-09-11", served_way="hand", at=day("2026-09-11"))
        tell(case, review, "review#1")
        # 30 days end on Sunday 11 October.
        assert (case.state.stage, running(case)) == ("accepted", {"redo": "2026-10-12"})
        give_opinion(case, day("2026-09-20"), opinion="resolved-as-asked", fulfilment_days=30)
        case.do(30, "serve", "opinion_file proof", served_date="2026-09-21", served_way="hand", at=day("2026-09-21"))
        assert (case.state.stage, case.state.outcome["value"]) == ("served", "resolved-as-asked")


# England

#: 2026 as gov.uk lists it: weekends and these days are not worked.
ENGLAND = Calendar.from_document(
    {
        "id": "england.2026", "zone": "Europe/London", "weekend": [5, 6], "published": [2026],
        "off": ["2026-01-01", "2026-04-03", "2026-04-06", "2026-05-04", "2026-05-25",
                "2026-08-31", "2026-12-25", "2026-12-28"],
        "worked": [], "office_hours": [["09:00", "17:00"]], "names": {},
    }
)  # fmt: skip


def noon(text: str) -> datetime:
    return datetime.combine(date.fromisoformat(text), datetime.min.time(), tzinfo=UTC) + timedelta(hours=12)


def complaint() -> Case:
    """Return a complaint to labour, received on Monday 2026-03-23."""
    case = case_of("en.complaint", PLACE, ENGLAND)
    case.do("resident", "submit", "title text contact", topic="t.wages", region="r.qingshi", mode="open", channel="web",
            category="delay", at=noon("2026-03-23"))  # fmt: skip
    return case


REPLY = "findings remedy how_to_escalate paper"


def replied(case: Case, drafter: int, signer: int, decision: str, on: str, second: str = "") -> None:
    """Draft, sign off, send and prove one of the two replies, all on one day."""
    case.do(drafter, f"draft_reply{second}", REPLY, decision=decision, at=noon(on))
    case.do(signer, f"reply{second}", at=noon(on))
    case.do(drafter, f"serve_reply{second}", "proof", served_way="post", served_date=on, at=noon(on))


class TestComplaint:
    def test_the_whole_way_through_both_stages_to_the_archive_and_back(self) -> None:
        case = complaint()
        assert (case.state.unit, running(case)) == ("u.labour", {"acknowledgement": "2026-03-30"})
        case.do(30, "offer_transfer", "reason", to_unit="u.housing", at=noon("2026-03-24"))
        case.do(20, "contest_transfer", "reason", at=noon("2026-03-25"))
        assert case.state.requests["transfer_decision#1"].unit == "u.gov"
        case.do(1, "keep_transfer", "reason", at=noon("2026-03-26"))
        assert running(case) == {"acknowledgement": "2026-03-30"}
        case.do(30, "acknowledge", "message", is_complaint="complaint", category="delay", at=noon("2026-03-27"))
        # Ten working days from Friday 27 March over Good Friday and Easter Monday.
        assert running(case) == {"reply": "2026-04-14"}
        case.do(30, "plan_step", "step_text", action_days=10, to_unit="u.labour", at=noon("2026-03-30"))
        # Ten days end on Thursday 9 April.
        assert running(case)["plan_step#plan_step#1"] == "2026-04-09"
        case.do(30, "slip_step", "reason step_text", action_days=20, to_unit="u.labour", at=noon("2026-04-13"))
        case.do(30, "ask_extension", "reason", extension_days=10, at=noon("2026-04-13"))
        case.do(31, "grant_extension", "reason", extension_days=10, at=noon("2026-04-14"))
        assert running(case)["reply"] == "2026-04-28"
        case.do(30, "finish_step", "note_text evidence_file", target="plan_step#2", at=noon("2026-04-20"))
        case.do(30, "draft_reply", REPLY, decision="not-upheld", at=noon("2026-04-23"))
        case.do(31, "reply", at=noon("2026-04-24"))
        assert (case.state.stage, case.state.clocks["reply"].status) == ("issued_1", "running"), "signed is not sent"
        assert "escalation_window" not in case.state.clocks
        case.do(30, "serve_reply", "proof", served_way="post", served_date="2026-04-27", at=noon("2026-04-29"))
        # it reached on Monday 27 April, whenever that was written down; the day begins an hour before that of UTC
        clock = case.state.clocks["reply"]
        assert (clock.status, clock.ended_at[:13]) == ("met", "2026-04-26T23")
        assert running(case)["escalation_window"] == "2026-05-27"
        case.do("resident", "escalate", "reason", at=noon("2026-05-01"))
        # Friday, then the early May holiday.
        assert running(case) == {"stage_2_acknowledgement": "2026-05-11"}
        assert case.refused(30, "take_stage_2", "message", at=noon("2026-05-05")) == {
            "acts.take_stage_2.by": "relation",
            "acts.take_stage_2.independent": "handled",
        }
        case.do(4, "take_stage_2", "message", at=noon("2026-05-06"))
        # Twenty working days from Wednesday 6 May over the spring bank holiday.
        assert (case.state.unit, case.state.stage, running(case)) == (
            "u.gov",
            "stage_2",
            {"stage_2_reply": "2026-06-04"},
        )
        case.do(1, "extend_2", "reason", extension_days=20, at=noon("2026-06-03"))
        assert running(case) == {"stage_2_reply": "2026-07-02"}
        case.do(4, "draft_reply_2", REPLY, decision="partly-upheld", at=noon("2026-06-29"))
        case.do(1, "reply_2", at=noon("2026-06-29"))
        case.do(4, "serve_reply_2", "proof", served_way="hand", served_date="2026-06-30", at=noon("2026-06-30"))
        assert (case.state.stage, case.last.notice) == ("answered_2", "reply_2")
        assert running(case) == {"actions#2": "2026-09-01"}, "60 days end on Saturday 29 August, Monday is a holiday"
        case.do(4, "signpost", "message", at=noon("2026-07-01"))
        case.do(4, "record_fulfilment", "note_text evidence_file", fulfilment="fulfilled", at=noon("2026-07-20"))
        assert case.refused(4, "write_off", "note_text", contacted="reached")["acts.write_off.independent"] == "handled"
        case.do(SUPERVISOR, "write_off", "note_text", contacted="not-wished", at=noon("2026-07-21"))
        # 90 days from 21 July.
        assert running(case) == {"look_back": "2026-10-19"}
        assert case.refused(SUPERVISOR, "look_back", "note_text") == {"acts.look_back.gate[0]": "gate"}
        case.do(4, "learn", "lesson", at=noon("2026-08-01"))
        case.do(SUPERVISOR, "look_back", "note_text", at=noon("2026-10-12"))
        assert (case.state.stage, case.state.open, running(case)) == ("closed", False, {RETENTION: "2032-10-12"})
        case.do(ARCHIVIST, "archive", at=noon("2026-11-02"))
        case.do("resident", "reopen", "reason", at=noon("2026-11-20"))
        assert (case.state.stage, case.state.open, case.state.counts["reopenings"]) == ("acting", True, 1)
        assert case.state.fulfilment["value"] == "fulfilled", "until somebody independent has looked"
        case.do(SUPERVISOR, "not_uphold_reopening", "reason", at=noon("2026-11-23"))
        assert case.state.fulfilment["value"] == "fulfilled"
        assert case.state.outcome["value"] == "partly-resolved"
        assert case.state.clocks["acknowledgement"].last_date == "2026-03-30"
        case.check()

    def test_whoever_replied_at_stage_1_never_replies_at_stage_2(self) -> None:
        case = complaint()
        case.do(31, "acknowledge", "message", is_complaint="complaint", category="delay", at=noon("2026-03-24"))
        replied(case, 30, 31, "not-upheld", "2026-03-30")
        case.do("resident", "escalate", "reason", at=noon("2026-03-31"))
        assert case.refused(31, "take_stage_2", "message") == {"acts.take_stage_2.independent": "handled"}
        case.do(32, "take_stage_2", "message", at=noon("2026-04-01"))
        for drafter in (30, 31):
            assert "handled" in case.refused(drafter, "draft_reply_2", REPLY, decision="upheld").values()
        case.do(32, "draft_reply_2", REPLY, decision="upheld", at=noon("2026-04-01"))
        assert "handled" in case.refused(31, "reply_2").values()
        case.do("resident", "write_to_us", "message", at=noon("2026-04-02"))

    def test_nobody_signs_off_their_own_draft_and_changed_words_are_signed_anew(self) -> None:
        case = complaint()
        case.do(30, "acknowledge", "message", is_complaint="complaint", category="delay", at=noon("2026-03-24"))
        assert "gate" in case.refused(31, "reply").values()
        case.do(31, "draft_reply", REPLY, decision="upheld", at=noon("2026-03-25"))
        assert "document-own" in case.refused(31, "reply").values()
        case.do(30, "draft_reply", REPLY, decision="not-upheld", at=noon("2026-03-25"))
        case.do(31, "reply", at=noon("2026-03-26"))
        assert case.state.documents["reply#1"].state == "replaced"
        assert (case.state.documents["reply#2"].state, case.state.outcome["value"]) == (
            "issued",
            "not-supported-reasons",
        )
        case.do(31, "recall_reply", "reason", at=noon("2026-03-26"))
        assert (case.state.stage, case.state.documents["reply#2"].state) == ("stage_1", "withdrawn")
        case.do(30, "draft_reply", REPLY, decision="upheld", at=noon("2026-03-27"))
        case.do(31, "reply", at=noon("2026-03-27"))
        assert case.state.outcome["value"] == "resolved-as-asked"

    def test_each_way_asks_for_its_own_proof(self) -> None:
        case = complaint()
        case.do(30, "acknowledge", "message", is_complaint="complaint", category="delay", at=noon("2026-03-24"))
        case.do(30, "draft_reply", REPLY, decision="upheld", at=noon("2026-03-25"))
        case.do(31, "reply", at=noon("2026-03-25"))
        told = {"served_date": "2026-03-26", "at": noon("2026-03-26")}
        for way in ("post", "hand"):
            assert "document-proof" in case.refused(30, "serve_reply", served_way=way, **told).values()
        assert "document-way" in case.refused(30, "serve_reply", "proof", served_way="email", **told).values()
        # this resident left a way to be reached, so the page alone is not enough
        assert "document-way" in case.refused(30, "serve_reply", "note_text", served_way="page", **told).values()
        assert "escalation_window" not in case.state.clocks
        case.do(30, "serve_reply", "proof", served_way="hand", **told)
        assert running(case)["escalation_window"] == "2026-04-27", "thirty days end on Saturday, Monday is worked"

    def test_an_agreed_e_mail_and_the_page_of_who_left_no_address(self) -> None:
        case = complaint()
        told = {"is_complaint": "complaint", "category": "delay", "email_agreed": True}
        case.do(30, "acknowledge", "message", at=noon("2026-03-24"), **told)
        case.do(30, "draft_reply", REPLY, decision="upheld", at=noon("2026-03-25"))
        case.do(31, "reply", at=noon("2026-03-25"))
        served = {"served_date": "2026-03-26", "at": noon("2026-03-26")}
        case.do(30, "serve_reply", "proof", served_way="email", **served)
        case = case_of("en.complaint", PLACE, ENGLAND)
        nobody = {"mode": "anonymous", "channel": "web", "topic": "t.wages", "region": "r.qingshi", "category": "delay"}
        case.do("resident", "submit", "title text", at=noon("2026-03-23"), **nobody)
        case.do(30, "acknowledge", "message", is_complaint="complaint", category="delay", at=noon("2026-03-24"))
        case.do(30, "draft_reply", REPLY, decision="upheld", at=noon("2026-03-25"))
        case.do(31, "reply", at=noon("2026-03-25"))
        case.do(30, "serve_reply", "note_text", served_way="page", **served)
        assert case.state.stage == "answered_1"

    def test_stage_2_is_asked_for_within_its_days(self) -> None:
        case = complaint()
        case.do(30, "acknowledge", "message", is_complaint="complaint", category="delay", at=noon("2026-03-24"))
        replied(case, 30, 31, "not-upheld", "2026-03-30")
        # Thirty days end on Wednesday 29 April.
        assert case.refused("resident", "escalate", "reason", at=noon("2026-04-30")) == {"acts.escalate.when": "when"}
        assert case.refused(30, "finish", "note_text", contacted="reached", at=noon("2026-04-29")) == {
            "acts.finish.when": "when"
        }
        case.do(30, "finish", "note_text", contacted="reached", at=noon("2026-04-30"))
        case.do(32, "confirm_ending", "note_text", at=noon("2026-05-01"))
        assert (case.state.stage, case.state.outcome["value"]) == ("closed", "not-supported-reasons")

    def test_an_undone_withdrawal_keeps_the_date_of_the_reply(self) -> None:
        case = complaint()
        case.do(30, "acknowledge", "message", is_complaint="complaint", category="delay", at=noon("2026-03-27"))
        case.do("resident", "withdraw", at=noon("2026-03-30"))
        case.do("resident", "undo_withdrawal", at=noon("2026-04-20"))
        assert list(running(case).values()) == ["2026-04-14"], "late, and it shows"


def reported(**more: Any) -> Case:
    """Return a leak in Qingshi, reported on Monday 2026-03-09; water is for u.water."""
    case = case_of("open311")
    case.do("resident", "submit", "title point", topic="t.water", region="r.qingshi", mode="anonymous", channel="web",
            **{"service_kind": "water", "at": day("2026-03-09"), **more})  # fmt: skip
    return case


class TestOpen311:
    def test_the_whole_way_from_report_to_closing_and_back(self) -> None:
        case = reported()
        assert (case.state.unit, running(case)) == ("u.water", {"service": "2026-03-11"})
        case.do(60, "offer_transfer", "reason", to_unit="u.qingshi", at=day("2026-03-09", 11))
        case.do(41, "contest_transfer", "reason", at=day("2026-03-09", 15))
        case.do(1, "direct_transfer", "reason", to_unit="u.housing", at=day("2026-03-09", 16))
        assert (case.state.unit, running(case)) == ("u.housing", {"service": "2026-03-11"})
        case.do(20, "dispatch", at=day("2026-03-09", 17))
        case.do(20, "start_work", at=day("2026-03-10"))
        assert "relation" in case.refused(20, "extend", "reason", action_days=5).values()
        case.do(21, "extend", "reason", action_days=5, at=day("2026-03-11"))
        # 2 + 5 days from the 9th.
        assert running(case) == {"service": "2026-03-16"}
        case.do(20, "fix", "note_text evidence_file", repair="resolved-as-asked", at=day("2026-03-13"))
        assert running(case) == {"check": "2026-03-20"}
        assert "relation" in case.refused(20, "verify", "note_text", contacted="no-contact").values()
        case.do(22, "verify", "note_text", contacted="no-contact", at=day("2026-03-16"))
        assert running(case) == {"look_back": "2026-03-30"}
        case.do(20, "add_note", "note_text", at=day("2026-03-17"))
        assert tick(case, day("2026-03-31")) == ["close"]
        assert (case.state.stage, case.state.open, case.state.outcome["value"]) == (
            "closed",
            False,
            "resolved-as-asked",
        )
        case.do(ARCHIVIST, "archive", at=day("2026-04-07"))
        case.do("resident", "reopen", "reason", at=day("2026-04-08"))
        assert (case.state.stage, case.state.counts["reopenings"]) == ("in_progress", 1)
        # Two days end on Friday 10 April.
        assert running(case) == {"service#2": "2026-04-10", "reopening_check#reopening#1": "2026-04-22"}
        assert case.state.fulfilment["value"] == "fulfilled", "until somebody independent has looked"
        case.do(SUPERVISOR, "uphold_reopening", "note_text", at=day("2026-04-09"))
        assert case.state.fulfilment["value"] == "not-fulfilled"
        assert case.state.clocks["service"].last_date == "2026-03-16"
        case.check()

    @pytest.mark.parametrize(
        ("kind", "last"),
        [("signal", "2026-03-11"), ("waste", "2026-03-12"), ("streetlight", "2026-03-16"), ("tree", "2026-03-19"),
         ("graffiti", "2026-03-23"), ("other", "2026-03-24"), ("park", "2026-03-30")],
    )  # fmt: skip
    def test_the_expected_date_depends_on_the_kind_of_service(self, kind: str, last: str) -> None:
        assert running(reported(service_kind=kind)) == {"service": last}

    def test_a_resident_who_finds_it_unfixed_is_believed_at_once(self) -> None:
        case = reported()
        case.do(60, "dispatch", at=day("2026-03-10"))
        case.do(60, "start_work", at=day("2026-03-10"))
        case.do(60, "fix", "note_text evidence_file", repair="resolved-as-asked", at=day("2026-03-11"))
        case.do("resident", "object", "reason", at=day("2026-03-12"))
        assert (case.state.stage, case.state.fulfilment["value"]) == ("in_progress", "not-fulfilled")

    def test_a_closed_record_from_elsewhere_stays_closed_with_an_outcome_nobody_claims_to_know(self) -> None:
        case = case_of("open311")
        case.do("import", "imported", "title", topic="t.water", region="r.qingshi", mode="anonymous", channel="import",
                source_state="closed", closed_date="2024-05-02", occurred_at=day("2024-05-01"),
                at=day("2026-03-09"))  # fmt: skip
        assert (case.state.stage, case.state.open, case.state.imported) == ("closed", False, True)
        assert case.state.outcome["value"] == "not-known-imported"
        # Kept from the day that it came here, not from an ending years ago that would erase it at once.
        assert running(case) == {RETENTION: "2028-03-09"} and len(case.state.clocks) == 1

    def test_an_open_record_from_elsewhere_has_a_clock_from_its_recording(self) -> None:
        case = case_of("open311")
        case.do("import", "imported", "title", topic="t.water", region="r.qingshi", mode="anonymous", channel="import",
                source_state="open", occurred_at=day("2024-05-01"), at=day("2026-03-09"))  # fmt: skip
        assert (case.state.unit, running(case)) == ("u.water", {"service": "2026-03-24"})
