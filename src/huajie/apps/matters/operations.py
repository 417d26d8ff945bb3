"""
The one writer: right to act → decide → append and project → commit.

Nothing else changes a matter. `submit` and `act` do one thing for one person; `Batch` does thousands in one
transaction for the demo and for imports, through the very same steps. What a decision asks of other matters (a child
to open, a parent to tell) happens in the same
commit.
"""

import gc
import json
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Protocol, Self
from uuid import UUID

from django.conf import settings

from huajie.apps.attachments import operations as attachments
from huajie.apps.attachments import store
from huajie.apps.attachments.uploads import Files
from huajie.apps.jurisdiction.queries import snapshot
from huajie.apps.ledger import queries as ledger_queries
from huajie.apps.ledger.operations import (
    IDEMPOTENCY,
    Changes,
    Clash,
    Conflict,
    Replayed,
    add_document,
    add_entries,
    commit_changes,
    erase_openings,
    narrow_openings,
    prepare_for_bulk,
    swap_guard,
    version_guard,
)
from huajie.apps.matters import loading
from huajie.apps.matters.errors import Changed, Denied, KeyReused, UnknownMatter, UnknownPack
from huajie.apps.matters.numbers import number_of, secret_matches, secret_of, shown
from huajie.apps.matters.projection import (
    CLOCK,
    MATTER,
    OPENING,
    PARTY,
    STATE_COLUMNS,
    TEXT,
    TIMER,
    Rows,
    as_moment,
    project,
    view_of,
)
from huajie.apps.matters.search import grams
from huajie.apps.procedure import force
from huajie.apps.procedure.registry import PackMissing, current
from huajie.apps.vault import operations as vault
from huajie.core.access import SYSTEM, Actor, allowed, may, relations
from huajie.core.clocks import Calendar
from huajie.core.jurisdiction import Jurisdiction
from huajie.core.ledger import Draft as LedgerDraft
from huajie.core.ledger import Entry, canonical, head_mac, respell, seal_entries, uuid7
from huajie.core.masking import is_of_a_person, known_of, mask
from huajie.core.procedure import (
    FACTS,
    Act,
    ChildOrder,
    Command,
    Decision,
    DocumentSpec,
    Draft,
    Known,
    Pack,
    Refused,
    Sheet,
    Signal,
    State,
    Unmet,
    box_of,
    check_texts,
    decide,
    fold,
    gap_workdays,
    is_placeholder,
    language_of,
    open_body,
    open_state,
    seal_facts,
    unfilled,
)
from huajie.core.procedure.common import ENDING_WITH_IT, GAP_WORKDAYS, PEOPLE
from huajie.core.procedure.messages import words
from huajie.core.procedure.scope import ERASED_AGAIN, RETENTION_OVER

#: member of a contact that says how its owner wants to be told that there is news; left out: not at all
NEWS = "news"
#: effects that are news whatever the pack says of the act
_TELLING = frozenset({"opened", "ended", "reopened", "document.issued", "document.sealed", "document.served"})

#: field types whose value never stands in an entry
COMMITTED = frozenset({"text", "longtext", "point", "file", "contact"})


class Randomness(Protocol):
    """Where ids and secrets come from: the operating system, or a seeded generator for the demo."""

    def __call__(self, count: int, /) -> bytes: ...


def drawn() -> Randomness:
    """Return the system's randomness for one worker: a submission takes it in nine pieces, the system is asked once."""
    left = b""

    def take(count: int, /) -> bytes:
        nonlocal left
        if len(left) < count:
            left = os.urandom(max(count, 512))
        piece, left = left[:count], left[count:]
        return piece

    return take


@dataclass(slots=True)
class Submission:
    """What a resident, a clerk or an import brings in."""

    pack: str
    #: codes; empty: unknown, and the matter waits in the queue of those who place it
    topic: str
    region: str
    #: text fields by name: `title`, `text`, ...; of a field for files what was uploaded
    texts: dict[str, str | Files] = field(default_factory=dict)
    #: open, confidential or anonymous
    mode: str = "open"
    channel: str = "web"
    #: how to reach the person; goes to the vault and nowhere else
    contact: dict[str, str] | None = None
    #: longitude, latitude in degrees, WGS84
    point: tuple[float, float] | None = None
    #: aware, UTC; None: now
    received_at: datetime | None = None
    #: typed facts of the act's form
    inputs: dict[str, Any] = field(default_factory=dict)
    #: contacts of the others who bring it, one for each, empty where somebody left none; they get receipts of their own
    participants: list[dict[str, str]] = field(default_factory=list)
    #: at most five who speak for all, for this matter only
    spokespersons: list[dict[str, str]] = field(default_factory=list)
    #: whoever spoke for the resident
    agent: dict[str, str] | None = None
    act: str = "submit"
    occurred_at: datetime | None = None
    #: (scope, key, hash of the request)
    idempotency: tuple[str, str, str] | None = None
    #: chosen by the caller only where the same input must give the same id (demo)
    stream: UUID | None = None
    #: names that whoever writes it down says are to be taken out of the texts
    hide: tuple[str, ...] = ()


@dataclass(slots=True)
class Order:
    """One act on one matter."""

    act: str
    inputs: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, str | Files] = field(default_factory=dict)
    contact: dict[str, str] | None = None
    #: key of the request that the act is about
    target: str | None = None
    #: number of entries the person had seen; None: whatever stands now (system, imports)
    seen: int | None = None
    #: when it happened, aware; None: now
    occurred_at: datetime | None = None
    idempotency: tuple[str, str, str] | None = None
    #: names that whoever writes it down says are to be taken out of the texts
    hide: tuple[str, ...] = ()


@dataclass(slots=True, frozen=True)
class Promise:
    """A clock that runs: what is due, when, and by what rule."""

    clock: str
    due_at: datetime
    last_date: str | None
    provisional: bool
    source: str


@dataclass(slots=True)
class Written:
    """What was committed."""

    stream: UUID
    number: str
    n: int
    state: State
    #: numbers of the first and last new entry of this matter
    first: int
    promised: tuple[Promise, ...]
    #: key under the pack's notices that this act sends, if any
    notice: str | None = None
    #: True: the same request had been done before and this is its result
    replayed: bool = False

    @property
    def secret(self) -> str:
        """The resident's secret; derived, so a retry returns the same."""
        return secret_of(settings.HUAJIE_KEYS["number"], self.stream)

    @property
    def secrets(self) -> list[str]:
        """The first secret of each who brought it; one that was given anew since stands here as it was and is dead."""
        key = settings.HUAJIE_KEYS["number"]
        return [secret_of(key, self.stream, who) for who in range(1, self.state.participants + 1)]


@dataclass(slots=True)
class Tip:
    """One matter while it is being written."""

    stream: UUID
    number: str
    case_ref: bytes
    pack: Pack
    #: entries in the database; 0: a new matter
    base: int
    n: int
    head: bytes | None
    #: moment of the newest entry: recording never goes backwards
    changed_at: datetime
    before: Rows | None
    state: State | None
    #: of a sealed matter or a minor's file: the state as its entries give it, with marks where facts are, and the
    #: facts by entry and place; None: the same as `state`
    folded: State | None = None
    known: Known = field(default_factory=dict)
    data_key: bytes | None = None
    #: the data key as the vault keeps it; None: the matter has none yet
    wrapped: bytes | None = None
    #: entry and box of the newest contact; None: nobody left one, or it was erased
    contact: tuple[int, bytes] | None = None
    #: that box, and what was in it when it was opened last: a batch asks at each act
    reach: tuple[bytes, dict[str, str]] | None = field(default=None, repr=False)
    notice: str | None = None


#: what a caller of Batch keeps
Handle = Tip


