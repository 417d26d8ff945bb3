"""Who answers for what from a workbook: a dry run that writes nothing, then exactly what it showed, or nothing."""

import io
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

URL = "/desk/offices/import/"
FILE = f"{URL}workbook.xlsx"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def text(response: Any) -> str:
    found: str = response.content.decode()
    return found


def downloaded(client: Any) -> Any:
    response = client.get(FILE)
    assert response.status_code == 200 and response["Content-Type"] == KIND
    return openpyxl.load_workbook(io.BytesIO(response.content))


def sheet(book: Any, name: str) -> Worksheet:
    found: Worksheet = next(page for page in book.worksheets if name in page.title)
    return found


def row_of(page: Worksheet, code: str) -> int:
    return next(n for n, cells in enumerate(page.iter_rows(values_only=True), 1) if code in cells)


def packed(book: Any) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def look(client: Any, data: bytes, name: str = "单位.xlsx") -> Any:
    file = io.BytesIO(data)
    file.name = name
    return client.post(URL, {"workbook": file})


def confirm(client: Any, page: Any, **more: str) -> Any:
    hidden = dict(re.findall(r'name="(kept|review)" value="([^"]+)"', text(page)))
    assert set(hidden) == {"kept", "review"}, text(page)
    return client.post(URL, {**hidden, "reason": "机构改革方案第三号", **more})


def proved(client: Any) -> Any:
    session = client.session
    session["proved"] = int(datetime.now(UTC).timestamp())
    session.save()
    return client


def state() -> tuple[int, int]:
    from huajie.apps.jurisdiction.models import Account
    from huajie.apps.jurisdiction.queries import read_rows

    return read_rows().version, Account.objects.count()


def clean() -> None:
    from huajie.apps.matters.verify import verify

    report = verify()
    assert report.clean, report.findings


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_what_is_taken_out_and_brought_back_changes_nothing(
    county: Any, staff: Callable[..., Any], language: str
) -> None:
    client, before = staff("admin", language), state()
    data = client.get(FILE).content
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert [page.title for page in book.worksheets][1] == "单位 Units"
    page = look(client, data)
    assert page.status_code == 200, text(page)
    assert ("没有要做的事" if language == "zh-CN" else "There is nothing to do") in text(page)
    assert 'name="review"' not in text(page) and state() == before
    # the other language reads it as well
    other = look(staff("admin", "en" if language == "zh-CN" else "zh-CN"), data)
    assert other.status_code == 200 and 'name="review"' not in text(other)


def test_only_an_administrator_brings_anything(county: Any, staff: Callable[..., Any]) -> None:
    for stranger in ("housing_head", "supervisor", "auditor", "dispatcher"):
        client = staff(stranger)
        assert client.get(URL).status_code == 404 and client.get(FILE).status_code == 404
        assert look(client, b"x").status_code == 404
        assert URL not in text(client.get("/desk/offices/"))
    assert URL in text(staff("admin").get("/desk/offices/"))


def test_what_was_shown_is_done_and_nothing_else(county: Any, staff: Callable[..., Any]) -> None:
    from huajie.apps.jurisdiction.models import Account
    from huajie.apps.jurisdiction.queries import read_rows
    from huajie.apps.ledger.queries import bodies_since
    from huajie.core.jurisdiction import STREAM

    client = proved(staff("admin"))
    book = downloaded(client)
    units = sheet(book, "Units")
    units.cell(row_of(units, "u.housing"), 3).value = "住房局"
    units.append(["u.water", "u.gov", "水利局", "Water", "r.yunxi", "Bureau", "yes"])
    sheet(book, "Seats").append(["s.water.head", "u.water", "局长", "Head", "负责人，承办人"])
    sheet(book, "Topics").append(["t.water", None, "供水", "Water supply", "一般", "是"])
    sheet(book, "Remits").append(["m.water", "u.water", None, "t.water", "*", "Leads and decides"])
    sheet(book, "Users").append(["Li.Wei", "李伟", "Chinese"])
    until = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(days=9)
    local = (until + timedelta(hours=8)).replace(tzinfo=None)
    postings = sheet(book, "Postings")
    postings.append(["s.water.head", "li.wei", None, "2026-01-05"])
    postings.cell(row_of(postings, "s.housing.one"), 5).value = local
    postings.append(["s.housing.one", "housing_colleague", "Holds the seat", local])
    before = state()
    page = look(client, packed(book))
    shown = re.sub(r"</?span[^>]*>", "", text(page))
    assert page.status_code == 200 and state() == before
    assert "<del>住建局（虚构）</del> → <b>住房局</b>" in shown and "li.wei" in shown and "供水" in shown
    # without a reason nothing is written
    assert confirm(client, page, reason="").status_code == 422 and state() == before
    done = confirm(client, page)
    assert done.status_code == 200 and "Recorded: 9 rows" in text(done), text(done)
    after = read_rows()
    assert after.version == before[0] + 1
    assert after.units["u.housing"].name.zh == "住房局" and after.units["u.water"].parent == "u.gov"
    assert after.seats["s.water.head"].roles == {"head", "handler"}
    assert after.remits["m.water"].topics == ("t.water",) and after.remits["m.water"].pack == "*"
    account = Account.objects.get(username="li.wei")
    assert after.holder("s.water.head", datetime.now(UTC)) == account.person.hex
    colleague = Account.objects.get(username="housing_colleague").person.hex
    assert (
        after.holder("s.housing.one", until) == colleague != after.holder("s.housing.one", until - timedelta(minutes=1))
    )
    codes = re.findall(r'class="secret">([A-Z0-9-]{14})<', text(done))
    assert len(codes) == 1
    body = bodies_since(STREAM, before[0])[0]
    assert body["input"]["reason"] == "机构改革方案第三号" and len(body["input"]["file"]) == 64
    assert body["actor"]["seat"] == "s.oversight.admin" and "李伟" not in str(body)
    history = text(client.get("/desk/accounts/li.wei/"))
    assert history.count("account made") == 1
    # the owner sets a password with the code
    fresh = staff("admin").__class__()
    word = "a-long-new-word-9"
    used = fresh.post("/desk/sign-in/code/", {"username": "li.wei", "code": codes[0], "password": word, "again": word})
    assert used.status_code == 302
    clean()
    # sent twice, the form does nothing more
    again = confirm(client, page)
    assert again.status_code in (409, 422) and state() == (before[0] + 1, before[1] + 1)


