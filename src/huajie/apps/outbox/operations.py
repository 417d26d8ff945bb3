"""
Make messages from entries, send what is due, print letters, send again.

The writer notes with an entry that somebody wants to be told of it; a worker makes the message of it, and a worker
sends it. Each step runs at least once: a message has one id for its entry and way, so making it twice makes one, and a
server or gateway that gets it twice sees the same id.
"""

import time
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

import structlog
from django.conf import settings
from django.db.models import F

from huajie.apps.jurisdiction.queries import snapshot
from huajie.apps.ledger.queries import bodies_since
from huajie.apps.matters import disclosure, loading
from huajie.apps.matters.numbers import shown
from huajie.apps.matters.operations import NEWS
from huajie.apps.outbox.messages import LANGUAGES, WAYS, Words, event_of, write
from huajie.apps.outbox.models import Message
from huajie.apps.outbox.sending import NotSent, mail_address, mail_server, phone_number, send_by_gateway, send_mail
from huajie.apps.vault.operations import Unreadable
from huajie.core.access import Actor, allowed
from huajie.core.jurisdiction import Jurisdiction

log = structlog.get_logger("huajie.outbox")

#: waiting: for its moment, its turn or its printer; printed: a letter not yet at the post; failed: no further try would
#: help; given-up: tried as often as is tried; ended: the way to reach the person is gone, or nobody wants it any more
STATES: Final = ("waiting", "printed", "sent", "failed", "given-up", "ended")
#: Those that wait for a person.
STUCK: Final = ("failed", "given-up")
#: Member of a contact with the language in which its owner is told.
LANGUAGE: Final = "news_language"
#: A number that was never given out, for samples.
SAMPLE: Final = "0000-0000-00"
#: Where the page is that asks for number and secret.
PAGE: Final = "/follow/"
#: Which member of a contact each way needs.
NEEDS: Final = {"email": "email", "sms": "phone", "letter": "address"}

#: Older news is none: a server that was set up late does not wake everybody.
_STALE: Final = timedelta(days=14)
_FIRST_PAUSE: Final = timedelta(minutes=1)
_LONGEST_PAUSE: Final = timedelta(hours=6)
#: What lies with the other machine keeps the whole way waiting for so long.
_BREAK: Final = timedelta(minutes=1)
#: Seconds of sending in one go: timers that fall due wait for the same worker.
_SECONDS: Final = 8.0
_NAMESPACE: Final = UUID("6f1d2f0e-6b6c-5f5e-9a55-0b0b5b8f4c11")


# What somebody may ask for


def wish_fault(contact: Mapping[str, str]) -> str | None:
    """
    Return what keeps the owner of a contact from being told as they ask; None where nothing does, or nothing is asked.

    Returns:
        `way`: this server does not tell anybody this way; `missing`: the contact has no address for it; `address`: the
        address is none.
    """
    way = contact.get(NEWS)
    if way is None:
        return None
    if way not in settings.HUAJIE_OUTBOX.ways:
        return "way"
    to = contact.get(NEEDS[way], "").strip()
    if not to:
        return "missing"
    try:
        if way == "email":
            mail_address(to)
        elif way == "sms":
            phone_number(to)
    except NotSent:
        return "address"
    return None


# From an entry to a message


def prepare(stream: UUID, n: int, now: datetime, *, using: str = "default") -> Message | None:
    """
    Make the message that tells of an entry; None where nobody is to be told.

    Raises:
        Unreadable: the vault's key is not the right one.
    """
    tip = loading.load(stream, using=using)
    if tip is None or tip.state is None or tip.state.mode == "anonymous":
        return None
    contact = loading.contact_of(tip) or {}
    way = contact.get(NEWS)
    if way not in WAYS:
        return None
    language = contact.get(LANGUAGE, "zh")
    message = Message(
        id=uuid5(_NAMESPACE, f"{stream.hex}/{n}/{way}"),
        matter=stream,
        n=n,
        event=event_of(bodies_since(stream, n - 1, using=using)),
        language=language if language in LANGUAGES else "zh",
        way=way,
        state="waiting",
        next_at=now,
        queued_at=now,
    )
    Message.objects.using(using).bulk_create([message], ignore_conflicts=True)
    return message


