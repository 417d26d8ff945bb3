"""What a provider's token must be before it opens anything, and whose account it opens; against a real provider."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.support.county import PASSWORD

pytestmark = pytest.mark.accept("P10")


@pytest.fixture
def issuer(settings: Any) -> Iterator[str]:
    """A provider on this machine that knows three people, two of whom claim the same name."""
    from oidc_provider_mock import User, run_server_in_thread

    from huajie.config.accounts import Provider

    people = [
        User(sub="kim", claims={"preferred_username": "housing"}),
        User(sub="namesake", claims={"preferred_username": "Housing"}),
        User(sub="lee", claims={"preferred_username": "nobody-here"}),
    ]
    with run_server_in_thread(user_claims=people) as server:
        address = f"http://localhost:{server.server_port}"
        found = Provider(address, "huajie", "a-secret", "", "")
        settings.HUAJIE_ACCOUNTS = replace(settings.HUAJIE_ACCOUNTS, provider=found)
        yield address


def arrive(sub: str, **changed: str) -> tuple[Any, Any]:
    """Go to the provider and come back as somebody; `changed` alters what is asked of it on the way."""
    from django.test import Client

    client = Client(headers={"accept-language": "en"})
    there = urlsplit(client.get("/desk/sign-in/provider/?next=/desk/packs/")["Location"])
    query = urlencode({**dict(parse_qsl(there.query)), **changed})
    answer = requests.post(
        urlunsplit(there._replace(query=query)), data={"sub": sub}, allow_redirects=False, timeout=10
    )
    back = urlsplit(answer.headers["Location"])
    return client, client.get(f"{back.path}?{back.query}")


def allow_names(settings: Any) -> None:
    provider = replace(settings.HUAJIE_ACCOUNTS.provider, name_claim="preferred_username")
    settings.HUAJIE_ACCOUNTS = replace(settings.HUAJIE_ACCOUNTS, provider=provider)


def test_a_name_links_only_where_the_setting_says_so_and_only_once(county: Any, issuer: str, settings: Any) -> None:
    from huajie.apps.accounts.models import ProviderLink
    from huajie.apps.jurisdiction.models import Account

    accounts = Account.objects.count()
    assert arrive("kim")[1]["Location"] == "/desk/sign-in/provider/link/"
    allow_names(settings)
    client, answer = arrive("kim")
    assert answer["Location"] == "/desk/packs/"
    assert client.get("/desk/packs/").status_code == 200
    # the name was given to somebody else since: it opens nothing
    assert arrive("namesake")[1]["Location"] == "/desk/sign-in/provider/link/"
    assert arrive("lee")[1]["Location"] == "/desk/sign-in/provider/link/"
    assert ProviderLink.objects.count() == 1
    assert Account.objects.count() == accounts
    # the link stays when names no longer count
    settings.HUAJIE_ACCOUNTS = replace(
        settings.HUAJIE_ACCOUNTS, provider=replace(settings.HUAJIE_ACCOUNTS.provider, name_claim="")
    )
    assert arrive("kim")[1]["Location"] == "/desk/packs/"
    Account.objects.filter(username="housing").update(is_active=False)
    assert arrive("kim")[1].status_code == 401


def test_a_name_opens_no_demo_account(county: Any, issuer: str, settings: Any) -> None:
    from huajie.apps.jurisdiction.models import Account

    allow_names(settings)
    Account.objects.filter(username="housing").update(demo=True)
    assert arrive("kim")[1]["Location"] == "/desk/sign-in/provider/link/"


def test_a_provider_is_one_factor_where_the_account_has_two(county: Any, issuer: str, settings: Any) -> None:
    from tests.support.totp import code_at

    from huajie.apps.accounts import factors
    from huajie.apps.jurisdiction.models import Account

    allow_names(settings)
    now, secret = datetime.now(UTC), factors.new_totp_secret()
    assert factors.add_totp(Account.objects.get(username="housing"), secret, code_at(secret, now), now=now)
    client, answer = arrive("kim")
    assert answer["Location"] == "/desk/sign-in/second/"
    assert client.get("/desk/packs/").status_code == 302


@pytest.mark.parametrize("changed", [{"nonce": "of another visit"}, {"state": "of another visit"}])
def test_an_answer_to_another_visit_opens_nothing(
    county: Any, issuer: str, settings: Any, changed: dict[str, str]
) -> None:
    allow_names(settings)
    client, answer = arrive("kim", **changed)
    assert answer.status_code == 401
    assert client.get("/desk/packs/").status_code == 302


def test_a_provider_that_is_away_leaves_the_password(county: Any, settings: Any) -> None:
    from django.test import Client

    from huajie.config.accounts import Provider

    settings.HUAJIE_ACCOUNTS = replace(
        settings.HUAJIE_ACCOUNTS, provider=Provider("http://localhost:9", "huajie", "a-secret", "", "")
    )
    answer = Client(headers={"accept-language": "en"}).get("/desk/sign-in/provider/")
    assert answer.status_code == 401 and "can&#x27;t be reached" in answer.content.decode()
    assert PASSWORD not in answer.content.decode()


_OWN = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_NOW = int(time.time())
# made when the tests are collected and read when their turn comes, which may be half an hour later
_RIGHT = {"iss": "https://id.example", "aud": "huajie", "sub": "kim", "iat": _NOW, "exp": _NOW + 86_400}


def _signed(key: Any = _OWN, algorithm: str = "RS256", **claims: Any) -> str:
    kept = {name: value for name, value in {**_RIGHT, **claims}.items() if value is not None}
    return jwt.encode(kept, key, algorithm=algorithm)


@pytest.mark.parametrize(
    ("token", "right"),
    [
        (_signed(), True),
        (_signed(iss="https://other.example"), False),
        (_signed(aud="somebody-else"), False),
        (_signed(iat=_NOW - 900, exp=_NOW - 600), False),
        (_signed(exp=None), False),
        (_signed(sub=None), False),
        (_signed(key=_OTHER), False),
        (_signed(key="a-secret that client and provider share", algorithm="HS256"), False),
        (_signed(key=None, algorithm="none"), False),
    ],
    ids=["right", "issuer", "audience", "old", "no end", "nobody", "other key", "shared secret", "unsigned"],
)
def test_a_token_counts_only_if_the_provider_made_it_for_us_and_now(
    token: str, right: bool, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huajie.config.accounts import Provider
    from huajie.edges.desk import peer

    settings.HUAJIE_ACCOUNTS = replace(
        settings.HUAJIE_ACCOUNTS, provider=Provider("https://id.example", "huajie", "s", "", "")
    )
    keys = {"keys": [{**jwt.algorithms.RSAAlgorithm.to_jwk(_OWN.public_key(), as_dict=True), "alg": "RS256"}]}

    class Http:
        """Gives the provider's keys."""

        def __enter__(self) -> "Http":
            return self

        def __exit__(self, *failure: Any) -> None:
            pass

        def get(self, address: str) -> Any:
            return SimpleNamespace(raise_for_status=lambda: None, json=lambda: keys)

    monkeypatch.setattr(peer, "get_adapter", lambda: SimpleNamespace(get_requests_session=Http))
    asked = peer.Peer(SimpleNamespace(), "oidc")  # type: ignore[arg-type]
    asked._openid_config = {"issuer": "https://id.example", "jwks_uri": "https://id.example/keys"}
    app = SimpleNamespace(client_id="huajie")
    if right:
        assert asked._decode_id_token(app, token)["sub"] == "kim"
        # a provider that calls itself otherwise than the setting is not the one that was meant
        asked._openid_config["issuer"] = "https://other.example"
    with pytest.raises(peer.FAILED):
        asked._decode_id_token(app, token)
