"""
K6: whoever can write the database past every guard is found by `verify`, and what they touched is named.

Each tampering first takes the triggers and constraints out of its way, as a database administrator could.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from huajie.apps.ledger import queries as ledger_queries
from huajie.apps.ledger import triggers
from huajie.apps.matters.operations import Written
from huajie.apps.matters.verify import Report, verify
from huajie.core.ledger import (
    Record,
    canonical,
    commit_root,
    commitment,
    leaf_hash,
    opening,
    parse_leaf,
    stamp,
    unix_second,
    write_leaf,
)

pytestmark = pytest.mark.accept("K6")


class Intruder:
    """Writes past the application: no triggers, no checks, but without the server's key files."""

    def __init__(self, stream: UUID) -> None:
        self.id = stream if connection.features.has_native_uuid_field else stream.hex
        self.stream = stream
        self.postgres = connection.vendor == "postgresql"

    def sql(self, statement: str, *values: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)

    def disarm(self) -> None:
        """Take every trigger off the ledger."""
        with connection.cursor() as cursor:
            if self.postgres:
                for table in ("ledger_entry", "ledger_document"):
                    cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            else:
                cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'ledger_%%'")
                for (name,) in cursor.fetchall():
                    cursor.execute(f'DROP TRIGGER "{name}"')

    def rearm(self) -> None:
        """Put them back, so that nothing but the change itself can be seen."""
        triggers.install_triggers("default")

    def records(self) -> list[Record]:
        return ledger_queries.entries_of(self.stream)

    def rewrite(self, change: Callable[[int, dict[str, Any]], dict[str, Any]]) -> None:
        """
        Change bodies and recompute commitments, leaves, hashes and the chain, as far as the database's own content
        allows.
        """
        seeds = {n: kept.seed for n, kept in ledger_queries.openings_of(self.stream).items()}
        prev = None
        for record in self.records():
            body = change(record.n, json.loads(record.body))
            raw = canonical(body)
            seed = seeds[record.n]
            assert seed is not None
            leaf = parse_leaf(record.leaf)
            from base64 import b64decode

            parts = [commitment(opening(seed, "entry"), "entry", raw)]
            parts += [b64decode(text) for _, text in body["texts"]]
            from huajie.core.ledger import moment

            at = moment(body["at"])
            new = write_leaf(
                kind=leaf.kind,
                at=unix_second(at),
                case=leaf.case,
                n=record.n,
                prev=prev,
                due=leaf.due,
                clock=leaf.clock,
                commit=commit_root(parts),
            )
            prev = leaf_hash(new)
            self.sql(
                "UPDATE ledger_entry SET body = %s, leaf = %s, leaf_hash = %s, at = %s WHERE stream = %s AND n = %s",
                raw,
                new,
                prev,
                connection.ops.adapt_datetimefield_value(at),
                self.id,
                record.n,
            )
        self.sql("UPDATE matters_matter SET head = %s WHERE id = %s", prev, self.id)


def found(report: Report, matter: Written, check: str) -> bool:
    return any(one.where == matter.number and one.check.startswith(check) for one in report.differences)


@pytest.fixture
def intruder(complaint: Written) -> Intruder:
    assert verify().clean
    return Intruder(complaint.stream)


def test_a_row_edited(complaint: Written, intruder: Intruder) -> None:
    intruder.sql("UPDATE matters_matter SET topic = 't.noise' WHERE id = %s", intruder.id)
    assert found(verify(), complaint, "row topic")


def test_a_stage_changed_in_the_row_and_in_the_kept_state(complaint: Written, intruder: Intruder) -> None:
    intruder.sql(
        "UPDATE matters_matter SET stage = 'closed', open = %s,"
        ' state = replace(state, \'"stage":"stage_1"\', \'"stage":"closed"\') WHERE id = %s',
        False,
        intruder.id,
    )
    report = verify()
    assert found(report, complaint, "row stage") and found(report, complaint, "row state")


def test_an_owner_changed(complaint: Written, intruder: Intruder) -> None:
    intruder.sql("UPDATE matters_matter SET unit = 'u.housing', seat = 's.housing.one' WHERE id = %s", intruder.id)
    intruder.sql(
        "UPDATE matters_party SET unit = 'u.housing', seat = 's.housing.one' WHERE matter = %s AND relation = 'lead'",
        intruder.id,
    )
    report = verify()
    assert found(report, complaint, "row unit") and found(report, complaint, "party")
    assert {one.promise for one in report.differences} >= {2}


def test_a_due_date_moved(complaint: Written, intruder: Intruder) -> None:
    for table, where in (("matters_clock", "matter"), ("matters_party", "matter"), ("matters_matter", "id")):
        later = "due_at + interval '7 days'" if intruder.postgres else "datetime(due_at, '+7 days')"
        intruder.sql(f"UPDATE {table} SET due_at = {later} WHERE {where} = %s", intruder.id)
    report = verify()
    assert found(report, complaint, "clock reply") and found(report, complaint, "row due_at")


def test_a_second_owner(complaint: Written, intruder: Intruder) -> None:
    row = (
        "INSERT INTO matters_party (matter, unit, relation, seat, sensitivity, open, due_at)"
        " SELECT matter, 'u.housing', 'lead', 's.housing.one', sensitivity, open, due_at FROM matters_party"
        " WHERE matter = %s AND relation = 'lead'"
    )
    with pytest.raises(Exception, match=r"(?i)unique"):
        intruder.sql(row, intruder.id)
    intruder.sql("DROP INDEX matter_one_lead")
    try:
        intruder.sql(row, intruder.id)
        report = verify()
        assert found(report, complaint, "owner")
    finally:
        intruder.sql("DELETE FROM matters_party WHERE unit = 'u.housing' AND matter = %s", intruder.id)
        intruder.sql("CREATE UNIQUE INDEX matter_one_lead ON matters_party (matter) WHERE relation = 'lead'")


