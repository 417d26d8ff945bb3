"""What journeys of people in browsers begin with."""

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def county(transactional_db: None) -> Any:
    from tests.support.county import found

    return found()


@pytest.fixture
def staff(county: Any) -> Callable[..., Any]:
    """A browser in which somebody is signed in."""
    from django.test import Client

    from huajie.apps.jurisdiction.models import Account

    def sign_in(username: str) -> Any:
        client = Client(headers={"accept-language": "en"})
        client.force_login(Account.objects.get(username=username))
        return client

    return sign_in
