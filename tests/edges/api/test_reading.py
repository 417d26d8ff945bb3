"""Bodies that are no JSON, or more than JSON: always told, never a failure of the server."""

import json

import pytest
from tests.edges.api.client import Client, housing_complaint

pytestmark = pytest.mark.accept("K9")

GOOD = json.dumps(housing_complaint()).encode()


def with_title(text: str) -> bytes:
    """Return a body whose title is written exactly so."""
    return GOOD.replace(json.dumps(housing_complaint()["title"]).encode(), text.encode())


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b" ", 400, "malformed"),
        (b"{", 400, "malformed"),
        (b"[]", 422, "dict_type"),
        (b"null", 422, "dict_type"),
        (b"\xff\xfe{}", 400, "not-utf-8"),
        ("{}".encode("utf-16"), 400, "not-utf-8"),
        (b"\xef\xbb\xbf{}", 400, "malformed"),
        (with_title('"a\\u0000b"'), 400, "bad-character"),
        (with_title('"a\\ud800b"'), 400, "bad-character"),
        (with_title("NaN"), 400, "not-a-number"),
        (with_title("-Infinity"), 400, "not-a-number"),
        (with_title("1e400"), 422, "string_type"),
        (with_title("1" * 5000), 400, "huge-number"),
        (with_title("[" * 100_000 + "]" * 100_000), 400, "too-deep"),
        (b'{"pack": "a", "pack": "b"}', 400, "double-key"),
        (GOOD[:-1] + b', "facts": {"a": ' + b"[" * 500 + b"]" * 500 + b"}}", 422, "fact_type"),
    ],
)
def test_a_body_that_can_not_be_read_is_told(api: Client, raw: bytes, status: int, code: str) -> None:
    for who, path in ((None, "/public/matters"), ("intake", "/matters")):
        found = api.call("POST", path, raw=raw, who=who, Idempotency_Key="x")
        assert found[0] == status, found[1]
        assert code in [error["code"] for error in found[1]["errors"]], found[1]


def test_an_escape_that_is_whole_is_kept(api: Client) -> None:
    status, _, _ = api.call(
        "POST", "/public/matters", raw=with_title('"\\ud83d\\ude00 \\\\u0000"'), Idempotency_Key="y"
    )
    assert status == 201


def test_other_content_types_are_refused(api: Client) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        status, found, _ = api.call("POST", "/public/matters", raw=GOOD, Content_Type=kind, Idempotency_Key="z")
        assert (status, found["errors"][0]["field"]) == (415, "Content-Type")


def test_a_body_that_is_too_long_is_refused(api: Client) -> None:
    status, found, _ = api.call("POST", "/public/matters", raw=b" " * (256 * 1024 + 1), Idempotency_Key="z")
    assert (status, found["errors"][0]["field"]) == (413, "body")


def test_addresses_and_methods_that_are_not_there_are_problems_too(api: Client) -> None:
    assert api.get("/nothing/here")[0] == 404
    status, found, response = api.call("PATCH", "/public/matters")
    assert (status, response["Allow"], found["errors"][0]["field"]) == (405, "POST", "method")
    assert api.get("/")[1]["openapi"] == "/api/v1/openapi.json"


def test_a_query_takes_only_its_own_parameters(api: Client) -> None:
    status, found = api.get("/matters?person=x&limit=201&open=maybe", who="housing")
    assert status == 422
    assert {error["field"] for error in found["errors"]} == {"person", "limit", "open"}
    assert api.get("/search?q=%00", who="housing")[0] == 422
    assert api.get("/matters?after=zzz", who="housing")[0] == 422


def test_a_full_disk_and_a_database_that_is_away_are_told(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError

    from huajie.apps.ledger.errors import StorageFull
    from huajie.edges.api import intake

    for error in (StorageFull("full"), OperationalError("gone")):

        def refuse(*args: object, _error: Exception = error, **more: object) -> None:
            raise _error

        monkeypatch.setattr(intake, "submit", refuse)
        status, _, response = api.call("POST", "/public/matters", housing_complaint(), Idempotency_Key="k")
        assert status == 503
        assert int(response["Retry-After"]) > 0


def test_what_nobody_expected_says_nothing_of_itself(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from huajie.edges.api import intake

    def fail(*args: object, **more: object) -> None:
        raise RuntimeError("a secret inside")

    monkeypatch.setattr(intake, "submit", fail)
    status, _, response = api.call("POST", "/public/matters", housing_complaint(), Idempotency_Key="k")
    assert status == 500
    assert b"secret inside" not in response.content
