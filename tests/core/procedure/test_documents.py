"""
A document is drafted, signed by somebody else, issued, sealed and served with proof, and time begins only then.

The rows below are written by hand from 信访工作条例 arts 32 to 36 and 民事诉讼法 arts 87 to 90: which way of service needs
which proof, who may sign what, from which day the thirty days count.
"""

# ruff: noqa: E501  (a row of a table reads best as a row)

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.core.procedure.support import COUNTY, Case, day

from huajie.core.procedure import Refused, fill_in, placeholders, read, resolve, standing
from huajie.core.procedure.check import check
from huajie.core.procedure.explain import explain
from huajie.core.procedure.explore import explore
from huajie.core.procedure.source import parse

pytestmark = pytest.mark.accept("P6")

TEXT = Path(__file__).with_name("letter.yaml").read_text(encoding="utf-8")
PACK = resolve(read(TEXT, "letter.yaml", {}))
HANDLER, HEAD, VERIFIER = 30, 31, 32


def brought() -> Case:
    """Return a matter received on Monday 2026-03-09; twenty days end on Sunday 29 March, so on Monday 30th."""
    case = Case(PACK, COUNTY)
    case.do("resident", "submit", "story", topic="t.wages", region="r.qingshi", channel="web", at=day("2026-03-09"))
    return case


def drafted(weight: str = "ordinary") -> Case:
    case = brought()
    case.do(HANDLER, "draft", "findings letter_text", weight=weight, at=day("2026-03-10"))
    return case


def issued() -> Case:
    case = drafted()
    case.do(HEAD, "issue", at=day("2026-03-11"))
    return case


def where(case: Case) -> dict[str, str]:
    assert case.state is not None
    return {key: one.state for key, one in case.state.documents.items()}


def running(case: Case) -> dict[str, str]:
    assert case.state is not None
    return {key: clock.last_date or "" for key, clock in case.state.clocks.items() if clock.status == "running"}


class TestLife:
    def test_every_step_in_its_order_with_who_and_when(self) -> None:
        case = drafted()
        assert where(case) == {"letter#1": "draft"}
        case.do(VERIFIER, "sign", at=day("2026-03-11"))
        assert where(case) == {"letter#1": "countersigned"}
        case.do(HEAD, "issue", at=day("2026-03-12"))
        assert where(case) == {"letter#1": "issued"}
        case.do(HANDLER, "keep_scan", "scan", at=day("2026-03-13"))
        assert where(case) == {"letter#1": "sealed"}
        case.do(HANDLER, "serve", "slip", way="hand", reached="2026-03-16", at=day("2026-03-18"))
        (one,) = case.state.documents.values()
        assert (one.state, one.way, one.date, one.proof) == ("served", "hand", "2026-03-16", ["slip"])
        assert [level for level, _ in one.signed] == [0]
        # the words stand in the entry that drafted them, the scan and the proof in theirs
        entries = {body["n"]: {name for name, _ in body["texts"]} for body in case.bodies}
        assert "letter_text" in entries[one.n] and "scan" in entries[one.scan] and "slip" in entries[one.served_n]
        case.check()

    def test_the_window_counts_from_the_day_it_reached_and_the_answer_stops_there(self) -> None:
        case = issued()
        case.do(HANDLER, "serve", "scan slip", way="hand", reached="2026-03-30", at=day("2026-04-02"))
        # Thirty days from Monday 30 March end on Wednesday 29 April; recorded three days later all the same.
        assert running(case) == {"window": "2026-04-29"}
        answer = case.state.clocks["answer"]
        # It reached on the last day, and is in time although nobody wrote it down until April.
        assert answer.last_date == "2026-03-30" and answer.status == "met"
        assert answer.ended_at < answer.due_at

    def test_what_reached_a_day_late_is_late(self) -> None:
        case = issued()
        case.do(HANDLER, "serve", "scan slip", way="hand", reached="2026-03-31", at=day("2026-04-02"))
        answer = case.state.clocks["answer"]
        assert answer.ended_at >= answer.due_at

    def test_steps_out_of_order_are_refused_by_name(self) -> None:
        case = brought()
        for who, act, texts, more in (
            (VERIFIER, "sign", "", {}),
            (HEAD, "issue", "", {}),
            (HANDLER, "keep_scan", "scan", {}),
            (HANDLER, "serve", "scan slip", {"way": "hand", "reached": "2026-03-09"}),
            (HEAD, "take_back", "", {}),
        ):
            found = case.refused(who, act, texts, **more)
            assert "document" in found.values() and set(found.values()) <= {"document", "when"}, (act, found)
        case.do(HANDLER, "draft", "findings letter_text", weight="ordinary", at=day("2026-03-10"))
        assert "document" in case.refused(HANDLER, "serve", "scan slip", way="hand", reached="2026-03-10").values()
        assert running(case) == {"answer": "2026-03-30"}

    def test_a_notice_is_written_and_issued_in_one_form_and_served_in_another(self) -> None:
        case = brought()
        assert case.refused(HANDLER, "serve_paper", "slip", way="hand", reached="2026-03-09") == {"target": "document"}
        case.do(HANDLER, "notify", "notice_text", at=day("2026-03-10"))
        assert where(case) == {"notice#1": "issued"}
        assert case.refused(HANDLER, "serve_paper", way="hand", reached="2026-03-10") == {
            "input.slip": "document-proof"
        }
        case.do(HANDLER, "serve_paper", "slip", way="hand", reached="2026-03-10", at=day("2026-03-11"))
        assert where(case) == {"notice#1": "served"}
        assert running(case) == {"answer": "2026-03-30"}, "a notice starts nobody's time to object"


