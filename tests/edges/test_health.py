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
