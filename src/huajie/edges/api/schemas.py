"""
What goes in and out, as the description of the API shows it.

What comes in refuses members that it does not know. What goes out is built by `shown.py`; the tests hold it against the
models here, so that the server need not check its own words a second time.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.conf import settings
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from huajie.core.procedure.common import PARTICIPANTS, SPOKESPERSONS

_LONGEST = settings.HUAJIE_LIMITS.text_length

Code = Annotated[str, Field(min_length=1, max_length=64)]
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$")]


def _fact(value: Any) -> Any:
    """A typed answer: what kind it must be is for the form to say, but never anything nested."""
    if isinstance(value, list) and len(value) <= 50 and all(isinstance(one, str) and len(one) <= 200 for one in value):
        return value
    if value is None or isinstance(value, bool | int | float) or (isinstance(value, str) and len(value) <= 2000):
        return value
    raise PydanticCustomError("fact_type", "a short text, a number, true or false, or a list of short texts")


Fact = Annotated[
    Any,
    AfterValidator(_fact),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "maxLength": 2000},
                {"type": "number"},
                {"type": "boolean"},
                {"type": "array", "maxItems": 50, "items": {"type": "string", "maxLength": 200}},
                {"type": "null"},
            ]
        }
    ),
]


class In(BaseModel):
    """Something that comes in."""

    model_config = ConfigDict(extra="forbid", str_max_length=_LONGEST)


class Contact(In):
    """How to reach the person. It goes to the vault, encrypted, and into no entry, no index and no list."""

    name: str | None = Field(None, min_length=1, max_length=100)
    phone: str | None = Field(None, min_length=1, max_length=40)
    email: str | None = Field(None, min_length=1, max_length=200)
    address: str | None = Field(None, min_length=1, max_length=300)
    note: str | None = Field(None, min_length=1, max_length=500)


class ContactWithNews(Contact):
    """How to reach the person, and whether they want to be told that there is news. It goes to the vault, encrypted."""

    news: Literal["email", "sms", "letter"] | None = Field(
        None,
        description="How the person wants to be told that there is news; not at all if left out. A message says the"
        " number and that there is news, nothing else",
    )
    news_language: Literal["zh", "en"] | None = Field(None, description="Language of these messages; zh if left out")


class PointIn(In):
    """A place, WGS 84 in degrees."""

    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)


class FileIn(In):
    """Files that were sent to /uploads."""

    uploads: list[Annotated[str, Field(min_length=1, max_length=4000)]] = Field(min_length=1, max_length=100)


def _text(value: Any) -> Any:
    """A text, a place or a file; which of them it must be is for the form to say."""
    if isinstance(value, str):
        if len(value) > _LONGEST:
            raise PydanticCustomError("string_too_long", "too long", {"max_length": _LONGEST})
        return value
    if isinstance(value, dict):
        return (PointIn if "lon" in value or "lat" in value else FileIn).model_validate(value)
    raise PydanticCustomError("text_type", "a text, a place or a file")


Text = Annotated[
    Any,
    AfterValidator(_text),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "maxLength": _LONGEST},
                FileIn.model_json_schema(),
                PointIn.model_json_schema(),
            ]
        }
    ),
]
ContactOrNote = Annotated[
    ContactWithNews | None,
    BeforeValidator(lambda value: {"note": value} if isinstance(value, str) else value),
    WithJsonSchema(
        {
            "anyOf": [
                ContactWithNews.model_json_schema(),
                {"type": "string", "minLength": 1, "maxLength": 500},
                {"type": "null"},
            ]
        }
    ),
]


class SubmitIn(In):
    """What a resident brings in."""

    pack: Code = Field(description="Name of a pack, see /packs")
    topic: Code = Field(description="Code of a topic, see /topics")
    region: Code | None = Field(None, description="Code of a region; or lon and lat")
    lon: float | None = Field(None, ge=-180, le=180, allow_inf_nan=False)
    lat: float | None = Field(None, ge=-90, le=90, allow_inf_nan=False)
    title: str | None = Field(None, description="In one line: the first one-line text of the pack's form")
    text: str | None = Field(None, description="What happened: the first long text of the pack's form")
    mode: Literal["open", "confidential", "anonymous"] = Field(
        "open",
        description="open; confidential: the platform knows who you are, the handler does not; anonymous: nobody knows",
    )
    contact: ContactOrNote = None
    facts: dict[Name, Fact] = Field({}, description="Further typed answers of the form", max_length=50)
    texts: dict[Name, Text] = Field({}, description="Further texts of the form", max_length=50)


class AgentIn(In):
    """Whoever spoke for the resident; all of it stays in the vault."""

    name: str | None = Field(None, max_length=100)
    phone: str | None = Field(None, max_length=40)
    language: str | None = Field(None, max_length=60, description="Language interpreted")


class ElsewhereIn(In):
    """The number that the same problem has in another system; never a number of a person."""

    system: Code = Field(description="petition, 12345, one-case, mailbox, court, police, other")
    number: str = Field(min_length=1, max_length=80)


class IntakeIn(SubmitIn):
    """What a clerk takes in for somebody."""

    channel: Code = Field("counter", description="How it came in: one of the pack's channels")
    received_at: datetime | None = Field(
        None,
        description="When it reached the government; now if left out. Without a zone it is the local time of the place",
    )
    late_reason: str | None = Field(
        None, max_length=1000, description="Why it is written down only now; asked for after one working day"
    )
    participants: list[Contact] = Field(
        [],
        max_length=PARTICIPANTS - 1,
        description="The others who bring it, empty for somebody who leaves nothing; each gets a secret of their own",
    )
    spokespersons: list[Contact] = Field(
        [], max_length=SPOKESPERSONS, description="For a joint matter; for this problem only, ending with it"
    )
    spoke_by: Literal["family", "guardian", "lawyer", "agent", "interpreter"] | None = Field(
        None, description="Who spoke for the resident: the relation only"
    )
    agent: AgentIn | None = None
    reads: bool = Field(True, description="The resident can read it; if not, read_back is required. Not kept")
    read_back: bool = Field(False, description="It was read back to the resident, who said that it is right")
    elsewhere: ElsewhereIn | None = None
    hide: list[Annotated[str, Field(min_length=2, max_length=60)]] = Field(
        [], max_length=50, description="Names of persons to take out of the texts, besides what is taken out by itself"
    )


class ActIn(In):
    """One act on one matter."""

    seen: StrictInt = Field(ge=1, le=2**31 - 1, description="Number of entries (`n`) of the matter as you saw it")
    facts: dict[Name, Fact] = Field({}, max_length=50)
    texts: dict[Name, Text] = Field({}, max_length=50)
    contact: ContactOrNote = None
    target: Annotated[str, Field(max_length=100)] | None = Field(None, description="Key of the request it is about")


class StaffActIn(ActIn):
    """One act on one matter, by an officer."""

    occurred_at: AwareDatetime | None = Field(None, description="When it happened; now if left out")
    for_parts: StrictBool = Field(
        False, description="Do it for every open part of the problem that this matter leads, an entry each"
    )
    hide: list[Annotated[str, Field(min_length=2, max_length=60)]] = Field(
        [], max_length=50, description="Names of persons to take out of the texts, besides what is taken out by itself"
    )


class OpenIn(In):
    """What to open of the vault, and why."""

    what: Literal["contact", "participant_contacts", "spokespersons", "agent", "masked", "file", "attachments"] = Field(
        description="How to reach the person; the others of a joint matter, their spokespersons, whoever spoke for"
        " them; what was taken out of the texts; the texts of a minor's file; the pictures and papers in it"
    )
    purpose: Code = Field(description="reach, serve, establish, safety, care, verify, correct or duty")
    said: str = Field("", max_length=2000, description="The purpose in own words; the resident reads it")
    seen: StrictInt | None = Field(None, ge=1, le=2**31 - 1)


class AccessIn(In):
    """One step of access to a minor's file."""

    person: str | None = Field(None, pattern=r"^[0-9a-f]{32}$", description="Whom an answer is about")
    days: StrictInt | None = Field(None, ge=1, le=90, description="For how long, when approving")
    reason: str | None = Field(None, max_length=2000)
    seen: StrictInt | None = Field(None, ge=1, le=2**31 - 1)


