"""Offices change while matters go on: hand-over, cover, secretaries, merged units, conflicts that outlast a posting."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections
from tests.apps.matters.test_promises import (
    acknowledge,
    brought,
    concern,
    do,
    offer,
    owner,
    propose_ending,
    refusal,
    state_of,
)
from tests.support.small_county import person, posting, remit, seat, topic
from tests.support.standing_county import FOUNDED, day

from huajie.apps.jurisdiction import operations as jurisdiction
from huajie.apps.jurisdiction.operations import NotAllowed
from huajie.apps.jurisdiction.queries import snapshot
from huajie.apps.ledger import queries as ledger
from huajie.apps.matters import operations as matters
from huajie.apps.matters import queries
from huajie.apps.matters.errors import UnknownMatter
from huajie.apps.matters.operations import Batch, Order, Submission, act
from huajie.apps.matters.verify import verify
from huajie.apps.offices import operations as offices
from huajie.apps.offices.queries import held_by_seat, topics_of_seat, unowned
from huajie.core.access import ANONYMOUS, SYSTEM, Actor, NotSeated, actor_for, resident_of
from huajie.core.jurisdiction import Refused as ChangeRefused
from huajie.core.ledger import moment, stamp

Who = Callable[..., Actor]
NOTE = {"texts": {"note_text": "看过了。"}}


def at_seat(who: int, code: str, at: datetime) -> Actor:
    return actor_for(snapshot(), person(who), code, at)


def many(count: int, topics: tuple[str, ...] = ("t.housing",)) -> list[Any]:
    with Batch() as batch:
        handles = [
            batch.submit(
                Submission(
                    pack="en.complaint",
                    topic=topics[number % len(topics)],
                    region="r.qingshi",
                    texts={"title": f"第 {number} 件", "text": "灯坏了。"},
                ),
                actor=ANONYMOUS,
                now=day(0),
            )
            for number in range(count)
        ]
    return [handle.stream for handle in handles]


class Watch:
    """Looks, after every commit of anybody, whether some open matter has no person behind it or not one lead."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.looked = 0
        self.wrong: list[Any] = []

    def look(self) -> None:
        self.looked += 1
        self.wrong += unowned(self.now)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT m.id FROM matters_matter m WHERE 1 <> (SELECT count(*) FROM matters_party p"
                " WHERE p.matter = m.id AND p.relation = 'lead' AND p.seat IS NOT NULL)"
            )
            self.wrong += cursor.fetchall()


@contextmanager
def watching(monkeypatch: pytest.MonkeyPatch, now: datetime) -> Iterator[Watch]:
    watch = Watch(now)
    with monkeypatch.context() as patch:
        for module in (matters, jurisdiction):
            write = module.commit_changes

            def commit(*args: Any, write: Any = write, **more: Any) -> None:
                write(*args, **more)
                watch.look()

            patch.setattr(module, "commit_changes", commit)
        yield watch


def test_the_watch_sees_a_matter_behind_which_nobody_sits(county: Who) -> None:
    """The query by which the tests below judge finds what is wrong; a seat closed in favour of another is not."""
    matter = brought("t.housing")
    assert owner(matter) == ("u.housing", "s.housing.one") and not unowned(day(1))
    seats = {"do": "close_seat", "id": "s.housing.one", "successor": "s.housing.two"}
    jurisdiction.change([seats], actor=SYSTEM, now=day(1), open_matters_by_seat={"s.housing.one": 1})
    assert not unowned(day(2))
    with connection.cursor() as cursor:
        at = connection.ops.adapt_datetimefield_value(day(2))
        cursor.execute("UPDATE jurisdiction_posting SET to_at = %s WHERE seat = 's.housing.two'", [at])
    assert unowned(day(3)) == [matter.stream]


# Hand-over