def test_ten_faults_are_named_at_once_and_nothing_is_written(county: Any, staff: Callable[..., Any]) -> None:
    client, before = proved(staff("admin")), state()
    book = downloaded(client)
    regions, units, seats = sheet(book, "Regions"), sheet(book, "Units"), sheet(book, "Seats")
    remits, postings, users = sheet(book, "Remits"), sheet(book, "Postings"), sheet(book, "Users")
    planted: set[tuple[str, int, str, str]] = set()

    def plant(page: Worksheet, cells: list[Any], column: str, words: str) -> None:
        page.append(cells)
        planted.add((page.title.split()[1], page.max_row, column, words))

    # 1 a region around itself, by way of its parent
    regions.cell(row_of(regions, "r.yunxi"), 2).value = "r.qingshi"
    planted.add(("Regions", row_of(regions, "r.qingshi"), "", "itself"))
    # 2 a unit in a region that nobody knows
    plant(units, ["u.a", "u.gov", "甲", "A", "r.nowhere", "Bureau", "yes"], "Region", "There is no such one")
    # 3 a word that is none of those possible
    plant(units, ["u.b", "u.gov", "乙", "B", "r.yunxi", "Ministry", "yes"], "Kind", "none of the words")
    # 4 a village committee that leads
    units.append(["u.village", "u.gov", "村", "Village", "r.yunxi", "Village", "no"])
    plant(remits, ["m.v", "u.village", None, "*", "*", "Leads and decides"], "", "This unit can&#x27;t decide")
    # 5 a seat without roles
    plant(seats, ["s.c", "u.housing", "丙", "C", None], "Roles", "This is missing")
    # 6 a new seat on which nobody sits
    plant(seats, ["s.d", "u.housing", "丁", "D", "handler"], "Code", "Nobody would sit there")
    # 7 somebody without an account
    plant(postings, ["s.housing.two", "nobody.here", "Holds the seat", "2027-01-05"], "Sign-in name", "no such one")
    # 8 a cover without an end
    plant(postings, ["s.housing.head", "housing_verifier", "Covers it", "2027-01-05"], "Until", "A cover has an end")
    # 9 a formula
    plant(users, ["=1+1", "公式", "Chinese"], "Sign-in name", "There is a formula")
    # 10 a moment that is none
    plant(remits, ["m.w", "u.housing", None, "*", "*", "Helps", "*", "0", "soon"], "From", "Write a date and a time")
    page = look(client, packed(book))
    assert page.status_code == 422 and state() == before
    found = re.findall(
        r'<tr><th scope="row">([^<]+)</th><td>row (\d+)</td><td>([^<]+)</td><td><b>([^<]+)</b>', text(page)
    )
    said = [(one[0], int(one[1]), one[2], one[3]) for one in found]
    for title, n, column, words in planted:
        fits = [one for one in said if one[:2] == (title, n) and column in one[2] and words in one[3]]
        assert len(fits) == 1, (title, n, words, said)
    # and nothing that only follows from one of them
    assert len(found) == 10, found
    assert 'name="review"' not in text(page)
    clean()


