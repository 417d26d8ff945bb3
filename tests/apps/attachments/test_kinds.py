"""A file is what it holds: whatever it is called, and whoever says otherwise."""

import io
from pathlib import Path

import pytest
from tests.support import papers

from huajie.apps.attachments.errors import NotAccepted
from huajie.apps.attachments.kinds import recognise

HEIC = (Path(__file__).parents[2] / "data" / "photo.heic").read_bytes()

TAKEN = [
    ("p.jpg", papers.photo(), "image/jpeg"),
    ("p.jpeg", papers.photo() + b"\0" * 900 + b"motion photo of a phone", "image/jpeg"),
    ("p.png", papers.photo("PNG"), "image/png"),
    # a phone that calls its picture by another kind of picture: it is drawn anew anyway
    ("p.jpg", papers.photo("PNG"), "image/png"),
    ("p.webp", papers.photo("WEBP"), "image/webp"),
    ("p.heic", HEIC, "image/heif"),
    ("no end at all", papers.photo(), "image/jpeg"),
    ("信.pdf", papers.pdf(), "application/pdf"),
    ("a.docx", papers.packed(), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("a.xlsx", papers.packed("xl/workbook.xml"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    (
        "a.pptx",
        papers.packed("ppt/presentation.xml"),
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ),
    ("a.odt", papers.open_document(), "application/vnd.oasis.opendocument.text"),
    ("a.ods", papers.open_document("spreadsheet"), "application/vnd.oasis.opendocument.spreadsheet"),
    ("a.doc", papers.old_office(), "application/msword"),
    ("a.xls", papers.old_office("Workbook"), "application/vnd.ms-excel"),
    ("a.txt", "楼道灯坏了三周。\n".encode(), "text/plain"),
    ("a.txt", "楼道灯坏了三周。".encode("gb18030"), "text/plain"),
    ("a.csv", "日期,地点\n".encode(), "text/csv"),
]

REFUSED = [
    ("photo.jpg", b"#!/bin/sh\nrm -rf /\n", "type"),
    ("photo.jpg", b"print('hello')\n", "name"),
    ("photo.png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "type"),
    ("photo.png", b"\xef\xbb\xbf  <?xml version='1.0'?><svg/>", "type"),
    ("letter.pdf", b"<html><script>alert(1)</script></html>", "type"),
    ("letter.txt", b"hello <script src=x></script>", "type"),
    ("page.html", b"hello", "name"),
    ("run.js", b"alert(1)", "name"),
    ("photo.jpg", papers.photo() + papers.packed(), "mixed"),
    ("photo.jpg", papers.photo() + papers.pdf(), "mixed"),
    ("photo.jpg", papers.photo() + b"<script>alert(1)</script>", "mixed"),
    ("photo.png", papers.photo("PNG") + b"<?php system($_GET[0]); ?>", "mixed"),
    ("letter.pdf", papers.pdf() + papers.packed(), "mixed"),
    ("letter.pdf", b"%PDF-1.4 <html><script>alert(1)</script>" + papers.pdf(), "mixed"),
    ("letter.pdf", papers.pdf()[:60], "mixed"),
    ("a.docx", papers.packed() + papers.pdf(), "mixed"),
    ("a.docx", b"\0\0\0\0" + papers.packed(), "type"),
    ("a.docm", papers.packed("word/document.xml", "word/vbaProject.bin"), "type"),
    ("a.zip", papers.packed("anything.txt"), "type"),
    ("a.docx", papers.packed()[:-30], "damaged"),
    ("a.doc", papers.old_office("Something"), "type"),
    ("a.exe", b"MZ\x90\0" + bytes(400), "type"),
    ("a.txt", b"MZ this is text with a NUL \0", "type"),
    ("letter.pdf", papers.photo(), "name"),
    ("letter.docx", papers.pdf(), "name"),
    ("photo.jpg", b"", "empty"),
    ("page.txt", b"%!PS-Adobe-3.0\n", "type"),
    ("page.txt", b"{\\rtf1 hello}", "type"),
]


@pytest.mark.parametrize(("name", "data", "kind"), TAKEN, ids=[f"{n}-{k}" for n, _, k in TAKEN])
def test_what_is_taken_is_known_by_its_content(name: str, data: bytes, kind: str) -> None:
    assert recognise(io.BytesIO(data), len(data), name).type == kind


@pytest.mark.parametrize(("name", "data", "code"), REFUSED, ids=[f"{i}-{n}" for i, (n, _, _) in enumerate(REFUSED)])
def test_what_lies_or_runs_is_refused(name: str, data: bytes, code: str) -> None:
    with pytest.raises(NotAccepted) as refusal:
        recognise(io.BytesIO(data), len(data), name)
    assert refusal.value.code == code
