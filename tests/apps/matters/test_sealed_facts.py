"""Facts of a sealed matter and of a minor's file lie in the vault; the ledger, rows and exports hold marks."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from tests.support import sealed_packs
from tests.support.canaries import CARRIERS, Place, sightings
from tests.support.standing_county import day

from huajie.apps.ledger import queries as ledger_queries
from huajie.apps.matters import loading, queries
from huajie.apps.matters.errors import Changed
from huajie.apps.matters.operations import Batch, Order, Submission, Written, act, submit
from huajie.apps.matters.verify import Report, verify
from huajie.apps.vault import operations as vault
from huajie.core.access import ANONYMOUS, Actor, resident_of
from huajie.core.procedure import FACTS, Refused

pytestmark = pytest.mark.accept("P3")

LOSS, ROOMS, HAPPENED = 918273645, 736451928, "1987-06-05"
CANARIES = (str(LOSS), str(ROOMS), HAPPENED)
MARKED = {"category": {"@": 1}, "loss": {"@": 1}, "happened": {"@": 1}}
KINDS = ("sealed", "minor")


@pytest.fixture
def packs(tmp_path: Path, settings: Any) -> Iterator[None]:
    from huajie.apps.procedure import registry

    settings.HUAJIE_PACKS = str(sealed_packs.write(tmp_path / "packs", registry.packs_folder()))
    registry.forget()
    yield
    settings.HUAJIE_PACKS = None
    registry.forget()


def brought(kind: str, **more: Any) -> Submission:
    return Submission(
        **{
            "pack": f"test.{kind}",
            "topic": "t.housing",
            "region": "r.qingshi",
            "texts": {"text": "楼上漏水，三间房不能住。"},
            "contact": {"name": "某某某", "phone": "19900001111"},
            "inputs": {"category": "help", "loss": LOSS, "happened": HAPPENED},
            **more,
        }
    )


def offered(county: Callable[..., Actor], kind: str) -> Written:
    """Brought in, accepted by what its facts say, offered to another office with a fact in the request."""
    written = submit(brought(kind), actor=ANONYMOUS, now=day(0))
    act(written.stream, Order(act="accept"), actor=county(20), now=day(1))
    given = {"to_unit": "u.labour", "rooms": ROOMS}
    return act(written.stream, Order(act="offer_transfer", inputs=given), actor=county(20), now=day(1))


def clean() -> Report:
    report = verify()
    assert report.clean, report.differences
    return report


@pytest.mark.parametrize("kind", KINDS)
def test_a_decision_has_the_facts_that_no_row_and_no_entry_shows(
    kind: str, packs: None, county: Callable[..., Actor]
) -> None:
    written = offered(county, kind)
    bodies = ledger_queries.bodies_since(written.stream, 0)
    assert bodies[0]["input"] | {"received_at": ""} == {
        "category": {"@": 1},
        "channel": "web",
        "happened": {"@": 1},
        "loss": {"@": 1},
        "mode": "open",
        "received_at": "",
        "region": "r.qingshi",
        "topic": "t.housing",
    }
    facts = [effect for body in bodies for effect in body["effects"] if effect["e"] == "fact"]
    assert {effect["name"]: effect["value"] for effect in facts} == MARKED
    asked = next(effect for body in bodies for effect in body["effects"] if effect["e"] == "request.opened")
    assert asked["data"] == {"rooms": {"@": written.first}}
    with connection.cursor() as cursor:
        cursor.execute("SELECT state FROM matters_matter")
        kept = json.loads(cursor.fetchone()[0])
    assert kept["facts"] == MARKED
    assert kept["requests"]["transfer#1"]["data"] == {"rooms": {"@": written.first}}
    tip = loading.load(written.stream, using="default")
    assert tip is not None and tip.state is not None
    assert tip.state.facts == {"category": "help", "loss": LOSS, "happened": HAPPENED}
    assert tip.state.requests["transfer#1"].data == {"rooms": ROOMS}
    assert clean().not_decided == 0


@pytest.mark.parametrize("kind", KINDS)
def test_an_act_that_waits_for_a_fact_is_decided_by_the_sealed_one(
    kind: str, packs: None, county: Callable[..., Actor]
) -> None:
    few = {"category": "help", "loss": 999, "happened": HAPPENED}
    written = submit(brought(kind, inputs=few), actor=ANONYMOUS, now=day(0))
    with pytest.raises(Refused) as refusal:
        act(written.stream, Order(act="accept"), actor=county(20), now=day(1))
    assert [one.code for one in refusal.value.unmet] == ["when"]


def test_many_at_once_go_the_same_way(packs: None, county: Callable[..., Actor]) -> None:
    with Batch() as batch:
        tips = [batch.submit(brought("sealed"), actor=ANONYMOUS, now=day(0)) for _ in range(3)]
        batch.act(tips[0], Order(act="accept"), actor=county(20), now=day(1))
        with pytest.raises(Refused):
            batch.act(tips[0], Order(act="accept"), actor=county(20), now=day(1))
    assert set(loading.load_many([tip.stream for tip in tips], using="default")) == {tip.stream for tip in tips}
    clean()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", sorted(CARRIERS))
def test_no_way_out_holds_one_without_the_keys(
    way: str, kind: str, packs: None, county: Callable[..., Actor], data_folder: Path, tmp_path: Path
) -> None:
    offered(county, kind)
    found = [
        (part, canary)
        for part, content in CARRIERS[way](Place(county, data_folder, tmp_path))
        for canary in sightings(content, CANARIES)
    ]
    assert not found


def test_a_planted_leak_is_found(packs: None, county: Callable[..., Actor], data_folder: Path, tmp_path: Path) -> None:
    written = offered(county, "sealed")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE matters_matter SET outcome = %s WHERE number = %s", [str(LOSS), written.number])
    dump = CARRIERS["dump of the database"](Place(county, data_folder, tmp_path))
    assert any(sightings(content, CANARIES[:1]) for _, content in dump)


@pytest.mark.parametrize(
    ("kind", "number", "reads"),
    [("sealed", 20, True), ("sealed", 31, False), ("minor", 20, False), ("minor", 21, True)],
)
def test_facts_are_for_whoever_reads_the_texts(
    kind: str, number: int, reads: bool, packs: None, county: Callable[..., Actor]
) -> None:
    """The officer of a sealed matter and the head of a minor's; not the office that was asked to take it over."""
    opened = queries.see(county(number), offered(county, kind).stream)
    values = {"category": "help", "loss": LOSS, "happened": HAPPENED}
    assert opened.shown.facts == (values if reads else {})
    assert opened.shown.requests["transfer#1"].data == ({"rooms": ROOMS} if reads else {})
    said = json.dumps(opened.entries)
    assert (str(LOSS) in said) is reads and (str(ROOMS) in said) is reads and '"@"' not in said


