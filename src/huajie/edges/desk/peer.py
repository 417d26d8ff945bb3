"""
The identity provider as we talk to it.

Loaded with the first who goes there: most desks have none, and what talks and reads tokens takes five megabytes.
"""

from typing import Any

import jwt
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers import registry
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

# What allauth does itself with an installed app, which every process would load.
registry.register(OpenIDConnectProvider)

#: Signatures that only the provider can make; a secret that we share with it makes none.
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
#: What a provider that is away, or answers nonsense, makes the libraries raise; an OSError where it is away.
FAILED = (OSError, OAuth2Error, ValueError, KeyError, TypeError)


class Peer(OpenIDConnectOAuth2Adapter):
    """The provider as we talk to it."""

    def leave(self, follow: str, nonce: str) -> HttpResponse:
        """Return what sends somebody there; `follow` is where they go on once they are back."""
        provider = self.get_provider()
        provider.oauth2_adapter_class = type(self)
        answer: HttpResponse = provider.redirect(
            self.request,
            process=AuthProcess.LOGIN,
            next_url=follow,
            data={"nonce": nonce},
            auth_params={"nonce": nonce},
        )
        return answer

    def came_back(self) -> HttpResponse:
        """Take back whom it vouches for; the adapter of accounts decides what follows."""
        answer: HttpResponse = OAuth2CallbackView.adapter_view(self)(self.request)
        return answer

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        """Return where it sends people back to."""
        return request.build_absolute_uri(reverse("desk:provider-back"))

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        """Take the identity from the signed token, and from nowhere else."""
        if not kwargs["response"].get("id_token"):
            raise OAuth2Error("the provider sent no id_token")
        return super().complete_login(request, app, token, **kwargs)

    def _decode_id_token(self, app: Any, id_token: str) -> dict[str, Any]:
        # The signature too, though the token came straight from the provider: the way may be plain HTTP on one machine.
        issuer = settings.HUAJIE_ACCOUNTS.provider.issuer
        if str(self.openid_config["issuer"]).rstrip("/") != issuer.rstrip("/"):
            raise OAuth2Error("the provider calls itself by another name than HUAJIE_OIDC_ISSUER")
        with get_adapter().get_requests_session() as http:
            answer = http.get(self.openid_config["jwks_uri"])
            answer.raise_for_status()
            told = answer.json()
        try:
            keys = jwt.PyJWKSet.from_dict(told).keys
            header = jwt.get_unverified_header(id_token)
            # A provider with one key need not name it.
            fitting = [key for key in keys if header.get("kid") in (None, key.key_id)]
            if len(fitting) != 1 or header.get("alg") not in _ALGORITHMS:
                raise OAuth2Error("the id_token is signed by no key of the provider")
            decoded: dict[str, Any] = jwt.decode(
                id_token,
                key=fitting[0].key,
                algorithms=[header["alg"]],
                issuer=self.openid_config["issuer"],
                audience=app.client_id,
                leeway=60,
                options={"require": ["iss", "aud", "sub", "exp", "iat"]},
            )
        except jwt.PyJWTError as error:
            raise OAuth2Error(f"the id_token can't be trusted: {type(error).__name__}") from error
        return decoded
