"""Who asks: an officer by a token, from one seat; a resident by the number and the secret of one matter."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from ninja.security import HttpBearer

from huajie.apps.accounts.operations import SignInRefused, needs_factor
from huajie.apps.jurisdiction.models import Account
from huajie.apps.jurisdiction.operations import token_account
from huajie.apps.jurisdiction.queries import snapshot
from huajie.apps.matters import loading
from huajie.apps.matters.numbers import secret_matches
from huajie.apps.matters.operations import Tip, participant_at
from huajie.core.access import Actor, actor_for, resident_of
from huajie.edges.api.problems import not_found, throttled
from huajie.edges.throttle import Buckets, client_address

#: Seconds for which the jurisdiction is taken as it was looked at; whoever writes has its version checked.
SNAPSHOT_AGE = 1.0
#: Stands for a matter that is not there, so that a wrong number takes as long as a wrong secret.
_NOBODY = UUID(int=0)

wrong_secrets = Buckets("secrets", settings.HUAJIE_LIMITS.secrets_a_minute)


@dataclass(frozen=True, slots=True)
class Staff:
    """An officer, acting from one seat."""

    account: Account
    actor: Actor
    token: str


@dataclass(frozen=True, slots=True)
class Resident:
    """Whoever has shown the secret of one matter."""

    tip: Tip
    actor: Actor


class StaffToken(HttpBearer):
    """A token from POST /tokens; the header X-Huajie-Seat chooses another seat of the same person."""

    def __init__(self) -> None:
        super().__init__()
        self.openapi_security_schema["description"] = self.__class__.__doc__

    def authenticate(self, request: HttpRequest, token: str) -> Staff | None:
        """Return who the token stands for, None where it does not work."""
        now = datetime.now(UTC)
        if not token.isascii() or len(token) > 200:
            return None
        found = token_account(token, address=client_address(request), now=now)
        if found is None:
            return None
        account, seat, factored = found
        chosen = request.META.get("HTTP_X_HUAJIE_SEAT") or seat
        actor = actor_for(snapshot(max_age=SNAPSHOT_AGE), account.person.hex, chosen, now)
        if not factored and needs_factor(actor.roles, account):
            raise SignInRefused("factor-needed")
        return Staff(account, actor, token)


class ResidentSecret(HttpBearer):
    """The secret of the matter whose number stands in the address."""

    def __init__(self) -> None:
        super().__init__()
        self.openapi_security_schema["description"] = self.__class__.__doc__

    def authenticate(self, request: HttpRequest, token: str) -> Resident:
        """
        Return the resident of the matter.

        Raises:
            Problem: 404 for a wrong number as for a wrong secret; 429 after too many of them.
        """
        address = client_address(request)
        wait = wrong_secrets.look(address)
        if wait:
            raise throttled(wait)
        kwargs: dict[str, Any] = request.resolver_match.kwargs if request.resolver_match else {}
        tip = loading.load(str(kwargs.get("number", "")), using="default")
        if tip is None:
            # a wrong number takes as long as a wrong secret
            secret_matches(settings.HUAJIE_KEYS["number"], _NOBODY, token)
        participant = participant_at(tip, token) if tip is not None else None
        if tip is None or participant is None:
            wrong_secrets.take(address)
            raise not_found()
        return Resident(tip, resident_of(tip.stream.hex, participant))


staff_token = StaffToken()
resident_secret = ResidentSecret()
