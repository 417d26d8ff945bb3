"""
My sign-in: password, PIN, second factors, recovery codes, where one is signed in, one's programs.

It opens without a seat too, and where a seat asks for a second factor that the account does not have yet. Whatever
changes how somebody signs in asks for proof first, if the last one is more than a quarter of an hour old.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import segno
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huajie.apps.accounts import factors, feeds, operations, queries
from huajie.apps.accounts.operations import SignInRefused
from huajie.apps.jurisdiction.models import Account
from huajie.apps.jurisdiction.operations import revoke_token
from huajie.edges.desk import keys
from huajie.edges.desk.entering import PROVED, WAY, proved_lately, seconds
from huajie.edges.desk.seated import frame_of, page
from huajie.edges.desk.signing_in import password_fault
from huajie.edges.desk.words import refusal_words
from huajie.edges.guard import guarded
from huajie.edges.pages.forms import clean
from huajie.edges.pages.language import safe_next
from huajie.edges.pages.reader import Reader

#: The secret of an application that is being set up; in the session until it has shown its first code.
_NEW_TOTP = "new_totp"
View = Callable[..., HttpResponse]


def mine(*, proof: bool = True) -> Callable[[View], View]:
    """Mark a view about the account itself; with `proof`, its owner proved lately who they are, or does it first."""

    def wrap(view: View) -> View:
        @never_cache
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            account = request.user
            assert isinstance(account, Account)
            if proof and not proved_lately(request):
                back = request.path if request.method in ("GET", "HEAD") else reverse("desk:me")
                return HttpResponseRedirect(f"{reverse('desk:prove')}?{urlencode({'next': back})}")
            return view(request, account, *args, **kwargs)

        return guarded("list")(checked)

    return wrap


def draw_own(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Return a page about the account itself, in the frame of its seat where there is one."""
    desk = frame_of(request)
    if desk is None:
        return render(request, template, {"account": request.user, **context}, status=status)
    return page(request, desk, template, {"account": desk.account, **context}, here="me", status=status)


def _now(request: HttpRequest) -> Any:
    return request.now  # type: ignore[attr-defined]


@require_safe
@mine(proof=False)
def me(request: HttpRequest, account: Account) -> HttpResponse:
    """Show how the account signs in and where it is signed in."""
    return _me(request, account)


def _me(request: HttpRequest, account: Account, *, faults: dict[str, str] | None = None, **more: Any) -> HttpResponse:
    reader = Reader.of(request)
    zone = reader.home_zone

    def when(at: Any) -> str:
        return reader.moment(at, zone) if at is not None else ""

    found = factors.factors_of(account)
    context = {
        "faults": faults or {},
        "has_password": account.has_usable_password(),
        "has_pin": operations.has_pin(account),
        "factors": found,
        "keys": [
            {"id": key.id, "name": key.name, "made": when(key.created_at), "used": when(key.last_used_at)}
            for key in found.keys
        ],
        "sign_ins": [
            {
                "id": row.pk,
                "way": way_words(row.way),
                "browser": row.browser,
                "at": when(row.at),
                "here": row.session == request.session.session_key,
            }
            for row in queries.sign_ins_of(account)
        ],
        "tokens": [
            {"id": row.pk, "last_four": row.last_four, "made": when(row.created_at), "until": when(row.expires_at)}
            for row in queries.tokens_of(account, now=_now(request))
        ],
        "feed_made": when(feeds.feed_made_at(account)),
        "linked": queries.linked(account),
        "provider": settings.HUAJIE_ACCOUNTS.provider,
        "needed": frame_of(request) is None and _factor_missing(request, account),
        "done": request.GET.get("done", ""),
        **more,
    }
    return draw_own(request, "pages/desk/me.html", context, status=422 if faults else 200)


def _factor_missing(request: HttpRequest, account: Account) -> bool:
    return queries.needs_factor_anywhere(account, now=_now(request)) and (
        request.session.get(WAY) not in operations.TWO_FACTORS
    )


@require_POST
@mine(proof=False)
def switch_keys(request: HttpRequest, account: Account) -> HttpResponse:
    """Switch the desk's keys on or off."""
    operations.switch_keys(account, request.POST.get("on") == "1")
    return done_own("keys")