class TestSigning:
    def test_nobody_signs_what_they_drafted_even_as_the_head(self) -> None:
        case = brought()
        case.do(HEAD, "draft", "findings letter_text", weight="ordinary", at=day("2026-03-10"))
        assert case.refused(HEAD, "issue") == {"acts.issue.effects[0]": "document-own"}
        case.do(VERIFIER, "sign", at=day("2026-03-11"))
        case.do(HEAD, "issue", at=day("2026-03-11"))
        assert where(case) == {"letter#1": "issued"}

    def test_a_pack_may_let_them(self) -> None:
        free = TEXT.replace(
            "    countersign:\n      - {by: [verifier", "    own_draft: true\n    countersign:\n      - {by: [verifier"
        )
        assert free != TEXT
        case = Case(resolve(read(free, "letter.yaml", {})), COUNTY)
        case.do("resident", "submit", "story", topic="t.wages", region="r.qingshi", channel="web")
        case.do(HEAD, "draft", "findings letter_text", weight="ordinary")
        case.do(HEAD, "issue")
        assert where(case) == {"letter#1": "issued"}

    def test_an_ordinary_letter_takes_one_signature_and_a_major_one_two_in_order_by_two_people(self) -> None:
        case = drafted("major")
        found = case.refused(HANDLER, "issue")
        assert found["acts.issue.by"] == "relation"
        case.do(VERIFIER, "sign", at=day("2026-03-11"))
        assert where(case) == {"letter#1": "draft"}, "one of two signatures"
        assert "relation" in case.refused(VERIFIER, "sign").values(), "the second is the head's"
        case.do(HEAD, "issue", at=day("2026-03-12"))
        assert [level for level, _ in case.state.documents["letter#1"].signed] == [0, 1]
        assert where(case) == {"letter#1": "issued"}
        # the head signs first: then the second signature is the head's too, and that is one person
        again = drafted("major")
        again.do(HEAD, "sign", at=day("2026-03-11"))
        assert again.refused(HEAD, "sign") == {"acts.sign.effects[0]": "document-own"}
        assert again.refused(HEAD, "issue") == {"acts.issue.effects[0]": "document-own"}

    def test_words_changed_after_signing_have_to_be_signed_anew(self) -> None:
        """The planted fault: a clerk drafts again once the deputy has signed, and nobody else looks."""
        case = drafted()
        case.do(VERIFIER, "sign", at=day("2026-03-11"))
        signed = case.state.documents["letter#1"]
        case.do(HANDLER, "draft", "findings letter_text", weight="ordinary", at=day("2026-03-12"))
        assert where(case) == {"letter#1": "replaced", "letter#2": "draft"}
        old, new = case.state.documents["letter#1"], case.state.documents["letter#2"]
        assert (old.n, old.signed) == (signed.n, signed.signed), "what was signed stays as it was signed"
        assert new.n != old.n and new.signed == []
        # the signature named the words by the entry that brought them
        (effect,) = [one for body in case.bodies for one in body["effects"] if one["e"] == "document.countersigned"]
        assert (effect["key"], effect["n"]) == ("letter#1", old.n)
        # whoever may issue without signing can't: nothing of the first version counts for the second
        bare = TEXT.replace(
            "    effects: [{document: letter, do: countersign}, {document: letter, do: issue}]",
            "    effects: [{document: letter, do: issue}]",
        )
        assert bare != TEXT
        loose = resolve(read(bare, "letter.yaml", {}))
        state = replace(case.state, pack=loose.hash)
        other = Case(loose, COUNTY)
        other.state, other.now = state, day("2026-03-13")
        assert other.refused(HEAD, "issue") == {"documents.letter.countersign[0]": "document"}

    def test_a_version_that_became_major_lacks_the_second_signature(self) -> None:
        case = drafted()
        case.do(VERIFIER, "sign", at=day("2026-03-11"))
        case.do(HANDLER, "draft", "findings letter_text", weight="major", at=day("2026-03-12"))
        case.do(VERIFIER, "sign", at=day("2026-03-12"))
        assert where(case)["letter#2"] == "draft"

    def test_whoever_looked_at_an_older_version_signs_nothing(self) -> None:
        case = drafted()
        case.do(HANDLER, "draft", "findings letter_text", weight="ordinary", at=day("2026-03-11"))
        assert case.refused(VERIFIER, "sign", target="letter#1") == {"target": "document"}
        case.do(VERIFIER, "sign", target="letter#2")

    def test_a_served_letter_is_corrected_by_a_new_version_and_stays(self) -> None:
        case = issued()
        case.do(HANDLER, "draft", "findings letter_text", weight="ordinary", at=day("2026-03-12"))
        assert where(case) == {"letter#1": "issued", "letter#2": "draft"}
        assert "document" in case.refused(HANDLER, "serve", "scan slip", way="hand", reached="2026-03-12").values()
        case.do(HEAD, "take_back", at=day("2026-03-13"))
        assert where(case) == {"letter#1": "issued", "letter#2": "withdrawn"}
        assert "document" in case.refused(HEAD, "issue").values()


