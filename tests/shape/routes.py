"""Every address of the project, with the views and JSON operations behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from huajie.edges.guard import Guard, api_operations, guard_of, is_api_document


@dataclass(frozen=True, slots=True)
class Address:
    """One address, or one operation of the JSON API at it."""

    route: str
    #: What answers.
    view: Callable[..., Any]
    #: Names in the path and the query.
    parameters: tuple[str, ...]
    #: Its mark, or None.
    guard: Guard | None
    #: For an operation of the JSON API: whether somebody must sign in; otherwise None.
    signs_in: bool | None = None


def addresses(patterns: Iterable[Any] | None = None, prefix: str = "") -> list[Address]:
    """Return every address below the URL patterns, the project's own where none are given."""
    found: list[Address] = []
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found += addresses(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            found += _behind(route, pattern)
    return found


def _behind(route: str, pattern: URLPattern) -> list[Address]:
    named = tuple(pattern.pattern.converters)
    operations = api_operations(pattern.callback)
    if operations is None:
        return [Address(route, pattern.callback, named, guard_of(pattern.callback) or _description(pattern.callback))]
    return [
        Address(
            f"{'/'.join(sorted(operation.methods))} {route}",
            operation.view_func,
            named + _taken(operation),
            guard_of(operation.view_func),
            bool(operation.auth_callbacks),
        )
        for operation in operations
    ]


def _description(view: Callable[..., Any]) -> Guard | None:
    return Guard(None, "django-ninja's description of the API") if is_api_document(view) else None


def _taken(operation: Any) -> tuple[str, ...]:
    """Return the names that an operation takes in its path and query; a body may hold a contact, an address may not."""
    names: list[str] = []
    for model in operation.models:
        if getattr(model, "__ninja_param_source__", None) in ("path", "query", "header", "cookie"):
            names += list(model.__ninja_flatten_map__)
    return tuple(names)