@pytest.mark.accept("P4")
def test_a_posting_ends_with_300_open_matters_and_none_is_ever_unowned(
    county: Who, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Colleagues act and residents submit meanwhile; after each commit the database itself is asked."""
    streams = many(300, ("t.housing", "t.housing.repair", "t.housing.rent"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM matters_party WHERE relation = 'lead' AND seat = 's.housing.one'")
        held = cursor.fetchone()[0]
    # rents in Qingshi are for the township
    assert held == 200
    streams = [stream for number, stream in enumerate(streams) if number % 3 != 2]
    admin, head, now = county(2), county(21), day(1)
    leaving = {"do": "end_posting", "seat": "s.housing.one", "person": person(20)}
    with pytest.raises(ChangeRefused) as told:
        offices.change([leaving], actor=admin, now=now)
    assert [(fault.code, fault.path) for fault in told.value.faults] == [("vacant", "s.housing.one")]
    closing = {"do": "close_seat", "id": "s.housing.one"}
    with pytest.raises(ChangeRefused) as told:
        offices.change([closing], actor=admin, now=now)
    assert {fault.code for fault in told.value.faults} == {"open-matters"}
    assert topics_of_seat(admin, "s.housing.one") == {"t.housing": 100, "t.housing.repair": 100}

    failed: list[BaseException] = []
    brought_meanwhile: list[Any] = []

    def meanwhile() -> None:
        try:
            for number, stream in enumerate(streams[:40]):
                act(stream, Order(act="add_note", **NOTE), actor=head, now=now + timedelta(seconds=number))
                if number % 4 == 0:
                    brought_meanwhile.append(brought("t.housing"))
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()

    with watching(monkeypatch, now + timedelta(hours=1)) as watch:
        others = threading.Thread(target=meanwhile)
        others.start()
        calls, moved = 0, 0
        while True:
            progress = offices.hand_over(
                "s.housing.one",
                to="s.housing.two",
                topics={"t.housing.repair": "s.housing.head"},
                actor=admin,
                now=now,
                limit=60,
            )
            assert not progress.refused
            calls, moved = calls + 1, moved + progress.moved
            if progress.done and not others.is_alive():
                break
        others.join()
        # the seat closes in favour of a colleague, so that what arrives in that very moment has somebody too
        offices.hand_over("s.housing.one", to="s.housing.two", actor=admin, now=now)
        offices.change([{**closing, "successor": "s.housing.two"}], actor=admin, now=now + timedelta(minutes=30))
        last = brought("t.housing")
    assert not failed
    assert watch.looked > 60 and not watch.wrong
    assert calls >= 4 and moved >= 200
    assert held_by_seat("s.housing.one", limit=10) == []
    with pytest.raises(NotSeated):
        at_seat(20, "s.housing.one", now + timedelta(hours=1))
    assert owner(last)[1] == "s.housing.head" or snapshot().seats[owner(last)[1]].active
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seat, count(*) FROM matters_party WHERE relation = 'lead' AND unit = 'u.housing' GROUP BY seat"
        )
        by_seat = dict(cursor.fetchall())
    assert by_seat["s.housing.head"] == 100
    assert sum(by_seat.values()) == 200 + len(brought_meanwhile) + 1
    body = ledger.bodies_since(streams[0], 0)[-1]
    moves = [one for one in ledger.bodies_since(streams[0], 0) if one["act"] == "handed-over"]
    assert len(moves) == 1 and body["n"] >= moves[0]["n"]
    assert moves[0]["input"]["ordered_by"] == {"person": person(2), "seat": "s.gov.admin"}
    assert state_of(last).counts["handoffs"] == 0
    report = verify()
    assert report.clean, report.differences


def test_what_was_asked_of_a_seat_moves_with_it(county: Who) -> None:
    matter = acknowledge(brought("t.water"), county(60), day(1))
    step = {"inputs": {"action_days": 5, "to_unit": "u.housing"}, "texts": {"step_text": "查水管。"}}
    do(matter, county(60), "plan_step", day(1), **step)
    asked = state_of(matter).requests["plan_step#1"]
    assert (asked.unit, asked.seat) == ("u.housing", "s.housing.one")
    progress = offices.hand_over("s.housing.one", to="s.housing.two", actor=county(20), now=day(2))
    assert (progress.moved, progress.done) == (1, True)
    asked = state_of(matter).requests["plan_step#1"]
    assert (asked.unit, asked.seat, asked.state) == ("u.housing", "s.housing.two", "open")
    assert owner(matter) == ("u.water", "s.water.head")
    assert offices.hand_over("s.housing.one", to="s.housing.two", actor=county(20), now=day(2)).moved == 0
    assert verify().clean


def test_matters_move_one_by_one_and_by_topic_within_the_unit_only(county: Who) -> None:
    first, second = brought("t.housing"), brought("t.housing.repair")
    with pytest.raises(ChangeRefused) as told:
        offices.hand_over(
            "s.housing.one", to="s.labour.one", topics={"t.housing": "s.nobody"}, actor=county(21), now=day(1)
        )
    assert {(fault.code, fault.path) for fault in told.value.faults} == {
        ("seat-elsewhere", "s.labour.one"),
        ("unknown", "s.nobody"),
    }
    with pytest.raises(offices.NotYours):
        offices.hand_over("s.housing.one", to="s.housing.two", actor=county(30), now=day(1))
    with pytest.raises(offices.NotYours):
        offices.hand_over("s.housing.one", to="s.housing.two", actor=county(70), now=day(1))
    one = offices.hand_over("s.housing.one", to="s.housing.two", streams=[first.stream], actor=county(21), now=day(1))
    assert one.moved == 1
    assert owner(first)[1] == "s.housing.two" and owner(second)[1] == "s.housing.one"
    offices.hand_over("s.housing.one", topics={"t.housing": "s.housing.head"}, actor=county(20), now=day(1))
    assert owner(second)[1] == "s.housing.head"
    assert verify().clean


def test_a_seat_that_stepped_aside_is_not_given_the_matter_back(county: Who) -> None:
    """What can't move is said, with everything that speaks against it, and stays where it was."""
    matter, other = brought("t.housing"), brought("t.housing")
    do(matter, county(70), "recuse", day(1), texts={"reason": "是我亲戚。"})
    progress = offices.hand_over("s.housing.one", to="s.housing.two", actor=county(21), now=day(2))
    assert progress.moved == 1 and owner(other)[1] == "s.housing.two"
    assert [(stream, [one.code for one in unmet]) for stream, unmet in progress.refused] == [
        (matter.stream, ["lead-cannot-decide"])
    ]
    assert owner(matter)[1] == "s.housing.one"


def test_nobody_orders_a_hand_over_in_another_name(county: Who) -> None:
    matter = brought("t.housing")
    told = {"from": "s.housing.one", "to": "s.housing.two"}
    assert "field-unknown" in refusal(
        matter, county(21), "handed-over", day(1), inputs={**told, "ordered_by": {"person": person(2)}}
    )
    assert "relation" in refusal(matter, county(70), "handed-over", day(1), inputs=told)
    do(matter, county(21), "handed-over", day(1), inputs=told)
    assert owner(matter)[1] == "s.housing.two"
    assert refusal(matter, county(21), "handed-over", day(1), inputs=told) >= {"unchanged"}


# Cover


@pytest.mark.accept("P4")
def test_a_leader_is_away_and_the_cover_approves(county: Who) -> None:
    matter = acknowledge(brought("t.housing"), county(20), day(1))
    asked = {"inputs": {"extension_days": 5}, "texts": {"reason": "要等配件。"}}
    do(matter, county(20), "ask_extension", day(1), **asked)
    away = {"do": "plan_absence", "seat": "s.housing.head", "from_at": stamp(day(2)), "to_at": stamp(day(6))}
    with pytest.raises(ChangeRefused) as told:
        offices.arrange([away], actor=county(21), now=day(1))
    assert [(fault.code, fault.path) for fault in told.value.faults] == [("needs-cover", "changes[0].cover")]
    with pytest.raises(offices.NotYours):
        offices.arrange([{**away, "cover": person(22)}], actor=county(30), now=day(1))
    offices.arrange([{**away, "cover": person(22)}], actor=county(21), now=day(1))
    jurisdiction_now = snapshot()
    assert jurisdiction_now.absence("s.housing.head", day(1)) is None
    absence = jurisdiction_now.absence("s.housing.head", day(3))
    assert absence is not None and absence.to_at == day(6)
    assert jurisdiction_now.cover("s.housing.head", day(3)) == person(22)
    with pytest.raises(NotSeated):
        at_seat(22, "s.housing.head", day(1))
    # from their own seat they approve nothing, from the one they cover they do, and the record says who it was
    assert "relation" in refusal(matter, county(22), "grant_extension", day(3), **asked)
    cover = at_seat(22, "s.housing.head", day(3))
    assert cover.covering
    done = do(matter, cover, "grant_extension", day(3), **asked)
    body = ledger.bodies_since(matter.stream, done.first - 1)[0]
    assert (body["actor"]["person"], body["actor"]["seat"]) == (person(22), "s.housing.head")
    # what is open then waits for the leader again
    other = acknowledge(brought("t.housing"), county(20), day(3))
    do(other, county(20), "ask_extension", day(3), **asked)
    with pytest.raises(NotSeated):
        at_seat(22, "s.housing.head", day(6))
    assert state_of(other).requests["extension#1"].seat == "s.housing.head"
    do(other, at_seat(21, "s.housing.head", day(6)), "grant_extension", day(6), **asked)
    assert verify().clean


def test_coming_back_early_ends_the_cover_too(county: Who) -> None:
    away = {"do": "plan_absence", "seat": "s.housing.head", "to_at": stamp(day(9)), "cover": person(22)}
    offices.arrange([away], actor=county(21), now=day(1))
    offices.arrange([{"do": "end_absence", "seat": "s.housing.head"}], actor=county(21), now=day(2))
    assert snapshot().absence("s.housing.head", day(2)) is None
    assert snapshot().cover("s.housing.head", day(2)) is None
    assert snapshot().holder("s.housing.head", day(2)) == person(21)


def test_a_seat_for_which_nobody_waits_may_be_empty_for_a_while(county: Who) -> None:
    away = {"do": "plan_absence", "seat": "s.gov.admin", "to_at": stamp(day(9))}
    offices.change([away], actor=county(2), now=day(1))
    assert snapshot().absence("s.gov.admin", day(2)) is not None
    assert snapshot().holder("s.gov.admin", day(2)) == person(2)


# Secretary


def test_a_secretary_prepares_and_the_leader_decides_and_both_stand_in_the_record(county: Who) -> None:
    jurisdiction.change(
        [{**posting("s.housing.head", 71), "kind": "secretary"}], actor=SYSTEM, now=FOUNDED + timedelta(minutes=5)
    )
    matter = acknowledge(brought("t.housing"), county(20), day(1))
    asked = {"inputs": {"extension_days": 5}, "texts": {"reason": "要等配件。"}}
    do(matter, county(20), "ask_extension", day(1), **asked)
    secretary = at_seat(71, "s.housing.head", day(2))
    assert (secretary.on_behalf, secretary.roles) == (person(21), {"secretary"})
    assert queries.see(secretary, matter.stream).relations == {"secretary"}
    # nothing that the leader approves, nor anything else of a handler's
    for name in ("grant_extension", "extend", "reply", "drop_step", "raise_to_superior", "add_note"):
        with pytest.raises(matters.Refused) as told:
            do(matter, secretary, name, day(2))
        assert "relation" in {unmet.code for unmet in told.value.unmet}, name
    order = {"inputs": {"act": "grant_extension"}, "texts": {"instruction": "同意延长五天。"}}
    assert "relation" in refusal(matter, county(20), "prepared", day(2), **order)
    assert refusal(matter, secretary, "prepared", day(2), inputs={"act": "nonsense"}) == {
        "unknown-act",
        "field-missing",
    }
    done = do(matter, secretary, "prepared", day(2), **order)
    body = ledger.bodies_since(matter.stream, done.first - 1)[0]
    assert body["actor"] == {
        "kind": "seat",
        "person": person(71),
        "seat": "s.housing.head",
        "unit": "u.housing",
        "for": person(21),
    }
    prepared = state_of(matter).prepared["prepared#1"]
    assert (prepared["state"], prepared["leader"]) == ("open", person(21))
    assert state_of(matter).requests["extension#1"].state == "open"
    do(matter, county(21), "grant_extension", day(3), **asked)
    assert state_of(matter).prepared["prepared#1"]["state"] == "done"
    assert verify().clean
    # a secretary alone keeps no seat from being empty
    with pytest.raises(ChangeRefused) as refused:
        jurisdiction.change(
            [{"do": "end_posting", "seat": "s.housing.head", "person": person(21)}], actor=SYSTEM, now=day(4)
        )
    assert ("vacant", "s.housing.head") in {(fault.code, fault.path) for fault in refused.value.faults}


def test_a_forged_leader_in_an_entry_is_found(county: Who) -> None:
    """`verify` asks who sat there: an entry that names another leader than the seat's is not what was done."""
    from huajie.apps.matters import operations

    jurisdiction.change(
        [{**posting("s.housing.head", 71), "kind": "secretary"}], actor=SYSTEM, now=FOUNDED + timedelta(minutes=5)
    )
    matter = brought("t.housing")
    honest = operations.actor_document
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operations, "actor_document", lambda actor: {**honest(actor), "for": person(1)})
        order = {"inputs": {"act": "reply"}, "texts": {"instruction": "同意。"}}
        do(matter, at_seat(71, "s.housing.head", day(2)), "prepared", day(2), **order)
    assert {one.check for one in verify().differences} == {"actor"}