def way_words(way: str) -> str:
    """Return how somebody signed in, in words."""
    return {
        "password": _("password"),
        "code": _("one-time code"),
        "provider": _("identity provider"),
        "password+totp": _("password and code"),
        "password+key": _("password and passkey"),
        "provider+totp": _("identity provider and code"),
        "provider+key": _("identity provider and passkey"),
        "passkey": _("passkey"),
    }.get(way, way)


def done_own(what: str) -> HttpResponse:
    """Go back to one's own page, which says that it was done."""
    return HttpResponseRedirect(f"{reverse('desk:me')}?done={what}#done")


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@mine(proof=False)
def prove(request: HttpRequest, account: Account) -> HttpResponse:
    """Ask once more who is there, before anything about signing in is changed."""
    follow = safe_next(request, reverse("desk:me"))
    fault = ""
    if request.method == "POST":
        try:
            credential = request.POST.get("credential", "")
            if credential:
                if keys.shown(request, credential[:20_000], account) is None:
                    raise SignInRefused("key")
            else:
                operations.check_again(account, clean(request.POST.get("password", ""))[:1000], now=_now(request))
            request.session[PROVED] = seconds(request)
            return HttpResponseRedirect(follow)
        except SignInRefused as error:
            fault = _("That is not it.") if error.code == "wrong" else refusal_words(error, Reader.of(request))
    context = {
        "next": follow,
        "fault": fault,
        "has_password": account.has_usable_password(),
        "factors": factors.factors_of(account),
    }
    return draw_own(request, "pages/desk/prove.html", context, status=401 if fault else 200)


@require_POST
@mine(proof=False)
def own_key_options(request: HttpRequest, account: Account) -> HttpResponse:
    """Return what the browser needs: to make a passkey, or to show one of the account's own."""
    if request.POST.get("step") == "prove":
        return JsonResponse(keys.options_to_show(account))
    if not proved_lately(request):
        return HttpResponse(status=403)
    return JsonResponse(keys.options_to_make(account))


@sensitive_post_parameters("password", "again")
@require_POST
@mine()
def password(request: HttpRequest, account: Account) -> HttpResponse:
    """Set a new password; other sessions end."""
    new = clean(request.POST.get("password", ""))[:1000]
    if new != clean(request.POST.get("again", ""))[:1000]:
        return _me(request, account, faults={"password": _("The two passwords are not the same.")})
    try:
        operations.change_password(account, new, keep=str(request.session.session_key), now=_now(request))
    except ValueError as error:
        return _me(request, account, faults={"password": password_fault(error)})
    keep_signed_in(request, account)
    return done_own("password")


def keep_signed_in(request: HttpRequest, account: Account) -> None:
    """Keep this session through a change of password, under a new key."""
    from django.contrib.auth import update_session_auth_hash

    old = str(request.session.session_key)
    update_session_auth_hash(request, account)
    operations.move_session(old, str(request.session.session_key))


@sensitive_post_parameters("pin")
@require_POST
@mine()
def pin(request: HttpRequest, account: Account) -> HttpResponse:
    """Set or take away the PIN that unlocks the screen."""
    typed = "" if "remove" in request.POST else clean(request.POST.get("pin", "")).strip() or "-"
    try:
        operations.set_pin(account, typed, now=_now(request))
    except ValueError as error:
        easy = str(error) == "pin: too easy"
        words = _("This PIN is too easy to guess.") if easy else _("A PIN has 6 to 12 figures.")
        return _me(request, account, faults={"pin": words})
    return done_own("pin")


@require_http_methods(["GET", "HEAD", "POST"])
@mine()
def totp(request: HttpRequest, account: Account) -> HttpResponse:
    """Set up an application that shows codes: a square code to scan, then its first code."""
    fault = ""
    secret = request.session.get(_NEW_TOTP)
    if request.method == "POST" and secret:
        code = clean(request.POST.get("code", ""))[:20]
        added = operations.record_factor(
            "totp-added", account, lambda: factors.add_totp(account, secret, code, now=_now(request)), now=_now(request)
        )
        if added:
            request.session.pop(_NEW_TOTP, None)
            return _factor_added(request, account, "totp")
        fault = _("This code is wrong. Is the phone's clock right?")
    if not secret:
        secret = request.session[_NEW_TOTP] = factors.new_totp_secret()
    address = keys.FactorAdapter().build_totp_url(account, secret)
    context = {
        "fault": fault,
        "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        "square": _square(address),
    }
    return draw_own(request, "pages/desk/totp.html", context, status=422 if fault else 200)


