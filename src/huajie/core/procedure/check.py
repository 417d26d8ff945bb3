"""
What is wrong with a pack that can be seen without walking it: unknown words, what can never happen, what never ends.

`explore` walks what passes here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from huajie.core.procedure.common import channels_of
from huajie.core.procedure.documents import IT, placeholders
from huajie.core.procedure.errors import BadPack, PackError
from huajie.core.procedure.explore import flat
from huajie.core.procedure.pack import resolve
from huajie.core.procedure.scope import nearest
from huajie.core.procedure.source import Source, check_schema

#: What a misspelt name brings along elsewhere: said only once the names are right.
_FOLLOWS_FROM_NAMES = frozenset(
    {"unreachable-stage", "stage-without-exit", "clock-never-started", "clock-never-stopped"}
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a pack."""

    #: File name as given.
    file: str
    #: From 1; 0 when the place is unknown.
    line: int
    #: `acts.accept.effects[2].stage`; empty for the whole file.
    path: str
    #: A word for the kind of mistake, e.g. `unreachable-stage`.
    code: str
    message: str
    #: What was probably meant, or what to do; may be empty.
    suggestion: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: {self.path}" if self.path else f"{self.file}:{self.line}"
        return f"{where}: {self.message}" + (f" ({self.suggestion})" if self.suggestion else "")


def findings_of(errors: Iterable[PackError], code: str) -> list[Finding]:
    """Return errors of reading or resolving a pack as findings."""
    return [Finding(one.file, one.line, one.path, code, one.message, one.suggestion) for one in errors]


def check(source: Source) -> list[Finding]:
    """
    Return everything wrong with a pack, by file and line; an empty list means that it can be used.

    Args:
        source: as `source.parse` or `source.read` returns it.
    """
    shape = findings_of(check_schema(source), "shape")
    if shape:
        return _sorted(shape)
    found: list[Finding] = []
    try:
        resolve(source)
    except BadPack as bad:
        found += findings_of(bad.errors, "name")
    seen = {(one.path, one.line) for one in found}
    for path, code, message, suggestion in _Lint(source.document).run():
        file, line = source.place(path)
        if seen and code in _FOLLOWS_FROM_NAMES:
            continue
        # What has no name can't be reached either: one finding for one mistake.
        if (path, line) not in seen:
            found.append(Finding(file, line, path, code, message, suggestion))
    return _sorted(found)


def _sorted(found: Iterable[Finding]) -> list[Finding]:
    return sorted(dict.fromkeys(found), key=lambda one: (one.file, one.line, one.path, one.message))


Said = tuple[str, str, str, str]

#: Effects that decide about a resident's matter, open what is theirs or bind somebody: looked at one by one.
_ONE_BY_ONE = (
    *(
        "outcome",
        "fulfilment",
        "verdict",
        "document",
        "erase",
        "child",
        "signal",
        "sponsor",
        "part",
        "concern",
        "recuse",
    ),
    *("reopen", "link", "extend", "exclude"),
)


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


