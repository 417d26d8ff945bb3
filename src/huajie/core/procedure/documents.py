"""
Documents: draft → countersigned → issued → sealed scan → served, each version with words and signatures of its own.

What the engine keeps, whatever a pack says:

- a signature binds to one version, named by the entry that brought its words; new words are a new version without any;
- nobody countersigns their own draft unless the pack allows it, and nobody signs one version twice;
- what is not signed by everybody who has to is not issued, what is not issued is not served;
- service needs a way that the pack allows, the day on which it reached, and everything that proves that way. Without
  it the act is refused, so no time of a resident's begins.

Source: 信访工作条例 arts 32, 34 to 36; 民事诉讼法 arts 87 to 90 as the model for proof of service.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from huajie.core.clocks import Calendar
from huajie.core.jurisdiction import Jurisdiction
from huajie.core.ledger import moment
from huajie.core.procedure.conditions import DOCUMENT_STATES, Condition, compile_condition, need_relations
from huajie.core.procedure.errors import Unmet
from huajie.core.procedure.messages import words
from huajie.core.procedure.scope import Scope
from huajie.core.procedure.state import DocumentState, State, newest_clock, newest_document

if TYPE_CHECKING:
    from huajie.core.procedure.pack import Act, Pack
    from huajie.core.procedure.work import Work

#: What can be done with a document, in the order of its life.
DOCUMENT_STEPS: Final = ("draft", "countersign", "issue", "seal", "serve", "withdraw")
#: What a document is, for choosing phrases.
DOCUMENT_KINDS: Final = ("notice", "opinion", "reply", "letter", "agreement", "record")
#: In an act about one of several documents: the one that it is about.
IT: Final = "it"
#: The states from which each step goes on; drafting is possible from any.
STEP_FROM: Final[Mapping[str, tuple[str, ...]]] = {
    "draft": DOCUMENT_STATES,
    "countersign": ("draft", "countersigned"),
    "issue": ("draft", "countersigned"),
    "seal": ("issued", "sealed"),
    "serve": ("issued", "sealed"),
    "withdraw": ("draft", "countersigned", "issued", "sealed"),
}


@dataclass(frozen=True, slots=True)
class Level:
    """One signature that a document needs."""

    #: Relations, any of which suffices.
    by: frozenset[str]
    #: Only then; None: always.
    when: Condition | None
    title: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Way:
    """One way of service."""

    title: Mapping[str, str]
    #: Fields that prove it, all needed.
    needs: tuple[str, ...]
    #: Only then: an agreement that has to be on record.
    when: Condition | None
    #: The words for an unmet `when`.
    why: Mapping[str, str] | None
    source: str | None


@dataclass(frozen=True, slots=True)
class DocumentSpec:
    """A kind of document as its pack describes it."""

    name: str
    title: Mapping[str, str]
    #: One of DOCUMENT_KINDS.
    kind: str
    #: `zh` or `en`: in which it is written.
    language: str
    #: Field that brings the words of each version.
    text: str
    #: What a version begins with, with placeholders; None: an empty sheet.
    template: Mapping[str, str] | None
    #: Field that brings the sealed scan; None: it has none.
    scan: str | None
    #: It can't be served without the sealed scan.
    scan_required: bool
    drafts: frozenset[str]
    countersign: tuple[Level, ...]
    #: Whoever drafted it may countersign it.
    own_draft: bool
    issues: frozenset[str]
    service: Mapping[str, Way]
    source: str


def compile_document(name: str, raw: Mapping[str, Any], texts: Mapping[str, str], scope: Scope) -> DocumentSpec:
    """Return the compiled document; unknown names are noted in the scope."""
    path = f"documents.{name}"
    if name == IT:
        scope.say(path, f"'{IT}' stands for the document that an act is about", "give it another name")
    scan = raw.get("scan")
    for key, wanted in (("text", ("text", "longtext")), ("scan", ("file",))):
        field = raw.get(key)
        if field is not None and scope.need(f"{path}.{key}", "text", field, texts) and texts[field] not in wanted:
            scope.say(f"{path}.{key}", f"'{field}' is a {texts[field]}, not a {wanted[-1]}")
    for key in ("drafts", "issues"):
        need_relations(raw[key], f"{path}.{key}", scope)
    levels = []
    for index, one in enumerate(raw.get("countersign") or ()):
        here = f"{path}.countersign[{index}]"
        need_relations(one["by"], f"{here}.by", scope)
        when = compile_condition(one["when"], f"{here}.when", scope) if "when" in one else None
        levels.append(Level(frozenset(one["by"]), when, one["title"]))
    ways = {}
    known = {*texts, *(scope.document.get("facts") or ())}
    for way, one in (raw.get("service") or {}).items():
        here = f"{path}.service.{way}"
        for index, field in enumerate(one["needs"]):
            scope.need(f"{here}.needs[{index}]", "field", field, known)
        when = compile_condition(one["when"], f"{here}.when", scope) if "when" in one else None
        ways[way] = Way(one["title"], tuple(one["needs"]), when, one.get("why"), one.get("source"))
    template = raw.get("template")
    if template is not None:
        for language, text in template.items():
            check_template(text, f"{path}.template.{language}", scope, texts)
    return DocumentSpec(
        name=name,
        title=raw["title"],
        kind=raw["kind"],
        language=raw.get("language", "zh"),
        text=raw["text"],
        template=template,
        scan=scan,
        scan_required=bool(raw.get("scan_required", False)),
        drafts=frozenset(raw["drafts"]),
        countersign=tuple(levels),
        own_draft=bool(raw.get("own_draft", False)),
        issues=frozenset(raw["issues"]),
        service=ways,
        source=raw["source"],
    )


# Placeholders

#: `{number}`, `{unit}`, `{today}`, `{due:CLOCK}`, `{fact:NAME}`, `{text:NAME}`; anything in braces is meant as one.
PLACEHOLDER: Final = re.compile(r"\{([^{}\n]{1,80})\}")
_PLAIN: Final = frozenset({"number", "unit", "today"})


def check_template(text: str, path: str, scope: Scope, texts: Mapping[str, str]) -> None:
    """Note every placeholder of a template that can't stand for anything."""
    for word in PLACEHOLDER.findall(text):
        kind, _, about = word.partition(":")
        if kind == "due" and about:
            scope.need(path, "clock", about, scope.names("clocks"))
        elif kind == "text" and about:
            scope.need(path, "text", about, texts)
        elif kind == "fact" and about:
            scope.need(path, "fact", about, scope.names("facts"))
        elif word not in _PLAIN:
            known = "known are {number}, {unit}, {today}, {due:CLOCK}, {fact:NAME}, {text:NAME}"
            scope.say(path, f"unknown placeholder '{{{word}}}'", known)


