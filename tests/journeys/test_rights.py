"""P9: a resident asks over the web, the data-protection officer answers: copy, correction and erasure, to the end."""

import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import pytest

pytestmark = [pytest.mark.accept("P9"), pytest.mark.django_db(transaction=True)]

PHONE = "13900007777"
ANSWER = "已经核对原事项，按您的要求办理。"


class Resident:
    """Whoever brought a complaint in, with their receipt, in a browser of their own."""

    def __init__(self, county: Any, kind: str = "ordinary") -> None:
        from django.test import Client

        known = county.bring_in(
            "mine",
            {"ordinary": "t.housing", "sealed": "t.conduct", "minor": "t.children"}[kind],
            texts={"title": "楼道灯坏了", "text": f"楼道灯坏了三周，请打 {PHONE}。"},
            contact={"name": "欧阳听雨", "phone": PHONE},
        )
        self.stream: UUID = known.stream
        self.number: str = known.number
        self.client = Client(headers={"accept-language": "en"})
        sent = self.client.post("/follow/", {"number": known.number, "secret": known.secret})
        assert sent.status_code == 302
        self.url = sent["Location"]

    def page(self) -> str:
        return unescape(self.client.get(self.url).content.decode())

    def ask(self, kind: str, words: str = "") -> UUID:
        """Ask by the form of the matter's page; return the stream of the request."""
        from huajie.apps.matters import loading

        form = self.client.get(f"{self.url}acts/ask_rights/")
        assert form.status_code == 200
        sent = self.client.post(
            f"{self.url}acts/ask_rights/", {**hidden(form), "rights_kind": kind, "rights_words": words}
        )
        assert sent.status_code == 302, words_of(sent)
        tip = loading.load(self.stream, using="default")
        assert tip is not None and tip.state is not None
        newest = max(tip.state.children, key=lambda key: int(key.rpartition("#")[2]))
        return UUID(tip.state.children[newest].stream)


def hidden(response: Any) -> dict[str, str]:
    """Return the hidden fields of the form on a page, its token left out."""
    found = re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', response.content.decode())
    return {name: unescape(value) for name, value in found}


def words_of(response: Any) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", response.content.decode()))


def do(client: Any, stream: UUID, act: str, status: int = 302, **given: str) -> Any:
    """Do an act by its form at the desk."""
    from huajie.apps.matters import loading

    tip = loading.load(stream, using="default")
    assert tip is not None
    address = f"/desk/matters/{tip.number}/acts/{act}/"
    form = client.get(address)
    assert form.status_code == 200, (act, form.status_code)
    sent = client.post(address, {**hidden(form), "names_asked": "1", **given})
    assert sent.status_code == status, words_of(sent)
    return sent


def is_clean() -> None:
    from huajie.apps.matters.verify import verify

    report = verify()
    assert report.clean, report.differences


