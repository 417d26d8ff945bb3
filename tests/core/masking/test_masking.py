"""What tells who somebody is goes out of a text; the rates that the documentation gives are those of this very code."""

from pathlib import Path

import pytest
from tests.support.masked_texts import by_hand, made, score

from huajie.core.masking import KINDS, MARK, known_of, mask, pieces, probable_names

DOCUMENT = Path(__file__).parents[3] / "docs" / "masking.md"


@pytest.mark.parametrize("name", ["hand-written hard cases", "made, seed 20261125"])
def test_the_documentation_gives_the_rates_of_this_code(name: str) -> None:
    found = score(by_hand() if name.startswith("hand") else list(made(20_000)))
    assert found.line(name) in DOCUMENT.read_text(encoding="utf-8")


def test_the_score_finds_a_miss_and_a_false_mark() -> None:
    from tests.support.masked_texts import case

    found = score([case("工号{{phone:8812}}"), case("打13800138000")])
    assert (found.missed, found.false_marks, found.clean_changed) == (1, 1, 1)


def test_one_thing_has_one_mark_in_a_text_however_it_is_spelled() -> None:
    found = mask("打13800138000，就是138-0013-8000，不是13900139000")
    assert found.text == "打〔电话1〕，就是〔电话1〕，不是〔电话2〕"
    assert [(span.kind, span.value) for span in found.spans] == [("phone", "13800138000"), ("phone", "13900139000")]


def test_an_english_text_gets_english_marks() -> None:
    assert mask("Call 555-123-4567.").text == "Call [phone 1]."


def test_marks_that_stand_there_already_are_not_taken_for_new_ones() -> None:
    found = mask("原文〔电话3〕，另有13800138000")
    assert found.text == "原文〔电话3〕，另有〔电话4〕"


def test_what_came_with_the_matter_is_found_by_itself() -> None:
    known = known_of({"name": "欧阳听雨", "phone": "6001234", "email": "a@b.cn", "note": "晚上"}, ["李四"])
    found = mask("我是欧阳听雨，欧阳 听雨，电话600 1234，邻居李四，李四光不是。", known)
    assert "听雨" not in found.text and "600" not in found.text and "李四，" not in found.text
    assert {span.kind for span in found.spans} == {"name", "phone"}


def test_a_latin_name_is_found_as_a_word_only() -> None:
    found = mask("Li lives here; the lily is fine. LI said so.", known_of({"name": "Li"}))
    assert found.text == "[name 1] lives here; the lily is fine. [name 1] said so."


def test_a_number_of_an_office_may_stand() -> None:
    assert mask("请拨0571-88881234", allowed={"057188881234"}).spans == ()


@pytest.mark.parametrize("number", ["VXBNATT9C3", "VXBN-ATT9-C3", "QQ7Q-4M2K-9D", "2345-6789-23"])
def test_a_number_of_ours_stands_though_it_looks_like_an_account_or_a_phone(number: str) -> None:
    text = f"编号{number}：请回电13900139000，微信vx{number}。"
    assert mask(text, (), (), (number,)).text == f"编号{number}：请回电〔电话1〕，微信vx{number}。"
    # nobody else's number has that right
    other = mask(text, (), (), ("ABCD-EFGH-JK",)).text
    assert other != mask(text, (), (), (number,)).text and "13900139000" not in other


def test_what_was_given_as_a_contact_is_masked_also_where_it_is_a_number_of_ours() -> None:
    assert "VXBNATT9C3" not in mask("编号 VXBNATT9C3", [("name", "VXBNATT9C3")], (), ("VXBNATT9C3",)).text


def test_the_digest_of_a_file_stays_whole() -> None:
    digest = "c4c7a68a91b096ca45ac11378c8dddf259b1390013900c841e518b8e53c29abd"
    assert len(digest) == 64
    text = f"意见书.pdf sha256:{digest}，电话13900139000"
    assert mask(text).text == f"意见书.pdf sha256:{digest}，电话〔电话1〕"
    # a digit less, and it is no digest
    assert "13900139000" not in mask(f"sha256:{digest[:-1]} 13900139000").text


def test_the_parts_make_the_text_again() -> None:
    text = "车牌浙A12345，电话13800138000，邮箱a@b.cn。"
    found = mask(text)
    assert "".join(part if span is None else span.value for part, span in pieces(found.text, found.spans)) == text


def test_a_forged_mark_opens_nothing() -> None:
    assert pieces("〔电话9〕", mask("打13800138000").spans) == [("〔电话9〕", None)]


def test_every_kind_has_a_mark_that_is_read_again() -> None:
    for zh, en in KINDS.values():
        assert MARK.fullmatch(f"〔{zh}1〕") and MARK.fullmatch(f"[{en} 1]")


def test_it_changes_nothing_twice() -> None:
    for one in by_hand():
        once = mask(one.text).text
        assert mask(once).text == once


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("我叫王建国，住在青石镇。", ["王建国"]),
        ("王某找过李主任和张师傅。", []),
        ("村民陈大壮反映，邻居欧阳明说没有。", ["陈大壮", "欧阳明"]),
        ("小区路面高度不够，方面很多。", []),
        ("My name is Mary Ann Smith and Mr. Jones saw it.", ["Mary Ann Smith", "Jones"]),
    ],
)
def test_probable_names_are_proposed(text: str, names: list[str]) -> None:
    assert [one.name for one in probable_names(text)] == names


def test_a_long_text_takes_time_in_proportion() -> None:
    text = "1" * 20_000 + "A@" * 5_000 + "一" * 20_000 + " 0" * 10_000
    assert len(mask(text).text) <= len(text) + 100