def _square(text: str) -> SafeString:
    """Return a square code as a drawing without any style of its own."""
    code = segno.make(text, micro=False)
    size = code.symbol_size(border=4)[0]
    path = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(code.matrix_iter(border=4)) for x, dark in enumerate(row) if dark
    )
    return format_html(
        '<svg class="square" viewBox="0 0 {0} {0}" role="img" aria-label="{1}" shape-rendering="crispEdges">'
        '<rect width="{0}" height="{0}" fill="#fff"/><path d="{2}" fill="#000"/></svg>',
        size,
        _("Square code to scan with the application"),
        path,
    )


def _factor_added(request: HttpRequest, account: Account, kind: str) -> HttpResponse:
    """This session has shown both factors now; who has no recovery codes yet gets them at once."""
    first = "provider" if str(request.session.get(WAY, "")).startswith("provider") else "password"
    if request.session.get(WAY) not in operations.TWO_FACTORS:
        request.session[WAY] = f"{first}+{kind}"
    if factors.factors_of(account).codes is None:
        return _show_codes(request, account)
    return done_own("factor")


@require_POST
@mine()
def totp_remove(request: HttpRequest, account: Account) -> HttpResponse:
    """Take the application away."""
    operations.record_factor("totp-removed", account, lambda: factors.remove_totp(account), now=_now(request))
    return done_own("removed")


@require_POST
@mine()
def codes(request: HttpRequest, account: Account) -> HttpResponse:
    """Make new recovery codes and show them once."""
    if not factors.factors_of(account).any:
        return redirect("desk:me")
    return _show_codes(request, account)


def _show_codes(request: HttpRequest, account: Account) -> HttpResponse:
    made = operations.record_factor(
        "codes-made", account, lambda: factors.new_recovery_codes(account), now=_now(request)
    )
    return draw_own(request, "pages/desk/codes.html", {"codes": [f"{code[:4]} {code[4:]}" for code in made]})


@require_http_methods(["GET", "HEAD", "POST"])
@mine()
def key(request: HttpRequest, account: Account) -> HttpResponse:
    """Add a passkey."""
    fault = ""
    if request.method == "POST":
        name = clean(request.POST.get("name", "")).strip()[:60] or _("Passkey")
        credential = request.POST.get("credential", "")[:20_000]
        if operations.record_factor(
            "key-added", account, lambda: keys.make(account, credential, name), now=_now(request)
        ):
            return _factor_added(request, account, "key")
        fault = _("The browser made no passkey. Try again.")
    return draw_own(request, "pages/desk/key.html", {"fault": fault}, status=422 if fault else 200)


@require_POST
@mine()
def key_remove(request: HttpRequest, account: Account) -> HttpResponse:
    """Take a passkey away."""
    given = request.POST.get("key", "")
    if given.isascii() and given.isdigit() and len(given) < 12:
        operations.record_factor(
            "key-removed", account, lambda: factors.remove_key(account, int(given)), now=_now(request)
        )
    return done_own("removed")


@require_POST
@mine(proof=False)
def end_one(request: HttpRequest, account: Account) -> HttpResponse:
    """End one session or one token of one's own."""
    for name, end in (
        ("session", lambda given: operations.end_session(given, account=account)),
        ("token", lambda given: revoke_token(given, account=account, now=_now(request))),
    ):
        given = queries.uuid_of(request.POST.get(name, ""))
        if given is not None:
            end(given)
    return done_own("ended")


@require_POST
@mine(proof=False)
def end_all(request: HttpRequest, account: Account) -> HttpResponse:
    """Sign out everywhere, here too."""
    operations.end_sessions_of(account, actor=operations.self_actor(account), now=_now(request))
    request.session.flush()
    return redirect("desk:sign-in")