#: way -> what it needs, by hand: 民事诉讼法 arts 87 to 90
PROOF = {
    "hand": {"slip"},
    "left": {"slip", "witness"},
    "post": {"slip", "tracking"},
}


class TestService:
    @pytest.mark.parametrize("way", PROOF)
    def test_each_way_needs_its_proof_and_says_all_that_is_missing(self, way: str) -> None:
        case = issued()
        found = case.refused(HANDLER, "serve", way=way, reached="2026-03-11")
        wanted = {f"input.{name}": "document-proof" for name in PROOF[way]} | {"input.scan": "field-missing"}
        assert found == wanted
        assert running(case) == {"answer": "2026-03-30"}, "no proof of service, no running clock"
        for left_out in sorted(PROOF[way]):
            given = " ".join(sorted(PROOF[way] - {left_out} | {"scan"}))
            assert case.refused(HANDLER, "serve", given, way=way, reached="2026-03-11") == {
                f"input.{left_out}": "document-proof"
            }
        assert "window" not in case.state.clocks
        case.do(HANDLER, "serve", " ".join(sorted(PROOF[way] | {"scan"})), way=way, reached="2026-03-11")
        assert running(case) == {"window": "2026-04-10"}

    def test_electronic_service_needs_an_agreement_on_record(self) -> None:
        case = issued()
        given: dict[str, Any] = {"way": "mail", "reached": "2026-03-11"}
        assert case.refused(HANDLER, "serve", "scan slip", **given) == {"acts.serve.effects[1]": "document-way"}
        case.do("resident", "agree", agreed=False)
        assert case.refused(HANDLER, "serve", "scan slip", **given) == {"acts.serve.effects[1]": "document-way"}
        case.do("resident", "agree", agreed=True)
        case.do(HANDLER, "serve", "scan slip", **given)
        assert running(case) == {"window": "2026-04-10"}

    def test_a_way_that_the_pack_does_not_allow_names_those_that_it_does(self) -> None:
        case = issued()
        with pytest.raises(Refused) as refused:
            case.decide(case.command(HANDLER, "serve", "scan slip", way="paper", reached="2026-03-11"))
        (item,) = refused.value.unmet
        assert item.code == "document-way" and item.values["allowed"] == ["hand", "left", "post", "mail"]
        assert "留置" in item.title["zh"] and "by post" in item.title["en"]

    @pytest.mark.parametrize("reached", ["2026-03-10", "2026-03-12"])
    def test_it_reaches_neither_before_it_was_issued_nor_in_the_future(self, reached: str) -> None:
        case = issued()
        found = case.refused(HANDLER, "serve", "scan slip", way="hand", reached=reached, at=day("2026-03-11", 18))
        assert found == {"acts.serve.effects[1]": "document-proof"}

    def test_the_scan_is_kept_before_or_with_the_service_but_never_left_out(self) -> None:
        case = issued()
        assert case.refused(HANDLER, "serve", "slip", way="hand", reached="2026-03-11") == {
            "input.scan": "field-missing"
        }
        case.do(HANDLER, "keep_scan", "scan")
        case.do(HANDLER, "serve", "slip", way="hand", reached="2026-03-11")
        assert where(case) == {"letter#1": "served"}