# Merged and closed units


@pytest.mark.accept("P4")
def test_two_units_merge_and_what_they_have_in_hand_goes_on(county: Who, monkeypatch: pytest.MonkeyPatch) -> None:
    led = acknowledge(brought("t.water"), county(60), day(1))
    asked = brought("t.housing")
    offer(asked, county(20), "u.water", day(1))
    helped = brought("t.housing")
    support = {"inputs": {"support_unit": "u.water"}, "texts": {"reason": "一起看。"}}
    do(helped, county(20), "add_support", day(1), **support)
    about = brought("t.water", county(10), channel="counter")
    concern(about, county(10), "u.qingshi", day(1))
    admin = county(2)
    with pytest.raises(NotAllowed):
        offices.merge_units("u.water", "u.qingshi", actor=county(60), now=day(2))
    with watching(monkeypatch, day(3)) as watch:
        after = offices.merge_units("u.water", "u.qingshi", actor=admin, now=day(2))
        assert not after.units["u.water"].active and after.answering_unit("u.water") == "u.qingshi"
        assert after.remits["m.water"].unit == "u.qingshi"
        # before anything has moved, its people act on it from where they sit now
        again = at_seat(60, "s.qingshi.head-2", day(3))
        do(led, again, "add_note", day(3), **NOTE)
        first = offices.succeed("u.water", actor=admin, now=day(3), limit=1)
        assert (first.moved, first.done) == (1, False)
        while not offices.succeed("u.water", actor=admin, now=day(3), limit=1).done:
            pass
    assert watch.looked >= 5 and not watch.wrong
    assert owner(led) == ("u.qingshi", "s.qingshi.head-2")
    assert state_of(led).counts["handoffs"] == 0
    request = state_of(asked).requests["transfer#1"]
    assert (request.unit, request.seat, request.state) == ("u.qingshi", "s.qingshi.head-2", "open")
    assert state_of(helped).parties["supporting"] == ["u.qingshi"]
    # what concerns the unit taking over does not go there
    assert owner(about)[0] not in ("u.water", "u.qingshi")
    # history keeps the old name, and what comes now goes to the new unit
    kept = [
        effect["unit"]
        for body in ledger.bodies_since(led.stream, 0)
        for effect in body["effects"]
        if effect["e"] == "owner"
    ]
    assert kept == ["u.water", "u.qingshi"]
    assert owner(brought("t.water"))[0] == "u.qingshi"
    do(asked, again, "accept_transfer", day(4), target="transfer#1")
    assert owner(asked)[0] == "u.qingshi"
    assert offices.succeed("u.water", actor=admin, now=day(4)).moved == 0
    report = verify()
    assert report.clean, report.differences


