"""By which clocks of the shipped packs an office is measured, by hand; none that a resident's coming back touches."""

import pytest
from tests.core.procedure.test_shipped_packs import load

from huajie.core.procedure import measured_clocks
from huajie.core.procedure.measured import comes_back

BY_HAND = {
    "cn.petition.request": ("registration", "notice", "handling", "look_back"),
    "en.complaint": ("acknowledgement", "reply", "look_back"),
    "open311": ("service",),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_the_clocks_by_hand(name: str) -> None:
    assert measured_clocks(load(name)) == BY_HAND[name]


def test_what_coming_back_is() -> None:
    complaint = load("en.complaint").acts
    assert all(comes_back(complaint[name]) for name in ("escalate", "reopen"))
    assert not any(comes_back(complaint[name]) for name in ("submit", "withdraw", "undo_withdrawal", "acknowledge"))
    petition = load("cn.petition.request").acts
    assert comes_back(petition["ask_review"]) and comes_back(petition["ask_re_review"])
