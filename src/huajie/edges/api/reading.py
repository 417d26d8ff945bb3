"""
What came in: strict JSON, checked member by member, everything that is wrong named at once.

Stricter than JSON itself where two readers could differ or a value could not be kept: a name that stands twice, NaN,
half a surrogate pair, NUL.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn, TypeVar

from django.conf import settings
from django.http import HttpRequest
from pydantic import BaseModel, ValidationError

from huajie.edges.api.problems import Problem, fault, pydantic_fault, too_big

Model = TypeVar("Model", bound=BaseModel)


class _NotANumber(ValueError):
    """NaN or Infinity."""


class _Twice(ValueError):
    """A name that stands twice in one object."""


def _no_constant(text: str) -> NoReturn:
    raise _NotANumber(text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise _Twice(next(name for name in names if names.count(name) > 1))
    return found


def _unkeepable(text: str) -> bool:
    return "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text)


def _bad_texts(value: Any, place: str) -> Iterator[str]:
    if isinstance(value, str):
        if _unkeepable(value):
            yield place or "body"
    elif isinstance(value, dict):
        for name, inner in value.items():
            if _unkeepable(name):
                yield place or "body"
            else:
                yield from _bad_texts(inner, f"{place}.{name}" if place else name)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _bad_texts(inner, f"{place}[{number}]")


def parse_json(raw: bytes) -> Any:
    """
    Return the value of a JSON text.

    Raises:
        Problem: 400, with what to do.
    """
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise Problem(400, "malformed", [fault("body", "not-utf-8")]) from None
    try:
        value = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_once)
    except RecursionError:
        raise Problem(400, "malformed", [fault("body", "too-deep")]) from None
    except _NotANumber:
        raise Problem(400, "malformed", [fault("body", "not-a-number")]) from None
    except _Twice as error:
        name = str(error)
        raise Problem(
            400, "malformed", [fault("body" if _unkeepable(name) else name[:100] or "body", "double-key")]
        ) from None
    except json.JSONDecodeError:
        raise Problem(400, "malformed", [fault("body", "malformed")]) from None
    except ValueError:
        # Python reads no whole number of more than a few thousand digits
        raise Problem(400, "malformed", [fault("body", "huge-number")]) from None
    # Only an escape can bring what UTF-8 itself can't hold, or a NUL.
    if "\\u" in text or "\x00" in text:
        try:
            bad = list(dict.fromkeys(_bad_texts(value, "")))
        except RecursionError:
            raise Problem(400, "malformed", [fault("body", "too-deep")]) from None
        if bad:
            raise Problem(400, "malformed", [fault(place[:200], "bad-character") for place in bad])
    return value


def raw_body(request: HttpRequest) -> bytes:
    """
    Return the body, if it is JSON by its type and not too long.

    Raises:
        Problem: 415 or 413.
    """
    kind = request.content_type or ""
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise Problem(415, "wrong-type", [fault("Content-Type", "wrong-type")])
    raw = request.body
    if len(raw) > settings.HUAJIE_LIMITS.body_kib * 1024:
        raise too_big()
    return raw


def json_object(request: HttpRequest) -> dict[str, Any]:
    """
    Return the JSON object of a request.

    Raises:
        Problem: 400, 413, 415 or, for other values than objects, 422.
    """
    value = parse_json(raw_body(request))
    if not isinstance(value, dict):
        raise Problem(422, "invalid", [fault("body", "dict_type")])
    return value


def faults_of(error: ValidationError) -> list[dict[str, Any]]:
    """Return what pydantic found, one error a field."""
    found: dict[str, dict[str, Any]] = {}
    for one in error.errors(include_url=False, include_input=False):
        item = pydantic_fault(one)
        found.setdefault(item["field"], item)
    return list(found.values())


def read_body(request: HttpRequest, model: type[Model]) -> Model:
    """
    Return the body as a model.

    Raises:
        Problem: everything that is wrong.
    """
    try:
        return model.model_validate(json_object(request))
    except ValidationError as error:
        raise Problem(422, "invalid", faults_of(error)) from None


def read_query(request: HttpRequest, model: type[Model]) -> Model:
    """
    Return the query as a model; a parameter that is not one of its fields is refused, so that a misspelt filter never
    shows everything.

    Raises:
        Problem: everything that is wrong.
    """
    given: Mapping[str, Any] = {name: values[-1] for name, values in request.GET.lists() if values}
    faults = [fault(name[:100] or "query", "unknown-parameter") for name in given if name not in model.model_fields]
    faults += [fault(name[:100] or "query", "double-key") for name, values in request.GET.lists() if len(values) > 1]
    faults += [fault(name[:100] or "query", "bad-character") for name, value in given.items() if _unkeepable(value)]
    try:
        found = model.model_validate({name: value for name, value in given.items() if name in model.model_fields})
    except ValidationError as error:
        faults += faults_of(error)
    if faults:
        raise Problem(422, "invalid", list({item["field"]: item for item in faults}.values()))
    return found


#: models of bodies and queries, so that the description of the API holds them
BODIES: dict[str, type[BaseModel]] = {}


def takes(model: type[BaseModel], **examples: Any) -> dict[str, Any]:
    """Return what `openapi_extra` says of an operation whose body is this model, with examples by name."""
    BODIES[model.__name__] = model
    content: dict[str, Any] = {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}
    if examples:
        content["examples"] = {name: {"value": value} for name, value in examples.items()}
    return {"requestBody": {"required": True, "content": {"application/json": content}}}


def asks(model: type[BaseModel]) -> dict[str, Any]:
    """Return what `openapi_extra` says of an operation whose query is this model."""
    schema = model.model_json_schema()
    required = set(schema.get("required", ()))
    return {
        "parameters": [
            {
                "in": "query",
                "name": name,
                "required": name in required,
                "description": details.pop("description", ""),
                "schema": details,
            }
            for name, details in schema["properties"].items()
        ]
    }