def end_erased(stream: UUID, *, using: str = "default") -> int:
    """End what waits for a matter whose contact is gone; returns how many."""
    tip = loading.load(stream, using=using)
    if tip is not None and tip.contact is not None:
        return 0
    waiting = Message.objects.using(using).filter(matter=stream, state__in=("waiting", "printed", *STUCK))
    return waiting.update(state="ended", fault="erased")


# Sending


def send_due(now: datetime, *, limit: int, using: str = "default") -> int:
    """
    Send what is due by mail and through the gateway, at most `limit`; returns how many were taken in hand.

    A message is claimed before it is sent: its next try is set, and whoever sets it first has it. A worker that dies in
    between leaves it to its next try, with the same id.
    """
    outbox = settings.HUAJIE_OUTBOX
    ways = [way for way, there in (("email", outbox.mail), ("sms", outbox.gateway)) if there is not None]
    rows = Message.objects.using(using)
    due = rows.filter(state="waiting", next_at__lte=now)
    late = due.filter(way__in=("email", "sms"), queued_at__lt=now - _STALE)
    if late.exists():
        late.update(state="given-up", fault="too-late")
    if not ways:
        return 0
    until, done, broken = time.monotonic() + _SECONDS, 0, set[str]()
    jurisdiction = snapshot(using=using)
    with ExitStack() as stack:
        server = stack.enter_context(mail_server(outbox.mail)) if outbox.mail is not None else None
        for message in due.filter(way__in=ways).order_by("next_at", "id")[:limit]:
            if time.monotonic() >= until:
                break
            if message.way in broken or not _claim(message, now, using):
                continue
            done += 1
            try:
                to, words = _opened(message, jurisdiction, using)
                if message.way == "email":
                    assert server is not None and outbox.mail is not None
                    send_mail(server, outbox.mail, to=to, words=words, message=message.id)
                else:
                    assert outbox.gateway is not None
                    send_by_gateway(outbox.gateway, to=to, words=words, way="sms", message=message.id, now=now)
            except _Over as over:
                _settle(message, using, state="ended", fault=over.fault)
            except NotSent as error:
                _failed(message, error, outbox.attempts, using)
                if error.everywhere:
                    broken.add(message.way)
                    # the others need not each find out; their tries are not counted
                    due.filter(way=message.way).update(next_at=now + _BREAK)
            except Exception as error:
                # whatever it was, the others must still go out, and it is seen on the page
                log.error("message not sent", attempt=message.attempts, exc_info=error)
                _failed(message, NotSent("unexpected"), outbox.attempts, using)
            else:
                _settle(message, using, state="sent", fault="", sent_at=now)
    return done


class _Over(Exception):
    """There is nobody to tell any more."""

    def __init__(self, fault: str) -> None:
        self.fault = fault
        super().__init__(fault)


def _claim(message: Message, now: datetime, using: str) -> bool:
    pause = min(_FIRST_PAUSE * 2**message.attempts, _LONGEST_PAUSE)
    mine = Message.objects.using(using).filter(
        id=message.id, state="waiting", attempts=message.attempts, next_at=message.next_at
    )
    if not mine.update(attempts=F("attempts") + 1, next_at=now + pause):
        return False
    message.attempts += 1
    return True


def _settle(message: Message, using: str, **values: object) -> None:
    # What was ended meanwhile stays so, unless it went out all the same.
    rows = Message.objects.using(using).filter(id=message.id)
    (rows if values["state"] == "sent" else rows.filter(state="waiting")).update(**values)


def _failed(message: Message, error: NotSent, most: int, using: str) -> None:
    state = "failed" if error.final else "given-up" if message.attempts >= most else "waiting"
    _settle(message, using, state=state, fault=error.fault)


def _opened(message: Message, jurisdiction: Jurisdiction, using: str) -> tuple[str, Words]:
    """
    Return where a message goes, read from the vault for this one sending, and what it says.

    Raises:
        _Over: the contact is gone, or its owner wants no messages this way any more.
        NotSent: there is no address, or the vault can't be read.
    """
    tip = loading.load(message.matter, using=using)
    try:
        contact = loading.contact_of(tip) if tip is not None else None
    except Unreadable:
        raise NotSent("unreadable") from None
    if tip is None or contact is None:
        raise _Over("erased")
    if contact.get(NEWS) != message.way:
        raise _Over("not-wished")
    to = contact.get(NEEDS[message.way], "").strip()
    if not to:
        raise NotSent("no-address", final=True)
    return to, words_of(message.event, message.language, shown(tip.number), jurisdiction)