@dataclass(slots=True)
class _Pending:
    """Rows that wait for one commit."""

    entries: list[Entry] = field(default_factory=list)
    #: stream and n of entries of which their resident wants to be told
    news: list[tuple[UUID, int]] = field(default_factory=list)
    texts: list[tuple[Any, ...]] = field(default_factory=list)
    #: stream and name of what is erased
    erasures: list[tuple[UUID, str]] = field(default_factory=list)
    #: stream, entry and name of versions that newer ones stand for
    replaced: list[tuple[UUID, int, str]] = field(default_factory=list)
    #: stream and name of what was taken out of texts that stay, erased with who it was
    unmasked: list[tuple[UUID, str]] = field(default_factory=list)
    #: keys of matters whose every sealed part is erased
    lost_keys: list[tuple[UUID]] = field(default_factory=list)
    #: stream, n, seed and the texts that stay, of entries that brought an erased text
    reseeded: list[tuple[UUID, int, bytes, tuple[str, ...]]] = field(default_factory=list)
    #: stream, n and the openings that stay, of entries from which something was erased before
    narrowed: list[tuple[UUID, int, dict[str, str]]] = field(default_factory=list)
    keys: list[tuple[Any, ...]] = field(default_factory=list)
    secrets: list[tuple[Any, ...]] = field(default_factory=list)
    files: list[tuple[Any, ...]] = field(default_factory=list)
    #: addresses of files whose bytes an erasure takes off the disk
    gone: list[tuple[str, datetime]] = field(default_factory=list)
    idempotency: list[tuple[Any, ...]] = field(default_factory=list)
    tips: dict[UUID, Tip] = field(default_factory=dict)
    #: packs and calendars that the ledger may not hold yet, by hash: (kind, document, moment)
    documents: dict[str, tuple[str, Any, datetime]] = field(default_factory=dict)


#: hashes of packs and calendars that the ledger is known to hold, by database
_kept: dict[str, set[str]] = {}
#: seconds for which a snapshot is used without a look: the write checks its version anyway
SNAPSHOT_AGE = 5.0


#: where a file's address stands in its row
_ADDRESS = tuple(attachments.FILES.columns).index("address")

_LISTS = tuple(
    (
        "entries news texts erasures replaced unmasked lost_keys reseeded narrowed keys secrets files gone idempotency"
    ).split()
)
_TIP_FIELDS = ("n", "head", "changed_at", "state", "folded", "known", "data_key", "contact", "notice")


@dataclass(slots=True)
class _Mark:
    """Where a work stood before one act, so that a refusal half way leaves nothing behind."""

    lengths: tuple[int, ...]
    tips: list[tuple[Tip, tuple[Any, ...], bool]] = field(default_factory=list)

    @classmethod
    def of(cls, pending: _Pending) -> "_Mark":
        return cls(tuple(len(getattr(pending, name)) for name in _LISTS))

    def touch(self, tip: Tip, pending: _Pending) -> None:
        self.tips.append((tip, tuple(getattr(tip, name) for name in _TIP_FIELDS), tip.stream in pending.tips))

    def restore(self, pending: _Pending) -> None:
        for name, length in zip(_LISTS, self.lengths, strict=True):
            del getattr(pending, name)[length:]
        for tip, values, known in reversed(self.tips):
            for name, value in zip(_TIP_FIELDS, values, strict=True):
                setattr(tip, name, value)
            if not known:
                pending.tips.pop(tip.stream, None)


