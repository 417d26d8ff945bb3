"""
Lists say what their rows say: every filter against an oracle that reads the rows one by one, every order by keys in
both directions, searches narrowed by the same filters, an address that is the whole state.
"""

import csv
import io
import itertools
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.support.reading import said

READERS = ("housing", "housing_colleague", "labour", "mayor", "supervisor", "intake", "auditor", "admin")


@pytest.fixture
def staff(signed_in: Callable[..., Any]) -> Callable[..., Any]:
    """Return a browser of somebody in the busy county, which each test founds itself."""
    return signed_in


@pytest.fixture
def busy(transactional_db: None) -> Any:
    """A county founded a month ago with forty more matters: three channels, days apart, some ended, some late."""
    from tests.support.county import found

    from huajie.apps.matters.models import Clock, Matter, Party

    county = found(datetime.now(UTC) - timedelta(days=30))
    channels = itertools.cycle(("web", "letter", "phone"))
    topics = itertools.cycle(("t.housing", "t.wages", "t.housing", "t.other", "t.conduct"))
    for n in range(40):
        at = county.founded_at + timedelta(days=11 + n % 18, hours=n % 5)
        county.bring_in(
            f"busy{n}",
            next(topics),
            texts={"title": f"第 {n} 件", "text": f"楼道灯坏了，第 {n} 件。"},
            channel=next(channels),
            at=at,
        )
        later = at + timedelta(hours=n)
        if n % 10 == 0:
            call = {"inputs": {"to_unit": "u.labour"}, "texts": {"reason": "请到场。"}}
            county.act(f"busy{n}", "housing", "call_out", at=later, **call)
        if n % 7 == 5:
            county.act(f"busy{n}", "resident", "withdraw", at=later)
    # of two that called labour out nothing of their own is late: the delay is that of whoever was called
    called = list(Clock.objects.filter(name="arrival").order_by("matter").values_list("matter", flat=True))[-2:]
    ahead, late = datetime.now(UTC) + timedelta(days=20), datetime.now(UTC) - timedelta(hours=2)
    Clock.objects.filter(matter__in=called, status="running").update(due_at=ahead)
    Clock.objects.filter(matter__in=called, name="arrival").update(due_at=late)
    # and the other of the two waits for them alone
    Clock.objects.filter(matter=called[0], unit=None, status="running").update(status="stopped")
    Party.objects.filter(matter__in=called).update(due_at=late)
    Matter.objects.filter(id__in=called).update(due_at=late)
    return county


def numbers(page: str) -> list[str]:
    """Return the numbers of a list's rows, in their order."""
    return re.findall(r'<tr><th scope="row".*?href="/desk/matters/([^/]+)/"', page)


def walked(client: Any, address: str, rel: str = "next") -> list[str]:
    """Return the numbers of every page of a list, going on by its own links."""
    found: list[str] = []
    for _ in range(60):
        body = client.get(address).content.decode()
        here = numbers(body)
        found = [*found, *here] if rel == "next" else [*here, *found]
        link = re.search(rf'href="([^"]+)" rel="{rel}"', body)
        if link is None:
            return found
        address = link.group(1).replace("&amp;", "&")
    raise AssertionError("the pages never end")


def rows_by_number(client: Any, address: str = "/desk/matters/") -> dict[str, str]:
    """Return the line of each matter of the whole list."""
    found: dict[str, str] = {}
    while True:
        body = client.get(address).content.decode()
        lines = [one.partition("</tr>")[0] for one in body.split("<tr>")[2:]]
        found.update({numbers(f"<tr>{line}")[0]: line for line in lines})
        link = re.search(r'href="([^"]+)" rel="next"', body)
        if link is None:
            return found
        address = link.group(1).replace("&amp;", "&")