def test_a_merge_says_everything_that_speaks_against_it(county: Who) -> None:
    with pytest.raises(ChangeRefused) as told:
        offices.merge_units("u.nobody", "u.nowhere", actor=county(2), now=day(1))
    assert {(fault.code, fault.path) for fault in told.value.faults} == {
        ("unknown", "u.nobody"),
        ("unknown", "u.nowhere"),
    }
    with pytest.raises(ChangeRefused) as told:
        # a village committee can't decide, so it takes over no bureau
        offices.merge_units("u.water", "u.liutan.east", actor=county(2), now=day(1))
    assert "cannot-decide" in {fault.code for fault in told.value.faults}
    with pytest.raises(ChangeRefused):
        offices.succeed("u.water", actor=county(2), now=day(1))


def test_a_trial_writes_nothing_and_names_every_fault(county: Who) -> None:
    before = snapshot().version
    good = offices.try_change([topic("t.parks")], actor=county(2), now=day(1))
    assert [effect["e"] for effect in good.effects] == ["topic.set"] and not good.faults
    bad = offices.try_change(
        [
            {"do": "end_posting", "seat": "s.water.head", "person": person(60)},
            seat("s.empty", "u.water", "handler"),
            posting("s.water.head", 999),
        ],
        actor=county(2),
        now=day(1),
    )
    assert {("vacant", "s.empty")} <= {(fault.code, fault.path) for fault in bad.faults}
    assert snapshot().version == before
    with pytest.raises(NotAllowed):
        offices.try_change([topic("t.parks")], actor=county(1), now=day(1))


