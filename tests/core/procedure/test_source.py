"""YAML in, document with lines out; everything wrong named with file, line, path, and what was meant."""

from typing import Any

import pytest
from tests.core.procedure.support import SHARED, TEXT

from huajie.core.procedure import BadPack, PackError, parse, read, resolve


def errors(text: str, **shared: str) -> list[PackError]:
    with pytest.raises(BadPack) as raised:
        resolve(read(text, "pack.yaml", shared or SHARED))
    return list(raised.value.errors)


def one(old: str, new: str) -> PackError:
    """The only error after changing one place of the good pack."""
    assert TEXT.count(old) == 1, f"{old!r} stands {TEXT.count(old)} times"
    found = errors(TEXT.replace(old, new))
    assert len(found) == 1, [str(error) for error in found]
    return found[0]


def line_of(text: str) -> int:
    return TEXT[: TEXT.index(text)].count("\n") + 1


# YAML


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: on", {"a": "on"}),
        ("on: no", {"on": "no"}),
        ("a: yes", {"a": "yes"}),
        ("a: true", {"a": True}),
        ("a: False", {"a": "False"}),
        ("a: null", {"a": None}),
        ("a:", {"a": None}),
        ("a: ~", {"a": None}),
        ("a: 010", {"a": "010"}),
        ("a: 0x1F", {"a": "0x1F"}),
        ("a: 1_000", {"a": "1_000"}),
        ("a: 12:30", {"a": "12:30"}),
        ("a: 2022-05-01", {"a": "2022-05-01"}),
        ("a: 1.5", {"a": "1.5"}),
        ("a: 1e3", {"a": "1e3"}),
        ("a: -7", {"a": -7}),
        ("a: [1, two, {b: three}]", {"a": [1, "two", {"b": "three"}]}),
        ("a: '1'", {"a": "1"}),
        ("a: '是'", {"a": "是"}),
    ],
)
def test_scalars_are_read_as_yaml_1_2_reads_them_without_fractions(text: str, expected: dict[str, Any]) -> None:
    assert parse(text, "f").document == expected


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: 1\na: 2", 2, "stands twice, first on line 1"),
        ("a: &x 1\nb: *x", 1, "anchor or alias 'x'"),
        ("a: 1\nb: !!str 2", 2, "tag"),
        ("a: !custom 2", 1, "tag '!custom'"),
        ("a: {<<: {b: 1}}", 1, "merge keys"),
        ("1: one", 1, "not a text"),
        ("true: one", 1, "not a text"),
        ("类: one", 1, "not ASCII"),
        ("a: [1", 1, "not YAML"),
        ("a: b: c", 1, "not YAML"),
        ("a: 1\n\tb: 2", 2, "not YAML"),
        ("- 1", 1, "a pack is a mapping"),
        ("", 1, "a pack is a mapping"),
        ("a: 1\n---\nb: 2", 2, "not YAML"),
        ("a: " + "[" * 60 + "]" * 60, 1, "nested deeper"),
        ("a: \x07", 0, "not YAML"),
    ],
)
def test_what_is_not_read_is_refused_with_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(BadPack) as raised:
        parse(text, "pack.yaml")
    error = raised.value.errors[0]
    assert error.file == "pack.yaml"
    assert message in error.message
    assert error.line == line


def test_every_repeated_key_is_named_not_only_the_first() -> None:
    with pytest.raises(BadPack) as raised:
        parse("a: 1\na: 2\nb: {c: 1, c: 2}\n", "f")
    assert [(error.line, error.path) for error in raised.value.errors] == [(2, "a"), (3, "b.c")]


def test_a_huge_file_is_refused_unread() -> None:
    with pytest.raises(BadPack, match="characters"):
        parse("a: " + "x" * 1_000_001, "f")


def test_every_part_knows_its_line() -> None:
    source = parse("a:\n  b:\n    - c: 1\n    - d: 2\n", "f")
    assert source.lines == {
        "": ("f", 1),
        "a": ("f", 1),
        "a.b": ("f", 2),
        "a.b[0]": ("f", 3),
        "a.b[0].c": ("f", 3),
        "a.b[1]": ("f", 4),
        "a.b[1].d": ("f", 4),
    }
    assert source.place("a.b[1].nowhere[3].x") == ("f", 4)
    assert source.place("zzz") == ("f", 1)


# use


