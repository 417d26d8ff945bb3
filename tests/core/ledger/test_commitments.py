"""Commitments: the published vector, and what each part of the input changes."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huajie.core.ledger import TAG, commit_root, commitment, opening, sealed_case_ref

SEED = bytes(range(32))
binaries = st.binary(min_size=32, max_size=32)


def test_the_vector_of_the_public_log():
    # Computed elsewhere: opening 00..1f, field `category`, value `blocked drain`.
    found = commitment(SEED, "category", b"blocked drain", b"county-log.example/commit/v1")
    assert found.hex() == "1cbdf196f440695a5c36ac81e11956dd5017e8bb0c7786d055da379a72eab9b6"


def test_our_tag_is_the_default_and_changes_the_commitment():
    assert TAG == b"huajie/commit/v1"
    assert commitment(SEED, "text", b"x") == commitment(SEED, "text", b"x", TAG)
    assert commitment(SEED, "text", b"x") != commitment(SEED, "text", b"x", b"county-log.example/commit/v1")


@given(binaries, st.text(st.characters(exclude_categories=["Cs"])), st.binary())
def test_it_is_an_hmac_over_opening_length_name_and_value(key, name, value):
    field = name.encode()
    whole = key + bytes([len(field) >> 8, len(field) & 255]) + field + value
    assert commitment(key, name, value) == hmac.new(b"huajie/commit/v1", whole, hashlib.sha256).digest()


@given(binaries, st.text(st.characters(exclude_categories=["Cs"])))
def test_an_opening_is_an_hmac_under_the_seed(seed, name):
    assert opening(seed, name) == hmac.new(seed, b"opening\x00" + name.encode(), hashlib.sha256).digest()


def test_moving_a_letter_from_name_to_value_changes_it():
    assert commitment(SEED, "ab", b"c") != commitment(SEED, "a", b"bc")


def test_an_opening_shows_nothing_of_another_field():
    assert len({opening(SEED, name) for name in ("entry", "text", "title", "entry ")} | {SEED}) == 5


@given(st.lists(binaries, max_size=6), st.randoms())
def test_the_root_does_not_depend_on_the_order(parts, random):
    shuffled = list(parts)
    random.shuffle(shuffled)
    assert commit_root(parts) == commit_root(shuffled) == hashlib.sha256(b"".join(sorted(parts))).digest()


def test_wrong_sizes_are_refused():
    with pytest.raises(ValueError, match="32 bytes"):
        opening(b"short", "text")
    with pytest.raises(ValueError, match="32 bytes"):
        commitment(b"short", "text", b"")
    with pytest.raises(ValueError, match="65,535"):
        commitment(SEED, "x" * 65_536, b"")


def test_a_sealed_case_reference_is_not_the_opening_of_any_field():
    assert len(sealed_case_ref(SEED)) == 16
    assert sealed_case_ref(SEED) != sealed_case_ref(bytes(32))
    assert sealed_case_ref(SEED) == hmac.new(SEED, b"sealed case\x00", hashlib.sha256).digest()[:16]
