"""
Two addresses for whoever watches over the server.

/healthz   this process answers; asks nothing else, so that a database that is away restarts nobody
/readyz    this process can take in a matter and keep it: 200, or 503 naming what is missing

Neither says anything about matters but how far behind the clock the oldest due timer is.
"""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import structlog
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from huajie.apps.ledger.queries import trigger_report
from huajie.apps.matters.loading import aware
from huajie.apps.matters.models import Timer
from huajie.apps.procedure import registry
from huajie.apps.procedure.calendars import load_calendars
from huajie.config.durability import durability_problems
from huajie.core.procedure.errors import BadPack
from huajie.edges.guard import public
from huajie.edges.keeping.watch import backup_problems

log = structlog.get_logger("huajie.health")

#: A timer that is due this long and not done means that no worker runs. Seconds.
LATE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold."""

    name: str
    #: Returns what is wrong, each with what to do; empty where all is well.
    problems: Callable[[], list[str]]
    #: Whether this process must not be given requests while it fails.
    decides: bool = True


@cache
def _steps_of_the_code() -> frozenset[tuple[str, str]]:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return frozenset(loader.disk_migrations)


def _database() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return []


def _migrated() -> list[str]:
    missing = _steps_of_the_code() - frozenset(MigrationRecorder(connection).applied_migrations())
    return [f"{len(missing)} migrations are missing: run huajie migrate"] if missing else []


def _triggers() -> list[str]:
    return [f"ledger: {problem}: run huajie migrate" for problem in trigger_report()]


def _packs() -> list[str]:
    try:
        found = registry.packs()
    except (BadPack, registry.PackMissing) as error:
        return [f"{str(error).splitlines()[0]}: run huajie packs check"]
    return [] if found else ["no pack is loaded: HUAJIE_PACKS names an empty folder"]


def _calendar() -> list[str]:
    year = datetime.now(UTC).year
    missing = [name for name, calendar in load_calendars().items() if not calendar.is_published(year)]
    return [f"{name}: {year} is not published there, due dates are provisional" for name in missing]


def tick_lag_seconds() -> int:
    """Return for how long the oldest due timer has waited; 0 where none is due."""
    now = datetime.now(UTC)
    oldest = Timer.objects.filter(at__lte=now).order_by("at").values_list("at", flat=True).first()
    return max(0, int((now - oldest).total_seconds())) if oldest else 0


def _tick() -> list[str]:
    lag = tick_lag_seconds()
    return [f"the oldest due timer has waited {lag} s: is huajie worker running?"] if lag > LATE_SECONDS else []


#: Below this much room on the disk of HUAJIE_DATA it is said. Bytes.
LOW_DISK = 500_000_000
#: A newest entry so far ahead of this machine's clock means that the clock was set back. Seconds.
SKEW_SECONDS = 300


def _disk() -> list[str]:
    free = shutil.disk_usage(settings.HUAJIE_DATA).free
    return [f"HUAJIE_DATA: {free // 1_000_000} MB left on its disk; make room"] if free < LOW_DISK else []


def _keys() -> list[str]:
    """The start refuses keys that others can read; this is for what somebody did to them since."""
    folder = settings.HUAJIE_DATA / "keys"
    problems = []
    for path in (folder, *sorted(folder.glob("*.key"))):
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
        except OSError:
            problems.append(f"{path.name}: can't be looked at")
            continue
        if mode & 0o077:
            problems.append(f"keys/{path.name}: others can read it (mode {mode:04o}); run chmod go= on it")
    return problems


def _clock() -> list[str]:
    with connection.cursor() as cursor:
        # streams are named by the time they began, so the newest is found by the key alone
        cursor.execute("SELECT at FROM ledger_entry ORDER BY stream DESC, n DESC LIMIT 1")
        row = cursor.fetchone()
    if row is None:
        return []
    ahead = (aware(row[0]) - datetime.now(UTC)).total_seconds()
    if ahead <= SKEW_SECONDS:
        return []
    return [f"the newest entry was recorded {ahead:.0f} s from now: was this machine's clock set back? see NTP"]


def _followups() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT 1 FROM ledger_followup WHERE state = 'failed' LIMIT 1000) AS found"
        )
        count = int(cursor.fetchone()[0])
    return [f"{count} follow-ups failed and wait for a person: ledger_followup.last_error says why"] if count else []


def _backup() -> list[str]:
    return backup_problems(datetime.now(UTC))


CHECKS: tuple[Check, ...] = (
    Check("database", _database),
    Check("durability", durability_problems),
    Check("migrations", _migrated),
    Check("triggers", _triggers),
    Check("packs", _packs),
    # These hurt, but a server taken away for them would hurt more: they are told, and do not decide.
    Check("calendar", _calendar, decides=False),
    Check("tick", _tick, decides=False),
    Check("disk", _disk, decides=False),
    Check("keys", _keys, decides=False),
    Check("clock", _clock, decides=False),
    Check("followups", _followups, decides=False),
    Check("backup", _backup, decides=False),
)


def report(checks: tuple[Check, ...] = CHECKS) -> dict[str, Any]:
    """
    Run every check.

    Returns:
        {"ready": bool, "checks": {name: {"ok": bool, "problems": [text, ...]}}}; once the database is away, the checks
        behind it are not tried.
    """
    found: dict[str, dict[str, Any]] = {}
    ready = True
    for check in checks:
        try:
            problems = check.problems()
        except DatabaseError as error:
            # The kind, never the message: it quotes addresses and values, and this page is open to anybody.
            problems = [f"the database refused: {type(error).__name__}; see HUAJIE_DATABASE_URL or HUAJIE_DATA"]
        except Exception as error:
            log.error("check failed", check=check.name, exc_info=error)
            problems = [f"the check itself failed: {type(error).__name__}; the log says where"]
        found[check.name] = {"ok": not problems, "problems": problems}
        ready = ready and not (problems and check.decides)
        if problems and check.name == "database":
            break
    return {"ready": ready, "checks": found}


@public("says only that this process answers")
@never_cache
@require_safe
def alive(request: HttpRequest) -> JsonResponse:
    """Answer 200."""
    return JsonResponse({"alive": True})


@public("says whether matters can be taken in, nothing about any matter")
@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 or 503 with what each check found."""
    found = report()
    return JsonResponse(found, status=200 if found["ready"] else 503)
