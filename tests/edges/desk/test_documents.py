"""Documents at the desk and for the resident: composed, previewed, signed, printed, served with a slip."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.support import papers

pytestmark = pytest.mark.accept("P6")

WORDS = {
    "request_text": "一、更换楼道灯。",
    "findings": "三号楼二单元楼道灯损坏属实。",
    "law": "《信访工作条例》第三十二条。",
    "opinion_text": "十五日内更换。",
    "how_to_review": "向县政府书面提出。",
}
CHOSEN = {"weight": "ordinary", "opinion": "resolved-as-asked", "fulfilment_days": "15"}


@pytest.fixture
def petition(county: Any) -> Any:
    """A petition that housing has accepted, its resident heard, so that an opinion can be drafted."""
    from tests.support.petition import accepted

    return accepted(county)


def url(county: Any, rest: str = "") -> str:
    from huajie.apps.matters.numbers import shown

    return f"/desk/matters/{shown(county.matters['petition'].number)}/{rest}"


def state(county: Any) -> Any:
    from huajie.apps.matters import loading

    tip = loading.load(county.matters["petition"].stream, using="default")
    assert tip is not None and tip.state is not None
    return tip.state


def form(county: Any, **given: str) -> dict[str, str]:
    return {"key": str(uuid4()), "seen": str(state(county).n), **given}


def said(response: Any) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", response.content.decode()))


def scans(*fields: str) -> dict[str, SimpleUploadedFile]:
    """Return a scan for each field, as a browser sends it; each can be sent once."""
    return {field: SimpleUploadedFile(f"{field}.pdf", papers.pdf(), "application/pdf") for field in fields}


def test_a_preview_keeps_what_was_typed_and_writes_nothing(petition: Any, staff: Callable[..., Any]) -> None:
    client = staff("housing", "zh-CN")
    page = client.get(url(petition, "acts/draft_opinion/"))
    assert page.status_code == 200 and 'name="preview"' in page.content.decode()
    before = state(petition).n
    shown = client.post(url(petition, "acts/draft_opinion/"), form(petition, preview="1", **WORDS, **CHOSEN))
    assert shown.status_code == 200 and state(petition).n == before
    text = said(shown)
    # the template is filled: what was asked, the choice in words, the unit, and nothing stays in braces
    for word in ("关于编号", "一、您的请求：一、更换楼道灯。", "支持：事实清楚，符合规定", "住建局", "年"):
        assert word in text, word
    assert "{" not in text.partition('id="preview"')[2] and "没有内容可填" not in text
    # what was typed stands in the form still
    assert WORDS["findings"] in shown.content.decode() and 'value="15"' in shown.content.decode()


def test_a_chosen_phrase_is_added_to_the_words(petition: Any, staff: Callable[..., Any]) -> None:
    client = staff("housing", "zh-CN")
    sent = form(petition, insert="1", phrase="heard-in-person", **WORDS, **CHOSEN)
    shown = client.post(url(petition, "acts/draft_opinion/"), sent)
    body = re.search(r'<textarea id="f-paper"[^>]*>(.*?)</textarea>', shown.content.decode(), re.DOTALL)
    assert body is not None and unescape(body[1]).strip().endswith("我们当面听取了您的陈述，并记录在卷。")
    assert "关于编号" in unescape(body[1]), "the template comes first"


def test_a_placeholder_that_stands_for_nothing_is_refused_by_name(petition: Any, staff: Callable[..., Any]) -> None:
    client = staff("housing", "zh-CN")
    sent = form(petition, paper="意见：{text:finding}，{due:redo}，{fact:opinion}。{nonsense}", **WORDS, **CHOSEN)
    refused = client.post(url(petition, "acts/draft_opinion/"), sent)
    assert refused.status_code == 422
    text = said(refused)
    for word in ("{text:finding}", "{due:redo}", "{nonsense}"):
        assert word in text
    assert "“{fact:opinion}”" not in text, "that one has a value"
    assert "opinion#1" not in state(petition).documents
    sent = form(petition, paper="意见：{fact:opinion}。", **WORDS, **CHOSEN)
    assert client.post(url(petition, "acts/draft_opinion/"), sent).status_code == 302
    assert text_of(petition, "opinion#1") == "意见：支持：事实清楚，符合规定。"


def text_of(county: Any, key: str) -> str:
    from huajie.apps.matters.queries import see

    opened = see(county.actor("housing"), county.matters["petition"].stream)
    one = opened.tip.state.documents[key]
    return str(opened.texts[one.n, "paper"])


def draft_and_issue(county: Any, staff: Callable[..., Any]) -> None:
    assert staff("housing").post(url(county, "acts/draft_opinion/"), form(county, **WORDS, **CHOSEN)).status_code == 302
    done = staff("housing_head").post(url(county, "acts/opinion/"), form(county, target="opinion#1"))
    assert done.status_code == 302
    assert state(county).documents["opinion#1"].state == "issued"


def test_my_day_names_the_draft_to_whoever_can_not_sign_until_there_is_one(
    petition: Any, staff: Callable[..., Any]
) -> None:
    form_of = f'href="{url(petition, "acts/draft_opinion/")}"'
    clerk, head = staff("housing"), staff("housing_head")
    body = clerk.get("/desk/").content.decode()
    line = next(item for item in body.split('<li class="item">') if form_of in item)
    assert "Draft the opinion" in line and "Sign and issue the opinion" not in line
    # whoever signs is told of signing, draft or not
    assert form_of not in head.get("/desk/?scope=all").content.decode()
    assert clerk.post(url(petition, "acts/draft_opinion/"), form(petition, **WORDS, **CHOSEN)).status_code == 302
    body = clerk.get("/desk/").content.decode()
    line = next(item for item in body.split('<li class="item">') if url(petition) in item)
    assert form_of not in line and "Sign and issue the opinion" in line


def test_what_is_signed_is_what_is_read_and_a_changed_version_needs_a_new_signature(
    petition: Any, staff: Callable[..., Any]
) -> None:
    clerk, head = staff("housing"), staff("housing_head")
    assert clerk.post(url(petition, "acts/draft_opinion/"), form(petition, **WORDS, **CHOSEN)).status_code == 302
    assert head.post(url(petition, "acts/countersign_opinion/"), form(petition, target="opinion#1")).status_code == 302
    assert state(petition).documents["opinion#1"].state == "countersigned"
    # the next version begins with what the first one said
    again = clerk.get(url(petition, "acts/draft_opinion/")).content.decode()
    assert WORDS["opinion_text"] in again and "关于编号" in again
    changed = {**WORDS, "opinion_text": "不予更换。", "paper": "意见改为不予更换。"}
    assert clerk.post(url(petition, "acts/draft_opinion/"), form(petition, **changed, **CHOSEN)).status_code == 302
    found = state(petition).documents
    assert (found["opinion#1"].state, found["opinion#2"].state, found["opinion#2"].signed) == ("replaced", "draft", [])
    # a form that still shows the first version signs nothing
    stale = head.post(url(petition, "acts/countersign_opinion/"), form(petition, target="opinion#1"))
    assert stale.status_code == 422
    assert state(petition).documents["opinion#2"].signed == []
    # both versions are kept, word for word
    assert "十五日内更换" in text_of(petition, "opinion#1") and text_of(petition, "opinion#2") == changed["paper"]


def test_the_clerk_who_drafted_can_not_sign(petition: Any, staff: Callable[..., Any]) -> None:
    head = staff("housing_head", "zh-CN")
    assert head.post(url(petition, "acts/draft_opinion/"), form(petition, **WORDS, **CHOSEN)).status_code == 302
    refused = head.post(url(petition, "acts/opinion/"), form(petition, target="opinion#1"))
    assert refused.status_code == 422 and "要由别人核签" in said(refused)


def test_service_says_everything_that_is_missing_and_starts_no_clock(petition: Any, staff: Callable[..., Any]) -> None:
    draft_and_issue(petition, staff)
    client = staff("housing", "zh-CN")
    today = state(petition).documents["opinion#1"].issued_at
    from huajie.core.ledger import moment

    on = (moment(today) + timedelta(hours=8)).date().isoformat()
    refused = client.post(
        url(petition, "acts/serve/"), form(petition, served_way="left", served_date=on, target="opinion#1")
    )
    assert refused.status_code == 422
    text = said(refused)
    for field in ("盖章的处理意见书", "送达回证", "见证人和当时情况"):
        assert f"请填写“{field}”" in text, field
    assert "review_window" not in state(petition).clocks
    proof = {
        **scans("opinion_file", "proof"),
        "witness": "居委会工作人员到场。",
    }
    done = client.post(
        url(petition, "acts/serve/"), form(petition, served_way="left", served_date=on, target="opinion#1", **proof)
    )
    assert done.status_code == 302, said(done)
    clock = state(petition).clocks["review_window"]
    assert clock.status == "running"
    assert (moment(clock.started_at) + timedelta(hours=8)).date().isoformat() == on, (
        "thirty days from the day it reached"
    )


def test_the_paper_and_its_slip_are_for_those_who_may(petition: Any, staff: Callable[..., Any]) -> None:
    draft_and_issue(petition, staff)
    paper, slip = url(petition, "documents/opinion/1/"), url(petition, "documents/opinion/1/slip/")
    page = staff("housing").get(paper)
    text = said(page)
    # an English reader prints the Chinese paper as it was written
    assert page.status_code == 200 and "信访处理意见书" in text and WORDS["findings"] in text
    assert 'class="doc" lang="zh-Hans"' in page.content.decode()
    blank = said(staff("housing").get(slip))
    for word in ("送达回证", "受送达人签名或盖章、收到日期", "见证人签名", "拒收，见证下留置"):
        assert word in blank, word
    assert WORDS["findings"] not in blank
    for username in ("labour", "labour_head", "admin", "dispatcher"):
        assert staff(username).get(paper).status_code == 404, username
        assert staff(username).get(slip).status_code == 404, username
    for missing in ("opinion/2/", "opinion/0/", "letter/1/"):
        assert staff("housing").get(url(petition, f"documents/{missing}")).status_code == 404
    listed = said(staff("housing").get(url(petition)))
    assert "Opinion on the petition" in listed


def test_the_resident_reads_what_was_given_out_and_no_draft(petition: Any, staff: Callable[..., Any]) -> None:
    from django.test import Client

    from huajie.apps.matters.numbers import shown

    known = petition.matters["petition"]
    resident = Client(headers={"accept-language": "zh-CN"})
    assert resident.post("/follow/", {"number": known.number, "secret": known.secret}).status_code == 302
    base = f"/matters/{shown(known.number)}/"
    clerk = staff("housing")
    assert clerk.post(url(petition, "acts/draft_opinion/"), form(petition, **WORDS, **CHOSEN)).status_code == 302
    assert resident.get(f"{base}documents/opinion/1/").status_code == 404
    page = said(resident.get(base))
    assert "受理告知书" in page and "信访处理意见书" not in page.partition("发给您的文书")[2].partition("办理经过")[0]
    assert WORDS["findings"] not in page, "a draft is nobody's answer"
    assert (
        staff("housing_head").post(url(petition, "acts/opinion/"), form(petition, target="opinion#1")).status_code
        == 302
    )
    paper = resident.get(f"{base}documents/opinion/1/")
    assert paper.status_code == 200 and WORDS["findings"] in said(paper)
    # without the secret, the page asks for it
    assert Client().get(f"{base}documents/opinion/1/").status_code == 302


def test_electronic_service_is_for_the_resident_to_agree_to(petition: Any, staff: Callable[..., Any]) -> None:
    draft_and_issue(petition, staff)
    from huajie.core.ledger import moment

    on = (moment(state(petition).documents["opinion#1"].issued_at) + timedelta(hours=8)).date().isoformat()
    client = staff("housing", "zh-CN")
    sent = form(petition, served_way="online", served_date=on, **scans("opinion_file", "proof"))
    refused = client.post(url(petition, "acts/serve/"), sent)
    assert refused.status_code == 422 and "没有本人同意网上送达的记录" in said(refused)
    petition.act(
        "petition",
        "resident",
        "agree_online",
        inputs={"electronic_service": True},
        at=petition.founded_at + timedelta(hours=20),
    )
    again = form(petition, served_way="online", served_date=on, **scans("opinion_file", "proof"))
    done = client.post(url(petition, "acts/serve/"), again)
    assert done.status_code == 302, said(done)


def test_everything_in_it_verifies(petition: Any, staff: Callable[..., Any]) -> None:
    from huajie.apps.matters.verify import verify

    draft_and_issue(petition, staff)
    report = verify()
    assert report.clean, report.differences


def test_a_unit_keeps_sentences_of_its_own(petition: Any, staff: Callable[..., Any]) -> None:
    client = staff("housing", "zh-CN")
    own = "本局已派人到现场，处理期限见{due:handling}。"
    kept = client.post("/desk/phrases/", {"kind": "opinion", "zh": own, "en": ""})
    assert kept.status_code == 302
    assert own in said(client.get("/desk/phrases/"))
    page = client.get(url(petition, "acts/draft_opinion/")).content.decode()
    found = re.search(r'name="phrase" value="(own:[0-9a-f]{32})"', page)
    year, month, day = (int(part) for part in state(petition).clocks["handling"].last_date.split("-"))
    filled = f"本局已派人到现场，处理期限见{year}年{month}月{day}日。"
    assert found is not None and filled in page
    sent = form(petition, insert="1", phrase=found[1], paper="第一句。", **WORDS, **CHOSEN)
    shown = client.post(url(petition, "acts/draft_opinion/"), sent)
    assert "第一句。\n" + filled in unescape(shown.content.decode())
    # another unit neither sees it nor takes it away
    other = staff("labour", "zh-CN")
    assert own not in said(other.get("/desk/phrases/"))
    name = found[1].removeprefix("own:")
    assert other.post(f"/desk/phrases/{name}/ended/").status_code == 404
    assert client.post(f"/desk/phrases/{name}/ended/").status_code == 302
    assert own not in said(client.get("/desk/phrases/"))


def test_a_sentence_that_can_not_be_kept_says_everything_and_loses_nothing(staff: Callable[..., Any]) -> None:
    client = staff("housing", "zh-CN")
    refused = client.post("/desk/phrases/", {"kind": "", "zh": "见{nummer}。" + "长" * 600, "en": ""})
    assert refused.status_code == 422
    text = said(refused)
    for word in ("请选择", "最多 600 个字", "大括号里的词"):
        assert word in text, word
    assert "见{nummer}。" in text


def legends(page: str) -> list[str]:
    return [unescape(found) for found in re.findall(r'<fieldset class="part"><legend>(.*?)</legend>', page)]


def chosen_unit(page: str) -> str:
    found = re.search(r'<select[^>]*id="f-to_unit".*?</select>', page, re.DOTALL)
    assert found is not None
    return "".join(re.findall(r'value="([^"]*)" selected', found[0]))


def test_long_forms_stand_in_groups_and_begin_with_what_the_matter_knows(
    petition: Any, staff: Callable[..., Any]
) -> None:
    client = staff("housing", "zh-CN")
    draft = client.get(url(petition, "acts/draft_opinion/")).content.decode()
    assert legends(draft) == ["结论", "查明的情况", "意见书正文", "落实"]
    # what the resident asked for was written down when it was registered; nobody types it again
    asked = re.search(r'<textarea id="f-request_text"[^>]*>(.*?)</textarea>', draft, re.DOTALL)
    assert asked is not None and asked[1].strip() == "修灯"
    plan = client.get(url(petition, "acts/plan_step/")).content.decode()
    assert legends(plan) == ["步骤", "谁做，几天做好"] and chosen_unit(plan) == "u.housing"
    given = {"step_text": "换灯", "action_days": "5", "to_unit": "u.labour"}
    assert client.post(url(petition, "acts/plan_step/"), form(petition, **given)).status_code == 302
    # the next step begins with whoever does the one before
    assert chosen_unit(client.get(url(petition, "acts/plan_step/")).content.decode()) == "u.labour"
    # what somebody takes out again stays out
    empty = form(petition, reckon="1", step_text="再换一盏", action_days="5", to_unit="")
    assert chosen_unit(client.post(url(petition, "acts/plan_step/"), empty).content.decode()) == ""
    # a form without groups looks as it did
    note = client.get(url(petition, "acts/add_note/")).content.decode()
    assert legends(note) == [] and '<div class="fields gap-3"><div class="field' in note


def section(response: Any, mark: str) -> str:
    """Return what a part of a page says, from its mark to the next section."""
    page = response.content.decode()
    assert mark in page
    return unescape(re.sub(r"<[^>]+>", "", page.partition(mark)[2].partition("</section>")[0]))


def test_what_the_resident_is_told_is_filled_from_the_matter_before_it_is_sent(
    petition: Any, staff: Callable[..., Any]
) -> None:
    from huajie.apps.documents.operations import add_phrase
    from huajie.apps.matters.numbers import shown

    number = shown(petition.matters["petition"].number)
    words = "编号{number}由{unit}办理，{due:handling}前答复；{fact:opinion}"
    actor = petition.actor("housing")
    add_phrase(actor, kind="letter", zh=words, en="", now=petition.founded_at + timedelta(hours=5))
    client, where = staff("housing", "zh-CN"), url(petition, "acts/write_to_resident/")
    page = client.get(where)
    # by hand: the handling clock of the matter says the day; the opinion is not there yet
    last = state(petition).clocks["handling"].last_date
    year, month, day = (int(part) for part in last.split("-"))
    known = f"编号{number}由住建局（虚构）办理，{year}年{month}月{day}日前答复；"
    assert f"{known}[处理意见（第三十二条）]" in section(page, 'id="phrases"')
    # a script inserts it with what is still open in braces, so that it is filled or refused by name
    assert f'data-text="{known}{{fact:opinion}}"' in unescape(page.content.decode())
    told = section(page, 'aria-labelledby="h-told"')
    assert f"编号 {number}：[" in told and "{number}" not in told and "还没有填上" in told
    before = state(petition).n
    typed = "编号{number}：{due:handling}前答复。{fact:opinion}、{due:redo}。{不是占位符}"
    looked = client.post(where, form(petition, preview="1", message=typed))
    assert looked.status_code == 200 and state(petition).n == before
    told = section(looked, 'aria-labelledby="h-told"')
    assert f"编号{number}：{year}年{month}月{day}日前答复。" in told
    assert "{fact:opinion}" in told and "{due:redo}" in told, "both are named"
    refused = client.post(where, form(petition, message=typed))
    assert refused.status_code == 422 and state(petition).n == before
    for word in ("“{fact:opinion}”", "“{due:redo}”"):
        assert word in said(refused), word
    assert "“{number}”" not in said(refused) and "“{不是占位符}”" not in said(refused)
    sent = client.post(where, form(petition, message="编号{number}：{due:handling}前答复。{不是占位符}"))
    assert sent.status_code == 302
    # what is kept is what the resident reads
    from huajie.apps.matters.queries import see

    kept = see(actor, petition.matters["petition"].stream).texts[state(petition).n, "message"]
    assert kept == f"编号{number}：{year}年{month}月{day}日前答复。{{不是占位符}}"


def test_phrases_and_template_are_filled_where_they_are_chosen(petition: Any, staff: Callable[..., Any]) -> None:
    from huajie.apps.matters.numbers import shown

    number = shown(petition.matters["petition"].number)
    client = staff("housing", "zh-CN")
    page = client.get(url(petition, "acts/draft_opinion/"))
    assert f"（编号{number}）已由住建局（虚构）收悉。" in said(page) and "{number}" not in said(page)
    sent = form(petition, insert="1", phrase="opening-received", **WORDS, **CHOSEN)
    shown_page = client.post(url(petition, "acts/draft_opinion/"), sent)
    body = re.search(r'<textarea id="f-paper"[^>]*>(.*?)</textarea>', shown_page.content.decode(), re.DOTALL)
    assert body is not None
    words = unescape(body[1])
    assert f"（编号{number}）已由住建局（虚构）收悉。" in words and "{number}" not in words and "{unit}" not in words
    # what the form itself asks for is open until it is drafted, so that a later change counts; each is said in words
    assert "{text:findings}" in words
    assert "{text:findings} 查明的事实" in re.sub(r"\s+", " ", said(shown_page))


def to_sign(response: Any) -> str:
    page = response.content.decode()
    return unescape(re.sub(r"<[^>]+>", "", page.partition('id="sign"')[2].partition("</section>")[0]))


def test_a_paper_waits_on_the_page_of_whoever_may_sign_it_and_on_nobody_elses(
    petition: Any, staff: Callable[..., Any]
) -> None:
    clerk, head = staff("housing", "zh-CN"), staff("housing_head", "zh-CN")
    assert to_sign(head.get("/desk/lead/")) == "", "nothing is drafted yet"
    assert clerk.post(url(petition, "acts/draft_opinion/"), form(petition, **WORDS, **CHOSEN)).status_code == 302
    page = head.get("/desk/lead/")
    said_there = to_sign(page)
    # the words themselves stand there, with the act that does the most
    assert "十五日内更换。" in said_there and "签发信访处理意见书" in said_there
    assert page.content.decode().count("btn-go") == 1
    for other in ("housing", "labour", "labour_head", "supervisor"):
        assert to_sign(staff(other, "zh-CN").get("/desk/lead/")) == "", other
    # what is signed is what was read: another version that came meanwhile is not
    given = dict(re.findall(r'name="(seen|key|target)" value="([^"]*)"', page.content.decode()))
    assert given["target"] == "opinion#1"
    changed = {**WORDS, "opinion_text": "不予更换。"}
    assert clerk.post(url(petition, "acts/draft_opinion/"), form(petition, **changed, **CHOSEN)).status_code == 302
    assert head.post(url(petition, "acts/opinion/"), given).status_code in (409, 422)
    assert state(petition).documents["opinion#2"].signed == []
    page = head.get("/desk/lead/")
    assert "不予更换。" in to_sign(page) and "十五日内更换。" not in to_sign(page)
    given = dict(re.findall(r'name="(seen|key|target)" value="([^"]*)"', page.content.decode()))
    assert head.post(url(petition, "acts/opinion/"), given).status_code == 302
    assert state(petition).documents["opinion#2"].state == "issued"
    assert to_sign(head.get("/desk/lead/")) == ""


def test_the_printed_page_of_a_draft_has_the_press_for_whoever_may_sign(
    petition: Any, staff: Callable[..., Any]
) -> None:
    assert (
        staff("housing").post(url(petition, "acts/draft_opinion/"), form(petition, **WORDS, **CHOSEN)).status_code
        == 302
    )
    where = url(petition, "documents/opinion/1/")
    assert "签发信访处理意见书" in said(staff("housing_head", "zh-CN").get(where))
    assert "签发信访处理意见书" not in said(staff("housing", "zh-CN").get(where))


def test_what_an_earlier_version_drafted_is_found_by_whoever_signs(petition: Any, staff: Callable[..., Any]) -> None:
    from importlib import import_module

    from django.apps import apps

    from huajie.apps.matters.models import Party

    assert (
        staff("housing").post(url(petition, "acts/draft_opinion/"), form(petition, **WORDS, **CHOSEN)).status_code
        == 302
    )
    rows = Party.objects.filter(relation="to_sign").order_by("unit")
    written = list(rows.values_list("matter", "unit", "seat", "sensitivity", "open", "due_at"))
    # by hand: the lead unit and the government above it
    assert [unit for _matter, unit, *_rest in written] == ["u.gov", "u.housing"]
    rows.delete()
    import_module("huajie.apps.matters.migrations.0012_to_sign").add_rows(apps, None)
    assert list(rows.values_list("matter", "unit", "seat", "sensitivity", "open", "due_at")) == written