@pytest.mark.parametrize("reader", READERS)
def test_what_is_overdue_is_what_its_row_shows_as_overdue(busy: Any, staff: Callable[..., Any], reader: str) -> None:
    client = staff(reader)
    rows = rows_by_number(client)
    shown_late = {number for number, line in rows.items() if "clock-late" in line}
    assert set(walked(client, "/desk/matters/?due=late")) == shown_late
    ours = {
        number for number, line in rows.items() if "clock" in line and "waits for" not in line and "over" not in line
    }
    asked = {number for number, line in rows.items() if "waits for" in line}
    assert set(walked(client, "/desk/matters/?waits=unit")) == asked
    assert set(walked(client, "/desk/matters/?waits=us")) <= ours
    theirs = set(walked(client, "/desk/matters/?waits=resident"))
    assert not theirs & (asked | set(walked(client, "/desk/matters/?waits=us")))
    if reader == "housing":
        # by the matter's date alone, what labour is late with would stand here too
        assert shown_late and asked
    if reader == "labour":
        assert shown_late >= asked


def test_a_filter_by_the_matters_own_date_is_seen_to_say_something_else(
    busy: Any, staff: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it used to go by: with a department's delay in it, the list and its rows disagree."""
    from huajie.apps.matters import queries

    monkeypatch.setattr(queries, "_own_date", lambda actor: ("m.due_at", []))
    client = staff("housing")
    shown_late = {number for number, line in rows_by_number(client).items() if "clock-late" in line}
    assert set(walked(client, "/desk/matters/?due=late")) > shown_late


def test_what_is_due_today_and_this_week_is_what_the_rows_say(busy: Any, staff: Callable[..., Any]) -> None:
    from huajie.apps.matters.models import Clock, Matter, Party

    at = datetime.now(UTC) + timedelta(minutes=1)
    streams = list(Clock.objects.filter(status="running", unit=None).values_list("matter", flat=True))
    Clock.objects.filter(status="running", matter__in=streams[:20:2]).update(due_at=at)
    Matter.objects.filter(id__in=streams[:20:2], open=True).update(due_at=at)
    Party.objects.filter(matter__in=streams[:20:2], open=True).update(due_at=at)
    client = staff("housing")
    today = {number for number, line in rows_by_number(client).items() if ">Today" in line}
    assert set(walked(client, "/desk/matters/?due=today")) == today != set()
    assert today <= set(walked(client, "/desk/matters/?due=week"))


def seen_by(county: Any, reader: str, *actions: str) -> list[Any]:
    """Return every matter to which somebody may do all of this (`list`), asked one by one and relation by relation."""
    from huajie.apps.matters import loading
    from huajie.apps.matters.models import Matter
    from huajie.apps.matters.projection import view_of
    from huajie.core.access import may, relations
    from huajie.core.access.relations import DENIALS

    actor = county.actor(reader, datetime.now(UTC))
    found = []
    for row in Matter.objects.all():
        tip = loading.load(row.id, using="default")
        assert tip is not None and tip.state is not None
        held = relations(actor, view_of(tip.state, tip.stream.hex))
        denied = held & DENIALS
        # one and the same relation must give each of several rights
        ways = [denied | {one} for one in held]
        if any(all(may(action, row.sensitivity, way) for action in actions or ("list",)) for way in ways):
            found.append(row)
    return found


CASES = [
    ("topic", "t.housing", lambda row: row.topic == "t.housing"),
    ("channel", "letter", lambda row: row.channel == "letter"),
    ("unit", "u.labour", lambda row: row.unit == "u.labour"),
    ("seat", "s.housing.one", lambda row: row.seat == "s.housing.one"),
    ("region", "r.yunxi", lambda row: row.region in ("r.yunxi", "r.qingshi")),
    ("pack", "en.complaint", lambda row: row.pack == "en.complaint"),
    ("stage", "received", lambda row: row.stage == "received"),
    ("topic", "t.unknown", lambda row: False),
]


@pytest.mark.parametrize("reader", READERS)
def test_every_filter_lets_through_what_a_look_at_each_matter_does(
    busy: Any, staff: Callable[..., Any], reader: str
) -> None:
    from huajie.apps.matters.numbers import shown

    client, visible = staff(reader), seen_by(busy, reader)
    for (name, value, fits), is_open in itertools.product(CASES, (True, False)):
        expected = {shown(row.number) for row in visible if row.open is is_open and fits(row)}
        address = f"/desk/matters/?{name}={value}{'' if is_open else '&closed=1'}"
        assert set(walked(client, address)) == expected, address
    days = sorted({(row.received_at + timedelta(hours=8)).date() for row in visible if row.open})
    if len(days) > 3:
        first, last = days[1], days[-2]
        expected = {
            shown(row.number)
            for row in visible
            if row.open and first <= (row.received_at + timedelta(hours=8)).date() <= last
        }
        assert set(walked(client, f"/desk/matters/?from={first}&to={last}")) == expected
    outcomes = {row.outcome for row in visible if row.outcome}
    for outcome in outcomes:
        expected = {shown(row.number) for row in visible if row.outcome == outcome and not row.open}
        assert set(walked(client, f"/desk/matters/?closed=1&outcome={outcome}")) == expected


@pytest.mark.parametrize("gathered", [True, False], ids=["put in order", "by index"])
@pytest.mark.parametrize("reader", ["housing", "supervisor", "mayor"])
def test_every_order_goes_by_keys_in_both_directions(
    busy: Any, reader: str, gathered: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huajie.apps.matters import queries

    if not gathered:
        monkeypatch.setattr(queries, "_GATHERED", -1)
    actor = busy.actor(reader, datetime.now(UTC))
    visible = [row for row in seen_by(busy, reader) if row.open]
    assert len(visible) > 15
    for sort, column in queries.SORTS.items():
        for way in (sort, f"-{sort}"):
            expected = [
                row.id
                for row in sorted(visible, key=lambda row: (getattr(row, column), row.id), reverse=way.startswith("-"))
            ]
            pages, after = [], None
            while True:
                page = queries.matters_list(actor, sort=way, after=after, limit=7)
                pages.append([row.stream for row in page.rows])
                assert (page.previous is None) == (after is None)
                if page.next is None:
                    break
                after = page.next
            assert [stream for rows in pages for stream in rows] == expected, way
            backwards = []
            before = page.previous
            while before is not None:
                page = queries.matters_list(actor, sort=way, before=before, limit=7)
                backwards.append([row.stream for row in page.rows])
                before = page.previous
            assert backwards == pages[-2::-1], way
    with pytest.raises(queries.BadCursor):
        queries.matters_list(actor, sort="last", after=after)


def test_a_list_is_counted_so_far_and_no_further(busy: Any) -> None:
    from huajie.apps.matters import queries

    actor = busy.actor("housing", datetime.now(UTC))
    there = sum(row.open for row in seen_by(busy, "housing"))
    assert queries.count_of(actor) == there > 10
    assert queries.count_of(actor, most=9) == 10


def test_the_address_is_the_whole_state(busy: Any, staff: Callable[..., Any]) -> None:
    client = staff("housing")
    address = "/desk/matters/?topic=t.housing&channel=letter&sort=-received"
    body = client.get(address).content.decode()
    # each filter can be taken away, and the others and the order stay
    chips = re.findall(r'chip-off" href="([^"]+)"', body)
    assert [chip.replace("&amp;", "&") for chip in chips] == [
        "/desk/matters/?channel=letter&sort=-received",
        "/desk/matters/?topic=t.housing&sort=-received",
    ]
    assert (
        'aria-sort="descending"><a href="/desk/matters/?topic=t.housing&amp;channel=letter&amp;sort=received"' in body
    )
    # the same in another browser of the same seat
    assert numbers(staff("housing").get(address).content.decode()) == numbers(body)
    body = client.get("/desk/matters/?from=2026-13-01&due=soon&name=张三").content.decode()
    assert "“2026-13-01” is no date" in body and "“soon” is no filter" in body and "张三" not in body
    assert client.get("/desk/matters/?after=broken&sort=last").status_code == 400


def test_columns_are_kept_with_the_account(busy: Any, staff: Callable[..., Any]) -> None:
    client = staff("housing")
    heads = lambda page: re.findall(r"<th scope=\"col\"[^>]*>(?:<a[^>]*>)?([^<]+)", page)  # noqa: E731
    usual = heads(client.get("/desk/matters/").content.decode())
    assert usual == ["Matter", "Next date", "Stage", "Who answers", "Topic and region", "Received"]
    sent = {"column": ["channel", "due", "no-such"], "topic": "t.housing", "sort": "last", "next": "//elsewhere"}
    answer = client.post("/desk/list/columns/", sent)
    assert answer["Location"] == "/desk/matters/?topic=t.housing&sort=last"
    assert heads(staff("housing").get("/desk/matters/").content.decode()) == ["Matter", "Next date", "Channel"]
    assert heads(staff("housing_head").get("/desk/matters/").content.decode()) == usual
    client.post("/desk/list/columns/", {"usual": "1"})
    assert heads(client.get("/desk/matters/").content.decode()) == usual


def test_search_goes_straight_to_a_number_and_is_narrowed_by_the_same_filters(
    busy: Any, staff: Callable[..., Any]
) -> None:
    from huajie.apps.matters.numbers import shown

    client = staff("housing")
    found = lambda page: set(re.findall(r'<h2><a href="/desk/matters/([^/]+)/"', page))  # noqa: E731
    mine = {shown(row.number): row for row in seen_by(busy, "housing") if row.sensitivity == "ordinary"}
    everything = found(client.get("/desk/search/", {"q": "楼道灯坏了"}).content.decode())
    assert everything == set(mine)
    for name, value, fits in CASES:
        page = client.get("/desk/search/", {"q": "楼道灯坏了", name: value}).content.decode()
        assert found(page) == {number for number, row in mine.items() if fits(row)}, (name, value)
    page = client.get("/desk/search/", {"q": "楼道灯坏了", "closed": "1"}).content.decode()
    assert found(page) == {number for number, row in mine.items() if not row.open} != set()
    known = busy.matters["planned"]
    assert (
        client.get("/desk/search/", {"q": known.number.lower()})["Location"] == f"/desk/matters/{shown(known.number)}/"
    )
    # of somebody else's not even that it is there
    assert staff("labour").get("/desk/search/", {"q": known.number}).status_code == 200
    # every word is marked, in the title and around it
    page = said(client.get("/desk/search/", {"q": "楼道灯 第 2 件"}))
    assert "<mark>楼道灯</mark>" in page and "<mark>件</mark>" in page
    page = client.get("/desk/search/", {"q": "井盖", "topic": "t.housing"}).content.decode()
    assert "Look without the filters" in page and "Two characters are enough" in page


def test_a_number_from_elsewhere_goes_straight_to_its_matter(county: Any, staff: Callable[..., Any]) -> None:
    known = county.bring_in(
        "from the hotline",
        "t.housing",
        inputs={"external_system": "12345"},
        texts={"title": "灯", "text": "楼道灯坏了。", "external_number": "GD20261125-001"},
        actor=county.actor("intake"),
        channel="hotline",
    )
    answer = staff("housing").get("/desk/search/", {"q": "GD20261125-001"})
    assert answer.status_code == 302 and known.number[:4] in answer["Location"]
    assert staff("labour").get("/desk/search/", {"q": "GD20261125-001"}).status_code == 200


def asked_of_matters(client: Any, page: str) -> tuple[int, int]:
    """Return how often a page asks for matters, and how many lines it has; the frame's own looks go by the clock."""
    client.get(page)
    with CaptureQueriesContext(connection) as queries:
        body = client.get(page).content.decode()
    return sum("matters_" in one["sql"] for one in queries), len(numbers(body)) + body.count('<li class="sec">')


def test_filtered_and_ordered_pages_ask_as_often_for_many_rows_as_for_few(
    county: Any, staff: Callable[..., Any]
) -> None:
    from tests.edges.desk.test_queries import bring_in

    client = staff("housing")
    pages = (
        "/desk/matters/?waits=us&due=week",
        "/desk/matters/?waits=us&topic=t.housing",
        "/desk/matters/?sort=-received",
        "/desk/matters/?sort=last&channel=web",
        "/desk/matters/?sort=number",
        "/desk/search/?q=%E6%A5%BC%E9%81%93&channel=web&closed=0",
    )
    few = {page: asked_of_matters(client, page) for page in pages}
    bring_in(county, 0, 60)
    for page in pages:
        many = asked_of_matters(client, page)
        assert many[0] == few[page][0] <= 4, page
        assert many[1] >= 45 or "due=" in page, page


def test_a_list_that_nobody_narrows_asks_no_more_than_it_did(county: Any, staff: Callable[..., Any]) -> None:
    """The page itself and its running clocks; the count, the columns and the chips ask for nothing."""
    assert asked_of_matters(staff("housing"), "/desk/matters/")[0] == 2


def csv_rows(response: Any) -> list[list[str]]:
    """Return the lines of a CSV file, as Excel reads it."""
    data = b"".join(response.streaming_content)
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def xlsx_rows(response: Any, sheet: int = 0) -> list[tuple[Any, ...]]:
    """Return the cells of a workbook, read by a reader of its own; a formula would show as one."""
    book = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)), data_only=False)
    return [tuple(cell.value for cell in row) for row in book.worksheets[sheet].iter_rows()]