@pytest.mark.parametrize("n", [2, 3, 5])
def test_an_entry_deleted(complaint: Written, intruder: Intruder, n: int) -> None:
    intruder.disarm()
    intruder.sql("DELETE FROM ledger_entry WHERE stream = %s AND n = %s", intruder.id, n)
    intruder.rearm()
    report = verify()
    assert not report.clean and all(one.where == complaint.number for one in report.differences)


def test_an_entry_changed(complaint: Written, intruder: Intruder) -> None:
    intruder.disarm()
    body = json.loads(intruder.records()[2].body)
    body["input"]["category"] = "housing"
    intruder.sql("UPDATE ledger_entry SET body = %s WHERE stream = %s AND n = 3", canonical(body), intruder.id)
    intruder.rearm()
    report = verify()
    assert found(report, complaint, "commit") and found(report, complaint, "decision")


def test_entries_reordered(complaint: Written, intruder: Intruder) -> None:
    intruder.disarm()
    for before, after in ((3, 100), (4, 3), (100, 4)):
        intruder.sql("UPDATE ledger_entry SET n = %s WHERE stream = %s AND n = %s", after, intruder.id, before)
    intruder.rearm()
    report = verify()
    assert found(report, complaint, "chain") and found(report, complaint, "body")


def test_back_dated_with_every_hash_recomputed(complaint: Written, intruder: Intruder) -> None:
    """
    The chain fits, the commitments fit, the row's head fits: only the marks, whose key is not in the database, don't.
    """
    from huajie.core.ledger import moment

    def earlier(n: int, body: dict[str, Any]) -> dict[str, Any]:
        if n >= 3:
            body["at"] = stamp(moment(body["at"]) - timedelta(hours=20))
        return body

    intruder.disarm()
    intruder.rewrite(earlier)
    intruder.rearm()
    report = verify()
    assert found(report, complaint, "mac") and found(report, complaint, "row head")
    assert not found(report, complaint, "chain") and not found(report, complaint, "hash")


def test_the_last_act_cut_off_and_the_row_put_back(complaint: Written, intruder: Intruder) -> None:
    intruder.disarm()
    intruder.sql("DELETE FROM ledger_entry WHERE stream = %s AND n >= 3", intruder.id)
    intruder.rearm()
    report = verify()
    assert found(report, complaint, "row head") and found(report, complaint, "row n")


def test_a_text_exchanged_and_a_text_gone(complaint: Written, intruder: Intruder) -> None:
    intruder.sql("UPDATE matters_text SET body = '没有这回事' WHERE matter = %s AND name = 'text'", intruder.id)
    assert found(verify(), complaint, "text text")
    intruder.sql("DELETE FROM matters_text WHERE matter = %s AND name = 'text'", intruder.id)
    assert found(verify(), complaint, "text text")


def test_the_kept_pack_exchanged(complaint: Written, intruder: Intruder) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT hash, content FROM ledger_document WHERE kind = 'pack'")
        name, content = cursor.fetchone()
    document = json.loads(bytes(content))
    document["clocks"]["reply"]["length"] = 30
    intruder.disarm()
    intruder.sql("UPDATE ledger_document SET content = %s WHERE hash = %s", canonical(document), name)
    intruder.rearm()
    report = verify()
    assert {one.check for one in report.differences} >= {"document", "names"}
    assert not report.clean and complaint.number in {one.where for one in report.differences}


def test_the_pack_file_exchanged(complaint: Written, intruder: Intruder, tmp_path: Any, settings: Any) -> None:
    """The file says another period under the same version: verify says which file."""
    import shutil

    from huajie.apps.procedure import registry

    shutil.copytree(registry.packs_folder(), tmp_path / "packs")
    path = tmp_path / "packs" / "en.complaint" / "pack.yaml"
    text = path.read_text(encoding="utf-8")
    assert "max: 10, value: 10" in text or "value: 10, " in text
    path.write_text(text.replace("value: 10, ", "value: 9, ", 1), encoding="utf-8")
    settings.HUAJIE_PACKS = str(tmp_path / "packs")
    registry.forget()
    try:
        report = verify()
    finally:
        settings.HUAJIE_PACKS = None
        registry.forget()
    assert [(one.check, one.where) for one in report.differences] == [("pack file", "pack en.complaint 1.2.0")]


def test_a_trigger_missing(complaint: Written, intruder: Intruder) -> None:
    intruder.disarm()
    try:
        assert "trigger" in {one.check for one in verify().differences}
    finally:
        intruder.rearm()


def test_a_unit_renamed_behind_the_ledger(complaint: Written, intruder: Intruder) -> None:
    intruder.sql("UPDATE jurisdiction_unit SET can_decide = %s WHERE id = 'u.liutan.east'", True)
    report = verify()
    assert [(one.where, one.check) for one in report.differences] == [("jurisdiction", "row")]


def test_the_command_names_the_first_differences_and_fails(
    complaint: Written, intruder: Intruder, capsys: pytest.CaptureFixture[str]
) -> None:
    from huajie.edges.cli.main import main

    assert main(["verify", "--language", "en"]) == 0
    assert "Never unowned" in capsys.readouterr().out
    intruder.sql("UPDATE matters_matter SET region = 'r.liutan' WHERE id = %s", intruder.id)
    assert main(["verify", "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["clean"] is False and answer["differences"][0]["where"] == complaint.number
    assert all(line["not_shown"] for line in answer["checked"]) and len(answer["checked"]) == 10
