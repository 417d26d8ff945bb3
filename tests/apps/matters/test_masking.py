"""What tells who somebody is never reaches a text, an entry or an index, whoever writes it down."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from tests.support.standing_county import day

from huajie.apps.ledger import queries as ledger_queries
from huajie.apps.matters import loading, queries
from huajie.apps.matters.operations import Batch, Order, Submission, Written, act, submit
from huajie.apps.matters.verify import verify
from huajie.apps.vault import operations as vault
from huajie.core.access import ANONYMOUS, Actor

TEXT = "我是欧阳听雨，电话139 0013 9000，车牌浙A12345的司机说没看见。"
KEPT = "我是〔姓名1〕，电话〔电话1〕，车牌〔车牌1〕的司机说没看见。"
CONTACT = {"name": "欧阳听雨", "phone": "13900139000"}


def brought(**more: Any) -> Submission:
    given: dict[str, Any] = {"contact": CONTACT, **more}
    texts = {"title": "井盖破损，找13900139000", "text": TEXT}
    return Submission(pack="en.complaint", topic="t.water", region="r.qingshi", texts=texts, **given)


def boxes(written: Written) -> dict[tuple[int, str], tuple[tuple[str, str], ...]]:
    tip = loading.load(written.stream, using="default")
    assert tip is not None
    key = loading.data_key(tip)
    assert key is not None
    with connection.cursor() as cursor:
        cursor.execute("SELECT n, name, box FROM vault_secret WHERE name LIKE '%%@masked'")
        rows = cursor.fetchall()
    return {
        (n, name): tuple(
            (span.mark, span.value)
            for span in vault.spans_of(
                name.removesuffix("@masked"), vault.unseal(key, written.stream, n, name, bytes(box))
            )
        )
        for n, name, box in rows
    }


def test_texts_entries_and_index_hold_marks_and_the_vault_the_rest(county: Callable[..., Actor]) -> None:
    written = submit(brought(), actor=ANONYMOUS, now=day(0))
    opened = queries.see(county(60), written.number)
    assert opened.texts[1, "text"] == KEPT
    assert opened.texts[1, "title"] == "井盖破损，找〔电话1〕"
    assert set(opened.entries[0]["input"]["@masked"]) == {"text", "title"}
    found = boxes(written)
    assert found[1, "text@masked"] == (
        ("〔姓名1〕", "欧阳听雨"),
        ("〔电话1〕", "139 0013 9000"),
        ("〔车牌1〕", "浙A12345"),
    )
    assert found[1, "title@masked"] == (("〔电话1〕", "13900139000"),)
    for word in ("听雨", "13900139000", "A12345"):
        assert queries.search(county(60), word).hits == ()
    assert len(queries.search(county(60), "没看见").hits) == 1
    assert verify().clean


def test_the_matters_own_number_stands_in_its_letters(
    county: Callable[..., Actor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It begins as an account of a messenger does; whoever gets the letter must be able to read it."""
    from huajie.apps.matters import operations
    from huajie.apps.matters.numbers import check_symbol

    number = "VXBNATT9C"
    number += check_symbol(number)
    monkeypatch.setattr(operations, "number_of", lambda key, stream: number)
    submit(brought(), actor=ANONYMOUS, now=day(0))
    shown = f"{number[:4]}-{number[4:8]}-{number[8:]}"
    note = f"编号{shown}（{number}）的来电：vx{number}，另一号码13800138000。"
    act(number, Order("add_note", texts={"note_text": note}), actor=county(60), now=day(1))
    opened = queries.see(county(60), number)
    assert [body for (n, name), body in opened.texts.items() if name == "note_text"] == [
        note.replace("13800138000", "〔电话1〕")
    ]


def test_a_later_text_by_somebody_else_loses_the_persons_name_too(
    complaint: Written, county: Callable[..., Actor]
) -> None:
    act(
        complaint.number,
        Order(act="add_note", texts={"note_text": "已与某某某（199-0000-1111）通话，李四在场。"}, hide=("李四",)),
        actor=county(60),
        now=day(2),
    )
    texts = queries.see(county(60), complaint.number).texts
    assert "已与〔姓名1〕（〔电话1〕）通话，〔姓名2〕在场。" in texts.values()
    assert verify().clean


def test_many_at_once_go_the_same_way(county: Callable[..., Actor]) -> None:
    with Batch() as batch:
        handle = batch.submit(brought(), actor=ANONYMOUS, now=day(0))
    assert queries.see(county(60), handle.number).texts[1, "text"] == KEPT
    assert verify().clean


def test_in_an_anonymous_matter_nothing_of_it_stays_in_the_text_either(county: Callable[..., Actor]) -> None:
    written = submit(brought(mode="anonymous", contact=None), actor=ANONYMOUS, now=day(0))
    assert "13900139000" not in "".join(queries.see(county(60), written.number).texts.values())
    assert verify().clean


@pytest.mark.parametrize("fault", ["lost", "changed", "swapped"])
def test_verify_finds_a_box_that_was_tampered_with(fault: str, county: Callable[..., Actor]) -> None:
    written = submit(brought(), actor=ANONYMOUS, now=day(0))
    assert verify().clean
    with connection.cursor() as cursor:
        if fault == "lost":
            cursor.execute("DELETE FROM vault_secret WHERE name = 'text@masked'")
        else:
            tip = loading.load(written.stream, using="default")
            assert tip is not None
            key = loading.data_key(tip)
            assert key is not None
            if fault == "changed":
                box = b"\0" * 60
            else:
                # somebody with the keys puts another person's phone in its place
                other, _ = vault.masked_box("text", [vault.Span("〔电话1〕", "phone", "13700137000")])
                box = vault.seal(key, written.stream, 1, "text@masked", other)[3]  # type: ignore[assignment]
            cursor.execute("UPDATE vault_secret SET box = %s WHERE name = 'text@masked'", [box])
    report = verify()
    assert [(one.promise, one.n) for one in report.differences] == [(3, 1)]
    assert "text" in report.differences[0].check


def test_an_entry_before_masking_is_still_right(county: Callable[..., Actor]) -> None:
    written = submit(
        Submission(pack="en.complaint", topic="t.water", region="r.qingshi", texts={"title": "井盖", "text": "破了"}),
        actor=ANONYMOUS,
        now=day(0),
    )
    assert "@masked" not in ledger_queries.bodies_since(written.stream, 0)[0]["input"]
    assert verify().clean
