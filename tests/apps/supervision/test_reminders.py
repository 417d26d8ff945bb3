"""Reminders reach their unit, are taken, answered and withdrawn; the ladder is chosen; verify finds what is forged."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.support.small_county import person
from tests.support.standing_county import PEOPLE, acknowledged, day

from huajie.apps.jurisdiction import operations as jurisdiction
from huajie.apps.ledger import queries as ledger_queries
from huajie.apps.ledger.operations import Changes, commit_changes, work_followups
from huajie.apps.matters import loading
from huajie.apps.matters.operations import Order, Written, act
from huajie.apps.matters.verify import verify
from huajie.apps.supervision import choices, reminders
from huajie.apps.supervision.cases import refresh
from huajie.apps.supervision.ladder import climb
from huajie.apps.supervision.reminders import Key
from huajie.apps.supervision.stream import STREAM, Declined, append
from huajie.core.access import SYSTEM, Actor, NotSeated
from huajie.core.ledger import stamp

#: Day 12 is Saturday 14 March: the last reminder at 67 % has come. Day 16 is Wednesday the 18th, day 15 the chaser.
Who = Callable[..., Actor]


def told(on: int) -> None:
    """The digests of the morning of a day."""
    while refresh():
        pass
    climb(day(on))
    while refresh():
        pass
    reminders.forget()
    choices.forget()


def reply_of(actor: Actor, matter: Written) -> reminders.Reminder:
    """The newest reminder about the clock that the resident waits for."""
    return [one for one in reminders.of_matter(actor, matter.stream) if one.key.clock == "reply"][-1]


def say(key: Key, actor: Actor, on: int, **more: Any) -> None:
    given: dict[str, Any] = {"cause": "means", "words": "新井盖后天到货，到货当天更换。", "by_date": date(2026, 3, 27)}
    reminders.answer(key, **{**given, **more}, actor=actor, now=day(on))


def verified() -> list[str]:
    return [str(one) for one in verify().differences]


@pytest.mark.accept("S6")
def test_a_unit_takes_its_reminder_and_answers_and_nobody_elses(county: Who, complaint: Written) -> None:
    told(14)
    water = county(60, day(14))
    # 3 March until midnight after the 17th: two thirds have passed on the 12th
    first = reply_of(water, complaint)
    assert (first.key.rung, first.unit, first.received, first.is_open) == ("last-reminder", "u.water", None, True)
    assert first.told_at == day(14)
    # three working days from Monday the 16th
    assert first.reply_due_at == day(17)
    assert reminders.waiting(water, now=day(14)).untaken == 1
    reminders.receive([first.key], actor=water, now=day(14, 3))
    taken = reply_of(water, complaint)
    assert taken.received == reminders.Did(day(14, 3), person(60), "s.water.head")
    assert reminders.waiting(water, now=day(14)) == reminders.Waiting(0, 1, 0)
    with pytest.raises(Declined, match="known"):
        reminders.receive([first.key], actor=water, now=day(14, 4))
    told(16)
    chaser = reply_of(water, complaint)
    assert chaser.key.rung == "chaser"
    # only the newest of a clock waits for the unit
    assert [one.key for one in reminders.reminders(water).reminders] == [chaser.key]
    say(chaser.key, water, 16)
    said = reply_of(water, complaint)
    assert said.received is not None and said.received.at == day(16)
    assert (said.cause, said.words, said.by_date) == ("means", "新井盖后天到货，到货当天更换。", date(2026, 3, 27))
    assert not said.is_open
    with pytest.raises(Declined, match="known"):
        say(chaser.key, water, 16)
    assert not reminders.reminders(water).reminders
    assert chaser.key in [one.key for one in reminders.reminders(water, done=True).reminders]
    # beside the red of the board
    assert reminders.newest_of(county(3, day(16)), [complaint.stream])[complaint.stream].words == said.words
    assert not verified()


@pytest.mark.accept("S6")
def test_who_sees_a_reminder_is_its_unit_those_above_it_and_whoever_supervises(county: Who, complaint: Written) -> None:
    told(14)
    key = reply_of(county(3, day(14)), complaint).key
    seen: dict[int, tuple[bool, bool, bool, bool]] = {}
    for number in PEOPLE:
        try:
            actor = county(number, day(14))
        except NotSeated:
            continue
        seen[number] = (
            bool(reminders.reminders(actor).reminders),
            bool(reminders.of_matter(actor, complaint.stream)),
            bool(reminders.newest_of(actor, [complaint.stream])),
            bool(reminders.waiting(actor, now=day(14)).untaken),
        )
        if number == 60:
            continue
        for attempt in (reminders.receive, reminders.withdraw):
            more = {"reason": "发错了。"} if attempt is reminders.withdraw else {}
            if number == 3 and more:
                continue
            with pytest.raises(Declined):
                attempt([key] if not more else key, **more, actor=actor, now=day(14))
        with pytest.raises(Declined):
            say(key, actor, 14)
    every, none = (True, True, True, False), (False, False, False, False)
    own = (True, True, True, True)
    # 60 handles at the water bureau; 1 heads the government above it, 2 is its deputy, 3 supervises, 4 audits
    table = dict.fromkeys(seen, none) | {60: own, 3: every}
    above = {number for number, what in seen.items() if what == every} - {3}
    assert {number: what for number, what in seen.items() if number not in above} == {
        number: what for number, what in table.items() if number not in above
    }
    for number in above:
        roles = county(number, day(14)).roles
        assert roles & {"head", "deputy", "auditor"}, (number, roles)
        assert county(number, day(14)).unit == "u.gov", number
    assert above
    assert len(ledger_queries.bodies_since(STREAM, 0)) == 1


def test_a_reminder_is_withdrawn_with_a_reason_and_stays_in_the_record(county: Who, complaint: Written) -> None:
    told(14)
    supervisor, water = county(3, day(14)), county(60, day(14))
    key = reply_of(water, complaint).key
    with pytest.raises(Declined, match="reason"):
        reminders.withdraw(key, reason="  ", actor=supervisor, now=day(14))
    with pytest.raises(Declined, match="role"):
        reminders.withdraw(key, reason="不该催。", actor=water, now=day(14))
    reminders.withdraw(key, reason="期限录错了，已经更正。", actor=supervisor, now=day(14, 5))
    back = reply_of(water, complaint)
    assert back.withdrawn is not None and back.withdrawn.seat == "s.gov.supervisor"
    assert back.reason == "期限录错了，已经更正。"
    for attempt in (lambda: reminders.receive([key], actor=water, now=day(15)), lambda: say(key, water, 15)):
        with pytest.raises(Declined, match="withdrawn"):
            attempt()
    assert not reminders.reminders(water).reminders
    assert not reminders.newest_of(supervisor, [complaint.stream])
    assert not verified()


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"cause": "none"}, "cause"),
        ({"words": " "}, "words"),
        ({"words": "换" * 301}, "words"),
        ({"words": "联系居民13912345678后更换。"}, "person"),
        ({"by_date": date(2026, 3, 15)}, "date"),
    ],
)
def test_an_answer_says_cause_next_step_and_a_day_and_nobody(
    county: Who, complaint: Written, wrong: dict[str, Any], word: str
) -> None:
    told(14)
    water = county(60, day(14))
    with pytest.raises(Declined, match=word):
        say(reply_of(water, complaint).key, water, 14, **wrong)
    assert len(ledger_queries.bodies_since(STREAM, 0)) == 1


def test_a_matter_that_was_answered_needs_no_word_about_its_reminder(county: Who, complaint: Written) -> None:
    told(14)
    water = county(60, day(14))
    assert reminders.reminders(water).reminders
    inputs = {"ending_reason": "cannot-be-resolved-now", "next_look_date": "2026-06-01"}
    order = Order(act="propose_ending", inputs=inputs, texts={"route": "要等明年的预算。"})
    act(complaint.stream, order, actor=water, now=day(14, 3))
    act(
        complaint.stream, Order(act="confirm_ending", texts={"note_text": "看过了。"}), actor=county(12), now=day(14, 4)
    )
    assert not reminders.reminders(water).reminders
    assert not reply_of(water, complaint).runs
    assert reminders.reminders(water, done=True).reminders


def test_the_page_goes_on_by_key(county: Who) -> None:
    for _ in range(5):
        acknowledged(county)
    told(14)
    water = county(60, day(14))
    found: list[Key] = []
    after = None
    while True:
        page = reminders.reminders(water, after=after, limit=2)
        found += [one.key for one in page.reminders]
        after = page.next
        if after is None:
            break
    whole = [one.key for one in reminders.reminders(water, limit=100).reminders]
    assert found == whole and len(whole) >= 5
    reminders.receive(found, actor=water, now=day(14, 3))
    # all of them in one entry
    assert len(ledger_queries.bodies_since(STREAM, 0)) == 2
    assert not verified()


def test_reading_asks_one_statement_however_many_there_are(county: Who) -> None:
    counted = []
    for many in (2, 9):
        for _ in range(many):
            acknowledged(county)
        told(14)
        water, supervisor = county(60, day(14)), county(3, day(14))
        streams = [one.key.matter for one in reminders.reminders(water, limit=100).reminders]
        with CaptureQueriesContext(connection) as asked:
            reminders.reminders(water)
            reminders.newest_of(supervisor, streams)
            reminders.waiting(water, now=day(14))
            reminders.waiting(water, now=day(14))
        counted.append(len(asked))
    assert counted == [3, 3]


def test_no_act_on_a_matter_costs_more_for_its_reminders(county: Who) -> None:
    asked = []
    for reminded in (False, True):
        matter = acknowledged(county)
        if reminded:
            told(14)
        order = Order(act="add_note", texts={"note_text": "看过现场。"})
        act(matter.stream, order, actor=county(60, day(14)), now=day(14, 3))
        with CaptureQueriesContext(connection) as queried:
            act(matter.stream, order, actor=county(60, day(14)), now=day(14, 4))
        asked.append(len(queried))
        assert not any("supervision_" in one["sql"] for one in queried.captured_queries)
    assert asked[0] == asked[1]


def test_words_go_with_the_texts_of_their_matter(county: Who, complaint: Written) -> None:
    told(14)
    water = county(60, day(14))
    say(reply_of(water, complaint).key, water, 14)
    assert reminders.erase_words(complaint.stream, now=day(15))
    said = reply_of(water, complaint)
    assert (said.words, said.cause, said.by_date) == ("", "means", date(2026, 3, 27))
    assert not reminders.erase_words(complaint.stream, now=day(15))
    kept = ledger_queries.openings_of(STREAM)
    assert kept[2].seed is None and set(kept[2].openings or {}) == {"entry"}
    assert not verified()
    # what was erased can't be put back
    _set("words = '换了。'", complaint)
    assert any("words" in one for one in verified())


def test_erasing_a_matter_erases_what_was_said_of_it(county: Who, complaint: Written) -> None:
    told(14)
    water = county(60, day(14))
    say(reply_of(water, complaint).key, water, 14)
    seat = {
        "do": "set_seat",
        "id": "s.gov.dpo",
        "unit": "u.gov",
        "title": {"zh": "负责人", "en": "DPO"},
        "roles": ["dpo"],
    }
    posting = {"do": "start_posting", "seat": "s.gov.dpo", "person": person(14)}
    jurisdiction.change([seat, posting], actor=SYSTEM, now=day(14, 4))
    officer = county(14, day(15))
    order = Order(act="erase", texts={"legal_basis_text": "个人信息保护法第四十七条"})
    act(complaint.stream, order, actor=officer, now=day(15))
    while work_followups(day(15) + timedelta(days=1))[0]:
        pass
    assert reply_of(water, complaint).words == ""
    assert not verified()


def _set(change: str, matter: Written) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE supervision_rung SET {change} WHERE matter = %s AND clock = 'reply'",
            [loading.db_uuid("default", matter.stream)],
        )


@pytest.mark.parametrize(
    "forged",
    [
        "received_seat = 's.gov.supervisor'",
        "received_at = NULL",
        "received_by = ''",
        "answered_at = NULL",
        "cause = 'missed'",
        "words = '已经换好。'",
        "words = ''",
        "by_date = '2026-04-27'",
        "withdrawn_at = answered_at",
        "reason = '发错了。'",
        "unit = 'u.housing'",
        "reply_due_at = NULL",
        "told_at = reached_at",
    ],
)
def test_verify_finds_each_planted_change_of_a_reminder(county: Who, complaint: Written, forged: str) -> None:
    told(14)
    water = county(60, day(14))
    say(reply_of(water, complaint).key, water, 14)
    assert not verified()
    _set(forged, complaint)
    assert verified()


@pytest.mark.parametrize("rung", ["first-reminder", "listed"])
def test_verify_finds_a_digest_that_no_ladder_gives(county: Who, complaint: Written, rung: str) -> None:
    """Entry and row agree with one another, and with nothing that was in force."""
    told(14)
    key = reply_of(county(60, day(14)), complaint).key
    false_at = day(13)
    rungs = [[key.matter.hex, key.clock, stamp(key.due_at), rung, stamp(false_at)]]
    effect = {"e": "rungs.reached", "unit": "u.water", "reply_due": stamp(day(17)), "rungs": rungs}
    changes = Changes()
    (n,) = append(changes, "supervision.digest", [[effect]], now=day(14), using="default")
    row = (key.matter, key.clock, key.due_at, rung, false_at, "u.water", n, day(14), day(17))
    columns = "matter clock due_at rung reached_at unit n told_at reply_due_at".split()
    changes.insert("supervision_rung", [row], columns)
    commit_changes(changes)
    (found,) = verified()
    assert f"the rung {rung}" in found and "none of the ladder" in found


# Which ladder is in force ---------------------------------------------------------------------------------------------


def test_a_ladder_is_chosen_with_a_reason_and_counts_for_clocks_from_then_on(county: Who, complaint: Written) -> None:
    supervisor = county(3, day(3))
    for name, reason, actor, word in (
        ("sanming", "按市里的做法。", county(60, day(3)), "role"),
        ("nowhere", "按市里的做法。", supervisor, "unknown"),
        ("sanming", " ", supervisor, "reason"),
        ("default", "不变。", supervisor, "same"),
    ):
        with pytest.raises(Declined, match=word):
            choices.choose(name, reason=reason, actor=actor, now=day(3))
    from_at = choices.choose("sanming", reason="按市里统一的做法。", actor=supervisor, now=day(3))
    # chosen on Thursday 5 March at ten in the morning, in force from the midnight that follows
    assert stamp(from_at) == "2026-03-05T16:00:00.000000Z"
    young = acknowledged_on(county, 5)
    # the 23rd: of the old clock, due when the 17th is over, the reminder and the chaser; the slip comes when the fifth
    # working day after that is over, the 24th
    told(21)
    old = {one.key.rung for one in reminders.of_matter(supervisor, complaint.stream) if one.key.clock == "reply"}
    assert old == {"last-reminder", "chaser"}
    # the young one, from the 7th (worked Saturday, none) on: 80 % of it, and a slip one working day after it is due
    told(25)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rung, reached_at FROM supervision_rung WHERE matter = %s AND clock = 'reply' ORDER BY reached_at",
            [loading.db_uuid("default", young.stream)],
        )
        rungs = {rung: loading.aware(at) for rung, at in cursor.fetchall()}
    tip = loading.load(young.stream, using="default")
    assert tip is not None and tip.state is not None
    clock = tip.state.clocks["reply"]
    assert list(rungs) == ["last-reminder", "chaser", "slip"]
    assert stamp(rungs["chaser"]) == clock.due_at
    # due when Friday the 20th is over; the first working day after that is Monday the 23rd
    assert stamp(rungs["chaser"]) == "2026-03-20T16:00:00.000000Z"
    assert stamp(rungs["slip"]) == "2026-03-23T16:00:00.000000Z"
    assert not verified()
    (made,) = choices.made()
    assert (made.name, made.reason, made.seat) == ("sanming", "按市里统一的做法。", "s.gov.supervisor")


def acknowledged_on(county: Who, on: int) -> Written:
    """A complaint that the water bureau acknowledged on a later day than the usual one."""
    from tests.support import standing_county

    moved = pytest.MonkeyPatch()
    with moved.context() as patch:
        patch.setattr(standing_county, "day", lambda number, hour=2: day(number + on, hour))
        return acknowledged(county)


@pytest.mark.parametrize(
    "forged", ["name = 'hotline'", "from_at = made_at", "reason = '别的理由。'", "seat = 's.water.handler'", "document"]
)
def test_verify_finds_each_planted_change_of_a_choice(county: Who, forged: str) -> None:
    choices.choose("sanming", reason="按市里统一的做法。", actor=county(3, day(3)), now=day(3))
    assert not verified()
    with connection.cursor() as cursor:
        if forged == "document":
            cursor.execute("UPDATE supervision_ladder SET document = REPLACE(document, '80', '90')")
        else:
            cursor.execute(f"UPDATE supervision_ladder SET {forged}")
    assert verified()


def test_every_ladder_is_simulated_on_the_clocks_of_today(county: Who) -> None:
    for _ in range(3):
        acknowledged(county)
    while refresh():
        pass
    choices.forget()
    # Thursday 19 March: of each complaint the reply is two days late, one working day and a morning
    found = choices.simulate(day(17))
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock, count(*) FROM supervision_watch GROUP BY clock")
        clocks = dict(cursor.fetchall())
    assert found.clocks == sum(clocks.values()) and clocks["reply"] == 3
    assert found.rungs["default"]["slip"] == 0 and found.rungs["default"]["chaser"] >= 3
    assert found.rungs["sanming"]["slip"] >= 3 and found.rungs["sanming"]["talk"] == 0
    assert found.rungs["guangyuan"]["slip"] >= 3
    assert "listed" not in found.rungs["suqian"] and "first-reminder" not in found.rungs["default"]
    with CaptureQueriesContext(connection) as asked:
        choices.simulate(day(17, 3))
    assert not asked
