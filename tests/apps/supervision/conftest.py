"""Fixtures of the matters' tests; the modules of the product can only be imported once Django is set up."""

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def county(transactional_db: None) -> Callable[..., Any]:
    """The small county, founded; gives the actor that a person is at a moment."""
    from tests.support.standing_county import found

    return found()


@pytest.fixture
def complaint(county: Callable[..., Any]) -> Any:
    """A complaint about water, brought in on day 0 and acknowledged on day 1 by the water bureau."""
    from tests.support.standing_county import acknowledged

    return acknowledged(county)