def test_the_resident_reads_what_they_said(packs: None, county: Callable[..., Actor]) -> None:
    written = offered(county, "minor")
    opened = queries.see(resident_of(written.stream.hex), written.stream)
    assert opened.entries[0]["input"]["loss"] == LOSS


def test_whoever_acts_too_late_is_told_what_happened_and_no_fact(packs: None, county: Callable[..., Actor]) -> None:
    written = offered(county, "sealed")
    with pytest.raises(Changed) as told:
        act(written.stream, Order(act="contest", seen=1, texts={"reason": "不归我们"}), actor=county(31), now=day(2))
    assert str(ROOMS) not in json.dumps(told.value.since) and len(told.value.since) == written.n - 1


def ended(county: Callable[..., Actor], kind: str) -> Written:
    written = offered(county, kind)
    return act(written.stream, Order(act="withdraw"), actor=resident_of(written.stream.hex), now=day(2))


def boxes() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM vault_secret")
        return {row[0] for row in cursor.fetchall()}


@pytest.mark.parametrize("kind", KINDS)
def test_what_an_ended_matter_erases_takes_its_facts_along(
    kind: str, packs: None, county: Callable[..., Actor], data_folder: Path, tmp_path: Path, database: str
) -> None:
    from huajie.apps.ledger.operations import work_followups

    written = ended(county, kind)
    with connection.cursor() as cursor:
        cursor.execute("SELECT box FROM vault_secret WHERE name = %s ORDER BY n", [FACTS])
        sealed = [bytes(row[0]) for row in cursor.fetchall()]
    assert len(sealed) == 2
    order = Order(act="erase", texts={"basis": "个人信息保护法第四十七条"})
    act(written.stream, order, actor=county(21), now=day(3))
    assert boxes() == {"basis"}
    report = clean()
    # the opening, the acceptance that a fact decided, the offer, the withdrawal and the erasure itself
    assert report.not_decided == 5
    tip = loading.load(written.stream, using="default")
    assert tip is not None and tip.state is not None and tip.state.facts == {} and FACTS not in tip.state.texts
    # it goes on without them: the resident takes the withdrawal back, nobody can accept it
    act(written.stream, Order(act="undo_withdrawal"), actor=resident_of(written.stream.hex), now=day(4))
    with pytest.raises(Refused):
        act(written.stream, Order(act="accept"), actor=county(20), now=day(4))
    assert clean().not_decided == 5
    work_followups(day(5))
    place = Place(county, data_folder, tmp_path)
    if database == "sqlite":
        content = b"".join(part for _, part in CARRIERS["files of the database"](place))
        assert not any(box in content for box in sealed)


def test_who_it_was_goes_out_of_a_sealed_matter_as_a_whole(packs: None, county: Callable[..., Actor]) -> None:
    """What was taken out of texts that stay, and out of the text of the erasure itself, told who it was."""
    written = submit(brought("sealed"), actor=ANONYMOUS, now=day(0))
    act(written.stream, Order(act="accept"), actor=county(20), now=day(1))
    answer = Order(act="answer", inputs={"outcome": "not-resolved"}, texts={"opinion": "已与19900001111通话。"})
    act(written.stream, answer, actor=county(20), now=day(1))
    kept = {"contact", "text", "opinion", "opinion@masked", FACTS}
    assert boxes() == kept
    basis = Order(act="erase", texts={"basis": "本人（19900001111）申请"})
    act(written.stream, basis, actor=county(21), now=day(2))
    assert boxes() == {"basis", FACTS}
    clean()