class TokenIn(In):
    """Name and password of an account."""

    username: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=200)
    code: str | None = Field(
        None,
        max_length=40,
        description="Code of the application or a recovery code, where the account has a second factor",
    )
    seat: Code | None = Field(None, description="Seat to act from; the first that you hold if left out")
    days: StrictInt = Field(90, ge=1, le=366)


class SimulateIn(In):
    """A question to the routing rules."""

    pack: Code
    topic: Code | None = None
    region: Code | None = None
    concerned: list[Code] = Field([], max_length=20, description="Codes of units that the matter would be about")
    at: AwareDatetime | None = None


class ChangesIn(In):
    """Changes of who answers for what, decided as a whole; their members are in docs/api.md."""

    changes: list["ChangeIn"] = Field(min_length=1, max_length=500)


class ChangeIn(BaseModel):
    """One change; the members that it takes depend on `do`."""

    model_config = ConfigDict(extra="allow")

    do: Literal[
        "set_region",
        "set_unit",
        "close_unit",
        "set_seat",
        "close_seat",
        "start_posting",
        "end_posting",
        "set_topic",
        "set_remit",
        "end_remit",
        "set_settings",
    ]


Limit = Annotated[int, Field(ge=1, le=200)]
After = Annotated[str, Field(min_length=1, max_length=400)]


