"""
Every error of the JSON API in one place, as application/problem+json (RFC 9457), in the reader's language.

    {"type": "urn:huajie:problem:refused", "title": "...", "status": 422, "detail": "...",
     "errors": [{"field": "title", "code": "field-missing", "message": "...", "source": null}]}

`errors` names each field and says what to do; a problem that has more to tell (`since`, `n`) says it beside them.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import structlog
from django.core.exceptions import RequestDataTooBig
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from huajie.apps.accounts.operations import SignInRefused
from huajie.apps.jurisdiction.operations import NotAllowed
from huajie.apps.jurisdiction.operations import Refused as ChangeRefused
from huajie.apps.ledger.errors import Conflict, StorageFull
from huajie.apps.matters.errors import Changed, Denied, KeyReused, UnknownMatter, UnknownPack
from huajie.apps.matters.queries import BadCursor
from huajie.core.access import NotSeated
from huajie.core.jurisdiction import NoOwner
from huajie.core.procedure import Refused, Unmet
from huajie.edges.api import phrases
from huajie.edges.api.languages import language_of

log = structlog.get_logger("huajie.api")

MEDIA_TYPE = "application/problem+json"
#: Seconds after which a request is worth another try.
RETRY_FULL = 120
RETRY_DATABASE = 5


class Problem(Exception):
    """An answer that is an error; made into JSON by `answer`."""

    def __init__(
        self,
        status: int,
        name: str,
        errors: Iterable[Mapping[str, Any]] = (),
        *,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
        **values: Any,
    ) -> None:
        """
        Take what is wrong.

        Args:
            name: a key of `phrases.PROBLEMS`.
            errors: each with field, code and `message` as a pair of texts (zh, en); further members are kept.
            more: members beside `errors`.
            values: what the words of the problem need.
        """
        super().__init__(name)
        self.status = status
        self.name = name
        self.errors = [dict(error) for error in errors]
        self.headers = dict(headers or {})
        self.more = dict(more or {})
        self.values = values


def fault(field: str, code: str, **values: Any) -> dict[str, Any]:
    """Return one error of a field, its words from `phrases.ADVICE`."""
    zh, en = phrases.ADVICE[code]
    values["field"] = field
    return {"field": field, "code": code, "message": (zh.format_map(values), en.format_map(values))}


def answer(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Return the response for a problem."""
    language = language_of(request)
    place = 0 if language == "zh" else 1
    title, detail = phrases.PROBLEMS[problem.name]
    errors = []
    for error in problem.errors or [fault("request", problem.name)]:
        message = error["message"]
        errors.append({**error, "message": message if isinstance(message, str) else message[place]})
    body = {
        "type": f"urn:huajie:problem:{problem.name}",
        "title": title[place],
        "status": problem.status,
        "detail": detail[place].format_map(problem.values) if problem.values else detail[place],
        "errors": errors,
        **problem.more,
    }
    response = HttpResponse(
        json.dumps(body, ensure_ascii=False, default=str), status=problem.status, content_type=MEDIA_TYPE
    )
    response["Content-Language"] = "zh-Hans" if place == 0 else "en"
    response["Cache-Control"] = "no-store"
    for name, value in problem.headers.items():
        response[name] = value
    return response


# From exceptions of the inner rings ---------------------------------------------------------------------------------


def unmet_faults(
    unmet: Iterable[Unmet],
    *,
    field_of: Callable[[Unmet], str],
    source_of: Callable[[str | None], Any] = lambda name: name,
) -> list[dict[str, Any]]:
    """Return what the engine misses as errors: code, words in both languages, source, the values behind the words."""
    return [
        {
            "field": field_of(item),
            "code": item.code,
            "message": (item.title["zh"], item.title["en"]),
            "path": item.path,
            "source": source_of(item.source),
            "values": {key: value for key, value in item.values.items() if isinstance(value, str | int | list)},
        }
        for item in unmet
    ]


def _plain_field(item: Unmet) -> str:
    return item.path.removeprefix("input.").removeprefix("texts.") or "act"


def _of_refused(error: Refused) -> Problem:
    return Problem(422, "refused", unmet_faults(error.unmet, field_of=_plain_field))


def _of_change(error: ChangeRefused) -> Problem:
    faults = []
    for one in error.faults:
        zh, en = phrases.CHANGE_FAULTS.get(one.code, phrases.CHANGE_FAULTS["invalid"])
        faults.append(
            {
                "field": one.path,
                "code": one.code,
                "message": (f"{one.path}：{zh}", f"{one.path}: {en}"),
                "values": dict(one.values),
            }
        )
    return Problem(422, "refused", faults)


def _of_validation(error: ValidationError) -> Problem:
    return Problem(422, "invalid", [pydantic_fault(one) for one in error.errors])


def pydantic_fault(error: Mapping[str, Any]) -> dict[str, Any]:
    """Return one error of pydantic in our words; the value itself is not repeated."""
    place = [str(part) for part in error["loc"]]
    if place and place[0] in ("body", "query", "path", "header"):
        # `body` is followed by the name of the function's own argument
        place = place[2:] if place[0] == "body" and len(place) > 1 else place[1:]
    place = [part for part in place if not part.startswith(("function-", "dict[", "list[", "constrained-"))]
    kind = str(error["type"])
    known = kind in phrases.ADVICE
    context = error.get("ctx") or {}
    values = {
        key: str(value)
        for key, value in context.items()
        if key in ("max_length", "min_length", "ge", "gt", "le", "lt", "expected", "pattern")
    }
    try:
        return fault(".".join(place) or "body", kind if known else "value_error", **values)
    except KeyError:
        return fault(".".join(place) or "body", "value_error")


