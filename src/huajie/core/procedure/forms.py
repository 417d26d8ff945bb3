"""
Forms: the typed fields that an act asks for, as a schema for programs, a list for pages, and a check of what came.

Facts (`scope.FACT_TYPES`) stand in entries; texts (`scope.TEXT_TYPES`) are only committed to. Each message is made in
both languages and says what to do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from huajie.core.jurisdiction import Jurisdiction
from huajie.core.ledger import stamp
from huajie.core.procedure.common import COMMON_TEXTS, INTAKE_FACTS, ON_BEHALF
from huajie.core.procedure.errors import Unmet
from huajie.core.procedure.messages import words
from huajie.core.procedure.scope import OPENING_FIELDS, TEXT_TYPES

if TYPE_CHECKING:
    from huajie.core.access import Actor
    from huajie.core.procedure.pack import Act, Pack

#: Whose form it is.
AUDIENCES: Final = ("resident", "staff")
#: Longest text of a field whose pack names no other limit: one line, several.
TEXT_LENGTH: Final = 300
LONGTEXT_LENGTH: Final = 20_000


class Fault(NamedTuple):
    """Why a value does not fit: a key of `messages.WORDS` and what fills it."""

    word: str
    values: Mapping[str, Any]


Check = Callable[[Any, Jurisdiction], Any]


class Begin(NamedTuple):
    """Something that the matter knows: `fact`, `text` and `request` with a name, `lead` and `routed` alone."""

    kind: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Fields of a form that belong together."""

    title: Mapping[str, str]
    help: Mapping[str, str] | None
    #: Names of fields, in the order of the form.
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form."""

    name: str
    #: One of FACT_TYPES or TEXT_TYPES.
    type: str
    #: {"zh", "en"}
    title: Mapping[str, str]
    #: Why it is asked for.
    purpose: Mapping[str, str]
    required: bool
    help: Mapping[str, str] | None
    #: Value -> {"zh", "en"}, in the order of the pack.
    choices: Mapping[str, Mapping[str, str]]
    #: Limits of an integer, or of a date as `YYYY-MM-DD`.
    min: int | str | None
    max: int | str | None
    #: Characters of a text.
    max_length: int | None
    default: Any
    #: `resident`, `staff` or None for both.
    visible: str | None
    #: Returns the value as entries hold it, or a Fault.
    check: Check
    #: What a fresh form shows in it, the first that the matter knows; nothing that the engine fills in by itself.
    begins: tuple[Begin, ...] = ()

    @property
    def is_text(self) -> bool:
        """Return whether an entry holds only a commitment to it."""
        return self.type in TEXT_TYPES

    def shown_to(self, audience: str | None) -> bool:
        """Return whether that audience's form has the field; None stands for programs, which see all."""
        return self.visible is None or audience is None or self.visible == audience

    def to_document(self) -> dict[str, Any]:
        """Return everything a page needs to draw the field, as JSON values."""
        return {
            "name": self.name,
            "type": self.type,
            "title": dict(self.title),
            "purpose": dict(self.purpose),
            "required": self.required,
            "help": dict(self.help) if self.help is not None else None,
            "choices": {value: dict(title) for value, title in self.choices.items()},
            "min": self.min,
            "max": self.max,
            "max_length": self.max_length,
            "default": self.default,
        }


def make_field(raw: Mapping[str, Any], fact: Mapping[str, Any] | None) -> Field:
    """Return the field of one form line; a declared fact of the same name gives what the line leaves out."""
    spec = {**(fact or {}), **raw}
    kind = spec["type"]
    length = spec.get("max_length")
    if length is None and kind in ("text", "longtext"):
        length = TEXT_LENGTH if kind == "text" else LONGTEXT_LENGTH
    choices = spec.get("choices") or {}
    return Field(
        name=spec["name"],
        type=kind,
        title=spec["title"],
        purpose=spec["purpose"],
        required=bool(spec.get("required", False)),
        help=spec.get("help"),
        choices=choices,
        min=spec.get("min"),
        max=spec.get("max"),
        max_length=length,
        default=spec.get("default"),
        visible=spec.get("visible"),
        check=make_check(kind, choices, spec.get("min"), spec.get("max")),
        begins=tuple(
            Begin(one) if isinstance(one, str) else Begin(*next(iter(one.items()))) for one in spec.get("begins") or ()
        ),
    )


