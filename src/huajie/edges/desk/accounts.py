"""
Accounts, for administrators: make one, hand over a one-time code, take factors away, switch off.

No password is ever shown: a code is, once, to be handed over in person. Everything done here is an entry.
"""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from huajie.apps.accounts import operations, queries
from huajie.apps.jurisdiction.models import Account
from huajie.apps.jurisdiction.queries import display_names
from huajie.core.ledger import moment
from huajie.edges.desk.entering import proved_lately
from huajie.edges.desk.seated import Desk, at_seat, page
from huajie.edges.pages.forms import clean, one, posted_of


def _check(request: HttpRequest, desk: Desk) -> HttpResponse | None:
    if not desk.may("manage_accounts"):
        raise Http404
    if request.method == "POST" and not proved_lately(request):
        return HttpResponseRedirect(f"{reverse('desk:prove')}?{urlencode({'next': request.path})}")
    return None


@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("manage_accounts")
def listing(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show the accounts by name, and make one."""
    first = _check(request, desk)
    if first is not None:
        return first
    now, reader = desk.reader.now, desk.reader
    faults: dict[str, str] = {}
    typed = {"username": "", "display_name": "", "language": "zh-hans"}
    if request.method == "POST":
        posted = posted_of(request)
        typed = {
            "username": one(posted, "username", 64),
            "display_name": one(posted, "display_name", 100),
            "language": "en" if one(posted, "language") == "en" else "zh-hans",
        }
        faults = _faults(typed)
        if not faults:
            try:
                account, code = operations.make_account(**typed, actor=desk.actor, now=now)
                return _code(request, desk, account, code, "password")
            except ValueError:
                faults = {"username": _("There is an account of this name already.")}
    after = clean(request.GET.get("after", ""))[:64]
    rows, more = queries.accounts_after(after, actor=desk.actor, now=now)
    shown = [
        {"row": row, "seats": reader.joined([reader.seat(code) for code in row.seats]), "url": _url(row.account)}
        for row in rows
    ]
    context = {
        "rows": shown,
        "more": f"?{urlencode({'after': rows[-1].account.username})}" if more else "",
        "faults": faults,
        "typed": typed,
    }
    return page(request, desk, "pages/desk/accounts.html", context, here="accounts", status=422 if faults else 200)


def _faults(typed: dict[str, str]) -> dict[str, str]:
    """Return everything that is wrong with a new account."""
    faults = {}
    name = typed["username"]
    if not name or not all(letter.isascii() and (letter.isalnum() or letter in "._-") for letter in name):
        faults["username"] = _("Letters, figures, dots, hyphens and underscores only.")
    elif Account.objects.filter(username=name.lower()).exists():
        faults["username"] = _("There is an account of this name already.")
    if not typed["display_name"].strip():
        faults["display_name"] = _("How colleagues call them.")
    return faults


def _url(account: Account) -> str:
    return reverse("desk:account", args=[account.username])


def _code(request: HttpRequest, desk: Desk, account: Account, code: str, purpose: str) -> HttpResponse:
    """Show a code once; it is in no address, and nowhere afterwards."""
    reader = desk.reader
    context = {
        "account": account,
        "code": code,
        "purpose": purpose,
        "until": reader.moment(reader.now + operations.CODE_LIFE, reader.home_zone),
        "back": _url(account),
        "address": request.build_absolute_uri(
            reverse("desk:by-code") if purpose == "password" else reverse("desk:sign-in")
        ),
    }
    return page(request, desk, "pages/desk/account_code.html", context, here="accounts")


@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("manage_accounts")
def account(request: HttpRequest, desk: Desk, name: str) -> HttpResponse:
    """Show one account and what was done to it, and do something to it."""
    first = _check(request, desk)
    if first is not None:
        return first
    row = queries.account_named(name, actor=desk.actor, now=desk.reader.now)
    if row is None:
        raise Http404
    if request.method == "POST":
        return _do(request, desk, row.account)
    reader = desk.reader
    bodies = operations.changes_of(row.account)[:40]
    names = display_names(frozenset(body["actor"]["person"] for body in bodies if body["actor"].get("person")))
    history = [
        {
            "at": reader.moment(moment(body["at"]), reader.home_zone),
            # one entry may be about several accounts
            "what": reader.joined(
                [effect_words(effect) for effect in body["effects"] if effect["person"] == row.account.person.hex]
            ),
            "who": names.get(body["actor"].get("person") or "", _("on the server")),
        }
        for body in bodies
    ]
    context: dict[str, Any] = {
        "row": row,
        "seats": [reader.seat(code) for code in row.seats],
        "history": history,
        "own": row.account.person.hex == desk.actor.person,
        "provider": settings.HUAJIE_ACCOUNTS.provider,
        "done": request.GET.get("done", ""),
        "made": reader.moment(row.account.created_at, reader.home_zone),
    }
    return page(request, desk, "pages/desk/account.html", context, here="accounts")


def _do(request: HttpRequest, desk: Desk, account: Account) -> HttpResponse:
    what = one(posted_of(request), "do", 20)
    common: dict[str, Any] = {"actor": desk.actor, "now": desk.reader.now}
    if what == "password":
        return _code(request, desk, account, operations.reset_password(account, **common), "password")
    if what == "link" and settings.HUAJIE_ACCOUNTS.provider is not None:
        return _code(request, desk, account, operations.make_link_code(account, **common), "link")
    if what == "factors":
        operations.reset_factors(account, **common)
    elif what == "unlink":
        operations.unlink(account, **common)
    elif what == "sessions":
        operations.end_sessions_of(account, **common)
    elif what in ("on", "off") and account.person.hex != desk.actor.person:
        operations.switch(account, what == "on", **common)
    else:
        raise Http404
    return HttpResponseRedirect(f"{_url(account)}?done=1")


def effect_words(effect: dict[str, Any]) -> str:
    """Return what an entry did to an account, in words."""
    purpose = effect.get("purpose")
    return {
        "account.made": _("account made"),
        "account.code": _("link code made") if purpose == "link" else _("one-time code made"),
        "account.password-reset": _("password reset"),
        "account.password-set": _("password set"),
        "account.factors-reset": _("second factors taken away"),
        "account.totp-added": _("application with codes added"),
        "account.totp-removed": _("application with codes removed"),
        "account.key-added": _("passkey added"),
        "account.key-removed": _("passkey removed"),
        "account.codes-made": _("recovery codes made"),
        "account.pin-set": _("PIN set"),
        "account.pin-removed": _("PIN removed"),
        "account.linked": _("linked to the identity provider"),
        "account.unlinked": _("link to the identity provider removed"),
        "account.switched-on": _("switched on"),
        "account.switched-off": _("switched off"),
        "account.signed-out": _("signed out everywhere"),
    }.get(effect["e"], effect["e"])
