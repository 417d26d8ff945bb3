"""A program that talks JSON with the API."""

import json
from typing import Any
from uuid import uuid4

from django.http import HttpResponse
from django.test import Client as DjangoClient
from tests.support.county import County

BASE = "/api/v1"


class Client:
    """Sends JSON, reads JSON, and holds every error against its promises."""

    def __init__(self, county: County) -> None:
        self.county = county
        self.django = DjangoClient(raise_request_exception=False)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        who: str | None = None,
        secret: str | None = None,
        raw: bytes | None = None,
        **headers: str,
    ) -> tuple[int, Any, HttpResponse]:
        """
        Return status, JSON and response.

        Args:
            who: an officer's username.
            secret: name of a matter whose secret is shown.
            headers: with underscores for hyphens, such as `Accept_Language`.
        """
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if who is not None:
            given |= self.county.bearer(who)
        if secret is not None:
            given |= self.county.secret(secret)
        data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        response = self.django.generic(
            method,
            BASE + path,
            data,
            content_type=given.pop("Content-Type", "application/json"),
            headers=given,
        )
        found = json.loads(response.content) if response.content else None
        if response.status_code >= 400:
            check_problem(response)
        return response.status_code, found, response

    def get(self, path: str, **more: Any) -> tuple[int, Any]:
        """Return status and JSON of a GET."""
        return self.call("GET", path, **more)[:2]

    def post(self, path: str, body: Any = None, **more: Any) -> tuple[int, Any]:
        """Return status and JSON of a POST."""
        return self.call("POST", path, body, **more)[:2]

    def submit(self, body: dict[str, Any], key: str | None = None, **more: Any) -> tuple[int, Any]:
        """Return status and JSON of a submission."""
        return self.post("/public/matters", body, Idempotency_Key=key or str(uuid4()), **more)


def check_problem(response: Any, language: str | None = None) -> dict[str, Any]:
    """Every error is problem+json that names a field and says what to do in the language asked for."""
    assert response["Content-Type"] == "application/problem+json", (response.status_code, response.content[:300])
    found: dict[str, Any] = json.loads(response.content)
    assert found["status"] == response.status_code
    assert found["type"].startswith("urn:huajie:problem:")
    assert found["title"] and found["detail"] and found["errors"]
    asked = language or ("en" if response["Content-Language"] == "en" else "zh")
    assert response["Content-Language"] == {"zh": "zh-Hans", "en": "en"}[asked]
    for text in [found["title"], found["detail"], *(error["message"] for error in found["errors"])]:
        assert text
        if asked == "zh":
            assert any("\u4e00" <= letter <= "\u9fff" for letter in text), text
    for error in found["errors"]:
        assert error["field"] and error["code"]
    return found


def housing_complaint(**more: Any) -> dict[str, Any]:
    """Return a good body for the public submission."""
    return {
        "pack": "en.complaint",
        "topic": "t.housing",
        "region": "r.qingshi",
        "title": "楼道灯坏了",
        "text": "三号楼二单元楼道灯坏了三周，没人修。",
        **more,
    }