class Work:
    """Decides, seals and collects; `commit` writes everything that was collected or nothing."""

    def __init__(self, using: str, jurisdiction: Jurisdiction, random: Randomness | None = None) -> None:
        self.using = using
        self.jurisdiction = jurisdiction
        self.random = random or drawn()
        self.calendar_version, self.calendars = force.calendars(using=using, max_age=SNAPSHOT_AGE)
        self.pending = _Pending()
        self._mark: _Mark | None = None
        self._record_key = settings.HUAJIE_KEYS["record"]
        self._number_key = settings.HUAJIE_KEYS["number"]
        self._public_numbers = settings.HUAJIE_PUBLIC_NUMBERS

    # deciding

    def open(
        self,
        submission: Submission,
        *,
        actor: Actor,
        now: datetime,
        parent: Mapping[str, Any] | None = None,
        owner: str | None = None,
    ) -> Tip:
        """
        Decide a new matter.

        Raises:
            UnknownPack: no such pack.
            Refused: everything that is missing.
        """
        try:
            pack = current(submission.pack)
        except PackMissing as error:
            raise UnknownPack(submission.pack) from error
        stream = submission.stream or uuid7(now, self.random(10))
        tip = Tip(
            stream=stream,
            number=number_of(self._number_key, stream),
            case_ref=self.random(16),
            pack=pack,
            base=0,
            n=0,
            head=None,
            changed_at=now,
            before=None,
            state=None,
        )
        texts: dict[str, Any] = dict(submission.texts)
        if submission.contact:
            texts["contact"] = submission.contact
        if submission.point is not None:
            # packs name the field of a place as they like; a form without one leaves the point unkept
            opening = pack.acts.get(submission.act)
            place = next((one.name for one in opening.fields if one.type == "point"), None) if opening else None
            if place is not None:
                texts[place] = submission.point
        counter = {
            "participant_contacts": submission.participants if any(submission.participants) else None,
            "spokespersons": submission.spokespersons,
            "agent": submission.agent,
        }
        texts |= {name: value for name, value in counter.items() if value}
        received_at = submission.received_at or now
        inputs = {
            **submission.inputs,
            # an empty one is unknown, not one of that name
            "topic": submission.topic or None,
            "region": submission.region or None,
            "mode": submission.mode,
            "channel": submission.channel,
            "received_at": loading.stamp(received_at),
        }
        if submission.participants:
            inputs["participants"] = 1 + len(submission.participants)
        if actor.kind == "seat":
            gap = self._gap(pack, submission.region, received_at, now)
            if gap > GAP_WORKDAYS:
                inputs["gap_workdays"] = gap
        standing = opening_relations(actor, parent)
        self._run(
            tip,
            Command(
                act=submission.act,
                actor=actor,
                relations=standing,
                inputs=inputs,
                texts=frozenset(texts),
                occurred_at=submission.occurred_at or (received_at if submission.act == "submit" else now),
                owner=owner,
                parent=parent,
                stream=stream.hex,
            ),
            texts,
            submission.hide,
            now=now,
        )
        return tip

    def _gap(self, pack: Pack, region: str, received_at: datetime, now: datetime) -> int:
        """Return how many working days of the region lie between coming in and being written down."""
        if now - received_at <= timedelta(days=1):
            return 0
        calendar = force.calendar_for(pack.calendar, region or None, self.jurisdiction, self.calendars)
        return gap_workdays(received_at, now, calendar)

    def act(self, tip: Tip, order: Order, *, actor: Actor, now: datetime) -> Tip:
        """
        Decide one act on a matter that was loaded or opened in this work.

        Raises:
            Denied: core/access says no.
            Refused: everything that is missing.
        """
        assert tip.state is not None
        view = view_of(tip.state, tip.stream.hex)
        standing = relations(actor, view)
        if actor.kind not in ("system", "import") and not may("act", tip.state.sensitivity, standing):
            raise Denied("act")
        texts: dict[str, Any] = dict(order.texts)
        if order.contact:
            texts["contact"] = order.contact
        self._run(
            tip,
            Command(
                act=order.act,
                actor=actor,
                relations=standing,
                inputs=order.inputs,
                texts=frozenset(texts),
                occurred_at=order.occurred_at or now,
                target=order.target,
                stream=tip.stream.hex,
            ),
            texts,
            order.hide,
            now=now,
        )
        return tip

    def _run(
        self, tip: Tip, command: Command, texts: Mapping[str, Any], hide: tuple[str, ...] = (), *, now: datetime
    ) -> Decision:
        """Decide and seal; if anything in it is refused, a child or a parent included, nothing of it stays."""
        mark = self._mark
        outermost = mark is None
        if mark is None:
            mark = self._mark = _Mark.of(self.pending)
        mark.touch(tip, self.pending)
        try:
            return self._decide_and_seal(tip, command, texts, hide, now=max(now, tip.changed_at))
        except BaseException:
            if outermost:
                mark.restore(self.pending)
            raise
        finally:
            if outermost:
                self._mark = None

    def _decide_and_seal(
        self, tip: Tip, command: Command, texts: Mapping[str, Any], hide: tuple[str, ...], *, now: datetime
    ) -> Decision:
        region = tip.state.region if tip.state is not None else command.inputs.get("region")
        calendar = force.calendar_for(tip.pack.calendar, region, self.jurisdiction, self.calendars)
        # ids of children are made here because the engine makes nothing up
        children = tuple(uuid7(now, self.random(10)) for _ in range(tip.pack.children_opened_by(command.act)))
        if children:
            command = replace(command, children=tuple(child.hex for child in children))
        kept, waiting = _kept.setdefault(self.using, set()), self.pending.documents
        if tip.pack.hash not in kept and tip.pack.hash not in waiting:
            waiting[tip.pack.hash] = ("pack", tip.pack.document, now)
        if calendar.hash not in kept and calendar.hash not in waiting:
            waiting[calendar.hash] = ("calendar", force.calendar_bytes(calendar), now)
        act = tip.pack.acts.get(command.act)
        drafts = _drafts_of(tip.pack, act)
        letters = act is not None and command.actor.kind == "seat" and any("{" in str(texts.get(n)) for n in act.told)
        command = _with_templates(command, drafts)
        try:
            decision = decide(tip.pack, tip.state, command, jurisdiction=self.jurisdiction, calendar=calendar, now=now)
        except Refused as error:
            if act is None or tip.state is None or not (drafts or letters):
                raise
            unmet = self._written(tip, act, drafts, tip.state, command, texts, calendar)[1]
            known = {item.path for item in error.unmet}
            raise Refused([*error.unmet, *(one for one in unmet if _is_news(one, known, tip.pack))]) from None
        if act is not None and (drafts or letters):
            texts, unmet = self._written(tip, act, drafts, decision.state, command, texts, calendar)
            if unmet:
                raise Refused(unmet)
        leads = decision.state.part_of
        if leads is not None and (tip.state is None or tip.state.part_of != leads):
            self._can_be_part(tip, leads)
        # What goes on to another matter is taken out of its texts there: its vault holds whose it is.
        given = texts
        texts, taken_out = self._take_out(tip, decision, texts, hide)
        self._seal(tip, decision, command, texts, taken_out, calendar_hash=calendar.hash, now=now)
        tip.state = decision.state if tip.folded is None else open_state(tip.folded, tip.known)
        tip.notice = decision.notice
        self.pending.tips[tip.stream] = tip
        for order in decision.opens:
            self._open_child(tip, order, given, now=now)
        for signal in decision.signals:
            self._tell_parent(tip, signal, given, hide, now=now)
        return decision

    def _can_be_part(self, tip: Tip, leads: str) -> None:
        """Refuse what would make a chain: whoever leads a problem is a part of none, and parts hang on its leader."""
        leader = self.pending.tips.get(UUID(leads)) or loading.load(UUID(leads), using=self.using)
        chained = leader is None or leader.state is None or leader.state.part_of is not None
        if chained or loading.parts_of(tip.stream, limit=1, using=self.using):
            raise Refused([Unmet("part-unfit", "part", words("part-chain"), None, {"stream": leads})])

    def _command(self, tip: Tip, order: Order, actor: Actor, now: datetime) -> Command:
        assert tip.state is not None
        return Command(
            act=order.act,
            actor=actor,
            relations=relations(actor, view_of(tip.state, tip.stream.hex)),
            inputs=order.inputs,
            texts=frozenset(order.texts),
            occurred_at=order.occurred_at or now,
            target=order.target,
            stream=tip.stream.hex,
        )

    def _would_be(self, tip: Tip, command: Command, calendar: Calendar, now: datetime) -> State | None:
        """Return the matter as it would stand; None where the act could not be done. Nothing is written."""
        assert tip.state is not None
        try:
            return decide(
                tip.pack,
                tip.state,
                _with_templates(command, _drafts_of(tip.pack, tip.pack.acts.get(command.act))),
                jurisdiction=self.jurisdiction,
                calendar=calendar,
                now=max(now, tip.changed_at),
            ).state
        except (Refused, ValueError):
            return None

    def preview(self, tip: Tip, order: Order, *, actor: Actor, now: datetime) -> dict[str, tuple[str, tuple[str, ...]]]:
        """
        Return the words of each document that an act would draft, and what could not be filled in; nothing is written.

        As far as the act could be done its new dates are in it; else it is filled from the matter as it stands.
        """
        assert tip.state is not None
        command = self._command(tip, order, actor, now)
        calendar = force.calendar_for(tip.pack.calendar, tip.state.region, self.jurisdiction, self.calendars)
        state = self._would_be(tip, command, calendar, now) or tip.state
        return {
            one.name: self._sheet(tip, one.language, one.text, state, command, order.texts, calendar).write(
                one.template
            )
            for one in _drafts_of(tip.pack, tip.pack.acts[order.act])
        }

    def told(
        self, tip: Tip, order: Order, texts: Mapping[str, str], language: str, *, actor: Actor, now: datetime
    ) -> Sheet:
        """
        Return what everything that an act tells the resident is filled from; nothing is written.

        Args:
            texts: the newest words of the matter by name, where the act itself brings none.
        """
        assert tip.state is not None
        command = self._command(tip, order, actor, now)
        calendar = force.calendar_for(tip.pack.calendar, tip.state.region, self.jurisdiction, self.calendars)
        state = self._would_be(tip, command, calendar, now) or tip.state
        return self._sheet(tip, language, "", state, command, {**texts, **order.texts}, calendar)

    def foresee(self, tip: Tip, order: Order, *, actor: Actor, now: datetime) -> State | None:
        """Return the matter as it would stand after an act; None where it could not be done. Nothing is written."""
        assert tip.state is not None
        calendar = force.calendar_for(tip.pack.calendar, tip.state.region, self.jurisdiction, self.calendars)
        return self._would_be(tip, self._command(tip, order, actor, now), calendar, now)

    def _sheet(
        self,
        tip: Tip,
        language: str,
        own: str,
        state: State,
        command: Command,
        texts: Mapping[str, Any],
        calendar: Calendar,
    ) -> Sheet:
        return Sheet(
            pack=tip.pack,
            language=language,
            own=own,
            state=state,
            inputs=command.inputs,
            texts=texts,
            number=shown(tip.number),
            jurisdiction=self.jurisdiction,
            calendar=calendar,
            occurred=command.occurred_at,
        )

    def _written(
        self,
        tip: Tip,
        act: Act,
        drafts: Sequence[DocumentSpec],
        state: State,
        command: Command,
        texts: Mapping[str, Any],
        calendar: Calendar,
    ) -> tuple[dict[str, Any], list[Unmet]]:
        """
        Return the texts with those filled in that leave the office, and everything that can't be filled.

        They are the words of each drafted document, and whatever a notice tells the resident. In a document anything in
        braces is meant as a placeholder; in a letter what could be one.
        """
        written, unmet = dict(texts), []
        for spec in drafts:
            sheet = self._sheet(tip, spec.language, spec.text, state, command, texts, calendar)
            written[spec.text], left = sheet.write(spec.template)
            unmet += unfilled(act, spec.text, left, title=spec.title, source=spec.source)
            unmet += check_texts(act, {spec.text: written[spec.text]})
        for name in act.told if command.actor.kind == "seat" else ():
            typed = texts.get(name)
            if isinstance(typed, str) and "{" in typed and not any(spec.text == name for spec in drafts):
                sheet = self._sheet(tip, language_of(typed), name, state, command, texts, calendar)
                written[name], left = sheet.write()
                meant = [word for word in left if is_placeholder(word)]
                unmet += unfilled(act, name, meant, title=act.title, source=act.source)
                unmet += check_texts(act, {name: written[name]})
        return written, unmet

    def _open_child(self, tip: Tip, order: ChildOrder, texts: Mapping[str, Any], *, now: datetime) -> None:
        state = tip.state
        assert state is not None
        self.open(
            Submission(
                pack=order.pack,
                topic=state.topic,
                region=state.region,
                mode=state.mode,
                channel=state.channel,
                received_at=now,
                inputs=dict(order.inputs),
                texts={name: texts[name] for name in order.texts},
                stream=UUID(order.stream),
            ),
            actor=SYSTEM,
            now=now,
            parent={
                "stream": tip.stream.hex,
                "key": order.key,
                "unit": state.unit,
                "concerned": list(order.concerned),
                "recused": list(order.recused),
                **({"seat": order.seat} if order.seat is not None else {}),
                **({"below": list(order.below)} if order.below else {}),
                **({"sensitivity": order.sensitivity} if order.sensitivity is not None else {}),
            },
            owner=order.unit,
        )

    def _tell_parent(
        self, tip: Tip, signal: Signal, texts: Mapping[str, Any], hide: tuple[str, ...], *, now: datetime
    ) -> None:
        assert tip.state is not None and tip.state.parent is not None
        parent_stream = UUID(tip.state.parent["stream"])
        parent = self.pending.tips.get(parent_stream) or loading.load(parent_stream, using=self.using)
        if parent is None:
            raise UnknownMatter(str(parent_stream))
        self._run(
            parent,
            Command(
                act="@signal",
                actor=SYSTEM,
                relations=frozenset({"system"}),
                inputs={
                    "signal": signal.name,
                    "outcome": signal.outcome,
                    "ended": signal.ended,
                    **({"date": signal.date} if signal.date is not None else {}),
                },
                texts=frozenset(signal.carry),
                occurred_at=now,
                target=tip.state.parent["key"],
                stream=parent.stream.hex,
            ),
            {name: texts[name] for name in signal.carry},
            hide,
            now=now,
        )

    # masking

    def _take_out(
        self, tip: Tip, decision: Decision, texts: Mapping[str, Any], hide: tuple[str, ...]
    ) -> tuple[Mapping[str, Any], Mapping[str, bytes]]:
        """
        Take out of the texts whatever tells who somebody is, before anything is committed or indexed.

        Nothing decided depends on it: a decision sees that a text is there, never the text. Last of all, so that what
        a template filled in goes the same way.
        """
        if not texts:
            return texts, {}
        kept, boxes, commitments = self._mask(tip, texts, hide)
        if commitments:
            first = decision.entries[0]
            first.input = {**first.input, "@masked": commitments}
        return kept, boxes

    def _mask(
        self, tip: Tip, texts: Mapping[str, Any], hide: tuple[str, ...]
    ) -> tuple[dict[str, Any], dict[str, bytes], dict[str, str]]:
        """
        Return what stays of the texts and what the vault gets.

        Returns:
            The texts as they are kept; by name what the vault keeps instead; by name the commitment to it.
        """
        # the contact, and at a counter those of the others, of spokespersons and of whoever spoke for them
        people = [one for value in texts.values() for one in (value if isinstance(value, list) else [value])]
        contacts = [one for one in people if isinstance(one, dict) and "sha256" not in one]
        if any(isinstance(value, str) for value in texts.values()):
            contacts += self._contacts(tip)
        known = known_of(None, hide) if hide else ()
        for contact in contacts:
            known += known_of(contact)
        # one number in a thousand begins as an account of a messenger does; our letters name it
        own = (tip.number, shown(tip.number))
        kept = dict(texts)
        boxes: dict[str, bytes] = {}
        commitments: dict[str, str] = {}
        for name, value in texts.items():
            if not isinstance(value, str):
                continue
            if name == "external_number":
                # the number of a problem stays as it is, so that it is found whole; one of a person never gets in
                if is_of_a_person(value):
                    raise Refused([Unmet("field-invalid", f"texts.{name}", words("of-a-person"))])
                continue
            found = mask(value, known, self._public_numbers, own)
            if found.spans:
                kept[name] = found.text
                boxes[name], commitments[name] = vault.masked_box(name, found.spans, self.random)
        return kept, boxes, commitments

    def _contacts(self, tip: Tip) -> list[dict[str, str]]:
        """
        Return everybody whom the vault holds of this matter.

        The newest contact came along with the matter; only where there are others the vault is asked once more.
        """
        others = [name for name in PEOPLE if tip.state is not None and name in tip.state.texts]
        key = self._key_of(tip) if others or tip.contact is not None else None
        if key is None:
            return []
        found: list[dict[str, str]] = []
        if tip.contact is not None:
            found += [loading.contact_of(tip) or {}]
            # one that did not come with the matter may have put another right, which the vault holds still
            if tip.contact[0] > 1:
                others.append("contact")
        if others and tip.base:
            found += loading.people_of(tip, key, others, using=self.using)
        elif others:
            for stream, n, name, box in self.pending.secrets:
                if stream == tip.stream and name in others:
                    found += loading.people_in(vault.unseal(key, stream, n, name, box))
        return found

    def _key_of(self, tip: Tip) -> bytes | None:
        if tip.data_key is None:
            tip.data_key = loading.data_key(tip)
        return tip.data_key

    # sealing

    def _seal(
        self,
        tip: Tip,
        decision: Decision,
        command: Command,
        texts: Mapping[str, Any],
        taken_out: Mapping[str, bytes],
        *,
        calendar_hash: str,
        now: datetime,
    ) -> None:
        pending = self.pending
        sealed_pack = decision.state.sensitivity == "sealed"
        # the texts of a minor's file lie in the vault too; what its leaves show is as of any other
        sealed_texts = decision.state.sensitivity != "ordinary"
        actor = actor_document(command.actor)
        drafts = list(decision.entries)
        values = {name: committed_bytes(value) for name, value in texts.items()}
        for name in values:
            if sealed_texts or tip.pack.texts.get(name) == "contact":
                values[name] = vault.salted(values[name], self.random)
        facts: dict[str, Any] = {}
        if sealed_texts:
            drafts[0], facts = seal_facts(tip.pack, drafts[0], tip.n + 1)
            if facts:
                values[FACTS] = box_of(facts, self.random(32))
        made = [
            LedgerDraft(
                kind=draft.kind,
                public_kind=draft.public_kind,
                act=draft.act,
                actor=actor,
                occurred_at=command.occurred_at,
                input=draft.input,
                texts=tuple((name, values[name]) for name in draft.texts),
                effects=draft.effects,
                pack=decision.state.pack,
                calendar=calendar_hash,
                jurisdiction=self.jurisdiction.version,
                clock=draft.clock,
                due_at=as_moment(draft.due) if draft.due else None,
                sealed=sealed_pack,
            )
            for draft in drafts
        ]
        entries = seal_entries(
            made,
            stream=tip.stream,
            case_ref=tip.case_ref,
            n=tip.n + 1,
            prev=tip.head,
            at=now,
            seeds=[self.random(32) for _ in made],
        )
        pending.entries.extend(entries)
        lost = any(
            effect["e"] == "erased" and not tip.pack.contact_fields.isdisjoint(effect["texts"])
            for effect in drafts[0].effects
        )
        for draft, entry in zip(drafts, entries, strict=True):
            for name in draft.texts:
                if name == FACTS:
                    self._keep_facts(tip, draft, entry.n, facts, values[FACTS])
                    continue
                self._keep_text(tip, entry.n, name, texts[name], values[name], sealed_texts)
                # what goes out of the text of an erasure itself goes with everything that was taken out before
                if name in taken_out and not lost:
                    self._keep_secret(tip, entry.n, name + vault.MASKED, taken_out[name])
            for effect in draft.effects:
                if effect["e"] == "erased":
                    self._erase(tip, frozenset(effect["texts"]), now)
                elif effect["e"] == "replaced":
                    self._replace(tip, effect["texts"])
        if sealed_texts:
            folded = tip.folded or tip.state
            for entry in entries:
                folded = fold(folded, json.loads(entry.body))
            tip.folded = folded
        last = entries[-1]
        tip.n, tip.head, tip.changed_at = last.n, last.leaf_hash, now
        if _tells(decision, command) and self._wants_news(tip):
            pending.news.append((tip.stream, entries[0].n))

    def _wants_news(self, tip: Tip) -> bool:
        """Return whether whoever brought the matter asked to be told, and left a way."""
        if tip.contact is None:
            return False
        try:
            contact = loading.contact_of(tip)
        except vault.Unreadable:
            # whoever prepares the message meets the same, and it is seen there; the act itself needs no contact
            return True
        return contact is not None and NEWS in contact

    def _keep_facts(self, tip: Tip, draft: Draft, n: int, facts: Mapping[str, Any], box: bytes) -> None:
        """Keep the facts of a sealed entry, unless this very entry erases those of the matter."""
        if not any(effect["e"] == "erased" and FACTS in effect["texts"] for effect in draft.effects):
            tip.known = {**tip.known, n: facts}
            self._keep_secret(tip, n, FACTS, box)

    def _erase(self, tip: Tip, names: frozenset[str], now: datetime) -> None:
        """Let the texts go, and with them every opening that could still prove what they said, and files whole."""
        pending = self.pending
        kinds = {name: tip.pack.texts.get(name) for name in (tip.state.texts if tip.state is not None else ())}
        files = {name for name, kind in kinds.items() if kind == "file"}
        if tip.base and not names.isdisjoint(files):
            addresses = attachments.addresses_of(tip.stream, names, using=self.using)
            pending.gone.extend((address, now) for address in addresses)
        pending.erasures.extend((tip.stream, name) for name in sorted(names))
        if FACTS in names:
            tip.known = {}
        if not names.isdisjoint(tip.pack.contact_fields) and tip.state is not None:
            # Whose it is that was taken out of the texts nobody can tell: who somebody was goes as a whole.
            pending.unmasked.extend((tip.stream, name + vault.MASKED) for name in kinds if name not in names)
            # The key itself stays as long as a file is read with it, or a text that lies in the vault.
            if files <= names and tip.state.sensitivity == "ordinary":
                pending.lost_keys.append((tip.stream,))
            tip.contact = None
        kept = ledger_queries.openings_of(tip.stream, using=self.using) if tip.base else {}
        for body in ledger_queries.bodies_since(tip.stream, 0, using=self.using) if tip.base else ():
            brought = [name for name, _ in body["texts"]]
            if not names.isdisjoint(brought):
                self._narrow(tip, body["n"], kept.get(body["n"]), names, brought)

    def _replace(self, tip: Tip, versions: Mapping[str, int]) -> None:
        """Let the versions go that newer ones of this very entry stand for: by name the entry that brought each."""
        by_entry: dict[int, set[str]] = {}
        for name, n in versions.items():
            by_entry.setdefault(n, set()).add(name)
        kept = ledger_queries.openings_of(tip.stream, using=self.using)
        bodies = {body["n"]: body for body in ledger_queries.bodies_since(tip.stream, 0, using=self.using)}
        for n, names in sorted(by_entry.items()):
            self.pending.replaced.extend((tip.stream, n, name) for name in sorted(names))
            brought = [name for name, _ in bodies[n]["texts"]]
            self._narrow(tip, n, kept.get(n), frozenset(names), brought)

    def _narrow(
        self, tip: Tip, n: int, opening: ledger_queries.Kept | None, names: frozenset[str], brought: Sequence[str]
    ) -> None:
        """Take away what could still prove what these texts of an entry said."""
        if opening is None:
            return
        if opening.seed is None:
            # some went before: what is left stands there opened one by one, and these go too
            left = {name: value.hex() for name, value in (opening.openings or {}).items() if name not in names}
            self.pending.narrowed.append((tip.stream, n, left))
            return
        stay = tuple(name for name in brought if name not in names)
        self.pending.reseeded.append((tip.stream, n, opening.seed, stay))

    def _keep_text(self, tip: Tip, n: int, name: str, value: Any, raw: bytes, sealed: bool) -> None:
        kind = tip.pack.texts.get(name)
        if isinstance(value, Files):
            data_key = self._sure_key(tip)
            self.pending.files.extend(
                attachments.row_of(one, matter=tip.stream, n=n, name=name, data_key=data_key, random=self.random)
                for one in value.uploads
            )
        if kind == "contact" or sealed:
            box = self._keep_secret(tip, n, name, raw)
            if name in tip.pack.contact_fields:
                # of the one who brought it; those of others at a counter are kept beside it
                tip.contact = (n, box)
        elif kind in ("point", "file"):
            self.pending.texts.append((tip.stream, n, name, raw.decode(), ""))
        else:
            self.pending.texts.append((tip.stream, n, name, value, grams(value)))

    def _sure_key(self, tip: Tip) -> bytes:
        """Return the matter's own key, making it where it has none yet."""
        key = self._key_of(tip)
        if key is None:
            key, row = vault.new_key(tip.stream, self.random)
            tip.data_key = key
            self.pending.keys.append(row)
        return key

    def _keep_secret(self, tip: Tip, n: int, name: str, raw: bytes) -> bytes:
        row = vault.seal(self._sure_key(tip), tip.stream, n, name, raw, self.random)
        self.pending.secrets.append(row)
        box: bytes = row[3]  # type: ignore[assignment]
        return box

    def _wrapped_anew(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        key = self.pending.tips[row[0]].data_key
        return vault.wrap(row[0], key, self.random) if key is not None else row

    # committing

    def commit(self) -> int:
        """
        Write everything that was collected, or nothing.

        Returns:
            How many entries were committed.
        Raises:
            Conflict: a matter or the jurisdiction changed meanwhile; nothing was written.
            Replayed: an idempotency key was used before.
        """
        pending = self.pending
        if not pending.entries:
            return 0
        # A batch may have waited while the vault key was changed: nothing new goes under the old one.
        pending.keys = [row if vault.in_force(row) else self._wrapped_anew(row) for row in pending.keys]
        written: dict[UUID, Rows] = {}
        changes = Changes()
        add_entries(changes, pending.entries, random=self.random, news=frozenset(pending.news))
        new: list[tuple[Any, ...]] = []
        swapped: list[tuple[Any, ...]] = []
        fresh, up, down = _by_table(), _by_table(), _by_table()
        openings: list[tuple[Any, ...]] = []
        for tip in pending.tips.values():
            assert tip.state is not None and tip.head is not None
            rows = project(tip.state)
            row = matter_row(tip, rows, head_mac(self._record_key, tip.stream, tip.n, tip.head))
            stream = tip.stream
            written[stream] = rows
            # an opening is never taken back: there are only new ones
            done = tip.before.opening if tip.before is not None else {}
            openings.extend((stream, n, *row) for n, row in rows.opening.items() if n not in done)
            if tip.before is None:
                new.append(row)
                fresh[PARTY.name].extend((stream, *place, *value) for place, value in rows.party.items())
                fresh[CLOCK.name].extend((stream, name, *value) for name, value in rows.clock.items())
                fresh[TIMER.name].extend((stream, name, *value) for name, value in rows.timer.items())
            else:
                swapped.append((*row, tip.base))
                before = tip.before
                old, new_party = dict(before.party), dict(rows.party)
                _move_lead(changes, stream, old, new_party)
                _difference(up[PARTY.name], down[PARTY.name], stream, old, new_party)
                _difference(up[CLOCK.name], down[CLOCK.name], stream, before.clock, rows.clock)
                _difference(up[TIMER.name], down[TIMER.name], stream, before.timer, rows.timer)
        fresh |= {MATTER.name: new, TEXT.name: pending.texts, IDEMPOTENCY.name: pending.idempotency}
        fresh[OPENING.name] = openings
        fresh |= {vault.KEYS.name: pending.keys, vault.SECRETS.name: pending.secrets}
        fresh |= {attachments.FILES.name: pending.files}
        for name, found in fresh.items():
            if found:
                changes.insert(name, found)
        for name, found in up.items():
            if found:
                changes.upsert(name, found)
        # the key of the lens begins with the unit, the rows here with the matter
        if down[PARTY.name]:
            changes.delete(PARTY, down[PARTY.name], ("matter", "unit", "relation"))
        for table in (CLOCK, TIMER):
            if down[table.name]:
                changes.delete(table, down[table.name])
        if pending.erasures:
            changes.delete(TEXT, pending.erasures, ("matter", "name"))
            boxes = [(stream, name + part) for stream, name in pending.erasures for part in ("", vault.MASKED)]
            boxes += pending.unmasked
            changes.delete(vault.SECRETS, boxes, ("matter", "name"))
            changes.delete(attachments.FILES, pending.erasures, ("matter", "name"))
        if pending.replaced:
            place = ("matter", "n", "name")
            changes.delete(TEXT, pending.replaced, place)
            boxes = [(stream, n, name + part) for stream, n, name in pending.replaced for part in ("", vault.MASKED)]
            changes.delete(vault.SECRETS, boxes, place)
        if pending.gone:
            changes.ensure(attachments.GONE, pending.gone)
        if pending.lost_keys:
            changes.delete(vault.KEYS, pending.lost_keys)
            changes.delete(vault.SECRETS, pending.lost_keys, ("matter",))
        for stream, n, seed, stay in pending.reseeded:
            erase_openings(changes, stream, n, seed=seed, keep=stay)
        for stream, n, left in pending.narrowed:
            narrow_openings(changes, stream, n, left=left)
        for kind, document, at in pending.documents.values():
            add_document(changes, kind, document, at=at)
        guards = [
            version_guard("jurisdiction_head", self.jurisdiction.version),
            force.head_guard(self.calendar_version),
        ]
        if swapped:
            guards.append(swap_guard(MATTER, swapped))
        commit_changes(changes, guards, using=self.using)
        if pending.files:
            store.settle(row[_ADDRESS] for row in pending.files)
        count = len(pending.entries)
        _kept.setdefault(self.using, set()).update(pending.documents)
        for tip in pending.tips.values():
            tip.base = tip.n
            tip.before = written[tip.stream]
        for (stream,) in pending.lost_keys:
            pending.tips[stream].data_key = pending.tips[stream].wrapped = None
        self.pending = _Pending()
        return count


def _move_lead(
    changes: Changes, stream: UUID, old: dict[Any, tuple[Any, ...]], new: dict[Any, tuple[Any, ...]]
) -> None:
    """
    Give the one lead row its new unit in place.

    Taking one away and adding another would, inside a single statement, meet the rule that there is only one.
    """
    was = next(place for place in old if place[1] == "lead")
    now = next(place for place in new if place[1] == "lead")
    if was != now:
        values = dict(zip(("seat", "sensitivity", "open", "due_at"), new.pop(now), strict=True))
        del old[was]
        changes.update(PARTY, {"unit": was[0], "relation": "lead", "matter": stream}, {"unit": now[0], **values})


def _by_table() -> dict[str, list[tuple[Any, ...]]]:
    return {PARTY.name: [], CLOCK.name: [], TIMER.name: []}


def _difference(
    up: list[tuple[Any, ...]],
    down: list[tuple[Any, ...]],
    stream: UUID,
    before: Mapping[Any, tuple[Any, ...]],
    after: Mapping[Any, tuple[Any, ...]],
) -> None:
    """Turn the rows of one matter in one table into those of its new state, naming only what differs."""
    for place, value in after.items():
        if before.get(place) != value:
            up.append((stream, *place, *value) if isinstance(place, tuple) else (stream, place, *value))
    down.extend(
        (stream, *place) if isinstance(place, tuple) else (stream, place) for place in before if place not in after
    )


#: where the columns that follow from entries stand between those that follow from the state
_STAGE, _DUE_AT = STATE_COLUMNS.index("stage"), STATE_COLUMNS.index("due_at")
assert tuple(MATTER.columns) == (
    *("id", "number", "case_ref", *STATE_COLUMNS[:_STAGE], "head", "head_mac", "state"),
    *(*STATE_COLUMNS[_STAGE:_DUE_AT], "changed_at", *STATE_COLUMNS[_DUE_AT:]),
)


def matter_row(tip: Tip, rows: Rows, mac: bytes) -> tuple[Any, ...]:
    """Return the matter's own row in the order of the table's columns."""
    assert tip.state is not None
    found = rows.matter
    return (
        tip.stream,
        tip.number,
        loading.case_text(tip.case_ref),
        *found[:_STAGE],
        tip.head,
        mac,
        respell((tip.folded or tip.state).to_document()).decode(),
        *found[_STAGE:_DUE_AT],
        tip.changed_at,
        *found[_DUE_AT:],
    )


def _tells(decision: Decision, command: Command) -> bool:
    """Return whether an act is news for the resident: what its pack tells them, beginnings, endings and documents."""
    if command.actor.kind == "resident":
        return False
    return decision.notice is not None or any(one["e"] in _TELLING for one in decision.entries[0].effects)


def _drafts_of(pack: Pack, act: Act | None) -> list[DocumentSpec]:
    """Return the documents that an act drafts."""
    return [pack.documents[name] for name, step in act.documents if step == "draft"] if act is not None else []


def _with_templates(command: Command, drafts: Sequence[DocumentSpec]) -> Command:
    """Return the command with the words that templates give: nobody need type them."""
    given = {one.text for one in drafts if one.template is not None}
    return replace(command, texts=command.texts | given) if given else command


def _is_news(unmet: Unmet, known: Collection[str], pack: Pack) -> bool:
    """Return whether a placeholder without a value says more than what is known to be missing already."""
    kind, _, about = str(unmet.values.get("placeholder", "")).partition(":")
    return not (kind == "due" and about in pack.clocks) and f"input.{about}" not in known and unmet.path not in known


def actor_document(actor: Actor) -> dict[str, Any]:
    """Return what an entry says of who acted: a seat, never a name; of a resident only that it was one."""
    if actor.kind != "seat":
        return {"kind": actor.kind, **({"participant": actor.participant} if actor.participant > 1 else {})}
    found = {"kind": "seat", "person": actor.person, "seat": actor.seat, "unit": actor.unit}
    if actor.on_behalf is not None:
        # a secretary acts from the leader's seat: both stand in the record
        found["for"] = actor.on_behalf
    return found


def versions_of(state: State) -> list[int]:
    """Return which version of their secret works for each who brought a matter, in the order of their receipts."""
    return [state.secrets.get(str(who), 1) for who in range(1, state.participants + 1)]


def participant_at(tip: Tip, given: str) -> int | None:
    """Return whose secret of a matter somebody typed, from 1; None where it is nobody's or was replaced."""
    assert tip.state is not None
    return secret_matches(settings.HUAJIE_KEYS["number"], tip.stream, given, versions_of(tip.state))


def opening_relations(actor: Actor, parent: Mapping[str, Any] | None) -> frozenset[str]:
    """Return how whoever opens a matter stands to it; a child is opened by the system for its parent."""
    held = relations(actor)
    return held | {"parent"} if parent is not None else held


def committed_bytes(value: Any) -> bytes:
    """Return the bytes that an entry commits to for a text, a point or a contact."""
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, Files):
        return value.committed()
    if isinstance(value, tuple):
        return canonical([f"{value[0]:.6f}", f"{value[1]:.6f}"])
    return canonical(value)