class ListQuery(In):
    """What narrows a list: only what is about the problem."""

    open: Literal["yes", "no", "any"] = Field("yes", description="Whether it is still open")
    pack: Code | None = None
    stage: Code | None = None
    topic: Code | None = None
    region: Code | None = None
    unit: Code | None = Field(None, description="The lead unit")
    seat: Code | None = Field(None, description="The seat answerable")
    due_before: AwareDatetime | None = None
    after: After | None = Field(None, description="`next` of the page before")
    limit: Limit = 50


class SearchQuery(In):
    """Words to look for in the texts of matters."""

    q: str = Field(min_length=1, max_length=100)
    after: After | None = None
    limit: Limit = 50


class PageQuery(In):
    """Which page."""

    after: After | None = None
    limit: Limit = 50


class DeskQuery(In):
    """How much of the desk."""

    limit: Limit = 50


class YearQuery(In):
    """Which year of a calendar."""

    year: Annotated[int, Field(ge=1900, le=2200)] | None = None


class OpeningsQuery(In):
    """Which openings."""

    year: Annotated[int, Field(ge=2000, le=2200)] | None = None
    what: (
        Literal["contact", "participant_contacts", "spokespersons", "agent", "masked", "file", "attachments", "shared"]
        | None
    ) = None
    after: Annotated[str, Field(max_length=200)] | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


# What goes out


class Out(BaseModel):
    """Something that goes out."""


class Titled(Out):
    """A code and what people call it."""

    code: str
    title: str


class ErrorOut(Out):
    """One thing that is wrong."""

    model_config = ConfigDict(extra="allow")

    field: str
    code: str
    message: str