# One-person townships


@pytest.mark.accept("P4")
def test_a_one_person_township_closes_a_matter_without_verifying_itself(county: Who) -> None:
    jurisdiction.change(
        [
            remit("m.noise", "u.liutan", ["t.noise"], ["*"]),
            {**seat("s.liutan.head", "u.liutan", "head", "handler", "verifier")},
        ],
        actor=SYSTEM,
        now=FOUNDED + timedelta(minutes=5),
    )
    matter = brought("t.noise")
    assert owner(matter) == ("u.liutan", "s.liutan.head")
    assert len(snapshot().persons_of_unit("u.liutan", day(2))) == 1
    alone = county(50, day(2))
    acknowledge(matter, alone, day(2))
    propose_ending(matter, alone, day(3))
    assert refusal(matter, county(50, day(4)), "confirm_ending", day(4), **NOTE) == {"handled"}
    assert matter.stream not in {row.stream for row in queries.matters_list(county(22)).rows}
    do(matter, county(12), "confirm_ending", day(4), **NOTE)
    assert not state_of(matter).open
    verifier = ledger.bodies_since(matter.stream, 0)[-1]
    acts = {body["act"]: body["actor"].get("unit") for body in ledger.bodies_since(matter.stream, 0)}
    assert acts["confirm_ending"] == "u.centre" != acts["acknowledge"] == "u.liutan"
    assert verifier["n"] == state_of(matter).n and verify().clean


