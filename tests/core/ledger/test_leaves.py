"""Leaves: one spelling, seven or eight lines, nothing else."""

import hashlib
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huajie.core.ledger import CLOCK_CHANGES, BadLeaf, leaf_hash, parse_leaf, write_leaf

CASE = "ABCDEFGHIJKLMNOPQRSTU_"
ROOT = bytes(range(32))
PREV = bytes(range(32, 64))

FIRST = (
    b"county-log/v1\nkind registered\nat 1795443535\ncase ABCDEFGHIJKLMNOPQRSTU_ 1\nprev -\ndue -\n"
    b"commit AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
)
CLOCK = (
    b"county-log/v1\nkind deadline-set\nat 1795443535\ncase ABCDEFGHIJKLMNOPQRSTU_ 2\n"
    b"prev ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=\ndue 1800633600\nclock c2 started\n"
    b"commit AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
)


def test_a_first_leaf_has_these_bytes():
    made = write_leaf(kind="registered", at=1795443535, case=CASE, n=1, prev=None, due=None, clock=None, commit=ROOT)
    assert made == FIRST


def test_a_clock_change_has_its_line_between_due_and_commit():
    made = write_leaf(
        kind="deadline-set",
        at=1795443535,
        case=CASE,
        n=2,
        prev=PREV,
        due=1800633600,
        clock="c2 started",
        commit=ROOT,
    )
    assert made == CLOCK


def test_the_hash_is_that_of_rfc_6962():
    # RFC 6962's own example of an empty leaf, and the definition.
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert leaf_hash(FIRST) == hashlib.sha256(b"\x00" + FIRST).digest()


@given(
    kind=st.from_regex(r"[a-z][a-z0-9._-]{0,47}", fullmatch=True),
    at=st.integers(-(10**11), 10**11),
    case=st.from_regex(r"[A-Za-z0-9_-]{22}", fullmatch=True),
    n=st.integers(1, 10**8),
    prev=st.none() | st.binary(min_size=32, max_size=32),
    due=st.none() | st.integers(-(10**11), 10**11),
    clock=st.none() | st.builds("c{} {}".format, st.integers(1, 999), st.sampled_from(CLOCK_CHANGES)),
    commit=st.binary(min_size=32, max_size=32),
)
def test_what_is_written_is_read_back(**fields):
    leaf = parse_leaf(write_leaf(**fields))
    assert {name: getattr(leaf, name) for name in fields} == fields


def _changed(old: bytes, new: bytes, leaf: bytes = CLOCK) -> bytes:
    assert leaf.count(old) >= 1
    return leaf.replace(old, new, 1)


@pytest.mark.parametrize(
    "leaf",
    [
        b"",
        CLOCK[:-1],
        CLOCK + b"\n",
        CLOCK + b"note x\n",
        b"\n" + CLOCK,
        _changed(b"county-log/v1", b"county-log/v2"),
        _changed(b"\n", b"\r\n"),
        _changed(b"kind deadline-set\n", b""),
        _changed(b"deadline-set", b"Deadline"),
        _changed(b"deadline-set", b"dead line"),
        _changed(b"deadline-set", "期限".encode()),
        _changed(b"at 1795443535", b"at 01795443535"),
        _changed(b"at 1795443535", b"at +1795443535"),
        _changed(b"at 1795443535", b"at 1795443535.5"),
        _changed(b"at 1795443535", b"at -0"),
        _changed(b"U_ 2", b"U_ 0"),
        _changed(b"U_ 2", b"U_ 02"),
        _changed(b"U_ 2", b"U= 2"),
        _changed(b"due 1800633600", b"due"),
        _changed(b"due 1800633600", b"due 00"),
        _changed(b"clock c2 started", b"clock c0 started"),
        _changed(b"clock c2 started", b"clock c2 paused"),
        _changed(b"clock c2 started\n", b"clock c2 started\nclock c3 started\n"),
        _changed(b"due 1800633600\nclock c2 started\n", b"clock c2 started\ndue 1800633600\n"),
        _changed(b"Hh8=", b"Hh8"),
        # The same 32 bytes with other trailing bits: a second spelling of one leaf.
        _changed(b"Hh8=", b"Hh9="),
        _changed(b"Pj8=", b"Pj9="),
    ],
)
def test_any_other_spelling_is_refused(leaf):
    with pytest.raises(BadLeaf):
        parse_leaf(leaf)


@pytest.mark.parametrize("kind", ["", "Registered", "1st", "a b", "a\nb", "x" * 49])
def test_a_kind_that_does_not_fit_is_not_written(kind):
    with pytest.raises(BadLeaf, match="kind"):
        write_leaf(kind=kind, at=0, case=CASE, n=1, prev=None, due=None, clock=None, commit=ROOT)


@pytest.mark.parametrize("clock", ["", "c2", "c2 paused", "2 started", "c2 started\ndue -"])
def test_a_clock_that_does_not_fit_is_not_written(clock):
    with pytest.raises(BadLeaf, match="clock"):
        write_leaf(kind="evidence", at=0, case=CASE, n=1, prev=None, due=None, clock=clock, commit=ROOT)


def test_the_bytes_are_those_of_its_base64():
    assert b64encode(PREV) in CLOCK
    assert parse_leaf(CLOCK).prev == PREV
