"""Imports into a real database: what is taken, what is refused, what a kill leaves, and what never gets in."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.support import databases

pytestmark = pytest.mark.django_db(transaction=True)

DATA = Path(__file__).parents[2] / "data" / "311"
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """What this process remembers of the database of the test before is not there any more."""
    from huajie.apps.jurisdiction.queries import forget
    from huajie.apps.matters.operations import forget as forget_packs

    forget()
    forget_packs()


def load(path: Path, mapping: str, **options: Any) -> Any:
    """Import a file, at a fixed moment unless told otherwise."""
    from huajie.edges.intake.import311 import import_file
    from huajie.edges.intake.mapping import load_mapping

    return import_file(path, load_mapping(mapping), **({"clock": lambda: NOW} | options))


def everything_stored() -> str:
    """Everything in every table, as one text."""
    from django.db import connection

    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                found += [bytes(cell).decode("utf-8", "replace") if isinstance(cell, bytes | memoryview) else str(cell)
                          for cell in row]  # fmt: skip
    return "\n".join(found)


def clean_verify() -> Any:
    from huajie.apps.matters.verify import verify

    report = verify()
    assert report.clean, report.differences
    return report


def test_good_rows_become_matters_and_bad_ones_say_why() -> None:
    from huajie.apps.jurisdiction.queries import snapshot
    from huajie.apps.ledger.queries import entries_of
    from huajie.apps.matters.models import Matter

    report = load(DATA / "nyc311.csv", "nyc311")
    assert (report.read, report.taken, report.taken_before) == (15, 6, 0)
    assert [refusal["row"] for refusal in report.refused] == [7, 8, 9, 10, 11, 12, 13, 14, 15]
    reasons = {refusal["row"]: refusal["reason"] for refusal in report.refused}
    assert "stands in row 3 already" in reasons[10]
    assert "has 5 cells and the header 20" in reasons[15]
    assert (report.open, report.closed) == (3, 3)
    assert all(
        matter.imported and matter.pack == "open311" and matter.mode == "anonymous" for matter in Matter.objects.all()
    )
    by_unit = {matter.unit: matter for matter in Matter.objects.filter(open=True)}
    assert set(by_unit) == {"u.nyc.nypd", "u.nyc.dhs", "u.nyc.dot"}
    assert all(matter.seat == f"s{unit[1:]}.desk" for unit, matter in by_unit.items())
    # an open one waits from today, which is still the 22nd in New York: 15 days end with 7 December there
    assert {matter.due_at for matter in by_unit.values()} == {datetime(2026, 12, 8, 5, tzinfo=UTC)}
    closed = Matter.objects.filter(open=False)
    assert {matter.outcome for matter in closed} == {"not-known-imported"}
    first = Matter.objects.get(unit="u.nyc.hpd")
    entry = entries_of(first.id)[0]
    assert first.received_at == datetime(2026, 4, 12, 3, 28, 40, tzinfo=UTC)
    assert entry.at == NOW
    assert json.loads(entry.body)["occurred"].startswith("2026-04-12T03:28:40")
    jurisdiction = snapshot()
    assert (
        jurisdiction.regions["r.nyc.bronx" if "r.nyc.bronx" in jurisdiction.regions else "r.nyc"].calendar
        == "us.new_york"
    )
    assert all(jurisdiction.occupied(seat.id, NOW) for seat in jurisdiction.seats)
    verified = clean_verify()
    assert verified.imported == 6
    assert verified.matters == 6


@pytest.mark.accept("K12")
@pytest.mark.parametrize(
    ("mapping", "read", "taken", "still_open"),
    [("nyc311", 15, 6, 3), ("sf311", 10, 9, 3), ("vancouver311", 9, 9, 3), ("boston311", 10, 10, 0)],
)
def test_every_row_is_taken_or_refused_and_nothing_skipped_gets_in(
    mapping: str, read: int, taken: int, still_open: int
) -> None:
    path = DATA / f"{mapping}.csv"
    assert "CANARY" in path.read_text(encoding="utf-8")
    report = load(path, mapping)
    assert (report.read, report.taken, len(report.refused)) == (read, taken, read - taken)
    assert report.open == still_open
    stored = everything_stored()
    assert "CANARY" not in stored
    assert len(stored) > 1000
    clean_verify()


def test_the_words_of_a_closing_stay_words() -> None:
    from huajie.apps.matters.models import Matter, Text

    load(DATA / "vancouver311.csv", "vancouver311")
    assert Text.objects.filter(name="text", body="Service provided").count() == 2
    assert set(Matter.objects.filter(open=False).values_list("outcome", flat=True)) == {"not-known-imported"}


def test_a_second_run_takes_nothing_twice_and_refuses_what_changed(tmp_path: Path) -> None:
    from huajie.apps.jurisdiction.queries import snapshot
    from huajie.apps.ledger.queries import count_entries

    path = tmp_path / "nyc.csv"
    shutil.copy(DATA / "nyc311.csv", path)
    load(path, "nyc311")
    entries, version = count_entries(), snapshot().version
    again = load(path, "nyc311")
    assert (again.read, again.taken, again.taken_before) == (15, 6, 6)
    assert (count_entries(), snapshot().version) == (entries, version)
    path.write_text(path.read_text().replace("Loud Music/Party", "Banging/Pounding"))
    changed = load(path, "nyc311")
    assert (changed.read, changed.taken, len(changed.refused)) == (15, 5, 10)
    assert "taken before and said something else" in changed.refused[0]["reason"]
    assert count_entries() == entries


def many_rows(path: Path, count: int) -> None:
    """Write a file of many good rows and two bad ones."""
    lines = ["unique_key,created_date,closed_date,agency,complaint_type,descriptor,borough,latitude,longitude"]
    for number in range(count):
        hour, minute = divmod(number % 1440, 60)
        closed = f"2026-05-02T{hour:02d}:{minute:02d}:00" if number % 3 else ""
        lines.append(
            f"{10**6 + number},2026-05-01T{hour:02d}:{minute:02d}:00,{closed},NYPD,Noise - Residential,Banging,QUEENS,"
            "40.72,-73.85"
        )
    lines[count // 2] = lines[count // 2].replace("2026-05-01", "2026-05-32")
    lines.append("7,2026-05-02T00:00:00,2026-05-01T00:00:00,NYPD,Noise - Residential,Banging,QUEENS,,")
    path.write_text("\n".join(lines) + "\n")


@pytest.mark.accept("K12")
def test_a_run_killed_in_the_middle_is_finished_by_the_next(tmp_path: Path) -> None:
    from huajie.apps.matters.models import Matter

    path = tmp_path / "many.csv"
    many_rows(path, 3000)
    program = (
        "import django; django.setup()\n"
        "from datetime import UTC, datetime; from pathlib import Path\n"
        "from huajie.edges.intake.import311 import import_file\n"
        "from huajie.edges.intake.mapping import load_mapping\n"
        f"mapping, path = load_mapping('nyc311'), Path({str(path)!r})\n"
        "import_file(path, mapping, clock=lambda: datetime.now(UTC), flush_entries=150)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", program], env=databases.child_environment(), start_new_session=True)
    try:
        deadline = time.monotonic() + 60
        while Matter.objects.count() < 400:
            assert child.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    before = Matter.objects.count()
    assert 400 <= before < 2999
    clean_verify()
    report = load(path, "nyc311", clock=lambda: datetime.now(UTC))
    assert (report.read, report.taken, report.taken_before, len(report.refused)) == (3001, 2999, before, 2)
    assert Matter.objects.count() == 2999
    assert clean_verify().imported == 2999


def test_another_citys_file_takes_nothing(tmp_path: Path) -> None:
    from huajie.apps.ledger.queries import count_entries
    from huajie.edges.intake.mapping import BadFile

    with pytest.raises(BadFile, match="is it an export for --mapping boston311"):
        load(DATA / "sf311.csv", "boston311")
    cut = tmp_path / "cut.csv.gz"
    import gzip

    cut.write_bytes(gzip.compress((DATA / "sf311.csv").read_bytes())[:-200])
    with pytest.raises(BadFile, match="can't be read to its end"):
        load(cut, "sf311")
    latin = tmp_path / "latin.csv"
    latin.write_bytes((DATA / "sf311.csv").read_bytes() + "9,caf\xe9\n".encode("latin-1"))
    with pytest.raises(BadFile, match="is not UTF-8"):
        load(latin, "sf311")
    assert count_entries() == 0


def test_a_compressed_file_with_a_mark_at_its_start_reads_the_same(tmp_path: Path) -> None:
    import gzip

    path = tmp_path / "sf.csv.gz"
    path.write_bytes(gzip.compress(b"\xef\xbb\xbf" + (DATA / "sf311.csv").read_bytes()))
    assert load(path, "sf311").taken == 9


def test_a_report_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huajie.edges.intake.import311 import Report, write_report

    path = tmp_path / "deep" / "report.json"
    write_report(Report("sf311", "a.csv", read=1, taken=1), path)
    first = path.read_text()
    assert json.loads(first)["read"] == 1
    broken = Report("sf311", "b.csv", read=2, refused=[{"row": 2, "reason": object()}])
    with pytest.raises(TypeError):
        write_report(broken, path)
    assert path.read_text() == first


def test_the_command_says_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from huajie.edges.cli import import311

    report = tmp_path / "report.json"
    args = Namespace(what="311", file=DATA / "sf311.csv", mapping="sf311", report=report)
    assert import311.run(args) == 0
    said = capsys.readouterr()
    assert "10 read, 9 taken (0 of them by an earlier run), 1 refused" in said.out
    assert "row 11: closed_date" in said.out
    assert "10 rows" in said.err
    document = json.loads(report.read_text())
    assert document["read"] == document["taken"] + len(document["refused"]) == 10
    assert {
        "column": "incident_address",
        "reason": "an address names a home; the point is enough to find the place",
    } in (document["skipped_columns"])
    assert import311.run(Namespace(what="311", file=tmp_path / "none.csv", mapping="sf311", report=None)) == 2
    assert "none.csv" in capsys.readouterr().err
