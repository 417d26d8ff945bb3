"""
The JSON API as one thing: its routers, its addresses and its description.

Every answer that is an error is application/problem+json, also where the library below would say something else: a
method that is not there, an address that is not there, a body that is too long.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, path, re_path
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from pydantic import BaseModel

from huajie.edges.api import files, intake, openings, reference, residents, staff, tokens
from huajie.edges.api.problems import MEDIA_TYPE, Problem, answer, fault, not_found, register, too_big
from huajie.edges.api.reading import BODIES
from huajie.edges.api.schemas import ProblemOut
from huajie.edges.guard import public

_REF = "#/components/schemas/{model}"
_DESCRIPTION = """\
Every matter has one owner, a clock, evidence and an honest ending. `docs/api.md` tells the story; errors are
application/problem+json (RFC 9457) and say in `errors` which member is wrong and what to do, in the language that
Accept-Language asks for (zh, en)."""

_LANGUAGE = {
    "in": "header",
    "name": "Accept-Language",
    "required": False,
    "description": "zh (default) or en",
    "schema": {"type": "string", "maxLength": 100, "examples": ["zh", "en"]},
}
_SEAT = {
    "in": "header",
    "name": "X-Huajie-Seat",
    "required": False,
    "description": "Code of another seat of yours to act from",
    "schema": {"type": "string", "maxLength": 64},
}


class Service(NinjaAPI):
    """The API with problems as they are and with the bodies that operations read themselves."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """Return the description: what the library knows, and what `describe` adds."""
        schema = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        describe(schema)
        return schema


def describe(schema: dict[str, Any]) -> None:
    """Add problems, bodies and common headers to the description."""
    known: dict[str, Any] = schema["components"]["schemas"]
    models: list[type[BaseModel]] = [*BODIES.values(), ProblemOut]
    for model in models:
        found = model.model_json_schema(ref_template=_REF)
        known.update(found.pop("$defs", {}))
        known[model.__name__] = found
    problem = {"content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="ProblemOut")}}}}
    for methods in schema["paths"].values():
        for operation in methods.values():
            given = operation["parameters"]
            names = {one["name"] for one in given}
            signs_in = [name for one in operation.get("security", ()) for name in one]
            given += [
                one for one in (_LANGUAGE, *([_SEAT] if "StaffToken" in signs_in else [])) if one["name"] not in names
            ]
            responses = operation["responses"]
            responses["4XX"] = {"description": "What is wrong and what to do", **problem}
            responses["503"] = {
                "description": "Nothing can be kept now; try again",
                "headers": {"Retry-After": {"schema": {"type": "integer"}}},
                **problem,
            }


api = Service(
    title="Huajie 化解",
    version="1.0.0",
    description=_DESCRIPTION,
    docs_url=None,
    urls_namespace="api",
    openapi_extra={"info": {"license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}}},
)
register(api)
_ROUTERS = (intake, residents, tokens, staff, openings, reference, files)
for _router in [module.router for module in _ROUTERS]:
    api.add_router("", _router)


def _problems_only(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Answer with a problem where the library would not: a method that is not there, a body that is too long."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            length = 0
        # a file is counted while it is written down (apps/attachments/incoming.py)
        if length > settings.HUAJIE_LIMITS.body_kib * 1024 and request.path != "/api/v1/uploads":
            return answer(request, too_big())
        response = view(request, *args, **kwargs)
        if response.status_code == 405 and response.get("Content-Type") != MEDIA_TYPE:
            allowed = response["Allow"]
            problem = Problem(
                405, "not-allowed", [fault("method", "not-allowed", allowed=allowed)], headers={"Allow": allowed}
            )
            return answer(request, problem)
        return response

    return answered


@public("says that there is nothing at this address")
def nowhere(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Answer 404."""
    return answer(request, not_found("path", "no-such-path"))


def addresses() -> tuple[list[URLPattern | URLResolver], str, str]:
    """Return the API's addresses for `path()`; whatever lies below and is none of them is a problem too."""
    patterns, app_name, namespace = api.urls
    for pattern in patterns:
        if pattern.name != "openapi-json" and pattern.name != "api-root":
            pattern.callback = _problems_only(pattern.callback)
    # the root of the library answers 404; ours answers where to begin, and keeps the name that the prefix is found by
    roots = [pattern for pattern in patterns if pattern.name == "api-root"]
    others = [pattern for pattern in patterns if pattern.name != "api-root"]
    return [*others, *roots, re_path(r"^(?P<rest>.*)$", nowhere)], app_name, namespace


urlpatterns: list[URLPattern | URLResolver] = [path("api/v1/", addresses())]