class _Lint:
    """The document of a pack that fits the schema, and what can be said about it as it stands."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.acts: Mapping[str, Any] = document.get("acts") or {}
        self.stages: Mapping[str, Any] = document.get("stages") or {}
        self.clocks: Mapping[str, Any] = document.get("clocks") or {}
        self.requests: Mapping[str, Any] = document.get("requests") or {}
        self.children: Mapping[str, Any] = document.get("children") or {}
        self.dossiers: Mapping[str, Any] = document.get("dossiers") or {}
        self.facts: Mapping[str, Any] = document.get("facts") or {}
        self.timers: list[Any] = list(document.get("timers") or ())
        self.endings = {name for name, stage in self.stages.items() if stage.get("ending")}
        self.signals = [
            effect
            for child in self.children.values()
            for effects in (child.get("signals") or {}).values()
            for effect in flat(effects)
        ]
        self.effects = {name: list(flat(act.get("effects") or ())) for name, act in self.acts.items()}
        self.every = [effect for effects in self.effects.values() for effect in effects] + self.signals

    def run(self) -> Iterator[Said]:
        """Yield (path, code, message, suggestion) for each mistake."""
        yield from self._stages()
        yield from self._clocks()
        yield from self._acts()
        yield from self._several()
        yield from self._gates()
        yield from self._dossiers()
        yield from self._texts()
        yield from self._sources()
        yield from self._endings()
        yield from self._documents()
        yield from self._duties()
        yield from self._suits()

    def _from(self, act: Mapping[str, Any]) -> set[str]:
        if act.get("creates"):
            return set()
        return set(_list(act["from"])) if act.get("from") else set(self.stages) - self.endings

    def _duties(self) -> Iterator[Said]:
        # Notice, legal basis and keeping time are asked for by the schema; whether they are lived up to, here.
        if not self.document.get("impact"):
            yield (
                "",
                "no-impact",
                "nobody wrote down what asking for this personal data may do to people",
                "add impact: {date, by, necessity, risks, measures, source}",
            )
        if not (self.document.get("retention") or {}).get("runs"):
            yield (
                "retention",
                "retention-stands-still",
                "the keeping time is said and nothing makes it come true",
                "add runs: true, and texts, files and identity are erased when it is over",
            )
        # A matter that only another one opens is asked about there.
        opened_by = set((self.acts.get("submit") or {}).get("by") or ())
        if not self.document.get("rights") and not opened_by <= {"system"}:
            yield (
                "",
                "no-rights",
                "residents have no way to see, correct or erase what is kept about them",
                "add rights: {pack: any.rights-request, source: ...}",
            )

    def _suits(self) -> Iterator[Said]:
        """What the pack says that it is the usual one for, it must take: the intake desk proposes it there."""
        said = self.document.get("suits") or {}
        named, path = (said, "suits") if isinstance(said, list) else (said.get("channels") or (), "suits.channels")
        taken = set(channels_of(self.document["channels"])) - {"import"}
        for at, channel in enumerate(named):
            if channel not in taken:
                message = f"proposed for the channel {channel}, which it does not take"
                yield f"{path}[{at}]", "suits-channel", message, nearest(channel, taken) or "list it under channels"
        topics = {} if isinstance(said, list) else said.get("topics") or {}
        for language, found in topics.items():
            for at, word in enumerate(found):
                if not word.strip():
                    place = f"suits.topics.{language}[{at}]"
                    yield place, "suits-topic", "a blank word fits every topic", "take it out"

    def _stages(self) -> Iterator[Said]:
        entered = {effect["stage"] for effect in self.every if "stage" in effect}
        for name, stage in self.stages.items():
            path = f"stages.{name}"
            if not stage.get("initial") and name not in entered:
                yield (
                    path,
                    "unreachable-stage",
                    f"no act leads to stage {name}",
                    "give some act the effect {stage: ...}",
                )
            if stage.get("ending"):
                continue
            leaves = any(
                effect.get("stage", name) != name
                for act, effects in self.effects.items()
                if name in self._from(self.acts[act])
                for effect in effects
            ) or any(effect.get("stage", name) != name for effect in self.signals)
            if not leaves:
                yield (
                    path,
                    "stage-without-exit",
                    f"no act leads out of stage {name}",
                    "let some act that is possible here move it",
                )

    def _clocks(self) -> Iterator[Said]:
        asked = {kind["clock"] for kind in self.requests.values() if kind.get("clock")}
        started = {effect["start"] for effect in self.every if "start" in effect} | asked
        stopped = {name for effect in self.every if "stop" in effect for name in _list(effect["stop"])} | asked
        for name in self.clocks:
            path = f"clocks.{name}"
            if name not in started:
                yield (
                    path,
                    "clock-never-started",
                    f"nothing starts clock {name}",
                    "add the effect {start: ...} or drop the clock",
                )
            elif name not in stopped:
                yield (
                    path,
                    "clock-never-stopped",
                    f"nothing stops clock {name}",
                    "add the effect {stop: ...} to the act that meets it",
                )

    def _acts(self) -> Iterator[Said]:
        timed = {timer["act"] for timer in self.timers}
        opened = {effect["request"] for effect in self.every if effect.get("open") and "request" in effect}
        for name, act in self.acts.items():
            path = f"acts.{name}"
            by = set(act.get("by") or ())
            if by == {"system"} and name not in timed and not act.get("creates"):
                yield (
                    f"{path}.by",
                    "act-nobody",
                    f"only the system may do {name}, and no timer does it",
                    "name it in timers",
                )
            if act.get("on") and act["on"] not in opened:
                yield (
                    f"{path}.on",
                    "act-nobody",
                    f"no act opens a request of kind {act['on']}, so nobody can do {name}",
                    "",
                )
            wanted = _needed_relations(act.get("when"))
            if wanted is not None and by and not wanted & by and not any(one.startswith("asked") for one in by):
                said = f"{name} is for {', '.join(sorted(by))}, but its condition asks for {', '.join(sorted(wanted))}"
                yield f"{path}.when", "act-nobody", said, ""
            for effect in self.effects[name]:
                clock = effect.get("extend")
                extension = (self.clocks.get(clock or "") or {}).get("extension")
                if extension and not any(one.startswith("asked") for one in by):
                    allowed = set(extension.get("by") or ())
                    if by and not by & allowed:
                        for_whom = ", ".join(sorted(allowed))
                        said = f"nobody who may do {name} may extend clock {clock}: that is for {for_whom}"
                        yield f"{path}.by", "act-nobody", said, ""

    def _several(self) -> Iterator[Said]:
        """What is done to several matters at once decides nothing about anybody: that is done one by one."""
        fields = {**self.facts, **(self.document.get("texts") or {})}
        for name, act in self.acts.items():
            if not act.get("bulk"):
                continue
            decides = sorted({key for effect in self.effects[name] for key in _ONE_BY_ONE if key in effect})
            stages = {stage for effect in self.effects[name] for stage in _list(effect.get("stage", ()))}
            ends = not stages.isdisjoint(self.endings)
            others = [word for word in ("creates", "about", "independent", "evidence") if act.get(word)]
            if decides or ends or others:
                what = ", ".join([*decides, *(["an ending"] if ends else []), *others])
                said = f"{name} can't be done to several matters at once: it is about {what}"
                yield f"acts.{name}.bulk", "bulk-decides", said, "leave bulk out"
            if set(act.get("by") or ()) <= {"resident", "system", "import"}:
                yield f"acts.{name}.bulk", "bulk-nobody", f"nobody who has a list may do {name}", "leave bulk out"
            for index, each in enumerate((act.get("form") or {}).get("fields") or ()):
                kind = each.get("type") or (fields.get(each["name"]) or {}).get("type")
                if kind in ("file", "contact", "point", "matter"):
                    said = f"{each['name']} belongs to one matter, so {name} can't bring it to several at once"
                    yield f"acts.{name}.form.fields[{index}]", "bulk-field", said, "leave bulk out"

    def _gates(self) -> Iterator[Said]:
        for name, act in self.acts.items():
            for index, item in enumerate(act.get("gate") or ()):
                if "dossier" in item:
                    continue
                if not self._possible(item["need"], act)[0]:
                    path = f"acts.{name}.gate[{index}].need"
                    yield (
                        path,
                        "gate-never-passes",
                        "this can never be true, so the gate never opens",
                        self._hint(item["need"]),
                    )
            if act.get("when") and not self._possible(act["when"], act)[0]:
                yield (
                    f"acts.{name}.when",
                    "act-nobody",
                    "this can never be true, so nobody can ever do the act",
                    self._hint(act["when"]),
                )

    def _dossiers(self) -> Iterator[Said]:
        for name, dossier in self.dossiers.items():
            for index, item in enumerate(dossier["items"]):
                if not self._possible(item["need"], {})[0]:
                    said = f"nothing can ever bring {item['name']} into the file"
                    path = f"dossiers.{name}.items[{index}].need"
                    yield path, "dossier-item-never-there", said, self._hint(item["need"])
            if "when" in dossier and not self._possible(dossier["when"], {})[0]:
                path = f"dossiers.{name}.when"
                yield path, "dossier-for-nothing", "no matter can ever need this file", self._hint(dossier["when"])

    def _hint(self, condition: Mapping[str, Any]) -> str:
        if "text" in condition:
            return f"no form asks for {condition['text']}"
        if "request" in condition:
            return f"nothing brings the request {condition['request']} there"
        if "fact" in condition:
            return f"no act sets {condition['fact']} so"
        if "sponsor" in condition or "part" in condition:
            return f"no act has the effect {{{next(iter(condition))}: ...}}"
        return ""

    def _possible(self, condition: Mapping[str, Any], act: Mapping[str, Any]) -> tuple[bool, bool]:
        """Return whether a condition can be true, and whether it can be false, looking at each word alone."""
        if "not" in condition:
            true, false = self._possible(condition["not"], act)
            return false, true
        if "all" in condition or "any" in condition:
            parts = [self._possible(part, act) for part in condition.get("all", condition.get("any"))]
            trues, falses = [true for true, _ in parts], [false for _, false in parts]
            if "all" in condition:
                return all(trues), any(falses)
            return any(trues), all(falses)
        return self._can_be(condition, act), True

    def _can_be(self, condition: Mapping[str, Any], act: Mapping[str, Any]) -> bool:
        if "stage" in condition:
            return act.get("creates") or bool(set(_list(condition["stage"])) & self._from(act))
        if "text" in condition:
            return any(
                one["name"] == condition["text"]
                for other in self.acts.values()
                for one in (other.get("form") or {}).get("fields") or ()
            )
        if "clock" in condition:
            asked = {kind.get("clock") for kind in self.requests.values()}
            started = {effect.get("start") for effect in self.every} | asked
            return condition["clock"] in started or "none" in _list(condition["is"])
        if "request" in condition:
            return self._request_can_be(condition["request"], set(_list(condition["is"])))
        if "document" in condition:
            return self._document_can_be(condition["document"], set(_list(condition["is"])))
        if "child" in condition:
            opened = any(effect.get("child") == condition["child"] for effect in self.every)
            return opened or "none" in _list(condition.get("is", ()))
        if "fact" in condition and condition.get("present"):
            return any(condition["fact"] in (effect.get("set") or {}) for effect in self.every)
        if "fact" in condition and ("is" in condition or "in" in condition):
            return self._fact_can_be(condition["fact"], set(map(str, _list(condition.get("in", condition.get("is"))))))
        if "sponsor" in condition or "part" in condition:
            word = "sponsor" if "sponsor" in condition else "part"
            return condition[word] == "none" or any(effect.get(word, "none") != "none" for effect in self.every)
        if "actor" in condition and not any(one.startswith("asked") for one in act.get("by") or ()):
            outside = {"resident", "system", "import"}
            by = set(act.get("by") or ())
            return not by or not by <= outside or bool(by & set(_list(condition["actor"])))
        return True

    def _request_can_be(self, kind: str, states: set[str]) -> bool:
        mine = [effect for effect in self.every if effect.get("request") == kind]
        opened = any(effect.get("open") for effect in mine)
        answers = {effect.get("answer") for effect in mine}
        if "none" in states or (opened and "open" in states):
            return True
        # An ending lapses whatever is open.
        return opened and bool(states & (answers | {"lapsed", "done"}))

    def _document_can_be(self, name: str, states: set[str]) -> bool:
        if "none" in states:
            return True
        leads = {"draft": "draft", "countersign": "countersigned", "issue": "issued", "seal": "sealed"}
        leads |= {"serve": "served", "withdraw": "withdrawn"}
        return any(
            leads[effect["do"]] in states
            for act in self.acts.values()
            for effect in flat(act.get("effects") or ())
            if effect.get("document") == name or (effect.get("document") == IT and name in (act.get("about") or ()))
        )

    def _fact_can_be(self, name: str, wanted: set[str]) -> bool:
        for act in self.acts.values():
            fields = {one["name"]: one for one in (act.get("form") or {}).get("fields") or ()}
            for effect in flat(act.get("effects") or ()):
                value = (effect.get("set") or {}).get(name)
                if value is None:
                    continue
                if not isinstance(value, Mapping):
                    if str(value) in wanted:
                        return True
                    continue
                one = fields.get(value.get("field", ""), {})
                choices = one.get("choices") or self.facts.get(value.get("field", ""), {}).get("choices")
                if choices is None or wanted & {str(choice) for choice in choices}:
                    return True
        return any(name in (effect.get("set") or {}) for effect in self.signals)

    def _texts(self) -> Iterator[Said]:
        yield from self._walk_texts(self.document, "")

    def _walk_texts(self, node: Any, path: str) -> Iterator[Said]:
        if isinstance(node, Mapping):
            if set(node) == {"zh", "en"}:
                for language, word in (("zh", "Chinese"), ("en", "English")):
                    if not str(node[language]).strip():
                        yield f"{path}.{language}", "text-missing", f"the {word} text is empty", ""
                return
            for key, value in node.items():
                yield from self._walk_texts(value, f"{path}.{key}" if path else str(key))
        elif isinstance(node, list):
            for index, value in enumerate(node):
                yield from self._walk_texts(value, f"{path}[{index}]")

    def _sources(self) -> Iterator[Said]:
        for name, source in (self.document.get("sources") or {}).items():
            if source.get("tag") == "M" and source.get("verified"):
                said = "tag M is from memory, so nobody has verified it"
                yield f"sources.{name}.verified", "unverified-source", said, "write verified: false"
        for name, act in self.acts.items():
            changes = [
                index
                for index, effect in enumerate(act.get("effects") or ())
                if any(word in one for one in flat([effect]) for word in ("start", "stop", "extend", "exclude"))
            ]
            if changes and not act.get("source"):
                path = f"acts.{name}.effects[{changes[0]}]"
                yield path, "source-missing", f"{name} changes a clock but names no source", f"add acts.{name}.source"
            for index, field in enumerate((act.get("form") or {}).get("fields") or ()):
                if not field.get("purpose") and not self.facts.get(field["name"], {}).get("purpose"):
                    path = f"acts.{name}.form.fields[{index}]"
                    yield (
                        path,
                        "purpose-missing",
                        f"field {field['name']} has no purpose",
                        "say why it is asked, in zh and en",
                    )

    def _documents(self) -> Iterator[Said]:
        declared: Mapping[str, Any] = self.document.get("documents") or {}
        if not declared:
            return
        #: document -> step -> acts that do it
        doing: dict[str, dict[str, list[str]]] = {name: {} for name in declared}
        for name, act in self.acts.items():
            for effect in self.effects[name]:
                if "document" in effect:
                    for about in act.get("about") or () if effect["document"] == IT else (effect["document"],):
                        doing.get(about, {}).setdefault(effect["do"], []).append(name)
        for name, one in declared.items():
            path = f"documents.{name}"
            wanted = ["draft", "issue"] + ["countersign"] * bool(one.get("countersign"))
            wanted += ["seal"] * bool(one.get("scan_required")) + ["serve"] * bool(one.get("service"))
            for step in wanted:
                if step not in doing[name]:
                    said = f"no act can {step} document {name}, so it never gets there"
                    yield (
                        path,
                        "document-step-missing",
                        said,
                        f"give some act the effect {{document: {name}, do: {step}}}",
                    )
            if "serve" in doing[name] and not one.get("service"):
                yield f"{path}.service", "document-way-missing", f"document {name} is served, but no way is allowed", ""
            for step, key in (("draft", "drafts"), ("issue", "issues")):
                for act in doing[name].get(step, ()):
                    if not set(self.acts[act].get("by") or ()) & set(one[key]):
                        who = ", ".join(sorted(one[key]))
                        said = f"nobody who may do {act} may {step} document {name}: that is for {who}"
                        yield f"acts.{act}.by", "act-nobody", said, ""
            signers = {who for act in doing[name].get("countersign", ()) for who in self.acts[act].get("by") or ()}
            for index, level in enumerate(one.get("countersign") or ()):
                if doing[name].get("countersign") and not signers & set(level["by"]):
                    said = f"nobody who may countersign document {name} by some act holds this level"
                    yield f"{path}.countersign[{index}].by", "act-nobody", said, ""
            yield from self._proof(name, one, doing[name].get("serve", ()))
            placed = [
                word.partition(":")[2]
                for text in (one.get("template") or {}).values()
                for word in placeholders(text)
                if word.startswith("text:")
            ]
            for act in doing[name].get("draft", ()):
                fields = {field["name"] for field in (self.acts[act].get("form") or {}).get("fields") or ()}
                for text in dict.fromkeys(placed):
                    if text not in fields:
                        said = f"{act} drafts document {name}, whose template asks for {text}, and does not bring it"
                        yield f"acts.{act}.form", "placeholder-unfilled", said, f"add the field {text}"
        yield from self._windows()

    def _proof(self, name: str, one: Mapping[str, Any], acts: Iterable[str]) -> Iterator[Said]:
        """Every proof of every way is a field of each act that serves the document."""
        for act in acts:
            fields = {field["name"] for field in (self.acts[act].get("form") or {}).get("fields") or ()}
            for way, spec in (one.get("service") or {}).items():
                for field in spec["needs"]:
                    if field not in fields:
                        said = f"{act} serves document {name}, and its form can't bring {field} that way {way} needs"
                        yield f"acts.{act}.form", "proof-missing", said, f"add the field {field}"

    def _windows(self) -> Iterator[Said]:
        """No proof of service, no running clock: a time of the resident's begins only in an act that serves."""
        for name, act in self.acts.items():
            served = False
            for effect in act.get("effects") or ():
                served = served or effect.get("do") == "serve"
                for one in flat([effect]):
                    clock = self.clocks.get(one.get("start", ""), {})
                    if clock.get("holder") == "resident" and not served:
                        said = f"{name} starts {one['start']}, a time of the resident's, without proven service"
                        hint = "serve the document in the same act, before the clock starts"
                        yield f"acts.{name}.effects", "window-without-service", said, hint
        for kind, child in self.children.items():
            for signal, effects in (child.get("signals") or {}).items():
                for one in flat(effects):
                    clock = self.clocks.get(one.get("start", ""), {})
                    if clock.get("holder") == "resident" and one.get("from") != "signal":
                        said = f"{signal} starts {one['start']} on another day than the one proven below"
                        yield f"children.{kind}.signals.{signal}", "window-without-service", said, "write from: signal"

    def _endings(self) -> Iterator[Said]:
        # An outcome set on the way, by an act that does not itself end the matter, serves every ending after it.
        on_the_way = any(
            any("outcome" in effect and "signal" not in effect for effect in effects)
            and not any(effect.get("stage") in self.endings for effect in whole)
            for effects, whole in [
                *((self.effects[name], act.get("effects") or ()) for name, act in self.acts.items()),
                (self.signals, ()),
            ]
        )
        for name, act in self.acts.items():
            yield from self._ending_in(act.get("effects") or (), f"acts.{name}.effects", False, on_the_way, name)

    def _ending_in(self, effects: Any, path: str, before: bool, on_the_way: bool, name: str) -> Iterator[Said]:
        here = before or any("outcome" in effect and "signal" not in effect for effect in effects)
        for index, effect in enumerate(effects):
            if "when" in effect:
                for branch in ("then", "else"):
                    yield from self._ending_in(
                        effect.get(branch) or (), f"{path}[{index}].{branch}", here, on_the_way, name
                    )
                    here = here or any("outcome" in one for one in flat(effect.get(branch) or ()))
            elif effect.get("stage") in self.endings and not here and not on_the_way:
                said = f"{name} ends the matter in {effect['stage']}, and nothing sets an outcome"
                yield f"{path}[{index}]", "ending-without-outcome", said, "add the effect {outcome: ...}"


def _needed_relations(condition: Mapping[str, Any] | None) -> set[str] | None:
    """Return the relations of which one is needed for a condition to hold, or None when none is asked for."""
    if condition is None:
        return None
    if "actor" in condition:
        return set(_list(condition["actor"]))
    if "all" in condition:
        for part in condition["all"]:
            found = _needed_relations(part)
            if found is not None:
                return found
    return None