def _of_http(error: HttpError) -> Problem:
    cause = error.__cause__
    if isinstance(cause, Problem):
        return cause
    if error.status_code == 400:
        return Problem(400, "malformed", [fault("body", "malformed")])
    return Problem(error.status_code, "invalid", [fault("request", "invalid")])


def _of_sign_in(error: SignInRefused) -> Problem:
    fields = {"wrong": "password", "factor": "code", "factor-needed": "code"}
    field = fields.get(error.code, "username")
    headers, values = {}, {}
    if error.until is not None:
        values["until"] = error.until.strftime("%H:%M:%S UTC")
    status = 429 if error.code == "wait" else 401 if error.code in ("wrong", "factor") else 403
    if status == 429:
        headers["Retry-After"] = "60"
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Problem(status, f"sign-in-{error.code}", [fault(field, f"sign-in-{error.code}", **values)], headers=headers)


def unauthorized() -> Problem:
    """Return the problem of a request without a token or secret that works."""
    return Problem(
        401, "unauthorized", [fault("Authorization", "unauthorized")], headers={"WWW-Authenticate": "Bearer"}
    )


def not_found(field: str = "number", code: str = "not-found") -> Problem:
    """Return the one 404: for what is not there and for what this reader may not know of."""
    return Problem(404, "not-found", [fault(field, code)])


def throttled(seconds: int) -> Problem:
    """Return the problem of a caller who tries too often."""
    return Problem(
        429,
        "throttled",
        [fault("request", "throttled", seconds=seconds)],
        headers={"Retry-After": str(seconds)},
        seconds=seconds,
    )


def unavailable(name: str, seconds: int) -> Problem:
    """Return the problem of a server that can't keep anything now."""
    return Problem(503, name, [fault("request", name, seconds=seconds)], headers={"Retry-After": str(seconds)})


def _of_changed(error: Changed) -> Problem:
    # Callers who know the reader make a fuller one; without it only the number of entries is said.
    now = error.seen + len(error.since)
    return Problem(
        409, "changed", [fault("seen", "changed", seen=error.seen, n=now)], more={"seen": error.seen, "n": now}
    )


def problem_of(error: BaseException) -> Problem | None:
    """Return what an exception of the inner rings means for a caller, None for one that nobody expected."""
    for kind, make in _PROBLEMS:
        if isinstance(error, kind):
            return make(error)
    return None


_PROBLEMS: tuple[tuple[type[BaseException], Callable[[Any], Problem]], ...] = (
    (Problem, lambda error: error),
    (Refused, _of_refused),
    (ChangeRefused, _of_change),
    (Changed, _of_changed),
    (UnknownMatter, lambda error: not_found()),
    (UnknownPack, lambda error: Problem(422, "invalid", [fault("pack", "unknown-pack")])),
    (KeyReused, lambda error: Problem(409, "key-reused", [fault("Idempotency-Key", "key-reused")])),
    (Denied, lambda error: Problem(403, "denied", [fault("act", "denied")])),
    (NotAllowed, lambda error: Problem(403, "denied", [fault("X-Huajie-Seat", "denied")])),
    (NotSeated, lambda error: Problem(403, "not-seated", [fault("X-Huajie-Seat", "not-seated")])),
    (NoOwner, lambda error: Problem(422, "invalid", [fault("concerned", "no-owner")])),
    (SignInRefused, _of_sign_in),
    (BadCursor, lambda error: Problem(422, "invalid", [fault("after", "bad-cursor")])),
    (Conflict, lambda error: Problem(409, "conflict", [fault("request", "conflict")])),
    (StorageFull, lambda error: unavailable("storage-full", RETRY_FULL)),
    (AuthenticationError, lambda error: unauthorized()),
    (ValidationError, _of_validation),
    (HttpError, _of_http),
    (RequestDataTooBig, lambda error: too_big()),
    (Http404, lambda error: not_found("path", "no-such-path")),
    ((OperationalError, InterfaceError), lambda error: unavailable("database-away", RETRY_DATABASE)),  # type: ignore[arg-type]
)


def too_big() -> Problem:
    """Return the problem of a body that is longer than we read."""
    from django.conf import settings

    kib = settings.HUAJIE_LIMITS.body_kib
    return Problem(413, "too-big", [fault("body", "too-big", kib=kib)])


def register(api: NinjaAPI) -> None:
    """Let every exception that leaves an operation be answered here."""

    def handle(request: HttpRequest, error: Exception) -> HttpResponse:
        problem = problem_of(error)
        if problem is None or problem.status >= 500:
            log.error(
                "request failed",
                request=getattr(request, "request_id", None),
                method=request.method,
                route=request.resolver_match.route if request.resolver_match else None,
                exc_info=error,
            )
        if problem is None:
            kind = "database-failed" if isinstance(error, DatabaseError) else "failed"
            problem = Problem(500, kind, [fault("request", kind, request=getattr(request, "request_id", "-"))])
        return answer(request, problem)

    # the most specific class wins, and the library has handlers of its own for these
    for kind in (Exception, Http404, HttpError, ValidationError):
        api.add_exception_handler(kind, handle)