def promises(tip: Tip) -> tuple[Promise, ...]:
    """Return the running clocks of a matter, soonest first."""
    assert tip.state is not None
    running = [clock for clock in tip.state.clocks.values() if clock.status == "running"]
    return tuple(
        Promise(
            clock.name, as_moment(clock.due_at), clock.last_date, clock.provisional, tip.pack.clocks[clock.name].source
        )
        for clock in sorted(running, key=lambda clock: (clock.due_at, clock.k))
    )


def _written(tip: Tip, first: int, *, replayed: bool = False) -> Written:
    assert tip.state is not None
    return Written(tip.stream, tip.number, tip.n, tip.state, first, promises(tip), tip.notice, replayed)


def submit(submission: Submission, *, actor: Actor, now: datetime, using: str = "default") -> Written:
    """
    Bring a matter in: when this returns, the matter, its first entry and its first running clock are on disk.

    Args:
        submission: what was brought; with an idempotency key a repeat returns the first result.
        actor: who brings it.
        now: aware, UTC: the recording time.
    Raises:
        Refused: everything that is missing, at once.
        UnknownPack, KeyReused: as they say.
    """
    for last in (False, False, True):
        work = Work(using, snapshot(using=using, max_age=SNAPSHOT_AGE))
        tip = work.open(submission, actor=actor, now=now)
        if submission.idempotency is not None:
            work.pending.idempotency.append((*submission.idempotency, tip.stream, tip.n, now))
        try:
            work.commit()
        except Replayed:
            return _replay(submission.idempotency, using)
        except (Conflict, Clash):
            # the jurisdiction moved, or (once in very many) two numbers met: decide again on what stands now
            if last:
                raise
            _look_again(using)
            continue
        return _written(tip, 1)
    raise AssertionError("unreachable")


