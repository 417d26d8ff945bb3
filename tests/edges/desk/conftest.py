"""Fixtures of the desk's tests; the modules of the product can only be imported once Django is set up."""

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def county(transactional_db: None) -> Any:
    """The hand-written county, founded yesterday, with one matter of each kind."""
    from tests.support.county import found

    return found()


@pytest.fixture
def signed_in(transactional_db: None) -> Callable[..., Any]:
    """Return a browser in which somebody of whichever county there is is signed in."""
    from django.test import Client

    from huajie.apps.jurisdiction.models import Account

    def sign_in(username: str, language: str = "en") -> Client:
        client = Client(headers={"accept-language": language})
        client.force_login(Account.objects.get(username=username))
        return client

    return sign_in


@pytest.fixture
def staff(county: Any, signed_in: Callable[..., Any]) -> Callable[..., Any]:
    """Return a browser in which somebody of the hand-written county is signed in."""
    return signed_in


@pytest.fixture
def illustrated_county(transactional_db: None) -> Any:
    """The same county, a photo with every matter."""
    from tests.support.county import found

    return found(photos=True)
