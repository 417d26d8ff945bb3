"""Bringing a matter in: what is promised, what a retry gives, what is refused and how."""

from typing import Any

import pytest
from tests.edges.api.client import Client, housing_complaint

from huajie.apps.matters.models import Matter

pytestmark = pytest.mark.accept("K9")


def test_a_submission_answers_with_number_secret_and_what_is_promised(api: Client) -> None:
    status, found, response = api.call(
        "POST", "/public/matters", housing_complaint(), Idempotency_Key="first-of-all", Accept_Language="en"
    )
    assert status == 201
    matter = Matter.objects.get(number=found["number"])
    assert (matter.unit, matter.seat, matter.channel, matter.mode) == ("u.housing", "s.housing.one", "web", "open")
    assert [(one["clock"], one["title"]) for one in found["promised"]] == [("acknowledgement", "Acknowledgement")]
    assert found["promised"][0]["due_at"].endswith("Z") and "Complaint Handling Code" in found["promised"][0]["source"]
    assert response["Location"] == f"/api/v1/public/matters/{found['number']}"
    assert api.get(f"/public/matters/{found['number']}", Authorization=f"Bearer {found['secret']}")[0] == 200