_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII).fullmatch
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII).fullmatch
_STREAM = re.compile(r"[0-9a-f]{32}", re.ASCII).fullmatch


def _is_date(value: Any) -> bool:
    if not isinstance(value, str) or not _DATE(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _read_moment(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
        return None if at.tzinfo is None else value if _STAMP(value) else stamp(at)
    except (ValueError, OverflowError):
        return None


def make_check(kind: str, choices: Mapping[str, Any], least: Any, most: Any) -> Check:
    """Return the check of one type: (value, jurisdiction) to the value as entries hold it, or a Fault."""

    def choice(value: Any, jurisdiction: Jurisdiction) -> Any:
        if isinstance(value, str) and value in choices:
            return value
        return Fault("not-choice", {"choices": list(choices)})

    def several(value: Any, jurisdiction: Jurisdiction) -> Any:
        if isinstance(value, list | tuple) and all(isinstance(one, str) and one in choices for one in value):
            return [one for one in choices if one in value]
        return Fault("not-choice", {"choices": list(choices)})

    def boolean(value: Any, jurisdiction: Jurisdiction) -> Any:
        return value if isinstance(value, bool) else Fault("not-boolean", {})

    def integer(value: Any, jurisdiction: Jurisdiction) -> Any:
        if type(value) is not int or not -(2**53) < value < 2**53:
            return Fault("not-integer", {})
        if least is not None and value < least:
            return Fault("too-small", {"min": least})
        if most is not None and value > most:
            return Fault("too-large", {"max": most})
        return value

    def day(value: Any, jurisdiction: Jurisdiction) -> Any:
        if not _is_date(value):
            return Fault("not-date", {})
        if least is not None and value < least:
            return Fault("too-early", {"min": least})
        if most is not None and value > most:
            return Fault("too-late", {"max": most})
        return value

    def at(value: Any, jurisdiction: Jurisdiction) -> Any:
        found = _read_moment(value)
        return Fault("not-moment", {}) if found is None else found

    def unit(value: Any, jurisdiction: Jurisdiction) -> Any:
        return value if isinstance(value, str) and value in jurisdiction.units else Fault("no-such-unit", {})

    def seat(value: Any, jurisdiction: Jurisdiction) -> Any:
        return value if isinstance(value, str) and value in jurisdiction.seats else Fault("no-such-seat", {})

    def region(value: Any, jurisdiction: Jurisdiction) -> Any:
        return value if isinstance(value, str) and value in jurisdiction.regions else Fault("no-such-region", {})

    def topic(value: Any, jurisdiction: Jurisdiction) -> Any:
        return value if isinstance(value, str) and value in jurisdiction.topics else Fault("no-such-topic", {})

    def matter(value: Any, jurisdiction: Jurisdiction) -> Any:
        return value if isinstance(value, str) and _STREAM(value) else Fault("not-matter", {})

    def name(value: Any, jurisdiction: Jurisdiction) -> Any:
        return value if isinstance(value, str) and len(value) <= 200 else Fault("not-text", {})

    def text(value: Any, jurisdiction: Jurisdiction) -> Any:
        return Fault("not-a-fact", {})

    checks: dict[str, Check] = {
        "choice": choice,
        "choices": several,
        "boolean": boolean,
        "integer": integer,
        "date": day,
        "moment": at,
        "unit": unit,
        "seat": seat,
        "region": region,
        "topic": topic,
        "matter": matter,
        "name": name,
    }
    return checks.get(kind, text)


_BASE_TITLES: Final[Mapping[str, Mapping[str, str]]] = {
    "topic": {"zh": "类别", "en": "Topic"},
    "region": {"zh": "区域", "en": "Region"},
    "mode": {"zh": "提交方式", "en": "Mode"},
    "channel": {"zh": "渠道", "en": "Channel"},
    "received_at": {"zh": "收到时间", "en": "Received"},
    "source": {"zh": "来源系统", "en": "Source system"},
}
_BASE_PURPOSES: Final[Mapping[str, Mapping[str, str]]] = {
    "topic": {"zh": "找到该办的单位", "en": "To find the unit that answers for it"},
    "region": {"zh": "找到该办的单位", "en": "To find the unit that answers for it"},
    "mode": {"zh": "您决定谁知道您是谁", "en": "You decide who knows who you are"},
    "channel": {"zh": "记录从哪里来", "en": "To record how it came in"},
    "received_at": {"zh": "期限从这时算起", "en": "Deadlines count from here"},
    "source": {"zh": "记录从哪里来", "en": "To record where it came from"},
}


def opening_fields(modes: Iterable[str], channels: Iterable[str]) -> tuple[Field, ...]:
    """Return the fields that every opening act takes besides its form."""
    same = {
        name: {name: {"zh": name, "en": name} for name in names}
        for name, names in (("mode", modes), ("channel", channels))
    }
    found = []
    for name, kind in OPENING_FIELDS.items():
        choices = same.get(name, {})
        found.append(
            Field(
                name=name,
                type=kind,
                title=_BASE_TITLES[name],
                purpose=_BASE_PURPOSES[name],
                required=name == "channel",
                help=None,
                choices=choices,
                min=None,
                max=None,
                max_length=None,
                default="open" if name == "mode" and "open" in choices else None,
                visible=None,
                check=make_check(kind, choices, None, None),
            )
        )
    return (*found, *_INTAKE_FIELDS)


# how a matter was taken in for somebody; none has a default, so that entries from before are decided as they were
_INTAKE_FIELDS: Final = tuple(
    make_field({"name": name}, spec) for name, spec in ({**INTAKE_FACTS, **COMMON_TEXTS}).items()
)
#: What a clerk says who writes down what a resident asks for.
ON_BEHALF_FIELDS: Final = tuple(make_field({"name": name}, spec) for name, spec in ON_BEHALF.items())


def audience_of(actor: Actor) -> str | None:
    """Return whose form an actor fills in; None for programs (system, imports)."""
    if actor.kind in ("resident", "anonymous"):
        return "resident"
    return "staff" if actor.kind == "seat" else None


def _fault(field: Field, fault: Fault) -> Unmet:
    values = {**fault.values}
    return Unmet("field-invalid", f"input.{field.name}", words(fault.word, **field.title, **values), None, values)


def _missing(field: Field) -> Unmet:
    return Unmet("field-missing", f"input.{field.name}", words("field-missing", **field.title))


def check_inputs(
    act: Act,
    inputs: Mapping[str, Any],
    texts: Iterable[str],
    *,
    jurisdiction: Jurisdiction,
    audience: str | None = None,
) -> tuple[dict[str, Any], list[Unmet]]:
    """
    Return the values as entries hold them (defaults filled in, nulls left out), and everything that is wrong.

    Args:
        act: an act of a pack.
        inputs: typed JSON values by field name.
        texts: names of the committed fields that come along.
        audience: `resident` or `staff`: fields of the other's form are unknown; None takes all.
    """
    values: dict[str, Any] = {}
    unmet: list[Unmet] = []
    known = act.fields_by_name
    for name, value in inputs.items():
        if value is None:
            continue
        field = known.get(name)
        if field is None or not field.shown_to(audience):
            unmet.append(
                Unmet("field-unknown", f"input.{name}", words("field-unknown", name=name), None, {"name": name})
            )
            continue
        found = field.check(value, jurisdiction)
        if type(found) is Fault:
            unmet.append(_fault(field, found))
        else:
            values[name] = found
    for name in texts:
        field = known.get(name)
        if field is None or not field.is_text or not field.shown_to(audience):
            unmet.append(
                Unmet("field-unknown", f"texts.{name}", words("text-unknown", name=name), None, {"name": name})
            )
    for field in act.demanding:
        name = field.name
        if not field.shown_to(audience):
            continue
        if field.is_text:
            if field.required and name not in texts:
                unmet.append(_missing(field))
        elif name not in values and inputs.get(name) is None:
            if field.default is not None:
                values[name] = field.default
            elif field.required:
                unmet.append(_missing(field))
    return values, unmet


def check_texts(act: Act, texts: Mapping[str, Any]) -> list[Unmet]:
    """Return what is wrong with the values of committed texts: not a text, empty though required, or too long."""
    unmet = []
    for name, value in texts.items():
        field = act.fields_by_name.get(name)
        if field is None or field.type not in ("text", "longtext"):
            continue
        if not isinstance(value, str):
            unmet.append(_fault(field, Fault("not-text", {})))
        elif field.required and not value.strip():
            unmet.append(_missing(field))
        elif field.max_length is not None and len(value) > field.max_length:
            said = {
                "zh": f"“{field.title['zh']}”最多 {field.max_length} 个字，现在是 {len(value)} 个",
                "en": f"“{field.title['en']}” has at most {field.max_length} characters; this has {len(value)}",
            }
            values = {"max_length": field.max_length, "length": len(value)}
            unmet.append(Unmet("field-invalid", f"input.{name}", said, None, values))
    return unmet


def form_fields(pack: Pack, act: str, audience: str | None = None) -> tuple[Field, ...]:
    """Return the fields of an act's form, in the order of the pack, as that audience sees them."""
    return tuple(field for field in pack.acts[act].fields if field.shown_to(audience))


_SCHEMAS: Final[Mapping[str, Mapping[str, Any]]] = {
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer"},
    "date": {"type": "string", "format": "date"},
    "moment": {"type": "string", "format": "date-time"},
    "unit": {"type": "string"},
    "seat": {"type": "string"},
    "region": {"type": "string"},
    "topic": {"type": "string"},
    "matter": {"type": "string"},
    "name": {"type": "string", "maxLength": 200},
    "text": {"type": "string"},
    "longtext": {"type": "string"},
    "file": {"type": "string"},
    "contact": {"type": "object", "additionalProperties": {"type": "string"}},
    "point": {
        "type": "array",
        "prefixItems": [
            {"type": "number", "minimum": -180, "maximum": 180},
            {"type": "number", "minimum": -90, "maximum": 90},
        ],
        "minItems": 2,
        "maxItems": 2,
    },
}


def _schema_of(field: Field, language: str) -> dict[str, Any]:
    if field.type == "choice":
        found: dict[str, Any] = {"type": "string", "enum": list(field.choices)}
    elif field.type == "choices":
        found = {"type": "array", "uniqueItems": True, "items": {"type": "string", "enum": list(field.choices)}}
    else:
        found = dict(_SCHEMAS[field.type])
    if field.type == "integer":
        if field.min is not None:
            found["minimum"] = field.min
        if field.max is not None:
            found["maximum"] = field.max
    if field.type in ("text", "longtext"):
        found["maxLength"] = field.max_length
        if field.required:
            found["minLength"] = 1
    if field.default is not None:
        found["default"] = field.default
    found["title"] = field.title[language]
    found["description"] = field.purpose[language]
    found["x-type"] = field.type
    return found


def form_schema(pack: Pack, act: str, audience: str | None = None, language: str = "en") -> dict[str, Any]:
    """Return a JSON Schema (2020-12) of an act's form: one property a field, facts and texts alike."""
    one = pack.acts[act]
    fields = [field for field in one.fields_by_name.values() if field.shown_to(audience)]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": one.title[language],
        "type": "object",
        "properties": {field.name: _schema_of(field, language) for field in fields},
        "required": [field.name for field in fields if field.required and field.default is None],
        "additionalProperties": False,
    }


def read_form(
    act: Act, posted: Mapping[str, list[str]], *, audience: str | None = None
) -> tuple[dict[str, Any], dict[str, str]]:
    """
    Return the typed inputs and the texts of a posted HTML form; `check_inputs` then says what is wrong with them.

    Args:
        act: an act of a pack.
        posted: all values by field name, as a browser sends them. Empty ones are left out; a box that isn't ticked
            is False. Names that are no field are left alone: a page adds its own.
    """
    inputs: dict[str, Any] = {}
    texts: dict[str, str] = {}
    for name, field in act.fields_by_name.items():
        if not field.shown_to(audience):
            continue
        given = [value.strip() if field.type != "longtext" else value for value in posted.get(name, ())]
        given = [value for value in given if value.strip()]
        if field.type == "choices":
            if given:
                inputs[name] = given
        elif field.type == "boolean":
            if given:
                inputs[name] = given[-1].lower() in ("on", "true", "1", "yes")
        elif not given:
            continue
        elif field.type in ("text", "longtext"):
            texts[name] = given[-1]
        elif field.type == "integer":
            text = given[-1]
            inputs[name] = int(text) if re.fullmatch(r"[+-]?\d{1,15}", text, re.ASCII) else text
        elif not field.is_text:
            inputs[name] = given[-1]
    return inputs, texts
