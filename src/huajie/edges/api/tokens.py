"""Signing in for programs."""

from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Router

from huajie.apps.accounts.operations import SignInRefused, sign_in_program
from huajie.apps.jurisdiction.operations import end_token, issue_token
from huajie.apps.jurisdiction.queries import snapshot
from huajie.core.access import NotSeated
from huajie.edges.api import shown
from huajie.edges.api.languages import language_of
from huajie.edges.api.problems import Problem, fault, throttled
from huajie.edges.api.reading import read_body, takes
from huajie.edges.api.schemas import TokenIn, TokenOut
from huajie.edges.api.signing_in import Staff, staff_token
from huajie.edges.guard import guarded, public
from huajie.edges.throttle import Buckets, client_address

router = Router(tags=["tokens"])
attempts = Buckets("tokens", settings.HUAJIE_LIMITS.tokens_a_minute)
#: counted together with the pages'
wrong_sign_ins = Buckets("sign-in", settings.HUAJIE_LIMITS.sign_ins_a_minute)


@router.post(
    "/tokens",
    response={201: TokenOut},
    operation_id="sign_in",
    summary="Get a token for an account",
    openapi_extra=takes(TokenIn, officer={"username": "officer", "password": "a long password"}),
)
@public("whoever signs in is nobody yet")
def get_token(request: HttpRequest) -> HttpResponse:
    """Answer with a token, shown once. Demo accounts get one on this machine only."""
    address = client_address(request)
    wait = wrong_sign_ins.look(address) or attempts.take(address)
    if wait:
        raise throttled(wait)
    body = read_body(request, TokenIn)
    now = datetime.now(UTC)
    try:
        account, chosen, factored = sign_in_program(
            body.username, body.password, body.code, body.seat, address=address, now=now
        )
        token, row = issue_token(account, chosen, now=now, days=body.days, factored=factored)
    except SignInRefused:
        wrong_sign_ins.take(address)
        raise
    except NotSeated:
        raise Problem(403, "not-seated", [fault("seat", "not-seated")]) from None
    jurisdiction = snapshot()
    seats = jurisdiction.seats_of_person(account.person.hex, now)
    reader = shown.Reader(language_of(request), jurisdiction, now)
    return shown.reply(
        {
            "token": token,
            "expires_at": shown.when(row.expires_at),
            "seat": chosen,
            "seats": [reader.seat(seat) for seat in seats],
        },
        201,
    )


@router.delete(
    "/tokens/current",
    auth=staff_token,
    response={204: None},
    operation_id="sign_out",
    summary="End the token you are using",
)
@guarded("list")
def end_current(request: HttpRequest) -> HttpResponse:
    """Answer 204; the token works no more."""
    who: Staff = request.auth  # type: ignore[attr-defined]
    end_token(who.token, now=datetime.now(UTC))
    return HttpResponse(status=204)