class ProblemOut(Out):
    """RFC 9457, application/problem+json."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    errors: list[ErrorOut] = Field(min_length=1)


class SourceOut(Out):
    """The law or rule behind something."""

    name: str
    title: str
    article: str
    tag: str = Field(description="L statute, W public page, C public code, M from memory, D our own design")
    verified: bool
    date: str
    url: str | None


class PromiseOut(Out):
    """A clock that runs from the first second."""

    clock: str
    title: str
    due_at: datetime
    last_date: str | None
    provisional: bool
    source: str


class SubmittedOut(Out):
    """A matter is on the books."""

    number: str
    secret: str = Field(description="Keep it: with the number it opens the matter's page")
    promised: list[PromiseOut]


class TakenInOut(SubmittedOut):
    """A matter is on the books, as the clerk sees it."""

    secrets: list[str] = Field(description="One for each who brought it, in their order; the first is `secret`")
    n: int
    unit: Titled
    seat: Titled


class StageOut(Out):
    name: str
    title: str
    plain: str
    ending: bool


class ExtensionOut(Out):
    amount: int
    unit: str


class ExcludedOut(Out):
    from_at: datetime
    to_at: datetime
    reason: str
    title: str


class ClockOut(Out):
    """A named deadline."""

    key: str
    clock: str
    title: str
    plain: str
    status: Literal["running", "met", "stopped"]
    late: bool
    started_at: datetime
    due_at: datetime
    last_date: str | None
    provisional: bool
    ended_at: datetime | None
    holder: str
    whose: Titled | None = Field(None, description="The unit whose clock it is, and whose delay once it is late")
    length: int
    unit: str
    extensions: list[ExtensionOut]
    excluded: list[ExcludedOut]
    source: SourceOut | None
    why: list[str]


class LineOut(Out):
    """One day of a count."""

    model_config = ConfigDict(extra="allow")

    code: str
    date: str
    text: str


class ExplanationOut(Out):
    """A clock, counted day by day."""

    clock: ClockOut
    calendar: str
    calendar_hash: str
    due_at: datetime
    last_date: str | None
    provisional: bool
    lines: list[LineOut]


class ChoiceOut(Out):
    value: str
    title: str


class FieldOut(Out):
    """One field of a form."""

    name: str
    member: Literal["facts", "texts", "contact"] = Field(description="Where in the body it goes")
    type: str
    title: str
    purpose: str
    help: str | None
    required: bool
    choices: list[ChoiceOut]
    min: int | str | None
    max: int | str | None
    max_length: int | None
    default: Any


class UnmetOut(Out):
    code: str
    path: str
    message: str
    source: SourceOut | None
    values: dict[str, Any]


class ActOut(Out):
    """One act: possible now, or everything that is missing."""

    act: str
    title: str
    help: str | None
    target: str | None
    possible: bool
    unmet: list[UnmetOut]
    source: SourceOut | None
    form: list[FieldOut]


class ActsOut(Out):
    number: str
    n: int = Field(description="Send it back as `seen`")
    acts: list[ActOut]


class AlsoRefusedOut(Out):
    number: str
    missing: list[str]


class AlsoOut(Out):
    """What was done for the parts of the problem, an entry each."""

    done: list[str]
    refused: list[AlsoRefusedOut]
    others: int = Field(description="Parts that are for somebody else to answer")


class ResultOut(Out):
    """What an act left."""

    number: str
    n: int
    stage: StageOut
    open: bool
    clocks: list[ClockOut]
    also: AlsoOut | None = Field(None, description="What was done for the parts of the problem, if that was asked")


class PublicEntryOut(Out):
    n: int
    at: datetime
    kind: str
    title: str


class OpeningOut(Out):
    """One opening of what the vault holds, as the resident may know it."""

    n: int
    at: datetime
    what: str
    purpose: Titled
    unit: str
    seat: str
    said: str


class PartOut(Out):
    text: str
    mark: str | None = Field(description="What stands in its place everywhere else; null for the words around it")


class OpenedTextOut(Out):
    n: int
    name: str
    parts: list[PartOut]


class OpenedPersonOut(Out):
    """Somebody else who was written down at the counter."""

    who: str = Field(description="participant_contacts, spokespersons or agent")
    place: int = Field(description="On the receipts for a participant, in the list for others")
    contact: dict[str, str]


class OpenedFileOut(Out):
    """A picture or paper; its address works for a few minutes, for whoever opened it."""

    id: str
    name: str
    type: str
    size: int
    path: str = Field(description="Below /api/v1")


class OpenedOut(Out):
    """What an opening showed; `shown` is false for a repeat of the same request, which shows nothing."""

    number: str
    n: int
    shown: bool
    contact: dict[str, str]
    people: list[OpenedPersonOut]
    texts: list[OpenedTextOut]
    files: list[OpenedFileOut]


class AccessRowOut(Out):
    person: str
    unit: str
    seat: str
    state: str
    at: datetime
    until: datetime | None


class AccessOut(Out):
    number: str
    n: int
    access: list[AccessRowOut]


class OpeningRowOut(Out):
    number: str
    n: int
    at: datetime
    what: str
    purpose: str
    unit: str
    seat: str


class LooksOut(Out):
    unit: str
    number: str
    looks: int


class OpeningsOut(Out):
    """What was opened in a year, newest first; `minors` counts looks into minors' files by unit and matter."""

    year: int
    rows: list[OpeningRowOut]
    next: str | None
    minors: list[LooksOut]


class FigureOut(Out):
    """How often identities were opened, and of how many matters it could have been."""

    openings: int
    #: How often somebody's data was handed to another body.
    shared: int | None
    opened_matters: int
    of_matters: int
    by_purpose: dict[str, int | None]
    held_back_below: int
    at: datetime


