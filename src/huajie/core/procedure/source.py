"""
From YAML text to a checked document that knows the line of everything in it.

The YAML is a small part of YAML 1.2: no anchors, no tags, no merge keys, no repeated keys; `true` and `false` are the
only booleans (so `on`, `no` and `yes` are words), whole numbers the only numbers. What it says is checked against
`pack.schema.json`. Every error found is reported, with file, line, path and, where one comes to mind, a suggestion.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from huajie.core.procedure.errors import BadPack, PackError
from huajie.core.procedure.scope import nearest

#: Longest file that is read, in characters.
MOST: Final = 1_000_000
#: Deepest nesting.
DEEPEST: Final = 40
#: Top-level keys that a shared file may hold.
SHARED: Final = ("sources", "outcomes", "fulfilments", "verdicts", "phrases")


@dataclass(frozen=True, slots=True)
class Source:
    """A document and where in which file each of its parts stands."""

    #: What was read, `use` already put in.
    document: dict[str, Any]
    #: Name of the pack's own file, as given.
    file: str
    #: Path (`acts.accept.effects[2].stage`; empty for the whole) -> (file, line from 1).
    lines: Mapping[str, tuple[str, int]]

    def place(self, path: str) -> tuple[str, int]:
        """Return file and line of a path, or of the nearest part around it that stands in a file."""
        while True:
            found = self.lines.get(path)
            if found is not None:
                return found
            if not path:
                return self.file, 0
            path = path[: max(path.rfind("."), path.rfind("["), 0)]

    def error(self, path: str, message: str, suggestion: str = "") -> PackError:
        """Return an error about a path, with its file and line."""
        file, line = self.place(path)
        return PackError(file, line, path, message, suggestion)


def read(text: str, file: str, shared: Mapping[str, str] | None = None) -> Source:
    """
    Return the document of a pack, checked against the schema.

    Args:
        text: the YAML of `pack.yaml`.
        file: its name, for errors.
        shared: name such as `common/outcomes` -> YAML text, for what the pack takes in by `use`.
    Raises:
        BadPack: everything that is wrong with the YAML, or else with what it says.
    """
    source = parse(text, file, shared)
    errors = list(check_schema(source))
    if errors:
        raise BadPack(errors)
    return source


def parse(text: str, file: str, shared: Mapping[str, str] | None = None) -> Source:
    """
    Return the document of a pack as it stands, `use` put in, not checked further.

    Raises:
        BadPack: everything that is wrong with the YAML of the pack or of what it takes in.
    """
    errors: list[PackError] = []
    lines: dict[str, tuple[str, int]] = {}
    document = _load(text, file, lines, errors)
    if not isinstance(document, dict):
        if not errors:
            errors.append(PackError(file, 1, "", "a pack is a mapping", "begin with 'pack: name'"))
        raise BadPack(errors)
    document = _take_in(document, file, shared or {}, lines, errors)
    if errors:
        raise BadPack(errors)
    return Source(document, file, lines)


# YAML


class _Resolver(yaml.resolver.BaseResolver):  # type: ignore[misc, name-defined, unused-ignore]
    """Plain scalars as YAML 1.2 reads them, without fractions."""


for _first, _tag, _pattern in (
    ("tf", "bool", r"true|false"),
    ("n~", "null", r"null|~"),
    ("-+0123456789", "int", r"[-+]?(?:0|[1-9][0-9]{0,15})"),
):
    _Resolver.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"), list(_first))
_Resolver.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"$"), [""])


class _Loader(
    yaml.reader.Reader,
    yaml.scanner.Scanner,
    yaml.parser.Parser,
    yaml.composer.Composer,
    _Resolver,
):
    def __init__(self, stream: str) -> None:
        yaml.reader.Reader.__init__(self, stream)
        yaml.scanner.Scanner.__init__(self)
        yaml.parser.Parser.__init__(self)
        yaml.composer.Composer.__init__(self)
        _Resolver.__init__(self)


if yaml.__with_libyaml__:

    class _QuickLoader(yaml.cyaml.CParser, _Resolver):  # type: ignore[misc, name-defined, attr-defined, unused-ignore]
        """The same, read by libyaml: ten times faster, with fewer words about mistakes."""

        def __init__(self, stream: str) -> None:
            yaml.cyaml.CParser.__init__(self, stream)  # type: ignore[attr-defined, unused-ignore]
            _Resolver.__init__(self)


def _load(text: str, file: str, lines: dict[str, tuple[str, int]], errors: list[PackError]) -> Any:
    if len(text) > MOST:
        errors.append(PackError(file, 0, "", f"the file has {len(text)} characters; at most {MOST} are read"))
        return None
    try:
        root = _compose(text, file, errors)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else 0
        said = error.problem or error.context or "can't be read"
        hint = ""
        if "\t" in text:
            hint = "indent with spaces, not with tabs"
        elif "mapping values" in said:
            hint = "quote a text that holds ': '"
        errors.append(PackError(file, line, "", f"not YAML: {said}", hint))
        return None
    except yaml.YAMLError as error:
        errors.append(PackError(file, 0, "", f"not YAML: {error}"))
        return None
    if root is None:
        return None
    return _value(root, "", file, lines, errors, 0)


def _compose(text: str, file: str, errors: list[PackError]) -> yaml.Node | None:
    if yaml.__with_libyaml__:
        try:
            known = len(errors)
            return _compose_with(text, file, errors, yaml.CSafeLoader, _QuickLoader)
        except yaml.YAMLError:
            # the slow reader says better what is wrong and where
            del errors[known:]
    return _compose_with(text, file, errors, yaml.SafeLoader, _Loader)


def _compose_with(text: str, file: str, errors: list[PackError], reader: Any, composer: Any) -> yaml.Node | None:
    # Anchors and tags are looked for among the events: composing them away would lose their lines.
    depth = 0
    found: Iterator[Any] = yaml.parse(text, Loader=reader)
    for event in found:
        line = event.start_mark.line + 1
        if getattr(event, "anchor", None) is not None:
            errors.append(PackError(file, line, "", f"anchor or alias '{event.anchor}'", "write it out"))
        if getattr(event, "tag", None) is not None:
            errors.append(PackError(file, line, "", f"tag '{event.tag}'", "leave the tag out"))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                errors.append(PackError(file, line, "", f"nested deeper than {DEEPEST}"))
                return None
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    if errors:
        return None
    loader = composer(text)
    try:
        node: yaml.Node | None = loader.get_single_node()
    finally:
        loader.dispose()
    return node


def _value(
    node: yaml.Node, path: str, file: str, lines: dict[str, tuple[str, int]], errors: list[PackError], depth: int
) -> Any:
    lines.setdefault(path, (file, node.start_mark.line + 1))
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                errors.append(PackError(file, line, path, "a key is a word"))
                continue
            key = key_node.value
            here = f"{path}.{key}" if path else key
            if key_node.tag != "tag:yaml.org,2002:str":
                errors.append(PackError(file, line, here, f"key {key!r} is not a text", f'write "{key}"'))
            elif key == "<<":
                errors.append(PackError(file, line, here, "merge keys are not read", "write it out"))
            elif not key.isascii():
                errors.append(PackError(file, line, path, f"key {key!r} is not ASCII", "use a-z, 0-9 and _"))
            elif key in found:
                first = lines[here][1]
                errors.append(PackError(file, line, here, f"key '{key}' stands twice, first on line {first}"))
            else:
                lines[here] = (file, line)
                found[key] = _value(value_node, here, file, lines, errors, depth + 1)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [
            _value(item, f"{path}[{index}]", file, lines, errors, depth + 1) for index, item in enumerate(node.value)
        ]
    if node.tag.endswith(":bool"):
        return node.value == "true"
    if node.tag.endswith(":null"):
        return None
    if node.tag.endswith(":int"):
        return int(node.value)
    return node.value


def _take_in(
    document: dict[str, Any],
    file: str,
    shared: Mapping[str, str],
    lines: dict[str, tuple[str, int]],
    errors: list[PackError],
) -> dict[str, Any]:
    """Put what `use` names into the document: cited sources, and the titles of the outcomes that the pack lists."""
    names = document.pop("use", None)
    if names is None:
        return document
    if not isinstance(names, list):
        errors.append(PackError(file, lines["use"][1], "use", "a list of shared files", "use: [common/outcomes]"))
        return document
    for index, name in enumerate(names):
        at = f"use[{index}]"
        if not isinstance(name, str) or name not in shared:
            hint = nearest(str(name), shared)
            errors.append(PackError(file, lines[at][1], at, f"no shared file '{name}'", hint))
            continue
        own_file = f"{name}.yaml"
        own_lines: dict[str, tuple[str, int]] = {}
        common = _load(shared[name], own_file, own_lines, errors)
        if not isinstance(common, dict):
            if common is not None:
                errors.append(PackError(own_file, 1, "", "a shared file is a mapping"))
            continue
        for key, entries in common.items():
            if key not in SHARED:
                hint = nearest(key, SHARED)
                errors.append(PackError(own_file, own_lines[key][1], key, f"'{key}' can't be shared", hint))
            elif not isinstance(entries, dict):
                errors.append(PackError(own_file, own_lines[key][1], key, f"'{key}' is a mapping"))
            elif key == "sources":
                _share_sources(document, entries, own_file, own_lines, lines, errors)
            else:
                _share_values(document, key, entries, own_lines, lines, errors)
    return document


def _share_sources(
    document: dict[str, Any],
    entries: dict[str, Any],
    own_file: str,
    own_lines: Mapping[str, tuple[str, int]],
    lines: dict[str, tuple[str, int]],
    errors: list[PackError],
) -> None:
    own = document.setdefault("sources", {})
    if not isinstance(own, dict):
        return
    cited = set(_cited(document))
    for name, entry in entries.items():
        if name in own:
            if own[name] != entry:
                file, line = lines.get(f"sources.{name}", (own_file, 0))
                message = f"source '{name}' stands in {own_file} already and says something else"
                errors.append(PackError(file, line, f"sources.{name}", message, "give it another name"))
        elif name in cited:
            # Only what is cited: a pack's hash must not change with sources that it doesn't use.
            own[name] = entry
            _adopt(f"sources.{name}", own_lines, lines)


def _share_values(
    document: dict[str, Any],
    key: str,
    entries: dict[str, Any],
    own_lines: Mapping[str, tuple[str, int]],
    lines: dict[str, tuple[str, int]],
    errors: list[PackError],
) -> None:
    listed = document.get(key)
    if key == "phrases" and isinstance(listed, dict):
        # A pack's own sentences stand before the shared ones; of one name its own counts.
        for name, entry in entries.items():
            if name not in listed:
                listed[name] = entry
                _adopt(f"{key}.{name}", own_lines, lines)
    elif listed is None:
        document[key] = entries
        for name in entries:
            _adopt(f"{key}.{name}", own_lines, lines)
    elif isinstance(listed, list):
        found = {}
        for index, name in enumerate(listed):
            at = f"{key}[{index}]"
            if not isinstance(name, str) or name not in entries:
                file, line = lines[at]
                message = f"'{name}' is not among the shared {key}"
                errors.append(PackError(file, line, at, message, nearest(str(name), entries)))
            elif name in found:
                errors.append(PackError(*lines[at], at, f"'{name}' stands twice"))
            else:
                found[name] = entries[name]
                lines[f"{key}.{name}"] = lines[at]
        document[key] = found


def _adopt(path: str, own_lines: Mapping[str, tuple[str, int]], lines: dict[str, tuple[str, int]]) -> None:
    for own, place in own_lines.items():
        if own == path or own.startswith((f"{path}.", f"{path}[")):
            lines.setdefault(own, place)


def _cited(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "source" and isinstance(value, str):
                yield value
            else:
                yield from _cited(value)
    elif isinstance(node, list):
        for value in node:
            yield from _cited(value)


# Schema


@functools.cache
def schema() -> dict[str, Any]:
    """Return the JSON Schema of the pack language (a fresh copy is not made: don't change it)."""
    # Part of this module, kept beside it as JSON so that editors can use it too.
    text = resources.files("huajie.core.procedure").joinpath("pack.schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


@functools.cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(schema())


def check_schema(source: Source) -> Iterator[PackError]:
    """Yield everything in which a document does not fit the schema."""
    seen: set[tuple[str, str]] = set()
    errors = sorted(_validator().iter_errors(source.document), key=lambda error: source.place(_path(error))[1])
    for error in errors:
        for path, message, hint in _explain(error):
            if (path, message) not in seen:
                seen.add((path, message))
                yield source.error(path, message, hint)


def _path(error: ValidationError, more: Iterable[Any] = ()) -> str:
    path = ""
    for part in (*error.absolute_path, *more):
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path


_TYPES: Final = {
    "string": "a text",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "empty",
}


def _explain(error: ValidationError) -> Iterator[tuple[str, str, str]]:
    path = _path(error)
    instance: Any = error.instance
    wanted: Any = error.validator_value
    parent: Any = error.schema
    match error.validator:
        case "oneOf" | "anyOf":
            yield from _explain_choice(error)
        case "additionalProperties":
            known = set(parent.get("properties", {}))
            for key in instance:
                if key not in known:
                    yield _path(error, [key]), f"unknown word '{key}'", nearest(key, known)
        case "propertyNames":
            for inner in error.context or ():
                yield path, f"'{inner.instance}' is no name", "begin with a-z, then a-z, 0-9, _ or -"
            if not error.context:
                yield path, error.message, "begin with a-z, then a-z, 0-9, _ or -"
        case "required":
            for key in wanted:
                if key not in instance:
                    strange = [word for word in instance if word not in parent.get("properties", {})]
                    # A misspelled key is reported once, as the unknown word that it is.
                    if not nearest(key, strange).startswith("did you mean"):
                        yield path, f"'{key}' is missing", f"add '{key}'"
        case "type":
            kinds = [wanted] if isinstance(wanted, str) else list(wanted)
            said = " or ".join(_TYPES.get(kind, kind) for kind in kinds)
            hint = f'write "{instance}"' if "string" in kinds and isinstance(instance, int | bool) else ""
            yield path, f"{_show(instance)} is not {said}", hint
        case "enum":
            hint = nearest(str(instance), [str(one) for one in wanted])
            yield path, f"unknown word {_show(instance)}", hint
        case "const":
            yield path, f"{_show(instance)} must be {_show(wanted)}", ""
        case "pattern":
            hint = parent.get("description", "")
            yield path, f"{_show(instance)} is not written as it must be", hint
        case "minimum" | "exclusiveMinimum":
            yield path, f"{instance} is below the least allowed, {wanted}", ""
        case "maximum":
            yield path, f"{instance} is above the most allowed, {wanted}", ""
        case "minLength":
            yield path, "is empty", "write the text"
        case "minItems" | "minProperties":
            yield path, "is empty", ""
        case "uniqueItems":
            yield path, "holds the same word twice", ""
        case "if" | "then" | "else" | "allOf":
            for inner in error.context or ():
                yield from _explain(inner)
            if not error.context:
                yield path, error.message, ""
        case _:
            yield path, error.message, ""


def _explain_choice(error: ValidationError) -> Iterator[tuple[str, str, str]]:
    """
    Say what is wrong where one of several shapes was wanted: of the shapes, the one that was meant is the one whose
    telling word (`x-word`, else its first required key) stands there; its own errors are the useful ones.
    """
    path = _path(error)
    instance: Any = error.instance
    shapes_given: Any = error.validator_value
    branches = [_resolved(branch) for branch in shapes_given]
    by_branch: dict[int, list[ValidationError]] = {}
    for inner in error.context or ():
        by_branch.setdefault(int(inner.schema_path[0]), []).append(inner)
    if isinstance(instance, dict):
        telling: dict[str, int] = {}
        for index, branch in enumerate(branches):
            for word in branch.get("required", ())[:1]:
                telling.setdefault(word, index)
        meant = [word for word in telling if word in instance]
        candidates = [
            index
            for index, branch in enumerate(branches)
            if branch.get("required", [None])[0] in meant and index in by_branch
        ]
        if candidates:

            def badness(index: int) -> tuple[int, int]:
                # Prefer the shape that has all its required keys, then the one with the fewest complaints.
                missing = sum(word not in instance for word in branches[index].get("required", ()))
                return missing, len(by_branch[index])

            for inner in by_branch[min(candidates, key=badness)]:
                yield from _explain(inner)
            return
        if telling:
            key = next(iter(instance), "")
            if key:
                yield _path(error, [key]), f"unknown word '{key}'", nearest(key, telling)
            else:
                yield path, "is empty", f"known are {', '.join(sorted(telling))}"
            return
    fitting = [
        index
        for index, inners in by_branch.items()
        if not any(inner.validator == "type" and not inner.relative_path for inner in inners)
    ]
    if fitting:
        for inner in by_branch[fitting[0]]:
            yield from _explain(inner)
        return
    words = [str(word) for branch in branches for word in branch.get("enum", ())]
    words += [str(branch["const"]) for branch in branches if "const" in branch]
    hint = nearest(str(instance), words) if isinstance(instance, str) else ""
    if not hint:
        shapes = []
        for branch in branches:
            kind = branch.get("type")
            if isinstance(kind, str):
                keys = branch.get("required", ())
                shapes.append(f"{{{keys[0]}: ...}}" if kind == "object" and keys else _TYPES.get(kind, kind))
        hint = f"write {' or '.join(dict.fromkeys(shapes))}" if shapes else ""
    yield path, f"{_show(instance)} does not belong here", hint


def _resolved(branch: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in branch:
        found: Any = schema()
        for part in branch["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        branch = found
    return branch


def _show(value: Any) -> str:
    if isinstance(value, str):
        return f"'{value}'" if len(value) <= 60 else f"'{value[:57]}...'"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return "nothing" if value is None else json.dumps(value)
