"""
The least that a view can do: what the real ones are measured against.

They run in the same processes, behind the same middleware, on the same connections as the real ones. Each does what its
name says in one statement and nothing else: no ledger, no rights, no clocks, no search.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from huajie.config.durability import durability_problems
from huajie.edges.guard import public


def make_tables(rows: int) -> None:
    """Make the floors' two tables: an empty one to write to, one with an index and `rows` rows to read from."""
    postgres = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_insert")
        cursor.execute("DROP TABLE IF EXISTS bench_row")
        cursor.execute("CREATE TABLE bench_insert (id text PRIMARY KEY, body text NOT NULL, at text NOT NULL)")
        cursor.execute("CREATE TABLE bench_row (unit text, due_at text, number text, title text)")
        numbers = "generate_series(0, %s)" if postgres else "counted"
        head = (
            ""
            if postgres
            else "WITH RECURSIVE counted(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM counted WHERE k < %s) "
        )
        cursor.execute(
            f"INSERT INTO bench_row {head}"  # noqa: S608
            "SELECT 'u.b' || (k %% 12), '2026-03-' || (10 + k %% 20), 'N' || k,"
            " '路口井盖破损，晚上很危险' || k"
            f" FROM {numbers}{' k' if postgres else ''}",
            [rows - 1],
        )
        cursor.execute("CREATE INDEX bench_row_due ON bench_row (unit, due_at, number)")


@public("a floor of the measurements")
@csrf_exempt
def insert(request: HttpRequest) -> HttpResponse:
    """Read JSON, insert one row, answer JSON: durable like everything else on this connection."""
    body: dict[str, Any] = json.loads(request.body)
    name = str(uuid4())
    values = [name, json.dumps(body, ensure_ascii=False), datetime.now(UTC).isoformat()]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO bench_insert (id, body, at) VALUES (%s, %s, %s)", values)
    else:
        # in turn, as every writer here: outside a transaction SQLite would be asked without waiting in the queue
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("INSERT INTO bench_insert (id, body, at) VALUES (%s, %s, %s)", values)
    return JsonResponse({"id": name}, status=201)


@public("a floor of the measurements")
def rows(request: HttpRequest) -> HttpResponse:
    """Render `n` rows of one indexed query in a template."""
    unit = request.GET["unit"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT number, title, due_at FROM bench_row WHERE unit = %s ORDER BY due_at, number LIMIT %s",
            [unit, int(request.GET["n"])],
        )
        found = cursor.fetchall()
    return render(request, "bench/rows.html", {"unit": unit, "rows": found})


@public("a floor of the measurements")
def durability(request: HttpRequest) -> HttpResponse:
    """Say what this very connection promises."""
    names = ("synchronous", "journal_mode") if connection.vendor == "sqlite" else ("synchronous_commit", "fsync")
    found = {}
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"PRAGMA {name}" if connection.vendor == "sqlite" else f"SHOW {name}")
            found[name] = str(cursor.fetchone()[0])
    return JsonResponse({"options": found, "problems": durability_problems()})
