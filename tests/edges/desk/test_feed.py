"""A calendar program reads its owner's dates by a secret address: valid RFC 5545, numbers and kinds of dates only."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
#: RFC 5545 3.1: name, parameters, value; written here again from its grammar, none of it ours
CONTENT = re.compile(
    r'([A-Z0-9-]+)((?:;[A-Z0-9-]+=(?:"[^"\x00-\x08\x0a-\x1f\x7f]*"|[^";:,\x00-\x1f\x7f]*))*):(.*)', re.DOTALL
)
ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def parsed(data: bytes) -> list[dict[str, str]]:
    """Read a calendar by the grammar of RFC 5545; anything that is not by it fails."""
    assert data.endswith(b"\r\n")
    lines = data.split(b"\r\n")[:-1]
    assert all(len(line) <= 75 and b"\n" not in line and b"\r" not in line for line in lines)
    assert all(line.decode() for line in lines), "no line is empty, and none is cut inside a character"
    text = re.sub(r"\r\n[ \t]", "", data.decode())
    events: list[dict[str, str]] = []
    stack: list[str] = []
    seen: set[str] = set()
    for line in text.split("\r\n")[:-1]:
        match = CONTENT.fullmatch(line)
        assert match is not None, line
        name, _parameters, value = match.groups()
        if name == "BEGIN":
            stack.append(value)
            if value == "VEVENT":
                events.append({})
        elif name == "END":
            assert stack.pop() == value
        elif stack[-1] == "VEVENT":
            assert name not in events[-1], name
            assert not re.search(r"(?<!\\)(?:\\\\)*[;,]", value) or name not in ("SUMMARY", "UID")
            events[-1][name] = ESCAPED.sub(lambda one: {"n": "\n", "N": "\n"}.get(one[1], one[1]), value)
        else:
            assert name not in seen, name
            seen.add(name)
    assert not stack and {"VERSION", "PRODID"} <= seen
    for event in events:
        assert {"UID", "DTSTAMP", "DTSTART"} <= event.keys()
        assert re.fullmatch(r"\d{8}T\d{6}Z", event["DTSTAMP"])
        assert re.fullmatch(r"\d{8}(T\d{6}Z)?", event["DTSTART"])
    assert len({event["UID"] for event in events}) == len(events)
    return events


@given(st.lists(st.text(st.characters(blacklist_categories=["Cs", "Cc"], whitelist_characters="\n"), max_size=200)))
def test_any_words_come_out_as_they_went_in(words: list[str]) -> None:
    from huajie.edges.desk.icalendar import Event, write

    events = [Event(f"{place}@x", date(2026, 3, 2) if place % 2 else NOW, text) for place, text in enumerate(words)]
    read = parsed(write(events, now=NOW).encode())
    assert [event["SUMMARY"] for event in read] == words
    assert [event["DTSTART"] for event in read] == [
        "20260302" if place % 2 else "20260302T010000Z" for place in range(len(words))
    ]


@pytest.fixture
def addressed(county: Any, staff: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Make an address as somebody who has just proved who they are."""
    from huajie.edges.desk import me

    monkeypatch.setattr(me, "proved_lately", lambda request: True)

    def make(who: str, language: str = "en") -> str:
        page = staff(who, language).post("/desk/me/calendar/").content.decode()
        (address,) = re.findall(r"http://testserver(/desk/calendar/[0-9a-f]{64}\.ics\?language=\w+)", page)
        return str(address)

    return make


