"""Whoever watches over the server is told what is missing, and nothing else."""

from __future__ import annotations

import json

import pytest
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from huajie.edges.health import CHECKS, Check, report

pytestmark = [pytest.mark.django_db, pytest.mark.accept("K11")]

NEEDED = tuple(check for check in CHECKS if check.name in ("database", "durability", "migrations", "triggers"))


def test_alive_asks_nothing_of_the_database(client: Client, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"alive": True})
    assert "no-cache" in response["Cache-Control"]


def test_a_whole_instance_is_ready() -> None:
    assert report(NEEDED) == {"ready": True, "checks": {c.name: {"ok": True, "problems": []} for c in NEEDED}}


def test_ready_says_the_same_with_its_status(client: Client) -> None:
    response = client.get("/readyz")
    assert response.status_code == (200 if response.json()["ready"] else 503)
    assert set(response.json()["checks"]) == {check.name for check in CHECKS}


def test_a_missing_migration_is_named() -> None:
    MigrationRecorder(connection).record_unapplied("sessions", "0001_initial")
    found = report(NEEDED)
    assert not found["ready"]
    assert found["checks"]["migrations"] == {"ok": False, "problems": ["1 migrations are missing: run huajie migrate"]}


def test_a_missing_trigger_is_named() -> None:
    from huajie.apps.ledger.triggers import remove_triggers

    remove_triggers()
    found = report(NEEDED)
    assert not found["ready"]
    assert "ledger_entry" in json.dumps(found["checks"]["triggers"])


def test_a_database_that_is_away_ends_the_checks_without_quoting_it() -> None:
    def away() -> list[str]:
        raise DatabaseError("could not connect to 10.1.2.3 as huajie")

    found = report((Check("database", away), Check("never", lambda: ["asked"])))
    assert not found["ready"]
    assert list(found["checks"]) == ["database"]
    assert "10.1.2.3" not in json.dumps(found)


def test_a_check_that_fails_itself_is_told_and_not_raised() -> None:
    found = report((Check("odd", lambda: [str(1 / 0)]), Check("next", list)))
    assert found["checks"]["odd"]["problems"] == ["the check itself failed: ZeroDivisionError; the log says where"]
    assert found["checks"]["next"]["ok"]


def test_what_only_hurts_does_not_take_the_server_away() -> None:
    assert report((Check("tick", lambda: ["late"], decides=False),))["ready"]


def test_only_reading_is_answered(client: Client) -> None:
    assert client.post("/readyz").status_code == 405


# What only hurts ------------------------------------------------------------------------------------------------------


def problems_of(name: str) -> list[str]:
    return next(check for check in CHECKS if check.name == name).problems()


def test_a_key_that_others_can_read_since_the_start_is_named() -> None:
    from django.conf import settings

    path = settings.HUAJIE_DATA / "keys" / "vault.key"
    assert problems_of("keys") == []
    path.chmod(0o640)
    try:
        assert problems_of("keys") == ["keys/vault.key: others can read it (mode 0640); run chmod go= on it"]
    finally:
        path.chmod(0o600)


def test_a_full_disk_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from collections import namedtuple

    from huajie.edges import health

    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(health.shutil, "disk_usage", lambda path: usage(10**9, 10**9 - 3_000_000, 3_000_000))
    assert problems_of("disk") == ["HUAJIE_DATA: 3 MB left on its disk; make room"]


def test_a_clock_that_was_set_back_is_named() -> None:
    from datetime import UTC, datetime, timedelta
    from uuid import UUID

    from huajie.apps.ledger.models import Entry

    def entry(number: int, ahead: timedelta) -> None:
        Entry.objects.create(
            stream=UUID(int=number),
            n=1,
            kind="k",
            at=datetime.now(UTC) + ahead,
            body=b"",
            leaf=b"",
            leaf_hash=bytes(32),
            mac=bytes(32),
        )

    entry(2**127, timedelta(minutes=-1))
    assert problems_of("clock") == []
    entry(2**127 + 1, timedelta(hours=2))
    (said,) = problems_of("clock")
    assert "clock set back" in said


def test_a_followup_that_failed_is_counted() -> None:
    from datetime import UTC, datetime
    from uuid import UUID

    from huajie.apps.ledger.models import Followup

    assert problems_of("followups") == []
    Followup.objects.create(
        id=UUID(int=1), kind="k", stream=UUID(int=1), n=1, follower="f", run_after=datetime.now(UTC), state="failed"
    )
    assert problems_of("followups") == [
        "1 follow-ups failed and wait for a person: ledger_followup.last_error says why"
    ]


def test_a_backup_that_is_missing_or_old_is_named(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import UTC, datetime, timedelta

    from django.conf import settings

    monkeypatch.setattr(settings, "HUAJIE_BACKUPS", None)
    assert problems_of("backup") == [], "nobody asked"
    monkeypatch.setattr(settings, "HUAJIE_BACKUP_HOURS", 26)
    assert "no folder for back-ups is named" in problems_of("backup")[0]
    monkeypatch.setattr(settings, "HUAJIE_BACKUPS", tmp_path)
    assert problems_of("backup") == ["there is no back-up yet: run huajie backup"]

    def whole(age: timedelta) -> None:
        folder = tmp_path / f"backup-{datetime.now(UTC) - age:%Y%m%dT%H%M%SZ}"
        folder.mkdir()
        (folder / "manifest.json").write_text("{}")

    whole(timedelta(hours=50))
    assert "50 hours old, HUAJIE_BACKUP_HOURS allows 26" in problems_of("backup")[0]
    (tmp_path / f".partial-backup-{datetime.now(UTC):%Y%m%dT%H%M%SZ}").mkdir()
    assert problems_of("backup") != [], "one that was cut off is none"
    whole(timedelta(hours=1))
    assert problems_of("backup") == []