def _replay(idempotency: tuple[str, str, str] | None, using: str) -> Written:
    if idempotency is None:
        # without a key of its own, an act is a repeat only by bringing a file that another has brought
        raise KeyReused("file")
    scope, request_key, request_hash = idempotency
    found = ledger_queries.idempotent(scope, request_key, using=using)
    if found is None or found.request_hash != request_hash:
        raise KeyReused(request_key)
    tip = loading.load(found.stream, using=using)
    if tip is None:
        raise UnknownMatter(request_key)
    return _written(tip, 1, replayed=True)


def act(
    which: UUID | str,
    order: Order | Callable[[Tip], Order],
    *,
    actor: Actor,
    now: datetime,
    random: Randomness | None = None,
    using: str = "default",
) -> Written:
    """
    Do one act on one matter.

    Args:
        which: stream id, or number.
        order: the act, with `seen` = the number of entries that the person had before them; or a function that makes
            it of the matter, for callers who need its pack to read a form and would load it a second time.
        actor: who acts.
        now: aware, UTC: the recording time.
        random: for a history that is the same each time it is made; otherwise the system's.
    Raises:
        UnknownMatter: no such matter, or none for this actor.
        Changed: somebody acted since; says what they did.
        Denied, Refused, KeyReused: as they say.
    """
    for attempt in range(4):
        tip = loading.load(which, using=using)
        if tip is None:
            raise UnknownMatter(str(which))
        _admit(tip, actor, which)
        asked = order(tip) if callable(order) else order
        if asked.idempotency is not None and ledger_queries.idempotent(*asked.idempotency[:2], using=using) is not None:
            return _replay(asked.idempotency, using)
        if asked.seen is not None and asked.seen != tip.n:
            raise _changed(tip, asked.seen, using)
        base = tip.n
        work = Work(using, snapshot(using=using, max_age=SNAPSHOT_AGE), random)
        work.act(tip, asked, actor=actor, now=now)
        if asked.idempotency is not None:
            work.pending.idempotency.append((*asked.idempotency, tip.stream, tip.n, now))
        try:
            work.commit()
        except Replayed:
            return _replay(asked.idempotency, using)
        except (Conflict, Clash):
            _look_again(using)
            if asked.seen is not None or attempt == 3:
                fresh = loading.load(tip.stream, using=using)
                if fresh is not None and fresh.n != base:
                    raise _changed(fresh, base, using) from None
                if attempt == 3:
                    raise
            continue
        return _written(tip, base + 1)
    raise AssertionError("unreachable")