def is_placeholder(word: str) -> bool:
    """Return whether a word in braces could stand for something in some pack."""
    kind, _, about = word.partition(":")
    return word in _PLAIN or (kind in ("due", "fact", "text") and bool(about))


def placeholders(text: str) -> tuple[str, ...]:
    """Return the placeholders of a text without their braces, each once, in order."""
    return tuple(dict.fromkeys(PLACEHOLDER.findall(text)))


def fill_in(text: str, value_of: Callable[[str], str | None]) -> tuple[str, tuple[str, ...]]:
    """
    Return a text with its placeholders filled, and those that stay: unknown, or without a value.

    Args:
        value_of: a placeholder without braces to its words; None or empty: there are none. What it returns is not
            looked through again, so that nobody's words can bring in another's.
    """
    left: dict[str, None] = {}

    def put(found: re.Match[str]) -> str:
        value = value_of(found[1])
        if value:
            return value
        left[found[1]] = None
        return found[0]

    return PLACEHOLDER.sub(put, text), tuple(left)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the placeholders of one text are filled from: of a version of a document, or of what a resident is told."""

    pack: Pack
    #: `zh` or `en`: in which it is written.
    language: str
    #: As the act that writes it leaves it: the dates that it starts or moves are in it.
    state: State
    #: The field that holds the text itself: it can't stand for itself.
    own: str
    #: What the same act brings, by name.
    inputs: Mapping[str, Any]
    texts: Mapping[str, Any]
    #: As people read it.
    number: str
    jurisdiction: Jurisdiction
    calendar: Calendar
    #: Aware: when it was written.
    occurred: datetime

    def value_of(self, word: str) -> str | None:
        """Return the words for a placeholder without its braces, in the text's language, or None."""
        kind, _, about = word.partition(":")
        language, state = self.language, self.state
        if word == "number":
            return self.number
        if word == "unit":
            unit = self.jurisdiction.units.get(state.unit or None)
            return unit.name.to(language) if unit is not None else None
        if word == "today":
            return day_words(self.occurred.astimezone(self.calendar.zone).date().isoformat(), language)
        if kind == "due":
            found = newest_clock(state, about)
            if found is None or found[1].status != "running":
                return None
            last = found[1].last_date or moment(found[1].due_at).astimezone(self.calendar.zone).date().isoformat()
            return day_words(last, language)
        if kind == "text":
            text = self.texts.get(about) if about != self.own else None
            return text.strip() if isinstance(text, str) else None
        if kind == "fact":
            value = state.facts.get(about, self.inputs.get(about))
            return self._fact(about, value) if value is not None else None
        return None

    def _fact(self, name: str, value: Any) -> str | None:
        language = self.language
        field = self.pack.facts.get(name)
        kind = field.type if field is not None else ""
        if field is not None and kind in ("choice", "choices"):
            chosen = value if isinstance(value, list) else [value]
            titles = [field.choices[one][language] for one in chosen if one in field.choices]
            return ("、" if language == "zh" else ", ").join(titles)
        if kind == "boolean":
            return {("zh", True): "是", ("zh", False): "否", ("en", True): "yes", ("en", False): "no"}[language, value]
        if kind == "date":
            return day_words(str(value), language)
        if kind == "moment":
            return day_words(moment(value).astimezone(self.calendar.zone).date().isoformat(), language)
        tables: Mapping[str, Any] = {"unit": self.jurisdiction.units, "region": self.jurisdiction.regions}
        if kind in tables:
            found = tables[kind].get(value)
            return found.name.to(language) if found is not None else None
        return str(value)

    def write(self, template: Mapping[str, str] | None = None) -> tuple[str, tuple[str, ...]]:
        """Return the text, typed or from the template, filled in, and the placeholders that stay."""
        typed = self.texts.get(self.own)
        text = typed if isinstance(typed, str) and typed.strip() else (template or {}).get(self.language)
        return fill_in(text or "", self.value_of)

    def tell(self, body: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
        """Return what a notice says, filled in, and the placeholders that stay, those of the texts in it too."""
        left: dict[str, None] = {}

        def value_of(word: str) -> str | None:
            kind, _, about = word.partition(":")
            titles: Mapping[str, str] | None = None
            if word == "outcome" and self.state.outcome is not None:
                titles = self.pack.outcomes.get(self.state.outcome["value"])
            elif word == "stage" and self.state.stage in self.pack.stages:
                titles = self.pack.stages[self.state.stage].title
            if titles is not None:
                return titles[self.language]
            value = self.value_of(word)
            if kind != "text" or value is None:
                return value
            said, missing = fill_in(value, replace(self, own=about).value_of)
            left.update(dict.fromkeys(word for word in missing if is_placeholder(word)))
            return said

        said, missing = fill_in(body[self.language], value_of)
        return said, (*missing, *(word for word in left if word not in missing))


def language_of(text: str) -> str:
    """Return in which of the two languages somebody wrote: Chinese, where there is a Chinese character."""
    return "zh" if re.search(r"[\u4e00-\u9fff]", text) else "en"


def day_words(iso: str, language: str) -> str:
    """Return a date as a document writes it: `2026年3月9日`, `9 March 2026`."""
    year, month, day = (int(part) for part in iso.split("-"))
    return f"{year}年{month}月{day}日" if language == "zh" else f"{day} {_MONTHS[month - 1]} {year}"


_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def unfilled(act: Act, text: str, left: Iterable[str], *, title: Mapping[str, str], source: str | None) -> list[Unmet]:
    """
    Return what is wrong with a text of an act in which these placeholders stay.

    Args:
        text: the field that brings it.
        title: what it is called where no field of the act brings it.
    """
    field = act.fields_by_name.get(text)
    title = field.title if field is not None else title
    return [
        Unmet(
            "placeholder",
            f"input.{text}",
            words("placeholder", zh=title["zh"], en=title["en"], word=f"{{{word}}}"),
            source,
            {"placeholder": word},
        )
        for word in left
    ]


# Standing


def current(state: State, kind: str) -> tuple[str, DocumentState] | None:
    """Return key and record of the newest version of a document, or None."""
    key = newest_document(state, kind)
    return (key, state.documents[key]) if key is not None else None


def state_of(state: State, kind: str) -> str:
    """Return where the newest version of a document stands, `none` before the first draft."""
    found = current(state, kind)
    return found[1].state if found is not None else "none"


def levels_left(work: Work, spec: DocumentSpec, one: DocumentState) -> list[int]:
    """Return which signatures a version still needs, in order."""
    signed = {level for level, _ in one.signed}
    return [
        index
        for index, level in enumerate(spec.countersign)
        if index not in signed and (level.when is None or level.when.holds(work))
    ]


def _shown(spec: DocumentSpec) -> dict[str, Any]:
    return {"zh": spec.title["zh"], "en": spec.title["en"]}


def check_step(work: Work, spec: DocumentSpec, step: str, path: str) -> tuple[str, DocumentState] | None:
    """
    Note whatever forbids a step but what its form brings; return key and record of the version that it is about.

    Drafting needs no version; then None comes back and nothing is noted but the relation.
    """
    if step == "draft":
        _need_relation(work, spec.drafts, f"documents.{spec.name}.drafts", spec)
        return None
    found = current(work.state, spec.name)
    target = work.document
    if found is not None and target is not None and target != found[0] and target in work.state.documents:
        if work.state.documents[target].kind == spec.name:
            work.miss("document", "target", words("document-replaced", **_shown(spec)), spec.source, {"target": target})
            return None
    state = found[1].state if found is not None else "none"
    if found is None or state not in STEP_FROM[step]:
        said = words(f"document-no-{step}", **_shown(spec))
        work.miss("document", path, said, spec.source, {"document": spec.name, "state": state})
        return None
    key, one = found
    if step == "countersign":
        left = levels_left(work, spec, one)
        if left:
            level = spec.countersign[left[0]]
            _need_relation(work, level.by, f"documents.{spec.name}.countersign[{left[0]}]", spec)
            person = work.actor.person
            if not spec.own_draft and person is not None and person == one.by:
                work.miss("document-own", path, words("document-own", **_shown(spec)), spec.source)
            elif any(by == person for _, by in one.signed):
                work.miss("document-own", path, words("document-signed", **_shown(spec)), spec.source)
    elif step == "issue":
        _need_relation(work, spec.issues, f"documents.{spec.name}.issues", spec)
    return key, one


def _need_relation(work: Work, wanted: frozenset[str], path: str, spec: DocumentSpec) -> None:
    if wanted.isdisjoint(work.relations):
        work.miss("relation", path, words("document-relation", **_shown(spec)), spec.source, {"by": sorted(wanted)})


# Steps

DoStep = Callable[["Work", DocumentSpec, str, Mapping[str, Callable[["Work"], Any]]], None]


def draft(work: Work, spec: DocumentSpec, path: str, given: Mapping[str, Any]) -> None:
    """Make a new version; the newest one that is not issued yet is replaced with all its signatures."""
    check_step(work, spec, "draft", path)
    if spec.text not in work.texts:
        _missing(work, spec, spec.text)
    if work.unmet:
        return
    key = newest_document(work.state, spec.name)
    number = int(key.rpartition("#")[2]) + 1 if key is not None else 1
    work.emit({"e": "document.drafted", "key": f"{spec.name}#{number}", "kind": spec.name, "by": work.actor.person})


def countersign(work: Work, spec: DocumentSpec, path: str, given: Mapping[str, Any]) -> None:
    """Sign the next level of the newest version; where every signature is there, nothing happens."""
    found = check_step(work, spec, "countersign", path)
    if found is None or work.unmet:
        return
    key, one = found
    left = levels_left(work, spec, one)
    if left:
        work.emit(
            {
                "e": "document.countersigned",
                "key": key,
                # what is signed is the words of that entry, which stand committed there
                "n": one.n,
                "level": left[0],
                "by": work.actor.person,
                "complete": len(left) == 1,
            }
        )


def issue(work: Work, spec: DocumentSpec, path: str, given: Mapping[str, Any]) -> None:
    """Give the newest version out in the name of the body; every signature has to be there."""
    act = work.pack.acts.get(work.act)
    if any(item.code in ("document", "document-own") for item in work.unmet) or (
        work.unmet and act is not None and (spec.name, "draft") in act.documents
    ):
        # What the same act should have drafted or signed just before is missing for a reason that is named already.
        return
    found = check_step(work, spec, "issue", path)
    if found is None:
        return
    for index in levels_left(work, spec, found[1]):
        level = spec.countersign[index]
        said = words("document-unsigned", **_shown(spec), who=level.title["zh"], who_en=level.title["en"])
        values = {"document": spec.name, "level": index}
        work.miss("document", f"documents.{spec.name}.countersign[{index}]", said, spec.source, values)
    if not work.unmet:
        work.emit({"e": "document.issued", "key": found[0]})


def seal(work: Work, spec: DocumentSpec, path: str, given: Mapping[str, Any]) -> None:
    """Keep the scan of the sealed paper; nothing happens where it is there already or isn't needed."""
    found = check_step(work, spec, "seal", path)
    if found is None:
        return
    if spec.scan is not None and spec.scan in work.texts:
        if not work.unmet:
            work.emit({"e": "document.sealed", "key": found[0]})
    elif spec.scan is not None and spec.scan_required and found[1].scan is None:
        _missing(work, spec, spec.scan)


def serve(work: Work, spec: DocumentSpec, path: str, given: Mapping[str, Any]) -> None:
    """Record proven service: the way, the day on which it reached, and every proof that this way needs."""
    found = check_step(work, spec, "serve", path)
    if found is None:
        return
    key, one = found
    if spec.scan_required and one.scan is None and (spec.scan is None or spec.scan not in work.texts):
        if not any(item.path == f"input.{spec.scan}" for item in work.unmet):
            _missing(work, spec, spec.scan or "")
    way, date = given["way"](work), given["date"](work)
    if way is not None:
        _check_way(work, spec, way, path)
    if date is not None:
        _check_date(work, spec, one, date, path)
    if way is None or date is None:
        said = words("document-service", **_shown(spec))
        if not any(item.code == "field-missing" for item in work.unmet):
            work.miss("document-proof", path, said, spec.source)
    if not work.unmet:
        proof = list(spec.service[way].needs)
        work.emit({"e": "document.served", "key": key, "way": way, "date": date, "proof": proof})


def _check_way(work: Work, spec: DocumentSpec, way: str, path: str) -> None:
    found = spec.service.get(way)
    if found is None:
        zh = "、".join(one.title["zh"] for one in spec.service.values())
        en = ", ".join(one.title["en"] for one in spec.service.values())
        said = words("document-way", **_shown(spec), ways=zh, ways_en=en)
        work.miss("document-way", path, said, spec.source, {"way": way, "allowed": list(spec.service)})
        return
    if found.when is not None and not found.when.holds(work):
        said = dict(found.why) if found.why is not None else words("when")
        work.miss("document-way", path, said, found.source or spec.source, {"way": way})
    for name in found.needs:
        if name not in work.texts and work.inputs.get(name) is None:
            _missing(work, spec, name, found)


def _check_date(work: Work, spec: DocumentSpec, one: DocumentState, date: str, path: str) -> None:
    zone = work.calendar.zone
    if date > work.now.astimezone(zone).date().isoformat():
        work.miss("document-proof", path, words("document-future", **_shown(spec)), spec.source, {"date": date})
    elif one.issued_at is not None and date < (issued := moment(one.issued_at).astimezone(zone).date().isoformat()):
        said = words("document-early", **_shown(spec), date=issued)
        work.miss("document-proof", path, said, spec.source, {"date": date, "issued": issued})


def _missing(work: Work, spec: DocumentSpec, name: str, way: Way | None = None) -> None:
    act = work.pack.acts.get(work.act)
    field = act.fields_by_name.get(name) if act is not None else None
    title = field.title if field is not None else {"zh": name, "en": name}
    source = (way.source if way is not None else None) or spec.source
    path = f"input.{name}"
    if not any(item.path == path for item in work.unmet):
        code = "document-proof" if way is not None else "field-missing"
        work.miss(code, path, words("field-missing", zh=title["zh"], en=title["en"]), source, {"field": name})


def withdraw(work: Work, spec: DocumentSpec, path: str, given: Mapping[str, Any]) -> None:
    """Take back what is not served yet."""
    found = check_step(work, spec, "withdraw", path)
    if found is not None and not work.unmet:
        work.emit({"e": "document.withdrawn", "key": found[0]})


DO: Final[Mapping[str, DoStep]] = {
    "draft": draft,
    "countersign": countersign,
    "issue": issue,
    "seal": seal,
    "serve": serve,
    "withdraw": withdraw,
}


def document_steps(effects: Any) -> Iterator[tuple[str, str]]:
    """Yield document and step of every document effect, those inside `when` too, in order."""
    for effect in effects:
        if "when" in effect:
            yield from document_steps(effect.get("then") or ())
            yield from document_steps(effect.get("else") or ())
        elif "document" in effect:
            yield effect["document"], effect["do"]
