"""Files by program: sent first, named then, handed out to whoever reads the text."""

from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.edges.api.client import BASE, Client, check_problem, housing_complaint
from tests.support import papers

TEXT = "程序送来的材料。".encode()


def send(api: Client, data: bytes = TEXT, name: str = "说明.txt", **headers: str) -> tuple[int, Any]:
    response = api.django.post(f"{BASE}/uploads", {"file": SimpleUploadedFile(name, data)}, headers=headers)
    if response.status_code >= 400:
        check_problem(response)
    return response.status_code, response.json()


def submitted(api: Client, *words: str) -> tuple[int, Any]:
    return api.submit(housing_complaint(texts={"papers": {"uploads": list(words)}}))


def fetch(api: Client, address: str, headers: dict[str, str]) -> tuple[int, bytes]:
    response = api.django.get(BASE + address, headers=headers)
    return response.status_code, b"".join(response.streaming_content) if response.streaming else response.content


def test_sent_named_and_fetched_by_officer_and_resident(api: Client) -> None:
    status, paper = send(api)
    assert status == 201 and (paper["name"], paper["type"], paper["size"]) == ("说明.txt", "text/plain", len(TEXT))
    status, photo = send(api, papers.photo(), "a.jpg")
    assert status == 201 and photo["type"] == "image/jpeg"
    status, written = submitted(api, paper["upload"], photo["upload"])
    assert status == 201
    number = written["number"]
    entries = api.get(f"/matters/{number}/entries", who="housing")[1]["entries"]
    named = entries[0]["texts"]["papers"]["files"]
    assert [one["sha256"] for one in named] == [paper["sha256"], photo["sha256"]]
    address = f"/matters/{number}/files/{named[0]['id']}"
    assert fetch(api, address, api.county.bearer("housing")) == (200, TEXT)
    assert fetch(api, f"/public{address}", {"Authorization": f"Bearer {written['secret']}"}) == (200, TEXT)
    assert fetch(api, address, api.county.bearer("labour"))[0] == 404
    assert fetch(api, address, {})[0] == 401
    assert fetch(api, f"/public{address}", {"Authorization": "Bearer wrong"})[0] == 404
    assert fetch(api, f"/matters/{number}/files/{'0' * 32}", api.county.bearer("housing"))[0] == 404


def test_an_act_brings_files_once(api: Client) -> None:
    from huajie.apps.matters import loading

    known = api.county.matters["planned"]
    word = send(api)[1]["upload"]
    tip = loading.load(known.stream, using="default")
    assert tip is not None
    body = {"seen": tip.n, "texts": {"evidence_file": {"uploads": [word]}}}
    key = str(uuid4())
    first = api.post(f"/matters/{known.number}/acts/add_evidence", body, who="housing", Idempotency_Key=key)
    assert first[0] == 200
    again = api.post(f"/matters/{known.number}/acts/add_evidence", body, who="housing", Idempotency_Key=key)
    assert again == first
    used = api.post(f"/matters/{known.number}/acts/add_evidence", {**body, "seen": tip.n + 1}, who="housing")
    assert used[0] == 409
    assert submitted(api, word)[0] == 409


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [(b"<svg/>", "a.png", "file-type"), (papers.bomb(), "a.png", "file-pixels"), (b"", "a.txt", "file-empty")],
)
def test_what_is_not_taken_says_why(api: Client, data: bytes, name: str, code: str) -> None:
    for language in ("zh", "en"):
        status, said = send(api, data, name, **{"Accept-Language": language})
        assert status == 422
        assert [(one["field"], one["code"]) for one in said["errors"]] == [("file", code)]


def test_words_that_stand_for_nothing_are_named_with_the_rest(api: Client) -> None:
    word = send(api)[1]["upload"]
    status, said = submitted(api, "no-such-upload", word)
    assert status == 422 and ("texts.papers", "file-over") in {(e["field"], e["code"]) for e in said["errors"]}
    status, said = submitted(api, word, word)
    assert status == 422 and {(e["field"], e["code"]) for e in said["errors"]} == {("texts.papers", "file-twice")}
    status, said = api.submit(housing_complaint(texts={"papers": {"name": "a.jpg", "sha256": "0" * 64}}))
    assert status == 422


def test_anything_but_one_file_in_a_form_is_refused(api: Client) -> None:
    for body in ({}, {"file": "a text"}, {"other": SimpleUploadedFile("a.txt", b"a")}):
        response = api.django.post(f"{BASE}/uploads", body)
        assert response.status_code == 422
        check_problem(response)
    response = api.django.generic("POST", f"{BASE}/uploads", b"{}", content_type="application/json")
    assert response.status_code == 415
    check_problem(response)


def test_a_scanner_that_is_away_is_said_with_503(api: Client, settings: Any) -> None:
    import dataclasses

    from huajie.config.files import Scanner

    settings.HUAJIE_FILES = dataclasses.replace(settings.HUAJIE_FILES, scanner=Scanner("/no/such/socket"))
    response = api.django.post(f"{BASE}/uploads", {"file": SimpleUploadedFile("a.txt", b"a")})
    assert response.status_code == 503 and response["Retry-After"]
    check_problem(response)


def test_a_large_file_is_refused_by_its_size_and_not_by_the_bodys(api: Client, settings: Any) -> None:
    import dataclasses

    assert send(api, b"a" * 600_000)[0] == 201
    settings.HUAJIE_FILES = dataclasses.replace(settings.HUAJIE_FILES, file_mb=1)
    status, said = send(api, b"a" * 1_200_000)
    assert status == 422 and said["errors"][0]["code"] == "file-size"


def test_pictures_of_a_minors_file_come_only_after_an_opening_by_the_same_person(api: Client) -> None:
    api.county.photos = True
    known = api.county.bring_in("pictured", "t.children")
    said = {"what": "attachments", "purpose": "care", "said": "看门口的照片"}
    assert api.post(f"/matters/{known.number}/openings", said, who="housing")[0] == 422
    status, opened = api.post(f"/matters/{known.number}/openings", said, who="housing_head")
    assert (status, [one["id"] for one in opened["files"]]) == (200, [known.photo])
    address = f"/api/v1{opened['files'][0]['path']}"
    response = api.django.get(address, headers=api.county.bearer("housing_head"))
    assert response.status_code == 200 and "no-store" in response["Cache-Control"]
    assert b"".join(response.streaming_content)[:2] == b"\xff\xd8"
    assert api.django.get(address, headers=api.county.bearer("housing")).status_code == 404