def test_shared_values_are_taken_in_where_the_pack_lists_them_and_sources_where_cited() -> None:
    source = read(TEXT, "pack.yaml", SHARED)
    assert list(source.document["outcomes"]) == ["resolved", "changed", "kept", "withdrawn-by-person"]
    assert source.document["outcomes"]["kept"] == {"zh": "维持", "en": "Kept"}
    assert set(source.document["sources"]) == {"law", "local"}
    assert "use" not in source.document


@pytest.mark.parametrize(
    ("old", "new", "path", "message", "hint"),
    [
        (
            "use: [common/shared]",
            "use: [common/shard]",
            "use[0]",
            "no shared file 'common/shard'",
            "did you mean 'common/shared'?",
        ),
        (
            "outcomes: [resolved, changed,",
            "outcomes: [resolvd, changed,",
            "outcomes[0]",
            "'resolvd' is not among",
            "did you mean 'resolved'?",
        ),
    ],
)
def test_what_can_not_be_taken_in_is_named(old: str, new: str, path: str, message: str, hint: str) -> None:
    with pytest.raises(BadPack) as raised:
        read(TEXT.replace(old, new), "pack.yaml", SHARED)
    error = next(error for error in raised.value.errors if error.path == path)
    assert message in error.message and error.suggestion == hint and error.line == line_of(old)


def test_errors_inside_a_shared_file_name_that_file() -> None:
    with pytest.raises(BadPack) as raised:
        read(TEXT, "pack.yaml", {"common/shared": "outcome:\n  x: 1\n"})
    assert [(error.file, error.line, error.suggestion) for error in raised.value.errors] == [
        ("common/shared.yaml", 1, "did you mean 'outcomes'?")
    ]


# Schema and names: one mistake each, wherever a pack can make one

