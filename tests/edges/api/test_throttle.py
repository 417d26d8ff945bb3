"""Languages, addresses and rates: small rules that every request goes through."""

import pytest
from django.test import RequestFactory

from huajie.config.errors import SettingError
from huajie.config.limits import limits
from huajie.edges.api.languages import preferred
from huajie.edges.api.throttle import Buckets, client_address


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", "zh"),
        ("en", "en"),
        ("EN-gb", "en"),
        ("fr, de;q=0.9", "zh"),
        ("zh-Hans;q=0.8, en;q=0.9", "en"),
        ("zh;q=0.9, en;q=0.1", "zh"),
        ("en;q=0", "zh"),
        ("en;q=high", "zh"),
        (";;;q=,,=", "zh"),
        ("en;q=9", "zh"),
    ],
)
def test_the_language_is_the_one_preferred_and_chinese_otherwise(header: str, expected: str) -> None:
    assert preferred(header) == expected


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        # whoever comes from afar may write what they like into the header
        ("203.0.113.9", "127.0.0.1", "203.0.113.9"),
        ("127.0.0.1", None, "127.0.0.1"),
        ("127.0.0.1", "127.0.0.1, 203.0.113.9", "203.0.113.9"),
        ("", "198.51.100.7", "198.51.100.7"),
    ],
)
def test_a_proxy_is_believed_only_on_this_machine(peer: str, forwarded: str | None, expected: str) -> None:
    more = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    assert client_address(RequestFactory().get("/", REMOTE_ADDR=peer, **more)) == expected


def test_a_bucket_empties_and_fills_evenly() -> None:
    bucket = Buckets(6)
    assert [bucket.take("a", now=0) for _ in range(6)] == [0] * 6
    assert bucket.take("a", now=0) == 10
    assert bucket.take("b", now=0) == 0
    assert bucket.look("a", now=9) == 1
    assert bucket.take("a", now=10) == 0
    assert bucket.take("a", now=10) == 10
    assert [bucket.take("a", now=1000) for _ in range(7)] == [0] * 6 + [10]


def test_looking_costs_nothing_and_this_machine_is_not_counted() -> None:
    bucket = Buckets(1)
    assert [bucket.look("a", now=0) for _ in range(5)] == [0] * 5
    assert [bucket.take("127.0.0.1", now=0) for _ in range(5)] == [0] * 5
    assert [Buckets(0).take("a", now=0) for _ in range(5)] == [0] * 5


def test_the_table_of_addresses_stays_small_and_keeps_who_is_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    from huajie.edges.api import throttle

    monkeypatch.setattr(throttle, "_MOST", 100)
    bucket = Buckets(1)
    for number in range(100):
        bucket.take(f"old{number}", now=0)
    bucket.take("waiting", now=90)
    for number in range(60):
        bucket.take(f"new{number}", now=91)
    assert len(bucket._left) <= 100
    assert bucket.look("waiting", now=91) > 0


@pytest.mark.accept("K11")
@pytest.mark.parametrize("name", ["HUAJIE_BODY_KIB", "HUAJIE_TEXT_LENGTH", "HUAJIE_INTAKE_A_MINUTE"])
@pytest.mark.parametrize("value", ["many", "-1", "99999999"])
def test_a_wrong_limit_refuses_to_start_naming_itself(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=f"^{name}: "):
        limits({name: value})