class TestStanding:
    def find(self, case: Case, who: int, act: str) -> Any:
        command = case.command(who, act)
        found = standing(
            case.pack,
            case.state,
            command.actor,
            command.relations,
            jurisdiction=case.jurisdiction,
            calendar=case.calendar,
            now=case.now,
        )
        return next(item for item in found if item.act == act)

    def test_what_can_be_done_names_the_version_and_what_cannot_says_why(self) -> None:
        case = drafted()
        assert [item.code for item in self.find(case, HANDLER, "serve").unmet] == ["document"]
        for_the_head = self.find(case, HEAD, "issue")
        assert (for_the_head.target, for_the_head.possible) == ("letter#1", True)
        own = brought()
        own.do(HEAD, "draft", "findings letter_text", weight="ordinary")
        assert [item.code for item in self.find(own, HEAD, "issue").unmet] == ["document-own"]

    def test_an_act_about_notices_stands_once_for_each_that_waits(self) -> None:
        case = brought()
        assert [item.code for item in self.find(case, HANDLER, "serve_paper").unmet] == ["document"]
        case.do(HANDLER, "notify", "notice_text")
        assert self.find(case, HANDLER, "serve_paper").target == "notice#1"
        assert self.find(case, HANDLER, "serve_paper").possible


class TestTemplates:
    def test_placeholders_are_filled_once_and_those_without_a_value_are_named(self) -> None:
        values = {"number": "A-1", "text:findings": "见 {number}", "due:answer": ""}
        text, left = fill_in("{number}{text:findings}{due:answer}{fact:x}{number} {", values.get)
        assert text == "A-1见 {number}{due:answer}{fact:x}A-1 {", "what a value says is not looked through"
        assert left == ("due:answer", "fact:x")
        assert placeholders("{a}{b:c}{a}") == ("a", "b:c")

    def test_the_pack_knows_template_and_fields(self) -> None:
        spec = PACK.documents["letter"]
        assert (spec.text, spec.scan, spec.language) == ("letter_text", "scan", "zh")
        assert placeholders(spec.template["zh"]) == (
            "number", "text:findings", "fact:weight", "due:answer", "unit", "today",
        )  # fmt: skip