MISTAKES = [
    # the top
    (
        "sensitivity: ordinary",
        "sensitivity: ordinry",
        "sensitivity",
        "unknown word 'ordinry'",
        "did you mean 'ordinary'?",
    ),
    (
        "legal_basis: {text",
        "legal_bassis: {text",
        "legal_bassis",
        "unknown word 'legal_bassis'",
        "did you mean 'legal_basis'?",
    ),
    ("version: 1.0.0", "version: 1", "version", "1 is not a text", 'write "1"'),
    ("language: 1", "language: 2", "language", "2 must be 1", ""),
    ("title: {zh: 全词程序, en: Every word}", "title: {zh: 全词程序}", "title", "'en' is missing", "add 'en'"),
    ("title: {zh: 全词程序, en: Every word}", "title: Every word", "title", "'Every word' is not a mapping", ""),
    ("modes: [open, confidential, anonymous]", "modes: []", "modes", "is empty", ""),
    (
        "pack: test.words\nversion",
        "pack: Test Words\nversion",
        "pack",
        "'Test Words' is not written",
        "a name such as en.complaint",
    ),
    # sources and parameters
    (
        '  law: {title: {zh: 规则, en: Rules}, article: "1"',
        "  law: {title: {zh: 规则, en: Rules}, article: 1",
        "sources.law.article",
        "1 is not a text",
        'write "1"',
    ),
    (
        "tag: M, verified: false",
        "tag: X, verified: false",
        "sources.local.tag",
        "unknown word 'X'",
        "known are C, D, L, M, W",
    ),
    ("value: 15, min: 1", "value: 45, min: 1", "parameters.reply_days.value", "45 is above the most allowed, 30", ""),
    (
        "table: {advice: 5, help: 60}, else: 30",
        "table: {advise: 5, help: 60}, else: 30",
        "parameters.handling_days.table.advise",
        "unknown choice of 'category' 'advise'",
        "did you mean 'advice'?",
    ),
    (
        "table: {advice: 5, help: 60}, else: 30",
        "table: {advice: 5, help: 60}",
        "parameters.handling_days.table",
        "no value for other, an unknown category",
        "add 'else'",
    ),
    (
        "values: {reply_days: 10",
        "values: {replydays: 10",
        "parameter_sets.north.values.replydays",
        "unknown parameter 'replydays'",
        "did you mean 'reply_days'?",
    ),
    (
        "values: {reply_days: 10",
        "values: {reply_days: 31",
        "parameter_sets.north.values.reply_days",
        "31 is above the most allowed, 30",
        "",
    ),
    # stages, clocks, timers
    (
        "initial: true, waits_for: lead_seat",
        "waits_for: lead_seat",
        "stages",
        "exactly one stage is initial, found none",
        "mark one with initial: true",
    ),
    (
        "length: 4, unit: hour",
        "length: 4, unit: hours",
        "clocks.visit.unit",
        "unknown word 'hours'",
        "did you mean 'hour'?",
    ),
    (
        "extension: {max: 4, unit: hour,",
        "extension: {max: 4, unit: day,",
        "clocks.visit.extension.unit",
        "can't be extended by days",
        "",
    ),
    (
        "length: {param: reply_days}",
        "length: {param: reply_day}",
        "clocks.reply.length.param",
        "unknown parameter 'reply_day'",
        "did you mean 'reply_days'?",
    ),
    (
        "length: {fact: agreed_days}",
        "length: {fact: agreed}",
        "clocks.task.length.fact",
        "unknown fact 'agreed'",
        "did you mean 'agreed_days'?",
    ),
    (
        "length: {fact: agreed_days}",
        "length: {fact: category}",
        "clocks.task.length.fact",
        "'category' is no whole number",
        "",
    ),
    (
        "times: 2, by: [lead_head], source: local",
        "times: 2, by: [head], source: local",
        "clocks.reply.extension.by[0]",
        "unknown relation 'head'",
        "did you mean 'lead'?",
    ),
    (
        "{clock: reply, at: due, act: note_missed}",
        "{clock: reply, at: due, act: accept}",
        "timers[0].act",
        "act 'accept' is not by the system",
        "add system to acts.accept.by",
    ),
    ('at: {share: "2/3"}', 'at: {share: "4/3"}', "timers[1].at.share", "no share between 0 and 1", 'write "2/3"'),
    (
        "{clock: objection, at: due, act: lapse}",
        "{clock: objecton, at: due, act: lapse}",
        "timers[3].clock",
        "unknown clock 'objecton'",
        "did you mean 'objection'?",
    ),
    # acts
    (
        "entry: matter.accepted",
        "entry: acceptance",
        "acts.accept.entry",
        "'acceptance' is not written",
        "dotted and past: matter.accepted",
    ),
    ("entry: matter.accepted", "entry: case.accepted", "acts.accept.entry", "does not start with 'matter.'", ""),
    (
        "public_kind: accepted",
        "public_kind: acepted",
        "acts.accept.public_kind",
        "unknown word 'acepted'",
        "did you mean 'accepted'?",
    ),
    (
        "by: [archivist]",
        "by: [archvist]",
        "acts.archive.by[0]",
        "unknown relation 'archvist'",
        "did you mean 'archivist'?",
    ),
    (
        'by: ["asked:transfer"]',
        'by: ["asked:transfr"]',
        "acts.take.by[0]",
        "unknown relation 'asked:transfr'",
        "did you mean 'asked:transfer'?",
    ),
    (
        "from: [reviewed]",
        "from: [reviewd]",
        "acts.ask_review_above.from[0]",
        "unknown stage 'reviewd'",
        "did you mean 'reviewed'?",
    ),
    ("    evidence: true\n", "    evidence: yes\n", "acts.task_done.evidence", "'yes' is not true or false", ""),
    (
        "public_kind: evidence",
        "public_kind: note",
        "acts.task_done.public_kind",
        "an act that brings evidence shows as 'evidence'",
        "public_kind: evidence",
    ),
    (
        "on: countersign",
        "on: countersig",
        "acts.sign.on",
        "unknown request 'countersig'",
        "did you mean 'countersign'?",
    ),
    ("  raise:\n", "  packed:\n", "acts.packed", "is an act of the engine itself", "give it another name"),
    # forms
    (
        "{name: photo, required: true}",
        "{name: phot, required: true}",
        "acts.task_done.form.fields[0]",
        "field 'phot' has no type, title, purpose",
        "did you mean 'photo'?",
    ),
    (
        "{name: photo, required: true}",
        "{name: photo, type: point, required: true}",
        "acts.task_done.form.fields[0].type",
        "fact 'photo' is a file, this field a point",
        "",
    ),
    (
        "{name: topics_hit}, {name: urgent}",
        "{name: topics_hit}, {name: urgent}, {name: urgent}",
        "acts.describe.form.fields[2].name",
        "field 'urgent' stands here twice",
        "",
    ),
    (
        "{name: category, default: other}",
        "{name: category, visible: all}",
        "acts.submit.form.fields[0].visible",
        "unknown word 'all'",
        "known are resident, staff",
    ),
    # conditions
    (
        "{fact: people, at_least:",
        "{fact: peple, at_least:",
        "acts.rate.when.all[0].fact",
        "unknown fact 'peple'",
        "did you mean 'people'?",
    ),
    (
        "{fact: category, in: [help, advice]}",
        "{fact: category, in: [help, advise]}",
        "acts.rate.when.all[1]",
        "unknown choice of 'category' 'advise'",
        "did you mean 'advice'?",
    ),
    ("{clock: reply, is: late}", "{clock: reply, is: tardy}", "acts.rate.when.all[2].is", "unknown word 'tardy'", ""),
    (
        "{computed: handler_alone}",
        "{computed: handler_lone}",
        "acts.rate.when.all[3].computed",
        "unknown word 'handler_lone'",
        "did you mean 'handler_alone'?",
    ),
    (
        "{child: review, is: none}",
        "{chld: review, is: none}",
        "acts.rate.when.all[4].chld",
        "unknown word 'chld'",
        "did you mean 'child'?",
    ),
    (
        "{fulfilment: [fulfilled]}, {not",
        "{fulfilment: [fulfiled]}, {not",
        "acts.archive.gate[0].need.all[1].fulfilment",
        "unknown fulfilment 'fulfiled'",
        "did you mean 'fulfilled'?",
    ),
    (
        "need: {text: story}",
        "need: {text: stroy}",
        "acts.accept.gate[0].need.text",
        "unknown text 'stroy'",
        "did you mean 'story'?",
    ),
    (
        "need: {text: story}",
        "need: {fact: story, present: true}",
        "acts.accept.gate[0].need.fact",
        "'story' is a longtext: what it says is never read",
        "use {text: story}",
    ),
    (
        "{mode: anonymous}",
        "{mode: anonymus}",
        "acts.accept.gate[1].need.any[0].mode",
        "unknown word 'anonymus'",
        "did you mean 'anonymous'?",
    ),
    (
        "{channel: [counter]}",
        "{channel: [countr]}",
        "acts.accept.gate[1].need.any[2].channel",
        "unknown channel 'countr'",
        "did you mean 'counter'?",
    ),
    # effects
    (
        "{stop: [visit, look_back], as: stopped}",
        "{stpo: [visit, look_back], as: stopped}",
        "acts.stop_all.effects[0].stpo",
        "unknown word 'stpo'",
        "did you mean 'stop'?",
    ),
    (
        "{stop: [visit, look_back], as: stopped}",
        "{stop: [visit, look_bck], as: stopped}",
        "acts.stop_all.effects[0].stop",
        "unknown clock 'look_bck'",
        "did you mean 'look_back'?",
    ),
    (
        "{stop: [visit, look_back], as: stopped}",
        "{stop: [visit, look_back], how: stopped}",
        "acts.stop_all.effects[0].how",
        "unknown word 'how'",
        "",
    ),
    (
        "{stage: archived}",
        "{stage: archivd}",
        "acts.archive.effects[0].stage",
        "unknown stage 'archivd'",
        "did you mean 'archived'?",
    ),
    (
        "{extend: visit, by: 2}",
        "{extend: handling, by: 2}",
        "acts.extend_visit.effects[0].extend",
        "clock 'handling' has no extension",
        "add clocks.handling.extension, with its source",
    ),
    (
        "reason: hearing",
        "reason: hering",
        "acts.hear.effects[1].reason",
        "unknown reason for leaving time out of 'reply' 'hering'",
        "did you mean 'hearing'?",
    ),
    (
        "{set: {category: {field: category}, level: high}}",
        "{set: {category: {field: category}, level: hi}}",
        "acts.submit.effects[0].set.level",
        "unknown choice of 'level' 'hi'",
        "",
    ),
    (
        "{set: {category: {field: category}, level: high}}",
        "{set: {category: {field: catgory}, level: high}}",
        "acts.submit.effects[0].set.category.field",
        "unknown field of this act 'catgory'",
        "did you mean 'category'?",
    ),
    (
        "{owner: superior}",
        "{owner: superor}",
        "acts.raise.effects[0].owner",
        "unknown word 'superor'",
        "did you mean 'superior'?",
    ),
    (
        "{request: transfer, answer: withdrawn}",
        "{request: transfer, answer: done}",
        "acts.drop_offer.effects[0].answer",
        "unknown answer of 'transfer' 'done'",
        "",
    ),
    (
        "{request: countersign, open: true, to: lead_head}",
        "{request: countersign, open: true}",
        "acts.ask_sign.effects[0]",
        "'to' is missing",
        "add 'to'",
    ),
    (
        "{request: countersign, open: true, to: lead_head}",
        "{request: countersgn, open: true, to: lead_head}",
        "acts.ask_sign.effects[0].request",
        "unknown request 'countersgn'",
        "did you mean 'countersign'?",
    ),
    (
        "unit: {above: review}",
        "unit: {above: revue}",
        "acts.ask_review_above.effects[0].unit.above",
        "unknown child 'revue'",
        "",
    ),
    (
        "{erase: [contact, spot]}",
        "{erase: [contact, spt]}",
        "acts.archive.effects[1].erase[1]",
        "unknown text 'spt'",
        "did you mean 'spot'?",
    ),
    (
        "{fulfilment: fulfilled}",
        "{fulfilment: filled}",
        "acts.verify.effects[0].fulfilment",
        "unknown fulfilment 'filled'",
        "",
    ),
    (
        "then: [{outcome: resolved}, {stage: closed}]",
        "thn: [{outcome: resolved}, {stage: closed}]",
        "acts.imported.effects[1].thn",
        "unknown word 'thn'",
        "did you mean 'then'?",
    ),
    # children, notices
    (
        "      noted: {kind: matter.review-noted, public_kind: review}\n",
        "",
        "children.review.signals.noted",
        "no entry kind for this signal",
        "add entry: {noted: ...}",
    ),
    ("{text:story}", "{text:stoy}", "notices.told.body.zh", "unknown text 'stoy'", "did you mean 'story'?"),
    (
        '{outcome}"}}',
        '{result}"}}',
        "notices.told.body.en",
        "unknown placeholder '{result}'",
        "known are {number}, {unit}, {outcome}, {stage}, {due:CLOCK}, {text:NAME}, {fact:NAME}",
    ),
    (
        "    source: local\n    form: {fields: [{name: agreed_days, required: true}]}",
        "    source: locl\n    form: {fields: [{name: agreed_days, required: true}]}",
        "acts.extend.source",
        "unknown source 'locl'",
        "did you mean 'local'?",
    ),
]


