"""
A stranger's client over the whole description of the API: anonymous, as a resident, as an officer.

Cases come from the description (right and wrong ones) and from good requests with one part replaced by anything. Never
a failure of the server; every answer is as described; every refusal names a field and says what to do in the language
that was asked for; and each operation has been reached with success.
"""

import json
import os
from collections import Counter, defaultdict
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.edges.api.client import BASE, check_problem, housing_complaint
from tests.support.county import PASSWORD, PEOPLE, County

pytestmark = pytest.mark.accept("K9")

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = int(os.environ.get("HUAJIE_TEST_EXAMPLES", "12"))
#: Whoever may do one thing or another; the operation decides what that is worth.
OFFICERS = ("housing", "housing_head", "labour", "intake", "dispatcher", "supervisor", "auditor", "admin", "mayor")

_letters = st.text(st.characters(codec="utf-8", exclude_categories=()), max_size=20)
_wild = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _letters,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_letters, inner, max_size=3),
    max_leaves=5,
)


class Answer:
    """A response of schemathesis with the header access that the common checks know."""

    def __init__(self, response: Any) -> None:
        self.status_code = response.status_code
        self.content = response.content
        self._headers = response.headers

    def __getitem__(self, name: str) -> str:
        return str(self._headers[name.lower()][0])


@pytest.fixture
def county(transactional_db: None) -> County:
    from tests.support.county import found

    return found(passwords=("housing",))


@pytest.fixture
def schema(county: County, monkeypatch: pytest.MonkeyPatch) -> Any:
    from huajie.config.wsgi import application
    from huajie.edges.api import files, intake, signing_in, tokens
    from huajie.edges.throttle import Buckets

    # a stranger's client has no address here, and tries far more often than one may
    counted = ((intake, "brought_in"), (files, "sent_in"), (signing_in, "wrong_secrets"), (tokens, "attempts"))
    for module, name in counted:
        monkeypatch.setattr(module, name, Buckets(name, 0))

    return schemathesis.openapi.from_wsgi(f"{BASE}/openapi.json", application)


def good(county: County, operation_id: str) -> dict[str, Any]:
    """Return a request that succeeds: who, path, query, headers, body."""
    from huajie.apps.matters import loading

    ordinary, planned = county.matters["ordinary"], county.matters["planned"]

    def seen(known: Any) -> int:
        tip = loading.load(known.stream, using="default")
        assert tip is not None
        return tip.n

    token = {"who": "housing"}
    secret = {"secret": "ordinary", "path": {"number": ordinary.number}}
    one = {**token, "path": {"number": planned.number}}
    known: dict[str, dict[str, Any]] = {
        "service": {},
        "packs": {},
        "pack": {"path": {"name": "en.complaint"}},
        "topics": {},
        "regions": {},
        "units": {},
        "calendars": {},
        "calendar": {"path": {"calendar_id": "cn"}, "query": {"year": 2026}},
        "submit": {"body": housing_complaint(), "headers": {"Idempotency-Key": str(uuid4())}},
        "take_in": {
            "who": "intake",
            "body": housing_complaint(channel="phone"),
            "headers": {"Idempotency-Key": str(uuid4())},
        },
        "resident_matter": secret,
        "resident_acts": secret,
        "resident_documents": secret,
        "resident_act": {
            "secret": "ordinary",
            "path": {"number": ordinary.number, "act": "write_to_us"},
            "body": {"seen": seen(ordinary), "texts": {"message": "补充一句。"}},
        },
        "resident_explanation": {"secret": "ordinary", "path": {"number": ordinary.number, "key": "acknowledgement"}},
        "sign_in": {"body": {"username": "housing", "password": PASSWORD}},
        "sign_out": {"who": "spare"},
        "matters": {**token, "query": {"open": "any", "limit": 5}},
        "search": {**token, "query": {"q": "楼道"}},
        "desk": token,
        "queue": {"who": "dispatcher"},
        "matter": one,
        "entries": one,
        "documents": one,
        "acts": one,
        "act": {
            **token,
            "path": {"number": planned.number, "act": "add_note"},
            "body": {"seen": seen(planned), "texts": {"note_text": "看过了。"}},
        },
        "explanation": {**token, "path": {"number": planned.number, "key": "reply"}},
        "alike": one,
        "open_identity": {
            **token,
            "path": {"number": ordinary.number},
            "body": {"what": "contact", "purpose": "reach", "said": "约时间到现场查看"},
        },
        "minor_access": {"who": "housing_head", "path": {"number": county.matters["minor"].number}},
        "change_minor_access": {
            **token,
            "path": {"number": county.matters["minor"].number, "step": "ask"},
            "body": {"reason": "下周入户走访，要了解情况"},
        },
        "openings": {"who": "auditor"},
        "public_openings": {},
        "simulate": {
            "who": "dispatcher",
            "body": {"pack": "en.complaint", "topic": "t.wages", "region": "r.qingshi"},
        },
        "change_jurisdiction": {
            "who": "admin",
            "body": {
                "changes": [{"do": "set_topic", "id": "t.noise", "parent": None, "name": {"zh": "噪声", "en": "Noise"}}]
            },
        },
    }
    if operation_id in ("file", "resident_file"):
        path = {"number": planned.number, "file_id": kept_file(county)}
        return {**token, "path": path} if operation_id == "file" else {"secret": "planned", "path": path}
    if operation_id == "opened_file":
        return {"who": "housing_head", "path": opened_picture(county)}
    known["upload"] = {"body": {"file": "楼道灯坏了。"}, "media_type": "multipart/form-data"}
    return known[operation_id]


