"""Samples of endings: drawn again by a stranger from the page, counted by hand, and every change found."""

import copy
import json
from collections import Counter
from datetime import UTC, date, datetime
from fractions import Fraction
from hashlib import sha256
from itertools import count, pairwise
from math import floor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huajie.core.ledger import canonical
from huajie.core.supervision import BadSample, Frame, allocate, differences, publish, redraw, seed_hash

GOLDEN = Path(__file__).parent / "golden" / "sample.json"
SEED = bytes(range(32))
FIXED_AT = datetime(2026, 6, 30, 8, tzinfo=UTC)
FROZEN_AT = datetime(2026, 10, 8, 1, 30, tzinfo=UTC)


def endings(stratum: str, many: int) -> frozenset[str]:
    return frozenset(f"{stratum.partition('/')[0]}-ending-{n:04d}" for n in range(many))


def frame_of(sizes: dict[str, int], size: int) -> Frame:
    strata = {name: endings(name, many) for name, many in sizes.items()}
    return Frame(date(2026, 7, 1), date(2026, 9, 30), strata, size)


FRAME = frame_of({"water/cn.hotline.order": 30, "roads/cn.hotline.order": 9, "labour/cn.petition.request": 1}, 8)


def published() -> dict[str, Any]:
    return publish(FRAME, SEED, fixed_at=FIXED_AT, frozen_at=FROZEN_AT)


def drawn_by_a_stranger(document: dict[str, Any]) -> list[Any]:
    """Draw from docs/formats/sample.md alone: no line of ours, fractions for the shares."""
    spelled = json.dumps(document["frame"], sort_keys=True, separators=(",", ":")).encode()
    digest = sha256(b"huajie-sample-frame/v1\n" + spelled).digest()
    strata = {name: references for name, references in document["frame"]["strata"] if references}
    n = document["frame"]["size"]
    whole = sum(map(len, strata.values()))
    wanted: dict[str, int] = {}
    while True:
        shares = {name: Fraction(len(strata[name]) * n, whole) for name in strata if name not in wanted}
        small = [name for name, share in shares.items() if share < 1]
        if not small:
            break
        for name in small:
            wanted[name] = 1
            whole -= len(strata[name])
        n -= len(small)
    wanted.update({name: floor(share) for name, share in shares.items()})
    by_remainder = sorted(shares, key=lambda name: (floor(shares[name]) - shares[name], name))
    for name in by_remainder[: n - sum(map(floor, shares.values()))]:
        wanted[name] += 1
    head = b"huajie-sample-order/v1\n" + bytes.fromhex(document["seed"]) + digest
    return [
        [name, sorted(references, key=lambda one: sha256(head + one.encode()).digest())[: wanted.get(name, 0)]]
        for name, references in document["frame"]["strata"]
    ]


def test_the_golden_file_is_what_is_published_and_agrees() -> None:
    kept = GOLDEN.read_bytes()
    assert canonical(published()) + b"\n" == kept
    assert differences(json.loads(kept)) == ()


def test_a_stranger_draws_the_golden_sample_from_the_page() -> None:
    document = json.loads(GOLDEN.read_bytes())
    assert drawn_by_a_stranger(document) == document["sample"]
    assert sha256(b"huajie-sample-seed/v1\n" + SEED).hexdigest() == document["seed_hash"] == seed_hash(SEED)
    # 30, 9 and 1 of 40, 8 drawn: the one gets one, 7 x 30/39 = 5.38 and 7 x 9/39 = 1.62.
    assert {name: len(references) for name, references in document["sample"]} == {
        "water/cn.hotline.order": 5,
        "roads/cn.hotline.order": 2,
        "labour/cn.petition.request": 1,
    }


FRAMES = st.dictionaries(st.from_regex(r"[a-z]{6}", fullmatch=True), st.integers(0, 40), max_size=6).flatmap(
    lambda sizes: st.integers(sum(many > 0 for many in sizes.values()), sum(sizes.values())).map(
        lambda size: frame_of(sizes, size)
    )
)


@given(FRAMES, st.binary(min_size=32, max_size=32))
def test_any_sample_is_the_strangers(frame: Frame, seed: bytes) -> None:
    document = json.loads(canonical(publish(frame, seed, fixed_at=FIXED_AT, frozen_at=FROZEN_AT)))
    assert differences(document) == ()
    assert drawn_by_a_stranger(document) == document["sample"]
    assert Frame.from_document(document["frame"]) == frame