@pytest.mark.parametrize(("old", "new", "path", "message", "hint"), MISTAKES, ids=lambda value: str(value)[:40])
def test_one_mistake_is_one_error_with_line_path_and_suggestion(
    old: str, new: str, path: str, message: str, hint: str
) -> None:
    error = one(old, new)
    assert (error.file, error.path) == ("pack.yaml", path)
    assert message in error.message
    if hint:
        assert error.suggestion == hint
    # What is missing altogether is reported where it should stand in.
    missing = {"stages": 1, "children.review.signals.noted": 3}.get(path, 0)
    assert error.line in (line_of(old) - missing, line_of(old) + old.count("\n"))


def test_a_condition_without_its_reason_is_refused() -> None:
    found = errors(TEXT.replace("    why: {zh: 不能打分, en: Not now}\n", ""))
    assert [error.path for error in found] == ["acts.rate"]
    assert "why" in found[0].message


def test_many_mistakes_are_all_named_in_the_order_of_lines() -> None:
    text = TEXT
    for old, new in (
        ("sensitivity: ordinary", "sensitivity: ordinry"),
        ("length: 4, unit: hour", "length: 4, unit: hours"),
        ("public_kind: accepted", "public_kind: acepted"),
        ("{stop: [visit, look_back], as: stopped}", "{stpo: [visit, look_back], as: stopped}"),
    ):
        text = text.replace(old, new)
    found = errors(text)
    assert [error.path for error in found] == [
        "sensitivity",
        "clocks.visit.unit",
        "acts.accept.public_kind",
        "acts.stop_all.effects[0].stpo",
    ]
    assert [error.line for error in found] == sorted(error.line for error in found)


def test_unknown_names_are_all_named_at_once_too() -> None:
    text = TEXT.replace("by: [archivist]", "by: [archvist]").replace("{stage: archived}", "{stage: archivd}")
    assert {error.path for error in errors(text)} == {"acts.archive.by[0]", "acts.archive.effects[0].stage"}


def test_an_error_reads_as_one_line_for_a_terminal() -> None:
    assert str(PackError("a.yaml", 3, "acts.x", "unknown word 'y'", "did you mean 'z'?")) == (
        "a.yaml:3: acts.x: unknown word 'y' (did you mean 'z'?)"
    )
    assert str(PackError("a.yaml", 0, "", "is empty")) == "a.yaml: is empty"