class TextOut(Out):
    n: int
    name: str
    title: str
    text: Any


class StepOut(Out):
    """A step that was promised."""

    key: str
    state: str
    unit: str | None
    seat: str | None
    opened_at: datetime
    answered_at: datetime | None
    due_at: datetime | None
    last_date: str | None
    text: str | None


class AnswererOut(Out):
    """Who answers: the office and the desk, no person."""

    unit: str
    seat: str


class FindingOut(Out):
    """One of the three separate facts of an ending."""

    value: str
    title: str
    at: datetime


class EndingOut(Out):
    outcome: FindingOut | None
    fulfilment: FindingOut | None
    verdict: FindingOut | None


class ResidentMatterOut(EndingOut):
    """A matter as its resident sees it."""

    number: str
    title: str
    pack: str
    n: int
    open: bool
    stage: StageOut
    answers: AnswererOut
    sponsor: AnswererOut | None = Field(description="The leader answerable for a hard case")
    is_part: bool = Field(description="Handled together with others about the same problem, as you confirmed")
    reports: int | None = Field(description="Reports about this problem, where there are at least five")
    received_at: datetime
    clocks: list[ClockOut]
    steps: list[StepOut]
    entries: list[PublicEntryOut]
    openings: list[OpeningOut]
    texts: list[TextOut]
    acts: list[ActOut]
    handoffs: int
    reopenings: int


class RowOut(Out):
    """One line of a list: no identity, no text but the title."""

    number: str
    title: str
    pack: str
    stage: str
    stage_title: str
    open: bool
    unit: Titled
    seat: Titled
    topic: Titled
    region: Titled
    received_at: datetime
    changed_at: datetime
    due_at: datetime | None
    late: bool
    handoffs: int
    outcome: str | None
    imported: bool
    n: int


class PageOut(Out):
    rows: list[RowOut]
    next: str | None


class HitOut(Out):
    row: RowOut
    excerpt: str
    at: int
    length: int


class FoundOut(Out):
    hits: list[HitOut]
    next: str | None


class DeskOut(Out):
    """What must be done, soonest due first."""

    late: list[RowOut]
    soon: list[RowOut]
    later: list[RowOut]
    open_count: int
    more: bool


class KeptFileOut(Out):
    """A file that stands under `files/{id}`."""

    id: str
    name: str
    type: str
    size: int
    sha256: str


class ByOut(Out):
    kind: str
    unit: str | None
    seat: str | None


class EntryOut(Out):
    """One entry, as far as the reader may know of it."""

    n: int
    kind: str
    public_kind: str
    act: str | None
    title: str
    at: datetime
    occurred_at: datetime
    by: ByOut
    facts: dict[str, Any]
    clock: str | None
    due_at: datetime | None
    texts: dict[str, Any] | None


class EntriesOut(Out):
    number: str
    n: int
    entries: list[EntryOut]


class ServiceOut(Out):
    """How a document reached the resident, and what proves it."""

    way: Titled
    date: str
    proof: list[str]


class DocumentOut(Out):
    """One version of a document, as far as the reader may know of it."""

    key: str
    kind: Titled
    version: int
    state: Titled
    language: str
    newest: bool
    n: int
    signatures: int
    issued_at: datetime | None
    served: ServiceOut | None
    text: str | None
    scan: list[KeptFileOut]


class DocumentsOut(Out):
    number: str
    n: int
    documents: list[DocumentOut]


class RequestOut(Out):
    key: str
    kind: str
    title: str
    state: str
    unit: Titled | None
    seat: Titled | None
    opened_at: datetime
    answered_at: datetime | None
    clock: str | None
    facts: dict[str, Any]


class ChildOut(Out):
    key: str
    kind: str
    unit: Titled
    state: str
    outcome: str | None
    number: str | None = Field(description="null when you may not see it")


class SponsorOut(Out):
    """The leader answerable for a hard case until it is resolved and what was promised holds at the look-back."""

    unit: Titled
    seat: Titled
    since: datetime


class DossierItemOut(Out):
    name: str
    title: str
    met: bool
    source: SourceOut | None
    supply: str | None


class DossierOut(Out):
    """A fixed set of items that the file of this matter must hold."""

    name: str
    title: str
    complete: bool
    items: list[DossierItemOut]