def test_a_change_in_between_refuses_and_shows_the_new_outcome(county: Any, staff: Callable[..., Any]) -> None:
    from huajie.apps.jurisdiction.queries import read_rows
    from huajie.apps.offices import operations as offices
    from huajie.core.access import SYSTEM

    client = staff("admin")
    book = downloaded(client)
    units = sheet(book, "Units")
    units.cell(row_of(units, "u.housing"), 4).value = "Homes"
    page = look(client, packed(book))
    topic = {"do": "set_topic", "id": "t.noise", "name": {"zh": "噪声", "en": "Noise"}}
    offices.change([topic], actor=SYSTEM, now=datetime.now(UTC))
    before = state()
    refused = confirm(client, page)
    assert refused.status_code == 409 and "Nothing was written" in text(refused) and "Homes" in text(refused)
    assert state() == before and read_rows().units["u.housing"].name.en != "Homes"
    assert confirm(client, refused).status_code == 200 and read_rows().units["u.housing"].name.en == "Homes"
    clean()


def test_another_file_or_another_person_does_not_pass_for_the_one_reviewed(
    county: Any, staff: Callable[..., Any]
) -> None:
    client = staff("admin")
    pages = []
    for name in ("Homes", "Houses"):
        book = downloaded(client)
        units = sheet(book, "Units")
        units.cell(row_of(units, "u.housing"), 4).value = name
        pages.append(look(client, packed(book)))
    before = state()
    kept = re.search(r'name="kept" value="([^"]+)"', text(pages[1]))
    assert kept is not None
    swapped = confirm(client, pages[0], kept=kept[1])
    assert swapped.status_code == 409 and state() == before
    assert confirm(client, pages[0], review="x" * 40).status_code == 409 and state() == before
    assert confirm(client, pages[0], kept="nonsense").status_code == 422 and state() == before


def test_a_seat_with_open_matters_is_kept_able_to_lead_and_names_where_to_hand_over(
    county: Any, staff: Callable[..., Any]
) -> None:
    client = staff("admin")
    book = downloaded(client)
    seats = sheet(book, "Seats")
    seats.cell(row_of(seats, "s.housing.one"), 5).value = "Verifier"
    page = look(client, packed(book))
    assert page.status_code == 422 and "It still answers for open matters" in text(page)
    assert 'href="/desk/offices/seats/s.housing.one/"' in text(page)


def test_new_accounts_ask_for_a_fresh_proof(county: Any, staff: Callable[..., Any]) -> None:
    client, before = staff("admin"), state()
    book = downloaded(client)
    sheet(book, "Users").append(["li.wei", "李伟", "en"])
    page = look(client, packed(book))
    assert page.status_code == 200 and "prove first that it is you" in text(page) and 'name="review"' not in text(page)
    # whoever sends the form all the same gets no further
    ready = look(proved(client), packed(book))
    session = client.session
    del session["proved"]
    session.save()
    assert "prove first" in text(confirm(client, ready)) and state() == before


def test_remits_that_claim_the_same_are_told_and_may_stand(county: Any, staff: Callable[..., Any]) -> None:
    client = staff("admin")
    book = downloaded(client)
    remits = sheet(book, "Remits")
    old = [cell.value for cell in remits[row_of(remits, "m.housing")]]
    remits.append(["m.labour.too", "u.labour", None, *old[3:8]])
    page = look(client, packed(book))
    assert page.status_code == 200 and "m.housing · m.labour.too" in text(page)


def test_one_sheet_comes_as_csv_named_after_it(county: Any, staff: Callable[..., Any]) -> None:
    client = staff("admin")
    page = look(client, "代码,中文名称\nu.housing,住房局\n".encode("gb18030"), "单位.csv")
    assert page.status_code == 200 and "住房局" in text(page)
    assert look(client, b"a,b\n", "other.csv").status_code == 422


def bomb(entity: bool) -> bytes:
    book = openpyxl.Workbook()
    out = io.BytesIO(packed(book))
    made = io.BytesIO()
    with zipfile.ZipFile(out) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            data = old.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                data = (
                    data.replace(b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet', 1)
                    if entity
                    else data.replace(b"<sheetData", b" " * 40_000_000 + b"<sheetData")
                )
            new.writestr(part.filename, data)
    return made.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (lambda: bomb(True), "declarations of its own"),
        (lambda: bomb(False), "Unpacked"),
        (lambda: b"PK\x03\x04 no workbook", ""),
        (lambda: b"", ""),
        (lambda: b"x" * 2_100_000, "larger than 2 MB"),
    ],
)
def test_a_file_that_is_no_workbook_is_refused_unopened(
    county: Any, staff: Callable[..., Any], data: Callable[[], bytes], words: str
) -> None:
    client, before = staff("admin"), state()
    page = look(client, data())
    assert page.status_code == 422 and "The file was not taken" in text(page) and words in text(page)
    assert state() == before