@dataclass(slots=True, frozen=True)
class Shared:
    """What an act left that was done for every part of a problem."""

    #: of the matter that leads
    leader: Written
    #: of each part, an entry of its own
    parts: tuple[Written, ...]
    #: number of a part -> everything that it lacks for this act
    refused: Mapping[str, tuple[Unmet, ...]]
    #: parts that are for somebody else to answer
    others: int


#: parts that are written in one commit
_TOGETHER = 200


def act_for_parts(
    which: UUID | str,
    order: Order | Callable[[Tip], Order],
    *,
    actor: Actor,
    now: datetime,
    using: str = "default",
) -> Shared:
    """
    Do one act on the matter that leads a problem and on every open part of it, each with an entry of its own.

    Each part is decided by its own pack and state: what one lacks stops no other, and a part that this actor may not
    act on is left alone and counted. The leader and the first parts are one commit; more parts follow in further ones.

    Args:
        which, order, actor, now: as for `act`; the order's `target` is the leader's and is not used for parts.
    Raises:
        Refused: the act is not shared, or the leader lacks something; then nothing was written.
        UnknownMatter, Changed, Denied, KeyReused: as `act`.
    """
    for attempt in range(4):
        tip = loading.load(which, using=using)
        if tip is None:
            raise UnknownMatter(str(which))
        _admit(tip, actor, which)
        asked = order(tip) if callable(order) else order
        spec = tip.pack.acts.get(asked.act)
        if spec is None or not spec.shared:
            raise Refused([Unmet("unknown-act", asked.act, words("not-shared"))])
        if asked.idempotency is not None and ledger_queries.idempotent(*asked.idempotency[:2], using=using) is not None:
            return Shared(_replay(asked.idempotency, using), (), {}, 0)
        if asked.seen is not None and asked.seen != tip.n:
            raise _changed(tip, asked.seen, using)
        base = tip.n
        streams = loading.parts_of(tip.stream, using=using)
        work = Work(using, snapshot(using=using, max_age=SNAPSHOT_AGE))
        work.act(tip, asked, actor=actor, now=now)
        if asked.idempotency is not None:
            work.pending.idempotency.append((*asked.idempotency, tip.stream, tip.n, now))
        done: list[tuple[Tip, int]] = []
        refused: dict[str, tuple[Unmet, ...]] = {}
        others = _act_on(work, streams[:_TOGETHER], asked, actor, now, done, refused)
        try:
            work.commit()
        except Replayed:
            return Shared(_replay(asked.idempotency, using), (), {}, 0)
        except (Conflict, Clash):
            _look_again(using)
            if attempt == 3:
                raise
            continue
        for start in range(_TOGETHER, len(streams), _TOGETHER):
            others += _later(streams[start : start + _TOGETHER], asked, actor, now, done, refused, using)
        leader = _written(tip, base + 1)
        return Shared(leader, tuple(_written(part, first) for part, first in done), refused, others)
    raise AssertionError("unreachable")