# Conflicts that outlast a posting


def sees(actor: Actor, stream: Any) -> bool:
    try:
        queries.see(actor, stream)
    except UnknownMatter:
        assert stream not in {row.stream for row in queries.matters_list(actor).rows}
        return False
    assert stream in {row.stream for row in queries.matters_list(actor).rows}
    return True


@pytest.mark.accept("P5")
def test_whoever_leaves_a_concerned_unit_keeps_the_conflict(county: Who) -> None:
    """It stays for what was recorded until the settings' days after they left, in list, page and ownership alike."""
    matter = brought("t.housing", county(10), channel="counter")
    concern(matter, county(10), "u.labour", day(1))
    assert sees(county(21), matter.stream) and not sees(county(30), matter.stream)
    jurisdiction.change(
        [
            {"do": "end_posting", "seat": "s.labour.one", "person": person(30)},
            posting("s.labour.one", 32),
            {"do": "end_posting", "seat": "s.housing.one", "person": person(20)},
            posting("s.housing.one", 30),
        ],
        actor=SYSTEM,
        now=day(2),
        open_matters_by_seat={"s.housing.one": 1},
    )
    moved = at_seat(30, "s.housing.one", day(3))
    assert moved.past and not sees(moved, matter.stream)
    # its seat is held by somebody who may not know of it: the next act gives it to one who may
    do(matter, county(21), "add_note", day(3), **NOTE)
    later = brought("t.housing", county(10), channel="counter")
    concern(later, county(10), "u.labour", day(4))
    assert owner(later)[1] == "s.housing.two"
    assert not sees(moved, later.stream)
    other = brought("t.housing")
    assert sees(moved, other.stream)
    report = verify()
    assert report.clean, report.differences


