"""A number for each request, and a line in the log for those that failed or took long: no values in it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from huajie.edges import metrics

log = structlog.get_logger("huajie.requests")

#: A request that took longer is logged even where requests are not.
SLOW_MS = 1000.0


class RequestLog:
    """Stands first, so that it sees the time and the answer of everything behind it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.every = bool(settings.HUAJIE_LOG_REQUESTS)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        request.request_id = secrets.token_hex(8)  # type: ignore[attr-defined]
        response = self.get_response(request)
        response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        seconds = time.perf_counter() - started
        ms = seconds * 1000
        metrics.count(request, response.status_code, seconds)
        if response.status_code >= 500 or ms > SLOW_MS or self.every:
            match = request.resolver_match
            write = log.error if response.status_code >= 500 else log.info
            write(
                "request",
                request=request.request_id,  # type: ignore[attr-defined]
                method=request.method,
                route=match.route if match else None,
                status=response.status_code,
                ms=round(ms, 1),
            )
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Write down where it failed; what answers is decided elsewhere."""
        match = request.resolver_match
        log.error(
            "request failed",
            request=getattr(request, "request_id", None),
            method=request.method,
            route=match.route if match else None,
            exc_info=exception,
        )