@pytest.mark.parametrize(
    ("sizes", "size", "drawn"),
    [
        ({"a": 50, "b": 30, "c": 20}, 10, {"a": 5, "b": 3, "c": 2}),
        # 3.33 each: of equal remainders the first name
        ({"b": 10, "a": 10, "c": 10}, 10, {"a": 4, "b": 3, "c": 3}),
        # 9.8, 0.1, 0.1 of 10: the two get one, the first the rest
        ({"a": 980, "b": 10, "c": 10}, 10, {"a": 8, "b": 1, "c": 1}),
        # b's 1.01 falls below one only when c has had its own: 9.09 x 10/99 < 1 is asked again
        ({"a": 889, "b": 101, "c": 10}, 10, {"a": 8, "b": 1, "c": 1}),
        ({"a": 5, "b": 0}, 3, {"a": 3, "b": 0}),
        ({"a": 1, "b": 1}, 2, {"a": 1, "b": 1}),
        ({"a": 7, "b": 3}, 10, {"a": 7, "b": 3}),
        ({}, 0, {}),
        # 0.5 and 1.5 of 2
        ({"a": 1, "b": 3}, 2, {"a": 1, "b": 1}),
    ],
)
def test_how_many_of_each_by_hand(sizes: dict[str, int], size: int, drawn: dict[str, int]) -> None:
    assert allocate(sizes, size) == drawn


