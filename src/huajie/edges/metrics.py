"""
/metrics: how this server does, for Prometheus. Numbers and names of routes, nothing else.

A route is known by its name in the code (`public:report-form`), never by its address: addresses hold numbers.
Labels come from closed lists; whatever is not on one is `other`. All web processes of a server count into files of one
folder (`config/shared.py`), which are added up here.

Open to this machine, or to whoever shows HUAJIE_METRICS_TOKEN; to everybody else there is no such page.
"""

from __future__ import annotations

import contextlib
import hmac
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from huajie.apps.jurisdiction.operations import is_loopback
from huajie.config import shared
from huajie.edges.guard import public
from huajie.edges.throttle import client_address

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
#: A backlog is counted up to here: a scrape must cost the same however far behind the server is.
MOST = 10_000

#: Without a server's folder (a command, a test) the library's own registry counts in this process.
requests_total = Counter("huajie_requests", "Answered requests.", ["route", "method", "status"])
request_seconds = Histogram(
    "huajie_request_seconds",
    "Time to the answer.",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0),
)
refused_total = Counter("huajie_throttled", "Requests that were asked to wait.", ["route"])


def route_of(request: HttpRequest) -> str:
    """Return the name that the code gives to where a request went; `none` where it went nowhere."""
    match = request.resolver_match
    return (match.view_name or "unnamed") if match is not None else "none"


def count(request: HttpRequest, status: int, seconds: float) -> None:
    """Count one answered request; where there is no room to count it is not counted, and answered all the same."""
    route = route_of(request)
    method = request.method if request.method in METHODS else "other"
    # A process's first count of a kind may lengthen its file: OSError, and IndexError from then on.
    with contextlib.suppress(OSError, IndexError):
        requests_total.labels(route, method, str(status) if 100 <= status <= 599 else "other").inc()
        request_seconds.labels(route).observe(seconds)
        if status == 429:
            refused_total.labels(route).inc()


class Backlog:
    """What is measured when somebody asks: read from the database and the disk, each with a bound."""

    def collect(self) -> Iterable[Metric]:
        """Yield the gauges; those of a database that is away are left out, which an alarm can ask for."""
        up = GaugeMetricFamily("huajie_database_up", "1 when the database answers.")
        try:
            found = list(_from_database())
        except DatabaseError:
            up.add_metric([], 0)
        else:
            up.add_metric([], 1)
            yield from found
        yield up
        disk = GaugeMetricFamily("huajie_disk_free_bytes", "Room left on the disk of HUAJIE_DATA.")
        disk.add_metric([], shutil.disk_usage(settings.HUAJIE_DATA).free)
        yield disk
        from huajie.edges.keeping.watch import backup_age_seconds

        age = backup_age_seconds(datetime.now(UTC))
        if age is not None:
            backup = GaugeMetricFamily("huajie_backup_age_seconds", "Age of the newest whole back-up.")
            backup.add_metric([], age)
            yield backup


#: Name, help, and what is counted: tables of ours, at most MOST rows.
BACKLOGS: tuple[tuple[str, str, str], ...] = (
    ("huajie_timers_due", "Timers that are due and not done.", "SELECT 1 FROM matters_timer WHERE at <= %(now)s"),
    (
        "huajie_followups_due",
        "Follow-ups that are due and not done.",
        "SELECT 1 FROM ledger_followup WHERE state = 'waiting' AND run_after <= %(now)s",
    ),
    (
        "huajie_followups_failed",
        "Follow-ups that wait for a person.",
        "SELECT 1 FROM ledger_followup WHERE state = 'failed'",
    ),
    (
        "huajie_messages_due",
        "Mails and short messages that are due and not sent.",
        "SELECT 1 FROM outbox_message WHERE state = 'waiting' AND way IN ('email', 'sms') AND next_at <= %(now)s",
    ),
    (
        "huajie_messages_failed",
        "Messages that wait for a person.",
        "SELECT 1 FROM outbox_message WHERE state IN ('failed', 'given-up')",
    ),
    (
        "huajie_letters_waiting",
        "Letters to print.",
        "SELECT 1 FROM outbox_message WHERE state = 'waiting' AND way = 'letter'",
    ),
)


def _from_database() -> Iterable[Metric]:
    now = connection.ops.adapt_datetimefield_value(datetime.now(UTC))
    with connection.cursor() as cursor:
        for name, words, sql in BACKLOGS:
            cursor.execute(f"SELECT count(*) FROM ({sql} LIMIT {MOST}) AS found", {"now": now})  # noqa: S608
            gauge = GaugeMetricFamily(name, f"{words} Counted up to {MOST}.")
            gauge.add_metric([], cursor.fetchone()[0])
            yield gauge
    from huajie.edges.health import tick_lag_seconds

    lag = GaugeMetricFamily("huajie_timer_lag_seconds", "How long the oldest due timer has waited.")
    lag.add_metric([], tick_lag_seconds())
    yield lag


def text() -> bytes:
    """Return everything in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    if shared.folder() is not None:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        for metric in (requests_total, request_seconds, refused_total):
            registry.register(metric)
    registry.register(Backlog())
    return bytes(generate_latest(registry))


@public("numbers about this server, for this machine or whoever holds its token")
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with the numbers; 404 to whoever may not see them."""
    token = settings.HUAJIE_METRICS_TOKEN
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    shown = token is not None and hmac.compare_digest(given.encode(), token.encode())
    if not shown and not is_loopback(client_address(request)):
        raise Http404
    return HttpResponse(text(), content_type="text/plain; version=0.0.4; charset=utf-8")
