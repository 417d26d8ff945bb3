"""
What goes out to residents, for administrators: what waits, what failed and why, what messages say.

No number, no name and no address stands on these pages: whoever looks after the server needs none.
"""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from huajie.apps.outbox import messages, operations, queries
from huajie.edges.desk.seated import Desk, at_seat, page
from huajie.edges.pages.forms import news_words, one, posted_of

LINES = 50


def fault_words(fault: str) -> str:
    """Return in words why a message did not go out, and what to do."""
    said = {
        "": _("waits for its turn"),
        "connection": _("the server does not answer: look at its address, and whether it runs"),
        "timeout": _("the server takes too long to answer"),
        "tls": _("no private connection: look at the server's certificate"),
        "sign-in": _("the server does not know our user or password"),
        "refused": _("the server refuses what we send: look at the sender, or at the secret of the gateway"),
        "later": _("the server asks to try again later"),
        "recipient": _("the server says that there is no such address"),
        "no-address": _("what was left is no address that a message could go to"),
        "unreadable": _("the vault can't be read: look at the vault key"),
        "too-late": _("it waited for longer than two weeks, so it is not sent any more"),
        "unexpected": _("something unforeseen: the log says where"),
        "not-set-up": _("this way is not set up"),
        "erased": _("the way to reach the person was erased"),
        "not-wished": _("the person chose another way, or none"),
    }
    return said.get(fault, fault)


def state_words(state: str) -> str:
    """Return in words how far a message has come."""
    said = {
        "waiting": _("waiting"),
        "printed": _("printed"),
        "sent": _("sent"),
        "failed": _("failed"),
        "given-up": _("given up"),
        "ended": _("not sent any more"),
    }
    return said[state]


@require_safe
@at_seat("manage_outbox")
def outbox(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show what waits and what failed, and offer to send again."""
    if not desk.may("manage_outbox"):
        raise Http404
    reader, outbox = desk.reader, settings.HUAJIE_OUTBOX
    after = _uuid(request.GET.get("after", ""))
    rows = queries.stuck(desk.actor, after=after, limit=LINES + 1)
    more = ""
    if len(rows) > LINES:
        rows = rows[:LINES]
        more = f"?{urlencode({'after': rows[-1].id.hex})}"
    context: dict[str, Any] = {
        "ways": [
            {"title": news_words(way), "there": way in outbox.ways, "how": how}
            for way, how in (
                ("email", outbox.mail.host if outbox.mail is not None else ""),
                ("sms", _("gateway") if outbox.gateway is not None else ""),
                ("letter", _("offices print them") if outbox.letters else ""),
            )
        ],
        "heaps": [
            {
                "way": news_words(heap.way),
                "state": state_words(heap.state),
                "fault": _waits(heap, outbox.ways),
                "code": heap.fault,
                "count": heap.count,
                "most": heap.count >= queries.MOST,
                "again": _can_go(heap.state, heap.fault),
            }
            for heap in queries.heaps(desk.actor)
        ],
        "rows": [
            {
                "id": row.id.hex,
                "way": news_words(row.way),
                "event": reader.text(messages.title(row.event)),
                "state": state_words(row.state),
                "fault": fault_words(row.fault),
                "attempts": row.attempts,
                "at": reader.moment(row.queued_at, reader.home_zone),
                "again": _can_go(row.state, row.fault),
            }
            for row in rows
        ],
        "more": more,
        "again": _count(request.GET.get("again", "")),
    }
    return page(request, desk, "pages/desk/outbox.html", context, here="outbox")


def _waits(heap: queries.Heap, ways: tuple[str, ...]) -> str:
    if heap.way == "letter" and not heap.fault:
        return _("an office prints it")
    return fault_words("not-set-up" if heap.state == "waiting" and heap.way not in ways else heap.fault)


def _can_go(state: str, fault: str) -> bool:
    return state in operations.STUCK and fault != "too-late"


@require_POST
@at_seat("manage_outbox")
def again(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Let one message, those of one fault or all be tried anew."""
    if not desk.may("manage_outbox"):
        raise Http404
    posted = posted_of(request)
    which, fault = _uuid(one(posted, "message", 40)), one(posted, "fault", 20) or None
    count = 0
    if which is not None or fault is not None or one(posted, "all", 8):
        count = operations.send_again(desk.actor, desk.reader.now, message=which, fault=fault)
    return HttpResponseRedirect(f"{reverse('desk:outbox')}?{urlencode({'again': count})}")


@require_safe
@at_seat("manage_outbox")
def templates(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show what each message says, in both languages, with sample values."""
    if not desk.may("manage_outbox"):
        raise Http404
    jurisdiction, site = desk.reader.jurisdiction, request.build_absolute_uri("/").rstrip("/")
    context = {
        "events": [
            {
                "title": desk.reader.text(messages.title(event)),
                "said": [
                    {
                        "language": language,
                        "tag": "zh-Hans" if language == "zh" else "en",
                        "words": operations.words_of(event, language, operations.SAMPLE, jurisdiction, site=site),
                    }
                    for language in messages.LANGUAGES
                ],
            }
            for event in messages.EVENTS
        ],
    }
    return page(request, desk, "pages/desk/outbox_templates.html", context, here="outbox")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(hex=text)
    except ValueError:
        return None


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else None