def faults(old: str, new: str) -> list[tuple[str, str]]:
    assert TEXT.count(old) == 1, (TEXT.count(old), old)
    return [(one.path, one.code) for one in check(parse(TEXT.replace(old, new), "letter.yaml", {}))]


class TestCheck:
    def test_the_pack_itself_is_clean_and_every_promise_shown(self) -> None:
        assert [str(one) for one in check(parse(TEXT, "letter.yaml", {}))] == []
        report = explore(PACK)
        assert report.violations == () and 5 < report.states < 1000

    @pytest.mark.parametrize(
        ("old", "new", "path", "code"),
        [
            # a window before the service, so without its proof
            ("      - {document: letter, do: serve, way: {field: way}, date: {field: reached}}\n      - {stop: answer, at: {field: reached}}\n      - {start: window, from: {field: reached}}\n",
             "      - {start: window, from: {field: reached}}\n      - {stop: answer}\n      - {document: letter, do: serve, way: {field: way}, date: {field: reached}}\n",
             "acts.serve.effects", "window-without-service"),
            # a proof that the form can't bring
            ("{name: slip, required: false}, {name: witness, required: false}, ", "{name: slip, required: false}, ",
             "acts.serve.form", "proof-missing"),
            # nobody ever signs
            ("    effects: [{document: letter, do: countersign}, {document: letter, do: issue}]", "    effects: [{document: letter, do: issue}]",
             "", ""),
            ("{text:findings}。", "{text:story}。", "acts.draft.form", "placeholder-unfilled"),
            ("{text:findings}。", "{text:finding}。", "documents.letter.template.zh", "name"),
            ("编号{number}", "编号{nummer}", "documents.letter.template.zh", "name"),
            ("date: {field: reached}}]", "}]", "acts.serve_paper.effects[0]", "name"),
            ("    about: [notice]", "    about: [notes]", "acts.serve_paper.about[0]", "name"),
            ("    scan: scan\n", "    scan: slipp\n", "documents.letter.scan", "name"),
            ("needs: [slip, tracking]", "needs: [slip, trackin]", "documents.letter.service.post.needs[1]", "name"),
            ("    effects: [{document: letter, do: withdraw}]", "    effects: [{document: letterr, do: withdraw}]",
             "acts.take_back.effects[0].document", "name"),
        ],
    )  # fmt: skip
    def test_a_planted_mistake_is_named_by_its_place(self, old: str, new: str, path: str, code: str) -> None:
        found = faults(old, new)
        if not path:
            assert found == [], "the other act still signs"
            return
        assert (path, code) in found, found

    def test_a_document_that_nobody_can_issue_or_serve_is_found(self) -> None:
        found = faults("    effects: [{document: notice, do: draft}, {document: notice, do: issue}]",
                       "    effects: [{document: notice, do: draft}]")  # fmt: skip
        assert ("documents.notice", "document-step-missing") in found

    def test_a_walk_finds_the_letter_that_can_never_be_issued(self) -> None:
        """Nobody signs, so nothing is issued: no ending can be reached, and the acts behind it never occur."""
        text = TEXT.replace(
            "    effects: [{document: letter, do: countersign}, {document: letter, do: issue}]",
            "    effects: [{document: letter, do: issue}]",
        )
        text = text.replace("    effects: [{document: letter, do: countersign}]", "    effects: []")
        report = explore(resolve(read(text, "letter.yaml", {})))
        assert {one.path for one in report.violations} >= {"acts.issue", "acts.serve", "acts.close"}

    def test_an_act_says_who_signs_and_what_proves_service(self) -> None:
        said = explain(PACK, "issue", language="en")
        assert "countersigned by the head" in said and "whoever drafted it can't countersign it" in said
        served = explain(PACK, "serve", language="zh")
        assert "“信”可以留置，要有：回证、见证人" in served
