"""Wrong settings of signing in stop the start, and the message begins with their name."""

import pytest

from huajie.config.accounts import account_settings
from huajie.config.errors import SettingError

pytestmark = pytest.mark.accept("P10")

RIGHT = {
    "HUAJIE_OIDC_ISSUER": "https://id.example.gov.cn",
    "HUAJIE_OIDC_CLIENT_ID": "huajie",
    "HUAJIE_OIDC_CLIENT_SECRET": "a-secret",
}


def test_nothing_has_to_be_set() -> None:
    found = account_settings({})
    assert (found.factor_roles, found.lock_minutes, found.provider) == (frozenset(), 15, None)


def test_what_is_set_is_read() -> None:
    found = account_settings({**RIGHT, "HUAJIE_FACTOR_ROLES": "admin, head", "HUAJIE_DRAFT_HOURS": "2"})
    assert found.factor_roles == {"admin", "head"}
    assert found.draft_life.total_seconds() == 7200
    assert found.provider is not None and found.provider.issuer == RIGHT["HUAJIE_OIDC_ISSUER"]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"HUAJIE_FACTOR_ROLES": "admin,boss"}, "HUAJIE_FACTOR_ROLES"),
        ({"HUAJIE_LOCK_MINUTES": "-1"}, "HUAJIE_LOCK_MINUTES"),
        ({"HUAJIE_DRAFT_HOURS": "0"}, "HUAJIE_DRAFT_HOURS"),
        ({**RIGHT, "HUAJIE_OIDC_ISSUER": "id.example.gov.cn"}, "HUAJIE_OIDC_ISSUER"),
        ({**RIGHT, "HUAJIE_OIDC_ISSUER": "http://id.example.gov.cn"}, "HUAJIE_OIDC_ISSUER"),
        ({**RIGHT, "HUAJIE_OIDC_ISSUER": "https://id.example.gov.cn/?a=b"}, "HUAJIE_OIDC_ISSUER"),
        ({**RIGHT, "HUAJIE_OIDC_CLIENT_ID": ""}, "HUAJIE_OIDC_CLIENT_ID"),
        ({**RIGHT, "HUAJIE_OIDC_CLIENT_SECRET": " "}, "HUAJIE_OIDC_CLIENT_SECRET"),
        ({**RIGHT, "HUAJIE_OIDC_NAME_CLAIM": "two words"}, "HUAJIE_OIDC_NAME_CLAIM"),
        ({"HUAJIE_OIDC_CLIENT_ID": "huajie"}, "HUAJIE_OIDC_CLIENT_ID"),
    ],
)
def test_a_wrong_one_is_named(wrong: dict[str, str], named: str) -> None:
    with pytest.raises(SettingError) as refused:
        account_settings(wrong)
    assert str(refused.value).startswith(f"{named}: ")