def opened_picture(county: County) -> dict[str, Any]:
    """Return number, entry and picture of a minor's file that the head has just opened."""
    from datetime import UTC, datetime

    from huajie.apps.matters import disclosure

    if "pictured" not in county.matters:
        county.photos = True
        county.bring_in("pictured", "t.children")
        county.photos = False
    known, now = county.matters["pictured"], datetime.now(UTC)
    head = county.actor("housing_head", now)
    why = {"what": "attachments", "purpose": "care", "said": "下周入户走访"}
    opened = disclosure.open_identity(known.stream, actor=head, now=now, **why)
    return {"number": known.number, "n": opened.written.n, "file_id": known.photo}


def kept_file(county: County) -> str:
    """Return the id of a file that the matter's resident brought."""
    from datetime import UTC, datetime

    from huajie.apps.attachments.incoming import Sent
    from huajie.apps.attachments.store import scratch
    from huajie.apps.attachments.uploads import Files, keep

    with Sent(scratch(), "a.txt", 5, "") as sent:
        assert sent.file is not None
        sent.file.write(b"hello")
        upload = keep(sent, now=datetime.now(UTC))
    texts = {"message": "附上一份。", "papers": Files((upload,))}
    county.act("planned", "resident", "write_to_us", texts=texts, at=datetime.now(UTC))
    return upload.id


def arrange(case: Any, request: dict[str, Any], county: County) -> None:
    """Put the parts of a request into a case."""
    if request.get("path"):
        case.path_parameters = dict(request["path"])
    case.query = dict(request.get("query", {}))
    headers = dict(request.get("headers", {}))
    if request.get("who"):
        headers |= county.bearer(request["who"])
    if request.get("secret"):
        headers |= county.secret(request["secret"])
    case.headers = headers
    if "body" in request:
        case.body = request["body"]
        case.media_type = request.get("media_type", "application/json")


def spare_token(county: County) -> None:
    """Give out a token that may be ended, and forgive the wrong passwords that were tried."""
    from django.utils import timezone

    from huajie.apps.jurisdiction.models import Account
    from huajie.apps.jurisdiction.operations import issue_token

    Account.objects.update(failures=0)
    account = Account.objects.get(username="mayor")
    county.tokens["spare"], _ = issue_token(account, PEOPLE["mayor"][1], now=timezone.now())


@pytest.mark.parametrize("identity", ["anonymous", "resident", "officer"])
def test_the_whole_api_as_described(county: County, schema: Any, identity: str) -> None:
    seen: dict[str, Counter[int]] = defaultdict(Counter)

    def answer_of(case: Any, language: str) -> None:
        case.headers = {**(case.headers or {}), "Accept-Language": language}
        response = case.call(base_url=None)
        case.validate_response(response, checks=CHECKS)
        seen[case.operation.definition.raw["operationId"]][response.status_code] += 1
        if response.status_code >= 400:
            check_problem(Answer(response), language)

    def identify(case: Any, who: str) -> None:
        case.headers = dict(case.headers or {})
        case.headers.pop("Authorization", None)
        if identity == "officer":
            case.headers |= county.bearer(who)
        elif identity == "resident":
            case.headers |= county.secret("ordinary")

    def one_case(operation: Any, name: str, data: st.DataObject) -> None:
        kind = data.draw(st.sampled_from(["described", "described", "good", "broken"]))
        language = data.draw(st.sampled_from(["zh", "en"]))
        spare_token(county)
        if kind == "described":
            mode = data.draw(st.sampled_from(list(schemathesis.GenerationMode)))
            case = data.draw(operation.as_strategy(generation_mode=mode))
            # whoever ends a token must not end the one that the next case needs
            identify(case, "spare" if name == "sign_out" else data.draw(st.sampled_from(OFFICERS)))
            if data.draw(st.booleans()) and "number" in (case.path_parameters or {}):
                case.path_parameters["number"] = county.matters["ordinary"].number
        else:
            case = operation.Case()
            request = good(county, name)
            if kind == "broken":
                request = json.loads(json.dumps(request))
                break_one(request, data)
            arrange(case, request, county)
            if identity == "anonymous" and kind == "broken":
                case.headers.pop("Authorization", None)
        answer_of(case, language)

    for result in schema.get_all_operations():
        operation = result.ok()
        name = operation.definition.raw["operationId"]

        def walk(data: st.DataObject) -> None:
            one_case(operation, name, data)  # noqa: B023  (called before the loop goes on)

        settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )(given(data=st.data())(walk))()
        # whatever was drawn: the good request succeeds too
        spare_token(county)
        case = operation.Case()
        arrange(case, good(county, name), county)
        answer_of(case, "en")

    missing = [name for name, found in seen.items() if not any(200 <= status < 300 for status in found)]
    assert not missing, f"never reached with success: {missing}"
    assert len(seen) == sum(1 for _ in schema.get_all_operations())
    refused = sum(count for found in seen.values() for status, count in found.items() if status >= 400)
    assert refused > len(seen), "hardly anything was refused: the cases are too tame"


def break_one(request: dict[str, Any], data: st.DataObject) -> None:
    """Replace one part of a good request by anything."""
    part = data.draw(st.sampled_from([name for name in ("path", "query", "body") if request.get(name)] or ["query"]))
    target = request.setdefault(part, {})
    name = data.draw(st.sampled_from(sorted(target) or ["surprise"]) | st.just("surprise"))
    if part == "body":
        target[name] = data.draw(_wild)
    elif part == "path":
        if name in target:
            target[name] = quote(data.draw(_letters.filter(lambda text: text.strip("./") != "")), safe="")
    else:
        target[name] = data.draw(_letters)