def words_of(event: str, language: str, number: str, jurisdiction: Jurisdiction, *, site: str = "") -> Words:
    """
    Return what a message of this instance says.

    Args:
        site: where the instance was reached just now, for a letter or a preview where HUAJIE_SITE is not set.
    """
    office = jurisdiction.units.get(jurisdiction.settings.backstop_unit)
    page = f"{settings.HUAJIE_OUTBOX.site or site}{PAGE}"
    return write(event, language, number=number, office=office.name.to(language) if office else "", page=page)


def send_sample(to: str, now: datetime, *, using: str = "default") -> str:
    """
    Send one message about a number that nobody has, to see that a way works: a mail where there is an @, else through
    the gateway.

    Returns:
        The way it went.
    Raises:
        NotSent: `not-set-up` where there is no such way, otherwise as sending.
    """
    outbox = settings.HUAJIE_OUTBOX
    words = words_of("news", "zh", SAMPLE, snapshot(using=using))
    message = uuid5(_NAMESPACE, f"sample/{now.isoformat()}")
    if "@" in to and outbox.mail is not None:
        with mail_server(outbox.mail) as server:
            send_mail(server, outbox.mail, to=to, words=words, message=message)
        return "email"
    if "@" not in to and outbox.gateway is not None:
        send_by_gateway(outbox.gateway, to=to, words=words, way="sms", message=message, now=now)
        return "sms"
    raise NotSent("not-set-up", final=True)


# Sending again


def send_again(
    actor: Actor, now: datetime, *, message: UUID | None = None, fault: str | None = None, using: str = "default"
) -> int:
    """
    Let messages that wait for a person be tried anew: one, those of one fault, or all; returns how many.

    What is too late stays too late, and what has no address will not get one by trying.
    """
    if not allowed(actor, None, "manage_outbox"):
        return 0
    stuck = Message.objects.using(using).filter(state__in=STUCK, queued_at__gte=now - _STALE)
    if message is not None:
        stuck = stuck.filter(id=message)
    if fault is not None:
        stuck = stuck.filter(fault=fault)
    return stuck.update(state="waiting", attempts=0, next_at=now, fault="")


# Letters


@dataclass(frozen=True, slots=True)
class Letter:
    """One sheet, as it is printed: whom the window shows, and what it says."""

    #: number as people read it
    number: str
    language: str
    name: str
    address: str
    words: Words
    #: True: the request was a repeat, and shows nobody
    repeat: bool = False


def print_letter(
    actor: Actor, stream: UUID, *, said: str, key: str, now: datetime, site: str = "", using: str = "default"
) -> Letter | None:
    """
    Open the address of a matter whose letter waits, as an entry with a purpose, and return the sheet.

    Args:
        said: the purpose in own words.
        key: makes a second arrival of the same request its repeat, which shows nobody.
        site: where the instance was reached, named where HUAJIE_SITE is not set.
    Returns:
        None where no letter waits, or its address is gone.
    Raises:
        Refused, UnknownMatter, Denied, Changed, KeyReused, Unreadable: as `disclosure.open_identity`.
    """
    waiting = Message.objects.using(using).filter(matter=stream, way="letter", state__in=("waiting", "printed"))
    newest = waiting.order_by("-n").first()
    if newest is None:
        return None
    found = disclosure.open_identity(
        stream,
        what="contact",
        purpose="reach",
        said=said,
        actor=actor,
        now=now,
        idempotency=(f"letter.{actor.person}", f"{key}.{stream.hex}", stream.hex),
        using=using,
    )
    number = shown(found.written.number)
    words = words_of(newest.event, newest.language, number, snapshot(using=using), site=site)
    if not found.shown:
        return Letter(number, newest.language, "", "", words, repeat=True)
    contact = found.contact
    address = contact.get("address", "").strip()
    if contact.get(NEWS) != "letter" or not address:
        waiting.update(state="ended", fault="not-wished" if contact.get(NEWS) != "letter" else "no-address")
        return None
    waiting.update(state="printed", attempts=F("attempts") + 1, fault="")
    return Letter(number, newest.language, contact.get("name", "").strip(), address, words)


def posted(matters: Collection[UUID], now: datetime, *, using: str = "default") -> int:
    """Note that the printed letters of some matters went to the post; returns how many."""
    printed = Message.objects.using(using).filter(matter__in=matters, way="letter", state="printed")
    return printed.update(state="sent", sent_at=now)