def test_access_from_the_question_to_the_copy(county: Any, staff: Callable[..., Any]) -> None:
    resident = Resident(county)
    assert "See, correct or erase my personal data" in resident.page()
    # nothing to take before it was granted
    refused = resident.client.post(f"{resident.url}copy/", {"key": str(uuid4()), "as": "json"})
    assert refused.status_code == 422 and PHONE not in refused.content.decode()
    request = resident.ask("access")
    page = resident.page()
    assert "See and copy what is kept about me" in page and "You have an answer by" in page
    assert "Take my copy" not in page
    # the officer's own list has it, with its date; the unit that handles the matter can't decide it
    officer = staff("dpo")
    day = words_of(officer.get("/desk/"))
    assert "Request about personal data" in day
    handler = staff("housing")
    do(officer, request, "take")
    from huajie.apps.matters import loading

    tip = loading.load(request, using="default")
    assert tip is not None
    tried = handler.post(
        f"/desk/matters/{tip.number}/acts/give_copy/",
        {"seen": tip.n, "key": str(uuid4()), "rights_answer": ANSWER, "names_asked": "1"},
    )
    assert tried.status_code == 422
    do(officer, request, "give_copy", rights_answer=ANSWER)
    page = resident.page()
    assert ANSWER in page and "Copy granted" in page and "Take my copy" in page and PHONE not in page
    # as a page, once
    form = resident.client.get(f"{resident.url}copy/")
    assert PHONE not in form.content.decode()
    sent = {"key": hidden(form)["key"], "as": "page"}
    shown = resident.client.post(f"{resident.url}copy/", sent)
    assert shown.status_code == 200 and "no-store" in shown["Cache-Control"]
    assert {"欧阳听雨", "Nobody so far."} <= {
        word for word in ("欧阳听雨", "Nobody so far.") if word in words_of(shown)
    }
    assert words_of(shown).count(PHONE) == 2, "the contact, and what was taken out of the words"
    again = resident.client.post(f"{resident.url}copy/", sent)
    assert again.status_code == 409 and PHONE not in again.content.decode()
    # as a file
    file = resident.client.post(f"{resident.url}copy/", {"key": str(uuid4()), "as": "json"})
    assert file["Content-Type"] == "application/json" and "attachment" in file["Content-Disposition"]
    held = json.loads(file.content)
    assert held["contact"] == {"name": "欧阳听雨", "phone": PHONE}
    first = held["entries"][0]
    assert first["texts"]["text"] == f"楼道灯坏了三周，请打 {PHONE}。"
    assert [entry["n"] for entry in held["entries"]] == list(range(1, len(held["entries"]) + 1))
    assert resident.page().count("The resident took a copy of their data") == 2
    # nobody else: another resident's browser, a stranger, the officer
    other = Resident(county)
    for client in (other.client, staff("dpo"), staff("housing")):
        sent_elsewhere = client.post(f"{resident.url}copy/", {"key": str(uuid4()), "as": "json"})
        assert sent_elsewhere.status_code == 302 and PHONE not in sent_elsewhere.content.decode()
    # somebody else closes it
    do(staff("supervisor"), request, "confirm_ending", note_text="答复和要求一致。")
    assert "Your request about your data has ended" in resident.page()
    is_clean()


def test_correction_from_the_question_to_the_new_words(county: Any, staff: Callable[..., Any]) -> None:
    resident = Resident(county)
    request = resident.ask("correct", "电话写错了，应当是 13900008888；灯坏了两周。")
    officer = staff("dpo")
    do(officer, request, "take")
    nothing = do(officer, request, "put_right", status=422, rights_answer=ANSWER)
    assert "Give the right contact or text" in words_of(nothing)
    new = {"contact-name": "欧阳听雨", "contact-phone": "13900008888", "text": "楼道灯坏了两周。"}
    do(officer, request, "put_right", rights_answer=ANSWER, **new)
    page = resident.page()
    assert "Your data was put right" in page and "楼道灯坏了两周。" in page and "坏了三周" not in page
    assert "What stood there before was erased; that entry and its proof stay" in page
    # the handler reads the new words, and opens the new number by an act
    handler = staff("housing")
    assert "楼道灯坏了两周。" in words_of(handler.get(f"/desk/matters/{resident.number}/"))
    opened = handler.post(
        f"/desk/matters/{resident.number}/open/",
        {"key": str(uuid4()), "what": "contact", "purpose": "reach", "purpose_words": "约时间上门"},
    )
    assert "13900008888" in words_of(opened) and PHONE not in words_of(opened)
    do(staff("supervisor"), request, "confirm_ending", note_text="与来信一致。")
    assert leftovers("13900008888", request) == []
    is_clean()


def leftovers(value: str, stream: UUID) -> list[str]:
    """Return the tables in which a value still stands for a matter after its own key is used."""
    from huajie.apps.matters import loading
    from huajie.apps.matters.disclosure import masked_of
    from huajie.apps.matters.queries import texts_of

    tip = loading.load(stream, using="default")
    assert tip is not None
    key = loading.data_key(tip)
    found = [name for (_n, name), text in texts_of(tip, using="default").items() if value in text]
    found += ["contact"] if tip.contact is not None else []
    spans = masked_of(tip, key, "default")
    return found + [name for (_n, name), held in spans.items() if any(value in span.value for span in held)]


