"""Fixtures of the JSON API's tests; the modules of the product can only be imported once Django is set up."""

from typing import Any

import pytest


@pytest.fixture
def county(transactional_db: None) -> Any:
    """The hand-written county, founded yesterday, with one matter of each kind."""
    from tests.support.county import found

    return found()


@pytest.fixture
def api(county: Any) -> Any:
    """A client of the API in that county."""
    from tests.edges.api.client import Client

    return Client(county)
