"""
Files: sent first, one at a time, for a word that a submission or an act then names; handed out to whoever may read the
text that names them.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Router

from huajie.apps.attachments import kinds
from huajie.apps.attachments import queries as attachments
from huajie.apps.attachments.errors import FileRefused, NotNow
from huajie.apps.attachments.incoming import Sent
from huajie.apps.attachments.uploads import Files, Upload, keep, sum_of, token_of, upload_of
from huajie.apps.matters.queries import file_of, see
from huajie.core.access import Actor
from huajie.edges.api import shown
from huajie.edges.api.problems import Problem, fault, throttled, unavailable
from huajie.edges.api.schemas import UploadOut
from huajie.edges.api.signing_in import Resident, resident_secret, staff_token
from huajie.edges.guard import guarded, public
from huajie.edges.pages.files import hand_out
from huajie.edges.pages.timeline import texts_for_resident
from huajie.edges.throttle import Buckets, client_address

router = Router(tags=["files"])
#: files that one address may send without an account, a minute
sent_in = Buckets("uploads", settings.HUAJIE_LIMITS.intake_a_minute * 4)
#: Seconds after which a scanner or a full disk is worth another try.
RETRY = 120

_FORM = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {"file": {"type": "string", "format": "binary"}},
            }
        }
    },
}
FILE_OUT = {
    "description": "The file",
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}


def refused(error: FileRefused, field: str) -> Problem:
    """Return the problem of a file that was not taken."""
    if isinstance(error, NotNow):
        return unavailable(f"file-{error.code}", RETRY)
    return Problem(422, "invalid", [fault_of(error, field)])


def fault_of(error: FileRefused, field: str) -> dict[str, Any]:
    """Return what is wrong with a file, as one of the errors of a body."""
    return fault(field, f"file-{error.code}", **{"accepted": kinds.ACCEPTED, **error.values})


@router.post(
    "/uploads",
    response={201: UploadOut},
    operation_id="upload",
    summary="Send a file that a submission or an act will name",
    openapi_extra={"requestBody": _FORM},
)
@public("a resident sends photos with a matter, without an account")
def upload(request: HttpRequest) -> HttpResponse:
    """
    Answer with a word for `{"uploads": [...]}` under `texts`. It works once, for as long as HUAJIE_UPLOAD_HOURS says.

    Of a photo only the picture is kept, so its size and SHA-256 are those of what is kept.
    """
    wait = sent_in.take(client_address(request))
    if wait:
        raise throttled(wait)
    if request.content_type != "multipart/form-data":
        raise Problem(415, "wrong-type", [fault("Content-Type", "wrong-form")])
    sent = request.FILES.getlist("file")
    if len(sent) != 1 or not isinstance(sent[0], Sent):
        raise Problem(422, "invalid", [fault("file", "file-one")])
    try:
        kept = keep(sent[0], now=datetime.now(UTC))
    except FileRefused as error:
        raise refused(error, "file") from None
    said = {"name": kept.name, "type": kept.type, "size": kept.size, "sha256": kept.sha256}
    return shown.reply({"upload": token_of(kept), **said}, 201)


def read_uploads(words: list[str], field: str, faults: list[dict[str, Any]]) -> Files | None:
    """Return what the words of one field stand for; what is wrong is added to `faults`."""
    now, found = datetime.now(UTC), list[Upload]()
    for word in words:
        try:
            found.append(upload_of(word, now=now))
        except FileRefused as error:
            faults.append(fault_of(error, field))
    if len({one.id for one in found}) != len(found):
        faults.append(fault(field, "file-twice"))
        return None
    return Files(tuple(found)) if found else None


def check_sums(texts: Mapping[str, Any], stream: UUID | None) -> list[dict[str, Any]]:
    """Return what is wrong with all files of one body together."""
    limits = settings.HUAJIE_FILES
    brought = {name: value.uploads for name, value in texts.items() if isinstance(value, Files)}
    if not brought:
        return []
    field, faults = f"texts.{next(iter(brought))}", []
    if sum(map(len, brought.values())) > limits.a_form:
        faults.append(fault_of(FileRefused("count", most=limits.a_form), field))
    size = sum(sum_of(uploads) for uploads in brought.values())
    if size + (attachments.bytes_of(stream) if stream is not None else 0) > limits.matter_mb * 1_000_000:
        faults.append(fault_of(FileRefused("total", most=limits.matter_mb), field))
    return faults


@router.get(
    "/matters/{number}/files/{file_id}",
    auth=staff_token,
    operation_id="file",
    summary="Get one file of a matter",
    openapi_extra={"responses": {200: FILE_OUT}},
)
@guarded("see_documents")
def file(request: HttpRequest, number: str, file_id: str) -> HttpResponseBase:
    """Answer with its bytes; 404 where there is none for you."""
    actor: Actor = request.auth.actor  # type: ignore[attr-defined]
    opened = see(actor, number)
    return hand_out(request, file_of(actor, opened, file_id, opened.texts), to_program=True)


@router.get(
    "/public/matters/{number}/files/{file_id}",
    auth=resident_secret,
    operation_id="resident_file",
    summary="Get one file of your matter",
    openapi_extra={"responses": {200: FILE_OUT}},
)
@guarded("see_documents")
def resident_file(request: HttpRequest, number: str, file_id: str) -> HttpResponseBase:
    """Answer with what you brought or were given."""
    who: Resident = request.auth  # type: ignore[attr-defined]
    opened = see(who.actor, who.tip.stream, tip=who.tip)
    texts = texts_for_resident(opened.tip.pack, opened.entries, opened.texts)
    return hand_out(request, file_of(who.actor, opened, file_id, texts), to_program=True)