def test_a_conflict_ends_when_the_settings_say(county: Who) -> None:
    assert snapshot().settings.conflict_days == 1095
    jurisdiction.change(
        [
            {"do": "end_posting", "seat": "s.labour.one", "person": person(30)},
            posting("s.labour.one", 32),
            seat("s.housing.three", "u.housing", "handler"),
            posting("s.housing.three", 30),
            {
                "do": "set_settings",
                "backstop_unit": "u.gov",
                "backstop_seat": "s.gov.head",
                "intake_unit": "u.centre",
                "intake_seat": "s.centre.desk",
                "pool": ["s.centre.verify"],
                "conflict_days": 10,
            },
        ],
        actor=SYSTEM,
        now=day(1),
    )
    kinds = {}
    for at in (day(2), day(10, 23), day(12)):
        texts = {"title": "灯", "text": "灯坏了。"}
        wanted = Submission(pack="en.complaint", topic="t.housing", region="r.qingshi", texts=texts, channel="counter")
        matter = matters.submit(wanted, actor=county(10), now=at)
        concern(matter, county(10), "u.labour", at)
        kinds[at] = sees(at_seat(30, "s.housing.three", day(13)), matter.stream)
    assert kinds == {day(2): False, day(10, 23): False, day(12): True}
    assert verify().clean


def test_the_resident_and_the_moment_are_what_they_were(county: Who) -> None:
    """A hand-over moves no clock and tells the resident nothing false: the dates promised stay."""
    matter = acknowledge(brought("t.housing"), county(20), day(1))
    before = {key: clock.due_at for key, clock in state_of(matter).clocks.items()}
    offices.hand_over("s.housing.one", to="s.housing.two", actor=county(21), now=day(2))
    assert {key: clock.due_at for key, clock in state_of(matter).clocks.items()} == before
    assert queries.see(resident_of(matter.stream.hex), matter.stream).tip.n == state_of(matter).n
    assert moment(state_of(matter).recorded_at) == day(0)