def test_it_holds_numbers_and_kinds_of_dates_and_no_word(county: Any, addressed: Callable[..., str]) -> None:
    from huajie.apps.matters.numbers import shown
    from huajie.apps.matters.queries import running_clocks
    from huajie.apps.procedure.registry import packs

    answer = Client().get(addressed("housing"))
    assert answer["Content-Type"].startswith("text/calendar") and "no-store" in answer["Cache-Control"]
    events = parsed(answer.content)
    matter = county.matters["ordinary"]
    mine = [event for event in events if shown(matter.number) in event["SUMMARY"]]
    (event,) = mine
    due = min(clock.due_at for clock in running_clocks([matter.stream])[matter.stream])
    last = (due - timedelta(microseconds=1)).astimezone(ZoneInfo("Asia/Shanghai"))
    assert event["DTSTART"] == f"{last:%Y%m%d}"
    told = answer.content.decode()
    assert matter.stream.hex not in told and str(matter.stream) not in told
    kinds = {clock.title["en"] for pack in packs().values() for clock in pack.clocks.values()} | {"Next date"}
    for one in events:
        kind, _, number = one["SUMMARY"].rpartition(" ")
        assert kind in kinds and re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{2}", number), one
    for word in ("楼道灯", "欠薪", "举报", "儿童", "某", "1990"):
        assert word not in told
    chinese = parsed(Client().get(addressed("housing", "zh-Hans")).content)
    assert {event["UID"] for event in chinese} == {event["UID"] for event in events}
    # what is with another bureau is in nobody else's calendar
    elsewhere = shown(county.matters["elsewhere"].number)
    assert elsewhere not in told and elsewhere in Client().get(addressed("labour")).content.decode()


def test_it_holds_the_reviews_of_whoever_holds_them(county: Any, addressed: Callable[..., str]) -> None:
    from huajie.apps.supervision import reviews
    from huajie.core.supervision import Phase

    now = datetime.now(UTC)
    first = now.astimezone(ZoneInfo("Asia/Shanghai")).date() + timedelta(days=1)
    reviews.set_cadence([Phase(1, "week", first)], actor=county.actor("supervisor", now), now=now)
    for who, there in (("supervisor", True), ("mayor", True), ("auditor", True), ("housing_head", False)):
        events = parsed(Client().get(addressed(who)).content)
        held = [event for event in events if event["SUMMARY"] == "Progress review"]
        assert bool(held) is there, who
        assert not there or len(held) == 50


def test_an_address_that_was_ended_or_never_made_answers_404(
    county: Any, staff: Callable[..., Any], addressed: Callable[..., str]
) -> None:
    from huajie.apps.accounts.models import CalendarFeed
    from huajie.apps.jurisdiction.models import Account

    first = addressed("housing")
    secret = first.split("/")[3].partition(".")[0]
    assert secret not in str(list(CalendarFeed.objects.values())), "only its digest is kept"
    second = addressed("housing")
    assert Client().get(first).status_code == 404, "the newer one took its place"
    assert Client().get(second).status_code == 200
    Account.objects.filter(username="housing").update(is_active=False)
    assert Client().get(second).status_code == 404
    Account.objects.filter(username="housing").update(is_active=True)
    assert staff("housing").post("/desk/me/calendar/end/").status_code == 302
    assert Client().get(second).status_code == 404
    assert Client().get(f"/desk/calendar/{'0' * 64}.ics").status_code == 404
    assert Client().post(second).status_code == 405


def test_guessing_is_slowed_down(county: Any, addressed: Callable[..., str]) -> None:
    from huajie.edges.throttle import table

    table().clear()
    good = addressed("housing")
    stranger = Client(REMOTE_ADDR="203.0.113.9")
    assert stranger.get(good).status_code == 200
    codes = [stranger.get(f"/desk/calendar/{number:064x}.ics").status_code for number in range(12)]
    assert codes[0] == 404 and codes[-1] == 429
    slowed = stranger.get(good)
    assert slowed.status_code == 429 and int(slowed["Retry-After"]) > 0
    table().clear()


def test_only_its_owner_makes_one_and_after_proving_who_they_are(county: Any, staff: Callable[..., Any]) -> None:
    assert "/desk/me/prove/" in staff("housing").post("/desk/me/calendar/")["Location"]
    assert Client().post("/desk/me/calendar/").status_code == 302
    assert staff("housing").get("/desk/me/calendar/").status_code in (302, 405)


def test_a_new_password_ends_it(county: Any, addressed: Callable[..., str]) -> None:
    from huajie.apps.accounts import operations
    from huajie.apps.jurisdiction.models import Account

    address = addressed("housing")
    account = Account.objects.get(username="housing")
    operations.change_password(account, "quite-another-word-7", keep="", now=datetime.now(UTC))
    assert Client().get(address).status_code == 404
