"""A resident sends photos and papers with a form, gets them back, and nobody else does."""

import dataclasses
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.support import papers
from tests.support.reading import said

TEXT = "这张纸上写着别处没有的话。".encode()


def upload(data: bytes, name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, "application/x-whatever")


def form_of(client: Any, **more: Any) -> dict[str, Any]:
    page = client.post("/report/en.complaint/", {"step": "2", "go": "3"}).content.decode()
    assert 'enctype="multipart/form-data"' in page and 'capture="environment"' in page and "multiple" in page
    return {
        "key": re.search(r'name="key" value="([^"]+)"', page)[1],  # type: ignore[index]
        "title": "楼道灯坏了",
        "text": "三号楼二单元的灯三周没有修。",
        "topic": "t.housing",
        "region": "r.qingshi",
        "mode": "open",
        **more,
    }


def report(client: Any, *files: SimpleUploadedFile, **more: Any) -> Any:
    return client.post("/report/en.complaint/", {**form_of(client, **more), "papers": list(files)})


def number_of(client: Any, response: Any) -> str:
    """Return the number on the receipt that answered a report, the matter opened in this browser with its secret."""
    page = response.content.decode()
    assert response.status_code == 200, re.findall(r'class="err"[^>]*>.*?</p>', page)
    number, secret = re.findall(r'class="secret">([^<]+)<', page)
    assert client.post("/follow/", {"number": number, "secret": secret}).status_code == 302
    return str(number)


def links(page: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r'href="([^"]*/files/[0-9a-f]{32}/)"', page)))


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_photos_and_papers_go_in_and_come_out(county: Any, browser: Any) -> None:
    number = number_of(browser, report(browser, upload(papers.photo(), "现场.jpg"), upload(TEXT, "<b>说明</b>.txt")))
    page = said(browser.get(f"/matters/{number}/"))
    photo, paper = links(page)
    assert "现场.jpg" in page and "&lt;b&gt;" not in photo and "<b>说明" not in page
    shown = browser.get(photo)
    assert shown["Content-Type"] == "image/jpeg" and papers.CAMERA.encode() not in body(shown)
    assert shown["Content-Disposition"].startswith("inline")
    kept = browser.get(paper)
    assert body(kept) == TEXT
    assert kept["Content-Type"] == "text/plain; charset=utf-8"
    assert kept["Content-Disposition"].startswith("attachment")
    for response in (shown, kept):
        assert response["Content-Security-Policy"].endswith("sandbox")
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in response["Cache-Control"]
    small = browser.get(f"{photo}small/")
    assert small["Content-Type"] == "image/jpeg" and 0 < len(small.content) < 60_000
    assert browser.get(f"{paper}small/").status_code == 404
    # the address of a file is nothing without the secret
    from django.test import Client

    assert Client().get(paper)["Location"].startswith("/follow/")
    other = browser.get(paper.replace(number, county.matters["ordinary"].number))
    assert other.status_code in (302, 404)


def test_a_part_of_a_file_can_be_asked_for(county: Any, browser: Any) -> None:
    number = number_of(browser, report(browser, upload(TEXT, "a.txt")))
    paper = links(browser.get(f"/matters/{number}/").content.decode())[0]
    for asked, expected in (("bytes=3-8", TEXT[3:9]), ("bytes=-4", TEXT[-4:]), ("bytes=5-", TEXT[5:])):
        part = browser.get(paper, headers={"Range": asked})
        assert part.status_code == 206 and body(part) == expected
        assert part["Content-Range"].endswith(f"/{len(TEXT)}")
    assert browser.get(paper, headers={"Range": "bytes=999-"}).status_code == 416
    plain = browser.get(paper, headers={"Range": "lines=1"})
    assert plain.status_code == 200 and body(plain) == TEXT
    head = browser.head(paper)
    assert head["Content-Length"] == str(len(TEXT)) and not head.content


def test_a_file_need_not_be_chosen_again_and_may_be_left_out(county: Any, browser: Any) -> None:
    wrong = report(browser, upload(TEXT, "a.txt"), upload(TEXT + b"2", "b.txt"), mode="")
    assert wrong.status_code == 422
    page = wrong.content.decode()
    tokens = re.findall(r'name="papers-known" value="([^"]+)" checked', page)
    assert len(tokens) == 2 and "a.txt" in page and "sha256" not in page
    again = {**form_of(browser), "papers-known": [tokens[1]]}
    number = number_of(browser, browser.post("/report/en.complaint/", again))
    (paper,) = links(browser.get(f"/matters/{number}/").content.decode())
    assert body(browser.get(paper)) == TEXT + b"2"
    # sent twice: the first answer again; under another key: it was used
    assert number_of(browser, browser.post("/report/en.complaint/", again)) == number
    used = browser.post("/report/en.complaint/", {**form_of(browser), "papers-known": [tokens[1]]})
    assert used.status_code == 409


