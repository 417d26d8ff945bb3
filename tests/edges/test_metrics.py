"""Numbers about the server for whoever watches over it, and nothing of anybody in them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from huajie.edges import metrics

#: A number, a secret, a name, words and an address that must not come out.
CANARIES = ("7Q4M2K9DXR", "AAAABBBBCCCCDDDD", "canaryname", "canarywords", "203.0.113.77", "canaryquery", "canarypath")


def read(text: str) -> dict[str, list[Any]]:
    """Return what Prometheus' own parser reads: name -> samples."""
    return {family.name: list(family.samples) for family in text_string_to_metric_families(text)}


@pytest.mark.django_db
def test_strangers_find_nothing_there(monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = Client(REMOTE_ADDR="203.0.113.9")
    assert stranger.get("/metrics").status_code == 404
    # a proxy on this machine does not make a stranger one of us
    assert Client(REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.9").get("/metrics").status_code == 404
    monkeypatch.setattr(settings, "HUAJIE_METRICS_TOKEN", "t" * 32)
    for wrong in ("", "Bearer ", "Bearer " + "u" * 32, "Bearer t"):
        assert stranger.get("/metrics", HTTP_AUTHORIZATION=wrong).status_code == 404
    assert stranger.get("/metrics", HTTP_AUTHORIZATION="Bearer " + "t" * 32).status_code == 200
    assert Client().get("/metrics").status_code == 200
    assert Client().post("/metrics").status_code == 405


@pytest.mark.django_db
def test_nothing_of_anybody_comes_out() -> None:
    client = Client(REMOTE_ADDR="203.0.113.77", headers={"user-agent": "canaryname"})
    client.get("/matters/7Q4M2K9DXR/?q=canaryquery")
    client.get("/canarypath/")
    client.generic("CANARYWORDS", "/follow/")
    client.post("/follow/", {"number": "7Q4M2K9DXR", "secret": "AAAABBBBCCCCDDDD"})
    client.get("/api/v1/public/matters/7Q4M2K9DXR", headers={"authorization": "Bearer AAAABBBBCCCCDDDD"})
    text = Client().get("/metrics").content.decode()
    for canary in CANARIES:
        assert canary.lower() not in text.lower()
    found = read(text)
    labels = {(s.labels["route"], s.labels["method"]) for s in found["huajie_requests"]}
    assert {("public:matter", "GET"), ("none", "GET"), ("public:follow", "POST"), ("public:follow", "other")} <= labels
    # every label is a word of the code
    for samples in found.values():
        for sample in samples:
            assert set(sample.labels) <= {"route", "method", "status", "le"}
            assert all(re.fullmatch(r"[A-Za-z0-9_:.+-]*", value) for value in sample.labels.values()), sample


@pytest.mark.django_db
def test_the_backlog_is_counted() -> None:
    from datetime import UTC, datetime, timedelta
    from uuid import UUID

    from huajie.apps.ledger.models import Followup
    from huajie.apps.matters.models import Timer

    now = datetime.now(UTC)
    before = {name: samples[0].value for name, samples in read(metrics.text().decode()).items() if samples}
    Timer.objects.create(matter=UUID(int=1), timer="c|due", act="x", at=now - timedelta(minutes=2))
    Timer.objects.create(matter=UUID(int=1), timer="c|later", act="x", at=now + timedelta(minutes=2))
    for number, state in enumerate(("waiting", "failed", "failed")):
        Followup.objects.create(
            id=UUID(int=number), kind="k", stream=UUID(int=1), n=1, follower="f", run_after=now, state=state
        )
    found = {name: samples[0].value for name, samples in read(metrics.text().decode()).items() if samples}
    assert found["huajie_timers_due"] == before["huajie_timers_due"] + 1
    assert found["huajie_followups_due"] == before["huajie_followups_due"] + 1
    assert found["huajie_followups_failed"] == before["huajie_followups_failed"] + 2
    assert found["huajie_timer_lag_seconds"] >= 120
    assert found["huajie_database_up"] == 1
    assert found["huajie_disk_free_bytes"] > 0


def test_a_scrape_costs_the_same_however_large_the_backlog(db: None, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(9):
        metrics.text()
    assert all(" LIMIT " not in sql for _, _, sql in metrics.BACKLOGS), "the bound is put on in one place"


COUNTING = """
import os, resource, signal
from huajie.config import shared
os.environ["HUAJIE_SUPERVISED"] = "1"
made = shared.make()
import django
django.setup()
from django.test import Client
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (8192, hard))
answers = [Client(SERVER_NAME="127.0.0.1").get("/healthz").status_code for _ in range(3)]
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
answers.append(Client(SERVER_NAME="127.0.0.1").get("/healthz").status_code)
from huajie.edges.metrics import requests_total
counted = requests_total.labels("healthz", "GET", "200")._value.get()
shared.remove(made)
print(answers, counted)
"""


def test_where_there_is_no_room_to_count_the_answer_comes_all_the_same(tmp_path: Path) -> None:
    environment = {**os.environ, "HUAJIE_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "huajie.config.settings"}
    done = subprocess.run([sys.executable, "-c", COUNTING], env=environment, capture_output=True, text=True)
    assert done.stdout == "[200, 200, 200, 200] 1.0\n", done.stderr


@pytest.mark.slow
def test_all_web_processes_count_together(database: str) -> None:
    from tests.support.instance import instance
    from tests.support.servers import Client as Served

    with instance(database, HUAJIE_WORKERS="2") as served:
        served.start()
        for _ in range(30):
            with closing(Served(served.port)) as client:
                assert client.send("GET", "/rights/").status == 200
        totals = []
        for _ in range(4):
            with closing(Served(served.port)) as client:
                found = read(client.send("GET", "/metrics").body)
            totals.append(
                sum(
                    sample.value
                    for sample in found["huajie_requests"]
                    if sample.name == "huajie_requests_total" and sample.labels["route"] == "public:rights"
                )
            )
        assert totals == [30.0] * 4, "whichever process answers, the count is the server's"