def test_while_a_matter_is_open_an_erasure_leaves_what_decides_it(packs: None, county: Callable[..., Actor]) -> None:
    written = offered(county, "sealed")
    act(written.stream, Order(act="erase", texts={"basis": "依据"}), actor=county(21), now=day(3))
    assert boxes() == {"basis", FACTS}
    assert clean().not_decided == 0


def test_the_end_of_the_keeping_time_takes_them(packs: None, county: Callable[..., Actor]) -> None:
    from huajie.apps.matters.operations import tick

    written = ended(county, "sealed")
    assert tick(day(2) + timedelta(days=3 * 366)) >= 1
    assert boxes() == set() and clean().not_decided > 0
    assert str(LOSS) not in json.dumps(ledger_queries.bodies_since(written.stream, 0))


@pytest.mark.parametrize("fault", ["gone", "swapped", "other values", "cleared"])
def test_verify_finds_facts_that_were_tampered_with(fault: str, packs: None, county: Callable[..., Actor]) -> None:
    written = offered(county, "sealed")
    tip = loading.load(written.stream, using="default")
    assert tip is not None
    key = loading.data_key(tip)
    assert key is not None
    with connection.cursor() as cursor:
        if fault == "gone":
            cursor.execute("DELETE FROM vault_secret WHERE name = %s AND n = 1", [FACTS])
        elif fault == "swapped":
            cursor.execute("SELECT box FROM vault_secret WHERE name = 'text'")
            box = cursor.fetchone()[0]
            cursor.execute("UPDATE vault_secret SET box = %s WHERE name = %s AND n = 1", [box, FACTS])
        elif fault == "other values":
            cursor.execute("SELECT box FROM vault_secret WHERE name = %s AND n = 1", [FACTS])
            said = vault.unseal(key, tip.stream, 1, FACTS, cursor.fetchone()[0])
            other = vault.seal(key, tip.stream, 1, FACTS, said.replace(str(LOSS).encode(), b"918273646"))
            cursor.execute("UPDATE vault_secret SET box = %s WHERE name = %s AND n = 1", [other[3], FACTS])
        else:
            state = (
                json.dumps({**tip.folded.to_document(), "facts": tip.state.facts}) if tip.folded and tip.state else ""
            )
            cursor.execute("UPDATE matters_matter SET state = %s", [state])
    report = verify()
    expected = {
        "gone": "text @facts",
        "swapped": "vault @facts",
        "other values": "vault @facts",
        "cleared": "row state",
    }
    assert expected[fault] in {one.check for one in report.differences}


def test_a_sealed_matter_from_before_goes_on_and_verifies(
    packs: None, county: Callable[..., Actor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first entries hold facts in the clear, as they were written; what comes now does not."""
    from huajie.apps.matters import operations

    with monkeypatch.context() as before:
        before.setattr(operations, "seal_facts", lambda pack, draft, n: (draft, {}))
        written = submit(brought("sealed"), actor=ANONYMOUS, now=day(0))
    clean()
    act(written.stream, Order(act="accept"), actor=county(20), now=day(1))
    given = {"to_unit": "u.labour", "rooms": ROOMS}
    act(written.stream, Order(act="offer_transfer", inputs=given), actor=county(20), now=day(1))
    bodies = ledger_queries.bodies_since(written.stream, 0)
    assert bodies[0]["input"]["loss"] == LOSS and str(ROOMS) not in json.dumps(bodies)
    tip = loading.load(written.stream, using="default")
    assert tip is not None and tip.state is not None
    assert tip.state.facts["loss"] == LOSS and tip.state.requests["transfer#1"].data == {"rooms": ROOMS}
    clean()


def test_an_entry_that_leaves_facts_in_the_clear_once_they_are_sealed_is_found(
    packs: None, county: Callable[..., Actor], monkeypatch: pytest.MonkeyPatch
) -> None:
    from huajie.apps.matters import operations

    written = submit(brought("sealed"), actor=ANONYMOUS, now=day(0))
    act(written.stream, Order(act="accept"), actor=county(20), now=day(1))
    monkeypatch.setattr(operations, "seal_facts", lambda pack, draft, n: (draft, {}))
    given = {"to_unit": "u.labour", "rooms": ROOMS}
    act(written.stream, Order(act="offer_transfer", inputs=given), actor=county(20), now=day(1))
    assert {(one.promise, one.check) for one in verify().differences} == {(8, "facts")}


def test_an_ordinary_matter_keeps_its_facts_where_they_are(packs: None, complaint: Written) -> None:
    assert boxes() == {"contact"}
    tip = loading.load(complaint.stream, using="default")
    assert tip is not None and tip.folded is None and tip.state is not None
    assert tip.state.facts["category"] == "other"
    clean()