def test_the_same_form_sent_twice_is_one_matter(county: Any, browser: Any) -> None:
    form = form_of(browser)
    first, second = (
        number_of(browser, browser.post("/report/en.complaint/", {**form, "papers": [upload(papers.photo(), "a.jpg")]}))
        for _ in range(2)
    )
    assert first == second


def test_what_is_not_taken_is_refused_in_words(county: Any, browser: Any) -> None:
    response = report(browser, upload(b"<html><script>x</script></html>", "photo.jpg"), upload(TEXT, "a.txt"))
    page = response.content.decode()
    assert response.status_code == 422
    assert "photo.jpg: This kind of file is not taken. Taken are: JPEG, PNG" in page
    # the good one is kept for the next try
    assert len(re.findall('name="papers-known"', page)) == 1


@pytest.mark.parametrize(
    ("limits", "files", "words"),
    [
        ({"file_mb": 1}, [b"a" * 1_000_001], "larger than 1 MB"),
        ({"a_form": 2}, [b"a", b"b", b"c"], "At most 2 files at a time"),
        ({"matter_mb": 1}, [b"a" * 600_000, b"b" * 600_000], "together are at most 1 MB"),
    ],
    ids=["size", "count", "total"],
)
def test_limits_are_said_and_kept(
    county: Any, browser: Any, settings: Any, limits: dict[str, int], files: list[bytes], words: str
) -> None:
    settings.HUAJIE_FILES = dataclasses.replace(settings.HUAJIE_FILES, **limits)
    response = report(browser, *(upload(data, f"{n}.txt") for n, data in enumerate(files)))
    assert response.status_code == 422 and words in response.content.decode()


def test_the_total_of_a_matter_counts_what_it_has(county: Any, browser: Any, settings: Any) -> None:
    settings.HUAJIE_FILES = dataclasses.replace(settings.HUAJIE_FILES, matter_mb=1)
    number = number_of(browser, report(browser, upload(b"a" * 700_000, "a.txt")))
    address = f"/matters/{number}/acts/write_to_us/"
    page = browser.get(address).content.decode()
    seen = re.search(r'name="seen" value="(\d+)"', page)[1]  # type: ignore[index]
    key = re.search(r'name="key" value="([^"]+)"', page)[1]  # type: ignore[index]
    form = {"seen": seen, "key": key, "message": "再补一份。", "papers": [upload(b"b" * 400_000, "b.txt")]}
    response = browser.post(address, form)
    assert response.status_code == 422 and "together are at most 1 MB" in response.content.decode()
    form["papers"] = [upload(b"b" * 200_000, "b.txt")]
    assert browser.post(address, form).status_code == 302
    assert len(links(browser.get(f"/matters/{number}/").content.decode())) == 2


def test_without_room_or_scanner_the_words_stay_and_no_file_is_kept(
    county: Any, browser: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huajie.apps.attachments import store, uploads
    from huajie.config.files import Scanner

    before = {path for path in store.root().rglob("*") if path.is_file()}
    with monkeypatch.context() as patch:
        patch.setattr(uploads, "ROOM", 10**18)
        response = report(browser, upload(TEXT, "a.txt"))
    assert response.status_code == 503 and "no room for files now" in response.content.decode()
    settings.HUAJIE_FILES = dataclasses.replace(settings.HUAJIE_FILES, scanner=Scanner("/no/such/socket"))
    response = report(browser, upload(TEXT, "a.txt"))
    assert response.status_code == 503 and "scanner does not answer" in response.content.decode()
    assert "三号楼二单元的灯三周没有修。" in response.content.decode()
    assert {path for path in store.root().rglob("*") if path.is_file()} == before
    # without the file, the matter itself is taken
    number_of(browser, report(browser))


def test_files_of_notes_between_offices_are_not_the_residents(county: Any, browser: Any) -> None:
    """The resident's page shows some texts; a file of another is not there, even by its address."""
    from datetime import UTC, datetime

    from huajie.apps.attachments.incoming import Sent
    from huajie.apps.attachments.store import scratch
    from huajie.apps.attachments.uploads import Files, keep

    file = scratch()
    file.write(TEXT)
    with Sent(file, "内部.txt", len(TEXT), "") as sent:
        kept = keep(sent, now=datetime.now(UTC))
    known = county.matters["planned"]
    county.act("planned", "housing", "add_evidence", texts={"evidence_file": Files((kept,))})
    browser.post("/follow/", {"number": known.number, "secret": known.secret})
    page = browser.get(f"/matters/{known.number}/").content.decode()
    assert kept.id not in page
    assert browser.get(f"/matters/{known.number}/files/{kept.id}/").status_code == 404


def test_no_name_of_a_file_reaches_a_log(county: Any, browser: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        number_of(browser, report(browser, upload(TEXT, "某某某的身份证.txt")))
        report(browser, upload(b"<html>", "某某某的身份证.jpg"))
    assert "某某某" not in caplog.text
