"""
Sign-in by an identity provider (OpenID Connect): allauth speaks the protocol, `apps/accounts` says whom it opens.

The token's signature, issuer, audience, age and nonce are checked; only what stands in the signed token counts. A
subject opens the account that it was linked to, and never makes one.
"""

import secrets
from types import ModuleType
from typing import Any

import structlog
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from huajie.apps.accounts import operations
from huajie.apps.accounts.operations import BadCode, SignInRefused
from huajie.edges.desk.entering import must_wait, proceed, seconds, was_wrong
from huajie.edges.desk.words import refusal_words
from huajie.edges.guard import public
from huajie.edges.pages.forms import clean
from huajie.edges.pages.language import safe_next
from huajie.edges.pages.reader import Reader
from huajie.edges.throttle import client_address

log = structlog.get_logger("huajie.provider")

_ID = "oidc"
_UNLINKED = "unlinked"
#: Seconds for which somebody whom the provider knows and we don't may type their code.
_LINK_SECONDS = 600


class ProviderAdapter(DefaultSocialAccountAdapter):
    """allauth's questions about us: which provider there is, and what follows when it vouches for somebody."""

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """Return the provider of the settings; none stands in the database."""
        found = settings.HUAJIE_ACCOUNTS.provider
        if found is None:
            return []
        return [
            SocialApp(
                provider="openid_connect",
                provider_id=_ID,
                name=found.name or "OpenID Connect",
                client_id=found.client_id,
                secret=found.client_secret,
                settings={
                    "server_url": found.issuer.rstrip("/"),
                    "oauth_pkce_enabled": True,
                    "fetch_userinfo": False,
                    "scope": ["openid", "profile"],
                },
            )
        ]

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Nobody makes an account for themselves."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Decide here, so that nothing of allauth's own sign-in follows."""
        raise ImmediateHttpResponse(_arrived(request, sociallogin))

    def on_authentication_error(self, request: HttpRequest, provider: Any, **kwargs: Any) -> None:
        """Say it on our own page."""
        raise ImmediateHttpResponse(
            _refused(request, _("The provider did not sign you in. Try again, or use your password."))
        )


def _refused(request: HttpRequest, words: str) -> HttpResponse:
    context = {"fault": words, "next": reverse("desk:day"), "provider": settings.HUAJIE_ACCOUNTS.provider}
    return render(request, "pages/desk/sign_in.html", context, status=401)


def _peer() -> ModuleType:
    """Return what talks with the provider; loaded with the first who goes there."""
    if settings.HUAJIE_ACCOUNTS.provider is None:
        raise Http404
    from huajie.edges.desk import peer

    return peer


@public("nobody is signed in yet when they go to the provider")
@never_cache
@require_safe
def leave(request: HttpRequest) -> HttpResponse:
    """Send somebody to the provider."""
    peer = _peer()
    nonce = secrets.token_urlsafe(24)
    try:
        return peer.Peer(request, _ID).leave(safe_next(request, reverse("desk:day")), nonce)
    except peer.FAILED as error:
        log.warning("provider_away", exc_info=error)
        return _refused(request, _("The provider can't be reached. Use your password, or try again later."))


@public("the provider sends people back before they are signed in")
@never_cache
@require_safe
def back(request: HttpRequest) -> HttpResponse:
    """Take back whom the provider vouches for."""
    peer = _peer()
    if (wait := must_wait(request)) is not None:
        return wait
    try:
        answer = peer.Peer(request, _ID).came_back()
    except peer.FAILED as error:
        log.warning("provider_failed", exc_info=error)
        answer = _refused(request, _("The provider did not sign you in. Try again, or use your password."))
    if answer.status_code == 401:
        was_wrong(request)
    return answer


def _arrived(request: HttpRequest, sociallogin: Any) -> HttpResponse:
    found = settings.HUAJIE_ACCOUNTS.provider
    token = sociallogin.account.extra_data["id_token"]
    state = sociallogin.state or {}
    issuer, subject = str(token["iss"]), str(token["sub"])
    nonce = (state.get("data") or {}).get("nonce")
    if not nonce or not secrets.compare_digest(str(token.get("nonce", "")), nonce) or not 0 < len(subject) <= 255:
        return _refused(request, _("The provider did not sign you in. Try again, or use your password."))
    name = token.get(found.name_claim) if found.name_claim else None
    follow = state.get("next") or reverse("desk:day")
    try:
        account = operations.account_of_subject(
            issuer,
            subject,
            name=name if isinstance(name, str) else None,
            address=client_address(request),
            now=request.now,  # type: ignore[attr-defined]
        )
    except SignInRefused as error:
        return _refused(request, refusal_words(error, Reader.of(request)))
    if account is None:
        request.session.cycle_key()
        request.session[_UNLINKED] = {"issuer": issuer, "subject": subject, "next": follow, "at": seconds(request)}
        return redirect("desk:provider-link")
    return proceed(request, account, "provider", follow)


@public("whom the provider knows and we don't is not signed in yet")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest) -> HttpResponse:
    """Link an account to whom the provider vouched for a moment ago, with a code that an administrator handed over."""
    kept = request.session.get(_UNLINKED)
    if kept is None or not 0 <= seconds(request) - kept["at"] <= _LINK_SECONDS:
        return redirect("desk:sign-in")
    fault = ""
    if request.method == "POST":
        if (wait := must_wait(request)) is not None:
            return wait
        try:
            account = operations.link_by_code(
                clean(request.POST.get("code", ""))[:60],
                kept["issuer"],
                kept["subject"],
                address=client_address(request),
                now=request.now,  # type: ignore[attr-defined]
            )
            return proceed(request, account, "provider", kept["next"])
        except (BadCode, SignInRefused):
            was_wrong(request)
            # a few tries a visit to the provider: a code has 58 bits, so this is only to keep the door quiet
            kept["tries"] = kept.get("tries", 0) + 1
            request.session[_UNLINKED] = kept
            if kept["tries"] >= 5:
                del request.session[_UNLINKED]
                return redirect("desk:sign-in")
            fault = _("This code is wrong, used up or too old. Ask an administrator for a new one.")
    return render(request, "pages/desk/provider_link.html", {"fault": fault}, status=401 if fault else 200)