def test_erasure_refused_with_its_reason_and_then_as_far_as_the_law_lets_it_go(
    county: Any, staff: Callable[..., Any]
) -> None:
    from huajie.apps.matters import loading

    resident = Resident(county)
    request = resident.ask("erase", "请把我的信息全部删除。")
    officer = staff("dpo")
    do(officer, request, "take")
    whole = {
        "erase_what": "all",
        "erase_ground": "purpose-done",
        "legal_basis_text": "第四十七条",
        "rights_answer": ANSWER,
    }
    under_way = do(officer, request, "erase_data", status=422, **whole)
    assert "The matter is under way" in words_of(under_way)
    # the resident takes the matter back: now the law keeps it
    form = resident.client.get(f"{resident.url}acts/withdraw/")
    assert resident.client.post(f"{resident.url}acts/withdraw/", hidden(form)).status_code == 302
    kept = do(officer, request, "erase_data", status=422, **whole)
    assert re.search(r"By law it is kept until 20\d\d-\d\d-\d\d", words_of(kept)), words_of(kept)
    do(officer, request, "erase_data", **{**whole, "erase_what": "identity"})
    page = resident.page()
    assert "Your identity was erased" in page and "Identity erased, the rest kept by law" in page
    assert "go to court (Personal Information Protection Law, Article 50)" in page
    tip = loading.load(resident.stream, using="default")
    assert tip is not None and tip.contact is None and loading.data_key(tip) is None
    assert PHONE not in words_of(resident.client.get(resident.url))
    do(staff("supervisor"), request, "confirm_ending", note_text="与答复一致。")
    # a refusal has its reason, and says where to complain
    second = resident.ask("erase", "文字也要删除。")
    do(officer, second, "take")
    do(
        officer,
        second,
        "decline",
        refuse_reason="kept-by-law",
        legal_basis_text="第四十七条第二款",
        rights_answer="保存期限没有满，期满自动删除。",
    )
    page = resident.page()
    assert "Your request about your data was refused" in page and "保存期限没有满，期满自动删除。" in page
    assert "you can complain to the authority" in page
    is_clean()


@pytest.mark.parametrize("kind", ["sealed", "minor"])
def test_a_closed_matter_keeps_the_request_about_it_as_closed(
    county: Any, staff: Callable[..., Any], kind: str
) -> None:
    from django.db import connection

    from huajie.apps.matters import loading

    resident = Resident(county, kind)
    words = "请删除，不要让别人看到。"
    request = resident.ask("erase", words)
    tip = loading.load(request, using="default")
    assert tip is not None and tip.state is not None and tip.state.sensitivity == kind
    assert tip.state.facts["rights_kind"] == "erase"
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM matters_text WHERE body LIKE %s", [f"%{words}%"])
        assert cursor.fetchone()[0] == 0
    assert "Erase it" in resident.page()
    officer = staff("dpo")
    do(officer, request, "take")
    given = {"erase_what": "all", "erase_ground": "unlawful", "legal_basis_text": "第四十七条", "rights_answer": ANSWER}
    do(officer, request, "erase_data", **given)
    page = resident.page()
    assert ANSWER in page and "楼道灯坏了三周" not in page
    assert leftovers(PHONE, resident.stream) == []
    is_clean()


def test_a_clerk_writes_it_down_for_somebody_at_the_counter(county: Any, staff: Callable[..., Any]) -> None:
    from datetime import UTC, datetime

    from huajie.apps.matters import loading

    known = county.bring_in("counter", "t.housing", actor=county.actor("intake"), channel="counter")
    clerk = staff("intake")
    do(clerk, known.stream, "ask_rights", rights_kind="explain", asked_how="counter", said_back="true")
    tip = loading.load(known.stream, using="default")
    assert tip is not None and tip.state is not None and tip.state.children["rights#1"].unit == "u.oversight"
    assert datetime.now(UTC) > tip.changed_at
    is_clean()