ADDRESSES = ("", "?topic=t.housing", "?due=late&sort=-received", "?closed=1&sort=number", "?channel=letter&waits=us")


@pytest.mark.parametrize("reader", READERS)
def test_a_file_holds_the_rows_of_all_pages_and_an_independent_look_finds_the_same(
    busy: Any, staff: Callable[..., Any], reader: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huajie.apps.matters.numbers import shown
    from huajie.edges.desk import sheets

    monkeypatch.setattr(sheets, "_READ", 7)
    client = staff(reader)
    may_leave = {shown(row.number) for row in seen_by(busy, reader, "list", "export")}
    for query in ADDRESSES:
        paged = [number for number in walked(client, f"/desk/matters/{query}") if number in may_leave]
        head, *rows = csv_rows(client.get(f"/desk/list/file.csv{query}"))
        assert [row[0] for row in rows] == paged, query
        cells = xlsx_rows(client.get(f"/desk/list/file.xlsx{query}"))
        assert [row[0] for row in cells[1:]] == paged, query
        assert list(cells[0]) == head
    whole = {shown(row.number) for row in seen_by(busy, reader, "list", "export") if row.open}
    assert {row[0] for row in csv_rows(client.get("/desk/list/file.csv"))[1:]} == whole


def test_a_planted_row_is_seen_by_the_look_at_files(
    busy: Any, staff: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were files to hold whatever the list shows, sealed matters would leave: the comparison above would say so."""
    from huajie.apps.matters.numbers import shown
    from huajie.edges.desk import sheets

    monkeypatch.setattr(sheets, "LEAVES", ("list",))
    rows = {row[0] for row in csv_rows(staff("housing").get("/desk/list/file.csv"))[1:]}
    assert rows - {shown(row.number) for row in seen_by(busy, "housing", "list", "export")}


def test_no_file_holds_a_formula_an_identity_or_a_sealed_word(county: Any, staff: Callable[..., Any]) -> None:
    evil = ('=HYPERLINK("http://x","点我")', "+1+1", "-2+3", "@SUM(A1)", "＝1+1", "  =1+1", "\t=1")
    for n, title in enumerate(evil):
        county.bring_in(f"evil{n}", "t.housing", texts={"title": title, "text": "灯坏了。"})
    client = staff("housing")
    lines = csv_rows(client.get("/desk/list/file.csv"))
    titles = [row[1] for row in lines[1:]]
    assert sum(title.startswith("'") for title in titles) == len(evil)
    for row in lines:
        assert not [cell for cell in row if cell.strip().startswith(("=", "+", "-", "@", "＝"))]
    answer = client.get("/desk/list/file.xlsx")
    data = b"".join(answer.streaming_content)
    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "d", "inlineStr"}
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        words = "".join(parts.read(name).decode() for name in parts.namelist() if name.endswith(".xml"))
    text = words + str(lines)
    assert "<f>" not in words and "evil" not in text
    assert "13900007777" not in text and "楼道灯坏了三周" not in text
    for kind in ("sealed", "minor"):
        assert county.matters[kind].number[:4] not in text, kind


def test_a_file_that_is_cut_says_so_and_who_took_it_is_written_down(
    busy: Any, staff: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from huajie.edges.desk import sheets

    monkeypatch.setattr(sheets, "MOST", 5)
    client = staff("housing")
    with caplog.at_level("INFO", logger="huajie.desk"):
        rows = csv_rows(client.get("/desk/list/file.csv"))
        assert len(rows) == 1 + 5 + 1 and "Cut here" in rows[-1][0]
        cells = client.get("/desk/list/file.xlsx?topic=t.housing")
        assert "Cut here" in str(xlsx_rows(cells)[-1])
    said = [record.getMessage() for record in caplog.records if record.name == "huajie.desk"]
    assert len(said) == 2 and all("s.housing.one" in line and "5" in line for line in said)
    about = xlsx_rows(client.get("/desk/list/file.xlsx?topic=t.housing"), 1)
    assert ("Filters", "Topic: Housing (invented)") in about
    assert client.get("/desk/list/file.exe").status_code == 404


def test_a_file_has_the_readers_columns(county: Any, staff: Callable[..., Any]) -> None:
    client = staff("housing")
    client.post("/desk/list/columns/", {"column": ["channel", "handoffs"]})
    head, *rows = xlsx_rows(client.get("/desk/list/file.xlsx"))
    assert head == ("Number", "Matter", "Channel", "Hand-offs")
    assert {row[2] for row in rows} == {"Web", "Counter"} and {type(row[3]) for row in rows} == {int}


def test_by_the_last_act_no_table_is_read_whole(busy: Any, staff: Callable[..., Any]) -> None:
    client = staff("housing")
    with CaptureQueriesContext(connection) as asked:
        assert client.get("/desk/matters/?sort=-last").status_code == 200
    (statement,) = [one["sql"] for one in asked if "ORDER BY m.changed_at" in one["sql"]]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}")
            plan = [row[3] for row in cursor.fetchall()]
            whole = [step for step in plan if re.match(r"SCAN (m|p|matters_\w+|t)\b", step)]
        else:
            # the tables of a test are so small that reading them whole is cheap; what matters is that nothing has to
            cursor.execute("SET enable_seqscan = off")
            cursor.execute(f"EXPLAIN {statement}")
            plan = [row[0] for row in cursor.fetchall()]
            cursor.execute("RESET enable_seqscan")
            whole = [step for step in plan if "Seq Scan" in step]
    assert plan and not whole, plan


def test_whoever_reaches_too_many_gets_no_order_by_the_last_act(
    busy: Any, staff: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from huajie.apps.matters import queries

    client = staff("housing")
    by_date = re.findall(r'<th scope="row" class="t"><a href="([^"]+)"', client.get("/desk/matters/").content.decode())
    monkeypatch.setattr(queries, "_GATHERED", 3)
    with CaptureQueriesContext(connection) as asked:
        page = client.get("/desk/matters/?sort=last")
    assert page.status_code == 200 and "too many matters to put them in order" in said(page)
    assert re.findall(r'<th scope="row" class="t"><a href="([^"]+)"', page.content.decode()) == by_date
    assert not any("ORDER BY m.changed_at" in one["sql"] for one in asked)
    # the other orders have an index and stay
    assert "too many matters" not in said(client.get("/desk/matters/?sort=received"))
