"""Fixtures of the offices' tests; the modules of the product can only be imported once Django is set up."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.support.small_county import posting, seat


@pytest.fixture
def county(transactional_db: None) -> Callable[..., Any]:
    """The small county, founded, with a second clerk in housing; gives the actor that a person is at a moment."""
    from tests.support.standing_county import found

    return found(seat("s.housing.two", "u.housing", "handler"), posting("s.housing.two", 70))
