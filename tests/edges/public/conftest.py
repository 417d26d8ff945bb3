"""Fixtures of the resident pages' tests; the modules of the product can only be imported once Django is set up."""

from typing import Any

import pytest


@pytest.fixture
def county(transactional_db: None) -> Any:
    """The hand-written county, founded yesterday, with one matter of each kind."""
    from tests.support.county import found

    return found()


@pytest.fixture
def browser() -> Any:
    """A resident's browser in English, with no matter open."""
    from django.test import Client

    return Client(headers={"accept-language": "en"})
