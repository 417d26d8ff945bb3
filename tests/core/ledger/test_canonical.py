"""Canonical bytes: RFC 8785 on our subset, the same on every machine and for ever."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huajie.core.ledger import MAX_INT, NotCanonical, canonical, respell

GOLDEN = Path(__file__).parent / "golden"

_SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def oracle(value):
    """RFC 8785 sections 3.2.2 and 3.2.3, letter by letter, sharing nothing with the code under test."""
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return '"' + "".join(_SHORT.get(c) or (f"\\u{ord(c):04x}" if ord(c) < 32 else c) for c in value) + '"'
    if isinstance(value, list):
        return "[" + ",".join(oracle(item) for item in value) + "]"
    ordered = sorted(value.items(), key=lambda item: item[0].encode("utf-16-be"))
    return "{" + ",".join(f"{oracle(key)}:{oracle(item)}" for key, item in ordered) + "}"


texts = st.text(st.characters(exclude_categories=["Cs"]))
keys = st.text(st.characters(max_codepoint=127))
leaves = st.none() | st.booleans() | st.integers(-MAX_INT, MAX_INT) | texts
values = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(keys, inner), max_leaves=40)


@given(values)
def test_bytes_are_those_of_rfc_8785(value):
    assert canonical(value) == oracle(value).encode()


@given(values)
def test_every_json_reader_gets_the_value_back(value):
    assert json.loads(canonical(value)) == value


@given(st.dictionaries(keys, leaves, min_size=2), st.randoms())
def test_the_order_of_keys_given_has_no_effect(value, random):
    pairs = list(value.items())
    random.shuffle(pairs)
    assert canonical(dict(pairs)) == canonical(value)


@pytest.mark.parametrize("name", sorted(path.stem for path in GOLDEN.glob("*.json")))
def test_golden_files_keep_their_bytes(name):
    value = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    assert canonical(value) == (GOLDEN / f"{name}.canonical").read_bytes()


def test_there_are_golden_files():
    assert len(list(GOLDEN.glob("*.json"))) >= 3


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1.0, r"^\$: float"),
        ({"a": [1, {"b": 0.5}]}, r"^\$\.a\[1\]\.b: float"),
        (float("nan"), "float"),
        ({"a": b"x"}, r"^\$\.a: bytes"),
        ({1: "x"}, r"^\$: key 1 is int, not text"),
        ({"a": {None: 1}}, r"^\$\.a: key None"),
        ({True: 1}, "key True is bool"),
        ({"键": 1}, "key '键' is not ASCII"),
        (["\ud800"], r"^\$\[0\]: text holds a lone surrogate"),
        ({"a": {"b": "x\udfff"}}, r"^\$\.a\.b: text holds a lone surrogate"),
        (MAX_INT + 1, r"beyond"),
        ({"n": [-MAX_INT - 1]}, r"^\$\.n\[0\]: -9007199254740992 is beyond"),
        ({1, 2}, "set"),
        (object(), "object"),
    ],
)
def test_what_has_no_canonical_bytes_is_refused_with_its_place(value, said):
    with pytest.raises(NotCanonical, match=said):
        canonical(value)


def test_a_value_that_holds_itself_is_refused():
    value = []
    value.append(value)
    with pytest.raises(NotCanonical, match="nested too deeply"):
        canonical(value)


def test_a_tuple_is_written_as_a_list():
    assert canonical({"a": (1, ("x", None))}) == b'{"a":[1,["x",null]]}'


def test_a_subclass_is_refused_because_it_may_print_itself_otherwise():
    class Odd(int):
        pass

    with pytest.raises(NotCanonical, match="Odd"):
        canonical([Odd(3)])


LEAVES = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text('aé井\n"\\', max_size=6)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc_", max_size=4), inner, max_size=4)
)


@given(VALUES)
def test_spelling_again_gives_the_same_bytes(value: object) -> None:
    assert respell(value) == canonical(value)
