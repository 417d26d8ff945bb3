"""A file is read by exactly those who read the text that names it: at the desk, every seat, every kind of matter."""

import csv
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.support.county import PEOPLE

pytestmark = pytest.mark.accept("K10")

MATRIX = Path(__file__).parents[1] / "api" / "access_matrix.csv"
TEXT = "只给办理的人看。".encode()
KINDS = {"ordinary": "t.housing", "sealed": "t.conduct", "minor": "t.children", "elsewhere": "t.wages"}


def kept_file() -> Any:
    from huajie.apps.attachments.incoming import Sent
    from huajie.apps.attachments.store import scratch
    from huajie.apps.attachments.uploads import keep

    file = scratch()
    file.write(TEXT)
    with Sent(file, "a.txt", len(TEXT), "") as sent:
        return keep(sent, now=datetime.now(UTC))


def bring(county: Any, name: str, topic: str, **more: Any) -> Any:
    from huajie.apps.attachments.uploads import Files

    upload = kept_file()
    texts = {"title": "一件事", "text": "有附件。", "papers": Files((upload,))}
    return county.bring_in(name, topic, texts=texts, **more), upload


def expected() -> dict[tuple[str, str], bool]:
    """Who reads texts, as the hand-written table of the API says."""
    with MATRIX.open(encoding="utf-8", newline="") as file:
        return {
            (row["who"], name): row[name] == "yes"
            for row in csv.DictReader(file)
            if row["route"] == "texts"
            for name in KINDS
        }


def test_every_seat_gets_the_files_whose_texts_it_reads(county: Any, staff: Callable[..., Any]) -> None:
    # and those of whom that table says nothing: the head of the bureau to which the one elsewhere belongs
    says = {**expected(), ("labour_head", "elsewhere"): True}
    brought = {name: bring(county, name, topic) for name, topic in KINDS.items()}
    differ = []
    for who in PEOPLE:
        client = staff(who)
        for name, (known, upload) in brought.items():
            for rest in ("", "small/"):
                response = client.get(f"/desk/matters/{known.number}/files/{upload.id}/{rest}")
                # a text has no small picture: nobody is told more
                right = 200 if says.get((who, name)) and not rest else 404
                if response.status_code != right:
                    differ.append((who, name, rest, response.status_code))
                elif right == 200:
                    assert b"".join(response.streaming_content) == TEXT
    assert not differ
    assert sum(says.values()) > 8


def test_the_bureau_that_a_matter_is_about_gets_nothing(county: Any, staff: Callable[..., Any]) -> None:
    known, upload = bring(county, "about", "t.housing", actor=county.actor("intake"), channel="counter")
    reason = {"texts": {"reason": "所反映的就是人社局的窗口。"}}
    county.act("about", "intake", "name_concerned", inputs={"to_unit": "u.labour"}, **reason)
    address = f"/desk/matters/{known.number}/files/{upload.id}/"
    assert staff("housing").get(address).status_code == 200
    for who in ("labour", "labour_head"):
        assert staff(who).get(address).status_code == 404


def test_one_matters_file_is_not_found_under_another(county: Any, staff: Callable[..., Any]) -> None:
    known, upload = bring(county, "one", "t.housing")
    other = county.matters["ordinary"]
    client = staff("housing")
    assert client.get(f"/desk/matters/{known.number}/files/{upload.id}/").status_code == 200
    assert client.get(f"/desk/matters/{other.number}/files/{upload.id}/").status_code == 404
    for wrong in ("0" * 32, "x", upload.address, "%2e%2e"):
        assert client.get(f"/desk/matters/{known.number}/files/{wrong}/").status_code == 404


def test_an_officer_brings_evidence_by_the_form(county: Any, staff: Callable[..., Any]) -> None:
    import re

    from django.core.files.uploadedfile import SimpleUploadedFile
    from tests.support import papers

    client = staff("housing")
    number = county.matters["planned"].number
    address = f"/desk/matters/{number}/acts/add_evidence/"
    page = client.get(address).content.decode()
    seen = re.search(r'name="seen" value="(\d+)"', page)[1]  # type: ignore[index]
    key = re.search(r'name="key" value="([^"]+)"', page)[1]  # type: ignore[index]
    form = {"seen": seen, "key": key, "evidence_file": SimpleUploadedFile("灯.jpg", papers.photo(), "image/jpeg")}
    assert client.post(address, form).status_code == 302
    page = client.get(f"/desk/matters/{number}/").content.decode()
    link = re.search(r'href="([^"]*/files/[0-9a-f]{32}/)"', page)[1]  # type: ignore[index]
    assert client.get(link)["Content-Type"] == "image/jpeg"
    assert client.get(f"{link}small/").status_code == 200
    # somebody without a sign-in is sent to sign in
    from django.test import Client

    assert Client().get(link)["Location"].startswith("/desk/sign-in/")