class TogetherOut(Out):
    """How it hangs together with other matters about one problem; each keeps its number, dates and verdict."""

    is_part: bool
    leader: str | None = Field(description="Number of the matter that leads, where you may see it")
    parts: list[str] = Field(description="Open parts of this one that you may see")
    reports: int = Field(description="Open matters about the problem in all")


class AlikeRowOut(Out):
    row: RowOut
    metres: int | None
    words: int = Field(description="Percent of the pairs of characters in common")
    days: int


class AlikeOut(Out):
    """Matters that may be about the same problem; nothing is joined before the resident of each confirms."""

    number: str
    alike: list[AlikeRowOut]


class MatterOut(EndingOut):
    """A matter as an officer sees it."""

    number: str
    title: str
    pack: Titled
    n: int
    stage: StageOut
    open: bool
    mode: str
    channel: str
    sensitivity: str
    topic: Titled | None
    region: Titled | None
    unit: Titled
    seat: Titled
    intake_unit: Titled | None
    superior: Titled | None
    supporting: list[Titled]
    received_at: datetime
    recorded_at: datetime
    changed_at: datetime
    relations: list[str]
    facts: dict[str, Any]
    clocks: list[ClockOut]
    requests: list[RequestOut]
    children: list[ChildOut]
    parent: str | None
    links: list[str]
    counts: dict[str, int]
    sponsor: SponsorOut | None
    dossiers: list[DossierOut]
    together: TogetherOut
    imported: bool
    may_read_texts: bool
    entries: list[EntryOut]


class TokenOut(Out):
    token: str = Field(description="Shown once and kept nowhere")
    expires_at: datetime
    seat: str
    seats: list[Titled]


class PackRowOut(Out):
    name: str
    version: str
    title: str
    hash: str
    sensitivity: str
    modes: list[str]
    channels: list[str]


class PacksOut(Out):
    packs: list[PackRowOut]


class ClockSpecOut(Out):
    name: str
    title: str
    plain: str
    unit: str
    holder: str
    source: SourceOut | None


class ActSpecOut(Out):
    name: str
    title: str
    help: str | None
    by: list[str]
    stages: list[str] | None
    source: SourceOut | None
    form: list[FieldOut]


class StageSpecOut(StageOut):
    initial: bool
    waits_for: str | None


class PackOut(PackRowOut):
    description: str
    purpose: str
    privacy: str
    access: str
    stages: list[StageSpecOut]
    clocks: list[ClockSpecOut]
    acts: list[ActSpecOut]
    outcomes: list[ChoiceOut]
    sources: list[SourceOut]


class PlaceOut(Out):
    code: str
    title: str
    parent: str | None


class TopicOut(PlaceOut):
    version: int


class RegionOut(PlaceOut):
    level: str
    calendar: str
    zone: str


class SeatOut(Out):
    code: str
    title: str
    roles: list[str]


class UnitOut(PlaceOut):
    kind: str
    region: str
    can_decide: bool
    seats: list[SeatOut]


class TopicsOut(Out):
    version: int
    topics: list[TopicOut]


class RegionsOut(Out):
    version: int
    regions: list[RegionOut]


class UnitsOut(Out):
    version: int
    units: list[UnitOut]


class ChangedOut(Out):
    """What the changes left in the ledger."""

    version: int
    effects: list[dict[str, Any]]


class RoutingStepOut(Out):
    code: str
    remit: str | None
    text: str
    values: dict[str, str]


class RoutedOut(Out):
    """Where a matter would go, and why each rule lost."""

    unit: Titled
    seat: Titled
    remit: str | None
    matched: bool
    assist: list[Titled]
    report: list[Titled]
    steps: list[RoutingStepOut]


class CalendarRowOut(Out):
    id: str
    zone: str
    hash: str
    published: list[int]


class CalendarsOut(Out):
    version: int
    calendars: list[CalendarRowOut]


class DayOut(Out):
    date: str
    kind: str
    name: str


class CalendarOut(CalendarRowOut):
    year: int
    settled: bool
    days: list[DayOut]


class ServiceOut(Out):
    """Where to begin."""

    name: str
    openapi: str
    packs: str
    submit: str


class UploadOut(Out):
    """A file that is on the disk and waits for what names it."""

    upload: str
    name: str
    type: str
    size: int
    sha256: str
