"""Numbers that can be read over the phone."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huajie.apps.matters.numbers import (
    ALPHABET,
    BadNumber,
    number_of,
    parse_number,
    secret_matches,
    secret_of,
    shown,
    shown_secret,
)

KEY = bytes(range(32))
STREAM = UUID("01890000-0000-7000-8000-000000000001")
streams = st.uuids()


def test_alphabet_has_no_symbols_that_sound_or_look_alike() -> None:
    assert len(ALPHABET) == 31 and not set("01ILO") & set(ALPHABET)


@given(streams)
def test_a_retry_gives_the_same_and_parses_back_however_it_is_typed(stream: UUID) -> None:
    number = number_of(KEY, stream)
    assert number == number_of(KEY, stream) and len(number) == 10
    assert parse_number(shown(number).lower().replace("-", " - ")) == number


@given(streams, st.integers(0, 9), st.sampled_from(ALPHABET))
def test_every_single_wrong_symbol_is_caught(stream: UUID, place: int, wrong: str) -> None:
    number = number_of(KEY, stream)
    typed = number[:place] + wrong + number[place + 1 :]
    if typed == number:
        assert parse_number(typed) == number
    else:
        with pytest.raises(BadNumber):
            parse_number(typed)


@given(streams, st.integers(0, 7))
def test_every_swap_of_two_neighbours_is_caught(stream: UUID, place: int) -> None:
    number = number_of(KEY, stream)
    typed = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    if typed != number:
        with pytest.raises(BadNumber):
            parse_number(typed)


def test_numbers_tell_nothing_about_order_or_count() -> None:
    """Neighbouring streams give numbers without a common beginning, and another key gives others altogether."""
    numbers = [number_of(KEY, UUID(int=STREAM.int + step)) for step in range(2000)]
    assert len(set(numbers)) == 2000
    assert len({number[:2] for number in numbers}) > 700
    assert number_of(bytes(32), STREAM) != number_of(KEY, STREAM)


def test_the_secret_is_not_the_number_and_fits_however_it_is_typed() -> None:
    secret = secret_of(KEY, STREAM)
    assert secret != number_of(KEY, STREAM) and len(secret) == 16
    assert secret_matches(KEY, STREAM, shown_secret(secret).lower())
    assert not secret_matches(KEY, STREAM, secret[:-1] + ("2" if secret[-1] != "2" else "3"))
    assert not secret_matches(KEY, UUID(int=STREAM.int + 1), secret)
    assert not secret_matches(KEY, STREAM, "密码")


@pytest.mark.parametrize("typed", ["", "7Q4M", "7Q4M-2K9D-XRX", "7Q4M-2K9O-XR", "；" * 10])
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(BadNumber):
        parse_number(typed)