def _act_on(
    work: Work,
    streams: Sequence[UUID],
    order: Order,
    actor: Actor,
    now: datetime,
    done: list[tuple[Tip, int]],
    refused: dict[str, tuple[Unmet, ...]],
) -> int:
    """Decide the act on each part; return how many are not this actor's to act on."""
    others = 0
    alone = replace(order, target=None, seen=None, idempotency=None)
    tips = loading.load_many(streams, using=work.using)
    for stream in streams:
        part = tips.get(stream)
        assert part is not None and part.state is not None
        spec = part.pack.acts.get(order.act)
        if not allowed(actor, view_of(part.state, stream.hex), "act") or spec is None or not spec.shared:
            others += 1
            continue
        first = part.n + 1
        try:
            work.act(part, alone, actor=actor, now=now)
        except Refused as error:
            refused[part.number] = error.unmet
            continue
        done.append((part, first))
    return others


def _later(
    streams: Sequence[UUID],
    order: Order,
    actor: Actor,
    now: datetime,
    done: list[tuple[Tip, int]],
    refused: dict[str, tuple[Unmet, ...]],
    using: str,
) -> int:
    """Write further parts of a large problem in a commit of their own."""
    for last in (False, False, True):
        work = Work(using, snapshot(using=using, max_age=SNAPSHOT_AGE))
        mine: list[tuple[Tip, int]] = []
        lacking: dict[str, tuple[Unmet, ...]] = {}
        others = _act_on(work, streams, order, actor, now, mine, lacking)
        try:
            work.commit()
        except (Conflict, Clash):
            _look_again(using)
            if last:
                raise
            continue
        done.extend(mine)
        refused.update(lacking)
        return others
    raise AssertionError("unreachable")