@given(FRAMES)
def test_each_stratum_has_one_and_none_more_than_it_has(frame: Frame) -> None:
    sizes = {name: len(references) for name, references in frame.strata.items()}
    drawn = allocate(sizes, frame.size)
    assert sum(drawn.values()) == frame.size
    whole = sum(sizes.values())
    for name, many in sizes.items():
        assert min(1, many) <= drawn[name] <= many
        # What raises a small stratum to one is taken from the others, never given to them.
        assert drawn[name] <= max(1, -(-many * frame.size // whole)) if many else drawn[name] == 0
    larger = sorted(sizes, key=lambda name: sizes[name])
    for less, more in pairwise(larger):
        assert drawn[less] <= drawn[more] or sizes[less] == sizes[more]


@pytest.mark.parametrize("size", [0, 2, 41, -1])
def test_a_size_that_leaves_a_stratum_out_or_wants_more_than_all_is_refused(size: int) -> None:
    with pytest.raises(BadSample, match=r"from 3 .* to 40"):
        frame_of({"a": 30, "b": 9, "c": 1}, size)


def test_each_ending_comes_as_often_as_any_other() -> None:
    """4,000 seeds draw 3 of 12: 1,000 times each, give or take five standard deviations (27.4)."""
    frame = frame_of({"a": 12}, 3)
    times = Counter(
        reference for n in range(4000) for reference in redraw(frame, sha256(str(n).encode()).digest())["a"]
    )
    assert len(times) == 12
    assert all(abs(seen - 1000) < 137 for seen in times.values()), times


def test_the_order_of_taking_in_changes_nothing() -> None:
    turned = Frame(
        FRAME.from_date,
        FRAME.until_date,
        {name: frozenset(sorted(FRAME.strata[name], reverse=True)) for name in reversed(FRAME.strata)},
        FRAME.size,
    )
    assert turned.hash == FRAME.hash
    assert redraw(turned, SEED) == redraw(FRAME, SEED)


def spoilt() -> list[tuple[str, tuple[str, ...], Any]]:
    """Return (what somebody changed in the file, what is said of it, the change)."""

    def drop(document: dict[str, Any]) -> None:
        document["frame"]["strata"][2][1].pop(3)

    def add(document: dict[str, Any]) -> None:
        document["frame"]["strata"][2][1].append("zzzzzzzz")

    def size(document: dict[str, Any]) -> None:
        document["frame"]["size"] = 9

    def period(document: dict[str, Any]) -> None:
        document["frame"]["until"] = "2026-09-29"

    def swap(document: dict[str, Any]) -> None:
        references = document["sample"][2][1]
        references[0], references[1] = references[1], references[0]

    def other(document: dict[str, Any]) -> None:
        document["sample"][2][1][0] = next(
            one for one in document["frame"]["strata"][2][1] if one not in document["sample"][2][1]
        )

    def seed(document: dict[str, Any]) -> None:
        document["seed"] = bytes(32).hex()

    def early(document: dict[str, Any]) -> None:
        document["fixed_at"] = document["frozen_at"]

    return [
        ("an ending left out", ("frame", "sample"), drop),
        ("an ending added", ("frame", "sample"), add),
        ("one more drawn", ("frame", "sample"), size),
        ("another period", ("frame", "sample"), period),
        ("another order", ("sample",), swap),
        ("another ending drawn", ("sample",), other),
        ("another seed", ("seed", "sample"), seed),
        ("a seed fixed too late", ("order",), early),
    ]


@pytest.mark.parametrize(("codes", "change"), [one[1:] for one in spoilt()], ids=[one[0] for one in spoilt()])
def test_every_change_is_found(codes: tuple[str, ...], change: Any) -> None:
    document = copy.deepcopy(published())
    change(document)
    assert differences(document) == codes


def test_a_frame_changed_after_the_seed_is_found_even_if_all_is_computed_anew() -> None:
    """Somebody takes the false ending out of the frame, and publishes a document that agrees with itself."""
    strata = dict(FRAME.strata)
    victim = redraw(FRAME, SEED)["water/cn.hotline.order"][0]
    strata["water/cn.hotline.order"] -= {victim}
    smaller = Frame(FRAME.from_date, FRAME.until_date, strata, FRAME.size)
    document = publish(smaller, SEED, fixed_at=FIXED_AT, frozen_at=FROZEN_AT)
    assert differences(document) == ()
    assert differences(document, noted_frame=FRAME.hash) == ("frame_noted",)
    assert redraw(smaller, SEED) != redraw(FRAME, SEED)
    assert differences(published(), noted_frame=FRAME.hash, noted_seed=seed_hash(SEED)) == ()


def test_a_seed_sought_afterwards_is_found_even_if_all_is_computed_anew() -> None:
    """Somebody tries seeds until one ending is not drawn."""
    victim = redraw(FRAME, SEED)["water/cn.hotline.order"][0]
    sought = next(
        seed for n in count() if victim not in redraw(FRAME, seed := n.to_bytes(32, "big"))["water/cn.hotline.order"]
    )
    document = publish(FRAME, sought, fixed_at=FIXED_AT, frozen_at=FROZEN_AT)
    assert differences(document) == ()
    assert differences(document, noted_seed=seed_hash(SEED)) == ("seed_noted",)


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("format",), "huajie-sample/v2", "no document of the format"),
        (("more",), 1, "keys"),
        (("seed",), "00", "seed is 64 hex digits"),
        (("seed_hash",), "A" * 64, "seed_hash is 64 hex digits"),
        (("fixed_at",), "2026-06-30T08:00:00Z", "not written like"),
        (("frozen_at",), None, "not written like"),
        (("sample",), {}, "sample: a list of pairs"),
        (("sample", 0), ["labour"], "sample: a pair"),
        (("frame",), [], "frame: an object"),
        (("frame", "size"), 8.0, "no whole number"),
        (("frame", "size"), True, "no whole number"),
        (("frame", "size"), 41, "from 3"),
        (("frame", "from"), "2026-7-1", "no date"),
        (("frame", "from"), "20260701", "no date"),
        (("frame", "until"), "2026-06-30", "before its first day"),
        (("frame", "strata"), {}, "strata is a list"),
        (("frame", "strata", 0, 0), "Labour", "is no code"),
        (("frame", "strata", 1, 0), "labour/cn.petition.request", "stands twice"),
        (("frame", "strata", 0, 1), ["short"], "is no reference"),
        (("frame", "strata", 0, 1), ["water--ending-0000\n"], "is no reference"),
        (("frame", "strata", 0, 1), ["water/ending-0000"], "is no reference"),
        (("frame", "strata", 0, 1), ["labour-1", "labour-1"], "in order and once"),
        (("frame", "strata", 0, 1), ["labour-2", "labour-1"], "in order and once"),
    ],
)
def test_what_is_no_such_document_is_refused_by_place(path: tuple[Any, ...], value: object, says: str) -> None:
    document = published()
    place: Any = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(BadSample, match=says):
        differences(document)


def test_one_ending_in_two_strata_is_refused() -> None:
    with pytest.raises(BadSample, match="another stratum"):
        Frame(date(2026, 7, 1), date(2026, 9, 30), {"a": endings("x", 2), "b": endings("x", 1)}, 2)


def test_a_seed_of_another_length_and_one_fixed_too_late_are_refused() -> None:
    for work in (seed_hash, lambda seed: redraw(FRAME, seed)):
        with pytest.raises(BadSample, match="32 bytes"):
            work(bytes(31))
    with pytest.raises(BadSample, match="before the frame is frozen"):
        publish(FRAME, SEED, fixed_at=FROZEN_AT, frozen_at=FROZEN_AT)
