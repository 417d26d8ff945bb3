"""Reading back what was written."""

import os
from uuid import UUID

import pytest
from django.conf import settings

from huajie.apps.ledger import operations as ledger
from huajie.apps.ledger import queries
from huajie.core.ledger import Record, canonical, check_chain, entry_mac

pytestmark = pytest.mark.django_db


def store(*streams):
    changes = ledger.Changes()
    for entries in streams:
        ledger.add_entries(changes, entries, random=os.urandom)
    ledger.commit_changes(changes)


def record(entry):
    mac = entry_mac(settings.HUAJIE_KEYS["record"], entry.leaf_hash, entry.stream, entry.n)
    return Record(entry.stream, entry.n, entry.kind, entry.at, entry.body, entry.leaf, entry.leaf_hash, mac)


def test_entries_come_back_byte_for_byte(sealed):
    entries, other = sealed(3), sealed(2)
    store(entries, other)
    assert queries.entries_of(entries[0].stream) == [record(entry) for entry in entries]
    assert queries.entries_since(entries[0].stream, 2) == [record(entries[2])]
    assert queries.entries_of(UUID(int=5)) == []
    assert [body["n"] for body in queries.bodies_since(entries[0].stream, 1)] == [2, 3]


def test_a_stored_stream_checks_clean_with_the_servers_key_and_not_with_another(sealed):
    entries = sealed(3)
    store(entries)
    kept = queries.openings_of(entries[0].stream)
    rows = queries.entries_of(entries[0].stream)
    assert check_chain(rows, key=settings.HUAJIE_KEYS["record"], seed_of=lambda n: kept[n].seed) == []
    assert [one.check for one in check_chain(rows, key=settings.HUAJIE_KEYS["number"])] == ["mac"] * 3


@pytest.mark.parametrize("batch", [1, 2, 3, 7, 1000])
def test_all_entries_come_in_order_whatever_the_batch(sealed, batch):
    streams = [sealed(count) for count in (1, 3, 2)]
    store(*streams)
    expected = sorted(record(entry) for entries in streams for entry in entries)
    assert list(queries.iterate_entries(batch=batch)) == expected
    after = (expected[2].stream, expected[2].n)
    assert list(queries.iterate_entries(batch=batch, after=after)) == expected[3:]
    assert [(kept.stream, kept.n) for kept in queries.iterate_openings(batch=batch)] == [row[:2] for row in expected]
    assert queries.count_entries() == 6


def test_a_document_is_kept_once_under_its_hash(sealed):
    at = sealed(1)[0].at
    for document in ({"b": 1, "a": "化解"}, {"a": "化解", "b": 1}):
        changes = ledger.Changes()
        name = ledger.add_document(changes, "calendar", document, at=at)
        ledger.commit_changes(changes)
    content = canonical({"a": "化解", "b": 1})
    assert list(queries.documents()) == [(name, "calendar", content)]
    assert queries.document(name) == content
    assert queries.document("0" * 64) is None
    # SHA-256 of {"a":"化解","b":1}, by sha256sum.
    assert name == ledger.document_hash(content)


def test_a_request_is_found_by_its_key(sealed):
    entry = sealed(1)[0]
    changes = ledger.Changes()
    changes.insert(ledger.IDEMPOTENCY, [("intake", "k", "h", entry.stream, 1, entry.at)])
    ledger.commit_changes(changes)
    assert queries.idempotent("intake", "k") == ("h", entry.stream, 1, entry.at)
    assert queries.idempotent("act", "k") is None


def test_after_an_erasure_one_field_can_never_be_opened_and_the_rest_still_can(sealed):
    entries = sealed(1)
    stream, seed = entries[0].stream, entries[0].seed
    store(entries)
    changes = ledger.Changes()
    ledger.erase_openings(changes, stream, 1, seed=seed, keep=())
    ledger.commit_changes(changes)
    kept = queries.openings_of(stream)[1]
    assert kept.seed is None
    assert set(kept.openings) == {"entry"}
    rows = queries.entries_of(stream)
    assert check_chain(rows, seed_of=lambda n: None, openings_of=lambda n: kept.openings) == []
    changed = [rows[0]._replace(body=rows[0].body.replace(b'"x":1', b'"x":2'))]
    assert [f.check for f in check_chain(changed, openings_of=lambda n: kept.openings)] == ["commit"]
    again = ledger.Changes()
    ledger.erase_openings(again, stream, 1, seed=seed, keep=())
    with pytest.raises(ledger.GuardFailed):
        ledger.commit_changes(again)


def test_keys_of_another_server_are_noticed(sealed, settings):
    assert queries.record_key_fits()
    store(sealed(2))
    assert queries.record_key_fits()
    settings.HUAJIE_KEYS = {**settings.HUAJIE_KEYS, "record": b"x" * 32}
    assert not queries.record_key_fits()