def _admit(tip: Tip, actor: Actor, which: UUID | str) -> None:
    """Refuse whoever may not act before anything is said of the matter: a stranger never learns that there is one."""
    if actor.kind in ("system", "import"):
        return
    assert tip.state is not None
    view = view_of(tip.state, tip.stream.hex)
    if not allowed(actor, view, "act"):
        raise Denied("act") if allowed(actor, view, "see") else UnknownMatter(str(which))


def forget(using: str = "default") -> None:
    """Know nothing of a database any more: after it was emptied or replaced under a running process."""
    _kept.pop(using, None)
    force.forget(using)


def _look_again(using: str) -> None:
    snapshot(using=using)
    force.calendars(using=using)


def _changed(tip: Tip, seen: int, using: str) -> Changed:
    bodies = ledger_queries.bodies_since(tip.stream, seen, using=using)
    # what happened is said to whoever acts, facts that are sealed are not
    return Changed(tip.number, seen, [open_body(body, {}) for body in bodies] if tip.folded is not None else bodies)


def preview(
    tip: Tip, order: Order, *, actor: Actor, now: datetime, using: str = "default"
) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return what the documents that an act drafts would say: name -> (words, placeholders without a value)."""
    work = Work(using, snapshot(using=using, max_age=SNAPSHOT_AGE))
    return work.preview(tip, order, actor=actor, now=now)


def told_by(
    tip: Tip,
    order: Order,
    *,
    texts: Mapping[str, str],
    language: str,
    actor: Actor,
    now: datetime,
    using: str = "default",
) -> Sheet:
    """
    Return what everything that an act tells the resident is filled from, as it would stand after it.

    Args:
        texts: the newest words of the matter by name, where the act itself brings none.
        language: `zh` or `en`: in which the notice is written.
    """
    work = Work(using, snapshot(using=using, max_age=SNAPSHOT_AGE))
    return work.told(tip, order, texts, language, actor=actor, now=now)


def foresee(tip: Tip, order: Order, *, actor: Actor, now: datetime, using: str = "default") -> State | None:
    """Return a matter as it would stand after an act, for whoever decides; None where it could not be done."""
    work = Work(using, snapshot(using=using, max_age=SNAPSHOT_AGE))
    return work.foresee(tip, order, actor=actor, now=now)


class Batch:
    """
    Many submissions and acts, written through the same steps, a few thousand entries a commit.

    Matters stay in memory as long as the caller holds their handles; what is flushed is durable.
    """

    def __init__(
        self,
        using: str = "default",
        *,
        flush_entries: int = 4000,
        rng: Any = None,
        before_commit: Callable[[], None] | None = None,
    ) -> None:
        self.using = using
        self.flush_entries = flush_entries
        self.entries = 0
        random: Randomness = drawn() if rng is None else (getattr(rng, "randbytes", None) or rng.bytes)
        self._random = random
        prepare_for_bulk(using)
        self._work = Work(using, snapshot(using=using, max_age=SNAPSHOT_AGE), random)

    def __enter__(self) -> Self:
        # Tens of thousands of live matters would be walked by every full collection: a fifth of the time. `flush`
        # looks through what is new since the one before.
        self._collecting = gc.isenabled()
        gc.disable()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.flush()
        finally:
            if self._collecting:
                gc.enable()

    def submit(self, submission: Submission, *, actor: Actor, now: datetime) -> Handle:
        """Decide a new matter; it is durable after the next flush."""
        tip = self._work.open(submission, actor=actor, now=now)
        if submission.idempotency is not None:
            self._work.pending.idempotency.append((*submission.idempotency, tip.stream, tip.n, now))
        self._maybe()
        return tip

    def act(self, handle: Handle | UUID, order: Order, *, actor: Actor, now: datetime) -> Handle:
        """Decide one act; a refusal leaves everything as it was."""
        stream = handle if isinstance(handle, UUID) else handle.stream
        # a parent that a child told meanwhile waits here in its newer state
        tip = self._work.pending.tips.get(stream) or (self.handle(stream) if isinstance(handle, UUID) else handle)
        if _waits(tip, order.act):
            self.flush()
        self._work.act(tip, order, actor=actor, now=now)
        self._maybe()
        return tip

    def handle(self, stream: UUID) -> Handle:
        """Return the matter as it stands, from this batch or from the database."""
        tip = self._work.pending.tips.get(stream) or loading.load(stream, using=self.using)
        if tip is None:
            raise UnknownMatter(str(stream))
        return tip

    def share(self, handle: Handle) -> None:
        """Let what another matter tells this one reach the caller's own handle, and not a copy that is read for it."""
        self._work.pending.tips.setdefault(handle.stream, handle)

    def _maybe(self) -> None:
        if len(self._work.pending.entries) >= self.flush_entries:
            self.flush()

    def flush(self) -> int:
        """Commit what was collected; returns the number of entries."""
        count = self._work.commit()
        self.entries += count
        if not gc.isenabled():
            gc.collect(0)
        return count


def _waits(tip: Tip, name: str) -> bool:
    """
    Return whether an act may erase something of a matter of which entries are not on disk yet.

    What one statement brings it can't take away: rows that a Batch or a tick still holds would outlive their erasure.
    """
    if tip.n == tip.base or tip.state is None:
        return False
    act = tip.pack.acts.get(name)
    if (act is not None and act.erases) or name in (RETENTION_OVER, ERASED_AGAIN):
        return True
    return not tip.state.texts.keys().isdisjoint(ENDING_WITH_IT)


def tick(now: datetime, *, limit: int = 200, using: str = "default") -> int:
    """
    Do what fell due: every timer at or before `now`, oldest first.

    The work follows what falls due, not how many matters there are. A matter that changes under our hands is left to
    the next tick.

    Returns:
        How many timers were done.
    """
    due = loading.due_timers(now, limit, using=using)
    if not due:
        return 0
    done = 0
    work = Work(using, snapshot(using=using, max_age=SNAPSHOT_AGE))
    tips = loading.load_many({stream for stream, _, _ in due}, using=using, lenient=True)
    singles = []
    for stream, timer, name in due:
        tip = tips.get(stream)
        if tip is None or tip.state is None or timer not in tip.state.timers or _waits(tip, name):
            continue
        work.act(tip, Order(act=name, target=timer), actor=SYSTEM, now=now)
        singles.append((stream, timer, name))
        done += 1
    try:
        work.commit()
    except (Conflict, Clash):
        _look_again(using)
        done = 0
        for stream, timer, name in singles:
            one = loading.load(stream, using=using)
            if one is None or one.state is None or timer not in one.state.timers:
                continue
            alone = Work(using, snapshot(using=using, max_age=SNAPSHOT_AGE))
            alone.act(one, Order(act=name, target=timer), actor=SYSTEM, now=now)
            try:
                alone.commit()
            except (Conflict, Clash):
                continue
            done += 1
    return done


def reset_provisional(now: datetime, *, using: str = "default") -> int:
    """
    Set again, each by an entry of its own, the due dates that an unpublished calendar had left provisional.

    Runs after a calendar was published; a matter in a region whose calendar did not change refuses and stays as it is.

    Returns:
        How many matters got new dates.
    """
    done = 0
    for stream in loading.provisional(using=using):
        tip = loading.load(stream, using=using)
        if tip is None:
            continue
        work = Work(using, snapshot(using=using))
        try:
            work.act(tip, Order(act="calendar-published"), actor=SYSTEM, now=now)
            work.commit()
        except (Refused, Conflict):
            # not this calendar, or somebody acted meanwhile: whoever acts next counts with the new calendar anyway
            continue
        done += 1
    return done
